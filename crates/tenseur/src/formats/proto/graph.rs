//! Graphs on the wire (`graph.proto`, `node_def.proto`, `attr_value.proto`, `versions.proto`, `full_type.proto`,
//! `graph_debug_info.proto`).

use super::{FunctionDefLibrary, TensorProto, TensorShapeProto};
use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// A graph.
#[derive(Clone, PartialEq, Message)]
pub struct GraphDef {
    /// The nodes; their order means nothing.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeDef>,
    /// The functions that nodes call, by name.
    #[prost(message, optional, tag = "2")]
    pub library: Option<FunctionDefLibrary>,
    /// The producer's version, as it was written before `versions` came.
    #[prost(int32, tag = "3")]
    pub version: i32,
    /// Who wrote the graph, and who may read it.
    #[prost(message, optional, tag = "4")]
    pub versions: Option<VersionDef>,
    /// The source lines that made the nodes.
    #[prost(message, optional, tag = "5")]
    pub debug_info: Option<GraphDebugInfo>,
}

/// A node of a graph or of a function's body.
#[derive(Clone, PartialEq, Message)]
pub struct NodeDef {
    /// Its name, unique in the graph: `scope/name`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The type of op: `MatMul`, or a function's name.
    #[prost(string, tag = "2")]
    pub op: String,
    /// What it reads: `node`, `node:output`, and after these `^node` for nodes that must merely run before. In a
    /// function's body, `argument` or `node:output_name:index`.
    #[prost(string, repeated, tag = "3")]
    pub input: Vec<String>,
    /// Where it should run; may be empty or partial.
    #[prost(string, tag = "4")]
    pub device: String,
    /// The op's attributes, by name. Names that begin with `_` concern no op's definition.
    #[prost(btree_map = "string, message", tag = "5")]
    pub attr: BTreeMap<String, AttrValue>,
    /// The nodes that a rewrite made this node from.
    #[prost(message, optional, tag = "6")]
    pub experimental_debug_info: Option<NodeDebugInfo>,
    /// The full type of the outputs: a product with one part for each.
    #[prost(message, optional, tag = "7")]
    pub experimental_type: Option<FullTypeDef>,
}

/// The nodes that a rewrite made a node from (`NodeDef.ExperimentalDebugInfo`).
#[derive(Clone, PartialEq, Message)]
pub struct NodeDebugInfo {
    /// Their names.
    #[prost(string, repeated, tag = "1")]
    pub original_node_names: Vec<String>,
    /// The functions that held them; empty for the graph itself.
    #[prost(string, repeated, tag = "2")]
    pub original_func_names: Vec<String>,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Message)]
pub struct AttrValue {
    /// The value, of one of these kinds.
    #[prost(oneof = "Attr", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")]
    pub value: Option<Attr>,
}

/// The kinds of attribute (`AttrValue.value`).
#[derive(Clone, PartialEq, Oneof)]
pub enum Attr {
    /// A list of any kind.
    #[prost(message, tag = "1")]
    List(AttrList),
    /// A string of bytes.
    #[prost(bytes = "vec", tag = "2")]
    S(Vec<u8>),
    /// An integer.
    #[prost(int64, tag = "3")]
    I(i64),
    /// A floating-point number.
    #[prost(float, tag = "4")]
    F(f32),
    /// A truth value.
    #[prost(bool, tag = "5")]
    B(bool),
    /// An element type, a number of `DataType`.
    #[prost(int32, tag = "6")]
    Type(i32),
    /// A shape.
    #[prost(message, tag = "7")]
    Shape(TensorShapeProto),
    /// A tensor.
    #[prost(message, boxed, tag = "8")]
    Tensor(Box<TensorProto>),
    /// In a function's body: the name of the function's attribute whose value stands here.
    #[prost(string, tag = "9")]
    Placeholder(String),
    /// A function, with its attributes.
    #[prost(message, tag = "10")]
    Func(NameAttrList),
}

