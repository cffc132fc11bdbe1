//! Numbers as they are after having been integers of few bits: QuantizeAndDequantizeV2, V3 and V4.
//!
//! With q₀ … q₁ the integers of so many bits and [a, b] the range of the numbers, scale is the smaller of q₀/a and q₁/b (of
//! those that are positive), so that 0 stays 0; a number becomes round(x·scale) / scale, after it has been brought into the
//! range if that is given.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, normalised_axis, wrong_count};
use crate::ops::quantize_and_dequantize_grad::QuantizeAndDequantizeV4Grad;
use crate::ops::{Attrs, Effects, Grad, Op, Signature, image};
use crate::value::{Array, DType, PartialShape};

/// Inputs are the numbers, the least and the greatest of the range (of version 3 then how many bits there are). Of the
/// versions 2 and 3 gradients go through as if nothing had been rounded; of version 4 only where a number lies in the range.
#[derive(Clone, Debug)]
pub struct QuantizeAndDequantize<const VERSION: u8> {
    /// Whether there are negative integers.
    pub signed_input: bool,
    /// How many bits an integer has, where it is not an input.
    pub num_bits: i64,
    /// Whether the range is given; else it is that of the numbers.
    pub range_given: bool,
    /// Whether a half goes up, rather than to the even integer.
    pub half_up: bool,
    /// Whether the least negative integer is left out.
    pub narrow_range: bool,
    /// The axis along which each slice has a range of its own; −1 for one range.
    pub axis: i64,
}

/// The range and the number of bits are told apart.
pub type QuantizeAndDequantizeV2 = QuantizeAndDequantize<2>;
/// The number of bits is an input.
pub type QuantizeAndDequantizeV3 = QuantizeAndDequantize<3>;
/// Gradients know the range.
pub type QuantizeAndDequantizeV4 = QuantizeAndDequantize<4>;

