//! Copies parts of the operands to where the innermost loop reads them in order.

use super::element::Element;
use super::vector::Number;
use crate::Level;
use crate::ahead::{LINE, prefetch};
use crate::simd::per_level;
use crate::transpose::{Rows, transpose};

/// So many rows before a row is copied it is asked for.
const AHEAD: usize = 48;

/// The part of op(B) that one or more panels need: `depth` steps of k by `columns` columns.
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

/// A part that is to be copied next. Its lines are asked for a few at a time, while what was copied before is multiplied.
#[derive(Debug)]
pub(super) struct Upcoming {
    /// The next line: where its row begins, and how many bytes on it is.
    row: *const u8,
    line: usize,
    rows: usize,
    stride: usize,
    bytes: usize,
    at_a_time: usize,
}

impl Upcoming {
    /// The lines of `part`, which is not transposed, to be asked for in so many times; none where there is no part.
    pub(super) fn new<E>(part: Option<Part<E>>, times: usize) -> Upcoming {
        let Some(part) = part else {
            return Upcoming { row: std::ptr::null(), line: 0, rows: 0, stride: 0, bytes: 0, at_a_time: 0 };
        };
        let bytes = part.columns * size_of::<E>();
        let at_a_time = (part.depth * bytes.div_ceil(LINE)).div_ceil(times.max(1));
        let (row, stride) = (part.first.cast(), part.row * size_of::<E>());
        Upcoming { row, line: 0, rows: part.depth, stride, bytes, at_a_time }
    }

    /// Asks for the next lines.
    #[inline(always)]
    pub(super) fn ask(&mut self) {
        for _ in 0..self.at_a_time {
            if self.rows == 0 {
                return;
            }
            prefetch(self.row.wrapping_add(self.line));
            self.line += LINE;
            if self.line >= self.bytes {
                self.row = self.row.wrapping_add(self.stride);
                (self.line, self.rows) = (0, self.rows - 1);
            }
        }
    }
}

/// Writes `part` to `to` as panels behind each other, each `depth` rows of `width` numbers, with zeros beyond the part's
/// columns.
///
/// # Safety
/// The part may be read; `to` may be written, and nothing else refers to it.
pub(crate) unsafe fn pack<E: Element>(level: Level, part: &Part<E>, width: usize, to: *mut E::Sum) {
    let Part { first, row: stride, transposed, depth, columns } = *part;
    let whole = if E::SAME && !transposed { columns / width } else { 0 };
    // SAFETY: row and column stay below `depth` and `columns`, for zeros below `width`; where `SAME` holds an `E` is a sum.
    unsafe {
        if whole > 0 {
            copy_panels(level, first.cast::<E::Sum>(), stride, depth, whole, width, to);
        }
        for panel in whole..columns.div_ceil(width) {
            let (begin, to) = (panel * width, to.add(panel * width * depth));
            let columns = width.min(columns - begin);
            let (step, across) = if transposed { (1, stride) } else { (stride, 1) };
            let first = first.add(begin * across);
            if E::SAME && transposed {
                let from = Rows { pointer: first.cast::<E::Sum>(), stride: stride as isize };
                transpose(level, depth, columns, from, Rows { pointer: to, stride: width as isize });
            } else {
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
}

per_level! {
    /// Writes so many whole panels.
    ///
    /// # Safety
    /// As [`pack`].
    unsafe fn copy_panels<T: Number>(from: *const T, stride: usize, depth: usize, panels: usize, width: usize,
        to: *mut T) = copy_panels_body;
}

#[inline(always)]
unsafe fn copy_panels_body<const FMA: bool, T: Number>(
    from: *const T,
    stride: usize,
    depth: usize,
    panels: usize,
    width: usize,
    to: *mut T,
) {
    /// Panels of a known width, where calling for a copy would take longer than the copy: a row of all, then the next.
    #[inline(always)]
    unsafe fn known<T: Copy, const N: usize>(
        from: *const T,
        stride: usize,
        depth: usize,
        panels: usize,
        to: *mut T,
    ) {
        for p in 0..depth {
            for panel in 0..panels {
                // Rows are far apart, so that the processor would not see them coming.
                let ahead = from.wrapping_add((p + AHEAD) * stride + panel * N);
                (0..N * size_of::<T>())
                    .step_by(LINE)
                    .for_each(|byte| prefetch(ahead.cast::<u8>().wrapping_add(byte)));
                // SAFETY: as the caller promises, of `N` columns a panel.
                unsafe {
                    let row = from.add(p * stride + panel * N).cast::<[T; N]>().read();
                    to.add((panel * depth + p) * N).cast::<[T; N]>().write(row);
                }
            }
        }
    }
    // SAFETY: the caller's promise.
    unsafe {
        match width {
            32 => known::<T, 32>(from, stride, depth, panels, to),
            16 => known::<T, 16>(from, stride, depth, panels, to),
            8 => known::<T, 8>(from, stride, depth, panels, to),
            4 => known::<T, 4>(from, stride, depth, panels, to),
            _ => {
                for (panel, p) in (0..panels).flat_map(|panel| (0..depth).map(move |p| (panel, p))) {
                    let (from, to) =
                        (from.add(p * stride + panel * width), to.add((panel * depth + p) * width));
                    (0..width).for_each(|j| to.add(j).write(*from.add(j)));
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
