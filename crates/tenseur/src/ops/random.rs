//! Ops that draw random numbers: TensorFlow's own, from TensorFlow's streams.
//!
//! Each op has two seeds, and with them a stream of the Philox generator; how far it has come is kept by the session.
//! Seeds (0, 0) ask for numbers that nobody can foresee: then each session begins at a place in the stream that it picks
//! at random, and keeps in its checkpoints like any other.

mod builder;
pub mod rejection;
pub mod stateless;
pub mod stateless_by_key;
pub mod truncated_between;
pub(in crate::ops) mod words;

use std::marker::PhantomData;

use smallvec::smallvec;
use tenseur_kernels::random::{Distribution, RandomKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{shape_from, wrong_count};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature, Stream};
use crate::value::{Array, DType, Shape};

pub use builder::{RandomShape, RandomTensor};

/// An op's attributes `seed` and `seed2`, by [`Graph::seeds`](crate::Graph::seeds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds(pub i64, pub i64);

impl Seeds {
    pub(super) fn from_attrs(attrs: &Attrs) -> Result<Seeds, Reason> {
        Ok(Seeds(attrs.optional("seed", 0)?, attrs.optional("seed2", 0)?))
    }

    pub(super) fn add_to(self, attrs: Attrs) -> Attrs {
        attrs.with("seed", self.0).with("seed2", self.1)
    }

    pub(super) fn effects(self) -> Effects {
        let stream = if self == Seeds(0, 0) { Stream::Unforeseeable } else { Stream::Seeded };
        Effects::of(Effect::Random(stream))
    }

    fn pair(self) -> (i64, i64) {
        (self.0, self.1)
    }
}

/// A distribution of real numbers as an op: its input is the shape.
pub trait Draw: std::fmt::Debug + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// What is drawn.
    const DISTRIBUTION: Distribution;
}

macro_rules! draws {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $distribution:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name;

        impl Draw for $name {
            const NAME: &'static str = $text;
            const DISTRIBUTION: Distribution = $distribution;
        }
    )* };
}
draws! {
    /// Uniform in `[0, 1)`.
    Uniform = "RandomUniform", Distribution::Uniform;
    /// Normal, with mean 0 and deviation 1.
    StandardNormal = "RandomStandardNormal", Distribution::Normal;
    /// The same; values beyond two deviations are drawn again.
    Truncated = "TruncatedNormal", Distribution::TruncatedNormal;
}

/// Draws real numbers: of the shape that its input says.
#[derive(Clone, Debug)]
pub struct Random<D> {
    dtype: DType,
    seeds: Seeds,
    distribution: PhantomData<D>,
}

impl<D: Draw> Random<D> {
    /// The op that draws numbers of type `dtype`, a float.
    pub fn new(dtype: DType, seeds: Seeds) -> Random<D> {
        Random { dtype, seeds, distribution: PhantomData }
    }
}

/// Uniform in `[0, 1)`.
pub type RandomUniform = Random<Uniform>;
/// Normal, with mean 0 and deviation 1.
pub type RandomStandardNormal = Random<StandardNormal>;
/// Normal without what lies beyond two deviations.
pub type TruncatedNormal = Random<Truncated>;

impl<D: Draw> Op for Random<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("T", node.inputs[0].dtype).with("dtype", self.dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Random<D>, Reason> {
        let dtype: DType = attrs.require("dtype")?;
        if !dtype.is_float() {
            return Err(format!("attribute \"dtype\" should be a float and is {dtype}").into());
        }
        Ok(Random::new(dtype, Seeds::from_attrs(attrs)?))
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(Fact::new(self.dtype, shape_from(shape)?).one())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("what is drawn depends on no input")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let count = known_shape(&node.outputs[0])?.elements();
        let stored = self.dtype.scalar().ok_or_else(|| format!("there are no random {}", self.dtype))?;
        let kernel = RandomKernel::real(D::DISTRIBUTION, stored, count, self.seeds.pair())?;
        Ok(Lowered::reading(0, Work::Random(Box::new(kernel))))
    }
}

