//! Regular expressions, by the `regex` crate, whose language is that of TensorFlow's RE2 but for rare corners.

use regex::bytes::{Captures, Regex};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::{TEXT, each_string, map_strings, must_be_strings, scalar_string};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Each string with what a pattern, the second input, matches replaced by the third, in which `\1` stands for what the
/// first group matched, and `\0` for all.
#[derive(Clone, Debug)]
pub struct RegexReplace {
    /// Whether every match is replaced, or only the first.
    pub replace_global: bool,
}

impl OverArrays for RegexReplace {
    const NAME: &'static str = "RegexReplace";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("replace_global", self.replace_global)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(RegexReplace { replace_global: attrs.optional("replace_global", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, pattern, rewrite] = inputs else { return Err(wrong_count(3, inputs)) };
        for (fact, what) in [(pattern, "the pattern"), (rewrite, "what replaces it")] {
            must_be_strings(fact)?;
            must_be_scalar(fact, what)?;
        }
        each_string(&[x], DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        replaced(&inputs[0], scalar_string(&inputs[1])?, scalar_string(&inputs[2])?, self.replace_global)
    }
}

/// [`RegexReplace`] whose pattern is an attribute.
#[derive(Clone, Debug)]
pub struct StaticRegexReplace {
    /// What is looked for.
    pub pattern: Vec<u8>,
    /// What it is replaced by.
    pub rewrite: Vec<u8>,
    /// Whether every match is replaced, or only the first.
    pub replace_global: bool,
}

impl OverArrays for StaticRegexReplace {
    const NAME: &'static str = "StaticRegexReplace";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("pattern", self.pattern.clone())
            .with("replace_global", self.replace_global)
            .with("rewrite", self.rewrite.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (pattern, rewrite) = (attrs.require("pattern")?, attrs.require("rewrite")?);
        Ok(StaticRegexReplace { pattern, rewrite, replace_global: attrs.optional("replace_global", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::String)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        replaced(&inputs[0], &self.pattern, &self.rewrite, self.replace_global)
    }
}

/// Whether a pattern, the second input, matches each string as a whole.
#[derive(Clone, Debug)]
pub struct RegexFullMatch;

impl OverArrays for RegexFullMatch {
    const NAME: &'static str = "RegexFullMatch";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(RegexFullMatch)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, pattern] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_strings(pattern)?;
        must_be_scalar(pattern, "the pattern")?;
        each_string(&[x], DType::Bool)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        matches(&inputs[0], scalar_string(&inputs[1])?)
    }
}

/// [`RegexFullMatch`] whose pattern is an attribute.
#[derive(Clone, Debug)]
pub struct StaticRegexFullMatch {
    /// What is to match.
    pub pattern: Vec<u8>,
}

impl OverArrays for StaticRegexFullMatch {
    const NAME: &'static str = "StaticRegexFullMatch";
    const NO_GRADIENT: &'static str = TEXT;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("pattern", self.pattern.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(StaticRegexFullMatch { pattern: attrs.require("pattern")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        each_string(inputs, DType::Bool)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        matches(&inputs[0], &self.pattern)
    }
}

fn pattern(text: &[u8], whole: bool) -> Result<Regex, Reason> {
    let text = std::str::from_utf8(text).map_err(|_| "the pattern is not UTF-8")?;
    let regex = if whole { Regex::new(&format!(r"\A(?:{text})\z")) } else { Regex::new(text) };
    regex.map_err(|error| format!("\"{text}\" is no regular expression: {error}").into())
}

fn matches(strings: &Array, text: &[u8]) -> Result<Vec<Array>, Reason> {
    let regex = pattern(text, true)?;
    let found: Vec<bool> = strings.as_strings()?.iter().map(|string| regex.is_match(string)).collect();
    Ok(vec![Array::new(strings.shape().clone(), found)?])
}

fn replaced(strings: &Array, text: &[u8], rewrite: &[u8], all: bool) -> Result<Vec<Array>, Reason> {
    let regex = pattern(text, false)?;
    let pieces = rewriting(rewrite, regex.captures_len())?;
    let replacement = |captures: &Captures<'_>| -> Vec<u8> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Group(group) => captures.get(*group).map_or(Vec::new(), |found| found.as_bytes().to_vec()),
        };
        pieces.iter().flat_map(piece).collect()
    };
    map_strings(strings, |string| regex.replacen(string, usize::from(!all), replacement).into_owned())
}

