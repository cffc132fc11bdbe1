//! A window into each picture of a batch: ExtractGlimpse and ExtractGlimpseV2.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{IntoShape, must_be_vector, wrong_count};
use crate::ops::image::{known_sizes, must_be_float32, same, sizes_of};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// How the window's place is said, and what is seen beyond a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// Whether (0, 0) is the middle of the picture and of the window, else their upper left corners.
    pub centered: bool,
    /// Whether ±1 is the picture's edge (or 1 its lower right corner, if not centered), else pixels are counted.
    pub normalized: bool,
    /// What is seen beyond a picture.
    pub noise: Noise,
}

/// What is seen beyond a picture. TensorFlow draws noise anew at each run; here it is the same at each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Noise {
    /// Numbers from 0 to 1.
    #[default]
    Uniform,
    /// Numbers around 0, with deviation 1.
    Gaussian,
    /// Zeros.
    Zero,
}

impl Default for Glimpse {
    fn default() -> Glimpse {
        Glimpse { centered: true, normalized: true, noise: Noise::Uniform }
    }
}

/// Windows `[batch, height, width, channels]` of pictures. Inputs: the pictures, float32; the window's height and width; and
/// for each picture where the window is, `[batch, 2]`, down and right. `SECOND` says which of TensorFlow's two versions it
/// is: the first takes half a window off the place even of windows that are not centered, and halves pixels.
#[derive(Clone, Debug)]
pub struct ExtractGlimpse<const SECOND: bool> {
    /// How the window's place is said.
    pub glimpse: Glimpse,
    /// TensorFlow's older word for the noise, kept as it was given.
    pub uniform_noise: bool,
}

impl Glimpse {
    /// Where a window of `window` pixels begins along an axis of `size` pixels.
    fn start(self, second: bool, offset: f32, size: usize, window: usize) -> i64 {
        let (size, window) = (size as f32, window as f32);
        let place = if self.normalized { offset * size } else { offset };
        let place = match (self.centered, second && !self.normalized) {
            (true, true) => place + size / 2.0,
            (true, false) => place / 2.0 + size / 2.0,
            (false, _) => place,
        };
        let half = match second && !(self.centered && self.normalized) {
            true => 0.0,
            false => window / 2.0,
        };
        // A cast cuts towards 0, and so does TensorFlow.
        (place - half) as i64
    }
}

