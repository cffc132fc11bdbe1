//! Arrays between tenseur and NumPy.

use half::{bf16, f16};
use numpy::{
    Complex32, Complex64, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use tenseur::{Array, DType};

use crate::error::to_python;
use crate::fetched;

/// The array in a NumPy array of numbers, or in a pair (list of bytes, shape) of strings.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> PyResult<Array> {
    if let Ok(pair) = value.cast::<PyTuple>() {
        let (strings, shape): (Vec<Vec<u8>>, Vec<usize>) = pair.extract()?;
        return Array::strings(&shape[..], strings).map_err(|error| to_python(value.py(), error));
    }
    let array = value.cast::<PyUntypedArray>().map_err(|_| {
        PyTypeError::new_err(format!("a NumPy array was expected and {} came", value.get_type()))
    })?;
    macro_rules! by_type {
        ($($kind:literal, $size:literal => $rust:ty, $dtype:ident;)*) => {
            match (array.dtype().kind(), array.dtype().itemsize()) {
                $(($kind, $size) => numbers::<$rust>(value, array.shape(), DType::$dtype),)*
                _ => Err(PyTypeError::new_err(format!("there are no tensors of NumPy's {}", array.dtype()))),
            }
        };
    }
    by_type! {
        b'f', 4 => f32, Float32;
        b'f', 8 => f64, Float64;
        b'f', 2 => f16, Float16;
        b'i', 4 => i32, Int32;
        b'i', 8 => i64, Int64;
        b'i', 1 => i8, Int8;
        b'i', 2 => i16, Int16;
        b'u', 1 => u8, UInt8;
        b'u', 2 => u16, UInt16;
        b'u', 4 => u32, UInt32;
        b'u', 8 => u64, UInt64;
        b'b', 1 => bool, Bool;
        b'c', 8 => Complex32, Complex64;
        b'c', 16 => Complex64, Complex128;
    }
}

/// A number that lies in memory as NumPy has it.
pub(crate) trait Plain: numpy::Element {
    /// The bytes of the numbers.
    fn bytes(values: &[Self]) -> &[u8];
}

macro_rules! plain {
    ($($rust:ty)*) => { $(
        impl Plain for $rust {
            fn bytes(values: &[Self]) -> &[u8] {
                bytemuck::cast_slice(values)
            }
        }
    )* };
}
plain! { f32 f64 f16 i8 i16 i32 i64 u8 u16 u32 u64 Complex32 Complex64 }

impl Plain for bool {
    fn bytes(values: &[bool]) -> &[u8] {
        bytemuck::cast_slice(values)
    }
}

fn numbers<T: Plain>(value: &Bound<'_, PyAny>, shape: &[usize], dtype: DType) -> PyResult<Array> {
    let array = value
        .cast::<PyArrayDyn<T>>()?
        .try_readonly()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let made = match array.as_slice() {
        Ok(values) => Array::from_bytes(dtype, shape, T::bytes(values)),
        Err(_) => {
            let values: Vec<T> = array.as_array().iter().map(|item| item.clone_ref(value.py())).collect();
            Array::from_bytes(dtype, shape, T::bytes(&values))
        }
    };
    made.map_err(|error| to_python(value.py(), error))
}

/// The array as one of `dtype`: where that is bfloat16, which NumPy does not have, float32 is rounded to it.
pub(crate) fn fitted(array: Array, dtype: DType) -> Array {
    let wide = match (dtype, array.as_slice::<f32>()) {
        (DType::BFloat16, Ok(wide)) => wide,
        _ => return array,
    };
    let narrow: Vec<bf16> = wide.iter().map(|&x| bf16::from_f32(x)).collect();
    // Types and shapes that do not fit are the engine's to refuse.
    Array::new(array.shape().clone(), narrow).unwrap_or(array)
}

/// As [`to_numpy`], where nobody else needs the array: NumPy gets its memory if it is large.
pub(crate) fn into_numpy(py: Python<'_>, mut array: Array) -> PyResult<Bound<'_, PyAny>> {
    match fetched::handed_over(py, &mut array)? {
        Some(handed_over) => Ok(handed_over),
        None => to_numpy(py, &array),
    }
}

/// The array as NumPy's: a NumPy scalar where it has no axes; strings as `bytes`, in an array of objects.
pub(crate) fn to_numpy<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    macro_rules! by_type {
        ($($dtype:ident => $rust:ty;)*) => {
            match array.dtype() {
                $(DType::$dtype => copied::<$rust>(py, array),)*
                DType::String => strings(py, array),
                DType::BFloat16 => {
                    let wide: Vec<f32> = array.to_f64().map_err(|error| to_python(py, error))?.into_iter().map(|x| x as f32).collect();
                    shaped(PyArray1::from_vec(py, wide), array)
                }
                DType::Complex64 => complex::<Complex32>(py, array),
                DType::Complex128 => complex::<Complex64>(py, array),
                other => Err(PyTypeError::new_err(format!("a value of {other} has no NumPy array"))),
            }
        };
    }
    by_type! {
        Float32 => f32;
        Float64 => f64;
        Float16 => f16;
        Int8 => i8;
        Int16 => i16;
        Int32 => i32;
        Int64 => i64;
        UInt8 => u8;
        UInt16 => u16;
        UInt32 => u32;
        UInt64 => u64;
        Bool => bool;
    }
}

fn copied<'py, T: numpy::Element + tenseur::Element>(
    py: Python<'py>,
    array: &Array,
) -> PyResult<Bound<'py, PyAny>> {
    let values = array.as_slice::<T>().map_err(|error| to_python(py, error))?;
    shaped(PyArray1::from_slice(py, values), array)
}

fn complex<'py, T: numpy::Element + bytemuck::AnyBitPattern>(
    py: Python<'py>,
    array: &Array,
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = array.bytes().map_err(|error| to_python(py, error))?;
    shaped(PyArray1::from_slice(py, bytemuck::cast_slice::<u8, T>(bytes)), array)
}

fn shaped<'py, T: numpy::Element>(
    flat: Bound<'py, PyArray1<T>>,
    array: &Array,
) -> PyResult<Bound<'py, PyAny>> {
    let shape: &[usize] = array.shape();
    match shape.len() {
        0 => flat.into_any().get_item(0),
        1 => Ok(flat.into_any()),
        _ => Ok(flat.reshape(shape)?.into_any()),
    }
}

fn strings<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    let strings = array.as_strings().map_err(|error| to_python(py, error))?;
    let objects: Vec<Py<PyAny>> =
        strings.iter().map(|string| PyBytes::new(py, string).into_any().unbind()).collect();
    shaped(PyArray1::from_vec(py, objects), array)
}
