//! Sessions: they keep the variables and run parts of a graph.

mod cache;
mod cancellation;
mod checkpoint;
mod explain;
mod fed;
mod fetch;
mod prepared;
mod profile;
mod saved;

use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use smallvec::SmallVec;
use tenseur_kernels::Context;

use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Edge, Graph, NodeId, Operation, Tensor, Variable};
use crate::run::islands::{self, Schedules};
use crate::run::planned::{self, Entry};
use crate::run::reference::{self, Request};
use crate::run::{State, Trace};
use crate::value::{Array, ArrayView, DType, Shape};

pub use crate::compile::{ExplainedInput, ExplainedStep, ExplainedValue, Explanation};
pub use cancellation::Cancellation;
pub use checkpoint::Restored;
pub use fetch::{Feeds, Fetch, Wanted};
pub use prepared::Prepared;
pub use profile::{Profile, ProfiledStep};
pub use tenseur_kernels::limits::Limits;

pub(crate) use checkpoint::{Fit, Kept, NOTE, Piece, kept};
pub(crate) use saved::Saved;

use cache::Cache;
use fed::{Asked, Fed};

/// Which executor a session uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Executor {
    /// Compiles each request to a plan, or to as many as it takes; what no plan can hold runs node by node between them.
    #[default]
    Planned,
    /// Runs node by node, without any rewriting: the yardstick for the other.
    Reference,
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
///
/// Cloning gives another handle to the same variables.
#[derive(Clone)]
pub struct Session {
    graph: Graph,
    shared: Arc<Shared>,
    executor: Executor,
    threads: usize,
    portable: bool,
    cancellation: Cancellation,
}

#[derive(Default)]
struct Shared {
    state: RwLock<State>,
    cache: Mutex<Cache>,
    schedules: Schedules,
}

impl Session {
    /// A session on `graph`, whose variables hold nothing yet. The graph may still grow.
    ///
    /// # Errors
    /// The first error that was made while building the graph.
    pub fn new(graph: &Graph) -> Result<Session> {
        graph.check()?;
        Ok(Session {
            graph: graph.clone(),
            shared: Arc::default(),
            executor: Executor::default(),
            cancellation: Cancellation::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            portable: false,
        })
    }

    /// The same session, using at most `threads` threads. What it computes does not depend on how many.
    #[must_use]
    pub fn threads(self, threads: usize) -> Session {
        Session { threads: threads.max(1), ..self }
    }

    /// The same session, whose numbers are the same bits on every processor, and in WebAssembly: no fused multiply-add, sums
    /// in a fixed order, one thread. It is meant for small networks; others lose much of their speed.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![0.1, 0.7, -2.5]).exp().reduce_sum(..);
    /// let sum: f32 = Session::new(&tf)?.portable().run(&y, feeds![])?.item()?;
    /// assert_eq!(sum.to_bits(), 0x404c_dd54);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[must_use]
    pub fn portable(self) -> Session {
        Session { portable: true, ..self }
    }

    /// The same session, using this executor.
    #[must_use]
    pub fn executor(self, executor: Executor) -> Session {
        Session { executor, ..self }
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
        self.run_with_views(fetch, feeds, &[])
    }

    /// As [`run`](Session::run); `views` are more feeds, which somebody else holds. A plan reads them where they lie, and
    /// nothing that comes back, or that the session keeps, shares their memory. They are copied where the request cannot
    /// be planned as a whole, and where their address is no multiple of 8.
    ///
    /// # Errors
    /// As [`run`](Session::run); and where the bytes of a view are not an array of its type and shape.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// use tenseur::{ArrayView, Shape};
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f64>([None], "x");
    /// let mine: Vec<f64> = vec![1.0, 2.0, 3.0];
    /// let shape = Shape::from([3]);
    /// let sess = Session::new(&tf)?;
    /// let sum = sess.run_with_views(&x.reduce_sum(..), feeds![], &[(&x, ArrayView::new(&shape, &mine)?)])?;
    /// assert_eq!(sum, Array::scalar(6.0f64));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn run_with_views<F: Fetch>(
        &self,
        fetch: F,
        feeds: Feeds,
        views: &[(&Tensor, ArrayView<'_>)],
    ) -> Result<F::Output> {
        let mut wanted = Wanted::default();
        fetch.ask(&mut wanted);
        let results = self.at_level(|| self.run_wanted(&wanted, &feeds, views, &mut None))?;
        Ok(fetch.take(&mut results.into_iter()))
    }

    /// Runs an operation for its effect.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn run_op(&self, operation: &Operation, feeds: Feeds) -> Result<()> {
        self.run(operation, feeds)
    }

    /// What every initialized variable holds, by its name.
    pub fn variables(&self) -> Vec<(String, Array)> {
        let contents = self.graph.read();
        let state = self.lock();
        let named = state.values().filter_map(|(node, value)| {
            let node = contents.local(node)?;
            let variable = node.fact(0).is_some_and(|fact| fact.reference);
            value.filter(|_| variable).map(|value| (node.name.to_string(), value.clone()))
        });
        named.collect()
    }

