//! Runs a schedule with TensorFlow 1's conditionals and loops. The rules are those of [`frames`](crate::run::frames): what
//! flows is a value or dead, a loop is a frame whose pieces run once a turn, of several pieces that could run those that
//! write come last. An island waits for all that its nodes read, and is dead if any of that is.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::error::{Code, Error, Result};
use crate::graph::NodeId;
use crate::lowering::Flow;
use crate::run::frames::dead;
use crate::run::reference::side;
use crate::run::value::Value;
use crate::value::Array;

use super::Run;
use super::schedule::{PieceWork, Schedule};

/// What arrives: a value, or nothing any more.
type Token = Option<Value>;

/// A turn of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Turn {
    frame: u32,
    iteration: u32,
}

const OUTERMOST: Turn = Turn { frame: 0, iteration: 0 };

/// A loop that was entered.
struct Frame {
    /// The turn that it was entered in.
    parent: Turn,
    depth: usize,
    /// What every turn sees: by the piece that entered it.
    constants: Vec<(usize, Token)>,
    /// The last turn that was begun.
    last: u32,
    /// Exits to which only dead values have come so far.
    dead_exits: Vec<usize>,
}

/// What a piece of one turn waits for. It moves from table to table, so that inputs lie apart.
struct Waiting {
    inputs: Vec<Token>,
    /// Inputs and words that have not come.
    left: usize,
    dead: bool,
    /// Of a Merge: whether it is to run, and whether it has.
    merges: bool,
    merged: bool,
}

struct Turns<'e, 'r, 'a, 's> {
    run: &'r mut Run<'a, 's>,
    schedule: &'e Schedule,
    frames: Vec<Frame>,
    entered: HashMap<(Turn, String), u32, FixedState>,
    waiting: HashMap<(Turn, usize), Waiting, FixedState>,
    /// Inputs that were waited for, empty, to be used again.
    spare: Vec<Vec<Token>>,
    /// More than these do not wait at once where loops are put together as they should be: those of a few turns.
    most_waiting: usize,
    /// Pieces that can run: those that write last, then by turn, then in order.
    ready: BinaryHeap<Reverse<(bool, Turn, usize)>>,
    /// Frames with exits to which only dead values have come.
    suspects: Vec<u32>,
    /// By slot: what came to a fetch.
    fetched: Vec<Option<Token>>,
    is_fetched: Vec<bool>,
}

/// The values fetched, after the pieces have run as far as they are alive.
pub(super) fn run(run: &mut Run<'_, '_>, schedule: &Schedule, feeds: Vec<Value>) -> Result<Vec<Value>> {
    let outermost =
        Frame { parent: OUTERMOST, depth: 0, constants: Vec::new(), last: 0, dead_exits: Vec::new() };
    let mut is_fetched = vec![false; schedule.edges.len()];
    schedule.fetches.iter().for_each(|&slot| is_fetched[slot] = true);
    let mut turns = Turns {
        run,
        schedule,
        frames: vec![outermost],
        entered: HashMap::default(),
        waiting: HashMap::default(),
        spare: Vec::new(),
        most_waiting: 64 * schedule.nodes + 4096,
        ready: BinaryHeap::new(),
        suspects: Vec::new(),
        fetched: vec![None; schedule.edges.len()],
        is_fetched,
    };
    for (slot, value) in feeds.into_iter().enumerate() {
        turns.deliver(OUTERMOST, slot, Some(value));
    }
    for (number, piece) in schedule.pieces.iter().enumerate() {
        if piece.inputs.len() + piece.words == 0 {
            turns.make_ready(OUTERMOST, number);
        }
    }
    turns.run_all()?;
    let fetch = |&slot: &usize| match &turns.fetched[slot] {
        Some(Some(value)) => Ok(value.clone()),
        Some(None) | None => {
            let edge = schedule.edges[slot];
            Err(dead(&schedule.name(edge.node), edge.output))
        }
    };
    schedule.fetches.iter().map(fetch).collect()
}

