//! Rules of Keras's optimizers: momentum in which the rate is part of what is kept, and Adam whose steps never grow.

use super::{Arithmetic, Ranges, Role, Rule};
use crate::error::Reason;
use crate::ops::Attrs;
use Role::{Scalar, Tensor as OfShape, Variable};
use tenseur_kernels::{Binary, Value};

/// accum ← momentum·accum − lr·grad; var ← var + accum, or with Nesterov's correction var + momentum·accum − lr·grad
#[derive(Clone, Debug)]
pub struct KerasMomentum {
    /// Whether the step looks ahead, as Nesterov's does.
    pub use_nesterov: bool,
}

impl Rule for KerasMomentum {
    const NAME: &'static str = "ApplyKerasMomentum";
    const RESOURCE_NAME: &'static str = "ResourceApplyKerasMomentum";
    const INPUTS: &'static [(&'static str, Role)] =
        &[("var", Variable), ("accum", Variable), ("lr", Scalar), ("grad", OfShape), ("momentum", Scalar)];
    const WRITES: &'static [usize] = &[0, 1];
    const COMPLEX: bool = true;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new().with("use_nesterov", self.use_nesterov)
    }

    fn from_attrs(attrs: &Attrs) -> Result<KerasMomentum, Reason> {
        Ok(KerasMomentum { use_nesterov: attrs.optional("use_nesterov", false)? })
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        let scalars = &[0.1, 0.9][..];
        [false, true].into_iter().map(|use_nesterov| (KerasMomentum { use_nesterov }, scalars)).collect()
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, accum, lr, grad, momentum] = x else { return Vec::new() };
        let kept = p.mul(accum, momentum);
        let now = p.mul(grad, lr);
        let accum = p.sub(kept, now);
        let mut step = accum;
        if self.use_nesterov {
            let ahead = p.mul(accum, momentum);
            step = p.sub(ahead, now);
        }
        vec![p.add(var, step), accum]
    }
}

/// As [`Adam`](super::Adam), but the step is divided by the root of the largest v so far: v̂ ← max(v̂, v) (Reddi et al. 2018, "On
/// the convergence of Adam and beyond").
#[derive(Clone, Debug)]
pub struct AdamWithAmsgrad;

impl Rule for AdamWithAmsgrad {
    const NAME: &'static str = "ApplyAdamWithAmsgrad";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdamWithAmsgrad";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("m", Variable),
        ("v", Variable),
        ("vhat", Variable),
        ("beta1_power", Scalar),
        ("beta2_power", Scalar),
        ("lr", Scalar),
        ("beta1", Scalar),
        ("beta2", Scalar),
        ("epsilon", Scalar),
        ("grad", OfShape),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2, 3];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<AdamWithAmsgrad, Reason> {
        Ok(AdamWithAmsgrad)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(AdamWithAmsgrad, &[0.9, 0.999, 0.01, 0.9, 0.999, 1e-8])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, m, v, largest, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad] = x else {
            return Vec::new();
        };
        let above = p.rest(beta2_power);
        let above = p.sqrt(above);
        let above = p.mul(lr, above);
        let below = p.rest(beta1_power);
        let alpha = p.div(above, below);
        let m = p.moving(m, grad, beta1);
        let square = p.mul(grad, grad);
        let v = p.moving(v, square, beta2);
        let largest = p.program.binary(Binary::Maximum, largest, v);
        let step = p.mul(m, alpha);
        let scale = p.sqrt(largest);
        let scale = p.add(scale, epsilon);
        let step = p.div(step, scale);
        vec![p.sub(var, step), m, v, largest]
    }
}
