//! Running sums and products along an axis: `out[i] = in[0] + … + in[i]`.

use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::number::{Number, with_number};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// What is done with all numbers so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanOp {
    /// They are summed. Integers wrap.
    Sum,
    /// They are multiplied. Integers wrap.
    Product,
}

/// Sums, or products, of all elements up to each one along an axis. Input and output: `[outer, size, inner]`. Half
/// precision rounds after each step.
#[derive(Clone, Debug)]
pub struct ScanKernel {
    dtype: ScalarType,
    op: ScanOp,
    exclusive: bool,
    reverse: bool,
    outer: usize,
    size: usize,
    inner: usize,
    bytes: [usize; 1],
}

impl ScanKernel {
    /// A kernel for elements of type `dtype`. Where `exclusive`, an element's own number is left out, and the first is
    /// 0 (of products 1); where `reverse`, it goes from the end to the start.
    ///
    /// # Errors
    /// When `dtype` is Bool, or the tensor fits no memory.
    pub fn new(
        dtype: ScalarType,
        op: ScanOp,
        (outer, size, inner): (usize, usize, usize),
        exclusive: bool,
        reverse: bool,
    ) -> Result<ScanKernel, String> {
        if dtype == ScalarType::Bool {
            return Err("booleans have no sum".into());
        }
        let bytes = [byte_count(element_count(&[outer, size, inner])?, dtype.size())?];
        Ok(ScanKernel { dtype, op, exclusive, reverse, outer, size, inner, bytes })
    }

    fn scan<T: Number>(&self, x: &[T], y: &mut [T], first: T, combine: impl Fn(T, T) -> T) {
        let block = self.size * self.inner;
        if block == 0 {
            return;
        }
        for outer in 0..self.outer {
            let (x, y) = (&x[outer * block..][..block], &mut y[outer * block..][..block]);
            let mut before: Option<usize> = None;
            for step in 0..self.size {
                let row = if self.reverse { self.size - 1 - step } else { step } * self.inner;
                for i in 0..self.inner {
                    y[row + i] = match (before, self.exclusive) {
                        (None, true) => first,
                        (None, false) => x[row + i],
                        (Some(before), true) => combine(y[before + i], x[before + i]),
                        (Some(before), false) => combine(y[before + i], x[row + i]),
                    };
                }
                before = Some(row);
            }
        }
    }
}

impl Sealed for ScanKernel {}

impl Kernel for ScanKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        with_number!(self.dtype, T => {
            // SAFETY: `in_place` is false, so the output shares no memory with the input.
            let (x, y) = unsafe { (inputs[0].slice::<T>(), outputs[0].slice::<T>()) };
            match self.op {
                ScanOp::Sum => self.scan(x, y, T::from_bit(false), T::add),
                ScanOp::Product => self.scan(x, y, T::from_bit(true), T::multiply),
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, call};

    fn scan<T: Number + crate::Scalar>(
        op: ScanOp,
        sizes: (usize, usize, usize),
        flags: (bool, bool),
        x: &[T],
    ) -> Vec<T> {
        let kernel = ScanKernel::new(T::TYPE, op, sizes, flags.0, flags.1).unwrap();
        let (input, mut output) = (Buffer::from_slice(x), Buffer::zeroed(std::mem::size_of_val(x)));
        call(&kernel, &Context { threads: 1 }, &[input.bytes()], &mut [output.bytes_mut()]).unwrap();
        output.slice_mut::<T>().to_vec()
    }

    #[test]
    fn every_direction() {
        let x = [1_i32, 2, 3, 4];
        let rows = |op, exclusive, reverse| scan(op, (1, 4, 1), (exclusive, reverse), &x);
        assert_eq!(rows(ScanOp::Sum, false, false), [1, 3, 6, 10]);
        assert_eq!(rows(ScanOp::Sum, true, false), [0, 1, 3, 6]);
        assert_eq!(rows(ScanOp::Sum, false, true), [10, 9, 7, 4]);
        assert_eq!(rows(ScanOp::Sum, true, true), [9, 7, 4, 0]);
        assert_eq!(rows(ScanOp::Product, true, true), [24, 12, 4, 1]);
        assert_eq!(scan(ScanOp::Sum, (1, 2, 2), (false, false), &x), [1, 2, 4, 6]);
        assert_eq!(scan(ScanOp::Product, (2, 2, 1), (false, false), &x), [1, 2, 3, 12]);
        assert_eq!(scan(ScanOp::Sum, (1, 2, 1), (false, false), &[200_u8, 100]), [200, 44]);
        assert_eq!(scan::<f32>(ScanOp::Sum, (3, 0, 2), (false, false), &[]), []);
        assert!(ScanKernel::new(ScalarType::Bool, ScanOp::Sum, (1, 1, 1), false, false).is_err());
    }
}
