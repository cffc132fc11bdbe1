//! Scatter: rows of updates go to the rows that indices name, in the order of the indices.
//!
//! [`ScatterAddKernel`] sums into zeros, `out[s, :] = Σ data[k, :]` over the `k` with `ids[k] = s`: the sum over
//! segments, and the gradient of a gather. [`ScatterUpdateKernel`] changes rows of a variable. What goes to one row is
//! taken in the order of the indices, whatever the number of threads: these share out columns, not rows.

use half::{bf16, f16};

use crate::arena::Shared;
use crate::gather::Indices;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out, Scalar, ScalarType};

/// Bytes of updates below which work is not shared out, and bytes of a row that make a share of it.
const WORTH_SHARING: usize = 1 << 16;
const SHARE: usize = 256;

/// Sums rows by segment. Inputs: the rows, `[count, inner]`, and the segment of each, `[count]`. Output:
/// `[segments, inner]`. A row with a negative segment is dropped; one at or above `segments` is an error, found before
/// anything is written. Half precision rounds after each addition, integers wrap.
#[derive(Debug)]
pub struct ScatterAddKernel {
    dtype: ScalarType,
    rows: Rows,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

/// What an update does to the number that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Update {
    /// Takes its place.
    Assign,
    /// Is added to it.
    Add,
    /// Is taken from it.
    Subtract,
    /// Is multiplied with it.
    Multiply,
    /// Takes its place if it is smaller.
    Minimum,
    /// Takes its place if it is larger.
    Maximum,
}

/// Updates rows of a variable, `[rows, inner]`, which is the first input and the output, and may be the same memory.
/// Further inputs: the rows to update, `[count]`, and the updates, `[count, inner]`. A row that is named twice is updated
/// twice, in order. An index outside `[0, rows)` is an error, found before anything is written.
#[derive(Debug)]
pub struct ScatterUpdateKernel {
    dtype: ScalarType,
    update: Update,
    rows: Rows,
    input_bytes: [usize; 3],
    output_bytes: [usize; 1],
}

/// The sizes of a scatter.
#[derive(Clone, Copy, Debug)]
struct Rows {
    indices: Indices,
    count: usize,
    inner: usize,
    targets: usize,
}

/// A number that rows are made of.
pub(crate) trait Number: Scalar + PartialOrd {
    fn from_bit(bit: bool) -> Self;
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
}

macro_rules! integers {
    ($($type:ty)*) => { $(
        impl Number for $type {
            fn from_bit(bit: bool) -> $type {
                bit.into()
            }
            fn add(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            fn subtract(self, other: $type) -> $type {
                self.wrapping_sub(other)
            }
            fn multiply(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
        }
    )* };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($type:ty)*) => { $(
        impl Number for $type {
            fn from_bit(bit: bool) -> $type {
                u8::from(bit).into()
            }
            fn add(self, other: $type) -> $type {
                self + other
            }
            fn subtract(self, other: $type) -> $type {
                self - other
            }
            fn multiply(self, other: $type) -> $type {
                self * other
            }
        }
    )* };
}
floats!(f32 f64 f16 bf16);

/// Evaluates `$body` with `$type` the Rust type of `$dtype`.
macro_rules! with_number {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            ScalarType::I8 => with_number!(@ i8, $type => $body),
            ScalarType::I16 => with_number!(@ i16, $type => $body),
            ScalarType::I32 => with_number!(@ i32, $type => $body),
            ScalarType::I64 => with_number!(@ i64, $type => $body),
            ScalarType::U16 => with_number!(@ u16, $type => $body),
            ScalarType::U32 => with_number!(@ u32, $type => $body),
            ScalarType::U64 => with_number!(@ u64, $type => $body),
            ScalarType::F16 => with_number!(@ half::f16, $type => $body),
            ScalarType::BF16 => with_number!(@ half::bf16, $type => $body),
            ScalarType::F32 => with_number!(@ f32, $type => $body),
            ScalarType::F64 => with_number!(@ f64, $type => $body),
            ScalarType::U8 | ScalarType::Bool => with_number!(@ u8, $type => $body),
        }
    };
    (@ $number:ty, $type:ident => $body:expr) => {{
        type $type = $number;
        $body
    }};
}

pub(crate) use with_number;

