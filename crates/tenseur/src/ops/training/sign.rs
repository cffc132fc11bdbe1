//! Steps that grow where gradient and moving mean agree in sign (Bello et al. 2017, "Neural optimizer search with
//! reinforcement learning").

use super::{Arithmetic, Ranges, Role, Rule};
use crate::error::Reason;
use crate::ops::Attrs;
use Role::{Scalar, Tensor as OfShape, Variable};
use tenseur_kernels::{Unary, Value};

/// m ← β·m + (1−β)·grad; var ← var − lr·(α + decay·sign(grad)·sign(m))·grad
#[derive(Clone, Debug)]
pub struct AddSign;

/// m ← β·m + (1−β)·grad; var ← var − lr·exp(logbase·decay·sign(grad)·sign(m))·grad
#[derive(Clone, Debug)]
pub struct PowerSign;

const fn inputs(factor: &'static str) -> [(&'static str, Role); 7] {
    [
        ("var", Variable),
        ("m", Variable),
        ("lr", Scalar),
        (factor, Scalar),
        ("sign_decay", Scalar),
        ("beta", Scalar),
        ("grad", OfShape),
    ]
}

impl Rule for AddSign {
    const NAME: &'static str = "ApplyAddSign";
    const RESOURCE_NAME: &'static str = "ResourceApplyAddSign";
    const INPUTS: &'static [(&'static str, Role)] = &inputs("alpha");
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<AddSign, Reason> {
        Ok(AddSign)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(AddSign, &[0.1, 1.0, 0.9, 0.8])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, m, lr, alpha, sign_decay, beta, grad] = x else { return Vec::new() };
        let m = p.moving(m, grad, beta);
        let agreement = agreement(p, grad, m);
        let bonus = p.mul(sign_decay, agreement);
        let factor = p.add(alpha, bonus);
        vec![scaled(p, var, lr, factor, grad), m]
    }
}

impl Rule for PowerSign {
    const NAME: &'static str = "ApplyPowerSign";
    const RESOURCE_NAME: &'static str = "ResourceApplyPowerSign";
    const INPUTS: &'static [(&'static str, Role)] = &inputs("logbase");
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<PowerSign, Reason> {
        Ok(PowerSign)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(PowerSign, &[0.1, 1.0, 0.9, 0.8])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, m, lr, logbase, sign_decay, beta, grad] = x else { return Vec::new() };
        let m = p.moving(m, grad, beta);
        let agreement = agreement(p, grad, m);
        let exponent = p.mul(sign_decay, agreement);
        let exponent = p.mul(logbase, exponent);
        let factor = p.program.unary(Unary::Exp, exponent);
        vec![scaled(p, var, lr, factor, grad), m]
    }
}

/// sign(grad)·sign(m)
fn agreement(p: &mut Arithmetic<'_>, grad: Value, m: Value) -> Value {
    let (of_grad, of_mean) = (p.program.unary(Unary::Sign, grad), p.program.unary(Unary::Sign, m));
    p.mul(of_grad, of_mean)
}

/// var − lr·factor·grad
fn scaled(p: &mut Arithmetic<'_>, var: Value, lr: Value, factor: Value, grad: Value) -> Value {
    let rate = p.mul(lr, factor);
    let step = p.mul(rate, grad);
    p.sub(var, step)
}
