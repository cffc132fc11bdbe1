//! Sessions: they keep the variables and run parts of a graph.

use std::sync::RwLock;

use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Result};
use crate::graph::{Edge, Graph, NodeId, Operation, Tensor, Variable};
use crate::run::reference::{self, Request, State};
use crate::value::Array;

/// Values for a run: each replaces what its tensor would be. Made with [`feeds!`](crate::feeds).
#[derive(Clone, Debug, Default)]
pub struct Feeds(Vec<(Tensor, Array)>);

impl Feeds {
    /// None.
    pub fn new() -> Feeds {
        Feeds::default()
    }

    /// These and `value` for `tensor`.
    #[must_use]
    pub fn with(mut self, tensor: impl AsRef<Tensor>, value: impl Into<Array>) -> Feeds {
        self.0.push((tensor.as_ref().clone(), value.into()));
        self
    }
}

impl From<&Array> for Array {
    fn from(array: &Array) -> Array {
        array.clone()
    }
}

/// What a run is fed: `feeds![x => &images, keep_prob => 0.5]`. A value is an array, a reference to one, or a number.
#[macro_export]
macro_rules! feeds {
    ($($tensor:expr => $value:expr),* $(,)?) => {
        $crate::Feeds::new()$(.with(&$tensor, $value))*
    };
}

/// What a run can be asked for: a tensor or a variable (gives an [`Array`]), an operation (gives nothing), tuples and
/// slices of those.
pub trait Fetch {
    /// What comes back.
    type Output;

    /// Appends what is asked for.
    fn ask(&self, wanted: &mut Wanted);

    /// Takes what came, in the order in which it was asked for.
    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Self::Output;
}

/// What a run is asked for, collected from a [`Fetch`].
#[derive(Debug, Default)]
pub struct Wanted {
    fetches: Vec<Tensor>,
    targets: Vec<Operation>,
}

impl Fetch for &Tensor {
    type Output = Array;

    fn ask(&self, wanted: &mut Wanted) {
        wanted.fetches.push((*self).clone());
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Array {
        results.next().expect("a run gives one array for each tensor it was asked for")
    }
}

impl Fetch for &Variable {
    type Output = Array;

    fn ask(&self, wanted: &mut Wanted) {
        wanted.fetches.push(self.reference().clone());
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Array {
        self.reference().take(results)
    }
}

impl Fetch for &Operation {
    type Output = ();

    fn ask(&self, wanted: &mut Wanted) {
        wanted.targets.push((*self).clone());
    }

