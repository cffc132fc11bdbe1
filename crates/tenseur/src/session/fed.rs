//! Values that a run is fed: arrays, and memory that somebody else holds.

use smallvec::SmallVec;
use tenseur_kernels::PLACE_ALIGNMENT;

use crate::error::Result;
use crate::graph::{Edge, NodeId};
use crate::value::{Array, ArrayView, DType, Shape};

/// A value that a run is fed.
#[derive(Clone)]
pub(super) enum Fed<'a> {
    /// An array, which shares its data with the caller's.
    Array(Array),
    /// Memory that plans read where it lies.
    View(ArrayView<'a>),
}

impl<'a> Fed<'a> {
    /// What somebody else holds; copied where no plan could read it as it lies.
    ///
    /// # Errors
    /// When its bytes are not an array of its type and shape, or there is no memory for the copy.
    pub(super) fn of_view(view: ArrayView<'a>) -> Result<Fed<'a>> {
        view.check()?;
        match view.bytes.as_ptr().addr().is_multiple_of(PLACE_ALIGNMENT) {
            true => Ok(Fed::View(view)),
            false => Ok(Fed::Array(view.to_array()?)),
        }
    }

    pub(super) fn dtype(&self) -> DType {
        match self {
            Fed::Array(array) => array.dtype(),
            Fed::View(view) => view.dtype,
        }
    }

    pub(super) fn shape(&self) -> &Shape {
        match self {
            Fed::Array(array) => array.shape(),
            Fed::View(view) => view.shape,
        }
    }

    pub(super) fn bytes(&self) -> Result<&[u8]> {
        match self {
            Fed::Array(array) => array.bytes(),
            Fed::View(view) => Ok(view.bytes),
        }
    }

    /// It as an array of its own, for what keeps values.
    pub(super) fn to_array(&self) -> Result<Array> {
        match self {
            Fed::Array(array) => Ok(array.clone()),
            Fed::View(view) => view.to_array(),
        }
    }
}

/// What a plan is asked for.
pub(super) struct Asked<'a> {
    pub(super) fetches: &'a [Edge],
    pub(super) targets: &'a [NodeId],
    pub(super) feeds: &'a [(Edge, Fed<'a>)],
}

/// All feeds as arrays, for runs that no plan holds.
pub(super) fn arrays(feeds: &[(Edge, Fed<'_>)]) -> Result<SmallVec<[(Edge, Array); 4]>> {
    feeds.iter().map(|(edge, fed)| Ok((*edge, fed.to_array()?))).collect()
}
