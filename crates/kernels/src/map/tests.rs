//! [`MapKernel`] against a plain interpreter: random programs over random layouts, at every level.

use proptest::prelude::*;

use super::choices::Choices;
use super::naive::{self, Number};
use super::*;
use crate::ScalarType::F32;
use crate::{Binary, Constant, Level, ScalarType, Unary, Value, call};

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
        let wanted = naive::map(&program, &shape, &layouts, &inputs);
        prop_assert!(wanted.is_some() || program.can_fail(), "{program:?}");
        for level in Level::available() {
            let kernel = MapKernel::new(program.clone(), &shape, &layouts).unwrap().at_level(level);
            for in_place in naive::places(&kernel) {
                let got = naive::run(&kernel, &inputs, in_place, 1);
                match &wanted {
                    Some(wanted) => {
                        let got: Vec<Vec<u8>> = (got.unwrap().iter().zip(program.outputs()))
                            .map(|(bytes, &(_, stored))| naive::settled(stored, bytes))
                            .collect();
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
        (-400..400).map(|i| i as f32 / 37.0).chain([0.0, -0.0, 1e-7, 3e7, f32::INFINITY, f32::NAN]).collect();
    for op in [
        Exp, Expm1, Log, Log1p, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh, Tanh,
        Sigmoid, Softplus,
    ] {
        for level in Level::available() {
            for (ty, tolerance) in [(ScalarType::F32, 1e-6), (ScalarType::F64, 1e-14)] {
                let bytes = x.iter().flat_map(|&x| naive::store(ty, Number::F32(x))).collect();
                let kernel = MapKernel::new(one_unary(op, ty), &[x.len()], &[Layout::contiguous(&[x.len()])]);
                let got = naive::run(&kernel.unwrap().at_level(level), &[bytes], None, 1).unwrap();
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
    let wanted = naive::map(&program, &shape, &layouts, &inputs).unwrap();
    for threads in [1, 2, 5] {
        assert_eq!(naive::run(&kernel, &inputs, None, threads), Ok(wanted.clone()));
        assert_eq!(naive::run(&kernel, &inputs, Some((1, 0)), threads), Ok(wanted.clone()));
    }
    inputs[1][4 * 50_000..][..4].fill(0);
    for threads in [1, 2, 5] {
        assert_eq!(
            naive::run(&kernel, &inputs, None, threads),
            Err(KernelError::invalid("Integer division by zero"))
        );
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
    let got = naive::run(&kernel, &[x, half::f16::from_f32(3.0).to_le_bytes().to_vec()], None, 1).unwrap();
    let wanted: Vec<u8> = (0..700).flat_map(|i| (2.0 * f64::from(i)).to_le_bytes()).collect();
    assert_eq!(got[0], wanted);
    assert_eq!(kernel.block.steps(), (4, 1, 1));
}

#[test]
fn two_operations_are_one_loop_and_round_as_two() {
    let numbers = [0.0f32, -0.0, 1.5, -2.25, 1e-30, 3e38, f32::INFINITY, f32::NAN];
    let at = |k: usize| (0..512).map(|i| numbers[(i >> (3 * k)) % 8]).collect::<Vec<f32>>();
    let inputs = [at(0), at(1), at(2)];
    let run = |build: &dyn Fn(&mut MapProgram, [Value; 3]) -> Value| {
        let mut program = MapProgram::new();
        let operands = [(); 3].map(|()| program.input(F32));
        let result = build(&mut program, operands);
        program.output(result, F32);
        let kernel = MapKernel::new(program, &[512], &[(); 3].map(|()| Layout::contiguous(&[512]))).unwrap();
        let mut output = vec![0.0f32; 512];
        let views = inputs.each_ref().map(|input| bytemuck::cast_slice(input));
        call(&kernel, &Context { threads: 1 }, &views, &mut [bytemuck::cast_slice_mut(&mut output)]).unwrap();
        (kernel.block.steps().2, output)
    };
    let same = |got: &[f32], want: &dyn Fn([f32; 3]) -> f32, what: &str| {
        for (i, got) in got.iter().enumerate() {
            let operands = inputs.each_ref().map(|input| input[i]);
            let want = want(operands);
            assert!(
                got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                "{what} {operands:?}: {got}"
            );
        }
    };
    let of = |op: Binary, x: f32, y: f32| match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Maximum => crate::block::arithmetic::maximum_f32(x, y),
        _ => crate::block::arithmetic::minimum_f32(x, y),
    };
    let operations = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Maximum, Binary::Minimum];
    for (first, second) in operations.into_iter().flat_map(|first| operations.map(|second| (first, second))) {
        let (steps, got) = run(&|program, [x, y, z]| {
            let inner = program.binary(first, x, y);
            program.binary(second, inner, z)
        });
        assert_eq!(steps, 1, "{second:?} after {first:?}");
        same(&got, &|[x, y, z]| of(second, of(first, x, y), z), "left");
        let (_, got) = run(&|program, [x, y, z]| {
            let inner = program.binary(first, x, y);
            program.binary(second, z, inner)
        });
        same(&got, &|[x, y, z]| of(second, z, of(first, x, y)), "right");
    }
    /// What is chosen by x > 0 of x, y and z, as a program and as a number.
    type Choice = (fn(&mut MapProgram, [Value; 4]) -> Value, fn([f32; 3]) -> f32);
    let [leaky, above, below, either]: [Choice; 4] = [
        (
            |program, [x, y, _, m]| {
                let scaled = program.binary(Binary::Mul, y, x);
                program.select(m, x, scaled)
            },
            |[x, y, _]| if x > 0.0 { x } else { y * x },
        ),
        (
            |program, [_, y, _, m]| {
                let zero = program.constant(F32, Constant::Float(0.0));
                program.select(m, y, zero)
            },
            |[x, y, _]| if x > 0.0 { y } else { 0.0 },
        ),
        (
            |program, [_, y, _, m]| {
                let zero = program.constant(F32, Constant::Float(0.0));
                program.select(m, zero, y)
            },
            |[x, y, _]| if x > 0.0 { 0.0 } else { y },
        ),
        (|program, [_, y, z, m]| program.select(m, y, z), |[x, y, z]| if x > 0.0 { y } else { z }),
    ];
    let mask = |program: &mut MapProgram, [x, y, z]: [Value; 3]| {
        let zero = program.constant(F32, Constant::Float(0.0));
        [x, y, z, program.binary(Binary::Greater, x, zero)]
    };
    for (build, want) in [leaky, above, below, either] {
        let (steps, got) = run(&|program, operands| {
            let operands = mask(program, operands);
            build(program, operands)
        });
        assert_eq!(steps, 1);
        same(&got, &want, "choice");
    }
    for ((build, want), second) in
        [leaky, above, below].into_iter().flat_map(|choice| operations.map(|second| (choice, second)))
    {
        for turned in [false, true] {
            let (steps, got) = run(&|program, operands| {
                let operands = mask(program, operands);
                let chosen = build(program, operands);
                let [x, y] = if turned { [operands[2], chosen] } else { [chosen, operands[2]] };
                program.binary(second, x, y)
            });
            let joins = !turned || !matches!(second, Binary::Maximum | Binary::Minimum);
            assert_eq!(steps == 1, joins, "{second:?}, turned: {turned}");
            let of = |[x, y, z]: [f32; 3]| match turned {
                true => of(second, z, want([x, y, z])),
                false => of(second, want([x, y, z]), z),
            };
            same(&got, &of, "choice and operation");
        }
    }
    // The comparison is wanted twice, and computed by both.
    let (steps, got) = run(&|program, operands| {
        let [x, y, z, m] = mask(program, operands);
        let (kept, other) = (above.0(program, [x, y, z, m]), below.0(program, [x, y, z, m]));
        let scaled = program.binary(Binary::Mul, other, z);
        program.binary(Binary::Add, kept, scaled)
    });
    assert_eq!(steps, 2);
    same(&got, &|[x, y, z]| if x > 0.0 { y + 0.0 * z } else { 0.0 + y * z }, "gradient");
}

/// Loops that ask for what they read later, up to the end of their inputs and beyond it.
#[test]
fn inputs_larger_than_caches() {
    let count = BEYOND_CACHES / 16 + 37;
    let mut program = MapProgram::new();
    let inputs: Vec<_> = (0..4).map(|_| program.input(F32)).collect();
    let sum = inputs[1..].iter().fold(inputs[0], |sum, &x| program.binary(Binary::Add, sum, x));
    program.output(sum, F32);
    let numbers = |seed: usize| (0..count).map(|i| (i * seed % 2048) as f32).collect::<Vec<f32>>();
    let inputs: Vec<_> = (1..=4).map(|seed| crate::Buffer::from_slice(&numbers(seed))).collect();
    let bytes: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
    for level in Level::available() {
        let layouts = vec![Layout::contiguous(&[count]); 4];
        let kernel = MapKernel::new(program.clone(), &[count], &layouts).unwrap().at_level(level);
        assert_eq!(kernel.ahead.len(), 4);
        for threads in [1, 2] {
            let mut sum = crate::Buffer::zeroed(4 * count);
            call(&kernel, &Context { threads }, &bytes, &mut [sum.bytes_mut()]).unwrap();
            let right =
                |i: usize| sum.slice::<f32>()[i] == (1..=4).map(|seed| (i * seed % 2048) as f32).sum();
            assert!((0..count).all(right), "{level:?}");
        }
    }
}

/// Of what goes past the caches every number arrives, from every thread.
#[test]
fn outputs_larger_than_caches() {
    let count = (12 << 20) / 4 + 37;
    let mut program = MapProgram::new();
    let (x, one) = (program.input(F32), program.constant(F32, Constant::Int(1)));
    let (above, half) = (program.binary(Binary::Add, x, one), program.cast(x, ScalarType::F16));
    program.output(above, F32);
    program.output(half, ScalarType::F16);
    let x = crate::Buffer::from_slice(&(0..count).map(|i| (i % 2048) as f32).collect::<Vec<f32>>());
    for level in Level::available() {
        let kernel = MapKernel::new(program.clone(), &[count], &[Layout::contiguous(&[count])]).unwrap();
        let streams = kernel.streams.iter().filter(|stream| stream.is_some()).count();
        let expected = usize::from(is_worth_streaming(4 * count));
        assert_eq!(streams, expected, "the halves are fewer bytes");
        let kernel = kernel.at_level(level);
        for threads in [1, 2] {
            let (mut above, mut half) = (crate::Buffer::zeroed(4 * count), crate::Buffer::zeroed(2 * count));
            let mut outputs = [above.bytes_mut(), half.bytes_mut()];
            call(&kernel, &Context { threads }, &[x.bytes()], &mut outputs).unwrap();
            let right = |i: usize| {
                let x = (i % 2048) as f32;
                above.slice::<f32>()[i] == x + 1.0 && half.slice::<half::f16>()[i].to_f32() == x
            };
            assert!((0..count).all(right), "{level:?}");
        }
    }
}
