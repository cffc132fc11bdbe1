//! What a request consists of when it cannot be planned as a whole: islands of nodes that are planned together, and nodes
//! on their own between them. Made once for a request, or for the body of a function, and kept by the session.

use std::sync::atomic::AtomicBool;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Edge, Fact, Graph, NodeId};
use crate::lowering::{Call, Flow, Work};
use crate::ops::host::HostOp;
use crate::ops::{Effect, Signature};
use crate::run::order::variable_behind;
use crate::run::planned::describe;
use crate::run::{Ordered, check_ops, order};

use super::island::Island;
use super::labels::{self, Labels};
use super::one_node::OneNode;

/// Pieces of work and how values go from one to the other.
pub(crate) struct Schedule {
    pub(super) graph: Graph,
    pub(super) base: u32,
    pub(super) pieces: Vec<Piece>,
    /// Which edge each slot holds the value of. The first are those that are fed.
    pub(super) edges: Vec<Edge>,
    /// Whether somebody reads a slot, or fetches it.
    pub(super) wanted: Vec<bool>,
    pub(super) fetches: Vec<usize>,
    /// By slot: who reads it, and as which input.
    pub(super) readers: Vec<SmallVec<[(usize, usize); 2]>>,
    /// Whether values decide what runs.
    pub(super) has_flow: bool,
    /// Whether a fetch is a reference, which is read at the end and may hold nothing.
    pub(super) fetches_references: bool,
    /// How many nodes there are.
    pub(super) nodes: usize,
    /// Set when it has been found that a node must stand on its own that does not: the next run makes another.
    pub(super) stale: AtomicBool,
}

/// An island, or a node on its own.
pub(super) struct Piece {
    pub(super) work: PieceWork,
    /// The first of its nodes.
    pub(super) first: NodeId,
    pub(super) inputs: Vec<Input>,
    /// How many pieces it waits for without reading anything of them, and which wait so for it.
    pub(super) words: usize,
    pub(super) waiting: Vec<usize>,
    /// Of a call or a piece of control flow: inputs in whose place a variable is read when it runs.
    pub(super) late: Late,
    /// The slots of its outputs.
    pub(super) outputs: std::ops::Range<usize>,
    pub(super) writes: bool,
}

/// Inputs that a node comes after a write of, and the variables, as the session numbers them, to be read in their place.
pub(super) type Late = SmallVec<[(usize, NodeId); 2]>;

/// What a piece of work is.
pub(super) enum PieceWork {
    Node(Box<OneNode>),
    Island(Box<Island>),
    /// A call of functions.
    Call(Call),
    /// A piece of a conditional or loop; of a Merge, which inputs come from the turn before.
    Flow(Flow, SmallVec<[bool; 3]>),
}

/// Where an input comes from.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) slot: usize,
    /// Whether nobody wants it any more, where pieces run in order.
    pub(super) last: bool,
}

/// What a schedule is made for.
pub(super) struct Request<'a> {
    pub(super) order: &'a [NodeId],
    pub(super) late: &'a HashMap<NodeId, SmallVec<[(usize, Edge); 2]>>,
    /// The slot of each edge that is fed.
    pub(super) fed: HashMap<Edge, usize>,
}

