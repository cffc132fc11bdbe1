//! Writes exported programs of a few networks into a folder, and beside each the losses of the page: `cargo xtask peers` runs
//! them.

use std::path::Path;

use serde_json::{Value, json};
use tenseur_playground::config::Unit;
use tenseur_playground::{Message, Simulation};

const NETWORKS: [(&str, &str); 8] = [
    ("circle", "#dataset=circle"),
    ("relu", "#activation=relu&dataset=xor&xTimesY=true&regularization=L1&regularizationRate=0.001"),
    ("prelu", "#activation=prelu&dataset=gauss&optimizer=adam&loss=cross-entropy"),
    (
        "deep",
        "#networkShape=4,4,4,4&layerActivations=elu,selu,softplus,leaky-relu&xSquared=true&sinX=true&noise=20",
    ),
    (
        "smooth",
        "#networkShape=4,4,4&layerActivations=gelu,swish,sine&ySquared=true&sinY=true&optimizer=momentum",
    ),
    (
        "heights",
        "#problem=regression&regDataset=reg-gauss&activation=sigmoid&schedule=exponential&optimizer=nesterov",
    ),
    ("classes", "#problem=multiclass&classes=4&regularization=L2&regularizationRate=0.003&optimizer=rmsprop"),
    ("labels", "#problem=multilabel&networkShape=6&optimizer=adagrad&schedule=staircase"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("export FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for (name, hash) in NETWORKS {
        let mut simulation = Simulation::new(hash)?;
        let mut status = simulation.status()?;
        for _ in 0..10 {
            status = simulation.step(Unit::Epoch)?;
        }
        for (form, end) in [("python", ".py"), ("keras", "_keras.py"), ("pytorch", "_pytorch.py")] {
            let command = json!({ "type": "export", "form": form }).to_string();
            let messages = simulation.command(&command, &mut || 0.0);
            let [Message::Text(text)] = &messages[..] else { return Err(format!("{messages:?}").into()) };
            let answer: Value = serde_json::from_str(text)?;
            let program = answer["text"].as_str().ok_or_else(|| format!("{name}, {form}: {answer}"))?;
            std::fs::write(folder.join(format!("{name}{end}")), program)?;
        }
        let losses = json!({ "training": status.training.loss, "test": status.test.loss });
        std::fs::write(folder.join(format!("{name}.json")), losses.to_string())?;
    }
    Ok(())
}
