//! Numbers of the gamma and the Poisson distribution, by TensorFlow's streams, and how a gamma number changes with its shape.

use smallvec::smallvec;
use tenseur_kernels::random::{RandomKernel, Rejection};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::broadcast::BroadcastTo;
use crate::ops::array::{IntoShape, shape_from, wrong_count};
use crate::ops::by_arrays::applied;
use crate::ops::random::Seeds;
use crate::ops::special::Digamma;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The shape of samples, each of the shape of the parameters.
fn of_each(samples: &Fact, parameters: &Fact) -> Result<PartialShape, Reason> {
    Ok(match (shape_from(samples)?.sizes(), parameters.shape.sizes()) {
        (Some(samples), Some(parameters)) => samples.iter().chain(parameters).copied().collect(),
        _ => PartialShape::unknown(),
    })
}

fn kernel(distribution: Rejection, node: Signature<'_>, seeds: Seeds) -> Result<Lowered, Reason> {
    let (parameters, out) = (node.inputs[1], &node.outputs[0]);
    let (count, all) = (known_shape(parameters)?.elements(), known_shape(out)?.elements());
    let stored = |dtype: DType| dtype.scalar().ok_or_else(|| format!("there are no random {dtype}"));
    let samples = all.checked_div(count).unwrap_or(0);
    let (of, dtype) = (stored(parameters.dtype)?, stored(out.dtype)?);
    let kernel = RandomKernel::rejection(distribution, samples, count, of, dtype, seeds.pair())?;
    Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![1] })
}

/// Numbers of the gamma distribution of scale 1: inputs are the shape of the samples and the distribution's shape parameters,
/// each of which is sampled so often.
#[derive(Clone, Debug)]
pub struct RandomGamma {
    /// Where its stream begins.
    pub seeds: Seeds,
}

impl Op for RandomGamma {
    fn name(&self) -> &'static str {
        "RandomGamma"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("S", node.inputs[0].dtype).with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<RandomGamma, Reason> {
        Ok(RandomGamma { seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape, alpha] = inputs else { return Err(wrong_count(2, inputs)) };
        match alpha.dtype {
            DType::Float16 | DType::Float32 | DType::Float64 => {
                Ok(Fact::new(alpha.dtype, of_each(shape, alpha)?).one())
            }
            other => Err(format!("alpha is float16, float32 or float64, not {other}").into()),
        }
    }

    fn effects(&self) -> Effects {
        self.seeds.effects()
    }

    fn grad(&self) -> Grad<'_> {
        let rule = |node: &crate::ops::Backward<'_>| {
            let gradient = node.dy(0).map(|dy| {
                let slope = dy.graph().add(RandomGammaGrad, &[node.x(1), node.y(0)]);
                node.sum_to(&(dy * slope), 1)
            });
            vec![None, gradient]
        };
        Grad::Once(Box::new(rule), "RandomGammaGrad has no gradient")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        kernel(Rejection::Gamma, node, self.seeds)
    }
}

/// Numbers of the Poisson distribution: inputs are the shape of the samples and the rates, each of which is sampled so often.
/// Of version 1 they are of the rates' type.
#[derive(Clone, Debug)]
pub struct Poisson<const VERSION: u8> {
    /// The type of the numbers.
    pub dtype: DType,
    /// Where its stream begins.
    pub seeds: Seeds,
}

/// Of the rates' type.
pub type RandomPoisson = Poisson<1>;
/// Of a type of their own.
pub type RandomPoissonV2 = Poisson<2>;

