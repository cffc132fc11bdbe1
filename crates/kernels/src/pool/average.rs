//! The mean of what a window sees, and what goes back to each pixel that it saw.

use super::Sliding;
use crate::conv::with_element;
use crate::gemm::{Element, Number};
use crate::kernel::sealed::Sealed;
use crate::simd::{level, per_level};
use crate::threads::{parallel_for, with_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType, Window};

/// The mean of what a window sees of each channel; padding does not count, and a window that sees nothing gives NaN. Input
/// and output: `[batch, depth, height, width, channels]`. Halves are summed in `f32`.
#[derive(Debug)]
pub struct AveragePoolKernel {
    sliding: Sliding,
    dtype: ScalarType,
    input_bytes: [usize; 1],
    output_bytes: [usize; 1],
}

/// The gradient of [`AveragePoolKernel`]'s input. Input: the gradient of the output. Output: the gradient of the input.
#[derive(Debug)]
pub struct AveragePoolGradientKernel {
    sliding: Sliding,
    dtype: ScalarType,
    input_bytes: [usize; 1],
    output_bytes: [usize; 1],
}

impl AveragePoolKernel {
    /// Prepares a pooling of floats.
    ///
    /// # Errors
    /// When a size overflows, or the dtype has no means.
    pub fn new(dtype: ScalarType, window: Window) -> Result<AveragePoolKernel, String> {
        let sliding = Sliding::new(window)?;
        let [input, output] = floats(&sliding, dtype)?;
        Ok(AveragePoolKernel { sliding, dtype, input_bytes: [input], output_bytes: [output] })
    }
}

impl AveragePoolGradientKernel {
    /// Prepares the gradient of a pooling of floats.
    ///
    /// # Errors
    /// As [`AveragePoolKernel::new`].
    pub fn new(dtype: ScalarType, window: Window) -> Result<AveragePoolGradientKernel, String> {
        let sliding = Sliding::new(window)?;
        let [input, output] = floats(&sliding, dtype)?;
        Ok(AveragePoolGradientKernel { sliding, dtype, input_bytes: [output], output_bytes: [input] })
    }
}

fn floats(sliding: &Sliding, dtype: ScalarType) -> Result<[usize; 2], String> {
    match dtype.is_float() {
        true => sliding.bytes(dtype),
        false => Err(format!("the mean of numbers of type {dtype:?} is none of them")),
    }
}

per_level! {
    /// The means, of some images. `sums` has room for a pixel.
    fn means<E: Element>(sliding: &Sliding, images: usize, x: &[E], y: &mut [E], sums: &mut [E::Sum]) = means_body;
}

#[inline(always)]
fn means_body<const FMA: bool, E: Element>(
    sliding: &Sliding,
    images: usize,
    x: &[E],
    y: &mut [E],
    sums: &mut [E::Sum],
) {
    let channels = sliding.window.channels;
    for (output, seen) in sliding.outputs(images) {
        sums.fill(E::Sum::ZERO);
        for pixel in seen.pixels() {
            let x = &x[pixel * channels..][..channels];
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = sum.add(x.widen());
            }
        }
        let part = E::Sum::from_f64(1.0 / seen.count() as f64);
        let whole = if seen.count() == 0 { E::Sum::from_f64(f64::NAN) } else { part };
        let y = &mut y[output * channels..][..channels];
        for (y, sum) in y.iter_mut().zip(&*sums) {
            *y = E::narrow(sum.mul(whole));
        }
    }
}

per_level! {
    /// Adds to each pixel of some images its share of the gradients of the outputs that saw it.
    fn shares<E: Element>(sliding: &Sliding, images: usize, dy: &[E], dx: &mut [E::Sum]) = shares_body;
}

#[inline(always)]
fn shares_body<const FMA: bool, E: Element>(sliding: &Sliding, images: usize, dy: &[E], dx: &mut [E::Sum]) {
    let channels = sliding.window.channels;
    for (output, seen) in sliding.outputs(images) {
        let part = E::Sum::from_f64(1.0 / seen.count() as f64);
        let dy = &dy[output * channels..][..channels];
        for pixel in seen.pixels() {
            let dx = &mut dx[pixel * channels..][..channels];
            for (dx, dy) in dx.iter_mut().zip(dy) {
                *dx = dx.add(dy.widen().mul(part));
            }
        }
    }
}

per_level! {
    /// The sums as they are stored.
    fn narrowed<E: Element>(sums: &[E::Sum], dx: &mut [E]) = narrowed_body;
}

#[inline(always)]
fn narrowed_body<const FMA: bool, E: Element>(sums: &[E::Sum], dx: &mut [E]) {
    for (dx, &sum) in dx.iter_mut().zip(sums) {
        *dx = E::narrow(sum);
    }
}

impl Sealed for AveragePoolKernel {}

impl Kernel for AveragePoolKernel {
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
        let (sliding, window) = (&self.sliding, &self.sliding.window);
        let (pixels, places) = (window.pixels() * window.channels, window.outputs() * window.channels);
        with_element!(self.dtype, T => {
            // SAFETY: no output shares memory with the input.
            let x = unsafe { inputs[0].slice::<T>() };
            let y = outputs[0].shared::<T>();
            parallel_for(context.threads, sliding.pieces(), &|piece| {
                let images = sliding.images(piece);
                let room = window.channels * size_of::<<T as Element>::Sum>();
                with_scratch(room, |memory| {
                    let sums = bytemuck::cast_slice_mut(&mut memory[..room]);
                    let x = &x[images.start * pixels..images.end * pixels];
                    // SAFETY: pieces have images of their own.
                    let y = unsafe {
                        let first = y.pointer().add(images.start * places);
                        std::slice::from_raw_parts_mut(first, images.len() * places)
                    };
                    means::<T>(level(), sliding, images.len(), x, y, sums);
                });
            });
        });
        Ok(())
    }
}

impl Sealed for AveragePoolGradientKernel {}

impl Kernel for AveragePoolGradientKernel {
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
        let (sliding, window) = (&self.sliding, &self.sliding.window);
        let (pixels, places) = (window.pixels() * window.channels, window.outputs() * window.channels);
        with_element!(self.dtype, T => {
            // SAFETY: no output shares memory with the input.
            let dy = unsafe { inputs[0].slice::<T>() };
            let dx = outputs[0].shared::<T>();
            parallel_for(context.threads, sliding.pieces(), &|piece| {
                let images = sliding.images(piece);
                let room = images.len() * pixels * size_of::<<T as Element>::Sum>();
                with_scratch(room, |memory| {
                    let sums: &mut [<T as Element>::Sum] = bytemuck::cast_slice_mut(&mut memory[..room]);
                    sums.fill(Number::ZERO);
                    let dy = &dy[images.start * places..images.end * places];
                    shares::<T>(level(), sliding, images.len(), dy, sums);
                    // SAFETY: pieces have images of their own.
                    let dx = unsafe {
                        let first = dx.pointer().add(images.start * pixels);
                        std::slice::from_raw_parts_mut(first, images.len() * pixels)
                    };
                    narrowed::<T>(level(), sums, dx);
                });
            });
        });
        Ok(())
    }
}
