//! A table from keys to values, as a session keeps it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Code, Reason};
use crate::value::{Array, DType, Shape};

use super::rows::{Row, joined, leading, rows};

/// What kind of table it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Filled once.
    Initialized,
    /// Written at any time.
    Mutable,
    /// Written at any time; two keys stand for "nothing here" and cannot be used.
    Dense { empty: Row, deleted: Option<Row> },
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) kind: Kind,
    pub(super) key: (DType, Shape),
    pub(super) value: (DType, Shape),
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// Whether a table that is filled once is filled.
    filled: bool,
    /// Each value, with a number that says when its key came.
    values: HashMap<Row, (u64, Row)>,
    next: u64,
}

impl Entries {
    fn put(&mut self, key: Row, value: Row) {
        self.next += 1;
        match self.values.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().1 = value,
            Entry::Vacant(free) => drop(free.insert((self.next, value))),
        }
    }
}

/// What is said where a table that is filled once would be changed otherwise.
fn filled_once(what: &str) -> Reason {
    Reason::new(Code::Unimplemented, format!("a table that is initialized once takes no {what}"))
}

impl Table {
    pub(super) fn new(kind: Kind, key: (DType, Shape), value: (DType, Shape)) -> Table {
        Table { kind, key, value, entries: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has been filled; one that is written at any time always has.
    pub(super) fn is_filled(&self) -> bool {
        self.kind != Kind::Initialized || self.lock().filled
    }

    fn must_be_filled(&self) -> Result<MutexGuard<'_, Entries>, Reason> {
        let entries = self.lock();
        if self.kind == Kind::Initialized && !entries.filled {
            return Err(Reason::new(Code::FailedPrecondition, "the table is not initialized"));
        }
        Ok(entries)
    }

    /// The keys of an array.
    fn keys(&self, keys: &Array) -> Result<Vec<Row>, Reason> {
        let (dtype, shape) = &self.key;
        if keys.dtype() != *dtype {
            return Err(format!("its keys are of {dtype}, and these of {}", keys.dtype()).into());
        }
        if self.kind != Kind::Initialized
            && self.kind != Kind::Mutable
            && keys.shape().rank() > shape.rank() + 1
        {
            let got = keys.shape();
            return Err(format!(
                "keys of a table with an empty key are one or a vector of {shape}, not {got}"
            )
            .into());
        }
        let keys = rows(keys, shape).map_err(|reason| Reason::from(format!("keys: {}", reason.text)))?;
        if let Kind::Dense { empty, deleted } = &self.kind {
            for (row, what) in [(Some(empty), "empty_key"), (deleted.as_ref(), "deleted_key")] {
                if let Some(row) = row.filter(|row| keys.contains(row)) {
                    return Err(format!("the {what}, {}, is no key", row.shown(*dtype)).into());
                }
            }
        }
        Ok(keys)
    }

    /// Entries as pairs.
    fn pairs(&self, keys: &Array, values: &Array) -> Result<Vec<(Row, Row)>, Reason> {
        let (dtype, shape) = &self.value;
        if values.dtype() != *dtype {
            return Err(format!("its values are of {dtype}, and these of {}", values.dtype()).into());
        }
        let keys_shape = keys.shape();
        let pairs = self.keys(keys)?;
        let wanted: Shape = leading(keys, &self.key.1)?.iter().chain(&shape[..]).copied().collect();
        if *values.shape() != wanted {
            let got = values.shape();
            return Err(format!(
                "for keys {keys_shape} there are to be values {wanted}, and these are {got}"
            )
            .into());
        }
        Ok(pairs.into_iter().zip(rows(values, shape)?).collect())
    }

    /// The values of keys, and `default` (one, or one for each) for those that are not there.
    pub(super) fn find(&self, keys: &Array, default: &Array) -> Result<Array, Reason> {
        let (dtype, shape) = &self.value;
        if default.dtype() != *dtype {
            return Err(format!("its values are of {dtype}, and the default of {}", default.dtype()).into());
        }
        let leading = leading(keys, &self.key.1)?;
        let whole: Shape = leading.iter().chain(&shape[..]).copied().collect();
        let wanted = self.keys(keys)?;
        if *default.shape() != *shape && (self.kind == Kind::Initialized || *default.shape() != whole) {
            return Err(format!("its values are {shape}, and the default is {}", default.shape()).into());
        }
        let defaults = rows(default, shape)?;
        let entries = self.must_be_filled()?;
        let each = defaults.len() == wanted.len();
        let found = wanted.iter().enumerate().map(|(i, key)| match entries.values.get(key) {
            Some((_, value)) => value,
            None => &defaults[if each { i } else { 0 }],
        });
        joined(*dtype, &leading, shape, found)
    }

    /// Fills a table that is filled once.
    pub(super) fn fill(&self, keys: &Array, values: &Array) -> Result<(), Reason> {
        if self.kind != Kind::Initialized {
            return Err("only a table that is initialized once has an initializer".into());
        }
        if keys.shape().rank() != 1 || keys.shape() != values.shape() {
            let shapes = format!("{} and {}", keys.shape(), values.shape());
            return Err(format!("keys and values are two vectors of one length, and not {shapes}").into());
        }
        let mut filled = HashMap::new();
        let mut order = Vec::new();
        for (key, value) in self.pairs(keys, values)? {
            match filled.get(&key) {
                None => {
                    filled.insert(key.clone(), value);
                    order.push(key);
                }
                Some(known) if *known == value => {}
                Some(known) => {
                    let (key, known) = (key.shown(self.key.0), known.shown(self.value.0));
                    let value = value.shown(self.value.0);
                    let why = format!("the key {key} has two values, {known} and {value}");
                    return Err(Reason::new(Code::FailedPrecondition, why));
                }
            }
        }
        let mut entries = self.lock();
        if entries.filled {
            // As TensorFlow has it: it looks only at how many there are.
            if entries.values.len() == order.len() {
                return Ok(());
            }
            let why = "the table has been initialized already, with other entries";
            return Err(Reason::new(Code::FailedPrecondition, why));
        }
        for key in order {
            if let Some(value) = filled.remove(&key) {
                entries.put(key, value);
            }
        }
        entries.filled = true;
        Ok(())
    }

    /// Puts entries in; a key that is there gets the new value.
    pub(super) fn insert(&self, keys: &Array, values: &Array) -> Result<(), Reason> {
        if self.kind == Kind::Initialized {
            return Err(filled_once("insertions"));
        }
        let pairs = self.pairs(keys, values)?;
        let mut entries = self.lock();
        for (key, value) in pairs {
            entries.put(key, value);
        }
        Ok(())
    }

    /// Puts these entries in the place of all others. A table that is filled once is filled with them.
    pub(super) fn import(&self, keys: &Array, values: &Array) -> Result<(), Reason> {
        if self.kind == Kind::Initialized {
            return self.fill(keys, values);
        }
        let pairs = self.pairs(keys, values)?;
        let mut entries = self.lock();
        entries.values.clear();
        for (key, value) in pairs {
            entries.put(key, value);
        }
        Ok(())
    }

    /// Takes keys out.
    pub(super) fn remove(&self, keys: &Array) -> Result<(), Reason> {
        if self.kind == Kind::Initialized {
            return Err(filled_once("removals"));
        }
        let keys = self.keys(keys)?;
        let mut entries = self.lock();
        for key in keys {
            entries.values.remove(&key);
        }
        Ok(())
    }

    /// How many entries there are.
    pub(super) fn size(&self) -> usize {
        self.lock().values.len()
    }

    /// All keys and their values, in the order in which the keys came.
    pub(super) fn export(&self) -> Result<[Array; 2], Reason> {
        let entries = self.lock();
        if self.kind == Kind::Initialized && !entries.filled {
            return Err(Reason::new(Code::Aborted, "the table is not initialized"));
        }
        let mut all: Vec<(u64, &Row, &Row)> =
            entries.values.iter().map(|(key, (number, value))| (*number, key, value)).collect();
        all.sort_unstable_by_key(|(number, ..)| *number);
        let count = Shape::from([all.len()]);
        Ok([
            joined(self.key.0, &count, &self.key.1, all.iter().map(|(_, key, _)| *key))?,
            joined(self.value.0, &count, &self.value.1, all.iter().map(|(.., value)| *value))?,
        ])
    }
}
