//! Normal numbers between bounds: each row of the result has a mean, a deviation and two bounds of its own.
//!
//! Which way is taken depends on where the bounds lie, measured in deviations from the mean (C. P. Robert, *Simulation of truncated
//! normal variables*, 1995): normal numbers of which those outside are thrown away; uniform ones between the bounds, kept with a
//! probability; exponential ones from the lower bound on, kept with a probability. The streams are TensorFlow's on one thread.

use std::ops::{Add, Div, Mul, Neg, Sub};

use half::f16;
use smallvec::smallvec;
use tenseur_kernels::KernelError;
use tenseur_kernels::random::{Philox, RandomCall, RandomFloat, fill_normal, fill_uniform};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{shape_from, wrong_count};
use crate::ops::random::Seeds;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Element, Shape};

/// After so many numbers that were thrown away in a row there is no hope.
const TRIES: u64 = 1000;

/// How many numbers of equal parameters are drawn from one stretch of the stream.
const BATCH: usize = 100;

/// From so many deviations on either side of the mean on, normal numbers are drawn.
const WIDE: f64 = 1.3;

/// What numbers are computed with: every operation rounds to it.
trait Real:
    RandomFloat
    + Element
    + Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    fn number(value: f64) -> Self;
    fn by(self, function: fn(f64) -> f64) -> Self;
    fn is_infinite_number(self) -> bool;
}

macro_rules! real {
    ($($type:ty, |$value:ident| $of:expr, |$wide:ident| $to:expr;)*) => { $(
        impl Real for $type {
            fn number($value: f64) -> $type {
                $of
            }

            fn by(self, function: fn(f64) -> f64) -> $type {
                let $wide = self;
                <$type>::number(function($to))
            }

            fn is_infinite_number(self) -> bool {
                self.is_infinite()
            }
        }
    )* };
}
real! {
    f16, |value| f16::from_f64(value), |value| value.to_f64();
    f32, |value| value as f32, |value| f64::from(value);
    f64, |value| value, |value| value;
}

/// The parameters of one row.
#[derive(Clone, Copy)]
struct Row<T> {
    mean: T,
    deviation: T,
    low: T,
    high: T,
}

/// Numbers that fill one block of the stream.
fn group<T: Real>(stream: &mut Philox, fill: fn(usize, &mut Philox, &mut [T])) -> ([T; 4], usize) {
    let mut numbers = [T::number(0.0); 4];
    let count = if size_of::<T>() == 8 { 2 } else { 4 };
    fill(1, &mut { *stream }, &mut numbers[..count]);
    stream.skip(1);
    (numbers, count)
}

