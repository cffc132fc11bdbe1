//! Arrays that somebody else holds.

use crate::error::{Error, Result};
use crate::value::array::{size_of_dtype, wrong_count};
use crate::value::{Array, DType, Element, Shape};

/// An array that somebody else holds: what a prepared call hands out without copying, and what a run may be fed where it
/// lies ([`Session::run_with_views`](crate::Session::run_with_views)).
#[derive(Clone, Copy, Debug)]
pub struct ArrayView<'a> {
    /// The element type.
    pub dtype: DType,
    /// The sizes along each axis.
    pub shape: &'a Shape,
    /// The elements' bytes in memory order.
    pub bytes: &'a [u8],
}

impl<'a> ArrayView<'a> {
    /// `values`, in row-major order, as an array of `shape`.
    ///
    /// # Errors
    /// When the number of values is not the shape's.
    ///
    /// ```
    /// use tenseur::{ArrayView, Shape};
    /// let shape = Shape::from([2, 2]);
    /// let view = ArrayView::new(&shape, &[1.0f32, 2.0, 3.0, 4.0])?;
    /// assert_eq!(view.to_array()?.to_string(), "[[1, 2], [3, 4]]");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn new<T: Element>(shape: &'a Shape, values: &'a [T]) -> Result<ArrayView<'a>> {
        let view = ArrayView { dtype: T::DTYPE, shape, bytes: T::to_bytes(values) };
        view.check()?;
        Ok(view)
    }

    /// Whether its bytes are an array of its type and shape.
    pub(crate) fn check(&self) -> Result<()> {
        let size = size_of_dtype(self.dtype)?;
        if self.shape.checked_elements().and_then(|n| n.checked_mul(size)) != Some(self.bytes.len()) {
            return Err(wrong_count(self.shape, self.bytes.len() / size));
        }
        if self.dtype == DType::Bool && self.bytes.iter().any(|&byte| byte > 1) {
            return Err(Error::invalid("a byte of a bool array is neither 0 nor 1"));
        }
        Ok(())
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// When the type is not `T`.
    pub fn as_slice<T: Element>(&self) -> Result<&'a [T]> {
        if self.dtype != T::DTYPE {
            return Err(Error::invalid(format!("an array of {} was read as {}", self.dtype, T::DTYPE)));
        }
        T::from_bytes(self.bytes).ok_or_else(|| Error::invalid("the array's bytes are not its elements"))
    }

    /// A copy that lives on its own.
    ///
    /// # Errors
    /// ResourceExhausted, if there is no memory for it.
    pub fn to_array(&self) -> Result<Array> {
        Array::from_bytes(self.dtype, self.shape.clone(), self.bytes)
    }
}
