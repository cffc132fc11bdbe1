//! The elementary and special functions, of `f32` and `f64`.
//!
//! Functions with a constant `FMA` are free of branches, tables and calls, so that a loop over them vectorises when
//! [`per_level!`](crate::simd::per_level) compiles it. With `FMA` false they use only `+ - * /`, square root and bit
//! operations, and give the same bits on every machine (but for the sign and payload of a NaN).
//!
//! Functions without it take one number at a time and may branch. They rest on the `libm` crate, not on `std`, which
//! asks the C library of the day: so they too give the same bits on every machine.
//!
//! Errors are within 2 units in the last place of the correctly rounded value, but where a function says otherwise.
//! Subnormal numbers are numbers like others, -0 stays -0 where f(0) = 0, and NaN gives NaN.

#[cfg(test)]
mod accuracy;
mod erf;
mod exp;
mod gamma;
mod hyperbolic;
mod log;
mod polynomial;
#[cfg(test)]
mod portable;
mod pow;
mod sigmoid;
mod tanh;
mod trig;
mod zeta;

/// Functions of `f32`.
pub(crate) mod f32 {
    pub(crate) use super::erf::f32::{erf, erfc};
    pub(crate) use super::exp::f32::{exp, exp_normal, expm1};
    pub(crate) use super::gamma::f32::{digamma, lgamma};
    pub(crate) use super::hyperbolic::f32::{acosh, asinh, atanh, cosh, sinh};
    pub(crate) use super::log::f32::{log, log1p};
    pub(crate) use super::pow::f32::pow;
    pub(crate) use super::sigmoid::f32::{sigmoid, softplus};
    pub(crate) use super::tanh::f32::tanh;
    pub(crate) use super::trig::f32::{
        SMALL_ANGLE, acos, asin, atan, atan2, cos, cos_small, sin, sin_small, tan,
    };
    pub(crate) use super::zeta::f32::{polygamma, zeta};
}

/// Functions of `f64`.
pub(crate) mod f64 {
    pub(crate) use super::erf::f64::{erf, erfc};
    pub(crate) use super::exp::f64::{exp, exp_normal, expm1};
    pub(crate) use super::gamma::f64::{digamma, lgamma};
    pub(crate) use super::hyperbolic::f64::{acosh, asinh, atanh, cosh, sinh};
    pub(crate) use super::log::f64::{log, log1p};
    pub(crate) use super::pow::f64::pow;
    pub(crate) use super::sigmoid::f64::{sigmoid, softplus};
    pub(crate) use super::tanh::f64::tanh;
    pub(crate) use super::trig::f64::{
        SMALL_ANGLE, acos, asin, atan, atan2, cos, cos_small, sin, sin_small, tan,
    };
    pub(crate) use super::zeta::f64::{polygamma, zeta};
}
