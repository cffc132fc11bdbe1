//! Where a graph comes from, as the command line names it: a file, a run folder, or a SavedModel; with its variables, or alone.

use std::path::Path;

use tenseur::formats::graph_file;
use tenseur::formats::saved_model::{self, SavedModel};
use tenseur::learn::RunFolder;
use tenseur::train::Saver;
use tenseur::{Error, Feeds, Graph, Result, Session};

use crate::predict::trained;

/// Reads the graph that `path` names.
pub(crate) fn read_graph(path: &Path) -> Result<Graph> {
    if saved_model::exists(path) {
        return SavedModel::read_graph(path);
    }
    if path.is_dir() {
        return RunFolder::open(path)?.graph();
    }
    let hint = |error: Error| {
        match path.is_file() {
        true => error,
        false => error.hint(
            "a graph is a file (.pb, .pbtxt, .meta, .meta.pbtxt), the folder of a run, or that of a SavedModel",
        ),
    }
    };
    graph_file::load(path).map_err(hint)
}

/// A session on the graph that `path` names, with the variables that are kept beside it, and what has to be fed always: the
/// paths of a SavedModel's files.
pub(crate) fn open(path: &Path, tags: &[String]) -> Result<(Session, Feeds)> {
    if saved_model::exists(path) {
        let model =
            if tags.is_empty() { SavedModel::open(path) } else { SavedModel::open_with_tags(path, tags) }?;
        return Ok((model.session().clone(), model.asset_feeds()?));
    }
    let session = match path.is_dir() {
        true => trained(path)?.0.session().clone(),
        false => Session::new(&read_graph(path)?)?,
    };
    Ok((session, Feeds::new()))
}

/// Takes variables from a checkpoint, or from a file of arrays: all of them, or with `partial` those that fit, and tells which
/// do not.
pub(crate) fn restore(session: &Session, weights: &Path, partial: bool) -> Result<()> {
    let arrays = weights.extension().is_some_and(|ending| ending == "npz" || ending == "safetensors");
    let saver = Saver::new(session.graph()).partial(partial);
    let restored = match (arrays && weights.is_file(), partial) {
        (true, _) => saver.restore_arrays(session, weights)?,
        (false, true) => saver.restore(session, weights)?,
        (false, false) => return session.restore(weights),
    };
    for left in restored.left {
        eprintln!("left as it was: {left}");
    }
    Ok(())
}
