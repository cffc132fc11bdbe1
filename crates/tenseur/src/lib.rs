//! Deep learning as a dataflow graph.
#![forbid(unsafe_code)]

mod compile;
pub mod conformance;
pub mod data;
pub mod draw;
pub mod error;
pub mod figure;
pub mod formats;
pub mod freeze;
pub mod gradients;
pub mod graph;
pub mod learn;
mod log_of_softmax;
pub mod lowering;
pub mod nn;
pub mod ops;
pub mod prelude;
mod run;
pub mod servable;
pub mod session;
pub mod summary;
pub mod train;
pub mod value;

pub use error::{Code, Error, Result};
pub use gradients::gradients;
pub use graph::{Graph, Operation, Tensor, Variable};
pub use ops::complex::fourier as signal;
pub use ops::image;
pub use session::{Executor, Feeds, Prepared, Session};
pub use value::{Array, ArrayView, DType, Element, PartialShape, Shape};
