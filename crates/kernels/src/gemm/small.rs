//! Products so small that finding the tiles takes as long as computing them: they are found once, when the kernel is made.

use std::mem::MaybeUninit;

use super::GemmKernel;
use super::element::Element;
use super::epilogue::Extent;
use super::product::{Operands, worth_packing};
use super::tile::{Sum, Tile, TileFunction, rows_at_a_time};
use crate::recording::{self, Ending, Recorder, TileCall};
use crate::threads::with_scratch;
use crate::transpose::{Rows, transpose};
use crate::{ALIGNMENT, KernelError, Level};

/// The most tiles of a small product, and the most numbers of a B that is turned round.
const MOST_TILES: usize = 48;
const MOST_TURNED: usize = 256;

/// From so many steps on, a product is not small if a copy of B makes it faster.
const MANY_STEPS: usize = 16;

/// One small product, as calls of tiles.
#[derive(Clone, Debug)]
pub(super) struct Small<T: 'static> {
    calls: Vec<Call<T>>,
    level: Level,
    m: usize,
    n: usize,
    k: usize,
    a_row: usize,
    a_step: usize,
    transpose_b: bool,
}

/// A tile, and where in the matrices it begins.
#[derive(Clone, Debug)]
struct Call<T> {
    function: TileFunction<T>,
    a: usize,
    column: usize,
    out: usize,
}

impl<T: Sum> Small<T> {
    /// The product of `[m, k]` and `[k, n]`, either stored transposed or not, if it is small.
    pub(super) fn new(
        level: Level,
        [m, n, k]: [usize; 3],
        [transpose_a, transpose_b]: [bool; 2],
    ) -> Option<Small<T>> {
        let panels = T::panels(level);
        if m * n == 0 || k >= MANY_STEPS && worth_packing(panels, m, n, k) {
            return None;
        }
        let (a_row, a_step) = if transpose_a { (1, m) } else { (k, 1) };
        let mut calls = Vec::new();
        let mut column = 0;
        while column < n {
            let panel = panels.iter().find(|panel| panel.width <= n - column)?;
            let mut row = 0;
            while row < m {
                let rows = rows_at_a_time(m - row, panel.tiles.len());
                calls.push(Call {
                    function: panel.tiles[rows - 1],
                    a: row * a_row,
                    column,
                    out: row * n + column,
                });
                row += rows;
                if calls.len() > MOST_TILES {
                    return None;
                }
            }
            column += panel.width;
        }
        let fits = !transpose_b || k * n <= MOST_TURNED;
        fits.then_some(Small { calls, level, m, n, k, a_row, a_step, transpose_b })
    }

    /// Computes the product.
    ///
    /// # Safety
    /// The operands have the sizes that the product was made for, the output is apart from the others, and the machine
    /// has the level's instructions.
    pub(super) unsafe fn run<E: Element<Sum = T>>(
        &self,
        operands: &Operands<'_, E>,
    ) -> Result<(), KernelError> {
        let Some((epilogue, views)) = &operands.epilogue else {
            // SAFETY: the caller's promise.
            unsafe { self.product(operands, operands.out) };
            return Ok(());
        };
        let product_bytes = (self.m * self.n * size_of::<E>()).next_multiple_of(ALIGNMENT);
        with_scratch(product_bytes + epilogue.scratch(), |memory| {
            let product = memory.as_mut_ptr();
            let extent = Extent { row: 0, column: 0, rows: self.m, columns: self.n, n: self.n };
            // SAFETY: the caller's promise; the parts of the scratch memory lie behind each other, aligned to 64 bytes.
            unsafe {
                self.product(operands, product.cast());
                epilogue.run(self.level, views, extent, product, product.add(product_bytes))
            }
        })
    }

    /// Writes down what [`run`](Small::run) does: see `recording.rs`.
    pub(super) fn record(
        &self,
        kernel: &GemmKernel,
        recorder: &mut Recorder,
        tile: impl Fn(TileCall<T>) -> recording::Call,
    ) -> Option<()> {
        let Small { level, m, n, k, .. } = *self;
        let size = size_of::<T>();
        let count = |count: usize| u32::try_from(count).ok();
        let (mut a, mut b) = (recorder.input(0), recorder.input(1));
        if GemmKernel::swaps(&kernel.spec) {
            (a, b) = (b, a);
        }
        if self.transpose_b {
            let to = recorder.scratch(k * n * size);
            let (rows, columns) = (count(k)?, count(n)?);
            recorder.call(recording::Call::Transpose {
                level,
                size: count(size)?,
                rows,
                columns,
                from: b,
                to,
            });
            b = to;
        }
        let ending = kernel.recorded_ending(recorder)?;
        let out = match &kernel.epilogue {
            Some(_) => recorder.scratch(m * n * size),
            None => recorder.output(0),
        };
        for call in &self.calls {
            let ending = match ending {
                Ending::Bias(bias) => Ending::Bias(bias.plus(call.column * size)),
                Ending::BiasRelu(bias) => Ending::BiasRelu(bias.plus(call.column * size)),
                other => other,
            };
            recorder.call(tile(TileCall {
                function: call.function,
                k: count(k)?,
                a: a.plus(call.a * size),
                a_row: count(self.a_row)?,
                a_step: count(self.a_step)?,
                b: b.plus(call.column * size),
                b_step: count(n)?,
                out: out.plus(call.out * size),
                out_row: count(n)?,
                ending,
            }));
        }
        match &kernel.epilogue {
            Some(epilogue) => epilogue.record(recorder, level, out, [m, n]),
            None => Some(()),
        }
    }

    /// Computes the product alone.
    ///
    /// # Safety
    /// As [`Small::run`], and `out` has room for it.
    unsafe fn product<E: Element<Sum = T>>(&self, operands: &Operands<'_, E>, out: *mut E) {
        const { assert!(E::SAME) };
        let mut turned = [const { MaybeUninit::<T>::uninit() }; MOST_TURNED];
        let mut b = operands.b.cast::<T>();
        // SAFETY: offsets are inside the matrices; a B that is turned round has at most as many numbers as there is room for.
        unsafe {
            if self.transpose_b {
                let to = Rows { pointer: turned.as_mut_ptr().cast::<T>(), stride: self.n as isize };
                transpose(self.level, self.k, self.n, Rows { pointer: b, stride: self.k as isize }, to);
                b = turned.as_ptr().cast();
            }
            for call in &self.calls {
                let Small { k, n, a_row, a_step, .. } = *self;
                let finish = operands.finish.at((call.out - call.column) / n, call.column);
                let (a, b) = (operands.a.cast::<T>().add(call.a), b.add(call.column));
                let (begin, out) = (std::ptr::null(), out.cast::<T>().add(call.out));
                let tile = Tile {
                    k,
                    runs: 1,
                    a,
                    a_row,
                    a_step,
                    a_run: 0,
                    b,
                    b_step: n,
                    begin,
                    out,
                    out_row: n,
                    finish,
                };
                (call.function)(&tile);
            }
        }
    }
}
