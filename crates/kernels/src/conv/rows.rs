//! Convolutions of images whose rows are read where they lie.
//!
//! Along one row of the window an output sees one run of the image's numbers, `[width of the window, channels]`, and the next
//! output of the row sees the run that begins `stride · channels` numbers on. So what a row of outputs sees is a matrix whose
//! rows overlap in memory: it goes straight into the tiles of `gemm/`, and no patch is written out. Only where there is
//! padding are the image's rows copied, with zeros around them.
//!
//! - forward: `y[o, f] = Σₖ Σ (run of row k)[o, ·] · w[k, ·, f]`, the runs of several k as one product where they are short;
//! - the gradient of the input, with stride 1: the same, of the output's gradient, with the window turned around and filters
//!   and channels changed places;
//! - the gradient of the filters: `dw[k, ·, f] = Σₒ (run of row k)[o, ·] · dy[o, f]`, with what is summed coming in runs.
//!
//! Rows of the window outside the image are left out. Every number is one chain of sums (or one for each of a few parts of
//! the outputs) in an order that shapes alone decide.

use std::ops::Range;

use super::{ConvSpec, evenly};
use crate::arena::Shared;
use crate::gemm::{Element, Finish, PackedPart, Sum, Tile, pack, panels_across};
use crate::simd::Level;
use crate::threads::{parallel_for, with_scratch, with_shared_scratch};
use crate::{ALIGNMENT, Context, WindowAxis};

/// Outputs of a row, from which on tiles have enough rows.
const WORTH: usize = 4;
/// Numbers of a panel of filters, in the direction of k, that stay in the first cache beside what they are multiplied with.
const DEPTH: usize = 224;
/// Bytes of rows with zeros around them that stay in the second cache.
const ROOM: usize = 192 << 10;
/// The most bytes that are laid out at all, where even one row of outputs sees more than that.
const MOST_ROOM: usize = 8 << 20;
/// With fewer pieces than this, images are cut.
const PIECES: usize = 16;
/// The most numbers of sums that are kept for each part of the outputs, rather than for all.
const SUMS: usize = 1 << 18;

/// Convolutions over rows in place, prepared.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    images: usize,
    height: WindowAxis,
    width: WindowAxis,
    channels: usize,
    filters: usize,
    /// Whether rows are copied, with zeros around them; and how far they are apart.
    copied: bool,
    pitch: usize,
    /// Rows of outputs of a piece.
    rows: usize,
    passes: Vec<Pass>,
}

/// A part of the sums of an output: some rows of the window, and of each run these numbers (all, if there are several rows).
#[derive(Clone, Debug)]
struct Pass {
    places: Range<usize>,
    numbers: Range<usize>,
}

/// Rows of an image, from input row `first` on.
struct Laid<T> {
    rows: *const T,
    first: usize,
}

impl Rows {
    /// The convolution over rows in place, where that is worth while.
    pub(super) fn new(spec: &ConvSpec) -> Option<Rows> {
        let ConvSpec { window, filters, groups, .. } = *spec;
        let [depth, height, width] = window.axes;
        let flat = depth.size == 1 && depth.stride == 1 && depth.before == 0 && depth.input == depth.output;
        let pixels = height.size == 1 && width.size == 1;
        if !flat || groups != 1 || width.dilation != 1 || pixels {
            return None;
        }
        Rows::over([window.batch * depth.input, window.channels, filters], height, width, spec.dtype.size())
    }

    /// The gradient of the input as a convolution of the output's gradient, where that is worth while.
    pub(super) fn turned(spec: &ConvSpec) -> Option<Rows> {
        let rows = Rows::new(spec)?;
        let turned = |axis: WindowAxis| {
            let before = (axis.size.checked_sub(1)? * axis.dilation).checked_sub(axis.before)?;
            let WindowAxis { input, output, .. } = axis;
            (axis.stride == 1).then_some(WindowAxis { input: output, output: input, before, ..axis })
        };
        let sizes = [rows.images, rows.filters, rows.channels];
        Rows::over(sizes, turned(rows.height)?, turned(rows.width)?, spec.dtype.size())
    }

