//! Recognises `log(softmax(a))`, however it was spelled, so that `gradients` and the compiler can put in its place what
//! does not underflow: `log_softmax(a)ⱼ = (aⱼ − m) − log Σₖ exp(aₖ − m)` with `m = max(a)`.
//!
//! The spellings:
//!
//! - the logarithm of op Softmax, with transposes and reshapes between the two (softmax along another axis);
//! - the logarithm of `exp(z) / Σ exp(z)` along any axes, the quotient written as such or as a product with a reciprocal,
//!   the sum with its axes kept or put back by a reshape;
//! - `z − log Σ exp(z)`;
//! - each with `z = a`, or `z = a − max(a)`, whether or not gradients are stopped at the maximum.
//!
//! Anything between the softmax and its logarithm that changes a value (a small number added, a clip) makes it another
//! function, which is left alone.

use std::hash::Hash;

use crate::graph::{Contents, Edge, Fact};
use crate::ops::array::identity::{Identity, Snapshot, StopGradient};
use crate::ops::array::reshape::{ExpandDims, Reshape, Squeeze};
use crate::ops::array::transpose::Transpose;
use crate::ops::division::{Div, RealDiv, Reciprocal};
use crate::ops::exponential::{Exp, Log};
use crate::ops::math::{Mul, Sub};
use crate::ops::reduce::extreme::Max;
use crate::ops::reduce::{Sum, normalised_axes};
use crate::ops::softmax::Softmax;
use crate::ops::source::Const;
use crate::ops::{Effect, Op};
use crate::value::Array;

/// What is looked at: a graph, or the flow that a plan is made of.
pub(crate) trait Dataflow {
    /// What says which value is meant.
    type Value: Copy + Eq + Hash;

    /// Whether a value alone counts, and not also how gradients reach it: then StopGradient is no more than Identity.
    const VALUES_ONLY: bool;

    /// The op that computes the value as its first output, and the op's inputs; `None` for what is fed.
    fn maker(&self, value: Self::Value) -> Option<(&dyn Op, &[Self::Value])>;

    /// What is known of the value.
    fn fact_of(&self, value: Self::Value) -> Option<&Fact>;
}

impl Dataflow for Contents {
    type Value = Edge;

    const VALUES_ONLY: bool = false;

    fn maker(&self, edge: Edge) -> Option<(&dyn Op, &[Edge])> {
        let node = &self.nodes[edge.node.index()];
        (edge.output == 0).then_some((&*node.op, &node.inputs[..]))
    }

    fn fact_of(&self, edge: Edge) -> Option<&Fact> {
        self.nodes[edge.node.index()].fact(edge.output)
    }
}

/// A softmax that was recognised.
#[derive(Clone, Debug)]
pub(crate) struct SoftmaxOf<V> {
    /// What it is the softmax of.
    pub(crate) logits: V,
    /// The tensor of axes along which it sums to 1; `None` for the last axis.
    pub(crate) axes: Option<V>,
    /// Its value, where op Softmax computes it, which does not overflow.
    pub(crate) stable: Option<V>,
    /// The values that were looked through, from the logits (left out) to the logarithm (left out).
    pub(crate) inside: Vec<V>,
}

/// The logarithm of a softmax.
#[derive(Clone, Debug)]
pub(crate) struct LogOfSoftmax<V> {
    /// The softmax.
    pub(crate) softmax: SoftmaxOf<V>,
    /// The transposes and reshapes between it and its logarithm, from the softmax outwards.
    pub(crate) views: Vec<V>,
}

/// The logarithm of a softmax that `value` is, if it is one.
pub(crate) fn log_of_softmax<D: Dataflow>(flow: &D, value: D::Value) -> Option<LogOfSoftmax<D::Value>> {
    let (op, inputs) = flow.maker(value)?;
    match (op.downcast::<Log>(), op.downcast::<Sub>()) {
        (Some(_), _) => logarithm(flow, inputs[0]),
        (_, Some(_)) => difference(flow, inputs[0], inputs[1]),
        _ => None,
    }
}

/// The logarithm of `value` as that of a softmax, if `value` is one.
pub(crate) fn logarithm<D: Dataflow>(flow: &D, value: D::Value) -> Option<LogOfSoftmax<D::Value>> {
    let (core, mut views) = behind_views(flow, value);
    let mut softmax = softmax(flow, core)?;
    softmax.inside.extend(&views);
    views.reverse();
    Some(LogOfSoftmax { softmax, views })
}

