//! Kernels over few numbers, written down as the calls of their loops when the program is made. A network of a dozen units
//! takes some thirty such calls a step, of ten nanoseconds each; finding them anew, kernel by kernel, would take as long
//! again and more.
//!
//! A kernel's [`record`](crate::Kernel::record) writes what its `run` would call, of the same loops over the same numbers in
//! the same order, so that no bit changes; where it would be many calls, or the kernel has other loops, it writes nothing
//! and is run. An address is a memory of the program and a place in it: what it is in one run shows when the run begins.

use std::mem::MaybeUninit;

use crate::block::loops::Loop;
use crate::failure::Failure;
use crate::gemm::{Finish, Tile, TileFunction};
use crate::kernel::KernelError;
use crate::program::Place;
use crate::reduce::{FoldLanes, FoldRows, FoldShort, FoldTogether};
use crate::transpose::{Rows, transpose};
use crate::{Buffer, Level};

/// The most memories that a program with a recording has; and the most bytes of scratch memory that a step of it takes,
/// which lie on the stack.
pub(crate) const MOST_MEMORIES: usize = 64;
pub(crate) const SCRATCH: usize = 16 * 1024;

/// Scratch memory for a run of a recording.
#[repr(align(64))]
pub(crate) struct Scratch(MaybeUninit<[u8; SCRATCH]>);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch(MaybeUninit::uninit())
    }
}

/// The memories besides the program's slots.
const SCRATCH_MEMORY: usize = MOST_MEMORIES;
const CONSTANT_MEMORY: usize = MOST_MEMORIES + 1;

/// Where memories begin in one run: the program's slots, scratch memory, constants. As large as it is, it is filled where it
/// lies, and only as far as there are memories.
pub(crate) struct Bases([MaybeUninit<*mut u8>; MOST_MEMORIES + 2]);

impl Bases {
    pub(crate) fn new() -> Bases {
        Bases([MaybeUninit::uninit(); MOST_MEMORIES + 2])
    }
}

/// A place in one of the memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    memory: u32,
    byte: u32,
}

impl Address {
    /// The place so many bytes on.
    pub(crate) fn plus(self, bytes: usize) -> Address {
        Address { memory: self.memory, byte: self.byte + bytes as u32 }
    }

    /// # Safety
    /// The memory is there, and has the byte, or ends before it.
    #[inline(always)]
    unsafe fn of(self, bases: &Bases) -> *mut u8 {
        // SAFETY: the caller's promise; all memories' numbers are below the table's length.
        unsafe { bases.0.get_unchecked(self.memory as usize).assume_init().add(self.byte as usize) }
    }
}

/// What is done with the sums of a tile: [`Finish`], with addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Store,
    Bias(Address),
    Relu,
    BiasRelu(Address),
    /// The factor's bits, and those of `f32` in the lower half.
    Accumulate(u64),
    /// `out = out − rate · sums`, the rate being there.
    Descend(Address),
}

/// A tile of a product: [`Tile`], with addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TileCall<T> {
    pub(crate) function: TileFunction<T>,
    pub(crate) k: u32,
    pub(crate) a: Address,
    pub(crate) a_row: u32,
    pub(crate) a_step: u32,
    pub(crate) b: Address,
    pub(crate) b_step: u32,
    pub(crate) out: Address,
    pub(crate) out_row: u32,
    pub(crate) ending: Ending,
}

