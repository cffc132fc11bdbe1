//! Networks that learn: whole training loops on both executors.

use tenseur::prelude::*;
use tenseur::{Executor, data};

/// A network of tanh units, its cost for inputs and targets, and a step of gradient descent.
struct Xor {
    graph: Graph,
    x: Tensor,
    y: Tensor,
    probability: Tensor,
    cost: Tensor,
    train: Operation,
}

fn xor() -> Xor {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = tf.placeholder::<f32>([None, Some(1)], "y");
    let w1 = tf.variable(tf.truncated_normal([2, 8]).seed(1), "w1");
    let b1 = tf.variable(tf.zeros::<f32>([8]), "b1");
    let w2 = tf.variable(tf.truncated_normal([8, 1]).seed(2), "w2");
    let b2 = tf.variable(tf.zeros::<f32>([1]), "b2");
    let hidden = nn::tanh(x.matmul(&w1) + &b1);
    let probability = nn::sigmoid(hidden.matmul(&w2) + &b2);
    let cost = (&probability - &y).square().reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(4.0).minimize(&cost);
    tf.check().unwrap();
    Xor { graph: tf, x, y, probability, cost, train }
}

fn truth_table() -> (Array, Array) {
    (array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], array![[0.0], [1.0], [1.0], [0.0]])
}

#[test]
fn a_small_network_learns_xor() {
    let Xor { graph, x, y, probability, cost, train } = xor();
    let (inputs, targets) = truth_table();
    let sess = Session::new(&graph).unwrap();
    sess.run_op(&graph.global_variables_initializer(), feeds![]).unwrap();
    let mut step = sess.prepare(&train, &[(&x, &inputs), (&y, &targets)]).unwrap();
    for _ in 0..2_000 {
        step.run(&[&inputs, &targets]).unwrap();
    }
    let loss = sess.run(&cost, feeds![x => &inputs, y => &targets]).unwrap().item::<f32>().unwrap();
    assert!(loss < 0.01, "the loss is {loss}");
    let answers = sess.run(&probability, feeds![x => &inputs]).unwrap();
    let rounded: Vec<f32> = answers.as_slice::<f32>().unwrap().iter().map(|p| p.round()).collect();
    assert_eq!(rounded, targets.as_slice::<f32>().unwrap());
}

/// The losses of `steps` steps, with the variables' initial values drawn from the same seeds.
fn losses(
    graph: &Graph,
    cost: &Tensor,
    train: &Operation,
    feeds: &Feeds,
    executor: Executor,
    steps: usize,
) -> Vec<f32> {
    let sess = Session::new(graph).unwrap().executor(executor);
    sess.run_op(&graph.global_variables_initializer(), feeds![]).unwrap();
    (0..steps).map(|_| sess.run((cost, train), feeds.clone()).unwrap().0.item().unwrap()).collect()
}

fn assert_near(planned: &[f32], reference: &[f32]) {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b.abs().max(1e-3);
    assert!(planned.iter().zip(reference).all(near), "planned {planned:?}\nreference {reference:?}");
    assert!(planned.last() < planned.first(), "{planned:?}");
}

#[test]
fn both_executors_learn_alike() {
    let Xor { graph, x, y, cost, train, .. } = xor();
    let (inputs, targets) = truth_table();
    let feeds = feeds![x => inputs, y => targets];
    let of = |executor| losses(&graph, &cost, &train, &feeds, executor, 20);
    assert_near(&of(Executor::Planned), &of(Executor::Reference));
}

/// Softmax regression on the digits, and how many of them it gets right.
struct Digits {
    graph: Graph,
    x: Tensor,
    labels: Tensor,
    cost: Tensor,
    accuracy: Tensor,
    train: Operation,
}

fn softmax_regression() -> Digits {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let labels = tf.placeholder::<i32>([None], "labels");
    let w = tf.variable(tf.zeros::<f32>([64, 10]), "w");
    let b = tf.variable(tf.zeros::<f32>([10]), "b");
    let logits = nn::bias_add(x.matmul(&w), &b);
    let losses = nn::sparse_softmax_cross_entropy_with_logits(&labels, &logits);
    let cost = losses.reduce_mean(..).check_numerics("cost");
    let right = logits.argmax(1).cast::<i32>().equal(&labels);
    let accuracy = right.cast::<f32>().reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(0.5).minimize(&cost);
    tf.check().unwrap();
    Digits { graph: tf, x, labels, cost, accuracy, train }
}

