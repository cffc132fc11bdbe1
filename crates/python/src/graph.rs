//! Graphs: nodes are made by the type of their op, and go by number.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tenseur::error::Line;
use tenseur::formats::graphdef::{ImportOptions, import};
use tenseur::gradients::gradients_past;
use tenseur::graph::{Edge, Fact, NewNode, NodeId, op_of_type};
use tenseur::ops::OPS;
use tenseur::{Operation, PartialShape, Tensor};

use crate::array;
use crate::attribute::{self, Sizes};
use crate::error::{kept, to_python};
use crate::host::{Callable, numbers};

/// What Python is told of an output: the number of its type (100 more for a reference) and its sizes.
type OutputFact = (i32, Sizes);

/// What Python is told of a node: name, op type, inputs, control inputs, device, and its outputs.
type Description = (String, &'static str, Vec<(u32, u32)>, Vec<u32>, Option<String>, Vec<OutputFact>);

/// A graph of the engine.
#[pyclass(frozen)]
pub(crate) struct Graph {
    pub(crate) inner: tenseur::Graph,
}

/// The types of all ops that there are.
#[pyfunction]
pub(crate) fn op_types() -> Vec<&'static str> {
    OPS.iter().map(|entry| entry.name).collect()
}

fn described(fact: &Fact) -> OutputFact {
    let number = if fact.resource { 20 } else { fact.dtype.number() + if fact.reference { 100 } else { 0 } };
    (number, attribute::sizes(&fact.shape))
}

fn outputs(operation: &Operation) -> Vec<OutputFact> {
    (0..operation.outputs())
        .map(|output| operation.output(output).fact().map_or((0, None), |fact| described(&fact)))
        .collect()
}

impl Graph {
    /// The output with these numbers.
    pub(crate) fn tensor(&self, (node, output): (u32, u32)) -> PyResult<Tensor> {
        let found = self.inner.tensor_at(node as usize, output as usize);
        found.map_err(|error| Python::attach(|py| to_python(py, error)))
    }

    /// The operation with this number.
    pub(crate) fn operation(&self, node: u32) -> PyResult<Operation> {
        let found = self.inner.operation_at(node as usize);
        found.map_err(|error| Python::attach(|py| to_python(py, error)))
    }

    fn tensors(&self, all: &[(u32, u32)]) -> PyResult<Vec<Tensor>> {
        all.iter().map(|&one| self.tensor(one)).collect()
    }

    fn nodes(&self, all: &[u32]) -> PyResult<Vec<NodeId>> {
        all.iter().map(|&one| Ok(self.operation(one)?.id())).collect()
    }

    fn edges(&self, all: &[(u32, u32)]) -> PyResult<Vec<Edge>> {
        all.iter().map(|&one| Ok(self.tensor(one)?.edge())).collect()
    }
}

