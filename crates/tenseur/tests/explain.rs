//! What `explain` says of a plan, and what plans of whole programs look like in its words.

use tenseur::prelude::*;
use tenseur::{Executor, PartialShape};

fn explained(tensor: &Tensor, feeds: Feeds) -> String {
    Session::new(tensor.graph()).unwrap().explain(tensor, feeds).unwrap().to_string()
}

#[test]
fn axes_of_size_one_are_no_reason_not_to_fuse() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, None], "x");
    let y = (&x * 2.0 + 1.0).square().reduce_sum(1).sqrt();
    let steps = |rows: usize, columns: usize| {
        let x_value = Array::zeros(DType::Float32, [rows, columns]).unwrap();
        let explanation = Session::new(&tf).unwrap().explain(&y, feeds![x => x_value]).unwrap();
        explanation.steps.into_iter().map(|step| step.text).collect::<Vec<_>>()
    };
    assert_eq!(steps(2, 3), ["sqrt(sum(t1 * t1 with t1 = x * 2 + 1, axis 1))"]);
    for (rows, columns) in [(1, 3), (3, 1), (1, 1)] {
        assert_eq!(steps(rows, columns), steps(2, 3), "{rows} × {columns}");
    }
}

#[test]
fn a_layer_is_one_product_and_a_step_of_descent_another() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let w = tf.variable(tf.zeros::<f32>([2, 3]), "w");
    let b = tf.variable(tf.zeros::<f32>([3]), "b");
    let y = nn::relu(x.matmul(&w) + &b);
    let batch = Array::zeros(DType::Float32, [4, 2]).unwrap();
    assert_eq!(
        explained(&y, feeds![x => &batch]),
        "\
x   float32 [4, 2]  fed
w   float32 [2, 3]  variable
b   float32 [3]     variable
%1  float32 [4, 3]  maximum(matmul(x, w) + b, 0)
gives %1
"
    );
    let train = train::GradientDescentOptimizer::new(0.5).minimize(&x.matmul(&w).reduce_sum(..));
    let explanation = Session::new(&tf).unwrap().explain(&train, feeds![x => &batch]).unwrap();
    let last = explanation.steps.last().unwrap();
    assert_eq!((last.results[0].name.as_str(), last.results.len()), ("w", 1), "{explanation}");
    assert!(last.text.starts_with("w - 0.5 * matmul(transpose(x), "), "{explanation}");
    assert!(explanation.fetches.is_empty() && !explanation.to_string().contains("gives"), "{explanation}");
}

