//! Which classes are likely, and how they are drawn: TensorFlow's own classes from its streams.

use std::collections::HashSet;

use crate::error::{Code, Reason};
use crate::ops::random::words::Words;
use crate::value::room;

/// How likely each class of a range is.
#[derive(Clone, Debug)]
pub(super) enum Distribution {
    /// Every class as likely as any other: P(c) = 1 / range.
    Uniform { range: u64 },
    /// P(c) = log((c + 2) / (c + 1)) / log(range + 1), about that of words by rank.
    LogUniform { range: u64 },
    /// In proportion to weights.
    Weighted(Weighted),
    /// In proportion to how often each was seen, counted from one.
    Counted(Counted),
}

/// Classes by weights, drawn in constant time: each of as many columns as there are classes holds a class and another
/// that fills it up (A. Walker, *An efficient method for generating discrete random variables with general distributions*,
/// 1977).
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    weights: Vec<f32>,
    sum: f64,
    /// Of each column the share that is its own class, and the other.
    columns: Vec<(f32, usize)>,
}

impl Weighted {
    pub(super) fn new(weights: Vec<f32>) -> Weighted {
        let count = weights.len();
        let sum: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let mut shares: Vec<f64> =
            weights.iter().map(|&weight| f64::from(weight * count as f32) / sum).collect();
        let (mut high, mut low): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|&class| shares[class] >= 1.0);
        let mut others: Vec<usize> = (0..count).collect();
        while let (Some(&above), Some(&below)) = (high.last(), low.last()) {
            high.pop();
            low.pop();
            others[below] = above;
            shares[above] -= 1.0 - shares[below];
            if shares[above] < 1.0 { low.push(above) } else { high.push(above) }
        }
        // What is left has by rounding not exactly a whole column.
        for class in high.into_iter().chain(low) {
            (shares[class], others[class]) = (1.0, class);
        }
        let columns = shares.into_iter().map(|share| share as f32).zip(others).collect();
        Weighted { weights, sum, columns }
    }

    fn draw(&self, words: &mut Words) -> usize {
        let share = words.real();
        let column = words.below(self.columns.len() as u32) as usize;
        let (own, other) = self.columns[column];
        if share < own { column } else { other }
    }
}

/// Counts of classes, with sums over ranges whose sizes are powers of two, so that a class is drawn and counted in
/// logarithmic time (P. Fenwick, *A new data structure for cumulative frequency tables*, 1994).
#[derive(Clone, Debug)]
pub(super) struct Counted {
    counts: Vec<i32>,
    /// Sum of the counts of the classes that end before class `i`, as many as the lowest bit of `i` says.
    sums: Vec<i64>,
    total: i64,
}

impl Counted {
    /// Each of so many classes, counted once.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(super) fn new(range: usize) -> Result<Counted, Reason> {
        let (mut counts, mut sums) = (room(range)?, room(range + 1)?);
        counts.resize(range, 1);
        sums.extend((0..=range as i64).map(|i| i & i.wrapping_neg()));
        Ok(Counted { counts, sums, total: range as i64 })
    }

    fn add(&mut self, class: usize) {
        self.counts[class] += 1;
        self.total += 1;
        let mut place = class + 1;
        while place < self.sums.len() {
            self.sums[place] += 1;
            place += place & place.wrapping_neg();
        }
    }

    /// The class to which the number belongs, where each has as many numbers as it was counted.
    fn at(&self, mut number: i64) -> usize {
        let mut place = 0;
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.sums.get(place + step).filter(|sum| **sum <= number) {
                number -= sum;
                place += step;
            }
            step /= 2;
        }
        place.min(self.counts.len() - 1)
    }
}

/// What an op tells of one drawing.
pub(super) struct Drawn {
    pub(super) classes: Vec<i64>,
    /// How often each of the true classes was to be expected.
    pub(super) true_expected: Vec<f32>,
    pub(super) expected: Vec<f32>,
}

impl Distribution {
    /// How many classes there are.
    pub(super) fn range(&self) -> u64 {
        match self {
            Distribution::Uniform { range } | Distribution::LogUniform { range } => *range,
            Distribution::Weighted(weighted) => weighted.weights.len() as u64,
            Distribution::Counted(counted) => counted.counts.len() as u64,
        }
    }

    fn draw(&self, words: &mut Words) -> i64 {
        match self {
            Distribution::Uniform { range } => words.below_wide(*range) as i64,
            Distribution::LogUniform { range } => {
                let log = ((*range + 1) as f64).ln();
                ((words.double() * log).exp() as i64 - 1) % (*range).max(1) as i64
            }
            Distribution::Weighted(weighted) => weighted.draw(words) as i64,
            Distribution::Counted(counted) => {
                let number = words.below(u32::try_from(counted.total).unwrap_or(u32::MAX));
                counted.at(number.into()) as i64
            }
        }
    }

