//! The fields of the messages that make up a GraphDef, as `graph.proto`, `node_def.proto`, `attr_value.proto`, `function.proto`,
//! `op_def.proto`, `tensor.proto` and the files they import define them.

use super::enumerations::{DATA_TYPE, FULL_TYPE_ID};
use super::schema::Kind::*;
use super::schema::{MessageType, choice, many, one};

/// A graph (`.pb`, `.pbtxt`).
pub static GRAPH_DEF: MessageType = MessageType {
    name: "tensorflow.GraphDef",
    fields: &[
        many(1, "node", Message(&NODE_DEF)),
        one(2, "library", Message(&FUNCTION_DEF_LIBRARY)),
        one(3, "version", Int32),
        one(4, "versions", Message(&VERSION_DEF)),
        one(5, "debug_info", Message(&GRAPH_DEBUG_INFO)),
    ],
};

pub(super) static NODE_DEF: MessageType = MessageType {
    name: "tensorflow.NodeDef",
    fields: &[
        one(1, "name", String),
        one(2, "op", String),
        many(3, "input", String),
        one(4, "device", String),
        many(5, "attr", Map(&(String, Message(&ATTR_VALUE)))),
        one(6, "experimental_debug_info", Message(&NODE_DEBUG_INFO)),
        one(7, "experimental_type", Message(&FULL_TYPE_DEF)),
    ],
};

pub(super) static NODE_DEBUG_INFO: MessageType = MessageType {
    name: "tensorflow.NodeDef.ExperimentalDebugInfo",
    fields: &[many(1, "original_node_names", String), many(2, "original_func_names", String)],
};

pub(super) static ATTR_VALUE: MessageType = MessageType {
    name: "tensorflow.AttrValue",
    fields: &[
        choice(1, "list", Message(&ATTR_LIST)),
        choice(2, "s", Bytes),
        choice(3, "i", Int64),
        choice(4, "f", Float),
        choice(5, "b", Bool),
        choice(6, "type", Enum(&DATA_TYPE)),
        choice(7, "shape", Message(&TENSOR_SHAPE_PROTO)),
        choice(8, "tensor", Message(&TENSOR_PROTO)),
        choice(9, "placeholder", String),
        choice(10, "func", Message(&NAME_ATTR_LIST)),
    ],
};

pub(super) static ATTR_LIST: MessageType = MessageType {
    name: "tensorflow.AttrValue.ListValue",
    fields: &[
        many(2, "s", Bytes),
        many(3, "i", Int64),
        many(4, "f", Float),
        many(5, "b", Bool),
        many(6, "type", Enum(&DATA_TYPE)),
        many(7, "shape", Message(&TENSOR_SHAPE_PROTO)),
        many(8, "tensor", Message(&TENSOR_PROTO)),
        many(9, "func", Message(&NAME_ATTR_LIST)),
    ],
};

pub(super) static NAME_ATTR_LIST: MessageType = MessageType {
    name: "tensorflow.NameAttrList",
    fields: &[one(1, "name", String), many(2, "attr", Map(&(String, Message(&ATTR_VALUE))))],
};

pub(super) static VERSION_DEF: MessageType = MessageType {
    name: "tensorflow.VersionDef",
    fields: &[one(1, "producer", Int32), one(2, "min_consumer", Int32), many(3, "bad_consumers", Int32)],
};

pub(super) static FULL_TYPE_DEF: MessageType = MessageType {
    name: "tensorflow.FullTypeDef",
    fields: &[
        one(1, "type_id", Enum(&FULL_TYPE_ID)),
        many(2, "args", Message(&FULL_TYPE_DEF)),
        choice(3, "s", String),
        choice(4, "i", Int64),
    ],
};

pub(super) static GRAPH_DEBUG_INFO: MessageType = MessageType {
    name: "tensorflow.GraphDebugInfo",
    fields: &[
        many(1, "files", String),
        many(2, "traces", Map(&(String, Message(&STACK_TRACE)))),
        many(4, "frames_by_id", Map(&(Fixed64, Message(&FILE_LINE_COL)))),
        many(5, "name_to_trace_id", Map(&(String, Fixed64))),
        many(6, "traces_by_id", Map(&(Fixed64, Message(&STACK_TRACE)))),
    ],
};

pub(super) static FILE_LINE_COL: MessageType = MessageType {
    name: "tensorflow.GraphDebugInfo.FileLineCol",
    fields: &[
        one(1, "file_index", Int32),
        one(2, "line", Int32),
        one(3, "col", Int32),
        one(4, "func", String),
        one(5, "code", String),
    ],
};

pub(super) static STACK_TRACE: MessageType = MessageType {
    name: "tensorflow.GraphDebugInfo.StackTrace",
    fields: &[many(1, "file_line_cols", Message(&FILE_LINE_COL)), many(2, "frame_id", Fixed64)],
};

pub(super) static FUNCTION_DEF_LIBRARY: MessageType = MessageType {
    name: "tensorflow.FunctionDefLibrary",
    fields: &[
        many(1, "function", Message(&FUNCTION_DEF)),
        many(2, "gradient", Message(&GRADIENT_DEF)),
        many(3, "registered_gradients", Message(&REGISTERED_GRADIENT)),
    ],
};

pub(super) static FUNCTION_DEF: MessageType = MessageType {
    name: "tensorflow.FunctionDef",
    fields: &[
        one(1, "signature", Message(&OP_DEF)),
        many(3, "node_def", Message(&NODE_DEF)),
        many(4, "ret", Map(&(String, String))),
        many(5, "attr", Map(&(String, Message(&ATTR_VALUE)))),
        many(6, "control_ret", Map(&(String, String))),
        many(7, "arg_attr", Map(&(UInt32, Message(&ARG_ATTRS)))),
        many(8, "resource_arg_unique_id", Map(&(UInt32, UInt32))),
    ],
};

