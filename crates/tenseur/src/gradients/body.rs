//! The gradient of a body: of the turn of a loop, of a branch, of a function.
//!
//! The body becomes a graph of its own, to which its gradient is added. What the gradient needs of the body is then either
//! handed over (the values that the forward computation had), or computed again: constants, what is the same in every turn
//! of a loop, what lies within conditionals inside the body, whose values are not there in every turn, as far as that may run
//! again, and the tensor arrays that the body makes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::calls::{self, called_by};
use super::gradients_from;
use super::within::Within;
use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Copying, Edge, Fact, Graph, NodeId, Tensor};
use crate::lowering::Flow;
use crate::lowering::Work;
use crate::ops::function::Argument;
use crate::ops::list::flows;
use crate::ops::{Effect, Signature};
use crate::value::DType;

/// A body: what it computes from its arguments.
pub(super) struct Body {
    pub(super) graph: Graph,
    pub(super) arguments: Vec<Tensor>,
    pub(super) results: Vec<Edge>,
}

/// What of a body its gradient computes again, rather than that it is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// What is computed from constants and from arguments that are the same in every turn: it would be kept once a turn.
    Turns,
    /// What is computed from constants alone, and what handles are.
    Constants,
}

/// A body and its gradient, in one graph.
pub(super) struct BodyGradient {
    pub(super) graph: Graph,
    pub(super) arguments: Vec<Tensor>,
    pub(super) results: Vec<Edge>,
    /// By result: what its gradient is called in here, if one flows back through it.
    starts: Vec<Option<Tensor>>,
    /// By argument: its gradient, if it has one.
    pub(super) gradients: Vec<Option<Edge>>,
    /// What must be handed over.
    pub(super) saved: Vec<Edge>,
    /// By argument, whether the gradient is given it.
    kept: Vec<bool>,
    again: Again,
    /// What of this comes from within conditionals, by its place there; the outer ones first.
    within: Vec<(usize, Within)>,
    /// How many of the nodes were the body's own before.
    forward: usize,
    /// By node: whether it is within a conditional or a loop of the body.
    nested: Vec<bool>,
    /// By node: whether it makes a tensor array, or works on one that the body makes.
    arrays: Vec<bool>,
}

/// An argument of a body of which this is known.
pub(super) fn argument(graph: &Graph, index: usize, fact: &Fact) -> Tensor {
    let fact = Fact { value: None, elements: None, ..fact.clone() };
    graph.add(Argument { fact, index: index as i64 }, &[])
}

/// By result of a loop's body: whether a gradient ever flows back through it, one of those with which what left the loop
/// begins (`finals`), or one that comes round from another result.
pub(super) fn active(body: &Body, finals: &[Option<Tensor>]) -> Vec<bool> {
    let contents = body.graph.read();
    let mut active: Vec<bool> = finals.iter().map(Option::is_some).collect();
    let mut open: Vec<NodeId> =
        body.results.iter().zip(&active).filter(|(_, active)| **active).map(|(edge, _)| edge.node).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        open.extend(contents.nodes[id.index()].inputs.iter().map(|edge| edge.node));
        let own = body.arguments.iter().position(|argument| argument.edge().node == id);
        if let Some(i) = own.filter(|&i| i < active.len() && !active[i]) {
            active[i] = true;
            open.push(body.results[i].node);
        }
    }
    active
}

