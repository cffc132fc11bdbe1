//! Matrices as products of simpler ones: QR, singular values, eigenvalues. Signs of columns are the factorization's own.

use faer::{Mat, MatRef, Side};

use crate::array;
use crate::conformance::Case;
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::linalg::{array_of, behind, matrices, matrix_axes, square_axes};
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
        let Some((batch, [rows, columns])) = matrix_axes(x)? else {
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

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the rule for QR is not written")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let full = self.full_matrices;
        Ok(Lowered::arrays("Qr", node, move |arrays| {
            let [rows, columns] = sizes(&arrays[0]);
            let short = if full { rows } else { rows.min(columns) };
            let (mut qs, mut rs) = (Vec::new(), Vec::new());
            for matrix in matrices(&arrays[0])? {
                let qr = matrix.qr();
                let (q, r) = if full { (qr.compute_Q(), qr.R()) } else { (qr.compute_thin_Q(), qr.thin_R()) };
                rs.push(Mat::from_fn(
                    short,
                    columns,
                    |row, column| if row <= column { r[(row, column)] } else { 0.0 },
                ));
                qs.push(q);
            }
            Ok(vec![
                array_of(&arrays[0], &[rows, short], &qs)?,
                array_of(&arrays[0], &[short, columns], &rs)?,
            ])
        }))
    }
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
        let axes = matrix_axes(x)?;
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

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the rule for singular values is not written")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays("Svd", node, move |arrays| {
            let [rows, columns] = sizes(&arrays[0]);
            let short = rows.min(columns);
            let (mut values, mut us, mut vs) = (Vec::new(), Vec::new(), Vec::new());
            for matrix in matrices(&arrays[0])? {
                let svd = if op.full_matrices { matrix.svd() } else { matrix.thin_svd() };
                let svd = svd.map_err(|_| did_not_converge())?;
                let s = svd.S().column_vector();
                values.push(Mat::from_fn(1, short, |_, i| s[i]));
                us.push(svd.U().to_owned());
                vs.push(svd.V().to_owned());
            }
            let values = array_of(&arrays[0], &[short], &values)?;
            if !op.compute_uv {
                let nothing = Array::zeros(arrays[0].dtype(), [0])?;
                return Ok(vec![values, nothing.clone(), nothing]);
            }
            let wide = |size| [size, if op.full_matrices { size } else { short }];
            Ok(vec![
                values,
                array_of(&arrays[0], &wide(rows), &us)?,
                array_of(&arrays[0], &wide(columns), &vs)?,
            ])
        }))
    }
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
        let (values, vectors) = match square_axes(x)? {
            Some((batch, size)) => (behind(&batch, &[size]), behind(&batch, &[size, size])),
            None => Default::default(),
        };
        let vectors = if self.compute_v { vectors } else { [0].into() };
        Ok([values, vectors].into_iter().map(|shape| Fact::new(x.dtype, shape)).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("the rule for eigenvalues is not written")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let compute_v = self.compute_v;
        Ok(Lowered::arrays("SelfAdjointEigV2", node, move |arrays| {
            let [size, _] = sizes(&arrays[0]);
            let (mut values, mut vectors) = (Vec::new(), Vec::new());
            for matrix in matrices(&arrays[0])? {
                let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| did_not_converge())?;
                let s = eigen.S().column_vector();
                values.push(Mat::from_fn(1, size, |_, i| s[i]));
                vectors.push(MatRef::to_owned(&eigen.U()));
            }
            let values = array_of(&arrays[0], &[size], &values)?;
            match compute_v {
                true => Ok(vec![values, array_of(&arrays[0], &[size, size], &vectors)?]),
                false => Ok(vec![values, Array::zeros(arrays[0].dtype(), [0])?]),
            }
        }))
    }
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
        Case::fed("a diagonal, in order", [array![[3.0, 0.0], [0.0, 1.0]]], |_, x| {
            vec![x[0].stop_gradient().self_adjoint_eig().0]
        })
        .expecting([array![1.0, 3.0]]),
    ]
}
