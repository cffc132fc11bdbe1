//! Running a compiled plan on the variables of a session.

use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use tenseur_kernels::{Buffer, Context, Memories, MemoryTable, RunError};

use crate::compile::{ARENA, FetchPlace, Plan};
use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Contents, NodeId};
use crate::run::variables::Written;
use crate::run::{State, first_position};
use crate::value::{Array, ArrayView};

/// A plan, and memory for its runs.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) plan: Plan,
    /// Memories that no run is using.
    idle: Mutex<Vec<Memory>>,
}

impl Entry {
    /// A plan that has not run.
    pub(crate) fn new(plan: Plan) -> Entry {
        Entry { plan, idle: Mutex::default() }
    }

    /// Memory that an earlier run has left, if there is any.
    pub(crate) fn memory(&self) -> Option<Memory> {
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop()
    }

    /// Leaves memory for a later run.
    pub(crate) fn give_back(&self, memory: Memory) {
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(memory);
    }
}

/// The memory of one run of a plan, to be used again for the next.
#[derive(Debug)]
pub(crate) struct Memory {
    arena: Buffer,
    table: MemoryTable,
    /// Each state slot's cell in the session, in ascending order.
    cells: Vec<usize>,
    /// Memory for each of the plan's `outputs`; empty where a run's results have taken it.
    outputs: Vec<Buffer>,
}

impl Memory {
    /// Memory for `plan`, run on `state`.
    ///
    /// # Errors
    /// ResourceExhausted, if there is none.
    pub(crate) fn new(plan: &Plan, state: &mut State) -> Result<Memory> {
        let cells: Vec<usize> = plan.states.iter().map(|slot| state.cell(slot.node)).collect();
        debug_assert!(cells.is_sorted(), "a plan's states are in the order of their cells");
        let outputs = plan.outputs.iter().map(|&bytes| zeroed(bytes)).collect::<Result<_>>()?;
        Ok(Memory { arena: zeroed(plan.arena_bytes)?, table: MemoryTable::new(), cells, outputs })
    }

    /// The result of fetch `index` of the last run.
    pub(crate) fn view<'a>(&'a self, plan: &'a Plan, index: usize) -> ArrayView<'a> {
        let FetchPlace { dtype, shape, place } = &plan.fetches[index];
        // The compiler lets every fetch live in one of these.
        let slot = match plan.output(place) {
            Some(output) => self.outputs[output].bytes(),
            None if place.slot == ARENA => self.arena.bytes(),
            None => plan.constants.bytes(),
        };
        ArrayView { dtype: *dtype, shape, bytes: &slot[place.offset..place.offset + place.bytes] }
    }

    /// The results of all fetches of the last run. Large ones are handed over with their memory, and no longer here.
    ///
    /// # Errors
    /// ResourceExhausted, if there is no memory for a copy of the others.
    pub(crate) fn results(&mut self, plan: &Plan) -> Result<Vec<Array>> {
        let outputs: Vec<Arc<Buffer>> =
            self.outputs.iter_mut().map(|output| Arc::new(std::mem::take(output))).collect();
        let result = |(index, fetch): (usize, &FetchPlace)| match plan.output(&fetch.place) {
            Some(output) => {
                Ok(Array::from_buffer(fetch.dtype, fetch.shape.clone(), Arc::clone(&outputs[output])))
            }
            None => self.view(plan, index).to_array(),
        };
        plan.fetches.iter().enumerate().map(result).collect()
    }

    /// Makes room again for what earlier results have taken.
    fn make_room(&mut self, plan: &Plan) -> Result<()> {
        for (output, &bytes) in self.outputs.iter_mut().zip(&plan.outputs) {
            if output.is_empty() {
                *output = zeroed(bytes)?;
            }
        }
        Ok(())
    }
}

fn zeroed(bytes: usize) -> Result<Buffer> {
    Buffer::try_zeroed(bytes).ok_or_else(|| {
        Error::new(
            Code::ResourceExhausted,
            format!("the run takes {bytes} bytes of memory, and there are not so many"),
        )
    })
}

