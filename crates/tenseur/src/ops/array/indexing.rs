//! `x.at((1.., .., -1))`: Python's `x[1:, :, -1]`. Writes the operands and masks of a [`StridedSlice`].

use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

use crate::graph::{Operand, Tensor};
use crate::ops::array::strided_slice::{Masks, StridedSlice};

/// One item of an index.
///
/// Numbers, ranges of numbers and scalar tensors convert to one. Negative numbers count from the end, and ranges stop
/// at it, as in Python.
#[derive(Clone, Debug)]
pub enum Index {
    /// The element at this place; the axis goes.
    At(Operand),
    /// Every `step`th element of a range.
    Range {
        /// The first, or where `step` starts if it is open.
        begin: Option<i32>,
        /// The one before which the range ends, if it does before all are taken.
        end: Option<i32>,
        /// How far it is to the next; negative to walk backwards.
        step: i32,
    },
    /// A new axis of size 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

impl Index {
    /// Every `step`th element of a range: `Index::from(..).step(-1)` reverses an axis.
    #[must_use]
    pub fn step(self, step: i32) -> Index {
        match self {
            Index::Range { begin, end, .. } => Index::Range { begin, end, step },
            other => other,
        }
    }
}

/// What can stand between the brackets: one item, or a tuple of them.
pub trait IntoIndices {
    /// The items.
    fn into_indices(self) -> Vec<Index>;
}

macro_rules! items {
    ($($from:ty: $value:ident => $index:expr;)*) => { $(
        impl From<$from> for Index {
            fn from($value: $from) -> Index {
                $index
            }
        }

        impl IntoIndices for $from {
            fn into_indices(self) -> Vec<Index> {
                vec![self.into()]
            }
        }
    )* };
}
items! {
    i32: at => Index::At(at.into());
    Tensor: at => Index::At(at.into());
    &Tensor: at => Index::At(at.into());
    Range<i32>: range => Index::Range { begin: Some(range.start), end: Some(range.end), step: 1 };
    RangeFrom<i32>: range => Index::Range { begin: Some(range.start), end: None, step: 1 };
    RangeTo<i32>: range => Index::Range { begin: None, end: Some(range.end), step: 1 };
    RangeFull: _range => Index::Range { begin: None, end: None, step: 1 };
}

impl IntoIndices for Index {
    fn into_indices(self) -> Vec<Index> {
        vec![self]
    }
}

macro_rules! tuples {
    ($(($($item:ident),*))*) => { $(
        impl<$($item: Into<Index>),*> IntoIndices for ($($item,)*) {
            #[allow(non_snake_case)] // The items are called as their types.
            fn into_indices(self) -> Vec<Index> {
                let ($($item,)*) = self;
                vec![$($item.into()),*]
            }
        }
    )* };
}
tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

impl Tensor {
    /// The elements that an index takes, Python's `x[…]`: numbers, ranges, new axes, an ellipsis.
    ///
    /// ```
    /// use tenseur::ops::array::Index;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2, 3], [4, 5, 6]]);
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&x.at(0), feeds![])?, array![1, 2, 3]); // x[0]
    /// assert_eq!(sess.run(&x.at((.., -1)), feeds![])?, array![3, 6]); // x[:, -1]
    /// assert_eq!(sess.run(&x.at((1.., ..2)), feeds![])?, array![[4, 5]]); // x[1:, :2]
    /// let every_second = Index::from(..).step(2);
    /// assert_eq!(sess.run(&x.at((Index::Ellipsis, every_second)), feeds![])?, array![[1, 3], [4, 6]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn at(&self, index: impl IntoIndices) -> Tensor {
        let mut masks = Masks::default();
        let (mut begin, mut end, mut strides): (Vec<Operand>, Vec<Operand>, Vec<i32>) = Default::default();
        for (i, item) in index.into_indices().into_iter().enumerate() {
            let bit = 1i64 << i;
            let (from, to, step) = match item {
                Index::At(at) => {
                    masks.shrink_axis |= bit;
                    let behind = match &at {
                        Operand::Number(at) => Operand::Number(at + 1.0),
                        // The end of an index is not looked at.
                        _ => Operand::Number(0.0),
                    };
                    (at, behind, 1)
                }
                Index::Range { begin, end, step } => {
                    masks.begin |= if begin.is_none() { bit } else { 0 };
                    masks.end |= if end.is_none() { bit } else { 0 };
                    (begin.unwrap_or(0).into(), end.unwrap_or(0).into(), step)
                }
                Index::NewAxis => {
                    masks.new_axis |= bit;
                    (0.into(), 0.into(), 1)
                }
                Index::Ellipsis => {
                    masks.ellipsis |= bit;
                    (0.into(), 0.into(), 1)
                }
            };
            begin.push(from);
            end.push(to);
            strides.push(step);
        }
        let (begin, end, strides) = (self.operands(begin), self.operands(end), self.integers(&strides));
        self.graph().add(StridedSlice { masks }, &[self, &begin, &end, &strides])
    }

    /// A vector of these operands: a constant if all are numbers.
    #[track_caller]
    fn operands(&self, operands: Vec<Operand>) -> Tensor {
        let number = |operand: &Operand| match operand {
            Operand::Number(value) => Some(*value as i32),
            _ => None,
        };
        let numbers: Option<Vec<i32>> = operands.iter().map(number).collect();
        match numbers {
            Some(numbers) => self.integers(&numbers),
            None => {
                let zero = self.graph().constant(0);
                let scalars: Vec<Tensor> =
                    operands.into_iter().map(|operand| operand.tensor(&zero)).collect();
                self.graph().stack(&scalars, 0)
            }
        }
    }

    #[track_caller]
    fn integers(&self, values: &[i32]) -> Tensor {
        use crate::ops::array::IntoShape;
        values.into_shape(self)
    }
}
