//! Boxes cut out of pictures and brought to one size: CropAndResize, with the ops that are its gradients.
//!
//! A box is `[y1, x1, y2, x2]`, where 0 is the first row (or column) and 1 the last; row i of a crop of h rows is at
//! `y1·(H − 1) + i·(y2 − y1)·(H − 1)/(h − 1)` of a picture of H rows, and the middle of the box if h is 1.

use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{IntoShape, must_be_vector, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, known_sizes, must_be_float32, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// How a number between pixels is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// From the four pixels around it.
    #[default]
    Bilinear,
    /// From the nearest.
    Nearest,
}

impl Sampling {
    fn name(self) -> &'static str {
        match self {
            Sampling::Bilinear => "bilinear",
            Sampling::Nearest => "nearest",
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Sampling, Reason> {
        match &attrs.optional("method", "bilinear".to_string())?[..] {
            "bilinear" => Ok(Sampling::Bilinear),
            "nearest" => Ok(Sampling::Nearest),
            other => {
                Err(format!("attribute \"method\" should be bilinear or nearest and is \"{other}\"").into())
            }
        }
    }
}

/// Crops `[boxes, height, width, channels]`, float32, of pictures `[batch, H, W, channels]` of any type of number. Inputs:
/// pictures, boxes `[boxes, 4]`, the number of the picture that each box is in, and the crops' height and width.
#[derive(Clone, Debug)]
pub struct CropAndResize {
    /// How a number between pixels is found.
    pub method: Sampling,
    /// What is outside the pictures.
    pub extrapolation_value: f32,
}

/// The gradient of the pictures. Inputs: that of the crops, boxes, the number of the picture that each box is in, and the
/// pictures' shape.
#[derive(Clone, Debug)]
pub struct CropAndResizeGradImage {
    /// How a number between pixels is found.
    pub method: Sampling,
    /// The pictures' type, a float.
    pub dtype: DType,
}

/// The gradient of the boxes, where numbers between pixels are found from the four around them. Inputs: that of the crops,
/// pictures, boxes, the number of the picture that each box is in.
#[derive(Clone, Debug)]
pub struct CropAndResizeGradBoxes;

/// The number of boxes. Where no picture is named there are none, whatever the shape of boxes without numbers, as in TensorFlow.
fn boxes_of(boxes: &Fact, pictures: &Fact) -> Result<Option<usize>, Reason> {
    must_be_float32(boxes, "boxes")?;
    if pictures.dtype != DType::Int32 {
        return Err(format!("the numbers of pictures are int32, not {}", pictures.dtype).into());
    }
    must_be_vector(pictures, "the numbers of pictures")?;
    if pictures.shape.size(0) == Some(0) && boxes.shape.known().is_some_and(|shape| shape.contains(&0)) {
        return Ok(Some(0));
    }
    let [count, four] = sizes_of::<2>(boxes, "boxes")?;
    same(four, Some(4), "the count of a box's numbers")?;
    same(count, pictures.shape.size(0), "the count of boxes")
}

/// Sizes that a vector says, as far as they are known: each is `least` or more.
fn said_sizes<const N: usize>(size: &Fact, what: &str, least: i64) -> Result<[Option<usize>; N], Reason> {
    if size.dtype != DType::Int32 {
        return Err(format!("{what} is of int32, and not of {}", size.dtype).into());
    }
    must_be_vector(size, what)?;
    if size.shape.size(0).is_some_and(|count| count != N) {
        return Err(format!("{what} is {N} numbers, and this has shape {}", size.shape).into());
    }
    let said = size.known_integers().unwrap_or_else(|| vec![None; N]);
    if let Some(bad) = said.iter().flatten().find(|&&size| size < least) {
        return Err(format!("{what} is of numbers that are {least} or more, and not {bad}").into());
    }
    Ok(std::array::from_fn(|i| said.get(i).copied().flatten().and_then(|size| usize::try_from(size).ok())))
}

/// Where a row or column of a crop is in the picture, if it is inside.
#[derive(Clone, Copy)]
struct Place {
    at: f32,
    lower: usize,
    upper: usize,
}

impl Place {
    fn new(at: f32, size: usize) -> Option<Place> {
        // A NaN is not inside either.
        let inside = at >= 0.0 && at <= (size - 1) as f32;
        inside.then(|| Place { at, lower: at.floor() as usize, upper: at.ceil() as usize })
    }

