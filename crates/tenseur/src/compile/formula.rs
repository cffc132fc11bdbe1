//! An elementwise loop's program as a formula: `exp(a − b) · c`.

use tenseur_kernels::{Binary, ComputeType, Instruction, MapProgram, ScalarType, Unary, Value};

/// A part of a formula, and how tightly its outermost operator binds.
#[derive(Clone)]
struct Part {
    text: String,
    binds: Binds,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binds {
    Comparison,
    Sum,
    Product,
    Sign,
    Name,
}

/// A formula for each output of the program, over the names of its inputs. What is used more than once gets a name, which
/// is explained at the end: `t · t with t = a − b`.
pub(super) fn formulas(program: &MapProgram, inputs: &[String]) -> Vec<String> {
    let instructions = program.instructions();
    let mut uses = vec![0usize; instructions.len()];
    instructions.iter().flat_map(Instruction::operands).for_each(|operand| uses[operand.index()] += 1);
    let mut parts: Vec<Part> = Vec::with_capacity(instructions.len());
    let mut shared: Vec<String> = Vec::new();
    for (index, instruction) in instructions.iter().enumerate() {
        let part = part(program, *instruction, inputs, &parts);
        let simple = part.binds == Binds::Name && !part.text.contains('(');
        parts.push(match uses[index] > 1 && !simple {
            false => part,
            true => {
                let name = format!("t{}", shared.len() + 1);
                shared.push(format!("{name} = {}", part.text));
                Part { text: name, binds: Binds::Name }
            }
        });
    }
    let mut formulas: Vec<String> =
        program.outputs().iter().map(|(value, _)| parts[value.index()].text.clone()).collect();
    if let (Some(last), false) = (formulas.last_mut(), shared.is_empty()) {
        *last = format!("{last} with {}", shared.join(", "));
    }
    formulas
}

fn part(program: &MapProgram, instruction: Instruction, inputs: &[String], parts: &[Part]) -> Part {
    let part = |value: Value| &parts[value.index()];
    let name = |text: String| Part { text, binds: Binds::Name };
    let at_least = |value: Value, binds: Binds| match part(value).binds >= binds {
        true => part(value).text.clone(),
        false => format!("({})", part(value).text),
    };
    let infix = |x: Value, sign: &str, y: Value, binds: Binds, right: Binds| Part {
        text: format!("{} {sign} {}", at_least(x, binds), at_least(y, right)),
        binds,
    };
    let call = |function: &str, arguments: &[Value]| {
        let arguments: Vec<&str> = arguments.iter().map(|&value| part(value).text.as_str()).collect();
        name(format!("{function}({})", arguments.join(", ")))
    };
    match instruction {
        Instruction::Input(input) => name(inputs[usize::from(input)].clone()),
        Instruction::Constant(of, bits) => {
            let text = number(of, bits);
            let binds = if text.starts_with('-') { Binds::Sign } else { Binds::Name };
            Part { text, binds }
        }
        Instruction::Unary(Unary::Neg, x) => {
            Part { text: format!("-{}", at_least(x, Binds::Name)), binds: Binds::Sign }
        }
        Instruction::Unary(op, x) => call(&format!("{op:?}").to_lowercase(), &[x]),
        Instruction::Binary(op, x, y) => match sign(op) {
            Some((sign, binds, right)) => infix(x, sign, y, binds, right),
            None => call(&format!("{op:?}").to_lowercase(), &[x, y]),
        },
        Instruction::Select(condition, then, otherwise) => call("where", &[condition, then, otherwise]),
        Instruction::Cast(x, to) => call(type_name(to), &[x]),
        Instruction::Narrow(x, to) => match program.compute_type(x).stored() == to {
            true => part(x).clone(),
            false => call(type_name(to), &[x]),
        },
    }
}

/// The sign of an operator, how tightly it binds, and how tightly its right operand must.
fn sign(op: Binary) -> Option<(&'static str, Binds, Binds)> {
    Some(match op {
        Binary::Add => ("+", Binds::Sum, Binds::Sum),
        Binary::Sub => ("-", Binds::Sum, Binds::Product),
        Binary::Mul => ("*", Binds::Product, Binds::Product),
        Binary::Div => ("/", Binds::Product, Binds::Sign),
        Binary::Less => ("<", Binds::Comparison, Binds::Sum),
        Binary::LessEqual => ("<=", Binds::Comparison, Binds::Sum),
        Binary::Greater => (">", Binds::Comparison, Binds::Sum),
        Binary::GreaterEqual => (">=", Binds::Comparison, Binds::Sum),
        Binary::Equal => ("==", Binds::Comparison, Binds::Sum),
        Binary::NotEqual => ("!=", Binds::Comparison, Binds::Sum),
        _ => return None,
    })
}

/// The number that these bits are.
fn number(of: ComputeType, bits: u64) -> String {
    match of {
        ComputeType::Bool => (bits != 0).to_string(),
        ComputeType::I32 | ComputeType::I64 => (bits as i64).to_string(),
        ComputeType::U32 | ComputeType::U64 => bits.to_string(),
        ComputeType::F32 => f32::from_bits(bits as u32).to_string(),
        ComputeType::F64 => f64::from_bits(bits).to_string(),
    }
}

fn type_name(stored: ScalarType) -> &'static str {
    match stored {
        ScalarType::Bool => "bool",
        ScalarType::I8 => "int8",
        ScalarType::I16 => "int16",
        ScalarType::I32 => "int32",
        ScalarType::I64 => "int64",
        ScalarType::U8 => "uint8",
        ScalarType::U16 => "uint16",
        ScalarType::U32 => "uint32",
        ScalarType::U64 => "uint64",
        ScalarType::F16 => "float16",
        ScalarType::BF16 => "bfloat16",
        ScalarType::F32 => "float32",
        ScalarType::F64 => "float64",
    }
}

#[cfg(test)]
mod tests {
    use tenseur_kernels::Constant;

    use super::*;

    #[test]
    fn parentheses_stand_where_they_must() {
        let mut p = MapProgram::new();
        let (a, b, c) = (p.input(ScalarType::F32), p.input(ScalarType::F32), p.input(ScalarType::F32));
        let two = p.constant(ScalarType::F32, Constant::Float(-2.0));
        let difference = p.binary(Binary::Sub, b, c);
        let outer = p.binary(Binary::Sub, a, difference); // a - (b - c)
        let product = p.binary(Binary::Mul, outer, two); // (…) * -2
        let quotient = p.binary(Binary::Div, a, product); // a / (…)
        let minus = p.unary(Unary::Neg, quotient);
        let exp = p.unary(Unary::Exp, minus);
        p.output(exp, ScalarType::F32);
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!(formulas(&p.finish(), &names), ["exp(-(a / ((a - (b - c)) * -2)))"]);
    }

    #[test]
    fn what_is_used_twice_is_written_once() {
        let mut p = MapProgram::new();
        let (a, b) = (p.input(ScalarType::F32), p.input(ScalarType::F32));
        let sum = p.binary(Binary::Add, a, b);
        let square = p.binary(Binary::Mul, sum, sum);
        p.output(square, ScalarType::F32);
        p.output(a, ScalarType::F32);
        let names = ["x", "y"].map(String::from);
        assert_eq!(formulas(&p.finish(), &names), ["t1 * t1", "x with t1 = x + y"]);
    }
}