    fn probability(&self, class: i64) -> f32 {
        let inside = usize::try_from(class).ok();
        match self {
            Distribution::Uniform { range } => 1.0 / *range as f32,
            Distribution::LogUniform { range } => {
                let log = ((*range + 1) as f64).ln();
                (((class as f64 + 2.0) / (class as f64 + 1.0)).ln() / log) as f32
            }
            Distribution::Weighted(weighted) => {
                let weight = inside.and_then(|class| weighted.weights.get(class));
                weight.map_or(0.0, |&weight| (f64::from(weight) / weighted.sum) as f32)
            }
            Distribution::Counted(counted) => {
                let count = inside.and_then(|class| counted.counts.get(class));
                count.map_or(0.0, |&count| count as f32 / counted.total as f32)
            }
        }
    }

    /// Draws `count` classes, all different where they are to be `unique`.
    ///
    /// # Errors
    /// When there are not so many different ones.
    pub(super) fn sample(
        &self,
        words: &mut Words,
        true_classes: &[i64],
        count: usize,
        unique: bool,
    ) -> Result<Drawn, Reason> {
        let range = self.range();
        if range == 0 {
            return Err("there are no classes".into());
        }
        if unique && count as u64 > range {
            return Err(format!("{count} different classes cannot be drawn from {range}").into());
        }
        must_be_below(true_classes, range)?;
        let mut classes: Vec<i64> = room(count)?;
        let mut tries = 0usize;
        if unique {
            let likely = match self {
                Distribution::Weighted(weighted) => {
                    weighted.weights.iter().filter(|weight| **weight > 0.0).count()
                }
                _ => count,
            };
            if likely < count {
                return Err(
                    format!("{count} different classes cannot be drawn: only {likely} are possible").into()
                );
            }
            let mut seen = HashSet::with_capacity(count);
            while classes.len() < count {
                tries += 1;
                if tries > i32::MAX as usize {
                    let why = format!("{count} different classes were not found in {tries} drawings");
                    return Err(Reason::new(Code::ResourceExhausted, why));
                }
                let class = self.draw(words);
                if seen.insert(class) {
                    classes.push(class);
                }
            }
        } else {
            tries = count;
            classes.extend((0..count).map(|_| self.draw(words)));
        }
        let expected = |&class: &i64| expected_count(self.probability(class), count, tries);
        let true_expected = true_classes.iter().map(expected).collect();
        let expected = classes.iter().map(expected).collect();
        Ok(Drawn { classes, true_expected, expected })
    }

    /// Counts classes that were true.
    pub(super) fn observe(&mut self, classes: &[i64]) {
        let Distribution::Counted(counted) = self else { return };
        let inside = classes.iter().filter_map(|&class| usize::try_from(class).ok());
        for class in inside {
            if class < counted.counts.len() {
                counted.add(class);
            }
        }
    }
}

/// Whether each true class is one of so many.
///
/// # Errors
/// When one is not.
pub(super) fn must_be_below(true_classes: &[i64], range: u64) -> Result<(), Reason> {
    match true_classes.iter().find(|&&class| !u64::try_from(class).is_ok_and(|class| class < range)) {
        Some(class) => Err(format!("a true class is {class}, and there are {range}").into()),
        None => Ok(()),
    }
}

/// How often a class of this probability is to be expected: p·n among n drawings, or 1 − (1 − p)^tries that it is among
/// different ones.
fn expected_count(probability: f32, count: usize, tries: usize) -> f32 {
    if tries == count {
        return probability * count as f32;
    }
    -libm::expm1f(tries as f32 * libm::log1pf(-probability))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenseur_kernels::random::Philox;

    #[test]
    fn counts_say_whose_a_number_is() {
        let mut counted = Counted::new(5).unwrap();
        for class in [3, 3, 0] {
            counted.add(class);
        }
        let classes: Vec<usize> = (0..counted.total).map(|number| counted.at(number)).collect();
        assert_eq!(classes, [0, 0, 1, 2, 3, 3, 3, 4]);
    }

    #[test]
    fn weights_are_met_in_the_long_run() {
        let weights = vec![1.0, 0.0, 5.0, 2.0];
        let drawn = Distribution::Weighted(Weighted::new(weights.clone()));
        let mut words = Words::new(Philox::new(1, 2));
        let count = 40_000;
        let sample = drawn.sample(&mut words, &[], count, false).unwrap();
        for (class, weight) in weights.iter().enumerate() {
            let share = sample.classes.iter().filter(|drawn| **drawn == class as i64).count() as f32;
            assert!((share / count as f32 - weight / 8.0).abs() < 0.01, "{class}: {share}");
        }
        assert!(drawn.sample(&mut words, &[], 4, true).is_err());
    }
}