/// A call of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Loop {
        run: Loop,
        level: Level,
        n: u32,
        result: Address,
        operands: [Address; 3],
        failure: Failure,
    },
    TileF32(TileCall<f32>),
    TileF64(TileCall<f64>),
    /// `times` copies of the bytes, one behind the other.
    Copy {
        from: Address,
        to: Address,
        bytes: u32,
        times: u32,
    },
    /// `n` numbers of `size` bytes that have these bits.
    Fill {
        to: Address,
        n: u32,
        size: u32,
        bits: u64,
    },
    /// The transpose of a matrix of numbers of `size` bytes: `rows` rows of `columns`, without gaps, at `to`.
    Transpose {
        level: Level,
        size: u32,
        rows: u32,
        columns: u32,
        from: Address,
        to: Address,
    },
    FoldLanes {
        fold: FoldLanes,
        level: Level,
        lanes: Address,
        numbers: Address,
        n: u32,
        width: u32,
    },
    FoldRows {
        fold: FoldRows,
        level: Level,
        lanes: Address,
        numbers: Address,
        stride: i32,
        rows: u32,
        n: u32,
    },
    FoldShort {
        fold: FoldShort,
        level: Level,
        lanes: Address,
        numbers: Address,
        n: u32,
        length: u32,
    },
    FoldTogether {
        fold: FoldTogether,
        level: Level,
        lanes: Address,
        width: u32,
        kept: u32,
    },
}

/// The calls of a program's small kernels, in order.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    calls: Vec<Call>,
    constants: Buffer,
}

impl Recording {
    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Fills in where memories begin: the program's slots there, scratch memory and constants here.
    pub(crate) fn fill_in(
        &self,
        bases: &mut Bases,
        scratch: &mut Scratch,
        slots: impl Iterator<Item = *mut u8>,
    ) {
        bases.0.iter_mut().zip(slots.take(MOST_MEMORIES)).for_each(|(base, slot)| {
            base.write(slot);
        });
        bases.0[SCRATCH_MEMORY].write(scratch.0.as_mut_ptr().cast());
        // Nothing is ever written there: no call has a constant for its result.
        bases.0[CONSTANT_MEMORY].write(self.constants.bytes().as_ptr().cast_mut());
    }

    /// Does the calls number `begin` to `end`.
    ///
    /// # Safety
    /// They are those of one step, or of steps in a row, of the program that the recording was made of, and `bases` are
    /// memories of a run of it, as `program.rs` has them; steps before have been run, and nobody else looks.
    pub(crate) unsafe fn run(&self, bases: &Bases, begin: u32, end: u32) -> Result<(), KernelError> {
        for call in &self.calls[begin as usize..end as usize] {
            // SAFETY: as promised. Kernels write calls for the places that they were given, which `check` compared with their
            // sizes, and for scratch memory and constants of which they asked for as much as they use.
            unsafe { call.run(bases)? }
        }
        Ok(())
    }
}

impl Call {
    /// # Safety
    /// As for [`Recording::run`].
    #[inline(always)]
    unsafe fn run(&self, bases: &Bases) -> Result<(), KernelError> {
        // SAFETY: as promised.
        unsafe {
            match *self {
                Call::Loop { run, level, n, result, operands: [x, y, z], failure } => {
                    let (x, y, z) = (x.of(bases), y.of(bases), z.of(bases));
                    if run(level, result.of(bases), x, y, z, n as usize) {
                        return Err(failure.error());
                    }
                }
                Call::TileF32(ref tile) => tile.run(bases, |bits| f32::from_bits(bits as u32), |rate| -rate),
                Call::TileF64(ref tile) => tile.run(bases, f64::from_bits, |rate| -rate),
                Call::Copy { from, to, bytes, times } => {
                    let (from, to, bytes) = (from.of(bases), to.of(bases), bytes as usize);
                    (0..times as usize).for_each(|k| copy_words(from, to.add(k * bytes), bytes));
                }
                Call::Fill { to, n, size, bits } => match size {
                    1 => to.of(bases).write_bytes(bits as u8, n as usize),
                    4 => std::slice::from_raw_parts_mut(to.of(bases).cast::<u32>(), n as usize)
                        .fill(bits as u32),
                    _ => std::slice::from_raw_parts_mut(to.of(bases).cast::<u64>(), n as usize).fill(bits),
                },
                Call::Transpose { level, size, rows, columns, from, to } => {
                    let (from, to) = (from.of(bases), to.of(bases));
                    match size {
                        4 => turn::<u32>(level, rows as usize, columns as usize, from, to),
                        _ => turn::<u64>(level, rows as usize, columns as usize, from, to),
                    }
                }
                Call::FoldLanes { fold, level, lanes, numbers, n, width } => {
                    fold(level, lanes.of(bases), numbers.of(bases), n as usize, width as usize);
                }
                Call::FoldRows { fold, level, lanes, numbers, stride, rows, n } => {
                    let (rows, n) = (rows as usize, n as usize);
                    fold(level, lanes.of(bases), numbers.of(bases), stride as isize, rows, n);
                }
                Call::FoldShort { fold, level, lanes, numbers, n, length } => {
                    fold(level, lanes.of(bases), numbers.of(bases), n as usize, length as usize);
                }
                Call::FoldTogether { fold, level, lanes, width, kept } => {
                    fold(level, lanes.of(bases), width as usize, kept as usize);
                }
            }
        }
        Ok(())
    }
}

