//! Rows of gradients in an accumulator: SparseAccumulatorApplyGradient and SparseAccumulatorTakeGradient.
//!
//! A gradient is some rows, `values`, and the numbers of those rows, `indices`, which should rise. Rows with one number are
//! added up; each is divided by how many gradients had it.

use super::HANDED_ON;
use super::accumulator::{MakeAccumulator, ROWS, Sum, accumulator, handle_and_count};
use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Value};
use crate::ops::array::wrong_count;
use crate::ops::held::Held;
use crate::ops::image::array_of;
use crate::ops::tensor_array::added;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Rows that have been added up.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    indices: Vec<i64>,
    /// How many gradients had each row.
    counts: Vec<usize>,
    values: Array,
}

impl Rows {
    /// The rows of one gradient.
    ///
    /// # Errors
    /// When there are not as many as their numbers.
    fn new(indices: &Array, values: &Array) -> Result<Rows, Reason> {
        let count = indices.shape().first().copied();
        if indices.shape().rank() != 1 || values.shape().first().copied() != count {
            let (numbers, values) = (indices.shape(), values.shape());
            return Err(format!("numbers of shape {numbers} are not those of rows of shape {values}").into());
        }
        let indices = indices.to_i64()?;
        Ok(Rows { counts: vec![1; indices.len()], indices, values: values.clone() })
    }

    /// These and others, in the order of their numbers.
    fn with(&self, other: &Rows) -> Result<Rows, Reason> {
        let (mut i, mut j) = (0, 0);
        let (mut indices, mut counts) = (Vec::new(), Vec::new());
        // Where each row is: among these (0), the others (1), or the sums (2) of rows that both have.
        let (mut places, mut own_shared, mut other_shared) = (Vec::new(), Vec::new(), Vec::new());
        while i < self.indices.len() || j < other.indices.len() {
            let (own, its) = (self.indices.get(i), other.indices.get(j));
            let from_own = own.is_some_and(|own| its.is_none_or(|its| own <= its));
            let from_other = its.is_some_and(|its| own.is_none_or(|own| its <= own));
            indices.push(if from_own { self.indices[i] } else { other.indices[j] });
            let before = if from_own { self.counts[i] } else { 0 };
            counts.push(before + usize::from(from_other));
            places.push(match (from_own, from_other) {
                (true, true) => (2, own_shared.len()),
                (true, false) => (0, i),
                _ => (1, j),
            });
            if from_own && from_other {
                own_shared.push((0, i));
                other_shared.push((1, j));
            }
            i += usize::from(from_own);
            j += usize::from(from_other);
        }
        let both = [&self.values, &other.values];
        let sums = added(&picked(&both, &other_shared)?, &picked(&both, &own_shared)?)?;
        let values = picked(&[&self.values, &other.values, &sums], &places)?;
        Ok(Rows { indices, counts, values })
    }

    /// Each divided by how many gradients had it.
    fn mean(&self) -> Result<Array, Reason> {
        let each = self.values.len().checked_div(self.counts.len()).unwrap_or(0);
        let counts = self.counts.iter().flat_map(|&count| std::iter::repeat_n(count, each));
        let values = self.values.to_f64()?;
        let values: Vec<f64> =
            values.into_iter().zip(counts).map(|(value, count)| value / count as f64).collect();
        array_of(self.values.dtype(), self.values.shape().clone(), &values)
    }
}

/// Rows of arrays that are alike but for how many they have: each by its array and its place there.
fn picked(arrays: &[&Array], places: &[(usize, usize)]) -> Result<Array, Reason> {
    let bytes: Vec<&[u8]> = arrays.iter().map(|array| array.bytes()).collect::<Result<_, _>>()?;
    let inner = &arrays[0].shape()[1..];
    let each = inner.iter().product::<usize>() * arrays[0].dtype().size().unwrap_or(0);
    let mut all: Vec<u8> = crate::value::room(places.len().saturating_mul(each))?;
    for &(array, row) in places {
        all.extend(&bytes[array][row * each..][..each]);
    }
    let shape: Shape = std::iter::once(places.len()).chain(inner.iter().copied()).collect();
    Ok(Array::from_bytes(arrays[0].dtype(), shape, &all)?)
}

/// Whether rows can be added to those that are there, in an accumulator of `shape`; `told` is the whole's shape, where the
/// gradient says it.
fn check(
    rows: &Rows,
    there: Option<&Rows>,
    shape: &PartialShape,
    told: Option<&Array>,
) -> Result<(), Reason> {
    let own = shape.sizes().unwrap_or_default();
    if let Some(told) = told {
        let told = told.to_i64()?;
        let differs = |(size, told): (&Option<usize>, &i64)| size.is_some_and(|size| size as i64 != *told);
        if own.len() > told.len() || own.iter().zip(&told).any(differs) {
            return Err(format!("a gradient is of shape {told:?}, and the accumulator {shape}").into());
        }
    }
    if let Some(&Some(size)) = own.first()
        && let Some(index) = rows.indices.iter().find(|&&index| index >= size as i64)
    {
        return Err(format!("there is no row {index} in {shape}").into());
    }
    let values = rows.values.shape();
    let fits = match there {
        Some(there) => {
            let there = there.values.shape();
            there.rank() == values.rank() && there[1..] == values[1..]
        }
        None => {
            let inner = own.iter().zip(values.iter()).skip(1);
            own.len() <= values.rank()
                && inner.into_iter().all(|(size, &value)| size.is_none_or(|size| size == value))
        }
    };
    match fits {
        true => Ok(()),
        false => Err(format!("rows of shape {values} are not those of {shape}").into()),
    }
}

