//! The product of matrices, with what is done to its elements before they leave the registers.
//!
//! `product[i, j] = Σₚ op(A)[i, p] · op(B)[p, j]`, for each matrix of a batch, where op may transpose. Then
//!
//! - the product is the output, or is added to it with a factor (`w −= lr · xᵀδ` is one such call), or
//! - an epilogue makes the outputs of each of its elements: `relu(product + bias)`.
//!
//! Every element is summed in the order of p, in one chain, whatever the shape, the batch and the number of threads are:
//! its bits depend on its row of A, its column of B, and whether the level has fused multiply-add. Nothing is skipped,
//! so 0 · NaN is NaN. Halves are summed in `f32` and rounded once; integers wrap.
//!
//! How it is cut up follows Goto and van de Geijn, *Anatomy of High-Performance Matrix Multiplication* (2008), with A read
//! where it lies: see `product.rs`; the innermost loop is in `tile.rs`.

mod element;
mod epilogue;
mod nested;
mod pack;
mod product;
mod small;
mod stream;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

use half::{bf16, f16};

use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::recording::{Call, Ending as RecordedEnding, Recorder};
use crate::simd::{Level, level};
use crate::threads::first_error;
use crate::{Context, In, Kernel, KernelError, MapProgram, Out, ScalarType};
use epilogue::{BiasRelu, Epilogue, bias_first, is_slope};
use product::{Operands, Product};
use small::Small;

pub(crate) use element::Element;
pub(crate) use nested::{NestedOperands, NestedProduct};
pub(crate) use pack::{Part as PackedPart, pack};
pub(crate) use tile::{Finish, Panel, Sum, Tile, TileFunction, panels_across};
pub(crate) use vector::{Number, Vector, VectorLoop, in_registers};

/// What a [`GemmKernel`] computes.
#[derive(Clone, Debug, PartialEq)]
pub struct GemmSpec {
    /// The type of A, B and the product: any but `Bool`.
    pub dtype: ScalarType,
    /// How many products.
    pub batch: usize,
    /// Rows of op(A) and of the product.
    pub m: usize,
    /// Columns of op(B) and of the product.
    pub n: usize,
    /// Columns of op(A), rows of op(B). Where it is 0 the product is 0.
    pub k: usize,
    /// Whether A is stored as `[k, m]`, and not as `[m, k]`; row-major without gaps.
    pub transpose_a: bool,
    /// Whether B is stored as `[n, k]`, and not as `[k, n]`; row-major without gaps.
    pub transpose_b: bool,
    /// Elements from one A of the batch to the next: at least m·k, or 0 to use one for all.
    pub batch_stride_a: usize,
    /// Elements from one B of the batch to the next: at least k·n, or 0 to use one for all.
    pub batch_stride_b: usize,
    /// Where the product goes.
    pub output: GemmOutput,
    /// What is made of the product's elements; only with [`GemmOutput::Write`].
    pub epilogue: Option<GemmEpilogue>,
}

/// Where a product goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GemmOutput {
    /// `out = op(A)·op(B)`.
    Write,
    /// `out = previous + alpha · op(A)·op(B)`, where `previous` is one more input.
    Accumulate {
        /// The factor, as the nearest number of the dtype in which products are summed.
        alpha: f64,
    },
    /// `out = previous − rate · op(A)·op(B)`, where `previous` and `rate`, one number, are two more inputs.
    AccumulateScaled,
}

/// A loop over the elements of a product, run while they are in the processor's cache.
#[derive(Clone, Debug, PartialEq)]
pub struct GemmEpilogue {
    /// Its input 0 is the product's element, stored as the dtype; the others are `extra`, in order. Its outputs are the
    /// kernel's.
    pub program: MapProgram,
    /// How the other inputs are laid out.
    pub extra: Vec<EpilogueInput>,
}

/// The layout of an input of an epilogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EpilogueInput {
    /// `[n]`: the same for every row, as a bias is.
    Row,
    /// `[batch, m, n]`.
    Full,
    /// One number.
    Scalar,
}

