//! A map over complex numbers, in place: the step of an optimizer whose variables are complex.
//!
//! Such variables are rare, so that the program is read for each number; it is written as one of real numbers, and each of
//! its numbers is taken as a complex one.

use std::fmt;

use crate::gather::Indices;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::{
    Binary, Context, In, Instruction, Kernel, KernelError, MapProgram, Out, RowInput, ScalarType, Unary,
};

/// A complex number: its real part and its imaginary part.
type Complex = [f64; 2];

/// For each index in order, a program over one row of complex numbers; without indices, over the only row there is. Inputs
/// are those of the program and then the indices, if there are; outputs are the variables. An index outside `[0, rows)` is
/// an error, found before anything is written.
///
/// ```
/// use tenseur_kernels::{Binary, Buffer, ComplexMapKernel, Context, MapProgram, RowInput, ScalarType::*, call};
///
/// // variable · factor
/// let mut program = MapProgram::new();
/// let (variable, factor) = (program.input(F64), program.input(F64));
/// let product = program.binary(Binary::Mul, variable, factor);
/// program.output(product, F64);
/// let kernel = ComplexMapKernel::new(program, &[RowInput::Variable(0), RowInput::Scalar], F32, None, [1, 1, 2])?;
/// // 1 + 2i and 3, each by i
/// let (numbers, i) = (Buffer::from_slice(&[1_f32, 2., 3., 0.]), Buffer::from_slice(&[0_f32, 1.]));
/// let mut changed = Buffer::zeroed(16);
/// call(&kernel, &Context { threads: 1 }, &[numbers.bytes(), i.bytes()], &mut [changed.bytes_mut()]).unwrap();
/// assert_eq!(changed.slice::<f32>(), [-2., 1., 0., 3.]);
/// # Ok::<(), String>(())
/// ```
pub struct ComplexMapKernel {
    program: MapProgram,
    inputs: Vec<RowInput>,
    /// The type of the parts: F32 or F64.
    part: ScalarType,
    indices: Option<Indices>,
    rows: usize,
    count: usize,
    inner: usize,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

impl ComplexMapKernel {
    /// The kernel for a program whose inputs are these, of numbers whose parts are of type `part`; of variables of `rows`
    /// rows `count` are named by indices, with `inner` numbers in each: `[rows, count, inner]`. Without indices rows and
    /// count are 1.
    ///
    /// # Errors
    /// When a size overflows, indices are not integers, parts are not of F32 or F64, the program does what complex
    /// numbers cannot, or an output belongs to no variable or to two.
    pub fn new(
        program: MapProgram,
        inputs: &[RowInput],
        part: ScalarType,
        indices: Option<ScalarType>,
        [rows, count, inner]: [usize; 3],
    ) -> Result<ComplexMapKernel, String> {
        let program = program.finish();
        if program.inputs().len() != inputs.len() {
            let (wanted, given) = (program.inputs().len(), inputs.len());
            return Err(format!("the program has {wanted} inputs, and {given} are described"));
        }
        if !matches!(part, ScalarType::F32 | ScalarType::F64) {
            return Err(format!("complex numbers are of F32 or F64, not of {part:?}"));
        }
        if let Some(not) = program.instructions().iter().find(|instruction| !known(instruction)) {
            return Err(format!("there is no {not:?} of complex numbers"));
        }
        if indices.is_none() && (rows, count) != (1, 1) {
            return Err(format!("{count} of {rows} rows are named, by no indices"));
        }
        let indices = indices.map(|indices| Indices::new(indices, count)).transpose()?;
        let bytes = |numbers: usize| byte_count(numbers, 2 * part.size());
        let mut input_bytes = Vec::new();
        let mut output_bytes = vec![None; program.outputs().len()];
        for input in inputs {
            input_bytes.push(match *input {
                RowInput::Variable(output) => {
                    let whole = bytes(element_count(&[rows, inner])?)?;
                    match output_bytes.get_mut(output) {
                        Some(place @ None) => *place = Some(whole),
                        _ => return Err(format!("output {output} does not belong to one variable")),
                    }
                    whole
                }
                RowInput::Scalar => bytes(1)?,
                RowInput::Rows => bytes(element_count(&[count, inner])?)?,
            });
        }
        input_bytes.extend(indices.as_ref().map(Indices::bytes));
        let output_bytes: Option<Vec<usize>> = output_bytes.into_iter().collect();
        let output_bytes = output_bytes.ok_or("an output belongs to no variable")?;
        let inputs = inputs.into();
        Ok(ComplexMapKernel { program, inputs, part, indices, rows, count, inner, input_bytes, output_bytes })
    }

