//! Writes a function that was made here (the turn of a loop's gradient) as a FunctionDef.

use std::collections::{BTreeMap, HashMap};

use super::export::new_node;
use super::op_definitions::definition;
use crate::error::{Code, Error, Result};
use crate::formats::proto::{ArgDef, FunctionDef, NodeDef, OpDef};
use crate::graph::{Contents, Edge, Fact, Function, NodeId};
use crate::value::DType;

/// The function as a file says it.
///
/// # Errors
/// Unimplemented, naming the node, when an output has no name that TensorFlow knows.
pub(super) fn function_def(name: &str, function: &Function) -> Result<FunctionDef> {
    let contents = function.graph.read();
    let arguments: HashMap<NodeId, String> =
        function.arguments.iter().enumerate().map(|(i, &node)| (node, format!("arg_{i}"))).collect();
    let definitions: Vec<NodeDef> = contents.nodes.iter().map(|node| new_node(&contents, node)).collect();
    let edge_name = |edge: Edge| -> Result<String> {
        if let Some(argument) = arguments.get(&edge.node) {
            return Ok(argument.clone());
        }
        let node = &contents.nodes[edge.node.index()];
        let attributes = &definitions[edge.node.index()].attr;
        let definition = definition(node.op.name());
        let name = definition.and_then(|definition| definition.output_name(attributes, edge.output as usize));
        let (output, number) = name.ok_or_else(|| {
            let text = format!("output {} has no name that a function's body could call it by", edge.output);
            Error::new(Code::Unimplemented, text).at(|| contents.describe(node))
        })?;
        Ok(format!("{}:{output}:{number}", node.name))
    };
    let mut nodes = Vec::new();
    for (id, node) in contents.nodes.iter().enumerate() {
        if arguments.contains_key(&NodeId(id as u32)) {
            continue;
        }
        let inputs = node.inputs.iter().map(|&edge| edge_name(edge));
        let control = node.control_inputs.iter().map(|id| match arguments.get(id) {
            Some(argument) => format!("^{argument}"),
            None => format!("^{}", contents.nodes[id.index()].name),
        });
        let mut input = inputs.collect::<Result<Vec<String>>>()?;
        input.extend(control);
        nodes.push(NodeDef { input, ..definitions[id].clone() });
    }
    let argument =
        |(i, &node): (usize, &NodeId)| named(&contents, Edge { node, output: 0 }, format!("arg_{i}"));
    let result = |(i, &edge): (usize, &Edge)| named(&contents, edge, format!("result_{i}"));
    let mut ret = BTreeMap::new();
    for (i, &edge) in function.results.iter().enumerate() {
        ret.insert(format!("result_{i}"), edge_name(edge)?);
    }
    let effects = function.effects.iter().map(|id| contents.nodes[id.index()].name.to_string());
    let control_ret: BTreeMap<String, String> = effects.map(|name| (name.clone(), name)).collect();
    let signature = OpDef {
        name: name.to_string(),
        input_arg: function.arguments.iter().enumerate().map(argument).collect(),
        output_arg: function.results.iter().enumerate().map(result).collect(),
        control_output: control_ret.keys().cloned().collect(),
        ..OpDef::default()
    };
    Ok(FunctionDef {
        signature: Some(signature),
        node_def: nodes,
        ret,
        control_ret,
        ..FunctionDef::default()
    })
}

fn named(contents: &Contents, edge: Edge, name: String) -> ArgDef {
    let fact = contents.nodes[edge.node.index()].fact(edge.output);
    let dtype = fact.map_or(DType::Float32, |fact: &Fact| match fact.resource {
        true => DType::Resource,
        false => fact.dtype,
    });
    ArgDef { name, r#type: dtype.number(), ..ArgDef::default() }
}
