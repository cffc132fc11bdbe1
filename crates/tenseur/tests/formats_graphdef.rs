//! Graphs go into files and come back as they were; what TensorFlow wrote stays as TensorFlow wrote it.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prost::Message;
use tenseur::conformance::Case;
use tenseur::formats::graphdef::{ImportOptions, import};
use tenseur::formats::proto::{
    ArgDef, Attr, AttrValue, FunctionDef, FunctionDefLibrary, GraphDef, NodeDef, OpDef, VersionDef,
};
use tenseur::ops::OPS;
use tenseur::prelude::*;
use tenseur::{Code, Error, Executor};

fn training() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/graph/training.pb")).unwrap()
}

fn build(case: &Case) -> Graph {
    let graph = Graph::new();
    graph.set_random_seed(7);
    let mut inputs = Vec::new();
    for (i, feed) in case.feeds.iter().enumerate() {
        if i < case.variables {
            inputs.push(graph.variable(feed, &format!("v{i}")).reference().clone());
        } else {
            let shape = tenseur::PartialShape::of_rank(feed.shape().rank());
            inputs.push(graph.placeholder_of(feed.dtype(), shape, &format!("x{i}")));
        }
    }
    (case.build)(&graph, &inputs);
    graph
}

#[test]
fn every_case_of_every_op_survives() {
    for entry in OPS {
        for case in (entry.cases)() {
            let graph = build(&case);
            let file = graph.as_graph_def().unwrap();
            let again = Graph::from_graph_def(&file)
                .unwrap_or_else(|error| panic!("{}, {}: {error}", entry.name, case.name));
            assert_eq!(graph.len(), again.len());
            for (a, b) in graph.operations().iter().zip(again.operations()) {
                assert_eq!((a.name(), a.op_type()), (b.name(), b.op_type()));
                let (a, b) = (graph.node(a.id()).unwrap(), again.node(b.id()).unwrap());
                assert_eq!((a.inputs, a.control_inputs), (b.inputs, b.control_inputs), "{}", a.name);
                let facts = |outputs: &Option<tenseur::graph::Facts>| format!("{outputs:?}");
                assert_eq!(facts(&a.outputs), facts(&b.outputs), "{}, {}", entry.name, case.name);
            }
            assert!(again.as_graph_def().unwrap() == file, "{}, {} changed", entry.name, case.name);
            again.verify().unwrap();
        }
    }
}

#[test]
fn a_graph_of_tensorflows_stays_byte_for_byte() {
    let graph = Graph::from_graph_def(&training()).unwrap();
    assert!(graph.as_graph_def().unwrap() == training());

    // What is added comes after, and what was there stays.
    let added = (graph.tensor("x:0").unwrap() * 2.0).named("twice");
    let before = GraphDef::decode(training().as_slice()).unwrap();
    let after = GraphDef::decode(graph.as_graph_def().unwrap().as_slice()).unwrap();
    let (old, new) = after.node.split_at(before.node.len());
    assert!(old == before.node && after.library == before.library && after.versions == before.versions);
    assert_eq!(new.last().unwrap().name, *added.op().name());
    assert!(new.last().unwrap().input.iter().any(|input| input == "x"));
}

#[test]
fn renamed_nodes_keep_the_rest_of_what_they_were() {
    let graph = Graph::from_graph_def(&training()).unwrap();
    graph.operation("layer/w").unwrap().rename("weights");
    let before = GraphDef::decode(training().as_slice()).unwrap();
    let after = GraphDef::decode(graph.as_graph_def().unwrap().as_slice()).unwrap();
    let renamed = |name: &String| match name.strip_prefix('^').unwrap_or(name) {
        "layer/w" => name.replace("layer/w", "weights"),
        _ => name.clone(),
    };
    for (before, after) in before.node.into_iter().zip(after.node) {
        let name = renamed(&before.name);
        let input = before.input.iter().map(renamed).collect();
        assert_eq!(NodeDef { name, input, ..before }, after);
    }
}