    fn part(self) -> f32 {
        self.at - self.lower as f32
    }

    fn nearest(self) -> usize {
        self.at.round() as usize
    }
}

/// Where the rows (or columns) of a crop are, in `f32` as TensorFlow computes it: whether they are inside depends on that.
fn places(from: f32, to: f32, size: usize, crop: usize) -> Vec<Option<Place>> {
    let last = size as f32 - 1.0;
    let scale = if crop > 1 { (to - from) * last / (crop - 1) as f32 } else { 0.0 };
    let at = |i: usize| match crop > 1 {
        true => from * last + i as f32 * scale,
        false => 0.5 * (from + to) * last,
    };
    (0..crop).map(|i| Place::new(at(i), size)).collect()
}

/// Pictures' sizes, and the boxes that are looked at in them.
struct Boxes<'a> {
    picture: [usize; 4],
    crop: [usize; 2],
    boxes: &'a [f32],
    pictures: &'a [i32],
}

impl Boxes<'_> {
    /// Calls `visit` for each pixel of each crop: its number, the box's, the first number of the picture it is in, and its
    /// row and column there, if it is inside.
    fn each(&self, mut visit: impl FnMut(usize, usize, usize, Option<(Place, Place)>)) -> Result<(), Reason> {
        let [batch, height, width, channels] = self.picture;
        let mut pixel = 0;
        for (number, (corners, &picture)) in self.boxes.chunks_exact(4).zip(self.pictures).enumerate() {
            let picture =
                usize::try_from(picture).ok().filter(|&picture| picture < batch).ok_or_else(|| {
                    let text = format!("box {number} is in picture {picture}, and there are {batch}");
                    Reason::new(Code::OutOfRange, text)
                })?;
            // Pixels of nothing may be without end.
            if channels == 0 {
                continue;
            }
            let rows = places(corners[0], corners[2], height, self.crop[0]);
            let columns = places(corners[1], corners[3], width, self.crop[1]);
            for row in rows {
                for column in &columns {
                    visit(pixel, number, picture * height * width * channels, row.zip(*column));
                    pixel += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether there are pixels, in the pictures and in the crops.
    fn must_have_pixels(&self) -> Result<(), Reason> {
        let [_, height, width, _] = self.picture;
        match [height, width, self.crop[0], self.crop[1]].contains(&0) {
            true => Err(format!(
                "pictures of {height} × {width} pixels and crops of {} × {} are looked at; each has pixels",
                self.crop[0], self.crop[1]
            )
            .into()),
            false => Ok(()),
        }
    }

    /// Where in a picture a pixel begins.
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.picture[2] + column) * self.picture[3]
    }

    /// The pixels that one between them is made of, with their weights.
    fn parts(&self, method: Sampling, (row, column): (Place, Place)) -> Vec<(usize, f64)> {
        if method == Sampling::Nearest {
            return vec![(self.at(row.nearest(), column.nearest()), 1.0)];
        }
        let (down, across) = (f64::from(row.part()), f64::from(column.part()));
        vec![
            (self.at(row.lower, column.lower), (1.0 - down) * (1.0 - across)),
            (self.at(row.lower, column.upper), (1.0 - down) * across),
            (self.at(row.upper, column.lower), down * (1.0 - across)),
            (self.at(row.upper, column.upper), down * across),
        ]
    }
}

impl Op for CropAndResize {
    fn name(&self) -> &'static str {
        "CropAndResize"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("extrapolation_value", self.extrapolation_value)
            .with("method", self.method.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<CropAndResize, Reason> {
        let extrapolation_value = attrs.optional("extrapolation_value", 0.0)?;
        Ok(CropAndResize { method: Sampling::from_attrs(attrs)?, extrapolation_value })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, boxes, pictures, size] = inputs else { return Err(wrong_count(4, inputs)) };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        let [_, height, width, channels] = sizes_of::<4>(x, "a batch of pictures")?;
        if height == Some(0) || width == Some(0) {
            return Err(format!("pictures of shape {} have no pixels", x.shape).into());
        }
        let [rows, columns] = said_sizes(size, "a crop's size", 1)?;
        let shape = [boxes_of(boxes, pictures)?, rows, columns, channels];
        Ok(Fact::new(DType::Float32, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let why = "TensorFlow has no gradients of those of crops";
        Grad::Once(
            Box::new(|node| {
                let Some(dy) = node.dy(0) else { return vec![None; 4] };
                let [x, boxes, pictures] = [0, 1, 2].map(|i| node.x(i));
                let dtype = x.dtype_or(DType::Float32);
                let of_image = dtype.is_float().then(|| {
                    let op = CropAndResizeGradImage { method: self.method, dtype };
                    dy.graph().add(op, &[dy, boxes, pictures, &x.shape_tensor()])
                });
                let of_boxes = dy.graph().add(CropAndResizeGradBoxes, &[dy, x, boxes, pictures]);
                vec![of_image, Some(of_boxes), None, None]
            }),
            why,
        )
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, boxes, pictures, size] = arrays else { return Err("it takes 4 inputs".into()) };
            let said = said_sizes::<2>(&Fact::constant(size.clone()), "a crop's size", 1)?;
            let [Some(rows), Some(columns)] = said else { return Err("a crop's size is not known".into()) };
            let picture = known_sizes::<4>(x)?;
            let look = Boxes {
                picture,
                crop: [rows, columns],
                boxes: boxes.as_slice()?,
                pictures: pictures.as_slice()?,
            };
            look.must_have_pixels()?;
            let (channels, pixels) = (picture[3], x.to_f64()?);
            let shape = Shape::from([look.pictures.len(), rows, columns, channels]);
            let mut crops = Array::full(DType::Float32, shape, f64::from(op.extrapolation_value))?;
            let to = crops.as_mut_slice::<f32>()?;
            look.each(|pixel, _, start, place| {
                let Some(place) = place else { return };
                let parts = look.parts(op.method, place);
                for (channel, to) in to[pixel * channels..][..channels].iter_mut().enumerate() {
                    let sum: f64 =
                        parts.iter().map(|(at, weight)| pixels[start + at + channel] * weight).sum();
                    *to = sum as f32;
                }
            })?;
            Ok(vec![crops])
        }))
    }
}

