//! The bytes of strings: as numbers (DecodeRaw), as text of 64 letters (EncodeBase64, DecodeBase64).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{known_integer, must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string, map_strings, one_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The bytes of each string as numbers along a last axis. All strings have one length.
#[derive(Clone, Debug)]
pub struct DecodeRaw {
    /// The type of the numbers.
    pub out_type: DType,
    /// Whether the lowest byte of a number comes first.
    pub little_endian: bool,
}

impl DecodeRaw {
    fn numbers(&self, shape: Vec<usize>, mut bytes: Vec<u8>) -> Result<Array, Reason> {
        if !self.little_endian {
            // Of a complex number each part is turned round.
            let parts = if self.out_type.is_complex() { 2 } else { 1 };
            let size = self.out_type.size().unwrap_or(1) / parts;
            bytes.chunks_exact_mut(size.max(1)).for_each(<[u8]>::reverse);
        }
        if self.out_type == DType::Bool {
            bytes.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
        }
        Ok(Array::from_bytes(self.out_type, shape, &bytes)?)
    }
}

impl OverArrays for DecodeRaw {
    const NAME: &'static str = "DecodeRaw";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("little_endian", self.little_endian).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let out_type: DType = attrs.require("out_type")?;
        match out_type.size() {
            Some(_) => Ok(DecodeRaw { out_type, little_endian: attrs.optional("little_endian", true)? }),
            None => Err(format!("bytes do not become {out_type}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let shape = match one_string(inputs)?.shape.sizes() {
            Some(sizes) => sizes.iter().copied().chain([None]).collect(),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(self.out_type, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (strings, size) = (inputs[0].as_strings()?, self.out_type.size().unwrap_or(1));
        let length = strings.first().map_or(0, Vec::len);
        if let Some(other) = strings.iter().find(|string| string.len() != length) {
            return Err(format!("strings have one length, and there are {length} and {}", other.len()).into());
        }
        if length % size != 0 {
            return Err(format!("{length} bytes do not make numbers of {size}").into());
        }
        let shape: Vec<usize> = inputs[0].shape().iter().copied().chain([length / size]).collect();
        Ok(vec![self.numbers(shape, strings.concat())?])
    }
}

/// The bytes of each string as numbers along a last axis, of strings of any lengths: those that are longer than the second
/// input says are cut, and those that are shorter filled up with zeros.
#[derive(Clone, Debug)]
pub struct DecodePaddedRaw {
    /// The type of the numbers.
    pub out_type: DType,
    /// Whether the lowest byte of a number comes first.
    pub little_endian: bool,
}

impl DecodePaddedRaw {
    /// How many numbers so many bytes are.
    fn count(&self, length: i64) -> Result<usize, Reason> {
        let size = self.out_type.size().unwrap_or(1);
        match usize::try_from(length) {
            Ok(length @ 1..) if length % size == 0 => Ok(length / size),
            _ => Err(format!("{length} bytes do not make numbers of {size}").into()),
        }
    }
}

impl OverArrays for DecodePaddedRaw {
    const NAME: &'static str = "DecodePaddedRaw";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("little_endian", self.little_endian).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let DecodeRaw { out_type, little_endian } = DecodeRaw::from_attrs(attrs)?;
        Ok(DecodePaddedRaw { out_type, little_endian })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [strings, length] = inputs else { return Err(wrong_count(2, inputs)) };
        one_string(&[strings])?;
        must_be_scalar(length, "the length")?;
        if length.dtype != DType::Int32 {
            return Err(format!("the length is int32, not {}", length.dtype).into());
        }
        let count = known_integer(length).map(|length| self.count(length)).transpose()?;
        let shape = match strings.shape.sizes() {
            Some(sizes) => sizes.iter().copied().chain([count]).collect(),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(self.out_type, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        if self.out_type == DType::Float16 {
            return Err("TensorFlow pads no bytes of float16, although its attribute names it".into());
        }
        let (strings, length) = (inputs[0].as_strings()?, i64::from(inputs[1].item::<i32>()?));
        let count = self.count(length)?;
        let all = strings.len().checked_mul(length as usize).ok_or("the strings are too many")?;
        let mut bytes: Vec<u8> = crate::value::room(all)?;
        for string in strings {
            bytes.extend(string.iter().copied().chain(std::iter::repeat(0)).take(length as usize));
        }
        let shape: Vec<usize> = inputs[0].shape().iter().copied().chain([count]).collect();
        let op = DecodeRaw { out_type: self.out_type, little_endian: self.little_endian };
        Ok(vec![op.numbers(shape, bytes)?])
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Each string in base 64, with the letters that are safe in addresses of the web.
#[derive(Clone, Debug)]
pub struct EncodeBase64 {
    /// Whether `=` makes the length a multiple of 4.
    pub pad: bool,
}

impl OverArrays for EncodeBase64 {
    const NAME: &'static str = "EncodeBase64";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("pad", self.pad)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(EncodeBase64 { pad: attrs.optional("pad", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        map_strings(&inputs[0], |string| {
            let mut text = Vec::with_capacity(string.len().div_ceil(3) * 4);
            for bytes in string.chunks(3) {
                let word = bytes
                    .iter()
                    .enumerate()
                    .fold(0u32, |word, (i, &byte)| word | u32::from(byte) << (16 - 8 * i));
                text.extend((0..=bytes.len()).map(|i| LETTERS[(word >> (18 - 6 * i) & 63) as usize]));
                text.extend(std::iter::repeat_n(b'=', if self.pad { 3 - bytes.len() } else { 0 }));
            }
            text
        })
    }
}

/// Each string out of base 64, as [`EncodeBase64`] writes it, padded or not.
#[derive(Clone, Debug)]
pub struct DecodeBase64;

impl OverArrays for DecodeBase64 {
    const NAME: &'static str = "DecodeBase64";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(DecodeBase64)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let decoded = inputs[0].as_strings()?.iter().map(|text| {
            let wrong = || Reason::from(format!("\"{}\" is not in base 64", String::from_utf8_lossy(text)));
            let end = text.iter().rposition(|&letter| letter != b'=').map_or(0, |last| last + 1);
            let padding = text.len() - end;
            if (padding > 0 && text.len() % 4 != 0) || padding > 2 || end % 4 == 1 {
                return Err(wrong());
            }
            let mut bytes = Vec::with_capacity(end / 4 * 3 + 2);
            for letters in text[..end].chunks(4) {
                let mut word = 0u32;
                for (i, letter) in letters.iter().enumerate() {
                    let value = LETTERS.iter().position(|known| known == letter).ok_or_else(wrong)?;
                    word |= (value as u32) << (18 - 6 * i);
                }
                bytes.extend((0..letters.len() - 1).map(|i| (word >> (16 - 8 * i)) as u8));
            }
            Ok(bytes)
        });
        let decoded = decoded.collect::<Result<Vec<_>, Reason>>()?;
        Ok(vec![Array::strings(inputs[0].shape().clone(), decoded)?])
    }
}

