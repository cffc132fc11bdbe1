//! GIF files as TensorFlow reads them: each frame is laid over the one before, its own colours throughout.

use ::gif::{ColorOutput, DecodeOptions, MemoryLimit};

use super::MOST_BYTES;
use super::picture::{Pixels, Samples};
use crate::error::Reason;

/// The frames of a GIF file, red, green and blue; the first alone, if `first`.
///
/// # Errors
/// When it is none, or is damaged, or its frames are too large.
pub(super) fn decode(bytes: &[u8], first: bool) -> Result<Pixels, Reason> {
    let said = |error: ::gif::DecodingError| Reason::from(format!("the GIF file cannot be read: {error}"));
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Bytes(std::num::NonZeroU64::MIN.saturating_add(MOST_BYTES)));
    let mut file = options.read_info(bytes).map_err(said)?;
    let (width, height) = (usize::from(file.width()), usize::from(file.height()));
    let size = width * height * 3;
    if size == 0 {
        return Err(format!("a GIF file of {width} by {height} pixels has no picture").into());
    }
    let mut pixels: Vec<u8> = Vec::new();
    let mut frames = 0;
    while let Some(frame) = file.read_next_frame().map_err(said)? {
        let (left, top) = (usize::from(frame.left), usize::from(frame.top));
        let (columns, rows) = (usize::from(frame.width), usize::from(frame.height));
        let (indices, own) = (frame.buffer.to_vec(), frame.palette.clone());
        let palette = own.as_deref().or_else(|| file.global_palette()).ok_or("a frame has no colours")?;
        if (pixels.len() + size) as u64 > MOST_BYTES {
            return Err(format!("a GIF file of {width} by {height} pixels has too many frames").into());
        }
        match frames {
            0 => pixels.resize(size, 0),
            _ => pixels.extend_from_within((frames - 1) * size..),
        }
        let canvas = &mut pixels[frames * size..];
        for (row, line) in indices.chunks_exact(columns.max(1)).take(rows).enumerate() {
            for (column, &index) in line.iter().enumerate() {
                let (x, y) = (left + column, top + row);
                if x < width && y < height {
                    let colour = palette.get(usize::from(index) * 3..).and_then(|rest| rest.get(..3));
                    let colour = colour.ok_or_else(|| format!("colour {index} is not in the palette"))?;
                    canvas[(y * width + x) * 3..][..3].copy_from_slice(colour);
                }
            }
        }
        frames += 1;
        if first {
            break;
        }
    }
    match frames {
        0 => Err("the GIF file has no frames".into()),
        _ => Ok(Pixels { frames, height, width, channels: 3, samples: Samples::Bytes(pixels) }),
    }
}
