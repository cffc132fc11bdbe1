//! Sessions: a request is put together once, and run with arrays for its feeds.

use pyo3::prelude::*;
use pyo3::types::PyList;
use tenseur::session::{Cancellation, Feeds, Fetch, Wanted};
use tenseur::{Array, Tensor};

use crate::array;
use crate::error::{keep, of_run, to_python};
use crate::graph::Graph;

/// What runs are asked for: tensors that are fetched, operations that run, tensors that are fed.
#[pyclass(frozen)]
pub(crate) struct Request {
    wanted: Wanted,
    feeds: Vec<Tensor>,
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
        let feeds = feeds.iter().map(|&feed| graph.tensor(feed)).collect::<PyResult<_>>()?;
        Ok(Request { wanted, feeds })
    }
}

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
        let mut fed = Feeds::new();
        for (tensor, value) in request.feeds.iter().zip(&feeds) {
            fed = fed.with(tensor, array::from_python(value)?);
        }
        let outcome = py.detach(|| self.inner.run(&request.wanted, fed));
        let results: Vec<Array> = outcome.map_err(|error| of_run(py, error))?;
        let results: Vec<_> =
            results.iter().map(|array| array::to_numpy(py, array)).collect::<PyResult<_>>()?;
        PyList::new(py, results)
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
        for (tensor, value) in request.feeds.iter().zip(&feeds) {
            fed = fed.with(tensor, array::from_python(value)?);
        }
        let explained = py.detach(|| self.inner.explain(&request.wanted, fed));
        explained.map(|explanation| explanation.to_string()).map_err(|error| to_python(py, error))
    }
}
