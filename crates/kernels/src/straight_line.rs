//! Arithmetic on single numbers, one operation after the other: what maps over one element would do, without what it takes to
//! start a loop for each. Ten thousand sums and products of scalars are one kernel.
//!
//! The loop: for each operation, two numbers are fetched from scratch memory by their places, and the result goes to the next
//! place. Every operation is what the block loops do to one element, to the bit. (The greater of two numbers is not among them:
//! whether it keeps a denormal number depends on the instruction.)

use std::fmt;

use crate::kernel::sealed::Sealed;
use crate::threads::with_scratch;
use crate::{
    Binary, ComputeType, Context, In, Instruction, Kernel, KernelError, MapProgram, Out, Scalar, ScalarType,
    Unary,
};

/// A number of a [`StraightLine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The input with this number.
    Input(u32),
    /// A number that is known.
    Constant(u32),
    /// What the operation with this number gives.
    Result(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    /// Of these the second operand is not looked at.
    Neg,
    Abs,
}

/// What is done to single numbers of type `F32` or `F64`: made of the programs of maps over one element.
///
/// ```
/// use tenseur_kernels::{Binary, Context, MapProgram, ScalarType::F32, StraightLine, StraightLineKernel, call};
///
/// // (x · y) · y
/// let mut product = MapProgram::new();
/// let (x, y) = (product.input(F32), product.input(F32));
/// let result = product.binary(Binary::Mul, x, y);
/// product.output(result, F32);
///
/// let mut line = StraightLine::new(F32);
/// let (x, y) = (line.input(), line.input());
/// let once = line.append(&product, &[x, y]).unwrap();
/// let twice = line.append(&product, &[once[0], y]).unwrap();
/// line.output(twice[0]);
/// let (inputs, mut output) = ([2_f32, 3.0].map(f32::to_ne_bytes), tenseur_kernels::Buffer::zeroed(4));
/// let inputs = inputs.map(|bytes| tenseur_kernels::Buffer::from_slice(&bytes));
/// let views = [inputs[0].bytes(), inputs[1].bytes()];
/// call(&StraightLineKernel::new(line), &Context { threads: 1 }, &views, &mut [output.bytes_mut()]).unwrap();
/// assert_eq!(output.slice::<f32>(), [18.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StraightLine {
    dtype: ScalarType,
    inputs: u32,
    constants: Vec<u64>,
    code: Vec<(Operation, Number, Number)>,
    outputs: Vec<Number>,
}

impl StraightLine {
    /// One that does nothing yet, of numbers of this type.
    ///
    /// # Panics
    /// When it is neither `F32` nor `F64`.
    pub fn new(dtype: ScalarType) -> StraightLine {
        assert!(matches!(dtype, ScalarType::F32 | ScalarType::F64), "{dtype:?} is not a type for it");
        StraightLine { dtype, inputs: 0, constants: Vec::new(), code: Vec::new(), outputs: Vec::new() }
    }

    /// Whether a program can be a part of one: all of its numbers are of the type, and each operation is one of the few.
    pub fn takes(program: &MapProgram, dtype: ScalarType) -> bool {
        let float = matches!(dtype, ScalarType::F32 | ScalarType::F64);
        let known = |instruction: &Instruction| match *instruction {
            Instruction::Input(_) => true,
            Instruction::Constant(ty, _) => ty == dtype.compute(),
            instruction => operation(instruction).is_some(),
        };
        float
            && program.inputs().iter().all(|&stored| stored == dtype)
            && program.outputs().iter().all(|&(_, stored)| stored == dtype)
            && program.instructions().iter().all(known)
    }

    /// The next input.
    pub fn input(&mut self) -> Number {
        self.inputs += 1;
        Number::Input(self.inputs - 1)
    }

    /// Does what `program` does to `arguments`, and returns its outputs; `None` where it does not [take](Self::takes) it, or
    /// the arguments are not as many as the program's inputs.
    pub fn append(&mut self, program: &MapProgram, arguments: &[Number]) -> Option<Vec<Number>> {
        if !StraightLine::takes(program, self.dtype) || arguments.len() != program.inputs().len() {
            return None;
        }
        let mut values: Vec<Number> = Vec::with_capacity(program.instructions().len());
        for &instruction in program.instructions() {
            values.push(match instruction {
                Instruction::Input(number) => arguments[usize::from(number)],
                Instruction::Constant(_, bits) => {
                    self.constants.push(bits);
                    Number::Constant(u32::try_from(self.constants.len() - 1).ok()?)
                }
                instruction => {
                    let (operation, x, y) = operation(instruction)?;
                    self.code.push((operation, values[x], values[y]));
                    Number::Result(u32::try_from(self.code.len() - 1).ok()?)
                }
            });
        }
        Some(program.outputs().iter().map(|(value, _)| values[value.index()]).collect())
    }

