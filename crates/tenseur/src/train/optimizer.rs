//! What all optimizers share: from a loss to gradients, from gradients to updates.

use std::ops::{Deref, DerefMut};

use crate::error::Error;
use crate::gradients::gradients;
use crate::graph::{Graph, Operation, Tensor, Variable};
use crate::ops::array::Identity;
use crate::ops::control::NoOp;
use crate::ops::training::{Apply, Rule};

/// Each variable with the gradient of the loss with respect to it; none where the loss does not depend on it.
#[derive(Clone, Debug)]
pub struct Gradients {
    graph: Graph,
    pairs: Vec<(Option<Tensor>, Variable)>,
}

impl Gradients {
    /// The same, with every gradient changed by `change`: clipped, say.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let w = tf.variable(5.0, "w");
    /// let optimizer = train::GradientDescentOptimizer::new(0.1);
    /// let gradients = optimizer.compute_gradients(&w.square()).map(|g| train::clip_by_value(g, -1.0, 1.0));
    /// let train = optimizer.apply_gradients(&gradients);
    /// tf.check()?;
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn map(mut self, change: impl Fn(&Tensor) -> Tensor) -> Gradients {
        for (gradient, _) in &mut self.pairs {
            *gradient = gradient.as_ref().map(&change);
        }
        self
    }

    /// The gradients that there are.
    pub fn tensors(&self) -> Vec<Tensor> {
        self.pairs.iter().filter_map(|(gradient, _)| gradient.clone()).collect()
    }

    /// The graph they are in.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
}

impl Deref for Gradients {
    type Target = Vec<(Option<Tensor>, Variable)>;

    fn deref(&self) -> &Self::Target {
        &self.pairs
    }
}

impl DerefMut for Gradients {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.pairs
    }
}

/// An optimizer: it knows how a variable changes, given the gradient of the loss with respect to it.
pub trait Optimizer {
    /// The name scope of its nodes, which is TensorFlow's name of it: `GradientDescent`.
    fn name(&self) -> &'static str;

    /// Adds the ops that change each variable by its gradient, and gives the operations to wait for. There is at least
    /// one pair.
    fn apply(&self, pairs: &[(&Tensor, &Variable)]) -> Vec<Operation>;

    /// The gradients of the sum of `loss` with respect to every trainable variable.
    #[track_caller]
    fn compute_gradients(&self, loss: &Tensor) -> Gradients {
        let variables = loss.graph().trainable_variables();
        compute_gradients_of(loss, &variables)
    }

    /// As [`compute_gradients`](Optimizer::compute_gradients), with respect to these variables (`var_list`).
    #[track_caller]
    fn compute_gradients_of(&self, loss: &Tensor, variables: &[Variable]) -> Gradients {
        compute_gradients_of(loss, variables)
    }

    /// An operation that changes every variable that has a gradient.
    #[track_caller]
    fn apply_gradients(&self, gradients: &Gradients) -> Operation {
        self.apply_gradients_counting(gradients, None)
    }

    /// As [`apply_gradients`](Optimizer::apply_gradients); afterwards `global_step` is one more.
    #[track_caller]
    fn apply_gradients_counting(&self, gradients: &Gradients, global_step: Option<&Variable>) -> Operation {
        let graph = gradients.graph().clone();
        let scope = graph.name_scope(self.name());
        let pairs: Vec<(&Tensor, &Variable)> = gradients
            .iter()
            .filter_map(|(gradient, variable)| Some((gradient.as_ref()?, variable)))
            .collect();
        if pairs.is_empty() {
            let unreached: Vec<String> = gradients.iter().map(|(_, variable)| variable.name()).collect();
            return graph
                .fail(Error::invalid(match unreached.is_empty() {
                    true => "the graph has no trainable variable".to_string(),
                    false => format!("the loss depends on none of the variables {}", unreached.join(", ")),
                }))
                .op();
        }
        let together = together(&pairs);
        let pairs: Vec<(&Tensor, &Variable)> =
            together.iter().zip(&pairs).map(|(gradient, (_, variable))| (gradient, *variable)).collect();
        let done = self.apply(&pairs);
        let Some(step) = global_step else {
            drop(scope);
            let _after = graph.control_dependencies(&done);
            return graph.add_op(NoOp, &[], Some(self.name()));
        };
        let finished = graph.group(&done, "update");
        let _after = graph.control_dependencies([&finished]);
        step.assign_add(1)
    }

