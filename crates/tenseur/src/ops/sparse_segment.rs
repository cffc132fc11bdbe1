//! Rows picked by indices and folded by sorted segment at once: SparseSegmentSum, its mean, its sum over the root of the
//! count, each also for a given number of segments, and what TensorFlow writes for their gradients.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, must_be_scalar, wrong_count};
use crate::ops::segment::{divided, folded, rows_of, segment_count, sorted_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

const SUM: u8 = 0;
const MEAN: u8 = 1;

/// Rows of data, the first input, at indices, the second, folded by segment, the third: numbers that do not fall. Where
/// COUNTED, the fourth says how many segments there are; else it is as many as the last asks for. A segment without rows
/// is 0. FOLD is 0 for sums, 1 for means, 2 for sums over the root of their count.
#[derive(Clone, Debug)]
pub struct SparseSegment<const FOLD: u8, const COUNTED: bool>;

/// What a sum of `count` rows is divided by.
fn divisor(fold: u8, count: usize) -> f64 {
    match fold {
        SUM => 1.0,
        MEAN => count as f64,
        _ => (count as f64).sqrt(),
    }
}

/// TensorFlow's names, by fold: plain, for a given number of segments, of the gradient.
const NAMES: [[&str; 3]; 3] = [
    ["SparseSegmentSum", "SparseSegmentSumWithNumSegments", "SparseSegmentSumGrad"],
    ["SparseSegmentMean", "SparseSegmentMeanWithNumSegments", "SparseSegmentMeanGrad"],
    ["SparseSegmentSqrtN", "SparseSegmentSqrtNWithNumSegments", "SparseSegmentSqrtNGrad"],
];

/// Whether data may be picked from by indices and folded by segments.
fn must_fit(data: &Fact, indices: &Fact, segments: &Fact) -> Result<(), Reason> {
    must_be_index(indices, "indices")?;
    must_be_index(segments, "segments")?;
    if !data.dtype.is_number() || data.shape.rank() == Some(0) {
        return Err(format!("it takes rows of numbers, not {data}").into());
    }
    match indices.shape.merge(&segments.shape) {
        Some(shape) if shape.rank().is_none_or(|rank| rank == 1) => Ok(()),
        _ => Err(format!(
            "indices and segments are vectors of one length, not of shapes {} and {}",
            indices.shape, segments.shape
        )
        .into()),
    }
}

impl<const FOLD: u8, const COUNTED: bool> Op for SparseSegment<FOLD, COUNTED> {
    fn name(&self) -> &'static str {
        NAMES[usize::from(FOLD)][usize::from(COUNTED)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype);
        let attrs = attrs.with("Tsegmentids", node.inputs[2].dtype);
        if COUNTED { attrs.with("Tnumsegments", node.inputs[3].dtype) } else { attrs }
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseSegment)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 3 + usize::from(COUNTED) {
            return Err(wrong_count(3 + usize::from(COUNTED), inputs));
        }
        must_fit(inputs[0], inputs[1], inputs[2])?;
        let count = match inputs.get(3) {
            Some(count) => {
                must_be_scalar(count, "the number of segments")?;
                segment_count(count)?
            }
            None => inputs[2].integers().map(|segments| sorted_count(&segments)).transpose()?,
        };
        Ok(Fact::new(inputs[0].dtype, rows_of(count, inputs[0])).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let gradient = node.dy(0).map(|dy| {
                let (data, indices, segments) = (node.x(0), node.x(1), node.x(2));
                let count = || {
                    let ones = data.gather(indices).ones_like();
                    ones.unsorted_segment_sum(segments, dy.shape_tensor().at(0))
                };
                let shared = match FOLD {
                    SUM => dy.clone(),
                    MEAN => dy.div_no_nan(count()),
                    _ => dy.div_no_nan(count().sqrt()),
                };
                shared.gather(segments).unsorted_segment_sum(indices, data.shape_tensor().at(0))
            });
            [gradient].into_iter().chain(std::iter::repeat_n(None, node.inputs() - 1)).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let segments = arrays[2].to_i64()?;
            let asked = sorted_count(&segments)?;
            let count = match arrays.get(3) {
                Some(count) => usize::try_from(count.to_i64()?[0]).unwrap_or(0),
                None => asked,
            };
            let picked = picked(&arrays[0], &arrays[1].to_i64()?)?;
            Ok(vec![folded(4, &picked, &segments, count, |rows| divisor(FOLD, rows))?])
        }))
    }
}

/// The rows of data at these indices.
fn picked(data: &Array, indices: &[i64]) -> Result<Array, Reason> {
    let rows = data.shape()[0];
    let mut from = Vec::with_capacity(indices.len());
    for (place, &index) in indices.iter().enumerate() {
        match usize::try_from(index) {
            Ok(row) if row < rows => from.push(Some((0, row))),
            _ => return Err(format!("index {index} at position {place} is outside [0, {rows})").into()),
        }
    }
    let shape: Vec<usize> = [indices.len()].iter().chain(&data.shape()[1..]).copied().collect();
    assemble(&[data], shape[1..].iter().product(), shape, from)
}

