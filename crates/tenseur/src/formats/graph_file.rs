//! A graph in a file of any of its forms.
//!
//! | ending | what it is |
//! |---|---|
//! | `.pb` | GraphDef |
//! | `.pbtxt` | GraphDef or MetaGraphDef in the text form; the first field tells |
//! | `.meta` | MetaGraphDef |
//! | `.meta.pbtxt` | MetaGraphDef in the text form |

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::formats::text_format::{self, GRAPH_DEF};
use crate::formats::{in_file, write_file};
use crate::graph::Graph;

/// Reads the graph in a file, in the form that its ending names; any other ending is taken for `.pb`.
///
/// # Errors
/// When the file cannot be read, or holds no graph.
///
/// ```
/// use tenseur::formats::graph_file;
/// use tenseur::prelude::*;
/// let folder = tempfile::tempdir()?;
/// let tf = Graph::new();
/// let w = tf.variable(1.5, "w");
/// for (name, knows_variables) in [("a.pb", 0), ("a.pbtxt", 0), ("a.meta", 1), ("a.meta.pbtxt", 1)] {
///     graph_file::save(folder.path().join(name), &tf)?;
///     let again = graph_file::load(folder.path().join(name))?;
///     assert_eq!((again.len(), again.global_variables().len()), (tf.len(), knows_variables));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Graph> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| in_file(path, "the file cannot be read", &error))?;
    read(&bytes, Form::of(path)).map_err(|error| error.context(path.display()))
}

/// Writes a graph to a file, whole or not at all, in the form that its ending names.
///
/// # Errors
/// The graph's first error; when the ending names no form; when the file cannot be written.
pub fn save(path: impl AsRef<Path>, graph: &Graph) -> Result<()> {
    let path = path.as_ref();
    let bytes = match Form::of(path) {
        Form { meta: false, text: false, known: false } => {
            let mistake = format!("{} does not end in .pb, .pbtxt, .meta or .meta.pbtxt", path.display());
            return Err(Error::invalid(mistake));
        }
        Form { meta: false, text: false, .. } => graph.as_graph_def()?,
        Form { meta: false, text: true, .. } => graph.as_graph_def_text()?.into_bytes(),
        Form { meta: true, text: false, .. } => graph.as_meta_graph()?,
        Form { meta: true, text: true, .. } => graph.as_meta_graph_text()?.into_bytes(),
    };
    write_file(path, &bytes).map_err(|error| in_file(path, "the file cannot be written", &error))
}

/// Writes the bytes of a GraphDef to a file that ends in `.pb`, or in the text form to one that ends in `.pbtxt`, whole or not
/// at all.
///
/// # Errors
/// When the file ends otherwise, the bytes are no GraphDef, or the file cannot be written.
pub fn save_bytes(path: impl AsRef<Path>, graph_def: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let bytes = match Form::of(path) {
        Form { meta: false, text: false, known: true } => graph_def.to_vec(),
        Form { meta: false, text: true, .. } => text_format::print(&GRAPH_DEF, graph_def)?.into_bytes(),
        _ => return Err(Error::invalid(format!("{} does not end in .pb or .pbtxt", path.display()))),
    };
    write_file(path, &bytes).map_err(|error| in_file(path, "the file cannot be written", &error))
}

#[derive(Clone, Copy)]
struct Form {
    meta: bool,
    text: bool,
    known: bool,
}

impl Form {
    fn of(path: &Path) -> Form {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = name.ends_with(".pbtxt");
        let meta = name.trim_end_matches(".pbtxt").ends_with(".meta");
        Form { meta, text, known: text || meta || name.ends_with(".pb") }
    }
}

fn read(bytes: &[u8], form: Form) -> Result<Graph> {
    if !form.text {
        return if form.meta { Graph::from_meta_graph(bytes) } else { Graph::from_graph_def(bytes) };
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        Error::invalid(format!("line {line}: the text is not UTF-8"))
    })?;
    match form.meta || begins_as_meta_graph(text) {
        true => Graph::from_meta_graph_text(text),
        false => Graph::from_graph_def_text(text),
    }
}

/// Whether the first field is one that only a MetaGraphDef has.
fn begins_as_meta_graph(text: &str) -> bool {
    let mut lines =
        text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let meta =
        ["meta_info_def", "graph_def", "saver_def", "collection_def", "signature_def", "asset_file_def"];
    lines.next().is_some_and(|line| meta.iter().any(|field| line.starts_with(field)))
}
