//! The gradient of filters by tiles: `dw = Gᵀ [Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ x B)] G`.
//!
//! For each point the sum is a product of matrices, `[channels, tiles] · [tiles, filters]`. The sums of a part of the tiles, of
//! all points, stay in the second cache; each part is transformed back, and then the parts are added up in their order.

use super::points::{FilterGradients, Inputs, OutputGradients, Transform};
use super::transform::{Even, transform};
use super::{GAP, PIECES, TILE, Winograd, groups, panels_of_points, widest};
use crate::arena::Shared;
use crate::conv::evenly;
use crate::gemm::{Finish, Number, Tile};
use crate::simd::Level;
use crate::threads::{parallel_for, with_scratch, with_shared_scratch};
use crate::{ALIGNMENT, Context};

/// Bytes of the sums of all points; with more of them filters are shared out, but not fewer than so many at a time.
const SUMS: usize = 640 << 10;
const FEWEST_FILTERS: usize = 32;
/// Bytes of transformed tiles, and the fewest and the most tiles of a product.
const ROOM: usize = 448 << 10;
const TILES: (usize, usize) = (16, 96);

/// How the work is cut.
struct Cut {
    /// Filters of a piece.
    filters: usize,
    /// Tiles of a product, how many products that makes, and parts of so many products each.
    tiles: usize,
    products: usize,
    parts: usize,
    each: usize,
}

impl Winograd {
    fn cut(&self, widest: usize) -> Cut {
        let column = self.points() * self.channels * size_of::<f32>();
        let fitting = (SUMS / column).max(FEWEST_FILTERS) / FEWEST_FILTERS * FEWEST_FILTERS;
        let filters = fitting.min(self.filters);
        let blocks = self.filters.div_ceil(filters);
        let tile = (self.pitch(self.channels) + self.pitch(widest)) * size_of::<f32>();
        let tiles = evenly(self.tiles(), (ROOM / tile).clamp(TILES.0, TILES.1));
        let products = self.tiles().div_ceil(tiles);
        let each = evenly(products, products.div_ceil(PIECES.div_ceil(blocks)));
        Cut { filters, tiles, products, parts: products.div_ceil(each), each }
    }

