//! Linear algebra over batches of matrices, `[…, m, n]`, of floats and of complex numbers; the factorizations are the `faer`
//! crate's, in float64 and in complex numbers of it (`number.rs`).
//!
//! - [`inverse`]: inverses and determinants;
//! - [`cholesky`]: the square root of a positive definite matrix;
//! - [`solve`]: systems of equations; [`least_squares`]: those that have no solution, or many; [`banded`]: of
//!   a few diagonals;
//! - [`lu`]: factors with rows that change places;
//! - [`factors`]: QR, singular values, eigenvalues;
//! - [`matrix_functions`]: exponential, logarithm and square root of a matrix, by its triangle (`schur.rs`);
//! - [`tridiagonal`]: matrices of three diagonals.

pub mod banded;
pub mod cholesky;
mod complex;
pub mod factors;
pub mod inverse;
pub mod least_squares;
pub mod lu;
pub mod matrix_functions;
mod number;
mod schur;
pub mod solve;
pub mod tridiagonal;

use crate::error::Reason;
use crate::graph::{Fact, Tensor};
use crate::ops::matmul::BatchMatMul;
use crate::value::{DType, PartialShape};

use number::{Number, array_of, matrices};

/// The axes of a batch of matrices and the sizes of these, if the rank is known.
type Axes<Sizes> = Option<(Vec<Option<usize>>, Sizes)>;

/// The axes before the last two, and the last two, of matrices of floats; nothing where the rank is not known.
fn matrix_axes(x: &Fact) -> Result<Axes<[Option<usize>; 2]>, Reason> {
    if !matches!(x.dtype, DType::Float16 | DType::Float32 | DType::Float64) {
        return Err(format!("it takes matrices of floats, not of {}", x.dtype).into());
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

/// xᵀ·y, x·yᵀ or x·y of each pair of matrices; complex ones that are transposed are conjugated too.
#[track_caller]
fn product(x: &Tensor, transpose_x: bool, y: &Tensor, transpose_y: bool) -> Tensor {
    if x.is_complex() {
        return x.graph().add(BatchMatMul { adj_x: transpose_x, adj_y: transpose_y }, &[x, y]);
    }
    x.matmul_with(y, transpose_x, transpose_y)
}
