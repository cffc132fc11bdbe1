//! What the nodes of a file read, and an order in which every node comes after that.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::header::NodeOutline;
use crate::error::{Error, Result};
use crate::graph::Edge;

/// Takes apart `node` or `node:1`; `None` where the number is none.
pub(crate) fn split_input(text: &str) -> (&str, Option<u32>) {
    match text.rsplit_once(':') {
        Some((name, output)) => (name, output.parse().ok()),
        None => (text, Some(0)),
    }
}

/// Where an input of a node of the file comes from.
#[derive(Clone, Copy)]
pub(super) enum Input {
    /// From this output of the node at this place of the file.
    File(usize, u32),
    /// From the graph, by the caller's map.
    Graph(Edge),
}

/// What a node of the file reads.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) data: Vec<Input>,
    pub(super) control: Vec<usize>,
    /// Where it leads back in a loop.
    leads_to: Vec<usize>,
}

/// Whether a node hands values to the turn of a loop after its own.
pub(super) fn leads_back(outline: &NodeOutline) -> bool {
    matches!(outline.op.as_str(), "NextIteration" | "RefNextIteration")
}

/// Whether a node takes values of the turn before.
pub(super) fn takes_back(outline: &NodeOutline) -> bool {
    matches!(outline.op.as_str(), "Merge" | "RefMerge")
}

/// What each node reads.
pub(super) fn read_inputs(
    outlines: &[NodeOutline],
    mapped: &HashMap<(&str, u32), Edge>,
) -> Result<Vec<Inputs>> {
    let mut positions = HashMap::with_capacity(outlines.len());
    for (position, outline) in outlines.iter().enumerate() {
        if positions.insert(outline.name.as_str(), position).is_some() {
            return Err(Error::invalid(format!("two nodes of the file are called \"{}\"", outline.name)));
        }
    }
    let read = |outline: &NodeOutline| {
        let refused = |why: String| Error::invalid(format!("node \"{}\" {why}", outline.name));
        let find = |text: &str, name: &str| {
            let found = positions.get(name).copied();
            found.ok_or_else(|| refused(format!("reads \"{text}\", and the file has no node \"{name}\"")))
        };
        let mut inputs = Inputs::default();
        for text in &outline.input {
            if let Some(name) = text.strip_prefix('^') {
                inputs.control.push(find(text, name)?);
                continue;
            }
            if !inputs.control.is_empty() {
                return Err(refused(format!("reads \"{text}\" after a control input; those come last")));
            }
            let (name, output) = split_input(text);
            let output =
                output.ok_or_else(|| refused(format!("reads \"{text}\", which is not a tensor's name")))?;
            inputs.data.push(match mapped.get(&(name, output)) {
                Some(&edge) => Input::Graph(edge),
                None => Input::File(find(text, name)?, output),
            });
        }
        Ok(inputs)
    };
    let mut all = outlines.iter().map(read).collect::<Result<Vec<Inputs>>>()?;
    // Where variables of a loop cross, what leads back need not come after the Merge by what it reads.
    for merge in (0..outlines.len()).filter(|&position| takes_back(&outlines[position])) {
        for input in 0..all[merge].data.len() {
            if let Input::File(next, _) = all[merge].data[input]
                && leads_back(&outlines[next])
            {
                all[next].leads_to.push(merge);
            }
        }
    }
    Ok(all)
}

impl Inputs {
    /// The nodes of the file that must come before the node at `reader`: all that it reads, but for what a loop leads
    /// back to it; and where it leads back itself, what it leads to.
    fn before<'a>(&'a self, reader: usize, outlines: &'a [NodeOutline]) -> impl Iterator<Item = usize> + 'a {
        let back = takes_back(&outlines[reader]);
        let data = self.data.iter().filter_map(move |input| match input {
            Input::File(position, _) if back && leads_back(&outlines[*position]) => None,
            Input::File(position, _) => Some(*position),
            Input::Graph(_) => None,
        });
        data.chain(self.control.iter().copied()).chain(self.leads_to.iter().copied())
    }
}

/// An order in which every node comes after what it reads; where that leaves a choice, the file's.
pub(super) fn order(outlines: &[NodeOutline], inputs: &[Inputs]) -> Result<Vec<usize>> {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); outlines.len()];
    let mut waiting = vec![0usize; outlines.len()];
    for (position, inputs) in inputs.iter().enumerate() {
        for before in inputs.before(position, outlines) {
            readers[before].push(position);
            waiting[position] += 1;
        }
    }
    let mut ready: BinaryHeap<_> =
        (0..outlines.len()).filter(|&position| waiting[position] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(outlines.len());
    while let Some(Reverse(position)) = ready.pop() {
        order.push(position);
        for &reader in &readers[position] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    match waiting.iter().position(|&left| left > 0) {
        None => Ok(order),
        Some(stuck) => Err(cycle(outlines, inputs, &waiting, stuck)),
    }
}

/// The error that names a cycle before the node `at`, which cannot be ordered.
fn cycle(outlines: &[NodeOutline], inputs: &[Inputs], waiting: &[usize], mut at: usize) -> Error {
    let mut path = Vec::new();
    // Backwards over nodes that wait too, until one comes again.
    while !path.contains(&at) {
        path.push(at);
        at = inputs[at].before(at, outlines).find(|&before| waiting[before] > 0).unwrap_or(at);
    }
    let first = path.iter().position(|&position| position == at).unwrap_or(0);
    let mut names: Vec<&str> =
        path[first..].iter().map(|&position| outlines[position].name.as_str()).collect();
    names.reverse();
    let shown =
        if names.len() > 8 { format!("{} → …", names[..8].join(" → ")) } else { names.join(" → ") };
    Error::invalid(format!("{} nodes are in a cycle: {shown} → {}", names.len(), names[0]))
}
