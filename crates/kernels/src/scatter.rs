//! Scatter: rows of updates go to the rows that indices name, in the order of the indices.
//!
//! [`ScatterAddKernel`] sums into zeros, `out[s, :] = Σ data[k, :]` over the `k` with `ids[k] = s`: the sum over
//! segments, and the gradient of a gather; it also takes products, minima and maxima. [`ScatterUpdateKernel`] changes rows
//! of a variable. What goes to one row is
//! taken in the order of the indices, whatever the number of threads: these share out columns, not rows.

use crate::arena::Shared;
use crate::complex::{Complex, ElementType};
use crate::gather::Indices;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::number::{Number, with_number};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType, Start, Update};

/// Bytes of updates below which work is not shared out, and bytes of a row that make a share of it.
const WORTH_SHARING: usize = 1 << 16;
const SHARE: usize = 256;

/// Sums rows by segment. Inputs: the rows, `[count, inner]`, and the segment of each, `[count]`. Output:
/// `[segments, inner]`. A row with a negative segment is dropped; one at or above `segments` is an error, found before
/// anything is written. Half precision rounds after each addition, integers wrap.
#[derive(Debug)]
pub struct ScatterAddKernel {
    dtype: ElementType,
    update: Update,
    start: Start,
    rows: Rows,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

/// Updates rows of a variable, `[rows, inner]`, which is the first input and the output, and may be the same memory.
/// Further inputs: the rows to update, `[count]`, and the updates, `[count, inner]`. A row that is named twice is updated
/// twice, in order. An index outside `[0, rows)` is an error, found before anything is written.
#[derive(Debug)]
pub struct ScatterUpdateKernel {
    dtype: ElementType,
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
    /// Whether there is one number in place of all updates.
    one_for_all: bool,
}

/// Evaluates `$body` with `$type` the Rust type of `$element`, which may be complex.
macro_rules! with_element {
    ($element:expr, $type:ident => $body:expr) => {
        match $element {
            ElementType::Real(dtype) => with_number!(dtype, $type => $body),
            ElementType::Complex64 => with_number!(@ Complex<f32>, $type => $body),
            ElementType::Complex128 => with_number!(@ Complex<f64>, $type => $body),
        }
    };
}

impl Rows {
    fn new(index: ScalarType, count: usize, inner: usize, targets: usize) -> Result<Rows, String> {
        Ok(Rows { indices: Indices::new(index, count)?, count, inner, targets, one_for_all: false })
    }

    /// The same, with tuples for indices.
    fn by_tuples(self, sizes: &[usize]) -> Result<Rows, String> {
        match element_count(sizes)? == self.targets {
            true => Ok(Rows { indices: self.indices.by_tuples(sizes)?, ..self }),
            false => Err(format!("axes of sizes {sizes:?} do not make up {} rows", self.targets)),
        }
    }

    /// Takes each number of `updates` to the target it goes to: the target becomes `combine(target, number)`.
    /// Where there is a `start`, all targets are that first.
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
        start: Option<T>,
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
                let (updates, targets) = (updates.pointer::<T>(), targets.pointer().add(first));
                if let Some(start) = start {
                    for row in 0..self.targets {
                        (0..columns).for_each(|column| *targets.add(row * self.inner + column) = start);
                    }
                }
                for place in 0..self.count {
                    let Ok(row) = usize::try_from(self.indices.at(indices, place)) else { continue };
                    let target = targets.add(row * self.inner);
                    if self.one_for_all {
                        let update = *updates;
                        for column in 0..columns {
                            *target.add(column) = combine(*target.add(column), update);
                        }
                        continue;
                    }
                    let update = updates.add(place * self.inner + first);
                    for column in 0..columns {
                        *target.add(column) = combine(*target.add(column), *update.add(column));
                    }
                }
            }
        });
    }
}

impl Rows {
    /// The same, passing over tuples that lie outside.
    fn passing_over(self) -> Rows {
        Rows { indices: self.indices.passing_over(), ..self }
    }

