//! Protobuf's text form (`.pbtxt`) of TensorFlow's messages.
//!
//! ```text
//! node {
//!   name: "x"
//!   op: "Placeholder"
//!   attr {
//!     key: "dtype"
//!     value {
//!       type: DT_FLOAT
//!     }
//!   }
//! }
//! ```
//!
//! [`print()`] and [`parse`] go between the text and the bytes of the binary form, and know of a message what a table says:
//! the [`MessageType`]s here. What is a message in memory they need not know.

mod enumerations;
mod graph_messages;
mod meta_graph_messages;
mod parse;
mod print;
mod schema;
mod tokens;

pub use parse::parse;
pub use print::print;
pub use schema::MessageType;

pub use graph_messages::GRAPH_DEF;
pub use meta_graph_messages::{META_GRAPH_DEF, SAVED_MODEL, VARIABLE_DEF};

/// The messages that a message of any type can be.
static MESSAGE_TYPES: [&MessageType; 4] = [&GRAPH_DEF, &META_GRAPH_DEF, &SAVED_MODEL, &VARIABLE_DEF];

/// ", and the nearest is …", if one is near.
fn quote_nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    match crate::graph::nearest(wanted, names) {
        Some(near) => format!("; there is \"{near}\""),
        None => String::new(),
    }
}
