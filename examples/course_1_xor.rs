//! A perceptron learns AND and OR, not XOR; with one hidden layer the same descent learns all three.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    tf.set_random_seed(1);
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = tf.placeholder::<f32>([None, Some(3)], "y");
    let w = tf.variable(tf.zeros::<f32>([2, 3]), "w");
    let b = tf.variable(tf.zeros::<f32>([3]), "b");
    let perceptron = x.matmul(&w) + &b;
    let hidden = nn::dense(&x, 8, nn::tanh, "hidden");
    let network = nn::dense(&hidden, 3, nn::linear, "output");

    let inputs = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let and_or_xor = array![[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]];
    for (name, logits) in [("perceptron", &perceptron), ("hidden layer", &network)] {
        let cost = nn::sigmoid_cross_entropy_with_logits(&y, logits).reduce_mean(..);
        let train = train::GradientDescentOptimizer::new(0.5).minimize(&cost);
        let sess = Session::new(&tf)?;
        sess.run_op(&tf.initialize_all_variables(), feeds![])?;
        for _ in 0..2_000 {
            sess.run_op(&train, feeds![x => &inputs, y => &and_or_xor])?;
        }
        println!("{name:>12}: {:.2}", sess.run(&nn::sigmoid(logits), feeds![x => &inputs])?);
    }
    Ok(())
}
