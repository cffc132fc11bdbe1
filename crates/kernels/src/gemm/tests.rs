//! Products against plain loops.

use half::{bf16, f16};
use proptest::prelude::*;

use super::element::{Element, accumulate};
use super::vector::Number;
use super::*;
use crate::{Binary, Buffer, Constant, Layout, MapKernel, call};

/// Numbers to multiply: mostly small ones of either sign, and a few that spread.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        self.0 >> 33
    }

    fn fill<E: Element>(&mut self, count: usize, odd: bool) -> Vec<E> {
        let number = |numbers: &mut Numbers| {
            let x = numbers.next() as f64 / (1_u64 << 30) as f64 - 1.0;
            let ordinary = E::narrow(E::Sum::from_f64(if E::TYPE.is_float() { x } else { x * 1e6 }));
            match numbers.next() % 97 {
                0 if odd => E::narrow(E::Sum::from_f64(f64::NAN)),
                1 if odd => E::narrow(E::Sum::from_f64(f64::INFINITY)),
                2..5 => E::narrow(E::Sum::from_f64(0.0)),
                _ => ordinary,
            }
        };
        (0..count).map(|_| number(self)).collect()
    }
}

fn spec(dtype: ScalarType, [batch, m, n, k]: [usize; 4]) -> GemmSpec {
    GemmSpec {
        dtype,
        batch,
        m,
        n,
        k,
        transpose_a: false,
        transpose_b: false,
        batch_stride_a: m * k,
        batch_stride_b: k * n,
        output: GemmOutput::Write,
        epilogue: None,
    }
}

/// The product as the module's head describes it: one chain for each element.
fn chains<E: Element>(spec: &GemmSpec, fused: bool, a: &[E], b: &[E]) -> Vec<E::Sum> {
    let GemmSpec { batch, m, n, k, .. } = *spec;
    let mut sums = Vec::with_capacity(batch * m * n);
    for (item, i, j) in (0..batch).flat_map(|b| (0..m).flat_map(move |i| (0..n).map(move |j| (b, i, j)))) {
        let mut sum = E::Sum::ZERO;
        for p in 0..k {
            let a =
                a[item * spec.batch_stride_a + if spec.transpose_a { p * m + i } else { i * k + p }].widen();
            let b =
                b[item * spec.batch_stride_b + if spec.transpose_b { j * k + p } else { p * n + j }].widen();
            sum = if fused { a.fused(b, sum) } else { a.mul(b).add(sum) };
        }
        sums.push(sum);
    }
    sums
}

/// The bits of numbers, with one pattern for all that are NaN.
fn bits<E: Element>(numbers: &[E]) -> Vec<u8> {
    let same = |x: &E| {
        if x.widen().partial_cmp(&x.widen()).is_none() {
            vec![0xFF; 8]
        } else {
            bytemuck::bytes_of(x).to_vec()
        }
    };
    numbers.iter().flat_map(same).collect()
}

