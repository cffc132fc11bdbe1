//! Schur's form: a unitary U and an upper triangle T with U·T·Uᴴ = A, whose diagonal is A's eigenvalues. By rotations: first to
//! a triangle with one diagonal more, then by QR steps with Wilkinson's shifts (Golub and Van Loan, "Matrix Computations",
//! chapter 7).

use super::complex::Matrix;
use crate::ops::complex::Complex;

/// So many QR steps are made for each eigenvalue, and no more.
const STEPS: usize = 60;

/// A matrix as a unitary one and a triangle.
pub(super) struct Schur {
    pub(super) unitary: Matrix,
    pub(super) triangle: Matrix,
}

/// A rotation of two rows that turns the second's number into 0.
#[derive(Clone, Copy)]
struct Rotation {
    cos: Complex,
    sin: Complex,
}

impl Rotation {
    /// The one for these numbers; none where the second is 0 already.
    fn of(first: Complex, second: Complex) -> Option<Rotation> {
        if second == Complex::default() {
            return None;
        }
        let length = first.norm().hypot(second.norm());
        Some(Rotation { cos: first / length, sin: second / length })
    }

    /// Rotates rows `row` and `row + 1`, from `column` on.
    fn rows(self, matrix: &mut Matrix, row: usize, column: usize) {
        for column in column..matrix.columns {
            let (above, below) = (matrix.at(row, column), matrix.at(row + 1, column));
            *matrix.at_mut(row, column) = self.cos.conj() * above + self.sin.conj() * below;
            *matrix.at_mut(row + 1, column) = self.cos * below - self.sin * above;
        }
    }

    /// Rotates columns `column` and `column + 1` back, in the first `rows` rows.
    fn columns(self, matrix: &mut Matrix, column: usize, rows: usize) {
        for row in 0..rows {
            let (left, right) = (matrix.at(row, column), matrix.at(row, column + 1));
            *matrix.at_mut(row, column) = left * self.cos + right * self.sin;
            *matrix.at_mut(row, column + 1) = right * self.cos.conj() - left * self.sin.conj();
        }
    }
}

/// The form of a square matrix; none where its numbers are not finite or the steps lead nowhere.
pub(super) fn schur(matrix: &Matrix) -> Option<Schur> {
    let size = matrix.rows;
    if !matrix.numbers.iter().all(|number| number.is_finite()) {
        return None;
    }
    let (mut triangle, mut unitary) = (matrix.clone(), Matrix::identity(size));
    for column in 0..size.saturating_sub(2) {
        for row in (column + 1..size - 1).rev() {
            let (above, below) = (triangle.at(row, column), triangle.at(row + 1, column));
            if let Some(rotation) = Rotation::of(above, below) {
                rotation.rows(&mut triangle, row, 0);
                *triangle.at_mut(row + 1, column) = 0.0.into();
                rotation.columns(&mut triangle, row, size);
                rotation.columns(&mut unitary, row, size);
            }
        }
    }
    // What comes after `end` is a triangle.
    let mut end = size;
    let mut steps = 0;
    while end > 1 {
        let begin = first_of_block(&mut triangle, end);
        if begin + 1 == end {
            end -= 1;
            steps = 0;
            continue;
        }
        if steps == STEPS {
            return None;
        }
        steps += 1;
        let shift = shift(&triangle, end, steps);
        step(&mut triangle, &mut unitary, begin..end, shift);
    }
    Some(Schur { unitary, triangle })
}

/// Where the block begins that ends before `end`: behind the last number below the diagonal that is as good as 0.
fn first_of_block(triangle: &mut Matrix, end: usize) -> usize {
    for row in (1..end).rev() {
        let around = triangle.at(row - 1, row - 1).norm() + triangle.at(row, row).norm();
        let around = if around == 0.0 { triangle.norm() } else { around };
        if triangle.at(row, row - 1).norm() <= f64::EPSILON * around {
            *triangle.at_mut(row, row - 1) = 0.0.into();
            return row;
        }
    }
    0
}

