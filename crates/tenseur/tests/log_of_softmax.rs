//! `−Σ y·log(softmax(a))`, however it is spelled: at ordinary logits loss and gradient are what a plain loop in float64
//! says, on both executors; at logits of ±1000, where the loss as it is written is −∞ and NaN, the gradient still is.

use tenseur::ops::division::Div;
use tenseur::prelude::*;
use tenseur::{Executor, PartialShape};

type LogProbabilities = fn(&Tensor, i32) -> Tensor;

/// Softmax along an axis as TensorFlow 1 composes it: the axis goes to the end and back.
fn softmax_at(a: &Tensor, axis: i32) -> Tensor {
    let rank = a.rank().unwrap() as i32;
    let axis = if axis < 0 { axis + rank } else { axis };
    if axis == rank - 1 {
        return nn::softmax(a);
    }
    let mut swapped: Vec<i32> = (0..rank).collect();
    swapped.swap(axis as usize, rank as usize - 1);
    nn::softmax(a.transpose_by(&swapped[..])).transpose_by(&swapped[..])
}

fn shifted(a: &Tensor, axis: i32) -> Tensor {
    a - a.reduce_max_keeping(axis)
}

fn normalised(exponentials: Tensor, axis: i32) -> Tensor {
    &exponentials / exponentials.reduce_sum_keeping(axis)
}

/// The logarithm of the softmax of a along an axis, as people write it.
const SPELLINGS: &[(&str, LogProbabilities)] = &[
    ("log of softmax", |a, axis| softmax_at(a, axis).log()),
    ("log of softmax, passed on", |a, axis| softmax_at(a, axis).identity().log().identity()),
    ("by hand", |a, axis| normalised(a.exp(), axis).log()),
    ("by hand, exp written twice", |a, axis| (a.exp() / a.exp().reduce_sum_keeping(axis)).log()),
    ("maximum off", |a, axis| normalised(shifted(a, axis).exp(), axis).log()),
    ("maximum off, written twice", |a, axis| {
        (shifted(a, axis).exp() / shifted(a, axis).exp().reduce_sum_keeping(axis)).log()
    }),
    ("gradient stopped at the maximum", |a, axis| {
        normalised((a - a.reduce_max_keeping(axis).stop_gradient()).exp(), axis).log()
    }),
    ("gradient stopped before the maximum", |a, axis| {
        normalised((a - a.stop_gradient().reduce_max_keeping(axis)).exp(), axis).log()
    }),
    ("the greatest of all off", |a, axis| normalised((a - a.reduce_max(..)).exp(), axis).log()),
    ("maximum off, its axis put back", |a, axis| {
        normalised((a - a.reduce_max(axis).expand_dims(axis)).exp(), axis).log()
    }),
    ("tf.div", |a, axis| {
        let e = a.exp();
        a.graph().add(Div, &[&e, &e.reduce_sum_keeping(axis)]).log()
    }),
    ("times the reciprocal", |a, axis| {
        let e = shifted(a, axis).exp();
        (&e * e.reduce_sum_keeping(axis).reciprocal()).log()
    }),
    ("the reciprocal times", |a, axis| {
        let e = a.exp();
        (1.0 / e.reduce_sum_keeping(axis) * &e).log()
    }),
    ("the sum's axis put back", |a, axis| {
        let e = a.exp();
        (&e / e.reduce_sum(axis).expand_dims(axis)).log()
    }),
    ("the reciprocal's axis put back", |a, axis| {
        let e = a.exp();
        (&e * e.reduce_sum(axis).reciprocal().expand_dims(axis)).log()
    }),
    ("less the log of the sum", |a, axis| a - a.exp().reduce_sum_keeping(axis).log()),
    ("maximum off, less the log of the sum", |a, axis| {
        shifted(a, axis) - shifted(a, axis).exp().reduce_sum_keeping(axis).log()
    }),
    ("less the log of the sum, its axis put back", |a, axis| {
        a - a.exp().reduce_sum(axis).log().expand_dims(axis)
    }),
];

