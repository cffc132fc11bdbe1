//! Ragged tensors: rows of different lengths, as values that lie behind each other and, for each axis, where rows begin.
//!
//! - `partition.rs`: where rows begin;
//! - `range.rs`: ranges; `gather.rs`: some rows; `dense.rs`: as an ordinary tensor; `sparse.rs`: as a sparse one;
//! - `gradients.rs`: how gradients go through them.

pub(super) mod dense;
pub(super) mod gather;
mod gradients;
mod partition;
pub(super) mod range;
pub(super) mod sparse;

use crate::error::Reason;
use crate::ops::Attrs;
use crate::ops::array::assemble::assemble;
use crate::value::{Array, DType};

pub use dense::RaggedTensorToTensor;
pub use gather::RaggedGather;
pub use range::RaggedRange;
pub use sparse::RaggedTensorToSparse;

/// The type of places from attributes.
fn splits_type(attrs: &Attrs) -> Result<DType, Reason> {
    match attrs.optional("Tsplits", DType::Int64)? {
        dtype @ (DType::Int32 | DType::Int64) => Ok(dtype),
        other => Err(format!("attribute \"Tsplits\" is {other}; it is int32 or int64").into()),
    }
}

/// Places as an array.
fn places(dtype: DType, values: Vec<i64>) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Int32 => Array::new([values.len()], values.iter().map(|&x| x as i32).collect::<Vec<_>>())?,
        _ => Array::new([values.len()], values)?,
    })
}

/// How many inputs of splits there are, from an attribute.
fn ragged_rank(attrs: &Attrs, name: &str) -> Result<usize, Reason> {
    let rank: i64 = attrs.require(name)?;
    usize::try_from(rank)
        .ok()
        .filter(|rank| (1..=254).contains(rank))
        .ok_or_else(|| format!("attribute \"{name}\" is from 1 to 254, and not {rank}").into())
}

/// The slices of an array along its first axis, in this order.
fn rows(x: &Array, order: &[usize]) -> Result<Array, Reason> {
    let (_, inner) = x.shape().split_first().ok_or("values have at least one axis")?;
    let size: usize = inner.iter().product();
    let shape: crate::value::Shape = [order.len()].iter().chain(inner).copied().collect();
    assemble(&[x], size, shape, order.iter().map(|&row| Some((0, row))))
}
