//! Convolutions by Winograd's minimal filtering: fewer multiplications, and a little more rounding.
//!
//! The outputs come in tiles of 4×4, each of which sees a tile of `n × n` inputs, `n = size of the window + 3`. Input tiles
//! and filters are transformed ([`points`]); then there is a product of matrices, `[tiles, channels] · [channels, filters]`,
//! for each of the `n²` places of a tile, and what comes out is transformed back. Windows of 3×3 take 36 multiplications for
//! 16 outputs instead of 144, and of 5×5 64 instead of 400.
//!
//! - the gradient of the input is the same, of the output's gradient, with the window turned around and filters and channels
//!   changed places;
//! - the gradient of the filters has the transposed transforms, and sums over all tiles in between (`filter_gradient.rs`).
//!
//! A piece of work is a few tiles, so that their transforms stay in the second cache. Every number is one chain of sums over
//! channels, in an order that the sizes of window, channels and filters alone decide.
//!
//! Rounding, relative to `Σ |x| |w|`: the greatest errors that were measured are 1.4·10⁻⁶ for outputs and gradients of inputs
//! and 3.4·10⁻⁶ for gradients of filters, where direct sums have 3·10⁻⁷; on average 1.5·10⁻⁷ and 2·10⁻⁸. That is so where what
//! a tile sees is of about one size: errors are as large as the largest number in it makes them, and one that is infinite
//! or NaN makes all outputs of the tile NaN. [`Winograd::chosen`] says where tiles are used.

mod filter_gradient;
mod points;
#[cfg(test)]
mod tests;
mod transform;

use std::ops::Range;

use self::points::{Filters, Inputs, Outputs, Transform};
use self::transform::{Even, Pixels, transform};
use super::ConvSpec;
use crate::arena::Shared;
use crate::gemm::{Finish, PackedPart, Panel, Sum, Tile, pack, panels_across};
use crate::simd::Level;
use crate::threads::{parallel_for, with_scratch, with_shared_scratch};
use crate::{ALIGNMENT, Context, ScalarType, WindowAxis};

/// Outputs of a tile along each axis.
const TILE: usize = 4;
/// Fewer channels or filters than this are not worth the transforms, and sums over fewer have several times the error.
const FEWEST_CHANNELS: usize = 32;
/// Gradients of filters are sums over tiles: so many at least, for the same reason.
const FEWEST_SUMMED: usize = 16;
/// So many times fewer multiplications make up for the transforms.
const SAVING: usize = 2;
/// Numbers between two tiles that follow each other, lest they fall on the same places of the first cache.
const GAP: usize = 16;
/// Bytes of transformed tiles of a piece, and the fewest and the most tiles.
const ROOM: usize = 480 << 10;
const TILES: (usize, usize) = (12, 96);
/// With fewer pieces than this, pieces are smaller.
const PIECES: usize = 8;
/// Steps of a product that keep a panel of filters in the first cache.
const DEPTH: usize = 224;
/// The most bytes of transformed filters.
const MOST_FILTERS: usize = 64 << 20;
/// Transformed filters of more bytes, which no cache keeps, want so many tiles in an image.
const CACHED_FILTERS: usize = 16 << 20;
const MANY_TILES: usize = 9;
/// Rows of a panel of filters that are transformed at a time.
const FILTER_ROWS: usize = 16;

/// Convolutions by tiles, prepared.
#[derive(Clone, Debug)]
pub(super) struct Winograd {
    images: usize,
    height: WindowAxis,
    width: WindowAxis,
    channels: usize,
    filters: usize,
}

impl Winograd {
    /// The convolution by tiles, if it can be: of `f32` in one group, with a window of 3×3 or 5×5 that skips nothing.
    pub(super) fn new(spec: &ConvSpec) -> Option<Winograd> {
        let ConvSpec { dtype, window, filters, groups } = *spec;
        let [depth, height, width] = window.axes;
        let flat = depth.size == 1 && depth.stride == 1 && depth.before == 0 && depth.input == depth.output;
        let dense = |axis: &WindowAxis| axis.stride == 1 && axis.dilation == 1 && axis.before < axis.size;
        let square = height.size == width.size && [3, 5].contains(&height.size);
        if dtype != ScalarType::F32 || groups != 1 || !flat || !square || !dense(&height) || !dense(&width) {
            return None;
        }
        let (images, channels) = (window.batch * depth.input, window.channels);
        let winograd = Winograd { images, height, width, channels, filters };
        let empty = [images, channels, filters, height.output, width.output, height.input, width.input];
        let points = winograd.points();
        let transformed = channels.checked_mul(filters)?.checked_mul(points * size_of::<f32>())?;
        (!empty.contains(&0) && transformed <= MOST_FILTERS).then_some(winograd)
    }

