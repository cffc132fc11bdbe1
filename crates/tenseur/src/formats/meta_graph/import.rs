//! Reading a MetaGraphDef into a graph.

use std::collections::{BTreeMap, HashMap};

use prost::Message;

use super::OF_VARIABLES;
use super::header::{KeptSignature, MetaHeader};
use crate::error::{Code, Error, Result};
use crate::formats::graphdef::{ImportOptions, import};
use crate::formats::proto::{
    Collection, GraphDef, MetaGraphDef, SignatureDef, TensorEncoding, TensorInfo, VariableDef,
};
use crate::formats::wire::{Payload, Piece, pieces};
use crate::graph::{Contents, Edge, Graph, KeptVariable, Member, NodeId, Operation, collections};

/// The number of the field that holds the graph.
pub(super) const GRAPH_DEF: u32 = 2;

/// A MetaGraphDef that was read.
pub(super) struct MetaFile<'a> {
    pieces: Vec<Piece<'a>>,
    graph: Vec<u8>,
    /// All but the graph.
    message: MetaGraphDef,
    /// The names of the graph's nodes, in order.
    names: Vec<String>,
}

/// The nodes of a file by the names that they have there.
struct Nodes<'a> {
    ids: HashMap<&'a str, NodeId>,
}

impl MetaFile<'_> {
    /// The file in these bytes.
    pub(super) fn read(bytes: &[u8]) -> Result<MetaFile<'_>> {
        let not_one =
            |why: &str| Error::invalid(format!("the {} bytes are not a MetaGraphDef: {why}", bytes.len()));
        let pieces = pieces(bytes).ok_or_else(|| not_one("they are damaged"))?;
        let mut graph = Vec::new();
        let mut rest = Vec::new();
        for (number, payload) in &pieces {
            match (number, payload) {
                // In pieces it is the same message.
                (&GRAPH_DEF, Payload::Bytes(bytes)) => graph.extend_from_slice(bytes),
                _ => crate::formats::wire::write_piece(*number, payload, &mut rest),
            }
        }
        let message = MetaGraphDef::decode(rest.as_slice()).map_err(|error| not_one(&error.to_string()))?;
        let outline = GraphDef::decode(graph.as_slice()).map_err(|error| not_one(&error.to_string()))?;
        let names = outline.node.into_iter().map(|node| node.name).collect();
        Ok(MetaFile { pieces, graph, message, names })
    }

    /// Adds nodes, variables and collections to a graph.
    pub(super) fn import(&self, graph: &Graph, name: &str) -> Result<Vec<Operation>> {
        let options = ImportOptions { name, ..ImportOptions::default() };
        let operations = import(graph, &self.graph, &options)?;
        let nodes = self.nodes(&operations);
        let mut contents = graph.write();
        // Those of all variables come first: what they are besides is said of a variable that is there.
        let (first, last): (Vec<_>, Vec<_>) =
            self.message.collection_def.iter().partition(|(name, _)| *name == collections::GLOBAL_VARIABLES);
        for (name, collection) in first.into_iter().chain(last) {
            if let Some(kind) = &collection.kind {
                restore(&mut contents, name, kind, &nodes)
                    .map_err(|error| error.context(format_args!("collection \"{name}\"")))?;
            }
        }
        Ok(operations)
    }

    /// Lets the graph, which holds nothing but this file, remember the rest of it.
    pub(super) fn keep(&self, graph: &Graph) -> Result<()> {
        let nodes = self.nodes(&graph.operations_in_file_order());
        let mut signatures = Vec::new();
        for (name, signature) in &self.message.signature_def {
            let kept = nodes
                .signature(graph, name, signature)
                .map_err(|error| error.context(format_args!("signature \"{name}\"")))?;
            signatures.extend(kept);
        }
        let own = |(number, payload): &Piece<'_>| match *number {
            GRAPH_DEF => (GRAPH_DEF, Payload::Bytes(Vec::new().into())),
            number => (number, payload.clone().into_owned()),
        };
        let mut contents = graph.write();
        for collection in &mut contents.collections {
            collection.from_file = collection.members.len();
        }
        contents.meta = MetaHeader { pieces: Some(self.pieces.iter().map(own).collect()), signatures };
        Ok(())
    }

    fn nodes(&self, operations: &[Operation]) -> Nodes<'_> {
        let ids = operations.iter().map(Operation::id);
        Nodes { ids: self.names.iter().map(String::as_str).zip(ids).collect() }
    }
}

