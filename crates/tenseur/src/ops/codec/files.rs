//! Files as a run reads, writes and finds them: ReadFile, WriteFile, MatchingFiles.

use std::path::{Path, PathBuf};

use super::BYTES;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Operation, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// The bytes of the file that is called so.
#[derive(Clone, Debug, Default)]
pub struct ReadFile;

/// Writes bytes into a file, and makes its folder where there is none. Inputs: the file's name, and the bytes.
#[derive(Clone, Debug, Default)]
pub struct WriteFile;

/// The names of the files that a pattern (or one of several) matches, in order: `*` is any letters, `?` any one, `[a-z]` one
/// of these; none of them is the `/` between folders.
#[derive(Clone, Debug, Default)]
pub struct MatchingFiles;

/// The path that some bytes name.
fn path(bytes: &[u8]) -> Result<PathBuf, Reason> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PathBuf::from(text)),
        Err(_) => Err(format!("\"{}\" is not a file's name", String::from_utf8_lossy(bytes)).into()),
    }
}

fn said(path: &Path, error: &std::io::Error) -> Reason {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => Code::NotFound,
        _ => Code::FailedPrecondition,
    };
    Reason::new(code, format!("{}: {error}", path.display()))
}

fn strings(inputs: &[&Fact], count: usize) -> Result<(), Reason> {
    if inputs.len() != count {
        return Err(wrong_count(count, inputs));
    }
    match inputs.iter().find(|fact| fact.dtype != DType::String) {
        Some(other) => Err(format!("it takes strings, not {}", other.dtype).into()),
        None => Ok(()),
    }
}

impl Op for ReadFile {
    fn name(&self) -> &'static str {
        "ReadFile"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<ReadFile, Reason> {
        Ok(ReadFile)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        strings(inputs, 1)?;
        must_be_scalar(inputs[0], "a file's name")?;
        Ok(Fact::new(DType::String, ()).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(BYTES)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(1, |arrays| {
            let path = path(scalar_string(&arrays[0])?)?;
            let bytes = std::fs::read(&path).map_err(|error| said(&path, &error))?;
            Ok(vec![Array::strings([], [bytes])?])
        }))
    }
}

impl Op for WriteFile {
    fn name(&self) -> &'static str {
        "WriteFile"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<WriteFile, Reason> {
        Ok(WriteFile)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        strings(inputs, 2)?;
        must_be_scalar(inputs[0], "a file's name")?;
        must_be_scalar(inputs[1], "a file's bytes")?;
        Ok(Facts::new())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(BYTES)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(2, |arrays| {
            let path = path(scalar_string(&arrays[0])?)?;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
            }
            std::fs::write(&path, scalar_string(&arrays[1])?).map_err(|error| said(&path, &error))?;
            Ok(Vec::new())
        }))
    }
}

impl Op for MatchingFiles {
    fn name(&self) -> &'static str {
        "MatchingFiles"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<MatchingFiles, Reason> {
        Ok(MatchingFiles)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        strings(inputs, 1)?;
        match inputs[0].shape.rank() {
            None | Some(0 | 1) => Ok(Fact::new(DType::String, [None]).one()),
            Some(_) => Err(format!("patterns are a scalar or a vector, and not {}", inputs[0].shape).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(BYTES)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::host(1, |arrays| {
            let mut found = Vec::new();
            for pattern in arrays[0].as_strings()? {
                let pattern = path(pattern)?;
                found_by(&pattern.to_string_lossy(), &mut found);
            }
            found.sort();
            found.dedup();
            Ok(vec![Array::strings([found.len()], found)?])
        }))
    }
}

/// Adds the names of the files that a pattern matches.
pub(super) fn found_by(pattern: &str, found: &mut Vec<String>) {
    let start = if pattern.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    walk(start.to_string(), &parts, found);
}

/// Adds what is beyond `start` and matches `parts`, one for each folder and the last for the file.
fn walk(start: String, parts: &[&str], found: &mut Vec<String>) {
    let [part, rest @ ..] = parts else {
        return found.push(start);
    };
    let join = |name: &str| match &start[..] {
        "" | "/" => format!("{start}{name}"),
        _ => format!("{start}/{name}"),
    };
    if !part.contains(['*', '?', '[', '\\']) {
        let next = join(part);
        if Path::new(&next).exists() {
            walk(next, rest, found);
        }
        return;
    }
    let folder = if start.is_empty() { "." } else { &start[..] };
    // A folder that cannot be read has no files for us.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (pattern, letters): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
        if matches(&pattern, &letters) && (rest.is_empty() || entry.path().is_dir()) {
            walk(join(&name), rest, found);
        }
    }
}

