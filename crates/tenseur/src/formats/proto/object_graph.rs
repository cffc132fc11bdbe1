//! The objects of TensorFlow 2 in files (`saved_object_graph.proto`, `trackable_object_graph.proto`). The first is
//! part of a SavedModel, the second an entry of object-based checkpoints.

use super::{Any, StructuredValue, TensorShapeProto, VersionDef};
use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// The objects of a SavedModel.
#[derive(Clone, PartialEq, Message)]
pub struct SavedObjectGraph {
    /// The objects; the first is the root.
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<SavedObject>,
    /// The functions of the graph's library that objects use, by name.
    #[prost(btree_map = "string, message", tag = "2")]
    pub concrete_functions: BTreeMap<String, SavedConcreteFunction>,
}

/// An object.
#[derive(Clone, PartialEq, Message)]
pub struct SavedObject {
    /// The objects that it holds.
    #[prost(message, repeated, tag = "1")]
    pub children: Vec<ObjectReference>,
    /// The slot variables, where it is an optimizer.
    #[prost(message, repeated, tag = "3")]
    pub slot_variables: Vec<SlotVariableReference>,
    /// What it is.
    #[prost(oneof = "SavedObjectKind", tags = "4, 5, 6, 7, 8, 9, 10, 12")]
    pub kind: Option<SavedObjectKind>,
    /// The functions that save and restore its parts, by name.
    #[prost(btree_map = "string, message", tag = "11")]
    pub saveable_objects: BTreeMap<String, SaveableObject>,
    /// The name under which its class was registered.
    #[prost(string, tag = "13")]
    pub registered_name: String,
    /// What that class wrote of itself.
    #[prost(message, optional, tag = "14")]
    pub serialized_user_proto: Option<Any>,
    /// The objects that must be made before it.
    #[prost(message, repeated, tag = "15")]
    pub dependencies: Vec<ObjectReference>,
    /// The name under which its saver was registered.
    #[prost(string, tag = "16")]
    pub registered_saver: String,
}

/// The kinds of object (`SavedObject.kind`).
#[derive(Clone, PartialEq, Oneof)]
pub enum SavedObjectKind {
    /// An object of the user's program.
    #[prost(message, tag = "4")]
    UserObject(SavedUserObject),
    /// A file.
    #[prost(message, tag = "5")]
    Asset(SavedAsset),
    /// A function with one or more signatures.
    #[prost(message, tag = "6")]
    Function(SavedFunction),
    /// A variable.
    #[prost(message, tag = "7")]
    Variable(SavedVariable),
    /// A function with one signature.
    #[prost(message, tag = "8")]
    BareConcreteFunction(SavedBareConcreteFunction),
    /// A constant.
    #[prost(message, tag = "9")]
    Constant(SavedConstant),
    /// A table, queue or other resource.
    #[prost(message, tag = "10")]
    Resource(SavedResource),
    /// A tensor that a function captured.
    #[prost(message, tag = "12")]
    CapturedTensor(CapturedTensor),
}

/// An object of the user's program.
#[derive(Clone, PartialEq, Message)]
pub struct SavedUserObject {
    /// Its class.
    #[prost(string, tag = "1")]
    pub identifier: String,
    /// The version of the class.
    #[prost(message, optional, tag = "2")]
    pub version: Option<VersionDef>,
    /// What the class wrote of itself.
    #[prost(string, tag = "3")]
    pub metadata: String,
}

/// A file.
#[derive(Clone, PartialEq, Message)]
pub struct SavedAsset {
    /// Which one, an index into `MetaGraphDef.asset_file_def`.
    #[prost(int32, tag = "1")]
    pub asset_file_def_index: i32,
}

/// A function with one or more signatures.
#[derive(Clone, PartialEq, Message)]
pub struct SavedFunction {
    /// Its functions in the library, one for each signature.
    #[prost(string, repeated, tag = "1")]
    pub concrete_functions: Vec<String>,
    /// Its arguments in Python.
    #[prost(message, optional, tag = "2")]
    pub function_spec: Option<FunctionSpec>,
}

/// The arguments of a Python function.
#[derive(Clone, PartialEq, Message)]
pub struct FunctionSpec {
    /// Python's `FullArgSpec`.
    #[prost(message, optional, tag = "1")]
    pub fullargspec: Option<StructuredValue>,
    /// Whether the first argument is `self`.
    #[prost(bool, tag = "2")]
    pub is_method: bool,
    /// The types that the arguments must have.
    #[prost(message, optional, tag = "5")]
    pub input_signature: Option<StructuredValue>,
    /// Whether XLA compiles it: 0 as it sees fit, 1 yes, 2 no.
    #[prost(int32, tag = "6")]
    pub jit_compile: i32,
}

/// A variable.
#[derive(Clone, PartialEq, Message)]
pub struct SavedVariable {
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// The shape.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    /// Whether optimizers change it.
    #[prost(bool, tag = "3")]
    pub trainable: bool,
    /// When copies on several devices are brought together: 0 by itself, 1 never, 2 when written, 3 when read.
    #[prost(int32, tag = "4")]
    pub synchronization: i32,
    /// How they are: 0 not at all, 1 sum, 2 mean, 3 the first one's value.
    #[prost(int32, tag = "5")]
    pub aggregation: i32,
    /// Its name.
    #[prost(string, tag = "6")]
    pub name: String,
    /// Where it lives.
    #[prost(string, tag = "7")]
    pub device: String,
    /// Its copies on several devices.
    #[prost(message, repeated, tag = "8")]
    pub experimental_distributed_variable_components: Vec<SavedVariable>,
}

