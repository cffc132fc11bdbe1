//! Scaling of columns: `(value − subtract) / divide`, learned on the training part and kept for new data.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::value::Array;

/// How each column of an array `[examples, columns]` is moved and scaled: `(value − subtract) / divide`.
///
/// It is learned once, on the training part, and stored with the model, so that held-back and new examples are treated
/// as the training examples were.
///
/// ```
/// use tenseur::{array, data::Scaling};
/// let heights = array![[150.0], [160.0], [170.0]];
/// let scaling = Scaling::range(&heights)?;
/// assert_eq!(scaling.apply(&array![[165.0]])?, array![[0.75]]);
/// assert_eq!(scaling.undo(&array![[0.75]])?, array![[165.0]]);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// What is subtracted, for each column.
    pub subtract: Vec<f32>,
    /// What the rest is divided by, for each column; never 0.
    pub divide: Vec<f32>,
}

impl Scaling {
    /// Standardisation: each column of `values` (float32, `[examples, columns]`) gets mean 0 and standard deviation 1
    /// (that of the population: the sum of squares is divided by the number of examples). A constant column becomes 0.
    ///
    /// # Errors
    /// When `values` is not such an array, or holds a number that is not finite.
    pub fn standard(values: &Array) -> Result<Scaling> {
        Scaling::learn(values, |rows, bounds| {
            let count = rows.clone().count() as f64;
            let mut means = vec![0.0; bounds.len()];
            for row in rows.clone() {
                means.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            means.iter_mut().for_each(|sum| *sum /= count);
            let mut squares = vec![0.0; bounds.len()];
            for row in rows {
                for ((sum, &value), mean) in squares.iter_mut().zip(row).zip(&means) {
                    *sum += (f64::from(value) - mean).powi(2);
                }
            }
            means.into_iter().zip(squares).map(|(mean, sum)| (mean, (sum / count).sqrt())).collect()
        })
    }

    /// Each column of `values` (float32, `[examples, columns]`) is moved and scaled to `0 ..= 1`. A constant column
    /// becomes 0.
    ///
    /// # Errors
    /// When `values` is not such an array, or holds a number that is not finite.
    pub fn range(values: &Array) -> Result<Scaling> {
        Scaling::learn(values, |_, bounds| bounds.iter().map(|(low, high)| (*low, high - low)).collect())
    }

    /// Leaves these columns as they are.
    pub(super) fn except(mut self, columns: impl IntoIterator<Item = usize>) -> Scaling {
        for column in columns {
            self.subtract[column] = 0.0;
            self.divide[column] = 1.0;
        }
        self
    }

    /// `values` scaled: `(value − subtract) / divide`.
    ///
    /// # Errors
    /// When `values` is not float32 of shape `[examples, columns]` with as many columns as there were at learning.
    pub fn apply(&self, values: &Array) -> Result<Array> {
        self.each(values, |value, subtract, divide| (value - subtract) / divide)
    }

    /// What [`apply`](Scaling::apply) did, undone: `value · divide + subtract`. It turns a prediction into the units
    /// of the data.
    ///
    /// # Errors
    /// As [`apply`](Scaling::apply).
    pub fn undo(&self, values: &Array) -> Result<Array> {
        self.each(values, |value, subtract, divide| value * divide + subtract)
    }

    fn each(&self, values: &Array, formula: impl Fn(f32, f32, f32) -> f32) -> Result<Array> {
        let columns = columns_of(values)?;
        if self.subtract.len() != columns || self.divide.len() != columns {
            return Err(Error::invalid(format!(
                "the scaling is for {} columns and the array of shape {} has {columns}",
                self.subtract.len(),
                values.shape()
            )));
        }
        if let Some(column) = self.divide.iter().position(|&divide| divide == 0.0) {
            return Err(Error::invalid(format!("the scaling divides column {} by 0", column + 1)));
        }
        let mut scaled = values.clone();
        for row in scaled.as_mut_slice::<f32>()?.chunks_exact_mut(columns.max(1)) {
            for ((value, &subtract), &divide) in row.iter_mut().zip(&self.subtract).zip(&self.divide) {
                *value = formula(*value, subtract, divide);
            }
        }
        Ok(scaled)
    }

    /// `formula` gives what is subtracted and what is divided by, for each column, from the rows and the columns' lowest
    /// and highest values.
    fn learn(
        values: &Array,
        formula: impl Fn(std::slice::ChunksExact<'_, f32>, &[(f64, f64)]) -> Vec<(f64, f64)>,
    ) -> Result<Scaling> {
        let columns = columns_of(values)?;
        let numbers = values.as_slice::<f32>()?;
        if numbers.is_empty() {
            return Err(Error::invalid(format!(
                "a scaling cannot be learned from an array of shape {}: it holds nothing",
                values.shape()
            )));
        }
        if let Some(place) = numbers.iter().position(|value| !value.is_finite()) {
            return Err(Error::invalid(format!(
                "a scaling cannot be learned: example {}, column {} is {}",
                place / columns + 1,
                place % columns + 1,
                numbers[place]
            )));
        }
        // By rows and not by columns: memory is read in order.
        let rows = numbers.chunks_exact(columns);
        let mut bounds = vec![(f64::INFINITY, f64::NEG_INFINITY); columns];
        for row in rows.clone() {
            for ((low, high), &value) in bounds.iter_mut().zip(row) {
                (*low, *high) = (low.min(value.into()), high.max(value.into()));
            }
        }
        let learned =
            formula(rows, &bounds).into_iter().zip(&bounds).map(|((subtract, divide), &(low, high))| {
                // The mean of equal numbers need not be exactly that number, nor their deviation exactly 0; and a spread
                // too small for float32 would divide by 0.
                let constant = low == high;
                let divide = if constant || divide as f32 == 0.0 { 1.0 } else { divide };
                ((if constant { low } else { subtract }) as f32, divide as f32)
            });
        let (subtract, divide) = learned.unzip();
        Ok(Scaling { subtract, divide })
    }
}

fn columns_of(values: &Array) -> Result<usize> {
    values.as_slice::<f32>()?;
    match values.shape()[..] {
        [_, columns] => Ok(columns),
        _ => Err(Error::invalid(format!(
            "columns are scaled in an array of shape [examples, columns]; this one has shape {}",
            values.shape()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1() {
        let values = array![[1.0, 7.0, 100.0], [2.0, 7.0, 300.0], [3.0, 7.0, 200.0], [6.0, 7.0, 0.0]];
        let scaling = Scaling::standard(&values).unwrap();
        assert_eq!(scaling.subtract, [3.0, 7.0, 150.0]);
        // √(((−2)² + (−1)² + 0² + 3²) / 4), a constant, √(4·(50² or 150²) / 4 …)
        assert_eq!(scaling.divide, [3.5f32.sqrt(), 1.0, 12500f32.sqrt()]);
        let scaled = scaling.apply(&values).unwrap();
        assert!(scaled.as_slice::<f32>().unwrap().chunks(3).all(|row| row[1] == 0.0));
        let back = scaling.undo(&scaled).unwrap();
        for (got, want) in back.to_f64().unwrap().iter().zip(values.to_f64().unwrap()) {
            assert!((got - want).abs() < 1e-4, "{got} {want}");
        }
    }

    #[test]
    fn a_column_of_one_value_that_is_not_exact_stays_constant() {
        let values = Array::new([1000, 1], vec![0.1f32; 1000]).unwrap();
        let scaling = Scaling::standard(&values).unwrap();
        assert_eq!((scaling.subtract[0], scaling.divide[0]), (0.1, 1.0));
        let tiny = Array::new([2, 1], vec![0.0f32, f32::from_bits(1)]).unwrap();
        assert!(Scaling::standard(&tiny).unwrap().divide[0] > 0.0);
        let wide = Array::new([2, 1], vec![f32::MIN, f32::MAX]).unwrap();
        let scaled = Scaling::standard(&wide).unwrap().apply(&wide).unwrap();
        assert_eq!(scaled, array![[-1.0], [1.0]]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let text = |result: Result<Array>| result.unwrap_err().to_string();
        let scaling = Scaling::range(&array![[1.0, 2.0], [2.0, 4.0]]).unwrap();
        assert_eq!(
            text(scaling.apply(&array![[1.0, 2.0, 3.0]])),
            "the scaling is for 2 columns and the array of shape [1, 3] has 3"
        );
        assert_eq!(
            text(scaling.apply(&array![1.0])),
            "columns are scaled in an array of shape [examples, columns]; this one has shape [1]"
        );
        let damaged = Scaling { subtract: vec![0.0], divide: vec![0.0] };
        assert_eq!(text(damaged.apply(&array![[1.0]])), "the scaling divides column 1 by 0");
        let values = array![[1.0, 2.0], [1.0, f32::NAN]];
        assert_eq!(
            Scaling::standard(&values).unwrap_err().to_string(),
            "a scaling cannot be learned: example 2, column 2 is NaN"
        );
        let nothing = Array::new([0, 2], [0.0f32; 0]).unwrap();
        assert_eq!(
            Scaling::standard(&nothing).unwrap_err().to_string(),
            "a scaling cannot be learned from an array of shape [0, 2]: it holds nothing"
        );
    }
}
