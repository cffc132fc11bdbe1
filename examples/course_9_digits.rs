//! The whole course in one program: a network learns to read handwritten digits.

use tenseur::data::{self, BatchSize};
use tenseur::figure::{Figure, Panel};
use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let (training, test) = data::digits().split(0.2, 1)?;

    let tf = Graph::new();
    tf.set_random_seed(1);
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let y = tf.placeholder::<i32>([None], "y");
    let w1 = tf.variable(tf.truncated_normal([64, 64]).stddev(0.1), "w1");
    let b1 = tf.variable(tf.zeros::<f32>([64]), "b1");
    let w2 = tf.variable(tf.truncated_normal([64, 10]).stddev(0.1), "w2");
    let b2 = tf.variable(tf.zeros::<f32>([10]), "b2");
    let hidden = nn::relu(x.matmul(&w1) + &b1);
    let logits = hidden.matmul(&w2) + &b2;
    let cost = nn::softmax_cross_entropy_with_logits(y.one_hot(10), &logits).reduce_sum(..);
    let train = train::GradientDescentOptimizer::new(0.01).minimize(&cost);
    let right = logits.argmax(1).cast::<i32>().equal(&y);
    let accuracy = right.cast::<f32>().reduce_mean(..);

    let sess = Session::new(&tf)?;
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let mut batches = training.batches(BatchSize::Mini(32), Some(1))?;
    let (mut losses, mut accuracies) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for epoch in 0..=30u32 {
        for (set, data) in [&training, &test].into_iter().enumerate() {
            let feeds = feeds![x => data.features(), y => data.targets()];
            let (cost, accuracy) = sess.run((&cost, &accuracy), feeds)?;
            losses[set].push((epoch, cost.item::<f32>()? / data.len() as f32));
            accuracies[set].push((epoch, accuracy.item::<f32>()?));
        }
        if epoch % 5 == 0 {
            let (loss, accuracy) = (losses[0][epoch as usize].1, accuracies[1][epoch as usize].1);
            println!("epoch {epoch:>2}   training loss {loss:.4}   test accuracy {accuracy:.4}");
        }
        for _ in 0..batches.steps_per_epoch() {
            let (images, labels) = batches.next_batch()?;
            sess.run_op(&train, feeds![x => images, y => labels])?;
        }
    }
    let panel = |title, [training, test]: [Vec<(u32, f32)>; 2]| {
        Panel::new(title).x_label("epoch").last_value(3).line("training", training).line("test", test)
    };
    let figure = Figure::new("The digits").panel(panel("loss", losses).y_includes(0.0));
    let figure = figure.panel(panel("accuracy", accuracies).y_range(0.9, 1.0));
    let figures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let folder = std::env::args().nth(1).unwrap_or(figures.to_string());
    figure.save(format!("{folder}/9_digits.svg"))
}
