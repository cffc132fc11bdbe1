//! Nodes that are planned together: for the types and shapes of what comes from outside, and for its values where those
//! decide shapes. What comes in too many shapes runs node by node.

use std::sync::{Arc, Mutex};

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::compile::{Part, Unplanned, compile_part, shapes_are_known};
use crate::error::{Error, Result};
use crate::graph::{Edge, Fact, NodeId};
use crate::ops::Effect;
use crate::run::order::variable_behind;
use crate::run::planned::{self, Entry, Memory};
use crate::run::value::Value;
use crate::value::Array;

use super::Run;
use super::one_node::OneNode;
use super::schedule::{Builder, Schedule};
use super::seen::{Seen, SeenAll};

/// For more kinds of inputs than these there are no plans.
const MOST: usize = 4;

/// Nodes that are planned together.
pub(super) struct Island {
    nodes: Vec<NodeId>,
    late: HashMap<NodeId, SmallVec<[(usize, Edge); 2]>>,
    /// References that are read late and come from outside.
    late_references: Vec<(Edge, NodeId, Fact)>,
    /// By input: the edge that it is, and what is known of it whatever comes.
    inputs: Vec<(Edge, Option<Fact>)>,
    /// Variables whose shape the graph leaves open.
    open: Vec<NodeId>,
    exports: Vec<Export>,
    fetches: Vec<Edge>,
    /// Whether a plan has anything to do.
    works: bool,
    members: Vec<Member>,
    plans: Mutex<Plans>,
}

/// What an output is.
enum Export {
    /// What the plan computes for this fetch.
    Fetch(usize),
    Constant(Array),
    Variable(NodeId),
    /// The reference that came as this input.
    Input(usize),
}

/// A node of the island, and where its inputs come from.
struct Member {
    id: NodeId,
    node: OneNode,
    inputs: SmallVec<[From; 3]>,
}

#[derive(Clone, Copy)]
enum From {
    Outside(usize),
    /// An output of a member.
    Member(usize, usize),
}

#[derive(Default)]
struct Plans {
    known: Vec<(SeenAll, SeenAll, Arc<Entry>)>,
    node_by_node: bool,
}

impl Builder<'_> {
    /// The nodes of a piece as an island.
    pub(super) fn island(&self, group: &[NodeId], number: usize) -> Result<Island> {
        let nodes = &self.contents.nodes;
        let inputs = self.outside_reads(group, number);
        let place: HashMap<NodeId, usize> = group.iter().enumerate().map(|(i, &id)| (id, i)).collect();
        let outside: HashMap<Edge, usize> = inputs.iter().enumerate().map(|(i, &edge)| (edge, i)).collect();
        let from = |edge: &Edge| match outside.get(edge) {
            Some(&input) => From::Outside(input),
            None => From::Member(place[&edge.node], edge.output as usize),
        };
        let member = |&id: &NodeId| Member {
            id,
            node: self.one_node(id),
            inputs: nodes[id.index()].inputs.iter().map(from).collect(),
        };
        let own_late = |id: &NodeId| Some((*id, self.request.late.get(id)?.clone()));
        let late: HashMap<_, _> = group.iter().filter_map(own_late).collect();
        let mut late_references: Vec<(Edge, NodeId, Fact)> = Vec::new();
        for &(_, edge) in late.values().flatten() {
            let elsewhere = !place.contains_key(&edge.node) && !outside.contains_key(&edge);
            if let (true, Some(variable), Some(fact)) =
                (elsewhere, variable_behind(nodes, edge), nodes[edge.node.index()].fact(edge.output))
                && !late_references.iter().any(|(known, ..)| *known == edge)
            {
                late_references.push((edge, self.contents.kept_under(variable), fact.clone()));
            }
        }
        let mut fetches = Vec::new();
        let mut exports = Vec::new();
        for &edge in self.outputs(number) {
            exports.push(match self.fact(edge) {
                Some(fact) if fact.reference => self.reference(edge, &place, &outside)?,
                Some(Fact { value: Some(value), .. }) => Export::Constant(value),
                _ => {
                    fetches.push(edge);
                    Export::Fetch(fetches.len() - 1)
                }
            });
        }
        let acts = |id: &NodeId| {
            let effects = nodes[id.index()].op.effects();
            effects.can_fail || !matches!(effects.effect, Effect::Pure | Effect::Reads)
        };
        let placeholder = |id: &NodeId| nodes[id.index()].op.name() == "Placeholder";
        let open = |id: &&NodeId| {
            let variable = |fact: &Fact| fact.reference && fact.shape.known().is_none();
            nodes[id.index()].inputs.is_empty() && nodes[id.index()].fact(0).is_some_and(variable)
        };
        let open_late = late_references.iter().filter(|(.., fact)| fact.shape.known().is_none());
        Ok(Island {
            nodes: group.to_vec(),
            open: group
                .iter()
                .filter(open)
                .map(|&id| self.contents.kept_under(id))
                .chain(open_late.map(|(_, variable, _)| *variable))
                .collect(),
            late,
            late_references,
            inputs: inputs.iter().map(|&edge| (edge, self.fact(edge))).collect(),
            exports,
            works: !fetches.is_empty() || group.iter().any(|id| acts(id) || placeholder(id)),
            fetches,
            members: group.iter().map(member).collect(),
            plans: Mutex::default(),
        })
    }

    /// What an output is that is a reference.
    fn reference(
        &self,
        mut edge: Edge,
        place: &HashMap<NodeId, usize>,
        outside: &HashMap<Edge, usize>,
    ) -> Result<Export> {
        let nodes = &self.contents.nodes;
        loop {
            if let Some(&input) = outside.get(&edge) {
                return Ok(Export::Input(input));
            }
            // An op with a reference output passes on that of its first input.
            match nodes[edge.node.index()].inputs.first() {
                Some(&before) if place.contains_key(&edge.node) => edge = before,
                _ => return Ok(Export::Variable(self.contents.kept_under(edge.node))),
            }
        }
    }
}

