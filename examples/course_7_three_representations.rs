//! One network in its three representations: the usual one (neurons and weights), the formal one (formulas), and
//! TensorFlow's (a dataflow graph). As text on standard output, and as pictures in `docs/course/`.
//!
//! `cargo run --release -p tenseur --example course_7_three_representations`

use tenseur::draw::{self, DenseNetwork};
use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    // Three numbers, x, y and z, go to three neurons, and those to one.
    let tf = Graph::new();
    let data = tf.placeholder::<f32>([None, Some(3)], "data");
    let w1 = tf.variable(tf.truncated_normal([3, 3]).seed(1), "w1");
    let b1 = tf.variable(tf.zeros::<f32>([3]), "b1");
    let w2 = tf.variable(tf.truncated_normal([3, 1]).seed(2), "w2");
    let b2 = tf.variable(tf.zeros::<f32>([1]), "b2");
    let hidden = nn::relu(data.matmul(&w1) + &b1);
    let output = nn::sigmoid(hidden.matmul(&w2) + &b2);

    // The graph is all there is: neurons and formulas are found in it, from the output back to what is fed.
    let network = DenseNetwork::of(&output)?.with_input_names(["x", "y", "z"])?;
    let usual = draw::neurons(&network);
    let formal = draw::formulas(&network);
    let tensorflow = draw::dataflow(&tf).needed_for([&output]).draw()?;

    let figures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let folder = std::env::args().nth(1).unwrap_or(figures.to_string());
    for (title, drawing, file) in [
        ("The usual representation", &usual, "7_neurons.svg"),
        ("The formal representation", &formal, "7_formulas.svg"),
        ("The TensorFlow representation", &tensorflow, "7_dataflow.svg"),
    ] {
        println!("{title}\n\n{}", drawing.text);
        drawing.save(format!("{folder}/{file}"))?;
    }
    Ok(())
}
