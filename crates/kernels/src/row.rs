//! What softmax and cross-entropy do with a row of logits: its maximum `m`, `exp(aⱼ − m)`, their sum.
//!
//! A row is walked 32 numbers at a time, whatever registers the machine has, so the order of summation, and with it
//! the result, does not depend on them. Half precision is computed in `f32` and rounded once, at the end.
//!
//! Rows of up to [`NARROW`] numbers are taken 16 at a time, turned so that each lane of a register holds a row of its
//! own ([`Lanes`]): then there is nothing to sum across lanes.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::ahead::{LINE, prefetch, prefetch_output};
use crate::simd::Level;
use crate::transpose::{Rows, transpose};
use crate::{Scalar, vecmath};

/// Numbers that one step of a wide row takes.
const WIDE: usize = 32;

/// Steps after which the sums of the lanes are added up, so that long rows do not lose digits.
const STEPS: usize = 128;

/// The most columns for which rows are taken [`LANES`] at a time.
pub(crate) const NARROW: usize = 64;

/// How many narrow rows are taken at a time.
pub(crate) const LANES: usize = 16;

/// One number of each of [`LANES`] rows.
pub(crate) type Lanes<C> = [C; LANES];

/// About how many numbers are worth a piece of work of their own.
pub(crate) const PIECE: usize = 1 << 14;

/// The rows that one piece of work takes: by shape alone, so that results do not depend on the number of threads.
pub(crate) fn rows_a_piece(columns: usize) -> usize {
    (PIECE / columns.max(1)).max(1).next_multiple_of(if columns <= NARROW { LANES } else { 1 })
}

/// What a row is computed in.
pub(crate) trait Compute:
    Stored<Compute = Self>
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    const NEG_INFINITY: Self;

    /// The nearest number.
    fn from_f64(x: f64) -> Self;
    /// The exponential of a number that is not above 0; below the smallest normal number, 0.
    fn exp_of_negative<const FMA: bool>(self) -> Self;
    fn log<const FMA: bool>(self) -> Self;
    /// `self · factor + term`.
    fn times_plus<const FMA: bool>(self, factor: Self, term: Self) -> Self;
}

macro_rules! compute {
    ($type:ident, $lowest:literal) => {
        impl Compute for $type {
            const ZERO: $type = 0.0;
            const ONE: $type = 1.0;
            const NEG_INFINITY: $type = $type::NEG_INFINITY;

            #[inline(always)]
            fn from_f64(x: f64) -> $type {
                x as $type
            }

            #[inline(always)]
            fn exp_of_negative<const FMA: bool>(self) -> $type {
                let exponential = vecmath::$type::exp_normal::<FMA>(self);
                if self < $lowest { 0.0 } else { exponential }
            }

            #[inline(always)]
            fn log<const FMA: bool>(self) -> $type {
                vecmath::$type::log::<FMA>(self)
            }

            #[inline(always)]
            fn times_plus<const FMA: bool>(self, factor: $type, term: $type) -> $type {
                if FMA { self.mul_add(factor, term) } else { self * factor + term }
            }
        }

        impl Stored for $type {
            type Compute = $type;

            fn read<'a>(stored: &'a [$type], _: &'a mut [$type]) -> &'a [$type] {
                stored
            }

            fn write(stored: &mut [$type], _: &mut [$type], fill: impl FnOnce(&mut [$type])) {
                fill(stored);
            }
        }
    };
}
compute!(f32, -87.0);
compute!(f64, -708.0);

/// How numbers are kept in memory. `room` is scratch memory for as many.
pub(crate) trait Stored: Scalar {
    type Compute: Compute;

    /// The numbers to compute with: those stored, or a copy in `room`.
    fn read<'a>(stored: &'a [Self], room: &'a mut [Self::Compute]) -> &'a [Self::Compute];

    /// Has `fill` write all the numbers, and stores them.
    fn write(stored: &mut [Self], room: &mut [Self::Compute], fill: impl FnOnce(&mut [Self::Compute]));

    /// The place of numbers that are stored as they are computed; null for others.
    fn as_computed(stored: *const Self) -> *const Self::Compute {
        if size_of::<Self>() == size_of::<Self::Compute>() { stored.cast() } else { std::ptr::null() }
    }
}

macro_rules! half_precision {
    ($type:ident) => {
        impl Stored for $type {
            type Compute = f32;

            fn read<'a>(stored: &'a [$type], room: &'a mut [f32]) -> &'a [f32] {
                let room = &mut room[..stored.len()];
                stored.convert_to_f32_slice(room);
                room
            }

            fn write(stored: &mut [$type], room: &mut [f32], fill: impl FnOnce(&mut [f32])) {
                let room = &mut room[..stored.len()];
                fill(room);
                stored.convert_from_f32_slice(room);
            }
        }
    };
}
half_precision!(f16);
half_precision!(bf16);

/// The larger; `first` if `next` is NaN. (A NaN shows in the sum of exponentials.)
#[inline(always)]
pub(crate) fn larger<C: Compute>(first: C, next: C) -> C {
    if next > first { next } else { first }
}

/// The sum of the lanes: the upper half added to the lower, until one is left.
#[inline(always)]
fn total<C: Compute>(mut lanes: [C; WIDE]) -> C {
    let mut left = WIDE;
    while left > 1 {
        left /= 2;
        for i in 0..left {
            lanes[i] = lanes[i] + lanes[i + left];
        }
    }
    lanes[0]
}

// The loops below are spelled out, with neither closures nor iterators of single numbers: what is to use the registers
// of a level must be inlined, and the compiler promises that only of functions marked so.

