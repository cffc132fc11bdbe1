//! The scalar language: what an elementwise loop computes for one element.
//!
//! A program is a list of instructions in static single assignment: each makes one [`Value`] of earlier ones. It is
//! data, so that loops can be fused ([`MapProgram::append`] splices one program into another), run
//! ([`MapKernel`](crate::MapKernel)) and written out as code ([`MapProgram::instructions`]).
//!
//! ```
//! use tenseur_kernels::{Binary, Constant, MapProgram, ScalarType::F32, Unary};
//!
//! // The gradient of tanh, g · (1 − tanh(x)²).
//! let mut program = MapProgram::new();
//! let (x, g) = (program.input(F32), program.input(F32));
//! let tanh = program.unary(Unary::Tanh, x);
//! let square = program.binary(Binary::Mul, tanh, tanh);
//! let one = program.constant(F32, Constant::Float(1.0));
//! let slope = program.binary(Binary::Sub, one, square);
//! let gradient = program.binary(Binary::Mul, g, slope);
//! program.output(gradient, F32);
//! assert_eq!(program.instructions().len(), 7);
//! ```

use half::{bf16, f16};

use crate::{Binary, ComputeType, Constant, Layout, ScalarType, Unary};

/// What an instruction of a [`MapProgram`] computed: the instruction's number. It means nothing in another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u16);

impl Value {
    /// Its place in [`MapProgram::instructions`].
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// One step of a [`MapProgram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// The element of the input with this number, in its compute type.
    Input(u16),
    /// A number given by its bits: an integer sign- or zero-extended, a float's bit pattern, a bool as 0 or 1.
    Constant(ComputeType, u64),
    /// A primitive of one operand.
    Unary(Unary, Value),
    /// A primitive of two operands of one type.
    Binary(Binary, Value, Value),
    /// The second value where the first, a bool, is true, and else the third.
    Select(Value, Value, Value),
    /// The number as this stored type, in the compute type of that.
    Cast(Value, ScalarType),
    /// What storing as this type, of the same compute type, and loading again gives.
    Narrow(Value, ScalarType),
}

impl Instruction {
    /// The values that it reads, in order.
    pub fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        let operands = match *self {
            Instruction::Input(_) | Instruction::Constant(..) => [None; 3],
            Instruction::Unary(_, x) | Instruction::Cast(x, _) | Instruction::Narrow(x, _) => {
                [Some(x), None, None]
            }
            Instruction::Binary(_, x, y) => [Some(x), Some(y), None],
            Instruction::Select(condition, then, otherwise) => [Some(condition), Some(then), Some(otherwise)],
        };
        operands.into_iter().flatten()
    }

    /// The same step on other values.
    fn with_operands(self, mut value: impl FnMut(Value) -> Value) -> Instruction {
        match self {
            Instruction::Input(_) | Instruction::Constant(..) => self,
            Instruction::Unary(op, x) => Instruction::Unary(op, value(x)),
            Instruction::Binary(op, x, y) => Instruction::Binary(op, value(x), value(y)),
            Instruction::Select(c, x, y) => Instruction::Select(value(c), value(x), value(y)),
            Instruction::Cast(x, to) => Instruction::Cast(value(x), to),
            Instruction::Narrow(x, stored) => Instruction::Narrow(value(x), stored),
        }
    }
}

/// What an elementwise loop computes for one element: from the inputs' elements to the outputs'.
///
/// Equal instructions are shared as they are added, so `tanh(x)` written twice is computed once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MapProgram {
    inputs: Vec<ScalarType>,
    outputs: Vec<(Value, ScalarType)>,
    instructions: Vec<Instruction>,
    types: Vec<ComputeType>,
}

impl MapProgram {
    /// A program without inputs and outputs.
    pub fn new() -> MapProgram {
        MapProgram::default()
    }

