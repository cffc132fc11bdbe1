//! From text to bytes.

use super::print::DEEPEST;
use super::schema::{Enumeration, Field, Kind, Label, MessageType, entry_fields};
use super::tokens::{Place, Token, Tokens};
use super::{MESSAGE_TYPES, quote_nearest};
use crate::error::Result;
use crate::formats::wire::{Payload, write_piece};

/// The bytes of a message of this type that `text` describes. Everything that protobuf's text form allows may be there:
/// comments, `<…>` for `{…}`, lists in brackets, strings in pieces, numbers for the names of enumerations.
///
/// # Errors
/// When `text` does not describe such a message; the error names line and column, and the nearest name for one that is
/// not known.
///
/// ```
/// use tenseur::formats::text_format::{self, GRAPH_DEF};
/// let bytes = text_format::parse(&GRAPH_DEF, "node { name: 'x' op: 'NoOp' }")?;
/// assert_eq!(tenseur::Graph::from_graph_def(&bytes)?.len(), 1);
/// let error = text_format::parse(&GRAPH_DEF, "node {\n  nam: 'x'\n}").unwrap_err();
/// assert!(error.to_string().starts_with("line 2, column 3: a tensorflow.NodeDef has no field \"nam\""), "{error}");
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn parse(message: &MessageType, text: &str) -> Result<Vec<u8>> {
    let mut parser = Parser { tokens: Tokens::new(text)?, depth: 0 };
    parser.message(message.name, message.fields, None)
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    depth: usize,
}

/// A message under way: its fields in the order of the text.
struct Builder<'a> {
    name: &'a str,
    fields: &'a [Field],
    /// The bytes of what is complete, and of packed fields, which grow until the end, the place among `parts`.
    parts: Vec<Part>,
    seen: Vec<u32>,
}

enum Part {
    Whole(Vec<u8>),
    Packed(u32, Vec<u8>),
}

