//! What shows only in a run: deep calls, endless loops, sizes that are fed.

use std::collections::BTreeMap;

use tenseur::Code;
use tenseur::formats::proto::{ArgDef, Attr, AttrList, FunctionDef, NameAttrList, NodeDef, OpDef};
use tenseur::prelude::*;
use tenseur::session::Cancellation;

use super::builder::*;

#[test]
fn a_loop_of_references_that_goes_in_a_circle_is_no_endless_search() {
    let t = || ("T", Attr::Type(FLOAT));
    let nodes = [
        node("w", "VariableV2", &[], [("dtype", Attr::Type(FLOAT)), ("shape", Attr::Shape(shape(&[])))]),
        node("one", "Const", &[], []),
        node("merge", "RefMerge", &["next", "w"], [t(), ("N", Attr::I(2))]),
        node("next", "RefNextIteration", &["merge"], [t()]),
        node("read", "Identity", &["merge"], [t()]),
    ];
    let nodes: Vec<NodeDef> = nodes.into_iter().filter(|node| node.name != "one").collect();
    let graph = Graph::from_graph_def(&file(&nodes)).unwrap();
    let cancellation = Cancellation::new();
    let session = Session::new(&graph).unwrap().cancelled_by(&cancellation);
    cancel_after(&cancellation, 200);
    assert!(session.run(&graph.tensor("read").unwrap(), feeds![]).is_err());
}

#[test]
fn functions_that_call_each_other_without_end_are_an_error() {
    let nodes = [placeholder("x", FLOAT, &[]), call("start", "even", "x")];
    let graph = with_functions(
        &nodes,
        vec![
            function("even", vec![call("a", "odd", "x")], "a:output:0"),
            function("odd", vec![call("b", "even", "x")], "b:output:0"),
        ],
    );
    let error = fails(&graph, "start", &[("x", 1.0.into())]);
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.to_string().contains("call each other more than"), "{error}");
}

#[test]
fn functions_that_call_each_other_without_end_have_no_gradient() {
    let nodes = [placeholder("x", FLOAT, &[]), call("start", "even", "x")];
    let graph = with_functions(
        &nodes,
        vec![
            function("even", vec![call("a", "odd", "x")], "a:output:0"),
            function("odd", vec![call("b", "even", "x")], "b:output:0"),
        ],
    );
    let (y, x) = (graph.tensor("start").unwrap(), graph.tensor("x").unwrap());
    assert!(gradients(&[&y], &[&x])[0].is_none());
    let error = graph.take_error().unwrap().to_string();
    assert!(error.contains("the function \"even\" calls itself"), "{error}");
}

#[test]
fn the_gradient_of_a_function_that_draws_through_another_is_that_of_what_it_drew() {
    let draw = vec![
        node("shape", "Shape", &["x"], [("T", Attr::Type(FLOAT))]),
        node("r", "RandomUniform", &["shape:output:0"], [("T", Attr::Type(3)), ("dtype", Attr::Type(FLOAT))]),
        node("y", "Mul", &["x", "r:output:0"], [("T", Attr::Type(FLOAT))]),
    ];
    let nodes = [placeholder("x", FLOAT, &[]), call("start", "outer", "x")];
    let graph = with_functions(
        &nodes,
        vec![
            function("outer", vec![call("a", "inner", "x")], "a:output:0"),
            function("inner", draw, "y:z:0"),
        ],
    );
    let (y, x) = (graph.tensor("start").unwrap(), graph.tensor("x").unwrap());
    let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
    // What is handed over is handed over once.
    let outputs = graph.operation("start").unwrap().outputs();
    let again = gradients(&[&y], &[&x])[0].clone().unwrap();
    assert_eq!(graph.operation("start").unwrap().outputs(), outputs);
    let session = Session::new(&graph).unwrap();
    let mut before = None;
    for _ in 0..3 {
        let (y, slope, again) = session.run((&y, &slope, &again), feeds![x => 2.0]).unwrap();
        assert_eq!(slope, again);
        assert_eq!(y.to_f64().unwrap()[0], 2.0 * slope.to_f64().unwrap()[0]);
        assert_ne!(before.replace(y.clone()), Some(y));
    }
}

