//! Summaries: what TensorBoard shows (`summary.proto`).

use super::TensorProto;
use prost::Message;

/// Values at one step.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<SummaryValue>,
}

/// One value (`Summary.Value`).
#[derive(Clone, PartialEq, Message)]
pub struct SummaryValue {
    /// What it is shown as: names with slashes are groups.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// What reads it, and how.
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<SummaryMetadata>,
    /// The node that it is of.
    #[prost(string, tag = "7")]
    pub node_name: String,
    /// The value itself.
    #[prost(oneof = "SummaryKind", tags = "2, 3, 4, 5, 6, 8")]
    pub value: Option<SummaryKind>,
}

/// The kinds of values.
#[derive(Clone, PartialEq, prost::Oneof)]
#[allow(clippy::large_enum_variant)] // It is as prost writes messages.
pub enum SummaryKind {
    /// A number.
    #[prost(float, tag = "2")]
    Simple(f32),
    /// A histogram of before TensorFlow.
    #[prost(bytes, tag = "3")]
    OldHistogram(Vec<u8>),
    /// A picture.
    #[prost(message, tag = "4")]
    Image(SummaryImage),
    /// How numbers are spread.
    #[prost(message, tag = "5")]
    Histogram(HistogramProto),
    /// A sound.
    #[prost(message, tag = "6")]
    Audio(SummaryAudio),
    /// Whatever the metadata says.
    #[prost(message, tag = "8")]
    Tensor(TensorProto),
}

/// A picture as a file (`Summary.Image`).
#[derive(Clone, PartialEq, Message)]
pub struct SummaryImage {
    /// Rows.
    #[prost(int32, tag = "1")]
    pub height: i32,
    /// Columns.
    #[prost(int32, tag = "2")]
    pub width: i32,
    /// Channels: 1 grey, 2 with transparency, 3 colours, 4 with transparency, 5 and 6 digits in YUV and BGRA.
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    /// The file: PNG, JPEG or GIF.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded_image_string: Vec<u8>,
}

/// A sound as a file (`Summary.Audio`).
#[derive(Clone, PartialEq, Message)]
pub struct SummaryAudio {
    /// Frames per second.
    #[prost(float, tag = "1")]
    pub sample_rate: f32,
    /// How many channels.
    #[prost(int64, tag = "2")]
    pub num_channels: i64,
    /// How many frames.
    #[prost(int64, tag = "3")]
    pub length_frames: i64,
    /// The file.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded_audio_string: Vec<u8>,
    /// What kind of file: `audio/wav`.
    #[prost(string, tag = "5")]
    pub content_type: String,
}

/// How many numbers lie where.
#[derive(Clone, PartialEq, Message)]
pub struct HistogramProto {
    /// The least.
    #[prost(double, tag = "1")]
    pub min: f64,
    /// The greatest.
    #[prost(double, tag = "2")]
    pub max: f64,
    /// How many.
    #[prost(double, tag = "3")]
    pub num: f64,
    /// Their sum.
    #[prost(double, tag = "4")]
    pub sum: f64,
    /// The sum of their squares.
    #[prost(double, tag = "5")]
    pub sum_squares: f64,
    /// Where each bucket ends; it begins where the one before ends.
    #[prost(double, repeated, tag = "6")]
    pub bucket_limit: Vec<f64>,
    /// How many are in each.
    #[prost(double, repeated, tag = "7")]
    pub bucket: Vec<f64>,
}

/// What reads a value.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryMetadata {
    /// TensorBoard's plugin.
    #[prost(message, optional, tag = "1")]
    pub plugin_data: Option<PluginData>,
    /// What is shown in place of the tag.
    #[prost(string, tag = "2")]
    pub display_name: String,
    /// What it is about, in Markdown.
    #[prost(string, tag = "3")]
    pub summary_description: String,
    /// What it is like: 0 not said, 1 a number, 2 a tensor, 3 a sequence of bytes.
    #[prost(int32, tag = "4")]
    pub data_class: i32,
}

/// A plugin, and what it wants to know (`SummaryMetadata.PluginData`).
#[derive(Clone, PartialEq, Message)]
pub struct PluginData {
    /// Its name: `text`.
    #[prost(string, tag = "1")]
    pub plugin_name: String,
    /// In its own form.
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}
