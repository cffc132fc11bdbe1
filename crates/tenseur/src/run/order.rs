//! The order in which a run's nodes are computed, and which nodes it needs.
//!
//! Data and control edges order nodes. Beyond those: a reading of a variable that no path orders after a write sees
//! the value from before the run, so it comes first; writes that nothing orders run in node order; and what can fail
//! comes before the first write where it can. What takes from a queue comes after all else that need not wait for it: in
//! TensorFlow it would wait for what brings elements in the same run.
//!
//! A reading of a reference variable (`w/read`) is the variable's own memory in TensorFlow: a node that comes after a write
//! sees it, even through a reading that does not. Such a node reads again. Within a loop that the reading entered once, for
//! every turn, that is so too of what a write in one turn leads to in the next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::graph::{Edge, Node, NodeId};
use crate::ops::Effect;
use crate::ops::array::identity::hands_on;
use crate::ops::control_flow::{Enter, Merge, NextIteration};

/// The nodes of a run in an order that respects all of this.
pub(crate) struct Ordered {
    pub(crate) nodes: Vec<NodeId>,
    /// By node: its inputs that are readings of a reference variable which the node comes after a write of, and the
    /// references to be read in their place when the node runs.
    pub(crate) late: HashMap<NodeId, SmallVec<[(usize, Edge); 2]>>,
}

