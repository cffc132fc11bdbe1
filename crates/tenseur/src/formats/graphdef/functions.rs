//! The functions of a file: each body becomes a graph of its own.
//!
//! A body says what it reads by argument (`x`) or by a node's named output (`node:output:1`, the second of the outputs that
//! go under that name); here both become a graph's `node:1`, and arguments become nodes.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message;

use super::handles::handle_types;
use super::header::File;
use super::import::{ImportOptions, import_file};
use super::op_definitions::{Attributes, definition};
use super::order::split_input;
use crate::error::{Code, Error, Result};
use crate::formats::proto::{Attr, AttrValue, FunctionDef, FunctionDefLibrary, NodeDef};
use crate::graph::{Edge, FIRST_BASE, Function, Functions, Graph};
use crate::ops::function::OF_HANDLE;

/// The functions of a file; `existing` are those that the graph has already.
pub(super) fn functions(library: &FunctionDefLibrary, existing: &Functions) -> Functions {
    let mut base = FIRST_BASE.saturating_add(existing.nodes() as u32);
    let signatures = signatures(library);
    let handles = handle_types(library);
    let mut made = HashMap::new();
    for function in &library.function {
        let name = function.signature.as_ref().map(|signature| signature.name.clone()).unwrap_or_default();
        let body = body(function, base, &signatures, &handles)
            .map_err(|error| error.context(format_args!("function \"{name}\"")));
        if let Ok(body) = &body {
            base = base.saturating_add(body.graph.len() as u32);
        }
        made.insert(name, body.map(Arc::new));
    }
    Functions::new(made)
}

/// The names and types of functions' results, by function: a node may have a function's name for its op.
pub(super) type Signatures = HashMap<String, Vec<(String, i32)>>;

/// The results of every function of a library.
pub(super) fn signatures(library: &FunctionDefLibrary) -> Signatures {
    let named = |function: &FunctionDef| {
        let signature = function.signature.as_ref()?;
        let results = signature.output_arg.iter().map(|result| (result.name.clone(), result.r#type));
        Some((signature.name.clone(), results.collect()))
    };
    library.function.iter().filter_map(named).collect()
}

fn body(
    function: &FunctionDef,
    base: u32,
    signatures: &Signatures,
    handles: &HashMap<(&str, usize), i32>,
) -> Result<Function> {
    let signature = function.signature.clone().unwrap_or_default();
    let mut nodes: Vec<NodeDef> = Vec::new();
    let mut ops: HashMap<&str, (&str, &Attributes)> = HashMap::new();
    let of_argument = Attributes::new();
    for (index, argument) in signature.input_arg.iter().enumerate() {
        if argument.r#type == 0 {
            return Err(Error::new(
                Code::Unimplemented,
                format!("argument \"{}\" has no type of its own", argument.name),
            ));
        }
        let of_handle =
            handles.get(&(&signature.name[..], index)).map(|&dtype| (OF_HANDLE, Attr::Type(dtype)));
        let attr = [("T", Attr::Type(argument.r#type)), ("index", Attr::I(index as i64))];
        let attr = attr.into_iter().chain(of_handle);
        let attr = attr.map(|(name, value)| (name.to_string(), AttrValue { value: Some(value) }));
        nodes.push(NodeDef {
            name: argument.name.clone(),
            op: "_Arg".to_string(),
            attr: attr.collect(),
            ..NodeDef::default()
        });
        ops.insert(&argument.name, ("_Arg", &of_argument));
    }
    for node in &function.node_def {
        ops.insert(&node.name, (&node.op, &node.attr));
    }
    // `node:name:1` becomes `node:2` where two outputs come before that name.
    let plain = |text: &str| -> Result<String> {
        if text.starts_with('^') {
            return Ok(text.to_string());
        }
        let mut parts = text.splitn(3, ':');
        let (node, output, index) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some(output) = output else { return Ok(format!("{node}:0")) };
        let index: usize = index.unwrap_or("0").parse().unwrap_or(usize::MAX);
        let (op, attributes) = ops.get(node).copied().unwrap_or(("", &of_argument));
        // Where the op is a function, its results have names.
        let own = signatures.get(op).and_then(|results| results.iter().position(|(name, _)| name == output));
        let first = own
            .or_else(|| match definition(op) {
                Some(definition) => definition.outputs_before(attributes, output),
                // What is not known is told when it is added.
                None => Some(0),
            })
            .ok_or_else(|| {
                Error::invalid(format!("\"{text}\" reads an output of {op} that it does not have"))
            })?;
        let number = first.saturating_add(index);
        if number > 1 << 20 {
            return Err(Error::invalid(format!("\"{text}\" is not a tensor's name")));
        }
        Ok(format!("{node}:{number}"))
    };
    for node in &function.node_def {
        let mut node = node.clone();
        for input in &mut node.input {
            *input = plain(input)?;
        }
        nodes.push(node);
    }
    let graph = Graph::new();
    let file =
        File { node: nodes.iter().map(|node| node.encode_to_vec().into()).collect(), ..File::default() };
    import_file(&graph, file, &ImportOptions::default(), signatures)?;
    graph.write().base = base;
    let arguments = signature.input_arg.iter().map(|argument| Ok(graph.operation(&argument.name)?.id()));
    let arguments = arguments.collect::<Result<_>>()?;
    let result = |name: &str| -> Result<Edge> {
        let text = function.ret.get(name);
        let text = text.ok_or_else(|| Error::invalid(format!("nothing is said of its result \"{name}\"")))?;
        let plain = plain(text)?;
        let (node, output) = split_input(&plain);
        let output = output.ok_or_else(|| Error::invalid(format!("\"{text}\" is not a tensor's name")))?;
        Ok(Edge { node: graph.operation(node)?.id(), output })
    };
    let results = signature.output_arg.iter().map(|arg| result(&arg.name)).collect::<Result<_>>()?;
    let effects = function.control_ret.values().map(|name| Ok(graph.operation(name)?.id()));
    let effects = effects.collect::<Result<_>>()?;
    Ok(Function { graph, arguments, results, effects })
}