impl Builder<'_> {
    fn add(&mut self, field: &Field, payload: &Payload<'_>) {
        if field.is_packed() {
            let packed = self.parts.iter_mut().find_map(|part| match part {
                Part::Packed(number, bytes) if *number == field.number => Some(bytes),
                _ => None,
            });
            if let Some(bytes) = packed {
                return payload.write(bytes);
            }
            let mut bytes = Vec::new();
            payload.write(&mut bytes);
            return self.parts.push(Part::Packed(field.number, bytes));
        }
        if !matches!(self.parts.last(), Some(Part::Whole(_))) {
            self.parts.push(Part::Whole(Vec::new()));
        }
        if let Some(Part::Whole(bytes)) = self.parts.last_mut() {
            write_piece(field.number, payload, bytes);
        }
    }

    /// Whether the field may be there (again).
    fn check(&mut self, field: &Field, place: Place) -> Result<()> {
        let label =
            |number: u32| self.fields.iter().find(|other| other.number == number).map(|other| other.label);
        let clash = match field.label {
            Label::Many => None,
            Label::One => self.seen.iter().find(|&&number| number == field.number),
            Label::Choice => self.seen.iter().find(|&&number| label(number) == Some(Label::Choice)),
        };
        match clash {
            None => {
                if field.label != Label::Many {
                    self.seen.push(field.number);
                }
                Ok(())
            }
            Some(&number) if number == field.number => {
                Err(place.error(format!("a {} has one \"{}\", and this is another", self.name, field.name)))
            }
            Some(&number) => {
                let other =
                    self.fields.iter().find(|other| other.number == number).map_or("", |other| other.name);
                let what =
                    format!("a {} has \"{other}\" or \"{}\", and here are both", self.name, field.name);
                Err(place.error(what))
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut all = Vec::new();
        for part in self.parts {
            match part {
                Part::Whole(bytes) if all.is_empty() => all = bytes,
                Part::Whole(bytes) => all.extend(bytes),
                Part::Packed(number, bytes) => write_piece(number, &Payload::Bytes(bytes.into()), &mut all),
            }
        }
        all
    }
}

impl Parser<'_> {
    /// The fields of a message up to the sign `end`, or to the end of the text.
    fn message(&mut self, name: &str, fields: &[Field], end: Option<char>) -> Result<Vec<u8>> {
        if self.depth > DEEPEST {
            return Err(self
                .tokens
                .place()
                .error(format!("messages lie more than {DEEPEST} deep in messages")));
        }
        self.depth += 1;
        let mut builder = Builder { name, fields, parts: Vec::new(), seen: Vec::new() };
        loop {
            let place = self.tokens.place();
            match self.tokens.peek() {
                Token::End if end.is_none() => break,
                Token::Sign(sign) if Some(*sign) == end => {
                    self.tokens.take()?;
                    break;
                }
                Token::Sign('[') if name == "google.protobuf.Any" => self.any(&mut builder)?,
                Token::Word(_) => {
                    if let Token::Word(word) = self.tokens.take()? {
                        let field = field(name, fields, &word).map_err(|error| place.error(error))?;
                        self.field(&mut builder, field, place)?;
                    }
                }
                other => {
                    let wanted = end.map_or("the name of a field".to_string(), |end| {
                        format!("the name of a field or \"{end}\"")
                    });
                    return Err(
                        place.error(format!("there should be {wanted}, and there is {}", other.describe()))
                    );
                }
            }
            // Either may stand between fields.
            if !self.tokens.take_sign(',')? {
                self.tokens.take_sign(';')?;
            }
        }
        self.depth -= 1;
        Ok(builder.finish())
    }

    /// What comes after a field's name.
    fn field(&mut self, builder: &mut Builder<'_>, field: &Field, place: Place) -> Result<()> {
        builder.check(field, place)?;
        let colon = self.tokens.take_sign(':')?;
        if !colon && !matches!(field.kind, Kind::Message(_) | Kind::Map(_)) {
            let place = self.tokens.place();
            return Err(place.error(format!("there should be a \":\" after \"{}\"", field.name)));
        }
        if field.label != Label::Many || !self.tokens.take_sign('[')? {
            return self.element(builder, field);
        }
        if self.tokens.take_sign(']')? {
            return Ok(());
        }
        loop {
            self.element(builder, field)?;
            if self.tokens.take_sign(']')? {
                return Ok(());
            }
            self.tokens.expect(',')?;
        }
    }

    fn element(&mut self, builder: &mut Builder<'_>, field: &Field) -> Result<()> {
        let payload = match field.kind {
            Kind::Message(message) => {
                let end = self.open()?;
                Payload::Bytes(self.message(message.name, message.fields, Some(end))?.into())
            }
            Kind::Map(entry) => {
                let end = self.open()?;
                Payload::Bytes(self.message("map's entry", &entry_fields(entry), Some(end))?.into())
            }
            Kind::String | Kind::Bytes => Payload::Bytes(self.text(field)?.into()),
            Kind::Float => Payload::Fixed32(self.float::<f32>()?.to_bits()),
            Kind::Double => Payload::Fixed64(self.float::<f64>()?.to_bits()),
            Kind::Bool => Payload::Varint(u64::from(self.truth()?)),
            Kind::Int32 => Payload::Varint(self.integer(i32::MIN.into(), i32::MAX.into())? as u64),
            Kind::Int64 => Payload::Varint(self.integer(i64::MIN.into(), i64::MAX.into())? as u64),
            Kind::UInt32 => Payload::Varint(self.integer(0, u32::MAX.into())? as u64),
            Kind::UInt64 => Payload::Varint(self.integer(0, u64::MAX.into())? as u64),
            Kind::Fixed64 => Payload::Fixed64(self.integer(0, u64::MAX.into())? as u64),
            Kind::SInt64 => {
                let value = self.integer(i64::MIN.into(), i64::MAX.into())? as i64;
                Payload::Varint((value << 1 ^ value >> 63) as u64)
            }
            Kind::Enum(names) => Payload::Varint(self.enumeration(names)? as u64),
        };
        builder.add(field, &payload);
        Ok(())
    }

    /// A message of any type in full: `[type.googleapis.com/tensorflow.VariableDef] { … }`.
    fn any(&mut self, builder: &mut Builder<'_>) -> Result<()> {
        let start = self.tokens.place();
        for field in &builder.fields[..2] {
            builder.check(field, start)?;
        }
        self.tokens.expect('[')?;
        let mut url = String::new();
        let place = self.tokens.place();
        while !self.tokens.take_sign(']')? {
            match self.tokens.take()? {
                Token::Word(word) => url.push_str(&word),
                Token::Sign(sign @ ('/' | '-')) => url.push(sign),
                other => {
                    return Err(place.error(format!("a type's address cannot have {}", other.describe())));
                }
            }
        }
        let name = url.rsplit('/').next().unwrap_or_default();
        let known = MESSAGE_TYPES.iter().find(|message| message.name == name);
        let message = known.ok_or_else(|| place.error(format!("there is no message called \"{name}\"")))?;
        self.tokens.take_sign(':')?;
        let end = self.open()?;
        let value = self.message(message.name, message.fields, Some(end))?;
        let [url_field, value_field] = builder.fields else { return Ok(()) };
        builder.add(url_field, &Payload::Bytes(url.into_bytes().into()));
        builder.add(value_field, &Payload::Bytes(value.into()));
        Ok(())
    }

    /// Takes `{` or `<` and gives what closes it.
    fn open(&mut self) -> Result<char> {
        if self.tokens.take_sign('<')? {
            return Ok('>');
        }
        self.tokens.expect('{')?;
        Ok('}')
    }

    /// A string, which may be in several pieces.
    fn text(&mut self, field: &Field) -> Result<Vec<u8>> {
        let place = self.tokens.place();
        let mut all = match self.tokens.take()? {
            Token::Text(bytes) => bytes,
            other => {
                return Err(
                    place.error(format!("there should be a string, and there is {}", other.describe()))
                );
            }
        };
        while let Token::Text(_) = self.tokens.peek() {
            if let Token::Text(more) = self.tokens.take()? {
                all.extend(more);
            }
        }
        match matches!(field.kind, Kind::Bytes) || std::str::from_utf8(&all).is_ok() {
            true => Ok(all),
            false => Err(place.error(format!("\"{}\" is text, and these bytes are not UTF-8", field.name))),
        }
    }

    /// A sign and a word.
    fn signed(&mut self, what: &str) -> Result<(bool, String, Place)> {
        let place = self.tokens.place();
        let negative = self.tokens.take_sign('-')?;
        match self.tokens.take()? {
            Token::Word(word) => Ok((negative, word, place)),
            other => Err(place.error(format!("there should be {what}, and there is {}", other.describe()))),
        }
    }

    fn integer(&mut self, least: i128, most: i128) -> Result<i128> {
        let (negative, word, place) = self.signed("an integer")?;
        let magnitude = integer(&word)
            .ok_or_else(|| place.error(format!("there should be an integer, and there is \"{word}\"")))?;
        let value = if negative { -magnitude } else { magnitude };
        match (least..=most).contains(&value) {
            true => Ok(value),
            false => Err(place.error(format!("{value} is not between {least} and {most}"))),
        }
    }

    fn float<F: Real>(&mut self) -> Result<F> {
        let (negative, word, place) = self.signed("a number")?;
        let lower = word.to_ascii_lowercase();
        let value = match lower.as_str() {
            "inf" | "infinity" => Some(F::INFINITY),
            "nan" => Some(F::NAN),
            _ if lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                lower.strip_suffix('f').unwrap_or(&lower).parse().ok()
            }
            _ => None,
        };
        let value =
            value.ok_or_else(|| place.error(format!("there should be a number, and there is \"{word}\"")))?;
        Ok(if negative { -value } else { value })
    }

    fn truth(&mut self) -> Result<bool> {
        let place = self.tokens.place();
        match self.tokens.take()? {
            Token::Word(word) if ["true", "True", "t", "1"].contains(&word.as_str()) => Ok(true),
            Token::Word(word) if ["false", "False", "f", "0"].contains(&word.as_str()) => Ok(false),
            other => {
                Err(place.error(format!("there should be true or false, and there is {}", other.describe())))
            }
        }
    }

    /// The number of a name, or a number, which need not have a name.
    fn enumeration(&mut self, names: &Enumeration) -> Result<i32> {
        if matches!(self.tokens.peek(), Token::Sign('-'))
            || matches!(self.tokens.peek(), Token::Word(word) if integer(word).is_some())
        {
            return Ok(self.integer(i32::MIN.into(), i32::MAX.into())? as i32);
        }
        let (_, word, place) = self.signed(&format!("a {}", names.name))?;
        match names.values.iter().find(|(name, _)| *name == word) {
            Some((_, number)) => Ok(*number),
            None => {
                let near = quote_nearest(&word, names.values.iter().map(|(name, _)| *name));
                Err(place.error(format!("no {} is called \"{word}\"{near}", names.name)))
            }
        }
    }
}

