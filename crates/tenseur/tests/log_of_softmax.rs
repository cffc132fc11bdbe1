//! `−Σ y·log(softmax(a))`, however it is spelled: at ordinary logits loss and gradient are what a plain loop in float64
//! says, on both executors; at logits of ±1000, where the graph as it is written gives −∞ and NaN, the gradient still is
//! on both, and the planned loss with it. Look-alikes stay what they are.

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
            // The reference executor computes the loss as it is written.
            if !(extreme && executor == Executor::Reference) {
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
        (vec![0, 4], -1, [None, Some(4)].into()),
        (vec![3, 0, 4], 0, [None, None, Some(4)].into()),
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
fn a_class_number_as_a_one_hot_row_is_the_sparse_cross_entropy() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(3)], "a");
    let classes = tf.placeholder::<i32>([None], "classes");
    let by_hand = (-(classes.one_hot(3) * nn::softmax(&a).log()).reduce_sum(1)).reduce_mean(..);
    let fused = nn::sparse_softmax_cross_entropy_with_logits(&classes, &a).reduce_mean(..);
    let slopes: Vec<Tensor> =
        [&by_hand, &fused].iter().map(|loss| gradients(&[loss], &[&a])[0].clone().unwrap()).collect();
    let sess = Session::new(&tf).unwrap();
    for logits in [ordinary(&[4, 3]), saturated(&[4, 3])] {
        let feeds = feeds![a => &logits, classes => array![0, 1, 2, 1]];
        let (got, want, slope, slopes) = sess.run((&by_hand, &fused, &slopes[0], &slopes[1]), feeds).unwrap();
        for (got, want) in [(got, want), (slope, slopes)] {
            for (got, want) in got.to_f64().unwrap().into_iter().zip(want.to_f64().unwrap()) {
                assert!(close(got, want, 1.0), "{got} and {want}");
            }
        }
    }
}

