//! Graphs from anywhere: whatever a file says, what comes of it is an error that names the node, or arrays. Nothing
//! panics, overflows the stack, or takes memory without bound.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use tenseur::formats::proto::{
    ArgDef, Attr, AttrList, AttrValue, FunctionDef, FunctionDefLibrary, GraphDef, NameAttrList, NodeDef,
    OpDef, TensorProto, TensorShapeDim, TensorShapeProto,
};
use tenseur::ops::OPS;
use tenseur::prelude::*;
use tenseur::session::Cancellation;
use tenseur::{Code, Error, Executor};

const FLOAT: i32 = 1;
const INT: i32 = 3;
const BOOL: i32 = 10;
const LONG: i32 = 9;
const VARIANT: i32 = 21;

/// A node of a file.
fn node<const N: usize>(name: &str, op: &str, inputs: &[&str], attrs: [(&str, Attr); N]) -> NodeDef {
    NodeDef {
        name: name.to_string(),
        op: op.to_string(),
        input: inputs.iter().map(|input| input.to_string()).collect(),
        attr: attrs.map(|(name, value)| (name.to_string(), AttrValue { value: Some(value) })).into(),
        ..NodeDef::default()
    }
}

fn shape(sizes: &[i64]) -> TensorShapeProto {
    let dim = |&size: &i64| TensorShapeDim { size, name: String::new() };
    TensorShapeProto { dim: sizes.iter().map(dim).collect(), unknown_rank: false }
}

fn placeholder(name: &str, dtype: i32, sizes: &[i64]) -> NodeDef {
    node(name, "Placeholder", &[], [("dtype", Attr::Type(dtype)), ("shape", Attr::Shape(shape(sizes)))])
}

/// A constant that is one number, again and again.
fn constant(name: &str, dtype: i32, sizes: &[i64], value: i32) -> NodeDef {
    let mut tensor = TensorProto { dtype, tensor_shape: Some(shape(sizes)), ..TensorProto::default() };
    match dtype {
        FLOAT => tensor.float_val = vec![value as f32],
        LONG => tensor.int64_val = vec![i64::from(value)],
        BOOL => tensor.bool_val = vec![value != 0],
        _ => tensor.int_val = vec![value],
    }
    node(name, "Const", &[], [("dtype", Attr::Type(dtype)), ("value", Attr::Tensor(Box::new(tensor)))])
}

fn file(nodes: &[NodeDef]) -> Vec<u8> {
    GraphDef { node: nodes.to_vec(), ..GraphDef::default() }.encode_to_vec()
}

/// Why the file is refused.
fn refused(nodes: &[NodeDef]) -> String {
    match Graph::from_graph_def(&file(nodes)) {
        Ok(_) => panic!("the file was imported"),
        Err(error) => error.to_string(),
    }
}

/// Why a run of `fetch` fails on either executor, where both say the same kind of error.
fn fails(graph: &Graph, fetch: &str, feeds: &[(&str, Array)]) -> Error {
    let run = |executor| {
        let mut fed = Feeds::new();
        for (name, value) in feeds {
            fed = fed.with(graph.tensor(name).unwrap(), value);
        }
        let session = Session::new(graph).unwrap().executor(executor).threads(1);
        session.run(&graph.tensor(fetch).unwrap(), fed).expect_err("the run should fail")
    };
    let (planned, reference) = (run(Executor::Planned), run(Executor::Reference));
    assert_eq!(planned.code(), reference.code(), "{planned}\n{reference}");
    reference
}

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

