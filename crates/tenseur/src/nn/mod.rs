//! Networks: transfer functions, losses and layers, as functions over a graph.

mod dropout;
mod embedding;
pub mod init;
mod layers;
mod losses;
mod normalization;

pub use dropout::{Dropout, dropout};
pub use embedding::{PartitionStrategy, embedding_lookup};
pub use layers::{Dense, dense, linear, relu_layer, xw_plus_b};
pub use losses::{mean_squared_error, sigmoid_cross_entropy_with_logits, weighted_cross_entropy_with_logits};
pub use normalization::{l2_normalize, moments, moments_keeping};

pub use crate::ops::DataFormat;
pub use crate::ops::activation::{elu, leaky_relu, prelu, relu, relu6, selu};
pub use crate::ops::batch_norm::{fused_batch_norm, fused_batch_norm_inference};
pub use crate::ops::bias::{bias_add, bias_add_to};
pub use crate::ops::conv::{
    Conv2d, atrous_conv2d, atrous_conv2d_transpose, conv1d, conv2d, conv2d_transpose, conv2d_with, conv3d,
    depthwise_conv2d, separable_conv2d,
};
pub use crate::ops::cross_entropy::{
    softmax_cross_entropy_with_logits, sparse_softmax_cross_entropy_with_logits,
};
pub use crate::ops::in_top_k::in_top_k;
pub use crate::ops::l2_loss::l2_loss;
pub use crate::ops::lrn::{LocalResponse, local_response_normalization};
pub use crate::ops::pool::{avg_pool, avg_pool3d, max_pool, max_pool_with_argmax, max_pool3d};
pub use crate::ops::resize::Alignment;
pub use crate::ops::sigmoid::{gelu, sigmoid, silu, softplus, softsign, swish, tanh};
pub use crate::ops::sliding::{Padding, Sliding};
pub use crate::ops::softmax::{log_softmax, softmax};
