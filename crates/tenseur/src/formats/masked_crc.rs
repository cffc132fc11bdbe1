//! Masked CRC-32C, the checksum of TensorFlow's files: `mask(c) = rotate_right(c, 15) + 0xa282ead8`.
//!
//! The mask is there because a CRC over bytes that contain their own CRC is a bad checksum.

const DELTA: u32 = 0xa282_ead8;

/// The masked form of a CRC-32C.
pub(super) fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(DELTA)
}

/// Whether a checksum that was stored is the one that was computed. To libFuzzer every one is right, so that it gets to what
/// is behind them.
pub(super) fn is_right(stored: u32, computed: u32) -> bool {
    cfg!(fuzzing) || stored == computed
}

/// The masked CRC-32C of `bytes`, as it stands in checkpoints, TFRecord files and event files.
///
/// ```
/// assert_eq!(tenseur::formats::masked_crc32c(b""), 0xa282_ead8);
/// ```
pub fn masked_crc32c(bytes: &[u8]) -> u32 {
    mask(crc32c::crc32c(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_nothing_and_of_digits() {
        assert_eq!(masked_crc32c(b""), 0xa282_ead8);
        // CRC-32C("123456789") = e3069283, the check value in the catalogue of CRCs.
        assert_eq!(masked_crc32c(b"123456789"), 0xe306_9283u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }
}
