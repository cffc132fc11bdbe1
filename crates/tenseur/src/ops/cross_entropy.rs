//! The cross-entropy of softmax(a) with labels: `loss = −Σⱼ yⱼ · log softmax(a)ⱼ`, one number for each row.
//!
//! Both ops have a second output, the gradient of the loss with respect to the logits, `softmax(a) − y`, which costs
//! little more than the loss.

use tenseur_kernels::{CrossEntropyKernel, Labels, LossAndGradient};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::softmax::{log_softmax, softmax};
use crate::ops::stretch::stretching;
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape, Shape};

/// Cross-entropy with labels that are probabilities: inputs are logits and labels, both `[batch, classes]`, which
/// broadcast; outputs are the loss, `[batch]`, and its gradient, `[batch, classes]`, for labels that sum to 1.
#[derive(Clone, Debug)]
pub struct SoftmaxCrossEntropyWithLogits;

impl Op for SoftmaxCrossEntropyWithLogits {
    fn name(&self) -> &'static str {
        "SoftmaxCrossEntropyWithLogits"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SoftmaxCrossEntropyWithLogits, Reason> {
        Ok(SoftmaxCrossEntropyWithLogits)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, labels] = inputs else { return Err(wrong_count(2, inputs)) };
        if logits.dtype != labels.dtype || !logits.dtype.is_float() {
            return Err(refusal(&[logits.dtype, labels.dtype], DType::is_float));
        }
        for (fact, what) in [(logits, "logits"), (labels, "labels")] {
            if fact.shape.rank().is_some_and(|rank| rank != 2) {
                return Err(format!("{what} are [batch, classes] and these have shape {}", fact.shape).into());
            }
        }
        let both = logits.shape.broadcast(&labels.shape).ok_or_else(|| {
            format!("logits {} and labels {} do not fit each other", logits.shape, labels.shape)
        })?;
        let both = both.merge(&PartialShape::of_rank(2)).unwrap_or_default();
        let loss = Fact::new(logits.dtype, [both.size(0)]);
        Ok([loss, Fact::new(logits.dtype, both)].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            // With respect to the labels, loss is linear, with slope −log softmax, and softmax − y has slope −1.
            let of_loss = node.dy(0).map(|dloss| each_row(dloss) * -log_softmax(full_logits(node)));
            let of_gradient = node.dy(1).map(|dg| -dg);
            let (dlogits, dlabels) = (through_logits(node), sum(of_loss, of_gradient));
            vec![
                dlogits.map(|dlogits| node.sum_to(&dlogits, 0)),
                dlabels.map(|dlabels| node.sum_to(&dlabels, 1)),
            ]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let (logits, labels, both) =
            (known_shape(node.inputs[0])?, known_shape(node.inputs[1])?, known_shape(&node.outputs[1])?);
        let (rows, columns) = (both[0], both[1]);
        if logits[1] != columns || labels[1] != columns {
            let kernel =
                CrossEntropyKernel::new(stored, rows, columns, Labels::Dense, LossAndGradient::Both)?;
            let operands: [(Shape, Shape); 2] = [(logits, both.clone()), (labels, both)];
            return stretching("StretchedCrossEntropy", kernel, stored.size(), &operands);
        }
        Ok(Lowered::kernel(self.kernel(node)?))
    }
}

impl SoftmaxCrossEntropyWithLogits {
    /// The kernel, where neither input is stretched over classes.
    pub(crate) fn kernel(&self, node: Signature<'_>) -> Result<CrossEntropyKernel, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let (logits, labels, both) =
            (known_shape(node.inputs[0])?, known_shape(node.inputs[1])?, known_shape(&node.outputs[1])?);
        let (rows, columns) = (both[0], both[1]);
        let kernel = CrossEntropyKernel::new(stored, rows, columns, Labels::Dense, LossAndGradient::Both)?;
        Ok(kernel.one_row(logits[0] != rows, labels[0] != rows))
    }
}

