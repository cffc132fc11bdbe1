//! A first look at a whole file: how long it is, and what each column holds.

use std::collections::BTreeSet;

use crate::data::csv::problems::Problems;
use crate::data::csv::source::{Source, is_missing, number};
use crate::error::{Error, Result};

/// How many different whole numbers may be classes.
pub(super) const MOST_NUMBERED_CLASSES: usize = 20;

/// What a file holds.
pub(super) struct Survey {
    /// Lines of data.
    pub(super) rows: usize,
    /// Each column.
    pub(super) columns: Vec<Facts>,
}

/// What a column holds.
#[derive(Default)]
pub(super) struct Facts {
    /// Cells that are numbers.
    pub(super) numbers: usize,
    /// Cells that are text.
    pub(super) texts: Problems,
    /// Cells that hold nothing.
    pub(super) missing: Problems,
    /// The different whole numbers, as long as there is nothing else and they are few.
    pub(super) few_whole_numbers: FewWholeNumbers,
}

/// The different whole numbers of a column, or that they are too many to be classes, or not all whole.
pub(super) enum FewWholeNumbers {
    /// These.
    Only(BTreeSet<i64>),
    /// Too many, or something else is there.
    No,
}

impl Default for FewWholeNumbers {
    fn default() -> FewWholeNumbers {
        FewWholeNumbers::Only(BTreeSet::new())
    }
}

/// Looks at every cell of the file.
///
/// # Errors
/// When there is no line of data, or lines differ in length.
pub(super) fn survey(source: &Source<'_>) -> Result<Survey> {
    let mut columns: Vec<Facts> = (0..source.width()).map(|_| Facts::default()).collect();
    let mut rows = 0;
    let mut ragged = Problems::default();
    source.each_row(|line, cells| {
        rows += 1;
        if cells.len() != columns.len() {
            let s = if cells.len() == 1 { "" } else { "s" };
            ragged.add_line(line, format!("{} value{s}", cells.len()));
            return Ok(());
        }
        for (index, (cell, facts)) in cells.iter().zip(&mut columns).enumerate() {
            facts.add(line, index + 1, cell.trim());
        }
        Ok(())
    })?;
    let width = columns.len();
    let one = format!("line is not as long as the first, which has {width} values");
    let many = format!("lines are not as long as the first, which has {width} values");
    if let Some(error) = ragged.error(source, &one, &many) {
        return Err(error);
    }
    if rows == 0 {
        return Err(Error::invalid(format!("{}: there is a header and no line of data", source.name)));
    }
    Ok(Survey { rows, columns })
}

impl Facts {
    fn add(&mut self, line: u64, column: usize, cell: &str) {
        if is_missing(cell) {
            self.missing.add(line, column, cell);
        } else if number(cell).is_some() {
            self.numbers += 1;
            if let FewWholeNumbers::Only(known) = &mut self.few_whole_numbers {
                let few = whole_number(cell).is_some_and(|whole| {
                    known.insert(whole);
                    known.len() <= MOST_NUMBERED_CLASSES
                });
                if !few {
                    self.few_whole_numbers = FewWholeNumbers::No;
                }
            }
        } else {
            self.texts.add(line, column, cell);
            self.few_whole_numbers = FewWholeNumbers::No;
        }
    }
}

/// The cell's number if it is whole, written with a fraction or not: `3`, `3.0`.
pub(super) fn whole_number(cell: &str) -> Option<i64> {
    const EXACT: f64 = (1u64 << 53) as f64;
    cell.parse::<f64>().ok().filter(|x| x.fract() == 0.0 && x.abs() <= EXACT).map(|x| x as i64)
}
