//! The reading of the likeliest class of each frame (CTCGreedyDecoder).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::ctc::{Frames, sizes, sparse};
use crate::ops::sparse::SparseTensor;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The likeliest class of each frame read: inputs are logits, `[frames, batch, classes]`, and how many frames each sequence
/// has. Outputs are indices, values and shape of a sparse matrix of labels, and −Σ of the greatest logits, `[batch, 1]`.
#[derive(Clone, Debug)]
pub struct CtcGreedyDecoder {
    /// Whether repeated classes read as one label.
    pub merge_repeated: bool,
    /// Which class is blank; counted from the end where it is negative.
    pub blank_index: i64,
}

impl OverArrays for CtcGreedyDecoder {
    const NAME: &'static str = "CTCGreedyDecoder";
    const NO_GRADIENT: &'static str = "a reading does not change a little";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("blank_index", self.blank_index);
        attrs.with("merge_repeated", self.merge_repeated)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let merge_repeated = attrs.optional("merge_repeated", false)?;
        Ok(CtcGreedyDecoder { merge_repeated, blank_index: attrs.optional("blank_index", -1)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, lengths] = inputs else { return Err(wrong_count(2, inputs)) };
        let [_, batch, _] = sizes(logits, lengths, Code::FailedPrecondition)?;
        let indices = Fact::new(DType::Int64, [None, Some(2)].into_iter().collect::<PartialShape>());
        let (values, shape) = (Fact::new(DType::Int64, [None]), Fact::new(DType::Int64, [2]));
        let score = Fact::new(logits.dtype, [batch, Some(1)].into_iter().collect::<PartialShape>());
        Ok([indices, values, shape, score].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let frames = Frames::new(&inputs[0], &inputs[1], Code::FailedPrecondition)?;
        let [_, batch, classes] = frames.sizes;
        let blank = if self.blank_index < 0 { self.blank_index + classes as i64 } else { self.blank_index };
        let blank = usize::try_from(blank).ok().filter(|&blank| blank < classes);
        let blank = blank.ok_or_else(|| format!("class {} is blank, of {classes}", self.blank_index))?;
        let (mut readings, mut scores) = (vec![Vec::new(); batch], vec![0.0; batch]);
        for sequence in 0..batch {
            let mut before = None;
            for frame in 0..frames.lengths[sequence] {
                let logits = frames.of(frame, sequence);
                let best = (1..classes)
                    .fold(0, |best, class| if logits[class] > logits[best] { class } else { best });
                scores[sequence] -= logits[best];
                if best != blank && !(self.merge_repeated && before == Some(best)) {
                    readings[sequence].push(best);
                }
                before = Some(best);
            }
        }
        let [indices, values, shape] = sparse(&readings)?;
        Ok(vec![indices, values, shape, as_type(Array::new([batch, 1], scores)?, inputs[0].dtype())])
    }
}

impl Tensor {
    /// The likeliest class of each frame of logits, `[frames, batch, classes]`, read: repetitions merged, the last class,
    /// blank, taken out. And −Σ of the greatest logits of each sequence (`tf.nn.ctc_greedy_decoder`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let logits = tf.constant(array![[[3.0, 1.0, 0.0]], [[2.0, 0.0, 1.0]], [[0.0, 0.0, 4.0]], [[0.0, 5.0, 0.0]]]);
    /// let (labels, _) = logits.ctc_greedy_decoder(&tf.constant(array![4]));
    /// assert_eq!(Session::new(&tf)?.run(&labels.values.cast::<i32>(), feeds![])?, array![0, 1]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn ctc_greedy_decoder(&self, lengths: &Tensor) -> (SparseTensor, Tensor) {
        let op = ByArrays(CtcGreedyDecoder { merge_repeated: true, blank_index: -1 });
        let node = self.graph().add_op(op, &[self, lengths], None);
        (SparseTensor::new(&node.output(0), &node.output(1), &node.output(2)), node.output(3))
    }
}

pub(in crate::ops) fn ctc_greedy_decoder_cases() -> Vec<Case> {
    let build = |merge_repeated, blank_index| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let op = ByArrays(CtcGreedyDecoder { merge_repeated, blank_index });
            let node = tf.add_op(op, &[&x[0].stop_gradient(), &tf.constant(array![3, 2])], None);
            (0..4).map(|output| node.output(output)).collect()
        }
    };
    let logits = || {
        array![
            [[3.0, 1.0, 0.0], [0.0, 2.0, 0.0]],
            [[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]],
            [[0.0, 1.0, 0.5], [9.0, 0.0, 0.0]]
        ]
    };
    let long = |array: Array| as_type(array, DType::Int64);
    vec![
        Case::fed("merged", [logits()], build(true, -1)).expecting([
            long(array![[0, 0], [0, 1], [1, 0]]),
            long(array![0, 1, 1]),
            long(array![2, 2]),
            array![[-6.0], [-5.0]],
        ]),
        Case::fed("not merged, another blank", [logits()], build(false, 1)),
    ]
}
