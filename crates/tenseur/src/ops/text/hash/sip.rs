//! SipHash-2-4: J.-P. Aumasson, D. Bernstein, *SipHash: a fast short-input PRF*, 2012.

pub(super) fn hash(key: [u64; 2], bytes: &[u8]) -> u64 {
    let mut state = [
        key[0] ^ u64::from_be_bytes(*b"somepseu"),
        key[1] ^ u64::from_be_bytes(*b"dorandom"),
        key[0] ^ u64::from_be_bytes(*b"lygenera"),
        key[1] ^ u64::from_be_bytes(*b"tedbytes"),
    ];
    let (words, rest) = bytes.as_chunks::<8>();
    // The last word has the length in its highest byte.
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    last[7] = bytes.len() as u8;
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        state[3] ^= word;
        (0..2).for_each(|_| round(&mut state));
        state[0] ^= word;
    }
    state[2] ^= 0xff;
    (0..4).for_each(|_| round(&mut state));
    state.into_iter().fold(0, |hash, word| hash ^ word)
}

fn round(state: &mut [u64; 4]) {
    let [a, b, c, d] = state;
    let half = |x: &mut u64, y: &mut u64, left: u32| {
        *x = x.wrapping_add(*y);
        *y = y.rotate_left(left) ^ *x;
    };
    half(a, b, 13);
    *a = a.rotate_left(32);
    half(c, d, 16);
    half(a, d, 21);
    half(c, b, 17);
    *c = c.rotate_left(32);
}

#[cfg(test)]
mod tests {
    // The vectors of the paper's authors: bytes 0, 1, 2, … under the key 0, 1, …, 15.
    #[test]
    fn it_is_that_of_the_paper() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(super::hash(key, &bytes), 0xa129_ca61_49be_45e5);
        assert_eq!(super::hash(key, &[]), 0x726f_db47_dd0e_0e31);
    }
}
