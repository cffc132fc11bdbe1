//! The innermost loop of a product: a tile of a few rows by a few registers of columns, held in registers while k runs.
//!
//! Every element is one chain, `s = 0; s = s + a[i, p] · b[p, j]` for p = 0, 1, …, k − 1, whatever tile it falls in, and
//! a chain cut in blocks of k goes on from where it stopped. So the bits of an element depend on nothing but its row,
//! its column, and whether the level fuses the multiply-add: not on the tile, the batch, the blocks or the threads.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::vector::Fused;
use super::vector::{Number, Plain, Vector};
use crate::Level;
use crate::ahead::prefetch;

/// What becomes of the sums.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finish<T> {
    /// `out = sums`.
    Store,
    /// `out = sums + bias`, the bias of the tile's first column being there.
    Bias(*const T),
    /// `out = max(sums, 0)`.
    Relu,
    /// `out = max(sums + bias, 0)`.
    BiasRelu(*const T),
    /// `out = sums · 1` where the number at the same place of a matrix is above 0, and `sums · 0` elsewhere. The one of the tile's
    /// first element is at `of`; rows are `row` numbers apart.
    Slope { of: *const T, row: usize },
    /// `out = out + factor · sums`, rounded after each operation.
    Accumulate(T),
}

impl<T: Number> Finish<T> {
    /// The same for a block that begins so many rows and columns on.
    pub(super) fn at(self, row: usize, column: usize) -> Finish<T> {
        match self {
            Finish::Bias(bias) => Finish::Bias(bias.wrapping_add(column)),
            Finish::BiasRelu(bias) => Finish::BiasRelu(bias.wrapping_add(column)),
            Finish::Slope { of, row: apart } => {
                Finish::Slope { of: of.wrapping_add(row * apart + column), row: apart }
            }
            other => other,
        }
    }
}

/// The operands of a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<T> {
    /// How many products each sum takes up of a run of A.
    pub(crate) k: usize,
    /// How many runs A comes in.
    pub(crate) runs: usize,
    /// `a[i, p]` is `a_row · i + a_step · p` numbers on, in the first run; the next begins `a_run` numbers after the end of
    /// the one before.
    pub(crate) a: *const T,
    pub(crate) a_row: usize,
    pub(crate) a_step: usize,
    pub(crate) a_run: isize,
    /// `b[p, j]` is `b_step · p + j` numbers on, p counted through all runs.
    pub(crate) b: *const T,
    pub(crate) b_step: usize,
    /// Sums to go on from, laid out as `out` is; from 0 if null.
    pub(crate) begin: *const T,
    pub(crate) out: *mut T,
    pub(crate) out_row: usize,
    pub(crate) finish: Finish<T>,
}

/// Computes one tile.
///
/// # Safety
/// The pointers are good for the tile's rows and columns, `out` overlaps neither `a` nor `b`, and the processor has the
/// instructions of the level from which the function was taken.
pub(crate) type TileFunction<T> = unsafe fn(&Tile<T>);

/// Tiles of one width.
#[derive(Debug)]
pub(crate) struct Panel<T: 'static> {
    /// Columns.
    pub(crate) width: usize,
    /// The tile of `r` rows is at `r − 1`.
    pub(super) tiles: &'static [TileFunction<T>],
}

/// The tiles of a level, widest first; the last is one column wide.
pub(crate) type Panels<T> = &'static [Panel<T>];

impl<T: Number> Panel<T> {
    /// How many tiles so many rows take.
    pub(super) fn tiles_down(&self, rows: usize) -> usize {
        rows.div_ceil(self.tiles.len())
    }

    /// Computes so many rows, tile by tile.
    ///
    /// # Safety
    /// The operands are those of the first tile, and good for all rows; the processor has the instructions of the level that
    /// the panel is of.
    pub(crate) unsafe fn down_the_rows(&self, first: Tile<T>, rows: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.down_the_rows_with(first, rows, || {}) }
    }

    /// The same; `before` is called before each tile.
    ///
    /// # Safety
    /// As [`down_the_rows`](Panel::down_the_rows).
    pub(super) unsafe fn down_the_rows_with(&self, first: Tile<T>, rows: usize, mut before: impl FnMut()) {
        let (mut tile, mut left) = (first, rows);
        while left > 0 {
            before();
            let rows = rows_at_a_time(left, self.tiles.len());
            // SAFETY: the rows are inside the block; after the last the pointers may lead outside, and are not used.
            unsafe { self.tiles[rows - 1](&tile) };
            tile.a = tile.a.wrapping_add(rows * tile.a_row);
            tile.out = tile.out.wrapping_add(rows * tile.out_row);
            tile.finish = tile.finish.at(rows, 0);
            if !tile.begin.is_null() {
                tile.begin = tile.out;
            }
            left -= rows;
        }
    }
}