    /// The gradient of the input as a convolution of the output's gradient: the window is turned around.
    pub(super) fn turned(&self) -> Winograd {
        let turned = |axis: WindowAxis| {
            let WindowAxis { input, output, size, before, .. } = axis;
            WindowAxis { input: output, output: input, before: size - 1 - before, ..axis }
        };
        let (channels, filters) = (self.filters, self.channels);
        Winograd { height: turned(self.height), width: turned(self.width), channels, filters, ..*self }
    }

    /// Whether tiles are to be chosen over rows or patches: where the level fuses the multiply-add, so that
    /// [`Level::Portable`], and what has its bits, stays as it is; where there are enough channels and filters; and where
    /// tiles do not stick out of the image too far.
    pub(super) fn chosen(&self, level: Level) -> bool {
        let Winograd { height, width, channels, filters, .. } = *self;
        let saves = || {
            let direct = height.output * width.output * height.size * width.size;
            self.tiles_of_an_image() * self.points() * SAVING <= direct
        };
        level.has_fma() && channels.min(filters) >= FEWEST_CHANNELS && saves()
    }

    /// Whether one image is enough work for the filters to be transformed. The batch is not asked, so that an image has the
    /// same bits alone and among others.
    pub(super) fn repays_filters(&self) -> bool {
        let bytes = self.points() * self.channels * self.filters * size_of::<f32>();
        bytes <= CACHED_FILTERS || self.tiles_of_an_image() >= MANY_TILES
    }

    /// Whether gradients of filters are sums over enough tiles for their rounding to be small beside them.
    pub(super) fn sums_enough(&self) -> bool {
        self.tiles() >= FEWEST_SUMMED
    }

    /// Multiplications and additions of the products.
    pub(super) fn operations(&self) -> u64 {
        2 * (self.tiles() * self.points() * self.filters) as u64 * self.channels as u64
    }

    /// Inputs of a tile along each axis.
    fn side(&self) -> usize {
        TILE + self.height.size - 1
    }

    fn points(&self) -> usize {
        self.side() * self.side()
    }

    fn across(&self) -> usize {
        self.width.output.div_ceil(TILE)
    }

    fn tiles_of_an_image(&self) -> usize {
        self.height.output.div_ceil(TILE) * self.across()
    }

    fn tiles(&self) -> usize {
        self.images * self.tiles_of_an_image()
    }

    /// Numbers from one transformed tile to the next, of so many channels.
    fn pitch(&self, channels: usize) -> usize {
        self.points() * channels + GAP
    }

    /// Tiles of a piece of which each takes so many bytes.
    fn tiles_of_a_piece(&self, bytes: usize) -> usize {
        let most = (ROOM / bytes).clamp(TILES.0, TILES.1) / TILES.0 * TILES.0;
        most.min(self.tiles().div_ceil(PIECES).next_multiple_of(TILES.0))
    }

    /// Image, and first row and column, of outputs of a tile.
    fn locate(&self, tile: usize) -> (usize, usize, usize) {
        let (image, place) = (tile / self.tiles_of_an_image(), tile % self.tiles_of_an_image());
        (image, place / self.across() * TILE, place % self.across() * TILE)
    }

    /// Where the inputs of a tile are; outside of the image they are at `outside`.
    fn inputs<const N: usize>(&self, image: *mut f32, tile: usize, outside: *mut f32) -> Pixels<N> {
        let (number, row, column) = self.locate(tile);
        let row = row.wrapping_sub(self.height.before);
        let column = column.wrapping_sub(self.width.before);
        let sizes = [self.height.input, self.width.input, self.channels];
        pixels(image, number, [row, column], sizes, outside)
    }

    /// Where the outputs of a tile are; those that are none are at `outside`.
    fn outputs(&self, output: *mut f32, tile: usize, outside: *mut f32) -> Pixels<TILE> {
        let (number, row, column) = self.locate(tile);
        let sizes = [self.height.output, self.width.output, self.filters];
        pixels(output, number, [row, column], sizes, outside)
    }

    /// The convolution.
    ///
    /// # Safety
    /// The pointers are good for the tensors, nothing else refers to the output, and the machine has the level's instructions.
    pub(super) unsafe fn forward(
        &self,
        level: Level,
        context: &Context,
        image: *const f32,
        filter: *const f32,
        output: Shared<f32>,
    ) {
        let filter = Shared::new(filter.cast_mut());
        let stored = |place: usize, row: usize, column: usize| {
            let first = (place * self.channels + row) * self.filters + column;
            (filter.pointer().cast_const().wrapping_add(first), self.filters)
        };
        // SAFETY: the caller's promise.
        unsafe { self.convolve(level, context, image, false, &stored, output) }
    }

