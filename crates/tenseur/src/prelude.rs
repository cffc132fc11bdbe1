//! What a program needs: `use tenseur::prelude::*;`

pub use crate::gradients::gradients;
pub use crate::graph::{Graph, Operation, Tensor, Variable};
pub use crate::ops::sparse::SparseTensor;
pub use crate::train::Optimizer as _;
pub use crate::{Array, DType, Element, Feeds, Session, array, feeds, nn, train};