/// x enters a loop and is what the node `next` of the loop gives from the second turn on.
fn looped(back: &str, next: NodeDef) -> Vec<NodeDef> {
    let t = || ("T", Attr::Type(FLOAT));
    vec![
        placeholder("x", FLOAT, &[]),
        node("enter", "Enter", &["x"], [t(), ("frame_name", Attr::S(b"loop".to_vec()))]),
        node("merge", "Merge", &["enter", back], [t(), ("N", Attr::I(2))]),
        node("more", "Less", &["merge", "limit"], [t()]),
        constant("limit_outside", FLOAT, &[], 9),
        node(
            "limit",
            "Enter",
            &["limit_outside"],
            [t(), ("frame_name", Attr::S(b"loop".to_vec())), ("is_constant", Attr::B(true))],
        ),
        node("cond", "LoopCond", &["more"], []),
        node("switch", "Switch", &["merge", "cond"], [t()]),
        node("twice", "AddV2", &["switch:1", "switch:1"], [t()]),
        next,
        node("exit", "Exit", &["switch"], [t()]),
    ]
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

/// A function of floats: one argument, one result, both called so.
fn function(name: &str, nodes: Vec<NodeDef>, result: &str) -> FunctionDef {
    let argument = |name: &str| ArgDef { name: name.to_string(), r#type: FLOAT, ..ArgDef::default() };
    FunctionDef {
        signature: Some(OpDef {
            name: name.to_string(),
            input_arg: vec![argument("x")],
            output_arg: vec![argument("y")],
            ..OpDef::default()
        }),
        node_def: nodes,
        ret: BTreeMap::from([("y".to_string(), result.to_string())]),
        ..FunctionDef::default()
    }
}

fn call(name: &str, function: &str, input: &str) -> NodeDef {
    let types = || Attr::List(AttrList { r#type: vec![FLOAT], ..AttrList::default() });
    let f = Attr::Func(NameAttrList { name: function.to_string(), attr: BTreeMap::new() });
    node(name, "PartitionedCall", &[input], [("Tin", types()), ("Tout", types()), ("f", f)])
}

fn with_functions(nodes: &[NodeDef], functions: Vec<FunctionDef>) -> Graph {
    let library = Some(FunctionDefLibrary { function: functions, ..FunctionDefLibrary::default() });
    let file = GraphDef { node: nodes.to_vec(), library, ..GraphDef::default() };
    Graph::from_graph_def(&file.encode_to_vec()).unwrap()
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

/// A file with one node `y` of this op, whose inputs are placeholders `x0`, `x1`, … of these types.
fn fed_op<const N: usize>(op: &str, inputs: &[i32], attrs: [(&str, Attr); N]) -> Graph {
    let unknown = || Attr::Shape(TensorShapeProto { dim: Vec::new(), unknown_rank: true });
    let names: Vec<String> = (0..inputs.len()).map(|i| format!("x{i}")).collect();
    let mut nodes: Vec<NodeDef> = names
        .iter()
        .zip(inputs)
        .map(|(name, &dtype)| {
            node(name, "Placeholder", &[], [("dtype", Attr::Type(dtype)), ("shape", unknown())])
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nodes.push(node("y", op, &names, attrs));
    Graph::from_graph_def(&file(&nodes)).unwrap_or_else(|error| panic!("{op}: {error}"))
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
            for kind in kinds() {
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

/// Cancels in so many milliseconds.
fn cancel_after(cancellation: &Cancellation, milliseconds: u64) {
    let cancellation = cancellation.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(milliseconds));
        cancellation.cancel();
    });
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
    // The second is wrong in more than one way, of which nothing shows as long as one input is not known.
    for inputs in [&["strange:7", "x"][..], &["strange"]] {
        let graph = Graph::from_graph_def(&file(&nodes(inputs))).unwrap();
        tenseur::gradients(&[&graph.tensor("x").unwrap()], &[graph.tensor("x").unwrap()]);
        graph.check().unwrap();
        let y = graph.operation("y").unwrap().output(0);
        tenseur::gradients(&[&y], &[graph.tensor("x").unwrap()]);
        let error = graph.check().unwrap_err().to_string();
        assert!(error.contains("\"y\"") && error.contains("no gradient goes through it"), "{error}");
    }
}
