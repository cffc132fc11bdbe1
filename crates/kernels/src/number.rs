//! Numbers of every type there is but the complex, for loops that add, compare and update: scatters, poolings, scans.

use half::{bf16, f16};

/// What an update does to the number that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Update {
    /// Takes its place.
    Assign,
    /// Is added to it.
    Add,
    /// Is taken from it.
    Subtract,
    /// Is multiplied with it.
    Multiply,
    /// Divides it. A whole number cannot be divided by zero.
    Divide,
    /// Takes its place if it is smaller.
    Minimum,
    /// Takes its place if it is larger.
    Maximum,
}

/// What a row is before anything is scattered to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// 0, the sum of nothing.
    Zero,
    /// 1, the product of nothing.
    One,
    /// The largest finite number of the type, of which every other is the minimum.
    Largest,
    /// The lowest finite number of the type, of which every other is the maximum.
    Lowest,
}

/// A number that loops are compiled for.
pub(crate) trait Number: bytemuck::Pod + Send + Sync + std::fmt::Debug + PartialOrd {
    /// Whether networks compute with it, so that loops are worth compiling for each instruction set.
    const COMMON: bool = false;

    fn from_bit(bit: bool) -> Self;
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    /// The quotient; 0 where a whole number would be divided by zero.
    fn divide(self, other: Self) -> Self;
    /// Whether dividing by it is impossible.
    fn divides_nothing(self) -> bool;
    fn start(start: Start) -> Self;

    fn updated(self, update: Update, new: Self) -> Self {
        match update {
            Update::Assign => new,
            Update::Add => self.add(new),
            Update::Subtract => self.subtract(new),
            Update::Multiply => self.multiply(new),
            Update::Divide => self.divide(new),
            Update::Minimum if new < self => new,
            Update::Maximum if new > self => new,
            Update::Minimum | Update::Maximum => self,
        }
    }
}

macro_rules! integers {
    ($($type:ty)*) => { $(
        impl Number for $type {
            fn from_bit(bit: bool) -> $type {
                bit.into()
            }
            fn add(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            fn subtract(self, other: $type) -> $type {
                self.wrapping_sub(other)
            }
            fn multiply(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
            fn divide(self, other: $type) -> $type {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            fn divides_nothing(self) -> bool {
                self == 0
            }
            fn start(start: Start) -> $type {
                match start {
                    Start::Zero => 0,
                    Start::One => 1,
                    Start::Largest => <$type>::MAX,
                    Start::Lowest => <$type>::MIN,
                }
            }
        }
    )* };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($type:ty)*) => { $(
        impl Number for $type {
            const COMMON: bool = size_of::<$type>() >= 4;

            fn from_bit(bit: bool) -> $type {
                u8::from(bit).into()
            }
            fn add(self, other: $type) -> $type {
                self + other
            }
            fn subtract(self, other: $type) -> $type {
                self - other
            }
            fn multiply(self, other: $type) -> $type {
                self * other
            }
            fn divide(self, other: $type) -> $type {
                self / other
            }
            fn divides_nothing(self) -> bool {
                false
            }
            fn start(start: Start) -> $type {
                match start {
                    Start::Zero => 0u8.into(),
                    Start::One => 1u8.into(),
                    Start::Largest => <$type>::MAX,
                    Start::Lowest => <$type>::MIN,
                }
            }
        }
    )* };
}
floats!(f32 f64 f16 bf16);

/// Evaluates `$body` with `$type` the Rust type of `$dtype`.
macro_rules! with_number {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            ScalarType::I8 => with_number!(@ i8, $type => $body),
            ScalarType::I16 => with_number!(@ i16, $type => $body),
            ScalarType::I32 => with_number!(@ i32, $type => $body),
            ScalarType::I64 => with_number!(@ i64, $type => $body),
            ScalarType::U16 => with_number!(@ u16, $type => $body),
            ScalarType::U32 => with_number!(@ u32, $type => $body),
            ScalarType::U64 => with_number!(@ u64, $type => $body),
            ScalarType::F16 => with_number!(@ half::f16, $type => $body),
            ScalarType::BF16 => with_number!(@ half::bf16, $type => $body),
            ScalarType::F32 => with_number!(@ f32, $type => $body),
            ScalarType::F64 => with_number!(@ f64, $type => $body),
            ScalarType::U8 | ScalarType::Bool => with_number!(@ u8, $type => $body),
        }
    };
    (@ $number:ty, $type:ident => $body:expr) => {{
        type $type = $number;
        $body
    }};
}

pub(crate) use with_number;