/// Adds its gradient to a body of something in `around`. `kept` says which arguments the gradient is given as well: those that
/// are the same in every turn, and all of a call; `wanted`, of which arguments the gradient is wanted; `started`, through
/// which results one flows back (all, where it does not say).
///
/// # Errors
/// When something in the body has no gradient.
pub(super) fn differentiate(
    around: &Graph,
    body: Body,
    kept: &[bool],
    again: Again,
    wanted: &[bool],
    started: &[bool],
) -> Result<BodyGradient> {
    let source = around.differentiation();
    let Body { graph, arguments, results } = body;
    graph.check()?;
    let forward = graph.len();
    let mut starts: Vec<Option<Tensor>> = Vec::new();
    for (i, &edge) in results.iter().enumerate() {
        let fact = graph.read().nodes[edge.node.index()].fact(edge.output).cloned();
        let flowing = started.get(i).copied().unwrap_or(true);
        let fact = fact.filter(|fact| flowing && flows(fact.dtype)).map(|fact| fact.read());
        starts.push(fact.map(|fact| argument(&graph, arguments.len() + i, &fact)));
    }
    let (ys, begun): (Vec<Tensor>, Vec<Option<Tensor>>) = results
        .iter()
        .zip(&starts)
        .filter(|(_, start)| start.is_some())
        .map(|(&edge, start)| (Tensor::new(graph.clone(), edge), start.clone()))
        .unzip();
    let xs: Vec<Tensor> =
        arguments.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(x, _)| x.clone()).collect();
    let mut found = {
        let _same = graph.name_scope(&format!("{source}/"));
        gradients_from(&ys, &begun, &xs).into_iter()
    };
    graph.check()?;
    around.adopt_functions(&graph);
    let mut gradients = Vec::new();
    for &wanted in wanted {
        let gradient = if wanted { found.next().flatten() } else { None };
        gradients.push(gradient.map(|gradient| gradient.edge()));
    }
    let (nested_before, arrays) = {
        let contents = graph.read();
        (nested(&contents), works_on_own_arrays(&contents, forward))
    };
    let mut both = BodyGradient {
        nested: nested_before,
        arrays,
        graph,
        arguments,
        results,
        starts,
        gradients,
        saved: Vec::new(),
        within: Vec::new(),
        kept: kept.to_vec(),
        again,
        forward,
    };
    let (saved, mut within) = both.needed()?;
    both.saved = saved;
    within.sort_by_key(|value| value.sides.len());
    let before = both.graph.len();
    for value in within {
        let merged = value.merged(&both.graph, both.saved_type(value.edge))?;
        both.within.push((both.saved.len(), value));
        both.saved.push(merged.edge());
    }
    if !both.within.is_empty() {
        both.graph.record(before);
        both.nested = nested(&both.graph.read());
        both.arrays.resize(both.nested.len(), false);
    }
    Ok(both)
}

/// By node, whether it lies within a conditional or a loop.
fn nested(contents: &Contents) -> Vec<bool> {
    depths(contents).into_iter().map(|depth| depth > 0).collect()
}

/// By node, within how many conditionals and loops it lies.
pub(super) fn depths(contents: &Contents) -> Vec<usize> {
    let mut depths: Vec<usize> = Vec::with_capacity(contents.nodes.len());
    for (id, node) in contents.nodes.iter().enumerate() {
        let before = node.inputs.iter().map(|edge| edge.node).chain(node.control_inputs.iter().copied());
        let before = before.filter(|before| before.index() < id).map(|before| depths[before.index()]);
        let depth = before.max().unwrap_or(0);
        let loops = |edge: &Edge| contents.nodes[edge.node.index()].op.name() == "LoopCond";
        let back = |edge: &Edge| edge.node.index() >= id;
        depths.push(match node.op.name() {
            "Enter" | "RefEnter" => depth + 1,
            "Exit" | "RefExit" => depth.saturating_sub(1),
            "Switch" | "RefSwitch" if !node.inputs.iter().any(loops) => depth + 1,
            "Merge" | "RefMerge" if !node.inputs.iter().any(back) => depth.saturating_sub(1),
            _ => depth,
        });
    }
    depths
}

/// By node of a body, whether it makes a tensor array or takes the handle or the flow of one that the body makes.
fn works_on_own_arrays(contents: &Contents, forward: usize) -> Vec<bool> {
    let mut works = vec![false; contents.nodes.len()];
    let mut carries: BTreeSet<Edge> = BTreeSet::new();
    for (index, node) in contents.nodes.iter().enumerate().take(forward) {
        let name = node.op.name();
        works[index] = name == "TensorArrayV3" || node.inputs.iter().any(|edge| carries.contains(edge));
        let hands_on =
            matches!(
                name,
                "TensorArrayV3" | "TensorArrayWriteV3" | "TensorArrayScatterV3" | "TensorArraySplitV3"
            ) || matches!(name, "Enter" | "Exit" | "Merge" | "Switch" | "NextIteration" | "Identity");
        if works[index] && hands_on {
            carries.extend([0, 1].map(|output| Edge { node: NodeId(index as u32), output }));
        }
    }
    works
}

