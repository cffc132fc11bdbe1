//! Names: made unique by TensorFlow's rule (`MatMul`, `MatMul_1`, …, without regard to case).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;
use std::sync::Arc;

use foldhash::fast::RandomState;

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
    fn near_names_are_found() {
        assert_eq!(nearest("logit", ["cost", "logits"].into_iter()), Some("logits"));
        assert_eq!(nearest("x", ["accuracy"].into_iter()), None);
    }
}
