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
    let own = translated(text);
    let regex = if whole { Regex::new(&format!(r"\A(?:{own})\z")) } else { Regex::new(&own) };
    regex.map_err(|error| format!("\"{text}\" is no regular expression: {error}").into())
}

/// The pattern as the crate's: in RE2, TensorFlow's, the classes that a letter names are of ASCII, `\C` is any byte, and what
/// stands between `\Q` and `\E` is meant as it stands.
fn translated(pattern: &str) -> String {
    let (mut out, mut letters, mut depth) = (String::with_capacity(pattern.len()), pattern.chars(), 0);
    while let Some(letter) = letters.next() {
        match letter {
            '[' => depth += 1,
            ']' if depth > 0 => depth -= 1,
            _ => {}
        }
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let named = letters.next();
        match named {
            Some('w') if depth > 0 => out.push_str("0-9A-Za-z_"),
            Some('d') if depth > 0 => out.push_str("0-9"),
            Some('s') if depth > 0 => out.push_str(r"\t\n\f\r "),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('s') => out.push_str(r"[\t\n\f\r ]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('S') => out.push_str(r"[^\t\n\f\r ]"),
            Some('b') if depth == 0 => out.push_str(r"(?-u:\b)"),
            Some('B') if depth == 0 => out.push_str(r"(?-u:\B)"),
            Some('C') if depth == 0 => out.push_str("(?s-u:.)"),
            Some('Q') if depth == 0 => {
                let rest = letters.as_str();
                let (meant, rest) = rest.split_once(r"\E").unwrap_or((rest, ""));
                out.push_str(&regex::escape(meant));
                letters = rest.chars();
            }
            _ => {
                out.push('\\');
                out.extend(named);
            }
        }
    }
    out
}

fn matches(strings: &Array, text: &[u8]) -> Result<Vec<Array>, Reason> {
    let regex = pattern(text, true)?;
    let found: Vec<bool> = strings.as_strings()?.iter().map(|string| regex.is_match(string)).collect();
    Ok(vec![Array::new(strings.shape().clone(), found)?])
}

fn replaced(strings: &Array, text: &[u8], rewrite: &[u8], all: bool) -> Result<Vec<Array>, Reason> {
    let regex = pattern(text, false)?;
    let (pieces, whole) = rewriting(rewrite);
    let groups =
        pieces.iter().filter_map(|piece| if let Piece::Group(group) = piece { Some(*group) } else { None });
    // A rewrite that names a group that the pattern lacks rewrites nothing, and neither does half of one, but where all is
    // replaced.
    if groups.max().is_some_and(|most| most >= regex.captures_len()) || !whole && !all {
        return map_strings(strings, <[u8]>::to_vec);
    }
    let replace = |captures: &Captures<'_>, out: &mut Vec<u8>| {
        for piece in &pieces {
            match piece {
                Piece::Text(byte) => out.push(*byte),
                Piece::Group(group) => {
                    out.extend(captures.get(*group).map_or(&[][..], |found| found.as_bytes()))
                }
            }
        }
    };
    map_strings(strings, |string| rewritten(&regex, string, all, replace))
}

/// The string with what the pattern matches replaced, everywhere or once. As RE2 does, an empty match behind another is passed
/// over, and the search goes on behind the next letter, of however many bytes.
fn rewritten(
    regex: &Regex,
    string: &[u8],
    all: bool,
    replace: impl Fn(&Captures<'_>, &mut Vec<u8>),
) -> Vec<u8> {
    let (mut out, mut at, mut last) = (Vec::with_capacity(string.len()), 0, None);
    while at <= string.len() {
        let Some(captures) = regex.captures_at(string, at) else { break };
        let Some(found) = captures.get(0) else { break };
        out.extend(&string[at..found.start()]);
        at = found.start();
        if found.is_empty() && last == Some(at) {
            let letter = letter_at(string, at);
            out.extend(&string[at..at + letter]);
            at += letter.max(1);
            continue;
        }
        replace(&captures, &mut out);
        at = found.end();
        last = Some(at);
        if !all {
            break;
        }
    }
    out.extend(string.get(at..).unwrap_or_default());
    out
}

/// The bytes of the letter that begins here: of what is no UTF-8 one, and none at the end.
fn letter_at(string: &[u8], at: usize) -> usize {
    let rest = &string[at..string.len().min(at + 4)];
    let whole =
        |&length: &usize| rest.get(..length).is_some_and(|letter| std::str::from_utf8(letter).is_ok());
    (1..=4).find(whole).unwrap_or(rest.len().min(1))
}

enum Piece {
    Text(u8),
    Group(usize),
}

/// What a rewrite is made of, and whether it is whole: what stands before a backslash that means nothing is half of one.
fn rewriting(rewrite: &[u8]) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut bytes = rewrite.iter();
    while let Some(&byte) = bytes.next() {
        let next = if byte == b'\\' { bytes.next() } else { None };
        match (byte, next) {
            (b'\\', Some(digit @ b'0'..=b'9')) => pieces.push(Piece::Group((digit - b'0').into())),
            (b'\\', Some(b'\\')) => pieces.push(Piece::Text(b'\\')),
            (b'\\', _) => return (pieces, false),
            _ => pieces.push(Piece::Text(byte)),
        }
    }
    (pieces, true)
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
        let run = |pattern: &str, rewrite: &str| {
            let tf = Graph::new();
            let y = tf.constant(array!["abc"]).regex_replace(pattern, rewrite);
            Session::new(&tf).and_then(|sess| sess.run(&y, feeds![]))
        };
        assert!(run("(", "").unwrap_err().message().starts_with("\"(\" is no regular expression"));
        assert_eq!(run("a", r"<\1>").unwrap(), array!["abc"]);
    }
}
