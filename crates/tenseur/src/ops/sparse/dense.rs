//! Sparse tensors made dense (SparseToDense), and added to dense ones (SparseTensorDenseAdd).

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::assemble::assemble;
use crate::ops::array::{must_be_index, must_be_scalar, shape_from, wrong_count};
use crate::ops::by_arrays::applied;
use crate::ops::scatter_nd::TensorScatter;
use crate::ops::sparse::{Places, SparseTensor, parts};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// A dense tensor of a default value, with other values at some indices: inputs are the indices, `[count, rank]` (or of a
/// vector `[count]`, or of one element of it a scalar), the shape, the values, `[count]` or one for all, and the default.
#[derive(Clone, Debug)]
pub struct SparseToDense {
    /// Whether indices must rise, each once; else the last value at a place stays.
    pub validate_indices: bool,
}

impl Op for SparseToDense {
    fn name(&self) -> &'static str {
        "SparseToDense"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let attrs = Attrs::new().with("T", node.inputs[2].dtype).with("Tindices", node.inputs[0].dtype);
        attrs.with("validate_indices", self.validate_indices)
    }

    fn from_attrs(attrs: &Attrs) -> Result<SparseToDense, Reason> {
        Ok(SparseToDense { validate_indices: attrs.optional("validate_indices", true)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, shape, values, default] = inputs else { return Err(wrong_count(4, inputs)) };
        must_be_index(indices, "indices")?;
        must_be_scalar(default, "the default value")?;
        if indices.dtype != shape.dtype || values.dtype != default.dtype {
            return Err(format!(
                "indices and shape are of one type, and so are values and default, not {}, {}, {} and {}",
                indices.dtype, shape.dtype, values.dtype, default.dtype
            )
            .into());
        }
        if indices.shape.rank().is_some_and(|rank| rank > 2) {
            return Err(format!("indices are [count, rank] and have shape {}", indices.shape).into());
        }
        let out = shape_from(shape)?;
        let count = if indices.shape.rank() == Some(0) { Some(1) } else { indices.shape.size(0) };
        let rank = match indices.shape.rank() {
            Some(2) => indices.shape.size(1),
            Some(_) => Some(1),
            None => None,
        };
        if rank.zip(out.rank()).is_some_and(|(rank, axes)| rank != axes) {
            return Err(format!("indices of shape {} do not lead into shape {out}", indices.shape).into());
        }
        let fits = match values.shape.sizes() {
            None | Some([]) => true,
            Some([size]) => size.zip(count).is_none_or(|(size, count)| size == count),
            Some(_) => false,
        };
        match fits {
            true => Ok(Fact::new(values.dtype, out).one()),
            false => Err(format!("{} does not have a value for each of {}", values, indices).into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| {
            let indices = match node.x(0).rank() {
                Some(2) => node.x(0).clone(),
                _ => node.x(0).reshape([Operand::from(-1), dy.rank_tensor().into()]),
            };
            let to_values = dy.gather_nd(&indices);
            let to_default = dy.reduce_sum(..) - to_values.reduce_sum(..);
            let to_values = match node.x(2).rank() {
                Some(0) => to_values.reduce_sum(..),
                _ => to_values,
            };
            [None, None, Some(to_values), Some(to_default)]
        })
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let validate = self.validate_indices;
        Ok(Lowered::arrays("SparseToDense", node, move |arrays| {
            let rank = arrays[1].len();
            let indices = match arrays[0].shape().rank() {
                2 => arrays[0].clone(),
                _ => arrays[0].reshape([arrays[0].len(), 1])?,
            };
            let places = Places::new(&indices, &arrays[1])?;
            // Indices of a scalar are empty, and there may be any number of them.
            let flat = if rank == 0 { vec![0; indices.shape()[0]] } else { places.flat()? };
            if let Some(at) = flat.windows(2).position(|pair| pair[0] >= pair[1]).filter(|_| validate) {
                let what = if flat[at] == flat[at + 1] { "is there twice" } else { "is out of order" };
                return Err(format!("the index at position {} {what}", at + 1).into());
            }
            if arrays[2].len() != flat.len() && arrays[2].shape().rank() != 0 {
                return Err(format!("there are {} indices and {} values", flat.len(), arrays[2].len()).into());
            }
            let shape = places.shape();
            let mut from = vec![Some((0, 0)); Array::zeros(DType::Bool, shape.clone())?.len()];
            let single = arrays[2].shape().rank() == 0;
            for (number, &place) in flat.iter().enumerate() {
                from[place] = Some((1, if single { 0 } else { number }));
            }
            Ok(vec![assemble(&[&arrays[3], &arrays[2]], 1, shape, from)?])
        }))
    }
}

/// A sparse tensor plus a dense one: inputs are its indices, values and shape, and the dense tensor.
#[derive(Clone, Debug)]
pub struct SparseTensorDenseAdd;

impl Op for SparseTensorDenseAdd {
    fn name(&self) -> &'static str {
        "SparseTensorDenseAdd"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("Tindices", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<SparseTensorDenseAdd, Reason> {
        Ok(SparseTensorDenseAdd)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [indices, values, shape, dense] = inputs else { return Err(wrong_count(4, inputs)) };
        parts(indices, values, shape)?;
        if values.dtype != dense.dtype || !dense.dtype.is_number() && !dense.dtype.is_complex() {
            return Err(format!("it adds numbers of one type, not {values} and {dense}").into());
        }
        match shape_from(shape)?.merge(&dense.shape) {
            Some(shape) => Ok(Fact::new(dense.dtype, shape).one()),
            None => Err(format!("the dense tensor is {dense} and the sparse one of another shape").into()),
        }
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [None, Some(dy.gather_nd(node.x(0))), None, Some(dy.clone())])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("SparseTensorDenseAdd", node, |arrays| {
            let places = Places::new(&arrays[0], &arrays[2])?;
            if places.shape() != *arrays[3].shape() {
                return Err(format!(
                    "the sparse tensor has shape {} and the dense one {}",
                    places.shape(),
                    arrays[3].shape()
                )
                .into());
            }
            let flat: Vec<i64> = places.flat()?.into_iter().map(|place| place as i64).collect();
            let sum = arrays[3].reshape([arrays[3].len()])?;
            let ids = Array::new([flat.len(), 1], flat)?;
            let sum = applied(&TensorScatter::<1>::default(), &[&sum, &ids, &arrays[1]])?;
            Ok(vec![sum[0].reshape(arrays[3].shape().clone())?])
        }))
    }
}