    fn over(
        [images, channels, filters]: [usize; 3],
        height: WindowAxis,
        width: WindowAxis,
        size: usize,
    ) -> Option<Rows> {
        let patch = width.size * channels;
        let empty = [images, channels, filters, height.output, height.size, width.size].contains(&0);
        if empty || width.output < WORTH {
            return None;
        }
        let reach = (width.output - 1) * width.stride + width.size;
        let copied = width.before > 0 || reach > width.input;
        let pitch = if copied { reach } else { width.input }.checked_mul(channels)?;
        // Padding may be far wider than any image: then rows are not laid out.
        let seen = ((height.size - 1) * height.dilation + 1).min(height.input);
        let least = pitch.checked_mul(seen)?.checked_mul(size)?;
        if copied && least > MOST_ROOM {
            return None;
        }
        let mut places = 0;
        let mut passes = Vec::new();
        while places < height.size {
            let together = (DEPTH / patch).clamp(1, height.size - places);
            let each = if together > 1 { patch } else { evenly(patch, DEPTH) };
            passes.extend((0..patch).step_by(each).map(|first| Pass {
                places: places..places + together,
                numbers: first..(first + each).min(patch),
            }));
            places += together;
        }
        let window = (height.size - 1) * height.dilation + 1;
        let fitting = (ROOM / (pitch * size)).saturating_sub(window) / height.stride + 1;
        let rows = evenly(height.output, fitting)
            .min(evenly(height.output, height.output.div_ceil(PIECES.div_ceil(images))));
        Some(Rows { images, height, width, channels, filters, copied, pitch, rows, passes })
    }

    /// Numbers of a run.
    fn patch(&self) -> usize {
        self.width.size * self.channels
    }

    fn blocks(&self) -> usize {
        self.height.output.div_ceil(self.rows)
    }

    /// Image, and rows of outputs, of block `block` of all.
    fn block(&self, block: usize) -> (usize, Range<usize>) {
        let (image, first) = (block / self.blocks(), block % self.blocks() * self.rows);
        (image, first..self.height.output.min(first + self.rows))
    }

    /// The rows of the input that these rows of outputs see.
    fn seen(&self, outputs: &Range<usize>) -> Range<usize> {
        let WindowAxis { input, size, stride, dilation, before, .. } = self.height;
        let end = ((outputs.end - 1) * stride + (size - 1) * dilation + 1).saturating_sub(before).min(input);
        (outputs.start * stride).saturating_sub(before).min(end)..end
    }

    /// The most bytes that the rows of a piece take, copied.
    fn room<T>(&self) -> usize {
        let WindowAxis { size, stride, dilation, input, .. } = self.height;
        let rows = ((self.rows - 1) * stride + (size - 1) * dilation + 1).min(input);
        if self.copied { (rows * self.pitch * size_of::<T>()).next_multiple_of(ALIGNMENT) } else { 0 }
    }

    /// # Safety
    /// `image` is good for the image, and `room` to write for [`Rows::room`] bytes.
    unsafe fn lay<T: Sum>(&self, image: *const T, seen: Range<usize>, room: *mut T) -> Laid<T> {
        let WindowAxis { input, before, .. } = self.width;
        let first = seen.start;
        let row = input * self.channels;
        if !self.copied {
            return Laid { rows: image.wrapping_add(first * row), first };
        }
        let ahead = (before * self.channels).min(self.pitch);
        let inside = row.min(self.pitch - ahead);
        for (number, y) in seen.enumerate() {
            // SAFETY: the caller's promise; no row is longer than the pitch.
            unsafe {
                let to = room.add(number * self.pitch);
                (0..ahead).for_each(|i| to.add(i).write(T::ZERO));
                to.add(ahead).copy_from_nonoverlapping(image.add(y * row), inside);
                (ahead + inside..self.pitch).for_each(|i| to.add(i).write(T::ZERO));
            }
        }
        Laid { rows: room, first }
    }

    /// The run that output 0 of row `output` sees in row `place` of the window, which is inside the image.
    fn run_of<T>(&self, laid: &Laid<T>, output: usize, place: usize) -> *const T {
        laid.rows.wrapping_add((self.height.input_of(output, place) - laid.first) * self.pitch)
    }

