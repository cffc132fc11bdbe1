//! Whole cells of recurrent networks as one op, and a whole sequence of them.
//!
//! - [`lstm`]: LSTMBlockCell, BlockLSTM and BlockLSTMV2;
//! - [`lstm_grad`]: what flows back through them;
//! - [`gru`]: GRUBlockCell and what flows back.
//!
//! S. Hochreiter, J. Schmidhuber, *Long short-term memory*, 1997; K. Cho et al., *Learning phrase representations using RNN
//! encoder–decoder*, 2014.

pub mod gru;
pub mod lstm;
pub mod lstm_grad;

use crate::error::Reason;
use crate::graph::Fact;
use crate::ops::by_arrays::applied;
use crate::ops::matmul::MatMul;
use crate::value::{Array, DType, Element, PartialShape};

/// A matrix of numbers as they are computed with.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// Of an array of float32 or float16; a vector is one row.
    fn of(array: &Array) -> Result<Matrix, Reason> {
        let (rows, columns) = match array.shape()[..] {
            [columns] => (1, columns),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("a matrix was wanted, and there is shape {}", array.shape()).into()),
        };
        Ok(Matrix { rows, columns, values: singles(array)? })
    }

    fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, values: vec![0.0; rows * columns] }
    }

    fn array(&self) -> Result<Array, Reason> {
        Ok(Array::new([self.rows, self.columns], self.values.as_slice())?)
    }

    /// Both beside each other.
    fn beside(&self, other: &Matrix) -> Matrix {
        let mut values = Vec::with_capacity(self.values.len() + other.values.len());
        for row in 0..self.rows {
            values.extend_from_slice(self.row(row));
            values.extend_from_slice(other.row(row));
        }
        Matrix { rows: self.rows, columns: self.columns + other.columns, values }
    }

    /// Some of its columns.
    fn part(&self, from: usize, columns: usize) -> Matrix {
        let values = (0..self.rows).flat_map(|row| self.row(row)[from..from + columns].iter().copied());
        Matrix { rows: self.rows, columns, values: values.collect() }
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// Its product with another, each transposed first if that is asked for.
    fn times(&self, transpose_a: bool, other: &Matrix, transpose_b: bool) -> Result<Matrix, Reason> {
        let product = applied(&MatMul { transpose_a, transpose_b }, &[&self.array()?, &other.array()?])?;
        Matrix::of(&product[0])
    }

    /// It with a row added to every row.
    fn plus_row(mut self, row: &Matrix) -> Matrix {
        for values in self.values.chunks_mut(self.columns.max(1)) {
            values.iter_mut().zip(&row.values).for_each(|(value, more)| *value += more);
        }
        self
    }

    fn add(&mut self, other: &Matrix) {
        self.values.iter_mut().zip(&other.values).for_each(|(value, more)| *value += more);
    }

    /// The sum of its rows.
    fn sum_of_rows(&self) -> Matrix {
        let mut sum = Matrix::zeros(1, self.columns);
        (0..self.rows)
            .for_each(|row| sum.values.iter_mut().zip(self.row(row)).for_each(|(sum, x)| *sum += x));
        sum
    }
}

/// Numbers as float32.
fn singles(array: &Array) -> Result<Vec<f32>, Reason> {
    Ok(match array.dtype() {
        DType::Float32 => array.as_slice::<f32>()?.to_vec(),
        _ => array.to_f64()?.into_iter().map(|value| value as f32).collect(),
    })
}

/// An array of `dtype`, float32 or float16, of a shape.
fn array_of(dtype: DType, shape: &[usize], values: &[f32]) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Float16 => {
            let halves: Vec<half::f16> = values.iter().map(|&value| half::f16::from_f32(value)).collect();
            Array::from_bytes(dtype, shape, half::f16::to_bytes(&halves))?
        }
        _ => Array::new(shape, values)?,
    })
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The shape that several facts of one type have in common with what is asked of each, as far as it is known.
///
/// # Errors
/// Which does not fit, by name.
fn must_be(fact: &Fact, dtype: DType, what: &str, shape: &[Option<usize>]) -> Result<PartialShape, Reason> {
    if fact.dtype != dtype {
        return Err(format!("{what} is of {}, and the input of {dtype}", fact.dtype).into());
    }
    let wanted = PartialShape::from(shape.to_vec());
    let merged = fact.shape.merge(&wanted);
    merged.ok_or_else(|| format!("{what} has shape {} and not {wanted}", fact.shape).into())
}
