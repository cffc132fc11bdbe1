//! Gradients through calls of functions, as in TensorFlow 2: the function hands over what its gradient needs of it, as
//! further results of the same node, and another function computes the gradient from that. Nothing that draws random numbers or writes runs twice.

use std::collections::HashSet;

use super::body::{Again, Body, BodyGradient, argument, differentiate};
use super::while_loop::{provide, through_while};
use super::within::nothing;
use crate::error::{Code, Error, Result};
use crate::graph::{Copying, Edge, Fact, Function, Functions, Graph, Node, NodeId, Tensor};
use crate::lowering::{Call, Work};
use crate::ops::function::{Case, ExtendedCall, If, StatefulPartitionedCall};
use crate::ops::list::flows;
use crate::ops::{Attr, Attrs, Backward, Effect, Op, Signature};
use crate::value::{DType, PartialShape};

/// The gradients that a call sends to the node's inputs. `extended` makes the op that calls other functions in the same way.
#[track_caller]
pub(crate) fn through_call(
    call: &Call,
    extended: &ExtendedCall<'_>,
    node: &Backward<'_>,
) -> Vec<Option<Tensor>> {
    let none = || vec![None; node.inputs()];
    let Some(graph) = node.outputs.first().map(Tensor::graph).cloned() else { return none() };
    let found = match call {
        Call::Function(name) => through(&graph, call, &[name], extended, node),
        Call::If { then_branch, else_branch } => {
            through(&graph, call, &[then_branch, else_branch], extended, node)
        }
        Call::Case { branches } => {
            through(&graph, call, &branches.iter().collect::<Vec<_>>(), extended, node)
        }
        Call::While { condition, body } => through_while(&graph, condition, body, extended, node),
    };
    found.unwrap_or_else(|error| {
        graph.fail(error);
        none()
    })
}

/// A function that is called, its gradient in the same graph, and what of it is handed over.
struct Branch {
    gradient: BodyGradient,
    /// Nodes that must have run, whatever the results need.
    effects: Vec<NodeId>,
    /// By what is handed over: which output of the calling node it is.
    places: Vec<usize>,
}

/// Makes the node hand over what the gradients of its functions need, and calls these as the functions themselves are
/// called: over the arguments, the gradients of the results, and what was handed over.
#[track_caller]
pub(super) fn through(
    graph: &Graph,
    call: &Call,
    names: &[&String],
    extended: &ExtendedCall<'_>,
    node: &Backward<'_>,
) -> Result<Vec<Option<Tensor>>> {
    // Input 0 decides between several.
    let first = usize::from(!matches!(call, Call::Function(_)));
    let arguments = &node.inputs[first..];
    let starts: Vec<(usize, &Tensor)> =
        node.gradients.iter().enumerate().filter_map(|(i, dy)| Some((i, dy.as_ref()?))).collect();
    let wanted: Vec<usize> = (0..arguments.len()).filter(|&i| differentiable(&arguments[i])).collect();
    let branch = |name: &&String| differentiated(graph, name, arguments, node, &wanted);
    let mut branches = names.iter().map(branch).collect::<Result<Vec<Branch>>>()?;
    let id = node.outputs[0].edge().node;
    hand_over(graph, id, names, &mut branches, extended, node.outputs())?;

    let mut places: Vec<usize> = branches.iter().flat_map(|branch| branch.places.iter().copied()).collect();
    places.sort_unstable();
    places.dedup();
    let output = |&output: &usize| Tensor::new(graph.clone(), Edge { node: id, output: output as u32 });
    let saved: Vec<Tensor> = places.iter().map(output).collect();
    let (mut made, mut reached) = (Vec::new(), vec![false; wanted.len()]);
    for (name, branch) in names.iter().zip(&branches) {
        let (gradient, own) = gradient_of(graph, name, branch, arguments, &starts, &places, &saved, &wanted)?;
        made.push(gradient);
        reached.iter_mut().zip(own).for_each(|(reached, own)| *reached |= own);
    }
    let inputs: Vec<&Tensor> =
        node.inputs.iter().chain(starts.iter().map(|(_, dy)| *dy)).chain(&saved).collect();
    let types: Vec<DType> = wanted.iter().map(|&i| arguments[i].dtype_or(DType::Float32)).collect();
    let function = |name: &String| Attr::Function(name.clone());
    let attrs = Attrs::new().with("Tout", types);
    let called = match (call, &made[..]) {
        (Call::Function(_), [name]) => {
            let op = StatefulPartitionedCall::from_attrs(&attrs.with("f", function(name)))?;
            graph.add_op(op, &inputs, None)
        }
        (Call::If { .. }, [yes, no]) => {
            let attrs = attrs.with("then_branch", function(yes)).with("else_branch", function(no));
            graph.add_op(If::from_attrs(&attrs)?, &inputs, None)
        }
        _ => {
            let branches = Attr::List(made.iter().map(function).collect());
            graph.add_op(Case::from_attrs(&attrs.with("branches", branches))?, &inputs, None)
        }
    };
    let mut all = vec![None; node.inputs()];
    for (place, &i) in wanted.iter().enumerate().filter(|&(place, _)| reached[place]) {
        all[first + i] = Some(called.output(place));
    }
    Ok(all)
}

