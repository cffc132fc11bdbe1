//! Batch normalisation as TensorFlow first had it: `y = (x − μ) / √(σ² + ε) · γ + β` for each channel, the last axis of
//! pictures `[batch, height, width, channels]`, with mean and variance that are given. Networks of 2015 are made of it.

use tenseur_kernels::{Binary, Constant, MapProgram, Unary};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{OverArrays, Smooth};
use crate::ops::image::{array_of, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// What both ops are told.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalNormalization {
    /// ε, which keeps the root away from 0.
    pub variance_epsilon: f32,
    /// Whether there is a factor γ.
    pub scale_after_normalization: bool,
}

impl GlobalNormalization {
    fn attrs(&self, dtype: DType) -> Attrs {
        Attrs::new()
            .with("T", dtype)
            .with("scale_after_normalization", self.scale_after_normalization)
            .with("variance_epsilon", self.variance_epsilon)
    }

    fn from_attrs(attrs: &Attrs) -> Result<GlobalNormalization, Reason> {
        Ok(GlobalNormalization {
            variance_epsilon: attrs.require("variance_epsilon")?,
            scale_after_normalization: attrs.require("scale_after_normalization")?,
        })
    }
}

/// The type of pictures and of numbers for each of their channels, and the pictures' sizes.
fn channels(x: &Fact, each: &[&Fact]) -> Result<(DType, [Option<usize>; 4]), Reason> {
    if let Some(other) = [x].iter().chain(each).find(|fact| fact.dtype != x.dtype || !fact.dtype.is_float()) {
        return Err(format!("it takes floats of one type, not {} and {}", x.dtype, other.dtype).into());
    }
    let mut sizes = sizes_of::<4>(x, "a batch of pictures")?;
    for fact in each {
        let [own] = sizes_of(fact, "what is said of channels")?;
        sizes[3] = same(sizes[3], own, "the number of channels")?;
    }
    Ok((x.dtype, sizes))
}

/// The op: inputs are x, and for each channel mean, variance, β and γ.
#[derive(Clone, Debug)]
pub struct BatchNormWithGlobalNormalization(pub GlobalNormalization);

impl Op for BatchNormWithGlobalNormalization {
    fn name(&self) -> &'static str {
        "BatchNormWithGlobalNormalization"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node.inputs[0].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        GlobalNormalization::from_attrs(attrs).map(BatchNormWithGlobalNormalization)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, each @ ..] = inputs else { return Err(wrong_count(5, inputs)) };
        if each.len() != 4 {
            return Err(wrong_count(5, inputs));
        }
        let (dtype, sizes) = channels(x, each)?;
        Ok(Fact::new(dtype, sizes).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, mean, gamma) = (node.x(0), node.x(1), node.x(4));
            let root = (node.x(2) + self.0.variance_epsilon).rsqrt();
            let scale = if self.0.scale_after_normalization { &root * gamma } else { root.clone() };
            let over = |t: &Tensor| t.reduce_sum([0, 1, 2]);
            let (sum, with) = (over(dy), over(&(dy * (x - mean))));
            let to_variance = &with * &scale * &root * &root * -0.5;
            let to_gamma = if self.0.scale_after_normalization { &with * &root } else { gamma.zeros_like() };
            [Some(dy * &scale), Some(-(&sum * &scale)), Some(to_variance), Some(sum), Some(to_gamma)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let mut program = MapProgram::new();
        let [x, mean, variance, beta, gamma] = [(); 5].map(|()| program.input(stored));
        let epsilon = program.constant(stored, Constant::Float(self.0.variance_epsilon.into()));
        let raised = program.binary(Binary::Add, variance, epsilon);
        let mut scale = program.unary(Unary::Rsqrt, raised);
        if self.0.scale_after_normalization {
            scale = program.binary(Binary::Mul, scale, gamma);
        }
        let centred = program.binary(Binary::Sub, x, mean);
        let scaled = program.binary(Binary::Mul, centred, scale);
        let y = program.binary(Binary::Add, scaled, beta);
        program.output(y, stored);
        Ok(Lowered::map(program))
    }
}

/// Its gradient: inputs are x, mean, variance, γ and the gradient of y; outputs are the gradients of x, mean, variance, β and
/// γ.
#[derive(Clone, Debug)]
pub struct BatchNormWithGlobalNormalizationGrad(pub GlobalNormalization);