    /// The next input, of elements stored as `stored`, in its compute type.
    pub fn input(&mut self, stored: ScalarType) -> Value {
        let number = u16::try_from(self.inputs.len()).expect("a program has at most 65,536 inputs");
        self.inputs.push(stored);
        self.push(Instruction::Input(number), stored.compute())
    }

    /// The number `value` as it would be stored as `ty`: integers wrap, floats round, and are cut off towards zero
    /// (and to the type's range) where `ty` is an integer.
    pub fn constant(&mut self, ty: ScalarType, value: Constant) -> Value {
        self.push(Instruction::Constant(ty.compute(), constant_bits(ty, value)), ty.compute())
    }

    /// `op(x)`.
    ///
    /// # Panics
    /// When the primitive does not take x's type: see [`Unary::result`].
    pub fn unary(&mut self, op: Unary, x: Value) -> Value {
        let of = self.compute_type(x);
        let ty = op.result(of).unwrap_or_else(|| panic!("{op:?} does not take {of:?}"));
        self.push(Instruction::Unary(op, x), ty)
    }

    /// `op(x, y)`.
    ///
    /// # Panics
    /// When x and y have different types, or the primitive does not take their type: see [`Binary::result`].
    pub fn binary(&mut self, op: Binary, x: Value, y: Value) -> Value {
        let (of, other) = (self.compute_type(x), self.compute_type(y));
        assert!(of == other, "{op:?} of {of:?} and {other:?}, which are not one type");
        let ty = op.result(of).unwrap_or_else(|| panic!("{op:?} does not take {of:?}"));
        self.push(Instruction::Binary(op, x, y), ty)
    }

    /// `then` where `condition`, a bool, is true, and else `otherwise`.
    ///
    /// # Panics
    /// When `condition` is not a bool, or the others have different types.
    pub fn select(&mut self, condition: Value, then: Value, otherwise: Value) -> Value {
        let [c, t, o] = [condition, then, otherwise].map(|x| self.compute_type(x));
        assert!(c == ComputeType::Bool && t == o, "select by {c:?} between {t:?} and {o:?}");
        self.push(Instruction::Select(condition, then, otherwise), t)
    }

    /// `x` as a number of type `to`, as TensorFlow's `Cast` makes it on a CPU: floats are cut off towards zero,
    /// integers wrap, and a bool says whether the number is not 0.
    pub fn cast(&mut self, x: Value, to: ScalarType) -> Value {
        if self.compute_type(x) == to.compute() {
            return self.narrow(x, to);
        }
        self.push(Instruction::Cast(x, to), to.compute())
    }

    /// What storing `x` as `stored` and loading it again gives: integers wrap to the narrower type, `f16` and `bf16`
    /// round. It keeps a fused program equal to the programs it was made of.
    ///
    /// # Panics
    /// When `stored` computes in another type than x's: that is a [`cast`](MapProgram::cast).
    pub fn narrow(&mut self, x: Value, stored: ScalarType) -> Value {
        let ty = self.compute_type(x);
        assert!(ty == stored.compute(), "{stored:?} computes in {:?}, not {ty:?}", stored.compute());
        let narrow_already = match self.instructions[x.index()] {
            Instruction::Input(number) => self.inputs[usize::from(number)] == stored,
            Instruction::Cast(_, to) | Instruction::Narrow(_, to) => to == stored,
            _ => false,
        };
        if ty.stored() == stored || narrow_already {
            return x;
        }
        self.push(Instruction::Narrow(x, stored), ty)
    }

    /// The next output: `x`, stored as `stored`.
    ///
    /// # Panics
    /// When `stored` computes in another type than x's.
    pub fn output(&mut self, x: Value, stored: ScalarType) {
        let ty = self.compute_type(x);
        assert!(ty == stored.compute(), "{stored:?} computes in {:?}, not {ty:?}", stored.compute());
        self.outputs.push((x, stored));
    }

