//! A program: kernels in the order they run, and the places in memory that each reads and writes.
//!
//! Memory is a row of *slots*. One slot is usually the arena, where everything that lives only during a run has its
//! place; the others are constants, variables and feeds. [`Program::new`] checks once what running relies on;
//! [`Program::bind`] checks the memory of one run; then each step costs little more than its kernel, and allocates
//! nothing (beyond 256 inputs or 256 outputs in one step, its views no longer fit the stack).
//!
//! # Why running is safe
//!
//! A kernel asks, in [`Kernel::run`], for views of the sizes it named, aligned for its numbers, valid as long as the
//! call; for outputs that overlap nothing, except an input that it allows to be in place, from the same first byte.
//!
//! 1. *Valid.* `Program::new` refuses a place that is not inside its slot; `bind` refuses memory that does not have
//!    exactly the slot's size. A [`Memory`] is made of a `&[u8]` or a `&mut [u8]`, whose lifetime it keeps, and
//!    [`Bound`] keeps the memories borrowed.
//! 2. *Aligned.* `new` refuses an offset and `bind` refuses an address that is not a multiple of 8, the most that any
//!    [`Scalar`](crate::Scalar) needs. An empty place gets an aligned address that nobody reads.
//! 3. *Sized.* `new` compares every place with the kernel's `input_bytes` and `output_bytes`.
//! 4. *Written only where one may write.* `new` refuses a step that writes a read-only slot; `bind` refuses memory
//!    that may only be read for a slot that is written.
//! 5. *Apart.* Places in different slots are apart: a slot that is written is a `&mut [u8]` of its own, which
//!    overlaps no other memory (read-only slots may overlap each other, which hurts nobody). Within a slot, `new`
//!    compares every output of a step with its other outputs and with its inputs.
//! 6. *Nobody else looks.* Running takes `&mut Bound`, so steps of one binding never run at once; between them no
//!    reference into the memory exists, only the pointer that each `Memory` was made of, so that views made of it
//!    invalidate none of each other.
//!
//! What is in the memory never matters: every byte is initialised, and every pattern of bits is a number.

mod memory;
#[cfg(test)]
mod tests;

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Range;

pub use memory::{Memories, Memory, MemoryTable};

use crate::denormals::FlushDenormals;
use crate::recording::{Bases, Recorder, Recording, Scratch};
use crate::{Context, In, Kernel, KernelError, Out};

/// To what every place, and the first byte of every slot, must be aligned: the largest number, eight bytes. Buffers
/// and well laid-out arenas keep to 64, which is faster, but a slice of an array need not.
pub const PLACE_ALIGNMENT: usize = 8;

/// Where an operand lies: `bytes` bytes of the slot number `slot`, from byte `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Which slot.
    pub slot: usize,
    /// The first byte, from the slot's first byte; a multiple of [`PLACE_ALIGNMENT`].
    pub offset: usize,
    /// How many bytes.
    pub bytes: usize,
}

/// One kernel, the places of its inputs and the places of its outputs, in the kernel's order.
#[derive(Debug)]
pub struct Step {
    /// What is done.
    pub kernel: Box<dyn Kernel>,
    /// Where its inputs lie.
    pub reads: Vec<Place>,
    /// Where its outputs go.
    pub writes: Vec<Place>,
}

/// What a program may do with a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Steps read it.
    ReadOnly,
    /// Steps read and write it.
    ReadWrite,
}

/// A piece of memory that is provided anew for each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Its exact size.
    pub bytes: usize,
    /// What steps do with it.
    pub access: Access,
}

