//! Copies parts of one graph into another: the bodies of loops and functions, and their gradients.

use std::collections::{BTreeSet, HashMap};

use smallvec::SmallVec;

use crate::graph::{Edge, Graph, Node, NodeId, Tensor};
use crate::ops::Effect;

/// A copy under way.
pub(crate) struct Copying<'a> {
    from: &'a Graph,
    to: &'a Graph,
    /// What stands for an edge in the other graph.
    edges: HashMap<Edge, Tensor>,
    nodes: HashMap<NodeId, NodeId>,
    /// Whether a node that others wait for is copied with them.
    waits: &'a dyn Fn(NodeId) -> bool,
}

impl<'a> Copying<'a> {
    /// Nothing is copied yet. `waits` says which control inputs are kept.
    pub(crate) fn new(from: &'a Graph, to: &'a Graph, waits: &'a dyn Fn(NodeId) -> bool) -> Copying<'a> {
        Copying { from, to, edges: HashMap::new(), nodes: HashMap::new(), waits }
    }

    /// `tensor` of the other graph stands for this edge.
    pub(crate) fn replace(&mut self, edge: Edge, tensor: Tensor) {
        self.edges.insert(edge, tensor);
    }

    /// `tensor` of the other graph stands for an argument, which others may also wait for.
    pub(crate) fn replace_argument(&mut self, argument: NodeId, tensor: &Tensor) {
        self.replace(Edge { node: argument, output: 0 }, tensor.clone());
        self.nodes.insert(argument, tensor.edge().node);
    }

    /// The copy of a node that has been copied.
    pub(crate) fn node(&self, id: NodeId) -> Option<NodeId> {
        self.nodes.get(&id).copied()
    }

    /// Copies these nodes, with what they need, as far as they have no copies yet.
    pub(crate) fn nodes(&mut self, wanted: &[NodeId]) -> Vec<NodeId> {
        let edges: Vec<Edge> = wanted.iter().map(|&node| Edge { node, output: 0 }).collect();
        self.edges(&edges);
        wanted.iter().filter_map(|&id| self.node(id)).collect()
    }

    /// Copies what computes these edges, as far as it has no copy yet, and gives their copies.
    pub(crate) fn edges(&mut self, wanted: &[Edge]) -> Vec<Tensor> {
        let mut needed = BTreeSet::new();
        {
            let contents = self.from.read();
            let open = |edge: &Edge| (!self.edges.contains_key(edge)).then_some(edge.node);
            let mut waiting: Vec<NodeId> = wanted.iter().filter_map(open).collect();
            while let Some(id) = waiting.pop() {
                if self.nodes.contains_key(&id) || !needed.insert(id) {
                    continue;
                }
                let node = &contents.nodes[id.index()];
                waiting.extend(node.inputs.iter().filter_map(open));
                waiting.extend(node.control_inputs.iter().copied().filter(|&id| (self.waits)(id)));
            }
        }
        let mut back: Vec<(NodeId, usize, Edge)> = Vec::new();
        for id in needed {
            let node = match self.from.node(id) {
                Some(node) => node,
                None => continue,
            };
            let copy = self.copy(id, node, &mut back);
            self.nodes.insert(id, copy);
        }
        for (reader, input, edge) in back {
            let edge = self.copied(edge);
            let mut contents = self.to.write();
            let inputs = &mut contents.nodes[reader.index()].inputs;
            inputs.insert(input.min(inputs.len()), edge);
        }
        wanted.iter().map(|&edge| Tensor::new(self.to.clone(), self.copied(edge))).collect()
    }

    fn copied(&self, edge: Edge) -> Edge {
        match (self.edges.get(&edge), self.nodes.get(&edge.node)) {
            (Some(tensor), _) => tensor.edge(),
            (None, Some(&node)) => Edge { node, output: edge.output },
            (None, None) => edge,
        }
    }

    /// Copies one node. What a loop leads back to it has no copy yet and is noted.
    fn copy(&self, id: NodeId, node: Node, back: &mut Vec<(NodeId, usize, Edge)>) -> NodeId {
        let own = NodeId(self.to.len() as u32);
        let mut inputs: SmallVec<[Edge; 3]> = SmallVec::new();
        for (input, &edge) in node.inputs.iter().enumerate() {
            match edge.node >= id {
                true => back.push((own, input, edge)),
                false => inputs.push(self.copied(edge)),
            }
        }
        let control_inputs =
            node.control_inputs.iter().filter_map(|before| self.nodes.get(before).copied()).collect();
        let variable = node.outputs.iter().flatten().any(|fact| fact.reference);
        let keeps = variable || matches!(node.op.effects().effect, Effect::Random(_));
        let kept_under = keeps.then(|| self.from.read().kept_under(id));
        self.to.add_node(Node { inputs, control_inputs, outputs: None, record: None, kept_under, ..node })
    }
}
