//! The order in which a run's nodes are computed, and which nodes it needs.
//!
//! Data and control edges order nodes. Beyond those: a reading of a variable that no path orders after a write sees
//! the value from before the run, so it comes first; writes that nothing orders run in node order; and what can fail
//! comes before the first write where it can.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::graph::{Edge, Node, NodeId};
use crate::ops::Effect;

/// The nodes of a run in an order that respects all of this. `fed` edges cut what is behind them.
pub(crate) fn order(nodes: &[Node], targets: &[NodeId], fed: &HashSet<Edge>) -> Vec<NodeId> {
    let needed = needed(nodes, targets, fed);
    let set: HashSet<NodeId> = needed.iter().copied().collect();
    let mut successors: HashMap<NodeId, Vec<NodeId>> = HashMap::with_capacity(needed.len());
    let mut waiting: HashMap<NodeId, usize> = HashMap::with_capacity(needed.len());
    let mut writers: Vec<(NodeId, NodeId)> = Vec::new();
    let mut readers: Vec<(NodeId, NodeId)> = Vec::new();
    for &id in &needed {
        let node = &nodes[id.index()];
        let mut count = 0;
        // What a loop leads back to a node comes later.
        for before in predecessors(node, fed).filter(|before| set.contains(before) && *before < id) {
            successors.entry(before).or_default().push(id);
            count += 1;
        }
        waiting.insert(id, count);
        let written: &[usize] = match node.op.effects().effect {
            Effect::Writes(inputs) => inputs,
            _ => &[],
        };
        for (i, input) in node.inputs.iter().enumerate() {
            if fed.contains(input) {
                continue;
            }
            let Some(variable) = variable_behind(nodes, *input) else { continue };
            match written.contains(&i) {
                true => writers.push((id, variable)),
                false => readers.push((id, variable)),
            }
        }
    }
    for &(writer, variable) in &writers {
        let after: HashSet<NodeId> = reachable(&successors, writer);
        for &(reader, _) in readers.iter().filter(|(reader, of)| *of == variable && *reader != writer) {
            if !after.contains(&reader) && !reachable(&successors, writer).contains(&reader) {
                successors.entry(reader).or_default().push(writer);
                *waiting.entry(writer).or_default() += 1;
            }
        }
    }
    let is_writer: HashSet<NodeId> = writers.iter().map(|(writer, _)| *writer).collect();
    let key = |id: NodeId| Reverse((is_writer.contains(&id), id));
    let mut ready: BinaryHeap<_> = needed.iter().filter(|id| waiting[id] == 0).map(|&id| key(id)).collect();
    let mut order = Vec::with_capacity(needed.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        order.push(id);
        for next in successors.remove(&id).unwrap_or_default() {
            let left = waiting.entry(next).or_default();
            *left -= 1;
            if *left == 0 {
                ready.push(key(next));
            }
        }
    }
    order
}

/// The variable whose reference the edge carries, if it carries one.
pub(crate) fn variable_behind(nodes: &[Node], mut edge: Edge) -> Option<NodeId> {
    loop {
        let node = &nodes[edge.node.index()];
        if !node.fact(edge.output)?.reference {
            return None;
        }
        // An op with a reference output passes on that of its first input; what a loop leads back is the same variable
        // again.
        match node.inputs.iter().find(|before| before.node < edge.node) {
            Some(&before) => edge = before,
            None => return node.inputs.is_empty().then_some(edge.node),
        }
    }
}

fn predecessors<'a>(node: &'a Node, fed: &'a HashSet<Edge>) -> impl Iterator<Item = NodeId> + 'a {
    let data = node.inputs.iter().filter(|edge| !fed.contains(edge)).map(|edge| edge.node);
    data.chain(node.control_inputs.iter().copied())
}

/// What the targets need, themselves included, in node order. A node all of whose outputs are fed need not run, even
/// where others wait for it.
fn needed(nodes: &[Node], targets: &[NodeId], fed: &HashSet<Edge>) -> Vec<NodeId> {
    let mut needed = HashSet::new();
    let mut open: Vec<NodeId> = targets.to_vec();
    let replaced = |id: NodeId| {
        let outputs = nodes[id.index()].outputs.as_ref().map_or(0, |outputs| outputs.len() as u32);
        outputs > 0 && (0..outputs).all(|output| fed.contains(&Edge { node: id, output }))
    };
    while let Some(id) = open.pop() {
        if !replaced(id) && needed.insert(id) {
            open.extend(predecessors(&nodes[id.index()], fed));
        }
    }
    let mut needed: Vec<NodeId> = needed.into_iter().collect();
    needed.sort_unstable();
    needed
}

fn reachable(successors: &HashMap<NodeId, Vec<NodeId>>, from: NodeId) -> HashSet<NodeId> {
    let mut found = HashSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for &next in successors.get(&id).map_or(&[][..], Vec::as_slice) {
            if found.insert(next) {
                open.push(next);
            }
        }
    }
    found
}
