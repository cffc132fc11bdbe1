//! Boxes of arrays: what a part of a partitioned variable is of the whole.

use super::slice::{self, Slice};
use crate::error::{Error, Result};
use crate::value::{Array, DType, Shape};

/// The box of this shape of `whole` that begins at `start`.
///
/// # Errors
/// When it reaches beyond.
pub(crate) fn cut(whole: &Array, start: &[usize], shape: &Shape) -> Result<Array> {
    let piece = Slice::new(&slice::proto(start, shape), whole.shape()).map_err(Error::invalid)?;
    if let Ok(strings) = whole.as_strings() {
        let mut part = Vec::new();
        piece.runs(whole.shape(), |to, _, length| part.extend_from_slice(&strings[to..to + length]));
        return Array::strings(shape.clone(), part);
    }
    let mut part = Array::zeros(whole.dtype(), shape.clone())?;
    let size = whole.dtype().size().unwrap_or(1);
    let (into, from) = (part.bytes_mut()?, whole.bytes()?);
    piece.runs(whole.shape(), |to, at, length| {
        let (to, at, length) = (to * size, at * size, length * size);
        into[at..at + length].copy_from_slice(&from[to..to + length]);
    });
    Ok(part)
}

/// The whole that these boxes, each with its beginning, make up.
///
/// # Errors
/// When they do not, each element once.
pub(crate) fn join(whole: &Shape, parts: &[(&[usize], &Array)]) -> Result<Array> {
    let slice = |(start, part): &(&[usize], &Array)| Slice::new(&slice::proto(start, part.shape()), whole);
    let slices = parts.iter().map(slice).collect::<Result<Vec<_>, _>>().map_err(Error::invalid)?;
    let dtype = parts.first().map_or(DType::Float32, |(_, part)| part.dtype());
    if !slice::cover(slices.iter(), whole) || parts.iter().any(|(_, part)| part.dtype() != dtype) {
        let count = parts.len();
        return Err(Error::invalid(format!(
            "{count} pieces do not make up the shape {whole}, each element once"
        )));
    }
    if dtype == DType::String {
        let mut joined = vec![Vec::new(); whole.elements()];
        for (slice, (_, part)) in slices.iter().zip(parts) {
            let strings = part.as_strings()?;
            slice.runs(whole, |to, from, length| {
                joined[to..to + length].clone_from_slice(&strings[from..from + length]);
            });
        }
        return Array::strings(whole.clone(), joined);
    }
    let mut joined = Array::zeros(dtype, whole.clone())?;
    let size = dtype.size().unwrap_or(1);
    let into = joined.bytes_mut()?;
    for (slice, (_, part)) in slices.iter().zip(parts) {
        let bytes = part.bytes()?;
        slice.runs(whole, |to, from, length| {
            let (to, from, length) = (to * size, from * size, length * size);
            into[to..to + length].copy_from_slice(&bytes[from..from + length]);
        });
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn what_is_cut_is_joined_again() {
        let numbers = array![[1, 2, 3], [4, 5, 6], [7, 8, 9]];
        let words = Array::strings([3, 3], ["a", "b", "c", "d", "e", "f", "g", "h", "i"]).unwrap();
        for whole in [&numbers, &words] {
            let boxes: [(&[usize], [usize; 2]); 3] =
                [(&[0, 0], [1, 3]), (&[1, 0], [2, 1]), (&[1, 1], [2, 2])];
            let parts = boxes.map(|(start, shape)| cut(whole, start, &shape.into()).unwrap());
            let placed: Vec<_> = boxes.iter().zip(&parts).map(|((start, _), part)| (*start, part)).collect();
            assert_eq!(join(whole.shape(), &placed).unwrap(), *whole);
            assert!(join(whole.shape(), &placed[1..]).is_err());
        }
        assert_eq!(cut(&numbers, &[1, 1], &[2, 2].into()).unwrap(), array![[5, 6], [8, 9]]);
        assert!(cut(&numbers, &[2, 0], &[2, 3].into()).is_err());
    }
}
