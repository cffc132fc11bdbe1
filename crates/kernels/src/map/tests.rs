//! [`MapKernel`] against a plain interpreter: random programs over random layouts, at every level.

use proptest::prelude::*;

use super::naive::{self, Number};
use super::*;
use crate::{Binary, Buffer, Constant, Level, ScalarType, Unary, Value};

const STORED: [ScalarType; 13] = {
    use ScalarType::*;
    [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64]
};

/// A sequence of choices, given by a number.
struct Choices(u64);

impl Choices {
    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn of<T: Copy>(&mut self, from: &[T]) -> T {
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
    fn program(&mut self) -> MapProgram {
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

    fn shape(&mut self) -> Vec<usize> {
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
    fn layout(&mut self, shape: &[usize]) -> Layout {
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
    fn numbers(&mut self, stored: ScalarType, count: usize) -> Vec<u8> {
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

/// The outputs' bytes by the plain interpreter; `None` where the program fails.
fn expected(
    program: &MapProgram,
    shape: &[usize],
    layouts: &[Layout],
    inputs: &[Vec<u8>],
) -> Option<Vec<Vec<u8>>> {
    let mut outputs = vec![Vec::new(); program.outputs().len()];
    for place in 0..element_count(shape).unwrap() {
        let mut rest = place;
        let mut elements: Vec<isize> = layouts.iter().map(|layout| layout.offset as isize).collect();
        for axis in (0..shape.len()).rev() {
            let coordinate = (rest % shape[axis]) as isize;
            rest /= shape[axis];
            elements.iter_mut().zip(layouts).for_each(|(e, layout)| *e += coordinate * layout.strides[axis]);
        }
        let numbers: Vec<Number> = (program.inputs().iter().zip(inputs).zip(elements))
            .map(|((stored, bytes), e)| {
                naive::load(*stored, &bytes[e as usize * stored.size()..][..stored.size()])
            })
            .collect();
        let results = naive::evaluate(program, &numbers)?;
        for ((output, &(_, stored)), result) in outputs.iter_mut().zip(program.outputs()).zip(results) {
            output.extend(naive::store(stored, result));
        }
    }
    Some(outputs)
}

fn aligned(bytes: &[u8]) -> Buffer {
    Buffer::from_slice(bytes)
}

/// Runs a kernel, where `in_place` names an input and the output that takes its memory.
fn run(
    kernel: &MapKernel,
    inputs: &[Vec<u8>],
    in_place: Option<(usize, usize)>,
    threads: usize,
) -> Result<Vec<Vec<u8>>, KernelError> {
    let mut inputs: Vec<Buffer> = inputs.iter().map(|i| aligned(i)).collect();
    let mut outputs: Vec<Buffer> = kernel.output_bytes.iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
    let pointers: Vec<(*mut u8, usize)> =
        inputs.iter_mut().map(|b| (b.bytes_mut().as_mut_ptr(), b.len())).collect();
    let mut targets: Vec<(*mut u8, usize)> =
        outputs.iter_mut().map(|b| (b.bytes_mut().as_mut_ptr(), b.len())).collect();
    if let Some((input, output)) = in_place {
        targets[output] = pointers[input];
    }
    // SAFETY: the buffers live on and have the sizes; the kernel allows the one overlap.
    let result = unsafe {
        let views: Vec<In<'_>> = pointers.iter().map(|&(p, n)| In::from_raw(p, n)).collect();
        let mut targets: Vec<Out<'_>> = targets.iter().map(|&(p, n)| Out::from_raw(p, n)).collect();
        kernel.run(&Context { threads }, &views, &mut targets)
    };
    if let Some((input, output)) = in_place {
        outputs[output] = inputs[input].clone();
    }
    result.map(|()| outputs.iter().map(|b| b.bytes().to_vec()).collect())
}

/// The bytes with every NaN as one pattern.
fn settled(program: &MapProgram, outputs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let settle = |(bytes, &(_, stored)): (Vec<u8>, &(Value, ScalarType))| {
        bytes.chunks(stored.size()).flat_map(|b| naive::store(stored, naive::load(stored, b))).collect()
    };
    outputs.into_iter().zip(program.outputs()).map(settle).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_over_random_layouts(seed: u64) {
        let mut choices = Choices(seed);
        let program = choices.program().finish();
        let shape = choices.shape();
        let layouts: Vec<Layout> = program.inputs().iter().map(|_| choices.layout(&shape)).collect();
        let inputs: Vec<Vec<u8>> = (program.inputs().iter().zip(&layouts))
            .map(|(&stored, layout)| choices.numbers(stored, layout.elements))
            .collect();
        let wanted = expected(&program, &shape, &layouts, &inputs);
        prop_assert!(wanted.is_some() || program.can_fail(), "{program:?}");
        for level in Level::available() {
            let kernel = MapKernel::new(program.clone(), &shape, &layouts).unwrap().at_level(level);
            let places = (0..inputs.len()).flat_map(|i| (0..program.outputs().len()).map(move |o| (i, o)));
            let allowed = places.filter(|&(i, o)| kernel.in_place(i, o)).map(Some);
            for in_place in [None].into_iter().chain(allowed) {
                let got = run(&kernel, &inputs, in_place, 1);
                match &wanted {
                    Some(wanted) => {
                        let got = settled(&program, got.unwrap());
                        prop_assert_eq!(&got, wanted, "{:?} {:?} in place {:?} {:?}", level, shape, in_place, program);
                    }
                    None => prop_assert!(got.is_err(), "{level:?} {shape:?} {program:?}"),
                }
            }
        }
    }
}

fn one_unary(op: Unary, ty: ScalarType) -> MapProgram {
    let mut program = MapProgram::new();
    let x = program.input(ty);
    let y = program.unary(op, x);
    program.output(y, ty);
    program
}

#[test]
fn elementary_functions_to_rounding() {
    use Unary::*;
    let x: Vec<f32> =
        (-400..400).map(|i| i as f32 / 37.0).chain([0.0, -0.0, 1e-7, f32::INFINITY, f32::NAN]).collect();
    for op in [
        Exp, Expm1, Log, Log1p, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh, Tanh,
        Sigmoid, Softplus,
    ] {
        for level in Level::available() {
            for (ty, tolerance) in [(ScalarType::F32, 1e-6), (ScalarType::F64, 1e-14)] {
                let bytes = x.iter().flat_map(|&x| naive::store(ty, Number::F32(x))).collect();
                let kernel = MapKernel::new(one_unary(op, ty), &[x.len()], &[Layout::contiguous(&[x.len()])]);
                let got = run(&kernel.unwrap().at_level(level), &[bytes], None, 1).unwrap();
                for (&x, got) in x.iter().zip(got[0].chunks(ty.size())) {
                    let (got, wanted) =
                        (naive::load(ty, got).float(), naive::unary(op, Number::F64(x.into())).float());
                    let close = (got - wanted).abs() <= tolerance * wanted.abs().max(1e-3);
                    assert!(
                        close || got == wanted || got.is_nan() && wanted.is_nan(),
                        "{op:?}({x}) in {ty:?} at {level:?}: {got}, not {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let shape = [331, 257];
    let mut program = MapProgram::new();
    let (x, y) = (program.input(ScalarType::I32), program.input(ScalarType::I32));
    let quotient = program.binary(Binary::FloorDiv, x, y);
    program.output(quotient, ScalarType::I32);
    let layouts =
        [Layout { offset: 0, strides: vec![1, 331], elements: 331 * 257 }, Layout::contiguous(&shape)];
    let kernel = MapKernel::new(program.clone(), &shape, &layouts).unwrap();
    let numbers =
        |f: fn(i32) -> i32| -> Vec<u8> { (0..331 * 257).flat_map(|i| f(i).to_le_bytes()).collect() };
    let mut inputs =
        [numbers(|i| i * 7919 - 300_000_000), numbers(|i| i % 1000 - 500 + i32::from(i % 1000 == 500))];
    let wanted = expected(&program, &shape, &layouts, &inputs).unwrap();
    for threads in [1, 2, 5] {
        assert_eq!(run(&kernel, &inputs, None, threads), Ok(wanted.clone()));
        assert_eq!(run(&kernel, &inputs, Some((1, 0)), threads), Ok(wanted.clone()));
    }
    inputs[1][4 * 50_000..][..4].fill(0);
    for threads in [1, 2, 5] {
        assert_eq!(run(&kernel, &inputs, None, threads), Err(KernelError("Integer division by zero".into())));
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let program = one_unary(Unary::Exp, ScalarType::F32);
    let error =
        |shape: &[usize], layouts: &[Layout]| MapKernel::new(program.clone(), shape, layouts).unwrap_err();
    assert_eq!(error(&[3], &[]), "0 layouts were given for the program's 1 inputs");
    let short = Layout { offset: 1, strides: vec![1], elements: 3 };
    assert_eq!(
        error(&[3], &[short]),
        "input 0: a tensor of shape [3] with strides [1] from element 1 reaches elements 1 to 3, outside a buffer of 3"
    );
}

#[test]
fn a_program_too_long_for_one_loop_is_refused() {
    let mut program = MapProgram::new();
    let x = program.input(ScalarType::F32);
    let mut sum = x;
    for i in 0..300 {
        let constant = program.constant(ScalarType::F32, Constant::Int(i));
        sum = program.binary(Binary::Add, sum, constant);
    }
    program.output(sum, ScalarType::F32);
    let error = MapKernel::new(program, &[3], &[Layout::contiguous(&[3])]).unwrap_err();
    assert!(error.contains("300 constants"), "{error}");
}

#[test]
fn registers_are_used_again() {
    let mut program = MapProgram::new();
    let x = program.input(ScalarType::F32);
    let mut y = x;
    for _ in 0..100 {
        let exp = program.unary(Unary::Exp, y);
        y = program.binary(Binary::Add, exp, x);
    }
    program.output(y, ScalarType::F32);
    let kernel = MapKernel::new(program, &[3], &[Layout::contiguous(&[3])]).unwrap();
    assert_eq!(kernel.registers(), 1);
}

#[test]
fn what_is_the_same_for_all_is_computed_once() {
    // x · √(s + 1): the root is one number.
    let mut program = MapProgram::new();
    let (x, s) = (program.input(ScalarType::F64), program.input(ScalarType::F16));
    let s = program.cast(s, ScalarType::F64);
    let one = program.constant(ScalarType::F64, Constant::Int(1));
    let sum = program.binary(Binary::Add, s, one);
    let root = program.unary(Unary::Sqrt, sum);
    let product = program.binary(Binary::Mul, x, root);
    program.output(product, ScalarType::F64);
    let layouts = [Layout::contiguous(&[700]), Layout::broadcast(&[], &[700]).unwrap()];
    let kernel = MapKernel::new(program, &[700], &layouts).unwrap();
    let x: Vec<u8> = (0..700).flat_map(|i| f64::from(i).to_le_bytes()).collect();
    let got = run(&kernel, &[x, half::f16::from_f32(3.0).to_le_bytes().to_vec()], None, 1).unwrap();
    let wanted: Vec<u8> = (0..700).flat_map(|i| (2.0 * f64::from(i)).to_le_bytes()).collect();
    assert_eq!(got[0], wanted);
    assert_eq!(kernel.block.steps(), (4, 1, 1));
}
