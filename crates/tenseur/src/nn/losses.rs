//! Losses that are made of other ops. Each gives one number for each element or row: `.reduce_mean(..)` makes one number
//! of them.

use crate::graph::{Operand, Tensor};
use crate::nn::relu;

/// The cross-entropy of independent yes-or-no labels z with the probabilities sigmoid(x), element by element:
///
/// `−z·log sigmoid(x) − (1 − z)·log(1 − sigmoid(x)) = max(x, 0) − x·z + log(1 + exp(−|x|))`
///
/// The second form, which is computed, does not overflow.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let logits = tf.constant(array![0.0, 1000.0, -1000.0]);
/// let loss = nn::sigmoid_cross_entropy_with_logits(array![1.0, 1.0, 1.0], &logits);
/// assert_eq!(Session::new(&tf)?.run(&loss, feeds![])?, array![2f32.ln(), 0.0, 1000.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn sigmoid_cross_entropy_with_logits(labels: impl Into<Operand>, logits: impl AsRef<Tensor>) -> Tensor {
    let logits = logits.as_ref();
    let labels = labels.into().tensor(logits);
    let _scope = logits.graph().name_scope("logistic_loss");
    // Selects, and not relu and abs: the derivative at 0 is then ½ − z, as it should be.
    let above = logits.greater_equal(0.0);
    let positive_part = above.where_(logits, 0.0);
    let minus_magnitude = above.where_(-logits, logits);
    positive_part - logits * labels + minus_magnitude.exp().log1p()
}

/// As [`sigmoid_cross_entropy_with_logits`], with positives counting `pos_weight` times: above 1 it trades precision for
/// recall. With w = 1 + (pos_weight − 1)·z,
///
/// `−pos_weight·z·log sigmoid(x) − (1 − z)·log(1 − sigmoid(x)) = (1 − z)·x + w·(log(1 + exp(−|x|)) + max(−x, 0))`
#[track_caller]
pub fn weighted_cross_entropy_with_logits(
    labels: impl Into<Operand>,
    logits: impl AsRef<Tensor>,
    pos_weight: impl Into<Operand>,
) -> Tensor {
    let logits = logits.as_ref();
    let labels = labels.into().tensor(logits);
    let pos_weight = pos_weight.into().tensor(logits);
    let _scope = logits.graph().name_scope("logistic_loss");
    let weight = 1.0 + (pos_weight - 1.0) * &labels;
    (1.0 - labels) * logits + weight * ((-logits.abs()).exp().log1p() + relu(-logits))
}

/// The mean of (prediction − label)² over all elements.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let predictions = tf.constant(array![1.0, 3.0]);
/// let loss = nn::mean_squared_error(array![1.0, 1.0], &predictions);
/// assert_eq!(Session::new(&tf)?.run(&loss, feeds![])?, 2.0.into());
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn mean_squared_error(labels: impl Into<Operand>, predictions: impl AsRef<Tensor>) -> Tensor {
    let predictions = predictions.as_ref();
    let _scope = predictions.graph().name_scope("mean_squared_error");
    predictions.squared_difference(labels).reduce_mean(..)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn values(tensor: &Tensor) -> Vec<f64> {
        Session::new(tensor.graph()).unwrap().run(tensor, feeds![]).unwrap().to_f64().unwrap()
    }

    fn doubles(values: &[f64]) -> Array {
        Array::new([values.len()], values).unwrap()
    }

    const LOGITS: [f64; 7] = [-30.0, -2.0, -0.5, 0.0, 0.25, 3.0, 30.0];
    const LABELS: [f64; 7] = [0.0, 1.0, 0.25, 1.0, 0.0, 0.75, 1.0];

    #[test]
    fn logistic_losses_are_what_they_are_defined_as() {
        let tf = Graph::new();
        let logits = tf.constant(doubles(&LOGITS));
        let weight = 3.0;
        let plain = values(&nn::sigmoid_cross_entropy_with_logits(doubles(&LABELS), &logits));
        let weighted = values(&nn::weighted_cross_entropy_with_logits(doubles(&LABELS), &logits, weight));
        for (i, (&x, &z)) in LOGITS.iter().zip(&LABELS).enumerate() {
            let minus_log = |x: f64| (-x).exp().ln_1p(); // −log sigmoid(x)
            let want = |weight: f64| weight * z * minus_log(x) + (1.0 - z) * (x + minus_log(x));
            assert!((plain[i] - want(1.0)).abs() < 1e-12, "{} and {}", plain[i], want(1.0));
            assert!((weighted[i] - want(weight)).abs() < 1e-12, "{} and {}", weighted[i], want(weight));
        }
    }

    #[test]
    fn the_logistic_losss_gradient_is_sigmoid_less_label() {
        let tf = Graph::new();
        let logits = tf.constant(doubles(&LOGITS));
        let loss = nn::sigmoid_cross_entropy_with_logits(doubles(&LABELS), &logits);
        let slope = gradients(&[&loss], &[&logits])[0].clone().unwrap();
        for ((&x, &z), slope) in LOGITS.iter().zip(&LABELS).zip(values(&slope)) {
            let want = 1.0 / (1.0 + (-x).exp()) - z;
            assert!((slope - want).abs() < 1e-12, "at {x}: {slope} and {want}");
        }
    }
}
