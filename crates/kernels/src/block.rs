//! Runs a [`MapProgram`] on blocks of up to 512 elements, so that what lies between two instructions stays in the
//! processor's first cache.
//!
//! [`BlockProgram::new`] turns each instruction into a step: a loop over a block, and the places that it reads and
//! writes. Places are numbered *slots* of a table of pointers: first the inputs, then the outputs, the constants (kept
//! as blocks) and the registers. What is the same for every element is computed once per run, on one number.

pub(crate) mod arithmetic;
pub(crate) mod conversion;
pub(crate) mod gather;
mod half;
mod joined;
pub(crate) mod loops;
mod writer;

use std::mem::MaybeUninit;

use self::loops::Loop;
use self::writer::Writer;
use crate::failure::Failure;
use crate::recording::{Address, Call, Recorder};
use crate::simd::Level;
use crate::{Buffer, KernelError, MapProgram};

/// The most elements of a block.
pub(crate) const LANES: usize = 512;

/// The most slots of a program.
const SLOTS: usize = 256;

/// Where each slot is. Only the slots of the program it is used with are ever set.
pub(crate) struct Table([MaybeUninit<*mut u8>; SLOTS]);

impl Table {
    pub(crate) const fn new() -> Table {
        Table([MaybeUninit::uninit(); SLOTS])
    }

    /// A table of the first `count` slots.
    #[inline]
    pub(crate) fn first(&self, count: usize) -> Table {
        let mut table = Table::new();
        table.0[..count].copy_from_slice(&self.0[..count]);
        table
    }

    #[inline]
    pub(crate) fn set(&mut self, slot: u8, pointer: *mut u8) {
        self.0[usize::from(slot)].write(pointer);
    }

    /// # Safety
    /// The slot was set.
    #[inline]
    pub(crate) unsafe fn get(&self, slot: u8) -> *mut u8 {
        // SAFETY: the caller promises that it was set.
        unsafe { self.0[usize::from(slot)].assume_init() }
    }
}

/// A loop, and where it reads and writes. Operands that it lacks are some slot of the program.
#[derive(Clone, Copy, Debug)]
struct Step<S> {
    run: Loop,
    result: S,
    operands: [S; 3],
    failure: Failure,
}

/// A [`MapProgram`] as steps over blocks.
#[derive(Debug)]
pub(crate) struct BlockProgram {
    /// For numbers that are the same for every element: steps on one number.
    once: Vec<Step<u8>>,
    /// Steps that then fill a whole block with such a number.
    spread: Vec<Step<u8>>,
    /// Steps for every block.
    each: Vec<Step<u8>>,
    inputs: usize,
    /// Blocks of the constants, one after another, and for each its slot and first byte.
    constants: Buffer,
    constant_places: Vec<(u8, usize)>,
    /// For each register its slot and first byte in the scratch memory.
    registers: Vec<(u8, usize)>,
    scratch: usize,
    results: Vec<u8>,
    /// By input: after which step of `each` it is read no more.
    last_reads: Vec<Option<usize>>,
    /// By output: which step of `each` writes it.
    writes: Vec<usize>,
}

/// What a program's outputs become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// They are stored in the outputs' slots, in their stored types.
    Stored,
    /// They are left wherever they are, in their compute types: see [`BlockProgram::result`].
    Left,
}

impl BlockProgram {
    /// Steps for `program`, of whose inputs those that are `uniform` have the same number for every element.
    pub(crate) fn new(
        program: &MapProgram,
        uniform: &[bool],
        outputs: Outputs,
    ) -> Result<BlockProgram, String> {
        let mut writer = Writer::new(program, uniform);
        for index in 0..program.instructions().len() {
            writer.write(index)?;
        }
        let results = match outputs {
            Outputs::Stored => writer.store_outputs(),
            Outputs::Left => program.outputs().iter().map(|&(x, _)| writer.varying(x.index())).collect(),
        };
        writer.finish(&results, outputs)
    }

    /// Bytes of scratch memory that the registers take.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }

    /// How many registers there are.
    pub(crate) fn registers(&self) -> usize {
        self.registers.len()
    }

    /// How many steps there are for one number, for filling blocks with it, and for each block.
    #[cfg(test)]
    pub(crate) fn steps(&self) -> (usize, usize, usize) {
        (self.once.len(), self.spread.len(), self.each.len())
    }

    /// The slot of an input: its number.
    pub(crate) fn input(&self, input: usize) -> u8 {
        input as u8
    }

    /// The slot of an output.
    pub(crate) fn output(&self, output: usize) -> u8 {
        (self.inputs + output) as u8
    }

    /// The slot where an output is left.
    pub(crate) fn result(&self, output: usize) -> u8 {
        self.results[output]
    }

    /// Whether an output's memory may be an input's: no step reads the input after the one that writes the output.
    pub(crate) fn writes_after_reading(&self, input: usize, output: usize) -> bool {
        self.last_reads[input].is_none_or(|read| read <= self.writes[output])
    }