#[test]
fn random_numbers_constants_and_views_are_named() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([2, 3], "x");
    let noisy = x.transpose() * tf.random_normal([3, 2]).seed(1) + array![1.5, -2.0];
    assert_eq!(
        explained(&noisy, feeds![x => array![[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
        "\
x   float32 [2, 3]  fed
%1  float32 [3, 2]  RandomStandardNormal()
%2  float32 [3, 2]  view(x) * (%1 + 0) + [1.5, -2]
gives %2
"
    );
}

#[test]
fn node_by_node_it_is_the_graph_as_written() {
    let tf = Graph::new();
    let count = tf.variable_untrained(0, "count");
    let twice = count.assign_add(tf.constant(2)).output(0) * 2;
    let sess = Session::new(&tf).unwrap();
    let text = |executor| sess.clone().executor(executor).explain(&twice, feeds![]).unwrap().to_string();
    assert_eq!(
        text(Executor::Reference),
        "\
count  int32 []  variable
count  int32 []  AssignAdd(count, 2)
%1     int32 []  Mul(count, 2)
gives %1
"
    );
    assert_eq!(
        text(Executor::Planned),
        "\
count  int32 []  variable
count  int32 []  count + 2
%1     int32 []  count * 2
gives %1
"
    );
}

#[test]
fn what_cannot_be_planned_is_explained_node_by_node() {
    let tf = Graph::new();
    let word = tf.placeholder_of(DType::String, PartialShape::scalar(), "word");
    let same = word.identity();
    assert_eq!(
        explained(&same, feeds![word => "hello"]),
        "\
word  string []  fed
%1    string []  Identity(word)
gives %1
"
    );
}

#[test]
fn mistakes_are_those_of_a_run() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([2], "x");
    let y = &x + 1.0;
    let sess = Session::new(&tf).unwrap();
    for feeds in [feeds![], feeds![x => array![1.0]], feeds![x => array![1.0, 2.0], x => array![1.0, 2.0]]] {
        let explained = sess.explain(&y, feeds.clone()).unwrap_err();
        assert_eq!(explained.message(), sess.run(&y, feeds).unwrap_err().message());
    }
}

#[test]
fn a_cross_entropy_by_hand_is_one_kernel() {
    type Loss = fn(&Tensor, &Tensor, &Tensor) -> Tensor;
    let by_hand: Loss = |a, y, _| {
        let exponentials = (a - a.reduce_max_keeping(1)).exp();
        -((&exponentials / exponentials.reduce_sum_keeping(1)).log() * y).reduce_sum(1)
    };
    let mean: Loss = |a, y, _| (-(y * nn::softmax(a).log()).reduce_sum(1)).reduce_mean(..);
    let each: Loss = |a, y, w| (y * nn::softmax(a).log()).reduce_sum_keeping(-1) * w;
    let cases: [(Loss, &[&str], [&str; 2]); 4] = [
        (
            |a, y, _| -(y * nn::softmax(a).log()).reduce_sum(..),
            &["CrossEntropy(a, y)", "sum(%1)"],
            ["%3", "%2"],
        ),
        (by_hand, &["CrossEntropy(a, y)"], ["%1", "%2"]),
        (mean, &["ScaledCrossEntropy(a, y)", "sum(%1) / 2"], ["%3", "%2"]),
        (each, &["CrossEntropy(a, y)", "-%1 * w", "-(w * %2)"], ["%3", "%4"]),
    ];
    for (loss, wanted, fetches) in cases {
        let tf = Graph::new();
        let a = tf.placeholder::<f32>([None, Some(3)], "a");
        let y = tf.placeholder::<f32>([None, Some(3)], "y");
        let w = tf.placeholder::<f32>([None, Some(1)], "w");
        let loss = loss(&a, &y, &w);
        let slope = gradients(&[&loss], &[&a])[0].clone().unwrap();
        let (logits, labels) =
            (array![[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]], array![[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]]);
        let feeds = feeds![a => logits, y => labels, w => array![[3.0], [5.0]]];
        let sess = Session::new(&tf).unwrap();
        let explanation = sess.explain((&loss, &slope), feeds.clone()).unwrap();
        let steps: Vec<&str> = explanation.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(
            (&steps[..], &explanation.fetches[..]),
            (wanted, &fetches.map(String::from)[..]),
            "{explanation}"
        );
        let planned = sess.run((&loss, &slope), feeds.clone()).unwrap();
        let reference = sess.executor(Executor::Reference).run((&loss, &slope), feeds).unwrap();
        for (got, want) in [(planned.0, reference.0), (planned.1, reference.1)] {
            assert_eq!(got.shape(), want.shape());
            for (got, want) in got.to_f64().unwrap().into_iter().zip(want.to_f64().unwrap()) {
                assert!((got - want).abs() < 1e-5, "{got}, not {want}: {explanation}");
            }
        }
    }
}

/// What of a cross-entropy is wanted for itself is computed for itself.
#[test]
fn a_cross_entropy_is_not_fused_past_what_is_fetched() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(3)], "a");
    let y = tf.placeholder::<f32>([None, Some(3)], "y");
    let terms = &y * nn::softmax(&a).log();
    let loss = -terms.reduce_sum(1);
    let square = array![[1.0, 2.0, 3.0], [0.5, 0.0, -1.0], [2.0, 2.0, 1.0]];
    let steps = |fetch: &[Tensor]| {
        let explanation =
            Session::new(&tf).unwrap().explain(fetch, feeds![a => &square, y => &square]).unwrap();
        explanation.steps.into_iter().map(|step| step.text).collect::<Vec<_>>()
    };
    assert_eq!(steps(std::slice::from_ref(&loss)), ["CrossEntropyLoss(a, y)"]);
    assert_eq!(steps(&[loss, terms]), ["LogSoftmax(a)", "y * %1", "-sum(%2, axis 1)"]);
    let squares = nn::softmax(&a).log().square();
    let loss = -(&y * nn::softmax(&a).log()).reduce_sum(1);
    assert_eq!(steps(&[loss, squares]), ["LogSoftmax(a)", "%1 * %1", "-sum(y * %1, axis 1)"]);
    // Another axis is another sum.
    let columns = -(&y * nn::softmax(&a).log()).reduce_sum(0);
    assert_eq!(steps(&[columns]), ["LogSoftmax(a)", "-sum(y * %1, axis 0)"]);
    // Labels of another shape are read as they lie.
    let uniform = -(nn::softmax(&a).log() * 0.25).reduce_sum(1);
    assert_eq!(steps(&[uniform]), ["LogSoftmax(a)", "-sum(%1 * 0.25, axis 1)"]);
}

