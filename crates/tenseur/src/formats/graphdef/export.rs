//! Writing a graph as a GraphDef.

use super::attributes::to_wire;
use super::export_function::function_def;
use super::header::{NodeOutline, library};
use crate::error::{Error, Result};
use crate::formats::proto::{FunctionDefLibrary, NodeDef};
use crate::graph::{Contents, Fact, Graph, Node};
use crate::ops::Signature;
use prost::Message;
use prost::bytes::Bytes;
use smallvec::SmallVec;
use std::collections::HashSet;

/// The graph as the bytes of a GraphDef, with the nodes that were imported as they stood in their file, and in its
/// order.
///
/// # Errors
/// The graph's first error.
pub fn export(graph: &Graph) -> Result<Vec<u8>> {
    let contents = graph.read();
    if let Some(error) = contents.first_error() {
        return Err(error.clone());
    }
    let mut nodes: Vec<&Node> = contents.nodes.iter().collect();
    nodes.sort_by_key(|node| node.place);
    let mut file = contents.header.file();
    let known = library(&file)?;
    let known: HashSet<&str> =
        known.function.iter().filter_map(|function| Some(&*function.signature.as_ref()?.name)).collect();
    let mut made = Vec::new();
    for (name, function) in contents.functions.sorted() {
        if !known.contains(name) {
            made.push(function_def(name, function)?);
        }
    }
    if !made.is_empty() {
        let made = FunctionDefLibrary { function: made, ..FunctionDefLibrary::default() };
        file.library.push(made.encode_to_vec().into());
    }
    file.node = nodes.into_iter().map(|node| node_bytes(&contents, node)).collect::<Result<_>>()?;
    Ok(file.encode_to_vec())
}

fn node_bytes(contents: &Contents, node: &Node) -> Result<Bytes> {
    let damaged =
        |error: prost::DecodeError| Error::invalid(format!("node \"{}\" is damaged: {error}", node.name));
    let Some(record) = &node.record else {
        return Ok(new_node(contents, node).encode_to_vec().into());
    };
    // As long as nobody changed what it is called or what it reads, it is written as it was.
    let outline = NodeOutline::decode(record.clone()).map_err(damaged)?;
    let same_inputs = same_inputs(contents, node, &outline.input);
    if same_inputs && outline.name == *node.name {
        return Ok(record.clone());
    }
    let mut def = NodeDef::decode(record.clone()).map_err(damaged)?;
    def.name = node.name.to_string();
    if !same_inputs {
        def.input = inputs(contents, node);
    }
    Ok(def.encode_to_vec().into())
}

/// What a node was called in the file that it came from.
pub(crate) fn recorded_name(node: &Node) -> Option<String> {
    Some(NodeOutline::decode(node.record.clone()?).ok()?.name)
}

/// The message of a node that was made here.
pub(super) fn new_node(contents: &Contents, node: &Node) -> NodeDef {
    let facts: SmallVec<[&Fact; 4]> =
        node.inputs.iter().filter_map(|edge| contents.nodes[edge.node.index()].fact(edge.output)).collect();
    // Where an imported op is not known, nothing is known of what is computed from it; types are then left out.
    let attrs = match (&node.outputs, facts.len() == node.inputs.len()) {
        (Some(outputs), true) => to_wire(&node.op.attrs(Signature { inputs: &facts, outputs })),
        _ => Default::default(),
    };
    NodeDef {
        name: node.name.to_string(),
        op: node.op.name().to_string(),
        input: inputs(contents, node),
        device: node.device.as_deref().unwrap_or_default().to_string(),
        attr: attrs,
        ..NodeDef::default()
    }
}

/// What a node reads, as a file says it: `node`, `node:1`, and then `^node`.
fn inputs(contents: &Contents, node: &Node) -> Vec<String> {
    let data = node.inputs.iter().map(|edge| {
        let name = &contents.nodes[edge.node.index()].name;
        if edge.output == 0 { name.to_string() } else { format!("{name}:{}", edge.output) }
    });
    let control = node.control_inputs.iter().map(|id| format!("^{}", contents.nodes[id.index()].name));
    data.chain(control).collect()
}

/// Whether `written` says what the node reads, in whatever of the possible ways.
fn same_inputs(contents: &Contents, node: &Node, written: &[String]) -> bool {
    let (data, control) = written.split_at(node.inputs.len().min(written.len()));
    let same_data = data.len() == node.inputs.len()
        && data.iter().zip(&node.inputs).all(|(text, edge)| {
            let (name, output) = super::order::split_input(text);
            output == Some(edge.output) && name == &*contents.nodes[edge.node.index()].name
        });
    let name = |text: &'_ String| text.strip_prefix('^').map(str::to_string);
    let kept = |id: &crate::graph::NodeId| contents.nodes[id.index()].name.to_string();
    // A node that is both read and waited for is kept once.
    let read: Vec<String> = node.inputs.iter().map(|edge| kept(&edge.node)).collect();
    let mut before: Vec<Option<String>> = control.iter().map(name).collect();
    before.retain(|name| name.as_ref().is_none_or(|name| !read.contains(name)));
    let mut after: Vec<Option<String>> = node.control_inputs.iter().map(|id| Some(kept(id))).collect();
    before.sort();
    before.dedup();
    after.sort();
    same_data && before == after
}
