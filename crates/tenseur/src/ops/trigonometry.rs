//! Functions of angles, and the hyperbolic functions, with their inverses.

use tenseur_kernels::{Binary, Unary};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::elementwise::{binary_cases, unary_cases};
use crate::ops::{ByFormula, Formula, Types};

/// sin x, of radians.
#[derive(Clone, Debug, Default)]
pub struct Sin;

impl ByFormula for Sin {
    const FORMULA: Formula = Formula::unary("Sin", Types::FLOATS, |p, x| p.unary(Unary::Sin, x))
        .and_complex(|z| z[0].sin())
        .grad(|node, dy| dy * node.x(0).conj().cos());
}

/// cos x, of radians.
#[derive(Clone, Debug, Default)]
pub struct Cos;

impl ByFormula for Cos {
    const FORMULA: Formula = Formula::unary("Cos", Types::FLOATS, |p, x| p.unary(Unary::Cos, x))
        .and_complex(|z| z[0].cos())
        .grad(|node, dy| -dy * node.x(0).conj().sin());
}

/// tan x, of radians.
#[derive(Clone, Debug, Default)]
pub struct Tan;

impl ByFormula for Tan {
    const FORMULA: Formula = Formula::unary("Tan", Types::FLOATS, |p, x| p.unary(Unary::Tan, x))
        .and_complex(|z| z[0].tan())
        .grad(|node, dy| dy * node.x(0).conj().cos().reciprocal().square());
}

/// arcsin x, in [−π/2, π/2]; NaN outside [−1, 1].
#[derive(Clone, Debug, Default)]
pub struct Asin;

impl ByFormula for Asin {
    const FORMULA: Formula = Formula::unary("Asin", Types::FLOATS, |p, x| p.unary(Unary::Asin, x))
        .and_complex(|z| z[0].asin())
        .grad(|node, dy| dy * (1.0 - node.x(0).conj().square()).sqrt().reciprocal());
}

/// arccos x, in [0, π]; NaN outside [−1, 1].
#[derive(Clone, Debug, Default)]
pub struct Acos;

impl ByFormula for Acos {
    const FORMULA: Formula = Formula::unary("Acos", Types::FLOATS, |p, x| p.unary(Unary::Acos, x))
        .and_complex(|z| z[0].acos())
        .grad(|node, dy| -dy * (1.0 - node.x(0).conj().square()).sqrt().reciprocal());
}

/// arctan x, in (−π/2, π/2).
#[derive(Clone, Debug, Default)]
pub struct Atan;

impl ByFormula for Atan {
    const FORMULA: Formula = Formula::unary("Atan", Types::FLOATS, |p, x| p.unary(Unary::Atan, x))
        .and_complex(|z| z[0].atan())
        .grad(|node, dy| dy * (1.0 + node.x(0).conj().square()).reciprocal());
}

/// The angle of the point (x, y), where y is the first input, in [−π, π].
#[derive(Clone, Debug, Default)]
pub struct Atan2;

impl ByFormula for Atan2 {
    const FORMULA: Formula = Formula::binary("Atan2", Types::FLOATS, |p, y, x| p.binary(Binary::Atan2, y, x))
        .grad(|node, da| {
            let (y, x) = (node.x(0), node.x(1));
            let share = da / (y.square() + x.square());
            [x * &share, -y * &share]
        });
}

/// sinh x
#[derive(Clone, Debug, Default)]
pub struct Sinh;

impl ByFormula for Sinh {
    const FORMULA: Formula = Formula::unary("Sinh", Types::FLOATS, |p, x| p.unary(Unary::Sinh, x))
        .and_complex(|z| z[0].sinh())
        .grad(|node, dy| dy * node.x(0).conj().cosh());
}

/// cosh x
#[derive(Clone, Debug, Default)]
pub struct Cosh;

impl ByFormula for Cosh {
    const FORMULA: Formula = Formula::unary("Cosh", Types::FLOATS, |p, x| p.unary(Unary::Cosh, x))
        .and_complex(|z| z[0].cosh())
        .grad(|node, dy| dy * node.x(0).conj().sinh());
}

/// arsinh x
#[derive(Clone, Debug, Default)]
pub struct Asinh;

impl ByFormula for Asinh {
    const FORMULA: Formula = Formula::unary("Asinh", Types::FLOATS, |p, x| p.unary(Unary::Asinh, x))
        .and_complex(|z| z[0].asinh())
        .grad(|node, dy| dy / node.y(0).conj().cosh());
}

/// arcosh x; NaN below 1.
#[derive(Clone, Debug, Default)]
pub struct Acosh;

impl ByFormula for Acosh {
    const FORMULA: Formula = Formula::unary("Acosh", Types::FLOATS, |p, x| p.unary(Unary::Acosh, x))
        .and_complex(|z| z[0].acosh())
        .grad(|node, dy| dy / node.y(0).conj().sinh());
}

/// artanh x; NaN outside [−1, 1].
#[derive(Clone, Debug, Default)]
pub struct Atanh;

impl ByFormula for Atanh {
    const FORMULA: Formula = Formula::unary("Atanh", Types::FLOATS, |p, x| p.unary(Unary::Atanh, x))
        .and_complex(|z| z[0].atanh())
        .grad(|node, dy| dy * (1.0 - node.x(0).conj().square()).reciprocal());
}

