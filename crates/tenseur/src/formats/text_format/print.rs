//! From bytes to text.

use std::fmt::Write;

use super::schema::{Field, Kind, Label, MessageType, entry_fields};
use crate::error::{Error, Result};
use crate::formats::wire::{Payload, Piece, packed, pieces};

/// How deep messages may lie in messages, as in the binary form.
pub(super) const DEEPEST: usize = 100;

/// The text of a message of this type: a line for each field, in the order in which the bytes have them, two spaces in for
/// each level. A field that the type does not have is told in a comment, since the text form has no place for it.
///
/// # Errors
/// When `bytes` is not a message of this type.
///
/// ```
/// use tenseur::formats::text_format::{self, GRAPH_DEF};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let _x = tf.placeholder::<f32>([None, Some(2)], "x");
/// let text = text_format::print(&GRAPH_DEF, &tf.as_graph_def()?)?;
/// assert!(text.starts_with("node {\n  name: \"x\"\n  op: \"Placeholder\"\n"), "{text}");
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn print(message: &MessageType, bytes: &[u8]) -> Result<String> {
    let mut printer = Printer { text: String::with_capacity(4 * bytes.len()), path: vec![message.name] };
    match printer.message(message.fields, bytes) {
        Some(()) => Ok(printer.text),
        None => {
            let path = printer.path.join(".");
            Err(Error::invalid(format!("the bytes are not a {}: they are damaged at {path}", message.name)))
        }
    }
}

struct Printer {
    text: String,
    /// The type of the whole and the names of the fields down to where the printer is. Where the bytes are damaged, it
    /// stays as it is.
    path: Vec<&'static str>,
}

impl Printer {
    fn message(&mut self, fields: &[Field], bytes: &[u8]) -> Option<()> {
        if self.path.len() > DEEPEST {
            return None;
        }
        for (number, payload) in merged(fields, pieces(bytes)?) {
            match fields.iter().find(|field| field.number == number) {
                Some(field) => {
                    self.path.push(field.name);
                    self.field(field, &payload)?;
                    self.path.pop();
                }
                None => {
                    self.indent();
                    let what = match payload {
                        Payload::Bytes(bytes) => format!("{} bytes", bytes.len()),
                        _ => "a number".to_string(),
                    };
                    let _ = writeln!(self.text, "# field {number}, {what}, is not known and left out");
                }
            }
        }
        Some(())
    }

    fn indent(&mut self) {
        for _ in 1..self.path.len() {
            self.text.push_str("  ");
        }
    }

    fn field(&mut self, field: &Field, payload: &Payload<'_>) -> Option<()> {
        match (&field.kind, payload) {
            (kind, Payload::Bytes(bytes)) if field.is_packed() => {
                for element in packed(wire_type(kind), bytes)? {
                    self.value(field, &element)?;
                }
                Some(())
            }
            (Kind::Message(message), Payload::Bytes(bytes)) => self.block(field, message.fields, bytes),
            (Kind::Map(entry), Payload::Bytes(bytes)) => self.block(field, &entry_fields(entry), bytes),
            _ => self.value(field, payload),
        }
    }

    fn block(&mut self, field: &Field, fields: &[Field], bytes: &[u8]) -> Option<()> {
        self.line(field.name, " {");
        self.message(fields, bytes)?;
        self.line("}", "");
        Some(())
    }

    /// A line at the level of the field that the printer is in.
    fn line(&mut self, start: &str, end: &str) {
        for _ in 2..self.path.len() {
            self.text.push_str("  ");
        }
        self.text.push_str(start);
        self.text.push_str(end);
        self.text.push('\n');
    }

    fn value(&mut self, field: &Field, payload: &Payload<'_>) -> Option<()> {
        let value = scalar(&field.kind, payload)?;
        self.line(field.name, &format!(": {value}"));
        Some(())
    }
}

