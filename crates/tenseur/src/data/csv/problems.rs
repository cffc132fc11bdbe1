//! Cells that do not fit: the first ten by line and column, and how many there are.

use std::collections::BTreeMap;

use crate::data::csv::source::Source;
use crate::error::Error;

/// How many are listed.
const LISTED: usize = 10;

/// Cells that do not fit, gathered while a file is read.
#[derive(Debug, Default)]
pub(super) struct Problems {
    count: usize,
    /// The first ones, by line and column; a problem of a whole line has column 0.
    first: BTreeMap<(u64, usize), String>,
}

impl Problems {
    /// One more cell, in this line and this column counted from 1.
    pub(super) fn add(&mut self, line: u64, column: usize, cell: &str) {
        self.count += 1;
        // Files are read downwards, so what comes later than ten others is not among the first ten.
        if self.first.len() < LISTED {
            self.first.insert((line, column), shown(cell));
        }
    }

    /// One more line, and what is wrong with the whole of it.
    pub(super) fn add_line(&mut self, line: u64, wrong: String) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.insert((line, 0), wrong);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Those of several columns together.
    pub(super) fn merge<'a>(all: impl IntoIterator<Item = &'a Problems>) -> Problems {
        let mut merged = Problems::default();
        for problems in all {
            merged.count += problems.count;
            merged.first.extend(problems.first.iter().map(|(&place, cell)| (place, cell.clone())));
        }
        while merged.first.len() > LISTED {
            merged.first.pop_last();
        }
        merged
    }

    /// The error, if there is a problem. `one` and `many` say what one cell, or several, are: "value is missing",
    /// "values are missing".
    pub(super) fn error(&self, source: &Source<'_>, one: &str, many: &str) -> Option<Error> {
        if self.count == 0 {
            return None;
        }
        let what = if self.count == 1 { one } else { many };
        let mut text = format!("{}: {} {what}", source.name, self.count);
        if self.count > LISTED {
            text += &format!("; the first {LISTED}");
        }
        text.push(':');
        for (&(line, column), cell) in &self.first {
            text += &match column {
                0 => format!("\n  line {line}: {cell}"),
                _ => format!("\n  line {line}, {}: {cell}", source.column_text(column - 1)),
            };
        }
        Some(Error::invalid(text))
    }
}

/// A cell as an error shows it: quoted, or `empty`; a long one is cut.
fn shown(cell: &str) -> String {
    const LONGEST: usize = 40;
    if cell.is_empty() {
        "empty".to_string()
    } else if cell.chars().count() > LONGEST {
        format!("{:?}…", cell.chars().take(LONGEST).collect::<String>())
    } else {
        format!("{cell:?}")
    }
}
