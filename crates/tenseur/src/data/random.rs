//! A small generator of random numbers for shuffles and toy sets: xoshiro256++, seeded by SplitMix64.
//!
//! It is not TensorFlow's generator (random *ops* draw from Philox): it only orders examples and places toy
//! points, and gives the same numbers on every machine. Both algorithms are in the public domain, by D. Blackman
//! and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021, and G. Steele et al.,
//! "Fast splittable pseudorandom number generators", OOPSLA 2014.

/// The stream that splits a dataset. Streams 0, 1, 2 … shuffle the epochs.
pub(super) const SPLIT_STREAM: u64 = u64::MAX;

/// The stream that places a toy set's points.
pub(super) const TOY_STREAM: u64 = u64::MAX - 1;

/// One step of SplitMix64: advances `state` and returns a well-mixed word.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A stream of random numbers; `(seed, stream)` decides all of it.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream numbered `stream` of `seed`. Different streams of one seed are unrelated.
    pub(super) fn new(seed: u64, stream: u64) -> Random {
        // The stream's number is mixed before it meets the seed: added plainly, stream 1 of seed 0 would be
        // stream 0 of seed 1.
        let mut key = stream;
        let mut state = seed ^ split_mix(&mut key);
        Random { state: std::array::from_fn(|_| split_mix(&mut state)) }
    }

    /// The next 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number in `[0, 1)`, a multiple of 2⁻⁵³.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `[low, high)`.
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.unit() * (high - low) + low
    }

    /// A whole number in `0..bound`, each equally likely (D. Lemire, "Fast random integer generation in an
    /// interval", ACM TOMACS 29(1), 2019). `bound` must not be 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            // Of the 2⁶⁴ words, the first 2⁶⁴ mod bound of each interval are one too many.
            if product as u64 >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts `items` in a random order, each equally likely (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_published_algorithms() {
        let mut state = 1234567;
        let mixed: [u64; 5] = std::array::from_fn(|_| split_mix(&mut state));
        assert_eq!(
            mixed,
            [
                6457827717110365317,
                3203168211198807973,
                9817491932198370423,
                4593380528125082431,
                16408922859458223821
            ]
        );
        let mut random = Random { state: [1, 2, 3, 4] };
        let words: [u64; 6] = std::array::from_fn(|_| random.next());
        assert_eq!(
            words,
            [
                41943041,
                58720359,
                3588806011781223,
                3591011842654386,
                9228616714210784205,
                9973669472204895162
            ]
        );
    }

    #[test]
    fn every_order_of_four_is_about_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        let mut random = Random::new(7, 0);
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            random.shuffle(&mut items);
            *counts.entry(items).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 1000 expected with a deviation of 31: five deviations either side.
        assert!(counts.values().all(|count| (845..1155).contains(count)), "{counts:?}");
    }

    #[test]
    fn streams_of_a_seed_and_seeds_of_a_stream_differ() {
        let mut firsts: Vec<u64> =
            (0..30).flat_map(|seed| (0..30).map(move |stream| Random::new(seed, stream).next())).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 900);
    }

    #[test]
    fn bounded_numbers_stay_within_and_reach_both_ends() {
        let mut random = Random::new(1, 2);
        let drawn: Vec<u64> = (0..1000).map(|_| random.below(5)).collect();
        assert!((0..5).all(|value| drawn.contains(&value)) && drawn.iter().all(|&value| value < 5));
        assert!((0..1000).map(|_| random.uniform(-6.0, 6.0)).all(|value| (-6.0..6.0).contains(&value)));
        assert_eq!(random.below(1), 0);
    }
}
