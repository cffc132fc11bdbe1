//! MetaGraphDefs: variables, collections and signatures come along, and what TensorFlow wrote stays as it was.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use tenseur::formats::graph_file;
use tenseur::formats::meta_graph::Signature;
use tenseur::formats::proto::{Collection, MetaGraphDef, TensorEncoding, VariableDef};
use tenseur::graph::collections;
use tenseur::prelude::*;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(data(&format!("graph/{name}.meta"))).unwrap()
}

fn message(graph: &Graph) -> MetaGraphDef {
    MetaGraphDef::decode(graph.as_meta_graph().unwrap().as_slice()).unwrap()
}

fn names(variables: Vec<Variable>) -> Vec<String> {
    variables.iter().map(Variable::name).collect()
}

/// One program with reference variables, and with resource variables: a linear layer and a momentum step.
const KINDS: [&str; 2] = ["reference", "resource"];

#[test]
fn tensorflows_files_stay_byte_for_byte() {
    for kind in KINDS {
        let graph = Graph::from_meta_graph(&bytes(kind)).unwrap();
        assert!(graph.as_meta_graph().unwrap() == bytes(kind), "{kind} changed");
        let text = graph.as_meta_graph_text().unwrap();
        assert!(
            Graph::from_meta_graph_text(&text).unwrap().as_meta_graph().unwrap() == bytes(kind),
            "{kind}"
        );
    }
    let text = Graph::from_meta_graph_text(&fs::read_to_string(data("graph/reference.meta.pbtxt")).unwrap())
        .unwrap();
    let binary = MetaGraphDef::decode(bytes("reference").as_slice()).unwrap();
    assert!(message(&text) == binary);
    // What nobody here knows stays too: field 99, a number.
    let more = [bytes("resource"), vec![0x98, 0x06, 7]].concat();
    assert!(Graph::from_meta_graph(&more).unwrap().as_meta_graph().unwrap() == more);
}

#[test]
fn variables_and_collections_are_restored_and_the_program_goes_on_as_in_tensorflow() {
    for kind in KINDS {
        let tf = Graph::from_meta_graph(&bytes(kind)).unwrap();
        let slots = ["layer/w/Momentum:0", "layer/b/Momentum:0"];
        assert_eq!(names(tf.trainable_variables()), ["layer/w:0", "layer/b:0"]);
        assert_eq!(
            names(tf.global_variables()),
            [&["layer/w:0", "layer/b:0", "step:0"][..], &slots].concat()
        );
        assert_eq!(names(tf.local_variables()), ["seen:0"]);
        assert!(tf.global_variables().iter().all(|variable| variable.is_resource() == (kind == "resource")));
        let train = tf.collection_operations(collections::TRAIN_OP).remove(0);
        assert_eq!(&*train.name(), "train");
        let loss = tf.collection("losses").remove(0);
        assert_eq!(loss.name(), "loss:0");
        assert_eq!(tf.collection(collections::GLOBAL_VARIABLES).len(), 5);
        let serving = &tf.signatures()["serving_default"];
        let (x, out) = (&serving.inputs["x"], &serving.outputs["out"]);
        assert_eq!((x.name(), out.name()), ("x:0".into(), "out:0".into()));

        let session = Session::new(&tf).unwrap();
        session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        let y = tf.tensor("y").unwrap();
        let feeds = || feeds![x => array![[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]], y => array![[1.0], [0.0]]];
        let close = |got: Array, want: f32| {
            let got = got.item::<f32>().unwrap();
            assert!((got - want).abs() <= 1e-5 * want.abs(), "{kind}: {got} and not {want}");
        };
        // TensorFlow's losses.
        for want in [10.625, 3.736_249_7, 7.629_050_3] {
            close(session.run((&loss, &train), feeds()).unwrap().0, want);
        }
        close(session.run(&loss, feeds()).unwrap(), 0.348_390_6);
        // And its checkpoint after these steps. Local variables are not in it.
        let other = Session::new(&tf).unwrap();
        other.restore(data(&format!("checkpoint/{kind}"))).unwrap();
        close(other.run(&loss, feeds()).unwrap(), 0.348_390_6);
        let error = other.run(&tf.local_variables()[0], feeds![]).unwrap_err();
        assert!(error.to_string().contains("initializer"), "{error}");
        other.run_op(&tf.local_variables_initializer(), feeds![]).unwrap();
        assert_eq!(other.run(&tf.local_variables()[0], feeds![]).unwrap(), 0.into());
        // Gradients and optimizers of ours go on from there.
        let ours = train::GradientDescentOptimizer::new(0.01).minimize(&loss);
        other.run_op(&ours, feeds()).unwrap();
        assert!(other.run(&loss, feeds()).unwrap().item::<f32>().unwrap() < 0.348);
    }
}

