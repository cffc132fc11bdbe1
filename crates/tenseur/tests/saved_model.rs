//! SavedModels that TensorFlow wrote run; those that we write come back; hostile ones are refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use tenseur::Code;
use tenseur::formats::proto;
use tenseur::formats::saved_model::{self, SavedModel, SavedModelBuilder, simple_save};
use tenseur::prelude::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saved_model").join(name)
}

fn arguments(name: &str, value: Array) -> BTreeMap<String, Array> {
    BTreeMap::from([(name.to_string(), value)])
}

#[test]
fn what_tensorflow_saved_runs() {
    for name in ["reference", "resource"] {
        let model = SavedModel::open(fixture(name)).unwrap();
        assert_eq!(model.tags(), ["serve"]);
        let results = model.run("serving_default", &arguments("x", array![[1.0, 0.0, -1.0]])).unwrap();
        assert_eq!(results, BTreeMap::from([("y".to_string(), array![[-3.5, -4.5]])]), "{name}");
        // The asset is where the model is, and what is run first was run.
        assert_eq!(
            model.run("words", &BTreeMap::new()).unwrap()["words"].as_strings().unwrap(),
            [b"one two\n"]
        );
        let loaded = model.session().variables().into_iter().find(|(name, _)| name == "loaded");
        assert_eq!(loaded.unwrap().1, 1.0.into());
        assert_eq!(model.assets().len(), 1);

        let unknown = model.run("serving", &BTreeMap::new()).unwrap_err();
        assert!(
            unknown.message().contains("no signature \"serving\"; it has: serving_default, words"),
            "{unknown}"
        );
        let wrong = model.run("serving_default", &arguments("z", 1.0.into())).unwrap_err();
        assert!(wrong.message().contains("takes no \"z\"; it takes: x"), "{wrong}");
        let missing = model.run("serving_default", &BTreeMap::new()).unwrap_err();
        assert!(missing.message().contains("takes \"x\", which is not given"), "{missing}");
    }
    let tags = saved_model::tags(fixture("reference")).unwrap();
    assert_eq!(tags, [["serve"], ["train"]]);
    assert_eq!(SavedModel::open_with_tags(fixture("reference"), &["train"]).unwrap().tags(), ["train"]);
    let none = SavedModel::open_with_tags(fixture("reference"), &["serve", "gpu"]).err().unwrap();
    assert!(none.message().contains("just the tags [serve, gpu]; it has: [serve], [train]"), "{none}");
}

#[test]
fn what_tensorflow_2_saved_of_objects_runs() {
    let model = SavedModel::open(fixture("object")).unwrap();
    let results = model.run("serving_default", &arguments("x", array![[1.0, 2.0], [-0.5, 0.25]])).unwrap();
    let close = |name: &str, expected: Array| {
        assert_eq!(results[name].shape(), expected.shape());
        let pairs = results[name].to_f64().unwrap().into_iter().zip(expected.to_f64().unwrap());
        pairs.for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{name}: {a} {b}"));
    };
    close("score", array![6.0, 3.4]);
    close("hidden", array![[1.6, 2.2, 0.0], [0.0, 1.7, 0.0]]);
    let twice = model.run("twice", &arguments("x", array![1.5, -2.0])).unwrap();
    assert_eq!(twice["twice"], array![3.0, -4.0]);
    let mut names: Vec<String> = model.session().variables().into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(names, ["bias", "hidden", "output"]);
}

#[test]
fn a_model_of_objects_that_does_not_say_how_it_is_restored_is_told_when_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object");
    fs::create_dir_all(path.join("variables")).unwrap();
    for file in ["variables.index", "variables.data-00000-of-00001"] {
        let name = Path::new("variables").join(file);
        fs::copy(fixture("object").join(&name), path.join(&name)).unwrap();
    }
    let whole = fs::read(fixture("object").join("saved_model.pb")).unwrap();
    let mut model = proto::SavedModel::decode(whole.as_slice()).unwrap();
    // A function that reads its variable as what it is not.
    let library = model.meta_graphs[0].graph_def.as_mut().unwrap().library.as_mut().unwrap();
    let nodes = library.function.iter_mut().flat_map(|function| &mut function.node_def);
    for node in nodes.filter(|node| node.op == "ReadVariableOp" && node.name.starts_with("MatMul/")) {
        node.attr.insert("dtype".to_string(), proto::AttrValue { value: Some(proto::Attr::Type(3)) });
    }
    fs::write(path.join("saved_model.pb"), model.encode_to_vec()).unwrap();
    let told = SavedModel::open(&path)
        .and_then(|model| model.run("serving_default", &arguments("x", array![[1.0, 2.0]])));
    assert!(told.is_err());

    let mut model = proto::SavedModel::decode(whole.as_slice()).unwrap();
    model.meta_graphs[0].saver_def = None;
    fs::write(path.join("saved_model.pb"), model.encode_to_vec()).unwrap();
    let model = SavedModel::open(&path).unwrap();
    let told = model.run("serving_default", &arguments("x", array![[1.0, 2.0]])).unwrap_err();
    assert!(told.message().contains("read before it has been initialized"), "{told}");
    assert_eq!(model.run("twice", &arguments("x", array![1.0])).unwrap()["twice"], array![2.0]);
}