    /// As [`scatter`](Rows::scatter), where the target is changed by an update.
    ///
    /// # Safety
    /// As there.
    unsafe fn scatter_updates<T: Number>(
        &self,
        threads: usize,
        indices: In<'_>,
        updates: In<'_>,
        targets: Shared<T>,
        start: Option<T>,
        update: Update,
    ) {
        // A loop for each update, so that none chooses for every number.
        macro_rules! by {
            ($update:expr) => {{
                let combine = |old: T, new: T| old.updated($update, new);
                // SAFETY: the caller's promise.
                unsafe { self.scatter(threads, indices, updates, targets, start, combine) }
            }};
        }
        match update {
            Update::Assign => by!(Update::Assign),
            Update::Add => by!(Update::Add),
            Update::Subtract => by!(Update::Subtract),
            Update::Multiply => by!(Update::Multiply),
            Update::Divide => by!(Update::Divide),
            Update::Minimum => by!(Update::Minimum),
            Update::Maximum => by!(Update::Maximum),
        }
    }
}

impl ScatterAddKernel {
    /// A kernel that sums `count` rows of `inner` numbers into `segments` rows, by indices of type `index`.
    ///
    /// # Errors
    /// When `dtype` is Bool, `index` is neither I32 nor I64, or a tensor fits no memory.
    pub fn new(
        dtype: impl Into<ElementType>,
        index: ScalarType,
        count: usize,
        inner: usize,
        segments: usize,
    ) -> Result<ScatterAddKernel, String> {
        let dtype = dtype.into();
        if dtype == ElementType::Real(ScalarType::Bool) {
            return Err("booleans have no sum".into());
        }
        let rows = Rows::new(index, count, inner, segments)?;
        let bytes = |count| byte_count(element_count(&[count, inner])?, dtype.size());
        let (input_bytes, output_bytes) = ([bytes(count)?, rows.indices.bytes()], [bytes(segments)?]);
        let (update, start) = (Update::Add, Start::Zero);
        Ok(ScatterAddKernel { dtype, update, start, rows, input_bytes, output_bytes })
    }

    /// The same kernel that begins with `start` and does `update` in place of adding to zero: products, minima, maxima.
    #[must_use]
    pub fn folding(self, start: Start, update: Update) -> ScatterAddKernel {
        ScatterAddKernel { start, update, ..self }
    }

    /// The same kernel whose indices are tuples, `[count, sizes]`: the rows of the output are those along axes of these
    /// sizes. A negative index is then an error too.
    ///
    /// # Errors
    /// When the sizes do not make up the rows, or are too many.
    pub fn by_tuples(mut self, sizes: &[usize]) -> Result<ScatterAddKernel, String> {
        self.rows = self.rows.by_tuples(sizes)?;
        self.input_bytes[1] = self.rows.indices.bytes();
        Ok(self)
    }

    /// The same kernel, tuples of which may lie outside: their updates are passed over.
    #[must_use]
    pub fn passing_over(mut self) -> ScatterAddKernel {
        self.rows = self.rows.passing_over();
        self
    }
}

impl ScatterUpdateKernel {
    /// A kernel that updates `count` of `rows` rows of `inner` numbers, by indices of type `index`.
    ///
    /// # Errors
    /// When booleans are to be anything but assigned, complex numbers are to be ordered, `index` is neither I32 nor I64,
    /// or a tensor fits no memory.
    pub fn new(
        dtype: impl Into<ElementType>,
        update: Update,
        index: ScalarType,
        rows: usize,
        inner: usize,
        count: usize,
    ) -> Result<ScatterUpdateKernel, String> {
        let dtype = dtype.into();
        if dtype == ElementType::Real(ScalarType::Bool) && update != Update::Assign {
            return Err(format!("booleans can be assigned, but {update:?} is for numbers"));
        }
        if matches!(update, Update::Minimum | Update::Maximum) && !matches!(dtype, ElementType::Real(_)) {
            return Err(format!("complex numbers have no order, which {update:?} asks for"));
        }
        let bytes = |count| byte_count(element_count(&[count, inner])?, dtype.size());
        let (variable, updates) = (bytes(rows)?, bytes(count)?);
        let rows = Rows::new(index, count, inner, rows)?;
        let input_bytes = [variable, rows.indices.bytes(), updates];
        Ok(ScatterUpdateKernel { dtype, update, rows, input_bytes, output_bytes: [variable] })
    }

