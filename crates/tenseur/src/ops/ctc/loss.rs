//! The loss of connectionist temporal classification, and its gradient beside it (CTCLoss).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::ctc::paths::Spread;
use crate::ops::ctc::{Frames, sizes};
use crate::ops::sparse::SparseTensor;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// −ln of the probability that each sequence reads as its labels, `[batch]`, and the gradient of that with respect to the
/// logits, `[frames, batch, classes]`, which are the first input. The second and third are indices and values of a sparse
/// matrix of labels, the fourth how many frames each sequence has. The last class is blank.
#[derive(Clone, Debug)]
pub struct CtcLoss {
    /// Whether labels that follow their like are taken out first.
    pub preprocess_collapse_repeated: bool,
    /// Whether repeated classes of a path read as one label.
    pub ctc_merge_repeated: bool,
    /// Whether a sequence with fewer frames than labels has no loss, rather than being an error.
    pub ignore_longer_outputs_than_inputs: bool,
}

impl Op for CtcLoss {
    fn name(&self) -> &'static str {
        "CTCLoss"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("ctc_merge_repeated", self.ctc_merge_repeated)
            .with("ignore_longer_outputs_than_inputs", self.ignore_longer_outputs_than_inputs)
            .with("preprocess_collapse_repeated", self.preprocess_collapse_repeated)
    }

    fn from_attrs(attrs: &Attrs) -> Result<CtcLoss, Reason> {
        Ok(CtcLoss {
            preprocess_collapse_repeated: attrs.optional("preprocess_collapse_repeated", false)?,
            ctc_merge_repeated: attrs.optional("ctc_merge_repeated", true)?,
            ignore_longer_outputs_than_inputs: attrs.optional("ignore_longer_outputs_than_inputs", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, indices, labels, lengths] = inputs else { return Err(wrong_count(4, inputs)) };
        let sizes = sizes(logits, lengths, Code::InvalidArgument)?;
        let rows: PartialShape = [labels.shape.size(0), Some(2)].into_iter().collect();
        if indices.dtype != DType::Int64 || indices.shape.merge(&rows).is_none() {
            return Err(format!("the indices of labels are [count, 2] of int64, not {indices}").into());
        }
        if labels.dtype != DType::Int32 || labels.shape.rank().is_some_and(|rank| rank != 1) {
            return Err(format!("labels are a vector of int32, not {labels}").into());
        }
        let gradient: PartialShape = sizes.into_iter().collect();
        Ok([Fact::new(logits.dtype, [sizes[1]]), Fact::new(logits.dtype, gradient)].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let rule = |node: &crate::ops::Backward<'_>| {
            let gradient = node.dy(0).map(|dy| {
                let once = node.y(1).prevent_gradient("CTCLoss has no second derivative");
                dy.expand_dims(-1) * once
            });
            vec![gradient, None, None, None]
        };
        Grad::Once(Box::new(rule), "its gradient is an output of its own")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays("CTCLoss", node, move |arrays| {
            let frames = Frames::new(&arrays[0], &arrays[3], Code::InvalidArgument)?;
            let [_, batch, classes] = frames.sizes;
            let labels = op.labels(&arrays[1], &arrays[2], &frames)?;
            let (mut losses, mut gradient) = (vec![0.0; batch], vec![0.0; frames.logits.len()]);
            for (sequence, labels) in labels.iter().enumerate() {
                let length = frames.lengths[sequence];
                if length < labels.len() && op.ignore_longer_outputs_than_inputs || length == 0 {
                    continue;
                }
                let logs: Vec<_> =
                    (0..length).map(|frame| frames.log_probabilities(frame, sequence)).collect();
                let (loss, slopes) = Spread::new(labels, classes - 1, op.ctc_merge_repeated).loss(&logs);
                losses[sequence] = loss;
                for (frame, slope) in slopes.iter().enumerate() {
                    gradient[(frame * batch + sequence) * classes..][..classes].copy_from_slice(slope);
                }
            }
            let dtype = arrays[0].dtype();
            Ok(vec![
                as_type(Array::new([batch], losses)?, dtype),
                as_type(Array::new(arrays[0].shape().clone(), gradient)?, dtype),
            ])
        }))
    }
}

