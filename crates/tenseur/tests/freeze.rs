//! Frozen graphs compute what the others did, from constants, with nothing that is not needed.

use std::path::{Path, PathBuf};

use tenseur::Code;
use tenseur::formats::saved_model::SavedModel;
use tenseur::freeze::freeze;
use tenseur::nn::{DataFormat, Padding, Sliding};
use tenseur::ops::batch_norm::{BatchNorm, FusedBatchNorm};
use tenseur::prelude::*;

fn op_types(graph: &Graph) -> Vec<String> {
    let operations = graph.operations();
    let mut types: Vec<String> = operations.iter().map(|op| op.op_type().replace("AddV2", "Add")).collect();
    types.sort();
    types
}

/// Runs `y` for `x` before and after freezing: the answers agree to rounding. Gives the frozen graph.
fn same(sess: &Session, x: &Tensor, y: &Tensor, value: &Array) -> Graph {
    let want = sess.run(y, feeds![x => value]).unwrap();
    let frozen = Graph::from_graph_def(&freeze(sess, &[y]).unwrap()).unwrap();
    let (x, y) = (frozen.tensor(&x.name()).unwrap(), frozen.tensor(&y.name()).unwrap());
    let got = Session::new(&frozen).unwrap().run(&y, feeds![&x => value]).unwrap();
    assert_eq!(got.shape(), want.shape());
    let (got, want) = (got.to_f64().unwrap(), want.to_f64().unwrap());
    let largest = want.iter().fold(1.0f64, |largest, number| largest.max(number.abs()));
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() <= 1e-5 * largest, "{got} {want}");
    }
    frozen
}

/// Numbers that look random, from −1 to 1 beginning with `from`.
fn numbers(shape: &[usize], from: usize) -> Array {
    let count: usize = shape.iter().product();
    let number = |i: usize| ((i + from) as f32 * 0.7391).sin();
    Array::new(shape.to_vec(), (0..count).map(number).collect::<Vec<f32>>()).unwrap()
}

/// γ, β, μ and σ² for `channels` channels, as variables.
fn statistics(tf: &Graph, channels: usize) -> [Variable; 4] {
    let positive = |from| {
        let values = numbers(&[channels], from).to_f64().unwrap();
        Array::new([channels], values.iter().map(|x| (x * x) as f32 + 0.3).collect::<Vec<f32>>()).unwrap()
    };
    [
        tf.variable(positive(1), "gamma"),
        tf.variable(numbers(&[channels], 2), "beta"),
        tf.variable(numbers(&[channels], 3), "mean"),
        tf.variable(positive(4), "variance"),
    ]
}

fn started(tf: &Graph) -> Session {
    let sess = Session::new(tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    sess
}

#[test]
fn variables_of_both_kinds_become_constants_and_training_is_gone() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let w = tf.variable(numbers(&[3, 2], 0), "w");
    let b = tf.resource_variable(array![0.5, -0.5], "b");
    let y = (x.matmul(&w) + &*b).named("y");
    let loss = y.square().reduce_mean(..);
    let _train = train::AdamOptimizer::new(0.01).minimize(&loss);
    let sess = started(&tf);
    let frozen = same(&sess, &x, &y, &numbers(&[4, 3], 5));
    assert_eq!(op_types(&frozen), ["Add", "Const", "Const", "Identity", "Identity", "MatMul", "Placeholder"]);
    // Freezing what is frozen changes nothing.
    let again = freeze(&Session::new(&frozen).unwrap(), &[&frozen.tensor("y").unwrap()]).unwrap();
    assert_eq!(Graph::from_graph_def(&again).unwrap().len(), frozen.len());
}

#[test]
fn a_saved_model_of_tensorflow_is_frozen() {
    for name in ["reference", "resource"] {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/saved_model").join(name);
        let model = SavedModel::open(path).unwrap();
        let signature = model.signature("serving_default").unwrap();
        let frozen =
            same(model.session(), &signature.inputs["x"], &signature.outputs["y"], &numbers(&[2, 3], 0));
        assert!(op_types(&frozen).iter().all(|op| !op.contains("Var") && !op.contains("Restore")));
    }
}

/// x, normalised by an op of TensorFlow's, with channels where `format` says.
fn normalised(x: &Tensor, [scale, offset, mean, variance]: &[Variable; 4], format: DataFormat) -> Tensor {
    let batch_norm =
        BatchNorm { epsilon: 1e-3, is_training: false, data_format: format, ..BatchNorm::default() };
    let op = FusedBatchNorm::<3> { batch_norm, exponential_avg_factor: 1.0 };
    x.graph().add(op, &[x, scale, offset, mean, variance]).named("normalised")
}

