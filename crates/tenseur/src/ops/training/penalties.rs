//! Learning rates and penalties that TensorFlow refuses: it looks at those of the rules that shrink what they train, and at
//! those of [`Ftrl`](super::Ftrl) only where a gradient has some rows.

use tenseur_kernels::{Guard, GuardedKernel, Kernel, Range, ScalarType};

use super::Rule;
use crate::error::Reason;

/// Where numbers must lie for a rule's op, by the rule's inputs; `rows` says whether its gradients have only some rows.
pub(super) fn guards<R: Rule>(rows: bool) -> Vec<Guard> {
    let ranges: &[(&'static str, Range)] = match R::NAME {
        "ApplyFtrl" | "ApplyFtrlV2" if rows => &[
            ("lr", Range::Positive),
            ("l1", Range::NotNegative),
            ("l2", Range::NotNegative),
            ("l2_shrinkage", Range::NotNegative),
            ("lr_power", Range::NotPositive),
        ],
        "ApplyProximalAdagrad" => {
            &[("lr", Range::Positive), ("l1", Range::NotNegative), ("l2", Range::NotNegative)]
        }
        _ => &[],
    };
    let named = |name: &str| R::INPUTS.iter().position(|(own, _)| *own == name);
    let guard = |&(name, range)| Some(Guard { input: named(name)?, name, range });
    ranges.iter().filter_map(guard).collect()
}

/// The kernel behind those guards, over numbers of type `stored`; itself where there are none.
///
/// # Errors
/// When its inputs are not the rule's.
pub(super) fn guarded<R: Rule>(
    kernel: Box<dyn Kernel>,
    stored: ScalarType,
    rows: bool,
) -> Result<Box<dyn Kernel>, Reason> {
    let guards = guards::<R>(rows);
    match guards.is_empty() {
        true => Ok(kernel),
        false => Ok(Box::new(GuardedKernel::new(kernel, stored, guards)?)),
    }
}