/// What resembles the gradient of a cross-entropy and is none.
#[test]
fn look_alikes_of_its_gradient_are_not_fused() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(3)], "a");
    let y = tf.placeholder::<f32>([None, Some(3)], "y");
    let p = nn::softmax(&a);
    let weighted = ((&y * p.log()) * array![1.0, 2.0, 3.0]).reduce_sum(..);
    let look_alikes = [
        &y - &p * y.reduce_sum_keeping(0),
        &y - &p * a.reduce_sum_keeping(1),
        &y - &p * y.reduce_sum(1),
        gradients(&[&weighted], &[&a])[0].clone().unwrap(),
    ];
    let (logits, labels) = (
        array![[1.0, 2.0, 3.0], [0.5, 0.0, -1.0], [2.0, 2.0, 1.0]],
        array![[1.0, 0.5, 0.0], [0.0, 0.0, 1.0], [3.0, 2.0, 1.0]],
    );
    let sess = Session::new(&tf).unwrap();
    for (i, tensor) in look_alikes.iter().enumerate() {
        let feeds = feeds![a => &logits, y => &labels];
        let planned = sess.run(tensor, feeds.clone()).unwrap().to_f64().unwrap();
        let reference = sess.clone().executor(Executor::Reference).run(tensor, feeds).unwrap();
        for (got, want) in planned.iter().zip(reference.to_f64().unwrap()) {
            assert!((got - want).abs() < 1e-5, "{i}: {planned:?}, not {reference:?}");
        }
    }
}

/// What follows a reduction of another shape in its epilogue reads its own operands as they lie over that shape.
#[test]
fn what_a_reduction_is_reshaped_to_meets_other_operands() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([6, 4], "x");
    let sums = x.reduce_sum(1).reshape([2, 3]);
    let row = &sums + array![1.0, 2.0, 3.0];
    let full = &sums * array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let column = x.reduce_sum_keeping(1) + array![[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]];
    let scalar = x.reduce_sum_keeping(1) + 1.0;
    let numbers: Vec<f32> = (0..24).map(|i| i as f32).collect();
    let at = Array::new([6, 4], numbers).unwrap();
    let sess = Session::new(&tf).unwrap();
    for (tensor, steps) in [(&row, 2), (&full, 1), (&column, 1), (&scalar, 1)] {
        let planned = sess.run(tensor, feeds![x => &at]).unwrap();
        let reference = sess.clone().executor(Executor::Reference).run(tensor, feeds![x => &at]).unwrap();
        assert_eq!(planned, reference);
        let explanation = sess.explain(tensor, feeds![x => &at]).unwrap();
        assert_eq!(explanation.steps.len(), steps, "{explanation}");
    }
}

/// The same of a product of matrices.
#[test]
fn what_a_product_is_reshaped_to_meets_other_operands() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([6, 2], "x");
    let product = x.matmul(tf.constant(array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]));
    let reshaped = product.reshape([3, 8]);
    let row = &reshaped + array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let scalar = nn::relu(&reshaped + 1.0);
    let flat = product.reshape([24]) * 2.0;
    let batches = product.reshape([6, 1, 4]) + array![1.0, 2.0, 3.0, 4.0];
    let column = &reshaped + array![[1.0], [2.0], [3.0]];
    let numbers: Vec<f32> = (0..12).map(|i| i as f32).collect();
    let at = Array::new([6, 2], numbers).unwrap();
    let sess = Session::new(&tf).unwrap();
    for tensor in [&row, &scalar, &flat, &batches, &column] {
        let planned = sess.run(tensor, feeds![x => &at]).unwrap();
        let reference = sess.clone().executor(Executor::Reference).run(tensor, feeds![x => &at]).unwrap();
        assert_eq!(planned, reference);
    }
}

#[test]
fn loops_over_the_same_large_tensor_go_through_it_together() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let g = tf.placeholder::<f32>([None, Some(64)], "g");
    let alpha = tf.variable(tf.zeros::<f32>([64]), "alpha");
    let loss = (nn::prelu(&x, &alpha) * &g).reduce_sum(..);
    let by = gradients(&[&loss], &[&x, &alpha]);
    let fetches = [loss, by[0].clone().unwrap(), by[1].clone().unwrap()];
    let texts = |rows: usize| -> Vec<String> {
        let zeros = Array::zeros(DType::Float32, [rows, 64]).unwrap();
        let sess = Session::new(&tf).unwrap();
        let steps = sess.explain(&fetches[..], feeds![x => &zeros, g => &zeros]).unwrap().steps;
        steps.into_iter().map(|step| step.text).collect()
    };
    let small = texts(128);
    assert_eq!(small.len(), 3, "{small:?}");
    let large = texts(4096);
    assert_eq!(large.len(), 1, "{large:?}");
    // Each computes what it computes alone, in whatever order.
    let mut parts: Vec<&str> = large[0].split("; ").collect();
    parts.sort_unstable();
    let mut alone: Vec<&str> = small.iter().map(String::as_str).collect();
    alone.sort_unstable();
    assert_eq!(parts, alone);
}
