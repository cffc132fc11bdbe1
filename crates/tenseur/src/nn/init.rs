//! What weights start with.
//!
//! Random weights are small enough that signals neither grow nor fade on their way through many layers. How small
//! depends on how many inputs a unit has (`fan_in`) and on how many units each input feeds (`fan_out`):
//!
//! | | distribution | |
//! |---|---|---|
//! | [`glorot_uniform`] (Xavier) | uniform in ±√(6 / (fan_in + fan_out)) | for tanh, sigmoid |
//! | [`glorot_normal`] (Xavier) | normal, variance 2 / (fan_in + fan_out) | |
//! | [`he_uniform`] | uniform in ±√(6 / fan_in) | for relu |
//! | [`he_normal`] | normal, variance 2 / fan_in | |
//! | [`he_normal_for`] | normal, variance 2 / ((1 + α²)·fan_in) | for leaky relu and prelu of slope α |
//! | [`lecun_normal`] | normal, variance 1 / fan_in | for selu |
//!
//! A kernel `[inputs, outputs]` has fan_in = inputs and fan_out = outputs; one of a convolution, `[…, inputs, outputs]`,
//! has both times the sizes before. The normal distributions are those of [`Graph::truncated_normal`], with the standard
//! deviation raised by 1/0.8796 to make up for what truncation takes, as in TensorFlow.
//!
//! X. Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010. K. He et
//! al., *Delving deep into rectifiers*, 2015.

use crate::graph::{Graph, Tensor};
use crate::value::{DType, Shape};

/// What the elements of a tensor start with, whatever its shape.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let kernel = nn::init::he_normal().seed(1).tensor(&tf, [3, 3, 1, 32], DType::Float32);
/// let w = tf.variable(kernel, "w");
/// assert_eq!(w.shape().to_string(), "[3, 3, 1, 32]");
/// ```
#[derive(Clone, Debug)]
pub struct Initializer {
    kind: Kind,
    seed: Option<i64>,
}

#[derive(Clone, Debug)]
enum Kind {
    Constant(f64),
    Uniform(f64, f64),
    Normal(f64, f64),
    Truncated(f64, f64),
    Scaled(VarianceScaling),
}

/// Random numbers of variance `scale / fan`.
#[derive(Clone, Copy, Debug)]
struct VarianceScaling {
    scale: f64,
    fan: Fan,
    uniform: bool,
}

#[derive(Clone, Copy, Debug)]
enum Fan {
    In,
    Average,
}

/// The standard deviation of the standard normal distribution without what lies beyond two deviations.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// All 0.
pub fn zeros() -> Initializer {
    constant(0.0)
}

/// All 1.
pub fn ones() -> Initializer {
    constant(1.0)
}

/// All `value`.
pub fn constant(value: f64) -> Initializer {
    Kind::Constant(value).into()
}

/// Uniform in `[low, high)`.
pub fn random_uniform(low: f64, high: f64) -> Initializer {
    Kind::Uniform(low, high).into()
}

/// Normal.
pub fn random_normal(mean: f64, stddev: f64) -> Initializer {
    Kind::Normal(mean, stddev).into()
}

/// Normal; what lies beyond two deviations is drawn again.
pub fn truncated_normal(mean: f64, stddev: f64) -> Initializer {
    Kind::Truncated(mean, stddev).into()
}

/// Uniform in ±√(6 / (fan_in + fan_out)): Glorot's, also called Xavier's.
pub fn glorot_uniform() -> Initializer {
    scaled(1.0, Fan::Average, true)
}

/// Normal with variance 2 / (fan_in + fan_out): Glorot's, also called Xavier's.
pub fn glorot_normal() -> Initializer {
    scaled(1.0, Fan::Average, false)
}

/// Uniform in ±√(6 / fan_in): He's.
pub fn he_uniform() -> Initializer {
    scaled(2.0, Fan::In, true)
}

/// Normal with variance 2 / fan_in: He's.
pub fn he_normal() -> Initializer {
    he_normal_for(0.0)
}

/// Normal with variance 2 / ((1 + α²)·fan_in): He's, for layers whose negative sums pass with slope α.
pub fn he_normal_for(slope: f64) -> Initializer {
    scaled(2.0 / (1.0 + slope * slope), Fan::In, false)
}

/// Normal with variance 1 / fan_in: LeCun's.
pub fn lecun_normal() -> Initializer {
    scaled(1.0, Fan::In, false)
}

fn scaled(scale: f64, fan: Fan, uniform: bool) -> Initializer {
    Kind::Scaled(VarianceScaling { scale, fan, uniform }).into()
}

