//! Pictures in another size, smooth: ResizeBicubic, with the op that is its gradient.
//!
//! Each pixel is a sum over four rows and four columns, weighted by Keys' cubic (R. Keys 1981, "Cubic convolution
//! interpolation for digital image processing") with `a = −¾`; with `half_pixel_centers`, `a = −½`, and places beyond the
//! picture have no weight. Weights are those of a table for 1,024 places between two pixels, as TensorFlow has it.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::{IntoShape, wrong_count};
use crate::ops::elementwise::refusal;
use crate::ops::image::{array_of, known_sizes, must_be_float32, sizes_of};
use crate::ops::resize::{Alignment, resized};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Pictures x, `[batch, height, width, channels]`, of any type of number, in another size, as float32. Inputs: x, and the
/// height and width.
#[derive(Clone, Debug)]
pub struct ResizeBicubic {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// The gradient of [`ResizeBicubic`]. Inputs: the gradient of the output, and x, whose size and type (float32 or float64) it
/// takes.
#[derive(Clone, Debug)]
pub struct ResizeBicubicGrad {
    /// Which places are looked at.
    pub alignment: Alignment,
}

/// How many places the table has between two pixels.
const TABLE: f32 = 1024.0;

/// Four pixels of the input with their weights.
type Four = [(usize, f64); 4];

/// Keys' cubic at `x` below 1, and at `x + 1`.
fn cubic(a: f32, x: f32) -> [f32; 2] {
    let near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let x = x + 1.0;
    [near, ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a]
}

/// For each pixel of the output along an axis, the four of the input that it is made of.
fn fours(alignment: Alignment, input: usize, output: usize) -> Vec<Four> {
    let scale = alignment.scale(input, output);
    let half = alignment.half_pixel_centers;
    let a = if half { -0.5 } else { -0.75 };
    let last = input as i64 - 1;
    let four = |o: usize| {
        let at = if half { (o as f32 + 0.5) * scale - 0.5 } else { o as f32 * scale };
        let first = at.floor() as i64;
        let step = ((at - first as f32) * TABLE).round_ties_even() / TABLE;
        let ([near, far], [other_near, other_far]) = (cubic(a, step), cubic(a, 1.0 - step));
        let mut weights = [far, near, other_near, other_far];
        let places = [first - 1, first, first + 1, first + 2];
        let inside = places.map(|place| place.clamp(0, last));
        if half {
            for i in 0..4 {
                if inside[i] != places[i] {
                    weights[i] = 0.0;
                }
            }
            let sum: f32 = weights.iter().sum();
            if sum.abs() >= 1000.0 * f32::MIN_POSITIVE {
                weights = weights.map(|weight| weight / sum);
            }
        }
        std::array::from_fn(|i| (inside[i] as usize, f64::from(weights[i])))
    };
    (0..output).map(four).collect()
}

/// Calls `visit` with the number of each output pixel, and each of the sixteen input pixels with its weight.
fn each_part(
    batch: usize,
    small: [usize; 2],
    rows: &[Four],
    columns: &[Four],
    mut visit: impl FnMut(usize, usize, f64),
) {
    let mut output = 0;
    for picture in 0..batch {
        for row in rows {
            for column in columns {
                for (y, tall) in row {
                    for (x, wide) in column {
                        visit(output, (picture * small[0] + y) * small[1] + x, tall * wide);
                    }
                }
                output += 1;
            }
        }
    }
}

impl Op for ResizeBicubic {
    fn name(&self) -> &'static str {
        "ResizeBicubic"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[0].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeBicubic, Reason> {
        Ok(ResizeBicubic { alignment: Alignment::from_attrs(attrs)? })
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
            let op = ResizeBicubicGrad { alignment: self.alignment };
            let taken = matches!(node.x(0).dtype(), Some(DType::Float32 | DType::Float64));
            [taken.then(|| dy.graph().add(op, &[dy, node.x(0)])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let alignment = self.alignment;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, size] = arrays else { return Err("it takes 2 inputs".into()) };
            let shape = resized(&Fact::constant(x.clone()), &Fact::constant(size.clone()))?;
            let shape = known_shape(&Fact::new(DType::Float32, shape))?;
            let [batch, height, width, channels] = known_sizes::<4>(x)?;
            let (rows, columns) = (fours(alignment, height, shape[1]), fours(alignment, width, shape[2]));
            let pixels = x.to_f64()?;
            let mut sums = crate::value::room(shape.elements())?;
            sums.resize(shape.elements(), 0.0);
            each_part(batch, [height, width], &rows, &columns, |output, input, weight| {
                for channel in 0..channels {
                    sums[output * channels + channel] += pixels[input * channels + channel] * weight;
                }
            });
            Ok(vec![array_of(DType::Float32, shape, &sums)?])
        }))
    }
}