/// A product of matrices, prepared.
///
/// Its inputs are, in order: A, B, then
///
/// - for [`GemmOutput::Write`] the epilogue's `extra` inputs;
/// - for [`GemmOutput::Accumulate`] the previous content, `[batch, m, n]`, which may be the output's own memory (then
///   nothing is copied);
/// - for [`GemmOutput::AccumulateScaled`] the same, and the rate.
///
/// Its output is `[batch, m, n]`; with an epilogue there are as many as the program has.
///
/// ```
/// use tenseur_kernels::{Buffer, Context, GemmKernel, GemmOutput, GemmSpec, ScalarType::F32, call};
///
/// // [[1, 2], [3, 4]] · [[1], [10]]
/// let (a, b) = (Buffer::from_slice(&[1_f32, 2., 3., 4.]), Buffer::from_slice(&[1_f32, 10.]));
/// let kernel = GemmKernel::new(GemmSpec {
///     dtype: F32,
///     batch: 1,
///     m: 2,
///     n: 1,
///     k: 2,
///     transpose_a: false,
///     transpose_b: false,
///     batch_stride_a: 0,
///     batch_stride_b: 0,
///     output: GemmOutput::Write,
///     epilogue: None,
/// })?;
/// let mut product = Buffer::zeroed(8);
/// call(&kernel, &Context { threads: 1 }, &[a.bytes(), b.bytes()], &mut [product.bytes_mut()]).unwrap();
/// assert_eq!(product.slice::<f32>(), [21., 43.]);
/// # Ok::<(), String>(())
/// ```
pub struct GemmKernel {
    spec: GemmSpec,
    product: Product,
    small: Option<SmallProduct>,
    epilogue: Option<Epilogue>,
    ending: Ending,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
    level: Level,
}

/// A small product of one of the types that small networks are made of.
#[derive(Clone, Debug)]
enum SmallProduct {
    F32(Small<f32>),
    F64(Small<f64>),
}

/// What is done with sums, as far as it is known before the memory is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Store,
    /// The bias, if any, is input 2.
    BiasRelu(BiasRelu),
    /// Of a rectifier, which gave input 2.
    Slope,
    /// The epilogue's program runs over them, after the bias was added that is this one of the extra inputs.
    Program {
        bias: Option<usize>,
    },
    Accumulate(f64),
    AccumulateScaled,
}

impl GemmKernel {
    /// Prepares a product.
    ///
    /// # Errors
    /// When a size overflows, a batch stride is too short, the dtype has no products, or epilogue, output and dtype do
    /// not fit each other.
    pub fn new(spec: GemmSpec) -> Result<GemmKernel, String> {
        let GemmSpec { dtype, batch, m, n, k, .. } = spec;
        if dtype == ScalarType::Bool {
            return Err("there is no product of matrices of type Bool".to_owned());
        }
        let bytes = |shape: &[usize]| byte_count(element_count(shape)?, dtype.size());
        let operand = |name: &str, stride: usize, rows: usize, columns: usize| {
            let one = element_count(&[rows, columns])?;
            if stride != 0 && stride < one {
                return Err(format!(
                    "the batch stride of {name} is {stride}, less than the {rows} x {columns} elements of one matrix"
                ));
            }
            match batch {
                0 => Ok(0),
                _ => element_count(&[batch - 1, stride])?
                    .checked_add(one)
                    .ok_or_else(|| format!("{name} has more elements than memory can hold"))
                    .and_then(|elements| byte_count(elements, dtype.size())),
            }
        };
        let product_bytes = bytes(&[batch, m, n])?;
        let mut input_bytes =
            vec![operand("A", spec.batch_stride_a, m, k)?, operand("B", spec.batch_stride_b, k, n)?];
        let mut output_bytes = vec![product_bytes];
        let mut general = None;
        let ending = match (spec.output, &spec.epilogue) {
            (GemmOutput::Write, None) => Ending::Store,
            (GemmOutput::Write, Some(epilogue)) => {
                let GemmEpilogue { program, extra } = epilogue;
                if program.inputs().first() != Some(&dtype) || program.inputs().len() != extra.len() + 1 {
                    return Err(format!(
                        "the epilogue's program has inputs {:?}, and not {dtype:?} and {} others",
                        program.inputs(),
                        extra.len()
                    ));
                }
                for (input, stored) in extra.iter().zip(&program.inputs()[1..]) {
                    let elements = match input {
                        EpilogueInput::Row => n,
                        EpilogueInput::Full => element_count(&[batch, m, n])?,
                        EpilogueInput::Scalar => 1,
                    };
                    input_bytes.push(byte_count(elements, stored.size())?);
                }
                match BiasRelu::of(epilogue, dtype) {
                    Some(simple) => Ending::BiasRelu(simple),
                    None if is_slope(epilogue, dtype, product_bytes / dtype.size()) => Ending::Slope,
                    None => {
                        output_bytes.clear();
                        for (_, stored) in program.outputs() {
                            output_bytes.push(byte_count(element_count(&[batch, m, n])?, stored.size())?);
                        }
                        let first = bias_first(epilogue, dtype);
                        let rest = first.as_ref().map_or(epilogue, |(_, rest)| rest);
                        general = Some(Epilogue::new(rest)?);
                        Ending::Program { bias: first.as_ref().map(|&(number, _)| number) }
                    }
                }
            }
            (GemmOutput::Accumulate { alpha }, None) => {
                input_bytes.push(product_bytes);
                Ending::Accumulate(alpha)
            }
            (GemmOutput::AccumulateScaled, None) => {
                input_bytes.extend([product_bytes, dtype.size()]);
                Ending::AccumulateScaled
            }
            (_, Some(_)) => {
                return Err("a product that is added to its output cannot have an epilogue".to_owned());
            }
        };
        let (sizes, transpose, strides) = Self::arranged(&spec);
        let product = match product_bytes {
            0 => Product::new([0; 4], [false; 2], [0; 2]),
            _ => Product::new(sizes, transpose, strides),
        };
        let (small, epilogue) = (None, general);
        let kernel =
            GemmKernel { product, small, epilogue, ending, input_bytes, output_bytes, level: level(), spec };
        Ok(kernel.with_small_product())
    }

