//! Data to learn from: readers, the digits and toy sets that come with tenseur, splitting, scaling, batches.
//!
//! A [`Dataset`] holds features, targets, and an [`Encoding`] that says what their numbers stand for. The encoding is
//! stored beside a trained model, so that new examples are given to it as the old ones were.
//!
//! ```
//! use tenseur::data::{self, BatchSize};
//!
//! let (training, held_back) = data::digits().split(0.2, 1)?;
//! let mut batches = training.batches(BatchSize::Mini(32), Some(1))?;
//! for _ in 0..batches.steps_per_epoch() {
//!     let (images, labels) = batches.next_batch()?;
//!     assert_eq!((images.shape()[1], labels.shape()[0]), (64, images.shape()[0]));
//! }
//! assert_eq!(held_back.len(), 359);
//! # Ok::<(), tenseur::Error>(())
//! ```

mod batch;
pub mod csv;
mod dataset;
mod dataset_batches;
mod digits;
mod encoding;
mod example;
mod gzip;
pub mod idx;
pub mod mnist;
pub mod pipeline;
mod random;
mod scaling;
mod toy;
mod toy_classes;

pub use crate::formats::tf_record::{Compression, TfRecordReader, TfRecordWriter};
pub use batch::{Batch, BatchSize, Batches, Gather};
pub use dataset::Dataset;
pub use dataset_batches::DatasetBatches;
pub use digits::digits;
pub use encoding::{Column, Encoding, Inputs, Table, Target};
pub use example::{
    BytesList, Example, Feature, FeatureKind, FeatureList, FeatureLists, Features, FloatList, Int64List,
    SequenceExample,
};
pub use scaling::Scaling;
pub use toy::{Point, Toy};
pub use toy_classes::{LabelledPoint, ToyClasses};
