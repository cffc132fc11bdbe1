//! The loops of the primitives: what each does to one element, on every compute type that it takes.
//!
//! As TensorFlow on a CPU: integers wrap, integer division by 0 and negative integer powers are errors, `Maximum` and
//! `Minimum` of a NaN are NaN, and of 0 and −0 the first.

use super::loops::{Loop, each};
use crate::{Binary, ComputeType, Unary, vecmath};

/// The loop of a primitive of one operand; `None` where it does not take the type.
pub(crate) fn unary(op: Unary, ty: ComputeType) -> Option<Loop> {
    match ty {
        ComputeType::Bool => (op == Unary::Not).then(|| each!(plain |x: u8| -> u8 { x ^ 1 })),
        ComputeType::I32 => signed::i32::unary(op),
        ComputeType::I64 => signed::i64::unary(op),
        ComputeType::U32 => unsigned::u32::unary(op),
        ComputeType::U64 => unsigned::u64::unary(op),
        ComputeType::F32 => float::f32::unary(op),
        ComputeType::F64 => float::f64::unary(op),
    }
}

/// The loop of a primitive of two operands of one type; `None` where it does not take the type.
pub(crate) fn binary(op: Binary, ty: ComputeType) -> Option<Loop> {
    match ty {
        ComputeType::Bool => bool_binary(op),
        ComputeType::I32 => signed::i32::binary(op),
        ComputeType::I64 => signed::i64::binary(op),
        ComputeType::U32 => unsigned::u32::binary(op),
        ComputeType::U64 => unsigned::u64::binary(op),
        ComputeType::F32 => float::f32::binary(op),
        ComputeType::F64 => float::f64::binary(op),
    }
}

/// The loop of a choice between two numbers by a bool.
pub(crate) fn select(ty: ComputeType) -> Loop {
    match ty.size() {
        1 => each!(leveled |c: u8, x: u8, y: u8| -> u8 { if c != 0 { x } else { y } }),
        4 => each!(leveled |c: u8, x: u32, y: u32| -> u32 { if c != 0 { x } else { y } }),
        _ => each!(leveled |c: u8, x: u64, y: u64| -> u64 { if c != 0 { x } else { y } }),
    }
}

fn bool_binary(op: Binary) -> Option<Loop> {
    Some(match op {
        Binary::And => each!(plain |x: u8, y: u8| -> u8 { x & y }),
        Binary::Or => each!(plain |x: u8, y: u8| -> u8 { x | y }),
        _ => return comparison!(plain, op, u8),
    })
}

/// The loop of a comparison, or `None`.
macro_rules! comparison {
    ($loop:ident, $op:expr, $t:ident) => {
        Some(match $op {
            Binary::Less => each!($loop |x: $t, y: $t| -> u8 { (x < y).into() }),
            Binary::LessEqual => each!($loop |x: $t, y: $t| -> u8 { (x <= y).into() }),
            Binary::Greater => each!($loop |x: $t, y: $t| -> u8 { (x > y).into() }),
            Binary::GreaterEqual => each!($loop |x: $t, y: $t| -> u8 { (x >= y).into() }),
            Binary::Equal => each!($loop |x: $t, y: $t| -> u8 { (x == y).into() }),
            Binary::NotEqual => each!($loop |x: $t, y: $t| -> u8 { (x != y).into() }),
            _ => return None,
        })
    };
}
use comparison;

