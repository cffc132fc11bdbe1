//! Random ops as kernels.

use std::fmt::Debug;

use half::{bf16, f16};

use super::multinomial::{Class, Logit, multinomial};
use super::rejection::{gamma, poisson};
use super::shuffle::shuffle_by;
use super::*;
use crate::kernel::sealed::Sealed;
use crate::layout::byte_count;
use crate::threads::with_scratch;
use crate::{Context, In, Kernel, KernelError, Out, ScalarType};

/// The distributions of real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// [`fill_uniform`].
    Uniform,
    /// [`fill_normal`].
    Normal,
    /// [`fill_truncated_normal`].
    TruncatedNormal,
}

/// One execution of a random op, as a step of a program.
///
/// Output 0 is what is drawn. How far the op has come in its stream is kept by whoever runs the program: that is input
/// 0 and, moved on, output 1 (which may be the same place), the 16 bytes of a [`Philox::position`], at first zero.
///
/// `seeds` are the op's attributes `seed` and `seed2`; the pair (0, 0), which asks for any, is for the caller to
/// replace.
pub struct RandomKernel {
    draw: Draw,
    seeds: (i64, i64),
    input_bytes: Vec<usize>,
    output_bytes: [usize; 2],
}

#[derive(Debug)]
enum Draw {
    Real { distribution: Distribution, dtype: ScalarType },
    Integer { dtype: ScalarType },
    Shuffle { rows: usize, row_bytes: usize },
    Multinomial { classes: usize, samples: usize, logits: ScalarType, class: ScalarType },
    Rejection { distribution: Rejection, parameters: usize, of: ScalarType, dtype: ScalarType },
}

/// The distributions whose numbers are drawn until one is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// Gamma, by its shape; the scale is 1.
    Gamma,
    /// Poisson, by its rate.
    Poisson,
}

/// Bytes of a position.
const POSITION: usize = size_of::<[u64; 2]>();

impl RandomKernel {
    /// Draws `count` numbers of type `dtype`.
    ///
    /// # Errors
    /// When the type is not a float, or memory cannot hold so many.
    pub fn real(
        distribution: Distribution,
        dtype: ScalarType,
        count: usize,
        seeds: (i64, i64),
    ) -> Result<RandomKernel, String> {
        if !dtype.is_float() {
            return Err(format!("random real numbers are F16, BF16, F32 or F64, not {dtype:?}"));
        }
        let bytes = byte_count(count, dtype.size())?;
        Ok(Self::new(Draw::Real { distribution, dtype }, seeds, &[], bytes))
    }

    /// Draws `count` integers of type `dtype`: [`fill_uniform_integer`]. Inputs 1 and 2 are one number each, the
    /// lowest and one past the highest.
    ///
    /// # Errors
    /// When the type is not I32 or I64, or memory cannot hold so many.
    pub fn uniform_integer(
        dtype: ScalarType,
        count: usize,
        seeds: (i64, i64),
    ) -> Result<RandomKernel, String> {
        if !matches!(dtype, ScalarType::I32 | ScalarType::I64) {
            return Err(format!("random integers are I32 or I64, not {dtype:?}"));
        }
        let bytes = byte_count(count, dtype.size())?;
        Ok(Self::new(Draw::Integer { dtype }, seeds, &[dtype.size(), dtype.size()], bytes))
    }

    /// Shuffles input 1, which has `rows` rows of `row_bytes` bytes each: [`shuffle()`]. Output 0 may be in its place.
    ///
    /// # Errors
    /// When memory cannot hold so many.
    pub fn shuffle(rows: usize, row_bytes: usize, seeds: (i64, i64)) -> Result<RandomKernel, String> {
        let bytes = byte_count(rows, row_bytes)?;
        Ok(Self::new(Draw::Shuffle { rows, row_bytes }, seeds, &[bytes], bytes))
    }

