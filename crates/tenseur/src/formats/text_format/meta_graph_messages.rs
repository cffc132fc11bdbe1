//! The fields of the messages that a MetaGraphDef and a SavedModel add to those of a GraphDef, as `meta_graph.proto`,
//! `saver.proto`, `variable.proto`, `saved_object_graph.proto` and `struct.proto` define them.

use super::enumerations::{
    CHECKPOINT_FORMAT_VERSION, DATA_TYPE, JIT_COMPILE, TYPE_SPEC_CLASS, VARIABLE_AGGREGATION,
    VARIABLE_SYNCHRONIZATION,
};
use super::graph_messages::{GRAPH_DEF, OP_LIST, TENSOR_PROTO, TENSOR_SHAPE_PROTO, VERSION_DEF};
use super::schema::Kind::*;
use super::schema::{MessageType, choice, many, one};

/// The file `saved_model.pb`.
pub static SAVED_MODEL: MessageType = MessageType {
    name: "tensorflow.SavedModel",
    fields: &[one(1, "saved_model_schema_version", Int64), many(2, "meta_graphs", Message(&META_GRAPH_DEF))],
};

/// A graph with what is needed to use it (`.meta`).
pub static META_GRAPH_DEF: MessageType = MessageType {
    name: "tensorflow.MetaGraphDef",
    fields: &[
        one(1, "meta_info_def", Message(&META_INFO_DEF)),
        one(2, "graph_def", Message(&GRAPH_DEF)),
        one(3, "saver_def", Message(&SAVER_DEF)),
        many(4, "collection_def", Map(&(String, Message(&COLLECTION_DEF)))),
        many(5, "signature_def", Map(&(String, Message(&SIGNATURE_DEF)))),
        many(6, "asset_file_def", Message(&ASSET_FILE_DEF)),
        one(7, "object_graph_def", Message(&SAVED_OBJECT_GRAPH)),
    ],
};

pub(super) static META_INFO_DEF: MessageType = MessageType {
    name: "tensorflow.MetaGraphDef.MetaInfoDef",
    fields: &[
        one(1, "meta_graph_version", String),
        one(2, "stripped_op_list", Message(&OP_LIST)),
        one(3, "any_info", Message(&ANY)),
        many(4, "tags", String),
        one(5, "tensorflow_version", String),
        one(6, "tensorflow_git_version", String),
        one(7, "stripped_default_attrs", Bool),
        many(8, "function_aliases", Map(&(String, String))),
    ],
};

pub(super) static ANY: MessageType = MessageType {
    name: "google.protobuf.Any",
    fields: &[one(1, "type_url", String), one(2, "value", Bytes)],
};

pub(super) static SAVER_DEF: MessageType = MessageType {
    name: "tensorflow.SaverDef",
    fields: &[
        one(1, "filename_tensor_name", String),
        one(2, "save_tensor_name", String),
        one(3, "restore_op_name", String),
        one(4, "max_to_keep", Int32),
        one(5, "sharded", Bool),
        one(6, "keep_checkpoint_every_n_hours", Float),
        one(7, "version", Enum(&CHECKPOINT_FORMAT_VERSION)),
    ],
};

pub(super) static COLLECTION_DEF: MessageType = MessageType {
    name: "tensorflow.CollectionDef",
    fields: &[
        choice(1, "node_list", Message(&NODE_LIST)),
        choice(2, "bytes_list", Message(&BYTES_LIST)),
        choice(3, "int64_list", Message(&INT64_LIST)),
        choice(4, "float_list", Message(&FLOAT_LIST)),
        choice(5, "any_list", Message(&ANY_LIST)),
    ],
};

pub(super) static NODE_LIST: MessageType =
    MessageType { name: "tensorflow.CollectionDef.NodeList", fields: &[many(1, "value", String)] };

pub(super) static BYTES_LIST: MessageType =
    MessageType { name: "tensorflow.CollectionDef.BytesList", fields: &[many(1, "value", Bytes)] };

pub(super) static INT64_LIST: MessageType =
    MessageType { name: "tensorflow.CollectionDef.Int64List", fields: &[many(1, "value", Int64)] };

