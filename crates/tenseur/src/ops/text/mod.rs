//! Strings: any bytes; where it matters, UTF-8.
//!
//! - whole strings to others: [`join`], [`ngrams`], [`parts`], [`regular`], [`unicode`];
//! - to numbers and back: [`numbers`], [`bytes`]; arrays within text: [`mod@format`];
//! - to numbers of buckets: [`hash`].

pub mod bytes;
pub mod format;
pub mod hash;
pub mod join;
pub mod ngrams;
pub mod numbers;
pub mod parts;
pub mod printf;
pub mod regular;
pub(in crate::ops) mod summarized;
pub mod unicode;

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::value::{Array, DType};

/// Why no gradient goes through text.
const TEXT: &str = "text does not change a little";

/// The only input, if it is of strings.
fn one_string<'a>(inputs: &[&'a Fact]) -> Result<&'a Fact, Reason> {
    match inputs {
        [x] => must_be_strings(x).map(|()| *x),
        _ => Err(wrong_count(1, inputs)),
    }
}

fn must_be_strings(fact: &Fact) -> Result<(), Reason> {
    match fact.dtype {
        DType::String => Ok(()),
        other => Err(format!("it takes strings, not {other}").into()),
    }
}

/// The facts of an op that gives one `dtype` for each string of its only input.
fn each_string(inputs: &[&Fact], dtype: DType) -> Result<Facts, Reason> {
    Ok(Fact::new(dtype, one_string(inputs)?.shape.clone()).one())
}

/// Each string of an array made into another.
fn map_strings(array: &Array, change: impl Fn(&[u8]) -> Vec<u8>) -> Result<Vec<Array>, Reason> {
    let changed = array.as_strings()?.iter().map(|string| change(string));
    Ok(vec![Array::strings(array.shape().clone(), changed)?])
}

/// The only string of a scalar.
pub(super) fn scalar_string(array: &Array) -> Result<&[u8], Reason> {
    match array.as_strings()? {
        [string] => Ok(string),
        strings => Err(format!("one string was wanted, and there are {}", strings.len()).into()),
    }
}