impl Op for CropAndResizeGradImage {
    fn name(&self) -> &'static str {
        "CropAndResizeGradImage"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("T", self.dtype).with("method", self.method.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<CropAndResizeGradImage, Reason> {
        let dtype = attrs.require("T")?;
        Ok(CropAndResizeGradImage { method: Sampling::from_attrs(attrs)?, dtype })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, boxes, pictures, shape] = inputs else { return Err(wrong_count(4, inputs)) };
        if !self.dtype.is_float() {
            return Err(refusal(&[self.dtype], DType::is_float));
        }
        must_be_float32(dy, "the gradient of crops")?;
        let [count, _, _, channels] = sizes_of::<4>(dy, "the gradient of crops")?;
        same(count, boxes_of(boxes, pictures)?, "the count of boxes")?;
        let [batch, height, width, depth] = said_sizes(shape, "the shape of pictures", 0)?;
        let depth = same(depth, channels, "the count of channels")?;
        Ok(Fact::new(self.dtype, [batch, height, width, depth]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradients of those of crops")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [dy, boxes, pictures, shape] = arrays else { return Err("it takes 4 inputs".into()) };
            let said = said_sizes::<4>(&Fact::constant(shape.clone()), "the shape of pictures", 0)?;
            let shape = PartialShape::from(said).known().ok_or("the shape of pictures is not known")?;
            let [_, rows, columns, channels] = known_sizes::<4>(dy)?;
            if shape[3] != channels || shape.checked_elements().is_none() {
                return Err(format!("the gradient of crops does not fit to pictures of shape {shape}").into());
            }
            let picture = [shape[0], shape[1], shape[2], shape[3]];
            let look = Boxes {
                picture,
                crop: [rows, columns],
                boxes: boxes.as_slice()?,
                pictures: pictures.as_slice()?,
            };
            look.must_have_pixels()?;
            let dy = dy.as_slice::<f32>()?;
            let mut dx = crate::value::room(shape.elements())?;
            dx.resize(shape.elements(), 0.0);
            look.each(|pixel, _, start, place| {
                let Some(place) = place else { return };
                for (at, weight) in look.parts(op.method, place) {
                    for (channel, dy) in dy[pixel * channels..][..channels].iter().enumerate() {
                        dx[start + at + channel] += f64::from(*dy) * weight;
                    }
                }
            })?;
            Ok(vec![array_of(op.dtype, shape, &dx)?])
        }))
    }
}

