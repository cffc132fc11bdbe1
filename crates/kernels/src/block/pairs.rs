//! Two operations in one loop: what lies between them stays in a register, where it would otherwise go through the first
//! cache, and a loop less is begun.
//!
//! Each operation rounds as it does alone.

use super::arithmetic::{maximum_f32, minimum_f32};
use super::loops::{Loop, each};
use crate::{Binary, ComputeType, Instruction, MapProgram};

/// What one loop does besides an instruction: one of its operands, which nothing else wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The value that the loop computes on the way.
    pub(super) inner: usize,
    /// The operands of the loop, as values.
    pub(super) operands: [usize; 3],
    pub(super) run: Loop,
}

/// By instruction: the pair that it is the second of. `uniform` tells which values are the same for every element.
pub(super) fn pairs(program: &MapProgram, uniform: &[bool]) -> Vec<Option<Pair>> {
    let instructions = program.instructions();
    let mut uses = vec![0usize; instructions.len()];
    let operands = instructions.iter().flat_map(Instruction::operands);
    operands.chain(program.outputs().iter().map(|&(x, _)| x)).for_each(|x| uses[x.index()] += 1);
    let mut pairs: Vec<Option<Pair>> = vec![None; instructions.len()];
    for (index, instruction) in instructions.iter().enumerate() {
        if uniform[index] || program.value_type(index) != ComputeType::F32 {
            continue;
        }
        let inner = |value: usize| {
            let free = uses[value] == 1 && !uniform[value] && pairs[value].is_none();
            match instructions[value] {
                Instruction::Binary(op, x, y) if free && program.compute_type(x) == ComputeType::F32 => {
                    Some((op, x.index(), y.index()))
                }
                _ => None,
            }
        };
        pairs[index] = match *instruction {
            Instruction::Binary(second, a, b) => {
                let (a, b) = (a.index(), b.index());
                [(a, b, false), (b, a, true)].into_iter().find_map(|(value, other, turned)| {
                    let (first, x, y) = inner(value)?;
                    Some(Pair { inner: value, operands: [x, y, other], run: pair(first, second, turned)? })
                })
            }
            Instruction::Select(condition, a, b) => inner(condition.index()).and_then(|(op, x, zero)| {
                let is_zero = matches!(instructions[zero], Instruction::Constant(ComputeType::F32, bits)
                    if f32::from_bits(bits as u32) == 0.0);
                let run = || each!(leveled |x: f32, a: f32, b: f32| -> f32 { if x > 0.0 { a } else { b } });
                (op == Binary::Greater && is_zero).then(|| Pair {
                    inner: condition.index(),
                    operands: [x, a.index(), b.index()],
                    run: run(),
                })
            }),
            _ => None,
        };
    }
    pairs
}

/// The loops of `second(first(x, y), z)`, `first` being an expression of x and y; or of `second(z, first(x, y))`, if `turned`.
macro_rules! after {
    ($second:ident, $turned:ident, |$x:ident, $y:ident, $z:ident| $first:expr) => {
        Some(match ($second, $turned) {
            // In which order two numbers are added or multiplied makes no difference.
            (Binary::Add, _) => each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { $first + $z }),
            (Binary::Mul, _) => each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { $first * $z }),
            (Binary::Sub, false) => each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { $first - $z }),
            (Binary::Sub, true) => each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { $z - $first }),
            (Binary::Maximum, false) => {
                each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { maximum_f32($first, $z) })
            }
            (Binary::Minimum, false) => {
                each!(leveled |$x: f32, $y: f32, $z: f32| -> f32 { minimum_f32($first, $z) })
            }
            _ => return None,
        })
    };
}

/// The loop of two operations on `f32`; `None` where there is none of both.
fn pair(first: Binary, second: Binary, turned: bool) -> Option<Loop> {
    match first {
        Binary::Add => after!(second, turned, |x, y, z| x + y),
        Binary::Sub => after!(second, turned, |x, y, z| x - y),
        Binary::Mul => after!(second, turned, |x, y, z| x * y),
        Binary::Maximum => after!(second, turned, |x, y, z| maximum_f32(x, y)),
        Binary::Minimum => after!(second, turned, |x, y, z| minimum_f32(x, y)),
        _ => None,
    }
}