#[test]
fn what_is_added_comes_after_and_the_rest_stays() {
    for kind in KINDS {
        let before = MetaGraphDef::decode(bytes(kind).as_slice()).unwrap();
        let tf = Graph::from_meta_graph(&bytes(kind)).unwrap();
        let more = tf.variable(array![1.0, 2.0], "more");
        tf.add_to_collection("losses", (&*more * 2.0).named("twice"));
        tf.add_operation_to_collection("new", &tf.operation("train").unwrap());
        let after = message(&tf);
        for (name, collection) in &before.collection_def {
            let now = &after.collection_def[name];
            match (collection.kind.clone().unwrap(), now.kind.clone().unwrap()) {
                (Collection::BytesList(old), Collection::BytesList(new)) => {
                    let grown = name == "variables" || name == "trainable_variables";
                    assert_eq!(new.value[..old.value.len()], old.value, "{name}");
                    assert_eq!(new.value.len(), old.value.len() + usize::from(grown), "{name}");
                }
                (Collection::NodeList(old), Collection::NodeList(new)) if name == "losses" => {
                    assert_eq!(new.value, [&old.value[..], &["twice:0".to_string()]].concat());
                }
                (old, new) => assert_eq!(old, new, "{name}"),
            }
        }
        let Some(Collection::NodeList(new)) = &after.collection_def["new"].kind else { panic!() };
        assert_eq!(new.value, ["train"]);
        let Some(Collection::BytesList(variables)) = &after.collection_def["variables"].kind else {
            panic!()
        };
        let def = VariableDef::decode(variables.value.last().unwrap().as_slice()).unwrap();
        assert_eq!(def.variable_name, "more:0");
        assert_eq!(def.initializer_name, "more/Assign");
        assert_eq!(def.snapshot_name, "more/read:0");
        assert_eq!(def.initial_value_name, more.initial_value().name());
        assert!(def.trainable && !def.is_resource);
        let rest = |message: MetaGraphDef| MetaGraphDef {
            graph_def: None,
            collection_def: Default::default(),
            ..message
        };
        assert_eq!(rest(after), rest(before));
    }
}

#[test]
fn new_names_are_told_everywhere() {
    for kind in KINDS {
        let tf = Graph::from_meta_graph(&bytes(kind)).unwrap();
        for (old, new) in [("layer/w", "weights"), ("loss", "cost"), ("x", "images"), ("save/Const", "file")]
        {
            tf.operation(old).unwrap().rename(new);
        }
        let after = message(&tf);
        assert_eq!(after.saver_def.as_ref().unwrap().filename_tensor_name, "file:0");
        let info = &after.signature_def["serving_default"].inputs["x"];
        assert_eq!(info.encoding, Some(TensorEncoding::Name("images:0".into())));
        let again = Graph::from_meta_graph(&tf.as_meta_graph().unwrap()).unwrap();
        assert_eq!(names(again.trainable_variables()), ["weights:0", "layer/b:0"]);
        assert_eq!(again.collection("losses")[0].name(), "cost:0");
        assert_eq!(again.signatures()["serving_default"].inputs["x"].name(), "images:0");
    }
}

