//! Loops that change the type of numbers (loading and storing narrow types, casts) and loops that only move them.
//!
//! What a cast of a float outside the integer's range, or of NaN, gives is a choice: TensorFlow itself gives one answer
//! in its vector loops and another in the rest of the array. Here it is everywhere that of x86's scalar conversion,
//! the second: to the 32-bit integer −2³¹ (and its low bits where the type is narrower), to the 64-bit −2⁶³.

use super::half::{bf16_to_f32, f16_to_f32, f32_to_bf16, f32_to_f16};
use super::loops::{Loop, each};
use crate::simd::per_level;
use crate::{ComputeType, ScalarType};

/// From a stored type to its compute type; `None` where they are the same.
pub(crate) fn load(stored: ScalarType) -> Option<Loop> {
    Some(match stored {
        ScalarType::I8 => each!(leveled |x: i8| -> i32 { x.into() }),
        ScalarType::I16 => each!(leveled |x: i16| -> i32 { x.into() }),
        ScalarType::U8 => each!(leveled |x: u8| -> u32 { x.into() }),
        ScalarType::U16 => each!(leveled |x: u16| -> u32 { x.into() }),
        ScalarType::F16 => each!(leveled |x: u16| -> f32 { f16_to_f32(x) }),
        ScalarType::BF16 => each!(leveled |x: u16| -> f32 { bf16_to_f32(x) }),
        _ => return None,
    })
}

/// From the compute type to a stored type; `None` where they are the same.
pub(crate) fn store(stored: ScalarType) -> Option<Loop> {
    Some(match stored {
        ScalarType::I8 => each!(leveled |x: i32| -> i8 { x as i8 }),
        ScalarType::I16 => each!(leveled |x: i32| -> i16 { x as i16 }),
        ScalarType::U8 => each!(leveled |x: u32| -> u8 { x as u8 }),
        ScalarType::U16 => each!(leveled |x: u32| -> u16 { x as u16 }),
        ScalarType::F16 => each!(leveled |x: f32| -> u16 { f32_to_f16(x) }),
        ScalarType::BF16 => each!(leveled |x: f32| -> u16 { f32_to_bf16(x) }),
        _ => return None,
    })
}

/// What storing and loading does to a number of the compute type; `None` where that is nothing.
pub(crate) fn narrow(stored: ScalarType) -> Option<Loop> {
    Some(match stored {
        ScalarType::I8 => each!(leveled |x: i32| -> i32 { (x as i8).into() }),
        ScalarType::I16 => each!(leveled |x: i32| -> i32 { (x as i16).into() }),
        ScalarType::U8 => each!(leveled |x: u32| -> u32 { (x as u8).into() }),
        ScalarType::U16 => each!(leveled |x: u32| -> u32 { (x as u16).into() }),
        ScalarType::F16 => each!(leveled |x: f32| -> f32 { f16_to_f32(f32_to_f16(x)) }),
        ScalarType::BF16 => each!(leveled |x: f32| -> f32 { bf16_to_f32(f32_to_bf16(x)) }),
        _ => return None,
    })
}

/// From one compute type to another, that of `to`. A number that does not fit `to` itself is still to be narrowed.
pub(crate) fn cast(from: ComputeType, to: ScalarType) -> Loop {
    use ComputeType::*;
    macro_rules! from_integer {
        ($t:ty) => {
            match to.compute() {
                Bool => each!(plain |x: $t| -> u8 { (x != 0).into() }),
                I32 => each!(plain |x: $t| -> i32 { x as i32 }),
                U32 => each!(plain |x: $t| -> u32 { x as u32 }),
                I64 => each!(plain |x: $t| -> i64 { x as i64 }),
                U64 => each!(plain |x: $t| -> u64 { x as u64 }),
                F32 => each!(leveled |x: $t| -> f32 { x as f32 }),
                F64 => each!(plain |x: $t| -> f64 { x as f64 }),
            }
        };
    }
    macro_rules! from_float {
        ($t:ident) => {
            match to {
                ScalarType::Bool => each!(leveled |x: $t| -> u8 { (x != 0.0).into() }),
                ScalarType::I8 | ScalarType::I16 | ScalarType::I32 => {
                    each!(leveled |x: $t| -> i32 { truncate::$t::to_i32(x) })
                }
                ScalarType::U8 | ScalarType::U16 => each!(leveled |x: $t| -> u32 { truncate::$t::to_i32(x) as u32 }),
                ScalarType::U32 => each!(leveled |x: $t| -> u32 { truncate::$t::to_i64(x) as u32 }),
                ScalarType::I64 => each!(plain |x: $t| -> i64 { truncate::$t::to_i64(x) }),
                ScalarType::U64 => each!(plain |x: $t| -> u64 { truncate::$t::to_u64(x) }),
                ScalarType::F16 | ScalarType::BF16 | ScalarType::F32 => each!(leveled |x: $t| -> f32 { x as f32 }),
                ScalarType::F64 => each!(leveled |x: $t| -> f64 { x.into() }),
            }
        };
    }
    match from {
        Bool => from_integer!(u8),
        I32 => from_integer!(i32),
        U32 => from_integer!(u32),
        I64 => from_integer!(i64),
        U64 => from_integer!(u64),
        F32 => from_float!(f32),
        F64 => from_float!(f64),
    }
}