/// Cross-entropy with one class for each row: inputs are logits, `[batch, classes]`, and the numbers of the classes,
/// `[batch]`; outputs are the loss, `[batch]`, and its gradient, `[batch, classes]`. A run fails where a number is not
/// that of a class.
#[derive(Clone, Debug)]
pub struct SparseSoftmaxCrossEntropyWithLogits;

impl Op for SparseSoftmaxCrossEntropyWithLogits {
    fn name(&self) -> &'static str {
        "SparseSoftmaxCrossEntropyWithLogits"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tlabels", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseSoftmaxCrossEntropyWithLogits, Reason> {
        Ok(SparseSoftmaxCrossEntropyWithLogits)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, labels] = inputs else { return Err(wrong_count(2, inputs)) };
        if !logits.dtype.is_float() {
            return Err(refusal(&[logits.dtype], DType::is_float));
        }
        if !matches!(labels.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("labels are int32 or int64 and these are {}", labels.dtype).into());
        }
        if logits.shape.rank().is_some_and(|rank| rank != 2) {
            return Err(format!("logits are [batch, classes] and these have shape {}", logits.shape).into());
        }
        if labels.shape.rank().is_some_and(|rank| rank != 1) {
            return Err(format!(
                "labels are [batch], the number of a class for each row, and these have shape {}",
                labels.shape
            )
            .into());
        }
        if logits.shape.size(1) == Some(0) {
            return Err(
                format!("there must be at least one class, and the logits are {}", logits.shape).into()
            );
        }
        let batch = PartialShape::from([logits.shape.size(0)]);
        let batch = batch.merge(&labels.shape).ok_or_else(|| {
            format!("there are logits {} and labels {}: one label for each row", logits.shape, labels.shape)
        })?;
        let both = PartialShape::from([batch.size(0), logits.shape.size(1)]);
        Ok([Fact::new(logits.dtype, batch), Fact::new(logits.dtype, both)].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![through_logits(node), None]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::kernel(self.kernel(node)?))
    }
}

impl SparseSoftmaxCrossEntropyWithLogits {
    /// The kernel.
    pub(crate) fn kernel(&self, node: Signature<'_>) -> Result<CrossEntropyKernel, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let labels = match node.inputs[1].dtype {
            DType::Int32 => Labels::SparseI32,
            _ => Labels::SparseI64,
        };
        let both = known_shape(&node.outputs[1])?;
        Ok(CrossEntropyKernel::new(stored, both[0], both[1], labels, LossAndGradient::Both)?)
    }
}

/// The gradient of the logits, before it is summed where they were stretched. With s = softmax(a):
/// `dloss · (s − y)` from the loss, and from its gradient g, which is s but for a constant, `(dg − Σₖ dgₖ·sₖ)·s`.
#[track_caller]
fn through_logits(node: &Backward<'_>) -> Option<Tensor> {
    let of_loss = node.dy(0).map(|dloss| each_row(dloss) * node.y(1));
    let of_gradient = node.dy(1).map(|dg| {
        let s = softmax(full_logits(node));
        (dg - (dg * &s).reduce_sum_keeping(-1)) * s
    });
    sum(of_loss, of_gradient)
}

/// The logits as the op saw them, stretched over as many classes as the labels have.
#[track_caller]
fn full_logits(node: &Backward<'_>) -> Tensor {
    let (logits, gradient) = (node.x(0), node.y(1));
    match (logits.shape().size(1), gradient.shape().size(1)) {
        (Some(own), Some(classes)) if own == classes => logits.clone(),
        _ => logits.broadcast_to(gradient.shape_tensor()),
    }
}

/// A number for each row as a column.
#[track_caller]
fn each_row(x: &Tensor) -> Tensor {
    x.reshape([-1, 1])
}

