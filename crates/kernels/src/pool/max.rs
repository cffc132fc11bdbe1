//! The greatest of what a window sees, where it stands, and what goes back to it.

use std::ops::Range;

use super::Sliding;
use super::visit::{Note, SendBack, Take, Visit};
use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::number::{Number, with_number};
use crate::simd::{level, per_level};
use crate::threads::{parallel_for, with_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType, Window};

/// How the places of the greatest are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPlaces {
    /// As `I32` or `I64`.
    pub dtype: ScalarType,
    /// Whether they are counted through the batch, and not through each image.
    pub through_batch: bool,
}

/// The greatest of what a window sees of each channel. Input: `[batch, depth, height, width, channels]`. Outputs:
/// `[batch, depth, height, width, channels]` of it; and, where asked for, the place of each among the image's numbers.
///
/// NaN is passed over, unless places are asked for and it is the first. A window that sees nothing gives 0.
#[derive(Debug)]
pub struct MaxPoolKernel {
    sliding: Sliding,
    dtype: ScalarType,
    places: Option<MaxPlaces>,
    input_bytes: [usize; 1],
    output_bytes: Vec<usize>,
}

/// The gradient of [`MaxPoolKernel`]'s input. Inputs: what was pooled, and the gradient of the output. Output: the
/// gradient of the input.
#[derive(Debug)]
pub struct MaxPoolGradientKernel {
    sliding: Sliding,
    dtype: ScalarType,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

/// What stands in a tensor where another is greatest. Inputs: what is pooled, and a tensor like it. Output: of the second,
/// the numbers that stand where the first has its greatest.
#[derive(Debug)]
pub struct MaxPoolSecondGradientKernel {
    sliding: Sliding,
    dtype: ScalarType,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl MaxPoolKernel {
    /// Prepares a pooling.
    ///
    /// # Errors
    /// When a size overflows, or booleans are to be compared.
    pub fn new(
        dtype: ScalarType,
        window: Window,
        places: Option<MaxPlaces>,
    ) -> Result<MaxPoolKernel, String> {
        let sliding = Sliding::new(window)?;
        let [input, output] = numbers(&sliding, dtype)?;
        let mut output_bytes = vec![output];
        if let Some(places) = places {
            output_bytes.push(byte_count(output / dtype.size(), places.dtype.size())?);
        }
        Ok(MaxPoolKernel { sliding, dtype, places, input_bytes: [input], output_bytes })
    }
}

impl MaxPoolGradientKernel {
    /// Prepares the gradient of a pooling.
    ///
    /// # Errors
    /// As [`MaxPoolKernel::new`].
    pub fn new(dtype: ScalarType, window: Window) -> Result<MaxPoolGradientKernel, String> {
        let sliding = Sliding::new(window)?;
        let [input, output] = numbers(&sliding, dtype)?;
        Ok(MaxPoolGradientKernel { sliding, dtype, input_bytes: [input, output], output_bytes: [input] })
    }
}

impl MaxPoolSecondGradientKernel {
    /// Prepares the gradient of a pooling's gradient.
    ///
    /// # Errors
    /// As [`MaxPoolKernel::new`].
    pub fn new(dtype: ScalarType, window: Window) -> Result<MaxPoolSecondGradientKernel, String> {
        let sliding = Sliding::new(window)?;
        let [input, output] = numbers(&sliding, dtype)?;
        Ok(MaxPoolSecondGradientKernel {
            sliding,
            dtype,
            input_bytes: [input, input],
            output_bytes: [output],
        })
    }
}

fn numbers(sliding: &Sliding, dtype: ScalarType) -> Result<[usize; 2], String> {
    match dtype {
        ScalarType::Bool => Err("booleans have no greatest".to_owned()),
        _ if sliding.window.pixels() >= u32::MAX as usize => Err("an image has too many pixels".to_owned()),
        _ => sliding.bytes(dtype),
    }
}

per_level! {
    /// The greatest, of some images.
    fn greatest<T: Number>(sliding: &Sliding, images: usize, x: &[T], y: &mut [T]) = greatest_body;
}

#[inline(always)]
fn greatest_body<const FMA: bool, T: Number>(sliding: &Sliding, images: usize, x: &[T], y: &mut [T]) {
    let channels = sliding.window.channels;
    let zero = T::from_bit(false);
    for (output, seen) in sliding.outputs(images) {
        let y = &mut y[output * channels..][..channels];
        let Some(first) = seen.pixels().next() else {
            y.fill(zero);
            continue;
        };
        let mut channel = 0;
        while channel + TOGETHER <= channels {
            let mut best = together(x, first * channels + channel);
            for pixel in seen.pixels().skip(1) {
                let next = together(x, pixel * channels + channel);
                for i in 0..TOGETHER {
                    best[i] = if passes(best[i], next[i]) { next[i] } else { best[i] };
                }
            }
            y[channel..][..TOGETHER].copy_from_slice(&best);
            channel += TOGETHER;
        }
        for channel in channel..channels {
            let mut best = x[first * channels + channel];
            for pixel in seen.pixels().skip(1) {
                let next = x[pixel * channels + channel];
                best = if passes(best, next) { next } else { best };
            }
            y[channel] = best;
        }
    }
}

/// Whether `next` takes the place of the greatest so far. Not as `max`: NaN gives way to whatever comes.
#[inline(always)]
fn passes<T: Number>(best: T, next: T) -> bool {
    next > best || best.partial_cmp(&best).is_none()
}

/// So many channels of a pixel.
#[inline(always)]
fn together<T: Number>(x: &[T], at: usize) -> [T; TOGETHER] {
    let mut numbers = [T::from_bit(false); TOGETHER];
    numbers.copy_from_slice(&x[at..][..TOGETHER]);
    numbers
}

per_level! {
    /// Calls for each output of some images and each of its channels the number of the pixel, of the first image's and
    /// those after it, that has the greatest: `u32::MAX` where the window sees none.
    fn winners<T: Number, V: Visit>(sliding: &Sliding, images: usize, x: &[T], best: &mut [T], winner: &mut [u32],
        visit: &mut V) = winners_body;
}

/// So many channels are looked at together, in registers; and so many places of a window are remembered.
const TOGETHER: usize = 16;
const MOST_PLACES: usize = 64;

per_level! {
    /// Adds the gradient of each output to the pixel that won, and zero to the others that the output sees; or, of windows
    /// that have no pixel in common (`apart`), writes them. A few channels at a time go through the window's pixels twice,
    /// to find the winners and to write.
    fn send_back<T: Number>(sliding: &Sliding, images: usize, apart: bool, x: &[T], dy: &[T], dx: &mut [T]) = send_back_body;
}

#[inline(always)]
fn send_back_body<const FMA: bool, T: Number>(
    sliding: &Sliding,
    images: usize,
    apart: bool,
    x: &[T],
    dy: &[T],
    dx: &mut [T],
) {
    let channels = sliding.window.channels;
    let zero = T::from_bit(false);
    let mut pixels = [0usize; MOST_PLACES];
    for (output, seen) in sliding.outputs(images) {
        let mut count = 0;
        for pixel in seen.pixels() {
            pixels[count] = pixel * channels;
            count += 1;
        }
        let Some((&first, others)) = pixels[..count].split_first() else { continue };
        let dy = &dy[output * channels..][..channels];
        let mut channel = 0;
        while channel + TOGETHER <= channels {
            let (mut best, mut winner) = (together(x, first + channel), [0u32; TOGETHER]);
            for (&pixel, number) in others.iter().zip(1u32..) {
                let next = together(x, pixel + channel);
                for i in 0..TOGETHER {
                    let better = next[i] > best[i];
                    best[i] = if better { next[i] } else { best[i] };
                    winner[i] = if better { number } else { winner[i] };
                }
            }
            let gradient = together(dy, channel);
            for (&pixel, number) in pixels[..count].iter().zip(0u32..) {
                let mut sum = if apart { [zero; TOGETHER] } else { together(dx, pixel + channel) };
                for i in 0..TOGETHER {
                    sum[i] = sum[i].add(if winner[i] == number { gradient[i] } else { zero });
                }
                dx[pixel + channel..][..TOGETHER].copy_from_slice(&sum);
            }
            channel += TOGETHER;
        }
        for channel in channel..channels {
            let mut winner = first;
            for &pixel in others {
                winner = if x[pixel + channel] > x[winner + channel] { pixel } else { winner };
            }
            for &pixel in &pixels[..count] {
                let before = if apart { zero } else { dx[pixel + channel] };
                dx[pixel + channel] = before.add(if pixel == winner { dy[channel] } else { zero });
            }
        }
    }
}

#[inline(always)]
fn winners_body<const FMA: bool, T: Number, V: Visit>(
    sliding: &Sliding,
    images: usize,
    x: &[T],
    best: &mut [T],
    winner: &mut [u32],
    visit: &mut V,
) {
    let channels = sliding.window.channels;
    let (best, winner) = (&mut best[..channels], &mut winner[..channels]);
    for (output, seen) in sliding.outputs(images) {
        winner.fill(u32::MAX);
        for (number, pixel) in seen.pixels().enumerate() {
            let x = &x[pixel * channels..][..channels];
            if number == 0 {
                best.copy_from_slice(x);
                winner.fill(pixel as u32);
                continue;
            }
            for ((best, winner), &x) in best.iter_mut().zip(&mut *winner).zip(x) {
                let better = x > *best;
                *best = if better { x } else { *best };
                *winner = if better { pixel as u32 } else { *winner };
            }
        }
        visit.visit(output, winner);
    }
}

// What follows picks the loop: the machine's best for the numbers of networks, one that every machine runs for others. They
// compare and add, which gives the same bits everywhere.

fn find_greatest<T: Number>(sliding: &Sliding, images: usize, x: &[T], y: &mut [T]) {
    match T::COMMON {
        true => greatest(level(), sliding, images, x, y),
        false => greatest_body::<false, T>(sliding, images, x, y),
    }
}

fn find_winners<T: Number, V: Visit>(
    sliding: &Sliding,
    images: usize,
    x: &[T],
    best: &mut [T],
    winner: &mut [u32],
    visit: &mut V,
) {
    match T::COMMON {
        true => winners(level(), sliding, images, x, best, winner, visit),
        false => winners_body::<false, T, V>(sliding, images, x, best, winner, visit),
    }
}

fn send_back_to<T: Number>(sliding: &Sliding, images: usize, x: &[T], dy: &[T], dx: &mut [T]) {
    let apart = sliding.apart();
    match T::COMMON {
        true => send_back(level(), sliding, images, apart, x, dy, dx),
        false => send_back_body::<false, T>(sliding, images, apart, x, dy, dx),
    }
}

/// What is done with a piece's images, with room for the best of each channel and where it stands.
type Body<'a, T> = dyn Fn(Range<usize>, &mut [T], &mut [u32]) + Sync + 'a;

/// Calls `body` with the piece's images, and room for the best of each channel and where it stands.
fn pieces<T: Number>(context: &Context, sliding: &Sliding, body: &Body<'_, T>) {
    parallel_for(context.threads, sliding.pieces(), &|piece| {
        let channels = sliding.window.channels;
        let best = channels * size_of::<T>();
        let room = best.next_multiple_of(crate::ALIGNMENT);
        with_scratch(room + channels * size_of::<u32>(), |memory| {
            let (first, second) = memory.split_at_mut(room);
            let best = bytemuck::cast_slice_mut(&mut first[..best]);
            let winner = bytemuck::cast_slice_mut(&mut second[..channels * size_of::<u32>()]);
            body(sliding.images(piece), best, winner);
        });
    });
}

/// The numbers of these images of a tensor that has `pixels` of each.
fn of_images(sliding: &Sliding, images: &Range<usize>, pixels: usize) -> Range<usize> {
    let numbers = pixels * sliding.window.channels;
    images.start * numbers..images.end * numbers
}

/// That part of an output, to be written.
///
/// # Safety
/// Nothing else refers to it, and it is inside the output.
unsafe fn part<'a, T>(output: crate::arena::Shared<T>, range: Range<usize>) -> &'a mut [T] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(output.pointer().add(range.start), range.len()) }
}

