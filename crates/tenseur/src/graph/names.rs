//! Names: made unique by TensorFlow's rule (`MatMul`, `MatMul_1`, …, without regard to case).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;

use crate::graph::Node;

/// The names in use, and for each the suffix to be tried next.
#[derive(Default)]
pub(crate) struct Names {
    next: HashMap<String, u32, RandomState>,
}

impl Names {
    /// `prefix/name`, or the first of `prefix/name_1`, `prefix/name_2`, … that is free; it is then in use. A name may
    /// hold letters, digits and `_ . - / > \`; other characters become `_`.
    pub(crate) fn unique(&mut self, prefix: &str, name: &str) -> Arc<str> {
        let mut full = String::with_capacity(prefix.len() + name.len() + 8);
        if !prefix.is_empty() {
            full.push_str(prefix);
            full.push('/');
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/>\\".contains(c);
        full.extend(name.chars().map(|c| if allowed(c) { c } else { '_' }));
        if !full.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_') {
            full.insert(0, '.');
        }
        let next = match self.next.entry(full.to_ascii_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(1);
                return full.into();
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        let stem = full.to_ascii_lowercase();
        for suffix in next.. {
            full.truncate(stem.len());
            let _ = write!(full, "_{suffix}");
            if let Entry::Vacant(free) = self.next.entry(full.to_ascii_lowercase()) {
                free.insert(1);
                self.next.insert(stem, suffix.saturating_add(1));
                break;
            }
        }
        full.into()
    }

    /// The name is in use, as it stands.
    pub(crate) fn reserve(&mut self, name: &str) {
        self.next.entry(name.to_ascii_lowercase()).or_insert(1);
    }

    /// The name is free again.
    pub(crate) fn forget(&mut self, name: &str) {
        self.next.remove(&name.to_ascii_lowercase());
    }
}

/// Which node has which name. It is filled when it is asked, and every answer is checked, so that nobody has to tell it of
/// nodes that come, go or change their names.
#[derive(Default)]
pub(crate) struct Lookup(Mutex<Filled>);

#[derive(Default)]
struct Filled {
    nodes: HashMap<Arc<str>, usize, RandomState>,
    /// So many nodes of the graph have been entered.
    entered: usize,
}

impl Lookup {
    /// Where the node called `name` stands among `nodes`.
    pub(crate) fn find(&self, nodes: &[Node], name: &str) -> Option<usize> {
        let mut filled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if filled.entered > nodes.len() {
            *filled = Filled::default();
        }
        for (at, node) in nodes.iter().enumerate().skip(filled.entered) {
            filled.nodes.entry(node.name.clone()).or_insert(at);
        }
        filled.entered = nodes.len();
        let named = |at: &usize| nodes.get(*at).is_some_and(|node| &*node.name == name);
        // A node that was entered under another name is found by looking at all.
        let found = filled.nodes.get(name).copied().filter(named);
        found.or_else(|| nodes.iter().position(|node| &*node.name == name))
    }
}

/// The name most like `wanted`, if any is close: for "did you mean".
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.len() / 3).max(1);
    names
        .map(|name| (edit_distance(wanted, name, limit), name))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, n)| n)
}

/// Levenshtein's distance, or something above `limit`.
fn edit_distance(a: &str, b: &str, limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substitute = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_by_tensorflows_rule() {
        let mut names = Names::default();
        assert_eq!(&*names.unique("", "MatMul"), "MatMul");
        assert_eq!(&*names.unique("", "MatMul"), "MatMul_1");
        assert_eq!(&*names.unique("", "matmul"), "matmul_2");
        assert_eq!(&*names.unique("a", "MatMul"), "a/MatMul");
        assert_eq!(&*names.unique("", "x y"), "x_y");
        names.forget("MatMul");
        assert_eq!(&*names.unique("", "MatMul"), "MatMul");
    }

    #[test]
    fn nodes_are_found_whatever_became_of_others() {
        let tf = crate::Graph::new();
        let at = |name: &str| tf.operation(name).map(|operation| operation.id().index()).ok();
        let x = tf.placeholder::<f32>((), "x");
        assert_eq!((at("x"), at("y")), (Some(0), None));
        let y = tf.placeholder::<f32>((), "y").named("z");
        assert_eq!((at("y"), at("z")), (None, Some(1)));
        let _again = y.named("w");
        assert_eq!((at("z"), at("w")), (None, Some(1)));
        let _wrong = x.matmul(&x);
        assert!(tf.take_error().is_some() && at("MatMul").is_none());
        tf.placeholder::<f32>((), "v");
        assert_eq!((at("v"), at("x")), (Some(2), Some(0)));
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(nearest("logit", ["cost", "logits"].into_iter()), Some("logits"));
        assert_eq!(nearest("x", ["accuracy"].into_iter()), None);
    }
}
