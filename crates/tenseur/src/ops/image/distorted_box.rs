//! A random part of a picture that shows enough of the objects in it: SampleDistortedBoundingBox and its second version.
//!
//! Parts of random shape, size and place are drawn until one covers enough of a box, as TensorFlow draws them: the same seeds
//! give the same parts.

use smallvec::smallvec;
use tenseur_kernels::KernelError;
use tenseur_kernels::random::RandomCall;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work, known_shape};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::image::{must_be_float32, same, sizes_of};
use crate::ops::random::Seeds;
use crate::ops::random::words::Words;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// What a part must be like.
#[derive(Clone, Debug, PartialEq)]
pub struct DistortedBox {
    /// How much of some box it shows, at least; an input of the second version.
    pub min_object_covered: f32,
    /// Its width divided by its height: the least and the greatest.
    pub aspect_ratio_range: [f32; 2],
    /// Its share of the picture: the least and the greatest.
    pub area_range: [f32; 2],
    /// How many are tried before it is the whole picture.
    pub max_attempts: i64,
    /// Whether the whole picture is taken as a box where there is none, else there must be one.
    pub use_image_if_no_bounding_boxes: bool,
}

impl Default for DistortedBox {
    fn default() -> DistortedBox {
        DistortedBox {
            min_object_covered: 0.1,
            aspect_ratio_range: [0.75, 1.33],
            area_range: [0.05, 1.0],
            max_attempts: 100,
            use_image_if_no_bounding_boxes: false,
        }
    }
}

/// A random part of a picture. Inputs: the picture's shape, and boxes `[batch, boxes, 4]`; in the second version, how much of
/// one is shown at least. Outputs: where the part begins and how large it is, as [`slice`](crate::ops::array::slice) takes
/// them, and the part as a box, `[1, 1, 4]`.
#[derive(Clone, Debug)]
pub struct SampleDistortedBoundingBox<const SECOND: bool> {
    /// What it must be like.
    pub like: DistortedBox,
    /// Where its stream begins.
    pub seeds: Seeds,
}

/// A rectangle of pixels: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle([i64; 4]);

impl Rectangle {
    fn area(self) -> f32 {
        let [left, top, right, bottom] = self.0;
        ((right - left).max(0) * (bottom - top).max(0)) as f32
    }

    fn shared(self, other: Rectangle) -> Rectangle {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Rectangle([a.max(e), b.max(f), c.min(g), d.min(h)])
    }
}

/// A part of a picture of `width` by `height`, if these numbers allow one.
fn part(words: &mut Words, width: i64, height: i64, area: [f32; 2], ratio: f32) -> Option<Rectangle> {
    if area[1] <= 0.0 || area[0] > area[1] || ratio <= 0.0 || width <= 0 || height <= 0 {
        return None;
    }
    let [least, most] = area.map(|share| share * width as f32 * height as f32);
    let rounded = |value: f32| value.round_ties_even() as i64;
    let mut tall = rounded((least / ratio).sqrt());
    let mut tallest = rounded((most / ratio).sqrt());
    if rounded(tallest as f32 * ratio) > width {
        tallest = ((width as f64 + 0.5 - f64::from(0.0000001f32)) / f64::from(ratio)) as i64;
        if rounded(tallest as f32 * ratio) > width {
            tallest -= 1;
        }
    }
    tallest = tallest.min(height);
    if tall >= tallest {
        tall = tallest;
    } else {
        tall += i64::from(words.below((tallest - tall + 1) as u32));
    }
    let mut wide = rounded(tall as f32 * ratio);
    // Rounding may have made it a little too small or too large.
    if ((wide * tall) as f32) < least {
        tall += 1;
        wide = rounded(tall as f32 * ratio);
    }
    if (wide * tall) as f32 > most {
        tall -= 1;
        wide = rounded(tall as f32 * ratio);
    }
    let covered = (wide * tall) as f32;
    if covered < least || covered > most || wide > width || tall > height || wide <= 0 || tall <= 0 {
        return None;
    }
    let top = if tall < height { i64::from(words.below((height - tall) as u32)) } else { 0 };
    let left = if wide < width { i64::from(words.below((width - wide) as u32)) } else { 0 };
    Some(Rectangle([left, top, left + wide, top + tall]))
}

impl DistortedBox {
    /// A part of a picture of `width` by `height`, in which there are `boxes`.
    fn sample(
        &self,
        words: &mut Words,
        width: i64,
        height: i64,
        boxes: &[Rectangle],
        covered: f32,
    ) -> Rectangle {
        let shows = |part: Rectangle| {
            part.area() >= 1.0
                && boxes.iter().any(|object| {
                    object.area() >= 1.0 && part.shared(*object).area() / object.area() >= covered
                })
        };
        let [narrow, wide] = self.aspect_ratio_range;
        for _ in 0..self.max_attempts {
            let ratio = words.real() * (wide - narrow) + narrow;
            if let Some(part) = part(words, width, height, self.area_range, ratio)
                && shows(part)
            {
                return part;
            }
        }
        Rectangle([0, 0, width, height])
    }
}

