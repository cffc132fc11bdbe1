//! Numbers rounded as if they were stored as integers of a few bits: FakeQuantWithMinMaxArgs and its kin, for training what will
//! run on such integers.
//!
//! Of the range `[min, max]` the steps are s = (max − min) / (steps), and the range is moved so that 0 is one of them. x is brought
//! into the range and rounded to the nearest step. What flows back goes through where x is in the range; beside it, to that end of
//! the range. (Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018.)

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape};

/// The range is of attributes.
pub const ARGS: u8 = 0;
/// The range is two numbers that are inputs.
pub const VARS: u8 = 1;
/// Each channel has a range of its own.
pub const PER_CHANNEL: u8 = 2;

/// Which integers there are, and the range where that is not an input.
#[derive(Clone, Debug)]
pub struct Steps {
    min: f32,
    max: f32,
    num_bits: i64,
    narrow_range: bool,
}

impl Steps {
    fn from_attrs(attrs: &Attrs, of_attrs: bool) -> Result<Steps, Reason> {
        let (min, max) = match of_attrs {
            true => (attrs.optional("min", -6.0)?, attrs.optional("max", 6.0)?),
            false => (-6.0, 6.0),
        };
        let steps = Steps {
            min,
            max,
            num_bits: attrs.optional("num_bits", 8)?,
            narrow_range: attrs.optional("narrow_range", false)?,
        };
        match steps {
            Steps { num_bits, .. } if !(2..=16).contains(&num_bits) => {
                Err(format!("the integers have 2 to 16 bits, not {num_bits}").into())
            }
            Steps { min, max, .. } if of_attrs && min >= max => {
                Err(format!("the range from {min} to {max} is empty").into())
            }
            steps => Ok(steps),
        }
    }

    fn attrs(&self, of_attrs: bool) -> Attrs {
        let attrs = Attrs::new().with("num_bits", self.num_bits).with("narrow_range", self.narrow_range);
        if of_attrs { attrs.with("min", self.min).with("max", self.max) } else { attrs }
    }

    /// The range moved so that 0 is one of its steps.
    fn range(&self, min: f32, max: f32) -> Range {
        let (first, last) = (if self.narrow_range { 1.0 } else { 0.0 }, ((1u32 << self.num_bits) - 1) as f32);
        let scale = (max - min) / (last - first);
        let zero = first - min / scale;
        let zero = if zero < first {
            first
        } else if zero > last {
            last
        } else {
            zero.round()
        };
        Range { low: (first - zero) * scale, high: (last - zero) * scale, scale }
    }
}

/// A range and its steps.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: f32,
    high: f32,
    scale: f32,
}

impl Range {
    fn rounded(self, x: f32) -> f32 {
        let per_step = 1.0 / self.scale;
        let zero = (-self.low * per_step + 0.5).floor();
        let within = x.min(self.high).max(self.low);
        ((within - self.low) * per_step - zero + 0.5).floor() * self.scale
    }
}

/// For each channel its range, or none where both ends are 0: of all elements where there is one for all.
fn ranges(steps: &Steps, kind: u8, ends: &[Array]) -> Result<Vec<Option<Range>>, Reason> {
    if kind == ARGS {
        return Ok(vec![Some(steps.range(steps.min, steps.max))]);
    }
    let (min, max) = (ends[0].as_slice::<f32>()?, ends[1].as_slice::<f32>()?);
    let each = min.iter().zip(max).map(|(&min, &max)| match (min, max) {
        (0.0, 0.0) => Ok(None),
        _ if min > 0.0 || max < 0.0 || min >= max => {
            Err(format!("the range from {min} to {max} must not be empty, and have 0 in it").into())
        }
        _ => Ok(Some(steps.range(min, max))),
    });
    each.collect()
}

/// x, the first input, rounded.
#[derive(Clone, Debug)]
pub struct FakeQuant<const KIND: u8> {
    /// Which integers there are.
    pub steps: Steps,
}

