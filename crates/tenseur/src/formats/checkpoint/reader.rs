//! Reading a checkpoint.

use super::slice::{self, Slice};
use super::{boxes, data_path, index_path, stored_size, strings, table};
use crate::error::{Code, Error, Result};
use crate::formats::in_file;
use crate::formats::masked_crc::{is_right, masked_crc32c};
use crate::formats::proto::{BundleEntryProto, BundleHeaderProto};
use crate::formats::tensor_proto::known_shape;
use crate::value::{Array, DType, Shape};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The version of the format that this reader knows.
const VERSION: i32 = 1;

/// A checkpoint whose index has been read and checked. Tensors are read from the data files when they are asked for.
///
/// ```
/// use tenseur::formats::checkpoint::{CheckpointReader, CheckpointWriter};
/// use tenseur::{DType, array};
///
/// let directory = tempfile::tempdir()?;
/// let prefix = directory.path().join("model");
/// let weights = array![[1.0, 2.0], [3.0, 4.0]];
/// let mut writer = CheckpointWriter::new();
/// writer.add_array("w", &weights)?;
/// writer.write(&prefix)?;
///
/// let reader = CheckpointReader::open(&prefix)?;
/// let (name, entry) = reader.entries().next().unwrap();
/// assert_eq!((name, entry.dtype(), &entry.shape[..]), ("w", Some(DType::Float32), &[2, 2][..]));
/// assert_eq!(reader.read("w")?, weights);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CheckpointReader {
    prefix: PathBuf,
    shards: usize,
    entries: BTreeMap<String, Entry>,
}

/// What the index says of one tensor.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The element type's number in TensorFlow's `DataType`.
    pub dtype_number: i32,
    /// The shape; that of the whole, where the tensor was saved in pieces.
    pub shape: Shape,
    data: Data,
}

impl Entry {
    /// The element type; `None` if it is one that we have no name for.
    pub fn dtype(&self) -> Option<DType> {
        DType::from_number(self.dtype_number).map(|(dtype, _)| dtype)
    }

    /// Into how many pieces the tensor was cut, as a partitioned variable is; 1 for others.
    pub fn pieces(&self) -> usize {
        match &self.data {
            Data::Whole(_) => 1,
            Data::Pieces(pieces) => pieces.len(),
        }
    }

    /// The type in words.
    fn dtype_text(&self) -> String {
        self.dtype().map_or_else(|| format!("data type {}", self.dtype_number), |dtype| dtype.to_string())
    }
}

#[derive(Clone, Debug)]
enum Data {
    Whole(Place),
    Pieces(Vec<(Slice, Place)>),
}

/// A range of bytes in a data file, and its checksum.
#[derive(Clone, Copy, Debug)]
struct Place {
    shard: usize,
    offset: u64,
    size: u64,
    crc: u32,
}

impl CheckpointReader {
    /// Opens the checkpoint `prefix`, of which `PREFIX.index` is a file.
    ///
    /// # Errors
    /// When there is no such file, it is damaged, of a newer format, or written on a big-endian machine.
    pub fn open(prefix: impl AsRef<Path>) -> Result<CheckpointReader> {
        let prefix = prefix.as_ref();
        let path = index_path(prefix);
        let file =
            fs::read(&path).map_err(|error| in_file(&path, "the checkpoint cannot be read", &error))?;
        let (shards, entries) = read_index(&file).map_err(|error| error.context(path.display()))?;
        Ok(CheckpointReader { prefix: prefix.to_path_buf(), shards, entries })
    }

    /// The tensors in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The tensor of that name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Reads a tensor.
    ///
    /// # Errors
    /// When there is none of that name, its type is not one of arrays, or its data is missing or damaged.
    pub fn read(&self, name: &str) -> Result<Array> {
        self.read_entry(name, self.find(name)?)
    }

    fn read_entry(&self, name: &str, entry: &Entry) -> Result<Array> {
        let shape = entry.shape.clone();
        match entry.dtype() {
            Some(DType::String) => Array::strings(shape, self.read_strings_of(name, entry)?),
            Some(dtype) if dtype.size().is_some() => {
                self.check_data(name, entry)?;
                let mut array = Array::zeros(dtype, shape)?;
                self.fill(name, entry, array.bytes_mut()?)?;
                if dtype == DType::Bool && array.bytes()?.iter().any(|&byte| byte > 1) {
                    return Err(self.damaged(name, "a byte of a bool tensor is neither 0 nor 1"));
                }
                Ok(array)
            }
            _ => {
                let why = format!("there are no arrays of {}", entry.dtype_text());
                Err(Error::new(Code::Unimplemented, why).context(self.tensor(name)))
            }
        }
    }