/// A function with one signature.
#[derive(Clone, PartialEq, Message)]
pub struct SavedBareConcreteFunction {
    /// The function in the library.
    #[prost(string, tag = "1")]
    pub concrete_function_name: String,
    /// The names of its arguments.
    #[prost(string, repeated, tag = "2")]
    pub argument_keywords: Vec<String>,
    /// How many of them may be given by position.
    #[prost(int64, tag = "3")]
    pub allowed_positional_arguments: i64,
    /// Its arguments in Python.
    #[prost(message, optional, tag = "4")]
    pub function_spec: Option<FunctionSpec>,
}

/// A constant.
#[derive(Clone, PartialEq, Message)]
pub struct SavedConstant {
    /// The node that holds it.
    #[prost(string, tag = "1")]
    pub operation: String,
}

/// A table, queue or other resource.
#[derive(Clone, PartialEq, Message)]
pub struct SavedResource {
    /// Where it lives.
    #[prost(string, tag = "1")]
    pub device: String,
}

/// A tensor that a function captured.
#[derive(Clone, PartialEq, Message)]
pub struct CapturedTensor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The function that it comes from.
    #[prost(string, tag = "2")]
    pub concrete_function: String,
}

/// The functions that save and restore a part of an object.
#[derive(Clone, PartialEq, Message)]
pub struct SaveableObject {
    /// The object that is the function which saves.
    #[prost(int32, tag = "2")]
    pub save_function: i32,
    /// The object that is the function which restores.
    #[prost(int32, tag = "3")]
    pub restore_function: i32,
}

/// A function of the library, as objects use it.
#[derive(Clone, PartialEq, Message)]
pub struct SavedConcreteFunction {
    /// The objects that are passed after the arguments proper.
    #[prost(int32, repeated, tag = "2")]
    pub bound_inputs: Vec<i32>,
    /// The types of the arguments.
    #[prost(message, optional, tag = "3")]
    pub canonicalized_input_signature: Option<StructuredValue>,
    /// The types of the results.
    #[prost(message, optional, tag = "4")]
    pub output_signature: Option<StructuredValue>,
}

/// The objects of a checkpoint, under the key `_CHECKPOINTABLE_OBJECT_GRAPH`.
#[derive(Clone, PartialEq, Message)]
pub struct TrackableObjectGraph {
    /// The objects; the first is the root.
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<TrackableObject>,
}

/// An object of a checkpoint (`TrackableObjectGraph.TrackableObject`).
#[derive(Clone, PartialEq, Message)]
pub struct TrackableObject {
    /// The objects that it holds.
    #[prost(message, repeated, tag = "1")]
    pub children: Vec<ObjectReference>,
    /// Its tensors in the checkpoint.
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<SerializedTensor>,
    /// The slot variables, where it is an optimizer.
    #[prost(message, repeated, tag = "3")]
    pub slot_variables: Vec<SlotVariableReference>,
    /// The saver that was registered for it.
    #[prost(message, optional, tag = "4")]
    pub registered_saver: Option<RegisteredSaver>,
    /// Whether it, or anything that it holds, has values in the checkpoint; absent in old checkpoints.
    #[prost(message, optional, tag = "5")]
    pub has_checkpoint_values: Option<BoolValue>,
}

/// An object that another one holds (`TrackableObjectGraph.TrackableObject.ObjectReference`).
#[derive(Clone, PartialEq, Message)]
pub struct ObjectReference {
    /// Which one, an index into the objects.
    #[prost(int32, tag = "1")]
    pub node_id: i32,
    /// What the holder calls it.
    #[prost(string, tag = "2")]
    pub local_name: String,
}

/// A tensor of an object (`TrackableObjectGraph.TrackableObject.SerializedTensor`).
#[derive(Clone, PartialEq, Message)]
pub struct SerializedTensor {
    /// What the object calls it: `VARIABLE_VALUE`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The variable's name in the program.
    #[prost(string, tag = "2")]
    pub full_name: String,
    /// The tensor's name in the checkpoint.
    #[prost(string, tag = "3")]
    pub checkpoint_key: String,
}

/// A slot variable of an optimizer (`TrackableObjectGraph.TrackableObject.SlotVariableReference`).
#[derive(Clone, PartialEq, Message)]
pub struct SlotVariableReference {
    /// The variable that is optimized.
    #[prost(int32, tag = "1")]
    pub original_variable_node_id: i32,
    /// What the slot is for: `momentum`.
    #[prost(string, tag = "2")]
    pub slot_name: String,
    /// The slot variable.
    #[prost(int32, tag = "3")]
    pub slot_variable_node_id: i32,
}

/// A saver that was registered for an object.
#[derive(Clone, PartialEq, Message)]
pub struct RegisteredSaver {
    /// The saver.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The object's name for it.
    #[prost(string, tag = "2")]
    pub object_name: String,
}

/// A truth value that may be absent (`google.protobuf.BoolValue`).
#[derive(Clone, PartialEq, Message)]
pub struct BoolValue {
    /// The value.
    #[prost(bool, tag = "1")]
    pub value: bool,
}
