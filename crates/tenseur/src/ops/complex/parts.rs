//! Complex numbers made of two real ones and taken apart again: Complex, Real, Imag, Conj, ComplexAbs, Angle.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::complex::{Complex as Number, array_of, complex_type, numbers, real_type};
use crate::ops::elementwise::{broadcast_shape, refusal, stretched};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, Shape};

/// x + iy of real x and y, which broadcast: float32 gives complex64, float64 complex128.
#[derive(Clone, Debug, Default)]
pub struct Complex;

impl Op for Complex {
    fn name(&self) -> &'static str {
        "Complex"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tout", node.outputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Complex, Reason> {
        Ok(Complex)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, y] = inputs else { return Err(wrong_count(2, inputs)) };
        match complex_type(x.dtype).filter(|_| x.dtype == y.dtype) {
            Some(dtype) => Ok(Fact::new(dtype, broadcast_shape(inputs)?).one()),
            None => Err(refusal(&[x.dtype, y.dtype], |dtype| complex_type(dtype).is_some())),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dz| [Some(node.sum_to(&dz.real(), 0)), Some(node.sum_to(&dz.imag(), 1))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.outputs[0].dtype;
        Ok(Lowered::arrays("Complex", node, move |arrays| {
            let [x, y] = arrays else { return Err("it takes 2 inputs".into()) };
            let shape: Shape = x.shape().broadcast(y.shape()).ok_or("the shapes do not broadcast")?;
            let (re, im) = (x.to_f64()?, y.to_f64()?);
            let places = stretched(x.shape(), &shape)?.zip(stretched(y.shape(), &shape)?);
            let made: Vec<Number> = places.map(|(x, y)| Number::new(re[x], im[y])).collect();
            Ok(vec![array_of(dtype, shape, &made)?])
        }))
    }
}

/// A function of a complex number that is real, or complex.
pub trait Part: std::fmt::Debug + Clone + Default + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;
    /// Whether it is complex.
    const COMPLEX: bool;

    /// The function; a real one has no imaginary part.
    fn of(z: Number) -> Number;

    /// The gradient of z, given the node and that of the output.
    fn slope(node: &Backward<'_>, dy: &Tensor) -> Tensor;
}

/// The op of a [`Part`].
#[derive(Clone, Debug, Default)]
pub struct PartOf<P>(P);

impl<P: Part> Op for PartOf<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype);
        if P::COMPLEX { attrs } else { attrs.with("Tout", node.outputs[0].dtype) }
    }

    fn from_attrs(_: &Attrs) -> Result<PartOf<P>, Reason> {
        Ok(PartOf::default())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [z] = inputs else { return Err(wrong_count(1, inputs)) };
        match real_type(z.dtype) {
            Some(real) => Ok(Fact::new(if P::COMPLEX { z.dtype } else { real }, z.shape.clone()).one()),
            None => Err(refusal(&[z.dtype], |dtype| real_type(dtype).is_some())),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(P::slope(node, dy))])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.outputs[0].dtype;
        Ok(Lowered::arrays(P::NAME, node, move |arrays| {
            let shape = arrays[0].shape().clone();
            let parts: Vec<Number> = numbers(&arrays[0])?.into_iter().map(P::of).collect();
            if P::COMPLEX {
                return Ok(vec![array_of(dtype, shape, &parts)?]);
            }
            let parts: Vec<f64> = parts.iter().map(|part| part.re).collect();
            Ok(vec![crate::ops::image::array_of(dtype, shape, &parts)?])
        }))
    }
}

/// x of x + iy
#[derive(Clone, Debug, Default)]
pub struct Real;

impl Part for Real {
    const NAME: &'static str = "Real";
    const COMPLEX: bool = false;

    fn of(z: Number) -> Number {
        z.re.into()
    }

    fn slope(_: &Backward<'_>, dy: &Tensor) -> Tensor {
        dy.graph().complex(dy, &dy.zeros_like())
    }
}

/// y of x + iy
#[derive(Clone, Debug, Default)]
pub struct Imag;

impl Part for Imag {
    const NAME: &'static str = "Imag";
    const COMPLEX: bool = false;

    fn of(z: Number) -> Number {
        z.im.into()
    }

    fn slope(_: &Backward<'_>, dy: &Tensor) -> Tensor {
        dy.graph().complex(&dy.zeros_like(), dy)
    }
}

/// x − iy of x + iy
#[derive(Clone, Debug, Default)]
pub struct Conj;

impl Part for Conj {
    const NAME: &'static str = "Conj";
    const COMPLEX: bool = true;

    fn of(z: Number) -> Number {
        z.conj()
    }

    fn slope(_: &Backward<'_>, dy: &Tensor) -> Tensor {
        dy.conj()
    }
}

/// √(x² + y²) of x + iy; its gradient at 0 is 0.
#[derive(Clone, Debug, Default)]
pub struct ComplexAbs;

