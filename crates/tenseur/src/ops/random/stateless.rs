//! Random numbers that are a function of two seeds, which are inputs: the same seeds, the same numbers, at every run.
//!
//! The seeds are mixed into a key and a place in a stream, from which numbers come as those of the other random ops do.

use tenseur_kernels::random::{Distribution, Philox, RandomKernel};
use tenseur_kernels::{Context, ScalarType, call};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{IntoShape, known_integer, must_be_scalar, shape_from, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// What a stateless op draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Uniform in `[0, 1)`.
    Uniform,
    /// Normal.
    Normal,
    /// Normal, within two deviations.
    Truncated,
    /// Integers in a range.
    Integers,
    /// Integers of all their bits.
    FullIntegers,
    /// Classes with probabilities softmax(logits).
    Classes,
}

/// Draws from a stream that two seeds say: inputs are the shape and the seeds (of integers in a range then its bounds; of
/// classes they are logits, how many to draw for each row, and the seeds). KIND is one of [`Kind`]'s numbers.
#[derive(Clone, Debug)]
pub struct Stateless<const KIND: usize> {
    /// The type of the numbers.
    pub dtype: DType,
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::Uniform, "StatelessRandomUniform"),
    (Kind::Normal, "StatelessRandomNormal"),
    (Kind::Truncated, "StatelessTruncatedNormal"),
    (Kind::Integers, "StatelessRandomUniformInt"),
    (Kind::FullIntegers, "StatelessRandomUniformFullInt"),
    (Kind::Classes, "StatelessMultinomial"),
];

impl<const KIND: usize> Op for Stateless<KIND> {
    fn name(&self) -> &'static str {
        KINDS[KIND].1
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let first = node.inputs[0].dtype;
        let attrs = Attrs::new().with("T", first);
        match KINDS[KIND].0 {
            Kind::Classes => attrs.with("Tseed", node.inputs[2].dtype).with("output_dtype", self.dtype),
            _ => attrs.with("Tseed", node.inputs[1].dtype).with("dtype", self.dtype),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        use DType::*;
        let dtype = match KINDS[KIND].0 {
            Kind::Classes => attrs.optional("output_dtype", Int64)?,
            Kind::Integers => attrs.require("dtype")?,
            Kind::FullIntegers => attrs.optional("dtype", UInt64)?,
            _ => attrs.optional("dtype", Float32)?,
        };
        let drawn = match KINDS[KIND].0 {
            Kind::Classes | Kind::Integers => matches!(dtype, Int32 | Int64),
            Kind::FullIntegers => matches!(dtype, Int32 | Int64 | UInt32 | UInt64),
            _ => dtype.is_float(),
        };
        if drawn { Ok(Stateless { dtype }) } else { Err(format!("it does not draw {dtype}").into()) }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let kind = KINDS[KIND].0;
        let count = match kind {
            Kind::Integers => 4,
            Kind::Classes => 3,
            _ => 2,
        };
        if inputs.len() != count {
            return Err(wrong_count(count, inputs));
        }
        let seeds = inputs[if kind == Kind::Classes { 2 } else { 1 }];
        if !seeds.dtype.is_integer() || seeds.shape.merge(&PartialShape::from([2])).is_none() {
            return Err(format!("seeds are two integers, not {seeds}").into());
        }
        if kind == Kind::Integers {
            for bound in &inputs[2..] {
                must_be_scalar(bound, "a bound")?;
                if bound.dtype != self.dtype {
                    return Err(format!("bounds are of {}, not of {}", self.dtype, bound.dtype).into());
                }
            }
        }
        if kind != Kind::Classes {
            return Ok(Fact::new(self.dtype, shape_from(inputs[0])?).one());
        }
        let logits = inputs[0];
        if !logits.dtype.is_number() || logits.shape.rank().is_some_and(|rank| rank != 2) {
            return Err(format!("logits are [batch, classes] of numbers and these are {logits}").into());
        }
        must_be_scalar(inputs[1], "the number of samples")?;
        let samples = known_integer(inputs[1]).map(usize::try_from).transpose();
        let samples = samples.map_err(|_| "it cannot draw less than no samples")?;
        let shape: PartialShape = [logits.shape.size(0), samples].into_iter().collect();
        Ok(Fact::new(self.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("what is drawn depends on no input smoothly")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = self.dtype;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let kind = KINDS[KIND].0;
            let stream = stream(&arrays[if kind == Kind::Classes { 2 } else { 1 }])?;
            if kind == Kind::Classes {
                let stored =
                    |dtype: DType| dtype.scalar().ok_or_else(|| format!("there are no random {dtype}"));
                let [rows, classes] = arrays[0].shape()[..] else { return Err("logits are a matrix".into()) };
                let samples =
                    usize::try_from(arrays[1].to_i64()?[0]).map_err(|_| "it cannot draw less than none")?;
                let logits = match arrays[0].dtype().is_float() {
                    true => arrays[0].clone(),
                    false => as_type(arrays[0].clone(), DType::Float64),
                };
                let types = (stored(logits.dtype())?, stored(dtype)?);
                let kernel = RandomKernel::multinomial([rows, classes, samples], types.0, types.1, stream)?;
                return Ok(vec![drawn(&kernel, 0, &[&logits], dtype, [rows, samples].into())?]);
            }
            let bounds: Vec<&Array> = arrays[2..].iter().collect();
            Ok(vec![draw(kind, dtype, (stream, 0), &arrays[0], &bounds)?])
        }))
    }
}