    /// Reads the box of this shape that begins at `start` of a tensor: what a part of a partitioned variable holds. Where
    /// the tensor was saved in pieces of which it is one, nothing else is read.
    ///
    /// # Errors
    /// As [`read`](CheckpointReader::read); and when the box reaches beyond the tensor.
    pub fn read_piece(&self, name: &str, start: &[usize], shape: &Shape) -> Result<Array> {
        let entry = self.find(name)?;
        let piece = Slice::new(&slice::proto(start, shape), &entry.shape)
            .map_err(|why| Error::invalid(why).context(self.tensor(name)))?;
        if let Data::Pieces(pieces) = &entry.data
            && let Some((_, place)) = pieces.iter().find(|(stored, _)| *stored == piece)
        {
            let alone = Entry { shape: shape.clone(), data: Data::Whole(*place), ..*entry };
            return self.read_entry(name, &alone);
        }
        boxes::cut(&self.read_entry(name, entry)?, start, shape)
    }

    /// Reads a tensor's bytes: its elements row by row, little-endian.
    ///
    /// # Errors
    /// When there is none of that name, its elements have no fixed size, or its data is missing or damaged.
    pub fn read_bytes(&self, name: &str) -> Result<Vec<u8>> {
        let entry = self.find(name)?;
        let Some(size) = stored_size(entry.dtype_number) else {
            let why = format!("the elements of {} are not bytes of a fixed number", entry.dtype_text());
            return Err(Error::new(Code::Unimplemented, why).context(self.tensor(name)));
        };
        self.check_data(name, entry)?;
        let mut bytes = vec![0; entry.shape.elements() * size];
        self.fill(name, entry, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a tensor's strings, row by row.
    ///
    /// # Errors
    /// When there is none of that name, it does not hold strings, or its data is missing or damaged.
    pub fn read_strings(&self, name: &str) -> Result<Vec<Vec<u8>>> {
        let entry = self.find(name)?;
        if entry.dtype() != Some(DType::String) {
            let why = format!("a tensor of {} was read as strings", entry.dtype_text());
            return Err(Error::invalid(why).context(self.tensor(name)));
        }
        self.read_strings_of(name, entry)
    }

    /// Reads everything, so that everything is checked: each tensor's data is there, and its checksum is right.
    ///
    /// # Errors
    /// For the first tensor of which that is not so.
    pub fn verify(&self) -> Result<()> {
        self.entries.iter().try_for_each(|(name, entry)| match entry.dtype() {
            Some(DType::String) => self.read_strings_of(name, entry).map(drop),
            _ => self.read_bytes(name).map(drop),
        })
    }

    fn read_strings_of(&self, name: &str, entry: &Entry) -> Result<Vec<Vec<u8>>> {
        self.check_data(name, entry)?;
        let read = |place: &Place, count| {
            let mut bytes = vec![0; place.size as usize];
            self.read_place(name, place, &mut bytes)?;
            strings::decode(&bytes, count, place.crc).map_err(|why| self.damaged(name, &why))
        };
        match &entry.data {
            Data::Whole(place) => read(place, entry.shape.elements()),
            Data::Pieces(pieces) => {
                let mut whole = vec![Vec::new(); entry.shape.elements()];
                for (slice, place) in pieces {
                    let mut part = read(place, slice.shape().elements())?;
                    slice.runs(&entry.shape, |to, from, length| {
                        whole[to..to + length].swap_with_slice(&mut part[from..from + length]);
                    });
                }
                Ok(whole)
            }
        }
    }

    /// Fills `bytes` with the elements of a tensor of numbers.
    fn fill(&self, name: &str, entry: &Entry, bytes: &mut [u8]) -> Result<()> {
        let read = |place: &Place, bytes: &mut [u8]| {
            self.read_place(name, place, bytes)?;
            if is_right(place.crc, masked_crc32c(bytes)) {
                Ok(())
            } else {
                Err(self.damaged(name, "the checksum is wrong: the file is damaged"))
            }
        };
        match &entry.data {
            Data::Whole(place) => read(place, bytes),
            Data::Pieces(pieces) => {
                let size = stored_size(entry.dtype_number).unwrap_or(1);
                for (slice, place) in pieces {
                    let mut part = vec![0; place.size as usize];
                    read(place, &mut part)?;
                    slice.runs(&entry.shape, |to, from, length| {
                        let (to, from, length) = (to * size, from * size, length * size);
                        bytes[to..to + length].copy_from_slice(&part[from..from + length]);
                    });
                }
                Ok(())
            }
        }
    }

    /// Checks that the data files have all of a tensor, before anything is allocated for it.
    fn check_data(&self, name: &str, entry: &Entry) -> Result<()> {
        let check = |place: &Place| {
            let path = data_path(&self.prefix, place.shard, self.shards);
            let length = fs::metadata(&path).map_err(|error| self.cannot_read(name, &path, &error))?.len();
            // The index was checked: the sum does not overflow.
            if place.offset + place.size > length {
                let Place { offset, size, .. } = place;
                let why = format!(
                    "its {size} bytes at offset {offset} of {} reach beyond the file, which has {length}",
                    path.display()
                );
                return Err(self.damaged(name, &why));
            }
            Ok(())
        };
        match &entry.data {
            Data::Whole(place) => check(place),
            Data::Pieces(pieces) => {
                pieces.iter().try_for_each(|(_, place)| check(place))?;
                if slice::cover(pieces.iter().map(|(slice, _)| slice), &entry.shape) {
                    return Ok(());
                }
                let why = format!("its {} pieces do not make up its shape {}", pieces.len(), entry.shape);
                Err(self.damaged(name, &why))
            }
        }
    }

    /// Reads the bytes at a place, without looking at their checksum.
    fn read_place(&self, name: &str, place: &Place, bytes: &mut [u8]) -> Result<()> {
        let path = data_path(&self.prefix, place.shard, self.shards);
        let read = |bytes: &mut [u8]| {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(place.offset))?;
            file.read_exact(bytes)
        };
        read(bytes).map_err(|error| self.cannot_read(name, &path, &error))
    }

    fn find(&self, name: &str) -> Result<&Entry> {
        self.entries.get(name).ok_or_else(|| {
            let why = format!("{}: the checkpoint has no tensor \"{name}\"", self.prefix.display());
            Error::new(Code::NotFound, why)
        })
    }

    fn tensor(&self, name: &str) -> String {
        format!("{}: tensor \"{name}\"", self.prefix.display())
    }

    fn damaged(&self, name: &str, why: &str) -> Error {
        Error::new(Code::DataLoss, why).context(self.tensor(name))
    }

    fn cannot_read(&self, name: &str, path: &Path, error: &std::io::Error) -> Error {
        in_file(path, "the data file cannot be read", error).context(self.tensor(name))
    }
}

/// The number of data files and the tensors, from the bytes of an index.
fn read_index(file: &[u8]) -> Result<(usize, BTreeMap<String, Entry>)> {
    let lost = |why: String| Error::new(Code::DataLoss, why);
    let mut header = None;
    let mut whole: Vec<(String, BundleEntryProto)> = Vec::new();
    let mut pieces: BTreeMap<Vec<u8>, BundleEntryProto> = BTreeMap::new();
    table::read(file, |key, value| {
        if key.is_empty() {
            let decoded =
                BundleHeaderProto::decode(value).map_err(|error| format!("the header is damaged: {error}"));
            header = Some(decoded?);
            return Ok(());
        }
        let entry = BundleEntryProto::decode(value)
            .map_err(|error| format!("the entry of \"{}\" is damaged: {error}", key.escape_ascii()))?;
        if key[0] == 0 {
            pieces.insert(key.to_vec(), entry);
        } else {
            let name = std::str::from_utf8(key)
                .map_err(|_| format!("the name \"{}\" of a tensor is not UTF-8", key.escape_ascii()))?;
            whole.push((name.to_string(), entry));
        }
        Ok(())
    })
    .map_err(lost)?;
    let header = header.ok_or_else(|| lost("the header of the checkpoint is missing".into()))?;
    let shards = check_header(&header)?;

    let mut places = Vec::new();
    let mut entries = BTreeMap::new();
    for (name, proto) in whole {
        let entry = read_entry(&name, &proto, &pieces, shards, &mut places)
            .map_err(|why| lost(format!("tensor \"{name}\": {why}")))?;
        entries.insert(name, entry);
    }
    // So what all tensors take together is no more than the files have.
    places.retain(|place| place.size > 0);
    places.sort_unstable_by_key(|place| (place.shard, place.offset, place.size));
    for pair in places.windows(2) {
        if pair[0].shard == pair[1].shard
            && pair[0].offset + pair[0].size > pair[1].offset
            && pair[1].size > 0
        {
            return Err(lost(format!(
                "two tensors overlap at offset {} of data file {}",
                pair[1].offset, pair[1].shard
            )));
        }
    }
    Ok((shards, entries))
}

/// The number of data files, if this is a checkpoint that we can read.
fn check_header(header: &BundleHeaderProto) -> Result<usize> {
    let unsupported = |why: String| Err(Error::new(Code::Unimplemented, why));
    if header.endianness != 0 {
        return unsupported(
            "the checkpoint was written on a big-endian machine, and only little-endian is read".into(),
        );
    }
    let version = header.version.clone().unwrap_or_default();
    if version.min_consumer > VERSION || version.bad_consumers.contains(&VERSION) {
        return unsupported(format!(
            "the checkpoint is for readers of version {} or later, and this is version {VERSION}",
            version.min_consumer
        ));
    }
    usize::try_from(header.num_shards).ok().filter(|&shards| shards > 0).ok_or_else(|| {
        Error::new(
            Code::DataLoss,
            format!("the checkpoint says that it has {} data files", header.num_shards),
        )
    })
}

/// A tensor's entry, checked. The ranges of its data are added to `places`.
fn read_entry(
    name: &str,
    proto: &BundleEntryProto,
    pieces: &BTreeMap<Vec<u8>, BundleEntryProto>,
    shards: usize,
    places: &mut Vec<Place>,
) -> std::result::Result<Entry, String> {
    let dtype_number = proto.dtype;
    let shape = known_shape(proto.shape.as_ref()).map_err(|reason| reason.text)?;
    if proto.slices.is_empty() {
        let place = read_place(proto, &shape, shards)?;
        places.push(place);
        return Ok(Entry { dtype_number, shape, data: Data::Whole(place) });
    }
    let mut keys = BTreeSet::new();
    let mut parts = Vec::with_capacity(proto.slices.len());
    for slice in &proto.slices {
        let key = slice::key(name, slice);
        let piece = pieces.get(&key).ok_or("one of its pieces is missing from the index")?;
        if !keys.insert(key) {
            return Err("one of its pieces is listed twice".into());
        }
        let slice = Slice::new(slice, &shape)?;
        if piece.dtype != dtype_number {
            return Err(format!("it has data type {dtype_number}, and one of its pieces {}", piece.dtype));
        }
        let piece_shape = known_shape(piece.shape.as_ref()).map_err(|reason| reason.text)?;
        if piece_shape != *slice.shape() || !piece.slices.is_empty() {
            return Err(format!("a piece of shape {} was stored with shape {piece_shape}", slice.shape()));
        }
        let place = read_place(piece, &piece_shape, shards)?;
        places.push(place);
        parts.push((slice, place));
    }
    Ok(Entry { dtype_number, shape, data: Data::Pieces(parts) })
}

/// Where the data of an entry lies, checked against its shape.
fn read_place(proto: &BundleEntryProto, shape: &Shape, shards: usize) -> std::result::Result<Place, String> {
    let &BundleEntryProto { shard_id, offset, size, crc32c: crc, .. } = proto;
    let shard = usize::try_from(shard_id).ok().filter(|&shard| shard < shards);
    let shard = shard.ok_or_else(|| format!("it is in data file {shard_id}, and there are {shards}"))?;
    let (Ok(offset), Ok(size)) = (u64::try_from(offset), u64::try_from(size)) else {
        return Err(format!("its offset {offset} or its size {size} is negative"));
    };
    if usize::try_from(size).is_err() {
        return Err(format!("its {size} bytes are more than this machine can address"));
    }
    if let Some(element) = stored_size(proto.dtype) {
        let want = shape.elements().checked_mul(element).map(|bytes| bytes as u64);
        if want != Some(size) {
            return Err(format!(
                "it has {size} bytes, and its shape {shape} has {} elements",
                shape.elements()
            ));
        }
    }
    Ok(Place { shard, offset, size, crc })
}
