//! Numbers that are drawn until one is accepted: of the gamma and the Poisson distribution, as TensorFlow draws them.
//!
//! Each number has a stream of its own, [`BLOCKS_PER_NUMBER`](super::BLOCKS_PER_NUMBER) blocks after that of the one before,
//! and takes normal and uniform numbers from it two at a time, the second of a pair first.
//!
//! - Gamma: G. Marsaglia, W. Tsang, *A simple method for generating gamma variables*, 2000.
//! - Poisson: D. Knuth's product of uniform numbers for small rates; for large ones W. Hörmann, *The transformed rejection
//!   method for generating Poisson random variables*, 1993.

use libm::{exp, floor, lgamma, log, log1p, pow, sqrt};

use super::Philox;
use super::box_muller::normal_pair_f64;
use super::groups::unit_f64;

/// A stream of normal and uniform numbers.
struct Numbers {
    stream: Philox,
    normal: Option<f64>,
    uniform: Option<f64>,
}

impl Numbers {
    fn new(stream: Philox) -> Numbers {
        Numbers { stream, normal: None, uniform: None }
    }

    fn uniform(&mut self) -> f64 {
        self.uniform.take().unwrap_or_else(|| {
            let [a, b, c, d] = self.stream.block();
            self.uniform = Some(unit_f64(a, b));
            unit_f64(c, d)
        })
    }

    fn normal(&mut self) -> f64 {
        self.normal.take().unwrap_or_else(|| {
            let [a, b, c, d] = self.stream.block();
            let (first, second) = normal_pair_f64(unit_f64(a, b), unit_f64(c, d));
            self.normal = Some(first);
            second
        })
    }
}

/// A number of the gamma distribution of shape `alpha` and scale 1.
pub(super) fn gamma(stream: Philox, alpha: f64) -> f64 {
    let mut numbers = Numbers::new(stream);
    if alpha == 1.0 {
        return -log1p(-numbers.uniform());
    }
    // NaN would never be accepted.
    if alpha.is_nan() || alpha <= 0.0 || alpha.is_infinite() {
        return f64::NAN;
    }
    // Below 1 it is drawn for alpha + 1 and scaled down.
    let below_one = alpha < 1.0;
    let d = alpha + if below_one { 2.0 / 3.0 } else { -1.0 / 3.0 };
    let c = 1.0 / 3.0 / sqrt(d);
    loop {
        let x = numbers.normal();
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = numbers.uniform();
        let squeezed = u < 1.0 - 0.0331 * (x * x) * (x * x);
        if squeezed || log(u) < 0.5 * x * x + d * (1.0 - v + log(v)) {
            let number = d * v;
            return if below_one { number * pow(numbers.uniform(), 1.0 / alpha) } else { number };
        }
    }
}

/// A number of the Poisson distribution of this rate, at most `largest`.
pub(super) fn poisson(stream: Philox, rate: f64, largest: f64) -> f64 {
    let mut numbers = Numbers::new(stream);
    if rate.is_nan() || rate < 0.0 || rate.is_infinite() {
        return if rate > 0.0 { rate } else { f64::NAN };
    }
    // Nearly all numbers would be refused.
    if rate >= largest {
        return largest;
    }
    if rate < 10.0 {
        let bound = exp(-rate);
        let (mut product, mut number) = (1.0, 0.0);
        loop {
            product *= numbers.uniform();
            if product <= bound && number <= largest {
                return number;
            }
            number += 1.0;
        }
    }
    let b = 0.931 + 2.53 * sqrt(rate);
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    loop {
        let u = numbers.uniform() - 0.5;
        let v = numbers.uniform();
        let from_edge = 0.5 - u.abs();
        let number = floor((2.0 * a / from_edge + b) * u + rate + 0.43);
        if number > largest {
            continue;
        }
        if from_edge >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2.0) {
            return number;
        }
        if number < 0.0 || (from_edge < 0.013 && v > from_edge) {
            continue;
        }
        let left = log(v * inverse_alpha / (a / (from_edge * from_edge) + b));
        if left <= -rate + number * log(rate) - lgamma(number + 1.0) {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many numbers.
    fn moments(draw: impl Fn(Philox) -> f64) -> (f64, f64) {
        let count = 20_000;
        let mut stream = Philox::new(3, 4);
        let numbers: Vec<f64> = (0..count)
            .map(|_| {
                stream.skip(256);
                draw(stream)
            })
            .collect();
        let mean = numbers.iter().sum::<f64>() / f64::from(count);
        (mean, numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(count))
    }

    #[test]
    fn gamma_numbers_have_alpha_for_mean_and_variance() {
        for alpha in [0.3, 1.0, 2.5, 40.0] {
            let (mean, variance) = moments(|stream| gamma(stream, alpha));
            assert!((mean - alpha).abs() < 0.05 * alpha, "{alpha}: mean {mean}");
            assert!((variance - alpha).abs() < 0.1 * alpha, "{alpha}: variance {variance}");
        }
        assert!(gamma(Philox::new(1, 2), f64::NAN).is_nan() && gamma(Philox::new(1, 2), -1.0).is_nan());
    }

    #[test]
    fn poisson_numbers_have_their_rate_for_mean_and_variance() {
        for rate in [0.5, 4.0, 12.0, 300.0] {
            let (mean, variance) = moments(|stream| poisson(stream, rate, f64::MAX));
            assert!((mean - rate).abs() < 0.05 * rate, "{rate}: mean {mean}");
            assert!((variance - rate).abs() < 0.1 * rate, "{rate}: variance {variance}");
        }
        assert!(poisson(Philox::new(1, 2), -1.0, f64::MAX).is_nan());
    }
}