#[test]
fn an_import_can_have_a_scope_and_replace_inputs() {
    let graph = Graph::new();
    let images = graph.placeholder::<f32>([None, Some(2)], "images");
    let options = ImportOptions { name: "net", input_map: &[("x:0", &images)] };
    let nodes = import(&graph, &training(), &options).unwrap();
    let file = GraphDef::decode(training().as_slice()).unwrap();
    assert_eq!(nodes.len(), file.node.len());
    let written = GraphDef::decode(graph.as_graph_def().unwrap().as_slice()).unwrap();
    let node = |name: &str| written.node.iter().find(|node| node.name == name).unwrap();
    for (before, operation) in file.node.iter().zip(&nodes) {
        assert_eq!(*operation.name(), format!("net/{}", before.name));
        let after = node(&operation.name());
        assert_eq!((&after.op, &after.device), (&before.op, &before.device));
        for (before, after) in before.input.iter().zip(&after.input) {
            match before.strip_prefix('^') {
                None if before == "x" => assert_eq!(after, "images:0"),
                None => assert_eq!(*after, format!("net/{before}")),
                Some(control) => assert_eq!(*after, format!("^net/{control}")),
            }
        }
    }
    let class = node("net/after").attr["_class"].value.clone();
    let Some(Attr::List(list)) = class else { panic!("{class:?}") };
    assert_eq!(list.s, [b"loc:@net/layer/w".to_vec()]);
    // A second time the scope has another name.
    assert_eq!(
        *graph.import_graph_def(&training(), "net").unwrap()[0].name(),
        *format!("net_1/{}", file.node[0].name)
    );
}

#[test]
fn a_failed_import_leaves_the_graph_as_it_was() {
    let graph = Graph::from_graph_def(&training()).unwrap();
    let error = graph.import_graph_def(&training(), "").unwrap_err();
    assert!(error.message().contains("the graph has a node called \"x\" already"), "{error}");
    assert!(graph.as_graph_def().unwrap() == training());

    let graph = Graph::new();
    let half = graph.import_graph_def(&file([node("a", "Const", &[]), node("b", "Neg", &["a"])]), "scope");
    assert!(half.is_err() && graph.is_empty());
    assert_eq!(
        *graph.import_graph_def(&file([node("a", "NoOp", &[])]), "scope").unwrap()[0].name(),
        *"scope/a"
    );
}

fn node(name: &str, op: &str, input: &[&str]) -> NodeDef {
    NodeDef {
        name: name.into(),
        op: op.into(),
        input: input.iter().map(|input| input.to_string()).collect(),
        ..NodeDef::default()
    }
}

fn with(mut node: NodeDef, name: &str, value: Attr) -> NodeDef {
    node.attr.insert(name.into(), AttrValue { value: Some(value) });
    node
}

fn placeholder(name: &str) -> NodeDef {
    with(node(name, "Placeholder", &[]), "dtype", Attr::Type(1))
}

fn file<const N: usize>(nodes: [NodeDef; N]) -> Vec<u8> {
    GraphDef { node: nodes.into(), ..GraphDef::default() }.encode_to_vec()
}

#[test]
fn mistakes_are_refused_with_the_node_and_the_reason() {
    let float = |node| with(node, "T", Attr::Type(1));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (file([node("bad name", "NoOp", &[])]), "a node cannot be called \"bad name\""),
        (file([node("", "NoOp", &[])]), "a node cannot be called \"\""),
        (file([node("_a", "NoOp", &[])]), "a node cannot be called \"_a\""),
        (file([node("a", "NoOp", &[]), node("a", "NoOp", &[])]), "two nodes of the file are called \"a\""),
        (file([float(node("y", "Neg", &["x"]))]), "node \"y\" reads \"x\", and the file has no node \"x\""),
        (file([node("y", "NoOp", &["^x"])]), "node \"y\" reads \"^x\", and the file has no node \"x\""),
        (file([placeholder("x"), node("y", "Neg", &["^x", "x"])]), "reads \"x\" after a control input"),
        (file([placeholder("x"), node("y", "Neg", &["x:z"])]), "reads \"x:z\", which is not a tensor's name"),
        (file([placeholder("x"), float(node("y", "Neg", &["x:5"]))]), "reads output 5 of \"x\", which has 1"),
        (file([placeholder("x"), node("y", "Neg", &["x"])]), "attribute \"T\" is missing"),
        (
            file([placeholder("x"), with(node("y", "Neg", &["x"]), "T", Attr::Type(2))]),
            "input \"x\" is float32, and attribute \"T\" says float64",
        ),
        (
            file([placeholder("x"), with(float(node("y", "AddN", &["x", "x"])), "N", Attr::I(3))]),
            "input \"inputs\" is missing: attribute \"N\" says 3, and there are 2",
        ),
        (
            file([with(node("x", "Placeholder", &[]), "dtype", Attr::B(true))]),
            "attribute \"dtype\" should be a type",
        ),
        (
            file([
                float(node("a", "Neg", &["c"])),
                float(node("b", "Neg", &["a"])),
                float(node("c", "Neg", &["b"])),
            ]),
            "3 nodes are in a cycle",
        ),
        (file([node("a", "NoOp", &["^a"])]), "1 nodes are in a cycle: a → a"),
        (vec![7; 30], "the 30 bytes are not a GraphDef"),
    ];
    for (bytes, why) in cases {
        let error = Graph::from_graph_def(&bytes).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
        assert!(error.to_string().contains(why), "{error}\n  should say: {why}");
    }
    let text = Graph::from_graph_def(b"node {\n  name: \"x\"\n}").unwrap_err();
    assert!(text.advice().unwrap().contains(".pbtxt"), "{text}");
}

