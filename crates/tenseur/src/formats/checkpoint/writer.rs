//! Writing a checkpoint.

use super::table::TableWriter;
use super::{data_files, data_path, index_path, strings};
use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::{AtomicFile, directory_of, sync_directory};
use crate::formats::in_file;
use crate::formats::masked_crc::masked_crc32c;
use crate::formats::proto::{BundleEntryProto, BundleHeaderProto, VersionDef};
use crate::value::{Array, DType, Shape};
use prost::Message;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of the format that is written.
const VERSION: i32 = 1;

/// Tensors that are to become a checkpoint. They are borrowed until it is written.
///
/// ```
/// use tenseur::DType;
/// use tenseur::formats::checkpoint::CheckpointWriter;
///
/// let directory = tempfile::tempdir()?;
/// let step = 7i64.to_le_bytes();
/// let classes = ["cat".into(), "dog".into()];
/// let mut writer = CheckpointWriter::new();
/// writer.add("step", DType::Int64, &[].into(), &step)?;
/// writer.add_strings("classes", &[2].into(), &classes)?;
/// writer.write(directory.path().join("model-7"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct CheckpointWriter<'a> {
    tensors: BTreeMap<String, Tensor<'a>>,
}

struct Tensor<'a> {
    dtype: DType,
    shape: Shape,
    data: Data<'a>,
}

