//! Ops on the bits of integers.

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::graph::{Operand, Tensor};
use crate::ops::elementwise::number;
use crate::ops::{ByFormula, Formula, Types};

const NO_GRADIENT: &str = "bits do not change smoothly";

/// The bits that both have.
#[derive(Clone, Debug, Default)]
pub struct BitwiseAnd;

impl ByFormula for BitwiseAnd {
    const FORMULA: Formula =
        Formula::binary("BitwiseAnd", Types::INTEGERS, |p, x, y| p.binary(Binary::BitAnd, x, y))
            .not_differentiable(NO_GRADIENT);
}

/// The bits that either has.
#[derive(Clone, Debug, Default)]
pub struct BitwiseOr;

impl ByFormula for BitwiseOr {
    const FORMULA: Formula =
        Formula::binary("BitwiseOr", Types::INTEGERS, |p, x, y| p.binary(Binary::BitOr, x, y))
            .not_differentiable(NO_GRADIENT);
}

/// The bits that just one has.
#[derive(Clone, Debug, Default)]
pub struct BitwiseXor;

impl ByFormula for BitwiseXor {
    const FORMULA: Formula =
        Formula::binary("BitwiseXor", Types::INTEGERS, |p, x, y| p.binary(Binary::BitXor, x, y))
            .not_differentiable(NO_GRADIENT);
}

/// Every bit flipped.
#[derive(Clone, Debug, Default)]
pub struct Invert;

impl ByFormula for Invert {
    const FORMULA: Formula = Formula::unary("Invert", Types::INTEGERS, |p, x| p.unary(Unary::BitNot, x))
        .not_differentiable(NO_GRADIENT);
}

/// x · 2ʸ; y is brought into [0, bits of the type).
#[derive(Clone, Debug, Default)]
pub struct LeftShift;

impl ByFormula for LeftShift {
    const FORMULA: Formula = Formula::binary("LeftShift", Types::INTEGERS, |p, x, y| {
        let places = places(p, y);
        p.binary(Binary::ShiftLeft, x, places)
    })
    .not_differentiable(NO_GRADIENT);
}

/// x / 2ʸ rounded down; y is brought into [0, bits of the type).
#[derive(Clone, Debug, Default)]
pub struct RightShift;

impl ByFormula for RightShift {
    const FORMULA: Formula = Formula::binary("RightShift", Types::INTEGERS, |p, x, y| {
        let places = places(p, y);
        p.binary(Binary::ShiftRight, x, places)
    })
    .not_differentiable(NO_GRADIENT);
}

/// By how many places numbers of the program's inputs are shifted: at most one less than they have bits as they are
/// stored. (The primitive itself stops at the bits in which it computes, which for int8 are 32.)
fn places(p: &mut MapProgram, y: Value) -> Value {
    let bits = p.inputs().last().map_or(0, |stored| 8 * stored.size());
    let most = number(p, y, bits as f64 - 1.0);
    p.binary(Binary::Minimum, y, most)
}

impl Tensor {
    /// The bits that both integers have; the two broadcast. Also the operator `&`.
    #[track_caller]
    pub fn bitwise_and(&self, y: impl Into<Operand>) -> Tensor {
        self.with(BitwiseAnd, y)
    }

    /// The bits that either integer has; the two broadcast. Also the operator `|`.
    #[track_caller]
    pub fn bitwise_or(&self, y: impl Into<Operand>) -> Tensor {
        self.with(BitwiseOr, y)
    }

    /// The bits that just one of the integers has; the two broadcast. Also the operator `^`.
    #[track_caller]
    pub fn bitwise_xor(&self, y: impl Into<Operand>) -> Tensor {
        self.with(BitwiseXor, y)
    }

    /// The integers with every bit flipped. Also the operator `!`.
    #[track_caller]
    pub fn invert(&self) -> Tensor {
        self.graph().add(Invert, &[self])
    }

    /// x · 2ʸ, of integers, which broadcast; y is brought into [0, bits of the type).
    #[track_caller]
    pub fn left_shift(&self, y: impl Into<Operand>) -> Tensor {
        self.with(LeftShift, y)
    }

    /// x / 2ʸ rounded down, of integers, which broadcast; y is brought into [0, bits of the type).
    #[track_caller]
    pub fn right_shift(&self, y: impl Into<Operand>) -> Tensor {
        self.with(RightShift, y)
    }
}

pub(super) fn bitwise_and_cases() -> Vec<Case> {
    vec![
        Case::fed("broadcast", [array![[12], [-1]], array![10, 7]], |_, x| vec![x[0].bitwise_and(&x[1])])
            .expecting([array![[8, 4], [10, 7]]]),
    ]
}

pub(super) fn bitwise_or_cases() -> Vec<Case> {
    vec![
        Case::fed("broadcast", [array![[12], [-1]], array![10, 7]], |_, x| vec![x[0].bitwise_or(&x[1])])
            .expecting([array![[14, 15], [-1, -1]]]),
    ]
}

pub(super) fn bitwise_xor_cases() -> Vec<Case> {
    vec![
        Case::fed("broadcast", [array![[12], [-1]], array![10, 7]], |_, x| vec![x[0].bitwise_xor(&x[1])])
            .expecting([array![[6, 11], [-11, -8]]]),
    ]
}

pub(super) fn invert_cases() -> Vec<Case> {
    vec![
        Case::fed("int32", [array![0, 5, -1]], |_, x| vec![x[0].invert()]).expecting([array![-1, -6, 0]]),
        Case::fed("uint8", [array![0, 5, 255]], |_, x| vec![x[0].cast::<u8>().invert().cast::<i32>()])
            .expecting([array![255, 250, 0]]),
    ]
}

/// Shifts within, at and beyond the bits, of int32 and of uint8.
fn shifts(op: fn(&Tensor, &Tensor) -> Tensor, int32: [i32; 4], uint8: [i32; 4]) -> Vec<Case> {
    vec![
        Case::fed("int32", [array![1, -8, 1, 5], array![4, 1, 40, -1]], move |_, x| vec![op(&x[0], &x[1])])
            .expecting([crate::Array::from_literal(int32)]),
        Case::fed("uint8", [array![1, 200, 255, 3], array![4, 1, 40, 8]], move |_, x| {
            vec![op(&x[0].cast::<u8>(), &x[1].cast::<u8>()).cast::<i32>()]
        })
        .expecting([crate::Array::from_literal(uint8)]),
    ]
}

pub(super) fn left_shift_cases() -> Vec<Case> {
    shifts(|x, y| x.left_shift(y), [16, -16, i32::MIN, 5], [16, 144, 128, 128])
}

pub(super) fn right_shift_cases() -> Vec<Case> {
    shifts(|x, y| x.right_shift(y), [0, -4, 0, 5], [0, 100, 1, 0])
}
