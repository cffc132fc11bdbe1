//! Arrays of one row each, as the rows of one.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The inputs, each with a first axis of size 1, behind each other along that axis.
#[derive(Clone, Debug)]
pub struct ParallelConcat {
    /// The shape of the result.
    pub shape: PartialShape,
}

impl OverArrays for ParallelConcat {
    const NAME: &'static str = "ParallelConcat";
    const NO_GRADIENT: &'static str = "TensorFlow has no gradient of it";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let dtype = node.inputs.first().map_or(DType::Float32, |first| first.dtype);
        let attrs = Attrs::new().with("N", node.inputs.len() as i64).with("T", dtype);
        attrs.with("shape", self.shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(ParallelConcat { shape: attrs.require("shape")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some(first) = inputs.first() else { return Err("it has no inputs".into()) };
        let wrong = |fact: &Fact| {
            let said = &self.shape;
            Reason::from(format!(
                "{} inputs, of which one is {fact}, do not make up shape {said}",
                inputs.len()
            ))
        };
        let Some(sizes) = self.shape.sizes() else {
            return Err(format!("attribute \"shape\" is {}, and is to be known", self.shape).into());
        };
        let own: PartialShape = [Some(1)].into_iter().chain(sizes.iter().skip(1).copied()).collect();
        for fact in inputs {
            if fact.dtype != first.dtype || own.merge(&fact.shape).is_none() {
                return Err(wrong(fact));
            }
        }
        match self.shape.known() {
            Some(shape) if shape.first() == Some(&inputs.len()) => {
                Ok(Fact::new(first.dtype, self.shape.clone()).one())
            }
            _ => Err(wrong(first)),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let shape = self.shape.known().ok_or_else(|| format!("attribute \"shape\" is {}", self.shape))?;
        let dtype = inputs[0].dtype();
        if dtype == DType::String {
            let all = inputs.iter().map(Array::as_strings).collect::<Result<Vec<_>, _>>()?;
            return Ok(vec![Array::strings(shape, all.concat())?]);
        }
        let all = inputs.iter().map(Array::bytes).collect::<Result<Vec<_>, _>>()?;
        Ok(vec![Array::from_bytes(dtype, shape, &all.concat())?])
    }
}

pub(in crate::ops) fn parallel_concat_cases() -> Vec<Case> {
    vec![
        Case::fed("two rows", [array![[1.0, 2.0]], array![[3.0, 4.0]]], |tf, x| {
            let op = ParallelConcat { shape: [2, 2].into() };
            vec![tf.add(ByArrays(op), &[&x[0].stop_gradient(), &x[1].stop_gradient()])]
        })
        .expecting([array![[1.0, 2.0], [3.0, 4.0]]]),
    ]
}
