//! Networks: transfer functions, losses and layers, as functions over a graph.

pub use crate::ops::activation::{elu, leaky_relu, prelu, relu, relu6, selu};
pub use crate::ops::sigmoid::{sigmoid, silu, softplus, softsign, swish, tanh};