/// Integers in `[minval, maxval)`: inputs are the shape and both bounds.
#[derive(Clone, Debug)]
pub struct RandomUniformInt {
    /// Where its stream begins.
    pub seeds: Seeds,
}

impl Op for RandomUniformInt {
    fn name(&self) -> &'static str {
        "RandomUniformInt"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("T", node.inputs[0].dtype).with("Tout", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<RandomUniformInt, Reason> {
        Ok(RandomUniformInt { seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape, low, high] = inputs else { return Err(wrong_count(3, inputs)) };
        if low.dtype != high.dtype || !matches!(low.dtype, DType::Int32 | DType::Int64) {
            return Err(format!(
                "its bounds are int32 or int64, and these are {} and {}",
                low.dtype, high.dtype
            )
            .into());
        }
        for (name, bound) in [("minval", low), ("maxval", high)] {
            if !bound.shape.accepts(&Shape::scalar()) {
                return Err(format!("{name} must be a scalar and has shape {}", bound.shape).into());
            }
        }
        Ok(Fact::new(low.dtype, shape_from(shape)?).one())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects().failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("integers do not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fact = &node.outputs[0];
        let stored = fact.dtype.scalar().ok_or_else(|| format!("there are no random {}", fact.dtype))?;
        let count = known_shape(fact)?.elements();
        let kernel = RandomKernel::uniform_integer(stored, count, self.seeds.pair())?;
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![1, 2] })
    }
}

/// The rows of its input (what lies along axis 0) in random order.
#[derive(Clone, Debug)]
pub struct RandomShuffle {
    /// Where its stream begins.
    pub seeds: Seeds,
}

impl Op for RandomShuffle {
    fn name(&self) -> &'static str {
        "RandomShuffle"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<RandomShuffle, Reason> {
        Ok(RandomShuffle { seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the order that was drawn is not kept")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fact = &node.outputs[0];
        let shape = known_shape(fact)?;
        let size = match fact.dtype {
            // Their places are shuffled.
            DType::String => size_of::<i64>(),
            dtype => dtype.size().ok_or_else(|| format!("it does not shuffle {dtype}"))?,
        };
        let rows = shape.first().copied().unwrap_or(1);
        let row_bytes = size.saturating_mul(shape.elements()).checked_div(rows).unwrap_or(0);
        let kernel = RandomKernel::shuffle(rows, row_bytes, self.seeds.pair())?;
        Ok(Lowered::reading(1, Work::Random(Box::new(kernel))))
    }
}

/// Classes drawn with probabilities softmax(logits): inputs are the logits, `[batch, classes]`, and how many to draw for
/// each row; the output is `[batch, samples]`.
#[derive(Clone, Debug)]
pub struct Multinomial {
    /// The type of the classes' numbers, int32 or int64.
    pub output_dtype: DType,
    /// Where its stream begins.
    pub seeds: Seeds,
}

impl Op for Multinomial {
    fn name(&self) -> &'static str {
        "Multinomial"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds
            .add_to(Attrs::new().with("T", node.inputs[0].dtype).with("output_dtype", self.output_dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Multinomial, Reason> {
        match attrs.optional("output_dtype", DType::Int64)? {
            output_dtype @ (DType::Int32 | DType::Int64) => {
                Ok(Multinomial { output_dtype, seeds: Seeds::from_attrs(attrs)? })
            }
            other => {
                Err(format!("attribute \"output_dtype\" should be int32 or int64 and is {other}").into())
            }
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, samples] = inputs else { return Err(wrong_count(2, inputs)) };
        if !logits.dtype.is_float() || logits.shape.rank().is_some_and(|rank| rank != 2) {
            return Err(format!("logits are [batch, classes] of floats and these are {logits}").into());
        }
        let count = match samples.integers().as_deref() {
            Some(&[count]) => match usize::try_from(count) {
                Ok(count) => Some(count),
                Err(_) => return Err(format!("it cannot draw {count} samples").into()),
            },
            _ => None,
        };
        let shape = [logits.shape.size(0), count].into_iter().collect::<crate::value::PartialShape>();
        Ok(Fact::new(self.output_dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("classes do not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (logits, out) = (node.inputs[0], &node.outputs[0]);
        let (from, to) = (known_shape(logits)?, known_shape(out)?);
        let stored = |dtype: DType| dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"));
        let sizes = [from[0], from[1], to[1]];
        let kernel =
            RandomKernel::multinomial(sizes, stored(logits.dtype)?, stored(out.dtype)?, self.seeds.pair())?;
        Ok(Lowered::reading(1, Work::Random(Box::new(kernel))))
    }
}

// The answers are TensorFlow's second run of the raw ops with these seeds: the suite's graphs have seed 7.

pub(super) fn uniform_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.random_uniform([2, 3]).seed(5).range(-1.0, 1.0).tensor()])
            .twice()
            .expecting([array![
                [0.57146287, 0.40774083, -0.029612541],
                [-0.5506358, 0.5111153, -0.51264167]
            ]]),
        Case::new("float64", |tf| vec![tf.random_uniform([3]).seed(5).dtype(DType::Float64).tensor()])
            .twice()
            .expecting([doubles([0.39796330219281506, 0.5694968150158146, 0.5469195367343935])]),
        Case::fed("like a batch", [array![[1.0, 2.0]]], |_, x| vec![x[0].random_uniform_like(Some(3))])
            .twice(),
        Case::new("a scalar", |tf| vec![tf.random_uniform(()).seed(5).tensor()]),
    ]
}

fn doubles(values: [f64; 3]) -> Array {
    Array::new([3], values).expect("three values for a shape of three")
}

pub(super) fn normal_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.random_normal([2, 3]).seed(5).stddev(0.5).tensor()])
            .twice()
            .expecting([array![
                [-0.33274883, -0.099238776, 0.59374225],
                [0.095255665, 0.3740704, 0.014864025]
            ]]),
    ]
}

