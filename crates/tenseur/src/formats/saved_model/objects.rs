//! Models that TensorFlow 2 wrote of its objects: what their variables are called in the checkpoint.
//!
//! A checkpoint of objects names a variable by the way to it through the objects (`dense/kernel/.ATTRIBUTES/VARIABLE_VALUE`), of
//! which the graph knows nothing. But the graph brings the function that would restore it: a RestoreV2 of these names, each of
//! whose results is assigned to one of the function's arguments, which are the variables. It is read here, and not run.

use std::collections::{BTreeMap, HashMap};

use crate::formats::proto::{Attr, FunctionDef, GraphDef, MetaGraphDef, NodeDef};
use crate::formats::tensor_proto::array_from_proto;

/// So many nodes are between a RestoreV2 and what is assigned, at most.
const LONGEST_WAY: usize = 16;

/// The name in the checkpoint of each variable, by the name of its node. Empty if the model says of none.
pub(super) fn checkpoint_names(message: &MetaGraphDef) -> BTreeMap<String, String> {
    names(message).unwrap_or_default()
}

fn names(message: &MetaGraphDef) -> Option<BTreeMap<String, String>> {
    let graph = message.graph_def.as_ref()?;
    let restore = &message.saver_def.as_ref()?.restore_op_name;
    let call = graph.node.iter().find(|node| node.name == *restore)?;
    let function = function(graph, call)?;
    let arguments = &function.signature.as_ref()?.input_arg;
    let given: HashMap<&str, &str> = arguments
        .iter()
        .zip(&call.input)
        .map(|(argument, node)| (argument.name.as_str(), node.as_str()))
        .collect();
    let nodes: HashMap<&str, &NodeDef> =
        function.node_def.iter().map(|node| (node.name.as_str(), node)).collect();
    let assigned = function.node_def.iter().filter(|node| node.op == "AssignVariableOp").filter_map(|node| {
        let [variable, value, ..] = node.input.as_slice() else { return None };
        let variable = given.get(variable.as_str())?.split(':').next()?;
        Some((variable.to_string(), saved_name(value, &nodes)?))
    });
    Some(assigned.collect())
}

/// The function that a node calls.
fn function<'a>(graph: &'a GraphDef, call: &NodeDef) -> Option<&'a FunctionDef> {
    let Some(Attr::Func(called)) = &call.attr.get("f")?.value else { return None };
    let is_it = |function: &&FunctionDef| {
        function.signature.as_ref().is_some_and(|signature| signature.name == called.name)
    };
    graph.library.as_ref()?.function.iter().find(is_it)
}

/// The name under which a value was saved: that of a RestoreV2's result, perhaps through Identities.
fn saved_name(value: &str, nodes: &HashMap<&str, &NodeDef>) -> Option<String> {
    let mut value = value;
    for _ in 0..LONGEST_WAY {
        let mut parts = value.split(':');
        let node = nodes.get(parts.next()?)?;
        match node.op.as_str() {
            "Identity" => value = node.input.first()?,
            "RestoreV2" => {
                let place: usize = parts.next_back()?.parse().ok()?;
                let names = nodes.get(node.input.get(1)?.split(':').next()?)?;
                let Some(Attr::Tensor(names)) = &names.attr.get("value")?.value else { return None };
                let names = array_from_proto(names).ok()?;
                let name = names.as_strings().ok()?.get(place)?;
                return String::from_utf8(name.clone()).ok();
            }
            _ => return None,
        }
    }
    None
}
