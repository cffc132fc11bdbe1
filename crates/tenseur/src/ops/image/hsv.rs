//! Colours as red, green and blue, and as hue, saturation and value: RGBToHSV and HSVToRGB.
//!
//! With M the greatest and m the least of red, green and blue: value = M, saturation = (M − m) / M, and the hue goes round the
//! circle, 0 at red, ⅓ at green, ⅔ at blue.

use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, coloured, colours};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Colours `[…, 3]`, red, green and blue in `[0, 1]`, as hue, saturation and value in `[0, 1]`.
#[derive(Clone, Debug, Default)]
pub struct RgbToHsv;

/// Colours `[…, 3]`, hue, saturation and value in `[0, 1]`, as red, green and blue.
#[derive(Clone, Debug, Default)]
pub struct HsvToRgb;

fn colours_alone(inputs: &[&Fact]) -> Result<Facts, Reason> {
    let [x] = inputs else { return Err(wrong_count(1, inputs)) };
    if !x.dtype.is_float() {
        return Err(refusal(&[x.dtype], DType::is_float));
    }
    // TensorFlow's kind of error here, and only here.
    let shape = coloured(x, 1).map_err(|reason| Reason::new(Code::FailedPrecondition, reason.text))?;
    Ok(Fact::new(x.dtype, shape).one())
}

/// Hue, saturation and value of red, green and blue.
pub(super) fn to_hsv<T: Number>([red, green, blue]: [T; 3]) -> [T; 3] {
    let (zero, sixth) = (T::from(0.0f32), |n: f32| T::from(n) / T::from(6.0));
    let value = red.larger(green).larger(blue);
    let range = value - red.smaller(green).smaller(blue);
    let saturation = if value > zero { range / value } else { zero };
    if range <= zero {
        return [zero, saturation, value];
    }
    let norm = T::from(1.0) / (T::from(6.0) * range);
    let hue = if red == value {
        norm * (green - blue)
    } else if green == value {
        norm * (blue - red) + sixth(2.0)
    } else {
        norm * (red - green) + sixth(4.0)
    };
    [if hue < zero { hue + T::from(1.0) } else { hue }, saturation, value]
}

/// Red, green and blue of hue, saturation and value.
pub(super) fn to_rgb<T: Number>([hue, saturation, value]: [T; 3]) -> [T; 3] {
    let n = |n: f32| T::from(n);
    let sixths = hue * n(6.0);
    let shares = [
        (sixths - n(3.0)).size() - n(1.0),
        n(2.0) - (sixths - n(2.0)).size(),
        n(2.0) - (sixths - n(4.0)).size(),
    ];
    shares.map(|share| {
        let share = share.larger(n(0.0)).smaller(n(1.0));
        (n(1.0) - saturation + saturation * share) * value
    })
}

