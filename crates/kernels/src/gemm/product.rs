//! A product of matrices as pieces of its output, each computed by one thread.
//!
//! A piece is a block of rows by a block of columns, small enough for its share of A to stay in the second cache. It
//! takes k in blocks, and columns in panels as wide as a tile; the panel's share of B stays in the first cache while
//! the tiles go down the rows.

use std::ops::Range;

use super::element::{Element, accumulate};
use super::epilogue::{Epilogue, Extent, Views};
use super::pack::{Part, Upcoming, pack, widen_rows};
use super::stream::{Stream, stream};
use super::tile::{Finish, Panel, Panels, Sum, Tile};
use super::vector::Number;
use crate::ahead::LINE;
use crate::threads::with_scratch;
use crate::{ALIGNMENT, KernelError, Level};

/// The most rows and columns of a piece, and the most steps of k at a time.
const MOST_ROWS: usize = 192;
const MOST_COLUMNS: usize = 256;
const MOST_DEPTH: usize = 256;

/// So many rows are whole tiles at every level.
const WHOLE_TILES: usize = 12;

/// What lies so many bytes apart, or a multiple, falls on few places of the first cache: rows of A, of which a tile reads a few,
/// and its steps where it is stored transposed, of which a tile reads all. An odd number of lines apart they do not.
const ALIASING: usize = 4096;
const ALIASING_STEPS: usize = 1024;

/// Multiply-adds that make a piece worth while; and so many pieces are enough of a large product.
const PIECE: usize = 1 << 21;
const PIECES: usize = 32;

/// From this many rows on, it pays to copy a panel of B to where it lies in order.
const ROWS_WORTH_PACKING: usize = 40;

/// So many columns of B are copied at a time, as panels behind each other, so that the memory is read in runs.
const COPIED_COLUMNS: usize = 64;

/// From so many bytes on, B is asked for before it is copied; a smaller one is in a cache that is near enough.
const WORTH_ASKING: usize = 2 << 20;

/// From so many rows and steps on, it pays to copy the last columns of B to where zeros make a panel of them.
const WORTH_FILLING_UP: (usize, usize) = (12, 16);

/// With fewer rows than this, a B of at least so many numbers is read in the order in which it lies.
const ROWS_NOT_TO_STREAM: usize = 4;
const WORTH_STREAMING: usize = 1 << 14;

/// Sizes of a product and how it is cut.
#[derive(Clone, Debug)]
pub(super) struct Product {
    batch: usize,
    m: usize,
    n: usize,
    k: usize,
    transpose_a: bool,
    transpose_b: bool,
    batch_stride_a: usize,
    batch_stride_b: usize,
    cut: Cut,
}

/// Pieces have so many rows and columns, blocks of k so many steps; fewer at the edges.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cut {
    rows: usize,
    columns: usize,
    pub(super) depth: usize,
    row_blocks: usize,
    column_blocks: usize,
    depth_blocks: usize,
}

/// Where a product's operands lie, and what becomes of the sums.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operands<'a, E: Element> {
    pub(super) a: *const E,
    pub(super) b: *const E,
    /// Where the product goes, if there is no epilogue to take it.
    pub(super) out: *mut E,
    /// A bias is that of column 0.
    pub(super) finish: Finish<E::Sum>,
    pub(super) epilogue: Option<(&'a Epilogue, Views<'a>)>,
}

// SAFETY: the pointers stand for the views that a kernel was given, which may cross threads; pieces that run at once
// write parts of the output that do not overlap.
unsafe impl<E: Element> Sync for Operands<'_, E> {}

