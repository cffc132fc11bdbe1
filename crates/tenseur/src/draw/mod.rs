//! Drawings of graphs, as text for a terminal and as SVG: **one network in its three representations.**
//!
//! - [`neurons`]: the usual one, circles in layers and weighted lines between them;
//! - [`formulas`]: the formal one, what each neuron or each layer computes;
//! - [`dataflow`]: TensorFlow's, the graph of ops that tensors flow through.
//!
//! The first two need a network of fully connected layers, which [`DenseNetwork::of`] finds in the dataflow graph, going
//! back from its output; a graph that is something else is an error that names the node where it stops being one.
//! The third is drawn of any graph.
//!
//! Pictures follow the reader's light or dark scheme, tell nothing by colour alone, and contain no scripts and no fonts.

mod activation;
mod dataflow;
mod dense_network;
mod formulas;
mod layering;
mod mathml;
mod neurons;
mod notation;
pub(crate) mod svg;

use std::path::Path;

use crate::error::{Code, Error, Result};
use crate::formats::write_file;

pub use activation::Activation;
pub use dataflow::{BlockKind, Dataflow, GraphBlock, GraphLink, GraphPicture, dataflow};
pub use dense_network::{DenseNetwork, Input, Layer, Parameter};
pub use formulas::{FormulaLine, formula_lines, formulas};
pub use mathml::mathml;
pub use neurons::neurons;

/// A drawing in each of the forms that there are of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// For a terminal.
    pub text: String,
    /// An SVG file.
    pub svg: String,
    /// For Graphviz; only dataflow graphs have it.
    pub dot: Option<String>,
}

impl Drawing {
    /// Writes the drawing to a file in the form that the path's ending names: `.svg`, `.txt` or `.dot`.
    ///
    /// # Errors
    /// When the ending is another one, there is no such form of the drawing, or the file cannot be written.
    ///
    /// ```no_run
    /// use tenseur::draw;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let _x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// draw::dataflow(&tf).draw()?.save("graph.svg")?;
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
        let form = match (ending.as_str(), &self.dot) {
            ("svg", _) => &self.svg,
            ("txt", _) => &self.text,
            ("dot" | "gv", Some(dot)) => dot,
            ("dot" | "gv", None) => {
                return Err(Error::invalid("only a dataflow graph can be written in Graphviz's language"));
            }
            _ => {
                let text = format!("\"{}\" does not say in which form to draw", path.display());
                return Err(Error::invalid(text).hint("let the name end in .svg, .txt or .dot"));
            }
        };
        write_file(path, form.as_bytes())
            .map_err(|error| Error::new(Code::NotFound, format!("cannot write {}: {error}", path.display())))
    }
}
