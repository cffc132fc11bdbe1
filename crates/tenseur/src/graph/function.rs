//! Functions of a graph: the bodies of functional conditionals, loops and calls.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::graph::{Edge, Graph, NodeId};

/// A function: a graph of its own, with arguments and results.
pub(crate) struct Function {
    /// The body.
    pub(crate) graph: Graph,
    /// The nodes of the body that stand for the arguments.
    pub(crate) arguments: Vec<NodeId>,
    /// The tensors of the body that are the results.
    pub(crate) results: Vec<Edge>,
    /// Nodes of the body that must have run, whatever the results need.
    pub(crate) effects: Vec<NodeId>,
}

/// The functions of a graph, by name. One whose body cannot be understood is kept as the error that a call gives.
#[derive(Clone, Default)]
pub(crate) struct Functions(Arc<HashMap<String, Result<Arc<Function>>>>);

impl Functions {
    /// These functions.
    pub(crate) fn new(functions: HashMap<String, Result<Arc<Function>>>) -> Functions {
        Functions(Arc::new(functions))
    }

    /// These and others; of two with one name the first stays.
    pub(crate) fn and(&self, others: Functions) -> Functions {
        let mut all: HashMap<_, _> = others.0.iter().map(|(name, f)| (name.clone(), f.clone())).collect();
        all.extend(self.0.iter().map(|(name, f)| (name.clone(), f.clone())));
        Functions::new(all)
    }

    /// How many nodes their bodies have together.
    pub(crate) fn nodes(&self) -> usize {
        self.0.values().flatten().map(|function| function.graph.len()).sum()
    }

    /// Whether some op of some body can only be kept.
    pub(crate) fn have_foreign(&self) -> bool {
        self.0.values().flatten().any(|function| function.graph.read().has_foreign())
    }

    /// The function called `name`.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Function>> {
        match self.0.get(name) {
            Some(function) => function.clone(),
            None => Err(Error::new(Code::NotFound, format!("the graph has no function called \"{name}\""))),
        }
    }
}
