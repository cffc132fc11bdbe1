//! What the ops of the table take, and whether gradients go through them: asked of the ops themselves, at their examples.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use crate::Graph;
use crate::graph::{Fact, Node};
use crate::ops::{Attr, Grad, OpEntry, Signature};
use crate::value::DType;

/// What an op takes, and whether gradients go through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The types of what it computes with: those that its attribute `T` may be, or `dtype`, or else its first input.
    pub dtypes: Vec<DType>,
    /// Whether gradients go through it.
    pub differentiates: Differentiates,
}

/// Whether gradients go through an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differentiates {
    /// To any order.
    Yes,
    /// But not through its gradient.
    Once,
    /// The outputs do not depend smoothly on the inputs: TensorFlow gives no gradient either.
    No,
    /// There is a gradient, and no rule for it.
    Missing,
}

impl OpEntry {
    /// What the op takes, and whether gradients go through it.
    ///
    /// ```
    /// use tenseur::DType;
    /// use tenseur::ops::{Differentiates, OPS};
    /// let tanh = OPS.iter().find(|entry| entry.name == "Tanh").unwrap().capabilities();
    /// assert_eq!(tanh.differentiates, Differentiates::Yes);
    /// assert!(tanh.dtypes.contains(&DType::Float64) && !tanh.dtypes.contains(&DType::Int32));
    /// ```
    pub fn capabilities(&self) -> Capabilities {
        let mut dtypes = BTreeSet::new();
        let mut differentiates = Differentiates::No;
        for case in (self.cases)() {
            let graph = Graph::new();
            let inputs: Vec<_> = (case.feeds.iter().enumerate())
                .map(|(i, feed)| match i < case.variables {
                    true => graph.variable(feed, &format!("v{i}")).reference().clone(),
                    false => graph.placeholder_of(feed.dtype(), feed.shape(), &format!("x{i}")),
                })
                .collect();
            (case.build)(&graph, &inputs);
            let contents = graph.read();
            for node in contents.nodes.iter().filter(|node| node.op.name() == self.name) {
                let inputs: Option<SmallVec<[&Fact; 4]>> = (node.inputs.iter())
                    .map(|edge| contents.nodes[edge.node.index()].fact(edge.output))
                    .collect();
                if let Some(inputs) = inputs {
                    dtypes.extend(taken(node, &inputs));
                }
                differentiates = match node.op.grad() {
                    Grad::Rule(_) => Differentiates::Yes,
                    Grad::Once(..) => Differentiates::Once,
                    Grad::None(_) => Differentiates::No,
                    Grad::Undefined(_) => Differentiates::Missing,
                };
            }
        }
        Capabilities { dtypes: dtypes.into_iter().collect(), differentiates }
    }
}

/// The types with which the node could be made in its place.
fn taken(node: &Node, inputs: &[&Fact]) -> Vec<DType> {
    let outputs = node.outputs.as_deref().unwrap_or_default();
    let attrs = node.op.attrs(Signature { inputs, outputs });
    let of_attr = ["T", "dtype"].into_iter().find_map(|name| match attrs.get(name) {
        Some(Attr::Type(dtype)) => Some(*dtype),
        _ => None,
    });
    let own = of_attr.or(inputs.first().map(|fact| fact.dtype)).or(outputs.first().map(|fact| fact.dtype));
    let Some(own) = own else { return Vec::new() };
    let takes = |dtype: &DType| {
        let as_dtype = |fact: &&Fact| match fact.dtype == own && *dtype != own {
            true => Fact { dtype: *dtype, value: None, ..(*fact).clone() },
            false => (*fact).clone(),
        };
        let inputs: Vec<Fact> = inputs.iter().map(as_dtype).collect();
        let inputs: SmallVec<[&Fact; 4]> = inputs.iter().collect();
        let Ok(outputs) = node.op.infer(&inputs) else { return false };
        let known = outputs.iter().chain(inputs.iter().copied()).all(|fact| fact.shape.known().is_some());
        let signature = Signature { inputs: &inputs, outputs: &outputs };
        !known || node.op.lower(signature).is_ok()
    };
    match inputs.iter().any(|fact| fact.dtype == own) {
        true => DType::all().filter(takes).collect(),
        // Its type is its own, and stands in no input.
        false => vec![own],
    }
}
