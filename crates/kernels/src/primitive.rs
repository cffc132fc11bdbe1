//! The words of the scalar language: the types that numbers have while they are computed, and the primitives that
//! work on them. [`MapProgram`](crate::MapProgram) puts them together.
//!
//! Every primitive does what TensorFlow does on a CPU: integers wrap, floats follow IEEE 754.

use crate::ScalarType;

/// The type of a number while it is computed. Narrower stored types compute in one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The names are the documentation.
pub enum ComputeType {
    Bool,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl ComputeType {
    /// Bytes that one number takes in a register.
    pub const fn size(self) -> usize {
        self.stored().size()
    }

    /// The stored type of the same width.
    pub const fn stored(self) -> ScalarType {
        match self {
            ComputeType::Bool => ScalarType::Bool,
            ComputeType::I32 => ScalarType::I32,
            ComputeType::U32 => ScalarType::U32,
            ComputeType::I64 => ScalarType::I64,
            ComputeType::U64 => ScalarType::U64,
            ComputeType::F32 => ScalarType::F32,
            ComputeType::F64 => ScalarType::F64,
        }
    }

    /// Whether the type has NaN and infinities.
    pub const fn is_float(self) -> bool {
        matches!(self, ComputeType::F32 | ComputeType::F64)
    }

    /// Whether the type is a signed or unsigned integer.
    pub const fn is_integer(self) -> bool {
        !self.is_float() && !matches!(self, ComputeType::Bool)
    }

    /// Whether the type is a signed integer.
    pub const fn is_signed_integer(self) -> bool {
        matches!(self, ComputeType::I32 | ComputeType::I64)
    }
}

impl ScalarType {
    /// The type in which numbers stored as this one are computed: `i8` and `i16` as `i32`, `u8` and `u16` as `u32`,
    /// `f16` and `bf16` as `f32`.
    pub const fn compute(self) -> ComputeType {
        use ScalarType::*;
        match self {
            Bool => ComputeType::Bool,
            I8 | I16 | I32 => ComputeType::I32,
            U8 | U16 | U32 => ComputeType::U32,
            I64 => ComputeType::I64,
            U64 => ComputeType::U64,
            F16 | BF16 | F32 => ComputeType::F32,
            F64 => ComputeType::F64,
        }
    }
}

/// A number written in a program.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // The names are the documentation.
pub enum Constant {
    Float(f64),
    Int(i64),
    UInt(u64),
    Bool(bool),
}

/// A primitive of one operand, of whose type the result is unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unary {
    /// −x; integers wrap.
    Neg,
    /// |x|; the least signed integer stays itself.
    Abs,
    /// −1, 0 or 1; NaN stays NaN.
    Sign,
    /// eˣ.
    Exp,
    /// eˣ − 1, accurate near 0.
    Expm1,
    /// The natural logarithm.
    Log,
    /// ln(1 + x), accurate near 0.
    Log1p,
    /// √x.
    Sqrt,
    /// 1 / √x.
    Rsqrt,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Tangent of radians.
    Tan,
    /// Inverse sine.
    Asin,
    /// Inverse cosine.
    Acos,
    /// Inverse tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine.
    Acosh,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// Hyperbolic tangent.
    Tanh,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// The greatest whole number not above x.
    Floor,
    /// The least whole number not below x.
    Ceil,
    /// The nearest whole number, halves to the even one.
    Rint,
    /// The error function, 2/√π ∫₀ˣ exp(−t²) dt.
    Erf,
    /// 1 − erf(x), accurate for large x.
    Erfc,
    /// ln |Γ(x)|.
    Lgamma,
    /// The derivative of ln Γ(x).
    Digamma,
    /// Logical not, of a bool.
    Not,
    /// Every bit flipped, of an integer.
    BitNot,
    /// Whether a float is NaN: a bool.
    IsNan,
    /// Whether a float is +∞ or −∞: a bool.
    IsInf,
    /// Whether a float is neither NaN nor infinite: a bool.
    IsFinite,
}

