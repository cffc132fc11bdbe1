//! Runs graphs with TensorFlow 1's conditionals and loops: Switch, Merge, Enter, Exit, NextIteration.
//!
//! What flows is a value or dead. A node whose input is dead is not run and its outputs are dead; only Merge takes what
//! is alive. A loop is a frame: its nodes run once a turn, and every turn of every frame has its own copy of what they
//! wait for (Yu et al. 2018, "Dynamic control flow in large-scale machine learning").
//!
//! Of several nodes that could run, those that write variables come last, and otherwise the earlier in the order of the
//! run, so that a reading which no path orders after a write sees the value before it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::error::{Code, Error, Result};
use crate::graph::{Edge, Fact, NodeId};
use crate::lowering::{Flow, Work};
use crate::ops::{Effect, Signature};
use crate::run::reference::{Runner, fed_fact, side};
use crate::run::value::Value;
use crate::value::{Array, DType, PartialShape};

/// What arrives at an input: a value and what is known of it, or nothing any more.
type Token = Option<(Fact, Value)>;

/// A turn of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Turn {
    frame: usize,
    iteration: usize,
}

const OUTERMOST: Turn = Turn { frame: 0, iteration: 0 };

/// A loop that was entered.
struct Frame {
    /// The turn that it was entered in.
    parent: Turn,
    depth: usize,
    /// What every turn sees: by the node that entered it.
    constants: Vec<(NodeId, Token)>,
    /// The last turn that was begun.
    last: usize,
    /// Exits to which only dead values have come so far.
    dead_exits: HashSet<NodeId>,
}

/// What a node of one turn waits for.
struct Waiting {
    inputs: SmallVec<[Token; 3]>,
    arrived: SmallVec<[bool; 3]>,
    /// Inputs and control inputs that have not come.
    left: usize,
    dead: bool,
    /// Of a Merge: whether it is to run, and whether it has.
    merges: bool,
    merged: bool,
}

/// Where a token goes.
#[derive(Clone, Copy)]
enum Port {
    Data { output: u32, input: usize },
    Control,
}

/// What a node is to the executor.
struct Role {
    flow: Option<Flow>,
    writes: bool,
    /// Its place in the order of the run.
    position: usize,
    readers: Vec<(NodeId, Port)>,
    data: usize,
    control: usize,
    /// By input of a Merge: whether it comes from the turn before.
    from_before: SmallVec<[bool; 3]>,
}

struct Executor<'r, 'a, 'w, 's> {
    runner: &'r mut Runner<'a, 'w, 's>,
    roles: HashMap<NodeId, Role>,
    frames: Vec<Frame>,
    entered: HashMap<(Turn, String), usize>,
    waiting: HashMap<(Turn, NodeId), Waiting>,
    /// More than these do not wait at once where loops are put together as they should be: those of a few turns.
    most_waiting: usize,
    ready: BinaryHeap<Reverse<(bool, Turn, usize, NodeId)>>,
    /// Frames with exits to which only dead values have come.
    suspects: Vec<usize>,
    wanted: HashMap<Edge, Option<Token>>,
    fed: HashSet<Edge>,
}

/// The values of `fetches`, after the nodes of `order` have run as far as they are alive.
pub(crate) fn run(
    runner: &mut Runner<'_, '_, '_>,
    fetches: &[Edge],
    feeds: &[(Edge, Value)],
) -> Result<Vec<Value>> {
    let order = &runner.body.order;
    let roles = roles(runner, order, feeds)?;
    let outermost =
        Frame { parent: OUTERMOST, depth: 0, constants: Vec::new(), last: 0, dead_exits: HashSet::default() };
    let mut executor = Executor {
        runner,
        roles,
        frames: vec![outermost],
        entered: HashMap::default(),
        waiting: HashMap::default(),
        most_waiting: 64 * order.len() + 4096,
        ready: BinaryHeap::new(),
        suspects: Vec::new(),
        wanted: fetches.iter().map(|&edge| (edge, None)).collect(),
        fed: feeds.iter().map(|(edge, _)| *edge).collect(),
    };
    for (edge, value) in feeds {
        let fact = fed_fact(value, executor.runner.variables);
        executor.deliver_fed(OUTERMOST, *edge, Some((fact, value.clone())));
    }
    let unprompted: Vec<NodeId> = order
        .iter()
        .copied()
        .filter(|id| executor.roles.get(id).is_some_and(|role| role.data + role.control == 0))
        .collect();
    for id in unprompted {
        executor.make_ready(OUTERMOST, id);
    }
    executor.run_all()?;
    fetches.iter().map(|&edge| executor.fetched(edge)).collect()
}

