//! Convolutions and matrix products whose weights are constants: where a factor for each output channel goes.
//!
//! | op | weights | output channels |
//! |---|---|---|
//! | Conv2D, Conv3D | `[…, in, out]` | the last axis |
//! | DepthwiseConv2dNative | `[height, width, in, multiplier]` | the last two axes, as one |
//! | Conv2DBackpropInput, a transposed convolution | `[height, width, out, in]` | the third axis |
//! | MatMul | `[in, out]`, or `[out, in]` if transposed | the second, or the first |

use crate::error::Result;
use crate::formats::proto::{Attr, NodeDef};
use crate::value::{Array, DType};

/// A product: which of its inputs the weights are, and which of their axes are the output channels.
pub(super) struct Product {
    pub(super) weights: usize,
    axes: Axes,
    /// Whether the channels are the last axis of what it gives; otherwise they are the second.
    pub(super) channels_last: bool,
}

enum Axes {
    Last,
    LastTwo,
    Third,
    First,
}

impl Product {
    /// What the node is, if it is a product.
    pub(super) fn of(node: &NodeDef) -> Option<Product> {
        let (weights, axes) = match node.op.as_str() {
            "Conv2D" | "Conv3D" => (1, Axes::Last),
            "DepthwiseConv2dNative" => (1, Axes::LastTwo),
            "Conv2DBackpropInput" => (1, Axes::Third),
            "MatMul" if flag(node, "transpose_b") => (1, Axes::First),
            "MatMul" => (1, Axes::Last),
            _ => return None,
        };
        Some(Product { weights, axes, channels_last: channels_last(node) })
    }

    /// How many output channels weights have, if they can be scaled.
    pub(super) fn channels(&self, weights: &Array) -> Option<usize> {
        let shape = weights.shape();
        let rank = shape.rank();
        match (&self.axes, weights.dtype()) {
            (_, dtype) if !matches!(dtype, DType::Float32 | DType::Float64) => None,
            (Axes::Last, _) => shape.last().copied(),
            (Axes::LastTwo | Axes::Third, _) if rank != 4 => None,
            (Axes::LastTwo, _) => Some(shape[2] * shape[3]),
            (Axes::Third, _) => Some(shape[2]),
            (Axes::First, _) => shape.first().copied(),
        }
    }

    /// The weights with each output channel multiplied by its factor.
    pub(super) fn scaled(&self, weights: &Array, factors: &[f64]) -> Result<Array> {
        let shape = weights.shape();
        let channel = |element: usize| match self.axes {
            Axes::Last | Axes::LastTwo => element % factors.len(),
            Axes::Third => element / shape[3] % factors.len(),
            Axes::First => element / (weights.len() / factors.len()),
        };
        let products = weights.to_f64()?.into_iter().enumerate();
        numbers(
            weights.dtype(),
            shape.to_vec(),
            products.map(|(element, weight)| weight * factors[channel(element)]),
        )
    }
}

/// Numbers as an array of a float type.
pub(super) fn numbers(dtype: DType, shape: Vec<usize>, values: impl Iterator<Item = f64>) -> Result<Array> {
    match dtype {
        DType::Float64 => Array::new(shape, values.collect::<Vec<f64>>()),
        _ => Array::new(shape, values.map(|value| value as f32).collect::<Vec<f32>>()),
    }
}

/// Whether the channels are the last axis of what a node takes and gives, as they are where it does not say.
pub(super) fn channels_last(node: &NodeDef) -> bool {
    match node.attr.get("data_format").and_then(|attr| attr.value.as_ref()) {
        Some(Attr::S(format)) => !format.starts_with(b"NC"),
        _ => true,
    }
}

/// An attribute that is true.
pub(super) fn flag(node: &NodeDef, name: &str) -> bool {
    matches!(node.attr.get(name).and_then(|attr| attr.value.as_ref()), Some(Attr::B(true)))
}
