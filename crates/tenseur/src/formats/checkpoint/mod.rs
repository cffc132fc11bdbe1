//! Checkpoints in TensorFlow's V2 format ("tensor bundles"): named tensors in an index and one or more data files.
//!
//! ```text
//! PREFIX.index                  a sorted table: tensor name → type, shape, data file, offset, size, checksum
//! PREFIX.data-00000-of-00001    the tensors' bytes, one after the other
//! checkpoint                    a text file in the same directory: which prefixes there are, and the latest
//! ```
//!
//! [`save`] and [`load`] deal in whole checkpoints; [`CheckpointWriter`] and [`CheckpointReader`] in single tensors,
//! and [`CheckpointState`] in the file `checkpoint`.
//!
//! **A checkpoint is replaced in one step.** All files are written under temporary names and synced. The new data
//! gets a name that the old index does not use: should `PREFIX.data-00000-of-00001` exist, the new data is called
//! `PREFIX.data-00000-of-00002` (with an empty second file), and so on by turns. Then the index takes the old one's
//! place, and only after that the old data goes. Whenever a crash comes, the index on the disk has its own data.
//!
//! **A damaged checkpoint is an error.** Every block of the index and every tensor that is read is checked against
//! its CRC-32C, every offset and size against the files, and nothing is allocated that the files' sizes do not
//! justify.

pub(crate) mod boxes;
pub(crate) mod first_version;
mod reader;
mod slice;
mod state;
mod strings;
mod table;
mod writer;

pub use reader::{CheckpointReader, Entry};
pub use state::{CheckpointState, STATE_FILE};
pub use writer::CheckpointWriter;

use crate::error::Result;
use crate::formats::atomic_file::directory_of;
use crate::formats::in_file;
use crate::value::{Array, DType};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Writes the tensors as a checkpoint `prefix`, whole or not at all; one that is there already is replaced.
///
/// # Errors
/// When a name is empty, a type cannot be stored, or the files cannot be written.
///
/// ```
/// use std::collections::BTreeMap;
/// use tenseur::{array, formats::checkpoint};
///
/// let directory = tempfile::tempdir()?;
/// let prefix = directory.path().join("model-100");
/// let weights = BTreeMap::from([("dense/bias".to_string(), array![0.5, -1.0])]);
/// checkpoint::save(&prefix, &weights)?;
/// assert_eq!(checkpoint::load(&prefix)?, weights);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn save(prefix: impl AsRef<Path>, tensors: &BTreeMap<String, Array>) -> Result<()> {
    let mut writer = CheckpointWriter::new();
    for (name, array) in tensors {
        writer.add_array(name, array)?;
    }
    writer.write(prefix)
}

/// Reads all tensors of the checkpoint `prefix`.
///
/// # Errors
/// When there is no such checkpoint, it is damaged, or holds a tensor of a type that arrays do not have.
pub fn load(prefix: impl AsRef<Path>) -> Result<BTreeMap<String, Array>> {
    let reader = CheckpointReader::open(prefix)?;
    reader.entries().map(|(name, _)| Ok((name.to_string(), reader.read(name)?))).collect()
}

/// Whether there is a checkpoint `prefix`: its index decides.
pub fn exists(prefix: impl AsRef<Path>) -> bool {
    index_path(prefix.as_ref()).is_file()
}

/// When the checkpoint `prefix` was written, in seconds since 1970: when its index was.
///
/// # Errors
/// When there is no such checkpoint, or the file system does not tell.
pub fn written_at(prefix: impl AsRef<Path>) -> Result<f64> {
    let path = index_path(prefix.as_ref());
    let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
    let time = modified.map_err(|error| in_file(&path, "it cannot be told when this was written", &error))?;
    Ok(time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()))
}

/// Removes the checkpoint `prefix`, index first. That there is none is not an error.
///
/// # Errors
/// When a file cannot be removed.
pub fn remove(prefix: impl AsRef<Path>) -> Result<()> {
    let prefix = prefix.as_ref();
    let remove_all = || -> io::Result<()> {
        match fs::remove_file(index_path(prefix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        data_files(prefix)?.into_iter().try_for_each(|(_, path)| fs::remove_file(path))
    };
    remove_all().map_err(|error| in_file(prefix, "the checkpoint cannot be removed", &error))
}

/// `PREFIX.index`.
fn index_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".index")
}

/// `PREFIX.data-00000-of-00001`.
fn data_path(prefix: &Path, shard: usize, shards: usize) -> PathBuf {
    with_suffix(prefix, &format!(".data-{shard:05}-of-{shards:05}"))
}

fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut path = OsString::from(prefix);
    path.push(suffix);
    path.into()
}

/// The data files that have this prefix, each with the number of files that its name speaks of.
fn data_files(prefix: &Path) -> io::Result<Vec<(usize, PathBuf)>> {
    let Some(stem) = prefix.file_name() else { return Ok(Vec::new()) };
    let mut stem = stem.as_encoded_bytes().to_vec();
    stem.extend_from_slice(b".data-");
    let mut files = Vec::new();
    for entry in fs::read_dir(directory_of(prefix))? {
        let name = entry?.file_name();
        let shards = name.as_encoded_bytes().strip_prefix(stem.as_slice()).and_then(|rest| {
            let (shard, shards) = std::str::from_utf8(rest).ok()?.split_once("-of-")?;
            let digits = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits(shard) && digits(shards) { shards.parse().ok() } else { None }
        });
        if let Some(shards) = shards {
            files.push((shards, prefix.with_file_name(name)));
        }
    }
    Ok(files)
}

/// Bytes of one stored element of the type with this number in TensorFlow's `DataType`; `None` where elements have
/// no fixed size (strings, resources, variants), or for an unknown number. Among the types are some that arrays do
/// not have: complex numbers, quantized ones, and those of 8 bits and less, which take a byte each.
fn stored_size(number: i32) -> Option<usize> {
    const COMPLEX64: i32 = 8;
    const COMPLEX128: i32 = 18;
    match number {
        COMPLEX64 => Some(8),
        COMPLEX128 => Some(16),
        // qint8, quint8; qint32; qint16, quint16.
        11 | 12 => Some(1),
        13 => Some(4),
        15 | 16 => Some(2),
        // float8 in five forms, int4, uint4, int2, uint2, float4.
        24..=33 => Some(1),
        _ => {
            DType::from_number(number).filter(|(_, reference)| !reference).and_then(|(dtype, _)| dtype.size())
        }
    }
}
