//! Writing a graph as a MetaGraphDef.

use prost::Message;

use super::OF_VARIABLES;
use super::header::KeptSignature;
use super::import::GRAPH_DEF;
use super::names::NewNames;
use crate::error::{Error, Result};
use crate::formats::graphdef;
use crate::formats::proto::{
    AssetFileDef, BytesList, Collection as WireCollection, CollectionDef, MetaInfoDef, NodeList, SaverDef,
    SignatureDef, TensorEncoding, TensorInfo, TensorShapeProto, VariableDef,
};
use crate::formats::wire::{Payload, write_piece};
use crate::graph::{Collection, Contents, Edge, Graph, Member};

/// The numbers of the fields that are looked into.
const META_INFO_DEF: u32 = 1;
const SAVER_DEF: u32 = 3;
const COLLECTION_DEF: u32 = 4;
const SIGNATURE_DEF: u32 = 5;
const ASSET_FILE_DEF: u32 = 6;

/// An entry of a map from names to messages.
#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// The graph as the bytes of a MetaGraphDef.
pub(super) fn export(graph: &Graph) -> Result<Vec<u8>> {
    let graph_def = graphdef::export(graph)?;
    let contents = graph.read();
    let exporter = Exporter { contents: &contents, new_names: NewNames::of(&contents) };
    let info = MetaInfoDef::default().encode_to_vec();
    let ours = [(META_INFO_DEF, Payload::Bytes(info.into())), (GRAPH_DEF, Payload::Bytes(Vec::new().into()))];
    let pieces = contents.meta.pieces.as_deref().unwrap_or(&ours);
    let mut file = Vec::with_capacity(graph_def.len());
    let (mut graph_def, mut collections, mut signatures) = (Some(graph_def), Vec::new(), Vec::new());
    for (number, payload) in pieces {
        let Payload::Bytes(bytes) = payload else {
            write_piece(*number, payload, &mut file);
            continue;
        };
        let new = match *number {
            GRAPH_DEF => match graph_def.take() {
                Some(graph_def) => Some(graph_def),
                // It came in pieces, and is whole now.
                None => continue,
            },
            COLLECTION_DEF => {
                let Entry { key, value } = decode(bytes)?;
                let new = exporter.collection_again(&key, &value)?;
                collections.push(key.clone());
                new.map(|value| Entry { key, value }.encode_to_vec())
            }
            SIGNATURE_DEF => {
                let Entry { key, value } = decode(bytes)?;
                let new = exporter.signature_again(&key, &value)?;
                signatures.push(key.clone());
                new.map(|value| Entry { key, value }.encode_to_vec())
            }
            SAVER_DEF => exporter.renamed::<SaverDef>(bytes, NewNames::rename_saver)?,
            ASSET_FILE_DEF => exporter.renamed::<AssetFileDef>(bytes, |names, asset| {
                asset.tensor_info.iter_mut().for_each(|info| names.rename_tensor(info));
            })?,
            _ => None,
        };
        match new {
            Some(new) => write_piece(*number, &Payload::Bytes(new.into()), &mut file),
            None => write_piece(*number, payload, &mut file),
        }
    }
    let mut add = |number: u32, key: &str, value: Vec<u8>| {
        let entry = Entry { key: key.to_string(), value }.encode_to_vec();
        write_piece(number, &Payload::Bytes(entry.into()), &mut file);
    };
    for collection in contents.collections.iter().filter(|collection| !collections.contains(&collection.name))
    {
        let mut def = CollectionDef::default();
        exporter.append(collection, &mut def)?;
        add(COLLECTION_DEF, &collection.name, def.encode_to_vec());
    }
    for kept in contents.meta.signatures.iter().filter(|kept| !signatures.contains(&kept.name)) {
        add(SIGNATURE_DEF, &kept.name, exporter.signature(kept).encode_to_vec());
    }
    Ok(file)
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    M::decode(bytes)
        .map_err(|error| Error::invalid(format!("what the graph's file said is damaged: {error}")))
}

struct Exporter<'a> {
    contents: &'a Contents,
    new_names: NewNames,
}