impl Schedule {
    /// The schedule for what these fetches and targets need; `alone` are nodes that were found to be unfit for plans.
    pub(crate) fn new(
        graph: &Graph,
        contents: &Contents,
        fetches: &[Edge],
        targets: &[NodeId],
        feeds: &[Edge],
        alone: &HashSet<NodeId>,
        check: bool,
    ) -> Result<Schedule> {
        let cut: HashSet<Edge> = feeds.iter().copied().collect();
        let fetched = fetches.iter().filter(|edge| !cut.contains(edge)).map(|edge| edge.node);
        let targets: Vec<NodeId> = fetched.chain(targets.iter().copied()).collect();
        let Ordered { nodes: order, late } = order(&contents.nodes, &targets, &cut);
        if check {
            check_ops(contents, &order)?;
        }
        let fed = feeds.iter().enumerate().map(|(slot, &edge)| (edge, slot)).collect();
        let request = Request { order: &order, late: &late, fed };
        let mut flow: HashMap<NodeId, Flow> = HashMap::default();
        let mut calls: HashMap<NodeId, Call> = HashMap::default();
        let hard: Vec<bool> = order.iter().map(|&id| is_hard(contents, id, alone)).collect();
        for &id in &order {
            match control(contents, id)? {
                Some(Work::Flow(piece)) => drop(flow.insert(id, piece)),
                Some(Work::Call(call)) => drop(calls.insert(id, call)),
                _ => {}
            }
        }
        let has_flow = !flow.is_empty();
        let labels = match has_flow {
            true => labels::sets(contents, &request, &hard, &flow),
            false => labels::levels(contents, &request, &hard),
        };
        let groups = groups(&request, &hard, &labels);
        let mut builder = Builder {
            contents,
            request: &request,
            group_of: HashMap::with_capacity_and_hasher(order.len(), Default::default()),
            doubtful: doubtful(contents, &request),
            slots: HashMap::default(),
            schedule: Schedule {
                graph: graph.clone(),
                base: contents.base,
                pieces: Vec::with_capacity(groups.len()),
                edges: feeds.to_vec(),
                wanted: vec![false; feeds.len()],
                fetches: Vec::with_capacity(fetches.len()),
                readers: Vec::new(),
                has_flow,
                fetches_references: false,
                nodes: order.len(),
                stale: AtomicBool::new(false),
            },
        };
        builder.slots.extend(feeds.iter().enumerate().map(|(slot, &edge)| (edge, slot)));
        for (number, group) in groups.iter().enumerate() {
            builder.group_of.extend(group.iter().map(|&id| (id, number)));
        }
        builder.place_outputs(&groups, fetches);
        for (number, group) in groups.into_iter().enumerate() {
            let work = match group[..] {
                [id] => match (flow.remove(&id), calls.remove(&id)) {
                    (Some(piece), _) => {
                        let inputs = contents.nodes[id.index()].inputs.iter();
                        PieceWork::Flow(piece, inputs.map(|edge| edge.node >= id).collect())
                    }
                    (_, Some(call)) => PieceWork::Call(call),
                    _ => PieceWork::Node(Box::new(builder.one_node(id))),
                },
                _ => PieceWork::Island(Box::new(builder.island(&group, number)?)),
            };
            builder.connect(work, &group, number)?;
        }
        builder.finish(fetches)
    }
}

impl Schedule {
    /// The error, with the node that the session knows by this number.
    pub(super) fn at(&self, node: NodeId, error: Error) -> Error {
        match error.node() {
            Some(_) => error,
            None => describe(&self.graph.read(), node, error),
        }
    }

    /// That a node has no such output.
    pub(super) fn missing(&self, edge: Edge) -> Error {
        missing(&self.graph.read(), edge)
    }

    /// The name of a node.
    pub(super) fn name(&self, id: NodeId) -> String {
        self.graph.node(id).map_or_else(String::new, |node| node.name.to_string())
    }
}

fn missing(contents: &Contents, edge: Edge) -> Error {
    let name = &contents.nodes[edge.node.index()].name;
    Error::new(Code::NotFound, format!("\"{name}\" has no output {}", edge.output))
}

/// The control flow that a node is: a piece of it or a call.
fn control(contents: &Contents, id: NodeId) -> Result<Option<Work>> {
    let node = &contents.nodes[id.index()];
    if node.op.effects().effect != Effect::Flow {
        return Ok(None);
    }
    // These lower without looking at their inputs.
    let outputs = node.outputs.clone().unwrap_or_default();
    let lowered = node.op.lower(Signature { inputs: &[], outputs: &outputs });
    Ok(Some(lowered.map_err(|reason| Error::from(reason).at(|| contents.describe(node)))?.work))
}

/// Whether no plan can hold the node, as far as the node shows it.
fn is_hard(contents: &Contents, id: NodeId, alone: &HashSet<NodeId>) -> bool {
    let node = &contents.nodes[id.index()];
    let inputs = node.inputs.iter().map(|edge| contents.nodes[edge.node.index()].fact(edge.output));
    let of_numbers = |fact: &Fact| fact.dtype.size().is_some();
    node.op.effects().effect == Effect::Flow
        || node.op.downcast::<HostOp>().is_some()
        || alone.contains(&contents.global(id))
        || !inputs.into_iter().all(|fact| fact.is_some_and(of_numbers))
        || !node.outputs.as_ref().is_some_and(|outputs| outputs.iter().all(of_numbers))
}

