//! Sparse tensors in row-major order (SparseReorder) and in another shape (SparseReshape).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{IntoShape, must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::{Places, SparseTensor, indices_of, numbered, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The same sparse tensor with its elements in row-major order; those of one place stay in the order they have.
#[derive(Clone, Debug)]
pub struct SparseReorder;

impl Op for SparseReorder {
    fn name(&self) -> &'static str {
        "SparseReorder"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseReorder, Reason> {
        Ok(SparseReorder)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape] = inputs else { return Err(wrong_count(3, inputs)) };
        let (count, rank) = parts(indices, values, shape)?;
        let indices = Fact::new(DType::Int64, [count, rank].into_iter().collect::<PartialShape>());
        Ok([indices, Fact::new(values.dtype, [count])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            // Which element came to each place is what the numbers of the elements become.
            let gradient = node.dy(1).map(|dy| {
                let numbers = numbered(node.x(1));
                let order =
                    dy.graph().add_op(SparseReorder, &[node.x(0), &numbers, node.x(2)], None).output(1);
                dy.gather(order.invert_permutation())
            });
            vec![None, gradient, None]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("SparseReorder", node, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            let rows = places.rows();
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|&number| rows[number]);
            let from = || order.iter().map(|&number| Some((0, number)));
            let (count, rank) = (arrays[1].len(), places.rank());
            if rank == 0 {
                return Ok(vec![arrays[0].clone(), arrays[1].clone()]);
            }
            Ok(vec![
                assemble(&[&arrays[0]], rank, [count, rank], from())?,
                assemble(&[&arrays[1]], 1, [count], from())?,
            ])
        }))
    }
}

/// The indices and shape of a sparse tensor in another shape, of which one size may be −1: inputs are indices, shape and
/// the other shape.
#[derive(Clone, Debug)]
pub struct SparseReshape;

impl OverArrays for SparseReshape {
    const NAME: &'static str = "SparseReshape";
    const NO_GRADIENT: &'static str = "indices do not change a little";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseReshape)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, shape, new] = inputs else { return Err(wrong_count(3, inputs)) };
        let (count, _) = parts(indices, &Fact::new(DType::Int64, [indices.shape.size(0)]), shape)?;
        must_be_vector(new, "the new shape")?;
        let rank = new.shape.size(0);
        let indices = Fact::new(DType::Int64, [count, rank].into_iter().collect::<PartialShape>());
        Ok([indices, Fact::new(DType::Int64, [rank])].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let places = Places::new(&inputs[0], &inputs[1])?;
        let sizes = sizes_of(&inputs[2].to_i64()?, places.elements()?)?;
        let mut indices = Vec::with_capacity(places.rows().len() * sizes.len());
        // Of an index that lies outside, TensorFlow reckons what comes of it all the same.
        let steps: Vec<i64> = (1..=sizes.len())
            .map(|behind| sizes[behind..].iter().fold(1i64, |step, &size| step.wrapping_mul(size.max(1))))
            .collect();
        for row in places.rows() {
            let along = row.iter().zip(&places.sizes);
            let mut rest =
                along.fold(0i64, |place, (&index, &size)| place.wrapping_mul(size).wrapping_add(index));
            for &step in &steps {
                indices.push(rest.wrapping_div(step.max(1)));
                rest = rest.wrapping_rem(step.max(1));
            }
        }
        let indices = match sizes.is_empty() {
            true => Array::zeros(DType::Int64, [inputs[0].shape()[0], 0])?,
            false => indices_of(&indices, sizes.len(), DType::Int64)?,
        };
        Ok(vec![indices, Array::new([sizes.len()], sizes)?])
    }
}

