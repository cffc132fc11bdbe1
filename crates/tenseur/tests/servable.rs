//! Models as a server holds them: signatures of run folders and SavedModels, and which rows go together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tenseur::data::{self, Encoding, Example, Inputs};
use tenseur::formats::meta_graph::Signature;
use tenseur::learn::{Options, RunFolder, RunRecord, Score, Trainer};
use tenseur::prelude::*;
use tenseur::servable::Servable;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saved_model").join(name)
}

fn named(pairs: impl IntoIterator<Item = (&'static str, Array)>) -> BTreeMap<String, Array> {
    pairs.into_iter().map(|(name, array)| (name.to_string(), array)).collect()
}

#[test]
fn rows_go_together_where_they_are_independent() {
    let model = Servable::open(fixture("served"), &[]).unwrap();
    let independent: Vec<&str> =
        model.signatures().map(|(name, _)| name).filter(|name| model.rows_are_independent(name)).collect();
    // "centred" subtracts the mean of all rows, "twice" has no rows, and nothing is known of what is in records.
    assert_eq!(independent, ["kinds", "quotient", "scores", "serving_default"]);
    let model = model.with_independent_rows("scores", false);
    assert!(!model.rows_are_independent("scores") && !model.rows_are_independent("no such"));
    let unknown = model.run("no such", &BTreeMap::new()).unwrap_err();
    assert!(unknown.message().contains("no signature \"no such\"; it has: centred, classify"), "{unknown}");
}

#[test]
fn what_has_effects_is_neither_tried_nor_put_together() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let count = tf.variable_untrained(0.0, "count");
    let counted = count.assign_add(1.0);
    let y = {
        let _after = tf.control_dependencies([&counted]);
        &x * 2.0
    };
    let random = &x + tf.random_uniform([1]).tensor();
    for (name, output) in [("counts", &y), ("random", &random), ("pure", &(&x * 3.0))] {
        let signature = Signature {
            inputs: BTreeMap::from([("x".to_string(), x.clone())]),
            outputs: BTreeMap::from([("y".to_string(), output.clone())]),
            method_name: "tensorflow/serving/predict".to_string(),
        };
        tf.set_signature(name, &signature).unwrap();
    }
    let session = Session::new(&tf).unwrap();
    session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let model = Servable::new(session.clone(), feeds![]).unwrap();
    let independent = |name| model.rows_are_independent(name);
    assert_eq!([independent("counts"), independent("random"), independent("pure")], [false, false, true]);
    assert_eq!(session.run(&count, feeds![]).unwrap(), 0.0.into());
    model.run("counts", &named([("x", array![1.0])])).unwrap();
    assert_eq!(session.run(&count, feeds![]).unwrap(), 1.0.into());
}

/// A run folder of a few epochs on this data.
fn trained(folder: &Path, data: data::Dataset) -> (Trainer, Encoding) {
    let options = Options { epochs: 2, layers: vec![8], ..Options::default() };
    let encoding = data.encoding().clone();
    let mut trainer = Trainer::new(&options, data).unwrap();
    for _ in 0..options.epochs {
        trainer.run_epoch(&mut |_| true).unwrap();
    }
    let mut record = RunRecord {
        version: String::new(),
        data: "test".to_string(),
        target: None,
        held_back: 0.0,
        options,
        encoding: encoding.clone(),
        weights: String::new(),
        epoch: 0,
        step: 0,
        so_far: Score::default(),
        seconds: 0.0,
        epochs: Vec::new(),
    };
    RunFolder::create(folder).unwrap().save(&trainer, &mut record).unwrap();
    (trainer, encoding)
}

