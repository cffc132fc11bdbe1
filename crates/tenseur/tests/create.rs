//! Graphs made node by node by op type, as doors to other languages make them.

use std::sync::Arc;

use tenseur::error::Reason;
use tenseur::graph::{Edge, Fact, NewNode, op_of_type};
use tenseur::ops::Attrs;
use tenseur::ops::host::HostOp;
use tenseur::prelude::*;
use tenseur::{Code, PartialShape};

fn create(tf: &Graph, op: &str, name: &str, inputs: &[&Tensor]) -> tenseur::Result<Tensor> {
    let inputs: Vec<Edge> = inputs.iter().map(|tensor| tensor.edge()).collect();
    let op = op_of_type(op, &Attrs::new())?;
    Ok(tf.create(op, NewNode { name, inputs: &inputs, ..NewNode::default() })?.output(0))
}

fn sizes(sizes: &[Option<usize>]) -> PartialShape {
    sizes.iter().copied().collect()
}

#[test]
fn what_is_refused_leaves_the_graph_as_it_was() {
    let tf = Graph::new();
    let (a, b) = (tf.placeholder::<f32>([2, 3], "a"), tf.placeholder::<f32>([2, 3], "b"));
    let error = create(&tf, "MatMul", "product", &[&a, &b]).unwrap_err();
    assert!(error.to_string().contains("inner sizes differ: 3 and 2"), "{error}");
    assert_eq!(error.node().map(|node| node.name.as_str()), Some("product"));
    assert_eq!(tf.len(), 2);
    tf.check().unwrap();
    create(&tf, "AddV2", "product", &[&a, &b]).unwrap();
    tf.verify().unwrap();
}

#[test]
fn an_op_that_is_not_there_is_named_with_the_nearest() {
    let error = op_of_type("MatMull", &Attrs::new()).unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert!(
        error.to_string().contains("MatMull") && error.advice().is_some_and(|hint| hint.ends_with("MatMul"))
    );
}

#[test]
fn inputs_that_are_not_there_are_refused() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>((), "a");
    let mut edge = a.edge();
    edge.output = 7;
    let op = op_of_type("Neg", &Attrs::new()).unwrap();
    let error = tf.create(op, NewNode { name: "n", inputs: &[edge], ..NewNode::default() }).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(tf.tensor_at(3, 0).unwrap_err().code(), Code::NotFound);
    assert_eq!(tf.tensor_at(0, 1).unwrap_err().code(), Code::NotFound);
}

#[test]
fn a_shape_that_is_told_reaches_what_is_computed_from_it() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, None], "x");
    let y = x.exp().reduce_sum(1);
    assert_eq!(y.shape().to_string(), "[?]");
    tf.set_shape(&x, &sizes(&[Some(4), None])).unwrap();
    assert_eq!((x.shape().to_string(), y.shape().to_string()), ("[4, ?]".into(), "[4]".into()));
    tf.verify().unwrap();
    // What is known already, and what nobody knows, changes nothing.
    tf.set_shape(&x, &PartialShape::unknown()).unwrap();
    assert_eq!(x.shape().to_string(), "[4, ?]");
}

#[test]
fn a_shape_that_contradicts_is_refused_and_forgotten() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let y = x.clone() + tf.constant(array![1.0, 2.0, 3.0]);
    let error = tf.set_shape(&y, &sizes(&[Some(2)])).unwrap_err();
    assert!(error.to_string().contains("[3]") && error.to_string().contains("[2]"), "{error}");
    // Here the contradiction shows only further down.
    assert!(tf.set_shape(&x, &sizes(&[Some(2)])).is_err());
    assert_eq!(x.shape().to_string(), "[?]");
    tf.verify().unwrap();
    tf.set_shape(&x, &sizes(&[Some(3)])).unwrap();
}

