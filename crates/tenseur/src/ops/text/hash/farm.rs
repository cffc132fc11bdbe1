//! FarmHash's fingerprint of 64 bits (G. Pike, 2014): four ways, by length, to mix what stands at a string's beginning and
//! end; of long ones, 64 bytes at a time.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// The eight bytes from `at` on.
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The four bytes from `at` on.
fn half(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 4].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn folded(x: u64) -> u64 {
    x ^ x >> 47
}

/// Two words made one.
fn joined(u: u64, v: u64, multiplier: u64) -> u64 {
    let a = folded((u ^ v).wrapping_mul(multiplier));
    folded((v ^ a).wrapping_mul(multiplier)).wrapping_mul(multiplier)
}

fn multiplier(length: usize) -> u64 {
    K2.wrapping_add(2 * length as u64)
}

/// One fingerprint of two, in this order (TensorFlow's FingerprintCat64).
pub(in crate::ops) fn concatenated(first: u64, second: u64) -> u64 {
    const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
    let shifted = |x: u64| x ^ (x >> 47);
    let mixed = (first ^ MULTIPLIER) ^ shifted(second.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    shifted(shifted(mixed.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER))
}

pub(in crate::ops) fn fingerprint(bytes: &[u8]) -> u64 {
    match bytes.len() {
        0..=16 => up_to_16(bytes),
        17..=32 => up_to_32(bytes),
        33..=64 => up_to_64(bytes),
        _ => long(bytes),
    }
}

fn up_to_16(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    match length {
        0 => K2,
        1..=3 => {
            let byte = |at: usize| u64::from(bytes[at]);
            let y = byte(0) + (byte(length / 2) << 8);
            let z = length as u64 + (byte(length - 1) << 2);
            folded(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2)
        }
        4..=7 => {
            let u = (length as u64).wrapping_add(half(bytes, 0) << 3);
            joined(u, half(bytes, length - 4), multiplier(length))
        }
        _ => {
            let by = multiplier(length);
            let a = word(bytes, 0).wrapping_add(K2);
            let b = word(bytes, length - 8);
            let c = b.rotate_right(37).wrapping_mul(by).wrapping_add(a);
            let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(by);
            joined(c, d, by)
        }
    }
}

fn up_to_32(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let by = multiplier(length);
    let a = word(bytes, 0).wrapping_mul(K1);
    let b = word(bytes, 8);
    let c = word(bytes, length - 8).wrapping_mul(by);
    let d = word(bytes, length - 16).wrapping_mul(K2);
    let u = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let v = a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c);
    joined(u, v, by)
}

fn up_to_64(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let by = multiplier(length);
    let a = word(bytes, 0).wrapping_mul(K2);
    let b = word(bytes, 8);
    let c = word(bytes, length - 8).wrapping_mul(by);
    let d = word(bytes, length - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = joined(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), by);
    let e = word(bytes, 16).wrapping_mul(by);
    let f = word(bytes, 24);
    let g = y.wrapping_add(word(bytes, length - 32)).wrapping_mul(by);
    let h = z.wrapping_add(word(bytes, length - 24)).wrapping_mul(by);
    let u = e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h);
    let v = e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g);
    joined(u, v, by)
}

/// Two words and the 32 bytes from `at` on made two words.
fn pair(bytes: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let [w, x, y, z] = [0, 8, 16, 24].map(|offset| word(bytes, at + offset));
    let a = a.wrapping_add(w);
    let b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    let a = a.wrapping_add(x).wrapping_add(y);
    let b = b.wrapping_add(a.rotate_right(44));
    (a.wrapping_add(z), b.wrapping_add(c))
}

/// What a long string has been mixed to so far.
struct Mixed {
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl Mixed {
    /// Mixes in the 64 bytes from `at` on.
    fn block(&mut self, bytes: &[u8], at: usize, by: u64, weight: u64) {
        let Mixed { x, y, z, v, w } = self;
        let sum = x.wrapping_add(*y).wrapping_add(v.0).wrapping_add(word(bytes, at + 8));
        *x = sum.rotate_right(37).wrapping_mul(by) ^ w.1.wrapping_mul(weight);
        let sum = y.wrapping_add(v.1).wrapping_add(word(bytes, at + 48));
        *y = sum.rotate_right(42).wrapping_mul(by);
        *y = y.wrapping_add(v.0.wrapping_mul(weight)).wrapping_add(word(bytes, at + 40));
        *z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(by);
        *v = pair(bytes, at, v.1.wrapping_mul(by), x.wrapping_add(w.0));
        *w = pair(bytes, at + 32, z.wrapping_add(w.1), y.wrapping_add(word(bytes, at + 16)));
        std::mem::swap(z, x);
    }
}

fn long(bytes: &[u8]) -> u64 {
    let (length, seed) = (bytes.len(), 81u64);
    let y = seed.wrapping_mul(K1).wrapping_add(113);
    let mut mixed = Mixed {
        x: seed.wrapping_mul(K2).wrapping_add(word(bytes, 0)),
        y,
        z: folded(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2),
        v: (0, 0),
        w: (0, 0),
    };
    for at in (0..(length - 1) / 64 * 64).step_by(64) {
        mixed.block(bytes, at, K1, 1);
    }
    // The last 64 bytes, some of which have been there already, go in another way.
    let by = K1.wrapping_add((mixed.z & 0xff) << 1);
    mixed.w.0 = mixed.w.0.wrapping_add(((length - 1) & 63) as u64);
    mixed.v.0 = mixed.v.0.wrapping_add(mixed.w.0);
    mixed.w.0 = mixed.w.0.wrapping_add(mixed.v.0);
    mixed.block(bytes, length - 64, by, 9);
    let Mixed { x, y, z, v, w } = mixed;
    let one = joined(v.0, w.0, by).wrapping_add(folded(y).wrapping_mul(K0)).wrapping_add(z);
    joined(one, joined(v.1, w.1, by).wrapping_add(x), by)
}
