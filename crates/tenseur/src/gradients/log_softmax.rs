//! The gradient of `log(softmax(a))`, which goes to a at once: with l the logarithm and dl its gradient,
//! `da = dl − softmax(a)·Σₖ dlₖ`.
//!
//! Taken step by step, through the logarithm first, it is NaN where a probability underflows: `dl/0`, times 0. Where dl
//! is `−y`, as it is in a cross-entropy, da is `softmax(a)·Σy − y`.

use foldhash::HashSet;
use smallvec::{SmallVec, smallvec};

use crate::graph::{Edge, Graph, Tensor};
use crate::log_of_softmax::{LogOfSoftmax, log_of_softmax, logarithm};
use crate::ops::exponential::{Log, Xlogy};
use crate::ops::math::Sub;
use crate::ops::softmax::softmax_along;
use crate::ops::{Backward, Grad, Op};

/// What flows back through the node, and where to, if it is the logarithm of a softmax, or `x · log y` with a softmax y.
/// `None` also where the gradient of something in between is `wanted`.
#[track_caller]
pub(super) fn through_logarithm(
    op: &dyn Op,
    node: &Backward<'_>,
    wanted: &HashSet<Edge>,
) -> Option<SmallVec<[(Edge, Tensor); 2]>> {
    let is_product = op.downcast::<Xlogy>().is_some();
    if !is_product && op.downcast::<Log>().is_none() && op.downcast::<Sub>().is_none() {
        return None;
    }
    let (graph, dz) = (node.y(0).graph(), node.dy(0)?);
    let found = match is_product {
        true => logarithm(&*graph.read(), node.x(1).edge()),
        false => log_of_softmax(&*graph.read(), node.y(0).edge()),
    };
    let found = found.filter(|found| !found.softmax.inside.iter().any(|edge| wanted.contains(edge)))?;
    let logits = found.softmax.logits;
    if !is_product {
        return Some(smallvec![(logits, gradient_of_logits(graph, found, dz.clone())?)]);
    }
    let (x, y) = (node.x(0), node.x(1));
    let dx = node.sum_to(&(x.one_unless_zero().xlogy(y) * dz), 0);
    let dl = node.sum_to(&(x * dz), 1);
    Some(smallvec![(x.edge(), dx), (logits, gradient_of_logits(graph, found, dl)?)])
}

/// `dl − softmax(a)·Σₖ dlₖ`, where `dl` is the gradient of the logarithm.
#[track_caller]
fn gradient_of_logits(graph: &Graph, found: LogOfSoftmax<Edge>, dl: Tensor) -> Option<Tensor> {
    let LogOfSoftmax { softmax, views } = found;
    let tensor = |edge: Edge| Tensor::new(graph.clone(), edge);
    let dl = views.iter().rev().try_fold(dl, |dl, &view| before_view(graph, view, dl))?;
    let axes = softmax.axes.map(tensor);
    let probabilities = match softmax.stable {
        Some(probabilities) => tensor(probabilities),
        None => softmax_along(&tensor(softmax.logits), axes.as_ref()),
    };
    let sum = match &axes {
        Some(axes) => dl.reduce_sum_keeping(axes),
        None => dl.reduce_sum_keeping(-1),
    };
    Some(dl - probabilities * sum)
}

/// The gradient of what a transpose or reshape looks at, given that of its output.
#[track_caller]
fn before_view(graph: &Graph, view: Edge, dy: Tensor) -> Option<Tensor> {
    let node = graph.node(view.node)?;
    let inputs: Vec<Tensor> = node.inputs.iter().map(|&edge| Tensor::new(graph.clone(), edge)).collect();
    let (outputs, gradients) = ([Tensor::new(graph.clone(), view)], [Some(dy)]);
    match node.op.grad() {
        Grad::Rule(rule) | Grad::Once(rule, _) => {
            rule(&Backward { inputs: &inputs, outputs: &outputs, gradients: &gradients }).swap_remove(0)
        }
        Grad::None(_) | Grad::Undefined(_) => None,
    }
}
