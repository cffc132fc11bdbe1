//! NumPy's file of one array (`.npy`).
//!
//! ```text
//! 0x93 NUMPY | version: major, minor | header's length: u16, from version 2 on u32 | header | elements
//! ```
//!
//! The header is a Python dictionary, `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, padded with blanks.
//! Numbers are read in either byte order and in either order of axes, strings as text (`U`) or bytes (`S`).

use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::write_file;
use crate::formats::in_file;
use crate::value::{Array, DType, Shape};
use std::fs;
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Magic, version, length and header together are a multiple of this.
const ALIGNMENT: usize = 64;

/// Reads the array in a file.
///
/// # Errors
/// When the file cannot be read, or as [`decode`] says.
///
/// ```
/// use tenseur::{array, formats::npy};
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("weights.npy");
/// npy::save(&path, &array![[0.5, 1.5]])?;
/// assert_eq!(npy::load(&path)?, array![[0.5, 1.5]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|error| in_file(path, "the file cannot be read", &error))?;
    decode(&bytes).map_err(|error| error.context(path.display()))
}

/// Writes an array to a file, whole or not at all.
///
/// # Errors
/// When the file cannot be written, or as [`encode`] says.
pub fn save(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let path = path.as_ref();
    let bytes = encode(array).map_err(|error| error.context(path.display()))?;
    write_file(path, &bytes).map_err(|error| in_file(path, "the file cannot be written", &error))
}

/// The bytes of a file that holds `array`. Strings are written as text, or as bytes if one of them is not UTF-8.
///
/// # Errors
/// When NumPy has no type for the elements (bfloat16), or a string ends in a zero, which NumPy would drop.
pub fn encode(array: &Array) -> Result<Vec<u8>> {
    let (kind, data) = match array.as_strings() {
        Ok(strings) => encode_strings(strings)?,
        Err(_) => (kind_of(array.dtype())?.to_string(), array.bytes()?.to_vec()),
    };
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    // As Python writes a tuple.
    let comma = if sizes.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", sizes.join(", "));
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = MAGIC.len() + 4;
    let padding = ALIGNMENT - (before + header.len() + 1) % ALIGNMENT;
    header.extend(std::iter::repeat_n(' ', padding % ALIGNMENT));
    header.push('\n');
    let length =
        u16::try_from(header.len()).map_err(|_| Error::invalid("the array has too many axes for a file"))?;

    let mut file = Vec::with_capacity(before + header.len() + data.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&[1, 0]);
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(&data);
    Ok(file)
}

/// The array in the bytes of a file.
///
/// # Errors
/// When it is not such a file, is cut off, or has elements of a type that arrays do not have.
pub fn decode(bytes: &[u8]) -> Result<Array> {
    let damaged = || Error::new(Code::DataLoss, "this is not a whole NumPy file of one array (.npy)");
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
    let (length, rest) = match version[0] {
        1 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest)),
        2 | 3 => rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest)),
        other => {
            let why = format!("version {other} of NumPy's file format is not known");
            return Err(Error::new(Code::Unimplemented, why));
        }
    }
    .ok_or_else(damaged)?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header = std::str::from_utf8(header).ok().and_then(Header::parse).ok_or_else(|| {
        Error::new(Code::DataLoss, "the header of the NumPy file is not the description of an array")
    })?;
    header.array(data)
}

/// What the header says.
#[derive(Debug, PartialEq)]
struct Header {
    kind: String,
    fortran_order: bool,
    shape: Shape,
}

