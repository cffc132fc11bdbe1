//! Sparse tensors one by one: those that a batch consists of, and a batch of those.

use crate::error::{Code, Reason};
use crate::ops::sparse::integers;
use crate::value::{Array, DType, Shape, room};

/// More sparse tensors than these are not taken out of a batch.
const MOST: usize = 1 << 22;

/// A sparse tensor: indices `[count, rank]`, values `[count]` and a shape `[rank]`.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) indices: Array,
    pub(super) values: Array,
    pub(super) shape: Array,
}

impl Stored {
    /// The tensor of these parts, whose axes are counted and no more.
    ///
    /// # Errors
    /// When indices are no matrix, or values or shape no vector.
    pub(super) fn new(indices: &Array, values: &Array, shape: &Array) -> Result<Stored, Reason> {
        let axes = [(indices, 2, "indices"), (values, 1, "values"), (shape, 1, "the shape")];
        for (array, rank, what) in axes {
            if array.shape().rank() != rank {
                let shape = array.shape();
                return Err(
                    format!("{what} of a sparse tensor must have {rank} axes, not shape {shape}").into()
                );
            }
        }
        Ok(Stored { indices: indices.clone(), values: values.clone(), shape: shape.clone() })
    }

    /// How many axes it has.
    pub(super) fn rank(&self) -> usize {
        self.shape.len()
    }

    /// How many elements it has.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// Whether its parts fit together.
    ///
    /// # Errors
    /// When there are not as many indices as values, or not as many numbers in each as axes.
    pub(super) fn check(&self) -> Result<(), Reason> {
        let (indices, values, rank) = (self.indices.shape(), self.count(), self.rank());
        match indices[..] == [values, rank] {
            true => Ok(()),
            false => {
                Err(format!("indices of shape {indices} are not those of {values} values with {rank} axes")
                    .into())
            }
        }
    }

    /// Its sizes.
    ///
    /// # Errors
    /// When one is negative, or the whole has more elements than can be counted.
    pub(super) fn sizes(&self) -> Result<Vec<usize>, Reason> {
        let sizes = self.shape.to_i64()?;
        let known: Option<Vec<usize>> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
        let whole = sizes.iter().try_fold(1i64, |all, &size| all.checked_mul(size));
        match (known, whole) {
            (Some(known), Some(_)) => Ok(known),
            _ => Err(format!("{sizes:?} is not the shape of a sparse tensor").into()),
        }
    }

    /// The sparse tensors along its first axis, each of one axis less.
    ///
    /// # Errors
    /// When it has one axis or none, its parts do not fit, or its indices are outside, not in order or not told apart.
    pub(super) fn apart(&self) -> Result<Vec<Stored>, Reason> {
        self.check()?;
        let rank = self.rank();
        if rank < 2 {
            return Err(format!("a batch of sparse tensors has 2 axes or more, and not {rank}").into());
        }
        let sizes = self.sizes()?;
        let rows = self.indices.to_i64()?;
        let rows: Vec<&[i64]> = rows.chunks(rank).collect();
        for (number, row) in rows.iter().enumerate() {
            let inside = row.iter().zip(&sizes).all(|(&index, &size)| index >= 0 && (index as usize) < size);
            if !inside {
                return Err(format!("index {row:?} at position {number} is outside {sizes:?}").into());
            }
            if number > 0 && rows[number - 1] >= *row {
                return Err(
                    format!("index {row:?} at position {number} does not come after the one before").into()
                );
            }
        }
        if sizes[0] > MOST {
            let text = format!("{} sparse tensors are more than {MOST}", sizes[0]);
            return Err(Reason::new(Code::ResourceExhausted, text));
        }
        let shape = self.shape.rows(1, rank - 1)?;
        let mut all = room(sizes[0])?;
        let mut start = 0;
        for number in 0..sizes[0] {
            let own = rows[start..].iter().take_while(|row| row[0] == number as i64).count();
            let indices: Vec<i64> =
                rows[start..start + own].iter().flat_map(|row| &row[1..]).copied().collect();
            all.push(Stored {
                indices: integers([own, rank - 1], &indices, DType::Int64)?,
                values: self.values.rows(start, own)?,
                shape: shape.clone(),
            });
            start += own;
        }
        Ok(all)
    }
}

/// Sparse tensors as one with `leading` axes before theirs; each size is that of the largest.
///
/// # Errors
/// When there is none, one's parts do not fit, or they differ in type or in how many axes they have.
pub(super) fn together(all: &[Stored], leading: &[usize]) -> Result<[Array; 3], Reason> {
    let first = all.first().ok_or("there is no sparse tensor")?;
    let rank = first.rank();
    let mut sizes = first.shape.to_i64()?;
    for (number, one) in all.iter().enumerate() {
        one.check()?;
        if one.rank() != rank {
            let own = one.rank();
            return Err(format!("sparse tensor {number} has {own} axes, and the first {rank}").into());
        }
        for (size, own) in sizes.iter_mut().zip(one.shape.to_i64()?) {
            *size = own.max(*size);
        }
    }
    let whole = Shape::from(leading);
    let strides = whole.strides();
    let count: usize = all.iter().map(Stored::count).sum();
    let mut indices: Vec<i64> = room(count.saturating_mul(leading.len() + rank))?;
    for (number, one) in all.iter().enumerate() {
        let place = leading
            .iter()
            .zip(&strides)
            .map(|(&size, &stride)| (number / stride.unsigned_abs() % size) as i64);
        let place: Vec<i64> = place.collect();
        let rows = one.indices.to_i64()?;
        for row in 0..one.count() {
            indices.extend(&place);
            indices.extend(&rows[row * rank..(row + 1) * rank]);
        }
    }
    let values: Vec<Array> = all.iter().map(|one| one.values.clone()).collect();
    let shape: Vec<i64> = leading.iter().map(|&size| size as i64).chain(sizes).collect();
    Ok([
        Array::new([count, leading.len() + rank], indices)?,
        Array::concatenate(&values)?,
        Array::new([shape.len()], shape)?,
    ])
}
