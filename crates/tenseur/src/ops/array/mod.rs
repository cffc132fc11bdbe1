//! Ops that arrange elements: shapes, slices, joins, permutations. No element is computed, only moved.
//!
//! - the shape alone: [`identity`], [`shape`], [`reshape`];
//! - one tensor into a larger one: [`broadcast`], [`fill`], [`tile`], [`pad`], [`mirror_pad`];
//! - a part of a tensor: [`mod@slice`], [`strided_slice`];
//! - several tensors and one: [`mod@concat`], [`split`];
//! - another order: [`transpose`], [`reverse`], [`roll`].
//!
//! What becomes a view (a transpose, a slice, a broadcast) is one: the loop that reads it reads through its strides.

pub(super) mod assemble;
pub mod broadcast;
pub mod concat;
pub mod fill;
pub mod identity;
pub mod indexing;
pub mod inplace;
pub mod mirror_pad;
pub mod pad;
pub mod parallel_concat;
pub(super) mod rearrange;
pub mod reshape;
pub mod reverse;
pub mod roll;
pub mod shape;
pub mod slice;
pub mod split;
pub mod strided_assign;
pub mod strided_slice;
pub mod tile;
pub mod transpose;

use tenseur_kernels::{Layout, collapse};

use crate::error::{Error, Reason};
use crate::graph::{Fact, Operand, Tensor};
use crate::lowering::{Lowered, Work};
use crate::ops::source::IntoConstant;
use crate::value::{Array, DType, MAX_RANK, PartialShape, Shape};

pub use broadcast::BroadcastGradientArgs;
pub use identity::Identity;
pub use indexing::{Index, IntoIndices};
pub use mirror_pad::Mirror;

/// Why an op does not take so many inputs.
pub(super) fn wrong_count(want: usize, inputs: &[&Fact]) -> Reason {
    format!("it takes {want} inputs and got {}", inputs.len()).into()
}

/// Whether a fact is of int32 or int64, the types of shapes, axes and indices.
///
/// # Errors
/// What it is of instead; `what` names it.
pub(super) fn must_be_index(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.dtype {
        DType::Int32 | DType::Int64 => Ok(()),
        other => Err(format!("{what} must be int32 or int64, not {other}").into()),
    }
}

/// Whether a fact is of int32, int64 or `also`, a narrower type that TensorFlow has for indices here.
///
/// # Errors
/// What it is of instead; `what` names it.
pub(super) fn must_be_index_or(also: DType, fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.dtype {
        DType::Int32 | DType::Int64 => Ok(()),
        dtype if dtype == also => Ok(()),
        other => Err(format!("{what} must be {also}, int32 or int64, not {other}").into()),
    }
}

/// Whether a fact may be that of a scalar.
///
/// # Errors
/// Its shape; `what` names it.
pub(super) fn must_be_scalar(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.shape.accepts(&Shape::scalar()) {
        true => Ok(()),
        false => Err(format!("{what} must be a scalar and has shape {}", fact.shape).into()),
    }
}

/// Whether a fact may be that of a scalar, or of a vector of one, which TensorFlow's oldest ops take for one.
///
/// # Errors
/// Its shape; `what` names it.
pub(super) fn must_be_one(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.shape.accepts(&Shape::from([1])) {
        true => Ok(()),
        false => must_be_scalar(fact, what),
    }
}

/// The fact of a size as that of a shape: TensorFlow's oldest ops take a scalar for a vector of one.
pub(super) fn as_vector(fact: &Fact) -> Fact {
    match fact.shape.rank() {
        Some(0) => {
            let value = fact.value.as_ref().and_then(|value| value.clone().reshape([1]).ok());
            Fact { shape: [Some(1)].into(), value, ..fact.clone() }
        }
        _ => fact.clone(),
    }
}

/// Whether a fact may be that of a vector.
///
/// # Errors
/// Its shape; `what` names it.
pub(super) fn must_be_vector(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.shape.rank() {
        None | Some(1) => Ok(()),
        Some(_) => Err(format!("{what} must be a vector and has shape {}", fact.shape).into()),
    }
}

/// Whether a fact may be that of a vector with a number for each axis of a tensor.
///
/// # Errors
/// Its shape; `what` names it.
pub(super) fn must_be_one_per_axis(fact: &Fact, what: &str) -> Result<(), Reason> {
    must_be_vector(fact, what)?;
    match fact.shape.size(0).filter(|&count| count > MAX_RANK) {
        None => Ok(()),
        Some(count) => {
            Err(format!("{what} has {count} numbers, and a tensor at most {MAX_RANK} axes").into())
        }
    }
}

