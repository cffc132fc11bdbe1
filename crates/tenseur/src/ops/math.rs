//! Arithmetic, element by element.

use std::ops::{Add, Mul as MulOperator, Neg as NegOperator};

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor, Variable};
use crate::lowering::Lowered;
use crate::ops::{Attrs, Effects, Elementwise, Grad, Op, Signature, broadcast_map, narrowed};
use crate::value::{Array, DType};

/// The type of both numbers, if it is one type of numbers.
fn same_number(inputs: &[DType]) -> Option<DType> {
    let &[first, ..] = inputs else { return None };
    (first.is_number() && inputs.iter().all(|&dtype| dtype == first)).then_some(first)
}

/// The type, if it is a float.
fn float(inputs: &[DType]) -> Option<DType> {
    same_number(inputs).filter(|dtype| dtype.is_float())
}

/// x + y
#[derive(Clone, Debug)]
pub struct AddV2;

impl Elementwise for AddV2 {
    const NAME: &'static str = "AddV2";
    const INPUTS: usize = 2;
    const BROADCASTS: bool = true;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<AddV2, Reason> {
        Ok(AddV2)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        same_number(inputs)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        program.binary(Binary::Add, x[0], x[1])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(node.sum_to(dy, 0)), Some(node.sum_to(dy, 1))])
    }
}

/// x₀ + x₁ + …, all of one shape: the sum of gradients that arrive along several paths.
#[derive(Clone, Debug)]
pub struct AddN;

impl Op for AddN {
    fn name(&self) -> &'static str {
        "AddN"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("N", node.inputs.len() as i64).with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<AddN, Reason> {
        Ok(AddN)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some(first) = inputs.first() else { return Err("it has nothing to add".into()) };
        let mut shape = first.shape.clone();
        for fact in inputs {
            if fact.dtype != first.dtype || !fact.dtype.is_number() {
                return Err(format!(
                    "it adds numbers of one type and got {} and {}",
                    first.dtype, fact.dtype
                )
                .into());
            }
            let both = shape.merge(&fact.shape);
            shape = both.ok_or_else(|| format!("shapes {shape} and {} differ", fact.shape))?;
        }
        Ok(Fact::new(first.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| vec![node.dy(0).cloned(); node.inputs()]))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        broadcast_map(node, |program, x| {
            let dtype = node.inputs[0].dtype;
            x[1..].iter().fold(x[0], |sum, &term| {
                let sum = program.binary(Binary::Add, sum, term);
                narrowed(program, sum, dtype)
            })
        })
    }
}

/// x · y
#[derive(Clone, Debug)]
pub struct Mul;

impl Elementwise for Mul {
    const NAME: &'static str = "Mul";
    const INPUTS: usize = 2;
    const BROADCASTS: bool = true;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Mul, Reason> {
        Ok(Mul)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        same_number(inputs)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        program.binary(Binary::Mul, x[0], x[1])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            [Some(node.sum_to(&(dy * node.x(1)), 0)), Some(node.sum_to(&(dy * node.x(0)), 1))]
        })
    }
}

/// −x
#[derive(Clone, Debug)]
pub struct Neg;

impl Elementwise for Neg {
    const NAME: &'static str = "Neg";
    const INPUTS: usize = 1;
    const BROADCASTS: bool = false;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Neg, Reason> {
        Ok(Neg)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        same_number(inputs).filter(|dtype| dtype.is_signed())
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        program.unary(Unary::Neg, x[0])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(-dy)])
    }
}

/// eˣ
#[derive(Clone, Debug)]
pub struct Exp;

impl Elementwise for Exp {
    const NAME: &'static str = "Exp";
    const INPUTS: usize = 1;
    const BROADCASTS: bool = false;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Exp, Reason> {
        Ok(Exp)
    }

    fn dtype(&self, inputs: &[DType]) -> Option<DType> {
        float(inputs)
    }

    fn can_fail(&self) -> bool {
        false
    }

    fn scalar(&self, program: &mut MapProgram, x: &[Value]) -> Value {
        program.unary(Unary::Exp, x[0])
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy * node.y(0))])
    }
}

