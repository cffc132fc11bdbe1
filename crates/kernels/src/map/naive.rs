//! The scalar language, interpreted one number at a time in the plainest way: what the loops are tested against.

use half::{bf16, f16};

use crate::{
    Binary, Buffer, ComputeType, Context, In, Instruction, Kernel, KernelError, Layout, MapProgram, Out,
    ScalarType, Unary, element_count,
};

/// A number of a compute type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Bool(bool),
    /// An integer of any type.
    Int(i128),
    F32(f32),
    F64(f64),
}

impl Number {
    pub(crate) fn bool(self) -> bool {
        matches!(self, Number::Bool(true))
    }

    pub(crate) fn int(self) -> i128 {
        match self {
            Number::Int(x) => x,
            other => panic!("{other:?} is not an integer"),
        }
    }

    /// As `f64`, in which every `f32` is itself.
    pub(crate) fn float(self) -> f64 {
        match self {
            Number::F32(x) => x.into(),
            Number::F64(x) => x,
            Number::Int(x) => x as f64,
            Number::Bool(x) => u8::from(x).into(),
        }
    }
}

/// `x` brought into the range of an integer type, or rounded to a float type.
pub(crate) fn wrapped(ty: ScalarType, x: Number) -> Number {
    match ty {
        ScalarType::Bool => x,
        ScalarType::I8 => Number::Int((x.int() as i8).into()),
        ScalarType::I16 => Number::Int((x.int() as i16).into()),
        ScalarType::I32 => Number::Int((x.int() as i32).into()),
        ScalarType::I64 => Number::Int((x.int() as i64).into()),
        ScalarType::U8 => Number::Int((x.int() as u8).into()),
        ScalarType::U16 => Number::Int((x.int() as u16).into()),
        ScalarType::U32 => Number::Int((x.int() as u32).into()),
        ScalarType::U64 => Number::Int((x.int() as u64).into()),
        ScalarType::F16 => Number::F32(f16::from_f32(x.float() as f32).to_f32()),
        ScalarType::BF16 => Number::F32(bf16::from_f32(x.float() as f32).to_f32()),
        ScalarType::F32 => Number::F32(x.float() as f32),
        ScalarType::F64 => Number::F64(x.float()),
    }
}

