//! Gather: `out[b, o, k, :] = in[b, o, indices[b, k], :]`.

use crate::arena::Shared;
use crate::copy::with_width;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// Bytes of output that are worth a piece of their own.
const PIECE: usize = 1 << 16;

/// The longest tuple of integers that may pick a slice.
const LONGEST_TUPLE: usize = 8;

/// Integers (`i8` to `i64`, or `u8`) that pick slices along an axis; or tuples of them that pick slices along several axes, which
/// are one axis to the loops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indices {
    dtype: ScalarType,
    count: usize,
    bytes: usize,
    tuple: Option<Tuple>,
}

/// The axes that a tuple of integers picks along.
#[derive(Clone, Copy, Debug)]
struct Tuple {
    length: usize,
    sizes: [usize; LONGEST_TUPLE],
    /// Whether what lies outside is passed over; else it is an error.
    passes_over: bool,
}

impl Indices {
    /// `count` indices of type `dtype`.
    pub(crate) fn new(dtype: ScalarType, count: usize) -> Result<Indices, String> {
        use ScalarType::{I8, I16, I32, I64, U8};
        if !matches!(dtype, I8 | I16 | I32 | I64 | U8) {
            return Err(format!("indices are I8, I16, I32, I64 or U8, not {dtype:?}"));
        }
        Ok(Indices { dtype, count, bytes: byte_count(count, dtype.size())?, tuple: None })
    }

    /// As many tuples of integers, one for each of `sizes`, in place of the integers.
    pub(crate) fn by_tuples(self, sizes: &[usize]) -> Result<Indices, String> {
        let mut tuple = Tuple { length: sizes.len(), sizes: [0; LONGEST_TUPLE], passes_over: false };
        match tuple.sizes.get_mut(..sizes.len()) {
            Some(kept) => kept.copy_from_slice(sizes),
            None => {
                return Err(format!(
                    "an index is of {} integers, and {LONGEST_TUPLE} are the most",
                    sizes.len()
                ));
            }
        }
        let bytes = byte_count(element_count(&[self.count, sizes.len()])?, self.dtype.size())?;
        Ok(Indices { tuple: Some(tuple), bytes, ..self })
    }

    /// The same tuples, of which those outside are passed over: each is then index −1.
    pub(crate) fn passing_over(mut self) -> Indices {
        if let Some(tuple) = &mut self.tuple {
            tuple.passes_over = true;
        }
        self
    }

    /// Whether some may be −1, passed over.
    pub(crate) fn pass_over(&self) -> bool {
        self.tuple.is_some_and(|tuple| tuple.passes_over)
    }

    /// Whether each is a tuple.
    pub(crate) fn are_tuples(&self) -> bool {
        self.tuple.is_some()
    }

    /// The bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Index number `place`; of a tuple that is in range, the place along the one axis that its axes make up; −1 for one
    /// that is passed over.
    ///
    /// # Safety
    /// `view` holds these indices, nothing writes them meanwhile, and `place` is below their count.
    pub(crate) unsafe fn at(&self, view: In<'_>, place: usize) -> i64 {
        let Some(tuple) = self.tuple else {
            // SAFETY: the caller's promise.
            return unsafe { self.integer(view, place) };
        };
        let mut index = 0i64;
        for (axis, &size) in tuple.sizes[..tuple.length].iter().enumerate() {
            // SAFETY: the caller's promise; a tuple is as long as its axes are many.
            let along = unsafe { self.integer(view, place * tuple.length + axis) };
            if tuple.passes_over && usize::try_from(along).map_or(true, |along| along >= size) {
                return -1;
            }
            index = index.wrapping_mul(size as i64).wrapping_add(along);
        }
        index
    }

    /// Integer number `place`.
    ///
    /// # Safety
    /// `view` holds these indices, nothing writes them meanwhile, and `place` is below the number of integers.
    unsafe fn integer(&self, view: In<'_>, place: usize) -> i64 {
        // SAFETY: the caller's promise.
        unsafe {
            match self.dtype {
                ScalarType::I8 => (*view.pointer::<i8>().add(place)).into(),
                ScalarType::I16 => (*view.pointer::<i16>().add(place)).into(),
                ScalarType::U8 => (*view.pointer::<u8>().add(place)).into(),
                ScalarType::I32 => (*view.pointer::<i32>().add(place)).into(),
                _ => *view.pointer::<i64>().add(place),
            }
        }
    }