/// Copies a few bytes: a call of `memmove` would take longer than they do.
///
/// # Safety
/// There are as many to be read and to be written, and they are apart.
#[inline(always)]
unsafe fn copy_words(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut at = 0;
        while at + 32 <= bytes {
            to.add(at).cast::<[u64; 4]>().write_unaligned(from.add(at).cast::<[u64; 4]>().read_unaligned());
            at += 32;
        }
        while at + 4 <= bytes {
            to.add(at).cast::<u32>().write_unaligned(from.add(at).cast::<u32>().read_unaligned());
            at += 4;
        }
        while at < bytes {
            to.add(at).write(from.add(at).read());
            at += 1;
        }
    }
}

/// # Safety
/// There are matrices of so many rows and columns without gaps, the one at `from` transposed.
unsafe fn turn<T: Copy>(level: Level, rows: usize, columns: usize, from: *const u8, to: *mut u8) {
    let from = Rows { pointer: from.cast::<T>(), stride: rows as isize };
    let to = Rows { pointer: to.cast::<T>(), stride: columns as isize };
    // SAFETY: the caller's promise.
    unsafe { transpose(level, rows, columns, from, to) }
}

impl<T: Copy> TileCall<T> {
    /// # Safety
    /// As for [`Recording::run`].
    #[inline(always)]
    unsafe fn run(&self, bases: &Bases, of_bits: impl Fn(u64) -> T, negative: impl Fn(T) -> T) {
        // SAFETY: as promised.
        unsafe {
            let finish = match self.ending {
                Ending::Store => Finish::Store,
                Ending::Bias(bias) => Finish::Bias(bias.of(bases).cast_const().cast()),
                Ending::Relu => Finish::Relu,
                Ending::BiasRelu(bias) => Finish::BiasRelu(bias.of(bases).cast_const().cast()),
                Ending::Accumulate(bits) => Finish::Accumulate(of_bits(bits)),
                Ending::Descend(rate) => Finish::Accumulate(negative(rate.of(bases).cast::<T>().read())),
            };
            (self.function)(&Tile {
                k: self.k as usize,
                runs: 1,
                a: self.a.of(bases).cast_const().cast(),
                a_row: self.a_row as usize,
                a_step: self.a_step as usize,
                a_run: 0,
                b: self.b.of(bases).cast_const().cast(),
                b_step: self.b_step as usize,
                begin: std::ptr::null(),
                out: self.out.of(bases).cast(),
                out_row: self.out_row as usize,
                finish,
            });
        }
    }
}

/// Writes a recording, kernel by kernel.
#[derive(Debug, Default)]
pub struct Recorder {
    calls: Vec<Call>,
    constants: Vec<u64>,
    inputs: Vec<Address>,
    outputs: Vec<Address>,
    scratch: usize,
}

/// The most calls of a step: of more, finding them is little of what they take.
const MOST_CALLS: usize = 32;

