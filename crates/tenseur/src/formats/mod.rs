//! The files that tenseur reads and writes: TensorFlow's own, so that the tools people already have work on them.

mod atomic_file;
pub mod checkpoint;
pub mod graphdef;
mod masked_crc;
pub mod proto;
pub mod tensor_proto;

pub(crate) use atomic_file::write_file;
