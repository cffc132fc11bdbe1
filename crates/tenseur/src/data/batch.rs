//! Batches: online (one example a step), mini-batch (some) and full (all), shuffled anew each epoch.
//!
//! The order of an epoch follows from the seed and the epoch's number alone, so training that goes on from epoch 7,
//! step 120 sees what it would have seen, without replaying what came before.

use std::fmt;
use std::str::FromStr;

use crate::data::dataset::{copy_rows, rows_shape};
use crate::data::random::Random;
use crate::error::{Error, Result};
use crate::value::Array;

/// How many examples a training step sees.
///
/// Its text is `online`, `full`, or the number of examples of a mini-batch:
///
/// ```
/// use tenseur::data::BatchSize;
/// assert_eq!("32".parse::<BatchSize>()?, BatchSize::Mini(32));
/// assert_eq!("full".parse::<BatchSize>()?.examples(150), 150);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// One example: online learning, stochastic gradient descent in the strict sense.
    Online,
    /// This many examples; the last batch of an epoch holds what is left.
    Mini(usize),
    /// All examples: one step an epoch.
    Full,
}

impl BatchSize {
    /// The number of examples in a whole batch of a set of `examples`; at least 1.
    pub fn examples(self, examples: usize) -> usize {
        match self {
            BatchSize::Online => 1,
            BatchSize::Mini(size) => size.min(examples).max(1),
            BatchSize::Full => examples.max(1),
        }
    }
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BatchSize::Online => f.pad("online"),
            BatchSize::Mini(size) => f.pad(&size.to_string()),
            BatchSize::Full => f.pad("full"),
        }
    }
}

impl FromStr for BatchSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<BatchSize> {
        match text {
            "online" => Ok(BatchSize::Online),
            "full" => Ok(BatchSize::Full),
            _ => match text.parse() {
                Ok(size) if size > 0 => Ok(BatchSize::Mini(size)),
                _ => Err(Error::invalid(format!(
                    "\"{text}\" is not a batch size: it is `online` (1 example), `full` (all of them) or a number \
                     from 1"
                ))),
            },
        }
    }
}

/// Which examples each training step sees, epoch after epoch without end.
///
/// Every example comes once an epoch. If the batch size does not divide their number, the last batch of the epoch is
/// smaller: nothing is left out and nothing is carried over.
///
/// ```
/// use tenseur::data::{BatchSize, Batches};
/// let mut batches = Batches::new(10, BatchSize::Mini(4), Some(1))?;
/// let sizes: Vec<usize> = (0..4).map(|_| batches.next_batch().rows.len()).collect();
/// assert_eq!(sizes, [4, 4, 2, 4]);
///
/// // Going on from a checkpoint: the same order as if it had never stopped.
/// let mut resumed = Batches::new(10, BatchSize::Mini(4), Some(1))?;
/// resumed.seek(1, 1)?;
/// assert_eq!(resumed.next_batch().rows, batches.next_batch().rows);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batches {
    order: Vec<usize>,
    /// The epoch that `order` was shuffled for.
    shuffled_for: Option<u64>,
    size: usize,
    seed: Option<u64>,
    epoch: u64,
    step: usize,
}

/// The examples of one training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// The epoch it belongs to, counted from 0.
    pub epoch: u64,
    /// Which step of the epoch it is, counted from 0.
    pub step: usize,
    /// The examples' numbers.
    pub rows: &'a [usize],
}

impl Batches {
    /// Batches of `examples` examples, shuffled with `seed`; in their own order if there is none.
    ///
    /// # Errors
    /// When there are no examples, or a mini-batch is to have none.
    pub fn new(examples: usize, size: BatchSize, seed: Option<u64>) -> Result<Batches> {
        if examples == 0 {
            return Err(Error::invalid("there are no examples to make batches of"));
        }
        if size == BatchSize::Mini(0) {
            return Err(Error::invalid("a batch of 0 examples teaches nothing; the smallest has 1"));
        }
        let order = (0..examples).collect();
        Ok(Batches { order, shuffled_for: None, size: size.examples(examples), seed, epoch: 0, step: 0 })
    }

