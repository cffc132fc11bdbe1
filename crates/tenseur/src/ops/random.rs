//! Ops that draw random numbers: TensorFlow's own, from TensorFlow's streams.
//!
//! Each op has two seeds, and with them a stream of the Philox generator; how far it has come is kept by the session.
//! Seeds (0, 0) ask for numbers that nobody can foresee: such an op picks a stream when it is made.

use std::hash::{BuildHasher, Hasher, RandomState};

use smallvec::smallvec;
use tenseur_kernels::random::{Distribution, RandomKernel};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{IntoShape, shape_from, wrong_count};
use crate::ops::source::IntoConstant;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// An op's two seeds as its attributes give them, and the stream it draws from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// Attributes `seed` and `seed2`.
    given: (i64, i64),
    stream: (i64, i64),
}

impl Seeds {
    /// These seeds; for (0, 0) a stream that nobody can foresee.
    pub fn new(given: (i64, i64)) -> Seeds {
        let entropy = || RandomState::new().build_hasher().finish() as i64;
        let stream = if given == (0, 0) { (entropy(), entropy()) } else { given };
        Seeds { given, stream }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Seeds, Reason> {
        Ok(Seeds::new((attrs.optional("seed", 0)?, attrs.optional("seed2", 0)?)))
    }

    fn add_to(self, attrs: Attrs) -> Attrs {
        attrs.with("seed", self.given.0).with("seed2", self.given.1)
    }
}

impl std::fmt::Debug for Seeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.given)
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
    distribution: D,
    dtype: DType,
    seeds: Seeds,
}

/// Uniform in `[0, 1)`.
pub type RandomUniform = Random<Uniform>;
/// Normal, with mean 0 and deviation 1.
pub type RandomStandardNormal = Random<StandardNormal>;
/// Normal without what lies beyond two deviations.
pub type TruncatedNormal = Random<Truncated>;

/// The distribution that a type stands for.
trait Only {
    const ONLY: Self;
}

impl Only for Uniform {
    const ONLY: Uniform = Uniform;
}

impl Only for StandardNormal {
    const ONLY: StandardNormal = StandardNormal;
}

impl Only for Truncated {
    const ONLY: Truncated = Truncated;
}

#[allow(private_bounds)] // Nobody else has a distribution to add.
impl<D: Draw + Only> Op for Random<D> {
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
        Ok(Random { distribution: D::ONLY, dtype, seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(Fact::new(self.dtype, shape_from(shape)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Random)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("what is drawn depends on no input")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let count = known_shape(&node.outputs[0])?.elements();
        let stored = self.dtype.scalar().ok_or_else(|| format!("there are no random {}", self.dtype))?;
        let kernel = RandomKernel::real(D::DISTRIBUTION, stored, count, self.seeds.stream)?;
        Ok(Lowered::reading(0, Work::Random(Box::new(kernel))))
    }
}

/// Integers in `[minval, maxval)`: inputs are the shape and both bounds.
#[derive(Clone, Debug)]
pub struct RandomUniformInt {
    seeds: Seeds,
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
        Effects::of(Effect::Random).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("integers do not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fact = &node.outputs[0];
        let stored = fact.dtype.scalar().ok_or_else(|| format!("there are no random {}", fact.dtype))?;
        let count = known_shape(fact)?.elements();
        let kernel = RandomKernel::uniform_integer(stored, count, self.seeds.stream)?;
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![1, 2] })
    }
}

/// The rows of its input (what lies along axis 0) in random order.
#[derive(Clone, Debug)]
pub struct RandomShuffle {
    seeds: Seeds,
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
        Effects::of(Effect::Random)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the order that was drawn is not kept")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let fact = &node.outputs[0];
        let shape = known_shape(fact)?;
        let size = fact.dtype.size().ok_or_else(|| format!("it does not shuffle {}", fact.dtype))?;
        let rows = shape.first().copied().unwrap_or(1);
        let row_bytes = if rows == 0 { 0 } else { size * shape.elements() / rows };
        let kernel = RandomKernel::shuffle(rows, row_bytes, self.seeds.stream)?;
        Ok(Lowered::reading(1, Work::Random(Box::new(kernel))))
    }
}

/// Classes drawn with probabilities softmax(logits): inputs are the logits, `[batch, classes]`, and how many to draw for
/// each row; the output is `[batch, samples]`.
#[derive(Clone, Debug)]
pub struct Multinomial {
    output_dtype: DType,
    seeds: Seeds,
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
        Effects::of(Effect::Random)
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
            RandomKernel::multinomial(sizes, stored(logits.dtype)?, stored(out.dtype)?, self.seeds.stream)?;
        Ok(Lowered::reading(1, Work::Random(Box::new(kernel))))
    }
}