/// `z − log Σ exp(z)`.
fn difference<D: Dataflow>(flow: &D, z: D::Value, log: D::Value) -> Option<LogOfSoftmax<D::Value>> {
    let mut inside = Vec::new();
    let (logarithm, reshaped) = behind_reshapes(flow, log, &mut inside);
    let (op, inputs) = flow.maker(logarithm)?;
    op.downcast::<Log>()?;
    inside.push(logarithm);
    let (sum, axes) = sum_of_exponentials(flow, log, inputs[0], reshaped, &mut inside)?;
    let (op, inputs) = flow.maker(sum)?;
    op.downcast::<Exp>()?;
    let summed = inputs[0];
    inside.push(sum);
    same(flow, z, summed, &mut inside).then_some(())?;
    let softmax = finished(flow, z, axes, inside)?;
    Some(LogOfSoftmax { softmax, views: Vec::new() })
}

/// The softmax that `value` is, if it is one.
fn softmax<D: Dataflow>(flow: &D, value: D::Value) -> Option<SoftmaxOf<D::Value>> {
    let (op, inputs) = flow.maker(value)?;
    if op.downcast::<Softmax>().is_some() {
        let logits = inputs[0];
        is_value(flow, logits).then_some(())?;
        return Some(SoftmaxOf { logits, axes: None, stable: Some(value), inside: vec![value] });
    }
    if is_quotient(op) {
        return quotient(flow, value, inputs[0], inputs[1], false);
    }
    op.downcast::<Mul>()?;
    quotient(flow, value, inputs[0], inputs[1], true)
        .or_else(|| quotient(flow, value, inputs[1], inputs[0], true))
}

/// `exp(z)` divided by its sum, or, if `inverse`, multiplied by the sum's reciprocal.
fn quotient<D: Dataflow>(
    flow: &D,
    value: D::Value,
    above: D::Value,
    below: D::Value,
    inverse: bool,
) -> Option<SoftmaxOf<D::Value>> {
    let mut inside = vec![value];
    let exponential = passed_on(flow, above, &mut inside);
    let (op, exponent) = flow.maker(exponential)?;
    op.downcast::<Exp>()?;
    inside.push(exponential);
    let (mut divisor, mut reshaped) = (below, false);
    if inverse {
        (divisor, reshaped) = behind_reshapes(flow, below, &mut inside);
        inside.push(divisor);
        let (op, inputs) = flow.maker(divisor)?;
        divisor = match (op.downcast::<Reciprocal>(), inputs) {
            (Some(_), &[divisor]) => divisor,
            (None, &[one, divisor]) if is_quotient(op) && is_one(flow, one) => divisor,
            _ => return None,
        };
    }
    let (summed, axes) = sum_of_exponentials(flow, below, divisor, reshaped, &mut inside)?;
    inside.push(summed);
    same(flow, exponential, summed, &mut inside).then_some(())?;
    finished(flow, exponent[0], axes, inside)
}

/// What `divisor` sums and along which axes, where `placed`, which is computed from it, stands beside what was summed as
/// the sum with its axes kept would.
fn sum_of_exponentials<D: Dataflow>(
    flow: &D,
    placed: D::Value,
    divisor: D::Value,
    reshaped: bool,
    inside: &mut Vec<D::Value>,
) -> Option<(D::Value, D::Value)> {
    let (sum, again) = behind_reshapes(flow, divisor, inside);
    let (op, inputs) = flow.maker(sum)?;
    let kept = op.downcast::<Sum>()?.keep_dims;
    inside.push(sum);
    let as_kept =
        kept && sum == placed || stands_as_kept(flow, placed, inputs[0], inputs[1], reshaped || again);
    as_kept.then_some((passed_on(flow, inputs[0], inside), inputs[1]))
}