#[test]
fn a_told_gradient_goes_before_the_ops_own() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>((), "x");
    let y = x.square();
    tf.set_gradient(&y.op(), Arc::new(|node| vec![node.dy(0).map(|dy| dy * 100.0)]));
    let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
    assert_eq!(Session::new(&tf).unwrap().run(&slope, feeds![x => 3.0]).unwrap(), 100.0.into());
}

#[test]
fn what_a_function_gives_is_looked_at() {
    let tf = Graph::new();
    let op = |outputs: Vec<Fact>, results: Vec<Array>| {
        HostOp::new("PyFunc", outputs, move |_| Ok(results.clone())).call(&tf, &[], None)
    };
    let scalar = || Fact::new(DType::Float32, PartialShape::scalar());
    let few = op(vec![scalar(), scalar()], vec![Array::scalar(1f32)]).output(0);
    let other = op(vec![scalar()], vec![Array::scalar(1f64)]).output(0);
    let shape = op(vec![scalar()], vec![Array::new([2], [1f32, 2.0]).unwrap()]).output(0);
    let sess = Session::new(&tf).unwrap();
    for (tensor, what) in [(few, "gave 1 values"), (other, "float64"), (shape, "[2]")] {
        let error = sess.run(&tensor, feeds![]).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(error.node().map(|node| node.op.as_str()), Some("PyFunc"));
    }
}

#[test]
fn the_kind_of_a_functions_error_is_kept() {
    let tf = Graph::new();
    let end = HostOp::new("IteratorGetNext", [Fact::new(DType::Float32, PartialShape::scalar())], |_| {
        Err(Reason::new(Code::OutOfRange, "end of sequence"))
    });
    let next = end.call(&tf, &[], Some("next")).output(0);
    let error = Session::new(&tf).unwrap().run(&next, feeds![]).unwrap_err();
    assert_eq!(error.code(), Code::OutOfRange);
    assert!(error.to_string().contains("end of sequence"));
}

#[test]
fn gradients_go_through_a_function_that_has_told_its_rule() {
    let tf = Graph::new();
    let x = tf.constant(3.0);
    let square = HostOp::new("PyFunc", [Fact::new(DType::Float32, PartialShape::scalar())], |inputs| {
        let value: f32 = inputs[0].item().map_err(|error| error.message().to_string())?;
        Ok(vec![Array::scalar(value * value)])
    });
    let square = square.differentiated(Arc::new(|node| vec![node.dy(0).map(|dy| dy * 2.0 * node.x(0))]));
    let y = square.call(&tf, &[&x], None).output(0);
    let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
    assert_eq!(Session::new(&tf).unwrap().run((&y, &slope), feeds![]).unwrap(), (9.0.into(), 6.0.into()));
}

#[test]
fn plans_do_not_outlive_the_shape_that_a_variable_had() {
    let tf = Graph::new();
    let w = tf.variable(array![1.0], "w");
    let assign = |value: Tensor| {
        let op = op_of_type("Assign", &Attrs::new().with("validate_shape", false)).unwrap();
        let inputs = [w.reference().edge(), value.edge()];
        tf.create(
            op,
            NewNode { name: &tf.unique_name("Assign", true), inputs: &inputs, ..NewNode::default() },
        )
        .unwrap()
    };
    let (large, small) = (assign(tf.zeros::<f32>([64, 64])), assign(tf.zeros::<f32>([3, 2])));
    let file = tf.as_graph_def().unwrap();
    for imported in [false, true] {
        let tf = if imported { Graph::from_graph_def(&file).unwrap() } else { tf.clone() };
        let own = |operation: &tenseur::Operation| tf.operation(&operation.name()).unwrap();
        let (w, initial) = (tf.tensor("w:0").unwrap(), tf.operation("w/Assign").unwrap());
        let sess = Session::new(&tf).unwrap();
        for (operation, shape) in [(&initial, &[1][..]), (&own(&large), &[64, 64]), (&own(&small), &[3, 2])] {
            sess.run_op(operation, feeds![]).unwrap();
            assert_eq!(&sess.run(&w, feeds![]).unwrap().shape()[..], shape);
        }
    }
}
