//! The gradient of a convolution's filters: patches, transposed, times the gradient of the output.
//!
//! `dw[k, c, f] = Σₙ Σₒ x[n, o · stride + k · dilation − before, c] · dy[n, o, f]`

use super::patches::{Part, Patches, Places, gather};
use super::rows::Rows;
use super::winograd::Winograd;
use super::{Bytes, ConvSpec, evenly, with_element};
use crate::arena::Shared;
use crate::gemm::{Element, NestedOperands, NestedProduct, Number};
use crate::kernel::sealed::Sealed;
use crate::simd::{Level, level};
use crate::threads::{parallel_for, with_scratch, with_shared_scratch};
use crate::{ALIGNMENT, Context, In, Kernel, KernelError, Out, ScalarType};

/// Outputs whose patches are written out at once, and columns of those.
const ROWS: usize = 256;
const MOST_COLUMNS: usize = 192;
/// With fewer blocks of filters' numbers than this, the outputs are shared out too: at least so many to each.
const FEW_BLOCKS: usize = 16;
const FEWEST_OUTPUTS: usize = 1024;

/// The gradient of filters, prepared. Inputs: the images, and the gradient of the output. Output: the gradient of the
/// filters. Shapes are those of [`ConvKernel`](crate::ConvKernel).
#[derive(Debug)]
pub struct ConvFilterGradientKernel {
    spec: ConvSpec,
    /// How the work comes in tiles, where they take fewer multiplications.
    pub(super) by_tiles: Option<Winograd>,
    /// How rows are read in place, where they are.
    in_place: Option<Rows>,
    patches: Patches,
    blocks: Vec<Places>,
    /// How many parts the outputs come in: each is summed apart, and then the sums.
    parts: usize,
    pub(super) level: Level,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl ConvFilterGradientKernel {
    /// Prepares the gradient of the filters of a convolution.
    ///
    /// # Errors
    /// As [`ConvKernel::new`](crate::ConvKernel::new).
    pub fn new(spec: ConvSpec) -> Result<ConvFilterGradientKernel, String> {
        let Bytes { input, filter, output } = spec.bytes()?;
        let by_tiles = Winograd::new(&spec).filter(|tiles| tiles.chosen(level()) && tiles.sums_enough());
        let in_place = Rows::new(&spec);
        let patches = Patches::new(&spec);
        let blocks = patches.blocks(MOST_COLUMNS);
        let outputs = spec.window.batch * spec.window.outputs();
        let most = FEW_BLOCKS.div_ceil((blocks.len() * spec.groups).max(1));
        let parts = (outputs / FEWEST_OUTPUTS).clamp(1, most);
        let (input_bytes, output_bytes) = ([input, output], [filter]);
        Ok(ConvFilterGradientKernel {
            spec,
            by_tiles,
            in_place,
            patches,
            blocks,
            parts,
            level: level(),
            input_bytes,
            output_bytes,
        })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` stores the numbers of the dtype.
    unsafe fn run_as<E: Element>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let count = outputs[0].len_of::<E>();
        let straight = E::SAME && self.parts == 1;
        let out = outputs[0].shared::<E>();
        if let (true, Some(rows)) = (E::SAME, &self.in_place) {
            // SAFETY: the caller's promise; where `SAME` holds an `E` is a sum.
            return unsafe {
                rows.filter_gradient(
                    self.level,
                    context,
                    inputs[0].pointer::<E::Sum>(),
                    inputs[1].pointer::<E::Sum>(),
                    Shared::new(out.pointer().cast()),
                )
            };
        }
        let (image, slope) = (inputs[0].pointer::<E>(), inputs[1].pointer::<E>());
        let shared = if straight { 0 } else { self.parts * count * size_of::<E::Sum>() };
        let views = Views { image, slope };
        with_shared_scratch(shared, |memory| {
            let sums = if straight { out.pointer().cast() } else { memory.as_mut_ptr().cast::<E::Sum>() };
            let sums = Sums(sums);
            let pieces = self.parts * self.spec.groups * self.blocks.len();
            parallel_for(context.threads, pieces, &|piece| {
                let (rest, block) = (piece / self.blocks.len(), piece % self.blocks.len());
                let (part, group) = (rest / self.spec.groups, rest % self.spec.groups);
                // SAFETY: pieces write different places, groups or parts.
                unsafe { self.piece(&views, part, group, &self.blocks[block], sums.of_part(part * count)) }
            });
            if !straight {
                for i in 0..count {
                    // SAFETY: each part has as many sums as there are outputs, all written by now.
                    unsafe {
                        let sum = (0..self.parts).map(|part| *sums.of_part(part * count).add(i));
                        let sum = sum.reduce(Number::add).unwrap_or(E::Sum::ZERO);
                        out.pointer().add(i).write(E::narrow(sum));
                    }
                }
            }
        });
    }

    /// # Safety
    /// The pointers are good for the tensors, and no other thread writes these places of `sums`.
    unsafe fn piece<E: Element>(
        &self,
        views: &Views<E>,
        part: usize,
        group: usize,
        block: &Places,
        sums: *mut E::Sum,
    ) {
        let all = self.spec.window.batch * self.spec.window.outputs();
        let each = evenly(all, all.div_ceil(self.parts));
        let (begin, end) = ((part * each).min(all), ((part + 1) * each).min(all));
        let (channels, filters) = self.spec.of_a_group();
        let all_filters = self.spec.filters;
        let product = |k: usize| NestedProduct {
            level: self.level,
            rows: block.columns,
            columns: filters,
            k,
            transpose_b: false,
        };
        let step = evenly(end - begin, ROWS);
        let bytes = |numbers: usize| (numbers * size_of::<E::Sum>()).next_multiple_of(ALIGNMENT);
        let patch_bytes = bytes(step * block.columns);
        let slope_bytes = if E::SAME { 0 } else { bytes(step * filters) };
        let own = product(step).scratch::<E::Sum>();
        with_scratch(patch_bytes + slope_bytes + own, |memory| {
            let memory = memory.as_mut_ptr();
            // SAFETY: the parts of the scratch memory lie behind each other; places and channels are inside the tensors.
            unsafe {
                let patches: *mut E::Sum = memory.cast();
                let widened: *mut E::Sum = memory.add(patch_bytes).cast();
                let scratch = memory.add(patch_bytes + slope_bytes);
                let out = sums.add(block.first * channels * all_filters + group * filters);
                let mut first = begin;
                loop {
                    let rows = step.min(end - first);
                    let outputs = first..first + rows;
                    let part = Part { patches: &self.patches, outputs, places: block, group };
                    gather(self.level, &part, views.image, patches);
                    let slope = views.slope.add(first * all_filters + group * filters);
                    let (b, b_row): (*const E::Sum, usize) = if E::SAME {
                        (slope.cast(), all_filters)
                    } else {
                        for i in 0..rows {
                            for j in 0..filters {
                                widened.add(i * filters + j).write((*slope.add(i * all_filters + j)).widen());
                            }
                        }
                        (widened, filters)
                    };
                    let operands = NestedOperands {
                        a: patches,
                        a_row: 1,
                        a_step: block.columns,
                        b,
                        b_row,
                        out,
                        out_row: all_filters,
                        goes_on: first > begin,
                    };
                    product(rows).run(&operands, scratch);
                    first += rows;
                    if first >= end {
                        return;
                    }
                }
            }
        });
    }
}

/// The inputs of a run.
struct Views<E> {
    image: *const E,
    slope: *const E,
}

// SAFETY: they are addresses of inputs, which any thread may read.
unsafe impl<E: Element> Sync for Views<E> {}

/// Where sums begin.
#[derive(Clone, Copy)]
struct Sums<T>(*mut T);

impl<T> Sums<T> {
    /// The sums of the part that begins so many on.
    fn of_part(&self, from: usize) -> *mut T {
        self.0.wrapping_add(from)
    }
}

// SAFETY: it is an address; pieces write different numbers.
unsafe impl<T: Number> Sync for Sums<T> {}

impl Sealed for ConvFilterGradientKernel {}

impl Kernel for ConvFilterGradientKernel {
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
            let (image, slope) = (inputs[0].pointer(), inputs[1].pointer());
            // SAFETY: the caller's promise; tiles are of `f32`.
            unsafe { tiles.filter_gradient(self.level, context, image, slope, out) };
            return Ok(());
        }
        with_element!(self.spec.dtype, T => {
            // SAFETY: the caller's promise.
            unsafe { self.run_as::<T>(context, inputs, outputs) }
        });
        Ok(())
    }
}
