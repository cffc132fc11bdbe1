//! Softmax and cross-entropy: `σⱼ = exp(aⱼ) / Σₖ exp(aₖ)` and `H = −Σ y·log σ`.
//!
//! Their derivatives are `∂σᵢ/∂aⱼ = σᵢ·(δᵢⱼ − σⱼ)` and `∂H/∂aⱼ = σⱼ·Σy − yⱼ`; both are held against the engine's. Where
//! a probability underflows, H as it is written by hand is 0 · −∞, which is NaN, and so is its gradient, step by step.
//! The engine knows what is meant: loss and gradient are those of the fused op.

use tenseur::prelude::*;
use tenseur::{Executor, Result};

fn main() -> Result<()> {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(3)], "a");
    let y = tf.placeholder::<f32>([None, Some(3)], "y");
    let softmax = nn::softmax(&a);
    let by_hand = -(&y * softmax.log()).reduce_sum(..);
    let fused = nn::softmax_cross_entropy_with_logits(&y, &a).reduce_sum(..);

    let gradient = |of: &Tensor| gradients(&[of], &[&a])[0].clone().expect("it depends on a");
    let slopes = [gradient(&by_hand), gradient(&fused)];
    let jacobian: Vec<Tensor> = (0..3).map(|i| gradient(&softmax.slice([0, i], [1, 1]))).collect();
    let sess = Session::new(&tf)?;

    let ordinary = array![[1.0, 2.0, 3.0]];
    let s = sess.run(&softmax, feeds![a => &ordinary])?.to_f64()?;
    println!("a = [1, 2, 3], softmax σ = {s:.4?}");
    println!("its Jacobian from the engine      σᵢ·(δᵢⱼ − σⱼ)");
    for (i, row) in sess.run(&jacobian[..], feeds![a => &ordinary])?.iter().enumerate() {
        let formula: Vec<f64> = (0..3).map(|j| s[i] * (f64::from(i == j) - s[j])).collect();
        println!("{:7.4?}       {formula:7.4?}", row.to_f64()?);
    }

    for logits in [ordinary.clone(), array![[1000.0, -1000.0, 0.0]]] {
        println!("\na = {logits}");
        println!("labels y                   H       gradient");
        let s = sess.run(&softmax, feeds![a => &logits])?.to_f64()?;
        for labels in [array![[0.0, 1.0, 0.0]], array![[0.75, 0.0, 0.25]], array![[1.0, 1.0, 0.0]]] {
            let feeds = feeds![a => &logits, y => &labels];
            let (of_hand, slope_of_hand) = sess.run((&by_hand, &slopes[0]), feeds.clone())?;
            let (of_fused, slope_of_fused) = sess.run((&fused, &slopes[1]), feeds.clone())?;
            let written = sess.clone().executor(Executor::Reference).run(&by_hand, feeds)?;
            let y = labels.to_f64()?;
            let formula: Vec<f64> = (0..3).map(|j| s[j] * y.iter().sum::<f64>() - y[j]).collect();
            println!("{labels}");
            println!("  by hand          {:9.4}    {:7.4?}", of_hand.item::<f32>()?, slope_of_hand.to_f64()?);
            println!(
                "  fused            {:9.4}    {:7.4?}",
                of_fused.item::<f32>()?,
                slope_of_fused.to_f64()?
            );
            println!("  σ·Σy − y                      {formula:7.4?}");
            println!("  step by step     {:9.4}", written.item::<f32>()?);
        }
    }
    println!("\nThe fused op takes labels to sum to 1: with two classes its gradient, σ − y, is another.");

    let feeds = feeds![a => &ordinary, y => &ordinary];
    let written = sess.clone().executor(Executor::Reference).explain(&by_hand, feeds.clone())?;
    println!("\nH by hand, as it was written:\n{written}");
    println!("The plan that is run:\n{}", sess.explain(&by_hand, feeds.clone())?);
    println!("The plan of its gradient:\n{}", sess.explain(&slopes[0], feeds)?);
    Ok(())
}
