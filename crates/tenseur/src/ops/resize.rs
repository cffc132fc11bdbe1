//! Pictures made larger or smaller: ResizeBilinear and ResizeNearestNeighbor, with the ops that are their gradients.
//!
//! A pixel of the output looks at place `o · scale` of the input, where scale is `input / output`; with `align_corners`,
//! `(input − 1) / (output − 1)`, so that corners meet corners; with `half_pixel_centers`, at `(o + ½) · scale − ½`.

use half::{bf16, f16};
use tenseur_kernels::{Call, Context, KernelError, ScalarType, ScatterAddKernel, call};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::concat::size_of;
use crate::ops::array::rearrange::once_known;
use crate::ops::array::{IntoShape, must_be_vector, wrong_count};
use crate::ops::conv::numbers;
use crate::ops::elementwise::refusal;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

/// Which place of the input a pixel of the output looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// Corners meet corners.
    pub align_corners: bool,
    /// Pixels are squares, and their middles meet.
    pub half_pixel_centers: bool,
}

/// Pictures x, `[batch, height, width, channels]`, of any type of number, in another size, as float32: each pixel between
/// the four nearest. Inputs: x, and the height and width.
#[derive(Clone, Debug)]
pub struct ResizeBilinear {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// The gradient of [`ResizeBilinear`]. Inputs: the gradient of the output, and x, whose size and type it takes.
#[derive(Clone, Debug)]
pub struct ResizeBilinearGrad {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// Pictures x, `[batch, height, width, channels]`, in another size: each pixel is the nearest. Inputs: x, and the height and
/// width.
#[derive(Clone, Debug)]
pub struct ResizeNearestNeighbor {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// The gradient of [`ResizeNearestNeighbor`]. Inputs: the gradient of the output, and the height and width of x.
#[derive(Clone, Debug)]
pub struct ResizeNearestNeighborGrad {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// A pixel between two of the input.
#[derive(Clone, Copy, Debug)]
struct Between {
    lower: usize,
    upper: usize,
    /// How far it is from the lower to the upper.
    part: f64,
}

impl Alignment {
    pub(super) fn from_attrs(attrs: &Attrs) -> Result<Alignment, Reason> {
        let align_corners = attrs.optional("align_corners", false)?;
        let half_pixel_centers = attrs.optional("half_pixel_centers", false)?;
        Ok(Alignment { align_corners, half_pixel_centers })
    }

    pub(super) fn attrs(&self, attrs: Attrs) -> Attrs {
        let attrs = attrs.with("align_corners", self.align_corners);
        attrs.with("half_pixel_centers", self.half_pixel_centers)
    }

    pub(super) fn check(&self) -> Result<(), Reason> {
        match self.align_corners && self.half_pixel_centers {
            true => Err("corners meet corners, or middles meet middles, and not both".into()),
            false => Ok(()),
        }
    }

    /// Input pixels for one of the output, in `f32` as TensorFlow computes it: which pixel is the nearest depends on that.
    pub(super) fn scale(&self, input: usize, output: usize) -> f32 {
        match self.align_corners && output > 1 {
            true => input.saturating_sub(1) as f32 / (output - 1) as f32,
            false => input as f32 / output as f32,
        }
    }

    fn between(&self, input: usize, output: usize) -> Vec<Between> {
        let scale = self.scale(input, output);
        let place = |o: usize| {
            let place = match self.half_pixel_centers {
                true => (o as f32 + 0.5) * scale - 0.5,
                false => o as f32 * scale,
            };
            let last = input.saturating_sub(1);
            let lower = (place.floor().max(0.0) as usize).min(last);
            Between {
                lower,
                upper: (place.ceil().max(0.0) as usize).min(last),
                part: f64::from(place - place.floor()),
            }
        };
        (0..output).map(place).collect()
    }

