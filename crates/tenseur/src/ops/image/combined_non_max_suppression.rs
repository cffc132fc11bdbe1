//! Of boxes of several classes and pictures those with the best scores: CombinedNonMaxSuppression.
//!
//! In each picture, class by class, boxes are taken as [`non_max_suppression`](super::non_max_suppression()) takes them; then
//! those of all classes are put in order of their scores, and the best stay. Equal scores come as in `equal_scores.rs`.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{known_integer, must_be_scalar, wrong_count};
use crate::ops::image::equal_scores::{Heap, sort};
use crate::ops::image::non_max_suppression::overlap;
use crate::ops::image::{known_sizes, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The best boxes of each picture. Inputs: boxes `[pictures, boxes, classes or 1, 4]`, corners in any order; scores
/// `[pictures, boxes, classes]`; how many are taken at most of each class, and of each picture; the threshold of overlaps, and
/// that of scores. Outputs: boxes `[pictures, most, 4]`, scores and classes `[pictures, most]`, with zeros behind the last, and how
/// many there are, int32 `[pictures]`.
#[derive(Clone, Debug)]
pub struct CombinedNonMaxSuppression {
    /// Whether there are no more places than all classes can fill.
    pub pad_per_class: bool,
    /// Whether corners outside of 0 to 1 are moved to there.
    pub clip_boxes: bool,
}

/// How many places a picture has.
fn places(pad_per_class: bool, per_class: i64, total: i64, classes: i64) -> i64 {
    match pad_per_class {
        true => total.min(per_class.saturating_mul(classes).min(i64::from(i32::MAX))),
        false => total,
    }
}

/// A place for a box that is taken of a class; −∞ is the score of an empty one.
#[derive(Clone, Copy)]
struct Place {
    score: f32,
    class: usize,
    corners: [f32; 4],
}

/// What decides which boxes are taken of a class.
struct Limits {
    most: usize,
    overlap: f32,
    score: f32,
}

/// The boxes of one picture that are taken, the best first: `boxes` are `[boxes, shared, 4]`, `scores` `[boxes, classes]`.
fn of_picture(
    boxes: &[f32],
    scores: &[f32],
    shared: usize,
    classes: usize,
    limits: &Limits,
) -> Result<Vec<Place>, Reason> {
    let mut all: Vec<Place> = crate::value::room(limits.most.saturating_mul(classes))?;
    // Without scores classes may be without end.
    for class in 0..if scores.is_empty() { 0 } else { classes } {
        let own = if shared > 1 { class } else { 0 };
        let corners = |number: usize| &boxes[(number * shared + own) * 4..][..4];
        let of_class = scores.iter().skip(class).step_by(classes).copied().enumerate();
        let mut waiting = Heap::default();
        of_class
            .filter(|&(_, score)| score > limits.score)
            .for_each(|(number, score)| waiting.push(number, score));
        let mut taken: Vec<usize> = Vec::new();
        while let Some((number, score)) = (taken.len() < limits.most).then(|| waiting.pop()).flatten() {
            let own = corners(number);
            if taken.iter().rev().all(|&other| overlap(own, corners(other)) <= limits.overlap) {
                taken.push(number);
                all.push(Place { score, class, corners: [own[0], own[1], own[2], own[3]] });
            }
        }
        // Sorting moves equals around, and how depends on all places.
        let empty = Place { score: f32::NEG_INFINITY, class, corners: [0.0; 4] };
        all.resize((class + 1) * limits.most, empty);
    }
    sort(&mut all, |a, b| b.score < a.score);
    all.retain(|place| place.score > f32::NEG_INFINITY);
    Ok(all)
}

impl Op for CombinedNonMaxSuppression {
    fn name(&self) -> &'static str {
        "CombinedNonMaxSuppression"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("pad_per_class", self.pad_per_class).with("clip_boxes", self.clip_boxes)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(CombinedNonMaxSuppression {
            pad_per_class: attrs.optional("pad_per_class", false)?,
            clip_boxes: attrs.optional("clip_boxes", true)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [boxes, scores, per_class, total, ..] = inputs else { return Err(wrong_count(6, inputs)) };
        if inputs.len() != 6 {
            return Err(wrong_count(6, inputs));
        }
        for (number, fact) in inputs.iter().enumerate() {
            let wanted = if matches!(number, 2 | 3) { DType::Int32 } else { DType::Float32 };
            if fact.dtype != wanted {
                return Err(format!("input {number} is of {wanted}, and not of {}", fact.dtype).into());
            }
            if number > 1 {
                must_be_scalar(fact, "a count or a threshold")?;
            }
        }
        let [pictures, count, shared, four] = sizes_of::<4>(boxes, "boxes")?;
        same(four, Some(4), "the count of a box's numbers")?;
        let [of_scores, scored, classes] = sizes_of::<3>(scores, "scores")?;
        let pictures = same(pictures, of_scores, "the count of pictures")?;
        same(count, scored, "the count of boxes")?;
        if let (Some(shared), Some(classes)) = (shared, classes)
            && shared != 1
            && shared != classes
        {
            return Err(format!("there are boxes for {shared} classes, and scores for {classes}").into());
        }
        let most = match (known_integer(total), known_integer(per_class), classes) {
            (Some(total), _, _) if !self.pad_per_class => Some(total),
            (Some(total), Some(per_class), Some(classes)) => {
                Some(places(true, per_class, total, classes as i64))
            }
            _ => None,
        };
        let most = most.and_then(|most| usize::try_from(most).ok());
        let float = |shape: &[Option<usize>]| Fact::new(DType::Float32, shape.to_vec());
        Ok([
            float(&[pictures, most, Some(4)]),
            float(&[pictures, most]),
            float(&[pictures, most]),
            Fact::new(DType::Int32, [pictures]),
        ]
        .into_iter()
        .collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("which boxes are taken does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        let function = move |arrays: &[Array]| -> Result<Vec<Array>, Reason> {
            let [pictures, count, shared, _] = known_sizes::<4>(&arrays[0])?;
            let [_, _, classes] = known_sizes::<3>(&arrays[1])?;
            let (boxes, scores) = (arrays[0].as_slice::<f32>()?, arrays[1].as_slice::<f32>()?);
            let positive = |array: &Array, what: &str| match array.item::<i32>()? {
                number @ 1.. => Ok(number),
                other => Err(Reason::from(format!("{what} is 1 or more, and not {other}"))),
            };
            let per_class = positive(&arrays[2], "the count of boxes of a class")?;
            let total = positive(&arrays[3], "the count of boxes of a picture")?;
            let (overlap, score) = (arrays[4].item::<f32>()?, arrays[5].item::<f32>()?);
            if !(0.0..=1.0).contains(&overlap) {
                return Err(format!("the threshold of overlaps is from 0 to 1, and not {overlap}").into());
            }
            let limits = Limits { most: count.min(per_class as usize), overlap, score };
            let most = places(op.pad_per_class, per_class.into(), total.into(), classes as i64) as usize;
            let mut best = Array::zeros(DType::Float32, [pictures, most, 4])?;
            let mut best_scores = Array::zeros(DType::Float32, [pictures, most])?;
            let mut best_classes = best_scores.clone();
            let mut counts = vec![0i32; pictures];
            let (corners, of_scores) = (best.as_mut_slice::<f32>()?, best_scores.as_mut_slice::<f32>()?);
            let of_classes = best_classes.as_mut_slice::<f32>()?;
            for (picture, found) in counts.iter_mut().enumerate() {
                let boxes = &boxes[picture * count * shared * 4..][..count * shared * 4];
                let scores = &scores[picture * count * classes..][..count * classes];
                let all = of_picture(boxes, scores, shared, classes, &limits)?;
                for (place, taken) in all.iter().take(most).enumerate() {
                    let place = picture * most + place;
                    let corner = |corner: f32| if op.clip_boxes { corner.clamp(0.0, 1.0) } else { corner };
                    corners[place * 4..][..4].copy_from_slice(&taken.corners.map(corner));
                    of_scores[place] = taken.score;
                    of_classes[place] = taken.class as f32;
                    *found += 1;
                }
            }
            Ok(vec![best, best_scores, best_classes, Array::new([pictures], counts)?])
        };
        Ok(Lowered::arrays(self.name(), node, function))
    }
}

/// The best boxes of each picture: `boxes` are `[pictures, boxes, classes or 1, 4]`, `scores` `[pictures, boxes, classes]`. At
/// most `per_class` are taken of a class and `total` of a picture, none whose overlap with a better one of its class is above
/// `iou_threshold`, or whose score is not above `score_threshold`: boxes `[pictures, total, 4]`, moved into 0 to 1, their
/// scores and classes `[pictures, total]`, and how many there are `[pictures]`.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let boxes = tf.constant(array![[[[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.1, 1.0, 1.0]], [[0.0, 0.5, 0.2, 0.6]]]]);
/// let scores = tf.constant(array![[[0.7, 0.1], [0.9, 0.2], [0.0, 0.8]]]);
/// let [_, scores, classes, count] = image::combined_non_max_suppression(&boxes, &scores, 2, 3, 0.5, 0.15);
/// let (scores, classes, count) = Session::new(&tf)?.run((&scores, &classes, &count), feeds![])?;
/// assert_eq!(scores, array![[0.9, 0.8, 0.2]]);
/// assert_eq!((classes, count), (array![[0.0, 1.0, 1.0]], array![3]));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn combined_non_max_suppression(
    boxes: &Tensor,
    scores: &Tensor,
    per_class: impl Into<Operand>,
    total: impl Into<Operand>,
    iou_threshold: f32,
    score_threshold: f32,
) -> [Tensor; 4] {
    let tf = boxes.graph();
    let zero = tf.constant(0);
    let (per_class, total) = (per_class.into().tensor(&zero), total.into().tensor(&zero));
    let (overlap, score) = (tf.constant(iou_threshold), tf.constant(score_threshold));
    let op = CombinedNonMaxSuppression { pad_per_class: false, clip_boxes: true };
    let node = tf.add_op(op, &[boxes, scores, &per_class, &total, &overlap, &score], None);
    [0, 1, 2, 3].map(|output| node.output(output))
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let boxes = || {
        crate::array![[
            [[0.0, 0.0, 1.0, 1.0]],
            [[0.0, 0.1, 1.0, 1.1]],
            [[0.0, -0.1, 1.0, 0.9]],
            [[0.0, 10.0, 1.0, 11.0]]
        ]]
    };
    let scores = || crate::array![[[0.9, 0.01], [0.75, 0.05], [0.6, 0.92], [0.95, 0.3]]];
    let build = |per_class: i32, total: i32, pad_per_class: bool, clip_boxes: bool| {
        move |tf: &Graph, x: &[Tensor]| {
            let op = CombinedNonMaxSuppression { pad_per_class, clip_boxes };
            let more = [tf.constant(per_class), tf.constant(total)];
            let limits = [tf.constant(0.5f32), tf.constant(0.1f32)];
            let inputs: Vec<&Tensor> = x.iter().chain(&more).chain(&limits).collect();
            let node = tf.add_op(op, &inputs, None);
            (0..4).map(|output| node.output(output)).collect()
        }
    };
    vec![
        Case::fed("of two classes", [boxes(), scores()], build(2, 4, false, false)).expecting([
            crate::array![[
                [0.0, 10.0, 1.0, 11.0],
                [0.0, -0.1, 1.0, 0.9],
                [0.0, 0.0, 1.0, 1.0],
                [0.0, 10.0, 1.0, 11.0]
            ]],
            crate::array![[0.95, 0.92, 0.9, 0.3]],
            crate::array![[0.0, 1.0, 0.0, 1.0]],
            crate::array![4],
        ]),
        Case::fed("one of each", [boxes(), scores()], build(1, 9, true, true)),
    ]
}
