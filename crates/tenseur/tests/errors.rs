//! What users are told: each mistake names the op, the node, what does not fit, and the line of their program.

use tenseur::Code;
use tenseur::prelude::*;

/// The whole text of an error, as a user sees it.
fn text(error: &tenseur::Error) -> String {
    error.to_string()
}

#[test]
fn inner_sizes_that_differ() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(784)], "x");
    let w = tf.variable(tf.zeros::<f32>([748, 10]), "w");
    let line = line!() + 1;
    let logits = x.matmul(&w);
    // What is built on a mistake says nothing of its own.
    let _cost = (logits + 1.0).reduce_sum(..);
    let error = tf.check().unwrap_err();
    let said = text(&error);
    assert!(said.starts_with("MatMul \"MatMul\": inner sizes differ: 784 and 748"), "{said}");
    assert!(said.contains("input 0: \"x:0\" float32 [?, 784]"), "{said}");
    assert!(said.contains("input 1: \"w/read:0\" float32 [748, 10]"), "{said}");
    assert!(said.contains(&format!("made at crates/tenseur/tests/errors.rs:{line}")), "{said}");
    assert_eq!(Session::new(&tf).err().map(|e| e.to_string()), Some(said));
}

#[test]
fn a_graph_survives_a_mistake() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let before = tf.len();
    let _ = &x + array![[1.0, 2.0]];
    assert!(tf.take_error().is_some());
    assert!(tf.len() <= before + 1 && tf.check().is_ok());
    let y = &x + 1.0;
    let out = Session::new(&tf).unwrap().run(&y, feeds![x => array![[1.0, 2.0, 3.0]]]).unwrap();
    assert_eq!(out, array![[2.0, 3.0, 4.0]]);
}

#[test]
fn shapes_that_do_not_broadcast() {
    let tf = Graph::new();
    let x = tf.constant(array![1.0, 2.0]);
    let y = tf.constant(array![1.0, 2.0, 3.0]);
    let _ = &x + &y;
    let said = text(&tf.check().unwrap_err());
    assert!(said.contains("shapes [2] and [3] do not broadcast"), "{said}");
}

#[test]
fn types_that_differ() {
    let tf = Graph::new();
    let _ = tf.constant(1.0) + tf.constant(1);
    let said = text(&tf.check().unwrap_err());
    assert!(
        said.contains("its inputs must have one type and have float32 and int32; cast one of them"),
        "{said}"
    );
}

#[test]
fn a_missing_feed() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let y = &x * 2.0;
    for executor in [tenseur::Executor::Planned, tenseur::Executor::Reference] {
        let error = Session::new(&tf).unwrap().executor(executor).run(&y, feeds![]).unwrap_err();
        let said = text(&error);
        assert!(said.contains("placeholder \"x\" was not fed"), "{said}");
        assert!(said.ends_with("hint: give it a value: feeds![x => …]"), "{said}");
    }
}

#[test]
fn a_feed_of_the_wrong_shape_type_or_graph() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let sess = Session::new(&tf).unwrap();
    let said = text(&sess.run(&x, feeds![x => array![[1.0, 2.0, 3.0]]]).unwrap_err());
    assert!(said.contains("\"x:0\" has shape [?, 2] and was fed an array of shape [1, 3]"), "{said}");
    let said = text(&sess.run(&x, feeds![x => array![[1, 2]]]).unwrap_err());
    assert!(said.contains("\"x:0\" is of float32 and was fed an array of int32"), "{said}");
    let said = text(&sess.run(&x, feeds![x => array![[1.0, 2.0]], x => array![[1.0, 2.0]]]).unwrap_err());
    assert!(said.contains("\"x:0\" is fed twice"), "{said}");

    let other = Graph::new();
    let z = other.placeholder::<f32>((), "z");
    let said = text(&sess.run(&x, feeds![z => 1.0]).unwrap_err());
    assert!(said.contains("\"z:0\" belongs to another graph than this session's"), "{said}");
    let said = text(&sess.run(&z, feeds![]).unwrap_err());
    assert!(said.contains("\"z:0\" belongs to another graph than this session's"), "{said}");
    let _ = &x + &z;
    let said = text(&tf.check().unwrap_err());
    assert!(said.contains("input 1, \"z:0\", belongs to another graph"), "{said}");
}

