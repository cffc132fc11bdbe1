//! The part of a JPEG file's picture that lies in a window: DecodeAndCropJpeg.
//!
//! The window is `[y, x, height, width]`, in pixels of the picture as it is after it was made smaller by `ratio`.

use super::BYTES;
use super::picture::{Decode, Format, Pixels, Samples, file_bytes, format_of};
use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// Pixels of a JPEG file's picture, uint8 `[height, width, channels]`. Inputs: the file's bytes, and the window, four
/// numbers of int32, which must lie within the picture and not be empty.
#[derive(Clone, Debug)]
pub struct DecodeAndCropJpeg(
    /// DecodeJpeg, whose attributes it has.
    pub Decode<1>,
);

impl OverArrays for DecodeAndCropJpeg {
    const NAME: &'static str = "DecodeAndCropJpeg";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Decode::from_attrs(attrs).map(DecodeAndCropJpeg)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [contents, window] = inputs else { return Err(wrong_count(2, inputs)) };
        file_bytes(&[contents])?;
        if window.dtype != DType::Int32 {
            return Err(format!("a window is of int32, and not of {}", window.dtype).into());
        }
        if window.shape.merge(&[4].into()).is_none() {
            return Err(format!("a window is four numbers, and not of shape {}", window.shape).into());
        }
        let known = window.known_integers();
        let size = |place: usize| usize::try_from(*known.as_ref()?.get(place)?.as_ref()?).ok();
        let channels = usize::try_from(self.0.channels).ok().filter(|&channels| channels > 0);
        Ok(Fact::new(DType::UInt8, PartialShape::from([size(2), size(3), channels])).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bytes = scalar_string(&inputs[0])?;
        match format_of(bytes)? {
            Format::Jpeg => {}
            other => return Err(format!("the bytes are a {other:?} file and not a JPEG").into()),
        }
        let Pixels { height, width, channels, samples, .. } = self.0.decode(bytes)?;
        let Samples::Bytes(pixels) = samples else { return Err("a JPEG file has bytes".into()) };
        let window = inputs[1].as_slice::<i32>()?;
        let outside = || {
            Reason::from(format!(
                "the window {window:?} ([y, x, height, width]) does not lie in a picture of {width} by {height}"
            ))
        };
        let numbers: Vec<usize> = window
            .iter()
            .map(|&number| usize::try_from(number))
            .collect::<Result<_, _>>()
            .map_err(|_| outside())?;
        let [y, x, rows, columns] = numbers[..] else { return Err(outside()) };
        let within =
            |from: usize, count: usize, size: usize| count > 0 && count <= size && from <= size - count;
        if !within(y, rows, height) || !within(x, columns, width) {
            return Err(outside());
        }
        let mut part: Vec<u8> = crate::value::room(rows * columns * channels)?;
        for row in y..y + rows {
            part.extend(&pixels[(row * width + x) * channels..][..columns * channels]);
        }
        Ok(vec![Array::new([rows, columns, channels], part)?])
    }
}

/// The pixels of a JPEG file's picture in `crop_window`, `[y, x, height, width]`: uint8 `[height, width, channels]`, with 1 or
/// 3 `channels`, or with 0 those of the file.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let grey = tf.constant(Array::new([9, 8, 1], vec![77u8; 72])?);
/// let part = image::decode_and_crop_jpeg(&image::encode_jpeg(&grey, 95), array![1, 2, 1, 3], 0);
/// assert_eq!(Session::new(&tf)?.run(&part, feeds![])?, Array::new([1, 3, 1], vec![77u8; 3])?);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn decode_and_crop_jpeg(contents: &Tensor, crop_window: impl Into<Operand>, channels: i64) -> Tensor {
    let graph = contents.graph();
    let window = crop_window.into().tensor(&graph.constant(0));
    match Decode::from_attrs(&Attrs::new().with("channels", channels)) {
        Ok(op) => graph.add(ByArrays(DecodeAndCropJpeg(op)), &[contents, &window]),
        Err(reason) => graph.fail(reason.into()),
    }
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let grey = || Array::new([9, 10, 1], vec![77u8; 90]).expect("a picture");
    let part = |rows: usize, columns: usize, channels: usize| {
        Array::new([rows, columns, channels], vec![77u8; rows * columns * channels]).expect("a picture")
    };
    let case = |name: &str, window: Array, channels: i64| {
        Case::fed(name, [grey()], move |_, x| {
            vec![decode_and_crop_jpeg(&super::encode_jpeg(&x[0], 95), window.clone(), channels)]
        })
    };
    vec![
        case("one grey", array![2, 3, 4, 5], 0).expecting([part(4, 5, 1)]),
        case("a corner, in colours", array![8, 9, 1, 1], 3).expecting([part(1, 1, 3)]),
        case("the whole", array![0, 0, 9, 10], 1).expecting([grey()]),
    ]
}
