//! NumPy's file of several arrays (`.npz`): a zip archive in which `NAME.npy` is the array called NAME.
//!
//! Archives are written without compression, as `numpy.savez` does, and read with or without. Every member is checked
//! against its CRC-32.

use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::write_file;
use crate::formats::masked_crc::is_right;
use crate::formats::{in_file, npy};
use crate::value::Array;
use flate2::{Crc, read::DeflateDecoder};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// The records of a zip archive begin with these.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// The sizes of the records' fixed parts.
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
/// How many times its own size deflate can unfold to.
const DEFLATE: usize = 1032;
/// 1 January 1980, the earliest date there is, so that the same arrays give the same bytes.
const DATE: u16 = 1 << 5 | 1;

/// Reads the arrays in a file, by name.
///
/// # Errors
/// When the file cannot be read, or as [`decode`] says.
///
/// ```
/// use std::collections::BTreeMap;
/// use tenseur::{array, formats::npz};
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("data.npz");
/// let arrays = BTreeMap::from([("x".to_string(), array![1.0, 2.0]), ("y".to_string(), array![1, 0])]);
/// npz::save(&path, &arrays)?;
/// assert_eq!(npz::load(&path)?, arrays);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| in_file(path, "the file cannot be read", &error))?;
    decode(&bytes).map_err(|error| error.context(path.display()))
}

/// Writes arrays to a file, whole or not at all.
///
/// # Errors
/// When the file cannot be written, or as [`encode`] says.
pub fn save(path: impl AsRef<Path>, arrays: &BTreeMap<String, Array>) -> Result<()> {
    let path = path.as_ref();
    let bytes = encode(arrays).map_err(|error| error.context(path.display()))?;
    write_file(path, &bytes).map_err(|error| in_file(path, "the file cannot be written", &error))
}

/// The bytes of a file that holds these arrays.
///
/// # Errors
/// When NumPy has no type for one of them, or all together are larger than an archive can be (4 GiB).
pub fn encode(arrays: &BTreeMap<String, Array>) -> Result<Vec<u8>> {
    let too_large = |_| Error::new(Code::Unimplemented, "the arrays are larger than an archive of 4 GiB");
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, array) in arrays {
        let data = npy::encode(array).map_err(|error| error.context(format_args!("array \"{name}\"")))?;
        let member = format!("{name}.npy");
        let mut crc = Crc::new();
        crc.update(&data);
        let offset = u32::try_from(file.len()).map_err(too_large)?;
        let size = u32::try_from(data.len()).map_err(too_large)?;
        let name_size =
            u16::try_from(member.len()).map_err(|_| Error::invalid("the name of an array is too long"))?;
        // Both records have these: version 2.0, names in UTF-8, not compressed, time, date, checksum and sizes.
        let mut shared = Vec::new();
        for number in [20, 1 << 11, 0, 0, DATE] {
            shared.extend_from_slice(&u16::to_le_bytes(number));
        }
        for number in [crc.sum(), size, size] {
            shared.extend_from_slice(&number.to_le_bytes());
        }
        shared.extend_from_slice(&name_size.to_le_bytes());

        file.extend_from_slice(&LOCAL);
        file.extend_from_slice(&shared);
        file.extend_from_slice(&[0; 2]);
        file.extend_from_slice(member.as_bytes());
        file.extend_from_slice(&data);

        directory.extend_from_slice(&CENTRAL);
        directory.extend_from_slice(&[20, 0]);
        directory.extend_from_slice(&shared);
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(member.as_bytes());
    }
    let offset = u32::try_from(file.len()).map_err(too_large)?;
    let size = u32::try_from(directory.len()).map_err(too_large)?;
    let count =
        u16::try_from(arrays.len()).map_err(|_| Error::invalid("an archive has at most 65535 arrays"))?;
    file.extend_from_slice(&directory);
    file.extend_from_slice(&END);
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&count.to_le_bytes());
    file.extend_from_slice(&count.to_le_bytes());
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(&offset.to_le_bytes());
    file.extend_from_slice(&[0; 2]);
    Ok(file)
}

/// The arrays in the bytes of a file, by name.
///
/// # Errors
/// When it is not such a file, is damaged, has members that are not arrays or of a type that arrays do not have, or is
/// encrypted or larger than 4 GiB.
pub fn decode(file: &[u8]) -> Result<BTreeMap<String, Array>> {
    let damaged = || Error::new(Code::DataLoss, "this is not a whole NumPy file of several arrays (.npz)");
    // The last record may be followed by a comment.
    let last = file.len().checked_sub(END_SIZE).ok_or_else(damaged)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find(|&at| file[at..].starts_with(&END)).ok_or_else(damaged)?;
    let count = u16_at(file, end + 10).ok_or_else(damaged)?;
    let mut at = u32_at(file, end + 16).ok_or_else(damaged)?;
    let mut arrays = BTreeMap::new();
    let mut stored = 0usize;
    for _ in 0..count {
        let member = Member::read(file, at).ok_or_else(damaged)?;
        at = member.next;
        // Members that lie over each other could unfold to any size.
        stored = stored.saturating_add(member.stored.len());
        if stored > file.len() {
            return Err(damaged());
        }
        let name = member.name.strip_suffix(".npy").unwrap_or(member.name).to_string();
        let in_member = |error: Error| error.context(format_args!("array \"{name}\""));
        let array = member.contents().and_then(|data| npy::decode(&data)).map_err(in_member)?;
        if arrays.insert(name.clone(), array).is_some() {
            return Err(in_member(Error::new(Code::DataLoss, "the archive has two members of this name")));
        }
    }
    Ok(arrays)
}

