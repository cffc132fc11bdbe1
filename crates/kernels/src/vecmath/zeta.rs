//! Hurwitz's zeta function and the polygamma functions.

/// In `f32`; computed in `f64`.
pub(super) mod f32 {
    /// ζ(x, q) = Σₖ (q + k)⁻ˣ for k = 0, 1, …; see the one of `f64`.
    pub(crate) fn zeta(x: f32, q: f32) -> f32 {
        super::f64::zeta(f64::from(x), f64::from(q)) as f32
    }

    /// The derivative of order n of ψ at x; see the one of `f64`.
    pub(crate) fn polygamma(n: f32, x: f32) -> f32 {
        super::f64::polygamma(f64::from(n), f64::from(x)) as f32
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::gamma::f64::digamma;
    use super::super::pow::f64::pow;

    /// B₂ⱼ / (2j)! for j = 1, 2, …, with Bernoulli's numbers.
    const BERNOULLI: [f64; 10] = [
        1.0 / 12.0,
        -1.0 / 720.0,
        1.0 / 30_240.0,
        -1.0 / 1_209_600.0,
        1.0 / 47_900_160.0,
        -691.0 / 1_307_674_368_000.0,
        1.0 / 74_724_249_600.0,
        -3617.0 / 10_670_622_842_880_000.0,
        43_867.0 / 5_109_094_217_170_944_000.0,
        -174_611.0 / 802_857_662_698_291_200_000.0,
    ];

    /// ζ(x, q) = Σₖ (q + k)⁻ˣ for k = 0, 1, …
    ///
    /// ∞ at x = 1 and NaN below. For q = 0, −1, … one term has no value: ∞ where x is an even whole number, else NaN.
    /// For other negative q the terms are real only where x is a whole number; NaN elsewhere.
    pub(crate) fn zeta(x: f64, q: f64) -> f64 {
        if x == 1.0 {
            return f64::INFINITY;
        }
        if x.is_nan() || q.is_nan() || x < 1.0 {
            return f64::NAN;
        }
        let whole = x.floor() == x;
        let even = whole && (0.5 * x).floor() == 0.5 * x;
        if q > 0.0 {
            return positive(x, q);
        }
        let part = q - q.floor();
        if part == 0.0 || q == f64::NEG_INFINITY {
            return if even { f64::INFINITY } else { f64::NAN };
        }
        if !whole {
            return f64::NAN;
        }
        // The terms left of 0 are, but for the sign, those of 1 − part, 2 − part, … up to −q.
        let left = positive(x, 1.0 - part) - positive(x, 1.0 - q);
        positive(x, part) + if even { left } else { -left }
    }

    /// ζ(x, q) for x > 1 and q > 0: nine terms, and for the others the sum formula of Euler and Maclaurin (M.
    /// Abramowitz and I. Stegun, 23.1.30).
    fn positive(x: f64, q: f64) -> f64 {
        let mut sum = 0.0;
        let mut at = q;
        for _ in 0..9 {
            let term = pow::<false>(at, -x);
            sum += term;
            if term < 1e-17 * sum || term == 0.0 || term == f64::INFINITY {
                return sum;
            }
            at += 1.0;
        }
        let last = pow::<false>(at, -x);
        sum += last * at / (x - 1.0) + 0.5 * last;
        // x·(x + 1)·…·(x + 2j − 2) / at^(x + 2j − 1)
        let mut factor = last * x / at;
        for (j, bernoulli) in BERNOULLI.iter().enumerate() {
            let term = bernoulli * factor;
            sum += term;
            if term.abs() < 1e-17 * sum {
                break;
            }
            let next = x + 2.0 * j as f64;
            factor *= (next + 1.0) / at * ((next + 2.0) / at);
        }
        sum
    }

    /// The derivative of order n of ψ at x, (−1)ⁿ⁺¹ n! ζ(n + 1, x); ψ itself for n = 0, and NaN where n is not a whole
    /// number of 0 or more.
    pub(crate) fn polygamma(n: f64, x: f64) -> f64 {
        if n == 0.0 {
            return digamma(x);
        }
        if n.is_nan() || n < 0.0 || n.floor() != n {
            return f64::NAN;
        }
        // 171! is beyond the numbers.
        let factorial = if n > 170.0 { f64::INFINITY } else { (1..=n as u32).map(f64::from).product() };
        let odd = (0.5 * n).floor() != 0.5 * n;
        let value = factorial * zeta(n + 1.0, x);
        if odd { value } else { -value }
    }
}

#[cfg(test)]
mod tests {
    use super::f64::{polygamma, zeta};

