//! The sum of more tensors than one fused loop can read: `out[i] = (((x₀[i] + x₁[i]) + x₂[i]) + …)`.

use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::number::{Number, with_number};
use crate::threads::parallel_for;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// Bytes of output that stay close while one input after the other is added to them.
const PIECE: usize = 1 << 13;

/// Adds tensors of one type and size, in order. Half precision rounds after each addition, integers wrap.
#[derive(Debug)]
pub struct SumManyKernel {
    dtype: ScalarType,
    count: usize,
    input_bytes: Vec<usize>,
    output_bytes: [usize; 1],
}

impl SumManyKernel {
    /// A kernel for `inputs` tensors, one or more, of `count` numbers each.
    ///
    /// # Errors
    /// When there are none, they are of booleans, or they fit no memory.
    pub fn new(dtype: ScalarType, inputs: usize, count: usize) -> Result<SumManyKernel, String> {
        if dtype == ScalarType::Bool || inputs == 0 {
            return Err(format!("there is no sum of {inputs} tensors of {dtype:?}"));
        }
        let bytes = byte_count(count, dtype.size())?;
        Ok(SumManyKernel { dtype, count, input_bytes: vec![bytes; inputs], output_bytes: [bytes] })
    }
}

impl Sealed for SumManyKernel {}

impl Kernel for SumManyKernel {
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
        with_number!(self.dtype, T => {
            let output = outputs[0].shared::<T>();
            let piece = PIECE / size_of::<T>();
            parallel_for(context.threads, self.count.div_ceil(piece), &|index| {
                let first = index * piece;
                let count = piece.min(self.count - first);
                // SAFETY: pieces are apart and inside; the output is no input.
                unsafe {
                    let to = std::slice::from_raw_parts_mut(output.pointer().add(first), count);
                    let from = |input: &In<'_>| std::slice::from_raw_parts(input.pointer::<T>().add(first), count);
                    to.copy_from_slice(from(&inputs[0]));
                    for input in &inputs[1..] {
                        to.iter_mut().zip(from(input)).for_each(|(sum, term)| *sum = sum.add(*term));
                    }
                }
            });
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, call};

    #[test]
    fn sums_are_those_of_a_plain_loop() {
        for (inputs, count) in [(1, 5), (3, 0), (300, 7), (20, 10_000)] {
            let terms: Vec<Buffer> = (0..inputs)
                .map(|k| {
                    Buffer::from_slice(&(0..count).map(|i| ((k * 31 + i) as f32).sin()).collect::<Vec<_>>())
                })
                .collect();
            let kernel = SumManyKernel::new(ScalarType::F32, inputs, count).unwrap();
            let mut output = Buffer::zeroed(count * 4);
            let bytes: Vec<&[u8]> = terms.iter().map(|term| term.bytes()).collect();
            call(&kernel, &Context { threads: 2 }, &bytes, &mut [output.bytes_mut()]).unwrap();
            for (i, got) in output.slice::<f32>().iter().enumerate() {
                let sum =
                    terms[1..].iter().fold(terms[0].slice::<f32>()[i], |sum, x| sum + x.slice::<f32>()[i]);
                assert_eq!(*got, sum);
            }
        }
        assert!(SumManyKernel::new(ScalarType::Bool, 2, 1).is_err());
        assert!(SumManyKernel::new(ScalarType::F32, 0, 1).is_err());
    }
}
