//! Learning rates and penalties that TensorFlow refuses: each [`Rule`] says where its own must lie.

use tenseur_kernels::{Guard, GuardedKernel, Kernel, Range, ScalarType};

use super::Rule;
use crate::error::Reason;

/// Where the numbers of a rule must lie, by the names of its inputs.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    /// Where a gradient has all rows.
    pub(super) of_all: &'static [(&'static str, Range)],
    /// Where it has some.
    pub(super) of_rows: &'static [(&'static str, Range)],
}

impl Ranges {
    /// Anywhere.
    pub(super) const ANY: Ranges = Ranges { of_all: &[], of_rows: &[] };
}

/// The rule's ranges, by its inputs' places; `rows` says whether its gradients have only some rows.
pub(super) fn guards<R: Rule>(rows: bool) -> Vec<Guard> {
    let ranges = if rows { R::RANGES.of_rows } else { R::RANGES.of_all };
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
