//! What a course shows: the handwritten digits, and a network as neurons and as formulas.

use pyo3::prelude::*;
use tenseur::data;
use tenseur::draw::{self, DenseNetwork, Drawing};

use crate::array;
use crate::error::to_python;
use crate::graph::Graph;

/// The 1,797 handwritten digits: images float32 `[1797, 64]`, each 0 to 1, and classes int32 `[1797]`.
#[pyfunction]
pub(crate) fn digits(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Bound<'_, PyAny>)> {
    let digits = py.detach(data::digits);
    Ok((array::to_numpy(py, digits.features())?, array::to_numpy(py, digits.targets())?))
}

/// The network of fully connected layers that ends in `output`, as neurons and as formulas, each as text and as SVG.
/// `names` are those of the numbers that go in.
#[pyfunction]
#[pyo3(signature = (graph, output, names=None))]
pub(crate) fn network_drawings(
    py: Python<'_>,
    graph: &Graph,
    output: (u32, u32),
    names: Option<Vec<String>>,
) -> PyResult<((String, String), (String, String))> {
    let output = graph.tensor(output)?;
    let draw = || {
        let mut network = DenseNetwork::of(&output)?;
        if let Some(names) = names {
            network = network.with_input_names(names)?;
        }
        let forms = |drawing: Drawing| (drawing.text, drawing.svg);
        Ok((forms(draw::neurons(&network)), forms(draw::formulas(&network))))
    };
    py.detach(draw).map_err(|error: tenseur::Error| to_python(py, error))
}

/// The dataflow graph as text and as SVG; only what `outputs` need, where there are some.
#[pyfunction]
pub(crate) fn graph_drawing(
    py: Python<'_>,
    graph: &Graph,
    outputs: Vec<(u32, u32)>,
) -> PyResult<(String, String)> {
    let outputs = outputs.into_iter().map(|edge| graph.tensor(edge)).collect::<PyResult<Vec<_>>>()?;
    let draw = || {
        let mut drawing = draw::dataflow(&graph.inner);
        if !outputs.is_empty() {
            drawing = drawing.needed_for(&outputs);
        }
        drawing.draw().map(|drawing| (drawing.text, drawing.svg))
    };
    py.detach(draw).map_err(|error| to_python(py, error))
}
