//! A run's folder: everything that using a network, or going on with its training, needs.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::Encoding;
use crate::error::{Code, Error, Result};
use crate::formats::{checkpoint, write_file};
use crate::graph::Graph;
use crate::learn::{Options, Score, Trainer, learning_curve};

/// How an epoch went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: u64,
    /// The mean over the epoch's batches, each before its step.
    pub training: Score,
    /// On what was held back, after the epoch.
    pub held_back: Option<Score>,
    /// How long the epoch took.
    pub seconds: f64,
}

/// What `run.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of tenseur that wrote it.
    pub version: String,
    /// What was learned from, as it was named: `digits`, `toy:spiral`, a path.
    pub data: String,
    /// The column of a table to be predicted, where it was named.
    pub target: Option<String>,
    /// The part of the data that was held back, where the data does not bring its own.
    pub held_back: f64,
    /// The network and how it learns.
    pub options: Options,
    /// What the numbers of features and targets stand for.
    pub encoding: Encoding,
    /// The checkpoint's prefix in the folder. Weights get a new one each time they are saved, and this record, written
    /// last, says which is good.
    pub weights: String,
    /// Complete epochs.
    pub epoch: u64,
    /// Steps of the epoch that was under way.
    pub step: usize,
    /// The score over the steps of that epoch.
    pub so_far: Score,
    /// How the epochs went.
    pub epochs: Vec<EpochRecord>,
}

/// The folder: `run.json`, `weights-….index` and `weights-….data-…` (a TensorFlow checkpoint), `graph.pb` (a TensorFlow
/// GraphDef), `metrics.csv` and `curve.svg`.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// A new folder for a run; it and its parents are made.
    ///
    /// # Errors
    /// When it cannot be made, or a run is in it already.
    pub fn create(path: impl Into<PathBuf>) -> Result<RunFolder> {
        let folder = RunFolder { path: path.into() };
        if folder.file("run.json").exists() {
            let text = format!("{} already holds a run", folder.path.display());
            let hint = "give another folder with --out, or go on with this run with --resume";
            return Err(Error::new(Code::AlreadyExists, text).hint(hint));
        }
        fs::create_dir_all(&folder.path).map_err(|error| cannot("make the folder", &folder.path, &error))?;
        Ok(folder)
    }

    /// The first of `parent/name-1`, `parent/name-2`, … that is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_next(parent: impl AsRef<Path>, name: &str) -> Result<RunFolder> {
        let parent = parent.as_ref();
        fs::create_dir_all(parent).map_err(|error| cannot("make the folder", parent, &error))?;
        for number in 1..=u32::MAX {
            let path = parent.join(format!("{name}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot("make the folder", &path, &error)),
            }
        }
        Err(Error::new(Code::ResourceExhausted, format!("{} has no room for another run", parent.display())))
    }

    /// A folder in which a run is.
    ///
    /// # Errors
    /// When no run is there.
    pub fn open(path: impl Into<PathBuf>) -> Result<RunFolder> {
        let folder = RunFolder { path: path.into() };
        match folder.file("run.json").is_file() {
            true => Ok(folder),
            false => {
                let text = format!("{} holds no run: it has no run.json", folder.path.display());
                Err(Error::new(Code::NotFound, text)
                    .hint("a run's folder is what `tenseur train` names at its end"))
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The prefix of the checkpoint that a record names.
    pub fn weights(&self, record: &RunRecord) -> PathBuf {
        self.file(&record.weights)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What `run.json` says.
    ///
    /// # Errors
    /// When it cannot be read, or says something else.
    pub fn record(&self) -> Result<RunRecord> {
        let path = self.file("run.json");
        let text = fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
        serde_json::from_str(&text).map_err(|error| {
            Error::new(Code::DataLoss, format!("{} is not a run's record: {error}", path.display()))
        })
    }

    /// The graph in `graph.pb`.
    ///
    /// # Errors
    /// When it cannot be read, or is no graph.
    pub fn graph(&self) -> Result<Graph> {
        let path = self.file("graph.pb");
        let bytes = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        Graph::from_graph_def(&bytes).map_err(|error| error.context(path.display()))
    }

    /// Writes everything as it stands now, and notes in `record` where the trainer and its weights are. Each file is
    /// written aside and then renamed; `run.json`, which says which weights are good, is the last.
    ///
    /// # Errors
    /// When a file cannot be written; what was saved before is then still good.
    pub fn save(&self, trainer: &Trainer, record: &mut RunRecord) -> Result<()> {
        let write = |name: &str, bytes: &[u8]| {
            let path = self.file(name);
            write_file(&path, bytes).map_err(|error| cannot("write", &path, &error))
        };
        write("graph.pb", &trainer.trained().network().graph.as_graph_def()?)?;
        write("metrics.csv", metrics(&record.epochs).as_bytes())?;
        write("curve.svg", learning_curve(&record.data, &record.epochs).as_bytes())?;
        let before = record.weights.clone();
        (record.epoch, record.step) = trainer.position();
        record.so_far = trainer.so_far();
        record.weights = format!("weights-{}-{}", record.epoch, record.step);
        trainer.trained().session().save(self.weights(record))?;
        let text = serde_json::to_string_pretty(record)
            .map_err(|error| Error::new(Code::Internal, format!("the run's record has no JSON: {error}")))?;
        write("run.json", text.as_bytes())?;
        match before == record.weights || before.is_empty() {
            true => Ok(()),
            false => checkpoint::remove(self.file(&before)),
        }
    }
}

/// One row an epoch.
fn metrics(epochs: &[EpochRecord]) -> String {
    let mut text = String::from("epoch,loss,accuracy,held_back_loss,held_back_accuracy,seconds\n");
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for epoch in epochs {
        let held = epoch.held_back;
        let cells = [
            epoch.epoch.to_string(),
            epoch.training.loss.to_string(),
            number(epoch.training.accuracy),
            number(held.map(|score| score.loss)),
            number(held.and_then(|score| score.accuracy)),
            format!("{:.3}", epoch.seconds),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::NotFound, format!("cannot {what} {}: {error}", path.display()))
}