impl Rows {
    fn new(index: ScalarType, count: usize, inner: usize, targets: usize) -> Result<Rows, String> {
        Ok(Rows { indices: Indices::new(index, count)?, count, inner, targets })
    }

    /// Takes each number of `updates` to the target it goes to: the target becomes `combine(target, number)`.
    /// Where `from_zero`, all targets are zero first (which for every type is zero bytes).
    ///
    /// # Safety
    /// `indices`, `updates` and `targets` have the sizes of this scatter and the last is written by nobody else; indices
    /// are below `self.targets`. Negative ones are left out.
    unsafe fn scatter<T: Number>(
        &self,
        threads: usize,
        indices: In<'_>,
        updates: In<'_>,
        targets: Shared<T>,
        from_zero: bool,
        combine: impl Fn(T, T) -> T + Sync,
    ) {
        let row_bytes = self.inner * size_of::<T>();
        let shares =
            if self.count * row_bytes < WORTH_SHARING { 1 } else { (row_bytes / SHARE).clamp(1, 16) };
        let columns = self.inner.div_ceil(shares);
        parallel_for(threads, shares, &|share| {
            let first = (share * columns).min(self.inner);
            let columns = columns.min(self.inner - first);
            // SAFETY: rows and columns lie inside; each share has columns of its own.
            unsafe {
                let (updates, targets) = (updates.pointer::<T>().add(first), targets.pointer().add(first));
                if from_zero && columns == self.inner {
                    targets.write_bytes(0, self.targets * columns);
                } else if from_zero {
                    (0..self.targets).for_each(|row| targets.add(row * self.inner).write_bytes(0, columns));
                }
                for place in 0..self.count {
                    let Ok(row) = usize::try_from(self.indices.at(indices, place)) else { continue };
                    let update = updates.add(place * self.inner);
                    let target = targets.add(row * self.inner);
                    for column in 0..columns {
                        *target.add(column) = combine(*target.add(column), *update.add(column));
                    }
                }
            }
        });
    }
}

impl ScatterAddKernel {
    /// A kernel that sums `count` rows of `inner` numbers into `segments` rows, by indices of type `index`.
    ///
    /// # Errors
    /// When `dtype` is Bool, `index` is neither I32 nor I64, or a tensor fits no memory.
    pub fn new(
        dtype: ScalarType,
        index: ScalarType,
        count: usize,
        inner: usize,
        segments: usize,
    ) -> Result<ScatterAddKernel, String> {
        if dtype == ScalarType::Bool {
            return Err("booleans have no sum".into());
        }
        let rows = Rows::new(index, count, inner, segments)?;
        let bytes = |count| byte_count(element_count(&[count, inner])?, dtype.size());
        let (input_bytes, output_bytes) = ([bytes(count)?, rows.indices.bytes()], [bytes(segments)?]);
        Ok(ScatterAddKernel { dtype, rows, input_bytes, output_bytes })
    }
}

impl ScatterUpdateKernel {
    /// A kernel that updates `count` of `rows` rows of `inner` numbers, by indices of type `index`.
    ///
    /// # Errors
    /// When booleans are to be anything but assigned, `index` is neither I32 nor I64, or a tensor fits no memory.
    pub fn new(
        dtype: ScalarType,
        update: Update,
        index: ScalarType,
        rows: usize,
        inner: usize,
        count: usize,
    ) -> Result<ScatterUpdateKernel, String> {
        if dtype == ScalarType::Bool && update != Update::Assign {
            return Err(format!("booleans can be assigned, but {update:?} is for numbers"));
        }
        let bytes = |count| byte_count(element_count(&[count, inner])?, dtype.size());
        let (variable, updates) = (bytes(rows)?, bytes(count)?);
        let rows = Rows::new(index, count, inner, rows)?;
        let input_bytes = [variable, rows.indices.bytes(), updates];
        Ok(ScatterUpdateKernel { dtype, update, rows, input_bytes, output_bytes: [variable] })
    }
}

impl Sealed for ScatterAddKernel {}

impl Kernel for ScatterAddKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let (data, segments) = (inputs[0], inputs[1]);
        // SAFETY: the caller's promise; the indices are checked first.
        unsafe {
            self.rows.indices.check(segments, self.rows.targets, true)?;
            with_number!(self.dtype, T => {
                self.rows.scatter::<T>(context.threads, segments, data, outputs[0].shared(), true, T::add);
            });
        }
        Ok(())
    }
}

