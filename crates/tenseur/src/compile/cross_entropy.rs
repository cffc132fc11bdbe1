//! The cross-entropy that a program spelled out, in its stable form:
//!
//! - who reads `log(softmax(a))` reads `log_softmax(a)`, which is finite where a probability underflows; who fetches it
//!   gets what was written;
//! - `x · log y` (op Xlogy) with `y = softmax(a)` is x times that;
//! - the gradient that TensorFlow writes into its graphs, `(g − Σ g·σ)·σ` with `σ = softmax(a)` and `g = t/σ`, is
//!   `t − σ·Σt`, without the division that is 0/0 where a probability underflows.
//!
//! At logits whose probabilities are far from underflow, all of this changes results by rounding alone. At others the
//! plan gives the limit where the graph as written gives −∞ or NaN: the only place where the two are meant to differ.

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::compile::rewrite::{Replacement, Rewriting, rewrite};
use crate::compile::{Flow, Source};
use crate::graph::{Fact, NodeId};
use crate::log_of_softmax::{
    Dataflow, LogOfSoftmax, behind_reshapes, behind_views, counted_axes, is_quotient, is_reshape,
    log_of_softmax, logarithm, stands_as_kept,
};
use crate::ops::Op;
use crate::ops::array::transpose::Transpose;
use crate::ops::division::Reciprocal;
use crate::ops::exponential::{Exp, Log, Xlogy};
use crate::ops::math::{Mul, MulNoNan, Sub};
use crate::ops::reduce::Sum;
use crate::ops::reduce::extreme::Max;
use crate::ops::softmax::{LogSoftmax, Softmax};
use crate::value::PartialShape;

impl Dataflow for Flow {
    type Value = Source;

    const VALUES_ONLY: bool = true;

    fn maker(&self, value: Source) -> Option<(&dyn Op, &[Source])> {
        match value {
            Source::Node(node, 0) => Some((&*self.nodes[node].op, &self.nodes[node].inputs)),
            Source::Node(..) | Source::Feed(_) => None,
        }
    }

    fn fact_of(&self, value: Source) -> Option<&Fact> {
        Some(self.fact(value))
    }
}

/// What a node turned out to be.
enum Form {
    /// The logarithm of a softmax.
    Logarithm(LogOfSoftmax<Source>),
    /// x times the logarithm of a softmax, 0 where x is.
    Product(Source, LogOfSoftmax<Source>),
    /// The gradient of the logits of a softmax, from `t`, that of its logarithm.
    Gradient {
        t: Source,
        /// What brings t into the shape of the softmax, in order.
        views: Vec<Source>,
        softmax: Source,
        axes: Source,
    },
}

/// Rewrites what it recognises.
pub(crate) fn cross_entropy(flow: &mut Flow) {
    let forms: HashMap<usize, Form> =
        (0..flow.nodes.len()).filter_map(|index| Some((index, form(flow, index)?))).collect();
    if forms.is_empty() {
        return;
    }
    rewrite(flow, |rewriting, index, origin| {
        let form = forms.get(&index)?;
        let value = rewriting.write(form, origin)?;
        Some(match form {
            Form::Logarithm(_) => Replacement::ForReaders(value),
            Form::Product(..) | Form::Gradient { .. } => Replacement::Everywhere(value),
        })
    });
}

impl Rewriting<'_> {
    /// The value of a form.
    fn write(&mut self, form: &Form, origin: NodeId) -> Option<Source> {
        match form {
            Form::Logarithm(found) => self.log_softmax(found, origin),
            Form::Product(x, found) => {
                let log = self.log_softmax(found, origin)?;
                let x = self.reading(*x);
                self.add(MulNoNan, &[log, x], origin)
            }
            Form::Gradient { t, views, softmax, axes } => {
                let t = self.reading(*t);
                let t = self.viewed(t, views, origin)?;
                let (softmax, axes) = (self.reading(*softmax), self.reading(*axes));
                let sum = self.add(Sum { keep_dims: true }, &[t, axes], origin)?;
                let share = self.add(Mul, &[softmax, sum], origin)?;
                self.add(Sub, &[t, share], origin)
            }
        }
    }

    /// `log_softmax(a)`, by its kernel along the last axis and by its formula along others.
    fn log_softmax(&mut self, found: &LogOfSoftmax<Source>, origin: NodeId) -> Option<Source> {
        let logits = self.reading(found.softmax.logits);
        let log = match found.softmax.axes {
            None => self.add(LogSoftmax, &[logits], origin)?,
            Some(axes) => {
                let axes = self.reading(axes);
                let greatest = self.add(Max { keep_dims: true }, &[logits, axes], origin)?;
                let shifted = self.add(Sub, &[logits, greatest], origin)?;
                let exponentials = self.add(Exp, &[shifted], origin)?;
                let sum = self.add(Sum { keep_dims: true }, &[exponentials, axes], origin)?;
                let log_sum = self.add(Log, &[sum], origin)?;
                self.add(Sub, &[shifted, log_sum], origin)?
            }
        };
        self.viewed(log, &found.views, origin)
    }

    /// The value through the same transposes and reshapes.
    fn viewed(&mut self, value: Source, views: &[Source], origin: NodeId) -> Option<Source> {
        views.iter().try_fold(value, |value, &view| {
            let Source::Node(node, _) = view else { return None };
            let node = self.old().nodes[node].clone();
            let others = node.inputs[1..].iter().map(|&input| self.reading(input));
            let inputs: SmallVec<[Source; 3]> = std::iter::once(value).chain(others).collect();
            self.add_like(node.op.clone(), &inputs, origin)
        })
    }
}