/// The eigenvalue of the last two rows and columns that is nearer to their last number; now and then another number.
fn shift(triangle: &Matrix, end: usize, steps: usize) -> Complex {
    let (a, b) = (triangle.at(end - 2, end - 2), triangle.at(end - 2, end - 1));
    let (c, d) = (triangle.at(end - 1, end - 2), triangle.at(end - 1, end - 1));
    if steps.is_multiple_of(10) {
        return d + c.norm();
    }
    let half = (a - d) * 0.5;
    let root = (half * half + b * c).sqrt();
    let [one, other] = [half + root, half - root];
    d + if one.norm() < other.norm() { one } else { other }
}

/// A QR step of the block, its factors multiplied in the other order.
fn step(triangle: &mut Matrix, unitary: &mut Matrix, block: std::ops::Range<usize>, shift: Complex) {
    let size = triangle.rows;
    for i in 0..size {
        *triangle.at_mut(i, i) -= shift;
    }
    let mut rotations = Vec::with_capacity(block.len());
    for row in block.start..block.end - 1 {
        let rotation = Rotation::of(triangle.at(row, row), triangle.at(row + 1, row));
        if let Some(rotation) = rotation {
            rotation.rows(triangle, row, row);
            *triangle.at_mut(row + 1, row) = 0.0.into();
        }
        rotations.push((row, rotation));
    }
    for (column, rotation) in rotations {
        if let Some(rotation) = rotation {
            rotation.columns(triangle, column, column + 2);
            rotation.columns(unitary, column, size);
        }
    }
    for i in 0..size {
        *triangle.at_mut(i, i) += shift;
    }
}

impl Schur {
    /// U·F·Uᴴ for another triangle F.
    pub(super) fn with(&self, triangle: &Matrix) -> Matrix {
        self.unitary.product(triangle).product(&self.unitary.adjoint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, the same each time.
    fn matrix(size: usize, seed: u64, real: bool) -> Matrix {
        let number = |row: usize, column: usize, part: u64| {
            let mixed = (row as u64 * 37 + column as u64 * 101 + part * 7 + seed * 1_009)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 40) as f64 / f64::from(1 << 23) - 1.0
        };
        Matrix::from_fn(size, size, |row, column| {
            Complex::new(number(row, column, 0), if real { 0.0 } else { number(row, column, 1) })
        })
    }

    fn distance(a: &Matrix, b: &Matrix) -> f64 {
        a.numbers.iter().zip(&b.numbers).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
    }

    #[test]
    fn the_factors_make_up_the_matrix() {
        for size in [0, 1, 2, 3, 5, 8, 20] {
            for (seed, real) in [(1, true), (2, false), (3, true)] {
                let a = matrix(size, seed, real);
                let form = schur(&a).unwrap();
                assert!(distance(&form.with(&form.triangle), &a) < 1e-12, "{size} {seed}");
                let unit = form.unitary.product(&form.unitary.adjoint());
                assert!(distance(&unit, &Matrix::identity(size)) < 1e-12);
                let below = (0..size).flat_map(|row| (0..row).map(move |column| (row, column)));
                assert!(below.into_iter().all(|(row, column)| form.triangle.at(row, column) == 0.0.into()));
            }
        }
    }

    #[test]
    fn rotations_that_map_onto_themselves_and_powers_of_zero_come_to_an_end() {
        // Cyclic: without an uncommon shift a QR step leaves it as it is.
        let cyclic = Matrix::from_fn(4, 4, |row, column| f64::from(u8::from((row + 1) % 4 == column)).into());
        let form = schur(&cyclic).unwrap();
        assert!((0..4).all(|i| (form.triangle.at(i, i).norm() - 1.0).abs() < 1e-12));
        let nothing = Matrix::from_fn(3, 3, |row, column| f64::from(u8::from(row == column + 1)).into());
        assert!(schur(&nothing).unwrap().triangle.norm() < 2.0);
        let mut wrong = cyclic;
        *wrong.at_mut(1, 1) = f64::NAN.into();
        assert!(schur(&wrong).is_none());
    }
}
