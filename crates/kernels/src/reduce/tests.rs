//! [`ReduceKernel`] against plain loops: random programs, shapes, layouts and axes, at every level.

use proptest::prelude::*;

use super::*;
use crate::map::choices::Choices;
use crate::map::naive::{self, Number};
use crate::{Binary, Constant, Layout, Level, MapProgram, ScalarType, Unary, element_count};

/// The numbers of each result, in order.
fn grouped(shape: &[usize], axes: &[usize], numbers: Vec<Number>) -> Vec<Vec<Number>> {
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let kept_shape: Vec<usize> = kept.iter().map(|&axis| shape[axis]).collect();
    let mut groups = vec![Vec::new(); element_count(&kept_shape).unwrap()];
    for (place, number) in numbers.into_iter().enumerate() {
        let (mut rest, mut coordinates) = (place, vec![0; shape.len()]);
        for axis in (0..shape.len()).rev() {
            coordinates[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        let group = kept.iter().fold(0, |group, &axis| group * shape[axis] + coordinates[axis]);
        groups[group].push(number);
    }
    groups
}

/// The result, and by how much a float sum or product may be off.
fn reduced(op: ReduceOp, stored: ScalarType, numbers: &[Number]) -> (Number, f64) {
    let bits = fold::identity(op, stored).to_le_bytes();
    let compute = stored.compute().stored();
    let identity = naive::load(compute, &bits[..compute.size()]);
    let floats = || numbers.iter().map(|x| x.float());
    let ulp = if compute == ScalarType::F64 { f64::EPSILON } else { f32::EPSILON.into() };
    let largest = if compute == ScalarType::F64 { 1e300 } else { 1e37 };
    match op {
        ReduceOp::Any => (Number::Bool(numbers.iter().any(|x| x.bool())), 0.0),
        ReduceOp::All => (Number::Bool(numbers.iter().all(|x| x.bool())), 0.0),
        ReduceOp::Sum if stored.is_float() => {
            let magnitude: f64 = floats().map(f64::abs).sum();
            // On the way, and in another order, it may overflow.
            let error = if magnitude < largest {
                (8.0 * ulp + numbers.len() as f64 * f64::EPSILON) * magnitude
            } else {
                f64::INFINITY
            };
            (Number::F64(floats().sum()), error)
        }
        ReduceOp::Prod if stored.is_float() => {
            let product: f64 = floats().product();
            let magnitude: f64 = floats().filter(|&x| x != 0.0).map(|x| x.abs().ln().abs()).sum();
            let error = if magnitude < largest.ln() {
                numbers.len() as f64 * ulp * product.abs()
            } else {
                f64::INFINITY
            };
            (Number::F64(product), error)
        }
        ReduceOp::Max | ReduceOp::Min if stored.is_float() => {
            let better = |x: f64, y: f64| if op == ReduceOp::Max { y > x } else { y < x };
            let result =
                floats().fold(identity.float(), |x, y| if better(x, y) || y.is_nan() { y } else { x });
            (Number::F64(result), 0.0)
        }
        _ => {
            let result = numbers.iter().map(|x| x.int()).fold(identity.int(), |x, y| match op {
                ReduceOp::Sum => x.wrapping_add(y),
                ReduceOp::Prod => x.wrapping_mul(y),
                ReduceOp::Max => x.max(y),
                _ => x.min(y),
            });
            (Number::Int(result), 0.0)
        }
    }
}

impl Choices {
    /// A program of one output, which is never −0: of 0 and −0 the greater may be either.
    fn prologue(&mut self) -> MapProgram {
        let all = self.program();
        let mut program = MapProgram::new();
        let inputs: Vec<_> = all.inputs().iter().map(|&stored| program.input(stored)).collect();
        let (mut value, stored) = (program.append(&all, &inputs)[0], all.outputs()[0].1);
        if stored.is_float() {
            let zero = program.constant(stored, Constant::Int(0));
            value = program.binary(Binary::Add, value, zero);
        }
        program.output(value, stored);
        program.finish()
    }

    /// A program whose first input is stored as `stored`.
    fn epilogue(&mut self, stored: ScalarType) -> MapProgram {
        let all = self.program();
        let mut program = MapProgram::new();
        let result = program.input(stored);
        let mut inputs = vec![program.cast(result, all.inputs()[0])];
        inputs.extend(all.inputs()[1..].iter().map(|&stored| program.input(stored)));
        let values = program.append(&all, &inputs);
        values.iter().zip(all.outputs()).for_each(|(&value, &(_, stored))| program.output(value, stored));
        program.finish()
    }

    fn axes(&mut self, shape: &[usize]) -> Vec<usize> {
        (0..shape.len()).filter(|_| self.below(2) == 0).collect()
    }

    fn op(&mut self, stored: ScalarType) -> ReduceOp {
        match stored {
            ScalarType::Bool => self.of(&[ReduceOp::Any, ReduceOp::All]),
            _ => self.of(&[ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Max, ReduceOp::Min]),
        }
    }

    /// A program that takes a number as it is, so that it is folded where it lies.
    fn nothing(&mut self) -> MapProgram {
        let mut program = MapProgram::new();
        let stored = self.of(&[ScalarType::F32, ScalarType::I32, ScalarType::F64, ScalarType::BF16]);
        let x = program.input(stored);
        program.output(x, stored);
        program
    }

    fn reduced_shape(&mut self) -> Vec<usize> {
        match self.below(4) {
            0 => self.shape(),
            1 => vec![1 + self.below(90), 1 + self.below(90)],
            2 => vec![1 + self.below(7), 1 + self.below(70), 1 + self.below(20)],
            _ => vec![1 + self.below(4), 100 + self.below(600), 1 + self.below(3)],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, ..ProptestConfig::default() })]

    #[test]
    fn random_reductions_with_epilogues(seed: u64) {
        let mut choices = Choices(seed);
        let bare = choices.below(3) == 0;
        let prologue = if bare { choices.nothing() } else { choices.prologue() };
        let stored = prologue.outputs()[0].1;
        let (shape, op) = (choices.reduced_shape(), choices.op(stored));
        let axes = choices.axes(&shape);
        let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).map(|a| shape[a]).collect();
        // Only of an exact result can one tell what a program makes.
        let exact = !stored.is_float() || matches!(op, ReduceOp::Max | ReduceOp::Min);
        let epilogue = (exact && !(bare && stored.is_float()) && choices.below(2) == 0).then(|| choices.epilogue(stored));
        let further = epilogue.as_ref().map_or(&[][..], |epilogue| &epilogue.inputs()[1..]);
        let layouts: Vec<Layout> = prologue.inputs().iter().map(|_| choices.layout(&shape)).collect();
        let further_layouts: Vec<Layout> = further.iter().map(|_| choices.layout(&kept)).collect();
        let inputs: Vec<Vec<u8>> = (prologue.inputs().iter().zip(&layouts).chain(further.iter().zip(&further_layouts)))
            .map(|(&stored, layout)| choices.numbers(stored, layout.elements))
            .collect();
        let (first_inputs, further_inputs) = inputs.split_at(layouts.len());

        let numbers: Option<Vec<Number>> = (naive::elements(&prologue, &shape, &layouts, first_inputs).iter())
            .map(|numbers| Some(naive::wrapped(stored, naive::evaluate(&prologue, numbers)?[0])))
            .collect();
        let results = numbers.map(|numbers| -> Vec<(Number, f64)> {
            grouped(&shape, &axes, numbers).iter().map(|group| reduced(op, stored, group)).collect()
        });
        let wanted = results.as_ref().and_then(|results| {
            let results: Vec<u8> = results.iter().flat_map(|&(x, _)| naive::store(stored, naive::wrapped(stored, x))).collect();
            match &epilogue {
                None => Some(vec![results]),
                Some(epilogue) => {
                    let all: Vec<Layout> = [Layout::contiguous(&kept)].iter().chain(&further_layouts).cloned().collect();
                    let inputs: Vec<Vec<u8>> = [results].iter().chain(further_inputs).cloned().collect();
                    naive::map(epilogue, &kept, &all, &inputs)
                }
            }
        });
        let output_types: Vec<ScalarType> = match &epilogue {
            Some(epilogue) => epilogue.outputs().iter().map(|o| o.1).collect(),
            None => vec![stored],
        };
        let epilogue_exists = epilogue.is_some();
        let mut first: Option<Vec<Vec<u8>>> = None;
        for level in Level::available() {
            let epilogue = epilogue.clone().map(|program| (program, further_layouts.clone()));
            let kernel = ReduceKernel::new(prologue.clone(), &shape, &layouts, &axes, op, epilogue).unwrap().at_level(level);
            for in_place in naive::places(&kernel) {
                let what = format!("{op:?} of {shape:?} over {axes:?} at {level:?}, in place {in_place:?}, {kernel:?}, {prologue:?}");
                let got = naive::run(&kernel, &inputs, in_place, 1);
                let Some(wanted) = &wanted else {
                    prop_assert!(got.is_err(), "{}", what);
                    continue;
                };
                let got: Vec<Vec<u8>> =
                    got.unwrap().iter().zip(&output_types).map(|(bytes, &stored)| naive::settled(stored, bytes)).collect();
                if epilogue_exists || !stored.is_float() {
                    prop_assert_eq!(&got, wanted, "{}", what);
                } else {
                    for (bytes, &(wanted, error)) in got[0].chunks(stored.size()).zip(results.as_ref().unwrap()) {
                        let (got, wanted) = (naive::load(stored, bytes).float(), naive::wrapped(stored, wanted).float());
                        let ulp = match stored { ScalarType::F16 => 1e-3, ScalarType::BF16 => 8e-3, _ => 0.0 };
                        let close = (got - wanted).abs() <= error + ulp * wanted.abs() + 1e-40;
                        let alike = close || got.is_nan() && wanted.is_nan() || got == wanted || error.is_infinite();
                        prop_assert!(alike, "{got} not {wanted}: {}", what);
                    }
                }
                // The order of folding is the same at every level.
                let first = first.get_or_insert_with(|| got.clone());
                prop_assert_eq!(&got, &*first, "{}", what);
            }
        }
    }
}