    /// # Safety
    /// There is a number at this place.
    unsafe fn load(&self, from: *const u8, place: usize) -> Complex {
        // SAFETY: the caller's promise, and that views are aligned.
        unsafe {
            match self.part {
                ScalarType::F32 => {
                    let parts = from.cast::<f32>().add(2 * place);
                    [parts.read().into(), parts.add(1).read().into()]
                }
                _ => {
                    let parts = from.cast::<f64>().add(2 * place);
                    [parts.read(), parts.add(1).read()]
                }
            }
        }
    }

    /// # Safety
    /// There is a number at this place, and nobody else reads or writes it now.
    unsafe fn store(&self, to: *mut u8, place: usize, [re, im]: Complex) {
        // SAFETY: the caller's promise, and that views are aligned.
        unsafe {
            match self.part {
                ScalarType::F32 => {
                    let parts = to.cast::<f32>().add(2 * place);
                    parts.write(re as f32);
                    parts.add(1).write(im as f32);
                }
                _ => {
                    let parts = to.cast::<f64>().add(2 * place);
                    parts.write(re);
                    parts.add(1).write(im);
                }
            }
        }
    }
}

impl fmt::Debug for ComplexMapKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComplexMapKernel").field("program", &self.program).finish()
    }
}

impl Sealed for ComplexMapKernel {}

impl Kernel for ComplexMapKernel {
    fn input_bytes(&self) -> &[usize] {
        &self.input_bytes
    }

    fn output_bytes(&self) -> &[usize] {
        &self.output_bytes
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.inputs.get(input) == Some(&RowInput::Variable(output))
    }

