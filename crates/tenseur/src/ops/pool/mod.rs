//! Poolings: of what a window sees of each channel the greatest, or the mean, with the ops that are their gradients.
//!
//! `y[n, o, c] = maxₖ x[n, o · stride + k − before, c]`, or the mean over the k that lie inside the image. Of several
//! greatest the gradient goes to the first, in the order of the window's places.

mod argmax;
mod average;
pub mod fractional;
mod fractional_windows;
mod max;
mod max_v2;

pub use argmax::{MaxPoolGradGradWithArgmax, MaxPoolGradWithArgmax, MaxPoolWithArgmax, max_pool_with_argmax};
pub use average::{AvgPool, AvgPoolGrad, avg_pool, avg_pool3d};
pub use max::{MaxPool, MaxPoolGrad, MaxPoolGradGrad, max_pool, max_pool3d};
pub use max_v2::{MaxPoolGradGradV2, MaxPoolGradV2, MaxPoolV2};

pub(super) use argmax::{
    max_pool_grad_grad_with_argmax_cases, max_pool_grad_with_argmax_cases, max_pool_with_argmax_cases,
};
pub(super) use average::{avg_pool_cases, avg_pool_grad_cases, avg_pool3d_cases, avg_pool3d_grad_cases};
pub(super) use max::{
    max_pool_cases, max_pool_grad_cases, max_pool_grad_grad_cases, max_pool3d_cases, max_pool3d_grad_cases,
    max_pool3d_grad_grad_cases,
};
pub(super) use max_v2::{max_pool_grad_grad_v2_cases, max_pool_grad_v2_cases, max_pool_v2_cases};

use tenseur_kernels::{Window, WindowAxis};

use crate::error::{Code, Reason};
use crate::graph::Fact;
use crate::ops::sliding::{Known, Padding, Sliding, known_padding, pool_sizes};
use crate::ops::{Attrs, DataFormat};
use crate::value::{Array, PartialShape, Shape};

/// What a pooling takes together: places along the image, or channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Places of the window along each axis of the image.
    pub sizes: Vec<usize>,
    /// Channels that are taken together, after which comes the next group of them; 1 where it is along the image.
    pub channels: usize,
    /// How the window slides along the image.
    pub sliding: Sliding,
}

impl Pooling {
    /// A window along the image.
    pub fn new(sizes: impl Into<Vec<usize>>, sliding: Sliding) -> Pooling {
        Pooling { sizes: sizes.into(), channels: 1, sliding }
    }

    /// The attributes "ksize", "strides" and those of [`Sliding`].
    ///
    /// # Errors
    /// When one is missing or is a word that nobody knows; and, deferred to a run, when they say what cannot be.
    fn from_attrs(attrs: &Attrs, axes: usize) -> Result<Pooling, Reason> {
        let (sizes, strides) = (attrs.require::<Vec<i64>>("ksize")?, attrs.require::<Vec<i64>>("strides")?);
        let format = Sliding::format_from_attrs(attrs, axes)?;
        known_padding(attrs)?;
        let padding = Sliding::padding_from_attrs(attrs, axes);
        padding
            .and_then(|padding| Pooling::of(&sizes, &strides, axes, padding, format))
            .map_err(Reason::deferred)
    }

    /// What these sizes and strides, for all axes of a tensor, say.
    fn of(
        sizes: &[i64],
        strides: &[i64],
        axes: usize,
        padding: Padding,
        data_format: DataFormat,
    ) -> Result<Pooling, Reason> {
        let (sizes, channels) = pool_sizes(sizes, "ksize", axes, data_format)?;
        let (strides, step) = pool_sizes(strides, "strides", axes, data_format)?;
        // How far apart single channels are, TensorFlow does not ask in pictures.
        let step = if channels == 1 && axes == 2 { 1 } else { step };
        let along_the_image = sizes.iter().chain(&strides).any(|&size| size > 1);
        if (channels, step) != (1, 1) && (channels != step || along_the_image || axes > 2) {
            let why = format!(
                "it takes together {channels} channels, {step} apart, and {sizes:?} pixels; it can do one or the \
                 other, and channels only side by side in pictures"
            );
            return Err(Reason::new(Code::Unimplemented, why));
        }
        let pooling = Pooling {
            channels,
            sliding: Sliding { padding, data_format, ..Sliding::new(strides, Padding::Valid) },
            sizes,
        };
        pooling.check(axes)?;
        Ok(pooling)
    }

    fn attrs(&self, attrs: Attrs) -> Attrs {
        let all = |image: &[usize]| self.sliding.joined(image, self.channels as i64, 1);
        let attrs = attrs.with("ksize", all(&self.sizes)).with("strides", all(&self.sliding.strides));
        self.sliding.attrs_of_padding(attrs)
    }

    /// Whether it is a pooling of images with `axes` axes: a program may say anything.
    fn check(&self, axes: usize) -> Result<(), Reason> {
        self.sliding.check(axes)?;
        if self.sizes.len() != axes || self.channels == 0 || self.sizes.contains(&0) {
            return Err(format!(
                "the window has sizes {:?} and takes {} channels",
                self.sizes, self.channels
            )
            .into());
        }
        let Padding::Explicit(paddings) = &self.sliding.padding else { return Ok(()) };
        match paddings.iter().zip(&self.sizes).all(|(&(before, after), &size)| before.max(after) < size) {
            true => Ok(()),
            false => {
                Err(format!("paddings {paddings:?} must be smaller than the window, {:?}", self.sizes).into())
            }
        }
    }

