//! The text of a CSV file as lines of cells, with their numbers; its separator and its header.

use std::fmt::Display;

use csv::{ReaderBuilder, StringRecord};

use crate::data::csv::Options;
use crate::data::{Encoding, Inputs};
use crate::error::{Error, Result};

/// What may separate cells, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A CSV file, its first line looked at.
pub(super) struct Source<'a> {
    /// What errors call it.
    pub(super) name: &'a dyn Display,
    /// The columns' names: from the header, or `column 3`.
    pub(super) names: Vec<String>,
    /// Whether the first line names the columns.
    pub(super) header: bool,
    text: &'a str,
    separator: u8,
}

impl<'a> Source<'a> {
    /// Looks at the first lines of `bytes`. With an `encoding`, a first line that names its columns is a header
    /// whatever it looks like.
    pub(super) fn new(
        bytes: &'a [u8],
        name: &'a dyn Display,
        options: &Options,
        encoding: Option<&Encoding>,
    ) -> Result<Source<'a>> {
        let text = text_of(bytes, name)?;
        let separator = match options.separator {
            Some(separator) if separator.is_ascii() && !b"\r\n\"".contains(&separator) => separator,
            Some(other) => {
                return Err(Error::invalid(format!("the byte {other:#04x} cannot separate cells")));
            }
            None => guess_separator(text),
        };
        let mut source = Source { name, names: Vec::new(), header: false, text, separator };
        let mut first_two: Vec<Vec<String>> = Vec::new();
        source.each_line(|_, cells| {
            first_two.push(cells.iter().map(|cell| cell.trim().to_string()).collect());
            Ok(first_two.len() < 2)
        })?;
        let mut first_two = first_two.into_iter();
        let Some(first) = first_two.next() else {
            return Err(Error::invalid(format!("{name}: the file is empty")));
        };
        source.header = match options.header {
            Some(forced) => forced,
            None => names_columns(&first, encoding) || is_header(&first, first_two.next().as_ref()),
        };
        source.names = first;
        for (index, name) in source.names.iter_mut().enumerate() {
            if !source.header || name.is_empty() {
                *name = format!("column {}", index + 1);
            }
        }
        source.check_names_differ()?;
        Ok(source)
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.names.len()
    }

    /// What an error calls the column numbered `index` from 0.
    pub(super) fn column_text(&self, index: usize) -> String {
        match self.names.get(index) {
            Some(name) if self.header => format!("column {} ({name:?})", index + 1),
            _ => format!("column {}", index + 1),
        }
    }

    /// Hands each line of data to `visit`: its number, and its cells. Blank lines are passed over.
    pub(super) fn each_row(&self, mut visit: impl FnMut(u64, &StringRecord) -> Result<()>) -> Result<()> {
        let mut header = self.header;
        self.each_line(|line, cells| {
            if !std::mem::take(&mut header) {
                visit(line, cells)?;
            }
            Ok(true)
        })
    }

    /// As [`Source::each_row`] with the header, until `visit` says no.
    fn each_line(&self, mut visit: impl FnMut(u64, &StringRecord) -> Result<bool>) -> Result<()> {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let mut cells = StringRecord::new();
        let (mut line, mut counted_to) = (1, 0);
        loop {
            let more = reader.read_record(&mut cells);
            if !more.map_err(|error| Error::invalid(format!("{}: {error}", self.name)))? {
                return Ok(());
            }
            // The reader's own line number is that of the blank lines it passed over before this one.
            let from = cells.position().map_or(0, |position| position.byte() as usize);
            let start = from + blank_bytes(&self.text.as_bytes()[from..]);
            line += line_ends(&self.text.as_bytes()[counted_to..start]);
            counted_to = start;
            if cells.len() == 1 && cells[0].trim().is_empty() {
                continue;
            }
            if !visit(line, &cells)? {
                return Ok(());
            }
        }
    }

    fn check_names_differ(&self) -> Result<()> {
        let mut sorted: Vec<usize> = (0..self.width()).collect();
        sorted.sort_by_key(|&index| (&self.names[index], index));
        match sorted.windows(2).find(|pair| self.names[pair[0]] == self.names[pair[1]]) {
            Some(pair) => Err(Error::invalid(format!(
                "{}: columns {} and {} are both named {:?}",
                self.name,
                pair[0] + 1,
                pair[1] + 1,
                self.names[pair[0]]
            ))),
            None => Ok(()),
        }
    }
}

/// Whether a cell holds nothing.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || ["NA", "N/A", "NaN", "?", "null"].iter().any(|mark| cell.eq_ignore_ascii_case(mark))
}

/// The cell's number, if it is one that a float32 can hold.
pub(super) fn number(cell: &str) -> Option<f32> {
    cell.parse().ok().filter(|number: &f32| number.is_finite())
}

/// The bytes as text.
fn text_of<'a>(bytes: &'a [u8], name: &dyn Display) -> Result<&'a str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::invalid(format!("{name}: the file is UTF-16")).hint("save it as UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to();
        let text = format!(
            "{name}: line {}: the byte {:#04x} is not UTF-8 text",
            1 + line_ends(&bytes[..place]),
            bytes[place]
        );
        Error::invalid(text).hint("save the file as UTF-8")
    })
}

/// The separator that comes most often in the first line that is not blank, quoted cells aside.
fn guess_separator(text: &str) -> u8 {
    let start = text.trim_start_matches(['\r', '\n']);
    let mut counts = [0; SEPARATORS.len()];
    let mut quoted = false;
    for byte in start.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => {
                if let Some(place) = SEPARATORS.iter().position(|&separator| separator == byte) {
                    counts[place] += 1;
                }
            }
            _ => {}
        }
    }
    // The first of the largest.
    let most = counts.iter().copied().max().unwrap_or(0);
    SEPARATORS[counts.iter().position(|&count| count == most).unwrap_or(0)]
}

/// Whether the first line names columns, judged by it and the second.
fn is_header(first: &[String], second: Option<&Vec<String>>) -> bool {
    if first.iter().all(|cell| number(cell).is_none()) {
        return true;
    }
    let is_text = |cell: &str| number(cell).is_none() && !is_missing(cell);
    second.is_some_and(|second| {
        first.iter().zip(second).any(|(above, below)| is_text(above) && number(below).is_some())
    })
}

/// Whether a first line names every column that a model was trained on.
fn names_columns(first: &[String], encoding: Option<&Encoding>) -> bool {
    match encoding.map(|encoding| &encoding.inputs) {
        Some(Inputs::Table(table)) if table.header => {
            table.columns.iter().all(|column| first.contains(&column.name))
        }
        _ => false,
    }
}

/// How many bytes of line ends `bytes` begin with.
fn blank_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count()
}

/// How many lines end within `bytes`: at `\n`, `\r\n`, or a lone `\r`.
fn line_ends(bytes: &[u8]) -> u64 {
    let lone =
        |(i, &byte): (usize, &u8)| byte == b'\n' || (byte == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(|&pair| lone(pair)).count() as u64
}