    /// Splices `other` into this program, with `arguments` for its inputs, and returns its outputs, narrowed to the
    /// types they would have been stored as. Adds no inputs and no outputs. This is what fusion is made of.
    ///
    /// # Panics
    /// When the arguments are not as many as other's inputs, or have other compute types.
    pub fn append(&mut self, other: &MapProgram, arguments: &[Value]) -> Vec<Value> {
        let wanted: Vec<ComputeType> = other.inputs.iter().map(|i| i.compute()).collect();
        let given: Vec<ComputeType> = arguments.iter().map(|&a| self.compute_type(a)).collect();
        assert!(wanted == given, "a program of inputs {wanted:?} was given {given:?}");
        let mut values: Vec<Value> = Vec::with_capacity(other.instructions.len());
        for (instruction, &ty) in other.instructions.iter().zip(&other.types) {
            values.push(match *instruction {
                Instruction::Input(number) => arguments[usize::from(number)],
                Instruction::Narrow(x, stored) => self.narrow(values[x.index()], stored),
                instruction => self.push(instruction.with_operands(|x| values[x.index()]), ty),
            });
        }
        other.outputs.iter().map(|&(x, stored)| self.narrow(values[x.index()], stored)).collect()
    }

    /// The program with an input in the place of the instruction `index`, of the input's type.
    pub(crate) fn given(mut self, index: usize, input: u8) -> MapProgram {
        self.instructions[index] = Instruction::Input(input.into());
        self.finish()
    }

    /// Whether some instruction is the input.
    pub(crate) fn reads(&self, input: usize) -> bool {
        self.instructions
            .iter()
            .any(|x| matches!(*x, Instruction::Input(number) if usize::from(number) == input))
    }

    /// The program without the instructions that no output needs. Inputs stay, needed or not.
    pub fn finish(mut self) -> MapProgram {
        let mut needed = vec![false; self.instructions.len()];
        self.outputs.iter().for_each(|&(x, _)| needed[x.index()] = true);
        for (index, instruction) in self.instructions.iter().enumerate().rev() {
            if needed[index] {
                instruction.operands().for_each(|x| needed[x.index()] = true);
            }
        }
        let old = (std::mem::take(&mut self.instructions), std::mem::take(&mut self.types));
        let mut values = vec![Value(0); old.0.len()];
        for (index, (instruction, ty)) in old.0.into_iter().zip(old.1).enumerate() {
            if needed[index] {
                values[index] = self.push(instruction.with_operands(|x| values[x.index()]), ty);
            }
        }
        self.outputs.iter_mut().for_each(|(x, _)| *x = values[x.index()]);
        self
    }

    /// The types that the inputs are stored as.
    pub fn inputs(&self) -> &[ScalarType] {
        &self.inputs
    }

    /// What the outputs are, and the types they are stored as.
    pub fn outputs(&self) -> &[(Value, ScalarType)] {
        &self.outputs
    }

    /// The steps in order: each reads only values of earlier ones.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// How many operations an element takes, each function counted as one.
    pub(crate) fn operations(&self) -> u64 {
        let counts = |instruction: &&Instruction| {
            matches!(instruction, Instruction::Unary(..) | Instruction::Binary(..) | Instruction::Select(..))
        };
        self.instructions.iter().filter(counts).count() as u64
    }

    /// About how long an element takes, where an operation that is one instruction of the processor counts 1.
    pub(crate) fn cost(&self) -> u64 {
        let cost = |instruction: &Instruction| match instruction {
            Instruction::Unary(Unary::Neg | Unary::Abs | Unary::Not | Unary::BitNot, _) => 1,
            Instruction::Unary(..) | Instruction::Binary(Binary::Pow, ..) => 12,
            Instruction::Binary(..) | Instruction::Select(..) | Instruction::Cast(..) => 1,
            Instruction::Input(_) | Instruction::Constant(..) | Instruction::Narrow(..) => 0,
        };
        self.instructions.iter().map(cost).sum()
    }