fn roles(
    runner: &Runner<'_, '_, '_>,
    order: &[NodeId],
    feeds: &[(Edge, Value)],
) -> Result<HashMap<NodeId, Role>> {
    let mut roles: HashMap<NodeId, Role> = HashMap::with_capacity_and_hasher(order.len(), Default::default());
    for (position, &id) in order.iter().enumerate() {
        let node = runner.body.node(id);
        let effect = node.op.effects().effect;
        let flow = match effect {
            Effect::Flow => flow_of(runner, id)?,
            _ => None,
        };
        let from_before = node.inputs.iter().map(|edge| edge.node >= id).collect();
        let role = Role {
            flow,
            writes: matches!(effect, Effect::Writes(_)),
            position,
            readers: Vec::new(),
            data: node.inputs.len(),
            control: 0,
            from_before,
        };
        roles.insert(id, role);
    }
    let fed: HashSet<Edge> = feeds.iter().map(|(edge, _)| *edge).collect();
    // What is fed has readers too, though its node need not run.
    for edge in &fed {
        roles.entry(edge.node).or_insert_with(|| Role {
            flow: None,
            writes: false,
            position: 0,
            readers: Vec::new(),
            data: 1,
            control: 0,
            from_before: SmallVec::new(),
        });
    }
    for &id in order {
        for (input, edge) in runner.body.node(id).inputs.iter().enumerate() {
            if let Some(source) = roles.get_mut(&edge.node) {
                source.readers.push((id, Port::Data { output: edge.output, input }));
            }
        }
        for before in &runner.body.node(id).control_inputs {
            let replaced = fed.iter().any(|edge| edge.node == *before) && !order.contains(before);
            if let Some(source) = roles.get_mut(before).filter(|_| !replaced) {
                source.readers.push((id, Port::Control));
                if let Some(role) = roles.get_mut(&id) {
                    role.control += 1;
                }
            }
        }
    }
    Ok(roles)
}

/// The piece of control flow that a node is, if it is one (and no call of a function).
fn flow_of(runner: &Runner<'_, '_, '_>, id: NodeId) -> Result<Option<Flow>> {
    let node = runner.body.node(id);
    // These lower without looking at their inputs.
    let outputs = node.outputs.clone().unwrap_or_default();
    let lowered = node.op.lower(Signature { inputs: &[], outputs: &outputs });
    match lowered.map_err(|reason| runner.body.at(id, reason.into()))?.work {
        Work::Flow(flow) => Ok(Some(flow)),
        _ => Ok(None),
    }
}

impl Executor<'_, '_, '_, '_> {
    fn run_all(&mut self) -> Result<()> {
        loop {
            while let Some(Reverse((_, turn, _, id))) = self.ready.pop() {
                self.runner.cancellation.check()?;
                self.fire(turn, id)?;
                if self.waiting.len() > self.most_waiting {
                    let text = "in a loop around it, nodes of ever more turns wait for what never comes";
                    let error = Error::new(Code::ResourceExhausted, text);
                    return Err(self.runner.body.at(id, error));
                }
            }
            // Nothing is alive any more in frames that have not exited: their exits are dead. The innermost first, for
            // what they kill may be all that an outer one waits for.
            let frames = &self.frames;
            self.suspects.retain(|&frame| !frames[frame].dead_exits.is_empty());
            self.suspects.sort_unstable_by_key(|&frame| (frames[frame].depth, frame));
            self.suspects.dedup();
            let Some(frame) = self.suspects.pop() else { return Ok(()) };
            let parent = self.frames[frame].parent;
            let mut exits: Vec<NodeId> = self.frames[frame].dead_exits.drain().collect();
            exits.sort_unstable();
            for exit in exits {
                self.announce(parent, exit, &[None]);
            }
        }
    }

    fn make_ready(&mut self, turn: Turn, id: NodeId) {
        let role = &self.roles[&id];
        self.ready.push(Reverse((role.writes, turn, role.position, id)));
    }

    /// A token for one edge: to those who want it and those who read it. What is fed stays as it was fed.
    fn deliver(&mut self, turn: Turn, edge: Edge, token: Token) {
        if !self.fed.contains(&edge) {
            self.deliver_fed(turn, edge, token);
        }
    }

