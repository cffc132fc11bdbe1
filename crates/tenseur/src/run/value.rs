//! What flows between the nodes of a run: arrays, references to variables, and what a run keeps beside them.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;

use crate::error::Reason;
use crate::graph::NodeId;
use crate::session::Cancellation;
use crate::value::{Array, DType, PartialShape};

/// What flows along an edge.
#[derive(Clone, Debug)]
pub enum Value {
    /// Numbers, truth values or strings.
    Array(Array),
    /// A variable of the session: a reference, or a resource's handle.
    Reference(NodeId),
    /// A tensor array or a stack of this run, by its number.
    Object(usize),
    /// A list (TensorFlow's TensorList), or an optional value as a list of at most one element. It never changes: what
    /// is pushed makes another list.
    List(Arc<List>),
    /// What the session keeps between runs beside variables: a table, what a sampler has learned.
    Kept(Kept),
}

/// Something that a session keeps between runs beside variables.
pub type Kept = Arc<dyn Any + Send + Sync>;

impl Value {
    /// The array.
    ///
    /// # Errors
    /// When it is something else.
    pub fn array(&self) -> Result<&Array, Reason> {
        match self {
            Value::Array(array) => Ok(array),
            other => Err(format!("it takes an array here and got {}", other.kind()).into()),
        }
    }

    /// The number of the tensor array or stack.
    ///
    /// # Errors
    /// When it is something else.
    pub fn object(&self) -> Result<usize, Reason> {
        match self {
            Value::Object(number) => Ok(*number),
            other => Err(format!("it takes a handle of this run here and got {}", other.kind()).into()),
        }
    }

    /// The list.
    ///
    /// # Errors
    /// When it is something else.
    pub fn list(&self) -> Result<&Arc<List>, Reason> {
        match self {
            Value::List(list) => Ok(list),
            other => Err(format!("it takes a list here and got {}", other.kind()).into()),
        }
    }

    /// What the session keeps, if it is a `T`; `what` names one.
    ///
    /// # Errors
    /// When it is something else.
    pub fn kept<T: Any + Send + Sync>(&self, what: &str) -> Result<&T, Reason> {
        match self {
            Value::Kept(kept) => match (**kept).downcast_ref() {
                Some(kept) => Ok(kept),
                None => Err(format!("its handle is not that of {what}").into()),
            },
            other => Err(format!("it takes the handle of {what} here and got {}", other.kind()).into()),
        }
    }

    /// The list, taken out: what is left is an empty one.
    ///
    /// # Errors
    /// When it is something else.
    pub fn take_list(&mut self) -> Result<Arc<List>, Reason> {
        match self {
            Value::List(list) => {
                let (dtype, shape) = (list.dtype, PartialShape::unknown());
                let none = List { dtype, shape, elements: Vec::new(), most: None };
                Ok(std::mem::replace(list, Arc::new(none)))
            }
            other => Err(format!("it takes a list here and got {}", other.kind()).into()),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Array(_) => "an array",
            Value::Reference(_) => "a variable",
            Value::Object(_) => "a tensor array or stack",
            Value::List(_) => "a list",
            Value::Kept(_) => "a handle of the session",
        }
    }
}

/// A list of values.
#[derive(Clone, Debug)]
pub struct List {
    /// The type of its elements.
    pub dtype: DType,
    /// What is known of their shape.
    pub shape: PartialShape,
    /// Its elements; `None` where none has been set.
    pub elements: Vec<Option<Value>>,
    /// How many elements it may have, pushed one after the other; any number, where it is not said.
    pub most: Option<usize>,
}

/// A list may hold a list, which holds another, and so on: they are let go one after the other, not one within the other.
impl Drop for List {
    fn drop(&mut self) {
        let mut open = std::mem::take(&mut self.elements);
        while let Some(element) = open.pop() {
            if let Some(Value::List(inner)) = element
                && let Some(mut inner) = Arc::into_inner(inner)
            {
                open.append(&mut inner.elements);
            }
        }
    }
}

/// What a session keeps beside variables, by the name under which it is shared, or else by the node whose it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    kept: Arc<Mutex<HashMap<ResourceName, Kept>>>,
    runs: Arc<AtomicUsize>,
}

