//! Functions of a graph: the bodies of functional conditionals, loops and calls.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::graph::{Edge, Graph, NodeId};
use crate::value::DType;

/// The first number that a session gives to nodes of functions' bodies; graphs have fewer nodes.
pub(crate) const FIRST_BASE: u32 = 1 << 30;

/// How deep functions may call each other that are differentiated.
const DEEPEST: usize = 24;

/// How many functions there may be where more are added by differentiation.
const MOST: usize = 10_000;

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

/// What loops of a body may begin with that its gradient adds to them. It comes before they do.
#[derive(Clone)]
pub(crate) struct Provision {
    /// The number of turns so far: none.
    pub(crate) count: Edge,
    /// By type of the elements, a list without any.
    pub(crate) lists: HashMap<DType, Edge>,
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

    /// Those whose bodies are understood, by name in order.
    pub(crate) fn sorted(&self) -> Vec<(&str, &Function)> {
        let understood = self.0.iter().filter_map(|(name, body)| Some((&**name, &**body.as_ref().ok()?)));
        let mut all: Vec<_> = understood.collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all
    }

    /// Whether there is one called `name`.
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The function called `name`.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Function>> {
        match self.0.get(name) {
            Some(function) => function.clone(),
            None => Err(Error::new(Code::NotFound, format!("the graph has no function called \"{name}\""))),
        }
    }
}

impl Graph {
    /// Makes a body a function of this graph, under a name like this one, and gives its name.
    pub(crate) fn add_function(&self, name: &str, body: Function) -> String {
        let mut contents = self.write();
        let mut own = name.replace(['/', ':'], "_");
        let mut count = 0;
        while contents.functions.has(&own) {
            count += 1;
            own = format!("{}_{count}", name.replace(['/', ':'], "_"));
        }
        // What bodies call are functions of the graph itself.
        let inner = std::mem::take(&mut body.graph.write().functions);
        contents.functions = contents.functions.and(inner);
        body.graph.write().base = FIRST_BASE.saturating_add(contents.functions.nodes() as u32);
        let added = HashMap::from([(own.clone(), Ok(Arc::new(body)))]);
        contents.functions = contents.functions.and(Functions::new(added));
        own
    }

    /// Makes the functions of a body's graph this graph's too.
    pub(crate) fn adopt_functions(&self, body: &Graph) {
        let inner = body.read().functions.clone();
        let mut contents = self.write();
        contents.functions = contents.functions.and(inner);
    }

    /// An empty graph for the body of a function, which may call what this graph may call.
    pub(crate) fn for_body(&self) -> Graph {
        let body = Graph::new();
        let contents = self.read();
        let mut inner = body.write();
        (inner.functions, inner.seed) = (contents.functions.clone(), contents.seed);
        inner.body_of = contents.body_of.clone();
        drop(inner);
        body
    }

    /// As [`for_body`](Graph::for_body), for a body in which the function of this name is differentiated.
    ///
    /// # Errors
    /// Unimplemented where that is under way already, for the function calls itself; ResourceExhausted where functions call
    /// each other too deep, or have become too many.
    pub(crate) fn for_body_of(&self, name: &str) -> Result<Graph> {
        let body = self.for_body();
        let mut inner = body.write();
        if inner.body_of.iter().any(|own| own == name) {
            let text = format!("the function \"{name}\" calls itself, and has no gradient for that");
            return Err(Error::new(Code::Unimplemented, text));
        }
        if inner.body_of.len() >= DEEPEST || inner.functions.0.len() >= MOST {
            let text = format!("the gradient of function \"{name}\" goes too deep into others");
            return Err(Error::new(Code::ResourceExhausted, text));
        }
        inner.body_of.push(name.to_string());
        drop(inner);
        Ok(body)
    }
}