/// The panels that `columns` columns take, each with the column at which it begins: the widest that fits, again and again.
pub(crate) fn panels_across<T>(
    panels: Panels<T>,
    columns: usize,
) -> impl Iterator<Item = (usize, &'static Panel<T>)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let panel = panels.iter().find(|panel| panel.width <= columns - next)?;
        next += panel.width;
        Some((next - panel.width, panel))
    })
}

/// Of how many rows the next tile should be, where `left` are left and there are tiles of up to `most`: the last two get
/// about equally many.
pub(super) fn rows_at_a_time(left: usize, most: usize) -> usize {
    match left {
        _ if left <= most => left,
        _ if left < 2 * most => left / 2,
        _ => most,
    }
}

#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize, const VECTORS: usize>(tile: &Tile<V::Number>) {
    let Tile { k, runs, mut a, a_row, a_step, a_run, mut b, b_step, begin, out, out_row, finish } = *tile;
    // SAFETY: the caller promises that everything is in bounds and the instructions are there.
    unsafe {
        let mut sums = [[V::splat(V::Number::ZERO); VECTORS]; ROWS];
        if !begin.is_null() {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(begin.add(r * out_row + v * V::LANES));
                }
            }
        }
        if matches!(finish, Finish::Accumulate(_)) {
            // Rows of a large output are far apart, so that the processor would not see them coming.
            for r in 0..ROWS {
                (0..VECTORS).for_each(|v| prefetch(out.wrapping_add(r * out_row + v * V::LANES)));
            }
        }
        for _ in 0..runs {
            for _ in 0..k {
                let mut columns = [V::splat(V::Number::ZERO); VECTORS];
                for (v, column) in columns.iter_mut().enumerate() {
                    *column = V::load(b.add(v * V::LANES));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let x = V::splat(*a.add(r * a_row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = x.mul_add(column, *sum);
                    }
                }
                // The last step may lead past the end, where nothing is read.
                a = a.wrapping_add(a_step);
                b = b.wrapping_add(b_step);
            }
            a = a.wrapping_offset(a_run);
        }
        let (bias, relu) = match finish {
            Finish::Store => (std::ptr::null(), false),
            Finish::Bias(bias) => (bias, false),
            Finish::Relu => (std::ptr::null(), true),
            Finish::BiasRelu(bias) => (bias, true),
            Finish::Slope { of, row } => {
                for (r, sums) in sums.iter().enumerate() {
                    for (v, sum) in sums.iter().enumerate() {
                        let of = V::load(of.add(r * row + v * V::LANES));
                        sum.mul(of.is_positive()).store(out.add(r * out_row + v * V::LANES));
                    }
                }
                return;
            }
            Finish::Accumulate(factor) => {
                for (r, sums) in sums.iter().enumerate() {
                    for (v, sum) in sums.iter().enumerate() {
                        let out = out.add(r * out_row + v * V::LANES);
                        V::load(out).add(V::splat(factor).mul(*sum)).store(out);
                    }
                }
                return;
            }
        };
        if !bias.is_null() {
            for v in 0..VECTORS {
                let bias = V::load(bias.add(v * V::LANES));
                for sums in &mut sums {
                    sums[v] = sums[v].add(bias);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                let sum = if relu { sum.relu() } else { *sum };
                sum.store(out.add(r * out_row + v * V::LANES));
            }
        }
    }
}

/// A level's instructions, for [`tile`] to be compiled with.
macro_rules! compiled_with {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        unsafe fn $name<V: Vector, const ROWS: usize, const VECTORS: usize>(operands: &Tile<V::Number>) {
            // SAFETY: as the caller promises.
            unsafe { tile::<V, ROWS, VECTORS>(operands) }
        }
    };
}
compiled_with!(baseline);
#[cfg(target_arch = "x86_64")]
compiled_with!(
    #[target_feature(enable = "avx2,fma")]
    avx2
);
#[cfg(target_arch = "x86_64")]
compiled_with!(
    #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
    avx512
);

/// A panel of so many registers of columns, and its tiles of the given numbers of rows.
macro_rules! panel {
    ($level:ident, $vector:ty, $vectors:literal, [$($rows:literal)*]) => {
        Panel {
            width: <$vector as Vector>::LANES * $vectors,
            tiles: &[$($level::<$vector, $rows, $vectors>),*],
        }
    };
}

