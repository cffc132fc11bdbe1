//! How long the turns of loops take that no plan holds as a whole. The graphs are TensorFlow 1's: `recurrent` is a network of
//! 128 LSTM units over 28 rows of 28 numbers, 128 pictures at once, with its gradients; `count` a loop over scalars,
//! whose gradient here keeps every turn's value in a list.

use criterion::{Criterion, criterion_group, criterion_main};
use tenseur::prelude::*;

const COUNT: &[u8] = include_bytes!("data/count.pb");
const RECURRENT: &[u8] = include_bytes!("data/recurrent.pb");

fn recurrent(criterion: &mut Criterion) {
    let tf = Graph::from_graph_def(RECURRENT).expect("a graph");
    let (x, init) = (tf.tensor("x").expect("x"), tf.operation("init").expect("init"));
    let pictures = tf.random_uniform([128, 28, 28]).seed(1).tensor();
    let sess = Session::new(&tf).expect("the graph is sound");
    sess.run_op(&init, feeds![]).expect("variables");
    let pictures = sess.run(&pictures, feeds![]).expect("pictures");
    let tensor = |name: &str| tf.tensor(name).expect("a tensor");
    let mut group = criterion.benchmark_group("28 turns of 128 LSTM units");
    group.sample_size(10);
    group.bench_function("forward", |bencher| {
        let outputs = tensor("outputs");
        bencher.iter(|| sess.run(&outputs, feeds![x => &pictures]).expect("a run"));
    });
    group.bench_function("gradients", |bencher| {
        let (w, b) = (tensor("gw"), tensor("gb"));
        bencher.iter(|| sess.run((&w, &b), feeds![x => &pictures]).expect("a run"));
    });
    group.bench_function("training", |bencher| {
        let train = tf.operation("train").expect("train");
        bencher.iter(|| sess.run_op(&train, feeds![x => &pictures]).expect("a run"));
    });
    group.finish();
}

fn count(criterion: &mut Criterion) {
    let tf = Graph::from_graph_def(COUNT).expect("a graph");
    let tensor = |name: &str| tf.tensor(name).expect("a tensor");
    let (turns, x, y) = (tensor("turns"), tensor("x"), tensor("y"));
    let slope = gradients(&[&y], &[&x])[0].clone().expect("y depends on x");
    let sess = Session::new(&tf).expect("the graph is sound");
    let mut group = criterion.benchmark_group("a loop over scalars");
    group.sample_size(10);
    for count in [10_000, 20_000] {
        group.bench_function(format!("{count} turns"), |bencher| {
            bencher.iter(|| sess.run(&y, feeds![turns => count, x => 1.0]).expect("a run"));
        });
        group.bench_function(format!("{count} turns, gradient"), |bencher| {
            bencher.iter(|| sess.run(&slope, feeds![turns => count, x => 1.0]).expect("a run"));
        });
    }
    group.finish();
}

criterion_group!(benches, recurrent, count);
criterion_main!(benches);
