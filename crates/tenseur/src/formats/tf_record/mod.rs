//! TFRecord files: records of bytes, one after the other, each with checksums. Data files (`.tfrecord`, mostly of
//! [`Example`](crate::data::Example)s) and event files are such files.
//!
//! ```text
//! length: u64 | masked CRC-32C of the length: u32 | the record | masked CRC-32C of the record: u32
//! ```
//!
//! All numbers are little-endian. The whole may be packed by gzip or zlib.

mod reader;
mod writer;
mod zlib;

pub use reader::TfRecordReader;
pub use writer::TfRecordWriter;

use super::masked_crc::masked_crc32c;
use std::io::{self, Write};

/// The bytes before a record.
const HEADER: usize = 12;

/// How the bytes of a file are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// As gzip does.
    Gzip,
    /// As zlib does.
    Zlib,
}

/// Writes a record with its length and checksums.
pub(crate) fn write_record(file: &mut impl Write, record: &[u8]) -> io::Result<()> {
    let length = (record.len() as u64).to_le_bytes();
    file.write_all(&length)?;
    file.write_all(&masked_crc32c(&length).to_le_bytes())?;
    file.write_all(record)?;
    file.write_all(&masked_crc32c(record).to_le_bytes())
}

/// The length that a header gives, if its checksum is right.
fn length_in(header: &[u8; HEADER]) -> Option<u64> {
    let (length, crc) = header.split_first_chunk::<8>()?;
    let right = *crc == masked_crc32c(length).to_le_bytes();
    right.then(|| u64::from_le_bytes(*length))
}
