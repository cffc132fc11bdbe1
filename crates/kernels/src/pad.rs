//! Padding: a tensor with more around it, a constant or its own mirror image.
//!
//! Along an axis of size n with `before` places added in front, place p of the output shows place i = p − before of the
//! input where there is one. Elsewhere it shows the constant; or, for a mirror without the edge (reflect), −i or
//! 2n − 2 − i; or, for a mirror with the edge (symmetric), −1 − i or 2n − 1 − i.

use crate::copy::with_width;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out};

/// Bytes of output that are worth a piece of their own.
const PIECE: usize = 1 << 16;

/// What is put around a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Padding {
    /// Zeros.
    Zero,
    /// One element, the second input.
    Value,
    /// The mirror image, without the edge: `3 2 | 1 2 3 | 2 1`.
    Reflect,
    /// The mirror image, with the edge: `2 1 | 1 2 3 | 3 2`.
    Symmetric,
}

/// Puts a constant, or the mirror image, around a tensor.
#[derive(Debug)]
pub struct PadKernel {
    element_bytes: usize,
    padding: Padding,
    /// The axes but for the last that is padded.
    outer: Vec<Axis>,
    /// The last axis that is padded. Those after it are one block of elements to it.
    last: Axis,
    block: usize,
    input_bytes: Vec<usize>,
    output_bytes: [usize; 1],
}

#[derive(Clone, Copy, Debug)]
struct Axis {
    size: usize,
    before: usize,
    padded: usize,
}

impl Axis {
    /// The place of the input that a place of the output shows, if it shows one.
    fn source(&self, place: usize, padding: Padding) -> Option<usize> {
        let (place, size) = (place as isize - self.before as isize, self.size as isize);
        let edge = (padding == Padding::Reflect) as isize;
        let source = match place {
            _ if (0..size).contains(&place) => place,
            _ if matches!(padding, Padding::Zero | Padding::Value) => return None,
            _ if place < 0 => edge - 1 - place,
            _ => 2 * size - 1 - edge - place,
        };
        Some(source as usize)
    }
}

