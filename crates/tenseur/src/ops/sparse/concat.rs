//! Sparse tensors behind each other along an axis (SparseConcat).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph};
use crate::ops::array::assemble::assemble;
use crate::ops::array::normalised_axis;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::sparse::{Places, SparseTensor, indices_of, parts};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// Sparse tensors behind each other along an axis: inputs are the indices of all, the values of all, and the shapes.
#[derive(Clone, Debug)]
pub struct SparseConcat {
    /// The axis, counted from the end where it is negative.
    pub concat_dim: i64,
}

impl OverArrays for SparseConcat {
    const NAME: &'static str = "SparseConcat";
    const NO_GRADIENT: &'static str = "TensorFlow has no gradient of joined sparse tensors";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let count = node.inputs.len() / 3;
        let attrs = Attrs::new().with("N", count as i64).with("T", node.inputs[count].dtype);
        attrs.with("concat_dim", self.concat_dim)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(SparseConcat { concat_dim: attrs.require("concat_dim")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let count = inputs.len() / 3;
        if count == 0 || !inputs.len().is_multiple_of(3) {
            return Err(
                format!("it takes three inputs for each sparse tensor and got {}", inputs.len()).into()
            );
        }
        let (mut total, mut rank, dtype) = (Some(0), None, inputs[count].dtype);
        for i in 0..count {
            let (indices, values, shape) = (inputs[i], inputs[count + i], inputs[2 * count + i]);
            let (elements, axes) = parts(indices, values, shape)?;
            if values.dtype != dtype {
                return Err(
                    format!("it joins values of one type, not of {dtype} and {}", values.dtype).into()
                );
            }
            if rank.zip(axes).is_some_and(|(rank, axes)| rank != axes) {
                return Err("it joins sparse tensors of one number of axes".into());
            }
            total = total.zip(elements).map(|(total, elements): (usize, usize)| total + elements);
            rank = rank.or(axes);
        }
        if let Some(rank) = rank {
            normalised_axis(self.concat_dim, rank)?;
        }
        let indices = Fact::new(DType::Int64, [total, rank].into_iter().collect::<PartialShape>());
        Ok([indices, Fact::new(dtype, [total]), Fact::new(DType::Int64, [rank])].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let count = inputs.len() / 3;
        let all = (0..count).map(|i| Places::new(&inputs[i], &inputs[2 * count + i]));
        let all = all.collect::<Result<Vec<Places>, Reason>>()?;
        let rank = all[0].rank();
        let axis = normalised_axis(self.concat_dim, rank)?;
        let mut sizes = all[0].sizes.clone();
        sizes[axis] = 0;
        let mut elements: Vec<(Vec<i64>, (usize, usize))> = Vec::new();
        for (source, places) in all.iter().enumerate() {
            if places.rank() != rank || (0..rank).any(|i| i != axis && places.sizes[i] != sizes[i]) {
                return Err(format!("shapes {:?} and {:?} are not joined", all[0].sizes, places.sizes).into());
            }
            for (number, row) in places.rows().into_iter().enumerate() {
                let mut row = row.to_vec();
                row[axis] = row[axis].checked_add(sizes[axis]).ok_or("an index is too large")?;
                elements.push((row, (source, number)));
            }
            sizes[axis] = sizes[axis].checked_add(places.sizes[axis]).ok_or("the axis becomes too long")?;
        }
        // Along the first axis they are in order if each of them is.
        if axis > 0 {
            elements.sort_by(|one, other| one.0.cmp(&other.0));
        }
        let indices: Vec<i64> = elements.iter().flat_map(|(row, _)| row.iter().copied()).collect();
        let values: Vec<&Array> = inputs[count..2 * count].iter().collect();
        let from = elements.iter().map(|(_, from)| Some(*from));
        Ok(vec![
            indices_of(&indices, rank, DType::Int64)?,
            assemble(&values, 1, [elements.len()], from)?,
            Array::new([rank], sizes)?,
        ])
    }
}

impl Graph {
    /// Sparse tensors behind each other along an axis (`tf.sparse_concat`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = SparseTensor::from_parts(&tf, &[[0, 1]], array![5.0], [1, 2]);
    /// let y = tf.sparse_concat(&[x.clone(), x], 1).to_dense(0.0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![[0.0, 5.0, 0.0, 5.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn sparse_concat(&self, tensors: &[SparseTensor], axis: i64) -> SparseTensor {
        let parts = [0, 1, 2].map(|part| tensors.iter().map(move |tensor| tensor.parts()[part]));
        let inputs: Vec<&crate::Tensor> = parts.into_iter().flatten().collect();
        let node = self.add_op(ByArrays(SparseConcat { concat_dim: axis }), &inputs, None);
        SparseTensor::new(&node.output(0), &node.output(1), &node.output(2))
    }
}

pub(in crate::ops) fn sparse_concat_cases() -> Vec<Case> {
    let build = |axis| {
        move |tf: &Graph, x: &[crate::Tensor]| {
            let [x, y] = [x[0].stop_gradient(), x[1].stop_gradient()];
            let one = SparseTensor::from_parts(tf, &[[0, 1], [1, 0]], x, [2, 2]);
            let other = SparseTensor::from_parts(tf, &[[0, 0]], y, [2, 2]);
            let joined = tf.sparse_concat(&[one, other], axis);
            vec![joined.indices, joined.values, joined.dense_shape]
        }
    };
    let long = |array: Array| as_type(array, DType::Int64);
    vec![
        Case::fed("columns", [array![1.0, 2.0], array![3.0]], build(-1)).expecting([
            long(array![[0, 1], [0, 2], [1, 0]]),
            array![1.0, 3.0, 2.0],
            long(array![2, 4]),
        ]),
        Case::fed("rows of strings", [array!["a", "b"], array!["c"]], build(0)).expecting([
            long(array![[0, 1], [1, 0], [2, 0]]),
            array!["a", "b", "c"],
            long(array![4, 2]),
        ]),
    ]
}
