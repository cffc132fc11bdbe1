//! A training for TensorBoard: loss and accuracy, how the weights are spread, and the graph.

use std::path::Path;

use crate::error::Result;
use crate::graph::Graph;
use crate::learn::{EpochRecord, Score, Trainer};
use crate::session::Session;
use crate::summary::{FileWriter, Summary};

/// Writes event files in two folders, which TensorBoard shows as two runs in one chart: `training`, with the weights and the
/// graph, and `held_back`. An event's step is the number of optimizer steps.
pub struct TrainingLog {
    training: FileWriter,
    held_back: Option<FileWriter>,
    folder: std::path::PathBuf,
}

impl TrainingLog {
    /// A log in `folder`, which is made if it is not there, of this training.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn new(folder: impl AsRef<Path>, trainer: &Trainer) -> Result<TrainingLog> {
        let folder = folder.as_ref().to_path_buf();
        let mut training = FileWriter::new(folder.join("training"))?;
        training.add_graph(&trainer.trained().network().graph)?;
        Ok(TrainingLog { training, held_back: None, folder })
    }

    /// Writes how an epoch went, and the weights after it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn epoch(&mut self, epoch: &EpochRecord, trainer: &Trainer) -> Result<()> {
        let step = (epoch.epoch * trainer.steps_per_epoch() as u64) as i64;
        let trained = trainer.trained();
        let summary = with_score(Summary::default(), &epoch.training);
        self.training
            .add_summary(with_weights(summary, &trained.network().graph, trained.session())?, step)?;
        self.training.flush()?;
        if let Some(score) = &epoch.held_back {
            let writer = match &mut self.held_back {
                Some(writer) => writer,
                None => self.held_back.insert(FileWriter::new(self.folder.join("held_back"))?),
            };
            writer.add_summary(with_score(Summary::default(), score), step)?;
            writer.flush()?;
        }
        Ok(())
    }
}

fn with_score(summary: Summary, score: &Score) -> Summary {
    let summary = summary.scalar("loss", score.loss as f32);
    match score.accuracy {
        Some(accuracy) => summary.scalar("accuracy", accuracy as f32),
        None => summary,
    }
}

/// With the spread of each trained variable, under its name; of one that has overflowed, nothing.
fn with_weights(mut summary: Summary, graph: &Graph, session: &Session) -> Result<Summary> {
    let trained: Vec<_> =
        graph.trainable_variables().iter().map(|variable| variable.operation().name()).collect();
    for (name, value) in session.variables() {
        let finite = value.to_f64().is_ok_and(|values| values.iter().all(|value| value.is_finite()));
        if finite && trained.iter().any(|trained| **trained == *name) {
            summary = summary.histogram(name, &value)?;
        }
    }
    Ok(summary)
}
