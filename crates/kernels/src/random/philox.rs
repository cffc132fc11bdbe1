//! Philox 4×32-10, the counter-based generator of TensorFlow: block `n` of the stream of a key is a hash of key and `n`,
//! so any block can be had without those before it.
//!
//! One of ten rounds, with `(high, low)` the halves of a product of 64 bits and the key's words raised by two
//! constants after each round:
//!
//! ```text
//! (h0, l0) = 0xD2511F53 · x0        (h1, l1) = 0xCD9E8D57 · x2
//! x0, x1, x2, x3 = h1 ^ x1 ^ key0, l1, h0 ^ x3 ^ key1, l0
//! ```
//!
//! J. Salmon, M. Moraes, R. Dror, D. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011.

/// A stream of blocks of 128 random bits, and a place in it.
///
/// ```
/// use tenseur_kernels::random::Philox;
///
/// let mut stream = Philox::new(87654321, 42);
/// let mut later = stream;
/// assert_eq!(stream.block(), [2985944072, 4132877644, 929418493, 249609589]);
/// later.skip(1);
/// assert_eq!(stream, later);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Philox {
    seed: u64,
    seed2: u64,
    /// Blocks taken so far, low half first.
    position: [u64; 2],
}

impl Philox {
    /// The stream of a random op with attributes `seed` and `seed2`: the key is `seed`, and the blocks are those from
    /// number `seed2 · 2⁶⁴`.
    ///
    /// To TensorFlow the pair (0, 0) means "choose any two": whoever calls this does so, and here it is a stream like
    /// any other.
    pub fn new(seed: i64, seed2: i64) -> Philox {
        Philox::at(seed, seed2, [0, 0])
    }

    /// The stream of `seed` and `seed2` at a [`position`](Self::position).
    pub fn at(seed: i64, seed2: i64, position: [u64; 2]) -> Philox {
        Philox { seed: seed as u64, seed2: seed2 as u64, position }
    }

    /// How many blocks have been taken, low half first: what to keep in order to go on later.
    pub fn position(&self) -> [u64; 2] {
        self.position
    }

    /// Passes over so many blocks.
    #[inline(always)]
    pub fn skip(&mut self, blocks: u64) {
        let [low, high] = self.position;
        let sum = low.wrapping_add(blocks);
        self.position = [sum, high.wrapping_add(u64::from(sum < low))];
    }

    /// The stream so many blocks further on.
    #[inline(always)]
    pub(crate) fn skipped(mut self, blocks: u64) -> Philox {
        self.skip(blocks);
        self
    }

    /// The next block.
    #[inline(always)]
    pub fn block(&mut self) -> [u32; 4] {
        let [low, high] = [self.position[0], self.position[1].wrapping_add(self.seed2)];
        let mut x = [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32];
        let mut key = [self.seed as u32, (self.seed >> 32) as u32];
        for _ in 0..10 {
            let first = u64::from(x[0]) * 0xD251_1F53;
            let second = u64::from(x[2]) * 0xCD9E_8D57;
            x = [
                (second >> 32) as u32 ^ x[1] ^ key[0],
                second as u32,
                (first >> 32) as u32 ^ x[3] ^ key[1],
                first as u32,
            ];
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        self.skip(1);
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(counter: [u32; 4], key: [u32; 2]) -> Philox {
        let wide = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let position = [wide(counter[0], counter[1]), 0];
        Philox::at(wide(key[0], key[1]) as i64, wide(counter[2], counter[3]) as i64, position)
    }

    // The known answers that the paper's authors publish.
    #[test]
    fn blocks_are_those_of_the_paper() {
        let ones = u32::MAX;
        assert_eq!(stream([0; 4], [0; 2]).block(), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(stream([ones; 4], [ones; 2]).block(), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        let pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
        let more = [0xa4093822, 0x299f31d0];
        assert_eq!(stream(pi, more).block(), [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
    }

    #[test]
    fn the_position_carries_and_wraps() {
        let mut stream = Philox::at(0, 5, [u64::MAX - 1, 7]);
        stream.block();
        assert_eq!(stream.position(), [u64::MAX, 7]);
        stream.block();
        assert_eq!(stream.position(), [0, 8]);
        assert_eq!(Philox::at(0, 0, [3, u64::MAX]).skipped(u64::MAX).position(), [2, 0]);
        // The block after 2⁶⁴ of one seed2 is the first of the next.
        assert_eq!(stream.block(), Philox::new(0, 13).block());
        assert_eq!(Philox::at(0, -1, [3, 2]).block(), Philox::at(0, 0, [3, 1]).block());
    }

    #[test]
    fn skipping_is_drawing_and_forgetting() {
        let start = Philox::at(5, 6, [u64::MAX - 50, 1]);
        let mut drawn = start;
        for count in 0..100 {
            assert_eq!(start.skipped(count), drawn);
            drawn.block();
        }
    }
}