/// The cross-entropy of labels y and log-probabilities l, as people write it, and over how many rows it is a mean.
type Loss = fn(&Tensor, &Tensor, i32) -> Tensor;
const LOSSES: &[(&str, Loss, bool)] = &[
    ("sum of all, sign outside", |y, l, _| -(y * l).reduce_sum(..), false),
    ("labels on the right", |y, l, _| -(l * y).reduce_sum(..), false),
    ("sign inside", |y, l, _| (-y * l).reduce_sum(..), false),
    ("sign on the logarithm", |y, l, _| (y * -l).reduce_sum(..), false),
    ("sum of a row, mean of rows", |y, l, axis| (-(y * l).reduce_sum(axis)).reduce_mean(..), true),
    ("sum of a row, kept", |y, l, axis| (y * l).reduce_sum_keeping(axis).reduce_mean(..) * -1.0, true),
    ("sum of a row, sum of rows", |y, l, axis| (y * l).reduce_sum(axis).reduce_sum(..) * -1.0, false),
];

/// Loss and gradient as plain loops in float64 have them.
fn oracle(a: &Array, y: &Array, axis: i32, mean: bool) -> (f64, Vec<f64>) {
    let (shape, rank) = (a.shape().to_vec(), a.shape().rank() as i32);
    let axis = if axis < 0 { axis + rank } else { axis } as usize;
    let (classes, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    let rows = a.len() / classes;
    let (a, y) = (a.to_f64().unwrap(), y.to_f64().unwrap());
    let (mut loss, mut gradient) = (0.0, vec![0.0; a.len()]);
    for row in 0..rows {
        let at = |class: usize| row / inner * classes * inner + class * inner + row % inner;
        let greatest = (0..classes).map(|k| a[at(k)]).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = (0..classes).map(|k| (a[at(k)] - greatest).exp()).sum();
        let labels: f64 = (0..classes).map(|k| y[at(k)]).sum();
        for k in 0..classes {
            let log = a[at(k)] - greatest - sum.ln();
            loss -= y[at(k)] * log;
            gradient[at(k)] = log.exp() * labels - y[at(k)];
        }
    }
    let scale = if mean { 1.0 / rows as f64 } else { 1.0 };
    (loss * scale, gradient.into_iter().map(|slope| slope * scale).collect())
}

fn close(got: f64, want: f64, scale: f64) -> bool {
    (got - want).abs() <= 2e-5 * scale.max(want.abs())
}

fn ordinary(shape: &[usize]) -> Array {
    let n = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| ((i * 7 + 3) % 11) as f32 / 3.0 - 1.5).collect();
    Array::new(shape, values).unwrap()
}

fn saturated(shape: &[usize]) -> Array {
    let n = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| [1000.0, -1000.0, 0.0, 999.0, -1000.0][i * 3 % 5]).collect();
    Array::new(shape, values).unwrap()
}

/// Labels of several classes, none of them sums to 1.
fn labels(shape: &[usize]) -> Array {
    let n = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| [0.0, 1.0, 0.5, 0.0, 2.0, 0.25, 1.0][i % 7]).collect();
    Array::new(shape, values).unwrap()
}

/// What differs from the oracle, in words.
fn check(name: &str, loss: &Tensor, a: &Tensor, y: &Tensor, axis: i32, mean: bool, shape: &[usize]) {
    let slope = gradients(&[loss], &[a])[0].clone().unwrap();
    a.graph().verify().unwrap();
    let sess = Session::new(a.graph()).unwrap();
    let labels = labels(shape);
    for (logits, extreme) in [(ordinary(shape), false), (saturated(shape), true)] {
        let (want, slopes) = oracle(&logits, &labels, axis, mean);
        for executor in [Executor::Planned, Executor::Reference] {
            let what = format!("{name}, {shape:?} along {axis}, {executor:?}, extreme: {extreme}");
            let sess = sess.clone().executor(executor);
            let (got, slope) = sess.run((loss, &slope), feeds![a => &logits, y => &labels]).unwrap();
            if !extreme {
                let got = got.to_f64().unwrap()[0];
                assert!(close(got, want, 1.0), "{what}: loss {got}, not {want}");
            }
            for (got, want) in slope.to_f64().unwrap().iter().zip(&slopes) {
                assert!(close(*got, *want, 1.0), "{what}: gradient {slope:?}, not {slopes:?}");
            }
        }
    }
}

