//! Against numbers that TensorFlow drew, and what must hold of any.

use half::{bf16, f16};
use proptest::prelude::*;

use super::*;
use crate::{Access, RunError, call};
use crate::{Buffer, Context, Kernel, Memory, Place, Program, Scalar, ScalarType, Slot, Step};

const ONE: Context = Context { threads: 1 };

/// A line of `tensorflow.txt`.
struct Drawn<'a> {
    op: &'a str,
    dtype: &'a str,
    seed: i64,
    seed2: i64,
    count: usize,
    execution: usize,
    range: Vec<i64>,
    hash: Option<u64>,
    numbers: Vec<&'a str>,
}

/// The lines for one op, and what each execution before them has made of its stream.
fn drawn(op: &str) -> Vec<Drawn<'static>> {
    let line = |line: &'static str| {
        let mut words = line.split_whitespace();
        let mut next = || words.next().expect("a word more");
        Drawn {
            op: next(),
            dtype: next(),
            seed: next().parse().expect("seed"),
            seed2: next().parse().expect("seed2"),
            count: next().parse().expect("count"),
            execution: next().parse().expect("execution"),
            range: next().split(',').filter_map(|word| word.parse().ok()).collect(),
            hash: u64::from_str_radix(next(), 16).ok(),
            numbers: words.collect(),
        }
    };
    let lines = include_str!("tensorflow.txt").lines().filter(|line| !line.starts_with('#'));
    let drawn: Vec<_> = lines.map(line).filter(|line| line.op == op).collect();
    assert!(!drawn.is_empty(), "{op}");
    drawn
}

/// A number's bits in an order where neighbours differ by one, and where 0.0 and −0.0 are the same.
trait Bits: Scalar {
    fn ordered(self) -> i128;
}

macro_rules! bits {
    ($($type:ty as $bits:ty),*) => { $(
        impl Bits for $type {
            fn ordered(self) -> i128 {
                let bits: $bits = bytemuck::cast(self);
                let sign = 1 << (<$bits>::BITS - 1);
                let size = i128::from(bits & !sign);
                if bits & sign == 0 { size } else { -size }
            }
        }
    )* };
}
bits!(f32 as u32, f64 as u64, f16 as u16, bf16 as u16, i32 as u32, i64 as u64);

/// Compares `numbers` with a line: all bits where it has a hash, else the numbers it names, to so many ulp.
fn compare<T: Bits>(line: &Drawn<'_>, numbers: &[T], ulps: i128) {
    let what = format!("{} {} {} {}", line.op, line.dtype, line.count, line.execution);
    let every = if line.count > 16 { line.count / 8 } else { 1 };
    let some: Vec<T> = numbers.iter().copied().step_by(every).collect();
    assert_eq!(some.len(), line.numbers.len(), "{what}");
    for (got, want) in some.iter().zip(&line.numbers) {
        let bytes = u64::from_str_radix(want, 16).expect("bits").to_le_bytes();
        let want: T = bytemuck::pod_read_unaligned(&bytes[..size_of::<T>()]);
        assert!((got.ordered() - want.ordered()).abs() <= ulps, "{what}: {got:?} is not {want:?}");
    }
    if let Some(hash) = line.hash {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        let got = bytemuck::cast_slice::<T, u8>(numbers).iter().fold(0xcbf2_9ce4_8422_2325, step);
        assert_eq!(got, hash, "{what}");
    }
}