/// The softmax of z along axes, where that of a − max(a) is the softmax of a.
fn finished<D: Dataflow>(
    flow: &D,
    z: D::Value,
    axes: D::Value,
    mut inside: Vec<D::Value>,
) -> Option<SoftmaxOf<D::Value>> {
    let known = flow.fact_of(axes)?.integers();
    if known.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let logits = before_shift(flow, z, axes, &mut inside).unwrap_or(z);
    is_value(flow, logits).then_some(())?;
    let rank = flow.fact_of(logits)?.shape.rank();
    let last = known.is_some_and(|axes| match (&axes[..], rank) {
        ([-1], _) => true,
        ([axis], Some(rank)) => axis + 1 == rank as i64,
        _ => false,
    });
    Some(SoftmaxOf { logits, axes: (!last).then_some(axes), stable: None, inside })
}

/// a, where z is a less its maximum along the axes, and perhaps along others too.
fn before_shift<D: Dataflow>(
    flow: &D,
    z: D::Value,
    axes: D::Value,
    inside: &mut Vec<D::Value>,
) -> Option<D::Value> {
    let mut looked_at = Vec::new();
    let shifted = passed_on(flow, z, &mut looked_at);
    let (op, inputs) = flow.maker(shifted)?;
    op.downcast::<Sub>()?;
    looked_at.push(shifted);
    let (logits, shift) = (inputs[0], inputs[1]);
    // A shift changes no softmax, so that nothing is lost where gradients stop at the maximum.
    let (greatest, reshaped) = behind_stops(flow, shift, &mut looked_at);
    let (op, inputs) = flow.maker(greatest)?;
    let kept = op.downcast::<Max>()?.keep_dims && greatest == shift;
    looked_at.push(greatest);
    let (of, along) = (inputs[0], inputs[1]);
    let covered = same_axes(flow, axes, along) || {
        let (axes, along) = (counted_axes(flow, of, axes)?, counted_axes(flow, of, along)?);
        axes.iter().all(|axis| along.contains(axis))
    };
    (covered && (kept || stands_as_kept(flow, shift, of, along, reshaped))).then_some(())?;
    let mut source = of;
    while let Some((op, inputs)) = flow.maker(source)
        && source != logits
        && (is_passed_on::<D>(op) || op.downcast::<StopGradient>().is_some())
    {
        looked_at.push(source);
        source = inputs[0];
    }
    same(flow, source, logits, &mut looked_at).then_some(())?;
    inside.extend(looked_at);
    Some(logits)
}

/// Whether `placed`, which has the elements of a reduction of `x` along `axes` in their order, broadcasts against x as
/// the reduction with its axes kept would.
pub(crate) fn stands_as_kept<D: Dataflow>(
    flow: &D,
    placed: D::Value,
    x: D::Value,
    axes: D::Value,
    reshaped: bool,
) -> bool {
    let stands = || {
        let gone = counted_axes(flow, x, axes)?;
        let (x, placed) = (flow.fact_of(x)?, flow.fact_of(placed)?);
        let (sizes, placed) = (x.shape.sizes()?, placed.shape.sizes()?);
        let missing = sizes.len().checked_sub(placed.len())?;
        let size = |(axis, size): (usize, &Option<usize>)| if gone.contains(&axis) { Some(1) } else { *size };
        let kept = sizes.iter().enumerate().map(size);
        let stretched = std::iter::repeat_n(Some(1), missing).chain(placed.iter().copied());
        // Of a reshape, one size that is not known follows from the others.
        let open = placed.iter().filter(|size| size.is_none()).count();
        Some(kept.eq(stretched) && (open <= 1 || !reshaped))
    };
    stands().unwrap_or(false)
}

/// The axes of a reduction of `x`, counted from the start, if they are known.
pub(crate) fn counted_axes<D: Dataflow>(flow: &D, x: D::Value, axes: D::Value) -> Option<Vec<usize>> {
    normalised_axes(&flow.fact_of(axes)?.integers()?, flow.fact_of(x)?.shape.rank()?).ok()
}

fn same_axes<D: Dataflow>(flow: &D, a: D::Value, b: D::Value) -> bool {
    let known = |axes| flow.fact_of(axes).and_then(Fact::integers);
    a == b || known(a).is_some() && known(a) == known(b)
}

/// What a value is before ops that pass it on.
fn passed_on<D: Dataflow>(flow: &D, mut value: D::Value, inside: &mut Vec<D::Value>) -> D::Value {
    while let Some((op, inputs)) = flow.maker(value) {
        if !is_passed_on::<D>(op) {
            break;
        }
        inside.push(value);
        value = inputs[0];
    }
    value
}