impl Product {
    /// The product of these sizes, which do not overflow when multiplied, cut into pieces by them alone.
    pub(super) fn new(
        [batch, m, n, k]: [usize; 4],
        [transpose_a, transpose_b]: [bool; 2],
        [batch_stride_a, batch_stride_b]: [usize; 2],
    ) -> Product {
        // With one B for the whole batch, the rows of all follow each other as those of one product do.
        let joined = batch_stride_b == 0 && batch_stride_a == m * k && !transpose_a;
        let (batch, m) = if joined { (1, batch * m) } else { (batch, m) };
        let cut = Cut::of(m, n, k);
        Product { batch, m, n, k, transpose_a, transpose_b, batch_stride_a, batch_stride_b, cut }
    }

    /// How many pieces there are.
    pub(super) fn pieces(&self) -> usize {
        match self.m.min(self.n) {
            0 => 0,
            _ => self.batch * self.cut.row_blocks * self.cut.column_blocks,
        }
    }

    /// How many threads it is worth, of so many.
    pub(super) fn threads(&self, threads: usize) -> usize {
        let work = (self.batch * self.m * self.n).saturating_mul(self.k);
        if work < PIECE / 2 { 1 } else { threads }
    }

    /// Computes piece number `index`.
    ///
    /// # Safety
    /// The operands have the sizes that the product was made for, the output is apart from the others, no other thread
    /// computes the same piece, and the machine has the level's instructions.
    pub(super) unsafe fn piece<E: Element>(
        &self,
        level: Level,
        operands: &Operands<'_, E>,
        index: usize,
    ) -> Result<(), KernelError> {
        let cut = &self.cut;
        let (rest, column_block) = (index / cut.column_blocks, index % cut.column_blocks);
        let (batch, row_block) = (rest / cut.row_blocks, rest % cut.row_blocks);
        // SAFETY: the caller's promise.
        unsafe { self.block(level, operands, batch, row_block * cut.rows, column_block * cut.columns) }
    }

    /// Computes the piece that begins at `row` and `column` of product number `batch`.
    ///
    /// # Safety
    /// As [`Product::piece`].
    pub(super) unsafe fn block<E: Element>(
        &self,
        level: Level,
        operands: &Operands<'_, E>,
        batch: usize,
        row: usize,
        column: usize,
    ) -> Result<(), KernelError> {
        let panels = E::Sum::panels(level);
        let (rows, columns) = (self.cut.rows.min(self.m - row), self.cut.columns.min(self.n - column));
        let (a_row, a_step) = if self.transpose_a { (1, self.m) } else { (self.k, 1) };
        let (b_row, b_column) = if self.transpose_b { (self.k, self.k) } else { (self.n, 1) };
        let packs = !E::SAME || self.transpose_b || worth_packing(panels, rows, columns, self.k);
        let streams = rows < ROWS_NOT_TO_STREAM && !packs && self.k * columns >= WORTH_STREAMING;
        // What is added to must not be what partial sums are kept in.
        let in_parts =
            (streams || self.cut.depth_blocks > 1) && matches!(operands.finish, Finish::Accumulate(_));
        // SAFETY: the block lies inside the matrices, by the caller's promise.
        let block = unsafe {
            Block {
                level,
                panels,
                rows,
                columns,
                k: self.k,
                depth: self.cut.depth,
                a: operands.a.add(batch * self.batch_stride_a + row * a_row),
                a_row,
                a_step,
                b: operands.b.add(batch * self.batch_stride_b + column * b_column),
                b_row,
                transpose_b: self.transpose_b,
                out: operands.out.wrapping_add((batch * self.m + row) * self.n + column),
                out_row: self.n,
                copies_a: copies_a::<E>(rows, columns, a_row, a_step),
                packs,
                streams,
                straight: E::SAME && !in_parts,
                goes_on: false,
                finish: operands.finish.at(batch * self.m + row, column),
            }
        };
        let scratch = block.scratch();
        let Some((epilogue, views)) = &operands.epilogue else {
            if scratch.bytes == 0 {
                // SAFETY: the caller's promise; no scratch memory is used.
                unsafe { block.compute(&Scratch { first: std::ptr::null_mut(), ..scratch }) };
            } else {
                with_scratch(scratch.bytes, |memory| {
                    // SAFETY: the caller's promise.
                    unsafe { block.compute(&Scratch { first: memory.as_mut_ptr(), ..scratch }) }
                });
            }
            return Ok(());
        };
        let product_bytes = (rows * columns * size_of::<E>()).next_multiple_of(ALIGNMENT);
        with_scratch(scratch.bytes + product_bytes + epilogue.scratch(), |memory| {
            let first = memory.as_mut_ptr();
            // SAFETY: the caller's promise; the parts of the scratch memory lie behind each other, aligned to 64 bytes.
            unsafe {
                let product = first.add(scratch.bytes);
                let block = Block { out: product.cast(), out_row: columns, ..block };
                block.compute(&Scratch { first, ..scratch });
                let extent = Extent { row: batch * self.m + row, column, rows, columns, n: self.n };
                epilogue.run(level, views, extent, product, product.add(product_bytes))
            }
        })
    }
}

