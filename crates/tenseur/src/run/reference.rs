//! The reference executor: each node of the pruned graph, in order, on arrays of its own. No pass, no fusion, no
//! arena. What the planned executor computes is held against it.

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Contents, Edge, Fact, Facts, NodeId};
use crate::lowering::{Work, known_shape};
use crate::ops::{Effect, Signature, Stream};
use crate::run::planned::uninitialized_error;
use crate::run::{State, evaluate, first_position, order};
use crate::value::Array;

/// What a run is asked for.
pub(crate) struct Request<'a> {
    /// The tensors wanted.
    pub(crate) fetches: &'a [Edge],
    /// The nodes to be run for their effect.
    pub(crate) targets: &'a [NodeId],
    /// Values that replace what would be computed.
    pub(crate) feeds: &'a [(Edge, Array)],
}

/// Runs a request on `state`, which is as it was if the run fails. `watch` sees each computed output.
pub(crate) fn run(
    contents: &Contents,
    request: &Request<'_>,
    state: &mut State,
    context: &Context,
    watch: &mut dyn FnMut(NodeId, &[Array]) -> Result<()>,
) -> Result<Vec<Array>> {
    // Arrays share their data until one is written, so that this copy costs little.
    let mut after = state.clone();
    let results = run_on(contents, request, &mut after, context, watch)?;
    *state = after;
    Ok(results)
}

fn run_on(
    contents: &Contents,
    request: &Request<'_>,
    state: &mut State,
    context: &Context,
    watch: &mut dyn FnMut(NodeId, &[Array]) -> Result<()>,
) -> Result<Vec<Array>> {
    let nodes = &contents.nodes;
    let fed: HashSet<Edge> = request.feeds.iter().map(|(edge, _)| *edge).collect();
    let fetched = request.fetches.iter().filter(|edge| !fed.contains(edge)).map(|edge| edge.node);
    let targets: Vec<NodeId> = fetched.chain(request.targets.iter().copied()).collect();
    let mut values: HashMap<Edge, (Fact, Value)> = HashMap::new();
    for (edge, array) in request.feeds {
        values.insert(*edge, (Fact::constant(array.clone()), Value::Array(array.clone())));
    }
    for id in order(nodes, &targets, &fed) {
        let node = &nodes[id.index()];
        let explain = |error: Error| error.at(|| contents.describe(node));
        let mut facts: SmallVec<[Fact; 4]> = SmallVec::new();
        let mut inputs: SmallVec<[Value; 4]> = SmallVec::new();
        for edge in &node.inputs {
            let (fact, value) = values.get(edge).ok_or_else(|| explain(missing(contents, *edge)))?;
            facts.push(fact.clone());
            inputs.push(value.clone());
        }
        let outputs = run_node(contents, id, &facts, &inputs, state, context).map_err(explain)?;
        let arrays: Vec<Array> = outputs.iter().filter_map(|(_, value)| value.array().cloned()).collect();
        watch(id, &arrays).map_err(explain)?;
        for (output, pair) in outputs.into_iter().enumerate() {
            let edge = Edge { node: id, output: output as u32 };
            values.entry(edge).or_insert(pair);
        }
    }
    let fetch = |edge: &Edge| -> Result<Array> {
        match values.get(edge) {
            Some((_, Value::Array(array))) => Ok(array.clone()),
            // A reference gives the variable's value at the end of the run.
            Some((_, Value::Reference(variable))) => read(contents, *variable, state),
            None => Err(missing(contents, *edge)),
        }
    };
    request.fetches.iter().map(fetch).collect()
}

fn missing(contents: &Contents, edge: Edge) -> Error {
    let node = &contents.nodes[edge.node.index()];
    Error::new(Code::NotFound, format!("\"{}\" has no output {}", node.name, edge.output))
}

#[derive(Clone)]
enum Value {
    Array(Array),
    Reference(NodeId),
}

impl Value {
    fn array(&self) -> Option<&Array> {
        match self {
            Value::Array(array) => Some(array),
            Value::Reference(_) => None,
        }
    }
}

/// What the variable holds.
fn read(contents: &Contents, variable: NodeId, state: &State) -> Result<Array> {
    let uninitialized = || uninitialized_error().at(|| contents.describe(&contents.nodes[variable.index()]));
    state.get(variable).cloned().ok_or_else(uninitialized)
}

