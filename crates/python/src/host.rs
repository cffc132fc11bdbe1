//! Functions of the program as ops, and as rules of differentiation.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tenseur::error::Reason;
use tenseur::graph::{Edge, Fact};
use tenseur::ops::Backward;
use tenseur::ops::host::{HostGradient, HostOp};
use tenseur::{Array, DType};

use crate::array;
use crate::error::{keep, raised};

/// A function of the program. The graph holds it weakly, for it may hold the graph; the Python graph keeps it alive.
#[derive(Clone)]
pub(crate) struct Callable(Arc<Py<PyAny>>);

impl Callable {
    pub(crate) fn new(weak_reference: Py<PyAny>) -> Callable {
        Callable(Arc::new(weak_reference))
    }

    fn function<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.bind(py).call0()
    }

    /// The op of this type that calls it.
    pub(crate) fn op(&self, name: &str, outputs: Vec<Fact>) -> HostOp {
        let own = self.clone();
        let dtypes: Vec<DType> = outputs.iter().map(|fact| fact.dtype).collect();
        HostOp::new(name, outputs, move |inputs| {
            let results = Python::attach(|py| own.call(py, inputs))?;
            let mut dtypes = dtypes.iter();
            let fit = |result| match dtypes.next() {
                Some(&dtype) => array::fitted(result, dtype),
                None => result,
            };
            Ok(results.into_iter().map(fit).collect())
        })
    }

    fn call(&self, py: Python<'_>, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let run = || -> PyResult<Vec<Array>> {
            let given: Vec<_> =
                inputs.iter().map(|input| array::to_numpy(py, input)).collect::<PyResult<_>>()?;
            let results = self.function(py)?.call1((PyList::new(py, given)?,))?;
            results.try_iter()?.map(|result| array::from_python(&result?)).collect()
        };
        run().map_err(|exception| raised(py, exception))
    }

    /// The rule of differentiation that it is: from the gradients of the outputs to those of the inputs, each (node,
    /// output) or `None`.
    pub(crate) fn gradient(&self) -> HostGradient {
        let own = self.clone();
        Arc::new(move |node: &Backward<'_>| {
            let none = || vec![None; node.inputs()];
            Python::attach(|py| {
                let outputs = node.outputs();
                let given: Vec<Option<(u32, u32)>> =
                    (0..outputs).map(|output| node.dy(output).map(|tensor| numbers(tensor.edge()))).collect();
                let run =
                    || -> PyResult<Vec<Option<(u32, u32)>>> { own.function(py)?.call1((given,))?.extract() };
                match run() {
                    Ok(found) if found.len() == node.inputs() => {
                        let graph = node.y(0).graph();
                        let tensor =
                            |(id, output): (u32, u32)| graph.tensor_at(id as usize, output as usize).ok();
                        found.into_iter().map(|found| found.and_then(tensor)).collect()
                    }
                    Ok(found) => {
                        let (given, inputs) = (found.len(), node.inputs());
                        let text =
                            format!("a gradient gave {given} values for an operation of {inputs} inputs");
                        keep(PyValueError::new_err(text));
                        none()
                    }
                    Err(exception) => {
                        keep(exception);
                        none()
                    }
                }
            })
        })
    }
}

/// The numbers by which Python knows an output.
pub(crate) fn numbers(edge: Edge) -> (u32, u32) {
    (edge.node.index() as u32, edge.output)
}