/// A model of every part: variables of both kinds, an asset, something to run first.
fn write(folder: &Path, text: bool) {
    let words = folder.with_extension("txt");
    fs::write(&words, "three").unwrap();
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let (a, b) = (tf.variable(2.0, "a"), tf.resource_variable(1.0, "b"));
    let y = (&x * &*a + &*b).named("y");
    let path = tf.constant("nowhere").named("path");
    let read = path.read_file().named("words");
    let first = b.assign_add(10.0);
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let signature = tenseur::formats::meta_graph::Signature {
        inputs: BTreeMap::from([("in".to_string(), x)]),
        outputs: BTreeMap::from([("out".to_string(), y), ("words".to_string(), read)]),
        method_name: saved_model::PREDICT_METHOD.to_string(),
    };
    tf.set_signature("serving_default", &signature).unwrap();
    let mut builder = SavedModelBuilder::new(folder).unwrap();
    builder.add_asset(&path, &words).unwrap();
    builder.add_meta_graph_and_variables(&sess, &["serve"], Some(&first)).unwrap();
    if text { builder.save_as_text().unwrap() } else { builder.save().unwrap() }
}

#[test]
fn what_we_save_comes_back_also_from_another_place() {
    for text in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models").join("first");
        fs::create_dir(folder.path().join("models")).unwrap();
        write(&path, text);
        fs::remove_file(path.with_extension("txt")).unwrap();
        assert_eq!(
            fs::read_dir(folder.path().join("models")).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        let moved = folder.path().join("moved");
        fs::rename(&path, &moved).unwrap();
        let model = SavedModel::open(&moved).unwrap();
        let results = model.run("serving_default", &arguments("in", array![1.0, 3.0])).unwrap();
        assert_eq!(results["out"], array![13.0, 17.0]);
        assert_eq!(results["words"].as_strings().unwrap(), [b"three"]);

        // What was read is saved again, with its saver's nodes and what is run first.
        let again = folder.path().join("again");
        let mut builder = SavedModelBuilder::new(&again).unwrap();
        for (tensor, path) in model.assets() {
            builder.add_asset(tensor, path).unwrap();
        }
        builder.add_meta_graph_and_variables(model.session(), &["serve"], None).unwrap();
        builder.save().unwrap();
        fs::remove_dir_all(&moved).unwrap();
        let again_model = SavedModel::open(&again).unwrap();
        let results = again_model.run("serving_default", &arguments("in", array![1.0])).unwrap();
        // What is run first was run twice by now, and its sum is in the variables.
        assert_eq!(
            (&results["out"], results["words"].as_strings().unwrap()),
            (&array![23.0], &[b"three".to_vec()][..])
        );
        assert!(SavedModel::read_graph(&again).unwrap().operation("save/restore_all").is_ok());
        assert!(SavedModel::read_graph(&again).unwrap().operation("save_1/restore_all").is_err());
    }
}

#[test]
fn a_place_that_is_taken_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fs::create_dir(&path).unwrap();
    write(&path, false);
    let error = SavedModelBuilder::new(&path).unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);

    let tf = Graph::new();
    let w = tf.variable(1.0, "w");
    let sess = Session::new(&tf).unwrap();
    let other = folder.path().join("other");
    let unset = simple_save(&sess, &other, [], [("w", &*w)]).unwrap_err();
    assert!(unset.message().contains("\"w\" cannot be saved: it holds nothing yet"), "{unset}");
    assert!(!other.exists());
    let builder = SavedModelBuilder::new(&other).unwrap();
    assert!(builder.save().unwrap_err().message().contains("has no graph"));
}

#[test]
fn assets_cannot_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    write(&path, false);
    let file = path.join("saved_model.pb");
    let mut whole = proto::SavedModel::decode(fs::read(&file).unwrap().as_slice()).unwrap();
    // Told in one place, and in the other.
    let mut in_a_collection = whole.clone();
    in_a_collection.meta_graphs[0].asset_file_def.clear();
    fs::write(&file, in_a_collection.encode_to_vec()).unwrap();
    assert_eq!(SavedModel::open(&path).unwrap().assets().len(), 1);
    whole.meta_graphs[0].collection_def.clear();
    for name in ["../secret", "/etc/passwd", "a/../../b", "", "."] {
        let mut model = whole.clone();
        model.meta_graphs[0].asset_file_def[0].filename = name.to_string();
        fs::write(&file, model.encode_to_vec()).unwrap();
        let error = SavedModel::open(&path).err().unwrap();
        assert!(error.message().contains("is not in the model's folder"), "{name}: {error}");
    }
}

#[test]
fn models_that_are_damaged_or_not_there_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = SavedModel::open(folder.path()).err().unwrap();
    assert_eq!(missing.code(), Code::NotFound);
    assert!(missing.message().ends_with("holds no SavedModel: it has no saved_model.pb"), "{missing}");
    let path = folder.path().join("model");
    write(&path, false);
    let file = path.join("saved_model.pb");
    let whole = fs::read(&file).unwrap();
    for cut in (0..whole.len()).step_by(37) {
        fs::write(&file, &whole[..cut]).unwrap();
        let error = SavedModel::open(&path).err().unwrap();
        assert!(error.message().contains("model"), "{cut}: {error}");
    }
    fs::write(&file, &whole).unwrap();
    fs::remove_file(path.join("variables/variables.index")).unwrap();
    let error = SavedModel::open(&path).err().unwrap();
    assert!(error.message().contains("variables.index"), "{error}");
    // The graph alone can still be looked at.
    assert!(SavedModel::read_graph(&path).is_ok());
}
