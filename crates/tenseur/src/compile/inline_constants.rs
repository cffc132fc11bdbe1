//! A constant of one number becomes part of the programs that read it: a loop that knows the number is another loop (a choice by
//! `x > 0` is one step, not two), and one input less is looked up at each run.
//!
//! After fusion, which finds an update's rate among what a task reads.

use tenseur_kernels::{Constant, Layout, MapProgram, ScalarType};

use crate::compile::tasks::{Home, Kind, Tasks, ValueId};
use crate::value::{Array, DType};

/// Puts constants into maps and reductions.
pub(crate) fn inline_constants(tasks: &mut Tasks) {
    let mut list = std::mem::take(&mut tasks.list);
    for task in &mut list {
        match &mut task.kind {
            Kind::Map { program, .. } => inline(tasks, program, &mut task.reads, 0),
            Kind::Reduce { reduce, .. } => {
                let mut beyond = task.reads.split_off(reduce.prologue.inputs().len());
                inline(tasks, &mut reduce.prologue, &mut task.reads, 0);
                if let Some(epilogue) = &mut reduce.epilogue {
                    inline(tasks, epilogue, &mut beyond, 1);
                }
                task.reads.append(&mut beyond);
            }
            Kind::Gemm(_) | Kind::Kernel { .. } | Kind::Pass { .. } => {}
        }
    }
    tasks.list = list;
}

/// The program without the inputs that are constants. Its inputs from number `first` on are `reads`; those before are no values
/// in memory.
fn inline(tasks: &Tasks, program: &mut MapProgram, reads: &mut Vec<(ValueId, Layout)>, first: usize) {
    let stored = program.inputs().to_vec();
    let numbers: Vec<Option<Constant>> = reads
        .iter()
        .zip(&stored[first..])
        .map(|((value, _), &stored)| number(tasks, *value, stored))
        .collect();
    if numbers.iter().all(Option::is_none) {
        return;
    }
    let mut inlined = MapProgram::new();
    let arguments: Vec<_> = stored
        .iter()
        .enumerate()
        .map(|(input, &stored)| match input.checked_sub(first).and_then(|read| numbers[read]) {
            Some(number) => inlined.constant(stored, number),
            None => inlined.input(stored),
        })
        .collect();
    let results = inlined.append(program, &arguments);
    for (result, &(_, stored)) in results.into_iter().zip(program.outputs()) {
        inlined.output(result, stored);
    }
    *program = inlined.finish();
    let mut numbers = numbers.iter();
    reads.retain(|_| numbers.next().is_some_and(Option::is_none));
}

/// The number, if the value is a constant of one number that is stored so.
fn number(tasks: &Tasks, value: ValueId, stored: ScalarType) -> Option<Constant> {
    match &tasks.values[tasks.root(value)].home {
        Home::Constant(array) if array.len() == 1 && array.dtype().scalar() == Some(stored) => exact(array),
        _ => None,
    }
}

fn exact(array: &Array) -> Option<Constant> {
    Some(match array.dtype() {
        DType::Int64 => Constant::Int(array.as_slice::<i64>().ok()?[0]),
        DType::UInt64 => Constant::UInt(array.as_slice::<u64>().ok()?[0]),
        _ => Constant::Float(array.to_f64().ok()?[0]),
    })
}
