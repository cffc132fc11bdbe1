//! PReLU (He et al. 2015): a rectifier that learns its slope α below 0, one for a layer or one for each channel.

use tenseur::data::{self, BatchSize};
use tenseur::prelude::*;

/// Trains two hidden layers on the digits; gives the accuracy on what was held back, and each layer's α. `alphas` says
/// how many a layer has: none, which is ReLU; one; or one for each channel.
fn learn(channels: usize, alphas: usize, seed: u64) -> tenseur::Result<(f64, Vec<Array>)> {
    let tf = Graph::new();
    tf.set_random_seed(seed as i64);
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let (mut signal, mut slopes) = (x.clone(), Vec::new());
    let start = if alphas == 0 { 0.0 } else { 0.25 };
    for name in ["hidden1", "hidden2"] {
        let layer = nn::Dense::new(channels).kernel_initializer(nn::init::he_normal_for(start));
        if alphas == 0 {
            signal = layer.apply(&signal, nn::relu, name);
            continue;
        }
        let alpha = tf.variable(tf.fill([alphas as i32], start as f32), "alpha");
        signal = layer.apply(&signal, |sum| nn::prelu(sum, &alpha), name);
        slopes.push(alpha);
    }
    let logits = nn::dense(&signal, 10, nn::linear, "output");
    let mut cost = nn::sparse_softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    // Weights decay. α does not: that would pull it to 0, towards ReLU.
    for weights in tf.trainable_variables().iter().filter(|variable| variable.name().ends_with("kernel:0")) {
        cost = cost + nn::l2_loss(weights) * 1e-4;
    }
    let train = train::MomentumOptimizer::new(0.01, 0.9).minimize(&cost);
    let accuracy = logits.argmax(1).cast::<i32>().equal(&y).cast::<f32>().reduce_mean(..);
    let sess = Session::new(&tf)?;
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let (training, held_back) = data::digits().split(0.2, seed)?;
    let mut batches = training.batches(BatchSize::Mini(32), Some(seed))?;
    for _ in 0..20 * batches.steps_per_epoch() {
        let (images, labels) = batches.next_batch()?;
        sess.run_op(&train, feeds![x => images, y => labels])?;
    }
    let accuracy = sess.run(&accuracy, feeds![x => held_back.features(), y => held_back.targets()])?;
    Ok((accuracy.to_f64()?[0], sess.run(&slopes[..], feeds![])?))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let x = tf.constant(array![[-2.0, 4.0], [-1.0, -3.0]]);
    let (one, each) = (tf.constant(array![0.25]), tf.constant(array![0.25, 0.25]));
    let slope = |alpha| gradients(&[nn::prelu(&x, alpha)], &[alpha])[0].clone().expect("f depends on α");
    let below = x.minimum(0.0);
    let all = (&slope(&one), &below.reduce_sum(..), &slope(&each), &below.reduce_sum(0));
    let (one, sum, each, sums) = Session::new(&tf)?.run(all, feeds![])?;
    println!("one α per layer:   ∂f/∂α = {one}, and min(0, x) summed over the layer is {sum}");
    println!("one α per channel: ∂f/∂α = {each}, and summed over each channel it is {sums}");

    for channels in [8, 32] {
        println!("\nTwo hidden layers of {channels}: accuracy on held-back digits, mean of twenty seeds");
        let relu = (1..=20).map(|seed| Ok(learn(channels, 0, seed)?.0));
        let relu: Vec<f64> = relu.collect::<tenseur::Result<_>>()?;
        println!("    ReLU               {:.3}", mean(&relu));
        for (name, alphas) in [("one α per layer", 1), ("one α per channel", channels)] {
            let (mut gains, mut slopes) = (Vec::new(), Vec::new());
            for (seed, relu) in (1..=20).zip(&relu) {
                let (accuracy, learnt) = learn(channels, alphas, seed)?;
                gains.push(accuracy - relu);
                slopes = learnt;
            }
            let gain = mean(&gains);
            let squares: Vec<f64> = gains.iter().map(|one| (one - gain).powi(2)).collect();
            let error = (mean(&squares) / 19.0).sqrt();
            println!("    {name:<18} {:.3}   gain {gain:+.3} ± {error:.3}", mean(&relu) + gain);
            slopes.iter().for_each(|alpha| println!("        a layer's α: {alpha:.2}"));
        }
    }
    Ok(())
}
