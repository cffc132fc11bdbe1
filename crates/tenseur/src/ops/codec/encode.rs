//! Pictures to the bytes of files: EncodePng, EncodeJpeg, EncodeJpegVariableQuality.

use ::image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};
use ::image::codecs::png::{CompressionType, FilterType, PngEncoder};
use ::image::{ExtendedColorType, ImageEncoder};

use super::BYTES;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::image::sizes_of;
use crate::ops::{Attr, Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The bytes of a PNG file for each picture `[…, height, width, channels]` of uint8 or uint16, with 1 to 4 channels.
#[derive(Clone, Debug)]
pub struct EncodePng {
    /// How hard it tries: from 0, not at all, to 9; −1 is as usual.
    pub compression: i64,
}

impl OverArrays for EncodePng {
    const NAME: &'static str = "EncodePng";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("compression", self.compression)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("compression", -1)? {
            compression @ -1..=9 => Ok(EncodePng { compression }),
            other => Err(format!("attribute \"compression\" should be from -1 to 9 and is {other}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if !matches!(x.dtype, DType::UInt8 | DType::UInt16) {
            return Err(format!("it takes uint8 or uint16, not {}", x.dtype).into());
        }
        let shape = match x.shape.sizes() {
            None => PartialShape::unknown(),
            Some([batch @ .., height, width, channels]) => {
                let why = || format!("a picture of shape {} cannot be written", x.shape);
                if channels.is_some_and(|channels| !(1..=4).contains(&channels)) {
                    return Err(why().into());
                }
                if [height, width].contains(&&Some(0)) {
                    return Err(Reason::new(Code::Internal, why()));
                }
                batch.iter().copied().collect()
            }
            Some(_) => return Err(format!("a picture has 3 axes or more, and not shape {}", x.shape).into()),
        };
        Ok(Fact::new(DType::String, shape).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let x = &inputs[0];
        let [batch @ .., height, width, channels] = &x.shape()[..] else {
            return Err("a picture has 3 axes or more".into());
        };
        let (words, size) = (x.dtype() == DType::UInt16, x.dtype().size().unwrap_or(1));
        let kind = match (channels, words) {
            (1, false) => ExtendedColorType::L8,
            (2, false) => ExtendedColorType::La8,
            (3, false) => ExtendedColorType::Rgb8,
            (4, false) => ExtendedColorType::Rgba8,
            (1, true) => ExtendedColorType::L16,
            (2, true) => ExtendedColorType::La16,
            (3, true) => ExtendedColorType::Rgb16,
            (4, true) => ExtendedColorType::Rgba16,
            _ => return Err(format!("a picture has 1 to 4 channels, and not {channels}").into()),
        };
        let (Ok(columns), Ok(rows)) = (u32::try_from(*width), u32::try_from(*height)) else {
            return Err(format!("a picture of {width} by {height} pixels is too large").into());
        };
        let compression = match self.compression {
            0 => CompressionType::Uncompressed,
            level @ 1..=9 => CompressionType::Level(level as u8),
            _ => CompressionType::Default,
        };
        let bytes = height * width * channels * size;
        let files = x.bytes()?.chunks_exact(bytes.max(1)).map(|picture| {
            let mut file = Vec::new();
            let encoder = PngEncoder::new_with_quality(&mut file, compression, FilterType::Adaptive);
            match encoder.write_image(picture, columns, rows, kind) {
                Ok(()) => Ok(file),
                Err(error) => Err(Reason::from(format!("the picture cannot be written: {error}"))),
            }
        });
        let files = files.collect::<Result<Vec<_>, _>>()?;
        Ok(vec![Array::strings(batch, files)?])
    }
}

/// The bytes of a JPEG file of a picture `[height, width, channels]` of uint8, with 1 or 3 channels. With `VARIABLE`, the
/// quality is a second input.
#[derive(Clone, Debug)]
pub struct EncodeJpeg<const VARIABLE: bool> {
    /// Of the file: empty for what the channels say, `grayscale` or `rgb`.
    pub format: String,
    /// From 0 to 100.
    pub quality: i64,
    /// Pixels per unit, across and down, and whether the unit is the inch, else the centimetre.
    pub density: (i64, i64, bool),
    /// What is about how the file is made, which is made in one way here, kept as it was given.
    pub kept: [(&'static str, Option<Attr>); 4],
}

impl<const VARIABLE: bool> OverArrays for EncodeJpeg<VARIABLE> {
    const NAME: &'static str = if VARIABLE { "EncodeJpegVariableQuality" } else { "EncodeJpeg" };
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        if VARIABLE {
            return Attrs::new();
        }
        let (x, y, inches) = self.density;
        let attrs = Attrs::new()
            .with("format", &self.format[..])
            .with("quality", self.quality)
            .with("density_unit", if inches { "in" } else { "cm" })
            .with("x_density", x)
            .with("y_density", y);
        self.kept.iter().fold(attrs, |attrs, (name, value)| match value {
            Some(value) => attrs.with(name, value.clone()),
            None => attrs,
        })
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let format: String = attrs.optional("format", String::new())?;
        if !matches!(&format[..], "" | "grayscale" | "rgb") {
            return Err(format!("attribute \"format\" should be grayscale or rgb and is \"{format}\"").into());
        }
        let quality = attrs.optional("quality", 95)?;
        if !(0..=100).contains(&quality) {
            return Err(format!("attribute \"quality\" should be from 0 to 100 and is {quality}").into());
        }
        let inches = match &attrs.optional("density_unit", "in".to_string())?[..] {
            "in" => true,
            "cm" => false,
            other => {
                return Err(
                    format!("attribute \"density_unit\" should be in or cm and is \"{other}\"").into()
                );
            }
        };
        let density = (attrs.optional("x_density", 300)?, attrs.optional("y_density", 300)?, inches);
        let kept = ["progressive", "optimize_size", "chroma_downsampling", "xmp_metadata"]
            .map(|name| (name, attrs.get(name).cloned()));
        Ok(EncodeJpeg { format, quality, density, kept })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 1 + usize::from(VARIABLE) {
            return Err(wrong_count(1 + usize::from(VARIABLE), inputs));
        }
        if inputs[0].dtype != DType::UInt8 {
            return Err(format!("it takes uint8, not {}", inputs[0].dtype).into());
        }
        if let Some(quality) = inputs.get(1) {
            must_be_scalar(quality, "the quality")?;
            if quality.dtype != DType::Int32 {
                return Err(format!("the quality is int32, not {}", quality.dtype).into());
            }
        }
        let [_, _, channels] = sizes_of::<3>(inputs[0], "a picture")?;
        let wanted = match &self.format[..] {
            "grayscale" => &[1][..],
            "rgb" => &[3],
            _ => &[1, 3],
        };
        match channels.is_none_or(|channels| wanted.contains(&channels)) {
            true => Ok(Fact::new(DType::String, ()).one()),
            false => {
                Err(format!("a picture has {wanted:?} channels here, and this has shape {}", inputs[0].shape)
                    .into())
            }
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let x = &inputs[0];
        let quality = match inputs.get(1) {
            Some(quality) => i64::from(quality.item::<i32>()?),
            None => self.quality,
        };
        if !(0..=100).contains(&quality) {
            return Err(format!("the quality is from 0 to 100, and not {quality}").into());
        }
        let &[height, width, channels] = &x.shape()[..] else { return Err("a picture has 3 axes".into()) };
        let kind = match channels {
            1 => ExtendedColorType::L8,
            3 => ExtendedColorType::Rgb8,
            _ => return Err(format!("a picture has 1 or 3 channels, and not {channels}").into()),
        };
        let (Ok(columns @ 1..), Ok(rows @ 1..)) = (u16::try_from(width), u16::try_from(height)) else {
            let why =
                format!("a JPEG file has from 1 to 65,535 rows and columns, and not {height} and {width}");
            return Err(Reason::new(Code::Internal, why));
        };
        let mut file = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut file, (quality as u8).max(1));
        let dots = |density: i64| u16::try_from(density).unwrap_or(1);
        let (across, down, inches) = self.density;
        let unit = if inches { PixelDensityUnit::Inches } else { PixelDensityUnit::Centimeters };
        encoder.set_pixel_density(PixelDensity { density: (dots(across), dots(down)), unit });
        encoder
            .encode(x.as_slice::<u8>()?, columns.into(), rows.into(), kind)
            .map_err(|error| format!("the picture cannot be written: {error}"))?;
        Ok(vec![Array::strings([], [file])?])
    }
}

/// The bytes of a PNG file for each picture `[…, height, width, channels]` of uint8 or uint16, with 1 to 4 channels.
#[track_caller]
pub fn encode_png(images: &Tensor) -> Tensor {
    images.graph().add(ByArrays(EncodePng { compression: -1 }), &[images])
}

/// The bytes of a JPEG file of a picture `[height, width, channels]` of uint8, with 1 or 3 channels; `quality` is from 0
/// to 100.
#[track_caller]
pub fn encode_jpeg(image: &Tensor, quality: i64) -> Tensor {
    match EncodeJpeg::<false>::from_attrs(&Attrs::new().with("quality", quality)) {
        Ok(op) => image.graph().add(ByArrays(op), &[image]),
        Err(reason) => image.graph().fail(reason.into()),
    }
}

pub(in crate::ops) fn encode_png_cases() -> Vec<Case> {
    let picture = || super::picture::bytes(3);
    let two = picture().reshape([1, 5, 4, 3]).expect("a picture");
    vec![
        Case::fed("a picture", [picture()], |_, x| vec![encode_png(&x[0])]),
        Case::fed("a batch", [two], |_, x| vec![encode_png(&x[0])]),
        Case::fed("not compressed", [picture()], |tf, x| {
            vec![tf.add(ByArrays(EncodePng { compression: 0 }), &[&x[0]])]
        }),
    ]
}

pub(in crate::ops) fn encode_jpeg_cases() -> Vec<Case> {
    vec![
        Case::fed("colours", [super::picture::bytes(3)], |_, x| vec![encode_jpeg(&x[0], 95)]),
        Case::fed("grey", [super::picture::bytes(1)], |_, x| vec![encode_jpeg(&x[0], 20)]),
    ]
}

pub(in crate::ops) fn encode_jpeg_variable_quality_cases() -> Vec<Case> {
    let feeds = [super::picture::bytes(3), Array::scalar(60i32)];
    vec![Case::fed("colours", feeds, |tf, x| match EncodeJpeg::<true>::from_attrs(&Attrs::new()) {
        Ok(op) => vec![tf.add(ByArrays(op), &[&x[0], &x[1]])],
        Err(reason) => vec![tf.fail(reason.into())],
    })]
}