/// A list as an attribute (`AttrValue.ListValue`): at most one field is not empty.
#[derive(Clone, PartialEq, Message)]
pub struct AttrList {
    /// Strings of bytes.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub s: Vec<Vec<u8>>,
    /// Integers.
    #[prost(int64, repeated, tag = "3")]
    pub i: Vec<i64>,
    /// Floating-point numbers.
    #[prost(float, repeated, tag = "4")]
    pub f: Vec<f32>,
    /// Truth values.
    #[prost(bool, repeated, tag = "5")]
    pub b: Vec<bool>,
    /// Element types, numbers of `DataType`.
    #[prost(int32, repeated, tag = "6")]
    pub r#type: Vec<i32>,
    /// Shapes.
    #[prost(message, repeated, tag = "7")]
    pub shape: Vec<TensorShapeProto>,
    /// Tensors.
    #[prost(message, repeated, tag = "8")]
    pub tensor: Vec<TensorProto>,
    /// Functions.
    #[prost(message, repeated, tag = "9")]
    pub func: Vec<NameAttrList>,
}

/// A function's name and its attributes.
#[derive(Clone, PartialEq, Message)]
pub struct NameAttrList {
    /// The function.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its attributes, by name.
    #[prost(btree_map = "string, message", tag = "2")]
    pub attr: BTreeMap<String, AttrValue>,
}

/// Who wrote a piece of data, and who may read it. A reader with version `c`, which accepts producers from `m`,
/// must refuse unless `producer >= m`, `c >= min_consumer` and `c` is not among `bad_consumers`.
#[derive(Clone, PartialEq, Message)]
pub struct VersionDef {
    /// The version of the code that wrote it.
    #[prost(int32, tag = "1")]
    pub producer: i32,
    /// The oldest version that may read it.
    #[prost(int32, tag = "2")]
    pub min_consumer: i32,
    /// Versions that may not.
    #[prost(int32, repeated, tag = "3")]
    pub bad_consumers: Vec<i32>,
}

/// A type with arguments, such as `Dataset[Tensor[int32]]`.
#[derive(Clone, PartialEq, Message)]
pub struct FullTypeDef {
    /// The type constructor, a number of `FullTypeId`.
    #[prost(int32, tag = "1")]
    pub type_id: i32,
    /// Its arguments.
    #[prost(message, repeated, tag = "2")]
    pub args: Vec<FullTypeDef>,
    /// A literal that belongs to it.
    #[prost(oneof = "FullTypeAttr", tags = "3, 4")]
    pub attr: Option<FullTypeAttr>,
}

/// A literal in a full type (`FullTypeDef.attr`).
#[derive(Clone, PartialEq, Oneof)]
pub enum FullTypeAttr {
    /// A name.
    #[prost(string, tag = "3")]
    S(String),
    /// A number.
    #[prost(int64, tag = "4")]
    I(i64),
}

/// The source lines that made the nodes of a graph.
#[derive(Clone, PartialEq, Message)]
pub struct GraphDebugInfo {
    /// The source files, to which frames point by index.
    #[prost(string, repeated, tag = "1")]
    pub files: Vec<String>,
    /// Stack traces by `node@function`, as they were written before `traces_by_id` came.
    #[prost(btree_map = "string, message", tag = "2")]
    pub traces: BTreeMap<String, StackTrace>,
    /// Frames, by id.
    #[prost(btree_map = "fixed64, message", tag = "4")]
    pub frames_by_id: BTreeMap<u64, FileLineCol>,
    /// The id of the trace of each `node@function`.
    #[prost(btree_map = "string, fixed64", tag = "5")]
    pub name_to_trace_id: BTreeMap<String, u64>,
    /// Stack traces, by id.
    #[prost(btree_map = "fixed64, message", tag = "6")]
    pub traces_by_id: BTreeMap<u64, StackTrace>,
}

/// A stack trace (`GraphDebugInfo.StackTrace`): its frames in full, or their ids.
#[derive(Clone, PartialEq, Message)]
pub struct StackTrace {
    /// The frames.
    #[prost(message, repeated, tag = "1")]
    pub file_line_cols: Vec<FileLineCol>,
    /// The frames' ids.
    #[prost(fixed64, repeated, tag = "2")]
    pub frame_id: Vec<u64>,
}

/// A place in the source (`GraphDebugInfo.FileLineCol`).
#[derive(Clone, PartialEq, Message)]
pub struct FileLineCol {
    /// The file, an index into `GraphDebugInfo.files`.
    #[prost(int32, tag = "1")]
    pub file_index: i32,
    /// The line.
    #[prost(int32, tag = "2")]
    pub line: i32,
    /// The column.
    #[prost(int32, tag = "3")]
    pub col: i32,
    /// The function that the line is in.
    #[prost(string, tag = "4")]
    pub func: String,
    /// The line's text.
    #[prost(string, tag = "5")]
    pub code: String,
}
