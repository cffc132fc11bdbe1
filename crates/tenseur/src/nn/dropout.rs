//! Dropout: parts of a signal left out at random, so that no neuron relies on another (Srivastava et al. 2014).

use crate::graph::{Operand, Tensor};

/// x with each element kept with probability `keep_prob` and divided by it, or else 0: the expected value stays. A number
/// or a tensor; 1 keeps everything. Random numbers follow the graph's seed; for an op's own see [`dropout_seeded`].
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let y = nn::dropout(tf.constant(array![1.0, 2.0, 3.0]), 0.5);
/// let y = Session::new(&tf)?.run(&y, feeds![])?;
/// assert!(y.as_slice::<f32>()?.iter().zip([1.0, 2.0, 3.0]).all(|(y, x)| *y == 0.0 || *y == 2.0 * x));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn dropout(x: impl AsRef<Tensor>, keep_prob: impl Into<Operand>) -> Tensor {
    drop_out(x.as_ref(), keep_prob.into(), None)
}

/// As [`dropout`], with a seed of its own.
#[track_caller]
pub fn dropout_seeded(x: impl AsRef<Tensor>, keep_prob: impl Into<Operand>, seed: i64) -> Tensor {
    drop_out(x.as_ref(), keep_prob.into(), Some(seed))
}

#[track_caller]
fn drop_out(x: &Tensor, keep_prob: Operand, seed: Option<i64>) -> Tensor {
    if matches!(keep_prob, Operand::Number(1.0)) {
        return x.clone();
    }
    let _scope = x.graph().name_scope("dropout");
    let keep_prob = keep_prob.tensor(x);
    // floor(uniform + p) is 1 with probability p: TensorFlow 1's way, so that its random numbers drop the same elements.
    let kept = (x.random_uniform_like(seed) + &keep_prob).floor();
    x / &keep_prob * kept
}