pub(super) static FLOAT_LIST: MessageType =
    MessageType { name: "tensorflow.CollectionDef.FloatList", fields: &[many(1, "value", Float)] };

pub(super) static ANY_LIST: MessageType =
    MessageType { name: "tensorflow.CollectionDef.AnyList", fields: &[many(1, "value", Message(&ANY))] };

pub(super) static SIGNATURE_DEF: MessageType = MessageType {
    name: "tensorflow.SignatureDef",
    fields: &[
        many(1, "inputs", Map(&(String, Message(&TENSOR_INFO)))),
        many(2, "outputs", Map(&(String, Message(&TENSOR_INFO)))),
        one(3, "method_name", String),
        many(4, "defaults", Map(&(String, Message(&TENSOR_PROTO)))),
    ],
};

pub(super) static TENSOR_INFO: MessageType = MessageType {
    name: "tensorflow.TensorInfo",
    fields: &[
        choice(1, "name", String),
        one(2, "dtype", Enum(&DATA_TYPE)),
        one(3, "tensor_shape", Message(&TENSOR_SHAPE_PROTO)),
        choice(4, "coo_sparse", Message(&COO_SPARSE)),
        choice(5, "composite_tensor", Message(&COMPOSITE_TENSOR)),
    ],
};

pub(super) static COO_SPARSE: MessageType = MessageType {
    name: "tensorflow.TensorInfo.CooSparse",
    fields: &[
        one(1, "values_tensor_name", String),
        one(2, "indices_tensor_name", String),
        one(3, "dense_shape_tensor_name", String),
    ],
};

pub(super) static COMPOSITE_TENSOR: MessageType = MessageType {
    name: "tensorflow.TensorInfo.CompositeTensor",
    fields: &[one(1, "type_spec", Message(&TYPE_SPEC_PROTO)), many(2, "components", Message(&TENSOR_INFO))],
};

pub(super) static TYPE_SPEC_PROTO: MessageType = MessageType {
    name: "tensorflow.TypeSpecProto",
    fields: &[
        one(1, "type_spec_class", Enum(&TYPE_SPEC_CLASS)),
        one(2, "type_state", Message(&STRUCTURED_VALUE)),
        one(3, "type_spec_class_name", String),
        one(4, "num_flat_components", Int32),
    ],
};

pub(super) static STRUCTURED_VALUE: MessageType = MessageType {
    name: "tensorflow.StructuredValue",
    fields: &[
        choice(1, "none_value", Message(&NONE_VALUE)),
        choice(11, "float64_value", Double),
        choice(12, "int64_value", SInt64),
        choice(13, "string_value", String),
        choice(14, "bool_value", Bool),
        choice(31, "tensor_shape_value", Message(&TENSOR_SHAPE_PROTO)),
        choice(32, "tensor_dtype_value", Enum(&DATA_TYPE)),
        choice(33, "tensor_spec_value", Message(&TENSOR_SPEC_PROTO)),
        choice(34, "type_spec_value", Message(&TYPE_SPEC_PROTO)),
        choice(35, "bounded_tensor_spec_value", Message(&BOUNDED_TENSOR_SPEC_PROTO)),
        choice(51, "list_value", Message(&LIST_VALUE)),
        choice(52, "tuple_value", Message(&TUPLE_VALUE)),
        choice(53, "dict_value", Message(&DICT_VALUE)),
        choice(54, "named_tuple_value", Message(&NAMED_TUPLE_VALUE)),
        choice(55, "tensor_value", Message(&TENSOR_PROTO)),
        choice(56, "numpy_value", Message(&TENSOR_PROTO)),
    ],
};

pub(super) static NONE_VALUE: MessageType = MessageType { name: "tensorflow.NoneValue", fields: &[] };

pub(super) static TENSOR_SPEC_PROTO: MessageType = MessageType {
    name: "tensorflow.TensorSpecProto",
    fields: &[
        one(1, "name", String),
        one(2, "shape", Message(&TENSOR_SHAPE_PROTO)),
        one(3, "dtype", Enum(&DATA_TYPE)),
    ],
};

