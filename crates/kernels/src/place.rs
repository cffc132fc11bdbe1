//! Strided places: the elements of the input, in row-major order, go to the places of a layout in the output, and
//! zeros, or another value, everywhere else: `out[offset + i₀·strides[0] + i₁·strides[1] + …] = in[i₀, i₁, …]`.
//!
//! It is what [`CopyKernel`](crate::CopyKernel) does, walked the other way, and so the gradient of a strided slice; it
//! also pads, and writes diagonals.

use bytemuck::Pod;

use crate::copy::with_width;
use crate::kernel::sealed::Sealed;
use crate::layout::{Layout, byte_count, collapse, element_count};
use crate::{Context, In, Kernel, KernelError, Out};

/// Puts a contiguous tensor at the places of a [`Layout`] among zeros, or among a value that is a second input. Any
/// number of bytes an element.
#[derive(Debug)]
pub struct PlaceKernel {
    input_bytes: Vec<usize>,
    output_bytes: [usize; 1],
    /// Bytes that travel at once: 1, 2, 4, 8 or 16. What follows counts in these.
    width: usize,
    first: usize,
    /// The loops, outermost first: how often, and how far each steps through the output.
    axes: Vec<(usize, isize)>,
    /// How many touch in both, innermost.
    run: usize,
    /// Whether the second input is what is there before.
    into: bool,
}

impl PlaceKernel {
    /// A kernel for a tensor of `shape` with elements of `element_bytes` bytes that go where `output` says. Where two
    /// go to one place, the later stays.
    ///
    /// # Errors
    /// When `output` reaches outside its buffer, or has not one stride for each axis.
    pub fn new(element_bytes: usize, shape: &[usize], output: Layout) -> Result<PlaceKernel, String> {
        output.check(shape)?;
        let input_bytes = vec![byte_count(element_count(shape)?, element_bytes)?];
        let output_bytes = [byte_count(output.elements, element_bytes)?];
        let (mut sizes, mut strides) = collapse(shape, &[&output.strides]);
        // The bytes of an element are the last axis, and merge with one along which elements touch.
        strides[0].iter_mut().for_each(|stride| *stride *= element_bytes as isize);
        strides[0].push(1);
        sizes.push(element_bytes);
        let (sizes, strides) = collapse(&sizes, &[&strides[0]]);
        let mut axes: Vec<(usize, isize)> = sizes.into_iter().zip(strides[0].iter().copied()).collect();
        let first = output.offset * element_bytes;
        let run = axes.pop_if(|axis| axis.1 == 1).map_or(1, |axis| axis.0);
        let fits = |width: &usize| {
            let whole = |(_, stride): &(usize, isize)| stride % *width as isize == 0;
            let all_bytes = [run, first, input_bytes[0], output_bytes[0]];
            all_bytes.iter().all(|bytes| bytes.is_multiple_of(*width)) && axes.iter().all(whole)
        };
        let width = [16, 8, 4, 2].into_iter().find(fits).unwrap_or(1);
        axes.iter_mut().for_each(|axis| axis.1 /= width as isize);
        let axes = if input_bytes[0] == 0 { vec![(0, 0)] } else { axes };
        Ok(PlaceKernel {
            input_bytes,
            output_bytes,
            width,
            first: first / width,
            axes,
            run: run / width,
            into: false,
        })
    }

    /// As [`new`](PlaceKernel::new), with a second input: one element, which stands where nothing is placed.
    ///
    /// # Errors
    /// As [`new`](PlaceKernel::new).
    pub fn filled(element_bytes: usize, shape: &[usize], output: Layout) -> Result<PlaceKernel, String> {
        let mut kernel = PlaceKernel::new(element_bytes, shape, output)?;
        kernel.input_bytes.push(element_bytes);
        Ok(kernel)
    }

    /// As [`new`](PlaceKernel::new), with a second input: a whole output, which may be the output's own memory, and stays where
    /// nothing is placed.
    ///
    /// # Errors
    /// As [`new`](PlaceKernel::new).
    pub fn into(element_bytes: usize, shape: &[usize], output: Layout) -> Result<PlaceKernel, String> {
        let mut kernel = PlaceKernel::new(element_bytes, shape, output)?;
        kernel.input_bytes.push(kernel.output_bytes[0]);
        Ok(PlaceKernel { into: true, ..kernel })
    }

    fn run_as<T: Pod>(&self, input: &[T], output: &mut [T]) {
        let mut runs = input.chunks_exact(self.run);
        self.walk(&self.axes, self.first as isize, &mut runs, output);
    }

    /// Places what is left along `axes`, from place `at` on.
    fn walk<T: Pod>(
        &self,
        axes: &[(usize, isize)],
        at: isize,
        runs: &mut std::slice::ChunksExact<'_, T>,
        output: &mut [T],
    ) {
        match axes {
            [] => {
                let Some(run) = runs.next() else { return };
                output[at as usize..][..run.len()].copy_from_slice(run);
            }
            [(size, stride)] if self.run == 1 => {
                for (i, run) in runs.take(*size).enumerate() {
                    output[(at + i as isize * stride) as usize] = run[0];
                }
            }
            [(size, stride), inner @ ..] => {
                for i in 0..*size as isize {
                    self.walk(inner, at + i * stride, runs, output);
                }
            }
        }
    }
}

/// Repeats `value` over all of `output`.
fn fill(output: &mut [u8], value: &[u8]) {
    let mut filled = value.len().min(output.len());
    output[..filled].copy_from_slice(&value[..filled]);
    while filled < output.len() {
        let next = filled.min(output.len() - filled);
        output.copy_within(..next, filled);
        filled += next;
    }
}

impl Sealed for PlaceKernel {}