impl Header {
    /// Reads the dictionary.
    fn parse(text: &str) -> Option<Header> {
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim_start();
        let (mut kind, mut fortran_order, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, after) = quoted(rest)?;
            let value = after.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                "descr" => {
                    let (text, after) = quoted(value)?;
                    kind = Some(text.to_string());
                    after
                }
                "fortran_order" => {
                    let (truth, after) = match value.strip_prefix("True") {
                        Some(after) => (true, after),
                        None => (false, value.strip_prefix("False")?),
                    };
                    fortran_order = Some(truth);
                    after
                }
                "shape" => {
                    let (sizes, after) = value.strip_prefix('(')?.split_once(')')?;
                    let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
                    shape = Some(sizes.map(|size| size.parse::<usize>().ok()).collect::<Option<Shape>>()?);
                    after
                }
                _ => return None,
            }
            .trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        Some(Header { kind: kind?, fortran_order: fortran_order?, shape: shape? })
    }

    /// The array whose elements are `data`.
    fn array(self, data: &[u8]) -> Result<Array> {
        let Header { kind, fortran_order, shape } = self;
        let unknown = || {
            let why = format!("there are no arrays of NumPy's type '{kind}'");
            Error::new(Code::Unimplemented, why)
        };
        let (order, name) =
            kind.split_at_checked(1).filter(|(order, _)| "<>|=".contains(order)).ok_or_else(unknown)?;
        let (letter, number) = name.split_at_checked(1).ok_or_else(unknown)?;
        let number: usize = number.parse().map_err(|_| unknown())?;
        let dtype = DType::all().find(|&dtype| kind_of(dtype).is_ok_and(|known| known[1..] == *name));
        let (size, unit) = match (letter, dtype.and_then(DType::size)) {
            ("S", _) => (number, 1),
            ("U", _) => (number.checked_mul(4).ok_or_else(unknown)?, 4),
            ("c", Some(size)) => (size, size / 2),
            (_, Some(size)) => (size, size),
            _ => return Err(unknown()),
        };
        if shape.checked_elements().and_then(|count| count.checked_mul(size)) != Some(data.len()) {
            let why = format!(
                "an array of shape {shape} has {} elements of {size} bytes, and the file has {} bytes of them",
                shape.elements(),
                data.len()
            );
            return Err(Error::new(Code::DataLoss, why));
        }
        let mut data = if fortran_order { from_columns(&shape, data, size) } else { data.to_vec() };
        if order == ">" {
            data.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        match dtype {
            Some(dtype) => Array::from_bytes(dtype, shape, &data),
            // Each string may take no bytes at all, and a vector of them does.
            None if size == 0 && shape.elements() > data.len() => Err(unknown()),
            None => {
                let strings = data.chunks_exact(size.max(1)).map(|cell| decode_string(cell, unit));
                Array::strings(shape, strings.collect::<Option<Vec<_>>>().ok_or_else(unknown)?)
            }
        }
    }
}

/// A string in quotes at the beginning of `text`, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// NumPy's name for a type.
fn kind_of(dtype: DType) -> Result<&'static str> {
    Ok(match dtype {
        DType::Bool => "|b1",
        DType::Int8 => "|i1",
        DType::UInt8 => "|u1",
        DType::Int16 => "<i2",
        DType::UInt16 => "<u2",
        DType::Int32 => "<i4",
        DType::UInt32 => "<u4",
        DType::Int64 => "<i8",
        DType::UInt64 => "<u8",
        DType::Float16 => "<f2",
        DType::Float32 => "<f4",
        DType::Float64 => "<f8",
        DType::Complex64 => "<c8",
        DType::Complex128 => "<c16",
        other => {
            let error = Error::new(Code::Unimplemented, format!("NumPy has no type for {other}"));
            return Err(error.hint("cast the array to another type first"));
        }
    })
}

/// Elements that lie column by column, put row by row.
fn from_columns(shape: &Shape, data: &[u8], size: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.rank()];
    for _ in 0..shape.elements() {
        let at = index.iter().zip(shape.iter()).rev().fold(0, |at, (i, size)| at * size + i);
        rows.extend_from_slice(&data[at * size..(at + 1) * size]);
        for (i, &size) in index.iter_mut().zip(shape.iter()).rev() {
            *i += 1;
            if *i < size {
                break;
            }
            *i = 0;
        }
    }
    rows
}

/// A string from its cell of 4-byte characters or of bytes, without the zeros that fill it up.
fn decode_string(cell: &[u8], unit: usize) -> Option<Vec<u8>> {
    if unit == 1 {
        let length = cell.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        return Some(cell[..length].to_vec());
    }
    let characters = cell.chunks_exact(4).map(|c| Some(u32::from_le_bytes(c.try_into().ok()?)));
    let text: Option<String> = characters.map(|c| char::from_u32(c?)).collect();
    Some(text?.trim_end_matches('\0').into())
}