/// What a value is before reshapes, and whether one of them may change more than axes of size 1.
pub(crate) fn behind_reshapes<D: Dataflow>(
    flow: &D,
    mut value: D::Value,
    inside: &mut Vec<D::Value>,
) -> (D::Value, bool) {
    let mut reshaped = false;
    while let Some((op, inputs)) = flow.maker(value) {
        if !is_passed_on::<D>(op) && !is_reshape(op) {
            break;
        }
        reshaped |= op.downcast::<Reshape>().is_some();
        inside.push(value);
        value = inputs[0];
    }
    (value, reshaped)
}

/// As [`behind_reshapes`], and before ops that stop gradients.
fn behind_stops<D: Dataflow>(flow: &D, value: D::Value, inside: &mut Vec<D::Value>) -> (D::Value, bool) {
    let (mut core, mut reshaped) = behind_reshapes(flow, value, inside);
    while let Some((op, inputs)) = flow.maker(core)
        && op.downcast::<StopGradient>().is_some()
    {
        inside.push(core);
        let (next, again) = behind_reshapes(flow, inputs[0], inside);
        (core, reshaped) = (next, reshaped || again);
    }
    (core, reshaped)
}

/// What a value is before transposes, reshapes and ops that pass it on, and these, the last first.
pub(crate) fn behind_views<D: Dataflow>(flow: &D, mut value: D::Value) -> (D::Value, Vec<D::Value>) {
    let mut views = Vec::new();
    while let Some((op, inputs)) = flow.maker(value) {
        if !is_passed_on::<D>(op) && !is_reshape(op) && op.downcast::<Transpose>().is_none() {
            break;
        }
        views.push(value);
        value = inputs[0];
    }
    (value, views)
}

fn is_passed_on<D: Dataflow>(op: &dyn Op) -> bool {
    let stops = op.downcast::<StopGradient>().is_some();
    op.downcast::<Identity>().is_some() || op.downcast::<Snapshot>().is_some() || stops && D::VALUES_ONLY
}

pub(crate) fn is_reshape(op: &dyn Op) -> bool {
    op.downcast::<Reshape>().is_some()
        || op.downcast::<ExpandDims>().is_some()
        || op.downcast::<Squeeze>().is_some()
}

pub(crate) fn is_quotient(op: &dyn Op) -> bool {
    op.downcast::<RealDiv>().is_some() || op.downcast::<Div>().is_some()
}

fn is_one<D: Dataflow>(flow: &D, value: D::Value) -> bool {
    let one = |array: &Array| array.len() == 1 && array.to_f64().is_ok_and(|values| values == [1.0]);
    flow.fact_of(value).and_then(|fact| fact.value.as_ref()).is_some_and(one)
}

/// Whether it is a value, and not a reference to a variable, which may hold another by the time it is read again.
fn is_value<D: Dataflow>(flow: &D, value: D::Value) -> bool {
    flow.fact_of(value).is_some_and(|fact| !fact.reference)
}

/// Whether two values are one, or computed in the same way from the same values; then what was computed twice is added
/// to `inside`.
fn same<D: Dataflow>(flow: &D, a: D::Value, b: D::Value, inside: &mut Vec<D::Value>) -> bool {
    // What programs repeat is short, and a search must end.
    let mut budget = 32;
    same_within(flow, a, b, inside, &mut budget)
}

fn same_within<D: Dataflow>(
    flow: &D,
    a: D::Value,
    b: D::Value,
    inside: &mut Vec<D::Value>,
    budget: &mut usize,
) -> bool {
    if a == b {
        return true;
    }
    let (Some((op, inputs)), Some((other, others)), true) = (flow.maker(a), flow.maker(b), *budget > 0)
    else {
        return false;
    };
    *budget -= 1;
    if let (Some(one), Some(two)) = (op.downcast::<Const>(), other.downcast::<Const>()) {
        return one.value.len() <= 64 && one.value == two.value;
    }
    inside.extend([a, b]);
    op.effects().effect == Effect::Pure
        && !inputs.is_empty()
        && inputs.len() == others.len()
        && op.name() == other.name()
        && format!("{op:?}") == format!("{other:?}")
        && inputs
            .iter()
            .zip(others)
            .all(|(&a, &b)| is_value(flow, a) && same_within(flow, a, b, inside, budget))
}