    /// Draws classes `[rows, samples]` of type `class` with probabilities `softmax(input 1)`, where input 1 is
    /// `[rows, classes]` of type `logits`: TensorFlow's `Multinomial`.
    ///
    /// A class whose logit is infinite or NaN is never drawn; in a row of such classes only, the class drawn is
    /// `classes`, one past the last. Where TensorFlow splits the rows among threads, its draws depend on their number;
    /// these are those of one thread.
    ///
    /// # Errors
    /// When the types are not a float and I32 or I64, there is no class, there are more classes than `class` can
    /// number, or memory cannot hold so many.
    pub fn multinomial(
        [rows, classes, samples]: [usize; 3],
        logits: ScalarType,
        class: ScalarType,
        seeds: (i64, i64),
    ) -> Result<RandomKernel, String> {
        if !logits.is_float() || !matches!(class, ScalarType::I32 | ScalarType::I64) {
            return Err(format!(
                "logits are F16, BF16, F32 or F64 and classes I32 or I64, not {logits:?} and {class:?}"
            ));
        }
        if classes == 0 || classes > i32::MAX as usize {
            return Err(format!("the number of classes must be from 1 to {}, not {classes}", i32::MAX));
        }
        byte_count(classes, size_of::<f64>())?;
        let too_many = |what: &str| format!("{rows} rows of {what} are more than memory can hold");
        let values = rows.checked_mul(classes).ok_or_else(|| too_many("logits"))?;
        let drawn = rows.checked_mul(samples).ok_or_else(|| too_many("samples"))?;
        let inputs = byte_count(values, logits.size())?;
        let outputs = byte_count(drawn, class.size())?;
        Ok(Self::new(Draw::Multinomial { classes, samples, logits, class }, seeds, &[inputs], outputs))
    }

    /// Draws `samples` numbers of type `dtype` for each of `parameters` parameters of type `of`, which are input 1: `[samples,
    /// parameters]`, TensorFlow's `RandomGamma` and `RandomPoissonV2` to rounding.
    ///
    /// # Errors
    /// When a type is not I32, I64 or a float of 16, 32 or 64 bits, or memory cannot hold so many.
    pub fn rejection(
        distribution: Rejection,
        samples: usize,
        parameters: usize,
        of: ScalarType,
        dtype: ScalarType,
        seeds: (i64, i64),
    ) -> Result<RandomKernel, String> {
        use ScalarType::{F16, F32, F64, I32, I64};
        if ![of, dtype].iter().all(|dtype| matches!(dtype, F16 | F32 | F64 | I32 | I64)) {
            return Err(format!("such numbers are F16, F32, F64, I32 or I64, not {dtype:?} of {of:?}"));
        }
        let count = samples.checked_mul(parameters);
        let count = count
            .ok_or_else(|| format!("{samples} samples of {parameters} are more than memory can hold"))?;
        let input = byte_count(parameters, of.size())?;
        let output = byte_count(count, dtype.size())?;
        Ok(Self::new(Draw::Rejection { distribution, parameters, of, dtype }, seeds, &[input], output))
    }

    fn new(draw: Draw, seeds: (i64, i64), inputs: &[usize], output: usize) -> RandomKernel {
        let input_bytes = [&[POSITION], inputs].concat();
        RandomKernel { draw, seeds, input_bytes, output_bytes: [output, POSITION] }
    }
}

impl Debug for RandomKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Random {:?}", self.draw)
    }
}

impl Sealed for RandomKernel {}