/// The shape that a vector of integers says, as far as it is known.
pub(super) fn shape_from(sizes: &Fact) -> Result<PartialShape, Reason> {
    must_be_index(sizes, "a shape")?;
    must_be_one_per_axis(sizes, "a shape")?;
    let Some(values) = sizes.known_integers() else {
        return Ok(sizes.shape.size(0).map_or(PartialShape::unknown(), PartialShape::of_rank));
    };
    let size = |size: &Option<i64>| match size {
        Some(size) => match usize::try_from(*size) {
            Ok(size) => Ok(Some(size)),
            Err(_) => Err(format!("a size is {size}; sizes are 0 or more")),
        },
        None => Ok(None),
    };
    let shape: PartialShape = values.iter().map(size).collect::<Result<Vec<_>, String>>()?.into();
    match shape.known().is_none_or(|shape| shape.checked_elements().is_some()) {
        true => Ok(shape),
        false => Err(format!("a tensor of shape {shape} would be too large").into()),
    }
}

/// Integers as a vector of `dtype`, int32 or int64.
pub(super) fn vector_of(dtype: DType, values: &[usize]) -> Result<Array, Reason> {
    let too_large = |value: &usize| Reason::from(format!("{value} does not fit in {dtype}"));
    let array = match dtype {
        DType::Int64 => {
            let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
            Array::new([values.len()], values)
        }
        _ => {
            let values: Result<Vec<i32>, Reason> =
                values.iter().map(|value| i32::try_from(*value).map_err(|_| too_large(value))).collect();
            values.map(|values| Array::new([values.len()], values))?
        }
    };
    Ok(array?)
}

/// Input 0 seen through a layout; where that sees all of it in order, it is the same in another shape.
pub(super) fn view(layout: Layout, shape: &Shape) -> Result<Lowered, Reason> {
    let (sizes, strides) = collapse(shape, &[&layout.strides]);
    let in_order = sizes.len() <= 1 && strides[0].iter().all(|&stride| stride == 1);
    let whole = layout.offset == 0 && shape.elements() == layout.elements;
    Ok(match whole && in_order {
        true => Lowered::alias(),
        false => Lowered::reading(1, Work::View(layout)),
    })
}

/// An axis counted from the start.
pub(super) fn normalised_axis(axis: i64, rank: usize) -> Result<usize, Reason> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(counted) {
        Ok(counted) if counted < rank => Ok(counted),
        _ => Err(Reason::from(match rank {
            0 => format!("axis {axis} was given and a scalar has no axes"),
            _ => format!("axis {axis} is outside [-{rank}, {rank}), the axes of a tensor of rank {rank}"),
        })),
    }
}

/// The one integer that a scalar (or a vector of one) is known to be.
pub(super) fn known_integer(fact: &Fact) -> Option<i64> {
    match fact.integers()?[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// What can say a shape, axes or indices in a call: integers, or a tensor of integers. A list of [`Operand`]s may mix
/// both: `[Operand::from(&batch), 10.into()]`.
pub trait IntoShape {
    /// The tensor, in the graph of `like`.
    fn into_shape(self, like: &Tensor) -> Tensor;
}

impl IntoShape for &Tensor {
    fn into_shape(self, _: &Tensor) -> Tensor {
        self.clone()
    }
}

impl IntoShape for Tensor {
    fn into_shape(self, _: &Tensor) -> Tensor {
        self
    }
}

impl<const N: usize> IntoShape for [i32; N] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        (&self[..]).into_shape(like)
    }
}

impl<const N: usize> IntoShape for [Operand; N] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        let number = like.graph().constant(0);
        let sizes: Vec<Tensor> = self.into_iter().map(|size| size.tensor(&number)).collect();
        like.graph().stack(&sizes, 0)
    }
}

impl IntoShape for &[i32] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        match Array::new([self.len()], self) {
            Ok(array) => array.into_constant(like.graph()),
            Err(error) => like.graph().fail(error),
        }
    }
}

impl IntoShape for &[usize] {
    #[track_caller]
    fn into_shape(self, like: &Tensor) -> Tensor {
        let sizes: Option<Vec<i32>> = self.iter().map(|&size| i32::try_from(size).ok()).collect();
        match sizes {
            Some(sizes) => (&sizes[..]).into_shape(like),
            None => like.graph().fail(Error::invalid(format!("the sizes {self:?} do not fit in int32"))),
        }
    }
}