#[test]
fn fused_batch_norm_is_folded_into_every_convolution() {
    for format in [DataFormat::Nhwc, DataFormat::Nchw] {
        for with_bias in [false, true] {
            let tf = Graph::new();
            let first = format == DataFormat::Nchw;
            let sizes = if first { [2, 3, 5, 4] } else { [2, 5, 4, 3] };
            let x = tf.placeholder::<f32>(sizes.map(Some), "x");
            let filter = tf.variable(numbers(&[2, 2, 3, 4], 0), "filter");
            let sliding = Sliding { data_format: format, ..Sliding::new([1, 1], Padding::Same) };
            let mut y = nn::conv2d_with(&x, &*filter, sliding);
            if with_bias {
                y = nn::bias_add_to(&y, numbers(&[4], 9), format);
            }
            let y = nn::relu(normalised(&y, &statistics(&tf, 4), format));
            let frozen = same(&started(&tf), &x, &y, &numbers(&sizes, 7));
            let kept = ["BiasAdd", "Const", "Const", "Conv2D", "Placeholder", "Relu"];
            assert_eq!(op_types(&frozen), kept, "{format:?} {with_bias}");
            assert_eq!(frozen.operation("normalised").unwrap().op_type(), "BiasAdd");
        }
    }
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([Some(2), Some(4), Some(4), Some(3)], "x");
    let filter = tf.variable(numbers(&[2, 2, 3, 2], 0), "filter");
    let y = nn::depthwise_conv2d(&x, &*filter, [1, 1], Padding::Same);
    let y = normalised(&y, &statistics(&tf, 6), DataFormat::Nhwc);
    let frozen = same(&started(&tf), &x, &y, &numbers(&[2, 4, 4, 3], 7));
    assert_eq!(op_types(&frozen), ["BiasAdd", "Const", "Const", "DepthwiseConv2dNative", "Placeholder"]);

    let tf = Graph::new();
    let x = tf.placeholder::<f32>([Some(2), Some(3), Some(3), Some(3)], "x");
    let filter = tf.variable(numbers(&[2, 2, 5, 3], 0), "filter");
    let y = nn::conv2d_transpose(&x, &*filter, [2, 6, 6, 5], [2, 2], Padding::Same);
    let y = normalised(&y, &statistics(&tf, 5), DataFormat::Nhwc);
    let frozen = same(&started(&tf), &x, &y, &numbers(&[2, 3, 3, 3], 7));
    assert!(frozen.operations().iter().all(|op| !op.op_type().contains("BatchNorm")));
}

#[test]
fn batch_norm_in_plain_arithmetic_is_folded_after_a_matrix_product() {
    for transposed in [false, true] {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(3)], "x");
        let product = match transposed {
            false => x.matmul(tf.variable(numbers(&[3, 4], 0), "w")),
            true => x.matmul_with(tf.variable(numbers(&[4, 3], 0), "w"), false, true),
        };
        let [gamma, beta, mean, variance] = &statistics(&tf, 4);
        // As tf.nn.batch_normalization writes it.
        let factor = (&**variance + 1e-3).rsqrt() * &**gamma;
        let shift = &**beta - &**mean * &factor;
        let y = (((product + numbers(&[4], 8)) * factor).named("scaled") + shift).named("y");
        let frozen = same(&started(&tf), &x, &y, &numbers(&[5, 3], 7));
        // The factor is in the weights, and what was added before it in a bias.
        assert_eq!(frozen.operation("scaled").unwrap().op_type(), "BiasAdd");
    }
}

#[test]
fn what_others_read_is_not_folded() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let product = x.matmul(tf.variable(numbers(&[3, 4], 0), "w")).named("product");
    let doubled = (&product * 2.0).named("doubled");
    let y = (&doubled + &product).named("y");
    let frozen = same(&started(&tf), &x, &y, &numbers(&[2, 3], 7));
    assert!(op_types(&frozen).contains(&"Mul".to_string()));
    // Nor what is fetched.
    let sess = started(&tf);
    let frozen = Graph::from_graph_def(&freeze(&sess, &[&product, &doubled]).unwrap()).unwrap();
    let (x2, product2) = (frozen.tensor("x").unwrap(), frozen.tensor("product").unwrap());
    let value = numbers(&[2, 3], 7);
    let want = sess.run(&product, feeds![&x => &value]).unwrap();
    assert_eq!(Session::new(&frozen).unwrap().run(&product2, feeds![&x2 => &value]).unwrap(), want);
    // A factor that is no number for each channel stays.
    let rows = tf.constant(array![[1.0], [2.0]]);
    let z = (x.matmul(tf.variable(numbers(&[3, 4], 0), "w2")) * rows).named("z");
    same(&started(&tf), &x, &z, &value);
}

#[test]
fn what_cannot_be_frozen_is_told() {
    let tf = Graph::new();
    let w = tf.variable(1.0, "w");
    let y = w.square();
    let sess = Session::new(&tf).unwrap();
    let unset = freeze(&sess, &[&y]).unwrap_err();
    assert_eq!(unset.code(), Code::FailedPrecondition);
    assert!(unset.message().contains("\"w\" cannot become a constant: it holds nothing yet"), "{unset}");
    assert!(freeze(&sess, &[]).is_err());
    let other = Graph::new();
    let foreign = other.constant(1.0);
    assert!(freeze(&sess, &[&foreign]).unwrap_err().message().contains("another graph"));
}
