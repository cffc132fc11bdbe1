//! Sums of many matrix products, as the gradient of weights that every step of a recurrent network uses: each product is
//! added to the sum where it lies, when it is made, instead of all being kept until they are added.

use tenseur_kernels::{Binary, GemmOutput, GemmSpec, Instruction, Layout, MapProgram, ScalarType};

use crate::compile::tasks::{Home, Kind, Task, Tasks, ValueId};

/// Fewer products than this are left to be fused.
const FEWEST: usize = 3;

/// Lets products add themselves to the sum that they are terms of.
pub(crate) fn accumulate(tasks: &mut Tasks) {
    if !tasks.list.iter().any(|task| sum(task).is_some()) {
        return;
    }
    let mut uses = vec![0usize; tasks.values.len()];
    for task in &tasks.list {
        task.reads.iter().for_each(|(value, _)| uses[tasks.root(*value)] += 1);
    }
    tasks.fetches.iter().for_each(|&fetch| uses[tasks.root(fetch)] += 1);
    let mut writer: Vec<Option<usize>> = vec![None; tasks.values.len()];
    for (index, task) in tasks.list.iter().enumerate() {
        task.writes.iter().for_each(|&value| writer[tasks.root(value)] = Some(index));
    }
    let mut gone = vec![false; tasks.list.len()];
    for (index, gone) in gone.iter_mut().enumerate() {
        let Some(dtype) = sum(&tasks.list[index]) else { continue };
        let is_product = |value: ValueId| {
            let root = tasks.root(value);
            let producer = writer[root].filter(|_| uses[root] == 1)?;
            plain_product(tasks, producer, root).then_some(producer)
        };
        let reads = &tasks.list[index].reads;
        let mut products: Vec<usize> = reads.iter().filter_map(|(value, _)| is_product(*value)).collect();
        if products.len() < FEWEST {
            continue;
        }
        let others: Vec<_> =
            reads.iter().filter(|(value, _)| is_product(*value).is_none()).cloned().collect();
        products.sort_unstable();
        let total = tasks.list[products[0]].writes[0];
        for &product in &products[1..] {
            let whole = Layout::contiguous(&tasks.values[total].shape);
            let task = &mut tasks.list[product];
            if let Kind::Gemm(spec) = &mut task.kind {
                spec.output = GemmOutput::Accumulate { alpha: 1.0 };
            }
            task.reads.push((total, whole));
            task.writes = vec![total];
        }
        let task = &mut tasks.list[index];
        if others.is_empty() {
            let written = task.writes[0];
            let root = tasks.root(written);
            tasks.values[root].home = Home::Alias(total);
            *gone = true;
            continue;
        }
        let Kind::Map { program, shape } = &mut task.kind else { continue };
        *program = sum_of(others.len() + 1, dtype);
        task.reads = vec![(total, Layout::contiguous(shape))];
        task.reads.extend(others);
    }
    let mut index = 0;
    tasks.list.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
}

/// The type of the terms, if the task does nothing but add them, each as large as the sum.
fn sum(task: &Task) -> Option<ScalarType> {
    let Kind::Map { program, shape } = &task.kind else { return None };
    let &[(result, dtype)] = program.outputs() else { return None };
    let instructions = program.instructions();
    let inputs = program.inputs();
    let adds = instructions.iter().filter(|one| matches!(one, Instruction::Binary(Binary::Add, ..))).count();
    let sums = !task.effect
        && inputs.iter().all(|input| *input == dtype)
        && dtype.compute().stored() == dtype
        && adds + 1 == inputs.len()
        && instructions.len() == inputs.len() + adds
        && result.index() + 1 == instructions.len()
        && task.reads.len() == inputs.len()
        && task.reads.iter().all(|(_, layout)| *layout == Layout::contiguous(shape));
    // Every number but the last is an operand once: all are added.
    let mut used: Vec<usize> =
        instructions.iter().flat_map(Instruction::operands).map(|x| x.index()).collect();
    used.sort_unstable();
    used.dedup();
    (sums && used.len() + 1 == instructions.len()).then_some(dtype)
}

/// Whether the task is a product that goes to this place in the arena, and nothing more.
fn plain_product(tasks: &Tasks, task: usize, root: ValueId) -> bool {
    let task = &tasks.list[task];
    matches!(&task.kind, Kind::Gemm(GemmSpec { output: GemmOutput::Write, epilogue: None, .. }))
        && task.writes == [root]
        && matches!(tasks.values[root].home, Home::Arena)
}

/// The program that adds so many numbers.
fn sum_of(terms: usize, dtype: ScalarType) -> MapProgram {
    let mut program = MapProgram::new();
    let inputs: Vec<_> = (0..terms).map(|_| program.input(dtype)).collect();
    let total = inputs[1..].iter().fold(inputs[0], |sum, &term| program.binary(Binary::Add, sum, term));
    program.output(total, dtype);
    program.finish()
}