#[test]
fn newer_formats_are_refused() {
    let refused = |versions: VersionDef| -> Option<Error> {
        let graph = GraphDef { versions: Some(versions), ..GraphDef::default() };
        Graph::from_graph_def(&graph.encode_to_vec()).err()
    };
    let error = refused(VersionDef { min_consumer: 1 << 30, ..VersionDef::default() }).unwrap();
    assert!(error.message().contains("for readers of version 1073741824 or later"), "{error}");
    assert!(refused(VersionDef { producer: 1 << 30, ..VersionDef::default() }).is_none());
    let ours = GraphDef::decode(Graph::new().as_graph_def().unwrap().as_slice()).unwrap().versions.unwrap();
    assert!(refused(VersionDef { bad_consumers: vec![ours.producer], ..VersionDef::default() }).is_some());
}

#[test]
fn unknown_ops_are_kept_and_only_their_runs_fail() {
    let bytes = file([
        placeholder("x"),
        with(node("odd", "Frobnicate", &["x"]), "amount", Attr::I(3)),
        with(node("after", "Neg", &["odd:1"]), "T", Attr::Type(1)),
        with(node("y", "Neg", &["x", "^odd"]), "T", Attr::Type(1)),
        with(node("z", "Neg", &["x"]), "T", Attr::Type(1)),
    ]);
    let graph = Graph::from_graph_def(&bytes).unwrap();
    graph.verify().unwrap();
    assert!(graph.as_graph_def().unwrap() == bytes);
    assert_eq!(graph.operation("odd").unwrap().op_type(), "Frobnicate");
    let session = Session::new(&graph).unwrap();
    let run = |name: &str| {
        let fetch = graph.operation(name).unwrap().output(0);
        session.run(&fetch, feeds![graph.tensor("x").unwrap() => &array![1.0, 2.0]])
    };
    assert_eq!(run("z").unwrap(), array![-1.0, -2.0]);
    for name in ["odd", "after", "y"] {
        let error = run(name).unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{error}");
        assert!(error.message().contains("there is no op \"Frobnicate\""), "{error}");
    }
}

