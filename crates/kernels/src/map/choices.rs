//! Random programs, shapes, layouts and numbers for the tests of loops.

use super::naive::{self, Number};
use crate::{Binary, Constant, Layout, MapProgram, ScalarType, Unary, Value};

/// Every stored type.
pub(crate) const STORED: [ScalarType; 13] = {
    use ScalarType::*;
    [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64]
};

/// A sequence of choices, given by a number.
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(crate) fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A value of type `ty`: one there is, or one made of it.
    fn value(&mut self, program: &mut MapProgram, values: &[Value], ty: ScalarType) -> Value {
        let same: Vec<Value> =
            values.iter().copied().filter(|&v| program.compute_type(v) == ty.compute()).collect();
        match self.below(6) {
            0 => {
                let value = self.of(&[
                    Constant::Float(-1.5),
                    Constant::Int(-3),
                    Constant::UInt(7),
                    Constant::Bool(true),
                ]);
                program.constant(ty, value)
            }
            1..5 if !same.is_empty() => self.of(&same),
            _ => {
                let x = self.of(values);
                program.cast(x, ty)
            }
        }
    }

    /// A program of primitives that have only one right answer.
    pub(crate) fn program(&mut self) -> MapProgram {
        let mut program = MapProgram::new();
        let mut values: Vec<Value> =
            (0..1 + self.below(4)).map(|_| program.input(self.of(&STORED))).collect();
        for _ in 0..1 + self.below(12) {
            let stored = self.of(&STORED);
            let ty = stored.compute();
            let value = match self.below(10) {
                0 => {
                    let x = self.value(&mut program, &values, stored);
                    program.narrow(x, stored)
                }
                1 => {
                    let condition = self.value(&mut program, &values, ScalarType::Bool);
                    let (x, y) = (
                        self.value(&mut program, &values, stored),
                        self.value(&mut program, &values, stored),
                    );
                    program.select(condition, x, y)
                }
                2..5 => {
                    use Unary::*;
                    let all =
                        [Neg, Abs, Sign, Sqrt, Rsqrt, Floor, Ceil, Rint, Not, BitNot, IsNan, IsInf, IsFinite];
                    let taking: Vec<Unary> = all.into_iter().filter(|op| op.result(ty).is_some()).collect();
                    let (op, x) = (self.of(&taking), self.value(&mut program, &values, stored));
                    program.unary(op, x)
                }
                _ => {
                    use Binary::*;
                    let exact = [
                        Add,
                        Sub,
                        Mul,
                        Div,
                        FloorDiv,
                        FloorMod,
                        TruncDiv,
                        TruncMod,
                        Maximum,
                        Minimum,
                        Less,
                        LessEqual,
                        Greater,
                        GreaterEqual,
                        Equal,
                        NotEqual,
                        And,
                        Or,
                        BitAnd,
                        BitOr,
                        BitXor,
                        ShiftLeft,
                        ShiftRight,
                    ];
                    let mut taking: Vec<Binary> =
                        exact.into_iter().filter(|op| op.result(ty).is_some()).collect();
                    taking.extend(ty.is_integer().then_some(Pow));
                    let op = self.of(&taking);
                    let x = self.value(&mut program, &values, stored);
                    let mut y = self.value(&mut program, &values, stored);
                    if op.can_fail(ty) && self.below(8) > 0 {
                        // Mostly something on which it does not fail.
                        y = program.unary(Unary::Abs, y);
                        let one = program.constant(stored, Constant::Int(1));
                        y = program.binary(Maximum, y, one);
                    }
                    program.binary(op, x, y)
                }
            };
            values.push(value);
        }
        for _ in 0..1 + self.below(3) {
            let stored = self.of(&STORED);
            let x = self.value(&mut program, &values, stored);
            program.output(x, stored);
        }
        program
    }

    pub(crate) fn shape(&mut self) -> Vec<usize> {
        match self.below(12) {
            0 => vec![],
            1 => vec![self.below(700)],
            2 => vec![1 + self.below(5), 0, 3],
            3 => vec![1 + self.below(3), 100 + self.below(600)],
            4 => vec![1 + self.below(300), 1 + self.below(4)],
            _ => (0..1 + self.below(4)).map(|_| 1 + self.below(9)).collect(),
        }
    }

    /// A tensor of the shape: contiguous, broadcast, transposed or with any strides.
    pub(crate) fn layout(&mut self, shape: &[usize]) -> Layout {
        let mut layout = Layout::contiguous(shape);
        match self.below(4) {
            0 => return layout,
            1 => {
                let from: Vec<usize> =
                    shape.iter().map(|&size| if self.below(2) == 0 { 1 } else { size }).collect();
                return Layout::broadcast(&from[self.below(from.len() + 1)..], shape)
                    .unwrap_or_else(|_| Layout::broadcast(&from, shape).unwrap());
            }
            2 => {
                let mut order: Vec<usize> = (0..shape.len()).collect();
                (1..order.len()).for_each(|i| order.swap(i, self.below(i + 1)));
                let transposed: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
                let strides = Layout::contiguous(&transposed).strides;
                order.iter().zip(strides).for_each(|(&axis, stride)| layout.strides[axis] = stride);
            }
            _ => layout.strides.iter_mut().for_each(|stride| *stride = self.below(9) as isize - 4),
        }
        let reach = |sign: isize| -> isize {
            let axes = shape.iter().zip(&layout.strides);
            axes.map(|(&size, &stride)| (size as isize - 1).max(0) * (stride * sign).max(0)).sum()
        };
        let (back, forth) = (reach(-1) as usize, reach(1) as usize);
        layout.offset = back + self.below(3);
        layout.elements = layout.offset + forth + 1 + self.below(3);
        layout
    }

    /// The bytes of `count` numbers, many of them special.
    pub(crate) fn numbers(&mut self, stored: ScalarType, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            let special = [
                0.0,
                -0.0,
                1.0,
                -1.0,
                2.5,
                -7.5,
                300.0,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
                3e9,
                -1e20,
            ];
            let number = match self.below(3) {
                _ if stored == ScalarType::Bool => Number::Bool(self.below(2) == 0),
                0 => naive::load(stored, &(self.below(usize::MAX) as u64).to_le_bytes()[..stored.size()]),
                1 if stored.is_float() => Number::F64(self.of(&special)),
                _ if stored.is_float() => Number::F64(self.below(100) as f64 / 8.0 - 6.0),
                _ => naive::load(stored, &(self.below(9) as i64 - 4).to_le_bytes()[..stored.size()]),
            };
            bytes.extend(naive::store(stored, number));
        }
        bytes
    }
}
