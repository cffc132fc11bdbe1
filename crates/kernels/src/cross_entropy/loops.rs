//! The arithmetic of cross-entropy: of one wide row, and of as many narrow rows as there are lanes.

use super::LossAndGradient;
use crate::row::{Compute, LANES, Lanes, exponentials, larger, maximum, weigh};
use crate::simd::{in_order, per_level};

/// The labels of one row (`N` is a number), or of several (`N` is [`Lanes`]).
#[derive(Clone, Copy)]
pub(super) enum LabelsOf<'a, N> {
    Dense(&'a [N]),
    /// A class for each row.
    Sparse(&'a [usize]),
}

/// One row: the loss, and the factor that makes softmax (times the sum of the labels) of what `kept` gets. Its gradient will be
/// written to `gradient`, if that is not null.
#[inline(always)]
fn wide_body<const FMA: bool, C: Compute>(
    outputs: LossAndGradient,
    normalised: bool,
    logits: &[C],
    labels: LabelsOf<'_, C>,
    kept: &mut [C],
    gradient: *const C,
) -> (C, C) {
    let maximum = maximum(logits);
    let sum = exponentials::<FMA, C>(logits, maximum, kept, gradient);
    let log_sum = if outputs == LossAndGradient::GradientOnly { C::ZERO } else { sum.log::<FMA>() };
    let (loss, weight) = match labels {
        LabelsOf::Sparse(class) => (log_sum - (logits[class[0]] - maximum), C::ONE),
        LabelsOf::Dense(_) if normalised && outputs == LossAndGradient::GradientOnly => (C::ZERO, C::ONE),
        LabelsOf::Dense(labels) => weigh::<FMA, C>(logits, labels, maximum, log_sum),
    };
    let factor = if normalised { C::ONE / sum } else { weight / sum };
    (loss, factor)
}

#[inline(always)]
fn gradient_body<const FMA: bool, C: Compute>(
    kept: &[C],
    factor: C,
    labels: LabelsOf<'_, C>,
    scale: C,
    gradient: &mut [C],
) {
    match labels {
        LabelsOf::Dense(labels) => {
            for ((gradient, &kept), &label) in gradient.iter_mut().zip(kept).zip(labels) {
                *gradient = kept.times_plus::<FMA>(factor, -label) * scale;
            }
        }
        LabelsOf::Sparse(class) => {
            for (gradient, &kept) in gradient.iter_mut().zip(kept) {
                *gradient = kept * factor * scale;
            }
            gradient[class[0]] = (kept[class[0]] * factor - C::ONE) * scale;
        }
    }
}

/// As many rows as there are lanes: gives their losses; `kept` gets the gradients.
#[inline(always)]
fn narrow_body<const FMA: bool, C: Compute>(
    outputs: LossAndGradient,
    normalised: bool,
    logits: &[Lanes<C>],
    labels: LabelsOf<'_, Lanes<C>>,
    kept: &mut [Lanes<C>],
) -> Lanes<C> {
    let mut maximum = [C::NEG_INFINITY; LANES];
    for logits in logits {
        for i in 0..LANES {
            maximum[i] = larger(maximum[i], logits[i]);
        }
        in_order();
    }
    let mut sum = [C::ZERO; LANES];
    for (kept, logits) in kept.iter_mut().zip(logits) {
        for i in 0..LANES {
            kept[i] = (logits[i] - maximum[i]).exp_of_negative::<FMA>();
            sum[i] = sum[i] + kept[i];
        }
        in_order();
    }
    let mut loss = [C::ZERO; LANES];
    if outputs != LossAndGradient::GradientOnly {
        let mut log_sum = sum;
        for i in 0..LANES {
            log_sum[i] = sum[i].log::<FMA>();
        }
        match labels {
            LabelsOf::Dense(labels) => {
                for (logits, labels) in logits.iter().zip(labels) {
                    for i in 0..LANES {
                        loss[i] = labels[i].times_plus::<FMA>(log_sum[i] - (logits[i] - maximum[i]), loss[i]);
                    }
                    in_order();
                }
            }
            LabelsOf::Sparse(classes) => {
                for (i, &class) in classes.iter().enumerate() {
                    loss[i] = log_sum[i] - (logits[class][i] - maximum[i]);
                }
            }
        }
    }
    if outputs != LossAndGradient::LossOnly {
        let mut factor = [C::ONE; LANES];
        match labels {
            LabelsOf::Dense(labels) if !normalised => {
                factor = [C::ZERO; LANES];
                for labels in labels {
                    for i in 0..LANES {
                        factor[i] = factor[i] + labels[i];
                    }
                    in_order();
                }
            }
            _ => {}
        }
        for i in 0..LANES {
            factor[i] = factor[i] / sum[i];
        }
        match labels {
            LabelsOf::Dense(labels) => {
                for (kept, labels) in kept.iter_mut().zip(labels) {
                    for i in 0..LANES {
                        kept[i] = kept[i].times_plus::<FMA>(factor[i], -labels[i]);
                    }
                    in_order();
                }
            }
            LabelsOf::Sparse(classes) => {
                for kept in &mut *kept {
                    for i in 0..LANES {
                        kept[i] = kept[i] * factor[i];
                    }
                    in_order();
                }
                for (i, &class) in classes.iter().enumerate() {
                    kept[class][i] = kept[class][i] - C::ONE;
                }
            }
        }
    }
    loss
}

per_level! {
    pub(super) fn wide<C: Compute>(
        outputs: LossAndGradient, normalised: bool, logits: &[C], labels: LabelsOf<'_, C>, kept: &mut [C],
        gradient: *const C,
    ) -> (C, C) = wide_body;
}
per_level! {
    pub(super) fn write_gradient<C: Compute>(
        kept: &[C], factor: C, labels: LabelsOf<'_, C>, scale: C, gradient: &mut [C],
    ) = gradient_body;
}
per_level! {
    pub(super) fn narrow<C: Compute>(
        outputs: LossAndGradient, normalised: bool, logits: &[Lanes<C>], labels: LabelsOf<'_, Lanes<C>>,
        kept: &mut [Lanes<C>],
    ) -> Lanes<C> = narrow_body;
}
