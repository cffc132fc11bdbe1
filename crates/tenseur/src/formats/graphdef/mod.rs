//! Graphs as TensorFlow's files: GraphDef, in the binary form (`.pb`) and as text (`.pbtxt`).
//!
//! [`import`] adds the nodes of a file to a graph and [`export`] writes a graph. **What was imported is kept:** every
//! node remembers the bytes that described it, and the graph the file's functions, versions and node order, so that
//! what is written after reading is what was read, whatever of it we understand.
//!
//! A node of a type that we do not have, or with an attribute that we cannot read, is imported nevertheless; only a
//! run that needs it fails. What is wrong in itself is refused as a whole: inputs that are not there or do not fit,
//! names that are taken, missing attributes, cycles, a newer format.

mod attributes;
mod export;
mod export_function;
mod functions;
mod handles;
mod header;
mod import;
mod op_definitions;
mod order;

pub use export::export;
pub use import::{ImportOptions, import};

pub(crate) use export::recorded_name;
pub(crate) use header::Header;
pub(crate) use order::split_input;

use crate::error::Result;
use crate::formats::text_format::{self, GRAPH_DEF};
use crate::graph::{Graph, Operation};

impl Graph {
    /// The graph that a GraphDef describes.
    ///
    /// # Errors
    /// When `bytes` is not a GraphDef, or the graph in it is wrong; the error names the node.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let _y = (x * 2.0).named("y");
    /// let file = tf.as_graph_def()?;
    ///
    /// let again = Graph::from_graph_def(&file)?;
    /// let (x, y) = (again.tensor("x:0")?, again.tensor("y:0")?);
    /// let sess = Session::new(&again)?;
    /// assert_eq!(sess.run(&y, feeds![x => &array![1.0, 2.5]])?, array![2.0, 5.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn from_graph_def(bytes: &[u8]) -> Result<Graph> {
        let graph = Graph::new();
        import(&graph, bytes, &ImportOptions::default())?;
        Ok(graph)
    }

    /// Adds the nodes of a GraphDef, called `name/…` (as they are, if `name` is empty), and gives them in the file's
    /// order. See [`import`] for tensors that are to replace some of the file's.
    ///
    /// # Errors
    /// As [`from_graph_def`](Graph::from_graph_def); and when a name is taken. The graph is then as it was.
    pub fn import_graph_def(&self, bytes: &[u8], name: &str) -> Result<Vec<Operation>> {
        import(self, bytes, &ImportOptions { name, ..ImportOptions::default() })
    }

    /// The graph as a GraphDef.
    ///
    /// # Errors
    /// The graph's first error.
    pub fn as_graph_def(&self) -> Result<Vec<u8>> {
        export(self)
    }

    /// The graph that a GraphDef in the text form describes.
    ///
    /// # Errors
    /// When the text is not a GraphDef, with line and column; and as [`from_graph_def`](Graph::from_graph_def).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::from_graph_def_text(
    ///     r#"
    ///     node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    ///     node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    ///     "#,
    /// )?;
    /// let (x, y) = (tf.tensor("x")?, tf.tensor("y")?);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![x => array![1.0, -2.0]])?, array![-1.0, 2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn from_graph_def_text(text: &str) -> Result<Graph> {
        Graph::from_graph_def(&text_format::parse(&GRAPH_DEF, text)?)
    }

    /// The graph as a GraphDef in the text form.
    ///
    /// # Errors
    /// The graph's first error.
    pub fn as_graph_def_text(&self) -> Result<String> {
        text_format::print(&GRAPH_DEF, &self.as_graph_def()?)
    }
}
