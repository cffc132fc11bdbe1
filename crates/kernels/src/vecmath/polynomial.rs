//! Multiply-add and polynomials: `c₀ + c₁x + c₂x² + …` by Horner's rule.

/// In `f32`.
pub(super) mod f32 {
    /// `a·b + c`, rounded once where `FMA`, else twice.
    #[inline(always)]
    pub(in super::super) fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
        if FMA { a.mul_add(b, c) } else { a * b + c }
    }

    /// The polynomial with these coefficients, that of `x⁰` first.
    #[inline(always)]
    pub(in super::super) fn polynomial<const FMA: bool, const N: usize>(
        x: f32,
        coefficients: [f32; N],
    ) -> f32 {
        let mut y = coefficients[N - 1];
        for c in coefficients[..N - 1].iter().rev() {
            y = mul_add::<FMA>(y, x, *c);
        }
        y
    }
}

/// In `f64`.
pub(super) mod f64 {
    /// `a·b + c`, rounded once where `FMA`, else twice.
    #[inline(always)]
    pub(in super::super) fn mul_add<const FMA: bool>(a: f64, b: f64, c: f64) -> f64 {
        if FMA { a.mul_add(b, c) } else { a * b + c }
    }

    /// The polynomial with these coefficients, that of `x⁰` first.
    #[inline(always)]
    pub(in super::super) fn polynomial<const FMA: bool, const N: usize>(
        x: f64,
        coefficients: [f64; N],
    ) -> f64 {
        let mut y = coefficients[N - 1];
        for c in coefficients[..N - 1].iter().rev() {
            y = mul_add::<FMA>(y, x, *c);
        }
        y
    }
}
