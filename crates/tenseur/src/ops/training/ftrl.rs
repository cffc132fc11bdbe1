//! "Follow the regularized leader" (McMahan et al. 2013, "Ad click prediction: a view from the trenches").

use super::{Arithmetic, Ranges, Role, Rule};
use crate::error::Reason;
use crate::ops::Attrs;
use Role::{Scalar, Tensor as OfShape, Variable};
use tenseur_kernels::{Binary, Range, Unary, Value};

/// TensorFlow looks at them only where a gradient has some rows; at a shrinkage, where there is one.
const RANGES: Ranges = Ranges {
    of_all: &[],
    of_rows: &[
        ("lr", Range::Positive),
        ("l1", Range::NotNegative),
        ("l2", Range::NotNegative),
        ("l2_shrinkage", Range::NotNegative),
        ("lr_power", Range::NotPositive),
    ],
};

/// With a = accum + grad², p = −lr_power and s = (aᵖ − accumᵖ)/lr:
/// linear ← linear + grad − s·var; var ← (sign(linear)·l1 − linear)/(aᵖ/lr + 2·l2) where |linear| > l1, else 0;
/// accum ← a.
#[derive(Clone, Debug)]
pub struct Ftrl {
    /// Whether `linear` is kept multiplied by lr.
    pub multiply_linear_by_lr: bool,
}

/// As [`Ftrl`], where grad + 2·l2_shrinkage·var is added to linear, and not grad.
#[derive(Clone, Debug)]
pub struct FtrlV2 {
    /// Whether `linear` is kept multiplied by lr.
    pub multiply_linear_by_lr: bool,
}

impl Rule for Ftrl {
    const NAME: &'static str = "ApplyFtrl";
    const RESOURCE_NAME: &'static str = "ResourceApplyFtrl";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("accum", Variable),
        ("linear", Variable),
        ("grad", OfShape),
        ("lr", Scalar),
        ("l1", Scalar),
        ("l2", Scalar),
        ("lr_power", Scalar),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = false;
    const RANGES: Ranges = RANGES;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("multiply_linear_by_lr", self.multiply_linear_by_lr)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Ftrl, Reason> {
        Ok(Ftrl { multiply_linear_by_lr: attrs.optional("multiply_linear_by_lr", false)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        let scalars = &[0.5, 0.1, 0.2, -0.5][..];
        [false, true].map(|multiply_linear_by_lr| (Ftrl { multiply_linear_by_lr }, scalars)).into()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, linear, grad, lr, l1, l2, lr_power] = x else { return Vec::new() };
        leader(p, [var, accum, linear], [grad, grad], [lr, l1, l2, lr_power], self.multiply_linear_by_lr)
    }
}

impl Rule for FtrlV2 {
    const NAME: &'static str = "ApplyFtrlV2";
    const RESOURCE_NAME: &'static str = "ResourceApplyFtrlV2";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("accum", Variable),
        ("linear", Variable),
        ("grad", OfShape),
        ("lr", Scalar),
        ("l1", Scalar),
        ("l2", Scalar),
        ("l2_shrinkage", Scalar),
        ("lr_power", Scalar),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = false;
    const RANGES: Ranges = RANGES;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("multiply_linear_by_lr", self.multiply_linear_by_lr)
    }

    fn from_attrs(attrs: &Attrs) -> Result<FtrlV2, Reason> {
        Ok(FtrlV2 { multiply_linear_by_lr: attrs.optional("multiply_linear_by_lr", false)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        let scalars = &[0.5, 0.1, 0.2, 0.3, -0.5][..];
        [false, true].map(|multiply_linear_by_lr| (FtrlV2 { multiply_linear_by_lr }, scalars)).into()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power] = x else { return Vec::new() };
        let two = p.number(2.0);
        let shrinkage = p.mul(two, l2_shrinkage);
        let shrinkage = p.mul(shrinkage, var);
        let shrunk = p.add(grad, shrinkage);
        leader(p, [var, accum, linear], [grad, shrunk], [lr, l1, l2, lr_power], self.multiply_linear_by_lr)
    }
}

/// The step of both: `gradients` are the one whose square is summed and the one that is added up.
fn leader(
    p: &mut Arithmetic<'_>,
    [var, accum, linear]: [Value; 3],
    gradients: [Value; 2],
    [lr, l1, l2, lr_power]: [Value; 4],
    by_lr: bool,
) -> Vec<Value> {
    let power = p.program.unary(Unary::Neg, lr_power);
    // The old sum is read for the last time where the new one is made, which takes its place.
    let before = p.binary(Binary::Pow, accum, power);
    let square = p.mul(gradients[0], gradients[0]);
    let new = p.add(accum, square);
    let above = p.binary(Binary::Pow, new, power);
    let difference = p.sub(above, before);
    let two = p.number(2.0);
    let ridge = p.mul(two, l2);
    let (slope, gradient, threshold, quadratic) = if by_lr {
        let gradient = p.mul(gradients[1], lr);
        let threshold = p.mul(l1, lr);
        let ridge = p.mul(ridge, lr);
        (difference, gradient, threshold, p.add(above, ridge))
    } else {
        let slope = p.div(difference, lr);
        let above = p.div(above, lr);
        (slope, gradients[1], l1, p.add(above, ridge))
    };
    let kept = p.mul(slope, var);
    let change = p.sub(gradient, kept);
    let linear = p.add(linear, change);
    let side = p.program.unary(Unary::Sign, linear);
    let edge = p.mul(side, threshold);
    let distance = p.sub(edge, linear);
    let inside = p.div(distance, quadratic);
    let size = p.program.unary(Unary::Abs, linear);
    let beyond = p.program.binary(Binary::Less, threshold, size);
    let zero = p.number(0.0);
    let var = p.program.select(beyond, inside, zero);
    vec![var, new, linear]
}
