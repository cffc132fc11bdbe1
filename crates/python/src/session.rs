//! Sessions: a request is put together once, and run with arrays for its feeds.

use pyo3::prelude::*;
use pyo3::types::PyList;
use tenseur::session::{Cancellation, Feeds, Fetch, Wanted};
use tenseur::{Array, DType, Tensor};

use crate::array;
use crate::borrowed::Borrowed;
use crate::error::{keep, of_run, to_python};
use crate::graph::Graph;

/// What runs are asked for: tensors that are fetched, operations that run, tensors that are fed.
#[pyclass(frozen)]
pub(crate) struct Request {
    wanted: Wanted,
    /// What is fed, and its type as far as that is known.
    feeds: Vec<(Tensor, Option<DType>)>,
}

#[pymethods]
impl Request {
    /// A request to a session of `graph`.
    #[new]
    fn new(
        graph: &Graph,
        fetches: Vec<(u32, u32)>,
        targets: Vec<u32>,
        feeds: Vec<(u32, u32)>,
    ) -> PyResult<Request> {
        let mut wanted = Wanted::default();
        for fetch in &fetches {
            (&graph.tensor(*fetch)?).ask(&mut wanted);
        }
        for &target in &targets {
            (&graph.operation(target)?).ask(&mut wanted);
        }
        let feed = |&feed| {
            let tensor = graph.tensor(feed)?;
            let dtype = tensor.dtype();
            Ok((tensor, dtype))
        };
        let feeds = feeds.iter().map(feed).collect::<PyResult<_>>()?;
        Ok(Request { wanted, feeds })
    }
}

impl Request {
    /// The feeds that are copied, and those that are read where they lie.
    fn fed<'a, 'py>(
        &'a self,
        values: &[Bound<'py, PyAny>],
    ) -> PyResult<(Feeds, Vec<(&'a Tensor, Borrowed<'py>)>)> {
        let (mut fed, mut borrowed) = (Feeds::new(), Vec::new());
        for ((tensor, dtype), value) in self.feeds.iter().zip(values) {
            match Borrowed::new(value).filter(|memory| Some(memory.dtype()) == *dtype) {
                Some(memory) => borrowed.push((tensor, memory)),
                None => {
                    let array = array::from_python(value)?;
                    fed = fed.with(tensor, array::fitted(array, dtype.unwrap_or(DType::Float32)));
                }
            }
        }
        Ok((fed, borrowed))
    }
}

/// What was fetched, as NumPy's arrays.
fn results(py: Python<'_>, arrays: Vec<Array>) -> PyResult<Bound<'_, PyList>> {
    let arrays: Vec<_> =
        arrays.into_iter().map(|array| array::into_numpy(py, array)).collect::<PyResult<_>>()?;
    PyList::new(py, arrays)
}

/// A step of a run: its node, what it does, and when it began and how long it took, in nanoseconds.
type TracedStep = (String, String, u128, u128);

/// A session of the engine.
#[pyclass(frozen)]
pub(crate) struct Session {
    inner: tenseur::Session,
    cancellation: Cancellation,
}

#[pymethods]
impl Session {
    /// A session on the graph, with so many threads (0: as many as there are processors), `executor` "planned" or
    /// "reference".
    #[new]
    #[pyo3(signature = (graph, threads=0, portable=false, reference=false))]
    fn new(
        py: Python<'_>,
        graph: &Graph,
        threads: usize,
        portable: bool,
        reference: bool,
    ) -> PyResult<Session> {
        // In the middle of a long run Python's signal handlers run, which Ctrl-C waits for; in the main thread alone they do.
        let cancellation = Cancellation::asking(|| {
            Python::attach(|py| match py.check_signals() {
                Ok(()) => false,
                Err(exception) => {
                    keep(exception);
                    true
                }
            })
        });
        let mut inner = tenseur::Session::new(&graph.inner).map_err(|error| to_python(py, error))?;
        inner = inner.cancelled_by(&cancellation);
        if threads > 0 {
            inner = inner.threads(threads);
        }
        if portable {
            inner = inner.portable();
        }
        if reference {
            inner = inner.executor(tenseur::Executor::Reference);
        }
        Ok(Session { inner, cancellation })
    }

    /// Runs the request, fed these arrays, and gives what was fetched.
    fn run<'py>(
        &self,
        py: Python<'py>,
        request: &Request,
        feeds: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (fed, borrowed) = request.fed(&feeds)?;
        let views: Vec<_> = borrowed.iter().map(|(tensor, memory)| (*tensor, memory.view())).collect();
        let outcome = py.detach(|| self.inner.run_with_views(&request.wanted, fed, &views));
        results(py, outcome.map_err(|error| of_run(py, error))?)
    }

    /// As `run`; and each step that ran: its node, what it does, and when it began and how long it took, in nanoseconds.
    fn run_traced<'py>(
        &self,
        py: Python<'py>,
        request: &Request,
        feeds: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyList>, Vec<TracedStep>)> {
        let (fed, borrowed) = request.fed(&feeds)?;
        let views: Vec<_> = borrowed.iter().map(|(tensor, memory)| (*tensor, memory.view())).collect();
        let outcome = py.detach(|| self.inner.run_traced(&request.wanted, fed, &views));
        let (fetched, profile) = outcome.map_err(|error| of_run(py, error))?;
        let steps = profile.steps.into_iter();
        let steps = steps.map(|step| (step.node, step.kernel, step.began.as_nanos(), step.time.as_nanos()));
        Ok((results(py, fetched)?, steps.collect()))
    }

    /// Ends the runs under way, and lets no other begin.
    fn cancel(&self) {
        self.cancellation.cancel();
    }

    /// What every initialized variable holds, by the name of its operation.
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        let all = py.detach(|| self.inner.variables());
        all.into_iter().map(|(name, value)| Ok((name, array::to_numpy(py, &value)?))).collect()
    }

    /// What the plan for the request does, as text.
    fn explain<'py>(
        &self,
        py: Python<'py>,
        request: &Request,
        feeds: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<String> {
        let mut fed = Feeds::new();
        for ((tensor, _), value) in request.feeds.iter().zip(&feeds) {
            fed = fed.with(tensor, array::from_python(value)?);
        }
        let explained = py.detach(|| self.inner.explain(&request.wanted, fed));
        explained.map(|explanation| explanation.to_string()).map_err(|error| to_python(py, error))
    }
}