/// Whether a gradient can flow to a tensor.
fn differentiable(x: &Tensor) -> bool {
    x.dtype().is_some_and(flows)
}

fn unknown() -> Fact {
    Fact::new(DType::Float32, PartialShape::unknown())
}

/// What is known of a tensor that goes into a function.
fn fact_of(x: &Tensor) -> Fact {
    x.fact().unwrap_or_else(unknown)
}

/// The arguments of a function over these tensors.
pub(super) fn arguments_of(own: &Graph, tensors: &[Tensor]) -> Vec<Tensor> {
    tensors.iter().enumerate().map(|(i, x)| argument(own, i, &fact_of(x))).collect()
}

/// A function and its gradient with respect to the `wanted` arguments, in a graph of their own.
fn differentiated(
    graph: &Graph,
    name: &str,
    inputs: &[Tensor],
    node: &Backward<'_>,
    wanted: &[usize],
) -> Result<Branch> {
    let function = graph.read().functions.get(name)?;
    if function.arguments.len() != inputs.len() || function.results.len() != node.outputs() {
        return Err(Error::invalid(format!("the function \"{name}\" does not fit the node")));
    }
    let own = graph.for_body_of(name)?;
    let arguments = arguments_of(&own, inputs);
    provide(&own, &function);
    let (results, effects) = copied(&function, &own, &arguments, &function.results);
    let kept = vec![true; arguments.len()];
    let asked: Vec<bool> = (0..arguments.len()).map(|i| wanted.contains(&i)).collect();
    let started: Vec<bool> = node.gradients.iter().map(Option::is_some).collect();
    let body = Body { graph: own, arguments, results };
    let gradient = differentiate(graph, body, &kept, Again::Constants, &asked, &started)?;
    Ok(Branch { gradient, effects, places: Vec::new() })
}

/// Copies these results of a function to another graph, with what must have run.
pub(super) fn copied(
    function: &Function,
    to: &Graph,
    arguments: &[Tensor],
    results: &[Edge],
) -> (Vec<Edge>, Vec<NodeId>) {
    let all = |_: NodeId| true;
    let mut copying = Copying::new(&function.graph, to, &all);
    for (&node, argument) in function.arguments.iter().zip(arguments) {
        copying.replace_argument(node, argument);
    }
    let results = copying.edges(results).iter().map(Tensor::edge).collect();
    (results, copying.nodes(&function.effects))
}

/// Makes the node's functions give what is handed over, each as further results of the node, as far as they do not yet.
fn hand_over(
    graph: &Graph,
    id: NodeId,
    names: &[&String],
    branches: &mut [Branch],
    extended: &ExtendedCall<'_>,
    outputs: usize,
) -> Result<()> {
    // What is new: of which branch, and what.
    let mut further: Vec<(usize, Edge)> = Vec::new();
    for (own, branch) in branches.iter_mut().enumerate() {
        for &edge in &branch.gradient.saved {
            let given = branch.gradient.results.iter().position(|result| *result == edge);
            branch.places.push(given.unwrap_or_else(|| {
                further.push((own, edge));
                outputs + further.len() - 1
            }));
        }
    }
    if further.is_empty() {
        return Ok(());
    }
    let mut functions = Vec::new();
    for (own, (name, branch)) in names.iter().zip(&*branches).enumerate() {
        let gradient = &branch.gradient;
        let body = graph.for_body();
        let arguments = arguments_of(&body, &gradient.arguments);
        let all = |_: NodeId| true;
        let mut copying = Copying::new(&gradient.graph, &body, &all);
        for (inner, argument) in gradient.arguments.iter().zip(&arguments) {
            copying.replace_argument(inner.edge().node, argument);
        }
        let mut results: Vec<Edge> = copying.edges(&gradient.results).iter().map(Tensor::edge).collect();
        for &(of, edge) in &further {
            results.push(match of == own {
                true => copying.edges(&[edge])[0].edge(),
                false => nothing(&body, branches[of].gradient.saved_type(edge))?.edge(),
            });
        }
        let effects = copying.nodes(&branch.effects);
        body.check()?;
        functions.push(add(graph, &format!("{name}_forward"), body, &arguments, results, effects));
    }
    // Where there are several functions, another may be called, and give something else in its place.
    let shapes: Vec<PartialShape> = match branches {
        [only] => {
            further.iter().map(|&(_, edge)| only.gradient.fact(edge).unwrap_or_else(unknown).shape).collect()
        }
        _ => Vec::new(),
    };
    let types = further.iter().map(|&(own, edge)| branches[own].gradient.saved_type(edge)).collect();
    graph.extend(id, extended(&functions, types)?, &[], &shapes)
}

