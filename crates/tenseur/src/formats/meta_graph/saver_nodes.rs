//! The nodes by which TensorFlow's own programs save and restore a graph's variables: a MetaGraphDef that has them, and says
//! so, is one that they take as it is.
//!
//! ```text
//! filename ─ Const ─┬─ SaveV2 (names, slices, variables) ─ control_dependency
//!                   └─ RestoreV2 (names, slices) ─ Assign … ─ restore_all
//! ```

use std::collections::BTreeMap;

use prost::Message;

use super::import::GRAPH_DEF;
use crate::error::{Error, Result};
use crate::formats::proto::{Attr, AttrList, AttrValue, NodeDef, SaverDef, TensorShapeProto};
use crate::formats::tensor_proto::proto_from_array;
use crate::formats::wire::{Payload, pieces, write_piece};
use crate::graph::Graph;
use crate::session::Kept;
use crate::value::{Array, DType};

/// The number of the field that says which nodes save and restore.
const SAVER_DEF: u32 = 3;
/// The number of a GraphDef's field of nodes.
const NODE: u32 = 1;
/// The version of the format of checkpoints.
const V2: i32 = 2;

/// The MetaGraphDef of `graph` with nodes that save and restore these; as it is, if it has such nodes, or if these are none.
///
/// # Errors
/// When the bytes are no MetaGraphDef.
pub(crate) fn with_saver(graph: &Graph, meta_graph: Vec<u8>, kept: &[Kept]) -> Result<Vec<u8>> {
    let found = pieces(&meta_graph).ok_or_else(|| Error::invalid("the bytes are not a MetaGraphDef"))?;
    let kept: Vec<&Kept> = kept.iter().filter(|kept| !kept.is_random()).collect();
    if kept.is_empty() || found.iter().any(|(number, _)| *number == SAVER_DEF) {
        return Ok(meta_graph);
    }
    let mut saver = Saver { scope: free_scope(graph), nodes: Vec::new() };
    let def = saver.add(graph, &kept)?;
    let mut file = Vec::with_capacity(meta_graph.len());
    let mut nodes = Some(saver.nodes);
    for (number, payload) in &found {
        match (number, payload) {
            (&GRAPH_DEF, Payload::Bytes(bytes)) if nodes.is_some() => {
                let mut graph_def = bytes.to_vec();
                for node in nodes.take().into_iter().flatten() {
                    write_piece(NODE, &Payload::Bytes(node.encode_to_vec().into()), &mut graph_def);
                }
                write_piece(GRAPH_DEF, &Payload::Bytes(graph_def.into()), &mut file);
            }
            _ => write_piece(*number, payload, &mut file),
        }
    }
    write_piece(SAVER_DEF, &Payload::Bytes(def.encode_to_vec().into()), &mut file);
    Ok(file)
}

