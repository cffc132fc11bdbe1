//! Copies parts of the operands to where the innermost loop reads them in order.

use super::element::Element;
use super::vector::Number;
use crate::Level;
use crate::simd::{per_level, prefetch};
use crate::transpose::{Rows, transpose};

/// So many rows before a row is copied it is asked for.
const AHEAD: usize = 48;

/// The part of op(B) that a panel of columns needs: `depth` steps of k by `columns` columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<E> {
    /// The first number of it.
    pub(crate) first: *const E,
    /// Numbers from one row of the stored matrix to the next.
    pub(crate) row: usize,
    /// Whether a stored row is a column of op(B).
    pub(crate) transposed: bool,
    pub(crate) depth: usize,
    pub(crate) columns: usize,
}

/// Writes `part` to `to` as `depth` rows of `width` numbers, with zeros beyond its columns.
///
/// # Safety
/// The part may be read; `to` may be written, and nothing else refers to it; `columns` is at most `width`.
pub(crate) unsafe fn pack<E: Element>(level: Level, part: &Part<E>, width: usize, to: *mut E::Sum) {
    let Part { first, row: stride, transposed, depth, columns } = *part;
    // SAFETY: row and column stay below `depth` and `columns`, for zeros below `width`; where `SAME` holds an `E` is a sum.
    unsafe {
        if E::SAME && transposed {
            let from = Rows { pointer: first.cast::<E::Sum>(), stride: stride as isize };
            transpose(level, depth, columns, from, Rows { pointer: to, stride: width as isize });
        } else if E::SAME {
            copy_columns(level, first.cast::<E::Sum>(), stride, depth, columns, width, to);
        } else {
            let (step, across) = if transposed { (1, stride) } else { (stride, 1) };
            for p in 0..depth {
                for j in 0..columns {
                    to.add(p * width + j).write((*first.add(p * step + j * across)).widen());
                }
            }
        }
        if columns < width {
            for p in 0..depth {
                (columns..width).for_each(|j| to.add(p * width + j).write(E::Sum::ZERO));
            }
        }
    }
}

per_level! {
    /// # Safety
    /// As [`pack`].
    unsafe fn copy_columns<T: Number>(from: *const T, stride: usize, depth: usize, columns: usize, width: usize,
        to: *mut T) = copy_columns_body;
}

#[inline(always)]
unsafe fn copy_columns_body<const FMA: bool, T: Number>(
    from: *const T,
    stride: usize,
    depth: usize,
    columns: usize,
    width: usize,
    to: *mut T,
) {
    /// Whole panels, where calling for a copy would take longer than the copy.
    #[inline(always)]
    unsafe fn whole<T: Copy, const N: usize>(from: *const T, stride: usize, depth: usize, to: *mut T) {
        for p in 0..depth {
            // Rows are far apart, so that the processor would not see them coming.
            let ahead = from.wrapping_add((p + AHEAD) * stride);
            (0..N * size_of::<T>())
                .step_by(64)
                .for_each(|byte| prefetch(ahead.cast::<u8>().wrapping_add(byte)));
            // SAFETY: as the caller promises, of `N` columns.
            unsafe { to.add(p * N).cast::<[T; N]>().write(from.add(p * stride).cast::<[T; N]>().read()) };
        }
    }
    // SAFETY: the caller's promise.
    unsafe {
        match (columns, width) {
            (32, 32) => whole::<T, 32>(from, stride, depth, to),
            (16, 16) => whole::<T, 16>(from, stride, depth, to),
            (8, 8) => whole::<T, 8>(from, stride, depth, to),
            (4, 4) => whole::<T, 4>(from, stride, depth, to),
            _ => {
                for p in 0..depth {
                    (0..columns).for_each(|j| to.add(p * width + j).write(*from.add(p * stride + j)));
                }
            }
        }
    }
}

/// Writes `rows` rows of `columns` stored numbers, `stride` apart, to `to` without gaps, as numbers of the sum's type.
///
/// # Safety
/// The numbers may be read; `to` may be written, and nothing else refers to it.
pub(super) unsafe fn widen_rows<E: Element>(
    from: *const E,
    stride: usize,
    rows: usize,
    columns: usize,
    to: *mut E::Sum,
) {
    for row in 0..rows {
        for column in 0..columns {
            // SAFETY: row and column are in bounds.
            unsafe { to.add(row * columns + column).write((*from.add(row * stride + column)).widen()) };
        }
    }
}
