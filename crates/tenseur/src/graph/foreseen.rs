//! What is foreseen of a node from a file whose inputs will not do. TensorFlow loads a graph in which a constant is out of
//! range: a run that needs the node says so, and others run.

use smallvec::SmallVec;

use crate::graph::{Fact, Facts, Node};
use crate::value::PartialShape;

/// Ops that look at more of their inputs' shapes than TensorFlow does before a run.
const STRICT: [&str; 13] = [
    "Conv2DBackpropFilter",
    "GatherV2",
    "OneHot",
    "ScatterNd",
    "SegmentMax",
    "SegmentMean",
    "SegmentMin",
    "SegmentProd",
    "SegmentSum",
    "TensorScatterAdd",
    "TensorScatterSub",
    "TensorScatterUpdate",
    "Where",
];

/// What is known of the outputs of a node that came from a file if nothing is known of its inputs' values; for some ops,
/// nor of their shapes. `None` where they do not fit even then.
pub(super) fn of_a_file(node: &Node, inputs: &[&Fact]) -> Option<Facts> {
    node.record.as_ref()?;
    let without = |shapes: bool| {
        let fact = |fact: &&Fact| {
            let shape = if shapes { fact.shape.clone() } else { PartialShape::unknown() };
            Fact { value: None, elements: None, shape, ..(*fact).clone() }
        };
        let facts: SmallVec<[Fact; 4]> = inputs.iter().map(fact).collect();
        node.op.infer(&facts.iter().collect::<SmallVec<[&Fact; 4]>>()).ok()
    };
    without(true).or_else(|| STRICT.contains(&node.op.name()).then(|| without(false)).flatten())
}
