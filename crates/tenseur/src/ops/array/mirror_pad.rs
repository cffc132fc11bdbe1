//! A tensor framed by its own reflection: MirrorPad, and the gradient op that folds the frame back.

use tenseur_kernels::{Call, Context, Padding, ScalarType, ScatterAddKernel, call};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::concat::size_of;
use crate::ops::array::pad::{IntoPaddings, framed, known_paddings, padded};
use crate::ops::array::rearrange::{moved_strings, once_known};
use crate::ops::array::wrong_count;
use crate::ops::scatter_nd::element;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// Where the mirror stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// On the outermost elements, which are not repeated: `3 2 | 1 2 3 | 2 1`.
    Reflect,
    /// Outside of them: `2 1 | 1 2 3 | 3 2`.
    Symmetric,
}

impl Mirror {
    fn name(self) -> &'static str {
        match self {
            Mirror::Reflect => "REFLECT",
            Mirror::Symmetric => "SYMMETRIC",
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Mirror, Reason> {
        match attrs.require::<String>("mode")?.as_str() {
            "REFLECT" => Ok(Mirror::Reflect),
            "SYMMETRIC" => Ok(Mirror::Symmetric),
            other => Err(format!("attribute \"mode\" should be REFLECT or SYMMETRIC and is {other}").into()),
        }
    }

    fn padding(self) -> Padding {
        match self {
            Mirror::Reflect => Padding::Reflect,
            Mirror::Symmetric => Padding::Symmetric,
        }
    }

    /// How many elements of an axis of size `size` a frame can repeat on one side.
    fn most(self, size: usize) -> usize {
        match self {
            Mirror::Reflect => size.saturating_sub(1),
            Mirror::Symmetric => size,
        }
    }

    /// Which element, of `size`, stands at place `place` of an axis with `before` elements before the first.
    fn element(self, place: usize, before: usize, size: usize) -> usize {
        let (place, size) = (place as isize - before as isize, size as isize);
        let shift = if self == Mirror::Symmetric { 1 } else { 0 };
        let element = match place {
            place if place < 0 => -place - shift,
            place if place >= size => 2 * (size - 1) + shift - place,
            place => place,
        };
        element as usize
    }

    /// For each place of a frame around a tensor of shape `shape`, in row-major order, the element that stands there.
    fn elements(self, shape: &Shape, paddings: &[(usize, usize)]) -> Vec<i64> {
        let mut elements = vec![0i64];
        for (&size, &(before, after)) in shape.iter().zip(paddings) {
            let along: Vec<i64> =
                (0..before + size + after).map(|place| self.element(place, before, size) as i64).collect();
            elements = elements
                .iter()
                .flat_map(|outer| along.iter().map(move |inner| outer * size as i64 + inner))
                .collect();
        }
        elements
    }
}

/// x in a frame of its reflection: as many elements before and after it along each axis as the rows of the second input,
/// `[axes, 2]`, say.
#[derive(Clone, Debug)]
pub struct MirrorPad {
    /// Where the mirror stands.
    pub mode: Mirror,
}

impl Op for MirrorPad {
    fn name(&self) -> &'static str {
        "MirrorPad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("Tpaddings", node.inputs[1].dtype);
        attrs.with("mode", self.mode.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<MirrorPad, Reason> {
        Ok(MirrorPad { mode: Mirror::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, paddings] = inputs else { return Err(wrong_count(2, inputs)) };
        let shape = padded(x, paddings, |size, before, after| {
            // About an element that is not there nothing is reflected, not even no elements.
            let nowhere = self.mode == Mirror::Reflect && size == 0;
            let fits = before.max(after) <= self.mode.most(size) && !nowhere;
            fits.then(|| size + before + after)
        })?;
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = MirrorPadGrad { mode: self.mode };
            [Some(dy.graph().add(op, &[dy, node.x(1)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let Some(paddings) = known_paddings(node.inputs[1]) else { return Ok(once_known(self, node)) };
        framed(node, &paddings, self.mode.padding())
    }
}

/// The gradient of [`MirrorPad`]: inputs are the gradient of the framed tensor and the paddings; each element gets the
/// sum over all places where it stood.
#[derive(Clone, Debug)]
pub struct MirrorPadGrad {
    /// Where the mirror stands.
    pub mode: Mirror,
}

impl Op for MirrorPadGrad {
    fn name(&self) -> &'static str {
        "MirrorPadGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        MirrorPad { mode: self.mode }.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<MirrorPadGrad, Reason> {
        Ok(MirrorPadGrad { mode: Mirror::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, paddings] = inputs else { return Err(wrong_count(2, inputs)) };
        if !dy.dtype.is_number() && !dy.dtype.is_complex() {
            return Err(format!("it sums numbers, not {}", dy.dtype).into());
        }
        let shape = padded(dy, paddings, |size, before, after| {
            let inside = size.checked_sub(before)?.checked_sub(after)?;
            (before.max(after) <= self.mode.most(inside)).then_some(inside)
        })?;
        Ok(Fact::new(dy.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let op = MirrorPad { mode: self.mode };
            [Some(ddx.graph().add(op, &[ddx, node.x(1)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let Some(paddings) = known_paddings(node.inputs[1]) else { return Ok(once_known(self, node)) };
        let dtype = node.inputs[0].dtype;
        let (shape, size) = (known_shape(&node.outputs[0])?, size_of(dtype)?);
        let elements = self.mode.elements(&shape, &paddings);
        let count = elements.len();
        let scatter = ScatterAddKernel::new(element(dtype)?, ScalarType::I64, count, 1, shape.elements())?;
        let elements = Array::new([count], elements)?;
        Ok(Lowered::kernel(Call::new(
            "mirror pad gradient",
            vec![count * size],
            vec![shape.elements() * size],
            move |inputs, outputs| {
                let places = elements.bytes()?;
                call(&scatter, &Context { threads: 1 }, &[inputs[0], places], outputs)
            },
        )))
    }
}

impl Tensor {
    /// x in a frame of its own reflection: so many elements before and after it along each axis (`tf.pad` with mode
    /// REFLECT or SYMMETRIC).
    ///
    /// ```
    /// use tenseur::ops::array::Mirror;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1, 2, 3]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.mirror_pad([[2, 1]], Mirror::Reflect), feeds![])?, array![3, 2, 1, 2, 3, 2]);
    /// assert_eq!(sess.run(&x.mirror_pad([[2, 1]], Mirror::Symmetric), feeds![])?, array![2, 1, 1, 2, 3, 3]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn mirror_pad(&self, paddings: impl IntoPaddings, mode: Mirror) -> Tensor {
        let paddings = paddings.into_paddings(self);
        self.graph().add(MirrorPad { mode }, &[self, &paddings])
    }
}

pub(in crate::ops) fn mirror_pad_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("reflected", [matrix()], |_, x| vec![x[0].mirror_pad([[1, 0], [2, 1]], Mirror::Reflect)])
            .expecting([array![
                [6.0, 5.0, 4.0, 5.0, 6.0, 5.0],
                [3.0, 2.0, 1.0, 2.0, 3.0, 2.0],
                [6.0, 5.0, 4.0, 5.0, 6.0, 5.0]
            ]]),
        Case::fed("symmetric", [matrix()], |_, x| vec![x[0].mirror_pad([[0, 2], [3, 0]], Mirror::Symmetric)])
            .expecting([array![
                [3.0, 2.0, 1.0, 1.0, 2.0, 3.0],
                [6.0, 5.0, 4.0, 4.0, 5.0, 6.0],
                [6.0, 5.0, 4.0, 4.0, 5.0, 6.0],
                [3.0, 2.0, 1.0, 1.0, 2.0, 3.0]
            ]]),
        Case::fed("paddings that are fed", [array![1, 2], array![[1, 1]]], |_, x| {
            vec![x[0].mirror_pad(&x[1], Mirror::Reflect)]
        })
        .expecting([array![2, 1, 2, 1]]),
        Case::fed("strings", [array!["a", "b"]], |_, x| vec![x[0].mirror_pad([[1, 2]], Mirror::Symmetric)])
            .expecting([array!["a", "a", "b", "b", "a"]]),
    ]
}

pub(in crate::ops) fn mirror_pad_grad_cases() -> Vec<Case> {
    let build = |mode: Mirror| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(MirrorPadGrad { mode }, &[&x[0], &tf.constant(array![[2, 1]])])]
        }
    };
    let dy = || array![1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
    vec![
        Case::fed("reflected", [dy()], build(Mirror::Reflect)).expecting([array![4.0, 42.0, 17.0]]),
        Case::fed("symmetric", [dy()], build(Mirror::Symmetric)).expecting([array![6.0, 9.0, 48.0]]),
        Case::fed(
            "symmetric, of halves",
            [crate::conformance::as_type(dy(), DType::Float16)],
            build(Mirror::Symmetric),
        )
        .expecting([crate::conformance::as_type(array![6.0, 9.0, 48.0], DType::Float16)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn a_frame_wider_than_the_reflection_is_refused() {
        let tf = Graph::new();
        tf.constant(array![1.0, 2.0]).mirror_pad([[2, 0]], Mirror::Reflect);
        let text = tf.check().unwrap_err().message().to_string();
        assert_eq!(text, "2 before and 0 after do not fit axis 0, which has size 2");
    }
}
