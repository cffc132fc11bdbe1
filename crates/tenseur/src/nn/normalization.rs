//! Means, variances and lengths brought to where they are wanted.

use crate::graph::Tensor;
use crate::ops::reduce::IntoAxes;
use crate::value::DType;

/// x / ‖x‖ along axes: what lies along them gets length 1, `x / √max(Σx², ε)` with ε = 10⁻¹².
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[3.0, 4.0], [0.0, 0.0]]);
/// let y = nn::l2_normalize(&x, 1);
/// let y = Session::new(&tf)?.run(&y, feeds![])?;
/// assert_eq!(format!("{y:.1}"), "[[0.6, 0.8], [0.0, 0.0]]");
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn l2_normalize(x: impl AsRef<Tensor>, axes: impl IntoAxes) -> Tensor {
    let x = x.as_ref();
    let _scope = x.graph().name_scope("l2_normalize");
    x * x.square().reduce_sum_keeping(axes).maximum(1e-12).rsqrt()
}

/// The mean and the variance `mean((x − mean)²)` along axes, which go. Of float16 both are computed in float32.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.constant(array![[1.0, 2.0], [3.0, 6.0]]);
/// let (mean, variance) = nn::moments(&x, 0);
/// let sess = Session::new(&tf)?;
/// assert_eq!(sess.run((&mean, &variance), feeds![])?, (array![2.0, 4.0], array![1.0, 4.0]));
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn moments(x: impl AsRef<Tensor>, axes: impl IntoAxes) -> (Tensor, Tensor) {
    moments_of(x.as_ref(), axes, false)
}

/// As [`moments`], with the axes kept, of size 1.
#[track_caller]
pub fn moments_keeping(x: impl AsRef<Tensor>, axes: impl IntoAxes) -> (Tensor, Tensor) {
    moments_of(x.as_ref(), axes, true)
}

#[track_caller]
fn moments_of(x: &Tensor, axes: impl IntoAxes, keep: bool) -> (Tensor, Tensor) {
    let _scope = x.graph().name_scope("moments");
    let axes = axes.into_axes(x);
    let narrow = x.dtype().filter(|dtype| matches!(dtype, DType::Float16 | DType::BFloat16));
    let wide = if narrow.is_some() { x.cast::<f32>() } else { x.clone() };
    let mean = wide.reduce_mean_keeping(&axes);
    let squares = wide.squared_difference(&mean);
    let (mean, variance) = match keep {
        true => (mean, squares.reduce_mean_keeping(&axes)),
        false => {
            let variance = squares.reduce_mean(&axes);
            (mean.reshape_like(&variance), variance)
        }
    };
    match narrow {
        Some(dtype) => (mean.cast_to(dtype), variance.cast_to(dtype)),
        None => (mean, variance),
    }
}
