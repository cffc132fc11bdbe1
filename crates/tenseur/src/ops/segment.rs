//! Rows folded by segment: `y[s, …]` is the sum, product, minimum, maximum or mean of the rows `x[k, …]` with
//! `segments[k] = s`. Segments in any order come with their number (UnsortedSegmentSum and its kin); sorted ones say it
//! themselves (SegmentSum and its kin).

use smallvec::smallvec;
use tenseur_kernels::{
    Context, Kernel, ScalarType, ScatterAddKernel, ScatterUpdateKernel, Start, Update, call,
};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{known_integer, must_be_index, must_be_index_or, must_be_scalar, wrong_count};
use crate::ops::scatter_nd::{element, scalar};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

pub(super) const SUM: u8 = 0;
const PROD: u8 = 1;
const MIN: u8 = 2;
pub(super) const MAX: u8 = 3;
const MEAN: u8 = 4;

/// Rows of data, the first input, folded by their segment, the second, for as many segments as the third says. Rows of a
/// negative segment are left out; one beyond the last is an error. A segment without rows is what its fold begins with: 0,
/// 1, the largest or the lowest finite number of the type.
#[derive(Clone, Debug)]
pub struct UnsortedSegment<const FOLD: u8>;

/// Sums by segment.
pub type UnsortedSegmentSum = UnsortedSegment<SUM>;
/// Products by segment.
pub type UnsortedSegmentProd = UnsortedSegment<PROD>;
/// Minima by segment.
pub type UnsortedSegmentMin = UnsortedSegment<MIN>;
/// Maxima by segment.
pub type UnsortedSegmentMax = UnsortedSegment<MAX>;

