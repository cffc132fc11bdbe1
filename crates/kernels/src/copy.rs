//! Strided copies: `out[i₀, i₁, …] = in[offset + i₀·strides[0] + i₁·strides[1] + …]`, with the output in row-major order.
//!
//! One kernel is transpose, slice, strided slice, reverse, broadcast and tile, told apart by the strides. When it is
//! made it merges axes, finds how many bytes can travel at once, and picks the two axes that make a matrix of the
//! inner loops: the last one of the output, and the one along which the input is contiguous.

use crate::kernel::sealed::Sealed;
use crate::layout::{Layout, byte_count, collapse, element_count};
use crate::simd::{Level, level};
use crate::threads::parallel_for;
use crate::transpose::{Rows, transpose};
use crate::{Context, In, Kernel, KernelError, Out};

/// Bytes of output that are worth a piece of their own.
const PIECE: usize = 1 << 16;

/// Copies what a [`Layout`] reaches to a contiguous output. Any number of bytes an element.
#[derive(Debug)]
pub struct CopyKernel {
    input_bytes: [usize; 1],
    output_bytes: [usize; 1],
    /// Bytes that travel at once: 1, 2, 4, 8 or 16. What follows counts in these.
    width: usize,
    first: usize,
    /// The axes around the matrix, outermost first.
    outer: Vec<Axis>,
    rows: Axis,
    columns: Axis,
    /// Rows and columns that are copied in one go.
    tile: (usize, usize),
    level: Level,
}

/// A loop: how often, and how far it steps through the input and the output.
#[derive(Clone, Copy, Debug)]
struct Axis {
    size: usize,
    from: isize,
    to: isize,
}