    /// The same product at another level of instructions: [`Level::Portable`] has the same bits on every machine. A
    /// level that the machine lacks becomes the next lower one that it has.
    pub fn at_level(self, level: Level) -> GemmKernel {
        GemmKernel { level: level.on_this_machine(), ..self }.with_small_product()
    }

    fn with_small_product(self) -> GemmKernel {
        let ([batch, m, n, k], transpose, _) = Self::arranged(&self.spec);
        let small = match self.spec.dtype {
            ScalarType::F32 if batch == 1 => {
                Small::new(self.level, [m, n, k], transpose).map(SmallProduct::F32)
            }
            ScalarType::F64 if batch == 1 => {
                Small::new(self.level, [m, n, k], transpose).map(SmallProduct::F64)
            }
            _ => None,
        };
        GemmKernel { small, ..self }
    }

    /// Whether the operands change places, so that a column of numbers times A becomes a row of numbers times A: then
    /// the loop goes along memory.
    fn swaps(spec: &GemmSpec) -> bool {
        spec.n == 1 && spec.transpose_a && spec.epilogue.is_none()
    }

    /// Sizes (batch, m, n, k), whether to transpose, and batch strides of the product that is computed.
    fn arranged(spec: &GemmSpec) -> ([usize; 4], [bool; 2], [usize; 2]) {
        let GemmSpec { batch, m, n, k, transpose_a, transpose_b, batch_stride_a, batch_stride_b, .. } = *spec;
        match Self::swaps(spec) {
            true => ([batch, 1, m, k], [false, false], [batch_stride_b, batch_stride_a]),
            // A row lies as a column does.
            false => {
                let transpose_b = transpose_b && k > 1 && n > 1;
                ([batch, m, n, k], [transpose_a, transpose_b], [batch_stride_a, batch_stride_b])
            }
        }
    }

