//! Arrays put together from slices of others, whatever they are of: numbers by their bytes, strings as they are.

use crate::error::Reason;
use crate::value::{Array, Shape};

/// Where a slice comes from: which of the sources, and its number in there. `None` is a slice of zeros (or `false`, or
/// empty strings).
pub(in crate::ops) type From = Option<(usize, usize)>;

/// An array of `shape` that is made of slices of `slice` elements each, taken in order from where `from` says. The
/// sources, of which there is at least one, are of one type.
///
/// # Errors
/// When the shape is too large, or does not have as many elements as the slices together.
pub(in crate::ops) fn assemble(
    sources: &[&Array],
    slice: usize,
    shape: impl Into<Shape>,
    from: impl IntoIterator<Item = From>,
) -> Result<Array, Reason> {
    let shape = shape.into();
    let fewer = || "a slice is taken of more than there is";
    let dtype = sources[0].dtype();
    if let Ok(first) = sources[0].as_strings() {
        let mut strings: Vec<Vec<u8>> = Vec::new();
        for from in from {
            match from {
                Some((source, place)) => {
                    let strings_of = if source == 0 { first } else { sources[source].as_strings()? };
                    let taken = strings_of.get(place * slice..(place + 1) * slice).ok_or_else(fewer)?;
                    strings.extend_from_slice(taken);
                }
                None => strings.extend(std::iter::repeat_n(Vec::new(), slice)),
            }
        }
        return Ok(Array::strings(shape, strings)?);
    }
    let mut array = Array::zeros(dtype, shape)?;
    let bytes = slice * dtype.size().unwrap_or(0);
    if bytes == 0 {
        return Ok(array);
    }
    let sources = sources.iter().map(|source| source.bytes()).collect::<Result<Vec<_>, _>>()?;
    let mut slices = array.bytes_mut()?.chunks_exact_mut(bytes);
    for from in from {
        let to = slices.next().ok_or("there are more slices than the shape has room for")?;
        if let Some((source, place)) = from {
            to.copy_from_slice(sources[source].get(place * bytes..(place + 1) * bytes).ok_or_else(fewer)?);
        }
    }
    match slices.next() {
        None => Ok(array),
        Some(_) => Err("there are fewer slices than the shape has room for".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn slices_come_from_where_they_are_said_to() {
        let (a, b) = (array![[1, 2], [3, 4]], array![[5, 6]]);
        let got = assemble(&[&a, &b], 2, [3, 2], [Some((0, 1)), None, Some((1, 0))]).unwrap();
        assert_eq!(got, array![[3, 4], [0, 0], [5, 6]]);
        let strings = array!["a", "b"];
        assert_eq!(assemble(&[&strings], 1, [2], [None, Some((0, 1))]).unwrap(), array!["", "b"]);
        assert!(assemble(&[&a], 2, [1, 2], [None, None]).is_err());
        assert!(assemble(&[&a], 2, [3, 2], [None, None]).is_err());
        assert_eq!(assemble(&[&a], 0, [0, 2], []).unwrap().len(), 0);
    }
}