    fn deliver_fed(&mut self, turn: Turn, edge: Edge, token: Token) {
        if let Some(kept) = self.wanted.get_mut(&edge)
            && (token.is_some() || kept.is_none())
        {
            *kept = Some(token.clone());
        }
        let Some(role) = self.roles.get(&edge.node) else { return };
        let readers: SmallVec<[(NodeId, usize); 4]> = role
            .readers
            .iter()
            .filter_map(|&(reader, port)| match port {
                Port::Data { output, input } if output == edge.output => Some((reader, input)),
                _ => None,
            })
            .collect();
        for (reader, input) in readers {
            self.arrive(turn, reader, Some(input), token.clone());
        }
    }

    /// All that a node gives: its outputs, and word to those who wait for it.
    fn announce(&mut self, turn: Turn, id: NodeId, outputs: &[Token]) {
        for (output, token) in outputs.iter().enumerate() {
            self.deliver(turn, Edge { node: id, output: output as u32 }, token.clone());
        }
        // A node that has not run has nothing but dead outputs.
        let alive = outputs.is_empty() || outputs.iter().any(Option::is_some);
        self.announce_control(turn, id, alive);
    }

    fn announce_control(&mut self, turn: Turn, id: NodeId, alive: bool) {
        let Some(role) = self.roles.get(&id) else { return };
        let waiting: SmallVec<[NodeId; 4]> =
            role.readers.iter().filter(|(_, port)| matches!(port, Port::Control)).map(|r| r.0).collect();
        for reader in waiting {
            let word = alive.then(|| (Fact::new(DType::Bool, PartialShape::scalar()), nothing()));
            self.arrive(turn, reader, None, word);
        }
    }

    /// A token comes to input `input` of a node, or word of a control input.
    fn arrive(&mut self, turn: Turn, id: NodeId, input: Option<usize>, token: Token) {
        let role = &self.roles[&id];
        let merge = role.flow == Some(Flow::Merge);
        let waiting = self.waiting.entry((turn, id)).or_insert_with(|| {
            let expected = |&before: &bool| before == (turn.iteration > 0);
            let has_loop = role.from_before.contains(&true);
            let data = match merge && has_loop {
                true => role.from_before.iter().filter(|before| expected(before)).count(),
                false => role.data,
            };
            Waiting {
                inputs: SmallVec::from_elem(None, role.data),
                arrived: SmallVec::from_elem(false, role.data),
                left: data + role.control,
                dead: false,
                merges: false,
                merged: false,
            }
        });
        waiting.left = waiting.left.saturating_sub(1);
        let alive = token.is_some();
        if let Some(input) = input {
            waiting.inputs[input] = token;
            waiting.arrived[input] = true;
        }
        let fires = match merge {
            // The first that is alive, or the last of all that are dead.
            true => !waiting.merges && (alive && input.is_some() || waiting.left == 0),
            false => {
                waiting.dead |= !alive;
                waiting.left == 0
            }
        };
        waiting.merges |= fires;
        if fires {
            self.make_ready(turn, id);
        } else if waiting.merged && waiting.left == 0 {
            self.waiting.remove(&(turn, id));
        }
    }

