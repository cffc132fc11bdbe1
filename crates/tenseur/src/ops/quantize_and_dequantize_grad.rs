//! What goes back through numbers that were integers of few bits, and the first form of that op: QuantizeAndDequantizeV4Grad,
//! QuantizeAndDequantize.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::array::{normalised_axis, wrong_count};
use crate::ops::by_arrays::applied;
use crate::ops::quantize_and_dequantize::QuantizeAndDequantizeV2;
use crate::ops::{Attrs, Effects, Grad, Op, Signature, image};
use crate::value::{Array, DType};

/// The gradient where a number lies in the range, and 0 elsewhere; and zeros for the range's ends. Inputs are the gradient, the
/// numbers, the least and the greatest of the range.
#[derive(Clone, Debug)]
pub struct QuantizeAndDequantizeV4Grad {
    /// The axis along which each slice has a range of its own; −1 for one range.
    pub axis: i64,
}

impl Op for QuantizeAndDequantizeV4Grad {
    fn name(&self) -> &'static str {
        "QuantizeAndDequantizeV4Grad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("axis", self.axis)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(QuantizeAndDequantizeV4Grad { axis: attrs.optional("axis", -1)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x, low, high] = inputs else { return Err(wrong_count(4, inputs)) };
        if !dy.dtype.is_float() || [x, low, high].into_iter().any(|fact| fact.dtype != dy.dtype) {
            let types = format!("{}, {}, {} and {}", dy.dtype, x.dtype, low.dtype, high.dtype);
            return Err(
                format!("gradient, numbers and range are all of one type of floats, not {types}").into()
            );
        }
        let shape = dy.shape.merge(&x.shape);
        let shape =
            shape.ok_or_else(|| format!("the gradient is {} and the numbers {}", dy.shape, x.shape))?;
        if low.shape.merge(&high.shape).is_none() {
            return Err(format!("the range's ends are {} and {}", low.shape, high.shape).into());
        }
        Ok([shape, low.shape.clone(), high.shape.clone()]
            .into_iter()
            .map(|shape| Fact::new(dy.dtype, shape))
            .collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let inside = dy.graph().add_op(self.clone(), &[dy, node.x(1), node.x(2), node.x(3)], None);
            [Some(inside.output(0)), None, None, None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let axis = self.axis;
        Ok(Lowered::arrays("QuantizeAndDequantizeV4Grad", node, move |arrays| {
            let (dtype, shape) = (arrays[1].dtype(), arrays[1].shape());
            let numbers = arrays.iter().map(Array::to_f64).collect::<Result<Vec<_>, _>>()?;
            let [dy, x, low, high] = &numbers[..] else { return Err("it has four inputs".into()) };
            let (slices, inner) = match axis {
                -1 => (1, x.len()),
                axis => {
                    let axis = normalised_axis(axis, shape.rank())?;
                    (shape[axis], shape[axis + 1..].iter().product())
                }
            };
            if low.len() != slices || high.len() != slices || dy.len() != x.len() {
                let (low, high) = (low.len(), high.len());
                return Err(format!("there are {slices} ranges, and {low} and {high} ends").into());
            }
            let through = dy.iter().zip(x).enumerate().map(|(place, (&dy, &x))| {
                let slice = place / inner.max(1) % slices.max(1);
                if x >= low[slice] && x <= high[slice] { dy } else { 0.0 }
            });
            let ends = |array: &Array| Array::zeros(dtype, array.shape().clone());
            Ok(vec![
                image::array_of(dtype, shape.clone(), &through.collect::<Vec<_>>())?,
                ends(&arrays[2])?,
                ends(&arrays[3])?,
            ])
        }))
    }
}

/// As [`QuantizeAndDequantizeV2`], by a range that the graph says.
#[derive(Clone, Debug)]
pub struct QuantizeAndDequantizeV1 {
    /// Whether there are negative integers.
    pub signed_input: bool,
    /// How many bits an integer has.
    pub num_bits: i64,
    /// Whether the range is that of `input_min` and `input_max`; else it is that of the numbers.
    pub range_given: bool,
    /// The least.
    pub input_min: f32,
    /// The greatest.
    pub input_max: f32,
}

impl Op for QuantizeAndDequantizeV1 {
    fn name(&self) -> &'static str {
        "QuantizeAndDequantize"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("input_max", self.input_max)
            .with("input_min", self.input_min)
            .with("num_bits", self.num_bits)
            .with("range_given", self.range_given)
            .with("signed_input", self.signed_input)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(QuantizeAndDequantizeV1 {
            signed_input: attrs.optional("signed_input", true)?,
            num_bits: attrs.optional("num_bits", 8)?,
            range_given: attrs.optional("range_given", false)?,
            input_min: attrs.optional("input_min", 0.0)?,
            input_max: attrs.optional("input_max", 0.0)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        match x.dtype {
            DType::Float32 | DType::Float64 => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
            other => Err(format!("it takes float32 or float64, and not {other}").into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays("QuantizeAndDequantize", node, move |arrays| {
            let second = QuantizeAndDequantizeV2 {
                signed_input: op.signed_input,
                num_bits: op.num_bits,
                range_given: op.range_given,
                half_up: false,
                narrow_range: false,
                axis: -1,
            };
            let end = |value: f32| Array::scalar_of(arrays[0].dtype(), f64::from(value));
            applied(&second, &[&arrays[0], &end(op.input_min)?, &end(op.input_max)?])
        }))
    }
}

pub(super) fn grad_cases() -> Vec<Case> {
    vec![
        Case::fed("within and beyond", [array![1.0, 2.0, 3.0], array![-1.5, 0.25, 1.0]], |tf, x| {
            let (low, high) = (tf.constant(-1.0), tf.constant(1.0));
            let op = QuantizeAndDequantizeV4Grad { axis: -1 };
            let node = tf.add_op(op, &[&x[0], &x[1].stop_gradient(), &low, &high], None);
            (0..3).map(|output| node.output(output)).collect()
        })
        .expecting([array![0.0, 2.0, 3.0], Array::scalar(0.0f32), Array::scalar(0.0f32)]),
    ]
}

pub(super) fn first_cases() -> Vec<Case> {
    vec![
        Case::fed("a range", [array![-2.0, -0.3, 0.1, 0.5, 0.9]], |tf, x| {
            let op = QuantizeAndDequantizeV1 {
                signed_input: true,
                num_bits: 3,
                range_given: true,
                input_min: -1.0,
                input_max: 0.75,
            };
            vec![tf.add(op, &[&x[0].stop_gradient()])]
        })
        .expecting([array![-1.0, -0.25, 0.0, 0.5, 0.75]]),
    ]
}