/// The field called `word`.
fn field<'a>(message: &str, fields: &'a [Field], word: &str) -> std::result::Result<&'a Field, String> {
    fields.iter().find(|field| field.name == word).ok_or_else(|| {
        let near = quote_nearest(word, fields.iter().map(|field| field.name));
        format!("a {message} has no field \"{word}\"{near}")
    })
}

/// A decimal, hexadecimal or octal number without a sign.
fn integer(word: &str) -> Option<i128> {
    let (digits, radix) =
        match (word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")), word.strip_prefix('0')) {
            (Some(digits), _) => (digits, 16),
            (None, Some(digits)) if !digits.is_empty() => (digits, 8),
            _ => (word, 10),
        };
    // Longer ones are no number that any field can hold.
    let fits = !digits.is_empty() && digits.len() <= 30 && digits.chars().all(|c| c.is_digit(radix));
    fits.then(|| i128::from_str_radix(digits, radix).ok()).flatten()
}

/// `f32` and `f64`.
trait Real: std::str::FromStr + std::ops::Neg<Output = Self> {
    const INFINITY: Self;
    const NAN: Self;
}

impl Real for f32 {
    const INFINITY: f32 = f32::INFINITY;
    const NAN: f32 = f32::NAN;
}

impl Real for f64 {
    const INFINITY: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;
}
