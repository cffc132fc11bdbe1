//! Loops over the same tensors become one step, which goes through them stretch by stretch: the loss of a rectifier with a learnt
//! slope, and both of its gradients, read the same input, from memory once instead of three times.
//!
//! At least one of them is a reduction to few results: maps alone rather work in place.

use tenseur_kernels::{Layout, TogetherKernel, TogetherLoop};

use crate::compile::plan::{map_kernel, reduce_kernel};
use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// Fewer elements than this are in the cache in any case.
const FEWEST_ELEMENTS: usize = 1 << 18;

/// So many tasks are looked at for others that read the same.
const NEAR: usize = 24;

/// Joins loops.
pub(crate) fn together(tasks: &mut Tasks) {
    for index in 0.. {
        let group = group(tasks, index);
        if let Some(kernel) = kernel(tasks, &group) {
            // The last first, so that the others stay where they are.
            let mut parts: Vec<Task> = group.iter().rev().map(|&member| tasks.list.remove(member)).collect();
            parts.reverse();
            tasks.list.insert(index, joined(parts, kernel));
        }
        if index + 1 >= tasks.list.len() {
            return;
        }
    }
}

/// Task `index` and those after it that read some of the same and can run with it.
fn group(tasks: &Tasks, index: usize) -> Vec<usize> {
    if index >= tasks.list.len() {
        return Vec::new();
    }
    let Some(mut shared) = loop_reads(tasks, index) else { return Vec::new() };
    let mut group = vec![index];
    for later in index + 1..tasks.list.len().min(index + NEAR) {
        let same_space = elements(&tasks.list[later]) == elements(&tasks.list[index]);
        let Some(reads) = loop_reads(tasks, later).filter(|_| same_space) else { continue };
        if reads.iter().any(|read| shared.contains(read)) && moves_up(tasks, index, later) {
            shared.extend(reads);
            group.push(later);
        }
    }
    group
}

/// What the task reads of the size of its loop, as it lies, if it is a loop that may go with others.
fn loop_reads(tasks: &Tasks, index: usize) -> Option<Vec<ValueId>> {
    let task = &tasks.list[index];
    let (Kind::Map { shape, .. } | Kind::Reduce { shape, .. }) = &task.kind else { return None };
    let arena = |value: &ValueId| matches!(tasks.values[tasks.root(*value)].home, Home::Arena);
    if task.effect || task.can_fail || shape.elements() < FEWEST_ELEMENTS || !task.writes.iter().all(arena) {
        return None;
    }
    let whole = |(_, layout): &&(ValueId, Layout)| *layout == Layout::contiguous(shape);
    Some(task.reads.iter().filter(whole).map(|(value, _)| tasks.root(*value)).collect())
}

fn elements(task: &Task) -> usize {
    match &task.kind {
        Kind::Map { shape, .. } | Kind::Reduce { shape, .. } => shape.elements(),
        _ => 0,
    }
}

/// Whether task `later` reads nothing that is written from task `index` on.
fn moves_up(tasks: &Tasks, index: usize, later: usize) -> bool {
    let mut written = tasks.list[index..later].iter().flat_map(|task| &task.writes);
    let reads = &tasks.list[later].reads;
    !written.any(|&value| reads.iter().any(|&(read, _)| tasks.root(read) == tasks.root(value)))
}

/// The kernel of the tasks, if theirs go together.
fn kernel(tasks: &Tasks, group: &[usize]) -> Option<TogetherKernel> {
    let loops = group.iter().map(|&member| {
        let task = &tasks.list[member];
        match &task.kind {
            Kind::Map { program, shape } => {
                map_kernel(program.clone(), shape, &task.reads).ok().map(TogetherLoop::Map)
            }
            Kind::Reduce { reduce, shape } => {
                reduce_kernel(reduce.clone(), shape, &task.reads).ok().map(TogetherLoop::Reduce)
            }
            Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Together { .. } => None,
        }
    });
    TogetherKernel::new(loops.collect::<Option<Vec<_>>>()?)
}

/// The tasks as one.
fn joined(parts: Vec<Task>, kernel: TogetherKernel) -> Task {
    let origin = parts[parts.len() - 1].origin;
    let origins = parts.iter().flat_map(|task| task.absorbed.iter().chain([&task.origin]));
    Task {
        origin,
        absorbed: origins.copied().filter(|&other| other != origin).collect(),
        reads: parts.iter().flat_map(|task| &task.reads).cloned().collect(),
        writes: parts.iter().flat_map(|task| &task.writes).copied().collect(),
        kind: Kind::Together { parts, kernel: Box::new(kernel) },
        effect: false,
        can_fail: false,
    }
}