impl<const VERSION: u8> Op for Poisson<VERSION> {
    fn name(&self) -> &'static str {
        if VERSION == 1 { "RandomPoisson" } else { "RandomPoissonV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("S", node.inputs[0].dtype).with("dtype", self.dtype);
        self.seeds.add_to(if VERSION == 2 { attrs.with("R", node.inputs[1].dtype) } else { attrs })
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        use DType::*;
        let dtype = if VERSION == 1 { attrs.require("dtype")? } else { attrs.optional("dtype", Int64)? };
        match (dtype, VERSION) {
            (Float16 | Float32 | Float64, _) | (Int32 | Int64, 2) => {
                Ok(Poisson { dtype, seeds: Seeds::from_attrs(attrs)? })
            }
            _ => Err(format!("attribute \"dtype\" is {dtype}, of which there are no such numbers").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        use DType::*;
        let [shape, rate] = inputs else { return Err(wrong_count(2, inputs)) };
        match (rate.dtype, VERSION) {
            (dtype, 1) if dtype != self.dtype => {
                Err(format!("rates are of {}, not of {dtype}", self.dtype).into())
            }
            (Float16 | Float32 | Float64 | Int32 | Int64, _) => {
                Ok(Fact::new(self.dtype, of_each(shape, rate)?).one())
            }
            (other, _) => Err(format!("rates are int32, int64 or floats, not {other}").into()),
        }
    }

    fn effects(&self) -> Effects {
        self.seeds.effects()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradient of Poisson numbers")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        kernel(Rejection::Poisson, node, self.seeds)
    }
}

/// How a number of the gamma distribution, the second input, changes with its shape α, the first, if it stays where it is in
/// the distribution: −(∂P/∂α) / p, with the distribution function P and the density p. The inputs broadcast.
///
/// M. Figurnov, S. Mohamed, A. Mnih, *Implicit reparameterization gradients*, 2018.
#[derive(Clone, Debug)]
pub struct RandomGammaGrad;

impl Op for RandomGammaGrad {
    fn name(&self) -> &'static str {
        "RandomGammaGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<RandomGammaGrad, Reason> {
        Ok(RandomGammaGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [alpha, sample] = inputs else { return Err(wrong_count(2, inputs)) };
        if alpha.dtype != sample.dtype || !matches!(alpha.dtype, DType::Float32 | DType::Float64) {
            return Err(
                format!("it takes float32 or float64, not {} and {}", alpha.dtype, sample.dtype).into()
            );
        }
        match alpha.shape.broadcast(&sample.shape) {
            Some(shape) => Ok(Fact::new(alpha.dtype, shape).one()),
            None => Err(format!("shapes {} and {} do not broadcast", alpha.shape, sample.shape).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no second derivative of gamma numbers")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("RandomGammaGrad", node, |arrays| {
            let shape =
                arrays[0].shape().broadcast(arrays[1].shape()).ok_or("the shapes do not broadcast")?;
            let stretched = |array: &Array| -> Result<Vec<f64>, Reason> {
                let sizes: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
                Ok(applied(&BroadcastTo, &[array, &Array::new([sizes.len()], sizes)?])?[0].to_f64()?)
            };
            let (alpha, sample) = (stretched(&arrays[0])?, stretched(&arrays[1])?);
            let after = Array::new([alpha.len()], alpha.iter().map(|alpha| alpha + 1.0).collect::<Vec<_>>())?;
            let digamma = applied(&Digamma, &[&after])?[0].to_f64()?;
            let slopes: Vec<f64> = alpha
                .iter()
                .zip(&sample)
                .zip(digamma)
                .map(|((&alpha, &x), psi)| slope(alpha, x, psi))
                .collect();
            Ok(vec![as_type(Array::new(shape, slopes)?, arrays[0].dtype())])
        }))
    }
}

/// −(∂P/∂α) / p at x, where `digamma` is ψ(α + 1): by the series P = Σ exp(−x) x^(α+n) / Γ(α+n+1), whose terms over p are
/// x/α, x/α · x/(α+1), ….
fn slope(alpha: f64, x: f64, digamma: f64) -> f64 {
    if alpha.is_nan() || alpha <= 0.0 || alpha.is_infinite() || x.is_nan() || x < 0.0 || x.is_infinite() {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    let (mut term, mut psi, mut sum) = (x / alpha, digamma, 0.0);
    let log = x.ln();
    // Terms fall from n = x − α on; a long while after that there is nothing left.
    for n in 1..10_000_000u32 {
        let more = term * (psi - log);
        sum += more;
        let next = alpha + f64::from(n);
        if next > x && more.abs() <= 1e-17 * sum.abs() {
            break;
        }
        term *= x / next;
        psi += 1.0 / next;
    }
    sum
}

impl Tensor {
    /// Numbers of the gamma distribution, of which these are the shape parameters and 1 the scale: `samples` of each, a shape
    /// (`tf.random_gamma`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![0.5, 50.0]).random_gamma([10], Some(3));
    /// let y = Session::new(&tf)?.run(&y, feeds![])?;
    /// assert!(y.shape()[..] == [10, 2] && y.as_slice::<f32>()?.iter().all(|&y| y > 0.0));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn random_gamma(&self, samples: impl IntoShape, seed: Option<i64>) -> Tensor {
        let shape = samples.into_shape(self);
        let (seed, seed2) = self.graph().seeds(seed);
        self.graph().add(RandomGamma { seeds: Seeds(seed, seed2) }, &[&shape, self])
    }

    /// Numbers of the Poisson distribution, of which these are the rates: `samples` of each, a shape (`tf.random_poisson`).
    #[track_caller]
    pub fn random_poisson(&self, samples: impl IntoShape, seed: Option<i64>) -> Tensor {
        let shape = samples.into_shape(self);
        let (seed, seed2) = self.graph().seeds(seed);
        let dtype = self.dtype_or(DType::Float32);
        self.graph().add(Poisson::<2> { dtype, seeds: Seeds(seed, seed2) }, &[&shape, self])
    }
}

pub(in crate::ops) fn random_gamma_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].random_gamma([2, 3], Some(5))];
    vec![
        Case::fed("of three shapes", [array![0.5, 1.0, 7.0]], build).twice().at_kink(),
        Case::fed("of none", [Array::from_literal([0.0; 0])], build),
    ]
}

