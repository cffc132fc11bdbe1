//! Putting new nodes in the place of old ones: the frame of the passes that do.

use std::sync::Arc;

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::compile::{Flow, FlowNode, Source};
use crate::graph::{Fact, NodeId};
use crate::ops::Op;

/// What stands in the place of a node's first output, or of several.
pub(crate) enum Replacement {
    /// This value, whoever asks.
    Everywhere(Source),
    /// This value for the nodes that read it; who fetches it gets the old one.
    ForReaders(Source),
    /// A value for each of these outputs, whoever asks.
    Outputs(Vec<(usize, Source)>),
}

/// A flow that is written anew, node by node.
pub(crate) struct Rewriting<'a> {
    old: &'a Flow,
    new: Flow,
    /// Where each node of the old flow stands in the new one.
    place: Vec<usize>,
    /// What those who read a value of the old flow read in the new one, where it is not the same value.
    read: HashMap<Source, Source>,
}

/// Writes the flow anew, in its order. After each node `replacement` may add others and say which of their values stands
/// in the node's place; the node stays, for those who still want it.
pub(crate) fn rewrite(
    flow: &mut Flow,
    mut replacement: impl FnMut(&mut Rewriting<'_>, usize, NodeId) -> Option<Replacement>,
) {
    let nodes = Vec::with_capacity(flow.nodes.len());
    let mut rewriting = Rewriting {
        old: flow,
        new: Flow {
            nodes,
            feeds: flow.feeds.clone(),
            references: flow.references.clone(),
            fetches: Vec::new(),
        },
        place: Vec::with_capacity(flow.nodes.len()),
        read: HashMap::default(),
    };
    let mut fetched: HashMap<Source, Source> = HashMap::default();
    for (index, node) in flow.nodes.iter().enumerate() {
        let inputs = node.inputs.iter().map(|&input| rewriting.reading(input)).collect();
        rewriting.place.push(rewriting.new.nodes.len());
        rewriting.new.nodes.push(FlowNode { inputs, ..node.clone() });
        let old = Source::Node(index, 0);
        match replacement(&mut rewriting, index, node.origin) {
            Some(Replacement::Everywhere(value)) => {
                rewriting.read.insert(old, value);
                fetched.insert(old, value);
            }
            Some(Replacement::Outputs(values)) => {
                for (output, value) in values {
                    rewriting.read.insert(Source::Node(index, output), value);
                    fetched.insert(Source::Node(index, output), value);
                }
            }
            Some(Replacement::ForReaders(value)) => drop(rewriting.read.insert(old, value)),
            None => {}
        }
    }
    let fetch = |fetch: &Source| fetched.get(fetch).copied().unwrap_or(rewriting.moved(*fetch));
    let fetches = flow.fetches.iter().map(fetch).collect();
    *flow = Flow { fetches, ..rewriting.new };
}

impl Rewriting<'_> {
    /// The flow that is being replaced.
    pub(crate) fn old(&self) -> &Flow {
        self.old
    }

    /// What is known of a value of the new flow.
    pub(crate) fn fact(&self, source: Source) -> &Fact {
        self.new.fact(source)
    }

    /// A value of the old flow, in the new one.
    fn moved(&self, source: Source) -> Source {
        match source {
            Source::Feed(feed) => Source::Feed(feed),
            Source::Node(node, output) => Source::Node(self.place[node], output),
        }
    }

    /// What those who read a value of the old flow read in the new one.
    pub(crate) fn reading(&self, source: Source) -> Source {
        self.read.get(&source).copied().unwrap_or(self.moved(source))
    }

    /// One more node of the new flow, and its first output; `None` if its inputs do not fit.
    pub(crate) fn add(&mut self, op: impl Op, inputs: &[Source], origin: NodeId) -> Option<Source> {
        self.add_like(Arc::new(op), inputs, origin)
    }

    /// As [`add`](Rewriting::add), of an op that another node has.
    pub(crate) fn add_like(&mut self, op: Arc<dyn Op>, inputs: &[Source], origin: NodeId) -> Option<Source> {
        let facts: SmallVec<[&Fact; 4]> = inputs.iter().map(|&input| self.new.fact(input)).collect();
        let outputs = op.infer(&facts).ok()?;
        drop(facts);
        self.new.nodes.push(FlowNode { origin, op, inputs: inputs.into(), outputs, checks: false });
        Some(Source::Node(self.new.nodes.len() - 1, 0))
    }
}
