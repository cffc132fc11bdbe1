//! Fusion: a task whose result only one other task wants becomes part of it, and the result is never written to memory.
//!
//! - a map into the map, or the reduction, that reads it over the same shape;
//! - a map of what a reduction gives into the reduction, as its epilogue;
//! - a map of a matrix product into the product, as its epilogue (bias and activation), keeping the product itself where
//!   others want it too;
//! - `w −= rate · product` into the product, which then adds to the variable where it lies: the gradient is never written.
//!
//! Fused work happens where the later task stood, so nothing that it reads may be written in between.

use tenseur_kernels::{
    Binary, EpilogueInput, GemmEpilogue, GemmOutput, GemmSpec, Instruction, Layout, MapProgram, ScalarType,
    Value as Element,
};

use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// Beyond so many inputs, or instructions, a map's registers would no longer stay in the innermost cache.
pub(super) const MOST_INPUTS: usize = 12;
pub(super) const MOST_INSTRUCTIONS: usize = 48;

/// Fuses until nothing more fuses.
pub(crate) fn fuse(tasks: &mut Tasks) {
    let mut uses = vec![0usize; tasks.values.len()];
    for task in &tasks.list {
        let mut roots: Vec<ValueId> = task.reads.iter().map(|(value, _)| tasks.root(*value)).collect();
        roots.sort_unstable();
        roots.dedup();
        roots.into_iter().for_each(|root| uses[root] += 1);
    }
    for &fetch in &tasks.fetches {
        uses[tasks.root(fetch)] += 1;
    }
    let mut writer: Vec<Option<usize>> = vec![None; tasks.values.len()];
    let mut gone = vec![false; tasks.list.len()];
    for index in 0..tasks.list.len() {
        while let Some((producer, value)) =
            candidate(tasks, index, &uses, &writer).or_else(|| product(tasks, index, &uses, &writer))
        {
            let first = std::mem::replace(&mut tasks.list[producer], placeholder());
            let second = std::mem::replace(&mut tasks.list[index], placeholder());
            let shared = uses[tasks.root(value)] > 1;
            let absorbed = [&first.absorbed[..], &[first.origin], &second.absorbed[..]].concat();
            match merged(tasks, first, second, value, shared) {
                Ok(task) => {
                    tasks.list[index] = Task { absorbed, ..task };
                    gone[producer] = true;
                }
                Err((first, second)) => {
                    tasks.list[producer] = first;
                    tasks.list[index] = second;
                    break;
                }
            }
        }
        for &value in &tasks.list[index].writes {
            writer[tasks.root(value)] = Some(index);
        }
    }
    let mut index = 0;
    tasks.list.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
}

fn placeholder() -> Task {
    let kind = Kind::Map { program: MapProgram::new(), shape: Default::default() };
    let origin = crate::graph::NodeId(0);
    let absorbed = Vec::new();
    Task { origin, absorbed, kind, reads: Vec::new(), writes: Vec::new(), effect: false, can_fail: false }
}

/// A task that may become part of task `index`, and the value through which it does.
fn candidate(
    tasks: &Tasks,
    index: usize,
    uses: &[usize],
    writer: &[Option<usize>],
) -> Option<(usize, ValueId)> {
    let task = &tasks.list[index];
    let (shape, prologue_reads) = match &task.kind {
        Kind::Map { shape, .. } => (shape, task.reads.len()),
        Kind::Reduce { reduce, shape } => (shape, reduce.prologue.inputs().len()),
        Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => return None,
    };
    task.reads[..prologue_reads].iter().find_map(|(value, layout)| {
        let root = tasks.root(*value);
        if uses[root] != 1 || !matches!(tasks.values[root].home, Home::Arena) {
            return None;
        }
        let producer = writer[root]?;
        let first = &tasks.list[producer];
        if first.effect || first.writes.len() != 1 || tasks.root(first.writes[0]) != root {
            return None;
        }
        if *layout != Layout::contiguous(shape) || !undisturbed(tasks, first, producer, index) {
            return None;
        }
        let size = |program: &MapProgram| (program.inputs().len(), program.instructions().len());
        let fits =
            |a: (usize, usize), b: (usize, usize)| a.0 + b.0 <= MOST_INPUTS && a.1 + b.1 <= MOST_INSTRUCTIONS;
        let fuses = match (&first.kind, &task.kind) {
            (Kind::Map { program: a, shape: from }, Kind::Map { program: b, .. }) => {
                from == shape && fits(size(a), size(b))
            }
            (Kind::Map { program: a, shape: from }, Kind::Reduce { reduce, .. }) => {
                from == shape && fits(size(a), size(&reduce.prologue))
            }
            (Kind::Reduce { reduce, .. }, Kind::Map { program: b, .. }) => {
                let stored = reduce.epilogue.as_ref().unwrap_or(&reduce.prologue);
                tasks.values[first.writes[0]].shape.elements() == shape.elements()
                    && tasks.values[*value].shape == *shape
                    && epilogue_reads(tasks, first, task, root).is_some()
                    && fits(size(stored), size(b))
            }
            _ => false,
        };
        fuses.then_some((producer, *value))
    })
}

