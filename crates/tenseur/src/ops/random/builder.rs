//! Random tensors as programs write them: `tf.truncated_normal([784, 10]).stddev(0.1).seed(1)`.
//!
//! The nodes are those that TensorFlow 1 makes, in its order and under its names, so that a graph's seed gives ops
//! without one of their own the seeds that it gives them there.

use std::panic::Location;
use std::sync::Arc;

use crate::error::Error;
use crate::graph::{Graph, Operand, Tensor};
use crate::ops::Op;
use crate::ops::math::{AddV2, Mul, Sub};
use crate::ops::random::{
    Multinomial, RandomShuffle, RandomStandardNormal, RandomUniform, RandomUniformInt, Seeds, TruncatedNormal,
};
use crate::ops::source::{Const, IntoConstant};
use crate::value::{Array, DType, Shape};

/// The shape of what is drawn: sizes, or a tensor of integers that says them at the run.
#[derive(Clone, Debug)]
pub enum RandomShape {
    /// The sizes.
    Known(Shape),
    /// A vector of int32 or int64.
    Tensor(Tensor),
}

macro_rules! shapes {
    ($($from:ty: $value:ident => $shape:expr;)*) => { $(
        impl From<$from> for RandomShape {
            fn from($value: $from) -> RandomShape {
                $shape
            }
        }
    )* };
}
shapes! {
    Shape: shape => RandomShape::Known(shape);
    &Shape: shape => RandomShape::Known(shape.clone());
    &[usize]: sizes => RandomShape::Known(sizes.into());
    Vec<usize>: sizes => RandomShape::Known(sizes.into());
    (): _unit => RandomShape::Known(Shape::scalar());
    Tensor: tensor => RandomShape::Tensor(tensor);
    &Tensor: tensor => RandomShape::Tensor(tensor.clone());
}

impl<const N: usize> From<[usize; N]> for RandomShape {
    fn from(sizes: [usize; N]) -> RandomShape {
        RandomShape::Known(sizes.into())
    }
}

/// Random numbers that are still being described; wherever a tensor is taken they become one.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let w = tf.variable(tf.truncated_normal([784, 10]).stddev(0.1).seed(1), "w");
/// let noise = tf.random_uniform([3]).range(-1.0, 1.0).tensor();
/// let dice = tf.random_uniform([2]).dtype(DType::Int32).range(1, 7).tensor();
/// assert_eq!((noise.dtype(), dice.dtype()), (Some(DType::Float32), Some(DType::Int32)));
/// assert_eq!(w.initial_value().name(), "truncated_normal:0");
/// tf.check()?;
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "numbers that nobody takes are never drawn"]
pub struct RandomTensor {
    graph: Graph,
    shape: RandomShape,
    kind: Kind,
    dtype: DType,
    mean: Operand,
    deviation: Operand,
    range: Option<(Operand, Operand)>,
    seed: Option<i64>,
    name: Option<String>,
    line: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Normal,
    Truncated,
    Uniform,
}

impl RandomTensor {
    #[track_caller]
    fn new(graph: &Graph, shape: RandomShape, kind: Kind) -> RandomTensor {
        RandomTensor {
            graph: graph.clone(),
            shape,
            kind,
            dtype: DType::Float32,
            mean: Operand::Number(0.0),
            deviation: Operand::Number(1.0),
            range: None,
            seed: None,
            name: None,
            line: Location::caller(),
        }
    }

    /// The mean of a normal distribution; 0 unless said.
    pub fn mean(self, mean: impl Into<Operand>) -> RandomTensor {
        RandomTensor { mean: mean.into(), ..self }
    }

    /// The standard deviation of a normal distribution, before truncation; 1 unless said.
    pub fn stddev(self, deviation: impl Into<Operand>) -> RandomTensor {
        RandomTensor { deviation: deviation.into(), ..self }
    }

    /// The bounds of a uniform distribution, the upper one excluded; 0 and 1 unless said. Integers must be given one.
    pub fn range(self, low: impl Into<Operand>, high: impl Into<Operand>) -> RandomTensor {
        RandomTensor { range: Some((low.into(), high.into())), ..self }
    }

    /// The element type, a float; for a uniform distribution int32 or int64 too. float32 unless said.
    pub fn dtype(self, dtype: DType) -> RandomTensor {
        RandomTensor { dtype, ..self }
    }

    /// The op's seed. With it, or with the graph's, every session draws the same numbers.
    pub fn seed(self, seed: i64) -> RandomTensor {
        RandomTensor { seed: Some(seed), ..self }
    }

    /// The name of the tensor, and the scope of what it is made of.
    pub fn name(self, name: &str) -> RandomTensor {
        RandomTensor { name: Some(name.to_string()), ..self }
    }