    /// The next output.
    pub fn output(&mut self, number: Number) {
        self.outputs.push(number);
    }
}

/// The operation of an instruction, and the instructions whose results it takes.
fn operation(instruction: Instruction) -> Option<(Operation, usize, usize)> {
    Some(match instruction {
        Instruction::Unary(op, x) => {
            let operation = match op {
                Unary::Neg => Operation::Neg,
                Unary::Abs => Operation::Abs,
                _ => return None,
            };
            (operation, x.index(), x.index())
        }
        Instruction::Binary(op, x, y) => {
            let operation = match op {
                Binary::Add => Operation::Add,
                Binary::Sub => Operation::Sub,
                Binary::Mul => Operation::Mul,
                Binary::Div => Operation::Div,
                _ => return None,
            };
            (operation, x.index(), y.index())
        }
        _ => return None,
    })
}

/// A [`StraightLine`], prepared: each input and each output is one number.
pub struct StraightLineKernel {
    dtype: ScalarType,
    constants: Vec<u64>,
    /// Operations on places: first those of constants, then of inputs, then of results.
    code: Vec<(Operation, u32, u32)>,
    outputs: Vec<u32>,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

impl StraightLineKernel {
    /// Prepares it.
    pub fn new(line: StraightLine) -> StraightLineKernel {
        let StraightLine { dtype, inputs, constants, code, outputs } = line;
        let known = constants.len() as u32;
        let place = |number: Number| match number {
            Number::Constant(constant) => constant,
            Number::Input(input) => known + input,
            Number::Result(result) => known + inputs + result,
        };
        StraightLineKernel {
            dtype,
            constants,
            code: code.into_iter().map(|(operation, x, y)| (operation, place(x), place(y))).collect(),
            outputs: outputs.iter().map(|&number| place(number)).collect(),
            input_bytes: vec![dtype.size(); inputs as usize],
            output_bytes: vec![dtype.size(); outputs.len()],
        }
    }

    /// # Safety
    /// As for [`Kernel::run`]; `T` is the type that the line was made for.
    unsafe fn run_as<T: Real>(&self, inputs: &[In<'_>], outputs: &mut [Out<'_>]) {
        let count = self.constants.len() + inputs.len() + self.code.len();
        with_scratch(count * size_of::<T>(), |scratch| {
            let numbers: &mut [T] = &mut bytemuck::cast_slice_mut(scratch)[..count];
            let (known, rest) = numbers.split_at_mut(self.constants.len());
            known.iter_mut().zip(&self.constants).for_each(|(number, &bits)| *number = T::of_bits(bits));
            for (number, input) in rest.iter_mut().zip(inputs) {
                // SAFETY: each input is one number, and no output has been written.
                *number = unsafe { *input.pointer::<T>() };
            }
            let first = self.constants.len() + inputs.len();
            for (result, &(operation, x, y)) in (first..).zip(&self.code) {
                let (x, y) = (numbers[x as usize], numbers[y as usize]);
                numbers[result] = match operation {
                    Operation::Add => x + y,
                    Operation::Sub => x - y,
                    Operation::Mul => x * y,
                    Operation::Div => x / y,
                    Operation::Neg => -x,
                    Operation::Abs => x.abs(),
                };
            }
            for (output, &place) in outputs.iter_mut().zip(&self.outputs) {
                // SAFETY: each output is one number, and all inputs have been read.
                unsafe { output.pointer::<T>().write(numbers[place as usize]) };
            }
        });
    }
}

/// Numbers of a straight line.
trait Real:
    Scalar
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
{
    fn of_bits(bits: u64) -> Self;
    fn abs(self) -> Self;
}

macro_rules! real {
    ($type:ident, $bits:ident) => {
        impl Real for $type {
            #[inline(always)]
            fn of_bits(bits: u64) -> $type {
                $type::from_bits(bits as $bits)
            }
            #[inline(always)]
            fn abs(self) -> $type {
                $type::abs(self)
            }
        }
    };
}
real!(f32, u32);
real!(f64, u64);

impl fmt::Debug for StraightLineKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StraightLine({:?}, {} operations)", self.dtype, self.code.len())
    }
}