impl Kernel for RandomKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        let shuffles = matches!(self.draw, Draw::Shuffle { .. });
        (input, output) == (0, 1) || (shuffles && (input, output) == (1, 0))
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let [out, position] = outputs else {
            return Err(KernelError::invalid(format!("{self:?} has 2 outputs, not {}", outputs.len())));
        };
        // SAFETY: input 0 is a position. Nothing has been written yet, so it does not matter where output 1 is.
        let start = unsafe { inputs[0].pointer::<[u64; 2]>().read() };
        let mut stream = Philox::at(self.seeds.0, self.seeds.1, start);
        match self.draw {
            // SAFETY: the caller promises a place for numbers of this type, and output 0 is nobody's place.
            Draw::Real { distribution, dtype } => unsafe {
                real(distribution, dtype, context.threads, &mut stream, out);
            },
            // SAFETY: as above; and inputs 1 and 2 are one number of this type each.
            Draw::Integer { dtype } => unsafe {
                match dtype {
                    ScalarType::I32 => integers::<i32>(context.threads, &mut stream, inputs, out),
                    _ => integers::<i64>(context.threads, &mut stream, inputs, out),
                }?;
            },
            // SAFETY: input 1 and output 0 both have `rows · row_bytes` bytes.
            Draw::Shuffle { rows, row_bytes } => unsafe {
                rows_in_random_order(&mut stream, &inputs[1], out, rows, row_bytes);
            },
            Draw::Multinomial { classes, samples, logits, class } => {
                // SAFETY: input 1 and output 0 have the sizes that go with these numbers, and no place in common.
                unsafe { classes_at_random(stream, &inputs[1], out, classes, samples, logits, class) };
                let rows = inputs[1].len_of::<u8>() / (classes * logits.size());
                let words = rows.wrapping_mul(samples.next_multiple_of(4)).wrapping_mul(2);
                stream.skip((words as u64).wrapping_mul(BLOCKS_PER_NUMBER));
            }
            Draw::Rejection { distribution, parameters, of, dtype } => {
                // SAFETY: input 1 is `parameters` numbers of type `of`, output 0 a multiple of that of type `dtype`.
                unsafe { accepted(stream, distribution, parameters, &inputs[1], of, out, dtype) };
                let count = out.len_of::<u8>() / dtype.size();
                stream.skip((count as u64).wrapping_mul(BLOCKS_PER_NUMBER));
            }
        }
        // SAFETY: output 1 is a position.
        unsafe { position.pointer::<[u64; 2]>().write(stream.position()) };
        Ok(())
    }
}

/// # Safety
/// `out` is numbers of type `dtype`, in a place that no input shares.
unsafe fn real(
    distribution: Distribution,
    dtype: ScalarType,
    threads: usize,
    stream: &mut Philox,
    out: &mut Out<'_>,
) {
    fn fill<T: RandomFloat>(distribution: Distribution, threads: usize, stream: &mut Philox, out: &mut [T]) {
        match distribution {
            Distribution::Uniform => fill_uniform(threads, stream, out),
            Distribution::Normal => fill_normal(threads, stream, out),
            Distribution::TruncatedNormal => fill_truncated_normal(threads, stream, out),
        }
    }
    // SAFETY: promised by the caller.
    unsafe {
        match dtype {
            ScalarType::F16 => fill::<f16>(distribution, threads, stream, out.slice()),
            ScalarType::BF16 => fill::<bf16>(distribution, threads, stream, out.slice()),
            ScalarType::F32 => fill::<f32>(distribution, threads, stream, out.slice()),
            _ => fill::<f64>(distribution, threads, stream, out.slice()),
        }
    }
}