    unsafe fn run(&self, _: &Context, inputs: &[In<'_>], outputs: &mut [Out<'_>]) -> Result<(), KernelError> {
        // SAFETY: the caller's promise of sizes and alignment; indices are checked before anything is written, so that all
        // places lie inside their views; a variable is read where its output is, which it was copied to if they are not the
        // same memory; of each place all numbers are read before any is written, through pointers.
        unsafe {
            if let Some(indices) = &self.indices {
                indices.check(inputs[self.inputs.len()], self.rows, false)?;
            }
            let mut from: Vec<*const u8> = Vec::with_capacity(self.inputs.len());
            for (input, kind) in self.inputs.iter().enumerate() {
                let given = inputs[input].pointer::<u8>();
                from.push(match *kind {
                    RowInput::Variable(output) => {
                        let to = outputs[output].pointer::<u8>();
                        if !std::ptr::eq(given, to) {
                            to.copy_from_nonoverlapping(given, self.output_bytes[output]);
                        }
                        to.cast_const()
                    }
                    _ => given,
                });
            }
            let mut values = Vec::with_capacity(self.program.instructions().len());
            for named in 0..self.count {
                let row = match &self.indices {
                    Some(indices) => indices.at(inputs[self.inputs.len()], named) as usize,
                    None => 0,
                };
                for column in 0..self.inner {
                    values.clear();
                    for instruction in self.program.instructions() {
                        let value = match *instruction {
                            Instruction::Input(input) => {
                                let input = usize::from(input);
                                let place = match self.inputs[input] {
                                    RowInput::Variable(_) => row * self.inner + column,
                                    RowInput::Scalar => 0,
                                    RowInput::Rows => named * self.inner + column,
                                };
                                self.load(from[input], place)
                            }
                            other => computed(other, &values),
                        };
                        values.push(value);
                    }
                    for (output, (value, _)) in outputs.iter_mut().zip(self.program.outputs()) {
                        self.store(output.pointer::<u8>(), row * self.inner + column, values[value.index()]);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether [`computed`] knows the step.
fn known(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Input(_) | Instruction::Constant(crate::ComputeType::F64, _) => true,
        Instruction::Unary(op, _) => matches!(op, Unary::Neg | Unary::Sqrt | Unary::Rsqrt),
        Instruction::Binary(op, ..) => {
            matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div)
        }
        _ => false,
    }
}

/// What a step makes of the values of earlier ones; of a step that is not [`known`], NaN.
fn computed(instruction: Instruction, values: &[Complex]) -> Complex {
    match instruction {
        Instruction::Constant(_, bits) => [f64::from_bits(bits), 0.0],
        Instruction::Unary(op, x) => {
            let x = values[x.index()];
            match op {
                Unary::Neg => [-x[0], -x[1]],
                Unary::Sqrt => root(x),
                Unary::Rsqrt => quotient([1.0, 0.0], root(x)),
                _ => [f64::NAN; 2],
            }
        }
        Instruction::Binary(op, x, y) => {
            let (x, y) = (values[x.index()], values[y.index()]);
            match op {
                Binary::Add => [x[0] + y[0], x[1] + y[1]],
                Binary::Sub => [x[0] - y[0], x[1] - y[1]],
                Binary::Mul => [x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]],
                Binary::Div => quotient(x, y),
                _ => [f64::NAN; 2],
            }
        }
        _ => [f64::NAN; 2],
    }
}

fn quotient(x: Complex, y: Complex) -> Complex {
    let square = y[0] * y[0] + y[1] * y[1];
    [(x[0] * y[0] + x[1] * y[1]) / square, (x[1] * y[0] - x[0] * y[1]) / square]
}

/// The square root whose real part is not negative.
fn root(x: Complex) -> Complex {
    let half = ((x[0].hypot(x[1]) + x[0].abs()) / 2.0).sqrt();
    if half == 0.0 {
        return [0.0, x[1]];
    }
    let other = x[1].abs() / (2.0 * half);
    let (re, im) = if x[0] >= 0.0 { (half, other) } else { (other, half) };
    [re, im.copysign(x[1])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, call};

    /// variable − √(row / scalar)
    fn program() -> MapProgram {
        let mut program = MapProgram::new();
        let [variable, row, scalar] = std::array::from_fn(|_| program.input(ScalarType::F64));
        let quotient = program.binary(Binary::Div, row, scalar);
        let root = program.unary(Unary::Sqrt, quotient);
        let less = program.binary(Binary::Sub, variable, root);
        program.output(less, ScalarType::F64);
        program
    }

    const INPUTS: [RowInput; 3] = [RowInput::Variable(0), RowInput::Rows, RowInput::Scalar];

    #[test]
    fn rows_are_worked_on_in_the_order_of_the_indices() {
        let (f64, i64) = (ScalarType::F64, Some(ScalarType::I64));
        let kernel = ComplexMapKernel::new(program(), &INPUTS, f64, i64, [2, 2, 1]).unwrap();
        // The roots of −4 and of 2i are 2i and 1 + i.
        let variable = Buffer::from_slice(&[10_f64, 0., 20., 0.]);
        let rows = Buffer::from_slice(&[-8_f64, 0., 0., 4.]);
        let scalar = Buffer::from_slice(&[2_f64, 0.]);
        let run = |indices: [i64; 2]| {
            let indices = Buffer::from_slice(&indices);
            let given = [variable.bytes(), rows.bytes(), scalar.bytes(), indices.bytes()];
            let mut changed = Buffer::zeroed(32);
            let outcome = call(&kernel, &Context { threads: 1 }, &given, &mut [changed.bytes_mut()]);
            outcome.map(|()| changed.slice::<f64>().to_vec())
        };
        assert_eq!(run([1, 1]).unwrap(), [10., 0., 19., -3.]);
        assert_eq!(run([0, 1]).unwrap(), [10., -2., 19., -1.]);
        assert!(run([0, 2]).unwrap_err().text.contains('2'));
    }

    #[test]
    fn what_complex_numbers_cannot_do_is_refused() {
        let new = |program, inputs: &[RowInput], part| {
            ComplexMapKernel::new(program, inputs, part, None, [1, 1, 3]).map(|_| ()).unwrap_err()
        };
        let mut larger = program();
        let both = larger.input(ScalarType::F64);
        let larger_of = larger.binary(Binary::Maximum, both, both);
        larger.output(larger_of, ScalarType::F64);
        let four = [INPUTS[0], INPUTS[1], INPUTS[2], RowInput::Variable(1)];
        assert!(new(larger, &four, ScalarType::F32).contains("Maximum"));
        assert!(new(program(), &INPUTS, ScalarType::I32).contains("I32"));
        assert!(new(program(), &[RowInput::Rows; 3], ScalarType::F32).contains("no variable"));
        assert!(new(program(), &INPUTS[..2], ScalarType::F32).contains("3 inputs"));
    }
}
