//! Checkpoints of TensorFlow's first version: one table a file, which holds names, types, slices and elements alike.
//!
//! ```text
//! ""             SavedTensorSlices { meta: of each tensor its name, type, shape and slices }
//! name, slice    SavedTensorSlices { data: the slice and its elements, in the list of their type }
//! ```
//!
//! A tensor may be in slices, and these in several files, which a pattern then names together.

use super::boxes;
use super::slice::{self, Slice};
use super::table::{self, TableWriter};
use crate::error::{Code, Error, Result};
use crate::formats::proto::{
    SavedSlice, SavedSliceMeta, SavedTensorSliceMeta, SavedTensorSlices, TensorProto, TensorSliceExtent,
    TensorSliceProto, VersionDef,
};
use crate::formats::tensor_proto::{array_from_proto, known_shape, listed_elements, listed_proto};
use crate::formats::{in_file, write_file};
use crate::value::{Array, DType, Shape};
use prost::Message;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The version of the format that is written.
const VERSION: i32 = 1;

/// A message must be shorter than this.
const LONGEST: usize = 1 << 31;

/// A tensor to be saved, or the box of a whole that begins at `start`.
pub(crate) struct Saved<'a> {
    pub(crate) name: &'a str,
    pub(crate) array: &'a Array,
    pub(crate) part: Option<(Shape, Vec<usize>)>,
}