/// The sizes of a shape for so many elements, a −1 among them found.
fn sizes_of(asked: &[i64], elements: i64) -> Result<Vec<i64>, Reason> {
    let open: Vec<usize> = (0..asked.len()).filter(|&axis| asked[axis] == -1).collect();
    if let Some(size) = asked.iter().find(|size| **size < -1) {
        return Err(format!("a size is {size}; sizes are 0 or more, or once −1").into());
    }
    let given = asked.iter().filter(|size| **size >= 0).try_fold(1i64, |all, &size| all.checked_mul(size));
    let given = given.ok_or_else(|| format!("a shape of {asked:?} is too large"))?;
    let mut sizes = asked.to_vec();
    match open[..] {
        [] if given == elements => Ok(sizes),
        [axis] if given > 0 && elements % given == 0 => {
            sizes[axis] = elements / given;
            Ok(sizes)
        }
        [_, _, ..] => Err("only one size can be −1".into()),
        _ => Err(format!("{elements} elements do not take the shape {asked:?}").into()),
    }
}

impl SparseTensor {
    /// It with its elements in row-major order (`tf.sparse_reorder`).
    #[track_caller]
    #[must_use]
    pub fn reorder(&self) -> SparseTensor {
        let node = self.values.graph().add_op(SparseReorder, &self.parts(), None);
        SparseTensor::new(&node.output(0), &node.output(1), &self.dense_shape)
    }

    /// It in another shape, of which one size may be −1 (`tf.sparse_reshape`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 2], [1, 0]], array![5.0, 7.0], [2, 3]);
    /// let y = x.reshape([3, -1]).to_dense(0.0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 0.0], [5.0, 7.0], [0.0, 0.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn reshape(&self, shape: impl IntoShape) -> SparseTensor {
        let shape = shape.into_shape(&self.values).cast_to(DType::Int64);
        let inputs = [&self.indices, &self.dense_shape, &shape];
        let node = self.values.graph().add_op(ByArrays(SparseReshape), &inputs, None);
        SparseTensor::new(&node.output(0), &self.values, &node.output(1))
    }
}

pub(in crate::ops) fn sparse_reorder_cases() -> Vec<Case> {
    vec![
        Case::fed("out of order", [array![1.0, 2.0, 3.0]], |tf, x| {
            let x = SparseTensor::from_parts(tf, &[[1, 1], [0, 2], [1, 0]], &x[0], [2, 3]).reorder();
            vec![x.indices, x.values]
        })
        .expecting([as_type(array![[0, 2], [1, 0], [1, 1]], DType::Int64), array![2.0, 3.0, 1.0]]),
        Case::fed("strings", [array!["b", "a"]], |tf, x| {
            vec![SparseTensor::from_parts(tf, &[[1], [0]], &x[0], [2]).reorder().values]
        })
        .expecting([array!["a", "b"]]),
        Case::fed("nothing", [Array::from_literal([0.0; 0])], |tf, x| {
            vec![SparseTensor::from_parts(tf, &[], &x[0], [2, 3]).reorder().values]
        }),
    ]
}

pub(in crate::ops) fn sparse_reshape_cases() -> Vec<Case> {
    let build = |shape: &'static [i32]| {
        move |tf: &crate::Graph, _: &[Tensor]| {
            let values: Tensor = tf.constant(array![1.0, 2.0]);
            let x = SparseTensor::from_parts(tf, &[[0, 1], [1, 2]], values, [2, 3]).reshape(shape);
            vec![x.indices, x.dense_shape]
        }
    };
    let long = |array: Array| as_type(array, DType::Int64);
    vec![
        Case::fed("turned", [], build(&[3, 2])).expecting([long(array![[0, 1], [2, 1]]), long(array![3, 2])]),
        Case::fed("in a row", [], build(&[-1])).expecting([long(array![[1], [5]]), long(array![6])]),
        Case::fed("more axes", [], build(&[1, 2, -1, 1])),
    ]
}

#[cfg(test)]
mod tests {
    use super::sizes_of;

    #[test]
    fn one_size_may_be_left_open() {
        assert_eq!(sizes_of(&[2, -1], 6).unwrap(), [2, 3]);
        assert_eq!(sizes_of(&[-1, 2], 0).unwrap(), [0, 2]);
        for (asked, elements) in [(&[4, -1][..], 6), (&[-1, -1], 6), (&[5], 6), (&[-2, -3], 6), (&[0, -1], 0)]
        {
            assert!(sizes_of(asked, elements).is_err(), "{asked:?}");
        }
        assert!(sizes_of(&[i64::MAX, 2], 6).is_err());
    }
}