/// Draws again what TensorFlow drew, execution after execution.
fn draw_again<T: Bits>(op: &str, dtype: &str, ulps: i128, draw: impl Fn(&Drawn<'_>, &mut Philox, &mut [T])) {
    let mut stream = Philox::new(0, 0);
    let mut lines = 0;
    for line in drawn(op).into_iter().filter(|line| line.dtype == dtype) {
        if line.execution == 0 {
            stream = Philox::new(line.seed, line.seed2);
        }
        let mut numbers = vec![T::zeroed(); line.count];
        draw(&line, &mut stream, &mut numbers);
        compare(&line, &numbers, ulps);
        lines += 1;
    }
    assert!(lines > 0, "{op} {dtype}");
}

fn draw_floats_again<T: RandomFloat + Bits>(dtype: &str, ulps: i128) {
    draw_again::<T>("uniform", dtype, 0, |_, stream, out| fill_uniform(2, stream, out));
    draw_again::<T>("normal", dtype, ulps, |_, stream, out| fill_normal(2, stream, out));
    draw_again::<T>("truncated", dtype, ulps, |_, stream, out| fill_truncated_normal(2, stream, out));
}

#[test]
fn real_numbers_are_tensorflows() {
    draw_floats_again::<f32>("f32", 3);
    draw_floats_again::<f64>("f64", 3);
    draw_floats_again::<f16>("f16", 0);
    draw_floats_again::<bf16>("bf16", 0);
}

#[test]
fn integers_are_tensorflows() {
    draw_again::<i32>("integer", "i32", 0, |line, stream, out| {
        fill_uniform_integer(1, stream, line.range[0] as i32, line.range[1] as i32, out).expect("a range");
    });
    draw_again::<i64>("integer", "i64", 0, |line, stream, out| {
        fill_uniform_integer(2, stream, line.range[0], line.range[1], out).expect("a range");
    });
}

#[test]
fn shuffles_are_tensorflows() {
    draw_again::<i32>("shuffle", "i32", 0, |_, stream, out| {
        out.iter_mut().zip(0..).for_each(|(out, i)| *out = i);
        shuffle(stream, out);
    });
}

/// Runs a kernel with its position in place, and other operands in slots of their own.
fn execute(kernel: RandomKernel, position: &mut [u64; 2], input: &[u8]) -> Result<Vec<u8>, RunError> {
    let place = |slot, bytes| Place { slot, offset: 0, bytes };
    let (sizes, out) = (kernel.input_bytes().to_vec(), kernel.output_bytes()[0]);
    let mut reads = vec![place(0, 16)];
    let mut at = 0;
    for &bytes in &sizes[1..] {
        reads.push(Place { slot: 1, offset: at, bytes });
        at += bytes.next_multiple_of(8);
    }
    let slots = vec![
        Slot { bytes: 16, access: Access::ReadWrite },
        Slot { bytes: input.len(), access: Access::ReadOnly },
        Slot { bytes: out, access: Access::ReadWrite },
    ];
    let step = Step { kernel: Box::new(kernel), reads, writes: vec![place(2, out), place(0, 16)] };
    let program = Program::new(vec![step], slots).expect("a random kernel's position may be in place");
    let (input, mut output) = (Buffer::from_slice(input), Buffer::zeroed(out));
    let position = bytemuck::cast_slice_mut(position);
    let memory =
        &mut [Memory::write(position), Memory::read(input.bytes()), Memory::write(output.bytes_mut())];
    program.run(&ONE, memory)?;
    Ok(output.bytes().to_vec())
}

#[test]
fn classes_are_tensorflows() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let logits = [
        [0.0, 1.0, 2.0, -1.0, 0.5],
        [5.0, 5.0, inf, -inf, 1.0],
        [nan, -80.0, -81.0, -79.0, -1000.0],
        [0.0; 5],
    ];
    let mut position = [0; 2];
    for line in drawn("multinomial") {
        if line.execution == 0 {
            position = [0, 0];
        }
        let values = logits.as_flattened().iter();
        let bytes = |dtype| match dtype {
            "f32" => (ScalarType::F32, values.clone().flat_map(|x| x.to_ne_bytes()).collect()),
            "f64" => (ScalarType::F64, values.clone().flat_map(|x| f64::from(*x).to_ne_bytes()).collect()),
            "f16" => {
                (ScalarType::F16, values.clone().flat_map(|x| f16::from_f32(*x).to_ne_bytes()).collect())
            }
            _ => (ScalarType::BF16, values.clone().flat_map(|x| bf16::from_f32(*x).to_ne_bytes()).collect()),
        };
        let (from, to) = line.dtype.split_once("->").expect("logits and classes");
        let (dtype, input): (ScalarType, Vec<u8>) = bytes(from);
        let class = if to == "i32" { ScalarType::I32 } else { ScalarType::I64 };
        let kernel = RandomKernel::multinomial([4, 5, line.count], dtype, class, (line.seed, line.seed2))
            .expect("valid");
        let drawn = execute(kernel, &mut position, &input).expect("runs");
        let drawn: Vec<i64> = match class {
            ScalarType::I32 => {
                bytemuck::pod_collect_to_vec::<u8, i32>(&drawn).into_iter().map(i64::from).collect()
            }
            _ => bytemuck::pod_collect_to_vec(&drawn),
        };
        let want: Vec<i64> = line.numbers.iter().map(|word| word.parse().expect("a class")).collect();
        assert_eq!(drawn, want, "{} {} {}", line.dtype, line.count, line.execution);
    }
}

