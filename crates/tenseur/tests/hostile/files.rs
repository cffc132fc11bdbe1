//! What is refused when a file is imported.

use std::collections::BTreeMap;

use prost::Message;
use tenseur::Executor;
use tenseur::formats::proto::{Attr, AttrList, AttrValue, GraphDef, NameAttrList};
use tenseur::ops::OPS;
use tenseur::prelude::*;
use tenseur::session::Cancellation;

use super::builder::*;

#[test]
fn a_file_that_breaks_off_is_refused_or_is_a_smaller_graph() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/graph/training.pb")).unwrap();
    let mut imported = 0;
    for length in (0..whole.len()).step_by(37) {
        if let Ok(graph) = Graph::from_graph_def(&whole[..length]) {
            imported += 1;
            graph.verify().unwrap();
        }
    }
    assert!(imported < whole.len() / 37 / 4, "{imported} parts of a graph are graphs");
}

#[test]
fn bytes_that_are_changed_never_make_it_panic() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/graph/training.pb")).unwrap();
    for place in (0..whole.len()).step_by(23) {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= change;
            let _ = Graph::from_graph_def(&bytes).map_err(|error| error.to_string());
        }
    }
}

#[test]
fn cycles_are_refused_by_name() {
    let t = || ("T", Attr::Type(FLOAT));
    let text = refused(&[node("a", "Identity", &["b"], [t()]), node("b", "Identity", &["a"], [t()])]);
    assert_eq!(text, "2 nodes are in a cycle: b → a → b");
    let text = refused(&[node("a", "Identity", &["a"], [t()])]);
    assert_eq!(text, "1 nodes are in a cycle: a → a");
    let text = refused(&[node("a", "NoOp", &["^b"], []), node("b", "NoOp", &["^a"], [])]);
    assert!(text.contains("in a cycle"), "{text}");
    // Only what goes from a NextIteration to a Merge may lead back.
    let text =
        refused(&[node("a", "Identity", &["next"], [t()]), node("next", "NextIteration", &["a"], [t()])]);
    assert!(text.contains("in a cycle: next → a → next"), "{text}");
    let merge = |inputs: &[&str]| node("merge", "Merge", inputs, [t(), ("N", Attr::I(2))]);
    let text = refused(&[
        merge(&["x", "a"]),
        placeholder("x", FLOAT, &[]),
        node("a", "Identity", &["merge"], [t()]),
    ]);
    assert!(text.contains("in a cycle"), "{text}");
}

#[test]
fn what_a_loop_leads_back_must_be_there_and_of_its_type() {
    let t = || ("T", Attr::Type(FLOAT));
    let next = |inputs: &[&str], dtype| node("next", "NextIteration", inputs, [("T", Attr::Type(dtype))]);
    let good = Graph::from_graph_def(&file(&looped("next", next(&["twice"], FLOAT)))).unwrap();
    let feeds = feeds![good.tensor("x").unwrap() => 1.0];
    assert_eq!(Session::new(&good).unwrap().run(&good.tensor("exit").unwrap(), feeds).unwrap(), 16.0.into());

    let text = refused(&looped("next:1", next(&["twice"], FLOAT)));
    assert!(text.contains("\"merge\" reads output 1 of \"next\", which has 1"), "{text}");
    let text = refused(&looped("next", next(&["more"], BOOL)));
    assert!(text.contains("\"merge\"") && text.contains("bool"), "{text}");
    let text = refused(&looped("nowhere", next(&["twice"], FLOAT)));
    assert!(text.contains("no node \"nowhere\""), "{text}");
    let text = refused(&[
        node("merge", "Merge", &["next", "next"], [t(), ("N", Attr::I(2))]),
        node("next", "NextIteration", &["merge"], [t()]),
    ]);
    assert!(text.contains("merge"), "{text}");
}

#[test]
fn shapes_that_no_memory_holds_are_refused() {
    let text = refused(&[placeholder("x", FLOAT, &[-2])]);
    assert!(text.contains("\"x\"") && text.contains("size of -2"), "{text}");
    let text = refused(&[constant("big", FLOAT, &[1 << 40, 1 << 40], 1)]);
    assert!(text.contains("\"big\"") && text.contains("more elements than any memory"), "{text}");
    let text = refused(&[constant("big", FLOAT, &[3_000_000_000], 1)]);
    assert!(text.contains("\"big\"") && text.contains("ResourceExhausted"), "{text}");
    let text = refused(&[constant("big", 7, &[3_000_000_000], 1)]);
    assert!(text.contains("\"big\""), "{text}");
    let text = refused(&[placeholder("x", FLOAT, &[1 << 40, 1 << 40])]);
    assert!(text.contains("\"x\""), "{text}");
}

#[test]
fn nesting_is_refused_before_the_stack_ends() {
    let mut value = Attr::I(1);
    for _ in 0..200 {
        let attr = BTreeMap::from([("f".to_string(), AttrValue { value: Some(value) })]);
        value = Attr::Func(NameAttrList { name: "f".to_string(), attr });
    }
    let deep = node("deep", "NoOp", &[], [("f", value)]);
    let error = Graph::from_graph_def(&file(&[deep])).unwrap_err().to_string();
    assert!(error.contains("deep"), "{error}");
}