    /// Whether all lie in `[0, size)`; where `drop_negative`, below `size`. Of tuples, whether each integer lies within
    /// its axis.
    ///
    /// # Safety
    /// `view` holds these indices, and nothing writes them meanwhile.
    pub(crate) unsafe fn check(
        &self,
        view: In<'_>,
        size: usize,
        drop_negative: bool,
    ) -> Result<(), KernelError> {
        if let Some(tuple) = self.tuple {
            if tuple.passes_over {
                return Ok(());
            }
            // SAFETY: the caller's promise.
            return unsafe { self.check_tuples(view, &tuple.sizes[..tuple.length]) };
        }
        for place in 0..self.count {
            // SAFETY: the caller's promise.
            let index = unsafe { self.at(view, place) };
            let inside = match usize::try_from(index) {
                Ok(index) => index < size,
                Err(_) => index < 0 && drop_negative,
            };
            if !inside {
                let lowest = if drop_negative { "(-∞" } else { "[0" };
                return Err(KernelError::invalid(format!(
                    "index {index} at position {place} is outside {lowest}, {size})"
                )));
            }
        }
        Ok(())
    }

    /// # Safety
    /// `view` holds these indices, which are tuples of as many integers as there are sizes, and nothing writes them
    /// meanwhile.
    unsafe fn check_tuples(&self, view: In<'_>, sizes: &[usize]) -> Result<(), KernelError> {
        for place in 0..self.count {
            // SAFETY: the caller's promise.
            let along = |axis| unsafe { self.integer(view, place * sizes.len() + axis) };
            let inside = |axis| usize::try_from(along(axis)).is_ok_and(|index| index < sizes[axis]);
            if !(0..sizes.len()).all(inside) {
                let index: Vec<i64> = (0..sizes.len()).map(along).collect();
                return Err(KernelError::invalid(format!(
                    "index {index:?} at position {place} is outside the shape {sizes:?}"
                )));
            }
        }
        Ok(())
    }
}

/// Gathers slices along an axis. Inputs: the tensor, `[batch, outer, axis_size, inner]`, and the indices,
/// `[batch, indices_count]`. Output: `[batch, outer, indices_count, inner]`.
///
/// An index outside `[0, axis_size)` is an error, found before anything is written.
#[derive(Debug)]
pub struct GatherKernel {
    batch: usize,
    outer: usize,
    axis_size: usize,
    indices_count: usize,
    indices: Indices,
    /// What one index picks: so many units of so many bytes, a width that travels at once.
    units: usize,
    width: usize,
    input_bytes: [usize; 2],
    output_bytes: [usize; 1],
}

impl GatherKernel {
    /// A kernel for elements of `element_bytes` bytes and indices of type `index` (`I32` or `I64`).
    ///
    /// # Errors
    /// When the indices have another type, or a tensor fits no memory.
    pub fn new(
        element_bytes: usize,
        index: ScalarType,
        batch: usize,
        outer: usize,
        axis_size: usize,
        inner: usize,
        indices_count: usize,
    ) -> Result<GatherKernel, String> {
        let tensor = |axis| byte_count(element_count(&[batch, outer, axis, inner])?, element_bytes);
        let indices = Indices::new(index, element_count(&[batch, indices_count])?)?;
        let input_bytes = [tensor(axis_size)?, indices.bytes()];
        let output_bytes = [tensor(indices_count)?];
        let slice = byte_count(inner, element_bytes)?;
        let width = [16, 8, 4, 2].into_iter().find(|&width| slice.is_multiple_of(width)).unwrap_or(1);
        let units = slice / width;
        Ok(GatherKernel {
            batch,
            outer,
            axis_size,
            indices_count,
            indices,
            units,
            width,
            input_bytes,
            output_bytes,
        })
    }

