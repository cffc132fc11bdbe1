//! The types that attributes have by TensorFlow's definitions of ops, so that files may leave them out.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::value::DType;

static DEFAULTS: LazyLock<HashMap<(&'static str, &'static str), DType>> = LazyLock::new(|| {
    let lines = include_str!("type_defaults.txt").lines().filter(|line| !line.starts_with('#'));
    let facts = lines
        .filter_map(|line| line.split_once(": ").and_then(|(fact, ops)| Some((fact.split_once('=')?, ops))));
    let of_ops = facts.filter_map(|((attr, dtype), ops)| Some((attr, DType::from_name(dtype)?, ops)));
    of_ops.flat_map(|(attr, dtype, ops)| ops.split(' ').map(move |op| ((op, attr), dtype))).collect()
});

/// The type of an op's attribute where a file does not say it, if there is one.
pub(super) fn type_default(op: &str, attr: &str) -> Option<DType> {
    DEFAULTS.get(&(op, attr)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_tensorflows() {
        assert_eq!(type_default("Complex", "T"), Some(DType::Float32));
        assert_eq!(type_default("Complex", "Tout"), Some(DType::Complex64));
        assert_eq!(type_default("ArgMax", "output_type"), Some(DType::Int64));
        assert_eq!(type_default("MatMul", "T"), None);
    }
}