impl Turns<'_, '_, '_, '_> {
    fn run_all(&mut self) -> Result<()> {
        loop {
            while let Some(Reverse((_, turn, piece))) = self.ready.pop() {
                self.run.cancellation.check()?;
                self.fire(turn, piece)?;
                if self.waiting.len() > self.most_waiting {
                    let text = "in a loop around it, nodes of ever more turns wait for what never comes";
                    return Err(self.at(piece, Error::new(Code::ResourceExhausted, text)));
                }
            }
            // Nothing is alive any more in frames that have not exited: their exits are dead. The innermost first, for
            // what they kill may be all that an outer one waits for.
            let frames = &self.frames;
            self.suspects.retain(|&frame| !frames[frame as usize].dead_exits.is_empty());
            self.suspects.sort_unstable_by_key(|&frame| (frames[frame as usize].depth, frame));
            let Some(frame) = self.suspects.pop() else { return Ok(()) };
            let frame = &mut self.frames[frame as usize];
            let (parent, mut exits) = (frame.parent, std::mem::take(&mut frame.dead_exits));
            exits.sort_unstable();
            for exit in exits {
                self.announce(parent, exit, [None]);
            }
        }
    }

    /// The error, with the first node of the piece.
    fn at(&self, piece: usize, error: Error) -> Error {
        let first = self.schedule.pieces[piece].first;
        self.schedule.at(NodeId(self.schedule.base + first.0), error)
    }

    fn make_ready(&mut self, turn: Turn, piece: usize) {
        self.ready.push(Reverse((self.schedule.pieces[piece].writes, turn, piece)));
    }

    /// A token for one slot: to those who fetch it and those who read it.
    fn deliver(&mut self, turn: Turn, slot: usize, token: Token) {
        if self.is_fetched[slot] {
            let kept = &mut self.fetched[slot];
            if token.is_some() || kept.is_none() {
                *kept = Some(token.clone());
            }
        }
        let schedule = self.schedule;
        if let Some((&(last, input), others)) = schedule.readers[slot].split_last() {
            for &(reader, input) in others {
                self.arrive(turn, reader, Some(input), token.clone());
            }
            // The last gets the value itself: a list that nobody else has can grow where it is.
            self.arrive(turn, last, Some(input), token);
        }
    }

    /// All that a piece gives: its outputs, and word to those who wait for it.
    fn announce(&mut self, turn: Turn, piece: usize, outputs: impl IntoIterator<Item = Token>) {
        let schedule = self.schedule;
        // A piece that has not run has nothing but dead outputs.
        let (mut alive, mut given) = (false, false);
        for (slot, token) in schedule.pieces[piece].outputs.clone().zip(outputs) {
            given = true;
            alive |= token.is_some();
            self.deliver(turn, slot, token);
        }
        self.give_word(turn, piece, alive || !given);
    }

    fn give_word(&mut self, turn: Turn, piece: usize, alive: bool) {
        let schedule = self.schedule;
        for &reader in &schedule.pieces[piece].waiting {
            self.arrive(turn, reader, None, alive.then(|| Value::Object(0)));
        }
    }

