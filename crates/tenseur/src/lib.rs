//! Deep learning as a dataflow graph.
#![forbid(unsafe_code)]

pub mod error;
pub mod value;

pub use error::{Code, Error, Result};
pub use value::{Array, ArrayView, DType, Element, PartialShape, Shape};