/// The order of a run. `fed` edges cut what is behind them.
pub(crate) fn order(nodes: &[Node], targets: &[NodeId], fed: &HashSet<Edge>) -> Ordered {
    let needed = needed(nodes, targets, fed);
    let mut writers: Vec<(NodeId, NodeId)> = Vec::new();
    // By variable: who reads its reference, and who reads that through a reading, by which input.
    let mut readers: HashMap<NodeId, Vec<NodeId>> = HashMap::default();
    let mut through_readings: HashMap<NodeId, Vec<(NodeId, usize, Reading<'_>)>> = HashMap::default();
    let mut next_turns: Vec<(NodeId, &str)> = Vec::new();
    for &id in &needed {
        let node = &nodes[id.index()];
        next_turns.extend(leads_to_next_turn(nodes, node));
        let written: &[usize] = match node.op.effects().effect {
            Effect::Writes(inputs) => inputs,
            _ => &[],
        };
        for (i, input) in node.inputs.iter().enumerate() {
            if fed.contains(input) {
                continue;
            }
            if let Some(reading) = reading(nodes, *input, fed)
                && let Some(variable) = variable_behind(nodes, reading.reference)
            {
                through_readings.entry(variable).or_default().push((id, i, reading));
            }
            let Some(variable) = variable_behind(nodes, *input) else { continue };
            match written.contains(&i) {
                true => writers.push((id, variable)),
                false => readers.entry(variable).or_default().push(id),
            }
        }
    }
    let mut late: HashMap<NodeId, SmallVec<[(usize, Edge); 2]>> = HashMap::default();
    let takes = |id: NodeId| nodes[id.index()].op.effects().effect == Effect::Takes;
    if writers.is_empty() && !needed.iter().any(|&id| takes(id)) {
        // What a node needs was made before it, but for what a loop leads back, which comes later.
        return Ordered { nodes: needed, late };
    }
    let set: HashSet<NodeId> = needed.iter().copied().collect();
    let mut successors: HashMap<NodeId, Vec<NodeId>> =
        HashMap::with_capacity_and_hasher(needed.len(), Default::default());
    let mut waiting: HashMap<NodeId, usize> =
        HashMap::with_capacity_and_hasher(needed.len(), Default::default());
    for &id in &needed {
        let mut count = 0;
        // What a loop leads back to a node comes later.
        let needed_before = |before: &NodeId| *before < id && set.contains(before);
        for before in predecessors(&nodes[id.index()], fed).filter(needed_before) {
            successors.entry(before).or_default().push(id);
            count += 1;
        }
        waiting.insert(id, count);
    }
    for &(writer, variable) in &writers {
        let Some(candidates) = through_readings.get(&variable) else { continue };
        let after = reachable(&successors, writer);
        let turning = next_turns.iter().filter(|(next, _)| after.contains(next)).map(|(_, frame)| *frame);
        let turning: HashSet<&str> = turning.collect();
        for (reader, input, reading) in candidates {
            let in_this_turn = after.contains(reader);
            if !in_this_turn && !reading.frames.iter().any(|frame| turning.contains(frame)) {
                continue;
            }
            let inputs = late.entry(*reader).or_default();
            if !inputs.contains(&(*input, reading.reference)) {
                inputs.push((*input, reading.reference));
            }
            // What sees the write in the next turn does not yet see that of its own.
            if !in_this_turn {
                readers.entry(variable).or_default().push(*reader);
            }
        }
    }
    for &(writer, variable) in &writers {
        let Some(candidates) = readers.get(&variable) else { continue };
        // What comes after the writer by now, also for the sake of other writers: it cannot come before as well.
        let after = reachable(&successors, writer);
        for &reader in candidates.iter().filter(|reader| **reader != writer && !after.contains(reader)) {
            successors.entry(reader).or_default().push(writer);
            *waiting.entry(writer).or_default() += 1;
        }
    }
    let is_writer: HashSet<NodeId> = writers.iter().map(|(writer, _)| *writer).collect();
    // What takes, say from a queue, comes after what may bring it something, where nothing orders the two.
    let key = |id: NodeId| Reverse((is_writer.contains(&id), takes(id), id));
    let mut ready: BinaryHeap<_> = needed.iter().filter(|id| waiting[id] == 0).map(|&id| key(id)).collect();
    let mut order = Vec::with_capacity(needed.len());
    while let Some(Reverse((.., id))) = ready.pop() {
        order.push(id);
        for next in successors.remove(&id).unwrap_or_default() {
            let left = waiting.entry(next).or_default();
            *left -= 1;
            if *left == 0 {
                ready.push(key(next));
            }
        }
    }
    Ordered { nodes: order, late }
}

/// A reading of a reference variable.
struct Reading<'a> {
    /// What is read.
    reference: Edge,
    /// The loops that it has entered, for every turn, since.
    frames: SmallVec<[&'a str; 1]>,
}

/// The reading of a reference variable that the edge carries, if it does.
fn reading<'a>(nodes: &'a [Node], mut edge: Edge, fed: &HashSet<Edge>) -> Option<Reading<'a>> {
    let mut frames = SmallVec::new();
    loop {
        let node = &nodes[edge.node.index()];
        if fed.contains(&edge) || node.fact(edge.output)?.reference {
            return None;
        }
        let enter = node.op.downcast::<Enter>().filter(|enter| enter.is_constant);
        frames.extend(enter.map(|enter| enter.frame_name.as_str()));
        let before = *node.inputs.first().filter(|_| enter.is_some() || hands_on(&*node.op))?;
        let fact = nodes[before.node.index()].fact(before.output)?;
        if fact.reference && enter.is_none() {
            let reference = before;
            return (!fact.resource && !fed.contains(&before)).then_some(Reading { reference, frames });
        }
        edge = before;
    }
}

/// Of a Merge where a loop's turns begin: what leads there from the turn before, and the loop's frame.
fn leads_to_next_turn<'a>(nodes: &'a [Node], node: &'a Node) -> Option<(NodeId, &'a str)> {
    node.op.downcast::<Merge>()?;
    let op = |edge: &Edge| &*nodes[edge.node.index()].op;
    let back = node.inputs.iter().find(|edge| op(edge).downcast::<NextIteration>().is_some())?;
    let frame = node.inputs.iter().find_map(|edge| op(edge).downcast::<Enter>())?;
    Some((back.node, &frame.frame_name))
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
    let mut needed = HashSet::default();
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
    let mut found = HashSet::default();
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
