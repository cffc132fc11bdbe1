//! Rows of different lengths: where each begins in the values that lie behind each other.

use crate::error::Reason;
use crate::value::Array;

/// The places where rows begin, and the end, of `values` values.
///
/// # Errors
/// When they do not rise from 0 to that.
pub(super) fn splits(array: &Array, values: usize) -> Result<Vec<usize>, Reason> {
    let splits = array.to_i64()?;
    let rises = splits.windows(2).all(|pair| pair[0] <= pair[1]);
    if splits.first() != Some(&0) || splits.last() != Some(&(values as i64)) || !rises {
        return Err(
            format!("splits rise from 0 to {values}, the number of values, and are {splits:?}").into()
        );
    }
    Ok(splits.into_iter().map(|split| split as usize).collect())
}

/// The splits of every axis of a ragged tensor whose innermost rows make up `values` values.
///
/// # Errors
/// When those of one axis do not fit to those of the next.
pub(super) fn nested(arrays: &[Array], values: usize) -> Result<Vec<Vec<usize>>, Reason> {
    let mut all = Vec::with_capacity(arrays.len());
    for (axis, array) in arrays.iter().enumerate() {
        let below = match arrays.get(axis + 1) {
            Some(next) => next.len().checked_sub(1).ok_or("splits are at least one number")?,
            None => values,
        };
        all.push(splits(array, below)?);
    }
    Ok(all)
}

/// The splits of rows that each value names by its number.
///
/// # Errors
/// When the numbers do not rise, or one is not below `rows`.
pub(super) fn splits_of_rows(numbers: &[i64], rows: usize) -> Result<Vec<usize>, Reason> {
    let rises = numbers.windows(2).all(|pair| pair[0] <= pair[1]);
    let inside = numbers.iter().all(|&number| usize::try_from(number).is_ok_and(|number| number < rows));
    if !rises || !inside {
        return Err(format!("numbers of rows rise and are below {rows}, and these are {numbers:?}").into());
    }
    Ok((0..=rows).map(|row| numbers.partition_point(|&number| number < row as i64)).collect())
}
