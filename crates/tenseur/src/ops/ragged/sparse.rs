//! A ragged tensor as a sparse one.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{OverArrays, WithRule};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

use super::partition::nested;
use super::{ragged_rank, splits_type};

/// The indices, the values and the shape of the sparse tensor that has the values, the last input, of a ragged tensor,
/// whose splits come before.
#[derive(Clone, Debug)]
pub struct RaggedTensorToSparse {
    /// How many inputs of splits there are.
    pub ragged_rank: usize,
    /// The type of splits.
    pub splits: DType,
}

impl OverArrays for RaggedTensorToSparse {
    const NAME: &'static str = "RaggedTensorToSparse";
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let dtype = node.inputs.last().map_or(DType::Float32, |values| values.dtype);
        Attrs::new()
            .with("RAGGED_RANK", self.ragged_rank as i64)
            .with("T", dtype)
            .with("Tsplits", self.splits)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(RaggedTensorToSparse {
            ragged_rank: ragged_rank(attrs, "RAGGED_RANK")?,
            splits: splits_type(attrs)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != self.ragged_rank + 1 {
            return Err(wrong_count(self.ragged_rank + 1, inputs));
        }
        let values = inputs[self.ragged_rank];
        let rank = values.shape.rank().map(|rank| rank + self.ragged_rank);
        let count = values.shape.known().and_then(|shape| shape.checked_elements());
        let indices: PartialShape = [count, rank].into_iter().collect();
        Ok([
            Fact::new(DType::Int64, indices),
            Fact::new(values.dtype, [count]),
            Fact::new(DType::Int64, [rank]),
        ]
        .into_iter()
        .collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let values = &inputs[self.ragged_rank];
        let (&count, inner) = values.shape().split_first().ok_or("values have at least one axis")?;
        let splits = nested(&inputs[..self.ragged_rank], count)?;
        let rank = self.ragged_rank + 1 + inner.len();
        // Of each value, the row that it is in of each axis.
        let mut indices: Vec<Vec<usize>> = (0..splits[0].len() - 1).map(|row| vec![row]).collect();
        let mut shape = vec![(splits[0].len() - 1) as i64];
        for splits in &splits {
            let (mut longest, mut next) = (0, Vec::new());
            for (row, index) in indices.iter().enumerate() {
                let length = splits[row + 1] - splits[row];
                longest = longest.max(length);
                next.extend((0..length).map(|place| [&index[..], &[place]].concat()));
            }
            shape.push(longest as i64);
            indices = next;
        }
        for &size in inner {
            shape.push(size as i64);
            let within = |index: &Vec<usize>| {
                (0..size).map(|place| [&index[..], &[place]].concat()).collect::<Vec<_>>()
            };
            indices = indices.iter().flat_map(within).collect();
        }
        let places: Vec<i64> = indices.concat().into_iter().map(|place| place as i64).collect();
        Ok(vec![
            Array::new([indices.len(), rank], places)?,
            values.reshape([values.len()])?,
            Array::new([rank], shape)?,
        ])
    }
}

pub(in crate::ops) fn ragged_tensor_to_sparse_cases() -> Vec<Case> {
    vec![
        Case::fed("rows of different lengths", [array![0, 2, 2, 3], array![1.0, 2.0, 3.0]], |tf, x| {
            let op = RaggedTensorToSparse { ragged_rank: 1, splits: DType::Int32 };
            let node = tf.add_op(WithRule(op), &[&x[0], &x[1].stop_gradient()], None);
            (0..3).map(|output| node.output(output)).collect()
        })
        .at_kink()
        .expecting([
            as_type(array![[0, 0], [0, 1], [2, 0]], DType::Int64),
            array![1.0, 2.0, 3.0],
            as_type(array![3, 2], DType::Int64),
        ]),
    ]
}
