//! A place in memory for every value, and the program of kernels that runs over those places.

use std::collections::BTreeMap;

use tenseur_kernels::{
    Access, Buffer, GemmKernel, Kernel, Layout, MapKernel, PassLoop, Place, Program, ReduceKernel, Slot, Step,
};

use foldhash::HashSet;

use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};
use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Contents, NodeId};
use crate::lowering::Reduce;
use crate::ops::{Effect, Stream};
use crate::run::State;
use crate::value::{DType, Shape};

/// Places in the arena and among the constants begin at multiples of this: a cache line, and the widest register.
const ALIGNMENT: usize = 64;

/// A variable, or the counter of a random op, that the plan uses; nodes have the numbers that a session gives them.
#[derive(Clone, Debug)]
pub(crate) struct StateSlot {
    pub(crate) node: NodeId,
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
    pub(crate) written: bool,
    /// It is assigned before anything else, so it need hold nothing.
    pub(crate) assigned_first: bool,
    /// Of which kind the error is if it holds nothing.
    pub(crate) of_empty: Code,
    /// It is the position of a random op in this stream.
    pub(crate) stream: Option<Stream>,
}

/// Where the result of a fetch lies after a run.
#[derive(Clone, Debug)]
pub(crate) struct FetchPlace {
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
    pub(crate) place: Place,
}

/// Fetched values of so many bytes and more have memory of their own, which a run's results take with them: to copy them would
/// take longer than to make room anew.
const LARGE: usize = 1 << 16;

/// A compiled request. Its program's memory is, slot by slot: the arena, the constants, each of `states`, each feed, each
/// of `outputs`.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) program: Program,
    pub(crate) arena_bytes: usize,
    pub(crate) constants: Buffer,
    pub(crate) states: Vec<StateSlot>,
    pub(crate) fetches: Vec<FetchPlace>,
    /// How many bytes each large value has that is fetched.
    pub(crate) outputs: Vec<usize>,
    /// The node that each step comes from.
    pub(crate) origins: Vec<NodeId>,
    /// Whether a step may fail after another has written a variable.
    pub(crate) fails_after_writing: bool,
}

/// The number of the arena's slot.
pub(crate) const ARENA: usize = 0;
const CONSTANTS: usize = 1;
const FIRST_STATE: usize = 2;

impl Plan {
    /// Which of the outputs the place is, if it is one.
    pub(crate) fn output(&self, place: &Place) -> Option<usize> {
        place.slot.checked_sub(self.program.slots().len() - self.outputs.len())
    }
}