enum Piece {
    Text(Vec<u8>),
    Group(usize),
}

/// What a rewrite is made of.
fn rewriting(rewrite: &[u8], groups: usize) -> Result<Vec<Piece>, Reason> {
    let mut pieces = Vec::new();
    let mut bytes = rewrite.iter();
    while let Some(&byte) = bytes.next() {
        let next = if byte == b'\\' { bytes.next() } else { None };
        match (byte, next) {
            (b'\\', Some(digit @ b'0'..=b'9')) if usize::from(digit - b'0') < groups => {
                pieces.push(Piece::Group((digit - b'0').into()));
            }
            (b'\\', Some(b'\\')) => pieces.push(Piece::Text(vec![b'\\'])),
            (b'\\', _) => {
                let text = String::from_utf8_lossy(rewrite);
                return Err(format!("\"{text}\" names a group that the pattern does not have").into());
            }
            _ => pieces.push(Piece::Text(vec![byte])),
        }
    }
    Ok(pieces)
}

impl Tensor {
    /// Its strings with everything that `pattern` matches replaced by `rewrite`, in which `\1` stands for what the first
    /// group matched (`tf.regex_replace`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array!["ab12", "c3"]).regex_replace("([0-9]+)", r"<\1>");
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array!["ab<12>", "c<3>"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn regex_replace(&self, pattern: &str, rewrite: &str) -> Tensor {
        let (pattern, rewrite) = (pattern.into(), rewrite.into());
        let op = StaticRegexReplace { pattern, rewrite, replace_global: true };
        self.graph().add(ByArrays(op), &[self])
    }

    /// Whether `pattern` matches each of its strings as a whole (`tf.strings.regex_full_match`).
    #[track_caller]
    pub fn regex_full_match(&self, pattern: &str) -> Tensor {
        self.graph().add(ByArrays(StaticRegexFullMatch { pattern: pattern.into() }), &[self])
    }
}

pub(in crate::ops) fn regex_replace_cases() -> Vec<Case> {
    let build = |replace_global| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let (pattern, rewrite) = (tf.constant("(a)(b?)"), tf.constant(r"[\2\1\\\0]"));
            vec![tf.add(ByArrays(RegexReplace { replace_global }), &[&x[0], &pattern, &rewrite])]
        }
    };
    vec![
        Case::fed("all", [array!["abxa", ""]], build(true)).expecting([array![r"[ba\ab]x[a\a]", ""]]),
        Case::fed("the first", [array!["abxa"]], build(false)).expecting([array![r"[ba\ab]xa"]]),
    ]
}

pub(in crate::ops) fn static_regex_replace_cases() -> Vec<Case> {
    vec![
        Case::fed("digits", [array!["a1b22"]], |_, x| vec![x[0].regex_replace(r"\d+", "#")])
            .expecting([array!["a#b#"]]),
    ]
}

pub(in crate::ops) fn regex_full_match_cases() -> Vec<Case> {
    vec![
        Case::fed("alternatives", [array!["a", "ab", "b\n"]], |tf, x| {
            vec![tf.add(ByArrays(RegexFullMatch), &[&x[0], &tf.constant("a|b")])]
        })
        .expecting([array![true, false, false]]),
    ]
}

pub(in crate::ops) fn static_regex_full_match_cases() -> Vec<Case> {
    vec![
        Case::fed("words", [array![["ab", "a b"]]], |_, x| vec![x[0].regex_full_match("[a-z]*")])
            .expecting([array![[true, false]]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        let refusal = |pattern: &str, rewrite: &str| {
            let tf = Graph::new();
            let y = tf.constant(array!["abc"]).regex_replace(pattern, rewrite);
            let run = Session::new(&tf).and_then(|sess| sess.run(&y, feeds![]));
            run.unwrap_err().message().to_string()
        };
        assert!(refusal("(", "").starts_with("\"(\" is no regular expression"));
        assert!(refusal("a", r"\1").contains("names a group"));
    }
}
