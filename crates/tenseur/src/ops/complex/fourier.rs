//! Fourier transforms: of complex numbers (FFT, IFFT), of real ones (RFFT), and back to those (IRFFT), along the last one,
//! two or three axes.
//!
//! `FFT: Yₖ = Σⱼ xⱼ e^(−2πi·jk/n)`, `IFFT: xⱼ = 1/n · Σₖ Yₖ e^(2πi·jk/n)`. Of n real numbers the frequencies from n/2 + 1 on
//! are the conjugates of those before, and are left out.

use std::sync::{Arc, Mutex};

use rustfft::{FftDirection, FftPlanner};

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{IntoShape, must_be_vector, wrong_count};
use crate::ops::complex::{Complex, array_of, complex_type, numbers, real_type};
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// A transform of complex numbers `[…, n]` along the last `AXES` axes; `INVERSE` ones divide by the count.
#[derive(Clone, Debug, Default)]
pub struct Fft<const AXES: usize, const INVERSE: bool>;

/// The transform of real numbers along the last `AXES` axes: frequencies `[…, n/2 + 1]`. Inputs: the numbers, and how many
/// of them are taken along each axis, the n.
#[derive(Clone, Debug, Default)]
pub struct RealFft<const AXES: usize>;

/// Real numbers `[…, n]` of frequencies. Inputs: the frequencies, and how many numbers there are along each axis, of which as
/// many frequencies are taken as [`RealFft`] gives.
#[derive(Clone, Debug, Default)]
pub struct InverseRealFft<const AXES: usize>;

/// Transforms along axes, with what has been prepared for sizes met before.
#[derive(Clone)]
struct Transform(Arc<Mutex<FftPlanner<f64>>>);

impl Transform {
    fn new() -> Transform {
        Transform(Arc::new(Mutex::new(FftPlanner::new())))
    }

    /// Transforms along `axis`; an inverse one divides by the count.
    fn along(&self, shape: &[usize], axis: usize, inverse: bool, values: &mut [Complex]) {
        let size = shape[axis];
        if values.is_empty() {
            return;
        }
        let direction = if inverse { FftDirection::Inverse } else { FftDirection::Forward };
        let plan = {
            let mut planner = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            planner.plan_fft(size, direction)
        };
        let step: usize = shape[axis + 1..].iter().product();
        let mut line = vec![Complex::default(); size];
        let mut scratch = vec![Complex::default(); plan.get_inplace_scratch_len()];
        let scale = if inverse { 1.0 / size as f64 } else { 1.0 };
        for block in values.chunks_exact_mut(size * step) {
            for start in 0..step {
                for (to, from) in line.iter_mut().zip(block.iter().skip(start).step_by(step)) {
                    *to = *from;
                }
                plan.process_with_scratch(&mut line, &mut scratch);
                for (to, from) in block.iter_mut().skip(start).step_by(step).zip(&line) {
                    *to = from * scale;
                }
            }
        }
    }
}