#[test]
fn our_own_programs_come_back_whole() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let w = tf.variable(array![[1.0], [2.0]], "w");
    let scale = tf.resource_variable(0.5, "scale");
    let step = tf.variable_untrained(0, "step");
    let y = (x.matmul(&w) * &*scale).named("y");
    let serving = Signature {
        inputs: [("x".to_string(), x.clone())].into(),
        outputs: [("y".to_string(), y.clone())].into(),
        method_name: "tensorflow/serving/predict".into(),
    };
    tf.set_signature("serving_default", &serving).unwrap();
    let file = tf.as_meta_graph().unwrap();
    let again = Graph::from_meta_graph(&file).unwrap();
    assert!(again.as_meta_graph().unwrap() == file);
    assert_eq!(names(again.global_variables()), [w.name(), scale.name(), step.name()]);
    assert_eq!(names(again.trainable_variables()), [w.name(), scale.name()]);
    let kinds: Vec<bool> = again.global_variables().iter().map(Variable::is_resource).collect();
    assert_eq!(kinds, [false, true, false]);
    let session = Session::new(&again).unwrap();
    session.run_op(&again.global_variables_initializer(), feeds![]).unwrap();
    let Signature { inputs, outputs, .. } = &again.signatures()["serving_default"];
    let result = session.run(&outputs["y"], feeds![inputs["x"] => array![[1.0, 1.0]]]).unwrap();
    assert_eq!(result, array![[1.5]]);

    // A signature that is set again is another one; what is of another graph is refused.
    let other = Signature { method_name: "other".into(), ..again.signatures()["serving_default"].clone() };
    again.set_signature("serving_default", &other).unwrap();
    assert_eq!(message(&again).signature_def["serving_default"].method_name, "other");
    assert!(
        again.set_signature("mine", &serving).unwrap_err().message().contains("belongs to another graph")
    );
    tf.add_to_collection(collections::GLOBAL_VARIABLES, &y);
    let error = tf.as_meta_graph().unwrap_err();
    assert!(
        error.message().contains("collection \"variables\" holds \"y:0\", which is no variable"),
        "{error}"
    );
}

#[test]
fn two_files_in_one_graph_have_the_variables_of_both() {
    let tf = Graph::new();
    for (kind, scope) in KINDS.iter().zip(["a", "b"]) {
        let nodes = tf.import_meta_graph(&bytes(kind), scope).unwrap();
        assert_eq!(*nodes[0].name(), format!("{scope}/x"));
    }
    let all = ["a/layer/w:0", "a/layer/b:0", "b/layer/w:0", "b/layer/b:0"];
    assert_eq!(names(tf.trainable_variables()), all);
    let again = Graph::from_meta_graph(&tf.as_meta_graph().unwrap()).unwrap();
    assert_eq!(names(again.trainable_variables()), all);
    assert_eq!(names(again.local_variables()), ["a/seen:0", "b/seen:0"]);
    let session = Session::new(&again).unwrap();
    session.run_op(&again.global_variables_initializer(), feeds![]).unwrap();
    assert_eq!(session.run(&again.trainable_variables()[3], feeds![]).unwrap(), array![0.0]);
}

#[test]
fn mistakes_are_refused_and_leave_the_graph_as_it_was() {
    let changed = |change: &dyn Fn(&mut MetaGraphDef)| {
        let mut message = MetaGraphDef::decode(bytes("reference").as_slice()).unwrap();
        change(&mut message);
        message.encode_to_vec()
    };
    let list = |message: &mut MetaGraphDef, name: &str, value: &str| {
        let kind = message.collection_def.get_mut(name).unwrap().kind.as_mut().unwrap();
        let Collection::NodeList(list) = kind else { panic!() };
        list.value = vec![value.to_string()];
    };
    let variable = |message: &mut MetaGraphDef, change: &dyn Fn(&mut VariableDef)| {
        let kind = message.collection_def.get_mut("variables").unwrap().kind.as_mut().unwrap();
        let Collection::BytesList(variables) = kind else { panic!() };
        let mut def = VariableDef::decode(variables.value[0].as_slice()).unwrap();
        change(&mut def);
        variables.value[0] = def.encode_to_vec();
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![7; 30], "the 30 bytes are not a MetaGraphDef"),
        (
            changed(&|m| list(m, "losses", "lost:0")),
            "collection \"losses\": the graph has no operation called \"lost\"",
        ),
        (
            changed(&|m| list(m, "losses", "loss:1")),
            "collection \"losses\": the graph has no tensor called \"loss:1\"",
        ),
        (changed(&|m| list(m, "train_op", "nothing")), "collection \"train_op\": the graph has no operation"),
        (
            changed(&|m| variable(m, &|def| def.initializer_name = "nothing".into())),
            "collection \"variables\": variable \"layer/w:0\": the graph has no operation called \"nothing\"",
        ),
        (
            changed(&|m| {
                m.signature_def.get_mut("serving_default").unwrap().inputs.get_mut("x").unwrap().encoding =
                    Some(TensorEncoding::Name("lost:0".into()))
            }),
            "signature \"serving_default\": the graph has no operation called \"lost\"",
        ),
    ];
    for (bytes, why) in &cases {
        let error = Graph::from_meta_graph(bytes).unwrap_err();
        assert!(error.to_string().contains(why), "{error}\n  should say: {why}");
    }
    let graph = Graph::new();
    assert!(graph.import_meta_graph(&cases[1].0, "scope").is_err() && graph.is_empty());
    // A variable whose reading is not named has the first one that there is.
    let unnamed = changed(&|m| variable(m, &|def| def.snapshot_name.clear()));
    assert_eq!(
        Graph::from_meta_graph(&unnamed).unwrap().global_variables()[0].as_ref().name(),
        "layer/w/read:0"
    );
}

