//! Optimizers that give each weight a rate of its own: Adagrad, Adadelta, RMSProp, Adam.

use crate::graph::{Operation, Tensor, Variable};
use crate::ops::training::{Adadelta, Adagrad, Adam, CenteredRmsProp, RmsProp};
use crate::train::LearningRate;
use crate::train::optimizer::{Optimizer, slot, update};
use crate::train::rows::update_rows;
use crate::value::DType;

/// a ← a + g²; w ← w − η·g/√a (Duchi et al. 2011)
#[derive(Clone, Debug)]
pub struct AdagradOptimizer {
    learning_rate: LearningRate,
    initial_accumulator: f64,
}

impl AdagradOptimizer {
    /// Adagrad at rate η, the sum of squares starting at 0.1.
    pub fn new(learning_rate: impl Into<LearningRate>) -> AdagradOptimizer {
        AdagradOptimizer { learning_rate: learning_rate.into(), initial_accumulator: 0.1 }
    }

    /// The same, the sum of squares starting at `value`.
    #[must_use]
    pub fn initial_accumulator_value(self, value: f64) -> AdagradOptimizer {
        AdagradOptimizer { initial_accumulator: value, ..self }
    }
}

impl Optimizer for AdagradOptimizer {
    fn name(&self) -> &'static str {
        "Adagrad"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let rate = self.learning_rate.tensor(like, "learning_rate");
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let sum = slot(variable, "Adagrad", self.initial_accumulator);
            let inputs = [variable.reference(), sum.reference(), &rate, gradient];
            update_rows(Adagrad { update_slots: true }, variable, &inputs)
        };
        pairs.iter().map(apply).collect()
    }
}

/// Steps as large as those before, relative to the gradients (Zeiler 2012).
#[derive(Clone, Debug)]
pub struct AdadeltaOptimizer {
    learning_rate: LearningRate,
    rho: f64,
    epsilon: f64,
}

impl AdadeltaOptimizer {
    /// Adadelta at rate η with decay ρ = 0.95 and ε = 1e-8.
    pub fn new(learning_rate: impl Into<LearningRate>) -> AdadeltaOptimizer {
        AdadeltaOptimizer { learning_rate: learning_rate.into(), rho: 0.95, epsilon: 1e-8 }
    }

    /// The same with this decay ρ and this ε.
    #[must_use]
    pub fn with(self, rho: f64, epsilon: f64) -> AdadeltaOptimizer {
        AdadeltaOptimizer { rho, epsilon, ..self }
    }
}

impl Optimizer for AdadeltaOptimizer {
    fn name(&self) -> &'static str {
        "Adadelta"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let rate = self.learning_rate.tensor(like, "lr");
        let rho = LearningRate::from(self.rho).tensor(like, "rho");
        let epsilon = LearningRate::from(self.epsilon).tensor(like, "epsilon");
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let squares = slot(variable, "Adadelta", 0.0);
            let steps = slot(variable, "Adadelta", 0.0);
            let slots = [squares.reference(), steps.reference()];
            let inputs = [variable.reference(), slots[0], slots[1], &rate, &rho, &epsilon, gradient];
            update_rows(Adadelta, variable, &inputs)
        };
        pairs.iter().map(apply).collect()
    }
}

/// s ← ρ·s + (1−ρ)·g²; m ← μ·m + η·g/√(s+ε); w ← w − m (Hinton's lecture 6e)
#[derive(Clone, Debug)]
pub struct RmsPropOptimizer {
    learning_rate: LearningRate,
    decay: f64,
    momentum: f64,
    epsilon: f64,
    centered: bool,
}

impl RmsPropOptimizer {
    /// RMSProp at rate η with decay ρ = 0.9, no momentum and ε = 1e-10. The mean of squares starts at 1.
    pub fn new(learning_rate: impl Into<LearningRate>) -> RmsPropOptimizer {
        let learning_rate = learning_rate.into();
        RmsPropOptimizer { learning_rate, decay: 0.9, momentum: 0.0, epsilon: 1e-10, centered: false }
    }

    /// The same with this decay ρ.
    #[must_use]
    pub fn decay(self, decay: f64) -> RmsPropOptimizer {
        RmsPropOptimizer { decay, ..self }
    }