impl Part for ComplexAbs {
    const NAME: &'static str = "ComplexAbs";
    const COMPLEX: bool = false;

    fn of(z: Number) -> Number {
        z.norm().into()
    }

    fn slope(node: &Backward<'_>, dy: &Tensor) -> Tensor {
        let share = dy.div_no_nan(node.y(0));
        dy.graph().complex(&(&share * node.x(0).real()), &(&share * node.x(0).imag()))
    }
}

/// The angle of x + iy with the real numbers, in (−π, π].
#[derive(Clone, Debug, Default)]
pub struct Angle;

impl Part for Angle {
    const NAME: &'static str = "Angle";
    const COMPLEX: bool = false;

    fn of(z: Number) -> Number {
        z.arg().into()
    }

    fn slope(node: &Backward<'_>, dy: &Tensor) -> Tensor {
        let (x, y) = (node.x(0).real(), node.x(0).imag());
        let share = dy / (x.square() + y.square());
        dy.graph().complex(&(-(&share * &y)), &(&share * &x))
    }
}

impl Graph {
    /// x + iy of real x and y, which broadcast.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let z = tf.complex(&tf.constant(array![3.0, 0.0]), &tf.constant(array![4.0, 1.0]));
    /// let (size, square) = (z.complex_abs(), (&z * &z).real());
    /// let (size, square) = Session::new(&tf)?.run((&size, &square), feeds![])?;
    /// assert_eq!(size, array![5.0, 1.0]);
    /// assert_eq!(square, array![-7.0, -1.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn complex(&self, real: &Tensor, imag: &Tensor) -> Tensor {
        self.add(Complex, &[real, imag])
    }
}

impl Tensor {
    /// The real part of a complex number; a real one is its own.
    #[track_caller]
    pub fn real(&self) -> Tensor {
        if self.is_complex() { self.part::<Real>() } else { self.clone() }
    }

    /// The imaginary part of a complex number.
    #[track_caller]
    pub fn imag(&self) -> Tensor {
        self.part::<Imag>()
    }

    /// x − iy of x + iy; a real number is its own.
    #[track_caller]
    pub fn conj(&self) -> Tensor {
        if self.is_complex() { self.part::<Conj>() } else { self.clone() }
    }

    /// √(x² + y²) of x + iy.
    #[track_caller]
    pub fn complex_abs(&self) -> Tensor {
        self.part::<ComplexAbs>()
    }

    /// The angle of a complex number with the real numbers.
    #[track_caller]
    pub fn angle(&self) -> Tensor {
        self.part::<Angle>()
    }

    pub(in crate::ops) fn is_complex(&self) -> bool {
        self.dtype().is_some_and(|dtype| real_type(dtype).is_some())
    }

    #[track_caller]
    fn part<P: Part>(&self) -> Tensor {
        self.graph().add(PartOf::<P>::default(), &[self])
    }
}

fn two() -> [Array; 2] {
    [crate::array![[0.5, -1.25], [2.0, 0.75]], crate::array![[1.5, 0.25], [-0.5, -2.0]]]
}

/// Cases of a function of x + iy.
pub(in crate::ops) fn cases_of<P: Part>() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| {
        let y = tf.complex(&x[0], &x[1]).part::<P>();
        if P::COMPLEX { vec![y.real(), y.imag()] } else { vec![y] }
    };
    vec![
        Case::fed("smooth", two(), build),
        Case::fed("none", [Array::from_literal([0.0; 0]), Array::from_literal([0.0; 0])], build),
    ]
}

pub(in crate::ops) fn complex_cases() -> Vec<Case> {
    let apart = |z: Tensor| vec![z.real(), z.imag()];
    let cases = |name: &str, function: fn(&Tensor, &Tensor) -> Tensor| {
        Case::fed(name, two(), move |tf, x| {
            let z = tf.complex(&x[0], &x[1]);
            let w = tf.complex(&(&x[1] * 0.5), &(&x[0] + 1.0));
            apart(function(&z, &w))
        })
    };
    vec![
        Case::fed("stretched", [crate::array![[1.0], [2.0]], crate::array![3.0, 4.0, 5.0]], move |tf, x| {
            let z = tf.complex(&x[0], &x[1]);
            vec![z.real(), z.imag()]
        }),
        cases("sum", |z, w| z + w),
        cases("difference", |z, w| z - w),
        cases("product", |z, w| z * w),
        cases("quotient", |z, w| z / w),
        cases("reciprocal", |z, _| z.reciprocal()),
        cases("opposite", |z, _| -z),
        cases("square", |z, _| z.square()),
        cases("exponential", |z, _| z.exp()),
        cases("stretched product", |z, w| z * w.at(0)),
        cases("several", |z, w| z.graph().add_n(&[z, w, z])),
        cases("sums", |z, w| (z * w).reduce_sum(1)),
        cases("arranged", |z, w| z.graph().concat(&[z, w], 0).transpose().reshape([-1]).at(1..5)),
    ]
}