/// The boxes of a picture of `width` by `height`, in pixels.
fn rectangles(boxes: &[f32], width: i64, height: i64) -> Result<Vec<Rectangle>, Reason> {
    let rectangle = |corners: &[f32]| {
        if !corners.iter().all(|corner| (0.0..=1.0).contains(corner)) {
            return Err(format!("a box is of numbers from 0 to 1, and not {corners:?}").into());
        }
        let pixels = |share: f32, size: i64| (share * size as f32) as i64;
        let rectangle = Rectangle([
            pixels(corners[1], width),
            pixels(corners[0], height),
            pixels(corners[3], width),
            pixels(corners[2], height),
        ]);
        match rectangle.0 {
            [left, top, right, bottom] if left <= right && top <= bottom => Ok(rectangle),
            _ => Err(format!("the end of a box is before its begin: {corners:?}").into()),
        }
    };
    boxes.chunks_exact(4).map(rectangle).collect()
}

impl<const SECOND: bool> Op for SampleDistortedBoundingBox<SECOND> {
    fn name(&self) -> &'static str {
        if SECOND { "SampleDistortedBoundingBoxV2" } else { "SampleDistortedBoundingBox" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let floats = |range: [f32; 2]| crate::ops::Attr::List(range.map(crate::ops::Attr::Float).into());
        let attrs = self.seeds.add_to(Attrs::new().with("T", node.inputs[0].dtype));
        let attrs =
            if SECOND { attrs } else { attrs.with("min_object_covered", self.like.min_object_covered) };
        attrs
            .with("aspect_ratio_range", floats(self.like.aspect_ratio_range))
            .with("area_range", floats(self.like.area_range))
            .with("max_attempts", self.like.max_attempts)
            .with("use_image_if_no_bounding_boxes", self.like.use_image_if_no_bounding_boxes)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let usual = DistortedBox::default();
        let range = |name: &str, default: [f32; 2], most: f32| -> Result<[f32; 2], Reason> {
            let wrong = |value: &dyn std::fmt::Debug| {
                Reason::from(format!(
                    "attribute \"{name}\" is two numbers that rise from above 0, and is {value:?}"
                ))
            };
            let range = match attrs.get(name) {
                None => default,
                Some(crate::ops::Attr::List(items)) => match items[..] {
                    [crate::ops::Attr::Float(least), crate::ops::Attr::Float(greatest)] => [least, greatest],
                    _ => return Err(wrong(items)),
                },
                Some(other) => return Err(wrong(other)),
            };
            let fits = range[0] > 0.0 && range[0] <= range[1] && range[1] <= most;
            if fits { Ok(range) } else { Err(wrong(&range)) }
        };
        let like = DistortedBox {
            min_object_covered: attrs.optional("min_object_covered", usual.min_object_covered)?,
            aspect_ratio_range: range("aspect_ratio_range", usual.aspect_ratio_range, f32::INFINITY)?,
            area_range: range("area_range", usual.area_range, 1.0)?,
            max_attempts: attrs.optional("max_attempts", usual.max_attempts)?,
            use_image_if_no_bounding_boxes: attrs.optional("use_image_if_no_bounding_boxes", false)?,
        };
        if !(1..=1 << 20).contains(&like.max_attempts) {
            return Err(format!(
                "attribute \"max_attempts\" is from 1 to 2²⁰, and not {}",
                like.max_attempts
            )
            .into());
        }
        if !(0.0..=f32::MAX).contains(&like.min_object_covered) {
            return Err(format!("attribute \"min_object_covered\" is {}", like.min_object_covered).into());
        }
        Ok(SampleDistortedBoundingBox { like, seeds: Seeds::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 2 + usize::from(SECOND) {
            return Err(wrong_count(2 + usize::from(SECOND), inputs));
        }
        let (size, boxes) = (inputs[0], inputs[1]);
        use DType::{Int8, Int16, Int32, Int64, UInt8};
        if !matches!(size.dtype, UInt8 | Int8 | Int16 | Int32 | Int64) {
            return Err(format!("a picture's shape is of integers, not of {}", size.dtype).into());
        }
        let [three] = sizes_of::<1>(size, "a picture's shape")?;
        same(three, Some(3), "the count of a picture's sizes")?;
        must_be_float32(boxes, "boxes")?;
        let [.., four] = sizes_of::<3>(boxes, "boxes")?;
        same(four, Some(4), "the count of a box's numbers")?;
        if let Some(covered) = inputs.get(2) {
            must_be_float32(covered, "how much is covered")?;
            must_be_scalar(covered, "how much is covered")?;
        }
        let of_box = |dtype| Fact::new(dtype, [3]);
        Ok([of_box(size.dtype), of_box(size.dtype), Fact::new(DType::Float32, [1, 1, 4])]
            .into_iter()
            .collect())
    }

    fn effects(&self) -> Effects {
        self.seeds.effects().failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("what is drawn does not change a little")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        let dtype = node.inputs[0].dtype;
        let (size_shape, boxes_shape) = (known_shape(node.inputs[0])?, known_shape(node.inputs[1])?);
        let bytes = dtype.size().ok_or("a picture's shape is of integers")? * 3;
        let mut input_bytes = vec![bytes, boxes_shape.elements() * size_of::<f32>()];
        let mut reads: smallvec::SmallVec<[usize; 4]> = smallvec![0, 1];
        if SECOND {
            input_bytes.push(size_of::<f32>());
            reads.push(2);
        }
        let (seeds, output_bytes) = ((self.seeds.0, self.seeds.1), [bytes, bytes, 16]);
        let kernel = RandomCall::new(
            self.name(),
            seeds,
            &input_bytes,
            &output_bytes,
            move |stream, inputs, outputs| {
                let mut words = Words::new(*stream);
                // TensorFlow sets four words aside for each attempt.
                stream.skip(op.like.max_attempts as u64);
                let size = Array::from_bytes(dtype, size_shape.clone(), inputs[0])?;
                let size = size.to_i64()?;
                let boxes = Array::from_bytes(DType::Float32, boxes_shape.clone(), inputs[1])?;
                let boxes = boxes.as_slice::<f32>()?;
                let covered = match inputs.get(2) {
                    Some(&bytes) => f32::from_ne_bytes(bytes.try_into().unwrap_or_default()),
                    None => op.like.min_object_covered,
                };
                let (height, width) = (size[0], size[1]);
                let largest = 1 << 24;
                if !(1..=largest).contains(&height) || !(1..=largest).contains(&width) {
                    return Err(KernelError::invalid(format!(
                        "a picture of {height} by {width} pixels has no parts"
                    )));
                }
                if covered.is_nan() || covered < 0.0 {
                    return Err(KernelError::invalid(format!(
                        "how much is covered is 0 or more, and not {covered}"
                    )));
                }
                let mut boxes = rectangles(boxes, width, height)?;
                if boxes.is_empty() {
                    if !op.like.use_image_if_no_bounding_boxes {
                        return Err(KernelError::invalid(
                            "there are no boxes, and the whole picture is not to be one",
                        ));
                    }
                    boxes.push(Rectangle([0, 0, width, height]));
                }
                let Rectangle([left, top, right, bottom]) =
                    op.like.sample(&mut words, width, height, &boxes, covered);
                let integers = |values: [i64; 3]| {
                    let values = values.map(|value| value as f64);
                    super::array_of(dtype, [3], &values)
                };
                let begin = integers([top, left, 0])?;
                // All channels; of an unsigned type −1 is its largest number.
                let all = if dtype == DType::UInt8 { i64::from(u8::MAX) } else { -1 };
                let extent = integers([bottom - top, right - left, all])?;
                outputs[0].copy_from_slice(begin.bytes()?);
                outputs[1].copy_from_slice(extent.bytes()?);
                let share = |pixels: i64, size: i64| pixels as f32 / size as f32;
                let part =
                    [share(top, height), share(left, width), share(bottom, height), share(right, width)];
                outputs[2].copy_from_slice(bytemuck::cast_slice(&part));
                Ok(())
            },
        );
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads })
    }
}

