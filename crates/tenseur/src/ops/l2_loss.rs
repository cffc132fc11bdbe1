//! Σx²/2: weight decay as a term of the loss.

use tenseur_kernels::{Binary, Constant, MapProgram, ReduceOp};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Reduce, Work};
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::PartialShape;

/// Σx²/2 over all elements, a scalar.
#[derive(Clone, Debug)]
pub struct L2Loss;

impl Op for L2Loss {
    fn name(&self) -> &'static str {
        "L2Loss"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<L2Loss, Reason> {
        Ok(L2Loss)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype.is_float() {
            true => Ok(Fact::new(x.dtype, PartialShape::scalar()).one()),
            false => Err(format!("it does not take {}", x.dtype).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(node.x(0) * dy)])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let x = node.inputs[0];
        let stored = x.dtype.scalar().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
        let mut prologue = MapProgram::new();
        let element = prologue.input(stored);
        let square = prologue.binary(Binary::Mul, element, element);
        prologue.output(square, stored);
        let mut epilogue = MapProgram::new();
        let sum = epilogue.input(stored);
        let half = epilogue.constant(stored, Constant::Float(0.5));
        let half_sum = epilogue.binary(Binary::Mul, sum, half);
        epilogue.output(half_sum, stored);
        let axes = (0..x.shape.rank().unwrap_or(0)).collect();
        let reduce = Reduce { prologue, axes, op: ReduceOp::Sum, epilogue: Some(epilogue) };
        Ok(Lowered::reading(1, Work::Reduce(reduce)))
    }
}

/// Σx²/2 over all elements, a scalar (`tf.nn.l2_loss`): added to a loss, it keeps weights small.
#[track_caller]
pub fn l2_loss(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(L2Loss, &[x])
}

pub(super) fn l2_loss_cases() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, -2.0], [3.0, 0.5]]], |_, x| vec![l2_loss(&x[0])])
            .expecting([crate::Array::scalar(7.125f32)]),
        Case::fed("scalar", [crate::Array::scalar(3.0f32)], |_, x| vec![l2_loss(&x[0])]),
    ]
}
