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

    let weights = tf.variable(array![[0.45639998, -0.09550368, -0.3589924], [-0.026552038, -0.020368746, -0.02703063]], "layer1/weights");
    let bias = tf.variable(array![0.109789565, 0.09687238, 0.11655105], "layer1/bias");
    let layer1 = nn::swish(features.matmul(&weights) + &bias);

    let weights = tf.variable(array![[0.3148908, 0.21524325], [-0.12524545, 0.4432864], [0.31455952, -0.037583206]], "layer2/weights");
    let bias = tf.variable(array![0.20123655, 0.12192495], "layer2/bias");
    let layer2 = nn::selu(layer1.matmul(&weights) + &bias);

    let weights = tf.variable(array![[0.45335922], [0.11870491]], "output/weights");
    let bias = tf.variable(array![0.3128628], "output/bias");
    let output = layer2.matmul(&weights) + &bias;

    let sigma = nn::sigmoid(&output);
    let loss = (nn::sigmoid_cross_entropy_with_logits(&labels, &output).reduce_sum(1)).reduce_mean(..);
    let objective = loss.clone();
    let step = tf.variable_untrained(0, "global_step");
    let rate = train::exponential_decay(0.03, &step, 9, 0.5, true);
    let train = train::MomentumOptimizer::new(&rate, 0.9).nesterov().minimize_counting(&objective, &step);

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
    [2.3, 1.2, 0.0],
    [2.3, -1.0, 1.0],
    [-1.6, -2.1, 1.0],
    [-1.6, 3.4, 0.0],
    [-1.6, 1.2, 1.0],
    [1.0, 0.1, 1.0],
];

#[rustfmt::skip]
const TEST: [[f32; 3]; 6] = [
    [1.0, -2.1, 0.0],
    [-2.9, -3.2, 0.0],
    [-2.9, 2.3, 1.0],
    [-2.9, 0.1, 0.0],
    [-0.3, -1.0, 0.0],
    [-0.3, -3.2, 1.0],
];