/// Runs a product at every level and with one and two threads, and compares it with `expected` of its chains.
fn check<E: Element>(spec: &GemmSpec, seed: u64, odd: bool) {
    let mut numbers = Numbers(seed);
    let kernel = GemmKernel::new(spec.clone()).unwrap();
    let count = |bytes: usize| bytes / size_of::<E>();
    let [a, b] = [0, 1].map(|input| numbers.fill::<E>(count(kernel.input_bytes()[input]), odd));
    let previous = numbers.fill::<E>(count(kernel.output_bytes()[0]), odd);
    let rate = numbers.fill::<E>(1, false);
    for level in Level::available() {
        let sums = chains(spec, level.has_fma(), &a, &b);
        let add = |factor: E::Sum| -> Vec<E> {
            previous.iter().zip(&sums).map(|(&previous, &sum)| accumulate(previous, factor, sum)).collect()
        };
        let expected = match spec.output {
            GemmOutput::Write => sums.iter().map(|&sum| E::narrow(sum)).collect(),
            GemmOutput::Accumulate { alpha } => add(E::Sum::from_f64(alpha)),
            GemmOutput::AccumulateScaled => add(rate[0].widen().mul(E::Sum::from_f64(-1.0))),
        };
        let kernel = GemmKernel::new(spec.clone()).unwrap().at_level(level);
        let inputs = [&a, &b, &previous, &rate].map(|input| Buffer::from_slice(input));
        let inputs: Vec<&[u8]> =
            inputs[..kernel.input_bytes().len()].iter().map(|input| input.bytes()).collect();
        for threads in [1, 2] {
            let mut out = Buffer::from_slice(&vec![0x5A_u8; kernel.output_bytes()[0]]);
            call(&kernel, &Context { threads }, &inputs, &mut [out.bytes_mut()]).unwrap();
            assert!(
                bits::<E>(out.slice()) == bits(&expected),
                "{spec:?} at {level:?} with {threads} threads"
            );
        }
        if kernel.in_place(2, 0) {
            let mut out = Buffer::from_slice(&previous);
            let mut outputs = [Out::new(out.slice_mut::<E>())];
            let pointer = outputs[0].pointer::<u8>();
            // SAFETY: the output's own memory, as the kernel allows it; nothing else refers to it.
            let in_place = unsafe { In::from_raw(pointer, kernel.input_bytes()[2]) };
            let mut views: Vec<In<'_>> = inputs.iter().map(|input| In::new(input)).collect();
            views[2] = in_place;
            // SAFETY: the sizes are the kernel's, and buffers are aligned to 64 bytes.
            unsafe { kernel.run(&Context { threads: 2 }, &views, &mut outputs).unwrap() };
            assert!(bits::<E>(out.slice()) == bits(&expected), "{spec:?} at {level:?} in place");
        }
    }
}

fn check_type(spec: &GemmSpec, seed: u64, odd: bool) {
    match spec.dtype {
        ScalarType::F32 => check::<f32>(spec, seed, odd),
        ScalarType::F64 => check::<f64>(spec, seed, odd),
        ScalarType::F16 => check::<f16>(spec, seed, odd),
        ScalarType::BF16 => check::<bf16>(spec, seed, odd),
        ScalarType::I8 | ScalarType::U8 => check::<i8>(spec, seed, odd),
        ScalarType::I16 | ScalarType::U16 => check::<i16>(spec, seed, odd),
        ScalarType::I32 | ScalarType::U32 => check::<i32>(spec, seed, odd),
        ScalarType::I64 | ScalarType::U64 => check::<i64>(spec, seed, odd),
        ScalarType::Bool => unreachable!("no product"),
    }
}

fn types() -> impl Strategy<Value = ScalarType> {
    use ScalarType::*;
    let rare = prop::sample::select(vec![F16, BF16, I8, U8, I16, U16, I32, U32, I64, U64]);
    prop_oneof![3 => Just(F32), 2 => Just(F64), 3 => rare]
}

fn outputs() -> impl Strategy<Value = GemmOutput> {
    prop_oneof![
        Just(GemmOutput::Write),
        (-2.0..2.0).prop_map(|alpha| GemmOutput::Accumulate { alpha }),
        Just(GemmOutput::AccumulateScaled),
    ]
}

