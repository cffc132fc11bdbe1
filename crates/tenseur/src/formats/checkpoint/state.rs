//! The file `checkpoint`: which checkpoints a directory holds, and which is the latest.
//!
//! It is the text form of the protobuf message `CheckpointState`:
//!
//! ```text
//! model_checkpoint_path: "model-200"
//! all_model_checkpoint_paths: "model-100"
//! all_model_checkpoint_paths: "model-200"
//! all_model_checkpoint_timestamps: 1763907421.25
//! ```

use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::write_file;
use crate::formats::in_file;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name that the file has unless somebody chooses another one.
pub const STATE_FILE: &str = "checkpoint";

/// Which checkpoints a directory holds. Paths are as they stand in the file; a relative one is meant from the
/// directory that the file is in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckpointState {
    /// The prefix of the latest.
    pub model_checkpoint_path: String,
    /// The prefixes of all, oldest first; the latest is among them.
    pub all_model_checkpoint_paths: Vec<String>,
    /// When each of them was written, in seconds since 1970; may be missing.
    pub all_model_checkpoint_timestamps: Vec<f64>,
    /// When one was last kept for good, in seconds since 1970; 0 if never.
    pub last_preserved_timestamp: f64,
}

impl CheckpointState {
    /// Reads the file `checkpoint` of a directory; `None` if there is none.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what it should be.
    pub fn read(directory: impl AsRef<Path>) -> Result<Option<CheckpointState>> {
        let path = directory.as_ref().join(STATE_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => {
                CheckpointState::parse(&text).map(Some).map_err(|error| error.context(path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(in_file(&path, "the file cannot be read", &error)),
        }
    }

    /// Writes the file `checkpoint` of a directory, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, directory: impl AsRef<Path>) -> Result<()> {
        let path = directory.as_ref().join(STATE_FILE);
        write_file(&path, self.to_text().as_bytes())
            .map_err(|error| in_file(&path, "the file cannot be written", &error))
    }

    /// The prefix of the latest checkpoint in a directory, ready to be opened; `None` if there is none.
    ///
    /// # Errors
    /// When the file `checkpoint` cannot be read, or is not what it should be.
    pub fn latest(directory: impl AsRef<Path>) -> Result<Option<PathBuf>> {
        let directory = directory.as_ref();
        let state = CheckpointState::read(directory)?;
        Ok(state
            .map(|state| directory.join(state.model_checkpoint_path))
            .filter(|prefix| super::exists(prefix)))
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!("model_checkpoint_path: {}\n", quote(&self.model_checkpoint_path));
        for path in &self.all_model_checkpoint_paths {
            let _ = writeln!(text, "all_model_checkpoint_paths: {}", quote(path));
        }
        for timestamp in &self.all_model_checkpoint_timestamps {
            let _ = writeln!(text, "all_model_checkpoint_timestamps: {timestamp:?}");
        }
        if self.last_preserved_timestamp != 0.0 {
            let _ = writeln!(text, "last_preserved_timestamp: {:?}", self.last_preserved_timestamp);
        }
        text
    }

    /// The message that a text describes.
    ///
    /// # Errors
    /// When the text is not of this form; the error names the line.
    pub fn parse(text: &str) -> Result<CheckpointState> {
        let mut state = CheckpointState::default();
        let mut scanner = Scanner { text, at: 0 };
        while let Some(field) = scanner.field()? {
            match field {
                "model_checkpoint_path" => state.model_checkpoint_path = scanner.string()?,
                "all_model_checkpoint_paths" => scanner.values(|scanner| {
                    state.all_model_checkpoint_paths.push(scanner.string()?);
                    Ok(())
                })?,
                "all_model_checkpoint_timestamps" => scanner.values(|scanner| {
                    state.all_model_checkpoint_timestamps.push(scanner.number()?);
                    Ok(())
                })?,
                "last_preserved_timestamp" => state.last_preserved_timestamp = scanner.number()?,
                other => {
                    return Err(
                        scanner.error(&format!("there is no field \"{other}\" in a checkpoint state"))
                    );
                }
            }
            scanner.skip(|c| matches!(c, ',' | ';'));
        }
        Ok(state)
    }
}

/// A string as it stands in the text.
fn quote(string: &str) -> String {
    let mut quoted = String::from("\"");
    for c in string.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => {
                let _ = write!(quoted, "\\{:03o}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A place in a text, with what may stand there.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes what `also` accepts, blanks and comments.
    fn skip(&mut self, also: impl Fn(char) -> bool) {
        loop {
            let rest = self.rest().trim_start_matches(|c: char| c.is_ascii_whitespace() || also(c));
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn take(&mut self, c: char) -> bool {
        self.skip(|_| false);
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    /// What stands up to the next character that `part` does not accept.
    fn word(&mut self, part: impl Fn(char) -> bool) -> &'a str {
        self.skip(|_| false);
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// The name of the next field and its colon; `None` at the end.
    fn field(&mut self) -> Result<Option<&'a str>> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            return if self.rest().is_empty() {
                Ok(None)
            } else {
                Err(self.error("a field's name should stand here"))
            };
        }
        if self.take(':') { Ok(Some(name)) } else { Err(self.error("a colon should stand here")) }
    }

    /// One value, or several in brackets.
    fn values(&mut self, mut value: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if !self.take('[') {
            return value(self);
        }
        while !self.take(']') {
            value(self)?;
            if !self.take(',') {
                return if self.take(']') { Ok(()) } else { Err(self.error("a list is not closed")) };
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<f64> {
        let word = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'));
        let number =
            word.strip_suffix(['f', 'F']).filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()));
        number.unwrap_or(word).parse().map_err(|_| self.error(&format!("\"{word}\" is not a number")))
    }

    /// A string in quotes; several in a row are one.
    fn string(&mut self) -> Result<String> {
        let mut bytes = Vec::new();
        let mut found = false;
        loop {
            let quote = match () {
                () if self.take('"') => b'"',
                () if self.take('\'') => b'\'',
                () if found => break,
                () => return Err(self.error("a string in quotes should stand here")),
            };
            found = true;
            self.quoted(quote, &mut bytes)?;
        }
        String::from_utf8(bytes).map_err(|_| self.error("a path is not UTF-8"))
    }

    /// The rest of a string, up to and with its closing quote.
    fn quoted(&mut self, quote: u8, bytes: &mut Vec<u8>) -> Result<()> {
        let mut rest = self.rest().bytes();
        let digits = |rest: &mut std::str::Bytes<'_>, first: u8, radix: u32, most: usize| {
            let mut value = char::from(first).to_digit(radix);
            for _ in 1..most {
                let next = rest.clone().next().and_then(|byte| char::from(byte).to_digit(radix));
                let Some((sum, digit)) = value.zip(next) else { break };
                value = Some(sum * radix + digit);
                rest.next();
            }
            value.and_then(|value| u8::try_from(value).ok())
        };
        loop {
            let byte = match rest.next() {
                None | Some(b'\n') => return Err(self.error("a string is not closed")),
                Some(byte) if byte == quote => break,
                Some(b'\\') => match rest.next() {
                    Some(b'n') => Some(b'\n'),
                    Some(b'r') => Some(b'\r'),
                    Some(b't') => Some(b'\t'),
                    Some(b'a') => Some(7),
                    Some(b'b') => Some(8),
                    Some(b'v') => Some(11),
                    Some(b'f') => Some(12),
                    Some(b'x' | b'X') => rest.next().and_then(|first| digits(&mut rest, first, 16, 2)),
                    Some(first @ b'0'..=b'7') => digits(&mut rest, first, 8, 3),
                    Some(c @ (b'\\' | b'"' | b'\'' | b'?')) => Some(c),
                    _ => None,
                },
                other => other,
            };
            bytes.push(byte.ok_or_else(|| self.error("a string has an unknown escape"))?);
        }
        self.at = self.text.len() - rest.len();
        Ok(())
    }

    fn error(&self, why: &str) -> Error {
        let line = self.text[..self.at].matches('\n').count() + 1;
        Error::new(Code::DataLoss, format!("line {line}: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let state = CheckpointState {
            model_checkpoint_path: "C:\\runs\\\"mine\"\n\u{1}é".into(),
            all_model_checkpoint_paths: vec!["a-1".into(), "it's".into()],
            all_model_checkpoint_timestamps: vec![1763907421.123456, 1e300, 0.0],
            last_preserved_timestamp: 2.5,
        };
        assert_eq!(CheckpointState::parse(&state.to_text()).unwrap(), state);
        assert_eq!(CheckpointState::parse("").unwrap(), CheckpointState::default());
    }

    #[test]
    fn all_forms_of_the_text_are_read() {
        let text = "# written by hand\nmodel_checkpoint_path :'a' \"b\\303\\251\\x41\" ;\n\
                    all_model_checkpoint_paths: [\"x\", 'y',]\nall_model_checkpoint_timestamps: [1, 2.5e3f]";
        let state = CheckpointState::parse(text).unwrap();
        assert_eq!(state.model_checkpoint_path, "abéA");
        assert_eq!(state.all_model_checkpoint_paths, ["x", "y"]);
        assert_eq!(state.all_model_checkpoint_timestamps, [1.0, 2500.0]);
    }

    #[test]
    fn other_texts_are_refused_with_their_line() {
        for (text, why) in [
            ("\nmodel: \"a\"", "line 2: there is no field \"model\""),
            ("model_checkpoint_path \"a\"", "a colon"),
            ("model_checkpoint_path: a", "a string in quotes"),
            ("model_checkpoint_path: \"a", "not closed"),
            ("model_checkpoint_path: \"\\q\"", "unknown escape"),
            ("model_checkpoint_path: \"\\777\"", "unknown escape"),
            ("model_checkpoint_path: \"\\377\"", "not UTF-8"),
            ("last_preserved_timestamp: now", "\"now\" is not a number"),
            ("all_model_checkpoint_paths: [\"a\"", "a list is not closed"),
            ("{", "a field's name"),
        ] {
            let error = CheckpointState::parse(text).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
    }

    #[test]
    fn the_latest_is_found_from_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(CheckpointState::read(&directory).unwrap(), None);
        let state = CheckpointState { model_checkpoint_path: "m-1".into(), ..CheckpointState::default() };
        state.write(&directory).unwrap();
        assert_eq!(CheckpointState::read(&directory).unwrap(), Some(state));
        assert_eq!(CheckpointState::latest(&directory).unwrap(), None);
        crate::formats::checkpoint::save(directory.path().join("m-1"), &Default::default()).unwrap();
        assert_eq!(CheckpointState::latest(&directory).unwrap(), Some(directory.path().join("m-1")));
    }
}