/// Shapes with the axis of the classes, and what the graph knows of each shape.
fn shapes() -> Vec<(Vec<usize>, i32, PartialShape)> {
    vec![
        (vec![3, 4], -1, [None, Some(4)].into()),
        (vec![3, 4], 1, [3, 4].into()),
        (vec![3, 3], 1, [None, None].into()),
        (vec![3, 4], 0, [None, Some(4)].into()),
        (vec![4], 0, [4].into()),
        (vec![2, 3, 4], 1, [None, None, None].into()),
        (vec![2, 3, 4], -1, [None, Some(3), Some(4)].into()),
        (vec![3, 1], -1, [None, Some(1)].into()),
    ]
}

#[test]
fn every_spelling_is_the_stable_cross_entropy() {
    for (spelling, log_probabilities) in SPELLINGS {
        for (shape, axis, known) in shapes() {
            let tf = Graph::new();
            let a = tf.placeholder::<f32>(known.clone(), "a");
            let y = tf.placeholder::<f32>(known, "y");
            let loss = -(&y * log_probabilities(&a, axis)).reduce_sum(..);
            check(spelling, &loss, &a, &y, axis, false, &shape);
        }
    }
}

#[test]
fn every_way_to_sum_up_is_the_stable_cross_entropy() {
    for (way, loss, mean) in LOSSES {
        for (spelling, log_probabilities) in [SPELLINGS[0], SPELLINGS[2]] {
            for (shape, axis) in [(vec![3, 4], 1), (vec![3, 4], 0)] {
                let tf = Graph::new();
                let a = tf.placeholder::<f32>([None, Some(4)], "a");
                let y = tf.placeholder::<f32>([None, Some(4)], "y");
                let loss = loss(&y, &log_probabilities(&a, axis), axis);
                check(&format!("{spelling}, {way}"), &loss, &a, &y, axis, *mean, &shape);
            }
        }
    }
}

#[test]
fn xlogy_is_a_spelling_too() {
    for (spelling, softmax) in
        [("softmax", softmax_at as LogProbabilities), ("by hand", |a, axis| normalised(a.exp(), axis))]
    {
        for (shape, axis, known) in shapes() {
            let tf = Graph::new();
            let a = tf.placeholder::<f32>(known.clone(), "a");
            let y = tf.placeholder::<f32>(known, "y");
            let loss = -y.xlogy(softmax(&a, axis)).reduce_sum(..);
            check(&format!("xlogy of {spelling}"), &loss, &a, &y, axis, false, &shape);
        }
    }
}

#[test]
fn rows_flattened_and_put_back_are_a_spelling_too() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(3), Some(4)], "a");
    let y = tf.placeholder::<f32>([None, Some(3), Some(4)], "y");
    let p = nn::softmax(a.reshape([-1, 4])).reshape(a.shape_tensor());
    check("flattened", &-(&y * p.log()).reduce_sum(..), &a, &y, -1, false, &[2, 3, 4]);
}

#[test]
fn several_axes_can_sum_to_one_together() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(2), Some(2)], "a");
    let e = a.exp();
    let log = (&e / e.reduce_sum_keeping([1, 2])).log();
    let flat = nn::log_softmax(a.reshape([-1, 4])).reshape(a.shape_tensor());
    let slopes: Vec<Tensor> =
        [&log, &flat].iter().map(|l| gradients(&[l.square()], &[&a])[0].clone().unwrap()).collect();
    let sess = Session::new(&tf).unwrap();
    let x = ordinary(&[3, 2, 2]);
    let fetch = (&(&log * 1.0).square(), &flat.square(), &slopes[0], &slopes[1]);
    let (got, want, slope, wanted) = sess.run(fetch, feeds![a => &x]).unwrap();
    for (got, want) in [(got, want), (slope, wanted)] {
        for (got, want) in got.to_f64().unwrap().into_iter().zip(want.to_f64().unwrap()) {
            assert!(close(got, want, 1.0), "{got} and {want}");
        }
    }
}

