//! The numbers that kernels read and write.

use half::{bf16, f16};

/// The type of one stored number. A `bool` is stored as one byte, 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The names are the documentation.
pub enum ScalarType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    BF16,
    F32,
    F64,
}

impl ScalarType {
    /// Bytes that one number takes.
    pub const fn size(self) -> usize {
        use ScalarType::*;
        match self {
            Bool | I8 | U8 => 1,
            I16 | U16 | F16 | BF16 => 2,
            I32 | U32 | F32 => 4,
            I64 | U64 | F64 => 8,
        }
    }

    /// Whether the type has NaN and infinities.
    pub const fn is_float(self) -> bool {
        use ScalarType::*;
        matches!(self, F16 | BF16 | F32 | F64)
    }
}

/// A Rust type that kernels store. (`bool` has no place here because not every byte is one: it travels as `u8`.)
pub trait Scalar: bytemuck::Pod + Send + Sync + std::fmt::Debug {
    /// The name of the type at run time.
    const TYPE: ScalarType;
}

macro_rules! scalars {
    ($($rust:ty => $name:ident),*) => { $(impl Scalar for $rust { const TYPE: ScalarType = ScalarType::$name; })* };
}
scalars!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64,
         f16 => F16, bf16 => BF16, f32 => F32, f64 => F64);