/// Whether rows of A, or its steps, that are so far apart fall on the same places of the first cache, of which there are eight
/// of each.
pub(super) fn copies_a<E: Element>(rows: usize, columns: usize, a_row: usize, a_step: usize) -> bool {
    let aliases =
        |apart: usize, aliasing: usize| apart > 0 && (apart * size_of::<E>()).is_multiple_of(aliasing);
    let apart = match a_step {
        1 => aliases(a_row, ALIASING),
        _ => aliases(a_step, ALIASING_STEPS),
    };
    E::SAME && rows > 8 && columns >= 64 && apart
}

/// At least so many numbers, an odd number of lines of the cache.
fn odd_lines<E: Element>(numbers: usize) -> usize {
    let line = LINE / size_of::<E::Sum>();
    (numbers.div_ceil(line) | 1) * line
}

/// Whether tiles of so many rows, columns and steps are faster on a copy of B, where B is not stored transposed.
pub(super) fn worth_packing<T>(panels: Panels<T>, rows: usize, columns: usize, k: usize) -> bool {
    let last = columns % panels[0].width;
    let whole = last == 0 || panels.iter().any(|panel| panel.width == last);
    rows >= ROWS_WORTH_PACKING || !whole && rows >= WORTH_FILLING_UP.0 && k >= WORTH_FILLING_UP.1
}

impl Cut {
    pub(super) fn of(m: usize, n: usize, k: usize) -> Cut {
        let evenly = |size: usize, most: usize| {
            let blocks = size.div_ceil(most).max(1);
            (size.div_ceil(blocks), blocks)
        };
        let rows = evenly(m, MOST_ROWS).0.next_multiple_of(WHOLE_TILES).min(m);
        let row_blocks = m.div_ceil(rows.max(1));
        let (depth, depth_blocks) = evenly(k, MOST_DEPTH);
        // Multiples of 64 are whole panels at every level.
        let piece = PIECE.max(m.saturating_mul(n).saturating_mul(k) / PIECES);
        let most = (piece / (rows * k).max(1)).next_multiple_of(64).clamp(64, MOST_COLUMNS);
        let (columns, column_blocks) = evenly(n.div_ceil(64), most / 64);
        Cut { rows, columns: columns * 64, depth, row_blocks, column_blocks, depth_blocks }
    }
}

