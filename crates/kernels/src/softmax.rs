//! Softmax and its logarithm along the last axis:
//! `softmax(a)ⱼ = exp(aⱼ − m) / Σₖ exp(aₖ − m)` and `log_softmax(a)ⱼ = (aⱼ − m) − log Σₖ exp(aₖ − m)`,
//! with `m = max(a)`, which changes nothing but keeps `exp` from overflowing.

use half::{bf16, f16};

use crate::arena::Shared;
use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::row::{
    Compute, LANES, Lanes, NARROW, Stored, exponentials, from_lanes, larger, maximum, rows_a_piece, to_lanes,
};
use crate::simd::{Level, in_order, level, per_level};
use crate::threads::{parallel_for, with_scratch};
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// The softmax, or its logarithm, of each row of `[rows, columns]`. The output may be the input's memory.
///
/// A row with a NaN, with +∞, or of nothing but −∞, becomes NaN.
#[derive(Debug)]
pub struct SoftmaxKernel {
    dtype: ScalarType,
    rows: usize,
    columns: usize,
    log: bool,
    bytes: [usize; 1],
    level: Level,
}

impl SoftmaxKernel {
    /// A kernel for `rows` rows of `columns` floating-point numbers; with `log`, for the logarithm.
    ///
    /// # Errors
    /// When `dtype` is not a floating-point type, or so many numbers fit no memory.
    pub fn new(dtype: ScalarType, rows: usize, columns: usize, log: bool) -> Result<SoftmaxKernel, String> {
        if !dtype.is_float() {
            return Err(format!("softmax is for floating-point numbers, not {dtype:?}"));
        }
        let count = crate::element_count(&[rows, columns])?;
        let bytes = [byte_count(count, dtype.size())?];
        Ok(SoftmaxKernel { dtype, rows, columns, log, bytes, level: level() })
    }

    /// # Safety
    /// As for [`Kernel::run`]; and `T` is the type that the kernel was made for.
    unsafe fn run_as<T: Stored>(&self, context: &Context, input: In<'_>, output: &mut Out<'_>) {
        let output = output.shared::<T>();
        let rows_a_piece = rows_a_piece(self.columns);
        parallel_for(context.threads, self.rows.div_ceil(rows_a_piece), &|piece| {
            let begin = piece * rows_a_piece;
            let end = (begin + rows_a_piece).min(self.rows);
            // SAFETY: pieces have rows of their own; the caller promises the rest.
            unsafe { self.run_rows::<T>(begin..end, input, output) };
        });
    }

    /// # Safety
    /// As for [`run_as`](Self::run_as), with `rows` that nothing else works on.
    unsafe fn run_rows<T: Stored>(&self, rows: std::ops::Range<usize>, input: In<'_>, output: Shared<T>) {
        let columns = self.columns;
        let group = if columns <= NARROW { LANES } else { 1 };
        with_scratch(2 * group * columns * size_of::<T::Compute>(), |scratch| {
            let (kept, room) = bytemuck::cast_slice_mut(scratch).split_at_mut(group * columns);
            for row in rows.clone().step_by(group) {
                let count = group.min(rows.end - row);
                let (place, length) = (row * columns, count * columns);
                // SAFETY: these rows lie inside the input; if the output is the same memory, they are not yet written.
                let logits = unsafe { std::slice::from_raw_parts(input.pointer::<T>().add(place), length) };
                let logits = T::read(logits, room);
                let factor = if columns <= NARROW {
                    let lanes = bytemuck::cast_slice_mut(kept);
                    to_lanes(self.level, (count, columns), logits, columns, lanes);
                    narrow(self.level, self.log, lanes);
                    T::Compute::ONE
                } else {
                    let result = T::as_computed(output.pointer().wrapping_add(place));
                    wide(self.level, self.log, logits, kept, result)
                };
                // SAFETY: these rows lie inside the output, only this piece writes them, and `logits` is not used again.
                let results = unsafe { std::slice::from_raw_parts_mut(output.pointer().add(place), length) };
                T::write(results, room, |results| {
                    if columns <= NARROW {
                        from_lanes(self.level, (count, columns), bytemuck::cast_slice(kept), results);
                    } else {
                        scale(self.level, kept, factor, results);
                    }
                });
            }
        });
    }
}

