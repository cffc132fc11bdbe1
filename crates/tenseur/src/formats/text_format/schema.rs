//! What the text form must know of a message that the wire does not say: its fields' names, and what kind they are.

/// A type of message. Those there are: [`GRAPH_DEF`](super::GRAPH_DEF) and its neighbours.
#[derive(Debug)]
pub struct MessageType {
    pub(super) name: &'static str,
    /// In the order of their numbers.
    pub(super) fields: &'static [Field],
}

impl MessageType {
    /// Its full name: `tensorflow.GraphDef`.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) label: Label,
    pub(super) kind: Kind,
}

/// How often a field may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Once at most.
    One,
    /// Any number of times.
    Many,
    /// Once at most, and then no other field with this label: the members of a `oneof`, of which no message of ours has
    /// two.
    Choice,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Bool,
    Int32,
    Int64,
    UInt32,
    UInt64,
    /// An integer whose sign is its lowest bit on the wire.
    SInt64,
    Fixed64,
    Float,
    Double,
    String,
    Bytes,
    Enum(&'static Enumeration),
    Message(&'static MessageType),
    /// Entries with a key and a value, which the text writes like messages.
    Map(&'static (Kind, Kind)),
}

/// The names of some numbers.
#[derive(Debug)]
pub(super) struct Enumeration {
    pub(super) name: &'static str,
    pub(super) values: &'static [(&'static str, i32)],
}

pub(super) const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, label: Label::One, kind }
}

pub(super) const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, label: Label::Many, kind }
}

pub(super) const fn choice(number: u32, name: &'static str, kind: Kind) -> Field {
    Field { number, name, label: Label::Choice, kind }
}

impl Field {
    /// Whether the wire holds all its elements in one piece.
    pub(super) fn is_packed(&self) -> bool {
        let whole = matches!(self.kind, Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Map(_));
        self.label == Label::Many && !whole
    }
}

/// The two fields of a map's entry.
pub(super) fn entry_fields((key, value): &(Kind, Kind)) -> [Field; 2] {
    [one(1, "key", *key), one(2, "value", *value)]
}
