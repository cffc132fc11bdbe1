//! Concatenation along an axis, and its reverse: `[outer, inner₀]`, `[outer, inner₁]`, … beside each other make
//! `[outer, inner₀ + inner₁ + …]`. Packing along a new axis, and unpacking, are the same with equal sizes.

use crate::copy::{copy_rows, with_width};
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::threads::parallel_for;
use crate::transpose::Rows;
use crate::{Context, In, Kernel, KernelError, Out};

/// Bytes that are worth a piece of work of their own.
const PIECE: usize = 1 << 16;

/// Puts tensors beside each other. Inputs: `[outer, inner_each[k]]`. Output: `[outer, Σ inner_each]`.
#[derive(Debug)]
pub struct ConcatKernel {
    parts: Parts,
    whole_bytes: [usize; 1],
}

/// Takes a tensor apart. Input: `[outer, Σ inner_each]`. Outputs: `[outer, inner_each[k]]`.
#[derive(Debug)]
pub struct SplitKernel {
    parts: Parts,
    whole_bytes: [usize; 1],
}

/// The sizes of what is put together or taken apart.
#[derive(Debug)]
struct Parts {
    outer: usize,
    /// Bytes that travel at once. The rest counts in these.
    width: usize,
    /// Where each part begins in a row of the whole, and then the length of the row.
    starts: Vec<usize>,
    bytes: Vec<usize>,
}

impl Parts {
    fn new(element_bytes: usize, outer: usize, inner_each: &[usize]) -> Result<(Parts, usize), String> {
        let part = |inner: usize| byte_count(element_count(&[outer, inner])?, element_bytes);
        let bytes = inner_each.iter().map(|&inner| part(inner)).collect::<Result<Vec<_>, _>>()?;
        let total = inner_each.iter().try_fold(0_usize, |total, &inner| total.checked_add(inner));
        let whole = part(total.ok_or("the parts together fit no memory")?)?;
        let fits =
            |width: &usize| inner_each.iter().all(|inner| (inner * element_bytes).is_multiple_of(*width));
        let width = [16, 8, 4, 2].into_iter().find(fits).unwrap_or(1);
        let mut starts = vec![0];
        for inner in inner_each {
            starts.push(starts[starts.len() - 1] + inner * element_bytes / width);
        }
        Ok((Parts { outer, width, starts, bytes }, whole))
    }

    /// The length of a row of the whole.
    fn row(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Where a part begins in a row of the whole, and how long it is.
    fn part(&self, part: usize) -> (usize, usize) {
        (self.starts[part], self.starts[part + 1] - self.starts[part])
    }

    /// How many rows of `length` are worth a piece of work.
    fn rows_a_piece(&self, length: usize) -> usize {
        (PIECE / (length * self.width).max(1)).clamp(1, self.outer.max(1))
    }
}

impl ConcatKernel {
    /// A kernel for elements of `element_bytes` bytes.
    ///
    /// # Errors
    /// When a tensor fits no memory.
    pub fn new(element_bytes: usize, outer: usize, inner_each: Vec<usize>) -> Result<ConcatKernel, String> {
        let (parts, whole) = Parts::new(element_bytes, outer, &inner_each)?;
        Ok(ConcatKernel { parts, whole_bytes: [whole] })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` has `self.parts.width` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy>(&self, context: &Context, inputs: &[In<'_>], output: &mut Out<'_>) {
        let output = output.shared::<T>();
        let row = self.parts.row();
        let rows_a_piece = self.parts.rows_a_piece(row);
        // Long rows are few: then the parts of a row are pieces too.
        let parts_a_piece = if row * self.parts.width > PIECE { 1 } else { inputs.len().max(1) };
        let parts_pieces = inputs.len().div_ceil(parts_a_piece);
        parallel_for(context.threads, self.parts.outer.div_ceil(rows_a_piece) * parts_pieces, &|piece| {
            let first = piece / parts_pieces * rows_a_piece;
            let rows = rows_a_piece.min(self.parts.outer - first);
            let part = piece % parts_pieces * parts_a_piece;
            for (part, input) in inputs.iter().enumerate().skip(part).take(parts_a_piece) {
                let (start, length) = self.parts.part(part);
                // SAFETY: these rows lie inside the part and the whole, and only this piece writes them.
                unsafe {
                    let from = input.pointer::<T>().add(first * length);
                    let to = output.pointer().add(first * row + start);
                    let from = Rows { pointer: from, stride: length as isize };
                    copy_rows(rows, length, from, 1, Rows { pointer: to, stride: row as isize });
                }
            }
        });
    }
}

impl SplitKernel {
    /// A kernel for elements of `element_bytes` bytes.
    ///
    /// # Errors
    /// When a tensor fits no memory.
    pub fn new(element_bytes: usize, outer: usize, inner_each: Vec<usize>) -> Result<SplitKernel, String> {
        let (parts, whole) = Parts::new(element_bytes, outer, &inner_each)?;
        Ok(SplitKernel { parts, whole_bytes: [whole] })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` has `self.parts.width` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy>(&self, context: &Context, input: In<'_>, outputs: &mut [Out<'_>]) {
        let row = self.parts.row();
        for (part, output) in outputs.iter_mut().enumerate() {
            let output = output.shared::<T>();
            let (start, length) = self.parts.part(part);
            let rows_a_piece = self.parts.rows_a_piece(length);
            parallel_for(context.threads, self.parts.outer.div_ceil(rows_a_piece), &|piece| {
                let first = piece * rows_a_piece;
                let rows = rows_a_piece.min(self.parts.outer - first);
                // SAFETY: these rows lie inside the part and the whole, and only this piece writes them.
                unsafe {
                    let from = input.pointer::<T>().add(first * row + start);
                    let to = output.pointer().add(first * length);
                    let from = Rows { pointer: from, stride: row as isize };
                    copy_rows(rows, length, from, 1, Rows { pointer: to, stride: length as isize });
                }
            });
        }
    }
}

impl Sealed for ConcatKernel {}

impl Kernel for ConcatKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.parts.bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.whole_bytes
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
        with_width!(self.parts.width, T => unsafe { self.run_as::<T>(context, inputs, &mut outputs[0]) });
        Ok(())
    }
}