/// The maximum of the numbers that are not NaN; of none, −∞.
#[inline(always)]
pub(crate) fn maximum<C: Compute>(numbers: &[C]) -> C {
    let mut lanes = [C::NEG_INFINITY; WIDE];
    let (steps, rest) = numbers.as_chunks::<WIDE>();
    for step in steps {
        for i in 0..WIDE {
            lanes[i] = larger(lanes[i], step[i]);
        }
    }
    let mut maximum = C::NEG_INFINITY;
    for lane in lanes {
        maximum = larger(maximum, lane);
    }
    for &number in rest {
        maximum = larger(maximum, number);
    }
    maximum
}

/// `Σⱼ exp(aⱼ − m)`. `keep` gets the exponentials. Meanwhile the next row is asked for, which is behind this one if there is
/// one: its maximum is found faster than memory gives it. And so is the row at `result`, unless that is null, to which what
/// becomes of the exponentials will be written.
#[inline(always)]
pub(crate) fn exponentials<const FMA: bool, C: Compute>(
    logits: &[C],
    maximum: C,
    keep: &mut [C],
    mut result: *const C,
) -> C {
    let mut sum = C::ZERO;
    let columns = logits.len();
    for (logits, keep) in logits.chunks(STEPS * WIDE).zip(keep.chunks_mut(STEPS * WIDE)) {
        let mut sums = [C::ZERO; WIDE];
        let (logits, last_logits) = logits.as_chunks();
        let (keep, last_keep) = keep.as_chunks_mut();
        for (logits, keep) in logits.iter().zip(keep) {
            let next = logits.as_ptr().wrapping_add(columns);
            (0..WIDE).step_by(LINE / size_of::<C>()).for_each(|i| prefetch(next.wrapping_add(i)));
            if !result.is_null() {
                (0..WIDE)
                    .step_by(LINE / size_of::<C>())
                    .for_each(|i| prefetch_output(result.wrapping_add(i)));
                result = result.wrapping_add(WIDE);
            }
            exponentials_step::<FMA, C>(logits, maximum, keep, &mut sums);
        }
        if !last_logits.is_empty() {
            let mut padded = [C::NEG_INFINITY; WIDE];
            let mut kept = [C::ZERO; WIDE];
            padded[..last_logits.len()].copy_from_slice(last_logits);
            exponentials_step::<FMA, C>(&padded, maximum, &mut kept, &mut sums);
            last_keep.copy_from_slice(&kept[..last_keep.len()]);
        }
        sum = sum + total(sums);
    }
    sum
}

#[inline(always)]
fn exponentials_step<const FMA: bool, C: Compute>(
    logits: &[C; WIDE],
    maximum: C,
    keep: &mut [C; WIDE],
    sums: &mut [C; WIDE],
) {
    for i in 0..WIDE {
        keep[i] = (logits[i] - maximum).exp_of_negative::<FMA>();
        sums[i] = sums[i] + keep[i];
    }
}

/// `Σⱼ yⱼ·(l − (aⱼ − m))` and `Σⱼ yⱼ`.
#[inline(always)]
pub(crate) fn weigh<const FMA: bool, C: Compute>(
    logits: &[C],
    labels: &[C],
    maximum: C,
    log_sum: C,
) -> (C, C) {
    let (mut loss, mut weight) = (C::ZERO, C::ZERO);
    for (logits, labels) in logits.chunks(STEPS * WIDE).zip(labels.chunks(STEPS * WIDE)) {
        let (mut losses, mut weights) = ([C::ZERO; WIDE], [C::ZERO; WIDE]);
        let (logits, last_logits) = logits.as_chunks::<WIDE>();
        let (labels, last_labels) = labels.as_chunks::<WIDE>();
        for (logits, labels) in logits.iter().zip(labels) {
            for i in 0..WIDE {
                losses[i] = labels[i].times_plus::<FMA>(log_sum - (logits[i] - maximum), losses[i]);
                weights[i] = weights[i] + labels[i];
            }
        }
        for (i, (&logit, &label)) in last_logits.iter().zip(last_labels).enumerate() {
            losses[i] = label.times_plus::<FMA>(log_sum - (logit - maximum), losses[i]);
            weights[i] = weights[i] + label;
        }
        (loss, weight) = (loss + total(losses), weight + total(weights));
    }
    (loss, weight)
}

/// Turns `count` rows of `columns` numbers, `stride` apart, so that `lanes[j]` holds number `j` of each. Lanes without
/// a row keep what they had.
pub(crate) fn to_lanes<C: Compute>(
    level: Level,
    (count, columns): (usize, usize),
    rows: &[C],
    stride: usize,
    lanes: &mut [Lanes<C>],
) {
    let from = Rows { pointer: rows.as_ptr(), stride: stride as isize };
    let to = Rows { pointer: lanes.as_mut_ptr().cast::<C>(), stride: LANES as isize };
    assert!(
        lanes.len() >= columns && count <= LANES && rows.len() >= count.saturating_sub(1) * stride + columns
    );
    // SAFETY: `rows` holds `count` rows of `columns` numbers and `lanes` as many of 16, as was just checked.
    unsafe { transpose(level, columns, count, from, to) };
}

/// The reverse of [`to_lanes`], for rows that touch.
pub(crate) fn from_lanes<C: Compute>(
    level: Level,
    (count, columns): (usize, usize),
    lanes: &[Lanes<C>],
    rows: &mut [C],
) {
    let from = Rows { pointer: lanes.as_ptr().cast::<C>(), stride: LANES as isize };
    let to = Rows { pointer: rows.as_mut_ptr(), stride: columns as isize };
    assert!(lanes.len() >= columns && count <= LANES && rows.len() >= count * columns);
    // SAFETY: `rows` holds `count` rows of `columns` numbers and `lanes` at least as many, as was just checked.
    unsafe { transpose(level, count, columns, from, to) };
}