/// The number stored as these bytes.
pub(crate) fn load(stored: ScalarType, bytes: &[u8]) -> Number {
    let mut low = [0; 8];
    low[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(low);
    match stored {
        ScalarType::Bool => Number::Bool(bits != 0),
        ScalarType::F16 => Number::F32(f16::from_bits(bits as u16).to_f32()),
        ScalarType::BF16 => Number::F32(bf16::from_bits(bits as u16).to_f32()),
        ScalarType::F32 => Number::F32(f32::from_bits(bits as u32)),
        ScalarType::F64 => Number::F64(f64::from_bits(bits)),
        integer => wrapped(integer, Number::Int(bits.into())),
    }
}

/// The bytes that a number is stored as; of a NaN one pattern.
pub(crate) fn store(stored: ScalarType, x: Number) -> Vec<u8> {
    let bits = match stored {
        ScalarType::Bool => x.bool().into(),
        ScalarType::F16 | ScalarType::BF16 | ScalarType::F32 | ScalarType::F64 if x.float().is_nan() => {
            u64::MAX >> 1
        }
        ScalarType::F16 => f16::from_f32(x.float() as f32).to_bits().into(),
        ScalarType::BF16 => bf16::from_f32(x.float() as f32).to_bits().into(),
        ScalarType::F32 => (x.float() as f32).to_bits().into(),
        ScalarType::F64 => x.float().to_bits(),
        _ => x.int() as u64,
    };
    bits.to_le_bytes()[..stored.size()].to_vec()
}

/// The outputs for one element; `None` where the program fails on it.
pub(crate) fn evaluate(program: &MapProgram, inputs: &[Number]) -> Option<Vec<Number>> {
    let mut values: Vec<Number> = Vec::new();
    for (index, instruction) in program.instructions().iter().enumerate() {
        let ty = program.value_type(index).stored();
        let value = match *instruction {
            Instruction::Input(number) => inputs[usize::from(number)],
            Instruction::Constant(ty, bits) => load(ty.stored(), &bits.to_le_bytes()[..ty.size()]),
            Instruction::Unary(op, x) => unary(op, values[x.index()]),
            Instruction::Binary(op, x, y) => {
                let bits = 8 * program.compute_type(x).size() as u32;
                binary(op, values[x.index()], values[y.index()], bits)?
            }
            Instruction::Select(condition, x, y) => {
                values[if values[condition.index()].bool() { x } else { y }.index()]
            }
            Instruction::Cast(x, to) => cast(program.compute_type(x), values[x.index()], to),
            Instruction::Narrow(x, stored) => wrapped(stored, values[x.index()]),
        };
        values.push(wrapped(ty, value));
    }
    Some(program.outputs().iter().map(|(x, _)| values[x.index()]).collect())
}

fn cast(from: ComputeType, x: Number, to: ScalarType) -> Number {
    match (x, to) {
        (_, ScalarType::Bool) => Number::Bool(x.float() != 0.0),
        (Number::Bool(_), _) if to.is_float() => wrapped(to, Number::F64(x.float())),
        (Number::Bool(x), _) => Number::Int(x.into()),
        // Straight to the float, since a detour by f64 would round twice.
        (Number::Int(x), ScalarType::F64) => Number::F64(x as f64),
        (Number::Int(x), _) if to.is_float() => wrapped(to, Number::F32(x as f32)),
        (Number::Int(_), _) => wrapped(to, x),
        (_, _) if to.is_float() => wrapped(to, x),
        (_, ScalarType::U64) => {
            let (low, high) = (truncated(x.float(), 63), truncated(minus_2_63(from, x), 63));
            wrapped(to, Number::Int(if low < 0 { low | high } else { low }))
        }
        (_, ScalarType::I64 | ScalarType::U32) => wrapped(to, Number::Int(truncated(x.float(), 63))),
        (_, _) => wrapped(to, Number::Int(truncated(x.float(), 31))),
    }
}

/// x − 2⁶³ in x's own type.
fn minus_2_63(from: ComputeType, x: Number) -> f64 {
    match from {
        ComputeType::F32 => (x.float() as f32 - 9223372036854775808.0).into(),
        _ => x.float() - 9223372036854775808.0,
    }
}

/// Cut off towards zero, and −2ᵇ where that is outside ±2ᵇ.
fn truncated(x: f64, b: u32) -> i128 {
    let x = x.trunc();
    let bound = (1_i128 << b) as f64;
    if x >= -bound && x < bound { x as i128 } else { -(1 << b) }
}

/// The result, in a type that holds it exactly or, of elementary functions, to rounding.
pub(crate) fn unary(op: Unary, x: Number) -> Number {
    match x {
        Number::Bool(x) => Number::Bool(!x),
        Number::Int(x) => Number::Int(match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sign => x.signum(),
            Unary::BitNot => !x,
            _ => panic!("{op:?} of an integer"),
        }),
        Number::F32(_) if matches!(op, Unary::Sqrt | Unary::Rsqrt) => {
            let root = (x.float() as f32).sqrt();
            Number::F32(if op == Unary::Sqrt { root } else { 1.0 / root })
        }
        _ => {
            let y = x.float();
            Number::F64(match op {
                Unary::Neg => -y,
                Unary::Abs => y.abs(),
                Unary::Sign if y == 0.0 => 0.0,
                Unary::Sign if y.is_nan() => y,
                Unary::Sign => y.signum(),
                Unary::Sqrt => y.sqrt(),
                Unary::Rsqrt => 1.0 / y.sqrt(),
                Unary::Floor => y.floor(),
                Unary::Ceil => y.ceil(),
                Unary::Rint => y.round_ties_even(),
                Unary::IsNan => return Number::Bool(y.is_nan()),
                Unary::IsInf => return Number::Bool(y.is_infinite()),
                Unary::IsFinite => return Number::Bool(y.is_finite()),
                Unary::Exp => y.exp(),
                Unary::Expm1 => y.exp_m1(),
                Unary::Log => y.ln(),
                Unary::Log1p => y.ln_1p(),
                Unary::Sin => y.sin(),
                Unary::Cos => y.cos(),
                Unary::Tan => y.tan(),
                Unary::Asin => y.asin(),
                Unary::Acos => y.acos(),
                Unary::Atan => y.atan(),
                Unary::Sinh => y.sinh(),
                Unary::Cosh => y.cosh(),
                Unary::Asinh if y.is_infinite() => y,
                Unary::Asinh => y.signum() * (y.abs() + y * y / (1.0 + (1.0 + y * y).sqrt())).ln_1p(),
                Unary::Acosh => y.acosh(),
                Unary::Atanh => y.atanh(),
                Unary::Tanh => y.tanh(),
                Unary::Sigmoid => 1.0 / (1.0 + (-y).exp()),
                Unary::Erf => libm::erf(y),
                Unary::Erfc => libm::erfc(y),
                Unary::Lgamma => libm::lgamma(y),
                Unary::Softplus => (-y.abs()).exp().ln_1p() + if y < 0.0 { 0.0 } else { y },
                _ => panic!("{op:?} of a float"),
            })
        }
    }
}

