//! Gradients through loops of TensorFlow 1's, which are frames of the graph itself: what records the turns becomes more
//! variables of the same loop.

use std::collections::HashMap;
use std::sync::Arc;

use super::body::{Again, BodyGradient, active, differentiate};
use super::loops::{Loop, LoopVariable};
use super::way_back::{Turns, empty, way_back};
use crate::error::Result;
use crate::graph::{Copying, Edge, Graph, NodeId, Tensor};
use crate::ops::control_flow::{Enter, Exit, Merge, NextIteration, Switch};
use crate::ops::held::Held;
use crate::ops::list::TensorListPushBack;

/// The gradients that a loop of TensorFlow 1's sends to what enters it: by its variables, and by what every turn sees.
/// `finals` are the gradients of what left it.
#[track_caller]
pub(super) fn through_loop(
    graph: &Graph,
    around: &Loop,
    finals: &[Option<Tensor>],
    wanted: &[bool],
) -> Result<Vec<Option<Tensor>>> {
    let count = around.variables.len();
    let (body, origins) = around.body(graph);
    let kept: Vec<bool> = (0..body.arguments.len()).map(|argument| argument >= count).collect();
    let started = active(&body, finals);
    let gradient = differentiate(graph, body, &kept, Again::Turns, wanted, &started)?;
    let recorded = recorded(graph, around, &gradient, &origins)?;
    let original = |edge: Edge| {
        let copied = || around.original(&gradient.arguments, &origins, edge);
        recorded.get(&edge).copied().unwrap_or_else(copied)
    };
    let turns = record(graph, around, &gradient, original);
    let entered = |&enter: &NodeId| {
        let edge = graph.read().nodes[enter.index()].inputs[0];
        Tensor::new(graph.clone(), edge)
    };
    let kept: Vec<Tensor> = around.kept.iter().map(entered).collect();
    let left = |variable: &LoopVariable| {
        variable.exit.map(|exit| Tensor::new(graph.clone(), Edge { node: exit, output: 0 }))
    };
    let outputs: Vec<Option<Tensor>> = around.variables.iter().map(left).collect();
    let begin: Vec<Tensor> = around.variables.iter().map(|variable| entered(&variable.enter)).collect();
    way_back(graph, &gradient, &turns, finals, &outputs, &begin, &kept, &around.frame)
}

/// Does to a loop what differentiation did to the copy of a turn for it to record what is handed over; by edge of the copy,
/// that of the graph.
fn recorded(
    graph: &Graph,
    around: &Loop,
    gradient: &BodyGradient,
    origins: &HashMap<NodeId, NodeId>,
) -> Result<HashMap<Edge, Edge>> {
    let original = |edge: Edge| around.original(&gradient.arguments, origins, edge);
    let (wanted, read): (Vec<Edge>, Vec<Edge>) = {
        let contents = gradient.graph.read();
        let records = |edge: &Edge| contents.recorded.contains(&edge.node);
        let inputs =
            contents.recorded.iter().flat_map(|id| contents.nodes[id.index()].inputs.iter().copied());
        let (wanted, read): (Vec<Edge>, Vec<Edge>) =
            gradient.saved.iter().copied().chain(inputs).partition(records);
        (wanted.into_iter().filter(|edge| gradient.saved.contains(edge)).collect(), read)
    };
    // Calls hand over more than they did.
    for edge in &read {
        let own = origins.get(&edge.node).and_then(|&id| Some((id, graph.node(id)?.op)));
        if let (Some((id, op)), Some(copy)) = (own, gradient.graph.node(edge.node))
            && !Arc::ptr_eq(&copy.op, &op)
        {
            graph.extend(id, copy.op, &[], &[])?;
        }
    }
    let Some(first) = around.variables.first().filter(|_| !wanted.is_empty()) else {
        return Ok(HashMap::new());
    };
    let before = graph.len();
    let turns = Tensor::new(graph.clone(), first.value()).identity().edge().node;
    let recorded = gradient.graph.read().recorded.clone();
    let waits = |id: NodeId| recorded.contains(&id);
    let mut copying = Copying::new(&gradient.graph, graph, &waits);
    for edge in read {
        copying.replace(edge, Tensor::new(graph.clone(), original(edge)));
    }
    let copies = copying.edges(&wanted);
    // A constant is within the loop only if it waits for something there.
    for node in &mut graph.write().nodes[before + 1..] {
        if node.inputs.is_empty() && node.control_inputs.is_empty() {
            node.control_inputs.push(turns);
        }
    }
    graph.record(before);
    Ok(wanted.into_iter().zip(copies.iter().map(Tensor::edge)).collect())
}

/// Makes the loop keep what is handed over, and count its turns: more variables of the same loop.
fn record(graph: &Graph, around: &Loop, gradient: &BodyGradient, original: impl Fn(Edge) -> Edge) -> Turns {
    let goes_on = Tensor::new(graph.clone(), Edge { node: around.condition, output: 0 });
    let round = |first: &Tensor, turn: &dyn Fn(&Tensor) -> Tensor| {
        let enter = graph.add(Enter::new(&around.frame, false), &[first]);
        let merge = graph.add(Merge::new(2), &[&enter]);
        let sides = graph.add_op(Switch::new(), &[&merge, &goes_on], None);
        let next = graph.add(NextIteration::new(), &[&turn(&sides.output(1))]);
        graph.lead_back(&merge, &next);
        graph.add(Exit::new(), &[&sides.output(0)])
    };
    let before = graph.len();
    let one = graph.add(Enter::new(&around.frame, true), &[&graph.constant(1)]);
    let count = round(&graph.constant(0), &|count| count + &one);
    let keep = |&edge: &Edge| {
        let element_dtype = gradient.saved_type(edge);
        let value = Tensor::new(graph.clone(), original(edge));
        let push = |list: &Tensor| graph.add(Held(TensorListPushBack { element_dtype }), &[list, &value]);
        round(&empty(graph, element_dtype), &push)
    };
    let turns = Turns { count, lists: gradient.saved.iter().map(keep).collect() };
    graph.record(before);
    turns
}
