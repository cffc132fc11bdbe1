//! What every kernel answers.

use std::fmt::Debug;

use crate::denormals::FlushDenormals;
use crate::recording::Recorder;
use crate::{Code, In, Out};

/// Why a kernel could not finish: a user's mistake that only the numbers show (an index out of range, a division by
/// zero).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelError {
    /// The kind.
    pub code: Code,
    /// What is wrong and where, with the offending number.
    pub text: String,
}

impl KernelError {
    /// An InvalidArgument error.
    pub fn invalid(text: impl Into<String>) -> KernelError {
        KernelError { code: Code::InvalidArgument, text: text.into() }
    }
}

/// What a kernel may use besides its views.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// At most this many threads. The numbers do not depend on it: work is split by shape.
    pub threads: usize,
}

pub(crate) mod sealed {
    /// Keeps [`Kernel`](super::Kernel) to this crate, because `in_place` is a promise that `unsafe` relies on.
    pub trait Sealed {}
}

/// A loop prepared for concrete shapes and dtypes.
///
/// Implemented in this crate only; [`Call`] makes one of a safe closure.
pub trait Kernel: sealed::Sealed + Debug + Send + Sync {
    /// Bytes that each input must have.
    fn input_bytes(&self) -> &[usize];

    /// Bytes that each output must have.
    fn output_bytes(&self) -> &[usize];

    /// Whether `output` may be the very memory of `input`: the kernel reads each of its numbers before it writes the
    /// number at that place, and makes no slice of either.
    fn in_place(&self, input: usize, output: usize) -> bool;

    /// Operations on numbers that a run takes, a multiply-add being two: 0 for kernels that do little but move numbers.
    fn operations(&self) -> u64 {
        0
    }

    /// Does the work. `inputs` and `outputs` have the sizes promised above and the alignment of their numbers.
    ///
    /// # Safety
    /// The sizes are those of `input_bytes` and `output_bytes`, the pointers are aligned for the scalar types the
    /// kernel was made for, and an output shares memory with an input only where `in_place` allows it, from the same
    /// first byte.
    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError>;

    /// Writes down the calls of loops that [`run`](Kernel::run) makes, where those are few: see `recording.rs`. `None` where
    /// they are not, whatever was written.
    #[doc(hidden)]
    fn record(&self, _: &mut Recorder) -> Option<()> {
        None
    }
}

type Closure = dyn Fn(&[&[u8]], &mut [&mut [u8]]) -> Result<(), KernelError> + Send + Sync;

/// A kernel that is a safe closure over the bytes of its inputs and outputs (`bytemuck::cast_slice` makes numbers of
/// them). For work where the loop is not what costs.
pub struct Call {
    name: &'static str,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
    closure: Box<Closure>,
}

impl Call {
    /// A kernel called `name` in traces, of inputs and outputs of these sizes.
    pub fn new(
        name: &'static str,
        input_bytes: Vec<usize>,
        output_bytes: Vec<usize>,
        closure: impl Fn(&[&[u8]], &mut [&mut [u8]]) -> Result<(), KernelError> + Send + Sync + 'static,
    ) -> Call {
        Call { name, input_bytes, output_bytes, closure: Box::new(closure) }
    }
}

impl Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl sealed::Sealed for Call {}

impl Kernel for Call {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        false
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        // SAFETY: `in_place` is false throughout, so no output shares memory with an input.
        let inputs: Vec<&[u8]> = inputs.iter().map(|i| unsafe { i.slice::<u8>() }).collect();
        // SAFETY: as above; and each output is its own memory.
        let mut outputs: Vec<&mut [u8]> = outputs.iter_mut().map(|o| unsafe { o.slice::<u8>() }).collect();
        (self.closure)(&inputs, &mut outputs)
    }
}

/// Runs one kernel on memory of the caller's: the safe way in, for one call. A [`Program`](crate::Program) is the way
/// in for many.
///
/// # Errors
/// When a view has another size than the kernel asks for, or an alignment below eight bytes; and what the kernel says.
pub fn call(
    kernel: &dyn Kernel,
    context: &Context,
    inputs: &[&[u8]],
    outputs: &mut [&mut [u8]],
) -> Result<(), KernelError> {
    let fits = |want: &[usize], got: &[usize], what: &str| match want == got {
        true => Ok(()),
        false => {
            Err(KernelError::invalid(format!("{kernel:?} wants {what} of {want:?} bytes and got {got:?}")))
        }
    };
    fits(kernel.input_bytes(), &inputs.iter().map(|i| i.len()).collect::<Vec<_>>(), "inputs")?;
    fits(kernel.output_bytes(), &outputs.iter().map(|o| o.len()).collect::<Vec<_>>(), "outputs")?;
    let aligned = |bytes: &[u8]| bytes.is_empty() || (bytes.as_ptr() as usize).is_multiple_of(8);
    if !inputs.iter().all(|i| aligned(i)) || !outputs.iter().all(|o| aligned(o)) {
        return Err(KernelError::invalid(format!(
            "{kernel:?} was given memory that is not aligned to 8 bytes"
        )));
    }
    let _flush = FlushDenormals::begin();
    let views: Vec<In<'_>> = inputs.iter().map(|i| In::new(i)).collect();
    let mut written: Vec<Out<'_>> = outputs.iter_mut().map(|o| Out::new(o)).collect();
    // SAFETY: sizes and alignment were checked; the borrows keep every output apart from everything else.
    let outcome = unsafe { kernel.run(context, &views, &mut written) };
    #[cfg(test)]
    crate::recording::tests::check_calls(kernel, inputs, &outcome, outputs);
    outcome
}