/// The piece of a conditional or loop that a node is, if it is one.
pub(super) fn flow_of(contents: &Contents, id: NodeId) -> Option<Flow> {
    let node = &contents.nodes[id.index()];
    if node.op.effects().effect != Effect::Flow {
        return None;
    }
    // These lower without looking at their inputs.
    match node.op.lower(Signature { inputs: &[], outputs: node.outputs.as_ref()? }).ok()?.work {
        Work::Flow(flow) => Some(flow),
        _ => None,
    }
}

impl BodyGradient {
    /// What the gradients need of the body that is not computed again: as it is, and from within conditionals.
    fn needed(&self) -> Result<(Vec<Edge>, Vec<Within>)> {
        let contents = self.graph.read();
        let (fixed, depths) = (self.fixed(&contents), depths(&contents));
        let own: HashMap<NodeId, usize> =
            self.arguments.iter().enumerate().map(|(i, argument)| (argument.edge().node, i)).collect();
        let mut saved = BTreeSet::new();
        let mut within: BTreeMap<Edge, Within> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<Edge> = self.gradients.iter().flatten().copied().collect();
        while let Some(edge) = open.pop() {
            let (id, node) = (edge.node, &contents.nodes[edge.node.index()]);
            // Only these are written out as constants; within a conditional even a constant waits for its side to be taken.
            let forward = self.is_forward(&contents, id);
            let replaced = id.index() < self.forward && !self.nested[id.index()];
            let known = replaced && node.fact(edge.output).is_some_and(|fact| fact.value.is_some());
            let again = self.is_copied(&contents, id) || fixed[id.index()];
            let given = own.get(&id).is_some_and(|&argument| self.kept[argument]);
            if known || given {
                continue;
            }
            if !again {
                saved.insert(edge);
                continue;
            }
            if within.contains_key(&edge) {
                continue;
            }
            if forward && !self.arrays[id.index()] {
                let repeatable = repeatable(&contents, id);
                let leaves = matches!(flow_of(&contents, id), Some(Flow::Exit));
                if (leaves || repeatable.is_err())
                    && let Some(value) = Within::of(&contents, &depths, edge)
                {
                    open.extend(value.sides.iter().map(|(decides, _)| *decides));
                    within.insert(edge, value);
                    continue;
                }
                repeatable?;
            }
            if !seen.insert(id) {
                continue;
            }
            open.extend(node.inputs.iter().copied());
            let waited_for = |id: &NodeId| !self.is_forward(&contents, *id) || self.nested[id.index()];
            let control = node.control_inputs.iter().filter(|id| waited_for(id));
            open.extend(control.map(|&node| Edge { node, output: 0 }));
        }
        Ok((saved.into_iter().collect(), within.into_values().collect()))
    }

    /// Whether a node is of the forward computation: the body's own, or recording for a gradient what is in it.
    fn is_forward(&self, contents: &Contents, id: NodeId) -> bool {
        id.index() < self.forward || contents.recorded.contains(&id)
    }

    /// Whether a node is of the gradient, or is computed again with it whatever it is computed from.
    fn is_copied(&self, contents: &Contents, id: NodeId) -> bool {
        !self.is_forward(contents, id) || self.nested[id.index()] || self.arrays[id.index()]
    }

    /// By node, whether it is computed again because of what it is computed from.
    fn fixed(&self, contents: &Contents) -> Vec<bool> {
        let mut fixed = vec![false; contents.nodes.len()];
        for (argument, &kept) in self.arguments.iter().zip(&self.kept) {
            fixed[argument.edge().node.index()] = kept;
        }
        for (id, node) in contents.nodes.iter().enumerate().take(self.forward) {
            let reads = |edge: &Edge| {
                contents.nodes[edge.node.index()].fact(edge.output).is_some_and(|fact| fact.reference)
            };
            let handle = |fact: &Fact| fact.reference || fact.dtype == DType::Resource;
            let again = match self.again {
                Again::Turns => !node.inputs.iter().any(reads),
                Again::Constants => node.inputs.is_empty() || node.outputs.iter().flatten().all(handle),
            };
            let pure = node.op.effects().effect == Effect::Pure;
            let from = |edge: &Edge| edge.node.index() < id && fixed[edge.node.index()];
            fixed[id] |= pure && again && node.inputs.iter().all(from);
        }
        fixed
    }

