//! Of boxes that overlap those with the best scores: NonMaxSuppression, V2 to V5.
//!
//! Boxes are taken by falling score; one whose overlap (the area in both, divided by the area in either) with one that was
//! taken before is above a threshold is left out. With σ above 0 its score is multiplied by `exp(−overlap² / 2σ)` instead
//! (Bodla et al. 2017, "Soft-NMS").

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{known_integer, must_be_scalar, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, floats, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The numbers of the boxes that are taken, the best first. Inputs: boxes `[boxes, 4]`, corners in any order; scores
/// `[boxes]`; how many are taken at most; and from version 2 the overlap's threshold, from 3 that of scores, in 5 σ.
#[derive(Clone, Debug)]
pub struct NonMaxSuppression {
    /// Which of TensorFlow's five ops it is.
    pub version: u8,
    /// The overlap's threshold, in version 1, where it is not an input.
    pub iou_threshold: f32,
    /// Whether the output always has as many numbers as may be taken, in versions 4 and 5, which also give the count of
    /// those that were.
    pub pad_to_max_output_size: bool,
}

impl NonMaxSuppression {
    fn inputs(&self) -> usize {
        match self.version {
            1 => 3,
            2 => 4,
            5 => 6,
            _ => 5,
        }
    }
}

/// Op `VERSION` of TensorFlow's five.
#[derive(Clone, Debug)]
pub struct Version<const VERSION: u8>(pub NonMaxSuppression);

/// A box that may still be taken.
struct Candidate {
    score: f32,
    number: usize,
    /// Boxes taken before this one's last score was found.
    looked_at: usize,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The best score is the greatest; of equal ones, the first box.
impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        self.score.total_cmp(&other.score).then(other.number.cmp(&self.number))
    }
}

/// The area in both boxes, divided by the area in either.
pub(super) fn overlap(a: &[f32], b: &[f32]) -> f32 {
    let sides = |corners: &[f32], axis: usize| {
        let (first, second) = (corners[axis], corners[axis + 2]);
        (first.min(second), first.max(second))
    };
    let area = |corners: &[f32]| {
        let ((top, bottom), (left, right)) = (sides(corners, 0), sides(corners, 1));
        (bottom - top) * (right - left)
    };
    let (area_a, area_b) = (area(a), area(b));
    if area_a <= 0.0 || area_b <= 0.0 {
        return 0.0;
    }
    let shared = |axis: usize| {
        let ((from_a, to_a), (from_b, to_b)) = (sides(a, axis), sides(b, axis));
        (to_a.min(to_b) - from_a.max(from_b)).max(0.0)
    };
    let both = shared(0) * shared(1);
    both / (area_a + area_b - both)
}

/// What decides which boxes are taken.
struct Limits {
    most: usize,
    overlap: f32,
    score: f32,
    sigma: f32,
}

/// The boxes that are taken, with their scores.
fn taken(boxes: &[f32], scores: &[f32], limits: &Limits) -> Vec<(usize, f32)> {
    let corners = |number: usize| &boxes[number * 4..][..4];
    let candidates = scores.iter().enumerate().filter(|&(_, &score)| score > limits.score);
    let mut waiting: BinaryHeap<Candidate> =
        candidates.map(|(number, &score)| Candidate { score, number, looked_at: 0 }).collect();
    let soft = limits.sigma > 0.0;
    let mut taken: Vec<(usize, f32)> = Vec::new();
    while let Some(mut candidate) = (taken.len() < limits.most).then(|| waiting.pop()).flatten() {
        let before = candidate.score;
        let mut left_out = false;
        for &(other, _) in taken[candidate.looked_at..].iter().rev() {
            let overlap = overlap(corners(candidate.number), corners(other));
            if !soft && overlap > limits.overlap {
                left_out = true;
                break;
            }
            if soft {
                let kept = overlap <= limits.overlap;
                let weight = if kept { (-0.5 / limits.sigma * overlap * overlap).exp() } else { 0.0 };
                candidate.score *= weight;
            }
            if candidate.score <= limits.score {
                break;
            }
        }
        candidate.looked_at = taken.len();
        if left_out {
            continue;
        }
        if candidate.score == before {
            taken.push((candidate.number, candidate.score));
        } else if candidate.score > limits.score {
            waiting.push(candidate);
        }
    }
    taken
}

