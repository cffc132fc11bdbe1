//! Batch normalisation: `y = γ · (x − μ) / √(σ² + ε) + β` for each channel. (Ioffe and Szegedy, *Batch Normalization:
//! Accelerating Deep Network Training by Reducing Internal Covariate Shift*, 2015.)
//!
//! In training μ and σ² are the batch's mean and variance; else they are given.

use tenseur_kernels::{BatchNormGradientKernel, BatchNormKernel, BatchNormSpec, Images};

use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::gradients::gradients_from;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::conv::{channels_last, numbers};
use crate::ops::elementwise::refusal;
use crate::ops::sliding::Sliding;
use crate::ops::{Attrs, Backward, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// What the op and its gradient are told.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// ε, which keeps the root away from 0.
    pub epsilon: f32,
    /// Where the channels are.
    pub data_format: DataFormat,
    /// Whether images are volumes, with three axes.
    pub volumes: bool,
    /// Whether mean and variance are the batch's.
    pub is_training: bool,
}

impl Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm { epsilon: 1e-4, data_format: DataFormat::Nhwc, volumes: false, is_training: true }
    }
}

/// Batch normalisation. Inputs: x, γ, β, mean and variance (empty in training, where no averages go on). Outputs: y; the
/// batch's mean and variance (divided by n − 1), or the averages that go on; and, for the gradient, the mean and variance
/// (divided by n) that y was made with. Version 3 has an output more, of nothing.
#[derive(Clone, Debug)]
pub struct FusedBatchNorm<const VERSION: usize> {
    /// What it is told.
    pub batch_norm: BatchNorm,
    /// How much of the averages that go on the batch makes up: 1 for all.
    pub exponential_avg_factor: f32,
}

/// The gradient of [`FusedBatchNorm`]. Inputs: the gradient of y, x, γ, and the mean and variance that y was made with;
/// version 3 has one more, of nothing. Outputs: the gradients of x, γ and β, and two of nothing.
#[derive(Clone, Debug)]
pub struct FusedBatchNormGrad<const VERSION: usize> {
    /// What it is told.
    pub batch_norm: BatchNorm,
}

impl BatchNorm {
    fn from_attrs(attrs: &Attrs) -> Result<BatchNorm, Reason> {
        let default = BatchNorm::default();
        let name = attrs.optional("data_format", "NHWC".to_string())?;
        let volumes = name.len() == 5;
        Ok(BatchNorm {
            epsilon: attrs.optional("epsilon", default.epsilon)?,
            data_format: Sliding::format_from_attrs(attrs, if volumes { 3 } else { 2 })?,
            volumes,
            is_training: attrs.optional("is_training", default.is_training)?,
        })
    }

    fn attrs(&self, version: usize, x: DType, each: DType) -> Attrs {
        let format = match (self.data_format, self.volumes) {
            (format, false) => format.name(),
            (DataFormat::Nhwc, true) => "NDHWC",
            (DataFormat::Nchw, true) => "NCDHW",
        };
        let attrs = Attrs::new().with("T", x).with("epsilon", self.epsilon).with("data_format", format);
        let attrs = attrs.with("is_training", self.is_training);
        if version >= 2 { attrs.with("U", each) } else { attrs }
    }

    fn rank(&self) -> usize {
        if self.volumes { 5 } else { 4 }
    }

    fn axis(&self) -> usize {
        self.data_format.channel_axis(self.rank())
    }

    /// The shape of x, with as many channels as all of `each`, one number for each channel, have.
    fn shape(&self, x: &Fact, each: &[&Fact]) -> Result<PartialShape, Reason> {
        let one = if x.dtype == DType::Float64 { DType::Float64 } else { DType::Float32 };
        if !x.dtype.is_float() || each.iter().any(|fact| fact.dtype != one) {
            let dtypes: Vec<DType> = [x].iter().chain(each).map(|fact| fact.dtype).collect();
            return Err(refusal(&dtypes, DType::is_float));
        }
        let mut sizes = match x.shape.sizes() {
            Some(sizes) if sizes.len() == self.rank() => sizes.to_vec(),
            Some(_) => {
                return Err(format!("x must have {} axes and has shape {}", self.rank(), x.shape).into());
            }
            None => vec![None; self.rank()],
        };
        for fact in each {
            let channels = PartialShape::from([sizes[self.axis()]]);
            let Some(both) = channels.merge(&fact.shape) else {
                return Err(format!(
                    "x has shape {} and what is said of its channels {}",
                    x.shape, fact.shape
                )
                .into());
            };
            sizes[self.axis()] = both.size(0);
        }
        Ok(sizes.into())
    }

