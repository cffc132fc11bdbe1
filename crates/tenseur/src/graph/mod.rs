//! The dataflow graph: an append-only arena of nodes, and [`Tensor`], a handle to one output of one node.
//!
//! Building never fails and never panics. An op whose inputs do not fit records the graph's *first* error and yields
//! a tensor of which nothing is known, which every later op accepts; [`Graph::check`], a session and every run report it.

mod collection;
mod copy;
mod create;
mod fact;
mod flops;
mod foreseen;
mod function;
mod names;
mod scope;
mod summary;
mod tensor;
mod variable;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use smallvec::SmallVec;

use crate::error::{AtNode, Code, Error, Line, Result};
use crate::formats::graphdef::Header;
use crate::formats::meta_graph::MetaHeader;
use crate::ops::Op;
use crate::value::{Array, DType, PartialShape};

pub use collection::collections;
pub(crate) use collection::{Collection, Member};
pub(crate) use copy::Copying;
pub(crate) use create::Told;
pub use create::{NewNode, op_of_type};
pub use fact::{Fact, Facts};
pub use flops::Flops;
pub(crate) use function::{FIRST_BASE, Function, Functions, Provision};
pub use scope::Scope;
pub(crate) use summary::is_variable;
pub use summary::{OpCount, SignatureSummary, Summary, TensorSummary, VariableRole, VariableSummary};
pub use tensor::{Operand, Operation, Tensor};
pub(crate) use variable::KeptVariable;
pub use variable::Variable;

pub(crate) use names::nearest;
use names::{Lookup, Names};
use scope::Scopes;

/// Which node of its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Its place in the order in which nodes were made.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One output of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// The node.
    pub node: NodeId,
    /// Which of its outputs.
    pub output: u32,
}

/// An op at its place in a graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in the graph: `layer1/MatMul`.
    pub name: Arc<str>,
    /// What it computes.
    pub op: Arc<dyn Op>,
    /// Where its inputs come from.
    pub inputs: SmallVec<[Edge; 3]>,
    /// Nodes that run before it without giving it anything.
    pub control_inputs: SmallVec<[NodeId; 1]>,
    /// TensorFlow's device text; kept, not obeyed.
    pub device: Option<Arc<str>>,
    /// What is known of each output; `None` after an error, when nothing is.
    pub outputs: Option<Facts>,
    /// The line of the user's program that made it.
    pub line: Option<Line>,
    /// Its place in a file of the whole graph: nodes keep the order of the file they came from.
    pub(crate) place: u32,
    /// The NodeDef it was imported from, byte for byte. Who gives a node another op must clear it.
    pub(crate) record: Option<prost::bytes::Bytes>,
    /// Where it is a copy, in a function that was made from another: under which number a session keeps what it keeps for the
    /// original, so that a random op goes on with its stream and a variable is the same.
    pub(crate) kept_under: Option<NodeId>,
}

impl Node {
    /// What is known of output `output`.
    pub fn fact(&self, output: u32) -> Option<&Fact> {
        self.outputs.as_ref()?.get(output as usize)
    }
}

pub(crate) struct Contents {
    pub(crate) nodes: Vec<Node>,
    pub(crate) names: Names,
    lookup: Lookup,
    pub(crate) scopes: Scopes,
    pub(crate) collections: Vec<Collection>,
    pub(crate) variables: Vec<KeptVariable>,
    /// What a MetaGraphDef said beside the graph.
    pub(crate) meta: MetaHeader,
    pub(crate) seed: Option<i64>,
    pub(crate) header: Header,
    /// What calls, conditionals and loops call.
    pub(crate) functions: Functions,
    /// The functions that are being differentiated, where this is a body made for that.
    pub(crate) body_of: Vec<String>,
    /// Nodes that differentiation added to what is differentiated, so that it records what its gradient needs.
    pub(crate) recorded: BTreeSet<NodeId>,
    /// Where this is a body made for that: what loops in it may begin with that its gradient adds to them.
    pub(crate) provision: Option<Provision>,
    /// What a session adds to the numbers of this graph's nodes: functions' bodies have numbers of their own.
    pub(crate) base: u32,
    /// What was told of nodes beyond their ops.
    pub(crate) told: Told,
    /// Whether some variable has a shape that only a run shows.
    open_variables: bool,
    /// Whether an op was imported, here or in a function, that can only be kept.
    foreign: bool,
    error: Option<(Error, NodeId)>,
}

struct Shared {
    contents: RwLock<Contents>,
}