/// One row: what `kept` gets is the result but for a factor, which is returned. The result will be written to `result`, if that is
/// not null.
#[inline(always)]
fn wide_body<const FMA: bool, C: Compute>(log: bool, logits: &[C], kept: &mut [C], result: *const C) -> C {
    let maximum = maximum(logits);
    let sum = exponentials::<FMA, C>(logits, maximum, kept, result);
    if !log {
        return C::ONE / sum;
    }
    let log_sum = sum.log::<FMA>();
    for (kept, &logit) in kept.iter_mut().zip(logits) {
        *kept = (logit - maximum) - log_sum;
    }
    C::ONE
}

#[inline(always)]
fn scale_body<const FMA: bool, C: Compute>(kept: &[C], factor: C, results: &mut [C]) {
    for (result, &kept) in results.iter_mut().zip(kept) {
        *result = kept * factor;
    }
}

/// As many rows as there are lanes; the results take the place of the logits.
#[inline(always)]
fn narrow_body<const FMA: bool, C: Compute>(log: bool, logits: &mut [Lanes<C>]) {
    let mut maximum = [C::NEG_INFINITY; LANES];
    for logits in &*logits {
        for i in 0..LANES {
            maximum[i] = larger(maximum[i], logits[i]);
        }
        in_order();
    }
    let mut sum = [C::ZERO; LANES];
    for logits in &mut *logits {
        for i in 0..LANES {
            let difference = logits[i] - maximum[i];
            let exponential = difference.exp_of_negative::<FMA>();
            sum[i] = sum[i] + exponential;
            logits[i] = if log { difference } else { exponential };
        }
        in_order();
    }
    for sum in &mut sum {
        *sum = if log { sum.log::<FMA>() } else { C::ONE / *sum };
    }
    for logits in logits {
        for i in 0..LANES {
            logits[i] = if log { logits[i] - sum[i] } else { logits[i] * sum[i] };
        }
        in_order();
    }
}

per_level! { fn wide<C: Compute>(log: bool, logits: &[C], kept: &mut [C], result: *const C) -> C = wide_body; }
per_level! { fn scale<C: Compute>(kept: &[C], factor: C, results: &mut [C]) = scale_body; }
per_level! { fn narrow<C: Compute>(log: bool, logits: &mut [Lanes<C>]) = narrow_body; }

impl Sealed for SoftmaxKernel {}

