//! How long steps take, beside limits measured in the same run: `cargo xtask bench`.
//!
//! Each figure is the median of many rounds. The limit of a step is its multiply-adds at the speed of a large matrix
//! product, measured here; of the tiny network, a hand-written loop over fixed-size arrays.

use std::hint::black_box;
use std::time::Instant;

use tenseur::Prepared;
use tenseur::prelude::*;

/// The median time of one call, in seconds, over `rounds` rounds of `calls` calls.
fn median(rounds: usize, calls: usize, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed().as_secs_f64() / calls as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[rounds / 2]
}

fn said(name: &str, seconds: f64, beside: &str) {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s => (s * 1e3, "ms"),
    };
    println!("{name:44} {value:8.2} {unit}   {beside}");
}

/// A fully connected network with mean square loss, its training step prepared for random data.
fn network(widths: &[usize], batch: usize, tanh: bool, threads: usize) -> (Prepared, Array, Array) {
    let tf = Graph::new();
    let outputs = widths[widths.len() - 1];
    let x = tf.placeholder::<f32>([None, Some(widths[0])], "x");
    let y = tf.placeholder::<f32>([None, Some(outputs)], "y");
    let mut signal = x.clone();
    for (i, pair) in widths.windows(2).enumerate() {
        let w = tf.variable(tf.truncated_normal([pair[0], pair[1]]).stddev(0.1).seed(i as i64 + 1), "w");
        let b = tf.variable(tf.zeros::<f32>([pair[1]]), "b");
        signal = signal.matmul(&w) + &b;
        let last = i + 2 == widths.len();
        signal = match (last, tanh) {
            (true, _) => signal,
            (false, true) => nn::tanh(&signal),
            (false, false) => nn::relu(&signal),
        };
    }
    let cost = match tanh {
        true => (signal - &y).square().reduce_mean(..),
        false => nn::softmax_cross_entropy_with_logits(&y, &signal).reduce_mean(..),
    };
    let train = train::GradientDescentOptimizer::new(0.01).minimize(&cost);
    let numbers = |rows, columns| tf.random_uniform([rows, columns]).seed(9).tensor();
    let (examples, targets) = (numbers(batch, widths[0]), numbers(batch, outputs));
    let sess = Session::new(&tf).unwrap().threads(threads);
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let (examples, targets) = sess.run((&examples, &targets), feeds![]).unwrap();
    let call = sess.prepare(&train, &[(&x, &examples), (&y, &targets)]).unwrap();
    (call, examples, targets)
}

/// Seconds for one multiply-add in a product of large matrices.
fn multiply_add(threads: usize) -> f64 {
    const SIZE: usize = 1024;
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([Some(SIZE), Some(SIZE)], "a");
    let product = a.matmul(&a);
    let values = Array::full(DType::Float32, [SIZE, SIZE], 0.5).unwrap();
    let sess = Session::new(&tf).unwrap().threads(threads);
    let mut call = sess.prepare(&product, &[(&a, &values)]).unwrap();
    median(7, 1, || call.run(&[&values]).unwrap()) / (SIZE * SIZE * SIZE) as f64
}

