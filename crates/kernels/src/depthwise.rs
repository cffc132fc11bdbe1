//! Convolutions that keep channels apart, and their gradients: each channel has filters of its own.
//!
//! `y[n, o, c · m + q] = Σₖ x[n, o · stride + k · dilation − before, c] · w[k, c, q]` for q < m.
//!
//! Every number is one chain of sums in an order that shapes alone decide; halves are summed in `f32`.

use std::ops::Range;

use crate::arena::Shared;
use crate::conv::with_element;
use crate::gemm::{Element, Number};
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::simd::{Level, level, per_level};
use crate::threads::{parallel_for, with_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType, Window};

/// Which tensor of a depthwise convolution is computed from the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepthwiseOutput {
    /// y, of x and w.
    Output,
    /// The gradient of x, of w and the gradient of y.
    InputGradient,
    /// The gradient of w, of x and the gradient of y.
    FilterGradient,
}

/// Multiply-adds below which work is not shared out.
const WORTH_SHARING: usize = 1 << 16;
/// Numbers of the output's pixels that are summed at once.
const CHANNELS: usize = 64;

/// A depthwise convolution or a gradient of it. x is `[batch, depth, height, width, channels]`, w `[depth, height, width,
/// channels, m]`, y `[batch, depth, height, width, channels · m]`.
#[derive(Debug)]
pub struct DepthwiseKernel {
    dtype: ScalarType,
    which: DepthwiseOutput,
    window: Window,
    multiplier: usize,
    inside: [Vec<Range<usize>>; 3],
    level: Level,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl DepthwiseKernel {
    /// Prepares a convolution with `multiplier` filters for each channel.
    ///
    /// # Errors
    /// When a size overflows or the dtype has no products.
    pub fn new(
        dtype: ScalarType,
        which: DepthwiseOutput,
        window: Window,
        multiplier: usize,
    ) -> Result<DepthwiseKernel, String> {
        if dtype == ScalarType::Bool {
            return Err("there is no convolution of booleans".to_owned());
        }
        window.check()?;
        let bytes = |shape: &[usize]| byte_count(element_count(shape)?, dtype.size());
        let x = bytes(&[window.batch, window.pixels(), window.channels])?;
        let w = bytes(&[window.places(), window.channels, multiplier])?;
        let y = bytes(&[window.batch, window.outputs(), window.channels, multiplier])?;
        let (input_bytes, output_bytes) = match which {
            DepthwiseOutput::Output => ([x, w], [y]),
            DepthwiseOutput::InputGradient => ([w, y], [x]),
            DepthwiseOutput::FilterGradient => ([x, y], [w]),
        };
        let inside =
            window.axes.each_ref().map(|axis| (0..axis.output).map(|output| axis.inside(output)).collect());
        Ok(DepthwiseKernel {
            dtype,
            which,
            window,
            multiplier,
            inside,
            level: level(),
            input_bytes,
            output_bytes,
        })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let window = &self.window;
        let (numbers, out) = (outputs[0].len_of::<E>(), outputs[0].shared::<E>());
        let work = window.batch * window.outputs() * window.places() * window.channels * self.multiplier;
        let threads = if work < WORTH_SHARING { 1 } else { context.threads };
        // Images share no number of x or y, and channels none of w.
        let pieces = match self.which {
            DepthwiseOutput::FilterGradient => window.channels.div_ceil(CHANNELS),
            _ => window.batch,
        };
        if numbers == 0 {
            return;
        }
        let sums = Shared::clone(&out);
        parallel_for(threads, pieces, &|piece| {
            let each = numbers / window.batch.max(1);
            let room = match self.which {
                DepthwiseOutput::FilterGradient => window.places() * CHANNELS * self.multiplier,
                _ => each,
            };
            let bytes = room * size_of::<E::Sum>();
            with_scratch(bytes, |memory| {
                let room: &mut [E::Sum] = bytemuck::cast_slice_mut(&mut memory[..bytes]);
                room.fill(E::Sum::ZERO);
                let all = window.channels;
                let filters = self.which == DepthwiseOutput::FilterGradient;
                let part = Part {
                    kernel: self,
                    images: if filters { 0..window.batch } else { piece..piece + 1 },
                    channels: if filters {
                        piece * CHANNELS..all.min((piece + 1) * CHANNELS)
                    } else {
                        0..all
                    },
                };
                // SAFETY: the inputs are numbers of the type, and no output shares memory with them.
                let (first, second) = unsafe { (inputs[0].slice::<E>(), inputs[1].slice::<E>()) };
                accumulate(self.level, &part, first, second, room);
                let write = |at: usize, sum: E::Sum| {
                    // SAFETY: each piece writes the numbers of its image or channels alone.
                    unsafe { sums.pointer().add(at).write(E::narrow(sum)) }
                };
                if !filters {
                    room.iter().enumerate().for_each(|(i, &sum)| write(piece * each + i, sum));
                    return;
                }
                let wide = part.channels.len() * self.multiplier;
                for place in 0..window.places() {
                    for (i, &sum) in room[place * wide..][..wide].iter().enumerate() {
                        write((place * all + part.channels.start) * self.multiplier + i, sum);
                    }
                }
            });
        });
    }
}

/// A part of the work: the images and the channels that take part.
#[derive(Clone, Debug)]
struct Part<'a> {
    kernel: &'a DepthwiseKernel,
    images: Range<usize>,
    channels: Range<usize>,
}

