//! Softmax cross-entropy of logits `a` with labels `y`, and its gradient, in one pass over memory.
//!
//! With `m = max(a)` and `l = log Σₖ exp(aₖ − m)`, for each row:
//! `loss = Σⱼ yⱼ·(l − (aⱼ − m))` and `gradientⱼ = softmax(a)ⱼ − yⱼ`, as TensorFlow has it for labels that sum to 1, and
//! gives whatever they sum to. The derivative of that loss for any labels is `softmax(a)ⱼ·Σₖ yₖ − yⱼ`.

mod loops;

use std::ops::Range;

use half::{bf16, f16};

use self::loops::{LabelsOf, narrow, wide, write_gradient};
use crate::arena::Shared;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::row::{Compute, LANES, Lanes, NARROW, Stored, from_lanes, rows_a_piece, to_lanes};
use crate::simd::{Level, level};
use crate::threads::{parallel_for, with_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// What the labels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Labels {
    /// A weight for each class, `[rows, columns]`, of the type of the logits.
    Dense,
    /// The number of the class, `[rows]`, as `i32`.
    SparseI32,
    /// The number of the class, `[rows]`, as `i64`.
    SparseI64,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossAndGradient {
    /// Outputs: the loss, `[rows]`, and the gradient, `[rows, columns]`.
    Both,
    /// One output: the loss, `[rows]`.
    LossOnly,
    /// One output: the gradient, `[rows, columns]`.
    GradientOnly,
}

/// Softmax cross-entropy of logits, `[rows, columns]`, with labels. The gradient may be the memory of the logits.
///
/// A row of logits with a NaN, with +∞, or of nothing but −∞, gives NaN. A dense label of 0 at a logit of −∞ gives a loss
/// of NaN, and a label above 0 there a loss of +∞, as in TensorFlow.
#[derive(Debug)]
pub struct CrossEntropyKernel {
    dtype: ScalarType,
    rows: usize,
    columns: usize,
    labels: Labels,
    outputs: LossAndGradient,
    normalised: bool,
    /// What the gradient is multiplied with.
    scale: f64,
    /// Whether one row of logits, or of labels, serves for all.
    one_row: (bool, bool),
    input_bytes: [usize; 2],
    output_bytes: Vec<usize>,
    level: Level,
}

impl CrossEntropyKernel {
    /// A kernel for `rows` rows of `columns` logits of floating-point type `dtype`. Inputs: logits, labels.
    ///
    /// # Errors
    /// When `dtype` is not a floating-point type, or so many numbers fit no memory.
    pub fn new(
        dtype: ScalarType,
        rows: usize,
        columns: usize,
        labels: Labels,
        outputs: LossAndGradient,
    ) -> Result<CrossEntropyKernel, String> {
        if !dtype.is_float() {
            return Err(format!("cross-entropy is for floating-point logits, not {dtype:?}"));
        }
        let gradient = byte_count(element_count(&[rows, columns])?, dtype.size())?;
        let loss = byte_count(rows, dtype.size())?;
        byte_count(rows, size_of::<i64>())?;
        byte_count(columns, dtype.size())?;
        let output_bytes = match outputs {
            LossAndGradient::Both => vec![loss, gradient],
            LossAndGradient::LossOnly => vec![loss],
            LossAndGradient::GradientOnly => vec![gradient],
        };
        let kernel = CrossEntropyKernel {
            dtype,
            rows,
            columns,
            labels,
            outputs,
            normalised: true,
            scale: 1.0,
            one_row: (false, false),
            input_bytes: [0; 2],
            output_bytes,
            level: level(),
        };
        Ok(kernel.one_row(false, false))
    }

    /// Whether dense labels are taken to sum to 1, as TensorFlow takes them (the default): then the gradient is
    /// `softmax(a) − y`. With `false` it is `softmax(a)·Σy − y`, the derivative of the loss whatever they sum to.
    pub fn normalised(mut self, normalised: bool) -> CrossEntropyKernel {
        self.normalised = normalised;
        self
    }

    /// The gradient times this number, as the nearest one in which the gradient is computed.
    pub fn scaled(mut self, scale: f64) -> CrossEntropyKernel {
        self.scale = scale;
        self
    }

    /// Whether one row of logits (`[1, columns]`), or of labels (`[1, columns]`, or `[1]` when sparse), serves for all.
    pub fn one_row(mut self, logits: bool, labels: bool) -> CrossEntropyKernel {
        let rows = |one: bool| if one { 1 } else { self.rows };
        let row = self.columns * self.dtype.size();
        let label = match self.labels {
            Labels::Dense => row,
            Labels::SparseI32 => size_of::<i32>(),
            Labels::SparseI64 => size_of::<i64>(),
        };
        self.one_row = (logits, labels);
        self.input_bytes = [rows(logits) * row, rows(labels) * label];
        self
    }

    /// Where the gradient is among the outputs.
    fn gradient_output(&self) -> Option<usize> {
        match self.outputs {
            LossAndGradient::Both => Some(1),
            LossAndGradient::LossOnly => None,
            LossAndGradient::GradientOnly => Some(0),
        }
    }

    /// The class of a row, when labels are sparse.
    ///
    /// # Safety
    /// `labels` is the second input of a call of `run`, and `row` one of its rows.
    unsafe fn class(&self, labels: In<'_>, row: usize) -> i64 {
        let row = if self.one_row.1 { 0 } else { row };
        // SAFETY: the labels hold a number of this type for each row, or one for all.
        unsafe {
            match self.labels {
                Labels::SparseI32 => (*labels.pointer::<i32>().add(row)).into(),
                _ => *labels.pointer::<i64>().add(row),
            }
        }
    }

    /// # Safety
    /// As for [`Kernel::run`].
    unsafe fn check_classes(&self, labels: In<'_>) -> Result<(), KernelError> {
        if self.labels == Labels::Dense {
            return Ok(());
        }
        for row in 0..self.rows {
            // SAFETY: the caller's promise, and the row is one of the rows.
            let class = unsafe { self.class(labels, row) };
            if usize::try_from(class).is_ok_and(|class| class < self.columns) {
                continue;
            }
            return Err(KernelError::invalid(format!(
                "label {class} of row {row} is outside [0, {})",
                self.columns
            )));
        }
        Ok(())
    }

    /// # Safety
    /// As for [`Kernel::run`]; `T` is the type that the kernel was made for, and all classes are in range.
    unsafe fn run_as<T: Stored>(&self, context: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let gradient = self.gradient_output().map(|output| outputs[output].shared::<T>());
        let loss = match self.outputs {
            LossAndGradient::GradientOnly => None,
            _ => Some(outputs[0].shared::<T>()),
        };
        let rows_a_piece = rows_a_piece(self.columns);
        parallel_for(context.threads, self.rows.div_ceil(rows_a_piece), &|piece| {
            let begin = piece * rows_a_piece;
            let rows = begin..(begin + rows_a_piece).min(self.rows);
            // SAFETY: pieces have rows of their own; the caller promises the rest.
            unsafe {
                match self.columns <= NARROW {
                    true => self.run_narrow(rows, inputs, loss, gradient),
                    false => self.run_wide(rows, inputs, loss, gradient),
                }
            }
        });
    }

    /// # Safety
    /// As for [`run_as`](Self::run_as), with `rows` that nothing else works on.
    unsafe fn run_narrow<T: Stored>(
        &self,
        rows: Range<usize>,
        inputs: &[In<'_>],
        loss: Option<Shared<T>>,
        gradient: Option<Shared<T>>,
    ) {
        let columns = self.columns;
        let tile = LANES * columns;
        with_scratch(4 * tile * size_of::<T::Compute>(), |scratch| {
            let numbers: &mut [T::Compute] = &mut bytemuck::cast_slice_mut(scratch)[..4 * tile];
            let (room, lanes) = numbers.split_at_mut(tile);
            let (logits, lanes) =
                bytemuck::cast_slice_mut::<_, Lanes<T::Compute>>(lanes).split_at_mut(columns);
            let (labels, kept) = lanes.split_at_mut(columns);
            for row in rows.clone().step_by(LANES) {
                let count = LANES.min(rows.end - row);
                let mut load = |input: usize, one_row: bool, lanes: &mut [Lanes<T::Compute>]| {
                    let (from, stride, length) =
                        if one_row { (0, 0, columns) } else { (row * columns, columns, count * columns) };
                    // SAFETY: these rows lie inside the input, and if an output is the same memory they are not yet written.
                    let stored =
                        unsafe { std::slice::from_raw_parts(inputs[input].pointer::<T>().add(from), length) };
                    to_lanes(self.level, (count, columns), T::read(stored, room), stride, lanes);
                };
                load(0, self.one_row.0, logits);
                let mut classes = [0; LANES];
                let labels = match self.labels {
                    Labels::Dense => {
                        load(1, self.one_row.1, labels);
                        LabelsOf::Dense(&*labels)
                    }
                    _ => {
                        for (i, class) in classes[..count].iter_mut().enumerate() {
                            // SAFETY: the caller's promise; `row + i` is one of the rows.
                            *class = unsafe { self.class(inputs[1], row + i) } as usize;
                        }
                        LabelsOf::Sparse(&classes[..count])
                    }
                };
                let losses = narrow(self.level, self.outputs, self.normalised, logits, labels, kept);
                if let Some(loss) = loss {
                    // SAFETY: one loss for each of these rows, which only this piece writes.
                    let stored = unsafe { std::slice::from_raw_parts_mut(loss.pointer().add(row), count) };
                    T::write(stored, &mut losses.clone(), |stored| stored.copy_from_slice(&losses[..count]));
                }
                if let Some(gradient) = gradient {
                    let gradient = gradient.pointer();
                    // SAFETY: only this piece writes these rows, and no slice of an input that may be the same memory lives.
                    let stored = unsafe {
                        std::slice::from_raw_parts_mut(gradient.add(row * columns), count * columns)
                    };
                    if self.scale != 1.0 {
                        let scale = T::Compute::from_f64(self.scale);
                        kept.iter_mut().flatten().for_each(|number| *number = *number * scale);
                    }
                    T::write(stored, room, |stored| from_lanes(self.level, (count, columns), kept, stored));
                }
            }
        });
    }

    /// # Safety
    /// As for [`run_as`](Self::run_as), with `rows` that nothing else works on.
    unsafe fn run_wide<T: Stored>(
        &self,
        rows: Range<usize>,
        inputs: &[In<'_>],
        loss: Option<Shared<T>>,
        gradient: Option<Shared<T>>,
    ) {
        let columns = self.columns;
        with_scratch(3 * columns * size_of::<T::Compute>(), |scratch| {
            let numbers: &mut [T::Compute] = &mut bytemuck::cast_slice_mut(scratch)[..3 * columns];
            let (room, numbers) = numbers.split_at_mut(columns);
            let (label_room, kept) = numbers.split_at_mut(columns);
            for row in rows {
                let stored = |input: usize, one_row: bool| {
                    let row = if one_row { 0 } else { row };
                    // SAFETY: this row lies inside the input, and if an output is the same memory it is not yet written.
                    unsafe {
                        std::slice::from_raw_parts(inputs[input].pointer::<T>().add(row * columns), columns)
                    }
                };
                let class = [match self.labels {
                    Labels::Dense => 0,
                    // SAFETY: the caller's promise, and the row is one of the rows.
                    _ => unsafe { self.class(inputs[1], row) as usize },
                }];
                let labels = match self.labels {
                    Labels::Dense => LabelsOf::Dense(T::read(stored(1, self.one_row.1), label_room)),
                    _ => LabelsOf::Sparse(&class),
                };
                let logits = T::read(stored(0, self.one_row.0), room);
                let result = gradient.map(|gradient| gradient.pointer().wrapping_add(row * columns));
                let result = result.map_or(std::ptr::null(), |result| T::as_computed(result));
                let (one_loss, factor) =
                    wide(self.level, self.outputs, self.normalised, logits, labels, kept, result);
                if let Some(loss) = loss {
                    // SAFETY: the loss of this row, which only this piece writes.
                    let stored = unsafe { std::slice::from_raw_parts_mut(loss.pointer().add(row), 1) };
                    T::write(stored, &mut [one_loss], |stored| stored[0] = one_loss);
                }
                if let Some(gradient) = gradient {
                    let gradient = gradient.pointer();
                    // SAFETY: only this piece writes this row, and the logits, which may be the same memory, are not used again.
                    let stored =
                        unsafe { std::slice::from_raw_parts_mut(gradient.add(row * columns), columns) };
                    let scale = T::Compute::from_f64(self.scale);
                    T::write(stored, room, |stored| {
                        write_gradient(self.level, kept, factor, labels, scale, stored);
                    });
                }
            }
        });
    }
}

impl Sealed for CrossEntropyKernel {}

impl Kernel for CrossEntropyKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        input == 0 && !self.one_row.0 && self.gradient_output() == Some(output)
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        // SAFETY: the caller's promise, for the type that `new` was given, which is one of these; the classes are
        // found to be in range before anything else.
        unsafe {
            self.check_classes(inputs[1])?;
            match self.dtype {
                ScalarType::F16 => self.run_as::<f16>(context, inputs, outputs),
                ScalarType::BF16 => self.run_as::<bf16>(context, inputs, outputs),
                ScalarType::F64 => self.run_as::<f64>(context, inputs, outputs),
                _ => self.run_as::<f32>(context, inputs, outputs),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    /// Everything a test varies.
    #[derive(Clone, Debug)]
    struct Case {
        rows: usize,
        columns: usize,
        labels: Labels,
        normalised: bool,
        one_row: (bool, bool),
    }

    /// Loss and gradient, by the formulas.
    fn naive(case: &Case, logits: &[f64], dense: &[f64], classes: &[i64]) -> (Vec<f64>, Vec<f64>) {
        let (mut losses, mut gradients) = (vec![], vec![]);
        for row in 0..case.rows {
            let of =
                |numbers: &[f64], one: bool, j: usize| numbers[if one { j } else { row * case.columns + j }];
            let a = |j| of(logits, case.one_row.0, j);
            let y = |j: usize| match case.labels {
                Labels::Dense => of(dense, case.one_row.1, j),
                _ => (classes[if case.one_row.1 { 0 } else { row }] == j as i64) as u8 as f64,
            };
            let columns = 0..case.columns;
            let maximum = columns.clone().map(a).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = columns.clone().map(|j| (a(j) - maximum).exp()).sum();
            let of_sparse = |j: &usize| case.labels == Labels::Dense || y(*j) != 0.0;
            losses
                .push(columns.clone().filter(of_sparse).map(|j| y(j) * (sum.ln() - (a(j) - maximum))).sum());
            let total: f64 = if case.normalised { 1.0 } else { columns.clone().map(y).sum() };
            gradients.extend(columns.map(|j| (a(j) - maximum).exp() / sum * total - y(j)));
        }
        (losses, gradients)
    }

    fn check<T: Stored + Into<f64>>(
        case: &Case,
        logits: &[f64],
        labels: &[f64],
        classes: &[i64],
        digits: f64,
        make: fn(f64) -> T,
    ) {
        let store = |numbers: &[f64], one: bool| -> Vec<T> {
            numbers[..if one { case.columns } else { case.rows * case.columns }]
                .iter()
                .map(|&x| make(x))
                .collect()
        };
        let (logits, dense) = (store(logits, case.one_row.0), store(labels, case.one_row.1));
        let classes = &classes[..if case.one_row.1 { 1 } else { case.rows }];
        let exact = |numbers: &[T]| numbers.iter().map(|&x| x.into()).collect::<Vec<f64>>();
        let (losses, gradients) = naive(case, &exact(&logits), &exact(&dense), classes);
        // Labels of both signs cancel in the loss; it is as exact as its terms.
        let largest =
            exact(&logits).into_iter().filter(|a| a.is_finite()).fold(1.0, |m: f64, a| m.max(a.abs()));
        let weights =
            dense.chunks(case.columns.max(1)).map(|row| exact(row).iter().map(|y| y.abs()).sum::<f64>());
        let scale = largest * weights.filter(|sum| sum.is_finite()).fold(1.0, f64::max);
        let close = |got: &Buffer, wanted: &[f64], what: &str| {
            for (i, (got, &wanted)) in got.slice::<T>().iter().zip(wanted).enumerate() {
                let got: f64 = (*got).into();
                // Half precision has no number beyond 65504.
                let same = got == wanted || got.is_nan() && wanted.is_nan() || got == make(wanted).into();
                let close = (got - wanted).abs() <= digits * (wanted.abs() + scale);
                assert!(same || close, "{:?} {case:?} {what} {i}: {got}, not {wanted}", T::TYPE);
            }
        };
        let labels = match case.labels {
            Labels::Dense => Buffer::from_slice(&dense),
            Labels::SparseI32 => {
                Buffer::from_slice(&classes.iter().map(|&class| class as i32).collect::<Vec<_>>())
            }
            Labels::SparseI64 => Buffer::from_slice(classes),
        };
        let logits = Buffer::from_slice(&logits);
        for level in Level::available() {
            let kernel = |outputs| {
                let kernel =
                    CrossEntropyKernel::new(T::TYPE, case.rows, case.columns, case.labels, outputs).unwrap();
                let mut kernel = kernel.normalised(case.normalised).one_row(case.one_row.0, case.one_row.1);
                kernel.level = level;
                kernel
            };
            let run = |outputs, threads| {
                let kernel = kernel(outputs);
                let mut results: Vec<Buffer> =
                    kernel.output_bytes.iter().map(|&b| Buffer::zeroed(b)).collect();
                let mut views: Vec<&mut [u8]> = results.iter_mut().map(|b| b.bytes_mut()).collect();
                call(&kernel, &Context { threads }, &[logits.bytes(), labels.bytes()], &mut views).unwrap();
                results
            };
            let both = run(LossAndGradient::Both, 1);
            close(&both[0], &losses, "loss");
            close(&both[1], &gradients, "gradient");
            let bits = |results: &[Buffer]| results.iter().map(|b| b.bytes().to_vec()).collect::<Vec<_>>();
            assert_eq!(bits(&both), bits(&run(LossAndGradient::Both, 2)));
            assert_eq!(bits(&both[..1]), bits(&run(LossAndGradient::LossOnly, 2)));
            assert_eq!(bits(&both[1..]), bits(&run(LossAndGradient::GradientOnly, 2)));
            if T::TYPE.size() >= 4 {
                let scaled = kernel(LossAndGradient::Both).scaled(-0.3);
                let mut results: Vec<Buffer> =
                    scaled.output_bytes.iter().map(|&b| Buffer::zeroed(b)).collect();
                let mut views: Vec<&mut [u8]> = results.iter_mut().map(|b| b.bytes_mut()).collect();
                call(&scaled, &Context { threads: 1 }, &[logits.bytes(), labels.bytes()], &mut views)
                    .unwrap();
                assert_eq!(bits(&results[..1]), bits(&both[..1]));
                let scale = T::Compute::from_f64(-0.3);
                let _flushed = crate::denormals::FlushDenormals::begin();
                for (got, plain) in results[1].slice::<T::Compute>().iter().zip(both[1].slice::<T::Compute>())
                {
                    let want = *plain * scale;
                    assert!(*got == want || want.partial_cmp(&want).is_none(), "{case:?}");
                }
            }
            let kernel = kernel(LossAndGradient::Both);
            assert_eq!(kernel.in_place(0, 1), !case.one_row.0);
            if kernel.in_place(0, 1) {
                let (mut loss, mut memory) = (Buffer::zeroed(kernel.output_bytes[0]), logits.clone());
                let pointer = memory.bytes_mut().as_mut_ptr();
                let _flushed = crate::denormals::FlushDenormals::begin();
                // SAFETY: the kernel allows input 0 to be output 1; both views are made of one pointer to all of it.
                unsafe {
                    let inputs = [In::from_raw(pointer, kernel.input_bytes[0]), In::new(labels.bytes())];
                    let mut outputs =
                        [Out::new(loss.bytes_mut()), Out::from_raw(pointer, kernel.output_bytes[1])];
                    kernel.run(&Context { threads: 2 }, &inputs, &mut outputs).unwrap();
                }
                assert_eq!(bits(&both), bits(&[loss, memory]));
            }
        }
    }

    fn check_all(case: &Case, logits: &[f64], dense: &[f64], classes: &[i64]) {
        check(case, logits, dense, classes, 1e-6, |x| x as f32);
        check(case, logits, dense, classes, 2e-14, |x| x);
        check(case, logits, dense, classes, 2e-3, f16::from_f64);
        check(case, logits, dense, classes, 2e-2, bf16::from_f64);
    }

    /// Numbers from −1 to 1 that look random.
    fn noise(count: usize, seed: u32) -> Vec<f64> {
        let mix = |i: usize| (i as u32 ^ seed).wrapping_mul(2_654_435_761);
        (0..count).map(|i| mix(mix(i) as usize + i) as f64 / 2_f64.powi(31) - 1.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(80))]
        #[test]
        fn any_shape_and_labels(
            rows in 0_usize..40, columns in prop_oneof![1_usize..70, 100_usize..300], seed in any::<u32>(),
            labels in prop_oneof![Just(Labels::Dense), Just(Labels::SparseI32), Just(Labels::SparseI64)],
            normalised in any::<bool>(), one_row in any::<(bool, bool)>(), spread in prop_oneof![Just(3.0), Just(1e3)],
        ) {
            let case = Case { rows, columns, labels, normalised, one_row };
            let count = (rows + 1) * columns;
            let logits: Vec<f64> = noise(count, seed).iter().map(|x| x * spread).collect();
            let classes: Vec<i64> = noise(rows + 1, !seed).iter().map(|x| (x.abs() * columns as f64) as i64 % columns as i64).collect();
            check_all(&case, &logits, &noise(count, seed / 3), &classes);
        }
    }

    #[test]
    fn special_logits_and_labels() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let logits = [
            [0.0, -inf, 1.0],
            [0.0, inf, 1.0],
            [-inf; 3],
            [0.0, nan, 1.0],
            [1e3, -1e3, 0.0],
            [1.0, 2.0, 3.0],
        ];
        let labels =
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.5, 0.0], [0.0; 3], [0.0, inf, 0.0], [0.0, nan, 0.0]];
        for logits in logits {
            for (class, dense) in labels.into_iter().enumerate() {
                for (columns, padding) in [(3, 0.0), (100, -inf)] {
                    for labels in [Labels::Dense, Labels::SparseI64] {
                        let case =
                            Case { rows: 2, columns, labels, normalised: true, one_row: (false, false) };
                        let mut row = vec![padding; 2 * columns];
                        row[columns..columns + 3].copy_from_slice(&logits);
                        row[..columns].fill(0.5);
                        let mut dense_rows = vec![0.0; 2 * columns];
                        dense_rows[columns..columns + 3].copy_from_slice(&dense);
                        check_all(&case, &row, &dense_rows, &[1, class as i64 % 3]);
                    }
                }
            }
        }
    }

    #[test]
    fn many_rows_are_shared_out() {
        for (rows, columns) in [(9_000, 10), (90, 1_000), (3, 30_000)] {
            for labels in [Labels::Dense, Labels::SparseI32] {
                let case = Case { rows, columns, labels, normalised: false, one_row: (false, false) };
                let classes: Vec<i64> = (0..rows as i64).map(|row| row * 7 % columns as i64).collect();
                check_all(&case, &noise(rows * columns, 1), &noise(rows * columns, 2), &classes);
            }
        }
    }

    #[test]
    fn a_class_out_of_range_is_found_before_anything_is_written() {
        for (class, columns) in [(3_i64, 3), (-1, 3), (0, 0), (i64::MIN, 100)] {
            let kernel = CrossEntropyKernel::new(
                ScalarType::F32,
                2,
                columns,
                Labels::SparseI64,
                LossAndGradient::Both,
            );
            let logits = Buffer::zeroed(2 * columns * 4);
            let classes = Buffer::from_slice(&[if columns == 0 { class } else { 1 }, class]);
            let (mut loss, mut gradient) =
                (Buffer::from_slice(&[7_f32; 2]), Buffer::from_slice(&vec![7_f32; 2 * columns]));
            let error = call(
                &kernel.unwrap(),
                &Context { threads: 2 },
                &[logits.bytes(), classes.bytes()],
                &mut [loss.bytes_mut(), gradient.bytes_mut()],
            );
            let row = if columns == 0 { 0 } else { 1 };
            assert_eq!(
                error.unwrap_err().text,
                format!("label {class} of row {row} is outside [0, {columns})")
            );
            assert!(loss.slice().iter().chain(gradient.slice()).all(|&x: &f32| x == 7.0));
        }
    }

    #[test]
    fn without_columns_the_loss_is_zero() {
        let case =
            Case { rows: 3, columns: 0, labels: Labels::Dense, normalised: true, one_row: (false, false) };
        check_all(&case, &[], &[], &[0; 3]);
    }
}