/// A float in which colours are computed.
pub(super) trait Number:
    Copy
    + PartialOrd
    + From<f32>
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
{
    fn larger(self, other: Self) -> Self {
        if self < other { other } else { self }
    }

    fn smaller(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    fn size(self) -> Self {
        if self < Self::from(0.0) { Self::from(0.0) - self } else { self }
    }
}

impl Number for f32 {}
impl Number for f64 {}

fn each(
    x: &Array,
    single: fn([f32; 3]) -> [f32; 3],
    double: fn([f64; 3]) -> [f64; 3],
) -> Result<Vec<Array>, Reason> {
    let mut values = Vec::with_capacity(x.len());
    for colour in x.to_f64()?.chunks_exact(3) {
        let colour = [colour[0], colour[1], colour[2]];
        values.extend(match x.dtype() {
            DType::Float64 => double(colour),
            _ => single(colour.map(|channel| channel as f32)).map(f64::from),
        });
    }
    Ok(vec![array_of(x.dtype(), x.shape().clone(), &values)?])
}

impl Op for RgbToHsv {
    fn name(&self) -> &'static str {
        "RGBToHSV"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<RgbToHsv, Reason> {
        Ok(RgbToHsv)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        colours_alone(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// With M and m as above, and 1 for the channel c that is one of them: dvalue/dc = [c is M], dsaturation/dc =
    /// [c is M]·m/M² − [c is m]/M, dhue/dc = (d(numerator)/dc · range − numerator·([c is M] − [c is m])) / (6·range²).
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let tf = dy.graph();
            let dtype = node.x(0).dtype_or(DType::Float32);
            let channels = [dy, node.x(0)].map(|x| x.unstack_into(3, -1));
            let [[dh, ds, dv], [r, g, b]] = channels.each_ref().map(|x| [&x[0], &x[1], &x[2]]);
            let as_number = |condition: Tensor| condition.cast_to(dtype);
            let greatest = [
                as_number(r.greater_equal(b).logical_and(r.greater_equal(g))),
                as_number(g.greater(r).logical_and(g.greater_equal(b))),
                as_number(b.greater(r).logical_and(b.greater(g))),
            ];
            let least = [
                as_number(r.less(b).logical_and(r.less(g))),
                as_number(g.less_equal(r).logical_and(g.less(b))),
                as_number(b.less_equal(r).logical_and(b.less_equal(g))),
            ];
            let picked = |which: &[Tensor; 3]| &which[0] * r + &which[1] * g + &which[2] * b;
            let (value, low) = (picked(&greatest), picked(&least));
            let range = &value - &low;
            // The hue's numerator: g − b where red is greatest, b − r where green is, r − g where blue is.
            let numerator = &greatest[0] * (g - b) + &greatest[1] * (b - r) + &greatest[2] * (r - g);
            let slopes =
                [&greatest[2] - &greatest[1], &greatest[0] - &greatest[2], &greatest[1] - &greatest[0]];
            let inverse_range = range.ones_like().div_no_nan(&range);
            let inverse_value = value.ones_like().div_no_nan(&value);
            let gradients: Vec<Tensor> = (0..3)
                .map(|c| {
                    let (most, fewest) = (&greatest[c], &least[c]);
                    let saturation = (most * &low * &inverse_value - fewest) * &inverse_value;
                    let hue =
                        (&slopes[c] - &numerator * &inverse_range * (most - fewest)) * &inverse_range / 6.0;
                    dh * hue + ds * saturation + dv * most
                })
                .collect();
            [Some(tf.stack(&gradients, -1))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| each(&arrays[0], to_hsv, to_hsv)))
    }
}

impl Op for HsvToRgb {
    fn name(&self) -> &'static str {
        "HSVToRGB"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<HsvToRgb, Reason> {
        Ok(HsvToRgb)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        colours_alone(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow lets no gradient through colours made of hues")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| each(&arrays[0], to_rgb, to_rgb)))
    }
}

/// Colours `[…, 3]`, red, green and blue in `[0, 1]`, as hue, saturation and value in `[0, 1]`.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let green = tf.constant(array![0.0, 0.5, 0.0]);
/// assert_eq!(Session::new(&tf)?.run(&image::rgb_to_hsv(&green), feeds![])?, array![1.0 / 3.0, 1.0, 0.5]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn rgb_to_hsv(images: &Tensor) -> Tensor {
    images.graph().add(RgbToHsv, &[images])
}

/// Colours `[…, 3]`, hue, saturation and value in `[0, 1]`, as red, green and blue.
#[track_caller]
pub fn hsv_to_rgb(images: &Tensor) -> Tensor {
    images.graph().add(HsvToRgb, &[images])
}

pub(in crate::ops) fn rgb_to_hsv_cases() -> Vec<Case> {
    let greys = crate::array![[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 1.0, 1.0]];
    let as_hsv = crate::array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 1.0]];
    vec![
        Case::fed("colours", [colours()], |_, x| vec![rgb_to_hsv(&x[0])]),
        Case::fed("one", [crate::array![0.5, 0.25, 0.125]], |_, x| vec![rgb_to_hsv(&x[0])]),
        Case::fed("greys", [greys], |_, x| vec![rgb_to_hsv(&x[0])]).at_kink().expecting([as_hsv]),
        Case::fed("none", [crate::ops::conv::numbers([0, 3])], |_, x| vec![rgb_to_hsv(&x[0])]),
    ]
}

pub(in crate::ops) fn hsv_to_rgb_cases() -> Vec<Case> {
    vec![
        Case::fed("there and back", [colours()], |_, x| vec![hsv_to_rgb(&rgb_to_hsv(&x[0]))])
            .expecting([colours()]),
        Case::fed("hues beyond", [crate::array![[1.2, 0.5, 1.0], [-0.3, 1.5, 2.0]]], |_, x| {
            vec![hsv_to_rgb(&x[0])]
        }),
    ]
}
