//! Loops that go together against the same loops alone, to the bit.

use proptest::prelude::*;

use super::*;
use crate::{Binary, Buffer, Layout, MapProgram, ReduceOp, ScalarType, Unary, call};

const TYPES: [ScalarType; 3] = [ScalarType::F32, ScalarType::F64, ScalarType::F16];

/// The loops there are to choose from, over `[rows, columns]`: of x, g and a number for each column.
fn a_loop(which: usize, dtype: ScalarType, shape: [usize; 2]) -> Result<(PassLoop, Vec<usize>), String> {
    let mut program = MapProgram::new();
    let (x, g, alpha) = (program.input(dtype), program.input(dtype), program.input(dtype));
    let product = program.binary(Binary::Mul, x, g);
    let scaled = program.binary(Binary::Mul, product, alpha);
    let layouts =
        [Layout::contiguous(&shape), Layout::contiguous(&shape), Layout::broadcast(&shape[1..], &shape)?];
    let inputs = vec![0, 1, 2];
    let reduce = |program: MapProgram, axes: &[usize], op, epilogue| {
        ReduceKernel::new(program, &shape, &layouts, axes, op, epilogue).map(PassLoop::Reduce)
    };
    let work = match which {
        0 => {
            program.output(scaled, dtype);
            PassLoop::Map(MapKernel::new(program, &shape, &layouts)?)
        }
        1 => {
            let root = program.unary(Unary::Tanh, scaled);
            program.output(root, dtype);
            program.output(product, dtype);
            PassLoop::Map(MapKernel::new(program, &shape, &layouts)?)
        }
        2 => {
            program.output(scaled, dtype);
            reduce(program, &[0, 1], ReduceOp::Sum, None)?
        }
        3 => {
            program.output(product, dtype);
            reduce(program, &[0], ReduceOp::Sum, None)?
        }
        4 => {
            program.output(scaled, dtype);
            reduce(program, &[0, 1], ReduceOp::Max, None)?
        }
        _ => {
            program.output(scaled, dtype);
            // Of the result and of one number more for each column, which the loop reads besides.
            let mut epilogue = MapProgram::new();
            let (sum, more) = (epilogue.input(dtype), epilogue.input(dtype));
            let difference = epilogue.binary(Binary::Sub, more, sum);
            epilogue.output(difference, dtype);
            let further = vec![Layout::contiguous(&shape[1..])];
            let work = reduce(program, &[0], ReduceOp::Sum, Some((epilogue, further)))?;
            return Ok((work, vec![0, 1, 2, 2]));
        }
    };
    Ok((work, inputs))
}

fn numbers(dtype: ScalarType, count: usize, seed: usize) -> Buffer {
    let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f64 / 1000.0 - 1.0;
    match dtype {
        ScalarType::F32 => Buffer::from_slice(&(0..count).map(|i| number(i) as f32).collect::<Vec<_>>()),
        ScalarType::F64 => Buffer::from_slice(&(0..count).map(number).collect::<Vec<_>>()),
        _ => Buffer::from_slice(&(0..count).map(|i| half::f16::from_f64(number(i))).collect::<Vec<_>>()),
    }
}

fn run(kernel: &dyn Kernel, threads: usize, inputs: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut outputs: Vec<Buffer> = kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
    outputs.iter_mut().for_each(|output| output.bytes_mut().fill(0x55));
    let mut places: Vec<&mut [u8]> = outputs.iter_mut().map(|output| output.bytes_mut()).collect();
    call(kernel, &Context { threads }, inputs, &mut places).unwrap();
    outputs.iter().map(|output| output.bytes().to_vec()).collect()
}

/// Whether they go together; if so, that each gives what it gives alone.
fn check(which: &[usize], dtype: ScalarType, shape: [usize; 2]) -> bool {
    let count = shape[0] * shape[1];
    let inputs = [numbers(dtype, count, 1), numbers(dtype, count, 2), numbers(dtype, shape[1], 3)];
    let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
    let loops = || which.iter().map(|&which| a_loop(which, dtype, shape).unwrap()).collect::<Vec<_>>();
    let Ok(kernel) = PassKernel::new(loops()) else { return false };
    let alone: Vec<Vec<u8>> = loops()
        .iter()
        .flat_map(|(work, of)| {
            let inputs: Vec<&[u8]> = of.iter().map(|&input| inputs[input]).collect();
            run(work.kernel(), 1, &inputs)
        })
        .collect();
    for threads in [1, 3] {
        assert!(run(&kernel, threads, &inputs) == alone, "{which:?} {dtype:?} {shape:?} {threads} threads");
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_gives_what_it_gives_alone(
        which in prop::collection::vec(0usize..6, 2..=4), dtype in 0usize..3, rows in 1usize..3000, columns in 1usize..140,
    ) {
        check(&which, TYPES[dtype], [rows, columns]);
    }
}

#[test]
fn those_go_together_that_walk_alike() {
    for dtype in TYPES {
        // PReLU's three, of few channels and many: sums over rows of up to 127 numbers.
        assert!(check(&[2, 0, 3], dtype, [2000, 64]));
        assert!(check(&[5, 1, 4, 0], dtype, [70_000, 1]));
        assert!(check(&[0, 1], dtype, [37, 16]));
    }
    // More than caches hold, so that they ask for what they read next.
    assert!(check(&[2, 0, 3], ScalarType::F32, [40_001, 64]));
    // Rows of 200 numbers are cut one by one; sums of few numbers are not made in parts; a loop alone is no pass.
    assert!(!check(&[0, 1], ScalarType::F32, [400, 200]));
    assert!(!check(&[0, 2], ScalarType::F32, [100, 8]));
    assert!(!check(&[0], ScalarType::F32, [2000, 64]));
    // Spaces of two sizes, and inputs of two.
    let (one, other) = (a_loop(0, ScalarType::F32, [2000, 64]), a_loop(0, ScalarType::F32, [1000, 64]));
    assert!(PassKernel::new(vec![one.unwrap(), other.unwrap()]).is_err());
    let (one, (work, _)) =
        (a_loop(0, ScalarType::F32, [2000, 64]), a_loop(0, ScalarType::F32, [2000, 64]).unwrap());
    assert!(PassKernel::new(vec![one.unwrap(), (work, vec![0, 2, 1])]).is_err());
}
