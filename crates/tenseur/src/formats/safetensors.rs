//! The file of named tensors that PyTorch's and JAX's tools exchange (`.safetensors`): a header in JSON that says where each
//! tensor lies, and their bytes.
//!
//! Numbers, bools and complex64 can be in one; strings, complex128 and the small floats of eight bits and less cannot, or not
//! as arrays of ours.

use crate::error::{Code, Error, Result};
use crate::formats::{in_file, write_file};
use crate::value::{Array, DType};
use ::safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Our types and the file's.
const TYPES: [(DType, Dtype); 14] = [
    (DType::Float16, Dtype::F16),
    (DType::BFloat16, Dtype::BF16),
    (DType::Float32, Dtype::F32),
    (DType::Float64, Dtype::F64),
    (DType::Int8, Dtype::I8),
    (DType::Int16, Dtype::I16),
    (DType::Int32, Dtype::I32),
    (DType::Int64, Dtype::I64),
    (DType::UInt8, Dtype::U8),
    (DType::UInt16, Dtype::U16),
    (DType::UInt32, Dtype::U32),
    (DType::UInt64, Dtype::U64),
    (DType::Bool, Dtype::BOOL),
    (DType::Complex64, Dtype::C64),
];

/// Reads the arrays in a file, by name.
///
/// # Errors
/// When the file cannot be read, or as [`decode`] says.
///
/// ```
/// use std::collections::BTreeMap;
/// use tenseur::{array, formats::safetensors};
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("weights.safetensors");
/// let arrays = BTreeMap::from([("w".to_string(), array![1.0, 2.0]), ("b".to_string(), array![0])]);
/// safetensors::save(&path, &arrays)?;
/// assert_eq!(safetensors::load(&path)?, arrays);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| in_file(path, "the file cannot be read", &error))?;
    decode(&bytes).map_err(|error| error.context(path.display()))
}

/// Writes arrays to a file, whole or not at all.
///
/// # Errors
/// When the file cannot be written, or as [`encode`] says.
pub fn save(path: impl AsRef<Path>, arrays: &BTreeMap<String, Array>) -> Result<()> {
    let path = path.as_ref();
    let bytes = encode(arrays).map_err(|error| error.context(path.display()))?;
    write_file(path, &bytes).map_err(|error| in_file(path, "the file cannot be written", &error))
}

/// The bytes of a file that holds these arrays.
///
/// # Errors
/// When the format has no type for one of them.
pub fn encode(arrays: &BTreeMap<String, Array>) -> Result<Vec<u8>> {
    let refused = |error| Error::invalid(format!("the arrays cannot be written as safetensors: {error}"));
    let mut views = Vec::with_capacity(arrays.len());
    for (name, array) in arrays {
        let known = TYPES.iter().find(|(ours, _)| *ours == array.dtype());
        let (_, dtype) = known.ok_or_else(|| {
            Error::new(Code::Unimplemented, format!("safetensors have no tensors of {}", array.dtype()))
                .context(format_args!("array \"{name}\""))
        })?;
        let view = TensorView::new(*dtype, array.shape().to_vec(), array.bytes()?).map_err(refused)?;
        views.push((name.as_str(), view));
    }
    serialize(views, None).map_err(refused)
}

/// The arrays in the bytes of a file, by name.
///
/// # Errors
/// When it is not such a file, is damaged, or holds a tensor of a type that arrays do not have.
pub fn decode(file: &[u8]) -> Result<BTreeMap<String, Array>> {
    let damaged =
        |error| Error::new(Code::DataLoss, format!("this is not a whole file of safetensors: {error}"));
    let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
    let mut arrays = BTreeMap::new();
    for (name, view) in tensors.iter() {
        let of = |error: Error| error.context(format_args!("tensor \"{name}\""));
        let known = TYPES.iter().find(|(_, theirs)| *theirs == view.dtype());
        let (dtype, _) = known.ok_or_else(|| {
            of(Error::new(Code::Unimplemented, format!("there are no arrays of {:?}", view.dtype())))
        })?;
        if *dtype == DType::Bool && view.data().iter().any(|&byte| byte > 1) {
            return Err(of(Error::new(Code::DataLoss, "a byte of a bool tensor is neither 0 nor 1")));
        }
        let array = Array::from_bytes(*dtype, view.shape().to_vec(), view.data()).map_err(of)?;
        arrays.insert(name.to_string(), array);
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn every_type_comes_back_with_its_bytes() {
        let bytes: Vec<u8> = (0..48u8).map(|byte| byte % 2).collect();
        let arrays: BTreeMap<String, Array> = TYPES
            .iter()
            .map(|(dtype, _)| {
                let elements = bytes.len() / dtype.size().unwrap();
                let array = Array::from_bytes(*dtype, [2, elements / 2], &bytes).unwrap();
                (format!("{dtype}/x:\"é"), array)
            })
            .chain([("empty".to_string(), Array::zeros(DType::Float32, [0, 3]).unwrap())])
            .chain([("scalar".to_string(), Array::scalar(1.5f64))])
            .collect();
        assert_eq!(decode(&encode(&arrays).unwrap()).unwrap(), arrays);
        assert_eq!(decode(&encode(&BTreeMap::new()).unwrap()).unwrap(), BTreeMap::new());
    }

    #[test]
    fn a_file_by_the_formats_description_is_read() {
        let header =
            r#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        file.extend([1.0f32, -2.0].iter().flat_map(|x| x.to_le_bytes()));
        assert_eq!(decode(&file).unwrap(), BTreeMap::from([("w".to_string(), array![1.0, -2.0])]));
    }

    #[test]
    fn what_does_not_fit_is_an_error_that_names_it() {
        let words = BTreeMap::from([("words".to_string(), Array::strings([1], ["a"]).unwrap())]);
        let error = encode(&words).unwrap_err();
        assert!(error.message().contains("\"words\": safetensors have no tensors of string"), "{error}");

        let whole = encode(&BTreeMap::from([("w".to_string(), array![true, false])])).unwrap();
        for cut in 0..whole.len() {
            assert!(decode(&whole[..cut]).is_err(), "{cut}");
        }
        let mut wrong = whole.clone();
        *wrong.last_mut().unwrap() = 2;
        assert!(decode(&wrong).unwrap_err().message().contains("tensor \"w\""));
        let mut huge = whole;
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(decode(&huge).is_err());
    }
}
