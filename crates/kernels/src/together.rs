//! Maps and reductions that read the same tensors, stretch by stretch: what one of them has read, the others find in the second
//! cache and not in memory.
//!
//! Loop: for each stretch of some 16,384 elements, on any thread: each of the loops over that stretch. Each computes what it
//! does alone, to the bit: a reduction's stretch is one of the parts in which it is folded in any case.

use crate::arena::Shared;
use crate::kernel::sealed::Sealed;
use crate::map::{MapKernel, Views as MapViews};
use crate::reduce::{ReduceKernel, ReduceViews};
use crate::{Context, In, Kernel, KernelError, Out, threads};

/// So many loops go together at most.
const MOST: usize = 6;

/// One of the loops that a [`TogetherKernel`] runs.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There are few, and each stays where it was made.
pub enum TogetherLoop {
    /// An elementwise loop.
    Map(MapKernel),
    /// A reduction to few results.
    Reduce(ReduceKernel),
}

impl TogetherLoop {
    fn kernel(&self) -> &dyn Kernel {
        match self {
            TogetherLoop::Map(map) => map,
            TogetherLoop::Reduce(reduce) => reduce,
        }
    }
}

/// Loops over the same space as one kernel. Its inputs and outputs are those of the loops, one loop after another; no loop reads
/// what another writes, and no output shares memory with an input.
///
/// ```
/// use tenseur_kernels::{
///     Binary, Context, Kernel, Layout, MapKernel, MapProgram, ReduceKernel, ReduceOp, ScalarType::F32, TogetherKernel,
///     TogetherLoop, call,
/// };
///
/// // The squares of many numbers, and the sum of the numbers.
/// let (mut square, mut same) = (MapProgram::new(), MapProgram::new());
/// let x = square.input(F32);
/// let product = square.binary(Binary::Mul, x, x);
/// square.output(product, F32);
/// let x = same.input(F32);
/// same.output(x, F32);
/// let (shape, layouts) = ([1 << 17], [Layout::contiguous(&[1 << 17])]);
/// let loops = vec![
///     TogetherLoop::Map(MapKernel::new(square, &shape, &layouts)?),
///     TogetherLoop::Reduce(ReduceKernel::new(same, &shape, &layouts, &[0], ReduceOp::Sum, None)?),
/// ];
/// let kernel = TogetherKernel::new(loops).expect("both walk 131,072 numbers in order");
///
/// let (x, mut squares, mut sum) = (vec![3_f32; 1 << 17], vec![0_f32; 1 << 17], [0_f32]);
/// let inputs = [bytemuck::cast_slice(&x), bytemuck::cast_slice(&x)];
/// let outputs = &mut [bytemuck::cast_slice_mut(&mut squares), bytemuck::cast_slice_mut(&mut sum)];
/// call(&kernel, &Context { threads: 1 }, &inputs, outputs).unwrap();
/// assert_eq!((squares[1000], sum[0]), (9., 393_216.));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct TogetherKernel {
    loops: Vec<TogetherLoop>,
    stretches: usize,
    /// Elements of a stretch.
    stretch: usize,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

impl TogetherKernel {
    /// The loops as one kernel; `None` if they do not all walk one space in order, in the same stretches, or if none of them is
    /// a reduction.
    pub fn new(loops: Vec<TogetherLoop>) -> Option<TogetherKernel> {
        let stretches = loops.iter().find_map(|one| match one {
            TogetherLoop::Reduce(reduce) => reduce.stretches(),
            TogetherLoop::Map(_) => None,
        })?;
        let fits = |one: &TogetherLoop| match one {
            TogetherLoop::Reduce(reduce) => reduce.stretches() == Some(stretches),
            TogetherLoop::Map(map) => map.has_stretches(stretches.elements, stretches.of),
        };
        if !(2..=MOST).contains(&loops.len()) || !loops.iter().all(fits) {
            return None;
        }
        let input_bytes = loops.iter().flat_map(|one| one.kernel().input_bytes()).copied().collect();
        let output_bytes = loops.iter().flat_map(|one| one.kernel().output_bytes()).copied().collect();
        Some(TogetherKernel {
            stretches: stretches.elements.div_ceil(stretches.of),
            stretch: stretches.of,
            loops,
            input_bytes,
            output_bytes,
        })
    }
}

/// How a loop over a dense space is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretches {
    /// Elements of the space.
    pub(crate) elements: usize,
    /// Elements of a stretch.
    pub(crate) of: usize,
}

/// What a loop of one run reads and writes.
struct Views {
    map: MapViews,
    reduce: ReduceViews,
}

impl Sealed for TogetherKernel {}