/// Numbers that products are summed in.
pub(crate) trait Sum: Number {
    /// The tiles to be used at a level that this machine has.
    fn panels(level: Level) -> Panels<Self>;
}

/// The tiles of [`Plain`] numbers, for levels without fused multiply-add and for integers.
macro_rules! plain_panels {
    ($level:ident, $number:ty) => {
        &[
            panel!($level, Plain<$number, 4>, 2, [1 2 3 4]),
            panel!($level, Plain<$number, 4>, 1, [1 2 3 4]),
            panel!($level, Plain<$number, 1>, 2, [1 2 3 4]),
            panel!($level, Plain<$number, 1>, 1, [1 2 3 4]),
        ]
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    pub(super) const F32_AVX2: Panels<f32> = &[
        panel!(avx2, __m256, 2, [1 2 3 4 5 6]),
        panel!(avx2, __m256, 1, [1 2 3 4 5 6]),
        panel!(avx2, __m128, 1, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f32>, 3, [1 2 3 4]),
        panel!(avx2, Fused<f32>, 2, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f32>, 1, [1 2 3 4 5 6 7 8]),
    ];
    pub(super) const F64_AVX2: Panels<f64> = &[
        panel!(avx2, __m256d, 2, [1 2 3 4 5 6]),
        panel!(avx2, __m256d, 1, [1 2 3 4 5 6]),
        panel!(avx2, __m128d, 1, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f64>, 1, [1 2 3 4 5 6 7 8]),
    ];
    pub(super) const F32_AVX512: Panels<f32> = &[
        panel!(avx512, __m512, 2, [1 2 3 4 5 6 7 8 9 10 11 12]),
        panel!(avx512, __m512, 1, [1 2 3 4 5 6 7 8 9 10 11 12]),
        panel!(avx2, __m256, 1, [1 2 3 4 5 6]),
        panel!(avx2, __m128, 1, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f32>, 3, [1 2 3 4]),
        panel!(avx2, Fused<f32>, 2, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f32>, 1, [1 2 3 4 5 6 7 8]),
    ];
    pub(super) const F64_AVX512: Panels<f64> = &[
        panel!(avx512, __m512d, 2, [1 2 3 4 5 6 7 8 9 10 11 12]),
        panel!(avx512, __m512d, 1, [1 2 3 4 5 6 7 8 9 10 11 12]),
        panel!(avx2, __m256d, 1, [1 2 3 4 5 6]),
        panel!(avx2, __m128d, 1, [1 2 3 4 5 6]),
        panel!(avx2, Fused<f64>, 1, [1 2 3 4 5 6 7 8]),
    ];
    pub(super) const I32_AVX2: Panels<i32> = plain_panels!(avx2, i32);
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::*;

    pub(super) const F32: Panels<f32> = &[
        panel!(baseline, float32x4_t, 4, [1 2 3 4 5 6]),
        panel!(baseline, float32x4_t, 2, [1 2 3 4 5 6]),
        panel!(baseline, float32x4_t, 1, [1 2 3 4 5 6]),
        panel!(baseline, Fused<f32>, 2, [1 2 3 4 5 6]),
        panel!(baseline, Fused<f32>, 1, [1 2 3 4 5 6 7 8]),
    ];
    pub(super) const F64: Panels<f64> = &[
        panel!(baseline, float64x2_t, 4, [1 2 3 4 5 6]),
        panel!(baseline, float64x2_t, 2, [1 2 3 4 5 6]),
        panel!(baseline, float64x2_t, 1, [1 2 3 4 5 6]),
        panel!(baseline, Fused<f64>, 1, [1 2 3 4 5 6 7 8]),
    ];
}

impl Sum for f32 {
    fn panels(level: Level) -> Panels<f32> {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::F32_AVX512,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::F32_AVX2,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => arm::F32,
            _ => plain_panels!(baseline, f32),
        }
    }
}

impl Sum for f64 {
    fn panels(level: Level) -> Panels<f64> {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => x86::F64_AVX512,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::F64_AVX2,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => arm::F64,
            _ => plain_panels!(baseline, f64),
        }
    }
}

impl Sum for i32 {
    fn panels(level: Level) -> Panels<i32> {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Avx2 => x86::I32_AVX2,
            _ => plain_panels!(baseline, i32),
        }
    }
}

impl Sum for i64 {
    fn panels(_: Level) -> Panels<i64> {
        plain_panels!(baseline, i64)
    }
}