#[test]
fn two_calls_of_a_function_go_on_with_one_stream_also_where_gradients_go_through() {
    let draw = vec![
        node("shape", "Shape", &["x"], [("T", Attr::Type(FLOAT))]),
        node(
            "r",
            "RandomUniform",
            &["shape:output:0"],
            [("T", Attr::Type(3)), ("dtype", Attr::Type(FLOAT)), ("seed", Attr::I(7))],
        ),
        node("y", "Mul", &["x", "r:output:0"], [("T", Attr::Type(FLOAT))]),
    ];
    let nodes = [placeholder("x", FLOAT, &[]), call("first", "draw", "x"), call("second", "draw", "x")];
    let graph = with_functions(&nodes, vec![function("draw", draw, "y:z:0")]);
    let tensor = |name: &str| graph.tensor(name).unwrap();
    let (x, first, second) = (tensor("x"), tensor("first"), tensor("second"));
    let runs = || {
        let session = Session::new(&graph).unwrap();
        let runs = (0..2).map(|_| session.run((&first, &second), feeds![x => 1.0]).unwrap());
        runs.collect::<Vec<_>>()
    };
    let before = runs();
    assert_ne!(before[0].0, before[0].1);
    assert!(gradients(&[&first, &second], &[&x])[0].is_some());
    assert_eq!(runs(), before);
}

#[test]
fn functions_that_call_each_other_deeply_are_not_differentiated_without_bound() {
    // Each calls the next twice: the calls are as many as no memory holds.
    let nodes = [placeholder("x", FLOAT, &[]), call("start", "f0", "x")];
    let twice = |i: usize| {
        let next = format!("f{}", i + 1);
        function(&format!("f{i}"), vec![call("a", &next, "x"), call("b", &next, "a:output:0")], "b:output:0")
    };
    let mut functions: Vec<FunctionDef> = (0..60).map(twice).collect();
    functions.push(function("f60", vec![node("n", "Neg", &["x"], [("T", Attr::Type(FLOAT))])], "n:y:0"));
    let graph = with_functions(&nodes, functions);
    let (y, x) = (graph.tensor("start").unwrap(), graph.tensor("x").unwrap());
    assert!(gradients(&[&y], &[&x])[0].is_none());
    assert_eq!(graph.take_error().unwrap().code(), Code::ResourceExhausted);
}

#[test]
fn functions_may_call_each_other_deeply() {
    // A chain of 60, each adding nothing but a call.
    let nodes = [placeholder("x", FLOAT, &[]), call("start", "f0", "x")];
    let mut functions: Vec<FunctionDef> = (0..60)
        .map(|i| function(&format!("f{i}"), vec![call("a", &format!("f{}", i + 1), "x")], "a:output:0"))
        .collect();
    functions.push(function("f60", vec![node("n", "Neg", &["x"], [("T", Attr::Type(FLOAT))])], "n:y:0"));
    let graph = with_functions(&nodes, functions);
    let session = Session::new(&graph).unwrap();
    let x = graph.tensor("x").unwrap();
    assert_eq!(session.run(&graph.tensor("start").unwrap(), feeds![x => 2.0]).unwrap(), (-2.0).into());
}