    /// The same kernel whose indices are tuples, `[batch, indices_count, sizes]`: the axis they pick along is made up of
    /// axes of these sizes.
    ///
    /// # Errors
    /// When the sizes do not make up the axis, or are too many.
    pub fn by_tuples(mut self, sizes: &[usize]) -> Result<GatherKernel, String> {
        if element_count(sizes)? != self.axis_size {
            return Err(format!("axes of sizes {sizes:?} do not make up one of {}", self.axis_size));
        }
        self.indices = self.indices.by_tuples(sizes)?;
        self.input_bytes[1] = self.indices.bytes();
        Ok(self)
    }

    /// The same kernel, tuples of which may lie outside: what they pick is zeros.
    #[must_use]
    pub fn zeros_outside(mut self) -> GatherKernel {
        self.indices = self.indices.passing_over();
        self
    }

    /// # Safety
    /// As for [`Kernel::run`]; the indices are in range or −1, which picks zeros, and `T` has `self.width` bytes and no alignment to keep.
    unsafe fn run_as<T: Copy>(&self, context: &Context, tensor: In<'_>, indices: In<'_>, output: Shared<T>) {
        let slice = self.units * self.width;
        let slices_a_piece = (PIECE / slice.max(1)).clamp(1, self.indices_count.max(1));
        let pieces_a_run = self.indices_count.div_ceil(slices_a_piece);
        let runs_a_piece = (PIECE / (slice * self.indices_count).max(1)).max(1);
        let runs = self.batch * self.outer;
        let (run_pieces, runs_a_piece) =
            if pieces_a_run > 1 { (runs, 1) } else { (runs.div_ceil(runs_a_piece), runs_a_piece) };
        parallel_for(context.threads, run_pieces * pieces_a_run, &|piece| {
            let first = piece % pieces_a_run * slices_a_piece;
            let places = first..(first + slices_a_piece).min(self.indices_count);
            let first = piece / pieces_a_run * runs_a_piece;
            for run in first..(first + runs_a_piece).min(runs) {
                let picks = run / self.outer * self.indices_count;
                // SAFETY: the indices are in range, so a slice of the tensor is inside it; pieces write places of
                // their own, inside the output, which is no input.
                unsafe {
                    let from = tensor.pointer::<T>().add(run * self.axis_size * self.units);
                    let to = output.pointer().add(run * self.indices_count * self.units);
                    let index = |place| self.indices.at(indices, picks + place);
                    if self.indices.pass_over() {
                        for place in places.clone() {
                            let to = to.add(place * self.units);
                            match usize::try_from(index(place)) {
                                Ok(row) => {
                                    to.copy_from_nonoverlapping(from.add(row * self.units), self.units)
                                }
                                Err(_) => to.write_bytes(0, self.units),
                            }
                        }
                        continue;
                    }
                    let pick = |place| from.add(index(place) as usize * self.units);
                    match self.units {
                        1 => places.clone().for_each(|place| *to.add(place) = *pick(place)),
                        units => places.clone().for_each(|place| {
                            to.add(place * units).copy_from_nonoverlapping(pick(place), units);
                        }),
                    }
                }
            }
        });
    }
}

impl Sealed for GatherKernel {}