/// The first elements along the last axes, so many that the sizes are those of `to`.
fn cropped(values: &[Complex], from: &[usize], to: &[usize]) -> Vec<Complex> {
    let mut kept = Vec::with_capacity(to.iter().product());
    let strides = Shape::from(from).strides();
    let mut place = vec![0usize; to.len()];
    for _ in 0..to.iter().product::<usize>() {
        let at: usize = place.iter().zip(&strides).map(|(place, stride)| place * stride.unsigned_abs()).sum();
        kept.push(values[at]);
        for axis in (0..to.len()).rev() {
            place[axis] += 1;
            if place[axis] < to[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
    kept
}

/// The sizes of what is transformed along the last axes.
fn last_axes<const AXES: usize>(shape: &PartialShape) -> Result<(), Reason> {
    match shape.rank() {
        Some(rank) if rank < AXES => {
            Err(format!("it transforms {AXES} axes, and there is shape {shape}").into())
        }
        _ => Ok(()),
    }
}

/// The lengths that input 1 says, as far as they are known.
fn lengths<const AXES: usize>(length: &Fact) -> Result<[Option<usize>; AXES], Reason> {
    if length.dtype != DType::Int32 {
        return Err(format!("the lengths are int32, not {}", length.dtype).into());
    }
    must_be_vector(length, "the lengths")?;
    if length.shape.size(0).is_some_and(|count| count != AXES) {
        return Err(format!("there are {AXES} lengths, and this has shape {}", length.shape).into());
    }
    let said = length.known_integers().unwrap_or_else(|| vec![None; AXES]);
    if let Some(bad) = said.iter().flatten().find(|&&size| size < 0) {
        return Err(format!("a length is 0 or more, and not {bad}").into());
    }
    Ok(std::array::from_fn(|i| said.get(i).copied().flatten().and_then(|size| usize::try_from(size).ok())))
}

/// The shape of `x` with other sizes along the last axes.
fn with_last<const AXES: usize>(x: &PartialShape, last: [Option<usize>; AXES]) -> PartialShape {
    match x.sizes() {
        Some(sizes) => sizes[..sizes.len() - AXES].iter().copied().chain(last).collect(),
        None => PartialShape::unknown(),
    }
}

/// Whether there is enough along the last axes.
fn must_have(shape: &Shape, wanted: &[usize]) -> Result<(), Reason> {
    let first = shape.rank() - wanted.len();
    for (axis, &wanted) in wanted.iter().enumerate() {
        let size = shape[first + axis];
        if size != 0 && size < wanted {
            return Err(
                format!("axis {} has {size} elements, and {wanted} are transformed", first + axis).into()
            );
        }
    }
    Ok(())
}

impl<const AXES: usize, const INVERSE: bool> Op for Fft<AXES, INVERSE> {
    fn name(&self) -> &'static str {
        match (AXES, INVERSE) {
            (1, false) => "FFT",
            (2, false) => "FFT2D",
            (_, false) => "FFT3D",
            (1, true) => "IFFT",
            (2, true) => "IFFT2D",
            (_, true) => "IFFT3D",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tcomplex", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Fft)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if real_type(x.dtype).is_none() {
            return Err(refusal(&[x.dtype], |dtype| real_type(dtype).is_some()));
        }
        last_axes::<AXES>(&x.shape)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// Each is the other's, times or divided by the count.
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let dtype = node.x(0).dtype_or(DType::Complex64);
            let count = node.x(0).shape_tensor().at(-(AXES as i32)..).reduce_prod(..).cast_to(dtype);
            let dx = match INVERSE {
                false => dy.graph().add(Fft::<AXES, true>, &[dy]) * count,
                true => dy.graph().add(Fft::<AXES, false>, &[dy]) / count,
            };
            [Some(dx)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let transform = Transform::new();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let shape = arrays[0].shape();
            last_axes::<AXES>(&shape.into())?;
            let mut values = numbers(&arrays[0])?;
            for axis in shape.rank() - AXES..shape.rank() {
                transform.along(shape, axis, INVERSE, &mut values);
            }
            Ok(vec![array_of(arrays[0].dtype(), shape.clone(), &values)?])
        }))
    }
}

/// A complex tensor with zeros after it along each axis, so that it has these sizes.
fn filled_up(x: &Tensor, sizes: &Tensor) -> Tensor {
    let tf = x.graph();
    let missing = (sizes - x.shape_tensor()).expand_dims(1);
    let paddings = tf.concat(&[&missing.zeros_like(), &missing], 1);
    tf.complex(&x.real().pad(&paddings), &x.imag().pad(&paddings))
}

impl<const AXES: usize> Op for RealFft<AXES> {
    fn name(&self) -> &'static str {
        match AXES {
            1 => "RFFT",
            2 => "RFFT2D",
            _ => "RFFT3D",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Treal", node.inputs[0].dtype).with("Tcomplex", node.outputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(RealFft)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, length] = inputs else { return Err(wrong_count(2, inputs)) };
        let Some(dtype) = complex_type(x.dtype) else {
            return Err(refusal(&[x.dtype], |dtype| complex_type(dtype).is_some()));
        };
        last_axes::<AXES>(&x.shape)?;
        let mut last = lengths::<AXES>(length)?;
        last[AXES - 1] = last[AXES - 1].map(|n| if n == 0 { 0 } else { n / 2 + 1 });
        Ok(Fact::new(dtype, with_last(&x.shape, last)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// The real part of the inverse transform of dy, with zeros for the frequencies that are left out, times the count.
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (tf, x, length) = (dy.graph(), node.x(0), node.x(1));
            let outer = x.shape_tensor().at(..-(AXES as i32));
            let whole = filled_up(dy, &tf.concat(&[&outer, length], 0));
            let sums = tf.add(Fft::<AXES, true>, &[&whole]).real();
            let sums = sums * length.reduce_prod(..).cast_to(x.dtype_or(DType::Float32));
            let missing = (x.shape_tensor() - sums.shape_tensor()).expand_dims(1);
            let dx = sums.pad(tf.concat(&[&missing.zeros_like(), &missing], 1));
            [Some(dx), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (transform, dtype) = (Transform::new(), node.outputs[0].dtype);
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, length] = arrays else { return Err("it takes 2 inputs".into()) };
            let said = lengths::<AXES>(&Fact::constant(length.clone()))?;
            let last: Option<Vec<usize>> = said.into_iter().collect();
            let last = last.ok_or("the lengths are not known")?;
            last_axes::<AXES>(&x.shape().into())?;
            must_have(x.shape(), &last)?;
            let rank = x.shape().rank();
            let mut shape = x.shape().to_vec();
            shape[rank - AXES..].copy_from_slice(&last);
            let n = last[AXES - 1];
            let mut half = shape.clone();
            half[rank - 1] = if n == 0 { 0 } else { n / 2 + 1 };
            if x.is_empty() {
                return Ok(vec![Array::zeros(dtype, half)?]);
            }
            let mut values = cropped(&numbers(x)?, x.shape(), &shape);
            transform.along(&shape, rank - 1, false, &mut values);
            let mut values = cropped(&values, &shape, &half);
            for axis in rank - AXES..rank - 1 {
                transform.along(&half, axis, false, &mut values);
            }
            Ok(vec![array_of(dtype, half, &values)?])
        }))
    }
}