    /// Adds the gradients to another graph, where `starts` are the gradients of the results, `arguments` stand for those
    /// that are given, and `saved` for what was handed over.
    pub(super) fn emit(
        &self,
        to: &Graph,
        starts: &[Option<Tensor>],
        arguments: &[Option<Tensor>],
        saved: &[Tensor],
    ) -> Vec<Option<Tensor>> {
        let recorded = self.graph.read().recorded.clone();
        let forward = |id: NodeId| id.index() < self.forward || recorded.contains(&id);
        let waits = |id: NodeId| !forward(id) || self.nested[id.index()];
        let mut copying = Copying::new(&self.graph, to, &waits);
        for (own, start) in self.starts.iter().zip(starts) {
            if let (Some(own), Some(start)) = (own, start) {
                copying.replace_argument(own.edge().node, start);
            }
        }
        for (own, argument) in self.arguments.iter().zip(arguments) {
            if let Some(argument) = argument {
                copying.replace_argument(own.edge().node, argument);
            }
        }
        for (&edge, value) in self.saved.iter().zip(saved) {
            copying.replace(edge, value.clone());
        }
        let known: Vec<(Edge, crate::Array)> = {
            let contents = self.graph.read();
            let nodes = contents.nodes.iter().enumerate().take(self.forward);
            let outputs = nodes.flat_map(|(id, node)| {
                let facts = node.outputs.iter().flatten().enumerate();
                facts.filter_map(move |(output, fact)| {
                    let edge = Edge { node: NodeId(id as u32), output: output as u32 };
                    // A constant within a conditional stays there.
                    Some((edge, fact.value.clone().filter(|_| !self.nested[id])?))
                })
            });
            outputs.collect()
        };
        let used = self.reads();
        for (edge, value) in known {
            if used.contains(&edge) {
                copying.replace(edge, to.constant(value));
            }
        }
        for (place, value) in &self.within {
            let led_back = value.led_back(&mut copying, to, &saved[*place]);
            copying.replace(value.edge, led_back);
        }
        let wanted: Vec<Edge> = self.gradients.iter().flatten().copied().collect();
        let mut copies = copying.edges(&wanted).into_iter();
        self.gradients.iter().map(|gradient| gradient.and_then(|_| copies.next())).collect()
    }

    /// Which edges the gradient's nodes read.
    fn reads(&self) -> BTreeSet<Edge> {
        let contents = self.graph.read();
        let nodes = contents.nodes.iter().enumerate();
        let own = nodes.filter(|(id, _)| self.is_copied(&contents, NodeId(*id as u32)));
        own.flat_map(|(_, node)| node.inputs.iter().copied())
            .chain(self.gradients.iter().flatten().copied())
            .collect()
    }

    /// The type of what is handed over.
    pub(super) fn saved_type(&self, edge: Edge) -> DType {
        self.fact(edge)
            .map_or(DType::Float32, |fact| if fact.reference { DType::Resource } else { fact.dtype })
    }

    /// What is known of an edge.
    pub(super) fn fact(&self, edge: Edge) -> Option<Fact> {
        self.graph.read().nodes[edge.node.index()].fact(edge.output).cloned()
    }

    /// What is known of the gradient of a result, if one flows back through it.
    pub(super) fn start(&self, result: usize) -> Option<Fact> {
        self.starts.get(result)?.as_ref()?.fact()
    }
}

/// Refuses what must not be computed a second time.
fn repeatable(contents: &Contents, id: NodeId) -> Result<()> {
    let node = &contents.nodes[id.index()];
    let own = |edge: &Edge| {
        let fact = contents.nodes[edge.node.index()].fact(edge.output);
        fact.is_some_and(|fact| fact.dtype == DType::Resource)
    };
    let what = match node.op.effects().effect {
        Effect::Random(_) => "it draws random numbers",
        Effect::Writes(_) => "it writes a variable",
        Effect::Flow => {
            return called_by(node).iter().try_for_each(|name| calls::repeatable(&contents.functions, name));
        }
        Effect::Outside | Effect::Takes if node.inputs.iter().any(own) => {
            "it changes a tensor array or a stack"
        }
        _ => return Ok(()),
    };
    let text = format!("its gradient would have to run it again, and {what}");
    Err(Error::new(Code::Unimplemented, text).at(|| contents.describe(node)))
}
