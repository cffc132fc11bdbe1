//! The transpose of a matrix whose rows need not touch: `out[r, c] = in[c, r]`.
//!
//! Small square blocks are turned round in registers, so that both sides are read and written a run at a time: by
//! interleaving blocks of `B` runs log₂ B times, after which what was a column is a run. The compiler makes shuffles
//! of that for one and two bytes; for four and eight there are shuffles of our own on x86-64.

use crate::simd::Level;

/// Where a matrix lies and how far its rows are apart, in elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<P> {
    pub(crate) pointer: P,
    pub(crate) stride: isize,
}

/// Writes the transpose of `from` (`columns` rows of `rows` elements) to `to` (`rows` rows of `columns` elements).
///
/// # Safety
/// All those elements of `from` may be read and all those of `to` written, and no other reference to the latter lives.
pub(crate) unsafe fn transpose<T: Copy>(
    level: Level,
    rows: usize,
    columns: usize,
    from: Rows<*const T>,
    to: Rows<*mut T>,
) {
    #[cfg(target_arch = "x86_64")]
    if matches!(level.on_this_machine(), Level::Avx2 | Level::Avx512) {
        // SAFETY: AVX2 was found; the caller promises the rest.
        return unsafe { x86::transpose(rows, columns, from, to) };
    }
    let _ = level;
    // SAFETY: the caller's promise is the callee's.
    unsafe { by_interleaving(rows, columns, from, to) };
}

/// # Safety
/// As [`transpose`].
#[inline(always)]
unsafe fn by_interleaving<T: Copy>(rows: usize, columns: usize, from: Rows<*const T>, to: Rows<*mut T>) {
    // SAFETY: the caller's promise is the callee's.
    unsafe {
        match size_of::<T>() {
            1 | 2 => in_blocks::<T, 16>(rows, columns, from, to, |from, to| interleave::<T, 16>(from, to)),
            4 => in_blocks::<T, 8>(rows, columns, from, to, |from, to| interleave::<T, 8>(from, to)),
            _ => in_blocks::<T, 4>(rows, columns, from, to, |from, to| interleave::<T, 4>(from, to)),
        }
    }
}

/// Cuts the matrix into blocks of `B` by `B` for `block`, and moves what is left at the edges one by one.
///
/// # Safety
/// As [`transpose`]; and `block` asks no more for a block than [`transpose`] does.
#[inline(always)]
unsafe fn in_blocks<T: Copy, const B: usize>(
    rows: usize,
    columns: usize,
    from: Rows<*const T>,
    to: Rows<*mut T>,
    block: impl Fn(Rows<*const T>, Rows<*mut T>),
) {
    let (whole_rows, whole_columns) = (rows - rows % B, columns - columns % B);
    // SAFETY: row `r` and column `c` are below `rows` and `columns`, and for blocks so are those `B - 1` further on.
    unsafe {
        let source = |r: usize, c: usize| from.pointer.offset(r as isize + c as isize * from.stride);
        let target = |r: usize, c: usize| to.pointer.offset(r as isize * to.stride + c as isize);
        for r in (0..whole_rows).step_by(B) {
            for c in (0..whole_columns).step_by(B) {
                block(Rows { pointer: source(r, c), ..from }, Rows { pointer: target(r, c), ..to });
            }
            for r in r..r + B {
                (whole_columns..columns).for_each(|c| *target(r, c) = *source(r, c));
            }
        }
        for r in whole_rows..rows {
            (0..columns).for_each(|c| *target(r, c) = *source(r, c));
        }
    }
}

