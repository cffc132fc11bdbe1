//! ln |Γ(x)| and its derivative, the digamma function ψ.

/// In `f32`; computed in `f64`.
pub(super) mod f32 {
    /// ln |Γ(x)|; ∞ at 0, −1, −2, … and ±∞.
    pub(crate) fn lgamma(x: f32) -> f32 {
        super::f64::lgamma(f64::from(x)) as f32
    }

    /// ψ(x) = Γ′(x) / Γ(x); NaN at 0, −1, −2, … and −∞.
    pub(crate) fn digamma(x: f32) -> f32 {
        super::f64::digamma(f64::from(x)) as f32
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::log::f64::log;
    use super::super::polynomial::f64::polynomial;

    /// The positive zero of ψ.
    const ZERO: f64 = 1.461_632_144_968_362_3;
    /// What is to be added to [`ZERO`] for twice its digits.
    const ZERO_LOW: f64 = 9.549_995_429_965_697e-17;
    /// ψ(1 + t) / (1 + t − zero) for t in [0, 1], to 2⁻⁵⁹: the numerator …
    const NUMERATOR: [f64; 6] = [
        1.250_380_137_503_405_4,
        1.783_897_411_548_708,
        0.859_709_698_957_645_8,
        0.168_720_070_630_747_98,
        0.012_447_087_077_302_854,
        0.000_226_937_319_627_894_1,
    ];
    /// … and the denominator of a fraction fitted by weighted least squares.
    const DENOMINATOR: [f64; 7] = [
        1.0,
        2.110_230_875_403_128_3,
        1.528_208_652_631_893_6,
        0.481_076_732_095_646_3,
        0.066_518_984_223_938_04,
        0.003_460_126_376_018_375_7,
        4.012_039_872_726_786_6e-5,
    ];
    /// B₂ₖ / 2k for k = 1, 2, …, with Bernoulli's numbers.
    const BERNOULLI: [f64; 7] =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];

    /// ln |Γ(x)|; ∞ at 0, −1, −2, … and ±∞. It is the `libm` crate's, which is fdlibm's. Left of −2 it has zeros,
    /// and near one of them only the absolute error is small.
    pub(crate) fn lgamma(x: f64) -> f64 {
        libm::lgamma(x)
    }

    /// ψ(x) = Γ′(x) / Γ(x); NaN at 0, −1, −2, … and −∞.
    ///
    /// For x ≥ 10 it is ln x − 1/2x − Σ B₂ₖ / (2k·x²ᵏ); below, ψ(x) = ψ(x − 1) + 1/(x − 1) leads to [1, 2], and for
    /// negative x, ψ(x) = ψ(1 − x) − π / tan πx (M. Abramowitz and I. Stegun, 6.3). Right of 0 it is within 2 units in
    /// the last place. Left of 0 it has zeros, and near one of them only the absolute error is small.
    pub(crate) fn digamma(x: f64) -> f64 {
        if x <= 0.0 {
            // Whole steps do not change the tangent, and without them its argument is exact.
            let part = x - x.round();
            return if part == 0.0 || x == f64::NEG_INFINITY {
                f64::NAN
            } else {
                digamma(1.0 - x) - std::f64::consts::PI / libm::tan(std::f64::consts::PI * part)
            };
        }
        if x >= 10.0 {
            let z = 1.0 / (x * x);
            return log::<false>(x) - (0.5 / x + z * polynomial::<false, 7>(z, BERNOULLI));
        }
        // The rest is less than a rounding; and 1/x may be ∞, of which no parts can be made.
        if x < 1e-20 {
            return -1.0 / x;
        }
        let mut y = x;
        let mut steps = (0.0, 0.0);
        while y > 2.0 {
            y -= 1.0;
            steps = plus(steps, quotient((1.0, 0.0), (y, 0.0)));
        }
        // 1 + t is the argument in [1, 2]: y itself, or the one above it.
        let t = if y < 1.0 { y } else { y - 1.0 };
        if y < 1.0 {
            steps = quotient((-1.0, 0.0), (y, 0.0));
        }
        let slope = quotient(horner(t, &NUMERATOR), horner(t, &DENOMINATOR));
        let (high, low) = plus((t, 0.0), (1.0 - ZERO, -ZERO_LOW));
        let product = high * slope.0;
        let lost = high.mul_add(slope.0, -product) + (high * slope.1 + low * slope.0);
        let (high, low) = plus((product, lost), steps);
        high + low
    }

    /// A number in two parts, the second what is left of it once it is rounded to the first.
    type Parts = (f64, f64);

    /// x + y.
    fn plus(x: Parts, y: Parts) -> Parts {
        let sum = x.0 + y.0;
        let of_y = sum - x.0;
        let lost = (x.0 - (sum - of_y)) + (y.0 - of_y);
        (sum, lost + (x.1 + y.1))
    }

    /// x / y.
    fn quotient(x: Parts, y: Parts) -> Parts {
        let q = x.0 / y.0;
        (q, ((-q).mul_add(y.0, x.0) + x.1 - q * y.1) / y.0)
    }

    /// A polynomial, the constant first, by Horner's rule with what each step rounds off (S. Graillat, P. Langlois and N.
    /// Louvet, *Compensated Horner Scheme*, 2005).
    fn horner(x: f64, coefficients: &[f64]) -> Parts {
        coefficients.iter().rev().fold((0.0, 0.0), |(high, low), &c| {
            let product = high * x;
            plus((product, high.mul_add(x, -product) + low * x), (c, 0.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::f64::{digamma, lgamma};

    #[test]
    fn the_gamma_functions_have_poles_at_whole_numbers_from_0_down() {
        let infinity = 1.0 / 0.0;
        for x in [0.0, -0.0, -1.0, -2.0, -1e10, -1e300, -infinity] {
            assert!(digamma(x).is_nan(), "ψ({x})");
            assert_eq!(lgamma(x), infinity, "ln Γ({x})");
        }
        assert_eq!(digamma(infinity), infinity);
        assert_eq!(lgamma(infinity), infinity);
    }

    #[test]
    fn left_of_0_the_absolute_error_is_small() {
        // ψ(½ − n) = ψ(½ + n), and Γ(½ + n)·Γ(½ − n) = ±π.
        for n in 0..100 {
            let n = f64::from(n);
            let (left, right) = (digamma(0.5 - n), digamma(0.5 + n));
            assert!(
                (left - right).abs() < 1e-15 * (1.0 + right.abs()),
                "ψ(½ − {n}) = {left}, ψ(½ + {n}) = {right}"
            );
            let (left, right) = (lgamma(0.5 - n), lgamma(0.5 + n));
            let log_pi = std::f64::consts::PI.ln();
            assert!((left + right - log_pi).abs() < 1e-15 * (1.0 + right.abs()), "ln |Γ(½ − {n})| = {left}");
        }
    }

    #[test]
    fn the_gamma_functions_of_f32_are_those_of_f64() {
        // ψ(1) is less Euler's constant; Γ(½) = √π; and ψ is 0 at 1.4616, where an error in x counts 2³ times.
        assert_eq!(super::f32::digamma(1.0), -0.577_215_7);
        assert_eq!(super::f32::lgamma(0.5), 0.572_364_9);
        assert_eq!(super::f32::digamma(1.461_632_1), -1.203_605_2e-8);
    }
}
