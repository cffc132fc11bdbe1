//! What is made of a product's elements before they leave the cache.

use super::{EpilogueInput, GemmEpilogue};
use crate::arena::Shared;
use crate::block::{BlockProgram, LANES, Outputs, Table};
use crate::recording::{Address, Call, Recorder};
use crate::{Binary, In, Instruction, KernelError, Level, MapProgram, Out, ScalarType, Value};

/// An epilogue that a tile does in registers: `product`, `product + bias`, and the greater of either and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BiasRelu {
    /// Whether the epilogue's first extra input is a bias.
    pub(super) bias: bool,
    pub(super) relu: bool,
}

impl BiasRelu {
    /// What the epilogue is, if it is one of these.
    pub(super) fn of(epilogue: &GemmEpilogue, dtype: ScalarType) -> Option<BiasRelu> {
        let program = &epilogue.program;
        let &[(value, stored)] = program.outputs() else { return None };
        let summed_as_stored =
            [ScalarType::F32, ScalarType::F64, ScalarType::I32, ScalarType::I64].contains(&dtype);
        if !summed_as_stored || stored != dtype || program.inputs().iter().any(|&input| input != dtype) {
            return None;
        }
        let step = |value: Value| program.instructions()[value.index()];
        let (relu, value) = match step(value) {
            // The operands' order tells which zero comes of 0 and −0, and so it must be the tile's.
            Instruction::Binary(Binary::Maximum, x, zero) if is_zero(program, zero) => (true, x),
            _ => (false, value),
        };
        let inputs = |x: Value, y: Value| (step(x), step(y));
        match (step(value), &epilogue.extra[..]) {
            (Instruction::Input(0), []) => Some(BiasRelu { bias: false, relu }),
            (Instruction::Binary(Binary::Add, x, y), [EpilogueInput::Row]) => {
                let both = [
                    (Instruction::Input(0), Instruction::Input(1)),
                    (Instruction::Input(1), Instruction::Input(0)),
                ];
                both.contains(&inputs(x, y)).then_some(BiasRelu { bias: true, relu })
            }
            _ => None,
        }
    }
}

/// Whether the epilogue is the slope of a rectifier: `product · (1 where y > 0, else 0)`, with y the one extra input. A tile does
/// that in registers; of few numbers it is a loop that is [written down](Epilogue::record).
pub(super) fn is_slope(epilogue: &GemmEpilogue, dtype: ScalarType, numbers: usize) -> bool {
    let program = epilogue.program.clone().finish();
    let (&[(value, stored)], [EpilogueInput::Full]) = (program.outputs(), &epilogue.extra[..]) else {
        return false;
    };
    let floats = [ScalarType::F32, ScalarType::F64].contains(&dtype);
    if numbers <= LANES || !floats || stored != dtype || program.inputs() != [dtype, dtype] {
        return false;
    }
    let step = |value: Value| program.instructions()[value.index()];
    let is_factor = |value: Value| match step(value) {
        Instruction::Cast(condition, to) if to == dtype => match step(condition) {
            Instruction::Binary(Binary::Greater, y, zero) => {
                step(y) == Instruction::Input(1) && is_zero(&program, zero)
            }
            _ => false,
        },
        _ => false,
    };
    match step(value) {
        Instruction::Binary(Binary::Mul, x, y) => {
            step(x) == Instruction::Input(0) && is_factor(y)
                || step(y) == Instruction::Input(0) && is_factor(x)
        }
        _ => false,
    }
}

