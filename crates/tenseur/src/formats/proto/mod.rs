//! TensorFlow's protobuf messages, as Rust structs.
//!
//! Each struct is one message of TensorFlow 2.21's `.proto` files, with every field that version has, under the same
//! field numbers; the derive from prost writes the wire code. Rules that hold everywhere here:
//!
//! * A field that prost does not know is dropped when a message is read, so a field must never be left out.
//! * Maps are `BTreeMap`, so that the same message always gives the same bytes.
//! * Enumerations are kept as their numbers (`int32` and an enumeration have the same wire form), so that a value
//!   from a newer TensorFlow survives. The numbers stand in the field's documentation, and those of `DataType` in
//!   [`crate::value::DType`].
//! * Nested messages have flat names: `NodeDef.ExperimentalDebugInfo` is [`NodeDebugInfo`].

mod bundle;
pub mod event;
pub mod example;
mod function;
mod graph;
mod meta_graph;
mod object_graph;
mod structured_value;
pub mod summary;
mod tensor;

pub use bundle::{
    BundleEntryProto, BundleHeaderProto, SavedSlice, SavedSliceMeta, SavedTensorSliceMeta, SavedTensorSlices,
    TensorSliceExtent, TensorSliceProto,
};
pub use function::{
    ArgAttrs, ArgDef, AttrDef, FunctionDef, FunctionDefLibrary, GradientDef, OpDef, OpDeprecation, OpList,
    RegisteredGradient,
};
pub use graph::{
    Attr, AttrList, AttrValue, FileLineCol, FullTypeAttr, FullTypeDef, GraphDebugInfo, GraphDef,
    NameAttrList, NodeDebugInfo, NodeDef, StackTrace, VersionDef,
};
pub use meta_graph::{
    Any, AnyList, AssetFileDef, BytesList, Collection, CollectionDef, CompositeTensor, CooSparse, FloatList,
    Int64List, MetaGraphDef, MetaInfoDef, NodeList, SaveSliceInfoDef, SavedModel, SaverDef, SignatureDef,
    TensorEncoding, TensorInfo, VariableDef,
};
pub use object_graph::{
    BoolValue, CapturedTensor, FunctionSpec, ObjectReference, RegisteredSaver, SaveableObject, SavedAsset,
    SavedBareConcreteFunction, SavedConcreteFunction, SavedConstant, SavedFunction, SavedObject,
    SavedObjectGraph, SavedObjectKind, SavedResource, SavedUserObject, SavedVariable, SerializedTensor,
    SlotVariableReference, TrackableObject, TrackableObjectGraph,
};
pub use structured_value::{
    BoundedTensorSpecProto, DictValue, ListValue, NamedTupleValue, NoneValue, PairValue, Structure,
    StructuredValue, TensorSpecProto, TupleValue, TypeSpecProto,
};
pub use tensor::{
    DtypeAndShape, ResourceHandleProto, TensorProto, TensorShapeDim, TensorShapeProto, VariantTensorDataProto,
};