/// A block of the output, with pointers to its first elements.
pub(super) struct Block<E: Element> {
    pub(super) level: Level,
    pub(super) panels: Panels<E::Sum>,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Steps in all, and in one go.
    pub(super) k: usize,
    pub(super) depth: usize,
    /// `op(A)[i, p]` is `a_row · i + a_step · p` numbers on.
    pub(super) a: *const E,
    pub(super) a_row: usize,
    pub(super) a_step: usize,
    /// The rows of B as stored are `b_row` numbers apart.
    pub(super) b: *const E,
    pub(super) b_row: usize,
    pub(super) transpose_b: bool,
    pub(super) out: *mut E,
    pub(super) out_row: usize,
    /// Whether rows of A are copied to scratch memory, where they drive each other out of the first cache.
    pub(super) copies_a: bool,
    /// Whether panels of B are copied to scratch memory. Then the last may be wider than the columns that are left.
    pub(super) packs: bool,
    /// Whether B is read in the order in which it lies, with sums in memory.
    pub(super) streams: bool,
    /// Whether the sums of panels go straight to the output, unless the panel is too wide for it.
    pub(super) straight: bool,
    /// Whether the sums go on from what is in the output; only where they go straight there.
    pub(super) goes_on: bool,
    pub(super) finish: Finish<E::Sum>,
}

/// Memory of one thread, in parts behind each other: A as sums (`rows` by `depth`) where it is stored otherwise, a panel
/// of B, and the sums that do not go straight to the output.
pub(super) struct Scratch {
    pub(super) first: *mut u8,
    /// Where the panel and the sums begin, and how many bytes there are in all.
    pub(super) panel: usize,
    pub(super) sums: usize,
    pub(super) bytes: usize,
}

impl<E: Element> Block<E> {
    /// The scratch memory that it takes to compute the block.
    pub(super) fn scratch(&self) -> Scratch {
        let bytes = |numbers: usize| (numbers * size_of::<E::Sum>()).next_multiple_of(ALIGNMENT);
        let widest = self.panels[0].width;
        let panel = match (E::SAME, self.copies_a) {
            (true, false) => 0,
            (true, true) if self.a_step == 1 => bytes(self.rows * odd_lines::<E>(self.depth)),
            (true, true) => bytes(self.depth * odd_lines::<E>(self.rows)),
            (false, _) => bytes(self.rows * self.depth),
        };
        let sums = panel + if self.packs { bytes(widest.max(COPIED_COLUMNS) * self.depth) } else { 0 };
        let sums_row = match (self.straight, self.packs) {
            (true, false) => 0,
            (true, true) => widest,
            (false, _) => self.sums_row(),
        };
        Scratch { first: std::ptr::null_mut(), panel, sums, bytes: sums + bytes(self.rows * sums_row) }
    }

    /// # Safety
    /// The pointers are good for the block, the machine has the level's instructions, and the scratch memory is as large
    /// as [`Block::scratch`] says.
    pub(super) unsafe fn compute(&self, scratch: &Scratch) {
        // SAFETY: the caller's promise.
        unsafe { if self.streams { self.stream(scratch) } else { self.tiles(scratch) } }
    }

    /// Computes a block of few rows whose B need not be copied.
    ///
    /// # Safety
    /// As [`Block::compute`].
    unsafe fn stream(&self, scratch: &Scratch) {
        let Block { rows, columns, k, a_row, a_step, b_row, .. } = *self;
        let (a, b) = (self.a.cast(), self.b.cast());
        // SAFETY: the block's operands; sums are the output or scratch memory.
        unsafe {
            let (sums, sums_row): (*mut E::Sum, usize) = match self.straight {
                true => (self.out.cast(), self.out_row),
                false => (scratch.first.add(scratch.sums).cast(), self.sums_row()),
            };
            stream(self.level, &Stream { rows, columns, k, a, a_row, a_step, b, b_row, sums, sums_row });
            if self.straight && matches!(self.finish, Finish::Store) {
                return;
            }
            for row in 0..rows {
                let to = self.out.add(row * self.out_row);
                finish_row(self.finish.at(row, 0), columns, sums.add(row * sums_row), to);
            }
        }
    }

