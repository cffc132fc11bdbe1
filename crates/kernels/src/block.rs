//! Runs a [`MapProgram`] on blocks of up to 256 elements, so that what lies between two instructions stays in the
//! processor's first cache.
//!
//! [`BlockProgram::new`] turns each instruction into a step: a loop over a block, and the places that it reads and
//! writes. Places are numbered *slots* of a table of pointers: first the inputs, then the outputs, the constants (kept
//! as blocks) and the registers. What is the same for every element is computed once per run, on one number.

pub(crate) mod arithmetic;
pub(crate) mod conversion;
pub(crate) mod gather;
mod half;
pub(crate) mod loops;
mod standard;

use std::mem::MaybeUninit;

use self::loops::Loop;
use crate::simd::Level;
use crate::{Binary, Buffer, ComputeType, Instruction, KernelError, MapProgram, Value};

/// The most elements of a block.
pub(crate) const LANES: usize = 256;

/// The most slots of a program.
const SLOTS: usize = 256;

/// Where each slot is. Only the slots of the program it is used with are ever set.
#[derive(Clone, Copy)]
pub(crate) struct Table([MaybeUninit<*mut u8>; SLOTS]);

impl Table {
    pub(crate) fn new() -> Table {
        Table([MaybeUninit::uninit(); SLOTS])
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
    failure: &'static str,
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
    /// By input: after which step of `each` it is read no more.
    last_reads: Vec<Option<usize>>,
    /// By output: which step of `each` writes it.
    writes: Vec<usize>,
}

/// A place before registers are handed out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Input(usize),
    Output(usize),
    Constant(usize),
    /// A number of `size` bytes that some step makes, by the order in which they are made.
    Made {
        number: usize,
        size: usize,
    },
}

impl BlockProgram {
    /// Steps for `program`, of whose inputs those that are `uniform` have the same number for every element.
    pub(crate) fn new(program: &MapProgram, uniform: &[bool]) -> Result<BlockProgram, String> {
        let mut writer = Writer::new(program, uniform);
        for index in 0..program.instructions().len() {
            writer.write(index)?;
        }
        writer.store_outputs();
        writer.finish()
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

    /// Runs the program on `n` elements.
    ///
    /// # Safety
    /// [`start`](BlockProgram::start) was called, with at least `n` lanes, and its promises still hold; inputs that
    /// are not uniform, and outputs if they are stored, have `n` elements, of their stored types and aligned for
    /// them. An output is apart from all else, or begins at an input's first byte, of elements of the same size, and
    /// [`writes_after_reading`](BlockProgram::writes_after_reading) holds.
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
        let [x, y, z] = step.operands;
        // SAFETY: as promised.
        let failed =
            unsafe { (step.run)(level, table.get(step.result), table.get(x), table.get(y), table.get(z), n) };
        if failed {
            return Err(KernelError(step.failure.to_owned()));
        }
    }
    Ok(())
}

/// Writes steps, instruction by instruction.
struct Writer<'a> {
    program: &'a MapProgram,
    uniform: Vec<bool>,
    once: Vec<Step<Place>>,
    spread: Vec<Step<Place>>,
    each: Vec<Step<Place>>,
    made: usize,
    constants: Vec<(ComputeType, u64)>,
    /// By value: where the number is, for a uniform value one number.
    places: Vec<Place>,
    /// By value: where a uniform value's whole block is, once it was needed.
    blocks: Vec<Option<Place>>,
}

