//! The reference executor: each node of the pruned graph, in order, on arrays of its own. No pass, no fusion, no
//! arena. What the planned executor computes is held against it.
//!
//! Graphs with conditionals and loops go through [`frames`](crate::run::frames), which knows dead values; both run
//! nodes by [`Runner::node`].

use std::sync::RwLock;

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Result};
use crate::graph::{Edge, Fact, Facts, Functions, Graph, NodeId};
use crate::lowering::{Call, Work};
use crate::ops::{Effect, Signature};
use crate::run::body::Body;
use crate::run::lowered_node::{LoweredNode, Machine};
use crate::run::value::{Objects, Value};
use crate::run::variables::Variables;
use crate::run::{State, check_ops, frames};
use crate::session::Cancellation;
use crate::value::{Array, DType, PartialShape};

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
    graph: &Graph,
    request: &Request<'_>,
    state: &RwLock<State>,
    context: &Context,
    cancellation: &Cancellation,
    watch: &mut Watch<'_>,
) -> Result<Vec<Array>> {
    let mut variables = Variables::new(state);
    let outcome = fetched(graph, request, &mut variables, context, cancellation, watch);
    if outcome.is_err() {
        variables.take_back();
    }
    outcome
}

fn fetched(
    graph: &Graph,
    request: &Request<'_>,
    variables: &mut Variables<'_>,
    context: &Context,
    cancellation: &Cancellation,
    watch: &mut Watch<'_>,
) -> Result<Vec<Array>> {
    let fed: HashSet<Edge> = request.feeds.iter().map(|(edge, _)| *edge).collect();
    let contents = graph.read();
    let body = Body::new(graph, &contents, request.fetches, request.targets, &fed);
    check_ops(&contents, &body.order)?;
    let functions = contents.functions.clone();
    drop(contents);
    let mut objects = Objects::new(variables.resources(), cancellation);
    let mut runner = Runner {
        body: &body,
        functions: &functions,
        variables,
        objects: &mut objects,
        context,
        cancellation,
        watch,
        depth: 0,
    };
    let feeds: Vec<(Edge, Value)> =
        request.feeds.iter().map(|(edge, array)| (*edge, Value::Array(array.clone()))).collect();
    let values = runner.values(request.fetches, &feeds)?;
    let fetch = |(edge, value): (&Edge, Value)| match value {
        Value::Array(array) => Ok(array),
        // A reference gives the variable's value at the end of the run.
        Value::Reference(variable) => runner.read(variable),
        Value::Object(_) | Value::List(_) | Value::Kept(_) => Err(no_value(&body.name(edge.node))),
    };
    request.fetches.iter().zip(values).map(fetch).collect()
}

/// What a fetch says that is a handle or a list.
pub(crate) fn no_value(name: &str) -> Error {
    Error::invalid(format!("\"{name}\" is a handle and has no value to fetch"))
}

/// What a node gives: values, and what is known of them.
type Outputs = SmallVec<[(Fact, Value); 2]>;

/// How deep functions may call functions.
pub(crate) const DEEPEST: usize = 256;

/// After so many calls within calls the next goes on a stack of its own, so that none ends where the caller's does.
pub(crate) const CALLS_ON_A_STACK: usize = 16;

/// The bytes of that stack.
const STACK: usize = 8 << 20;

/// A run under way, in a graph or in the body of a function that it calls.
pub(crate) struct Runner<'a, 'w, 's> {
    pub(crate) body: &'a Body,
    functions: &'a Functions,
    pub(crate) variables: &'a mut Variables<'s>,
    objects: &'a mut Objects,
    context: &'a Context,
    pub(crate) cancellation: &'a Cancellation,
    watch: &'a mut Watch<'w>,
    depth: usize,
}

