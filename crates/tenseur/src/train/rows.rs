//! Gradients that have only some rows of a variable: those that the loss picked, of an embedding. As in TensorFlow the other
//! rows, and those of the slots, stay as they are.

use crate::graph::{Operation, Tensor, Variable};
use crate::ops::array::Identity;
use crate::ops::math::AddN;
use crate::ops::segment::UnsortedSegmentSum;
use crate::ops::training::{SparseApply, SparseRule, gradient_input};
use crate::train::optimizer::update;
use crate::value::DType;

/// What a gradient is a sum of, if of nothing but rows that the loss picked.
#[derive(Default)]
struct Rows {
    /// Rows, and which of the variable's each is.
    parts: Vec<(Tensor, Tensor)>,
    /// What must be there before the gradient is handed on.
    after: Vec<Operation>,
}

impl Rows {
    /// Adds what `gradient` is a sum of; `None` if there is more to it than rows.
    fn add(&mut self, gradient: &Tensor) -> Option<()> {
        let graph = gradient.graph();
        let node = graph.node(gradient.edge().node)?;
        let inputs: Vec<Tensor> = node.inputs.iter().map(|&edge| Tensor::new(graph.clone(), edge)).collect();
        self.after.extend(node.control_inputs.iter().map(|&id| Operation::new(graph.clone(), id)));
        let through = node.op.downcast::<Identity>().is_some() || node.op.downcast::<AddN>().is_some();
        match inputs.as_slice() {
            terms if through => terms.iter().try_for_each(|term| self.add(term)),
            [rows, numbers, _] if node.op.downcast::<UnsortedSegmentSum>().is_some() => {
                self.parts.push((rows.clone(), numbers.clone()));
                Some(())
            }
            _ => None,
        }
    }

    /// All rows and their numbers, each behind the other.
    #[track_caller]
    fn joined(&self) -> Option<(Tensor, Tensor)> {
        let (rows, numbers): (Vec<Tensor>, Vec<Tensor>) = self.parts.iter().cloned().unzip();
        let (first, graph) = (numbers.first()?, rows.first()?.graph());
        if let [(rows, numbers)] = self.parts.as_slice() {
            return Some((rows.clone(), numbers.clone()));
        }
        let alike = numbers.iter().all(|other| other.dtype() == first.dtype());
        let numbers: Vec<Tensor> = match alike {
            true => numbers,
            false => numbers.iter().map(|numbers| numbers.cast_to(DType::Int64)).collect(),
        };
        let all = |parts: &[Tensor]| graph.concat(&parts.iter().collect::<Vec<_>>(), 0);
        Some((all(&rows), all(&numbers)))
    }
}

/// As [`update`], by a rule that TensorFlow has for some rows too: if the gradient has only some rows, each of them takes
/// one step, by the sum of what there is for it.
#[track_caller]
pub(super) fn update_rows<R: SparseRule>(rule: R, variable: &Variable, inputs: &[&Tensor]) -> Operation {
    let at = gradient_input::<R>();
    let mut found = Rows::default();
    let joined = found.add(inputs[at]).and_then(|()| found.joined());
    let Some((rows, numbers)) = joined else { return update(rule, variable, inputs) };
    let graph = rows.graph();
    let _after = graph.control_dependencies(&found.after);
    let (different, places) = numbers.unique();
    let sums = graph.add(UnsortedSegmentSum {}, &[&rows, &places, &different.size_tensor()]);
    let mut all = inputs.to_vec();
    all[at] = &sums;
    all.insert(at + 1, &different);
    let name = if variable.is_resource() { R::RESOURCE_SPARSE_NAME } else { R::SPARSE_NAME };
    let name = format!("update_{}/{name}", variable.operation().name());
    match variable.is_resource() {
        true => graph.add_op(SparseApply::<R, true> { rule, use_locking: false }, &all, Some(&name)),
        false => graph.add_op(SparseApply::<R> { rule, use_locking: false }, &all, Some(&name)),
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    /// Momentum goes on only where there is a gradient, and a row that is picked twice takes one step.
    #[test]
    fn rows_that_are_not_picked_stay_as_they_are() {
        let tf = Graph::new();
        let table = tf.variable(array![[1.0], [2.0], [3.0]], "table");
        let at = tf.placeholder::<i32>([None], "at");
        let train = train::MomentumOptimizer::new(0.5, 0.5).minimize(&table.gather(&at).reduce_sum(..));
        let sess = Session::new(&tf).unwrap();
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        sess.run_op(&train, feeds![at => array![0, 2, 2]]).unwrap();
        assert_eq!(sess.run(&table, feeds![]).unwrap(), array![[0.5], [2.0], [2.0]]);
        sess.run_op(&train, feeds![at => array![0]]).unwrap();
        assert_eq!(sess.run(&table, feeds![]).unwrap(), array![[-0.25], [2.0], [2.0]]);
    }

    #[test]
    fn a_variable_that_is_used_as_a_whole_too_changes_as_a_whole() {
        let tf = Graph::new();
        let table = tf.variable(array![[1.0], [2.0]], "table");
        let picked = table.gather(array![0]).reduce_sum(..) + table.gather(array![0, 0]).reduce_sum(..);
        let both = &picked + table.square().reduce_sum(..);
        let sess = |loss: &Tensor| {
            let train = train::AdagradOptimizer::new(1.0).initial_accumulator_value(0.0).minimize(loss);
            let sess = Session::new(&tf).unwrap();
            sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
            sess.run_op(&train, feeds![]).unwrap();
            sess.run(&table, feeds![]).unwrap()
        };
        assert_eq!(sess(&picked), array![[0.0], [2.0]]);
        assert_eq!(sess(&both), array![[0.0], [1.0]]);
    }
}