pub(super) static BOUNDED_TENSOR_SPEC_PROTO: MessageType = MessageType {
    name: "tensorflow.BoundedTensorSpecProto",
    fields: &[
        one(1, "name", String),
        one(2, "shape", Message(&TENSOR_SHAPE_PROTO)),
        one(3, "dtype", Enum(&DATA_TYPE)),
        one(4, "minimum", Message(&TENSOR_PROTO)),
        one(5, "maximum", Message(&TENSOR_PROTO)),
    ],
};

pub(super) static LIST_VALUE: MessageType =
    MessageType { name: "tensorflow.ListValue", fields: &[many(1, "values", Message(&STRUCTURED_VALUE))] };

pub(super) static TUPLE_VALUE: MessageType =
    MessageType { name: "tensorflow.TupleValue", fields: &[many(1, "values", Message(&STRUCTURED_VALUE))] };

pub(super) static DICT_VALUE: MessageType = MessageType {
    name: "tensorflow.DictValue",
    fields: &[many(1, "fields", Map(&(String, Message(&STRUCTURED_VALUE))))],
};

pub(super) static NAMED_TUPLE_VALUE: MessageType = MessageType {
    name: "tensorflow.NamedTupleValue",
    fields: &[one(1, "name", String), many(2, "values", Message(&PAIR_VALUE))],
};

pub(super) static PAIR_VALUE: MessageType = MessageType {
    name: "tensorflow.PairValue",
    fields: &[one(1, "key", String), one(2, "value", Message(&STRUCTURED_VALUE))],
};

pub(super) static ASSET_FILE_DEF: MessageType = MessageType {
    name: "tensorflow.AssetFileDef",
    fields: &[one(1, "tensor_info", Message(&TENSOR_INFO)), one(2, "filename", String)],
};

pub(super) static SAVED_OBJECT_GRAPH: MessageType = MessageType {
    name: "tensorflow.SavedObjectGraph",
    fields: &[
        many(1, "nodes", Message(&SAVED_OBJECT)),
        many(2, "concrete_functions", Map(&(String, Message(&SAVED_CONCRETE_FUNCTION)))),
    ],
};

pub(super) static SAVED_OBJECT: MessageType = MessageType {
    name: "tensorflow.SavedObject",
    fields: &[
        many(1, "children", Message(&OBJECT_REFERENCE)),
        many(3, "slot_variables", Message(&SLOT_VARIABLE_REFERENCE)),
        choice(4, "user_object", Message(&SAVED_USER_OBJECT)),
        choice(5, "asset", Message(&SAVED_ASSET)),
        choice(6, "function", Message(&SAVED_FUNCTION)),
        choice(7, "variable", Message(&SAVED_VARIABLE)),
        choice(8, "bare_concrete_function", Message(&SAVED_BARE_CONCRETE_FUNCTION)),
        choice(9, "constant", Message(&SAVED_CONSTANT)),
        choice(10, "resource", Message(&SAVED_RESOURCE)),
        many(11, "saveable_objects", Map(&(String, Message(&SAVEABLE_OBJECT)))),
        choice(12, "captured_tensor", Message(&CAPTURED_TENSOR)),
        one(13, "registered_name", String),
        one(14, "serialized_user_proto", Message(&ANY)),
        many(15, "dependencies", Message(&OBJECT_REFERENCE)),
        one(16, "registered_saver", String),
    ],
};

pub(super) static OBJECT_REFERENCE: MessageType = MessageType {
    name: "tensorflow.TrackableObjectGraph.TrackableObject.ObjectReference",
    fields: &[one(1, "node_id", Int32), one(2, "local_name", String)],
};

pub(super) static SLOT_VARIABLE_REFERENCE: MessageType = MessageType {
    name: "tensorflow.TrackableObjectGraph.TrackableObject.SlotVariableReference",
    fields: &[
        one(1, "original_variable_node_id", Int32),
        one(2, "slot_name", String),
        one(3, "slot_variable_node_id", Int32),
    ],
};

pub(super) static SAVED_USER_OBJECT: MessageType = MessageType {
    name: "tensorflow.SavedUserObject",
    fields: &[
        one(1, "identifier", String),
        one(2, "version", Message(&VERSION_DEF)),
        one(3, "metadata", String),
    ],
};

