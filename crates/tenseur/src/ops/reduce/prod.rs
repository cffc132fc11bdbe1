//! Products along axes.

use tenseur_kernels::ReduceOp;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::IntoShape;
use crate::ops::complex::arithmetic::{self, Fold};
use crate::ops::division::FloorMod;
use crate::ops::reduce::{infer_reduction, lower_reduction, normalised_axes, reduction_attrs, spread};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

use crate::value::{Array, DType};

/// The product along axes. Integers wrap.
#[derive(Clone, Debug)]
pub struct Prod {
    /// Whether the reduced axes stay, with size 1.
    pub keep_dims: bool,
}

impl Op for Prod {
    fn name(&self) -> &'static str {
        "Prod"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        reduction_attrs(node, self.keep_dims)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Prod, Reason> {
        Ok(Prod { keep_dims: attrs.optional("keep_dims", false)? })
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
            let spread = spread(dy, x, axes, self.keep_dims);
            [Some(spread * product_of_others(x, axes).conj()), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if node.outputs[0].dtype.is_complex() {
            let fold = Fold { start: 1.0.into(), step: |product, z| product * z, end: |product, _| product };
            return Ok(arithmetic::fold("Prod", node, self.keep_dims, fold));
        }
        lower_reduction(self, node, ReduceOp::Prod, None)
    }
}

/// For each element of x, the product of all others along `axes`: of those before and those after, so that a factor 0
/// does no harm.
#[track_caller]
fn product_of_others(x: &Tensor, axes: &Tensor) -> Tensor {
    let tf = x.graph();
    let known = axes.fact().and_then(|fact| fact.integers()).zip(x.rank());
    let known = known.and_then(|(axes, rank)| Some((normalised_axes(&axes, rank).ok()?, rank)));
    if let Some(([axis], _)) = known.as_ref().map(|(axes, rank)| (&axes[..], rank)) {
        return of_others_along(x, *axis as i32);
    }
    // The axes come first, as one.
    let (reduced, others) = match known {
        Some((reduced, rank)) => {
            let others = (0..rank).filter(|axis| !reduced.contains(axis)).map(|axis| axis as i32);
            let reduced: Vec<i32> = reduced.iter().map(|&axis| axis as i32).collect();
            (reduced[..].into_shape(x), others.collect::<Vec<i32>>()[..].into_shape(x))
        }
        None => {
            let rank = x.rank_tensor();
            let axes = axes.cast_to(DType::Int32).reshape([-1]);
            let reduced = (axes + &rank).with(FloorMod, &rank);
            let others = tf.range(0, &rank, 1).setdiff1d(&reduced).0;
            (reduced, others)
        }
    };
    let order = tf.concat(&[&reduced, &others], 0);
    let shape = x.shape_tensor();
    let count = |axes: &Tensor| shape.gather(axes).reduce_prod(0);
    let moved = x.transpose_by(&order);
    let rows = moved.reshape(tf.stack(&[count(&reduced), count(&others)], 0));
    of_others_along(&rows, 0).reshape(moved.shape_tensor()).transpose_by(order.invert_permutation())
}

#[track_caller]
fn of_others_along(x: &Tensor, axis: i32) -> Tensor {
    x.cumprod_with(axis, true, false) * x.cumprod_with(axis, true, true)
}

reductions! {
    /// The product along axes. Its gradient is right where factors are 0, too.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reduce_prod(1), feeds![])?, array![2.0, 12.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    reduce_prod, reduce_prod_keeping, Prod;
}

pub(in crate::ops) fn prod_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0], [-3.0, 4.0]];
    let cube = || array![[[1.5, 2.0], [-3.0, 4.0], [0.5, -1.0]]];
    let slopes = |x: &Tensor, axes: &[i32]| crate::gradients(&[&x.reduce_prod(axes)], &[x]);
    let zeros = |values: Array, axes: &'static [i32]| {
        Case::fed("the gradient where factors are 0", [values], move |_, x| {
            slopes(&x[0], axes).into_iter().flatten().collect()
        })
        .at_kink()
    };
    vec![
        Case::fed("columns", [matrix()], |_, x| vec![x[0].reduce_prod(0)]).expecting([array![-3.0, 8.0]]),
        Case::fed("all, kept", [matrix()], |_, x| vec![x[0].reduce_prod_keeping(..)]),
        Case::fed("two of three axes", [cube()], |_, x| vec![x[0].reduce_prod([0, 2])]),
        Case::fed("no axis", [matrix()], |_, x| vec![x[0].reduce_prod([] as [i32; 0])]),
        Case::fed("axes that are fed", [cube(), array![2, -2]], |_, x| vec![x[0].reduce_prod(&x[1])])
            .at_kink(),
        Case::fed("of nothing", [Array::from_literal([0; 0])], |_, x| vec![x[0].reduce_prod(..)])
            .expecting([1.into()]),
        Case::fed("bytes wrap", [as_type(array![100, 100, 100], DType::Int8)], |_, x| {
            vec![x[0].reduce_prod(0)]
        })
        .expecting([as_type(64.into(), DType::Int8)]),
        zeros(array![2.0, 0.0, 3.0], &[0]).expecting([array![0.0, 6.0, 0.0]]),
        zeros(array![[2.0, 0.0], [0.0, 3.0]], &[1]).expecting([array![[0.0, 2.0], [3.0, 0.0]]]),
        zeros(array![[2.0, 0.0], [5.0, 3.0]], &[0, 1]).expecting([array![[0.0, 30.0], [0.0, 0.0]]]),
    ]
}