impl Kernel for GatherKernel {
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
        let (tensor, indices) = (inputs[0], inputs[1]);
        // SAFETY: the caller's promise; the indices are checked first, and the width is one the macro has a type for.
        unsafe {
            self.indices.check(indices, self.axis_size, false)?;
            with_width!(self.width, T => self.run_as::<T>(context, tensor, indices, outputs[0].shared()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, call};

    fn gather(
        kernel: &GatherKernel,
        tensor: &[u8],
        indices: &Buffer,
        threads: usize,
    ) -> Result<Vec<u8>, String> {
        let tensor = Buffer::from_slice(tensor);
        let mut output = Buffer::zeroed(kernel.output_bytes[0]);
        call(kernel, &Context { threads }, &[tensor.bytes(), indices.bytes()], &mut [output.bytes_mut()])
            .map_err(|error| error.text)?;
        Ok(output.bytes().to_vec())
    }

    fn check(element_bytes: usize, [batch, outer, axis, inner, count]: [usize; 5]) {
        let tensor: Vec<u8> =
            (0..batch * outer * axis * inner * element_bytes).map(|i| (i ^ i >> 8) as u8).collect();
        let indices: Vec<usize> = (0..batch * count).map(|k| k * 7919 % axis.max(1)).collect();
        let slice = inner * element_bytes;
        let mut wanted = vec![];
        for b in 0..batch {
            for o in 0..outer {
                for &index in &indices[b * count..(b + 1) * count] {
                    let from = ((b * outer + o) * axis + index) * slice;
                    wanted.extend_from_slice(&tensor[from..from + slice]);
                }
            }
        }
        let narrow = Buffer::from_slice(&indices.iter().map(|&i| i as i32).collect::<Vec<_>>());
        let wide = Buffer::from_slice(&indices.iter().map(|&i| i as i64).collect::<Vec<_>>());
        for (dtype, indices) in [(ScalarType::I32, narrow), (ScalarType::I64, wide)] {
            let kernel = GatherKernel::new(element_bytes, dtype, batch, outer, axis, inner, count).unwrap();
            for threads in [1, 2] {
                assert_eq!(gather(&kernel, &tensor, &indices, threads).unwrap(), wanted);
            }
        }
    }

    proptest! {
        #[test]
        fn any_shape(batch in 0_usize..4, outer in 0_usize..4, axis in 1_usize..9, inner in 0_usize..9,
                     count in 0_usize..9, element_bytes in prop_oneof![Just(1), Just(2), Just(4), Just(8), Just(16)]) {
            check(element_bytes, [batch, outer, axis, inner, count]);
        }
    }

    #[test]
    fn tuples_pick_along_several_axes() {
        let tensor: Vec<u8> = (0..24).collect();
        let kernel =
            GatherKernel::new(1, ScalarType::I32, 1, 1, 6, 4, 3).unwrap().by_tuples(&[2, 3]).unwrap();
        let run = |indices: [i32; 6]| gather(&kernel, &tensor, &Buffer::from_slice(&indices), 1);
        assert_eq!(run([0, 0, 1, 2, 0, 1]).unwrap(), [0, 1, 2, 3, 20, 21, 22, 23, 4, 5, 6, 7]);
        // The flat place would be inside.
        assert_eq!(
            run([0, 0, 0, 3, 0, 1]).unwrap_err(),
            "index [0, 3] at position 1 is outside the shape [2, 3]"
        );
        assert!(run([0, 0, 1, -1, 0, 1]).unwrap_err().contains("[1, -1]"));
        let whole = GatherKernel::new(1, ScalarType::I64, 1, 1, 1, 4, 2).unwrap().by_tuples(&[]).unwrap();
        assert_eq!(gather(&whole, &tensor[..4], &Buffer::zeroed(0), 1).unwrap(), [0, 1, 2, 3, 0, 1, 2, 3]);
        let refused = GatherKernel::new(1, ScalarType::I64, 1, 1, 6, 4, 2).unwrap().by_tuples(&[2, 2]);
        assert_eq!(refused.unwrap_err(), "axes of sizes [2, 2] do not make up one of 6");
    }

    #[test]
    fn large_outputs_are_cut_into_pieces() {
        check(4, [1, 1, 100, 1, 50_000]);
        check(4, [1, 1, 300, 64, 5_000]);
        check(1, [2, 3, 10, 1, 200_000]);
        check(4, [50, 40, 10, 3, 20]);
        check(4, [1, 1, 3, 40_000, 4]);
    }

    #[test]
    fn an_index_out_of_range_is_named() {
        let kernel = GatherKernel::new(4, ScalarType::I64, 1, 1, 10, 2, 5).unwrap();
        let run = |indices: [i64; 5]| gather(&kernel, &[0; 80], &Buffer::from_slice(&indices), 1);
        assert_eq!(run([0, 9, 1, 12, 3]).unwrap_err(), "index 12 at position 3 is outside [0, 10)");
        assert_eq!(run([0, -1, 1, 2, 3]).unwrap_err(), "index -1 at position 1 is outside [0, 10)");
        assert!(run([0, i64::MIN, 1, 2, 3]).is_err());
        let error = GatherKernel::new(4, ScalarType::F32, 1, 1, 10, 2, 5).unwrap_err();
        assert_eq!(error, "indices are I8, I16, I32, I64 or U8, not F32");
    }
}