impl<const FOLD: u8> Op for UnsortedSegment<FOLD> {
    fn name(&self) -> &'static str {
        ["UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMin", "UnsortedSegmentMax"]
            [usize::from(FOLD)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("Tindices", node.inputs[1].dtype)
            .with("Tnumsegments", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(UnsortedSegment)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, segments, count] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_foldable(FOLD, data, segments)?;
        must_be_index(count, "the number of segments")?;
        must_be_scalar(count, "the number of segments")?;
        let (Some(sizes), Some(rows)) = (data.shape.sizes(), segments.shape.sizes()) else {
            return Ok(Fact::new(data.dtype, PartialShape::unknown()).one());
        };
        let fits = rows.len() <= sizes.len()
            && rows.iter().zip(sizes).all(|(a, b)| a.zip(*b).is_none_or(|(a, b)| a == b));
        if !fits {
            let shapes = format!("data of shape {} has no segment for each row in", data.shape);
            return Err(format!("{shapes} {}", segments.shape).into());
        }
        let shape = [segment_count(count)?].into_iter().chain(sizes[rows.len()..].iter().copied());
        Ok(Fact::new(data.dtype, shape.collect::<PartialShape>()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (data, segments) = (node.x(0), node.x(1));
            let rows = RowsOf { segments: segments.maximum(0), dropped: Some(segments.less(0)) };
            let sums = |x: &Tensor| x.graph().add(UnsortedSegmentSum {}, &[x, segments, node.x(2)]);
            let products = |x: &Tensor| x.graph().add(UnsortedSegmentProd {}, &[x, segments, node.x(2)]);
            [Some(fold_gradient::<FOLD>(node, dy, data, &rows, &sums, &products)), None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (data, segments) = (node.inputs[0], node.inputs[1]);
        let Some(out) = node.outputs[0].shape.known() else { return Ok(once_known(self, node)) };
        let count = known_shape(segments)?.elements();
        let kernel = fold_kernel(FOLD, data.dtype, segments.dtype, count, out[1..].iter().product(), out[0])?;
        Ok(Lowered { work: Work::Kernel(Box::new(kernel)), reads: smallvec![0, 1] })
    }
}

/// Rows of data, the first input, folded by their segment, the second: a vector of numbers that do not fall. There are as
/// many segments as the last asks for; one without rows is 1 for products and 0 for everything else.
#[derive(Clone, Debug)]
pub struct Segment<const FOLD: u8>;

/// Sums by sorted segment.
pub type SegmentSum = Segment<SUM>;
/// Products by sorted segment.
pub type SegmentProd = Segment<PROD>;
/// Minima by sorted segment.
pub type SegmentMin = Segment<MIN>;
/// Maxima by sorted segment.
pub type SegmentMax = Segment<MAX>;
/// Means by sorted segment.
pub type SegmentMean = Segment<MEAN>;

impl<const FOLD: u8> Op for Segment<FOLD> {
    fn name(&self) -> &'static str {
        ["SegmentSum", "SegmentProd", "SegmentMin", "SegmentMax", "SegmentMean"][usize::from(FOLD)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tindices", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Segment)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, segments] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_foldable(FOLD, data, segments)?;
        if segments.shape.rank().is_some_and(|rank| rank != 1) || data.shape.rank() == Some(0) {
            let shapes = format!("{} and {}", data.shape, segments.shape);
            return Err(format!("it takes rows and a vector of their segments, and got {shapes}").into());
        }
        let count = segments.integers().map(|segments| sorted_count(&segments)).transpose()?;
        Ok(Fact::new(data.dtype, rows_of(count, data)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (data, segments) = (node.x(0), node.x(1));
            let rows = RowsOf { segments: segments.clone(), dropped: None };
            let sums = |x: &Tensor| x.graph().add(SegmentSum {}, &[x, segments]);
            let products = |x: &Tensor| x.graph().add(SegmentProd {}, &[x, segments]);
            [Some(fold_gradient::<FOLD>(node, dy, data, &rows, &sums, &products)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let (data, segments) = (arrays[0].shape(), arrays[1].shape());
            if segments.rank() != 1 || data.first() != segments.first() {
                return Err(format!("there are rows of shape {data} and segments of shape {segments}").into());
            }
            let segments = arrays[1].to_i64()?;
            let count = sorted_count(&segments)?;
            Ok(vec![folded(FOLD, &arrays[0], &segments, count, |rows| rows as f64)?])
        }))
    }
}

/// Which rows of what was folded belong to each row of the data, and which rows of the data were left out.
struct RowsOf {
    segments: Tensor,
    dropped: Option<Tensor>,
}

impl RowsOf {
    /// For each row of the data its row of `y`; zeros for those left out.
    #[track_caller]
    fn gather(&self, y: &Tensor) -> Tensor {
        let taken = y.gather(&self.segments);
        let Some(dropped) = &self.dropped else { return taken };
        let tf = y.graph();
        let axes = (taken.rank_tensor() - self.segments.rank_tensor()).expand_dims(0);
        let shape = tf.concat(&[&self.segments.shape_tensor(), &tf.fill(axes, 1)], 0);
        let kept = dropped.logical_not().cast_to(taken.dtype_or(DType::Float32)).reshape(shape);
        taken.multiply_no_nan(kept)
    }
}

/// What flows back to the data through a fold.
#[track_caller]
fn fold_gradient<const FOLD: u8>(
    node: &Backward<'_>,
    dy: &Tensor,
    data: &Tensor,
    rows: &RowsOf,
    sums: &dyn Fn(&Tensor) -> Tensor,
    products: &dyn Fn(&Tensor) -> Tensor,
) -> Tensor {
    let dtype = data.dtype_or(DType::Float32);
    match FOLD {
        SUM => rows.gather(dy),
        MEAN => rows.gather(&dy.div_no_nan(sums(&data.ones_like()))),
        // The product of a segment's other rows: of all of them divided by this one, or, if this one is zero, of those
        // that are not, unless there are more zeros.
        PROD => {
            let zero = data.equal(0).cast_to(dtype);
            let others = data + &zero;
            let zeros = sums(&zero);
            let of_others = products(&others);
            let all = &of_others * zeros.equal(0).cast_to(dtype);
            let but_one = &of_others * zeros.equal(1).cast_to(dtype);
            let slopes = rows.gather(&(dy * &all)) / &others;
            slopes * zero.equal(0).cast_to(dtype) + rows.gather(&(dy * &but_one)) * &zero
        }
        // In equal parts to all rows that have the value that came out.
        _ => {
            let chosen = data.equal(rows.gather(node.y(0))).cast_to(dtype);
            let count = sums(&chosen);
            rows.gather(&dy.div_no_nan(count)) * chosen
        }
    }
}

fn must_be_foldable(fold: u8, data: &Fact, segments: &Fact) -> Result<(), Reason> {
    must_be_index_or(DType::Int16, segments, "segments")?;
    match data.dtype.is_number() || data.dtype.is_complex() && !matches!(fold, MIN | MAX) {
        true => Ok(()),
        false => Err(format!("it is for numbers, not {}", data.dtype).into()),
    }
}

/// The number of segments that an operand says, if it is known.
pub(super) fn segment_count(count: &Fact) -> Result<Option<usize>, Reason> {
    let count = known_integer(count).map(usize::try_from).transpose();
    count.map_err(|_| "there cannot be less than no segments".into())
}

/// So many rows of the shape of data's.
pub(super) fn rows_of(count: Option<usize>, data: &Fact) -> PartialShape {
    match data.shape.sizes() {
        Some([_, rest @ ..]) => [count].into_iter().chain(rest.iter().copied()).collect(),
        _ => PartialShape::unknown(),
    }
}

/// How many segments there are, if they are sorted.
pub(super) fn sorted_count(segments: &[i64]) -> Result<usize, Reason> {
    if let Some(place) = segments.windows(2).position(|pair| pair[0] > pair[1]) {
        let (before, after) = (segments[place], segments[place + 1]);
        return Err(format!(
            "segments must not fall, and {after} at position {} follows {before}",
            place + 1
        )
        .into());
    }
    match (segments.first(), segments.last()) {
        (Some(&first), _) if first < 0 => Err(format!("a segment is {first}; segments are 0 or more").into()),
        (_, Some(&last)) => {
            let count = last.checked_add(1).and_then(|count| usize::try_from(count).ok());
            count.ok_or_else(|| "there are too many segments".into())
        }
        _ => Ok(0),
    }
}

fn fold_kernel(
    fold: u8,
    dtype: DType,
    index: DType,
    count: usize,
    inner: usize,
    segments: usize,
) -> Result<ScatterAddKernel, Reason> {
    let (start, update) = match fold {
        PROD => (Start::One, Update::Multiply),
        MIN => (Start::Largest, Update::Minimum),
        MAX => (Start::Lowest, Update::Maximum),
        _ => (Start::Zero, Update::Add),
    };
    let kernel = ScatterAddKernel::new(element(dtype)?, scalar(index)?, count, inner, segments)?;
    Ok(kernel.folding(start, update))
}

/// Rows folded into `count` segments, those of a mean divided by what `divisor` says of the number of their rows.
pub(super) fn folded(
    fold: u8,
    data: &Array,
    segments: &[i64],
    count: usize,
    divisor: impl Fn(usize) -> f64,
) -> Result<Array, Reason> {
    let shape: Vec<usize> = [count].iter().chain(&data.shape()[1..]).copied().collect();
    let inner = shape[1..].iter().product::<usize>();
    let mut result = Array::zeros(data.dtype(), shape.clone())?;
    let mut rows_in = vec![0usize; count];
    for &segment in segments {
        let rows = usize::try_from(segment).ok().and_then(|segment| rows_in.get_mut(segment));
        *rows.ok_or_else(|| format!("segment {segment} is outside [0, {count})"))? += 1;
    }
    let ids = Array::new([segments.len()], segments)?;
    let kernel = fold_kernel(fold, data.dtype(), DType::Int64, segments.len(), inner, count)?;
    run_on(&kernel, &[data, &ids], &mut result)?;
    let row_bytes = inner * data.dtype().size().unwrap_or(0);
    if matches!(fold, MIN | MAX) && row_bytes > 0 {
        for (row, _) in rows_in.iter().enumerate().filter(|(_, rows)| **rows == 0) {
            result.bytes_mut()?[row * row_bytes..][..row_bytes].fill(0);
        }
    }
    if fold == MEAN {
        let divisors: Vec<f64> = rows_in.iter().map(|&rows| divisor(rows.max(1))).collect();
        return divided(result, &divisors);
    }
    Ok(result)
}

/// Each row divided by a number of its own.
pub(super) fn divided(rows: Array, divisors: &[f64]) -> Result<Array, Reason> {
    let count = divisors.len();
    let inner = rows.shape()[1..].iter().product::<usize>();
    let repeated: Vec<f64> =
        divisors.iter().flat_map(|&divisor| std::iter::repeat_n(divisor, inner)).collect();
    let repeated = as_type(Array::new(rows.shape().clone(), repeated)?, rows.dtype());
    let every = Array::new([count], (0..count as i64).collect::<Vec<_>>())?;
    let stored = element(rows.dtype())?;
    let divide = ScatterUpdateKernel::new(stored, Update::Divide, ScalarType::I64, count, inner, count)?;
    let mut quotients = rows.clone();
    run_on(&divide, &[&rows, &every, &repeated], &mut quotients)?;
    Ok(quotients)
}

/// A kernel of one output, run on arrays.
pub(super) fn run_on(kernel: &dyn Kernel, inputs: &[&Array], output: &mut Array) -> Result<(), Reason> {
    let inputs = inputs.iter().map(|array| array.bytes()).collect::<Result<Vec<_>, _>>()?;
    Ok(call(kernel, &Context { threads: 1 }, &inputs, &mut [output.bytes_mut()?])?)
}

macro_rules! segment_functions {
    ($($unsorted:ident $unsorted_op:ident, $sorted:ident $sorted_op:ident, $what:literal;)*) => {
        impl Tensor {
            $(
                #[doc = concat!("The ", $what, " of its rows by segment, for `count` segments (`tf.", stringify!($unsorted),
                    "`); rows of a negative segment are left out.")]
                #[track_caller]
                pub fn $unsorted(&self, segments: impl Into<Operand>, count: impl Into<Operand>) -> Tensor {
                    let number = self.graph().constant(0);
                    let (segments, count) = (segments.into().tensor(&number), count.into().tensor(&number));
                    self.graph().add($unsorted_op {}, &[self, &segments, &count])
                }

                #[doc = concat!("The ", $what, " of its rows by segment, where segments do not fall (`tf.",
                    stringify!($sorted), "`).")]
                #[track_caller]
                pub fn $sorted(&self, segments: impl Into<Operand>) -> Tensor {
                    let segments = segments.into().tensor(&self.graph().constant(0));
                    self.graph().add($sorted_op {}, &[self, &segments])
                }
            )*
        }
    };
}
segment_functions! {
    unsorted_segment_sum UnsortedSegmentSum, segment_sum SegmentSum, "sums";
    unsorted_segment_prod UnsortedSegmentProd, segment_prod SegmentProd, "products";
    unsorted_segment_min UnsortedSegmentMin, segment_min SegmentMin, "minima";
    unsorted_segment_max UnsortedSegmentMax, segment_max SegmentMax, "maxima";
}

