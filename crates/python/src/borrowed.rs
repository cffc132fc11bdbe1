//! NumPy's memory that a run reads where it lies.
//!
//! While it runs, Python's other threads may write there: nobody can forbid it, and TensorFlow reads on just so. What they
//! write is then seen, or not, number by number. That is all that can happen, because only types are taken whose numbers
//! no kernel looks at twice, to check them and then to use them as places in memory: int32, int64, uint32, uint64 and bool
//! are copied.

use half::f16;
use numpy::{
    Complex32, Complex64, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn,
    PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use tenseur::{ArrayView, DType, Shape};

use crate::array::Plain;

/// Arrays of fewer bytes are copied sooner than borrowed; and so are those of fewer numbers than would have so many.
const LARGE: usize = 1 << 14;
const LARGEST_NUMBER: usize = 16;

/// A NumPy array that a run reads.
pub(crate) struct Borrowed<'py> {
    dtype: DType,
    shape: Shape,
    memory: Box<dyn Memory + 'py>,
}

impl<'py> Borrowed<'py> {
    /// `value`, if it is large, and lies in memory as a run would read it.
    pub(crate) fn new(value: &Bound<'py, PyAny>) -> Option<Borrowed<'py>> {
        let array = value.cast::<PyUntypedArray>().ok()?;
        if array.len() < LARGE / LARGEST_NUMBER {
            return None;
        }
        let dtype = array.dtype();
        if array.len().checked_mul(dtype.itemsize())? < LARGE {
            return None;
        }
        macro_rules! by_type {
            ($($kind:literal, $size:literal => $rust:ty, $dtype:ident;)*) => {
                match (dtype.kind(), dtype.itemsize()) {
                    $(($kind, $size) => (DType::$dtype, readable::<$rust>(value)?),)*
                    _ => return None,
                }
            };
        }
        let (dtype, memory) = by_type! {
            b'f', 4 => f32, Float32;
            b'f', 8 => f64, Float64;
            b'f', 2 => f16, Float16;
            b'i', 1 => i8, Int8;
            b'i', 2 => i16, Int16;
            b'u', 1 => u8, UInt8;
            b'u', 2 => u16, UInt16;
            b'c', 8 => Complex32, Complex64;
            b'c', 16 => Complex64, Complex128;
        };
        Some(Borrowed { dtype, shape: array.shape().into(), memory })
    }

    /// The type of its numbers.
    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    /// What a run is given.
    pub(crate) fn view(&self) -> ArrayView<'_> {
        ArrayView { dtype: self.dtype, shape: &self.shape, bytes: self.memory.bytes() }
    }
}

/// Memory of NumPy's that is kept while it is read.
trait Memory {
    /// Its bytes.
    fn bytes(&self) -> &[u8];
}

impl<T: Plain> Memory for PyReadonlyArrayDyn<'_, T> {
    fn bytes(&self) -> &[u8] {
        T::bytes(self.as_slice().unwrap_or_default())
    }
}

/// The array, if its elements lie one after the other.
fn readable<'py, T: Plain + 'py>(value: &Bound<'py, PyAny>) -> Option<Box<dyn Memory + 'py>> {
    let array = value.cast::<PyArrayDyn<T>>().ok()?.try_readonly().ok()?;
    array.as_slice().is_ok().then(|| Box::new(array) as Box<dyn Memory + 'py>)
}
