//! `tenseur eval` and `tenseur predict`: using what was trained.

use std::path::{Path, PathBuf};

use clap::Args;
use tenseur::data::{Dataset, Encoding, Target, csv};
use tenseur::learn::{RunFolder, Score, Trained, Trainer};
use tenseur::{Array, Result};

use crate::data_source::read_like;
use crate::{Ended, say};

/// What `eval` takes.
#[derive(Args)]
pub(crate) struct EvalArguments {
    /// The run folder
    run: PathBuf,
    /// Data with targets: as for train
    data: String,
    /// The score as JSON
    #[arg(long)]
    json: bool,
}

/// What `predict` takes.
#[derive(Args)]
pub(crate) struct PredictArguments {
    /// The run folder
    run: PathBuf,
    /// Data, with or without targets: as for train
    data: String,
    /// One JSON object for each example, instead of CSV
    #[arg(long)]
    json: bool,
}

/// A score in the units of the data.
pub(crate) struct Described {
    score: Score,
    /// For numbers: the root of the mean square of the errors, in the units of the target.
    root_mean_square: Option<f64>,
}

impl Described {
    /// One line for each figure, the most telling last.
    pub(crate) fn lines(&self, before: &str) -> Vec<String> {
        let mut lines = vec![format!("{before}loss {:.4}", self.score.loss)];
        if let Some(error) = self.root_mean_square {
            lines.push(format!("{before}rmse {error:.4}"));
        }
        if let Some(accuracy) = self.score.accuracy {
            lines.push(format!("{before}accuracy {accuracy:.3}"));
        }
        lines
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "loss": self.score.loss, "accuracy": self.score.accuracy, "rmse": self.root_mean_square,
            "examples": self.score.examples,
        })
    }
}

/// The score of the trainer's network on data.
pub(crate) fn described(trainer: &Trainer, data: &Dataset) -> Result<Described> {
    describe(trainer.trained(), data)
}

fn describe(trained: &Trained, data: &Dataset) -> Result<Described> {
    let score = trained.evaluate(data)?;
    let root_mean_square = match &data.encoding().target {
        Target::Classes { .. } => None,
        Target::Values { scaling, .. } => {
            let predicted = trained.outputs(data.features())?;
            let units = |array: &Array| match scaling {
                Some(scaling) => scaling.undo(array)?.to_f64(),
                None => array.to_f64(),
            };
            let (predicted, wanted) = (units(&predicted)?, units(data.targets())?);
            let squares: f64 = predicted.iter().zip(&wanted).map(|(a, b)| (a - b) * (a - b)).sum();
            Some((squares / wanted.len().max(1) as f64).sqrt())
        }
    };
    Ok(Described { score, root_mean_square })
}

/// The network in a run folder.
pub(crate) fn trained(run: &Path) -> Result<(Trained, Encoding)> {
    Trained::open(&RunFolder::open(run)?)
}

pub(crate) fn eval(arguments: &EvalArguments) -> Result<Ended> {
    let (trained, encoding) = trained(&arguments.run)?;
    let data = read_like(&arguments.data, &encoding, 0)?;
    let score = describe(&trained, &data)?;
    match arguments.json {
        true => say(&score.json().to_string()),
        false => score.lines("").iter().for_each(|line| say(line)),
    }
    Ok(Ended::Done)
}

pub(crate) fn predict(arguments: &PredictArguments) -> Result<Ended> {
    let (trained, encoding) = trained(&arguments.run)?;
    let path = Path::new(&arguments.data);
    let features = match path.is_file() {
        true => csv::read_features(path, &encoding, &csv::Options::default())?,
        false => read_like(&arguments.data, &encoding, 0)?.features().clone(),
    };
    let outputs = trained.outputs(&features)?;
    match &encoding.target {
        Target::Classes { classes, .. } => predict_classes(&trained, &outputs, classes, arguments.json),
        Target::Values { names, scaling } => {
            let outputs = match scaling {
                Some(scaling) => scaling.undo(&outputs)?,
                None => outputs,
            };
            predict_values(&outputs, names, arguments.json)
        }
    }
}

/// The likeliest class of each example and its probability.
fn predict_classes(trained: &Trained, logits: &Array, classes: &[String], json: bool) -> Result<Ended> {
    let probabilities = trained.probabilities(logits)?;
    let count = classes.len().max(1);
    if !json {
        say("class,probability");
    }
    for row in probabilities.as_slice::<f32>()?.chunks(count) {
        let best = (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        match json {
            true => {
                let all: serde_json::Map<String, serde_json::Value> =
                    classes.iter().zip(row).map(|(class, p)| (class.clone(), (*p).into())).collect();
                say(&serde_json::json!({ "class": classes[best], "probabilities": all }).to_string());
            }
            false => say(&format!("{},{:.4}", csv_cell(&classes[best]), row[best])),
        }
    }
    Ok(Ended::Done)
}

fn predict_values(outputs: &Array, names: &[String], json: bool) -> Result<Ended> {
    if !json {
        say(&names.iter().map(|name| csv_cell(name)).collect::<Vec<_>>().join(","));
    }
    for row in outputs.as_slice::<f32>()?.chunks(names.len().max(1)) {
        match json {
            true => {
                let all: serde_json::Map<String, serde_json::Value> =
                    names.iter().zip(row).map(|(name, value)| (name.clone(), (*value).into())).collect();
                say(&serde_json::Value::from(all).to_string());
            }
            false => say(&row.iter().map(f32::to_string).collect::<Vec<_>>().join(",")),
        }
    }
    Ok(Ended::Done)
}

/// A cell, quoted where it must be.
fn csv_cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}
