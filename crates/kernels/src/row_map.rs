//! A map over some rows of variables, in place: the step of an optimizer where a gradient has only those rows.

use std::fmt;

use crate::gather::Indices;
use crate::kernel::sealed::Sealed;
use crate::layout::{byte_count, element_count};
use crate::{Context, In, Kernel, KernelError, Layout, MapKernel, MapProgram, Out, ScalarType};

/// What an input of the program of a [`RowMapKernel`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowInput {
    /// A variable, `[rows, inner]`, of which the named row is read and becomes the program's output of this number.
    Variable(usize),
    /// One number.
    Scalar,
    /// `[count, inner]`: a row for each index.
    Rows,
}

/// For each index in order, a program over one row. Inputs are those of the program and then the indices, `[count]`;
/// outputs are the program's, each the variable that it belongs to and its memory, or a copy. A row that is named twice
/// is worked on twice. An index outside `[0, rows)` is an error, found before anything is written.
///
/// ```
/// use tenseur_kernels::{Binary, Buffer, Context, MapProgram, RowInput, RowMapKernel, ScalarType::*, call};
///
/// // variable[row] − rows[k], for the rows 2 and 0 of three
/// let mut program = MapProgram::new();
/// let (variable, row) = (program.input(F32), program.input(F32));
/// let less = program.binary(Binary::Sub, variable, row);
/// program.output(less, F32);
/// let kernel = RowMapKernel::new(program, &[RowInput::Variable(0), RowInput::Rows], I32, [3, 2, 1])?;
/// let inputs = [Buffer::from_slice(&[1_f32, 2., 3.]), Buffer::from_slice(&[10_f32, 20.])];
/// let indices = Buffer::from_slice(&[2_i32, 0]);
/// let mut changed = Buffer::zeroed(12);
/// let given = [inputs[0].bytes(), inputs[1].bytes(), indices.bytes()];
/// call(&kernel, &Context { threads: 1 }, &given, &mut [changed.bytes_mut()]).unwrap();
/// assert_eq!(changed.slice::<f32>(), [-19., 2., -7.]);
/// # Ok::<(), String>(())
/// ```
pub struct RowMapKernel {
    map: MapKernel,
    inputs: Vec<RowInput>,
    indices: Indices,
    rows: usize,
    count: usize,
    /// Bytes of a row of each input of the program.
    row_bytes: Vec<usize>,
    input_bytes: Vec<usize>,
    output_bytes: Vec<usize>,
}

impl RowMapKernel {
    /// The kernel for a program whose inputs are these, and variables of `rows` rows of which `count` are named, with
    /// `inner` numbers in each: `[rows, count, inner]`.
    ///
    /// # Errors
    /// When a size overflows, indices are not of I32 or I64, or a variable cannot be changed in place: its program reads
    /// it after it has made the output, another output is written to it, or its type is another.
    pub fn new(
        program: MapProgram,
        inputs: &[RowInput],
        indices: ScalarType,
        [rows, count, inner]: [usize; 3],
    ) -> Result<RowMapKernel, String> {
        let program = program.finish();
        let stored = program.inputs().to_vec();
        if stored.len() != inputs.len() {
            return Err(format!(
                "the program has {} inputs, and {} are described",
                stored.len(),
                inputs.len()
            ));
        }
        let shape = [inner];
        let layouts: Vec<Layout> = inputs
            .iter()
            .map(|input| Layout::broadcast(if *input == RowInput::Scalar { &[] } else { &shape }, &shape))
            .collect::<Result<_, _>>()?;
        let outputs: Vec<ScalarType> = program.outputs().iter().map(|(_, stored)| *stored).collect();
        let map = MapKernel::new(program, &shape, &layouts)?;
        let indices = Indices::new(indices, count)?;
        let (mut row_bytes, mut input_bytes) = (Vec::new(), Vec::new());
        for (input, stored) in inputs.iter().zip(&stored) {
            let many = match input {
                RowInput::Variable(_) => element_count(&[rows, inner])?,
                RowInput::Scalar => 1,
                RowInput::Rows => element_count(&[count, inner])?,
            };
            row_bytes.push(byte_count(inner, stored.size())?);
            input_bytes.push(byte_count(many, stored.size())?);
        }
        input_bytes.push(indices.bytes());
        let mut output_bytes = vec![0; outputs.len()];
        for (number, input) in inputs.iter().enumerate() {
            let RowInput::Variable(output) = *input else { continue };
            let fits = outputs.get(output) == Some(&stored[number])
                && output_bytes[output] == 0
                && (inner == 0 || map.in_place(number, output));
            if !fits {
                return Err(format!("input {number} cannot be changed in place to output {output}"));
            }
            // At least 1, so that an empty variable counts as found.
            output_bytes[output] = input_bytes[number].max(1);
        }
        if output_bytes.contains(&0) {
            return Err("an output belongs to no variable".to_owned());
        }
        if rows * inner == 0 {
            output_bytes.fill(0);
        }
        Ok(RowMapKernel {
            map,
            inputs: inputs.into(),
            indices,
            rows,
            count,
            row_bytes,
            input_bytes,
            output_bytes,
        })
    }
}

impl fmt::Debug for RowMapKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowMapKernel").field("map", &self.map).field("inputs", &self.inputs).finish()
    }
}

impl Sealed for RowMapKernel {}

