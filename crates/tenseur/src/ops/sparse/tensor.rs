//! [`SparseTensor`], a handle of the three tensors that make one up.

use crate::graph::{Graph, Tensor};
use crate::ops::source::IntoConstant;
use crate::value::Array;

/// A sparse tensor of a graph (`tf.SparseTensor`).
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = SparseTensor::from_parts(&tf, &[[0, 1], [1, 0]], array![5.0, 7.0], [2, 3]);
/// let y = x.to_dense(0.0);
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 5.0, 0.0], [7.0, 0.0, 0.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseTensor {
    /// Where each element is: `[count, rank]` of int64.
    pub indices: Tensor,
    /// The elements: `[count]`.
    pub values: Tensor,
    /// The sizes of the whole: `[rank]` of int64.
    pub dense_shape: Tensor,
}

impl SparseTensor {
    /// Of its parts.
    pub fn new(indices: &Tensor, values: &Tensor, dense_shape: &Tensor) -> SparseTensor {
        SparseTensor { indices: indices.clone(), values: values.clone(), dense_shape: dense_shape.clone() }
    }

    /// Of indices and a shape that are known.
    #[track_caller]
    pub fn from_parts<const RANK: usize>(
        graph: &Graph,
        indices: &[[i64; RANK]],
        values: impl IntoConstant,
        dense_shape: [i64; RANK],
    ) -> SparseTensor {
        let constant = |array: crate::Result<Array>| match array {
            Ok(array) => graph.constant(array),
            Err(error) => graph.fail(error),
        };
        SparseTensor {
            indices: constant(Array::new([indices.len(), RANK], indices.concat())),
            values: graph.constant(values),
            dense_shape: constant(Array::new([RANK], dense_shape)),
        }
    }

    /// The same places with other values.
    #[must_use]
    pub fn with_values(&self, values: &Tensor) -> SparseTensor {
        SparseTensor { values: values.clone(), ..self.clone() }
    }

    pub(super) fn parts(&self) -> [&Tensor; 3] {
        [&self.indices, &self.values, &self.dense_shape]
    }
}
