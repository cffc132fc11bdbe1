//! What is cheap to compute and read by several tasks becomes part of each of them, and is never written to memory: `x > 0`,
//! which a transfer function and both of its gradients ask for, costs less to compute three times than to write and to read.
//!
//! Only maps of few simple instructions, into maps and reductions over the same shape, and only where that moves fewer bytes.

use tenseur_kernels::{Binary, Instruction, Layout, MapProgram, Unary};

use crate::compile::fuse::{MOST_INPUTS, MOST_INSTRUCTIONS, spliced, undisturbed};
use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// Beyond so many instructions, computing again is not cheap.
const MOST_AGAIN: usize = 8;

/// Fewer elements than this are not worth it: there the number of instructions counts, not that of bytes.
const FEWEST_ELEMENTS: usize = 4096;

/// Lets readers compute what is cheap.
pub(crate) fn recompute(tasks: &mut Tasks) {
    if (0..tasks.list.len()).all(|index| cheap(tasks, index).is_none()) {
        return;
    }
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); tasks.values.len()];
    for (index, task) in tasks.list.iter().enumerate() {
        for (value, _) in &task.reads {
            let of_value = &mut readers[tasks.root(*value)];
            if of_value.last() != Some(&index) {
                of_value.push(index);
            }
        }
    }
    let mut fetched = vec![false; tasks.values.len()];
    tasks.fetches.iter().for_each(|&fetch| fetched[tasks.root(fetch)] = true);
    let mut has_epilogue = vec![false; tasks.values.len()];
    let mut gone = vec![false; tasks.list.len()];
    for (index, gone) in gone.iter_mut().enumerate() {
        for &value in &tasks.list[index].writes {
            let ends = matches!(tasks.list[index].kind, Kind::Gemm(_) | Kind::Reduce { .. });
            has_epilogue[tasks.root(value)] = ends;
        }
        let Some(root) = cheap(tasks, index).filter(|&root| !fetched[root]) else { continue };
        // It would rather end the product or the reduction that it reads.
        if tasks.list[index].reads.iter().any(|(value, _)| has_epilogue[tasks.root(*value)]) {
            continue;
        }
        let of_value = std::mem::take(&mut readers[root]);
        if of_value.len() < 2 || !worth_while(tasks, index, root, &of_value) {
            continue;
        }
        let Kind::Map { program, .. } = &tasks.list[index].kind else { continue };
        let (program, reads) = (program.clone(), tasks.list[index].reads.clone());
        let origin = tasks.list[index].origin;
        for &reader in &of_value {
            take_in(tasks, reader, &program, &reads, root);
            tasks.list[reader].absorbed.push(origin);
            for (read, _) in &reads {
                let others = &mut readers[tasks.root(*read)];
                if let Err(place) = others.binary_search(&reader) {
                    others.insert(place, reader);
                }
            }
        }
        for (read, _) in &reads {
            readers[tasks.root(*read)].retain(|&other| other != index);
        }
        *gone = true;
    }
    let mut index = 0;
    tasks.list.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
}

/// The value that task `index` writes, if that is cheap to compute.
fn cheap(tasks: &Tasks, index: usize) -> Option<ValueId> {
    let task = &tasks.list[index];
    let (Kind::Map { program, shape }, [written]) = (&task.kind, &task.writes[..]) else { return None };
    if shape.elements() < FEWEST_ELEMENTS {
        return None;
    }
    let root = tasks.root(*written);
    let simple = program.instructions().len() <= MOST_AGAIN && program.instructions().iter().all(is_simple);
    let plain = !task.effect && !task.can_fail && matches!(tasks.values[root].home, Home::Arena);
    (simple && plain).then_some(root)
}

fn is_simple(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Input(_) | Instruction::Constant(..) | Instruction::Select(..) => true,
        Instruction::Cast(..) | Instruction::Narrow(..) => true,
        Instruction::Unary(op, _) => matches!(op, Unary::Neg | Unary::Abs),
        Instruction::Binary(op, ..) => matches!(
            op,
            Binary::Add
                | Binary::Sub
                | Binary::Mul
                | Binary::Maximum
                | Binary::Minimum
                | Binary::Less
                | Binary::LessEqual
                | Binary::Greater
                | Binary::GreaterEqual
                | Binary::Equal
                | Binary::NotEqual
                | Binary::And
                | Binary::Or
        ),
    }
}

/// Whether all readers can compute the value themselves, and fewer bytes move if they do.
fn worth_while(tasks: &Tasks, index: usize, root: ValueId, readers: &[usize]) -> bool {
    let first = &tasks.list[index];
    let Kind::Map { program, shape } = &first.kind else { return false };
    let bytes = |value: ValueId, layout: &Layout| {
        let size = tasks.values[tasks.root(value)].dtype.size().unwrap_or(0);
        layout.elements.min(shape.elements()) * size
    };
    let own = tasks.values[root].dtype.size().unwrap_or(0) * shape.elements();
    let inputs: usize = first.reads.iter().map(|(value, layout)| bytes(*value, layout)).sum();
    let mut again = 0;
    for &reader in readers {
        let task = &tasks.list[reader];
        let Some((reads, into)) = looped(task, shape) else { return false };
        let plain = |(value, layout): &(ValueId, Layout)| {
            tasks.root(*value) != root || *layout == Layout::contiguous(shape)
        };
        let elsewhere = task.reads[reads.len()..].iter().any(|(value, _)| tasks.root(*value) == root);
        let fits = reads.len() + first.reads.len() <= MOST_INPUTS
            && into.instructions().len() + program.instructions().len() <= MOST_INSTRUCTIONS;
        if elsewhere || !fits || !reads.iter().all(plain) || !undisturbed(tasks, first, index, reader) {
            return false;
        }
        let new = first.reads.iter().filter(|read| !reads.contains(read));
        again += new.map(|(value, layout)| bytes(*value, layout)).sum::<usize>();
    }
    again <= inputs + own * (1 + readers.len())
}

/// What a task's loop over `shape` reads, and its program.
fn looped<'a>(task: &'a Task, shape: &[usize]) -> Option<(&'a [(ValueId, Layout)], &'a MapProgram)> {
    match &task.kind {
        Kind::Map { program, shape: own } if **own == *shape => Some((&task.reads, program)),
        Kind::Reduce { reduce, shape: own } if **own == *shape => {
            Some((&task.reads[..reduce.prologue.inputs().len()], &reduce.prologue))
        }
        _ => None,
    }
}

/// Puts the program in the place of the value that the task reads.
fn take_in(
    tasks: &mut Tasks,
    reader: usize,
    program: &MapProgram,
    reads: &[(ValueId, Layout)],
    root: ValueId,
) {
    let task = &tasks.list[reader];
    let (before, into) = match &task.kind {
        Kind::Map { program, .. } => (task.reads.len(), program),
        Kind::Reduce { reduce, .. } => (reduce.prologue.inputs().len(), &reduce.prologue),
        Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => return,
    };
    let (fused, mut all) = spliced(tasks, program, reads, into, &task.reads[..before], root, None);
    all.extend_from_slice(&task.reads[before..]);
    let task = &mut tasks.list[reader];
    task.reads = all;
    match &mut task.kind {
        Kind::Map { program, .. } => *program = fused,
        Kind::Reduce { reduce, .. } => reduce.prologue = fused,
        Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => {}
    }
}
