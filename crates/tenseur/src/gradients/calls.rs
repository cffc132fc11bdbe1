//! Gradients through calls of functions: the gradient of a function is another, which computes the function again.

use std::collections::HashSet;

use super::body::{Body, argument, differentiate};
use super::while_loop::through_while;
use crate::error::{Code, Error, Result};
use crate::graph::{Copying, Edge, Fact, Function, Functions, Graph, Node, NodeId, Tensor};
use crate::lowering::{Call, Work};
use crate::ops::function::{Case, If, StatefulPartitionedCall};
use crate::ops::list::flows;
use crate::ops::{Attr, Attrs, Backward, Effect, Op, Signature};
use crate::value::{DType, PartialShape};

/// The gradients that a call sends to the node's inputs.
#[track_caller]
pub(crate) fn through_call(call: &Call, node: &Backward<'_>) -> Vec<Option<Tensor>> {
    let none = || vec![None; node.inputs()];
    let Some(graph) = node.outputs.first().map(Tensor::graph).cloned() else { return none() };
    let found = match call {
        Call::Function(name) => through(&graph, call, &[name], node),
        Call::If { then_branch, else_branch } => through(&graph, call, &[then_branch, else_branch], node),
        Call::Case { branches } => through(&graph, call, &branches.iter().collect::<Vec<_>>(), node),
        Call::While { condition, body } => {
            through_while(&graph, condition, body, node.inputs, node.gradients)
        }
    };
    found.unwrap_or_else(|error| {
        graph.fail(error);
        none()
    })
}

/// Calls the gradients of functions as the functions themselves are called, with the gradients of the results behind the
/// arguments.
#[track_caller]
fn through(
    graph: &Graph,
    call: &Call,
    names: &[&String],
    node: &Backward<'_>,
) -> Result<Vec<Option<Tensor>>> {
    // Input 0 decides between several.
    let first = usize::from(!matches!(call, Call::Function(_)));
    let arguments = &node.inputs[first..];
    let starts: Vec<(usize, &Tensor)> =
        node.gradients.iter().enumerate().filter_map(|(i, dy)| Some((i, dy.as_ref()?))).collect();
    let wanted: Vec<usize> = (0..arguments.len()).filter(|&i| differentiable(&arguments[i])).collect();
    let (mut made, mut flows) = (Vec::new(), vec![false; wanted.len()]);
    for name in names {
        let functions = graph.read().functions.clone();
        repeatable(&functions, name)?;
        let (gradient, reached) = gradient_of(graph, name, arguments, &starts, &wanted)?;
        made.push(gradient);
        flows.iter_mut().zip(reached).for_each(|(flows, reached)| *flows |= reached);
    }
    let inputs: Vec<&Tensor> =
        node.inputs[..first].iter().chain(arguments).chain(starts.iter().map(|(_, dy)| *dy)).collect();
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
    for (place, &i) in wanted.iter().enumerate().filter(|&(place, _)| flows[place]) {
        all[first + i] = Some(called.output(place));
    }
    Ok(all)
}

/// Whether a gradient can flow to a tensor.
fn differentiable(x: &Tensor) -> bool {
    x.dtype().is_some_and(flows)
}

/// The function that gives the gradients of the `wanted` arguments of another, and by argument whether one flows to it; it is zero where
/// none does.
fn gradient_of(
    graph: &Graph,
    name: &str,
    inputs: &[Tensor],
    starts: &[(usize, &Tensor)],
    wanted: &[usize],
) -> Result<(String, Vec<bool>)> {
    let function = graph.read().functions.get(name)?;
    if function.arguments.len() != inputs.len() {
        return Err(Error::invalid(format!("the function \"{name}\" does not fit the node's inputs")));
    }
    let own = graph.for_body_of(name)?;
    let unknown = || Fact::new(DType::Float32, PartialShape::unknown());
    let facts: Vec<Fact> = inputs.iter().map(|x| x.fact().unwrap_or_else(unknown)).collect();
    let arguments: Vec<Tensor> = facts.iter().enumerate().map(|(i, fact)| argument(&own, i, fact)).collect();
    let all = |_: NodeId| true;
    let results = {
        let mut copying = Copying::new(&function.graph, &own, &all);
        for (&node, argument) in function.arguments.iter().zip(&arguments) {
            copying.replace(Edge { node, output: 0 }, argument.clone());
        }
        // The other results lead nowhere.
        let results: Vec<Edge> = starts.iter().map(|(i, _)| function.results[*i]).collect();
        copying.edges(&results).iter().map(Tensor::edge).collect()
    };
    let kept = vec![true; arguments.len()];
    let asked: Vec<bool> = (0..arguments.len()).map(|i| wanted.contains(&i)).collect();
    let body = Body { graph: own, arguments, results };
    let gradient = differentiate(graph, body, &kept, &asked, &[])?;
    // Everything is at hand again: the arguments are, and the rest is computed from them.
    let own = graph.for_body();
    let arguments: Vec<Tensor> = facts.iter().enumerate().map(|(i, fact)| argument(&own, i, fact)).collect();
    let begin = |(place, (_, dy)): (usize, &(usize, &Tensor))| {
        argument(&own, arguments.len() + place, &dy.fact().unwrap_or_else(unknown))
    };
    let begun: Vec<Option<Tensor>> = starts.iter().enumerate().map(begin).map(Some).collect();
    let given: Vec<Option<Tensor>> = arguments.iter().cloned().map(Some).collect();
    let saved = {
        let all = |_: NodeId| true;
        let mut copying = Copying::new(&gradient.graph, &own, &all);
        for (inner, argument) in gradient.arguments.iter().zip(&arguments) {
            copying.replace(inner.edge(), argument.clone());
        }
        copying.edges(&gradient.saved)
    };
    let _same = own.name_scope(&format!("{}/", graph.differentiation()));
    let found = gradient.emit(&own, &begun, &given, &saved);
    let results = wanted.iter().map(|&i| match &found[i] {
        Some(found) => found.edge(),
        None => arguments[i].zeros_like().edge(),
    });
    let results: Vec<Edge> = results.collect();
    let reached = wanted.iter().map(|&i| found[i].is_some()).collect();
    own.check()?;
    let arguments = arguments.iter().chain(begun.iter().flatten()).map(|x| x.edge().node).collect();
    let name = format!("{}_{name}_grad", graph.differentiation());
    let function = Function { graph: own.clone(), arguments, results, effects: Vec::new() };
    Ok((graph.add_function(&name, function), reached))
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
