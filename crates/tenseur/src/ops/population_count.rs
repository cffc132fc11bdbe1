//! How many bits of an integer are 1.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// How many bits of each integer are 1, as uint8.
#[derive(Clone, Debug)]
pub struct PopulationCount;

impl OverArrays for PopulationCount {
    const NAME: &'static str = "PopulationCount";
    const NO_GRADIENT: &'static str = "bits do not change smoothly";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(PopulationCount)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.is_integer() {
            true => Ok(Fact::new(DType::UInt8, x.shape.clone()).one()),
            false => Err(refusal(&[x.dtype], DType::is_integer)),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let size = inputs[0].dtype().size().ok_or("it counts bits of integers")?;
        let ones = |bytes: &[u8]| bytes.iter().map(|byte| byte.count_ones() as u8).sum::<u8>();
        let counts: Vec<u8> = inputs[0].bytes()?.chunks_exact(size).map(ones).collect();
        Ok(vec![Array::new(inputs[0].shape().clone(), counts)?])
    }
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::fed("int32", [array![[0, 1, -1], [255, 256, -2]]], |tf, x| {
            vec![tf.add(ByArrays(PopulationCount), &[&x[0]])]
        })
        .expecting([as_type(array![[0, 1, 32], [8, 1, 31]], DType::UInt8)]),
        Case::fed("int64", [as_type(array![-1, 6], DType::Int64)], |tf, x| {
            vec![tf.add(ByArrays(PopulationCount), &[&x[0]])]
        })
        .expecting([as_type(array![64, 2], DType::UInt8)]),
    ]
}