/// Fills `out` with numbers of a row's parameters.
fn fill_row<T: Real>(row: Row<T>, stream: &mut Philox, out: &mut [T]) -> Result<(), String> {
    let number = T::number;
    let Row { mean, mut deviation, mut low, mut high } = row;
    let bounded = !(low.is_infinite_number() && high.is_infinite_number());
    if !(deviation > number(0.0) && low < high && bounded) {
        return Err("deviations are above 0, and bounds rise and are not both infinite".into());
    }
    // One bound alone is the lower one, and bounds on one side of the mean are above it.
    if (low.is_infinite_number() && low < number(0.0)) || high < mean {
        (low, high, deviation) = (high, low, -deviation);
    }
    let (low, high) = ((low - mean) / deviation, (high - mean) / deviation);
    let root = (low * low + number(4.0)).by(f64::sqrt);
    let exponent = number(0.5) + low * (low - root) / number(4.0);
    let cutoff = number(2.0) * exponent.by(f64::exp) / (low + root);
    let difference = high - low;
    let wide = number(WIDE);
    let normal = (low < -wide && high >= number(0.0)) || (high > wide && low <= number(0.0));
    let alpha = (low + root) / number(2.0);
    let raised = if low < number(0.0) { number(0.0) } else { low * low };
    let (mut filled, mut tries) = (0, 0);
    while filled < out.len() {
        let mut offered = [(number(0.0), false); 4];
        let count = match () {
            _ if normal => {
                let (numbers, count) = group::<T>(stream, fill_normal);
                for (offer, z) in offered.iter_mut().zip(numbers) {
                    *offer = (z, z >= low && z <= high);
                }
                count
            }
            _ if difference < cutoff => {
                let (numbers, count) = group::<T>(stream, fill_uniform);
                let (chances, _) = group::<T>(stream, fill_uniform);
                for ((offer, share), chance) in offered.iter_mut().zip(numbers).zip(chances) {
                    let z = share * difference + low;
                    let density = ((raised - z * z) / number(2.0)).by(f64::exp);
                    *offer = (z, chance <= density);
                }
                count
            }
            _ => {
                let (numbers, count) = group::<T>(stream, fill_uniform);
                for (offer, pair) in offered.iter_mut().zip(numbers[..count].chunks_exact(2)) {
                    let z = -pair[0].by(f64::ln) / alpha + low;
                    let x = if low < alpha { alpha - z } else { low - alpha };
                    let density = (-x * x / number(2.0)).by(f64::exp);
                    *offer = (z, pair[1] <= density && z < high);
                }
                count / 2
            }
        };
        for (z, kept) in offered.into_iter().take(count) {
            if !kept {
                tries += 1;
                if tries >= TRIES {
                    return Err(format!("of {TRIES} numbers in a row none lies between the bounds"));
                }
                continue;
            }
            out[filled] = z * deviation + mean;
            filled += 1;
            tries = 0;
            if filled == out.len() {
                break;
            }
        }
    }
    Ok(())
}

/// Fills rows of numbers, of which parameters, `[means, deviations, lows, highs]`, are one for all or one for each.
fn fill<T: Real>(
    stream: &mut Philox,
    parameters: &[Vec<T>],
    vectors: bool,
    rows: usize,
    out: &mut [T],
) -> Result<(), String> {
    let size = match vectors {
        true => out.len().checked_div(rows).unwrap_or(0),
        false => BATCH,
    };
    let rows = if vectors { rows } else { out.len().div_ceil(BATCH) };
    let mut own = *stream;
    stream.skip(rows as u64 * 2 * TRIES * (size as u64 + 3) / 4);
    for (number, out) in out.chunks_mut(size.max(1)).enumerate() {
        let of = |which: usize| parameters[which][if parameters[which].len() == 1 { 0 } else { number }];
        let row = Row { mean: of(0), deviation: of(1), low: of(2), high: of(3) };
        fill_row(row, &mut own, out)?;
    }
    Ok(())
}

/// Normal numbers between bounds: inputs are the shape, and means, deviations, lower and upper bounds, each one for all or one for
/// each row.
#[derive(Clone, Debug)]
pub struct ParameterizedTruncatedNormal {
    /// Where its stream begins.
    pub seeds: Seeds,
}

/// The numbers of one execution.
fn drawn<T: Real>(
    stream: &mut Philox,
    shape: &Shape,
    inputs: &[Array],
    out: &mut [u8],
) -> Result<(), String> {
    let text = |error: crate::Error| error.message().to_string();
    let parameters = inputs.iter().map(|array| Ok(array.as_slice::<T>().map_err(text)?.to_vec()));
    let parameters = parameters.collect::<Result<Vec<_>, String>>()?;
    let rows = shape.first().copied().unwrap_or(0);
    let ranks: Vec<usize> = inputs.iter().map(|array| array.shape().rank()).collect();
    let one = |which: usize| ranks[which] == 0 || inputs[which].len() == 1;
    let vectors = !(one(0) && one(1) && ranks[2] == 0 && ranks[3] == 0);
    if let Some(other) = parameters.iter().find(|values| vectors && values.len() != 1 && values.len() != rows)
    {
        return Err(format!(
            "parameters are one for all or one for each of {rows} rows, and not {}",
            other.len()
        ));
    }
    let mut numbers: Vec<T> = crate::value::room(shape.elements()).map_err(text)?;
    numbers.resize(shape.elements(), T::number(0.0));
    fill(stream, &parameters, vectors, rows, &mut numbers)?;
    let array = Array::new(shape.clone(), numbers).map_err(text)?;
    out.copy_from_slice(array.bytes().map_err(text)?);
    Ok(())
}

