//! TensorFlow's checkpoints: name to array, and back.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use tenseur::formats::checkpoint::{self, CheckpointReader};
use tenseur::{Array, DType};

use crate::array;
use crate::attribute::Sizes;
use crate::error::to_python;

/// The arrays of the checkpoint `prefix` that are called so; all of them without names.
#[pyfunction]
#[pyo3(signature = (prefix, names=None))]
pub(crate) fn read_checkpoint<'py>(
    py: Python<'py>,
    prefix: PathBuf,
    names: Option<Vec<String>>,
) -> PyResult<Bound<'py, PyDict>> {
    let reader = CheckpointReader::open(prefix).map_err(|error| to_python(py, error))?;
    let names = names.unwrap_or_else(|| reader.entries().map(|(name, _)| name.to_string()).collect());
    let arrays = PyDict::new(py);
    for name in names {
        let read = py.detach(|| reader.read(&name)).map_err(|error| to_python(py, error))?;
        arrays.set_item(&name, array::into_numpy(py, read)?)?;
    }
    Ok(arrays)
}

/// Writes the arrays as the checkpoint `prefix`, those called `bfloat16` as of that type.
#[pyfunction]
#[pyo3(signature = (prefix, arrays, bfloat16=HashSet::new()))]
pub(crate) fn write_checkpoint(
    py: Python<'_>,
    prefix: PathBuf,
    arrays: &Bound<'_, PyDict>,
    bfloat16: HashSet<String>,
) -> PyResult<()> {
    let mut tensors: BTreeMap<String, Array> = BTreeMap::new();
    for (name, value) in arrays.iter() {
        let (name, mut array): (String, Array) = (name.extract()?, array::from_python(&value)?);
        if bfloat16.contains(&name) {
            array = array::fitted(array, DType::BFloat16);
        }
        tensors.insert(name, array);
    }
    py.detach(|| checkpoint::save(prefix, &tensors)).map_err(|error| to_python(py, error))
}

/// The number of the type and the shape of everything in the checkpoint `prefix`, by name.
#[pyfunction]
pub(crate) fn checkpoint_entries(py: Python<'_>, prefix: PathBuf) -> PyResult<Vec<(String, i32, Sizes)>> {
    let reader = CheckpointReader::open(prefix).map_err(|error| to_python(py, error))?;
    let entry = |(name, entry): (&str, &checkpoint::Entry)| {
        let number = entry.dtype().map_or(0, |dtype| dtype.number());
        (name.to_string(), number, Some(entry.shape.iter().map(|&size| Some(size)).collect()))
    };
    Ok(reader.entries().map(entry).collect())
}

/// The checksum that TensorFlow's files have of these bytes.
#[pyfunction]
pub(crate) fn masked_crc32c(bytes: &[u8]) -> u32 {
    tenseur::formats::masked_crc32c(bytes)
}
