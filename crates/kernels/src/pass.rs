//! Loops over one space that go through it together, block by block.
//!
//! ```text
//! for each block of the space:
//!     for each loop: compute the block
//! ```
//!
//! What several of them read comes from memory once; the others find it in the first cache. Where there is more than caches
//! hold, memory would be idle while they compute: so before each loop a part of the next block is asked for. Each loop gives the
//! bits that it gives alone: blocks, and the parts in which reductions fold, are the same.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::ahead::{BEYOND_CACHES, prefetch_part};
use crate::arena::Shared;
use crate::block::{LANES, Table};
use crate::kernel::sealed::Sealed;
use crate::reduce::PART;
use crate::{
    ALIGNMENT, Context, In, Kernel, KernelError, MapKernel, Out, ReduceKernel, map, reduce, threads,
};

/// The most loops that go together: more would read more than they share.
const MOST: usize = 4;

/// A loop that may go with others: see [`PassKernel`].
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // There are four at most, and each is made once.
pub enum PassLoop {
    /// An elementwise loop.
    Map(MapKernel),
    /// A reduction.
    Reduce(ReduceKernel),
}

/// Elementwise loops and reductions over spaces of one size that go through them together. Its inputs are those of the loops,
/// what several read once; its outputs are those of the first loop, then of the next. None takes the place of an input.
///
/// ```
/// use tenseur_kernels::{
///     Buffer, Context, Layout, MapKernel, MapProgram, PassKernel, PassLoop, ReduceKernel, ReduceOp, ScalarType::F32, Unary, call,
/// };
///
/// // −x and the sum of x, of 65,536 numbers.
/// let (shape, layouts) = ([1 << 16], [Layout::contiguous(&[1 << 16])]);
/// let mut negative = MapProgram::new();
/// let x = negative.input(F32);
/// let y = negative.unary(Unary::Neg, x);
/// negative.output(y, F32);
/// let negative = MapKernel::new(negative, &shape, &layouts)?;
/// let mut same = MapProgram::new();
/// let x = same.input(F32);
/// same.output(x, F32);
/// let sum = ReduceKernel::new(same, &shape, &layouts, &[0], ReduceOp::Sum, None)?;
/// // Both read input 0.
/// let kernel = PassKernel::new(vec![(PassLoop::Map(negative), vec![0]), (PassLoop::Reduce(sum), vec![0])])?;
///
/// let x = Buffer::from_slice(&[0.5_f32; 1 << 16]);
/// let (mut y, mut sum) = (Buffer::zeroed(4 << 16), Buffer::zeroed(4));
/// call(&kernel, &Context { threads: 1 }, &[x.bytes()], &mut [y.bytes_mut(), sum.bytes_mut()]).unwrap();
/// assert_eq!((y.slice::<f32>()[7], sum.slice::<f32>()), (-0.5, &[32_768.0_f32][..]));
/// # Ok::<(), String>(())
/// ```
pub struct PassKernel {
    members: Vec<Member>,
    count: usize,
    /// The space is cut into parts of so many elements.
    part: usize,
    /// Scratch memory of all members.
    scratch: usize,
    /// Bytes of what all parts are folded to.
    folded: usize,
    /// The inputs whose next block is asked for, and the bytes of an element, where there is more than caches hold.
    ahead: Vec<(usize, usize)>,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

struct Member {
    work: PassLoop,
    /// By input of the loop, which one of the kernel's it is.
    inputs: Vec<usize>,
    /// The kernel's output that is its first.
    first_output: usize,
    /// Where in the scratch memory its own begins, and among what is folded its parts'.
    scratch_at: usize,
    folded_at: usize,
}

/// The first bytes of a member's inputs and outputs in one run.
struct Views {
    map: Table,
    reduce: reduce::Views,
}

// SAFETY: the tables are only read; what they point at is shared by parts that write to different places.
unsafe impl Sync for Views {}

/// Where a member's blocks and registers are, in one part.
struct Tables {
    map: Table,
    reduce: reduce::Tables,
}

/// One member's work on one part.
enum Worker<'a> {
    Map(map::Worker<'a>),
    Reduce(reduce::Worker<'a>, reduce::Folding),
}

impl PassLoop {
    fn kernel(&self) -> &dyn Kernel {
        match self {
            PassLoop::Map(kernel) => kernel,
            PassLoop::Reduce(kernel) => kernel,
        }
    }
}

impl PassKernel {
    /// Loops, each with the numbers of its inputs among the kernel's.
    ///
    /// # Errors
    /// When there are more than four or fewer than two, they differ in how many elements they go through, an input has another
    /// size for one than for another, or a loop has reason to go through its space in another way: in rows where its inputs
    /// lie apart, or result by result where it has many.
    pub fn new(loops: Vec<(PassLoop, Vec<usize>)>) -> Result<PassKernel, String> {
        if !(2..=MOST).contains(&loops.len()) {
            return Err(format!("2 to {MOST} loops go together, not {}", loops.len()));
        }
        let parts: Vec<Option<usize>> = loops.iter().map(|(work, _)| part(work)).collect();
        let count = count(&loops[0].0);
        let part = parts.iter().flatten().next().copied().unwrap_or(PART);
        let inputs = loops.iter().flat_map(|(_, inputs)| inputs).max().map_or(0, |&last| last + 1);
        let mut input_bytes = vec![None; inputs];
        let (mut output_bytes, mut members) = (Vec::new(), Vec::with_capacity(loops.len()));
        let (mut scratch, mut folded) = (0, 0);
        for ((work, inputs), own_part) in loops.into_iter().zip(parts) {
            let goes = match &work {
                PassLoop::Map(kernel) => kernel.goes_by_blocks_of(count),
                PassLoop::Reduce(kernel) => kernel.count() == count && own_part == Some(part),
            };
            if !goes {
                return Err(format!("{work:?} goes through its space in another way than others"));
            }
            let work = match work {
                PassLoop::Map(kernel) => PassLoop::Map(kernel.without_asking()),
                reduction => reduction,
            };
            let kernel = work.kernel();
            if kernel.input_bytes().len() != inputs.len() {
                return Err(format!(
                    "{} inputs were given for the {} of {work:?}",
                    inputs.len(),
                    kernel.input_bytes().len()
                ));
            }
            for (&bytes, &input) in kernel.input_bytes().iter().zip(&inputs) {
                if *input_bytes[input].get_or_insert(bytes) != bytes {
                    return Err(format!(
                        "input {input} has {bytes} bytes for {work:?}, and others for another loop"
                    ));
                }
            }
            let first_output = output_bytes.len();
            output_bytes.extend_from_slice(kernel.output_bytes());
            let (scratch_at, folded_at) = (scratch, folded);
            let (own_scratch, own_folded) = match &work {
                PassLoop::Map(kernel) => (kernel.scratch(), 0),
                PassLoop::Reduce(kernel) => (kernel.scratch(), kernel.part_bytes() * count.div_ceil(part)),
            };
            scratch += own_scratch.next_multiple_of(ALIGNMENT);
            folded += own_folded.next_multiple_of(ALIGNMENT);
            members.push(Member { work, inputs, first_output, scratch_at, folded_at });
        }
        let input_bytes: Option<Vec<usize>> = input_bytes.into_iter().collect();
        let input_bytes = input_bytes.ok_or("an input is read by no loop")?;
        let moved =
            input_bytes.iter().chain(&output_bytes).fold(0, |sum: usize, &bytes| sum.saturating_add(bytes));
        // Those that have an element for each of the space.
        let ahead = (input_bytes.iter().enumerate())
            .filter(|(_, bytes)| moved >= BEYOND_CACHES && count > 0 && bytes.is_multiple_of(count))
            .map(|(input, bytes)| (input, bytes / count))
            .collect();
        Ok(PassKernel { members, count, part, scratch, folded, ahead, input_bytes, output_bytes })
    }

    /// Computes part number `part`, and leaves what reductions fold of it at its place in `folded`.
    ///
    /// # Safety
    /// As for [`Kernel::run`], whose views these are; `folded` has room for all parts, and nobody else works on this one.
    unsafe fn run_part(
        &self,
        inputs: &[In<'_>],
        views: &[Views; MOST],
        part: usize,
        folded: Shared<u8>,
    ) -> Result<(), KernelError> {
        threads::with_scratch(self.scratch, |scratch| {
            let scratch = scratch.as_mut_ptr();
            let mut tables = [const { Tables { map: Table::new(), reduce: reduce::Tables::new() } }; MOST];
            let mut workers = [const { None::<Worker<'_>> }; MOST];
            // SAFETY: as promised; members have scratch memory of their own, as large as they need; blocks lie in the part.
            unsafe {
                for (number, (member, tables)) in self.members.iter().zip(&mut tables).enumerate() {
                    let scratch = scratch.add(member.scratch_at);
                    workers[number] = Some(member.start(&views[number], tables, scratch)?);
                }
                let end = self.count.min((part + 1) * self.part);
                let mut start = part * self.part;
                while start < end {
                    let n = LANES.min(end - start);
                    for (number, worker) in workers.iter_mut().flatten().enumerate() {
                        for &(input, size) in &self.ahead {
                            let next = inputs[input].pointer::<u8>().wrapping_add((start + n) * size);
                            prefetch_part(next, n * size, number, self.members.len());
                        }
                        match worker {
                            Worker::Map(worker) => worker.block(start, n)?,
                            Worker::Reduce(worker, folding) => worker.fold_block(folding, start, n)?,
                        }
                    }
                    start += n;
                }
                for (member, worker) in self.members.iter().zip(workers) {
                    match worker {
                        Some(Worker::Map(worker)) => worker.finish(),
                        Some(Worker::Reduce(mut worker, folding)) => {
                            let (lanes, bytes) = (worker.end(folding), worker.kernel.part_bytes());
                            let to = folded.pointer().add(member.folded_at + part * bytes);
                            std::ptr::copy_nonoverlapping(lanes, to, bytes);
                        }
                        None => {}
                    }
                }
            }
            Ok(())
        })
    }
}

impl Member {
    /// # Safety
    /// The views are what [`Kernel::run`] promises, and the scratch memory is this member's.
    unsafe fn start<'a>(
        &'a self,
        views: &'a Views,
        tables: &'a mut Tables,
        scratch: *mut u8,
    ) -> Result<Worker<'a>, KernelError> {
        // SAFETY: as promised.
        unsafe {
            Ok(match &self.work {
                PassLoop::Map(kernel) => {
                    kernel.fill_in(&views.map, &mut tables.map);
                    let mut worker =
                        map::Worker { kernel, views: &views.map, table: &mut tables.map, scratch };
                    worker.start()?;
                    Worker::Map(worker)
                }
                PassLoop::Reduce(kernel) => {
                    let mut worker =
                        reduce::Worker { kernel, views: &views.reduce, tables: &mut tables.reduce, scratch };
                    worker.start()?;
                    let folding = worker.begin_part();
                    Worker::Reduce(worker, folding)
                }
            })
        }
    }
}

/// The part that a loop folds at a time, if it is a reduction that can go with others.
fn part(work: &PassLoop) -> Option<usize> {
    match work {
        PassLoop::Map(_) => None,
        PassLoop::Reduce(kernel) => kernel.goes_by_parts(),
    }
}

fn count(work: &PassLoop) -> usize {
    match work {
        PassLoop::Map(kernel) => kernel.count(),
        PassLoop::Reduce(kernel) => kernel.count(),
    }
}

impl fmt::Debug for PassKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| &member.work)).finish()
    }
}

