//! Hyperbolic sine and cosine, and the inverse hyperbolic functions.
//!
//! They are the `libm` crate's of `f64`, which are musl's and fdlibm's.

/// In `f32`.
pub(super) mod f32 {
    /// (eˣ − e⁻ˣ) / 2.
    pub(crate) fn sinh(x: f32) -> f32 {
        libm::sinh(f64::from(x)) as f32
    }

    /// (eˣ + e⁻ˣ) / 2.
    pub(crate) fn cosh(x: f32) -> f32 {
        libm::cosh(f64::from(x)) as f32
    }

    /// The number whose hyperbolic sine is x.
    pub(crate) fn asinh(x: f32) -> f32 {
        libm::asinh(f64::from(x)) as f32
    }

    /// The number ≥ 0 whose hyperbolic cosine is x; NaN where x < 1.
    pub(crate) fn acosh(x: f32) -> f32 {
        super::f64::acosh(f64::from(x)) as f32
    }

    /// The number whose hyperbolic tangent is x; NaN where |x| > 1.
    pub(crate) fn atanh(x: f32) -> f32 {
        libm::atanh(f64::from(x)) as f32
    }
}

/// In `f64`.
pub(super) mod f64 {
    /// (eˣ − e⁻ˣ) / 2.
    pub(crate) fn sinh(x: f64) -> f64 {
        libm::sinh(x)
    }

    /// (eˣ + e⁻ˣ) / 2.
    pub(crate) fn cosh(x: f64) -> f64 {
        libm::cosh(x)
    }

    /// The number whose hyperbolic sine is x.
    pub(crate) fn asinh(x: f64) -> f64 {
        libm::asinh(x)
    }

    /// The number ≥ 0 whose hyperbolic cosine is x; NaN where x < 1.
    pub(crate) fn acosh(x: f64) -> f64 {
        // Far below 1, libm 0.2 gives numbers.
        if x < 1.0 { f64::NAN } else { libm::acosh(x) }
    }

    /// The number whose hyperbolic tangent is x; NaN where |x| > 1.
    pub(crate) fn atanh(x: f64) -> f64 {
        libm::atanh(x)
    }
}
