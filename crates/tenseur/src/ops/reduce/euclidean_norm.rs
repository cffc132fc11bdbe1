//! The length of vectors: √Σx² along axes.

use tenseur_kernels::{Binary, MapProgram, ReduceOp, ScalarType, Unary};

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::complex::Complex;
use crate::ops::complex::arithmetic::{self, Fold};
use crate::ops::reduce::{Around, infer_reduction, lower_reduction, reduction_attrs, with_axes};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

use crate::value::{Array, DType};

/// √Σx² along axes. Its derivative at 0 is NaN, as in TensorFlow.
#[derive(Clone, Debug)]
pub struct EuclideanNorm {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for EuclideanNorm {
    fn name(&self) -> &'static str {
        "EuclideanNorm"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<EuclideanNorm, Reason> {
        Ok(EuclideanNorm { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, |dtype| dtype.is_number() || dtype.is_complex())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, axes) = (node.x(0), node.x(1));
            let back = |reduced| with_axes(reduced, x, axes, self.keep_dims);
            [Some(x / (back(node.y(0)) / back(dy))), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.inputs[0].dtype;
        if dtype.is_complex() {
            let step = |sum, z: Complex| sum + z.norm_sqr();
            let fold = Fold { start: 0.0.into(), step, end: |sum, _| sum.re.sqrt().into() };
            return Ok(arithmetic::fold("EuclideanNorm", node, self.keep_dims, fold));
        }
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        // As in TensorFlow, squares of integers wrap, and those of narrow floats are rounded.
        let summed = match dtype {
            DType::Float16 | DType::BFloat16 | DType::Float32 => ScalarType::F32,
            _ => stored,
        };
        let mut before = MapProgram::new();
        let x = before.input(stored);
        let square = before.binary(Binary::Mul, x, x);
        let square = before.narrow(square, stored);
        let square = before.cast(square, summed);
        before.output(square, summed);
        let mut after = MapProgram::new();
        let sum = after.input(summed);
        let sum = if dtype.is_float() { sum } else { after.cast(sum, ScalarType::F64) };
        let norm = after.unary(Unary::Sqrt, sum);
        let norm = after.cast(norm, stored);
        after.output(norm, stored);
        lower_reduction(self, node, ReduceOp::Sum, Some(Around { before, after }))
    }
}

reductions! {
    /// √Σx² along axes (`tf.math.reduce_euclidean_norm`).
    reduce_euclidean_norm, reduce_euclidean_norm_keeping, EuclideanNorm;
}

pub(in crate::ops) fn euclidean_norm_cases() -> Vec<Case> {
    let matrix = || array![[3.0, -4.0], [5.0, 12.0]];
    vec![
        Case::fed("rows", [matrix()], |_, x| vec![x[0].reduce_euclidean_norm(1)])
            .expecting([array![5.0, 13.0]]),
        Case::fed("all, kept", [matrix()], |_, x| vec![x[0].reduce_euclidean_norm_keeping(..)]),
        Case::fed("no axis", [matrix()], |_, x| vec![x[0].reduce_euclidean_norm([] as [i32; 0])])
            .expecting([array![[3.0, 4.0], [5.0, 12.0]]]),
        Case::fed("of nothing", [Array::from_literal([0.0; 0])], |_, x| vec![x[0].reduce_euclidean_norm(0)])
            .expecting([0.0.into()])
            .at_kink(),
        Case::fed("integers are cut off", [array![1, 2]], |_, x| vec![x[0].reduce_euclidean_norm(0)])
            .expecting([2.into()]),
    ]
}
