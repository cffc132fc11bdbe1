//! Reductions that are made of others.

use crate::graph::Tensor;
use crate::ops::reduce::IntoAxes;
use crate::value::DType;

impl Tensor {
    /// ln Σ eˣ along axes, without overflow: the greatest x is taken out first.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1000.0, 1000.0]);
    /// let y = Session::new(&tf)?.run(&x.reduce_logsumexp(0), feeds![])?.item::<f32>()?;
    /// assert!((y - (1000.0 + 2f32.ln())).abs() < 1e-4);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_logsumexp(&self, axes: impl IntoAxes) -> Tensor {
        let axes = axes.into_axes(self);
        let greatest = self.finite_greatest(&axes);
        let sum = (self - &greatest).exp().reduce_sum(&axes);
        let log = sum.log();
        let greatest = greatest.reshape_like(&log);
        log + greatest
    }

    /// As [`reduce_logsumexp`](Tensor::reduce_logsumexp), with the reduced axes kept, of size 1.
    #[track_caller]
    pub fn reduce_logsumexp_keeping(&self, axes: impl IntoAxes) -> Tensor {
        let axes = axes.into_axes(self);
        let greatest = self.finite_greatest(&axes);
        (self - &greatest).exp().reduce_sum_keeping(&axes).log() + greatest
    }

    /// The greatest along axes, kept, as a constant; 0 where it is infinite.
    #[track_caller]
    fn finite_greatest(&self, axes: &Tensor) -> Tensor {
        let greatest = self.reduce_max_keeping(axes);
        greatest.is_finite().where_(&greatest, 0.0).stop_gradient()
    }

    /// The mean of the squared distances from the mean, along axes.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 3.0]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reduce_variance(..), feeds![])?, 1.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce_variance(&self, axes: impl IntoAxes) -> Tensor {
        let axes = axes.into_axes(self);
        self.squared_difference(self.reduce_mean_keeping(&axes)).reduce_mean(&axes)
    }

    /// The square root of the variance along axes.
    #[track_caller]
    pub fn reduce_std(&self, axes: impl IntoAxes) -> Tensor {
        self.reduce_variance(axes).sqrt()
    }

    /// How many elements along axes are not 0, as int64.
    #[track_caller]
    pub fn count_nonzero(&self, axes: impl IntoAxes) -> Tensor {
        let axes = axes.into_axes(self);
        self.not_equal(0).cast_to(DType::Int64).reduce_sum(&axes)
    }
}
