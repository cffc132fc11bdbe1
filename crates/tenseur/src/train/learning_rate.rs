//! Learning rates: numbers, tensors, schedules.

use crate::graph::{Operand, Tensor};

/// A learning rate (or another number of an optimizer): a number, or a tensor that gives one at every step.
#[derive(Clone, Debug)]
pub struct LearningRate(Operand);

impl<R: Into<Operand>> From<R> for LearningRate {
    fn from(rate: R) -> LearningRate {
        LearningRate(rate.into())
    }
}

impl LearningRate {
    /// It as a tensor of the graph and the element type of `like`; a number becomes a constant called `name`.
    #[track_caller]
    pub fn tensor(&self, like: &Tensor, name: &str) -> Tensor {
        match &self.0 {
            Operand::Tensor(tensor) => tensor.clone(),
            number => number.clone().tensor(like).named(name),
        }
    }
}