    /// Computes a block by tiles.
    ///
    /// # Safety
    /// As [`Block::compute`].
    unsafe fn tiles(&self, scratch: &Scratch) {
        let (mut done, mut upcoming) = (0, Upcoming::new(None::<Part<E>>, 0));
        loop {
            let depth = self.depth.min(self.k - done);
            let last = done + depth == self.k;
            // SAFETY: rows, columns and steps stay inside the block.
            unsafe {
                let (a, a_row, a_step) = self.a_block(scratch, done, depth);
                let (mut column, mut copied) = (0, 0..0);
                while column < self.columns {
                    let left = self.columns - column;
                    let panel = self.panel(left);
                    let columns = panel.width.min(left);
                    if self.packs && column == copied.end {
                        let whole = COPIED_COLUMNS.min(left) / panel.width * panel.width;
                        copied = column..column + whole.max(columns);
                        self.copy_b(scratch, done, depth, &copied, panel.width);
                        let times = copied.len().div_ceil(panel.width) * panel.tiles_down(self.rows);
                        upcoming = Upcoming::new(self.copied_next(done, depth, copied.end), times);
                    }
                    let (b, b_step) =
                        self.b_panel(scratch, [done, depth], column, (column - copied.start, panel.width));
                    let straight = self.straight && columns == panel.width;
                    let (out, out_row) = if straight {
                        (self.out.add(column).cast(), self.out_row)
                    } else {
                        let sums: *mut E::Sum = scratch.first.add(scratch.sums).cast();
                        if self.straight { (sums, panel.width) } else { (sums.add(column), self.sums_row()) }
                    };
                    if self.goes_on && done == 0 && !straight {
                        for row in 0..self.rows {
                            let from: *const E::Sum = self.out.add(row * self.out_row + column).cast();
                            out.add(row * out_row).copy_from_nonoverlapping(from, columns);
                        }
                    }
                    let finish = self.finish.at(0, column);
                    let tile = Tile {
                        k: depth,
                        runs: 1,
                        a,
                        a_row,
                        a_step,
                        a_run: 0,
                        b,
                        b_step,
                        begin: if done == 0 && !self.goes_on { std::ptr::null() } else { out },
                        out,
                        out_row,
                        finish: if straight && last { finish } else { Finish::Store },
                    };
                    panel.down_the_rows_with(tile, self.rows, || upcoming.ask());
                    if last && !straight {
                        for row in 0..self.rows {
                            let to = self.out.add(row * self.out_row + column);
                            finish_row(finish.at(row, 0), columns, out.add(row * out_row), to);
                        }
                    }
                    column += columns;
                }
            }
            if last {
                return;
            }
            done += depth;
        }
    }