#[test]
fn an_uninitialized_variable() {
    let tf = Graph::new();
    let w = tf.variable(tf.zeros::<f32>([2]), "w");
    let y = &*w * 2.0;
    let sess = Session::new(&tf).unwrap();
    for executor in [tenseur::Executor::Planned, tenseur::Executor::Reference] {
        let error = Session::new(&tf).unwrap().executor(executor).run(&y, feeds![]).unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        let said = text(&error);
        assert!(
            said.starts_with("VariableV2 \"w\": the variable is read before it has been initialized"),
            "{said}"
        );
        assert!(said.contains("hint: run the initializer first"), "{said}");
    }
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    assert_eq!(sess.run(&y, feeds![]).unwrap(), array![0.0, 0.0]);
}

#[test]
fn names_that_are_not_there() {
    let tf = Graph::new();
    let _x = tf.placeholder::<f32>((), "logits");
    let said = text(&tf.operation("logit").unwrap_err());
    assert!(said.contains("the graph has no operation called \"logit\""), "{said}");
    assert!(said.contains("hint: there is one called \"logits\""), "{said}");
    let said = text(&tf.tensor("logits:1").unwrap_err());
    assert!(said.contains("operation \"logits\" has 1 outputs"), "{said}");
}

#[test]
fn a_run_that_fails_leaves_every_variable_as_it_was() {
    let tf = Graph::new();
    let x = tf.placeholder::<i32>([None], "x");
    let a = tf.variable(tf.constant(array![1, 2]), "a");
    let b = tf.variable(tf.constant(array![10, 20]), "b");
    let first = a.assign(array![3, 4]);
    // Comes after the first write, and cannot be done when x holds a zero.
    let second = {
        let _after = tf.control_dependencies([&first]);
        b.assign(tf.constant(array![100, 100]).floor_div(&x))
    };
    for executor in [tenseur::Executor::Planned, tenseur::Executor::Reference] {
        let sess = Session::new(&tf).unwrap().executor(executor);
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        let error = sess.run_op(&second, feeds![x => array![1, 0]]).unwrap_err();
        assert!(text(&error).contains("division by zero"), "{error}");
        assert_eq!(sess.run((&a, &b), feeds![]).unwrap(), (array![1, 2], array![10, 20]));
        sess.run_op(&second, feeds![x => array![1, 2]]).unwrap();
        assert_eq!(sess.run((&a, &b), feeds![]).unwrap(), (array![3, 4], array![100, 50]));
    }
}

#[test]
fn a_nan_is_traced_to_where_it_arose() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let w = tf.variable(tf.constant(array![1.0, 1.0]), "w");
    let root = (&x * &w).sqrt().named("root");
    let cost = root.reduce_sum(..).check_numerics("the loss");
    let train = train::GradientDescentOptimizer::new(0.1).minimize(&cost);
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    sess.run_op(&train, feeds![x => array![1.0, 4.0]]).unwrap();
    let before = sess.run(&w, feeds![]).unwrap();
    let error = sess.run((&train, &cost), feeds![x => array![1.0, -4.0]]).unwrap_err();
    let said = text(&error);
    assert!(said.starts_with("Sqrt \"root\": the first NaN arises here"), "{said}");
    assert_eq!(sess.run(&w, feeds![]).unwrap(), before);
}

#[test]
fn of_many_inputs_the_first_are_shown() {
    let tf = Graph::new();
    let parts: Vec<Tensor> = (0..20).map(|i| tf.zeros::<f32>([1 + i / 19])).collect();
    let _sum = tf.add(tenseur::ops::math::AddN, &parts.iter().collect::<Vec<_>>());
    let said = text(&tf.check().unwrap_err());
    assert!(said.contains("input 7: ") && !said.contains("input 8: "), "{said}");
    assert!(said.contains("and 12 more inputs"), "{said}");
}

#[test]
fn minimize_without_anything_to_train() {
    let tf = Graph::new();
    let cost = tf.constant(1.0) * 2.0;
    let _ = train::GradientDescentOptimizer::new(0.1).minimize(&cost);
    let said = text(&tf.check().unwrap_err());
    assert!(said.contains("the graph has no trainable variable"), "{said}");

    let tf = Graph::new();
    let _w = tf.variable(1.0, "w");
    let cost = tf.constant(1.0) * 2.0;
    let _ = train::GradientDescentOptimizer::new(0.1).minimize(&cost);
    let said = text(&tf.check().unwrap_err());
    assert!(said.contains("the loss depends on none of the variables w:0"), "{said}");
}