/// What flows back to the data of a [`SparseSegment`]: inputs are the gradient, the indices, the segments, and how many rows
/// the data have.
#[derive(Clone, Debug)]
pub struct SparseSegmentGrad<const FOLD: u8>;

impl<const FOLD: u8> Op for SparseSegmentGrad<FOLD> {
    fn name(&self) -> &'static str {
        NAMES[usize::from(FOLD)][2]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype);
        attrs.with("Tsegmentids", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseSegmentGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, indices, segments, count] = inputs else { return Err(wrong_count(4, inputs)) };
        must_fit(dy, indices, segments)?;
        must_be_scalar(count, "the number of rows")?;
        Ok(Fact::new(dy.dtype, rows_of(segment_count(count)?, dy)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("it is a gradient itself; the rules of the forward ops have second derivatives")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let (segments, indices) = (arrays[2].to_i64()?, arrays[1].to_i64()?);
            let rows = usize::try_from(arrays[3].to_i64()?[0]).unwrap_or(0);
            let dy = &arrays[0];
            let mut counts = vec![0usize; dy.shape()[0]];
            for &segment in &segments {
                let count = usize::try_from(segment).ok().and_then(|segment| counts.get_mut(segment));
                *count.ok_or_else(|| format!("segment {segment} is outside [0, {})", dy.shape()[0]))? += 1;
            }
            let divisors: Vec<f64> = counts.iter().map(|&count| divisor(FOLD, count.max(1))).collect();
            let shared = divided(dy.clone(), &divisors)?;
            Ok(vec![folded(SUM, &picked(&shared, &segments)?, &indices, rows, |_| 1.0)?])
        }))
    }
}

impl Tensor {
    /// The sums of its rows at `indices` by segment, where segments do not fall (`tf.sparse_segment_sum`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0], [2.0], [4.0]]);
    /// let y = x.sparse_segment_sum(array![2, 0, 1], array![0, 0, 1]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[5.0], [2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn sparse_segment_sum(&self, indices: impl Into<Operand>, segments: impl Into<Operand>) -> Tensor {
        let number = self.graph().constant(0);
        let (indices, segments) = (indices.into().tensor(&number), segments.into().tensor(&number));
        self.graph().add(SparseSegment::<SUM, false>, &[self, &indices, &segments])
    }
}

fn cases<const FOLD: u8, const COUNTED: bool>(answer: Array) -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]];
    let build = |tf: &crate::Graph, x: &Tensor, indices: &Tensor, segments: &Tensor| {
        let count = tf.constant(3);
        let inputs = if COUNTED { vec![x, indices, segments, &count] } else { vec![x, indices, segments] };
        vec![tf.add(SparseSegment::<FOLD, COUNTED>, &inputs)]
    };
    vec![
        Case::fed("rows, one twice", [rows(), array![2, 0, 2], array![0, 0, 2]], move |tf, x| {
            build(tf, &x[0], &x[1], &x[2])
        })
        .expecting([answer]),
        Case::fed("by constants", [rows()], move |tf, x| {
            build(tf, &x[0], &tf.constant(array![1, 1, 0, 2]), &tf.constant(array![0, 1, 1, 2]))
        }),
    ]
}

fn grad_cases<const FOLD: u8>() -> Vec<Case> {
    let zeros = Array::zeros(DType::Float32, [3, 2]).unwrap_or_else(|_| array![0.0]);
    let dy = array![[1.0, 2.0], [3.0, -4.0]];
    vec![
        Case::fed("as the rule of the forward op", [dy], |tf, x| {
            let dy = x[0].stop_gradient();
            let data = tf.constant(array![[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]]);
            let (indices, segments) = (tf.constant(array![2, 0, 2]), tf.constant(array![0, 0, 1]));
            let y = tf.add(SparseSegment::<FOLD, false>, &[&data, &indices, &segments]);
            let by_rule = crate::gradients(&[(&y * &dy).reduce_sum(..)], &[&data])[0].clone().unwrap_or(y);
            let by_op = tf.add(SparseSegmentGrad::<FOLD>, &[&dy, &indices, &segments, &tf.constant(3)]);
            vec![((by_op - by_rule) * 1e4).round()]
        })
        .expecting([zeros]),
    ]
}

pub(super) fn sum_cases() -> Vec<Case> {
    cases::<SUM, false>(array![[6.0, 8.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn counted_sum_cases() -> Vec<Case> {
    cases::<SUM, true>(array![[6.0, 8.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn mean_cases() -> Vec<Case> {
    cases::<MEAN, false>(array![[3.0, 4.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn counted_mean_cases() -> Vec<Case> {
    cases::<MEAN, true>(array![[3.0, 4.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn sqrt_n_cases() -> Vec<Case> {
    cases::<2, false>(array![[4.242_640_5, 5.656_854], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn counted_sqrt_n_cases() -> Vec<Case> {
    cases::<2, true>(array![[4.242_640_5, 5.656_854], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn sum_grad_cases() -> Vec<Case> {
    grad_cases::<SUM>()
}

pub(super) fn mean_grad_cases() -> Vec<Case> {
    grad_cases::<MEAN>()
}

pub(super) fn sqrt_n_grad_cases() -> Vec<Case> {
    grad_cases::<2>()
}