    /// The sizes of x, and the specification of a kernel over it.
    fn sizes(&self, x: &Fact) -> Result<(Images, BatchNormSpec), Reason> {
        let dtype =
            x.dtype.scalar().ok_or_else(|| format!("there is no batch normalisation of {}", x.dtype))?;
        let shape = known_shape(x)?;
        let channels = shape[self.axis()];
        let pixels = shape.iter().enumerate().filter(|(axis, _)| *axis != 0 && *axis != self.axis());
        let images = Images { batch: shape[0], channels, pixels: pixels.map(|(_, size)| size).product() };
        let rows = images.batch.checked_mul(images.pixels).ok_or("there are too many pixels")?;
        let (epsilon, training) = (self.epsilon.into(), self.is_training);
        Ok((images, BatchNormSpec { dtype, rows, channels, epsilon, training }))
    }
}

impl<const VERSION: usize> Op for FusedBatchNorm<VERSION> {
    fn name(&self) -> &'static str {
        ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"][VERSION - 1]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = self.batch_norm.attrs(VERSION, node.inputs[0].dtype, node.inputs[1].dtype);
        attrs.with("exponential_avg_factor", self.exponential_avg_factor)
    }

    fn from_attrs(attrs: &Attrs) -> Result<FusedBatchNorm<VERSION>, Reason> {
        let exponential_avg_factor = attrs.optional("exponential_avg_factor", 1.0)?;
        Ok(FusedBatchNorm { batch_norm: BatchNorm::from_attrs(attrs)?, exponential_avg_factor })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, scale, offset, mean, variance] = inputs else { return Err(wrong_count(5, inputs)) };
        let needed = !self.batch_norm.is_training || self.exponential_avg_factor != 1.0;
        let empty = |fact: &Fact| fact.shape.accepts(&Shape::from([0]));
        let each = match needed || !empty(mean) || !empty(variance) {
            true => vec![*scale, *offset, *mean, *variance],
            false => vec![*scale, *offset],
        };
        let shape = self.batch_norm.shape(x, &each)?;
        let one = || Fact::new(scale.dtype, [shape.size(self.batch_norm.axis())]);
        let mut facts: Facts =
            [Fact::new(x.dtype, shape.clone()), one(), one(), one(), one()].into_iter().collect();
        if VERSION == 3 {
            facts.push(Fact::new(scale.dtype, [0]));
        }
        Ok(facts)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let op = FusedBatchNormGrad::<VERSION> { batch_norm: self.batch_norm.clone() };
            let Some(dy) = node.dy(0) else { return vec![None; 5] };
            let used = match self.batch_norm.is_training {
                true => [node.y(3), node.y(4)],
                false => [node.x(3), node.x(4)],
            };
            let mut inputs = vec![dy, node.x(0), node.x(1), used[0], used[1]];
            inputs.extend((VERSION == 3).then(|| node.y(5)));
            let back = dy.graph().add_op(op, &inputs, None);
            // As TensorFlow: none for mean and variance.
            vec![Some(back.output(0)), Some(back.output(1)), Some(back.output(2)), None, None]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (images, spec) = self.batch_norm.sizes(node.inputs[0])?;
        let given = known_shape(node.inputs[3])?.elements() == images.channels;
        let rest = node.outputs.len() - 5;
        let factor = self.exponential_avg_factor.into();
        let kernel = BatchNormKernel::new(spec, factor, given, rest)?;
        let mut turned = vec![None; 5 + rest];
        turned[0] = Some(images);
        channels_last(self.batch_norm.data_format, spec.dtype.size(), kernel, &turned[..5], &turned)
    }
}