impl Kernel for RowMapKernel {
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
        let places = inputs[self.inputs.len()];
        // SAFETY: the caller's promise; the indices are checked before anything is written, so that all rows lie inside
        // their buffers; a variable is read where its output is, which it was copied to if they are not the same memory;
        // the map may work in place there, as `new` has found.
        unsafe {
            self.indices.check(places, self.rows, false)?;
            for (input, kind) in self.inputs.iter().enumerate() {
                if let RowInput::Variable(output) = *kind {
                    let (from, to) = (inputs[input].pointer::<u8>(), outputs[output].pointer::<u8>());
                    if !std::ptr::eq(from, to) {
                        to.copy_from_nonoverlapping(from, self.output_bytes[output]);
                    }
                }
            }
            let mut read: Vec<In<'_>> = inputs[..self.inputs.len()].to_vec();
            for place in 0..self.count {
                let row = self.indices.at(places, place) as usize;
                let mut written: Vec<Out<'_>> = Vec::with_capacity(outputs.len());
                for (output, whole) in outputs.iter_mut().enumerate() {
                    let input = self.inputs.iter().position(|input| *input == RowInput::Variable(output));
                    let bytes = input.map_or(0, |input| self.row_bytes[input]);
                    written.push(Out::from_raw(whole.pointer::<u8>().add(row * bytes), bytes));
                }
                for (input, kind) in self.inputs.iter().enumerate() {
                    let bytes = self.row_bytes[input];
                    read[input] = match *kind {
                        RowInput::Variable(output) => In::from_raw(written[output].pointer::<u8>(), bytes),
                        RowInput::Scalar => inputs[input],
                        RowInput::Rows => {
                            In::from_raw(inputs[input].pointer::<u8>().add(place * bytes), bytes)
                        }
                    };
                }
                // One thread: rows may be named twice, and are short.
                self.map.run(&Context { threads: 1 }, &read, &mut written)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Binary, Buffer, call};

    /// variable · 2 + row · scalar, and row + other variable.
    fn two(count: usize) -> RowMapKernel {
        let mut program = MapProgram::new();
        let [a, b, scalar, row] = std::array::from_fn(|_| program.input(ScalarType::F32));
        let doubled = program.binary(Binary::Add, a, a);
        let scaled = program.binary(Binary::Mul, row, scalar);
        let first = program.binary(Binary::Add, doubled, scaled);
        let second = program.binary(Binary::Add, row, b);
        program.output(first, ScalarType::F32);
        program.output(second, ScalarType::F32);
        let inputs = [RowInput::Variable(0), RowInput::Variable(1), RowInput::Scalar, RowInput::Rows];
        RowMapKernel::new(program, &inputs, ScalarType::I64, [4, count, 3]).unwrap()
    }

    fn run(indices: &[i64]) -> Result<[Buffer; 2], KernelError> {
        let kernel = two(indices.len());
        let numbers =
            |from: usize, count: usize| -> Vec<f32> { (from..from + count).map(|x| x as f32).collect() };
        let rows: Vec<f32> = (0..indices.len() * 3).map(|x| x as f32 / 4.0).collect();
        let given = [numbers(0, 12), numbers(100, 12), vec![0.5], rows].map(|x| Buffer::from_slice(&x));
        let places = Buffer::from_slice(indices);
        let inputs: Vec<&[u8]> = given.iter().chain([&places]).map(Buffer::bytes).collect();
        let mut outputs = [Buffer::zeroed(48), Buffer::zeroed(48)];
        let [first, second] = &mut outputs;
        call(&kernel, &Context { threads: 2 }, &inputs, &mut [first.bytes_mut(), second.bytes_mut()])?;
        Ok(outputs)
    }

    #[test]
    fn rows_are_worked_on_in_the_order_of_the_indices() {
        for indices in [&[2, 0, 2][..], &[], &[3], &[1, 1, 1, 1, 0]] {
            let [first, second] = run(indices).unwrap();
            let (mut a, mut b): (Vec<f32>, Vec<f32>) =
                ((0..12).map(|x| x as f32).collect(), (100..112).map(|x| x as f32).collect());
            for (place, &row) in indices.iter().enumerate() {
                for column in 0..3 {
                    let (at, given) = (row as usize * 3 + column, (place * 3 + column) as f32 / 4.0);
                    a[at] = a[at] + a[at] + given * 0.5;
                    b[at] += given;
                }
            }
            assert_eq!((first.slice::<f32>(), second.slice::<f32>()), (&a[..], &b[..]), "{indices:?}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_before_anything_is_written() {
        for indices in [&[0, 4][..], &[-1]] {
            assert!(run(indices).unwrap_err().text.contains("4"));
        }
    }

    #[test]
    fn what_cannot_be_in_place_is_refused() {
        let mut program = MapProgram::new();
        let (x, y) = (program.input(ScalarType::F32), program.input(ScalarType::F64));
        program.output(x, ScalarType::F32);
        program.output(y, ScalarType::F64);
        let made =
            |inputs: [RowInput; 2]| RowMapKernel::new(program.clone(), &inputs, ScalarType::I32, [2, 1, 2]);
        assert!(made([RowInput::Variable(0), RowInput::Variable(1)]).is_ok());
        assert!(made([RowInput::Variable(1), RowInput::Variable(0)]).is_err());
        assert!(made([RowInput::Variable(0), RowInput::Rows]).is_err());
        assert!(made([RowInput::Variable(0), RowInput::Variable(0)]).is_err());
    }
}
