//! A kernel that first looks at some of the single numbers that it is given, and refuses those that are out of their range.

use crate::kernel::sealed::Sealed;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};
use half::{bf16, f16};

/// A range of numbers; NaN is in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// More than 0.
    Positive,
    /// 0 or more.
    NotNegative,
    /// 0 or less.
    NotPositive,
}

/// An input that is one number, and where it must lie.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Which input.
    pub input: usize,
    /// What it is called.
    pub name: &'static str,
    /// Where it must lie.
    pub range: Range,
}

/// A kernel behind guards: where a number is out of its range nothing is done.
#[derive(Debug)]
pub struct GuardedKernel {
    kernel: Box<dyn Kernel>,
    dtype: ScalarType,
    guards: Vec<Guard>,
}

impl GuardedKernel {
    /// The kernel, where the inputs that `guards` name are numbers of type `dtype`.
    ///
    /// # Errors
    /// When one is not one number of a floating-point type.
    pub fn new(
        kernel: Box<dyn Kernel>,
        dtype: ScalarType,
        guards: Vec<Guard>,
    ) -> Result<GuardedKernel, String> {
        let fits = |guard: &Guard| kernel.input_bytes().get(guard.input) == Some(&dtype.size());
        match dtype.is_float() && guards.iter().all(fits) {
            true => Ok(GuardedKernel { kernel, dtype, guards }),
            false => Err(format!("{guards:?} are not for single numbers of type {dtype:?}")),
        }
    }
}

impl Sealed for GuardedKernel {}

impl Kernel for GuardedKernel {
    fn input_bytes(&self) -> &[usize] {
        self.kernel.input_bytes()
    }

    fn output_bytes(&self) -> &[usize] {
        self.kernel.output_bytes()
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.kernel.in_place(input, output)
    }

    fn operations(&self) -> u64 {
        self.kernel.operations()
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        for guard in &self.guards {
            let input = inputs[guard.input];
            // SAFETY: the input is one number of this type, aligned for it, and nothing is written yet.
            let number = unsafe {
                match self.dtype {
                    ScalarType::F16 => f64::from(*input.pointer::<f16>()),
                    ScalarType::BF16 => f64::from(*input.pointer::<bf16>()),
                    ScalarType::F64 => *input.pointer::<f64>(),
                    _ => f64::from(*input.pointer::<f32>()),
                }
            };
            let (inside, wanted) = match guard.range {
                Range::Positive => (number > 0.0, "more than 0"),
                Range::NotNegative => (number >= 0.0, "0 or more"),
                Range::NotPositive => (number <= 0.0, "0 or less"),
            };
            if !inside {
                return Err(KernelError::invalid(format!("{} is {number}; it is {wanted}", guard.name)));
            }
        }
        // SAFETY: the same sizes, places and promises.
        unsafe { self.kernel.run(context, inputs, outputs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binary, Buffer, Layout, MapKernel, MapProgram, call};

    #[test]
    fn a_number_out_of_its_range_is_refused_before_anything_is_done() {
        let mut program = MapProgram::new();
        let (x, rate) = (program.input(ScalarType::F32), program.input(ScalarType::F32));
        let product = program.binary(Binary::Mul, x, rate);
        program.output(product, ScalarType::F32);
        let layouts = [Layout::contiguous(&[2]), Layout::broadcast(&[], &[2]).unwrap()];
        let kernel = MapKernel::new(program, &[2], &layouts).unwrap();
        let guard = Guard { input: 1, name: "lr", range: Range::Positive };
        let kernel = GuardedKernel::new(Box::new(kernel), ScalarType::F32, vec![guard]).unwrap();
        let x = Buffer::from_slice(&[1_f32, 2.0]);
        for (rate, wanted) in [
            (2.0, Ok([2.0, 4.0])),
            (0.0, Err("lr is 0; it is more than 0")),
            (f32::NAN, Err("lr is NaN; it is more than 0")),
        ] {
            let (rate, mut y) = (Buffer::from_slice(&[rate]), Buffer::zeroed(8));
            let done =
                call(&kernel, &Context { threads: 1 }, &[x.bytes(), rate.bytes()], &mut [y.bytes_mut()]);
            match wanted {
                Ok(wanted) => assert_eq!((done, y.slice::<f32>()), (Ok(()), &wanted[..])),
                Err(text) => assert_eq!(done.unwrap_err().text, text),
            }
        }
    }
}
