//! XOR with one hidden layer: the program of the README.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = tf.placeholder::<f32>([None, Some(1)], "y");
    let w1 = tf.variable(tf.truncated_normal([2, 8]).seed(1), "w1");
    let b1 = tf.variable(tf.zeros::<f32>([8]), "b1");
    let w2 = tf.variable(tf.truncated_normal([8, 1]).seed(2), "w2");
    let b2 = tf.variable(tf.zeros::<f32>([1]), "b2");
    let logits = nn::tanh(x.matmul(&w1) + &b1).matmul(&w2) + &b2;
    let cost = nn::sigmoid_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(0.5).minimize(&cost);

    let sess = Session::new(&tf)?;
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let inputs = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let xor = array![[0.0], [1.0], [1.0], [0.0]];
    for _ in 0..2_000 {
        sess.run_op(&train, feeds![x => &inputs, y => &xor])?;
    }
    println!("{:.2}", sess.run(&nn::sigmoid(&logits), feeds![x => &inputs])?);
    Ok(())
}