impl SparseTensor {
    /// It as a dense tensor, `default` where there is no element (`tf.sparse_tensor_to_dense`).
    #[track_caller]
    pub fn to_dense(&self, default: impl Into<Operand>) -> Tensor {
        let default = default.into().tensor(&self.values);
        let op = SparseToDense { validate_indices: true };
        self.values.graph().add(op, &[&self.indices, &self.dense_shape, &self.values, &default])
    }

    /// Its sum with a dense tensor (`tf.sparse_add`).
    #[track_caller]
    pub fn add_dense(&self, dense: impl Into<Operand>) -> Tensor {
        let [indices, values, shape] = self.parts();
        let dense = dense.into().tensor(values);
        values.graph().add(SparseTensorDenseAdd, &[indices, values, shape, &dense])
    }
}

pub(in crate::ops) fn sparse_to_dense_cases() -> Vec<Case> {
    let build = |validate_indices| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            vec![tf.add(SparseToDense { validate_indices }, &[&x[0], &x[1], &x[2], &x[3]])]
        }
    };
    let indices = || array![[0, 1], [1, 0], [1, 2]];
    vec![
        Case::fed(
            "a matrix",
            [indices(), array![2, 3], array![1.0, 2.0, 3.0], Array::scalar(0.5f32)],
            build(true),
        )
        .expecting([array![[0.5, 1.0, 0.5], [2.0, 0.5, 3.0]]]),
        Case::fed("a vector", [array![1, 3], array![4], array![5, 6], Array::scalar(-1i32)], build(true))
            .expecting([array![-1, 5, -1, 6]]),
        Case::fed(
            "one value",
            [indices(), array![2, 3], Array::scalar(2.0f32), Array::scalar(0f32)],
            build(true),
        )
        .expecting([array![[0.0, 2.0, 0.0], [2.0, 0.0, 2.0]]]),
        Case::fed("strings", [array![[1]], array![2], array!["a"], Array::from_literal("-")], build(true))
            .expecting([array!["-", "a"]]),
        Case::fed(
            "out of order, the last stays",
            [array![2, 0, 2], array![3], array![1, 2, 3], Array::scalar(0i32)],
            build(false),
        )
        .expecting([array![2, 0, 3]]),
        Case::fed(
            "nothing",
            [
                Array::from_literal([[0; 2]; 0]),
                array![2, 2],
                Array::from_literal([0.0; 0]),
                Array::scalar(1f32),
            ],
            build(true),
        )
        .expecting([array![[1.0, 1.0], [1.0, 1.0]]]),
    ]
}

pub(in crate::ops) fn sparse_tensor_dense_add_cases() -> Vec<Case> {
    vec![
        Case::fed("a matrix", [array![1.0, 2.0], array![[1.0, 2.0], [3.0, 4.0]]], |tf, x| {
            vec![SparseTensor::from_parts(tf, &[[0, 1], [1, 0]], &x[0], [2, 2]).add_dense(&x[1])]
        })
        .expecting([array![[1.0, 3.0], [5.0, 4.0]]]),
        Case::fed(
            "int64",
            [as_type(array![7], DType::Int64), as_type(array![1, 2], DType::Int64)],
            |tf, x| vec![SparseTensor::from_parts(tf, &[[1]], &x[0], [2]).add_dense(&x[1])],
        )
        .expecting([as_type(array![1, 9], DType::Int64)]),
    ]
}
