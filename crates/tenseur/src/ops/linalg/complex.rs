//! Linear algebra of complex matrices: factors L·U with rows that change places, and what follows from them; Cholesky's factor;
//! triangular systems. Plain loops: complex matrices are rare and small.

use crate::error::Reason;
use crate::ops::complex::{Complex, array_of, numbers};
use crate::value::{Array, Shape};

/// A matrix of complex numbers, row by row.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) numbers: Vec<Complex>,
}

impl Matrix {
    pub(super) fn from_fn(rows: usize, columns: usize, of: impl Fn(usize, usize) -> Complex) -> Matrix {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Matrix { rows, columns, numbers: places.map(|(row, column)| of(row, column)).collect() }
    }

    pub(super) fn identity(size: usize) -> Matrix {
        Matrix::from_fn(size, size, |row, column| if row == column { 1.0.into() } else { 0.0.into() })
    }

    pub(super) fn at(&self, row: usize, column: usize) -> Complex {
        self.numbers[row * self.columns + column]
    }

    pub(super) fn at_mut(&mut self, row: usize, column: usize) -> &mut Complex {
        &mut self.numbers[row * self.columns + column]
    }

    /// The product with a matrix of as many rows as this has columns.
    pub(super) fn product(&self, right: &Matrix) -> Matrix {
        let mut product = Matrix::from_fn(self.rows, right.columns, |_, _| 0.0.into());
        for row in 0..self.rows {
            for k in 0..self.columns {
                let factor = self.at(row, k);
                for column in 0..right.columns {
                    *product.at_mut(row, column) += factor * right.at(k, column);
                }
            }
        }
        product
    }

    /// The largest sum of absolute values in a column.
    pub(super) fn norm(&self) -> f64 {
        let column = |column| (0..self.rows).map(|row| self.at(row, column).norm()).sum::<f64>();
        (0..self.columns).map(column).fold(0.0, f64::max)
    }

    /// The conjugates, with the axes exchanged.
    pub(super) fn adjoint(&self) -> Matrix {
        Matrix::from_fn(self.columns, self.rows, |row, column| self.at(column, row).conj())
    }

    fn swap_rows(&mut self, one: usize, other: usize) {
        for column in 0..self.columns {
            self.numbers.swap(one * self.columns + column, other * self.columns + column);
        }
    }
}

/// The matrices of an array.
pub(super) fn matrices(array: &Array) -> Result<Vec<Matrix>, Reason> {
    let [batch @ .., rows, columns] = &array.shape()[..] else { return Err("it takes matrices".into()) };
    let all = numbers(array)?;
    let matrix = |number: usize| {
        let first = number * rows * columns;
        Matrix { rows: *rows, columns: *columns, numbers: all[first..first + rows * columns].to_vec() }
    };
    Ok((0..batch.iter().product()).map(matrix).collect())
}

/// An array of matrices, in the shape of a batch like that of `like`.
pub(super) fn array_of_matrices(like: &Array, sizes: &[usize], matrices: &[Matrix]) -> Result<Array, Reason> {
    let batch = &like.shape()[..like.shape().rank().saturating_sub(2)];
    let shape: Shape = batch.iter().chain(sizes).copied().collect();
    let all: Vec<Complex> = matrices.iter().flat_map(|matrix| matrix.numbers.iter().copied()).collect();
    array_of(like.dtype(), shape, &all)
}

/// L below the diagonal and U above it, the rows of the matrix in the order in which they were taken, and whether that is made of
/// an odd number of swaps.
pub(super) struct Factors {
    both: Matrix,
    order: Vec<usize>,
    odd: bool,
}

/// The factors of a square matrix; each time the largest number left is the pivot.
pub(super) fn factors(matrix: &Matrix) -> Factors {
    let size = matrix.rows;
    let (mut both, mut order, mut odd) = (matrix.clone(), (0..size).collect::<Vec<_>>(), false);
    for step in 0..size {
        let larger = |a: &usize, b: &usize| both.at(*a, step).norm().total_cmp(&both.at(*b, step).norm());
        let pivot = (step..size).max_by(larger).unwrap_or(step);
        if pivot != step {
            both.swap_rows(step, pivot);
            order.swap(step, pivot);
            odd = !odd;
        }
        let above = both.at(step, step);
        if above == Complex::default() {
            continue;
        }
        for row in step + 1..size {
            let factor = both.at(row, step) / above;
            *both.at_mut(row, step) = factor;
            for column in step + 1..size {
                let taken = factor * both.at(step, column);
                *both.at_mut(row, column) -= taken;
            }
        }
    }
    Factors { both, order, odd }
}