    /// The gradient of the input, of [`turned`](Winograd::turned): `slope` is what is convolved, and its channels are the
    /// filters.
    ///
    /// # Safety
    /// As [`forward`](Winograd::forward).
    pub(super) unsafe fn input_gradient(
        &self,
        level: Level,
        context: &Context,
        slope: *const f32,
        filter: *const f32,
        output: Shared<f32>,
    ) {
        let filter = Shared::new(filter.cast_mut());
        let last = self.height.size * self.width.size - 1;
        let stored = |place: usize, row: usize, column: usize| {
            let first = ((last - place) * self.filters + column) * self.channels + row;
            (filter.pointer().cast_const().wrapping_add(first), self.channels)
        };
        // SAFETY: the caller's promise.
        unsafe { self.convolve(level, context, slope, true, &stored, output) }
    }

    /// Writes the outputs of all images, of filters that lie where `stored` says.
    ///
    /// # Safety
    /// As [`forward`](Winograd::forward).
    unsafe fn convolve(
        &self,
        level: Level,
        context: &Context,
        image: *const f32,
        transposed: bool,
        stored: &Stored<'_>,
        output: Shared<f32>,
    ) {
        let filters = Filter { transposed, stored };
        // SAFETY: the caller's promise.
        unsafe {
            match self.height.size {
                3 => self.convolve_by::<3, 6>(level, context, image, &filters, output),
                _ => self.convolve_by::<5, 8>(level, context, image, &filters, output),
            }
        }
    }

    /// # Safety
    /// As [`forward`](Winograd::forward), for windows of `R` by `R`.
    unsafe fn convolve_by<const R: usize, const N: usize>(
        &self,
        level: Level,
        context: &Context,
        image: *const f32,
        filter: &Filter<'_>,
        output: Shared<f32>,
    ) where
        Inputs: Transform<N, N>,
        Filters: Transform<R, N>,
        Outputs: Transform<N, TILE>,
    {
        let image = Shared::new(image.cast_mut());
        let widest = widest(level, self.filters);
        let [tile, product] = [self.channels, widest].map(|channels| self.pitch(channels));
        let tiles = self.tiles_of_a_piece((tile + product) * size_of::<f32>());
        // What is outside of the images reads as zeros; what is written there is read by nobody.
        let zeros = self.channels.next_multiple_of(GAP);
        let apart = self.channels * self.filters + GAP;
        with_shared_scratch((N * N * apart + zeros) * size_of::<f32>(), |memory| {
            let nothing = Shared::new(memory.as_mut_ptr().cast::<f32>());
            let transformed = Shared::new(nothing.pointer().wrapping_add(zeros));
            // SAFETY: the memory is ours.
            (0..zeros).for_each(|i| unsafe { nothing.pointer().add(i).write(0.0) });
            // SAFETY: the caller's promise.
            unsafe { self.transform_filters::<R, N>(level, context, filter, transformed, apart) };
            parallel_for(context.threads, self.tiles().div_ceil(tiles), &|index| {
                let piece = index * tiles..self.tiles().min((index + 1) * tiles);
                let bytes = (tiles * (tile + product) + widest) * size_of::<f32>();
                with_scratch(bytes.next_multiple_of(ALIGNMENT), |memory| {
                    let inputs: *mut f32 = memory.as_mut_ptr().cast();
                    let products = inputs.wrapping_add(tiles * tile);
                    let nowhere = products.wrapping_add(tiles * product);
                    // SAFETY: the caller's promise; tiles share no output, and the parts of the scratch memory lie behind each
                    // other.
                    unsafe {
                        for (number, tile_of_all) in piece.clone().enumerate() {
                            let from = self.inputs::<N>(image.pointer(), tile_of_all, nothing.pointer());
                            let to = Even { first: inputs.add(number * tile), apart: self.channels };
                            transform::<Inputs, N, N>(level, &from, &to, self.channels);
                        }
                        for group in groups(level, self.filters) {
                            let filters = group.len();
                            for (point, column, panel) in panels_of_points(level, N * N, filters) {
                                let stored = point * apart + (group.start + column) * self.channels;
                                let b = transformed.pointer().add(stored);
                                let a = inputs.add(point * self.channels);
                                let out = products.add(point * filters + column);
                                self.product(panel, piece.len(), [a, b, out], [tile, product]);
                            }
                            for (number, tile_of_all) in piece.clone().enumerate() {
                                let from = Even { first: products.add(number * product), apart: filters };
                                let out = output.pointer().wrapping_add(group.start);
                                let to = self.outputs(out, tile_of_all, nowhere);
                                transform::<Outputs, N, TILE>(level, &from, &to, filters);
                            }
                        }
                    }
                });
            });
        });
    }

