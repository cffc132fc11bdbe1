//! TensorFlow 1's loops in a graph: which nodes belong to which, and what goes round in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::body::{Body, argument, depths, flow_of};
use crate::graph::{Contents, Copying, Edge, Fact, Graph, NodeId, Tensor};
use crate::lowering::Flow;

/// A loop that is not within another.
pub(super) struct Loop {
    /// Its frame's name.
    pub(super) frame: String,
    /// Its nodes and those of the loops within it, from Enter to Exit.
    pub(super) nodes: BTreeSet<NodeId>,
    /// What goes round.
    pub(super) variables: Vec<LoopVariable>,
    /// The Enters of what is the same in every turn.
    pub(super) kept: Vec<NodeId>,
    /// Whether it goes on.
    pub(super) condition: NodeId,
    /// Within how many conditionals and loops its nodes are.
    depth: usize,
}

/// What goes round in a loop.
pub(super) struct LoopVariable {
    pub(super) enter: NodeId,
    merge: NodeId,
    switch: NodeId,
    /// What the next turn gets.
    next: Edge,
    pub(super) exit: Option<NodeId>,
}

impl LoopVariable {
    /// Its value in a turn.
    pub(super) fn value(&self) -> Edge {
        Edge { node: self.switch, output: 1 }
    }
}

/// Which frame of a graph, counted as they are entered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct FrameId(usize);

/// The outermost loops of a graph. What is put together otherwise than TensorFlow does it is none.
pub(super) fn loops(contents: &Contents) -> Vec<Loop> {
    let mut frames: Vec<(Option<FrameId>, String)> = Vec::new();
    let mut known: HashMap<(Option<FrameId>, String), FrameId> = HashMap::new();
    let mut within: Vec<Option<FrameId>> = Vec::with_capacity(contents.nodes.len());
    let mut members: BTreeMap<FrameId, BTreeSet<NodeId>> = BTreeMap::new();
    for (index, node) in contents.nodes.iter().enumerate() {
        let id = NodeId(index as u32);
        let before = node.inputs.iter().map(|edge| edge.node).chain(node.control_inputs.iter().copied());
        // The frames of what it reads are one, or lie within each other.
        let frame = before.filter(|before| *before < id).filter_map(|before| within[before.index()]).max();
        let (own, of) = match flow_of(contents, id) {
            Some(Flow::Enter { frame: name, .. }) => {
                let key = (frame, name);
                let next = FrameId(frames.len());
                let own = *known.entry(key.clone()).or_insert(next);
                if own == next {
                    frames.push(key);
                }
                (Some(own), Some(own))
            }
            Some(Flow::Exit) => (frame.and_then(|frame| frames[frame.0].0), frame),
            _ => (frame, frame),
        };
        within.push(own);
        if let Some(mut of) = of {
            while let Some(outer) = frames[of.0].0 {
                of = outer;
            }
            members.entry(of).or_default().insert(id);
        }
    }
    let depths = if frames.is_empty() { Vec::new() } else { depths(contents) };
    let found = members.into_iter();
    found
        .filter_map(|(frame, nodes)| understood(contents, frame, &frames[frame.0].1, nodes, &within, &depths))
        .collect()
}

fn understood(
    contents: &Contents,
    frame: FrameId,
    name: &str,
    nodes: BTreeSet<NodeId>,
    within: &[Option<FrameId>],
    depths: &[usize],
) -> Option<Loop> {
    let own = |id: &&NodeId| within[id.index()] == Some(frame);
    let op = |id: NodeId| contents.nodes[id.index()].op.name();
    let condition = nodes.iter().filter(own).find(|id| op(**id) == "LoopCond").copied()?;
    let mut readers: HashMap<Edge, Vec<NodeId>> = HashMap::new();
    for &id in &nodes {
        for &edge in &contents.nodes[id.index()].inputs {
            readers.entry(edge).or_default().push(id);
        }
    }
    let reader = |edge: Edge, name: &str| {
        readers.get(&edge).into_iter().flatten().copied().find(|id| op(*id).trim_start_matches("Ref") == name)
    };
    let mut variables = Vec::new();
    let mut kept = Vec::new();
    for &id in nodes.iter().filter(own) {
        match flow_of(contents, id) {
            Some(Flow::Enter { constant: true, .. }) => kept.push(id),
            Some(Flow::Merge) => {
                let inputs = &contents.nodes[id.index()].inputs;
                let Some(back) = inputs.iter().find(|edge| edge.node > id) else { continue };
                let enter = inputs.iter().find(|edge| edge.node < id)?.node;
                let next = *contents.nodes[back.node.index()].inputs.first()?;
                let switch = reader(Edge { node: id, output: 0 }, "Switch")?;
                let exit = reader(Edge { node: switch, output: 0 }, "Exit");
                variables.push(LoopVariable { enter, merge: id, switch, next, exit });
            }
            _ => {}
        }
    }
    let depth = depths[variables.first()?.enter.index()];
    Some(Loop { frame: name.to_string(), nodes, variables, kept, condition, depth })
}