pub(super) static ARG_ATTRS: MessageType = MessageType {
    name: "tensorflow.FunctionDef.ArgAttrs",
    fields: &[many(1, "attr", Map(&(String, Message(&ATTR_VALUE))))],
};

pub(super) static GRADIENT_DEF: MessageType = MessageType {
    name: "tensorflow.GradientDef",
    fields: &[one(1, "function_name", String), one(2, "gradient_func", String)],
};

pub(super) static REGISTERED_GRADIENT: MessageType = MessageType {
    name: "tensorflow.RegisteredGradient",
    fields: &[one(1, "gradient_func", String), one(2, "registered_op_type", String)],
};

pub(super) static OP_LIST: MessageType =
    MessageType { name: "tensorflow.OpList", fields: &[many(1, "op", Message(&OP_DEF))] };

pub(super) static OP_DEF: MessageType = MessageType {
    name: "tensorflow.OpDef",
    fields: &[
        one(1, "name", String),
        many(2, "input_arg", Message(&ARG_DEF)),
        many(3, "output_arg", Message(&ARG_DEF)),
        many(4, "attr", Message(&ATTR_DEF)),
        one(5, "summary", String),
        one(6, "description", String),
        one(8, "deprecation", Message(&OP_DEPRECATION)),
        one(16, "is_aggregate", Bool),
        one(17, "is_stateful", Bool),
        one(18, "is_commutative", Bool),
        one(19, "allows_uninitialized_input", Bool),
        many(20, "control_output", String),
        one(21, "is_distributed_communication", Bool),
    ],
};

pub(super) static ARG_DEF: MessageType = MessageType {
    name: "tensorflow.OpDef.ArgDef",
    fields: &[
        one(1, "name", String),
        one(2, "description", String),
        one(3, "type", Enum(&DATA_TYPE)),
        one(4, "type_attr", String),
        one(5, "number_attr", String),
        one(6, "type_list_attr", String),
        many(7, "handle_data", Message(&DTYPE_AND_SHAPE)),
        one(16, "is_ref", Bool),
        one(17, "experimental_full_type", Message(&FULL_TYPE_DEF)),
    ],
};

pub(super) static ATTR_DEF: MessageType = MessageType {
    name: "tensorflow.OpDef.AttrDef",
    fields: &[
        one(1, "name", String),
        one(2, "type", String),
        one(3, "default_value", Message(&ATTR_VALUE)),
        one(4, "description", String),
        one(5, "has_minimum", Bool),
        one(6, "minimum", Int64),
        one(7, "allowed_values", Message(&ATTR_VALUE)),
    ],
};

pub(super) static OP_DEPRECATION: MessageType = MessageType {
    name: "tensorflow.OpDeprecation",
    fields: &[one(1, "version", Int32), one(2, "explanation", String)],
};

pub(super) static TENSOR_PROTO: MessageType = MessageType {
    name: "tensorflow.TensorProto",
    fields: &[
        one(1, "dtype", Enum(&DATA_TYPE)),
        one(2, "tensor_shape", Message(&TENSOR_SHAPE_PROTO)),
        one(3, "version_number", Int32),
        one(4, "tensor_content", Bytes),
        many(5, "float_val", Float),
        many(6, "double_val", Double),
        many(7, "int_val", Int32),
        many(8, "string_val", Bytes),
        many(9, "scomplex_val", Float),
        many(10, "int64_val", Int64),
        many(11, "bool_val", Bool),
        many(12, "dcomplex_val", Double),
        many(13, "half_val", Int32),
        many(14, "resource_handle_val", Message(&RESOURCE_HANDLE_PROTO)),
        many(15, "variant_val", Message(&VARIANT_TENSOR_DATA_PROTO)),
        many(16, "uint32_val", UInt32),
        many(17, "uint64_val", UInt64),
        one(18, "float8_val", Bytes),
    ],
};

pub(super) static TENSOR_SHAPE_PROTO: MessageType = MessageType {
    name: "tensorflow.TensorShapeProto",
    fields: &[many(2, "dim", Message(&TENSOR_SHAPE_DIM)), one(3, "unknown_rank", Bool)],
};

pub(super) static TENSOR_SHAPE_DIM: MessageType = MessageType {
    name: "tensorflow.TensorShapeProto.Dim",
    fields: &[one(1, "size", Int64), one(2, "name", String)],
};

pub(super) static VARIANT_TENSOR_DATA_PROTO: MessageType = MessageType {
    name: "tensorflow.VariantTensorDataProto",
    fields: &[
        one(1, "type_name", String),
        one(2, "metadata", Bytes),
        many(3, "tensors", Message(&TENSOR_PROTO)),
    ],
};

pub(super) static RESOURCE_HANDLE_PROTO: MessageType = MessageType {
    name: "tensorflow.ResourceHandleProto",
    fields: &[
        one(1, "device", String),
        one(2, "container", String),
        one(3, "name", String),
        one(4, "hash_code", UInt64),
        one(5, "maybe_type_name", String),
        many(6, "dtypes_and_shapes", Message(&DTYPE_AND_SHAPE)),
    ],
};

pub(super) static DTYPE_AND_SHAPE: MessageType = MessageType {
    name: "tensorflow.ResourceHandleProto.DtypeAndShape",
    fields: &[one(1, "dtype", Enum(&DATA_TYPE)), one(2, "shape", Message(&TENSOR_SHAPE_PROTO))],
};
