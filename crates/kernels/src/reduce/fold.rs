//! The loops that fold many numbers into few: of one operation and one type, over a block.
//!
//! Sums are taken in [`WIDTH`] lanes, whatever the width of the machine's registers, and without fused multiply-add:
//! the order of summation, and so the result, is the same on every machine.

use std::marker::PhantomData;

use super::ReduceOp;
use crate::block::arithmetic::{maximum_f32, maximum_f64, minimum_f32, minimum_f64};
use crate::simd::{Level, in_order, per_level};
use crate::{ComputeType, ScalarType};

/// Lanes in which a row is folded.
pub(super) const WIDTH: usize = 32;

/// Folds `n` numbers into `width` lanes: number i into lane i mod `width`.
///
/// # Safety
/// There are `width` lanes, and `n` numbers elsewhere.
pub(crate) type FoldLanes = unsafe fn(Level, lanes: *mut u8, numbers: *const u8, n: usize, width: usize);

/// Folds each of `rows` rows of `n` numbers, whose first numbers are `stride` bytes apart, into `n` lanes.
///
/// # Safety
/// There are `n` lanes, and the rows elsewhere.
pub(crate) type FoldRows =
    unsafe fn(Level, lanes: *mut u8, numbers: *const u8, stride: isize, rows: usize, n: usize);

/// Folds each of `n` short rows, one after another of `length` numbers, into the lane of the row.
///
/// # Safety
/// There are `n` lanes, and `n · length` numbers elsewhere.
pub(crate) type FoldShort = unsafe fn(Level, lanes: *mut u8, numbers: *const u8, n: usize, length: usize);

/// Folds `width` lanes into the first `kept`, lane i into lane i mod `kept`.
///
/// # Safety
/// There are `width` lanes, a multiple of `kept`.
pub(crate) type FoldTogether = unsafe fn(Level, lanes: *mut u8, width: usize, kept: usize);

/// The loops of an operation on a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folds {
    pub(super) lanes: FoldLanes,
    pub(super) rows: FoldRows,
    pub(super) short: FoldShort,
    pub(super) together: FoldTogether,
}

impl Folds {
    /// The loops of `op` on numbers of type `ty`; `None` where it does not take the type.
    pub(super) fn new(op: ReduceOp, ty: ComputeType) -> Option<Folds> {
        macro_rules! floats {
            ($t:ty) => {
                match op {
                    ReduceOp::Sum => leveled::<Sum<$t>>(),
                    ReduceOp::Prod => leveled::<Prod<$t>>(),
                    ReduceOp::Max => leveled::<Max<$t>>(),
                    ReduceOp::Min => leveled::<Min<$t>>(),
                    ReduceOp::Any | ReduceOp::All => return None,
                }
            };
        }
        macro_rules! integers {
            ($t:ty) => {
                match op {
                    ReduceOp::Sum => plain::<Sum<$t>>(),
                    ReduceOp::Prod => plain::<Prod<$t>>(),
                    ReduceOp::Max => plain::<Max<$t>>(),
                    ReduceOp::Min => plain::<Min<$t>>(),
                    ReduceOp::Any | ReduceOp::All => return None,
                }
            };
        }
        Some(match ty {
            ComputeType::F32 => floats!(f32),
            ComputeType::F64 => floats!(f64),
            ComputeType::I32 => integers!(i32),
            ComputeType::U32 => integers!(u32),
            ComputeType::I64 => integers!(i64),
            ComputeType::U64 => integers!(u64),
            ComputeType::Bool if op == ReduceOp::Any => plain::<Max<u8>>(),
            ComputeType::Bool if op == ReduceOp::All => plain::<Min<u8>>(),
            ComputeType::Bool => return None,
        })
    }
}

/// What folding no number of this stored type gives, as the bits of its compute type: the result for an empty tensor.
pub(super) fn identity(op: ReduceOp, stored: ScalarType) -> u64 {
    use ScalarType::*;
    let float = |x: f64| match stored {
        F64 => x.to_bits(),
        _ => u64::from((x as f32).to_bits()),
    };
    let bits = 8 * stored.size() as u32;
    let (lowest, highest) = match stored {
        F16 | BF16 | F32 | F64 => (float(f64::NEG_INFINITY), float(f64::INFINITY)),
        I8 | I16 | I32 | I64 => ((-1_i64 << (bits - 1)) as u64, (1 << (bits - 1)) - 1),
        Bool => (0, 1),
        U8 | U16 | U32 | U64 => (0, u64::MAX >> (64 - bits)),
    };
    match op {
        ReduceOp::Sum => 0,
        ReduceOp::Prod if stored.is_float() => float(1.0),
        ReduceOp::Prod => 1,
        ReduceOp::Max | ReduceOp::Any => lowest,
        ReduceOp::Min | ReduceOp::All => highest,
    }
}