impl CtcLoss {
    /// The labels of each sequence.
    fn labels(&self, indices: &Array, values: &Array, frames: &Frames) -> Result<Vec<Vec<usize>>, Reason> {
        let [_, batch, classes] = frames.sizes;
        let mut given: Vec<Vec<i64>> = vec![Vec::new(); batch];
        if indices.shape()[0] != values.len() {
            return Err(format!("there are {} labels at {} places", values.len(), indices.shape()[0]).into());
        }
        for (row, &label) in indices.to_i64()?.chunks(2).zip(&values.to_i64()?) {
            let labels = usize::try_from(row[0]).ok().and_then(|sequence| given.get_mut(sequence));
            labels.ok_or_else(|| format!("a label is of sequence {}, of {batch}", row[0]))?.push(label);
        }
        let mut all = Vec::with_capacity(batch);
        for (sequence, mut labels) in given.into_iter().enumerate() {
            if labels.is_empty() {
                return Err(format!("sequence {sequence} has no labels").into());
            }
            if self.preprocess_collapse_repeated {
                labels.dedup();
            }
            if let Some(negative) = labels.iter().find(|label| **label < 0) {
                return Err(
                    format!("a label of sequence {sequence} is {negative}; labels are 0 or more").into()
                );
            }
            // What is not a label ends them.
            let end = labels.iter().position(|&label| label >= classes as i64 - 1).unwrap_or(labels.len());
            if let Some(label) = labels[end..].iter().find(|label| **label < classes as i64 - 1) {
                return Err(
                    format!("label {label} of sequence {sequence} comes after one that is no label").into()
                );
            }
            let length = frames.lengths[sequence];
            if end > length && !self.ignore_longer_outputs_than_inputs {
                return Err(format!("sequence {sequence} has {end} labels in {length} frames").into());
            }
            all.push(labels[..end].iter().map(|&label| label as usize).collect());
        }
        Ok(all)
    }
}

impl Tensor {
    /// −ln of the probability that each sequence of logits, `[frames, batch, classes]`, reads as its labels, a sparse matrix
    /// `[batch, …]` of int32; `lengths` says how many frames each sequence has. The last class is blank (`tf.nn.ctc_loss`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// // Two frames, one sequence, one label and blank: of four paths, three read as the label.
    /// let logits = tf.constant(array![[[0.0, 0.0]], [[0.0, 0.0]]]);
    /// let labels = SparseTensor::from_parts(&tf, &[[0, 0]], array![0], [1, 1]);
    /// let loss = logits.ctc_loss(&labels, &tf.constant(array![2]));
    /// let loss = Session::new(&tf)?.run(&loss, feeds![])?.as_slice::<f32>()?[0];
    /// assert!((loss + (0.75f32).ln()).abs() < 1e-6);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn ctc_loss(&self, labels: &SparseTensor, lengths: &Tensor) -> Tensor {
        let op = CtcLoss {
            preprocess_collapse_repeated: false,
            ctc_merge_repeated: true,
            ignore_longer_outputs_than_inputs: false,
        };
        self.graph().add_op(op, &[self, &labels.indices, &labels.values, lengths], None).output(0)
    }
}

pub(in crate::ops) fn ctc_loss_cases() -> Vec<Case> {
    let build = |merge: bool| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let labels = SparseTensor::from_parts(tf, &[[0, 0], [0, 1], [1, 0]], array![0, 1, 1], [2, 2]);
            let op = CtcLoss {
                preprocess_collapse_repeated: false,
                ctc_merge_repeated: merge,
                ignore_longer_outputs_than_inputs: false,
            };
            let lengths = tf.constant(array![3, 2]);
            vec![tf.add_op(op, &[&x[0], &labels.indices, &labels.values, &lengths], None).output(0)]
        }
    };
    let logits = || {
        array![
            [[0.1, 0.5, -0.3], [1.0, 0.2, 0.3]],
            [[0.7, -0.5, 0.2], [0.5, 0.9, -1.0]],
            [[0.0, 0.4, 0.6], [0.3, 0.2, 0.1]]
        ]
    };
    let even = array![[[0.0, 0.0]], [[0.0, 0.0]]];
    vec![
        Case::fed("merged", [logits()], build(true)).at_kink(),
        Case::fed("not merged", [logits()], build(false)).at_kink(),
        Case::fed("three paths of four", [even], |tf, x| {
            let labels = SparseTensor::from_parts(tf, &[[0, 0]], array![0], [1, 1]);
            vec![x[0].ctc_loss(&labels, &tf.constant(array![2]))]
        })
        .at_kink()
        .expecting([array![0.287_682_06]]),
    ]
}
