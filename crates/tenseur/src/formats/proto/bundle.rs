//! What the index of a checkpoint holds (`tensor_bundle.proto`, `tensor_slice.proto`).

use super::{TensorShapeProto, VersionDef};
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
