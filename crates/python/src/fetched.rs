//! Fetched arrays whose memory becomes NumPy's without a copy.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use tenseur::{Array, DType};

/// Arrays of fewer bytes are copied sooner than handed over.
const LARGE: usize = 1 << 16;

/// Memory that NumPy's array reads and writes, for as long as there is one: its `base`. Nobody else has it.
#[pyclass(frozen)]
struct Fetched {
    interface: Py<PyDict>,
    /// Never looked at again; it is let go with this.
    _memory: Array,
}

#[pymethods]
impl Fetched {
    /// Where the memory is and what lies in it:
    /// [NumPy's array interface](https://numpy.org/doc/stable/reference/arrays.interface.html).
    #[getter]
    fn __array_interface__(&self, py: Python<'_>) -> Py<PyDict> {
        self.interface.clone_ref(py)
    }
}

/// A NumPy array over the memory of `array`, if that is large and nobody else's.
pub(crate) fn handed_over<'py>(py: Python<'py>, array: &mut Array) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(kind) = kind(array.dtype()).filter(|_| array.bytes().is_ok_and(|bytes| bytes.len() >= LARGE))
    else {
        return Ok(None);
    };
    let shape = array.shape().to_vec();
    let Some(memory) = array.unshared_bytes_mut() else { return Ok(None) };
    let size = memory.len() / shape.iter().product::<usize>();
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let interface = PyDict::new(py);
    interface.set_item("version", 3)?;
    interface.set_item("typestr", format!("{order}{kind}{size}"))?;
    interface.set_item("data", (memory.as_mut_ptr().expose_provenance(), false))?;
    interface.set_item("shape", PyTuple::new(py, shape)?)?;
    let owner = Bound::new(py, Fetched { interface: interface.unbind(), _memory: array.clone() })?;
    static AS_ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(Some(AS_ARRAY.import(py, "numpy", "asarray")?.call1((owner,))?))
}

/// NumPy's letter for the type.
fn kind(dtype: DType) -> Option<char> {
    Some(match dtype {
        DType::Float16 | DType::Float32 | DType::Float64 => 'f',
        DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => 'i',
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => 'u',
        DType::Complex64 | DType::Complex128 => 'c',
        DType::Bool => 'b',
        _ => return None,
    })
}