    /// An operation that takes one step down `loss`, for every trainable variable. Variables that the loss does not
    /// reach stay as they are; they are named in a warning, and it is an error if it reaches none.
    #[track_caller]
    fn minimize(&self, loss: &Tensor) -> Operation {
        let gradients = self.compute_gradients(loss);
        warn_of_unreached(loss, &gradients);
        self.apply_gradients(&gradients)
    }

    /// As [`minimize`](Optimizer::minimize); afterwards `global_step` is one more.
    #[track_caller]
    fn minimize_counting(&self, loss: &Tensor, global_step: &Variable) -> Operation {
        let gradients = self.compute_gradients(loss);
        warn_of_unreached(loss, &gradients);
        self.apply_gradients_counting(&gradients, Some(global_step))
    }
}

/// The gradients, none of which is handed on before all are there. Where TensorFlow runs the graph, the update of one
/// variable would else come before the gradient of another that still reads it.
#[track_caller]
fn together(pairs: &[(&Tensor, &Variable)]) -> Vec<Tensor> {
    if let [(gradient, _)] = pairs {
        return vec![(*gradient).clone()];
    }
    let graph = pairs[0].0.graph();
    let all: Vec<Operation> = pairs.iter().map(|(gradient, _)| gradient.op()).collect();
    let all = graph.group(&all, "gradients");
    let _after = graph.control_dependencies([&all]);
    pairs.iter().map(|(gradient, _)| graph.add(Identity::new(), &[gradient])).collect()
}

#[track_caller]
fn compute_gradients_of(loss: &Tensor, variables: &[Variable]) -> Gradients {
    let found = gradients(&[loss], variables);
    Gradients {
        graph: loss.graph().clone(),
        pairs: found.into_iter().zip(variables.iter().cloned()).collect(),
    }
}

fn warn_of_unreached(loss: &Tensor, gradients: &Gradients) {
    let unreached: Vec<String> = gradients
        .iter()
        .filter(|(gradient, _)| gradient.is_none())
        .map(|(_, variable)| variable.name())
        .collect();
    if !unreached.is_empty() && unreached.len() < gradients.len() {
        tracing::warn!(
            "minimize: the loss \"{}\" does not depend on {}; they stay as they are",
            loss.name(),
            unreached.join(", ")
        );
    }
}

/// The op by which `rule` changes `variable`, under TensorFlow's name of it. Its first input is the variable, and so are
/// the slots among the others.
#[track_caller]
pub(super) fn update<R: Rule>(rule: R, variable: &Variable, inputs: &[&Tensor]) -> Operation {
    let name = format!(
        "update_{}/{}",
        variable.operation().name(),
        if variable.is_resource() { R::RESOURCE_NAME } else { "Apply" }
    );
    let graph = variable.reference().graph();
    match variable.is_resource() {
        true => graph.add_op(Apply::<R, true>::new(rule), inputs, Some(&name)),
        false => graph.add_op(Apply::<R>::new(rule), inputs, Some(&name)),
    }
}

/// A variable that belongs to `variable`, called `variable/name`, which starts filled with `initial` and is not trained.
#[track_caller]
pub(super) fn slot(variable: &Variable, name: &str, initial: f64) -> Variable {
    let graph = variable.reference().graph().clone();
    // Slots are called after their variable, wherever they are made.
    let _root = graph.name_scope("/");
    let value = graph.filled_like(variable, initial);
    let _own = graph.name_scope(&format!("{}/", variable.operation().name()));
    graph.make_variable(value, false, name, variable.is_resource())
}
