//! A box of elements: Slice takes `size` elements along each axis from `begin` on.

use tenseur_kernels::Layout;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_one_per_axis, view, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The box of x that starts at `begin` and has shape `size`, the other inputs; a size of −1 is "to the end".
#[derive(Clone, Debug)]
pub struct Slice;

impl Op for Slice {
    fn name(&self) -> &'static str {
        "Slice"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Index", node.inputs[1].dtype).with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Slice, Reason> {
        Ok(Slice)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, begin, size] = inputs else { return Err(wrong_count(3, inputs)) };
        for (operand, what) in [(begin, "begin"), (size, "size")] {
            must_be_index(operand, what)?;
            must_be_one_per_axis(operand, what)?;
        }
        if begin.dtype != size.dtype {
            return Err(format!("begin is of {} and size of {}", begin.dtype, size.dtype).into());
        }
        let Some(rank) = x.shape.rank().or(begin.shape.size(0)).or(size.shape.size(0)) else {
            return Ok(Fact::new(x.dtype, PartialShape::unknown()).one());
        };
        for (operand, what) in [(begin, "begin"), (size, "size")] {
            if let Some(count) = operand.shape.size(0).filter(|&count| count != rank) {
                return Err(format!("{what} has {count} numbers for a tensor of {rank} axes").into());
            }
        }
        let unknown = || vec![None; rank];
        let begin = begin.known_integers().unwrap_or_else(unknown);
        let size = size.known_integers().unwrap_or_else(unknown);
        let along = |axis: usize| along(axis, x.shape.size(axis), begin[axis], size[axis]);
        let shape: Vec<Option<usize>> = (0..rank).map(along).collect::<Result<_, _>>()?;
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, shape).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, begin) = (node.x(0), node.x(1));
            let sizes = |tensor: &Tensor| match begin.dtype() {
                Some(dtype) => tensor.shape_tensor().cast_to(dtype),
                None => tensor.shape_tensor(),
            };
            let behind = sizes(x) - sizes(node.y(0)) - begin;
            let paddings = dy.graph().stack(&[begin, &behind], 1);
            [Some(dy.pad(paddings)), None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let Some(begin) = node.inputs[1].integers() else { return Ok(once_known(self, node)) };
        let shape = known_shape(node.inputs[0])?;
        let mut layout = Layout::contiguous(&shape);
        layout.offset = begin.iter().zip(&layout.strides).map(|(&b, &s)| b as usize * s as usize).sum();
        view(layout, &known_shape(&node.outputs[0])?)
    }
}

/// How many elements a slice takes along an axis, as far as that is known.
fn along(
    axis: usize,
    have: Option<usize>,
    begin: Option<i64>,
    size: Option<i64>,
) -> Result<Option<usize>, Reason> {
    if let Some(bad) = begin.filter(|&begin| begin < 0) {
        return Err(format!("begin[{axis}] is {bad}; it counts from the start, from 0").into());
    }
    if let Some(bad) = size.filter(|&size| size < -1) {
        return Err(format!("size[{axis}] is {bad}; sizes are 0 or more, or −1").into());
    }
    let count = match (size, have, begin) {
        (Some(-1), Some(have), Some(begin)) => match have.checked_sub(begin as usize) {
            Some(rest) => return Ok(Some(rest)),
            None => return Err(format!("begin[{axis}] is {begin} and axis {axis} has size {have}").into()),
        },
        (Some(-1), ..) | (None, ..) => None,
        (Some(size), ..) => Some(size as usize),
    };
    match (have, begin.unwrap_or(0), count.unwrap_or(0)) {
        (Some(have), begin, count) if (begin as usize).saturating_add(count) > have => {
            Err(format!("{count} elements from {begin} on were asked for and axis {axis} has size {have}")
                .into())
        }
        _ => Ok(count),
    }
}

impl Tensor {
    /// The box of x that starts at `begin` and has shape `size`; a size of −1 is "to the end" (`tf.slice`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2, 3], [4, 5, 6]]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.slice([0, 1], [-1, 2]), feeds![])?, array![[2, 3], [5, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn slice(&self, begin: impl IntoShape, size: impl IntoShape) -> Tensor {
        let (begin, size) = (begin.into_shape(self), size.into_shape(self));
        self.graph().add(Slice, &[self, &begin, &size])
    }
}

pub(in crate::ops) fn slice_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("a box", [matrix()], |_, x| vec![x[0].slice([1, 0], [1, 2])])
            .expecting([array![[4.0, 5.0]]]),
        Case::fed("to the end", [matrix()], |_, x| vec![x[0].slice([0, 1], [-1, -1])])
            .expecting([array![[2.0, 3.0], [5.0, 6.0]]]),
        Case::fed("everything", [matrix()], |_, x| vec![x[0].slice([0, 0], [2, 3])]),
        Case::fed("nothing", [matrix()], |_, x| vec![x[0].slice([2, 3], [0, -1])]),
        Case::fed("a scalar", [Array::scalar(2.5f32)], |_, x| {
            vec![x[0].slice([] as [i32; 0], [] as [i32; 0])]
        }),
        Case::fed("operands that are fed", [matrix(), array![0, 1], array![2, 1]], |_, x| {
            vec![x[0].slice(&x[1], &x[2])]
        })
        .expecting([array![[2.0], [5.0]]]),
        Case::fed("int64 operands", [matrix(), as_type(array![0, 2], DType::Int64)], |tf, x| {
            vec![x[0].slice(&x[1], tf.constant(as_type(array![1, 1], DType::Int64)))]
        })
        .expecting([array![[3.0]]]),
        Case::fed("strings", [array!["a", "b", "c"]], |_, x| vec![x[0].slice([1], [2])])
            .expecting([array!["b", "c"]]),
        Case::fed("bytes", [as_type(array![1, 2, 3], DType::UInt8)], |_, x| vec![x[0].slice([1], [1])])
            .expecting([as_type(array![2], DType::UInt8)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_beyond_the_tensor_are_refused() {
        assert_eq!(along(0, Some(5), Some(2), Some(-1)), Ok(Some(3)));
        assert_eq!(along(0, Some(5), Some(5), Some(0)), Ok(Some(0)));
        assert_eq!(along(0, None, Some(2), Some(-1)), Ok(None));
        assert_eq!(along(0, None, None, Some(4)), Ok(Some(4)));
        let refused = |have, begin, size| along(1, Some(have), Some(begin), Some(size)).unwrap_err().text;
        assert_eq!(refused(5, 3, 3), "3 elements from 3 on were asked for and axis 1 has size 5");
        assert_eq!(refused(5, 6, -1), "begin[1] is 6 and axis 1 has size 5");
        assert!(refused(5, -1, 1).contains("counts from the start"));
        assert!(refused(5, 0, -2).contains("size[1] is -2"));
        assert!(along(0, Some(5), None, Some(6)).is_err());
    }
}