pub(super) static SAVED_ASSET: MessageType =
    MessageType { name: "tensorflow.SavedAsset", fields: &[one(1, "asset_file_def_index", Int32)] };

pub(super) static SAVED_FUNCTION: MessageType = MessageType {
    name: "tensorflow.SavedFunction",
    fields: &[many(1, "concrete_functions", String), one(2, "function_spec", Message(&FUNCTION_SPEC))],
};

pub(super) static FUNCTION_SPEC: MessageType = MessageType {
    name: "tensorflow.FunctionSpec",
    fields: &[
        one(1, "fullargspec", Message(&STRUCTURED_VALUE)),
        one(2, "is_method", Bool),
        one(5, "input_signature", Message(&STRUCTURED_VALUE)),
        one(6, "jit_compile", Enum(&JIT_COMPILE)),
    ],
};

pub(super) static SAVED_VARIABLE: MessageType = MessageType {
    name: "tensorflow.SavedVariable",
    fields: &[
        one(1, "dtype", Enum(&DATA_TYPE)),
        one(2, "shape", Message(&TENSOR_SHAPE_PROTO)),
        one(3, "trainable", Bool),
        one(4, "synchronization", Enum(&VARIABLE_SYNCHRONIZATION)),
        one(5, "aggregation", Enum(&VARIABLE_AGGREGATION)),
        one(6, "name", String),
        one(7, "device", String),
        many(8, "experimental_distributed_variable_components", Message(&SAVED_VARIABLE)),
    ],
};

pub(super) static SAVED_BARE_CONCRETE_FUNCTION: MessageType = MessageType {
    name: "tensorflow.SavedBareConcreteFunction",
    fields: &[
        one(1, "concrete_function_name", String),
        many(2, "argument_keywords", String),
        one(3, "allowed_positional_arguments", Int64),
        one(4, "function_spec", Message(&FUNCTION_SPEC)),
    ],
};

pub(super) static SAVED_CONSTANT: MessageType =
    MessageType { name: "tensorflow.SavedConstant", fields: &[one(1, "operation", String)] };

pub(super) static SAVED_RESOURCE: MessageType =
    MessageType { name: "tensorflow.SavedResource", fields: &[one(1, "device", String)] };

pub(super) static CAPTURED_TENSOR: MessageType = MessageType {
    name: "tensorflow.CapturedTensor",
    fields: &[one(1, "name", String), one(2, "concrete_function", String)],
};

pub(super) static SAVEABLE_OBJECT: MessageType = MessageType {
    name: "tensorflow.SaveableObject",
    fields: &[one(2, "save_function", Int32), one(3, "restore_function", Int32)],
};

pub(super) static SAVED_CONCRETE_FUNCTION: MessageType = MessageType {
    name: "tensorflow.SavedConcreteFunction",
    fields: &[
        many(2, "bound_inputs", Int32),
        one(3, "canonicalized_input_signature", Message(&STRUCTURED_VALUE)),
        one(4, "output_signature", Message(&STRUCTURED_VALUE)),
    ],
};

/// A variable, as collections hold it.
pub static VARIABLE_DEF: MessageType = MessageType {
    name: "tensorflow.VariableDef",
    fields: &[
        one(1, "variable_name", String),
        one(2, "initializer_name", String),
        one(3, "snapshot_name", String),
        one(4, "save_slice_info_def", Message(&SAVE_SLICE_INFO_DEF)),
        one(5, "is_resource", Bool),
        one(6, "initial_value_name", String),
        one(7, "trainable", Bool),
        one(8, "synchronization", Enum(&VARIABLE_SYNCHRONIZATION)),
        one(9, "aggregation", Enum(&VARIABLE_AGGREGATION)),
    ],
};

pub(super) static SAVE_SLICE_INFO_DEF: MessageType = MessageType {
    name: "tensorflow.SaveSliceInfoDef",
    fields: &[
        one(1, "full_name", String),
        many(2, "full_shape", Int64),
        many(3, "var_offset", Int64),
        many(4, "var_shape", Int64),
    ],
};
