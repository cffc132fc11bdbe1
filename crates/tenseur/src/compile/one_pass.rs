//! Maps and reductions that read the same large tensor become one task, which goes through it once, block by block: a transfer
//! function's gradient and the sums that its parameters' gradients are, or the sum of numbers and of their squares. What fits no
//! cache is what such loops wait for.
//!
//! They happen where the last of them stood, so nothing in between may read what they write, or write what they read.

use tenseur_kernels::{Layout, PassKernel, PassLoop};

use crate::compile::plan;
use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// What is shared has at least so many bytes: what is smaller stays in a cache from one loop to the next.
const FEWEST_BYTES: usize = 1 << 19;

/// So many tasks apart, at most, are looked at.
const FURTHEST: usize = 64;

/// Lets loops go together.
pub(crate) fn one_pass(tasks: &mut Tasks) {
    let mut groups: Vec<(Vec<usize>, Option<PassKernel>)> = Vec::new();
    for index in 0..tasks.list.len() {
        let shared = large_reads(tasks, &tasks.list[index]);
        if shared.is_empty() {
            continue;
        }
        let mut near = groups.iter_mut().rev().take_while(|(group, _)| index - group[0] <= FURTHEST);
        let joined = near.find_map(|(group, kernel)| {
            if !may_join(tasks, group, index, &shared) {
                return None;
            }
            let all: Vec<&Task> = group.iter().chain([&index]).map(|&index| &tasks.list[index]).collect();
            *kernel = Some(PassKernel::new(loops(tasks, &all)?).ok()?);
            group.push(index);
            Some(())
        });
        if joined.is_none() {
            groups.push((vec![index], None));
        }
    }
    if groups.iter().all(|(_, kernel)| kernel.is_none()) {
        return;
    }
    let mut list: Vec<Option<Task>> = std::mem::take(&mut tasks.list).into_iter().map(Some).collect();
    for (group, kernel) in groups {
        let (Some(kernel), Some(&last)) = (kernel, group.last()) else { continue };
        let members: Vec<Task> = group.iter().filter_map(|&index| list[index].take()).collect();
        list[last] = Some(together(tasks, members, kernel));
    }
    tasks.list = list.into_iter().flatten().collect();
}

/// What a loop that may go with others reads of large tensors, as they lie.
fn large_reads(tasks: &Tasks, task: &Task) -> Vec<ValueId> {
    let (reads, shape) = match &task.kind {
        Kind::Map { shape, .. } => (&task.reads[..], shape),
        Kind::Reduce { reduce, shape } => (&task.reads[..reduce.prologue.inputs().len()], shape),
        Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => return Vec::new(),
    };
    let bytes =
        |value: ValueId| tasks.values[value].dtype.size().unwrap_or(0).saturating_mul(shape.elements());
    let written = |&value: &ValueId| matches!(tasks.values[tasks.root(value)].home, Home::Arena);
    if task.effect || task.can_fail || !task.writes.iter().all(written) {
        return Vec::new();
    }
    let plain = |(value, layout): &&(ValueId, Layout)| {
        bytes(*value) >= FEWEST_BYTES && *layout == Layout::contiguous(shape)
    };
    reads.iter().filter(plain).map(|(value, _)| tasks.root(*value)).collect()
}

/// Whether task `index`, which reads these large tensors, shares one with each of the tasks of a group, and they may all happen
/// where it stands.
fn may_join(tasks: &Tasks, group: &[usize], index: usize, shared: &[ValueId]) -> bool {
    let task = &tasks.list[index];
    group.iter().all(|&member| {
        let first = &tasks.list[member];
        let reads = |task: &Task| {
            task.reads
                .iter()
                .any(|(read, _)| first.writes.iter().any(|write| tasks.root(*write) == tasks.root(*read)))
        };
        let writes = |task: &Task| {
            let states =
                |value: ValueId| first.reads.iter().any(|(read, _)| tasks.root(*read) == tasks.root(value));
            task.writes.iter().any(|&value| states(value))
        };
        large_reads(tasks, first).iter().any(|read| shared.contains(read))
            && !reads(task)
            && !tasks.list[member + 1..index].iter().any(|between| reads(between) || writes(between))
    })
}

/// The loops of tasks, and what each reads among what all read.
fn loops(tasks: &Tasks, members: &[&Task]) -> Option<Vec<(PassLoop, Vec<usize>)>> {
    let reads = reads(tasks, members);
    let of = |task: &&Task| {
        let work = plan::pass_loop(&task.kind, &task.reads)?;
        let place = |read| reads.iter().position(|known| same(tasks, known, read));
        let inputs: Option<Vec<usize>> = task.reads.iter().map(place).collect();
        Some((work, inputs?))
    };
    members.iter().map(of).collect()
}

/// What all tasks read, each thing once.
fn reads(tasks: &Tasks, members: &[&Task]) -> Vec<(ValueId, Layout)> {
    let mut all: Vec<(ValueId, Layout)> = Vec::new();
    for read in members.iter().flat_map(|task| &task.reads) {
        if !all.iter().any(|known| same(tasks, known, read)) {
            all.push(read.clone());
        }
    }
    all
}

fn same(tasks: &Tasks, one: &(ValueId, Layout), other: &(ValueId, Layout)) -> bool {
    tasks.root(one.0) == tasks.root(other.0) && one.1 == other.1
}

/// One task of several.
fn together(tasks: &Tasks, members: Vec<Task>, kernel: PassKernel) -> Task {
    let reads = reads(tasks, &members.iter().collect::<Vec<_>>());
    let nodes = members.iter().flat_map(|task| task.absorbed.iter().chain([&task.origin]));
    let mut absorbed: Vec<_> = nodes.copied().collect();
    let origin = absorbed.pop().unwrap_or(members[0].origin);
    let writes = members.iter().flat_map(|task| task.writes.iter().copied()).collect();
    let kind = Kind::Pass { members, kernel: Box::new(kernel) };
    Task { origin, absorbed, kind, reads, writes, effect: false, can_fail: false }
}