    fn nearest(&self, input: usize, output: usize) -> Vec<usize> {
        let scale = self.scale(input, output);
        let place = |o: usize| {
            let place = match (self.half_pixel_centers, self.align_corners) {
                (true, _) => ((o as f32 + 0.5) * scale).floor(),
                (false, true) => (o as f32 * scale).round(),
                (false, false) => (o as f32 * scale).floor(),
            };
            (place.max(0.0) as usize).min(input.saturating_sub(1))
        };
        (0..output).map(place).collect()
    }
}

/// The shape of pictures like `x` in the size that the second fact says.
pub(super) fn resized(x: &Fact, size: &Fact) -> Result<PartialShape, Reason> {
    if size.dtype != DType::Int32 {
        return Err(format!("a size is of int32, and not of {}", size.dtype).into());
    }
    must_be_vector(size, "a size")?;
    if size.shape.size(0).is_some_and(|count| count != 2) {
        return Err(format!("a size is height and width, and this has shape {}", size.shape).into());
    }
    let x = pictures(x)?;
    let said = size.known_integers().unwrap_or_else(|| vec![None; 2]);
    if let Some(bad) = said.iter().flatten().find(|&&size| size < 1) {
        return Err(format!("a picture has height and width 1 or more, and not {bad}").into());
    }
    let along = |axis: usize| said[axis].and_then(|size| usize::try_from(size).ok());
    let shape = PartialShape::from([x[0], along(0), along(1), x[3]]);
    match shape.known().is_none_or(|shape| shape.checked_elements().is_some()) {
        true => Ok(shape),
        false => Err(format!("pictures of shape {shape} would be too large").into()),
    }
}

/// The sizes of pictures.
fn pictures(x: &Fact) -> Result<[Option<usize>; 4], Reason> {
    match x.shape.sizes() {
        None => Ok([None; 4]),
        Some(&[_, Some(0), _, _] | &[_, _, Some(0), _] | &[_, _, _, Some(0)]) => {
            Err(format!("pictures of shape {} have no pixels to look at", x.shape).into())
        }
        Some(&[batch, height, width, channels]) => Ok([batch, height, width, channels]),
        Some(_) => Err(format!("pictures have 4 axes, and not shape {}", x.shape).into()),
    }
}

/// Calls `visit` with the number of each output pixel, and the four input pixels that it is between with their weights.
fn each_pixel(
    small: &Shape,
    rows: &[Between],
    columns: &[Between],
    mut visit: impl FnMut(usize, [(usize, f64); 4]),
) {
    let (height, width) = (small[1], small[2]);
    let mut output = 0;
    for image in 0..small[0] {
        for row in rows {
            for column in columns {
                let at = |y: usize, x: usize| (image * height + y) * width + x;
                let (down, across) = (row.part, column.part);
                visit(
                    output,
                    [
                        (at(row.lower, column.lower), (1.0 - down) * (1.0 - across)),
                        (at(row.lower, column.upper), (1.0 - down) * across),
                        (at(row.upper, column.lower), down * (1.0 - across)),
                        (at(row.upper, column.upper), down * across),
                    ],
                );
                output += 1;
            }
        }
    }
}

fn said(error: impl std::fmt::Display) -> KernelError {
    KernelError::invalid(error.to_string())
}

impl Op for ResizeBilinear {
    fn name(&self) -> &'static str {
        "ResizeBilinear"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeBilinear, Reason> {
        Ok(ResizeBilinear { alignment: Alignment::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, size] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        self.alignment.check()?;
        Ok(Fact::new(DType::Float32, resized(x, size)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = ResizeBilinearGrad { alignment: self.alignment };
            let float = node.x(0).dtype().is_some_and(DType::is_float);
            [float.then(|| dy.graph().add(op, &[dy, node.x(0)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let Some(y) = node.outputs[0].shape.known() else { return Ok(once_known(self, node)) };
        let (dtype, x) = (node.inputs[0].dtype, known_shape(node.inputs[0])?);
        let (rows, columns) = (self.alignment.between(x[1], y[1]), self.alignment.between(x[2], y[2]));
        let (from, to) = (x.elements() * size_of(dtype)?, y.elements() * std::mem::size_of::<f32>());
        let channels = x[3];
        Ok(Lowered::kernel(Call::new("ResizeBilinear", vec![from], vec![to], move |inputs, outputs| {
            let pixels =
                Array::from_bytes(dtype, x.clone(), inputs[0]).and_then(|x| x.to_f64()).map_err(said)?;
            let y: &mut [f32] = bytemuck::try_cast_slice_mut(outputs[0]).map_err(said)?;
            each_pixel(&x, &rows, &columns, |output, four| {
                for c in 0..channels {
                    let sum: f64 =
                        four.iter().map(|(pixel, weight)| pixels[pixel * channels + c] * weight).sum();
                    y[output * channels + c] = sum as f32;
                }
            });
            Ok(())
        })))
    }
}

impl Op for ResizeBilinearGrad {
    fn name(&self) -> &'static str {
        "ResizeBilinearGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeBilinearGrad, Reason> {
        Ok(ResizeBilinearGrad { alignment: Alignment::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x] = inputs else { return Err(wrong_count(2, inputs)) };
        if dy.dtype != DType::Float32 || !x.dtype.is_float() {
            return Err(refusal(&[dy.dtype, x.dtype], DType::is_float));
        }
        self.alignment.check()?;
        let (dy, [batch, height, width, channels]) = (pictures(dy)?, pictures(x)?);
        let shape = PartialShape::from([batch, height, width, channels]);
        let like = PartialShape::from([dy[0], height, width, dy[3]]);
        let shape = shape
            .merge(&like)
            .ok_or_else(|| format!("x has shape {shape}, and y's gradient other images"))?;
        Ok(Fact::new(x.dtype, shape).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let op = ResizeBilinear { alignment: self.alignment };
            let size = node.x(0).shape_tensor().at(1..3);
            [Some(ddx.graph().add(op, &[ddx, &size])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (dtype, y, x) =
            (node.outputs[0].dtype, known_shape(node.inputs[0])?, known_shape(&node.outputs[0])?);
        let (rows, columns) = (self.alignment.between(x[1], y[1]), self.alignment.between(x[2], y[2]));
        let (from, to) = (y.elements() * std::mem::size_of::<f32>(), x.elements() * size_of(dtype)?);
        let channels = x[3];
        Ok(Lowered::kernel(Call::new("ResizeBilinearGrad", vec![from], vec![to], move |inputs, outputs| {
            let dy: &[f32] = bytemuck::try_cast_slice(inputs[0]).map_err(said)?;
            let mut dx = vec![0.0; x.elements()];
            each_pixel(&x, &rows, &columns, |output, four| {
                for c in 0..channels {
                    let dy = f64::from(dy[output * channels + c]);
                    four.iter().for_each(|(pixel, weight)| dx[pixel * channels + c] += dy * weight);
                }
            });
            let shape = x.clone();
            let dx = match dtype {
                DType::Float64 => Array::new(shape, dx),
                DType::Float16 => Array::new(shape, dx.into_iter().map(f16::from_f64).collect::<Vec<_>>()),
                DType::BFloat16 => Array::new(shape, dx.into_iter().map(bf16::from_f64).collect::<Vec<_>>()),
                _ => Array::new(shape, dx.into_iter().map(|x| x as f32).collect::<Vec<_>>()),
            };
            outputs[0].copy_from_slice(dx.as_ref().map_err(said)?.bytes().map_err(said)?);
            Ok(())
        })))
    }
}

/// For each pixel of `large`, in order, the number of the pixel of `small` that it is.
fn nearest_pixels(alignment: Alignment, small: &Shape, large: &Shape) -> Vec<i64> {
    let (rows, columns) = (alignment.nearest(small[1], large[1]), alignment.nearest(small[2], large[2]));
    let mut pixels = Vec::with_capacity(large[..3].iter().product());
    for image in 0..large[0] {
        for row in &rows {
            pixels.extend(columns.iter().map(|column| ((image * small[1] + row) * small[2] + column) as i64));
        }
    }
    pixels
}

impl Op for ResizeNearestNeighbor {
    fn name(&self) -> &'static str {
        "ResizeNearestNeighbor"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeNearestNeighbor, Reason> {
        Ok(ResizeNearestNeighbor { alignment: Alignment::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, size] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_number() {
            return Err(refusal(&[x.dtype], DType::is_number));
        }
        self.alignment.check()?;
        Ok(Fact::new(x.dtype, resized(x, size)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let op = ResizeNearestNeighborGrad { alignment: self.alignment };
            let size = node.x(0).shape_tensor().at(1..3);
            [Some(dy.graph().add(op, &[dy, &size])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let Some(y) = node.outputs[0].shape.known() else { return Ok(once_known(self, node)) };
        let (size, x) = (size_of(node.inputs[0].dtype)?, known_shape(node.inputs[0])?);
        let pixels = nearest_pixels(self.alignment, &x, &y);
        let (from, to, run) = (x.elements() * size, y.elements() * size, x[3] * size);
        Ok(Lowered::kernel(Call::new(
            "ResizeNearestNeighbor",
            vec![from],
            vec![to],
            move |inputs, outputs| {
                for (&pixel, to) in pixels.iter().zip(outputs[0].chunks_exact_mut(run.max(1))) {
                    to.copy_from_slice(&inputs[0][pixel as usize * run..][..run]);
                }
                Ok(())
            },
        )))
    }
}

impl Op for ResizeNearestNeighborGrad {
    fn name(&self) -> &'static str {
        "ResizeNearestNeighborGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeNearestNeighborGrad, Reason> {
        Ok(ResizeNearestNeighborGrad { alignment: Alignment::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, size] = inputs else { return Err(wrong_count(2, inputs)) };
        if !dy.dtype.is_number() {
            return Err(refusal(&[dy.dtype], DType::is_number));
        }
        self.alignment.check()?;
        Ok(Fact::new(dy.dtype, resized(dy, size)?).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let op = ResizeNearestNeighbor { alignment: self.alignment };
            let size = node.x(0).shape_tensor().at(1..3);
            [Some(ddx.graph().add(op, &[ddx, &size])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let Some(x) = node.outputs[0].shape.known() else { return Ok(once_known(self, node)) };
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let dy = known_shape(node.inputs[0])?;
        let pixels = nearest_pixels(self.alignment, &x, &dy);
        let targets = x[..3].iter().product();
        let scatter = ScatterAddKernel::new(stored, ScalarType::I64, pixels.len(), x[3], targets)?;
        let pixels = Array::new([pixels.len()], pixels)?;
        let (from, to) = (dy.elements() * stored.size(), x.elements() * stored.size());
        Ok(Lowered::kernel(Call::new(
            "ResizeNearestNeighborGrad",
            vec![from],
            vec![to],
            move |inputs, outputs| {
                let pixels = pixels.bytes().map_err(said)?;
                call(&scatter, &Context { threads: 1 }, &[inputs[0], pixels], outputs)
            },
        )))
    }
}

impl Tensor {
    /// Pictures x, `[batch, height, width, channels]`, in another size, `[height, width]`, as float32: each pixel lies
    /// between the four nearest.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 3.0]).reshape([1, 1, 2, 1]);
    /// let y = x.resize_bilinear([1, 3], nn::Alignment { align_corners: true, ..Default::default() });
    /// assert_eq!(Session::new(&tf)?.run(&y.reshape([3]), feeds![])?, array![1.0, 2.0, 3.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn resize_bilinear(&self, size: impl IntoShape, alignment: Alignment) -> Tensor {
        self.graph().add(ResizeBilinear { alignment }, &[self, &size.into_shape(self)])
    }

    /// Pictures x, `[batch, height, width, channels]`, in another size, `[height, width]`: each pixel is the nearest.
    #[track_caller]
    pub fn resize_nearest_neighbor(&self, size: impl IntoShape, alignment: Alignment) -> Tensor {
        self.graph().add(ResizeNearestNeighbor { alignment }, &[self, &size.into_shape(self)])
    }
}

fn alignments() -> [(&'static str, Alignment); 3] {
    let plain = Alignment::default();
    [
        ("plain", plain),
        ("corners", Alignment { align_corners: true, ..plain }),
        ("middles", Alignment { half_pixel_centers: true, ..plain }),
    ]
}

/// 0, 1, 2, … as a picture.
fn picture(height: usize, width: usize) -> Array {
    let values: Vec<f32> = (0..height * width).map(|i| i as f32).collect();
    Array::new([1, height, width, 1], values).expect("a picture")
}

fn answer(height: usize, values: &[f32]) -> Array {
    Array::new([1, height, values.len() / height, 1], values).expect("a picture")
}

pub(super) fn resize_bilinear_cases() -> Vec<Case> {
    // TensorFlow's answers.
    let answers: [&[f32]; 3] = [
        &[0., 0.75, 1.5, 2., 2., 2.75, 3.5, 4., 3., 3.75, 4.5, 5.],
        &[0., 2. / 3., 4. / 3., 2., 1.5, 13. / 6., 17. / 6., 3.5, 3., 11. / 3., 13. / 3., 5.],
        &[0., 0.625, 1.375, 2., 1.5, 2.125, 2.875, 3.5, 3., 3.625, 4.375, 5.],
    ];
    let mut cases = Vec::new();
    for ((name, alignment), values) in alignments().into_iter().zip(answers) {
        let build = move |_: &Graph, x: &[Tensor]| vec![x[0].resize_bilinear([3, 4], alignment)];
        cases.push(Case::fed(name, [picture(2, 3)], build).expecting([answer(3, values)]));
        cases.push(Case::fed("several", [numbers([2, 5, 4, 3])], build));
    }
    for dtype in [DType::UInt8, DType::Int32, DType::Float64, DType::Float16] {
        cases.push(
            Case::fed(dtype.name(), [as_type(picture(2, 3), dtype)], |_, x| {
                vec![x[0].resize_bilinear([3, 4], Alignment::default())]
            })
            .expecting([answer(3, answers[0])]),
        );
    }
    cases.push(Case::fed("a size that is fed", [picture(2, 3), array![1, 7]], |_, x| {
        vec![x[0].resize_bilinear(&x[1], Alignment::default())]
    }));
    cases
}

pub(super) fn resize_bilinear_grad_cases() -> Vec<Case> {
    let dy = || {
        let values: Vec<f32> = (1..13).map(|i| i as f32).collect();
        Array::new([1, 3, 4, 1], values).expect("a picture")
    };
    // TensorFlow's answers.
    let answers: [&[f32]; 3] = [
        &[3.666_666_5, 5.666_666_5, 9.333_333, 15.833_333, 18.333_334, 25.166_668],
        &[5.166_666_5, 7.666_666, 10.166_667, 15.833_333, 18.333_332, 20.833_334],
        &[5.375, 7.1875, 10.4375, 16.375, 17.1875, 21.4375],
    ];
    let build = |alignment| {
        move |tf: &Graph, x: &[Tensor]| vec![tf.add(ResizeBilinearGrad { alignment }, &[&x[0], &x[1]])]
    };
    let mut cases: Vec<Case> = alignments()
        .into_iter()
        .zip(answers)
        .map(|((name, alignment), values)| {
            let case = Case::fed(name, [dy(), picture(2, 3)], build(alignment));
            case.at_kink().expecting([answer(2, values)])
        })
        .collect();
    let doubles = as_type(picture(2, 3), DType::Float64);
    cases.push(Case::fed("float64", [dy(), doubles], build(Alignment::default())).at_kink());
    cases
}

pub(super) fn resize_nearest_neighbor_cases() -> Vec<Case> {
    // TensorFlow's answers.
    let answers: [&[f32]; 3] = [
        &[0., 0., 1., 1., 2., 0., 0., 1., 1., 2., 3., 3., 4., 4., 5.],
        &[0., 1., 1., 2., 2., 3., 4., 4., 5., 5., 3., 4., 4., 5., 5.],
        &[0., 0., 1., 2., 2., 3., 3., 4., 5., 5., 3., 3., 4., 5., 5.],
    ];
    let mut cases = Vec::new();
    for ((name, alignment), values) in alignments().into_iter().zip(answers) {
        let build = move |_: &Graph, x: &[Tensor]| vec![x[0].resize_nearest_neighbor([3, 5], alignment)];
        cases.push(Case::fed(name, [picture(2, 3)], build).expecting([answer(3, values)]));
        cases.push(Case::fed("several", [numbers([2, 4, 7, 3])], build));
        cases.push(Case::fed("uint8", [as_type(picture(2, 3), DType::UInt8)], build));
    }
    cases.push(Case::fed("a size that is fed", [picture(2, 3), array![1, 7]], |_, x| {
        vec![x[0].resize_nearest_neighbor(&x[1], Alignment::default())]
    }));
    cases
}

pub(super) fn resize_nearest_neighbor_grad_cases() -> Vec<Case> {
    alignments()
        .into_iter()
        .map(|(name, alignment)| {
            Case::fed(name, [numbers([2, 3, 5, 2]), array![2, 4]], move |tf, x| {
                vec![tf.add(ResizeNearestNeighborGrad { alignment }, &[&x[0], &x[1]])]
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn the_gradient_of_a_resized_picture_is_its_adjoint() {
        // Σ resize(x) · dy = Σ x · gradient(dy): both are linear.
        for (name, alignment) in alignments() {
            let tf = Graph::new();
            let x = tf.constant(numbers([2, 5, 4, 2]));
            let dy = tf.constant(numbers([2, 3, 7, 2]));
            let forward = (x.resize_bilinear([3, 7], alignment) * &dy).reduce_sum(..);
            let dx = gradients(&[&forward], &[&x])[0].clone().unwrap();
            let back = (&dx * &x).reduce_sum(..);
            // And the gradient of that with respect to dy is the resized x again.
            let again = gradients(&[&back], &[&dy])[0].clone().unwrap();
            let difference = (again - x.resize_bilinear([3, 7], alignment)).abs().reduce_max(..);
            let sess = Session::new(&tf).unwrap();
            let (forward, back, difference) = sess.run((&forward, &back, &difference), feeds![]).unwrap();
            let [forward, back] = [forward, back].map(|sum| sum.item::<f32>().unwrap());
            assert!((forward - back).abs() < 1e-3, "{name}: {forward} and {back}");
            assert!(difference.item::<f32>().unwrap() < 1e-5, "{name}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let said = |size: [i32; 2], alignment| {
            let tf = Graph::new();
            tf.zeros::<f32>([1, 2, 2, 1]).resize_bilinear(size, alignment);
            tf.check().unwrap_err().message().to_string()
        };
        assert!(said([0, 3], Alignment::default()).contains("1 or more, and not 0"));
        let both = Alignment { align_corners: true, half_pixel_centers: true };
        assert!(said([1, 3], both).contains("not both"));
    }
}