/// An epilogue that begins with a bias, which a tile adds in registers: the number of the bias among the extra inputs, and
/// the rest, whose input 0 is the product with the bias.
pub(super) fn bias_first(epilogue: &GemmEpilogue, dtype: ScalarType) -> Option<(usize, GemmEpilogue)> {
    if ![ScalarType::F32, ScalarType::F64].contains(&dtype) {
        return None;
    }
    let program = epilogue.program.clone().finish();
    let input = |value: Value| match program.instructions()[value.index()] {
        Instruction::Input(number) => Some(usize::from(number)),
        _ => None,
    };
    let mut readers = (program.instructions().iter().enumerate())
        .filter(|(_, instruction)| instruction.operands().any(|x| input(x) == Some(0)));
    let (sum, added) = match (readers.next(), readers.next()) {
        (Some((sum, &Instruction::Binary(Binary::Add, x, y))), None) => {
            (sum, if input(x) == Some(0) { y } else { x })
        }
        _ => return None,
    };
    let number = input(added)?.checked_sub(1)?;
    let is_bias = epilogue.extra[number] == EpilogueInput::Row && program.inputs()[number + 1] == dtype;
    let stored = program.outputs().iter().any(|&(x, _)| input(x) == Some(0));
    let rest = GemmEpilogue { program: program.clone().given(sum, 0), extra: epilogue.extra.clone() };
    (is_bias && !stored).then_some((number, rest))
}

fn is_zero(program: &MapProgram, value: Value) -> bool {
    matches!(program.instructions()[value.index()], Instruction::Constant(_, 0))
}

/// The most outputs of an epilogue.
const MOST_OUTPUTS: usize = 8;

/// An epilogue that runs over a block of the product, a few rows or a part of a row at a time.
#[derive(Debug)]
pub(super) struct Epilogue {
    program: BlockProgram,
    /// By extra input: how it is laid out, and bytes of an element.
    extra: Vec<(EpilogueInput, usize)>,
    /// By output: bytes of an element.
    outputs: Vec<usize>,
    /// Bytes of an element of the product.
    product: usize,
}

/// The memory that an epilogue reads and writes besides the product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Views<'a> {
    extra: &'a [In<'a>],
    outputs: [Option<Shared<u8>>; MOST_OUTPUTS],
}

/// The part of a product of `n` columns that a block is: its first row, counted over the whole batch, its first column,
/// and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) n: usize,
}

impl Epilogue {
    /// Prepares an epilogue whose program has as many inputs as it should.
    pub(super) fn new(epilogue: &GemmEpilogue) -> Result<Epilogue, String> {
        let program = epilogue.program.clone().finish();
        let outputs: Vec<usize> = program.outputs().iter().map(|(_, stored)| stored.size()).collect();
        if outputs.is_empty() || outputs.len() > MOST_OUTPUTS {
            return Err(format!("an epilogue has 1 to {MOST_OUTPUTS} outputs, and not {}", outputs.len()));
        }
        // What is not read need not be laid out.
        let extra: Vec<EpilogueInput> = (epilogue.extra.iter().enumerate())
            .map(|(number, &input)| if program.reads(number + 1) { input } else { EpilogueInput::Scalar })
            .collect();
        let uniform: Vec<bool> =
            std::iter::once(false).chain(extra.iter().map(|&input| input == EpilogueInput::Scalar)).collect();
        let sizes = program.inputs()[1..].iter().map(|stored| stored.size());
        Ok(Epilogue {
            program: BlockProgram::new(&program, &uniform, Outputs::Stored)?,
            extra: extra.into_iter().zip(sizes).collect(),
            outputs,
            product: program.inputs()[0].size(),
        })
    }

