//! Writes what tenseur makes of a case, for another program to run: its graph, imported, completed by what the case asks
//! tenseur to build, and exported.

use std::collections::BTreeMap;

use tenseur::{Error, Executor};

use crate::case::Case;
use crate::run::prepare;
use crate::suite::Files;

/// The case's graph as tenseur writes it, and what in it stands for `@train`, `@init`, `@grad/0`, ….
///
/// # Errors
/// Why tenseur refuses the graph.
pub fn export(case: &Case, files: &Files) -> Result<(Vec<u8>, BTreeMap<String, String>), Error> {
    let prepared = prepare(case, files, Executor::default())?;
    let mut names = BTreeMap::new();
    for (index, gradient) in prepared.gradients.iter().enumerate() {
        if let Some(gradient) = gradient {
            names.insert(format!("@grad/{index}"), gradient.name());
        }
    }
    for (name, operation) in [("@train", &prepared.train), ("@init", &prepared.init)] {
        if let Some(operation) = operation {
            names.insert(name.to_string(), operation.name().to_string());
        }
    }
    Ok((prepared.graph.as_graph_def()?, names))
}