#[test]
fn files_are_read_by_their_endings() {
    let folder = tempfile::tempdir().unwrap();
    let graph = graph_file::load(data("graph/reference.meta")).unwrap();
    assert_eq!(graph.global_variables().len(), 5);
    // A text that holds a meta graph, whatever its name.
    let path = folder.path().join("model.pbtxt");
    fs::copy(data("graph/reference.meta.pbtxt"), &path).unwrap();
    assert_eq!(graph_file::load(&path).unwrap().global_variables().len(), 5);
    assert_eq!(
        graph_file::load(data("graph/training.pbtxt")).unwrap().len(),
        graph_file::load(data("graph/training.pb")).unwrap().len()
    );
    fs::write(&path, b"node {\n name: \"\xff\" }").unwrap();
    let error = graph_file::load(&path).unwrap_err().to_string();
    assert!(error.contains("model.pbtxt: line 2: the text is not UTF-8"), "{error}");
    let error = graph_file::save(folder.path().join("model.txt"), &graph).unwrap_err().to_string();
    assert!(error.contains("does not end in .pb, .pbtxt, .meta or .meta.pbtxt"), "{error}");
    assert!(
        graph_file::load(folder.path().join("nothing.pb")).unwrap_err().to_string().contains("nothing.pb")
    );
}

#[test]
fn the_variables_of_a_graph_def_are_saved_and_restored_by_their_ops() {
    let folder = tempfile::tempdir().unwrap();
    let (prefix, again_prefix) = (folder.path().join("a"), folder.path().join("b"));
    let tf = Graph::new();
    tf.variable(array![1.0, 2.0], "w");
    tf.resource_variable(3, "n");
    let session = Session::new(&tf).unwrap();
    session.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    session.save(&prefix).unwrap();
    let again = Graph::from_graph_def(&tf.as_graph_def().unwrap()).unwrap();
    assert!(again.global_variables().is_empty());
    let session = Session::new(&again).unwrap();
    session.restore(&prefix).unwrap();
    let values = (&again.tensor("w/read").unwrap(), &again.tensor("n/Read/ReadVariableOp").unwrap());
    assert_eq!(session.run(values, feeds![]).unwrap(), (array![1.0, 2.0], 3.into()));
    session.save(&again_prefix).unwrap();
    let data = |prefix: &Path| fs::read(prefix.with_extension("data-00000-of-00001")).unwrap();
    assert_eq!(data(&prefix), data(&again_prefix));
    let other = Graph::new();
    other.variable(array![1.0, 2.0], "v");
    let other = Graph::from_graph_def(&other.as_graph_def().unwrap()).unwrap();
    let error = Session::new(&other).unwrap().restore(&prefix).unwrap_err();
    assert!(
        error.message().contains("\"v\" is missing") && error.message().contains("\"w\" is not a variable"),
        "{error}"
    );
}