impl Sealed for SplitKernel {}

impl Kernel for SplitKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.whole_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.parts.bytes
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
        with_width!(self.parts.width, T => unsafe { self.run_as::<T>(context, inputs[0], outputs) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    fn check(element_bytes: usize, outer: usize, inner_each: Vec<usize>) {
        let lengths: Vec<usize> = inner_each.iter().map(|inner| inner * element_bytes).collect();
        let row: usize = lengths.iter().sum();
        let byte = |row: usize, column: usize| (row * 31 + column * 7 + (column >> 8)) as u8;
        let whole: Vec<u8> = (0..outer * row).map(|i| byte(i / row, i % row)).collect();
        let mut start = 0;
        let parts = lengths.iter().map(|&length| {
            let part: Vec<u8> = (0..outer * length).map(|i| byte(i / length, start + i % length)).collect();
            start += length;
            Buffer::from_slice(&part)
        });
        let parts: Vec<Buffer> = parts.collect();
        let whole = Buffer::from_slice(&whole);
        let concat = ConcatKernel::new(element_bytes, outer, inner_each.clone()).unwrap();
        let split = SplitKernel::new(element_bytes, outer, inner_each).unwrap();
        for threads in [1, 2] {
            let mut together = Buffer::zeroed(whole.len());
            let views: Vec<&[u8]> = parts.iter().map(|part| part.bytes()).collect();
            call(&concat, &Context { threads }, &views, &mut [together.bytes_mut()]).unwrap();
            assert_eq!(together.bytes(), whole.bytes());
            let mut apart: Vec<Buffer> = parts.iter().map(|part| Buffer::zeroed(part.len())).collect();
            let mut views: Vec<&mut [u8]> = apart.iter_mut().map(|part| part.bytes_mut()).collect();
            call(&split, &Context { threads }, &[whole.bytes()], &mut views).unwrap();
            assert!(apart.iter().zip(&parts).all(|(got, wanted)| got.bytes() == wanted.bytes()));
        }
    }

    proptest! {
        #[test]
        fn any_parts(outer in 0_usize..9, inner_each in prop::collection::vec(0_usize..9, 0..6),
                     element_bytes in prop_oneof![Just(1), Just(2), Just(4), Just(8), Just(16)]) {
            check(element_bytes, outer, inner_each);
        }
    }

    #[test]
    fn large_tensors_are_cut_into_pieces() {
        check(4, 5_000, vec![1, 7, 3]);
        check(1, 90_000, vec![1; 3]);
        check(4, 3, vec![9_000, 20_000, 5]);
        check(8, 1, vec![30_000, 1, 9_000, 0]);
    }

    #[test]
    fn parts_beyond_memory_are_refused() {
        assert!(ConcatKernel::new(4, 1, vec![usize::MAX / 8, usize::MAX]).is_err());
        assert!(SplitKernel::new(4, 1, vec![usize::MAX / 9; 9]).is_err());
    }
}