/// An operation on a type.
trait Fold {
    type Number: Copy;

    fn fold(x: Self::Number, y: Self::Number) -> Self::Number;
}

struct Sum<T>(PhantomData<T>);
struct Prod<T>(PhantomData<T>);
struct Max<T>(PhantomData<T>);
struct Min<T>(PhantomData<T>);

macro_rules! folds {
    ($($t:ty: $sum:expr, $prod:expr, $max:expr, $min:expr;)*) => {
        $(folds!(@ $t: Sum $sum, Prod $prod, Max $max, Min $min);)*
    };
    (@ $t:ty: $($op:ident $fold:expr),*) => { $(
        impl Fold for $op<$t> {
            type Number = $t;

            #[inline(always)]
            fn fold(x: $t, y: $t) -> $t {
                $fold(x, y)
            }
        }
    )* };
}
folds! {
    f32: |x, y| x + y, |x, y| x * y, maximum_f32, minimum_f32;
    f64: |x, y| x + y, |x, y| x * y, maximum_f64, minimum_f64;
    i32: i32::wrapping_add, i32::wrapping_mul, i32::max, i32::min;
    u32: u32::wrapping_add, u32::wrapping_mul, u32::max, u32::min;
    i64: i64::wrapping_add, i64::wrapping_mul, i64::max, i64::min;
    u64: u64::wrapping_add, u64::wrapping_mul, u64::max, u64::min;
    u8: u8::wrapping_add, u8::wrapping_mul, u8::max, u8::min;
}

/// The loops compiled for each SIMD level.
fn leveled<F: Fold>() -> Folds {
    per_level! {
        /// See [`FoldLanes`].
        unsafe fn lanes<F: Fold>(lanes: *mut u8, numbers: *const u8, n: usize, width: usize) = fold_lanes;
    }
    per_level! {
        /// See [`FoldRows`].
        unsafe fn rows<F: Fold>(lanes: *mut u8, numbers: *const u8, stride: isize, rows: usize, n: usize) = fold_rows;
    }
    per_level! {
        /// See [`FoldShort`].
        unsafe fn short<F: Fold>(lanes: *mut u8, numbers: *const u8, n: usize, length: usize) = fold_short;
    }
    per_level! {
        /// See [`FoldTogether`].
        unsafe fn together<F: Fold>(lanes: *mut u8, width: usize, kept: usize) = fold_together;
    }
    Folds { lanes: lanes::<F>, rows: rows::<F>, short: short::<F>, together: together::<F> }
}

/// The loops compiled once, which do for integers.
fn plain<F: Fold>() -> Folds {
    Folds {
        // SAFETY: the caller's promises, here and below.
        lanes: |_, lanes, numbers, n, width| unsafe { fold_lanes::<false, F>(lanes, numbers, n, width) },
        // SAFETY: as above.
        rows: |_, lanes, numbers, stride, rows, n| unsafe {
            fold_rows::<false, F>(lanes, numbers, stride, rows, n)
        },
        // SAFETY: as above.
        short: |_, lanes, numbers, n, length| unsafe { fold_short::<false, F>(lanes, numbers, n, length) },
        // SAFETY: as above.
        together: |_, lanes, width, kept| unsafe { fold_together::<false, F>(lanes, width, kept) },
    }
}

/// # Safety
/// See [`FoldLanes`].
#[inline(always)]
unsafe fn fold_lanes<const FMA: bool, F: Fold>(lanes: *mut u8, numbers: *const u8, n: usize, width: usize) {
    let (rows, row) = (n / width, width * size_of::<F::Number>());
    // SAFETY: the caller promises the lanes and the numbers: rows of `width`, and what is left.
    unsafe {
        fold_rows::<FMA, F>(lanes, numbers, row as isize, rows, width);
        fold_row::<F>(lanes.cast(), numbers.add(rows * row).cast(), n - rows * width);
    }
}

