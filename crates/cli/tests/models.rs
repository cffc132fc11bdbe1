//! Models that are kept: SavedModels run, graphs frozen, trainings told to TensorBoard.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use tenseur::Graph;
use tenseur::formats::graph_file;
use tenseur::summary::{EventKind, SummaryKind, summary_iterator};

fn tenseur(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenseur"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A SavedModel that TensorFlow wrote.
fn saved_model(name: &str) -> String {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenseur/tests/data/saved_model").join(name);
    path.canonicalize().unwrap().to_str().unwrap().to_string()
}

#[test]
fn a_saved_model_runs_by_its_signature() {
    let folder = TempDir::new().unwrap();
    for name in ["reference", "resource"] {
        let model = saved_model(name);
        let feed = ["--signature", "serving_default", "--feed", "x=[[1,0,-1]]", "--json"];
        let run = |more: &[&str]| {
            let arguments: Vec<&str> = ["run", &model].iter().chain(&feed).chain(more).copied().collect();
            tenseur(folder.path(), &arguments)
        };
        let json: serde_json::Value = serde_json::from_str(&stdout(&run(&[]))).unwrap();
        assert_eq!(
            json,
            serde_json::json!([{ "name": "y", "dtype": "float32", "shape": [1, 2], "value": [[-3.5, -4.5]] }])
        );
        // Other tensors of the graph can be asked for too.
        let more = stdout(&run(&["--fetch", "MatMul", "--fetch", "y"]));
        let json: serde_json::Value = serde_json::from_str(&more).unwrap();
        assert_eq!(json[0]["value"], serde_json::json!([[-4.0, -4.0]]));
        assert_eq!(json[1]["name"], "y");
        let told = failure(&run(&["--tag", "gpu"]));
        assert!(told.contains("no graph with just the tags [gpu]; it has: [serve], [train]"), "{told}");
        let told = failure(&tenseur(folder.path(), &["run", &model, "--signature", "serve"]));
        assert!(told.contains("no signature \"serve\"; it has: serving_default, words"), "{told}");
        let text = stdout(&tenseur(folder.path(), &["inspect", &model]));
        assert!(text.contains("serving_default"), "{text}");
    }
    let told = failure(&tenseur(folder.path(), &["run", ".", "--signature", "serving_default"]));
    assert!(told.contains("holds no run"), "{told}");
}

#[test]
fn a_run_and_a_saved_model_are_frozen_and_give_the_same() {
    let folder = TempDir::new().unwrap();
    let here = |arguments: &[&str]| tenseur(folder.path(), arguments);
    stdout(&here(&["train", "toy:xor", "--epochs", "1", "--out", "run", "--layers", "4"]));
    let said = stdout(&here(&["freeze", "run", "--out", "run.pb", "--output", "logits"]));
    assert!(said.starts_with("run.pb: ") && said.trim_end().ends_with(" for logits:0"), "{said}");
    let value =
        |graph: &str| stdout(&here(&["run", graph, "--feed", "x=[[0.5,-1]]", "--fetch", "logits", "--json"]));
    assert_eq!(value("run"), value("run.pb"));
    let frozen = graph_file::load(folder.path().join("run.pb")).unwrap();
    assert!(frozen.operations().iter().all(|op| !op.op_type().starts_with("Var")));

    let model = saved_model("reference");
    let said = stdout(&here(&["freeze", &model, "--out", "model.pbtxt"]));
    assert!(said.trim_end().ends_with(" for y:0"), "{said}");
    let text = std::fs::read_to_string(folder.path().join("model.pbtxt")).unwrap();
    assert!(Graph::from_graph_def_text(&text).unwrap().tensor("y").is_ok());
    assert!(
        failure(&here(&["freeze", &model, "--out", "model.bin"])).contains("does not end in .pb or .pbtxt")
    );
    assert!(
        failure(&here(&["freeze", "run.pb", "--out", "x.pb", "--output", "nothing"])).contains("nothing")
    );
}

#[test]
fn weights_are_taken_whole_or_as_far_as_they_fit() {
    use tenseur::formats::npz;
    use tenseur::{Array, array};

    let folder = TempDir::new().unwrap();
    let tf = Graph::new();
    let (v, w) = (tf.variable(array![1.0, 2.0], "v"), tf.variable(array![3.0], "w"));
    assert_eq!((&*v * &*w).named("y").name(), "y:0");
    tf.global_variables_initializer();
    graph_file::save(folder.path().join("two.meta"), &tf).unwrap();
    let arrays: [(String, Array); 2] =
        [("v".into(), array![10.0, 20.0]), ("w".into(), array![0.5, 0.5, 0.5])];
    npz::save(folder.path().join("w.npz"), &arrays.into()).unwrap();
    let here = |more: &[&str]| {
        let own = ["run", "two.meta", "--init", "--weights", "w.npz", "--fetch", "y", "--json"];
        tenseur(folder.path(), &[&own[..], more].concat())
    };
    let told = failure(&here(&[]));
    assert!(told.contains("\"w\"") && told.contains("[3]"), "{told}");
    let output = here(&["--partial"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("left as it was: ") && said.contains("\"w\""), "{said}");
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json[0]["value"], serde_json::json!([30.0, 60.0]));
}

#[test]
fn a_training_is_told_to_tensorboard() {
    let folder = TempDir::new().unwrap();
    let arguments = ["train", "toy:xor", "--epochs", "3", "--logdir", "logs", "--out", "run"];
    stdout(&tenseur(folder.path(), &arguments));
    for (run, histograms, graphs) in [("training", true, 1), ("held_back", false, 0)] {
        let mut files = std::fs::read_dir(folder.path().join("logs").join(run)).unwrap();
        let path = files.next().unwrap().unwrap().path();
        let events: Vec<_> = summary_iterator(path).unwrap().collect::<tenseur::Result<_>>().unwrap();
        let graph = events.iter().filter(|event| matches!(event.what, Some(EventKind::GraphDef(_)))).count();
        assert_eq!(graph, graphs);
        let summaries: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.what {
                Some(EventKind::Summary(summary)) => Some((event.step, summary)),
                _ => None,
            })
            .collect();
        assert_eq!(summaries.len(), 3, "{run}");
        assert!(summaries.is_sorted_by_key(|(step, _)| *step));
        for (_, summary) in summaries {
            let tags: Vec<&str> = summary.value.iter().map(|value| value.tag.as_str()).collect();
            assert!(tags.starts_with(&["loss", "accuracy"]), "{tags:?}");
            let spread =
                summary.value.iter().any(|value| matches!(value.value, Some(SummaryKind::Histogram(_))));
            assert_eq!(spread, histograms);
        }
    }
}