    /// What a run is about.
    ///
    /// # Safety
    /// As for [`Kernel::run`]; and `E` has the size of the spec's dtype.
    unsafe fn operands<'a, E: Element>(
        &'a self,
        inputs: &'a [In<'a>],
        outputs: &mut [Out<'_>],
    ) -> Operands<'a, E> {
        let (a, b) = (inputs[0].pointer(), inputs[1].pointer());
        if let Some(epilogue) = &self.epilogue {
            let views = epilogue.views(&inputs[2..], outputs);
            let finish = match self.ending {
                Ending::Program { bias: Some(number) } => Finish::Bias(inputs[2 + number].pointer()),
                _ => Finish::Store,
            };
            let out = std::ptr::null_mut();
            return Operands { a, b, out, finish, epilogue: Some((epilogue, views)) };
        }
        let out = outputs[0].pointer();
        let (a, b) = if Self::swaps(&self.spec) { (b, a) } else { (a, b) };
        let previous = || {
            let previous = inputs[2].pointer::<E>();
            if !std::ptr::eq(previous, out) {
                // SAFETY: both have the size of the product; they are the same memory or apart.
                unsafe { previous.copy_to_nonoverlapping(out, inputs[2].len_of::<E>()) };
            }
        };
        let finish = match self.ending {
            Ending::Store
            | Ending::Program { .. }
            | Ending::BiasRelu(BiasRelu { bias: false, relu: false }) => Finish::Store,
            Ending::BiasRelu(BiasRelu { bias: false, relu: true }) => Finish::Relu,
            Ending::BiasRelu(BiasRelu { bias: true, relu: false }) => Finish::Bias(inputs[2].pointer()),
            Ending::BiasRelu(BiasRelu { bias: true, relu: true }) => Finish::BiasRelu(inputs[2].pointer()),
            Ending::Slope => Finish::Slope { of: inputs[2].pointer(), row: self.spec.n },
            Ending::Accumulate(alpha) => {
                previous();
                Finish::Accumulate(E::Sum::from_f64(alpha))
            }
            Ending::AccumulateScaled => {
                previous();
                // SAFETY: the input is one number.
                let rate = unsafe { *inputs[3].pointer::<E>() };
                Finish::Accumulate(rate.widen().mul(E::Sum::from_f64(-1.0)))
            }
        };
        Operands { a, b, out, finish, epilogue: None }
    }

    /// What becomes of sums in a recording, of a product that goes where its output is; and a copy of what it is added to.
    /// `None` for what is not written down.
    fn recorded_ending(&self, recorder: &mut Recorder) -> Option<RecordedEnding> {
        let bits = |factor: f64| match self.spec.dtype {
            ScalarType::F64 => factor.to_bits(),
            _ => u64::from((factor as f32).to_bits()),
        };
        if matches!(self.ending, Ending::Accumulate(_) | Ending::AccumulateScaled) {
            let (from, to) = (recorder.input(2), recorder.output(0));
            if from != to {
                let bytes = self.input_bytes[2] as u32;
                recorder.call(Call::Copy { from, to, bytes, times: 1 });
            }
        }
        let bias = |recorder: &Recorder| recorder.input(2);
        Some(match self.ending {
            Ending::Slope => return None,
            Ending::Program { bias: Some(number) } => RecordedEnding::Bias(recorder.input(2 + number)),
            Ending::Store | Ending::Program { bias: None } => RecordedEnding::Store,
            Ending::BiasRelu(BiasRelu { bias: false, relu: false }) => RecordedEnding::Store,
            Ending::BiasRelu(BiasRelu { bias: false, relu: true }) => RecordedEnding::Relu,
            Ending::BiasRelu(BiasRelu { bias: true, relu: false }) => RecordedEnding::Bias(bias(recorder)),
            Ending::BiasRelu(BiasRelu { bias: true, relu: true }) => RecordedEnding::BiasRelu(bias(recorder)),
            Ending::Accumulate(alpha) => RecordedEnding::Accumulate(bits(alpha)),
            Ending::AccumulateScaled => RecordedEnding::Descend(recorder.input(3)),
        })
    }

    /// # Safety
    /// As for [`Kernel::run`]; `E` has the size of the spec's dtype, and its sums are what the dtype is summed in.
    unsafe fn run_as<E: Element>(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        let (product, level) = (&self.product, self.level);
        // SAFETY: the views have the sizes that the product was made for, and each piece is computed once.
        unsafe {
            let operands = self.operands::<E>(inputs, outputs);
            match product.pieces() {
                0 => Ok(()),
                1 => product.block(level, &operands, 0, 0, 0),
                pieces => first_error(product.threads(context.threads), pieces, &|index| {
                    product.piece(level, &operands, index)
                }),
            }
        }
    }
}

impl std::fmt::Debug for GemmKernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let GemmSpec { dtype, batch, m, n, k, .. } = self.spec;
        write!(f, "Gemm({dtype:?}, {batch} x [{m}, {k}]·[{k}, {n}], {:?})", self.ending)
    }
}

impl Sealed for GemmKernel {}

impl Kernel for GemmKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        (input, output) == (2, 0) && matches!(self.ending, Ending::Accumulate(_) | Ending::AccumulateScaled)
    }

    fn operations(&self) -> u64 {
        let GemmSpec { batch, m, n, k, .. } = self.spec;
        2 * (batch * m * n) as u64 * k as u64
    }

    fn record(&self, recorder: &mut Recorder) -> Option<()> {
        match self.small.as_ref()? {
            SmallProduct::F32(small) => small.record(self, recorder, Call::TileF32),
            SmallProduct::F64(small) => small.record(self, recorder, Call::TileF64),
        }
    }

    unsafe fn run(
        &self,
        context: &Context,
        inputs: &[In<'_>],
        outputs: &mut [Out<'_>],
    ) -> Result<(), KernelError> {
        // SAFETY: the caller's promise; unsigned integers have the bits of signed ones, of which sums wrap.
        unsafe {
            match &self.small {
                Some(SmallProduct::F32(small)) => return small.run(&self.operands::<f32>(inputs, outputs)),
                Some(SmallProduct::F64(small)) => return small.run(&self.operands::<f64>(inputs, outputs)),
                None => {}
            }
            match self.spec.dtype {
                ScalarType::F32 => self.run_as::<f32>(context, inputs, outputs),
                ScalarType::F64 => self.run_as::<f64>(context, inputs, outputs),
                ScalarType::F16 => self.run_as::<f16>(context, inputs, outputs),
                ScalarType::BF16 => self.run_as::<bf16>(context, inputs, outputs),
                ScalarType::I8 | ScalarType::U8 | ScalarType::Bool => {
                    self.run_as::<i8>(context, inputs, outputs)
                }
                ScalarType::I16 | ScalarType::U16 => self.run_as::<i16>(context, inputs, outputs),
                ScalarType::I32 | ScalarType::U32 => self.run_as::<i32>(context, inputs, outputs),
                ScalarType::I64 | ScalarType::U64 => self.run_as::<i64>(context, inputs, outputs),
            }
        }
    }
}