fn binary(op: Binary, x: Number, y: Number, bits: u32) -> Option<Number> {
    match (x, y) {
        (Number::Bool(x), Number::Bool(y)) => Some(Number::Bool(match op {
            Binary::And => x && y,
            Binary::Or => x || y,
            _ => compare(op, x, y)?,
        })),
        (Number::Int(x), Number::Int(y)) => integer_binary(op, x, y, bits),
        (Number::F32(x), Number::F32(y)) => {
            Some(match float_binary(op, x.into(), y.into(), |q| (q as f32).into()) {
                // A sum, product or quotient of two f32 in f64 rounds to f32 as if it had been exact.
                Some(result) => result,
                None => Number::Bool(compare(op, x, y)?),
            })
        }
        _ => Some(match float_binary(op, x.float(), y.float(), |q| q) {
            Some(result) => result,
            None => Number::Bool(compare(op, x.float(), y.float())?),
        }),
    }
}

fn compare<T: PartialOrd>(op: Binary, x: T, y: T) -> Option<bool> {
    Some(match op {
        Binary::Less => x < y,
        Binary::LessEqual => x <= y,
        Binary::Greater => x > y,
        Binary::GreaterEqual => x >= y,
        Binary::Equal => x == y,
        Binary::NotEqual => x != y,
        _ => return None,
    })
}

fn integer_binary(op: Binary, x: i128, y: i128, bits: u32) -> Option<Number> {
    use Binary::{Div, FloorDiv, FloorMod, TruncDiv, TruncMod};
    let division = matches!(op, Div | FloorDiv | FloorMod | TruncDiv | TruncMod);
    if division && y == 0 || op == Binary::Pow && y < 0 {
        return None;
    }
    let shift = y.clamp(0, (bits - 1).into()) as u32;
    let floor = || x.div_euclid(y) - if y < 0 && x.rem_euclid(y) != 0 { 1 } else { 0 };
    Some(Number::Int(match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x.wrapping_mul(y),
        Binary::Div | Binary::TruncDiv => x / y,
        Binary::TruncMod => x % y,
        Binary::FloorDiv => floor(),
        Binary::FloorMod => x - y * floor(),
        Binary::Pow => (0..128).rev().fold(1_i128, |power, bit| {
            let square = power.wrapping_mul(power);
            if y >> bit & 1 == 1 { square.wrapping_mul(x) } else { square }
        }),
        Binary::Maximum => x.max(y),
        Binary::Minimum => x.min(y),
        Binary::BitAnd => x & y,
        Binary::BitOr => x | y,
        Binary::BitXor => x ^ y,
        Binary::ShiftLeft => x << shift,
        Binary::ShiftRight => x >> shift,
        _ => return compare(op, x, y).map(Number::Bool),
    }))
}

/// Exact before it is rounded to x's and y's own type, as `round` does; `None` for comparisons.
fn float_binary(op: Binary, x: f64, y: f64, round: fn(f64) -> f64) -> Option<Number> {
    let nan = x.is_nan() || y.is_nan();
    Some(Number::F64(match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::TruncMod => x % y,
        Binary::FloorDiv => round(x / y).floor(),
        Binary::FloorMod if x % y != 0.0 && (x % y < 0.0) != (y < 0.0) => x % y + y,
        Binary::FloorMod => x % y,
        Binary::Maximum | Binary::Minimum if nan => f64::NAN,
        Binary::Maximum => {
            if y > x {
                y
            } else {
                x
            }
        }
        Binary::Minimum => {
            if y < x {
                y
            } else {
                x
            }
        }
        _ => return None,
    }))
}