impl PadKernel {
    /// A kernel for a tensor of `shape` with elements of `element_bytes` bytes (1, 2, 4, 8 or 16); along axis `a` it adds
    /// `paddings[a].0` places before and `paddings[a].1` after.
    ///
    /// # Errors
    /// When there is not one padding for each axis, a mirror image is wider than what it mirrors, or a tensor fits no
    /// memory.
    pub fn new(
        element_bytes: usize,
        shape: &[usize],
        paddings: &[(usize, usize)],
        padding: Padding,
    ) -> Result<PadKernel, String> {
        if !matches!(element_bytes, 1 | 2 | 4 | 8 | 16) {
            return Err(format!("elements have 1, 2, 4, 8 or 16 bytes, not {element_bytes}"));
        }
        if shape.len() != paddings.len() {
            return Err(format!(
                "{} paddings do not fit the {} axes of {shape:?}",
                paddings.len(),
                shape.len()
            ));
        }
        let mut axes = vec![];
        for (axis, (&size, &(before, after))) in shape.iter().zip(paddings).enumerate() {
            let widest = match padding {
                Padding::Zero | Padding::Value => usize::MAX,
                Padding::Reflect => size.saturating_sub(1),
                Padding::Symmetric => size,
            };
            if before.max(after) > widest {
                return Err(format!(
                    "axis {axis} of size {size} is padded by {before} and {after}, but a {padding:?} image of it \
                     has at most {widest} places"
                ));
            }
            let padded = size.checked_add(before).and_then(|sum| sum.checked_add(after));
            let padded =
                padded.ok_or_else(|| format!("axis {axis} padded by {before} and {after} fits no memory"))?;
            axes.push(Axis { size, before, padded });
        }
        let input = byte_count(element_count(shape)?, element_bytes)?;
        let output: Vec<usize> = axes.iter().map(|axis| axis.padded).collect();
        let output_bytes = [byte_count(element_count(&output)?, element_bytes)?];
        let unpadded = axes.iter().rev().take_while(|axis| axis.size == axis.padded).count();
        let block = axes[axes.len() - unpadded..].iter().map(|axis| axis.size).product();
        axes.truncate(axes.len() - unpadded);
        let last = axes.pop().unwrap_or(Axis { size: 1, before: 0, padded: 1 });
        let input_bytes = if padding == Padding::Value { vec![input, element_bytes] } else { vec![input] };
        Ok(PadKernel { element_bytes, padding, outer: axes, last, block, input_bytes, output_bytes })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` has `self.element_bytes` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy + Sync>(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        output: &mut Out<'_>,
        zero: T,
    ) {
        let input = inputs[0];
        let value = match self.padding {
            // SAFETY: then the second input is one element.
            Padding::Value => unsafe { *inputs[1].pointer::<T>() },
            _ => zero,
        };
        let output = output.shared::<T>();
        let (size, before, after) =
            (self.last.size, self.last.before, self.last.padded - self.last.size - self.last.before);
        let row = self.last.padded * self.block;
        let rows = (self.output_bytes[0] / self.element_bytes).checked_div(row).unwrap_or(0);
        let rows_a_piece = (PIECE / (row * self.element_bytes).max(1)).max(1);
        parallel_for(context.threads, rows.div_ceil(rows_a_piece), &|piece| {
            for number in piece * rows_a_piece..((piece + 1) * rows_a_piece).min(rows) {
                // SAFETY: `number` is a row of the output that only this piece writes; rows, and places in a row, of the
                // input are inside it, since `Axis::source` gives no others.
                unsafe {
                    let to = output.pointer().add(number * row);
                    let fill = |first: usize, blocks: usize| {
                        (first * self.block..(first + blocks) * self.block).for_each(|i| *to.add(i) = value);
                    };
                    let Some(source) = self.source_row(number) else {
                        fill(0, self.last.padded);
                        continue;
                    };
                    let from = input.pointer::<T>().add(source * size * self.block);
                    to.add(before * self.block).copy_from_nonoverlapping(from, size * self.block);
                    for (first, blocks) in [(0, before), (before + size, after)] {
                        if matches!(self.padding, Padding::Zero | Padding::Value) {
                            fill(first, blocks);
                            continue;
                        }
                        for place in first..first + blocks {
                            if let Some(source) = self.last.source(place, self.padding) {
                                let from = from.add(source * self.block);
                                to.add(place * self.block).copy_from_nonoverlapping(from, self.block);
                            }
                        }
                    }
                }
            }
        });
    }

    /// The row of the input that a row of the output shows, if it shows one.
    fn source_row(&self, row: usize) -> Option<usize> {
        let (mut left, mut source, mut stride) = (row, 0, 1);
        for axis in self.outer.iter().rev() {
            source += axis.source(left % axis.padded, self.padding)? * stride;
            left /= axis.padded;
            stride *= axis.size;
        }
        Some(source)
    }
}

impl Sealed for PadKernel {}

impl Kernel for PadKernel {
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
        with_width!(self.element_bytes, T => {
            // SAFETY: the caller's promise; the width is one the macro has a type for.
            unsafe { self.run_as::<T>(context, inputs, &mut outputs[0], bytemuck::Zeroable::zeroed()) }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    fn pad(kernel: &PadKernel, input: &Buffer, value: &Buffer, threads: usize) -> Buffer {
        let mut output = Buffer::zeroed(kernel.output_bytes[0]);
        output.bytes_mut().fill(0x5a);
        let inputs = [input.bytes(), value.bytes()];
        let inputs = &inputs[..kernel.input_bytes.len()];
        call(kernel, &Context { threads }, inputs, &mut [output.bytes_mut()]).unwrap();
        output
    }

    fn numbers(shape: &[usize], paddings: &[(usize, usize)], padding: Padding) -> Vec<u16> {
        let count: usize = shape.iter().product();
        let input = Buffer::from_slice(&(1..=count as u16).collect::<Vec<_>>());
        let kernel = PadKernel::new(2, shape, paddings, padding).unwrap();
        pad(&kernel, &input, &Buffer::from_slice(&[9_u16]), 1).slice().to_vec()
    }

    /// Pads one axis after another, by lists.
    fn naive(
        shape: &[usize],
        paddings: &[(usize, usize)],
        padding: Padding,
        input: &[u32],
        value: u32,
    ) -> Vec<u32> {
        let [size, inner @ ..] = shape else { return input.to_vec() };
        let length: usize = inner.iter().product();
        let slice =
            |i: usize| naive(inner, &paddings[1..], padding, &input[i * length..(i + 1) * length], value);
        let middle: Vec<Vec<u32>> = (0..*size).map(slice).collect();
        let padded: usize =
            inner.iter().zip(&paddings[1..]).map(|(size, (before, after))| size + before + after).product();
        let edge = (padding == Padding::Reflect) as usize;
        let show = |mirrored: Option<usize>| match padding {
            Padding::Zero => vec![0; padded],
            Padding::Value => vec![value; padded],
            _ => middle[mirrored.unwrap()].clone(),
        };
        let (before, after) = paddings[0];
        let front = (0..before).rev().map(|k| show(Some(k + edge)));
        let back = (0..after).map(|k| show((size - edge).checked_sub(k + 1)));
        front.chain(middle.iter().cloned()).chain(back).flatten().collect()
    }

    fn check(shape: &[usize], paddings: &[(usize, usize)], padding: Padding) {
        let input: Vec<u32> = (1..=shape.iter().product::<usize>() as u32).collect();
        let wanted = naive(shape, paddings, padding, &input, 77);
        let kernel = PadKernel::new(4, shape, paddings, padding).unwrap();
        for threads in [1, 2] {
            let got = pad(&kernel, &Buffer::from_slice(&input), &Buffer::from_slice(&[77_u32]), threads);
            assert!(got.slice::<u32>() == wanted, "{shape:?} {paddings:?} {padding:?}");
        }
    }

    proptest! {
        #[test]
        fn any_shape(axes in prop::collection::vec((0_usize..5, (0_usize..4, 0_usize..4)), 0..5)) {
            let (shape, paddings): (Vec<usize>, Vec<(usize, usize)>) = axes.into_iter().unzip();
            check(&shape, &paddings, Padding::Zero);
            check(&shape, &paddings, Padding::Value);
            for (padding, less) in [(Padding::Reflect, 1), (Padding::Symmetric, 0)] {
                let widest = shape.iter().map(|&size: &usize| size.saturating_sub(less));
                let narrowed: Vec<_> =
                    paddings.iter().zip(widest).map(|(&(b, a), widest)| (b.min(widest), a.min(widest))).collect();
                check(&shape, &narrowed, padding);
            }
        }
    }

    #[test]
    fn the_four_paddings() {
        assert_eq!(numbers(&[3], &[(2, 1)], Padding::Zero), [0, 0, 1, 2, 3, 0]);
        assert_eq!(numbers(&[3], &[(2, 1)], Padding::Value), [9, 9, 1, 2, 3, 9]);
        assert_eq!(numbers(&[3], &[(2, 2)], Padding::Reflect), [3, 2, 1, 2, 3, 2, 1]);
        assert_eq!(numbers(&[3], &[(2, 3)], Padding::Symmetric), [2, 1, 1, 2, 3, 3, 2, 1]);
        assert_eq!(numbers(&[], &[], Padding::Value), [1]);
        assert_eq!(numbers(&[0, 2], &[(1, 0), (0, 1)], Padding::Value), [9, 9, 9]);
    }

    #[test]
    fn large_tensors_are_cut_into_pieces() {
        for padding in [Padding::Value, Padding::Reflect, Padding::Symmetric] {
            check(&[4, 50, 60, 3], &[(0, 0), (1, 2), (2, 1), (0, 0)], padding);
            check(&[70, 500], &[(3, 3), (0, 0)], padding);
        }
    }

    #[test]
    fn a_mirror_image_is_no_wider_than_what_it_mirrors() {
        let error = PadKernel::new(4, &[5, 3], &[(0, 0), (1, 3)], Padding::Reflect).unwrap_err();
        assert_eq!(
            error,
            "axis 1 of size 3 is padded by 1 and 3, but a Reflect image of it has at most 2 places"
        );
        assert!(PadKernel::new(4, &[3], &[(4, 0)], Padding::Symmetric).is_err());
        assert!(PadKernel::new(4, &[3], &[(4, usize::MAX)], Padding::Zero).is_err());
        assert_eq!(
            PadKernel::new(4, &[3], &[], Padding::Zero).unwrap_err(),
            "0 paddings do not fit the 1 axes of [3]"
        );
        assert!(PadKernel::new(3, &[], &[], Padding::Zero).is_err());
    }
}
