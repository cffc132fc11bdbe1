//! CSV files, plain or gzipped: numbers stay numbers, text becomes categories, one column is the target.
//!
//! - **Separator**: the one of `,` `;` tab `|` that comes most often in the first line.
//! - **Header**: the first line names the columns if a cell of it is text where the second line has a number, or if
//!   none of its cells is a number; it is data if it looks like the second line.
//! - **A column is numbers** if each of its cells is one, and text if at most half of them are. In between it is taken
//!   as numbers with mistakes in it, which are reported.
//! - **Text** becomes one feature for each text met in the column, sorted, 1 where the cell is that text (one-hot).
//! - **The target is classes** if it is text, or whole numbers of which there are at most 20 different ones and each
//!   comes twice on average (two different ones are always classes, as in `0,1`); else it is a number to tell.
//! - **Missing** is an empty cell, `NA`, `N/A`, `NaN`, `?` or `null`, in capitals or not. It is an error: nothing is
//!   guessed.
//!
//! Everything but the missing can be forced with [`Options`]. Space around cells does not count. Lines and columns are
//! counted from 1.

mod columns;
mod encode;
mod learn;
mod problems;
mod source;
mod survey;

use std::fmt::Display;
use std::path::Path;

use crate::data::gzip::{read_file, unpack};
use crate::data::{Dataset, Encoding};
use crate::error::Result;
use crate::value::Array;

use columns::match_columns;
use encode::{dataset, features};
use learn::learn;
use source::Source;
use survey::survey;

/// How a CSV file is to be read, where it should not be found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The target column, by its name or its number from 1; the last if it is not said.
    pub target: Option<String>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// What separates cells.
    pub separator: Option<u8>,
    /// What is to be told.
    pub task: Option<Task>,
    /// Columns that are text though they look like numbers (such as postcodes), by name or number.
    pub text: Vec<String>,
    /// Columns that are left out (such as names and row numbers), by name or number.
    pub ignore: Vec<String>,
    /// In new data, whether a text that was not met at learning becomes zeros in all of its column's features. If not,
    /// which is usual, it is an error that names it. A class that was not met is always an error.
    pub allow_unseen: bool,
}

/// What is to be told from a table's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of several classes.
    Classify,
    /// A number.
    Regress,
}

/// The dataset in the CSV file at `path`; what its encoding learns (names, categories, classes) is taken from it.
///
/// # Errors
/// When the file cannot be read, is not text in UTF-8, has lines of different lengths, missing values or text among
/// numbers: each by its line and column.
pub fn read(path: impl AsRef<Path>, options: &Options) -> Result<Dataset> {
    let path = path.as_ref();
    parse(&read_file(path)?, &path.display(), options)
}

/// As [`read`], from the bytes of a file; `name` is what an error calls it.
///
/// ```
/// use tenseur::data::csv::{self, Options};
/// let file = "colour,weight,fruit\nred,150,apple\ngreen,170,pear\ngreen,140,apple\n";
/// let fruit = csv::parse(file.as_bytes(), &"fruit.csv", &Options::default())?;
/// assert_eq!(fruit.encoding().feature_names(), ["colour=green", "colour=red", "weight"]);
/// assert_eq!(fruit.encoding().classes(), ["apple", "pear"]);
/// assert_eq!(fruit.features().as_slice::<f32>()?[..3], [0.0, 1.0, 150.0]);
///
/// // Later, without the answers, in another order:
/// let new = "weight,colour\n160,green\n";
/// let features = csv::parse_features(new.as_bytes(), &"new.csv", fruit.encoding(), &Options::default())?;
/// assert_eq!(features, tenseur::array![[1.0, 0.0, 160.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8], name: &dyn Display, options: &Options) -> Result<Dataset> {
    let unpacked = unpack(bytes, u64::MAX, name)?;
    let source = Source::new(&unpacked, name, options, None)?;
    let survey = survey(&source)?;
    let encoding = learn(&source, &survey, options)?;
    let columns = match_columns(&source, &encoding, true)?;
    dataset(&source, &survey, &columns, &encoding, options)
}

/// The dataset in the CSV file at `path`, encoded for a model that was trained on data encoded as `encoding`: to judge
/// the model by. Columns are found by their names, in any order, and others are not looked at; where there is no header
/// they are found by their place. Features, and target numbers, are scaled as `encoding` says.
///
/// Of the options only `header`, `separator` and `allow_unseen` are used.
///
/// # Errors
/// As [`read`], and when a column is missing, or a category or class was not met at learning.
pub fn read_as(path: impl AsRef<Path>, encoding: &Encoding, options: &Options) -> Result<Dataset> {
    let path = path.as_ref();
    parse_as(&read_file(path)?, &path.display(), encoding, options)
}

/// As [`read_as`], from the bytes of a file; `name` is what an error calls it.
///
/// # Errors
/// As [`read_as`].
pub fn parse_as(bytes: &[u8], name: &dyn Display, encoding: &Encoding, options: &Options) -> Result<Dataset> {
    let unpacked = unpack(bytes, u64::MAX, name)?;
    let source = Source::new(&unpacked, name, options, Some(encoding))?;
    let columns = match_columns(&source, encoding, true)?;
    let unscaled = dataset(&source, &survey(&source)?, &columns, encoding, options)?;
    unscaled.encoded_as(encoding)
}

/// The features in the CSV file at `path`, float32 `[examples, features]`, encoded and scaled as `encoding` says: to
/// predict from. The target column may be there or not; it is not looked at.
///
/// # Errors
/// As [`read_as`].
pub fn read_features(path: impl AsRef<Path>, encoding: &Encoding, options: &Options) -> Result<Array> {
    let path = path.as_ref();
    parse_features(&read_file(path)?, &path.display(), encoding, options)
}

/// As [`read_features`], from the bytes of a file; `name` is what an error calls it.
///
/// # Errors
/// As [`read_as`].
pub fn parse_features(
    bytes: &[u8],
    name: &dyn Display,
    encoding: &Encoding,
    options: &Options,
) -> Result<Array> {
    let unpacked = unpack(bytes, u64::MAX, name)?;
    let source = Source::new(&unpacked, name, options, Some(encoding))?;
    let columns = match_columns(&source, encoding, false)?;
    let unscaled = features(&source, &survey(&source)?, &columns, encoding, options)?;
    match &encoding.scaling {
        Some(scaling) => scaling.apply(&unscaled),
        None => Ok(unscaled),
    }
}