impl Tensor {
    /// The means of its rows by segment, where segments do not fall (`tf.segment_mean`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![[1.0], [3.0], [7.0]]).segment_mean(array![0, 0, 2]);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[2.0], [0.0], [7.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn segment_mean(&self, segments: impl Into<Operand>) -> Tensor {
        let segments = segments.into().tensor(&self.graph().constant(0));
        self.graph().add(SegmentMean {}, &[self, &segments])
    }
}

fn unsorted_cases<const FOLD: u8>(answer: Array) -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]];
    let fold = |tf: &crate::Graph, x: &Tensor, segments: &Tensor| {
        vec![tf.add(UnsortedSegment::<FOLD>, &[x, segments, &tf.constant(3)])]
    };
    vec![
        Case::fed("rows", [rows(), array![2, 0, 2]], move |tf, x| fold(tf, &x[0], &x[1])).expecting([answer]),
        Case::fed("one left out", [rows(), as_type(array![-1, 0, 0], DType::Int64)], move |tf, x| {
            fold(tf, &x[0], &x[1])
        }),
        Case::fed("elements of a matrix", [rows()], move |tf, x| {
            fold(tf, &x[0], &tf.constant(array![[1, 0], [2, 2], [2, 1]]))
        }),
        Case::fed("integers", [array![7, -2, 3], array![1, 1, 0]], move |tf, x| fold(tf, &x[0], &x[1])),
        Case::fed("a number of segments that is fed", [rows(), Array::scalar(2)], move |tf, x| {
            vec![tf.add(UnsortedSegment::<FOLD>, &[&x[0], &tf.constant(array![1, 0, 1]), &x[1]])]
        }),
    ]
}

