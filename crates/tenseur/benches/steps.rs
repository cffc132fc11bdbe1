//! How long steps, building and compiling take. `cargo xtask bench internal` sets them beside the limits that the same run
//! measures (`benches/limits.rs` of the kernels).

use std::hint::black_box;
use std::process::Command;

use criterion::{Criterion, criterion_group};
use tenseur::prelude::*;
use tenseur::{Prepared, Result};

/// The word that makes this program take one step and end: what is timed is a whole process.
const FIRST_STEP: &str = "--first-step";

/// A fully connected network, its training step prepared for random data.
struct Network {
    step: Prepared,
    examples: Array,
    targets: Array,
}

impl Network {
    /// Layers of so many units; tanh and mean square, or ReLU and softmax cross-entropy.
    fn new(widths: &[usize], batch: usize, tanh: bool, threads: usize) -> Result<Network> {
        let tf = Graph::new();
        let outputs = widths[widths.len() - 1];
        let x = tf.placeholder::<f32>([None, Some(widths[0])], "x");
        let y = tf.placeholder::<f32>([None, Some(outputs)], "y");
        let mut signal = x.clone();
        for (i, pair) in widths.windows(2).enumerate() {
            let w = tf.variable(tf.truncated_normal([pair[0], pair[1]]).stddev(0.1).seed(i as i64 + 1), "w");
            let b = tf.variable(tf.zeros::<f32>([pair[1]]), "b");
            signal = signal.matmul(&w) + &b;
            if i + 2 < widths.len() {
                signal = if tanh { nn::tanh(&signal) } else { nn::relu(&signal) };
            }
        }
        let cost = match tanh {
            true => (signal - &y).square().reduce_mean(..),
            false => nn::softmax_cross_entropy_with_logits(&y, &signal).reduce_mean(..),
        };
        let train = train::GradientDescentOptimizer::new(0.01).minimize(&cost);
        let numbers = |rows, columns| tf.random_uniform([rows, columns]).seed(9).tensor();
        let (examples, targets) = (numbers(batch, widths[0]), numbers(batch, outputs));
        let sess = Session::new(&tf)?.threads(threads);
        sess.run_op(&tf.global_variables_initializer(), feeds![])?;
        let (examples, targets) = sess.run((&examples, &targets), feeds![])?;
        let step = sess.prepare(&train, &[(&x, &examples), (&y, &targets)])?;
        Ok(Network { step, examples, targets })
    }

    fn playground() -> Result<Network> {
        Network::new(&[2, 8, 8, 1], 10, true, 1)
    }

    fn mnist(threads: usize) -> Result<Network> {
        Network::new(&[784, 512, 256, 10], 128, false, threads)
    }

    fn steps(&mut self, count: usize) -> Result<()> {
        self.step.run_steps(count, &[&self.examples, &self.targets])
    }
}

/// What a chain's nodes multiply.
#[derive(Clone, Copy)]
enum Factors {
    Scalars,
    /// Matrices of one element, whose products do not become one loop.
    Matrices,
}

/// A chain of products, y = x·x·x·…, fed at run time so that nothing of it is constant.
fn chain(factors: Factors, length: usize) -> (Graph, Tensor, Tensor) {
    let tf = Graph::new();
    let (x, y) = match factors {
        Factors::Scalars => {
            let x = tf.placeholder::<f32>((), "x");
            (x.clone(), (0..length).fold(x.clone(), |y, _| &y * &x))
        }
        Factors::Matrices => {
            let x = tf.placeholder::<f32>([1, 1], "x");
            (x.clone(), (0..length).fold(x.clone(), |y, _| y.matmul(&x)))
        }
    };
    (tf, x, y)
}

fn networks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step of 2-8-8-1");
    let mut network = Network::playground().expect("a network");
    group.bench_function("one a call", |bencher| bencher.iter(|| network.steps(1)));
    group.bench_function("1000 a call", |bencher| bencher.iter(|| network.steps(1_000)));
    group.finish();

    let mut group = criterion.benchmark_group("step of 784-512-256-10");
    for threads in [1, 2] {
        let mut network = Network::mnist(threads).expect("a network");
        group.bench_function(format!("threads {threads}"), |bencher| bencher.iter(|| network.steps(1)));
    }
    group.finish();

    let mut group = criterion.benchmark_group("first step of 784-512-256-10");
    let this = std::env::current_exe().expect("this program has a path");
    group.bench_function("process", |bencher| {
        bencher.iter(|| {
            let status = Command::new(&this).arg(FIRST_STEP).status();
            assert!(status.is_ok_and(|status| status.success()), "the process took its step");
        });
    });
    group.finish();
}

/// Updates of more weights than caches hold, whose gradient is there: what is timed is reading and writing.
fn updates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update of 4,194,304 weights");
    for (name, adam) in [("gradient descent", false), ("Adam", true)] {
        for threads in [1, 2] {
            let tf = Graph::new();
            let w = tf.variable(tf.zeros::<f32>([1 << 22]), "w");
            let slope = tf.variable_untrained(tf.random_uniform([1 << 22]).seed(9), "slope");
            let cost = (&*w * &*slope).reduce_sum(..);
            let train = match adam {
                true => train::AdamOptimizer::new(0.001).minimize(&cost),
                false => train::GradientDescentOptimizer::new(0.001).minimize(&cost),
            };
            let sess = Session::new(&tf).expect("the graph is sound").threads(threads);
            sess.run_op(&tf.global_variables_initializer(), feeds![]).expect("variables");
            let mut step = sess.prepare(&train, &[]).expect("it compiles");
            group.bench_function(format!("{name}, threads {threads}"), |bencher| {
                bencher.iter(|| step.run(&[]))
            });
        }
    }
    group.finish();
}

fn graphs(criterion: &mut Criterion) {
    for length in [10_000, 100_000] {
        chains(criterion, &format!("chain of {length}"), Factors::Scalars, length);
        chains(criterion, &format!("chain of {length} matrices"), Factors::Matrices, length);
    }
}

fn chains(criterion: &mut Criterion, name: &str, factors: Factors, length: usize) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.bench_function("build", |bencher| bencher.iter_with_large_drop(|| chain(factors, length)));
    group.bench_function("gradients", |bencher| {
        bencher.iter_batched(
            || chain(factors, length),
            |(tf, x, y)| (gradients(&[&y], &[&x]), tf, y),
            criterion::BatchSize::PerIteration,
        );
    });
    let (tf, x, y) = chain(factors, length);
    let slope = gradients(&[&y], &[&x])[0].clone().expect("y depends on x");
    let one = match factors {
        Factors::Scalars => Array::scalar(1.0f32),
        Factors::Matrices => array![[1.0]],
    };
    for (compile, run, fetch) in [("compile", "run", &y), ("compile gradients", "run gradients", &slope)] {
        group.bench_function(compile, |bencher| {
            bencher.iter_batched(
                || Session::new(&tf).expect("the graph is sound"),
                |sess| sess.prepare(fetch, &[(&x, &one)]),
                criterion::BatchSize::PerIteration,
            );
        });
        let sess = Session::new(&tf).expect("the graph is sound").threads(1);
        let mut call = sess.prepare(fetch, &[(&x, &one)]).expect("it compiles");
        group.bench_function(run, |bencher| bencher.iter(|| call.run(black_box(&[&one]))));
    }
    group.finish();
}

criterion_group!(benches, networks, updates, graphs);

fn main() -> Result<()> {
    if std::env::args().any(|argument| argument == FIRST_STEP) {
        return Network::mnist(1)?.steps(1);
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
    Ok(())
}
