//! Transfer functions, and the gradient ops that TensorFlow has for them.

use tenseur_kernels::{Binary, Constant, MapProgram, Value};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::Tensor;
use crate::ops::{Attrs, Elementwise, Grad, Signature};
use crate::value::DType;

/// max(x, 0)
#[derive(Clone, Debug)]
pub struct Relu;

impl Elementwise for Relu {
    const NAME: &'static str = "Relu";
    const INPUTS: usize = 1;
    const BROADCASTS: bool = false;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Relu, Reason> {
        Ok(Relu)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        Some(inputs[0]).filter(|dtype| dtype.is_number())
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        let zero = zero_like(program, x[0]);
        program.binary(Binary::Maximum, x[0], zero)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(ReluGrad, &[dy, node.y(0)]))])
    }
}

/// dy where the second input, Relu's input or output, is above 0, and 0 elsewhere: relu'(0) = 0.
#[derive(Clone, Debug)]
pub struct ReluGrad;

impl Elementwise for ReluGrad {
    const NAME: &'static str = "ReluGrad";
    const INPUTS: usize = 2;
    const BROADCASTS: bool = false;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<ReluGrad, Reason> {
        Ok(ReluGrad)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        (inputs[0] == inputs[1] && inputs[0].is_number()).then_some(inputs[0])
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        let zero = zero_like(program, x[0]);
        let above = program.binary(Binary::Greater, x[1], zero);
        program.select(above, x[0], zero)
    }

    fn grad(&self) -> Grad<'_> {
        // Linear in dy; where the second input is above 0 does not change when it changes a little.
        Grad::rule(|node, ddy| [Some(ddy.graph().add(ReluGrad, &[ddy, node.x(1)])), None])
    }
}

/// 0 of the type in which `x` is computed.
fn zero_like(program: &mut MapProgram, x: Value) -> Value {
    let stored = program.compute_type(x).stored();
    program.constant(stored, Constant::Float(0.0))
}

/// max(x, 0), element by element; its derivative at 0 is taken as 0.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::relu(tf.constant(array![-1.0, 0.0, 2.0]));
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.0, 0.0, 2.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn relu(x: impl AsRef<Tensor>) -> Tensor {
    let x = x.as_ref();
    x.graph().add(Relu, &[x])
}

pub(super) fn relu_cases() -> Vec<Case> {
    vec![
        Case::fed("both sides", [array![[-1.5, 2.0], [0.5, -3.0]]], |_, x| vec![relu(&x[0])]),
        Case::fed("at zero and beyond", [array![0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]], |_, x| {
            vec![relu(&x[0])]
        })
        .at_kink(),
    ]
}

pub(super) fn relu_grad_cases() -> Vec<Case> {
    vec![Case::fed("both sides", [array![1.0, 2.0, 3.0], array![-1.0, 1.0, 2.0]], |tf, x| {
        vec![tf.add(ReluGrad, &[&x[0], &x[1]])]
    })]
}