    /// The gradient of the filters.
    ///
    /// # Safety
    /// As [`forward`](Winograd::forward).
    pub(in crate::conv) unsafe fn filter_gradient(
        &self,
        level: Level,
        context: &Context,
        image: *const f32,
        slope: *const f32,
        output: Shared<f32>,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.height.size {
                3 => self.filter_gradient_by::<3, 6>(level, context, image, slope, output),
                _ => self.filter_gradient_by::<5, 8>(level, context, image, slope, output),
            }
        }
    }

    /// # Safety
    /// As [`forward`](Winograd::forward), for windows of `R` by `R`.
    unsafe fn filter_gradient_by<const R: usize, const N: usize>(
        &self,
        level: Level,
        context: &Context,
        image: *const f32,
        slope: *const f32,
        output: Shared<f32>,
    ) where
        Inputs: Transform<N, N>,
        OutputGradients: Transform<TILE, N>,
        FilterGradients: Transform<N, R>,
    {
        let (image, slope) = (Shared::new(image.cast_mut()), Shared::new(slope.cast_mut()));
        let cut = self.cut(widest(level, self.filters));
        let blocks = self.filters.div_ceil(cut.filters);
        let count = R * R * self.channels * self.filters;
        let bytes = if cut.parts > 1 { cut.parts * count * size_of::<f32>() } else { 0 };
        with_shared_scratch(bytes, |memory| {
            let parts = if cut.parts > 1 { Shared::new(memory.as_mut_ptr().cast::<f32>()) } else { output };
            parallel_for(context.threads, cut.parts * blocks, &|index| {
                let (part, first) = (index / blocks, index % blocks * cut.filters);
                let out = parts.pointer().wrapping_add(part * count);
                // SAFETY: the caller's promise; pieces write different parts or filters.
                unsafe {
                    let views = [image.pointer(), slope.pointer(), out];
                    self.filter_piece::<R, N>(level, &cut, part, first, views);
                }
            });
            if cut.parts > 1 {
                // SAFETY: all parts are written by now; the output is apart from them.
                unsafe {
                    let out = std::slice::from_raw_parts_mut(output.pointer(), count);
                    out.copy_from_slice(std::slice::from_raw_parts(parts.pointer(), count));
                    for part in 1..cut.parts {
                        let more = std::slice::from_raw_parts(parts.pointer().add(part * count), count);
                        out.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.add(*more));
                    }
                }
            }
        });
    }

    /// Part number `part` of the gradient of filters from `first` on. The views are of the images, the gradient of the output,
    /// and the gradient of the filters.
    ///
    /// # Safety
    /// As [`forward`](Winograd::forward); nothing else refers to these filters of the last view.
    unsafe fn filter_piece<const R: usize, const N: usize>(
        &self,
        level: Level,
        cut: &Cut,
        part: usize,
        first: usize,
        [image, slope, out]: [*mut f32; 3],
    ) where
        Inputs: Transform<N, N>,
        OutputGradients: Transform<TILE, N>,
        FilterGradients: Transform<N, R>,
    {
        let filters = cut.filters.min(self.filters - first);
        let widest = widest(level, filters);
        let [input_pitch, slope_pitch] = [self.channels, widest].map(|channels| self.pitch(channels));
        let apart = self.channels * filters + GAP;
        let zeros = self.channels.max(widest).next_multiple_of(GAP);
        let numbers = zeros + N * N * apart + cut.tiles * (input_pitch + slope_pitch);
        with_scratch((numbers * size_of::<f32>()).next_multiple_of(ALIGNMENT), |memory| {
            let nothing: *mut f32 = memory.as_mut_ptr().cast();
            let sums = nothing.wrapping_add(zeros);
            let inputs = sums.wrapping_add(N * N * apart);
            let slopes = inputs.wrapping_add(cut.tiles * input_pitch);
            // SAFETY: the caller's promise; the parts of the scratch memory lie behind each other.
            unsafe {
                (0..zeros).for_each(|i| nothing.add(i).write(0.0));
                for product in part * cut.each..cut.products.min((part + 1) * cut.each) {
                    let tiles = product * cut.tiles..self.tiles().min((product + 1) * cut.tiles);
                    for (number, tile) in tiles.clone().enumerate() {
                        let from = self.inputs::<N>(image, tile, nothing);
                        let to = Even { first: inputs.add(number * input_pitch), apart: self.channels };
                        transform::<Inputs, N, N>(level, &from, &to, self.channels);
                    }
                    for group in groups(level, filters) {
                        let columns = group.len();
                        for (number, tile) in tiles.clone().enumerate() {
                            let from = self.outputs(slope.wrapping_add(first + group.start), tile, nothing);
                            let to = Even { first: slopes.add(number * slope_pitch), apart: columns };
                            transform::<OutputGradients, TILE, N>(level, &from, &to, columns);
                        }
                        for (point, column, panel) in panels_of_points(level, N * N, columns) {
                            let out = sums.add(point * apart + group.start + column);
                            let begins = product == part * cut.each;
                            let tile = Tile {
                                k: tiles.len(),
                                runs: 1,
                                a: inputs.add(point * self.channels),
                                a_row: 1,
                                a_step: input_pitch,
                                a_run: 0,
                                b: slopes.add(point * columns + column),
                                b_step: slope_pitch,
                                begin: if begins { std::ptr::null() } else { out },
                                out,
                                out_row: filters,
                                finish: Finish::Store,
                            };
                            panel.down_the_rows(tile, self.channels);
                        }
                    }
                }
                for channel in 0..self.channels {
                    let from = Even { first: sums.add(channel * filters), apart };
                    let to = out.wrapping_add(channel * self.filters + first);
                    let to = Even { first: to, apart: self.channels * self.filters };
                    transform::<FilterGradients, N, R>(level, &from, &to, filters);
                }
            }
        });
    }
}
