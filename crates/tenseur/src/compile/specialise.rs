//! Prune to what is needed, and derive every shape from those of the feeds and variables.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::compile::{Flow, FlowNode, Request, Source, Unplanned};
use crate::error::{Code, Error};
use crate::graph::{Contents, Edge, Fact, NodeId};
use crate::ops::Effect;
use crate::ops::array::identity::{Identity, PlaceholderWithDefault};
use crate::ops::source::Const;
use crate::run::{Ordered, State, check_ops, known_values, order};
use crate::value::Array;

/// Some nodes of a graph, in the order in which they run, and what comes from outside.
pub(crate) struct Part<'a> {
    pub(crate) order: &'a [NodeId],
    /// By node: its inputs in whose place a reference is to be read when it runs; see [`order`].
    pub(crate) late: &'a HashMap<NodeId, SmallVec<[(usize, Edge); 2]>>,
    /// What is known of the arrays that come from outside.
    pub(crate) feeds: &'a [(Edge, Fact)],
    /// The references that come from outside, and the variables that they refer to, as a session numbers them.
    pub(crate) references: &'a [(Edge, NodeId, Fact)],
    /// What comes from outside and is always the same.
    pub(crate) constants: &'a [(Edge, Array)],
    /// The tensors wanted.
    pub(crate) fetches: &'a [Edge],
}

/// The flow of a request.
pub(crate) fn specialise(
    contents: &Contents,
    request: &Request<'_>,
    state: &State,
) -> Result<Flow, Unplanned> {
    let cut: HashSet<Edge> = request.feeds.iter().map(|(edge, _)| *edge).collect();
    let fetched = request.fetches.iter().filter(|edge| !cut.contains(edge)).map(|edge| edge.node);
    let targets: Vec<NodeId> = fetched.chain(request.targets.iter().copied()).collect();
    let Ordered { nodes: order, late } = order(&contents.nodes, &targets, &cut);
    check_ops(contents, &order)?;
    // What decides what runs is known only during the run.
    if order.iter().any(|id| contents.nodes[id.index()].op.effects().effect == Effect::Flow) {
        return Err(Unplanned::Dynamic(Vec::new()));
    }
    let Request { feeds, fetches, .. } = *request;
    let part = Part { order: &order, late: &late, feeds, references: &[], constants: &[], fetches };
    flow(contents, &part, state)
}

/// The flow of a part of a graph.
pub(crate) fn flow(contents: &Contents, part: &Part<'_>, state: &State) -> Result<Flow, Unplanned> {
    if part.feeds.iter().any(|(_, fact)| fact.dtype.size().is_none()) {
        return Err(Unplanned::Dynamic(Vec::new()));
    }
    let mut outside: HashMap<Edge, Source> = HashMap::default();
    let mut flow = Flow {
        nodes: Vec::with_capacity(part.order.len() + part.constants.len()),
        feeds: Vec::new(),
        references: part.references.iter().map(|(_, variable, _)| *variable).collect(),
        fetches: Vec::new(),
    };
    let references = part.references.iter().map(|(edge, _, fact)| (edge, fact));
    for (edge, fact) in part.feeds.iter().map(|(edge, fact)| (edge, fact)).chain(references) {
        outside.insert(*edge, Source::Feed(flow.feeds.len()));
        flow.feeds.push(fact.clone());
    }
    for (edge, value) in part.constants {
        outside.insert(*edge, Source::Node(flow.nodes.len(), 0));
        let (op, outputs) = (Arc::new(Const { value: value.clone() }), Fact::constant(value.clone()).one());
        flow.nodes.push(FlowNode { origin: edge.node, op, inputs: SmallVec::new(), outputs, checks: false });
    }
    let mut place: HashMap<NodeId, usize> =
        HashMap::with_capacity_and_hasher(part.order.len(), Default::default());
    let source = |place: &HashMap<NodeId, usize>, edge: &Edge| match outside.get(edge) {
        Some(&source) => Some(source),
        None => place.get(&edge.node).map(|&node| Source::Node(node, edge.output as usize)),
    };
    let missing = |edge: &Edge| {
        let node = &contents.nodes[edge.node.index()];
        Error::new(Code::NotFound, format!("\"{}\" has no output {}", node.name, edge.output))
    };
    let mut dynamic: Option<Vec<NodeId>> = None;
    for &id in part.order {
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
        for &(input, reference) in part.late.get(&id).into_iter().flatten() {
            // What a write that came before it has left.
            let found = source(&place, &reference).ok_or_else(|| missing(&reference))?;
            let outputs = flow.fact(found).read().one();
            let op = Arc::new(Identity::new());
            let inputs_of_reading = SmallVec::from_iter([found]);
            flow.nodes.push(FlowNode { origin: id, op, inputs: inputs_of_reading, outputs, checks: false });
            inputs[input] = Source::Node(flow.nodes.len() - 1, 0);
        }
        let mut facts: SmallVec<[&Fact; 4]> = inputs.iter().map(|&source| flow.fact(source)).collect();
        if node.op.effects().reshapes
            && let ([variable, value], Some(declared)) = (
                &mut facts[..],
                node.inputs.first().and_then(|edge| contents.nodes[edge.node.index()].fact(edge.output)),
            )
        {
            // No plan is for what the variable held and for what it holds then.
            if variable.shape.known() != value.shape.known() {
                dynamic.get_or_insert_default().push(id);
            }
            *variable = declared;
        }
        let inferred = node.op.infer(&facts).and_then(Fact::all_possible).map_err(Error::from);
        let mut outputs = inferred.map_err(|error| error.at(|| contents.describe(node)))?;
        if node.inputs.is_empty()
            && node.op.effects().effect == Effect::Reads
            && let Some(value) = state.get(contents.kept_under(id))
        {
            outputs[0].shape = value.shape().into();
        }
        if node.op.downcast::<PlaceholderWithDefault>().is_some() {
            // It is not fed, or it would have been cut off.
            outputs[0].shape = facts[0].shape.clone();
        }
        let outputs = known_values(&*node.op, &facts, outputs);
        let unknown = |fact: &Fact| fact.shape.known().is_none() || fact.dtype.size().is_none();
        if outputs.iter().any(unknown) {
            let shown = dynamic.get_or_insert_default();
            // Where an input is unknown already, another node has shown it.
            if !facts.iter().any(|fact| unknown(fact)) {
                shown.push(id);
            }
        }
        drop(facts);
        place.insert(id, flow.nodes.len());
        let checks = node.op.effects().can_fail;
        for input in &inputs {
            if let Source::Node(before, _) = *input {
                flow.nodes[before].checks = false;
            }
        }
        flow.nodes.push(FlowNode { origin: id, op: node.op.clone(), inputs, outputs, checks });
    }
    if let Some(shown) = dynamic {
        return Err(Unplanned::Dynamic(shown));
    }
    for edge in part.fetches {
        let found = source(&place, edge).ok_or_else(|| missing(edge))?;
        if let Source::Node(node, output) = found
            && output >= flow.nodes[node].outputs.len()
        {
            return Err(missing(edge).into());
        }
        if let Source::Node(node, _) = found {
            flow.nodes[node].checks = false;
        }
        flow.fetches.push(found);
    }
    Ok(flow)
}