/// What node `index` is, if it is something that has a stable form.
fn form(flow: &Flow, index: usize) -> Option<Form> {
    let (op, inputs) = flow.maker(Source::Node(index, 0))?;
    if op.downcast::<Xlogy>().is_some() {
        return Some(Form::Product(inputs[0], logarithm(flow, inputs[1])?));
    }
    if op.downcast::<Mul>().is_some() {
        return gradient(flow, inputs[0], inputs[1]).or_else(|| gradient(flow, inputs[1], inputs[0]));
    }
    log_of_softmax(flow, Source::Node(index, 0)).map(Form::Logarithm)
}

/// `(g − Σ g·σ)·σ`, given its two factors, with `g = t/σ`.
fn gradient(flow: &Flow, difference: Source, softmax: Source) -> Option<Form> {
    flow.maker(softmax)?.0.downcast::<Softmax>()?;
    let (op, inputs) = flow.maker(difference)?;
    op.downcast::<Sub>()?;
    let (g, placed) = (inputs[0], inputs[1]);
    let (sum, reshaped) = behind_reshapes(flow, placed, &mut Vec::new());
    let (op, inputs) = flow.maker(sum)?;
    op.downcast::<Sum>()?;
    let (product, axes) = (inputs[0], inputs[1]);
    let (op, factors) = flow.maker(product)?;
    op.downcast::<Mul>()?;
    let shape = &flow.fact(softmax).shape;
    let of_rows = counted_axes(flow, softmax, axes)? == [shape.rank()?.checked_sub(1)?];
    let of_both = factors == [g, softmax] || factors == [softmax, g];
    if !of_rows || !of_both || !stands_as_kept(flow, placed, product, axes, reshaped) {
        return None;
    }
    let (quotient, mut outer) = behind_views(flow, g);
    let (t, divisor) = divided(flow, quotient)?;
    let (core, mut inner) = behind_views(flow, divisor);
    inner.reverse();
    outer.reverse();
    let one_shape = flow.fact(t).shape == flow.fact(divisor).shape && flow.fact(g).shape == *shape;
    let same = core == softmax && one_shape && leave_unchanged(flow, shape, inner.iter().chain(&outer));
    same.then_some(Form::Gradient { t, views: outer, softmax, axes })
}

/// What is divided, and by what.
fn divided(flow: &Flow, value: Source) -> Option<(Source, Source)> {
    let (op, inputs) = flow.maker(value)?;
    if is_quotient(op) {
        return Some((inputs[0], inputs[1]));
    }
    op.downcast::<Mul>()?;
    let inverse = |value| {
        let (op, inputs) = flow.maker(value)?;
        op.downcast::<Reciprocal>().map(|_| inputs[0])
    };
    let (x, y) = (inputs[0], inputs[1]);
    inverse(y).map(|divisor| (x, divisor)).or_else(|| inverse(x).map(|divisor| (y, divisor)))
}

/// Whether transposes and reshapes, one after another, give every element of a tensor of this shape its place back.
fn leave_unchanged<'a>(flow: &Flow, shape: &PartialShape, views: impl Iterator<Item = &'a Source>) -> bool {
    /// What is not undone yet.
    enum Open {
        /// A reshape of this shape.
        Shape(PartialShape),
        /// Axes in this order.
        Order(Vec<usize>),
    }
    let mut open: Vec<Open> = Vec::new();
    let mut shape = shape;
    for &view in views {
        let Some((op, inputs)) = flow.maker(view) else { return false };
        let after = &flow.fact(view).shape;
        if op.downcast::<Transpose>().is_some() {
            let perm = flow.fact(inputs[1]).integers().unwrap_or_default();
            let mut order: Vec<usize> = perm.into_iter().map(|axis| axis as usize).collect();
            if let Some(Open::Order(before)) = open.pop_if(|last| matches!(last, Open::Order(_))) {
                order = order.into_iter().map(|axis| before[axis]).collect();
            }
            if !order.iter().copied().eq(0..shape.rank().unwrap_or(0)) {
                open.push(Open::Order(order));
            }
        } else if is_reshape(op) {
            let before = match open.pop_if(|last| matches!(last, Open::Shape(_))) {
                Some(Open::Shape(before)) => before,
                _ => shape.clone(),
            };
            if before != *after {
                open.push(Open::Shape(before));
            }
        }
        shape = after;
    }
    open.is_empty()
}
