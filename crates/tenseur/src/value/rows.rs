//! Rows of arrays: those along the first axis, taken apart and put below each other.

use crate::error::{Error, Result};
use crate::value::room;
use crate::value::{Array, Shape};

impl Array {
    /// `count` rows from `start` on, `[count, …]`.
    ///
    /// ```
    /// use tenseur::array;
    /// assert_eq!(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].rows(1, 2)?, array![[3.0, 4.0], [5.0, 6.0]]);
    /// assert_eq!(array!["a", "b"].rows(1, 1)?, array!["b"]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are not so many rows, or there is no memory.
    pub fn rows(&self, start: usize, count: usize) -> Result<Array> {
        let there = self.shape().first().copied().unwrap_or(0);
        let end = start.checked_add(count).filter(|&end| end <= there && self.shape().rank() > 0);
        let Some(end) = end else {
            let text = format!("rows {start} to {start}+{count} of an array of shape {}", self.shape());
            return Err(Error::invalid(format!("there are no {text}")));
        };
        let shape: Shape = std::iter::once(count).chain(self.shape()[1..].iter().copied()).collect();
        let row = shape[1..].iter().product::<usize>();
        if let Ok(strings) = self.as_strings() {
            return Array::strings(shape, strings[start * row..end * row].iter().cloned());
        }
        let bytes = self.bytes()?;
        let row = bytes.len().checked_div(there).unwrap_or(0);
        Array::from_bytes(self.dtype(), shape, &bytes[start * row..end * row])
    }

    /// The rows of all arrays, below each other: `[Σ rows, …]`.
    ///
    /// ```
    /// use tenseur::{Array, array};
    /// assert_eq!(Array::concatenate(&[array![[1, 2]], array![[3, 4], [5, 6]]])?, array![[1, 2], [3, 4], [5, 6]]);
    /// assert!(Array::concatenate(&[array![[1, 2]], array![[3]]]).is_err());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is none, they differ in type or beyond the first axis, or there is no memory.
    pub fn concatenate(arrays: &[Array]) -> Result<Array> {
        let Some(first) = arrays.first().filter(|first| first.shape().rank() > 0) else {
            return Err(Error::invalid("there are no rows to put below each other"));
        };
        let mut rows = 0usize;
        for array in arrays {
            let same = array.dtype() == first.dtype()
                && array.shape().rank() == first.shape().rank()
                && array.shape()[1..] == first.shape()[1..];
            if !same {
                return Err(Error::invalid(format!(
                    "rows of {} {} and of {} {} do not go below each other",
                    first.dtype(),
                    first.shape(),
                    array.dtype(),
                    array.shape()
                )));
            }
            rows = rows.saturating_add(array.shape()[0]);
        }
        let shape: Shape = std::iter::once(rows).chain(first.shape()[1..].iter().copied()).collect();
        if first.as_strings().is_ok() {
            let mut all = room(arrays.iter().map(Array::len).sum())?;
            for array in arrays {
                all.extend_from_slice(array.as_strings()?);
            }
            return Array::strings(shape, all);
        }
        let mut whole = Array::zeros(first.dtype(), shape)?;
        let mut place = 0;
        let bytes = whole.bytes_mut()?;
        for array in arrays {
            let part = array.bytes()?;
            bytes[place..place + part.len()].copy_from_slice(part);
            place += part.len();
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;
    use crate::value::DType;

    #[test]
    fn rows_come_apart_and_together_again() {
        for whole in [array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], Array::zeros(DType::Int64, [3, 0]).unwrap()]
        {
            let parts = [whole.rows(0, 1).unwrap(), whole.rows(1, 0).unwrap(), whole.rows(1, 2).unwrap()];
            assert_eq!(Array::concatenate(&parts).unwrap(), whole);
            assert!(whole.rows(2, 2).is_err() && whole.rows(usize::MAX, 2).is_err());
        }
        let words = array![["a", "b"], ["c", "d"]];
        assert_eq!(Array::concatenate(&[words.rows(1, 1).unwrap(), words.rows(0, 1).unwrap()]).unwrap(), {
            array![["c", "d"], ["a", "b"]]
        });
        assert!(Array::scalar(1.0f32).rows(0, 1).is_err());
        assert!(Array::concatenate(&[Array::scalar(1.0f32)]).is_err());
        assert!(Array::concatenate(&[]).is_err());
        let mixed = Array::concatenate(&[array![1], array![1.0]]).unwrap_err();
        assert_eq!(mixed.message(), "rows of int32 [1] and of float32 [1] do not go below each other");
    }
}
