//! Elements of arrays, and of functions.

use super::{Dataset, Element, Result, Source, Stage};
use crate::data::dataset::{copy_rows, rows_shape};
use crate::error::Error;
use crate::value::{Array, DType};

impl Dataset {
    /// The rows of arrays along their first axes: an element has one row of each.
    ///
    /// # Errors
    /// When there is no array, one is a scalar, or they have not as many rows.
    pub fn from_arrays(arrays: &[Array]) -> Result<Dataset> {
        let mut rows = None;
        for array in arrays {
            let own = array.shape().first().copied();
            match (rows, own) {
                (_, None) => return Err(Error::invalid("a scalar has no rows")),
                (Some(rows), Some(own)) if rows != own => {
                    return Err(Error::invalid(format!("one array has {rows} rows and another {own}")));
                }
                _ => rows = own,
            }
        }
        match rows {
            Some(rows) => Ok(Dataset::new(Arrays { arrays: arrays.to_vec(), rows })),
            None => Err(Error::invalid("elements are made of one array or more, and none is given")),
        }
    }

    /// What an iterator gives that `open` makes each time the elements are needed from the first on.
    ///
    /// ```
    /// use tenseur::Array;
    /// use tenseur::data::pipeline::Dataset;
    /// let naturals = Dataset::from_fn(|| Ok((0i64..).map(|number| Ok(vec![Array::scalar(number)]))));
    /// let some = naturals.skip(5).take(2).iter()?.collect::<tenseur::Result<Vec<_>>>()?;
    /// assert_eq!(some, [[Array::scalar(5i64)], [Array::scalar(6i64)]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn from_fn<I>(open: impl Fn() -> Result<I> + Send + Sync + 'static) -> Dataset
    where
        I: Iterator<Item = Result<Element>> + Send + 'static,
    {
        Dataset::new(Function(open))
    }
}

struct Arrays {
    arrays: Vec<Array>,
    rows: usize,
}

impl Source for Arrays {
    fn open(&self, _: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Rows { arrays: self.arrays.clone(), rows: self.rows, next: 0 }))
    }
}

struct Rows {
    arrays: Vec<Array>,
    rows: usize,
    next: usize,
}

impl Stage for Rows {
    fn next(&mut self) -> Result<Option<Element>> {
        if self.next == self.rows {
            return Ok(None);
        }
        self.next += 1;
        self.arrays.iter().map(|array| row(array, self.next - 1)).collect::<Result<_>>().map(Some)
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let passed = count.min((self.rows - self.next) as u64);
        self.next += passed as usize;
        Ok(passed)
    }
}

/// A row of an array, without the first axis.
fn row(array: &Array, number: usize) -> Result<Array> {
    let mut shape = rows_shape(array, 1)?;
    if array.dtype() == DType::String {
        let width: usize = shape.iter().product();
        let strings = array.as_strings()?[number * width..(number + 1) * width].to_vec();
        shape.remove(0);
        return Array::strings(shape, strings);
    }
    let mut one = Array::zeros(array.dtype(), shape.clone())?;
    copy_rows(array, &[number], &mut one)?;
    shape.remove(0);
    one.reshape(shape)
}

struct Function<F>(F);

impl<I, F> Source for Function<F>
where
    I: Iterator<Item = Result<Element>> + Send + 'static,
    F: Fn() -> Result<I> + Send + Sync,
{
    fn open(&self, _: u64) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Given((self.0)()?)))
    }
}

/// What an iterator gives.
pub(super) struct Given<I>(pub(super) I);

impl<I: Iterator<Item = Result<Element>> + Send> Stage for Given<I> {
    fn next(&mut self) -> Result<Option<Element>> {
        self.0.next().transpose()
    }
}
