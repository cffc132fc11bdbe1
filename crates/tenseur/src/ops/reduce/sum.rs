//! Sums and means along axes.

use tenseur_kernels::{Binary, Constant, MapProgram, ReduceOp, ScalarType};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::complex::arithmetic::{self, Fold};
use crate::ops::reduce::{Around, infer_reduction, lower_reduction, reduction_attrs, spread};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

use crate::value::{Array, DType};

/// The sum along axes. Integers wrap.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Sum {
    fn name(&self) -> &'static str {
        "Sum"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Sum, Reason> {
        Ok(Sum { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, |dtype| dtype.is_number() || dtype.is_complex())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(spread(dy, node.x(0), node.x(1), self.keep_dims)), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            let fold = Fold { start: 0.0.into(), step: |sum, z| sum + z, end: |sum, _| sum };
            return Ok(arithmetic::fold("Sum", node, self.keep_dims, fold));
        }
        lower_reduction(self, node, ReduceOp::Sum, None)
    }
}

/// The mean along axes; of nothing it is NaN. Means of integers are rounded towards 0, and of none 0.
#[derive(Clone, Debug)]
pub struct Mean {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Mean {
    fn name(&self) -> &'static str {
        "Mean"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Mean, Reason> {
        Ok(Mean { keep_dims: attrs.optional("keep_dims", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        infer_reduction(inputs, self.keep_dims, |dtype| dtype.is_number() || dtype.is_complex())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let (x, y) = (node.x(0), node.y(0));
            // How many elements of x make one of the mean.
            let count = match (x.shape().known(), y.shape().known()) {
                (Some(from), Some(to)) => {
                    x.graph().constant_like((from.elements() / to.elements().max(1)) as f64, dy)
                }
                _ => {
                    let count = x.size_tensor().floor_div(y.size_tensor().maximum(1));
                    count.cast_to(dy.dtype().unwrap_or(DType::Float32))
                }
            };
            [Some(spread(&(dy / count), x, node.x(1), self.keep_dims)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let dtype = node.outputs[0].dtype;
        if dtype.is_complex() {
            // Of nothing it is 0, as in TensorFlow.
            let end = |sum, count: usize| sum / count.max(1) as f64;
            let fold = Fold { start: 0.0.into(), step: |sum, z| sum + z, end };
            return Ok(arithmetic::fold("Mean", node, self.keep_dims, fold));
        }
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let count = match node.outputs[0].shape.known() {
            // Where there are no means there is nothing to divide either.
            Some(to) => known_shape(node.inputs[0])?.elements().checked_div(to.elements()).unwrap_or(1),
            None => 1,
        };
        // As TensorFlow, whose sums of narrow integers do not wrap before they are divided.
        let summed = match dtype {
            DType::Float16 | DType::BFloat16 => ScalarType::F32,
            DType::Float32 | DType::Float64 | DType::UInt64 => stored,
            _ => ScalarType::I64,
        };
        let mut before = MapProgram::new();
        let x = before.input(stored);
        let x = before.cast(x, summed);
        before.output(x, summed);
        let mut after = MapProgram::new();
        let sum = after.input(summed);
        let count = if dtype.is_integer() { count.max(1) } else { count };
        let count = after.constant(summed, Constant::UInt(count as u64));
        let mean = after.binary(Binary::Div, sum, count);
        let mean = after.cast(mean, stored);
        after.output(mean, stored);
        lower_reduction(self, node, ReduceOp::Sum, Some(Around { before, after }))
    }
}

reductions! {
    /// The sum along axes.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run((&x.reduce_sum(..), &x.reduce_sum(0)), feeds![])?, (10.0.into(), array![4.0, 6.0]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    reduce_sum, reduce_sum_keeping, Sum;
    /// The mean along axes; NaN of nothing.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 5.0]]);
    /// let centred = &x - x.reduce_mean_keeping(1);
    /// assert_eq!(Session::new(&tf)?.run(&centred, feeds![])?, array![[-0.5, 0.5], [-1.0, 1.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    reduce_mean, reduce_mean_keeping, Mean;
}

pub(in crate::ops) fn sum_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("all", [matrix()], |_, x| vec![x[0].reduce_sum(..)]),
        Case::fed("columns", [matrix()], |_, x| vec![x[0].reduce_sum(0)]),
        Case::fed("from the end, kept", [matrix()], |_, x| vec![x[0].reduce_sum_keeping([-1])]),
        Case::fed("no axis", [matrix()], |_, x| vec![x[0].reduce_sum([] as [i32; 0])]),
        Case::fed("a scalar", [Array::scalar(2.5f32)], |_, x| vec![x[0].reduce_sum(..)]),
        Case::fed("nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reduce_sum(1)])
            .expecting([array![0.0, 0.0]]),
        Case::fed("axes that are fed", [matrix(), as_type(array![1], DType::Int64)], |_, x| {
            vec![x[0].reduce_sum(&x[1])]
        })
        .expecting([array![6.0, 15.0]]),
        Case::fed("bytes wrap", [as_type(array![100, 100, 101], DType::Int8)], |_, x| {
            vec![x[0].reduce_sum(0)]
        })
        .expecting([as_type(45.into(), DType::Int8)]),
        Case::fed("half floats", [as_type(array![2048.0, 1.0, 1.0], DType::Float16)], |_, x| {
            vec![x[0].reduce_sum(0)]
        })
        .expecting([as_type(2050.0.into(), DType::Float16)]),
    ]
}

pub(in crate::ops) fn mean_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("all", [matrix()], |_, x| vec![x[0].reduce_mean(..)]).expecting([3.5.into()]),
        Case::fed("rows, kept", [matrix()], |_, x| vec![x[0].reduce_mean_keeping(1)]),
        Case::fed("no axis", [matrix()], |_, x| vec![x[0].reduce_mean([] as [i32; 0])]),
        Case::fed("of nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reduce_mean(1)])
            .expecting([array![f32::NAN, f32::NAN]])
            .at_kink(),
        Case::fed("nothing of nothing", [Array::from_literal([[0.0; 0]; 2])], |_, x| {
            vec![x[0].reduce_mean(0)]
        }),
        Case::fed("an axis that is fed", [matrix(), 0.into()], |_, x| vec![x[0].reduce_mean(&x[1])])
            .expecting([array![2.5, 3.5, 4.5]]),
        Case::fed("integers", [array![-3, -4, 2]], |_, x| vec![x[0].reduce_mean(..)])
            .expecting([(-1).into()]),
        Case::fed("large integers", [array![1 << 30, 1 << 30, 1 << 30]], |_, x| vec![x[0].reduce_mean(0)])
            .expecting([(1 << 30).into()]),
        Case::fed("of no integers", [Array::from_literal([0; 0])], |_, x| vec![x[0].reduce_mean(0)])
            .expecting([0.into()]),
        Case::fed("bytes", [as_type(array![100, 100, 103], DType::Int8)], |_, x| vec![x[0].reduce_mean(0)])
            .expecting([as_type(101.into(), DType::Int8)]),
    ]
}