impl Sealed for ScatterUpdateKernel {}

impl Kernel for ScatterUpdateKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, _: usize) -> bool {
        input == 0
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let (variable, indices, updates) = (inputs[0], inputs[1], inputs[2]);
        let threads = context.threads;
        // SAFETY: the caller's promise; the indices are checked before anything is written. The variable is read only
        // where it is not the output, and then before the output is worked on.
        unsafe {
            self.rows.indices.check(indices, self.rows.targets, false)?;
            let (from, to) = (variable.pointer::<u8>(), outputs[0].pointer::<u8>());
            if !std::ptr::eq(from, to) {
                to.copy_from_nonoverlapping(from, self.output_bytes[0]);
            }
            with_number!(self.dtype, T => {
                let targets = outputs[0].shared::<T>();
                let rows = &self.rows;
                match self.update {
                    Update::Assign => rows.scatter(threads, indices, updates, targets, false, |_, new| new),
                    Update::Add => rows.scatter(threads, indices, updates, targets, false, T::add),
                    Update::Subtract => rows.scatter(threads, indices, updates, targets, false, T::subtract),
                    Update::Multiply => rows.scatter(threads, indices, updates, targets, false, T::multiply),
                    Update::Minimum => rows.scatter(threads, indices, updates, targets, false, |old: T, new| {
                        if new < old { new } else { old }
                    }),
                    Update::Maximum => rows.scatter(threads, indices, updates, targets, false, |old: T, new| {
                        if new > old { new } else { old }
                    }),
                }
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    fn run(kernel: &dyn Kernel, inputs: &[&Buffer], threads: usize) -> Result<Buffer, String> {
        let mut output = Buffer::zeroed(kernel.output_bytes()[0]);
        output.bytes_mut().fill(0x5a);
        let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
        call(kernel, &Context { threads }, &inputs, &mut [output.bytes_mut()]).map_err(|error| error.0)?;
        Ok(output)
    }

    fn indices(index: ScalarType, numbers: &[i64]) -> Buffer {
        match index {
            ScalarType::I64 => Buffer::from_slice(numbers),
            _ => Buffer::from_slice(&numbers.iter().map(|&i| i as i32).collect::<Vec<_>>()),
        }
    }

    /// Sums, in order, and compares bits: order decides them.
    fn check_sum(index: ScalarType, inner: usize, segments: usize, ids: &[i64]) {
        let data: Vec<f32> = (0..ids.len() * inner).map(|i| (i as f32 * 0.7).sin() * 1e3).collect();
        let mut wanted = vec![0_f32; segments * inner];
        for (k, &id) in ids.iter().enumerate().filter(|&(_, &id)| id >= 0) {
            (0..inner).for_each(|j| wanted[id as usize * inner + j] += data[k * inner + j]);
        }
        let kernel = ScatterAddKernel::new(ScalarType::F32, index, ids.len(), inner, segments).unwrap();
        for threads in [1, 2] {
            let got = run(&kernel, &[&Buffer::from_slice(&data), &indices(index, ids)], threads).unwrap();
            assert_eq!(got.slice::<f32>(), wanted);
        }
    }

    proptest! {
        #[test]
        fn segments_are_summed(inner in 0_usize..9, segments in 1_usize..9, wide in any::<bool>(),
                               ids in prop::collection::vec(-3_i64..8, 0..40)) {
            let ids: Vec<i64> = ids.into_iter().map(|id| id.min(segments as i64 - 1)).collect();
            check_sum(if wide { ScalarType::I64 } else { ScalarType::I32 }, inner, segments, &ids);
        }

        #[test]
        fn rows_are_updated_in_order(
            inner in 0_usize..6, ids in prop::collection::vec(0_i64..5, 0..20),
            update in prop_oneof![Just(Update::Assign), Just(Update::Add), Just(Update::Subtract),
                                  Just(Update::Multiply), Just(Update::Minimum), Just(Update::Maximum)],
        ) {
            let variable: Vec<i32> = (0..5 * inner as i32).map(|i| i * 5 % 7 - 3).collect();
            let updates: Vec<i32> = (0..(ids.len() * inner) as i32).map(|i| i * 3 % 11 - 5).collect();
            let mut wanted = variable.clone();
            for (k, &id) in ids.iter().enumerate() {
                for j in 0..inner {
                    let (old, new) = (&mut wanted[id as usize * inner + j], updates[k * inner + j]);
                    *old = match update {
                        Update::Assign => new,
                        Update::Add => old.wrapping_add(new),
                        Update::Subtract => old.wrapping_sub(new),
                        Update::Multiply => old.wrapping_mul(new),
                        Update::Minimum => new.min(*old),
                        Update::Maximum => new.max(*old),
                    };
                }
            }
            let kernel = ScatterUpdateKernel::new(ScalarType::I32, update, ScalarType::I64, 5, inner, ids.len()).unwrap();
            let (ids, updates) = (Buffer::from_slice(&ids), Buffer::from_slice(&updates));
            let got = run(&kernel, &[&Buffer::from_slice(&variable), &ids, &updates], 2).unwrap();
            prop_assert_eq!(got.slice::<i32>(), &wanted);

            let mut memory = Buffer::from_slice(&variable);
            let pointer = memory.bytes_mut().as_mut_ptr();
            // SAFETY: the kernel allows input 0 to be output 0; both views are made of one pointer to all of the buffer.
            unsafe {
                let inputs = [In::from_raw(pointer, kernel.output_bytes[0]), In::new(ids.bytes()), In::new(updates.bytes())];
                let mut outputs = [Out::from_raw(pointer, kernel.output_bytes[0])];
                kernel.run(&Context { threads: 1 }, &inputs, &mut outputs).unwrap();
            }
            prop_assert_eq!(memory.slice::<i32>(), &wanted);
        }
    }

    #[test]
    fn columns_are_shared_out() {
        let ids: Vec<i64> = (0..500).map(|k| k * 7 % 11 - 1).collect();
        check_sum(ScalarType::I32, 200, 10, &ids);
        check_sum(ScalarType::I64, 129, 12, &ids);
        check_sum(ScalarType::I64, 2_000, 12, &ids);
    }

    #[test]
    fn every_type_adds_and_half_precision_rounds_each_time() {
        let sum = |dtype: ScalarType, data: &Buffer, count| {
            let kernel = ScatterAddKernel::new(dtype, ScalarType::I32, count, 1, 1).unwrap();
            run(&kernel, &[data, &Buffer::from_slice(&vec![0_i32; count])], 1).unwrap()
        };
        let halves = Buffer::from_slice(&[f16::from_f32(2048.0), f16::ONE, f16::ONE]);
        assert_eq!(sum(ScalarType::F16, &halves, 3).slice::<f16>(), [f16::from_f32(2048.0)]);
        assert_eq!(sum(ScalarType::I8, &Buffer::from_slice(&[100_i8, 100]), 2).slice::<i8>(), [-56]);
        assert_eq!(sum(ScalarType::U64, &Buffer::from_slice(&[u64::MAX, 3]), 2).slice::<u64>(), [2]);
        assert_eq!(sum(ScalarType::F64, &Buffer::from_slice(&[0.1, 0.2]), 2).slice::<f64>(), [0.1 + 0.2]);
        assert!(ScatterAddKernel::new(ScalarType::Bool, ScalarType::I32, 1, 1, 1).is_err());
    }

    #[test]
    fn an_index_out_of_range_is_named_and_nothing_is_written() {
        let sum = ScatterAddKernel::new(ScalarType::F32, ScalarType::I64, 3, 1, 4).unwrap();
        let data = Buffer::from_slice(&[1_f32, 2.0, 3.0]);
        let error = run(&sum, &[&data, &Buffer::from_slice(&[-1_i64, 4, 0])], 1).unwrap_err();
        assert_eq!(error, "index 4 at position 1 is outside (-∞, 4)");
        let update =
            ScatterUpdateKernel::new(ScalarType::F32, Update::Add, ScalarType::I64, 4, 1, 3).unwrap();
        let variable = Buffer::from_slice(&[0_f32; 4]);
        let mut output = Buffer::from_slice(&[7_f32; 4]);
        let ids = Buffer::from_slice(&[0_i64, 1, -1]);
        let inputs = [variable.bytes(), ids.bytes(), data.bytes()];
        let error = call(&update, &Context { threads: 1 }, &inputs, &mut [output.bytes_mut()]).unwrap_err();
        assert_eq!(error.0, "index -1 at position 2 is outside [0, 4)");
        assert_eq!(output.slice::<f32>(), [7.0; 4]);
    }
}
