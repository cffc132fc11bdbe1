//! Patches of pictures as rows of numbers: ExtractImagePatches.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::image::sizes_of;
use crate::ops::sliding::{Padding, Sliding};
use crate::ops::{Attrs, DataFormat, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// Patches `[batch, rows, columns, ksize·ksize·channels]` of pictures `[batch, height, width, channels]`: each the pixels
/// under a window, one after the other, with zeros beyond the picture.
#[derive(Clone, Debug)]
pub struct ExtractImagePatches {
    /// The window's height and width.
    pub ksizes: [usize; 2],
    /// How the window slides; dilations are what TensorFlow calls rates here.
    pub sliding: Sliding,
}

/// A window's steps, `[1, rows, columns, 1]`.
pub(super) fn steps(attrs: &Attrs, name: &str) -> Result<[usize; 2], Reason> {
    let all: Vec<i64> = attrs.require(name)?;
    match all[..] {
        [1, rows, columns, 1] if rows >= 1 && columns >= 1 => Ok([rows as usize, columns as usize]),
        _ => Err(format!("attribute \"{name}\" should be [1, rows, columns, 1] and is {all:?}").into()),
    }
}

/// The numbers that [`steps`] reads.
pub(super) fn steps_attr(steps: &[usize]) -> Vec<i64> {
    [1].into_iter().chain(steps.iter().map(|&step| step as i64)).chain([1]).collect()
}

/// The attributes "strides", "rates" and "padding".
pub(super) fn sliding_with_rates(attrs: &Attrs) -> Result<Sliding, Reason> {
    let padding = match &attrs.require::<String>("padding")?[..] {
        "SAME" => Padding::Same,
        "VALID" => Padding::Valid,
        other => {
            return Err(format!("attribute \"padding\" should be SAME or VALID and is \"{other}\"").into());
        }
    };
    let (strides, dilations) = (steps(attrs, "strides")?.to_vec(), steps(attrs, "rates")?.to_vec());
    Ok(Sliding { strides, dilations, padding, data_format: DataFormat::Nhwc })
}

/// The same, as attributes.
pub(super) fn attrs_with_rates(attrs: Attrs, sliding: &Sliding) -> Attrs {
    attrs
        .with("strides", steps_attr(&sliding.strides))
        .with("rates", steps_attr(&sliding.dilations))
        .with("padding", if sliding.padding == Padding::Same { "SAME" } else { "VALID" })
}

/// Calls `visit` with each place of a window over a picture, `(row, column)` counted over the output, each place under the
/// window, `(row, column)` counted over the window, and the pixel there, `(row, column)` of the picture, if it is inside.
pub(super) fn each_place(
    sliding: &Sliding,
    picture: [usize; 2],
    window: [usize; 2],
    mut visit: impl FnMut([usize; 2], [usize; 2], Option<[usize; 2]>),
) -> Result<(), Reason> {
    let axes = [sliding.along(0, picture[0], window[0])?, sliding.along(1, picture[1], window[1])?];
    // Without a place on one axis there is none, however many the others have.
    if axes.iter().any(|axis| axis.output == 0) || window.contains(&0) {
        return Ok(());
    }
    let inside = |axis: usize, output: usize, at: usize| {
        let axis = &axes[axis];
        let place = (output * axis.stride + at * axis.dilation).checked_sub(axis.before)?;
        (place < axis.input).then_some(place)
    };
    for row in 0..axes[0].output {
        for column in 0..axes[1].output {
            for down in 0..window[0] {
                for across in 0..window[1] {
                    let pixel = inside(0, row, down).zip(inside(1, column, across));
                    visit([row, column], [down, across], pixel.map(|(row, column)| [row, column]));
                }
            }
        }
    }
    Ok(())
}

impl Op for ExtractImagePatches {
    fn name(&self) -> &'static str {
        "ExtractImagePatches"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[0].dtype).with("ksizes", steps_attr(&self.ksizes));
        attrs_with_rates(attrs, &self.sliding)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ExtractImagePatches, Reason> {
        Ok(ExtractImagePatches { ksizes: steps(attrs, "ksizes")?, sliding: sliding_with_rates(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if x.dtype.size().is_none() {
            return Err(format!("pictures are of numbers, not of {}", x.dtype).into());
        }
        self.sliding.check(2)?;
        let [batch, height, width, channels] = sizes_of::<4>(x, "a batch of pictures")?;
        let places = self.sliding.outputs(&[height, width], &self.ksizes.map(Some))?;
        let too_large = || Reason::from(format!("a window of {:?} is too large", self.ksizes));
        let window = self.ksizes[0].checked_mul(self.ksizes[1]).ok_or_else(too_large)?;
        let numbers = match channels {
            Some(channels) => Some(window.checked_mul(channels).ok_or_else(too_large)?),
            None => None,
        };
        Ok(Fact::new(x.dtype, [batch, places[0], places[1], numbers]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// Patches of the pixels' own numbers, counted from 1, say where each number of the output came from.
    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let tf = dy.graph();
            let shape = node.x(0).shape_tensor();
            let (batch, pixels, channels) = (shape.at(0), shape.at(1..3).reduce_prod(..), shape.at(3));
            let one = tf.constant(1);
            let numbers = tf.range(1, &pixels + 1, 1);
            let picture = tf.stack(&[&one, &shape.at(1), &shape.at(2), &one], 0);
            let from = tf.add(self.clone(), &[&numbers.reshape(picture)]).reshape([-1]);
            let of_each = tf.stack(&[&batch, &tf.constant(-1), &channels], 0);
            let rows = dy.reshape(&of_each).transpose_by([1, 0, 2]);
            let sums = rows.unsorted_segment_sum(from, &pixels + 1).at(1..);
            [Some(sums.transpose_by([1, 0, 2]).reshape(shape))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        let size = node.inputs[0].dtype.size().ok_or("pictures are of numbers")?;
        // What does not fit is refused when the plan is made.
        if let Ok(shape) = known_shape(node.inputs[0]) {
            op.sliding.along(0, shape[1], op.ksizes[0])?;
        }
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let x = &arrays[0];
            let fact = op.infer(&[&Fact::constant(x.clone())])?;
            let shape: Shape = known_shape(&fact[0])?;
            let [batch, height, width, channels] = super::known_sizes::<4>(x)?;
            let mut patches = Array::zeros(x.dtype(), shape.clone())?;
            let pixel = channels * size;
            if patches.is_empty() || x.is_empty() {
                return Ok(vec![patches]);
            }
            let (from, to) = (x.bytes()?, patches.bytes_mut()?);
            for picture in 0..batch {
                let (from, mut next) = (&from[picture * height * width * pixel..], 0);
                let to = &mut to[picture * shape[1] * shape[2] * shape[3] * size..];
                each_place(&op.sliding, [height, width], op.ksizes, |_, _, place| {
                    if let Some([row, column]) = place {
                        let from = &from[(row * width + column) * pixel..][..pixel];
                        to[next..next + pixel].copy_from_slice(from);
                    }
                    next += pixel;
                })?;
            }
            Ok(vec![patches])
        }))
    }
}

/// Patches of pictures x, `[batch, height, width, channels]`, as rows of numbers, `[batch, rows, columns,
/// ksize·ksize·channels]`: the pixels under a window of `ksizes` that moves as `sliding` says.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).reshape([1, 2, 3, 1]);
/// let sliding = nn::Sliding::new([1, 1], nn::Padding::Valid);
/// let y = image::extract_image_patches(&x, [2, 2], sliding).reshape([2, 4]);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn extract_image_patches(images: &Tensor, ksizes: [usize; 2], sliding: Sliding) -> Tensor {
    images.graph().add(ExtractImagePatches { ksizes, sliding }, &[images])
}

pub(in crate::ops) fn extract_image_patches_cases() -> Vec<Case> {
    let build = |ksizes, strides: [usize; 2], rates: [usize; 2], padding| {
        let sliding = Sliding { dilations: rates.to_vec(), ..Sliding::new(strides, padding) };
        move |_: &Graph, x: &[Tensor]| vec![extract_image_patches(&x[0], ksizes, sliding.clone())]
    };
    let pictures = || crate::ops::conv::numbers([2, 5, 4, 3]);
    vec![
        Case::fed("inside", [pictures()], build([2, 3], [1, 1], [1, 1], Padding::Valid)),
        Case::fed("with a frame", [pictures()], build([3, 2], [2, 1], [1, 2], Padding::Same)),
        Case::fed(
            "no pictures",
            [crate::ops::conv::numbers([0, 3, 3, 1])],
            build([2, 2], [1, 1], [1, 1], Padding::Same),
        ),
        Case::fed("bytes", [crate::conformance::as_type(crate::array![1, 2, 3, 4], DType::UInt8)], |_, x| {
            let sliding = Sliding::new([1, 1], Padding::Same);
            let x = x[0].reshape([Operand::from(1), 2.into(), 2.into(), 1.into()]);
            vec![extract_image_patches(&x, [2, 2], sliding)]
        }),
    ]
}