#[test]
fn a_row_without_a_finite_logit_draws_one_past_the_last_class() {
    let logits: Vec<u8> = [f32::NAN, f32::INFINITY].iter().flat_map(|x| x.to_ne_bytes()).collect();
    let kernel =
        RandomKernel::multinomial([1, 2, 3], ScalarType::F32, ScalarType::I32, (1, 2)).expect("valid");
    let drawn = execute(kernel, &mut [0, 0], &logits).expect("runs");
    assert_eq!(bytemuck::pod_collect_to_vec::<u8, i32>(&drawn), [2, 2, 2]);
}

#[test]
fn kernels_draw_what_functions_draw() {
    let seeds = (-5, 77);
    let mut stream = Philox::new(seeds.0, seeds.1);
    let mut position = stream.position();

    for distribution in [Distribution::Uniform, Distribution::Normal, Distribution::TruncatedNormal] {
        let mut want = vec![0f32; 21];
        match distribution {
            Distribution::Uniform => fill_uniform(1, &mut stream, &mut want),
            Distribution::Normal => fill_normal(1, &mut stream, &mut want),
            Distribution::TruncatedNormal => fill_truncated_normal(1, &mut stream, &mut want),
        }
        let kernel = RandomKernel::real(distribution, ScalarType::F32, 21, seeds).expect("valid");
        let got = execute(kernel, &mut position, &[]).expect("runs");
        assert_eq!(bytemuck::pod_collect_to_vec::<u8, f32>(&got), want);
        assert_eq!(position, stream.position());
    }

    let mut want = vec![0i64; 21];
    fill_uniform_integer(1, &mut stream, -3, 9, &mut want).expect("a range");
    let kernel = RandomKernel::uniform_integer(ScalarType::I64, 21, seeds).expect("valid");
    let got = execute(kernel, &mut position, bytemuck::cast_slice(&[-3i64, 9])).expect("runs");
    assert_eq!((bytemuck::pod_collect_to_vec::<u8, i64>(&got), position), (want, stream.position()));

    let rows: Vec<[u8; 3]> = (0..10).map(|i| [i, i + 100, i + 200]).collect();
    let mut want = rows.clone();
    shuffle(&mut stream, &mut want);
    let kernel = RandomKernel::shuffle(10, 3, seeds).expect("valid");
    let got = execute(kernel, &mut position, rows.as_flattened()).expect("runs");
    assert_eq!((&got[..], position), (want.as_flattened(), stream.position()));
}

#[test]
fn a_shuffle_may_be_in_place() {
    let mut order: Vec<u64> = (0..9).collect();
    let place = Place { slot: 0, offset: 0, bytes: 72 };
    let at = [Place { slot: 1, offset: 0, bytes: 16 }, Place { slot: 1, offset: 16, bytes: 16 }];
    let kernel = Box::new(RandomKernel::shuffle(9, 8, (87654321, 42)).expect("valid"));
    let step = Step { kernel, reads: vec![at[0], place], writes: vec![place, at[1]] };
    let slot = |bytes| Slot { bytes, access: Access::ReadWrite };
    let program = Program::new(vec![step], vec![slot(72), slot(32)]).expect("in place");
    let mut positions = [0u64; 4];
    let memory = &mut [
        Memory::write(bytemuck::cast_slice_mut(&mut order)),
        Memory::write(bytemuck::cast_slice_mut(&mut positions)),
    ];
    program.run(&ONE, memory).expect("runs");
    assert_eq!(order, [5, 0, 1, 4, 2, 3, 6, 8, 7]);
    assert_eq!(positions, [0, 0, 2, 0]);
}