impl Tensor {
    /// eˣ, element by element.
    #[track_caller]
    pub fn exp(&self) -> Tensor {
        self.graph().add(Exp, &[self])
    }
}

/// The operators of expressions, for tensors, variables and numbers on either side.
macro_rules! operators {
    ($($operator:ident $method:ident $op:expr;)*) => { $(
        operators!(@ $operator $method $op, Tensor, &Tensor, Variable, &Variable);
    )* };
    (@ $operator:ident $method:ident $op:expr, $($left:ty),*) => {
        $(
            impl<R: Into<Operand>> $operator<R> for $left {
                type Output = Tensor;

                #[track_caller]
                fn $method(self, right: R) -> Tensor {
                    let left: &Tensor = self.as_ref();
                    let right = right.into().tensor(left);
                    left.graph().add($op, &[left, &right])
                }
            }
        )*
        operators!(# $operator $method $op, f64: Tensor, f64: &Tensor, f64: &Variable, f32: Tensor, f32: &Tensor, f32: &Variable, i32: Tensor, i32: &Tensor);
    };
    (# $operator:ident $method:ident $op:expr, $($left:ty: $right:ty),*) => { $(
        impl $operator<$right> for $left {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, right: $right) -> Tensor {
                let right: &Tensor = right.as_ref();
                let left = Operand::from(self).tensor(right);
                right.graph().add($op, &[&left, right])
            }
        }
    )* };
}
operators! {
    Add add AddV2;
    MulOperator mul Mul;
}

macro_rules! negations {
    ($($operand:ty),*) => { $(
        impl NegOperator for $operand {
            type Output = Tensor;

            #[track_caller]
            fn neg(self) -> Tensor {
                let x: &Tensor = self.as_ref();
                x.graph().add(Neg, &[x])
            }
        }
    )* };
}
negations!(Tensor, &Tensor, &Variable);

pub(super) fn add_cases() -> Vec<Case> {
    vec![
        Case::fed("same shape", [array![1.0, 2.0], array![3.0, 4.0]], |_, x| vec![&x[0] + &x[1]]),
        Case::fed("broadcast", [array![[1.0], [2.0]], array![3.0, 4.0]], |_, x| vec![&x[0] + &x[1]]),
        Case::fed("a number", [array![1, 2]], |_, x| vec![&x[0] + 1]).expecting([array![2, 3]]),
        Case::fed("empty", [Array::from_literal([0.0; 0])], |_, x| vec![&x[0] + 1.0]),
    ]
}

pub(super) fn add_n_cases() -> Vec<Case> {
    vec![Case::fed("three", [array![1.0, 2.0], array![3.0, 4.0]], |tf, x| {
        vec![tf.add(AddN, &[&x[0], &x[1], &x[0]])]
    })]
}

pub(super) fn mul_cases() -> Vec<Case> {
    vec![
        Case::fed("a square", [array![1.5, -2.0]], |_, x| vec![&x[0] * &x[0]]),
        Case::fed("broadcast", [array![[1.0], [2.0]], array![3.0, 4.0]], |_, x| vec![&x[0] * &x[1]]),
        Case::fed("infinities", [array![f32::INFINITY, 0.0], array![0.0, f32::NAN]], |_, x| {
            vec![&x[0] * &x[1]]
        })
        .at_kink(),
    ]
}

pub(super) fn neg_cases() -> Vec<Case> {
    vec![Case::fed("signs", [array![1.5, -2.0, 0.0]], |_, x| vec![-&x[0]])]
}

pub(super) fn exp_cases() -> Vec<Case> {
    vec![
        Case::fed("moderate", [array![0.0, 1.0, -2.5]], |_, x| vec![x[0].exp()]),
        Case::fed("ends", [array![f32::INFINITY, f32::NEG_INFINITY, 1000.0]], |_, x| vec![x[0].exp()])
            .at_kink()
            .expecting([array![f32::INFINITY, 0.0, f32::INFINITY]]),
    ]
}