/// A primitive of two operands of one type, of which the result is unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binary {
    /// x + y; integers wrap.
    Add,
    /// x − y; integers wrap.
    Sub,
    /// x · y; integers wrap.
    Mul,
    /// x / y. Of integers rounded towards 0, and an error where y is 0.
    Div,
    /// ⌊x / y⌋. Of integers an error where y is 0.
    FloorDiv,
    /// x − y·⌊x / y⌋, which has the sign of y. Of integers an error where y is 0.
    FloorMod,
    /// x / y rounded towards 0, of integers; an error where y is 0, of another kind than that of [`Binary::Div`].
    TruncDiv,
    /// The remainder of the division rounded towards 0, which has the sign of x. Of integers an error where y is 0.
    TruncMod,
    /// xʸ. Of integers it wraps, and is an error where y is negative.
    Pow,
    /// The greater; NaN where either is.
    Maximum,
    /// The lesser; NaN where either is.
    Minimum,
    /// The angle of the point (y, x), where x is the primitive's first operand: `atan2(x, y)` in C's order.
    Atan2,
    /// The derivative of order x of ψ at y, where x is a whole number of 0 or more.
    Polygamma,
    /// Hurwitz's zeta function, Σₖ (y + k)⁻ˣ for k = 0, 1, …
    Zeta,
    /// x < y: a bool.
    Less,
    /// x ≤ y: a bool.
    LessEqual,
    /// x > y: a bool.
    Greater,
    /// x ≥ y: a bool.
    GreaterEqual,
    /// x = y: a bool.
    Equal,
    /// x ≠ y: a bool.
    NotEqual,
    /// Logical and, of bools.
    And,
    /// Logical or, of bools.
    Or,
    /// Bitwise and, of integers.
    BitAnd,
    /// Bitwise or, of integers.
    BitOr,
    /// Bitwise exclusive or, of integers.
    BitXor,
    /// x · 2ʸ, of integers; y is brought into `[0, bits)`.
    ShiftLeft,
    /// x / 2ʸ rounded down, of integers; y is brought into `[0, bits)`.
    ShiftRight,
}

impl Unary {
    /// The type of the result for an operand of type `x`; `None` where the primitive does not take that type.
    pub const fn result(self, x: ComputeType) -> Option<ComputeType> {
        use Unary::*;
        let takes = match self {
            Neg | Abs | Sign => !matches!(x, ComputeType::Bool),
            Not => matches!(x, ComputeType::Bool),
            BitNot => x.is_integer(),
            _ => x.is_float(),
        };
        match self {
            _ if !takes => None,
            IsNan | IsInf | IsFinite => Some(ComputeType::Bool),
            _ => Some(x),
        }
    }
}

impl Binary {
    /// The type of the result for operands of type `x`; `None` where the primitive does not take that type.
    pub const fn result(self, x: ComputeType) -> Option<ComputeType> {
        use Binary::*;
        let bool = matches!(x, ComputeType::Bool);
        match self {
            Add | Sub | Mul | Div | FloorDiv | FloorMod | TruncMod | Pow if !bool => Some(x),
            Maximum | Minimum if !bool => Some(x),
            Atan2 | Polygamma | Zeta if x.is_float() => Some(x),
            Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual => Some(ComputeType::Bool),
            And | Or if bool => Some(x),
            TruncDiv | BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight if x.is_integer() => Some(x),
            _ => None,
        }
    }

    /// Whether some integer second operand makes the primitive fail.
    pub(crate) const fn can_fail(self, x: ComputeType) -> bool {
        match self {
            Binary::Div | Binary::FloorDiv | Binary::FloorMod | Binary::TruncDiv | Binary::TruncMod => {
                x.is_integer()
            }
            Binary::Pow => x.is_signed_integer(),
            _ => false,
        }
    }
}