prop_compose! {
    /// Any product with sizes up to these, batches that share a matrix and batches with gaps.
    fn specs(m: usize, n: usize, k: usize)(
        dtype in types(), batch in 0_usize..4, m in 0..=m, n in 0..=n, k in 0..=k,
        transpose_a: bool, transpose_b: bool, a in 0_usize..4, b in 0_usize..4, output in outputs(),
    ) -> GemmSpec {
        let stride = |kind: usize, matrix: usize| match kind { 0 => 0, 1 => matrix + 3, _ => matrix };
        let (batch_stride_a, batch_stride_b) = (stride(a, m * k), stride(b, k * n));
        GemmSpec { transpose_a, transpose_b, batch_stride_a, batch_stride_b, output, ..spec(dtype, [batch, m, n, k]) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn small_products_have_the_bits_of_plain_chains(spec in specs(12, 12, 12), seed: u64, odd: bool) {
        check_type(&spec, seed, odd);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn medium_products_have_the_bits_of_plain_chains(spec in specs(70, 80, 50), seed: u64, odd: bool) {
        check_type(&spec, seed, odd);
    }
}

#[test]
fn products_cut_into_many_blocks_have_the_bits_of_plain_chains() {
    // More rows than a piece, more columns than a piece, more steps than a block; and whole panels only.
    for (sizes, seed) in
        [([1, 200, 300, 330], 1), ([2, 193, 65, 650], 2), ([1, 128, 512, 321], 3), ([1, 7, 600, 700], 4)]
    {
        for flags in 0..4 {
            let output = [GemmOutput::Write, GemmOutput::AccumulateScaled][flags / 2 % 2];
            let one = spec(ScalarType::F32, sizes);
            let spec = GemmSpec { transpose_a: flags % 2 == 1, transpose_b: flags % 3 == 1, output, ..one };
            check::<f32>(&spec, seed, false);
        }
        check::<f16>(&spec(ScalarType::F16, sizes), seed, false);
    }
}

#[test]
fn sums_are_near_the_true_ones() {
    let (spec, mut numbers) = (spec(ScalarType::F32, [1, 40, 50, 600]), Numbers(5));
    let (a, b) = (numbers.fill::<f32>(40 * 600, false), numbers.fill::<f32>(600 * 50, false));
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let exact = chains(&spec, true, &wide(&a), &wide(&b));
    let magnitudes = chains(
        &spec,
        true,
        &wide(&a).iter().map(|x| x.abs()).collect::<Vec<_>>(),
        &wide(&b).iter().map(|x| x.abs()).collect::<Vec<_>>(),
    );
    for level in Level::available() {
        let kernel = GemmKernel::new(spec.clone()).unwrap().at_level(level);
        let mut out = Buffer::zeroed(40 * 50 * 4);
        let inputs = [Buffer::from_slice(&a), Buffer::from_slice(&b)];
        call(
            &kernel,
            &Context { threads: 2 },
            &[inputs[0].bytes(), inputs[1].bytes()],
            &mut [out.bytes_mut()],
        )
        .unwrap();
        for ((&got, exact), magnitude) in out.slice::<f32>().iter().zip(&exact).zip(&magnitudes) {
            // Each of 600 additions rounds by at most half a unit of a partial sum; in practice errors cancel.
            assert!(
                (f64::from(got) - exact).abs() <= 20.0 * f64::from(f32::EPSILON) * magnitude,
                "{level:?}"
            );
        }
    }
}

#[test]
fn a_product_of_nothing_is_zero_and_an_empty_one_is_nothing() {
    for level in Level::available() {
        let kernel = GemmKernel::new(spec(ScalarType::F32, [1, 3, 17, 0])).unwrap().at_level(level);
        let mut out = Buffer::from_slice(&[1.0_f32; 51]);
        call(&kernel, &Context { threads: 2 }, &[&[], &[]], &mut [out.bytes_mut()]).unwrap();
        assert_eq!(out.slice::<f32>(), [0.0; 51]);
    }
    let huge = usize::MAX / 2;
    let kernel = GemmKernel::new(GemmSpec {
        batch_stride_a: 0,
        batch_stride_b: 0,
        ..spec(ScalarType::F32, [huge, 3, 0, 2])
    })
    .unwrap();
    assert_eq!(kernel.output_bytes(), [0]);
}

#[test]
fn what_does_not_fit_is_refused_with_its_numbers() {
    let one = spec(ScalarType::F32, [2, 3, 4, 5]);
    let refusal = |spec: GemmSpec| GemmKernel::new(spec).unwrap_err();
    assert_eq!(refusal(spec(ScalarType::Bool, [1, 1, 1, 1])), "there is no product of matrices of type Bool");
    assert_eq!(
        refusal(GemmSpec { batch_stride_a: 14, ..one.clone() }),
        "the batch stride of A is 14, less than the 3 x 5 elements of one matrix"
    );
    let huge = usize::MAX / 8;
    assert!(
        refusal(GemmSpec { batch_stride_a: 0, batch_stride_b: 0, ..spec(ScalarType::F32, [1, huge, 4, 1]) })
            .contains("more than memory can hold")
    );
}

/// `product`, with a bias or without, and its maximum with 0 or not.
fn bias_relu(dtype: ScalarType, bias: bool, relu: bool) -> GemmEpilogue {
    let mut program = MapProgram::new();
    let mut x = program.input(dtype);
    if bias {
        let bias = program.input(dtype);
        x = program.binary(Binary::Add, x, bias);
    }
    if relu {
        let zero = program.constant(dtype, Constant::Int(0));
        x = program.binary(Binary::Maximum, x, zero);
    }
    program.output(x, dtype);
    GemmEpilogue { program, extra: vec![EpilogueInput::Row; usize::from(bias)] }
}

/// `product · (1 where y > 0, else 0)`, or the other way round.
fn slope(dtype: ScalarType, product_first: bool) -> GemmEpilogue {
    let mut program = MapProgram::new();
    let (x, y) = (program.input(dtype), program.input(dtype));
    let zero = program.constant(dtype, Constant::Int(0));
    let above = program.binary(Binary::Greater, y, zero);
    let factor = program.cast(above, dtype);
    let (x, y) = if product_first { (x, factor) } else { (factor, x) };
    let value = program.binary(Binary::Mul, x, y);
    program.output(value, dtype);
    GemmEpilogue { program, extra: vec![EpilogueInput::Full] }
}

fn check_slope<E: Element>(spec: &GemmSpec, seed: u64) {
    let of = |product_first| GemmSpec { epilogue: Some(slope(spec.dtype, product_first)), ..spec.clone() };
    for spec in [of(true), of(false)] {
        let in_tiles = GemmKernel::new(spec.clone()).unwrap().ending == Ending::Slope;
        assert_eq!(in_tiles, spec.batch * spec.m * spec.n > 512 && spec.dtype != ScalarType::BF16);
        check_ending::<E>(&spec, seed, |place, sum, extra| {
            let positive = extra[place].widen() > E::Sum::ZERO;
            E::narrow(E::narrow(sum).widen().mul(if positive { E::Sum::ONE } else { E::Sum::ZERO }))
        });
    }
}

fn check_bias_relu<E: Element>(spec: &GemmSpec, seed: u64) {
    for (bias, relu) in [(false, false), (false, true), (true, false), (true, true)] {
        let spec = GemmSpec { epilogue: Some(bias_relu(spec.dtype, bias, relu)), ..spec.clone() };
        check_ending::<E>(&spec, seed, |place, sum, extra| {
            let x = if bias { sum.add(extra[place % spec.n].widen()) } else { sum };
            E::narrow(if relu && E::Sum::ZERO > x { E::Sum::ZERO } else { x })
        });
    }
}

/// That each element of the output is what `ending` makes of its place, its sum and input 2, if there is one.
fn check_ending<E: Element>(spec: &GemmSpec, seed: u64, ending: impl Fn(usize, E::Sum, &[E]) -> E) {
    let mut numbers = Numbers(seed);
    let kernel = GemmKernel::new(spec.clone()).unwrap();
    let inputs: Vec<Vec<E>> = kernel
        .input_bytes()
        .iter()
        .map(|bytes| numbers.fill(bytes / size_of::<E>(), seed.is_multiple_of(2)))
        .collect();
    let buffers: Vec<Buffer> = inputs.iter().map(|input| Buffer::from_slice(input)).collect();
    let views: Vec<&[u8]> = buffers.iter().map(|buffer| buffer.bytes()).collect();
    for level in Level::available() {
        let extra = inputs.get(2).map_or(&[][..], Vec::as_slice);
        let one = |(place, sum): (usize, E::Sum)| ending(place, sum, extra);
        let sums = chains(spec, level.has_fma(), &inputs[0], &inputs[1]);
        let expected: Vec<E> = sums.into_iter().enumerate().map(one).collect();
        let kernel = GemmKernel::new(spec.clone()).unwrap().at_level(level);
        let mut out = Buffer::zeroed(kernel.output_bytes()[0]);
        call(&kernel, &Context { threads: 2 }, &views, &mut [out.bytes_mut()]).unwrap();
        assert!(bits::<E>(out.slice()) == bits(&expected), "{kernel:?} at {level:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn bias_and_relu_are_added_to_chains(spec in specs(30, 40, 20), seed: u64) {
        let spec = GemmSpec { output: GemmOutput::Write, ..spec };
        check_bias_relu::<f32>(&GemmSpec { dtype: ScalarType::F32, ..spec.clone() }, seed);
        check_bias_relu::<f64>(&GemmSpec { dtype: ScalarType::F64, ..spec.clone() }, seed);
        check_bias_relu::<i32>(&GemmSpec { dtype: ScalarType::I32, ..spec }, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_rectifiers_slope_is_taken_of_chains(spec in specs(40, 50, 20), seed: u64) {
        let spec = GemmSpec { output: GemmOutput::Write, ..spec };
        check_slope::<f32>(&GemmSpec { dtype: ScalarType::F32, ..spec.clone() }, seed);
        check_slope::<f64>(&GemmSpec { dtype: ScalarType::F64, ..spec.clone() }, seed);
        check_slope::<bf16>(&GemmSpec { dtype: ScalarType::BF16, ..spec }, seed);
    }
}

#[test]
fn bias_relu_and_slope_survive_blocks() {
    for sizes in [[1, 200, 300, 330], [1, 128, 10, 700], [2, 130, 90, 40]] {
        check_bias_relu::<f32>(&spec(ScalarType::F32, sizes), 9);
        check_slope::<f32>(&spec(ScalarType::F32, sizes), 8);
    }
}

/// Outputs (x + row) · full − scalar, x + row, and whether x > scalar.
fn program(dtype: ScalarType) -> GemmEpilogue {
    let mut program = MapProgram::new();
    let [x, row, full, scalar] = [0; 4].map(|_| program.input(dtype));
    let biased = program.binary(Binary::Add, x, row);
    let biased = program.narrow(biased, dtype);
    let scaled = program.binary(Binary::Mul, biased, full);
    let less = program.binary(Binary::Sub, scaled, scalar);
    let greater = program.binary(Binary::Greater, x, scalar);
    program.output(less, dtype);
    program.output(biased, dtype);
    program.output(greater, ScalarType::Bool);
    GemmEpilogue { program, extra: vec![EpilogueInput::Row, EpilogueInput::Full, EpilogueInput::Scalar] }
}

/// Runs a product with an epilogue, and compares it with the product and then the program over all of it.
fn check_program<E: Element>(spec: &GemmSpec, seed: u64) {
    let (mut numbers, plain) = (Numbers(seed), GemmSpec { epilogue: None, ..spec.clone() });
    let epilogue = spec.epilogue.clone().unwrap();
    let shape = [spec.batch, spec.m, spec.n];
    let layouts: Vec<Layout> = std::iter::once(&EpilogueInput::Full)
        .chain(&epilogue.extra)
        .map(|input| match input {
            EpilogueInput::Row => Layout::broadcast(&shape[2..], &shape).unwrap(),
            EpilogueInput::Full => Layout::contiguous(&shape),
            EpilogueInput::Scalar => Layout::broadcast(&[], &shape).unwrap(),
        })
        .collect();
    let fused = GemmKernel::new(spec.clone()).unwrap();
    let inputs: Vec<Buffer> = (fused.input_bytes().iter())
        .map(|bytes| Buffer::from_slice(&numbers.fill::<E>(bytes / size_of::<E>(), seed.is_multiple_of(2))))
        .collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
    let run = |kernel: &dyn Kernel, inputs: &[&[u8]], threads: usize| {
        let mut outputs: Vec<Buffer> =
            kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
        let mut views: Vec<&mut [u8]> = outputs.iter_mut().map(|output| output.bytes_mut()).collect();
        call(kernel, &Context { threads }, inputs, &mut views).unwrap();
        outputs
    };
    for level in Level::available() {
        let product =
            run(&GemmKernel::new(plain.clone()).unwrap().at_level(level), &inputs[..2], 1).remove(0);
        let map = MapKernel::new(epilogue.program.clone(), &shape, &layouts).unwrap().at_level(level);
        let expected = run(&map, &[&[product.bytes()], &inputs[2..]].concat(), 1);
        let fused = GemmKernel::new(spec.clone()).unwrap().at_level(level);
        for threads in [1, 2] {
            let got = run(&fused, &inputs, threads);
            for ((got, expected), (_, stored)) in got.iter().zip(&expected).zip(epilogue.program.outputs()) {
                let same = match stored {
                    ScalarType::Bool => got.bytes() == expected.bytes(),
                    _ => bits::<E>(got.slice()) == bits::<E>(expected.slice()),
                };
                assert!(same, "{fused:?} at {level:?} with {threads} threads");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_epilogue_gives_the_bits_of_its_program_run_afterwards(spec in specs(40, 50, 20), seed: u64) {
        let epilogue = Some(program(spec.dtype));
        let spec = GemmSpec { output: GemmOutput::Write, epilogue, ..spec };
        match spec.dtype {
            ScalarType::F32 => check_program::<f32>(&spec, seed),
            ScalarType::F64 => check_program::<f64>(&spec, seed),
            ScalarType::F16 => check_program::<f16>(&spec, seed),
            ScalarType::BF16 => check_program::<bf16>(&spec, seed),
            ScalarType::I8 | ScalarType::U8 => check_program::<i8>(&spec, seed),
            ScalarType::I16 | ScalarType::U16 => check_program::<i16>(&spec, seed),
            ScalarType::I32 | ScalarType::U32 => check_program::<i32>(&spec, seed),
            _ => check_program::<i64>(&spec, seed),
        }
    }
}

#[test]
fn an_epilogue_survives_blocks() {
    for sizes in [[1, 200, 600, 330], [2, 300, 10, 20], [1, 2, 700, 40], [1, 3, 300, 400]] {
        let spec = GemmSpec { epilogue: Some(program(ScalarType::F32)), ..spec(ScalarType::F32, sizes) };
        check_program::<f32>(&spec, 11);
    }
}

#[test]
fn an_epilogue_that_fails_says_why() {
    let mut program = MapProgram::new();
    let (x, by) = (program.input(ScalarType::I32), program.input(ScalarType::I32));
    let quotient = program.binary(Binary::Div, x, by);
    program.output(quotient, ScalarType::I32);
    let epilogue = Some(GemmEpilogue { program, extra: vec![EpilogueInput::Row] });
    for sizes in [[1, 2, 3, 4], [1, 300, 200, 30]] {
        let kernel =
            GemmKernel::new(GemmSpec { epilogue: epilogue.clone(), ..spec(ScalarType::I32, sizes) }).unwrap();
        let mut by = vec![1_i32; sizes[2]];
        *by.last_mut().unwrap() = 0;
        let inputs = [Buffer::zeroed(kernel.input_bytes()[0]), Buffer::zeroed(kernel.input_bytes()[1])];
        let by = Buffer::from_slice(&by);
        let mut out = Buffer::zeroed(kernel.output_bytes()[0]);
        let inputs = [inputs[0].bytes(), inputs[1].bytes(), by.bytes()];
        let error = call(&kernel, &Context { threads: 2 }, &inputs, &mut [out.bytes_mut()]).unwrap_err();
        assert_eq!(error.text, "Integer division by zero");
    }
}
