//! Reading records.

use super::zlib::Unpacked;
use super::{Compression, HEADER, length_in};
use crate::error::{Code, Error, Result};
use crate::formats::in_file;
use crate::formats::masked_crc::masked_crc32c;
use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// The longest record that is read, unless a program allows more or less: the longest protobuf message there is.
const LONGEST: usize = i32::MAX as usize;

/// The records of a file, one after the other, in memory for one at a time.
///
/// A damaged record is an error that names file, record and offset, and ends the reading; with
/// [`skip_damaged`](TfRecordReader::skip_damaged) it is passed over and counted.
///
/// ```
/// use tenseur::data::{Compression, TfRecordReader, TfRecordWriter};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("words.tfrecord");
/// let mut writer = TfRecordWriter::create(&path, Compression::Gzip)?;
/// writer.write(b"one")?;
/// writer.write(b"two")?;
/// writer.finish()?;
/// let records = TfRecordReader::open(&path)?.collect::<tenseur::Result<Vec<_>>>()?;
/// assert_eq!(records, [b"one", b"two"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TfRecordReader {
    input: Box<dyn Read + Send>,
    name: String,
    packed: bool,
    longest: usize,
    skip: bool,
    /// Where the next record begins, in unpacked bytes.
    offset: u64,
    records: u64,
    damaged: u64,
    ended: bool,
    record: Vec<u8>,
}