impl<const VERSION: u8> Op for Version<VERSION> {
    fn name(&self) -> &'static str {
        match VERSION {
            1 => "NonMaxSuppression",
            2 => "NonMaxSuppressionV2",
            3 => "NonMaxSuppressionV3",
            4 => "NonMaxSuppressionV4",
            _ => "NonMaxSuppressionV5",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new();
        if VERSION == 1 {
            return attrs.with("iou_threshold", self.0.iou_threshold);
        }
        let attrs = attrs.with("T", node.inputs[0].dtype);
        let attrs = match VERSION {
            5 => attrs,
            _ => attrs.with("T_threshold", node.inputs[3].dtype),
        };
        match VERSION {
            2 | 3 => attrs,
            _ => attrs.with("pad_to_max_output_size", self.0.pad_to_max_output_size),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Version(NonMaxSuppression {
            version: VERSION,
            iou_threshold: attrs.optional("iou_threshold", 0.5)?,
            pad_to_max_output_size: attrs.optional("pad_to_max_output_size", false)?,
        }))
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != self.0.inputs() {
            return Err(wrong_count(self.0.inputs(), inputs));
        }
        let (boxes, scores, most) = (inputs[0], inputs[1], inputs[2]);
        let float = |dtype| matches!(dtype, DType::Float16 | DType::Float32);
        let dtypes = [boxes.dtype, scores.dtype];
        if !float(boxes.dtype) || boxes.dtype != scores.dtype {
            return Err(refusal(&dtypes, float));
        }
        if most.dtype != DType::Int32 {
            return Err(format!("the count of boxes is of int32, and not of {}", most.dtype).into());
        }
        let [count, four] = sizes_of::<2>(boxes, "boxes")?;
        same(four, Some(4), "the count of a box's numbers")?;
        let [of_scores] = sizes_of::<1>(scores, "scores")?;
        same(count, of_scores, "the count of boxes")?;
        for threshold in &inputs[2..] {
            must_be_scalar(threshold, "a threshold")?;
        }
        for threshold in inputs.iter().skip(3) {
            if !float(threshold.dtype) {
                return Err(refusal(&[threshold.dtype], float));
            }
        }
        let padded = known_integer(most).and_then(|most| usize::try_from(most).ok());
        let length = if self.0.pad_to_max_output_size { padded } else { None };
        let mut facts = Fact::new(DType::Int32, [length]).one();
        if VERSION == 5 {
            facts.push(Fact::new(boxes.dtype, [length]));
        }
        if VERSION >= 4 {
            facts.push(Fact::new(DType::Int32, ()));
        }
        Ok(facts)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("which boxes are taken does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.0.clone();
        let function = move |arrays: &[Array]| -> Result<Vec<Array>, Reason> {
            let (boxes, scores) = (floats(&arrays[0])?, floats(&arrays[1])?);
            let most = arrays[2].item::<i32>()?;
            let number = |input: usize, default: f32| match arrays.get(input) {
                Some(array) => Ok::<f32, Reason>(floats(array)?.first().copied().unwrap_or(default)),
                None => Ok(default),
            };
            let limits = Limits {
                most: usize::try_from(most)
                    .map_err(|_| format!("the count of boxes is 0 or more, and not {most}"))?,
                overlap: number(3, op.iou_threshold)?,
                score: number(4, f32::MIN)?,
                sigma: number(5, 0.0)?,
            };
            if !(0.0..=1.0).contains(&limits.overlap) {
                return Err(
                    format!("the threshold of overlaps is from 0 to 1, and not {}", limits.overlap).into()
                );
            }
            if limits.sigma < 0.0 {
                return Err(format!("σ is 0 or more, and not {}", limits.sigma).into());
            }
            let taken = taken(&boxes, &scores, &limits);
            let count = taken.len();
            let length = if op.pad_to_max_output_size { limits.most } else { count };
            let mut numbers: Vec<i32> = crate::value::room(length)?;
            numbers.extend(taken.iter().map(|&(number, _)| number as i32));
            numbers.resize(length, 0);
            let mut outputs = vec![Array::new([length], numbers)?];
            if op.version == 5 {
                let mut scores: Vec<f64> = taken.iter().map(|&(_, score)| f64::from(score)).collect();
                scores.resize(length, 0.0);
                outputs.push(array_of(arrays[0].dtype(), [length], &scores)?);
            }
            if op.version >= 4 {
                outputs.push(Array::scalar(count as i32));
            }
            Ok(outputs)
        };
        Ok(Lowered::arrays(self.name(), node, function))
    }
}

/// The numbers of those `boxes`, `[boxes, 4]`, that are taken by falling `scores`, `[boxes]`, at most `max_output_size` of
/// them: none whose overlap with one before it is above `iou_threshold`, or whose score is not above `score_threshold`.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let boxes = tf.constant(array![[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]]);
/// let best = image::non_max_suppression(&boxes, &tf.constant(array![0.7, 0.9, 0.8]), 3, 0.5, 0.0);
/// assert_eq!(Session::new(&tf)?.run(&best, feeds![])?, array![1, 2]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn non_max_suppression(
    boxes: &Tensor,
    scores: &Tensor,
    max_output_size: impl Into<Operand>,
    iou_threshold: f32,
    score_threshold: f32,
) -> Tensor {
    let tf = boxes.graph();
    let op = NonMaxSuppression { version: 3, iou_threshold, pad_to_max_output_size: false };
    let most = max_output_size.into().tensor(&tf.constant(0));
    let (overlap, score) = (tf.constant(iou_threshold), tf.constant(score_threshold));
    tf.add(Version::<3>(op), &[boxes, scores, &most, &overlap, &score])
}