impl<const VERSION: u8> Op for QuantizeAndDequantize<VERSION> {
    fn name(&self) -> &'static str {
        ["QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4"]
            [usize::from(VERSION - 2)]
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("axis", self.axis)
            .with("narrow_range", self.narrow_range)
            .with("range_given", self.range_given)
            .with("signed_input", self.signed_input);
        match VERSION {
            3 => attrs,
            _ => attrs
                .with("num_bits", self.num_bits)
                .with("round_mode", if self.half_up { "HALF_UP" } else { "HALF_TO_EVEN" }),
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let half_up = match &attrs.optional("round_mode", "HALF_TO_EVEN".to_string())?[..] {
            "HALF_TO_EVEN" => false,
            "HALF_UP" => true,
            other => {
                return Err(format!(
                    "attribute \"round_mode\" is \"{other}\"; it is HALF_TO_EVEN or HALF_UP"
                )
                .into());
            }
        };
        let axis = attrs.optional("axis", -1)?;
        if axis < -1 {
            return Err(format!("attribute \"axis\" is {axis}; it is -1 or more").into());
        }
        Ok(QuantizeAndDequantize {
            signed_input: attrs.optional("signed_input", true)?,
            num_bits: attrs.optional("num_bits", 8)?,
            range_given: attrs.optional("range_given", VERSION == 3)?,
            half_up,
            narrow_range: attrs.optional("narrow_range", false)?,
            axis,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let wanted = if VERSION == 3 { 4 } else { 3 };
        let [x, low, high, ..] = inputs else { return Err(wrong_count(wanted, inputs)) };
        if inputs.len() != wanted {
            return Err(wrong_count(wanted, inputs));
        }
        if !matches!(x.dtype, DType::Float32 | DType::Float64)
            || low.dtype != x.dtype
            || high.dtype != x.dtype
        {
            let types = format!("{}, {} and {}", x.dtype, low.dtype, high.dtype);
            return Err(format!("numbers and range are all float32 or all float64, not {types}").into());
        }
        if let Some(bits) = inputs.get(3) {
            must_be_scalar(bits, "the number of bits")?;
        }
        let each: PartialShape = match (self.axis, x.shape.rank()) {
            (-1, _) => PartialShape::scalar(),
            (axis, Some(rank)) => [x.shape.size(normalised_axis(axis, rank)?)].into(),
            _ => PartialShape::of_rank(1),
        };
        for (fact, what) in [(low, "the least"), (high, "the greatest")] {
            if self.range_given && each.merge(&fact.shape).is_none() {
                return Err(format!("{what} has shape {}, and there are ranges {each}", fact.shape).into());
            }
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        if VERSION != 4 {
            return Grad::Rule(Box::new(|node| {
                let through = [node.dy(0).cloned()].into_iter();
                through.chain(std::iter::repeat_n(None, node.inputs() - 1)).collect()
            }));
        }
        Grad::rule(|node, dy| {
            let op = QuantizeAndDequantizeV4Grad { axis: self.axis };
            let back = dy.graph().add_op(op, &[dy, node.x(0), node.x(1), node.x(2)], None);
            [0, 1, 2].map(|input| Some(back.output(input)))
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| Ok(vec![op.rounded(arrays)?])))
    }
}

impl<const VERSION: u8> QuantizeAndDequantize<VERSION> {
    fn rounded(&self, arrays: &[Array]) -> Result<Array, Reason> {
        let (x, dtype, shape) = (arrays[0].to_f64()?, arrays[0].dtype(), arrays[0].shape());
        let bits = if VERSION == 3 { arrays[3].to_i64()?[0] } else { self.num_bits };
        let most = if self.signed_input { 62 } else { 63 };
        if !(1 + i64::from(self.signed_input)..=most).contains(&bits) {
            return Err(format!(
                "there are {bits} bits; there are {} to {most}",
                1 + i64::from(self.signed_input)
            )
            .into());
        }
        let (slices, inner) = match self.axis {
            -1 => (1, x.len()),
            axis => {
                let axis = normalised_axis(axis, shape.rank())?;
                (shape[axis], shape[axis + 1..].iter().product())
            }
        };
        let slice = |place: usize| place / inner.max(1) % slices.max(1);
        let (mut low, mut high) = (vec![f64::MAX; slices], vec![f64::MIN; slices]);
        match self.range_given {
            true => (low, high) = (arrays[1].to_f64()?, arrays[2].to_f64()?),
            false => x.iter().enumerate().for_each(|(place, &x)| {
                let slice = slice(place);
                (low[slice], high[slice]) = (low[slice].min(x), high[slice].max(x));
            }),
        }
        if low.len() != slices || high.len() != slices {
            return Err(
                format!("there are {slices} ranges, and {} and {} ends", low.len(), high.len()).into()
            );
        }
        if let Some(slice) = (0..slices).find(|&slice| self.range_given && low[slice] > high[slice]) {
            return Err(format!("a range goes upwards, not from {} to {}", low[slice], high[slice]).into());
        }
        // Each step is rounded to the type of the numbers, as where a number lies exactly between two integers decides.
        let stored = |value: f64| if dtype == DType::Float32 { f64::from(value as f32) } else { value };
        let greatest = if dtype == DType::Float32 { f64::from(f32::MAX) } else { f64::MAX };
        let last =
            if self.signed_input { 2f64.powi(bits as i32 - 1) - 1.0 } else { 2f64.powi(bits as i32) - 1.0 };
        let first = match (self.signed_input, self.narrow_range) {
            (false, _) => 0.0,
            (true, true) => -last,
            (true, false) => -last - 1.0,
        };
        let scales: Vec<(f64, f64)> = (0..slices)
            .map(|slice| {
                let side = |quantized: f64, end: f64| {
                    if quantized * end > 0.0 { stored(stored(quantized) / end) } else { greatest }
                };
                let (below, above) = (side(first, low[slice]), side(last, high[slice]));
                match below < above {
                    true => {
                        let inverse = stored(low[slice] / stored(first));
                        high[slice] = stored(stored(last) * inverse);
                        (below, inverse)
                    }
                    false => {
                        let inverse = stored(high[slice] / stored(last));
                        low[slice] = stored(stored(first) * inverse);
                        (above, inverse)
                    }
                }
            })
            .collect();
        let rounded = x.iter().enumerate().map(|(place, &x)| {
            let slice = slice(place);
            let (scale, inverse) = scales[slice];
            let inside = if self.range_given { x.min(high[slice]).max(low[slice]) } else { x };
            let scaled = stored(inside * scale);
            let whole = if self.half_up { stored(scaled + 0.5).floor() } else { scaled.round_ties_even() };
            whole * inverse
        });
        image::array_of(dtype, shape.clone(), &rounded.collect::<Vec<_>>())
    }
}

fn op<const VERSION: u8>(range_given: bool) -> QuantizeAndDequantize<VERSION> {
    QuantizeAndDequantize {
        signed_input: true,
        num_bits: if VERSION == 3 { 8 } else { 3 },
        range_given,
        half_up: false,
        narrow_range: false,
        axis: -1,
    }
}

pub(super) fn cases<const VERSION: u8>() -> Vec<Case> {
    let build = |range_given| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let x = x[0].stop_gradient();
            let (low, high, bits) = (tf.constant(-1.0), tf.constant(0.75), tf.constant(3));
            let inputs = [&x, &low, &high, &bits];
            let inputs = if VERSION == 3 { &inputs[..] } else { &inputs[..3] };
            vec![tf.add(op::<VERSION>(range_given), inputs)]
        }
    };
    vec![
        Case::fed("a range", [array![-2.0, -0.3, 0.1, 0.5, 0.9]], build(true))
            .expecting([array![-1.0, -0.25, 0.0, 0.5, 0.75]]),
        Case::fed("its own range", [array![-4.0, -1.2, 0.4, 2.0]], build(false))
            .expecting([array![-4.0, -1.0, 0.0, 2.0]]),
    ]
}