impl Nodes<'_> {
    fn operation(&self, name: &str) -> Result<NodeId> {
        let found = self.ids.get(name).copied();
        found.ok_or_else(|| {
            Error::new(Code::NotFound, format!("the graph has no operation called \"{name}\""))
        })
    }

    fn tensor(&self, contents: &Contents, name: &str) -> Result<Edge> {
        let (operation, output) = crate::formats::graphdef::split_input(name);
        let node = self.operation(operation)?;
        let outputs = contents.nodes[node.index()].outputs.as_ref().map(|outputs| outputs.len());
        match output {
            // Of an op that is not known, nobody can say how many it has.
            Some(output) if outputs.is_none_or(|outputs| (output as usize) < outputs) => {
                Ok(Edge { node, output })
            }
            _ => Err(Error::new(Code::NotFound, format!("the graph has no tensor called \"{name}\""))),
        }
    }

    /// A signature of which every argument and result is one tensor.
    fn signature(
        &self,
        graph: &Graph,
        name: &str,
        signature: &SignatureDef,
    ) -> Result<Option<KeptSignature>> {
        let contents = graph.read();
        let edges = |tensors: &BTreeMap<String, TensorInfo>| -> Result<Option<BTreeMap<String, Edge>>> {
            let mut edges = BTreeMap::new();
            for (key, info) in tensors {
                match &info.encoding {
                    Some(TensorEncoding::Name(tensor)) if tensor.contains(':') => {
                        edges.insert(key.clone(), self.tensor(&contents, tensor)?);
                    }
                    _ => return Ok(None),
                }
            }
            Ok(Some(edges))
        };
        let (Some(inputs), Some(outputs)) = (edges(&signature.inputs)?, edges(&signature.outputs)?) else {
            return Ok(None);
        };
        let (name, method_name) = (name.to_string(), signature.method_name.clone());
        Ok(Some(KeptSignature { name, inputs, outputs, method_name, from_file: true }))
    }
}

/// Restores a collection, as far as it is made of variables, tensors and operations.
fn restore(contents: &mut Contents, name: &str, kind: &Collection, nodes: &Nodes<'_>) -> Result<()> {
    match kind {
        Collection::BytesList(list) if OF_VARIABLES.contains(&name) => {
            for bytes in &list.value {
                let def = VariableDef::decode(bytes.as_slice())
                    .map_err(|error| Error::invalid(format!("a variable is damaged: {error}")))?;
                let reference = variable(contents, name, def, nodes)?;
                contents.collect(name, Member::Tensor(reference));
            }
        }
        Collection::NodeList(list) => {
            for text in &list.value {
                let member = match text.contains(':') {
                    true => Member::Tensor(nodes.tensor(contents, text)?),
                    false => Member::Operation(nodes.operation(text)?),
                };
                contents.collect(name, member);
            }
        }
        // The rest means something to other programs, and is kept.
        _ => {}
    }
    Ok(())
}

/// The variable that `def` describes, as a member of a collection, and its reference.
fn variable(contents: &mut Contents, collection: &str, def: VariableDef, nodes: &Nodes<'_>) -> Result<Edge> {
    let of = |error: Error| error.context(format_args!("variable \"{}\"", def.variable_name));
    let reference = nodes.tensor(contents, &def.variable_name)?;
    let trainable = collection == collections::TRAINABLE_VARIABLES;
    let global = collection == collections::GLOBAL_VARIABLES;
    if let Some(kept) = contents.variables.iter_mut().find(|kept| kept.reference == reference) {
        kept.trainable |= trainable;
        kept.global |= global;
        return Ok(reference);
    }
    let initializer = nodes.operation(&def.initializer_name).map_err(of)?;
    let read = match def.snapshot_name.as_str() {
        "" => reading(contents, reference).ok_or_else(|| {
            of(Error::new(Code::NotFound, "the graph has no reading of it, and the file names none"))
        })?,
        name => nodes.tensor(contents, name).map_err(of)?,
    };
    let record = Some(def);
    contents.variables.push(KeptVariable { reference, read, initializer, trainable, global, record });
    Ok(reference)
}

/// The first reading of a variable.
fn reading(contents: &Contents, reference: Edge) -> Option<Edge> {
    let reads = |node: &&crate::graph::Node| {
        matches!(node.op.name(), "Identity" | "ReadVariableOp") && node.inputs.first() == Some(&reference)
    };
    let node = contents.nodes.iter().position(|node| reads(&node))?;
    Some(Edge { node: NodeId(node as u32), output: 0 })
}