    fn take(&self, _: &mut std::vec::IntoIter<Array>) {}
}

impl<F> Fetch for &[F]
where
    for<'a> &'a F: Fetch<Output = Array>,
{
    type Output = Vec<Array>;

    fn ask(&self, wanted: &mut Wanted) {
        self.iter().for_each(|fetch| fetch.ask(wanted));
    }

    fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Vec<Array> {
        self.iter().map(|fetch| fetch.take(results)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => { $(
        impl<$($name: Fetch),*> Fetch for ($($name,)*) {
            type Output = ($($name::Output,)*);

            fn ask(&self, wanted: &mut Wanted) {
                $(self.$index.ask(wanted);)*
            }

            fn take(&self, results: &mut std::vec::IntoIter<Array>) -> Self::Output {
                ($(self.$index.take(results),)*)
            }
        }
    )* };
}
tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}

/// Runs parts of a graph and keeps its variables from run to run. May be shared between threads.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let count = tf.variable_untrained(0, "count");
/// let increment = count.assign(&count + 1);
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// sess.run_op(&increment, feeds![])?;
/// assert_eq!(sess.run(&count, feeds![])?, 1.into());
/// # Ok::<(), tenseur::Error>(())
/// ```
pub struct Session {
    graph: Graph,
    state: RwLock<State>,
    threads: usize,
}

impl Session {
    /// A session on `graph`, whose variables hold nothing yet. The graph may still grow.
    ///
    /// # Errors
    /// The first error that was made while building the graph.
    pub fn new(graph: &Graph) -> Result<Session> {
        graph.check()?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Session { graph: graph.clone(), state: RwLock::default(), threads })
    }

    /// The same session, using at most `threads` threads. What it computes does not depend on how many.
    #[must_use]
    pub fn threads(self, threads: usize) -> Session {
        Session { threads: threads.max(1), ..self }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Computes what `fetch` asks for, with `feeds` in place of what their tensors would be.
    ///
    /// # Errors
    /// The graph's first error; a feed or fetch that does not fit; a placeholder that is needed and not fed; an
    /// uninitialized variable; and what an op finds impossible. Every variable is then as it was.
    pub fn run<F: Fetch>(&self, fetch: F, feeds: Feeds) -> Result<F::Output> {
        let mut wanted = Wanted::default();
        fetch.ask(&mut wanted);
        let results = self.run_wanted(&wanted, &feeds)?;
        Ok(fetch.take(&mut results.into_iter()))
    }

    /// Runs an operation for its effect.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn run_op(&self, operation: &Operation, feeds: Feeds) -> Result<()> {
        self.run(operation, feeds)
    }

    fn run_wanted(&self, wanted: &Wanted, feeds: &Feeds) -> Result<Vec<Array>> {
        let contents = self.graph.read();
        if let Some(error) = contents.first_error() {
            return Err(error.clone());
        }
        let own = |graph: &Graph, name: &dyn Fn() -> String| match graph.is(&self.graph) {
            true => Ok(()),
            false => {
                Err(Error::invalid(format!("\"{}\" belongs to another graph than this session's", name())))
            }
        };
        for tensor in &wanted.fetches {
            own(tensor.graph(), &|| tensor.name())?;
        }
        for operation in &wanted.targets {
            own(operation.graph(), &|| operation.name().to_string())?;
        }
        let mut fed: Vec<(Edge, Array)> = Vec::with_capacity(feeds.0.len());
        for (tensor, value) in &feeds.0 {
            own(tensor.graph(), &|| tensor.name())?;
            contents.check_feed(tensor.edge(), value)?;
            if fed.iter().any(|(edge, _)| *edge == tensor.edge()) {
                return Err(Error::invalid(format!(
                    "\"{}\" is fed twice",
                    contents.tensor_name(tensor.edge())
                )));
            }
            fed.push((tensor.edge(), value.clone()));
        }
        let fetches: SmallVec<[Edge; 4]> = wanted.fetches.iter().map(Tensor::edge).collect();
        let targets: SmallVec<[NodeId; 4]> = wanted.targets.iter().map(Operation::id).collect();
        let request = Request { fetches: &fetches, targets: &targets, feeds: &fed };
        let mut state = self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        reference::run(
            &contents,
            &request,
            &mut state,
            &Context { threads: self.threads },
            &mut |_, _| Ok(()),
        )
    }
}

impl crate::graph::Contents {
    /// Whether `value` may stand in for the tensor.
    fn check_feed(&self, edge: Edge, value: &Array) -> Result<()> {
        let node = &self.nodes[edge.node.index()];
        let Some(fact) = node.fact(edge.output) else {
            return Err(Error::new(
                Code::NotFound,
                format!("\"{}\" has no output {}", node.name, edge.output),
            ));
        };
        let name = self.tensor_name(edge);
        if fact.dtype != value.dtype() {
            return Err(Error::invalid(format!(
                "\"{name}\" is of {} and was fed an array of {}",
                fact.dtype,
                value.dtype()
            ))
            .at(|| self.describe(node)));
        }
        if !fact.shape.accepts(value.shape()) {
            return Err(Error::invalid(format!(
                "\"{name}\" has shape {} and was fed an array of shape {}",
                fact.shape,
                value.shape()
            ))
            .at(|| self.describe(node)));
        }
        Ok(())
    }
}
