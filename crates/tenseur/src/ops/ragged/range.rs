//! Ranges of different lengths.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::image::array_of;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

use super::{places, splits_type};

/// For each start, limit and step, which are numbers or vectors of one length, the numbers from the start to before the
/// limit: where each range begins, and the numbers.
#[derive(Clone, Debug)]
pub struct RaggedRange {
    /// The type of places: int32 or int64.
    pub splits: DType,
}

/// The most numbers.
const MOST: usize = 1 << 28;

impl OverArrays for RaggedRange {
    const NAME: &'static str = "RaggedRange";
    const NO_GRADIENT: &'static str = "a range does not change a little";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tsplits", self.splits)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(RaggedRange { splits: splits_type(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        use DType::{BFloat16, Float32, Float64, Int32, Int64};
        let [starts, limits, deltas] = inputs else { return Err(wrong_count(3, inputs)) };
        let dtype = starts.dtype;
        if !matches!(dtype, BFloat16 | Float32 | Float64 | Int32 | Int64) {
            return Err(format!("there are no ranges of {dtype}").into());
        }
        if limits.dtype != dtype || deltas.dtype != dtype {
            return Err(
                format!("all are of one type, not {dtype}, {} and {}", limits.dtype, deltas.dtype).into()
            );
        }
        let mut ranges = PartialShape::unknown();
        for fact in inputs {
            match fact.shape.rank() {
                Some(0) | None => {}
                Some(1) => {
                    let differ = || format!("one has shape {} and another {}", ranges, fact.shape);
                    ranges = ranges.merge(&fact.shape).ok_or_else(differ)?;
                }
                Some(_) => {
                    return Err(format!("they are numbers or vectors, not of shape {}", fact.shape).into());
                }
            }
        }
        let all_scalars = inputs.iter().all(|fact| fact.shape.rank() == Some(0));
        let count = if all_scalars { Some(1) } else { ranges.size(0) };
        let known = inputs.iter().all(|fact| fact.shape.rank().is_some());
        let splits = Fact::new(self.splits, [count.filter(|_| known).and_then(|count| count.checked_add(1))]);
        Ok([splits, Fact::new(dtype, [None])].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let count =
            inputs.iter().filter(|array| array.shape().rank() == 1).map(Array::len).next().unwrap_or(1);
        if let Some(other) = inputs.iter().find(|array| array.shape().rank() == 1 && array.len() != count) {
            return Err(format!("there are {count} of one and {} of another", other.len()).into());
        }
        let dtype = inputs[0].dtype();
        let mut splits = vec![0i64];
        if dtype.is_integer() {
            let all = inputs.iter().map(Array::to_i64).collect::<Result<Vec<_>, _>>()?;
            let mut values: Vec<i64> = Vec::new();
            for i in 0..count {
                let [start, limit, delta] =
                    [0, 1, 2].map(|input| all[input][if all[input].len() == 1 { 0 } else { i }]);
                if delta == 0 {
                    return Err("a step is not 0".into());
                }
                let far = (i128::from(limit) - i128::from(start)) * i128::from(delta.signum());
                let size =
                    (far.max(0) + i128::from(delta.unsigned_abs()) - 1) / i128::from(delta.unsigned_abs());
                fits(size as f64, values.len())?;
                values.extend((0..size).map(|k| (i128::from(start) + k * i128::from(delta)) as i64));
                splits.push(values.len() as i64);
            }
            let values = match dtype {
                DType::Int32 => {
                    Array::new([values.len()], values.iter().map(|&x| x as i32).collect::<Vec<_>>())?
                }
                _ => Array::new([values.len()], values)?,
            };
            return Ok(vec![places(self.splits, splits)?, values]);
        }
        let all = inputs.iter().map(Array::to_f64).collect::<Result<Vec<_>, _>>()?;
        let rounded = |x: f64| -> Result<f64, Reason> { Ok(array_of(dtype, [1], &[x])?.to_f64()?[0]) };
        let mut values: Vec<f64> = Vec::new();
        for i in 0..count {
            let [start, limit, delta] =
                [0, 1, 2].map(|input| all[input][if all[input].len() == 1 { 0 } else { i }]);
            if delta == 0.0 {
                return Err("a step is not 0".into());
            }
            let empty = (delta > 0.0 && limit < start) || (delta < 0.0 && limit > start);
            let size = if empty { 0.0 } else { rounded((rounded(limit - start)? / delta).abs())?.ceil() };
            fits(size, values.len())?;
            let mut value = start;
            for _ in 0..size as usize {
                values.push(value);
                value = rounded(value + delta)?;
            }
            splits.push(values.len() as i64);
        }
        Ok(vec![places(self.splits, splits)?, array_of(dtype, [values.len()], &values)?])
    }
}

/// Whether so many numbers more are not too many.
fn fits(more: f64, before: usize) -> Result<(), Reason> {
    match more + before as f64 <= MOST as f64 {
        true => Ok(()),
        false => Err(Reason::new(Code::ResourceExhausted, format!("a range of {more} numbers is too long"))),
    }
}

pub(in crate::ops) fn ragged_range_cases() -> Vec<Case> {
    vec![
        Case::fed("two ranges", [array![0, 5], array![3, 9], array![1, 2]], |tf, x| {
            let node =
                tf.add_op(ByArrays(RaggedRange { splits: DType::Int64 }), &[&x[0], &x[1], &x[2]], None);
            vec![node.output(0), node.output(1)]
        })
        .expecting([as_type(array![0, 3, 5], DType::Int64), array![0, 1, 2, 5, 7]]),
    ]
}
