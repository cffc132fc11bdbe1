//! What a network is and how it learns, as a plain record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::data::BatchSize;
use crate::error::{Error, Result};
use crate::graph::{Operation, Tensor};
use crate::train::{
    AdadeltaOptimizer, AdagradOptimizer, AdamOptimizer, GradientDescentOptimizer, Gradients,
    MomentumOptimizer, Optimizer, RmsPropOptimizer,
};

/// What a network is and how it learns. The default learns the digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The width of each hidden layer.
    pub layers: Vec<usize>,
    /// The transfer function of the hidden layers.
    pub activation: Activation,
    /// What is made small; none for the usual one: softmax cross-entropy for classes, the mean square for numbers.
    pub loss: Option<Loss>,
    /// How weights change.
    pub optimizer: OptimizerKind,
    /// The learning rate; none for the optimizer's usual one.
    pub learning_rate: Option<f64>,
    /// How many examples make a step.
    #[serde(with = "as_text")]
    pub batch: BatchSize,
    /// How often every example is seen.
    pub epochs: u64,
    /// How weights start.
    pub init: Initialization,
    /// Factor of Σ|w| in the loss.
    pub l1: f64,
    /// Factor of Σw²/2 in the loss.
    pub l2: f64,
    /// The part of each hidden layer's outputs that is dropped at random while learning.
    pub dropout: f64,
    /// Where all that is random begins.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            layers: vec![64, 32],
            activation: Activation::Relu,
            loss: None,
            optimizer: OptimizerKind::Adam,
            learning_rate: None,
            batch: BatchSize::Mini(32),
            epochs: 40,
            init: Initialization::He,
            l1: 0.0,
            l2: 0.0,
            dropout: 0.0,
            seed: 0,
        }
    }
}

impl Options {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// Naming the first that does not, with what would.
    pub fn check(&self) -> Result<()> {
        let wrong = |text: String| Err(Error::invalid(text));
        if self.layers.contains(&0) {
            return wrong(format!("a layer has no neurons: {:?}", self.layers));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong(format!("dropout is {} and must be at least 0 and below 1", self.dropout));
        }
        if let Some(rate) = self.learning_rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            return wrong(format!("the learning rate is {rate} and must be above 0"));
        }
        for (name, factor) in [("l1", self.l1), ("l2", self.l2)] {
            if !(factor.is_finite() && factor >= 0.0) {
                return wrong(format!("{name} is {factor} and must be 0 or more"));
            }
        }
        Ok(())
    }

    /// The learning rate, given or the optimizer's usual one.
    pub fn rate(&self) -> f64 {
        self.learning_rate.unwrap_or(self.optimizer.usual_rate())
    }
}

/// An enum whose variants have names: text to value and back, and the list of names for messages.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every one, with its name.
            pub const ALL: &[(&'static str, $name)] = &[$(($text, $name::$variant)),*];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let found = Self::ALL.iter().find(|(_, value)| value == self);
                f.pad(found.map_or("", |(name, _)| name))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<$name> {
                match Self::ALL.iter().find(|(name, _)| *name == text) {
                    Some((_, value)) => Ok(*value),
                    None => {
                        let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
                        Err(Error::invalid(format!("\"{text}\" is no {}; there are {}", $what, names.join(", "))))
                    }
                }
            }
        }
    };
}

named! {
    /// A transfer function.
    Activation, "transfer function" {
        /// max(x, 0)
        Relu = "relu",
        /// max(x, 0) + α·min(x, 0), with an α of its own for each layer, which is learned.
        Prelu = "prelu",
        /// max(x, 0.2·x)
        LeakyRelu = "leaky-relu",
        /// x above 0, eˣ − 1 below.
        Elu = "elu",
        /// ELU, scaled so that mean and variance stay.
        Selu = "selu",
        /// (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
        Tanh = "tanh",
        /// 1/(1 + e⁻ˣ)
        Sigmoid = "sigmoid",
        /// ln(1 + eˣ)
        Softplus = "softplus",
        /// x
        Linear = "linear",
    }
}

named! {
    /// What is made small.
    Loss, "loss" {
        /// −ln of the probability given to the right class.
        SoftmaxCrossEntropy = "softmax-cross-entropy",
        /// The mean of (prediction − target)²; for classes, the target is 1 for the right one and 0 for the others.
        MeanSquare = "mse",
    }
}

named! {
    /// How weights change.
    OptimizerKind, "optimizer" {
        /// w ← w − η·g
        Sgd = "sgd",
        /// Gradient descent with momentum 0.9.
        Momentum = "momentum",
        /// The same, looking ahead.
        Nesterov = "nesterov",
        /// A rate for each weight, from all its gradients.
        Adagrad = "adagrad",
        /// Steps relative to the steps before.
        Adadelta = "adadelta",
        /// A rate for each weight, from its recent gradients.
        RmsProp = "rmsprop",
        /// RMSProp with momentum, corrected for its start.
        Adam = "adam",
    }
}

impl OptimizerKind {
    /// The learning rate that is usual with it.
    pub fn usual_rate(self) -> f64 {
        match self {
            OptimizerKind::Sgd | OptimizerKind::Adagrad => 0.05,
            OptimizerKind::Momentum | OptimizerKind::Nesterov => 0.01,
            OptimizerKind::Adadelta => 1.0,
            OptimizerKind::RmsProp | OptimizerKind::Adam => 0.001,
        }
    }

    /// Adds the operation that changes every variable by its gradient, at learning rate `rate`.
    pub(super) fn apply(self, rate: &Tensor, gradients: &Gradients) -> Operation {
        match self {
            OptimizerKind::Sgd => GradientDescentOptimizer::new(rate).apply_gradients(gradients),
            OptimizerKind::Momentum => MomentumOptimizer::new(rate, 0.9).apply_gradients(gradients),
            OptimizerKind::Nesterov => {
                MomentumOptimizer::new(rate, 0.9).nesterov().apply_gradients(gradients)
            }
            OptimizerKind::Adagrad => AdagradOptimizer::new(rate).apply_gradients(gradients),
            OptimizerKind::Adadelta => AdadeltaOptimizer::new(rate).apply_gradients(gradients),
            OptimizerKind::RmsProp => RmsPropOptimizer::new(rate).apply_gradients(gradients),
            OptimizerKind::Adam => AdamOptimizer::new(rate).apply_gradients(gradients),
        }
    }
}

named! {
    /// How weights start.
    Initialization, "initialization" {
        /// Normal with deviation √(2/((1 + α²)·fan_in)) (He et al. 2015).
        He = "he",
        /// Uniform within √(6/(fan_in + fan_out)) (Glorot & Bengio 2010).
        Xavier = "xavier",
        /// Normal with deviation 0.1, values beyond two deviations drawn again: the course's.
        TruncatedNormal = "truncated-normal",
    }
}

/// A batch size as the text that the command line takes.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::data::BatchSize;

    pub(super) fn serialize<S: Serializer>(size: &BatchSize, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(size)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BatchSize, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: crate::Error| serde::de::Error::custom(error.message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_json_and_bad_ones_are_named() {
        let options = Options { batch: BatchSize::Online, learning_rate: Some(0.5), ..Options::default() };
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), options);
        let error = "rely".parse::<Activation>().unwrap_err();
        assert!(
            error.message().starts_with("\"rely\" is no transfer function; there are relu, prelu"),
            "{error}"
        );
        let error = Options { dropout: 1.0, ..Options::default() }.check().unwrap_err();
        assert_eq!(error.message(), "dropout is 1 and must be at least 0 and below 1");
    }
}
