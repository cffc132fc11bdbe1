//! `Example` and `SequenceExample`: records of named lists of numbers or strings, as data files have them.

use std::collections::BTreeMap;

use prost::Message;

/// A record.
#[derive(Clone, PartialEq, Message)]
pub struct Example {
    /// What it has.
    #[prost(message, optional, tag = "1")]
    pub features: Option<Features>,
}

/// Lists by name.
#[derive(Clone, PartialEq, Message)]
pub struct Features {
    /// Of several of one name, the last counts.
    #[prost(btree_map = "string, message", tag = "1")]
    pub feature: BTreeMap<String, Feature>,
}

/// A list, of one of three kinds.
#[derive(Clone, PartialEq, Message)]
pub struct Feature {
    /// Which, and what is in it.
    #[prost(oneof = "FeatureKind", tags = "1, 2, 3")]
    pub kind: Option<FeatureKind>,
}

/// A record of a sequence: lists that are the whole sequence's, and lists that each of its steps has.
#[derive(Clone, PartialEq, Message)]
pub struct SequenceExample {
    /// Those of the whole.
    #[prost(message, optional, tag = "1")]
    pub context: Option<Features>,
    /// Those of the steps.
    #[prost(message, optional, tag = "2")]
    pub feature_lists: Option<FeatureLists>,
}

/// Lists of lists by name.
#[derive(Clone, PartialEq, Message)]
pub struct FeatureLists {
    /// Of several of one name, the last counts.
    #[prost(btree_map = "string, message", tag = "1")]
    pub feature_list: BTreeMap<String, FeatureList>,
}

/// A list for each step.
#[derive(Clone, PartialEq, Message)]
pub struct FeatureList {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub feature: Vec<Feature>,
}

/// The kinds of lists.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum FeatureKind {
    /// Strings, of any bytes.
    #[prost(message, tag = "1")]
    Bytes(BytesList),
    /// Floats.
    #[prost(message, tag = "2")]
    Floats(FloatList),
    /// Integers.
    #[prost(message, tag = "3")]
    Integers(Int64List),
}

impl FeatureKind {
    /// How many values there are.
    pub fn count(&self) -> usize {
        match self {
            FeatureKind::Bytes(list) => list.value.len(),
            FeatureKind::Floats(list) => list.value.len(),
            FeatureKind::Integers(list) => list.value.len(),
        }
    }
}

/// Strings.
#[derive(Clone, PartialEq, Message)]
pub struct BytesList {
    /// In order.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub value: Vec<Vec<u8>>,
}

/// Floats.
#[derive(Clone, PartialEq, Message)]
pub struct FloatList {
    /// In order.
    #[prost(float, repeated, tag = "1")]
    pub value: Vec<f32>,
}

/// Integers.
#[derive(Clone, PartialEq, Message)]
pub struct Int64List {
    /// In order.
    #[prost(int64, repeated, tag = "1")]
    pub value: Vec<i64>,
}
