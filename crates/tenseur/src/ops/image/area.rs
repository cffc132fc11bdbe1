//! Pictures made smaller (or larger) by the mean over what each pixel covers: ResizeArea.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::{IntoShape, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::image::known_sizes;
use crate::ops::resize::{Alignment, resized};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Pictures x, `[batch, height, width, channels]`, of any type of number, in another size, as float32: each pixel is the
/// mean over the rectangle of the picture that it covers. Inputs: x, and the height and width.
#[derive(Clone, Debug)]
pub struct ResizeArea {
    /// Corners meet corners.
    pub align_corners: bool,
}

/// For each pixel of the output along an axis, the pixels it covers and how much of each; in `f32` as TensorFlow computes it.
fn covered(scale: f32, input: usize, output: usize) -> Vec<Vec<(usize, f64)>> {
    let cover = |o: usize| {
        let (from, to) = (o as f32 * scale, (o + 1) as f32 * scale);
        let share = |i: i64| {
            let at = i as f32;
            let part = match (at < from, at + 1.0 > to) {
                (true, true) => scale,
                (true, false) => at + 1.0 - from,
                (false, true) => to - at,
                (false, false) => 1.0,
            };
            ((i.max(0) as usize).min(input - 1), f64::from(part))
        };
        (from.floor() as i64..to.ceil() as i64).map(share).collect()
    };
    (0..output).map(cover).collect()
}

impl Op for ResizeArea {
    fn name(&self) -> &'static str {
        "ResizeArea"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("align_corners", self.align_corners)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeArea, Reason> {
        Ok(ResizeArea { align_corners: attrs.optional("align_corners", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, size] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        Ok(Fact::new(DType::Float32, resized(x, size)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradient of means over areas")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, size] = arrays else { return Err("it takes 2 inputs".into()) };
            let shape = resized(&Fact::constant(x.clone()), &Fact::constant(size.clone()))?;
            let shape = known_shape(&Fact::new(DType::Float32, shape))?;
            let [batch, height, width, channels] = known_sizes::<4>(x)?;
            let alignment = Alignment { align_corners: op.align_corners, half_pixel_centers: false };
            let (down, across) = (alignment.scale(height, shape[1]), alignment.scale(width, shape[2]));
            let (rows, columns) = (covered(down, height, shape[1]), covered(across, width, shape[2]));
            let area = f64::from(down) * f64::from(across);
            let pixels = x.to_f64()?;
            let mut means = Array::zeros(DType::Float32, shape)?;
            let to = means.as_mut_slice::<f32>()?;
            let mut next = 0;
            for picture in 0..batch {
                for row in &rows {
                    for column in &columns {
                        for channel in 0..channels {
                            let mut sum = 0.0;
                            for (y, tall) in row {
                                for (x, wide) in column {
                                    let at = ((picture * height + y) * width + x) * channels + channel;
                                    sum += pixels[at] * tall * wide;
                                }
                            }
                            to[next] = (sum / area) as f32;
                            next += 1;
                        }
                    }
                }
            }
            Ok(vec![means])
        }))
    }
}

/// Pictures x, `[batch, height, width, channels]`, in another size, `[height, width]`, as float32: each pixel is the mean
/// over what it covers.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![1.0, 3.0, 5.0, 7.0]).reshape([1, 1, 4, 1]);
/// let y = image::resize_area(&x, [1, 2], false).reshape([2]);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![2.0, 6.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn resize_area(images: &Tensor, size: impl IntoShape, align_corners: bool) -> Tensor {
    images.graph().add(ResizeArea { align_corners }, &[images, &size.into_shape(images)])
}

pub(in crate::ops) fn resize_area_cases() -> Vec<Case> {
    let pictures = || crate::ops::conv::numbers([2, 5, 4, 3]);
    let case = |name: &str, size: [i32; 2], align_corners| {
        Case::fed(name, [pictures()], move |_, x| vec![resize_area(&x[0], size, align_corners)]).at_kink()
    };
    vec![
        case("smaller", [2, 3], false),
        case("larger", [7, 9], false),
        case("corners", [3, 2], true),
        Case::fed("a size that is fed", [pictures(), crate::array![2, 2]], |_, x| {
            vec![resize_area(&x[0], &x[1], false)]
        })
        .at_kink(),
    ]
}