/// Adds rows to an accumulator, unless they are of a former step. Inputs: the handle, the step (int64), numbers of rows (int64),
/// the rows, and the shape of the whole (int64).
#[derive(Clone, Debug)]
pub struct ApplyRows {
    /// Whether the whole's shape counts.
    pub has_known_shape: bool,
}

impl Op for ApplyRows {
    fn name(&self) -> &'static str {
        "SparseAccumulatorApplyGradient"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", node.inputs[3].dtype).with("has_known_shape", self.has_known_shape)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(ApplyRows { has_known_shape: attrs.require("has_known_shape")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            5 => Ok(Facts::new()),
            _ => Err(wrong_count(5, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let told = self.has_known_shape;
        Ok(Lowered::objects(5, move |_, inputs| {
            let own = accumulator(&inputs[0])?;
            own.check(inputs[3].array()?.dtype(), true)?;
            own.apply(&inputs[1], |sum| {
                let there = match &sum {
                    Some(Sum::Rows(there)) => Some(there),
                    _ => None,
                };
                let total = || {
                    let rows = Rows::new(inputs[2].array()?, inputs[3].array()?)?;
                    let told = if told { Some(inputs[4].array()?) } else { None };
                    check(&rows, there, &own.terms.shape, told)?;
                    there.map_or(Ok(rows.clone()), |there| there.with(&rows))
                };
                match total() {
                    Ok(total) => (Some(Sum::Rows(total)), Ok(())),
                    Err(reason) => (sum, Err(reason)),
                }
            })?;
            Ok(Vec::new())
        }))
    }
}

/// Takes the rows that have been added up, when there are so many gradients: numbers, rows, and the shape of the whole, −1
/// where it is not known. Inputs: the handle, and how many are waited for (int32).
#[derive(Clone, Debug)]
pub struct TakeRows {
    /// The type of gradients.
    pub dtype: DType,
}

impl Op for TakeRows {
    fn name(&self) -> &'static str {
        "SparseAccumulatorTakeGradient"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(TakeRows { dtype: attrs.require("dtype")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        handle_and_count(inputs)?;
        let numbers = || Fact::new(DType::Int64, [None]);
        Ok([numbers(), Fact::new(self.dtype, PartialShape::unknown()), numbers()].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Takes).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(HANDED_ON)
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = self.dtype;
        Ok(Lowered::objects(2, move |objects, inputs| {
            let own = accumulator(&inputs[0])?;
            own.check(dtype, true)?;
            let (Sum::Rows(rows), count) = own.take(objects, &inputs[1])? else {
                return Err("the accumulator's gradients are no rows".into());
            };
            let values = if count.is_some() { rows.mean()? } else { rows.values.clone() };
            let first = own.terms.shape.size(0).map_or(-1, |size| size as i64);
            let inner = values.shape()[1..].iter().map(|&size| size as i64);
            let shape: Vec<i64> = std::iter::once(first).chain(inner).collect();
            let indices = Array::new(Shape::from([rows.indices.len()]), rows.indices)?;
            Ok([indices, values, Array::new([shape.len()], shape)?].map(Value::Array).into())
        }))
    }
}

/// Two gradients of which one row is shared, and their mean.
pub(in crate::ops) fn cases() -> Vec<Case> {
    vec![
        Case::fed("one row of two", [array![[1.0, 2.0], [3.0, 4.0]]], |tf, x| {
            let shape = [None, Some(2)];
            let handle = tf.add(Held(MakeAccumulator::<ROWS>::mean(DType::Float32, shape)), &[]);
            let x = x[0].stop_gradient();
            let long = |array: Array| tf.constant(crate::conformance::as_type(array, DType::Int64));
            // Of no step that has been: it comes before any.
            let (step, shape) = (long(Array::scalar(1 << 30)), long(array![9, 2]));
            let put = |numbers: Array, before: &[crate::graph::Operation]| {
                let _after = tf.control_dependencies(before);
                let inputs = [&handle, &step, &long(numbers), &x, &shape];
                tf.add_op(ApplyRows { has_known_shape: true }, &inputs, None)
            };
            let first = put(array![0, 3], &[]);
            let second = put(array![3, 5], &[first]);
            let _after = tf.control_dependencies([&second]);
            let taken = tf.add_op(TakeRows { dtype: DType::Float32 }, &[&handle, &tf.constant(2)], None);
            (0..3).map(|part| taken.output(part)).collect()
        })
        .twice()
        .expecting([
            crate::conformance::as_type(array![0, 3, 5], DType::Int64),
            array![[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]],
            crate::conformance::as_type(array![-1, 2], DType::Int64),
        ]),
    ]
}
