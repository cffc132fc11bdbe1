//! Complex numbers, of which rows may be made that are scattered: a real part and then an imaginary one.

use bytemuck::{Pod, Zeroable};

use crate::ScalarType;
use crate::number::{Number, Start};

/// What rows are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// Real numbers.
    Real(ScalarType),
    /// Complex numbers with parts of 32 bits.
    Complex64,
    /// Complex numbers with parts of 64 bits.
    Complex128,
}

impl ElementType {
    /// Bytes that one takes.
    pub const fn size(self) -> usize {
        match self {
            ElementType::Real(dtype) => dtype.size(),
            ElementType::Complex64 => 8,
            ElementType::Complex128 => 16,
        }
    }
}

impl From<ScalarType> for ElementType {
    fn from(dtype: ScalarType) -> ElementType {
        ElementType::Real(dtype)
    }
}

/// x + iy.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Complex<T>([T; 2]);

macro_rules! numbers {
    ($($part:ty)*) => { $(
        impl Number for Complex<$part> {
            fn from_bit(bit: bool) -> Self {
                Complex([u8::from(bit).into(), 0.0])
            }
            fn add(self, Complex([c, d]): Self) -> Self {
                let Complex([a, b]) = self;
                Complex([a + c, b + d])
            }
            fn subtract(self, Complex([c, d]): Self) -> Self {
                let Complex([a, b]) = self;
                Complex([a - c, b - d])
            }
            fn multiply(self, Complex([c, d]): Self) -> Self {
                let Complex([a, b]) = self;
                Complex([a * c - b * d, a * d + b * c])
            }
            fn divide(self, Complex([c, d]): Self) -> Self {
                let Complex([a, b]) = self;
                let square = c * c + d * d;
                Complex([(a * c + b * d) / square, (b * c - a * d) / square])
            }
            fn divides_nothing(self) -> bool {
                false
            }
            // Complex numbers have no order, so that no fold begins with an end of it.
            fn start(start: Start) -> Self {
                Complex([if start == Start::One { 1.0 } else { 0.0 }, 0.0])
            }
        }
    )* };
}
numbers!(f32 f64);
