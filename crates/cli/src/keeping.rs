//! What `tenseur train` keeps while it goes on. What cannot be written does not end the training: that is said, tried again when
//! the time comes, and told by the exit code if it stays so.

use tenseur::learn::{EpochRecord, RunFolder, RunRecord, Trainer, TrainingLog};
use tenseur::{Error, Result};

/// The keeping of one run.
pub(crate) struct Keeping {
    log: Option<TrainingLog>,
    /// Why the last checkpoint could not be written, if so.
    unsaved: Option<Error>,
    /// Why the log ends early, if so.
    unlogged: Option<Error>,
}

impl Keeping {
    /// With a log for TensorBoard, if one is wanted.
    pub(crate) fn new(log: Option<TrainingLog>) -> Keeping {
        Keeping { log, unsaved: None, unlogged: None }
    }

    /// Writes a checkpoint while training goes on.
    pub(crate) fn save(&mut self, folder: &mut RunFolder, trainer: &Trainer, record: &mut RunRecord) {
        self.save_last(folder, trainer, record);
        if let Some(error) = &self.unsaved {
            let (epochs, steps) = trainer.position();
            tracing::warn!(
                "what was learned in {epochs} epochs and {steps} steps could not be kept: {}; the last good checkpoint \
                 stays, training goes on, and it is tried again when the next is due",
                error.message()
            );
        }
    }

    /// Writes the checkpoint of the end.
    pub(crate) fn save_last(&mut self, folder: &mut RunFolder, trainer: &Trainer, record: &mut RunRecord) {
        self.unsaved = folder.save(trainer, record).err();
    }

    /// Writes an epoch to the log, if there is one. Half a record would hide what comes after it, so where one cannot be
    /// written the log ends.
    pub(crate) fn log(&mut self, epoch: &EpochRecord, trainer: &Trainer) {
        let Some(Err(error)) = self.log.as_mut().map(|log| log.epoch(epoch, trainer)) else { return };
        tracing::warn!("the log for TensorBoard ends before epoch {}: {}", epoch.epoch, error.message());
        self.log = None;
        self.unlogged = Some(error);
    }

    /// What could not be kept, as the error that it is.
    pub(crate) fn end(self, folder: &RunFolder) -> Result<()> {
        if let Some(error) = self.unsaved {
            let path = folder.path().display();
            let good = match folder.record() {
                Ok(record) => {
                    format!("a checkpoint after {} epochs and {} steps is good", record.epoch, record.step)
                }
                Err(error) => format!("no checkpoint is good: {}", error.message()),
            };
            return Err(error.context("the end of the training could not be kept").hint(format!(
                "{good}; when there is room again, this goes on from there: tenseur train --resume {path}"
            )));
        }
        match self.unlogged {
            Some(error) => Err(error.context("the log for TensorBoard is not whole")),
            None => Ok(()),
        }
    }
}
