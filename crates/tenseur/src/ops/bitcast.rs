//! The bytes of numbers, read as numbers of another type.

use tenseur_kernels::Call;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// The input's bytes as numbers of another type. A smaller type adds a last axis, of as many as make one; a larger one takes
/// a last axis of that size away.
#[derive(Clone, Debug)]
pub struct Bitcast {
    /// The type they are read as.
    pub dtype: DType,
}

impl Op for Bitcast {
    fn name(&self) -> &'static str {
        "Bitcast"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("type", self.dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Bitcast, Reason> {
        Ok(Bitcast { dtype: attrs.require("type")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let size = |dtype: DType| match dtype.size() {
            Some(size) if dtype.is_number() || dtype.is_complex() => Ok(size),
            _ => Err(format!("it reads the bytes of numbers, not of {dtype}")),
        };
        let (from, to) = (size(x.dtype)?, size(self.dtype)?);
        let shape = match x.shape.sizes() {
            None => PartialShape::unknown(),
            Some(sizes) if from == to => sizes.to_vec().into(),
            Some(sizes) if from > to => sizes.iter().copied().chain([Some(from / to)]).collect(),
            Some([rest @ .., last]) if last.is_none_or(|last| last == to / from) => rest.to_vec().into(),
            Some(_) => {
                let count = to / from;
                return Err(
                    format!("the last axis of shape {} is not of {count} that make one", x.shape).into()
                );
            }
        };
        Ok(Fact::new(self.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("bytes do not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let x = node.inputs[0];
        let bytes = known_shape(x)?.elements() * x.dtype.size().unwrap_or(0);
        Ok(Lowered::kernel(Call::new("Bitcast", vec![bytes], vec![bytes], |inputs, outputs| {
            outputs[0].copy_from_slice(inputs[0]);
            Ok(())
        })))
    }
}

impl Tensor {
    /// Its bytes as numbers of another type (`tf.bitcast`): a smaller type adds a last axis, a larger one takes one away.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let bits = tf.constant(array![1.0, -2.0]).bitcast(DType::Int32);
    /// assert_eq!(Session::new(&tf)?.run(&bits, feeds![])?, array![0x3f80_0000, -0x4000_0000]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn bitcast(&self, dtype: DType) -> Tensor {
        self.graph().add(Bitcast { dtype }, &[self])
    }
}

pub(super) fn bitcast_cases() -> Vec<Case> {
    vec![
        Case::fed("same size", [array![1.0, -2.0]], |_, x| vec![x[0].bitcast(DType::UInt32)])
            .expecting([crate::Array::new([2], [0x3f80_0000u32, 0xc000_0000]).unwrap_or(array![0])]),
        Case::fed("smaller and back", [array![1, 258]], |_, x| {
            let bytes = x[0].bitcast(DType::UInt8);
            vec![bytes.clone(), bytes.bitcast(DType::Int32)]
        })
        .expecting([as_type(array![[1, 0, 0, 0], [2, 1, 0, 0]], DType::UInt8), array![1, 258]]),
        Case::fed("nothing", [crate::Array::from_literal([[0; 2]; 0])], |_, x| {
            vec![x[0].bitcast(DType::Int64)]
        }),
    ]
}