/// The loop of what signed and unsigned integers do alike, or of a comparison, or `None`.
macro_rules! integer_binary {
    ($op:expr, $t:ident) => {
        Some(match $op {
            Binary::Add => each!(plain |x: $t, y: $t| -> $t { x.wrapping_add(y) }),
            Binary::Sub => each!(plain |x: $t, y: $t| -> $t { x.wrapping_sub(y) }),
            Binary::Mul => each!(plain |x: $t, y: $t| -> $t { x.wrapping_mul(y) }),
            // The divisor 1 keeps a division that fails from trapping.
            Binary::Div | Binary::TruncDiv => each!(plain |x: $t, y: $t| -> $t { x.wrapping_div(if y == 0 { 1 } else { y }) } fails (y == 0)),
            Binary::TruncMod => each!(plain |x: $t, y: $t| -> $t { x.wrapping_rem(if y == 0 { 1 } else { y }) } fails (y == 0)),
            Binary::Maximum => each!(plain |x: $t, y: $t| -> $t { x.max(y) }),
            Binary::Minimum => each!(plain |x: $t, y: $t| -> $t { x.min(y) }),
            Binary::BitAnd => each!(plain |x: $t, y: $t| -> $t { x & y }),
            Binary::BitOr => each!(plain |x: $t, y: $t| -> $t { x | y }),
            Binary::BitXor => each!(plain |x: $t, y: $t| -> $t { x ^ y }),
            Binary::ShiftLeft => each!(plain |x: $t, y: $t| -> $t { x << y.clamp(0, $t::BITS as $t - 1) }),
            Binary::ShiftRight => each!(plain |x: $t, y: $t| -> $t { x >> y.clamp(0, $t::BITS as $t - 1) }),
            _ => return comparison!(plain, $op, $t),
        })
    };
}

mod signed {
    use super::*;

    macro_rules! of {
        ($t:ident) => {
            pub(super) mod $t {
                use super::*;

                pub(in super::super) fn unary(op: Unary) -> Option<Loop> {
                    Some(match op {
                        Unary::Neg => each!(plain |x: $t| -> $t { x.wrapping_neg() }),
                        Unary::Abs => each!(plain |x: $t| -> $t { x.wrapping_abs() }),
                        Unary::Sign => each!(plain |x: $t| -> $t { x.signum() }),
                        Unary::BitNot => each!(plain |x: $t| -> $t { !x }),
                        _ => return None,
                    })
                }

                pub(in super::super) fn binary(op: Binary) -> Option<Loop> {
                    Some(match op {
                        Binary::FloorDiv => each!(plain |x: $t, y: $t| -> $t { floor_div(x, y) } fails (y == 0)),
                        Binary::FloorMod => each!(plain |x: $t, y: $t| -> $t { floor_mod(x, y) } fails (y == 0)),
                        Binary::Pow => each!(plain |x: $t, y: $t| -> $t { power(x, y) } fails (y < 0)),
                        _ => return integer_binary!(op, $t),
                    })
                }

                #[inline(always)]
                fn floor_div(x: $t, y: $t) -> $t {
                    let y = if y == 0 { 1 } else { y };
                    let quotient = x.wrapping_div(y);
                    let rounded_up = (x < 0) != (y < 0) && quotient.wrapping_mul(y) != x;
                    quotient - <$t>::from(rounded_up)
                }

                #[inline(always)]
                fn floor_mod(x: $t, y: $t) -> $t {
                    let y = if y == 0 { 1 } else { y };
                    let remainder = x.wrapping_rem(y);
                    if remainder != 0 && (remainder < 0) != (y < 0) { remainder + y } else { remainder }
                }

                /// By squaring, so that the low bits are right where the power does not fit.
                #[inline(always)]
                fn power(x: $t, y: $t) -> $t {
                    let (mut power, mut square, mut exponent) = (1 as $t, x, y.max(0));
                    while exponent > 0 {
                        power = if exponent & 1 == 1 { power.wrapping_mul(square) } else { power };
                        square = square.wrapping_mul(square);
                        exponent >>= 1;
                    }
                    power
                }
            }
        };
    }
    of!(i32);
    of!(i64);
}

mod unsigned {
    use super::*;

