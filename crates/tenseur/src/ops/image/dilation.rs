//! Grey-scale dilation of pictures (Dilation2D), with the ops that are its gradients:
//! `y[b, i, j, c] = max over (k, l) of x[b, s·i + r·k, s·j + r·l, c] + filter[k, l, c]`.

use half::{bf16, f16};

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::image::patches::{attrs_with_rates, each_place, sliding_with_rates};
use crate::ops::image::{array_of, known_sizes, same, sizes_of};
use crate::ops::sliding::{Padding, Sliding};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// Pictures x, `[batch, height, width, channels]`, dilated by filters `[height, width, channels]`, of any type of number.
#[derive(Clone, Debug)]
pub struct Dilation2D {
    /// How the filters move; dilations are what TensorFlow calls rates here.
    pub sliding: Sliding,
}

/// The gradient of the pictures. Inputs: pictures, filters, and the gradient of the output.
#[derive(Clone, Debug)]
pub struct Dilation2DBackpropInput {
    /// How the filters move.
    pub sliding: Sliding,
}

/// The gradient of the filters. Inputs: pictures, filters, and the gradient of the output.
#[derive(Clone, Debug)]
pub struct Dilation2DBackpropFilter {
    /// How the filters move.
    pub sliding: Sliding,
}

fn dilated(sliding: &Sliding, x: &Fact, filter: &Fact) -> Result<Fact, Reason> {
    let dtypes = [x.dtype, filter.dtype];
    if !x.dtype.is_number() || x.dtype != filter.dtype {
        return Err(refusal(&dtypes, DType::is_number));
    }
    sliding.check(2)?;
    let [batch, height, width, channels] = sizes_of::<4>(x, "a batch of pictures")?;
    let [rows, columns, depth] = sizes_of::<3>(filter, "a filter")?;
    let channels = same(channels, depth, "the count of channels")?;
    let places = sliding.outputs(&[height, width], &[rows, columns])?;
    Ok(Fact::new(x.dtype, [batch, places[0], places[1], channels]))
}

/// The facts of a gradient, which is like one of the first two inputs.
fn backward(sliding: &Sliding, inputs: &[&Fact], like: usize) -> Result<Facts, Reason> {
    let [x, filter, dy] = inputs else { return Err(wrong_count(3, inputs)) };
    let y = dilated(sliding, x, filter)?;
    if dy.dtype != y.dtype || y.shape.merge(&dy.shape).is_none() {
        return Err(format!("the output is {y}, and its gradient {dy}").into());
    }
    Ok(Fact::new(x.dtype, inputs[like].shape.clone()).one())
}

/// The least finite number of a type: what the greatest sum of no pixels is.
fn least(dtype: DType) -> f64 {
    match dtype {
        DType::Float64 => f64::MIN,
        DType::Float16 => f16::MIN.to_f64(),
        DType::BFloat16 => bf16::MIN.to_f64(),
        DType::Int8 => i8::MIN.into(),
        DType::Int16 => i16::MIN.into(),
        DType::Int32 => i32::MIN.into(),
        DType::Int64 => i64::MIN as f64,
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => 0.0,
        _ => f32::MIN.into(),
    }
}

