//! Writing records.

use super::{Compression, write_record};
use crate::error::{Error, Result};
use crate::formats::atomic_file::{AtomicFile, directory_of, sync_directory};
use crate::formats::in_file;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io;
use std::path::{Path, PathBuf};

/// Writes records to a file, which appears when it is finished, whole.
///
/// Dropped before that, nothing is written.
pub struct TfRecordWriter {
    sink: Sink,
    path: PathBuf,
}

enum Sink {
    Plain(AtomicFile),
    Gzip(GzEncoder<AtomicFile>),
    Zlib(ZlibEncoder<AtomicFile>),
}

impl TfRecordWriter {
    /// A file that will be called `path`, in the place of one that is.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl AsRef<Path>, compression: Compression) -> Result<TfRecordWriter> {
        let path = path.as_ref().to_path_buf();
        let file =
            AtomicFile::create(&path).map_err(|error| in_file(&path, "the file cannot be made", &error))?;
        let usual = flate2::Compression::default();
        let sink = match compression {
            Compression::None => Sink::Plain(file),
            Compression::Gzip => Sink::Gzip(GzEncoder::new(file, usual)),
            Compression::Zlib => Sink::Zlib(ZlibEncoder::new(file, usual)),
        };
        Ok(TfRecordWriter { sink, path })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, record: &[u8]) -> Result<()> {
        let written = match &mut self.sink {
            Sink::Plain(file) => write_record(file, record),
            Sink::Gzip(file) => write_record(file, record),
            Sink::Zlib(file) => write_record(file, record),
        };
        written.map_err(|error| self.cannot(&error))
    }

    /// Gives the file its name, when all of it is on the disk.
    ///
    /// # Errors
    /// When the file cannot be written; a file that had the name is then still there.
    pub fn finish(self) -> Result<()> {
        let TfRecordWriter { sink, path } = self;
        let finish = || -> io::Result<()> {
            match sink {
                Sink::Plain(file) => file.commit()?,
                Sink::Gzip(file) => file.finish()?.commit()?,
                Sink::Zlib(file) => file.finish()?.commit()?,
            }
            sync_directory(directory_of(&path))
        };
        finish().map_err(|error| in_file(&path, "the file cannot be written", &error))
    }

    fn cannot(&self, error: &io::Error) -> Error {
        in_file(&self.path, "the file cannot be written", error)
    }
}
