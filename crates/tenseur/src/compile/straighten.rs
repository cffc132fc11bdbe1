//! Maps over one element, one after the other, as one kernel: what scalars are added and multiplied with costs a few
//! nanoseconds each then, and not what it takes to start a loop. Values that nothing else wants are in no memory.

use tenseur_kernels::{Number, ScalarType, StraightLine, StraightLineKernel};

use foldhash::HashMap;

use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// Fewer maps than this stay as they are.
const FEWEST: usize = 3;
/// So many numbers may come in and go out of a line; and so many maps are in one.
const MOST_INPUTS: usize = 100;
const MOST_OUTPUTS: usize = 100;
const MOST_MAPS: usize = 4096;

/// Makes lines of maps that stand next to each other.
pub(crate) fn straighten(tasks: &mut Tasks) {
    let mut uses = vec![0usize; tasks.values.len()];
    for task in &tasks.list {
        task.reads.iter().for_each(|(value, _)| uses[tasks.root(*value)] += 1);
    }
    // A fetch is always wanted.
    tasks.fetches.iter().for_each(|&fetch| uses[tasks.root(fetch)] += 1);
    let list = std::mem::take(&mut tasks.list);
    let mut line: Vec<Task> = Vec::new();
    let mut dtype = None;
    for task in list {
        let own = single(tasks, &task);
        if own.is_none() || own != dtype || line.len() >= MOST_MAPS {
            close(tasks, std::mem::take(&mut line), dtype, &uses);
        }
        dtype = own;
        match own {
            Some(_) => line.push(task),
            None => tasks.list.push(task),
        }
    }
    close(tasks, line, dtype, &uses);
}

/// The type of a task that may be in a line: a map of numbers of that type, over one element.
fn single(tasks: &Tasks, task: &Task) -> Option<ScalarType> {
    let Kind::Map { program, shape } = &task.kind else { return None };
    let dtype = program.outputs().first()?.1;
    let one = |value: ValueId| tasks.values[tasks.root(value)].shape.elements() == 1;
    let arena = |value: &ValueId| matches!(tasks.values[tasks.root(*value)].home, Home::Arena);
    let fits = shape.elements() == 1
        && !task.effect
        && task.reads.iter().all(|(value, layout)| layout.elements == 1 && one(*value))
        && task.writes.iter().all(arena)
        && StraightLine::takes(program, dtype);
    fits.then_some(dtype)
}

/// Puts the maps into the list: as one line, as several where too much comes in or goes out, or as they are.
fn close(tasks: &mut Tasks, mut maps: Vec<Task>, dtype: Option<ScalarType>, uses: &[usize]) {
    let Some(dtype) = dtype.filter(|_| maps.len() >= FEWEST) else {
        tasks.list.append(&mut maps);
        return;
    };
    match straight(tasks, &maps, dtype, uses) {
        Some(task) => tasks.list.push(task),
        None => {
            let later = maps.split_off(maps.len() / 2);
            close(tasks, maps, Some(dtype), uses);
            close(tasks, later, Some(dtype), uses);
        }
    }
}

/// The maps as one task, if not too much comes in or goes out.
fn straight(tasks: &Tasks, maps: &[Task], dtype: ScalarType, uses: &[usize]) -> Option<Task> {
    let mut line = StraightLine::new(dtype);
    let mut numbers: HashMap<ValueId, Number> = HashMap::default();
    let mut reads = Vec::new();
    let mut inside: HashMap<ValueId, usize> = HashMap::default();
    for map in maps {
        let Kind::Map { program, .. } = &map.kind else { return None };
        let mut arguments = Vec::with_capacity(map.reads.len());
        for read in &map.reads {
            let root = tasks.root(read.0);
            *inside.entry(root).or_default() += 1;
            arguments.push(*numbers.entry(root).or_insert_with(|| {
                reads.push(read.clone());
                line.input()
            }));
        }
        let results = line.append(program, &arguments)?;
        for (&value, number) in map.writes.iter().zip(results) {
            numbers.insert(tasks.root(value), number);
        }
        if reads.len() > MOST_INPUTS {
            return None;
        }
    }
    let mut writes = Vec::new();
    for &value in maps.iter().flat_map(|map| &map.writes) {
        let root = tasks.root(value);
        if uses[root] > inside.get(&root).copied().unwrap_or(0) {
            line.output(numbers[&root]);
            writes.push(value);
        }
    }
    if writes.len() > MOST_OUTPUTS {
        return None;
    }
    let origins = maps.iter().flat_map(|map| map.absorbed.iter().chain([&map.origin]));
    let mut absorbed: Vec<_> = origins.copied().collect();
    let origin = absorbed.pop()?;
    let kind = Kind::Kernel { op: "StraightLine", kernel: Box::new(StraightLineKernel::new(line)) };
    let can_fail = maps.iter().any(|map| map.can_fail);
    Some(Task { origin, absorbed, kind, reads, writes, effect: false, can_fail })
}
