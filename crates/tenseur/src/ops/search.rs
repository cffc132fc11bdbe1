//! Where numbers belong in sorted rows: before all that are not less (LowerBound), or behind all that are not greater
//! (UpperBound).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, Element, PartialShape};

/// For each number of a row of the second input, its place in the same row of the first, which rises: of how many elements
/// it is greater or, if UPPER, not less.
#[derive(Clone, Debug)]
pub struct Bound<const UPPER: bool> {
    /// The type of the places: int32 or int64.
    pub out_type: DType,
}

/// Before equal ones.
pub type LowerBound = ByArrays<Bound<false>>;
/// Behind equal ones.
pub type UpperBound = ByArrays<Bound<true>>;

impl<const UPPER: bool> OverArrays for Bound<UPPER> {
    const NAME: &'static str = if UPPER { "UpperBound" } else { "LowerBound" };
    const NO_GRADIENT: &'static str = "places do not change a little";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("out_type", self.out_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("out_type", DType::Int32)? {
            out_type @ (DType::Int32 | DType::Int64) => Ok(Bound { out_type }),
            other => Err(format!("attribute \"out_type\" is {other}; it is int32 or int64").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sorted, values] = inputs else { return Err(wrong_count(2, inputs)) };
        if sorted.dtype != values.dtype || !values.dtype.is_number() {
            return Err(format!("it takes numbers of one type, not {sorted} and {values}").into());
        }
        let rows = [sorted, values].map(|fact| fact.shape.merge(&PartialShape::of_rank(2)));
        match rows {
            [Some(sorted), Some(values)]
                if sorted.size(0).zip(values.size(0)).is_none_or(|(a, b)| a == b) =>
            {
                let shape: PartialShape =
                    [values.size(0).or(sorted.size(0)), values.size(1)].into_iter().collect();
                Ok(Fact::new(self.out_type, shape).one())
            }
            _ => Err(format!("it takes matrices with as many rows, not {sorted} and {values}").into()),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (sorted, values) = (&inputs[0], &inputs[1]);
        if sorted.shape().rank() != 2 || values.shape().rank() != 2 || sorted.shape()[0] != values.shape()[0]
        {
            return Err(format!(
                "it takes matrices with as many rows, not of shapes {} and {}",
                sorted.shape(),
                values.shape()
            )
            .into());
        }
        macro_rules! places {
            ($($dtype:ident $number:ty,)*) => {
                match sorted.dtype() {
                    $(DType::$dtype => places::<$number, UPPER>(sorted, values)?,)*
                    other => return Err(format!("it does not order {other}").into()),
                }
            };
        }
        let places = places!(Float16 half::f16, BFloat16 half::bf16, Float32 f32, Float64 f64, Int8 i8, Int16 i16,
            Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,);
        Ok(vec![as_type(Array::new(values.shape().clone(), places)?, self.out_type)])
    }
}

fn places<T: Element + PartialOrd, const UPPER: bool>(
    sorted: &Array,
    values: &Array,
) -> Result<Vec<i32>, Reason> {
    let (length, columns) = (sorted.shape()[1], values.shape()[1]);
    let (sorted, values) = (sorted.as_slice::<T>()?, values.as_slice::<T>()?);
    let place = |(number, value): (usize, &T)| {
        let row = &sorted[number / columns * length..][..length];
        row.partition_point(|element| if UPPER { element <= value } else { element < value }) as i32
    };
    Ok(values.iter().enumerate().map(place).collect())
}

impl Tensor {
    /// The place of each number of `values` in this sorted vector: before those that equal it or, if `right`, behind them
    /// (`tf.searchsorted`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let edges = tf.constant(array![1.0, 2.0, 4.0]);
    /// let y = edges.searchsorted(array![0.5, 2.0, 9.0], true);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0, 2, 3]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn searchsorted(&self, values: impl Into<Operand>, right: bool) -> Tensor {
        let values = values.into().tensor(self);
        let rows = [self.reshape([1, -1]), values.reshape([1, -1])];
        let places = match right {
            true => {
                self.graph().add(ByArrays(Bound::<true> { out_type: DType::Int32 }), &[&rows[0], &rows[1]])
            }
            false => {
                self.graph().add(ByArrays(Bound::<false> { out_type: DType::Int32 }), &[&rows[0], &rows[1]])
            }
        };
        places.reshape(values.shape_tensor())
    }
}

fn cases<const UPPER: bool>(answer: Array) -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        vec![tf.add(ByArrays(Bound::<UPPER> { out_type: DType::Int32 }), &[&x[0], &x[1]])]
    };
    vec![
        Case::fed("two rows", [array![[0, 3, 3, 9], [1, 2, 3, 4]], array![[3, 9, -1], [4, 5, 1]]], build)
            .expecting([answer]),
        Case::fed("floats", [array![[0.5, 1.5]], array![[1.0, 1.5]]], build),
        Case::fed("nothing", [Array::from_literal([[0.0; 0]; 1]), array![[1.0]]], build),
    ]
}

pub(super) fn lower_bound_cases() -> Vec<Case> {
    cases::<false>(array![[1, 3, 0], [3, 4, 0]])
}

pub(super) fn upper_bound_cases() -> Vec<Case> {
    cases::<true>(array![[3, 4, 0], [4, 4, 1]])
}
