//! Protobuf messages as they lie in a file: a message is a row of numbered pieces, each a number or some bytes.

use std::borrow::Cow;

use prost::encoding::{decode_varint, encode_varint};

/// What a piece holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Payload<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Cow<'a, [u8]>),
}

/// A piece of a message: the number of its field, and what it holds.
pub(super) type Piece<'a> = (u32, Payload<'a>);

/// The pieces of a message, in order; `None` where the bytes are no message.
pub(super) fn pieces(mut bytes: &[u8]) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let key = decode_varint(&mut bytes).ok()?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| number > 0)?;
        pieces.push((number, payload(key & 7, &mut bytes)?));
    }
    Some(pieces)
}

fn payload<'a>(wire_type: u64, bytes: &mut &'a [u8]) -> Option<Payload<'a>> {
    Some(match wire_type {
        0 => Payload::Varint(decode_varint(bytes).ok()?),
        1 => Payload::Fixed64(u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        2 => {
            let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
            Payload::Bytes(take(bytes, length)?.into())
        }
        5 => Payload::Fixed32(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?)),
        _ => return None,
    })
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// The elements of a packed field that are numbers of this wire type; `None` where the bytes are none.
pub(super) fn packed(wire_type: u64, mut bytes: &[u8]) -> Option<Vec<Payload<'_>>> {
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        elements.push(payload(wire_type, &mut bytes)?);
    }
    Some(elements)
}

impl Payload<'_> {
    /// The same, with bytes of its own.
    pub(super) fn into_owned(self) -> Payload<'static> {
        match self {
            Payload::Varint(value) => Payload::Varint(value),
            Payload::Fixed32(bits) => Payload::Fixed32(bits),
            Payload::Fixed64(bits) => Payload::Fixed64(bits),
            Payload::Bytes(bytes) => Payload::Bytes(bytes.into_owned().into()),
        }
    }

    /// The number by which the wire tells what kind of piece it is.
    pub(super) fn wire_type(&self) -> u64 {
        match self {
            Payload::Varint(_) => 0,
            Payload::Fixed64(_) => 1,
            Payload::Bytes(_) => 2,
            Payload::Fixed32(_) => 5,
        }
    }

    /// Appends it as it stands within a packed field.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Payload::Varint(value) => encode_varint(*value, out),
            Payload::Fixed32(bits) => out.extend(bits.to_le_bytes()),
            Payload::Fixed64(bits) => out.extend(bits.to_le_bytes()),
            Payload::Bytes(bytes) => {
                encode_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// Appends a piece.
pub(super) fn write_piece(number: u32, payload: &Payload<'_>, out: &mut Vec<u8>) {
    encode_varint(u64::from(number) << 3 | payload.wire_type(), out);
    payload.write(out);
}