/// A dataflow graph. Cloning gives another handle to the same graph.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(3)], "x");
/// let w = tf.constant(array![[1.0], [2.0], [3.0]]);
/// let y = x.matmul(&w);
/// assert_eq!(y.shape().to_string(), "[?, 1]");
///
/// let wrong = y.matmul(&w); // [?, 1] · [3, 1]
/// let error = tf.check().unwrap_err().to_string();
/// assert!(error.contains("inner sizes differ: 1 and 3"), "{error}");
/// ```
#[derive(Clone)]
pub struct Graph(Arc<Shared>);

impl Default for Graph {
    fn default() -> Graph {
        Graph::new()
    }
}

impl Graph {
    /// A graph with nothing in it.
    pub fn new() -> Graph {
        let contents = Contents {
            nodes: Vec::new(),
            names: Names::default(),
            lookup: Lookup::default(),
            scopes: Scopes::default(),
            collections: Vec::new(),
            variables: Vec::new(),
            meta: MetaHeader::default(),
            seed: None,
            header: Header::default(),
            functions: Functions::default(),
            body_of: Vec::new(),
            recorded: BTreeSet::new(),
            provision: None,
            base: 0,
            told: Told::default(),
            open_variables: false,
            foreign: false,
            error: None,
        };
        Graph(Arc::new(Shared { contents: RwLock::new(contents) }))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Contents> {
        // A panic while the lock was held can only come from an op's code; the arena itself is never left half-written.
        self.0.contents.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Contents> {
        self.0.contents.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Adds a node and gives its first output. This is what every op's own function calls.
    ///
    /// `name` is made unique under the current name scope; without one the op's type is taken.
    #[track_caller]
    pub fn add<O: Op>(&self, op: O, inputs: &[&Tensor]) -> Tensor {
        self.add_operation(Arc::new(op), inputs, None, Some(std::panic::Location::caller().into())).output(0)
    }

    /// As [`add`](Graph::add), with a name.
    #[track_caller]
    pub fn add_named<O: Op>(&self, op: O, inputs: &[&Tensor], name: &str) -> Tensor {
        self.add_operation(Arc::new(op), inputs, Some(name), Some(std::panic::Location::caller().into()))
            .output(0)
    }

    /// As [`add`](Graph::add), for an op of which more than the first output, or none, is wanted.
    #[track_caller]
    pub fn add_op<O: Op>(&self, op: O, inputs: &[&Tensor], name: Option<&str>) -> Operation {
        self.add_operation(Arc::new(op), inputs, name, Some(std::panic::Location::caller().into()))
    }

    /// Adds a node for an op whose type is known only at run time, made by `line` of the user's program.
    pub fn add_operation(
        &self,
        op: Arc<dyn Op>,
        inputs: &[&Tensor],
        name: Option<&str>,
        line: Option<Line>,
    ) -> Operation {
        let stranger = inputs.iter().position(|tensor| !tensor.graph().is(self));
        let mut contents = self.write();
        let name = contents.unique_name(name.unwrap_or(op.name()));
        let mut node = Node {
            name,
            op,
            inputs: inputs.iter().map(|tensor| tensor.edge()).collect(),
            control_inputs: contents.scopes.control_inputs(),
            device: contents.scopes.device(),
            outputs: None,
            line,
            place: contents.nodes.len() as u32,
            record: None,
            kept_under: None,
        };
        node.control_inputs.retain(|control| node.inputs.iter().all(|input| input.node != *control));
        let id = match stranger {
            None => contents.add(node),
            Some(input) => {
                node.inputs.clear();
                let name = inputs[input].name();
                let error = Error::invalid(format!("input {input}, \"{name}\", belongs to another graph"));
                contents.refuse(node, error)
            }
        };
        drop(contents);
        Operation::new(self.clone(), id)
    }

    /// Adds a node as it is, but for a name of its own, its place and its facts.
    pub(crate) fn add_node(&self, node: Node) -> NodeId {
        let mut contents = self.write();
        let (name, place) = (contents.unique_name(&node.name), contents.nodes.len() as u32);
        contents.add(Node { name, place, ..node })
    }

    /// Leads a NextIteration back to a Merge that has one input fewer than it is to have.
    pub(crate) fn lead_back(&self, merge: &Tensor, next: &Tensor) {
        if let Some(node) = self.write().nodes.get_mut(merge.edge().node.index()) {
            node.inputs.push(next.edge());
        }
    }

    /// Gives a node another op, which computes what it computed and perhaps more, from its inputs and perhaps `more`. `shapes` are
    /// those of further outputs. What is known of the shapes of those that it had stays known.
    ///
    /// # Errors
    /// When the op does not fit. The node is then as it was.
    pub(crate) fn extend(
        &self,
        id: NodeId,
        op: Arc<dyn Op>,
        more: &[Edge],
        shapes: &[PartialShape],
    ) -> Result<()> {
        let mut contents = self.write();
        let mut node = contents.nodes[id.index()].clone();
        let known =
            node.outputs.iter().flatten().map(|fact| fact.shape.clone()).chain(shapes.iter().cloned());
        let known: Vec<PartialShape> = known.collect();
        let before = contents.told.tell(id, &known);
        node.op = op;
        node.inputs.extend(more.iter().copied());
        node.record = None;
        match contents.infer(id, &node) {
            Err(Some(error)) => {
                contents.told.tell_again(id, before);
                return Err(error.at(|| contents.describe(&node)));
            }
            inferred => node.outputs = inferred.ok(),
        }
        if let Some(facts) = &node.outputs {
            contents.note_open_variables(&node, facts);
        }
        contents.nodes[id.index()] = node;
        Ok(())
    }

    /// Notes that the nodes from number `from` on record what a gradient needs.
    pub(crate) fn record(&self, from: usize) {
        let mut contents = self.write();
        let until = contents.nodes.len();
        contents.recorded.extend((from..until).map(|id| NodeId(id as u32)));
    }

    /// Whether both are handles to the same graph.
    pub fn is(&self, other: &Graph) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.read().nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of a node: its name, op, inputs and facts.
    pub fn node(&self, id: NodeId) -> Option<Node> {
        self.read().nodes.get(id.index()).cloned()
    }

    /// All operations, in the order in which they were made.
    pub fn operations(&self) -> Vec<Operation> {
        (0..self.len() as u32).map(|id| Operation::new(self.clone(), NodeId(id))).collect()
    }

    /// All operations, in the order of the file that they came from.
    pub(crate) fn operations_in_file_order(&self) -> Vec<Operation> {
        let contents = self.read();
        let mut ids: Vec<usize> = (0..contents.nodes.len()).collect();
        ids.sort_by_key(|&id| contents.nodes[id].place);
        ids.into_iter().map(|id| Operation::new(self.clone(), NodeId(id as u32))).collect()
    }

    /// The operation called `name`.
    ///
    /// # Errors
    /// NotFound, with the nearest names, when there is none.
    pub fn operation(&self, name: &str) -> Result<Operation> {
        let contents = self.read();
        match contents.lookup.find(&contents.nodes, name) {
            Some(id) => Ok(Operation::new(self.clone(), NodeId(id as u32))),
            None => {
                let names = contents.nodes.iter().map(|node| &*node.name);
                let error =
                    Error::new(Code::NotFound, format!("the graph has no operation called \"{name}\""));
                Err(match nearest(name, names) {
                    Some(near) => error.hint(format!("there is one called \"{near}\"")),
                    None => error,
                })
            }
        }
    }

    /// The tensor called `name`: `logits:0`, or `logits` for output 0.
    ///
    /// # Errors
    /// NotFound, when there is no such operation or it has no such output.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let (operation, output) = match name.rsplit_once(':') {
            Some((operation, output)) => (operation, output.parse().ok()),
            None => (name, Some(0)),
        };
        let found = self.operation(operation)?;
        // Of an op that is not there, or of what is computed from one, nobody knows how many there are; a run says why.
        let unknown = self.node(found.id()).is_some_and(|node| node.outputs.is_none());
        let outputs = found.outputs();
        match output.filter(|&output: &usize| unknown || output < outputs) {
            Some(output) => Ok(found.output(output)),
            None => Err(Error::new(
                Code::NotFound,
                format!("there is no tensor \"{name}\": operation \"{operation}\" has {outputs} outputs"),
            )),
        }
    }

    /// The first error made while building.
    ///
    /// # Errors
    /// That error.
    pub fn check(&self) -> Result<()> {
        match &self.read().error {
            Some((error, _)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Takes the first error out of the graph, with the node that made it and all that were made after it (their
    /// handles are dead), so that building can go on.
    pub fn take_error(&self) -> Option<Error> {
        let mut contents = self.write();
        let (error, id) = contents.error.take()?;
        while contents.nodes.len() > id.index() {
            let node = contents.nodes.pop()?;
            contents.names.forget(&node.name);
        }
        contents.variables.retain(|kept| kept.reference.node < id);
        for collection in &mut contents.collections {
            collection.members.retain(|member| member.node() < id);
        }
        contents.meta.forget_from(id);
        contents.told.forget_from(id);
        contents.recorded.retain(|recorded| *recorded < id);
        Some(error)
    }

    /// Records an error that no op found, unless there is one already.
    #[track_caller]
    pub(crate) fn fail(&self, error: Error) -> Tensor {
        self.add(crate::ops::source::Invalid(error), &[])
    }

    /// Sets the seed from which, with each op's own, random ops draw (`tf.set_random_seed`). Affects ops made later.
    pub fn set_random_seed(&self, seed: i64) {
        self.write().seed = Some(seed);
    }

    /// The seeds a random op is to have, by TensorFlow 1's rule: the graph's and the op's; where only the graph's is
    /// given the op's is the number of nodes made so far, where only the op's is given the graph's is 87654321, and
    /// where neither is, (0, 0) asks the session for one that nobody can foresee.
    pub fn seeds(&self, op_seed: Option<i64>) -> (i64, i64) {
        let contents = self.read();
        match (contents.seed, op_seed) {
            (None, None) => (0, 0),
            (None, Some(op)) => (87_654_321, op),
            (Some(graph), None) => (graph, contents.nodes.len() as i64),
            // (0, 0) would mean "no seed".
            (Some(0), Some(0)) => (0, i64::from(i32::MAX)),
            (Some(graph), Some(op)) => (graph, op),
        }
    }
}

impl Contents {
    /// Adds a node, with what follows of its inputs.
    fn add(&mut self, mut node: Node) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        match self.infer(id, &node) {
            Ok(facts) => {
                self.note_open_variables(&node, &facts);
                node.outputs = Some(facts);
            }
            Err(None) => {} // An input is unknown because of an earlier error, which stands.
            Err(Some(error)) => return self.refuse(node, error),
        }
        self.nodes.push(node);
        id
    }

    /// Adds a node of which nothing is known, because of this error.
    fn refuse(&mut self, node: Node, error: Error) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let error = error.at(|| self.describe(&node));
        self.error.get_or_insert((error, id));
        self.nodes.push(node);
        id
    }

    /// The first error made while building.
    pub(crate) fn first_error(&self) -> Option<&Error> {
        self.error.as_ref().map(|(error, _)| error)
    }

    /// Notes that a variable has a shape that only a run shows, where a node says so: it leaves it open, or gives a variable
    /// another than it was made with.
    pub(crate) fn note_open_variables(&mut self, node: &Node, facts: &Facts) {
        let open = |fact: &Fact| fact.reference && fact.shape.known().is_none();
        let shape = |input: usize| {
            let edge = node.inputs.get(input)?;
            self.nodes.get(edge.node.index())?.fact(edge.output)?.shape.known()
        };
        let changes = || node.op.effects().reshapes && shape(0) != shape(1);
        self.open_variables |= facts.iter().any(open) || changes();
    }

    /// Whether some variable's shape is left open.
    pub(crate) fn has_open_variables(&self) -> bool {
        self.open_variables
    }

    /// Whether some op, here or in a function, can only be kept.
    pub(crate) fn has_foreign(&self) -> bool {
        self.foreign
    }

    /// Notes that some op, here or in a function, can only be kept.
    pub(crate) fn note_foreign(&mut self) {
        self.foreign = true;
    }

    /// TensorFlow's name of a tensor: `MatMul:0`.
    pub(crate) fn tensor_name(&self, edge: Edge) -> String {
        format!("{}:{}", self.nodes[edge.node.index()].name, edge.output)
    }

    /// The number by which a session knows node `id` of this graph.
    pub(crate) fn global(&self, id: NodeId) -> NodeId {
        NodeId(self.base + id.0)
    }

    /// The number under which a session keeps what it keeps for node `id` of this graph.
    pub(crate) fn kept_under(&self, id: NodeId) -> NodeId {
        self.nodes[id.index()].kept_under.unwrap_or_else(|| self.global(id))
    }

    /// The node of this graph that a session knows by this number, or for which it keeps something under it.
    pub(crate) fn local(&self, id: NodeId) -> Option<&Node> {
        let own = id.0.checked_sub(self.base).and_then(|index| self.nodes.get(index as usize));
        own.or_else(|| self.nodes.iter().find(|node| node.kept_under == Some(id)))
    }

    /// What is known of the outputs of the node that is, or will be, number `id`; `Err(None)` when an input is itself
    /// unknown. What comes back from a later node, the turn before of a loop, does not count.
    pub(crate) fn infer(&self, id: NodeId, node: &Node) -> std::result::Result<Facts, Option<Error>> {
        let forward = node.inputs.iter().filter(|edge| edge.node < id);
        let inputs: Option<SmallVec<[&Fact; 4]>> =
            forward.map(|edge| self.nodes[edge.node.index()].fact(edge.output)).collect();
        let inputs = inputs.ok_or(None)?;
        let facts = node.op.infer(&inputs);
        let facts = facts.or_else(|reason| foreseen::of_a_file(node, &inputs).ok_or(reason));
        let facts = facts.and_then(|facts| Fact::all_possible(self.told.with_shapes(id, facts)?));
        let facts = facts.map_err(|reason| Some(Error::from(reason)))?;
        Ok(crate::run::known_values(&*node.op, &inputs, facts))
    }

    /// The node as an error names it.
    pub(crate) fn describe(&self, node: &Node) -> AtNode {
        let input = |edge: &Edge| {
            // A node that a loop leads back to itself may not be there yet.
            let source = self.nodes.get(edge.node.index()).unwrap_or(node);
            let fact = source.fact(edge.output).map_or("unknown".to_string(), Fact::to_string);
            format!("\"{}:{}\" {fact}", source.name, edge.output)
        };
        AtNode {
            name: node.name.to_string(),
            op: node.op.name().to_string(),
            inputs: node.inputs.iter().map(input).collect(),
            location: node.line.clone(),
        }
    }

    /// `name` under the current scope, made unique. A name that ends in a slash is that of a scope, for the node that is
    /// its result, as in TensorFlow: `w` for what `w/…` compute.
    pub(crate) fn unique_name(&mut self, name: &str) -> Arc<str> {
        if let Some(scope) = name.strip_suffix('/')
            && self.nodes.iter().all(|node| &*node.name != scope)
        {
            return scope.into();
        }
        let Contents { names, scopes, .. } = self;
        names.unique(scopes.prefix(), name)
    }

    /// Re-derives every fact and compares.
    pub(crate) fn verify(&self) -> Result<()> {
        for (id, node) in self.nodes.iter().enumerate() {
            let later = |other: NodeId| other.index() >= id;
            let back = |edge: &Edge| self.nodes[edge.node.index()].op.name().ends_with("NextIteration");
            if node.inputs.iter().any(|edge| later(edge.node) && !back(edge))
                || node.control_inputs.iter().any(|&c| later(c))
            {
                return Err(Error::new(Code::Internal, "a node comes before what it needs")
                    .at(|| self.describe(node)));
            }
            match (self.infer(NodeId(id as u32), node), &node.outputs) {
                (Ok(derived), Some(kept)) if derived == *kept => {}
                (Err(None), None) => {}
                (Err(Some(_)), None) => {}
                (derived, kept) => {
                    return Err(Error::new(
                        Code::Internal,
                        format!("the facts kept are {kept:?} and those derived {derived:?}"),
                    )
                    .at(|| self.describe(node)));
                }
            }
        }
        Ok(())
    }
}

impl Graph {
    /// Derives every fact of the graph anew and compares it with the one that is kept.
    ///
    /// # Errors
    /// Internal, naming the first node where they differ: a mistake in tenseur, not in the graph.
    pub fn verify(&self) -> Result<()> {
        self.read().verify()
    }

    /// The shape of `like`, whatever that turns out to be, filled with `value`.
    #[track_caller]
    pub(crate) fn filled_like(&self, like: &Tensor, value: f64) -> Tensor {
        match (like.shape().known(), like.dtype()) {
            (Some(shape), Some(dtype)) => self.full_of(dtype, shape, value),
            _ => like.filled_like(value),
        }
    }

    /// A constant of the same dtype as `like`, for a number written in an expression (`x + 1.0`).
    #[track_caller]
    pub(crate) fn constant_like(&self, value: f64, like: &Tensor) -> Tensor {
        let dtype = like.dtype_or(DType::Float32);
        match Array::scalar_of(dtype, value) {
            // A number that the type does not have would become another one unseen.
            Ok(array) if dtype.is_integer() && array.to_f64().is_ok_and(|kept| kept != [value]) => self
                .fail(Error::invalid(format!("{value} stands beside a tensor of {dtype} and is no {dtype}"))),
            Ok(array) => self.constant(array),
            Err(error) => self.fail(error),
        }
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({} nodes)", self.len())
    }
}
