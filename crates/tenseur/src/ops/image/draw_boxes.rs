//! Frames drawn into pictures: DrawBoundingBoxes and DrawBoundingBoxesV2.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, known_sizes, must_be_float32, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Pictures `[batch, height, width, channels]` of float16 or float32 with frames around boxes `[batch, boxes, 4]`, each
/// `[y1, x1, y2, x2]`, where 0 is the first row or column and 1 the last. `COLOURED` (TensorFlow's second version) has a
/// third input, colours `[colours, channels or more]`, that are used in turn; without, or if there are none, they are
/// yellow, blue, red, lime, purple, olive, maroon, navy, aqua and fuchsia; of one channel, white.
#[derive(Clone, Debug, Default)]
pub struct DrawBoundingBoxes<const COLOURED: bool>;

const COLOURS: [[f32; 4]; 10] = [
    [1.0, 1.0, 0.0, 1.0],
    [0.0, 0.0, 1.0, 1.0],
    [1.0, 0.0, 0.0, 1.0],
    [0.0, 1.0, 0.0, 1.0],
    [0.5, 0.0, 0.5, 1.0],
    [0.5, 0.5, 0.0, 1.0],
    [0.5, 0.0, 0.0, 1.0],
    [0.0, 0.0, 0.5, 1.0],
    [0.0, 1.0, 1.0, 1.0],
    [1.0, 0.0, 1.0, 1.0],
];

/// The first and the last row (or column) of a frame, if any of them is in the picture.
fn edges(from: f32, to: f32, size: usize) -> Option<[i64; 2]> {
    let last = size as f32 - 1.0;
    // A cast cuts towards 0, and so does TensorFlow.
    let [first, end] = [from * last, to * last].map(|edge| edge as i64);
    let visible = first <= end && first < size as i64 && end >= 0;
    visible.then_some([first, end])
}

/// Whether pictures of this shape are grey, or of three colours with or without how much they hide.
fn must_have_colours(channels: usize, shape: &dyn std::fmt::Display) -> Result<(), Reason> {
    match matches!(channels, 1 | 3 | 4) {
        true => Ok(()),
        false => Err(format!("pictures have 1, 3 or 4 channels, and these have shape {shape}").into()),
    }
}

impl<const COLOURED: bool> Op for DrawBoundingBoxes<COLOURED> {
    fn name(&self) -> &'static str {
        if COLOURED { "DrawBoundingBoxesV2" } else { "DrawBoundingBoxes" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(DrawBoundingBoxes)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let (x, boxes) = match inputs {
            [x, boxes] if !COLOURED => (x, boxes),
            [x, boxes, colours] if COLOURED => {
                must_be_float32(colours, "colours")?;
                sizes_of::<2>(colours, "colours")?;
                (x, boxes)
            }
            _ => return Err(wrong_count(2 + usize::from(COLOURED), inputs)),
        };
        let taken = |dtype| matches!(dtype, DType::Float16 | DType::Float32);
        if !taken(x.dtype) {
            return Err(refusal(&[x.dtype], taken));
        }
        must_be_float32(boxes, "boxes")?;
        let [batch, height, width, channels] = sizes_of::<4>(x, "a batch of pictures")?;
        let [count, _, four] = sizes_of::<3>(boxes, "boxes")?;
        same(four, Some(4), "the count of a box's numbers")?;
        same(batch, count, "the count of pictures")?;
        if let (false, Some(channels)) = (COLOURED, channels) {
            must_have_colours(channels, &x.shape)?;
        }
        Ok(Fact::new(x.dtype, [batch, height, width, channels]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow lets no gradient through pictures that are drawn into")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let (x, boxes) = (&arrays[0], &arrays[1]);
            let [batch, height, width, channels] = known_sizes::<4>(x)?;
            let [_, count, _] = known_sizes::<3>(boxes)?;
            must_have_colours(channels, x.shape())?;
            let mut colours: Vec<Vec<f32>> = Vec::new();
            if let Some(own) = arrays.get(2) {
                let [_, depth] = known_sizes::<2>(own)?;
                if depth < channels {
                    let text = format!("a colour has {depth} numbers, and pictures {channels} channels");
                    return Err(text.into());
                }
                colours.extend(own.as_slice::<f32>()?.chunks_exact(depth).map(<[f32]>::to_vec));
            }
            if colours.is_empty() {
                colours.extend(COLOURS.iter().map(|colour| colour.to_vec()));
            }
            if channels == 1 {
                colours.iter_mut().for_each(|colour| colour[0] = 1.0);
            }
            let mut pixels = x.to_f64()?;
            for (number, corners) in boxes.as_slice::<f32>()?.chunks_exact(4).enumerate() {
                let (picture, colour) = (number / count, &colours[number % count % colours.len()]);
                let rows = edges(corners[0], corners[2], height);
                let columns = edges(corners[1], corners[3], width);
                let (Some([top, bottom]), Some([left, right])) = (rows, columns) else { continue };
                let mut paint = |row: i64, column: i64| {
                    let at = ((picture * height + row as usize) * width + column as usize) * channels;
                    for (channel, pixel) in pixels[at..at + channels].iter_mut().enumerate() {
                        *pixel = f64::from(colour[channel]);
                    }
                };
                let (last_row, last_column) = (height as i64 - 1, width as i64 - 1);
                for row in [top, bottom].into_iter().filter(|row| (0..=last_row).contains(row)) {
                    (left.max(0)..=right.min(last_column)).for_each(|column| paint(row, column));
                }
                for column in [left, right].into_iter().filter(|column| (0..=last_column).contains(column)) {
                    (top.max(0)..=bottom.min(last_row)).for_each(|row| paint(row, column));
                }
            }
            debug_assert_eq!(batch * height * width * channels, pixels.len());
            Ok(vec![array_of(x.dtype(), x.shape().clone(), &pixels)?])
        }))
    }
}

