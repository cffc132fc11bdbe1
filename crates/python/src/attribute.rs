//! Attributes, types and shapes as Python has them: numbers, truth values, `bytes`, and pairs that say what they are.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use tenseur::ops::{Attr, Attrs};
use tenseur::{DType, PartialShape};

use crate::array;

/// The type with TensorFlow's number.
pub(crate) fn dtype(number: i32) -> PyResult<DType> {
    let known = DType::from_number(number).map(|(dtype, _)| dtype);
    known.ok_or_else(|| PyValueError::new_err(format!("there is no type with the number {number}")))
}

/// What is known of a shape: `None`, or a tuple with `None` where a size is not known.
pub(crate) type Sizes = Option<Vec<Option<usize>>>;

/// The shape with these sizes.
pub(crate) fn shape(sizes: Sizes) -> PartialShape {
    sizes.map_or_else(PartialShape::unknown, |sizes| sizes.into_iter().collect())
}

/// The sizes of a shape.
pub(crate) fn sizes(shape: &PartialShape) -> Sizes {
    shape.sizes().map(<[_]>::to_vec)
}

/// The attributes in a dictionary.
pub(crate) fn attributes(dictionary: &Bound<'_, PyDict>) -> PyResult<Attrs> {
    dictionary.iter().map(|(name, value)| Ok((name.extract::<String>()?, from_python(&value)?))).collect()
}

/// An attribute: `bool`, `int`, `float`, `bytes` or `str` as they are; ("type", number), ("shape", sizes),
/// ("tensor", array), ("func", name); a list of those.
fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Attr> {
    if value.is_instance_of::<PyBool>() {
        return Ok(Attr::Bool(value.extract()?));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(Attr::Int(value.extract()?));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Attr::Float(value.extract::<f64>()? as f32));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Attr::Bytes(bytes.as_bytes().to_vec()));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Attr::Bytes(value.extract::<String>()?.into_bytes()));
    }
    if let Ok(list) = value.cast::<PyList>() {
        return Ok(Attr::List(list.iter().map(|item| from_python(&item)).collect::<PyResult<_>>()?));
    }
    let pair =
        value.cast::<PyTuple>().map_err(|_| PyTypeError::new_err(format!("{value} is no attribute")))?;
    let (kind, inner): (String, Bound<'_, PyAny>) = pair.extract()?;
    Ok(match kind.as_str() {
        "type" => Attr::Type(dtype(inner.extract()?)?),
        "shape" => Attr::Shape(shape(inner.extract()?)),
        "tensor" => Attr::Tensor(array::from_python(&inner)?),
        "func" => Attr::Function(inner.extract()?),
        other => return Err(PyTypeError::new_err(format!("there are no attributes of kind \"{other}\""))),
    })
}

/// The attribute as [`from_python`] takes it.
pub(crate) fn to_python<'py>(py: Python<'py>, attr: &Attr) -> PyResult<Bound<'py, PyAny>> {
    let pair = |kind: &str, inner: Bound<'py, PyAny>| Ok((kind, inner).into_pyobject(py)?.into_any());
    match attr {
        Attr::Bool(value) => Ok(value.into_pyobject(py)?.to_owned().into_any()),
        Attr::Int(value) => Ok(value.into_pyobject(py)?.into_any()),
        Attr::Float(value) => Ok(value.into_pyobject(py)?.into_any()),
        Attr::Bytes(value) => Ok(PyBytes::new(py, value).into_any()),
        Attr::Type(value) => pair("type", value.number().into_pyobject(py)?.into_any()),
        Attr::Shape(value) => pair("shape", sizes(value).into_pyobject(py)?.into_any()),
        Attr::Tensor(value) => pair("tensor", array::to_numpy(py, value)?),
        Attr::Function(value) => pair("func", value.into_pyobject(py)?.into_any()),
        Attr::List(items) => {
            let items: Vec<_> = items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, items)?.into_any())
        }
    }
}