#[test]
fn softmax_regression_reads_digits() {
    let Digits { graph, x, labels, accuracy, train, .. } = softmax_regression();
    let digits = data::digits();
    let feeds = feeds![x => digits.features(), labels => digits.targets()];
    let sess = Session::new(&graph).unwrap();
    sess.run_op(&graph.global_variables_initializer(), feeds![]).unwrap();
    for _ in 0..100 {
        sess.run_op(&train, feeds.clone()).unwrap();
    }
    let accuracy = sess.run(&accuracy, feeds).unwrap().item::<f32>().unwrap();
    assert!(accuracy > 0.9, "{accuracy} of the digits are read right");
}

#[test]
fn both_executors_read_digits_alike() {
    let Digits { graph, x, labels, cost, train, .. } = softmax_regression();
    let digits = data::digits();
    let feeds = feeds![x => digits.features(), labels => digits.targets()];
    let of = |executor| losses(&graph, &cost, &train, &feeds, executor, 20);
    assert_near(&of(Executor::Planned), &of(Executor::Reference));
}

#[test]
fn labels_of_both_kinds_give_one_gradient() {
    let tf = Graph::new();
    let logits = tf.placeholder::<f32>([None, Some(3)], "logits");
    let classes = tf.placeholder::<i32>([None], "classes");
    let probabilities = tf.placeholder::<f32>([None, Some(3)], "probabilities");
    let sparse = nn::sparse_softmax_cross_entropy_with_logits(&classes, &logits);
    let dense = nn::softmax_cross_entropy_with_logits(&probabilities, &logits);
    let slopes: Vec<Tensor> =
        [sparse, dense].iter().map(|loss| gradients(&[loss], &[&logits])[0].clone().unwrap()).collect();
    let feeds = feeds![
        logits => array![[0.5, -1.0, 2.0], [3.0, 0.0, 0.25]],
        classes => array![2, 1],
        probabilities => array![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
    ];
    let (a, b) = Session::new(&tf).unwrap().run((&slopes[0], &slopes[1]), feeds).unwrap();
    for (a, b) in a.as_slice::<f32>().unwrap().iter().zip(b.as_slice::<f32>().unwrap()) {
        assert!((a - b).abs() < 1e-6, "{a} and {b}");
    }
}

#[test]
fn weights_survive_a_step_that_diverges() {
    let Digits { graph, x, labels, cost, train, .. } = softmax_regression();
    let sess = Session::new(&graph).unwrap();
    sess.run_op(&graph.global_variables_initializer(), feeds![]).unwrap();
    let mut broken = data::digits().features().clone();
    broken.as_mut_slice::<f32>().unwrap()[100] = f32::NAN;
    let before = sess.variables();
    let targets = data::digits().targets().clone();
    let error = sess.run((&train, &cost), feeds![x => &broken, labels => &targets]).unwrap_err();
    assert!(error.to_string().contains("the first NaN arises here"), "{error}");
    assert_eq!(sess.variables(), before);
}

#[test]
fn no_update_begins_before_all_gradients_are_there() {
    let tf = Graph::new();
    let (v, w) = (tf.variable(array![[1.0]], "v"), tf.variable(array![[2.0]], "w"));
    let loss = tf.placeholder::<f32>([1, 1], "x").matmul(&v).matmul(&w).reduce_sum(..);
    let optimizer = train::GradientDescentOptimizer::new(0.1);
    let gradients = optimizer.compute_gradients(&loss);
    let own: Vec<_> = gradients.tensors().iter().map(|gradient| gradient.edge().node).collect();
    optimizer.apply_gradients(&gradients);
    tf.check().unwrap();
    let updates: Vec<_> =
        tf.operations().into_iter().filter(|op| op.op_type() == "ApplyGradientDescent").collect();
    assert_eq!(updates.len(), 2);
    for update in updates {
        let handed_on = tf.node(tf.node(update.id()).unwrap().inputs[2].node).unwrap();
        let gate = tf.node(handed_on.control_inputs[0]).unwrap();
        let mut waits: Vec<_> = gate.control_inputs.to_vec();
        waits.sort();
        let mut all = own.clone();
        all.sort();
        assert_eq!(waits, all);
    }
}

#[test]
fn resource_variables_are_shared_under_their_own_names() {
    let tf = Graph::new();
    let _layer = tf.name_scope("layer");
    let w = tf.resource_variable(1.0, "w");
    let again = tf.resource_variable(2.0, "w");
    let train = train::AdamOptimizer::new(0.1).minimize(&(&*w * &*again));
    tf.check().unwrap();
    let mut seen = 0;
    for operation in tf.operations().into_iter().filter(|op| op.op_type() == "VarHandleOp") {
        let shared: String = operation.attrs().require("shared_name").unwrap();
        assert_eq!(shared, &*operation.name());
        seen += 1;
    }
    // Two, their two slots each, and two powers.
    assert_eq!(seen, 8, "{train:?}");
}
