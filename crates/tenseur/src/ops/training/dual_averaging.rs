//! Adagrad by dual averaging: the step is from zero, by the sum of all gradients (Duchi et al. 2011, "Adaptive subgradient
//! methods").

use super::{Arithmetic, Ranges, Role, Rule};
use crate::error::Reason;
use crate::ops::Attrs;
use Role::{Count, Scalar, Tensor as OfShape, Variable};
use tenseur_kernels::{Binary, Constant, ScalarType, Unary, Value};

/// g ← g + grad; q ← q + grad²; var ← −lr·sign(g)·max(|g| − l1·t, 0)/(l2·t·lr + √q), where t is the number of the step.
#[derive(Clone, Debug)]
pub struct AdagradDa;

impl Rule for AdagradDa {
    const NAME: &'static str = "ApplyAdagradDA";
    const RESOURCE_NAME: &'static str = "ResourceApplyAdagradDA";
    const INPUTS: &'static [(&'static str, Role)] = &[
        ("var", Variable),
        ("gradient_accumulator", Variable),
        ("gradient_squared_accumulator", Variable),
        ("grad", OfShape),
        ("lr", Scalar),
        ("l1", Scalar),
        ("l2", Scalar),
        ("global_step", Count),
    ];
    const WRITES: &'static [usize] = &[0, 1, 2];
    const COMPLEX: bool = false;
    const RANGES: Ranges = Ranges::ANY;

    fn attrs(&self) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<AdagradDa, Reason> {
        Ok(AdagradDa)
    }

    fn examples() -> Vec<(Self, &'static [f32])> {
        vec![(AdagradDa, &[0.1, 0.05, 0.25, 3.0]), (AdagradDa, &[0.1, 0.0, 0.0, 3.0])]
    }

    fn step(&self, p: &mut Arithmetic<'_>, x: &[Value]) -> Vec<Value> {
        let &[var, sum, squares, grad, lr, l1, l2, turn] = x else { return Vec::new() };
        let sum = p.add(sum, grad);
        let square = p.mul(grad, grad);
        let squares = p.add(squares, square);
        let size = p.program.unary(Unary::Abs, sum);
        // A negative penalty shrinks nothing.
        let zero = p.number(0.0);
        let l1 = p.program.binary(Binary::Maximum, l1, zero);
        let threshold = p.mul(l1, turn);
        let left = p.sub(size, threshold);
        let left = p.program.binary(Binary::Maximum, left, zero);
        let side = p.program.unary(Unary::Sign, sum);
        let side = p.program.unary(Unary::Neg, side);
        let above = p.mul(side, left);
        let above = p.mul(lr, above);
        let ridge = p.mul(l2, turn);
        let ridge = p.mul(ridge, lr);
        let root = p.sqrt(squares);
        let below = p.add(ridge, root);
        let stepped = p.div(above, below);
        // What the variable was does not count; it is read because it is written in its place.
        let always = p.program.constant(ScalarType::Bool, Constant::Bool(true));
        vec![p.program.select(always, stepped, var), sum, squares]
    }
}