    /// Steps in an epoch: examples ÷ batch size, rounded up.
    pub fn steps_per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.size)
    }

    /// The epoch and the step that come next, to be kept in a checkpoint.
    pub fn position(&self) -> (u64, usize) {
        (self.epoch, self.step)
    }

    /// Goes on from this epoch and step.
    ///
    /// # Errors
    /// When an epoch has no such step.
    pub fn seek(&mut self, epoch: u64, step: usize) -> Result<()> {
        let steps = self.steps_per_epoch();
        if step >= steps {
            return Err(Error::invalid(format!(
                "there is no step {step}: an epoch of {} examples in batches of {} has {steps}, numbered from 0",
                self.order.len(),
                self.size
            )));
        }
        (self.epoch, self.step) = (epoch, step);
        Ok(())
    }

    /// The next batch. Allocates nothing.
    pub fn next_batch(&mut self) -> Batch<'_> {
        let (epoch, step) = (self.epoch, self.step);
        if self.step + 1 < self.steps_per_epoch() {
            self.step += 1;
        } else {
            (self.epoch, self.step) = (epoch.wrapping_add(1), 0);
        }
        let start = step * self.size;
        let end = (start + self.size).min(self.order.len());
        Batch { epoch, step, rows: &self.order(epoch)[start..end] }
    }

    /// The order of all examples in `epoch`.
    fn order(&mut self, epoch: u64) -> &[usize] {
        if let Some(seed) = self.seed
            && self.shuffled_for != Some(epoch)
        {
            // From the same start each time, so that the order does not depend on the epochs before.
            self.order.iter_mut().enumerate().for_each(|(i, row)| *row = i);
            Random::new(seed, epoch).shuffle(&mut self.order);
            self.shuffled_for = Some(epoch);
        }
        &self.order
    }
}

/// Copies chosen rows of an array into memory that is used again and again.
///
/// ```
/// use tenseur::{array, data::Gather};
/// let mut gather = Gather::new(&array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
/// assert_eq!(*gather.rows(&[2, 0])?, array![[4.0, 5.0], [0.0, 1.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gather {
    source: Array,
    /// One array for each of the last two numbers of rows that were asked for: an epoch has whole batches and
    /// perhaps a smaller last one.
    places: Vec<Array>,
}

impl Gather {
    /// A gatherer of the rows of `source`, along its first axis.
    pub fn new(source: &Array) -> Gather {
        Gather { source: source.clone(), places: Vec::new() }
    }