    macro_rules! of {
        ($t:ident) => {
            pub(super) mod $t {
                use super::*;

                pub(in super::super) fn unary(op: Unary) -> Option<Loop> {
                    Some(match op {
                        Unary::Neg => each!(plain |x: $t| -> $t { x.wrapping_neg() }),
                        Unary::Abs => each!(plain |x: $t| -> $t { x }),
                        Unary::Sign => each!(plain |x: $t| -> $t { x.min(1) }),
                        Unary::BitNot => each!(plain |x: $t| -> $t { !x }),
                        _ => return None,
                    })
                }

                pub(in super::super) fn binary(op: Binary) -> Option<Loop> {
                    match op {
                        Binary::FloorDiv => binary(Binary::Div),
                        Binary::FloorMod => binary(Binary::TruncMod),
                        Binary::Pow => Some(each!(plain |x: $t, y: $t| -> $t { power(x, y) })),
                        _ => integer_binary!(op, $t),
                    }
                }

                #[inline(always)]
                fn power(x: $t, y: $t) -> $t {
                    let (mut power, mut square, mut exponent) = (1 as $t, x, y);
                    while exponent > 0 {
                        power = if exponent & 1 == 1 { power.wrapping_mul(square) } else { power };
                        square = square.wrapping_mul(square);
                        exponent >>= 1;
                    }
                    power
                }
            }
        };
    }
    of!(u32);
    of!(u64);
}

pub(crate) use float::f32::{maximum as maximum_f32, minimum as minimum_f32};
pub(crate) use float::f64::{maximum as maximum_f64, minimum as minimum_f64};

mod float {
    use super::*;