impl CopyKernel {
    /// A copy of a tensor of `shape` with elements of `element_bytes` bytes that lie in the input as `input` says.
    ///
    /// # Errors
    /// When `input` reaches outside its buffer, or has not one stride for each axis.
    pub fn new(element_bytes: usize, shape: &[usize], input: Layout) -> Result<CopyKernel, String> {
        input.check(shape)?;
        let input_bytes = [byte_count(input.elements, element_bytes)?];
        let output_bytes = [byte_count(element_count(shape)?, element_bytes)?];

        // Merged first: what is left has more than one step along each axis, all inside the buffer, so that no stride
        // in bytes overflows. Then the bytes of an element are the last axis, and merge with a contiguous one.
        let (mut sizes, mut strides) = collapse(shape, &[&input.strides, &Layout::contiguous(shape).strides]);
        for strides in &mut strides {
            strides.iter_mut().for_each(|stride| *stride *= element_bytes as isize);
            strides.push(1);
        }
        sizes.push(element_bytes);
        let (sizes, strides) = collapse(&sizes, &[&strides[0], &strides[1]]);
        let mut axes: Vec<Axis> = (0..sizes.len())
            .map(|i| Axis { size: sizes[i], from: strides[0][i], to: strides[1][i] })
            .collect();
        let first = input.offset * element_bytes;
        let run = axes.pop_if(|axis| axis.from == 1 && axis.to == 1).map_or(1, |axis| axis.size);
        let fits = |width: &usize| {
            let whole = |stride: isize| stride % *width as isize == 0;
            run.is_multiple_of(*width)
                && first.is_multiple_of(*width)
                && axes.iter().all(|axis| whole(axis.from) && whole(axis.to))
        };
        let width = [16, 8, 4, 2].into_iter().find(fits).unwrap_or(1);
        for axis in &mut axes {
            axis.from /= width as isize;
            axis.to /= width as isize;
        }
        if run > width || axes.is_empty() {
            axes.push(Axis { size: run / width, from: 1, to: 1 });
        }

        let columns = axes.pop().unwrap_or(Axis { size: 0, from: 1, to: 1 });
        let contiguous =
            axes.iter().position(|axis| axis.from == 1).filter(|_| columns.from.unsigned_abs() > 1);
        let rows = match contiguous {
            Some(place) => axes.remove(place),
            None => axes.pop().unwrap_or(Axis { size: 1, from: 0, to: 0 }),
        };
        let tile = match contiguous {
            Some(_) => {
                if width > 4 {
                    (64, 64)
                } else {
                    (128, 128)
                }
            }
            None => {
                let across = columns.size.clamp(1, PIECE / 2 / width);
                (PIECE / 2 / width / across, across)
            }
        };
        let (first, outer) = (first / width, axes);
        Ok(CopyKernel { input_bytes, output_bytes, width, first, outer, rows, columns, tile, level: level() })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` has `self.width` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy>(&self, context: &Context, input: In<'_>, output: &mut Out<'_>) {
        let output = output.shared::<T>();
        let tiles_down = self.rows.size.div_ceil(self.tile.0);
        let tiles_across = self.columns.size.div_ceil(self.tile.1);
        let tiles = tiles_down * tiles_across;
        let matrices: usize = self.outer.iter().map(|axis| axis.size).product();
        let tile_bytes = self.tile.0.min(self.rows.size) * self.tile.1.min(self.columns.size) * self.width;
        let tiles_a_piece = (PIECE / tile_bytes.max(1)).max(1);
        let pieces = (matrices * tiles).div_ceil(tiles_a_piece);
        parallel_for(context.threads, pieces, &|piece| {
            let begin = piece * tiles_a_piece;
            let end = (begin + tiles_a_piece).min(matrices * tiles);
            for matrix in begin / tiles..end.div_ceil(tiles) {
                let (mut from, mut to, mut left) = (self.first as isize, 0, matrix);
                for axis in self.outer.iter().rev() {
                    let place = (left % axis.size) as isize;
                    left /= axis.size;
                    from += place * axis.from;
                    to += place * axis.to;
                }
                for tile in
                    begin.max(matrix * tiles) - matrix * tiles..end.min((matrix + 1) * tiles) - matrix * tiles
                {
                    let (row, column) =
                        (tile / tiles_across * self.tile.0, tile % tiles_across * self.tile.1);
                    let from = from + row as isize * self.rows.from + column as isize * self.columns.from;
                    let to = to + row as isize * self.rows.to + column as isize;
                    let rows = self.tile.0.min(self.rows.size - row);
                    let columns = self.tile.1.min(self.columns.size - column);
                    // SAFETY: `new` checked that every element of the tensor lies inside the input, and the output
                    // holds the whole tensor; tiles do not overlap, and no input is the output.
                    unsafe {
                        let from = input.pointer::<T>().offset(from);
                        let to = Rows { pointer: output.pointer().offset(to), stride: self.rows.to };
                        if self.columns.from.unsigned_abs() > 1 && self.rows.from == 1 {
                            let from = Rows { pointer: from, stride: self.columns.from };
                            transpose(self.level, rows, columns, from, to);
                        } else {
                            let from = Rows { pointer: from, stride: self.rows.from };
                            copy_rows(rows, columns, from, self.columns.from, to);
                        }
                    }
                }
            }
        });
    }
}

/// Copies `rows` rows of `columns` elements that are `step` apart in the input and touch in the output.
///
/// # Safety
/// All those elements of `from` may be read and all those of `to` written, and no reference to the latter lives.
pub(crate) unsafe fn copy_rows<T: Copy>(
    rows: usize,
    columns: usize,
    from: Rows<*const T>,
    step: isize,
    to: Rows<*mut T>,
) {
    /// Short rows, where calling for a copy would take longer than the copy.
    ///
    /// # Safety
    /// As [`copy_rows`] with `N` columns and step 1.
    unsafe fn short<T: Copy, const N: usize>(rows: usize, from: Rows<*const T>, to: Rows<*mut T>) {
        for row in 0..rows as isize {
            // SAFETY: the row is one of `rows`, and has `N` elements.
            unsafe {
                let run = from.pointer.offset(row * from.stride).cast::<[T; N]>().read_unaligned();
                to.pointer.offset(row * to.stride).cast::<[T; N]>().write_unaligned(run);
            }
        }
    }
    // SAFETY: rows and columns stay below `rows` and `columns`.
    unsafe {
        match (step, columns) {
            (1, 1) => return short::<T, 1>(rows, from, to),
            (1, 2) => return short::<T, 2>(rows, from, to),
            (1, 3) => return short::<T, 3>(rows, from, to),
            (1, 4) => return short::<T, 4>(rows, from, to),
            _ => {}
        }
        for row in 0..rows as isize {
            let from = from.pointer.offset(row * from.stride);
            let to = to.pointer.offset(row * to.stride);
            match step {
                1 => to.copy_from_nonoverlapping(from, columns),
                0 => (0..columns).for_each(|c| *to.add(c) = *from),
                -1 => (0..columns).for_each(|c| *to.add(c) = *from.sub(c)),
                _ => (0..columns as isize).for_each(|c| *to.offset(c) = *from.offset(c * step)),
            }
        }
    }
}

/// Evaluates `$body` with `$type` a type of `$bytes` bytes, one of 1, 2, 4, 8 and 16, that has no alignment to keep.
macro_rules! with_width {
    ($bytes:expr, $type:ident => $body:expr) => {{
        match $bytes {
            1 => {
                type $type = [u8; 1];
                $body
            }
            2 => {
                type $type = [u8; 2];
                $body
            }
            4 => {
                type $type = [u8; 4];
                $body
            }
            8 => {
                type $type = [u8; 8];
                $body
            }
            _ => {
                type $type = [u8; 16];
                $body
            }
        }
    }};
}
pub(crate) use with_width;

impl Sealed for CopyKernel {}

impl Kernel for CopyKernel {
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
        with_width!(self.width, T => unsafe { self.run_as::<T>(context, inputs[0], &mut outputs[0]) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::call;

    /// The copy, one element at a time.
    fn naive(element_bytes: usize, shape: &[usize], layout: &Layout, input: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        for number in 0..shape.iter().product() {
            let (mut place, mut left) = (layout.offset as isize, number);
            for (size, stride) in shape.iter().zip(&layout.strides).rev() {
                place += (left % size) as isize * stride;
                left /= size;
            }
            let byte = place as usize * element_bytes;
            output.extend_from_slice(&input[byte..byte + element_bytes]);
        }
        output
    }

    fn check(element_bytes: usize, shape: &[usize], layout: Layout) {
        let input: Vec<u8> = (0..layout.elements * element_bytes).map(|i| (i * 37 / 16 + i) as u8).collect();
        let wanted = naive(element_bytes, shape, &layout, &input);
        let mut kernel = CopyKernel::new(element_bytes, shape, layout.clone()).unwrap();
        for level in Level::available() {
            kernel.level = level;
            for threads in [1, 2] {
                let mut output = vec![0xee; wanted.len()];
                call(&kernel, &Context { threads }, &[&input], &mut [&mut output]).unwrap();
                assert!(
                    output == wanted,
                    "{element_bytes} bytes, {shape:?}, {layout:?}, {level:?}, {threads} threads"
                );
            }
        }
    }

    /// A layout of `shape` whose axes lie in memory in the order `order`, each with a step of `steps` (0: one element
    /// for all, negative: backwards).
    fn spread(shape: &[usize], order: &[usize], steps: &[isize]) -> Layout {
        let mut layout = Layout { offset: 0, strides: vec![0; shape.len()], elements: 1 };
        for &axis in order.iter().rev() {
            let (size, step) = (shape[axis].max(1), steps[axis]);
            layout.strides[axis] = step * layout.elements as isize;
            layout.offset += (size - 1) * step.min(0).unsigned_abs() * layout.elements;
            layout.elements *= (size - 1) * step.unsigned_abs() + 1;
        }
        layout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn any_strides_copy_what_they_reach(
            axes in prop::collection::vec((0_usize..8, prop_oneof![3 => Just(1), 1 => -2_isize..4]), 0..5),
            mixed in Just([0, 1, 2, 3]).prop_shuffle(),
            element_bytes in prop_oneof![Just(1), Just(2), Just(4), Just(8), Just(16), Just(3), Just(12)],
        ) {
            let (shape, steps): (Vec<usize>, Vec<isize>) = axes.into_iter().unzip();
            let order: Vec<usize> = mixed.into_iter().filter(|&axis| axis < shape.len()).collect();
            check(element_bytes, &shape, spread(&shape, &order, &steps));
        }
    }

    #[test]
    fn large_tensors_are_cut_into_pieces() {
        for element_bytes in [1, 2, 4, 8, 16] {
            check(element_bytes, &[300, 257], spread(&[300, 257], &[1, 0], &[1, 1]));
            check(element_bytes, &[3, 100, 70, 5], spread(&[3, 100, 70, 5], &[2, 0, 3, 1], &[1, 1, 1, 1]));
            check(element_bytes, &[70_000], Layout::contiguous(&[70_000]));
            check(element_bytes, &[70_001], spread(&[70_001], &[0], &[-1]));
            check(element_bytes, &[40_000, 3], spread(&[40_000, 3], &[1, 0], &[1, 1]));
            check(element_bytes, &[3, 40_000], spread(&[3, 40_000], &[1, 0], &[1, 1]));
            check(element_bytes, &[90, 1_000], spread(&[90, 1_000], &[0, 1], &[1, 0]));
            check(element_bytes, &[90, 1_000], spread(&[90, 1_000], &[0, 1], &[0, 1]));
        }
    }

    #[test]
    fn contiguous_bytes_travel_together() {
        let kernel =
            CopyKernel::new(4, &[8, 6], Layout { offset: 4, strides: vec![12, 1], elements: 100 }).unwrap();
        assert_eq!((kernel.width, kernel.columns.size), (8, 3));
        let kernel =
            CopyKernel::new(4, &[8, 6], Layout { offset: 3, strides: vec![12, 1], elements: 100 }).unwrap();
        assert_eq!((kernel.width, kernel.columns.size), (4, 6));
        let kernel =
            CopyKernel::new(2, &[3, 5, 2], Layout { offset: 0, strides: vec![2, 6, 1], elements: 30 })
                .unwrap();
        assert_eq!((kernel.width, kernel.rows.size, kernel.columns.size), (4, 3, 5));
    }

    #[test]
    fn a_layout_outside_its_buffer_is_refused() {
        let error =
            CopyKernel::new(4, &[3], Layout { offset: 0, strides: vec![2], elements: 4 }).unwrap_err();
        assert!(error.contains("reaches elements 0 to 4, outside a buffer of 4"), "{error}");
    }
}