#[track_caller]
fn sum(a: Option<Tensor>, b: Option<Tensor>) -> Option<Tensor> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// `−Σⱼ yⱼ · log softmax(a)ⱼ` for each row of logits a and labels y, `[…, classes]` both; what comes out is `[…]`. Each
/// row of labels must be probabilities, with sum 1. Gradients flow into the labels too, where they depend on something
/// (as TensorFlow 2's do, and TensorFlow 1's `softmax_cross_entropy_with_logits_v2`).
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let logits = tf.placeholder::<f32>([None, Some(2)], "logits");
/// let labels = tf.placeholder::<f32>([None, Some(2)], "labels");
/// let loss = nn::softmax_cross_entropy_with_logits(&labels, &logits);
/// let sess = Session::new(&tf)?;
/// let certain = feeds![logits => array![[1000.0, 0.0]], labels => array![[0.0, 1.0]]];
/// assert_eq!(sess.run(&loss, certain)?, array![1000.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn softmax_cross_entropy_with_logits(labels: impl Into<Operand>, logits: impl AsRef<Tensor>) -> Tensor {
    let logits = logits.as_ref();
    let labels = labels.into().tensor(logits);
    if logits.rank() == Some(2) {
        return logits.graph().add(SoftmaxCrossEntropyWithLogits, &[logits, &labels]);
    }
    let rows = |x: &Tensor| match x.shape().sizes().and_then(|sizes| *sizes.last()?) {
        Some(classes) => x.reshape([-1, classes as i32]),
        None => x.clone(),
    };
    let loss = logits.graph().add(SoftmaxCrossEntropyWithLogits, &[&rows(logits), &rows(&labels)]);
    loss.reshape_like(&logits.reduce_sum(-1))
}

/// `−log softmax(a)_c` for each row of logits a, `[…, classes]`, whose class is number c of labels, int32 or int64,
/// `[…]`. A run fails where a label is not the number of a class.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let logits = tf.placeholder::<f32>([None, Some(3)], "logits");
/// let labels = tf.placeholder::<i32>([None], "labels");
/// let loss = nn::sparse_softmax_cross_entropy_with_logits(&labels, &logits);
/// let sess = Session::new(&tf)?;
/// let feeds = feeds![logits => array![[0.0, 0.0, 0.0]], labels => array![2]];
/// assert_eq!(sess.run(&loss, feeds)?, array![3f32.ln()]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn sparse_softmax_cross_entropy_with_logits(
    labels: impl Into<Operand>,
    logits: impl AsRef<Tensor>,
) -> Tensor {
    let logits = logits.as_ref();
    let labels = labels.into().tensor(logits);
    let op = SparseSoftmaxCrossEntropyWithLogits;
    if logits.rank().is_none_or(|rank| rank == 2) {
        return logits.graph().add(op, &[logits, &labels]);
    }
    let rows = match logits.shape().sizes().and_then(|sizes| *sizes.last()?) {
        Some(classes) => logits.reshape([-1, classes as i32]),
        None => logits.clone(),
    };
    logits.graph().add(op, &[&rows, &labels.reshape([-1])]).reshape_like(&labels)
}

pub(super) fn softmax_cross_entropy_cases() -> Vec<Case> {
    let logits = || array![[1.0, 2.0, -0.5], [0.0, 0.25, 3.0]];
    // The gradient that the op gives is for labels that sum to 1; a softmax does, wherever it is moved.
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = tf.add_op(SoftmaxCrossEntropyWithLogits, &[&x[0], &softmax(&x[1])], None);
        vec![op.output(0), op.output(1)]
    };
    let raw = |tf: &crate::Graph, x: &[Tensor]| {
        let op = tf.add_op(SoftmaxCrossEntropyWithLogits, &[&x[0], &x[1]], None);
        vec![op.output(0), op.output(1)]
    };
    let (third, inf) = (1.0 / 3.0, f32::INFINITY);
    vec![
        Case::fed("rows", [logits(), array![[0.5, 0.0, 1.0], [-1.0, 2.0, 0.5]]], build),
        Case::fed("one row of labels for all", [logits(), array![[0.5, 0.0, 1.0]]], build),
        Case::fed("one row of logits for all", [array![[0.5, 0.0, 1.0]], logits()], build),
        Case::fed("one label for all classes", [array![[0.0, 1.0, 2.0]], array![[third], [third]]], raw)
            .at_kink()
            .expecting([
                array![1.407606, 1.407606],
                array![[-0.24330276, -0.08860487, 0.33190763], [-0.24330276, -0.08860487, 0.33190763]],
            ]),
        Case::fed("not probabilities", [logits(), array![[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]], raw).at_kink(),
        Case::fed(
            "beyond all doubt",
            [array![[1000.0, 0.0], [-inf, 0.0]], array![[0.0, 1.0], [1.0, 0.0]]],
            raw,
        )
        .at_kink()
        .expecting([array![1000.0, inf], array![[1.0, -1.0], [-1.0, 1.0]]]),
        Case::fed("one logit for all classes", [array![[0.5], [1.0]], logits()], build),
    ]
}