impl<const KIND: u8> Op for FakeQuant<KIND> {
    fn name(&self) -> &'static str {
        ["FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel"]
            [usize::from(KIND)]
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.steps.attrs(KIND == ARGS)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(FakeQuant { steps: Steps::from_attrs(attrs, KIND == ARGS)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, ends @ ..] = inputs else { return Err(wrong_count(1, inputs)) };
        must_fit(KIND, x, ends)?;
        Ok(Fact::new(DType::Float32, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| {
            let Some(dy) = node.dy(0) else { return vec![None; node.inputs()] };
            let back = FakeQuantGradient::<KIND> { steps: self.steps.clone() };
            let inputs: Vec<&Tensor> =
                [dy].into_iter().chain((0..node.inputs()).map(|i| node.x(i))).collect();
            let back = dy.graph().add_op(back, &inputs, None);
            (0..node.inputs()).map(|i| Some(back.output(i))).collect()
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let steps = self.steps.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let ranges = ranges(&steps, KIND, &arrays[1..])?;
            let x = arrays[0].as_slice::<f32>()?;
            let channels = ranges.iter().cycle().zip(x);
            let rounded = channels.map(|(range, &x)| range.map_or(0.0, |range| range.rounded(x)));
            Ok(vec![Array::new(arrays[0].shape().clone(), rounded.collect::<Vec<f32>>())?])
        }))
    }
}

/// What flows back through [`FakeQuant`]: inputs are the gradient of its output and its inputs; outputs the gradients of these.
#[derive(Clone, Debug)]
pub struct FakeQuantGradient<const KIND: u8> {
    /// Which integers there are.
    pub steps: Steps,
}

impl<const KIND: u8> Op for FakeQuantGradient<KIND> {
    fn name(&self) -> &'static str {
        [
            "FakeQuantWithMinMaxArgsGradient",
            "FakeQuantWithMinMaxVarsGradient",
            "FakeQuantWithMinMaxVarsPerChannelGradient",
        ][usize::from(KIND)]
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.steps.attrs(KIND == ARGS)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(FakeQuantGradient { steps: Steps::from_attrs(attrs, KIND == ARGS)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x, ends @ ..] = inputs else { return Err(wrong_count(2, inputs)) };
        must_fit(KIND, x, ends)?;
        let shape = dy.shape.merge(&x.shape);
        let shape = shape.ok_or_else(|| format!("x has shape {} and its gradient {}", x.shape, dy.shape))?;
        let ends = ends.iter().map(|end| Fact::new(DType::Float32, end.shape.clone()));
        Ok([Fact::new(DType::Float32, shape)].into_iter().chain(ends).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("what flows back through a rounding has no slope")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let steps = self.steps.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let ranges = ranges(&steps, KIND, &arrays[2..])?;
            let (dy, x) = (arrays[0].as_slice::<f32>()?, arrays[1].as_slice::<f32>()?);
            let (mut below, mut above) = (vec![0.0f32; ranges.len()], vec![0.0f32; ranges.len()]);
            let mut within = Vec::with_capacity(x.len());
            for (place, (&x, &dy)) in x.iter().zip(dy).enumerate() {
                let channel = place % ranges.len();
                let inside = match ranges[channel] {
                    Some(range) if x < range.low => {
                        below[channel] += dy;
                        false
                    }
                    Some(range) if x > range.high => {
                        above[channel] += dy;
                        false
                    }
                    _ => true,
                };
                within.push(if inside { dy } else { 0.0 });
            }
            let mut gradients = vec![Array::new(arrays[1].shape().clone(), within)?];
            if KIND != ARGS {
                gradients.push(Array::new(arrays[2].shape().clone(), below)?);
                gradients.push(Array::new(arrays[3].shape().clone(), above)?);
            }
            Ok(gradients)
        }))
    }
}

