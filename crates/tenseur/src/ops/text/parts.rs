//! Strings cut, measured and changed letter by letter.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::ops::array::{must_be_index, must_be_scalar, must_be_vector, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string, map_strings, must_be_strings, scalar_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};
use tenseur_kernels::Layout;

/// What is counted in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Byte,
    /// Characters of UTF-8.
    Utf8Char,
}

impl Unit {
    fn name(self) -> &'static str {
        if self == Unit::Byte { "BYTE" } else { "UTF8_CHAR" }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Unit, Reason> {
        match &attrs.optional("unit", "BYTE".to_string())?[..] {
            "BYTE" => Ok(Unit::Byte),
            "UTF8_CHAR" => Ok(Unit::Utf8Char),
            other => Err(format!("attribute \"unit\" is \"{other}\"; it is BYTE or UTF8_CHAR").into()),
        }
    }

    /// Where each unit begins, and the end.
    fn starts(self, string: &[u8]) -> Vec<usize> {
        let begins =
            |&place: &usize| self == Unit::Byte || place == string.len() || string[place] & 0xC0 != 0x80;
        (0..=string.len()).filter(begins).collect()
    }
}

/// How long each string is.
#[derive(Clone, Debug)]
pub struct StringLength {
    /// In what.
    pub unit: Unit,
}

impl OverArrays for StringLength {
    const NAME: &'static str = "StringLength";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("unit", self.unit.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(StringLength { unit: Unit::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::Int32)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let lengths = inputs[0].as_strings()?.iter().map(|string| self.unit.starts(string).len() as i32 - 1);
        Ok(vec![Array::new(inputs[0].shape().clone(), lengths.collect::<Vec<i32>>())?])
    }
}

/// Of each string a part: from a position, the second input, so many units, the third. Positions count from the end where
/// they are negative; all three broadcast.
#[derive(Clone, Debug)]
pub struct Substr {
    /// In what they count.
    pub unit: Unit,
}

impl OverArrays for Substr {
    const NAME: &'static str = "Substr";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("unit", self.unit.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Substr { unit: Unit::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, position, length] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_strings(x)?;
        must_be_index(position, "a position")?;
        if length.dtype != position.dtype || position.shape.merge(&length.shape).is_none() {
            return Err(format!("positions and lengths are of one kind, not {position} and {length}").into());
        }
        let shape = x.shape.broadcast(&position.shape);
        let differ = || format!("strings {} and positions {} do not broadcast", x.shape, position.shape);
        Ok(Fact::new(DType::String, shape.ok_or_else(differ)?).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (strings, positions, lengths) =
            (inputs[0].as_strings()?, inputs[1].to_i64()?, inputs[2].to_i64()?);
        let shape = inputs[0].shape().broadcast(inputs[1].shape()).ok_or("shapes do not broadcast")?;
        let places = |from: &Array| -> Result<Vec<usize>, Reason> {
            let strides = Layout::broadcast(from.shape(), &shape)?.strides;
            Ok(shape.iter().zip(strides).fold(vec![0usize], |places, (&size, stride)| {
                let along = |place: usize| (0..size).map(move |i| place + i * stride.unsigned_abs());
                places.into_iter().flat_map(along).collect()
            }))
        };
        let mut parts = Vec::with_capacity(shape.elements());
        for (of_string, of_position) in places(&inputs[0])?.into_iter().zip(places(&inputs[1])?) {
            let (string, position) = (&strings[of_string], positions[of_position]);
            let starts = self.unit.starts(string);
            let count = starts.len() as i64 - 1;
            if position > count || position < -count {
                let text = String::from_utf8_lossy(string);
                return Err(format!("position {position} is outside \"{text}\"").into());
            }
            let first = if position < 0 { position + count } else { position };
            // As TensorFlow's C++ has it, a negative length of bytes is a very large one.
            let length = match (&self.unit, lengths[of_position]) {
                (Unit::Byte, ..0) => i64::MAX,
                (_, length) => length.max(0),
            };
            let last = first.saturating_add(length).min(count);
            parts.push(string[starts[first as usize]..starts[last as usize]].to_vec());
        }
        Ok(vec![Array::strings(shape, parts)?])
    }
}