impl<const AXES: usize> Op for InverseRealFft<AXES> {
    fn name(&self) -> &'static str {
        match AXES {
            1 => "IRFFT",
            2 => "IRFFT2D",
            _ => "IRFFT3D",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("Tcomplex", node.inputs[0].dtype).with("Treal", node.outputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(InverseRealFft)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, length] = inputs else { return Err(wrong_count(2, inputs)) };
        let Some(dtype) = real_type(x.dtype) else {
            return Err(refusal(&[x.dtype], |dtype| real_type(dtype).is_some()));
        };
        last_axes::<AXES>(&x.shape)?;
        Ok(Fact::new(dtype, with_last(&x.shape, lengths::<AXES>(length)?)).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// The transform of dy, divided by the count, and doubled where a frequency stands for its conjugate too.
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (tf, x, length) = (dy.graph(), node.x(0), node.x(1));
            let dtype = dy.dtype_or(DType::Float32);
            let frequencies = tf.add(RealFft::<AXES>, &[dy, length]);
            let (n, count) = (length.at(-1), frequencies.shape_tensor().at(-1));
            let k = tf.range(0, &count, 1);
            // The first has no conjugate; nor has the last, if n is even.
            let alone = k.equal(0).logical_or((&k * 2).equal(&n));
            let one = tf.constant(1).cast_to(dtype);
            let twice = alone.where_(&one, &one + &one);
            let scale = twice / length.reduce_prod(..).cast_to(dtype);
            let scaled = &frequencies * tf.complex(&scale, &scale.zeros_like());
            [Some(filled_up(&scaled, &x.shape_tensor())), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (transform, dtype) = (Transform::new(), node.outputs[0].dtype);
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, length] = arrays else { return Err("it takes 2 inputs".into()) };
            let said = lengths::<AXES>(&Fact::constant(length.clone()))?;
            let last: Option<Vec<usize>> = said.into_iter().collect();
            let last = last.ok_or("the lengths are not known")?;
            let n = last[AXES - 1];
            let mut taken = last.clone();
            taken[AXES - 1] = if n == 0 { 0 } else { n / 2 + 1 };
            last_axes::<AXES>(&x.shape().into())?;
            must_have(x.shape(), &taken)?;
            let rank = x.shape().rank();
            let (mut half, mut shape) = (x.shape().to_vec(), x.shape().to_vec());
            half[rank - AXES..].copy_from_slice(&taken);
            shape[rank - AXES..].copy_from_slice(&last);
            let whole = Shape::from(&shape[..]);
            if x.is_empty() || whole.elements() == 0 {
                return Ok(vec![Array::zeros(dtype, whole)?]);
            }
            let mut values = cropped(&numbers(x)?, x.shape(), &half);
            for axis in rank - AXES..rank - 1 {
                transform.along(&half, axis, true, &mut values);
            }
            let mut full = Vec::with_capacity(whole.elements());
            for line in values.chunks_exact(n / 2 + 1) {
                full.extend((0..n).map(|k| if k <= n / 2 { line[k] } else { line[n - k].conj() }));
            }
            transform.along(&shape, rank - 1, true, &mut full);
            let real: Vec<f64> = full.iter().map(|z| z.re).collect();
            Ok(vec![crate::ops::image::array_of(dtype, whole, &real)?])
        }))
    }
}

/// The frequencies of complex numbers along the last axis.
///
/// ```
/// use tenseur::prelude::*;
/// use tenseur::signal;
/// let tf = Graph::new();
/// let x = tf.constant(array![1.0, 0.0, 0.0, 0.0]);
/// let y = signal::fft(&tf.complex(&x, &x.zeros_like())).real();
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![1.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn fft(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<1, false>, &[input])
}

/// The frequencies of complex numbers along the last two axes.
#[track_caller]
pub fn fft2d(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<2, false>, &[input])
}

/// The frequencies of complex numbers along the last three axes.
#[track_caller]
pub fn fft3d(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<3, false>, &[input])
}