/// A member of an archive.
struct Member<'a> {
    name: &'a str,
    method: u16,
    crc: u32,
    size: usize,
    stored: &'a [u8],
    /// Where the next one is listed.
    next: usize,
}

impl Member<'_> {
    /// The member that is listed at `at`.
    fn read(file: &[u8], at: usize) -> Option<Member<'_>> {
        let record = file.get(at..at.checked_add(CENTRAL_SIZE)?)?;
        if !record.starts_with(&CENTRAL) {
            return None;
        }
        let short = |offset| u16_at(record, offset);
        let long = |offset| u32_at(record, offset);
        let name_size = usize::from(short(28)?);
        let name_at = at + CENTRAL_SIZE;
        let next = name_at + name_size + usize::from(short(30)?) + usize::from(short(32)?);
        let encrypted = short(8)? & 1 != 0;
        let local = long(42)?;
        let header = file.get(local..local.checked_add(LOCAL_SIZE)?)?;
        if !header.starts_with(&LOCAL) || encrypted {
            return None;
        }
        let data = local + LOCAL_SIZE + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        Some(Member {
            name: std::str::from_utf8(file.get(name_at..name_at + name_size)?).ok()?,
            method: short(10)?,
            crc: long(16)? as u32,
            size: long(24)?,
            stored: file.get(data..data.checked_add(long(20)?)?)?,
            next,
        })
    }

    /// The member's bytes, unpacked and checked.
    fn contents(&self) -> Result<Vec<u8>> {
        let damaged = || Error::new(Code::DataLoss, "the member of the archive is damaged");
        let data = match self.method {
            0 => self.stored.to_vec(),
            8 if self.size <= self.stored.len().saturating_mul(DEFLATE) => {
                let mut data = Vec::with_capacity(self.size);
                let decoder = DeflateDecoder::new(self.stored);
                decoder.take(self.size as u64 + 1).read_to_end(&mut data).map_err(|_| damaged())?;
                data
            }
            8 => return Err(damaged()),
            other => {
                let why = format!("the member of the archive is packed in an unknown way ({other})");
                return Err(Error::new(Code::Unimplemented, why));
            }
        };
        let mut crc = Crc::new();
        crc.update(&data);
        if data.len() == self.size && is_right(self.crc, crc.sum()) { Ok(data) } else { Err(damaged()) }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?);
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    fn arrays() -> BTreeMap<String, Array> {
        BTreeMap::from([
            ("x".to_string(), array![[1.0, 2.0], [3.0, 4.0]]),
            ("scope/déjà".to_string(), Array::scalar(7i64)),
            ("words".to_string(), Array::strings([2], ["a", "bc"]).unwrap()),
        ])
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(decode(&encode(&arrays()).unwrap()).unwrap(), arrays());
        assert_eq!(decode(&encode(&BTreeMap::new()).unwrap()).unwrap(), BTreeMap::new());
        let mut commented = encode(&arrays()).unwrap();
        commented.extend_from_slice(b"a comment");
        assert_eq!(decode(&commented).unwrap(), arrays());
    }

    #[test]
    fn compressed_members_are_read() {
        // One member, whose stored bytes are replaced by compressed ones: both records say so.
        let one = BTreeMap::from([("x".to_string(), Array::zeros(crate::DType::Float32, [500]).unwrap())]);
        let file = encode(&one).unwrap();
        let (start, end) = (LOCAL_SIZE + "x.npy".len(), file.len() - END_SIZE - CENTRAL_SIZE - "x.npy".len());
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&file[start..end]).unwrap();
        let packed = encoder.finish().unwrap();
        let mut small = file[..start].to_vec();
        small.extend_from_slice(&packed);
        let directory = small.len();
        small.extend_from_slice(&file[end..]);
        let size = (packed.len() as u32).to_le_bytes();
        for (at, value) in [
            (8, &[8, 0][..]),
            (18, &size),
            (directory + 10, &[8, 0]),
            (directory + 20, &size),
            (directory + CENTRAL_SIZE + 5 + 16, &(directory as u32).to_le_bytes()),
        ] {
            small[at..at + value.len()].copy_from_slice(value);
        }
        assert!(small.len() < file.len() / 4);
        assert_eq!(decode(&small).unwrap(), one);
        // A member that claims more than deflate can unfold to.
        small[directory + 24..directory + 28].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode(&small).is_err());
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = encode(&arrays()).unwrap();
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err());
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                if let Ok(read) = decode(&changed) {
                    // Only names, dates and the like may differ.
                    assert!(
                        read.values().all(|array| arrays().values().any(|known| known == array)),
                        "byte {at}"
                    );
                }
            }
        }
    }
}
