//! Strings as characters of Unicode: decoded, encoded, and from one encoding to another.
//!
//! - [`encoding`]: bytes as characters and back.

pub mod encoding;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string, one_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

use encoding::{Encoding, Errors, OnError, decoded};

/// The characters of each string, one string's behind the other's, and where each string's begin: outputs are these
/// places, one more than there are strings, and the characters' numbers. WITH_OFFSETS, a third says at which byte of its
/// string each character begins.
#[derive(Clone, Debug)]
pub struct UnicodeDecode<const WITH_OFFSETS: bool> {
    /// How the strings are encoded, by name.
    pub input_encoding: String,
    /// What becomes of bytes that are no character.
    pub errors: Errors,
    /// The type of places: int32 or int64.
    pub splits: DType,
}

/// The type of places from attributes.
fn splits_from(attrs: &Attrs) -> Result<DType, Reason> {
    match attrs.optional("Tsplits", DType::Int64)? {
        dtype @ (DType::Int32 | DType::Int64) => Ok(dtype),
        other => Err(format!("attribute \"Tsplits\" is {other}; it is int32 or int64").into()),
    }
}

/// Places as an array.
fn places(dtype: DType, values: Vec<i64>) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Int32 => Array::new([values.len()], values.iter().map(|&x| x as i32).collect::<Vec<_>>())?,
        _ => Array::new([values.len()], values)?,
    })
}