/// What the map `second` reads of a reduction, `first`, and besides, laid over the axes that the reduction leaves: the
/// map's shape may have others, of size 1 or by a reshape. `None` where that is no layout.
fn epilogue_reads(
    tasks: &Tasks,
    first: &Task,
    second: &Task,
    reduced: ValueId,
) -> Option<Vec<(ValueId, Layout)>> {
    let (Kind::Reduce { reduce, shape }, Kind::Map { shape: map, .. }) = (&first.kind, &second.kind) else {
        return None;
    };
    let left = shape.iter().enumerate().filter(|(axis, _)| !reduce.axes.contains(axis));
    let left: Vec<usize> = left.map(|(_, &size)| size).collect();
    let relaid = |(value, layout): &(ValueId, Layout)| match tasks.root(*value) == reduced {
        true => Some((*value, layout.clone())),
        false => Some((*value, relaid(layout, map, &left)?)),
    };
    second.reads.iter().map(relaid).collect()
}

/// The layout over shape `to` that reads what `layout` reads over `from`, in the same order.
fn relaid(layout: &Layout, from: &[usize], to: &[usize]) -> Option<Layout> {
    if *layout == Layout::contiguous(from) {
        return Some(Layout::contiguous(to));
    }
    let longer = |shape: &[usize]| shape.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    let constant = layout.strides.iter().all(|&stride| stride == 0);
    if !constant && longer(from) != longer(to) {
        return None;
    }
    let mut strides =
        from.iter().zip(&layout.strides).filter(|(size, _)| **size != 1).map(|(_, &stride)| stride);
    let strides = to.iter().map(|&size| match size == 1 || constant {
        true => 0,
        false => strides.next().unwrap_or(0),
    });
    Some(Layout { strides: strides.collect(), ..layout.clone() })
}

/// A matrix product that may take in task `index`, the first that reads it.
fn product(
    tasks: &Tasks,
    index: usize,
    uses: &[usize],
    writer: &[Option<usize>],
) -> Option<(usize, ValueId)> {
    let task = &tasks.list[index];
    let Kind::Map { program, shape } = &task.kind else { return None };
    task.reads.iter().find_map(|(value, layout)| {
        let root = tasks.root(*value);
        if !matches!(tasks.values[root].home, Home::Arena) || *layout != Layout::contiguous(shape) {
            return None;
        }
        let producer = writer[root]?;
        let first = &tasks.list[producer];
        let Kind::Gemm(spec) = &first.kind else { return None };
        let read_before = || {
            let between = &tasks.list[producer + 1..index];
            between.iter().any(|task| task.reads.iter().any(|(read, _)| tasks.root(*read) == root))
        };
        let plain = matches!(spec.output, GemmOutput::Write) && tasks.root(first.writes[0]) == root;
        let alone = first.writes.len() == 1 && (uses[root] == 1 || !read_before());
        let fits = program.inputs().len() <= MOST_INPUTS && program.instructions().len() <= MOST_INSTRUCTIONS;
        (plain && alone && fits && undisturbed(tasks, first, producer, index)).then_some((producer, *value))
    })
}