    /// Riemann's, at whole numbers.
    const RIEMANN: [(f64, f64); 4] = [
        (2.0, 1.644_934_066_848_226_4),
        (3.0, 1.202_056_903_159_594_2),
        (4.0, 1.082_323_233_711_138_2),
        (10.0, 1.000_994_575_127_818_1),
    ];

    fn near(a: f64, b: f64) -> bool {
        a == b || (a - b).abs() <= 4e-15 * b.abs()
    }

    #[test]
    fn known_values() {
        for (x, want) in RIEMANN {
            assert!(near(zeta(x, 1.0), want), "ζ({x}) = {}", zeta(x, 1.0));
            // ζ(x, ½) = (2ˣ − 1)·ζ(x)
            let half = (x.exp2() - 1.0) * want;
            assert!(near(zeta(x, 0.5), half), "ζ({x}, ½) = {}, not {half}", zeta(x, 0.5));
        }
        assert!(near(zeta(1.5, 1.0), 2.612_375_348_685_488));
        assert!(near(polygamma(1.0, 1.0), std::f64::consts::PI.powi(2) / 6.0));
        assert!(near(polygamma(3.0, 0.5), std::f64::consts::PI.powi(4)));
    }

    #[test]
    fn a_step_to_the_right_takes_one_term_off() {
        for x in [1.25, 2.0, 3.0, 7.5, 40.0] {
            for q in [1e-3, 0.3, 1.0, 4.5, 8.9, 9.1, 100.0, 1e5] {
                let (here, next, term) = (zeta(x, q), zeta(x, q + 1.0), f64::powf(q, -x));
                assert!((here - next - term).abs() <= 4e-15 * here, "ζ({x}, {q})");
            }
        }
        for q in [-0.5, -1.25, -20.5] {
            for x in [2.0, 3.0] {
                let (here, next, term) = (zeta(x, q), zeta(x, q + 1.0), f64::powf(q, -x));
                assert!((here - next - term).abs() <= 4e-15 * (1.0 + here.abs()), "ζ({x}, {q})");
            }
        }
    }

    #[test]
    fn edges() {
        let infinity = f64::INFINITY;
        for (x, q, want) in [
            (1.0, 2.0, infinity),
            (2.0, 0.0, infinity),
            (2.0, -3.0, infinity),
            (4.0, -infinity, infinity),
            (2.0, infinity, 0.0),
            (infinity, 1.0, 1.0),
            (infinity, 2.0, 0.0),
            (infinity, 0.5, infinity),
        ] {
            assert_eq!(zeta(x, q), want, "ζ({x}, {q})");
        }
        for (x, q) in [(0.5, 1.0), (3.0, -1.0), (1.5, -0.5), (1.5, 0.0), (f64::NAN, 1.0), (2.0, f64::NAN)] {
            assert!(zeta(x, q).is_nan(), "ζ({x}, {q})");
        }
        assert_eq!(polygamma(0.0, 1.0), -0.577_215_664_901_532_9);
        assert!(polygamma(0.5, 1.0).is_nan() && polygamma(-1.0, 1.0).is_nan());
        assert_eq!(polygamma(1.0, -2.0), infinity);
    }
}