/// Makes a body a function of the graph around it.
pub(super) fn add(
    graph: &Graph,
    name: &str,
    body: Graph,
    arguments: &[Tensor],
    results: Vec<Edge>,
    effects: Vec<NodeId>,
) -> String {
    let arguments = arguments.iter().map(|argument| argument.edge().node).collect();
    let name = format!("{}_{name}", graph.differentiation());
    graph.add_function(&name, Function { graph: body, arguments, results, effects })
}

/// The function that gives the gradients of the `wanted` arguments of another, and by argument whether one flows to it; it is
/// zero where none does. `places` are the node's outputs that hold what any of its functions hands over, `saved` these
/// outputs.
#[expect(clippy::too_many_arguments, reason = "each is another part of the new function's signature")]
fn gradient_of(
    graph: &Graph,
    name: &str,
    branch: &Branch,
    inputs: &[Tensor],
    starts: &[(usize, &Tensor)],
    places: &[usize],
    saved: &[Tensor],
    wanted: &[usize],
) -> Result<(String, Vec<bool>)> {
    let own = graph.for_body();
    let mut arguments = arguments_of(&own, inputs);
    let given: Vec<Option<Tensor>> = arguments.iter().cloned().map(Some).collect();
    let mut begun: Vec<Option<Tensor>> = vec![None; branch.gradient.results.len()];
    for (result, dy) in starts {
        let argument = argument(&own, arguments.len(), &fact_of(dy));
        begun[*result] = Some(argument.clone());
        arguments.push(argument);
    }
    let mut handed = vec![None; branch.places.len()];
    for (place, tensor) in places.iter().zip(saved) {
        // Of what it hands over itself it knows more than the node does.
        let index = branch.places.iter().position(|own| own == place);
        let known = index.and_then(|index| branch.gradient.fact(branch.gradient.saved[index]));
        let argument = argument(&own, arguments.len(), &known.unwrap_or_else(|| fact_of(tensor)));
        if let Some(index) = index {
            handed[index] = Some(argument.clone());
        }
        arguments.push(argument);
    }
    let handed: Vec<Tensor> = handed.into_iter().flatten().collect();
    let _same = own.name_scope(&format!("{}/", graph.differentiation()));
    let found = branch.gradient.emit(&own, &begun, &given, &handed);
    let results = wanted.iter().map(|&i| match &found[i] {
        Some(found) => found.edge(),
        None => arguments[i].zeros_like().edge(),
    });
    let results: Vec<Edge> = results.collect();
    let reached = wanted.iter().map(|&i| found[i].is_some()).collect();
    own.check()?;
    Ok((add(graph, &format!("{name}_grad"), own.clone(), &arguments, results, Vec::new()), reached))
}

/// Refuses a function that must not run twice, itself or through what it calls.
///
/// # Errors
/// Unimplemented, naming the node that draws random numbers or writes a variable.
pub(super) fn repeatable(functions: &Functions, name: &str) -> Result<()> {
    let mut seen = HashSet::from([name.to_string()]);
    let mut open = vec![name.to_string()];
    while let Some(own) = open.pop() {
        let function = functions.get(&own)?;
        let contents = function.graph.read();
        for node in &contents.nodes {
            let what = match node.op.effects().effect {
                Effect::Random(_) => "draws random numbers",
                Effect::Writes(_) => "writes a variable",
                Effect::Flow => {
                    open.extend(called_by(node).into_iter().filter(|called| seen.insert(called.clone())));
                    continue;
                }
                _ => continue,
            };
            let text = format!("the gradient of function \"{name}\" runs it again, and it {what}");
            return Err(Error::new(Code::Unimplemented, text).at(|| contents.describe(node)));
        }
    }
    Ok(())
}

/// The functions that a node calls.
pub(crate) fn called_by(node: &Node) -> Vec<String> {
    let Some(outputs) = &node.outputs else { return Vec::new() };
    // Calls lower without looking at their inputs.
    match node.op.lower(Signature { inputs: &[], outputs }).map(|lowered| lowered.work) {
        Ok(Work::Call(call)) => match call {
            Call::Function(name) => vec![name],
            Call::If { then_branch, else_branch } => vec![then_branch, else_branch],
            Call::Case { branches } => branches,
            Call::While { condition, body } => vec![condition, body],
        },
        _ => Vec::new(),
    }
}
