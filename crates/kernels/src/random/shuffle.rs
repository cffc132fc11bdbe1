//! Shuffling, by the algorithm of Fisher and Yates from the front: place `i` of `n` trades with place
//! `i + (32 random bits modulo n − i)`, for all but the last.

use super::Philox;

/// Shuffles `rows` and moves the stream on by the ⌈(rows − 1) / 4⌉ blocks that this takes: TensorFlow's
/// `RandomShuffle`, to the bit.
///
/// ```
/// use tenseur_kernels::random::{Philox, shuffle};
///
/// let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8];
/// shuffle(&mut Philox::new(87654321, 42), &mut order);
/// assert_eq!(order, [5, 0, 1, 4, 2, 3, 6, 8, 7]);
/// ```
pub fn shuffle<T>(stream: &mut Philox, rows: &mut [T]) {
    shuffle_by(stream, rows.len(), |i, j| rows.swap(i, j));
}

/// Tells `swap` which of `rows` rows to trade, one pair after another; the second is not before the first.
pub(super) fn shuffle_by(stream: &mut Philox, rows: usize, mut swap: impl FnMut(usize, usize)) {
    let mut block = [0; 4];
    for i in 0..rows.saturating_sub(1) {
        if i % 4 == 0 {
            block = stream.block();
        }
        swap(i, i + (u64::from(block[i % 4]) % (rows - i) as u64) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_two_rows_draw_nothing() {
        let mut stream = Philox::new(1, 2);
        shuffle::<u8>(&mut stream, &mut []);
        shuffle(&mut stream, &mut [7]);
        assert_eq!(stream, Philox::new(1, 2));
    }

    #[test]
    fn every_order_of_three_comes_up_about_equally_often() {
        let mut stream = Philox::new(3, 4);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..6000 {
            let mut order = [0, 1, 2];
            shuffle(&mut stream, &mut order);
            *counts.entry(order).or_insert(0) += 1;
        }
        // 1000 expected, with a standard deviation of 29.
        assert!(counts.len() == 6 && counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
