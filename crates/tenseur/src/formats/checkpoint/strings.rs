//! How a checkpoint stores a tensor of strings.
//!
//! ```text
//! length of each string: varint… | masked CRC-32C of the lengths: u32 | the strings
//! ```
//!
//! Checksums run over each length as a `u32` (as a `u64` beyond 4 GiB), not over its varint. The entry's own
//! checksum goes on from there over the stored checksum and the strings.

use crate::formats::masked_crc::{is_right, mask};
use prost::{decode_length_delimiter, encode_length_delimiter};

fn add_length(crc: u32, length: usize) -> u32 {
    match u32::try_from(length) {
        Ok(short) => crc32c::crc32c_append(crc, &short.to_le_bytes()),
        Err(_) => crc32c::crc32c_append(crc, &(length as u64).to_le_bytes()),
    }
}

/// The stored form of `strings`, and the masked checksum that belongs into the entry.
pub(super) fn encode(strings: &[Vec<u8>]) -> (Vec<u8>, u32) {
    let mut bytes = Vec::with_capacity(strings.iter().map(|string| string.len() + 2).sum::<usize>() + 4);
    let mut crc = 0;
    for string in strings {
        encode_length_delimiter(string.len(), &mut bytes).expect("a vector grows as needed");
        crc = add_length(crc, string.len());
    }
    let checksum = mask(crc).to_le_bytes();
    bytes.extend_from_slice(&checksum);
    crc = crc32c::crc32c_append(crc, &checksum);
    for string in strings {
        bytes.extend_from_slice(string);
        crc = crc32c::crc32c_append(crc, string);
    }
    (bytes, mask(crc))
}

/// The `count` strings stored in `bytes`, whose entry has the checksum `expected`.
pub(super) fn decode(bytes: &[u8], count: usize, expected: u32) -> Result<Vec<Vec<u8>>, String> {
    const WRONG: &str = "the checksum is wrong: the file is damaged";
    // A length takes at least one byte, so this also bounds what is allocated.
    if count > bytes.len() {
        return Err(format!("{count} strings cannot be in {} bytes", bytes.len()));
    }
    let mut rest = bytes;
    let mut lengths = Vec::with_capacity(count);
    let mut crc = 0;
    for i in 0..count {
        let length =
            decode_length_delimiter(&mut rest).map_err(|_| format!("the length of string {i} is damaged"))?;
        crc = add_length(crc, length);
        lengths.push(length);
    }
    let (checksum, mut rest) = rest.split_at_checked(4).ok_or("the checksum of the lengths is missing")?;
    let stored = checksum.try_into().map_or(0, u32::from_le_bytes);
    if !is_right(stored, mask(crc)) {
        return Err(WRONG.into());
    }
    let crc = crc32c::crc32c_append(crc32c::crc32c_append(crc, checksum), rest);
    if !is_right(expected, mask(crc)) {
        return Err(WRONG.into());
    }
    let mut strings = Vec::with_capacity(count);
    for (i, length) in lengths.into_iter().enumerate() {
        let (string, after) = rest
            .split_at_checked(length)
            .ok_or_else(|| format!("string {i} reaches beyond the tensor's bytes"))?;
        strings.push(string.to_vec());
        rest = after;
    }
    if rest.is_empty() { Ok(strings) } else { Err(format!("{} bytes follow the last string", rest.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_survive_and_damage_is_seen() {
        let strings: Vec<Vec<u8>> = vec![b"a".to_vec(), vec![], vec![0; 300], "déjà".into()];
        let (bytes, crc) = encode(&strings);
        assert_eq!(decode(&bytes, 4, crc).unwrap(), strings);
        for at in 0..bytes.len() {
            assert!(decode(&bytes[..at], 4, crc).is_err());
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(decode(&flipped, 4, crc).is_err(), "byte {at}, bit {bit}");
            }
        }
        assert!(decode(&bytes, 3, crc).is_err());
        assert!(decode(&bytes, usize::MAX, crc).is_err());
    }

    #[test]
    fn no_strings_are_a_checksum_of_nothing() {
        let (bytes, crc) = encode(&[]);
        assert_eq!(bytes, 0xa282_ead8u32.to_le_bytes());
        assert_eq!(decode(&bytes, 0, crc).unwrap(), Vec::<Vec<u8>>::new());
    }
}