    /// A token comes to input `input` of a piece, or word of another piece.
    fn arrive(&mut self, turn: Turn, number: usize, input: Option<usize>, token: Token) {
        let piece = &self.schedule.pieces[number];
        let from_before = match &piece.work {
            PieceWork::Flow(Flow::Merge, from_before) => Some(from_before),
            _ => None,
        };
        let spare = &mut self.spare;
        let waiting = self.waiting.entry((turn, number)).or_insert_with(|| {
            let data = match from_before.filter(|from_before| from_before.contains(&true)) {
                Some(from_before) => {
                    from_before.iter().filter(|&&before| before == (turn.iteration > 0)).count()
                }
                None => piece.inputs.len(),
            };
            let mut inputs = spare.pop().unwrap_or_default();
            inputs.resize(piece.inputs.len(), None);
            Waiting { inputs, left: data + piece.words, dead: false, merges: false, merged: false }
        });
        waiting.left = waiting.left.saturating_sub(1);
        let alive = token.is_some();
        if let Some(input) = input {
            waiting.inputs[input] = token;
        }
        let fires = match from_before {
            // The first that is alive, or the last of all that are dead.
            Some(_) => !waiting.merges && (alive && input.is_some() || waiting.left == 0),
            None => {
                waiting.dead |= !alive;
                waiting.left == 0
            }
        };
        waiting.merges |= fires;
        if fires {
            self.make_ready(turn, number);
        } else if waiting.merged && waiting.left == 0 {
            self.stop_waiting(turn, number);
        }
    }

    /// Runs a piece of a turn, or passes on that it is dead.
    fn fire(&mut self, turn: Turn, number: usize) -> Result<()> {
        let schedule = self.schedule;
        let piece = &schedule.pieces[number];
        if let PieceWork::Flow(Flow::Merge, _) = piece.work {
            self.merge(turn, number);
            return Ok(());
        }
        let waiting = self.waiting.remove(&(turn, number));
        let is_dead = waiting.as_ref().is_some_and(|waiting| waiting.dead);
        let mut inputs = waiting.map_or_else(Vec::new, |waiting| waiting.inputs);
        let PieceWork::Flow(flow, _) = &piece.work else {
            return self.work(turn, number, inputs, is_dead);
        };
        if !is_dead {
            self.run.read_late(schedule, piece, inputs.iter_mut().map(Option::as_mut))?;
        }
        let mut taken = inputs.iter_mut().map(Option::take);
        let (first, second) = (taken.next().flatten().filter(|_| !is_dead), taken.next().flatten());
        self.keep(inputs);
        match flow {
            Flow::Trigger => self.give_word(turn, number, true),
            Flow::Enter { frame, constant } => self.enter(turn, number, frame, *constant, first),
            Flow::Exit => match first {
                Some(value) => {
                    let frame = &mut self.frames[turn.frame as usize];
                    frame.dead_exits.retain(|&exit| exit != number);
                    let parent = frame.parent;
                    self.announce(parent, number, [Some(value)]);
                }
                None => {
                    let exits = &mut self.frames[turn.frame as usize].dead_exits;
                    if !exits.contains(&number) {
                        exits.push(number);
                    }
                    if !self.suspects.contains(&turn.frame) {
                        self.suspects.push(turn.frame);
                    }
                }
            },
            Flow::NextIteration => {
                if let Some(value) = first {
                    let iteration = turn.iteration.checked_add(1).ok_or_else(|| {
                        let text = "the loop has turned more often than turns are counted";
                        self.at(number, Error::new(Code::ResourceExhausted, text))
                    })?;
                    let next = Turn { iteration, ..turn };
                    self.begin(next);
                    self.announce(next, number, [Some(value)]);
                }
            }
            _ if is_dead => self.die(turn, number),
            _ => {
                let Some(Value::Array(predicate)) = second else {
                    return Err(
                        self.at(number, Error::invalid("a Switch takes a truth value as its second input"))
                    );
                };
                let taken = side(&predicate).map_err(|error| self.at(number, error))?;
                let both = if taken { [None, first] } else { [first, None] };
                self.announce(turn, number, both);
            }
        }
        Ok(())
    }

    /// Forgets what a piece of a turn waited for.
    fn stop_waiting(&mut self, turn: Turn, number: usize) {
        if let Some(waiting) = self.waiting.remove(&(turn, number)) {
            self.keep(waiting.inputs);
        }
    }

    /// Keeps room for inputs to be used again.
    fn keep(&mut self, mut inputs: Vec<Token>) {
        inputs.clear();
        self.spare.push(inputs);
    }

