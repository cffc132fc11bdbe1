//! How a reduction runs.

use std::ops::Range;

use super::ReduceKernel;
use super::plan::{GROUP, GROUP_ROWS, Input, PIECE, Walk};
use crate::arena::Shared;
use crate::block::{LANES, Table};
use crate::{Context, In, KernelError, Out, threads};

/// Fewer numbers than this are not worth waking another thread.
const WORTH_THREADS: usize = 64 * 1024;

/// The first bytes of the inputs and outputs of one run. It is large, and is filled where it lies.
pub(crate) struct Views {
    prologue: Table,
    epilogue: Table,
}

impl Views {
    pub(crate) const fn new() -> Views {
        Views { prologue: Table::new(), epilogue: Table::new() }
    }
}

// SAFETY: the tables are only read; what they point at is shared by units that write to different results.
unsafe impl Sync for Views {}

impl ReduceKernel {
    /// # Safety
    /// As for [`Kernel::run`](crate::Kernel::run).
    pub(super) unsafe fn run_units(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let mut views = Views::new();
        let input = |input: usize| inputs[input].pointer::<u8>().cast_mut();
        self.views(input, |output| outputs[output].pointer(), &mut views);
        if self.parts > 1 {
            // SAFETY: the caller's promises.
            return unsafe { self.run_parts(context, &views) };
        }
        let units = self.units();
        if self.count < WORTH_THREADS || context.threads < 2 || units < 2 {
            // SAFETY: the caller's promises, and all units are run here.
            return unsafe { self.run_some(&views, 0, units, None) };
        }
        let of_piece = (PIECE * units / self.count).clamp(1, units);
        let views = &views;
        threads::first_error(context.threads, units.div_ceil(of_piece), &|piece| {
            let begin = piece * of_piece;
            // SAFETY: the caller's promises, and every unit belongs to one piece.
            unsafe { self.run_some(views, begin, units.min(begin + of_piece), None) }
        })
    }

    /// How many elements a part has, if the space is folded in parts, block after block.
    pub(crate) fn goes_by_parts(&self) -> Option<usize> {
        let Walk::Within { period, width, .. } = self.walk else { return None };
        let space: usize = self.space.iter().product();
        let plain = self.kept == period && self.row == space && self.parts > 1;
        let by_blocks = LANES.is_multiple_of(width) && self.lanes.is_multiple_of(LANES);
        (plain && by_blocks && self.part.is_multiple_of(LANES)).then_some(self.part)
    }

    /// How many elements there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The bytes of scratch memory that a [`Worker`] needs.
    pub(crate) fn scratch(&self) -> usize {
        self.scratch
    }

    /// Bytes of what one part is folded to.
    pub(crate) fn part_bytes(&self) -> usize {
        self.folded_bytes() / self.parts
    }

    /// Bytes of what all parts are folded to.
    fn folded_bytes(&self) -> usize {
        match self.walk {
            Walk::Within { period, width, .. } => width * self.size * (self.kept / period * self.parts),
            Walk::Across { .. } => 0,
        }
    }

    /// The views of one run: where each input and each output begins.
    pub(crate) fn views(
        &self,
        input: impl Fn(usize) -> *mut u8,
        mut output: impl FnMut(usize) -> *mut u8,
        views: &mut Views,
    ) {
        for (number, of_prologue) in self.inputs.iter().enumerate() {
            views.prologue.set(of_prologue.slot, input(number));
        }
        for (number, further) in self.further_inputs.iter().enumerate() {
            views.epilogue.set(further.slot, input(self.inputs.len() + number));
        }
        for number in 0..self.output_sizes.len() {
            views.epilogue.set(self.epilogue.output(number), output(number));
        }
    }

    /// Folds each part of the space apart, and then the parts: where there are few results of much.
    ///
    /// # Safety
    /// As for [`Kernel::run`](crate::Kernel::run).
    unsafe fn run_parts(&self, context: &Context, views: &Views) -> Result<(), KernelError> {
        let Walk::Within { period, .. } = self.walk else { return Ok(()) };
        threads::with_shared_scratch(self.folded_bytes(), |memory| {
            let folded = Shared::new(memory.as_mut_ptr());
            threads::first_error(context.threads, self.kept / period * self.parts, &|piece| {
                // SAFETY: the caller's promises; each part has a place of its own.
                unsafe { self.fold_part(views, piece, folded) }
            })?;
            // SAFETY: the caller's promises; all parts are there.
            unsafe { self.finish_parts(views, folded) }
        })
    }