impl Factors {
    /// The numbers on U's diagonal, the first with the sign of the swaps.
    pub(super) fn pivots(&self) -> Vec<Complex> {
        let mut pivots: Vec<Complex> = (0..self.both.rows).map(|i| self.both.at(i, i)).collect();
        if let (true, Some(first)) = (self.odd, pivots.first_mut()) {
            *first = -*first;
        }
        pivots
    }

    /// X with A·X = B.
    ///
    /// # Errors
    /// When A has no inverse.
    pub(super) fn solve(&self, right: &Matrix) -> Result<Matrix, Reason> {
        if self.pivots().contains(&Complex::default()) {
            return Err("the matrix has no inverse".into());
        }
        let moved =
            Matrix::from_fn(right.rows, right.columns, |row, column| right.at(self.order[row], column));
        let lower = Matrix::from_fn(self.both.rows, self.both.rows, |row, column| {
            if row == column { 1.0.into() } else { self.both.at(row, column) }
        });
        Ok(triangular_solve(&self.both, &triangular_solve(&lower, &moved, true), false))
    }

    /// The inverse.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn inverse(&self) -> Result<Matrix, Reason> {
        self.solve(&Matrix::identity(self.both.rows))
    }
}

/// X with A·X = B, where A is a lower or an upper triangle; the rest of it is not read.
pub(super) fn triangular_solve(a: &Matrix, right: &Matrix, lower: bool) -> Matrix {
    let mut x = right.clone();
    let size = a.rows;
    for turn in 0..size {
        let row = if lower { turn } else { size - 1 - turn };
        let known = if lower { 0..row } else { row + 1..size };
        for column in 0..x.columns {
            let sum: Complex = known.clone().map(|k| a.at(row, k) * x.at(k, column)).sum();
            *x.at_mut(row, column) = (x.at(row, column) - sum) / a.at(row, row);
        }
    }
    x
}

/// A square Q whose columns are at right angles and of length 1, and an upper triangle R, with Q·R = A: by reflections, each
/// of which leaves a real number on R's diagonal, of the sign that the real part there has not.
pub(super) fn qr(a: &Matrix) -> (Matrix, Matrix) {
    let (mut q, mut r) = (Matrix::identity(a.rows), a.clone());
    for step in 0..a.rows.min(a.columns) {
        let head = r.at(step, step);
        let rest: f64 = (step + 1..a.rows).map(|row| r.at(row, step).norm_sqr()).sum();
        if rest <= f64::MIN_POSITIVE && head.im * head.im <= f64::MIN_POSITIVE {
            *r.at_mut(step, step) = head.re.into();
            continue;
        }
        let length = (head.norm_sqr() + rest).sqrt();
        let diagonal = if head.re >= 0.0 { -length } else { length };
        let direction: Vec<Complex> = (step..a.rows)
            .map(|row| if row == step { 1.0.into() } else { r.at(row, step) / (head - diagonal) })
            .collect();
        let scale = ((diagonal - head) / diagonal).conj();
        for column in step..a.columns {
            let along: Complex =
                direction.iter().enumerate().map(|(i, d)| d.conj() * r.at(step + i, column)).sum();
            for (i, d) in direction.iter().enumerate() {
                *r.at_mut(step + i, column) -= scale * d * along;
            }
        }
        for row in 0..a.rows {
            let along: Complex = direction.iter().enumerate().map(|(i, d)| q.at(row, step + i) * d).sum();
            for (i, d) in direction.iter().enumerate() {
                *q.at_mut(row, step + i) -= scale.conj() * along * d.conj();
            }
        }
    }
    (q, r)
}

/// The lower triangle L with L·Lᴴ = A, of which the lower triangle is read.
///
/// # Errors
/// When A is not positive definite.
pub(super) fn cholesky(a: &Matrix) -> Result<Matrix, Reason> {
    let mut l = Matrix::from_fn(a.rows, a.rows, |_, _| 0.0.into());
    for column in 0..a.rows {
        for row in column..a.rows {
            let sum: Complex = (0..column).map(|k| l.at(row, k) * l.at(column, k).conj()).sum();
            let rest = a.at(row, column) - sum;
            *l.at_mut(row, column) = match row == column {
                true if rest.re > 0.0 => rest.re.sqrt().into(),
                true => return Err("the matrix is not positive definite".into()),
                false => rest / l.at(column, column),
            };
        }
    }
    Ok(l)
}