    /// The strides of the inputs' layouts; of an input that is not read, those of one number for all.
    pub(crate) fn read_strides(&self, layouts: &[Layout]) -> Vec<Vec<isize>> {
        let strides = |(number, layout): (usize, &Layout)| match self
            .instructions
            .contains(&Instruction::Input(number as u16))
        {
            true => layout.strides.clone(),
            false => vec![0; layout.strides.len()],
        };
        layouts.iter().enumerate().map(strides).collect()
    }

    /// The type that the instruction with this number computes.
    pub(crate) fn value_type(&self, index: usize) -> ComputeType {
        self.types[index]
    }

    /// The type in which `x` is computed.
    pub fn compute_type(&self, x: Value) -> ComputeType {
        self.types[x.index()]
    }

    /// Whether some inputs make the program fail: an integer division whose divisor is not a constant other than 0,
    /// or an integer power whose exponent is not a constant of 0 or more.
    pub fn can_fail(&self) -> bool {
        self.instructions.iter().any(|instruction| match *instruction {
            Instruction::Binary(op, x, y) if op.can_fail(self.compute_type(x)) => {
                match (op, self.instructions[y.index()]) {
                    (Binary::Pow, Instruction::Constant(_, bits)) => (bits as i64) < 0,
                    (_, Instruction::Constant(_, bits)) => bits == 0,
                    _ => true,
                }
            }
            _ => false,
        })
    }

    /// The value of an instruction: an equal earlier one's, or a new one.
    fn push(&mut self, instruction: Instruction, ty: ComputeType) -> Value {
        let index =
            self.instructions.iter().position(|&earlier| earlier == instruction).unwrap_or_else(|| {
                self.instructions.push(instruction);
                self.types.push(ty);
                self.instructions.len() - 1
            });
        Value(u16::try_from(index).expect("a program has at most 65,536 instructions"))
    }
}

