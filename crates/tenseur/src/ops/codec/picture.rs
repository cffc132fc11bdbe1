//! Files of pictures to numbers: DecodePng, DecodeJpeg, DecodeGif, DecodeBmp, DecodeImage, ExtractJpegShape.
//!
//! Bytes that are a PNG, a JPEG or a GIF are taken for what they are, whichever op gets them, as in TensorFlow. What comes
//! out of a PNG, a GIF or a BMP is exact; two decoders of JPEG may differ by a few units.

use std::io::Cursor;

use ::image::codecs::jpeg::JpegDecoder;
use ::image::{ImageDecoder, Limits};

use super::jpeg::JpegOptions;
use super::png::convert;
use super::{BYTES, MOST_BYTES};
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// Pictures of one size, with channels together.
pub(super) struct Pixels {
    pub(super) frames: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) samples: Samples,
}

/// Numbers from 0 to the greatest of their type.
pub(super) enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
    Gif,
    Bmp,
}

/// What kind of file these bytes are.
///
/// # Errors
/// When they are of none.
pub(super) fn format_of(bytes: &[u8]) -> Result<Format, Reason> {
    match bytes {
        [] => Err("there are no bytes".into()),
        [0x89, b'P', b'N', b'G', ..] => Ok(Format::Png),
        [0xFF, 0xD8, 0xFF, ..] => Ok(Format::Jpeg),
        [b'G', b'I', b'F', b'8', ..] => Ok(Format::Gif),
        [b'B', b'M', ..] => Ok(Format::Bmp),
        _ => Err("the bytes are not those of a JPEG, PNG, GIF or BMP file".into()),
    }
}

/// Of memory, for who decodes.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(2 * MOST_BYTES);
    limits
}

/// The size of a picture, if it is not too large to be read: deflated data is at most 1,032 times as long as its file.
pub(super) fn size_of(
    decoder: &impl ImageDecoder,
    file: usize,
    most_per_byte: u64,
) -> Result<(usize, usize), Reason> {
    let (width, height) = decoder.dimensions();
    let bytes = decoder.total_bytes();
    match width > 0 && height > 0 && bytes <= MOST_BYTES.min((file as u64 + 64).saturating_mul(most_per_byte))
    {
        true => Ok((width as usize, height as usize)),
        false => Err(format!("a picture of {width} by {height} pixels in {file} bytes is not taken").into()),
    }
}

/// Which of TensorFlow's ops it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DecodePng
    Png,
    /// DecodeJpeg
    Jpeg,
    /// DecodeGif
    Gif,
    /// DecodeBmp
    Bmp,
    /// DecodeImage
    Any,
}

