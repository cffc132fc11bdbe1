//! How functions' bodies tell the outputs of nodes: by a name and, where several go under it, a number.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A name of outputs, and whether any number of them go under it.
type Name = (&'static str, bool);

static NAMES: LazyLock<HashMap<&'static str, Vec<Name>>> = LazyLock::new(|| {
    let lines = include_str!("output_names.txt").lines().filter(|line| !line.starts_with('#'));
    let mut all = HashMap::new();
    for (names, ops) in lines.filter_map(|line| line.split_once(": ")) {
        let name = |name: &'static str| match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let names: Vec<Name> = names.split(' ').map(name).collect();
        all.extend(ops.split(' ').map(|op| (op, names.clone())));
    }
    all
});

/// How many outputs go under each of the names, where there are `outputs` of them.
fn counts(names: &[Name], outputs: usize) -> impl Iterator<Item = usize> + '_ {
    let any = names.iter().filter(|(_, any)| *any).count();
    let each = outputs.saturating_sub(names.len() - any).checked_div(any).unwrap_or(0);
    names.iter().map(move |(_, any)| if *any { each } else { 1 })
}

/// The name of output `output` of an op that has `outputs` of them, and its number under that name.
pub(super) fn name_of(op: &str, output: usize, outputs: usize) -> Option<(&'static str, usize)> {
    let names = NAMES.get(op)?;
    let mut first = 0;
    for ((name, _), count) in names.iter().zip(counts(names, outputs)) {
        if output < first + count {
            return Some((name, output - first));
        }
        first += count;
    }
    None
}

/// How many outputs come before those that go under `name`: `None` of an op that has no such outputs, and 0 of one that is
/// not known. Where several names may have any number of outputs, only the first of them can be told.
pub(super) fn before(op: &str, name: &str) -> Option<usize> {
    let Some(names) = NAMES.get(op) else { return Some(0) };
    let place = names.iter().position(|(own, _)| *own == name)?;
    names[..place].iter().all(|(_, any)| !any).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_tensorflows_names() {
        assert_eq!(name_of("Switch", 1, 2), Some(("output_true", 0)));
        assert_eq!(name_of("While", 3, 5), Some(("output", 3)));
        assert_eq!(name_of("CTCBeamSearchDecoder", 3, 7), Some(("decoded_values", 1)));
        assert_eq!(name_of("CTCBeamSearchDecoder", 6, 7), Some(("log_probability", 0)));
        assert_eq!(before("TensorListPopBack", "tensor"), Some(1));
        assert_eq!(before("TensorListPopBack", "handle"), None);
    }
}