    /// Folds one part, and leaves what it gives at its place in `folded`.
    ///
    /// # Safety
    /// As for [`Kernel::run`](crate::Kernel::run), whose views these are; `folded` has [`folded_bytes`](Self::folded_bytes),
    /// and nobody else works on this part.
    unsafe fn fold_part(&self, views: &Views, piece: usize, folded: Shared<u8>) -> Result<(), KernelError> {
        let Walk::Within { width, .. } = self.walk else { return Ok(()) };
        let (place, part) = (piece / self.parts, piece % self.parts);
        let space: usize = self.space.iter().product();
        let range = part * self.part..space.min((part + 1) * self.part);
        self.with_worker(views, |worker| {
            // SAFETY: as promised.
            unsafe {
                let lanes = worker.fold(place, range, width)?;
                let bytes = width * self.size;
                std::ptr::copy_nonoverlapping(lanes, folded.pointer().add(piece * bytes), bytes);
            }
            Ok(())
        })
    }

    /// Puts the parts together, and computes the outputs.
    ///
    /// # Safety
    /// As for [`Kernel::run`](crate::Kernel::run), whose views these are; all parts have been folded.
    pub(crate) unsafe fn finish_parts(&self, views: &Views, folded: Shared<u8>) -> Result<(), KernelError> {
        // SAFETY: as promised.
        unsafe { self.run_some(views, 0, self.units(), Some(folded)) }
    }

    /// How many units of work there are.
    pub(super) fn units(&self) -> usize {
        let space: usize = self.space.iter().product();
        match self.walk {
            _ if self.count == 0 => self.kept.div_ceil(LANES),
            Walk::Within { period, group, .. } => (self.kept / period).div_ceil(group),
            Walk::Across { .. } => space / self.row * self.row.div_ceil(self.lanes),
        }
    }

    /// Runs the units `begin .. end`.
    ///
    /// # Safety
    /// The views are what [`Kernel::run`](crate::Kernel::run) promises, and nobody else works on these units.
    unsafe fn run_some(
        &self,
        views: &Views,
        begin: usize,
        end: usize,
        parts: Option<Shared<u8>>,
    ) -> Result<(), KernelError> {
        self.with_worker(views, |worker| {
            // SAFETY: the caller's promises.
            (begin..end).try_for_each(|unit| unsafe { worker.unit(unit, parts) })
        })
    }

    /// Calls `work` with a worker that has started.
    fn with_worker(
        &self,
        views: &Views,
        work: impl FnOnce(&mut Worker<'_>) -> Result<(), KernelError>,
    ) -> Result<(), KernelError> {
        threads::with_scratch(self.scratch, |scratch| {
            let mut tables = Tables::new();
            let mut worker =
                Worker { kernel: self, views, tables: &mut tables, scratch: scratch.as_mut_ptr() };
            // SAFETY: the scratch memory has the bytes that were planned, and views are made of what a run was given.
            unsafe { worker.start()? };
            work(&mut worker)
        })
    }
}

/// One thread's work.
pub(crate) struct Worker<'a> {
    pub(crate) kernel: &'a ReduceKernel,
    pub(crate) views: &'a Views,
    pub(crate) tables: &'a mut Tables,
    pub(crate) scratch: *mut u8,
}

/// Where a worker's blocks and registers are. They are large, and stay where they are made.
pub(crate) struct Tables {
    prologue: Table,
    epilogue: Table,
    /// The inputs' first bytes for the current place of the outer space.
    bases: Table,
}

impl Tables {
    pub(crate) const fn new() -> Tables {
        Tables { prologue: Table::new(), epilogue: Table::new(), bases: Table::new() }
    }
}

/// Numbers that are being folded into lanes.
pub(crate) struct Folding {
    lanes: *mut u8,
    width: usize,
    partial: Partial,
    /// How many came since the lanes were set aside last.
    since: usize,
}

