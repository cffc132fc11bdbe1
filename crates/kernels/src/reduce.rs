//! Reductions: sums, products, greatest and least numbers over some axes of a tensor, with an elementwise program
//! before and another after.
//!
//! ```text
//! outputs = epilogue(reduce over axes of prologue(inputs), further inputs)
//! ```
//!
//! The prologue runs on blocks of up to 512 elements, which are folded while they are in the first cache; the epilogue
//! runs on blocks of results. There are two ways to walk the tensor:
//!
//! - *Within*: one result after another, or a short row of them, each from all its numbers. For row sums, and for
//!   column sums of a few columns. The numbers go to at least 32 lanes, number i to lane i mod 32.
//! - *Across*: a block of results at once, number after number. For column sums, and for sums of very short rows.
//!
//! Float sums and products are pairwise above some hundreds of numbers (Higham, *The accuracy of floating point
//! summation*, 1993), so the error hardly grows with their count. The order is fixed by the shape alone: neither the
//! number of threads nor the width of the machine's registers changes a bit.

mod fold;
mod plan;
mod record;
mod run;
#[cfg(test)]
mod tests;

use std::fmt;

use self::fold::Folds;
pub(crate) use self::fold::{FoldLanes, FoldRows, FoldShort, FoldTogether};
pub(crate) use self::plan::PART;
use self::plan::{Input, Walk};
pub(crate) use self::run::{Folding, Tables, Views, Worker};
use crate::block::BlockProgram;
use crate::kernel::sealed::Sealed;
use crate::recording::Recorder;
use crate::simd::Level;
use crate::{Context, In, Kernel, KernelError, Out};

/// What a reduction makes of many numbers. Of none it makes what changes no other: 0, 1, the lowest or the highest
/// number of the type (−∞ or ∞ of a float), false or true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Their sum. Integers wrap; `f16` and `bf16` are summed as `f32`.
    Sum,
    /// Their product. Integers wrap; `f16` and `bf16` are multiplied as `f32`.
    Prod,
    /// The greatest; NaN if one is.
    Max,
    /// The least; NaN if one is.
    Min,
    /// Whether one of these bools is true.
    Any,
    /// Whether all of these bools are true.
    All,
}

/// A reduction for one shape. Its inputs are the prologue's, then the epilogue's but the first, which is the result
/// of the reduction. Its outputs, the epilogue's, are contiguous in the shape that is left.
///
/// An output may take the place of one of the epilogue's inputs that lies as it does, with elements of the same size,
/// and is read no more once the output is written.
///
/// ```
/// use tenseur_kernels::{Binary, Context, Layout, MapProgram, ReduceKernel, ReduceOp, ScalarType::F32, call};
///
/// // The sum of the squares of each row of a [2, 3] tensor.
/// let mut square = MapProgram::new();
/// let x = square.input(F32);
/// let product = square.binary(Binary::Mul, x, x);
/// square.output(product, F32);
/// let layouts = [Layout::contiguous(&[2, 3])];
/// let kernel = ReduceKernel::new(square, &[2, 3], &layouts, &[1], ReduceOp::Sum, None)?;
///
/// let (x, mut sums) = ([1_f32, 2., 3., 4., 5., 6.], [0_f32; 2]);
/// let (inputs, output) = ([bytemuck::cast_slice(&x)], bytemuck::cast_slice_mut(&mut sums));
/// call(&kernel, &Context { threads: 1 }, &inputs, &mut [output]).unwrap();
/// assert_eq!(sums, [14., 77.]);
/// # Ok::<(), String>(())
/// ```
pub struct ReduceKernel {
    op: ReduceOp,
    level: Level,
    folds: Folds,
    /// What folding nothing gives, and the bytes of a number.
    identity: u64,
    size: usize,
    /// Whether the order of folding changes nothing.
    exact: bool,
    walk: Walk,
    /// The space that blocks are cut from: rows of `row` elements, each cut into blocks of up to `lanes`.
    space: Vec<usize>,
    row: usize,
    lanes: usize,
    /// The space that is walked outside of it, step by step.
    outer: Vec<usize>,
    /// How many numbers there are, and how many results.
    count: usize,
    kept: usize,
    /// The space is folded in so many parts, of so many elements each, by threads of their own.
    parts: usize,
    part: usize,
    /// Operations that an element takes before it is folded.
    prologue_operations: u64,
    prologue: BlockProgram,
    inputs: Vec<Input>,
    epilogue: BlockProgram,
    kept_space: Vec<usize>,
    further_inputs: Vec<Input>,
    /// Scratch memory: first the registers of the prologue, then from these bytes on the blocks it gathers, lanes,
    /// results, the epilogue's registers and the blocks that that gathers.
    lanes_at: usize,
    results_at: usize,
    epilogue_at: usize,
    scratch: usize,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
    output_sizes: Vec<usize>,
    in_place: Vec<bool>,
}

impl ReduceKernel {
    /// The same reduction with the instructions of another [`Level`], or the highest below it that the machine has.
    pub fn at_level(self, level: Level) -> ReduceKernel {
        ReduceKernel { level, ..self }
    }

    /// How many blocks of 512 elements lie between instructions of the prologue or of the epilogue at once, at most:
    /// see [`MapKernel::registers`](crate::MapKernel::registers).
    pub fn registers(&self) -> usize {
        self.prologue.registers().max(self.epilogue.registers())
    }
}

impl fmt::Debug for ReduceKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("ReduceKernel");
        f.field("op", &self.op)
            .field("count", &self.count)
            .field("kept", &self.kept)
            .field("walk", &self.walk);
        f.finish()
    }
}

impl Sealed for ReduceKernel {}

impl Kernel for ReduceKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.in_place[input * self.output_bytes.len() + output]
    }

    fn operations(&self) -> u64 {
        // What is folded, and what makes it; an epilogue runs over less.
        self.count as u64 * (1 + self.prologue_operations)
    }

    fn record(&self, recorder: &mut Recorder) -> Option<()> {
        self.write_down(recorder)
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        if self.kept == 0 {
            return Ok(());
        }
        // SAFETY: the caller's promises.
        unsafe { self.run_units(context, inputs, outputs) }
    }
}
