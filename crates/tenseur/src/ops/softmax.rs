//! Softmax and its logarithm, along the last axis: `softmax(a)ⱼ = exp(aⱼ) / Σₖ exp(aₖ)`.

use tenseur_kernels::SoftmaxKernel;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// exp(aⱼ) / Σₖ exp(aₖ) along the last axis.
#[derive(Clone, Debug)]
pub struct Softmax;

impl Op for Softmax {
    fn name(&self) -> &'static str {
        "Softmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Softmax, Reason> {
        Ok(Softmax)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        // With s = softmax(a): da = (ds − Σₖ dsₖ·sₖ)·s.
        Grad::rule(|node, ds| {
            let s = node.y(0);
            [Some((ds - (ds * s).reduce_sum_keeping(-1)) * s)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower(node, false)
    }
}

/// aⱼ − log Σₖ exp(aₖ) along the last axis: the logarithm of softmax, also where that underflows.
#[derive(Clone, Debug)]
pub struct LogSoftmax;

impl Op for LogSoftmax {
    fn name(&self) -> &'static str {
        "LogSoftmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<LogSoftmax, Reason> {
        Ok(LogSoftmax)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        // With l = log softmax(a): da = dl − (Σₖ dlₖ)·eˡ.
        Grad::rule(|node, dl| [Some(dl - dl.reduce_sum_keeping(-1) * node.y(0).exp())])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        lower(node, true)
    }
}

fn infer(inputs: &[&Fact]) -> Result<Facts, Reason> {
    let [logits] = inputs else { return Err(wrong_count(1, inputs)) };
    if !logits.dtype.is_float() {
        return Err(refusal(&[logits.dtype], DType::is_float));
    }
    if logits.shape.rank() == Some(0) {
        return Err("the logits are a scalar; it needs an axis of classes".into());
    }
    Ok(Fact::new(logits.dtype, logits.shape.clone()).one())
}

fn lower(node: Signature<'_>, log: bool) -> Result<Lowered, Reason> {
    let dtype = node.inputs[0].dtype;
    let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
    let shape = known_shape(node.inputs[0])?;
    let columns = shape.last().copied().unwrap_or(1);
    let rows = shape.iter().rev().skip(1).product();
    Ok(Lowered::kernel(SoftmaxKernel::new(stored, rows, columns, log)?))
}

/// Probabilities from logits: `exp(aⱼ) / Σₖ exp(aₖ)` along the last axis, `[…, classes]`. Large logits do not overflow.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let p = nn::softmax(tf.constant(array![[0.0, 0.0], [1000.0, 0.0]]));
/// assert_eq!(Session::new(&tf)?.run(&p, feeds![])?, array![[0.5, 0.5], [1.0, 0.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn softmax(logits: impl AsRef<Tensor>) -> Tensor {
    let logits = logits.as_ref();
    logits.graph().add(Softmax, &[logits])
}

/// The logarithm of [`softmax`], `aⱼ − log Σₖ exp(aₖ)`, along the last axis. `softmax(a).log()` is −∞ where a
/// probability underflows; this is not.
#[track_caller]
pub fn log_softmax(logits: impl AsRef<Tensor>) -> Tensor {
    let logits = logits.as_ref();
    logits.graph().add(LogSoftmax, &[logits])
}

/// As [`softmax`], along any axes: a tensor of integers, or the last if there is none.
#[track_caller]
pub(crate) fn softmax_along(logits: &Tensor, axes: Option<&Tensor>) -> Tensor {
    let Some(axes) = axes else { return softmax(logits) };
    let exponentials = (logits - logits.reduce_max_keeping(axes).stop_gradient()).exp();
    &exponentials / exponentials.reduce_sum_keeping(axes)
}

fn cases(f: fn(&Tensor) -> Tensor) -> Vec<Case> {
    let build = move |_: &crate::Graph, x: &[Tensor]| vec![f(&x[0])];
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let special =
        array![[inf, 0.0, 1.0], [-inf, 0.0, 1.0], [-inf, -inf, -inf], [nan, 0.0, 1.0], [1e30, 0.0, -1e30]];
    vec![
        Case::fed("rows", [array![[1.0, 2.0, -0.5], [0.0, 0.25, 3.0]]], build),
        Case::fed("a vector", [array![0.5, -1.0, 2.0, 0.0]], build),
        Case::fed("three axes", [array![[[1.0, 2.0], [0.5, -0.5]], [[0.0, 0.25], [3.0, 1.0]]]], build),
        Case::fed("one class", [array![[5.0], [-1.0]]], build),
        Case::fed("no rows", [Array::from_literal([[0.0; 3]; 0])], build),
        Case::fed("no classes", [Array::from_literal([[0.0; 0]; 2])], build),
        Case::fed("special values", [special], build).at_kink(),
    ]
}

pub(super) fn softmax_cases() -> Vec<Case> {
    let mut all = cases(|x| softmax(x));
    let large = array![[1000.0, 0.0], [-1000.0, 0.0], [0.0, 0.0]];
    let answer = array![[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]];
    all.push(Case::fed("large logits", [large], |_, x| vec![softmax(&x[0])]).at_kink().expecting([answer]));
    // Logarithms of softmax are differentiated as one function.
    let rows = || array![[1.0, 2.0, -0.5], [0.5, 0.25, 3.0]];
    all.push(Case::fed("its logarithm", [rows()], |_, x| vec![softmax(&x[0]).log()]));
    all.push(Case::fed("its logarithm, transposed", [rows()], |_, x| {
        vec![softmax(x[0].transpose()).transpose().log()]
    }));
    all.push(Case::fed("by hand, its logarithm", [rows()], |_, x| {
        let exponentials = x[0].exp();
        vec![(&exponentials / exponentials.reduce_sum_keeping(0)).log()]
    }));
    all.push(Case::fed("times a logarithm", [rows(), rows()], |_, x| vec![x[1].xlogy(softmax(&x[0]))]));
    all
}

pub(super) fn log_softmax_cases() -> Vec<Case> {
    let mut all = cases(|x| log_softmax(x));
    let large = array![[1000.0, 0.0], [-1000.0, 0.0]];
    let answer = array![[0.0, -1000.0], [-1000.0, 0.0]];
    all.push(Case::fed("large logits", [large], |_, x| vec![log_softmax(&x[0])]).expecting([answer]));
    all
}
