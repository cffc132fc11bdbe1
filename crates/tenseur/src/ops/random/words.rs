//! Random words one by one, and what TensorFlow makes of them.

use tenseur_kernels::random::Philox;

/// A stream of random words.
#[derive(Clone, Debug)]
pub(in crate::ops) struct Words {
    stream: Philox,
    block: [u32; 4],
    used: usize,
}

impl Words {
    /// From the beginning of a block.
    pub(in crate::ops) fn new(stream: Philox) -> Words {
        Words { stream, block: [0; 4], used: 4 }
    }

    /// The next word.
    pub(in crate::ops) fn next(&mut self) -> u32 {
        if self.used == self.block.len() {
            (self.block, self.used) = (self.stream.block(), 0);
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// Uniform in `[0, 1)`, of 23 bits.
    pub(in crate::ops) fn real(&mut self) -> f32 {
        f32::from_bits(0x3F80_0000 | (self.next() & 0x007F_FFFF)) - 1.0
    }

    /// Uniform in `[0, 1)`, of 52 bits.
    pub(in crate::ops) fn double(&mut self) -> f64 {
        let high = u64::from(self.next() & 0x000F_FFFF);
        f64::from_bits(0x3FF << 52 | high << 32 | u64::from(self.next())) - 1.0
    }

    /// Uniform in `0..n`, or 0 if n is 0.
    pub(in crate::ops) fn below(&mut self, n: u32) -> u32 {
        if n == 0 || n.is_power_of_two() {
            return self.next() & n.saturating_sub(1);
        }
        let uneven = u32::MAX % n + 1;
        loop {
            let word = self.next();
            if word >= uneven {
                return word % n;
            }
        }
    }

    /// The same, of 64 bits.
    pub(in crate::ops) fn below_wide(&mut self, n: u64) -> u64 {
        let mut wide = || u64::from(self.next()) | u64::from(self.next()) << 32;
        if n == 0 || n.is_power_of_two() {
            return wide() & n.saturating_sub(1);
        }
        let uneven = u64::MAX % n + 1;
        loop {
            let number = wide();
            if number >= uneven {
                return number % n;
            }
        }
    }
}
