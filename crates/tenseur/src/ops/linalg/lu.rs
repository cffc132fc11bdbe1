//! L·U factors with rows that change places.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{vector_of, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::complex::Complex;
use crate::ops::linalg::number::Number;
use crate::ops::linalg::{any_square_axes, array_of, behind, matrices};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// L below the diagonal, whose own diagonal is ones, and U from it on, of each square matrix with its rows in another order;
/// and which row stands where. Of equal candidates the first row is taken.
#[derive(Clone, Debug)]
pub struct Lu {
    /// The type of the rows' numbers: int32 or int64.
    pub output_idx_type: DType,
}

impl OverArrays for Lu {
    const NAME: &'static str = "Lu";
    const NO_GRADIENT: &'static str = "there is no rule for it";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("output_idx_type", self.output_idx_type)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("output_idx_type", DType::Int32)? {
            output_idx_type @ (DType::Int32 | DType::Int64) => Ok(Lu { output_idx_type }),
            other => Err(format!("attribute \"output_idx_type\" is {other}; it is int32 or int64").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let (matrix, rows) = match any_square_axes(x)? {
            Some((batch, size)) => (behind(&batch, &[size, size]), behind(&batch, &[size])),
            None => (PartialShape::unknown(), PartialShape::unknown()),
        };
        Ok([Fact::new(x.dtype, matrix), Fact::new(self.output_idx_type, rows)].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        match inputs[0].dtype().is_complex() {
            true => self.factors::<Complex>(&inputs[0]),
            false => self.factors::<f64>(&inputs[0]),
        }
    }
}

impl Lu {
    fn factors<T: Number>(&self, x: &Array) -> Result<Vec<Array>, Reason> {
        let size = x.shape().last().copied().unwrap_or(0);
        let (mut factors, mut rows) = (Vec::new(), Vec::new());
        for mut matrix in matrices::<T>(x)? {
            let mut order: Vec<usize> = (0..size).collect();
            for step in 0..size {
                let pivot = (step..size).fold(step, |best, row| {
                    if matrix[(row, step)].size() > matrix[(best, step)].size() { row } else { best }
                });
                if matrix[(pivot, step)].size() == 0.0 {
                    return Err("the matrix has no inverse".into());
                }
                order.swap(step, pivot);
                for column in 0..size {
                    let (one, other) = (matrix[(step, column)], matrix[(pivot, column)]);
                    (matrix[(step, column)], matrix[(pivot, column)]) = (other, one);
                }
                for row in step + 1..size {
                    let factor = matrix[(row, step)] / matrix[(step, step)];
                    matrix[(row, step)] = factor;
                    for column in step + 1..size {
                        matrix[(row, column)] = matrix[(row, column)] - factor * matrix[(step, column)];
                    }
                }
            }
            factors.push(matrix);
            rows.extend(order);
        }
        let shape = &x.shape()[..x.shape().rank() - 1];
        let rows = vector_of(self.output_idx_type, &rows)?.reshape(shape.to_vec())?;
        Ok(vec![array_of(x, &[size, size], &factors)?, rows])
    }
}

pub(in crate::ops) fn lu_cases() -> Vec<Case> {
    vec![
        Case::fed("rows change places", [array![[1.0, 2.0], [4.0, 2.0]]], |tf, x| {
            let op = ByArrays(Lu { output_idx_type: DType::Int32 });
            let node = tf.add_op(op, &[&x[0].stop_gradient()], None);
            vec![node.output(0), node.output(1)]
        })
        .expecting([array![[4.0, 2.0], [0.25, 1.5]], array![1, 0]]),
    ]
}