/// Each string with all letters small (LOWER) or large: those of ASCII, or with `encoding` "utf-8" all there are.
#[derive(Clone, Debug)]
pub struct Letters<const LOWER: bool> {
    /// "" or "utf-8".
    pub encoding: String,
}

impl<const LOWER: bool> OverArrays for Letters<LOWER> {
    const NAME: &'static str = if LOWER { "StringLower" } else { "StringUpper" };
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("encoding", self.encoding.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let encoding: String = attrs.optional("encoding", String::new())?;
        match &encoding[..] {
            "" | "utf-8" => Ok(Letters { encoding }),
            other => Err(format!("attribute \"encoding\" is \"{other}\"; it is empty or utf-8").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        map_strings(&inputs[0], |string| match (std::str::from_utf8(string), &self.encoding[..]) {
            (Ok(text), "utf-8") if LOWER => text.to_lowercase().into(),
            (Ok(text), "utf-8") => text.to_uppercase().into(),
            _ if LOWER => string.to_ascii_lowercase(),
            _ => string.to_ascii_uppercase(),
        })
    }
}

/// Each string without the white space around it.
#[derive(Clone, Debug)]
pub struct StringStrip;

impl OverArrays for StringStrip {
    const NAME: &'static str = "StringStrip";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(StringStrip)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        map_strings(&inputs[0], |string| string.trim_ascii().to_vec())
    }
}

/// The parts of each string of a vector between separators, as a sparse matrix: the indices of each part, the parts, and
/// the matrix's shape. Version 1 cuts at every byte of the separator (the second input; without one, between all bytes),
/// version 2 at the separator as a whole (without one, at white space).
#[derive(Clone, Debug)]
pub struct StringSplit<const VERSION: u8> {
    /// Version 1: whether empty parts are left out.
    pub skip_empty: bool,
    /// Version 2: how often a string is cut at most, or −1.
    pub maxsplit: i64,
}

impl<const VERSION: u8> StringSplit<VERSION> {
    fn parts<'a>(&self, string: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
        if VERSION == 1 {
            let parts: Vec<&[u8]> = match separator {
                _ if string.is_empty() => Vec::new(),
                [] => string.chunks(1).collect(),
                separator => string.split(|byte| separator.contains(byte)).collect(),
            };
            return parts.into_iter().filter(|part| !self.skip_empty || !part.is_empty()).collect();
        }
        let (mut parts, mut rest) = (Vec::new(), string);
        let full = |parts: &Vec<&[u8]>| self.maxsplit >= 0 && parts.len() as i64 >= self.maxsplit;
        if separator.is_empty() {
            if self.maxsplit == 0 {
                return vec![string];
            }
            rest = rest.trim_ascii_start();
            while !rest.is_empty() {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                parts.push(&rest[..end]);
                rest = rest[end..].trim_ascii_start();
                // The last part is whatever is left, even if nothing is.
                if full(&parts) {
                    parts.push(rest);
                    break;
                }
            }
            return parts;
        }
        while let Some(at) = rest.windows(separator.len()).position(|window| window == separator) {
            if full(&parts) {
                break;
            }
            parts.push(&rest[..at]);
            rest = &rest[at + separator.len()..];
        }
        parts.push(rest);
        parts
    }
}

impl<const VERSION: u8> OverArrays for StringSplit<VERSION> {
    const NAME: &'static str = if VERSION == 1 { "StringSplit" } else { "StringSplitV2" };
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        match VERSION {
            1 => Attrs::new().with("skip_empty", self.skip_empty),
            _ => Attrs::new().with("maxsplit", self.maxsplit),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let maxsplit = attrs.optional("maxsplit", -1)?;
        Ok(StringSplit { skip_empty: attrs.optional("skip_empty", true)?, maxsplit })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, separator] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(x)?;
        must_be_strings(separator)?;
        must_be_vector(x, "what is split")?;
        must_be_scalar(separator, "the separator")?;
        let indices = Fact::new(DType::Int64, [None, Some(2)]);
        let values = Fact::new(DType::String, [None]);
        Ok([indices, values, Fact::new(DType::Int64, [2])].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let separator = scalar_string(&inputs[1])?;
        let strings = inputs[0].as_strings()?;
        let (mut indices, mut values, mut widest) = (Vec::new(), Vec::new(), 0);
        for (row, string) in strings.iter().enumerate() {
            let parts = self.parts(string, separator);
            widest = widest.max(parts.len());
            for (column, part) in parts.into_iter().enumerate() {
                indices.extend([row as i64, column as i64]);
                values.push(part.to_vec());
            }
        }
        let count = values.len();
        Ok(vec![
            Array::new([count, 2], indices)?,
            Array::strings([count], values)?,
            Array::new([2], [strings.len() as i64, widest as i64])?,
        ])
    }
}

