//! What matrices are made of while they are factored: float64, or complex numbers of it.

use std::ops::{Div, Mul, Sub};

use faer::Mat;
use faer::traits::ComplexField;

use crate::error::Reason;
use crate::ops::complex::{self, Complex};
use crate::ops::image;
use crate::value::{Array, DType};

/// A real or a complex number.
pub(super) trait Number:
    ComplexField + Copy + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The elements of an array.
    ///
    /// # Errors
    /// When they are other numbers than these.
    fn of(array: &Array) -> Result<Vec<Self>, Reason>;

    /// An array of them, rounded to `dtype`.
    ///
    /// # Errors
    /// When `dtype` is of other numbers.
    fn array(dtype: DType, shape: Vec<usize>, numbers: &[Self]) -> Result<Array, Reason>;

    /// A real number as this one.
    fn of_real(value: f64) -> Self;

    /// Its real part.
    fn re(self) -> f64;

    /// Its absolute value.
    fn size(self) -> f64;
}

impl Number for f64 {
    fn of(array: &Array) -> Result<Vec<f64>, Reason> {
        Ok(array.to_f64()?)
    }

    fn array(dtype: DType, shape: Vec<usize>, numbers: &[f64]) -> Result<Array, Reason> {
        image::array_of(dtype, shape, numbers)
    }

    fn of_real(value: f64) -> f64 {
        value
    }

    fn re(self) -> f64 {
        self
    }

    fn size(self) -> f64 {
        self.abs()
    }
}

impl Number for Complex {
    fn of(array: &Array) -> Result<Vec<Complex>, Reason> {
        complex::numbers(array)
    }

    fn array(dtype: DType, shape: Vec<usize>, numbers: &[Complex]) -> Result<Array, Reason> {
        complex::array_of(dtype, shape, numbers)
    }

    fn of_real(value: f64) -> Complex {
        value.into()
    }

    fn re(self) -> f64 {
        self.re
    }

    fn size(self) -> f64 {
        self.norm()
    }
}

/// The matrices of an array.
///
/// # Errors
/// When it has less than two axes, or is of other numbers.
pub(super) fn matrices<T: Number>(array: &Array) -> Result<Vec<Mat<T>>, Reason> {
    let [batch @ .., rows, columns] = &array.shape()[..] else { return Err("it takes matrices".into()) };
    let numbers = T::of(array)?;
    let matrix = |number: usize| {
        let first = number * rows * columns;
        Mat::from_fn(*rows, *columns, |row, column| numbers[first + row * columns + column])
    };
    Ok((0..batch.iter().product()).map(matrix).collect())
}

/// An array of matrices of these sizes, in the shape of a batch like that of `like` and of its type.
///
/// # Errors
/// When there are not as many matrices as that batch has.
pub(super) fn array_of<T: Number>(
    like: &Array,
    sizes: &[usize],
    matrices: &[Mat<T>],
) -> Result<Array, Reason> {
    let batch = &like.shape()[..like.shape().rank() - 2];
    let shape: Vec<usize> = batch.iter().chain(sizes).copied().collect();
    let rows = |matrix: &Mat<T>| {
        let places = (0..matrix.nrows()).flat_map(|row| (0..matrix.ncols()).map(move |column| (row, column)));
        places.map(|place| matrix[place]).collect::<Vec<T>>()
    };
    let numbers: Vec<T> = matrices.iter().flat_map(rows).collect();
    T::array(like.dtype(), shape, &numbers)
}