impl Worker<'_> {
    /// Computes what is the same for all.
    ///
    /// # Safety
    /// The scratch memory has the bytes that the kernel needs, and the views are what `Kernel::run` promises.
    pub(crate) unsafe fn start(&mut self) -> Result<(), KernelError> {
        let kernel = self.kernel;
        // SAFETY: as promised; the parts of the scratch memory are as planned.
        unsafe {
            if kernel.count > 0 {
                kernel.prologue.place(&mut self.tables.prologue, self.scratch);
                set_uniform(&kernel.inputs, &self.views.prologue, &mut self.tables.prologue);
                let n = kernel.lanes.min(kernel.space.iter().product());
                for input in kernel.inputs.iter().filter(|input| input.repeats) {
                    let (base, register) =
                        (self.views.prologue.get(input.slot), self.scratch.add(input.gathered_at));
                    let found = input.source.locate(&kernel.space, base, 0, n, register);
                    self.tables.prologue.set(input.slot, found.cast_mut());
                }
                kernel.prologue.start(kernel.level, &self.tables.prologue, kernel.lanes.min(LANES))?;
            }
            kernel.epilogue.place(&mut self.tables.epilogue, self.scratch.add(kernel.epilogue_at));
            self.tables.epilogue.set(kernel.epilogue.input(0), self.scratch.add(kernel.results_at));
            set_uniform(&kernel.further_inputs, &self.views.epilogue, &mut self.tables.epilogue);
            kernel.epilogue.start(kernel.level, &self.tables.epilogue, kernel.kept.min(LANES))
        }
    }

    /// Computes the results of a unit, and the outputs from them; of `parts` that were folded before, if there are any.
    ///
    /// # Safety
    /// [`start`](Worker::start) was called, and its promises hold.
    unsafe fn unit(&mut self, unit: usize, parts: Option<Shared<u8>>) -> Result<(), KernelError> {
        let kernel = self.kernel;
        // SAFETY: as promised; results fit their part of the scratch memory, since a unit has at most 256 of them.
        unsafe {
            let results = self.scratch.add(kernel.results_at);
            match kernel.walk {
                _ if kernel.count == 0 => {
                    let first = unit * LANES;
                    let n = LANES.min(kernel.kept - first);
                    self.fill(results, n);
                    self.finish(first, n)
                }
                Walk::Within { period, width, group } => {
                    let first = unit * group;
                    let places = group.min(kernel.kept / period - first);
                    for place in 0..places {
                        let lanes = match parts {
                            Some(parts) => self.join(parts, first + place, width),
                            None => self.fold(first + place, 0..kernel.space.iter().product(), width)?,
                        };
                        (kernel.folds.together)(kernel.level, lanes, width, period);
                        let bytes = period * kernel.size;
                        std::ptr::copy_nonoverlapping(lanes, results.add(place * bytes), bytes);
                    }
                    self.finish(first * period, places * period)
                }
                Walk::Across { length, rows, stride } => {
                    let blocks_of_row = kernel.row.div_ceil(kernel.lanes);
                    let column = unit % blocks_of_row * kernel.lanes;
                    let (start, n) =
                        (unit / blocks_of_row * kernel.row + column, kernel.lanes.min(kernel.row - column));
                    self.across(start, n, length, rows, stride, results)?;
                    self.finish(start / length, n / length)
                }
            }
        }
    }

    /// Folds a range of the space, at one place of the outer space, into `width` lanes, and returns where those are.
    ///
    /// # Safety
    /// As for [`unit`](Worker::unit), of [`Walk::Within`].
    unsafe fn fold(
        &mut self,
        place: usize,
        range: Range<usize>,
        width: usize,
    ) -> Result<*mut u8, KernelError> {
        let kernel = self.kernel;
        // SAFETY: as promised; blocks lie in the space.
        unsafe {
            let mut folding = self.begin(place, width);
            let mut start = range.start;
            while start < range.end {
                let left_of_row = kernel.row - start % kernel.row;
                let n = kernel.lanes.min(left_of_row).min(range.end - start);
                self.fold_block(&mut folding, start, n)?;
                start += n;
            }
            Ok(self.end(folding))
        }
    }

    /// Begins to fold at one place of the outer space, into `width` lanes.
    ///
    /// # Safety
    /// As for [`unit`](Worker::unit), of [`Walk::Within`].
    unsafe fn begin(&mut self, place: usize, width: usize) -> Folding {
        // SAFETY: as promised.
        unsafe {
            let lanes = self.scratch.add(self.kernel.lanes_at);
            self.fill(lanes, width);
            self.at_place(place);
            Folding { lanes, width, partial: Partial { groups: 0, size: width }, since: 0 }
        }
    }

    /// Begins to fold a part of the space, of which there is one place.
    ///
    /// # Safety
    /// [`start`](Worker::start) was called, and its promises hold.
    pub(crate) unsafe fn begin_part(&mut self) -> Folding {
        let width = match self.kernel.walk {
            Walk::Within { width, .. } => width,
            Walk::Across { .. } => 0,
        };
        // SAFETY: as promised.
        unsafe { self.begin(0, width) }
    }

    /// Folds `n` numbers of the space, from number `start`.
    ///
    /// # Safety
    /// What began goes on; the space has the numbers, in one of its rows and no more than a block.
    pub(crate) unsafe fn fold_block(
        &mut self,
        folding: &mut Folding,
        start: usize,
        n: usize,
    ) -> Result<(), KernelError> {
        let kernel = self.kernel;
        let Folding { lanes, width, partial, since } = folding;
        // SAFETY: as promised.
        unsafe {
            if *since >= GROUP * *width && !kernel.exact {
                partial.set_aside(self, *lanes);
                *since = 0;
            }
            let numbers = self.block(start, n)?;
            (kernel.folds.lanes)(kernel.level, *lanes, numbers, n, *width);
        }
        *since += n;
        Ok(())
    }

    /// Where the lanes are that all was folded into.
    ///
    /// # Safety
    /// As for [`fold_block`](Worker::fold_block).
    pub(crate) unsafe fn end(&mut self, folding: Folding) -> *mut u8 {
        // SAFETY: as promised.
        unsafe { folding.partial.add_all(self, folding.lanes) };
        folding.lanes
    }

    /// Folds the parts of one place into `width` lanes, and returns where those are.
    ///
    /// # Safety
    /// As for [`unit`](Worker::unit), of [`Walk::Within`]; the parts have been folded.
    unsafe fn join(&mut self, parts: Shared<u8>, place: usize, width: usize) -> *mut u8 {
        let kernel = self.kernel;
        // SAFETY: as promised.
        unsafe {
            let lanes = self.scratch.add(kernel.lanes_at);
            let mut partial = Partial { groups: 0, size: width };
            self.fill(lanes, width);
            for part in 0..kernel.parts {
                let from = parts.pointer().add((place * kernel.parts + part) * width * kernel.size);
                (kernel.folds.rows)(kernel.level, lanes, from, 0, 1, width);
                partial.set_aside(self, lanes);
            }
            partial.add_all(self, lanes);
            lanes
        }
    }

    /// Folds a block, at all places of the outer space, into `results`.
    ///
    /// # Safety
    /// As for [`unit`](Worker::unit), of [`Walk::Across`].
    unsafe fn across(
        &mut self,
        start: usize,
        n: usize,
        length: usize,
        rows: usize,
        stride: isize,
        results: *mut u8,
    ) -> Result<(), KernelError> {
        let kernel = self.kernel;
        let places: usize = kernel.outer.iter().product();
        // SAFETY: as promised; blocks lie in the space.
        unsafe {
            let mut partial = Partial { groups: 0, size: n / length };
            self.fill(results, n / length);
            let (mut place, mut since) = (0, 0);
            while place < places {
                if since >= GROUP_ROWS && !kernel.exact {
                    partial.set_aside(self, results);
                    since = 0;
                }
                self.at_place(place);
                let numbers = self.block(start, n)?;
                let rows = rows.min(places - place);
                if length == 1 {
                    (kernel.folds.rows)(kernel.level, results, numbers, stride, rows, n);
                } else {
                    (kernel.folds.short)(kernel.level, results, numbers, n / length, length);
                }
                (place, since) = (place + rows, since + rows);
            }
            partial.add_all(self, results);
        }
        Ok(())
    }

    /// Moves the inputs to a place of the outer space.
    ///
    /// # Safety
    /// The outer space has the place.
    unsafe fn at_place(&mut self, place: usize) {
        for input in self.kernel.inputs.iter().filter(|input| input.changes()) {
            let (mut rest, mut byte) = (place, 0);
            for (axis, &size) in self.kernel.outer.iter().enumerate().rev() {
                let coordinate = if axis == 0 { rest } else { rest % size };
                rest = if axis == 0 { 0 } else { rest / size };
                byte += coordinate as isize * input.outer_strides[axis];
            }
            // SAFETY: the view was set; the place is one of the tensor's. (With an offset yet to come, the pointer may
            // be before the buffer, so it may not be called inside.)
            let base = unsafe { self.views.prologue.get(input.slot) }.wrapping_offset(byte);
            self.tables.bases.set(input.slot, base);
        }
    }

    /// Runs the prologue on `n` elements of the space and returns where the results are.
    ///
    /// # Safety
    /// [`at_place`](Worker::at_place) was called, and the space has the elements.
    unsafe fn block(&mut self, start: usize, n: usize) -> Result<*const u8, KernelError> {
        let kernel = self.kernel;
        // SAFETY: as promised; every element that the layouts name lies in its buffer, as `Layout::check` found.
        unsafe {
            for input in kernel.inputs.iter().filter(|input| input.changes()) {
                let register = self.scratch.add(input.gathered_at);
                let found =
                    input.source.locate(&kernel.space, self.tables.bases.get(input.slot), start, n, register);
                self.tables.prologue.set(input.slot, found.cast_mut());
            }
            kernel.prologue.run(kernel.level, &self.tables.prologue, n)?;
            Ok(self.tables.prologue.get(kernel.prologue.result(0)))
        }
    }

    /// Runs the epilogue on `n` results, from number `first`.
    ///
    /// # Safety
    /// There are so many results in the scratch memory, and the views are what `Kernel::run` promises.
    unsafe fn finish(&mut self, first: usize, n: usize) -> Result<(), KernelError> {
        let kernel = self.kernel;
        // SAFETY: as promised; nobody else writes these places of the outputs.
        unsafe {
            for input in kernel.further_inputs.iter().filter(|input| !input.uniform) {
                let (base, register) =
                    (self.views.epilogue.get(input.slot), self.scratch.add(input.gathered_at));
                let found = input.source.locate(&kernel.kept_space, base, first, n, register);
                self.tables.epilogue.set(input.slot, found.cast_mut());
            }
            for (output, &size) in kernel.output_sizes.iter().enumerate() {
                let slot = kernel.epilogue.output(output);
                self.tables.epilogue.set(slot, self.views.epilogue.get(slot).add(first * size));
            }
            kernel.epilogue.run(kernel.level, &self.tables.epilogue, n)
        }
    }

    /// Writes what folding nothing gives to `n` lanes.
    ///
    /// # Safety
    /// There are `n` lanes.
    unsafe fn fill(&self, lanes: *mut u8, n: usize) {
        let identity = self.kernel.identity;
        // SAFETY: as promised; lanes are aligned, since parts of the scratch memory are.
        unsafe {
            match self.kernel.size {
                1 => std::slice::from_raw_parts_mut(lanes, n).fill(identity as u8),
                4 => std::slice::from_raw_parts_mut(lanes.cast::<u32>(), n).fill(identity as u32),
                _ => std::slice::from_raw_parts_mut(lanes.cast::<u64>(), n).fill(identity),
            }
        }
    }
}