/// Kernels in the order they run, and where they read and write.
///
/// Memory is a row of slots. One is usually the arena, where everything that lives only during a run has its place;
/// the others are constants, variables and feeds. [`new`](Self::new) checks once what running relies on, so that each
/// step costs little more than its kernel and allocates nothing.
///
/// ```
/// use tenseur_kernels::{Access, Buffer, Call, Context, Kernel, MemoryTable, Place, Program, Slot, Step};
///
/// // doubled = 2 · feed, in the arena; variable = doubled + constant.
/// let floats = |bytes: &[u8]| bytemuck::cast_slice::<u8, f32>(bytes).to_vec();
/// let double = Call::new("double", vec![8], vec![8], move |inputs, outputs| {
///     let doubled: Vec<f32> = floats(inputs[0]).iter().map(|x| 2.0 * x).collect();
///     outputs[0].copy_from_slice(bytemuck::cast_slice(&doubled));
///     Ok(())
/// });
/// let add = Call::new("add", vec![8, 8], vec![8], move |inputs, outputs| {
///     let (x, y) = (floats(inputs[0]), floats(inputs[1]));
///     let sum: Vec<f32> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
///     outputs[0].copy_from_slice(bytemuck::cast_slice(&sum));
///     Ok(())
/// });
/// let place = |slot, offset| Place { slot, offset, bytes: 8 };
/// let program = Program::new(
///     vec![
///         Step { kernel: Box::new(double), reads: vec![place(3, 0)], writes: vec![place(0, 64)] },
///         Step { kernel: Box::new(add), reads: vec![place(0, 64), place(1, 0)], writes: vec![place(2, 0)] },
///     ],
///     vec![
///         Slot { bytes: 128, access: Access::ReadWrite }, // the arena
///         Slot { bytes: 8, access: Access::ReadOnly },    // the constant
///         Slot { bytes: 8, access: Access::ReadWrite },   // the variable
///         Slot { bytes: 8, access: Access::ReadOnly },    // the feed
///     ],
/// )?;
///
/// // What a session keeps from run to run: nothing below allocates once the table has grown.
/// let mut arena = Buffer::zeroed(128);
/// let constant = Buffer::from_slice(&[0.5f32, 0.25]);
/// let mut variable = Buffer::zeroed(8);
/// let mut table = MemoryTable::new();
/// for turn in 0..3 {
///     let feed = Buffer::from_slice(&[turn as f32, 10.0]);
///     let mut memory = table.begin();
///     memory.write(arena.bytes_mut());
///     memory.read(constant.bytes());
///     memory.write(variable.bytes_mut());
///     memory.read(feed.bytes());
///     program.run(&Context { threads: 1 }, &mut memory)?;
///     assert_eq!(variable.slice::<f32>(), [2.0 * turn as f32 + 0.5, 20.25]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Program {
    steps: Vec<Step>,
    slots: Vec<Slot>,
    /// Every step's reads and then its writes, step after step.
    places: Vec<Place>,
    /// For each step, where its reads, its writes and the next step's reads begin in `places`.
    ranges: Vec<[usize; 3]>,
    /// The small steps as calls of loops, and for each step its first call and the one after its last.
    recording: Recording,
    calls: Vec<(u32, u32)>,
}

impl Program {
    /// A program of `steps` over `slots`.
    ///
    /// # Errors
    /// When a place is not inside its slot or not aligned, has another size than the kernel asks for, is written in a
    /// read-only slot, or when an output overlaps another output of its step, or an input other than one at exactly
    /// the same place for which the kernel's [`in_place`](Kernel::in_place) holds.
    pub fn new(steps: Vec<Step>, slots: Vec<Slot>) -> Result<Program, String> {
        let mut places = Vec::new();
        let mut ranges = Vec::with_capacity(steps.len());
        let mut calls = Vec::with_capacity(steps.len());
        let mut recorder = Recorder::default();
        for (index, step) in steps.iter().enumerate() {
            check(step, &slots).map_err(|why| format!("step {index} ({:?}): {why}", step.kernel))?;
            let reads = places.len();
            places.extend_from_slice(&step.reads);
            let writes = places.len();
            places.extend_from_slice(&step.writes);
            ranges.push([reads, writes, places.len()]);
            calls.push(recorder.step(&*step.kernel, &step.reads, &step.writes));
        }
        Ok(Program { steps, slots, places, ranges, recording: recorder.finish(), calls })
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step number `index`. Panics if there are not so many.
    pub fn step(&self, index: usize) -> &Step {
        &self.steps[index]
    }

    /// The slots, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Runs all steps over `memory`, one entry for each slot.
    ///
    /// # Errors
    /// When the memory does not fit the slots (then nothing has run), or a kernel cannot finish (then the steps
    /// before it have run, and what its own outputs hold is unspecified).
    pub fn run(&self, context: &Context, memory: &mut [Memory<'_>]) -> Result<(), RunError> {
        let mut bound = self.bind(memory).map_err(RunError::Memory)?;
        bound.run_steps(context, 0..self.len()).map_err(RunError::Step)
    }

    /// Checks `memory` against the slots, for a caller who runs the steps in several pieces: to look at a
    /// cancellation flag between them, or at the clock.
    ///
    /// # Errors
    /// When there is not one entry for each slot, of exactly its size, aligned to [`PLACE_ALIGNMENT`], and writable
    /// where the slot is [`Access::ReadWrite`].
    pub fn bind<'m>(&'m self, memory: &'m mut [Memory<'_>]) -> Result<Bound<'m>, String> {
        if memory.len() != self.slots.len() {
            return Err(format!(
                "the program has {} slots and was given {} memories",
                self.slots.len(),
                memory.len()
            ));
        }
        for (index, (slot, memory)) in self.slots.iter().zip(&*memory).enumerate() {
            if memory.bytes != slot.bytes {
                return Err(format!("slot {index} has {} bytes and was given {}", slot.bytes, memory.bytes));
            }
            if slot.access == Access::ReadWrite && !memory.writable {
                return Err(format!("slot {index} is written and was given memory that may only be read"));
            }
            if !memory.pointer.addr().is_multiple_of(PLACE_ALIGNMENT) {
                return Err(format!(
                    "slot {index} was given memory that is not aligned to {PLACE_ALIGNMENT} bytes"
                ));
            }
        }
        Ok(Bound { program: self, memory })
    }
}

