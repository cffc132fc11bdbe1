//! The nodes that a request needs of a graph, or a call of a function's body, copied so that the graph may grow while they
//! run.

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Edge, Fact, Graph, Node, NodeId};
use crate::ops::Effect;
use crate::run::order::variable_behind;
use crate::run::{Ordered, order};

/// What runs, and in which order.
pub(crate) struct Body {
    graph: Graph,
    nodes: HashMap<NodeId, Node>,
    /// The nodes in the order in which they run, where nothing but their order decides what runs.
    pub(crate) order: Vec<NodeId>,
    /// By node: its inputs that are readings of a reference variable which the node comes after a write of, and the
    /// variables to be read in their place when the node runs.
    pub(crate) late: HashMap<NodeId, SmallVec<[(usize, NodeId); 2]>>,
    base: u32,
}

impl Body {
    /// What the fetches and targets need, where `fed` edges cut what is behind them.
    pub(crate) fn new(
        graph: &Graph,
        contents: &Contents,
        fetches: &[Edge],
        targets: &[NodeId],
        fed: &HashSet<Edge>,
    ) -> Body {
        let fetched = fetches.iter().filter(|edge| !fed.contains(edge)).map(|edge| edge.node);
        let targets: Vec<NodeId> = fetched.chain(targets.iter().copied()).collect();
        let Ordered { nodes: order, late } = order(&contents.nodes, &targets, fed);
        let variable = |&(input, reference): &(usize, Edge)| {
            Some((input, contents.kept_under(variable_behind(&contents.nodes, reference)?)))
        };
        let late = late
            .into_iter()
            .map(|(node, inputs)| (node, inputs.iter().filter_map(variable).collect()))
            .collect();
        let nodes = order.iter().map(|&id| (id, contents.nodes[id.index()].clone())).collect();
        Body { graph: graph.clone(), nodes, order, late, base: contents.base }
    }

    /// A node of it.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[&id]
    }

    /// What the graph knows of an output of a node of it.
    pub(crate) fn fact(&self, edge: Edge) -> Option<&Fact> {
        self.nodes.get(&edge.node)?.fact(edge.output)
    }

    /// The number by which the session knows a node of it.
    pub(crate) fn global(&self, id: NodeId) -> NodeId {
        NodeId(self.base + id.0)
    }

    /// The number under which a session keeps what it keeps for a node of it.
    pub(crate) fn kept_under(&self, id: NodeId) -> NodeId {
        self.nodes.get(&id).and_then(|node| node.kept_under).unwrap_or_else(|| self.global(id))
    }

    /// Whether values decide what of it runs.
    pub(crate) fn has_flow(&self) -> bool {
        self.nodes.values().any(|node| node.op.effects().effect == Effect::Flow)
    }

    /// The error, with the node that it is of.
    pub(crate) fn at(&self, id: NodeId, error: Error) -> Error {
        match error.node() {
            Some(_) => error,
            None => at(&self.graph, self.global(id), error),
        }
    }

    /// The error, with the variable that it is of.
    pub(crate) fn of_variable(&self, variable: NodeId, error: Error) -> Error {
        at(&self.graph, variable, error)
    }

    /// That the node has no such output.
    pub(crate) fn missing(&self, edge: Edge) -> Error {
        let name = self.name(edge.node);
        Error::new(Code::NotFound, format!("\"{name}\" has no output {}", edge.output))
    }

    /// The node's name.
    pub(crate) fn name(&self, id: NodeId) -> String {
        self.graph.node(id).map_or_else(String::new, |node| node.name.to_string())
    }

    /// Of an edge that a node gives, whether the node has so many outputs.
    pub(crate) fn has(&self, edge: Edge) -> Result<()> {
        let outputs = self.nodes.get(&edge.node).and_then(|node| node.outputs.as_ref());
        match outputs.is_some_and(|outputs| edge.output as usize >= outputs.len()) {
            true => Err(self.missing(edge)),
            false => Ok(()),
        }
    }
}

/// The error, with the node that the session knows by this number, if it is of this graph.
fn at(graph: &Graph, id: NodeId, error: Error) -> Error {
    let contents = graph.read();
    match contents.local(id) {
        Some(node) => error.at(|| contents.describe(node)),
        None => error,
    }
}