impl OverArrays for BatchNormWithGlobalNormalizationGrad {
    const NAME: &'static str = "BatchNormWithGlobalNormalizationGrad";
    const NO_GRADIENT: &'static str = "TensorFlow has no gradient of it";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node.inputs[0].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        GlobalNormalization::from_attrs(attrs).map(BatchNormWithGlobalNormalizationGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, mean, variance, gamma, dy] = inputs else { return Err(wrong_count(5, inputs)) };
        let (dtype, mut sizes) = channels(x, &[mean, variance, gamma])?;
        let (_, others) = channels(dy, &[mean])?;
        for (size, other) in sizes.iter_mut().zip(others) {
            *size = same(*size, other, "a size of x")?;
        }
        let each = || Fact::new(dtype, [sizes[3]]);
        Ok([Fact::new(dtype, sizes), each(), each(), each(), each()].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let all = inputs.iter().map(Array::to_f64).collect::<Result<Vec<_>, _>>()?;
        let [x, mean, variance, gamma, dy] = &all[..] else { return Err("it takes five inputs".into()) };
        let (channels, scaled) = (mean.len(), self.0.scale_after_normalization);
        let root: Vec<f64> =
            variance.iter().map(|v| 1.0 / (v + f64::from(self.0.variance_epsilon)).sqrt()).collect();
        let scale: Vec<f64> = root.iter().zip(gamma).map(|(r, g)| if scaled { r * g } else { *r }).collect();
        let (mut sum, mut with) = (vec![0.0; channels], vec![0.0; channels]);
        let mut dx = Vec::with_capacity(dy.len());
        for (place, (x, dy)) in x.iter().zip(dy).enumerate() {
            let channel = place % channels;
            sum[channel] += dy;
            with[channel] += dy * (x - mean[channel]);
            dx.push(dy * scale[channel]);
        }
        let each = |of: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..channels).map(of).collect() };
        let to_mean = each(&|c| -sum[c] * scale[c]);
        let to_variance = each(&|c| -0.5 * with[c] * scale[c] * root[c] * root[c]);
        let to_gamma = each(&|c| if scaled { with[c] * root[c] } else { 0.0 });
        let dtype = inputs[0].dtype();
        let mut outputs = vec![array_of(dtype, inputs[0].shape().clone(), &dx)?];
        for values in [to_mean, to_variance, sum, to_gamma] {
            outputs.push(array_of(dtype, [channels], &values)?);
        }
        Ok(outputs)
    }
}

fn inputs() -> [Array; 5] {
    [
        array![[[[1.0, -2.0], [0.5, 3.0]]], [[[2.0, 1.0], [-1.5, 0.25]]]],
        array![0.5, -0.25],
        array![1.5, 0.75],
        array![0.1, 0.2],
        array![1.25, -0.5],
    ]
}

fn told(scale_after_normalization: bool) -> GlobalNormalization {
    GlobalNormalization { variance_epsilon: 0.001, scale_after_normalization }
}

pub(super) fn batch_norm_cases() -> Vec<Case> {
    [true, false]
        .map(|scaled| {
            Case::fed(if scaled { "scaled" } else { "not scaled" }, inputs(), move |tf, x| {
                let inputs: Vec<&Tensor> = x.iter().collect();
                vec![tf.add(BatchNormWithGlobalNormalization(told(scaled)), &inputs)]
            })
        })
        .into()
}

pub(super) fn batch_norm_grad_cases() -> Vec<Case> {
    [true, false]
        .map(|scaled| {
            Case::fed(if scaled { "scaled" } else { "not scaled" }, inputs(), move |tf, x| {
                // The op and the rule say the same.
                let [x, mean, variance, beta, gamma] = [0, 1, 2, 3, 4].map(|i| x[i].stop_gradient());
                let forward = BatchNormWithGlobalNormalization(told(scaled));
                let y = tf.add(forward, &[&x, &mean, &variance, &beta, &gamma]);
                let dy = (&x * 0.5).stop_gradient();
                let by_rule = crate::gradients(&[&(&y * &dy).reduce_sum(..)], &[x.clone(), mean.clone()]);
                let op = Smooth(BatchNormWithGlobalNormalizationGrad(told(scaled)));
                let node = tf.add_op(op, &[&x, &mean, &variance, &gamma, &dy], None);
                let mut outputs: Vec<Tensor> = (0..5).map(|output| node.output(output)).collect();
                for (own, rule) in [0, 1].into_iter().zip(by_rule.into_iter().flatten()) {
                    outputs.push((node.output(own) - rule).abs().less(1e-5).cast::<i32>());
                }
                outputs
            })
            .at_kink()
        })
        .into()
}
