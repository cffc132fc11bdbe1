//! The batches of a dataset: features and targets, ready to be fed.

use crate::data::{BatchSize, Batches, Dataset, Gather};
use crate::error::Result;
use crate::value::Array;

/// The batches of a dataset, epoch after epoch without end, in memory that is used again and again.
///
/// ```
/// use tenseur::data::{self, BatchSize};
/// let digits = data::digits();
/// let mut batches = digits.batches(BatchSize::Mini(32), Some(1))?;
/// let (images, labels) = batches.next_batch()?;
/// assert_eq!((&images.shape()[..], &labels.shape()[..]), (&[32, 64][..], &[32][..]));
/// assert_eq!(batches.steps_per_epoch(), 57);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DatasetBatches {
    batches: Batches,
    features: Gather,
    targets: Gather,
}

impl Dataset {
    /// Its batches, shuffled anew each epoch with `seed`; in their own order if there is none.
    ///
    /// # Errors
    /// When there are no examples, or a mini-batch is to have none.
    pub fn batches(&self, size: BatchSize, seed: Option<u64>) -> Result<DatasetBatches> {
        let batches = Batches::new(self.len(), size, seed)?;
        let (features, targets) = (Gather::new(self.features()), Gather::new(self.targets()));
        Ok(DatasetBatches { batches, features, targets })
    }
}

impl DatasetBatches {
    /// Steps in an epoch: examples ÷ batch size, rounded up.
    pub fn steps_per_epoch(&self) -> usize {
        self.batches.steps_per_epoch()
    }

    /// The epoch and the step that come next, to be kept in a checkpoint.
    pub fn position(&self) -> (u64, usize) {
        self.batches.position()
    }

    /// Goes on from this epoch and step.
    ///
    /// # Errors
    /// When an epoch has no such step.
    pub fn seek(&mut self, epoch: u64, step: usize) -> Result<()> {
        self.batches.seek(epoch, step)
    }

    /// The features and the targets of the next batch. Allocates nothing once each size of batch has come up, if no
    /// clone of what was handed out is alive.
    ///
    /// # Errors
    /// None that a dataset's own rows could cause.
    pub fn next_batch(&mut self) -> Result<(&Array, &Array)> {
        let rows = self.batches.next_batch().rows;
        Ok((self.features.rows(rows)?, self.targets.rows(rows)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digits;

    #[test]
    fn features_and_targets_are_those_of_the_same_examples() {
        let digits = digits();
        let mut batches = digits.batches(BatchSize::Mini(500), Some(3)).unwrap();
        let mut order = Batches::new(digits.len(), BatchSize::Mini(500), Some(3)).unwrap();
        for _ in 0..batches.steps_per_epoch() + 1 {
            let chosen = digits.select(order.next_batch().rows).unwrap();
            assert_eq!(batches.next_batch().unwrap(), (chosen.features(), chosen.targets()));
        }
        assert_eq!(batches.position(), order.position());
        batches.seek(0, 0).unwrap();
        assert_eq!(batches.position(), (0, 0));
    }
}
