//! Functions of square matrices: exp, log and √, which are those of the eigenvalues (Higham, "Functions of Matrices", 2008).
//! They are computed in complex numbers of float64.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::complex::Complex;
use crate::ops::linalg::complex::{Matrix, array_of_matrices, factors, matrices};
use crate::ops::linalg::schur::schur;
use crate::ops::linalg::{any_square_axes, product};
use crate::ops::{Attrs, Effects, Grad, Op, Signature, image};
use crate::value::{Array, DType};

/// A function of matrices.
pub trait OfMatrices: Debug + Clone + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// The types that it takes.
    const DTYPES: &'static [DType];

    /// How gradients go through it.
    fn grad() -> Grad<'static>;
}

/// The function of each matrix.
#[derive(Clone, Debug)]
pub struct ByMatrices<F>(PhantomData<F>);

impl<F> ByMatrices<F> {
    /// The op.
    pub const fn new() -> Self {
        ByMatrices(PhantomData)
    }
}

impl<F> Default for ByMatrices<F> {
    fn default() -> Self {
        ByMatrices::new()
    }
}

/// e to a matrix: Σ Aᵏ / k!
#[derive(Clone, Debug)]
pub struct Exponential;

/// The matrix whose exponential it is, with eigenvalues whose imaginary parts are above −π and not above π. NaN where there is
/// none.
#[derive(Clone, Debug)]
pub struct Logarithm;

/// The matrix whose square it is, with eigenvalues whose real parts are not negative. NaN where there is none, or none of real
/// numbers.
#[derive(Clone, Debug)]
pub struct SquareRoot;

impl OfMatrices for Exponential {
    const NAME: &'static str = "MatrixExponential";
    const DTYPES: &'static [DType] =
        &[DType::Float16, DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

    fn grad() -> Grad<'static> {
        Grad::Undefined("TensorFlow has no rule for it either")
    }
}

impl OfMatrices for Logarithm {
    const NAME: &'static str = "MatrixLogarithm";
    const DTYPES: &'static [DType] = &[DType::Complex64, DType::Complex128];

    fn grad() -> Grad<'static> {
        Grad::Undefined("TensorFlow has no rule for it either")
    }
}

impl OfMatrices for SquareRoot {
    const NAME: &'static str = "MatrixSquareRoot";
    const DTYPES: &'static [DType] = &[DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

    /// X with Rᵀ·X + X·Rᵀ = dR: the corner of the root of a matrix of blocks, Aᵀ twice on the diagonal and dR above (Higham,
    /// section 3.2).
    fn grad() -> Grad<'static> {
        Grad::rule(|node, dy| {
            let (graph, a) = (dy.graph(), node.x(0));
            let identity = a.zeros_like().matrix_set_diag(a.matrix_diag_part().ones_like());
            let plain = if a.is_complex() { a.conj() } else { a.clone() };
            let transposed = product(&plain, true, &identity, false);
            let above = graph.concat(&[&transposed, dy], -1);
            let below = graph.concat(&[&a.zeros_like(), &transposed], -1);
            let blocks = graph.concat(&[above, below], -2);
            let root = graph.add(ByMatrices::<SquareRoot>::new(), &[&blocks]);
            let above = root.split_evenly(2, -2).swap_remove(0);
            [Some(above.split_evenly(2, -1).swap_remove(1))]
        })
    }
}

/// The function of a matrix; none where there is none.
fn value(name: &str, matrix: &Matrix, real: bool) -> Option<Matrix> {
    match name {
        Exponential::NAME => Some(exponential(matrix)),
        Logarithm::NAME => logarithm(matrix),
        _ => square_root(matrix, real),
    }
}

/// By squaring that of a part of the matrix so small that the series ends soon.
fn exponential(matrix: &Matrix) -> Matrix {
    let norm = matrix.norm();
    let halvings = if norm.is_finite() { (norm * 2.0).log2().ceil().max(0.0) as i32 } else { 0 };
    let scale = 0.5f64.powi(halvings);
    let small = Matrix::from_fn(matrix.rows, matrix.rows, |row, column| matrix.at(row, column) * scale);
    let mut sum = Matrix::identity(matrix.rows);
    for term in (1..=18).rev() {
        sum = small.product(&sum);
        sum.numbers.iter_mut().for_each(|number| *number /= f64::from(term));
        for i in 0..matrix.rows {
            *sum.at_mut(i, i) += 1.0;
        }
    }
    (0..halvings).fold(sum, |power, _| power.product(&power))
}