pub(in crate::ops) fn random_gamma_grad_cases() -> Vec<Case> {
    vec![
        // Of shape 1 the distribution is exponential.
        Case::fed("shape 1", [array![1.0], array![1.0]], |tf, x| {
            vec![tf.add(RandomGammaGrad, &[&x[0].stop_gradient(), &x[1].stop_gradient()])]
        })
        .expecting([array![1.173_563]]),
        Case::fed("stretched", [array![0.5, 2.0], array![[0.1, 3.0], [2.0, 20.0]]], |tf, x| {
            let alpha = Operand::from(&x[0]).tensor(&x[1]).stop_gradient();
            vec![tf.add(RandomGammaGrad, &[&alpha, &x[1].stop_gradient()])]
        }),
    ]
}

fn poisson_cases<const VERSION: u8>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = Poisson::<VERSION> { dtype: DType::Float32, seeds: Seeds(3, 4) };
        vec![tf.add(op, &[&tf.constant(array![2, 3]), &x[0].stop_gradient()])]
    };
    vec![Case::fed("small and large rates", [array![0.5, 3.0, 70.0]], build).twice()]
}

pub(in crate::ops) fn random_poisson_cases() -> Vec<Case> {
    poisson_cases::<1>()
}

pub(in crate::ops) fn random_poisson_v2_cases() -> Vec<Case> {
    poisson_cases::<2>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_quantile() {
        // P(α, x) by its series, and its quantile by bisection.
        let p = |alpha: f64, x: f64| {
            let (mut term, mut sum) = ((alpha * x.ln() - x - libm::lgamma(alpha + 1.0)).exp(), 0.0);
            for n in 1..2000 {
                sum += term;
                term *= x / (alpha + f64::from(n));
            }
            sum
        };
        let quantile = |alpha: f64, level: f64| {
            let (mut low, mut high) = (0.0, 1000.0);
            for _ in 0..200 {
                let middle = 0.5 * (low + high);
                if p(alpha, middle) < level { low = middle } else { high = middle }
            }
            low
        };
        for (alpha, x) in [(0.3, 0.2), (1.0, 1.0), (2.5, 4.0), (30.0, 25.0)] {
            let (level, h) = (p(alpha, x), 1e-5 * alpha);
            let want = (quantile(alpha + h, level) - quantile(alpha - h, level)) / (2.0 * h);
            let after = Array::new([1], [alpha + 1.0]).unwrap();
            let psi = applied(&Digamma, &[&after]).unwrap()[0].to_f64().unwrap()[0];
            assert!((slope(alpha, x, psi) - want).abs() < 1e-6 * want, "{alpha}, {x}");
        }
    }
}