fn sorted_cases<const FOLD: u8>(answer: Array) -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]];
    let fold =
        |tf: &crate::Graph, x: &Tensor, segments: &Tensor| vec![tf.add(Segment::<FOLD>, &[x, segments])];
    vec![
        Case::fed("rows", [rows(), array![0, 0, 2]], move |tf, x| fold(tf, &x[0], &x[1])).expecting([answer]),
        Case::fed("by constant segments", [rows()], move |tf, x| {
            fold(tf, &x[0], &tf.constant(array![0, 1, 1]))
        }),
        Case::fed("integers", [array![7, -2, 3], as_type(array![0, 0, 1], DType::Int64)], move |tf, x| {
            fold(tf, &x[0], &x[1])
        }),
        Case::fed("no rows", [Array::from_literal([[0.0; 2]; 0])], move |tf, x| {
            fold(tf, &x[0], &tf.constant(Array::from_literal([0; 0])))
        }),
    ]
}

pub(super) fn unsorted_segment_sum_cases() -> Vec<Case> {
    unsorted_cases::<SUM>(array![[3.0, -4.0], [0.0, 0.0], [6.0, 8.0]])
}

pub(super) fn unsorted_segment_prod_cases() -> Vec<Case> {
    let mut cases = unsorted_cases::<PROD>(array![[3.0, -4.0], [1.0, 1.0], [5.0, 12.0]]);
    let gradient = |_: &crate::Graph, x: &[Tensor]| {
        let product = x[0].unsorted_segment_prod(array![0, 0, 1, 1, 1, 2], 3).reduce_sum(..);
        vec![crate::gradients(&[product], &[&x[0]])[0].clone().unwrap_or_else(|| x[0].clone())]
    };
    cases.push(
        Case::fed("the gradient at one zero and at two", [array![0.0, 2.0, 0.0, 0.0, 5.0, 3.0]], gradient)
            .at_kink()
            .expecting([array![2.0, 0.0, 0.0, 0.0, 0.0, 1.0]]),
    );
    cases
}