impl<const WITH_OFFSETS: bool> OverArrays for UnicodeDecode<WITH_OFFSETS> {
    const NAME: &'static str = if WITH_OFFSETS { "UnicodeDecodeWithOffsets" } else { "UnicodeDecode" };
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.errors
            .add_to(Attrs::new().with("Tsplits", self.splits))
            .with("input_encoding", self.input_encoding.as_str())
            .with("replace_control_characters", self.errors.control)
            .with("replacement_char", i64::from(u32::from(self.errors.replacement)))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let input_encoding: String = attrs.require("input_encoding")?;
        Encoding::from_name(&input_encoding)?;
        Ok(UnicodeDecode { input_encoding, errors: Errors::from_attrs(attrs)?, splits: splits_from(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let x = one_string(inputs)?;
        let strings = x.shape.known().and_then(|shape| shape.checked_elements());
        let splits = Fact::new(self.splits, [strings.and_then(|strings| strings.checked_add(1))]);
        let each = |dtype| Fact::new(dtype, [None]);
        let mut facts: Facts = [splits, each(DType::Int32)].into_iter().collect();
        facts.extend(WITH_OFFSETS.then(|| each(DType::Int64)));
        Ok(facts)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let encoding = Encoding::from_name(&self.input_encoding)?;
        let (mut splits, mut characters, mut offsets) = (vec![0i64], Vec::new(), Vec::new());
        for string in inputs[0].as_strings()? {
            for (character, at) in decoded(string, encoding, &self.errors)? {
                characters.push(u32::from(character) as i32);
                offsets.push(at as i64);
            }
            splits.push(characters.len() as i64);
        }
        let count = characters.len();
        let mut outputs = vec![places(self.splits, splits)?, Array::new([count], characters)?];
        if WITH_OFFSETS {
            outputs.push(Array::new([count], offsets)?);
        }
        Ok(outputs)
    }
}

/// Strings of characters: inputs are the characters' numbers, and where each string's begin, and the end.
#[derive(Clone, Debug)]
pub struct UnicodeEncode {
    /// How the strings are encoded, by name.
    pub output_encoding: String,
    /// What becomes of numbers that are no character.
    pub errors: Errors,
}

impl OverArrays for UnicodeEncode {
    const NAME: &'static str = "UnicodeEncode";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.errors
            .add_to(Attrs::new().with("Tsplits", node.inputs[1].dtype))
            .with("output_encoding", self.output_encoding.as_str())
            .with("replacement_char", i64::from(u32::from(self.errors.replacement)))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(UnicodeEncode { output_encoding: output_encoding(attrs)?, errors: Errors::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [characters, splits] = inputs else { return Err(wrong_count(2, inputs)) };
        if characters.dtype != DType::Int32 {
            return Err(format!("characters are int32, not {}", characters.dtype).into());
        }
        must_be_vector(characters, "the characters")?;
        must_be_vector(splits, "the splits")?;
        if !matches!(splits.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("splits are int32 or int64, not {}", splits.dtype).into());
        }
        let count = splits.shape.size(0).map(|count| count.saturating_sub(1));
        Ok(Fact::new(DType::String, [count]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let encoding = Encoding::from_name(&self.output_encoding)?;
        let (characters, splits) = (inputs[0].as_slice::<i32>()?, inputs[1].to_i64()?);
        let rises = splits.windows(2).all(|pair| pair[0] <= pair[1]);
        if splits.first() != Some(&0) || splits.last() != Some(&(characters.len() as i64)) || !rises {
            let count = characters.len();
            return Err(format!(
                "splits rise from 0 to the count of characters, {count}, and are {splits:?}"
            )
            .into());
        }
        let mut strings = Vec::with_capacity(splits.len() - 1);
        for pair in splits.windows(2) {
            let mut string = Vec::new();
            for &number in &characters[pair[0] as usize..pair[1] as usize] {
                let character = match u32::try_from(number).ok().and_then(char::from_u32) {
                    Some(character) => Some(character),
                    None => self.errors.wrong(|| format!("{number} is no character"))?,
                };
                character.into_iter().for_each(|character| encoding.put(character, &mut string));
            }
            strings.push(string);
        }
        Ok(vec![Array::strings([strings.len()], strings)?])
    }
}

/// The attribute that says how strings are to be encoded.
fn output_encoding(attrs: &Attrs) -> Result<String, Reason> {
    let name: String = attrs.require("output_encoding")?;
    match &name[..] {
        "UTF-8" | "UTF-16-BE" | "UTF-32-BE" => Ok(name),
        _ => Err(format!("attribute \"output_encoding\" is \"{name}\"; it is UTF-8, UTF-16-BE or UTF-32-BE")
            .into()),
    }
}

/// Each string in another encoding.
#[derive(Clone, Debug)]
pub struct UnicodeTranscode {
    /// How the strings are encoded, by name.
    pub input_encoding: String,
    /// How they are to be.
    pub output_encoding: String,
    /// What becomes of bytes that are no character.
    pub errors: Errors,
}

impl OverArrays for UnicodeTranscode {
    const NAME: &'static str = "UnicodeTranscode";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.errors
            .add_to(Attrs::new())
            .with("input_encoding", self.input_encoding.as_str())
            .with("output_encoding", self.output_encoding.as_str())
            .with("replace_control_characters", self.errors.control)
            .with("replacement_char", i64::from(u32::from(self.errors.replacement)))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let input_encoding: String = attrs.require("input_encoding")?;
        Encoding::from_name(&input_encoding)?;
        let output_encoding = output_encoding(attrs)?;
        Ok(UnicodeTranscode { input_encoding, output_encoding, errors: Errors::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (from, to) =
            (Encoding::from_name(&self.input_encoding)?, Encoding::from_name(&self.output_encoding)?);
        let mut strings = Vec::new();
        for string in inputs[0].as_strings()? {
            let mut changed = Vec::new();
            for (character, _) in decoded(string, from, &self.errors)? {
                to.put(character, &mut changed);
            }
            strings.push(changed);
        }
        Ok(vec![Array::strings(inputs[0].shape().clone(), strings)?])
    }
}

pub(in crate::ops) fn unicode_decode_cases<const WITH_OFFSETS: bool>() -> Vec<Case> {
    vec![
        Case::fed("two strings", [array!["a\u{e9}", "\u{4e2d}"]], |tf, x| {
            let errors = Errors { errors: OnError::Replace, replacement: '\u{FFFD}', control: false };
            let op = UnicodeDecode::<WITH_OFFSETS> {
                input_encoding: "UTF-8".to_string(),
                errors,
                splits: DType::Int64,
            };
            let node = tf.add_op(ByArrays(op), &[&x[0]], None);
            (0..2 + usize::from(WITH_OFFSETS)).map(|output| node.output(output)).collect()
        })
        .expecting([
            as_type(array![0, 2, 3], DType::Int64),
            array![97, 233, 20013],
            as_type(array![0, 1, 0], DType::Int64),
        ]),
    ]
}

pub(in crate::ops) fn unicode_encode_cases() -> Vec<Case> {
    vec![
        Case::fed("two strings", [array![97, 233, 20013], array![0, 2, 3]], |tf, x| {
            let errors = Errors { errors: OnError::Replace, replacement: '\u{FFFD}', control: false };
            vec![tf.add(
                ByArrays(UnicodeEncode { output_encoding: "UTF-8".to_string(), errors }),
                &[&x[0], &x[1]],
            )]
        })
        .expecting([array!["a\u{e9}", "\u{4e2d}"]]),
    ]
}

pub(in crate::ops) fn unicode_transcode_cases() -> Vec<Case> {
    vec![
        Case::fed("from UTF-16", [array!["\0a\0b"]], |tf, x| {
            let errors = Errors { errors: OnError::Replace, replacement: '\u{FFFD}', control: false };
            let (from, to) = ("UTF-16-BE".to_string(), "UTF-8".to_string());
            let op = UnicodeTranscode { input_encoding: from, output_encoding: to, errors };
            vec![tf.add(ByArrays(op), &[&x[0]])]
        })
        .expecting([array!["ab"]]),
    ]
}
