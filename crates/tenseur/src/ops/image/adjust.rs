//! Pictures with other colours: AdjustContrastv2, AdjustHue and AdjustSaturation.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, coloured, colours, floats, must_be_float32};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// `(x − mean) · factor + mean`, where the mean is that of each channel of each picture. Inputs: pictures
/// `[…, height, width, channels]` of float16 or float32, and the factor, a float32.
#[derive(Clone, Debug, Default)]
pub struct AdjustContrast;

/// Pictures with hues turned by δ, where 1 is a whole turn. Inputs: pictures `[…, 3]` of float16 or float32, red, green and
/// blue, and δ, a float32.
#[derive(Clone, Debug, Default)]
pub struct AdjustHue;

/// Pictures with saturations multiplied by a scale, and kept in `[0, 1]`. Inputs: pictures `[…, 3]` of float16 or float32,
/// red, green and blue, and the scale, a float32.
#[derive(Clone, Debug, Default)]
pub struct AdjustSaturation;

/// Pictures, and a number that says how much they are changed.
fn adjusted<'a>(inputs: &[&'a Fact], what: &str) -> Result<&'a Fact, Reason> {
    let [x, amount] = inputs else { return Err(wrong_count(2, inputs)) };
    must_be_float32(amount, what)?;
    must_be_scalar(amount, what)?;
    let taken = |dtype| matches!(dtype, DType::Float16 | DType::Float32);
    if taken(x.dtype) { Ok(x) } else { Err(refusal(&[x.dtype], taken)) }
}

impl Op for AdjustContrast {
    fn name(&self) -> &'static str {
        "AdjustContrastv2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<AdjustContrast, Reason> {
        Ok(AdjustContrast)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let x = adjusted(inputs, "a contrast's factor")?;
        match x.shape.rank() {
            Some(0..3) => Err(format!("pictures have 3 axes or more, and this has shape {}", x.shape).into()),
            _ => Ok(Fact::new(x.dtype, x.shape.clone()).one()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// dx = f·dy + (1 − f)·mean(dy), df = Σ dy·(x − mean(x)).
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, factor) = (node.x(0), node.x(1));
            let dtype = x.dtype_or(DType::Float32);
            let scale = factor.cast_to(dtype);
            let mean = |pictures: &Tensor| pictures.reduce_mean_keeping([-3, -2]);
            let dx = dy * &scale + mean(dy) * (1.0 - &scale);
            let df = (dy * (x - mean(x))).reduce_sum(..).cast_to(DType::Float32);
            [Some(dx), Some(df)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let (x, factor) = (&arrays[0], f64::from(arrays[1].item::<f32>()?));
            let [.., height, width, channels] = x.shape()[..] else {
                return Err("pictures have 3 axes or more".into());
            };
            let mut values = x.to_f64()?;
            let size = height * width * channels;
            for picture in values.chunks_exact_mut(size.max(1)) {
                for channel in 0..channels {
                    let sum: f64 = picture.iter().skip(channel).step_by(channels).sum();
                    let mean = sum / (height * width) as f64;
                    for value in picture.iter_mut().skip(channel).step_by(channels) {
                        *value = (*value - mean) * factor + mean;
                    }
                }
            }
            Ok(vec![array_of(x.dtype(), x.shape().clone(), &values)?])
        }))
    }
}

/// Each colour of `x` made into another.
fn each_colour(x: &Array, change: impl Fn([f32; 3]) -> [f32; 3]) -> Result<Vec<Array>, Reason> {
    let mut values: Vec<f64> = Vec::with_capacity(x.len());
    for colour in floats(x)?.chunks_exact(3) {
        values.extend(change([colour[0], colour[1], colour[2]]).map(f64::from));
    }
    Ok(vec![array_of(x.dtype(), x.shape().clone(), &values)?])
}

impl Op for AdjustHue {
    fn name(&self) -> &'static str {
        "AdjustHue"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<AdjustHue, Reason> {
        Ok(AdjustHue)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let x = adjusted(inputs, "a hue's change")?;
        Ok(Fact::new(x.dtype, coloured(x, 3)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("no rule is known for a change of hue")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let delta = arrays[1].item::<f32>()?;
            each_colour(&arrays[0], |colour| {
                let (hue, least, greatest) = hue_and_range(colour);
                let turned = (hue + delta * 6.0).rem_euclid(6.0);
                // A turn that is just short of 6 may be rounded to it.
                colour_of_hue(if turned < 6.0 { turned } else { 0.0 }, least, greatest)
            })
        }))
    }
}

/// Which sixth of the circle a colour's hue is in, and how far, from 0 to 6; its least and its greatest channel.
fn hue_and_range([red, green, blue]: [f32; 3]) -> (f32, f32, f32) {
    let (sixth, greatest, middle, least) = match (red < green, blue) {
        (true, blue) if blue < red => (1.0, green, red, blue),
        (true, blue) if blue > green => (3.0, blue, green, red),
        (true, blue) => (2.0, green, blue, red),
        (false, blue) if blue < green => (0.0, red, green, blue),
        (false, blue) if blue > red => (4.0, blue, red, green),
        (false, blue) => (5.0, red, blue, green),
    };
    if greatest == least {
        return (0.0, least, greatest);
    }
    let part = (middle - least) / (greatest - least);
    let part = if sixth % 2.0 == 0.0 { part } else { 1.0 - part };
    (sixth + part, least, greatest)
}