/// The numbers that have these frequencies along the last axis.
#[track_caller]
pub fn ifft(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<1, true>, &[input])
}

/// The numbers that have these frequencies along the last two axes.
#[track_caller]
pub fn ifft2d(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<2, true>, &[input])
}

/// The numbers that have these frequencies along the last three axes.
#[track_caller]
pub fn ifft3d(input: &Tensor) -> Tensor {
    input.graph().add(Fft::<3, true>, &[input])
}

/// The frequencies, `[…, n/2 + 1]`, of the first n real numbers along the last axis; `fft_length` is `[n]`.
#[track_caller]
pub fn rfft(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(RealFft::<1>, &[input, &fft_length.into_shape(input)])
}

/// The frequencies of real numbers along the last two axes.
#[track_caller]
pub fn rfft2d(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(RealFft::<2>, &[input, &fft_length.into_shape(input)])
}

/// The frequencies of real numbers along the last three axes.
#[track_caller]
pub fn rfft3d(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(RealFft::<3>, &[input, &fft_length.into_shape(input)])
}

/// The n real numbers that have these frequencies along the last axis; `fft_length` is `[n]`.
#[track_caller]
pub fn irfft(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(InverseRealFft::<1>, &[input, &fft_length.into_shape(input)])
}

/// The real numbers that have these frequencies along the last two axes.
#[track_caller]
pub fn irfft2d(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(InverseRealFft::<2>, &[input, &fft_length.into_shape(input)])
}

/// The real numbers that have these frequencies along the last three axes.
#[track_caller]
pub fn irfft3d(input: &Tensor, fft_length: impl IntoShape) -> Tensor {
    input.graph().add(InverseRealFft::<3>, &[input, &fft_length.into_shape(input)])
}

/// Sizes of which the last `axes` are transformed.
fn sizes(axes: usize) -> Vec<usize> {
    [2, 3, 4, 5][3 - axes..].to_vec()
}

pub(in crate::ops) fn fft_cases<const AXES: usize, const INVERSE: bool>() -> Vec<Case> {
    let feeds = || [0, 1].map(|_| crate::ops::conv::numbers(sizes(AXES)));
    let build = |tf: &Graph, x: &[Tensor]| {
        let y = tf.add(Fft::<AXES, INVERSE>, &[&tf.complex(&x[0], &(&x[1] * 0.5))]);
        vec![y.real(), y.imag()]
    };
    vec![Case::fed("numbers", feeds(), build)]
}

pub(in crate::ops) fn rfft_cases<const AXES: usize>() -> Vec<Case> {
    let case = |name: &str, length: &[i32]| {
        let length = length.to_vec();
        let build = move |tf: &Graph, x: &[Tensor]| {
            let y = tf.add(RealFft::<AXES>, &[&x[0], &(&length[..]).into_shape(&x[0])]);
            vec![y.real(), y.imag()]
        };
        Case::fed(name, [crate::ops::conv::numbers(sizes(AXES))], build)
    };
    vec![case("an odd count", &[3, 4, 5][3 - AXES..]), case("an even count of some", &[2, 3, 4][3 - AXES..])]
}

pub(in crate::ops) fn irfft_cases<const AXES: usize>() -> Vec<Case> {
    let case = |name: &str, length: &[i32]| {
        let length = length.to_vec();
        let build = move |tf: &Graph, x: &[Tensor]| {
            let z = tf.complex(&x[0], &(&x[1] * 0.5));
            vec![tf.add(InverseRealFft::<AXES>, &[&z, &(&length[..]).into_shape(&x[0])])]
        };
        Case::fed(name, [0, 1].map(|_| crate::ops::conv::numbers(sizes(AXES))), build)
    };
    vec![case("an even count", &[3, 4, 8][3 - AXES..]), case("an odd count of some", &[3, 3, 7][3 - AXES..])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_agree_with_the_sums_that_define_them() {
        for n in [1, 2, 3, 4, 5, 8, 12, 17, 30] {
            let x: Vec<Complex> =
                (0..n).map(|j| Complex::new((j as f64 * 1.7).sin(), (j * j) as f64 % 3.0)).collect();
            for inverse in [false, true] {
                let mut fast = x.clone();
                Transform::new().along(&[n], 0, inverse, &mut fast);
                for (k, fast) in fast.iter().enumerate() {
                    let turn = if inverse { 2.0 } else { -2.0 } * std::f64::consts::PI / n as f64;
                    let terms = x
                        .iter()
                        .enumerate()
                        .map(|(j, x)| x * Complex::from_polar(1.0, turn * (j * k) as f64));
                    let sum: Complex = terms.sum::<Complex>() / if inverse { n as f64 } else { 1.0 };
                    assert!((sum - fast).norm() < 1e-11, "{n}, frequency {k}: {sum} and {fast}");
                }
            }
        }
    }
}
