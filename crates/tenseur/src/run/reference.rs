//! The reference executor: each node of the pruned graph, in order, on arrays of its own. No pass, no fusion, no
//! arena. What the planned executor computes is held against it.
//!
//! Graphs with conditionals and loops go through [`frames`](crate::run::frames), which knows dead values; both run
//! nodes by [`Runner::node`].

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Reason, Result};
use crate::graph::{Contents, Edge, Fact, Facts, Functions, NodeId};
use crate::lowering::{Call, Lowered, Work, known_shape};
use crate::ops::{Effect, Signature, Stream};
use crate::run::planned::uninitialized_error;
use crate::run::value::{Objects, Value};
use crate::run::{Ordered, State, check_ops, evaluate, first_position, frames, order};
use crate::session::Cancellation;
use crate::value::{Array, DType};

/// What a run is asked for.
pub(crate) struct Request<'a> {
    /// The tensors wanted.
    pub(crate) fetches: &'a [Edge],
    /// The nodes to be run for their effect.
    pub(crate) targets: &'a [NodeId],
    /// Values that replace what would be computed.
    pub(crate) feeds: &'a [(Edge, Array)],
}

/// Sees each computed output of the graph itself (not of functions that it calls).
pub(crate) type Watch<'a> = dyn FnMut(NodeId, &[Array]) -> Result<()> + Send + 'a;

/// Runs a request on `state`, which is as it was if the run fails. `watch` sees each computed output.
pub(crate) fn run(
    contents: &Contents,
    request: &Request<'_>,
    state: &mut State,
    context: &Context,
    cancellation: &Cancellation,
    watch: &mut Watch<'_>,
) -> Result<Vec<Array>> {
    // Arrays share their data until one is written, so that this copy costs little.
    let mut after = state.clone();
    let mut objects = Objects::default();
    let functions = contents.functions.clone();
    let mut runner = Runner {
        contents,
        functions: &functions,
        state: &mut after,
        objects: &mut objects,
        context,
        cancellation,
        watch,
        depth: 0,
    };
    let feeds: Vec<(Edge, Value)> =
        request.feeds.iter().map(|(edge, array)| (*edge, Value::Array(array.clone()))).collect();
    let values = runner.values(request.fetches, request.targets, &feeds)?;
    let fetch = |(edge, value): (&Edge, Value)| match value {
        Value::Array(array) => Ok(array),
        // A reference gives the variable's value at the end of the run.
        Value::Reference(variable) => runner.read(variable),
        Value::Object(_) | Value::List(_) => {
            let node = &contents.nodes[edge.node.index()];
            let message = format!("\"{}\" is a handle and has no value to fetch", node.name);
            Err(Error::invalid(message))
        }
    };
    let results = request.fetches.iter().zip(values).map(fetch).collect::<Result<_>>()?;
    *state = after;
    Ok(results)
}

/// What a node gives: values, and what is known of them.
type Outputs = SmallVec<[(Fact, Value); 2]>;

/// How deep functions may call functions.
const DEEPEST: usize = 256;

/// After so many calls within calls the next goes on a stack of its own, so that none ends where the caller's does.
const CALLS_ON_A_STACK: usize = 16;

/// The bytes of that stack.
const STACK: usize = 8 << 20;

/// A run under way, in a graph or in the body of a function that it calls.
pub(crate) struct Runner<'a, 'w> {
    pub(crate) contents: &'a Contents,
    functions: &'a Functions,
    pub(crate) state: &'a mut State,
    objects: &'a mut Objects,
    context: &'a Context,
    pub(crate) cancellation: &'a Cancellation,
    pub(crate) watch: &'a mut Watch<'w>,
    depth: usize,
}