impl Run<'_, '_> {
    /// Runs an island on these inputs. Where nothing comes after that may fail, it is the `last`.
    pub(super) fn island(
        &mut self,
        schedule: &Schedule,
        island: &Island,
        inputs: &[Value],
        last: bool,
    ) -> Result<SmallVec<[Value; 2]>> {
        if !island.works {
            return Ok(island.exports.iter().map(|export| island.passed(export, inputs)).collect());
        }
        match self.plan(schedule, island, inputs)? {
            Some(entry) => self.run_plan(schedule, island, &entry, inputs, last),
            None => self.node_by_node(schedule, island, inputs),
        }
    }

    /// The plan for these inputs, if there is one.
    fn plan(&mut self, schedule: &Schedule, island: &Island, inputs: &[Value]) -> Result<Option<Arc<Entry>>> {
        let variables = &*self.variables;
        let lock = || island.plans.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let open: SmallVec<[Value; 4]> = island.open.iter().map(|&node| Value::Reference(node)).collect();
        let fit = |all: &SeenAll, values: &[Value]| {
            all.iter().zip(values).all(|(seen, value)| seen.fits(value, variables))
        };
        let plans = lock();
        if plans.node_by_node {
            return Ok(None);
        }
        if let Some((.., entry)) =
            plans.known.iter().find(|(seen, own, _)| fit(seen, inputs) && fit(own, &open))
        {
            return Ok(Some(entry.clone()));
        }
        let full = plans.known.len() >= MOST;
        drop(plans);
        if full {
            *lock() = Plans { node_by_node: true, ..Plans::default() };
            return Ok(None);
        }
        let contents = schedule.graph.read();
        let own: SeenAll = open.iter().map(|value| Seen::of(value, variables, false)).collect();
        let plain: SeenAll = inputs.iter().map(|value| Seen::of(value, variables, false)).collect();
        let exact: SeenAll = inputs.iter().map(|value| Seen::of(value, variables, true)).collect();
        let mut state = variables.state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut compile =
            |seen: &SeenAll| island.part(seen, |part| compile_part(&contents, part, &mut state));
        let mut outcome = compile(&plain);
        let mut seen = plain.clone();
        if let Err(Unplanned::Dynamic(_)) = outcome {
            // Perhaps values decide shapes: of those that may, only those that do.
            seen = exact;
            outcome = compile(&seen);
            if outcome.is_ok() {
                for input in 0..seen.len() {
                    let with = std::mem::replace(&mut seen[input], plain[input].clone());
                    let known = |part: &Part<'_>| shapes_are_known(&contents, part, &state);
                    if !island.part(&seen, known) {
                        seen[input] = with;
                    }
                }
                let part = |part: &Part<'_>| compile_part(&contents, part, &mut state);
                outcome = island.part(&seen, part);
            }
        }
        drop(state);
        match outcome {
            Ok(plan) => {
                let entry = Arc::new(Entry::new(plan));
                lock().known.push((seen, own, entry.clone()));
                Ok(Some(entry))
            }
            Err(Unplanned::Error(error)) => Err(error),
            Err(Unplanned::Dynamic(shown)) => {
                let shown: Vec<NodeId> = shown.into_iter().map(|id| contents.global(id)).collect();
                drop(contents);
                lock().node_by_node = true;
                self.schedules.stand_alone(schedule, &shown);
                Ok(None)
            }
        }
    }