    /// The product of one point of so many tiles and of a panel of the filters.
    ///
    /// # Safety
    /// The pointers, of inputs, filters and products, are good for it, and the machine has the level's instructions.
    unsafe fn product(
        &self,
        panel: &Panel<f32>,
        tiles: usize,
        [a, b, out]: [*mut f32; 3],
        [a_row, out_row]: [usize; 2],
    ) {
        for first in (0..self.channels).step_by(DEPTH) {
            let tile = Tile {
                k: DEPTH.min(self.channels - first),
                runs: 1,
                a: a.wrapping_add(first),
                a_row,
                a_step: 1,
                a_run: 0,
                b: b.wrapping_add(first * panel.width),
                b_step: panel.width,
                begin: if first == 0 { std::ptr::null() } else { out },
                out,
                out_row,
                finish: Finish::Store,
            };
            // SAFETY: the caller's promise.
            unsafe { panel.down_the_rows(tile, tiles) };
        }
    }

    /// Writes the filters at the points, which are `apart` numbers from each other: panel after panel, each of all channels.
    ///
    /// # Safety
    /// As [`forward`](Winograd::forward), and `to` is good for as many numbers.
    unsafe fn transform_filters<const R: usize, const N: usize>(
        &self,
        level: Level,
        context: &Context,
        filter: &Filter<'_>,
        to: Shared<f32>,
        apart: usize,
    ) where
        Filters: Transform<R, N>,
    {
        let panels = || panels_across(f32::panels(level), self.filters);
        let parts = self.channels.div_ceil(FILTER_ROWS);
        parallel_for(context.threads, panels().count() * parts, &|index| {
            let Some((column, panel)) = panels().nth(index / parts) else { return };
            let first = index % parts * FILTER_ROWS;
            let (depth, width) = (FILTER_ROWS.min(self.channels - first), panel.width);
            let count = depth * width;
            with_scratch(R * R * count * size_of::<f32>(), |memory| {
                let packed: *mut f32 = memory.as_mut_ptr().cast();
                // SAFETY: the caller's promise; pieces write different rows of panels.
                unsafe {
                    for place in 0..R * R {
                        let (stored, row) = (filter.stored)(place, first, column);
                        let transposed = filter.transposed;
                        let part = PackedPart { first: stored, row, transposed, depth, columns: width };
                        pack(level, &part, width, packed.add(place * count));
                    }
                    let from = Even { first: packed, apart: count };
                    let first = to.pointer().add(column * self.channels + first * width);
                    transform::<Filters, R, N>(level, &from, &Even { first, apart }, count);
                }
            });
        });
    }
}

/// Where the number of the filters at a place of the window, a channel and a filter is, and how far rows are apart.
type Stored<'a> = dyn Fn(usize, usize, usize) -> (*const f32, usize) + Sync + 'a;

/// The filters as they are stored: rows are channels', or filters' where they are transposed.
struct Filter<'a> {
    transposed: bool,
    stored: &'a Stored<'a>,
}

/// Filters in groups of the widest panel, whose products are transformed back together. The last takes what would be less
/// than half of one, so that it fills registers.
fn groups(level: Level, filters: usize) -> impl Iterator<Item = Range<usize>> {
    let widest = f32::panels(level)[0].width;
    let mut next = 0;
    std::iter::from_fn(move || {
        let left = filters - next;
        let size = if left < widest + widest / 2 { left } else { widest };
        next += size;
        (size > 0).then_some(next - size..next)
    })
}

/// Filters of the widest group.
fn widest(level: Level, filters: usize) -> usize {
    groups(level, filters).map(|group| group.len()).max().unwrap_or(0)
}

/// The panels of a group of so many filters for each point: point, column and panel.
fn panels_of_points(
    level: Level,
    points: usize,
    filters: usize,
) -> impl Iterator<Item = (usize, usize, &'static Panel<f32>)> {
    let panels = move |point| {
        panels_across(f32::panels(level), filters).map(move |(column, panel)| (point, column, panel))
    };
    (0..points).flat_map(panels)
}

/// Where the pixels of a tile are that begins at a row and a column, which may wrap below 0, of an image; `sizes` are rows,
/// columns and channels of the images.
fn pixels<const N: usize>(
    images: *mut f32,
    image: usize,
    [row, column]: [usize; 2],
    [rows, columns, channels]: [usize; 3],
    outside: *mut f32,
) -> Pixels<N> {
    let mut pixels = Pixels([[outside; N]; N]);
    for (i, pixels) in pixels.0.iter_mut().enumerate() {
        let row = row.wrapping_add(i);
        if row >= rows {
            continue;
        }
        let first = images.wrapping_add((image * rows + row) * columns * channels);
        for (j, pixel) in pixels.iter_mut().enumerate() {
            let column = column.wrapping_add(j);
            if column < columns {
                *pixel = first.wrapping_add(column * channels);
            }
        }
    }
    pixels
}