impl Sealed for StraightLineKernel {}

impl Kernel for StraightLineKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, _: usize, _: usize) -> bool {
        true
    }

    fn operations(&self) -> u64 {
        self.code.len() as u64
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        // SAFETY: the caller's promise.
        unsafe {
            match self.dtype.compute() {
                ComputeType::F64 => self.run_as::<f64>(inputs, outputs),
                _ => self.run_as::<f32>(inputs, outputs),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, Layout, MapKernel, call};

    const NUMBERS: [f64; 10] =
        [0.0, -0.0, 1.0, -2.5, 3.1e-39, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30, -7e-20];

    fn run(kernel: &dyn Kernel, inputs: &[Buffer], outputs: usize, size: usize) -> Vec<Vec<u8>> {
        let mut results: Vec<Buffer> = (0..outputs).map(|_| Buffer::zeroed(size)).collect();
        let views: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
        let mut places: Vec<&mut [u8]> = results.iter_mut().map(|result| result.bytes_mut()).collect();
        call(kernel, &Context { threads: 1 }, &views, &mut places).unwrap();
        results.iter().map(|result| result.bytes().to_vec()).collect()
    }

    fn check<T: Scalar + PartialOrd>(steps: &[(usize, usize, usize)], make: fn(f64) -> T) {
        let dtype = T::TYPE;
        let mut program = MapProgram::new();
        let mut values: Vec<_> = (0..3).map(|_| program.input(dtype)).collect();
        values.push(program.constant(dtype, crate::Constant::Float(1.5)));
        for &(op, x, y) in steps {
            let (x, y) = (values[x % values.len()], values[y % values.len()]);
            values.push(match op {
                0 => program.binary(Binary::Add, x, y),
                1 => program.binary(Binary::Sub, x, y),
                2 => program.binary(Binary::Mul, x, y),
                3 => program.binary(Binary::Div, x, y),
                4 => program.unary(Unary::Neg, x),
                _ => program.unary(Unary::Abs, x),
            });
        }
        values[4..].iter().take(4).for_each(|&value| program.output(value, dtype));
        let outputs = program.outputs().len();
        let mut line = StraightLine::new(dtype);
        let inputs: Vec<Number> = (0..3).map(|_| line.input()).collect();
        line.append(&program, &inputs).unwrap().into_iter().for_each(|number| line.output(number));
        let line = StraightLineKernel::new(line);
        let map = MapKernel::new(
            program,
            &[],
            &[Layout::contiguous(&[]), Layout::contiguous(&[]), Layout::contiguous(&[])],
        );
        let map = map.unwrap();
        for seed in 0..20 {
            let of = |i: usize| Buffer::from_slice(&[make(NUMBERS[(seed * 7 + i * 3) % NUMBERS.len()])]);
            let inputs = [of(0), of(1), of(2)];
            let size = dtype.size();
            let (got, want) = (run(&line, &inputs, outputs, size), run(&map, &inputs, outputs, size));
            for (got, want) in got.iter().zip(&want) {
                let number = |bytes: &[u8]| bytemuck::pod_read_unaligned::<T>(bytes);
                // Which of two NaNs comes out of a sum is the compiler's choice.
                let both_nan = [got, want].iter().all(|bytes| {
                    let number = number(bytes);
                    number.partial_cmp(&number).is_none()
                });
                assert!(got == want || both_nan, "{steps:?}: {got:?} and {want:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_what_a_map_does_to_one_element(
            steps in proptest::collection::vec((0usize..6, 0usize..40, 0usize..40), 1..24)
        ) {
            check::<f32>(&steps, |x| x as f32);
            check::<f64>(&steps, |x| x);
        }
    }

    #[test]
    fn what_it_does_not_know_it_leaves_alone() {
        let mut program = MapProgram::new();
        let x = program.input(ScalarType::F32);
        let y = program.unary(Unary::Exp, x);
        program.output(y, ScalarType::F32);
        assert!(!StraightLine::takes(&program, ScalarType::F32));
        let mut line = StraightLine::new(ScalarType::F32);
        let x = line.input();
        assert_eq!(line.append(&program, &[x]), None);
    }
}
