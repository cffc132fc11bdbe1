// A network of tenseur's playground, with its data and its weights. It prints the losses that the page showed, and
// then learns on.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let points = tf.placeholder::<f32>([None, Some(2)], "points");
    let labels = tf.placeholder::<f32>([None, Some(3)], "labels");

    let x1 = points.slice([0, 0], [-1, 1]);
    let x2 = points.slice([0, 1], [-1, 1]);
    let features = tf.concat(&[x1.clone(), x2.clone(), x1.square(), x2.square(), x1.sin(), x2.sin()], 1);

    let weights = tf.variable(array![[0.7044794, 0.15510827, 0.020431634], [-0.43204495, 0.2937723, 0.1629016], [-0.14379615, -0.3118735, -0.37837908], [-0.3135639, 0.59590834, 0.48345032], [0.58682036, 0.11662058, 0.3013776], [-0.88603175, -0.15656345, -0.20550656]], "layer1/weights");
    let bias = tf.variable(array![0.63313836, -0.17157815, 0.22376406], "layer1/bias");
    let alpha = tf.variable(array![0.6291754, -0.018402096, 0.39401254], "layer1/alpha");
    let layer1 = nn::prelu(features.matmul(&weights) + &bias, &alpha);

    let weights = tf.variable(array![[0.88967633, 0.62710166, -0.18931772, 0.97802407], [0.5694875, 0.11721466, 0.080037504, 0.32402787], [0.567816, 0.044401377, 0.011911733, 0.54784024]], "layer2/weights");
    let bias = tf.variable(array![0.08363432, 0.193723, 0.46532673, 0.12591846], "layer2/bias");
    let layer2 = nn::leaky_relu(layer1.matmul(&weights) + &bias, 0.2);

    let weights = tf.variable(array![[0.8835071, -0.04110423, -0.7004623], [0.5133608, -0.025431111, -0.48863363], [-0.23440127, 0.061188728, 0.0008872235], [0.9291591, -0.13532639, -0.8314202]], "output/weights");
    let bias = tf.variable(array![-0.38233683, 0.6454847, 0.3558919], "output/bias");
    let output = layer2.matmul(&weights) + &bias;

    let sigma = nn::softmax(&output);
    let loss = (0.5 * (&sigma - &labels).square().reduce_sum(1)).reduce_mean(..);
    let weights = tf.trainable_variables().into_iter().filter(|variable| variable.name().ends_with("weights:0"));
    let penalties = weights.map(|weights| nn::l2_loss(&weights));
    let penalty = penalties.reduce(|sum, term| sum + term).expect("there is an output layer");
    let objective = &loss + penalty * 0.01;
    let step = tf.variable_untrained(0, "global_step");
    let rate = tf.constant(0.03);
    let train = train::AdamOptimizer::new(&rate).minimize_counting(&objective, &step);

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
fn examples(rows: &[[f32; 5]]) -> tenseur::Result<(Array, Array)> {
    let points: Vec<f32> = rows.iter().flat_map(|row| row[..2].to_vec()).collect();
    let labels: Vec<f32> = rows.iter().flat_map(|row| row[2..].to_vec()).collect();
    Ok((Array::new([rows.len(), 2], points)?, Array::new([rows.len(), 3], labels)?))
}

#[rustfmt::skip]
const TRAINING: [[f32; 5]; 6] = [
    [2.3, 1.2, 0.0, 1.0, 0.0],
    [2.3, -1.0, 1.0, 0.0, 0.0],
    [-1.6, -2.1, 0.0, 1.0, 0.0],
    [-1.6, 3.4, 1.0, 0.0, 0.0],
    [-1.6, 1.2, 0.0, 0.0, 1.0],
    [1.0, 0.1, 1.0, 0.0, 0.0],
];

#[rustfmt::skip]
const TEST: [[f32; 5]; 6] = [
    [1.0, -2.1, 0.0, 0.0, 1.0],
    [-2.9, -3.2, 1.0, 0.0, 0.0],
    [-2.9, 2.3, 0.0, 0.0, 1.0],
    [-2.9, 0.1, 0.0, 1.0, 0.0],
    [-0.3, -1.0, 0.0, 0.0, 1.0],
    [-0.3, -3.2, 0.0, 1.0, 0.0],
];
