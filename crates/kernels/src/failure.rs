//! What a loop over numbers can find impossible, and the errors of it. Their kinds are TensorFlow's, which foresees failures
//! of integer divisions but not of those that `TruncateDiv` and `TruncateMod` name.

use crate::{Binary, Code, KernelError};

/// Why a loop stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It does not.
    Never,
    /// An integer was divided by zero.
    Division,
    /// An integer was divided by zero, rounding towards 0.
    Truncation,
    /// An integer had a negative exponent.
    Power,
}

impl Failure {
    /// What can go wrong in a primitive's loop.
    pub(crate) fn of(op: Binary) -> Failure {
        match op {
            Binary::Pow => Failure::Power,
            Binary::Div | Binary::FloorDiv | Binary::FloorMod => Failure::Division,
            Binary::TruncDiv | Binary::TruncMod => Failure::Truncation,
            _ => Failure::Never,
        }
    }

    /// The error.
    #[cold]
    pub(crate) fn error(self) -> KernelError {
        match self {
            Failure::Power => KernelError::invalid("Integers to negative integer powers are not allowed"),
            Failure::Truncation => {
                KernelError { code: Code::Internal, text: "Integer division by zero".into() }
            }
            Failure::Never | Failure::Division => KernelError::invalid("Integer division by zero"),
        }
    }
}
