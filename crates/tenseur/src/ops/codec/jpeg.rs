//! JPEG files.

use std::io::Cursor;

use ::image::codecs::jpeg::JpegDecoder;
use ::image::{ColorType, ImageDecoder};

use super::picture::{Pixels, Samples, limits, size_of};
use crate::error::Reason;

/// What is asked of a JPEG file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JpegOptions {
    /// The picture is made smaller by this: 1, 2, 4 or 8.
    pub ratio: i64,
    /// Whether what is there of a file that ends too early is taken, with grey for the rest.
    pub try_recover_truncated: bool,
}

/// The picture in a JPEG file, with `channels`, or with 0 those of the file.
///
/// # Errors
/// When it is none, or is damaged, or too large.
pub(super) fn jpeg(bytes: &[u8], channels: usize, options: JpegOptions) -> Result<Pixels, Reason> {
    let said = |error: ::image::ImageError| Reason::from(format!("the JPEG file cannot be read: {error}"));
    // A decoder is content with what is there; TensorFlow is not.
    if !options.try_recover_truncated && !bytes.windows(2).any(|pair| pair == [0xFF, 0xD9]) {
        return Err("the JPEG file ends before its picture does".into());
    }
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(said)?;
    decoder.set_limits(limits()).map_err(said)?;
    // An empty block of 64 numbers may be a bit, or in progressive files less.
    let (width, height) = size_of(&decoder, bytes.len(), u64::MAX)?;
    let stored = decoder.color_type();
    let mut raw = crate::value::room(decoder.total_bytes() as usize)?;
    raw.resize(decoder.total_bytes() as usize, 0);
    decoder.read_image(&mut raw).map_err(said)?;
    let has = match stored {
        ColorType::L8 => 1,
        ColorType::Rgb8 => 3,
        other => return Err(format!("the JPEG file has pixels of kind {other:?}").into()),
    };
    let wanted = if channels == 0 { has } else { channels };
    let pixels = match (has, wanted) {
        (1, 3) => raw.into_iter().flat_map(|grey| [grey; 3]).collect(),
        (3, 1) => raw
            .chunks_exact(3)
            .map(|rgb| {
                let [red, green, blue] = [rgb[0], rgb[1], rgb[2]].map(f32::from);
                (0.299 * red + 0.587 * green + 0.114 * blue).round() as u8
            })
            .collect(),
        (1, 4) => raw.into_iter().flat_map(|grey| [grey, grey, grey, 255]).collect(),
        (3, 4) => raw.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect(),
        _ => raw,
    };
    Ok(smaller(pixels, height, width, wanted, options.ratio as usize))
}

/// A picture made smaller by a whole number: each pixel is the mean of those it covers.
fn smaller(pixels: Vec<u8>, height: usize, width: usize, channels: usize, ratio: usize) -> Pixels {
    let (rows, columns) = (height.div_ceil(ratio), width.div_ceil(ratio));
    let samples = match ratio {
        1 => pixels,
        _ => {
            let mut means = Vec::with_capacity(rows * columns * channels);
            for row in 0..rows {
                for column in 0..columns {
                    let down = row * ratio..((row + 1) * ratio).min(height);
                    let across = column * ratio..((column + 1) * ratio).min(width);
                    let count = (down.len() * across.len()) as u32;
                    for channel in 0..channels {
                        let places = down.clone().flat_map(|y| across.clone().map(move |x| y * width + x));
                        let sum: u32 = places.map(|at| u32::from(pixels[at * channels + channel])).sum();
                        means.push(((sum + count / 2) / count) as u8);
                    }
                }
            }
            means
        }
    };
    Pixels { frames: 1, height: rows, width: columns, channels, samples: Samples::Bytes(samples) }
}
