//! Pictures: ImageSummary.

use super::{BYTES, check_tag, given, numbered, one_string, tag_of, value};
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::summary::{SummaryImage, SummaryKind, SummaryValue};
use crate::graph::{Fact, Facts};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::codec::encode::EncodePng;
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType};

/// Below this, the largest number of a picture is taken for 0.
const NOTHING: f32 = 1e-6;

/// The first pictures of a batch `[batch, height, width, channels]`, with 1, 3 or 4 channels, as PNG files.
///
/// Bytes are taken as they are. Other numbers are scaled, picture by picture: so that the largest becomes 255, where none
/// is negative, and otherwise so that 0 becomes 128 and the largest in magnitude 1 or 255. A pixel that is not finite
/// gets the colour `bad_color`.
#[derive(Clone, Debug)]
pub struct ImageSummary {
    /// How many at most.
    pub most: i64,
    /// The colour of pixels that are not finite: red, unless it is given.
    pub bad_color: Option<Array>,
}

impl OverArrays for ImageSummary {
    const NAME: &'static str = "ImageSummary";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[1].dtype).with("max_images", self.most);
        match &self.bad_color {
            Some(color) => attrs.with("bad_color", color.clone()),
            None => attrs,
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let most = attrs.optional("max_images", 3)?;
        if most < 1 {
            return Err(format!("attribute \"max_images\" should be 1 or more and is {most}").into());
        }
        let bad_color = match attrs.get("bad_color") {
            None => None,
            Some(Attr::Tensor(color)) if color.dtype() == DType::UInt8 && color.shape().rank() == 1 => {
                Some(color.clone())
            }
            Some(other) => {
                return Err(format!("attribute \"bad_color\" is no list of bytes: {other:?}").into());
            }
        };
        Ok(ImageSummary { most, bad_color })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        check_tag(inputs, 2)?;
        let images = inputs[1];
        if !(images.dtype == DType::UInt8 || images.dtype.is_float()) {
            return Err(format!("it takes uint8 or floats, not {}", images.dtype).into());
        }
        let channels = images.shape.size(3);
        let fits = images.shape.rank().is_none_or(|rank| rank == 4)
            && channels.is_none_or(|channels| matches!(channels, 1 | 3 | 4));
        match fits {
            true => Ok(one_string()),
            false => Err(wrong_shape(&images.shape)),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bad =
            self.bad_color.as_ref().map_or(Ok(&[255, 0, 0, 255][..]), |color| color.as_slice::<u8>())?;
        given(pictures(&tag_of(&inputs[0])?, &inputs[1], self.most, bad)?)
    }
}

/// The first pictures of a batch, each with its tag.
///
/// # Errors
/// When these are no pictures.
pub(crate) fn pictures(
    tag: &str,
    images: &Array,
    most: i64,
    bad: &[u8],
) -> Result<Vec<SummaryValue>, Reason> {
    let [batch, height, width, channels @ (1 | 3 | 4)] = images.shape()[..] else {
        return Err(wrong_shape(images.shape()));
    };
    if height == 0 || width == 0 {
        return Err(wrong_shape(images.shape()));
    }
    let size = height * width * channels;
    let numbers = if images.dtype() == DType::UInt8 {
        None
    } else {
        Some(images.to_f64()?.iter().map(|&number| number as f32).collect::<Vec<f32>>())
    };
    let count = batch.min(usize::try_from(most).unwrap_or(0));
    let mut values = Vec::with_capacity(count);
    for number in 0..count {
        let range = number * size..(number + 1) * size;
        let pixels = match &numbers {
            None => images.as_slice::<u8>()?[range].to_vec(),
            Some(numbers) => scaled(&numbers[range], channels, bad),
        };
        let picture = Array::new([height, width, channels], pixels)?;
        let file = EncodePng { compression: -1 }.compute(&[picture])?;
        let image = SummaryImage {
            height: height as i32,
            width: width as i32,
            colorspace: channels as i32,
            encoded_image_string: file[0].as_strings()?[0].clone(),
        };
        values.push(value(numbered(tag, "image", most, number), SummaryKind::Image(image)));
    }
    Ok(values)
}

/// Numbers as bytes.
fn scaled(numbers: &[f32], channels: usize, bad: &[u8]) -> Vec<u8> {
    let finite = |pixel: &[f32]| pixel.iter().all(|number| number.is_finite());
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for pixel in numbers.chunks_exact(channels).filter(|pixel| finite(pixel)) {
        low = pixel.iter().copied().fold(low, f32::min);
        high = pixel.iter().copied().fold(high, f32::max);
    }
    let (largest, whole, offset) = match low < 0.0 {
        true => (low.abs().max(high.abs()), 127.0, 128.0),
        false => (high, 255.0, 0.0),
    };
    let scale = if largest < NOTHING { 0.0 } else { whole / largest };
    let mut bytes = Vec::with_capacity(numbers.len());
    for pixel in numbers.chunks_exact(channels) {
        match finite(pixel) {
            true => bytes.extend(pixel.iter().map(|number| (number * scale + offset) as u8)),
            false => bytes.extend((0..channels).map(|channel| bad.get(channel).copied().unwrap_or(0))),
        }
    }
    bytes
}

fn wrong_shape(shape: &dyn std::fmt::Display) -> Reason {
    let why = format!(
        "pictures are [batch, height, width, channels], not empty, with 1, 3 or 4 channels, not {shape}"
    );
    why.into()
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let tag = || Array::strings([], ["picture"]).expect("a scalar");
    let add = |most: i64| {
        move |tf: &crate::Graph, x: &[crate::Tensor]| {
            vec![tf.add(ByArrays(ImageSummary { most, bad_color: None }), &[&x[0], &x[1]])]
        }
    };
    let grey = Array::new([2, 1, 2, 1], [0u8, 255, 7, 9]).expect("two pictures");
    let floats = Array::new([1, 1, 2, 3], [0.0f32, -1.0, 2.0, f32::NAN, 0.0, 0.0]).expect("a picture");
    vec![Case::fed("bytes", [tag(), grey], add(3)), Case::fed("numbers", [tag(), floats], add(1))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_bytes_as_in_tensorflow() {
        let red = [255, 0, 0, 255];
        assert_eq!(scaled(&[0.0, 0.5, 2.0], 1, &red), [0, 63, 255]);
        assert_eq!(scaled(&[0.0, -4.0, 2.0], 1, &red), [128, 1, 191]);
        assert_eq!(scaled(&[f32::NAN, 0.0, 0.0, 1.0, 1.0, 1.0], 3, &red), [255, 0, 0, 255, 255, 255]);
        assert_eq!(scaled(&[0.0, 1e-9], 1, &red), [0, 0]);
        assert_eq!(scaled(&[f32::INFINITY], 1, &red), [255]);
    }
}
