//! Passing numbers through, unless one of them is NaN or infinite: a float is neither where not every bit of its
//! exponent is set.

use crate::arena::{In, Out};
use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::{Context, Kernel, KernelError, Scalar, ScalarType};

/// Copies its input to its output, which may be the same memory, and fails if a number is NaN or infinite.
#[derive(Debug)]
pub struct CheckNumericsKernel {
    dtype: ScalarType,
    message: String,
    bytes: [usize; 1],
}

impl CheckNumericsKernel {
    /// A check of `count` numbers of type `dtype`; `message` is what its error begins with.
    ///
    /// # Errors
    /// When `dtype` is not a floating-point type, or so many numbers fit no memory.
    pub fn new(dtype: ScalarType, count: usize, message: &str) -> Result<CheckNumericsKernel, String> {
        if !dtype.is_float() {
            return Err(format!("only floating-point numbers can be NaN or infinite, not {dtype:?}"));
        }
        let bytes = [byte_count(count, dtype.size())?];
        Ok(CheckNumericsKernel { dtype, message: message.to_owned(), bytes })
    }
}

/// Whether there are infinities, and NaNs, among `bits`, of numbers whose bits of exponent are `exponent` and whose
/// sign is the bit above.
fn kinds<T: Bits>(bits: &[T], exponent: T) -> (bool, bool) {
    // Without a way out of the loop, and by blocks, it runs over many numbers at once.
    let finite = bits
        .chunks(4096)
        .all(|block| block.iter().fold(true, |finite, &bits| finite & (bits.and(exponent) != exponent)));
    if finite {
        return (false, false);
    }
    let magnitude = exponent.with_lower();
    let special =
        || bits.iter().map(|bits| bits.and(magnitude)).filter(|bits| bits.and(exponent) == exponent);
    (special().any(|bits| bits == exponent), special().any(|bits| bits != exponent))
}

trait Bits: Scalar + PartialEq {
    fn and(self, other: Self) -> Self;
    /// These bits and all below the lowest of them.
    fn with_lower(self) -> Self;
}

macro_rules! bits {
    ($($ty:ty),*) => { $(impl Bits for $ty {
        #[inline(always)]
        fn and(self, other: $ty) -> $ty {
            self & other
        }

        fn with_lower(self) -> $ty {
            self | (self - 1)
        }
    })* };
}
bits!(u16, u32, u64);

impl Sealed for CheckNumericsKernel {}

impl Kernel for CheckNumericsKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        true
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        let (input, bytes) = (inputs[0], self.bytes[0]);
        let count = bytes / self.dtype.size();
        // SAFETY: the input has so many numbers of the type's size, and nothing is written before the slice is gone.
        let (infinite, nan) = unsafe {
            match self.dtype {
                ScalarType::F16 => kinds(std::slice::from_raw_parts(input.pointer::<u16>(), count), 0x7C00),
                ScalarType::BF16 => kinds(std::slice::from_raw_parts(input.pointer::<u16>(), count), 0x7F80),
                ScalarType::F64 => {
                    kinds(std::slice::from_raw_parts(input.pointer::<u64>(), count), 0x7FF0_0000_0000_0000)
                }
                _ => kinds(std::slice::from_raw_parts(input.pointer::<u32>(), count), 0x7F80_0000),
            }
        };
        let what = match (infinite, nan) {
            (false, false) => {
                // SAFETY: both have so many bytes; `copy_to` allows the same place.
                unsafe { input.pointer::<u8>().copy_to(outputs[0].pointer(), bytes) };
                return Ok(());
            }
            (true, false) => "Inf",
            (false, true) => "NaN",
            (true, true) => "Inf and NaN",
        };
        Err(KernelError::invalid(format!("{} : Tensor had {what} values", self.message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, call};
    use half::{bf16, f16};

    fn check<T: Scalar>(values: &[T]) -> Result<Vec<T>, String> {
        let input = Buffer::from_slice(values);
        let mut output = Buffer::zeroed(input.bytes().len());
        let kernel = CheckNumericsKernel::new(T::TYPE, values.len(), "x").unwrap();
        call(&kernel, &Context { threads: 1 }, &[input.bytes()], &mut [output.bytes_mut()])
            .map_err(|error| error.text)?;
        Ok(output.slice().to_vec())
    }

    #[test]
    fn finite_numbers_pass() {
        let values: Vec<f32> = (0..5000).map(|i| i as f32).chain([f32::MAX, f32::MIN, -0.0, 1e-45]).collect();
        assert_eq!(check(&values), Ok(values));
        assert_eq!(check::<f64>(&[]), Ok(vec![]));
        assert_eq!(check(&[f16::MAX, f16::MIN]), Ok(vec![f16::MAX, f16::MIN]));
        assert_eq!(check(&[bf16::MAX, bf16::MIN]), Ok(vec![bf16::MAX, bf16::MIN]));
        assert_eq!(check(&[f64::MAX, 5e-324]), Ok(vec![f64::MAX, 5e-324]));
    }

    #[test]
    fn others_are_named() {
        let said = |what: &str| Err(format!("x : Tensor had {what} values"));
        let mut values = vec![1.0_f32; 5000];
        values[4999] = f32::NAN;
        assert_eq!(check(&values), said("NaN").map(|()| vec![]));
        values[17] = f32::NEG_INFINITY;
        assert_eq!(check(&values), said("Inf and NaN").map(|()| vec![]));
        assert_eq!(check(&[f64::INFINITY]), said("Inf").map(|()| vec![]));
        assert_eq!(check(&[-f64::NAN]), said("NaN").map(|()| vec![]));
        assert_eq!(check(&[f16::NAN]), said("NaN").map(|()| vec![]));
        assert_eq!(check(&[bf16::NEG_INFINITY]), said("Inf").map(|()| vec![]));
        assert!(CheckNumericsKernel::new(ScalarType::I32, 1, "x").is_err());
    }
}
