//! The softmax of the elements that are there in each row (SparseSoftmax): `exp(x) / Σ exp(x)` along the last axis.

use std::collections::HashMap;

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::sparse::{Places, SparseTensor, kept, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// New values of a sparse tensor: in each row along the last axis, the softmax of its elements.
#[derive(Clone, Debug)]
pub struct SparseSoftmax;

impl Op for SparseSoftmax {
    fn name(&self) -> &'static str {
        "SparseSoftmax"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseSoftmax, Reason> {
        Ok(SparseSoftmax)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape] = inputs else { return Err(wrong_count(3, inputs)) };
        let (count, rank) = parts(indices, values, shape)?;
        if !values.dtype.is_float() || rank.is_some_and(|rank| rank < 2) {
            return Err(format!("it takes floats in two axes or more, not {values} in {indices}").into());
        }
        Ok(Fact::new(values.dtype, [count]).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let y = node.y(0);
            let weighted = SparseTensor::new(node.x(0), &(dy * y), node.x(2));
            let last = dy.graph().constant(array![-1]);
            let sums = weighted.reduce_sum(&last).expand_dims(-1);
            let sums = sums.gather_nd(node.x(0) * kept(node.x(2), &last));
            [None, Some((dy - sums) * y), None]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("SparseSoftmax", node, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            if places.rank() < 2 {
                return Err(format!("it takes two axes or more, not {}", places.rank()).into());
            }
            let mut rows: HashMap<&[i64], Vec<usize>> = HashMap::new();
            for (number, row) in places.rows().into_iter().enumerate() {
                rows.entry(&row[..places.rank() - 1]).or_default().push(number);
            }
            let mut values = arrays[1].to_f64()?;
            for row in rows.values() {
                let largest = row.iter().map(|&number| values[number]).fold(f64::NEG_INFINITY, f64::max);
                row.iter().for_each(|&number| values[number] = (values[number] - largest).exp());
                let sum: f64 = row.iter().map(|&number| values[number]).sum();
                row.iter().for_each(|&number| values[number] /= sum);
            }
            Ok(vec![as_type(Array::new(arrays[1].shape().clone(), values)?, arrays[1].dtype())])
        }))
    }
}

impl SparseTensor {
    /// The softmax of the elements of each row along the last axis (`tf.sparse_softmax`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 0], [0, 2], [1, 1]], array![1.0, 1.0, 7.0], [2, 3]);
    /// let y = x.softmax().values;
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![0.5, 0.5, 1.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn softmax(&self) -> SparseTensor {
        self.with_values(&self.values.graph().add(SparseSoftmax, &self.parts()))
    }
}

pub(in crate::ops) fn sparse_softmax_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| {
        let indices = [[0, 0, 1], [0, 0, 2], [0, 1, 0], [1, 0, 0], [1, 0, 2]];
        vec![SparseTensor::from_parts(tf, &indices, &x[0], [2, 2, 3]).softmax().values]
    };
    vec![
        Case::fed("three axes", [array![1.0, 2.0, 5.0, -1.0, 0.5]], build),
        Case::fed("large ones", [array![1000.0, 1000.0, 0.0, 3.0, 3.0]], build)
            .expecting([array![0.5, 0.5, 1.0, 0.5, 0.5]]),
        Case::fed("float16", [as_type(array![1.0, 1.0, 5.0, 2.0, 2.0], DType::Float16)], build)
            .expecting([as_type(array![0.5, 0.5, 1.0, 0.5, 0.5], DType::Float16)]),
    ]
}
