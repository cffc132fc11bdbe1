//! Bytes as characters and back, by the encodings that text has: UTF-8, UTF-16 and UTF-32 with the high byte first, ASCII
//! and Latin-1.

use crate::error::Reason;
use crate::ops::Attrs;

/// How characters are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the high byte first.
    Utf16,
    /// UTF-32, the high byte first.
    Utf32,
    /// ASCII.
    Ascii,
    /// ISO 8859-1: the first 256 characters.
    Latin1,
}

impl Encoding {
    /// By the name that attributes have for it.
    ///
    /// # Errors
    /// When it is not known.
    pub(super) fn from_name(name: &str) -> Result<Encoding, Reason> {
        match &name.to_ascii_uppercase().replace('_', "-")[..] {
            "UTF-8" | "UTF8" => Ok(Encoding::Utf8),
            "UTF-16-BE" | "UTF-16BE" | "UTF-16" => Ok(Encoding::Utf16),
            "UTF-32-BE" | "UTF-32BE" | "UTF-32" => Ok(Encoding::Utf32),
            "US-ASCII" | "ASCII" => Ok(Encoding::Ascii),
            "ISO-8859-1" | "LATIN1" | "LATIN-1" => Ok(Encoding::Latin1),
            _ => Err(format!(
                "the encoding \"{name}\" is not known; known are UTF-8, UTF-16-BE, UTF-32-BE, US-ASCII and ISO-8859-1"
            )
            .into()),
        }
    }

    /// The first character, or none where the bytes are no character, and how many bytes that took.
    fn first(self, bytes: &[u8]) -> (Option<char>, usize) {
        match self {
            Encoding::Ascii => (bytes[0].is_ascii().then_some(bytes[0] as char), 1),
            Encoding::Latin1 => (Some(bytes[0] as char), 1),
            Encoding::Utf32 => match bytes {
                [a, b, c, d, ..] => (char::from_u32(u32::from_be_bytes([*a, *b, *c, *d])), 4),
                _ => (None, bytes.len()),
            },
            Encoding::Utf16 => match bytes {
                [a, b, rest @ ..] => {
                    let unit = u16::from_be_bytes([*a, *b]);
                    let next = rest.get(..2).map(|next| u16::from_be_bytes([next[0], next[1]]));
                    match (unit, next) {
                        (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) => {
                            let (high, low) = (u32::from(unit - 0xD800), u32::from(low - 0xDC00));
                            (char::from_u32(0x1_0000 + (high << 10 | low)), 4)
                        }
                        (0xD800..0xE000, _) => (None, 2),
                        (unit, _) => (char::from_u32(unit.into()), 2),
                    }
                }
                _ => (None, bytes.len()),
            },
            Encoding::Utf8 => {
                let length = match bytes[0] {
                    0..0x80 => 1,
                    0xC2..0xE0 => 2,
                    0xE0..0xF0 => 3,
                    0xF0..0xF5 => 4,
                    _ => return (None, 1),
                };
                // What is no character is taken as long as it could have become one.
                let whole = (1..=length.min(bytes.len())).rev().find_map(|count| {
                    match std::str::from_utf8(&bytes[..count]) {
                        Ok(text) => text.chars().next().map(|character| (Some(character), count)),
                        Err(error) if error.error_len().is_none() => Some((None, count)),
                        Err(_) => None,
                    }
                });
                whole.unwrap_or((None, 1))
            }
        }
    }

    /// Adds a character to bytes; nothing is added where the encoding does not have it.
    pub(super) fn put(self, character: char, bytes: &mut Vec<u8>) {
        match self {
            Encoding::Utf8 => bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Encoding::Utf16 => {
                bytes.extend(character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
            }
            Encoding::Utf32 => bytes.extend(u32::from(character).to_be_bytes()),
            Encoding::Ascii | Encoding::Latin1 => bytes.extend(u8::try_from(u32::from(character))),
        }
    }
}

/// What becomes of bytes that are no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// They are refused.
    Strict,
    /// A character stands for them.
    Replace,
    /// They are left out.
    Ignore,
}

/// What ops are told of errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// What becomes of bytes that are no character.
    pub errors: OnError,
    /// The character that stands for them.
    pub replacement: char,
    /// Whether it stands for control characters too.
    pub control: bool,
}

impl Errors {
    pub(super) fn from_attrs(attrs: &Attrs) -> Result<Errors, Reason> {
        let errors = match &attrs.optional("errors", "replace".to_string())?[..] {
            "strict" => OnError::Strict,
            "replace" => OnError::Replace,
            "ignore" => OnError::Ignore,
            other => {
                return Err(
                    format!("attribute \"errors\" is \"{other}\"; it is strict, replace or ignore").into()
                );
            }
        };
        let replacement: i64 = attrs.optional("replacement_char", 0xFFFD)?;
        let character = u32::try_from(replacement).ok().and_then(char::from_u32);
        Ok(Errors {
            errors,
            replacement: character.ok_or_else(|| {
                format!("attribute \"replacement_char\" is {replacement}, which is no character")
            })?,
            control: attrs.optional("replace_control_characters", false)?,
        })
    }

    pub(super) fn add_to(&self, attrs: Attrs) -> Attrs {
        attrs.with(
            "errors",
            match self.errors {
                OnError::Strict => "strict",
                OnError::Replace => "replace",
                OnError::Ignore => "ignore",
            },
        )
    }

    /// What stands for what is no character, if something does.
    ///
    /// # Errors
    /// When it is refused.
    pub(super) fn wrong(&self, what: impl FnOnce() -> String) -> Result<Option<char>, Reason> {
        match self.errors {
            OnError::Strict => Err(what().into()),
            OnError::Replace => Ok(Some(self.replacement)),
            OnError::Ignore => Ok(None),
        }
    }
}

/// The characters of bytes, and where in them each begins.
///
/// # Errors
/// When bytes that are no character are refused.
pub(super) fn decoded(
    bytes: &[u8],
    encoding: Encoding,
    errors: &Errors,
) -> Result<Vec<(char, usize)>, Reason> {
    let (mut characters, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let (character, length) = encoding.first(&bytes[at..]);
        let shown = || {
            let text = String::from_utf8_lossy(bytes);
            format!("\"{text}\" is no text at its byte {at}")
        };
        match character {
            Some(character) if errors.control && is_control(character) => {
                characters.extend((errors.errors != OnError::Ignore).then_some((errors.replacement, at)));
            }
            Some(character) => characters.push((character, at)),
            None => characters.extend(errors.wrong(shown)?.map(|character| (character, at))),
        }
        at += length.max(1);
    }
    Ok(characters)
}

/// Whether a character is one of ASCII's control characters.
fn is_control(character: char) -> bool {
    character <= '\u{1F}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_comes_back() {
        let errors = Errors { errors: OnError::Strict, replacement: '?', control: false };
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            let text = "a\u{e9}\u{4e2d}\u{1f600}";
            let mut bytes = Vec::new();
            text.chars().for_each(|character| encoding.put(character, &mut bytes));
            let back: String = decoded(&bytes, encoding, &errors).unwrap().iter().map(|(c, _)| *c).collect();
            assert_eq!(back, text);
            assert!(decoded(&bytes[..bytes.len() - 1], encoding, &errors).is_err());
        }
    }
}
