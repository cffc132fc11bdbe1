//! Of which type the variables are whose handles a function takes: a file says only that an argument is a handle, and the ops
//! that read it say of what.

use std::collections::HashMap;

use crate::formats::proto::{Attr, FunctionDefLibrary, NodeDef};

/// An argument of a function: the function's name, and which argument it is.
type Place<'a> = (&'a str, usize);

/// The number of the type of the variable behind each argument that is a handle, as far as ops in the functions say it.
pub(super) fn handle_types(library: &FunctionDefLibrary) -> HashMap<Place<'_>, i32> {
    let mut types: HashMap<Place<'_>, i32> = HashMap::new();
    // By argument, the arguments of other functions that are handed on to it.
    let mut handed_on: HashMap<Place<'_>, Vec<Place<'_>>> = HashMap::new();
    let mut found = Vec::new();
    for function in &library.function {
        let Some(signature) = &function.signature else { continue };
        // An Identity of a handle is that handle.
        let mut handles: HashMap<&str, Place<'_>> = HashMap::new();
        for (index, argument) in signature.input_arg.iter().enumerate() {
            handles.insert(&argument.name, (&signature.name, index));
        }
        for node in &function.node_def {
            for (input, text) in node.input.iter().enumerate() {
                let Some(&place) = handles.get(text.split(':').next().unwrap_or_default()) else { continue };
                if node.op == "Identity" {
                    handles.insert(&node.name, place);
                }
                if let Some(dtype) = said(node)
                    && types.insert(place, dtype).is_none()
                {
                    found.push(place);
                }
                for callee in called(node, input) {
                    handed_on.entry(callee).or_default().push(place);
                }
            }
        }
    }
    while let Some(place) = found.pop() {
        let dtype = types[&place];
        for caller in handed_on.remove(&place).unwrap_or_default() {
            if types.insert(caller, dtype).is_none() {
                found.push(caller);
            }
        }
    }
    types
}

/// The type of the variable whose handle an op takes, if it is an op that says it.
fn said(node: &NodeDef) -> Option<i32> {
    let name = match &node.op[..] {
        "ReadVariableOp"
        | "AssignVariableOp"
        | "AssignAddVariableOp"
        | "AssignSubVariableOp"
        | "ResourceGather"
        | "ResourceGatherNd" => "dtype",
        op if op.starts_with("ResourceScatterNd") => "T",
        op if op.starts_with("ResourceScatter") => "dtype",
        op if op.starts_with("Resource") => "T",
        _ => return None,
    };
    match node.attr.get(name)?.value {
        Some(Attr::Type(dtype)) => Some(dtype),
        _ => None,
    }
}

/// The arguments that this input of a node becomes, if the node calls functions.
fn called(node: &NodeDef, input: usize) -> Vec<Place<'_>> {
    let (names, first): (&[&str], usize) = match &node.op[..] {
        "PartitionedCall" | "StatefulPartitionedCall" => (&["f"], 0),
        "If" | "StatelessIf" => (&["then_branch", "else_branch"], 1),
        "While" | "StatelessWhile" => (&["cond", "body"], 0),
        "Case" | "StatelessCase" => (&["branches"], 1),
        _ => return vec![(&node.op, input)],
    };
    let Some(argument) = input.checked_sub(first) else { return Vec::new() };
    let functions = names.iter().filter_map(|&name| node.attr.get(name)?.value.as_ref());
    let functions = functions.flat_map(|value| match value {
        Attr::Func(function) => vec![&function.name[..]],
        Attr::List(list) => list.func.iter().map(|function| &function.name[..]).collect(),
        _ => Vec::new(),
    });
    functions.map(|function| (function, argument)).collect()
}
