//! What comes after a product and is a factor and a shift for each channel: a batch normalisation, or a multiplication by a
//! constant, as the batch normalisations come out that are written with plain arithmetic:
//!
//! ```text
//! γ · (x − μ) / √(σ² + ε) + β  =  x · f + s,   f = γ / √(σ² + ε),   s = β − μ · f
//! ```

use crate::formats::proto::{Attr, NodeDef};
use crate::value::Array;

use super::product::{channels_last, flag};

/// A factor for each channel, and a shift.
pub(super) struct Normalisation {
    pub(super) factors: Vec<f64>,
    pub(super) shifts: Option<Vec<f64>>,
}

/// Which input a node normalises, if it is a batch normalisation for inference; its other inputs are γ, β, μ and σ².
pub(super) fn is_batch_norm(node: &NodeDef) -> bool {
    matches!(node.op.as_str(), "FusedBatchNorm" | "FusedBatchNormV2" | "FusedBatchNormV3")
        // Where it is not said, it is of training.
        && node.attr.contains_key("is_training")
        && !flag(node, "is_training")
}

/// Factor and shift of a batch normalisation, from γ, β, μ and σ².
pub(super) fn of_batch_norm(node: &NodeDef, constants: &[Array; 4]) -> Option<Normalisation> {
    let epsilon = match node.attr.get("epsilon").and_then(|attr| attr.value.as_ref()) {
        Some(Attr::F(epsilon)) => f64::from(*epsilon),
        _ => 1e-4,
    };
    let [scale, offset, mean, variance] =
        constants.each_ref().map(|constant| constant.to_f64().unwrap_or_default());
    let channels = scale.len();
    if channels == 0 || [&offset, &mean, &variance].iter().any(|values| values.len() != channels) {
        return None;
    }
    let factors: Vec<f64> =
        scale.iter().zip(&variance).map(|(scale, variance)| scale / (variance + epsilon).sqrt()).collect();
    let shifts = (0..channels).map(|channel| offset[channel] - mean[channel] * factors[channel]).collect();
    Some(Normalisation { factors, shifts: Some(shifts) })
}

/// The factors, if a constant that multiplies a tensor of `rank` axes is one number for each channel, or one for all.
pub(super) fn of_factor(constant: &Array, rank: usize, channels: usize, last: bool) -> Option<Normalisation> {
    let values = constant.to_f64().ok()?;
    let shape = constant.shape();
    if shape.rank() > rank {
        return None;
    }
    if values.len() == 1 {
        return Some(Normalisation { factors: vec![values[0]; channels], shifts: None });
    }
    // As broadcasting aligns them.
    let axis = if last { rank - 1 } else { 1 }.checked_sub(rank - shape.rank())?;
    let fits = shape.iter().enumerate().all(|(at, &size)| size == if at == axis { channels } else { 1 });
    fits.then_some(Normalisation { factors: values, shifts: None })
}

/// Whether both are laid out alike.
pub(super) fn same_layout(node: &NodeDef, last: bool) -> bool {
    channels_last(node) == last
}