impl From<Kind> for Initializer {
    fn from(kind: Kind) -> Initializer {
        Initializer { kind, seed: None }
    }
}

impl Initializer {
    /// The same with this seed for its op.
    #[must_use]
    pub fn seed(self, seed: i64) -> Initializer {
        Initializer { seed: Some(seed), ..self }
    }

    /// A tensor of such elements: the initial value of a variable.
    #[track_caller]
    pub fn tensor(&self, graph: &Graph, shape: impl Into<Shape>, dtype: DType) -> Tensor {
        let shape = shape.into();
        let random = match self.kind {
            Kind::Constant(value) => return graph.full_of(dtype, shape, value),
            Kind::Uniform(low, high) => graph.random_uniform(shape).range(low, high),
            Kind::Normal(mean, deviation) => graph.random_normal(shape).mean(mean).stddev(deviation),
            Kind::Truncated(mean, deviation) => graph.truncated_normal(shape).mean(mean).stddev(deviation),
            Kind::Scaled(scaling) => {
                let variance = scaling.variance(&shape);
                if scaling.uniform {
                    let limit = (3.0 * variance).sqrt();
                    graph.random_uniform(shape).range(-limit, limit)
                } else {
                    graph.truncated_normal(shape).stddev(variance.sqrt() / TRUNCATED_DEVIATION)
                }
            }
        };
        let random = random.dtype(dtype);
        match self.seed {
            Some(seed) => random.seed(seed).tensor(),
            None => random.tensor(),
        }
    }
}

impl VarianceScaling {
    fn variance(self, shape: &[usize]) -> f64 {
        let (fan_in, fan_out) = fans(shape);
        let fan = match self.fan {
            Fan::In => fan_in,
            Fan::Average => (fan_in + fan_out) / 2.0,
        };
        self.scale / fan.max(1.0)
    }
}

/// How many inputs a unit has, and how many units an input feeds.
fn fans(shape: &[usize]) -> (f64, f64) {
    match shape {
        [] => (1.0, 1.0),
        [size] => (*size as f64, *size as f64),
        [window @ .., inputs, outputs] => {
            let window: f64 = window.iter().map(|&size| size as f64).product();
            (*inputs as f64 * window, *outputs as f64 * window)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// Mean, standard deviation and largest magnitude of 100 × 200 weights.
    fn statistics(initializer: &Initializer) -> (f64, f64, f64) {
        let tf = Graph::new();
        let weights = initializer.clone().seed(3).tensor(&tf, [100, 200], DType::Float64);
        let weights = Session::new(&tf).unwrap().run(&weights, feeds![]).unwrap().to_f64().unwrap();
        let count = weights.len() as f64;
        let mean = weights.iter().sum::<f64>() / count;
        let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / count;
        (mean, variance.sqrt(), weights.iter().fold(0.0, |largest: f64, w| largest.max(w.abs())))
    }

    #[test]
    fn weights_have_the_variance_that_is_said() {
        let glorot = (2.0_f64 / 300.0).sqrt();
        let he = (2.0_f64 / 100.0).sqrt();
        for (initializer, deviation) in [
            (glorot_uniform(), glorot),
            (glorot_normal(), glorot),
            (he_uniform(), he),
            (he_normal(), he),
            (he_normal_for(0.25), (2.0_f64 / (1.0625 * 100.0)).sqrt()),
            (lecun_normal(), 0.1),
            (random_normal(0.0, 0.3), 0.3),
            (truncated_normal(0.0, 0.3), 0.3 * TRUNCATED_DEVIATION),
            (random_uniform(-0.3, 0.3), 0.3 / 3_f64.sqrt()),
        ] {
            let (mean, got, _) = statistics(&initializer);
            assert!(mean.abs() < 0.05 * deviation, "{initializer:?}: mean {mean}");
            assert!((got / deviation - 1.0).abs() < 0.03, "{initializer:?}: {got}, not {deviation}");
        }
        let largest = statistics(&glorot_uniform()).2;
        assert!(largest <= (6.0_f64 / 300.0).sqrt(), "{largest}");
    }

    #[test]
    fn a_window_multiplies_both_fans() {
        assert_eq!(fans(&[3, 5, 2, 4]), (30.0, 60.0));
        assert_eq!(fans(&[7]), (7.0, 7.0));
        assert_eq!(fans(&[]), (1.0, 1.0));
    }

    #[test]
    fn constants_are_of_the_type_asked_for() {
        let tf = Graph::new();
        let ones = ones().tensor(&tf, [2], DType::Int32);
        assert_eq!(Session::new(&tf).unwrap().run(&ones, feeds![]).unwrap(), array![1, 1]);
    }
}