    /// Runs a node of a turn, or passes on that it is dead.
    fn fire(&mut self, turn: Turn, id: NodeId) -> Result<()> {
        let role = &self.roles[&id];
        let flow = role.flow.clone();
        let outputs = {
            let node = self.runner.body.node(id);
            node.outputs.as_ref().map_or(1, |outputs| outputs.len())
        };
        if flow == Some(Flow::Merge) {
            return self.merge(turn, id);
        }
        let waiting = self.waiting.remove(&(turn, id));
        let dead = waiting.as_ref().is_some_and(|waiting| waiting.dead);
        let mut inputs = waiting.map_or_else(SmallVec::new, |waiting| waiting.inputs);
        if !dead {
            self.read_again(id, &mut inputs)?;
        }
        let first = inputs.first().cloned().flatten();
        match flow {
            Some(Flow::Trigger) => self.announce(turn, id, &[]),
            Some(Flow::Enter { frame, constant }) => {
                self.enter(turn, id, frame, constant, first.filter(|_| !dead));
            }
            Some(Flow::Exit) => match first.filter(|_| !dead) {
                Some(value) => {
                    self.frames[turn.frame].dead_exits.remove(&id);
                    let parent = self.frames[turn.frame].parent;
                    self.announce(parent, id, &[Some(value)]);
                }
                None => {
                    self.frames[turn.frame].dead_exits.insert(id);
                    self.suspects.push(turn.frame);
                }
            },
            Some(Flow::NextIteration) => {
                if let Some(value) = first.filter(|_| !dead) {
                    let next = Turn { iteration: turn.iteration + 1, ..turn };
                    self.begin(next);
                    self.announce(next, id, &[Some(value)]);
                }
            }
            _ if dead => {
                for output in 0..outputs as u32 {
                    self.deliver(turn, Edge { node: id, output }, None);
                }
                self.announce_control(turn, id, false);
            }
            Some(Flow::Switch) => {
                let taken = inputs.get(1).cloned().flatten();
                let Some((_, Value::Array(predicate))) = taken else {
                    return Err(Error::invalid("a Switch takes a truth value as its second input"));
                };
                let mut both: [Token; 2] = [None, None];
                both[usize::from(side(&predicate)?)] = first;
                self.announce(turn, id, &both);
            }
            _ => {
                let (facts, values): (SmallVec<[Fact; 4]>, SmallVec<[Value; 4]>) =
                    inputs.into_iter().flatten().unzip();
                let results = self.runner.node(id, facts, values)?;
                let results: Vec<Token> = results.into_iter().map(Some).collect();
                self.announce(turn, id, &results);
            }
        }
        Ok(())
    }

    /// Reads again what the node comes after a write of.
    fn read_again(&self, id: NodeId, inputs: &mut [Token]) -> Result<()> {
        for &(input, variable) in self.runner.body.late.get(&id).into_iter().flatten() {
            if let Some(Some((_, value))) = inputs.get_mut(input) {
                *value = Value::Array(self.runner.read(variable)?);
            }
        }
        Ok(())
    }

    fn merge(&mut self, turn: Turn, id: NodeId) -> Result<()> {
        let Some(waiting) = self.waiting.get_mut(&(turn, id)) else { return Ok(()) };
        waiting.merged = true;
        let alive = waiting.inputs.iter_mut().enumerate().find_map(|(i, token)| Some((i, token.take()?)));
        if waiting.left == 0 {
            self.waiting.remove(&(turn, id));
        }
        match alive {
            Some((input, value)) => {
                let index = Array::scalar(input as i32);
                let fact = Fact::new(DType::Int32, PartialShape::scalar());
                self.announce(turn, id, &[Some(value), Some((fact, Value::Array(index)))]);
            }
            None => self.announce(turn, id, &[None, None]),
        }
        Ok(())
    }

    fn enter(&mut self, turn: Turn, id: NodeId, name: String, constant: bool, token: Token) {
        let depth = self.frames[turn.frame].depth + 1;
        let frames = &mut self.frames;
        let frame = *self.entered.entry((turn, name)).or_insert_with(|| {
            frames.push(Frame {
                parent: turn,
                depth,
                constants: Vec::new(),
                last: 0,
                dead_exits: HashSet::default(),
            });
            frames.len() - 1
        });
        if constant {
            self.frames[frame].constants.push((id, token.clone()));
        }
        let turns = if constant { self.frames[frame].last } else { 0 };
        for iteration in 0..=turns {
            self.announce(Turn { frame, iteration }, id, std::slice::from_ref(&token));
        }
    }

    /// Begins a turn, if it has not begun: it sees the frame's constants.
    fn begin(&mut self, turn: Turn) {
        if turn.iteration <= self.frames[turn.frame].last {
            return;
        }
        self.frames[turn.frame].last = turn.iteration;
        for (id, token) in self.frames[turn.frame].constants.clone() {
            self.announce(turn, id, &[token]);
        }
    }

    fn fetched(&self, edge: Edge) -> Result<Value> {
        match self.wanted.get(&edge) {
            Some(Some(Some((_, value)))) => Ok(value.clone()),
            Some(Some(None)) | Some(None) => {
                self.runner.body.has(edge)?;
                Err(dead(&self.runner.body.name(edge.node), edge.output))
            }
            None => Err(self.runner.body.missing(edge)),
        }
    }
}

/// What a fetch says that nothing alive came to.
pub(crate) fn dead(name: &str, output: u32) -> Error {
    let message = format!(
        "\"{name}:{output}\" has no value in this run: it is on the side of a conditional that was not taken"
    );
    Error::new(Code::InvalidArgument, message)
}

/// What word of a control input carries.
fn nothing() -> Value {
    Value::Array(Array::scalar(true))
}
