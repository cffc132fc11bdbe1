//! The files that tenseur reads and writes: TensorFlow's own, so that the tools people already have work on them,
//! NumPy's, and safetensors.

mod atomic_file;
pub mod checkpoint;
mod folder_lock;
pub mod graph_file;
pub mod graphdef;
mod masked_crc;
pub mod meta_graph;
pub mod npy;
pub mod npz;
pub mod proto;
pub mod safetensors;
pub mod saved_model;
pub mod tensor_proto;
pub mod text_format;
pub mod tf_record;
mod wire;

pub(crate) use atomic_file::{make_folder, remove_leftovers, write_file};
pub(crate) use folder_lock::FolderLock;
pub use masked_crc::masked_crc32c;

use crate::error::{Code, Error};
use std::io;
use std::path::Path;

/// An error of the operating system, said of a file.
pub(crate) fn in_file(path: &Path, what: &str, error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::NotFound,
        io::ErrorKind::AlreadyExists => Code::AlreadyExists,
        io::ErrorKind::Unsupported => Code::Unimplemented,
        io::ErrorKind::StorageFull | io::ErrorKind::OutOfMemory => Code::ResourceExhausted,
        _ => Code::FailedPrecondition,
    };
    Error::new(code, format!("{}: {what}: {error}", path.display()))
}