impl Runner<'_, '_> {
    /// The values of `fetches`, with `feeds` in place of what would be computed, after all `targets` have run.
    fn values(
        &mut self,
        fetches: &[Edge],
        targets: &[NodeId],
        feeds: &[(Edge, Value)],
    ) -> Result<Vec<Value>> {
        let nodes = &self.contents.nodes;
        let fed: HashSet<Edge> = feeds.iter().map(|(edge, _)| *edge).collect();
        let fetched = fetches.iter().filter(|edge| !fed.contains(edge)).map(|edge| edge.node);
        let targets: Vec<NodeId> = fetched.chain(targets.iter().copied()).collect();
        let Ordered { nodes: order, late } = order(nodes, &targets, &fed);
        if self.depth == 0 {
            check_ops(self.contents, &order)?;
        }
        if order.iter().any(|id| nodes[id.index()].op.effects().effect == Effect::Flow) {
            return frames::run(self, &Ordered { nodes: order, late }, fetches, feeds);
        }
        let mut values: HashMap<Edge, (Fact, Value)> = HashMap::new();
        for (edge, value) in feeds {
            values.insert(*edge, (fed_fact(value), value.clone()));
        }
        for id in order {
            let node = &self.contents.nodes[id.index()];
            let mut facts: SmallVec<[Fact; 4]> = SmallVec::new();
            let mut inputs: SmallVec<[Value; 4]> = SmallVec::new();
            for edge in &node.inputs {
                let (fact, value) = values.get(edge).ok_or_else(|| self.missing(*edge))?;
                facts.push(fact.clone());
                inputs.push(value.clone());
            }
            for &(input, reference) in late.get(&id).into_iter().flatten() {
                if let Some((_, Value::Reference(variable))) = values.get(&reference) {
                    inputs[input] = Value::Array(self.read(*variable)?);
                }
            }
            for (output, pair) in self.node(id, facts, &inputs)?.into_iter().enumerate() {
                let edge = Edge { node: id, output: output as u32 };
                values.entry(edge).or_insert(pair);
            }
        }
        let fetch = |edge: &Edge| match values.get(edge) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(self.missing(*edge)),
        };
        fetches.iter().map(fetch).collect()
    }

    pub(crate) fn missing(&self, edge: Edge) -> Error {
        let node = &self.contents.nodes[edge.node.index()];
        Error::new(Code::NotFound, format!("\"{}\" has no output {}", node.name, edge.output))
    }

    /// What the variable holds.
    pub(crate) fn read(&self, variable: NodeId) -> Result<Array> {
        let uninitialized = || match self.contents.local(variable) {
            Some(node) => uninitialized_error().at(|| self.contents.describe(node)),
            None => uninitialized_error(),
        };
        self.state.get(variable).cloned().ok_or_else(uninitialized)
    }

    /// Runs a node on these inputs and gives its outputs.
    pub(crate) fn node(
        &mut self,
        id: NodeId,
        facts: SmallVec<[Fact; 4]>,
        inputs: &[Value],
    ) -> Result<Outputs> {
        self.cancellation.check()?;
        let contents = self.contents;
        let explain = |error: Error| match error.node() {
            Some(_) => error,
            None => error.at(|| contents.describe(&contents.nodes[id.index()])),
        };
        let outputs = match self.call_of(id).map_err(explain)? {
            Some((call, facts)) => self.called(&call, facts, inputs),
            None => self.compute(id, facts, inputs),
        };
        let outputs = outputs.map_err(explain)?;
        if self.depth == 0 {
            let array = |(_, value): &(Fact, Value)| match value {
                Value::Array(array) => Some(array.clone()),
                _ => None,
            };
            let arrays: Vec<Array> = outputs.iter().filter_map(array).collect();
            (self.watch)(id, &arrays).map_err(explain)?;
        }
        Ok(outputs)
    }

    /// What a node calls, and what is known of the results, if it calls functions.
    #[inline(never)]
    fn call_of(&self, id: NodeId) -> Result<Option<(Box<Call>, Facts)>> {
        let node = &self.contents.nodes[id.index()];
        let Some(outputs) = node.outputs.as_ref().filter(|_| node.op.effects().effect == Effect::Flow) else {
            return Ok(None);
        };
        // Calls lower without looking at their inputs.
        match node.op.lower(Signature { inputs: &[], outputs })?.work {
            Work::Call(call) => Ok(Some((Box::new(call), outputs.clone()))),
            _ => Ok(None),
        }
    }

    fn called(&mut self, call: &Call, facts: Facts, inputs: &[Value]) -> Result<Outputs> {
        let results = self.call(call, inputs)?;
        Ok(results.into_iter().zip(facts).map(|(value, fact)| known(value, fact)).collect())
    }

    #[inline(never)]
    fn compute(&mut self, id: NodeId, mut facts: SmallVec<[Fact; 4]>, inputs: &[Value]) -> Result<Outputs> {
        let node = &self.contents.nodes[id.index()];
        // Shapes and, for what was computed from constants alone, values are known now; a variable has the shape of what
        // it holds, whatever its node says.
        for (fact, input) in facts.iter_mut().zip(inputs) {
            if let Value::Reference(variable) = input
                && let Some(value) = self.state.get(*variable)
            {
                (fact.dtype, fact.shape) = (value.dtype(), value.shape().into());
            }
        }
        let fact_refs: SmallVec<[&Fact; 4]> = facts.iter().collect();
        let outputs: Facts = node.op.infer(&fact_refs).and_then(Fact::all_possible)?;
        let signature = Signature { inputs: &fact_refs, outputs: &outputs };
        let Lowered { work, reads } = node.op.lower(signature)?;
        let referred = |input: usize| match &inputs[input] {
            Value::Reference(variable) => Ok(*variable),
            _ => Err(Error::invalid("its first input must be a variable's reference and was fed")),
        };
        let own = self.contents.global(id);
        let computed = match work {
            Work::Placeholder => return Err(not_fed(&node.name)),
            Work::Variable => {
                return Ok(outputs.into_iter().map(|fact| (fact, Value::Reference(own))).collect());
            }
            Work::Alias if reads.iter().any(|&input| passes_on(&inputs[input], &outputs)) => {
                let passed = |(fact, &input): (Fact, &usize)| (fact, inputs[input].clone());
                return Ok(outputs.into_iter().zip(&reads).map(passed).collect());
            }
            Work::Initialized => vec![Array::scalar(self.state.get(referred(0)?).is_some())],
            Work::Assign => {
                let (variable, value) = (referred(0)?, self.array(&inputs[reads[0]])?);
                self.state.set(variable, Some(value));
                return Ok(outputs.into_iter().map(|fact| (fact, Value::Reference(variable))).collect());
            }
            Work::Update { ref targets, .. } | Work::UpdateKernel { ref targets, .. } => {
                let targets = targets.clone();
                let arguments = self.arguments(inputs, &reads)?;
                let variables: Vec<NodeId> =
                    targets.iter().map(|&input| referred(input)).collect::<Result<_, _>>()?;
                let kinds: Vec<Fact> =
                    targets.iter().map(|&input| Fact::constant(arguments[input].clone())).collect();
                let kinds = Signature { inputs: &fact_refs, outputs: &kinds };
                let written = evaluate(Lowered { work, reads }, kinds, &arguments, self.context)?;
                for (variable, value) in variables.iter().zip(written) {
                    self.state.set(*variable, Some(value));
                }
                return Ok(outputs.into_iter().map(|fact| (fact, Value::Reference(variables[0]))).collect());
            }
            Work::Random(kernel) => {
                // Strings are not moved by kernels: their places are, and then they follow.
                let strings = outputs[0].dtype == DType::String;
                let dtype = if strings { DType::Int64 } else { outputs[0].dtype };
                let mut numbers = vec![Array::zeros(dtype, known_shape(&outputs[0])?)?];
                for fact in &outputs[1..] {
                    numbers.push(Array::zeros(fact.dtype, known_shape(fact)?)?);
                }
                let stream = match node.op.effects().effect {
                    Effect::Random(stream) => stream,
                    _ => Stream::Seeded,
                };
                let position = self.state.get(own).cloned().unwrap_or_else(|| first_position(stream));
                let mut next = first_position(Stream::Seeded);
                let mut arguments = self.arguments(inputs, &reads)?;
                let whole = arguments.first().cloned().filter(|_| strings);
                if let Some(whole) = &whole {
                    let places: Vec<i64> = (0..whole.len() as i64).collect();
                    arguments[0] = Array::new(whole.shape().clone(), places)?;
                }
                let mut given: Vec<&[u8]> = vec![position.bytes()?];
                for &input in &reads {
                    given.push(arguments[input].bytes()?);
                }
                let mut drawn =
                    numbers.iter_mut().map(Array::bytes_mut).collect::<crate::Result<Vec<_>>>()?;
                drawn.push(next.bytes_mut()?);
                tenseur_kernels::call(&*kernel, self.context, &given, &mut drawn).map_err(Reason::from)?;
                self.state.set(own, Some(next));
                match whole {
                    None => numbers,
                    Some(whole) => {
                        let all = whole.as_strings()?;
                        let moved =
                            numbers[0].as_slice::<i64>()?.iter().map(|&place| all[place as usize].clone());
                        vec![Array::strings(whole.shape().clone(), moved)?]
                    }
                }
            }
            Work::Objects(function) => {
                let given: Vec<Value> = reads.iter().map(|&input| inputs[input].clone()).collect();
                let results = function(self.objects, &given)?;
                return Ok(results
                    .into_iter()
                    .zip(outputs)
                    .map(|(value, fact)| known(value, fact))
                    .collect());
            }
            work => {
                let arguments = self.arguments(inputs, &reads)?;
                evaluate(Lowered { work, reads }, signature, &arguments, self.context)?
            }
        };
        Ok(computed.into_iter().zip(outputs).map(|(array, fact)| known(Value::Array(array), fact)).collect())
    }

    fn array(&self, value: &Value) -> Result<Array> {
        match value {
            Value::Reference(variable) => self.read(*variable),
            other => Ok(other.array()?.clone()),
        }
    }

    /// The arrays that are read, at the places that the node's inputs have; the others need not be there.
    fn arguments(&self, inputs: &[Value], reads: &[usize]) -> Result<Vec<Array>> {
        let mut all: Vec<Array> = vec![Array::scalar(0u8); inputs.len()];
        for &input in reads {
            all[input] = self.array(&inputs[input])?;
        }
        Ok(all)
    }

    /// Calls functions as `call` says.
    fn call(&mut self, call: &Call, inputs: &[Value]) -> Result<Vec<Value>> {
        match call {
            Call::Function(name) => self.call_function(name, inputs),
            Call::If { then_branch, else_branch } => {
                let (condition, rest) = split(inputs)?;
                let branch = if truth(&self.array(condition)?)? { then_branch } else { else_branch };
                self.call_function(branch, rest)
            }
            Call::Case { branches } => {
                let (index, rest) = split(inputs)?;
                let index = self.array(index)?.to_i64()?.first().copied().unwrap_or_default();
                // What is out of range is the last branch.
                let last = branches.len().saturating_sub(1);
                let chosen = usize::try_from(index).map_or(last, |index| index.min(last));
                let branch = branches.get(chosen).ok_or_else(|| Error::invalid("it has no branches"))?;
                self.call_function(branch, rest)
            }
            Call::While { condition, body } => {
                let mut values = inputs.to_vec();
                loop {
                    self.cancellation.check()?;
                    let outcome = self.call_function(condition, &values)?;
                    let (goes_on, _) = split(&outcome)?;
                    if !truth(&self.array(goes_on)?)? {
                        return Ok(values);
                    }
                    values = self.call_function(body, &values)?;
                }
            }
        }
    }

    fn call_function(&mut self, name: &str, inputs: &[Value]) -> Result<Vec<Value>> {
        let function = self.functions.get(name)?;
        if self.depth >= DEEPEST {
            let message = format!("functions call each other more than {DEEPEST} deep, the last \"{name}\"");
            return Err(Error::new(Code::ResourceExhausted, message));
        }
        if inputs.len() != function.arguments.len() {
            return Err(Error::invalid(format!(
                "the function \"{name}\" takes {} arguments and got {}",
                function.arguments.len(),
                inputs.len()
            )));
        }
        let feeds: Vec<(Edge, Value)> = function
            .arguments
            .iter()
            .zip(inputs)
            .map(|(&node, value)| (Edge { node, output: 0 }, value.clone()))
            .collect();
        let contents = function.graph.read();
        let mut inner = Runner {
            contents: &contents,
            functions: self.functions,
            state: self.state,
            objects: self.objects,
            context: self.context,
            cancellation: self.cancellation,
            watch: self.watch,
            depth: self.depth + 1,
        };
        let mut values = || inner.values(&function.results, &function.effects, &feeds);
        match (self.depth + 1).is_multiple_of(CALLS_ON_A_STACK) {
            false => values(),
            true => on_own_stack(values),
        }
    }
}

