//! Rewriting what has a shorter form, without changing a bit of the result.

use foldhash::HashMap;

use crate::compile::fold::LARGEST;
use crate::compile::{Flow, FlowNode, Source};
use crate::log_of_softmax::{Dataflow, is_reshape};
use crate::ops::array::broadcast::BroadcastTo;
use crate::ops::math::{Mul, Neg};
use crate::ops::reduce::Sum;
use crate::value::Array;

/// Rewrites the flow: x · 1 is x, and so are −(−x), a sum over no axes, and x in the shape that it has.
pub(crate) fn simplify(flow: &mut Flow) {
    let mut same: HashMap<Source, Source> = HashMap::default();
    for (index, node) in flow.nodes.iter().enumerate() {
        let unchanged = |x: &Source| {
            let (before, after) = (flow.fact(*x), &node.outputs[0]);
            before.shape == after.shape && !before.reference
        };
        if let Some(x) = shorter(flow, node).filter(unchanged) {
            same.insert(Source::Node(index, 0), x);
        }
    }
    flow.replace(&same);
}

/// Which value the node's is, if it has the same shape.
fn shorter(flow: &Flow, node: &FlowNode) -> Option<Source> {
    if node.op.downcast::<Mul>().is_some() {
        let &[x, y] = &node.inputs[..] else { return None };
        let one = |source| is_all_one(flow, source);
        let same_shape = |source| flow.fact(source).shape == node.outputs[0].shape;
        return [(x, y), (y, x)].into_iter().find_map(|(x, y)| (same_shape(x) && one(y)).then_some(x));
    }
    if node.op.downcast::<Neg>().is_some() {
        let Source::Node(inner, 0) = node.inputs[0] else { return None };
        let inner = &flow.nodes[inner];
        return inner.op.downcast::<Neg>().map(|_| inner.inputs[0]);
    }
    if node.op.downcast::<Sum>().is_some() {
        let no_axes = flow.fact(node.inputs[1]).shape.size(0) == Some(0);
        return no_axes.then_some(node.inputs[0]);
    }
    let moves_nothing = is_reshape(&*node.op) || node.op.downcast::<BroadcastTo>().is_some();
    moves_nothing.then(|| node.inputs[0])
}

/// Whether the value is 1 throughout, in whatever shape.
fn is_all_one(flow: &Flow, value: Source) -> bool {
    let spread = || {
        let (op, inputs) = flow.maker(value)?;
        let moves = is_reshape(op) || op.downcast::<BroadcastTo>().is_some();
        moves.then(|| is_all_one(flow, inputs[0]))
    };
    flow.constant(value).map_or_else(|| spread().unwrap_or(false), is_one)
}

/// Whether all its elements are 1, and no more than constants are folded to.
fn is_one(value: &Array) -> bool {
    !value.is_empty()
        && value.len() <= LARGEST
        && value.to_f64().is_ok_and(|values| values.iter().all(|&x| x == 1.0))
}
