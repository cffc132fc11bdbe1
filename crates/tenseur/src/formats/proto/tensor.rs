//! Tensors and shapes on the wire (`tensor.proto`, `tensor_shape.proto`, `resource_handle.proto`).

use prost::Message;

/// One axis of a shape (`TensorShapeProto.Dim`).
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeDim {
    /// The number of elements along the axis; -1 when it is not known.
    #[prost(int64, tag = "1")]
    pub size: i64,
    /// What the axis is called; TensorFlow leaves it empty.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// A shape, fully known or not.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// The axes, outermost first. Must be empty when `unknown_rank` is set.
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<TensorShapeDim>,
    /// Whether even the number of axes is unknown.
    #[prost(bool, tag = "3")]
    pub unknown_rank: bool,
}

/// A tensor's value. The elements are either in `tensor_content`, or in the one `*_val` field that fits `dtype`;
/// there, a list shorter than the shape asks for repeats its last element, and an empty one stands for zeros.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// The shape, which must be fully known.
    #[prost(message, optional, tag = "2")]
    pub tensor_shape: Option<TensorShapeProto>,
    /// The version of this representation, 0.
    #[prost(int32, tag = "3")]
    pub version_number: i32,
    /// All elements, little-endian, row by row.
    #[prost(bytes = "vec", tag = "4")]
    pub tensor_content: Vec<u8>,
    /// Elements of `float`.
    #[prost(float, repeated, tag = "5")]
    pub float_val: Vec<f32>,
    /// Elements of `double`.
    #[prost(double, repeated, tag = "6")]
    pub double_val: Vec<f64>,
    /// Elements of `int32`, `int16`, `uint16`, `int8`, `uint8` and of the quantized types.
    #[prost(int32, repeated, tag = "7")]
    pub int_val: Vec<i32>,
    /// Elements of `string`.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub string_val: Vec<Vec<u8>>,
    /// Elements of `complex64`: real and imaginary parts by turns.
    #[prost(float, repeated, tag = "9")]
    pub scomplex_val: Vec<f32>,
    /// Elements of `int64`.
    #[prost(int64, repeated, tag = "10")]
    pub int64_val: Vec<i64>,
    /// Elements of `bool`.
    #[prost(bool, repeated, tag = "11")]
    pub bool_val: Vec<bool>,
    /// Elements of `complex128`: real and imaginary parts by turns.
    #[prost(double, repeated, tag = "12")]
    pub dcomplex_val: Vec<f64>,
    /// Elements of `half` and `bfloat16`: each a 16-bit pattern.
    #[prost(int32, repeated, tag = "13")]
    pub half_val: Vec<i32>,
    /// Elements of `resource`.
    #[prost(message, repeated, tag = "14")]
    pub resource_handle_val: Vec<ResourceHandleProto>,
    /// Elements of `variant`.
    #[prost(message, repeated, tag = "15")]
    pub variant_val: Vec<VariantTensorDataProto>,
    /// Elements of `uint32`.
    #[prost(uint32, repeated, tag = "16")]
    pub uint32_val: Vec<u32>,
    /// Elements of `uint64`.
    #[prost(uint64, repeated, tag = "17")]
    pub uint64_val: Vec<u64>,
    /// Elements of the 8-bit floating types, one byte each.
    #[prost(bytes = "vec", tag = "18")]
    pub float8_val: Vec<u8>,
}

/// An element of a `variant` tensor.
#[derive(Clone, PartialEq, Message)]
pub struct VariantTensorDataProto {
    /// The C++ type that was stored.
    #[prost(string, tag = "1")]
    pub type_name: String,
    /// What the type wrote of itself, other than tensors.
    #[prost(bytes = "vec", tag = "2")]
    pub metadata: Vec<u8>,
    /// The tensors it holds.
    #[prost(message, repeated, tag = "3")]
    pub tensors: Vec<TensorProto>,
}

/// An element of a `resource` tensor: where a variable, queue or table lives.
#[derive(Clone, PartialEq, Message)]
pub struct ResourceHandleProto {
    /// The device that holds it.
    #[prost(string, tag = "1")]
    pub device: String,
    /// The container on that device.
    #[prost(string, tag = "2")]
    pub container: String,
    /// Its name in the container.
    #[prost(string, tag = "3")]
    pub name: String,
    /// A hash of its C++ type, to refuse a handle of another kind.
    #[prost(uint64, tag = "4")]
    pub hash_code: u64,
    /// The C++ type in words, for error messages.
    #[prost(string, tag = "5")]
    pub maybe_type_name: String,
    /// The type and shape of what is behind the handle, for each of its parts.
    #[prost(message, repeated, tag = "6")]
    pub dtypes_and_shapes: Vec<DtypeAndShape>,
}

/// The type and shape of what is behind a handle (`ResourceHandleProto.DtypeAndShape`).
#[derive(Clone, PartialEq, Message)]
pub struct DtypeAndShape {
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// The shape.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}
