//! From the instructions of a [`MapProgram`] to the steps of a [`BlockProgram`]: which loops, in which order, and which
//! register each result gets.

use super::joined::{Part, parts};
use super::loops::Loop;
use super::{BlockProgram, LANES, Outputs, SLOTS, Step, arithmetic, conversion};
use crate::failure::Failure;
use crate::{Buffer, ComputeType, Instruction, MapProgram};

/// A place before registers are handed out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    Input(usize),
    Output(usize),
    Constant(usize),
    /// A number of `size` bytes that some step makes, by the order in which they are made.
    Made {
        number: usize,
        size: usize,
    },
}

/// Writes steps, instruction by instruction.
pub(super) struct Writer<'a> {
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
    /// By value: the loop that it is part of.
    parts: Vec<Part>,
}

/// Where a value is that only the loop that computes it ever holds.
const NOWHERE: Place = Place::Made { number: usize::MAX, size: 0 };

impl<'a> Writer<'a> {
    pub(super) fn new(program: &'a MapProgram, uniform: &[bool]) -> Writer<'a> {
        let mut all: Vec<bool> = Vec::with_capacity(program.instructions().len());
        for instruction in program.instructions() {
            all.push(match *instruction {
                Instruction::Input(number) => uniform[usize::from(number)],
                _ => instruction.operands().all(|x| all[x.index()]),
            });
        }
        let blocks = vec![None; all.len()];
        let parts = parts(program, &all);
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
            parts,
        }
    }

    /// Writes the steps of one instruction.
    pub(super) fn write(&mut self, index: usize) -> Result<(), String> {
        let instruction = self.program.instructions()[index];
        let ty = self.program.value_type(index);
        let uniform = self.uniform[index];
        match std::mem::replace(&mut self.parts[index], Part::Own) {
            Part::Own => {}
            Part::Last { operands, run } => {
                let operands: Vec<Place> = operands.into_iter().map(|x| self.varying(x)).collect();
                let place = self.push(false, run, &operands, ty.size(), Failure::Never);
                self.places.push(place);
                return Ok(());
            }
            Part::Within => {
                self.places.push(NOWHERE);
                return Ok(());
            }
        }
        let operand_type = instruction.operands().next().map(|x| self.program.compute_type(x));
        let operands: Vec<Place> = instruction
            .operands()
            .map(|x| if uniform { self.places[x.index()] } else { self.varying(x.index()) })
            .collect();
        let size = ty.size();
        let place = match instruction {
            Instruction::Input(number) => {
                let input = usize::from(number);
                match conversion::load(self.program.inputs()[input]) {
                    None => Place::Input(input),
                    Some(load) => self.push(uniform, load, &[Place::Input(input)], size, Failure::Never),
                }
            }
            Instruction::Constant(ty, bits) => {
                self.constants.push((ty, bits));
                Place::Constant(self.constants.len() - 1)
            }
            Instruction::Unary(op, _) => {
                let step = operand_type.and_then(|x| arithmetic::unary(op, x));
                let step = step.ok_or_else(|| format!("no loop for {op:?} of {operand_type:?}"))?;
                self.push(uniform, step, &operands, size, Failure::Never)
            }
            Instruction::Binary(op, ..) => {
                let step = operand_type.and_then(|x| arithmetic::binary(op, x));
                let step = step.ok_or_else(|| format!("no loop for {op:?} of {operand_type:?}"))?;
                self.push(uniform, step, &operands, size, Failure::of(op))
            }
            Instruction::Select(..) => {
                self.push(uniform, arithmetic::select(ty), &operands, size, Failure::Never)
            }
            Instruction::Cast(x, to) => {
                let step = conversion::cast(self.program.compute_type(x), to);
                let place = self.push(uniform, step, &operands, size, Failure::Never);
                match conversion::narrow(to) {
                    None => place,
                    Some(narrow) => self.push(uniform, narrow, &[place], size, Failure::Never),
                }
            }
            Instruction::Narrow(_, stored) => match conversion::narrow(stored) {
                None => operands[0],
                Some(narrow) => self.push(uniform, narrow, &operands, size, Failure::Never),
            },
        };
        self.places.push(place);
        Ok(())
    }

    /// Adds a step that makes numbers of `size` bytes, and returns where.
    fn push(&mut self, uniform: bool, run: Loop, from: &[Place], size: usize, failure: Failure) -> Place {
        let result = Place::Made { number: self.made, size };
        self.made += 1;
        let step = Step { run, result, operands: operands(result, from), failure };
        (if uniform { &mut self.once } else { &mut self.each }).push(step);
        result
    }

    /// Where a block of the value is.
    pub(super) fn varying(&mut self, value: usize) -> Place {
        let place = self.places[value];
        if !self.uniform[value] || matches!(place, Place::Constant(_)) {
            return place;
        }
        if let Some(block) = self.blocks[value] {
            return block;
        }
        let size = self.program.value_type(value).size();
        let result = Place::Made { number: self.made, size };
        self.made += 1;
        let run = conversion::splat(size);
        self.spread.push(Step { run, result, operands: operands(result, &[place]), failure: Failure::Never });
        self.blocks[value] = Some(result);
        result
    }

    /// Writes the steps that store the outputs. Where a step makes just what an output is, it writes there directly.
    pub(super) fn store_outputs(&mut self) -> Vec<Place> {
        for (number, &(x, stored)) in self.program.outputs().iter().enumerate() {
            let output = Place::Output(number);
            let from = self.varying(x.index());
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
                        failure: Failure::Never,
                    });
                }
            }
        }
        Vec::new()
    }

    /// Hands out registers and numbers the slots. `results` are places that stay until the end.
    pub(super) fn finish(self, results: &[Place], outputs: Outputs) -> Result<BlockProgram, String> {
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
        for place in made_once.chain(results) {
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
        let output_slots = if outputs == Outputs::Stored { self.program.outputs().len() } else { 0 };
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
            results: results.iter().map(|&place| slot(place)).collect(),
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
