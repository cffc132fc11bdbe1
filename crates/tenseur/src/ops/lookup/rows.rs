//! Keys and values of tables: pieces of arrays, cut apart and put together again.

use crate::error::Reason;
use crate::value::{Array, DType, Shape};

/// A piece of an array, whose type and shape the table knows: a key, or a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Row {
    /// Of numbers.
    Numbers(Box<[u8]>),
    /// Of strings.
    Strings(Box<[Vec<u8>]>),
}

/// The pieces of an array, each of shape `each`.
///
/// # Errors
/// When the array's shape does not end so.
pub(super) fn rows(array: &Array, each: &Shape) -> Result<Vec<Row>, Reason> {
    let count = leading(array, each)?.elements();
    let size = each.elements();
    if array.dtype() == DType::String {
        let strings = array.as_strings()?;
        return Ok((0..count).map(|i| Row::Strings(strings[i * size..(i + 1) * size].into())).collect());
    }
    let bytes = array.bytes()?;
    let size = size * array.dtype().size().unwrap_or(1);
    Ok((0..count).map(|i| Row::Numbers(bytes[i * size..(i + 1) * size].into())).collect())
}

/// The shape of an array of pieces, without that of the pieces.
///
/// # Errors
/// When the array's shape does not end in that of the pieces.
pub(super) fn leading(array: &Array, each: &Shape) -> Result<Shape, Reason> {
    let (whole, own) = (array.shape(), each.rank());
    match whole.rank().checked_sub(own) {
        Some(rank) if whole[rank..] == each[..] => Ok(whole[..rank].iter().copied().collect()),
        _ => Err(format!("the last axes are to be {each}, and the shape is {whole}").into()),
    }
}

/// An array of pieces, each of shape `each`, in the shape of `leading`.
///
/// # Errors
/// When there is no memory for it.
pub(super) fn joined<'r>(
    dtype: DType,
    leading: &Shape,
    each: &Shape,
    rows: impl Iterator<Item = &'r Row>,
) -> Result<Array, Reason> {
    let shape: Shape = leading.iter().chain(&each[..]).copied().collect();
    let (mut bytes, mut strings) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Numbers(row) => bytes.extend_from_slice(row),
            Row::Strings(row) => strings.extend_from_slice(row),
        }
    }
    Ok(match dtype {
        DType::String => Array::strings(shape, strings)?,
        _ => Array::from_bytes(dtype, shape, &bytes)?,
    })
}

impl Row {
    /// The piece in letters, for errors.
    pub(super) fn shown(&self, dtype: DType) -> String {
        match self {
            Row::Strings(strings) => {
                strings.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect::<Vec<_>>().join(" ")
            }
            Row::Numbers(bytes) => {
                let count = bytes.len() / dtype.size().unwrap_or(1).max(1);
                let numbers = Array::from_bytes(dtype, [count], bytes).and_then(|array| array.to_f64());
                let texts = numbers.unwrap_or_default().iter().map(f64::to_string).collect::<Vec<_>>();
                texts.join(" ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn what_is_cut_apart_is_joined_again() {
        for array in [array![[1, 2], [3, 4], [5, 6]], array![["a", "b"], ["", "d"], ["e", "f"]]] {
            for each in [Shape::from([2]), Shape::scalar()] {
                let cut = rows(&array, &each).unwrap();
                let leading = leading(&array, &each).unwrap();
                assert_eq!(cut.len(), leading.elements());
                assert_eq!(joined(array.dtype(), &leading, &each, cut.iter()).unwrap(), array);
            }
        }
        assert!(rows(&array![[1, 2]], &Shape::from([3])).is_err());
        assert!(rows(&array![1], &Shape::from([1, 1])).is_err());
    }
}
