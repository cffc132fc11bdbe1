//! Numbers at equal distances: Range, `start + i·delta`, and LinSpace, so many from `start` to `stop`.

use half::{bf16, f16};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{known_integer, must_be_index, must_be_one, must_be_scalar, wrong_count};
use crate::ops::source::IntoConstant;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Element, room};

/// `start, start + delta, start + 2·delta, …` up to, and without, `limit`: inputs are start, limit and delta.
#[derive(Clone, Debug)]
pub struct Range;

impl Op for Range {
    fn name(&self) -> &'static str {
        "Range"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tidx", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Range, Reason> {
        Ok(Range)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [start, limit, delta] = inputs else { return Err(wrong_count(3, inputs)) };
        for (operand, what) in [(start, "start"), (limit, "limit"), (delta, "delta")] {
            must_be_one(operand, what)?;
            if operand.dtype != start.dtype {
                return Err(format!("start is of {} and {what} of {}", start.dtype, operand.dtype).into());
            }
        }
        let dtype = start.dtype;
        if !matches!(dtype, DType::Int32 | DType::Int64) && !dtype.is_float() {
            return Err(format!("it takes int32, int64 and floats, not {dtype}").into());
        }
        let count = match (&start.value, &limit.value, &delta.value) {
            (Some(start), Some(limit), Some(delta)) => Some(count(start, limit, delta)?),
            _ => None,
        };
        Ok(Fact::new(dtype, [count]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow takes its operands as constants")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let [start, _, delta] = node.inputs else { return Err(wrong_count(3, node.inputs)) };
        let (Some(start), Some(delta), Some(count)) =
            (&start.value, &delta.value, node.outputs[0].shape.size(0))
        else {
            return Ok(once_known(self, node));
        };
        let numbers = match start.dtype() {
            DType::Float32 => numbers::<f32>(start, delta, count, |s, d, i| s + i as f32 * d)?,
            DType::Float64 => numbers::<f64>(start, delta, count, |s, d, i| s + i as f64 * d)?,
            DType::Float16 => numbers::<f16>(start, delta, count, |s, d, i| s + f16::from_f64(i as f64) * d)?,
            DType::BFloat16 => {
                numbers::<bf16>(start, delta, count, |s, d, i| s + bf16::from_f64(i as f64) * d)?
            }
            DType::Int32 => {
                numbers::<i32>(start, delta, count, |s, d, i| s.wrapping_add((i as i32).wrapping_mul(d)))?
            }
            _ => numbers::<i64>(start, delta, count, |s, d, i| s.wrapping_add((i as i64).wrapping_mul(d)))?,
        };
        Ok(Lowered::values([numbers]))
    }
}

/// How many numbers there are from `start` on, before `limit`.
fn count(start: &Array, limit: &Array, delta: &Array) -> Result<usize, Reason> {
    let backwards = |down: bool| {
        let sign = if down { "negative" } else { "positive" };
        Err(format!("from {start} one does not come to {limit} by {sign} steps, {delta}").into())
    };
    if start.dtype().is_float() {
        let number = |array: &Array| Ok::<f64, Reason>(array.to_f64()?[0]);
        let (from, to, step) = (number(start)?, number(limit)?, number(delta)?);
        // As TensorFlow, which divides in the type itself.
        let steps = match start.dtype() {
            DType::Float16 | DType::BFloat16 => {
                let rounded = |value: f64| as_type(Array::scalar(value), start.dtype()).to_f64();
                rounded(rounded(to - from)?[0] / step)?[0].abs().ceil()
            }
            DType::Float32 => f64::from(((to as f32 - from as f32) / step as f32).abs().ceil()),
            _ => ((to - from) / step).abs().ceil(),
        };
        return match step {
            0.0 => Err("delta is 0".into()),
            step if step > 0.0 && from > to => backwards(false),
            step if step < 0.0 && from < to => backwards(true),
            _ if steps < i64::MAX as f64 => Ok(steps as usize),
            _ => Err(format!("from {start} to {limit} by {delta} there are {steps} numbers").into()),
        };
    }
    let number = |array: &Array| Ok::<i128, Reason>(array.to_i64()?[0].into());
    let (from, to, step) = (number(start)?, number(limit)?, number(delta)?);
    match step {
        0 => Err("delta is 0".into()),
        step if step > 0 && from > to => backwards(false),
        step if step < 0 && from < to => backwards(true),
        step => {
            let steps = (to - from).unsigned_abs().div_ceil(step.unsigned_abs());
            usize::try_from(steps).map_err(|_| format!("there are {steps} numbers, too many").into())
        }
    }
}

fn numbers<T: Element>(
    start: &Array,
    step: &Array,
    count: usize,
    number: impl Fn(T, T, usize) -> T,
) -> Result<Array, Reason> {
    let (start, step) = (start.item::<T>()?, step.item::<T>()?);
    let mut numbers = room(count)?;
    numbers.extend((0..count).map(|i| number(start, step, i)));
    Ok(Array::new([count], numbers)?)
}

/// `num` numbers at equal distances from `start` to `stop`, both included: inputs are start, stop and num.
#[derive(Clone, Debug)]
pub struct LinSpace;

impl Op for LinSpace {
    fn name(&self) -> &'static str {
        "LinSpace"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[2].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<LinSpace, Reason> {
        Ok(LinSpace)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [start, stop, num] = inputs else { return Err(wrong_count(3, inputs)) };
        for (operand, what) in [(start, "start"), (stop, "stop"), (num, "num")] {
            must_be_scalar(operand, what)?;
        }
        must_be_index(num, "num")?;
        if start.dtype != stop.dtype || !matches!(start.dtype, DType::Float32 | DType::Float64) {
            let got = format!("{} and {}", start.dtype, stop.dtype);
            return Err(format!("start and stop must be both float32 or both float64, not {got}").into());
        }
        let count = match known_integer(num) {
            Some(num) if num < 1 => return Err(format!("num is {num} and must be at least 1").into()),
            num => num.map(|num| num as usize),
        };
        Ok(Fact::new(start.dtype, [count]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow takes its operands as constants")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let [start, stop, _] = node.inputs else { return Err(wrong_count(3, node.inputs)) };
        let (Some(start), Some(stop), Some(count)) =
            (&start.value, &stop.value, node.outputs[0].shape.size(0))
        else {
            return Ok(once_known(self, node));
        };
        let last = count - 1;
        let values = match start.dtype() {
            DType::Float32 => numbers::<f32>(start, stop, count, |start, stop, i| match i {
                0 => start,
                i if i == last => stop,
                i => start + (stop - start) / last as f32 * i as f32,
            })?,
            _ => numbers::<f64>(start, stop, count, |start, stop, i| match i {
                0 => start,
                i if i == last => stop,
                i => start + (stop - start) / last as f64 * i as f64,
            })?,
        };
        Ok(Lowered::values([values]))
    }
}

impl crate::Graph {
    /// `start, start + delta, start + 2·delta, …` up to, and without, `limit` (`tf.range`). The operands, numbers or
    /// scalar tensors, must be of one type.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&tf.range(0, 6, 2), feeds![])?, array![0, 2, 4]);
    /// assert_eq!(sess.run(&tf.range(1.0, 0.0, -0.5), feeds![])?, array![1.0, 0.5]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn range(
        &self,
        start: impl IntoConstant,
        limit: impl IntoConstant,
        delta: impl IntoConstant,
    ) -> Tensor {
        let (start, limit) = (start.into_constant(self), limit.into_constant(self));
        self.add(Range, &[&start, &limit, &delta.into_constant(self)])
    }

    /// `num` numbers at equal distances from `start` to `stop`, both included (`tf.linspace`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.linspace(0.0, 1.0, 5);
    /// assert_eq!(Session::new(&tf)?.run(&x, feeds![])?, array![0.0, 0.25, 0.5, 0.75, 1.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn linspace(
        &self,
        start: impl IntoConstant,
        stop: impl IntoConstant,
        num: impl IntoConstant,
    ) -> Tensor {
        let (start, stop) = (start.into_constant(self), stop.into_constant(self));
        self.add(LinSpace, &[&start, &stop, &num.into_constant(self)])
    }
}

pub(super) fn range_cases() -> Vec<Case> {
    vec![
        Case::new("whole numbers", |tf| vec![tf.range(5, 0, -2)]).expecting([array![5, 3, 1]]),
        Case::new("numbers with a point", |tf| vec![tf.range(0.0, 1.0, 0.1)])
            .expecting([array![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.90000004]]),
        Case::new("none", |tf| vec![tf.range(3, 3, 1)]),
        Case::fed("a limit that is fed", [Array::scalar(3)], |tf, x| vec![tf.range(0, &x[0], 1)])
            .expecting([array![0, 1, 2]]),
        Case::fed("a float limit that is fed", [Array::scalar(1.0f32)], |tf, x| {
            vec![tf.range(0.0, &x[0], 0.25)]
        })
        .expecting([array![0.0, 0.25, 0.5, 0.75]]),
        Case::fed("int64, as far as the type goes", [Array::scalar(i64::MIN)], |tf, x| {
            vec![tf.range(&x[0], Array::scalar(i64::MAX), Array::scalar(i64::MAX))]
        })
        .expecting([Array::new([3], [i64::MIN, -1, i64::MAX - 1]).expect("three numbers")]),
        Case::fed("the axes of a tensor of any rank", [array![[1.0], [2.0]]], |tf, x| {
            vec![tf.range(0, x[0].rank_tensor(), 1)]
        })
        .expecting([array![0, 1]]),
    ]
}

pub(super) fn lin_space_cases() -> Vec<Case> {
    vec![
        Case::new("five", |tf| vec![tf.linspace(0.0, 1.0, 5)]).expecting([array![0.0, 0.25, 0.5, 0.75, 1.0]]),
        Case::new("one is the start", |tf| vec![tf.linspace(3.0, 4.0, 1)]).expecting([array![3.0]]),
        Case::fed("a number that is fed", [as_type(3.into(), DType::Int64)], |tf, x| {
            vec![tf.linspace(as_type(2.0.into(), DType::Float64), as_type(1.0.into(), DType::Float64), &x[0])]
        })
        .expecting([as_type(array![2.0, 1.5, 1.0], DType::Float64)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn ranges_that_never_end_are_refused() {
        let refusal = |build: &dyn Fn(&Graph) -> Tensor| {
            let tf = Graph::new();
            build(&tf);
            tf.check().unwrap_err().message().to_string()
        };
        assert_eq!(refusal(&|tf| tf.range(0, 5, 0)), "delta is 0");
        assert!(refusal(&|tf| tf.range(5, 0, 1)).contains("by positive steps, 1"));
        assert!(refusal(&|tf| tf.range(0.0, 1.0, -1.0)).contains("by negative steps"));
        assert!(refusal(&|tf| tf.range(0.0, f32::INFINITY, 1.0)).contains("inf numbers"));
        assert!(refusal(&|tf| tf.range(f32::NAN, 1.0, 1.0)).contains("NaN numbers"));
        assert!(refusal(&|tf| tf.range(0, 1.0, 1)).contains("start is of int32 and limit of float32"));
        assert!(refusal(&|tf| tf.linspace(0.0, 1.0, 0)).contains("num is 0"));
    }
}