/// The picture in a file's bytes: `[height, width, channels]` of numbers. Of DecodeGif, and of DecodeImage where the file is
/// a GIF and may move, `[frames, height, width, channels]`.
#[derive(Clone, Debug)]
pub struct Decode<const KIND: u8> {
    /// How many channels come out: 1, 3 or 4, or 0 for those of the file.
    pub channels: i64,
    /// uint8; of DecodePng also uint16; of DecodeImage also uint16 and float32, which is in `[0, 1]`.
    pub dtype: DType,
    /// Of DecodeImage: whether all frames of a GIF are taken, else the first.
    pub expand_animations: bool,
    /// Of DecodeJpeg.
    pub jpeg: JpegOptions,
    /// Attributes of DecodeJpeg about speed and precision, which change nothing here, kept as they were given.
    pub kept: [(&'static str, Option<crate::ops::Attr>); 3],
}

const fn kind(number: u8) -> Kind {
    match number {
        0 => Kind::Png,
        1 => Kind::Jpeg,
        2 => Kind::Gif,
        3 => Kind::Bmp,
        _ => Kind::Any,
    }
}

impl<const KIND: u8> Decode<KIND> {
    /// The op that gives `channels` of `dtype`.
    pub fn new(channels: i64, dtype: DType) -> Self {
        Decode {
            channels,
            dtype,
            expand_animations: true,
            jpeg: JpegOptions { ratio: 1, try_recover_truncated: false },
            kept: [("fancy_upscaling", None), ("acceptable_fraction", None), ("dct_method", None)],
        }
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Pixels, Reason> {
        let (format, channels) = (format_of(bytes)?, self.channels as usize);
        match (kind(KIND), format) {
            (Kind::Bmp, Format::Bmp) | (Kind::Any, Format::Bmp) => {
                if channels == 1 {
                    return Err("of a BMP file 3 or 4 channels, or its own, can be asked for".into());
                }
                let Pixels { frames, height, width, channels: has, samples } = super::bmp::decode(bytes)?;
                let wanted = if channels == 0 { has } else { channels };
                let samples = match samples {
                    Samples::Bytes(samples) => Samples::Bytes(convert(&samples, has, wanted, u8::MAX, |_| 0)),
                    words => words,
                };
                Ok(Pixels { frames, height, width, channels: wanted, samples })
            }
            (Kind::Bmp, other) => Err(format!("the bytes are a {other:?} file and not a BMP").into()),
            (_, Format::Bmp) => {
                Err("the bytes are a BMP file, which decode_bmp or decode_image takes".into())
            }
            (_, Format::Png) => super::png::png(bytes, channels, self.dtype != DType::UInt8),
            (_, Format::Jpeg) => match channels {
                4 => Err("a JPEG file has no fourth channel".into()),
                _ => super::jpeg::jpeg(bytes, channels, self.jpeg),
            },
            (kind, Format::Gif) => {
                if channels != 0 && channels != 3 {
                    return Err(format!("a GIF file has 3 channels, and {channels} were asked for").into());
                }
                let pixels = super::gif::decode(bytes, kind == Kind::Any && !self.expand_animations)?;
                match pixels.frames > 1 && matches!(kind, Kind::Png | Kind::Jpeg) {
                    true => Err(format!("the GIF file moves: it has {} frames", pixels.frames).into()),
                    false => Ok(pixels),
                }
            }
        }
    }

    /// Whether the output has an axis of frames.
    fn frames(&self, format: Option<Format>) -> Option<bool> {
        match (kind(KIND), format) {
            (Kind::Gif, _) => Some(true),
            (Kind::Any, None) if self.expand_animations => None,
            (Kind::Any, Some(Format::Gif)) => Some(self.expand_animations),
            _ => Some(false),
        }
    }
}

impl<const KIND: u8> OverArrays for Decode<KIND> {
    const NAME: &'static str = match kind(KIND) {
        Kind::Png => "DecodePng",
        Kind::Jpeg => "DecodeJpeg",
        Kind::Gif => "DecodeGif",
        Kind::Bmp => "DecodeBmp",
        Kind::Any => "DecodeImage",
    };
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        let attrs = Attrs::new();
        match kind(KIND) {
            Kind::Gif => attrs,
            Kind::Bmp => attrs.with("channels", self.channels),
            Kind::Png => attrs.with("channels", self.channels).with("dtype", self.dtype),
            Kind::Any => attrs
                .with("channels", self.channels)
                .with("dtype", self.dtype)
                .with("expand_animations", self.expand_animations),
            Kind::Jpeg => {
                let attrs = attrs
                    .with("channels", self.channels)
                    .with("ratio", self.jpeg.ratio)
                    .with("try_recover_truncated", self.jpeg.try_recover_truncated);
                self.kept.iter().fold(attrs, |attrs, (name, value)| match value {
                    Some(value) => attrs.with(name, value.clone()),
                    None => attrs,
                })
            }
        }
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let channels: i64 = attrs.optional("channels", 0)?;
        let dtype: DType = attrs.optional("dtype", DType::UInt8)?;
        let most = if kind(KIND) == Kind::Jpeg { 3 } else { 4 };
        if !matches!(channels, 0 | 1 | 3 | 4) || channels > most {
            return Err(format!("attribute \"channels\" should be 0, 1, 3 or 4 and is {channels}").into());
        }
        let taken: &[DType] = match kind(KIND) {
            Kind::Png => &[DType::UInt8, DType::UInt16],
            Kind::Any => &[DType::UInt8, DType::UInt16, DType::Float32],
            _ => &[DType::UInt8],
        };
        if !taken.contains(&dtype) {
            return Err(format!("attribute \"dtype\" should be one of {taken:?} and is {dtype}").into());
        }
        let ratio = attrs.optional("ratio", 1)?;
        if !matches!(ratio, 1 | 2 | 4 | 8) {
            return Err(format!("attribute \"ratio\" should be 1, 2, 4 or 8 and is {ratio}").into());
        }
        let new = Self::new(channels, dtype);
        Ok(Decode {
            expand_animations: attrs.optional("expand_animations", true)?,
            jpeg: JpegOptions {
                ratio,
                try_recover_truncated: attrs.optional("try_recover_truncated", false)?,
            },
            kept: new.kept.clone().map(|(name, _)| (name, attrs.get(name).cloned())),
            ..new
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        file_bytes(inputs)?;
        let channels = match (kind(KIND), self.channels) {
            (Kind::Gif, _) => Some(3),
            (_, 0) => None,
            (_, channels) => Some(channels as usize),
        };
        let shape = match self.frames(None) {
            Some(true) => PartialShape::from([None, None, None, channels]),
            Some(false) => PartialShape::from([None, None, channels]),
            None => PartialShape::unknown(),
        };
        Ok(Fact::new(self.dtype, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bytes = scalar_string(&inputs[0])?;
        let frames = self.frames(format_of(bytes).ok()) == Some(true);
        let Pixels { frames: count, height, width, channels, samples } = self.decode(bytes)?;
        let mut shape = vec![height, width, channels];
        if frames {
            shape.insert(0, count);
        }
        Ok(vec![match (samples, self.dtype) {
            (Samples::Bytes(bytes), DType::UInt16) => {
                Array::new(shape, bytes.into_iter().map(|byte| u16::from(byte) * 256).collect::<Vec<_>>())?
            }
            (Samples::Bytes(bytes), DType::Float32) => {
                let scale = 1.0 / f32::from(u8::MAX);
                Array::new(shape, bytes.into_iter().map(|byte| f32::from(byte) * scale).collect::<Vec<_>>())?
            }
            (Samples::Bytes(bytes), _) => Array::new(shape, bytes)?,
            (Samples::Words(words), DType::Float32) => {
                let scale = 1.0 / f32::from(u16::MAX);
                Array::new(shape, words.into_iter().map(|word| f32::from(word) * scale).collect::<Vec<_>>())?
            }
            (Samples::Words(words), _) => Array::new(shape, words)?,
        }])
    }
}

pub(super) fn file_bytes(inputs: &[&Fact]) -> Result<(), Reason> {
    let [contents] = inputs else { return Err(wrong_count(1, inputs)) };
    if contents.dtype != DType::String {
        return Err(format!("a file's bytes are a string, not {}", contents.dtype).into());
    }
    must_be_scalar(contents, "a file's bytes")
}

/// Height, width and channels of the picture in the bytes of a JPEG file.
#[derive(Clone, Debug)]
pub struct ExtractJpegShape {
    /// int32 or int64.
    pub output_type: DType,
}

impl OverArrays for ExtractJpegShape {
    const NAME: &'static str = "ExtractJpegShape";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("output_type", self.output_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("output_type", DType::Int32)? {
            output_type @ (DType::Int32 | DType::Int64) => Ok(ExtractJpegShape { output_type }),
            other => Err(format!("attribute \"output_type\" should be int32 or int64 and is {other}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        file_bytes(inputs)?;
        Ok(Fact::new(self.output_type, [3]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let bytes = scalar_string(&inputs[0])?;
        let said =
            |error: ::image::ImageError| Reason::from(format!("the JPEG file cannot be read: {error}"));
        let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(said)?;
        let (width, height) = decoder.dimensions();
        let channels = usize::from(decoder.color_type().channel_count());
        let sizes = [height as usize, width as usize, channels];
        Ok(vec![crate::ops::array::vector_of(self.output_type, &sizes)?])
    }
}

/// The picture in the bytes of a PNG file (or of a JPEG, or of a GIF that does not move), `[height, width, channels]` of
/// `dtype`, uint8 or uint16; with 1, 3 or 4 `channels`, or with 0 those of the file.
///
/// ```
/// use tenseur::image;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[[0.0, 255.0]], [[7.0, 9.0]]]).cast::<u8>();
/// let y = image::decode_png(&image::encode_png(&x), 0, DType::UInt8);
/// let (x, y) = Session::new(&tf)?.run((&x, &y), feeds![])?;
/// assert_eq!(x, y);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn decode_png(contents: &Tensor, channels: i64, dtype: DType) -> Tensor {
    decode::<0>(contents, channels, dtype)
}

/// The picture in the bytes of a JPEG file (or of a PNG, or of a GIF that does not move), uint8 `[height, width,
/// channels]`; with 1 or 3 `channels`, or with 0 those of the file.
#[track_caller]
pub fn decode_jpeg(contents: &Tensor, channels: i64) -> Tensor {
    decode::<1>(contents, channels, DType::UInt8)
}

/// The frames in the bytes of a GIF file, uint8 `[frames, height, width, 3]`.
#[track_caller]
pub fn decode_gif(contents: &Tensor) -> Tensor {
    decode::<2>(contents, 0, DType::UInt8)
}

/// The picture in the bytes of a BMP file, uint8 `[height, width, channels]`.
#[track_caller]
pub fn decode_bmp(contents: &Tensor, channels: i64) -> Tensor {
    decode::<3>(contents, channels, DType::UInt8)
}

/// The picture in the bytes of a PNG, JPEG, GIF or BMP file, of `dtype`: uint8, uint16, or float32 in `[0, 1]`;
/// `[height, width, channels]`, or of a GIF `[frames, height, width, 3]`.
#[track_caller]
pub fn decode_image(contents: &Tensor, channels: i64, dtype: DType) -> Tensor {
    decode::<4>(contents, channels, dtype)
}

#[track_caller]
fn decode<const KIND: u8>(contents: &Tensor, channels: i64, dtype: DType) -> Tensor {
    let attrs = Attrs::new().with("channels", channels).with("dtype", dtype);
    match Decode::<KIND>::from_attrs(&attrs) {
        Ok(op) => contents.graph().add(ByArrays(op), &[contents]),
        Err(reason) => contents.graph().fail(reason.into()),
    }
}

/// Height, width and channels of the picture in the bytes of a JPEG file, int32.
#[track_caller]
pub fn extract_jpeg_shape(contents: &Tensor) -> Tensor {
    contents.graph().add(ByArrays(ExtractJpegShape { output_type: DType::Int32 }), &[contents])
}

/// A picture of bytes.
pub(super) fn bytes(channels: usize) -> Array {
    let values: Vec<u8> = (0..5 * 4 * channels).map(|i| (i * 7919 % 256) as u8).collect();
    Array::new([5, 4, channels], values).expect("a picture")
}

pub(in crate::ops) fn decode_png_cases() -> Vec<Case> {
    let there_and_back = |channels: usize| {
        Case::fed(&format!("{channels} channels"), [bytes(channels)], |_, x| {
            vec![decode_png(&super::encode_png(&x[0]), 0, DType::UInt8)]
        })
        .expecting([bytes(channels)])
    };
    let words = crate::conformance::as_type(crate::array![[[65535.0], [258.0], [1.0]]], DType::UInt16);
    let mut cases: Vec<Case> = (1..=4).map(there_and_back).collect();
    cases.push(
        Case::fed("uint16", [words.clone()], |_, x| {
            vec![decode_png(&super::encode_png(&x[0]), 1, DType::UInt16)]
        })
        .expecting([words]),
    );
    cases
}

pub(in crate::ops) fn decode_jpeg_cases() -> Vec<Case> {
    let grey = || Array::new([9, 10, 1], vec![77u8; 90]).expect("a picture");
    vec![
        Case::fed("one grey", [grey()], |_, x| vec![decode_jpeg(&super::encode_jpeg(&x[0], 95), 0)])
            .expecting([grey()]),
        Case::fed("a PNG", [bytes(3)], |_, x| vec![decode_jpeg(&super::encode_png(&x[0]), 3)])
            .expecting([bytes(3)]),
    ]
}

pub(in crate::ops) fn decode_gif_cases() -> Vec<Case> {
    let framed = bytes(3).reshape([1, 5, 4, 3]).expect("a picture");
    vec![
        Case::fed("a PNG", [bytes(3)], |_, x| vec![decode_gif(&super::encode_png(&x[0]))])
            .expecting([framed]),
    ]
}

/// Two rows of two pixels of 24 bits.
pub(super) const SMALL_BMP: &[u8] = &[
    b'B', b'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0,
    0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10,
    11, 12, 0, 0,
];

pub(in crate::ops) fn decode_bmp_cases() -> Vec<Case> {
    let bmp = Array::strings([], [SMALL_BMP]).expect("one string");
    let colours = Array::new([2, 2, 3], vec![9u8, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]).expect("a picture");
    vec![Case::fed("24 bits", [bmp], |_, x| vec![decode_bmp(&x[0], 0)]).expecting([colours])]
}

pub(in crate::ops) fn decode_image_cases() -> Vec<Case> {
    let build =
        |dtype| move |_: &Graph, x: &[Tensor]| vec![decode_image(&super::encode_png(&x[0]), 3, dtype)];
    [DType::UInt8, DType::UInt16, DType::Float32]
        .map(|dtype| Case::fed(dtype.name(), [bytes(3)], build(dtype)))
        .into()
}

pub(in crate::ops) fn extract_jpeg_shape_cases() -> Vec<Case> {
    vec![
        Case::fed("of colours", [bytes(3)], |_, x| vec![extract_jpeg_shape(&super::encode_jpeg(&x[0], 90))])
            .expecting([crate::array![5, 4, 3]]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn decoded(bytes: &[u8]) -> crate::Result<Array> {
        let tf = Graph::new();
        let contents = tf.constant(Array::strings([], [bytes])?);
        Session::new(&tf)?.run(&decode_image(&contents, 0, DType::UInt8), feeds![])
    }

    fn encoded(picture: Array) -> Vec<u8> {
        let tf = Graph::new();
        let bytes =
            Session::new(&tf).unwrap().run(&super::super::encode_png(&tf.constant(picture)), feeds![]);
        bytes.unwrap().as_strings().unwrap()[0].clone()
    }

    #[test]
    fn a_small_file_of_a_huge_picture_is_refused_before_memory_is_taken() {
        let mut file = encoded(bytes(3));
        for size in [1u32 << 14, 1 << 20, 1 << 30, u32::MAX] {
            file[16..20].copy_from_slice(&size.to_be_bytes());
            file[20..24].copy_from_slice(&size.to_be_bytes());
            let mut checksum = flate2::Crc::new();
            checksum.update(&file[12..29]);
            file[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
            assert!(decoded(&file).is_err(), "{size}");
        }
        let mut bmp = SMALL_BMP.to_vec();
        bmp[18..22].copy_from_slice(&i32::MAX.to_le_bytes());
        assert!(decoded(&bmp).is_err());
        bmp[22..26].copy_from_slice(&i32::MIN.to_le_bytes());
        assert!(decoded(&bmp).is_err());
    }

    #[test]
    fn what_is_cut_off_or_changed_gives_an_error_or_a_picture() {
        let tf = Graph::new();
        let jpeg = super::super::encode_jpeg(&tf.constant(bytes(3)), 80);
        let jpeg = Session::new(&tf).unwrap().run(&jpeg, feeds![]).unwrap().as_strings().unwrap()[0].clone();
        for file in [encoded(bytes(3)), jpeg, SMALL_BMP.to_vec()] {
            for end in 0..file.len() {
                if end + 12 < file.len() {
                    assert!(decoded(&file[..end]).is_err(), "{end} of {}", file.len());
                }
                let mut other = file.clone();
                other[end] ^= 0x55;
                let _ = decoded(&other);
            }
        }
    }
}
