//! Handles: a tensor is one output of one node, an operation is a node.

use std::fmt;
use std::sync::Arc;

use crate::graph::{Edge, Fact, Graph, Node, NodeId, Variable};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// One output of one node of a graph: a handle that is cheap to clone and may be sent to other threads.
#[derive(Clone)]
pub struct Tensor {
    graph: Graph,
    edge: Edge,
}

/// A node of a graph: something that can be run, with any number of outputs.
#[derive(Clone)]
pub struct Operation {
    graph: Graph,
    id: NodeId,
}

impl Tensor {
    pub(crate) fn new(graph: Graph, edge: Edge) -> Tensor {
        Tensor { graph, edge }
    }

    /// The graph it belongs to.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Its node and output number.
    pub fn edge(&self) -> Edge {
        self.edge
    }

    /// The operation that computes it.
    pub fn op(&self) -> Operation {
        Operation { graph: self.graph.clone(), id: self.edge.node }
    }

    /// TensorFlow's name: the node's and the output's number, `layer1/MatMul:0`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.op().name(), self.edge.output)
    }

    /// What is known of it; `None` after an error.
    pub fn fact(&self) -> Option<Fact> {
        self.graph.read().nodes.get(self.edge.node.index())?.fact(self.edge.output).cloned()
    }

    /// Its element type; `None` after an error.
    pub fn dtype(&self) -> Option<DType> {
        Some(self.graph.read().nodes.get(self.edge.node.index())?.fact(self.edge.output)?.dtype)
    }

    /// Its element type, or `default` after an error.
    pub(crate) fn dtype_or(&self, default: DType) -> DType {
        self.dtype().unwrap_or(default)
    }

    /// What is known of its shape.
    pub fn shape(&self) -> PartialShape {
        self.fact().map(|fact| fact.shape).unwrap_or_default()
    }

    /// The number of its axes, if that is known.
    pub fn rank(&self) -> Option<usize> {
        self.shape().rank()
    }

    /// Gives the node that computes it another name, made unique under the current name scope.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = (tf.constant(1.0) + 2.0).named("three");
    /// assert_eq!(y.name(), "three:0");
    /// ```
    #[must_use]
    pub fn named(self, name: &str) -> Tensor {
        self.op().rename(name);
        self
    }
}

impl Operation {
    pub(crate) fn new(graph: Graph, id: NodeId) -> Operation {
        Operation { graph, id }
    }

    /// The graph it belongs to.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Which node it is.
    pub fn id(&self) -> NodeId {
        self.id
    }

    fn with<R>(&self, default: R, look: impl FnOnce(&Node) -> R) -> R {
        self.graph.read().nodes.get(self.id.index()).map_or(default, look)
    }

    /// Its name, unique in the graph.
    pub fn name(&self) -> Arc<str> {
        self.with("<removed>".into(), |node| node.name.clone())
    }

    /// Its op's type: `MatMul`.
    pub fn op_type(&self) -> &'static str {
        self.with("", |node| node.op.name())
    }

    /// Its op's attributes, as TensorFlow's NodeDef names them.
    pub fn attrs(&self) -> Attrs {
        let contents = self.graph.read();
        let Some(node) = contents.nodes.get(self.id.index()) else { return Attrs::new() };
        let inputs: Option<Vec<&Fact>> =
            node.inputs.iter().map(|edge| contents.nodes[edge.node.index()].fact(edge.output)).collect();
        match (inputs, &node.outputs) {
            (Some(inputs), Some(outputs)) => node.op.attrs(Signature { inputs: &inputs, outputs }),
            _ => Attrs::new(),
        }
    }

    /// How many outputs it has.
    pub fn outputs(&self) -> usize {
        self.with(0, |node| node.outputs.as_ref().map_or(0, |outputs| outputs.len()))
    }

    /// Its output `output`. Using one that it does not have is an error where it is used.
    pub fn output(&self, output: usize) -> Tensor {
        Tensor { graph: self.graph.clone(), edge: Edge { node: self.id, output: output as u32 } }
    }

    /// Gives it another name, made unique under the current name scope.
    pub fn rename(&self, name: &str) {
        let mut contents = self.graph.write();
        if let Some(old) = contents.nodes.get(self.id.index()).map(|node| node.name.clone()) {
            contents.names.forget(&old);
            let new = contents.unique_name(name);
            contents.nodes[self.id.index()].name = new;
        }
    }
}

impl AsRef<Tensor> for Tensor {
    fn as_ref(&self) -> &Tensor {
        self
    }
}

impl PartialEq for Tensor {
    fn eq(&self, other: &Tensor) -> bool {
        self.graph.is(&other.graph) && self.edge == other.edge
    }
}

impl Eq for Tensor {}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fact = self.fact().map_or("unknown".to_string(), |fact| fact.to_string());
        write!(f, "Tensor(\"{}\" {fact})", self.name())
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation(\"{}\" {})", self.name(), self.op_type())
    }
}

/// What may stand beside a tensor in an expression: a tensor, a variable, an array, or a number, which takes the
/// tensor's element type.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor of the graph.
    Tensor(Tensor),
    /// An array, which becomes a constant.
    Array(Array),
    /// A number, which becomes a constant of the other operand's type.
    Number(f64),
}

impl Operand {
    /// The operand as a tensor of the graph and, where it is a number, of the element type of `like`.
    #[track_caller]
    pub fn tensor(self, like: &Tensor) -> Tensor {
        match self {
            Operand::Tensor(tensor) => tensor,
            Operand::Array(array) => like.graph.constant(array),
            Operand::Number(value) => like.graph.constant_like(value, like),
        }
    }
}

macro_rules! operands {
    ($($from:ty: $value:ident => $operand:expr;)*) => { $(
        impl From<$from> for Operand {
            fn from($value: $from) -> Operand {
                $operand
            }
        }
    )* };
}
operands! {
    Tensor: value => Operand::Tensor(value);
    &Tensor: value => Operand::Tensor(value.clone());
    &&Tensor: value => Operand::Tensor((*value).clone());
    Variable: value => Operand::Tensor(Tensor::clone(&value));
    &Variable: value => Operand::Tensor(Tensor::clone(value));
    Array: value => Operand::Array(value);
    &Array: value => Operand::Array(value.clone());
    f64: value => Operand::Number(value);
    f32: value => Operand::Number(f64::from(value));
    i32: value => Operand::Number(f64::from(value));
}