/// Writes the tensors as a file, whole or not at all.
///
/// # Errors
/// When there is a slice twice, slices of one name are not of one whole, there is a type that the format does not have, or the
/// file cannot be written.
pub(crate) fn write(path: &Path, tensors: &[Saved<'_>]) -> Result<()> {
    let mut meta: Vec<SavedSliceMeta> = Vec::new();
    let mut slices = BTreeMap::new();
    for Saved { name, array, part } in tensors {
        let refused =
            |code: Code, why: String| Error::new(code, why).context(format_args!("tensor \"{name}\""));
        let (whole, slice) = match part {
            Some((whole, start)) => {
                let mut slice = slice::proto(start, array.shape());
                // A whole axis is told without its length.
                for (extent, (size, whole)) in
                    slice.extent.iter_mut().zip(array.shape().iter().zip(whole.iter()))
                {
                    extent.length = extent.length.filter(|_| size != whole);
                }
                (whole, slice)
            }
            None => {
                let all = TensorSliceExtent { start: 0, length: None };
                (array.shape(), TensorSliceProto { extent: vec![all; array.shape().rank()] })
            }
        };
        Slice::new(&slice, whole).map_err(|why| refused(Code::InvalidArgument, why))?;
        let data = listed_proto(array).map_err(|why| refused(why.code, why.text))?;
        let entry = SavedTensorSlices {
            meta: None,
            data: Some(SavedSlice { name: name.to_string(), slice: Some(slice.clone()), data: Some(data) }),
        };
        if entry.encoded_len() >= LONGEST {
            let why = "it is too large for this kind of checkpoint: 2 GiB and more in one slice";
            return Err(refused(Code::InvalidArgument, why.into()));
        }
        if slices.insert(slice::key(name, &slice), entry.encode_to_vec()).is_some() {
            return Err(refused(Code::InvalidArgument, "it is saved twice".into()));
        }
        let (kind, shape) = (array.dtype().number(), Some(whole.into()));
        match meta.iter_mut().find(|known| known.name == *name) {
            None => {
                let slice = vec![slice];
                meta.push(SavedSliceMeta { name: name.to_string(), shape, r#type: kind, slice });
            }
            Some(known) if (known.r#type, &known.shape) == (kind, &shape) => known.slice.push(slice),
            Some(_) => {
                let why = format!("a slice of {} {whole} is not one of the same tensor", array.dtype());
                return Err(refused(Code::InvalidArgument, why));
            }
        }
    }
    // In TensorFlow's order.
    meta.sort_by(|one, other| one.name.cmp(&other.name));
    let versions = Some(VersionDef { producer: VERSION, ..VersionDef::default() });
    let meta = SavedTensorSliceMeta { tensor: meta, versions };
    let mut table = TableWriter::default();
    table.add(&[], &SavedTensorSlices { meta: Some(meta), data: None }.encode_to_vec());
    slices.iter().for_each(|(key, value)| table.add(key, value));
    write_file(path, &table.finish())
        .map_err(|error| in_file(path, "the checkpoint cannot be written", &error))
}

/// The files of a checkpoint, of which the tables' heads have been read.
pub(crate) struct FirstVersion {
    paths: Vec<PathBuf>,
    tensors: BTreeMap<String, (i32, Shape)>,
}

impl FirstVersion {
    /// The checkpoint in these files.
    ///
    /// # Errors
    /// When one cannot be read, is damaged, or they do not belong together.
    pub(crate) fn open(paths: Vec<PathBuf>) -> Result<FirstVersion> {
        let mut tensors = BTreeMap::new();
        for path in &paths {
            let lost = |why: String| Error::new(Code::DataLoss, why).context(path.display());
            let mut meta = None;
            read(path, |key, value| {
                // All that there is stands under the first key.
                if key.is_empty() {
                    meta = decoded(value)?.meta;
                }
                Ok(())
            })?;
            let meta = meta.ok_or_else(|| lost("the list of its tensors is missing".into()))?;
            for tensor in meta.tensor {
                let shape = known_shape(tensor.shape.as_ref());
                let shape = shape.map_err(|why| lost(format!("tensor \"{}\": {}", tensor.name, why.text)))?;
                let told = (tensor.r#type, shape);
                match tensors.get(&tensor.name) {
                    Some(known) if *known != told => {
                        let why = "it has another type or shape than in another file";
                        return Err(lost(format!("tensor \"{}\": {why}", tensor.name)));
                    }
                    _ => drop(tensors.insert(tensor.name, told)),
                }
            }
        }
        Ok(FirstVersion { paths, tensors })
    }

    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.tensors.get(name).map(|(_, shape)| shape)
    }

    /// A tensor, or the box of it that begins at `start` and has this shape.
    ///
    /// # Errors
    /// When it is not there, its slices do not make up what is asked for, or they are damaged.
    pub(crate) fn read(&self, name: &str, part: Option<(&[usize], &Shape)>) -> Result<Array> {
        let (kind, whole) = self
            .tensors
            .get(name)
            .ok_or_else(|| Error::new(Code::NotFound, format!("the checkpoint has no tensor \"{name}\"")))?;
        let of_tensor = |error: Error| error.context(format_args!("tensor \"{name}\""));
        let dtype = DType::from_number(*kind).filter(|(_, reference)| !reference);
        let Some((dtype, _)) = dtype else {
            let why = format!("there are no arrays of data type {kind}");
            return Err(of_tensor(Error::new(Code::Unimplemented, why)));
        };
        let origin = vec![0; whole.rank()];
        let (start, shape) = part.unwrap_or((&origin, whole));
        let begins = slice::key_of_all(name);
        let mut pieces: Vec<(Vec<usize>, Array)> = Vec::new();
        for path in &self.paths {
            read(path, |key, value| {
                if !key.starts_with(&begins) {
                    return Ok(());
                }
                let damaged = |why: String| format!("a slice of \"{name}\": {why}");
                let saved = decoded(value)?.data.ok_or_else(|| damaged("it holds nothing".into()))?;
                let slice = Slice::new(&saved.slice.unwrap_or_default(), whole).map_err(damaged)?;
                let Some((to, from, common)) = meeting((slice.start(), slice.shape()), (start, shape)) else {
                    return Ok(());
                };
                let elements = saved.data.unwrap_or_default();
                let array = elements_of(elements, dtype, slice.shape()).map_err(damaged)?;
                let cut = boxes::cut(&array, &from, &common);
                pieces.push((to, cut.map_err(|error| damaged(error.message().into()))?));
                Ok(())
            })?;
        }
        if shape.checked_elements() == Some(0) {
            let none: [&str; 0] = [];
            return match dtype {
                DType::String => Array::strings(shape.clone(), none),
                _ => Array::zeros(dtype, shape.clone()),
            };
        }
        if pieces.is_empty() {
            return Err(of_tensor(Error::invalid("the files have none of its slices")));
        }
        let placed: Vec<(&[usize], &Array)> =
            pieces.iter().map(|(start, piece)| (start.as_slice(), piece)).collect();
        boxes::join(shape, &placed).map_err(of_tensor)
    }
}

/// Calls `visit` for what the table in a file holds.
fn read(path: &Path, visit: impl FnMut(&[u8], &[u8]) -> Result<(), String>) -> Result<()> {
    let file = fs::read(path).map_err(|error| in_file(path, "the checkpoint cannot be read", &error))?;
    table::read(&file, visit).map_err(|why| Error::new(Code::DataLoss, why).context(path.display()))
}

fn decoded(value: &[u8]) -> Result<SavedTensorSlices, String> {
    SavedTensorSlices::decode(value).map_err(|error| format!("an entry is damaged: {error}"))
}

/// The elements of a slice, of which there must be as many as it has places.
fn elements_of(proto: TensorProto, dtype: DType, shape: &Shape) -> Result<Array, String> {
    let elements = listed_elements(&proto, dtype);
    if shape.checked_elements() != Some(elements) {
        return Err(format!("it has {elements} elements, and its shape is {shape}"));
    }
    let whole = TensorProto {
        dtype: dtype.number(),
        tensor_shape: Some(shape.into()),
        tensor_content: Vec::new(),
        ..proto
    };
    array_from_proto(&whole).map_err(|reason| reason.text)
}

/// What two boxes have in common: where that begins in the second, where in the first, and its shape.
fn meeting(one: (&[usize], &Shape), other: (&[usize], &Shape)) -> Option<(Vec<usize>, Vec<usize>, Shape)> {
    let (mut to, mut from, mut shape) = (Vec::new(), Vec::new(), Vec::new());
    for axis in 0..one.1.rank() {
        let begin = one.0[axis].max(other.0[axis]);
        let end = (one.0[axis] + one.1[axis]).min(other.0[axis] + other.1[axis]);
        if begin >= end {
            return None;
        }
        to.push(begin - other.0[axis]);
        from.push(begin - one.0[axis]);
        shape.push(end - begin);
    }
    Some((to, from, shape.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    /// `tf.raw_ops.Save` of TensorFlow wrote these bytes: "x", float32, [[1, 0], [1, 1]].
    const FROM_TENSORFLOW: &[u8] = b"\0\0\x1d\x0a\x1b\x0a\x15\x0a\x01x\x12\x08\x12\x02\x08\x02\x12\x02\x08\x02\x18\x01\"\x04\x0a\0\x0a\0\x12\
        \x02\x08\x01\0\x0a\x1f\0x\0\x01\x01\x02\x80\x7f\x80\x7f\x12\x1d\x0a\x01x\x12\x04\x0a\0\x0a\0\x1a\x12*\
        \x10\0\0\x80?\0\0\0\0\0\0\x80?\0\0\x80?\0\0\0\0\x01\0\0\0\0\x20\xf9,f\0\0\0\0\x01\0\0\0\0\xc0\xf2\xa1\
        \xb0\0\x01\x02\x01\0T\0\0\0\0\x01\0\0\0\0\x0c\xe3\x96ZY\x08f\x0e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0W\xfb\x80\x8b$uG\xdb";

    fn saved<'a>(name: &'a str, array: &'a Array) -> Saved<'a> {
        Saved { name, array, part: None }
    }

    #[test]
    fn the_file_is_that_of_tensorflow() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let x = array![[1.0, 0.0], [1.0, 1.0]];
        write(&path, &[saved("x", &x)]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), FROM_TENSORFLOW);
        let reader = FirstVersion::open(vec![path]).unwrap();
        assert_eq!(reader.read("x", None).unwrap(), x);
        let row = Shape::from([1, 2]);
        assert_eq!(reader.read("x", Some((&[1, 0], &row))).unwrap(), array![[1.0, 1.0]]);
        assert_eq!(reader.read("y", None).unwrap_err().code(), Code::NotFound);
    }

    #[test]
    fn slices_in_several_files_are_put_together() {
        let folder = tempfile::tempdir().unwrap();
        let (top, bottom) = (array![[1, 2]], array![[3, 4], [5, 6]]);
        let whole = Shape::from([3, 2]);
        let mut paths = Vec::new();
        for (name, array, start) in [("0", &top, vec![0, 0]), ("1", &bottom, vec![1, 0])] {
            let path = folder.path().join(name);
            let words = array!["a", "bc"];
            let part = Some((whole.clone(), start));
            write(&path, &[Saved { name: "x", array, part }, saved(name, &words)]).unwrap();
            paths.push(path);
        }
        let reader = FirstVersion::open(paths.clone()).unwrap();
        assert_eq!(reader.read("x", None).unwrap(), array![[1, 2], [3, 4], [5, 6]]);
        let middle = Shape::from([2, 1]);
        assert_eq!(reader.read("x", Some((&[0, 1], &middle))).unwrap(), array![[2], [4]]);
        assert_eq!(reader.read("1", None).unwrap(), array!["a", "bc"]);
        let half = FirstVersion::open(paths[1..].to_vec()).unwrap();
        assert!(half.read("x", None).is_err());
        let rows = Shape::from([2, 2]);
        assert_eq!(half.read("x", Some((&[1, 0], &rows))).unwrap(), bottom);
    }

    #[test]
    fn a_damaged_file_is_an_error_wherever_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        for place in 0..FROM_TENSORFLOW.len() {
            let mut bytes = FROM_TENSORFLOW.to_vec();
            bytes[place] ^= 0x55;
            fs::write(&path, bytes).unwrap();
            let read = FirstVersion::open(vec![path.clone()]).and_then(|reader| reader.read("x", None));
            if let Ok(array) = read {
                assert_eq!(array, array![[1.0, 0.0], [1.0, 1.0]], "{place}");
            }
        }
        fs::write(&path, "no table").unwrap();
        assert_eq!(FirstVersion::open(vec![path]).err().unwrap().code(), Code::DataLoss);
    }

    #[test]
    fn what_the_format_does_not_hold_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let x = array![1.0];
        let many = Array::zeros(DType::BFloat16, [1]).unwrap();
        assert_eq!(write(&path, &[saved("x", &many)]).unwrap_err().code(), Code::Unimplemented);
        assert!(write(&path, &[saved("x", &x), saved("x", &x)]).is_err());
        assert!(!path.exists());
        let nowhere = folder.path().join("none/model");
        assert_eq!(write(&nowhere, &[saved("x", &x)]).unwrap_err().code(), Code::NotFound);
    }
}
