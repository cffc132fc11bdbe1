//! Places in row-major order as tuples of indices.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_index, must_be_vector, vector_of, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, PartialShape};

/// The index along each axis of a shape, the second input, of a place, or of each of several, the first: `[axes]`, or
/// `[axes, places]`.
#[derive(Clone, Debug)]
pub struct UnravelIndex;

impl OverArrays for UnravelIndex {
    const NAME: &'static str = "UnravelIndex";
    const NO_GRADIENT: &'static str = "indices are integers";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tidx", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(UnravelIndex)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [places, shape] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(places, "a place")?;
        must_be_vector(shape, "a shape")?;
        if places.dtype != shape.dtype {
            return Err(format!("places are of {} and the shape of {}", places.dtype, shape.dtype).into());
        }
        let axes = shape.shape.size(0);
        let out: PartialShape = match places.shape.sizes() {
            None => PartialShape::unknown(),
            Some([]) => [axes].into(),
            Some([count]) => vec![axes, *count].into(),
            Some(_) => return Err(format!("it takes a place or a list of them, not {places}").into()),
        };
        Ok(Fact::new(places.dtype, out).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (places, sizes) = (inputs[0].to_i64()?, inputs[1].to_i64()?);
        if places.is_empty() {
            return Err("there are no places".into());
        }
        if let Some(size) = sizes.iter().find(|size| **size <= 0) {
            return Err(format!("a size is {size}; it is 1 or more").into());
        }
        let total = sizes.iter().try_fold(1i64, |total, &size| total.checked_mul(size));
        let total = total.ok_or("a tensor of this shape would be too large")?;
        if let Some(place) = places.iter().find(|place| !(0..total).contains(*place)) {
            return Err(format!("place {place} is outside the shape {sizes:?}").into());
        }
        let mut rest = total;
        let mut indices = Vec::with_capacity(sizes.len() * places.len());
        for &size in &sizes {
            rest /= size;
            indices.extend(places.iter().map(|place| (place / rest % size) as usize));
        }
        let shape: Vec<usize> = [sizes.len()].iter().chain(&inputs[0].shape()[..]).copied().collect();
        Ok(vec![vector_of(inputs[0].dtype(), &indices)?.reshape(shape)?])
    }
}

pub(super) fn cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(ByArrays(UnravelIndex), &[&x[0], &x[1]])];
    vec![
        Case::fed("several", [array![2, 5, 7], array![3, 3]], build)
            .expecting([array![[0, 1, 2], [2, 2, 1]]]),
        Case::fed("one", [Array::scalar(11), array![2, 2, 3]], build).expecting([array![1, 1, 2]]),
    ]
}