pub(super) fn sparse_softmax_cross_entropy_cases() -> Vec<Case> {
    let logits = || array![[0.0, 1.0, 2.0], [0.5, 0.25, -1.0]];
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = tf.add_op(SparseSoftmaxCrossEntropyWithLogits, &[&x[0], &x[1]], None);
        vec![op.output(0), op.output(1)]
    };
    vec![
        Case::fed("int32", [logits(), array![0, 2]], build),
        Case::fed("int64", [logits(), array![1, 1]], |tf, x| {
            let labels = x[1].cast::<i64>();
            vec![tf.add(SparseSoftmaxCrossEntropyWithLogits, &[&x[0], &labels])]
        }),
        Case::fed("known", [array![[0.0, 1.0, 2.0]], array![0]], build)
            .expecting([array![2.407_606], array![[-0.90996945, 0.24472848, 0.66524094]]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn axes_before_the_classes_stay() {
        let tf = Graph::new();
        let logits = tf.placeholder::<f32>([None, Some(2), Some(3)], "logits");
        let labels = tf.placeholder::<i32>([None, Some(2)], "labels");
        let loss = nn::sparse_softmax_cross_entropy_with_logits(&labels, &logits);
        let one_hot = tf.placeholder::<f32>([None, Some(2), Some(3)], "one_hot");
        let dense = nn::softmax_cross_entropy_with_logits(&one_hot, &logits);
        let sess = Session::new(&tf).unwrap();
        let feeds = feeds![
            logits => array![[[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]],
            labels => array![[2, 0]],
            one_hot => array![[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]],
        ];
        let (loss, dense) = sess.run((&loss, &dense), feeds).unwrap();
        assert_eq!(loss.shape()[..], [1, 2]);
        assert_eq!(loss, dense);
    }

    #[test]
    fn a_label_that_is_no_class_fails_the_run() {
        let tf = Graph::new();
        let logits = tf.placeholder::<f32>([None, Some(3)], "logits");
        let labels = tf.placeholder::<i32>([None], "labels");
        let loss = nn::sparse_softmax_cross_entropy_with_logits(&labels, &logits);
        let sess = Session::new(&tf).unwrap();
        for label in [3, -1] {
            let feeds = feeds![logits => array![[0.0, 1.0, 2.0]], labels => array![label]];
            let error = sess.run(&loss, feeds).unwrap_err();
            assert!(error.message().contains(&format!("{label}")), "{error}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_with_the_numbers() {
        let said = |labels: Array, sparse: bool| {
            let tf = Graph::new();
            let logits = tf.zeros::<f32>([4, 3]);
            let _ = match sparse {
                true => nn::sparse_softmax_cross_entropy_with_logits(labels, &logits),
                false => nn::softmax_cross_entropy_with_logits(labels, &logits),
            };
            tf.check().unwrap_err().message().to_string()
        };
        let dense = said(array![[0.0, 1.0], [1.0, 0.0]], false);
        assert_eq!(dense, "logits [4, 3] and labels [2, 2] do not fit each other");
        let sparse = said(array![0, 1], true);
        assert_eq!(sparse, "there are logits [4, 3] and labels [2]: one label for each row");
        assert_eq!(said(array![0.0, 1.0, 2.0, 0.0], true), "labels are int32 or int64 and these are float32");
    }
}