    /// The same with this momentum μ.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> RmsPropOptimizer {
        RmsPropOptimizer { momentum, ..self }
    }

    /// The same with this ε.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> RmsPropOptimizer {
        RmsPropOptimizer { epsilon, ..self }
    }

    /// The same, divided by the deviation of the gradients rather than by their mean square.
    #[must_use]
    pub fn centered(self) -> RmsPropOptimizer {
        RmsPropOptimizer { centered: true, ..self }
    }
}

impl Optimizer for RmsPropOptimizer {
    fn name(&self) -> &'static str {
        "RMSProp"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let number = |value: f64, name: &str| LearningRate::from(value).tensor(like, name);
        let rate = self.learning_rate.tensor(like, "learning_rate");
        let numbers = [
            rate,
            number(self.decay, "decay"),
            number(self.momentum, "momentum"),
            number(self.epsilon, "epsilon"),
        ];
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let squares = slot(variable, "RMSProp", 1.0);
            let mean = self.centered.then(|| slot(variable, "RMSProp", 0.0));
            let momentum = slot(variable, "RMSProp", 0.0);
            let mut inputs = vec![variable.reference()];
            inputs.extend(mean.iter().map(Variable::reference));
            inputs.extend([squares.reference(), momentum.reference()]);
            inputs.extend(&numbers);
            inputs.push(gradient);
            match self.centered {
                true => update_rows(CenteredRmsProp, variable, &inputs),
                false => update_rows(RmsProp, variable, &inputs),
            }
        };
        pairs.iter().map(apply).collect()
    }
}

/// m ← β₁·m + (1−β₁)·g; v ← β₂·v + (1−β₂)·g²; w ← w − η·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v+ε) (Kingma & Ba 2014)
#[derive(Clone, Debug)]
pub struct AdamOptimizer {
    learning_rate: LearningRate,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
}

impl AdamOptimizer {
    /// Adam at rate η with β₁ = 0.9, β₂ = 0.999 and ε = 1e-8.
    pub fn new(learning_rate: impl Into<LearningRate>) -> AdamOptimizer {
        AdamOptimizer { learning_rate: learning_rate.into(), beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }

    /// The same with these β₁ and β₂.
    #[must_use]
    pub fn betas(self, beta1: f64, beta2: f64) -> AdamOptimizer {
        AdamOptimizer { beta1, beta2, ..self }
    }

    /// The same with this ε.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> AdamOptimizer {
        AdamOptimizer { epsilon, ..self }
    }
}

impl Optimizer for AdamOptimizer {
    fn name(&self) -> &'static str {
        "Adam"
    }

    #[track_caller]
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation> {
        let like = pairs[0].0;
        let number = |value: f64, name: &str| LearningRate::from(value).tensor(like, name);
        let graph = like.graph();
        let rate = self.learning_rate.tensor(like, "learning_rate");
        let betas = [number(self.beta1, "beta1"), number(self.beta2, "beta2")];
        let dtype = like.dtype_or(DType::Float32);
        // Their powers are float32 whatever the variables are, as in TensorFlow.
        let single = |value: f64| graph.constant(value as f32);
        let epsilon = number(self.epsilon, "epsilon");
        let power = |value: f64, name: &str| {
            let _root = graph.name_scope("/");
            graph.make_variable(single(value), false, name, pairs[0].1.is_resource())
        };
        let powers = [power(self.beta1, "beta1_power"), power(self.beta2, "beta2_power")];
        let own =
            |power: &Variable| if dtype == DType::Float32 { (**power).clone() } else { power.cast_to(dtype) };
        let factors = powers.each_ref().map(own);
        let apply = |&(gradient, variable): &(&Tensor, &Variable)| {
            let (m, v) = (slot(variable, "Adam", 0.0), slot(variable, "Adam", 0.0));
            let slots = [m.reference(), v.reference()];
            let shared: [&Tensor; 6] = [&factors[0], &factors[1], &rate, &betas[0], &betas[1], &epsilon];
            let mut inputs = vec![variable.reference(), slots[0], slots[1]];
            inputs.extend(shared);
            inputs.push(gradient);
            update(Adam { use_nesterov: false }, variable, &inputs)
        };
        let mut done: Vec<Operation> = pairs.iter().map(apply).collect();
        let after = graph.control_dependencies(&done);
        let singles = match dtype {
            DType::Float32 => betas,
            _ => [single(self.beta1), single(self.beta2)],
        };
        let next: Vec<Operation> =
            powers.iter().zip(&singles).map(|(power, beta)| power.assign(&**power * beta)).collect();
        drop(after);
        done.extend(next);
        done
    }
}