impl Tensor {
    /// How many bytes each of its strings has (`tf.strings.length`).
    #[track_caller]
    pub fn string_length(&self) -> Tensor {
        self.graph().add(ByArrays(StringLength { unit: Unit::Byte }), &[self])
    }

    /// Of each of its strings `length` bytes from `position` on, which counts from the end where it is negative
    /// (`tf.substr`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array!["hello", "you"]).substr(1, 2);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array!["el", "ou"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn substr(&self, position: impl Into<Operand>, length: impl Into<Operand>) -> Tensor {
        let number = self.graph().constant(0);
        let (position, length) = (position.into().tensor(&number), length.into().tensor(&number));
        self.graph().add(ByArrays(Substr { unit: Unit::Byte }), &[self, &position, &length])
    }

    /// Its strings with ASCII's letters small (`tf.strings.lower`).
    #[track_caller]
    pub fn string_lower(&self) -> Tensor {
        self.graph().add(ByArrays(Letters::<true> { encoding: String::new() }), &[self])
    }

    /// Its strings with ASCII's letters large (`tf.strings.upper`).
    #[track_caller]
    pub fn string_upper(&self) -> Tensor {
        self.graph().add(ByArrays(Letters::<false> { encoding: String::new() }), &[self])
    }

    /// Its strings without the white space around them (`tf.strings.strip`).
    #[track_caller]
    pub fn string_strip(&self) -> Tensor {
        self.graph().add(ByArrays(StringStrip), &[self])
    }

    /// The parts of each string of a vector between `separator`s, or at white space where that is empty
    /// (`tf.string_split`): the index of each part, `[row, number]`, the parts, and the shape of the sparse matrix that
    /// these make up.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let [_, parts, shape] = tf.constant(array!["a b", " c"]).string_split("");
    /// let (parts, shape) = Session::new(&tf)?.run((&parts, &shape), feeds![])?;
    /// assert_eq!((parts, shape.as_slice::<i64>()?), (array!["a", "b", "c"], &[2, 2][..]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn string_split(&self, separator: &str) -> [Tensor; 3] {
        let separator = self.graph().constant(separator);
        let op = ByArrays(StringSplit::<2> { skip_empty: true, maxsplit: -1 });
        let node = self.graph().add_op(op, &[self, &separator], None);
        [0, 1, 2].map(|output| node.output(output))
    }
}

pub(in crate::ops) fn string_length_cases() -> Vec<Case> {
    let length =
        |unit| move |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(ByArrays(StringLength { unit }), &[&x[0]])];
    vec![
        Case::fed("bytes", [array!["", "aé"]], length(Unit::Byte)).expecting([array![0, 3]]),
        Case::fed("characters", [array!["", "aé"]], length(Unit::Utf8Char)).expecting([array![0, 2]]),
    ]
}

pub(in crate::ops) fn substr_cases() -> Vec<Case> {
    vec![
        Case::fed("one place for all", [array!["hello", "wor"]], |_, x| vec![x[0].substr(1, 3)])
            .expecting([array!["ell", "or"]]),
        Case::fed("from the end", [array!["hello", "wor"]], |_, x| {
            vec![x[0].substr(array![-2, 0], array![9, 1])]
        })
        .expecting([array!["lo", "w"]]),
        Case::fed("stretched", [array![["hello"], ["worlds"]]], |_, x| {
            vec![x[0].substr(array![0, 2], array![1, 2])]
        })
        .expecting([array![["h", "ll"], ["w", "rl"]]]),
        Case::fed("characters", [array!["aéi"]], |tf, x| {
            let (position, length) = (tf.constant(1), tf.constant(1));
            vec![tf.add(ByArrays(Substr { unit: Unit::Utf8Char }), &[&x[0], &position, &length])]
        })
        .expecting([array!["é"]]),
    ]
}

