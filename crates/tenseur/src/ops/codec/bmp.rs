//! BMP files as TensorFlow reads them: 8, 24 or 32 bits for a pixel, as they are, without a palette.

use super::MOST_BYTES;
use super::picture::Pixels;
use crate::error::Reason;

/// The picture in a BMP file.
///
/// # Errors
/// When it is none, or of another kind, or too short.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, Reason> {
    let four = |at: usize| {
        let bytes = bytes.get(at..at + 4).ok_or("a BMP file begins with 32 bytes or more")?;
        Ok::<i32, Reason>(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let (start, width, height, bits) = (four(10)?, four(18)?, four(22)?, four(28)? & 0xFFFF);
    if !matches!(bits, 8 | 24 | 32) {
        return Err(format!("a BMP file has 8, 24 or 32 bits for a pixel, and this has {bits}").into());
    }
    let wrong = || Reason::from(format!("a BMP file of {width} by {height} pixels cannot be read"));
    let channels = bits as usize / 8;
    let columns = usize::try_from(width).ok().filter(|&columns| columns > 0).ok_or_else(wrong)?;
    let rows = usize::try_from(height.unsigned_abs()).ok().filter(|&rows| rows > 0).ok_or_else(wrong)?;
    let start = usize::try_from(start).map_err(|_| wrong())?;
    let row_bytes =
        columns.checked_mul(channels).and_then(|n| n.checked_next_multiple_of(4)).ok_or_else(wrong)?;
    let size = row_bytes.checked_mul(rows).filter(|&size| size as u64 <= MOST_BYTES).ok_or_else(wrong)?;
    let rest = bytes.get(start..).unwrap_or_default();
    // The last row need not be filled up.
    if rest.len() < size - (row_bytes - columns * channels) {
        return Err(
            format!("a BMP file of {columns} by {rows} pixels ends after {} bytes", bytes.len()).into()
        );
    }
    let mut pixels = Vec::with_capacity(rows * columns * channels);
    for row in 0..rows {
        // Rows come from the bottom up, unless the height is negative.
        let row = if height > 0 { rows - 1 - row } else { row };
        for pixel in rest[row * row_bytes..][..columns * channels].chunks_exact(channels) {
            match *pixel {
                [blue, green, red] => pixels.extend([red, green, blue]),
                [blue, green, red, alpha] => pixels.extend([red, green, blue, alpha]),
                _ => pixels.extend(pixel),
            }
        }
    }
    Ok(Pixels {
        frames: 1,
        height: rows,
        width: columns,
        channels,
        samples: super::picture::Samples::Bytes(pixels),
    })
}