    /// The tensor.
    pub fn tensor(self) -> Tensor {
        let usual = match self.kind {
            Kind::Normal => "random_normal",
            Kind::Truncated => "truncated_normal",
            Kind::Uniform => "random_uniform",
        };
        let integers = matches!(self.dtype, DType::Int32 | DType::Int64) && self.kind == Kind::Uniform;
        if !self.dtype.is_float() && !integers {
            return self.refuse(format!("{usual} does not draw numbers of type {}", self.dtype));
        }
        if integers && self.range.is_none() {
            return self.refuse(format!("{usual} of {} must be told a range", self.dtype));
        }
        let scope = self.graph.name_scope(self.name.as_deref().unwrap_or(usual));
        let own_name = format!("{}/", scope.name());
        let shape = match self.shape_tensor() {
            Ok(shape) => shape,
            Err(text) => return self.refuse(text),
        };
        match (self.kind, &self.range) {
            (Kind::Uniform, None) => self.draw(&shape, "RandomUniform"),
            (Kind::Uniform, Some((low, high))) => {
                let (low, high) = (self.operand(low, "min"), self.operand(high, "max"));
                if integers {
                    let op = RandomUniformInt { seeds: self.seeds() };
                    return self.add(op, &[&shape, &low, &high], &own_name);
                }
                let drawn = self.draw(&shape, "RandomUniform");
                let width = self.add(Sub, &[&high, &low], "sub");
                let scaled = self.add(Mul, &[&drawn, &width], "mul");
                self.add(AddV2, &[&scaled, &low], &own_name)
            }
            (Kind::Normal | Kind::Truncated, _) => {
                let mean = self.operand(&self.mean, "mean");
                let deviation = self.operand(&self.deviation, "stddev");
                let name = if self.kind == Kind::Normal { "RandomStandardNormal" } else { "TruncatedNormal" };
                let drawn = self.draw(&shape, name);
                let scaled = self.add(Mul, &[&drawn, &deviation], "mul");
                self.add(AddV2, &[&scaled, &mean], &own_name)
            }
        }
    }

    /// The standard numbers of the distribution.
    fn draw(&self, shape: &Tensor, name: &str) -> Tensor {
        let (dtype, seeds) = (self.dtype, self.seeds());
        match self.kind {
            Kind::Normal => self.add(RandomStandardNormal::new(dtype, seeds), &[shape], name),
            Kind::Truncated => self.add(TruncatedNormal::new(dtype, seeds), &[shape], name),
            Kind::Uniform => self.add(RandomUniform::new(dtype, seeds), &[shape], name),
        }
    }

    fn seeds(&self) -> Seeds {
        let (seed, seed2) = self.graph.seeds(self.seed);
        Seeds(seed, seed2)
    }

    fn shape_tensor(&self) -> Result<Tensor, String> {
        let shape = match &self.shape {
            RandomShape::Known(shape) => shape,
            RandomShape::Tensor(tensor) => return Ok(tensor.clone()),
        };
        let sizes: Result<Vec<i32>, _> = shape.iter().map(|&size| i32::try_from(size)).collect();
        match sizes.ok().and_then(|sizes| Array::new([sizes.len()], sizes).ok()) {
            Some(value) => Ok(self.add(Const { value }, &[], "shape")),
            None => Err(format!("the sizes {shape} do not fit in int32")),
        }
    }

    fn operand(&self, operand: &Operand, name: &str) -> Tensor {
        let value = match operand {
            Operand::Tensor(tensor) => return tensor.clone(),
            Operand::Array(array) => Ok(array.clone()),
            Operand::Number(number) => Array::scalar_of(self.dtype, *number),
        };
        match value {
            Ok(value) => self.add(Const { value }, &[], name),
            Err(error) => self.graph.fail(error),
        }
    }

    fn add(&self, op: impl Op, inputs: &[&Tensor], name: &str) -> Tensor {
        self.graph.add_operation(Arc::new(op), inputs, Some(name), Some(self.line.into())).output(0)
    }

    fn refuse(&self, text: String) -> Tensor {
        self.add(crate::ops::source::Invalid(Error::invalid(text)), &[], "random")
    }
}

impl IntoConstant for RandomTensor {
    fn into_constant(self, _: &Graph) -> Tensor {
        self.tensor()
    }
}

impl From<RandomTensor> for Operand {
    fn from(random: RandomTensor) -> Operand {
        Operand::Tensor(random.tensor())
    }
}

impl From<RandomTensor> for Tensor {
    fn from(random: RandomTensor) -> Tensor {
        random.tensor()
    }
}

impl Graph {
    /// Normal random numbers; those beyond two standard deviations from the mean are drawn again. What weights often
    /// start with.
    #[track_caller]
    pub fn truncated_normal(&self, shape: impl Into<RandomShape>) -> RandomTensor {
        RandomTensor::new(self, shape.into(), Kind::Truncated)
    }

    /// Normal random numbers.
    #[track_caller]
    pub fn random_normal(&self, shape: impl Into<RandomShape>) -> RandomTensor {
        RandomTensor::new(self, shape.into(), Kind::Normal)
    }

    /// Uniform random numbers, in `[0, 1)` unless a range is given.
    #[track_caller]
    pub fn random_uniform(&self, shape: impl Into<RandomShape>) -> RandomTensor {
        RandomTensor::new(self, shape.into(), Kind::Uniform)
    }
}