#[pymethods]
impl Graph {
    #[new]
    fn new() -> Graph {
        Graph { inner: tenseur::Graph::new() }
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    /// A name like this one that no node has; in use from now on if `mark` says so.
    fn unique_name(&self, py: Python<'_>, name: &str, mark: bool) -> String {
        py.detach(|| self.inner.unique_name(name, mark))
    }

    /// Makes a node; gives its number and its outputs.
    #[allow(clippy::too_many_arguments)] // All that a NodeDef says.
    fn create(
        &self,
        py: Python<'_>,
        op_type: &str,
        name: &str,
        inputs: Vec<(u32, u32)>,
        control_inputs: Vec<u32>,
        attrs: &Bound<'_, PyDict>,
        device: Option<&str>,
        file: String,
        line: u32,
    ) -> PyResult<(u32, Vec<OutputFact>)> {
        let attrs = attribute::attributes(attrs)?;
        let inputs = self.edges(&inputs)?;
        let control_inputs = self.nodes(&control_inputs)?;
        let line = Some(Line { file: file.into(), line });
        let made = py.detach(|| {
            let op = op_of_type(op_type, &attrs)?;
            self.inner
                .create(op, NewNode { name, inputs: &inputs, control_inputs: &control_inputs, device, line })
        });
        let made = made.map_err(|error| to_python(py, error))?;
        Ok((made.id().index() as u32, outputs(&made)))
    }

    /// Makes a node of any type whose work is what `function` refers to weakly: called with a list of arrays, it gives a
    /// list of arrays.
    #[allow(clippy::too_many_arguments)] // As above, and the function.
    fn create_host(
        &self,
        py: Python<'_>,
        op_type: &str,
        name: &str,
        inputs: Vec<(u32, u32)>,
        control_inputs: Vec<u32>,
        attrs: &Bound<'_, PyDict>,
        device: Option<&str>,
        file: String,
        line: u32,
        outputs_are: Vec<OutputFact>,
        function: Py<PyAny>,
    ) -> PyResult<(u32, Vec<OutputFact>)> {
        let attrs = attribute::attributes(attrs)?;
        let inputs = self.edges(&inputs)?;
        let control_inputs = self.nodes(&control_inputs)?;
        let fact =
            |(number, sizes): OutputFact| Ok(Fact::new(attribute::dtype(number)?, attribute::shape(sizes)));
        let facts: Vec<Fact> = outputs_are.into_iter().map(fact).collect::<PyResult<_>>()?;
        let op = Callable::new(function).op(op_type, facts).described(attrs);
        let line = Some(Line { file: file.into(), line });
        let made = py.detach(|| {
            let new = NewNode { name, inputs: &inputs, control_inputs: &control_inputs, device, line };
            self.inner.create(std::sync::Arc::new(op), new)
        });
        let made = made.map_err(|error| to_python(py, error))?;
        Ok((made.id().index() as u32, outputs(&made)))
    }

    /// All that a node is.
    fn describe(&self, node: u32) -> PyResult<Description> {
        let operation = self.operation(node)?;
        let found = self.inner.node(operation.id()).expect("the operation is there");
        let facts = found.outputs.iter().flatten().map(described).collect();
        let inputs = found.inputs.iter().map(|&edge| numbers(edge)).collect();
        let control = found.control_inputs.iter().map(|id| id.index() as u32).collect();
        let device = found.device.as_deref().map(str::to_string);
        Ok((found.name.to_string(), found.op.name(), inputs, control, device, facts))
    }

    /// The attributes of a node.
    fn attributes<'py>(&self, py: Python<'py>, node: u32) -> PyResult<Bound<'py, PyDict>> {
        let attrs = self.operation(node)?.attrs();
        let dictionary = PyDict::new(py);
        for (name, value) in attrs.iter() {
            dictionary.set_item(name, attribute::to_python(py, value)?)?;
        }
        Ok(dictionary)
    }

    /// What is known of an output.
    fn fact(&self, node: u32, output: u32) -> PyResult<Option<OutputFact>> {
        Ok(self.tensor((node, output))?.fact().map(|fact| described(&fact)))
    }

    /// The value of an output, where it is known before any run.
    fn known_value<'py>(
        &self,
        py: Python<'py>,
        node: u32,
        output: u32,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let fact = self.tensor((node, output))?.fact();
        fact.and_then(|fact| fact.value).map(|value| array::to_numpy(py, &value)).transpose()
    }

    /// The elements of a few integers, as far as they are known.
    fn known_integers(&self, node: u32, output: u32) -> PyResult<Option<Vec<Option<i64>>>> {
        Ok(self.tensor((node, output))?.fact().and_then(|fact| fact.known_integers()))
    }

    /// Says what shape an output has.
    fn set_shape(&self, py: Python<'_>, node: u32, output: u32, sizes: Sizes) -> PyResult<()> {
        let shape: PartialShape = attribute::shape(sizes);
        let tensor = self.tensor((node, output))?;
        py.detach(|| self.inner.set_shape(&tensor, &shape)).map_err(|error| to_python(py, error))
    }

    /// Says how gradients go through a node: what `function` refers to weakly gives the gradients of the inputs for those
    /// of the outputs.
    fn set_gradient(&self, node: u32, function: Py<PyAny>) -> PyResult<()> {
        self.inner.set_gradient(&self.operation(node)?, Callable::new(function).gradient());
        Ok(())
    }

    /// Leads a NextIteration back to a Merge.
    fn close_loop(&self, py: Python<'_>, merge: (u32, u32), next: (u32, u32)) -> PyResult<()> {
        let (merge, next) = (self.tensor(merge)?, self.tensor(next)?);
        self.inner.close_loop(&merge, &next).map_err(|error| to_python(py, error))
    }

    /// The gradients of the sum of `ys` with respect to `xs`, made in the scope `scope` and past `stops`, which are taken for
    /// constants; each (node, output) or `None`.
    #[pyo3(signature = (ys, starts, xs, scope, control_inputs, stops=Vec::new()))]
    #[allow(clippy::too_many_arguments)] // Those of tf.gradients.
    fn gradients(
        &self,
        py: Python<'_>,
        ys: Vec<(u32, u32)>,
        starts: Vec<Option<(u32, u32)>>,
        xs: Vec<(u32, u32)>,
        scope: &str,
        control_inputs: Vec<u32>,
        stops: Vec<(u32, u32)>,
    ) -> PyResult<Vec<Option<(u32, u32)>>> {
        let (ys, xs, stops) = (self.tensors(&ys)?, self.tensors(&xs)?, self.tensors(&stops)?);
        let start = |start: Option<(u32, u32)>| start.map(|start| self.tensor(start)).transpose();
        let starts: Vec<Option<Tensor>> = starts.into_iter().map(start).collect::<PyResult<_>>()?;
        let control: Vec<Operation> =
            control_inputs.into_iter().map(|node| self.operation(node)).collect::<PyResult<_>>()?;
        let found = py.detach(|| {
            let _scope = self.inner.name_scope(if scope.is_empty() { "gradients" } else { scope });
            let _control = (!control.is_empty()).then(|| self.inner.control_dependencies(&control));
            gradients_past(&ys, &starts, &xs, &stops)
        });
        match (self.inner.take_error(), kept()) {
            (_, Some(exception)) => Err(exception),
            (Some(error), None) => Err(to_python(py, error)),
            (None, None) => {
                Ok(found.into_iter().map(|found| found.map(|tensor| numbers(tensor.edge()))).collect())
            }
        }
    }

    /// The graph as a GraphDef.
    fn graph_def<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.inner.as_graph_def()).map_err(|error| to_python(py, error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The graph as a GraphDef in the text form.
    fn graph_def_text(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.inner.as_graph_def_text()).map_err(|error| to_python(py, error))
    }

    /// Adds the nodes of a GraphDef, called `name/…`, and gives their numbers in the file's order.
    fn import_graph_def(
        &self,
        py: Python<'_>,
        bytes: &[u8],
        name: &str,
        input_map: Vec<(String, (u32, u32))>,
    ) -> PyResult<Vec<u32>> {
        let map: Vec<(String, Tensor)> = input_map
            .into_iter()
            .map(|(name, edge)| Ok((name, self.tensor(edge)?)))
            .collect::<PyResult<_>>()?;
        let map: Vec<(&str, &Tensor)> = map.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let options = ImportOptions { name, input_map: &map };
        let added = import(&self.inner, bytes, &options).map_err(|error| to_python(py, error))?;
        Ok(added.iter().map(|operation| operation.id().index() as u32).collect())
    }

    /// The dataflow drawing as SVG.
    fn drawing(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| Ok(tenseur::draw::dataflow(&self.inner).draw()?.svg))
            .map_err(|error| to_python(py, error))
    }
}
