//! IDX files, the format of MNIST: an array of numbers, plain or gzipped.
//!
//! A file is 2 zero bytes, a byte for the type, a byte for the number of axes, the size along each axis, and the
//! numbers in row-major order; everything is big-endian. Described at <http://yann.lecun.com/exdb/mnist/>.
//!
//! | type byte | 0x08 | 0x09 | 0x0B | 0x0C | 0x0D | 0x0E |
//! |---|---|---|---|---|---|---|
//! | numbers | uint8 | int8 | int16 | int32 | float32 | float64 |

use std::fmt::Display;
use std::path::Path;

use crate::data::gzip::{is_gzip, read_file, unpack};
use crate::error::{Code, Error, Result};
use crate::value::{Array, DType, Shape};

/// What a file held, and whether it was gzipped (which its errors must say, since they count unpacked bytes).
pub(super) struct IdxFile {
    pub(super) array: Array,
    pub(super) gzipped: bool,
}

impl IdxFile {
    /// Where element `index` lies, for an error.
    pub(super) fn place(&self, index: usize) -> String {
        let size = self.array.dtype().size().unwrap_or(1);
        offset(4 + 4 * self.array.shape().rank() + size * index, self.gzipped)
    }
}

/// The array in the IDX file at `path`, in the type it is stored in.
///
/// # Errors
/// When the file cannot be read, is not an IDX file, or holds fewer or more bytes than its header says: the file, the
/// offset, and what was expected there.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    parse(&read_file(path)?, &path.display())
}

/// The array in the bytes of an IDX file; `name` is what an error calls it.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8], name: &dyn Display) -> Result<Array> {
    parse_file(bytes, name).map(|file| file.array)
}

/// As [`parse`], with what errors about the contents need.
pub(super) fn parse_file(bytes: &[u8], name: &dyn Display) -> Result<IdxFile> {
    // The header is read first, so that no more is unpacked than it declares and one byte to see that there is more.
    const LONGEST_HEADER: u64 = 4 + 4 * 255;
    let gzipped = is_gzip(bytes);
    let header = Header::parse(&unpack(bytes, LONGEST_HEADER, name)?, gzipped)
        .map_err(|reason| Error::new(Code::DataLoss, format!("{name}: {reason}")))?;
    let data = unpack(bytes, header.file_size.saturating_add(1), name)?;
    if data.len() as u64 != header.file_size {
        let Header { dtype, shape, file_size } = &header;
        let what = if gzipped { "the unpacked data" } else { "the file" };
        let reason = if (data.len() as u64) < *file_size {
            format!(
                "{what} is {} bytes long and its header declares {dtype} {shape}, {file_size} bytes in all",
                data.len()
            )
        } else {
            format!("{what} goes on after byte {file_size}, where the {dtype} {shape} of its header end")
        };
        return Err(Error::new(Code::DataLoss, format!("{name}: {reason}")));
    }
    let array = header.array(&data)?;
    Ok(IdxFile { array, gzipped })
}

/// What stands before the numbers.
struct Header {
    dtype: DType,
    shape: Shape,
    /// How large the whole file must be, in bytes.
    file_size: u64,
}

impl Header {
    fn parse(bytes: &[u8], gzipped: bool) -> std::result::Result<Header, String> {
        let at = |place| offset(place, gzipped);
        let &[zero, also_zero, type_byte, rank, ref rest @ ..] = bytes else {
            return Err(format!("an IDX file starts with 4 bytes and this has {}", bytes.len()));
        };
        if (zero, also_zero) != (0, 0) {
            return Err(format!(
                "not an IDX file: {} stand the bytes {zero:#04x} {also_zero:#04x}, and 0x00 0x00 were expected",
                at(0)
            ));
        }
        let dtype = match type_byte {
            0x08 => DType::UInt8,
            0x09 => DType::Int8,
            0x0b => DType::Int16,
            0x0c => DType::Int32,
            0x0d => DType::Float32,
            0x0e => DType::Float64,
            other => {
                return Err(format!(
                    "{} stands the type {other:#04x}, and one of 0x08, 0x09, 0x0b, 0x0c, 0x0d and 0x0e was expected",
                    at(2)
                ));
            }
        };
        let mut sizes =
            rest.chunks_exact(4).map(|size| u32::from_be_bytes([size[0], size[1], size[2], size[3]]));
        let sizes: Vec<u32> = sizes.by_ref().take(rank.into()).collect();
        if sizes.len() < rank.into() {
            return Err(format!(
                "the header of {rank} axes is {} bytes long and there are {}",
                4 + 4 * usize::from(rank),
                bytes.len()
            ));
        }
        let size = dtype.size().unwrap_or(1) as u64;
        // A size of 0 makes the file small whatever the others are; the shape must fit memory all the same.
        let count = sizes.iter().try_fold(1u64, |count, &size| count.checked_mul(size.into()));
        let file_size = count.and_then(|count| count.checked_mul(size)?.checked_add(4 + 4 * u64::from(rank)));
        let shape: Option<Shape> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
        match (file_size, shape) {
            (Some(file_size), Some(shape)) => Ok(Header { dtype, shape, file_size }),
            _ => Err(format!("{} stand the sizes {sizes:?}, more than any file can hold", at(4))),
        }
    }

    /// The numbers, from the bytes of a whole file of the right length.
    fn array(self, file: &[u8]) -> Result<Array> {
        let mut native = file[4 + 4 * self.shape.rank()..].to_vec();
        let size = self.dtype.size().unwrap_or(1);
        if cfg!(target_endian = "little") && size > 1 {
            native.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Array::from_bytes(self.dtype, self.shape, &native)
    }
}

/// A place in a file, for an error.
fn offset(place: usize, gzipped: bool) -> String {
    if gzipped { format!("at offset {place} of the unpacked data") } else { format!("at offset {place}") }
}
