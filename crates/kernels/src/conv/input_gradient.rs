//! The gradient of a convolution's input: the gradient of the output times the filters, transposed, gives the gradient of
//! patches, and each number of those is added to the pixel it was.

use super::patches::{Part, Patches, Places, scatter};
use super::rows::Rows;
use super::winograd::Winograd;
use super::{Bytes, ConvSpec, evenly, with_element};
use crate::arena::Shared;
use crate::gemm::{Element, NestedOperands, NestedProduct, Number};
use crate::kernel::sealed::Sealed;
use crate::simd::{Level, level};
use crate::threads::{parallel_for, with_scratch};
use crate::{ALIGNMENT, Context, In, Kernel, KernelError, Out, ScalarType};

/// Numbers of a block of patches, and columns of it, that stay in the second cache.
const MOST_PATCHES: usize = 1 << 16;
const MOST_COLUMNS: usize = 448;
const ROWS: (usize, usize) = (96, 768);

/// The gradient of the images, prepared. Inputs: the filters, and the gradient of the output. Output: the gradient of the
/// images. Shapes are those of [`ConvKernel`](crate::ConvKernel).
#[derive(Debug)]
pub struct ConvInputGradientKernel {
    spec: ConvSpec,
    /// How the work comes in tiles, where they take fewer multiplications.
    pub(super) by_tiles: Option<Winograd>,
    /// How rows are read in place, where they are.
    in_place: Option<Rows>,
    patches: Patches,
    blocks: Vec<Places>,
    rows: usize,
    pub(super) level: Level,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl ConvInputGradientKernel {
    /// Prepares the gradient of the images of a convolution.
    ///
    /// # Errors
    /// As [`ConvKernel::new`](crate::ConvKernel::new).
    pub fn new(spec: ConvSpec) -> Result<ConvInputGradientKernel, String> {
        let Bytes { input, filter, output } = spec.bytes()?;
        let by_tiles = Winograd::new(&spec)
            .map(|tiles| tiles.turned())
            .filter(|tiles| tiles.chosen(level()) && tiles.repays_filters());
        let in_place = Rows::turned(&spec);
        let patches = Patches::new(&spec);
        let blocks = patches.blocks(MOST_COLUMNS);
        let widest = blocks.iter().map(|block| block.columns).max().unwrap_or(1);
        let rows = evenly(spec.window.outputs(), (MOST_PATCHES / widest).clamp(ROWS.0, ROWS.1));
        let (input_bytes, output_bytes) = ([filter, output], [input]);
        Ok(ConvInputGradientKernel {
            spec,
            by_tiles,
            in_place,
            patches,
            blocks,
            rows,
            level: level(),
            input_bytes,
            output_bytes,
        })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let out = outputs[0].shared::<E>();
        if let (true, Some(rows)) = (E::SAME, &self.in_place) {
            // SAFETY: the caller's promise; where `SAME` holds an `E` is a sum.
            return unsafe {
                rows.input_gradient(
                    self.level,
                    context,
                    inputs[1].pointer::<E::Sum>(),
                    inputs[0].pointer::<E::Sum>(),
                    Shared::new(out.pointer().cast()),
                )
            };
        }
        // Images are apart: what several outputs add to one pixel is added by one thread, in their order.
        parallel_for(context.threads, self.spec.window.batch, &|image| {
            // SAFETY: the views have the sizes that the kernel was made for, and images share no pixel.
            unsafe { self.image(image, inputs[0].pointer::<E>(), inputs[1].pointer::<E>(), out) }
        });
    }

    /// # Safety
    /// The pointers are good for the tensors, and no other thread writes the image.
    unsafe fn image<E: Element>(&self, image: usize, filter: *const E, slope: *const E, output: Shared<E>) {
        let window = &self.spec.window;
        let (channels, filters) = self.spec.of_a_group();
        let all_filters = self.spec.filters;
        let pixels = window.pixels() * window.channels;
        let product = |k: usize| NestedProduct {
            level: self.level,
            rows: self.rows,
            columns: k,
            k: filters,
            transpose_b: true,
        };
        let bytes = |numbers: usize| (numbers * size_of::<E::Sum>()).next_multiple_of(ALIGNMENT);
        let widest = self.blocks.iter().map(|block| block.columns).max().unwrap_or(0);
        let own =
            self.blocks.iter().map(|block| product(block.columns).scratch::<E::Sum>()).max().unwrap_or(0);
        let patch_bytes = bytes(self.rows * widest);
        let [slope_bytes, filter_bytes, sum_bytes] = match E::SAME {
            true => [0; 3],
            false => [bytes(self.rows * filters), bytes(widest * filters), bytes(pixels)],
        };
        with_scratch(patch_bytes + slope_bytes + filter_bytes + sum_bytes + own, |memory| {
            let memory = memory.as_mut_ptr();
            // SAFETY: the parts of the scratch memory lie behind each other; places and channels are inside the tensors.
            unsafe {
                let patches: *mut E::Sum = memory.cast();
                let wide_slope: *mut E::Sum = memory.add(patch_bytes).cast();
                let wide_filter: *mut E::Sum = memory.add(patch_bytes + slope_bytes).cast();
                let sums: *mut E::Sum = memory.add(patch_bytes + slope_bytes + filter_bytes).cast();
                let scratch = memory.add(patch_bytes + slope_bytes + filter_bytes + sum_bytes);
                let out = output.pointer().add(image * pixels);
                let to: *mut E::Sum = if E::SAME { out.cast() } else { sums };
                (0..pixels).for_each(|i| to.add(i).write(E::Sum::ZERO));
                let end = (image + 1) * window.outputs();
                for (group, first) in (0..self.spec.groups).flat_map(|group| {
                    (end - window.outputs()..end).step_by(self.rows).map(move |row| (group, row))
                }) {
                    let rows = self.rows.min(end - first);
                    let stored = slope.add(first * all_filters + group * filters);
                    let (a, a_row) = rows_of(stored, all_filters, rows, filters, wide_slope);
                    for block in &self.blocks {
                        let stored = filter.add(block.first * channels * all_filters + group * filters);
                        let (b, b_row) = rows_of(stored, all_filters, block.columns, filters, wide_filter);
                        let operands = NestedOperands {
                            a,
                            a_row,
                            a_step: 1,
                            b,
                            b_row,
                            out: patches,
                            out_row: block.columns,
                            goes_on: false,
                        };
                        NestedProduct { rows, ..product(block.columns) }.run(&operands, scratch);
                        let outputs = first..first + rows;
                        let part = Part { patches: &self.patches, outputs, places: block, group };
                        // What is seen is counted through the batch, of which there is one image here.
                        scatter(self.level, &part, patches, to.wrapping_sub(image * pixels));
                    }
                }
                if !E::SAME {
                    (0..pixels).for_each(|i| out.add(i).write(E::narrow(*sums.add(i))));
                }
            }
        });
    }
}

/// Rows of stored numbers as sums, `stride` apart: where they lie, or widened at `room`; and how far they are apart there.
///
/// # Safety
/// The numbers are good to read, and `room` to write where `E` is not a sum.
unsafe fn rows_of<E: Element>(
    stored: *const E,
    stride: usize,
    rows: usize,
    columns: usize,
    room: *mut E::Sum,
) -> (*const E::Sum, usize) {
    if E::SAME {
        return (stored.cast(), stride);
    }
    for i in 0..rows {
        for j in 0..columns {
            // SAFETY: the caller's promise.
            unsafe { room.add(i * columns + j).write((*stored.add(i * stride + j)).widen()) };
        }
    }
    (room, columns)
}

impl Sealed for ConvInputGradientKernel {}

impl Kernel for ConvInputGradientKernel {
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
            let (slope, filter) = (inputs[1].pointer(), inputs[0].pointer());
            // SAFETY: the caller's promise; tiles are of `f32`.
            unsafe { tiles.input_gradient(self.level, context, slope, filter, out) };
            return Ok(());
        }
        with_element!(self.spec.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}