/// Each element of each input of a program, in row-major order of the shape.
pub(crate) fn elements(
    program: &MapProgram,
    shape: &[usize],
    layouts: &[Layout],
    inputs: &[Vec<u8>],
) -> Vec<Vec<Number>> {
    let mut elements = Vec::new();
    for place in 0..element_count(shape).unwrap() {
        let mut rest = place;
        let mut offsets: Vec<isize> = layouts.iter().map(|layout| layout.offset as isize).collect();
        for axis in (0..shape.len()).rev() {
            let coordinate = (rest % shape[axis]) as isize;
            rest /= shape[axis];
            offsets.iter_mut().zip(layouts).for_each(|(e, layout)| *e += coordinate * layout.strides[axis]);
        }
        let numbers = program.inputs().iter().zip(inputs).zip(offsets);
        let number = |((stored, bytes), e): ((&ScalarType, &Vec<u8>), isize)| {
            load(*stored, &bytes[e as usize * stored.size()..][..stored.size()])
        };
        elements.push(numbers.map(number).collect());
    }
    elements
}

/// The outputs' bytes; `None` where the program fails.
pub(crate) fn map(
    program: &MapProgram,
    shape: &[usize],
    layouts: &[Layout],
    inputs: &[Vec<u8>],
) -> Option<Vec<Vec<u8>>> {
    let mut outputs = vec![Vec::new(); program.outputs().len()];
    for numbers in elements(program, shape, layouts, inputs) {
        let results = evaluate(program, &numbers)?;
        for ((output, &(_, stored)), result) in outputs.iter_mut().zip(program.outputs()).zip(results) {
            output.extend(store(stored, result));
        }
    }
    Some(outputs)
}

/// An output's bytes with every NaN as one pattern.
pub(crate) fn settled(stored: ScalarType, bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(stored.size()).flat_map(|b| store(stored, load(stored, b))).collect()
}

/// Runs a kernel on fresh buffers, where `in_place` names an input and the output that takes its memory.
pub(crate) fn run(
    kernel: &dyn Kernel,
    inputs: &[Vec<u8>],
    in_place: Option<(usize, usize)>,
    threads: usize,
) -> Result<Vec<Vec<u8>>, KernelError> {
    let mut inputs: Vec<Buffer> = inputs.iter().map(|i| Buffer::from_slice(i)).collect();
    assert_eq!(kernel.input_bytes(), inputs.iter().map(Buffer::len).collect::<Vec<_>>());
    let mut outputs: Vec<Buffer> = kernel.output_bytes().iter().map(|&bytes| Buffer::zeroed(bytes)).collect();
    let view = |b: &mut Buffer| (b.bytes_mut().as_mut_ptr(), b.len());
    let pointers: Vec<(*mut u8, usize)> = inputs.iter_mut().map(view).collect();
    let mut targets: Vec<(*mut u8, usize)> = outputs.iter_mut().map(view).collect();
    if let Some((input, output)) = in_place {
        targets[output] = pointers[input];
    }
    // SAFETY: the buffers live on and have the sizes; the kernel allows the one overlap.
    let result = unsafe {
        let views: Vec<In<'_>> = pointers.iter().map(|&(p, n)| In::from_raw(p, n)).collect();
        let mut targets: Vec<Out<'_>> = targets.iter().map(|&(p, n)| Out::from_raw(p, n)).collect();
        kernel.run(&Context { threads }, &views, &mut targets)
    };
    if let Some((input, output)) = in_place {
        outputs[output] = inputs[input].clone();
    }
    result.map(|()| outputs.iter().map(|b| b.bytes().to_vec()).collect())
}

/// Each input with each output that may take its memory, and none.
pub(crate) fn places(kernel: &dyn Kernel) -> Vec<Option<(usize, usize)>> {
    let outputs = kernel.output_bytes().len();
    let all = (0..kernel.input_bytes().len()).flat_map(|i| (0..outputs).map(move |o| (i, o)));
    [None].into_iter().chain(all.filter(|&(i, o)| kernel.in_place(i, o)).map(Some)).collect()
}