/// The bits, as [`Instruction::Constant`] holds them, of `value` stored as `ty`.
fn constant_bits(ty: ScalarType, value: Constant) -> u64 {
    let float = match value {
        Constant::Float(x) => x,
        Constant::Int(x) => x as f64,
        Constant::UInt(x) => x as f64,
        Constant::Bool(x) => f64::from(u8::from(x)),
    };
    let integer = match value {
        Constant::Float(x) if ty == ScalarType::U64 => x as u64,
        Constant::Float(x) => x as i64 as u64,
        Constant::Int(x) => x as u64,
        Constant::UInt(x) => x,
        Constant::Bool(x) => x.into(),
    };
    match ty {
        ScalarType::Bool => u64::from(float != 0.0),
        ScalarType::I8 => integer as i8 as u64,
        ScalarType::I16 => integer as i16 as u64,
        ScalarType::I32 => integer as i32 as u64,
        ScalarType::I64 | ScalarType::U64 => integer,
        ScalarType::U8 => (integer as u8).into(),
        ScalarType::U16 => (integer as u16).into(),
        ScalarType::U32 => (integer as u32).into(),
        ScalarType::F16 => f16::from_f64(float).to_f32().to_bits().into(),
        ScalarType::BF16 => bf16::from_f64(float).to_f32().to_bits().into(),
        ScalarType::F32 => (float as f32).to_bits().into(),
        ScalarType::F64 => float.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScalarType::*;

    #[test]
    fn equal_instructions_are_shared() {
        let mut program = MapProgram::new();
        let x = program.input(F32);
        let first = program.unary(Unary::Tanh, x);
        let second = program.unary(Unary::Tanh, x);
        assert_eq!(first, second);
        // Constants are told apart by their bits.
        let zero = program.constant(F32, Constant::Float(0.0));
        assert_ne!(zero, program.constant(F32, Constant::Float(-0.0)));
        assert_eq!(zero, program.constant(F32, Constant::Int(0)));
        let nan = program.constant(F32, Constant::Float(f64::NAN));
        assert_eq!(nan, program.constant(F32, Constant::Float(f64::NAN)));
    }

    #[test]
    fn appending_narrows_what_would_have_been_stored() {
        let mut add = MapProgram::new();
        let (x, y) = (add.input(I8), add.input(I8));
        let sum = add.binary(Binary::Add, x, y);
        add.output(sum, I8);

        let mut program = MapProgram::new();
        let x = program.input(I8);
        let sum = program.append(&add, &[x, x])[0];
        let instructions = program.instructions();
        assert!(matches!(instructions[sum.index()], Instruction::Narrow(_, I8)));
        let again = program.append(&add, &[sum, x])[0];
        let whole = program.append(&add, &[again, x])[0];
        program.output(whole, I8);
        assert_eq!(program.inputs(), [I8]);
        assert_eq!(program.instructions().len(), 7);
    }

    #[test]
    fn finishing_drops_what_no_output_needs() {
        let mut program = MapProgram::new();
        let (x, y) = (program.input(F64), program.input(F64));
        program.unary(Unary::Exp, x);
        let square = program.binary(Binary::Mul, y, y);
        program.output(square, F64);
        program.output(square, F64);
        let program = program.finish();
        assert_eq!(program.inputs().len(), 2);
        assert_eq!(
            program.instructions(),
            [Instruction::Input(1), Instruction::Binary(Binary::Mul, Value(0), Value(0))]
        );
        assert_eq!(program.outputs(), [(Value(1), F64); 2]);
        assert_eq!(program.clone().finish(), program);
    }

    #[test]
    fn constants_are_as_stored() {
        let bits = |ty, value| constant_bits(ty, value);
        assert_eq!(bits(I8, Constant::Int(200)), -56_i64 as u64);
        assert_eq!(bits(U8, Constant::Int(-1)), 255);
        assert_eq!(bits(U64, Constant::Float(1e19)), 10_000_000_000_000_000_000);
        assert_eq!(bits(I32, Constant::UInt(1 << 31)), i64::from(i32::MIN) as u64);
        assert_eq!(bits(F16, Constant::Float(0.1)), f16::from_f32(0.1).to_f32().to_bits().into());
        assert_eq!(bits(Bool, Constant::Float(f64::NAN)), 1);
        assert_eq!(bits(F32, Constant::Bool(true)), u64::from(1_f32.to_bits()));
    }

    #[test]
    fn only_divisions_by_what_may_be_0_can_fail() {
        let fails = |op, ty, constant: Option<i64>| {
            let mut program = MapProgram::new();
            let x = program.input(ty);
            let y = match constant {
                Some(y) => program.constant(ty, Constant::Int(y)),
                None => program.input(ty),
            };
            program.binary(op, x, y);
            program.can_fail()
        };
        assert!(fails(Binary::FloorDiv, I32, None));
        assert!(fails(Binary::FloorDiv, U8, Some(0)));
        assert!(!fails(Binary::FloorDiv, U8, Some(-3)));
        assert!(!fails(Binary::FloorDiv, F32, None));
        assert!(fails(Binary::Pow, I64, None));
        assert!(fails(Binary::Pow, I64, Some(-1)));
        assert!(!fails(Binary::Pow, I16, Some(2)));
        assert!(!fails(Binary::Pow, U32, None));
    }

    #[test]
    fn casts_within_a_compute_type_narrow() {
        let mut program = MapProgram::new();
        let x = program.input(I32);
        assert_eq!(program.cast(x, I32), x);
        let narrow = program.cast(x, I16);
        assert_eq!(program.instructions()[narrow.index()], Instruction::Narrow(x, I16));
        assert_eq!(program.narrow(narrow, I16), narrow);
        let half = program.cast(x, F16);
        assert_eq!(program.narrow(half, F16), half);
    }
}
