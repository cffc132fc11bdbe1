//! The lists that a sequence has for each of its steps, gathered into tensors: as sparse ones, as ragged ones, and as dense
//! ones, in which all steps of all records have one shape.

use super::features::{Values, Wanted};
use crate::error::Reason;
use crate::formats::proto::example::{Feature, FeatureKind, SequenceExample};
use crate::value::{Array, DType, PartialShape, Shape};

/// A record's steps under a key, if it has any.
pub(super) fn steps<'a>(record: &'a SequenceExample, key: &[u8]) -> Option<&'a [Feature]> {
    let key = std::str::from_utf8(key).ok()?;
    record.feature_lists.as_ref()?.feature_list.get(key).map(|list| &list.feature[..])
}

/// The values of all steps under a key, one after the other.
struct Gathered {
    values: Values,
    /// How many values each step has, record by record; none where the record has no such list.
    lengths: Vec<Option<Vec<usize>>>,
}

/// # Errors
/// Which step has values of another type. One without any list counts as one without values.
fn gathered(records: &[SequenceExample], wanted: &Wanted<'_>) -> Result<Gathered, Reason> {
    let mut values = Values::new(wanted.dtype);
    let mut lengths = Vec::with_capacity(records.len());
    for (number, record) in records.iter().enumerate() {
        let mut length = |(step, feature): (usize, &Feature)| match &feature.kind {
            None => Ok(0),
            Some(list) => values.add(list).ok_or_else(|| {
                let (key, dtype) = (String::from_utf8_lossy(wanted.key), wanted.dtype);
                let text =
                    format!("step {step} of record {number} has another type than {dtype} under \"{key}\"");
                Reason::from(text)
            }),
        };
        lengths.push(match steps(record, wanted.key) {
            None => None,
            Some(steps) => Some(steps.iter().enumerate().map(&mut length).collect::<Result<Vec<_>, _>>()?),
        });
    }
    Ok(Gathered { values, lengths })
}

/// Indices `[count, 3]` (record, step, place), values and shape of the steps' lists; of one record without the first axis.
///
/// # Errors
/// As of [`gathered`].
pub(super) fn sparse(
    records: &[SequenceExample],
    wanted: &Wanted<'_>,
    batch: bool,
) -> Result<[Array; 3], Reason> {
    let Gathered { values, lengths } = gathered(records, wanted)?;
    let mut indices: Vec<i64> = crate::value::room(values.len().saturating_mul(3))?;
    let (mut most_steps, mut longest) = (0, 0);
    for (record, lengths) in lengths.iter().enumerate() {
        let lengths = lengths.as_deref().unwrap_or_default();
        most_steps = most_steps.max(lengths.len());
        for (step, &length) in lengths.iter().enumerate() {
            longest = longest.max(length);
            for place in 0..length {
                indices.extend(batch.then_some(record as i64));
                indices.extend([step as i64, place as i64]);
            }
        }
    }
    let count = values.len();
    let mut shape = vec![most_steps as i64, longest as i64];
    if batch {
        shape.insert(0, records.len() as i64);
    }
    Ok([
        Array::new([count, shape.len()], indices)?,
        values.array([count])?,
        Array::new([shape.len()], shape)?,
    ])
}

/// All values, the ends of records among steps (a scalar 0 of one record), and the ends of steps among values.
///
/// # Errors
/// As of [`gathered`].
pub(super) fn ragged(
    records: &[SequenceExample],
    wanted: &Wanted<'_>,
    splits: DType,
    batch: bool,
) -> Result<[Array; 3], Reason> {
    let Gathered { values, lengths } = gathered(records, wanted)?;
    let (mut outer, mut inner) = (vec![0], vec![0]);
    let mut end = 0;
    for lengths in &lengths {
        for &length in lengths.as_deref().unwrap_or_default() {
            end += length;
            inner.push(end);
        }
        outer.push(inner.len() - 1);
    }
    let count = values.len();
    Ok([values.array([count])?, ends(&outer, splits, batch)?, crate::ops::array::vector_of(splits, &inner)?])
}

/// Where each record ends, beginning with 0; where there is one record and no batch, a scalar that says nothing.
pub(super) fn ends(ends: &[usize], splits: DType, batch: bool) -> Result<Array, Reason> {
    match batch {
        true => crate::ops::array::vector_of(splits, ends),
        false => Ok(Array::zeros(splits, Shape::scalar())?),
    }
}

/// Steps of one shape, `[records, steps, …]`, with zeros or empty strings behind the last of shorter records, and how many
/// steps each record has, int64 `[records]`; of one record without the first axis. `missing` says whether a record may have
/// no such list.
///
/// # Errors
/// When one that must be there is not, or when a step has another number of values than the shape.
pub(super) fn dense(
    records: &[SequenceExample],
    wanted: &Wanted<'_>,
    shape: &PartialShape,
    missing: bool,
    batch: bool,
) -> Result<[Array; 2], Reason> {
    let key = String::from_utf8_lossy(wanted.key);
    let shape =
        shape.known().ok_or_else(|| format!("the shape {shape} of steps under \"{key}\" is not known"))?;
    let each = shape.checked_elements().ok_or("the shape of steps is too large")?;
    let mut counts: Vec<i64> = Vec::with_capacity(records.len());
    for (number, record) in records.iter().enumerate() {
        let steps = match steps(record, wanted.key) {
            None if !missing => {
                return Err(format!("\"{key}\" is required, and missing in record {number}").into());
            }
            None => &[],
            Some(steps) => steps,
        };
        for (step, feature) in steps.iter().enumerate() {
            let found = feature.kind.as_ref().map_or(0, FeatureKind::count);
            if found != each {
                let text = format!(
                    "step {step} of record {number} has {found} values under \"{key}\" and should have {each}"
                );
                return Err(text.into());
            }
        }
        counts.push(steps.len() as i64);
    }
    let most = counts.iter().copied().max().unwrap_or(0) as usize;
    let mut values = Values::new(wanted.dtype);
    for (record, &count) in records.iter().zip(&counts) {
        let own = gathered(std::slice::from_ref(record), wanted)?;
        values.append(own.values);
        let behind = (most - count as usize).checked_mul(each).ok_or("there are too many steps")?;
        values.pad(behind)?;
    }
    let mut sizes = vec![most];
    if batch {
        sizes.insert(0, records.len());
    }
    sizes.extend(shape.iter().copied());
    let counts = match batch {
        true => Array::new([counts.len()], counts)?,
        false => Array::scalar(counts.first().copied().unwrap_or(0)),
    };
    Ok([values.array(sizes)?, counts])
}