#[test]
fn sizes_that_come_at_run_time_are_refused_if_no_memory_holds_them() {
    let t = || ("T", Attr::Type(FLOAT));
    let index = |name: &'static str| (name, Attr::Type(LONG));
    let seeds = || [("seed", Attr::I(1)), ("seed2", Attr::I(2))];
    let [seed, seed2] = seeds();
    for huge in [1_i64 << 44, 1 << 60, i64::MAX] {
        let sizes = || Array::new([1], [huge]).unwrap();
        let x = || array![1.0];
        let cases: Vec<(Graph, Vec<Array>)> = vec![
            (fed_op("Fill", &[LONG, FLOAT], [t(), index("index_type")]), vec![sizes(), 1.0.into()]),
            (
                fed_op("Fill", &[LONG, 7], [("T", Attr::Type(7)), index("index_type")]),
                vec![sizes(), Array::strings([], ["a"]).unwrap()],
            ),
            (
                fed_op("Tile", &[FLOAT, LONG], [t(), index("Tmultiples")]),
                vec![array![1.0, 2.0, 3.0], sizes()],
            ),
            (fed_op("BroadcastTo", &[FLOAT, LONG], [t(), index("Tidx")]), vec![x(), sizes()]),
            (
                fed_op("Range", &[LONG, LONG, LONG], [index("Tidx")]),
                vec![Array::scalar(0_i64), Array::scalar(huge), Array::scalar(1_i64)],
            ),
            (
                fed_op("LinSpace", &[FLOAT, FLOAT, LONG], [t(), index("Tidx")]),
                vec![0.0.into(), 1.0.into(), Array::scalar(huge)],
            ),
            (
                fed_op("Pad", &[FLOAT, LONG], [t(), index("Tpaddings")]),
                vec![x(), Array::new([1, 2], [huge, huge]).unwrap()],
            ),
            (
                fed_op("PadV2", &[FLOAT, LONG, FLOAT], [t(), index("Tpaddings")]),
                vec![x(), Array::new([1, 2], [huge, 0]).unwrap(), 0.0.into()],
            ),
            (
                fed_op(
                    "RandomUniform",
                    &[LONG],
                    [index("T"), ("dtype", Attr::Type(FLOAT)), seed.clone(), seed2.clone()],
                ),
                vec![sizes()],
            ),
            (fed_op("Reshape", &[FLOAT, LONG], [t(), index("Tshape")]), vec![x(), sizes()]),
            (
                fed_op("BroadcastTo", &[FLOAT, LONG], [t(), index("Tidx")]),
                vec![x(), Array::new([2], [huge; 2]).unwrap()],
            ),
            (
                fed_op("Fill", &[LONG, FLOAT], [t(), index("index_type")]),
                vec![Array::new([3], [huge; 3]).unwrap(), 1.0.into()],
            ),
        ];
        for (graph, values) in cases {
            let names: Vec<String> = (0..values.len()).map(|i| format!("x{i}")).collect();
            let feeds: Vec<(&str, Array)> = names.iter().map(String::as_str).zip(values).collect();
            let error = fails(&graph, "y", &feeds);
            assert!(error.to_string().contains("\"y\""), "it does not name the node: {error}");
        }
    }
    // Int32 sizes: the number of classes, of elements of a tensor array or a list.
    let most = i32::MAX;
    let ones = [("T", Attr::Type(FLOAT)), ("TI", Attr::Type(LONG)), ("axis", Attr::I(-1))];
    let hot = fed_op("OneHot", &[LONG, INT, FLOAT, FLOAT], ones);
    let indices = Array::zeros(tenseur::DType::Int64, [100_000]).unwrap();
    let feeds = [("x0", indices), ("x1", most.into()), ("x2", 1.0.into()), ("x3", 0.0.into())];
    assert!(fails(&hot, "y", &feeds).to_string().contains("\"y\""));
    let array = fed_op("TensorArrayV3", &[INT], [("dtype", Attr::Type(FLOAT))]);
    assert!(fails(&array, "y:1", &[("x0", most.into())]).to_string().contains("\"y\""));
    let list = [("element_dtype", Attr::Type(FLOAT)), ("shape_type", Attr::Type(INT))];
    let list = fed_op("TensorListReserve", &[INT, INT], list);
    let feeds = [("x0", Array::new([0], [0_i32; 0]).unwrap()), ("x1", most.into())];
    assert!(fails(&list, "y", &feeds).to_string().contains("\"y\""));
}

