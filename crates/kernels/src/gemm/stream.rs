//! Few rows times a large matrix: then B is what costs, and it is read once, in the order in which it lies.
//!
//! Sums stay in memory, a few steps of k at a time go to each: `s = s + a[i, p] · b[p, j]` for p, p + 1, p + 2, p + 3.

use super::vector::Number;
use crate::simd::per_level;

/// Steps that a sum takes between being read and being written.
const STEPS: usize = 4;

/// The operands: `rows` rows of A, of which `a[i, p]` is `a_row · i + a_step · p` numbers on; `k` rows of B, `b_row` numbers
/// apart; and sums, in rows of `columns`, `sums_row` numbers apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream<T> {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) k: usize,
    pub(super) a: *const T,
    pub(super) a_row: usize,
    pub(super) a_step: usize,
    pub(super) b: *const T,
    pub(super) b_row: usize,
    pub(super) sums: *mut T,
    pub(super) sums_row: usize,
}

per_level! {
    /// Writes the product to `sums`.
    ///
    /// # Safety
    /// The pointers are good for the sizes, and `sums` overlaps neither operand.
    pub(super) unsafe fn stream<T: Number>(operands: &Stream<T>) = stream_body;
}

#[inline(always)]
unsafe fn stream_body<const FMA: bool, T: Number>(operands: &Stream<T>) {
    let Stream { rows, columns, k, a, a_row, a_step, b, b_row, sums, sums_row } = *operands;
    let whole = k - k % STEPS;
    // SAFETY: rows, columns and steps stay below the sizes.
    unsafe {
        for i in 0..rows {
            (0..columns).for_each(|j| sums.add(i * sums_row + j).write(T::ZERO));
        }
        for p in (0..whole).step_by(STEPS) {
            for i in 0..rows {
                let x = std::array::from_fn(|step| *a.add(i * a_row + (p + step) * a_step));
                steps::<FMA, T, STEPS>(x, b.add(p * b_row), b_row, columns, sums.add(i * sums_row));
            }
        }
        for p in whole..k {
            for i in 0..rows {
                let x = [*a.add(i * a_row + p * a_step)];
                steps::<FMA, T, 1>(x, b.add(p * b_row), b_row, columns, sums.add(i * sums_row));
            }
        }
    }
}

/// # Safety
/// As [`stream`], of `N` rows of B and one of sums.
#[inline(always)]
unsafe fn steps<const FMA: bool, T: Number, const N: usize>(
    x: [T; N],
    b: *const T,
    b_row: usize,
    columns: usize,
    sums: *mut T,
) {
    // SAFETY: the caller's promise; and so no sum is a number of B, which the compiler may then read ahead.
    let (sums, b): (&mut [T], [&[T]; N]) = unsafe {
        let rows = std::array::from_fn(|step| std::slice::from_raw_parts(b.add(step * b_row), columns));
        (std::slice::from_raw_parts_mut(sums, columns), rows)
    };
    for (j, place) in sums.iter_mut().enumerate() {
        let mut sum = *place;
        for (x, b) in x.iter().zip(b) {
            sum = if FMA { x.fused(b[j], sum) } else { x.mul(b[j]).add(sum) };
        }
        *place = sum;
    }
}