#[test]
fn nothing_to_draw_moves_nothing() {
    let mut position = [5, 6];
    let none = RandomKernel::real(Distribution::TruncatedNormal, ScalarType::F64, 0, (1, 2)).expect("valid");
    assert_eq!(execute(none, &mut position, &[]), Ok(vec![]));
    let none = RandomKernel::shuffle(4, 0, (1, 2)).expect("valid");
    assert_eq!(execute(none, &mut position, &[]), Ok(vec![]));
    let none = RandomKernel::multinomial([2, 1, 0], ScalarType::F32, ScalarType::I32, (1, 2)).expect("valid");
    assert_eq!(execute(none, &mut position, &[0; 8]), Ok(vec![]));
    // TensorFlow does not look at the range either.
    let none = RandomKernel::uniform_integer(ScalarType::I64, 0, (1, 2)).expect("valid");
    assert_eq!(execute(none, &mut position, bytemuck::cast_slice(&[3i64, 3])), Ok(vec![]));
    assert_eq!(position, [5, 6]);
}

#[test]
fn what_cannot_be_drawn_is_refused_with_a_reason() {
    let why = |kernel: Result<RandomKernel, String>| kernel.expect_err("must be refused");
    use ScalarType::*;
    assert!(why(RandomKernel::real(Distribution::Normal, I32, 3, (1, 2))).contains("not I32"));
    assert!(why(RandomKernel::real(Distribution::Normal, F32, usize::MAX, (1, 2))).contains("memory"));
    assert!(why(RandomKernel::uniform_integer(F32, 3, (1, 2))).contains("not F32"));
    assert!(why(RandomKernel::shuffle(usize::MAX, 2, (1, 2))).contains("memory"));
    assert!(why(RandomKernel::multinomial([1, 0, 1], F32, I32, (1, 2))).contains("not 0"));
    assert!(why(RandomKernel::multinomial([1, 1, 1], I32, F32, (1, 2))).contains("not I32 and F32"));
    assert!(why(RandomKernel::multinomial([usize::MAX, 2, 1], F32, I32, (1, 2))).contains("memory"));
    let kernel = RandomKernel::uniform_integer(I64, 2, (1, 2)).expect("valid");
    let (low, high, position) = ([4i64], [4i64], [0u64; 2]);
    let (mut out, mut next) = ([0i64; 2], [0u64; 2]);
    let error = call(
        &kernel,
        &ONE,
        &[bytemuck::cast_slice(&position), bytemuck::cast_slice(&low), bytemuck::cast_slice(&high)],
        &mut [bytemuck::cast_slice_mut(&mut out), bytemuck::cast_slice_mut(&mut next)],
    );
    assert_eq!(error.expect_err("empty").text, "minval must be below maxval, and 4 is not below 4");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    // Numbers do not depend on how many are asked for at once, nor on how many threads make them.
    #[test]
    fn a_longer_draw_begins_like_a_shorter_one(count in 0usize..40_000, threads in 1usize..4, seed: i64) {
        fn check<T: RandomFloat + PartialEq>(count: usize, threads: usize, seed: i64) -> bool {
            [fill_uniform::<T>, fill_normal::<T>, fill_truncated_normal::<T>].into_iter().all(|fill| {
                let (mut short, mut long) = (vec![T::zeroed(); count], vec![T::zeroed(); count + 100]);
                fill(threads, &mut Philox::new(seed, 3), &mut short);
                fill(1, &mut Philox::new(seed, 3), &mut long);
                short == long[..count]
            })
        }
        prop_assert!(check::<f32>(count, threads, seed));
        prop_assert!(check::<f64>(count, threads, seed));
        prop_assert!(check::<bf16>(count, threads, seed));
    }
}

#[test]
fn moments_are_those_of_the_distributions() {
    fn moments(numbers: &[f64]) -> [f64; 4] {
        [1, 2, 3, 4].map(|power| numbers.iter().map(|x| x.powi(power)).sum::<f64>() / numbers.len() as f64)
    }
    let mut numbers = vec![0.0; 400_000];
    let mut check = |fill: fn(usize, &mut Philox, &mut [f64]), want: [f64; 4], bound: f64| {
        fill(2, &mut Philox::new(11, 12), &mut numbers);
        let got = moments(&numbers);
        // Four standard deviations of the fourth moment's mean, or more.
        assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < bound), "{got:?}, not {want:?}");
        assert!(numbers.iter().all(|x| x.is_finite()));
    };
    check(fill_uniform, [0.5, 1.0 / 3.0, 0.25, 0.2], 0.002);
    check(fill_normal, [0.0, 1.0, 0.0, 3.0], 0.07);
    check(fill_truncated_normal, [0.0, 0.7737413, 0.0, 1.4161891], 0.02);
}
