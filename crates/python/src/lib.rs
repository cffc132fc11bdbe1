//! The engine beneath the Python package `tenseur`: graphs, gradients and sessions, without conventions. Nodes and outputs
//! go by number; everything that a program sees is Python over this.

mod array;
mod attribute;
mod borrowed;
mod checkpoint;
mod course;
mod error;
mod fetched;
mod graph;
mod host;
mod session;

use pyo3::prelude::*;

/// `tenseur._core`.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<graph::Graph>()?;
    module.add_class::<session::Session>()?;
    module.add_class::<session::Request>()?;
    module.add_function(wrap_pyfunction!(error::set_error_factory, module)?)?;
    module.add_function(wrap_pyfunction!(graph::op_types, module)?)?;
    module.add_function(wrap_pyfunction!(checkpoint::read_checkpoint, module)?)?;
    module.add_function(wrap_pyfunction!(checkpoint::write_checkpoint, module)?)?;
    module.add_function(wrap_pyfunction!(checkpoint::checkpoint_entries, module)?)?;
    module.add_function(wrap_pyfunction!(checkpoint::masked_crc32c, module)?)?;
    module.add_function(wrap_pyfunction!(course::digits, module)?)?;
    module.add_function(wrap_pyfunction!(course::network_drawings, module)?)?;
    module.add_function(wrap_pyfunction!(course::graph_drawing, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
