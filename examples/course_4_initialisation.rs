//! He's initialisation: thirty rectifier layers learn with it and stall with Xavier's.

use tenseur::data::{self, BatchSize};
use tenseur::figure::{Figure, Panel};
use tenseur::nn::init::{self, Initializer};
use tenseur::prelude::*;

const LAYERS: usize = 30;

/// Thirty layers of 64 over the digits: the variance of each layer's sums at the start, and the loss as it learns.
fn learn(initializer: &Initializer, slope: f32) -> tenseur::Result<(Vec<f64>, Vec<f64>)> {
    let tf = Graph::new();
    tf.set_random_seed(1);
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let mut signal = x.clone();
    let mut variances = Vec::new();
    for number in 1..=LAYERS {
        let layer = nn::Dense::new(64).kernel_initializer(initializer.clone());
        let sums = layer.apply(&signal, nn::linear, &format!("layer{number}"));
        variances.push(sums.reduce_variance(..));
        signal = nn::leaky_relu(sums, slope);
    }
    let logits = nn::dense(&signal, 10, nn::linear, "output");
    let cost = nn::sparse_softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    let train = train::MomentumOptimizer::new(0.003, 0.9).minimize(&cost);

    let digits = data::digits();
    let sess = Session::new(&tf)?;
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let variances = sess.run(&variances[..], feeds![x => digits.features()])?;
    let variances = variances.iter().map(|variance| Ok(f64::from(variance.item::<f32>()?)));
    let mut batches = digits.batches(BatchSize::Mini(32), Some(1))?;
    let mut losses = Vec::new();
    for _ in 0..1000 {
        let (images, labels) = batches.next_batch()?;
        let (loss, ()) = sess.run((&cost, &train), feeds![x => images, y => labels])?;
        losses.push(f64::from(loss.item::<f32>()?));
    }
    Ok((variances.collect::<tenseur::Result<_>>()?, losses))
}

fn main() -> tenseur::Result<()> {
    let networks = [
        ("Xavier, α = 0", init::glorot_normal(), 0.0),
        ("He, α = 0", init::he_normal_for(0.0), 0.0),
        ("He, α = ¼", init::he_normal_for(0.25), 0.25),
    ];
    let mut loss = Panel::new("loss, mean of 20 batches").x_label("step").y_includes(0.0);
    let mut variance = Panel::new("variance of a layer's sums, at the start").x_label("layer").y_log();
    let mut table = vec![String::new(); LAYERS];
    for (name, initializer, slope) in &networks {
        let (variances, losses) = learn(initializer, *slope)?;
        let means: Vec<f64> = losses.chunks(20).map(|twenty| twenty.iter().sum::<f64>() / 20.0).collect();
        println!("{name:<14} loss of the first 20 steps {:.3}, of the last 20 {:.3}", means[0], means[49]);
        table.iter_mut().zip(&variances).for_each(|(row, variance)| *row += &format!("{variance:>16.1e}"));
        loss = loss.line(*name, (1..).map(|number| 20 * number).zip(means));
        variance = variance.line(*name, (1..).zip(variances));
    }
    println!("\nVariance of a layer's sums, at the start:");
    println!("layer {:>16}{:>16}{:>16}", networks[0].0, networks[1].0, networks[2].0);
    table.iter().zip(1..).for_each(|(row, number)| println!("{number:>5} {row}"));
    let figures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let folder = std::env::args().nth(1).unwrap_or(figures.to_string());
    let figure = Figure::new("Thirty rectifier layers, two initialisations").panel(loss).panel(variance);
    figure.save(format!("{folder}/4_initialisation.svg"))
}