impl Tensor {
    /// Uniform random numbers in `[0, 1)`, one for each element of this tensor and of its type.
    #[track_caller]
    pub fn random_uniform_like(&self, seed: Option<i64>) -> Tensor {
        let shape = match self.shape().known() {
            Some(shape) => RandomShape::Known(shape),
            None => RandomShape::Tensor(self.shape_tensor()),
        };
        let random = self.graph().random_uniform(shape).dtype(self.dtype_or(DType::Float32));
        RandomTensor { seed, ..random }.tensor()
    }

    /// Its rows, what lies along axis 0, in random order.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let rows = tf.constant(array![[1, 10], [2, 20], [3, 30]]).random_shuffle(Some(5));
    /// let rows = Session::new(&tf)?.run(&rows, feeds![])?;
    /// assert!(rows.as_slice::<i32>()?.chunks(2).all(|row| row[1] == 10 * row[0]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn random_shuffle(&self, seed: Option<i64>) -> Tensor {
        let (seed, seed2) = self.graph().seeds(seed);
        self.graph().add(RandomShuffle { seeds: Seeds(seed, seed2) }, &[self])
    }

    /// Classes drawn with probabilities softmax(logits): these are the logits, `[batch, classes]`, and what comes out is
    /// `[batch, samples]` of int64.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let coin = tf.constant(array![[0.0, 0.0], [100.0, 0.0]]); // a fair one, and one that always shows class 0
    /// let tosses = Session::new(&tf)?.run(&coin.multinomial(10, Some(5)), feeds![])?;
    /// assert_eq!(tosses.as_slice::<i64>()?[10..], [0; 10]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn multinomial(&self, samples: i32, seed: Option<i64>) -> Tensor {
        let _scope = self.graph().name_scope("multinomial");
        let (seed, seed2) = self.graph().seeds(seed);
        let samples = self.graph().constant(samples).named("Multinomial/num_samples");
        let op = Multinomial { output_dtype: DType::Int64, seeds: Seeds(seed, seed2) };
        self.graph().add(op, &[self, &samples])
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn nodes_are_those_of_tensorflow() {
        let tf = Graph::new();
        let w = tf.truncated_normal([2, 3]).stddev(0.1).tensor();
        let u = tf.random_uniform([2]).range(-1.0, 1.0).name("noise").tensor();
        let plain = tf.random_uniform([2]).tensor();
        let names: Vec<String> = tf.operations().iter().map(|op| op.name().to_string()).collect();
        assert_eq!(
            names,
            [
                "truncated_normal/shape",
                "truncated_normal/mean",
                "truncated_normal/stddev",
                "truncated_normal/TruncatedNormal",
                "truncated_normal/mul",
                "truncated_normal",
                "noise/shape",
                "noise/min",
                "noise/max",
                "noise/RandomUniform",
                "noise/sub",
                "noise/mul",
                "noise",
                "random_uniform/shape",
                "random_uniform/RandomUniform",
            ]
        );
        assert_eq!(w.name(), "truncated_normal:0");
        assert_eq!(u.name(), "noise:0");
        assert_eq!(plain.name(), "random_uniform/RandomUniform:0");
        assert_eq!(tf.random_normal([1]).tensor().name(), "random_normal:0");
        assert_eq!(tf.random_normal([1]).tensor().name(), "random_normal_1:0");
    }

    #[test]
    fn a_graphs_seed_gives_tensorflows_numbers() {
        // By TensorFlow 1's rule the ops get seeds (3, 3) and (3, 9): these are TensorFlow's numbers for those.
        let tf = Graph::new();
        tf.set_random_seed(3);
        let (w, u) = (tf.truncated_normal([3]).tensor(), tf.random_uniform([2]).range(-1.0, 1.0).tensor());
        let (w, u) = Session::new(&tf).unwrap().run((&w, &u), feeds![]).unwrap();
        let near = |array: &Array, wanted: &[f32]| {
            let got = array.as_slice::<f32>().unwrap();
            got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6)
        };
        assert!(near(&w, &[-1.5072867, -0.8529847, -0.78440124]), "{w:?}");
        assert!(near(&u, &[0.62104464, -0.833436]), "{u:?}");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let said = |random: fn(&Graph) -> Tensor| {
            let tf = Graph::new();
            let _ = random(&tf);
            tf.check().unwrap_err().message().to_string()
        };
        let normal = said(|tf| tf.random_normal([2]).dtype(DType::Int32).tensor());
        assert_eq!(normal, "random_normal does not draw numbers of type int32");
        let dice = said(|tf| tf.random_uniform([2]).dtype(DType::Int64).tensor());
        assert_eq!(dice, "random_uniform of int64 must be told a range");
    }

    #[test]
    fn without_seeds_every_session_draws_other_numbers() {
        let tf = Graph::new();
        let x = tf.random_uniform([4]).tensor();
        let of = |executor| {
            let sess = Session::new(&tf).unwrap().executor(executor);
            [sess.run(&x, feeds![]).unwrap(), sess.run(&x, feeds![]).unwrap()]
        };
        let all =
            [of(crate::Executor::Planned), of(crate::Executor::Planned), of(crate::Executor::Reference)];
        let all = all.as_flattened();
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a != b), "{a:?} was drawn twice");
        }
    }
}
