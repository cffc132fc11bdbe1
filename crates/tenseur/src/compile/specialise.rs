//! Prune to what is needed, and derive every shape from those of the feeds and variables.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::compile::{Flow, FlowNode, Request, Source, Unplanned};
use crate::error::{Code, Error};
use crate::graph::{Contents, Edge, Fact, NodeId};
use crate::ops::Effect;
use crate::ops::array::identity::{Identity, PlaceholderWithDefault};
use crate::run::{Ordered, State, check_ops, known_values, order};

/// The flow of a request.
pub(crate) fn specialise(
    contents: &Contents,
    request: &Request<'_>,
    state: &State,
) -> Result<Flow, Unplanned> {
    if request.feeds.iter().any(|(_, fact)| fact.dtype.size().is_none()) {
        return Err(Unplanned::Dynamic);
    }
    let fed: HashMap<Edge, usize> =
        request.feeds.iter().enumerate().map(|(i, (edge, _))| (*edge, i)).collect();
    let cut: HashSet<Edge> = fed.keys().copied().collect();
    let fetched = request.fetches.iter().filter(|edge| !fed.contains_key(edge)).map(|edge| edge.node);
    let targets: Vec<NodeId> = fetched.chain(request.targets.iter().copied()).collect();
    let Ordered { nodes: order, late } = order(&contents.nodes, &targets, &cut);
    check_ops(contents, &order)?;
    let mut place: HashMap<NodeId, usize> = HashMap::with_capacity(order.len());
    let mut flow = Flow {
        nodes: Vec::with_capacity(order.len()),
        feeds: request.feeds.iter().map(|(_, fact)| fact.clone()).collect(),
        fetches: Vec::new(),
    };
    let source = |place: &HashMap<NodeId, usize>, edge: &Edge| match fed.get(edge) {
        Some(&feed) => Some(Source::Feed(feed)),
        None => place.get(&edge.node).map(|&node| Source::Node(node, edge.output as usize)),
    };
    let missing = |edge: &Edge| {
        let node = &contents.nodes[edge.node.index()];
        Error::new(Code::NotFound, format!("\"{}\" has no output {}", node.name, edge.output))
    };
    // What decides what runs is known only during the run.
    if order.iter().any(|id| contents.nodes[id.index()].op.effects().effect == Effect::Flow) {
        return Err(Unplanned::Dynamic);
    }
    for id in order {
        let node = &contents.nodes[id.index()];
        let mut inputs = SmallVec::new();
        for edge in &node.inputs {
            let found = source(&place, edge).ok_or_else(|| missing(edge))?;
            if let Source::Node(from, output) = found
                && output >= flow.nodes[from].outputs.len()
            {
                return Err(missing(edge).into());
            }
            inputs.push(found);
        }
        for &(input, reference) in late.get(&id).into_iter().flatten() {
            // What a write that came before it has left.
            let found = source(&place, &reference).ok_or_else(|| missing(&reference))?;
            let outputs = flow.fact(found).read().one();
            let op = Arc::new(Identity::new());
            let inputs_of_reading = SmallVec::from_iter([found]);
            flow.nodes.push(FlowNode { origin: id, op, inputs: inputs_of_reading, outputs });
            inputs[input] = Source::Node(flow.nodes.len() - 1, 0);
        }
        let facts: SmallVec<[&Fact; 4]> = inputs.iter().map(|&source| flow.fact(source)).collect();
        let inferred = node.op.infer(&facts).and_then(Fact::all_possible).map_err(Error::from);
        let mut outputs = inferred.map_err(|error| error.at(|| contents.describe(node)))?;
        if node.inputs.is_empty()
            && node.op.effects().effect == Effect::Reads
            && let Some(value) = state.get(id)
        {
            outputs[0].shape = value.shape().into();
        }
        if node.op.downcast::<PlaceholderWithDefault>().is_some() {
            // It is not fed, or it would have been cut off.
            outputs[0].shape = facts[0].shape.clone();
        }
        let outputs = known_values(&*node.op, &facts, outputs);
        drop(facts);
        if outputs.iter().any(|fact| fact.shape.known().is_none() || fact.dtype.size().is_none()) {
            return Err(Unplanned::Dynamic);
        }
        place.insert(id, flow.nodes.len());
        flow.nodes.push(FlowNode { origin: id, op: node.op.clone(), inputs, outputs });
    }
    for edge in request.fetches {
        let found = source(&place, edge).ok_or_else(|| missing(edge))?;
        if let Source::Node(node, output) = found
            && output >= flow.nodes[node].outputs.len()
        {
            return Err(missing(edge).into());
        }
        flow.fetches.push(found);
    }
    Ok(flow)
}
