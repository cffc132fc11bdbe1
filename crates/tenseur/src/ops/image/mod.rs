//! Pictures: `[batch, height, width, channels]`, where a pixel is a number for each channel.
//!
//! - colours: [`adjust`], [`hsv`];
//! - parts of pictures: [`mod@crop_and_resize`], [`glimpse`], [`patches`], [`distorted_box`];
//! - boxes in pictures: [`draw_boxes`], [`mod@non_max_suppression`], [`mod@combined_non_max_suppression`];
//! - form and size: [`dilation`], [`area`], [`bicubic`], [`scale_and_translate`], [`projective`], and [`resize`](crate::ops::resize).

pub mod adjust;
pub mod area;
pub mod bicubic;
pub mod combined_non_max_suppression;
pub mod crop_and_resize;
pub mod dilation;
pub mod distorted_box;
pub mod draw_boxes;
mod equal_scores;
pub mod glimpse;
pub mod hsv;
pub mod non_max_suppression;
pub mod patches;
pub mod projective;
pub mod scale_and_translate;

use half::{bf16, f16};

use crate::error::Reason;
use crate::graph::Fact;
use crate::value::{Array, DType, PartialShape, Shape};

pub use crate::ops::codec::{
    decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image, decode_jpeg, decode_png, encode_jpeg,
    encode_png, extract_jpeg_shape,
};
pub use adjust::{adjust_contrast, adjust_hue, adjust_saturation};
pub use area::resize_area;
pub use bicubic::resize_bicubic;
pub use combined_non_max_suppression::combined_non_max_suppression;
pub use crop_and_resize::{Sampling, crop_and_resize};
pub use dilation::dilation2d;
pub use distorted_box::{DistortedBox, sample_distorted_bounding_box};
pub use draw_boxes::draw_bounding_boxes;
pub use glimpse::{Glimpse, extract_glimpse};
pub use hsv::{hsv_to_rgb, rgb_to_hsv};
pub use non_max_suppression::{non_max_suppression, non_max_suppression_with_scores};
pub use patches::extract_image_patches;

/// What is known of a tensor's sizes, which has `N` axes.
///
/// # Errors
/// When it has another number of axes; `what` names it.
pub(super) fn sizes_of<const N: usize>(fact: &Fact, what: &str) -> Result<[Option<usize>; N], Reason> {
    match fact.shape.sizes() {
        None => Ok([None; N]),
        Some(sizes) => <[Option<usize>; N]>::try_from(sizes)
            .map_err(|_| format!("{what} must have {N} axes and has shape {}", fact.shape).into()),
    }
}

/// The sizes of an array that has `N` axes.
///
/// # Errors
/// When it has another number of axes.
fn known_sizes<const N: usize>(array: &Array) -> Result<[usize; N], Reason> {
    <[usize; N]>::try_from(&array.shape()[..])
        .map_err(|_| format!("{N} axes were wanted, and there is shape {}", array.shape()).into())
}

/// One size that two tensors say.
///
/// # Errors
/// When they say two; `what` names it.
pub(super) fn same(a: Option<usize>, b: Option<usize>, what: &str) -> Result<Option<usize>, Reason> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => Err(format!("{what} is {a} here and {b} there").into()),
        _ => Ok(a.or(b)),
    }
}

/// The shape of pictures whose last axis is red, green and blue (or hue, saturation and value).
///
/// # Errors
/// When it is not, or there are less than `axes` axes.
fn coloured(fact: &Fact, axes: usize) -> Result<PartialShape, Reason> {
    match fact.shape.sizes() {
        Some(sizes) if sizes.len() < axes => {
            Err(format!("pictures have {axes} axes or more, and this has shape {}", fact.shape).into())
        }
        Some([.., Some(channels)]) if *channels != 3 => {
            Err(format!("a colour is three numbers, and this has shape {}", fact.shape).into())
        }
        _ => Ok(fact.shape.clone()),
    }
}

/// Whether a fact is of float32, of any shape that `shape` accepts.
///
/// # Errors
/// What it is instead; `what` names it.
fn must_be_float32(fact: &Fact, what: &str) -> Result<(), Reason> {
    match fact.dtype {
        DType::Float32 => Ok(()),
        other => Err(format!("{what} must be float32, not {other}").into()),
    }
}

/// An array of the numbers, rounded to `dtype`: a float, or an integer that holds them.
pub(super) fn array_of(dtype: DType, shape: impl Into<Shape>, values: &[f64]) -> Result<Array, Reason> {
    fn converted<T: crate::value::Element>(
        shape: Shape,
        values: &[f64],
        convert: impl Fn(f64) -> T,
    ) -> Result<Array, Reason> {
        Ok(Array::new(shape, values.iter().map(|&value| convert(value)).collect::<Vec<T>>())?)
    }
    let shape = shape.into();
    match dtype {
        DType::Float16 => converted(shape, values, f16::from_f64),
        DType::BFloat16 => converted(shape, values, bf16::from_f64),
        DType::Float32 => converted(shape, values, |value| value as f32),
        DType::Float64 => converted(shape, values, |value| value),
        DType::Int8 => converted(shape, values, |value| value as i8),
        DType::Int16 => converted(shape, values, |value| value as i16),
        DType::Int32 => converted(shape, values, |value| value as i32),
        DType::Int64 => converted(shape, values, |value| value as i64),
        DType::UInt8 => converted(shape, values, |value| value as u8),
        DType::UInt16 => converted(shape, values, |value| value as u16),
        DType::UInt32 => converted(shape, values, |value| value as u32),
        DType::UInt64 => converted(shape, values, |value| value as u64),
        other => Err(format!("pictures are of numbers, not of {other}").into()),
    }
}

/// The numbers of an array, each as `f32`.
fn floats(array: &Array) -> Result<Vec<f32>, Reason> {
    Ok(array.to_f64()?.into_iter().map(|value| value as f32).collect())
}

/// Colours that are told apart, for cases: `[height, width, 3]`, without equal channels.
#[rustfmt::skip]
fn colours() -> Array {
    crate::array![
        [[0.1, 0.5, 0.9], [0.8, 0.2, 0.4], [0.3, 0.7, 0.55]],
        [[0.9, 0.6, 0.15], [0.25, 0.05, 0.65], [0.45, 0.95, 0.35]]
    ]
}