impl Runner<'_, '_, '_> {
    /// The values of `fetches`, with `feeds` in place of what would be computed, after the whole body has run.
    fn values(&mut self, fetches: &[Edge], feeds: &[(Edge, Value)]) -> Result<Vec<Value>> {
        let body = self.body;
        if body.has_flow() {
            return frames::run(self, fetches, feeds);
        }
        let mut values: HashMap<Edge, (Fact, Value)> = HashMap::default();
        for (edge, value) in feeds {
            values.insert(*edge, (fed_fact(value, self.variables), value.clone()));
        }
        for &id in &body.order {
            let mut facts: SmallVec<[Fact; 4]> = SmallVec::new();
            let mut inputs: SmallVec<[Value; 4]> = SmallVec::new();
            for edge in &body.node(id).inputs {
                let (fact, value) = values.get(edge).ok_or_else(|| body.missing(*edge))?;
                facts.push(fact.clone());
                inputs.push(value.clone());
            }
            for &(input, variable) in body.late.get(&id).into_iter().flatten() {
                inputs[input] = Value::Array(self.read(variable)?);
            }
            for (output, pair) in self.node(id, facts, inputs)?.into_iter().enumerate() {
                let edge = Edge { node: id, output: output as u32 };
                values.entry(edge).or_insert(pair);
            }
        }
        let fetch = |edge: &Edge| match values.get(edge) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(body.missing(*edge)),
        };
        fetches.iter().map(fetch).collect()
    }

    /// What the variable holds.
    pub(crate) fn read(&self, variable: NodeId) -> Result<Array> {
        self.variables.read(variable).map_err(|error| self.body.of_variable(variable, error))
    }

    /// Runs a node on these inputs and gives its outputs.
    pub(crate) fn node(
        &mut self,
        id: NodeId,
        facts: SmallVec<[Fact; 4]>,
        mut inputs: SmallVec<[Value; 4]>,
    ) -> Result<Outputs> {
        self.cancellation.check()?;
        let body = self.body;
        let outputs = match self.call_of(id).map_err(|error| body.at(id, error))? {
            Some((call, facts)) => self.called(&call, facts, &inputs),
            None => self.compute(id, facts, &mut inputs),
        };
        let outputs = outputs.map_err(|error| body.at(id, error))?;
        if self.depth == 0 {
            let array = |(_, value): &(Fact, Value)| match value {
                Value::Array(array) => Some(array.clone()),
                _ => None,
            };
            let arrays: Vec<Array> = outputs.iter().filter_map(array).collect();
            (self.watch)(id, &arrays).map_err(|error| body.at(id, error))?;
        }
        Ok(outputs)
    }

    /// What a node calls, and what is known of the results, if it calls functions.
    #[inline(never)]
    fn call_of(&self, id: NodeId) -> Result<Option<(Box<Call>, Facts)>> {
        let node = self.body.node(id);
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
    fn compute(
        &mut self,
        id: NodeId,
        mut facts: SmallVec<[Fact; 4]>,
        inputs: &mut [Value],
    ) -> Result<Outputs> {
        let body = self.body;
        let node = body.node(id);
        // Shapes and, for what was computed from constants alone, values are known now; a variable has the shape of what
        // it holds, whatever its node says. Only where that is put aside for another value it counts as declared.
        for (fact, input) in facts.iter_mut().zip(inputs.iter()) {
            if let Value::Reference(variable) = input
                && let Some(value) = self.variables.get(*variable)
            {
                (fact.dtype, fact.shape) = (value.dtype(), value.shape().into());
            }
        }
        if node.op.effects().reshapes
            && let (Some(fact), Some(edge)) = (facts.first_mut(), node.inputs.first())
        {
            fact.shape = body.fact(*edge).map_or(PartialShape::unknown(), |declared| declared.shape.clone());
        }
        let facts: SmallVec<[&Fact; 4]> = facts.iter().collect();
        let lowered = LoweredNode::new(&*node.op, &facts)?;
        if lowered.is_placeholder() {
            return Err(not_fed(&node.name));
        }
        let describe = |variable: NodeId, error: Error| body.of_variable(variable, error);
        let mut machine = Machine {
            variables: self.variables,
            objects: self.objects,
            context: self.context,
            cancellation: self.cancellation,
            name: &node.name,
            describe: &describe,
        };
        let values = lowered.run(body.kept_under(id), inputs, &mut machine)?;
        Ok(values.into_iter().zip(lowered.outputs).map(|(value, fact)| known(value, fact)).collect())
    }

    fn array(&self, value: &Value) -> Result<Array> {
        match value {
            Value::Reference(variable) => self.read(*variable),
            other => Ok(other.array()?.clone()),
        }
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
        let fed: HashSet<Edge> = feeds.iter().map(|(edge, _)| *edge).collect();
        let contents = function.graph.read();
        let body = Body::new(&function.graph, &contents, &function.results, &function.effects, &fed);
        drop(contents);
        let mut inner = Runner {
            body: &body,
            functions: self.functions,
            variables: self.variables,
            objects: self.objects,
            context: self.context,
            cancellation: self.cancellation,
            watch: self.watch,
            depth: self.depth + 1,
        };
        let mut values = || inner.values(&function.results, &feeds);
        match (self.depth + 1).is_multiple_of(CALLS_ON_A_STACK) {
            false => values(),
            true => on_own_stack(values),
        }
    }
}

/// Does the work on a stack of its own.
pub(crate) fn on_own_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| {
            let text = format!("functions call each other deeply, and there is no other stack: {error}");
            Error::new(Code::ResourceExhausted, text)
        })?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

pub(crate) fn split(inputs: &[Value]) -> Result<(&Value, &[Value])> {
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

/// Which way a Switch goes.
pub(crate) fn side(predicate: &Array) -> Result<bool> {
    match predicate.shape().rank() {
        0 => truth(predicate),
        _ => Err(Error::invalid(format!("a Switch goes by one truth value, not by {}", predicate.shape()))),
    }
}

/// What is known of a value that is fed.
pub(crate) fn fed_fact(value: &Value, variables: &Variables<'_>) -> Fact {
    match value {
        Value::Array(array) => known(value.clone(), Fact::new(array.dtype(), array.shape())).0,
        Value::Reference(variable) => match variables.get(*variable) {
            Some(held) => Fact::handle(held.dtype(), held.shape()),
            None => Fact::handle(DType::Resource, crate::value::PartialShape::unknown()),
        },
        Value::Object(_) | Value::Kept(_) => Fact::new(DType::Resource, crate::value::PartialShape::scalar()),
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