    fn run_plan(
        &mut self,
        schedule: &Schedule,
        island: &Island,
        entry: &Entry,
        inputs: &[Value],
        last: bool,
    ) -> Result<SmallVec<[Value; 2]>> {
        let plan = &entry.plan;
        let state = self.variables.state;
        let mut memory = match entry.memory() {
            Some(memory) => memory,
            None => {
                let mut state = state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                Memory::new(plan, &mut state)?
            }
        };
        let mut bytes: SmallVec<[&[u8]; 8]> = SmallVec::new();
        for (value, (_, known)) in inputs.iter().zip(&island.inputs) {
            if let Value::Array(array) = value
                && !is_constant(known)
            {
                bytes.push(array.bytes()?);
            }
        }
        let describe = |node: NodeId, error: Error| planned::describe(&schedule.graph.read(), node, error);
        let written = (!last).then_some(&mut self.variables.written);
        let outcome = match &mut *self.trace {
            None => planned::run(plan, &mut memory, state, self.context, &bytes, &describe, written),
            Some(trace) => {
                let (began, mut timings) = (trace.now(), Vec::with_capacity(plan.program.len()));
                let outcome = planned::run_timed(
                    plan,
                    &mut memory,
                    state,
                    self.context,
                    &bytes,
                    &describe,
                    written,
                    Some(&mut timings),
                );
                trace.plan(&schedule.graph, plan, began, &timings);
                outcome
            }
        };
        let results = outcome.and_then(|()| {
            let fetched = memory.results(plan)?;
            let output = |export: &Export| match export {
                Export::Fetch(fetch) => Value::Array(fetched[*fetch].clone()),
                other => island.passed(other, inputs),
            };
            Ok(island.exports.iter().map(output).collect())
        });
        entry.give_back(memory);
        results
    }

    /// Runs the nodes one after the other.
    fn node_by_node(
        &mut self,
        schedule: &Schedule,
        island: &Island,
        inputs: &[Value],
    ) -> Result<SmallVec<[Value; 2]>> {
        let mut values: Vec<SmallVec<[Value; 2]>> = Vec::with_capacity(island.members.len());
        for member in &island.members {
            self.cancellation.check()?;
            let input = |from: &From| match *from {
                From::Outside(input) => Ok(inputs[input].clone()),
                From::Member(at, output) => {
                    let edge = Edge { node: island.members[at].id, output: output as u32 };
                    values[at].get(output).cloned().ok_or_else(|| schedule.missing(edge))
                }
            };
            let mut own: SmallVec<[Value; 4]> = member.inputs.iter().map(input).collect::<Result<_>>()?;
            let outputs = self.one_node(schedule, &member.node, &mut own);
            values.push(outputs.map_err(|error| schedule.at(member.node.own, error))?);
        }
        let place = |edge: &Edge| island.members.iter().position(|member| member.id == edge.node);
        let output = |export: &Export| match export {
            Export::Fetch(fetch) => {
                let edge = island.fetches[*fetch];
                let found = place(&edge).and_then(|at| values[at].get(edge.output as usize));
                found.cloned().ok_or_else(|| schedule.missing(edge))
            }
            other => Ok(island.passed(other, inputs)),
        };
        island.exports.iter().map(output).collect()
    }
}

impl Island {
    /// An output that no plan computes.
    fn passed(&self, export: &Export, inputs: &[Value]) -> Value {
        match export {
            Export::Constant(value) => Value::Array(value.clone()),
            Export::Variable(variable) => Value::Reference(*variable),
            Export::Input(input) => inputs[*input].clone(),
            Export::Fetch(_) => Value::Array(Array::scalar(false)),
        }
    }

    /// The island as the compiler gets it, for inputs of which this was seen.
    fn part<R>(&self, seen: &SeenAll, work: impl FnOnce(&Part<'_>) -> R) -> R {
        let mut feeds: Vec<(Edge, Fact)> = Vec::new();
        let mut references = self.late_references.clone();
        let mut constants: Vec<(Edge, Array)> = Vec::new();
        for (seen, (edge, known)) in seen.iter().zip(&self.inputs) {
            match (seen, known) {
                (_, Some(Fact { value: Some(value), reference: false, .. })) => {
                    constants.push((*edge, value.clone()));
                }
                (Seen::Variable(variable, _), _) => {
                    references.push((*edge, *variable, seen.fact(known.as_ref())));
                }
                _ => feeds.push((*edge, seen.fact(None))),
            }
        }
        work(&Part {
            order: &self.nodes,
            late: &self.late,
            feeds: &feeds,
            references: &references,
            constants: &constants,
            fetches: &self.fetches,
        })
    }
}

/// Whether the graph knows the value, so that it is in the plan.
fn is_constant(known: &Option<Fact>) -> bool {
    known.as_ref().is_some_and(|fact| fact.value.is_some() && !fact.reference)
}