impl TfRecordReader {
    /// The records of the file at `path`, plain, gzipped or packed by zlib: its first bytes tell, never its name.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<TfRecordReader> {
        let path = path.as_ref();
        let cannot = |error: io::Error| in_file(path, "the file cannot be read", &error);
        let mut file = File::open(path).map_err(cannot)?;
        let mut first = Vec::new();
        file.by_ref().take(HEADER as u64).read_to_end(&mut first).map_err(cannot)?;
        let compression = compression_of(&first);
        let input = io::Cursor::new(first).chain(file);
        Ok(TfRecordReader::new(input, path.display().to_string(), compression))
    }

    /// The records in what `input` gives, which errors call `name`.
    pub fn new(
        input: impl Read + Send + 'static,
        name: impl Into<String>,
        compression: Compression,
    ) -> TfRecordReader {
        let input = BufReader::new(input);
        let input: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(input),
            Compression::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(input))),
            Compression::Zlib => Box::new(BufReader::new(Unpacked::new(input))),
        };
        TfRecordReader {
            input,
            name: name.into(),
            packed: compression != Compression::None,
            longest: LONGEST,
            skip: false,
            offset: 0,
            records: 0,
            damaged: 0,
            ended: false,
            record: Vec::new(),
        }
    }

    /// The same, passing over damaged records, and counting them, instead of ending with an error. Behind one whose length
    /// is damaged, the next place is looked for at which a length has the right checksum.
    #[must_use]
    pub fn skip_damaged(self) -> TfRecordReader {
        TfRecordReader { skip: true, ..self }
    }

    /// The same, taking a record of more than `bytes` bytes for damaged; without that, one of 2 GiB and more.
    #[must_use]
    pub fn longest_record(self, bytes: usize) -> TfRecordReader {
        TfRecordReader { longest: bytes, ..self }
    }

    /// How many damaged records were passed over; a stretch of bytes that makes no sense counts once.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Where the next record begins, in unpacked bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many records have been read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// When it is damaged or cut short, unless such are passed over, or the file cannot be read. The reading has then come
    /// to its end.
    pub fn next_record(&mut self) -> Result<Option<&[u8]>> {
        while !self.ended {
            match self.read() {
                Ok(true) => {
                    self.records += 1;
                    return Ok(Some(&self.record));
                }
                Ok(false) => self.ended = true,
                Err(Trouble::Damage { why, at, rest }) => {
                    self.ended = !rest;
                    if !self.skip {
                        self.ended = true;
                        return Err(self.damage(&why, at));
                    }
                    self.damaged += 1;
                }
                Err(Trouble::Io(error)) => {
                    self.ended = true;
                    // The decoders say so of bytes that they cannot unpack.
                    let damaged =
                        matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
                            || (self.packed && error.kind() == io::ErrorKind::UnexpectedEof);
                    match (damaged, self.skip) {
                        (true, true) => self.damaged += 1,
                        (true, false) => {
                            return Err(
                                self.damage(&format!("the packed data is damaged: {error}"), self.offset)
                            );
                        }
                        (false, _) => {
                            return Err(in_file(Path::new(&self.name), "the file cannot be read", &error));
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    fn damage(&self, why: &str, at: u64) -> Error {
        let of = if self.packed { " of the unpacked data" } else { "" };
        let text = format!("{}: record {} at byte {at}{of}: {why}", self.name, self.records + self.damaged);
        Error::new(Code::DataLoss, text)
    }

    /// Reads the next record into `record`; false at the end.
    fn read(&mut self) -> Result<bool, Trouble> {
        let at = self.offset;
        let cut = |why: &str| Trouble::Damage { why: why.to_string(), at, rest: false };
        let mut header = [0; HEADER];
        match self.fill(&mut header)? {
            0 => return Ok(false),
            HEADER => {}
            _ => return Err(cut("the file ends within its length")),
        }
        let Some(length) = length_in(&header) else {
            let found = self.skip && self.look_for_length(&mut header)?;
            let why = "the checksum of its length is wrong".to_string();
            if !found {
                return Err(Trouble::Damage { why, at, rest: false });
            }
            // What was skipped counts as one record.
            self.damaged += 1;
            return self.read_data(length_in(&header).unwrap_or(0));
        };
        self.read_data(length)
    }

    fn read_data(&mut self, length: u64) -> Result<bool, Trouble> {
        let at = self.offset.saturating_sub(HEADER as u64);
        let damage = |why: String, rest| Trouble::Damage { why, at, rest };
        self.record.clear();
        let too_long = length > self.longest as u64;
        // Grows with what is really there.
        let got = match too_long {
            true => io::copy(&mut self.input.by_ref().take(length), &mut io::sink())?,
            false => self.input.by_ref().take(length).read_to_end(&mut self.record)? as u64,
        };
        self.offset = self.offset.saturating_add(got);
        let mut crc = [0; 4];
        if got < length || self.fill(&mut crc)? < crc.len() {
            return Err(damage(
                format!("it should have {length} bytes, and the file ends after {got}"),
                false,
            ));
        }
        if too_long {
            return Err(damage(
                format!("it has {length} bytes, and at most {} are read", self.longest),
                true,
            ));
        }
        if crc != masked_crc32c(&self.record).to_le_bytes() {
            return Err(damage("its checksum is wrong".to_string(), true));
        }
        Ok(true)
    }

    /// Goes on, byte by byte, to where a length has the right checksum; false if the end comes first.
    fn look_for_length(&mut self, header: &mut [u8; HEADER]) -> Result<bool, Trouble> {
        loop {
            header.rotate_left(1);
            let mut last = [0];
            if self.fill(&mut last)? == 0 {
                return Ok(false);
            }
            header[HEADER - 1] = last[0];
            // The eight bytes of a record with their checksum look like a length, and most often a very large one.
            if length_in(header).is_some_and(|length| length <= self.longest as u64) {
                return Ok(true);
            }
        }
    }

    /// Reads until `bytes` is full or the end has come; gives how many there were.
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.offset += filled as u64;
        Ok(filled)
    }
}

impl Iterator for TfRecordReader {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Result<Vec<u8>>> {
        self.next_record().map(|record| record.map(<[u8]>::to_vec)).transpose()
    }
}

impl fmt::Debug for TfRecordReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TfRecordReader({} at byte {})", self.name, self.offset)
    }
}

/// Why there is no next record.
enum Trouble {
    /// It is damaged; `rest` says that what comes after it can be read.
    Damage {
        why: String,
        at: u64,
        rest: bool,
    },
    Io(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble::Io(error)
    }
}

/// How a file that begins so is packed. A plain one could begin like a packed one, but for its checksum.
fn compression_of(first: &[u8]) -> Compression {
    match first {
        whole if whole.first_chunk::<HEADER>().is_some_and(|header| length_in(header).is_some()) => {
            Compression::None
        }
        [0x1f, 0x8b, ..] => Compression::Gzip,
        // RFC 1950: method 8, and both bytes together are a multiple of 31.
        [method, flags, ..]
            if method & 0x8f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31) =>
        {
            Compression::Zlib
        }
        _ => Compression::None,
    }
}