/// The square root of an upper triangle, column by column (Björck and Hammarling, 1983).
fn root_of_triangle(triangle: &Matrix) -> Matrix {
    let size = triangle.rows;
    let mut root = Matrix::from_fn(size, size, |_, _| 0.0.into());
    for column in 0..size {
        // Of a negative number the root above the axis, whatever sign its zero has.
        let diagonal = triangle.at(column, column) + Complex::default();
        *root.at_mut(column, column) = diagonal.sqrt();
        for row in (0..column).rev() {
            let between: Complex = (row + 1..column).map(|k| root.at(row, k) * root.at(k, column)).sum();
            let both = root.at(row, row) + root.at(column, column);
            *root.at_mut(row, column) = (triangle.at(row, column) - between) / both;
        }
    }
    root
}

fn square_root(matrix: &Matrix, real: bool) -> Option<Matrix> {
    let form = schur(matrix)?;
    let tiny = 1e-13 * matrix.norm();
    let negative = |number: Complex| number.re < 0.0 && number.im.abs() <= tiny;
    if real && (0..matrix.rows).any(|i| negative(form.triangle.at(i, i))) {
        return None;
    }
    Some(form.with(&root_of_triangle(&form.triangle)))
}

/// Nodes and weights of Gauss's rule for the integral from −1 to 1.
const GAUSS: [(f64, f64); 8] = [
    (-0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    (-0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (-0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (-0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// So many square roots bring any number but 0 and those that are not finite near 1.
const MOST_ROOTS: usize = 64;

/// Of a triangle: the integral of X·(1 + t·X)⁻¹ over t from 0 to 1, where 1 + X is a root of it near 1.
fn logarithm(matrix: &Matrix) -> Option<Matrix> {
    let form = schur(matrix)?;
    let size = matrix.rows;
    let minus_one = |triangle: &Matrix| {
        Matrix::from_fn(size, size, |row, column| {
            triangle.at(row, column) - if row == column { 1.0 } else { 0.0 }
        })
    };
    let mut root = form.triangle.clone();
    let mut roots = 0;
    while minus_one(&root).norm() > 0.25 {
        if roots == MOST_ROOTS {
            return None;
        }
        root = root_of_triangle(&root);
        roots += 1;
    }
    let x = minus_one(&root);
    let mut sum = Matrix::from_fn(size, size, |_, _| 0.0.into());
    for (node, weight) in GAUSS {
        let at = 0.5 + 0.5 * node;
        let below = Matrix::from_fn(size, size, |row, column| {
            x.at(row, column) * at + if row == column { 1.0 } else { 0.0 }
        });
        let term = factors(&below).solve(&x).ok()?;
        for (sum, term) in sum.numbers.iter_mut().zip(term.numbers) {
            *sum += term * (0.5 * weight);
        }
    }
    let scale = 2.0f64.powi(roots as i32);
    sum.numbers.iter_mut().for_each(|number| *number *= scale);
    for i in 0..size {
        *sum.at_mut(i, i) = (form.triangle.at(i, i) + Complex::default()).ln();
    }
    Some(form.with(&sum))
}

impl<F: OfMatrices> Op for ByMatrices<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(ByMatrices::new())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if !F::DTYPES.contains(&x.dtype) {
            let names: Vec<&str> = F::DTYPES.iter().map(|dtype| dtype.name()).collect();
            return Err(format!("it takes matrices of {}, not of {}", names.join(", "), x.dtype).into());
        }
        any_square_axes(x)?;
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        F::grad()
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(F::NAME, node, |arrays| Ok(vec![applied(F::NAME, &arrays[0])?])))
    }
}

/// The function of each matrix of an array.
fn applied(name: &str, array: &Array) -> Result<Array, Reason> {
    let real = !array.dtype().is_complex();
    let none = Complex::new(f64::NAN, f64::NAN);
    let of = |matrix: &Matrix| {
        value(name, matrix, real).unwrap_or_else(|| Matrix::from_fn(matrix.rows, matrix.rows, |_, _| none))
    };
    let results: Vec<Matrix> = matrices(array)?.iter().map(of).collect();
    if real {
        let numbers: Vec<f64> =
            results.iter().flat_map(|matrix| matrix.numbers.iter().map(|z| z.re)).collect();
        return image::array_of(array.dtype(), array.shape().clone(), &numbers);
    }
    let size = array.shape()[array.shape().rank() - 1];
    array_of_matrices(array, &[size, size], &results)
}

impl Tensor {
    /// The matrix whose square each matrix is, with eigenvalues whose real parts are not negative (`tf.linalg.sqrtm`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let root = tf.constant(array![[4.0, 0.0], [0.0, 9.0]]).matrix_square_root();
    /// assert_eq!(Session::new(&tf)?.run(&root, feeds![])?, array![[2.0, 0.0], [0.0, 3.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn matrix_square_root(&self) -> Tensor {
        self.graph().add(ByMatrices::<SquareRoot>::new(), &[self])
    }

    /// e to each matrix (`tf.linalg.expm`).
    #[track_caller]
    pub fn matrix_exponential(&self) -> Tensor {
        self.graph().add(ByMatrices::<Exponential>::new(), &[self])
    }

    /// The matrix of complex numbers whose exponential each matrix is (`tf.linalg.logm`).
    #[track_caller]
    pub fn matrix_logarithm(&self) -> Tensor {
        self.graph().add(ByMatrices::<Logarithm>::new(), &[self])
    }
}

fn of<F: OfMatrices>(tf: &Graph, x: &Tensor) -> Tensor {
    tf.add(ByMatrices::<F>::new(), &[x])
}

pub(in crate::ops) fn matrix_square_root_cases() -> Vec<Case> {
    let pair = array![[[4.0, 1.0], [-2.0, 3.0]], [[2.0, 0.5], [0.25, 1.5]]];
    vec![
        Case::fed("two", [pair], |tf, x| vec![of::<SquareRoot>(tf, &x[0])]),
        Case::fed("a turn", [array![[0.0, 1.0], [-1.0, 0.0]]], |tf, x| vec![of::<SquareRoot>(tf, &x[0])])
            .at_kink(),
    ]
}

pub(in crate::ops) fn matrix_exponential_cases() -> Vec<Case> {
    vec![
        Case::fed("a power of it is nothing", [array![[0.0, 2.0], [0.0, 0.0]]], |tf, x| {
            vec![of::<Exponential>(tf, &x[0].stop_gradient())]
        })
        .expecting([array![[1.0, 2.0], [0.0, 1.0]]]),
    ]
}

pub(in crate::ops) fn matrix_logarithm_cases() -> Vec<Case> {
    vec![Case::fed("one", [array![[2.0, 1.0], [0.5, 3.0]]], |tf, x| {
        let x = tf.complex(&x[0].stop_gradient(), &(x[0].stop_gradient() * 0.5));
        vec![of::<Logarithm>(tf, &x).real()]
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &Matrix, b: &Matrix, tolerance: f64) -> bool {
        a.numbers.iter().zip(&b.numbers).all(|(a, b)| (a - b).norm() <= tolerance)
    }

    #[test]
    fn logarithms_and_roots_are_undone() {
        for size in [1, 2, 4, 7] {
            let part = |row: usize, column: usize, seed: usize| {
                ((row * 31 + column * 17 + seed * 5) % 13) as f64 / 13.0 - 0.5
            };
            let a = Matrix::from_fn(size, size, |row, column| {
                let diagonal = if row == column { 2.0 } else { 0.0 };
                Complex::new(part(row, column, 1) + diagonal, part(row, column, 2))
            });
            let root = square_root(&a, false).unwrap();
            assert!(close(&root.product(&root), &a, 1e-12), "{size}");
            assert!(close(&exponential(&logarithm(&a).unwrap()), &a, 1e-12), "{size}");
            let large = Matrix::from_fn(size, size, |row, column| a.at(row, column) * 1e6);
            let difference = exponential(&logarithm(&large).unwrap());
            assert!(close(&difference, &large, 1e-5), "{size}");
        }
    }

    #[test]
    fn there_is_no_logarithm_of_zero() {
        let zero = Matrix::from_fn(2, 2, |_, _| 0.0.into());
        assert!(logarithm(&zero).is_none_or(|log| log.numbers.iter().any(|z| z.is_nan())));
    }
}