enum Data<'a> {
    Bytes(&'a [u8]),
    Strings(&'a [Vec<u8>]),
}

impl<'a> CheckpointWriter<'a> {
    /// No tensors yet.
    pub fn new() -> CheckpointWriter<'a> {
        CheckpointWriter::default()
    }

    /// Adds a tensor by its bytes: its elements row by row, little-endian.
    ///
    /// # Errors
    /// When the name is empty or taken, elements of `dtype` have no fixed size, or `bytes` does not fit the shape.
    pub fn add(&mut self, name: &str, dtype: DType, shape: &Shape, bytes: &'a [u8]) -> Result<()> {
        let refused = |why: String| Error::invalid(why).context(format_args!("tensor \"{name}\""));
        let size = super::stored_size(dtype.number());
        let size =
            size.ok_or_else(|| refused(format!("the elements of {dtype} have no fixed number of bytes")))?;
        if shape.checked_elements().and_then(|elements| elements.checked_mul(size)) != Some(bytes.len()) {
            return Err(refused(format!(
                "its shape {shape} has {} elements of {size} bytes, and {} bytes were given",
                shape.elements(),
                bytes.len()
            )));
        }
        self.insert(name, Tensor { dtype, shape: shape.clone(), data: Data::Bytes(bytes) })
    }

    /// Adds a tensor of strings, row by row.
    ///
    /// # Errors
    /// When the name is empty or taken, or the number of strings does not fit the shape.
    pub fn add_strings(&mut self, name: &str, shape: &Shape, strings: &'a [Vec<u8>]) -> Result<()> {
        if shape.checked_elements() != Some(strings.len()) {
            let why = format!(
                "its shape {shape} has {} elements, and {} strings were given",
                shape.elements(),
                strings.len()
            );
            return Err(Error::invalid(why).context(format_args!("tensor \"{name}\"")));
        }
        self.insert(name, Tensor { dtype: DType::String, shape: shape.clone(), data: Data::Strings(strings) })
    }

    /// Adds an array.
    ///
    /// # Errors
    /// When the name is empty or taken.
    pub fn add_array(&mut self, name: &str, array: &'a Array) -> Result<()> {
        match array.as_strings() {
            Ok(strings) => self.add_strings(name, array.shape(), strings),
            Err(_) => self.add(name, array.dtype(), array.shape(), array.bytes()?),
        }
    }

    fn insert(&mut self, name: &str, tensor: Tensor<'a>) -> Result<()> {
        // Keys that begin with 0 are those of pieces.
        if name.is_empty() || name.starts_with('\0') {
            return Err(Error::invalid(format!(
                "a tensor in a checkpoint cannot be called \"{}\"",
                name.escape_debug()
            )));
        }
        if self.tensors.contains_key(name) {
            return Err(Error::new(
                Code::AlreadyExists,
                format!("the checkpoint has a tensor \"{name}\" already"),
            ));
        }
        self.tensors.insert(name.to_string(), tensor);
        Ok(())
    }

    /// Writes the checkpoint `prefix`, whole or not at all; one that is there already is replaced in one step.
    ///
    /// # Errors
    /// When the directory does not exist or a file cannot be written; then everything is as it was.
    pub fn write(&self, prefix: impl AsRef<Path>) -> Result<()> {
        let prefix = prefix.as_ref();
        let directory = directory_of(prefix);
        if !directory.is_dir() {
            let why = format!(
                "{}: the checkpoint cannot be written: the directory {} does not exist",
                prefix.display(),
                directory.display()
            );
            return Err(Error::new(Code::NotFound, why));
        }
        self.write_files(prefix).map_err(|error| in_file(prefix, "the checkpoint cannot be written", &error))
    }

    fn write_files(&self, prefix: &Path) -> io::Result<()> {
        let index_path = index_path(prefix);
        let old = data_files(prefix)?;
        let mut shards = 1;
        if index_path.exists() {
            while old.iter().any(|(of, _)| *of == shards) {
                shards += 1;
            }
        }

        let mut data = AtomicFile::create(&data_path(prefix, 0, shards))?;
        let index_bytes = self.write_data(&mut data, shards)?;
        data.sync()?;
        let mut index = AtomicFile::create(&index_path)?;
        index.write_all(&index_bytes)?;
        index.sync()?;

        let mut renamed = Unfinished::default();
        renamed.paths.push(data_path(prefix, 0, shards));
        data.commit()?;
        for shard in 1..shards {
            let path = data_path(prefix, shard, shards);
            renamed.paths.push(path.clone());
            AtomicFile::create(&path)?.commit()?;
        }
        // The names of the data are on the disk before that of the index is.
        sync_directory(directory_of(prefix))?;
        index.commit()?;
        renamed.paths.clear();
        sync_directory(directory_of(prefix))?;

        for (of, path) in old {
            if of != shards {
                // The checkpoint is whole with or without it.
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// Writes the tensors' data one after the other, and gives the bytes of the index.
    fn write_data(&self, file: &mut impl Write, shards: usize) -> io::Result<Vec<u8>> {
        let header = BundleHeaderProto {
            num_shards: i32::try_from(shards).map_err(io::Error::other)?,
            endianness: 0,
            version: Some(VersionDef { producer: VERSION, ..VersionDef::default() }),
        };
        let mut index = TableWriter::default();
        index.add(b"", &header.encode_to_vec());
        let mut offset = 0;
        for (name, tensor) in &self.tensors {
            let (bytes, crc) = match tensor.data {
                Data::Bytes(bytes) => (Cow::Borrowed(bytes), masked_crc32c(bytes)),
                Data::Strings(values) => {
                    let (bytes, crc) = strings::encode(values);
                    (Cow::Owned(bytes), crc)
                }
            };
            file.write_all(&bytes)?;
            let size = bytes.len() as i64;
            let entry = BundleEntryProto {
                dtype: tensor.dtype.number(),
                shape: Some((&tensor.shape).into()),
                shard_id: 0,
                offset,
                size,
                crc32c: crc,
                slices: Vec::new(),
            };
            index.add(name.as_bytes(), &entry.encode_to_vec());
            offset += size;
        }
        Ok(index.finish())
    }
}

/// Data files that no index speaks of yet; removed unless the list is cleared.
#[derive(Default)]
struct Unfinished {
    paths: Vec<PathBuf>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for path in &self.paths {
            let _ = fs::remove_file(path);
        }
    }
}