impl Op for CropAndResizeGradBoxes {
    fn name(&self) -> &'static str {
        "CropAndResizeGradBoxes"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("method", Sampling::Bilinear.name())
    }

    fn from_attrs(attrs: &Attrs) -> Result<CropAndResizeGradBoxes, Reason> {
        match Sampling::from_attrs(attrs)? {
            Sampling::Bilinear => Ok(CropAndResizeGradBoxes),
            Sampling::Nearest => Err("attribute \"method\" should be bilinear and is \"nearest\"".into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x, boxes, pictures] = inputs else { return Err(wrong_count(4, inputs)) };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        must_be_float32(dy, "the gradient of crops")?;
        let [count, _, _, channels] = sizes_of::<4>(dy, "the gradient of crops")?;
        let [.., depth] = sizes_of::<4>(x, "a batch of pictures")?;
        same(channels, depth, "the count of channels")?;
        let count = same(count, boxes_of(boxes, pictures)?, "the count of boxes")?;
        Ok(Fact::new(DType::Float32, [count, Some(4)]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no gradients of those of crops")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [dy, x, boxes, pictures] = arrays else { return Err("it takes 4 inputs".into()) };
            let [_, rows, columns, channels] = known_sizes::<4>(dy)?;
            let picture = known_sizes::<4>(x)?;
            let (height, width) = (picture[1] as f64 - 1.0, picture[2] as f64 - 1.0);
            let look = Boxes {
                picture,
                crop: [rows, columns],
                boxes: boxes.as_slice()?,
                pictures: pictures.as_slice()?,
            };
            look.must_have_pixels()?;
            let (pixels, dy) = (x.to_f64()?, dy.as_slice::<f32>()?);
            let shape = Shape::from([look.pictures.len(), 4]);
            let mut dboxes = vec![0.0; shape.elements()];
            // How much the first and the second edge of a box move place i of n.
            let shares = |i: usize, n: usize| match n {
                1 => (0.5, 0.5),
                _ => (1.0 - i as f64 / (n - 1) as f64, i as f64 / (n - 1) as f64),
            };
            look.each(|pixel, number, start, place| {
                let Some((row, column)) = place else { return };
                let at = |row: usize, column: usize| start + look.at(row, column);
                let corners = [
                    at(row.lower, column.lower),
                    at(row.lower, column.upper),
                    at(row.upper, column.lower),
                    at(row.upper, column.upper),
                ];
                let (down, across) = (f64::from(row.part()), f64::from(column.part()));
                let (mut slope_y, mut slope_x) = (0.0, 0.0);
                for channel in 0..channels {
                    let [tl, tr, bl, br] = corners.map(|corner| pixels[corner + channel]);
                    let dy = f64::from(dy[pixel * channels + channel]);
                    slope_y += dy * ((1.0 - across) * (bl - tl) + across * (br - tr));
                    slope_x += dy * ((1.0 - down) * (tr - tl) + down * (br - bl));
                }
                let (i, j) = (pixel / columns % rows, pixel % columns);
                let ((y1, y2), (x1, x2)) = (shares(i, rows), shares(j, columns));
                let of_box = &mut dboxes[4 * number..][..4];
                of_box[0] += slope_y * height * y1;
                of_box[1] += slope_x * width * x1;
                of_box[2] += slope_y * height * y2;
                of_box[3] += slope_x * width * x2;
            })?;
            Ok(vec![array_of(DType::Float32, shape, &dboxes)?])
        }))
    }
}

