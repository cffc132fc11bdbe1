//! Files written by hand, node by node.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use tenseur::formats::proto::{
    ArgDef, Attr, AttrList, AttrValue, FunctionDef, FunctionDefLibrary, GraphDef, NameAttrList, NodeDef,
    OpDef, TensorProto, TensorShapeDim, TensorShapeProto,
};
use tenseur::prelude::*;
use tenseur::session::Cancellation;
use tenseur::{Error, Executor};

pub(crate) const FLOAT: i32 = 1;
pub(crate) const INT: i32 = 3;
pub(crate) const BOOL: i32 = 10;
pub(crate) const LONG: i32 = 9;
pub(crate) const VARIANT: i32 = 21;

/// A node of a file.
pub(crate) fn node<const N: usize>(
    name: &str,
    op: &str,
    inputs: &[&str],
    attrs: [(&str, Attr); N],
) -> NodeDef {
    NodeDef {
        name: name.to_string(),
        op: op.to_string(),
        input: inputs.iter().map(|input| input.to_string()).collect(),
        attr: attrs.map(|(name, value)| (name.to_string(), AttrValue { value: Some(value) })).into(),
        ..NodeDef::default()
    }
}

pub(crate) fn shape(sizes: &[i64]) -> TensorShapeProto {
    let dim = |&size: &i64| TensorShapeDim { size, name: String::new() };
    TensorShapeProto { dim: sizes.iter().map(dim).collect(), unknown_rank: false }
}

pub(crate) fn placeholder(name: &str, dtype: i32, sizes: &[i64]) -> NodeDef {
    node(name, "Placeholder", &[], [("dtype", Attr::Type(dtype)), ("shape", Attr::Shape(shape(sizes)))])
}

/// A constant that is one number, again and again.
pub(crate) fn constant(name: &str, dtype: i32, sizes: &[i64], value: i32) -> NodeDef {
    let mut tensor = TensorProto { dtype, tensor_shape: Some(shape(sizes)), ..TensorProto::default() };
    match dtype {
        FLOAT => tensor.float_val = vec![value as f32],
        LONG => tensor.int64_val = vec![i64::from(value)],
        BOOL => tensor.bool_val = vec![value != 0],
        _ => tensor.int_val = vec![value],
    }
    node(name, "Const", &[], [("dtype", Attr::Type(dtype)), ("value", Attr::Tensor(Box::new(tensor)))])
}

pub(crate) fn file(nodes: &[NodeDef]) -> Vec<u8> {
    GraphDef { node: nodes.to_vec(), ..GraphDef::default() }.encode_to_vec()
}

/// Why the file is refused.
pub(crate) fn refused(nodes: &[NodeDef]) -> String {
    match Graph::from_graph_def(&file(nodes)) {
        Ok(_) => panic!("the file was imported"),
        Err(error) => error.to_string(),
    }
}

/// Why a run of `fetch` fails on either executor, where both say the same kind of error.
pub(crate) fn fails(graph: &Graph, fetch: &str, feeds: &[(&str, Array)]) -> Error {
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

/// x enters a loop and is what the node `next` of the loop gives from the second turn on.
pub(crate) fn looped(back: &str, next: NodeDef) -> Vec<NodeDef> {
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

/// A function of floats: one argument, one result, both called so.
pub(crate) fn function(name: &str, nodes: Vec<NodeDef>, result: &str) -> FunctionDef {
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

pub(crate) fn call(name: &str, function: &str, input: &str) -> NodeDef {
    let types = || Attr::List(AttrList { r#type: vec![FLOAT], ..AttrList::default() });
    let f = Attr::Func(NameAttrList { name: function.to_string(), attr: BTreeMap::new() });
    node(name, "PartitionedCall", &[input], [("Tin", types()), ("Tout", types()), ("f", f)])
}

pub(crate) fn with_functions(nodes: &[NodeDef], functions: Vec<FunctionDef>) -> Graph {
    let library = Some(FunctionDefLibrary { function: functions, ..FunctionDefLibrary::default() });
    let file = GraphDef { node: nodes.to_vec(), library, ..GraphDef::default() };
    Graph::from_graph_def(&file.encode_to_vec()).unwrap()
}

/// A file with one node `y` of this op, whose inputs are placeholders `x0`, `x1`, … of these types.
pub(crate) fn fed_op<const N: usize>(op: &str, inputs: &[i32], attrs: [(&str, Attr); N]) -> Graph {
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

/// Cancels in so many milliseconds.
pub(crate) fn cancel_after(cancellation: &Cancellation, milliseconds: u64) {
    let cancellation = cancellation.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(milliseconds));
        cancellation.cancel();
    });
}