    macro_rules! of {
        ($t:ident) => {
            pub(super) mod $t {
                use super::*;

                pub(in super::super) fn unary(op: Unary) -> Option<Loop> {
                    Some(match op {
                        Unary::Neg => each!(leveled |x: $t| -> $t { -x }),
                        Unary::Abs => each!(leveled |x: $t| -> $t { x.abs() }),
                        Unary::Sign => each!(leveled |x: $t| -> $t { sign(x) }),
                        Unary::Exp => each!(leveled |x: $t| -> $t { vecmath::$t::exp::<FMA>(x) }),
                        Unary::Expm1 => each!(leveled |x: $t| -> $t { vecmath::$t::expm1::<FMA>(x) }),
                        Unary::Log => each!(leveled |x: $t| -> $t { vecmath::$t::log::<FMA>(x) }),
                        Unary::Log1p => each!(leveled |x: $t| -> $t { vecmath::$t::log1p::<FMA>(x) }),
                        Unary::Sqrt => each!(leveled |x: $t| -> $t { x.sqrt() }),
                        Unary::Rsqrt => each!(leveled |x: $t| -> $t { 1.0 / x.sqrt() }),
                        Unary::Sin => each!(leveled |x: $t| -> $t { vecmath::$t::sin_small::<FMA>(x) }
                            unless x.abs() <= vecmath::$t::SMALL_ANGLE => { vecmath::$t::sin::<FMA>(x) }),
                        Unary::Cos => each!(leveled |x: $t| -> $t { vecmath::$t::cos_small::<FMA>(x) }
                            unless x.abs() <= vecmath::$t::SMALL_ANGLE => { vecmath::$t::cos::<FMA>(x) }),
                        Unary::Tan => each!(plain |x: $t| -> $t { vecmath::$t::tan(x) }),
                        Unary::Asin => each!(plain |x: $t| -> $t { vecmath::$t::asin(x) }),
                        Unary::Acos => each!(plain |x: $t| -> $t { vecmath::$t::acos(x) }),
                        Unary::Atan => each!(plain |x: $t| -> $t { vecmath::$t::atan(x) }),
                        Unary::Sinh => each!(plain |x: $t| -> $t { vecmath::$t::sinh(x) }),
                        Unary::Cosh => each!(plain |x: $t| -> $t { vecmath::$t::cosh(x) }),
                        Unary::Asinh => each!(plain |x: $t| -> $t { vecmath::$t::asinh(x) }),
                        Unary::Acosh => each!(plain |x: $t| -> $t { vecmath::$t::acosh(x) }),
                        Unary::Atanh => each!(plain |x: $t| -> $t { vecmath::$t::atanh(x) }),
                        Unary::Tanh => each!(leveled |x: $t| -> $t { vecmath::$t::tanh::<FMA>(x) }),
                        Unary::Sigmoid => each!(leveled |x: $t| -> $t { vecmath::$t::sigmoid::<FMA>(x) }),
                        Unary::Softplus => each!(leveled |x: $t| -> $t { vecmath::$t::softplus::<FMA>(x) }),
                        Unary::Floor => each!(leveled |x: $t| -> $t { x.floor() }),
                        Unary::Ceil => each!(leveled |x: $t| -> $t { x.ceil() }),
                        Unary::Rint => each!(leveled |x: $t| -> $t { x.round_ties_even() }),
                        Unary::Erf => each!(leveled |x: $t| -> $t { vecmath::$t::erf::<FMA>(x) }),
                        Unary::Erfc => each!(plain |x: $t| -> $t { vecmath::$t::erfc(x) }),
                        Unary::Lgamma => each!(plain |x: $t| -> $t { vecmath::$t::lgamma(x) }),
                        Unary::Digamma => each!(plain |x: $t| -> $t { vecmath::$t::digamma(x) }),
                        Unary::IsNan => each!(leveled |x: $t| -> u8 { x.is_nan().into() }),
                        Unary::IsInf => each!(leveled |x: $t| -> u8 { x.is_infinite().into() }),
                        Unary::IsFinite => each!(leveled |x: $t| -> u8 { x.is_finite().into() }),
                        Unary::Not | Unary::BitNot => return None,
                    })
                }

                pub(in super::super) fn binary(op: Binary) -> Option<Loop> {
                    Some(match op {
                        Binary::Add => each!(leveled |x: $t, y: $t| -> $t { x + y }),
                        Binary::Sub => each!(leveled |x: $t, y: $t| -> $t { x - y }),
                        Binary::Mul => each!(leveled |x: $t, y: $t| -> $t { x * y }),
                        Binary::Div => each!(leveled |x: $t, y: $t| -> $t { x / y }),
                        Binary::FloorDiv => each!(leveled |x: $t, y: $t| -> $t { (x / y).floor() }),
                        Binary::FloorMod => each!(leveled |x: $t, y: $t| -> $t { floor_mod(x, y) }),
                        Binary::TruncMod => each!(leveled |x: $t, y: $t| -> $t { x % y }),
                        Binary::Pow => each!(leveled |x: $t, y: $t| -> $t { vecmath::$t::pow::<FMA>(x, y) }),
                        Binary::Maximum => each!(leveled |x: $t, y: $t| -> $t { maximum(x, y) }),
                        Binary::Minimum => each!(leveled |x: $t, y: $t| -> $t { minimum(x, y) }),
                        Binary::Atan2 => each!(plain |x: $t, y: $t| -> $t { vecmath::$t::atan2(x, y) }),
                        Binary::Polygamma => {
                            each!(plain |x: $t, y: $t| -> $t { vecmath::$t::polygamma(x, y) })
                        }
                        Binary::Zeta => each!(plain |x: $t, y: $t| -> $t { vecmath::$t::zeta(x, y) }),
                        _ => return comparison!(leveled, op, $t),
                    })
                }

                /// 0 of −0, and NaN of NaN.
                #[inline(always)]
                fn sign(x: $t) -> $t {
                    let sign = <$t>::from(u8::from(x > 0.0)) - <$t>::from(u8::from(x < 0.0));
                    if x.is_nan() { x } else { sign }
                }

                #[inline(always)]
                pub(crate) fn maximum(x: $t, y: $t) -> $t {
                    let greater = if y > x { y } else { x };
                    if y.is_nan() { y } else { greater }
                }

                #[inline(always)]
                pub(crate) fn minimum(x: $t, y: $t) -> $t {
                    let lesser = if y < x { y } else { x };
                    if y.is_nan() { y } else { lesser }
                }

                #[inline(always)]
                fn floor_mod(x: $t, y: $t) -> $t {
                    let remainder = x % y;
                    if remainder != 0.0 && (remainder < 0.0) != (y < 0.0) { remainder + y } else { remainder }
                }
            }
        };
    }
    of!(f32);
    of!(f64);
}