/// The pieces as whoever reads the bytes takes them. Of a field that may be there once and is there again, the last number
/// or string counts, and messages are the pieces of one; of the members of a `oneof` the last stays.
fn merged<'a>(fields: &[Field], all: Vec<Piece<'a>>) -> Vec<Piece<'a>> {
    let mut kept: Vec<Option<Piece<'a>>> = Vec::with_capacity(all.len());
    // Where the fields are that may be there once.
    let mut places: Vec<(&Field, usize)> = Vec::new();
    for (number, payload) in all {
        let Some(field) = fields.iter().find(|field| field.number == number && field.label != Label::Many)
        else {
            kept.push(Some((number, payload)));
            continue;
        };
        let same = |(other, _): &&(&Field, usize)| other.number == number;
        let earlier = places.iter().find(same).and_then(|&(_, place)| kept[place].as_mut());
        match (earlier, payload) {
            (Some((_, Payload::Bytes(before))), Payload::Bytes(more))
                if matches!(field.kind, Kind::Message(_)) =>
            {
                before.to_mut().extend_from_slice(&more);
            }
            (Some((_, before)), payload) => *before = payload,
            (None, payload) => {
                if field.label == Label::Choice {
                    let others = places.iter().filter(|(other, _)| other.label == Label::Choice);
                    others.for_each(|&(_, place)| kept[place] = None);
                }
                places.push((field, kept.len()));
                kept.push(Some((number, payload)));
            }
        }
    }
    kept.into_iter().flatten().collect()
}

fn wire_type(kind: &Kind) -> u64 {
    match kind {
        Kind::Float => 5,
        Kind::Double | Kind::Fixed64 => 1,
        Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Map(_) => 2,
        _ => 0,
    }
}

/// A number or string as the text writes it.
fn scalar(kind: &Kind, payload: &Payload<'_>) -> Option<String> {
    Some(match (kind, payload) {
        (Kind::Bool, Payload::Varint(value)) => (*value != 0).to_string(),
        (Kind::Int32, Payload::Varint(value)) => (*value as i32).to_string(),
        (Kind::Int64, Payload::Varint(value)) => (*value as i64).to_string(),
        (Kind::UInt32, Payload::Varint(value)) => (*value as u32).to_string(),
        (Kind::UInt64, Payload::Varint(value)) | (Kind::Fixed64, Payload::Fixed64(value)) => {
            value.to_string()
        }
        (Kind::SInt64, Payload::Varint(value)) => ((value >> 1) as i64 ^ -((value & 1) as i64)).to_string(),
        (Kind::Float, Payload::Fixed32(bits)) => {
            float(f64::from(f32::from_bits(*bits)), format!("{:?}", f32::from_bits(*bits)))
        }
        (Kind::Double, Payload::Fixed64(bits)) => {
            float(f64::from_bits(*bits), format!("{:?}", f64::from_bits(*bits)))
        }
        (Kind::Enum(names), Payload::Varint(value)) => {
            let value = *value as i32;
            match names.values.iter().find(|(_, number)| *number == value) {
                Some((name, _)) => name.to_string(),
                None => value.to_string(),
            }
        }
        (Kind::String, Payload::Bytes(bytes)) => quoted(std::str::from_utf8(bytes).ok()?),
        (Kind::Bytes, Payload::Bytes(bytes)) => quoted_bytes(bytes),
        _ => return None,
    })
}

/// `shortest` is what tells the number from its neighbours; it needs other names where it is none.
fn float(value: f64, shortest: String) -> String {
    match (value.is_nan(), value.is_sign_negative()) {
        (true, true) => "-nan".to_string(),
        (true, false) => "nan".to_string(),
        _ => shortest,
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if c.is_ascii() => escape(byte, &mut out),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

fn quoted_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    bytes.iter().for_each(|&byte| escape(byte, &mut out));
    out.push('"');
    out
}

fn escape(byte: u8, out: &mut String) {
    match byte {
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b'"' => out.push_str("\\\""),
        b'\'' => out.push_str("\\'"),
        b'\\' => out.push_str("\\\\"),
        b' '..=b'~' => out.push(char::from(byte)),
        _ => {
            let _ = write!(out, "\\{byte:03o}");
        }
    }
}
