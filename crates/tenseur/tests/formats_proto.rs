//! No field of TensorFlow's messages is lost on the way through ours.

use std::fs;
use std::path::Path;

use prost::Message;
use tenseur::formats::proto::{
    BundleEntryProto, BundleHeaderProto, ListValue, SavedModel, TrackableObjectGraph, VariableDef,
};

/// The files have every field set, so that one that we did not know, or read as another type, would be missing from
/// what is written again. Only the order of fields may change: prost places a `oneof` by its first member.
fn survives<M: Message + Default + PartialEq>(name: &str) -> M {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/proto").join(name);
    let mut bytes = fs::read(path).unwrap();
    let message = M::decode(bytes.as_slice()).unwrap();
    let mut again = message.encode_to_vec();
    assert!(M::decode(again.as_slice()).unwrap() == message);
    bytes.sort_unstable();
    again.sort_unstable();
    assert!(bytes == again, "{name} lost something");
    message
}

#[test]
fn every_field_survives() {
    // This one holds meta graphs, graphs, functions, op definitions, tensors, collections, signatures and objects.
    let model: SavedModel = survives("saved_model.pb");
    let graph = model.meta_graphs[0].graph_def.as_ref().unwrap();
    assert_eq!(graph.node[0].attr.len(), 10);
    survives::<ListValue>("list_value.pb");
    survives::<TrackableObjectGraph>("trackable_object_graph.pb");
    survives::<BundleEntryProto>("bundle_entry.pb");
    survives::<BundleHeaderProto>("bundle_header.pb");
    survives::<VariableDef>("variable.pb");
}
