//! A training that can be killed at any time: started again it goes on where it was, with the same numbers to the last bit.
//!
//! `cargo run --release -p tenseur --example training_that_survives`, as often as you like; Ctrl-C, `kill -9` or a power cut
//! cost at most the last second.

use std::time::Duration;

use tenseur::data::{self, pipeline::Dataset};
use tenseur::prelude::*;
use tenseur::train::Checkpoints;

const STEPS: u64 = 20_000;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    tf.set_random_seed(1);
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let w1 = tf.variable(tf.truncated_normal([64, 32]).stddev(0.1), "w1");
    let w2 = tf.variable(tf.truncated_normal([32, 10]).stddev(0.1), "w2");
    let hidden = nn::dropout(nn::relu(x.matmul(&w1)), 0.8);
    let loss = nn::sparse_softmax_cross_entropy_with_logits(&y, hidden.matmul(&w2)).reduce_mean(..);
    let global_step = tf.variable_untrained(0, "global_step");
    let rate = train::exponential_decay(0.002, &global_step, 5_000, 0.5, true);
    let train = train::AdamOptimizer::new(&rate).minimize_counting(&loss, &global_step);

    // In a fixed order, which its seeds decide, so that a number says where in the data a training is.
    let digits = data::digits();
    let batches = Dataset::from_arrays(&[digits.features().clone(), digits.targets().clone()])?;
    let batches = batches.shuffle(2_000, 7).repeat(None).batch(32, true);

    let sess = Session::new(&tf)?;
    let mut checkpoints = Checkpoints::new("runs/survives").every(Duration::from_secs(1));
    checkpoints.lock()?;
    // What the program has counted goes with the checkpoint, as a note.
    let (mut step, mut mean_loss) = match checkpoints.restore(&sess)? {
        Some(checkpoint) => (checkpoint.step, checkpoint.note.parse().unwrap_or(0.0)),
        None => {
            sess.run_op(&tf.global_variables_initializer(), feeds![])?;
            (0, 0.0)
        }
    };
    println!("from step {step}");
    for batch in batches.iter_from(step)?.take((STEPS - step) as usize) {
        let batch = batch?;
        let (loss, _) = sess.run((&loss, &train), feeds![x => &batch[0], y => &batch[1]])?;
        mean_loss += (f64::from(loss.item::<f32>()?) - mean_loss) * 0.001;
        step += 1;
        if checkpoints.due() {
            // On a full disk, say, training goes on, and the checkpoints that there are stay.
            match checkpoints.save(&sess, step, &mean_loss.to_string()) {
                Ok(_) => println!("step {step}, loss {mean_loss:.4}"),
                Err(error) => eprintln!("no checkpoint: {error}"),
            }
        }
    }
    checkpoints.save(&sess, step, &mean_loss.to_string())?;
    println!("done: loss {mean_loss:.6}");
    Ok(())
}
