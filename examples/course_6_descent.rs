//! Descent as the course writes it, w ← w − η·Σ ∂E/∂w: online, over the whole set, by packets of n_b examples.

use std::time::Instant;

use tenseur::data::{self, BatchSize, Dataset};
use tenseur::figure::{Figure, Panel};
use tenseur::prelude::*;

const EPOCHS: usize = 20;

struct Descent {
    seen: Vec<(f64, f64)>, // at each update: epochs so far, loss of the examples that it sees
    reached: Vec<[f64; 4]>, // after each epoch: epochs, updates, seconds, loss over the whole set
    weights: Vec<Array>,
}

fn descend(digits: &Dataset, size: BatchSize, rate: f64, summed: bool) -> tenseur::Result<Descent> {
    let tf = Graph::new();
    tf.set_random_seed(1);
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let logits = nn::dense(nn::dense(&x, 16, nn::relu, "hidden"), 10, nn::linear, "output");
    let losses = nn::sparse_softmax_cross_entropy_with_logits(&y, &logits);
    let (sum, mean) = (losses.reduce_sum(..), losses.reduce_mean(..));
    let train = train::GradientDescentOptimizer::new(rate).minimize(if summed { &sum } else { &mean });
    let sess = Session::new(&tf)?;
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let mut batches = digits.batches(size, Some(1))?;
    let (mut seen, mut reached, mut seconds) = (Vec::new(), Vec::new(), 0.0);
    for epoch in 1..=EPOCHS {
        let start = Instant::now();
        for _ in 0..batches.steps_per_epoch() {
            let (images, labels) = batches.next_batch()?;
            let (loss, ()) = sess.run((&mean, &train), feeds![x => images, y => labels])?;
            seen.push((seen.len() as f64 / batches.steps_per_epoch() as f64, f64::from(loss.item::<f32>()?)));
        }
        seconds += start.elapsed().as_secs_f64();
        let loss = sess.run(&mean, feeds![x => digits.features(), y => digits.targets()])?;
        reached.push([epoch as f64, seen.len() as f64, seconds, f64::from(loss.item::<f32>()?)]);
    }
    Ok(Descent { seen, reached, weights: sess.run(&tf.trainable_variables()[..], feeds![])? })
}

fn main() -> tenseur::Result<()> {
    let digits = data::digits().select(&(0..1440).collect::<Vec<usize>>())?;
    println!("                    n_b   of E      η       updates   loss     noise");
    let mut runs = Vec::new();
    for (name, size, rate, summed) in [
        ("online", BatchSize::Online, 0.01, true),
        ("by packets", BatchSize::Mini(32), 0.01, true),
        ("the whole set", BatchSize::Full, 0.01 / 32.0, true),
        ("the whole set, 32η", BatchSize::Full, 0.01, true),
        ("packets' mean", BatchSize::Mini(32), 0.01, false),
        ("packets' mean, 32η", BatchSize::Mini(32), 0.01 * 32.0, false),
    ] {
        let run = descend(&digits, size, rate, summed)?;
        let ([.., loss], updates) = (run.reached[EPOCHS - 1], run.seen.len());
        let last = &run.seen[updates - updates / EPOCHS..];
        let noise =
            last.windows(2).fold(0.0, |sum, two| sum + (two[1].1 - two[0].1).abs()) / last.len() as f64;
        let (examples, error) = (size.examples(digits.len()), if summed { "sum" } else { "mean" });
        println!("{name:<19} {examples:>4}   {error:<4}   {rate:.5}   {updates:>5}   {loss:.4}   {noise:.4}");
        runs.push((name, run));
    }
    let same = runs[1].1.weights == runs[5].1.weights;
    println!("By the packets' sum with η and their mean with 32η the weights are the same bits: {same}");
    let times = runs[..3].iter().map(|(name, run)| format!("{name} {:.3} s", run.reached[EPOCHS - 1][2]));
    println!("Time, measured: {}", times.collect::<Vec<_>>().join(", "));
    let lines = |title, points: &dyn Fn(&Descent) -> Vec<(f64, f64)>| {
        runs[..3].iter().fold(Panel::new(title).y_log(), |panel, (name, run)| panel.line(*name, points(run)))
    };
    let by = |title, x: usize| lines(title, &|run| run.reached.iter().map(|at| (at[x], at[3])).collect());
    let seen = lines("loss that an update sees, by epoch", &|run| run.seen.clone());
    let time = by("loss by second, measured", 2).x_log().measured();
    let figure = Figure::new("Three descents on the same digits, twenty epochs each").columns(2);
    let figure = figure.panel(by("loss by epoch", 0)).panel(by("loss by update", 1).x_log());
    let figures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let folder = std::env::args().nth(1).unwrap_or(figures.to_string());
    figure.panel(time).panel(seen).save(format!("{folder}/6_descent.svg"))
}