impl Op for ParameterizedTruncatedNormal {
    fn name(&self) -> &'static str {
        "ParameterizedTruncatedNormal"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.seeds.add_to(Attrs::new().with("T", node.inputs[0].dtype).with("dtype", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(ParameterizedTruncatedNormal { seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [shape, parameters @ ..] = inputs else { return Err(wrong_count(5, inputs)) };
        if parameters.len() != 4 {
            return Err(wrong_count(5, inputs));
        }
        let dtype = parameters[0].dtype;
        for (fact, what) in parameters.iter().zip(["means", "deviations", "lower bounds", "upper bounds"]) {
            if fact.dtype != dtype || !matches!(dtype, DType::Float16 | DType::Float32 | DType::Float64) {
                return Err(
                    format!("parameters are of one kind of floats, and {what} are {}", fact.dtype).into()
                );
            }
            if fact.shape.rank().is_some_and(|rank| rank > 1) {
                return Err(format!("{what} are one number or a vector, not of shape {}", fact.shape).into());
            }
        }
        let shape = shape_from(shape)?;
        match shape.rank() {
            Some(0) => Err("the shape has at least one axis".into()),
            _ => Ok(Fact::new(dtype, shape).one()),
        }
    }

    fn effects(&self) -> Effects {
        self.seeds.effects().failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradient of normal numbers between bounds")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let shape = known_shape(&node.outputs[0])?;
        let dtype = node.outputs[0].dtype;
        let size = dtype.size().ok_or("it draws floats")?;
        let shapes: Vec<Shape> =
            node.inputs[1..].iter().map(|fact| known_shape(fact)).collect::<Result<_, _>>()?;
        let input_bytes: Vec<usize> = shapes.iter().map(|shape| shape.elements() * size).collect();
        let output_bytes = [shape.elements().checked_mul(size).ok_or("there would be too many numbers")?];
        let seeds = (self.seeds.0, self.seeds.1);
        let kernel = RandomCall::new(
            self.name(),
            seeds,
            &input_bytes,
            &output_bytes,
            move |stream, inputs, outputs| {
                let arrays = shapes.iter().zip(inputs).map(|(shape, bytes)| {
                    Array::from_bytes(dtype, shape.clone(), bytes)
                        .map_err(|error| KernelError::invalid(error.message()))
                });
                let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
                match dtype {
                    DType::Float16 => drawn::<f16>(stream, &shape, &arrays, outputs[0]),
                    DType::Float32 => drawn::<f32>(stream, &shape, &arrays, outputs[0]),
                    _ => drawn::<f64>(stream, &shape, &arrays, outputs[0]),
                }
                .map_err(KernelError::invalid)
            },
        );
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![1, 2, 3, 4] })
    }
}

pub(in crate::ops) fn parameterized_truncated_normal_cases() -> Vec<Case> {
    vec![
        Case::fed("three rows", [array![0.0, 1.0, -5.0], array![1.0, 0.5, 2.0]], |tf, x| {
            let op = ParameterizedTruncatedNormal { seeds: Seeds(3, 4) };
            let (low, high) =
                (tf.constant(array![-1.0, 1.5, 0.0]), tf.constant(array![3.0, 1.75, f32::INFINITY]));
            let shape = tf.constant(array![3, 4]);
            vec![tf.add(op, &[&shape, &x[0].stop_gradient(), &x[1].stop_gradient(), &low, &high])]
        })
        .twice(),
    ]
}