/// Floats cut off towards zero, as x86 does it.
mod truncate {
    macro_rules! of {
        ($t:ident) => {
            pub(super) mod $t {
                #[inline(always)]
                pub(in super::super) fn to_i32(x: $t) -> i32 {
                    let inside = (-2147483648.0..2147483648.0).contains(&x);
                    // SAFETY: cut off, a number from −2³¹ to below 2³¹ is an `i32`.
                    if inside { unsafe { x.to_int_unchecked() } } else { i32::MIN }
                }

                #[inline(always)]
                pub(in super::super) fn to_i64(x: $t) -> i64 {
                    let inside = (-9223372036854775808.0..9223372036854775808.0).contains(&x);
                    // SAFETY: cut off, a number from −2⁶³ to below 2⁶³ is an `i64`.
                    if inside { unsafe { x.to_int_unchecked() } } else { i64::MIN }
                }

                /// x86 has only the signed conversion: the result is put together of those of x and of x − 2⁶³.
                #[inline(always)]
                pub(in super::super) fn to_u64(x: $t) -> u64 {
                    let (low, high) = (to_i64(x), to_i64(x - 9223372036854775808.0));
                    (low | high & low >> 63) as u64
                }
            }
        };
    }
    of!(f32);
    of!(f64);
}

/// The same numbers, of `size` bytes each.
pub(crate) fn copy(size: usize) -> Loop {
    match size {
        1 => each!(leveled |x: u8| -> u8 { x }),
        2 => each!(leveled |x: u16| -> u16 { x }),
        4 => each!(leveled |x: u32| -> u32 { x }),
        _ => each!(leveled |x: u64| -> u64 { x }),
    }
}

/// The first number, of `size` bytes, everywhere.
pub(crate) fn splat(size: usize) -> Loop {
    match size {
        1 => repeat::<u8>,
        2 => repeat::<u16>,
        4 => repeat::<u32>,
        _ => repeat::<u64>,
    }
}

per_level! {
    /// See [`Loop`]; only the first operand's first element is read.
    unsafe fn repeat<T: Copy>(result: *mut u8, x: *const u8, y: *const u8, z: *const u8, n: usize) -> bool = repeat_body;
}

/// # Safety
/// See [`Loop`]; only the first operand's first element is read.
#[inline(always)]
unsafe fn repeat_body<const FMA: bool, T: Copy>(
    result: *mut u8,
    x: *const u8,
    _: *const u8,
    _: *const u8,
    n: usize,
) -> bool {
    // SAFETY: the caller promises the operand's element and `n` places for the result.
    let (x, result) = unsafe { (x.cast::<T>().read(), result.cast::<T>()) };
    for i in 0..n {
        // SAFETY: as above.
        unsafe { result.add(i).write(x) };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::truncate;

    /// What TensorFlow 2.21 gives for arrays of one element.
    #[test]
    fn floats_outside_the_integer() {
        let nan = f64::NAN;
        for (x, to_i32, to_u32, to_u64) in [
            (-1.5, -1, u32::MAX, u64::MAX),
            (-9e18, i32::MIN, 494665728, 9446744073709551616),
            (-1e20, i32::MIN, 0, 1 << 63),
            (2147483648.0, i32::MIN, 1 << 31, 1 << 31),
            (4294967300.0, i32::MIN, 4, 4294967300),
            (1.8e19, i32::MIN, 0, 18000000000000000000),
            (1.9e19, i32::MIN, 0, 1 << 63),
            (nan, i32::MIN, 0, 1 << 63),
            (f64::INFINITY, i32::MIN, 0, 1 << 63),
        ] {
            assert_eq!(truncate::f64::to_i32(x), to_i32, "{x}");
            assert_eq!(truncate::f64::to_i64(x) as u32, to_u32, "{x}");
            assert_eq!(truncate::f64::to_u64(x), to_u64, "{x}");
        }
        assert_eq!(truncate::f32::to_i32(-2147483648.0), i32::MIN);
        assert_eq!(truncate::f32::to_i32(2147483520.0), 2147483520);
        assert_eq!(truncate::f32::to_u64(f32::NAN), 1 << 63);
    }
}
