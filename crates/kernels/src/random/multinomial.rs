//! Draws of a class with probabilities `softmax(logits)`, by looking up a uniform number in the cumulative sums:
//!
//! ```text
//! cumulative[k] = Σ_{j ≤ k} exp(logits[j] − max)        class = the first k with cumulative[k] > u · cumulative[last]
//! ```

use half::{bf16, f16};

use super::Philox;
use super::groups::unit_f64;
use crate::Scalar;
use crate::vecmath::f64::exp;

/// A type of logits.
pub(super) trait Logit: Scalar {
    fn to_f64(self) -> f64;
}

macro_rules! logits {
    ($($type:ty),*) => { $(
        impl Logit for $type {
            fn to_f64(self) -> f64 {
                self.into()
            }
        }
    )* };
}
logits!(f32, f64, f16, bf16);

/// A type that numbers classes.
pub(super) trait Class: Scalar {
    /// The number of a class.
    fn from_index(index: usize) -> Self;
}

impl Class for i32 {
    fn from_index(index: usize) -> i32 {
        index as i32
    }
}

impl Class for i64 {
    fn from_index(index: usize) -> i64 {
        index as i64
    }
}

/// Draws `samples` classes for each row of `logits` `[rows, classes]` into `drawn` `[rows, samples]`, with numbers from
/// `stream`, two to a block, row after row. `cumulative` has room for `classes` numbers.
///
/// A class whose logit is infinite or NaN is never drawn; in a row of such classes only, the class drawn is `classes`,
/// one past the last, as TensorFlow's is.
pub(super) fn multinomial<L: Logit, C: Class>(
    mut stream: Philox,
    logits: &[L],
    cumulative: &mut [f64],
    samples: usize,
    drawn: &mut [C],
) {
    if samples == 0 {
        return;
    }
    let mut spare = None;
    let mut uniform = || {
        spare.take().unwrap_or_else(|| {
            let [a, b, c, d] = stream.block();
            spare = Some(unit_f64(c, d));
            unit_f64(a, b)
        })
    };
    for (logits, drawn) in logits.chunks_exact(cumulative.len()).zip(drawn.chunks_exact_mut(samples)) {
        let finite = |logit: &L| Some(logit.to_f64()).filter(|logit| logit.is_finite());
        let largest = logits.iter().filter_map(finite).fold(f64::MIN, f64::max);
        let mut total = 0.0;
        for (sum, logit) in cumulative.iter_mut().zip(logits) {
            total += finite(logit).map_or(0.0, |logit| exp::<false>(logit - largest));
            *sum = total;
        }
        for class in drawn {
            let target = uniform() * total;
            *class = C::from_index(cumulative.partition_point(|sum| *sum <= target));
        }
    }
}