/// A matrix product and the map that reads it as one task; where others read the product too (`shared`), it is written
/// as well.
#[allow(clippy::result_large_err)] // Both tasks go back where they came from at once.
fn merged_product(
    tasks: &Tasks,
    first: Task,
    second: Task,
    root: ValueId,
    shared: bool,
) -> Result<Task, (Task, Task)> {
    let (Kind::Gemm(spec), Kind::Map { program, shape }) = (&first.kind, &second.kind) else {
        return Err((first, second));
    };
    let is_product = |read: &(ValueId, Layout)| tasks.root(read.0) == root;
    if let (Some([variable, rate]), false) = (descent(program, &second.reads, &is_product), shared) {
        let mut reads = first.reads[..2].to_vec();
        reads.extend([second.reads[variable].clone(), second.reads[rate].clone()]);
        let whole = second.reads[variable].1 == Layout::contiguous(shape);
        if spec.epilogue.is_none() && whole && second.reads[rate].1.elements == 1 {
            let kind = Kind::Gemm(GemmSpec { output: GemmOutput::AccumulateScaled, ..spec.clone() });
            return Ok(Task { kind, reads, ..second });
        }
    }
    // An epilogue does not work in place, as an update of a variable must.
    if second.effect {
        return Err((first, second));
    }
    let stored = spec.dtype;
    let before = spec.epilogue.clone().unwrap_or_else(|| {
        let mut identity = MapProgram::new();
        let x = identity.input(stored);
        identity.output(x, stored);
        GemmEpilogue { program: identity.finish(), extra: Vec::new() }
    });
    // The product's element is no value in memory; it stands first among what is read.
    let element = (usize::MAX, Layout::contiguous(&[]));
    let mut a_reads = vec![element];
    a_reads.extend_from_slice(&first.reads[2..]);
    if shared && spec.epilogue.is_some() {
        return Err((first, second));
    }
    let also = shared.then_some(stored);
    let (fused, reads) = spliced(tasks, &before.program, &a_reads, program, &second.reads, root, also);
    let extra: Option<Vec<EpilogueInput>> =
        reads[1..].iter().map(|(_, layout)| epilogue_input(layout, shape, spec.n)).collect();
    let Some(extra) = extra.filter(|_| reads[0].0 == usize::MAX) else { return Err((first, second)) };
    let mut writes = second.writes.clone();
    if shared {
        writes.push(first.writes[0]);
    }
    let mut all = first.reads[..2].to_vec();
    all.extend_from_slice(&reads[1..]);
    let epilogue = Some(GemmEpilogue { program: fused, extra });
    let kind = Kind::Gemm(GemmSpec { epilogue, ..spec.clone() });
    Ok(Task { kind, reads: all, writes, can_fail: first.can_fail || second.can_fail, ..second })
}

/// Which reads are w and rate, if the program is `w − rate · product`.
fn descent(
    program: &MapProgram,
    reads: &[(ValueId, Layout)],
    is_product: &dyn Fn(&(ValueId, Layout)) -> bool,
) -> Option<[usize; 2]> {
    let instructions = program.instructions();
    let [(result, _)] = program.outputs() else { return None };
    let input = |value: &Element| match instructions[value.index()] {
        Instruction::Input(input) => Some(usize::from(input)),
        _ => None,
    };
    let Instruction::Binary(Binary::Sub, w, step) = &instructions[result.index()] else { return None };
    let Instruction::Binary(Binary::Mul, x, y) = &instructions[step.index()] else { return None };
    let (w, x, y) = (input(w)?, input(x)?, input(y)?);
    let rate = match (is_product(&reads[x]), is_product(&reads[y])) {
        (false, true) => x,
        (true, false) => y,
        _ => return None,
    };
    (!is_product(&reads[w])).then_some([w, rate])
}

