//! Elementwise loops: a [`MapProgram`] over tensors that may be broadcast, transposed or sliced.
//!
//! The index space of the output is walked in blocks of up to 512 elements, and the program runs on each block, one
//! instruction at a time. Inputs that lie as the output does are read in place. Of the others a block is gathered,
//! unless it is the same in every block, as the bias in `[10, 8] + [8]` is.

#[cfg(test)]
pub(crate) mod choices;
#[cfg(test)]
pub(crate) mod naive;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::ahead::{BEYOND_CACHES, prefetch_part};
use crate::block::gather::{AXES, Source};
use crate::block::{BlockProgram, LANES, Outputs, Table};
use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::recording::Recorder;
use crate::simd::{Level, level};
use crate::streaming::{self, is_worth_streaming};
use crate::{
    ALIGNMENT, Context, In, Kernel, KernelError, Layout, MapProgram, Out, collapse, element_count, threads,
};

/// Elements that one thread takes at a time, about.
const PIECE: usize = 16 * 1024;

/// Fewer elements than this are not worth waking another thread; and of less [cost](MapProgram::cost) than this, all together,
/// they are not worth sharing with one that is awake.
const WORTH_THREADS: usize = 64 * 1024;
const WORTH_SHARING: u64 = 64 * 1024;

/// Of so many dense inputs or more, which no cache holds, what comes two blocks later is asked for: the processor follows fewer by
/// itself, and is then only disturbed.
const WORTH_ASKING: usize = 4;

/// Rows at least this long are cut into blocks one by one; of shorter ones several make a block.
const LONG_ROW: usize = 128;

/// An elementwise loop for one shape: `outputs = program(inputs)`, element by element. The outputs are contiguous.
///
/// An output may take the place of an input that lies as it does, with elements of the same size, and is read no more
/// once the output is written.
///
/// ```
/// use tenseur_kernels::{Binary, Context, Layout, MapKernel, MapProgram, ScalarType::F32, call};
///
/// // [2, 3] + [3]
/// let mut program = MapProgram::new();
/// let (x, bias) = (program.input(F32), program.input(F32));
/// let sum = program.binary(Binary::Add, x, bias);
/// program.output(sum, F32);
/// let layouts = [Layout::contiguous(&[2, 3]), Layout::broadcast(&[3], &[2, 3])?];
/// let kernel = MapKernel::new(program, &[2, 3], &layouts)?;
///
/// let (x, bias, mut sum) = ([1_f32, 2., 3., 4., 5., 6.], [10_f32, 20., 30.], [0_f32; 6]);
/// let (inputs, output) = ([bytemuck::cast_slice(&x), bytemuck::cast_slice(&bias)], bytemuck::cast_slice_mut(&mut sum));
/// call(&kernel, &Context { threads: 1 }, &inputs, &mut [output]).unwrap();
/// assert_eq!(sum, [11., 22., 33., 14., 25., 36.]);
/// # Ok::<(), String>(())
/// ```
pub struct MapKernel {
    program: MapProgram,
    block: BlockProgram,
    level: Level,
    /// The index space, its neighbouring axes merged where all inputs allow.
    sizes: Vec<usize>,
    count: usize,
    /// What all elements together cost.
    cost: u64,
    /// The space is cut into rows of this many elements, and each row into blocks.
    row: usize,
    /// Elements of a block.
    lanes: usize,
    feeds: Vec<Feed>,
    /// Scratch memory for registers, gathered blocks, and blocks of outputs that go past the caches.
    scratch: usize,
    /// By output: where in it a block is made, if it goes past the caches.
    streams: Vec<Option<usize>>,
    /// The slots of inputs of which a later block is asked for, and the bytes of an element.
    ahead: Vec<(u8, usize)>,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
    output_sizes: Vec<usize>,
    in_place: Vec<bool>,
}

/// How pieces are shared among threads.
type Share = fn(usize, usize, &(dyn Fn(usize) -> Result<(), KernelError> + Sync)) -> Result<(), KernelError>;

/// How an input gets into its slot.
#[derive(Debug)]
struct Feed {
    input: usize,
    slot: u8,
    source: Source,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One number for all: the slot points at it throughout.
    Uniform,
    /// The same elements in every block, gathered once, to this byte of the scratch memory.
    Same(usize),
    /// Found anew for every block, and gathered to this byte if need be.
    Changing(usize),
}