/// Runs a plan once on the session's `state`, with the bytes of each feed. A run that fails leaves every
/// variable as it was. Where more is to come that may fail, `written` gets what the plan has written over.
pub(crate) fn run(
    plan: &Plan,
    memory: &mut Memory,
    state: &RwLock<State>,
    context: &Context,
    feeds: &[&[u8]],
    describe: &dyn Fn(NodeId, Error) -> Error,
    written: Option<&mut Written>,
) -> Result<()> {
    run_timed(plan, memory, state, context, feeds, describe, written, None)
}

/// Runs a plan that [ran](run_timed) before, with the same feeds, so many times in a row: its memory is found once for all.
/// That is not for plans that [fail after writing](Plan::fails_after_writing), which keep what each run would put back.
///
/// # Errors
/// What a run fails with. Runs before it have been made.
pub(crate) fn run_again(
    plan: &Plan,
    memory: &mut Memory,
    state: &RwLock<State>,
    context: &Context,
    feeds: &[&[u8]],
    describe: &dyn Fn(NodeId, Error) -> Error,
    times: usize,
) -> Result<()> {
    memory.make_room(plan)?;
    let mut none = State::default();
    let mut state = match plan.states.is_empty() {
        true => None,
        false => Some(state.write().unwrap_or_else(|poisoned| poisoned.into_inner())),
    };
    let cells = state.as_deref_mut().unwrap_or(&mut none);
    let outcome = prepare(plan, memory, cells, &mut Vec::new()).and_then(|()| {
        let runs =
            |places: &mut Memories<'_, '_>| (0..times).try_for_each(|_| plan.program.run(context, places));
        with_places(plan, memory, cells, feeds, runs).map_err(|error| failed(plan, error))
    });
    drop(state);
    outcome.map_err(|failed| failed.described(describe))
}

/// When a step began, since the first did, and how long it took.
pub(crate) type Timing = (Duration, Duration);

/// As [`run`]; `timings` gets each step's.
#[allow(clippy::too_many_arguments)] // Those of a run, and one more.
pub(crate) fn run_timed(
    plan: &Plan,
    memory: &mut Memory,
    state: &RwLock<State>,
    context: &Context,
    feeds: &[&[u8]],
    describe: &dyn Fn(NodeId, Error) -> Error,
    mut written: Option<&mut Written>,
    timings: Option<&mut Vec<Timing>>,
) -> Result<()> {
    let described = |failed: Failed| failed.described(describe);
    memory.make_room(plan)?;
    let mut before: Vec<(usize, Option<Array>)> = Vec::new();
    if plan.states.is_empty() {
        let mut none = State::default();
        let outcome = prepare_and_run(plan, memory, &mut none, context, feeds, &mut before, timings);
        return outcome.map_err(described);
    }
    let mut state = state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(written) = &mut written {
        let cells = plan.states.iter().zip(&memory.cells).filter(|(slot, _)| slot.written);
        cells.for_each(|(_, &cell)| written.note(&state, cell));
    }
    let outcome = prepare_and_run(plan, memory, &mut state, context, feeds, &mut before, timings);
    if outcome.is_err() {
        // The earliest record of a cell is put back last.
        for (cell, value) in before.into_iter().rev() {
            state.set_at(cell, value);
        }
    }
    if let Some(written) = written {
        let cells = plan.states.iter().zip(&memory.cells).filter(|(slot, _)| slot.written);
        cells.for_each(|(_, &cell)| written.wrote(&state, cell));
    }
    // Who describes looks at the graph, which comes before the variables where both are held.
    drop(state);
    outcome.map_err(described)
}

/// Why a plan failed, and at which node.
struct Failed {
    node: Option<NodeId>,
    error: Error,
}

impl Failed {
    fn described(self, describe: &dyn Fn(NodeId, Error) -> Error) -> Error {
        match self.node {
            Some(node) => describe(node, self.error),
            None => self.error,
        }
    }
}

/// What a program's failure is a failure of.
fn failed(plan: &Plan, error: RunError) -> Failed {
    match error {
        RunError::Step(step) => {
            Failed { node: Some(plan.origins[step.step]), error: Reason::from(step.error).into() }
        }
        RunError::Memory(text) => Error::new(Code::Internal, text).into(),
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { node: None, error }
    }
}