/// Places the values and builds the kernels.
pub(crate) fn plan(contents: &Contents, tasks: Tasks, state: &mut State) -> Result<Plan> {
    let Tasks { list, values, fetches, feeds, assigned_first, of_empty } = tasks;
    let root = |mut value: ValueId| {
        while let Home::Alias(next) = values[value].home {
            value = next;
        }
        value
    };
    // Of what is too large for memory the kernel that would write it says so.
    let bytes = |value: ValueId| {
        values[value].dtype.size().unwrap_or(0).saturating_mul(values[value].shape.elements())
    };
    let too_large = || Error::new(Code::ResourceExhausted, "the plan's values are too large for memory");

    let mut place: Vec<Option<Place>> = vec![None; values.len()];
    let mut constants: Vec<u8> = Vec::new();
    let mut used: Vec<ValueId> = list.iter().flat_map(|task| mentioned(task, &root)).collect();
    used.extend(fetches.iter().map(|&fetch| root(fetch)));
    let mut kept: BTreeMap<usize, ValueId> = BTreeMap::new();
    for &value in &used {
        match &values[value].home {
            // Slots are in the order of the session's cells, so that a run can pick them up in one pass.
            Home::State(node) => drop(kept.insert(state.cell(*node), value)),
            Home::Constant(array) if place[value].is_none() => {
                let offset = constants.len().next_multiple_of(ALIGNMENT);
                constants.resize(offset, 0);
                constants.extend_from_slice(array.bytes()?);
                place[value] = Some(Place { slot: CONSTANTS, offset, bytes: bytes(value) });
            }
            Home::Constant(_) | Home::Arena | Home::Feed(_) | Home::Alias(_) => {}
        }
    }
    let written: HashSet<ValueId> =
        list.iter().flat_map(|task| task.writes.iter().map(|&value| root(value))).collect();
    let mut states: Vec<StateSlot> = Vec::with_capacity(kept.len());
    for &value in kept.values() {
        let Home::State(node) = values[value].home else { continue };
        place[value] = Some(Place { slot: FIRST_STATE + states.len(), offset: 0, bytes: bytes(value) });
        states.push(StateSlot {
            node,
            dtype: values[value].dtype,
            shape: values[value].shape.clone(),
            written: written.contains(&value),
            assigned_first: assigned_first.contains(&node),
            of_empty: of_empty.get(&node).copied().unwrap_or(Code::FailedPrecondition),
            stream: match contents.local(node).map(|node| node.op.effects().effect) {
                Some(Effect::Random(stream)) => Some(stream),
                _ => None,
            },
        });
    }
    for (value, info) in values.iter().enumerate() {
        if let Home::Feed(feed) = info.home {
            place[value] =
                Some(Place { slot: FIRST_STATE + states.len() + feed, offset: 0, bytes: bytes(value) });
        }
    }
    let mut last_read: Vec<usize> = vec![0; values.len()];
    for (index, task) in list.iter().enumerate() {
        mentioned(task, &root).into_iter().for_each(|value| last_read[value] = index);
    }
    fetches.iter().for_each(|&fetch| last_read[root(fetch)] = usize::MAX);
    let first_output = FIRST_STATE + states.len() + feeds;
    let mut outputs: Vec<usize> = Vec::new();
    for value in fetches.iter().map(|&fetch| root(fetch)) {
        if matches!(values[value].home, Home::Arena) && place[value].is_none() && bytes(value) >= LARGE {
            place[value] = Some(Place { slot: first_output + outputs.len(), offset: 0, bytes: bytes(value) });
            outputs.push(bytes(value));
        }
    }

    let mut arena = Free::default();
    let mut steps = Vec::with_capacity(list.len());
    let mut origins = Vec::with_capacity(list.len());
    let (mut wrote, mut fails_after_writing) = (false, false);
    for (index, task) in list.into_iter().enumerate() {
        let Task { origin, kind, reads, writes, can_fail, .. } = task;
        let explain =
            |reason: Reason| Error::from(reason).at(|| contents.describe(&contents.nodes[origin.index()]));
        let kernel = kernel(kind, &reads).map_err(explain)?;
        let writes_state = writes.iter().any(|&value| matches!(values[root(value)].home, Home::State(_)));
        fails_after_writing |= can_fail && (wrote || writes_state);
        wrote |= writes_state;
        for (output, &value) in writes.iter().enumerate() {
            let value = root(value);
            if place[value].is_some() {
                continue;
            }
            // The memory of an input that nobody wants any more serves for the output where the kernel allows it.
            let reusable = |(input, (read, _)): (usize, &(ValueId, Layout))| {
                let read = root(*read);
                let taken = |other: &ValueId| place[root(*other)].is_some_and(|p| Some(p) == place[read]);
                (matches!(values[read].home, Home::Arena)
                    && last_read[read] == index
                    && bytes(read) == bytes(value)
                    && kernel.in_place(input, output)
                    // Another input in the same memory would have to be in place as well.
                    && reads.iter().enumerate().all(|(i, (other, _))| i == input || root(*other) != read || kernel.in_place(i, output))
                    && !writes.iter().any(taken))
                .then_some(read)
            };
            let reused = reads.iter().enumerate().find_map(reusable);
            let at = match reused {
                Some(read) => {
                    last_read[read] = usize::MAX; // Its memory now belongs to the output.
                    place[read].expect("what is read has a place")
                }
                None => {
                    let offset = arena.take(bytes(value)).ok_or_else(too_large)?;
                    Place { slot: ARENA, offset, bytes: bytes(value) }
                }
            };
            place[value] = Some(at);
        }
        let unplaced = || Error::new(Code::Internal, "a value is read before it is computed");
        let at = |value: ValueId| -> Result<Place> { place[root(value)].ok_or_else(unplaced) };
        let step = Step {
            reads: reads.iter().map(|(value, _)| at(*value)).collect::<Result<_>>()?,
            writes: writes.iter().map(|&value| at(value)).collect::<Result<_>>()?,
            kernel,
        };
        let mut done: Vec<ValueId> = reads.iter().map(|(value, _)| root(*value)).collect();
        done.extend(writes.iter().map(|&value| root(value)));
        done.sort_unstable();
        done.dedup();
        for value in done {
            if let (Home::Arena, true, Some(at)) =
                (&values[value].home, last_read[value] == index, place[value])
            {
                arena.give(at.offset, at.bytes);
            }
        }
        steps.push(step);
        origins.push(contents.global(origin));
    }
    let fetches = fetches
        .into_iter()
        .map(|fetch| {
            let value = &values[fetch];
            let missing = || Error::new(Code::Internal, "a fetch was not computed");
            Ok(FetchPlace {
                dtype: value.dtype,
                shape: value.shape.clone(),
                place: place[root(fetch)].ok_or_else(missing)?,
            })
        })
        .collect::<Result<_>>()?;
    let slot = |bytes: usize, written: bool| Slot {
        bytes,
        access: if written { Access::ReadWrite } else { Access::ReadOnly },
    };
    let mut slots = vec![slot(arena.end, true), slot(constants.len(), false)];
    for state in &states {
        slots.push(slot(state.dtype.size().unwrap_or(0) * state.shape.elements(), state.written));
    }
    let mut feed_bytes = vec![0; feeds];
    for (value, info) in values.iter().enumerate() {
        if let Home::Feed(feed) = info.home {
            feed_bytes[feed] = bytes(value);
        }
    }
    slots.extend(feed_bytes.into_iter().map(|bytes| slot(bytes, false)));
    slots.extend(outputs.iter().map(|&bytes| slot(bytes, true)));
    let program = Program::new(steps, slots).map_err(|text| Error::new(Code::Internal, text))?;
    Ok(Plan {
        program,
        arena_bytes: arena.end,
        constants: Buffer::from_slice(&constants),
        states,
        fetches,
        outputs,
        origins,
        fails_after_writing,
    })
}