/// For each number of the output, in order: the greatest sum, and the places in x and in the filter of its parts. Of equal
/// sums it is the first. Where no pixel is under the filter, the sum is the least number, of the first place of the filter and,
/// as in TensorFlow, of the pixel that is nearest to it.
fn greatest(
    sliding: &Sliding,
    x: &Array,
    filter: &Array,
    mut visit: impl FnMut(f64, [Option<usize>; 2]),
) -> Result<(), Reason> {
    let [batch, height, width, channels] = known_sizes::<4>(x)?;
    let [rows, columns, _] = known_sizes::<3>(filter)?;
    let axes = [sliding.along(0, height, rows)?, sliding.along(1, width, columns)?];
    let sums = Shape::from([batch, axes[0].output, axes[1].output, channels]);
    // What has no elements may have places without end along its other axes.
    if sums.elements() == 0 {
        return Ok(());
    }
    let (pixels, weights) = (x.to_f64()?, filter.to_f64()?);
    let rounded = |sum: f64| if x.dtype() == DType::Float32 { f64::from(sum as f32) } else { sum };
    let least = least(x.dtype());
    let begin = |axis: usize, output: usize| {
        let place = (output * axes[axis].stride).saturating_sub(axes[axis].before);
        (place < axes[axis].input).then_some(place)
    };
    for picture in 0..batch {
        let at = |row: usize, column: usize| ((picture * height + row) * width + column) * channels;
        let of_none = |row: usize, column: usize, channel: usize| {
            let pixel = begin(0, row).zip(begin(1, column)).map(|(row, column)| at(row, column) + channel);
            (least, [pixel, (channel < weights.len()).then_some(channel)])
        };
        if weights.is_empty() {
            for place in 0..axes[0].output * axes[1].output {
                let (row, column) = (place / axes[1].output, place % axes[1].output);
                (0..channels)
                    .map(|channel| of_none(row, column, channel))
                    .for_each(|(sum, from)| visit(sum, from));
            }
            continue;
        }
        let mut best = Vec::new();
        each_place(sliding, [height, width], [rows, columns], |[i, j], [down, across], pixel| {
            if [down, across] == [0, 0] {
                best = (0..channels).map(|channel| of_none(i, j, channel)).collect();
            }
            if let Some([row, column]) = pixel {
                for (channel, best) in best.iter_mut().enumerate() {
                    let from = at(row, column) + channel;
                    let weight = (down * columns + across) * channels + channel;
                    let sum = rounded(pixels[from] + weights[weight]);
                    if sum > best.0 {
                        *best = (sum, [Some(from), Some(weight)]);
                    }
                }
            }
            if [down + 1, across + 1] == [rows, columns] {
                best.iter().for_each(|&(sum, from)| visit(sum, from));
            }
        })?;
    }
    Ok(())
}

/// dy brought to where the greatest sums came from, in x or in the filter.
fn routed(sliding: &Sliding, arrays: &[Array], like: usize) -> Result<Vec<Array>, Reason> {
    let [x, filter, dy] = arrays else { return Err("it takes 3 inputs".into()) };
    let dy = dy.to_f64()?;
    let mut gradient = vec![0.0; arrays[like].len()];
    let mut next = dy.iter();
    greatest(sliding, x, filter, |_, from| {
        if let (Some(dy), Some(from)) = (next.next(), from[like]) {
            gradient[from] += dy;
        }
    })?;
    Ok(vec![array_of(x.dtype(), arrays[like].shape().clone(), &gradient)?])
}

impl Op for Dilation2D {
    fn name(&self) -> &'static str {
        "Dilation2D"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_with_rates(Attrs::new().with("T", node.inputs[0].dtype), &self.sliding)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Dilation2D, Reason> {
        Ok(Dilation2D { sliding: sliding_with_rates(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, filter] = inputs else { return Err(wrong_count(2, inputs)) };
        Ok(dilated(&self.sliding, x, filter)?.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let why = "TensorFlow has no gradients of those of dilations";
        let rule = |node: &crate::ops::Backward<'_>| {
            let Some(dy) = node.dy(0) else { return vec![None; 2] };
            let inputs = [node.x(0), node.x(1), dy];
            let sliding = self.sliding.clone();
            let dx = dy.graph().add(Dilation2DBackpropInput { sliding: sliding.clone() }, &inputs);
            vec![Some(dx), Some(dy.graph().add(Dilation2DBackpropFilter { sliding }, &inputs))]
        };
        Grad::Once(Box::new(rule), why)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, filter] = arrays else { return Err("it takes 2 inputs".into()) };
            let fact = dilated(&op.sliding, &Fact::constant(x.clone()), &Fact::constant(filter.clone()))?;
            let mut sums = Vec::new();
            greatest(&op.sliding, x, filter, |sum, _| sums.push(sum))?;
            Ok(vec![array_of(x.dtype(), known_shape(&fact)?, &sums)?])
        }))
    }
}