impl<const VERSION: usize> Op for FusedBatchNormGrad<VERSION> {
    fn name(&self) -> &'static str {
        ["FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"][VERSION - 1]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.batch_norm.attrs(VERSION, node.inputs[0].dtype, node.inputs[3].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<FusedBatchNormGrad<VERSION>, Reason> {
        Ok(FusedBatchNormGrad { batch_norm: BatchNorm::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x, scale, mean, variance, rest @ ..] = inputs else {
            return Err(wrong_count(5 + usize::from(VERSION == 3), inputs));
        };
        if rest.len() != usize::from(VERSION == 3) {
            return Err(wrong_count(5 + usize::from(VERSION == 3), inputs));
        }
        let each = [*scale, *mean, *variance];
        let shapes = [self.batch_norm.shape(x, &each)?, self.batch_norm.shape(dy, &each)?];
        let Some(shape) = shapes[0].merge(&shapes[1]).filter(|_| x.dtype == dy.dtype) else {
            return Err(format!("x is {x} and the gradient of y {dy}").into());
        };
        let one = || Fact::new(scale.dtype, [shape.size(self.batch_norm.axis())]);
        let nothing = || Fact::new(scale.dtype, PartialShape::scalar());
        Ok([Fact::new(x.dtype, shape.clone()), one(), one(), nothing(), nothing()].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let mut back = self.batch_norm.second_gradient(node);
            back.resize(node.inputs(), None);
            back
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (images, spec) = self.batch_norm.sizes(node.inputs[1])?;
        let kernel = BatchNormGradientKernel::new(spec, 2)?;
        let (image, none) = (Some(images), None);
        let inputs = [image, image, none, none, none];
        let outputs = [image, none, none, none, none];
        let size = spec.dtype.size();
        let mut lowered = channels_last(self.batch_norm.data_format, size, kernel, &inputs, &outputs)?;
        lowered.reads = (0..5).collect();
        Ok(lowered)
    }
}

impl BatchNorm {
    /// The gradients of dy, x and γ through the gradient: that is written out in ops that have gradients themselves, as
    /// functions of these three, and differentiated.
    fn second_gradient(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        // Copies, because dy may itself depend on x, which is none of this node's business.
        let inputs: Vec<Tensor> = (0..3).map(|i| node.x(i).identity()).collect();
        let wide = |x: &Tensor| match node.x(2).dtype() {
            Some(dtype) if x.dtype() != Some(dtype) => x.cast_to(dtype),
            _ => x.clone(),
        };
        let (dy, x) = (wide(&inputs[0]), wide(&inputs[1]));
        let axes: Vec<i32> =
            (0..self.rank()).filter(|&axis| axis != self.axis()).map(|axis| axis as i32).collect();
        let along = |each: &Tensor| {
            let mut shape = vec![1; self.rank()];
            shape[self.axis()] = -1;
            each.reshape(&shape[..])
        };
        let scale = along(&inputs[2]);
        let (mean, variance) = match self.is_training {
            true => {
                let mean = x.reduce_mean_keeping(&axes[..]);
                let variance = (&x - &mean).square().reduce_mean_keeping(&axes[..]);
                (mean, variance)
            }
            false => (along(node.x(3)), along(node.x(4))),
        };
        let centred = &x - &mean;
        let inverse = (variance + f64::from(self.epsilon)).rsqrt();
        let straight = match self.is_training {
            true => {
                let with = (&dy * &centred).reduce_mean_keeping(&axes[..]);
                &dy - dy.reduce_mean_keeping(&axes[..]) - &centred * inverse.square() * with
            }
            false => dy.clone(),
        };
        let dx = &scale * &inverse * straight;
        let dx = match node.x(1).dtype() {
            Some(dtype) if dx.dtype() != Some(dtype) => dx.cast_to(dtype),
            _ => dx,
        };
        let dscale = (&dy * &centred * &inverse).reduce_sum(&axes[..]);
        let doffset = dy.reduce_sum(&axes[..]);
        let (ys, starts): (Vec<Tensor>, Vec<Option<Tensor>>) = [dx, dscale, doffset]
            .into_iter()
            .enumerate()
            .filter_map(|(i, y)| node.dy(i).map(|start| (y, Some(start.clone()))))
            .unzip();
        gradients_from(&ys, &starts, &inputs)
    }
}

/// Batch normalisation of pictures x, `[batch, height, width, channels]`, by the batch's own mean and variance:
/// `γ · (x − μ) / √(σ² + ε) + β`, with γ (`scale`) and β (`offset`) one number for each channel. Gives y, the batch's mean
/// and its variance (divided by n − 1), for averages that are kept.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 10.0], [3.0, 30.0]]).reshape([2, 1, 1, 2]);
/// let (y, mean, _) = nn::fused_batch_norm(&x, array![1.0, 2.0], array![0.0, 5.0], 0.0);
/// let sess = Session::new(&tf)?;
/// let (y, mean) = sess.run((&y.reshape([2, 2]), &mean), feeds![])?;
/// assert_eq!((y, mean), (array![[-1.0, 3.0], [1.0, 7.0]], array![2.0, 20.0]));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn fused_batch_norm(
    x: impl AsRef<Tensor>,
    scale: impl Into<Operand>,
    offset: impl Into<Operand>,
    epsilon: f32,
) -> (Tensor, Tensor, Tensor) {
    let x = x.as_ref();
    let (scale, offset) = (scale.into().tensor(x), offset.into().tensor(x));
    let nothing = x.graph().full_of(scale.dtype_or(DType::Float32), [0], 0.0);
    let batch_norm = BatchNorm { epsilon, ..BatchNorm::default() };
    let op = FusedBatchNorm::<3> { batch_norm, exponential_avg_factor: 1.0 };
    let node = x.graph().add_op(op, &[x, &scale, &offset, &nothing, &nothing], None);
    (node.output(0), node.output(1), node.output(2))
}

/// As [`fused_batch_norm`], by a given mean and variance, as when a trained network is used.
#[track_caller]
pub fn fused_batch_norm_inference(
    x: impl AsRef<Tensor>,
    scale: impl Into<Operand>,
    offset: impl Into<Operand>,
    mean: impl Into<Operand>,
    variance: impl Into<Operand>,
    epsilon: f32,
) -> Tensor {
    let x = x.as_ref();
    let [scale, offset] = [scale.into().tensor(x), offset.into().tensor(x)];
    let [mean, variance] = [mean.into().tensor(x), variance.into().tensor(x)];
    let batch_norm = BatchNorm { epsilon, is_training: false, ..BatchNorm::default() };
    x.graph().add(
        FusedBatchNorm::<3> { batch_norm, exponential_avg_factor: 1.0 },
        &[x, &scale, &offset, &mean, &variance],
    )
}

/// Ways to normalise, with the shape of x, which has two channels.
fn ways() -> Vec<(&'static str, BatchNorm, Vec<usize>)> {
    let plain = || BatchNorm { epsilon: 0.01, ..BatchNorm::default() };
    let first = BatchNorm { data_format: DataFormat::Nchw, ..plain() };
    vec![
        ("training", plain(), vec![2, 2, 3, 2]),
        ("inference", BatchNorm { is_training: false, ..plain() }, vec![2, 2, 3, 2]),
        ("training, channels first", first.clone(), vec![3, 2, 2, 1]),
        ("inference, channels first", BatchNorm { is_training: false, ..first }, vec![3, 2, 2, 1]),
        ("volumes", BatchNorm { volumes: true, ..plain() }, vec![2, 2, 1, 2, 2]),
    ]
}

/// x of this shape, γ, β, mean and variance of two channels.
fn operands(x: Vec<usize>) -> [Array; 5] {
    let two = |values: [f32; 2]| Array::new([2], values).expect("a vector");
    [numbers(x), two([0.5, 2.0]), two([1.0, -1.0]), two([0.25, -0.5]), two([1.5, 0.75])]
}

fn normalised<const VERSION: usize>(tf: &Graph, batch_norm: &BatchNorm, x: &[Tensor]) -> Vec<Tensor> {
    let op = FusedBatchNorm::<VERSION> { batch_norm: batch_norm.clone(), exponential_avg_factor: 1.0 };
    let node = tf.add_op(op, &x.iter().collect::<Vec<_>>(), None);
    (0..node.outputs()).map(|output| node.output(output)).collect()
}

fn cases<const VERSION: usize>() -> Vec<Case> {
    let fits = |(_, way, _): &(_, BatchNorm, _)| VERSION == 3 || !way.volumes;
    let mut cases: Vec<Case> = ways()
        .into_iter()
        .filter(fits)
        .map(|(name, way, x)| {
            Case::fed(name, operands(x), move |tf, x| vec![normalised::<VERSION>(tf, &way, x)[0].clone()])
        })
        .collect();
    let training = || ways().remove(0).1;
    cases.push(
        Case::fed("all outputs", operands(vec![2, 1, 2, 2]), move |tf, x| {
            normalised::<VERSION>(tf, &training(), x)
        })
        .at_kink(),
    );
    cases.push(
        Case::fed("no images", operands(vec![0, 1, 2, 2]), move |tf, x| {
            normalised::<VERSION>(tf, &training(), x)
        })
        .at_kink(),
    );
    cases.push(
        Case::fed("averages that go on", operands(vec![2, 2, 1, 2]), move |tf, x| {
            let op = FusedBatchNorm::<VERSION> { batch_norm: training(), exponential_avg_factor: 0.25 };
            let node = tf.add_op(op, &x.iter().collect::<Vec<_>>(), None);
            (0..3).map(|output| node.output(output)).collect()
        })
        .at_kink(),
    );
    if VERSION > 1 {
        let mut halves = operands(vec![2, 2, 2, 2]);
        halves[0] = as_type(halves[0].clone(), DType::Float16);
        cases.push(
            Case::fed("halves", halves, move |tf, x| normalised::<VERSION>(tf, &training(), x)).at_kink(),
        );
    }
    cases
}

fn grad_cases<const VERSION: usize>() -> Vec<Case> {
    let fits = |(_, way, _): &(_, BatchNorm, _)| VERSION == 3 || !way.volumes;
    let case = |(name, way, x): (_, BatchNorm, Vec<usize>)| {
        let dy = Array::new(
            x.clone(),
            numbers(x.iter().rev().copied().collect::<Vec<_>>())
                .to_f64()
                .map_or_else(|_| Vec::new(), |values| values.into_iter().map(|value| value as f32).collect()),
        );
        let mut feeds: Vec<Array> = operands(x).into();
        feeds.extend(dy);
        Case::fed(name, feeds, move |tf: &Graph, x: &[Tensor]| {
            let forward = normalised::<VERSION>(tf, &way, &x[..5]);
            let used = if way.is_training { [&forward[3], &forward[4]] } else { [&x[3], &x[4]] };
            let used = used.map(Tensor::stop_gradient);
            let mut inputs = vec![&x[5], &x[0], &x[1], &used[0], &used[1]];
            inputs.extend(forward.get(5));
            let node = tf.add_op(FusedBatchNormGrad::<VERSION> { batch_norm: way.clone() }, &inputs, None);
            (0..3).map(|output| node.output(output)).collect()
        })
    };
    ways().into_iter().filter(fits).map(case).collect()
}

pub(super) fn v1_cases() -> Vec<Case> {
    cases::<1>()
}

pub(super) fn v2_cases() -> Vec<Case> {
    cases::<2>()
}

pub(super) fn v3_cases() -> Vec<Case> {
    cases::<3>()
}

pub(super) fn grad_v1_cases() -> Vec<Case> {
    grad_cases::<1>()
}

pub(super) fn grad_v2_cases() -> Vec<Case> {
    grad_cases::<2>()
}

pub(super) fn grad_v3_cases() -> Vec<Case> {
    grad_cases::<3>()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn what_is_said_of_channels_must_fit_them() {
        let tf = Graph::new();
        let x = tf.zeros::<f32>([1, 2, 2, 3]);
        let _ = nn::fused_batch_norm(&x, array![1.0, 1.0], array![0.0, 0.0], 0.1);
        let said = tf.check().unwrap_err().message().to_string();
        assert_eq!(said, "x has shape [1, 2, 2, 3] and what is said of its channels [2]");
    }
}