/// A random part of a picture of shape `image_size`, `[height, width, channels]`, that shows enough of one of
/// `bounding_boxes`, `[batch, boxes, 4]`, each `[y1, x1, y2, x2]` in `[0, 1]`: where it begins, its size (−1 along the
/// channels: all of them), and itself as a box `[1, 1, 4]`.
#[track_caller]
pub fn sample_distorted_bounding_box(
    image_size: &Tensor,
    bounding_boxes: &Tensor,
    like: DistortedBox,
    seed: Option<i64>,
) -> [Tensor; 3] {
    let tf = image_size.graph();
    let (seed, seed2) = tf.seeds(seed);
    let covered = tf.constant(like.min_object_covered);
    let op = SampleDistortedBoundingBox::<true> { like, seeds: Seeds(seed, seed2) };
    let part = tf.add(op, &[image_size, bounding_boxes, &covered]).op();
    [0, 1, 2].map(|output| part.output(output))
}

pub(in crate::ops) fn sample_distorted_bounding_box_cases<const SECOND: bool>() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let (seed, seed2) = tf.seeds(Some(5));
        let op =
            SampleDistortedBoundingBox::<SECOND> { like: DistortedBox::default(), seeds: Seeds(seed, seed2) };
        let covered = tf.constant(0.1f32);
        let inputs: Vec<&Tensor> = x.iter().chain([&covered]).take(2 + usize::from(SECOND)).collect();
        let part = tf.add(op, &inputs).op();
        vec![part.output(0), part.output(1), part.output(2)]
    };
    let boxes = crate::array![[[0.25, 0.25, 0.75, 0.5], [0.0, 0.5, 0.5, 1.0]]];
    vec![Case::fed("two boxes", [crate::array![40, 50, 3], boxes], build).twice()]
}
