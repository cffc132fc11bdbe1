//! Graphs with what is needed to use them (`meta_graph.proto`, `saved_model.proto`, `saver.proto`, `variable.proto`).

use super::{GraphDef, OpList, SavedObjectGraph, TensorProto, TensorShapeProto, TypeSpecProto};
use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// The file `saved_model.pb`.
#[derive(Clone, PartialEq, Message)]
pub struct SavedModel {
    /// The version of the format: 1.
    #[prost(int64, tag = "1")]
    pub saved_model_schema_version: i64,
    /// The graphs, told apart by their tags.
    #[prost(message, repeated, tag = "2")]
    pub meta_graphs: Vec<MetaGraphDef>,
}

/// A graph with its variables, saver, collections and signatures.
#[derive(Clone, PartialEq, Message)]
pub struct MetaGraphDef {
    /// Who wrote it, and its tags.
    #[prost(message, optional, tag = "1")]
    pub meta_info_def: Option<MetaInfoDef>,
    /// The graph.
    #[prost(message, optional, tag = "2")]
    pub graph_def: Option<GraphDef>,
    /// How its variables are saved.
    #[prost(message, optional, tag = "3")]
    pub saver_def: Option<SaverDef>,
    /// The collections, by key.
    #[prost(btree_map = "string, message", tag = "4")]
    pub collection_def: BTreeMap<String, CollectionDef>,
    /// The signatures, by key.
    #[prost(btree_map = "string, message", tag = "5")]
    pub signature_def: BTreeMap<String, SignatureDef>,
    /// Files that belong to the graph.
    #[prost(message, repeated, tag = "6")]
    pub asset_file_def: Vec<AssetFileDef>,
    /// The objects of TensorFlow 2 that own variables and functions.
    #[prost(message, optional, tag = "7")]
    pub object_graph_def: Option<SavedObjectGraph>,
}

/// Who wrote a meta graph, and its tags (`MetaGraphDef.MetaInfoDef`).
#[derive(Clone, PartialEq, Message)]
pub struct MetaInfoDef {
    /// A version that the writer chose.
    #[prost(string, tag = "1")]
    pub meta_graph_version: String,
    /// The definitions of the ops in use, without their documentation.
    #[prost(message, optional, tag = "2")]
    pub stripped_op_list: Option<OpList>,
    /// Anything else the writer wanted to keep.
    #[prost(message, optional, tag = "3")]
    pub any_info: Option<Any>,
    /// What the graph is for: `serve`, `train`, …
    #[prost(string, repeated, tag = "4")]
    pub tags: Vec<String>,
    /// The version of TensorFlow that wrote it.
    #[prost(string, tag = "5")]
    pub tensorflow_version: String,
    /// The same as a revision.
    #[prost(string, tag = "6")]
    pub tensorflow_git_version: String,
    /// Whether attributes that have their default value were left out of the nodes.
    #[prost(bool, tag = "7")]
    pub stripped_default_attrs: bool,
    /// The functions of the library, with the names that the user's program gave them.
    #[prost(btree_map = "string, string", tag = "8")]
    pub function_aliases: BTreeMap<String, String>,
}

/// A message of any type (`google.protobuf.Any`).
#[derive(Clone, PartialEq, Message)]
pub struct Any {
    /// The type: `type.googleapis.com/` and the message's full name.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message's bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// How the variables of a graph are saved and restored.
#[derive(Clone, PartialEq, Message)]
pub struct SaverDef {
    /// The tensor to feed with the file name.
    #[prost(string, tag = "1")]
    pub filename_tensor_name: String,
    /// The tensor to fetch in order to save.
    #[prost(string, tag = "2")]
    pub save_tensor_name: String,
    /// The op to run in order to restore.
    #[prost(string, tag = "3")]
    pub restore_op_name: String,
    /// How many checkpoints to keep; 0 keeps all.
    #[prost(int32, tag = "4")]
    pub max_to_keep: i32,
    /// Whether each device writes a file of its own.
    #[prost(bool, tag = "5")]
    pub sharded: bool,
    /// Beyond `max_to_keep`, a checkpoint is kept for good every so many hours.
    #[prost(float, tag = "6")]
    pub keep_checkpoint_every_n_hours: f32,
    /// The format of the checkpoints: 0 legacy, 1 V1, 2 V2.
    #[prost(int32, tag = "7")]
    pub version: i32,
}

/// The values of a collection.
#[derive(Clone, PartialEq, Message)]
pub struct CollectionDef {
    /// The values, of one of these kinds.
    #[prost(oneof = "Collection", tags = "1, 2, 3, 4, 5")]
    pub kind: Option<Collection>,
}

/// The kinds of collection (`CollectionDef.kind`).
#[derive(Clone, PartialEq, Oneof)]
pub enum Collection {
    /// Names of nodes or tensors.
    #[prost(message, tag = "1")]
    NodeList(NodeList),
    /// Messages such as [`VariableDef`], or text.
    #[prost(message, tag = "2")]
    BytesList(BytesList),
    /// Integers.
    #[prost(message, tag = "3")]
    Int64List(Int64List),
    /// Floating-point numbers.
    #[prost(message, tag = "4")]
    FloatList(FloatList),
    /// Messages of any type.
    #[prost(message, tag = "5")]
    AnyList(AnyList),
}

/// Names of nodes or tensors (`CollectionDef.NodeList`).
#[derive(Clone, PartialEq, Message)]
pub struct NodeList {
    /// The names.
    #[prost(string, repeated, tag = "1")]
    pub value: Vec<String>,
}

/// Strings of bytes (`CollectionDef.BytesList`).
#[derive(Clone, PartialEq, Message)]
pub struct BytesList {
    /// The strings.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub value: Vec<Vec<u8>>,
}

/// Integers (`CollectionDef.Int64List`).
#[derive(Clone, PartialEq, Message)]
pub struct Int64List {
    /// The integers.
    #[prost(int64, repeated, tag = "1")]
    pub value: Vec<i64>,
}

/// Floating-point numbers (`CollectionDef.FloatList`).
#[derive(Clone, PartialEq, Message)]
pub struct FloatList {
    /// The numbers.
    #[prost(float, repeated, tag = "1")]
    pub value: Vec<f32>,
}

/// Messages of any type (`CollectionDef.AnyList`).
#[derive(Clone, PartialEq, Message)]
pub struct AnyList {
    /// The messages.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Any>,
}

/// What to feed and fetch in order to use a graph as a function.
#[derive(Clone, PartialEq, Message)]
pub struct SignatureDef {
    /// The arguments, by name.
    #[prost(btree_map = "string, message", tag = "1")]
    pub inputs: BTreeMap<String, TensorInfo>,
    /// The results, by name.
    #[prost(btree_map = "string, message", tag = "2")]
    pub outputs: BTreeMap<String, TensorInfo>,
    /// What kind of function it is: `tensorflow/serving/predict`.
    #[prost(string, tag = "3")]
    pub method_name: String,
    /// Values of arguments that are not given.
    #[prost(btree_map = "string, message", tag = "4")]
    pub defaults: BTreeMap<String, TensorProto>,
}

/// A tensor of a graph, from outside.
#[derive(Clone, PartialEq, Message)]
pub struct TensorInfo {
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "2")]
    pub dtype: i32,
    /// The shape, as far as it is known.
    #[prost(message, optional, tag = "3")]
    pub tensor_shape: Option<TensorShapeProto>,
    /// Which tensors of the graph it is.
    #[prost(oneof = "TensorEncoding", tags = "1, 4, 5")]
    pub encoding: Option<TensorEncoding>,
}