/// The values that a task reads or writes.
fn mentioned(task: &Task, root: &dyn Fn(ValueId) -> ValueId) -> Vec<ValueId> {
    task.reads
        .iter()
        .map(|(value, _)| root(*value))
        .chain(task.writes.iter().map(|&value| root(value)))
        .collect()
}

/// The kernel of a task.
fn kernel(kind: Kind, reads: &[(ValueId, Layout)]) -> Result<Box<dyn Kernel>, Reason> {
    Ok(match kind {
        Kind::Map { program, shape } => Box::new(MapKernel::new(program, &shape, &layouts(reads))?),
        Kind::Reduce { reduce, shape } => Box::new(reduction(reduce, &shape, reads)?),
        Kind::Gemm(spec) => Box::new(GemmKernel::new(spec)?),
        Kind::Kernel { kernel, .. } => kernel,
        Kind::Pass { kernel, .. } => kernel,
    })
}

fn layouts(reads: &[(ValueId, Layout)]) -> Vec<Layout> {
    reads.iter().map(|(_, layout)| layout.clone()).collect()
}

fn reduction(reduce: Reduce, shape: &Shape, reads: &[(ValueId, Layout)]) -> Result<ReduceKernel, String> {
    let (before, after) = reads.split_at(reduce.prologue.inputs().len());
    let epilogue = reduce.epilogue.map(|program| (program, layouts(after)));
    ReduceKernel::new(reduce.prologue, shape, &layouts(before), &reduce.axes, reduce.op, epilogue)
}

/// The loop of a task that may go with others, if it is one.
pub(super) fn pass_loop(kind: &Kind, reads: &[(ValueId, Layout)]) -> Option<PassLoop> {
    match kind {
        Kind::Map { program, shape } => {
            MapKernel::new(program.clone(), shape, &layouts(reads)).ok().map(PassLoop::Map)
        }
        Kind::Reduce { reduce, shape } => reduction(reduce.clone(), shape, reads).ok().map(PassLoop::Reduce),
        Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => None,
    }
}

/// The arena's free places: the smallest that is large enough is taken.
#[derive(Default)]
struct Free {
    /// Offset and size, by offset.
    holes: Vec<(usize, usize)>,
    end: usize,
}

impl Free {
    fn take(&mut self, bytes: usize) -> Option<usize> {
        let bytes = bytes.checked_next_multiple_of(ALIGNMENT)?.max(ALIGNMENT);
        let fitting = self.holes.iter().enumerate().filter(|(_, hole)| hole.1 >= bytes);
        if let Some((index, &(offset, size))) = fitting.min_by_key(|(_, hole)| hole.1) {
            match size == bytes {
                true => drop(self.holes.remove(index)),
                false => self.holes[index] = (offset + bytes, size - bytes),
            }
            return Some(offset);
        }
        let offset = self.end;
        self.end = self.end.checked_add(bytes).filter(|&end| isize::try_from(end).is_ok())?;
        Some(offset)
    }

    fn give(&mut self, offset: usize, bytes: usize) {
        let bytes = bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        let at = self.holes.partition_point(|hole| hole.0 < offset);
        self.holes.insert(at, (offset, bytes));
        if at + 1 < self.holes.len() && self.holes[at].0 + self.holes[at].1 == self.holes[at + 1].0 {
            self.holes[at].1 += self.holes.remove(at + 1).1;
        }
        if at > 0 && self.holes[at - 1].0 + self.holes[at - 1].1 == self.holes[at].0 {
            self.holes[at - 1].1 += self.holes.remove(at).1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_places_are_used_again_and_grow_together() {
        let mut free = Free::default();
        let places: Vec<usize> = (0..4).map(|_| free.take(100).unwrap()).collect();
        assert_eq!(places, [0, 128, 256, 384]);
        free.give(128, 100);
        free.give(256, 100);
        assert_eq!(free.take(200), Some(128));
        assert_eq!(free.take(1), Some(512));
        assert_eq!(free.end, 576);
    }
}
