//! What is foreseen of a node from a file whose inputs will not do. TensorFlow loads a graph in which a constant is out of
//! range: a run that needs the node says so, and others run.

use smallvec::SmallVec;

use crate::graph::{Fact, Facts, Node};

/// What is known of the outputs of a node that came from a file if nothing is known of its inputs' values. `None` where they
/// do not fit even then.
pub(super) fn of_a_file(node: &Node, inputs: &[&Fact]) -> Option<Facts> {
    node.record.as_ref()?;
    let fact = |fact: &&Fact| Fact { value: None, elements: None, ..(*fact).clone() };
    let facts: SmallVec<[Fact; 4]> = inputs.iter().map(fact).collect();
    node.op.infer(&facts.iter().collect::<SmallVec<[&Fact; 4]>>()).ok()
}