pub(super) fn truncated_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.truncated_normal([2, 3]).seed(5).mean(1.0).tensor()])
            .twice()
            .expecting([array![[0.33450234, 0.80152243, 2.1874845], [1.1905113, 0.8268411, 0.25021046]]]),
        Case::new("nothing", |tf| vec![tf.truncated_normal([0, 3]).seed(5).tensor()]),
    ]
}

pub(super) fn integer_cases() -> Vec<Case> {
    vec![
        Case::new("dice", |tf| {
            vec![tf.random_uniform([20]).dtype(DType::Int32).range(1, 7).seed(5).tensor()]
        })
        .twice()
        .expecting([array![5, 3, 3, 3, 2, 5, 6, 6, 6, 1, 2, 6, 3, 3, 2, 5, 1, 2, 5, 1]]),
        Case::new("int64", |tf| {
            vec![tf.random_uniform([4]).dtype(DType::Int64).range(-3, 3).seed(5).tensor()]
        })
        .twice(),
    ]
}

pub(super) fn shuffle_cases() -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
    let build = |_: &crate::Graph, x: &[Tensor]| vec![x[0].random_shuffle(Some(5))];
    vec![
        Case::fed("rows", [rows()], build).twice().at_kink().expecting([array![
            [5.0, 6.0],
            [7.0, 8.0],
            [1.0, 2.0],
            [3.0, 4.0]
        ]]),
        Case::fed("a scalar", [Array::scalar(3i32)], build),
        Case::fed("no rows", [Array::from_literal([[0.0; 3]; 0])], build).at_kink(),
    ]
}

pub(super) fn multinomial_cases() -> Vec<Case> {
    let logits = || array![[0.0, 1.0, 2.0], [5.0, 0.0, 0.0]];
    vec![
        Case::fed("two rows", [logits()], |_, x| vec![x[0].multinomial(4, Some(5)).cast::<i32>()])
            .twice()
            .expecting([array![[2, 2, 2, 2], [0, 0, 0, 0]]]),
    ]
}