impl Recorder {
    /// Writes down a step's kernel, if it is one of those that can be; and returns its calls' numbers, of which there are
    /// none else.
    pub(crate) fn step(
        &mut self,
        kernel: &dyn crate::Kernel,
        reads: &[Place],
        writes: &[Place],
    ) -> (u32, u32) {
        let (calls, constants) = (self.calls.len(), self.constants.len());
        let address = |place: &Place| {
            // Half of what can be counted, so that places within are counted too.
            let fits = place.slot < MOST_MEMORIES && place.offset + place.bytes <= u32::MAX as usize / 2;
            fits.then_some(Address { memory: place.slot as u32, byte: place.offset as u32 })
        };
        self.scratch = 0;
        self.inputs.clear();
        self.outputs.clear();
        self.inputs.extend(reads.iter().filter_map(address));
        self.outputs.extend(writes.iter().filter_map(address));
        let addressed = self.inputs.len() == reads.len() && self.outputs.len() == writes.len();
        let written = addressed
            && kernel.record(self).is_some()
            && self.scratch <= SCRATCH
            && self.calls.len() - calls <= MOST_CALLS;
        if !written {
            self.calls.truncate(calls);
            self.constants.truncate(constants);
        }
        (calls as u32, self.calls.len() as u32)
    }

    /// What was written.
    pub(crate) fn finish(self) -> Recording {
        Recording { calls: self.calls, constants: Buffer::from_slice(&self.constants) }
    }

    /// Where an input of the kernel lies.
    pub(crate) fn input(&self, input: usize) -> Address {
        self.inputs[input]
    }

    /// Where an output of the kernel lies.
    pub(crate) fn output(&self, output: usize) -> Address {
        self.outputs[output]
    }

    /// Scratch memory for this kernel.
    pub(crate) fn scratch(&mut self, bytes: usize) -> Address {
        let byte = self.scratch;
        self.scratch = (byte + bytes).next_multiple_of(64).min(2 * SCRATCH);
        Address { memory: SCRATCH_MEMORY as u32, byte: byte as u32 }
    }

    /// Constants: bytes of memory that nobody writes.
    pub(crate) fn constants(&mut self, bytes: &[u8]) -> Address {
        let byte = 8 * self.constants.len();
        let words = bytes.chunks(8).map(|word| {
            let mut all = [0; 8];
            all[..word.len()].copy_from_slice(word);
            u64::from_ne_bytes(all)
        });
        self.constants.extend(words);
        self.constants.resize(self.constants.len().next_multiple_of(8), 0);
        Address { memory: CONSTANT_MEMORY as u32, byte: byte as u32 }
    }

    /// The kernel's next call.
    pub(crate) fn call(&mut self, call: Call) {
        self.calls.push(call);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        Binary, Context, EpilogueInput, GemmEpilogue, GemmKernel, GemmOutput, GemmSpec, Kernel, Layout,
        MapKernel, MapProgram, ReduceKernel, ReduceOp, ScalarType::F32, Unary, call,
    };

    /// Where a kernel is written down, that its calls do what it did: the very bytes, or the same failure.
    pub(crate) fn check_calls(
        kernel: &dyn Kernel,
        inputs: &[&[u8]],
        outcome: &Result<(), KernelError>,
        outputs: &[&mut [u8]],
    ) {
        let memories: Vec<Buffer> = (inputs.iter().map(|input| Buffer::from_slice(input)))
            .chain(outputs.iter().map(|output| Buffer::from_slice(&vec![0x5A_u8; output.len()])))
            .collect();
        let places: Vec<Place> = (memories.iter().enumerate())
            .map(|(slot, memory)| Place { slot, offset: 0, bytes: memory.len() })
            .collect();
        let (reads, writes) = places.split_at(inputs.len());
        let mut recorder = Recorder::default();
        let (begin, end) = recorder.step(kernel, reads, writes);
        if begin == end {
            return;
        }
        let (recording, mut memories) = (recorder.finish(), memories);
        let (mut bases, mut scratch) = (Bases::new(), Scratch::new());
        let firsts = memories.iter_mut().map(|memory| memory.bytes_mut().as_mut_ptr());
        recording.fill_in(&mut bases, &mut scratch, firsts);
        // SAFETY: these are all the calls of the kernel, for memories of the sizes that it was given.
        let done = unsafe { recording.run(&bases, begin, end) };
        assert_eq!(&done, outcome, "{kernel:?}");
        if done.is_ok() {
            for (memory, output) in memories[inputs.len()..].iter().zip(outputs) {
                assert!(memory.bytes() == &**output, "{kernel:?} and its calls differ");
            }
        }
    }

