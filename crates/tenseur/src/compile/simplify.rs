//! Rewriting what has a shorter form, without changing a bit of the result.

use std::collections::HashMap;

use crate::compile::{Flow, Source};
use crate::ops::math::Mul;
use crate::value::Array;

/// Rewrites the flow: x · 1 is x.
pub(crate) fn simplify(flow: &mut Flow) {
    let mut same: HashMap<Source, Source> = HashMap::new();
    for index in 0..flow.nodes.len() {
        let node = &flow.nodes[index];
        let out = Source::Node(index, 0);
        if node.op.downcast::<Mul>().is_some() {
            let [x, y] = node.inputs[..] else { continue };
            for (kept, other) in [(x, y), (y, x)] {
                let unchanged = flow.fact(kept).shape == node.outputs[0].shape && !flow.fact(kept).reference;
                if unchanged && flow.constant(other).is_some_and(is_one) {
                    same.insert(out, kept);
                    break;
                }
            }
        }
    }
    flow.replace(&same);
}

/// Whether all its elements are 1, and few.
fn is_one(value: &Array) -> bool {
    !value.is_empty()
        && value.len() <= 64
        && value.to_f64().is_ok_and(|values| values.iter().all(|&x| x == 1.0))
}