/// # Errors
/// When x is not float32, or the ends of the range are not what they are to be.
fn must_fit(kind: u8, x: &Fact, ends: &[&Fact]) -> Result<(), Reason> {
    let ends_fit = match (kind, ends) {
        (ARGS, []) => true,
        (VARS, [min, max]) => [min, max].iter().all(|end| end.shape.rank().is_none_or(|rank| rank == 0)),
        (PER_CHANNEL, [min, max]) => {
            let channels = x.shape.sizes().map(|sizes| sizes.last().copied().flatten());
            let channels: PartialShape = [channels.flatten()].into_iter().collect();
            min.shape.merge(&channels).is_some() && max.shape.merge(&channels).is_some()
        }
        _ => false,
    };
    if !ends_fit {
        let shapes: Vec<String> = ends.iter().map(|end| end.shape.to_string()).collect();
        return Err(
            format!("the ends of the range have shapes {} for x of {}", shapes.join(", "), x.shape).into()
        );
    }
    match x.dtype == DType::Float32 && ends.iter().all(|end| end.dtype == DType::Float32) {
        true => Ok(()),
        false => Err(format!("it rounds float32, not {}", x.dtype).into()),
    }
}

impl Tensor {
    /// Its numbers rounded as if they were integers of `num_bits` bits in `[min, max]`, of which 0 is one
    /// (`tf.fake_quant_with_min_max_args`). What flows back goes through where they are in the range.
    #[track_caller]
    pub fn fake_quant(&self, min: f32, max: f32, num_bits: u32) -> Tensor {
        let steps = Steps { min, max, num_bits: num_bits.into(), narrow_range: false };
        self.graph().add(FakeQuant::<ARGS> { steps }, &[self])
    }
}

fn numbers() -> Array {
    array![[-7.0, -1.3, 0.02], [0.51, 5.9, 8.0]]
}

fn steps(narrow_range: bool) -> Steps {
    Steps { min: -6.0, max: 6.0, num_bits: 4, narrow_range }
}

pub(super) fn args_cases() -> Vec<Case> {
    vec![
        Case::fed("sixteen steps", [numbers()], |_, x| vec![x[0].fake_quant(-2.0, 5.5, 4)])
            .at_kink()
            .expecting([array![[-2.0, -1.5, 0.0], [0.5, 5.5, 5.5]]]),
        Case::fed("nothing", [Array::from_literal([0.0; 0])], |_, x| vec![x[0].fake_quant(-1.0, 1.0, 8)])
            .at_kink(),
    ]
}

fn with_ends<const KIND: u8>(tf: &Graph, x: &[Tensor], narrow_range: bool) -> Tensor {
    tf.add(FakeQuant::<KIND> { steps: steps(narrow_range) }, &[&x[0], &x[1], &x[2]])
}

fn gradients_of<const KIND: u8>(tf: &Graph, x: &[Tensor]) -> Vec<Tensor> {
    let y = with_ends::<KIND>(tf, x, false) * &x[0];
    crate::gradients(&[&y.reduce_sum(..)], x).into_iter().flatten().collect()
}

pub(super) fn vars_cases() -> Vec<Case> {
    let ends = || [numbers(), (-2.0).into(), 5.5.into()];
    vec![
        Case::fed("narrow", ends(), |tf, x| vec![with_ends::<VARS>(tf, x, true)]).at_kink(),
        Case::fed("no range", [numbers(), 0.0.into(), 0.0.into()], |tf, x| {
            vec![with_ends::<VARS>(tf, x, false)]
        })
        .at_kink()
        .expecting([array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
        Case::fed("gradients", ends(), gradients_of::<VARS>).at_kink(),
    ]
}

pub(super) fn per_channel_cases() -> Vec<Case> {
    let ends = || [numbers(), array![-2.0, -1.0, 0.0], array![5.5, 2.0, 7.5]];
    vec![
        Case::fed("each its own", ends(), |tf, x| vec![with_ends::<PER_CHANNEL>(tf, x, false)]).at_kink(),
        Case::fed("gradients", ends(), gradients_of::<PER_CHANNEL>).at_kink(),
    ]
}
