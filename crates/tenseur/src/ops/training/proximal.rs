//! Descent with a penalty taken exactly at every step (Duchi & Singer 2009, "Efficient online and batch learning using
//! forward backward splitting").

use super::{Arithmetic, Ranges, Role, Rule};
use crate::error::Reason;
use crate::ops::Attrs;
use Role::{Scalar, Tensor as OfShape, Variable};
use tenseur_kernels::{Binary, Range, Unary, Value};

/// Those of [`ProximalAdagrad`].
const RANGES: Ranges = Ranges { of_all: ADAGRAD, of_rows: ADAGRAD };

const ADAGRAD: &[(&str, Range)] =
    &[("lr", Range::Positive), ("l1", Range::NotNegative), ("l2", Range::NotNegative)];

/// v = var − α·delta; var ← sign(v)·max(|v| − α·l1, 0)/(1 + α·l2)
#[derive(Clone, Debug)]
pub struct ProximalGradientDescent;

impl Rule for ProximalGradientDescent {
    const NAME: &'static str = "ApplyProximalGradientDescent";
    const RESOURCE_NAME: &'static str = "ResourceApplyProximalGradientDescent";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("alpha", Scalar), ("l1", Scalar), ("l2", Scalar), ("delta", OfShape)];
    const WRITES: &'static [usize] = &[0];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<ProximalGradientDescent, Reason> {
        Ok(ProximalGradientDescent)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(ProximalGradientDescent, &[0.1, 0.5, 0.25])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, alpha, l1, l2, delta] = x else { return Vec::new() };
        let change = p.mul(alpha, delta);
        let moved = p.sub(var, change);
        vec![shrunk(p, moved, alpha, l1, l2)]
    }
}

/// accum ← accum + grad²; with α = lr/√accum as [`ProximalGradientDescent`].
#[derive(Clone, Debug)]
pub struct ProximalAdagrad;

impl Rule for ProximalAdagrad {
    const NAME: &'static str = "ApplyProximalAdagrad";
    const RESOURCE_NAME: &'static str = "ResourceApplyProximalAdagrad";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("accum", Variable),
        ("lr", Scalar),
        ("l1", Scalar),
        ("l2", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = false;
    const RANGES: Ranges = RANGES;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<ProximalAdagrad, Reason> {
        Ok(ProximalAdagrad)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(ProximalAdagrad, &[0.1, 0.5, 0.25])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, lr, l1, l2, grad] = x else { return Vec::new() };
        let square = p.mul(grad, grad);
        let accum = p.add(accum, square);
        let scale = p.rsqrt(accum);
        let alpha = p.mul(lr, scale);
        let change = p.mul(grad, alpha);
        let moved = p.sub(var, change);
        vec![shrunk(p, moved, alpha, l1, l2), accum]
    }
}

/// sign(v)·max(|v| − α·l1, 0)/(1 + α·l2)
fn shrunk(p: &mut Arithmetic<'_>, v: Value, alpha: Value, l1: Value, l2: Value) -> Value {
    let size = p.program.unary(Unary::Abs, v);
    // A negative penalty shrinks nothing.
    let zero = p.number(0.0);
    let l1 = p.program.binary(Binary::Maximum, l1, zero);
    let threshold = p.mul(alpha, l1);
    let left = p.sub(size, threshold);
    let left = p.program.binary(Binary::Maximum, left, zero);
    let side = p.program.unary(Unary::Sign, v);
    let above = p.mul(side, left);
    let one = p.number(1.0);
    let ridge = p.mul(alpha, l2);
    let below = p.add(one, ridge);
    p.div(above, below)
}