    /// The same kernel where one number is the update of every element.
    #[must_use]
    pub fn one_for_all(mut self) -> ScatterUpdateKernel {
        self.rows.one_for_all = true;
        self.input_bytes[2] = self.dtype.size();
        self
    }

    /// The same kernel whose indices are tuples, `[count, sizes]`: the rows of the variable are those along axes of these
    /// sizes.
    ///
    /// # Errors
    /// When the sizes do not make up the rows, or are too many.
    pub fn by_tuples(mut self, sizes: &[usize]) -> Result<ScatterUpdateKernel, String> {
        self.rows = self.rows.by_tuples(sizes)?;
        self.input_bytes[1] = self.rows.indices.bytes();
        Ok(self)
    }

    /// The same kernel, tuples of which may lie outside: their updates are passed over.
    #[must_use]
    pub fn passing_over(mut self) -> ScatterUpdateKernel {
        self.rows = self.rows.passing_over();
        self
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
            self.rows.indices.check(segments, self.rows.targets, !self.rows.indices.are_tuples())?;
            with_element!(self.dtype, T => {
                let (targets, start) = (outputs[0].shared::<T>(), Some(T::start(self.start)));
                self.rows.scatter_updates(context.threads, segments, data, targets, start, self.update);
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
            if let (Update::Divide, ElementType::Real(dtype)) = (self.update, self.dtype) {
                with_number!(dtype, T => {
                    let updates = updates.slice::<T>();
                    if let Some(place) = updates.iter().position(|update| update.divides_nothing()) {
                        return Err(KernelError::invalid(format!("update {place} divides by zero")));
                    }
                });
            }
            let (from, to) = (variable.pointer::<u8>(), outputs[0].pointer::<u8>());
            if !std::ptr::eq(from, to) {
                to.copy_from_nonoverlapping(from, self.output_bytes[0]);
            }
            with_element!(self.dtype, T => {
                let (targets, rows) = (outputs[0].shared::<T>(), &self.rows);
                rows.scatter_updates(threads, indices, updates, targets, None, self.update);
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    fn run(kernel: &dyn Kernel, inputs: &[&Buffer], threads: usize) -> Result<Buffer, String> {
        let mut output = Buffer::zeroed(kernel.output_bytes()[0]);
        output.bytes_mut().fill(0x5a);
        let inputs: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
        call(kernel, &Context { threads }, &inputs, &mut [output.bytes_mut()]).map_err(|error| error.text)?;
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
                                  Just(Update::Multiply), Just(Update::Divide), Just(Update::Minimum), Just(Update::Maximum)],
        ) {
            let variable: Vec<i32> = (0..5 * inner as i32).map(|i| i * 5 % 7 - 3).collect();
            let mut updates: Vec<i32> = (0..(ids.len() * inner) as i32).map(|i| i * 3 % 11 - 5).collect();
            if update == Update::Divide {
                updates.iter_mut().filter(|update| **update == 0).for_each(|update| *update = 7);
            }
            let mut wanted = variable.clone();
            for (k, &id) in ids.iter().enumerate() {
                for j in 0..inner {
                    let (old, new) = (&mut wanted[id as usize * inner + j], updates[k * inner + j]);
                    *old = match update {
                        Update::Assign => new,
                        Update::Add => old.wrapping_add(new),
                        Update::Subtract => old.wrapping_sub(new),
                        Update::Multiply => old.wrapping_mul(new),
                        Update::Divide => old.wrapping_div(new),
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
    fn segments_are_folded_from_a_start() {
        let data = Buffer::from_slice(&[3_f32, -1.0, 5.0, 2.0]);
        let ids = Buffer::from_slice(&[2_i32, 0, 2, -1]);
        let fold = |start, update| {
            let kernel = ScatterAddKernel::new(ScalarType::F32, ScalarType::I32, 4, 1, 3).unwrap();
            run(&kernel.folding(start, update), &[&data, &ids], 1).unwrap().slice::<f32>().to_vec()
        };
        assert_eq!(fold(Start::One, Update::Multiply), [-1.0, 1.0, 15.0]);
        assert_eq!(fold(Start::Largest, Update::Minimum), [-1.0, f32::MAX, 3.0]);
        assert_eq!(fold(Start::Lowest, Update::Maximum), [-1.0, f32::MIN, 5.0]);
    }

    #[test]
    fn tuples_name_rows_along_several_axes() {
        let data = Buffer::from_slice(&[1_i32, 2, 4]);
        let ids = Buffer::from_slice(&[1_i64, 0, 0, 1, 1, 0]);
        let kernel = || ScatterAddKernel::new(ScalarType::I32, ScalarType::I64, 3, 1, 4).unwrap();
        let sums = run(&kernel().by_tuples(&[2, 2]).unwrap(), &[&data, &ids], 1).unwrap();
        assert_eq!(sums.slice::<i32>(), [0, 2, 5, 0]);
        let outside = Buffer::from_slice(&[1_i64, 0, 0, 2, -1, 0]);
        let error = run(&kernel().by_tuples(&[2, 2]).unwrap(), &[&data, &outside], 1).unwrap_err();
        assert_eq!(error, "index [0, 2] at position 1 is outside the shape [2, 2]");
        assert!(kernel().by_tuples(&[3, 2]).unwrap_err().contains("do not make up 4 rows"));
        let update =
            ScatterUpdateKernel::new(ScalarType::I32, Update::Divide, ScalarType::I64, 4, 1, 3).unwrap();
        let update = update.by_tuples(&[2, 2]).unwrap();
        let variable = Buffer::from_slice(&[10_i32, 11, 12, 13]);
        let got = run(&update, &[&variable, &ids, &data], 1).unwrap();
        assert_eq!(got.slice::<i32>(), [10, 5, 3, 13]);
        let half = Buffer::from_slice(&[2_i32]);
        let got = run(&update.one_for_all(), &[&variable, &ids, &half], 1).unwrap();
        assert_eq!(got.slice::<i32>(), [10, 5, 3, 13]);
        let update =
            ScatterUpdateKernel::new(ScalarType::I32, Update::Divide, ScalarType::I64, 4, 1, 3).unwrap();
        let update = update.by_tuples(&[2, 2]).unwrap();
        let zero = Buffer::from_slice(&[1_i32, 0, 4]);
        assert_eq!(run(&update, &[&variable, &ids, &zero], 1).unwrap_err(), "update 1 divides by zero");
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
    fn complex_numbers_are_scattered() {
        let variable = Buffer::from_slice(&[1_f32, 2.0, 3.0, 4.0]);
        let (ids, updates) = (Buffer::from_slice(&[1_i32]), Buffer::from_slice(&[2_f32, -1.0]));
        let new = |update| ScatterUpdateKernel::new(ElementType::Complex64, update, ScalarType::I32, 2, 1, 1);
        let changed = |update| {
            let got = run(&new(update).unwrap(), &[&variable, &ids, &updates], 1).unwrap();
            got.slice::<f32>()[2..].to_vec()
        };
        assert_eq!(changed(Update::Assign), [2.0, -1.0]);
        assert_eq!(changed(Update::Add), [5.0, 3.0]);
        assert_eq!(changed(Update::Subtract), [1.0, 5.0]);
        assert_eq!(changed(Update::Multiply), [10.0, 5.0]);
        assert_eq!(changed(Update::Divide), [0.4, 2.2]);
        assert!(new(Update::Minimum).is_err());
        let product = ScatterAddKernel::new(ElementType::Complex128, ScalarType::I32, 2, 1, 2).unwrap();
        let product = product.folding(Start::One, Update::Multiply);
        let data = Buffer::from_slice(&[0_f64, 1.0, 2.0, 3.0]);
        let got = run(&product, &[&data, &Buffer::from_slice(&[1_i32, 1])], 1).unwrap();
        assert_eq!(got.slice::<f64>(), [1.0, 0.0, -3.0, 2.0]);
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
        assert_eq!(error.text, "index -1 at position 2 is outside [0, 4)");
        assert_eq!(output.slice::<f32>(), [7.0; 4]);
    }
}