impl Exporter<'_> {
    /// The bytes of a message with new names in it; none, if they are as they were.
    fn renamed<M: Message + Default>(
        &self,
        bytes: &[u8],
        rename: impl Fn(&NewNames, &mut M),
    ) -> Result<Option<Vec<u8>>> {
        if self.new_names.is_empty() {
            return Ok(None);
        }
        let mut message: M = decode(bytes)?;
        rename(&self.new_names, &mut message);
        Ok(Some(message.encode_to_vec()))
    }

    /// A collection of the file with what was added to it since; none, if it is as it was.
    fn collection_again(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        let now = self.contents.collections.iter().find(|collection| collection.name == name);
        let added = now.filter(|collection| collection.members.len() > collection.from_file);
        if added.is_none() && self.new_names.is_empty() {
            return Ok(None);
        }
        let mut def: CollectionDef = decode(bytes)?;
        match &mut def.kind {
            Some(WireCollection::NodeList(list)) => {
                list.value.iter_mut().for_each(|name| self.new_names.rename(name));
            }
            Some(WireCollection::BytesList(list)) if OF_VARIABLES.contains(&name) => {
                for bytes in &mut list.value {
                    let mut variable: VariableDef = decode(bytes)?;
                    self.new_names.rename_variable(&mut variable);
                    *bytes = variable.encode_to_vec();
                }
            }
            _ => {}
        }
        if let Some(collection) = added {
            self.append(collection, &mut def)?;
        }
        Ok(Some(def.encode_to_vec()))
    }

    /// Appends what was put into the collection since the file was read.
    fn append(&self, collection: &Collection, def: &mut CollectionDef) -> Result<()> {
        let Collection { name, members, from_file } = collection;
        for member in members.iter().skip(*from_file) {
            let text = match member {
                Member::Tensor(edge) => self.contents.tensor_name(*edge),
                Member::Operation(id) => self.contents.nodes[id.index()].name.to_string(),
            };
            let mistake =
                |why: &str| Error::invalid(format!("collection \"{name}\" holds \"{text}\", {why}"));
            let variable = match (OF_VARIABLES.contains(&name.as_str()), member) {
                (false, _) => None,
                (true, Member::Tensor(edge)) => {
                    Some(self.variable(*edge).ok_or_else(|| mistake("which is no variable"))?)
                }
                (true, Member::Operation(_)) => return Err(mistake("which is no variable")),
            };
            match (def.kind.get_or_insert_with(|| kind_for(variable.is_some())), variable) {
                (WireCollection::BytesList(list), Some(variable)) => {
                    list.value.push(variable.encode_to_vec())
                }
                (WireCollection::NodeList(list), None) => list.value.push(text),
                _ => return Err(mistake("and in its file it is no list of such")),
            }
        }
        Ok(())
    }

    /// What a file says of the variable with this reference.
    fn variable(&self, reference: Edge) -> Option<VariableDef> {
        let kept = self.contents.variables.iter().find(|kept| kept.reference == reference)?;
        let node = |id: crate::graph::NodeId| &self.contents.nodes[id.index()];
        let initializer = node(kept.initializer);
        let initial = initializer.inputs.get(1).map(|&edge| self.contents.tensor_name(edge));
        Some(VariableDef {
            variable_name: self.contents.tensor_name(reference),
            initializer_name: initializer.name.to_string(),
            snapshot_name: self.contents.tensor_name(kept.read),
            is_resource: node(reference.node).fact(reference.output).is_some_and(|fact| fact.resource),
            initial_value_name: initial.unwrap_or_default(),
            trainable: kept.trainable,
            ..kept.record.clone().unwrap_or_default()
        })
    }

    /// A signature of the file if it was replaced or nodes have new names; none, if it is as it was.
    fn signature_again(&self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.contents.meta.signatures.iter().find(|kept| kept.name == name) {
            Some(kept) if !kept.from_file => Ok(Some(self.signature(kept).encode_to_vec())),
            _ => self.renamed::<SignatureDef>(bytes, NewNames::rename_signature),
        }
    }

    fn signature(&self, kept: &KeptSignature) -> SignatureDef {
        let info = |edge: &Edge| {
            let fact = self.contents.nodes[edge.node.index()].fact(edge.output);
            TensorInfo {
                encoding: Some(TensorEncoding::Name(self.contents.tensor_name(*edge))),
                dtype: fact.map_or(0, |fact| fact.dtype.number()),
                tensor_shape: fact.map(|fact| TensorShapeProto::from(&fact.shape)),
            }
        };
        SignatureDef {
            inputs: kept.inputs.iter().map(|(name, edge)| (name.clone(), info(edge))).collect(),
            outputs: kept.outputs.iter().map(|(name, edge)| (name.clone(), info(edge))).collect(),
            method_name: kept.method_name.clone(),
            ..SignatureDef::default()
        }
    }
}

fn kind_for(variables: bool) -> WireCollection {
    match variables {
        true => WireCollection::BytesList(BytesList::default()),
        false => WireCollection::NodeList(NodeList::default()),
    }
}
