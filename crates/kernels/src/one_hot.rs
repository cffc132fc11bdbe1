//! One-hot encoding: `out[o, d, i] = on` where `indices[o, i] = d`, and `off` elsewhere.

use crate::copy::with_width;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// Bytes of output that are worth a piece of their own.
const PIECE: usize = 1 << 16;

/// One-hot encoding. Inputs: the indices, `[outer, inner]`; the value for on and the value for off, one element each.
/// Output: `[outer, depth, inner]`. An index outside `[0, depth)` switches nothing on.
#[derive(Debug)]
pub struct OneHotKernel {
    element_bytes: usize,
    index: ScalarType,
    outer: usize,
    depth: usize,
    inner: usize,
    input_bytes: [usize; 3],
    output_bytes: [usize; 1],
}

impl OneHotKernel {
    /// A kernel for values of `element_bytes` bytes (1, 2, 4, 8 or 16) and indices of type `index` (I8, I32, I64 or U8).
    ///
    /// # Errors
    /// When the sizes of elements or the type of indices are others, or a tensor fits no memory.
    pub fn new(
        element_bytes: usize,
        index: ScalarType,
        outer: usize,
        depth: usize,
        inner: usize,
    ) -> Result<OneHotKernel, String> {
        if !matches!(element_bytes, 1 | 2 | 4 | 8 | 16) {
            return Err(format!("elements have 1, 2, 4, 8 or 16 bytes, not {element_bytes}"));
        }
        if !matches!(index, ScalarType::I8 | ScalarType::I32 | ScalarType::I64 | ScalarType::U8) {
            return Err(format!("indices are I8, I32, I64 or U8, not {index:?}"));
        }
        let indices = byte_count(element_count(&[outer, inner])?, index.size())?;
        let output_bytes = [byte_count(element_count(&[outer, depth, inner])?, element_bytes)?];
        let input_bytes = [indices, element_bytes, element_bytes];
        Ok(OneHotKernel { element_bytes, index, outer, depth, inner, input_bytes, output_bytes })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` has `self.element_bytes` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy + Sync>(&self, context: &Context, inputs: &[In<'_>], output: &mut Out<'_>) {
        let output = output.shared::<T>();
        let indices = inputs[0];
        // SAFETY: both are one element.
        let (on, off) = unsafe { (*inputs[1].pointer::<T>(), *inputs[2].pointer::<T>()) };
        let length = self.depth * self.inner;
        let outer_a_piece = (PIECE / (length * self.element_bytes).max(1)).clamp(1, self.outer.max(1));
        parallel_for(context.threads, self.outer.div_ceil(outer_a_piece), &|piece| {
            let first = piece * outer_a_piece;
            let outer = first..(first + outer_a_piece).min(self.outer);
            // SAFETY: `outer` and `inner` are inside, and so is a depth that was compared; pieces write apart.
            unsafe {
                let to = output.pointer();
                (outer.start * length..outer.end * length).for_each(|place| *to.add(place) = off);
                for o in outer {
                    for i in 0..self.inner {
                        let place = o * self.inner + i;
                        let index = match self.index {
                            ScalarType::I32 => (*indices.pointer::<i32>().add(place)).into(),
                            ScalarType::I8 => (*indices.pointer::<i8>().add(place)).into(),
                            ScalarType::U8 => (*indices.pointer::<u8>().add(place)).into(),
                            _ => *indices.pointer::<i64>().add(place),
                        };
                        if let Some(depth) = usize::try_from(index).ok().filter(|&depth| depth < self.depth) {
                            *to.add((o * self.depth + depth) * self.inner + i) = on;
                        }
                    }
                }
            }
        });
    }
}

impl Sealed for OneHotKernel {}

impl Kernel for OneHotKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        // SAFETY: the caller's promise; the width is one the macro has a type for.
        with_width!(self.element_bytes, T => unsafe { self.run_as::<T>(context, inputs, &mut outputs[0]) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Scalar, call};

    fn check<I: Scalar, T: Scalar + PartialEq>(
        [outer, depth, inner]: [usize; 3],
        make: fn(i64) -> I,
        on: T,
        off: T,
        lowest: i64,
    ) {
        let indices: Vec<i64> =
            (0..(outer * inner) as i64).map(|i| lowest + i * 7 % (depth as i64 + 3)).collect();
        let place = |i: usize| indices[i / (depth * inner) * inner + i % inner] == (i / inner % depth) as i64;
        let wanted: Vec<T> = (0..outer * depth * inner).map(|i| if place(i) { on } else { off }).collect();
        let kernel = OneHotKernel::new(size_of::<T>(), I::TYPE, outer, depth, inner).unwrap();
        let indices = Buffer::from_slice(&indices.into_iter().map(make).collect::<Vec<I>>());
        let (on, off) = (Buffer::from_slice(&[on]), Buffer::from_slice(&[off]));
        for threads in [1, 2] {
            let mut output = Buffer::zeroed(kernel.output_bytes[0]);
            let inputs = [indices.bytes(), on.bytes(), off.bytes()];
            call(&kernel, &Context { threads }, &inputs, &mut [output.bytes_mut()]).unwrap();
            assert_eq!(output.slice::<T>(), wanted);
        }
    }

    #[test]
    fn every_index_type_depth_and_axis() {
        for shape in [[0, 3, 1], [1, 0, 1], [5, 4, 1], [3, 4, 5], [1, 10, 7], [3_000, 10, 1], [40, 30, 50]] {
            check(shape, |i| i as i32, 1_f32, 0.0, -2);
            check(shape, |i| i, -1_i64, 3, -2);
            check(shape, |i| i as u8, true as u8, 0, 0);
            check(shape, |i| i, 2_u16, 7, 0);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(OneHotKernel::new(3, ScalarType::I32, 1, 1, 1).is_err());
        let error = OneHotKernel::new(4, ScalarType::F32, 1, 1, 1).unwrap_err();
        assert_eq!(error, "indices are I8, I32, I64 or U8, not F32");
        assert!(OneHotKernel::new(4, ScalarType::U8, usize::MAX, 2, 1).is_err());
    }
}
