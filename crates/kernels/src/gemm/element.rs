//! How stored numbers become what sums are made of, and back.

use half::{bf16, f16};

use super::tile::Sum;
use super::vector::Number;
use crate::Scalar;

/// A stored number. Halves are summed in `f32`; integers wrap, so that `i32` serves for all narrower ones.
pub(crate) trait Element: Scalar {
    /// What products of these are summed in.
    type Sum: Sum + Element<Sum = Self::Sum>;
    /// Whether a stored number is one of [`Sum`](Element::Sum) already.
    const SAME: bool;
    /// The same number.
    fn widen(self) -> Self::Sum;
    /// The nearest stored number, ties to even; integers lose their high bits.
    fn narrow(sum: Self::Sum) -> Self;
}

macro_rules! elements {
    ($($element:ty => $sum:ty, $same:literal, |$x:ident| $widen:expr, |$y:ident| $narrow:expr;)*) => {
        $(impl Element for $element {
            type Sum = $sum;
            const SAME: bool = $same;
            #[inline(always)]
            fn widen(self) -> $sum {
                let $x = self;
                $widen
            }
            #[inline(always)]
            fn narrow($y: $sum) -> $element {
                $narrow
            }
        })*
    };
}
elements! {
    f32 => f32, true, |x| x, |y| y;
    f64 => f64, true, |x| x, |y| y;
    f16 => f32, false, |x| x.to_f32(), |y| f16::from_f32(y);
    bf16 => f32, false, |x| f32::from_bits(u32::from(x.to_bits()) << 16), |y| bf16::from_f32(y);
    i8 => i32, false, |x| x.into(), |y| y as i8;
    i16 => i32, false, |x| x.into(), |y| y as i16;
    i32 => i32, true, |x| x, |y| y;
    i64 => i64, true, |x| x, |y| y;
}

/// `out + factor · sum`, rounded after each operation in the type of sums, and once more to be stored.
#[inline(always)]
pub(super) fn accumulate<E: Element>(out: E, factor: E::Sum, sum: E::Sum) -> E {
    E::narrow(out.widen().add(factor.mul(sum)))
}