impl Sealed for MaxPoolKernel {}

impl Kernel for MaxPoolKernel {
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
        with_number!(self.dtype, T => {
            // SAFETY: no output shares memory with the input.
            let x = unsafe { inputs[0].slice::<T>() };
            let y = outputs[0].shared::<T>();
            let Some(places) = self.places else {
                parallel_for(context.threads, sliding.pieces(), &|piece| {
                    let images = sliding.images(piece);
                    let x = &x[of_images(sliding, &images, window.pixels())];
                    // SAFETY: pieces have images of their own.
                    let y = unsafe { part(y, of_images(sliding, &images, window.outputs())) };
                    find_greatest(sliding, images.len(), x, y);
                });
                return Ok(());
            };
            let image = window.pixels() * window.channels;
            let wide = places.dtype == ScalarType::I64;
            let (narrow_to, wide_to) = (outputs[1].shared::<i32>(), outputs[1].shared::<i64>());
            pieces::<T>(context, sliding, &|images, best, winner| {
                let x = &x[of_images(sliding, &images, window.pixels())];
                let range = of_images(sliding, &images, window.outputs());
                let (channels, through_batch, before) =
                    (window.channels, places.through_batch, images.start * image);
                // SAFETY: pieces have images of their own.
                unsafe {
                    if wide {
                        let to = part(wide_to, range.clone());
                        let mut note = Note { channels, image, before, through_batch, to };
                        find_winners(sliding, images.len(), x, best, winner, &mut note);
                    } else {
                        let to = part(narrow_to, range.clone());
                        let mut note = Note { channels, image, before, through_batch, to };
                        find_winners(sliding, images.len(), x, best, winner, &mut note);
                    }
                    let mut take = Take { channels, from: x, to: part(y, range) };
                    find_winners(sliding, images.len(), x, best, winner, &mut take);
                }
            });
        });
        Ok(())
    }
}