/// As [`non_max_suppression`], where an overlap lowers scores as σ, `soft_nms_sigma`, says: the boxes' numbers, and their
/// scores.
#[track_caller]
pub fn non_max_suppression_with_scores(
    boxes: &Tensor,
    scores: &Tensor,
    max_output_size: impl Into<Operand>,
    iou_threshold: f32,
    score_threshold: f32,
    soft_nms_sigma: f32,
) -> (Tensor, Tensor) {
    let tf = boxes.graph();
    let op = NonMaxSuppression { version: 5, iou_threshold, pad_to_max_output_size: false };
    let most = max_output_size.into().tensor(&tf.constant(0));
    let [overlap, score, sigma] =
        [iou_threshold, score_threshold, soft_nms_sigma].map(|number| tf.constant(number));
    let both = tf.add(Version::<5>(op), &[boxes, scores, &most, &overlap, &score, &sigma]).op();
    (both.output(0), both.output(1))
}

pub(in crate::ops) fn non_max_suppression_cases<const VERSION: u8>() -> Vec<Case> {
    let boxes = || {
        crate::array![
            [0.0, 0.0, 1.0, 1.0],
            [0.0, 0.1, 1.0, 1.1],
            [0.0, -0.1, 1.0, 0.9],
            [0.0, 10.0, 1.0, 11.0],
            [1.0, 10.1, 0.0, 11.1],
            [0.0, 100.0, 1.0, 101.0]
        ]
    };
    let scores = || crate::array![0.9, 0.75, 0.6, 0.95, 0.5, 0.3];
    let build = |most: i32, pad_to_max_output_size: bool| {
        move |tf: &Graph, x: &[Tensor]| {
            let pad_to_max_output_size = pad_to_max_output_size && VERSION >= 4;
            let op = NonMaxSuppression { version: VERSION, iou_threshold: 0.5, pad_to_max_output_size };
            let more = [tf.constant(most), tf.constant(0.5f32), tf.constant(0.4f32), tf.constant(0.0f32)];
            let inputs: Vec<&Tensor> = x.iter().chain(&more).take(op.inputs()).collect();
            vec![tf.add(Version::<VERSION>(op), &inputs)]
        }
    };
    let best = match VERSION {
        1 | 2 => crate::array![3, 0, 5],
        _ => crate::array![3, 0],
    };
    vec![
        Case::fed("the best", [boxes(), scores()], build(30, false)).expecting([best]),
        Case::fed("two", [boxes(), scores()], build(2, false)).expecting([crate::array![3, 0]]),
        Case::fed("none", [boxes(), scores()], build(0, false)),
        Case::fed("filled up", [boxes(), scores()], build(5, true)),
    ]
}
