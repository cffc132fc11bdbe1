//! Networks: transfer functions, losses and layers, as functions over a graph.

pub use crate::ops::activation::relu;