/// The layout over `shape` as an epilogue of a product with so many columns takes it. (The shape may be another than the
/// product's, by a reshape.)
fn epilogue_input(layout: &Layout, shape: &[usize], columns: usize) -> Option<EpilogueInput> {
    let zero = |strides: &[isize]| strides.iter().all(|&stride| stride == 0);
    match layout.strides.split_last() {
        _ if *layout == Layout::contiguous(shape) => Some(EpilogueInput::Full),
        Some((last, others)) if layout.offset == 0 && zero(others) => match (*last, layout.elements) {
            (0, 1) => Some(EpilogueInput::Scalar),
            (1, elements) if elements == columns && shape.last() == Some(&columns) => {
                Some(EpilogueInput::Row)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether what `first` reads is still the same where task `index` stands, and while it writes: a variable that this
/// task writes can be read by its own loop, if that is elementwise, at the element that is written next.
pub(super) fn undisturbed(tasks: &Tasks, first: &Task, producer: usize, index: usize) -> bool {
    first.reads.iter().all(|(read, layout)| {
        tasks.state(*read).is_none_or(|state| {
            let writes = |task: &Task| task.writes.iter().any(|&value| tasks.state(value) == Some(state));
            let in_place = match (&first.kind, &tasks.list[index].kind) {
                (Kind::Map { shape, .. }, Kind::Map { .. }) => *layout == Layout::contiguous(shape),
                _ => false,
            };
            let between = &tasks.list[producer + 1..index];
            !between.iter().any(writes) && (in_place || !writes(&tasks.list[index]))
        })
    })
}

/// Both tasks as one, `second` reading `value` from `first`; or both as they were.
#[allow(clippy::result_large_err)] // Both tasks go back where they came from at once.
fn merged(
    tasks: &Tasks,
    first: Task,
    second: Task,
    value: ValueId,
    shared: bool,
) -> Result<Task, (Task, Task)> {
    let root = tasks.root(value);
    let is_value = |read: &(ValueId, Layout)| tasks.root(read.0) == root;
    // Every reading of the value must be the plain one, which is what the fused program puts in its place.
    let plain = second.reads.iter().find(|read| is_value(read)).map(|read| read.1.clone());
    if second.reads.iter().any(|read| is_value(read) && Some(&read.1) != plain.as_ref()) {
        return Err((first, second));
    }
    if let (Kind::Gemm(_), Kind::Map { .. }) = (&first.kind, &second.kind) {
        return merged_product(tasks, first, second, root, shared);
    }
    let after_reduction = epilogue_reads(tasks, &first, &second, root);
    let (can_fail, effect, origin, writes) =
        (first.can_fail || second.can_fail, second.effect, second.origin, second.writes.clone());
    let (kind, reads) = match (first.kind, second.kind) {
        (Kind::Map { program: a, .. }, Kind::Map { program: b, shape }) => {
            let (program, reads) = spliced(tasks, &a, &first.reads, &b, &second.reads, root, None);
            (Kind::Map { program, shape }, reads)
        }
        (Kind::Map { program: a, .. }, Kind::Reduce { mut reduce, shape }) => {
            let before = reduce.prologue.inputs().len();
            let (program, mut reads) =
                spliced(tasks, &a, &first.reads, &reduce.prologue, &second.reads[..before], root, None);
            reads.extend_from_slice(&second.reads[before..]);
            reduce.prologue = program;
            (Kind::Reduce { reduce, shape }, reads)
        }
        (Kind::Reduce { mut reduce, shape }, Kind::Map { program: b, .. }) => {
            let before = reduce.prologue.inputs().len();
            // The epilogue's input 0 is the reduced element; its others are the reads beyond the prologue's.
            let reduced = (usize::MAX, Layout::contiguous(&[]));
            let stored = reduce.prologue.outputs()[0].1;
            let a = reduce.epilogue.take().unwrap_or_else(|| {
                let mut identity = MapProgram::new();
                let x = identity.input(stored);
                identity.output(x, stored);
                identity
            });
            let mut a_reads = vec![reduced];
            a_reads.extend_from_slice(&first.reads[before..]);
            let b_reads = after_reduction.unwrap_or(second.reads);
            let (program, reads) = spliced(tasks, &a, &a_reads, &b, &b_reads, root, None);
            debug_assert_eq!(reads[0].0, usize::MAX);
            reduce.epilogue = Some(program);
            let mut all = first.reads[..before].to_vec();
            all.extend_from_slice(&reads[1..]);
            (Kind::Reduce { reduce, shape }, all)
        }
        (first_kind, second_kind) => {
            let first = Task { kind: first_kind, ..first };
            return Err((first, Task { kind: second_kind, ..second }));
        }
    };
    Ok(Task { origin, absorbed: Vec::new(), kind, reads, writes, effect, can_fail })
}

/// The program `b` with its readings of the value replaced by what `a` computes, and what both read: each thing once.
/// With `also`, what `a` computes is one more output, stored as that.
pub(super) fn spliced(
    tasks: &Tasks,
    a: &MapProgram,
    a_reads: &[(ValueId, Layout)],
    b: &MapProgram,
    b_reads: &[(ValueId, Layout)],
    value: ValueId,
    also: Option<ScalarType>,
) -> (MapProgram, Vec<(ValueId, Layout)>) {
    let mut program = MapProgram::new();
    let mut reads: Vec<(ValueId, Layout)> = Vec::new();
    let mut inputs: Vec<Element> = Vec::new();
    let mut input = |program: &mut MapProgram, read: &(ValueId, Layout), stored| match reads
        .iter()
        .position(|known| known == read)
    {
        Some(known) => inputs[known],
        None => {
            reads.push(read.clone());
            inputs.push(program.input(stored));
            inputs[inputs.len() - 1]
        }
    };
    let arguments: Vec<Element> =
        a_reads.iter().zip(a.inputs()).map(|(read, &stored)| input(&mut program, read, stored)).collect();
    let computed = program.append(a, &arguments);
    let arguments: Vec<Element> = b_reads
        .iter()
        .zip(b.inputs())
        .map(|(read, &stored)| match read.0 != usize::MAX && tasks.root(read.0) == value {
            true => computed[0],
            false => input(&mut program, read, stored),
        })
        .collect();
    let results = program.append(b, &arguments);
    for (result, (_, stored)) in results.into_iter().zip(b.outputs()) {
        program.output(result, *stored);
    }
    if let Some(stored) = also {
        program.output(computed[0], stored);
    }
    (program.finish(), reads)
}
