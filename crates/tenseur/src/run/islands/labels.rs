//! Which nodes of a request may be planned together.
//!
//! A node is *hard* if no plan can hold it. What comes after a hard node waits for it, so it cannot be planned with what
//! comes before. Of nodes that are not hard, those with the same label are planned together: no path between two of them
//! leads through another label, so all that they need from outside can be there before any of them runs.
//!
//! Where values decide what runs, a label is the set of the hard nodes' outputs that come before. It says in which turn of
//! which loop a node runs and when it is dead: it is dead if any of those outputs is. What a Merge, an Enter or an Exit
//! gives is alive or not, and in another turn, whatever came before, so there the set begins anew. Writes of variables are
//! told apart from the rest, for they come last.
//!
//! Elsewhere everything runs, in order, and a label is a number: how many hard nodes come one after the other before.

use foldhash::HashMap;

use crate::graph::{Contents, Edge, NodeId};
use crate::lowering::Flow;
use crate::ops::Effect;
use crate::run::order::variable_behind;

use super::schedule::Request;

/// How much may be spent on sets: beyond that each node stays on its own.
const MOST: usize = 1 << 24;

/// The label of each node that is not hard, by its place in the order; of a hard one, when it comes.
pub(super) enum Labels {
    Levels(Vec<usize>),
    Sets(Vec<usize>),
    /// None may be planned with another.
    Apart,
}

/// Labels for a request in which nothing decides what runs.
///
/// Readings and writes of a variable keep their order, and a write comes after all hard nodes that the order has before it, as
/// does what takes from a queue.
pub(super) fn levels(contents: &Contents, request: &Request<'_>, hard: &[bool]) -> Labels {
    let nodes = &contents.nodes;
    let mut after: HashMap<NodeId, usize> =
        HashMap::with_capacity_and_hasher(request.order.len(), Default::default());
    let mut levels = Vec::with_capacity(request.order.len());
    // By variable: the level after its last write, and after all that has read it since.
    let mut written: HashMap<NodeId, usize> = HashMap::default();
    let mut read: HashMap<NodeId, usize> = HashMap::default();
    let mut after_all = 0;
    for (&id, &hard) in request.order.iter().zip(hard) {
        let node = &nodes[id.index()];
        let data = node.inputs.iter().filter(|edge| !request.is_fed(edge)).map(|edge| edge.node);
        let before = data.chain(node.control_inputs.iter().copied());
        let mut level = before.filter_map(|before| after.get(&before).copied()).max().unwrap_or(0);
        let late = request.late.get(&id).into_iter().flatten().map(|(_, reference)| *reference);
        let touched = node.inputs.iter().copied().filter(|edge| !request.is_fed(edge)).chain(late);
        let variables: Vec<NodeId> = touched.filter_map(|edge| variable_behind(nodes, edge)).collect();
        let effect = node.op.effects().effect;
        let writes = matches!(effect, Effect::Writes(_)) || effect == Effect::Flow;
        if writes && !variables.is_empty() || effect == Effect::Takes {
            level = level.max(after_all);
        }
        for variable in &variables {
            level = level.max(written.get(variable).copied().unwrap_or(0));
            if writes {
                level = level.max(read.get(variable).copied().unwrap_or(0));
            }
        }
        let next = level + usize::from(hard);
        for variable in variables {
            match writes {
                true => drop(written.insert(variable, next)),
                false => {
                    let latest = read.entry(variable).or_default();
                    *latest = next.max(*latest);
                }
            }
        }
        after.insert(id, next);
        after_all = after_all.max(next);
        levels.push(level);
    }
    Labels::Levels(levels)
}

/// Labels for a request with conditionals and loops; `flow` says which piece of them a node is.
pub(super) fn sets(
    contents: &Contents,
    request: &Request<'_>,
    hard: &[bool],
    flow: &HashMap<NodeId, Flow>,
) -> Labels {
    let mut sets = Sets::default();
    let mut of_edge: HashMap<(NodeId, Option<u32>), usize> = HashMap::default();
    let mut labels = Vec::with_capacity(request.order.len());
    const WRITES: u64 = u64::MAX;
    for (place, (&id, &hard)) in request.order.iter().zip(hard).enumerate() {
        let node = &contents.nodes[id.index()];
        let whole = |sets: &HashMap<_, usize>, id: NodeId| sets.get(&(id, None)).copied().unwrap_or(0);
        let mut label = 0;
        for edge in node.inputs.iter().filter(|edge| !request.is_fed(edge)) {
            let own = of_edge.get(&(edge.node, Some(edge.output))).copied();
            label = sets.union(label, own.unwrap_or_else(|| whole(&of_edge, edge.node)));
        }
        for &before in &node.control_inputs {
            label = sets.union(label, whole(&of_edge, before));
        }
        if matches!(node.op.effects().effect, Effect::Writes(_)) {
            let writes = sets.single(WRITES);
            label = sets.union(label, writes);
        }
        labels.push(label);
        // A number for the node itself, and for two outputs that are not alive together.
        let own = |sets: &mut Sets, output: u64| sets.single(3 * place as u64 + output);
        match flow.get(&id) {
            Some(Flow::Switch) => {
                for output in 0..2 {
                    let side = own(&mut sets, 1 + u64::from(output));
                    let side = sets.union(label, side);
                    of_edge.insert((id, Some(output)), side);
                }
                let either = own(&mut sets, 0);
                of_edge.insert((id, None), sets.union(label, either));
            }
            Some(_) => drop(of_edge.insert((id, None), own(&mut sets, 0))),
            None if hard => {
                let itself = own(&mut sets, 0);
                of_edge.insert((id, None), sets.union(label, itself));
            }
            None => drop(of_edge.insert((id, None), label)),
        }
        if sets.spent > MOST {
            return Labels::Apart;
        }
    }
    Labels::Sets(labels)
}

/// Sets of numbers, each kept once and named by a number of its own; 0 is the empty set.
struct Sets {
    members: Vec<Vec<u64>>,
    names: HashMap<Vec<u64>, usize>,
    unions: HashMap<(usize, usize), usize>,
    spent: usize,
}

impl Default for Sets {
    fn default() -> Sets {
        let names = HashMap::from_iter([(Vec::new(), 0)]);
        Sets { members: vec![Vec::new()], names, unions: HashMap::default(), spent: 0 }
    }
}

impl Sets {
    fn single(&mut self, number: u64) -> usize {
        self.named(vec![number])
    }

    fn named(&mut self, members: Vec<u64>) -> usize {
        self.spent += members.len();
        if let Some(&name) = self.names.get(&members) {
            return name;
        }
        self.members.push(members.clone());
        self.names.insert(members, self.members.len() - 1);
        self.members.len() - 1
    }

    fn union(&mut self, a: usize, b: usize) -> usize {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(&name) = self.unions.get(&pair) {
            return name;
        }
        let mut both = [&self.members[a][..], &self.members[b][..]].concat();
        both.sort_unstable();
        both.dedup();
        let name = self.named(both);
        self.unions.insert(pair, name);
        name
    }
}

impl Request<'_> {
    /// Whether a value stands for the edge.
    pub(super) fn is_fed(&self, edge: &Edge) -> bool {
        self.fed.contains_key(edge)
    }
}