/// Numbers of a kind, but for classes, in the shape that an array says: from a stream of these seeds, of which so many blocks
/// are passed over. Integers in a range are between bounds.
pub(super) fn draw(
    kind: Kind,
    dtype: DType,
    (stream, blocks): ((i64, i64), u64),
    shape: &Array,
    bounds: &[&Array],
) -> Result<Array, Reason> {
    let stored = dtype.scalar().ok_or_else(|| format!("there are no random {dtype}"))?;
    let shape = shape_from(&Fact::constant(shape.clone()))?.known().ok_or("the shape is not known")?;
    let count = shape.elements();
    let real = |distribution| RandomKernel::real(distribution, stored, count, stream);
    let kernel = match kind {
        Kind::Uniform => real(Distribution::Uniform)?,
        Kind::Normal => real(Distribution::Normal)?,
        Kind::Truncated => real(Distribution::TruncatedNormal)?,
        // What is drawn between bounds is the same bits whether these are signed or not.
        Kind::Integers => {
            let signed = match stored {
                ScalarType::U32 => ScalarType::I32,
                ScalarType::U64 => ScalarType::I64,
                stored => stored,
            };
            RandomKernel::uniform_integer(signed, count, stream)?
        }
        _ => return full(Philox::at(stream.0, stream.1, [blocks, 0]), dtype, shape),
    };
    drawn(&kernel, blocks, bounds, dtype, shape)
}

/// The seeds, as those of another random op, that two seeds are mixed to.
pub(super) fn stream(seeds: &Array) -> Result<(i64, i64), Reason> {
    let seeds: Vec<u64> = match seeds.dtype() {
        DType::UInt64 => seeds.as_slice::<u64>()?.to_vec(),
        _ => seeds.to_i64()?.into_iter().map(|seed| seed as u64).collect(),
    };
    let &[first, second] = &seeds[..] else { return Err("seeds are two integers".into()) };
    let [a, b, c, d] = Philox::at(0x0246_1e29_3ec8_f720, second as i64, [first, 0]).block();
    let wide = |low: u32, high: u32| (u64::from(low) | u64::from(high) << 32) as i64;
    Ok((wide(a, b), wide(c, d)))
}

/// What a kernel draws after so many blocks of its stream.
fn drawn(
    kernel: &RandomKernel,
    blocks: u64,
    inputs: &[&Array],
    dtype: DType,
    shape: Shape,
) -> Result<Array, Reason> {
    let mut numbers = Array::zeros(dtype, shape)?;
    let position = Array::new([2], [blocks, 0])?;
    let mut after = position.clone();
    let mut given = vec![position.bytes()?];
    for input in inputs {
        given.push(input.bytes()?);
    }
    call(kernel, &Context { threads: 1 }, &given, &mut [numbers.bytes_mut()?, after.bytes_mut()?])?;
    Ok(numbers)
}

