//! A tensor in a frame: Pad, of zeros, and PadV2, of any value.

use smallvec::smallvec;
use tenseur_kernels::{PadKernel, Padding};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::concat::size_of;
use crate::ops::array::rearrange::{moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_scalar, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, MAX_RANK, PartialShape};

/// x with so many zeros before and after it along each axis as the rows of the second input, `[axes, 2]`, say.
#[derive(Clone, Debug)]
pub struct Pad;

impl Op for Pad {
    fn name(&self) -> &'static str {
        "Pad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tpaddings", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Pad, Reason> {
        Ok(Pad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, paddings] = inputs else { return Err(wrong_count(2, inputs)) };
        let shape = padded(x, paddings, |size, before, after| size.checked_add(before)?.checked_add(after))?;
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(inside(dy, node.x(0), node.x(1))), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        match known_paddings(node.inputs[1]) {
            Some(paddings) => framed(node, &paddings, Padding::Zero),
            None => Ok(once_known(self, node)),
        }
    }
}

/// As [`Pad`], but of the third input, a scalar, in place of zeros.
#[derive(Clone, Debug)]
pub struct PadV2;

impl Op for PadV2 {
    fn name(&self) -> &'static str {
        "PadV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Pad.attrs(node)
    }

    fn from_attrs(_: &Attrs) -> Result<PadV2, Reason> {
        Ok(PadV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, paddings, value] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_scalar(value, "the value")?;
        if value.dtype != x.dtype {
            return Err(format!("it pads {} with a value of {}", x.dtype, value.dtype).into());
        }
        Pad.infer(&[x, paddings])
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        // As TensorFlow: none for the value.
        Grad::rule(|node, dy| [Some(inside(dy, node.x(0), node.x(1))), None, None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        // A string that pads is moved like those that are padded.
        if let Some(strings) = moved_strings(self, node, [0, 2]) {
            return Ok(strings);
        }
        match known_paddings(node.inputs[1]) {
            Some(paddings) => framed(node, &paddings, Padding::Value),
            None => Ok(once_known(self, node)),
        }
    }
}

/// The shape of x in a frame, where `size` makes the size along an axis from that of x and of the frame.
pub(super) fn padded(
    x: &Fact,
    paddings: &Fact,
    size: impl Fn(usize, usize, usize) -> Option<usize>,
) -> Result<PartialShape, Reason> {
    must_be_index(paddings, "paddings")?;
    let rows = match paddings.shape.sizes() {
        None => None,
        Some([rows, None | Some(2)]) => *rows,
        Some(_) => {
            return Err(format!("paddings must have shape [axes, 2] and have {}", paddings.shape).into());
        }
    };
    if let Some(rows) = rows.filter(|&rows| rows > MAX_RANK) {
        return Err(format!("there are paddings for {rows} axes, and a tensor has at most {MAX_RANK}").into());
    }
    let Some(rank) = x.shape.rank().or(rows) else { return Ok(PartialShape::unknown()) };
    if let Some(rows) = rows.filter(|&rows| rows != rank) {
        return Err(format!("there are paddings for {rows} axes and the tensor has {rank}").into());
    }
    let known = paddings.known_integers().unwrap_or_else(|| vec![None; 2 * rank]);
    if let Some(bad) = known.iter().flatten().find(|&&padding| padding < 0) {
        return Err(format!("a padding is {bad}; paddings are 0 or more").into());
    }
    let along = |axis: usize| match (x.shape.size(axis), known[2 * axis], known[2 * axis + 1]) {
        (Some(have), Some(before), Some(after)) => {
            let padded = size(have, before as usize, after as usize);
            let refuse =
                || format!("{before} before and {after} after do not fit axis {axis}, which has size {have}");
            padded.map(Some).ok_or_else(refuse)
        }
        _ => Ok(None),
    };
    let shape: PartialShape = (0..rank).map(along).collect::<Result<Vec<_>, String>>()?.into();
    match shape.known().is_none_or(|shape| shape.checked_elements().is_some()) {
        true => Ok(shape),
        false => Err(format!("a tensor of shape {shape} would be too large").into()),
    }
}

/// For each axis, how much comes before x and how much after, if it is known.
pub(super) fn known_paddings(paddings: &Fact) -> Option<Vec<(usize, usize)>> {
    let known = paddings.integers()?;
    Some(known.chunks_exact(2).map(|padding| (padding[0] as usize, padding[1] as usize)).collect())
}

/// The kernel that puts input 0 in a frame.
pub(super) fn framed(
    node: Signature<'_>,
    paddings: &[(usize, usize)],
    padding: Padding,
) -> Result<Lowered, Reason> {
    let shape = known_shape(node.inputs[0])?;
    if paddings.iter().all(|&padding| padding == (0, 0)) {
        return Ok(Lowered::alias());
    }
    let mut lowered =
        Lowered::kernel(PadKernel::new(size_of(node.inputs[0].dtype)?, &shape, paddings, padding)?);
    if padding == Padding::Value {
        lowered.reads = smallvec![0, 2];
    }
    Ok(lowered)
}

/// The part of `dy`, the gradient of x in its frame, that lies inside.
#[track_caller]
fn inside(dy: &Tensor, x: &Tensor, paddings: &Tensor) -> Tensor {
    let begin = paddings.at((.., 0));
    let size = match paddings.dtype() {
        Some(dtype) => x.shape_tensor().cast_to(dtype),
        None => x.shape_tensor(),
    };
    dy.slice(&begin, &size)
}

/// How much is put before and after a tensor along each axis: pairs of integers, or a tensor of them, `[axes, 2]`.
pub trait IntoPaddings {
    /// The tensor, in the graph of `like`.
    fn into_paddings(self, like: &Tensor) -> Tensor;
}

impl IntoPaddings for &Tensor {
    fn into_paddings(self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl IntoPaddings for Tensor {
    fn into_paddings(self, _: &Tensor) -> Tensor {
        self
    }
}

impl<const N: usize> IntoPaddings for [[i32; 2]; N] {
    #[track_caller]
    fn into_paddings(self, like: &Tensor) -> Tensor {
        let flat: Vec<i32> = self.into_iter().flatten().collect();
        flat[..].into_shape(like).reshape([N as i32, 2])
    }
}

impl Tensor {
    /// x in a frame of zeros: so many before and after it along each axis.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0]]);
    /// let y = x.pad([[1, 0], [0, 2]]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn pad(&self, paddings: impl IntoPaddings) -> Tensor {
        let paddings = paddings.into_paddings(self);
        self.graph().add(Pad, &[self, &paddings])
    }

    /// As [`pad`](Tensor::pad), with a frame of `value`, a scalar of x's type (`tf.pad` with `constant_values`).
    #[track_caller]
    pub fn pad_with(&self, paddings: impl IntoPaddings, value: impl Into<crate::graph::Operand>) -> Tensor {
        let (paddings, value) = (paddings.into_paddings(self), value.into().tensor(self));
        self.graph().add(PadV2, &[self, &paddings, &value])
    }
}

pub(in crate::ops) fn pad_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [3.0, 4.0]];
    vec![
        Case::fed("a frame", [matrix()], |_, x| vec![x[0].pad([[1, 0], [0, 2]])]).expecting([array![
            [0.0, 0.0, 0.0, 0.0],
            [1.0, 2.0, 0.0, 0.0],
            [3.0, 4.0, 0.0, 0.0]
        ]]),
        Case::fed("none", [matrix()], |_, x| vec![x[0].pad([[0, 0], [0, 0]])]),
        Case::fed("around nothing", [Array::from_literal([0; 0])], |_, x| vec![x[0].pad([[1, 1]])])
            .expecting([array![0, 0]]),
        Case::fed("a scalar", [Array::scalar(2.5f32)], |tf, x| vec![x[0].pad(tf.zeros::<i32>([0, 2]))]),
        Case::fed(
            "paddings that are fed",
            [matrix(), as_type(array![[0, 0], [1, 1]], DType::Int64)],
            |_, x| vec![x[0].pad(&x[1])],
        )
        .expecting([array![[0.0, 1.0, 2.0, 0.0], [0.0, 3.0, 4.0, 0.0]]]),
        Case::fed("bools", [array![true]], |_, x| vec![x[0].pad([[1, 0]])]).expecting([array![false, true]]),
        Case::fed("half floats", [as_type(array![1.5], DType::Float16)], |_, x| vec![x[0].pad([[0, 1]])])
            .expecting([as_type(array![1.5, 0.0], DType::Float16)]),
    ]
}

