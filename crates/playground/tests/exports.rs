//! Exported programs and files give the losses of the page. The programs in Rust are examples of this package, which cargo
//! compiles: `UPDATE_EXPORTS=1 cargo test -p tenseur-playground --test exports` writes them anew. Those in Python are run by
//! `cargo xtask peers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tenseur::prelude::*;
use tenseur_playground::{Message, Simulation};

fn ask(simulation: &mut Simulation, command: Value) -> Value {
    let messages = simulation.command(&command.to_string(), &mut || 0.0);
    match &messages[..] {
        [Message::Text(text)] => serde_json::from_str(text).unwrap(),
        other => panic!("{command} gave {other:?}"),
    }
}

/// A dozen points of the problem, and a network that has learned a little of them.
fn learned(hash: &str) -> Simulation {
    let mut simulation = Simulation::new(hash).unwrap();
    let classes = match simulation.config().problem.name() {
        "multiclass" => 3,
        "regression" => 0,
        _ => 2,
    };
    let points = (0..12).map(|i| {
        let (x, y) = (f64::from(i % 5) * 1.3 - 2.9, f64::from(i % 7) * 1.1 - 3.2);
        let target = match classes {
            0 => 0.1 * x - 0.05 * y * x,
            2 => f64::from(i % 2 * 2 - 1),
            _ => f64::from(i % 3),
        };
        [x, y, target]
    });
    let points: Vec<[f64; 3]> = points.collect();
    let answer = ask(&mut simulation, json!({ "type": "drawnPoints", "points": points }));
    assert_eq!(answer["type"], "configured", "{answer}");
    for _ in 0..20 {
        ask(&mut simulation, json!({ "type": "step", "unit": "epoch" }));
    }
    simulation
}

const PROGRAMS: [(&str, &str); 4] = [
    ("xor", "#xTimesY=true&batchSize=3"),
    (
        "classes",
        "#problem=multiclass&networkShape=3,4&layerActivations=prelu,leaky-relu&optimizer=adam&regularization=L2&\
         regularizationRate=0.01&xSquared=true&ySquared=true&sinX=true&sinY=true",
    ),
    (
        "numbers",
        "#problem=regression&networkShape=3,2,2&layerActivations=gelu,sine,linear&optimizer=momentum&schedule=exponential&\
         regularization=L1&regularizationRate=0.003&initialization=he",
    ),
    (
        "probabilities",
        "#loss=cross-entropy&networkShape=3,2&layerActivations=swish,selu&optimizer=nesterov&schedule=staircase&decaySteps=9",
    ),
];

fn exported(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported").join(format!("{name}.rs"))
}

#[test]
fn programs_in_rust_give_the_losses_of_the_page_to_the_bit() {
    for (name, hash) in PROGRAMS {
        let mut simulation = learned(hash);
        let answer = ask(&mut simulation, json!({ "type": "export", "form": "rust" }));
        let text = answer["text"].as_str().unwrap_or_else(|| panic!("{name}: {answer}"));
        if std::env::var_os("UPDATE_EXPORTS").is_some() {
            std::fs::write(exported(name), text).unwrap();
            continue;
        }
        let compiled = std::fs::read_to_string(exported(name)).unwrap().replace("\r\n", "\n");
        assert!(compiled == text, "{name} is exported otherwise now: UPDATE_EXPORTS=1 brings it up to date");
        let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
        let program = folder.join(format!("exported_{name}{}", std::env::consts::EXE_SUFFIX));
        assert!(
            program.exists(),
            "cargo build -p tenseur-playground --examples (`cargo test` without --test does it)"
        );
        let output = Command::new(program).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let line = |start: &str| -> f32 {
            let found = printed.lines().find_map(|line| line.strip_prefix(start));
            found.unwrap_or_else(|| panic!("{printed}")).parse().unwrap()
        };
        let status = simulation.status().unwrap();
        assert_eq!(line("training loss "), status.training.loss.unwrap() as f32, "{name}");
        assert_eq!(line("test loss "), status.test.loss.unwrap() as f32, "{name}");
        assert_eq!(answer["loss"], status.training.loss.unwrap());
        assert!(line("after 25 more steps ") < line("training loss "), "{name}: {printed}");
    }
}

