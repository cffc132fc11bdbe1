//! The values of a sparse tensor with a dense one, which broadcasts to its shape, added, multiplied or divided by.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::wrong_count;
use crate::ops::bad_indices::BadIndices;
use crate::ops::by_arrays::applied;
use crate::ops::division::Div;
use crate::ops::gather_nd::given_back;
use crate::ops::math::{AddV2, Mul};
use crate::ops::sparse::{Places, SparseTensor, parts};
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

const ADD: u8 = 0;
const MUL: u8 = 1;

/// The new values of a sparse tensor, whose parts are the first three inputs, each with the element of a dense one, the
/// fourth, at its place. OP is 0 for sums, 1 for products, 2 for quotients.
#[derive(Clone, Debug)]
pub struct SparseDenseCwise<const OP: u8>;

/// Sums.
pub type SparseDenseCwiseAdd = SparseDenseCwise<0>;
/// Products.
pub type SparseDenseCwiseMul = SparseDenseCwise<1>;
/// Quotients.
pub type SparseDenseCwiseDiv = SparseDenseCwise<2>;

impl<const OP: u8> Op for SparseDenseCwise<OP> {
    fn name(&self) -> &'static str {
        match OP {
            ADD => "SparseDenseCwiseAdd",
            MUL => "SparseDenseCwiseMul",
            _ => "SparseDenseCwiseDiv",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SparseDenseCwise)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, dense] = inputs else { return Err(wrong_count(4, inputs)) };
        let (count, _) = parts(indices, values, shape)?;
        match values.dtype == dense.dtype && dense.dtype.is_number() {
            true => Ok(Fact::new(values.dtype, [count]).one()),
            false => Err(format!("it takes numbers of one type, not {values} and {dense}").into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let indices = dense_indices(node);
            let (x, y) = (node.x(1), || node.x(3).gather_nd(&indices));
            let (to_x, to_y) = match OP {
                ADD => (dy.clone(), dy.clone()),
                MUL => (dy * y(), dy * x),
                _ => (dy / y(), -(dy * x) / y().square()),
            };
            let shape = node.x(3).shape_tensor().cast_to(DType::Int64);
            [None, Some(to_x), None, Some(given_back(&indices, &to_y, &shape, BadIndices::Refused))]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays(self.name(), node, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            places.flat()?;
            let dense = &arrays[3];
            let sizes = dense.shape();
            let first = places.rank().checked_sub(sizes.rank());
            let fits = first.is_some_and(|first| {
                sizes.iter().zip(&places.sizes[first..]).all(|(&size, &all)| size == 1 || size as i64 == all)
            });
            let (true, Some(first)) = (fits, first) else {
                return Err(format!("{sizes} does not broadcast to {:?}", places.sizes).into());
            };
            let place = |row: &[i64]| {
                let along = row[first..].iter().zip(sizes.iter());
                along.fold(0, |place, (&index, &size)| {
                    place * size + if size == 1 { 0 } else { index as usize }
                })
            };
            let from = places.rows().into_iter().map(|row| Some((0, place(row))));
            let there = assemble(&[dense], 1, [arrays[1].len()], from)?;
            let op: &dyn Op = match OP {
                ADD => &AddV2,
                MUL => &Mul,
                _ => &Div,
            };
            applied(op, &[&arrays[1], &there])
        }))
    }
}

/// The indices of the elements into the dense tensor.
#[track_caller]
fn dense_indices(node: &Backward<'_>) -> Tensor {
    let dense = node.x(3).shape_tensor().cast_to(DType::Int64);
    let first = node.x(2).size_tensor() - dense.size_tensor();
    let indices = node.x(0).slice([Operand::from(0), first.into()], [-1, -1]);
    indices * dense.not_equal(super::long(dense.graph(), 1)).cast_to(DType::Int64)
}

impl SparseTensor {
    /// Its values with the elements of a dense tensor added at their places; the dense tensor broadcasts.
    #[track_caller]
    #[must_use]
    pub fn cwise_add(&self, dense: impl Into<Operand>) -> SparseTensor {
        self.cwise(SparseDenseCwise::<0>, dense.into())
    }

    /// Its product, element by element, with a dense tensor, which broadcasts (`tf.SparseTensor.__mul__`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 1], [1, 0]], array![2.0, 3.0], [2, 2]);
    /// let y = x.cwise_mul(array![10.0, 100.0]).to_dense(0.0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 200.0], [30.0, 0.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn cwise_mul(&self, dense: impl Into<Operand>) -> SparseTensor {
        self.cwise(SparseDenseCwise::<1>, dense.into())
    }

    /// Its quotient, element by element, by a dense tensor, which broadcasts (`tf.SparseTensor.__div__`).
    #[track_caller]
    #[must_use]
    pub fn cwise_div(&self, dense: impl Into<Operand>) -> SparseTensor {
        self.cwise(SparseDenseCwise::<2>, dense.into())
    }

    #[track_caller]
    fn cwise(&self, op: impl Op, dense: Operand) -> SparseTensor {
        let [indices, values, shape] = self.parts();
        let dense = dense.tensor(values);
        self.with_values(&values.graph().add(op, &[indices, values, shape, &dense]))
    }
}

fn cases<const OP: u8>(answer: Array) -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let sparse = SparseTensor::from_parts(tf, &[[0, 1], [1, 0], [1, 2]], &x[0], [2, 3]);
        vec![sparse.cwise(SparseDenseCwise::<OP>, Operand::from(&x[1])).values]
    };
    let values = || array![6.0, -8.0, 3.0];
    vec![
        Case::fed("of its shape", [values(), array![[1.0, 2.0, 9.0], [4.0, 9.0, 0.5]]], build)
            .expecting([answer]),
        Case::fed("a row", [values(), array![1.0, 2.0, 4.0]], build),
        Case::fed("a column", [values(), array![[1.0], [2.0]]], build),
        Case::fed("a scalar", [values(), Array::scalar(2.0f32)], build),
        Case::fed(
            "integers",
            [as_type(array![7, -7, 3], DType::Int64), as_type(array![[1, 2, 1], [2, 1, 2]], DType::Int64)],
            build,
        ),
    ]
}

pub(in crate::ops) fn sparse_dense_cwise_add_cases() -> Vec<Case> {
    cases::<0>(array![8.0, -4.0, 3.5])
}

pub(in crate::ops) fn sparse_dense_cwise_mul_cases() -> Vec<Case> {
    cases::<1>(array![12.0, -32.0, 1.5])
}

pub(in crate::ops) fn sparse_dense_cwise_div_cases() -> Vec<Case> {
    cases::<2>(array![3.0, -2.0, 6.0])
}
