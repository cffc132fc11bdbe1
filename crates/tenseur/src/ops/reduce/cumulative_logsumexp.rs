//! Running logarithms of sums of exponentials along an axis: `y[i] = ln(exp x[0] + … + exp x[i])`, without overflow.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{known_integer, must_be_index, must_be_scalar, normalised_axis, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// Of each element, the logarithm of the sum of the exponentials of all up to it along an axis, the second input.
#[derive(Clone, Debug)]
pub struct CumulativeLogsumexp {
    /// Whether an element itself is left out, so that the first is −∞.
    pub exclusive: bool,
    /// Whether it goes from the end to the start.
    pub reverse: bool,
}

impl Op for CumulativeLogsumexp {
    fn name(&self) -> &'static str {
        "CumulativeLogsumexp"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype);
        types.with("exclusive", self.exclusive).with("reverse", self.reverse)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let exclusive = attrs.optional("exclusive", false)?;
        Ok(CumulativeLogsumexp { exclusive, reverse: attrs.optional("reverse", false)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axis] = inputs else { return Err(wrong_count(2, inputs)) };
        if !x.dtype.is_float() {
            return Err(format!("it takes floats, not {}", x.dtype).into());
        }
        must_be_index(axis, "the axis")?;
        must_be_scalar(axis, "the axis")?;
        if let (Some(rank), Some(axis)) = (x.shape.rank(), known_integer(axis)) {
            normalised_axis(axis, rank)?;
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        // dx[i] = Σ dy[j]·exp(x[i] − y[j]) over the j whose sums have x[i], in logarithms; of positive and negative dy apart.
        Grad::rule(|node, dy| {
            let back = CumulativeLogsumexp { exclusive: self.exclusive, reverse: !self.reverse };
            let part = |dy: &Tensor| {
                let there = dy.greater(0.0);
                let logarithm = there.where_(dy, dy.ones_like()).log() - node.y(0);
                let nothing = dy.graph().filled_like(dy, f64::NEG_INFINITY);
                let terms = there.where_(&logarithm, &nothing);
                (dy.graph().add(back.clone(), &[&terms, node.x(1)]) + node.x(0)).exp()
            };
            [Some(part(dy) - part(&-dy)), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let op = self.clone();
        Ok(Lowered::arrays("CumulativeLogsumexp", node, move |arrays| {
            let shape = arrays[0].shape();
            let axis = normalised_axis(arrays[1].to_i64()?[0], shape.rank())?;
            let (length, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
            let x = arrays[0].to_f64()?;
            let mut y = vec![0.0; x.len()];
            let lines = (0..x.len()).filter(|place| place / inner.max(1) % length.max(1) == 0);
            for first in lines {
                let mut sum = f64::NEG_INFINITY;
                for step in 0..length {
                    let step = if op.reverse { length - 1 - step } else { step };
                    let place = first + step * inner;
                    let with = log_add_exp(sum, x[place]);
                    y[place] = if op.exclusive { sum } else { with };
                    sum = with;
                }
            }
            Ok(vec![as_type(Array::new(shape.clone(), y)?, arrays[0].dtype())])
        }))
    }
}

/// `ln(exp a + exp b)`.
pub(in crate::ops) fn log_add_exp(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let (greater, lesser) = (a.max(b), a.min(b));
    // Infinities have no difference.
    if greater.is_infinite() { greater } else { greater + (lesser - greater).exp().ln_1p() }
}

impl Tensor {
    /// Along an axis, the logarithm of the sum of the exponentials of all elements up to each one
    /// (`tf.math.cumulative_logsumexp`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let y = tf.constant(array![1000.0, 1000.0]).cumulative_logsumexp(0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![1000.0, 1000.6932]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn cumulative_logsumexp(&self, axis: i32) -> Tensor {
        let axis = self.graph().constant(axis);
        self.graph().add(CumulativeLogsumexp { exclusive: false, reverse: false }, &[self, &axis])
    }
}

pub(in crate::ops) fn cumulative_logsumexp_cases() -> Vec<Case> {
    let build = |axis: i32, exclusive, reverse| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(CumulativeLogsumexp { exclusive, reverse }, &[&x[0], &tf.constant(axis)])]
        }
    };
    let x = || array![[1.0, 2.0, -1.0], [0.5, 3.0, 2.0]];
    vec![
        Case::fed("columns", [x()], build(0, false, false)),
        Case::fed("rows, from the end", [x()], build(-1, false, true)),
        Case::fed("large ones", [array![1e30, 1.0, 1e30]], build(0, false, false))
            .at_kink()
            .expecting([array![1e30, 1e30, 1e30]]),
        Case::fed("without itself", [array![1.0, 2.0]], build(0, true, false))
            .at_kink()
            .expecting([array![f32::NEG_INFINITY, 1.0]]),
        Case::fed(
            "nothing",
            [Array::zeros(DType::Float32, [0, 2]).unwrap_or_else(|_| x())],
            build(1, false, false),
        ),
    ]
}