impl Sealed for PassKernel {}

impl Kernel for PassKernel {
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
        self.members.iter().map(|member| member.work.kernel().operations()).sum()
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let mut views = [const { Views { map: Table::new(), reduce: reduce::Views::new() } }; MOST];
        for (member, views) in self.members.iter().zip(&mut views) {
            let input = |number: usize| inputs[member.inputs[number]].pointer::<u8>().cast_mut();
            let output = |number: usize| outputs[member.first_output + number].pointer();
            match &member.work {
                PassLoop::Map(kernel) => kernel.views(input, output, &mut views.map),
                PassLoop::Reduce(kernel) => kernel.views(input, output, &mut views.reduce),
            }
        }
        threads::with_shared_scratch(self.folded, |memory| {
            let folded = Shared::new(memory.as_mut_ptr());
            let views = &views;
            threads::first_error(context.threads, self.count.div_ceil(self.part), &|part| {
                // SAFETY: the caller's promises; each part has places of its own.
                unsafe { self.run_part(inputs, views, part, folded) }
            })?;
            for (member, views) in self.members.iter().zip(views) {
                if let PassLoop::Reduce(kernel) = &member.work {
                    // SAFETY: the caller's promises; all parts are there.
                    unsafe {
                        let folded = Shared::new(folded.pointer().add(member.folded_at));
                        kernel.finish_parts(&views.reduce, folded)?;
                    }
                }
            }
            Ok(())
        })
    }
}
