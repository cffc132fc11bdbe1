//! xʸ, with IEEE 754's answers at the ends: x⁰ = 1 and 1ʸ = 1 even for NaN, a negative finite x has powers for whole y
//! only, and an odd y keeps the sign of x.

/// In `f32`.
pub(super) mod f32 {
    use super::super::{exp, log};

    /// Added to a small `f64`, it leaves the nearest whole number in the low bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;

    /// xʸ = exp(y·ln |x|), computed in `f64`, whose 29 further bits are more than y·ln |x| ≤ 104 costs.
    #[inline(always)]
    pub(crate) fn pow<const FMA: bool>(x: f32, y: f32) -> f32 {
        let logarithm = log::f64::log::<FMA>(f64::from(x.abs()));
        // Where 1 or 0 meets ∞ or NaN, IEEE 754 wants 1.
        let exponent = if x.abs() == 1.0 || y == 0.0 { 0.0 } else { f64::from(y) * logarithm };
        let power = exp::f64::exp::<FMA>(exponent) as f32;

        // From 2²⁴ on, every number is even, as 0 is.
        let parity = if y.abs() >= 16_777_216.0 { 0.0 } else { f64::from(y) };
        let rounded = parity + ROUNDER;
        let whole = rounded - ROUNDER == parity;
        let odd = (rounded.to_bits() << 63 >> 32) as u32;
        let sign = if whole { x.to_bits() & odd } else { 0 };
        let undefined = (f32::MIN..0.0).contains(&x) && !whole;
        if undefined { f32::NAN } else { f32::from_bits(power.to_bits() | sign) }
    }
}

/// In `f64`.
pub(super) mod f64 {
    /// xʸ, by the `libm` crate, whose `pow` is fdlibm's. (`FMA` makes no difference, and a loop does not vectorise; it
    /// is there for likeness with `f32`.)
    #[inline(always)]
    pub(crate) fn pow<const FMA: bool>(x: f64, y: f64) -> f64 {
        libm::pow(x, y)
    }
}

#[cfg(test)]
mod tests {
    use super::{f32::pow, f64};
    use crate::simd::{Level, per_level};

    #[inline(always)]
    fn each<const FMA: bool>(x: &[f32], y: &[f32], z: &mut [f32]) {
        for ((x, y), z) in x.iter().zip(y).zip(z) {
            *z = pow::<FMA>(*x, *y);
        }
    }

    per_level! { fn powers(x: &[f32], y: &[f32], z: &mut [f32]) = each; }

    /// Compares with `f64`'s at every pair of these numbers.
    fn check(bases: &[f32], exponents: &[f32]) {
        let pairs = bases.iter().flat_map(|x| exponents.iter().map(|y| (*x, *y)));
        let (x, y): (Vec<f32>, Vec<f32>) = pairs.unzip();
        for level in Level::available() {
            let mut z = vec![0.0; x.len()];
            powers(level, &x, &y, &mut z);
            for ((x, y), got) in x.iter().zip(&y).zip(&z) {
                let want = f64::pow::<false>((*x).into(), (*y).into()) as f32;
                let near = got.to_bits().abs_diff(want.to_bits()) <= 1
                    && got.is_sign_positive() == want.is_sign_positive();
                assert!(
                    near || got.is_nan() && want.is_nan(),
                    "{x:e} to the {y:e} at {level:?} is {got:e}, not {want:e}"
                );
            }
        }
    }

    #[test]
    fn powers_at_the_ends_are_those_of_ieee_754() {
        let near_24_bits = [8_388_607.5, 8_388_609.0, 16_777_215.0, 16_777_216.0, 16_777_218.0];
        let small = [0.0, 1e-45, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.4e38, f32::INFINITY, f32::NAN];
        let all: Vec<_> = small.into_iter().chain(near_24_bits).flat_map(|x| [x, -x]).collect();
        check(&all, &all);
    }

    #[test]
    fn powers_are_near_the_correctly_rounded_ones() {
        let bases: Vec<_> = (0..300).map(|i| 1.3_f32.powi(i - 150) * 1.000_1).collect();
        let exponents: Vec<_> = (0..300).map(|i| 0.37 * (i - 150) as f32).collect();
        check(&bases, &exponents);
    }
}