#[test]
fn graph_files_give_the_losses_of_the_page_to_the_bit() {
    for (name, hash) in PROGRAMS {
        let mut simulation = learned(hash);
        let answer = ask(&mut simulation, json!({ "type": "export", "form": "graphdef" }));
        let file = bytes(answer["base64"].as_str().unwrap());
        let tf = Graph::from_graph_def(&file).unwrap();
        let sess = Session::new(&tf).unwrap().portable();
        sess.run_op(&tf.operation("init").unwrap(), feeds![]).unwrap();
        let messages = simulation.command(r#"{ "type": "points" }"#, &mut || 0.0);
        let [Message::Binary(data)] = &messages[..] else { panic!("{messages:?}") };
        let length = u32::from_le_bytes(data[..4].try_into().unwrap()) as usize;
        let numbers: Vec<f32> = data[4 + length..]
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        let rows: Vec<&[f32]> = numbers[..18].chunks_exact(3).collect();
        let points: Vec<f32> = rows.iter().flat_map(|row| row[..2].to_vec()).collect();
        let label = |target: f32| match name {
            "classes" => (0..3).map(|class| f32::from(u8::from(class as f32 == target))).collect(),
            "probabilities" => vec![f32::from(u8::from(target > 0.0))],
            _ => vec![target],
        };
        let labels: Vec<f32> = rows.iter().flat_map(|row| label(row[2])).collect();
        let (points, labels) =
            (Array::new([6, 2], points).unwrap(), Array::new([6, labels.len() / 6], labels).unwrap());
        let tensor = |name: &str| tf.tensor(name).unwrap();
        let feeds = feeds![tensor("points") => points, tensor("labels") => labels];
        let loss: f32 = sess.run(&tensor("mean_loss"), feeds).unwrap().item().unwrap();
        assert_eq!(f64::from(loss), answer["loss"].as_f64().unwrap(), "{name}");
    }
}

/// What base 64 stands for.
fn bytes(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let words: Vec<u32> =
        text.chars().filter(|c| *c != '=').map(|c| LETTERS.find(c).unwrap() as u32).collect();
    let mut bytes = Vec::new();
    for four in words.chunks(4) {
        let word = (0..4).fold(0, |word, at| word << 6 | four.get(at).copied().unwrap_or(0));
        bytes.extend(&word.to_be_bytes()[1..four.len()]);
    }
    bytes
}

#[test]
fn models_are_saved_and_opened_as_they_were() {
    let mut simulation = learned(PROGRAMS[1].1);
    let saved = ask(&mut simulation, json!({ "type": "save" }));
    let model = saved["model"].as_str().unwrap().to_string();
    let before = simulation.status().unwrap();
    let mut other = Simulation::new("").unwrap();
    let answer = ask(&mut other, json!({ "type": "open", "model": model }));
    assert_eq!(answer["type"], "configured", "{answer}");
    let after = other.status().unwrap();
    assert_eq!((after.training.clone(), after.step), (before.training.clone(), before.step));
    // Both go on alike: the optimizer's memory is kept too.
    for _ in 0..5 {
        ask(&mut simulation, json!({ "type": "step", "unit": "batch" }));
        ask(&mut other, json!({ "type": "step", "unit": "batch" }));
    }
    assert_eq!(other.status().unwrap().training, simulation.status().unwrap().training);

    let parsed: Value = serde_json::from_str(&model).unwrap();
    let damaged = |change: &dyn Fn(&mut Value)| {
        let mut value = parsed.clone();
        change(&mut value);
        let answer =
            ask(&mut Simulation::new("").unwrap(), json!({ "type": "open", "model": value.to_string() }));
        assert_eq!(answer["type"], "failed", "{answer}");
        answer["message"].as_str().unwrap().to_string()
    };
    let message = damaged(&|value| value["variables"][0]["name"] = "w".into());
    assert!(message.contains("\"layer1/weights\" is missing; \"w\" is none of the network's"), "{message}");
    let message = damaged(&|value| value["variables"][1]["values"] = json!([1.0]));
    assert!(message.contains("variable \"layer1/bias\""), "{message}");
    damaged(&|value| value["version"] = 2.into());
    damaged(&|value| value["step"] = u64::MAX.into());
    damaged(&|value| value["own"]["examples"][0]["target"] = json!([7.0]));
    damaged(&|value| *value = json!([1, 2]));
}