fn sum_of(stored: ScalarType, shape: &[usize], axes: &[usize], op: ReduceOp) -> ReduceKernel {
    let mut program = MapProgram::new();
    let x = program.input(stored);
    program.output(x, stored);
    ReduceKernel::new(program, shape, &[Layout::contiguous(shape)], axes, op, None).unwrap()
}

#[test]
fn sums_of_many_numbers_are_accurate_and_alike_on_threads() {
    let count = 3 << 18;
    let numbers: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin() + 1.0).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    for (shape, axes) in [
        (vec![count], vec![0]),
        (vec![count / 4, 4], vec![0]),
        (vec![count / 256, 256], vec![0]),
        (vec![count / 256, 256], vec![1]),
        (vec![256, count / 256], vec![0]),
        (vec![3, count / 48, 16], vec![0, 2]),
        (vec![64, count / 256, 4], vec![1]),
        (vec![count / 8, 8], vec![1]),
    ] {
        let kernel = sum_of(ScalarType::F32, &shape, &axes, ReduceOp::Sum);
        let one = naive::run(&kernel, std::slice::from_ref(&bytes), None, 1).unwrap();
        let two = naive::run(&kernel, std::slice::from_ref(&bytes), None, 2).unwrap();
        assert_eq!(one, two, "{shape:?} over {axes:?}");
        let groups = grouped(&shape, &axes, numbers.iter().map(|&x| Number::F32(x)).collect());
        for (got, group) in one[0].chunks(4).zip(groups) {
            let wanted: f64 = group.iter().map(|x| x.float()).sum();
            let got = naive::load(ScalarType::F32, got).float();
            assert!((got - wanted).abs() <= 3e-7 * wanted, "{shape:?} over {axes:?}: {got}, not {wanted}");
        }
    }
}

