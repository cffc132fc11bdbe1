//! MetaGraphDef (`.meta`): a graph with its variables, collections and signatures, as `tf.train.export_meta_graph` and
//! `Saver.save` write it.
//!
//! A GraphDef has a variable's nodes and does not say that they belong together; a MetaGraphDef does. What is read from one
//! has `global_variables`, `trainable_variables` and collections as the program had that wrote it. **What was imported is
//! kept:** what a file says beside the graph, whether we understand it or not, is written again as it was.

mod call;
mod export;
mod header;
mod import;
mod names;
mod saver_nodes;

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::formats::text_format::{self, META_GRAPH_DEF};
use crate::graph::{Graph, Operation, Tensor, collections};

pub(crate) use header::MetaHeader;
pub use header::Signature;
pub(crate) use saver_nodes::with_saver;

/// The collections whose members TensorFlow writes down as variables and not as names.
const OF_VARIABLES: [&str; 6] = [
    collections::GLOBAL_VARIABLES,
    collections::TRAINABLE_VARIABLES,
    collections::LOCAL_VARIABLES,
    collections::MODEL_VARIABLES,
    collections::MOVING_AVERAGE_VARIABLES,
    collections::GLOBAL_STEP,
];

impl Graph {
    /// The graph that a MetaGraphDef describes, with its variables, collections and signatures.
    ///
    /// # Errors
    /// When `bytes` is not a MetaGraphDef; as [`from_graph_def`](Graph::from_graph_def) of the graph in it; and when a
    /// collection or signature names what the graph does not have.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let w = tf.variable(3.0, "w");
    /// let _loss = w.square().named("loss");
    /// let file = tf.as_meta_graph()?;
    ///
    /// let tf = Graph::from_meta_graph(&file)?;
    /// let train = train::GradientDescentOptimizer::new(0.5).minimize(&tf.tensor("loss:0")?);
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// sess.run_op(&train, feeds![])?;
    /// assert_eq!(sess.run(&tf.trainable_variables()[0], feeds![])?, 0.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn from_meta_graph(bytes: &[u8]) -> Result<Graph> {
        let graph = Graph::new();
        let file = import::MetaFile::read(bytes)?;
        file.import(&graph, "")?;
        file.keep(&graph)?;
        Ok(graph)
    }

    /// As [`from_meta_graph`](Graph::from_meta_graph), from the text form.
    ///
    /// # Errors
    /// As that; where the text is wrong, the error names line and column.
    pub fn from_meta_graph_text(text: &str) -> Result<Graph> {
        Graph::from_meta_graph(&text_format::parse(&META_GRAPH_DEF, text)?)
    }

    /// Adds the nodes of a MetaGraphDef, called `name/…` (as they are, if `name` is empty), its variables and the members of
    /// its collections, and gives the nodes in the file's order. Its signatures stay behind: they are a whole graph's.
    ///
    /// # Errors
    /// As [`from_meta_graph`](Graph::from_meta_graph); and when a name is taken. The graph is then as it was.
    pub fn import_meta_graph(&self, bytes: &[u8], name: &str) -> Result<Vec<Operation>> {
        let file = import::MetaFile::read(bytes)?;
        // What collections name is found out on a graph that can be thrown away.
        file.import(&Graph::new(), "")?;
        file.import(self, name)
    }

    /// The graph as a MetaGraphDef: with its variables, collections and signatures, and with all else that the MetaGraphDef
    /// said which it came from.
    ///
    /// # Errors
    /// The graph's first error; and when a tensor that is no variable was put into a collection of variables.
    pub fn as_meta_graph(&self) -> Result<Vec<u8>> {
        export::export(self)
    }

    /// As [`as_meta_graph`](Graph::as_meta_graph), in the text form.
    ///
    /// # Errors
    /// As that.
    pub fn as_meta_graph_text(&self) -> Result<String> {
        text_format::print(&META_GRAPH_DEF, &self.as_meta_graph()?)
    }

    /// What the graph says of its use as a function, by name: `serving_default`. Those that take or give other than single
    /// tensors are kept and not shown.
    pub fn signatures(&self) -> BTreeMap<String, Signature> {
        self.read().meta.signatures(self)
    }

    /// Says how the graph is to be used as a function, in place of what it said under this name before.
    ///
    /// # Errors
    /// When a tensor is of another graph.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use tenseur::formats::meta_graph::Signature;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None], "x");
    /// let y = (&x * 2.0).named("y");
    /// let doubles = Signature {
    ///     inputs: BTreeMap::from([("x".to_string(), x)]),
    ///     outputs: BTreeMap::from([("y".to_string(), y)]),
    ///     method_name: "tensorflow/serving/predict".to_string(),
    /// };
    /// tf.set_signature("serving_default", &doubles)?;
    ///
    /// let again = Graph::from_meta_graph(&tf.as_meta_graph()?)?;
    /// assert_eq!(again.signatures()["serving_default"].outputs["y"].name(), "y:0");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn set_signature(&self, name: &str, signature: &Signature) -> Result<()> {
        let foreign = |tensor: &&Tensor| !tensor.graph().is(self);
        match signature.inputs.values().chain(signature.outputs.values()).find(foreign) {
            Some(tensor) => Err(Error::invalid(format!(
                "signature \"{name}\": \"{}\" belongs to another graph",
                tensor.name()
            ))),
            None => {
                self.write().meta.set_signature(name, signature);
                Ok(())
            }
        }
    }
}