    /// Writes the outputs of all images, of filters that `filter` lays out: panel after panel, each of all runs of the window
    /// one after the other.
    ///
    /// # Safety
    /// The pointers are good for the tensors, nothing else refers to the output, `filter` writes what it is asked for, and the
    /// machine has the level's instructions.
    unsafe fn convolve<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        context: &Context,
        image: Shared<T>,
        filter: &(dyn Fn(usize, usize, *mut T) + Sync),
        output: Shared<T>,
    ) {
        let depth = self.height.size * self.patch();
        let panels = || panels_across(T::panels(level), self.filters);
        with_shared_scratch(depth * self.filters * size_of::<T>(), |memory| {
            let packed = Shared::new(memory.as_mut_ptr().cast::<T>());
            parallel_for(context.threads, panels().count(), &|index| {
                if let Some((column, panel)) = panels().nth(index) {
                    filter(column, panel.width, packed.pointer().wrapping_add(column * depth));
                }
            });
            parallel_for(context.threads, self.images * self.blocks(), &|index| {
                // SAFETY: the caller's promise; blocks share no output.
                unsafe {
                    self.convolve_block(level, index, image.pointer(), packed.pointer(), output.pointer())
                }
            });
        });
    }

    /// # Safety
    /// As [`Rows::convolve`], with `packed` as the filters were laid out.
    unsafe fn convolve_block<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        index: usize,
        image: *const T,
        packed: *const T,
        output: *mut T,
    ) {
        let (number, outputs) = self.block(index);
        let WindowAxis { size, dilation, .. } = self.height;
        let (patch, filters) = (self.patch(), self.filters);
        let pixels = self.height.input * self.width.input * self.channels;
        let row = self.width.output * filters;
        with_scratch(self.room::<T>(), |memory| {
            // SAFETY: rows of the window inside the image lie among the rows that were laid out; outputs are the block's.
            unsafe {
                let laid =
                    self.lay(image.add(number * pixels), self.seen(&outputs), memory.as_mut_ptr().cast());
                let out = output.add(number * self.height.output * row);
                for (column, panel) in panels_across(T::panels(level), filters) {
                    let b = packed.add(column * size * patch);
                    for Pass { places, numbers } in &self.passes {
                        for y in outputs.clone() {
                            let inside = self.height.inside(y);
                            let (first, end) = (places.start.max(inside.start), places.end.min(inside.end));
                            let out = out.add(y * row + column);
                            if inside.is_empty() && places.start == 0 && numbers.start == 0 {
                                for x in 0..self.width.output {
                                    (0..panel.width).for_each(|j| out.add(x * filters + j).write(T::ZERO));
                                }
                            }
                            if first >= end {
                                continue;
                            }
                            let begins = first == inside.start && numbers.start == 0;
                            let tile = Tile {
                                k: numbers.len(),
                                runs: end - first,
                                a: self.run_of(&laid, y, first).wrapping_add(numbers.start),
                                a_row: self.width.stride * self.channels,
                                a_step: 1,
                                a_run: (dilation * self.pitch) as isize - numbers.len() as isize,
                                b: b.add((first * patch + numbers.start) * panel.width),
                                b_step: panel.width,
                                begin: if begins { std::ptr::null() } else { out },
                                out,
                                out_row: filters,
                                finish: Finish::Store,
                            };
                            panel.down_the_rows(tile, self.width.output);
                        }
                    }
                }
            }
        });
    }

    /// The convolution.
    ///
    /// # Safety
    /// The pointers are good for the tensors, nothing else refers to the output, and the machine has the level's instructions.
    pub(super) unsafe fn forward<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        context: &Context,
        image: *const T,
        filter: *const T,
        output: Shared<T>,
    ) {
        let (image, filter) = (Shared::new(image.cast_mut()), Shared::new(filter.cast_mut()));
        let depth = self.height.size * self.patch();
        let lay_out = |column: usize, width: usize, to: *mut T| {
            let first = filter.pointer().cast_const().wrapping_add(column);
            let part = PackedPart { first, row: self.filters, transposed: false, depth, columns: width };
            // SAFETY: the columns are inside the filters, and there is room for a panel of them.
            unsafe { pack(level, &part, width, to) }
        };
        // SAFETY: the caller's promise.
        unsafe { self.convolve(level, context, image, &lay_out, output) }
    }

    /// The gradient of the input, of [`turned`](Rows::turned): `slope` is what is convolved, and its channels are the filters.
    ///
    /// # Safety
    /// As [`forward`](Rows::forward).
    pub(super) unsafe fn input_gradient<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        context: &Context,
        slope: *const T,
        filter: *const T,
        output: Shared<T>,
    ) {
        let (slope, filter) = (Shared::new(slope.cast_mut()), Shared::new(filter.cast_mut()));
        // What are channels here are the filters as stored, and the other way round.
        let (stored_filters, stored_channels) = (self.channels, self.filters);
        let places = self.height.size * self.width.size;
        let lay_out = |column: usize, width: usize, to: *mut T| {
            for place in 0..places {
                let stored = (places - 1 - place) * stored_channels + column;
                let first = filter.pointer().cast_const().wrapping_add(stored * stored_filters);
                let (row, depth) = (stored_filters, stored_filters);
                let part = PackedPart { first, row, transposed: true, depth, columns: width };
                // SAFETY: as in `forward`.
                unsafe { pack(level, &part, width, to.add(place * stored_filters * width)) }
            }
        };
        // SAFETY: the caller's promise.
        unsafe { self.convolve(level, context, slope, &lay_out, output) }
    }

    /// The gradient of the filters.
    ///
    /// # Safety
    /// As [`forward`](Rows::forward).
    pub(super) unsafe fn filter_gradient<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        context: &Context,
        image: *const T,
        slope: *const T,
        output: Shared<T>,
    ) {
        let count = self.height.size * self.patch() * self.filters;
        let blocks = self.images * self.blocks();
        // Either each part has all of the window, or the window is shared out as well.
        let (parts, windows) = match count <= SUMS {
            true => (PIECES.min(blocks), 1),
            false => (PIECES.div_ceil(self.height.size).min(blocks), self.height.size),
        };
        let each = evenly(blocks, blocks.div_ceil(parts));
        let (image, slope) = (Shared::new(image.cast_mut()), Shared::new(slope.cast_mut()));
        let bytes = if parts > 1 { parts * count * size_of::<T>() } else { 0 };
        with_shared_scratch(bytes, |memory| {
            let sums = if parts > 1 { Shared::new(memory.as_mut_ptr().cast::<T>()) } else { output };
            parallel_for(context.threads, parts * windows, &|index| {
                let (part, window) = (index / windows, index % windows);
                let places = if windows > 1 { window..window + 1 } else { 0..self.height.size };
                let blocks = (part * each).min(blocks)..((part + 1) * each).min(blocks);
                let (image, slope) = (image.pointer().cast_const(), slope.pointer().cast_const());
                // SAFETY: the caller's promise; pieces write different rows of the window or different parts.
                unsafe {
                    self.filter_block(level, blocks, places, image, slope, sums.pointer().add(part * count));
                }
            });
            if parts > 1 {
                // SAFETY: all sums are written by now; the output is apart from them.
                unsafe {
                    let out = std::slice::from_raw_parts_mut(output.pointer(), count);
                    out.copy_from_slice(std::slice::from_raw_parts(sums.pointer(), count));
                    for part in 1..parts {
                        let more = std::slice::from_raw_parts(sums.pointer().add(part * count), count);
                        out.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.add(*more));
                    }
                }
            }
        });
    }

    /// # Safety
    /// As [`Rows::filter_gradient`]; nothing else refers to these rows of the window in `sums`.
    unsafe fn filter_block<T: Sum + Element<Sum = T>>(
        &self,
        level: Level,
        blocks: Range<usize>,
        places: Range<usize>,
        image: *const T,
        slope: *const T,
        sums: *mut T,
    ) {
        let WindowAxis { stride, .. } = self.height;
        let (patch, filters) = (self.patch(), self.filters);
        let pixels = self.height.input * self.width.input * self.channels;
        let across = self.width.output;
        let widest = T::panels(level)[0].width;
        let room = self.room::<T>();
        let panel_bytes = (self.rows * across * widest * size_of::<T>()).next_multiple_of(ALIGNMENT);
        with_scratch(room + panel_bytes, |memory| {
            // SAFETY: the two parts of the scratch memory lie behind each other; what is read and written is inside the tensors.
            unsafe {
                let packed: *mut T = memory.as_mut_ptr().add(room).cast();
                (places.start * patch * filters..places.end * patch * filters)
                    .for_each(|i| sums.add(i).write(T::ZERO));
                for block in blocks {
                    let (number, outputs) = self.block(block);
                    let image = image.add(number * pixels);
                    let laid = self.lay(image, self.seen(&outputs), memory.as_mut_ptr().cast());
                    let slope = slope.add((number * self.height.output + outputs.start) * across * filters);
                    for (column, panel) in panels_across(T::panels(level), filters) {
                        let (depth, width) = (outputs.len() * across, panel.width);
                        let first = slope.add(column);
                        let part =
                            PackedPart { first, row: filters, transposed: false, depth, columns: width };
                        pack(level, &part, width, packed);
                        for place in places.clone() {
                            let sees = |y: &usize| self.height.inside(*y).contains(&place);
                            let Some(first) = outputs.clone().find(sees) else { continue };
                            let runs = (first..outputs.end).take_while(sees).count();
                            let out = sums.add(place * patch * filters + column);
                            let tile = Tile {
                                k: across,
                                runs,
                                a: self.run_of(&laid, first, place),
                                a_row: 1,
                                a_step: self.width.stride * self.channels,
                                a_run: (stride * self.pitch) as isize
                                    - (across * self.width.stride * self.channels) as isize,
                                b: packed.add((first - outputs.start) * across * width),
                                b_step: width,
                                begin: out,
                                out,
                                out_row: filters,
                                finish: Finish::Store,
                            };
                            panel.down_the_rows(tile, patch);
                        }
                    }
                }
            }
        });
    }
}