/// Whether `step` keeps the promises that running relies on: points 1 to 5 in the module's comment.
fn check(step: &Step, slots: &[Slot]) -> Result<(), String> {
    let sizes = |what: &str, places: &[Place], want: &[usize]| {
        if places.len() != want.len() {
            return Err(format!(
                "the kernel has {} {what}s and {} places were given",
                want.len(),
                places.len()
            ));
        }
        for (index, (place, want)) in places.iter().zip(want).enumerate() {
            if place.bytes != *want {
                return Err(format!("{what} {index} needs {want} bytes and its place has {}", place.bytes));
            }
            let Some(slot) = slots.get(place.slot) else {
                return Err(format!(
                    "{what} {index} lies in slot {} and there are {} slots",
                    place.slot,
                    slots.len()
                ));
            };
            if place.offset.checked_add(place.bytes).is_none_or(|end| end > slot.bytes) {
                return Err(format!(
                    "{what} {index} lies at byte {} with {} bytes, and slot {} has {} bytes",
                    place.offset, place.bytes, place.slot, slot.bytes
                ));
            }
            if !place.offset.is_multiple_of(PLACE_ALIGNMENT) {
                return Err(format!(
                    "{what} {index} lies at byte {} of slot {}, which is not a multiple of {PLACE_ALIGNMENT}",
                    place.offset, place.slot
                ));
            }
        }
        Ok(())
    };
    sizes("input", &step.reads, step.kernel.input_bytes())?;
    sizes("output", &step.writes, step.kernel.output_bytes())?;
    for (o, write) in step.writes.iter().enumerate() {
        if slots[write.slot].access == Access::ReadOnly {
            return Err(format!("output {o} would be written to slot {}, which is read-only", write.slot));
        }
        if let Some(other) = step.writes[..o].iter().position(|other| overlap(write, other)) {
            return Err(format!("outputs {other} and {o} overlap in slot {}", write.slot));
        }
        for (i, read) in step.reads.iter().enumerate() {
            if overlap(write, read) && !(write == read && step.kernel.in_place(i, o)) {
                let why = match write == read {
                    true => "the kernel does not work in place there",
                    false => "they are not the same place",
                };
                return Err(format!("output {o} overlaps input {i} in slot {}, and {why}", write.slot));
            }
        }
    }
    Ok(())
}

/// Whether two places, each inside its slot, share a byte.
fn overlap(a: &Place, b: &Place) -> bool {
    a.slot == b.slot && a.offset.max(b.offset) < (a.offset + a.bytes).min(b.offset + b.bytes)
}

/// A program together with memory that fits it, ready to run.
#[derive(Debug)]
pub struct Bound<'m> {
    program: &'m Program,
    /// Borrowed exclusively by [`Program::bind`] for as long as this lives.
    memory: &'m [Memory<'m>],
}