#[test]
fn attributes_of_any_other_kind_never_make_an_op_panic() {
    let kinds = || {
        let list = |list: AttrList| Some(Attr::List(list));
        vec![
            None,
            Some(Attr::I(0)),
            Some(Attr::I(-1)),
            Some(Attr::I(i64::MAX)),
            Some(Attr::I(i64::MIN)),
            Some(Attr::F(f32::NAN)),
            Some(Attr::B(true)),
            Some(Attr::S(vec![0xff])),
            Some(Attr::S(b"SAME".to_vec())),
            Some(Attr::Type(7)),
            Some(Attr::Type(BOOL)),
            Some(Attr::Type(VARIANT)),
            Some(Attr::Type(FLOAT)),
            Some(Attr::Type(99)),
            Some(Attr::Shape(shape(&[-1, 3]))),
            Some(Attr::Shape(shape(&[i64::MAX, i64::MAX]))),
            Some(Attr::Placeholder("T".to_string())),
            list(AttrList::default()),
            list(AttrList { i: vec![i64::MIN, 0, i64::MAX, -1, 1], ..AttrList::default() }),
            list(AttrList { r#type: vec![FLOAT, 7], ..AttrList::default() }),
        ]
    };
    // An attribute gets a quarter of them, the next another quarter.
    let mut turn = 0..;
    for entry in OPS {
        let Some(case) = (entry.cases)().into_iter().next() else { continue };
        let graph = Graph::new();
        let mut inputs = Vec::new();
        for (i, feed) in case.feeds.iter().enumerate() {
            inputs.push(match i < case.variables {
                true => graph.variable(feed, &format!("v{i}")).reference().clone(),
                false => graph.placeholder_of(feed.dtype(), feed.shape(), &format!("x{i}")),
            });
        }
        (case.build)(&graph, &inputs);
        let written = GraphDef::decode(&graph.as_graph_def().unwrap()[..]).unwrap();
        let Some(at) = written.node.iter().position(|node| node.op == entry.name) else { continue };
        for name in written.node[at].attr.keys().cloned().collect::<Vec<_>>() {
            for kind in kinds().into_iter().skip(turn.next().unwrap_or(0) % 4).step_by(4) {
                let mut changed = written.clone();
                changed.node[at].attr.insert(name.clone(), AttrValue { value: kind });
                let Ok(graph) = Graph::from_graph_def(&changed.encode_to_vec()) else { continue };
                // Some make a loop that never ends.
                let cancellation = Cancellation::new();
                cancel_after(&cancellation, 500);
                for executor in [Executor::Planned, Executor::Reference] {
                    let session = Session::new(&graph).unwrap().executor(executor).threads(1);
                    let session = session.cancelled_by(&cancellation);
                    let mut feeds = Feeds::new();
                    for (i, feed) in case.feeds.iter().enumerate().skip(case.variables) {
                        // What was changed may be the placeholder.
                        if let Ok(tensor) = graph.tensor(&format!("x{i}")) {
                            feeds = feeds.with(tensor, feed);
                        }
                    }
                    for operation in graph.operations() {
                        let _ = session.run_op(&operation, feeds.clone()).map_err(|error| error.to_string());
                    }
                }
            }
        }
    }
}

#[test]
fn vectors_with_a_number_for_each_of_too_many_axes_are_refused() {
    let t = || ("T", Attr::Type(FLOAT));
    let x = || node("x", "Placeholder", &[], [("dtype", Attr::Type(FLOAT))]);
    let ops = [
        node("y", "Tile", &["x", "v"], [t(), ("Tmultiples", Attr::Type(INT))]),
        node("y", "Slice", &["x", "v", "v"], [t(), ("Index", Attr::Type(INT))]),
        node("y", "StridedSlice", &["x", "v", "v", "v"], [t(), ("Index", Attr::Type(INT))]),
        node("y", "Reshape", &["x", "v"], [t(), ("Tshape", Attr::Type(INT))]),
        node("y", "Transpose", &["x", "v"], [t(), ("Tperm", Attr::Type(INT))]),
        node("y", "BroadcastTo", &["x", "v"], [t(), ("Tidx", Attr::Type(INT))]),
        node("y", "Fill", &["v", "one"], [t(), ("index_type", Attr::Type(INT))]),
        node("y", "Pad", &["x", "m"], [t(), ("Tpaddings", Attr::Type(INT))]),
    ];
    for op in ops {
        let [v, m] = [placeholder("v", INT, &[1 << 40]), placeholder("m", INT, &[1 << 40, 2])];
        let text = refused(&[x(), v, m, constant("one", FLOAT, &[], 1), op]);
        assert!(text.contains("\"y\"") && text.contains("axes"), "{text}");
    }
}

#[test]
fn gradients_through_an_op_that_is_not_known_are_an_error() {
    let t = || ("T", Attr::Type(FLOAT));
    let nodes = |inputs: &[&str]| {
        [
            placeholder("x", FLOAT, &[]),
            node("strange", "NobodyKnowsThis", &["x"], []),
            node("y", "Mul", inputs, [t()]),
        ]
    };
    let error = Graph::from_graph_def(&file(&nodes(&["strange"]))).unwrap_err().to_string();
    assert!(error.contains("input \"y\" is missing"), "{error}");
    for inputs in [["strange:7", "x"], ["x", "strange"]] {
        let graph = Graph::from_graph_def(&file(&nodes(&inputs))).unwrap();
        tenseur::gradients(&[&graph.tensor("x").unwrap()], &[graph.tensor("x").unwrap()]);
        graph.check().unwrap();
        let y = graph.operation("y").unwrap().output(0);
        tenseur::gradients(&[&y], &[graph.tensor("x").unwrap()]);
        let error = graph.check().unwrap_err().to_string();
        assert!(error.contains("there is no op \"NobodyKnowsThis\" (node \"strange\")"), "{error}");
    }
}
