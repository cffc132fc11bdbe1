//! Input pipelines: elements that are read, changed, shuffled and batched on their way into a training, in constant memory.
//!
//! A [`Dataset`] is a description; [`Dataset::iter`] makes it run. An element is a list of arrays: the features, the label, or
//! whatever a source gives.
//!
//! ```
//! use tenseur::array;
//! use tenseur::data::pipeline::Dataset;
//! let numbers = Dataset::from_arrays(&[array![1.0, 2.0, 3.0, 4.0, 5.0]])?;
//! let squares = numbers.map(|element| Ok(vec![tenseur::Array::scalar(element[0].item::<f32>()?.powi(2))]));
//! let batches = squares.batch(2, false).repeat(Some(2)).prefetch(1);
//! let all = batches.iter()?.collect::<tenseur::Result<Vec<_>>>()?;
//! assert_eq!(all.len(), 6);
//! assert_eq!(all[0][0], array![1.0, 4.0]);
//! assert_eq!(all[2][0], array![25.0]);
//! # Ok::<(), tenseur::Error>(())
//! ```
//!
//! **Runs can be taken up again.** Everything is in a fixed order, that of shuffles too, which their seeds decide; so where a
//! run is, is a number: how many elements it has given. [`Elements::position`] tells it, [`Dataset::iter_from`] goes on there,
//! with the same elements as if nothing had happened.
//!
//! | source | elements |
//! |---|---|
//! | [`from_arrays`](Dataset::from_arrays) | a row of each array |
//! | [`from_fn`](Dataset::from_fn) | what a function of the program gives |
//! | [`tf_records`](Dataset::tf_records) | a record, as a string |
//! | [`csv`](Dataset::csv) | a line, an array for each column |
//! | [`image_folder`](Dataset::image_folder) | a picture and its class |

mod arrange;
mod change;
mod files;
mod interleave;
mod prefetch;
mod shuffle;
mod source;

pub use files::{Records, image_folder_classes};

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::value::Array;

/// What a pipeline gives at a time.
pub type Element = Vec<Array>;

/// The description of a pipeline. Cloning costs nothing.
#[derive(Clone)]
pub struct Dataset {
    source: Arc<dyn Source>,
}

/// What makes the elements of a pipeline, or of a part of it.
trait Source: Send + Sync {
    /// The elements from the first on. `turn` tells repetitions apart: shuffles differ from one to the next.
    fn open(&self, turn: u64) -> Result<Box<dyn Stage>>;
}

/// Elements on their way.
trait Stage: Send {
    /// The next element; `None` at the end.
    fn next(&mut self) -> Result<Option<Element>>;

    /// Passes over so many elements, as cheaply as that goes; tells how many there were.
    fn skip(&mut self, count: u64) -> Result<u64> {
        for passed in 0..count {
            if self.next()?.is_none() {
                return Ok(passed);
            }
        }
        Ok(count)
    }
}

impl Dataset {
    fn new(source: impl Source + 'static) -> Dataset {
        Dataset { source: Arc::new(source) }
    }

    /// Makes the pipeline run.
    ///
    /// # Errors
    /// When a source cannot be opened.
    pub fn iter(&self) -> Result<Elements> {
        self.iter_from(0)
    }

    /// Makes the pipeline run from the element number `position` on: what a run gives that had come so far.
    ///
    /// What comes before is passed over: rows of arrays at once, records of files unread where that is possible, and what a
    /// function makes without calling it; a shuffle reads what it would have read.
    ///
    /// # Errors
    /// When a source cannot be opened or read.
    pub fn iter_from(&self, position: u64) -> Result<Elements> {
        let mut stage = self.source.open(0)?;
        let position = stage.skip(position)?;
        Ok(Elements { stage: Some(stage), position })
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dataset")
    }
}

/// A pipeline that runs. An error is its end.
pub struct Elements {
    stage: Option<Box<dyn Stage>>,
    position: u64,
}

impl Elements {
    /// How many elements have been given: where [`Dataset::iter_from`] goes on.
    pub fn position(&self) -> u64 {
        self.position
    }
}

impl Iterator for Elements {
    type Item = Result<Element>;

    fn next(&mut self) -> Option<Result<Element>> {
        match self.stage.as_mut()?.next() {
            Ok(Some(element)) => {
                self.position += 1;
                Some(Ok(element))
            }
            Ok(None) => {
                self.stage = None;
                None
            }
            Err(error) => {
                self.stage = None;
                Some(Err(error))
            }
        }
    }
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Elements(at {})", self.position)
    }
}

/// The number of the repetition `inner` within the repetition `outer`: 0 within 0, and another for each pair.
fn turn_within(outer: u64, inner: u64) -> u64 {
    outer.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(inner)
}
