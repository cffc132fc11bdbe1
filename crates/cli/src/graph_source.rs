//! Where a graph comes from, as the command line names it: a GraphDef file, or a run folder.

use std::path::Path;

use tenseur::learn::RunFolder;
use tenseur::{Code, Error, Graph, Result};

/// Reads the graph that `path` names.
pub(crate) fn read_graph(path: &Path) -> Result<Graph> {
    if path.is_dir() {
        return RunFolder::open(path)?.graph();
    }
    let bytes = std::fs::read(path).map_err(|error| {
        Error::new(Code::NotFound, format!("cannot read {}: {error}", path.display()))
            .hint("a graph is a GraphDef file (.pb) or the folder of a run")
    })?;
    Graph::from_graph_def(&bytes).map_err(|error| error.context(path.display()))
}
