//! FTRL: follow the regularized leader.

use crate::graph::{Operation, Tensor, Variable};
use crate::ops::training::Ftrl;
use crate::train::LearningRate;
use crate::train::optimizer::{Optimizer, slot};
use crate::train::rows::update_rows;

/// Descent that keeps weights at exactly 0 where the L1 penalty outweighs what is gained (McMahan et al. 2013, "Ad click
/// prediction: a view from the trenches"); the step is [`Ftrl`]'s.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let w = tf.variable(array![1.0, 1.0], "w");
/// let cost = (&w * array![1.0, 0.01]).reduce_sum(..);
/// let train = train::FtrlOptimizer::new(0.5).l1(0.1).minimize(&cost);
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// sess.run_op(&train, feeds![])?;
/// assert_eq!(sess.run(&w, feeds![])?.as_slice::<f32>()?[1], 0.0);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FtrlOptimizer {
    learning_rate: LearningRate,
    learning_rate_power: f64,
    initial_accumulator: f64,
    l1: f64,
    l2: f64,
}

impl FtrlOptimizer {
    /// FTRL at rate η, which falls with the root of the sum of squared gradients, begun at 0.1; no penalties.
    pub fn new(learning_rate: impl Into<LearningRate>) -> FtrlOptimizer {
        FtrlOptimizer {
            learning_rate: learning_rate.into(),
            learning_rate_power: -0.5,
            initial_accumulator: 0.1,
            l1: 0.0,
            l2: 0.0,
        }
    }

    /// The same with another power of the sum of squares in the rate; at most 0.
    #[must_use]
    pub fn learning_rate_power(self, power: f64) -> FtrlOptimizer {
        FtrlOptimizer { learning_rate_power: power, ..self }
    }

    /// The same with the sums of squares begun at this.
    #[must_use]
    pub fn initial_accumulator_value(self, value: f64) -> FtrlOptimizer {
        FtrlOptimizer { initial_accumulator: value, ..self }
    }

    /// The same with the penalty l1·Σ|w|.
    #[must_use]
    pub fn l1(self, strength: f64) -> FtrlOptimizer {
        FtrlOptimizer { l1: strength, ..self }
    }

    /// The same with the penalty l2·Σw².
    #[must_use]
    pub fn l2(self, strength: f64) -> FtrlOptimizer {
        FtrlOptimizer { l2: strength, ..self }
    }
}

impl Optimizer for FtrlOptimizer {
    fn name(&self) -> &'static str {
        "Ftrl"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let number = |value: f64, name: &str| LearningRate::from(value).tensor(like, name);
        let numbers = [
            self.learning_rate.tensor(like, "learning_rate"),
            number(self.l1, "l1_regularization_strength"),
            number(self.l2, "l2_regularization_strength"),
            number(self.learning_rate_power, "learning_rate_power"),
        ];
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let squares = slot(variable, "Ftrl", self.initial_accumulator);
            let linear = slot(variable, "Ftrl", 0.0);
            let mut inputs = vec![variable.reference(), squares.reference(), linear.reference(), gradient];
            inputs.extend(&numbers);
            update_rows(Ftrl { multiply_linear_by_lr: false }, variable, &inputs)
        };
        pairs.iter().map(apply).collect()
    }
}