#[test]
fn loops_without_end_end_when_they_are_cancelled() {
    // 0 doubled stays below 9.
    let next = node("next", "NextIteration", &["twice"], [("T", Attr::Type(FLOAT))]);
    let turning = Graph::from_graph_def(&file(&looped("next", next))).unwrap();
    let yes = function("yes", vec![constant("t", BOOL, &[], 1)], "t:output:0");
    let mut yes = yes;
    yes.signature.as_mut().unwrap().output_arg[0].r#type = BOOL;
    let same =
        function("same", vec![node("i", "Identity", &["x"], [("T", Attr::Type(FLOAT))])], "i:output:0");
    let name = |name: &str| Attr::Func(NameAttrList { name: name.to_string(), attr: BTreeMap::new() });
    let types = Attr::List(AttrList { r#type: vec![FLOAT], ..AttrList::default() });
    let endless =
        node("exit", "While", &["x"], [("T", types), ("cond", name("yes")), ("body", name("same"))]);
    let calling = with_functions(&[placeholder("x", FLOAT, &[]), endless], vec![yes, same]);
    for graph in [turning, calling] {
        let cancellation = Cancellation::new();
        let session = Session::new(&graph).unwrap().cancelled_by(&cancellation);
        cancel_after(&cancellation, 50);
        let feeds = feeds![graph.tensor("x").unwrap() => 0.0];
        let error = session.run(&graph.tensor("exit").unwrap(), feeds).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{error}");
    }
}

#[test]
fn lists_within_lists_end_without_a_deep_stack() {
    // A While that pushes the list of the turn before into an empty one, 10,000 times.
    let name = |name: &str| Attr::Func(NameAttrList { name: name.to_string(), attr: BTreeMap::new() });
    let typed =
        |name: &str, dtype: i32| ArgDef { name: name.to_string(), r#type: dtype, ..ArgDef::default() };
    let made = |name: &str, outputs: Vec<ArgDef>, nodes: Vec<NodeDef>, ret: &[(&str, &str)]| FunctionDef {
        signature: Some(OpDef {
            name: name.to_string(),
            input_arg: vec![typed("i", INT), typed("list", VARIANT)],
            output_arg: outputs,
            ..OpDef::default()
        }),
        node_def: nodes,
        ret: ret.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect(),
        ..FunctionDef::default()
    };
    let t = || ("T", Attr::Type(INT));
    let element = || [("element_dtype", Attr::Type(VARIANT)), ("shape_type", Attr::Type(INT))];
    let condition = made(
        "condition",
        vec![typed("more", BOOL)],
        vec![constant("limit", INT, &[], 10_000), node("less", "Less", &["i", "limit:output:0"], [t()])],
        &[("more", "less:z:0")],
    );
    let body = made(
        "body",
        vec![typed("next", INT), typed("lists", VARIANT)],
        vec![
            constant("one", INT, &[], 1),
            node("add", "AddV2", &["i", "one:output:0"], [t()]),
            constant("no_shape", INT, &[0], 0),
            constant("any", INT, &[], -1),
            node("empty", "EmptyTensorList", &["no_shape:output:0", "any:output:0"], element()),
            node(
                "push",
                "TensorListPushBack",
                &["empty:handle:0", "list"],
                [("element_dtype", Attr::Type(VARIANT))],
            ),
        ],
        &[("next", "add:z:0"), ("lists", "push:output_handle:0")],
    );
    let types = Attr::List(AttrList { r#type: vec![INT, VARIANT], ..AttrList::default() });
    let nodes = [
        constant("zero", INT, &[], 0),
        constant("no_shape", INT, &[0], 0),
        constant("any", INT, &[], -1),
        node("empty", "EmptyTensorList", &["no_shape", "any"], element()),
        node(
            "while",
            "While",
            &["zero", "empty"],
            [("T", types), ("cond", name("condition")), ("body", name("body"))],
        ),
        node("length", "TensorListLength", &["while:1"], []),
    ];
    let graph = with_functions(&nodes, vec![condition, body]);
    let session = Session::new(&graph).unwrap();
    assert_eq!(session.run(&graph.tensor("length").unwrap(), feeds![]).unwrap(), 1.into());
}

#[test]
fn a_loop_whose_turns_leave_nodes_waiting_is_refused() {
    let t = || ("T", Attr::Type(FLOAT));
    let next = node("next", "NextIteration", &["twice"], [t()]);
    let mut nodes = looped("next", next);
    // It enters the first turn alone, so that "stuck" waits for it in all others.
    nodes.push(node("once", "Enter", &["x"], [t(), ("frame_name", Attr::S(b"loop".to_vec()))]));
    nodes.push(node("stuck", "AddV2", &["merge", "once"], [t()]));
    let graph = Graph::from_graph_def(&file(&nodes)).unwrap();
    let (exit, stuck) = (graph.tensor("exit").unwrap(), graph.operation("stuck").unwrap());
    let session = Session::new(&graph).unwrap();
    // 0 doubled stays below 9 for ever.
    let error = session.run((&exit, &stuck), feeds![graph.tensor("x").unwrap() => 0.0]).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.node().is_some());
}