/// Partial results that were set aside: behind the lanes in the scratch memory there is one for each bit that is set
/// in the number of groups, each of twice as many groups as the one before.
struct Partial {
    groups: usize,
    /// Lanes of a partial result.
    size: usize,
}

impl Partial {
    /// Where the partial result of 2^`level` groups is.
    ///
    /// # Safety
    /// It is one that was planned.
    unsafe fn level(&self, worker: &Worker<'_>, level: u32) -> *mut u8 {
        let lanes = match worker.kernel.walk {
            Walk::Within { width, .. } => width,
            Walk::Across { .. } => LANES,
        };
        // SAFETY: as promised; the first lanes are those that are being folded into.
        unsafe {
            worker.scratch.add(worker.kernel.lanes_at + (1 + level as usize) * lanes * worker.kernel.size)
        }
    }

    /// Sets `lanes` aside as a group, joined with groups of the same size, and begins anew.
    ///
    /// # Safety
    /// There are as many lanes, and no more groups than were planned for.
    unsafe fn set_aside(&mut self, worker: &Worker<'_>, lanes: *mut u8) {
        let kernel = worker.kernel;
        let full = self.groups.trailing_ones();
        // SAFETY: as promised; the levels are apart from the lanes.
        unsafe {
            for level in 0..full {
                (kernel.folds.rows)(kernel.level, lanes, self.level(worker, level), 0, 1, self.size);
            }
            std::ptr::copy_nonoverlapping(lanes, self.level(worker, full), self.size * kernel.size);
            worker.fill(lanes, self.size);
        }
        self.groups += 1;
    }

    /// Folds all that was set aside into `lanes`, the smallest first.
    ///
    /// # Safety
    /// There are as many lanes.
    unsafe fn add_all(&self, worker: &Worker<'_>, lanes: *mut u8) {
        let kernel = worker.kernel;
        for level in (0..usize::BITS).filter(|level| self.groups >> level & 1 == 1) {
            // SAFETY: as promised; this level was set.
            unsafe { (kernel.folds.rows)(kernel.level, lanes, self.level(worker, level), 0, 1, self.size) };
        }
    }
}

/// Points the slots of uniform inputs at their number.
///
/// # Safety
/// The views are set.
unsafe fn set_uniform(inputs: &[Input], views: &Table, table: &mut Table) {
    for input in inputs.iter().filter(|input| input.uniform) {
        // SAFETY: as promised.
        let base = unsafe { views.get(input.slot) };
        table.set(input.slot, input.source.origin(base).cast_mut());
    }
}