/// Integers of all their bits.
fn full(mut stream: Philox, dtype: DType, shape: Shape) -> Result<Array, Reason> {
    let mut numbers = Array::zeros(dtype, shape)?;
    for block in numbers.bytes_mut()?.chunks_mut(16) {
        let bytes: Vec<u8> = stream.block().into_iter().flat_map(u32::to_le_bytes).collect();
        block.copy_from_slice(&bytes[..block.len()]);
    }
    Ok(numbers)
}

impl Graph {
    /// Numbers uniform in `[0, 1)` that two seeds say: the same at every run (`tf.random.stateless_uniform`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let seeds = tf.constant(array![7, 17]);
    /// let [x, y] = [0, 1].map(|_| tf.stateless_random_uniform([3], &seeds));
    /// let (x, y) = Session::new(&tf)?.run((&x, &y), feeds![])?;
    /// assert_eq!(x, y);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn stateless_random_uniform(&self, shape: impl IntoShape, seeds: &Tensor) -> Tensor {
        self.add(Stateless::<0> { dtype: DType::Float32 }, &[&shape.into_shape(seeds), seeds])
    }

    /// Normal numbers that two seeds say (`tf.random.stateless_normal`).
    #[track_caller]
    pub fn stateless_random_normal(&self, shape: impl IntoShape, seeds: &Tensor) -> Tensor {
        self.add(Stateless::<1> { dtype: DType::Float32 }, &[&shape.into_shape(seeds), seeds])
    }

    /// Normal numbers within two deviations that two seeds say (`tf.random.stateless_truncated_normal`).
    #[track_caller]
    pub fn stateless_truncated_normal(&self, shape: impl IntoShape, seeds: &Tensor) -> Tensor {
        self.add(Stateless::<2> { dtype: DType::Float32 }, &[&shape.into_shape(seeds), seeds])
    }

    /// Integers of int32 from `low` to below `high` that two seeds say (`tf.random.stateless_uniform` of int32).
    #[track_caller]
    pub fn stateless_random_integers(
        &self,
        shape: impl IntoShape,
        seeds: &Tensor,
        low: impl Into<Operand>,
        high: impl Into<Operand>,
    ) -> Tensor {
        let number = self.constant(0);
        let (low, high) = (low.into().tensor(&number), high.into().tensor(&number));
        self.add(Stateless::<3> { dtype: DType::Int32 }, &[&shape.into_shape(seeds), seeds, &low, &high])
    }
}

fn cases<const KIND: usize>(dtype: DType) -> Vec<Case> {
    let build = move |tf: &Graph, x: &[Tensor]| {
        let shape = tf.constant(array![2, 3]);
        let bounds = [tf.constant(-5), tf.constant(7)];
        let logits = tf.constant(array![[0.0, 1.0, 2.0], [5.0, 0.0, 0.0]]);
        let inputs = match KINDS[KIND].0 {
            Kind::Integers => vec![&shape, &x[0], &bounds[0], &bounds[1]],
            Kind::Classes => vec![&logits, &bounds[1], &x[0]],
            _ => vec![&shape, &x[0]],
        };
        vec![tf.add(Stateless::<KIND> { dtype }, &inputs)]
    };
    vec![
        Case::fed("int32 seeds", [array![1, -2]], build).twice(),
        Case::fed("int64 seeds", [as_type(array![3, 4], DType::Int64)], build),
    ]
}

pub(in crate::ops) fn uniform_cases() -> Vec<Case> {
    cases::<0>(DType::Float32)
}

pub(in crate::ops) fn normal_cases() -> Vec<Case> {
    cases::<1>(DType::Float64)
}

pub(in crate::ops) fn truncated_cases() -> Vec<Case> {
    cases::<2>(DType::Float16)
}

pub(in crate::ops) fn integer_cases() -> Vec<Case> {
    cases::<3>(DType::Int32)
}

pub(in crate::ops) fn full_integer_cases() -> Vec<Case> {
    cases::<4>(DType::UInt64)
}

pub(in crate::ops) fn multinomial_cases() -> Vec<Case> {
    cases::<5>(DType::Int64)
}
