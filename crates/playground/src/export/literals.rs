//! Numbers as programs write them, and what programs of several languages share.

use std::fmt::Write;

use tenseur::Result;

use super::Model;
use crate::data::{labels, points};

/// A number as Rust and Python write it, so that it is read back to the same bits.
pub(super) fn number(value: f32) -> String {
    format!("{value:?}")
}

/// `[a, b, …]`
pub(super) fn row(values: &[f32]) -> String {
    let values: Vec<String> = values.iter().map(|value| number(*value)).collect();
    format!("[{}]", values.join(", "))
}

/// `[[a, b], [c, d]]`; a matrix without rows keeps its width in none of the languages, and is left to the caller.
pub(super) fn matrix(values: &[f32], columns: usize) -> String {
    let rows: Vec<String> = values.chunks(columns.max(1)).map(row).collect();
    format!("[{}]", rows.join(", "))
}

/// A set of examples, a line for each: its two coordinates, then its labels as the loss compares them.
pub(super) fn examples(model: &Model<'_>, test: bool, indent: &str) -> Result<String> {
    let set = if test { &model.data.test } else { &model.data.training };
    let (x, y) = (points(set)?, labels(set, model.config, model.outputs())?);
    let rows = x.as_slice::<f32>()?.chunks_exact(2).zip(y.as_slice::<f32>()?.chunks_exact(model.outputs()));
    let mut text = String::new();
    for (point, labels) in rows {
        let _ = writeln!(text, "{indent}{},", row(&[point, labels].concat()));
    }
    Ok(text)
}