/// Which real numbers a [`RandomTensor`] draws.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Normal,
    Truncated,
    Uniform,
}

/// Random numbers that are still being described; wherever a tensor is taken it becomes one.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let w = tf.variable(tf.truncated_normal([784, 10]).stddev(0.1).seed(1), "w");
/// let noise = tf.random_uniform([3]).range(-1.0, 1.0).tensor();
/// assert_eq!(noise.dtype(), Some(DType::Float32));
/// tf.check()?;
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "numbers that nobody takes are never drawn"]
pub struct RandomTensor {
    shape: Tensor,
    kind: Kind,
    dtype: DType,
    /// Mean and deviation, or lowest and one past the highest.
    numbers: (f64, f64),
    seed: Option<i64>,
    name: Option<String>,
}

impl RandomTensor {
    /// The mean of a normal distribution; 0 unless said.
    pub fn mean(self, mean: f64) -> RandomTensor {
        RandomTensor { numbers: (mean, self.numbers.1), ..self }
    }

    /// The standard deviation of a normal distribution; 1 unless said.
    pub fn stddev(self, deviation: f64) -> RandomTensor {
        RandomTensor { numbers: (self.numbers.0, deviation), ..self }
    }

    /// The bounds of a uniform distribution, the upper one excluded; 0 and 1 unless said.
    pub fn range(self, low: f64, high: f64) -> RandomTensor {
        RandomTensor { numbers: (low, high), ..self }
    }

    /// The element type, a float; float32 unless said.
    pub fn dtype(self, dtype: DType) -> RandomTensor {
        RandomTensor { dtype, ..self }
    }

    /// The op's seed. With it, or with the graph's, every session draws the same numbers.
    pub fn seed(self, seed: i64) -> RandomTensor {
        RandomTensor { seed: Some(seed), ..self }
    }

    /// The name scope of its nodes.
    pub fn name(self, name: &str) -> RandomTensor {
        RandomTensor { name: Some(name.to_string()), ..self }
    }

    /// The tensor.
    #[track_caller]
    pub fn tensor(self) -> Tensor {
        let graph = self.shape.graph().clone();
        let usual = match self.kind {
            Kind::Normal => "random_normal",
            Kind::Truncated => "truncated_normal",
            Kind::Uniform => "random_uniform",
        };
        if !self.dtype.is_float() {
            let text = format!("{usual} draws floats and was asked for {}", self.dtype);
            return graph.fail(crate::Error::invalid(text));
        }
        let _scope = graph.name_scope(self.name.as_deref().unwrap_or(usual));
        let seeds = Seeds::new(graph.seeds(self.seed));
        let dtype = self.dtype;
        let (first, second) = self.numbers;
        match self.kind {
            Kind::Uniform => {
                let drawn = graph.add(Random { distribution: Uniform, dtype, seeds }, &[&self.shape]);
                let width = graph.constant_like(second - first, &drawn).named("sub");
                let scaled = (drawn * width).named("mul");
                scaled + graph.constant_like(first, &self.like(&graph)).named("min")
            }
            Kind::Normal | Kind::Truncated => {
                let drawn = match self.kind {
                    Kind::Normal => {
                        graph.add(Random { distribution: StandardNormal, dtype, seeds }, &[&self.shape])
                    }
                    _ => graph.add(Random { distribution: Truncated, dtype, seeds }, &[&self.shape]),
                };
                let deviation = graph.constant_like(second, &drawn).named("stddev");
                let scaled = (drawn * deviation).named("mul");
                let mean = graph.constant_like(first, &scaled).named("mean");
                scaled + mean
            }
        }
    }

    /// A tensor of the element type, to make numbers like.
    #[track_caller]
    fn like(&self, graph: &Graph) -> Tensor {
        graph.full_of(self.dtype, Shape::scalar(), 0.0)
    }
}

impl IntoConstant for RandomTensor {
    #[track_caller]
    fn into_constant(self, _: &Graph) -> Tensor {
        self.tensor()
    }
}

impl From<RandomTensor> for Operand {
    #[track_caller]
    fn from(random: RandomTensor) -> Operand {
        Operand::Tensor(random.tensor())
    }
}

impl From<RandomTensor> for Tensor {
    #[track_caller]
    fn from(random: RandomTensor) -> Tensor {
        random.tensor()
    }
}

