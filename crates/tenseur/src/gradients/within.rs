//! What a body's gradient needs from within the body's conditionals and must not compute again: it draws random numbers, say, or
//! comes out of a loop.
//!
//! Where its side is not taken there is no such value. So the forward computation merges it with something else that is there then,
//! on every level of conditionals outwards; that is handed over, and on the way back switches lead it to the same side again.

use std::collections::BTreeSet;

use super::body::flow_of;
use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Copying, Edge, Graph, NodeId, Tensor};
use crate::lowering::Flow;
use crate::ops::control_flow::{Merge, Switch};
use crate::ops::held::Held;
use crate::ops::list::EmptyTensorList;
use crate::value::{Array, DType};

/// A value from within conditionals.
pub(super) struct Within {
    pub(super) edge: Edge,
    /// The conditionals around it, outermost first: what decides, and on which side the value is.
    pub(super) sides: Vec<(Edge, u32)>,
}

impl Within {
    /// The value of an edge, if only conditionals are around it. `depths` says of each node within how many conditionals and
    /// loops it lies.
    pub(super) fn of(contents: &Contents, depths: &[usize], edge: Edge) -> Option<Within> {
        let mut sides = Vec::new();
        let mut at = edge.node;
        for depth in (1..=depths[at.index()]).rev() {
            let switch = switch_before(contents, depths, at, depth)?;
            sides.push((*contents.nodes[switch.node.index()].inputs.get(1)?, switch.output));
            at = switch.node;
        }
        sides.reverse();
        Some(Within { edge, sides })
    }

    /// Adds to the body what is there whichever sides are taken: the value where all of its own are.
    pub(super) fn merged(&self, graph: &Graph, dtype: DType) -> Result<Tensor> {
        let tensor = |edge: Edge| Tensor::new(graph.clone(), edge);
        // Something else, on each level on the way to the value.
        let mut other = vec![nothing(graph, dtype)?];
        for &(decides, side) in self.sides.iter().take(self.sides.len() - 1) {
            let sides = graph.add_op(Switch::new(), &[&other[other.len() - 1], &tensor(decides)], None);
            other.push(sides.output(side as usize));
        }
        let mut value = tensor(self.edge);
        for (&(decides, side), other) in self.sides.iter().zip(&other).rev() {
            let sides = graph.add_op(Switch::new(), &[other, &tensor(decides)], None);
            value = graph.add(Merge::new(2), &[&value, &sides.output(1 - side as usize)]);
        }
        Ok(value)
    }

    /// Leads what was merged to the side of the value, in the graph to which its readers are copied.
    pub(super) fn led_back(&self, copying: &mut Copying<'_>, to: &Graph, merged: &Tensor) -> Tensor {
        self.sides.iter().fold(merged.clone(), |value, &(decides, side)| {
            let decides = &copying.edges(&[decides])[0];
            to.add_op(Switch::new(), &[&value, decides], None).output(side as usize)
        })
    }
}

/// The output of a conditional's Switch, `depth` deep, that leads to a node.
fn switch_before(contents: &Contents, depths: &[usize], from: NodeId, depth: usize) -> Option<Edge> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        let node = &contents.nodes[id.index()];
        for &edge in node.inputs.iter().filter(|edge| depths[edge.node.index()] >= depth) {
            let loops = || {
                let decides = contents.nodes[edge.node.index()].inputs.get(1);
                decides.is_some_and(|decides| contents.nodes[decides.node.index()].op.name() == "LoopCond")
            };
            let switches = flow_of(contents, edge.node) == Some(Flow::Switch);
            if switches && depths[edge.node.index()] == depth && !loops() {
                return Some(edge);
            }
            open.extend(seen.insert(edge.node).then_some(edge.node));
        }
        for &before in node.control_inputs.iter().filter(|before| depths[before.index()] >= depth) {
            open.extend(seen.insert(before).then_some(before));
        }
    }
    None
}

/// Something of a type, where there is nothing to be handed over.
pub(super) fn nothing(graph: &Graph, dtype: DType) -> Result<Tensor> {
    match dtype {
        DType::Variant => {
            let any = graph.constant(-1);
            Ok(graph.add(Held(EmptyTensorList { element_dtype: DType::Variant }), &[&any, &any]))
        }
        DType::Resource => {
            let text = "its gradient needs a resource that is made on one side of a conditional";
            Err(Error::new(Code::Unimplemented, text))
        }
        DType::String => Ok(graph.constant("")),
        dtype => Ok(graph.constant(Array::scalar_of(dtype, 0.0)?)),
    }
}
