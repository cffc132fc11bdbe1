// A network of tenseur's playground, with its data and its weights. It prints the losses that the page showed, and
// then learns on.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let points = tf.placeholder::<f32>([None, Some(2)], "points");
    let labels = tf.placeholder::<f32>([None, Some(1)], "labels");

    let x1 = points.slice([0, 0], [-1, 1]);
    let x2 = points.slice([0, 1], [-1, 1]);
    let features = tf.concat(&[x1.clone(), x2.clone(), &x1 * &x2], 1);

    let weights = tf.variable(array![[0.4242029, -0.09984926, -0.37818432, 0.061109066], [-0.12553537, 0.109770186, 0.21032736, -0.18574382], [-0.20064881, -0.14468564, 0.457644, 0.058275566]], "layer1/weights");
    let bias = tf.variable(array![0.101980485, 0.08864302, 0.12271321, 0.14961712], "layer1/bias");
    let layer1 = nn::tanh(features.matmul(&weights) + &bias);

    let weights = tf.variable(array![[0.31077576, 0.21214354], [-0.15746424, 0.4398786], [0.31555516, -0.04213563], [0.48415828, 0.018276175]], "layer2/weights");
    let bias = tf.variable(array![0.18519022, 0.10948091], "layer2/bias");
    let layer2 = nn::tanh(layer1.matmul(&weights) + &bias);

    let weights = tf.variable(array![[0.48927814], [0.072022475]], "output/weights");
    let bias = tf.variable(array![0.20556891], "output/bias");
    let output = layer2.matmul(&weights) + &bias;

    let sigma = nn::tanh(&output);
    let loss = (0.5 * (&sigma - &labels).square().reduce_sum(1)).reduce_mean(..);
    let objective = loss.clone();
    let step = tf.variable_untrained(0, "global_step");
    let rate = tf.constant(0.03);
    let train = train::GradientDescentOptimizer::new(&rate).minimize_counting(&objective, &step);

    let sess = Session::new(&tf)?.portable();
    sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    let (training, test) = (examples(&TRAINING)?, examples(&TEST)?);
    println!("training loss {:?}", sess.run(&loss, feeds![points => &training.0, labels => &training.1])?.item::<f32>()?);
    println!("test loss {:?}", sess.run(&loss, feeds![points => &test.0, labels => &test.1])?.item::<f32>()?);
    let example = sess.run(&sigma, feeds![points => array![[1.0, -2.0]]])?;
    println!("at (1, -2) the output is {example}");
    for _ in 0..25 {
        sess.run_op(&train, feeds![points => &training.0, labels => &training.1])?;
    }
    println!("after 25 more steps {:?}", sess.run(&loss, feeds![points => &training.0, labels => &training.1])?.item::<f32>()?);
    Ok(())
}

/// Points, and what is to be told of them.
fn examples(rows: &[[f32; 3]]) -> tenseur::Result<(Array, Array)> {
    let points: Vec<f32> = rows.iter().flat_map(|row| row[..2].to_vec()).collect();
    let labels: Vec<f32> = rows.iter().flat_map(|row| row[2..].to_vec()).collect();
    Ok((Array::new([rows.len(), 2], points)?, Array::new([rows.len(), 1], labels)?))
}

#[rustfmt::skip]
const TRAINING: [[f32; 3]; 6] = [
    [2.3, 1.2, -1.0],
    [2.3, -1.0, 1.0],
    [-1.6, -2.1, 1.0],
    [-1.6, 3.4, -1.0],
    [-1.6, 1.2, 1.0],
    [1.0, 0.1, 1.0],
];

#[rustfmt::skip]
const TEST: [[f32; 3]; 6] = [
    [1.0, -2.1, -1.0],
    [-2.9, -3.2, -1.0],
    [-2.9, 2.3, 1.0],
    [-2.9, 0.1, -1.0],
    [-0.3, -1.0, -1.0],
    [-0.3, -3.2, 1.0],
];