/// The nodes of each piece, in an order in which pieces may run.
fn groups(request: &Request<'_>, hard: &[bool], labels: &Labels) -> Vec<Vec<NodeId>> {
    let (labels, by_level) = match labels {
        Labels::Levels(labels) => (labels, true),
        Labels::Sets(labels) => (labels, false),
        Labels::Apart => return request.order.iter().map(|&id| vec![id]).collect(),
    };
    let mut groups: Vec<(usize, bool, Vec<NodeId>)> = Vec::new();
    let mut of_label: HashMap<usize, usize> = HashMap::default();
    for ((&id, &hard), &label) in request.order.iter().zip(hard).zip(labels) {
        let new = groups.len();
        let group = if hard { new } else { *of_label.entry(label).or_insert(new) };
        if group == new {
            groups.push((label, hard, Vec::new()));
        }
        groups[group].2.push(id);
    }
    if by_level {
        groups.sort_by_key(|&(level, hard, _)| (level, hard));
    }
    groups.into_iter().map(|(.., group)| group).collect()
}

/// The nodes that come after something fed whose value the graph knows otherwise: of their values it knows nothing.
fn doubtful(contents: &Contents, request: &Request<'_>) -> HashSet<NodeId> {
    let told = |edge: &Edge| {
        let fact = contents.nodes[edge.node.index()].fact(edge.output);
        fact.is_some_and(|fact| fact.value.is_some() || fact.elements.is_some())
    };
    let mut doubtful: HashSet<NodeId> = HashSet::default();
    for &id in request.order {
        let inputs = &contents.nodes[id.index()].inputs;
        let fed = |edge: &Edge| request.is_fed(edge) && told(edge);
        if inputs.iter().any(|edge| fed(edge) || doubtful.contains(&edge.node)) {
            doubtful.insert(id);
        }
    }
    doubtful
}

/// Makes the pieces of a schedule.
pub(super) struct Builder<'a> {
    pub(super) contents: &'a Contents,
    pub(super) request: &'a Request<'a>,
    pub(super) group_of: HashMap<NodeId, usize>,
    /// Nodes of whose values the graph knows nothing in this run.
    doubtful: HashSet<NodeId>,
    slots: HashMap<Edge, usize>,
    pub(super) schedule: Schedule,
}

