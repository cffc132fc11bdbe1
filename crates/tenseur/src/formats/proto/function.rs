//! Functions and op definitions on the wire (`function.proto`, `op_def.proto`).

use super::{AttrValue, DtypeAndShape, FullTypeDef, NodeDef};
use prost::Message;
use std::collections::BTreeMap;

/// The functions of a graph.
#[derive(Clone, PartialEq, Message)]
pub struct FunctionDefLibrary {
    /// The functions.
    #[prost(message, repeated, tag = "1")]
    pub function: Vec<FunctionDef>,
    /// Which function is the gradient of which.
    #[prost(message, repeated, tag = "2")]
    pub gradient: Vec<GradientDef>,
    /// Functions that are the gradient of an op type.
    #[prost(message, repeated, tag = "3")]
    pub registered_gradients: Vec<RegisteredGradient>,
}

/// A function: a graph with named arguments and results.
#[derive(Clone, PartialEq, Message)]
pub struct FunctionDef {
    /// Its name, arguments, results and attributes.
    #[prost(message, optional, tag = "1")]
    pub signature: Option<OpDef>,
    /// The nodes of its body.
    #[prost(message, repeated, tag = "3")]
    pub node_def: Vec<NodeDef>,
    /// For each result of the signature, the tensor of the body that it is.
    #[prost(btree_map = "string, string", tag = "4")]
    pub ret: BTreeMap<String, String>,
    /// Attributes of the function as such, as `_noinline`.
    #[prost(btree_map = "string, message", tag = "5")]
    pub attr: BTreeMap<String, AttrValue>,
    /// For each control output of the signature, the node of the body that must have run.
    #[prost(btree_map = "string, string", tag = "6")]
    pub control_ret: BTreeMap<String, String>,
    /// Attributes of arguments, by the argument's index.
    #[prost(btree_map = "uint32, message", tag = "7")]
    pub arg_attr: BTreeMap<u32, ArgAttrs>,
    /// For resource arguments, an id that is shared by arguments which are the same resource.
    #[prost(btree_map = "uint32, uint32", tag = "8")]
    pub resource_arg_unique_id: BTreeMap<u32, u32>,
}

/// The attributes of one argument (`FunctionDef.ArgAttrs`).
#[derive(Clone, PartialEq, Message)]
pub struct ArgAttrs {
    /// The attributes, by name.
    #[prost(btree_map = "string, message", tag = "1")]
    pub attr: BTreeMap<String, AttrValue>,
}

/// A function and the function that is its gradient.
#[derive(Clone, PartialEq, Message)]
pub struct GradientDef {
    /// The function.
    #[prost(string, tag = "1")]
    pub function_name: String,
    /// Its gradient: takes the arguments and the gradients of the results, yields the gradients of the arguments.
    #[prost(string, tag = "2")]
    pub gradient_func: String,
}

/// A function that is the gradient of an op type.
#[derive(Clone, PartialEq, Message)]
pub struct RegisteredGradient {
    /// The function.
    #[prost(string, tag = "1")]
    pub gradient_func: String,
    /// The name under which nodes ask for it (their `_gradient_op_type`).
    #[prost(string, tag = "2")]
    pub registered_op_type: String,
}

/// The definition of an op type, or a function's signature.
#[derive(Clone, PartialEq, Message)]
pub struct OpDef {
    /// The name: `MatMul`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The inputs.
    #[prost(message, repeated, tag = "2")]
    pub input_arg: Vec<ArgDef>,
    /// The outputs.
    #[prost(message, repeated, tag = "3")]
    pub output_arg: Vec<ArgDef>,
    /// The attributes.
    #[prost(message, repeated, tag = "4")]
    pub attr: Vec<AttrDef>,
    /// What it does, in one line.
    #[prost(string, tag = "5")]
    pub summary: String,
    /// What it does, at length.
    #[prost(string, tag = "6")]
    pub description: String,
    /// Since when it should not be used.
    #[prost(message, optional, tag = "8")]
    pub deprecation: Option<OpDeprecation>,
    /// Whether it sums any number of inputs of one type, in any grouping.
    #[prost(bool, tag = "16")]
    pub is_aggregate: bool,
    /// Whether it has state, so that two equal nodes must not become one.
    #[prost(bool, tag = "17")]
    pub is_stateful: bool,
    /// Whether its two inputs may change places.
    #[prost(bool, tag = "18")]
    pub is_commutative: bool,
    /// Whether it takes variables that have no value yet.
    #[prost(bool, tag = "19")]
    pub allows_uninitialized_input: bool,
    /// The names of its control outputs.
    #[prost(string, repeated, tag = "20")]
    pub control_output: Vec<String>,
    /// Whether it talks to other processes.
    #[prost(bool, tag = "21")]
    pub is_distributed_communication: bool,
}

/// An input or output of an op (`OpDef.ArgDef`).
#[derive(Clone, PartialEq, Message)]
pub struct ArgDef {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it is.
    #[prost(string, tag = "2")]
    pub description: String,
    /// Its element type, a number of `DataType`, where that is fixed.
    #[prost(int32, tag = "3")]
    pub r#type: i32,
    /// The attribute that holds its element type.
    #[prost(string, tag = "4")]
    pub type_attr: String,
    /// The attribute that says how many tensors of one type it is.
    #[prost(string, tag = "5")]
    pub number_attr: String,
    /// The attribute that lists the types of the tensors it is.
    #[prost(string, tag = "6")]
    pub type_list_attr: String,
    /// What is behind it, where it is a resource.
    #[prost(message, repeated, tag = "7")]
    pub handle_data: Vec<DtypeAndShape>,
    /// Whether it is a reference to a variable.
    #[prost(bool, tag = "16")]
    pub is_ref: bool,
    /// Its full type.
    #[prost(message, optional, tag = "17")]
    pub experimental_full_type: Option<FullTypeDef>,
}

/// An attribute of an op (`OpDef.AttrDef`).
#[derive(Clone, PartialEq, Message)]
pub struct AttrDef {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its kind: `int`, `type`, `list(shape)`, …
    #[prost(string, tag = "2")]
    pub r#type: String,
    /// The value of a node that does not say.
    #[prost(message, optional, tag = "3")]
    pub default_value: Option<AttrValue>,
    /// What it is.
    #[prost(string, tag = "4")]
    pub description: String,
    /// Whether `minimum` counts.
    #[prost(bool, tag = "5")]
    pub has_minimum: bool,
    /// The least integer, or the least length of a list.
    #[prost(int64, tag = "6")]
    pub minimum: i64,
    /// The values that it may have, a list.
    #[prost(message, optional, tag = "7")]
    pub allowed_values: Option<AttrValue>,
}

/// Since when an op should not be used.
#[derive(Clone, PartialEq, Message)]
pub struct OpDeprecation {
    /// The first version of the graph format in which it must not appear.
    #[prost(int32, tag = "1")]
    pub version: i32,
    /// What to use in its place.
    #[prost(string, tag = "2")]
    pub explanation: String,
}

/// A list of op definitions.
#[derive(Clone, PartialEq, Message)]
pub struct OpList {
    /// The definitions.
    #[prost(message, repeated, tag = "1")]
    pub op: Vec<OpDef>,
}
