//! Running a compiled plan on the variables of a session.

use std::sync::RwLock;

use tenseur_kernels::{Buffer, Context, Memories, MemoryTable, RunError};

use crate::compile::{ARENA, FetchPlace, Plan};
use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Contents, NodeId};
use crate::run::{State, first_position};
use crate::value::{Array, ArrayView};

/// The memory of one run of a plan, to be used again for the next.
pub(crate) struct Memory {
    arena: Buffer,
    table: MemoryTable,
    /// Each state slot's cell in the session, in ascending order.
    cells: Vec<usize>,
}

impl Memory {
    /// Memory for `plan`, run on `state`.
    ///
    /// # Errors
    /// ResourceExhausted, if there is none.
    pub(crate) fn new(plan: &Plan, state: &mut State) -> Result<Memory> {
        let cells: Vec<usize> = plan.states.iter().map(|slot| state.cell(slot.node)).collect();
        debug_assert!(cells.is_sorted(), "a plan's states are in the order of their cells");
        let bytes = plan.arena_bytes;
        let none = || {
            Error::new(
                Code::ResourceExhausted,
                format!("the run takes {bytes} bytes of memory, and there are not so many"),
            )
        };
        Ok(Memory { arena: Buffer::try_zeroed(bytes).ok_or_else(none)?, table: MemoryTable::new(), cells })
    }

    /// The result of fetch `index` of the last run.
    pub(crate) fn view<'a>(&'a self, plan: &'a Plan, index: usize) -> ArrayView<'a> {
        let FetchPlace { dtype, shape, place } = &plan.fetches[index];
        // The compiler lets every fetch live in one of these two.
        let slot = if place.slot == ARENA { self.arena.bytes() } else { plan.constants.bytes() };
        ArrayView { dtype: *dtype, shape, bytes: &slot[place.offset..place.offset + place.bytes] }
    }
}

/// Runs a plan once on the session's `state`, with the bytes of each feed. A run that fails leaves every
/// variable as it was.
pub(crate) fn run(
    plan: &Plan,
    memory: &mut Memory,
    state: &RwLock<State>,
    context: &Context,
    feeds: &[&[u8]],
    describe: &dyn Fn(NodeId, Error) -> Error,
) -> Result<()> {
    let mut state = state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut before: Vec<(usize, Option<Array>)> = Vec::new();
    let outcome = prepare_and_run(plan, memory, &mut state, context, feeds, describe, &mut before);
    if outcome.is_err() {
        // The earliest record of a cell is put back last.
        for (cell, value) in before.into_iter().rev() {
            state.set_at(cell, value);
        }
    }
    outcome
}

/// Runs a plan; `before` gets what the cells held that are changed, as far as a failing run has to put it back.
fn prepare_and_run(
    plan: &Plan,
    memory: &mut Memory,
    state: &mut State,
    context: &Context,
    feeds: &[&[u8]],
    describe: &dyn Fn(NodeId, Error) -> Error,
    before: &mut Vec<(usize, Option<Array>)>,
) -> Result<()> {
    prepare(plan, memory, state, before, describe)?;
    if plan.fails_after_writing {
        // Clones share their data until the run writes it, so this costs a copy only of what is written.
        let written = plan.states.iter().zip(&memory.cells).filter(|(slot, _)| slot.written);
        before.extend(written.map(|(_, &cell)| (cell, state.at(cell).cloned())));
    }
    bind_and_run(plan, memory, state, context, feeds).map_err(|error| match error {
        RunError::Step(step) => describe(plan.origins[step.step], Error::from(Reason::from(step.error))),
        RunError::Memory(text) => Error::new(Code::Internal, text),
    })
}

/// Makes sure that every cell holds what the plan reads, and has room for what it writes. Cells that are made ready
/// are recorded in `before` with what they held.
fn prepare(
    plan: &Plan,
    memory: &Memory,
    state: &mut State,
    before: &mut Vec<(usize, Option<Array>)>,
    describe: &dyn Fn(NodeId, Error) -> Error,
) -> Result<()> {
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
                return Err(describe(slot.node, Error::new(Code::Internal, text)));
            }
            None => return Err(describe(slot.node, uninitialized_error())),
        };
        before.push((cell, state.at(cell).cloned()));
        state.set_at(cell, Some(ready));
    }
    Ok(())
}

/// What a variable that holds nothing says to who reads it.
pub(crate) fn uninitialized_error() -> Error {
    Error::new(Code::FailedPrecondition, "the variable is read before it has been initialized")
        .hint("run the initializer first: sess.run_op(&tf.global_variables_initializer(), feeds![])")
}

fn bind_and_run(
    plan: &Plan,
    memory: &mut Memory,
    state: &mut State,
    context: &Context,
    feeds: &[&[u8]],
) -> std::result::Result<(), RunError> {
    let Memory { arena, table, cells } = memory;
    let mut places: Memories<'_, '_> = table.begin();
    places.write(arena.bytes_mut());
    places.read(plan.constants.bytes());
    let mut wanted = plan.states.iter().zip(cells.iter()).peekable();
    let text = |error: Error| RunError::Memory(error.message().to_string());
    for (cell, value) in state.values_mut().enumerate() {
        let Some((slot, _)) = wanted.next_if(|(_, at)| **at == cell) else { continue };
        let Some(array) = value else {
            return Err(RunError::Memory("a variable holds nothing".into()));
        };
        match slot.written {
            true => places.write(array.bytes_mut().map_err(text)?),
            false => places.read(array.bytes().map_err(text)?),
        };
    }
    for feed in feeds {
        places.read(feed);
    }
    plan.program.run(context, &mut places)
}

/// The error of a node, as the graph describes it.
pub(crate) fn describe(contents: &Contents, node: NodeId, error: Error) -> Error {
    error.at(|| contents.describe(&contents.nodes[node.index()]))
}
