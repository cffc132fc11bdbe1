//! Linear algebra over batches of matrices, `[…, m, n]`, float32 and float64; the factorizations are the `faer` crate's, in
//! float64. Inverses, determinants, systems of equations and Cholesky's factors are of complex matrices too (`complex`).
//!
//! - [`inverse`]: inverses and determinants;
//! - [`cholesky`]: the square root of a positive definite matrix;
//! - [`solve`]: systems of equations; [`least_squares`]: those that have no solution, or many;
//! - [`factors`]: QR, singular values, eigenvalues.

pub mod cholesky;
mod complex;
pub mod factors;
pub mod inverse;
pub mod least_squares;
pub mod solve;

use faer::{Mat, MatRef};

use crate::conformance::as_type;
use crate::error::Reason;
use crate::graph::{Fact, Tensor};
use crate::ops::matmul::BatchMatMul;
use crate::value::{Array, DType, PartialShape};

/// The axes of a batch of matrices and the sizes of these, if the rank is known.
type Axes<Sizes> = Option<(Vec<Option<usize>>, Sizes)>;

/// The axes before the last two, and the last two, of matrices of floats; nothing where the rank is not known.
fn matrix_axes(x: &Fact) -> Result<Axes<[Option<usize>; 2]>, Reason> {
    if !matches!(x.dtype, DType::Float32 | DType::Float64) {
        return Err(format!("it takes matrices of float32 or float64, not of {}", x.dtype).into());
    }
    sizes_of_matrices(x)
}

/// The same, where matrices may be complex.
fn any_matrix_axes(x: &Fact) -> Result<Axes<[Option<usize>; 2]>, Reason> {
    if x.dtype.is_complex() { sizes_of_matrices(x) } else { matrix_axes(x) }
}

fn sizes_of_matrices(x: &Fact) -> Result<Axes<[Option<usize>; 2]>, Reason> {
    match x.shape.sizes() {
        None => Ok(None),
        Some([batch @ .., rows, columns]) => Ok(Some((batch.to_vec(), [*rows, *columns]))),
        Some(_) => Err(format!("it takes matrices, and has shape {}", x.shape).into()),
    }
}

/// The axes before the last two, if there are, and the size of square matrices.
fn square_axes(x: &Fact) -> Result<Axes<Option<usize>>, Reason> {
    square(matrix_axes(x)?)
}

/// The same, where matrices may be complex.
fn any_square_axes(x: &Fact) -> Result<Axes<Option<usize>>, Reason> {
    square(any_matrix_axes(x)?)
}

fn square(axes: Axes<[Option<usize>; 2]>) -> Result<Axes<Option<usize>>, Reason> {
    match axes {
        None => Ok(None),
        Some((_, [Some(rows), Some(columns)])) if rows != columns => {
            Err(format!("it takes square matrices, and these are {rows} by {columns}").into())
        }
        Some((batch, [rows, columns])) => Ok(Some((batch, rows.or(columns)))),
    }
}

/// A shape of these axes of a batch and then those.
fn behind(batch: &[Option<usize>], axes: &[Option<usize>]) -> PartialShape {
    batch.iter().chain(axes).copied().collect()
}

/// The matrices of an array.
fn matrices(array: &Array) -> Result<Vec<Mat<f64>>, Reason> {
    let [batch @ .., rows, columns] = &array.shape()[..] else { return Err("it takes matrices".into()) };
    let numbers = array.to_f64()?;
    let matrix = |number: usize| {
        let first = number * rows * columns;
        Mat::from_fn(*rows, *columns, |row, column| numbers[first + row * columns + column])
    };
    Ok((0..batch.iter().product()).map(matrix).collect())
}

/// An array of `dtype` of matrices, in the shape of a batch like that of `like`.
fn array_of(like: &Array, sizes: &[usize], matrices: &[Mat<f64>]) -> Result<Array, Reason> {
    let batch = &like.shape()[..like.shape().rank() - 2];
    let shape: Vec<usize> = batch.iter().chain(sizes).copied().collect();
    let numbers: Vec<f64> = matrices.iter().flat_map(|matrix| elements(matrix.as_ref())).collect();
    Ok(as_type(Array::new(shape, numbers)?, like.dtype()))
}

/// The elements of a matrix in row-major order.
fn elements(matrix: MatRef<'_, f64>) -> Vec<f64> {
    let rows = 0..matrix.nrows();
    rows.flat_map(|row| (0..matrix.ncols()).map(move |column| matrix[(row, column)])).collect()
}

/// xᵀ·y, x·yᵀ or x·y of each pair of matrices; complex ones that are transposed are conjugated too.
#[track_caller]
fn product(x: &Tensor, transpose_x: bool, y: &Tensor, transpose_y: bool) -> Tensor {
    if x.is_complex() {
        return x.graph().add(BatchMatMul { adj_x: transpose_x, adj_y: transpose_y }, &[x, y]);
    }
    x.matmul_with(y, transpose_x, transpose_y)
}