impl Op for Dilation2DBackpropInput {
    fn name(&self) -> &'static str {
        "Dilation2DBackpropInput"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_with_rates(Attrs::new().with("T", node.inputs[0].dtype), &self.sliding)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Dilation2DBackpropInput, Reason> {
        Ok(Dilation2DBackpropInput { sliding: sliding_with_rates(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        backward(&self.sliding, inputs, 0)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradients of those of dilations")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| routed(&op.sliding, arrays, 0)))
    }
}

impl Op for Dilation2DBackpropFilter {
    fn name(&self) -> &'static str {
        "Dilation2DBackpropFilter"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        attrs_with_rates(Attrs::new().with("T", node.inputs[0].dtype), &self.sliding)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Dilation2DBackpropFilter, Reason> {
        Ok(Dilation2DBackpropFilter { sliding: sliding_with_rates(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        backward(&self.sliding, inputs, 1)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradients of those of dilations")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| routed(&op.sliding, arrays, 1)))
    }
}

/// Pictures x, `[batch, height, width, channels]`, dilated by a `filter` `[height, width, channels]`: each number is the
/// greatest sum of a pixel under the filter and what the filter has there.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![1.0, 5.0, 2.0]).reshape([1, 1, 3, 1]);
/// let filter = tf.constant(array![0.0, 1.0]).reshape([1, 2, 1]);
/// let y = image::dilation2d(&x, &filter, nn::Sliding::new([1, 1], nn::Padding::Valid));
/// assert_eq!(Session::new(&tf)?.run(&y.reshape([2]), feeds![])?, array![6.0, 5.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn dilation2d(input: &Tensor, filter: &Tensor, sliding: Sliding) -> Tensor {
    input.graph().add(Dilation2D { sliding }, &[input, filter])
}

fn ways() -> [(&'static str, Sliding); 2] {
    let slow = Sliding { dilations: vec![1, 2], ..Sliding::new([1, 2], Padding::Same) };
    [("inside", Sliding::new([1, 1], Padding::Valid)), ("with a frame", slow)]
}

fn pictures() -> [Array; 2] {
    [crate::ops::conv::numbers([2, 5, 4, 2]), crate::ops::conv::numbers([2, 3, 2])]
}

pub(in crate::ops) fn dilation2d_cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ways()
        .into_iter()
        .map(|(name, sliding)| {
            let build = move |_: &Graph, x: &[Tensor]| vec![dilation2d(&x[0], &x[1], sliding.clone())];
            Case::fed(name, pictures(), build).at_kink()
        })
        .collect();
    let integers = pictures().map(|array| crate::conformance::as_type(array, DType::Int32));
    let sliding = Sliding::new([1, 1], Padding::Same);
    cases.push(Case::fed("int32", integers, move |_, x| vec![dilation2d(&x[0], &x[1], sliding.clone())]));
    cases
}

/// Cases of a gradient that `op` makes.
fn gradient_cases<O: Op>(op: fn(Sliding) -> O) -> Vec<Case> {
    let case = |(name, sliding): (&str, Sliding)| {
        let [x, filter] = pictures();
        let build = move |tf: &Graph, x: &[Tensor]| {
            let y = dilation2d(&x[0], &x[1], sliding.clone());
            vec![tf.add(op(sliding.clone()), &[&x[0], &x[1], &(y * 0.5)])]
        };
        Case::fed(name, [x, filter], build).at_kink()
    };
    ways().into_iter().map(case).collect()
}

pub(in crate::ops) fn dilation2d_backprop_input_cases() -> Vec<Case> {
    gradient_cases(|sliding| Dilation2DBackpropInput { sliding })
}

pub(in crate::ops) fn dilation2d_backprop_filter_cases() -> Vec<Case> {
    gradient_cases(|sliding| Dilation2DBackpropFilter { sliding })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn gradients_agree_with_finite_differences_away_from_ties() {
        for (name, sliding) in ways() {
            let tf = Graph::new();
            let inputs = pictures().map(|array| tf.constant(array).cast::<f64>());
            // No two sums are equal, nor nearly so.
            let spread = |x: &Tensor| {
                x + tf
                    .range(0.0, x.size_tensor().cast::<f32>(), 1.0)
                    .cast::<f64>()
                    .sin()
                    .reshape(x.shape_tensor())
            };
            let (x, filter) = (spread(&inputs[0]), spread(&inputs[1]));
            let loss =
                |x: &Tensor, filter: &Tensor| dilation2d(x, filter, sliding.clone()).square().reduce_sum(..);
            let slopes = gradients(&[&loss(&x, &filter)], &[&x, &filter]);
            for (i, slope) in slopes.iter().enumerate() {
                let slope = slope.clone().unwrap();
                let way = (tf.range(0.0, slope.size_tensor().cast::<f32>(), 1.0).cast::<f64>() * 3.0).cos();
                let way = way.reshape(slope.shape_tensor());
                let moved = |h: f64| match i {
                    0 => loss(&(&x + &way * h), &filter),
                    _ => loss(&x, &(&filter + &way * h)),
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let sess = Session::new(&tf).unwrap();
                let (want, got) = sess.run((&difference, &(&slope * &way).reduce_sum(..)), feeds![]).unwrap();
                let [want, got] = [want, got].map(|sum| sum.item::<f64>().unwrap());
                assert!(
                    (want - got).abs() < 1e-5 * want.abs().max(1.0),
                    "{name}, input {i}: {want} and {got}"
                );
            }
        }
    }
}