/// One block. Interleaving runs `i` and `i + B/2` moves each element's place (run, position), read as one binary number,
/// left by a bit; after log₂ B times run and position have changed places.
///
/// # Safety
/// As [`transpose`] of `B` rows and columns.
#[inline(always)]
unsafe fn interleave<T: Copy, const B: usize>(from: Rows<*const T>, to: Rows<*mut T>) {
    // SAFETY: `from` has `B` rows of `B` elements.
    let run =
        |c: usize| unsafe { from.pointer.offset(c as isize * from.stride).cast::<[T; B]>().read_unaligned() };
    let mut runs: [[T; B]; B] = std::array::from_fn(run);
    for _ in 0..B.ilog2() {
        let before = runs;
        for i in 0..B / 2 {
            let (first, second) = (before[i], before[i + B / 2]);
            for j in 0..B / 2 {
                runs[2 * i][2 * j] = first[j];
                runs[2 * i][2 * j + 1] = second[j];
                runs[2 * i + 1][2 * j] = first[B / 2 + j];
                runs[2 * i + 1][2 * j + 1] = second[B / 2 + j];
            }
        }
    }
    for (r, run) in runs.into_iter().enumerate() {
        // SAFETY: `to` has `B` rows of `B` elements.
        unsafe { to.pointer.offset(r as isize * to.stride).cast::<[T; B]>().write_unaligned(run) };
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Rows, by_interleaving, in_blocks};

    /// # Safety
    /// The machine has AVX2, and as [`super::transpose`].
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn transpose<T: Copy>(
        rows: usize,
        columns: usize,
        from: Rows<*const T>,
        to: Rows<*mut T>,
    ) {
        // SAFETY: the caller's promise is the callee's, and each block gets elements of the size it is for.
        unsafe {
            match size_of::<T>() {
                4 => in_blocks::<T, 8>(rows, columns, from, to, |from, to| block_of_4_bytes(from, to)),
                8 => in_blocks::<T, 4>(rows, columns, from, to, |from, to| block_of_8_bytes(from, to)),
                _ => by_interleaving(rows, columns, from, to),
            }
        }
    }

    /// 8 rows and columns of 4 bytes: pairs, then pairs of pairs within each half of a register, then the halves.
    ///
    /// # Safety
    /// The machine has AVX2, `T` has 4 bytes, and as [`super::transpose`] of 8 rows and columns.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn block_of_4_bytes<T>(from: Rows<*const T>, to: Rows<*mut T>) {
        // SAFETY: `from` has 8 rows of 8 elements.
        let row = |c: isize| unsafe { _mm256_loadu_ps(from.pointer.offset(c * from.stride).cast()) };
        let pairs = |c: isize| {
            let (first, second) = (row(c), row(c + 1));
            (_mm256_unpacklo_ps(first, second), _mm256_unpackhi_ps(first, second))
        };
        let fours = |c: isize| {
            let ((a, c), (b, d)) = (pairs(c), pairs(c + 2));
            let low = |a, b| _mm256_shuffle_ps::<0x44>(a, b);
            let high = |a, b| _mm256_shuffle_ps::<0xee>(a, b);
            [low(a, b), high(a, b), low(c, d), high(c, d)]
        };
        let (left, right) = (fours(0), fours(4));
        for r in 0..4 {
            // SAFETY: `to` has 8 rows of 8 elements.
            unsafe {
                let upper = to.pointer.offset(r as isize * to.stride);
                let lower = to.pointer.offset((r as isize + 4) * to.stride);
                _mm256_storeu_ps(upper.cast(), _mm256_permute2f128_ps::<0x20>(left[r], right[r]));
                _mm256_storeu_ps(lower.cast(), _mm256_permute2f128_ps::<0x31>(left[r], right[r]));
            }
        }
    }

    /// 4 rows and columns of 8 bytes.
    ///
    /// # Safety
    /// The machine has AVX2, `T` has 8 bytes, and as [`super::transpose`] of 4 rows and columns.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn block_of_8_bytes<T>(from: Rows<*const T>, to: Rows<*mut T>) {
        // SAFETY: `from` has 4 rows of 4 elements.
        let row = |c: isize| unsafe { _mm256_loadu_pd(from.pointer.offset(c * from.stride).cast()) };
        let pairs = |c: isize| {
            let (first, second) = (row(c), row(c + 1));
            [_mm256_unpacklo_pd(first, second), _mm256_unpackhi_pd(first, second)]
        };
        let (left, right) = (pairs(0), pairs(2));
        for r in 0..2 {
            // SAFETY: `to` has 4 rows of 4 elements.
            unsafe {
                let upper = to.pointer.offset(r as isize * to.stride);
                let lower = to.pointer.offset((r as isize + 2) * to.stride);
                _mm256_storeu_pd(upper.cast(), _mm256_permute2f128_pd::<0x20>(left[r], right[r]));
                _mm256_storeu_pd(lower.cast(), _mm256_permute2f128_pd::<0x31>(left[r], right[r]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Copy + PartialEq + std::fmt::Debug>(number: impl Fn(usize) -> T) {
        for level in Level::available() {
            for (rows, columns) in [(1, 1), (4, 4), (8, 8), (16, 16), (17, 19), (35, 8), (3, 40), (50, 33)] {
                // Gaps between the rows on both sides must stay as they are.
                let (wide, tall) = (columns + 3, rows + 2);
                let from: Vec<T> = (0..columns * tall).map(&number).collect();
                let mut to = vec![number(7); rows * wide];
                let input = Rows { pointer: from.as_ptr(), stride: tall as isize };
                let output = Rows { pointer: to.as_mut_ptr(), stride: wide as isize };
                // SAFETY: `from` has `columns` rows of `tall > rows` elements, `to` has `rows` of `wide > columns`.
                unsafe { transpose(level, rows, columns, input, output) };
                for (i, &got) in to.iter().enumerate() {
                    let (r, c) = (i / wide, i % wide);
                    assert_eq!(
                        got,
                        if c < columns { from[c * tall + r] } else { number(7) },
                        "{level:?} {r} {c}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_size_of_element_is_transposed() {
        check(|i| (i * 7) as u8);
        check(|i| (i * 31) as u16);
        check(|i| i as u32);
        check(|i| i as u64);
        check(|i| [i as u64, !i as u64]);
    }
}