impl Graph {
    /// Normal random numbers; values beyond two deviations are drawn again.
    #[track_caller]
    pub fn truncated_normal(&self, shape: impl Into<Shape>) -> RandomTensor {
        self.random(shape, Kind::Truncated, (0.0, 1.0))
    }

    /// Normal random numbers.
    #[track_caller]
    pub fn random_normal(&self, shape: impl Into<Shape>) -> RandomTensor {
        self.random(shape, Kind::Normal, (0.0, 1.0))
    }

    /// Uniform random numbers, in `[0, 1)` unless a range is given.
    #[track_caller]
    pub fn random_uniform(&self, shape: impl Into<Shape>) -> RandomTensor {
        self.random(shape, Kind::Uniform, (0.0, 1.0))
    }

    #[track_caller]
    fn random(&self, shape: impl Into<Shape>, kind: Kind, numbers: (f64, f64)) -> RandomTensor {
        let shape: Shape = shape.into();
        let sizes: Result<Vec<i32>, _> = shape.iter().map(|&size| i32::try_from(size)).collect();
        let shape = match sizes.ok().and_then(|sizes| Array::new([sizes.len()], sizes).ok()) {
            Some(sizes) => self.constant(sizes),
            None => self.fail(crate::Error::invalid(format!("a tensor of shape {shape} is too large"))),
        };
        RandomTensor { shape, kind, dtype: DType::Float32, numbers, seed: None, name: None }
    }
}

impl Tensor {
    /// Uniform random numbers in `[0, 1)`, one for each element of this tensor and of its type.
    #[track_caller]
    pub fn random_uniform_like(&self, seed: Option<i64>) -> Tensor {
        let dtype = self.dtype_or(DType::Float32);
        let seeds = Seeds::new(self.graph().seeds(seed));
        let shape = match self.shape().known() {
            Some(shape) => (&shape[..]).into_shape(self),
            None => self.shape_tensor(),
        };
        self.graph().add(Random { distribution: Uniform, dtype, seeds }, &[&shape])
    }

    /// Its rows, what lies along axis 0, in random order.
    #[track_caller]
    pub fn random_shuffle(&self, seed: Option<i64>) -> Tensor {
        let seeds = Seeds::new(self.graph().seeds(seed));
        self.graph().add(RandomShuffle { seeds }, &[self])
    }

    /// Classes drawn with probabilities softmax(logits): these are the logits, `[batch, classes]`, and what comes out is
    /// `[batch, samples]` of int64.
    #[track_caller]
    pub fn multinomial(&self, samples: i32, seed: Option<i64>) -> Tensor {
        let seeds = Seeds::new(self.graph().seeds(seed));
        let samples = self.graph().constant(samples);
        self.graph().add(Multinomial { output_dtype: DType::Int64, seeds }, &[self, &samples])
    }
}

pub(super) fn uniform_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.random_uniform([2, 3]).seed(5).range(-1.0, 1.0).tensor()])
            .twice(),
        Case::new("float64", |tf| vec![tf.random_uniform([3]).seed(5).dtype(DType::Float64).tensor()])
            .twice(),
        Case::fed("like a batch", [array![[1.0, 2.0]]], |_, x| vec![x[0].random_uniform_like(Some(3))])
            .twice(),
    ]
}

pub(super) fn normal_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.random_normal([2, 3]).seed(5).stddev(0.5).tensor()]).twice(),
    ]
}

pub(super) fn truncated_cases() -> Vec<Case> {
    vec![
        Case::new("two runs go on", |tf| vec![tf.truncated_normal([2, 3]).seed(5).mean(1.0).tensor()])
            .twice(),
        Case::new("nothing", |tf| vec![tf.truncated_normal([0, 3]).seed(5).tensor()]),
    ]
}

pub(super) fn integer_cases() -> Vec<Case> {
    vec![
        Case::new("dice", |tf| {
            let (shape, low, high) = (tf.constant(array![20]), tf.constant(1), tf.constant(7));
            vec![tf.add(RandomUniformInt { seeds: Seeds::new((7, 5)) }, &[&shape, &low, &high])]
        })
        .twice(),
    ]
}

pub(super) fn shuffle_cases() -> Vec<Case> {
    let rows = || array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
    vec![Case::fed("rows", [rows()], |_, x| vec![x[0].random_shuffle(Some(5))]).twice().at_kink()]
}

pub(super) fn multinomial_cases() -> Vec<Case> {
    let logits = || array![[0.0, 1.0, 2.0], [5.0, 0.0, 0.0]];
    vec![Case::fed("two rows", [logits()], |_, x| vec![x[0].multinomial(4, Some(5))]).twice()]
}