impl Kernel for TogetherKernel {
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
        self.loops.iter().map(|one| one.kernel().operations()).sum()
    }

    unsafe fn run(
        &self,
        context: &Context,
        mut inputs: &[In<'_>],
        mut outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let mut views: [Views; MOST] =
            std::array::from_fn(|_| Views { map: MapViews::new(), reduce: ReduceViews::new() });
        let (mut folded_at, mut folded_bytes) = ([0; MOST], 0);
        for (number, one) in self.loops.iter().enumerate() {
            let (own_inputs, others) = inputs.split_at(one.kernel().input_bytes().len());
            let (own_outputs, other_outputs) = outputs.split_at_mut(one.kernel().output_bytes().len());
            (inputs, outputs) = (others, other_outputs);
            match one {
                TogetherLoop::Map(map) => map.views(own_inputs, own_outputs, &mut views[number].map),
                TogetherLoop::Reduce(reduce) => {
                    reduce.views(own_inputs, own_outputs, &mut views[number].reduce);
                    folded_at[number] = folded_bytes;
                    folded_bytes += reduce.folded_bytes().next_multiple_of(64);
                }
            }
        }
        let views = &views;
        threads::with_shared_scratch(folded_bytes, |memory| {
            let memory = Shared::new(memory.as_mut_ptr());
            // SAFETY: the memory has room for what each reduction's parts are folded to, one reduction after another.
            let folded = |number: usize| Shared::new(unsafe { memory.pointer().add(folded_at[number]) });
            threads::first_error(context.threads, self.stretches, &|stretch| {
                self.loops.iter().enumerate().try_for_each(|(number, one)| match one {
                    // SAFETY: the caller's promises; each stretch of each loop is run once.
                    TogetherLoop::Map(map) => unsafe {
                        map.run_stretch(&views[number].map, stretch, self.stretch)
                    },
                    // SAFETY: as above, and each part has a place of its own.
                    TogetherLoop::Reduce(reduce) => unsafe {
                        reduce.fold_part(&views[number].reduce, stretch, folded(number))
                    },
                })
            })?;
            self.loops.iter().enumerate().try_for_each(|(number, one)| match one {
                TogetherLoop::Map(_) => Ok(()),
                // SAFETY: the caller's promises; all parts are there.
                TogetherLoop::Reduce(reduce) => unsafe {
                    reduce.finish_parts(&views[number].reduce, folded(number))
                },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScalarType::F32;
    use crate::{Binary, Layout, MapProgram, ReduceOp, call};

    const ROWS: usize = 3001;

    /// x·y as a map; Σ x·y; Σ over rows of x − y; of two inputs of `ROWS` rows of `columns` numbers, y being one row if `row`.
    fn loops(columns: usize, row: bool) -> Vec<TogetherLoop> {
        let shape = [ROWS, columns];
        let y_layout = match row {
            true => Layout::broadcast(&[columns], &shape).unwrap(),
            false => Layout::contiguous(&shape),
        };
        let layouts = [Layout::contiguous(&shape), y_layout];
        let program = |op| {
            let mut program = MapProgram::new();
            let (x, y) = (program.input(F32), program.input(F32));
            let result = program.binary(op, x, y);
            program.output(result, F32);
            program
        };
        let reduce = |op, axes: &[usize]| {
            ReduceKernel::new(program(op), &shape, &layouts, axes, ReduceOp::Sum, None).unwrap()
        };
        vec![
            TogetherLoop::Reduce(reduce(Binary::Mul, &[0, 1])),
            TogetherLoop::Map(MapKernel::new(program(Binary::Mul), &shape, &layouts).unwrap()),
            TogetherLoop::Reduce(reduce(Binary::Sub, &[0])),
        ]
    }

    #[test]
    fn each_loop_gives_the_bits_that_it_gives_alone() {
        for (columns, row) in [(64, true), (64, false), (16, true), (256, false)] {
            let count = ROWS * columns;
            let numbers = |step: usize, count: usize| -> Vec<f32> {
                (0..count).map(|i| (i * step % 1009) as f32 / 500.0 - 1.0).collect()
            };
            let (x, y) = (numbers(7919, count), numbers(104_729, if row { columns } else { count }));
            let (x, y): (&[u8], &[u8]) = (bytemuck::cast_slice(&x), bytemuck::cast_slice(&y));
            let sizes = [1, count, columns];
            let mut alone = sizes.map(|size| vec![0_f32; size]);
            for (one, output) in loops(columns, row).iter().zip(&mut alone) {
                let output = bytemuck::cast_slice_mut(output);
                call(one.kernel(), &Context { threads: 1 }, &[x, y], &mut [output]).unwrap();
            }
            let kernel = TogetherKernel::new(loops(columns, row)).expect("one space");
            for threads in [1, 2, 3] {
                let mut together = sizes.map(|size| vec![f32::NAN; size]);
                let mut outputs = together.each_mut().map(|output| bytemuck::cast_slice_mut(output));
                call(&kernel, &Context { threads }, &[x, y, x, y, x, y], &mut outputs).unwrap();
                assert_eq!(together, alone, "{columns} columns, {threads} threads");
            }
        }
    }

    #[test]
    fn loops_of_other_spaces_stay_apart() {
        let first = |columns| loops(columns, false).swap_remove(0);
        let map = |columns| loops(columns, false).swap_remove(1);
        assert!(TogetherKernel::new(vec![first(64), map(64)]).is_some());
        assert!(TogetherKernel::new(vec![first(64), map(32)]).is_none());
        assert!(TogetherKernel::new(vec![map(64), map(64)]).is_none(), "no reduction");
        assert!(TogetherKernel::new(vec![first(64)]).is_none(), "one loop");
    }
}
