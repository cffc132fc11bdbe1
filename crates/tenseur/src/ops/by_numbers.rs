//! Elementwise ops of functions that the scalar language has no words for: a plain function of `f64`, one number at a time.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::{broadcast_shape, refusal, stretched};
use crate::ops::image::array_of;
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature, Types};
use crate::value::{Array, DType, Shape};

/// A function of numbers.
pub trait OfNumbers: Debug + Clone + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// How many numbers it takes; tensors of them broadcast.
    const COUNT: usize;

    /// The types that it takes.
    const TYPES: Types;

    /// How often it can be differentiated.
    const DERIVATIVES: Derivatives;

    /// The function. What comes out is rounded to `dtype`, the type of the numbers.
    fn of(dtype: DType, x: &[f64]) -> f64;

    /// The derivative along each input where there is one, times the gradient of the output.
    fn slopes(node: &Backward<'_>, dy: &Tensor) -> Vec<Option<Tensor>>;
}

/// How often a function can be differentiated.
#[derive(Clone, Copy, Debug)]
pub enum Derivatives {
    /// As often as one likes.
    All,
    /// Once, and why not twice.
    First(&'static str),
    /// Not at all, and why.
    None(&'static str),
}

/// The op of a function.
#[derive(Clone, Debug)]
pub struct ByNumbers<F>(PhantomData<F>);

impl<F> ByNumbers<F> {
    /// The op.
    pub const fn new() -> Self {
        ByNumbers(PhantomData)
    }
}

impl<F> Default for ByNumbers<F> {
    fn default() -> Self {
        ByNumbers::new()
    }
}

impl<F: OfNumbers> Op for ByNumbers<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ByNumbers::new())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != F::COUNT {
            return Err(wrong_count(F::COUNT, inputs));
        }
        let dtypes: Vec<DType> = inputs.iter().map(|fact| fact.dtype).collect();
        let dtype = F::TYPES.one(&dtypes).ok_or_else(|| refusal(&dtypes, |dtype| F::TYPES.contain(dtype)))?;
        Ok(Fact::new(dtype, broadcast_shape(inputs)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        let rule = |node: &Backward<'_>| match node.dy(0) {
            Some(dy) => {
                let slopes = F::slopes(node, dy).into_iter().enumerate();
                slopes.map(|(input, slope)| slope.map(|slope| node.sum_to(&slope, input))).collect()
            }
            None => vec![None; F::COUNT],
        };
        match F::DERIVATIVES {
            Derivatives::All => Grad::Rule(Box::new(rule)),
            Derivatives::First(why) => Grad::Once(Box::new(rule), why),
            Derivatives::None(why) => Grad::Undefined(why),
        }
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(F::NAME, node, |arrays| Ok(vec![applied::<F>(arrays)?])))
    }
}

/// The function of numbers of arrays that broadcast.
fn applied<F: OfNumbers>(arrays: &[Array]) -> Result<Array, Reason> {
    let shape = arrays.iter().try_fold(Shape::scalar(), |shape, array| {
        let both = shape.broadcast(array.shape());
        both.ok_or_else(|| Reason::from(format!("shapes {shape} and {} do not broadcast", array.shape())))
    })?;
    let inputs = arrays.iter().map(Array::to_f64).collect::<Result<Vec<_>, _>>()?;
    let mut places =
        arrays.iter().map(|array| stretched(array.shape(), &shape)).collect::<Result<Vec<_>, _>>()?;
    let dtype = arrays[0].dtype();
    let mut results = crate::value::room(shape.elements())?;
    let mut element = vec![0.0; inputs.len()];
    for _ in 0..shape.elements() {
        for ((element, input), places) in element.iter_mut().zip(&inputs).zip(&mut places) {
            *element = places.next().map_or(0.0, |place| input[place]);
        }
        results.push(F::of(dtype, &element));
    }
    array_of(dtype, shape, &results)
}

/// Functions of one number as ops: the types that they take, points where they are smooth and points at their edges; then of
/// each its name, the name of its cases, the function and its derivative.
macro_rules! functions_of_one {
    (
        $types:expr, $smooth:expr, $edges:expr;
        $($(#[$doc:meta])* $name:ident, $cases:ident, |$x:ident $(, $dtype:ident)?| $of:expr, |$node:ident| $slope:expr;)*
    ) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name;

        impl $crate::ops::by_numbers::OfNumbers for $name {
            const NAME: &'static str = stringify!($name);
            const COUNT: usize = 1;
            const TYPES: $crate::ops::Types = $types;
            const DERIVATIVES: $crate::ops::by_numbers::Derivatives = $crate::ops::by_numbers::Derivatives::All;

            fn of(_dtype: $crate::value::DType, x: &[f64]) -> f64 {
                let $x = x[0];
                $(let $dtype = _dtype;)?
                $of
            }

            fn slopes(
                $node: &$crate::ops::Backward<'_>,
                dy: &$crate::graph::Tensor,
            ) -> Vec<Option<$crate::graph::Tensor>> {
                vec![Some($slope * dy)]
            }
        }

        pub(super) fn $cases() -> Vec<$crate::conformance::Case> {
            let build = |tf: &$crate::graph::Graph, x: &[$crate::graph::Tensor]| {
                vec![tf.add($crate::ops::by_numbers::ByNumbers::<$name>::new(), &[&x[0]])]
            };
            vec![
                $crate::conformance::Case::fed("smooth", [$crate::Array::from_literal($smooth)], build),
                $crate::conformance::Case::fed("edges", [$crate::Array::from_literal($edges)], build).at_kink(),
            ]
        }
    )* };
}
pub(super) use functions_of_one;
