//! How numbers are spread: HistogramSummary.
//!
//! The buckets are TensorFlow's: their limits grow by a tenth from 10⁻¹² to 10²⁰, to both sides of 0, and a run of empty
//! ones is written as one.

use std::sync::LazyLock;

use super::{BYTES, check_tag, given, is_real, one_string, tag_of, value};
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::summary::{HistogramProto, SummaryKind};
use crate::graph::{Fact, Facts};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Where each bucket ends.
static LIMITS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let mut positive = Vec::new();
    let mut limit = 1e-12;
    while limit < 1e20 {
        positive.push(limit);
        limit *= 1.1;
    }
    positive.push(f64::MAX);
    let negative = positive.iter().rev().map(|limit| -limit);
    negative.chain([0.0]).chain(positive.iter().copied()).collect()
});

/// The histogram of these numbers, which are finite.
pub(crate) fn histogram_of(numbers: &[f64]) -> HistogramProto {
    let limits = &*LIMITS;
    let mut counts = vec![0.0; limits.len()];
    let mut histogram = HistogramProto { min: f64::MAX, max: -f64::MAX, ..HistogramProto::default() };
    for &number in numbers {
        let bucket = limits.partition_point(|&limit| limit <= number).min(limits.len() - 1);
        counts[bucket] += 1.0;
        histogram.min = histogram.min.min(number);
        histogram.max = histogram.max.max(number);
        histogram.num += 1.0;
        histogram.sum += number;
        histogram.sum_squares += number * number;
    }
    for (bucket, &count) in counts.iter().enumerate() {
        // Of a run of empty buckets the last stands for all.
        if count > 0.0 || counts.get(bucket + 1).is_none_or(|&next| next > 0.0) {
            histogram.bucket_limit.push(limits[bucket]);
            histogram.bucket.push(count);
        }
    }
    histogram
}

/// The histogram of an array.
///
/// # Errors
/// When a number is NaN or infinite, or the elements are no numbers.
pub(crate) fn histogram_of_array(tag: &str, array: &Array) -> Result<HistogramProto, Reason> {
    let numbers = array.to_f64()?;
    match numbers.iter().find(|number| !number.is_finite()) {
        Some(number) => Err(format!("the histogram \"{tag}\" has {number} among its numbers").into()),
        None => Ok(histogram_of(&numbers)),
    }
}

/// A histogram of all numbers of a tensor.
#[derive(Clone, Debug)]
pub struct HistogramSummary;

impl OverArrays for HistogramSummary {
    const NAME: &'static str = "HistogramSummary";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        attrs.optional("T", DType::Float32).map(|_| HistogramSummary)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        check_tag(inputs, 2)?;
        match is_real(inputs[1].dtype) {
            true => Ok(one_string()),
            false => Err(format!("it takes numbers, not {}", inputs[1].dtype).into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let tag = tag_of(&inputs[0])?;
        let histogram = histogram_of_array(&tag, &inputs[1])?;
        given(vec![value(tag, SummaryKind::Histogram(histogram))])
    }
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let tag = || Array::strings([], ["w"]).expect("a scalar");
    let add =
        |tf: &crate::Graph, x: &[crate::Tensor]| vec![tf.add(ByArrays(HistogramSummary), &[&x[0], &x[1]])];
    vec![
        Case::fed("floats", [tag(), crate::array![[0.0, -1.5], [1e-20, 3e30]]], add),
        Case::fed("integers", [tag(), crate::array![1, 1, 2]], add),
        Case::fed("none", [tag(), Array::new([0], [0f32; 0]).expect("none")], add),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_below_its_limit_and_not_below_the_one_before() {
        let numbers = [-2e300, -1.0, -1e-13, 0.0, 0.0, 1e-13, 0.5, 0.55, 7.0, 1e25, f64::MAX];
        let histogram = histogram_of(&numbers);
        assert_eq!((histogram.min, histogram.max, histogram.num), (-2e300, f64::MAX, 11.0));
        assert_eq!(histogram.bucket.iter().sum::<f64>(), 11.0);
        assert!(histogram.bucket_limit.is_sorted_by(|a, b| a < b));
        let mut before = f64::NEG_INFINITY;
        for (&limit, &count) in histogram.bucket_limit.iter().zip(&histogram.bucket) {
            let last = limit == f64::MAX;
            let within = numbers.iter().filter(|&&x| before <= x && (x < limit || last));
            assert_eq!(within.count() as f64, count, "{before} to {limit}");
            before = limit;
        }
        // No two empty ones in a row.
        assert!(histogram.bucket.windows(2).all(|pair| pair != [0.0, 0.0]));
        assert_eq!(histogram_of(&[]).bucket, [0.0]);
    }
}