#[test]
fn at_any_logits_it_is_what_the_fused_op_gives() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([None, Some(4)], "a");
    let y = tf.placeholder::<f32>([None, Some(4)], "y");
    let fused = nn::softmax_cross_entropy_with_logits(&y, &a).reduce_sum(..);
    let fused_slope = gradients(&[&fused], &[&a])[0].clone().unwrap();
    let soft = array![[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 1.0, 0.0], [0.25, 0.25, 0.25, 0.25]];
    let sess = Session::new(&tf).unwrap();
    for (name, log_probabilities) in SPELLINGS {
        let loss = -(&y * log_probabilities(&a, 1)).reduce_sum(..);
        let slope = gradients(&[&loss], &[&a])[0].clone().unwrap();
        for logits in [ordinary(&[3, 4]), saturated(&[3, 4])] {
            let feeds = feeds![a => &logits, y => &soft];
            let (got, want, slope, slopes) = sess.run((&loss, &fused, &slope, &fused_slope), feeds).unwrap();
            for (got, want) in [(got, want), (slope, slopes)] {
                for (got, want) in got.to_f64().unwrap().into_iter().zip(want.to_f64().unwrap()) {
                    assert!(close(got, want, 1.0), "{name}: {got} and {want}");
                }
            }
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

/// A graph in which TensorFlow wrote the gradients: see `data/README.md`.
fn of_tensorflow() -> Graph {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/graph/cross_entropy.pb");
    Graph::from_graph_def(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn gradients_that_tensorflow_wrote_are_stable() {
    let tf = of_tensorflow();
    let tensor = |name: &str| tf.tensor(name).unwrap();
    let sess = Session::new(&tf).unwrap();
    for (scope, axis, mean, feeds) in [
        ("rows", 1, false, ["a", "y"]),
        ("mean", 1, true, ["fixed", "fixed_labels"]),
        ("columns", 0, false, ["a", "y"]),
        ("cubes", 2, false, ["cube", "cube_labels"]),
        ("middle", 1, false, ["cube", "cube_labels"]),
    ] {
        let [a, y] = feeds.map(tensor);
        let shape = if a.rank() == Some(3) { vec![2, 2, 3] } else { vec![2, 3] };
        let fetch = [tensor(&format!("{scope}/loss")), tensor(&format!("{scope}/gradient"))];
        let labels = labels(&shape);
        for (logits, extreme) in [(ordinary(&shape), false), (saturated(&shape), true)] {
            let (want, slopes) = oracle(&logits, &labels, axis, mean);
            for executor in [Executor::Planned, Executor::Reference] {
                let sess = sess.clone().executor(executor);
                let got = sess.run(&fetch[..], feeds![a => &logits, y => &labels]).unwrap();
                let (loss, slope) = (got[0].to_f64().unwrap()[0], got[1].to_f64().unwrap());
                // The reference executor gives what TensorFlow gives.
                if extreme && executor == Executor::Reference {
                    assert!(
                        loss.is_nan() && slope.iter().any(|slope| slope.is_nan()),
                        "{scope}: {loss} {slope:?}"
                    );
                    continue;
                }
                assert!(close(loss, want, 1.0), "{scope}, {extreme}: loss {loss}, not {want}");
                for (got, want) in slope.iter().zip(&slopes) {
                    assert!(
                        close(*got, *want, 1.0),
                        "{scope}, {extreme}: gradient {slope:?}, not {slopes:?}"
                    );
                }
            }
        }
    }
}

/// (g − Σ g·σ)·σ with g = t/σ, as older versions of TensorFlow and other programs spell it.
#[test]
fn other_spellings_of_that_gradient_are_stable_too() {
    type Quotient = fn(&Tensor, &Tensor) -> Tensor;
    let quotients: [(&str, Quotient); 4] = [
        ("times the reciprocal", |t, p| t * p.reciprocal()),
        ("the reciprocal times", |t, p| p.reciprocal() * t),
        ("divided", |t, p| t / p),
        ("tf.div", |t, p| t.graph().add(Div, &[t, p])),
    ];
    type Sum = fn(&Tensor) -> Tensor;
    let sums: [(&str, Sum); 3] = [
        ("kept", |x| x.reduce_sum_keeping(-1)),
        ("reshaped", |x| x.reduce_sum(1).reshape([-1, 1])),
        ("put back", |x| x.reduce_sum([1]).expand_dims(1)),
    ];
    for (quotient_name, quotient) in quotients {
        for (sum_name, sum) in sums {
            for turned in [false, true] {
                let tf = Graph::new();
                let a = tf.placeholder::<f32>([None, Some(4)], "a");
                let y = tf.placeholder::<f32>([None, Some(4)], "y");
                let p = nn::softmax(&a);
                let g = quotient(&-&y, &p);
                let slope = match turned {
                    true => &p * (&g - sum(&(&p * &g))),
                    false => (&g - sum(&(&g * &p))) * &p,
                };
                let sess = Session::new(&tf).unwrap();
                for logits in [ordinary(&[3, 4]), saturated(&[3, 4])] {
                    let (_, want) = oracle(&logits, &labels(&[3, 4]), 1, false);
                    let feeds = feeds![a => &logits, y => labels(&[3, 4])];
                    let got = sess.run(&slope, feeds).unwrap().to_f64().unwrap();
                    let all = got.iter().zip(&want).all(|(got, want)| close(*got, *want, 1.0));
                    assert!(all, "{quotient_name}, {sum_name}: {got:?}, not {want:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_fetched_keeps_its_own_value() {
    let tf = Graph::new();
    let a = tf.constant(array![[1000.0, -1000.0]]);
    let p = nn::softmax(&a);
    let log = p.log();
    let loss = -(&log * array![[0.0, 1.0]]).reduce_sum(..);
    let sess = Session::new(&tf).unwrap();
    let minus_infinity = array![[0.0, f32::NEG_INFINITY]];
    let all = (array![[1.0, 0.0]], minus_infinity.clone(), Array::from(2000.0f32));
    assert_eq!(sess.run((&p, &log, &loss), feeds![]).unwrap(), all);
    assert_eq!(sess.run(&log, feeds![]).unwrap(), minus_infinity);
    assert_eq!(sess.run(&loss, feeds![]).unwrap(), 2000.0.into());
}

#[test]
fn what_is_fed_in_between_counts() {
    let tf = Graph::new();
    let a = tf.placeholder::<f32>([2], "a");
    let p = nn::softmax(&a);
    let log = p.log();
    let loss = log.reduce_sum(..);
    let sess = Session::new(&tf).unwrap();
    let fed = sess.run(&loss, feeds![p => array![1.0, 1.0]]).unwrap();
    assert_eq!(fed, 0.0.into());
    let fed = sess.run(&loss, feeds![log => array![1.0, 2.0], a => array![0.0, 0.0]]).unwrap();
    assert_eq!(fed, 3.0.into());
}

#[test]
fn a_variable_assigned_in_between_is_read_when_it_was() {
    let tf = Graph::new();
    let w = tf.variable(array![[1.0, 2.0, 3.0]], "w");
    let before = -nn::softmax(&w).log().reduce_sum(..);
    let slope = gradients(&[&before], &[&w])[0].clone().unwrap();
    let descent = w.assign_sub(slope * 0.5);
    for executor in [Executor::Planned, Executor::Reference] {
        let sess = Session::new(&tf).unwrap().executor(executor);
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        let first = sess.run(&before, feeds![]).unwrap().to_f64().unwrap()[0];
        let (during, _) = sess.run((&before, &descent), feeds![]).unwrap();
        let after = sess.run(&before, feeds![]).unwrap().to_f64().unwrap()[0];
        assert!(
            close(during.to_f64().unwrap()[0], first, 1.0) && after < first - 0.1,
            "{first}, {during}, {after}"
        );
    }
}

/// Graphs that resemble the cross-entropy of logits a, and are something else.
#[allow(clippy::type_complexity)] // A name and a function.
fn look_alikes() -> Vec<(&'static str, fn(&Tensor) -> Tensor)> {
    vec![
        ("a small number added", |a| (nn::softmax(a) + 1e-10).log()),
        ("clipped", |a| nn::softmax(a).clip_by_value(1e-10, 1.0).log()),
        ("clipped by hand", |a| normalised(a.exp(), 1).maximum(1e-10).log()),
        ("a factor", |a| (nn::softmax(a) * 0.5).log()),
        ("the sum over another axis, not kept", |a| (a.exp() / a.exp().reduce_sum(1)).log()),
        ("another numerator", |a| ((a * 2.0).exp() / a.exp().reduce_sum_keeping(1)).log()),
        ("another sum", |a| (a.exp() / (a * 2.0).exp().reduce_sum_keeping(1)).log()),
        ("one added to the sum", |a| (a.exp() / (1.0 + a.exp().reduce_sum_keeping(1))).log()),
        ("a mean for the sum", |a| (a.exp() / a.exp().reduce_mean_keeping(1)).log()),
        ("the greatest for the sum", |a| (a.exp() / a.exp().reduce_max_keeping(1)).log()),
        ("two divided by the sum", |a| (a.exp() * (2.0 / a.exp().reduce_sum_keeping(1))).log()),
        ("upside down", |a| (a.exp().reduce_sum_keeping(1) / a.exp()).log()),
        ("no exponential", |a| normalised(a + 2000.0, 1).log()),
        ("plus the log of the sum", |a| a + a.exp().reduce_sum_keeping(1).log()),
        ("less the log of another sum", |a| a - (a * 2.0).exp().reduce_sum_keeping(1).log()),
        ("log1p", |a| nn::softmax(a).log1p()),
        ("a gradient with another softmax", |a| {
            let (p, q) = (nn::softmax(a), nn::softmax(a * 2.0));
            let g = a / &p;
            (&g - (&g * &q).reduce_sum_keeping(1)) * &p
        }),
        ("a gradient summed over another axis", |a| {
            let p = nn::softmax(a);
            let g = a / &p;
            (&g - (&g * &p).reduce_sum_keeping(0)) * &p
        }),
        ("a gradient with the sum beside other rows", |a| {
            let p = nn::softmax(a);
            let g = a / &p;
            (&g - (&g * &p).reduce_sum(1)) * &p
        }),
        ("a gradient with something else inside", |a| {
            let p = nn::softmax(a);
            let g = a / &p;
            (&g - (a * &p).reduce_sum_keeping(1)) * &p
        }),
        ("a gradient divided by something transposed", |a| {
            let p = nn::softmax(a);
            let g = a / p.transpose();
            (&g - (&g * &p).reduce_sum_keeping(1)) * &p
        }),
    ]
}

#[test]
fn look_alikes_stay_what_they_are() {
    for (name, build) in look_alikes() {
        let tf = Graph::new();
        let a = tf.placeholder::<f32>([3, 3], "a");
        let loss = build(&a) * 1.0;
        let slope = gradients(&[&loss], &[&a])[0].clone().unwrap();
        let sess = Session::new(&tf).unwrap();
        for logits in [ordinary(&[3, 3]), saturated(&[3, 3])] {
            let run = |executor| {
                let sess = sess.clone().executor(executor);
                let (loss, slope) = sess.run((&loss, &slope), feeds![a => &logits]).unwrap();
                [loss.to_f64().unwrap(), slope.to_f64().unwrap()].concat()
            };
            let (planned, reference) = (run(Executor::Planned), run(Executor::Reference));
            for (got, want) in planned.iter().zip(&reference) {
                let same = got == want || got.is_nan() && want.is_nan() || close(*got, *want, 1.0);
                assert!(same, "{name}: {planned:?}, not {reference:?}");
            }
        }
    }
}

/// That `gradients` does not take them for what they resemble: their slopes are those of finite differences.
#[test]
fn look_alikes_have_gradients_of_their_own() {
    for (name, build) in look_alikes() {
        let tf = Graph::new();
        let a = tf.placeholder::<f64>([3, 3], "a");
        let weights = [1.0, 2.0, -1.0, 0.5, -3.0, 1.5, 2.5, 0.25, -2.0];
        let weights = Array::new([3, 3], weights.map(f64::from)).unwrap();
        let loss = (build(&a) * &weights).reduce_sum(..);
        let slope = gradients(&[&loss], &[&a])[0].clone().unwrap();
        let sess = Session::new(&tf).unwrap().executor(Executor::Reference);
        let at = ordinary(&[3, 3]).to_f64().unwrap();
        let run = |tensor: &Tensor, at: &[f64]| {
            sess.run(tensor, feeds![a => Array::new([3, 3], at).unwrap()]).unwrap().to_f64().unwrap()
        };
        for (i, slope) in run(&slope, &at).into_iter().enumerate() {
            let moved = |by: f64| {
                let mut at = at.clone();
                at[i] += by;
                run(&loss, &at)[0]
            };
            let want = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - want).abs() <= 1e-6 * want.abs().max(1.0), "{name}: {slope}, not {want}");
        }
    }
}

/// A shift changes no softmax if it is one number for all classes of a row, and only then.
#[test]
fn a_shift_that_differs_between_classes_counts() {
    let tf = Graph::new();
    let a = tf.placeholder::<f64>([3, 3], "a");
    let greatest_of_columns = normalised(shifted(&a, 0).exp(), 1).log() * 1.0;
    let by_hand = nn::log_softmax(&a - a.reduce_max_keeping(0));
    let slopes = gradients(&[greatest_of_columns.square()], &[&a]);
    let wanted = gradients(&[by_hand.square()], &[&a]);
    let fetch = [&greatest_of_columns, slopes[0].as_ref().unwrap(), &by_hand, wanted[0].as_ref().unwrap()];
    let at = Array::new([3, 3], ordinary(&[3, 3]).to_f64().unwrap()).unwrap();
    let fetch: Vec<Tensor> = fetch.into_iter().cloned().collect();
    let found = Session::new(&tf).unwrap().run(&fetch[..], feeds![a => at]).unwrap();
    for (got, want) in [(&found[0], &found[2]), (&found[1], &found[3])] {
        for (got, want) in got.to_f64().unwrap().iter().zip(want.to_f64().unwrap()) {
            assert!((got - want).abs() < 1e-12, "{got}, not {want}");
        }
    }
}

#[test]
fn a_shift_by_something_else_keeps_its_gradient() {
    let tf = Graph::new();
    let (a, b) = (tf.constant(array![[1.0, 2.0]]), tf.constant(array![[3.0, 4.0]]));
    let loss = normalised((&a - b.reduce_max_keeping(1)).exp(), 1).log() * array![[1.0, 2.0]];
    let slopes = gradients(&[&loss], &[&a, &b]);
    let fetch = (slopes[0].as_ref().unwrap(), slopes[1].as_ref().unwrap());
    let (of_a, of_b) = Session::new(&tf).unwrap().run(fetch, feeds![]).unwrap();
    let p = 1.0 / (1.0 + 1f64.exp());
    for (got, want) in of_a.to_f64().unwrap().into_iter().zip([1.0 - 3.0 * p, 2.0 - 3.0 * (1.0 - p)]) {
        assert!(close(got, want, 1.0), "{got}, not {want}");
    }
    // The loss does not depend on the shift, which is no reason to say that it has no gradient.
    assert!(of_b.to_f64().unwrap().iter().all(|slope| slope.abs() < 1e-6), "{of_b:?}");
}

#[test]
fn a_small_number_in_the_logarithm_bounds_the_loss() {
    let tf = Graph::new();
    let a = tf.constant(array![[1000.0, -1000.0]]);
    let sess = Session::new(&tf).unwrap();
    for p in [nn::softmax(&a) + 1e-10, nn::softmax(&a).clip_by_value(1e-10, 1.0)] {
        let log = sess.run(&(p.log() * 1.0), feeds![]).unwrap().to_f64().unwrap();
        assert!((log[1] - 1e-10f64.ln()).abs() < 1e-4, "{log:?}");
    }
}
