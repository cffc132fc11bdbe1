//! The types of the numbers (and strings) in a tensor.

use std::fmt;

use half::{bf16, f16};
use tenseur_kernels::ScalarType;

/// The element type of a tensor. All of TensorFlow's that a graph may name are here; arrays of `Resource` and `Variant` do
/// not exist, and making one is an error. A complex number is its real part and then its imaginary part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The names are the documentation.
pub enum DType {
    Float16,
    BFloat16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Bool,
    String,
    Complex64,
    Complex128,
    Resource,
    Variant,
}

/// Each type with TensorFlow's name for it and its number in a GraphDef.
const TABLE: [(DType, &str, i32); 18] = [
    (DType::Float16, "float16", 19),
    (DType::BFloat16, "bfloat16", 14),
    (DType::Float32, "float32", 1),
    (DType::Float64, "float64", 2),
    (DType::Int8, "int8", 6),
    (DType::Int16, "int16", 5),
    (DType::Int32, "int32", 3),
    (DType::Int64, "int64", 9),
    (DType::UInt8, "uint8", 4),
    (DType::UInt16, "uint16", 17),
    (DType::UInt32, "uint32", 22),
    (DType::UInt64, "uint64", 23),
    (DType::Bool, "bool", 10),
    (DType::String, "string", 7),
    (DType::Complex64, "complex64", 8),
    (DType::Complex128, "complex128", 18),
    (DType::Resource, "resource", 20),
    (DType::Variant, "variant", 21),
];

impl DType {
    /// Every type, in a fixed order.
    pub fn all() -> impl Iterator<Item = DType> {
        TABLE.iter().map(|row| row.0)
    }

    /// TensorFlow's name: `float32`.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The type that TensorFlow calls so.
    pub fn from_name(name: &str) -> Option<DType> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The number in a GraphDef or a checkpoint (`DataType` in TensorFlow's types.proto).
    pub fn number(self) -> i32 {
        TABLE[self as usize].2
    }

    /// The type with this number, and whether the number names a reference to it (TensorFlow adds 100).
    pub fn from_number(number: i32) -> Option<(DType, bool)> {
        let (plain, reference) = if number > 100 { (number - 100, true) } else { (number, false) };
        TABLE.iter().find(|row| row.2 == plain).map(|row| (row.0, reference))
    }

    /// How its numbers are stored, if it is a type of numbers (or of booleans).
    pub fn scalar(self) -> Option<ScalarType> {
        use DType::*;
        Some(match self {
            Float16 => ScalarType::F16,
            BFloat16 => ScalarType::BF16,
            Float32 => ScalarType::F32,
            Float64 => ScalarType::F64,
            Int8 => ScalarType::I8,
            Int16 => ScalarType::I16,
            Int32 => ScalarType::I32,
            Int64 => ScalarType::I64,
            UInt8 => ScalarType::U8,
            UInt16 => ScalarType::U16,
            UInt32 => ScalarType::U32,
            UInt64 => ScalarType::U64,
            Bool => ScalarType::Bool,
            String | Complex64 | Complex128 | Resource | Variant => return None,
        })
    }

    /// Bytes of one element in memory; `None` for types that are not numbers.
    pub fn size(self) -> Option<usize> {
        match self {
            DType::Complex64 => Some(8),
            DType::Complex128 => Some(16),
            _ => self.scalar().map(ScalarType::size),
        }
    }

    /// complex64 or complex128.
    pub fn is_complex(self) -> bool {
        matches!(self, DType::Complex64 | DType::Complex128)
    }

    /// float16, bfloat16, float32 or float64.
    pub fn is_float(self) -> bool {
        self.scalar().is_some_and(ScalarType::is_float)
    }

    /// A signed or unsigned integer (not bool).
    pub fn is_integer(self) -> bool {
        use DType::*;
        matches!(self, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64)
    }

    /// Whether it can hold negative numbers.
    pub fn is_signed(self) -> bool {
        use DType::*;
        self.is_float() || matches!(self, Int8 | Int16 | Int32 | Int64 | Complex64 | Complex128)
    }

    /// A float or an integer (not bool).
    pub fn is_number(self) -> bool {
        self.is_float() || self.is_integer()
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A Rust type that is the element of an [`Array`](crate::Array).
pub trait Element: Copy + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The name of the type at run time.
    const DTYPE: DType;

    /// Bytes as elements. `None` if the size does not fit or, for `bool`, if a byte is neither 0 nor 1.
    fn from_bytes(bytes: &[u8]) -> Option<&[Self]>;

    /// Elements as bytes.
    fn to_bytes(values: &[Self]) -> &[u8];
}

macro_rules! elements {
    ($($rust:ty => $dtype:ident),*) => { $(
        impl Element for $rust {
            const DTYPE: DType = DType::$dtype;

            fn from_bytes(bytes: &[u8]) -> Option<&[Self]> {
                bytemuck::checked::try_cast_slice(bytes).ok()
            }

            fn to_bytes(values: &[Self]) -> &[u8] {
                bytemuck::cast_slice(values)
            }
        }
    )* };
}
elements!(f16 => Float16, bf16 => BFloat16, f32 => Float32, f64 => Float64, i8 => Int8, i16 => Int16, i32 => Int32,
          i64 => Int64, u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64, bool => Bool);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_are_unique() {
        for dtype in DType::all() {
            assert_eq!(DType::from_name(dtype.name()), Some(dtype));
            assert_eq!(DType::from_number(dtype.number()), Some((dtype, false)));
            assert_eq!(DType::from_number(dtype.number() + 100), Some((dtype, true)));
            assert_eq!(TABLE[dtype as usize].0, dtype);
        }
        assert_eq!(DType::from_number(0), None);
        assert_eq!(DType::from_number(-7), None);
    }
}