/// Boxes cut out of pictures x, `[batch, height, width, channels]`, each brought to `crop_size`, `[rows, columns]`: float32
/// `[boxes, rows, columns, channels]`. `boxes` are `[boxes, 4]`, each `[y1, x1, y2, x2]` where 0 is the first row or column
/// and 1 the last, and `box_indices` the number of the picture that each is in. Beyond the pictures there are zeros.
///
/// ```
/// use tenseur::image::{self, Sampling};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 3.0], [5.0, 7.0]]).reshape([1, 2, 2, 1]);
/// let boxes = tf.constant(array![[0.0, 0.0, 1.0, 0.5]]);
/// let y = image::crop_and_resize(&x, &boxes, &tf.constant(array![0]), [1, 2], Sampling::Bilinear);
/// assert_eq!(Session::new(&tf)?.run(&y.reshape([2]), feeds![])?, array![3.0, 4.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn crop_and_resize(
    image: &Tensor,
    boxes: &Tensor,
    box_indices: &Tensor,
    crop_size: impl IntoShape,
    method: Sampling,
) -> Tensor {
    let op = CropAndResize { method, extrapolation_value: 0.0 };
    image.graph().add(op, &[image, boxes, box_indices, &crop_size.into_shape(image)])
}

fn boxes() -> Array {
    crate::array![[0.1, 0.2, 0.7, 0.9], [-0.2, 0.3, 0.5, 1.3], [0.8, 0.9, 0.2, 0.1]]
}

pub(in crate::ops) fn crop_and_resize_cases() -> Vec<Case> {
    let build = |method, size: [i32; 2]| {
        move |tf: &Graph, x: &[Tensor]| {
            let (boxes, pictures) = (tf.constant(boxes()), tf.constant(crate::array![0, 1, 0]));
            vec![crop_and_resize(&x[0], &boxes, &pictures, size, method)]
        }
    };
    let pictures = || crate::ops::conv::numbers([2, 5, 4, 3]);
    vec![
        Case::fed("between pixels", [pictures()], build(Sampling::Bilinear, [3, 4])),
        Case::fed("one place", [pictures()], build(Sampling::Bilinear, [1, 1])),
        Case::fed("nearest", [pictures()], build(Sampling::Nearest, [3, 2])),
        Case::fed("a size that is fed", [pictures(), crate::array![2, 2]], |tf, x| {
            let (boxes, pictures) = (tf.constant(boxes()), tf.constant(crate::array![1, 1, 0]));
            let op = CropAndResize { method: Sampling::Bilinear, extrapolation_value: -1.0 };
            vec![tf.add(op, &[&x[0], &boxes, &pictures, &x[1]])]
        })
        .at_kink(),
    ]
}

pub(in crate::ops) fn crop_and_resize_grad_image_cases() -> Vec<Case> {
    let build = |dtype| {
        move |tf: &Graph, x: &[Tensor]| {
            let (boxes, pictures) = (tf.constant(boxes()), tf.constant(crate::array![0, 1, 0]));
            let op = CropAndResizeGradImage { method: Sampling::Bilinear, dtype };
            vec![tf.add(op, &[&x[0], &boxes, &pictures, &x[1]])]
        }
    };
    let feeds = || [crate::ops::conv::numbers([3, 3, 2, 2]), crate::array![2, 5, 4, 2]];
    vec![
        Case::fed("float32", feeds(), build(DType::Float32)).at_kink(),
        Case::fed("float64", feeds(), build(DType::Float64)).at_kink(),
    ]
}

pub(in crate::ops) fn crop_and_resize_grad_boxes_cases() -> Vec<Case> {
    let feeds = [crate::ops::conv::numbers([3, 3, 2, 2]), crate::ops::conv::numbers([2, 5, 4, 2])];
    vec![
        Case::fed("three boxes", feeds, |tf, x| {
            let (boxes, pictures) = (tf.constant(boxes()), tf.constant(crate::array![0, 1, 0]));
            vec![tf.add(CropAndResizeGradBoxes, &[&x[0], &x[1], &boxes, &pictures])]
        })
        .at_kink(),
    ]
}
