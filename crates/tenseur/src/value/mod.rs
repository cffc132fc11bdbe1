//! What flows along the edges of a graph: [`Array`]s, with a [`DType`] and a [`Shape`].

mod array;
mod array_view;
mod dtype;
mod literal;
mod rows;
mod shape;

pub use array::Array;
pub(crate) use array::room;
pub use array_view::ArrayView;
pub use dtype::{DType, Element};
pub use literal::{Literal, Nested};
pub(crate) use shape::MAX_RANK;
pub use shape::{PartialShape, Shape};
