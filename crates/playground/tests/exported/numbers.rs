// A network of tenseur's playground, with its data and its weights. It prints the losses that the page showed, and
// then learns on.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let points = tf.placeholder::<f32>([None, Some(2)], "points");
    let labels = tf.placeholder::<f32>([None, Some(1)], "labels");

    let x1 = points.slice([0, 0], [-1, 1]);
    let x2 = points.slice([0, 1], [-1, 1]);
    let features = tf.concat(&[x1.clone(), x2.clone()], 1);

    let weights = tf.variable(array![[0.1501016, -0.20877713, -1.2358025], [-1.7982241, 2.1921127, 0.56522596]], "layer1/weights");
    let bias = tf.variable(array![-0.0065564113, -0.006103336, 0.01611344], "layer1/bias");
    let layer1 = nn::gelu(features.matmul(&weights) + &bias);

    let weights = tf.variable(array![[-0.48844188, -0.065486535], [-0.52441084, 1.2166941], [0.092082605, -1.2472177]], "layer2/weights");
    let bias = tf.variable(array![0.0057282946, 0.0006243071], "layer2/bias");
    let layer2 = (layer1.matmul(&weights) + &bias).sin();

    let weights = tf.variable(array![[-0.15242554, -0.3040664], [-1.257059, -1.3722315]], "layer3/weights");
    let bias = tf.variable(array![0.052754167, -0.046799343], "layer3/bias");
    let layer3 = layer2.matmul(&weights) + &bias;

    let weights = tf.variable(array![[1.1180879], [-1.1268455]], "output/weights");
    let bias = tf.variable(array![0.043861777], "output/bias");
    let output = layer3.matmul(&weights) + &bias;

    let sigma = output.clone();
    let loss = (0.5 * (&sigma - &labels).square().reduce_sum(1)).reduce_mean(..);
    let weights = tf.trainable_variables().into_iter().filter(|variable| variable.name().ends_with("weights:0"));
    let penalties = weights.map(|weights| weights.abs().reduce_sum(..));
    let penalty = penalties.reduce(|sum, term| sum + term).expect("there is an output layer");
    let objective = &loss + penalty * 0.003;
    let step = tf.variable_untrained(0, "global_step");
    let rate = train::exponential_decay(0.03, &step, 1000, 0.5, false);
    let train = train::MomentumOptimizer::new(&rate, 0.9).minimize_counting(&objective, &step);

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
    [2.3, 1.2, 0.092],
    [2.3, -1.0, 0.345],
    [-1.6, -2.1, -0.328],
    [-1.6, 3.4, 0.112],
    [-1.6, 1.2, -0.064],
    [1.0, 0.1, 0.095],
];

#[rustfmt::skip]
const TEST: [[f32; 3]; 6] = [
    [1.0, -2.1, 0.205],
    [-2.9, -3.2, -0.754],
    [-2.9, 2.3, 0.0435],
    [-2.9, 0.1, -0.2755],
    [-0.3, -1.0, -0.045],
    [-0.3, -3.2, -0.078],
];