#[test]
fn a_network_of_images_tells_classes_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("digits").join("2");
    let (trainer, encoding) = trained(&path, data::digits());
    let Inputs::Image { height, width } = encoding.inputs else { panic!("digits are images") };
    let images = trainer.training().features().rows(100, 7).unwrap();
    let probabilities =
        trainer.trained().probabilities(&trainer.trained().outputs(&images).unwrap()).unwrap();
    let model = Servable::open(folder.path().join("digits"), &[]).unwrap();
    assert!(model.rows_are_independent("serving_default"));
    let images = images.reshape([7, height, width]).unwrap();
    let told = model.run("serving_default", &named([("image", images.clone())])).unwrap();
    assert_eq!(told["probabilities"], probabilities);
    let class = |row: &[f32]| {
        let best = (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
        encoding.classes()[best].clone().into_bytes()
    };
    let classes: Vec<Vec<u8>> = probabilities.as_slice::<f32>().unwrap().chunks(10).map(class).collect();
    assert_eq!(told["class"].as_strings().unwrap(), classes);

    let pixels = images.as_slice::<f32>().unwrap().chunks(height * width);
    let records = pixels.map(|image| Example::default().with("image", image.to_vec()).to_bytes());
    let records = Array::strings([7], records).unwrap();
    let told = model.run("classify", &named([("inputs", records)])).unwrap();
    assert_eq!(told["scores"], probabilities);
    assert_eq!(told["classes"].shape()[..], [7, 10]);
    assert_eq!(
        told["classes"].as_strings().unwrap()[10..20],
        (0..10).map(|i| i.to_string().into_bytes()).collect::<Vec<_>>()
    );
    assert!(model.signature("regress").is_err());
}

#[test]
fn a_network_of_a_table_takes_columns_and_tells_numbers_in_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("prices.csv");
    let line = |i: usize| {
        let colour = ["red", "green", "deep blue"][i % 3];
        format!("{},{colour},{}\n", i as f64 * 0.5, 100.0 + i as f64 * 3.0 + (i % 3) as f64 * 20.0)
    };
    let text: String =
        std::iter::once("width (cm),colour,price\n".to_string()).chain((0..30).map(line)).collect();
    std::fs::write(&table, text).unwrap();
    let data = data::csv::read(&table, &data::csv::Options::default()).unwrap();
    let data = data.scaled(&data.standard_scaling().unwrap()).unwrap();
    let data = data.with_scaled_targets(&data::Scaling::standard(data.targets()).unwrap()).unwrap();
    let (trainer, encoding) = trained(&folder.path().join("run"), data);
    let outputs = trainer.trained().outputs(&trainer.training().features().rows(0, 3).unwrap()).unwrap();
    let data::Target::Values { scaling: Some(scaling), .. } = &encoding.target else {
        panic!("{encoding:?}")
    };
    let expected = scaling.undo(&outputs).unwrap().to_f64().unwrap();
    let close = |told: &Array| {
        assert_eq!(told.shape()[..], [3]);
        for (told, expected) in told.to_f64().unwrap().iter().zip(&expected) {
            assert!((told - expected).abs() < 1e-3, "{told} {expected}");
        }
    };
    let model = Servable::open(folder.path().join("run"), &[]).unwrap();
    let rows =
        named([("width (cm)", array![0.0, 0.5, 1.0]), ("colour", array!["red", "green", "deep blue"])]);
    let told = model.run("serving_default", &rows).unwrap();
    assert_eq!(told.keys().collect::<Vec<_>>(), ["price"]);
    close(&told["price"]);
    assert!(model.rows_are_independent("serving_default"));
    let record = |width: f32, colour: &str| {
        Example::default().with("width (cm)", width).with("colour", colour).to_bytes()
    };
    let records =
        Array::strings([3], [record(0.0, "red"), record(0.5, "green"), record(1.0, "deep blue")]).unwrap();
    close(&model.run("regress", &named([("inputs", records)])).unwrap()["outputs"]);
    assert!(model.signature("classify").is_err());
}

#[test]
fn a_loop_that_never_ends_is_not_waited_for() {
    let tf = Graph::from_graph_def_text(include_str!("data/graph/endless.pbtxt")).unwrap();
    let signature = Signature {
        inputs: BTreeMap::from([("x".to_string(), tf.tensor("x").unwrap())]),
        outputs: BTreeMap::from([("y".to_string(), tf.tensor("y").unwrap())]),
        method_name: "tensorflow/serving/predict".to_string(),
    };
    tf.set_signature("endless", &signature).unwrap();
    let model = Servable::new(Session::new(&tf).unwrap(), feeds![]).unwrap();
    assert!(!model.rows_are_independent("endless"));
}