fn run_node(
    contents: &Contents,
    id: NodeId,
    facts: &[Fact],
    inputs: &[Value],
    state: &mut State,
    context: &Context,
) -> Result<SmallVec<[(Fact, Value); 2]>> {
    let node = &contents.nodes[id.index()];
    // Shapes and, for what was computed from constants alone, values are known now; a variable has the shape of what it
    // holds, whatever its node says.
    let mut facts: SmallVec<[Fact; 4]> = facts.into();
    for (fact, input) in facts.iter_mut().zip(inputs) {
        if let Value::Reference(variable) = input
            && let Some(value) = state.get(*variable)
        {
            fact.shape = value.shape().into();
        }
    }
    let fact_refs: SmallVec<[&Fact; 4]> = facts.iter().collect();
    let outputs: Facts = node.op.infer(&fact_refs)?;
    let signature = Signature { inputs: &fact_refs, outputs: &outputs };
    let lowered = node.op.lower(signature)?;
    let array = |input: usize| -> Result<Array> {
        match &inputs[input] {
            Value::Array(array) => Ok(array.clone()),
            Value::Reference(variable) => read(contents, *variable, state),
        }
    };
    let referred = |input: usize| match &inputs[input] {
        Value::Reference(variable) => Ok(*variable),
        Value::Array(_) => Err(Error::invalid("its first input must be a variable's reference and was fed")),
    };
    let reads = lowered.reads.clone();
    let arrays = |reads: &[usize]| -> Result<Vec<Array>> {
        // Inputs that are not read need not be there, but arguments are found by the node's numbering.
        let mut all: Vec<Array> = vec![Array::scalar(0u8); inputs.len()];
        for &input in reads {
            all[input] = array(input)?;
        }
        Ok(all)
    };
    let computed = match lowered.work {
        Work::Placeholder => {
            return Err(not_fed(&node.name));
        }
        Work::Variable => return Ok([(outputs[0].clone(), Value::Reference(id))].into_iter().collect()),
        Work::Assign => {
            let (variable, value) = (referred(0)?, array(reads[0])?);
            state.set(variable, Some(value));
            return Ok(outputs.into_iter().map(|fact| (fact, Value::Reference(variable))).collect());
        }
        Work::Alias if outputs.iter().any(|fact| fact.resource) => {
            let passed = |(fact, &input): (Fact, &usize)| (fact, inputs[input].clone());
            return Ok(outputs.into_iter().zip(&reads).map(passed).collect());
        }
        Work::Initialized => vec![Array::scalar(state.get(referred(0)?).is_some())],
        Work::Update { ref targets, .. } | Work::UpdateKernel { ref targets, .. } => {
            let targets = targets.clone();
            let arguments = arrays(&reads)?;
            let variables: Vec<NodeId> =
                targets.iter().map(|&input| referred(input)).collect::<Result<_, _>>()?;
            let kinds: Vec<Fact> =
                targets.iter().map(|&input| Fact::constant(arguments[input].clone())).collect();
            let written =
                evaluate(lowered, Signature { inputs: &fact_refs, outputs: &kinds }, &arguments, context)?;
            for (variable, value) in variables.iter().zip(written) {
                state.set(*variable, Some(value));
            }
            return Ok(outputs.into_iter().map(|fact| (fact, Value::Reference(variables[0]))).collect());
        }
        Work::Random(kernel) => {
            let mut numbers = Array::zeros(outputs[0].dtype, known_shape(&outputs[0])?)?;
            let stream = match node.op.effects().effect {
                Effect::Random(stream) => stream,
                _ => Stream::Seeded,
            };
            let position = state.get(id).cloned().unwrap_or_else(|| first_position(stream));
            let mut next = first_position(Stream::Seeded);
            let arguments = arrays(&reads)?;
            let mut given: Vec<&[u8]> = vec![position.bytes()?];
            for &input in &reads {
                given.push(arguments[input].bytes()?);
            }
            let bytes = numbers.bytes_mut()?;
            let given_out = &mut [bytes, next.bytes_mut()?];
            tenseur_kernels::call(&*kernel, context, &given, given_out).map_err(Reason::from)?;
            state.set(id, Some(next));
            vec![numbers]
        }
        _ => evaluate(lowered, signature, &arrays(&reads)?, context)?,
    };
    let known = |array: Array, fact: Fact| {
        // The value is passed on only where it may say a shape.
        let small = array.dtype().is_integer() && array.len() <= 64;
        let value = small.then(|| array.clone());
        (Fact { value, shape: array.shape().into(), ..fact }, Value::Array(array))
    };
    Ok(computed.into_iter().zip(outputs).map(|(array, fact)| known(array, fact)).collect())
}

/// What a placeholder says that was not fed.
pub(crate) fn not_fed(name: &str) -> Error {
    Error::invalid(format!("placeholder \"{name}\" was not fed")).hint("give it a value: feeds![x => …]")
}