/// One step of 2-8-8-1 with tanh, batch 10, mean square and gradient descent, written by hand.
fn by_hand(w: &mut [Vec<f32>; 3], b: &mut [Vec<f32>; 3], x: &[f32], y: &[f32]) {
    const WIDTHS: [usize; 4] = [2, 8, 8, 1];
    const BATCH: usize = 10;
    let mut signals = vec![x.to_vec()];
    for layer in 0..3 {
        let (fan_in, fan_out) = (WIDTHS[layer], WIDTHS[layer + 1]);
        let mut out = vec![0.0f32; BATCH * fan_out];
        for r in 0..BATCH {
            let row = &mut out[r * fan_out..][..fan_out];
            row.copy_from_slice(&b[layer]);
            for i in 0..fan_in {
                let s = signals[layer][r * fan_in + i];
                row.iter_mut().zip(&w[layer][i * fan_out..][..fan_out]).for_each(|(o, w)| *o += s * w);
            }
            if layer < 2 {
                row.iter_mut().for_each(|o| *o = o.tanh());
            }
        }
        signals.push(out);
    }
    let mut delta: Vec<f32> = signals[3].iter().zip(y).map(|(p, y)| 2.0 * (p - y) / BATCH as f32).collect();
    for layer in (0..3).rev() {
        let (fan_in, fan_out) = (WIDTHS[layer], WIDTHS[layer + 1]);
        let mut before = vec![0.0f32; BATCH * fan_in];
        let mut slopes = vec![0.0f32; fan_in * fan_out];
        for r in 0..BATCH {
            let d = &delta[r * fan_out..][..fan_out];
            for i in 0..fan_in {
                let s = signals[layer][r * fan_in + i];
                let weights = &w[layer][i * fan_out..][..fan_out];
                let sum: f32 = d.iter().zip(weights).map(|(d, w)| d * w).sum();
                before[r * fan_in + i] = sum * (1.0 - s * s);
                slopes[i * fan_out..][..fan_out].iter_mut().zip(d).for_each(|(g, d)| *g += s * d);
            }
            b[layer].iter_mut().zip(d).for_each(|(b, d)| *b -= 0.01 * d);
        }
        w[layer].iter_mut().zip(&slopes).for_each(|(w, g)| *w -= 0.01 * g);
        delta = before;
    }
}

fn main() {
    let (mut call, x, y) = network(&[2, 8, 8, 1], 10, true, 1);
    let step = median(31, 2_000, || call.run(&[&x, &y]).unwrap());
    let many = median(31, 2, || call.run_steps(1_000, &[&x, &y]).unwrap()) / 1_000.0;
    let mut w = [vec![0.1; 16], vec![0.1; 64], vec![0.1; 8]];
    let mut b = [vec![0.0; 8], vec![0.0; 8], vec![0.0; 1]];
    let (xs, ys) = (x.as_slice::<f32>().unwrap(), y.as_slice::<f32>().unwrap());
    let hand = median(31, 2_000, || by_hand(black_box(&mut w), black_box(&mut b), xs, ys));
    said("2-8-8-1 tanh, batch 10: plain Rust by hand", hand, "");
    said("  a step, one call each", step, &format!("{:.2} of by hand", step / hand));
    said("  a step, 1,000 in a call", many, &format!("{:.2} of by hand", many / hand));

    let widths = [784, 512, 256, 10];
    let products: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    // Forward, the weights' gradients, and the signals' gradients in all layers but the first.
    let work = 128 * (3 * products - widths[0] * widths[1]);
    for threads in [1, 2] {
        let limit = multiply_add(threads) * work as f64;
        let (mut call, x, y) = network(&widths, 128, false, threads);
        let step = median(31, 4, || call.run(&[&x, &y]).unwrap());
        let beside =
            format!("{:.2} × its multiply-adds at 1024³ speed ({:.2} ms)", step / limit, limit * 1e3);
        said(&format!("784-512-256-10, batch 128, {threads} thread(s)"), step, &beside);
    }

    const NODES: usize = 10_000;
    let chain = || {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>((), "x");
        let y = (0..NODES).fold(x.clone(), |y, _| &y * &x);
        (tf, x, y)
    };
    let build = median(7, 1, || drop(black_box(chain())));
    said("building, per node", build / NODES as f64, "a chain of 10,000 products");
    let slopes = median(7, 1, || {
        let (_tf, x, y) = chain();
        black_box(gradients(&[&y], &[&x]));
    });
    said("building and gradients, per node", slopes / NODES as f64, "");
    let (tf, x, y) = chain();
    let one = Array::scalar(1.0f32);
    let sess = Session::new(&tf).unwrap().threads(1);
    let start = Instant::now();
    let mut call = sess.prepare(&y, &[(&x, &one)]).unwrap();
    said("compiling, per node", start.elapsed().as_secs_f64() / NODES as f64, "");
    said("running, per node", median(7, 3, || call.run(&[&one]).unwrap()) / NODES as f64, "");
}