/// # Safety
/// `inputs[1]`, `inputs[2]` and `out` are numbers of type `T`, one, one and any; the last in a place of its own.
unsafe fn integers<T: RandomInteger>(
    threads: usize,
    stream: &mut Philox,
    inputs: &[In<'_>],
    out: &mut Out<'_>,
) -> Result<(), KernelError> {
    // SAFETY: promised by the caller.
    let (low, high, out) = unsafe { (inputs[1].slice::<T>()[0], inputs[2].slice::<T>()[0], out.slice()) };
    fill_uniform_integer(threads, stream, low, high, out).map_err(KernelError::invalid)
}

/// # Safety
/// `input` and `out` have `rows · row_bytes` bytes. They may be the same place.
unsafe fn rows_in_random_order(
    stream: &mut Philox,
    input: &In<'_>,
    out: &mut Out<'_>,
    rows: usize,
    row_bytes: usize,
) {
    let out = out.pointer::<u8>();
    // SAFETY: promised by the caller; `copy` allows the same place.
    unsafe { input.pointer::<u8>().copy_to(out, rows * row_bytes) };
    if row_bytes > 0 {
        shuffle_by(stream, rows, |i, j| {
            if i != j {
                // SAFETY: two different rows of `out`.
                unsafe {
                    std::ptr::swap_nonoverlapping(out.add(i * row_bytes), out.add(j * row_bytes), row_bytes);
                }
            }
        });
    }
}

/// # Safety
/// `input` is `[rows, classes]` numbers of type `logits` and `out` is `[rows, samples]` numbers of type `class`, in
/// places of their own.
unsafe fn classes_at_random(
    stream: Philox,
    input: &In<'_>,
    out: &mut Out<'_>,
    classes: usize,
    samples: usize,
    logits: ScalarType,
    class: ScalarType,
) {
    fn draw<L: Logit, C: Class>(
        stream: Philox,
        logits: &[L],
        classes: usize,
        samples: usize,
        drawn: &mut [C],
    ) {
        let bytes = classes * size_of::<f64>();
        with_scratch(bytes, |scratch| {
            let cumulative = bytemuck::cast_slice_mut(&mut scratch[..bytes]);
            multinomial(stream, logits, cumulative, samples, drawn);
        });
    }
    unsafe fn of<L: Logit>(
        stream: Philox,
        input: &In<'_>,
        out: &mut Out<'_>,
        classes: usize,
        samples: usize,
        class: ScalarType,
    ) {
        // SAFETY: promised by the caller.
        unsafe {
            match class {
                ScalarType::I32 => draw::<L, i32>(stream, input.slice(), classes, samples, out.slice()),
                _ => draw::<L, i64>(stream, input.slice(), classes, samples, out.slice()),
            }
        }
    }
    // SAFETY: promised by the caller.
    unsafe {
        match logits {
            ScalarType::F16 => of::<f16>(stream, input, out, classes, samples, class),
            ScalarType::BF16 => of::<bf16>(stream, input, out, classes, samples, class),
            ScalarType::F32 => of::<f32>(stream, input, out, classes, samples, class),
            _ => of::<f64>(stream, input, out, classes, samples, class),
        }
    }
}

/// # Safety
/// `input` is `parameters` numbers of type `of`, and `out` any number of times as many of type `dtype`, in a place of its own.
unsafe fn accepted(
    stream: Philox,
    distribution: Rejection,
    parameters: usize,
    input: &In<'_>,
    of: ScalarType,
    out: &mut Out<'_>,
    dtype: ScalarType,
) {
    if parameters == 0 {
        return;
    }
    // SAFETY: promised by the caller.
    let parameter = |place: usize| unsafe {
        match of {
            ScalarType::F16 => input.slice::<f16>()[place].to_f64(),
            ScalarType::F32 => f64::from(input.slice::<f32>()[place]),
            ScalarType::F64 => input.slice::<f64>()[place],
            ScalarType::I32 => f64::from(input.slice::<i32>()[place]),
            _ => input.slice::<i64>()[place] as f64,
        }
    };
    let draw = |count: usize, place: usize, largest: f64| {
        let (sample, which) = (place / parameters, place % parameters);
        // All numbers of one parameter come before those of the next.
        let number = (which * (count / parameters) + sample) as u64;
        let stream = stream.skipped(number.wrapping_mul(BLOCKS_PER_NUMBER));
        match distribution {
            Rejection::Gamma => gamma(stream, parameter(which)),
            Rejection::Poisson => poisson(stream, parameter(which), largest),
        }
    };
    fn fill<T>(out: &mut [T], draw: impl Fn(usize, usize) -> T) {
        let count = out.len();
        out.iter_mut().enumerate().for_each(|(place, number)| *number = draw(count, place));
    }
    // SAFETY: promised by the caller.
    unsafe {
        match dtype {
            ScalarType::F16 => fill(out.slice(), |n, i| f16::from_f32(draw(n, i, f16::MAX.to_f64()) as f32)),
            ScalarType::F32 => fill(out.slice(), |n, i| draw(n, i, f64::from(f32::MAX)) as f32),
            ScalarType::F64 => fill(out.slice(), |n, i| draw(n, i, f64::MAX)),
            ScalarType::I32 => fill(out.slice(), |n, i| draw(n, i, f64::from(i32::MAX)) as i32),
            _ => fill(out.slice(), |n, i| draw(n, i, i64::MAX as f64) as i64),
        }
    }
}