impl Kernel for SoftmaxKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        true
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let (input, output) = (inputs[0], &mut outputs[0]);
        // SAFETY: the caller's promise, for the type that `new` was given, which is one of these.
        unsafe {
            match self.dtype {
                ScalarType::F16 => self.run_as::<f16>(context, input, output),
                ScalarType::BF16 => self.run_as::<bf16>(context, input, output),
                ScalarType::F64 => self.run_as::<f64>(context, input, output),
                _ => self.run_as::<f32>(context, input, output),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, Scalar, call};

    fn naive(log: bool, columns: usize, logits: &[f64]) -> Vec<f64> {
        let mut results = Vec::new();
        for row in logits.chunks(columns.max(1)) {
            let maximum = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|a| (a - maximum).exp()).sum();
            results.extend(row.iter().map(|a| match log {
                true => (a - maximum) - sum.ln(),
                false => (a - maximum).exp() / sum,
            }));
        }
        results
    }

    /// What the kernel makes of the logits, asserted to be the same bits for any threads, in place and not.
    fn run<T: Stored + Into<f64> + Copy>(kernel: &SoftmaxKernel, logits: &[T]) -> Vec<f64> {
        let results = |threads| {
            let mut results = Buffer::zeroed(kernel.bytes[0]);
            let input = Buffer::from_slice(logits);
            call(kernel, &Context { threads }, &[input.bytes()], &mut [results.bytes_mut()]).unwrap();
            results
        };
        let (alone, shared) = (results(1), results(2));
        assert_eq!(alone.bytes(), shared.bytes());
        let mut buffer = Buffer::from_slice(logits);
        let pointer = buffer.bytes_mut().as_mut_ptr();
        // SAFETY: the kernel allows input 0 to be output 0; both views are made of one pointer to all of the buffer.
        unsafe {
            let input = In::from_raw(pointer, kernel.bytes[0]);
            let output = Out::from_raw(pointer, kernel.bytes[0]);
            kernel.run(&Context { threads: 2 }, &[input], &mut [output]).unwrap();
        }
        assert_eq!(alone.bytes(), buffer.bytes());
        alone.slice::<T>().iter().map(|&x| x.into()).collect()
    }

    fn check<T: Stored + Into<f64> + Copy>(
        columns: usize,
        logits: &[f64],
        digits: f64,
        make: impl Fn(f64) -> T,
    ) {
        let logits: Vec<T> = logits.iter().map(|&x| make(x)).collect();
        let exact: Vec<f64> = logits.iter().map(|&x| x.into()).collect();
        let rows = logits.len().checked_div(columns).unwrap_or(3);
        for log in [false, true] {
            let wanted = naive(log, columns, &exact);
            let mut kernel = SoftmaxKernel::new(T::TYPE, rows, columns, log).unwrap();
            for level in Level::available() {
                kernel.level = level;
                let got = run(&kernel, &logits);
                for (i, (got, wanted)) in got.iter().zip(&wanted).enumerate() {
                    // A difference of logits is rounded before it is exponentiated: hence the terms with the logits.
                    let scale = if log { wanted.abs() + exact[i].abs() + 1.0 } else { wanted * 1e2 + 1e-30 };
                    let close = (got - wanted).abs() <= digits * scale || got.is_nan() && wanted.is_nan();
                    // What half precision rounds to zero or to its small numbers.
                    let tiny = !log && (got - wanted).abs() < 1e-7;
                    assert!(
                        close || tiny || got == wanted,
                        "{:?} {level:?} {log} {i}: {got} {wanted}",
                        T::TYPE
                    );
                }
            }
        }
    }

    fn check_all(columns: usize, logits: &[f64]) {
        check(columns, logits, 1e-6, |x| x as f32);
        check(columns, logits, 1e-14, |x| x);
        check(columns, logits, 1e-3, f16::from_f64);
        check(columns, logits, 8e-3, bf16::from_f64);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn softmax_of_any_shape(rows in 0_usize..40, columns in prop_oneof![0_usize..80, 100_usize..300],
                                seed in any::<u32>(), spread in prop_oneof![Just(1.0), Just(20.0), Just(1e3)]) {
            let logits: Vec<f64> = (0..rows * columns)
                .map(|i| ((i as u32 ^ seed).wrapping_mul(2_654_435_761) as f64 / 2_f64.powi(31) - 1.0) * spread)
                .collect();
            check_all(columns, &logits);
        }
    }

    #[test]
    fn special_logits() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        for row in [
            [0.0, -inf, 1.0],
            [0.0, inf, 1.0],
            [-inf; 3],
            [inf; 3],
            [-inf, nan, 0.0],
            [nan, 1.0, 2.0],
            [1.0, 2.0, nan],
            [1e3, -1e3, 0.0],
            [-1e3, -1.1e3, -1e3],
        ] {
            // Beside other rows, which it must not touch; and in rows of both kinds of length.
            let narrow = [vec![1.0, 2.0, 3.0], row.to_vec(), vec![4.0, 5.0, 7.0]].concat();
            check_all(3, &narrow);
            for place in [0, 40, 97] {
                let mut wide = vec![-1.0; 300];
                wide[100 + place..103 + place].copy_from_slice(&row);
                check_all(100, &wide);
            }
        }
    }

    #[test]
    fn many_rows_are_shared_out() {
        let logits: Vec<f64> = (0..70_000).map(|i| (i as f64).sin() * 8.0).collect();
        check_all(10, &logits);
        check_all(1_000, &logits);
        check_all(70_000, &logits);
    }

    #[test]
    fn only_floating_point() {
        let error = SoftmaxKernel::new(ScalarType::I32, 2, 3, false).unwrap_err();
        assert_eq!(error, "softmax is for floating-point numbers, not I32");
        assert!(SoftmaxKernel::new(<f32 as Scalar>::TYPE, usize::MAX, 3, false).is_err());
    }
}
