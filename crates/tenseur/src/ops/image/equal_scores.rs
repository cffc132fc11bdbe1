//! In which order equal scores come: TensorFlow's heaps and sorts keep no order of equals, and which comes first follows from
//! the steps of the standard library that it is built with. These take the same steps.
//!
//! - [`Heap`]: a binary heap whose hole sinks to the bottom before the last element rises from there;
//! - [`sort`]: quicksort by the median of three down to pieces of 16, and then insertion (Musser 1997, "Introspective sorting
//!   and selection algorithms").

/// Numbers with scores, of which the greatest comes out.
#[derive(Default)]
pub(super) struct Heap(Vec<(usize, f32)>);

impl Heap {
    pub(super) fn push(&mut self, number: usize, score: f32) {
        self.0.push((number, score));
        self.rise(self.0.len() - 1, (number, score));
    }

    pub(super) fn pop(&mut self) -> Option<(usize, f32)> {
        let last = self.0.pop()?;
        let Some(&first) = self.0.first() else { return Some(last) };
        let count = self.0.len();
        let mut hole = 0;
        loop {
            let (left, right) = (2 * hole + 1, 2 * hole + 2);
            let child = match right < count {
                true if self.0[right].1 < self.0[left].1 => left,
                true => right,
                false if left < count => left,
                false => break,
            };
            self.0[hole] = self.0[child];
            hole = child;
        }
        self.rise(hole, last);
        Some(first)
    }

    /// Puts an element where it belongs on the way from a hole to the top.
    fn rise(&mut self, mut hole: usize, element: (usize, f32)) {
        while hole > 0 {
            let parent = (hole - 1) / 2;
            if self.0[parent].1 >= element.1 {
                break;
            }
            self.0[hole] = self.0[parent];
            hole = parent;
        }
        self.0[hole] = element;
    }
}

/// Pieces of so many elements are left to insertion.
const SMALL: usize = 16;

/// Puts elements in order, where `before` says which of two comes first.
pub(super) fn sort<T: Copy>(all: &mut [T], before: impl Fn(&T, &T) -> bool + Copy) {
    let levels = 2 * all.len().checked_ilog2().unwrap_or(0);
    split(all, levels, before);
    for at in 1..all.len() {
        let element = all[at];
        let mut hole = at;
        while hole > 0 && before(&element, &all[hole - 1]) {
            all[hole] = all[hole - 1];
            hole -= 1;
        }
        all[hole] = element;
    }
}

/// Brings elements so near to their places that insertion takes few steps.
fn split<T: Copy>(all: &mut [T], levels: u32, before: impl Fn(&T, &T) -> bool + Copy) {
    let mut end = all.len();
    let mut levels = levels;
    while end > SMALL {
        if levels == 0 {
            // Such unlucky orders the standard library leaves to a heap.
            all[..end].sort_by(|a, b| before(b, a).cmp(&before(a, b)));
            return;
        }
        levels -= 1;
        let cut = cut(&mut all[..end], before);
        split(&mut all[cut..end], levels, before);
        end = cut;
    }
}

/// Parts elements at the median of three: none from the place that is given on comes before one in front of it.
fn cut<T: Copy>(all: &mut [T], before: impl Fn(&T, &T) -> bool + Copy) -> usize {
    let (a, b, c) = (1, all.len() / 2, all.len() - 1);
    let less = |x: usize, y: usize| before(&all[x], &all[y]);
    let median = match (less(a, b), less(b, c), less(a, c)) {
        (true, true, _) | (false, false, false) => b,
        (true, false, true) | (false, true, false) => c,
        (true, false, false) | (false, _, true) => a,
    };
    all.swap(0, median);
    let (mut first, mut last) = (1, all.len());
    loop {
        while before(&all[first], &all[0]) {
            first += 1;
        }
        last -= 1;
        while before(&all[0], &all[last]) {
            last -= 1;
        }
        if first >= last {
            return first;
        }
        all.swap(first, last);
        first += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_comes_first_and_equals_as_in_tensorflow() {
        let order = |scores: &[f32]| {
            let mut heap = Heap::default();
            scores.iter().enumerate().for_each(|(number, &score)| heap.push(number, score));
            std::iter::from_fn(|| heap.pop()).map(|(number, _)| number).collect::<Vec<_>>()
        };
        assert_eq!(order(&[0.5; 8]), [0, 2, 6, 5, 7, 4, 1, 3]);
        let mixed = [3.0, 1.0, 3.0, 2.0, 3.0, 2.0, 1.0, 3.0, 2.0, 2.0, 1.0, 3.0];
        assert_eq!(order(&mixed), [0, 2, 11, 4, 7, 5, 3, 9, 8, 6, 10, 1]);
    }

    #[test]
    fn everything_is_sorted() {
        for count in [0usize, 1, 2, 16, 17, 40, 333] {
            for modulus in [1, 3, 1000] {
                let mut all: Vec<usize> = (0..count).map(|i| i * 7919 % 1009 % modulus).collect();
                let mut expected = all.clone();
                expected.sort_unstable();
                sort(&mut all, |a, b| a < b);
                assert_eq!(all, expected);
            }
        }
    }
}
