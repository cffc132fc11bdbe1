//! Matrices that have numbers only on the diagonal and beside it, each kept as three rows: what stands above the diagonal, on
//! it, below it. Computed in complex numbers of float64.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::complex::Complex;
use crate::ops::linalg::any_matrix_axes;
use crate::ops::linalg::complex::{Matrix, array_of_matrices, matrices};
use crate::ops::{Attrs, Effects, Grad, Op, Signature, image};
use crate::value::{Array, DType};

/// X with A·X = B. Inputs: of each A the three diagonals, `[…, 3, n]` (the last number above and the first below are not
/// looked at), and B, `[…, n, k]`. Without a solution X is NaN; of complex numbers 0, as in TensorFlow.
#[derive(Clone, Debug)]
pub struct TridiagonalSolve {
    /// Whether rows change places, so that it works for every A that has an inverse.
    pub partial_pivoting: bool,
    /// Whether an A without inverse is changed a little, as LAPACK's xLAGTS changes it; rows must change places.
    pub perturb_singular: bool,
}

/// A·X. Inputs: what stands above A's diagonal, on it, and below, each `[…, 1, n]`, and X, `[…, n, k]`.
#[derive(Clone, Debug)]
pub struct TridiagonalMatMul;

/// The type and shape of the last input, with which the others must go together: `rows` of as many numbers as it has rows.
fn checked(inputs: &[&Fact], rows: usize) -> Result<Facts, Reason> {
    let Some((right, diagonals)) = inputs.split_last() else { return Err("it has no inputs".into()) };
    let right_axes = any_matrix_axes(right)?;
    let mut shape = right.shape.clone();
    for fact in diagonals {
        if fact.dtype != right.dtype || fact.dtype == DType::Float16 {
            let why = "diagonals and right side are of one type: float32, float64 or complex numbers of them";
            return Err(format!("{why}; and not {} and {}", fact.dtype, right.dtype).into());
        }
        let (Some((batch, [count, length])), Some((right_batch, [height, width]))) =
            (any_matrix_axes(fact)?, &right_axes)
        else {
            continue;
        };
        let fits = |a: Option<usize>, b: Option<usize>| a.zip(b).is_none_or(|(a, b)| a == b);
        let same = batch.len() == right_batch.len()
            && batch.iter().zip(right_batch).all(|(&one, &other)| fits(one, other));
        if !fits(count, Some(rows)) || !fits(length, *height) || !same {
            let (got, right) = (&fact.shape, &right.shape);
            return Err(format!(
                "diagonals are {rows} rows, as long as the right side {right} is high, and not {got}"
            )
            .into());
        }
        let batch = batch.iter().zip(right_batch).map(|(one, other)| one.or(*other));
        shape = batch.chain([height.or(length), *width]).collect();
    }
    Ok(Fact::new(right.dtype, shape).one())
}

/// Matrices as an array like `like`.
fn array_like(like: &Array, matrices: &[Matrix]) -> Result<Array, Reason> {
    let shape = like.shape();
    if like.dtype().is_complex() {
        return array_of_matrices(like, &shape[shape.rank() - 2..], matrices);
    }
    let numbers: Vec<f64> = matrices.iter().flat_map(|matrix| matrix.numbers.iter().map(|z| z.re)).collect();
    image::array_of(like.dtype(), shape.clone(), &numbers)
}

/// Each row moved up one place (and the last one 0), or down one, by a matrix of ones beside the diagonal.
fn moved(x: &Tensor, up: bool) -> Tensor {
    let zeros = x.zeros_like();
    let row = zeros.reduce_sum([-1]).expand_dims(-2);
    let ones = row.ones_like();
    let [above, below] = if up { [&ones, &row] } else { [&row, &ones] };
    x.graph().add(TridiagonalMatMul, &[above, &row, below, x])
}

/// A vector's numbers moved up or down one place.
fn moved_vector(x: &Tensor, up: bool) -> Tensor {
    moved(&x.expand_dims(-1), up).squeeze(&[-1])
}

