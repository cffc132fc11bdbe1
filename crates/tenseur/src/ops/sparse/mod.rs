//! Sparse tensors: the elements that are there, where each of them is, and the shape of the whole.
//!
//! A sparse tensor is three tensors: indices `[count, rank]`, values `[count]` and a shape `[rank]`. Ops expect the indices
//! in row-major order; [`order`] makes it so.
//!
//! - to and from dense tensors: [`dense`], [`product`], [`cwise`], [`reduce`], [`softmax`];
//! - to other sparse ones: [`order`], [`cut`], [`mod@concat`], [`rows`], [`add`];
//! - kept apart: [`serialized`], [`tensors_map`];
//! - sequences compared: [`edit_distance`]; rows as sets: [`sets`].

pub mod add;
pub mod concat;
pub mod cross;
pub mod cut;
pub mod cwise;
pub mod dense;
pub mod edit_distance;
pub mod order;
pub mod product;
pub mod reduce;
pub mod rows;
pub mod serialized;
pub mod sets;
pub mod softmax;
mod stored;
mod tensor;
pub mod tensors_map;

use crate::error::Reason;
use crate::graph::{Fact, Graph, Tensor};
use crate::ops::array::{must_be_index, must_be_vector};
use crate::value::{Array, DType, PartialShape, Shape};

pub use tensor::SparseTensor;

/// How many elements a sparse tensor has and how many axes, as far as its parts tell.
///
/// # Errors
/// Which part is of another type or shape than it may be.
fn parts(indices: &Fact, values: &Fact, shape: &Fact) -> Result<(Option<usize>, Option<usize>), Reason> {
    must_be_index(indices, "indices")?;
    must_be_index(shape, "the shape of a sparse tensor")?;
    must_be_vector(values, "the values of a sparse tensor")?;
    must_be_vector(shape, "the shape of a sparse tensor")?;
    let asked = PartialShape::from(vec![values.shape.size(0), shape.shape.size(0)]);
    match indices.shape.merge(&asked) {
        Some(merged) => Ok((merged.size(0), merged.size(1))),
        None => Err(format!(
            "indices have shape {}, which does not fit values of shape {} in a shape of {}",
            indices.shape, values.shape, shape.shape
        )
        .into()),
    }
}

/// The places of a sparse tensor's elements.
struct Places {
    /// The index of each, one after the other.
    indices: Vec<i64>,
    /// The sizes of the whole.
    sizes: Vec<i64>,
}

impl Places {
    /// Of the arrays of indices and shape.
    ///
    /// # Errors
    /// When they do not fit, a size is negative, or the whole has more elements than can be counted.
    fn new(indices: &Array, shape: &Array) -> Result<Places, Reason> {
        let (rows, sizes) = (indices.to_i64()?, shape.to_i64()?);
        if indices.shape().rank() != 2 || indices.shape()[1] != sizes.len() {
            return Err(format!(
                "indices have shape {} and the sparse tensor {} axes",
                indices.shape(),
                sizes.len()
            )
            .into());
        }
        if let Some(size) = sizes.iter().find(|size| **size < 0) {
            return Err(format!("a size of a sparse tensor is {size}; sizes are 0 or more").into());
        }
        let places = Places { indices: rows, sizes };
        places.elements()?;
        Ok(places)
    }

    /// The number of axes.
    fn rank(&self) -> usize {
        self.sizes.len()
    }

    /// The number of elements of the whole.
    fn elements(&self) -> Result<i64, Reason> {
        let all = self.sizes.iter().try_fold(1i64, |all, &size| all.checked_mul(size));
        all.ok_or_else(|| format!("a sparse tensor of shape {:?} is too large", self.sizes).into())
    }

    /// The sizes as those of a dense tensor.
    fn shape(&self) -> Shape {
        self.sizes.iter().map(|&size| size as usize).collect()
    }

    /// The index of each element.
    fn rows(&self) -> Vec<&[i64]> {
        match self.rank() {
            0 => Vec::new(),
            rank => self.indices.chunks(rank).collect(),
        }
    }

    /// The place of each element in the dense tensor, in row-major order.
    ///
    /// # Errors
    /// Which index is outside.
    fn flat(&self) -> Result<Vec<usize>, Reason> {
        let rows = self.rows().into_iter().enumerate();
        rows.map(|(number, row)| {
            let mut place = 0;
            for (&index, &size) in row.iter().zip(&self.sizes) {
                if index < 0 || index >= size {
                    return Err(
                        format!("index {row:?} at position {number} is outside {:?}", self.sizes).into()
                    );
                }
                place = place * size + index;
            }
            Ok(place as usize)
        })
        .collect()
    }
}

/// Rows of indices as an array, `[count, rank]`.
fn indices_of(rows: &[i64], rank: usize, dtype: DType) -> Result<Array, Reason> {
    let count = rows.len().checked_div(rank).unwrap_or(0);
    integers([count, rank], rows, dtype)
}

/// Integers as an array of int32 or int64.
fn integers(shape: impl Into<Shape>, values: &[i64], dtype: DType) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Int32 => Array::new(shape, values.iter().map(|&value| value as i32).collect::<Vec<_>>())?,
        _ => Array::new(shape, values)?,
    })
}

/// 0, 1, … for each element of a vector.
#[track_caller]
fn numbered(values: &Tensor) -> Tensor {
    values.graph().range(0, values.shape_tensor().at(0), 1)
}

/// A scalar of int64.
#[track_caller]
fn long(graph: &Graph, value: i64) -> Tensor {
    graph.constant(Array::scalar(value))
}

/// Ones along the axes of a sparse tensor of this shape, and zeros at `axes`.
#[track_caller]
fn kept(shape: &Tensor, axes: &Tensor) -> Tensor {
    let axes = (axes % shape.size_tensor()).reshape([-1]);
    let zeros = axes.zeros_like().cast_to(DType::Int64);
    shape.ones_like().tensor_scatter_update(axes.expand_dims(1), zeros)
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let tf = Graph::new();
        let indices = tf.constant(Array::new([1, 2], [0i64, 1]).unwrap());
        let shape = tf.constant(Array::new([3], [2i64, 2, 2]).unwrap());
        let _ = SparseTensor::new(&indices, &tf.constant(array![1.0]), &shape).reorder();
        let said = tf.check().unwrap_err().message().to_string();
        assert_eq!(
            said,
            "indices have shape [1, 2], which does not fit values of shape [1] in a shape of [3]"
        );
    }

    #[test]
    fn an_index_outside_is_named() {
        let tf = Graph::new();
        let x = SparseTensor::from_parts(&tf, &[[0, 1], [2, 0]], array![1.0, 2.0], [2, 2]);
        let y = x.to_dense(0.0);
        let error = Session::new(&tf).and_then(|sess| sess.run(&y, feeds![])).unwrap_err();
        assert_eq!(error.message(), "index [2, 0] at position 1 is outside [2, 2]");
    }
}
