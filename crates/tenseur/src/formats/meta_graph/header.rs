//! What a graph keeps of a MetaGraphDef apart from nodes, variables and collections.

use std::collections::BTreeMap;

use crate::formats::wire::Piece;
use crate::graph::{Edge, Graph, NodeId, Tensor};

/// How a graph is used as a function: what to feed and what to fetch.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The arguments, by name.
    pub inputs: BTreeMap<String, Tensor>,
    /// The results, by name.
    pub outputs: BTreeMap<String, Tensor>,
    /// What kind of function it is: `tensorflow/serving/predict`.
    pub method_name: String,
}

/// A signature as its graph remembers it, without handles.
#[derive(Clone, Debug)]
pub(crate) struct KeptSignature {
    pub(crate) name: String,
    pub(crate) inputs: BTreeMap<String, Edge>,
    pub(crate) outputs: BTreeMap<String, Edge>,
    pub(super) method_name: String,
    /// Whether it stands so in the file that the graph came from.
    pub(super) from_file: bool,
}

/// What a graph keeps of the MetaGraphDef that it came from, and its signatures.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetaHeader {
    /// The pieces of the file in their order; that of the graph is empty.
    pub(super) pieces: Option<Vec<Piece<'static>>>,
    pub(crate) signatures: Vec<KeptSignature>,
}

impl MetaHeader {
    /// The signatures, with handles.
    pub(super) fn signatures(&self, graph: &Graph) -> BTreeMap<String, Signature> {
        let tensors = |edges: &BTreeMap<String, Edge>| {
            edges.iter().map(|(name, edge)| (name.clone(), Tensor::new(graph.clone(), *edge))).collect()
        };
        let signature = |kept: &KeptSignature| Signature {
            inputs: tensors(&kept.inputs),
            outputs: tensors(&kept.outputs),
            method_name: kept.method_name.clone(),
        };
        self.signatures.iter().map(|kept| (kept.name.clone(), signature(kept))).collect()
    }

    /// Replaces or adds a signature.
    pub(super) fn set_signature(&mut self, name: &str, signature: &Signature) {
        let edges = |tensors: &BTreeMap<String, Tensor>| {
            tensors.iter().map(|(name, tensor)| (name.clone(), tensor.edge())).collect()
        };
        self.signatures.retain(|kept| kept.name != name);
        self.signatures.push(KeptSignature {
            name: name.to_string(),
            inputs: edges(&signature.inputs),
            outputs: edges(&signature.outputs),
            method_name: signature.method_name.clone(),
            from_file: false,
        });
    }

    /// Drops what names nodes from `first` on, which are being removed.
    pub(crate) fn forget_from(&mut self, first: NodeId) {
        let stays = |edges: &BTreeMap<String, Edge>| edges.values().all(|edge| edge.node < first);
        self.signatures.retain(|kept| stays(&kept.inputs) && stays(&kept.outputs));
    }
}
