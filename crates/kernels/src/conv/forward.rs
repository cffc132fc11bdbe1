//! A convolution: patches times filters.

use super::patches::{Part, Patches, Places, gather};
use super::rows::Rows;
use super::winograd::Winograd;
use super::{Bytes, ConvSpec, evenly, with_element};
use crate::arena::Shared;
use crate::gemm::{Element, NestedOperands, NestedProduct};
use crate::kernel::sealed::Sealed;
use crate::simd::{Level, level};
use crate::threads::{parallel_for, with_scratch};
use crate::{ALIGNMENT, Context, In, Kernel, KernelError, Out, ScalarType};

/// Numbers of a block of patches, and columns of it, that stay in the second cache.
const MOST_PATCHES: usize = 1 << 16;
const MOST_COLUMNS: usize = 448;
/// The fewest and the most outputs of a piece: filters are laid out anew for each.
const ROWS: (usize, usize) = (96, 768);
/// With fewer blocks of outputs than this, filters are shared out too, so many at a time.
const FEW_BLOCKS: usize = 16;
const FILTERS: usize = 64;

/// A convolution, prepared. Inputs: the images, `[batch, depth, height, width, channels]`, and the filters, `[depth,
/// height, width, channels of a group, filters]`. Output: `[batch, depth, height, width, filters]`.
#[derive(Debug)]
pub struct ConvKernel {
    spec: ConvSpec,
    /// How the work comes in tiles, where they take fewer multiplications.
    pub(super) by_tiles: Option<Winograd>,
    /// How rows are read in place, where they are.
    in_place: Option<Rows>,
    patches: Patches,
    blocks: Vec<Places>,
    /// Outputs and filters of a piece.
    rows: usize,
    columns: usize,
    pub(super) level: Level,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl ConvKernel {
    /// Prepares a convolution.
    ///
    /// # Errors
    /// When a size overflows, groups do not divide what they should, or the dtype has no products.
    pub fn new(spec: ConvSpec) -> Result<ConvKernel, String> {
        let Bytes { input, filter, output } = spec.bytes()?;
        let by_tiles = Winograd::new(&spec).filter(|tiles| tiles.chosen(level()) && tiles.repays_filters());
        let in_place = Rows::new(&spec);
        let patches = Patches::new(&spec);
        let blocks = patches.blocks(MOST_COLUMNS);
        let outputs = spec.window.batch * spec.window.outputs();
        let widest = blocks.iter().map(|block| block.columns).max().unwrap_or(1);
        let rows = evenly(outputs, (MOST_PATCHES / widest).clamp(ROWS.0, ROWS.1));
        let (_, filters) = spec.of_a_group();
        let many = outputs.div_ceil(rows) * spec.groups >= FEW_BLOCKS;
        let columns = if many { filters.max(1) } else { FILTERS };
        let (input_bytes, output_bytes) = ([input, filter], [output]);
        Ok(ConvKernel {
            spec,
            by_tiles,
            in_place,
            patches,
            blocks,
            rows,
            columns,
            level: level(),
            input_bytes,
            output_bytes,
        })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let (_, filters) = self.spec.of_a_group();
        let all = self.spec.window.batch * self.spec.window.outputs();
        let out = outputs[0].shared::<E>();
        if let (true, Some(rows)) = (E::SAME, &self.in_place) {
            // SAFETY: the caller's promise; where `SAME` holds an `E` is a sum.
            return unsafe {
                rows.forward(
                    self.level,
                    context,
                    inputs[0].pointer::<E::Sum>(),
                    inputs[1].pointer::<E::Sum>(),
                    Shared::new(out.pointer().cast()),
                )
            };
        }
        if self.blocks.is_empty() {
            // SAFETY: the output is apart from the inputs.
            return unsafe { outputs[0].slice::<u8>() }.fill(0);
        }
        let (row_blocks, column_blocks) = (all.div_ceil(self.rows), filters.div_ceil(self.columns));
        let pieces = row_blocks * column_blocks * self.spec.groups;
        parallel_for(context.threads, pieces, &|piece| {
            let (rest, column_block) = (piece / column_blocks, piece % column_blocks);
            let (group, row_block) = (rest / row_blocks, rest % row_blocks);
            let (row, column) = (row_block * self.rows, column_block * self.columns);
            let piece = Piece {
                group,
                first: row,
                rows: self.rows.min(all - row),
                column: group * filters + column,
                columns: self.columns.min(filters - column),
            };
            // SAFETY: the views have the sizes that the kernel was made for, and pieces share no output.
            unsafe { self.piece(&piece, inputs[0].pointer::<E>(), inputs[1].pointer::<E>(), out) }
        });
    }

    /// # Safety
    /// The pointers are good for the tensors, and no other thread writes the piece.
    unsafe fn piece<E: Element>(&self, piece: &Piece, image: *const E, filter: *const E, output: Shared<E>) {
        let Piece { group, first, rows, column, columns } = *piece;
        let all_filters = self.spec.filters;
        let product = |k: usize| NestedProduct { level: self.level, rows, columns, k, transpose_b: false };
        let direct = E::SAME && self.patches.are_the_input();
        let bytes = |numbers: usize| (numbers * size_of::<E::Sum>()).next_multiple_of(ALIGNMENT);
        let widest = self.blocks.iter().map(|block| block.columns).max().unwrap_or(0);
        let own =
            self.blocks.iter().map(|block| product(block.columns).scratch::<E::Sum>()).max().unwrap_or(0);
        let patch_bytes = if direct { 0 } else { bytes(rows * widest) };
        let (filter_bytes, sum_bytes) =
            if E::SAME { (0, 0) } else { (bytes(widest * columns), bytes(rows * columns)) };
        with_scratch(patch_bytes + filter_bytes + sum_bytes + own, |memory| {
            let memory = memory.as_mut_ptr();
            // SAFETY: the parts of the scratch memory lie behind each other; places and channels are inside the tensors.
            unsafe {
                let patches: *mut E::Sum = memory.cast();
                let widened: *mut E::Sum = memory.add(patch_bytes).cast();
                let sums: *mut E::Sum = memory.add(patch_bytes + filter_bytes).cast();
                let scratch = memory.add(patch_bytes + filter_bytes + sum_bytes);
                let out = output.pointer().add(first * all_filters + column);
                let (to, to_row) =
                    if E::SAME { (out.cast::<E::Sum>(), all_filters) } else { (sums, columns) };
                for (number, block) in self.blocks.iter().enumerate() {
                    let k = block.columns;
                    let (a, a_row): (*const E::Sum, usize) = if direct {
                        let channels = self.spec.window.channels;
                        (image.add(first * channels + group * k).cast(), channels)
                    } else {
                        let outputs = first..first + rows;
                        let part = Part { patches: &self.patches, outputs, places: block, group };
                        gather(self.level, &part, image, patches);
                        (patches, k)
                    };
                    let channels = self.spec.of_a_group().0;
                    let stored = filter.add(block.first * channels * all_filters + column);
                    let (b, b_row): (*const E::Sum, usize) = if E::SAME {
                        (stored.cast(), all_filters)
                    } else {
                        for p in 0..k {
                            for j in 0..columns {
                                widened
                                    .add(p * columns + j)
                                    .write((*stored.add(p * all_filters + j)).widen());
                            }
                        }
                        (widened, columns)
                    };
                    let operands = NestedOperands {
                        a,
                        a_row,
                        a_step: 1,
                        b,
                        b_row,
                        out: to,
                        out_row: to_row,
                        goes_on: number > 0,
                    };
                    product(k).run(&operands, scratch);
                }
                if !E::SAME {
                    for i in 0..rows {
                        for j in 0..columns {
                            out.add(i * all_filters + j).write(E::narrow(*sums.add(i * columns + j)));
                        }
                    }
                }
            }
        });
    }
}

/// A part of the output: outputs from `first` on, counted through the batch, and filters from `column` on.
struct Piece {
    group: usize,
    first: usize,
    rows: usize,
    column: usize,
    columns: usize,
}

impl Sealed for ConvKernel {}

impl Kernel for ConvKernel {
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
        self.by_tiles.as_ref().map_or(self.spec.operations(), Winograd::operations)
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        if let Some(tiles) = &self.by_tiles {
            let out = outputs[0].shared::<f32>();
            let (image, filter) = (inputs[0].pointer(), inputs[1].pointer());
            // SAFETY: the caller's promise; tiles are of `f32`.
            unsafe { tiles.forward(self.level, context, image, filter, out) };
            return Ok(());
        }
        with_element!(self.spec.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}