#[test]
fn all_ops_that_a_run_needs_and_that_are_not_there_are_named_at_once() {
    let negative = |name: &str, input: &str| with(node(name, "Neg", &[input]), "T", Attr::Type(1));
    let mut graph = GraphDef::decode(
        file([
            placeholder("x"),
            node("odd", "Frobnicate", &["x"]),
            node("odd_again", "Frobnicate", &["odd"]),
            node("blur", "Blur", &["odd_again"]),
            with(node("eighth", "Placeholder", &[]), "dtype", Attr::Type(24)),
            node("not_needed", "Smudge", &["x"]),
            node("all", "NoOp", &["^blur", "^eighth"]),
            negative("fine", "x"),
            negative("fed", "blur"),
            with(with(node("call", "body", &["x"]), "Tin", Attr::Type(1)), "unused", Attr::I(1)),
        ])
        .as_slice(),
    )
    .unwrap();
    let argument = |name: &str| ArgDef { name: name.into(), r#type: 1, ..ArgDef::default() };
    let function = FunctionDef {
        signature: Some(OpDef {
            name: "body".into(),
            input_arg: vec![argument("a")],
            output_arg: vec![argument("r")],
            ..OpDef::default()
        }),
        node_def: vec![node("inner", "Whirl", &["a"]), node("more", "Smear", &["inner:out:0"])],
        ret: [("r".to_string(), "more:out:0".to_string())].into(),
        ..FunctionDef::default()
    };
    graph.library = Some(FunctionDefLibrary { function: vec![function], ..FunctionDefLibrary::default() });
    let graph = Graph::from_graph_def(&graph.encode_to_vec()).unwrap();
    let x = || feeds![graph.tensor("x").unwrap() => &array![1.0]];
    for executor in [Executor::Planned, Executor::Reference] {
        let session = Session::new(&graph).unwrap().executor(executor);
        let error = session.run_op(&graph.operation("all").unwrap(), x()).unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(
            error.message(),
            "Placeholder: attribute \"dtype\": there is no data type with the number 24 (node \"eighth\"); there is no op \
             \"Blur\" (node \"blur\"); there is no op \"Frobnicate\" (node \"odd\" and another)"
        );
        let error = session.run(&graph.tensor("call").unwrap(), x()).unwrap_err();
        assert_eq!(
            error.message(),
            "there is no op \"Smear\" (node \"more\" of function \"body\"); there is no op \"Whirl\" (node \"inner\" of \
             function \"body\")"
        );
        assert_eq!(session.run(&graph.tensor("fine").unwrap(), x()).unwrap(), array![-1.0]);
        // What is computed from them can be named, and a run says what is missing.
        for name in ["blur:1", "fed:0"] {
            let error = session.run(&graph.tensor(name).unwrap(), x()).unwrap_err();
            assert!(
                error.message().starts_with("there is no op \"Blur\" (node \"blur\"); there is no op"),
                "{error}"
            );
        }
    }
    // So do gradients, and those of what is not there at all.
    for (y, why) in [
        ("fed", "there is no op \"Blur\" (node \"blur\"); there is no op"),
        ("x", "there is no tensor \"x:7\""),
    ] {
        let graph = Graph::from_graph_def(&graph.as_graph_def().unwrap()).unwrap();
        let y = graph.operation(y).unwrap().output(if y == "x" { 7 } else { 0 });
        assert_eq!(gradients(&[&y], &[&graph.tensor("x").unwrap()]), [None]);
        let error = graph.check().unwrap_err();
        assert!(error.message().starts_with("gradients: ") && error.message().contains(why), "{error}");
    }
    let session = Session::new(&graph).unwrap();
    let error = session.prepare(&graph.operation("all").unwrap(), &[]).err().unwrap();
    assert!(error.message().contains("Frobnicate") && error.message().contains("Blur"), "{error}");
}

#[test]
fn joined_files_share_functions_and_versions() {
    let graph = Graph::new();
    graph.import_graph_def(&training(), "a").unwrap();
    graph.import_graph_def(&training(), "b").unwrap();
    let file = GraphDef::decode(training().as_slice()).unwrap();
    let both = GraphDef::decode(graph.as_graph_def().unwrap().as_slice()).unwrap();
    assert_eq!(both.node.len(), 2 * file.node.len());
    assert_eq!((&both.library, &both.versions), (&file.library, &file.versions));

    let mut other = file;
    other.library.as_mut().unwrap().function[0].node_def.clear();
    let error = graph.import_graph_def(&other.encode_to_vec(), "c").unwrap_err();
    assert!(error.message().contains("another function called"), "{error}");
    assert_eq!(graph.len(), both.node.len());
}

#[test]
fn damaged_files_do_no_harm() {
    let whole = training();
    let changes = prop::collection::vec((0usize..whole.len(), any::<u8>()), 1..8);
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&(changes, 0usize..2 * whole.len()), |(changes, length)| {
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(length);
        if let Ok(graph) = Graph::from_graph_def(&bytes) {
            graph.verify().unwrap();
            graph.as_graph_def().unwrap();
        }
        Ok(())
    });
    result.unwrap();
}
