//! Rows that are set, raised or lowered by number: InplaceUpdate, InplaceAdd and InplaceSub.
//!
//! TensorFlow changes the memory of x itself, and says that nothing else may read it; here x stays what it was.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays, applied};
use crate::ops::math::{AddV2, Sub};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Rows become others.
pub const UPDATE: u8 = 0;
/// Others are added to rows.
pub const ADD: u8 = 1;
/// Others are taken from rows.
pub const SUB: u8 = 2;

/// Rows of x, the first input, whose numbers the second says, changed by those of the third, one after the other. A number may be
/// outside of x: it is counted modulo its rows.
#[derive(Clone, Debug)]
pub struct Inplace<const CHANGE: u8>;

impl<const CHANGE: u8> OverArrays for Inplace<CHANGE> {
    const NAME: &'static str = ["InplaceUpdate", "InplaceAdd", "InplaceSub"][CHANGE as usize];
    const NO_GRADIENT: &'static str = "TensorFlow has no gradient of changes in place";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Inplace)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, rows, values] = inputs else { return Err(wrong_count(3, inputs)) };
        if x.dtype != values.dtype || rows.dtype != DType::Int32 {
            let (rows, values) = (rows.dtype, values.dtype);
            return Err(format!(
                "x is of {}, the numbers of rows of {rows}, the values of {values}",
                x.dtype
            )
            .into());
        }
        if CHANGE != UPDATE && x.dtype.size().is_none_or(|_| x.dtype == DType::Bool) {
            return Err(format!("it does not add {}", x.dtype).into());
        }
        if x.dtype.size().is_none() {
            return Err(format!("it does not change {}", x.dtype).into());
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (x, numbers, values) = (&inputs[0], inputs[1].as_slice::<i32>()?, &inputs[2]);
        let shapes = || {
            format!(
                "x, the numbers of rows and the values have shapes {}, {} and {}",
                x.shape(),
                inputs[1].shape(),
                values.shape()
            )
        };
        let (Some((rows, inner)), Some((count, own))) =
            (x.shape().split_first(), values.shape().split_first())
        else {
            return Err(shapes().into());
        };
        if inner != own || inputs[1].shape().rank() != 1 || numbers.len() != *count {
            return Err(shapes().into());
        }
        let mut changed = x.clone();
        let size = x.dtype().size().unwrap_or(0) * inner.iter().product::<usize>();
        if size == 0 || *rows == 0 {
            return Ok(vec![changed]);
        }
        for (place, &number) in numbers.iter().enumerate() {
            let row = i64::from(number).rem_euclid(*rows as i64) as usize;
            let range = row * size..(row + 1) * size;
            let one = |bytes: &[u8]| Array::from_bytes(x.dtype(), inner, bytes);
            let value = one(&values.bytes()?[place * size..(place + 1) * size])?;
            let value = match CHANGE {
                UPDATE => value,
                ADD => applied(&AddV2, &[&one(&changed.bytes()?[range.clone()])?, &value])?.swap_remove(0),
                _ => applied(&Sub, &[&one(&changed.bytes()?[range.clone()])?, &value])?.swap_remove(0),
            };
            changed.bytes_mut()?[range].copy_from_slice(value.bytes()?);
        }
        Ok(vec![changed])
    }
}

fn cases<const CHANGE: u8>(answer: Array) -> Vec<Case> {
    let rows = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    vec![
        Case::fed(
            "a row twice",
            [rows, array![2, 0, 2], array![[1.0, 1.0], [2.0, 2.0], [3.0, 4.0]]],
            |tf, x| {
                vec![
                    tf.add(
                        ByArrays(Inplace::<CHANGE>),
                        &[&x[0].stop_gradient(), &x[1], &x[2].stop_gradient()],
                    ),
                ]
            },
        )
        .at_kink()
        .expecting([answer]),
    ]
}

pub(in crate::ops) fn update_cases() -> Vec<Case> {
    cases::<UPDATE>(array![[2.0, 2.0], [3.0, 4.0], [3.0, 4.0]])
}

pub(in crate::ops) fn add_cases() -> Vec<Case> {
    cases::<ADD>(array![[3.0, 4.0], [3.0, 4.0], [9.0, 11.0]])
}

pub(in crate::ops) fn sub_cases() -> Vec<Case> {
    cases::<SUB>(array![[-1.0, 0.0], [3.0, 4.0], [1.0, 1.0]])
}