#[test]
fn nothing_reduces_to_what_changes_nothing() {
    for (stored, op, wanted) in [
        (ScalarType::F32, ReduceOp::Sum, 0.0),
        (ScalarType::F16, ReduceOp::Prod, 1.0),
        (ScalarType::F64, ReduceOp::Max, f64::NEG_INFINITY),
        (ScalarType::BF16, ReduceOp::Min, f64::INFINITY),
        (ScalarType::I8, ReduceOp::Max, -128.0),
        (ScalarType::I8, ReduceOp::Min, 127.0),
        (ScalarType::U16, ReduceOp::Max, 0.0),
        (ScalarType::U16, ReduceOp::Min, 65535.0),
        (ScalarType::I64, ReduceOp::Min, i64::MAX as f64),
        (ScalarType::Bool, ReduceOp::Any, 0.0),
        (ScalarType::Bool, ReduceOp::All, 1.0),
    ] {
        let kernel = sum_of(stored, &[3, 0, 2], &[1], op);
        let got = naive::run(&kernel, &[vec![]], None, 1).unwrap();
        let got: Vec<f64> = got[0].chunks(stored.size()).map(|x| naive::load(stored, x).float()).collect();
        assert_eq!(got, [wanted; 6], "{op:?} of {stored:?}");
        let kernel = sum_of(stored, &[3, 0, 2], &[0], op);
        assert_eq!(naive::run(&kernel, &[vec![]], None, 1).unwrap(), [vec![]]);
    }
}