impl MapKernel {
    /// A loop over `shape` with inputs that lie as `inputs` says, one layout for each input of the program.
    ///
    /// # Errors
    /// When layouts and program do not fit each other, a layout reaches outside its buffer, or the program is too
    /// long to be one loop (see [`registers`](MapKernel::registers)).
    pub fn new(program: MapProgram, shape: &[usize], inputs: &[Layout]) -> Result<MapKernel, String> {
        let program = program.finish();
        let stored = program.inputs();
        if stored.len() != inputs.len() {
            return Err(format!(
                "{} layouts were given for the program's {} inputs",
                inputs.len(),
                stored.len()
            ));
        }
        for (number, layout) in inputs.iter().enumerate() {
            layout.check(shape).map_err(|error| format!("input {number}: {error}"))?;
        }
        let count = element_count(shape)?;
        let dense = Layout::contiguous(shape).strides;
        let read = program.read_strides(inputs);
        let strides: Vec<&[isize]> = read.iter().chain([&dense]).map(|strides| &strides[..]).collect();
        let (sizes, mut strides) = collapse(shape, &strides);
        strides.truncate(inputs.len());
        if sizes.len() > AXES {
            return Err(format!("shape {shape:?} has more than {AXES} axes that cannot be merged"));
        }
        let sources: Vec<Source> = (inputs.iter().zip(strides).zip(stored))
            .map(|((input, strides), stored)| Source::new(&sizes, input.offset, strides, stored.size()))
            .collect();
        let uniform: Vec<bool> = sources.iter().map(|source| source.is_uniform() && count > 1).collect();
        let block = BlockProgram::new(&program, &uniform, Outputs::Stored)?;

        let all_dense = sources.iter().zip(&uniform).all(|(source, uniform)| *uniform || source.is_dense());
        let inner = sizes.last().copied().unwrap_or(1);
        let (row, lanes) = match inner {
            _ if all_dense || count == 0 => (count, LANES),
            LONG_ROW.. => (inner, inner.div_ceil(inner.div_ceil(LANES)).next_multiple_of(16).min(LANES)),
            _ => (count, LANES / inner * inner),
        };
        let mut scratch = block.scratch();
        let mut feeds = Vec::new();
        for (input, (source, uniform)) in sources.into_iter().zip(uniform).enumerate() {
            let mut room = || {
                scratch += LANES * stored[input].size();
                scratch - LANES * stored[input].size()
            };
            let way = match () {
                () if uniform => Way::Uniform,
                () if source.is_dense() => Way::Changing(0),
                () if row == count && lanes.is_multiple_of(source.period(&sizes)) => Way::Same(room()),
                () => Way::Changing(room()),
            };
            feeds.push(Feed { input, slot: block.input(input), source, way });
        }

        let output_sizes: Vec<usize> = program.outputs().iter().map(|(_, stored)| stored.size()).collect();
        let sized = |sizes: &mut dyn Iterator<Item = (usize, usize)>| -> Result<Vec<usize>, String> {
            sizes.map(|(count, size)| byte_count(count, size)).collect()
        };
        let input_bytes = sized(&mut inputs.iter().zip(stored).map(|(i, s)| (i.elements, s.size())))?;
        let output_bytes = sized(&mut output_sizes.iter().map(|&size| (count, size)))?;
        let mut streams = Vec::with_capacity(output_sizes.len());
        for (&size, &bytes) in output_sizes.iter().zip(&output_bytes) {
            let large = is_worth_streaming(bytes);
            scratch = scratch.next_multiple_of(ALIGNMENT);
            streams.push(large.then_some(scratch));
            scratch += if large { LANES * size } else { 0 };
        }
        // Outputs may take the place of inputs.
        let read = input_bytes.iter().fold(0, |sum: usize, &bytes| sum.saturating_add(bytes));
        let dense = feeds.iter().filter(|feed| feed.source.is_dense());
        let mut ahead: Vec<_> = dense.map(|feed| (feed.slot, stored[feed.input].size())).collect();
        if ahead.len() < WORTH_ASKING || read < BEYOND_CACHES {
            ahead.clear();
        }
        let mut in_place = Vec::with_capacity(inputs.len() * output_sizes.len());
        for (input, (layout, stored)) in inputs.iter().zip(stored).enumerate() {
            let covers = feeds[input].source.is_dense() && layout.offset == 0 && layout.elements == count;
            in_place.extend(output_sizes.iter().enumerate().map(|(output, &size)| {
                covers && size == stored.size() && block.writes_after_reading(input, output)
            }));
        }
        Ok(MapKernel {
            level: level(),
            cost: (count as u64).saturating_mul(program.cost()),
            program,
            block,
            sizes,
            count,
            row,
            lanes,
            feeds,
            scratch,
            streams,
            ahead,
            input_bytes,
            output_bytes,
            output_sizes,
            in_place,
        })
    }

    /// The same loop with the instructions of another [`Level`], or the highest below it that the machine has.
    pub fn at_level(self, level: Level) -> MapKernel {
        MapKernel { level, ..self }
    }

    /// The same loop without asking for what it reads later: as part of a pass, which does so itself.
    pub(crate) fn without_asking(self) -> MapKernel {
        MapKernel { ahead: Vec::new(), ..self }
    }

