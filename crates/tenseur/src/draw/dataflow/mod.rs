//! The TensorFlow representation: the graph that tensors flow through, drawn in layers from what is fed to what comes
//! out. Name scopes are folded to one block each; a line says what flows along it.

mod blocks;
mod dot;
mod layout;
mod picture;
mod svg;
mod text;

use blocks::{Blocks, Folding};

pub use picture::{BlockKind, GraphBlock, GraphLink, GraphPicture};

use crate::draw::Drawing;
use crate::error::{Code, Error, Result};
use crate::graph::{Graph, Tensor};

/// The drawing of a dataflow graph: which part of it, and which scopes are open. Made by [`dataflow`].
#[derive(Clone, Debug)]
#[must_use = "a drawing is made by `draw`"]
pub struct Dataflow {
    graph: Graph,
    depth: Option<usize>,
    open: Vec<String>,
    needed_for: Vec<Tensor>,
    title: String,
}

/// The drawing of a dataflow graph, with all name scopes folded until it is told otherwise.
///
/// Placeholders, variables (with their reading and their initializer), constants, other ops and folded scopes have each
/// a shape and a colour of their own. Under a block stand the type and shape of what leaves it; a dashed line is an
/// order in which things run. Lines over many layers are not drawn; both ends are named instead.
///
/// ```
/// use tenseur::draw;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(2)], "x");
/// let w = tf.variable(tf.zeros::<f32>([2, 1]), "w");
/// let y = nn::relu(x.matmul(&w));
/// let drawing = draw::dataflow(&tf).needed_for([&y]).draw()?;
/// assert_eq!(
///     drawing.text,
///     "\
/// dataflow graph: 5 nodes in 4 blocks
///
/// ◇     x       Placeholder   float32 [?, 2]
/// │ ▣   w       VariableV2    float32 [2, 1]
/// ●─┘   MatMul  MatMul(x, w)  float32 [?, 1]
/// ●     Relu    Relu(MatMul)  float32 [?, 1]
///
/// ◇ placeholder  ▣ variable  ● op
/// "
/// );
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn dataflow(graph: &Graph) -> Dataflow {
    Dataflow {
        graph: graph.clone(),
        depth: Some(0),
        open: Vec::new(),
        needed_for: Vec::new(),
        title: "dataflow graph".to_string(),
    }
}

impl Dataflow {
    /// Opens the outermost `depth` levels of name scopes; 0, as at first, folds them all. A variable is one block at
    /// any depth.
    pub fn depth(self, depth: usize) -> Dataflow {
        Dataflow { depth: Some(depth), ..self }
    }

    /// Folds nothing: each node is a block, and a variable three.
    pub fn unfolded(self) -> Dataflow {
        Dataflow { depth: None, ..self }
    }

    /// Opens the name scope called so, and those around it.
    pub fn open(mut self, scope: &str) -> Dataflow {
        self.open.push(scope.trim_end_matches('/').to_string());
        self
    }

    /// Draws only the nodes that a run which fetches these tensors needs.
    pub fn needed_for<T: AsRef<Tensor>>(mut self, tensors: impl IntoIterator<Item = T>) -> Dataflow {
        self.needed_for.extend(tensors.into_iter().map(|tensor| tensor.as_ref().clone()));
        self
    }

    /// What stands above the drawing.
    pub fn title(self, title: &str) -> Dataflow {
        Dataflow { title: title.to_string(), ..self }
    }

    /// The drawing, as text, as SVG and in the language of Graphviz.
    ///
    /// # Errors
    /// NotFound, when a scope that was to be opened is not there; and when a tensor belongs to another graph.
    pub fn draw(&self) -> Result<Drawing> {
        let blocks = self.blocks()?;
        Ok(Drawing {
            text: text::text(&self.title, &blocks),
            svg: svg::svg(&self.title, &blocks),
            dot: Some(dot::dot(&self.title, &blocks)),
        })
    }

    /// The blocks and lines with their places, for programs that draw them themselves.
    ///
    /// # Errors
    /// As [`draw`](Dataflow::draw).
    ///
    /// ```
    /// use tenseur::draw;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(2)], "x");
    /// let y = nn::dense(&x, 3, nn::relu, "layer");
    /// let picture = draw::dataflow(&tf).needed_for([&y]).picture()?;
    /// let names: Vec<&str> = picture.blocks.iter().map(|block| block.name.as_str()).collect();
    /// assert_eq!(names, ["x", "layer"]);
    /// assert_eq!(picture.links[0].label, "float32 [?, 2]");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn picture(&self) -> Result<GraphPicture> {
        let blocks = self.blocks()?;
        let contents = self.graph.read();
        Ok(picture::picture(&contents, &blocks))
    }

    fn blocks(&self) -> Result<Blocks> {
        let contents = self.graph.read();
        let names = contents.nodes.iter().map(|node| &*node.name);
        let scopes = blocks::scopes(names);
        if let Some(missing) = self.open.iter().find(|open| !scopes.contains(open.as_str())) {
            let error =
                Error::new(Code::NotFound, format!("the graph has no name scope called \"{missing}\""));
            return Err(match crate::graph::nearest(missing, scopes.iter().copied()) {
                Some(near) => error.hint(format!("there is one called \"{near}\"")),
                None => error,
            });
        }
        if let Some(stranger) = self.needed_for.iter().find(|tensor| !tensor.graph().is(&self.graph)) {
            return Err(Error::invalid(format!(
                "\"{stranger:?}\" belongs to another graph than the one drawn"
            )));
        }
        let mut shown = vec![self.needed_for.is_empty(); contents.nodes.len()];
        let mut wanted: Vec<usize> =
            self.needed_for.iter().map(|tensor| tensor.edge().node.index()).collect();
        while let Some(node) = wanted.pop() {
            if shown.get(node).is_none_or(|shown| *shown) {
                continue;
            }
            shown[node] = true;
            let node = &contents.nodes[node];
            wanted.extend(node.inputs.iter().map(|edge| edge.node.index()));
            wanted.extend(node.control_inputs.iter().map(|control| control.index()));
        }
        Ok(Blocks::new(&contents, &shown, &Folding { depth: self.depth, open: &self.open }))
    }
}

#[cfg(test)]
mod tests;