/// Does the work on a stack of its own.
fn on_own_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| {
            let text = format!("functions call each other deeply, and there is no other stack: {error}");
            Error::new(Code::ResourceExhausted, text)
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Whether aliases hand the input on as it is, and do not read it.
fn passes_on(input: &Value, outputs: &[Fact]) -> bool {
    match input {
        Value::Array(_) => false,
        Value::Reference(_) => outputs.iter().all(|fact| fact.reference),
        Value::Object(_) | Value::List(_) => true,
    }
}

fn split(inputs: &[Value]) -> Result<(&Value, &[Value])> {
    inputs.split_first().ok_or_else(|| Error::invalid("it has no input to decide by"))
}

/// TensorFlow's truth of a value: a scalar that is not 0 (or not empty), an array that is not empty.
pub(crate) fn truth(array: &Array) -> Result<bool> {
    if array.shape().rank() > 0 {
        return Ok(!array.is_empty());
    }
    match array.dtype() {
        DType::String => Ok(!array.as_strings()?[0].is_empty()),
        _ => Ok(array.to_f64()?[0] != 0.0),
    }
}

/// What is known of a value that is fed.
pub(crate) fn fed_fact(value: &Value) -> Fact {
    match value {
        Value::Array(array) => known(value.clone(), Fact::new(array.dtype(), array.shape())).0,
        Value::Reference(_) => Fact::handle(DType::Resource, crate::value::PartialShape::unknown()),
        Value::Object(_) => Fact::new(DType::Resource, crate::value::PartialShape::scalar()),
        Value::List(_) => Fact::new(DType::Variant, crate::value::PartialShape::scalar()),
    }
}

/// The value, and what is known of it: an array is passed on whole only where it may say a shape.
fn known(value: Value, fact: Fact) -> (Fact, Value) {
    let fact = match &value {
        Value::Array(array) => {
            let small = array.dtype().is_integer() && array.len() <= 64;
            Fact { value: small.then(|| array.clone()), shape: array.shape().into(), ..fact }
        }
        _ => fact,
    };
    (fact, value)
}

/// What a placeholder says that was not fed.
pub(crate) fn not_fed(name: &str) -> Error {
    Error::invalid(format!("placeholder \"{name}\" was not fed")).hint("give it a value: feeds![x => …]")
}
