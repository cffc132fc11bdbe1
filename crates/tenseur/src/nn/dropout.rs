//! Dropout: some elements, chosen at random, become 0, so that no unit can rely on another.

use crate::error::Error;
use crate::graph::{Operand, Tensor};
use crate::value::{DType, Shape};

/// Each element of x is kept with probability `keep_prob`, and then divided by it so that the expected sum stays; else it
/// is 0. `keep_prob` is a number, or a tensor: a placeholder fed 0.5 while training and 1 while testing.
///
/// N. Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// tf.set_random_seed(1);
/// let keep_prob = tf.placeholder::<f32>((), "keep_prob");
/// let y = nn::dropout(tf.ones::<f32>([1000]), &keep_prob);
/// let sess = Session::new(&tf)?;
/// let kept = sess.run(&y.reduce_sum(..), feeds![keep_prob => 0.5])?.item::<f32>()?;
/// assert!((kept - 1000.0).abs() < 100.0);
/// assert_eq!(sess.run(&y.reduce_sum(..), feeds![keep_prob => 1.0])?, 1000.0.into());
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn dropout(x: impl AsRef<Tensor>, keep_prob: impl Into<Operand>) -> Tensor {
    Dropout::new(keep_prob).apply(x)
}

/// [`dropout`] with more said: a seed, or which elements are dropped together.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let images = tf.placeholder::<f32>([Some(32), Some(28), Some(28), Some(64)], "images");
/// // Whole channels at a time.
/// let y = nn::Dropout::new(0.8).seed(1).noise_shape([32, 1, 1, 64]).apply(&images);
/// assert_eq!(y.shape(), images.shape());
/// ```
#[derive(Clone, Debug)]
pub struct Dropout {
    keep_prob: Operand,
    noise_shape: Option<Shape>,
    seed: Option<i64>,
}

impl Dropout {
    /// Keeps each element with this probability, above 0 and at most 1.
    pub fn new(keep_prob: impl Into<Operand>) -> Dropout {
        Dropout { keep_prob: keep_prob.into(), noise_shape: None, seed: None }
    }

    /// The op's seed.
    #[must_use]
    pub fn seed(self, seed: i64) -> Dropout {
        Dropout { seed: Some(seed), ..self }
    }

    /// The shape of what is drawn, which is stretched to x's: where it has size 1 all are kept or dropped together.
    #[must_use]
    pub fn noise_shape(self, shape: impl Into<Shape>) -> Dropout {
        Dropout { noise_shape: Some(shape.into()), ..self }
    }

    /// What is left of x.
    #[track_caller]
    pub fn apply(&self, x: impl AsRef<Tensor>) -> Tensor {
        let x = x.as_ref();
        let graph = x.graph();
        if x.dtype().is_some_and(|dtype| !dtype.is_float()) {
            let text =
                format!("dropout scales floats, and \"{}\" is of {}", x.name(), x.dtype_or(DType::Float32));
            return graph.fail(Error::invalid(text));
        }
        let _scope = graph.name_scope("dropout");
        let (scaled, rate) = match &self.keep_prob {
            Operand::Number(keep) if !(*keep > 0.0 && *keep <= 1.0) => {
                let text = format!("keep_prob must be above 0 and at most 1, and is {keep}");
                return graph.fail(Error::invalid(text));
            }
            Operand::Number(keep) if *keep == 1.0 => return x.clone(),
            Operand::Number(keep) => (x * (1.0 / keep), Operand::Number(1.0 - keep)),
            keep => {
                let keep = keep.clone().tensor(x);
                (x / &keep, Operand::Tensor(1.0 - keep))
            }
        };
        let drawn = match &self.noise_shape {
            Some(shape) => {
                let random = graph.random_uniform(shape).dtype(x.dtype_or(DType::Float32));
                match self.seed {
                    Some(seed) => random.seed(seed).tensor(),
                    None => random.tensor(),
                }
            }
            None => x.random_uniform_like(self.seed),
        };
        // A select, and not a product, so that what is dropped is 0 even where x is infinite or NaN.
        let kept = drawn.greater_equal(rate).where_(scaled, 0.0);
        match x.shape().known() {
            Some(shape) if kept.shape().known().is_none() => kept.reshape(&shape[..]),
            _ => kept,
        }
    }
}