impl<'a> Writer<'a> {
    fn new(program: &'a MapProgram, uniform: &[bool]) -> Writer<'a> {
        let mut all: Vec<bool> = Vec::with_capacity(program.instructions().len());
        for instruction in program.instructions() {
            all.push(match *instruction {
                Instruction::Input(number) => uniform[usize::from(number)],
                _ => instruction.operands().all(|x| all[x.index()]),
            });
        }
        let blocks = vec![None; all.len()];
        let (once, spread, each) = (Vec::new(), Vec::new(), Vec::new());
        Writer {
            program,
            uniform: all,
            once,
            spread,
            each,
            made: 0,
            constants: Vec::new(),
            places: vec![],
            blocks,
        }
    }

    /// Writes the steps of one instruction.
    fn write(&mut self, index: usize) -> Result<(), String> {
        let instruction = self.program.instructions()[index];
        let ty = self.program.value_type(index);
        let uniform = self.uniform[index];
        let operand_type = instruction.operands().next().map(|x| self.program.compute_type(x));
        let operands: Vec<Place> = instruction
            .operands()
            .map(|x| if uniform { self.places[x.index()] } else { self.varying(x) })
            .collect();
        let size = ty.size();
        let place = match instruction {
            Instruction::Input(number) => {
                let input = usize::from(number);
                match conversion::load(self.program.inputs()[input]) {
                    None => Place::Input(input),
                    Some(load) => self.push(uniform, load, &[Place::Input(input)], size, ""),
                }
            }
            Instruction::Constant(ty, bits) => {
                self.constants.push((ty, bits));
                Place::Constant(self.constants.len() - 1)
            }
            Instruction::Unary(op, _) => {
                let step = operand_type.and_then(|x| arithmetic::unary(op, x));
                let step = step.ok_or_else(|| format!("no loop for {op:?} of {operand_type:?}"))?;
                self.push(uniform, step, &operands, size, "")
            }
            Instruction::Binary(op, ..) => {
                let step = operand_type.and_then(|x| arithmetic::binary(op, x));
                let step = step.ok_or_else(|| format!("no loop for {op:?} of {operand_type:?}"))?;
                let failure = match op {
                    Binary::Pow => "Integers to negative integer powers are not allowed",
                    _ => "Integer division by zero",
                };
                self.push(uniform, step, &operands, size, failure)
            }
            Instruction::Select(..) => self.push(uniform, arithmetic::select(ty), &operands, size, ""),
            Instruction::Cast(x, to) => {
                let step = conversion::cast(self.program.compute_type(x), to);
                let place = self.push(uniform, step, &operands, size, "");
                match conversion::narrow(to) {
                    None => place,
                    Some(narrow) => self.push(uniform, narrow, &[place], size, ""),
                }
            }
            Instruction::Narrow(_, stored) => match conversion::narrow(stored) {
                None => operands[0],
                Some(narrow) => self.push(uniform, narrow, &operands, size, ""),
            },
        };
        self.places.push(place);
        Ok(())
    }

    /// Adds a step that makes numbers of `size` bytes, and returns where.
    fn push(
        &mut self,
        uniform: bool,
        run: Loop,
        from: &[Place],
        size: usize,
        failure: &'static str,
    ) -> Place {
        let result = Place::Made { number: self.made, size };
        self.made += 1;
        let step = Step { run, result, operands: operands(result, from), failure };
        (if uniform { &mut self.once } else { &mut self.each }).push(step);
        result
    }

    /// Where a block of the value is.
    fn varying(&mut self, x: Value) -> Place {
        let place = self.places[x.index()];
        if !self.uniform[x.index()] || matches!(place, Place::Constant(_)) {
            return place;
        }
        if let Some(block) = self.blocks[x.index()] {
            return block;
        }
        let size = self.program.compute_type(x).size();
        let result = Place::Made { number: self.made, size };
        self.made += 1;
        let run = conversion::splat(size);
        self.spread.push(Step { run, result, operands: operands(result, &[place]), failure: "" });
        self.blocks[x.index()] = Some(result);
        result
    }

    /// Writes the steps that store the outputs. Where a step makes just what an output is, it writes there directly.
    fn store_outputs(&mut self) {
        for (number, &(x, stored)) in self.program.outputs().iter().enumerate() {
            let output = Place::Output(number);
            let from = self.varying(x);
            let maker = self.each.iter().position(|step| step.result == from);
            match (conversion::store(stored), maker) {
                (None, Some(_)) if matches!(from, Place::Made { .. }) => {
                    let rename = |place: &mut Place| *place = if *place == from { output } else { *place };
                    for step in &mut self.each {
                        rename(&mut step.result);
                        step.operands.iter_mut().for_each(rename);
                    }
                    self.places.iter_mut().for_each(rename);
                }
                (store, _) => {
                    let run = store.unwrap_or_else(|| conversion::copy(stored.size()));
                    self.each.push(Step {
                        run,
                        result: output,
                        operands: operands(output, &[from]),
                        failure: "",
                    });
                }
            }
        }
    }

    /// Hands out registers and numbers the slots.
    fn finish(self) -> Result<BlockProgram, String> {
        let (once, spread, each) = (self.once.len(), self.spread.len(), self.each.len());
        let steps: Vec<Step<Place>> = self.once.into_iter().chain(self.spread).chain(self.each).collect();
        let mut last_use = vec![0; self.made];
        for (index, step) in steps.iter().enumerate() {
            for place in step.operands {
                if let Place::Made { number, .. } = place {
                    last_use[number] = index;
                }
            }
        }
        // What is made once serves every block.
        let made_once = steps[..once + spread].iter().map(|step| &step.result);
        for place in made_once {
            if let Place::Made { number, .. } = *place {
                last_use[number] = usize::MAX;
            }
        }
        let mut registers = Registers::default();
        let mut register_of = vec![usize::MAX; self.made];
        for (index, step) in steps.iter().enumerate() {
            let result_size = match step.result {
                Place::Made { size, .. } => size,
                _ => 0,
            };
            let mut ending: Vec<(usize, usize)> = Vec::new();
            for place in step.operands {
                match place {
                    Place::Made { number, size } if place != step.result && last_use[number] == index => {
                        ending.push((register_of[number], size))
                    }
                    _ => {}
                }
            }
            ending.sort_unstable();
            ending.dedup();
            // A loop may write over an operand of the same width, and over no other.
            let (same, other): (Vec<_>, Vec<_>) =
                ending.into_iter().partition(|&(_, size)| size == result_size);
            same.into_iter().for_each(|(register, size)| registers.free.push((register, size)));
            if let Place::Made { number, size } = step.result {
                register_of[number] = registers.take(size);
            }
            other.into_iter().for_each(|(register, size)| registers.free.push((register, size)));
        }
        let inputs = self.program.inputs().len();
        let output_slots = self.program.outputs().len();
        let first_constant = inputs + output_slots;
        let first_register = first_constant + self.constants.len();
        let slots = first_register + registers.sizes.len();
        if slots > SLOTS {
            return Err(format!(
                "a fused loop of {inputs} inputs, {output_slots} outputs, {} constants and {} registers has more than \
                 the {SLOTS} operands that one can have",
                self.constants.len(),
                registers.sizes.len()
            ));
        }
        let slot = |place: Place| match place {
            Place::Input(input) => input as u8,
            Place::Output(output) => (inputs + output) as u8,
            Place::Constant(constant) => (first_constant + constant) as u8,
            Place::Made { number, .. } => (first_register + register_of[number]) as u8,
        };
        let last_reads = (0..inputs)
            .map(|input| {
                let reads = |step: &Step<Place>| step.operands.contains(&Place::Input(input));
                steps[once + spread..].iter().rposition(reads)
            })
            .collect();
        let writes = (0..output_slots)
            .map(|output| {
                let writes = |step: &Step<Place>| step.result == Place::Output(output);
                steps[once + spread..].iter().position(writes).unwrap_or(each)
            })
            .collect();
        let mut slotted = steps.iter().map(|step| Step {
            run: step.run,
            result: slot(step.result),
            operands: step.operands.map(slot),
            failure: step.failure,
        });
        let (constants, constant_bytes) = constant_blocks(&self.constants);
        let mut scratch = 0;
        let mut registers_placed = Vec::with_capacity(registers.sizes.len());
        for (register, size) in registers.sizes.iter().enumerate() {
            registers_placed.push(((first_register + register) as u8, scratch));
            scratch += size * LANES;
        }
        Ok(BlockProgram {
            once: slotted.by_ref().take(once).collect(),
            spread: slotted.by_ref().take(spread).collect(),
            each: slotted.collect(),
            inputs,
            constants,
            constant_places: (first_constant..).map(|slot| slot as u8).zip(constant_bytes).collect(),
            registers: registers_placed,
            scratch,
            last_reads,
            writes,
        })
    }
}

/// The operands of a step, filled up with its result.
fn operands(result: Place, from: &[Place]) -> [Place; 3] {
    std::array::from_fn(|k| from.get(k).copied().unwrap_or(result))
}

/// Registers by size, and which of them are free.
#[derive(Default)]
struct Registers {
    sizes: Vec<usize>,
    free: Vec<(usize, usize)>,
}

impl Registers {
    fn take(&mut self, size: usize) -> usize {
        match self.free.iter().rposition(|&(_, free)| free == size) {
            Some(index) => self.free.remove(index).0,
            None => {
                self.sizes.push(size);
                self.sizes.len() - 1
            }
        }
    }
}

/// A block of each constant, and where each begins.
fn constant_blocks(constants: &[(ComputeType, u64)]) -> (Buffer, Vec<usize>) {
    let mut places = Vec::with_capacity(constants.len());
    let mut bytes = 0;
    for (ty, _) in constants {
        places.push(bytes);
        bytes += ty.size() * LANES;
    }
    let mut buffer = Buffer::zeroed(bytes);
    for (&(ty, bits), &place) in constants.iter().zip(&places) {
        let block = &mut buffer.bytes_mut()[place..place + ty.size() * LANES];
        match ty.size() {
            1 => block.fill(bits as u8),
            4 => bytemuck::cast_slice_mut(block).fill(bits as u32),
            _ => bytemuck::cast_slice_mut(block).fill(bits),
        }
    }
    (buffer, places)
}