pub(in crate::ops) fn pad_v2_cases() -> Vec<Case> {
    vec![
        Case::fed("a frame", [array![[1.0, 2.0]]], |_, x| vec![x[0].pad_with([[1, 0], [0, 1]], 9.0)])
            .expecting([array![[9.0, 9.0, 9.0], [1.0, 2.0, 9.0]]]),
        Case::fed("a value that is fed", [array![1, 2], Array::scalar(-1)], |_, x| {
            vec![x[0].pad_with([[2, 1]], &x[1])]
        })
        .expecting([array![-1, -1, 1, 2, -1]]),
        Case::fed(
            "strings",
            [array!["a"], array!["."].reshape([]).unwrap_or_else(|_| array!["."])],
            |_, x| vec![x[0].pad_with([[1, 2]], &x[1])],
        )
        .expecting([array![".", "a", ".", "."]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn paddings_that_do_not_fit_are_refused() {
        let refusal = |build: &dyn Fn(&Tensor) -> Tensor| {
            let tf = Graph::new();
            build(&tf.constant(array![[1.0, 2.0]]));
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(refusal(&|x| x.pad([[1, -1], [0, 0]])), "a padding is -1; paddings are 0 or more");
        assert_eq!(refusal(&|x| x.pad([[1, 1]])), "there are paddings for 1 axes and the tensor has 2");
        let vector = |x: &Tensor| x.pad(x.graph().constant(array![1, 2]));
        assert_eq!(refusal(&vector), "paddings must have shape [axes, 2] and have [2]");
        assert!(refusal(&|x| x.pad_with([[0, 0], [0, 0]], x)).contains("must be a scalar"));
    }
}