impl Kernel for PlaceKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, _: usize) -> bool {
        self.into && input == 1
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        let own = outputs[0].pointer::<u8>();
        // SAFETY: the output shares memory with no input but, where `into`, with the second, of which then no slice is made.
        let (input, output) = unsafe { (inputs[0].slice::<u8>(), outputs[0].slice::<u8>()) };
        match inputs.get(1) {
            None => output.fill(0),
            Some(before) if self.into && std::ptr::eq(before.pointer::<u8>(), own) => {}
            // SAFETY: as above; it is other memory.
            Some(before) if self.into => output.copy_from_slice(unsafe { before.slice::<u8>() }),
            // SAFETY: as above.
            Some(value) => fill(output, unsafe { value.slice::<u8>() }),
        }
        with_width!(self.width, T => {
            self.run_as::<T>(bytemuck::cast_slice(input), bytemuck::cast_slice_mut(output));
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::call;

    fn place<T: crate::Scalar>(shape: &[usize], layout: Layout, input: &[T]) -> Vec<T> {
        let mut output = vec![T::zeroed(); layout.elements];
        output.iter_mut().for_each(|x| bytemuck::bytes_of_mut(x).fill(7));
        let kernel = PlaceKernel::new(size_of::<T>(), shape, layout).unwrap();
        let context = Context { threads: 1 };
        let mut aligned = crate::Buffer::from_slice(&output);
        let input = crate::Buffer::from_slice(input);
        call(&kernel, &context, &[input.bytes()], &mut [aligned.bytes_mut()]).unwrap();
        output.copy_from_slice(bytemuck::cast_slice(aligned.bytes()));
        output
    }

    #[test]
    fn what_is_there_stays_where_nothing_is_placed() {
        let layout = Layout { offset: 4, strides: vec![-2], elements: 6 };
        let kernel = PlaceKernel::into(4, &[2], layout).unwrap();
        assert!(kernel.in_place(1, 0) && !kernel.in_place(0, 0));
        let given = [&[7_f32, 8.][..], &[0., 1., 2., 3., 4., 5.]].map(crate::Buffer::from_slice);
        let mut output = crate::Buffer::zeroed(24);
        let inputs = [given[0].bytes(), given[1].bytes()];
        call(&kernel, &Context { threads: 1 }, &inputs, &mut [output.bytes_mut()]).unwrap();
        assert_eq!(output.slice::<f32>(), [0., 1., 8., 3., 7., 5.]);
    }

    #[test]
    fn every_second_place_from_the_end() {
        let layout = Layout { offset: 5, strides: vec![-2], elements: 7 };
        assert_eq!(place(&[3], layout, &[1_f32, 2., 3.]), [0., 3., 0., 2., 0., 1., 0.]);
        let diagonal = Layout { offset: 0, strides: vec![4], elements: 9 };
        assert_eq!(place(&[3], diagonal, &[1_u8, 2, 3]), [1, 0, 0, 0, 2, 0, 0, 0, 3]);
        // Two elements travel together, and the output does not hold a whole number of pairs.
        let pair = Layout { offset: 0, strides: vec![1], elements: 3 };
        assert_eq!(place(&[2], pair, &[1_u32, 2]), [1, 2, 0]);
        let nothing = Layout { offset: 0, strides: vec![1], elements: 2 };
        assert_eq!(place::<i64>(&[0], nothing, &[]), [0, 0]);
        let scalar = Layout { offset: 1, strides: vec![], elements: 2 };
        assert_eq!(place(&[], scalar, &[9_i16]), [0, 9]);
        let outside = Layout { offset: 1, strides: vec![1], elements: 2 };
        assert!(PlaceKernel::new(4, &[2], outside).unwrap_err().contains("outside a buffer of 2"));
    }

    #[test]
    fn another_value_than_zero() {
        let layout = Layout { offset: 1, strides: vec![3], elements: 6 };
        let kernel = PlaceKernel::filled(2, &[2], layout).unwrap();
        let (input, value) = (crate::Buffer::from_slice(&[1_i16, 2]), crate::Buffer::from_slice(&[-9_i16]));
        let mut output = crate::Buffer::zeroed(12);
        call(&kernel, &Context { threads: 1 }, &[input.bytes(), value.bytes()], &mut [output.bytes_mut()])
            .unwrap();
        assert_eq!(output.slice_mut::<i16>(), [-9, 1, -9, -9, 2, -9]);
    }

    proptest! {
        #[test]
        fn copying_back_gives_what_was_placed(
            axes in prop::collection::vec((1_usize..4, 1_usize..3, 0_usize..3, any::<bool>()), 0..4)
        ) {
            // A box with steps inside a larger tensor, some axes backwards.
            let large: Vec<usize> = axes.iter().map(|a| a.0 * a.1 + a.2).collect();
            let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
            let mut layout = Layout::contiguous(&large);
            for (stride, &(size, step, before, backwards)) in layout.strides.iter_mut().zip(&axes) {
                layout.offset += before * *stride as usize;
                *stride *= step as isize;
                if backwards {
                    layout.offset += (size - 1) * *stride as usize;
                    *stride = -*stride;
                }
            }
            let count = element_count(&shape).unwrap();
            let input: Vec<u32> = (1..=count as u32).collect();
            let placed = place(&shape, layout.clone(), &input);
            prop_assert_eq!(placed.iter().filter(|&&x| x != 0).count(), count);
            let back = crate::CopyKernel::new(4, &shape, layout).unwrap();
            let mut aligned = crate::Buffer::zeroed(count * 4);
            let source = crate::Buffer::from_slice(&placed);
            call(&back, &Context { threads: 1 }, &[source.bytes()], &mut [aligned.bytes_mut()]).unwrap();
            prop_assert_eq!(aligned.slice_mut::<u32>().to_vec(), input);
        }
    }
}
