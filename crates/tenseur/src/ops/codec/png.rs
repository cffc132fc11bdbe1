//! PNG files: with the grey, the fourth channel and the widths of numbers that TensorFlow makes of them.

use std::io::Cursor;

use ::image::codecs::png::PngDecoder;
use ::image::{ColorType, ImageDecoder};

use super::picture::{Pixels, Samples, limits, size_of};
use crate::error::Reason;

/// The picture in a PNG file, with `channels`, or with 0 those of the file; with 16 bits for a number if it is `wide`, else
/// with 8.
///
/// # Errors
/// When it is none, or is damaged, or too large.
pub(super) fn png(bytes: &[u8], channels: usize, wide: bool) -> Result<Pixels, Reason> {
    let said = |error: ::image::ImageError| Reason::from(format!("the PNG file cannot be read: {error}"));
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(said)?;
    let (width, height) = size_of(&decoder, bytes.len(), 1032 * 8)?;
    let stored = decoder.color_type();
    let mut raw = crate::value::room(decoder.total_bytes() as usize)?;
    raw.resize(decoder.total_bytes() as usize, 0);
    decoder.read_image(&mut raw).map_err(said)?;
    let (has, words) = match stored {
        ColorType::L8 => (1, false),
        ColorType::La8 => (2, false),
        ColorType::Rgb8 => (3, false),
        ColorType::Rgba8 => (4, false),
        ColorType::L16 => (1, true),
        ColorType::La16 => (2, true),
        ColorType::Rgb16 => (3, true),
        ColorType::Rgba16 => (4, true),
        other => return Err(format!("the PNG file has pixels of kind {other:?}").into()),
    };
    // One colour may be said to be transparent, which makes a channel of its own; it counts where there is a palette.
    let (depth, own) = match (bytes.get(24), bytes.get(25)) {
        (Some(&depth), Some(0)) => (depth, 1),
        (Some(&depth), Some(2)) => (depth, 3),
        (Some(&depth), _) => (depth, has),
        _ => (8, has),
    };
    let wanted = if channels == 0 { own } else { channels };
    // Where there is nothing transparent, TensorFlow's fourth channel has as many ones as a pixel has bits in the file.
    let opaque = u16::MAX >> (16 - u32::from(depth.clamp(1, 16)));
    let samples = if words {
        let words: Vec<u16> =
            raw.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect();
        Samples::Words(convert(&words, has, wanted, opaque, |sum| ((sum + 16_384) >> 15) as u16))
    } else {
        Samples::Bytes(convert(&raw, has, wanted, opaque as u8, |sum| (sum >> 15) as u8))
    };
    let samples = match (samples, wide) {
        (Samples::Bytes(bytes), true) => {
            Samples::Words(bytes.into_iter().map(|byte| u16::from(byte) * 257).collect())
        }
        (Samples::Words(words), false) => {
            Samples::Bytes(words.into_iter().map(|word| (word >> 8) as u8).collect())
        }
        (samples, _) => samples,
    };
    Ok(Pixels { frames: 1, height, width, channels: wanted, samples })
}

/// Pixels of `has` channels with `wanted`: grey or colours, with or without what is opaque. Grey is 0.299 red + 0.587 green +
/// 0.114 blue, with weights in parts of 2¹⁵.
pub(super) fn convert<T: Copy + PartialEq + Into<u32>>(
    samples: &[T],
    has: usize,
    wanted: usize,
    opaque: T,
    round: impl Fn(u32) -> T,
) -> Vec<T> {
    if has == wanted {
        return samples.to_vec();
    }
    let mut converted = Vec::with_capacity(samples.len() / has * wanted);
    for pixel in samples.chunks_exact(has) {
        let alpha = if has.is_multiple_of(2) { pixel[has - 1] } else { opaque };
        let colours = if has < 3 { [pixel[0]; 3] } else { [pixel[0], pixel[1], pixel[2]] };
        match wanted {
            1 | 2 => {
                let [red, green, blue] = colours;
                let same = red == green && red == blue;
                let sum = || 9797 * red.into() + 19_234 * green.into() + 3737 * blue.into();
                converted.push(if same { red } else { round(sum()) });
            }
            _ => converted.extend(colours),
        }
        if wanted.is_multiple_of(2) {
            converted.push(alpha);
        }
    }
    converted
}