impl<const SECOND: bool> Op for ExtractGlimpse<SECOND> {
    fn name(&self) -> &'static str {
        if SECOND { "ExtractGlimpseV2" } else { "ExtractGlimpse" }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let noise = match self.glimpse.noise {
            Noise::Uniform => "uniform",
            Noise::Gaussian => "gaussian",
            Noise::Zero => "zero",
        };
        Attrs::new()
            .with("centered", self.glimpse.centered)
            .with("normalized", self.glimpse.normalized)
            .with("uniform_noise", self.uniform_noise)
            .with("noise", noise)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let noise = match &attrs.optional("noise", "uniform".to_string())?[..] {
            "uniform" => Noise::Uniform,
            "gaussian" => Noise::Gaussian,
            "zero" => Noise::Zero,
            other => {
                let text =
                    format!("attribute \"noise\" should be uniform, gaussian or zero and is \"{other}\"");
                return Err(text.into());
            }
        };
        let glimpse = Glimpse {
            centered: attrs.optional("centered", true)?,
            normalized: attrs.optional("normalized", true)?,
            noise,
        };
        Ok(ExtractGlimpse { glimpse, uniform_noise: attrs.optional("uniform_noise", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, size, offsets] = inputs else { return Err(wrong_count(3, inputs)) };
        must_be_float32(x, "pictures")?;
        must_be_float32(offsets, "the places of windows")?;
        if size.dtype != DType::Int32 {
            return Err(format!("a size is of int32, and not of {}", size.dtype).into());
        }
        must_be_vector(size, "a size")?;
        same(size.shape.size(0), Some(2), "the count of a size's numbers")?;
        let [batch, _, _, channels] = sizes_of::<4>(x, "a batch of pictures")?;
        let [count, two] = sizes_of::<2>(offsets, "the places of windows")?;
        same(two, Some(2), "the count of a place's numbers")?;
        let batch = same(batch, count, "the count of pictures")?;
        let said = size.known_integers().unwrap_or_else(|| vec![None; 2]);
        if let Some(bad) = said.iter().flatten().find(|&&size| size < 0) {
            return Err(format!("a window's size is 0 or more, and not {bad}").into());
        }
        let along = |axis: usize| said[axis].and_then(|size| usize::try_from(size).ok());
        Ok(Fact::new(DType::Float32, [batch, along(0), along(1), channels]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("TensorFlow lets no gradient through a glimpse")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let glimpse = self.glimpse;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [x, size, offsets] = arrays else { return Err("it takes 3 inputs".into()) };
            let [batch, height, width, channels] = known_sizes::<4>(x)?;
            let size = size.as_slice::<i32>()?;
            let &[rows, columns] = size else { return Err("a size is height and width".into()) };
            let (Ok(rows), Ok(columns)) = (usize::try_from(rows), usize::try_from(columns)) else {
                return Err(format!("a window's size is 0 or more, and not {size:?}").into());
            };
            let offsets = offsets.as_slice::<f32>()?;
            let mut windows = Array::zeros(DType::Float32, Shape::from([batch, rows, columns, channels]))?;
            let (pixels, to) = (x.as_slice::<f32>()?, windows.as_mut_slice::<f32>()?);
            let mut noise = tenseur_kernels::random::Philox::new(0, 1);
            match glimpse.noise {
                Noise::Uniform => tenseur_kernels::random::fill_uniform(1, &mut noise, to),
                Noise::Gaussian => tenseur_kernels::random::fill_normal(1, &mut noise, to),
                Noise::Zero => {}
            }
            for picture in 0..batch {
                let place = |axis: usize, size, window| {
                    glimpse.start(SECOND, offsets[picture * 2 + axis], size, window)
                };
                let (top, left) = (place(0, height, rows), place(1, width, columns));
                let inside = |start: i64, i: usize, size: usize| {
                    usize::try_from(start.checked_add(i as i64)?).ok().filter(|&at| at < size)
                };
                for row in 0..rows {
                    let Some(y) = inside(top, row, height) else { continue };
                    for column in 0..columns {
                        let Some(x) = inside(left, column, width) else { continue };
                        let from = ((picture * height + y) * width + x) * channels;
                        let at = ((picture * rows + row) * columns + column) * channels;
                        to[at..at + channels].copy_from_slice(&pixels[from..from + channels]);
                    }
                }
            }
            Ok(vec![windows])
        }))
    }
}

/// A window of `size`, `[height, width]`, into each of the pictures x, `[batch, height, width, channels]`; `offsets`,
/// `[batch, 2]`, say how far down and right each is.
///
/// ```
/// use tenseur::image::{self, Glimpse};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![1.0, 2.0, 3.0, 4.0]).reshape([1, 1, 4, 1]);
/// let offsets = tf.constant(array![[0.0, 0.0]]);
/// let y = image::extract_glimpse(&x, [1, 2], &offsets, Glimpse::default());
/// assert_eq!(Session::new(&tf)?.run(&y.reshape([2]), feeds![])?, array![2.0, 3.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn extract_glimpse(input: &Tensor, size: impl IntoShape, offsets: &Tensor, glimpse: Glimpse) -> Tensor {
    let uniform_noise = glimpse.noise == Noise::Uniform;
    let op = ExtractGlimpse::<false> { glimpse, uniform_noise };
    input.graph().add(op, &[input, &size.into_shape(input), offsets])
}

pub(in crate::ops) fn extract_glimpse_cases<const SECOND: bool>() -> Vec<Case> {
    let pictures = || crate::ops::conv::numbers([2, 5, 4, 2]);
    let offsets = || crate::array![[0.5, -0.25], [-2.0, 1.0]];
    let mut cases = Vec::new();
    for (centered, normalized) in [(true, true), (true, false), (false, true), (false, false)] {
        for noise in [Noise::Uniform, Noise::Gaussian, Noise::Zero] {
            let glimpse = Glimpse { centered, normalized, noise };
            let op = ExtractGlimpse::<SECOND> { glimpse, uniform_noise: noise == Noise::Uniform };
            cases.push(Case::fed(
                &format!("{glimpse:?}"),
                [pictures(), crate::array![3, 2], offsets()],
                move |tf, x| vec![tf.add(op.clone(), &[&x[0], &x[1], &x[2]])],
            ));
        }
    }
    cases
}
