//! The greatest that a window sees, and its first and second gradient.

use tenseur_kernels::{MaxPoolGradientKernel, MaxPoolKernel, MaxPoolSecondGradientKernel};

use super::{Pooling, distinct, must_be_like_output, output_of, volumes, ways, ways_of_greatest};
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::conv::channels_last;
use crate::ops::elementwise::refusal;
use crate::ops::sliding::{Known, Padding, Sliding};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The greatest of what a window sees of each channel of x. NaN is passed over.
#[derive(Clone, Debug)]
pub struct MaxPool<const AXES: usize> {
    /// The window, and how it slides.
    pub pooling: Pooling,
}

/// The gradient of [`MaxPool`]. Inputs: x, the output, and its gradient.
#[derive(Clone, Debug)]
pub struct MaxPoolGrad<const AXES: usize> {
    /// The window, and how it slides.
    pub pooling: Pooling,
}

/// The gradient of [`MaxPoolGrad`] with respect to the output's gradient. Inputs: x, the output, and a tensor like x, of
/// which what stands where x has its greatest is taken.
#[derive(Clone, Debug)]
pub struct MaxPoolGradGrad<const AXES: usize> {
    /// The window, and how it slides.
    pub pooling: Pooling,
}

impl<const AXES: usize> Op for MaxPool<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "MaxPool" } else { "MaxPool3D" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.pooling.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPool<AXES>, Reason> {
        Ok(MaxPool { pooling: Pooling::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        of_numbers(&[x])?;
        self.pooling.check(AXES)?;
        Ok(Fact::new(x.dtype, self.pooling.output(&x.shape)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = MaxPoolGrad::<AXES> { pooling: self.pooling.clone() };
            [Some(dy.graph().add(op, &[node.x(0), node.y(0), dy]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let work = Sizes::new(&self.pooling, node.inputs[0], &node.outputs[0].shape)?;
        let kernel = MaxPoolKernel::new(work.stored()?, self.pooling.window(&work.input)?, None)?;
        work.lowered(kernel, &[&work.input], &work.output, &[0])
    }
}

impl<const AXES: usize> Op for MaxPoolGrad<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "MaxPoolGrad" } else { "MaxPool3DGrad" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = self.pooling.attrs(Attrs::new().with("T", node.inputs[2].dtype));
        if AXES == 3 { attrs.with("TInput", node.inputs[0].dtype) } else { attrs }
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPoolGrad<AXES>, Reason> {
        Ok(MaxPoolGrad { pooling: Pooling::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y, dy] = inputs else { return Err(wrong_count(3, inputs)) };
        of_numbers(&[x, y, dy])?;
        self.pooling.check(AXES)?;
        must_be_like_output(&self.pooling, &x.shape, y)?;
        must_be_like_output(&self.pooling, &x.shape, dy)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        // Moving x a little changes nothing of what goes where.
        Grad::rule(|node, ddx| {
            let op = MaxPoolGradGrad::<AXES> { pooling: self.pooling.clone() };
            [None, None, Some(ddx.graph().add(op, &[node.x(0), node.x(1), ddx]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let work = Sizes::new(&self.pooling, node.inputs[0], &node.inputs[2].shape)?;
        let kernel = MaxPoolGradientKernel::new(work.stored()?, self.pooling.window(&work.input)?)?;
        work.lowered(kernel, &[&work.input, &work.output], &work.input, &[0, 2])
    }
}

impl<const AXES: usize> Op for MaxPoolGradGrad<AXES> {
    fn name(&self) -> &'static str {
        if AXES == 2 { "MaxPoolGradGrad" } else { "MaxPool3DGradGrad" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.pooling.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<MaxPoolGradGrad<AXES>, Reason> {
        Ok(MaxPoolGradGrad { pooling: Pooling::from_attrs(attrs, AXES)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y, ddx] = inputs else { return Err(wrong_count(3, inputs)) };
        of_numbers(&[x, y, ddx])?;
        self.pooling.check(AXES)?;
        must_be_like_output(&self.pooling, &x.shape, y)?;
        let Some(both) = x.shape.merge(&ddx.shape) else {
            return Err(format!("x has shape {} and the tensor like it {}", x.shape, ddx.shape).into());
        };
        Ok(Fact::new(x.dtype, self.pooling.output(&both)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, d| {
            let op = MaxPoolGrad::<AXES> { pooling: self.pooling.clone() };
            [None, None, Some(d.graph().add(op, &[node.x(0), node.x(1), d]))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let work = Sizes::new(&self.pooling, node.inputs[0], &node.outputs[0].shape)?;
        let kernel = MaxPoolSecondGradientKernel::new(work.stored()?, self.pooling.window(&work.input)?)?;
        work.lowered(kernel, &[&work.input, &work.input], &work.output, &[0, 2])
    }
}

/// Whether all are numbers of one type.
pub(super) fn of_numbers(facts: &[&Fact]) -> Result<(), Reason> {
    let dtypes: Vec<DType> = facts.iter().map(|fact| fact.dtype).collect();
    match dtypes[0].is_number() && dtypes.iter().all(|&dtype| dtype == dtypes[0]) {
        true => Ok(()),
        false => Err(refusal(&dtypes, DType::is_number)),
    }
}

/// A pooling whose sizes are known.
pub(super) struct Sizes<'a> {
    pooling: &'a Pooling,
    dtype: DType,
    pub(super) input: Known,
    pub(super) output: Known,
}

impl Sizes<'_> {
    pub(super) fn new<'a>(
        pooling: &'a Pooling,
        x: &Fact,
        output: &PartialShape,
    ) -> Result<Sizes<'a>, Reason> {
        let input = pooling.sliding.known(&x.shape, "x")?;
        let output = pooling.sliding.known(output, "the output")?;
        Ok(Sizes { pooling, dtype: x.dtype, input, output })
    }

    pub(super) fn stored(&self) -> Result<tenseur_kernels::ScalarType, Reason> {
        self.dtype.scalar().ok_or_else(|| format!("there is no pooling of {}", self.dtype).into())
    }

    /// A kernel over these images, of which the node's inputs `reads` are read.
    pub(super) fn lowered(
        &self,
        kernel: impl tenseur_kernels::Kernel + 'static,
        inputs: &[&Known],
        output: &Known,
        reads: &[usize],
    ) -> Result<Lowered, Reason> {
        let inputs: Vec<_> = inputs.iter().map(|known| Some(known.images())).collect();
        let (format, size) = (self.pooling.sliding.data_format, self.stored()?.size());
        let mut lowered = channels_last(format, size, kernel, &inputs, &[Some(output.images())])?;
        lowered.reads = reads.iter().copied().collect();
        Ok(lowered)
    }
}

/// The greatest that a window of `sizes`, which moves by `strides`, sees of each channel of pictures x, `[batch, height,
/// width, channels]`.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 1.0, 1.0]]).reshape([1, 2, 4, 1]);
/// let y = nn::max_pool(&x, [2, 2], [2, 2], nn::Padding::Valid);
/// assert_eq!(Session::new(&tf)?.run(&y.reshape([2]), feeds![])?, array![4.0, 5.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn max_pool(x: impl AsRef<Tensor>, sizes: [usize; 2], strides: [usize; 2], padding: Padding) -> Tensor {
    let x = x.as_ref();
    let pooling = Pooling::new(sizes, Sliding::new(strides, padding));
    x.graph().add(MaxPool::<2> { pooling }, &[x])
}

/// As [`max_pool`], of volumes, `[batch, depth, height, width, channels]`.
#[track_caller]
pub fn max_pool3d(x: impl AsRef<Tensor>, sizes: [usize; 3], strides: [usize; 3], padding: Padding) -> Tensor {
    let x = x.as_ref();
    let pooling = Pooling::new(sizes, Sliding::new(strides, padding));
    x.graph().add(MaxPool::<3> { pooling }, &[x])
}

fn pool_cases<const AXES: usize>(ways: Vec<(&'static str, Pooling, Vec<usize>)>) -> Vec<Case> {
    let case = |(name, pooling, x): (_, Pooling, Vec<usize>)| {
        Case::fed(name, [distinct(x)], move |tf: &Graph, x: &[Tensor]| {
            vec![tf.add(MaxPool::<AXES> { pooling: pooling.clone() }, &[&x[0]])]
        })
    };
    ways.into_iter().map(case).collect()
}

fn grad_cases<const AXES: usize>(ways: Vec<(&'static str, Pooling, Vec<usize>)>) -> Vec<Case> {
    let case = |(name, pooling, x): (_, Pooling, Vec<usize>)| {
        let dy = distinct(output_of(&pooling, &x));
        Case::fed(name, [distinct(x), dy], move |tf: &Graph, x: &[Tensor]| {
            let y = tf.add(MaxPool::<AXES> { pooling: pooling.clone() }, &[&x[0]]);
            vec![tf.add(MaxPoolGrad::<AXES> { pooling: pooling.clone() }, &[&x[0], &y, &x[1]])]
        })
    };
    ways.into_iter().map(case).collect()
}

fn grad_grad_cases<const AXES: usize>(ways: Vec<(&'static str, Pooling, Vec<usize>)>) -> Vec<Case> {
    let case = |(name, pooling, x): (_, Pooling, Vec<usize>)| {
        let like = as_type(distinct(x.clone()), DType::Float32);
        Case::fed(name, [distinct(x), like], move |tf: &Graph, x: &[Tensor]| {
            let y = tf.add(MaxPool::<AXES> { pooling: pooling.clone() }, &[&x[0]]);
            vec![tf.add(MaxPoolGradGrad::<AXES> { pooling: pooling.clone() }, &[&x[0], &y, &x[1]])]
        })
    };
    ways.into_iter().map(case).collect()
}

/// The ways with shapes of any number of axes.
pub(super) fn owned<const N: usize>(
    ways: Vec<(&'static str, Pooling, [usize; N])>,
) -> Vec<(&'static str, Pooling, Vec<usize>)> {
    ways.into_iter().map(|(name, pooling, x)| (name, pooling, x.to_vec())).collect()
}

pub(in crate::ops) fn max_pool_cases() -> Vec<Case> {
    let mut cases = pool_cases::<2>(owned(ways_of_greatest()));
    let row = |values: Vec<f32>| Array::new([1, 1, values.len(), 1], values).expect("a row");
    let build = |tf: &Graph, x: &[Tensor]| {
        let pooling = Pooling::new([1, 2], Sliding::new([1, 1], Padding::Same));
        vec![tf.add(MaxPool::<2> { pooling }, &[&x[0]])]
    };
    let nan = f32::NAN;
    cases.push(
        Case::fed("NaN is passed over", [row(vec![1.0, nan, -2.0, -3.0])], build)
            .at_kink()
            .expecting([row(vec![1.0, -2.0, -2.0, -3.0])]),
    );
    for dtype in [DType::Int32, DType::UInt8, DType::Float16, DType::BFloat16, DType::Int64] {
        let (x, y) = (row(vec![1.0, 3.0, 2.0, 0.0]), row(vec![3.0, 3.0, 2.0, 0.0]));
        cases.push(
            Case::fed(dtype.name(), [as_type(x, dtype)], build).at_kink().expecting([as_type(y, dtype)]),
        );
    }
    cases
}

pub(in crate::ops) fn max_pool_grad_cases() -> Vec<Case> {
    let mut cases = grad_cases::<2>(owned(ways_of_greatest()));
    let row = |values: Vec<f32>| Array::new([1, 1, values.len(), 1], values).expect("a row");
    cases.push(
        Case::fed("the first of equals", [row(vec![2.0, 2.0, 2.0]), row(vec![1.0, 10.0])], |tf, x| {
            let pooling = Pooling::new([1, 2], Sliding::new([1, 1], Padding::Valid));
            let y = tf.add(MaxPool::<2> { pooling: pooling.clone() }, &[&x[0]]);
            vec![tf.add(MaxPoolGrad::<2> { pooling }, &[&x[0], &y, &x[1]])]
        })
        .at_kink()
        .expecting([row(vec![1.0, 10.0, 0.0])]),
    );
    cases
}

pub(in crate::ops) fn max_pool_grad_grad_cases() -> Vec<Case> {
    grad_grad_cases::<2>(owned(ways()))
}

pub(in crate::ops) fn max_pool3d_cases() -> Vec<Case> {
    pool_cases::<3>(owned(volumes()))
}

pub(in crate::ops) fn max_pool3d_grad_cases() -> Vec<Case> {
    grad_cases::<3>(owned(volumes()))
}

pub(in crate::ops) fn max_pool3d_grad_grad_cases() -> Vec<Case> {
    grad_grad_cases::<3>(owned(volumes()))
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn what_does_not_fit_is_said() {
        let said = |sizes: [usize; 2], strides: [usize; 2], padding: nn::Padding| {
            let tf = Graph::new();
            nn::max_pool(tf.zeros::<f32>([1, 3, 3, 1]), sizes, strides, padding);
            tf.check().unwrap_err().message().to_string()
        };
        assert!(said([5, 2], [1, 1], nn::Padding::Valid).contains("does not fit into the 3 of axis 0"));
        assert!(said([0, 2], [1, 1], nn::Padding::Valid).contains("sizes [0, 2]"));
        assert!(said([2, 2], [0, 1], nn::Padding::Same).contains("strides [0, 1]"));
        let wide = nn::Padding::Explicit(vec![(2, 0), (0, 0)]);
        assert!(said([2, 2], [1, 1], wide).contains("must be smaller than the window"));
        let short = nn::Padding::Explicit(vec![(1, 0)]);
        assert!(said([2, 2], [1, 1], short).contains("1 paddings"));
    }
}