/// The colour of which [`hue_and_range`] says this.
fn colour_of_hue(hue: f32, least: f32, greatest: f32) -> [f32; 3] {
    let (sixth, part) = (hue.floor(), hue - hue.floor());
    let part = if sixth % 2.0 == 0.0 { part } else { 1.0 - part };
    let middle = least + part * (greatest - least);
    match sixth as i32 {
        0 => [greatest, middle, least],
        1 => [middle, greatest, least],
        2 => [least, greatest, middle],
        3 => [least, middle, greatest],
        4 => [middle, least, greatest],
        _ => [greatest, least, middle],
    }
}

impl Op for AdjustSaturation {
    fn name(&self) -> &'static str {
        "AdjustSaturation"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<AdjustSaturation, Reason> {
        Ok(AdjustSaturation)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let x = adjusted(inputs, "a saturation's scale")?;
        Ok(Fact::new(x.dtype, coloured(x, 3)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("no rule is known for a change of saturation")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let scale = arrays[1].item::<f32>()?;
            each_colour(&arrays[0], |colour| {
                let [hue, saturation, value] = super::hsv::to_hsv(colour);
                super::hsv::to_rgb([hue, (saturation * scale).clamp(0.0, 1.0), value])
            })
        }))
    }
}

/// Pictures `[…, height, width, channels]` with contrasts multiplied: `(x − mean) · factor + mean`, where the mean is that of
/// each channel of each picture.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![1.0, 3.0]).reshape([1, 2, 1]);
/// let y = image::adjust_contrast(&x, 2.0).reshape([2]);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.0, 4.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn adjust_contrast(images: &Tensor, factor: impl Into<Operand>) -> Tensor {
    adjust(AdjustContrast, images, factor.into())
}

/// Pictures `[…, height, width, 3]` with hues turned by `delta`, where 1 is a whole turn.
#[track_caller]
pub fn adjust_hue(images: &Tensor, delta: impl Into<Operand>) -> Tensor {
    adjust(AdjustHue, images, delta.into())
}

/// Pictures `[…, height, width, 3]` with saturations multiplied by `scale`, and kept in `[0, 1]`.
#[track_caller]
pub fn adjust_saturation(images: &Tensor, scale: impl Into<Operand>) -> Tensor {
    adjust(AdjustSaturation, images, scale.into())
}

#[track_caller]
fn adjust<O: Op>(op: O, images: &Tensor, amount: Operand) -> Tensor {
    let tf: &Graph = images.graph();
    let amount = amount.tensor(&tf.constant(0.0f32));
    tf.add(op, &[images, &amount])
}

pub(in crate::ops) fn adjust_contrast_cases() -> Vec<Case> {
    let factor = || Array::scalar(1.75f32);
    // In float64, in which finite differences are taken, TensorFlow has no such op: its answers are held by records.
    vec![
        Case::fed("colours", [colours(), factor()], |_, x| vec![adjust_contrast(&x[0], &x[1])]),
        Case::fed("a batch", [crate::ops::conv::numbers([2, 2, 3, 2])], |_, x| {
            vec![adjust_contrast(&x[0], -0.5)]
        }),
        Case::fed("no pictures", [crate::ops::conv::numbers([0, 2, 3, 2])], |_, x| {
            vec![adjust_contrast(&x[0], 2.0)]
        }),
    ]
}

pub(in crate::ops) fn adjust_hue_cases() -> Vec<Case> {
    let a_third = |_: &Graph, x: &[Tensor]| vec![adjust_hue(&x[0], 1.0 / 3.0)];
    // A third of a turn makes red of what was blue.
    let turned = crate::array![[[0.9, 0.1, 0.5]]];
    vec![
        Case::fed("a third", [crate::array![[[0.1, 0.5, 0.9]]]], a_third).at_kink().expecting([turned]),
        Case::fed("many turns back", [colours()], |_, x| vec![adjust_hue(&x[0], -7.3)]).at_kink(),
    ]
}

pub(in crate::ops) fn adjust_saturation_cases() -> Vec<Case> {
    let grey = crate::array![[[0.9, 0.9, 0.9], [0.8, 0.8, 0.8], [0.7, 0.7, 0.7]]];
    let row = |x: &Tensor| x.at(0..1);
    vec![
        Case::fed("none", [colours()], move |_, x| vec![adjust_saturation(&row(&x[0]), 0.0)])
            .at_kink()
            .expecting([grey]),
        Case::fed("more", [colours()], |_, x| vec![adjust_saturation(&x[0], 1.5)]).at_kink(),
    ]
}