    /// Sets the slots of constants and registers.
    ///
    /// # Safety
    /// `scratch` has [`scratch`](BlockProgram::scratch) bytes.
    pub(crate) unsafe fn place(&self, table: &mut Table, scratch: *mut u8) {
        let constants = self.constants.bytes().as_ptr().cast_mut();
        for &(slot, byte) in &self.constant_places {
            // SAFETY: the constant's block begins there. It is never written: no step has a constant for its result.
            table.set(slot, unsafe { constants.add(byte) });
        }
        for &(slot, byte) in &self.registers {
            // SAFETY: the register begins there, inside the memory that the caller promises.
            table.set(slot, unsafe { scratch.add(byte) });
        }
    }

    /// Writes down what [`start`](BlockProgram::start) and [`run`](BlockProgram::run) do to a block of `n` elements, with
    /// inputs and outputs there; and where results are that are left.
    pub(crate) fn record(
        &self,
        recorder: &mut Recorder,
        level: Level,
        operands: &[Address],
        n: usize,
    ) -> Option<Vec<Address>> {
        let mut places = operands.to_vec();
        let ends = self.constant_places.iter().skip(1).map(|&(_, byte)| byte);
        let ends = ends.chain([self.constants.len()]);
        for (&(_, byte), end) in self.constant_places.iter().zip(ends) {
            let bytes = (end - byte) / LANES * n;
            places.push(recorder.constants(&self.constants.bytes()[byte..byte + bytes]));
        }
        let ends = self.registers.iter().skip(1).map(|&(_, byte)| byte).chain([self.scratch]);
        for (&(_, byte), end) in self.registers.iter().zip(ends) {
            places.push(recorder.scratch((end - byte) / LANES * n));
        }
        let slots = self.constant_places.iter().chain(&self.registers).map(|&(slot, _)| usize::from(slot));
        debug_assert!(slots.eq(operands.len()..places.len()), "slots are numbered in the order of the table");
        for (steps, n) in [(&self.once, 1), (&self.spread, n), (&self.each, n)] {
            for step in steps {
                let [result, x, y, z] = [step.result, step.operands[0], step.operands[1], step.operands[2]]
                    .map(|slot| places[usize::from(slot)]);
                let (run, failure, n) = (step.run, step.failure, u32::try_from(n).ok()?);
                recorder.call(Call::Loop { run, level, n, result, operands: [x, y, z], failure });
            }
        }
        Some(self.results.iter().map(|&slot| places[usize::from(slot)]).collect())
    }

    /// Computes what is the same for every element, as blocks of `lanes` numbers.
    ///
    /// # Safety
    /// The table has what [`place`](BlockProgram::place) set, memory for which nobody else has a reference; its
    /// uniform inputs are one number each; and `lanes` is at most [`LANES`].
    #[inline]
    pub(crate) unsafe fn start(&self, level: Level, table: &Table, lanes: usize) -> Result<(), KernelError> {
        if self.once.is_empty() && self.spread.is_empty() {
            return Ok(());
        }
        // SAFETY: as promised; each step reads what an earlier one made.
        unsafe {
            run(&self.once, level, table, 1)?;
            run(&self.spread, level, table, lanes)
        }
    }

    /// Runs the program on `n` elements. Before each of its steps `before` is called, with its number and how many there are.
    ///
    /// # Safety
    /// [`start`](BlockProgram::start) was called, with at least `n` lanes, and its promises still hold; inputs that
    /// are not uniform, and outputs if they are stored, have `n` elements, of their stored types and aligned for
    /// them. An output is apart from all else, or begins at an input's first byte, of elements of the same size, and
    /// [`writes_after_reading`](BlockProgram::writes_after_reading) holds.
    #[inline]
    pub(crate) unsafe fn run_with(
        &self,
        level: Level,
        table: &Table,
        n: usize,
        mut before: impl FnMut(usize, usize),
    ) -> Result<(), KernelError> {
        for (number, step) in self.each.iter().enumerate() {
            before(number, self.each.len());
            // SAFETY: as promised; each step reads what an earlier one made.
            unsafe { run_step(step, level, table, n)? };
        }
        Ok(())
    }

    /// The same, with nothing between the steps.
    ///
    /// # Safety
    /// As [`run_with`](BlockProgram::run_with).
    #[inline]
    pub(crate) unsafe fn run(&self, level: Level, table: &Table, n: usize) -> Result<(), KernelError> {
        // SAFETY: as promised; each step reads what an earlier one made.
        unsafe { run(&self.each, level, table, n) }
    }
}

/// # Safety
/// The steps' slots are set, to places of `n` elements that fit [`Loop`].
#[inline]
unsafe fn run(steps: &[Step<u8>], level: Level, table: &Table, n: usize) -> Result<(), KernelError> {
    for step in steps {
        // SAFETY: as promised.
        unsafe { run_step(step, level, table, n)? };
    }
    Ok(())
}

/// # Safety
/// As [`run`], of this step.
#[inline]
unsafe fn run_step(step: &Step<u8>, level: Level, table: &Table, n: usize) -> Result<(), KernelError> {
    let [x, y, z] = step.operands;
    // SAFETY: as promised.
    let failed =
        unsafe { (step.run)(level, table.get(step.result), table.get(x), table.get(y), table.get(z), n) };
    if failed { Err(step.failure.error()) } else { Ok(()) }
}