    /// The rows with these numbers, in this order. Allocates nothing if as many rows were gathered before, this time
    /// or one of the sizes before it, and no clone of what was handed out is alive.
    ///
    /// # Errors
    /// When there is no such row.
    pub fn rows(&mut self, rows: &[usize]) -> Result<&Array> {
        let place = match self.places.iter().position(|place| place.shape().first() == Some(&rows.len())) {
            Some(place) => place,
            None => {
                let place = Array::zeros(self.source.dtype(), rows_shape(&self.source, rows.len())?)?;
                self.places.truncate(1);
                self.places.insert(0, place);
                0
            }
        };
        copy_rows(&self.source, rows, &mut self.places[place])?;
        Ok(&self.places[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn epoch_of(batches: &mut Batches) -> Vec<Vec<usize>> {
        (0..batches.steps_per_epoch()).map(|_| batches.next_batch().rows.to_vec()).collect()
    }

    #[test]
    fn every_example_comes_once_an_epoch_whatever_the_size() {
        for examples in [1, 2, 7, 30] {
            for size in [BatchSize::Online, BatchSize::Mini(4), BatchSize::Mini(1000), BatchSize::Full] {
                let mut batches = Batches::new(examples, size, Some(5)).unwrap();
                for _ in 0..3 {
                    let epoch = epoch_of(&mut batches);
                    let whole = size.examples(examples);
                    assert!(epoch[..epoch.len() - 1].iter().all(|rows| rows.len() == whole));
                    let mut rows = epoch.concat();
                    rows.sort_unstable();
                    assert_eq!(rows, (0..examples).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn epochs_and_seeds_differ_and_no_seed_keeps_the_order() {
        let mut batches = Batches::new(50, BatchSize::Full, Some(1)).unwrap();
        let (first, second) = (epoch_of(&mut batches), epoch_of(&mut batches));
        assert_ne!(first, second);
        assert_ne!(first, epoch_of(&mut Batches::new(50, BatchSize::Full, Some(2)).unwrap()));
        let mut plain = Batches::new(5, BatchSize::Mini(2), None).unwrap();
        for _ in 0..2 {
            assert_eq!(epoch_of(&mut plain), [vec![0, 1], vec![2, 3], vec![4]]);
        }
    }

    #[test]
    fn going_on_anywhere_gives_the_same_batches() {
        let new = || Batches::new(23, BatchSize::Mini(5), Some(9)).unwrap();
        let mut straight = new();
        for _ in 0..20 {
            let (epoch, step) = straight.position();
            let mut resumed = new();
            resumed.seek(epoch, step).unwrap();
            let batch = straight.next_batch();
            assert_eq!((batch.epoch, batch.step), (epoch, step));
            assert_eq!(resumed.next_batch(), batch);
            // Back and forth within one object too.
            assert_eq!(resumed.clone().next_batch(), straight.clone().next_batch());
        }
        let mut last = new();
        last.seek(u64::MAX, 4).unwrap();
        assert_eq!(last.next_batch().rows.len(), 3);
        assert_eq!(last.position(), (0, 0));
    }

    #[test]
    fn what_makes_no_batches_is_refused() {
        let text = |result: Result<Batches>| result.unwrap_err().to_string();
        assert_eq!(text(Batches::new(0, BatchSize::Full, None)), "there are no examples to make batches of");
        assert_eq!(
            text(Batches::new(3, BatchSize::Mini(0), None)),
            "a batch of 0 examples teaches nothing; the smallest has 1"
        );
        let mut batches = Batches::new(10, BatchSize::Mini(4), None).unwrap();
        assert_eq!(
            batches.seek(0, 3).unwrap_err().to_string(),
            "there is no step 3: an epoch of 10 examples in batches of 4 has 3, numbered from 0"
        );
        for wrong in ["0", "-1", "some", ""] {
            assert_eq!(
                wrong.parse::<BatchSize>().unwrap_err().to_string(),
                format!(
                    "\"{wrong}\" is not a batch size: it is `online` (1 example), `full` (all of them) or a \
                     number from 1"
                )
            );
        }
        for size in [BatchSize::Online, BatchSize::Mini(7), BatchSize::Full] {
            assert_eq!(size.to_string().parse::<BatchSize>().unwrap(), size);
        }
    }

    #[test]
    fn gathering_again_uses_the_same_memory() {
        let source = Array::new([7, 2], (0..14).collect::<Vec<i32>>()).unwrap();
        let mut gather = Gather::new(&source);
        let mut address = |rows: &[usize]| gather.rows(rows).unwrap().bytes().unwrap().as_ptr();
        let (whole, last) = (address(&[0, 1, 2]), address(&[6]));
        for _ in 0..3 {
            assert_eq!(address(&[3, 4, 5]), whole);
            assert_eq!(address(&[2]), last);
        }
        assert_eq!(*gather.rows(&[6, 0, 6]).unwrap(), array![[12, 13], [0, 1], [12, 13]]);
        assert_eq!(
            gather.rows(&[7]).unwrap_err().to_string(),
            "there is no row 7: the array has 7, numbered from 0"
        );
        assert_eq!(Gather::new(&array![5, 6]).rows(&[1]).unwrap(), &array![6]);
        assert_eq!(
            Gather::new(&Array::scalar(1.0f32)).rows(&[0]).unwrap_err().to_string(),
            "a scalar has no rows"
        );
    }
}
