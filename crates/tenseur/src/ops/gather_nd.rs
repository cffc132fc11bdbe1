//! Slices picked by tuples of indices: `y[k, …] = x[indices[k, 0], indices[k, 1], …, …]`.

use tenseur_kernels::GatherKernel;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings};
use crate::ops::array::{must_be_index_or, wrong_count};
use crate::ops::bad_indices::{BadIndices, into_something};
use crate::ops::scatter_nd::ScatterNd;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// Slices of x, the first input, at the tuples of indices along the last axis of the second: of shape `[…, n]`, they pick
/// slices along the first n axes of x. An index outside its axis is an error, or picks zeros.
#[derive(Clone, Debug)]
pub struct GatherNd {
    /// What becomes of indices that lie outside.
    pub bad_indices: BadIndices,
}

impl Op for GatherNd {
    fn name(&self) -> &'static str {
        "GatherNd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("Tindices", node.inputs[1].dtype).with("Tparams", node.inputs[0].dtype);
        self.bad_indices.add_to(types)
    }

    fn from_attrs(attrs: &Attrs) -> Result<GatherNd, Reason> {
        Ok(GatherNd { bad_indices: BadIndices::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, indices] = inputs else { return Err(wrong_count(2, inputs)) };
        let shape = match tuple_axes(&indices.shape, &x.shape)? {
            Some((places, rest)) => places.iter().chain(rest).copied().collect(),
            None => PartialShape::unknown(),
        };
        must_be_index_or(DType::Int16, indices, "indices")?;
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let bad_indices = self.bad_indices;
        Grad::rule(move |node, dy| {
            let shape = node.x(0).shape_tensor().cast_to(node.x(1).dtype_or(DType::Int32));
            [Some(given_back(node.x(1), dy, &shape, bad_indices)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let (x, indices) = (node.inputs[0], node.inputs[1]);
        let (shape, places) = (known_shape(x)?, known_shape(indices)?);
        let (axes, rest) = shape.split_at(places.last().copied().unwrap_or(0));
        let count = places[..places.rank() - 1].iter().product();
        into_something(count, &shape)?;
        let (Some(size), Some(index)) = (x.dtype.size(), indices.dtype.scalar()) else {
            return Err(format!("it does not gather {}", x.dtype).into());
        };
        let (axis, inner) = (axes.iter().product(), rest.iter().product());
        let kernel = GatherKernel::new(size, index, 1, 1, axis, inner, count)?.by_tuples(axes)?;
        Ok(Lowered::kernel(match self.bad_indices {
            BadIndices::Refused => kernel,
            BadIndices::PassedOver => kernel.zeros_outside(),
        }))
    }
}

/// Zeros of a shape to which slices are added at the indices that they were gathered at: what flows back through a gathering.
/// ScatterNd takes neither a single slice that is a number, nor tuples of no indices.
pub(super) fn given_back(
    indices: &Tensor,
    slices: &Tensor,
    shape: &Tensor,
    bad_indices: BadIndices,
) -> Tensor {
    let scatter = |indices: &Tensor, slices: &Tensor| {
        slices.graph().add(ScatterNd { bad_indices }, &[indices, slices, shape])
    };
    match indices.shape().sizes().and_then(<[_]>::split_last) {
        Some((Some(0), places)) => {
            let axes: Vec<i32> = (0..places.len() as i32).collect();
            slices.reduce_sum(&axes[..]).reshape(shape)
        }
        Some((_, [])) => scatter(&indices.expand_dims(0), &slices.expand_dims(0)),
        _ => scatter(indices, slices),
    }
}

/// Of indices of shape `[…, n]` into a tensor: the axes before the last, and the tensor's axes after the first n, if
/// they are known.
///
/// # Errors
/// When the indices are a scalar, or their tuples are longer than the tensor has axes.
#[allow(clippy::type_complexity)]
pub(super) fn tuple_axes<'a>(
    indices: &'a PartialShape,
    tensor: &'a PartialShape,
) -> Result<Option<(&'a [Option<usize>], &'a [Option<usize>])>, Reason> {
    let Some(sizes) = indices.sizes() else { return Ok(None) };
    let Some((length, places)) = sizes.split_last() else {
        return Err("indices are at least a vector, one tuple, and these are a scalar".into());
    };
    match (length, tensor.sizes()) {
        (Some(length), Some(axes)) if *length > axes.len() => Err(format!(
            "an index is of {length} integers and there are {} axes in shape {tensor}",
            axes.len()
        )
        .into()),
        (Some(length), Some(axes)) => Ok(Some((places, &axes[*length..]))),
        _ => Ok(None),
    }
}

impl Tensor {
    /// Its slices at these tuples of indices, `[…, n]` (`tf.gather_nd`): `y[k, …] = x[indices[k, 0], indices[k, 1], …]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.gather_nd(array![[0, 1], [1, 0]]), feeds![])?, array![2, 3]);
    /// assert_eq!(sess.run(&x.gather_nd(array![[1]]), feeds![])?, array![[3, 4]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn gather_nd(&self, indices: impl Into<Operand>) -> Tensor {
        let indices = indices.into().tensor(&self.graph().constant(0));
        self.graph().add(GatherNd { bad_indices: BadIndices::Refused }, &[self, &indices])
    }
}

pub(super) fn gather_nd_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    vec![
        Case::fed("elements, one twice", [matrix(), array![[2, 0], [0, 1], [2, 0]]], |_, x| {
            vec![x[0].gather_nd(&x[1])]
        })
        .expecting([array![5.0, 2.0, 5.0]]),
        Case::fed("rows", [matrix(), as_type(array![[[1], [0]]], DType::Int64)], |_, x| {
            vec![x[0].gather_nd(&x[1])]
        })
        .expecting([array![[[3.0, 4.0], [1.0, 2.0]]]]),
        Case::fed("one", [matrix()], |_, x| vec![x[0].gather_nd(array![2, 1])])
            .expecting([Array::scalar(6.0f32)]),
        Case::fed("all of it, twice", [matrix()], |_, x| {
            vec![x[0].gather_nd(Array::from_literal([[0; 0]; 2]))]
        }),
        Case::fed("no indices", [matrix()], |_, x| vec![x[0].gather_nd(Array::from_literal([[0; 2]; 0]))]),
        Case::fed("of a shape", [matrix()], |_, x| vec![x[0].shape_tensor().gather_nd(array![[1], [0]])])
            .expecting([array![2, 3]]),
        Case::fed("zeros outside", [matrix(), array![[3, 0], [0, 1], [0, -1]]], |tf, x| {
            vec![tf.add(GatherNd { bad_indices: BadIndices::PassedOver }, &[&x[0], &x[1]])]
        })
        .expecting([array![0.0, 2.0, 0.0]]),
        Case::new("strings", |tf| vec![tf.constant(array![["a", "b"]]).gather_nd(array![[0, 1]])])
            .expecting([array!["b"]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn indices_that_do_not_fit_are_refused() {
        let tf = Graph::new();
        let x = tf.constant(array![[1, 2], [3, 4]]);
        x.gather_nd(array![[0, 1, 0]]);
        assert!(tf.check().unwrap_err().message().contains("3 integers and there are 2 axes"));
        let tf = Graph::new();
        let (x, at) = (tf.constant(array![[1, 2], [3, 4]]), tf.placeholder::<i32>([None, Some(2)], "at"));
        let y = x.gather_nd(&at);
        let error = Session::new(&tf).unwrap().run(&y, feeds![at => array![[0, 0], [0, 2]]]).unwrap_err();
        assert_eq!(error.message(), "index [0, 2] at position 1 is outside the shape [2, 2]");
    }
}