impl Sealed for MaxPoolGradientKernel {}

impl Kernel for MaxPoolGradientKernel {
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
        with_number!(self.dtype, T => {
            // SAFETY: no output shares memory with an input.
            let (x, dy) = unsafe { (inputs[0].slice::<T>(), inputs[1].slice::<T>()) };
            let dx = outputs[0].shared::<T>();
            pieces::<T>(context, sliding, &|images, best, winner| {
                let range = of_images(sliding, &images, window.pixels());
                // SAFETY: pieces have images of their own.
                let dx = unsafe { part(dx, range.clone()) };
                let (x, dy) = (&x[range], &dy[of_images(sliding, &images, window.outputs())]);
                let channels = window.channels;
                if !sliding.sees_all() {
                    dx.fill(T::from_bit(false));
                }
                if window.places() <= MOST_PLACES {
                    send_back_to(sliding, images.len(), x, dy, dx);
                } else {
                    let mut send_back = SendBack { channels, dy, dx };
                    find_winners(sliding, images.len(), x, best, winner, &mut send_back);
                }
            });
        });
        Ok(())
    }
}

impl Sealed for MaxPoolSecondGradientKernel {}

impl Kernel for MaxPoolSecondGradientKernel {
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
        with_number!(self.dtype, T => {
            // SAFETY: no output shares memory with an input.
            let (x, from) = unsafe { (inputs[0].slice::<T>(), inputs[1].slice::<T>()) };
            let to = outputs[0].shared::<T>();
            pieces::<T>(context, sliding, &|images, best, winner| {
                let range = of_images(sliding, &images, window.pixels());
                // SAFETY: pieces have images of their own.
                let to = unsafe { part(to, of_images(sliding, &images, window.outputs())) };
                let mut take = Take { channels: window.channels, from: &from[range.clone()], to };
                find_winners(sliding, images.len(), &x[range], best, winner, &mut take);
            });
        });
        Ok(())
    }
}