fn letter_cases<const LOWER: bool>(ascii: &'static str, all: &'static str) -> Vec<Case> {
    let build = |encoding: &'static str| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(ByArrays(Letters::<LOWER> { encoding: encoding.to_string() }), &[&x[0]])]
        }
    };
    vec![
        Case::fed("ASCII", [array!["aBÉé"]], build("")).expecting([array![ascii]]),
        Case::fed("UTF-8", [array!["aBÉé"]], build("utf-8")).expecting([array![all]]),
    ]
}

pub(in crate::ops) fn string_lower_cases() -> Vec<Case> {
    letter_cases::<true>("abÉé", "abéé")
}

pub(in crate::ops) fn string_upper_cases() -> Vec<Case> {
    letter_cases::<false>("ABÉé", "ABÉÉ")
}

pub(in crate::ops) fn string_strip_cases() -> Vec<Case> {
    vec![
        Case::fed("both sides", [array![" a b\n", "c"]], |_, x| vec![x[0].string_strip()])
            .expecting([array!["a b", "c"]]),
    ]
}

fn split_answers(indices: &[[i64; 2]], values: Array, shape: [i32; 2]) -> [Array; 3] {
    let indices = Array::new([indices.len(), 2], indices.concat()).unwrap_or(array![0]);
    [indices, values, as_type(array![shape[0], shape[1]], DType::Int64)]
}

fn split_build<const VERSION: u8>(
    separator: &'static str,
    skip_empty: bool,
    maxsplit: i64,
) -> impl Fn(&crate::Graph, &[Tensor]) -> Vec<Tensor> {
    move |tf, x| {
        let op = ByArrays(StringSplit::<VERSION> { skip_empty, maxsplit });
        let node = tf.add_op(op, &[&x[0], &tf.constant(separator)], None);
        (0..3).map(|output| node.output(output)).collect()
    }
}

pub(in crate::ops) fn string_split_cases() -> Vec<Case> {
    vec![
        Case::fed("any of several bytes", [array!["a,b c", ",d"]], split_build::<1>(", ", true, -1))
            .expecting(split_answers(&[[0, 0], [0, 1], [0, 2], [1, 0]], array!["a", "b", "c", "d"], [2, 3])),
        Case::fed("every byte", [array!["ab", ""]], split_build::<1>("", true, -1)).expecting(split_answers(
            &[[0, 0], [0, 1]],
            array!["a", "b"],
            [2, 2],
        )),
        Case::fed("empty parts", [array!["a,,b"]], split_build::<1>(",", false, -1))
            .expecting(split_answers(&[[0, 0], [0, 1], [0, 2]], array!["a", "", "b"], [1, 3])),
    ]
}

pub(in crate::ops) fn string_split_v2_cases() -> Vec<Case> {
    vec![
        Case::fed("white space", [array![" a  b ", ""]], split_build::<2>("", true, -1))
            .expecting(split_answers(&[[0, 0], [0, 1]], array!["a", "b"], [2, 2])),
        Case::fed("at most once", [array!["a b c"]], split_build::<2>("", true, 1)).expecting(split_answers(
            &[[0, 0], [0, 1]],
            array!["a", "b c"],
            [1, 2],
        )),
        Case::fed("a separator", [array!["a<>b<><>c", "<>"]], split_build::<2>("<>", true, -1)).expecting(
            split_answers(
                &[[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]],
                array!["a", "b", "", "c", "", ""],
                [2, 4],
            ),
        ),
        Case::fed("a separator, at most twice", [array!["1,2,3,4"]], split_build::<2>(",", true, 2))
            .expecting(split_answers(&[[0, 0], [0, 1], [0, 2]], array!["1", "2", "3,4"], [1, 3])),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_position_outside_is_refused() {
        let tf = Graph::new();
        let y = tf.constant(array!["abc"]).substr(4, 1);
        let error = Session::new(&tf).and_then(|sess| sess.run(&y, feeds![])).unwrap_err();
        assert_eq!(error.message(), "position 4 is outside \"abc\"");
    }
}
