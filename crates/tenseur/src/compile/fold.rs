//! Constant folding: what depends on constants alone is computed now.

use std::sync::Arc;

use crate::compile::Flow;
use crate::graph::Fact;
use crate::ops::source::Const;
use crate::ops::{Effect, Op};
use crate::run::compute;
use crate::value::Array;

/// Results above this many elements are left to the run: a constant takes memory for as long as the plan lives.
pub(super) const LARGEST: usize = 1 << 16;

/// Replaces every pure node with one output whose inputs are constants by its value. What fails is left to fail at the
/// run, where the error names the node.
pub(crate) fn fold(flow: &mut Flow) {
    for index in 0..flow.nodes.len() {
        let node = &flow.nodes[index];
        if node.op.effects().effect != Effect::Pure || node.outputs.len() != 1 || node.outputs[0].reference {
            continue;
        }
        if let Some(value) = node.outputs[0].value.clone() {
            flow.nodes[index].inputs.clear();
            flow.nodes[index].op = Arc::new(Const { value });
            continue;
        }
        let small = node.outputs[0].shape.known().is_some_and(|shape| shape.elements() <= LARGEST);
        if node.inputs.is_empty() || !small {
            continue;
        }
        let facts: smallvec::SmallVec<[Fact; 4]> = flow.input_facts(node).into_iter().cloned().collect();
        let facts: smallvec::SmallVec<[&Fact; 4]> = facts.iter().collect();
        let values: Option<Vec<Array>> =
            node.inputs.iter().map(|&source| flow.constant(source).cloned()).collect();
        let Some(values) = values else { continue };
        let computed = compute(&*node.op, &facts, &node.outputs, &values);
        if let Some(value) = computed.ok().and_then(|mut results| results.pop()) {
            let node = &mut flow.nodes[index];
            node.inputs.clear();
            node.outputs[0] = Fact::constant(value.clone());
            node.op = Arc::new(Const { value }) as Arc<dyn Op>;
        }
    }
}