/// Whether a name is as a pattern says.
fn matches(pattern: &[char], name: &[char]) -> bool {
    // Where the last star was, and the name from which it is tried again when the rest does not fit.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        let one = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => class(&pattern[p..], name[n]).and_then(|(length, fits)| fits.then_some(p + length)),
            Some('\\') => (pattern.get(p + 1) == Some(&name[n])).then_some(p + 2),
            Some(letter) => (*letter == name[n]).then_some(p + 1),
            None => None,
        };
        match (one, &mut star) {
            (Some(next), _) => (p, n) = (next, n + 1),
            (None, Some((at, tried))) => {
                *tried += 1;
                (p, n) = (*at + 1, *tried);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|&letter| letter == '*')
}

/// How long a class of letters, `[a-z]` or `[^a-z]`, is, and whether a letter is in it.
fn class(pattern: &[char], letter: char) -> Option<(usize, bool)> {
    let end = pattern.iter().skip(2).position(|&letter| letter == ']')? + 2;
    let mut inside = &pattern[1..end];
    let negated = matches!(inside.first(), Some('^' | '!'));
    if negated {
        inside = &inside[1..];
    }
    let mut fits = false;
    while let [first, rest @ ..] = inside {
        match rest {
            ['-', last, rest @ ..] => {
                fits |= (*first..=*last).contains(&letter);
                inside = rest;
            }
            rest => {
                fits |= *first == letter;
                inside = rest;
            }
        }
    }
    Some((end + 1, fits != negated))
}

impl Tensor {
    /// The bytes of the file that is called so (`tf.read_file`).
    #[track_caller]
    pub fn read_file(&self) -> Tensor {
        self.graph().add(ReadFile, &[self])
    }

    /// Writes these bytes into a file, and makes its folder where there is none (`tf.write_file`).
    #[track_caller]
    pub fn write_file(&self, filename: &Tensor) -> Operation {
        self.graph().add_op(WriteFile, &[filename, self], None)
    }

    /// The names of the files that this pattern (or one of these) matches, in order (`tf.matching_files`).
    #[track_caller]
    pub fn matching_files(&self) -> Tensor {
        self.graph().add(MatchingFiles, &[self])
    }
}

/// A file that is there wherever the cases run.
fn manifest(tf: &Graph, name: &str) -> Tensor {
    tf.constant(Array::strings([], [format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))]).expect("one string"))
}

pub(in crate::ops) fn read_file_cases() -> Vec<Case> {
    vec![Case::new("a file", |tf| vec![manifest(tf, "Cargo.toml").read_file()])]
}

pub(in crate::ops) fn matching_files_cases() -> Vec<Case> {
    vec![Case::new("one file", |tf| vec![manifest(tf, "C[a-b]r?o.t*").matching_files()])]
}

pub(in crate::ops) fn write_file_cases() -> Vec<Case> {
    // It is looked at, and not run: the tests below do that.
    vec![Case::new("a file", |tf| {
        let name = manifest(tf, "none");
        name.write_file(&name);
        vec![name]
    })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn what_is_written_is_found_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let tf = Graph::new();
        let string = |text: String| tf.constant(Array::strings([], [text]).unwrap());
        let place = |name: &str| string(format!("{}/{name}", folder.path().display()));
        let sess = || Session::new(&tf).unwrap();
        let contents = tf.constant(Array::strings([], [&b"\0\xFF\n"[..]]).unwrap());
        let (first, second) =
            (contents.write_file(&place("new/a.txt")), contents.write_file(&place("b.txt")));
        sess().run_op(&first, feeds![]).unwrap();
        sess().run_op(&second, feeds![]).unwrap();
        let read = sess().run(&place("new/a.txt").read_file(), feeds![]).unwrap();
        assert_eq!(read.as_strings().unwrap(), [b"\0\xFF\n"]);
        for (pattern, count) in
            [("*.txt", 1), ("*", 2), ("n?w/*", 1), ("*/[^b].txt", 1), ("[c-z]*", 1), ("x*", 0)]
        {
            let found = sess().run(&place(pattern).matching_files(), feeds![]).unwrap();
            assert_eq!(found.len(), count, "{pattern}: {found}");
        }
        let missing = sess().run(&place("none").read_file(), feeds![]).unwrap_err();
        assert_eq!(missing.code(), crate::Code::NotFound);
    }

    #[test]
    fn patterns_match_as_shells_match() {
        let fits = |pattern: &str, name: &str| {
            matches(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
        };
        for (pattern, name) in
            [("*a*b", "xaayb"), ("a?c", "abc"), ("[a-c]*", "b"), ("\\*", "*"), ("[!x]", "y"), ("", "")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*a", "ab"), ("a?c", "ac"), ("[a-c]", "d"), ("\\*", "a"), ("[x", "x"), ("", "a")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