#[test]
fn the_rank_need_not_be_known() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>(PartialShape::unknown(), "a");
    let y = tf.placeholder::<f32>(PartialShape::unknown(), "y");
    for log in
        [nn::softmax(&a).log(), normalised(a.exp(), -1).log(), normalised(shifted(&a, -1).exp(), -1).log()]
    {
        check("unknown rank", &-(&y * log).reduce_sum(..), &a, &y, -1, false, &[2, 3, 4]);
    }
}

#[test]
fn labels_that_depend_on_something_get_their_gradient() {
    // The entropy −Σ σ·log σ, whose labels are the softmax itself: dH/daⱼ = −σⱼ·(log σⱼ + H).
    let tf = Graph::new();
    let a = tf.placeholder::<f64>([None, Some(3)], "a");
    let p = nn::softmax(&a);
    let entropy = -(&p * p.log()).reduce_sum(..);
    let slope = gradients(&[&entropy], &[&a])[0].clone().unwrap();
    let sess = Session::new(&tf).unwrap();
    let logits: [f64; 3] = [0.5, -1.0, 2.0];
    let sum: f64 = logits.iter().map(|a| a.exp()).sum();
    let p: Vec<f64> = logits.iter().map(|a| a.exp() / sum).collect();
    let h: f64 = -p.iter().map(|p| p * p.ln()).sum::<f64>();
    let logits = Array::new([1, 3], logits).unwrap();
    let (entropy, slope) = sess.run((&entropy, &slope), feeds![a => logits]).unwrap();
    assert!((entropy.to_f64().unwrap()[0] - h).abs() < 1e-12);
    for (got, p) in slope.to_f64().unwrap().into_iter().zip(p) {
        assert!((got + p * (p.ln() + h)).abs() < 1e-12, "{got}");
    }
}

#[test]
fn the_gradient_of_what_is_in_between_is_its_own() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([2], "a");
    let e = a.exp();
    let p = &e / e.reduce_sum_keeping(0);
    let loss = (p.log() * array![3.0, 5.0]).reduce_sum(..);
    let slopes = gradients(&[&loss], &[&p, &e, &a]);
    let [Some(of_p), Some(of_e), Some(of_a)] = &slopes[..] else { panic!("{slopes:?}") };
    let sess = Session::new(&tf).unwrap();
    let (of_p, of_e, of_a) = sess.run((of_p, of_e, of_a), feeds![a => array![0.0, 0.0]]).unwrap();
    // At σ = (½, ½) and e = (1, 1): y/σ; y/e − Σy/Σe; y − σ·Σy.
    assert_eq!((of_p, of_e, of_a), (array![6.0, 10.0], array![-1.0, 1.0], array![-1.0, 1.0]));
}

#[test]
fn a_gradient_that_is_stopped_stays_stopped() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([2], "a");
    let y = array![3.0, 5.0];
    let e = a.exp();
    let of_constant_sum = ((&e / e.reduce_sum_keeping(0).stop_gradient()).log() * &y).reduce_sum(..);
    let of_constant_softmax = (nn::softmax(&a).stop_gradient().log() * &y).reduce_sum(..);
    let slopes = gradients(&[&of_constant_sum], &[&a]);
    let slope = Session::new(&tf).unwrap().run(slopes[0].as_ref().unwrap(), feeds![a => array![0.0, 0.0]]);
    assert_eq!(slope.unwrap(), y);
    assert!(gradients(&[&of_constant_softmax], &[&a])[0].is_none());
}
