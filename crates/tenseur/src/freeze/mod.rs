//! Freezing: a graph with its variables as a graph of constants, with what its outputs need and nothing else.
//!
//! ```text
//! constants      w = VariableV2, w/read = Identity(w)      w = Const, w/read = Identity(w)
//!                h = VarHandleOp, ReadVariableOp(h)        h = Const, Identity(h)
//! prune          what no output needs is gone: losses, gradients, optimizers, summaries
//! fold           a batch normalisation after a convolution or matrix product becomes part of its weights and a bias
//! ```
//!
//! Nodes keep their names, so that feeds and fetches stay what they were.

mod fold;
mod normalisation;
mod product;

use std::collections::{BTreeSet, HashMap, HashSet};

use prost::Message;

use crate::error::{Code, Error, Result};
use crate::formats::proto::{Attr, AttrValue, GraphDef, NodeDef};
use crate::formats::tensor_proto::proto_from_array;
use crate::graph::Tensor;
use crate::session::Session;
use crate::value::{Array, DType};

/// What variables are in a graph.
const VARIABLES: [&str; 3] = ["VariableV2", "Variable", "VarHandleOp"];

/// The session's graph as the bytes of a GraphDef that computes `outputs` from placeholders alone: with the session's
/// variables as constants, without what the outputs do not need, and with batch normalisations folded into the convolutions
/// and matrix products before them, which changes results by no more than rounding.
///
/// # Errors
/// The graph's first error; when there are no outputs, one is of another graph, a variable that they need holds nothing, or
/// they write to one.
///
/// ```
/// use tenseur::freeze::freeze;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None], "x");
/// let w = tf.variable(3.0, "w");
/// let y = (&x * &*w).named("y");
/// let _train = train::GradientDescentOptimizer::new(0.1).minimize(&y.reduce_sum(..));
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
///
/// let frozen = Graph::from_graph_def(&freeze(&sess, &[&y])?)?;
/// assert_eq!(frozen.len(), 4); // x, w, w/read, y
/// let (x, y) = (frozen.tensor("x:0")?, frozen.tensor("y:0")?);
/// assert_eq!(Session::new(&frozen)?.run(&y, feeds![x => array![1.0, 2.0]])?, array![3.0, 6.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn freeze(session: &Session, outputs: &[&Tensor]) -> Result<Vec<u8>> {
    let graph = session.graph();
    if outputs.is_empty() {
        return Err(Error::invalid("a graph is frozen for its outputs, and none is given"));
    }
    if let Some(foreign) = outputs.iter().find(|output| !output.graph().is(graph)) {
        return Err(Error::invalid(format!(
            "output \"{}\" is of another graph than the session",
            foreign.name()
        )));
    }
    let names: Vec<String> = outputs.iter().map(|output| output.op().name().to_string()).collect();
    let mut file = GraphDef::decode(graph.as_graph_def()?.as_slice())
        .map_err(|error| Error::new(Code::Internal, format!("the graph's own bytes are damaged: {error}")))?;
    prune(&mut file, &names);
    let values: HashMap<String, Array> = session.variables().into_iter().collect();
    constants(&mut file, &values)?;
    fold::fold(&mut file, &names)?;
    prune(&mut file, &names);
    Ok(file.encode_to_vec())
}

/// The name of the node in an input `node`, `node:1` or `^node`.
fn node_of(input: &str) -> &str {
    let name = input.strip_prefix('^').unwrap_or(input);
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// Removes the nodes that these do not need.
fn prune(file: &mut GraphDef, names: &[String]) {
    let by_name: HashMap<&str, &NodeDef> = file.node.iter().map(|node| (node.name.as_str(), node)).collect();
    let mut needed: HashSet<String> = HashSet::new();
    let mut waiting: Vec<&str> = names.iter().map(String::as_str).collect();
    while let Some(name) = waiting.pop() {
        if needed.insert(name.to_string()) {
            let inputs = by_name.get(name).map(|node| node.input.as_slice()).unwrap_or_default();
            waiting.extend(inputs.iter().map(|input| node_of(input)));
        }
    }
    file.node.retain(|node| needed.contains(&node.name));
}

/// Makes constants of variables, and of what reads them by a handle what reads constants.
fn constants(file: &mut GraphDef, values: &HashMap<String, Array>) -> Result<()> {
    let variables: BTreeSet<String> = file
        .node
        .iter()
        .filter(|node| VARIABLES.contains(&node.op.as_str()))
        .map(|node| node.name.clone())
        .collect();
    let mut made = Vec::new();
    for node in &mut file.node {
        if variables.contains(&node.name) {
            let value = values.get(&node.name).ok_or_else(|| {
                let text =
                    format!("variable \"{}\" cannot become a constant: it holds nothing yet", node.name);
                Error::new(Code::FailedPrecondition, text).hint("restore or initialize it first")
            })?;
            *node = constant(&node.name, value, &node.device);
            continue;
        }
        let Some(variable) = node.input.iter().find(|input| variables.contains(node_of(input))).cloned()
        else {
            continue;
        };
        let dtype = values.get(node_of(&variable)).map_or(DType::Float32, Array::dtype);
        match node.op.as_str() {
            "ReadVariableOp" => {
                node.op = "Identity".to_string();
                node.attr = [("T".to_string(), type_attr(dtype))].into();
            }
            "ResourceGather" => {
                let axis = format!("{}/axis", node.name);
                made.push(constant(&axis, &Array::scalar(0i32), &node.device));
                let controls = node.input.iter().position(|input| input.starts_with('^'));
                node.input.insert(controls.unwrap_or(node.input.len()), axis);
                node.op = "GatherV2".to_string();
                let indices = node.attr.remove("Tindices").unwrap_or_else(|| type_attr(DType::Int32));
                let batch = node.attr.remove("batch_dims");
                node.attr = [
                    ("Tparams".to_string(), type_attr(dtype)),
                    ("Tindices".to_string(), indices),
                    ("Taxis".to_string(), type_attr(DType::Int32)),
                ]
                .into();
                node.attr.extend(batch.map(|batch| ("batch_dims".to_string(), batch)));
            }
            "Identity" | "RefIdentity" => {}
            op if writes(op) => {
                let text = format!("{op} \"{}\" writes the variable \"{variable}\"", node.name);
                return Err(Error::new(Code::FailedPrecondition, text).hint("a frozen graph only reads"));
            }
            _ => {}
        }
    }
    file.node.extend(made);
    Ok(())
}

/// Whether an op that takes a variable as its own writes it.
fn writes(op: &str) -> bool {
    [
        "Assign",
        "ResourceAssign",
        "Scatter",
        "ResourceScatter",
        "Apply",
        "ResourceApply",
        "SparseApply",
        "ResourceSparseApply",
    ]
    .iter()
    .any(|prefix| op.starts_with(prefix))
        && op != "ScatterNd"
}

/// A node that gives an array.
fn constant(name: &str, value: &Array, device: &str) -> NodeDef {
    let tensor = Attr::Tensor(Box::new(proto_from_array(value)));
    NodeDef {
        name: name.to_string(),
        op: "Const".to_string(),
        device: device.to_string(),
        attr: [
            ("dtype".to_string(), type_attr(value.dtype())),
            ("value".to_string(), AttrValue { value: Some(tensor) }),
        ]
        .into(),
        ..NodeDef::default()
    }
}

fn type_attr(dtype: DType) -> AttrValue {
    AttrValue { value: Some(Attr::Type(dtype.number())) }
}
