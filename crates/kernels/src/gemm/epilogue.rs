//! What is made of a product's elements before they leave the cache.

use crate::{Binary, Instruction, MapProgram, ScalarType, Value};

use super::{EpilogueInput, GemmEpilogue};

/// An epilogue that a tile does in registers: `product`, `product + bias`, and the greater of either and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BiasRelu {
    /// Whether the epilogue's first extra input is a bias.
    pub(super) bias: bool,
    pub(super) relu: bool,
}

impl BiasRelu {
    /// What the epilogue is, if it is one of these.
    pub(super) fn of(epilogue: &GemmEpilogue, dtype: ScalarType) -> Option<BiasRelu> {
        let program = &epilogue.program;
        let &[(value, stored)] = program.outputs() else { return None };
        let summed_as_stored =
            [ScalarType::F32, ScalarType::F64, ScalarType::I32, ScalarType::I64].contains(&dtype);
        if !summed_as_stored || stored != dtype || program.inputs().iter().any(|&input| input != dtype) {
            return None;
        }
        let step = |value: Value| program.instructions()[value.index()];
        let (relu, value) = match step(value) {
            // The operands' order tells which zero comes of 0 and −0, and so it must be the tile's.
            Instruction::Binary(Binary::Maximum, x, zero) if is_zero(program, zero) => (true, x),
            _ => (false, value),
        };
        let inputs = |x: Value, y: Value| (step(x), step(y));
        match (step(value), &epilogue.extra[..]) {
            (Instruction::Input(0), []) => Some(BiasRelu { bias: false, relu }),
            (Instruction::Binary(Binary::Add, x, y), [EpilogueInput::Row]) => {
                let both = [
                    (Instruction::Input(0), Instruction::Input(1)),
                    (Instruction::Input(1), Instruction::Input(0)),
                ];
                both.contains(&inputs(x, y)).then_some(BiasRelu { bias: true, relu })
            }
            _ => None,
        }
    }
}

fn is_zero(program: &MapProgram, value: Value) -> bool {
    matches!(program.instructions()[value.index()], Instruction::Constant(_, 0))
}