    /// The shape of the output, as far as it is known.
    fn output(&self, x: &PartialShape) -> Result<PartialShape, Reason> {
        let mut extents = self.sliding.extents(x, "x")?;
        if self.channels > 1 {
            extents.channels = match extents.channels {
                Some(channels) if !channels.is_multiple_of(self.channels) => {
                    return Err(format!("{channels} channels are not so many times {}", self.channels).into());
                }
                channels => channels.map(|channels| channels / self.channels),
            };
            return Ok(self.sliding.shape(&extents));
        }
        let sizes: Vec<Option<usize>> = self.sizes.iter().copied().map(Some).collect();
        extents.image = self.sliding.outputs(&extents.image, &sizes)?;
        Ok(self.sliding.shape(&extents))
    }

    /// The window over images of these sizes, whose channels are last.
    fn window(&self, x: &Known) -> Result<Window, Reason> {
        if self.channels == 1 {
            return self.sliding.window(x, &self.sizes);
        }
        // Channels are the width of images of one pixel.
        let size = self.channels;
        let (input, output) = (x.channels, x.channels / size);
        let along = WindowAxis { input, output, size, stride: size, dilation: 1, before: 0 };
        let pixels: usize = x.image.iter().product();
        let batch = x.batch.checked_mul(pixels).ok_or("there are too many pixels")?;
        Ok(Window { batch, axes: [WindowAxis::ONE, WindowAxis::ONE, along], channels: 1 })
    }
}

/// Whether `dy` is like the output of a pooling of `x`.
fn must_be_like_output(pooling: &Pooling, x: &PartialShape, dy: &Fact) -> Result<(), Reason> {
    let output = pooling.output(x)?;
    match output.merge(&dy.shape) {
        Some(_) => Ok(()),
        None => Err(format!("the output has shape {output}, and its gradient {}", dy.shape).into()),
    }
}

/// Numbers of this shape that follow no pattern, none twice.
fn distinct(shape: impl Into<Shape>) -> Array {
    let shape = shape.into();
    let values: Vec<f32> =
        (0..shape.elements()).map(|i| ((i * 7919 + 13) % 997) as f32 / 256.0 - 1.5).collect();
    Array::new(shape, values).expect("cases are small")
}

/// Poolings, each with the shape of x.
fn ways() -> Vec<(&'static str, Pooling, [usize; 4])> {
    let valid = |strides: [usize; 2]| Sliding::new(strides, Padding::Valid);
    let same = |strides: [usize; 2]| Sliding::new(strides, Padding::Same);
    let first = Sliding { data_format: DataFormat::Nchw, ..same([2, 1]) };
    let channels = Pooling { channels: 2, ..Pooling::new([1, 1], valid([1, 1])) };
    let channels_first = Pooling {
        channels: 3,
        ..Pooling::new([1, 1], Sliding { data_format: DataFormat::Nchw, ..valid([1, 1]) })
    };
    vec![
        ("halving", Pooling::new([2, 2], valid([2, 2])), [2, 4, 6, 2]),
        ("same", Pooling::new([3, 2], same([2, 2])), [1, 5, 4, 3]),
        ("overlapping", Pooling::new([2, 3], valid([1, 1])), [2, 4, 5, 1]),
        ("strides that skip", Pooling::new([1, 2], valid([2, 3])), [1, 4, 6, 2]),
        ("channels first", Pooling::new([2, 2], first), [2, 3, 4, 3]),
        ("along the channels", channels, [2, 2, 3, 4]),
        ("along channels that come first", channels_first, [2, 6, 2, 2]),
        ("no images", Pooling::new([2, 2], same([2, 2])), [0, 4, 4, 2]),
    ]
}

/// Those of the greatest: only they may say their padding.
fn ways_of_greatest() -> Vec<(&'static str, Pooling, [usize; 4])> {
    let explicit = Sliding::new([2, 1], Padding::Explicit(vec![(1, 0), (0, 1)]));
    let own = ("explicit padding", Pooling::new([2, 2], explicit), [1, 4, 3, 2]);
    ways().into_iter().chain([own]).collect()
}

/// Poolings of volumes, each with the shape of x.
fn volumes() -> Vec<(&'static str, Pooling, [usize; 5])> {
    let same = Sliding::new([2, 1, 2], Padding::Same);
    let first = Sliding { data_format: DataFormat::Nchw, ..Sliding::new([1, 1, 1], Padding::Valid) };
    vec![
        ("same", Pooling::new([2, 2, 3], same), [1, 3, 3, 4, 2]),
        ("channels first", Pooling::new([2, 1, 2], first), [2, 2, 3, 2, 3]),
    ]
}

/// The shape of a pooling's output.
fn output_of(pooling: &Pooling, x: &[usize]) -> Shape {
    let x: PartialShape = x.iter().copied().map(Some).collect();
    pooling.output(&x).ok().and_then(|shape| shape.known()).expect("a case that fits")
}