    /// Sets a variable to `value`, as running its assignment would.
    ///
    /// # Errors
    /// When type or shape do not fit, or the variable is of another graph.
    pub fn set_variable(&self, variable: &Variable, value: &Array) -> Result<()> {
        let contents = self.graph.read();
        self.own(variable.reference().graph(), &|| variable.name())?;
        contents.check_value(variable.reference().edge(), value.dtype(), value.shape(), "set to")?;
        self.lock_to_write().set(variable.operation().id(), Some(value.clone()));
        Ok(())
    }

    /// All that the session keeps between runs. It shares what it holds until one of the two is written.
    pub(crate) fn snapshot(&self) -> State {
        self.lock().clone()
    }

    /// Keeps again what it kept when the snapshot was taken, in the same cells.
    pub(crate) fn go_back(&self, snapshot: State) {
        let mut state = self.lock_to_write();
        for (node, value) in snapshot.values() {
            state.set(node, value.cloned());
        }
    }

    fn lock(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.shared.state.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn lock_to_write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.shared.state.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn own(&self, graph: &Graph, name: &dyn Fn() -> String) -> Result<()> {
        match graph.is(&self.graph) {
            true => Ok(()),
            false => {
                Err(Error::invalid(format!("\"{}\" belongs to another graph than this session's", name()))
                    .hint("a tensor can be used only with sessions of the graph it was made in"))
            }
        }
    }

    /// What is asked for, as edges and nodes of this session's graph.
    #[allow(clippy::type_complexity)] // Two lists, named where they are taken apart.
    fn resolve(&self, wanted: &Wanted) -> Result<(SmallVec<[Edge; 4]>, SmallVec<[NodeId; 4]>)> {
        for tensor in &wanted.fetches {
            self.own(tensor.graph(), &|| tensor.name())?;
        }
        for operation in &wanted.targets {
            self.own(operation.graph(), &|| operation.name().to_string())?;
        }
        let fetches = wanted.fetches.iter().map(Tensor::edge).collect();
        Ok((fetches, wanted.targets.iter().map(Operation::id).collect()))
    }

    /// What is fed, each value fit for its tensor.
    fn fed<'a>(
        &self,
        contents: &Contents,
        feeds: &Feeds,
        views: &[(&Tensor, ArrayView<'a>)],
    ) -> Result<SmallVec<[(Edge, Fed<'a>); 4]>> {
        let mut fed: SmallVec<[(Edge, Fed<'a>); 4]> = SmallVec::new();
        let arrays = feeds.0.iter().map(|(tensor, array)| (tensor, Ok(Fed::Array(array.clone()))));
        let views = views.iter().map(|(tensor, view)| (*tensor, Fed::of_view(*view)));
        for (tensor, value) in arrays.chain(views) {
            self.own(tensor.graph(), &|| tensor.name())?;
            let value = value?;
            contents.check_value(tensor.edge(), value.dtype(), value.shape(), "fed")?;
            if fed.iter().any(|(edge, _)| *edge == tensor.edge()) {
                return Err(Error::invalid(format!(
                    "\"{}\" is fed twice",
                    contents.tensor_name(tensor.edge())
                )));
            }
            fed.push((tensor.edge(), value));
        }
        Ok(fed)
    }

    /// Makes and runs kernels in `work`, of the kind that this session's numbers ask for.
    fn at_level<R>(&self, work: impl FnOnce() -> R) -> R {
        match self.portable {
            true => tenseur_kernels::at_level(tenseur_kernels::Level::Portable, work),
            false => work(),
        }
    }

    /// What kernels may use.
    fn context(&self) -> Context {
        // Only this thread's work is portable.
        Context { threads: if self.portable { 1 } else { self.threads } }
    }

    fn run_wanted(
        &self,
        wanted: &Wanted,
        feeds: &Feeds,
        views: &[(&Tensor, ArrayView<'_>)],
        trace: &mut Option<Trace>,
    ) -> Result<Vec<Array>> {
        let contents = self.graph.read();
        if let Some(error) = contents.first_error() {
            return Err(error.clone());
        }
        let (fetches, targets) = self.resolve(wanted)?;
        let fed = self.fed(&contents, feeds, views)?;
        self.cancellation.check()?;
        let context = self.context();
        let entry = match self.executor {
            Executor::Planned => {
                self.plan(&contents, &Asked { fetches: &fetches, targets: &targets, feeds: &fed })?
            }
            Executor::Reference => None,
        };
        let Some(entry) = entry else {
            drop(contents);
            let feeds = fed::arrays(&fed)?;
            let request = Request { fetches: &fetches, targets: &targets, feeds: &feeds };
            return self.run_unplanned(&request, &context, trace);
        };
        let bytes: SmallVec<[&[u8]; 4]> = fed.iter().map(|(_, fed)| fed.bytes()).collect::<Result<_>>()?;
        let mut memory = match entry.memory() {
            Some(memory) => memory,
            None => planned::Memory::new(&entry.plan, &mut self.lock_to_write())?,
        };
        let describe = |node: NodeId, error: Error| planned::describe(&contents, node, error);
        let (plan, state) = (&entry.plan, &self.shared.state);
        let mut timings = trace.as_ref().map(|trace| (trace.now(), Vec::with_capacity(plan.program.len())));
        let timed = timings.as_mut().map(|(_, timings)| timings);
        let outcome = planned::run_timed(plan, &mut memory, state, &context, &bytes, &describe, None, timed);
        let results = outcome.and_then(|()| memory.results(plan));
        entry.give_back(memory);
        drop(contents);
        if let (Some(trace), Some((began, timings))) = (trace, timings) {
            trace.plan(&self.graph, &entry.plan, began, &timings);
        }
        results.map_err(|error| match fed::arrays(&fed) {
            Ok(feeds) => {
                self.explained(&Request { fetches: &fetches, targets: &targets, feeds: &feeds }, error)
            }
            Err(_) => error,
        })
    }

    /// Runs what there is no plan for as a whole.
    fn run_unplanned(
        &self,
        request: &Request<'_>,
        context: &Context,
        trace: &mut Option<Trace>,
    ) -> Result<Vec<Array>> {
        let (graph, state, cancellation) = (&self.graph, &self.shared.state, &self.cancellation);
        if self.executor == Executor::Reference {
            let mut began = Duration::ZERO;
            let mut watch = |node: NodeId, _: &[Array]| {
                if let Some(trace) = trace {
                    trace.node(graph, node, began);
                    began = trace.now();
                }
                Ok(())
            };
            return reference::run(graph, request, state, context, cancellation, &mut watch);
        }
        let schedules = &self.shared.schedules;
        let outcome =
            islands::run(graph, request, schedules, state, context, self.portable, cancellation, trace);
        outcome.map_err(|failure| match failure.repeatable {
            true => self.explained(request, failure.error),
            false => failure.error,
        })
    }

    /// The plan for a request; none if it has to run node by node.
    fn plan(&self, contents: &Contents, request: &Asked<'_>) -> Result<Option<Arc<Entry>>> {
        let mut cache = self.shared.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        cache.plan(contents, request, self.portable, &mut || self.lock_to_write())
    }

    /// The error, and where it was a check for NaN that failed, the node at which the first one arose: found by running
    /// the request again, node by node, on what the failed run left as it was.
    fn explained(&self, request: &Request<'_>, error: Error) -> Error {
        if error.node().is_none_or(|node| node.op != "CheckNumerics") {
            return error;
        }
        let state = RwLock::new(self.lock().clone());
        let mut first = |node: NodeId, outputs: &[Array]| {
            let Some(what) = outputs.iter().find_map(not_finite) else { return Ok(()) };
            let contents = self.graph.read();
            let variable = contents.nodes[node.index()].inputs.iter().find(|edge| {
                contents.nodes[edge.node.index()].fact(edge.output).is_some_and(|fact| fact.reference)
            });
            Err(Error::invalid(match variable {
                Some(variable) => format!(
                    "the variable \"{}\" holds {what}: the update of an earlier run overflowed",
                    contents.nodes[variable.node.index()].name
                ),
                None => format!("the first {what} arises here; then: {}", error.message()),
            }))
        };
        let context = self.context();
        match reference::run(&self.graph, request, &state, &context, &self.cancellation, &mut first) {
            Err(found) => found
                .hint("the weights are as they were before this run; a smaller learning rate often helps"),
            Ok(_) => error,
        }
    }
}

/// "NaN" or "infinity", if the array holds one.
pub(crate) fn not_finite(array: &Array) -> Option<&'static str> {
    let values = if array.dtype().is_float() { array.to_f64().ok()? } else { return None };
    let bad = values.into_iter().find(|value| !value.is_finite())?;
    Some(if bad.is_nan() { "NaN" } else { "infinity" })
}

impl Contents {
    /// Whether `value` may stand for the tensor.
    fn check_value(&self, edge: Edge, dtype: DType, shape: &Shape, verb: &str) -> Result<()> {
        let node = &self.nodes[edge.node.index()];
        let Some(fact) = node.fact(edge.output) else {
            return Err(Error::new(
                Code::NotFound,
                format!("\"{}\" has no output {}", node.name, edge.output),
            ));
        };
        let mistake = match (fact.dtype == dtype, fact.shape.accepts(shape)) {
            (true, true) => return Ok(()),
            (false, _) => format!("is of {} and was {verb} an array of {dtype}", fact.dtype),
            (true, false) => {
                format!("has shape {} and was {verb} an array of shape {shape}", fact.shape)
            }
        };
        Err(Error::invalid(format!("\"{}\" {mistake}", self.tensor_name(edge))).at(|| self.describe(node)))
    }
}