pub(super) fn unsorted_segment_min_cases() -> Vec<Case> {
    unsorted_cases::<MIN>(array![[3.0, -4.0], [f32::MAX, f32::MAX], [1.0, 2.0]])
}

pub(super) fn unsorted_segment_max_cases() -> Vec<Case> {
    unsorted_cases::<MAX>(array![[3.0, -4.0], [f32::MIN, f32::MIN], [5.0, 6.0]])
}

pub(super) fn segment_sum_cases() -> Vec<Case> {
    sorted_cases::<SUM>(array![[4.0, -2.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn segment_prod_cases() -> Vec<Case> {
    sorted_cases::<PROD>(array![[3.0, -8.0], [1.0, 1.0], [5.0, 6.0]])
}

pub(super) fn segment_min_cases() -> Vec<Case> {
    sorted_cases::<MIN>(array![[1.0, -4.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn segment_max_cases() -> Vec<Case> {
    sorted_cases::<MAX>(array![[3.0, 2.0], [0.0, 0.0], [5.0, 6.0]])
}

pub(super) fn segment_mean_cases() -> Vec<Case> {
    sorted_cases::<MEAN>(array![[2.0, -1.0], [0.0, 0.0], [5.0, 6.0]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_sorted_and_not_negative() {
        assert_eq!(sorted_count(&[0, 0, 3]).unwrap(), 4);
        assert_eq!(sorted_count(&[]).unwrap(), 0);
        assert!(sorted_count(&[0, 2, 1]).unwrap_err().text.contains("1 at position 2 follows 2"));
        assert!(sorted_count(&[-1, 2]).unwrap_err().text.contains("a segment is -1"));
        assert!(sorted_count(&[i64::MAX - 1]).is_ok());
    }
}