/// A run under way, while it is counted.
#[derive(Debug, Default)]
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ResourceName {
    Shared(String),
    OfNode(Option<NodeId>),
    /// Of a kind, by the name of a node that does not say another.
    OfKind(&'static str, Arc<str>),
}

/// The tensor arrays and stacks of a run, and what its session keeps.
#[derive(Debug)]
pub struct Objects {
    kept: Vec<Object>,
    resources: Resources,
    under_way: UnderWay,
    cancellation: Cancellation,
    /// The node that is run, and its name.
    node: Option<NodeId>,
    name: Arc<str>,
}

/// A tensor array or a stack.
#[derive(Clone, Debug)]
pub enum Object {
    /// TensorFlow's TensorArray.
    TensorArray(TensorArray),
    /// What was pushed, and how many values there may be.
    Stack(Vec<Value>, Option<usize>),
}

/// An array of arrays, each written once (or summed, for gradients).
#[derive(Clone, Debug)]
pub struct TensorArray {
    /// The type of its elements.
    pub dtype: DType,
    /// What is known of their shape.
    pub shape: PartialShape,
    /// Its elements; `None` where none has been written.
    pub elements: Vec<Option<Array>>,
    /// Whether a write beyond its end makes it longer.
    pub dynamic: bool,
    /// Whether all elements must have one shape.
    pub identical: bool,
    /// Whether writing twice adds up: it is the gradient of another.
    pub sums: bool,
    /// Its gradients, by the name of what is differentiated.
    pub gradients: Vec<(String, usize)>,
}

impl Objects {
    /// Nothing yet, in a run of the session that keeps these.
    pub(crate) fn new(resources: Resources, cancellation: &Cancellation) -> Objects {
        resources.runs.fetch_add(1, Ordering::Relaxed);
        let under_way = UnderWay(resources.runs.clone());
        let cancellation = cancellation.clone();
        Objects { kept: Vec::new(), resources, under_way, cancellation, node: None, name: "".into() }
    }

    /// Whether no other run of the session is under way, that could bring what this one waits for.
    pub fn is_alone(&self) -> bool {
        self.under_way.0.load(Ordering::Relaxed) <= 1
    }

    /// Whether the run is to end.
    ///
    /// # Errors
    /// Cancelled, if so.
    pub fn check_cancelled(&self) -> Result<(), Reason> {
        Ok(self.cancellation.check()?)
    }

    /// Says which node is run next, and what it is called.
    pub(crate) fn begin(&mut self, node: NodeId, name: &Arc<str>) {
        self.node = Some(node);
        self.name = name.clone();
    }

    /// What the session keeps under a name, or for the node that is run where the name is empty; made where there is nothing.
    pub fn of_session<T: Any + Send + Sync>(
        &mut self,
        name: &str,
        make: impl FnOnce() -> Result<T, Reason>,
    ) -> Result<Kept, Reason> {
        let name = match name {
            "" => ResourceName::OfNode(self.node),
            name => ResourceName::Shared(name.to_string()),
        };
        self.found(name, make)
    }

    /// As [`of_session`](Objects::of_session), of what several nodes find without a handle: those of a `kind` that share a name,
    /// which is the node's own where none is given.
    pub fn of_kind<T: Any + Send + Sync>(
        &mut self,
        kind: &'static str,
        name: &str,
        make: impl FnOnce() -> Result<T, Reason>,
    ) -> Result<Kept, Reason> {
        let name = if name.is_empty() { self.name.clone() } else { name.into() };
        self.found(ResourceName::OfKind(kind, name), make)
    }

    fn found<T: Any + Send + Sync>(
        &self,
        name: ResourceName,
        make: impl FnOnce() -> Result<T, Reason>,
    ) -> Result<Kept, Reason> {
        let mut resources = self.resources.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = resources.get(&name) {
            return Ok(kept.clone());
        }
        let kept: Kept = Arc::new(make()?);
        resources.insert(name, kept.clone());
        Ok(kept)
    }

    /// Keeps an object and gives its number.
    pub fn keep(&mut self, object: Object) -> usize {
        self.kept.push(object);
        self.kept.len() - 1
    }

    /// The tensor array of this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn tensor_array(&mut self, number: usize) -> Result<&mut TensorArray, Reason> {
        match self.kept.get_mut(number) {
            Some(Object::TensorArray(array)) => Ok(array),
            _ => Err("its handle is not that of a tensor array".into()),
        }
    }

    /// The stack of this number.
    ///
    /// # Errors
    /// When there is none.
    pub fn stack(&mut self, number: usize) -> Result<&mut Vec<Value>, Reason> {
        self.bounded_stack(number).map(|(stack, _)| stack)
    }

    /// The stack of this number, and how many values it may have.
    ///
    /// # Errors
    /// When there is none.
    pub fn bounded_stack(&mut self, number: usize) -> Result<(&mut Vec<Value>, Option<usize>), Reason> {
        match self.kept.get_mut(number) {
            Some(Object::Stack(stack, most)) => Ok((stack, *most)),
            _ => Err("its handle is not that of a stack".into()),
        }
    }
}