    /// Passes on that a piece is dead.
    fn die(&mut self, turn: Turn, number: usize) {
        for slot in self.schedule.pieces[number].outputs.clone() {
            self.deliver(turn, slot, None);
        }
        self.give_word(turn, number, false);
    }

    /// Runs a piece that is not one of control flow.
    fn work(&mut self, turn: Turn, number: usize, mut waited: Vec<Token>, is_dead: bool) -> Result<()> {
        if is_dead {
            self.keep(waited);
            self.die(turn, number);
            return Ok(());
        }
        let (schedule, piece) = (self.schedule, &self.schedule.pieces[number]);
        let mut inputs: SmallVec<[Value; 4]> = waited.drain(..).flatten().collect();
        self.keep(waited);
        let results = self.run.piece(schedule, piece, &mut inputs, self.ends_with(number))?;
        drop(inputs);
        let mut results = results.into_iter();
        for (slot, value) in piece.outputs.clone().zip(results.by_ref()) {
            self.deliver(turn, slot, Some(value));
        }
        self.give_word(turn, number, true);
        Ok(())
    }

    /// Whether nothing comes after this piece, which is about to run, that may fail.
    fn ends_with(&self, number: usize) -> bool {
        let piece = &self.schedule.pieces[number];
        let is_there = |&slot: &usize| matches!(self.fetched[slot], Some(Some(_)));
        self.run.depth == 0
            && piece.writes
            && self.ready.is_empty()
            && piece.waiting.is_empty()
            && piece.outputs.clone().all(|slot| self.schedule.readers[slot].is_empty())
            && self.suspects.iter().all(|&frame| self.frames[frame as usize].dead_exits.is_empty())
            && !self.schedule.fetches_references
            && self.schedule.fetches.iter().all(is_there)
    }

    fn merge(&mut self, turn: Turn, number: usize) {
        let Some(waiting) = self.waiting.get_mut(&(turn, number)) else { return };
        waiting.merged = true;
        let alive = waiting.inputs.iter_mut().enumerate().find_map(|(i, token)| Some((i, token.take()?)));
        if waiting.left == 0 {
            self.stop_waiting(turn, number);
        }
        match alive {
            Some((input, value)) => {
                let schedule = self.schedule;
                let wanted = |slot: usize| self.is_fetched[slot] || !schedule.readers[slot].is_empty();
                let asked = schedule.pieces[number].outputs.clone().nth(1).is_some_and(wanted);
                let index = asked.then(|| Some(Value::Array(Array::scalar(input as i32))));
                self.announce(turn, number, std::iter::once(Some(value)).chain(index));
            }
            None => self.announce(turn, number, [None, None]),
        }
    }

    fn enter(&mut self, turn: Turn, number: usize, name: &str, constant: bool, token: Token) {
        let depth = self.frames[turn.frame as usize].depth + 1;
        let frames = &mut self.frames;
        let frame = *self.entered.entry((turn, name.to_string())).or_insert_with(|| {
            frames.push(Frame {
                parent: turn,
                depth,
                constants: Vec::new(),
                last: 0,
                dead_exits: Vec::new(),
            });
            (frames.len() - 1) as u32
        });
        if constant {
            self.frames[frame as usize].constants.push((number, token.clone()));
        }
        let turns = if constant { self.frames[frame as usize].last } else { 0 };
        for iteration in 0..=turns {
            self.announce(Turn { frame, iteration }, number, [token.clone()]);
        }
    }

    /// Begins a turn, if it has not begun: it sees the frame's constants.
    fn begin(&mut self, turn: Turn) {
        let frame = &mut self.frames[turn.frame as usize];
        if turn.iteration <= frame.last {
            return;
        }
        frame.last = turn.iteration;
        for constant in 0..frame.constants.len() {
            let (number, token) = self.frames[turn.frame as usize].constants[constant].clone();
            self.announce(turn, number, [token]);
        }
    }
}
