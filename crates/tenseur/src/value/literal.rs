//! `array![[1.0, 2.0], [3.0, 4.0]]`: arrays written down in a program.

use crate::value::{Array, Shape};

/// An array from nested brackets. Numbers with a point are float32 and whole numbers int32, TensorFlow's defaults;
/// `true`, `false` and strings are what they look like. For other types see [`Array::new`](crate::Array::new).
///
/// ```
/// use tenseur::{DType, array};
/// assert_eq!(array![[0.0, 1.0], [1.0, 0.0]].shape()[..], [2, 2]);
/// assert_eq!(array![1, 2, 3].dtype(), DType::Int32);
/// ```
#[macro_export]
macro_rules! array {
    ($($row:expr),* $(,)?) => { $crate::Array::from_literal([$($row),*]) };
}

/// What may stand in an `array![…]`: one float type and one integer type, so that literals need no suffix.
pub trait Literal: Sized {
    /// The array of `shape` with these elements.
    fn array(shape: Shape, values: Vec<Self>) -> Array;
}

macro_rules! literals {
    ($($rust:ty),*) => { $(
        impl Literal for $rust {
            fn array(shape: Shape, values: Vec<Self>) -> Array {
                Array::new(shape, values).expect("a nested literal has as many values as its shape says")
            }
        }

        impl Nested for $rust {
            type Leaf = $rust;

            fn sizes(_: &mut Vec<usize>) {}

            fn flatten(self, values: &mut Vec<$rust>) {
                values.push(self);
            }
        }
    )* };
}
literals!(f32, i32, bool);

impl<'a> Literal for &'a str {
    fn array(shape: Shape, values: Vec<&'a str>) -> Array {
        Array::strings(shape, values).expect("a nested literal has as many values as its shape says")
    }
}

impl<'a> Nested for &'a str {
    type Leaf = &'a str;

    fn sizes(_: &mut Vec<usize>) {}

    fn flatten(self, values: &mut Vec<&'a str>) {
        values.push(self);
    }
}

/// Literals, or arrays of them, or arrays of those …
pub trait Nested {
    /// What stands innermost.
    type Leaf: Literal;

    /// Appends the sizes along each axis, outermost first.
    fn sizes(sizes: &mut Vec<usize>);

    /// Appends the leaves in row-major order.
    fn flatten(self, values: &mut Vec<Self::Leaf>);
}

impl<N: Nested, const SIZE: usize> Nested for [N; SIZE] {
    type Leaf = N::Leaf;

    fn sizes(sizes: &mut Vec<usize>) {
        sizes.push(SIZE);
        N::sizes(sizes);
    }

    fn flatten(self, values: &mut Vec<N::Leaf>) {
        self.into_iter().for_each(|inner| inner.flatten(values));
    }
}
