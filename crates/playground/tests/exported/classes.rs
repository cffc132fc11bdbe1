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

    let weights = tf.variable(array![[0.8357302, 0.21034975, -0.16338016], [-0.5140126, 0.32161707, 0.2852856], [-0.060818475, -0.36073253, -0.55936277], [-0.27475867, 0.7814919, 0.5277177], [0.5761415, 0.15369244, 0.41585177], [-0.9744962, -0.28850195, -0.22611786]], "layer1/weights");
    let bias = tf.variable(array![0.5749698, -0.19337933, 0.17007832], "layer1/bias");
    let alpha = tf.variable(array![0.70683974, 0.06317563, 0.39253822], "layer1/alpha");
    let layer1 = nn::prelu(features.matmul(&weights) + &bias, &alpha);

    let weights = tf.variable(array![[0.91324043, 0.77386296, -0.6228048, 1.0058818], [0.6718871, 0.16282277, 0.10238431, 0.37289485], [0.7461811, -0.31101024, 0.26904178, 0.70134157]], "layer2/weights");
    let bias = tf.variable(array![-0.0012464188, -0.009864582, 0.4266347, -0.026486056], "layer2/bias");
    let layer2 = nn::leaky_relu(layer1.matmul(&weights) + &bias, 0.2);

    let weights = tf.variable(array![[0.90339273, 0.3154134, -0.7316008], [0.54280657, 0.37640896, -0.45226452], [-0.2969197, -0.14533031, 0.07569535], [1.0013605, 0.17045836, -0.8006377]], "output/weights");
    let bias = tf.variable(array![-0.39432645, 0.6018289, 0.40499106], "output/bias");
    let output = layer2.matmul(&weights) + &bias;

    let sigma = nn::softmax(&output);
    let loss = (nn::softmax_cross_entropy_with_logits(&labels, &output)).reduce_mean(..);
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
