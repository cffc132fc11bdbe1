//! Some rows of a ragged tensor.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_index, wrong_count};
use crate::ops::by_arrays::{OverArrays, WithRule};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

use super::partition::nested;
use super::{places, ragged_rank, rows, splits_type};

/// The rows that indices, the last input, name: of a ragged tensor whose splits, one input for each ragged axis, and values
/// come before.
#[derive(Clone, Debug)]
pub struct RaggedGather {
    /// How many inputs of splits there are.
    pub ragged_rank: usize,
    /// How many outputs of splits.
    pub output_ragged_rank: usize,
    /// The type of splits.
    pub splits: DType,
}

impl OverArrays for RaggedGather {
    const NAME: &'static str = "RaggedGather";
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let dtype = |input: usize| node.inputs.get(input).map_or(DType::Int64, |fact| fact.dtype);
        Attrs::new()
            .with("OUTPUT_RAGGED_RANK", self.output_ragged_rank as i64)
            .with("PARAMS_RAGGED_RANK", self.ragged_rank as i64)
            .with("Tindices", dtype(self.ragged_rank + 1))
            .with("Tsplits", self.splits)
            .with("Tvalues", dtype(self.ragged_rank))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let output: i64 = attrs.require("OUTPUT_RAGGED_RANK")?;
        Ok(RaggedGather {
            ragged_rank: ragged_rank(attrs, "PARAMS_RAGGED_RANK")?,
            output_ragged_rank: usize::try_from(output)
                .ok()
                .filter(|rank| *rank <= 254)
                .ok_or_else(|| format!("attribute \"OUTPUT_RAGGED_RANK\" is {output}"))?,
            splits: splits_type(attrs)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != self.ragged_rank + 2 {
            return Err(wrong_count(self.ragged_rank + 2, inputs));
        }
        let (values, indices) = (inputs[self.ragged_rank], inputs[self.ragged_rank + 1]);
        must_be_index(indices, "an index")?;
        if let Some(rank) = indices.shape.rank()
            && self.output_ragged_rank + 1 != self.ragged_rank + rank
        {
            let (outputs, axes) = (self.output_ragged_rank, indices.shape.clone());
            return Err(format!("for indices {axes} OUTPUT_RAGGED_RANK is not {outputs}").into());
        }
        let mut facts: Facts =
            (0..self.output_ragged_rank).map(|_| Fact::new(self.splits, PartialShape::of_rank(1))).collect();
        let shape: PartialShape = match values.shape.sizes() {
            Some([_, inner @ ..]) => [None].iter().chain(inner).copied().collect(),
            Some([]) => return Err("values have at least one axis".into()),
            None => PartialShape::unknown(),
        };
        facts.push(Fact::new(values.dtype, shape));
        Ok(facts)
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (values, indices) = (&inputs[self.ragged_rank], &inputs[self.ragged_rank + 1]);
        let count = *values.shape().first().ok_or("values have at least one axis")?;
        let splits = nested(&inputs[..self.ragged_rank], count)?;
        let all = splits[0].len() - 1;
        let mut chosen: Vec<usize> = Vec::with_capacity(indices.len());
        for (place, index) in indices.to_i64()?.into_iter().enumerate() {
            match usize::try_from(index).ok().filter(|&index| index < all) {
                Some(index) => chosen.push(index),
                None => return Err(format!("index {place} is {index}, and there are {all} rows").into()),
            }
        }
        let mut outputs = Vec::with_capacity(self.output_ragged_rank + 1);
        // Axes of the indices but the first are rows of one length.
        let sizes = indices.shape();
        for axis in 1..sizes.rank() {
            let before: usize = sizes[..axis].iter().product();
            let lengths = (0..=before).map(|row| (row * sizes[axis]) as i64);
            outputs.push(places(self.splits, lengths.collect())?);
        }
        for splits in &splits {
            let (mut own, mut next) = (vec![0i64], Vec::new());
            for &row in &chosen {
                next.extend(splits[row]..splits[row + 1]);
                own.push(next.len() as i64);
            }
            outputs.push(places(self.splits, own)?);
            chosen = next;
        }
        if sizes.rank() == 0 {
            // One index names one row, whose own axis is gone.
            outputs.remove(0);
        }
        outputs.push(rows(values, &chosen)?);
        Ok(outputs)
    }
}

pub(in crate::ops) fn ragged_gather_cases() -> Vec<Case> {
    vec![
        Case::fed(
            "two rows",
            [array![0, 2, 2, 5], array![1.0, 2.0, 3.0, 4.0, 5.0], array![2, 0]],
            |tf, x| {
                let op = RaggedGather { ragged_rank: 1, output_ragged_rank: 1, splits: DType::Int32 };
                let node = tf.add_op(WithRule(op), &[&x[0], &x[1].stop_gradient(), &x[2]], None);
                vec![node.output(0), node.output(1)]
            },
        )
        .at_kink()
        .expecting([array![0, 3, 5], array![3.0, 4.0, 5.0, 1.0, 2.0]]),
    ]
}
