//! The mean of what a window sees, and its gradient.

use tenseur_kernels::{AveragePoolGradientKernel, AveragePoolKernel};

use super::max::{Sizes, owned};
use super::{Pooling, distinct, must_be_like_output, output_of, volumes, ways};
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{shape_from, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::sliding::{Padding, Sliding};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The mean of what a window sees of each channel of x. Padding does not count.
#[derive(Clone, Debug)]
pub struct AvgPool<const AXES: usize> {
    /// The window, and how it slides.
    pub pooling: Pooling,
}

/// The gradient of [`AvgPool`]. Inputs: the shape of x, and the gradient of the output.
#[derive(Clone, Debug)]
pub struct AvgPoolGrad<const AXES: usize> {
    /// The window, and how it slides.
    pub pooling: Pooling,
}

impl<const AXES: usize> Op for AvgPool<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "AvgPool" } else { "AvgPool3D" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.pooling.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<AvgPool<AXES>, Reason> {
        Ok(AvgPool { pooling: Pooling::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if !x.dtype.is_float() {
            return Err(refusal(&[x.dtype], DType::is_float));
        }
        self.pooling.check(AXES)?;
        Ok(Fact::new(x.dtype, self.pooling.output(&x.shape)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = AvgPoolGrad::<AXES> { pooling: self.pooling.clone() };
            [Some(dy.graph().add(op, &[&node.x(0).shape_tensor(), dy]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let work = Sizes::new(&self.pooling, node.inputs[0], &node.outputs[0].shape)?;
        let kernel = AveragePoolKernel::new(work.stored()?, self.pooling.window(&work.input)?)?;
        work.lowered(kernel, &[&work.input], &work.output, &[0])
    }
}

impl<const AXES: usize> Op for AvgPoolGrad<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "AvgPoolGrad" } else { "AvgPool3DGrad" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.pooling.attrs(Attrs::new().with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<AvgPoolGrad<AXES>, Reason> {
        Ok(AvgPoolGrad { pooling: Pooling::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sizes, dy] = inputs else { return Err(wrong_count(2, inputs)) };
        if !dy.dtype.is_float() {
            return Err(refusal(&[dy.dtype], DType::is_float));
        }
        self.pooling.check(AXES)?;
        let said = shape_from(sizes)?;
        let said = if said.rank().is_none() { PartialShape::of_rank(AXES + 2) } else { said };
        must_be_like_output(&self.pooling, &said, dy)?;
        Ok(Fact::new(dy.dtype, said).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, ddx| {
            let op = AvgPool::<AXES> { pooling: self.pooling.clone() };
            [None, Some(ddx.graph().add(op, &[ddx]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].shape.known().is_none() {
            return Ok(once_known(self, node));
        }
        let work = Sizes::new(&self.pooling, &node.outputs[0], &node.inputs[1].shape)?;
        let kernel = AveragePoolGradientKernel::new(work.stored()?, self.pooling.window(&work.input)?)?;
        work.lowered(kernel, &[&work.output], &work.input, &[1])
    }
}

/// The mean of what a window of `sizes`, which moves by `strides`, sees of each channel of pictures x, `[batch, height,
/// width, channels]`. Padding does not count.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 3.0, 5.0]]).reshape([1, 1, 3, 1]);
/// let y = nn::avg_pool(&x, [1, 2], [1, 1], nn::Padding::Same);
/// assert_eq!(Session::new(&tf)?.run(&y.reshape([3]), feeds![])?, array![2.0, 4.0, 5.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn avg_pool(x: impl AsRef<Tensor>, sizes: [usize; 2], strides: [usize; 2], padding: Padding) -> Tensor {
    let x = x.as_ref();
    let pooling = Pooling::new(sizes, Sliding::new(strides, padding));
    x.graph().add(AvgPool::<2> { pooling }, &[x])
}

/// As [`avg_pool`], of volumes, `[batch, depth, height, width, channels]`.
#[track_caller]
pub fn avg_pool3d(x: impl AsRef<Tensor>, sizes: [usize; 3], strides: [usize; 3], padding: Padding) -> Tensor {
    let x = x.as_ref();
    let pooling = Pooling::new(sizes, Sliding::new(strides, padding));
    x.graph().add(AvgPool::<3> { pooling }, &[x])
}

fn pool_cases<const AXES: usize>(ways: Vec<(&'static str, Pooling, Vec<usize>)>) -> Vec<Case> {
    let case = |(name, pooling, x): (_, Pooling, Vec<usize>)| {
        Case::fed(name, [distinct(x)], move |tf: &Graph, x: &[Tensor]| {
            vec![tf.add(AvgPool::<AXES> { pooling: pooling.clone() }, &[&x[0]])]
        })
    };
    ways.into_iter().map(case).collect()
}

fn grad_cases<const AXES: usize>(ways: Vec<(&'static str, Pooling, Vec<usize>)>) -> Vec<Case> {
    let case = |(name, pooling, x): (_, Pooling, Vec<usize>)| {
        let dy = distinct(output_of(&pooling, &x));
        let sizes: Vec<i32> = x.iter().map(|&size| size as i32).collect();
        let shape = Array::new([sizes.len()], sizes).expect("a vector");
        Case::fed(name, [dy, shape], move |tf: &Graph, x: &[Tensor]| {
            vec![tf.add(AvgPoolGrad::<AXES> { pooling: pooling.clone() }, &[&x[1], &x[0]])]
        })
    };
    ways.into_iter().map(case).collect()
}

pub(in crate::ops) fn avg_pool_cases() -> Vec<Case> {
    let mut cases = pool_cases::<2>(owned(ways()));
    for dtype in [DType::Float16, DType::BFloat16] {
        cases.push(Case::fed(dtype.name(), [as_type(distinct([1, 3, 3, 2]), dtype)], |_, x| {
            vec![avg_pool(&x[0], [2, 2], [1, 1], Padding::Same)]
        }));
    }
    cases
}

pub(in crate::ops) fn avg_pool_grad_cases() -> Vec<Case> {
    grad_cases::<2>(owned(ways()))
}

pub(in crate::ops) fn avg_pool3d_cases() -> Vec<Case> {
    pool_cases::<3>(owned(volumes()))
}

pub(in crate::ops) fn avg_pool3d_grad_cases() -> Vec<Case> {
    grad_cases::<3>(owned(volumes()))
}
