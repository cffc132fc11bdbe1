//! Learning rates: numbers, tensors, schedules.

use crate::graph::{Operand, Tensor};
use crate::value::DType;

/// A learning rate (or another number of an optimizer): a number, or a tensor that gives one at every step.
#[derive(Clone, Debug)]
pub struct LearningRate(Operand);

impl<R: Into<Operand>> From<R> for LearningRate {
    fn from(rate: R) -> LearningRate {
        LearningRate(rate.into())
    }
}

impl LearningRate {
    /// It as a tensor of the graph and the element type of `like`; a number becomes a constant called `name`. It is rounded to
    /// float32 whatever that type is, as TensorFlow's optimizers do, so that training in float64 gives TensorFlow's numbers.
    #[track_caller]
    pub fn tensor(&self, like: &Tensor, name: &str) -> Tensor {
        match &self.0 {
            Operand::Tensor(tensor) if tensor.dtype() == like.dtype() => tensor.clone(),
            Operand::Tensor(tensor) => tensor.cast_to(like.dtype_or(DType::Float32)),
            Operand::Number(number) => Operand::Number(f64::from(*number as f32)).tensor(like).named(name),
            array => array.clone().tensor(like).named(name),
        }
    }
}

/// η·rate^(step / steps): the learning rate decays by the factor `rate` every `steps` steps, smoothly, or if `staircase`
/// all at once (the exponent is then rounded down). `step` is a tensor of integers, usually the global step.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let step = tf.variable_untrained(0, "global_step");
/// let rate = train::exponential_decay(0.1, &step, 100, 0.5, false);
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// sess.run_op(&step.assign(200), feeds![])?;
/// assert_eq!(sess.run(&rate, feeds![])?, 0.025.into());
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn exponential_decay(
    learning_rate: impl Into<Operand>,
    step: &Tensor,
    steps: i32,
    rate: f32,
    staircase: bool,
) -> Tensor {
    let graph = step.graph();
    let _scope = graph.name_scope("ExponentialDecay");
    let like = graph.constant(0.0f32).named("like");
    let learning_rate = learning_rate.into().tensor(&like).named("learning_rate");
    let exponent = match staircase {
        true => step.floor_div(steps).cast_to(DType::Float32),
        false => step.cast_to(DType::Float32) / steps,
    };
    learning_rate * graph.constant(rate).pow(exponent)
}
