//! Matrices as products of simpler ones: QR, singular values, eigenvalues. Signs of columns are the factorization's own.

use faer::{Mat, MatRef, Side};

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Error, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::complex::Complex;
use crate::ops::linalg::{
    Number, any_matrix_axes, any_square_axes, array_of, behind, complex, matrices, product,
};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, PartialShape};

/// Q and R of each matrix: A = Q·R, the columns of Q at right angles and of length 1, R an upper triangle.
#[derive(Clone, Debug)]
pub struct Qr {
    /// Whether Q is square, `[m, m]`, rather than `[m, min(m, n)]`.
    pub full_matrices: bool,
}

impl Op for Qr {
    fn name(&self) -> &'static str {
        "Qr"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("full_matrices", self.full_matrices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Qr, Reason> {
        Ok(Qr { full_matrices: attrs.optional("full_matrices", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let Some((batch, [rows, columns])) = any_matrix_axes(x)? else {
            let unknown = Fact::new(x.dtype, PartialShape::unknown());
            return Ok([unknown.clone(), unknown].into_iter().collect());
        };
        let short = if self.full_matrices { rows } else { rows.zip(columns).map(|(m, n)| m.min(n)) };
        let fact = |axes: [Option<usize>; 2]| Fact::new(x.dtype, behind(&batch, &axes));
        Ok([fact([rows, short]), fact([short, columns])].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    /// With M = R·dRᵀ − dQᵀ·Q and its lower triangle mirrored, dA = (dQ + Q·M)·R⁻ᵀ.
    fn grad(&self) -> Grad<'_> {
        if self.full_matrices {
            return Grad::Undefined("there is no rule for a square Q");
        }
        Grad::Rule(Box::new(|node| {
            let (q, r) = (node.y(0), node.y(1));
            if q.is_complex() {
                let text = "QR of complex matrices has no gradient";
                return vec![Some(q.graph().fail(Error::new(Code::Unimplemented, text)))];
            }
            let wide = node.x(0).shape();
            let size = |from_end: usize| wide.rank().and_then(|rank| wide.size(rank.checked_sub(from_end)?));
            if size(2).zip(size(1)).is_some_and(|(rows, columns)| rows < columns) {
                let text = "QR has no gradient where a matrix has more columns than rows";
                return vec![Some(q.graph().fail(Error::new(Code::Unimplemented, text)))];
            }
            let or_zeros = |i: usize| node.dy(i).cloned().unwrap_or_else(|| node.y(i).zeros_like());
            let (to_q, to_r) = (or_zeros(0), or_zeros(1));
            let m = product(r, false, &to_r, true) - product(&to_q, true, q, false);
            let lower = m.matrix_band_part(-1, 0);
            let mirrored = &lower + adjoint(&(&lower - m.matrix_band_part(0, 0)));
            let left = to_q + product(q, false, &mirrored, false);
            vec![Some(adjoint(&r.matrix_triangular_solve(adjoint(&left), false, false)))]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let full = self.full_matrices;
        let complex = node.outputs[0].dtype.is_complex();
        Ok(Lowered::arrays("Qr", node, move |arrays| match complex {
            true => complex_qr(&arrays[0], full),
            false => real_qr(&arrays[0], full),
        }))
    }
}

fn real_qr(array: &Array, full: bool) -> Result<Vec<Array>, Reason> {
    let [rows, columns] = sizes(array);
    let short = if full { rows } else { rows.min(columns) };
    let (mut qs, mut rs) = (Vec::new(), Vec::new());
    for matrix in matrices::<f64>(array)? {
        let qr = matrix.qr();
        let (q, r) = if full { (qr.compute_Q(), qr.R()) } else { (qr.compute_thin_Q(), qr.thin_R()) };
        rs.push(Mat::from_fn(
            short,
            columns,
            |row, column| if row <= column { r[(row, column)] } else { 0.0 },
        ));
        qs.push(q);
    }
    Ok(vec![array_of(array, &[rows, short], &qs)?, array_of(array, &[short, columns], &rs)?])
}

fn complex_qr(array: &Array, full: bool) -> Result<Vec<Array>, Reason> {
    let [rows, columns] = sizes(array);
    let short = if full { rows } else { rows.min(columns) };
    let (mut qs, mut rs) = (Vec::new(), Vec::new());
    for (q, r) in complex::matrices(array)?.iter().map(complex::qr) {
        qs.push(complex::Matrix::from_fn(rows, short, |row, column| q.at(row, column)));
        let of = |row, column| if row <= column { r.at(row, column) } else { Complex::default() };
        rs.push(complex::Matrix::from_fn(short, columns, of));
    }
    let (q, r) = ([rows, short], [short, columns]);
    Ok(vec![complex::array_of_matrices(array, &q, &qs)?, complex::array_of_matrices(array, &r, &rs)?])
}

/// The singular values of each matrix, the largest first, and U and V with A = U·diag(s)·Vᵀ.
#[derive(Clone, Debug)]
pub struct Svd {
    /// Whether U and V are computed; else they are empty.
    pub compute_uv: bool,
    /// Whether they are square.
    pub full_matrices: bool,
}

impl Op for Svd {
    fn name(&self) -> &'static str {
        "Svd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("compute_uv", self.compute_uv)
            .with("full_matrices", self.full_matrices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Svd, Reason> {
        let compute_uv = attrs.optional("compute_uv", true)?;
        Ok(Svd { compute_uv, full_matrices: attrs.optional("full_matrices", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let axes = any_matrix_axes(x)?;
        let fact = |shape: Option<PartialShape>| Fact::new(x.dtype, shape.unwrap_or_default());
        let shapes = axes.map(|(batch, [rows, columns])| {
            let short = rows.zip(columns).map(|(m, n)| m.min(n));
            let wide = |size| if self.full_matrices { size } else { short };
            let matrix =
                |size| if self.compute_uv { behind(&batch, &[size, wide(size)]) } else { [0].into() };
            [behind(&batch, &[short]), matrix(rows), matrix(columns)]
        });
        match shapes {
            Some(shapes) => Ok(shapes.into_iter().map(|shape| fact(Some(shape))).collect()),
            None => Ok((0..3).map(|_| fact(None)).collect()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// With Fᵢⱼ = 1 / (sⱼ² − sᵢ²) beside the diagonal, dA = U·(diag(ds) + F∘(UᵀdU − dUᵀU)·S + S·F∘(VᵀdV − dVᵀV))·Vᵀ +
    /// (1 − UUᵀ)·dU·S⁻¹·Vᵀ + U·S⁻¹·dVᵀ·(1 − VVᵀ). (J. Townsend, *Differentiating the singular value decomposition*, 2016.)
    fn grad(&self) -> Grad<'_> {
        if self.full_matrices {
            return Grad::Undefined("there is no rule for square U and V");
        }
        let compute_uv = self.compute_uv;
        Grad::Rule(Box::new(move |node| {
            let (s, u, v) = match compute_uv {
                true => (node.y(0).clone(), node.y(1).clone(), node.y(2).clone()),
                false => node.x(0).svd(),
            };
            // Their angles are free, and what is taken for real here is not.
            if node.x(0).is_complex() && (node.dy(1).is_some() || node.dy(2).is_some()) {
                let text = "the singular vectors of complex matrices have no gradient";
                return vec![Some(s.graph().fail(Error::new(Code::Unimplemented, text)))];
            }
            let to_s = node.dy(0).map_or_else(|| s.zeros_like(), Tensor::clone);
            let mut inner = to_s.matrix_diag();
            let (row, column) = (s.expand_dims(-2), s.expand_dims(-1));
            let mut outer = None;
            if compute_uv {
                let f = reciprocal_beside_diagonal(&(row.square() - column.square()));
                let turn = |x: &Tensor, dx: &Tensor| {
                    let both = product(x, true, dx, false);
                    &f * (&both - adjoint(&both))
                };
                let rest =
                    |x: &Tensor, dx: &Tensor| dx - product(x, false, &product(x, true, dx, false), false);
                if let Some(to_u) = node.dy(1) {
                    inner = inner + turn(&u, to_u) * &row;
                    outer = Some(product(&(rest(&u, to_u) / &row), false, &v, true));
                }
                if let Some(to_v) = node.dy(2) {
                    inner = inner + &column * turn(&v, to_v);
                    let more = product(&u, false, &(rest(&v, to_v) / &row), true);
                    outer = Some(outer.map_or(more.clone(), |outer: Tensor| outer + more));
                }
            }
            let to_a = product(&product(&u, false, &inner, false), false, &v, true);
            vec![Some(outer.map_or(to_a.clone(), |outer| to_a + outer))]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        let factors = if node.outputs[0].dtype.is_complex() { svd::<Complex> } else { svd::<f64> };
        Ok(Lowered::arrays("Svd", node, move |arrays| factors(&op, &arrays[0])))
    }
}

fn svd<T: Number>(op: &Svd, array: &Array) -> Result<Vec<Array>, Reason> {
    let [rows, columns] = sizes(array);
    let short = rows.min(columns);
    let (mut values, mut us, mut vs) = (Vec::new(), Vec::new(), Vec::new());
    for matrix in matrices::<T>(array)? {
        let svd = if op.full_matrices { matrix.svd() } else { matrix.thin_svd() };
        let svd = svd.map_err(|_| did_not_converge())?;
        let s = svd.S().column_vector();
        values.push(Mat::from_fn(1, short, |_, i| s[i]));
        us.push(svd.U().to_owned());
        vs.push(svd.V().to_owned());
    }
    let values = array_of(array, &[short], &values)?;
    if !op.compute_uv {
        let nothing = Array::zeros(array.dtype(), [0])?;
        return Ok(vec![values, nothing.clone(), nothing]);
    }
    let wide = |size| [size, if op.full_matrices { size } else { short }];
    Ok(vec![values, array_of(array, &wide(rows), &us)?, array_of(array, &wide(columns), &vs)?])
}

/// The eigenvalues of each symmetric matrix, the smallest first, and its eigenvectors, as columns. The lower triangle is
/// read.
#[derive(Clone, Debug)]
pub struct SelfAdjointEigV2 {
    /// Whether eigenvectors are computed; else they are empty.
    pub compute_v: bool,
}

impl Op for SelfAdjointEigV2 {
    fn name(&self) -> &'static str {
        "SelfAdjointEigV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("compute_v", self.compute_v)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SelfAdjointEigV2, Reason> {
        Ok(SelfAdjointEigV2 { compute_v: attrs.optional("compute_v", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let (values, vectors) = match any_square_axes(x)? {
            Some((batch, size)) => (behind(&batch, &[size]), behind(&batch, &[size, size])),
            None => Default::default(),
        };
        let vectors = if self.compute_v { vectors } else { [0].into() };
        Ok([values, vectors].into_iter().map(|shape| Fact::new(x.dtype, shape)).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    /// With Fᵢⱼ = 1 / (eⱼ − eᵢ) beside the diagonal, dA = V·(diag(de) + F∘(VᵀdV))·Vᵀ, of which what belongs to an
    /// element above the diagonal goes to its mirror image below, as only that is read.
    fn grad(&self) -> Grad<'_> {
        let compute_v = self.compute_v;
        Grad::Rule(Box::new(move |node| {
            let (e, v) = match compute_v {
                true => (node.y(0).clone(), node.y(1).clone()),
                false => node.x(0).self_adjoint_eig(),
            };
            let mut inner = node.dy(0).map_or_else(|| e.zeros_like(), Tensor::clone).matrix_diag();
            if let Some(to_v) = node.dy(1).filter(|_| compute_v) {
                let f = reciprocal_beside_diagonal(&(e.expand_dims(-2) - e.expand_dims(-1)));
                inner = inner + f * product(&v, true, to_v, false);
            }
            let to_a = product(&v, false, &product(&inner, false, &v, true), false);
            let both = &to_a + adjoint(&to_a);
            vec![Some(both.matrix_band_part(-1, 0) - both.matrix_band_part(0, 0) * 0.5)]
        }))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let compute_v = self.compute_v;
        let factors = if node.outputs[0].dtype.is_complex() { eigen::<Complex> } else { eigen::<f64> };
        Ok(Lowered::arrays("SelfAdjointEigV2", node, move |arrays| factors(&arrays[0], compute_v)))
    }
}

fn eigen<T: Number>(array: &Array, compute_v: bool) -> Result<Vec<Array>, Reason> {
    let [size, _] = sizes(array);
    let (mut values, mut vectors) = (Vec::new(), Vec::new());
    // A matrix of nothing has no factors either.
    for matrix in matrices::<T>(array)?.into_iter().filter(|_| size > 0) {
        let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| did_not_converge())?;
        let s = eigen.S().column_vector();
        values.push(Mat::from_fn(1, size, |_, i| s[i]));
        vectors.push(MatRef::to_owned(&eigen.U()));
    }
    let values = array_of(array, &[size], &values)?;
    match compute_v {
        true => Ok(vec![values, array_of(array, &[size, size], &vectors)?]),
        false => Ok(vec![values, Array::zeros(array.dtype(), [0])?]),
    }
}

/// Each matrix with its axes exchanged, and conjugated if it is complex.
#[track_caller]
fn adjoint(x: &Tensor) -> Tensor {
    let x = &if x.is_complex() { x.conj() } else { x.clone() };
    match x.rank() {
        Some(rank) if rank >= 2 => {
            let mut axes: Vec<i32> = (0..rank as i32).collect();
            axes.swap(rank - 2, rank - 1);
            x.transpose_by(&axes[..])
        }
        _ => {
            let tf = x.graph();
            let rank = x.rank_tensor();
            let ends = [&rank - 1, &rank - 2].map(|axis| axis.reshape([1]));
            let batch = tf.range(0, &rank - 2, 1);
            x.transpose_by(tf.concat(&[batch, ends[0].clone(), ends[1].clone()], 0))
        }
    }
}

/// 1/x beside the diagonal of each matrix, and 0 on it.
#[track_caller]
fn reciprocal_beside_diagonal(x: &Tensor) -> Tensor {
    let diagonal = x.ones_like().matrix_band_part(0, 0);
    (x + &diagonal).reciprocal() * (1.0 - diagonal)
}

fn sizes(array: &Array) -> [usize; 2] {
    match array.shape()[..] {
        [.., rows, columns] => [rows, columns],
        _ => [0, 0],
    }
}

fn did_not_converge() -> Reason {
    Reason::new(Code::InvalidArgument, "the factorization did not converge; is everything finite?")
}

impl Tensor {
    /// Q and R of each matrix, which is Q·R: the columns of Q are at right angles and of length 1, R is an upper triangle
    /// (`tf.qr`).
    #[track_caller]
    pub fn qr(&self) -> (Tensor, Tensor) {
        let node = self.graph().add_op(Qr { full_matrices: false }, &[self], None);
        (node.output(0), node.output(1))
    }

    /// s, U and V of each matrix, which is U·diag(s)·Vᵀ: its singular values, the largest first, and their vectors, as
    /// columns (`tf.svd`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (s, _, _) = tf.constant(array![[0.0, 2.0], [3.0, 0.0]]).svd();
    /// assert_eq!(Session::new(&tf)?.run(&s, feeds![])?, array![3.0, 2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn svd(&self) -> (Tensor, Tensor, Tensor) {
        let node = self.graph().add_op(Svd { compute_uv: true, full_matrices: false }, &[self], None);
        (node.output(0), node.output(1), node.output(2))
    }

    /// The eigenvalues of each symmetric matrix, the smallest first, and its eigenvectors, as columns
    /// (`tf.self_adjoint_eig`).
    #[track_caller]
    pub fn self_adjoint_eig(&self) -> (Tensor, Tensor) {
        let node = self.graph().add_op(SelfAdjointEigV2 { compute_v: true }, &[self], None);
        (node.output(0), node.output(1))
    }
}

fn tall() -> Array {
    array![[[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]], [[2.0, 0.0], [1.0, 1.0], [-1.0, 4.0]]]
}

fn wide() -> Array {
    array![[1.0, 3.0, 0.5], [2.0, -1.0, 1.5]]
}

/// The same, to five digits: what factors multiplied again give.
fn close(x: &Tensor, y: &Tensor) -> Tensor {
    ((x - y) * 1e4).round()
}

fn zeros(shape: &[usize]) -> Array {
    Array::zeros(crate::DType::Float32, shape).unwrap_or_else(|_| wide())
}

/// Functions of factors that do not depend on the signs of columns.
fn signless(x: &Tensor) -> Tensor {
    x.square() + x.square().square()
}

pub(in crate::ops) fn qr_cases() -> Vec<Case> {
    let build = |full_matrices| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let x = x[0].stop_gradient();
            let node = tf.add_op(Qr { full_matrices }, &[&x], None);
            let (q, r) = (node.output(0), node.output(1));
            // Below the diagonal of R there is nothing.
            vec![
                close(&q.matmul(&r), &x),
                r.matrix_band_part(-1, 0) - r.matrix_band_part(0, 0),
                close(&q.matmul_with(&q, true, false).matrix_diag_part(), &tf.constant(1.0)),
            ]
        }
    };
    vec![
        Case::fed("tall", [tall()], build(false)).expecting([
            zeros(&[2, 3, 2]),
            zeros(&[2, 2, 2]),
            zeros(&[2, 2]),
        ]),
        Case::fed("tall, full", [tall()], build(true)).expecting([
            zeros(&[2, 3, 2]),
            zeros(&[2, 3, 2]),
            zeros(&[2, 3]),
        ]),
        Case::fed("wide", [wide()], build(false)).expecting([zeros(&[2, 3]), zeros(&[2, 3]), zeros(&[2])]),
        Case::fed("differentiated", [tall()], |_, x| {
            let (q, r) = x[0].qr();
            vec![signless(&q), signless(&r)]
        }),
    ]
}

pub(in crate::ops) fn svd_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let x = x[0].stop_gradient();
        let (s, u, v) = x.svd();
        let scaled = u * s.expand_dims(-2);
        let values = tf.add_op(Svd { compute_uv: false, full_matrices: false }, &[&x], None).output(0);
        let full = tf.add_op(Svd { compute_uv: true, full_matrices: true }, &[&x], None).output(1);
        let square = full.matmul_with(&full, true, false);
        let identity = square.zeros_like().matrix_set_diag(square.matrix_diag_part().ones_like());
        vec![close(&scaled.matmul_with(&v, false, true), &x), close(&values, &s), close(&square, &identity)]
    };
    vec![
        Case::fed("tall", [tall()], build).expecting([zeros(&[2, 3, 2]), zeros(&[2, 2]), zeros(&[2, 3, 3])]),
        Case::fed("wide", [wide()], build).expecting([zeros(&[2, 3]), zeros(&[2]), zeros(&[2, 2])]),
        Case::fed("differentiated, tall", [tall()], |_, x| {
            let (s, u, v) = x[0].svd();
            vec![s, signless(&u), signless(&v)]
        }),
        Case::fed("differentiated, wide, values only", [wide()], |tf, x| {
            vec![tf.add_op(Svd { compute_uv: false, full_matrices: false }, &[&x[0]], None).output(0)]
        }),
    ]
}

pub(in crate::ops) fn self_adjoint_eig_cases() -> Vec<Case> {
    vec![
        Case::fed(
            "vectors are stretched",
            [array![[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, -1.0]]],
            |tf, x| {
                let x = x[0].stop_gradient();
                let (values, vectors) = x.self_adjoint_eig();
                let only = tf.add_op(SelfAdjointEigV2 { compute_v: false }, &[&x], None).output(0);
                vec![close(&x.matmul(&vectors), &(&vectors * values.expand_dims(0))), close(&only, &values)]
            },
        )
        .expecting([zeros(&[3, 3]), zeros(&[3])]),
        Case::fed("differentiated", [array![[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, -1.0]]], |_, x| {
            let (values, vectors) = x[0].self_adjoint_eig();
            vec![values, signless(&vectors)]
        }),
        Case::fed("of nothing", [zeros(&[2, 0, 0])], |_, x| {
            let (values, vectors) = x[0].stop_gradient().self_adjoint_eig();
            vec![values, vectors]
        })
        .expecting([zeros(&[2, 0]), zeros(&[2, 0, 0])]),
        Case::fed("a diagonal, in order", [array![[3.0, 0.0], [0.0, 1.0]]], |_, x| {
            vec![x[0].stop_gradient().self_adjoint_eig().0]
        })
        .expecting([array![1.0, 3.0]]),
    ]
}