/// Which tensors of a graph stand for one value (`TensorInfo.encoding`).
#[derive(Clone, PartialEq, Oneof)]
pub enum TensorEncoding {
    /// A dense tensor: `node:output`.
    #[prost(string, tag = "1")]
    Name(String),
    /// A sparse tensor.
    #[prost(message, tag = "4")]
    CooSparse(CooSparse),
    /// A value made of several tensors.
    #[prost(message, tag = "5")]
    CompositeTensor(CompositeTensor),
}

/// The three tensors of a sparse tensor (`TensorInfo.CooSparse`).
#[derive(Clone, PartialEq, Message)]
pub struct CooSparse {
    /// The values that are not zero, `[values]`.
    #[prost(string, tag = "1")]
    pub values_tensor_name: String,
    /// Where they are, `[values, axes]`.
    #[prost(string, tag = "2")]
    pub indices_tensor_name: String,
    /// The shape, `[axes]`.
    #[prost(string, tag = "3")]
    pub dense_shape_tensor_name: String,
}

/// A value made of several tensors (`TensorInfo.CompositeTensor`).
#[derive(Clone, PartialEq, Message)]
pub struct CompositeTensor {
    /// Its type.
    #[prost(message, optional, tag = "1")]
    pub type_spec: Option<TypeSpecProto>,
    /// Its tensors.
    #[prost(message, repeated, tag = "2")]
    pub components: Vec<TensorInfo>,
}

/// A file that belongs to a graph.
#[derive(Clone, PartialEq, Message)]
pub struct AssetFileDef {
    /// The tensor to feed with the file's path.
    #[prost(message, optional, tag = "1")]
    pub tensor_info: Option<TensorInfo>,
    /// The file's name in the directory `assets`.
    #[prost(string, tag = "2")]
    pub filename: String,
}

/// A variable, as the collection `variables` holds it.
#[derive(Clone, PartialEq, Message)]
pub struct VariableDef {
    /// The tensor that is the variable: a reference or a handle.
    #[prost(string, tag = "1")]
    pub variable_name: String,
    /// The op that sets the initial value.
    #[prost(string, tag = "2")]
    pub initializer_name: String,
    /// The tensor that reads it.
    #[prost(string, tag = "3")]
    pub snapshot_name: String,
    /// Which part of a partitioned variable it is.
    #[prost(message, optional, tag = "4")]
    pub save_slice_info_def: Option<SaveSliceInfoDef>,
    /// Whether `variable_name` is a handle.
    #[prost(bool, tag = "5")]
    pub is_resource: bool,
    /// The tensor of the initial value.
    #[prost(string, tag = "6")]
    pub initial_value_name: String,
    /// Whether optimizers change it.
    #[prost(bool, tag = "7")]
    pub trainable: bool,
    /// When copies on several devices are brought together: 0 by itself, 1 never, 2 when written, 3 when read.
    #[prost(int32, tag = "8")]
    pub synchronization: i32,
    /// How they are: 0 not at all, 1 sum, 2 mean, 3 the first one's value.
    #[prost(int32, tag = "9")]
    pub aggregation: i32,
}

/// Which part of a partitioned variable a variable is.
#[derive(Clone, PartialEq, Message)]
pub struct SaveSliceInfoDef {
    /// The name of the whole.
    #[prost(string, tag = "1")]
    pub full_name: String,
    /// The shape of the whole.
    #[prost(int64, repeated, tag = "2")]
    pub full_shape: Vec<i64>,
    /// Where this part begins.
    #[prost(int64, repeated, tag = "3")]
    pub var_offset: Vec<i64>,
    /// The shape of this part.
    #[prost(int64, repeated, tag = "4")]
    pub var_shape: Vec<i64>,
}