/// `save`, or `save_1`, … under which the graph has no nodes.
fn free_scope(graph: &Graph) -> String {
    let contents = graph.read();
    let taken = |scope: &str| {
        contents.nodes.iter().any(|node| {
            node.name.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let numbered = (1..).map(|number: u32| format!("save_{number}"));
    let mut scopes = std::iter::once("save".to_string()).chain(numbered);
    scopes.find(|scope| !taken(scope)).unwrap_or_default()
}

/// The nodes under way.
struct Saver {
    scope: String,
    nodes: Vec<NodeDef>,
}

impl Saver {
    /// Adds all nodes, and says which to use.
    fn add(&mut self, graph: &Graph, kept: &[&Kept]) -> Result<SaverDef> {
        let string = || ("dtype", Attr::Type(DType::String.number()));
        let scalar = || ("shape", Attr::Shape(TensorShapeProto::default()));
        let input = self.strings("filename/input", None, &["model".to_string()])?;
        let file = self.node("filename", "PlaceholderWithDefault", vec![input], [string(), scalar()]);
        let file = self.node("Const", "PlaceholderWithDefault", vec![file], [string(), scalar()]);
        let names: Vec<String> = kept.iter().map(|kept| kept.name.clone()).collect();
        let slices: Vec<String> = kept.iter().map(|kept| slice_of(kept)).collect();
        let dtypes = || {
            let r#type = kept.iter().map(|kept| kept.dtype().number()).collect();
            ("dtypes", Attr::List(AttrList { r#type, ..AttrList::default() }))
        };

        let mut inputs = vec![file.clone()];
        inputs.push(self.strings("SaveV2/tensor_names", Some(names.len()), &names)?);
        inputs.push(self.strings("SaveV2/shape_and_slices", Some(names.len()), &slices)?);
        let mut variables = Vec::new();
        for (number, kept) in kept.iter().enumerate() {
            let (name, resource) = {
                let contents = graph.read();
                let node = &contents.nodes[kept.node.index()];
                (node.name.to_string(), node.fact(0).is_some_and(|fact| fact.resource))
            };
            let dtype = ("dtype", Attr::Type(kept.dtype().number()));
            inputs.push(match resource {
                true => self.node(&format!("Read_{number}"), "ReadVariableOp", vec![name.clone()], [dtype]),
                false => name.clone(),
            });
            variables.push((name, resource));
        }
        let save = self.node("SaveV2", "SaveV2", inputs, [dtypes()]);
        let string_type = ("T", Attr::Type(DType::String.number()));
        let saved = self.node(
            "control_dependency",
            "Identity",
            vec![file.clone(), format!("^{save}")],
            [string_type],
        );

        let mut inputs = vec![file.clone()];
        inputs.push(self.strings("RestoreV2/tensor_names", Some(names.len()), &names)?);
        inputs.push(self.strings("RestoreV2/shape_and_slices", Some(names.len()), &slices)?);
        let restore = self.node("RestoreV2", "RestoreV2", inputs, [dtypes()]);
        let mut assigned = Vec::new();
        for (number, ((name, resource), kept)) in variables.into_iter().zip(kept).enumerate() {
            let value = if number == 0 { restore.clone() } else { format!("{restore}:{number}") };
            let own = format!("Assign_{number}");
            let dtype = Attr::Type(kept.dtype().number());
            let node = match resource {
                true => self.node(&own, "AssignVariableOp", vec![name, value], [("dtype", dtype)]),
                false => {
                    let yes = |name| (name, Attr::B(true));
                    let attrs = [("T", dtype), yes("use_locking"), yes("validate_shape")];
                    self.node(&own, "Assign", vec![name, value], attrs)
                }
            };
            assigned.push(format!("^{node}"));
        }
        let restore_op_name = self.node("restore_all", "NoOp", assigned, []);
        Ok(SaverDef {
            filename_tensor_name: format!("{file}:0"),
            save_tensor_name: format!("{saved}:0"),
            restore_op_name,
            max_to_keep: 5,
            sharded: false,
            keep_checkpoint_every_n_hours: 10_000.0,
            version: V2,
        })
    }

    /// Adds a node, and gives its name.
    fn node<const N: usize>(
        &mut self,
        name: &str,
        op: &str,
        input: Vec<String>,
        attrs: [(&str, Attr); N],
    ) -> String {
        let name = format!("{}/{name}", self.scope);
        let attr: BTreeMap<String, AttrValue> = attrs
            .into_iter()
            .map(|(name, value)| (name.to_string(), AttrValue { value: Some(value) }))
            .collect();
        self.nodes.push(NodeDef {
            name: name.clone(),
            op: op.to_string(),
            input,
            attr,
            ..NodeDef::default()
        });
        name
    }

    /// Adds a constant: a list of strings, or a scalar.
    fn strings(&mut self, name: &str, count: Option<usize>, strings: &[String]) -> Result<String> {
        let shape: Vec<usize> = count.into_iter().collect();
        let value = proto_from_array(&Array::strings(shape, strings.iter().map(String::as_str))?);
        let attrs = [("dtype", Attr::Type(DType::String.number())), ("value", Attr::Tensor(Box::new(value)))];
        Ok(self.node(name, "Const", Vec::new(), attrs))
    }
}

/// Which part of a whole it is, as SaveV2 takes it: `6 2 0,3:0,2` are the first three of six rows; empty for a whole.
fn slice_of(kept: &Kept) -> String {
    let Some(piece) = &kept.piece else { return String::new() };
    let sizes: Vec<String> = piece.whole.iter().map(usize::to_string).collect();
    let ranges =
        piece.start.iter().zip(piece.shape.iter()).map(|(start, length)| format!("{start},{length}"));
    format!("{} {}", sizes.join(" "), ranges.collect::<Vec<_>>().join(":"))
}
