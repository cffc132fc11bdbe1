//! A ragged tensor as an ordinary one, with a value where a row is too short.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::assemble::assemble;
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{OverArrays, WithRule};
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

use super::partition::{splits, splits_of_rows};
use super::rows;

/// How an input says which values make up a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPartition {
    /// It says how many rows there are.
    FirstDimSize,
    /// It has for each value the number of its row.
    ValueRowids,
    /// It says where rows begin, and the end.
    RowSplits,
}

impl RowPartition {
    fn name(self) -> &'static str {
        match self {
            RowPartition::FirstDimSize => "FIRST_DIM_SIZE",
            RowPartition::ValueRowids => "VALUE_ROWIDS",
            RowPartition::RowSplits => "ROW_SPLITS",
        }
    }
}

/// The ordinary tensor of the values of a ragged one. Inputs: its shape, of which −1 is as large as needed (or −1 alone, where
/// all are), the values, what stands where there are none, and the partitions of the axes.
#[derive(Clone, Debug)]
pub struct RaggedTensorToTensor {
    /// What the partitions are.
    pub partitions: Vec<RowPartition>,
}

impl RaggedTensorToTensor {
    /// How many axes are ragged.
    pub(super) fn ragged_rank(&self) -> usize {
        self.partitions.iter().filter(|partition| **partition != RowPartition::FirstDimSize).count()
    }

    /// The splits of each ragged axis, of `values` values.
    fn splits(&self, inputs: &[Array], values: usize) -> Result<Vec<Vec<usize>>, Reason> {
        let mut all: Vec<Vec<usize>> = Vec::new();
        let mut known = None;
        let count = |array: &Array, partition: RowPartition| match partition {
            RowPartition::RowSplits => array.len().saturating_sub(1),
            _ => array.len(),
        };
        for (place, (array, partition)) in inputs.iter().zip(&self.partitions).enumerate() {
            let below = match (inputs.get(place + 1), self.partitions.get(place + 1)) {
                (Some(next), Some(partition)) => count(next, *partition),
                _ => values,
            };
            match partition {
                RowPartition::FirstDimSize => {
                    let [rows] = array.to_i64()?[..] else {
                        return Err("a number of rows is one number".into());
                    };
                    known = Some(usize::try_from(rows).map_err(|_| format!("there are to be {rows} rows"))?);
                }
                RowPartition::RowSplits => all.push(splits(array, below)?),
                RowPartition::ValueRowids => {
                    let numbers = array.to_i64()?;
                    let rows = match (all.last(), known) {
                        (Some(before), _) => before.last().copied().unwrap_or(0),
                        (None, Some(rows)) => rows,
                        (None, None) => return Err("the number of rows is not said".into()),
                    };
                    if all.is_empty() {
                        // As many as a tensor may have at most.
                        crate::value::room::<usize>(rows.saturating_add(1))?;
                    }
                    all.push(splits_of_rows(&numbers, rows)?);
                }
            }
        }
        Ok(all)
    }
}