    /// How many calls a kernel is written down as.
    fn calls(kernel: &dyn Kernel) -> usize {
        let mut slots = 0;
        let mut places = |sizes: &[usize]| -> Vec<Place> {
            let place = |&bytes: &usize| {
                slots += 1;
                Place { slot: slots - 1, offset: 0, bytes }
            };
            sizes.iter().map(place).collect()
        };
        let (reads, writes) = (places(kernel.input_bytes()), places(kernel.output_bytes()));
        let (begin, end) = Recorder::default().step(kernel, &reads, &writes);
        // That they do what it does is checked by `call`.
        let inputs: Vec<Buffer> = kernel.input_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
        let mut outputs: Vec<Buffer> =
            kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Buffer::bytes).collect();
        let mut outputs: Vec<&mut [u8]> = outputs.iter_mut().map(Buffer::bytes_mut).collect();
        call(kernel, &Context { threads: 1 }, &inputs, &mut outputs).unwrap();
        (end - begin) as usize
    }

    /// tanh(x·w + b) for so many rows and units, of eight inputs.
    fn layer(rows: usize, units: usize) -> GemmKernel {
        let mut program = MapProgram::new();
        let (product, bias) = (program.input(F32), program.input(F32));
        let sum = program.binary(Binary::Add, product, bias);
        let tanh = program.unary(Unary::Tanh, sum);
        program.output(tanh, F32);
        GemmKernel::new(GemmSpec {
            dtype: F32,
            batch: 1,
            m: rows,
            n: units,
            k: 8,
            transpose_a: false,
            transpose_b: false,
            batch_stride_a: 0,
            batch_stride_b: 0,
            output: GemmOutput::Write,
            epilogue: Some(GemmEpilogue { program, extra: vec![EpilogueInput::Row] }),
        })
        .unwrap()
    }

    fn identity() -> MapProgram {
        let mut program = MapProgram::new();
        let x = program.input(F32);
        program.output(x, F32);
        program
    }

    #[test]
    fn a_small_layer_is_a_few_calls_and_a_large_one_none() {
        // Tiles, which add the bias, and the function.
        assert!((2..=4).contains(&calls(&layer(10, 8))), "{}", calls(&layer(10, 8)));
        assert_eq!(calls(&layer(100, 8)), 0);
        assert_eq!(calls(&layer(1000, 1000)), 0);
    }

    #[test]
    fn small_sums_are_a_few_calls() {
        let sum = |shape: &[usize], axes: &[usize]| {
            let layouts = [Layout::contiguous(shape)];
            ReduceKernel::new(identity(), shape, &layouts, axes, ReduceOp::Sum, None).unwrap()
        };
        for (shape, axes) in
            [(&[10, 8][..], &[0][..]), (&[10, 8], &[1]), (&[10, 8], &[0, 1]), (&[4, 100], &[0])]
        {
            assert!((3..=8).contains(&calls(&sum(shape, axes))), "{shape:?} over {axes:?}");
        }
        assert_eq!(calls(&sum(&[100, 100], &[0])), 0);
    }

    #[test]
    fn a_broadcast_is_copies() {
        let mut program = MapProgram::new();
        let (x, bias) = (program.input(F32), program.input(F32));
        let sum = program.binary(Binary::Add, x, bias);
        program.output(sum, F32);
        let layouts =
            |shape: &[usize]| [Layout::contiguous(shape), Layout::broadcast(&shape[1..], shape).unwrap()];
        let small = MapKernel::new(program.clone(), &[3, 5], &layouts(&[3, 5])).unwrap();
        assert_eq!(calls(&small), 2);
        let large = MapKernel::new(program, &[300, 5], &layouts(&[300, 5])).unwrap();
        assert_eq!(calls(&large), 0);
    }
}