/// Σ over the columns of the products of two matrices' numbers.
fn row_sums(x: &Tensor, y: &Tensor) -> Tensor {
    (x * y).reduce_sum([-1])
}

impl Op for TridiagonalSolve {
    fn name(&self) -> &'static str {
        "TridiagonalSolve"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("partial_pivoting", self.partial_pivoting)
            .with("perturb_singular", self.perturb_singular)
    }

    fn from_attrs(attrs: &Attrs) -> Result<TridiagonalSolve, Reason> {
        Ok(TridiagonalSolve {
            partial_pivoting: attrs.optional("partial_pivoting", true)?,
            perturb_singular: attrs.optional("perturb_singular", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 2 {
            return Err(wrong_count(2, inputs));
        }
        checked(inputs, 3)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let graph = dy.graph();
            let diagonals: [Tensor; 3] = match node.x(0).unstack_into(3, -2).try_into() {
                Ok(diagonals) => diagonals,
                Err(_) => return [None, None],
            };
            let [above, middle, below] = diagonals;
            let turned = [moved_vector(&below, true), middle, moved_vector(&above, false)];
            let to_right = graph.add(self.clone(), &[&graph.stack(&turned, -2), dy]);
            let x = node.y(0);
            let to_rows = [
                row_sums(&to_right, &moved(x, true)),
                row_sums(&to_right, x),
                row_sums(&to_right, &moved(x, false)),
            ];
            [Some(-graph.stack(&to_rows, -2)), Some(to_right)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if self.perturb_singular && !self.partial_pivoting {
            return Err("attribute \"perturb_singular\" goes only with \"partial_pivoting\"".into());
        }
        let op = self.clone();
        Ok(Lowered::arrays("TridiagonalSolve", node, move |arrays| {
            let dtype = arrays[1].dtype();
            let none = if dtype.is_complex() { Complex::default() } else { f64::NAN.into() };
            let solve = |(diagonals, right): (&Matrix, &Matrix)| {
                let solution = match (op.partial_pivoting, op.perturb_singular) {
                    (false, _) => without_pivots(diagonals, right),
                    (true, false) => Upper::new(diagonals, right, Pivots::Largest).solved(),
                    (true, true) => Some(Upper::new(diagonals, right, Pivots::LargestOfRow).changed(dtype)),
                };
                solution.unwrap_or_else(|| Matrix::from_fn(right.rows, right.columns, |_, _| none))
            };
            let (diagonals, right) = (matrices(&arrays[0])?, matrices(&arrays[1])?);
            let solutions: Vec<Matrix> = diagonals.iter().zip(&right).map(solve).collect();
            Ok(vec![array_like(&arrays[1], &solutions)?])
        }))
    }
}

/// Row `to` of `x` less a multiple of its row `from`.
fn less(x: &mut Matrix, to: usize, factor: Complex, from: usize) {
    for column in 0..x.columns {
        let taken = factor * x.at(from, column);
        *x.at_mut(to, column) -= taken;
    }
}

fn divided(x: &mut Matrix, row: usize, by: Complex) {
    // The square of a small number is none.
    let size = by.norm();
    let direction = by / size;
    for column in 0..x.columns {
        *x.at_mut(row, column) = x.at(row, column) / size / direction;
    }
}

/// Thomas's algorithm: from the first row to the last and back.
fn without_pivots(diagonals: &Matrix, right: &Matrix) -> Option<Matrix> {
    let zero = Complex::default();
    let mut x = right.clone();
    let mut above: Vec<Complex> = Vec::with_capacity(x.rows);
    for row in 0..x.rows {
        let mut pivot = diagonals.at(1, row);
        if row > 0 {
            let below = diagonals.at(2, row);
            pivot -= below * above[row - 1];
            less(&mut x, row, below, row - 1);
        }
        if pivot == zero {
            return None;
        }
        above.push(diagonals.at(0, row) / pivot);
        divided(&mut x, row, pivot);
    }
    for row in (0..x.rows.saturating_sub(1)).rev() {
        less(&mut x, row, above[row], row + 1);
    }
    Some(x)
}

/// Which of two rows is the pivot.
#[derive(Clone, Copy)]
enum Pivots {
    /// That of the larger number.
    Largest,
    /// That of the number that is larger beside the others of its row, as in LAPACK's xLAGTF.
    LargestOfRow,
}

/// The upper triangle to which elimination leads, by rows its diagonal and the two numbers behind, and the right side.
struct Upper {
    rows: Vec<[Complex; 3]>,
    /// The largest number of the matrix's own first row.
    first: f64,
    right: Matrix,
}

impl Upper {
    fn new(diagonals: &Matrix, right: &Matrix, pivots: Pivots) -> Upper {
        let zero = Complex::default();
        let (size, mut right) = (right.rows, right.clone());
        let number = |diagonal: usize, at: usize| diagonals.at(diagonal, at);
        // The last row has nothing behind its diagonal.
        let behind = |row: usize| if row + 1 < size { number(0, row) } else { zero };
        let mut rows: Vec<[Complex; 3]> = Vec::with_capacity(size);
        let mut current = match size {
            0 => [zero; 3],
            _ => [number(1, 0), behind(0), zero],
        };
        let first = current[0].norm().max(current[1].norm());
        let mut scale = current[0].norm() + current[1].norm();
        for row in 1..size {
            let next = [number(2, row), number(1, row), behind(row)];
            let next_scale = next.iter().map(|z| z.norm()).sum::<f64>();
            let stays = match pivots {
                Pivots::Largest => current[0].norm() >= next[0].norm(),
                Pivots::LargestOfRow => {
                    let own = if current[0] == zero { 0.0 } else { current[0].norm() / scale };
                    next[0] == zero || next[0].norm() / next_scale <= own
                }
            };
            let (pivot, other) = if stays { (current, next) } else { (next, current) };
            if !stays {
                for column in 0..right.columns {
                    right.numbers.swap((row - 1) * right.columns + column, row * right.columns + column);
                }
            }
            // Of a column of zeros nothing is to be taken.
            let factor = if other[0] == zero { zero } else { other[0] / pivot[0] };
            less(&mut right, row, factor, row - 1);
            rows.push(pivot);
            current = [other[1] - factor * pivot[1], other[2] - factor * pivot[2], zero];
            if stays {
                scale = next_scale;
            }
        }
        if size > 0 {
            rows.push(current);
        }
        Upper { rows, first, right }
    }

    /// What is left of a row of the right side once the rows behind are known.
    fn rest(&mut self, row: usize) {
        for behind in 1..3 {
            if row + behind < self.rows.len() {
                less(&mut self.right, row, self.rows[row][behind], row + behind);
            }
        }
    }

    /// The solution; none where a pivot is 0.
    fn solved(mut self) -> Option<Matrix> {
        if self.rows.iter().any(|row| row[0] == Complex::default()) {
            return None;
        }
        for row in (0..self.rows.len()).rev() {
            self.rest(row);
            divided(&mut self.right, row, self.rows[row][0]);
        }
        Some(self.right)
    }

    /// The solution where pivots that are too small are made larger.
    fn changed(mut self, dtype: DType) -> Matrix {
        let (epsilon, least) = match dtype {
            DType::Float32 | DType::Complex64 => (f64::from(f32::EPSILON), f64::from(f32::MIN_POSITIVE)),
            _ => (f64::EPSILON, f64::MIN_POSITIVE),
        };
        // As there, the last row but one is not looked at, but for what the first was before any rows changed places.
        let looked_at = self.rows.iter().rev().skip(2).flatten();
        let last = self.rows.last().map(|row| &row[0]);
        let largest = looked_at.chain(last).map(|z| z.norm()).fold(self.first, f64::max);
        for row in (0..self.rows.len()).rev() {
            self.rest(row);
            let (mut pivot, columns) = (self.rows[row][0], self.right.columns);
            let mut change = (epsilon * largest).max(least).copysign(pivot.re);
            let numbers = &mut self.right.numbers[row * columns..(row + 1) * columns];
            let most = numbers.iter().map(|z| z.norm()).fold(0.0, f64::max);
            while pivot.norm() < 1.0 {
                let size = pivot.norm();
                if size >= least && most * least <= size {
                    break;
                }
                if size < least && size > 0.0 && most * least <= size {
                    pivot /= least;
                    numbers.iter_mut().for_each(|z| *z /= least);
                    break;
                }
                pivot += change;
                change *= 2.0;
            }
            divided(&mut self.right, row, pivot);
        }
        self.right
    }
}

impl Op for TridiagonalMatMul {
    fn name(&self) -> &'static str {
        "TridiagonalMatMul"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<TridiagonalMatMul, Reason> {
        Ok(TridiagonalMatMul)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            4 => checked(inputs, 1),
            _ => Err(wrong_count(4, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            // Numbers beside each row, as a column of their own.
            let column = |i: usize| node.x(i).conj().squeeze(&[-2]).expand_dims(-1);
            let x = node.x(3).conj();
            let row = |sums: Tensor| Some(sums.expand_dims(-2));
            let to_x = moved(&(column(0) * dy), false) + column(1) * dy + moved(&(column(2) * dy), true);
            [
                row(row_sums(&moved(&x, true), dy)),
                row(row_sums(&x, dy)),
                row(row_sums(&moved(&x, false), dy)),
                Some(to_x),
            ]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("TridiagonalMatMul", node, |arrays| {
            let all = arrays.iter().map(matrices).collect::<Result<Vec<_>, _>>()?;
            let product = |number: usize| {
                let [above, middle, below] = [0, 1, 2].map(|i| &all[i][number]);
                let x = &all[3][number];
                Matrix::from_fn(x.rows, x.columns, |row, column| {
                    let mut sum = middle.at(0, row) * x.at(row, column);
                    if row + 1 < x.rows {
                        sum += above.at(0, row) * x.at(row + 1, column);
                    }
                    if row > 0 {
                        sum += below.at(0, row) * x.at(row - 1, column);
                    }
                    sum
                })
            };
            let products: Vec<Matrix> = (0..all[3].len()).map(product).collect();
            Ok(vec![array_like(&arrays[3], &products)?])
        }))
    }
}

fn sides() -> [Array; 2] {
    [
        array![
            [[1.0, -2.0, 0.0], [4.0, 3.0, 5.0], [0.0, 1.0, -1.0]],
            [[0.5, 1.0, 0.0], [0.25, 2.0, 3.0], [0.0, 2.0, 1.5]]
        ],
        array![[[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]], [[2.0, 0.0], [1.0, 1.0], [-1.0, 4.0]]],
    ]
}

pub(in crate::ops) fn tridiagonal_solve_cases() -> Vec<Case> {
    let build = |partial_pivoting, perturb_singular| {
        move |tf: &Graph, x: &[Tensor]| {
            vec![tf.add(TridiagonalSolve { partial_pivoting, perturb_singular }, &[&x[0], &x[1]])]
        }
    };
    vec![
        Case::fed("rows change places", sides(), build(true, false)),
        Case::fed("rows stay", sides(), build(false, false)),
        Case::fed("beside their rows", sides(), build(true, true)),
        Case::fed("one row", [array![[7.0], [2.0], [7.0]], array![[1.0, 4.0]]], build(true, false))
            .expecting([array![[0.5, 2.0]]]),
    ]
}

pub(in crate::ops) fn tridiagonal_mat_mul_cases() -> Vec<Case> {
    vec![Case::fed("two", sides(), |tf, x| {
        let rows = x[0].split_evenly(3, -2);
        vec![tf.add(TridiagonalMatMul, &[&rows[0], &rows[1], &rows[2], &x[1]])]
    })]
}
