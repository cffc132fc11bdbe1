//! Writing a checkpoint.

use super::slice::{self, Slice};
use super::table::TableWriter;
use super::{data_files, data_path, index_path, strings};
use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::{AtomicFile, directory_of, sync_directory};
use crate::formats::in_file;
use crate::formats::masked_crc::masked_crc32c;
use crate::formats::proto::{BundleEntryProto, BundleHeaderProto, TensorSliceProto, VersionDef};
use crate::value::{Array, DType, Shape};
use prost::Message;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The version of the format that is written.
const VERSION: i32 = 1;

/// As many data files as their names have digits for.
const MOST_SHARDS: usize = 99_999;

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
pub struct CheckpointWriter<'a> {
    tensors: BTreeMap<String, Tensor<'a>>,
    shards: usize,
}

struct Tensor<'a> {
    dtype: DType,
    /// The shape of the whole.
    shape: Shape,
    parts: Vec<Part<'a>>,
}

/// A tensor, or a piece of one.
struct Part<'a> {
    piece: Option<(TensorSliceProto, Slice)>,
    data: Data<'a>,
}

#[derive(Clone, Copy)]
enum Data<'a> {
    Bytes(&'a [u8]),
    Strings(&'a [Vec<u8>]),
}

impl<'a> Data<'a> {
    fn of(array: &'a Array) -> Result<Data<'a>> {
        match array.as_strings() {
            Ok(strings) => Ok(Data::Strings(strings)),
            Err(_) => array.bytes().map(Data::Bytes),
        }
    }
}

impl Default for CheckpointWriter<'_> {
    fn default() -> Self {
        CheckpointWriter { tensors: BTreeMap::new(), shards: 1 }
    }
}

impl<'a> CheckpointWriter<'a> {
    /// No tensors yet.
    pub fn new() -> CheckpointWriter<'a> {
        CheckpointWriter::default()
    }

    /// The same, writing the tensors to this many data files, each tensor or piece to the one that is smallest by then.
    #[must_use]
    pub fn shards(self, shards: usize) -> CheckpointWriter<'a> {
        CheckpointWriter { shards: shards.clamp(1, MOST_SHARDS), ..self }
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
        self.insert(name, Tensor::whole(dtype, shape, Data::Bytes(bytes)))
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
        self.insert(name, Tensor::whole(DType::String, shape, Data::Strings(strings)))
    }

    /// Adds an array.
    ///
    /// # Errors
    /// When the name is empty or taken.
    pub fn add_array(&mut self, name: &str, array: &'a Array) -> Result<()> {
        match Data::of(array)? {
            Data::Strings(strings) => self.add_strings(name, array.shape(), strings),
            Data::Bytes(bytes) => self.add(name, array.dtype(), array.shape(), bytes),
        }
    }

    /// Adds a piece of a tensor, as one of a partitioned variable is: `array` is the box of a whole of shape `whole` that
    /// begins at `start`. All pieces of a name must make up the whole, each element once, when the checkpoint is written.
    ///
    /// # Errors
    /// When the name is empty or that of a tensor that is no such piece, or the box reaches beyond the whole.
    ///
    /// ```
    /// use tenseur::array;
    /// use tenseur::formats::checkpoint::{CheckpointReader, CheckpointWriter};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let prefix = directory.path().join("model");
    /// let (top, bottom) = (array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]);
    /// let mut writer = CheckpointWriter::new().shards(2);
    /// writer.add_piece("w", &[3, 2].into(), &[0, 0], &top)?;
    /// writer.add_piece("w", &[3, 2].into(), &[1, 0], &bottom)?;
    /// writer.write(&prefix)?;
    /// assert_eq!(CheckpointReader::open(&prefix)?.read("w")?, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_piece(&mut self, name: &str, whole: &Shape, start: &[usize], array: &'a Array) -> Result<()> {
        let refused = |why: String| Error::invalid(why).context(format_args!("tensor \"{name}\""));
        let proto = slice::proto(start, array.shape());
        let piece = Slice::new(&proto, whole).map_err(refused)?;
        let part = Part { piece: Some((proto, piece)), data: Data::of(array)? };
        match self.tensors.get_mut(name) {
            None => {
                self.insert(name, Tensor { dtype: array.dtype(), shape: whole.clone(), parts: vec![part] })
            }
            Some(tensor)
                if (tensor.dtype, &tensor.shape) == (array.dtype(), whole)
                    && tensor.parts.iter().all(|part| part.piece.is_some()) =>
            {
                tensor.parts.push(part);
                Ok(())
            }
            Some(tensor) => Err(refused(format!(
                "a piece of {} {whole} cannot be one of {} {}",
                array.dtype(),
                tensor.dtype,
                tensor.shape
            ))),
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
        for (name, tensor) in &self.tensors {
            tensor.check_whole().map_err(|error| error.context(format_args!("tensor \"{name}\"")))?;
        }
        self.write_files(prefix).map_err(|error| in_file(prefix, "the checkpoint cannot be written", &error))
    }

    fn write_files(&self, prefix: &Path) -> io::Result<()> {
        let index_path = index_path(prefix);
        let old = data_files(prefix)?;
        let mut shards = self.shards;
        if index_path.exists() {
            while old.iter().any(|(of, _)| *of == shards) {
                shards += 1;
            }
        }

        let create = |shard| AtomicFile::create(&data_path(prefix, shard, shards));
        let mut data = (0..self.shards).map(create).collect::<io::Result<Vec<_>>>()?;
        let index_bytes = self.write_data(&mut data, shards)?;
        data.iter_mut().try_for_each(AtomicFile::sync)?;
        let mut index = AtomicFile::create(&index_path)?;
        index.write_all(&index_bytes)?;
        index.sync()?;

        // Files beyond those that were asked for are empty.
        data.extend((data.len()..shards).map(create).collect::<io::Result<Vec<_>>>()?);
        let mut renamed = Unfinished::default();
        for (shard, file) in data.into_iter().enumerate() {
            renamed.paths.push(data_path(prefix, shard, shards));
            file.commit()?;
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

    /// Writes the tensors' data, one after the other in each file, and gives the bytes of the index.
    fn write_data(&self, files: &mut [impl Write], shards: usize) -> io::Result<Vec<u8>> {
        let header = BundleHeaderProto {
            num_shards: i32::try_from(shards).map_err(io::Error::other)?,
            endianness: 0,
            version: Some(VersionDef { producer: VERSION, ..VersionDef::default() }),
        };
        // Those of pieces sort before all names.
        let mut index = BTreeMap::from([(Vec::new(), header.encode_to_vec())]);
        let mut ends = vec![0i64; files.len()];
        for (name, tensor) in &self.tensors {
            let mut slices = Vec::new();
            for part in &tensor.parts {
                let (bytes, crc) = match part.data {
                    Data::Bytes(bytes) => (Cow::Borrowed(bytes), masked_crc32c(bytes)),
                    Data::Strings(values) => {
                        let (bytes, crc) = strings::encode(values);
                        (Cow::Owned(bytes), crc)
                    }
                };
                let shard = (0..ends.len()).min_by_key(|&shard| ends[shard]).unwrap_or(0);
                files[shard].write_all(&bytes)?;
                let size = bytes.len() as i64;
                let shape = part.piece.as_ref().map_or(&tensor.shape, |(_, piece)| piece.shape());
                let entry = BundleEntryProto {
                    dtype: tensor.dtype.number(),
                    shape: Some(shape.into()),
                    shard_id: shard as i32,
                    offset: ends[shard],
                    size,
                    crc32c: crc,
                    slices: Vec::new(),
                };
                ends[shard] += size;
                let key = match &part.piece {
                    None => name.as_bytes().to_vec(),
                    Some((proto, _)) => {
                        slices.push(proto.clone());
                        slice::key(name, proto)
                    }
                };
                index.insert(key, entry.encode_to_vec());
            }
            if !slices.is_empty() {
                let entry = BundleEntryProto {
                    dtype: tensor.dtype.number(),
                    shape: Some((&tensor.shape).into()),
                    slices,
                    ..BundleEntryProto::default()
                };
                index.insert(name.as_bytes().to_vec(), entry.encode_to_vec());
            }
        }
        let mut table = TableWriter::default();
        index.iter().for_each(|(key, value)| table.add(key, value));
        Ok(table.finish())
    }
}

impl<'a> Tensor<'a> {
    fn whole(dtype: DType, shape: &Shape, data: Data<'a>) -> Tensor<'a> {
        Tensor { dtype, shape: shape.clone(), parts: vec![Part { piece: None, data }] }
    }

    /// Whether the pieces, if it is in pieces, make up the whole.
    fn check_whole(&self) -> Result<()> {
        let pieces = self.parts.iter().filter_map(|part| part.piece.as_ref()).map(|(_, piece)| piece);
        match self.parts.iter().all(|part| part.piece.is_none()) || slice::cover(pieces, &self.shape) {
            true => Ok(()),
            false => Err(Error::invalid(format!(
                "its {} pieces do not make up its shape {}, each element once",
                self.parts.len(),
                self.shape
            ))),
        }
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
