//! `tenseur train --url`: the playground's network without its page, and with its numbers.

use std::path::Path;

use tenseur::{Code, Error, Result};
use tenseur_playground::Simulation;
use tenseur_playground::config::Unit;
use tenseur_playground::protocol::{Score, Status};

use crate::{Ended, interrupt, say};

/// The epochs where neither the address nor the user says how many.
const USUAL_EPOCHS: u64 = 100;

/// Trains what `url` says for so many epochs, or until one of its own conditions stops it; keeps the model in `out`.
pub(crate) fn run(url: &str, epochs: Option<u64>, out: Option<&Path>, json: bool) -> Result<Ended> {
    let mut simulation = Simulation::new(url)?;
    for ignored in simulation.ignored() {
        tracing::warn!("left out: {}", ignored.message);
    }
    let own = match simulation.config().stop_epochs as u64 {
        0 => USUAL_EPOCHS,
        epochs => epochs,
    };
    let epochs = epochs.unwrap_or(own);
    let mut status = simulation.status()?;
    while status.epoch < epochs && status.stopped.is_none() && !interrupt::asked() {
        status = simulation.step(Unit::Epoch)?;
        if let Some(problem) = &status.problem {
            let text = format!("after {} epochs: {}", status.epoch, problem.message);
            return Err(Error::new(Code::InvalidArgument, text).hint("a smaller learning rate often helps"));
        }
        tracing::info!("epoch {}: {}", status.epoch, losses(&status));
    }
    if let Some(path) = out {
        let said = |error| Error::new(Code::NotFound, format!("cannot write {}: {error}", path.display()));
        std::fs::write(path, simulation.model()?).map_err(said)?;
    }
    report(&status, json);
    Ok(if status.epoch < epochs && status.stopped.is_none() { Ended::Interrupted } else { Ended::Done })
}

fn losses(status: &Status) -> String {
    let loss = |score: &Score| score.loss.map_or("none".to_string(), |loss| (loss as f32).to_string());
    format!("training loss {}, test loss {}", loss(&status.training), loss(&status.test))
}

/// The result on standard output: losses to the last digit, so that they can be compared.
fn report(status: &Status, json: bool) {
    if json {
        let score = |score: &Score| serde_json::json!({ "loss": score.loss, "accuracy": score.accuracy });
        let (training, test) = (score(&status.training), score(&status.test));
        say(&serde_json::json!({ "epochs": status.epoch, "training": training, "test": test }).to_string());
        return;
    }
    say(&format!("epochs {}", status.epoch));
    for (name, score) in [("training", &status.training), ("test", &status.test)] {
        if let Some(loss) = score.loss {
            say(&format!("{name} loss {}", loss as f32));
        }
        if let Some(accuracy) = score.accuracy {
            say(&format!("{name} accuracy {accuracy:.3}"));
        }
    }
}