/// Folds `n` numbers into `n` lanes.
///
/// # Safety
/// There are `n` lanes, and `n` numbers elsewhere.
#[inline(always)]
unsafe fn fold_row<F: Fold>(lanes: *mut F::Number, numbers: *const F::Number, n: usize) {
    const EIGHT: usize = 8;
    // SAFETY: the caller promises the lanes and the numbers; all accesses are to those.
    unsafe {
        let mut i = 0;
        while i + EIGHT <= n {
            let mut all = lanes.add(i).cast::<[F::Number; EIGHT]>().read();
            let x = numbers.add(i).cast::<[F::Number; EIGHT]>().read();
            for k in 0..EIGHT {
                all[k] = F::fold(all[k], x[k]);
            }
            lanes.add(i).cast::<[F::Number; EIGHT]>().write(all);
            i += EIGHT;
            in_order();
        }
        while i < n {
            lanes.add(i).write(F::fold(lanes.add(i).read(), numbers.add(i).read()));
            i += 1;
        }
    }
}

/// # Safety
/// See [`FoldRows`].
#[inline(always)]
unsafe fn fold_rows<const FMA: bool, F: Fold>(
    lanes: *mut u8,
    numbers: *const u8,
    stride: isize,
    rows: usize,
    n: usize,
) {
    let lanes = lanes.cast::<F::Number>();
    // SAFETY: the caller promises the lanes and the rows; all accesses are to those.
    unsafe {
        let row = |r: usize| numbers.offset(r as isize * stride).cast::<F::Number>();
        let mut i = 0;
        // A band of columns at a time, whose lanes stay in the processor's registers.
        while i + WIDTH <= n && rows > 1 {
            let mut all = lanes.add(i).cast::<[F::Number; WIDTH]>().read();
            for r in 0..rows {
                let x = row(r).add(i).cast::<[F::Number; WIDTH]>().read();
                for k in 0..WIDTH {
                    all[k] = F::fold(all[k], x[k]);
                }
            }
            lanes.add(i).cast::<[F::Number; WIDTH]>().write(all);
            i += WIDTH;
        }
        for r in 0..rows {
            fold_row::<F>(lanes.add(i), row(r).add(i), n - i);
        }
    }
}

/// # Safety
/// See [`FoldShort`].
#[inline(always)]
unsafe fn fold_short<const FMA: bool, F: Fold>(lanes: *mut u8, numbers: *const u8, n: usize, length: usize) {
    let (lanes, numbers) = (lanes.cast::<F::Number>(), numbers.cast::<F::Number>());
    for row in 0..n {
        // SAFETY: the caller promises the lanes and the rows; all accesses are to those.
        unsafe {
            let x = numbers.add(row * length);
            let mut fold = lanes.add(row).read();
            let mut i = 0;
            // Four chains, since each number of one has to wait for the number before.
            if length >= 8 {
                let mut four = x.cast::<[F::Number; 4]>().read();
                i = 4;
                while i + 4 <= length {
                    for (k, four) in four.iter_mut().enumerate() {
                        *four = F::fold(*four, x.add(i + k).read());
                    }
                    i += 4;
                }
                fold = F::fold(fold, F::fold(F::fold(four[0], four[1]), F::fold(four[2], four[3])));
            }
            while i < length {
                fold = F::fold(fold, x.add(i).read());
                i += 1;
            }
            lanes.add(row).write(fold);
        }
    }
}

/// # Safety
/// See [`FoldTogether`].
#[inline(always)]
unsafe fn fold_together<const FMA: bool, F: Fold>(lanes: *mut u8, width: usize, kept: usize) {
    let lanes = lanes.cast::<F::Number>();
    // SAFETY: the caller promises the lanes; all accesses are to those.
    unsafe {
        if width == WIDTH && kept == 1 {
            let all = lanes.cast::<[F::Number; WIDTH]>().read();
            let sixteen: [F::Number; 16] = std::array::from_fn(|k| F::fold(all[k], all[k + 16]));
            let eight: [F::Number; 8] = std::array::from_fn(|k| F::fold(sixteen[k], sixteen[k + 8]));
            let four: [F::Number; 4] = std::array::from_fn(|k| F::fold(eight[k], eight[k + 4]));
            return lanes.write(F::fold(F::fold(four[0], four[2]), F::fold(four[1], four[3])));
        }
        let mut groups = width / kept;
        while groups > 1 {
            // The upper half onto the lower; of an odd number the middle one stays.
            let half = groups / 2;
            groups -= half;
            fold_row::<F>(lanes, lanes.add(groups * kept), half * kept);
        }
    }
}