per_level! {
    /// Adds all products of a part to `sums`: an image of y or of x, or the part's channels of w.
    fn accumulate<E: Element>(part: &Part<'_>, first: &[E], second: &[E], sums: &mut [E::Sum]) = accumulate_body;
}

#[inline(always)]
fn accumulate_body<const FMA: bool, E: Element>(
    part: &Part<'_>,
    first: &[E],
    second: &[E],
    sums: &mut [E::Sum],
) {
    let Part { kernel, images, channels } = part;
    let (window, m) = (&kernel.window, kernel.multiplier);
    let all = window.channels;
    let [_, height, width] = window.axes.each_ref().map(|axis| axis.size);
    for image in images.clone() {
        for output in 0..window.outputs() {
            let (_, [z, y, x]) = window.locate(output);
            let out = (image * window.outputs() + output) * all * m;
            for depth in kernel.inside[0][z].clone() {
                for row in kernel.inside[1][y].clone() {
                    for column in kernel.inside[2][x].clone() {
                        let at = [
                            window.axes[0].input_of(z, depth),
                            window.axes[1].input_of(y, row),
                            window.axes[2].input_of(x, column),
                        ];
                        let pixel = window.pixel(at);
                        let place = (depth * height + row) * width + column;
                        let input = (image * window.pixels() + pixel) * all;
                        match kernel.which {
                            DepthwiseOutput::Output => {
                                let x = &first[input..][..all];
                                let w = &second[place * all * m..][..all * m];
                                let sums = &mut sums[output * all * m..][..all * m];
                                spread::<FMA, E>(x, w, m, sums);
                            }
                            DepthwiseOutput::InputGradient => {
                                let w = &first[place * all * m..][..all * m];
                                let dy = &second[out..][..all * m];
                                let sums = &mut sums[pixel * all..][..all];
                                gathered::<FMA, E>(w, dy, m, sums);
                            }
                            DepthwiseOutput::FilterGradient => {
                                let wide = channels.len() * m;
                                let x = &first[input + channels.start..][..channels.len()];
                                let dy = &second[out + channels.start * m..][..wide];
                                spread::<FMA, E>(x, dy, m, &mut sums[place * wide..][..wide]);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn multiply_add<const FMA: bool, T: Number>(x: T, y: T, sum: T) -> T {
    if FMA { x.fused(y, sum) } else { x.mul(y).add(sum) }
}

/// `sums[c · m + q] += x[c] · y[c · m + q]`
#[inline(always)]
fn spread<const FMA: bool, E: Element>(x: &[E], y: &[E], m: usize, sums: &mut [E::Sum]) {
    if m == 1 {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum = multiply_add::<FMA, _>(x.widen(), y.widen(), *sum);
        }
        return;
    }
    for ((sums, x), y) in sums.chunks_exact_mut(m).zip(x).zip(y.chunks_exact(m)) {
        let x = x.widen();
        for (sum, y) in sums.iter_mut().zip(y) {
            *sum = multiply_add::<FMA, _>(x, y.widen(), *sum);
        }
    }
}

/// `sums[c] += Σ_q x[c · m + q] · y[c · m + q]`
#[inline(always)]
fn gathered<const FMA: bool, E: Element>(x: &[E], y: &[E], m: usize, sums: &mut [E::Sum]) {
    if m == 1 {
        return spread::<FMA, E>(x, y, 1, sums);
    }
    // Of no products the sums stay what they are.
    if m == 0 {
        return;
    }
    for ((sum, x), y) in sums.iter_mut().zip(x.chunks_exact(m)).zip(y.chunks_exact(m)) {
        for (x, y) in x.iter().zip(y) {
            *sum = multiply_add::<FMA, _>(x.widen(), y.widen(), *sum);
        }
    }
}

impl Sealed for DepthwiseKernel {}

impl Kernel for DepthwiseKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    fn operations(&self) -> u64 {
        let Window { batch, channels, .. } = self.window;
        let numbers = batch * self.window.outputs() * channels * self.multiplier;
        2 * numbers as u64 * self.window.places() as u64
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        with_element!(self.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Buffer, ConvFilterGradientKernel, ConvInputGradientKernel, ConvKernel, ConvSpec, WindowAxis, call,
    };

    /// A kernel, another that should do the same, and their inputs.
    type Pair<'a> = (DepthwiseKernel, Box<dyn Kernel>, [&'a [f64]; 2]);

    fn run(kernel: &dyn Kernel, threads: usize, inputs: [&[f64]; 2]) -> Vec<f64> {
        let inputs = inputs.map(Buffer::from_slice);
        let mut output = Buffer::zeroed(kernel.output_bytes()[0]);
        let views = inputs.each_ref().map(|input| input.bytes());
        call(kernel, &Context { threads }, &views, &mut [output.bytes_mut()]).unwrap();
        output.slice::<f64>().to_vec()
    }

    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        (0..count).map(|i| ((i * 7919 + seed * 31) % 101) as f64 / 16.0 - 3.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn it_is_a_convolution_in_as_many_groups_as_channels(
            batch in 0usize..3, channels in 1usize..5, m in 1usize..4,
            h in (1usize..7, 1usize..4, 1usize..3, 1usize..3, 0usize..3),
            w in (1usize..7, 1usize..4, 1usize..3, 1usize..3, 0usize..3),
            wide in any::<bool>(),
        ) {
            let along = |(input, size, stride, dilation, before)| {
                WindowAxis { input, output: (input + before) / stride + 1, size, stride, dilation, before }
            };
            let channels = if wide { channels + 64 } else { channels };
            let window = Window { batch, axes: [WindowAxis::ONE, along(h), along(w)], channels };
            let spec = ConvSpec { dtype: ScalarType::F64, window, filters: channels * m, groups: channels };
            let x = numbers(batch * window.pixels() * channels, 1);
            let w = numbers(window.places() * channels * m, 2);
            let dy = numbers(batch * window.outputs() * channels * m, 3);
            let kernel = |which| DepthwiseKernel::new(ScalarType::F64, which, window, m).unwrap();
            // The filters of a convolution in groups of one channel: [places, 1, channels · m].
            let pairs: [Pair<'_>; 3] = [
                (kernel(DepthwiseOutput::Output), Box::new(ConvKernel::new(spec).unwrap()), [&x, &w]),
                (kernel(DepthwiseOutput::InputGradient), Box::new(ConvInputGradientKernel::new(spec).unwrap()),
                 [&w, &dy]),
                (kernel(DepthwiseOutput::FilterGradient), Box::new(ConvFilterGradientKernel::new(spec).unwrap()),
                 [&x, &dy]),
            ];
            for (kernel, oracle, inputs) in &pairs {
                let (got, want) = (run(kernel, 1, *inputs), run(&**oracle, 1, *inputs));
                prop_assert!(got.iter().zip(&want).all(|(got, want)| (got - want).abs() < 1e-9), "{kernel:?}");
                prop_assert_eq!(got, run(kernel, 4, *inputs));
            }
        }
    }
}