/// Pictures x, `[batch, height, width, channels]`, with frames around `boxes`, `[batch, boxes, 4]`, each
/// `[y1, x1, y2, x2]`, where 0 is the first row or column and 1 the last; in `colors`, `[colours, channels]`, in turn, or in
/// TensorFlow's own.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let boxes = tf.constant(array![[[0.0, 0.0, 1.0, 0.5]]]);
/// let y = image::draw_bounding_boxes(&tf.zeros::<f32>([1, 1, 3, 1]), &boxes, None).reshape([3]);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![1.0, 1.0, 0.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn draw_bounding_boxes(images: &Tensor, boxes: &Tensor, colors: Option<&Tensor>) -> Tensor {
    match colors {
        Some(colors) => images.graph().add(DrawBoundingBoxes::<true>, &[images, boxes, colors]),
        None => images.graph().add(DrawBoundingBoxes::<false>, &[images, boxes]),
    }
}

fn boxes() -> Array {
    crate::array![
        [[0.0, 0.25, 0.5, 1.0], [-0.5, -0.5, 0.3, 2.0], [0.9, 0.1, 0.2, 0.5]],
        [[0.0, 0.0, 1.0, 1.0], [0.4, 0.4, 0.6, 0.6], [1.5, 1.5, 2.0, 2.0]]
    ]
}

pub(in crate::ops) fn draw_bounding_boxes_cases() -> Vec<Case> {
    let build = |_: &Graph, x: &[Tensor]| vec![draw_bounding_boxes(&x[0], &x[1], None)];
    let case = |channels: usize| {
        let pictures = crate::ops::conv::numbers([2, 6, 5, channels]);
        Case::fed(&format!("{channels} channels"), [pictures, boxes()], build)
    };
    [1, 3, 4].map(case).into()
}

pub(in crate::ops) fn draw_bounding_boxes_v2_cases() -> Vec<Case> {
    let build = |_: &Graph, x: &[Tensor]| vec![draw_bounding_boxes(&x[0], &x[1], Some(&x[2]))];
    let pictures = || crate::ops::conv::numbers([2, 6, 5, 3]);
    vec![
        Case::fed("two colours", [pictures(), boxes(), crate::ops::conv::numbers([2, 3])], build),
        Case::fed("none of its own", [pictures(), boxes(), crate::ops::conv::numbers([0, 3])], build),
    ]
}