    /// How many blocks of 512 elements lie between instructions at once, at most. Beyond some tens they no longer fit
    /// the first cache, and a loop that was fused of many is better cut.
    pub fn registers(&self) -> usize {
        self.block.registers()
    }

    /// The views of one run: where each input and each output begins.
    #[inline]
    pub(crate) fn views(
        &self,
        input: impl Fn(usize) -> *mut u8,
        mut output: impl FnMut(usize) -> *mut u8,
        views: &mut Table,
    ) {
        for feed in &self.feeds {
            views.set(feed.slot, input(feed.input));
        }
        for number in 0..self.output_sizes.len() {
            views.set(self.block.output(number), output(number));
        }
    }

    /// How many blocks there are.
    fn blocks(&self) -> usize {
        match self.count {
            0 => 0,
            count => count / self.row * self.row.div_ceil(self.lanes),
        }
    }

    /// Runs the blocks `begin .. end`. `views` has the first byte of every input and output in their slots.
    ///
    /// # Safety
    /// As for [`Kernel::run`]; and nobody else works on these blocks.
    #[inline]
    unsafe fn run_blocks(&self, views: &Table, begin: usize, end: usize) -> Result<(), KernelError> {
        if self.scratch == 0 {
            // SAFETY: as promised; no scratch memory is used.
            return unsafe { self.run_with_scratch(views, begin, end, std::ptr::null_mut()) };
        }
        threads::with_scratch(self.scratch, |scratch| {
            // SAFETY: as promised; the scratch memory is as large as needed, aligned to 64 bytes and ours.
            unsafe { self.run_with_scratch(views, begin, end, scratch.as_mut_ptr()) }
        })
    }

    /// # Safety
    /// As for [`run_blocks`](MapKernel::run_blocks), and `scratch` has the bytes that the kernel needs.
    unsafe fn run_with_scratch(
        &self,
        views: &Table,
        begin: usize,
        end: usize,
        scratch: *mut u8,
    ) -> Result<(), KernelError> {
        // The slots of inputs and outputs come first; a whole table is more than a small loop takes.
        let mut table = views.first(self.feeds.len() + self.output_sizes.len());
        let mut worker = Worker { kernel: self, views, table: &mut table, scratch };
        // SAFETY: as promised; blocks lie in the space.
        unsafe {
            worker.start()?;
            let blocks_of_row = self.row.div_ceil(self.lanes);
            let (mut row, mut column) =
                (begin / blocks_of_row * self.row, begin % blocks_of_row * self.lanes);
            for _ in begin..end {
                let n = self.lanes.min(self.row - column);
                worker.block(row + column, n)?;
                column += n;
                if column == self.row {
                    (row, column) = (row + self.row, 0);
                }
            }
        }
        worker.finish();
        Ok(())
    }

    /// Sets the slots of inputs and outputs as they are in `views`.
    ///
    /// # Safety
    /// They were set there.
    pub(crate) unsafe fn fill_in(&self, views: &Table, table: &mut Table) {
        for slot in 0..(self.feeds.len() + self.output_sizes.len()) as u8 {
            // SAFETY: as promised.
            table.set(slot, unsafe { views.get(slot) });
        }
    }

    /// How many elements there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether the blocks of a space of so many elements are this loop's.
    pub(crate) fn goes_by_blocks_of(&self, count: usize) -> bool {
        self.count == count && self.row == count && self.lanes == LANES
    }

    /// The bytes of scratch memory that a [`Worker`] needs.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }
}

/// One thread's work.
pub(crate) struct Worker<'a> {
    pub(crate) kernel: &'a MapKernel,
    /// The first bytes of inputs and outputs, in their slots.
    pub(crate) views: &'a Table,
    /// Where the block's are, and the registers. Of it, the views' slots are set.
    pub(crate) table: &'a mut Table,
    pub(crate) scratch: *mut u8,
}

