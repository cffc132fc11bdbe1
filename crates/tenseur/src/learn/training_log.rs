//! A training for TensorBoard: loss and accuracy, how the weights are spread, and the graph.

use std::path::Path;

use crate::error::Result;
use crate::graph::Graph;
use crate::learn::{EpochRecord, Score, Trainer};
use crate::session::Session;
use crate::summary::{FileWriter, SessionLog, Summary};

/// The status of a session that begins.
const START: i32 = 1;

/// Writes event files in two folders, which TensorBoard shows as two runs in one chart: `training`, with the weights and the
/// graph, and `held_back`. An event's step is the number of optimizer steps.
///
/// A training that goes on after a break writes files of its own. They say where it goes on, and TensorBoard takes what comes
/// after that from them, so that nothing is shown twice.
pub struct TrainingLog {
    training: FileWriter,
    held_back: Option<FileWriter>,
    folder: std::path::PathBuf,
    /// After how many steps it began.
    from: u64,
}

impl TrainingLog {
    /// A log in `folder`, which is made if it is not there, of this training.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn new(folder: impl AsRef<Path>, trainer: &Trainer) -> Result<TrainingLog> {
        let folder = folder.as_ref().to_path_buf();
        let from = trainer.steps();
        let mut training = writer(&folder.join("training"), from)?;
        training.add_graph(&trainer.trained().network().graph)?;
        Ok(TrainingLog { training, held_back: None, folder, from })
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
                None => self.held_back.insert(writer(&self.folder.join("held_back"), self.from)?),
            };
            writer.add_summary(with_score(Summary::default(), score), step)?;
            writer.flush()?;
        }
        Ok(())
    }
}

/// A new file, of a training that begins after so many steps.
fn writer(folder: &Path, from: u64) -> Result<FileWriter> {
    let mut writer = FileWriter::new(folder)?;
    if from > 0 {
        writer.add_session_log(SessionLog { status: START, ..SessionLog::default() }, from as i64 + 1)?;
    }
    Ok(writer)
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