impl OverArrays for RaggedTensorToTensor {
    const NAME: &'static str = "RaggedTensorToTensor";
    const NO_GRADIENT: &'static str = "its rule is told apart";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let dtype = |input: usize| node.inputs.get(input).map_or(DType::Int64, |fact| fact.dtype);
        let types = self.partitions.iter().map(|partition| Attr::from(partition.name())).collect();
        Attrs::new()
            .with("T", dtype(1))
            .with("Tindex", dtype(3))
            .with("Tshape", dtype(0))
            .with("num_row_partition_tensors", self.partitions.len() as i64)
            .with("row_partition_types", Attr::List(types))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let wrong = || {
            Reason::from(
                "attribute \"row_partition_types\" is FIRST_DIM_SIZE and VALUE_ROWIDS, or ROW_SPLITS",
            )
        };
        let Some(Attr::List(types)) = attrs.get("row_partition_types") else { return Err(wrong()) };
        let partition = |attr: &Attr| match attr {
            Attr::Bytes(name) => match &name[..] {
                b"FIRST_DIM_SIZE" => Ok(RowPartition::FirstDimSize),
                b"VALUE_ROWIDS" => Ok(RowPartition::ValueRowids),
                b"ROW_SPLITS" => Ok(RowPartition::RowSplits),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        };
        let partitions = types.iter().map(partition).collect::<Result<Vec<_>, Reason>>()?;
        let first = partitions.first() == Some(&RowPartition::FirstDimSize);
        let again = partitions.iter().skip(1).any(|partition| *partition == RowPartition::FirstDimSize);
        if again || partitions.len() < 1 + usize::from(first) || partitions.len() > 250 {
            return Err(wrong());
        }
        Ok(RaggedTensorToTensor { partitions })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 3 + self.partitions.len() {
            return Err(wrong_count(3 + self.partitions.len(), inputs));
        }
        let (shape, values, default) = (inputs[0], inputs[1], inputs[2]);
        if values.dtype != default.dtype {
            return Err(
                format!("values are of {}, and the default of {}", values.dtype, default.dtype).into()
            );
        }
        if !matches!(shape.dtype, DType::Int32 | DType::Int64) {
            return Err(format!("a shape is int32 or int64, not {}", shape.dtype).into());
        }
        let rank = values.shape.rank().map(|rank| rank + self.ragged_rank());
        let out = match (shape.integers(), rank) {
            (Some(sizes), Some(rank)) if shape.shape.rank() == Some(1) && sizes.len() == rank => {
                sizes.into_iter().map(|size| usize::try_from(size).ok()).collect()
            }
            (_, Some(rank)) => PartialShape::of_rank(rank),
            _ => PartialShape::unknown(),
        };
        Ok(Fact::new(values.dtype, out).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (wanted, values, default) = (&inputs[0], &inputs[1], &inputs[2]);
        let (&count, inner) = values.shape().split_first().ok_or("values have at least one axis")?;
        let all = self.splits(&inputs[3..], count)?;
        let longest =
            |splits: &Vec<usize>| splits.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        let mut sizes: Vec<usize> = vec![all[0].len() - 1];
        sizes.extend(all.iter().map(longest));
        sizes.extend(inner);
        if wanted.shape().rank() == 1 {
            let said = wanted.to_i64()?;
            if said.len() != sizes.len() {
                return Err(format!("the shape has {} axes, and is to be of {said:?}", sizes.len()).into());
            }
            for (axis, (size, said)) in sizes.iter_mut().zip(said).enumerate() {
                match usize::try_from(said) {
                    Ok(said) if axis > self.ragged_rank() && said != *size => {
                        return Err(
                            format!("axis {axis} of the values is {size}, and is to be {said}").into()
                        );
                    }
                    Ok(said) => *size = said,
                    Err(_) => {}
                }
            }
        } else if wanted.to_i64()? != [-1] {
            return Err("a shape that is one number is −1: all is as large as needed".into());
        }
        // Of each place of the ragged axes the value that stands there, if one does.
        let ragged: Shape = sizes[..=self.ragged_rank()].iter().copied().collect();
        let places = ragged.checked_elements().ok_or_else(|| format!("shape {ragged} is too large"))?;
        // An axis of nothing lets the others be without end.
        if places == 0 {
            return Ok(vec![Array::zeros(values.dtype(), sizes)?]);
        }
        let mut at: Vec<Option<usize>> = crate::value::room(sizes[0])?;
        at.extend((0..sizes[0]).map(|row| (row + 1 < all[0].len()).then_some(row)));
        crate::value::room::<Option<usize>>(places)?;
        for (splits, &size) in all.iter().zip(&sizes[1..]) {
            let place = |row: &Option<usize>| {
                let row = row.map(|row| splits[row]..splits[row + 1]);
                (0..size).map(move |column| row.as_ref().and_then(|row| row.clone().nth(column)))
            };
            at = at.iter().flat_map(place).collect();
        }
        let inner: Shape = inner.iter().copied().collect();
        let filler = stretched(default, &inner)?;
        let from = at.into_iter().map(|place| Some(place.map_or((1, 0), |place| (0, place))));
        Ok(vec![assemble(&[values, &filler], inner.elements(), sizes, from)?])
    }
}

/// An array stretched to a shape.
fn stretched(x: &Array, shape: &Shape) -> Result<Array, Reason> {
    let places: Vec<usize> = crate::ops::elementwise::stretched(x.shape(), shape)?.collect();
    let flat = x.reshape([x.len()])?;
    Ok(rows(&flat, &places)?.reshape(shape.clone())?)
}

pub(in crate::ops) fn ragged_tensor_to_tensor_cases() -> Vec<Case> {
    let build = |partitions: &'static [RowPartition]| {
        move |tf: &crate::Graph, x: &[crate::Tensor]| {
            let op = RaggedTensorToTensor { partitions: partitions.to_vec() };
            let fixed = x[1].stop_gradient();
            let inputs: Vec<&crate::Tensor> = [&x[0], &fixed].into_iter().chain(&x[2..]).collect();
            vec![tf.add(WithRule(op), &inputs)]
        }
    };
    let values = || array![1.0, 2.0, 3.0];
    let expected = || array![[1.0, 2.0], [9.0, 9.0], [3.0, 9.0]];
    let feeds = [array![-1, -1], values(), Array::scalar(9.0f32), array![0, 2, 2, 3]];
    let by_rows = [array![-1, -1], values(), Array::scalar(9.0f32), Array::scalar(3), array![0, 0, 2]];
    vec![
        Case::fed("by splits", feeds, build(&[RowPartition::RowSplits])).at_kink().expecting([expected()]),
        Case::fed("by rows", by_rows, build(&[RowPartition::FirstDimSize, RowPartition::ValueRowids]))
            .at_kink()
            .expecting([expected()]),
    ]
}
