//! Several operations in one loop: what lies between them stays in a register, where it would otherwise go through the first
//! cache, and loops less are begun. Two operations of arithmetic on `f32` are one loop; and a choice by `x > 0`, which is what
//! rectifiers and their gradients are made of, is one with its comparison and with the operation that follows it.
//!
//! Each operation rounds as it does alone.

use super::arithmetic::{maximum_f32, minimum_f32};
use super::loops::{Loop, each};
use crate::{Binary, ComputeType, Instruction, MapProgram, Value};

/// Which loop an instruction is part of.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A loop of its own.
    Own,
    /// It ends a loop that computes some of its operands on the way, from these values.
    Last { operands: Vec<usize>, run: Loop },
    /// Loops that read it compute it on the way.
    Within,
}

/// By instruction: its loop. `uniform` tells which values are the same for every element; they are in none.
pub(super) fn parts(program: &MapProgram, uniform: &[bool]) -> Vec<Part> {
    let instructions = program.instructions();
    let mut uses = vec![0usize; instructions.len()];
    let operands = instructions.iter().flat_map(Instruction::operands);
    operands.chain(program.outputs().iter().map(|&(x, _)| x)).for_each(|x| uses[x.index()] += 1);
    let search = Search { program, uniform, uses: &uses };
    let mut parts = vec![Part::Own; instructions.len()];
    // What nothing reads is there for its failing.
    let mut wanted: Vec<bool> = uses.iter().map(|&uses| uses == 0).collect();
    program.outputs().iter().for_each(|&(x, _)| wanted[x.index()] = true);
    for index in (0..instructions.len()).rev().filter(|&index| !uniform[index]) {
        if !wanted[index] {
            parts[index] = Part::Within;
            continue;
        }
        match search.loop_of(index) {
            Some((operands, run)) => {
                operands.iter().for_each(|&x| wanted[x] = true);
                parts[index] = Part::Last { operands, run };
            }
            None => instructions[index].operands().for_each(|x| wanted[x.index()] = true),
        }
    }
    parts
}

/// A choice by `x > 0`, by its operands.
enum Choice {
    /// x where it is above 0, and else y·x: a leaky rectifier.
    Leaky(usize, usize),
    /// y where x is above 0, and else 0: the gradient of a rectifier.
    Above(usize, usize),
    /// 0 where x is above 0, and else y.
    Below(usize, usize),
    /// y where x is above 0, and else z.
    Either(usize, usize, usize),
}

struct Search<'a> {
    program: &'a MapProgram,
    uniform: &'a [bool],
    uses: &'a [usize],
}

impl Search<'_> {
    /// The loop that computes the instruction together with operands of it, if there is one.
    fn loop_of(&self, index: usize) -> Option<(Vec<usize>, Loop)> {
        if self.program.value_type(index) != ComputeType::F32 {
            return None;
        }
        match self.program.instructions()[index] {
            Instruction::Select(condition, then, otherwise) => {
                Some(alone(self.choice(condition, then, otherwise)?))
            }
            Instruction::Binary(second, a, b) => {
                [(a, b, false), (b, a, true)].into_iter().find_map(|(inner, other, turned)| {
                    let (mut operands, run) = self.before(inner, second, turned)?;
                    operands.push(other.index());
                    Some((operands, run))
                })
            }
            _ => None,
        }
    }

    /// The loop of the value and of the operation `second` of it, and what of two operands the value is.
    fn before(&self, inner: Value, second: Binary, turned: bool) -> Option<(Vec<usize>, Loop)> {
        if !self.is_free(inner) {
            return None;
        }
        match self.program.instructions()[inner.index()] {
            Instruction::Binary(first, x, y) if self.program.compute_type(x) == ComputeType::F32 => {
                Some((vec![x.index(), y.index()], pair(first, second, turned)?))
            }
            Instruction::Select(condition, then, otherwise) => {
                followed(self.choice(condition, then, otherwise)?, second, turned)
            }
            _ => None,
        }
    }

    /// Whether nothing but one instruction wants the value.
    fn is_free(&self, value: Value) -> bool {
        self.uses[value.index()] == 1 && !self.uniform[value.index()]
    }

    /// What is chosen by `x > 0`. To compare anew costs nothing, so others may want the comparison too.
    fn choice(&self, condition: Value, then: Value, otherwise: Value) -> Option<Choice> {
        let instructions = self.program.instructions();
        let Instruction::Binary(Binary::Greater, x, zero) = instructions[condition.index()] else {
            return None;
        };
        if self.uniform[condition.index()] || !self.is_zero(zero) {
            return None;
        }
        let x = x.index();
        let slope = match instructions[otherwise.index()] {
            Instruction::Binary(Binary::Mul, a, b) if then.index() == x && self.is_free(otherwise) => {
                [(a, b), (b, a)].into_iter().find_map(|(a, b)| (a.index() == x).then_some(b.index()))
            }
            _ => None,
        };
        Some(match (slope, self.is_zero(then), self.is_zero(otherwise)) {
            (Some(slope), ..) => Choice::Leaky(x, slope),
            (_, _, true) => Choice::Above(x, then.index()),
            (_, true, false) => Choice::Below(x, otherwise.index()),
            _ => Choice::Either(x, then.index(), otherwise.index()),
        })
    }

    /// Whether it is the constant +0.
    fn is_zero(&self, value: Value) -> bool {
        self.program.instructions()[value.index()] == Instruction::Constant(ComputeType::F32, 0)
    }
}

/// `then` where x is above 0, and else `otherwise`.
#[inline(always)]
fn chosen(x: f32, then: f32, otherwise: f32) -> f32 {
    if x > 0.0 { then } else { otherwise }
}

/// The loop of a choice.
fn alone(choice: Choice) -> (Vec<usize>, Loop) {
    match choice {
        Choice::Leaky(x, y) => (vec![x, y], each!(leveled |x: f32, y: f32| -> f32 { chosen(x, x, x * y) })),
        Choice::Above(x, y) => (vec![x, y], each!(leveled |x: f32, y: f32| -> f32 { chosen(x, y, 0.0) })),
        Choice::Below(x, y) => (vec![x, y], each!(leveled |x: f32, y: f32| -> f32 { chosen(x, 0.0, y) })),
        Choice::Either(x, y, z) => {
            (vec![x, y, z], each!(leveled |x: f32, y: f32, z: f32| -> f32 { chosen(x, y, z) }))
        }
    }
}

/// The loops of `second(first, z)`, `first` being an expression of x and y; or of `second(z, first)`, if `turned`.
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

/// The loop of two operations; `None` where there is none of both.
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

/// The loop of a choice of two operands and the operation after it, and those operands.
fn followed(choice: Choice, second: Binary, turned: bool) -> Option<(Vec<usize>, Loop)> {
    let (x, y, run) = match choice {
        Choice::Leaky(x, y) => (x, y, after!(second, turned, |x, y, z| chosen(x, x, x * y))),
        Choice::Above(x, y) => (x, y, after!(second, turned, |x, y, z| chosen(x, y, 0.0))),
        Choice::Below(x, y) => (x, y, after!(second, turned, |x, y, z| chosen(x, 0.0, y))),
        Choice::Either(..) => return None,
    };
    Some((vec![x, y], run?))
}