/// Runs a plan; `before` gets what the cells held that are changed, as far as a failing run has to put it back.
fn prepare_and_run(
    plan: &Plan,
    memory: &mut Memory,
    state: &mut State,
    context: &Context,
    feeds: &[&[u8]],
    before: &mut Vec<(usize, Option<Array>)>,
    timings: Option<&mut Vec<Timing>>,
) -> std::result::Result<(), Failed> {
    prepare(plan, memory, state, before)?;
    if plan.fails_after_writing {
        // Clones share their data until the run writes it, so this costs a copy only of what is written.
        let written = plan.states.iter().zip(&memory.cells).filter(|(slot, _)| slot.written);
        before.extend(written.map(|(_, &cell)| (cell, state.at(cell).cloned())));
    }
    let run = |places: &mut Memories<'_, '_>| {
        let Some(timings) = timings else { return plan.program.run(context, places) };
        let mut bound = plan.program.bind(places).map_err(RunError::Memory)?;
        let start = Instant::now();
        for step in 0..plan.program.len() {
            let began = start.elapsed();
            bound.run_steps(context, step..step + 1).map_err(RunError::Step)?;
            timings.push((began, start.elapsed() - began));
        }
        Ok(())
    };
    with_places(plan, memory, state, feeds, run).map_err(|error| failed(plan, error))
}

/// Makes sure that every cell holds what the plan reads, and has room for what it writes. Cells that are made ready
/// are recorded in `before` with what they held.
fn prepare(
    plan: &Plan,
    memory: &Memory,
    state: &mut State,
    before: &mut Vec<(usize, Option<Array>)>,
) -> std::result::Result<(), Failed> {
    for (slot, &cell) in plan.states.iter().zip(&memory.cells) {
        let fits = |value: &Array| value.shape() == &slot.shape && value.dtype() == slot.dtype;
        let ready = match state.at(cell) {
            Some(value) if fits(value) => continue,
            _ if slot.stream.is_some() => {
                // Kept even if the run fails, so that running it again meets the same random numbers.
                state.set_at(cell, slot.stream.map(first_position));
                continue;
            }
            _ if slot.assigned_first => Array::zeros(slot.dtype, slot.shape.clone())?,
            Some(value) => {
                let text = format!(
                    "the variable has shape {} and the plan was made for {}",
                    value.shape(),
                    slot.shape
                );
                return Err(Failed { node: Some(slot.node), error: Error::new(Code::Internal, text) });
            }
            None => return Err(Failed { node: Some(slot.node), error: uninitialized_error(slot.of_empty) }),
        };
        before.push((cell, state.at(cell).cloned()));
        state.set_at(cell, Some(ready));
    }
    Ok(())
}

/// What a variable that holds nothing says to who reads it; of which kind that is, the reader says.
pub(crate) fn uninitialized_error(code: Code) -> Error {
    Error::new(code, "the variable is read before it has been initialized")
        .hint("run the initializer first: sess.run_op(&tf.global_variables_initializer(), feeds![])")
}

/// Calls `work` with the memories of the plan's program.
fn with_places(
    plan: &Plan,
    memory: &mut Memory,
    state: &mut State,
    feeds: &[&[u8]],
    work: impl FnOnce(&mut Memories<'_, '_>) -> std::result::Result<(), RunError>,
) -> std::result::Result<(), RunError> {
    let Memory { arena, table, cells, outputs } = memory;
    let mut places: Memories<'_, '_> = table.begin();
    places.write(arena.bytes_mut());
    places.read(plan.constants.bytes());
    let mut wanted = plan.states.iter().zip(cells.iter()).peekable();
    let text = |error: Error| RunError::Memory(error.message().to_string());
    for (cell, (value, writes)) in state.values_mut().enumerate() {
        let Some((slot, _)) = wanted.next_if(|(_, at)| **at == cell) else { continue };
        let Some(array) = value else {
            return Err(RunError::Memory("a variable holds nothing".into()));
        };
        match slot.written {
            true => {
                *writes += 1;
                places.write(array.bytes_mut().map_err(text)?);
            }
            false => places.read(array.bytes().map_err(text)?),
        };
    }
    for feed in feeds {
        places.read(feed);
    }
    for output in outputs {
        places.write(output.bytes_mut());
    }
    work(&mut places)
}

/// The error of a node that a plan names, as the graph describes it.
pub(crate) fn describe(contents: &Contents, node: NodeId, error: Error) -> Error {
    match contents.local(node) {
        Some(node) => error.at(|| contents.describe(node)),
        None => error,
    }
}
