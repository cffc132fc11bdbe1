//! How functions' bodies tell the outputs of nodes: by a name and, where several go under it, a number.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::formats::proto::{Attr, AttrValue};

/// A name of outputs and, where any number of them go under it, the attribute that says how many.
type Name = (&'static str, Option<&'static str>);

static NAMES: LazyLock<HashMap<&'static str, Vec<Name>>> = LazyLock::new(|| {
    let lines = include_str!("output_names.txt").lines().filter(|line| !line.starts_with('#'));
    let mut all = HashMap::new();
    for (names, ops) in lines.filter_map(|line| line.split_once(": ")) {
        let name = |name: &'static str| match name.split_once('*') {
            Some((name, attr)) => (name, Some(attr)),
            None => (name, None),
        };
        let names: Vec<Name> = names.split_terminator(' ').map(name).collect();
        all.extend(ops.split(' ').map(|op| (op, names.clone())));
    }
    all
});

/// A node's attributes, as a file has them.
pub(super) type Attributes = BTreeMap<String, AttrValue>;

/// How many outputs go under a name: an attribute's value, or how many types it lists. It is left out where that is none.
fn count((_, attr): &Name, attributes: &Attributes) -> usize {
    let Some(attr) = attr else { return 1 };
    match attributes.get(*attr).and_then(|value| value.value.as_ref()) {
        Some(Attr::I(number)) => usize::try_from(*number).unwrap_or(0),
        Some(Attr::List(list)) => list.r#type.len(),
        _ => 0,
    }
}

/// The name of output `output` of an op with these attributes, and its number under that name.
pub(super) fn name_of(op: &str, attributes: &Attributes, output: usize) -> Option<(&'static str, usize)> {
    let mut before = 0usize;
    for name in NAMES.get(op)? {
        let next = before.saturating_add(count(name, attributes));
        if output < next {
            return Some((name.0, output - before));
        }
        before = next;
    }
    None
}

/// How many outputs come before those that go under `name`: `None` of an op that has no such outputs, and 0 of one that is
/// not known.
pub(super) fn before(op: &str, attributes: &Attributes, name: &str) -> Option<usize> {
    let Some(names) = NAMES.get(op) else { return Some(0) };
    let place = names.iter().position(|(own, _)| *own == name)?;
    Some(names[..place].iter().map(|name| count(name, attributes)).fold(0, usize::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::proto::AttrList;

    fn attributes(given: &[(&str, Attr)]) -> Attributes {
        given
            .iter()
            .map(|(name, value)| (name.to_string(), AttrValue { value: Some(value.clone()) }))
            .collect()
    }

    #[test]
    fn outputs_have_tensorflows_names() {
        let none = attributes(&[]);
        assert_eq!(name_of("Switch", &none, 1), Some(("output_true", 0)));
        assert_eq!(before("TensorListPopBack", &none, "tensor"), Some(1));
        assert_eq!(before("TensorListPopBack", &none, "handle"), None);
        let types = |types: &[i32]| Attr::List(AttrList { r#type: types.to_vec(), ..AttrList::default() });
        let loop_of_five = attributes(&[("T", types(&[1; 5]))]);
        assert_eq!(name_of("While", &loop_of_five, 3), Some(("output", 3)));
        assert_eq!(name_of("While", &loop_of_five, 5), None);
        let two_paths = attributes(&[("top_paths", Attr::I(2))]);
        assert_eq!(name_of("CTCBeamSearchDecoder", &two_paths, 3), Some(("decoded_values", 1)));
        assert_eq!(name_of("CTCBeamSearchDecoder", &two_paths, 6), Some(("log_probability", 0)));
        // Two sparse columns, and one dense.
        let columns = [("Nsparse", Attr::I(2)), ("sparse_types", types(&[1, 9])), ("Tdense", types(&[1]))];
        assert_eq!(name_of("ParseExample", &attributes(&columns), 6), Some(("dense_values", 0)));
        assert_eq!(before("ParseExample", &attributes(&columns), "sparse_shapes"), Some(4));
        assert_eq!(before("ParseExample", &attributes(&columns), "dense_values"), Some(6));
    }

    #[test]
    fn a_count_beyond_all_bounds_stays_a_number() {
        for number in [i64::MAX, i64::MIN, -1] {
            let paths = attributes(&[("top_paths", Attr::I(number))]);
            assert!(before("CTCBeamSearchDecoder", &paths, "log_probability").is_some());
            name_of("CTCBeamSearchDecoder", &paths, usize::MAX);
        }
    }

    #[test]
    fn every_op_with_outputs_has_their_names() {
        let ops = crate::ops::table::OPS.iter().map(|op| op.name);
        let missing: Vec<_> = ops.filter(|op| !NAMES.contains_key(op)).collect();
        assert_eq!(missing, ["_Arg"]);
    }
}