impl Tensor {
    /// The bytes of its strings, which have one length, as numbers along a last axis, the lowest byte of each first
    /// (`tf.decode_raw`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array!["ab"]).decode_raw(DType::UInt8).cast::<i32>();
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[97, 98]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn decode_raw(&self, dtype: DType) -> Tensor {
        self.graph().add(ByArrays(DecodeRaw { out_type: dtype, little_endian: true }), &[self])
    }
}

pub(in crate::ops) fn decode_raw_cases() -> Vec<Case> {
    let build = |out_type, little_endian| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(ByArrays(DecodeRaw { out_type, little_endian }), &[&x[0]])]
        }
    };
    vec![
        Case::fed("two bytes", [array!["ab", "c\0"]], build(DType::UInt16, true))
            .expecting([as_type(array![[25_185], [99]], DType::UInt16)]),
        Case::fed("the highest first", [array!["ab"]], build(DType::UInt16, false))
            .expecting([as_type(array![[24_930]], DType::UInt16)]),
        Case::fed("nothing", [array!["", ""]], build(DType::Float32, true)),
    ]
}

pub(in crate::ops) fn decode_padded_raw_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let op = DecodePaddedRaw { out_type: DType::UInt8, little_endian: true };
        vec![tf.add(ByArrays(op), &[&x[0], &x[1]])]
    };
    vec![
        Case::fed("three lengths", [array!["a", "abc", ""], Array::scalar(2i32)], build)
            .expecting([as_type(array![[97, 0], [97, 98], [0, 0]], DType::UInt8)]),
    ]
}

pub(in crate::ops) fn encode_base64_cases() -> Vec<Case> {
    let build =
        |pad| move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(ByArrays(EncodeBase64 { pad }), &[&x[0]])];
    vec![
        Case::fed("plain", [array!["", "a", "ab", "abc", "ÿÿ?"]], build(false))
            .expecting([array!["", "YQ", "YWI", "YWJj", "w7_Dvz8"]]),
        Case::fed("padded", [array!["a", "ab", "abc"]], build(true))
            .expecting([array!["YQ==", "YWI=", "YWJj"]]),
    ]
}

pub(in crate::ops) fn decode_base64_cases() -> Vec<Case> {
    vec![
        Case::fed("padded and not", [array!["", "YQ", "YQ==", "YWI", "YWJj"]], |tf, x| {
            vec![tf.add(ByArrays(DecodeBase64), &[&x[0]])]
        })
        .expecting([array!["", "a", "a", "ab", "abc"]]),
        Case::fed("there and back", [array!["tenseur", "é?"]], |tf, x| {
            let text = tf.add(ByArrays(EncodeBase64 { pad: false }), &[&x[0]]);
            vec![tf.add(ByArrays(DecodeBase64), &[&text])]
        })
        .expecting([array!["tenseur", "é?"]]),
    ]
}
