//! How often what comes: counts of small integers (Bincount, DenseBincount), of numbers in equal intervals
//! (HistogramFixedWidth), and in which of given intervals each number lies (Bucketize).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::ops::array::{known_integer, must_be_index, must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::segment::{SUM, folded};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// Why no gradient goes through a count.
const COUNT: &str = "counts do not change a little";

/// How often each integer from 0 to below a size comes, or the sum of its weights: inputs are the integers (of DENSE a
/// vector or a matrix, whose rows are counted each for itself), the size, and the weights, or none. Integers from the size
/// on are not counted.
#[derive(Clone, Debug)]
pub struct Count<const DENSE: bool> {
    /// Whether 1 stands for any count.
    pub binary_output: bool,
}

/// Of all integers of an array.
pub type Bincount = ByArrays<Count<false>>;
/// Of a vector, or of each row of a matrix.
pub type DenseBincount = ByArrays<Count<true>>;

impl<const DENSE: bool> OverArrays for Count<DENSE> {
    const NAME: &'static str = if DENSE { "DenseBincount" } else { "Bincount" };
    const NO_GRADIENT: &'static str = COUNT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[2].dtype);
        match DENSE {
            true => attrs.with("Tidx", node.inputs[0].dtype).with("binary_output", self.binary_output),
            false => attrs,
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Count { binary_output: attrs.optional("binary_output", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, size, weights] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_index(x, "what is counted")?;
        must_be_scalar(size, "the size")?;
        if !weights.dtype.is_number() {
            return Err(format!("weights are numbers, not {}", weights.dtype).into());
        }
        let size = known_integer(size).map(usize::try_from).transpose();
        let size = size.map_err(|_| "the size is negative; it is 0 or more")?;
        let shape: PartialShape = match x.shape.sizes() {
            Some(&[rows, _]) if DENSE => vec![rows, size].into(),
            Some(sizes) if DENSE && sizes.len() != 1 => {
                return Err(format!("it counts vectors and rows of matrices, not {x}").into());
            }
            None if DENSE => PartialShape::unknown(),
            _ => vec![size].into(),
        };
        Ok(Fact::new(weights.dtype, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (x, weights) = (inputs[0].to_i64()?, &inputs[2]);
        let size = inputs[1].to_i64()?[0];
        let size = usize::try_from(size).map_err(|_| format!("the size is {size}; it is 0 or more"))?;
        if let Some(negative) = x.iter().find(|value| **value < 0) {
            return Err(format!("it counts integers from 0 on, and one is {negative}").into());
        }
        let weighted = !weights.is_empty();
        if weighted && weights.shape() != inputs[0].shape() {
            let (weights, x) = (weights.shape(), inputs[0].shape());
            return Err(format!("weights have shape {weights} and what they weigh {x}").into());
        }
        let rows = if inputs[0].shape().rank() == 2 && DENSE { inputs[0].shape()[0] } else { 1 };
        let columns = x.len().checked_div(rows).unwrap_or(0);
        let total = rows.checked_mul(size).ok_or("there would be too many counts")?;
        let counted: Vec<usize> = (0..x.len()).filter(|&place| x[place] < size as i64).collect();
        let bins: Vec<i64> =
            counted.iter().map(|&place| (place / columns.max(1) * size) as i64 + x[place]).collect();
        let shape =
            if rows == 1 && inputs[0].shape().rank() != 2 || !DENSE { vec![size] } else { vec![rows, size] };
        if self.binary_output {
            let mut seen = Array::zeros(DType::Float64, [total])?;
            bins.iter()
                .for_each(|&bin| seen.as_mut_slice::<f64>().map_or((), |seen| seen[bin as usize] = 1.0));
            return Ok(vec![as_type(seen, weights.dtype()).reshape(shape)?]);
        }
        let values = match weighted {
            true => {
                let from = counted.iter().map(|&place| Some((0, place)));
                crate::ops::array::assemble::assemble(&[weights], 1, [counted.len()], from)?
            }
            false => Array::full(weights.dtype(), [counted.len()], 1.0)?,
        };
        Ok(vec![folded(SUM, &values, &bins, total, |_| 1.0)?.reshape(shape)?])
    }
}

/// How many numbers lie in each of equally wide intervals of a range: inputs are the numbers, the range `[from, to]`, and how
/// many intervals. What lies outside is counted in the first or last.
#[derive(Clone, Debug)]
pub struct HistogramFixedWidth {
    /// The type of the counts: int32 or int64.
    pub dtype: DType,
}

impl OverArrays for HistogramFixedWidth {
    const NAME: &'static str = "HistogramFixedWidth";
    const NO_GRADIENT: &'static str = COUNT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("dtype", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("dtype", DType::Int32)? {
            dtype @ (DType::Int32 | DType::Int64) => Ok(HistogramFixedWidth { dtype }),
            other => Err(format!("attribute \"dtype\" is {other}; it is int32 or int64").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, range, bins] = inputs else { return Err(wrong_count(3, inputs)) };
        if x.dtype != range.dtype || !x.dtype.is_number() {
            return Err(
                format!("numbers and range are of one type, not {} and {}", x.dtype, range.dtype).into()
            );
        }
        if range.shape.merge(&PartialShape::from([2])).is_none() {
            return Err(format!("the range is two numbers, not {range}").into());
        }
        must_be_scalar(bins, "the number of intervals")?;
        let bins = known_integer(bins).and_then(|bins| usize::try_from(bins).ok());
        Ok(Fact::new(self.dtype, [bins]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (x, range) = (inputs[0].to_f64()?, inputs[1].to_f64()?);
        let (low, high, bins) = (range[0], range[1], inputs[2].to_i64()?[0]);
        if low >= high {
            return Err(format!("a range goes upwards, not from {low} to {high}").into());
        }
        if bins <= 0 {
            return Err(format!("there are {bins} intervals; there is at least one").into());
        }
        if x.iter().any(|x| x.is_nan()) {
            return Err("NaN lies in no interval".into());
        }
        // Where float32 rounds decides in which interval a number at an edge lies.
        let difference = |x: f64| match inputs[0].dtype() {
            DType::Float32 => f64::from(x as f32 - low as f32),
            _ => x - low,
        };
        let step = difference(high) / bins as f64;
        let bin = |&x: &f64| (difference(x.max(low)) / step).min((bins - 1) as f64) as i64;
        let ones = Array::full(self.dtype, [x.len()], 1.0)?;
        let all = x.iter().map(bin).collect::<Vec<_>>();
        Ok(vec![folded(SUM, &ones, &all, bins as usize, |_| 1.0)?])
    }
}

/// How many of some rising boundaries are not above each number.
#[derive(Clone, Debug)]
pub struct Bucketize {
    /// The boundaries.
    pub boundaries: Vec<f32>,
}

impl OverArrays for Bucketize {
    const NAME: &'static str = "Bucketize";
    const NO_GRADIENT: &'static str = COUNT;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("boundaries", self.boundaries.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let boundaries: Vec<f32> = attrs.require("boundaries")?;
        match boundaries.is_sorted() {
            true => Ok(Bucketize { boundaries }),
            false => Err("attribute \"boundaries\" does not rise".into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.is_number() {
            true => Ok(Fact::new(DType::Int32, x.shape.clone()).one()),
            false => Err(format!("it takes numbers, not {}", x.dtype).into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        // Integers are compared as float32, as C++ does it.
        let rounds = inputs[0].dtype().is_integer();
        let bucket = |x: f64| {
            let x = if rounds { f64::from(x as f32) } else { x };
            // A NaN is below nothing.
            let below = |boundary: &f32| x < f64::from(*boundary);
            self.boundaries.partition_point(|boundary| !below(boundary)) as i32
        };
        let buckets: Vec<i32> = inputs[0].to_f64()?.into_iter().map(bucket).collect();
        Ok(vec![Array::new(inputs[0].shape().clone(), buckets)?])
    }
}

impl Tensor {
    /// How often each integer from 0 to below `size` comes in this tensor of int32 (`tf.bincount`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1, 3, 1]).bincount(4);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0, 2, 0, 1]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn bincount(&self, size: impl Into<Operand>) -> Tensor {
        let none = self.graph().zeros::<i32>([0]);
        self.bincount_weighted(size, &none)
    }

    /// As [`bincount`](Tensor::bincount), with the sum of `weights`, one for each integer, in place of counts.
    #[track_caller]
    pub fn bincount_weighted(&self, size: impl Into<Operand>, weights: &Tensor) -> Tensor {
        let size = size.into().tensor(&self.graph().constant(0));
        self.graph().add(ByArrays(Count::<false> { binary_output: false }), &[self, &size, weights])
    }

    /// How many of its numbers lie in each of `bins` equally wide intervals from `range[0]` to `range[1]`; those outside
    /// count in the first or last (`tf.histogram_fixed_width`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![-1.0, 0.5, 1.5, 9.0]).histogram_fixed_width(array![0.0, 2.0], 2);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![2, 2]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn histogram_fixed_width(&self, range: impl Into<Operand>, bins: i32) -> Tensor {
        let (range, bins) = (range.into().tensor(self), self.graph().constant(bins));
        self.graph().add(ByArrays(HistogramFixedWidth { dtype: DType::Int32 }), &[self, &range, &bins])
    }

    /// How many of some rising `boundaries` are not above each of its numbers: in which of the intervals between them it
    /// lies.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![-5.0, 0.0, 150.0]).bucketize(&[0.0, 10.0, 100.0]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0, 1, 3]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn bucketize(&self, boundaries: &[f32]) -> Tensor {
        self.graph().add(ByArrays(Bucketize { boundaries: boundaries.to_vec() }), &[self])
    }
}

pub(super) fn bincount_cases() -> Vec<Case> {
    vec![
        Case::fed("counts", [array![[1, 1], [0, 5]]], |_, x| vec![x[0].bincount(3)])
            .expecting([array![1, 2, 0]]),
        Case::fed("weights", [array![1, 2, 1], array![0.5, 2.0, 0.25]], |_, x| {
            vec![x[0].bincount_weighted(4, &x[1].stop_gradient())]
        })
        .expecting([array![0.0, 0.75, 2.0, 0.0]]),
        Case::fed("nothing", [Array::from_literal([0; 0])], |_, x| vec![x[0].bincount(2)])
            .expecting([array![0, 0]]),
    ]
}

pub(super) fn dense_bincount_cases() -> Vec<Case> {
    let build = |binary_output| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let op = ByArrays(Count::<true> { binary_output });
            vec![tf.add(op, &[&x[0], &tf.constant(3), &x[1].stop_gradient()])]
        }
    };
    let none = || Array::from_literal([0.0; 0]);
    vec![
        Case::fed("rows", [array![[1, 1], [0, 5]], none()], build(false))
            .expecting([array![[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]]]),
        Case::fed("whether", [array![1, 1, 2], none()], build(true)).expecting([array![0.0, 1.0, 1.0]]),
        Case::fed("weights", [array![[1, 1]], array![[2.0, 3.0]]], build(false))
            .expecting([array![[0.0, 5.0, 0.0]]]),
    ]
}

pub(super) fn histogram_fixed_width_cases() -> Vec<Case> {
    vec![
        Case::fed("floats", [array![-1.0, 0.0, 1.5, 2.0, 5.0, 15.0]], |_, x| {
            vec![x[0].histogram_fixed_width(array![0.0, 5.0], 5)]
        })
        .expecting([array![2, 1, 1, 0, 2]]),
        Case::fed("integers", [array![1, 2, 3]], |_, x| vec![x[0].histogram_fixed_width(array![0, 4], 2)])
            .expecting([array![1, 2]]),
    ]
}

pub(super) fn bucketize_cases() -> Vec<Case> {
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].bucketize(&[0.0, 10.0, 100.0])];
    vec![
        Case::fed("floats", [array![[-5.0, 10000.0], [150.0, 10.0], [5.0, f32::NAN]]], build)
            .at_kink()
            .expecting([array![[0, 3], [3, 2], [1, 3]]]),
        Case::fed("integers", [array![-1, 0, 10]], build).expecting([array![0, 1, 2]]),
    ]
}
