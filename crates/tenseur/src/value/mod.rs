//! What flows along the edges of a graph: [`Array`]s, with a [`DType`] and a [`Shape`].

mod array;
mod dtype;
mod literal;
mod shape;

pub use array::{Array, ArrayView};
pub use dtype::{DType, Element};
pub use literal::{Literal, Nested};
pub use shape::{PartialShape, Shape};
