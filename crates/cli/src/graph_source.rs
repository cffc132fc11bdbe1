//! Where a graph comes from, as the command line names it: a file, or a run folder.

use std::path::Path;

use tenseur::formats::graph_file;
use tenseur::learn::RunFolder;
use tenseur::{Error, Graph, Result};

/// Reads the graph that `path` names.
pub(crate) fn read_graph(path: &Path) -> Result<Graph> {
    if path.is_dir() {
        return RunFolder::open(path)?.graph();
    }
    let hint = |error: Error| match path.is_file() {
        true => error,
        false => error.hint("a graph is a file (.pb, .pbtxt, .meta, .meta.pbtxt) or the folder of a run"),
    };
    graph_file::load(path).map_err(hint)
}