impl Loop {
    /// One turn as a body: its arguments are what goes round and then what is the same in every turn. Beside it, by node of
    /// the body, the node of the graph that it is a copy of.
    pub(super) fn body(&self, graph: &Graph) -> (Body, HashMap<NodeId, NodeId>) {
        // What goes round has the shape that it enters with, if the turns leave it that shape.
        let entering = |variable: &LoopVariable| {
            let contents = graph.read();
            let fact = contents.nodes[variable.enter.index()].fact(0).cloned();
            fact.unwrap_or_else(|| Fact::new(crate::DType::Float32, crate::PartialShape::unknown()))
        };
        let mut facts: Vec<Fact> = self.variables.iter().map(entering).collect();
        loop {
            let (body, origins) = self.body_of(graph, &facts);
            let mut settled = true;
            for (fact, result) in facts.iter_mut().zip(&body.results) {
                let given = body.graph.read().nodes[result.node.index()].fact(result.output).cloned();
                let shape = given.map(|given| fact.shape.common(&given.shape)).unwrap_or_default();
                settled &= shape == fact.shape;
                fact.shape = shape;
            }
            if settled {
                return (body, origins);
            }
        }
    }

    fn body_of(&self, graph: &Graph, facts: &[Fact]) -> (Body, HashMap<NodeId, NodeId>) {
        let body = graph.for_body();
        let nested = depths(&graph.read());
        let waits = |id: NodeId| self.nodes.contains(&id) && nested[id.index()] > self.depth;
        let mut copying = Copying::new(graph, &body, &waits);
        let mut arguments: Vec<Tensor> = Vec::new();
        let mut origins = HashMap::new();
        for (variable, fact) in self.variables.iter().zip(facts) {
            let own = argument(&body, arguments.len(), fact);
            copying.replace(variable.value(), own.clone());
            copying.replace(Edge { node: variable.merge, output: 0 }, own.clone());
            arguments.push(own);
        }
        for &enter in &self.kept {
            let fact = graph.read().nodes[enter.index()].fact(0).cloned();
            let fact =
                fact.unwrap_or_else(|| Fact::new(crate::DType::Float32, crate::PartialShape::unknown()));
            let own = argument(&body, arguments.len(), &fact);
            copying.replace(Edge { node: enter, output: 0 }, own.clone());
            arguments.push(own);
        }
        let next: Vec<Edge> = self.variables.iter().map(|variable| variable.next).collect();
        let results = copying.edges(&next).iter().map(Tensor::edge).collect();
        for &id in &self.nodes {
            if let Some(copy) = copying.node(id) {
                origins.insert(copy, id);
            }
        }
        (Body { graph: body, arguments, results }, origins)
    }

    /// The edge of the graph of which `edge` of the body is a copy.
    pub(super) fn original(&self, body: &[Tensor], origins: &HashMap<NodeId, NodeId>, edge: Edge) -> Edge {
        match body.iter().position(|argument| argument.edge() == edge) {
            Some(argument) if argument < self.variables.len() => self.variables[argument].value(),
            Some(argument) => Edge { node: self.kept[argument - self.variables.len()], output: 0 },
            None => Edge { node: origins.get(&edge.node).copied().unwrap_or(edge.node), output: edge.output },
        }
    }
}
