//! MurmurHash64A, A. Appleby: eight bytes at a time, multiplied, folded and multiplied again.

const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;

/// TensorFlow's seed.
const SEED: u64 = 0x00DE_CAFC_AFFE;

fn folded(x: u64) -> u64 {
    x ^ x >> 47
}

pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = folded(u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
        hash = (hash ^ word).wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let word = rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        hash = (hash ^ word).wrapping_mul(MULTIPLIER);
    }
    folded(folded(hash).wrapping_mul(MULTIPLIER))
}