impl Builder<'_> {
    /// Gives a slot to every output that another piece reads, or a fetch; of nodes on their own, to all.
    fn place_outputs(&mut self, groups: &[Vec<NodeId>], fetches: &[Edge]) {
        let nodes = &self.contents.nodes;
        let mut wanted: HashSet<Edge> = fetches.iter().copied().collect();
        for &id in self.request.order {
            for &edge in nodes[id.index()].inputs.iter() {
                if self.group_of.get(&edge.node) != self.group_of.get(&id) {
                    wanted.insert(edge);
                }
            }
        }
        for group in groups {
            let begin = self.schedule.edges.len();
            for &id in group {
                let outputs = nodes[id.index()].outputs.as_ref().map_or(1, |outputs| outputs.len() as u32);
                for output in 0..outputs {
                    let edge = Edge { node: id, output };
                    let wanted = wanted.contains(&edge) && !self.request.is_fed(&edge);
                    if group.len() == 1 || wanted {
                        self.slots.entry(edge).or_insert(self.schedule.edges.len());
                        self.schedule.edges.push(edge);
                        self.schedule.wanted.push(wanted);
                    }
                }
            }
            let outputs = begin..self.schedule.edges.len();
            self.schedule.pieces.push(Piece {
                work: PieceWork::Flow(Flow::Trigger, SmallVec::new()),
                first: group[0],
                inputs: Vec::new(),
                words: 0,
                waiting: Vec::new(),
                late: Late::new(),
                outputs,
                writes: false,
            });
        }
        self.schedule.readers = vec![SmallVec::new(); self.schedule.edges.len()];
    }

    /// What is known of an edge, whatever the run is fed.
    pub(super) fn fact(&self, edge: Edge) -> Option<Fact> {
        let fact = self.contents.nodes[edge.node.index()].fact(edge.output)?.clone();
        let doubtful = self.request.is_fed(&edge) || self.doubtful.contains(&edge.node);
        Some(if doubtful { Fact { value: None, elements: None, ..fact } } else { fact })
    }

    /// The slots of the outputs of a piece.
    pub(super) fn outputs(&self, number: usize) -> &[Edge] {
        &self.schedule.edges[self.schedule.pieces[number].outputs.clone()]
    }

    /// The slot of an edge that another piece gives.
    pub(super) fn slot(&self, edge: Edge) -> Result<usize> {
        self.slots.get(&edge).copied().ok_or_else(|| missing(self.contents, edge))
    }

    /// The edges that a piece of these nodes reads from outside: of a node on its own, all its inputs in order.
    pub(super) fn outside_reads(&self, group: &[NodeId], number: usize) -> Vec<Edge> {
        let nodes = &self.contents.nodes;
        if let [id] = group {
            return nodes[id.index()].inputs.to_vec();
        }
        let mut seen = HashSet::default();
        let all = group.iter().flat_map(|id| nodes[id.index()].inputs.iter().copied());
        let outside =
            |edge: &Edge| self.request.is_fed(edge) || self.group_of.get(&edge.node) != Some(&number);
        all.filter(outside).filter(|edge| seen.insert(*edge)).collect()
    }

    /// Fills in a piece, and tells those that it reads or waits for.
    fn connect(&mut self, work: PieceWork, group: &[NodeId], number: usize) -> Result<()> {
        let nodes = &self.contents.nodes;
        let mut inputs = Vec::new();
        for (input, edge) in self.outside_reads(group, number).into_iter().enumerate() {
            let slot = self.slot(edge)?;
            self.schedule.readers[slot].push((number, input));
            self.schedule.wanted[slot] = true;
            inputs.push(Input { slot, last: false });
        }
        let before = group.iter().flat_map(|id| nodes[id.index()].control_inputs.iter());
        let mut before: Vec<usize> =
            before.filter_map(|id| self.group_of.get(id).copied()).filter(|&other| other != number).collect();
        before.sort_unstable();
        before.dedup();
        for &other in &before {
            self.schedule.pieces[other].waiting.push(number);
        }
        let writes = |id: &NodeId| matches!(nodes[id.index()].op.effects().effect, Effect::Writes(_));
        let late = match work {
            PieceWork::Flow(..) | PieceWork::Call(_) => self.late(group[0]),
            PieceWork::Node(_) | PieceWork::Island(_) => Late::new(),
        };
        let piece = &mut self.schedule.pieces[number];
        (piece.work, piece.inputs, piece.words) = (work, inputs, before.len());
        piece.late = late;
        piece.writes = group.iter().any(writes);
        Ok(())
    }

    /// What the node reads late.
    pub(super) fn late(&self, id: NodeId) -> Late {
        let variable = |&(input, reference): &(usize, Edge)| {
            Some((input, self.contents.kept_under(variable_behind(&self.contents.nodes, reference)?)))
        };
        self.request.late.get(&id).into_iter().flatten().filter_map(variable).collect()
    }

    fn finish(mut self, fetches: &[Edge]) -> Result<Schedule> {
        for &edge in fetches {
            let slot = self.slot(edge)?;
            self.schedule.wanted[slot] = true;
            self.schedule.fetches.push(slot);
            self.schedule.fetches_references |= self.fact(edge).is_some_and(|fact| fact.reference);
        }
        let mut schedule = self.schedule;
        let mut wanted: Vec<bool> = vec![false; schedule.edges.len()];
        schedule.fetches.iter().for_each(|&slot| wanted[slot] = true);
        for piece in schedule.pieces.iter_mut().rev() {
            for input in piece.inputs.iter_mut().rev() {
                input.last = !std::mem::replace(&mut wanted[input.slot], true);
            }
        }
        Ok(schedule)
    }
}