impl Op for ResizeBicubicGrad {
    fn name(&self) -> &'static str {
        "ResizeBicubicGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.alignment.attrs(Attrs::new().with("T", node.inputs[1].dtype))
    }

    fn from_attrs(attrs: &Attrs) -> Result<ResizeBicubicGrad, Reason> {
        Ok(ResizeBicubicGrad { alignment: Alignment::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [dy, x] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_float32(dy, "the gradient of pictures")?;
        let taken = |dtype| matches!(dtype, DType::Float32 | DType::Float64);
        if !taken(x.dtype) {
            return Err(refusal(&[x.dtype], taken));
        }
        self.alignment.check()?;
        let [batch, .., channels] = sizes_of::<4>(dy, "the gradient of pictures")?;
        let [_, height, width, _] = sizes_of::<4>(x, "a batch of pictures")?;
        let like = [batch, height, width, channels].into();
        match x.shape.merge(&like) {
            Some(shape) => Ok(Fact::new(x.dtype, shape).one()),
            None => Err(format!("x has shape {}, and y's gradient {}", x.shape, dy.shape).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, ddx| {
            let op = ResizeBicubic { alignment: self.alignment };
            let size = node.x(0).shape_tensor().at(1..3);
            [Some(ddx.graph().add(op, &[ddx, &size])), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let alignment = self.alignment;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [dy, x] = arrays else { return Err("it takes 2 inputs".into()) };
            let ([_, large_rows, large_columns, _], [batch, height, width, channels]) =
                (known_sizes::<4>(dy)?, known_sizes::<4>(x)?);
            if height == 0 || width == 0 {
                return Err(format!("pictures of shape {} have no pixels to look at", x.shape()).into());
            }
            if dy.is_empty() {
                return Ok(vec![Array::zeros(x.dtype(), x.shape().clone())?]);
            }
            let rows = fours(alignment, height, large_rows);
            let columns = fours(alignment, width, large_columns);
            let dy = dy.as_slice::<f32>()?;
            let mut dx = vec![0.0; x.len()];
            each_part(batch, [height, width], &rows, &columns, |output, input, weight| {
                for channel in 0..channels {
                    dx[input * channels + channel] += f64::from(dy[output * channels + channel]) * weight;
                }
            });
            Ok(vec![array_of(x.dtype(), x.shape().clone(), &dx)?])
        }))
    }
}

/// Pictures x, `[batch, height, width, channels]`, in another size, `[height, width]`, as float32: each pixel is made of the
/// sixteen around it, by Keys' cubic.
#[track_caller]
pub fn resize_bicubic(images: &Tensor, size: impl IntoShape, alignment: Alignment) -> Tensor {
    images.graph().add(ResizeBicubic { alignment }, &[images, &size.into_shape(images)])
}

fn alignments() -> [Alignment; 3] {
    let plain = Alignment::default();
    [plain, Alignment { align_corners: true, ..plain }, Alignment { half_pixel_centers: true, ..plain }]
}

pub(in crate::ops) fn resize_bicubic_cases() -> Vec<Case> {
    let pictures = || crate::ops::conv::numbers([2, 5, 4, 3]);
    let mut cases: Vec<Case> = Vec::new();
    for alignment in alignments() {
        for size in [[3, 7], [8, 2], [1, 1]] {
            let name = format!("{alignment:?} {size:?}");
            cases.push(Case::fed(&name, [pictures()], move |_, x| {
                vec![resize_bicubic(&x[0], size, alignment)]
            }));
        }
    }
    cases.push(Case::fed("a size that is fed", [pictures(), crate::array![6, 6]], |_, x| {
        vec![resize_bicubic(&x[0], &x[1], Alignment::default())]
    }));
    cases
}

pub(in crate::ops) fn resize_bicubic_grad_cases() -> Vec<Case> {
    let case = |alignment: Alignment| {
        let feeds: [Array; 2] =
            [crate::ops::conv::numbers([2, 3, 7, 3]), crate::ops::conv::numbers([2, 5, 4, 3])];
        let build =
            move |tf: &Graph, x: &[Tensor]| vec![tf.add(ResizeBicubicGrad { alignment }, &[&x[0], &x[1]])];
        Case::fed(&format!("{alignment:?}"), feeds, build).at_kink()
    };
    alignments().into_iter().map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn the_gradient_is_the_adjoint() {
        // Σ resize(x) · dy = Σ x · gradient(dy): both are linear.
        for alignment in alignments() {
            let tf = Graph::new();
            let x = tf.constant(crate::ops::conv::numbers([2, 5, 4, 2]));
            let dy = tf.constant(crate::ops::conv::numbers([2, 3, 7, 2]));
            let forward = (resize_bicubic(&x, [3, 7], alignment) * &dy).reduce_sum(..);
            let dx = gradients(&[&forward], &[&x])[0].clone().unwrap();
            let back = (&dx * &x).reduce_sum(..);
            let (forward, back) = Session::new(&tf).unwrap().run((&forward, &back), feeds![]).unwrap();
            let [forward, back] = [forward, back].map(|sum| sum.item::<f32>().unwrap());
            assert!((forward - back).abs() < 1e-3, "{alignment:?}: {forward} and {back}");
        }
    }
}
