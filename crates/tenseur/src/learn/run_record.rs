//! What is known of a run: what learns from what, how far it is, and how it went.

use serde::{Deserialize, Serialize};

use crate::data::Encoding;
use crate::learn::{Options, Score, Trainer};

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

/// What each checkpoint of a run says, and `run.json` for people.
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
    /// The prefix of the checkpoint that goes with this, in the folder.
    pub weights: String,
    /// Complete epochs.
    pub epoch: u64,
    /// Steps of the epoch that was under way.
    pub step: usize,
    /// The score over the steps of that epoch.
    pub so_far: Score,
    /// How long that epoch has taken so far.
    pub seconds: f64,
    /// How the epochs went.
    pub epochs: Vec<EpochRecord>,
}

impl RunRecord {
    /// The record of a run that begins: this trainer, made of these options, on what is called `data`. What was held back of
    /// it, and which column of a table is predicted, can be set afterwards; both are only told again.
    pub fn new(data: impl Into<String>, options: &Options, trainer: &Trainer) -> RunRecord {
        RunRecord {
            version: env!("CARGO_PKG_VERSION").to_string(),
            data: data.into(),
            target: None,
            held_back: 0.0,
            options: options.clone(),
            encoding: trainer.training().encoding().clone(),
            weights: String::new(),
            epoch: 0,
            step: 0,
            so_far: Score::default(),
            seconds: 0.0,
            epochs: Vec::new(),
        }
    }

    /// How the epochs went, as CSV: a row for each.
    pub fn metrics(&self) -> String {
        let mut text = String::from("epoch,loss,accuracy,held_back_loss,held_back_accuracy,seconds\n");
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        for epoch in &self.epochs {
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
}
