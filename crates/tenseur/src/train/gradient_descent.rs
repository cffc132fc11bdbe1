//! Gradient descent, plain and with momentum.

use crate::graph::{Operation, Tensor, Variable};
use crate::ops::training::{GradientDescent, Momentum};
use crate::train::LearningRate;
use crate::train::optimizer::{Optimizer, slot, update};
use crate::train::rows::update_rows;

/// w ← w − η·∂loss/∂w
#[derive(Clone, Debug)]
pub struct GradientDescentOptimizer {
    learning_rate: LearningRate,
}

impl GradientDescentOptimizer {
    /// Descent at this rate η: a number, or a tensor that gives one at every step.
    pub fn new(learning_rate: impl Into<LearningRate>) -> GradientDescentOptimizer {
        GradientDescentOptimizer { learning_rate: learning_rate.into() }
    }
}

impl Optimizer for GradientDescentOptimizer {
    fn name(&self) -> &'static str {
        "GradientDescent"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let rate = self.learning_rate.tensor(like, "learning_rate");
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let inputs = [variable.reference(), &rate, gradient];
            update(GradientDescent, variable, &inputs)
        };
        pairs.iter().map(apply).collect()
    }
}

/// a ← μ·a + ∂loss/∂w; w ← w − η·a
#[derive(Clone, Debug)]
pub struct MomentumOptimizer {
    learning_rate: LearningRate,
    momentum: LearningRate,
    use_nesterov: bool,
}

impl MomentumOptimizer {
    /// Descent at rate η with momentum μ.
    pub fn new(
        learning_rate: impl Into<LearningRate>,
        momentum: impl Into<LearningRate>,
    ) -> MomentumOptimizer {
        let (learning_rate, momentum) = (learning_rate.into(), momentum.into());
        MomentumOptimizer { learning_rate, momentum, use_nesterov: false }
    }

    /// The same with Nesterov's look ahead: w ← w − η·(∂loss/∂w + μ·a).
    #[must_use]
    pub fn nesterov(self) -> MomentumOptimizer {
        MomentumOptimizer { use_nesterov: true, ..self }
    }
}

impl Optimizer for MomentumOptimizer {
    fn name(&self) -> &'static str {
        "Momentum"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let rate = self.learning_rate.tensor(like, "learning_rate");
        let momentum = self.momentum.tensor(like, "momentum");
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let accumulator = slot(variable, "Momentum", 0.0);
            let inputs = [variable.reference(), accumulator.reference(), &rate, gradient, &momentum];
            update_rows(Momentum { use_nesterov: self.use_nesterov }, variable, &inputs)
        };
        pairs.iter().map(apply).collect()
    }
}