impl Tensor {
    /// sin x, of radians, element by element.
    #[track_caller]
    pub fn sin(&self) -> Tensor {
        self.graph().add(Sin, &[self])
    }

    /// cos x, of radians, element by element.
    #[track_caller]
    pub fn cos(&self) -> Tensor {
        self.graph().add(Cos, &[self])
    }

    /// tan x, of radians, element by element.
    #[track_caller]
    pub fn tan(&self) -> Tensor {
        self.graph().add(Tan, &[self])
    }

    /// arcsin x, in [−π/2, π/2], element by element; NaN outside [−1, 1].
    #[track_caller]
    pub fn asin(&self) -> Tensor {
        self.graph().add(Asin, &[self])
    }

    /// arccos x, in [0, π], element by element; NaN outside [−1, 1].
    #[track_caller]
    pub fn acos(&self) -> Tensor {
        self.graph().add(Acos, &[self])
    }

    /// arctan x, in (−π/2, π/2), element by element.
    #[track_caller]
    pub fn atan(&self) -> Tensor {
        self.graph().add(Atan, &[self])
    }

    /// The angle of the point (x, y), in [−π, π], where this tensor is y; the two broadcast.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (y, x) = (tf.constant(array![1.0, 0.0]), tf.constant(array![0.0, -1.0]));
    /// let angles = Session::new(&tf)?.run(&y.atan2(&x), feeds![])?;
    /// assert_eq!(format!("{angles:.3}"), "[1.571, 3.142]");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn atan2(&self, x: impl Into<Operand>) -> Tensor {
        self.with(Atan2, x)
    }

    /// sinh x, element by element.
    #[track_caller]
    pub fn sinh(&self) -> Tensor {
        self.graph().add(Sinh, &[self])
    }

    /// cosh x, element by element.
    #[track_caller]
    pub fn cosh(&self) -> Tensor {
        self.graph().add(Cosh, &[self])
    }

    /// arsinh x, element by element.
    #[track_caller]
    pub fn asinh(&self) -> Tensor {
        self.graph().add(Asinh, &[self])
    }

    /// arcosh x, element by element; NaN below 1.
    #[track_caller]
    pub fn acosh(&self) -> Tensor {
        self.graph().add(Acosh, &[self])
    }

    /// artanh x, element by element; NaN outside [−1, 1].
    #[track_caller]
    pub fn atanh(&self) -> Tensor {
        self.graph().add(Atanh, &[self])
    }
}

pub(super) fn sin_cases() -> Vec<Case> {
    unary_cases::<Sin>(array![0.5, -1.0, 2.5, 100.0])
}

pub(super) fn cos_cases() -> Vec<Case> {
    unary_cases::<Cos>(array![0.5, -1.0, 2.5, 100.0])
}

pub(super) fn tan_cases() -> Vec<Case> {
    unary_cases::<Tan>(array![0.5, -1.0, 2.5])
}

pub(super) fn asin_cases() -> Vec<Case> {
    unary_cases::<Asin>(array![0.5, -0.25, 0.75])
}

pub(super) fn acos_cases() -> Vec<Case> {
    unary_cases::<Acos>(array![0.5, -0.25, 0.75])
}

pub(super) fn atan_cases() -> Vec<Case> {
    unary_cases::<Atan>(array![0.5, -1.5, 20.0])
}

pub(super) fn atan2_cases() -> Vec<Case> {
    let mut cases = binary_cases::<Atan2>();
    let (y, x) = (array![0.0, -0.0, 1.0, -1.0], array![-1.0, -1.0, 0.0, -0.0]);
    let half = std::f32::consts::FRAC_PI_2;
    cases.push(
        Case::fed("on the axes", [y, x], |_, x| vec![x[0].atan2(&x[1])]).at_kink().expecting([array![
            2.0 * half,
            -2.0 * half,
            half,
            -half
        ]]),
    );
    cases
}

pub(super) fn sinh_cases() -> Vec<Case> {
    unary_cases::<Sinh>(array![0.5, -1.5, 3.0])
}

pub(super) fn cosh_cases() -> Vec<Case> {
    unary_cases::<Cosh>(array![0.5, -1.5, 3.0])
}

pub(super) fn asinh_cases() -> Vec<Case> {
    unary_cases::<Asinh>(array![0.5, -1.5, 20.0])
}

pub(super) fn acosh_cases() -> Vec<Case> {
    vec![
        Case::fed("smooth", [array![1.5, 2.0, 20.0]], |_, x| vec![x[0].acosh()]),
        Case::fed("ends", [array![1.0, 0.5, f32::INFINITY, f32::NAN]], |_, x| vec![x[0].acosh()])
            .at_kink()
            .expecting([array![0.0, f32::NAN, f32::INFINITY, f32::NAN]]),
    ]
}

pub(super) fn atanh_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Atanh>(array![0.5, -0.25, 0.75]);
    cases.push(
        Case::fed("ends", [array![1.0, -1.0, 1.5]], |_, x| vec![x[0].atanh()]).at_kink().expecting([array![
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN
        ]]),
    );
    cases
}