impl Worker<'_> {
    /// Computes what is the same for all.
    ///
    /// # Safety
    /// The scratch memory has the bytes that the kernel needs, and the views are what `Kernel::run` promises.
    #[inline]
    pub(crate) unsafe fn start(&mut self) -> Result<(), KernelError> {
        let Worker { kernel, views, ref mut table, scratch } = *self;
        // SAFETY: the scratch memory is as large as needed; the views are buffers in which every element that the layouts name
        // lies, as `Layout::check` found.
        unsafe {
            kernel.block.place(table, scratch);
            let lanes = kernel.lanes.min(kernel.count);
            for feed in &kernel.feeds {
                let base = views.get(feed.slot);
                match feed.way {
                    Way::Uniform => table.set(feed.slot, feed.source.origin(base).cast_mut()),
                    Way::Same(byte) => {
                        let register = scratch.add(byte);
                        let found = feed.source.locate(&kernel.sizes, base, 0, lanes, register);
                        table.set(feed.slot, found.cast_mut());
                    }
                    Way::Changing(_) => {}
                }
            }
            kernel.block.start(kernel.level, table, lanes)
        }
    }

    /// Computes `n` elements, from number `start`.
    ///
    /// # Safety
    /// [`start`](Worker::start) was called, and its promises hold; the space has the elements, no more than a block, which
    /// nobody else works on.
    #[inline]
    pub(crate) unsafe fn block(&mut self, start: usize, n: usize) -> Result<(), KernelError> {
        let Worker { kernel, views, ref mut table, scratch } = *self;
        // SAFETY: as promised.
        unsafe {
            // Where a block of an output is made that goes past the caches. What takes an input's place is there already.
            let stream = |output: usize| {
                let first = views.get(kernel.block.output(output));
                let apart = || kernel.feeds.iter().all(|feed| views.get(feed.slot) != first);
                kernel.streams[output].filter(|_| apart()).map(|byte| scratch.add(byte))
            };
            for feed in &kernel.feeds {
                if let Way::Changing(byte) = feed.way {
                    let (base, register) = (views.get(feed.slot), scratch.wrapping_add(byte));
                    let found = feed.source.locate(&kernel.sizes, base, start, n, register);
                    table.set(feed.slot, found.cast_mut());
                }
            }
            for (output, &size) in kernel.output_sizes.iter().enumerate() {
                let slot = kernel.block.output(output);
                table.set(slot, stream(output).unwrap_or(views.get(slot).add(start * size)));
            }
            if kernel.ahead.is_empty() {
                kernel.block.run(kernel.level, table, n)?;
            } else {
                let (level, table) = (kernel.level, &**table);
                kernel.block.run_with(level, table, n, |step, steps| {
                    for &(slot, size) in &kernel.ahead {
                        let later = table.get(slot).wrapping_add(2 * n * size);
                        prefetch_part(later, n * size, step, steps);
                    }
                })?;
            }
            for (output, &size) in kernel.output_sizes.iter().enumerate() {
                if let Some(made) = stream(output) {
                    let to = views.get(kernel.block.output(output)).add(start * size);
                    streaming::copy(kernel.level, made, to, n * size);
                }
            }
        }
        Ok(())
    }

    /// Lets others see what was written.
    #[inline]
    pub(crate) fn finish(&self) {
        if self.kernel.streams.iter().any(Option::is_some) {
            streaming::finish();
        }
    }
}

impl fmt::Debug for MapKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapKernel").field("program", &self.program).field("sizes", &self.sizes).finish()
    }
}

impl Sealed for MapKernel {}

impl Kernel for MapKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.in_place[input * self.output_bytes.len() + output]
    }

    fn operations(&self) -> u64 {
        self.count as u64 * self.program.operations()
    }

    fn record(&self, recorder: &mut Recorder) -> Option<()> {
        if self.blocks() != 1 {
            return None;
        }
        let mut operands = Vec::new();
        for feed in &self.feeds {
            let first = recorder.input(feed.input);
            operands.push(match feed.way {
                Way::Uniform => first.plus(feed.source.first()),
                _ => feed.source.record(&self.sizes, recorder, first, self.count)?,
            });
        }
        operands.extend((0..self.output_bytes.len()).map(|output| recorder.output(output)));
        self.block.record(recorder, self.level, &operands, self.count)?;
        Some(())
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        if self.count == 0 {
            return Ok(());
        }
        let mut views = Views::new();
        let input = |input: usize| inputs[input].pointer::<u8>().cast_mut();
        self.views(input, |output| outputs[output].pointer(), &mut views.0);
        let blocks = self.blocks();
        let share = match () {
            () if context.threads < 2 || blocks < 2 => None,
            () if self.count >= WORTH_THREADS => {
                Some((threads::first_error as Share, PIECE.div_ceil(self.lanes)))
            }
            () if self.cost >= WORTH_SHARING => {
                Some((threads::first_error_of_awake as Share, blocks.div_ceil(context.threads)))
            }
            () => None,
        };
        let Some((share, of_piece)) = share else {
            // SAFETY: the caller's promises, and all blocks are run here.
            return unsafe { self.run_blocks(&views.0, 0, blocks) };
        };
        let views = &views;
        share(context.threads, blocks.div_ceil(of_piece), &|piece| {
            let begin = piece * of_piece;
            // SAFETY: the caller's promises, and every block belongs to one piece.
            unsafe { self.run_blocks(&views.0, begin, blocks.min(begin + of_piece)) }
        })
    }
}

/// The first bytes of the inputs and outputs of one run. It is large, and is filled where it lies.
struct Views(Table);

impl Views {
    fn new() -> Views {
        Views(Table::new())
    }
}

// SAFETY: the table is only read; what it points at is shared by pieces that write to different blocks.
unsafe impl Sync for Views {}
