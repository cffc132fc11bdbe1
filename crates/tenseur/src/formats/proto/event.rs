//! Events: the records of an event file (`event.proto`).

use super::summary::Summary;
use prost::Message;

/// Something that happened at a step.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// When, in seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// At which step.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// What wrote the file.
    #[prost(message, optional, tag = "10")]
    pub source_metadata: Option<SourceMetadata>,
    /// What happened.
    #[prost(oneof = "EventKind", tags = "3, 4, 5, 6, 7, 8, 9")]
    pub what: Option<EventKind>,
}

/// What may have happened.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum EventKind {
    /// The file began; the form of its events.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// The bytes of a GraphDef.
    #[prost(bytes, tag = "4")]
    GraphDef(Vec<u8>),
    /// Values.
    #[prost(message, tag = "5")]
    Summary(Summary),
    /// A message to people.
    #[prost(message, tag = "6")]
    LogMessage(LogMessage),
    /// A session began or ended.
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
    /// What a run cost.
    #[prost(message, tag = "8")]
    TaggedRunMetadata(TaggedRunMetadata),
    /// The bytes of a MetaGraphDef.
    #[prost(bytes, tag = "9")]
    MetaGraphDef(Vec<u8>),
}

/// A message to people.
#[derive(Clone, PartialEq, Message)]
pub struct LogMessage {
    /// How grave it is: 10, 20, 30, 40, 50, from debugging to fatal.
    #[prost(int32, tag = "1")]
    pub level: i32,
    /// What it says.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// The state of a session.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// 1 it began, 2 it ended, 3 it was saved.
    #[prost(int32, tag = "1")]
    pub status: i32,
    /// Where to.
    #[prost(string, tag = "2")]
    pub checkpoint_path: String,
    /// More about it.
    #[prost(string, tag = "3")]
    pub msg: String,
}

/// What a run cost.
#[derive(Clone, PartialEq, Message)]
pub struct TaggedRunMetadata {
    /// What the run is called.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// The bytes of a RunMetadata.
    #[prost(bytes = "vec", tag = "2")]
    pub run_metadata: Vec<u8>,
}

/// What wrote a file.
#[derive(Clone, PartialEq, Message)]
pub struct SourceMetadata {
    /// Its module.
    #[prost(string, tag = "1")]
    pub writer: String,
}
