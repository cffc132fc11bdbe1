//! Nested Python values on the wire (`struct.proto`): the arguments and results of TensorFlow 2's functions.

use super::{TensorProto, TensorShapeProto};
use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// A nested value.
#[derive(Clone, PartialEq, Message)]
pub struct StructuredValue {
    /// The value, of one of these kinds.
    #[prost(oneof = "Structure", tags = "1, 11, 12, 13, 14, 31, 32, 33, 34, 35, 51, 52, 53, 54, 55, 56")]
    pub kind: Option<Structure>,
}

/// The kinds of nested value (`StructuredValue.kind`).
#[derive(Clone, PartialEq, Oneof)]
pub enum Structure {
    /// `None`.
    #[prost(message, tag = "1")]
    None(NoneValue),
    /// A floating-point number.
    #[prost(double, tag = "11")]
    Float64(f64),
    /// An integer.
    #[prost(sint64, tag = "12")]
    Int64(i64),
    /// A string.
    #[prost(string, tag = "13")]
    String(String),
    /// A truth value.
    #[prost(bool, tag = "14")]
    Bool(bool),
    /// A shape.
    #[prost(message, tag = "31")]
    TensorShape(TensorShapeProto),
    /// An element type, a number of `DataType`.
    #[prost(int32, tag = "32")]
    TensorDtype(i32),
    /// The type of a tensor.
    #[prost(message, tag = "33")]
    TensorSpec(TensorSpecProto),
    /// The type of a value made of tensors.
    #[prost(message, boxed, tag = "34")]
    TypeSpec(Box<TypeSpecProto>),
    /// The type of a tensor, with bounds.
    #[prost(message, boxed, tag = "35")]
    BoundedTensorSpec(Box<BoundedTensorSpecProto>),
    /// A list.
    #[prost(message, tag = "51")]
    List(ListValue),
    /// A tuple.
    #[prost(message, tag = "52")]
    Tuple(TupleValue),
    /// A dictionary.
    #[prost(message, tag = "53")]
    Dict(DictValue),
    /// A named tuple.
    #[prost(message, tag = "54")]
    NamedTuple(NamedTupleValue),
    /// A tensor.
    #[prost(message, boxed, tag = "55")]
    Tensor(Box<TensorProto>),
    /// A NumPy array.
    #[prost(message, boxed, tag = "56")]
    Numpy(Box<TensorProto>),
}

/// `None`.
#[derive(Clone, PartialEq, Message)]
pub struct NoneValue {}

/// A list.
#[derive(Clone, PartialEq, Message)]
pub struct ListValue {
    /// The elements.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<StructuredValue>,
}

/// A tuple.
#[derive(Clone, PartialEq, Message)]
pub struct TupleValue {
    /// The elements.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<StructuredValue>,
}

/// A dictionary.
#[derive(Clone, PartialEq, Message)]
pub struct DictValue {
    /// The values, by key.
    #[prost(btree_map = "string, message", tag = "1")]
    pub fields: BTreeMap<String, StructuredValue>,
}

/// A named tuple.
#[derive(Clone, PartialEq, Message)]
pub struct NamedTupleValue {
    /// The name of the tuple's type.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The fields in order.
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<PairValue>,
}

/// A field of a named tuple.
#[derive(Clone, PartialEq, Message)]
pub struct PairValue {
    /// The field's name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Its value.
    #[prost(message, optional, tag = "2")]
    pub value: Option<StructuredValue>,
}

/// The type of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorSpecProto {
    /// The tensor's name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The shape, as far as it is known.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "3")]
    pub dtype: i32,
}

/// The type of a tensor, with bounds.
#[derive(Clone, PartialEq, Message)]
pub struct BoundedTensorSpecProto {
    /// The tensor's name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The shape, as far as it is known.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "3")]
    pub dtype: i32,
    /// The least value.
    #[prost(message, optional, tag = "4")]
    pub minimum: Option<TensorProto>,
    /// The greatest value.
    #[prost(message, optional, tag = "5")]
    pub maximum: Option<TensorProto>,
}

/// The type of a value made of tensors.
#[derive(Clone, PartialEq, Message)]
pub struct TypeSpecProto {
    /// Which Python class it is, a number of `TypeSpecProto.TypeSpecClass`.
    #[prost(int32, tag = "1")]
    pub type_spec_class: i32,
    /// What that class needs to be made again.
    #[prost(message, optional, boxed, tag = "2")]
    pub type_state: Option<Box<StructuredValue>>,
    /// The class by name, where the number says that it was registered.
    #[prost(string, tag = "3")]
    pub type_spec_class_name: String,
    /// How many tensors a value of it has.
    #[prost(int32, tag = "4")]
    pub num_flat_components: i32,
}