    /// The views of one run.
    pub(super) fn views<'a>(&self, extra: &'a [In<'a>], outputs: &mut [Out<'_>]) -> Views<'a> {
        let mut views = Views { extra, outputs: [None; MOST_OUTPUTS] };
        for (place, output) in views.outputs.iter_mut().zip(outputs) {
            *place = Some(output.shared());
        }
        views
    }

    /// Bytes of scratch memory: registers, and rows of the extra inputs over and over.
    pub(super) fn scratch(&self) -> usize {
        let rows = self.extra.iter().filter(|(input, _)| *input == EpilogueInput::Row);
        self.program.scratch() + rows.map(|(_, size)| size * LANES).sum::<usize>()
    }

    /// Makes the outputs of a block of the product, which lies at `product` without gaps.
    ///
    /// # Safety
    /// The views are those of the kernel that the epilogue belongs to, the block is part of its product, no other thread
    /// works on it, and `scratch` has [`scratch`](Epilogue::scratch) bytes, aligned to 64.
    pub(super) unsafe fn run(
        &self,
        level: Level,
        views: &Views<'_>,
        block: Extent,
        product: *mut u8,
        scratch: *mut u8,
    ) -> Result<(), KernelError> {
        let Extent { row, column, rows, columns, n } = block;
        // Whole rows follow each other in all that is read and written.
        let together = if columns == n { (LANES / n).clamp(1, rows) } else { 1 };
        let across = columns.div_ceil(columns.div_ceil(LANES));
        let mut table = Table::new();
        // SAFETY: rows and columns are inside the block; at most `LANES` elements are worked on at once.
        unsafe {
            self.program.place(&mut table, scratch);
            let mut room = scratch.add(self.program.scratch());
            for (number, (&(input, size), view)) in self.extra.iter().zip(views.extra).enumerate() {
                let (slot, first) = (self.program.input(number + 1), view.pointer::<u8>());
                match input {
                    EpilogueInput::Scalar => table.set(slot, first.cast_mut()),
                    EpilogueInput::Row if together > 1 => {
                        (0..together)
                            .for_each(|k| room.add(k * n * size).copy_from_nonoverlapping(first, n * size));
                        table.set(slot, room);
                        room = room.add(LANES * size);
                    }
                    EpilogueInput::Row | EpilogueInput::Full => {}
                }
            }
            self.program.start(level, &table, together * across)?;
            for done in (0..rows).step_by(together) {
                let rows = together.min(rows - done);
                for place in (0..columns).step_by(across) {
                    let lanes = rows * across.min(columns - place);
                    let element = (row + done) * n + column + place;
                    table.set(self.program.input(0), product.add((done * columns + place) * self.product));
                    for (number, (&(input, size), view)) in self.extra.iter().zip(views.extra).enumerate() {
                        let (slot, first) = (self.program.input(number + 1), view.pointer::<u8>());
                        match input {
                            EpilogueInput::Full => table.set(slot, first.add(element * size).cast_mut()),
                            EpilogueInput::Row if together == 1 => {
                                table.set(slot, first.add((column + place) * size).cast_mut());
                            }
                            EpilogueInput::Row | EpilogueInput::Scalar => {}
                        }
                    }
                    for (number, (size, output)) in self.outputs.iter().zip(views.outputs).enumerate() {
                        if let Some(first) = output {
                            table.set(self.program.output(number), first.pointer().add(element * size));
                        }
                    }
                    self.program.run(level, &table, lanes)?;
                }
            }
        }
        Ok(())
    }

    /// Writes down what is made of a product of `[m, n]` numbers at `product` that is one block.
    pub(super) fn record(
        &self,
        recorder: &mut Recorder,
        level: Level,
        product: Address,
        [m, n]: [usize; 2],
    ) -> Option<()> {
        if m * n > LANES {
            return None;
        }
        let mut operands = vec![product];
        for (number, &(input, size)) in self.extra.iter().enumerate() {
            let from = recorder.input(2 + number);
            operands.push(match input {
                EpilogueInput::Row if m > 1 => {
                    let to = recorder.scratch(m * n * size);
                    recorder.call(Call::Copy { from, to, bytes: (n * size) as u32, times: m as u32 });
                    to
                }
                EpilogueInput::Row | EpilogueInput::Full | EpilogueInput::Scalar => from,
            });
        }
        operands.extend((0..self.outputs.len()).map(|output| recorder.output(output)));
        self.program.record(recorder, level, &operands, m * n)?;
        Some(())
    }
}