/// NumPy's type for these strings, and their cells.
fn encode_strings(strings: &[Vec<u8>]) -> Result<(String, Vec<u8>)> {
    if strings.iter().any(|string| string.ends_with(&[0])) {
        return Err(Error::invalid(
            "a string ends in a zero, which NumPy's files cannot tell from its absence",
        ));
    }
    let texts: std::result::Result<Vec<&str>, _> =
        strings.iter().map(|string| std::str::from_utf8(string)).collect();
    let Ok(texts) = texts else {
        let longest = strings.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut data = Vec::with_capacity(strings.len() * longest);
        for string in strings {
            data.extend_from_slice(string);
            data.resize(data.len() + longest - string.len(), 0);
        }
        return Ok((format!("|S{longest}"), data));
    };
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let mut data = Vec::with_capacity(texts.len() * longest * 4);
    for text in texts {
        let end = data.len() + longest * 4;
        data.extend(text.chars().flat_map(|c| u32::from(c).to_le_bytes()));
        data.resize(end, 0);
    }
    Ok((format!("<U{longest}"), data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut file = b"\x93NUMPY\x02\x00".to_vec();
        file.extend_from_slice(&(header.len() as u32).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        file.extend_from_slice(data);
        file
    }

    #[test]
    fn what_is_written_is_read() {
        for dtype in DType::all().filter(|&dtype| kind_of(dtype).is_ok()) {
            for shape in [vec![], vec![0, 3], vec![2, 1, 3]] {
                let array = Array::full(dtype, shape, 1.0).unwrap();
                let file = encode(&array).unwrap();
                assert_eq!(decode(&file).unwrap(), array);
                assert_eq!((file.len() - array.bytes().unwrap().len()) % ALIGNMENT, 0);
            }
        }
        for strings in
            [vec![b"a".to_vec(), "déjà".into(), vec![]], vec![vec![0xff, 0, 1], vec![], vec![7]], vec![]]
        {
            let array = Array::strings([strings.len()], strings).unwrap();
            assert_eq!(decode(&encode(&array).unwrap()).unwrap(), array);
        }
        assert_eq!(
            encode(&Array::zeros(DType::BFloat16, [1]).unwrap()).unwrap_err().code(),
            Code::Unimplemented
        );
        assert!(encode(&Array::strings([1], ["a\0"]).unwrap()).is_err());
    }

    #[test]
    fn other_orders_of_bytes_and_axes_are_read() {
        let columns = file(
            "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3)}",
            &[0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6],
        );
        assert_eq!(decode(&columns).unwrap(), Array::new([2, 3], [1i16, 2, 3, 4, 5, 6]).unwrap());
        let quoted = file("{\"shape\": (2,), \"fortran_order\": False, \"descr\": \"|b1\"}\n", &[1, 0]);
        assert_eq!(decode(&quoted).unwrap(), array![true, false]);
        let empty = file("{'descr': '|S0', 'fortran_order': False, 'shape': (0,), }", &[]);
        assert!(decode(&empty).unwrap().is_empty());
    }

    #[test]
    fn damaged_files_are_refused() {
        let whole = encode(&array![[1.0, 2.0], [3.0, 4.0]]).unwrap();
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_err());
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                let _ = decode(&changed);
            }
        }
        let refused = |header: &str| decode(&file(header, &[])).unwrap_err().code();
        let kind = |kind: &str, shape: &str| {
            refused(&format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape})}}"))
        };
        assert_eq!(kind("<f4", "4294967296, 4294967296, 4294967296"), Code::DataLoss);
        assert_eq!(kind("|O", "1"), Code::Unimplemented);
        assert_eq!(kind("<c32", "1"), Code::Unimplemented);
        assert_eq!(kind("|S0", "1000000000000"), Code::Unimplemented);
        assert_eq!(kind("<U99999999999999999999", "1"), Code::Unimplemented);
        assert_eq!(kind("", "1"), Code::Unimplemented);
        assert_eq!(kind("é4", "1"), Code::Unimplemented);
        assert_eq!(kind("<f4", "-1"), Code::DataLoss);
        assert_eq!(refused("{'descr': '<f4', 'shape': ()}"), Code::DataLoss);
        assert_eq!(refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}"), Code::DataLoss);
    }
}