#[test]
fn an_epilogue_takes_further_inputs_in_place() {
    // w − 0.5 · Σ x² over the rows, in the place of w; and the sums themselves.
    let mut prologue = MapProgram::new();
    let x = prologue.input(ScalarType::F32);
    let square = prologue.binary(Binary::Mul, x, x);
    prologue.output(square, ScalarType::F32);
    let mut epilogue = MapProgram::new();
    let (sum, w) = (epilogue.input(ScalarType::F32), epilogue.input(ScalarType::F32));
    let rate = epilogue.constant(ScalarType::F32, Constant::Float(0.5));
    let step = epilogue.binary(Binary::Mul, rate, sum);
    let new = epilogue.binary(Binary::Sub, w, step);
    epilogue.output(new, ScalarType::F32);
    epilogue.output(sum, ScalarType::F32);
    let shape = [5, 300];
    let kernel = ReduceKernel::new(
        prologue,
        &shape,
        &[Layout::contiguous(&shape)],
        &[0],
        ReduceOp::Sum,
        Some((epilogue, vec![Layout::contiguous(&[300])])),
    )
    .unwrap();
    assert!(kernel.in_place(1, 0) && kernel.in_place(1, 1) && !kernel.in_place(0, 0));
    let floats = |f: fn(i32) -> f32, n| -> Vec<u8> { (0..n).flat_map(|i| f(i).to_le_bytes()).collect() };
    let inputs = [floats(|i| (i % 7) as f32, 1500), floats(|i| i as f32, 300)];
    let got = naive::run(&kernel, &inputs, Some((1, 0)), 1).unwrap();
    let sum = |j: i32| (0..5).map(|i| ((i * 300 + j) % 7).pow(2)).sum::<i32>() as f32;
    let wanted: Vec<u8> = (0..300).flat_map(|j| (j as f32 - 0.5 * sum(j)).to_le_bytes()).collect();
    assert_eq!(got[0], wanted);
    assert_eq!(got[1], (0..300).flat_map(|j| sum(j).to_le_bytes()).collect::<Vec<u8>>());
}

#[test]
fn what_does_not_fit_is_said() {
    let error = |stored, axes: &[usize], op, epilogue| {
        let mut program = MapProgram::new();
        let x = program.input(stored);
        program.output(x, stored);
        ReduceKernel::new(program, &[2, 3], &[Layout::contiguous(&[2, 3])], axes, op, epilogue).unwrap_err()
    };
    assert_eq!(
        error(ScalarType::F32, &[2], ReduceOp::Sum, None),
        "axis 2 is not one of the 2 axes of [2, 3]"
    );
    assert_eq!(error(ScalarType::F32, &[1, 1], ReduceOp::Sum, None), "axis 1 is named twice in [1, 1]");
    assert_eq!(error(ScalarType::F32, &[0], ReduceOp::All, None), "a reduction by All does not take F32");
    assert_eq!(error(ScalarType::Bool, &[0], ReduceOp::Sum, None), "a reduction by Sum does not take Bool");
    let mut epilogue = MapProgram::new();
    let x = epilogue.input(ScalarType::I32);
    epilogue.output(x, ScalarType::I32);
    assert_eq!(
        error(ScalarType::F32, &[0], ReduceOp::Sum, Some((epilogue.clone(), vec![]))),
        "the epilogue's first input is I32, but the reduction's result is F32"
    );
    epilogue.input(ScalarType::F32);
    assert_eq!(
        error(ScalarType::I32, &[0], ReduceOp::Sum, Some((epilogue, vec![]))),
        "0 layouts were given for the epilogue's 1 further inputs"
    );
    let failing = |op: Unary| {
        let mut program = MapProgram::new();
        let x = program.input(ScalarType::F32);
        let y = program.unary(op, x);
        program.output(y, ScalarType::F32);
        program.output(x, ScalarType::F32);
        ReduceKernel::new(program, &[2], &[Layout::contiguous(&[2])], &[0], ReduceOp::Sum, None).unwrap_err()
    };
    assert_eq!(failing(Unary::Exp), "a reduction takes a program of 1 output, not of 2");
}
