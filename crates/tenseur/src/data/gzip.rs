//! Files that may be gzipped: told by their first two bytes, never by their name.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::{Code, Error, Result};

/// The bytes of the file at `path`, as they are stored.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| cannot_read(&path.display(), &error))
}

/// The error for a file that cannot be read.
pub(super) fn cannot_read(name: &dyn Display, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => Code::NotFound,
        _ => Code::InvalidArgument,
    };
    Error::new(code, format!("{name}: cannot be read: {error}"))
}

/// `bytes` unpacked if they are gzipped, else as they are; but no more than `limit` bytes. `name` is what an error
/// calls them.
///
/// Memory grows with what really comes out, so a small file cannot ask for much by what it declares.
pub(super) fn unpack<'a>(bytes: &'a [u8], limit: u64, name: &dyn Display) -> Result<Cow<'a, [u8]>> {
    if !is_gzip(bytes) {
        let end = usize::try_from(limit).map_or(bytes.len(), |limit| limit.min(bytes.len()));
        return Ok(Cow::Borrowed(&bytes[..end]));
    }
    let mut unpacked = Vec::new();
    match MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut unpacked) {
        Ok(_) => Ok(Cow::Owned(unpacked)),
        Err(error) => Err(Error::new(
            Code::DataLoss,
            format!(
                "{name}: the gzip data is damaged or cut short after {} unpacked bytes: {error}",
                unpacked.len()
            ),
        )),
    }
}

/// Whether `bytes` start as gzip does (RFC 1952, section 2.3.1).
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzipped_and_joined_gzip_bytes_come_out() {
        assert_eq!(&*unpack(b"plain", 100, &"f").unwrap(), b"plain");
        assert_eq!(&*unpack(&pack(b"packed"), 100, &"f").unwrap(), b"packed");
        let joined = [pack(b"one "), pack(b"two")].concat();
        assert_eq!(&*unpack(&joined, 100, &"f").unwrap(), b"one two");
        assert_eq!(&*unpack(b"plain", 2, &"f").unwrap(), b"pl");
        assert_eq!(&*unpack(&joined, 5, &"f").unwrap(), b"one t");
    }

    #[test]
    fn damage_is_told_with_how_far_it_went() {
        let packed = pack(&[7; 1000]);
        let error = unpack(&packed[..packed.len() - 9], 2000, &"digits.gz").unwrap_err();
        assert_eq!(error.code(), Code::DataLoss);
        let text = error.message();
        assert!(text.starts_with("digits.gz: the gzip data is damaged or cut short after "), "{text}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_file(Path::new("no/such/file")).unwrap_err();
        assert_eq!(error.code(), Code::NotFound);
        assert!(error.message().starts_with("no/such/file: cannot be read: "), "{error}");
    }
}