    /// The panel for the first of `left` columns.
    fn panel(&self, left: usize) -> &'static Panel<E::Sum> {
        let fitting = match self.packs {
            true => self.panels.iter().rfind(|panel| panel.width >= left),
            false => self.panels.iter().find(|panel| panel.width <= left),
        };
        fitting.unwrap_or(&self.panels[0])
    }

    /// How far rows of sums are apart where no panel goes straight to the output.
    fn sums_row(&self) -> usize {
        self.columns.next_multiple_of(self.panels[0].width)
    }

    /// The block's rows of A from step `done` on as numbers to be summed, and how far rows and steps are apart.
    ///
    /// # Safety
    /// As [`Block::compute`].
    unsafe fn a_block(&self, scratch: &Scratch, done: usize, depth: usize) -> (*const E::Sum, usize, usize) {
        // SAFETY: the steps are inside the block.
        unsafe {
            let a = self.a.add(done * self.a_step);
            if E::SAME && self.copies_a && self.a_step == 1 {
                let (to, row) = (scratch.first.cast::<E::Sum>(), odd_lines::<E>(self.depth));
                for i in 0..self.rows {
                    to.add(i * row).copy_from_nonoverlapping(a.add(i * self.a_row).cast(), depth);
                }
                (to, row, 1)
            } else if E::SAME && self.copies_a {
                let (to, step) = (scratch.first.cast::<E::Sum>(), odd_lines::<E>(self.rows));
                for p in 0..depth {
                    to.add(p * step).copy_from_nonoverlapping(a.add(p * self.a_step).cast(), self.rows);
                }
                (to, 1, step)
            } else if E::SAME {
                (a.cast(), self.a_row, self.a_step)
            } else if self.a_step == 1 {
                let to = scratch.first.cast();
                widen_rows(a, self.a_row, self.rows, depth, to);
                (to, depth, 1)
            } else {
                let to = scratch.first.cast();
                widen_rows(a, self.a_step, depth, self.rows, to);
                (to, 1, self.rows)
            }
        }
    }

    /// Copies columns of op(B), from step `done` on, to scratch memory: panels of `width`, as numbers to be summed.
    ///
    /// # Safety
    /// As [`Block::compute`].
    unsafe fn copy_b(
        &self,
        scratch: &Scratch,
        done: usize,
        depth: usize,
        columns: &Range<usize>,
        width: usize,
    ) {
        let (row, place) = if self.transpose_b { (columns.start, done) } else { (done, columns.start) };
        // SAFETY: steps and columns are inside the block; the scratch memory has room for so many panels.
        unsafe {
            let first = self.b.add(row * self.b_row + place);
            let part =
                Part { first, row: self.b_row, transposed: self.transpose_b, depth, columns: columns.len() };
            pack(self.level, &part, width, scratch.first.add(scratch.panel).cast());
        }
    }

    /// What is copied after the columns before `column` of the steps from `done` on.
    fn copied_next(&self, done: usize, depth: usize, column: usize) -> Option<Part<E>> {
        let (done, column) = if column < self.columns { (done, column) } else { (done + depth, 0) };
        let is_near = self.k * self.b_row * size_of::<E>() < WORTH_ASKING;
        if self.transpose_b || is_near || done >= self.k {
            return None;
        }
        let first = self.b.wrapping_add(done * self.b_row + column);
        let (depth, columns) = (self.depth.min(self.k - done), COPIED_COLUMNS.min(self.columns - column));
        Some(Part { first, row: self.b_row, transposed: false, depth, columns })
    }

    /// The panel of op(B) at `column`, from step `done` on, and how far its steps are apart; where it was copied, `ahead`
    /// columns were copied with it that are before it.
    ///
    /// # Safety
    /// As [`Block::compute`].
    unsafe fn b_panel(
        &self,
        scratch: &Scratch,
        [done, depth]: [usize; 2],
        column: usize,
        (ahead, width): (usize, usize),
    ) -> (*const E::Sum, usize) {
        // SAFETY: steps and columns are inside the block.
        unsafe {
            match self.packs {
                true => (scratch.first.add(scratch.panel).cast::<E::Sum>().add(ahead * depth), width),
                false => (self.b.add(done * self.b_row + column).cast(), self.b_row),
            }
        }
    }
}

/// Makes a row of the output of sums kept elsewhere.
///
/// # Safety
/// There are as many sums, outputs, and numbers of the bias, or of what the slope is of.
unsafe fn finish_row<E: Element>(finish: Finish<E::Sum>, columns: usize, sums: *const E::Sum, out: *mut E) {
    let relu = |x: E::Sum| if E::Sum::ZERO > x { E::Sum::ZERO } else { x };
    for j in 0..columns {
        // SAFETY: the caller's promise.
        unsafe {
            let sum = *sums.add(j);
            out.add(j).write(match finish {
                Finish::Store => E::narrow(sum),
                Finish::Relu => E::narrow(relu(sum)),
                Finish::Bias(bias) => E::narrow(sum.add(*bias.add(j))),
                Finish::BiasRelu(bias) => E::narrow(relu(sum.add(*bias.add(j)))),
                Finish::Slope { of, .. } => {
                    let positive = *of.add(j) > E::Sum::ZERO;
                    E::narrow(sum.mul(if positive { E::Sum::ONE } else { E::Sum::ZERO }))
                }
                Finish::Accumulate(factor) => accumulate(*out.add(j), factor, sum),
            });
        }
    }
}