impl<'m> Bound<'m> {
    /// Runs the steps in `steps`, in order. Panics if there are not so many.
    ///
    /// # Errors
    /// The first step that cannot finish. The steps before it have run; what its own outputs hold is unspecified.
    pub fn run_steps(&mut self, context: &Context, steps: Range<usize>) -> Result<(), StepError> {
        let _flush = FlushDenormals::begin();
        let program = self.program;
        let first = steps.start;
        let ranges = &program.ranges[steps.clone()];
        let calls = &program.calls[steps.clone()];
        let (mut bases, mut scratch) = (Bases::new(), Scratch::new());
        if !program.recording.is_empty() {
            program.recording.fill_in(&mut bases, &mut scratch, self.memory.iter().map(Memory::first));
        }
        for (index, ((step, range), calls)) in program.steps[steps].iter().zip(ranges).zip(calls).enumerate()
        {
            let &(begin, end) = calls;
            if begin < end {
                // SAFETY: points 1 to 6: these are the calls of a kernel whose places `check` compared with it.
                let done = unsafe { program.recording.run(&bases, begin, end) };
                done.map_err(|error| StepError { step: first + index, error })?;
                continue;
            }
            let &[reads, writes, end] = range;
            let (inputs, outputs) = (&self.program.places[reads..writes], &self.program.places[writes..end]);
            let done = match inputs.len().max(outputs.len()) {
                0..=8 => self.run_step::<8>(context, &*step.kernel, inputs, outputs),
                9..=256 => self.run_step::<256>(context, &*step.kernel, inputs, outputs),
                _ => self.run_large_step(context, &*step.kernel, inputs, outputs),
            };
            done.map_err(|error| StepError { step: first + index, error })?;
        }
        Ok(())
    }

    /// Runs one kernel of at most `N` inputs and `N` outputs, with their views on the stack.
    #[inline(never)] // Else the large one would burden every step with its stack.
    fn run_step<const N: usize>(
        &mut self,
        context: &Context,
        kernel: &dyn Kernel,
        reads: &[Place],
        writes: &[Place],
    ) -> Result<(), KernelError> {
        let mut inputs = [const { MaybeUninit::<In<'_>>::uninit() }; N];
        let mut outputs = [const { MaybeUninit::<Out<'_>>::uninit() }; N];
        let (inputs, outputs) = (&mut inputs[..reads.len()], &mut outputs[..writes.len()]);
        for (input, place) in inputs.iter_mut().zip(reads) {
            // SAFETY: the view ends with this step.
            input.write(unsafe { self.input(place) });
        }
        for (output, place) in outputs.iter_mut().zip(writes) {
            // SAFETY: the view ends with this step.
            output.write(unsafe { self.output(place) });
        }
        // SAFETY: all of them have just been written.
        let inputs = unsafe { std::slice::from_raw_parts(inputs.as_ptr().cast(), inputs.len()) };
        // SAFETY: as above.
        let outputs = unsafe { std::slice::from_raw_parts_mut(outputs.as_mut_ptr().cast(), outputs.len()) };
        // SAFETY: points 2, 3 and 5: these are the places that `check` compared with this very kernel.
        unsafe { kernel.run(context, inputs, outputs) }
    }

    /// Runs one kernel of any number of inputs and outputs.
    fn run_large_step(
        &mut self,
        context: &Context,
        kernel: &dyn Kernel,
        reads: &[Place],
        writes: &[Place],
    ) -> Result<(), KernelError> {
        // SAFETY: the views end with this step.
        let inputs: Vec<In<'_>> = reads.iter().map(|place| unsafe { self.input(place) }).collect();
        // SAFETY: as above.
        let mut outputs: Vec<Out<'_>> = writes.iter().map(|place| unsafe { self.output(place) }).collect();
        // SAFETY: points 2, 3 and 5: these are the places that `check` compared with this very kernel.
        unsafe { kernel.run(context, &inputs, &mut outputs) }
    }

    #[inline]
    fn address(&self, place: &Place) -> *mut u8 {
        // SAFETY: the place is one of the program's, so it lies inside its slot or, if empty, at its end (point 1).
        unsafe { self.memory[place.slot].pointer.add(place.offset) }
    }

    /// # Safety
    /// `place` is an input of the step that runs now, and the view ends with it.
    #[inline]
    unsafe fn input(&self, place: &Place) -> In<'m> {
        // SAFETY: points 1, 2, 5 and 6 of the module's comment.
        unsafe { In::from_raw(self.address(place), place.bytes) }
    }

    /// # Safety
    /// `place` is an output of the step that runs now, and the view ends with it.
    #[inline]
    unsafe fn output(&self, place: &Place) -> Out<'m> {
        // SAFETY: points 1, 2, 4, 5 and 6 of the module's comment.
        unsafe { Out::from_raw(self.address(place), place.bytes) }
    }
}

/// A step that could not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    /// Which step.
    pub step: usize,
    /// Why.
    pub error: KernelError,
}

/// Why a program did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The memory does not fit the program's slots: the caller's mistake. Nothing has run.
    Memory(String),
    /// A step could not finish.
    Step(StepError),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.step, self.error.text)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Memory(why) => f.write_str(why),
            RunError::Step(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StepError {}
impl std::error::Error for RunError {}
