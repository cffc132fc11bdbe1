//! What the index of a checkpoint holds (`tensor_bundle.proto`, `tensor_slice.proto`), and what one of the first version does
//! (`saved_tensor_slice.proto`).

use super::{TensorProto, TensorShapeProto, VersionDef};
use prost::Message;

/// The index's first entry, under the empty name.
#[derive(Clone, PartialEq, Message)]
pub struct BundleHeaderProto {
    /// How many data files there are.
    #[prost(int32, tag = "1")]
    pub num_shards: i32,
    /// The byte order of the data: 0 little, 1 big.
    #[prost(int32, tag = "2")]
    pub endianness: i32,
    /// The version of the format: the producer is 1.
    #[prost(message, optional, tag = "3")]
    pub version: Option<VersionDef>,
}

/// Where one tensor lies.
#[derive(Clone, PartialEq, Message)]
pub struct BundleEntryProto {
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    /// The shape, fully known.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    /// The data file that holds it, counted from 0.
    #[prost(int32, tag = "3")]
    pub shard_id: i32,
    /// The first byte in that file.
    #[prost(int64, tag = "4")]
    pub offset: i64,
    /// How many bytes it takes.
    #[prost(int64, tag = "5")]
    pub size: i64,
    /// The masked CRC-32C of those bytes (of the lengths and strings, for strings).
    #[prost(fixed32, tag = "6")]
    pub crc32c: u32,
    /// Where this is not empty, the tensor was saved in these pieces, each with an entry of its own, and the
    /// fields above other than type and shape are not used.
    #[prost(message, repeated, tag = "7")]
    pub slices: Vec<TensorSliceProto>,
}

/// A box cut from a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorSliceProto {
    /// The range along each axis, outermost first.
    #[prost(message, repeated, tag = "1")]
    pub extent: Vec<TensorSliceExtent>,
}

/// A range along one axis (`TensorSliceProto.Extent`).
#[derive(Clone, PartialEq, Message)]
pub struct TensorSliceExtent {
    /// The first index.
    #[prost(int64, tag = "1")]
    pub start: i64,
    /// How many indices; `None` takes the whole axis.
    #[prost(int64, optional, tag = "2")]
    pub length: Option<i64>,
}

/// An entry of a checkpoint of the first version: the first tells of all, each other is a slice.
#[derive(Clone, PartialEq, Message)]
pub struct SavedTensorSlices {
    /// Which tensors there are; only in the entry under the empty name.
    #[prost(message, optional, tag = "1")]
    pub meta: Option<SavedTensorSliceMeta>,
    /// A slice with its elements.
    #[prost(message, optional, tag = "2")]
    pub data: Option<SavedSlice>,
}

/// Which tensors a checkpoint of the first version holds.
#[derive(Clone, PartialEq, Message)]
pub struct SavedTensorSliceMeta {
    /// What there is to know of each.
    #[prost(message, repeated, tag = "1")]
    pub tensor: Vec<SavedSliceMeta>,
    /// The version of the format: the producer is 1.
    #[prost(message, optional, tag = "2")]
    pub versions: Option<VersionDef>,
}

/// What there is to know of a tensor of which slices are saved.
#[derive(Clone, PartialEq, Message)]
pub struct SavedSliceMeta {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The shape of the whole.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
    /// The element type, a number of `DataType`.
    #[prost(int32, tag = "3")]
    pub r#type: i32,
    /// Its slices.
    #[prost(message, repeated, tag = "4")]
    pub slice: Vec<TensorSliceProto>,
}

/// A slice with its elements.
#[derive(Clone, PartialEq, Message)]
pub struct SavedSlice {
    /// The tensor's name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Which box of the tensor it is.
    #[prost(message, optional, tag = "2")]
    pub slice: Option<TensorSliceProto>,
    /// The elements, in the list that fits their type; type and shape are not said.
    #[prost(message, optional, tag = "3")]
    pub data: Option<TensorProto>,
}
