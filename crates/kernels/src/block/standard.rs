//! Elementary functions by the standard library.

macro_rules! of {
    ($t:ident) => {
        pub(crate) mod $t {
            #[inline(always)]
            pub(crate) fn sin<const FMA: bool>(x: $t) -> $t {
                x.sin()
            }

            #[inline(always)]
            pub(crate) fn cos<const FMA: bool>(x: $t) -> $t {
                x.cos()
            }

            #[inline(always)]
            pub(crate) fn tan<const FMA: bool>(x: $t) -> $t {
                x.tan()
            }

            #[inline(always)]
            pub(crate) fn asin<const FMA: bool>(x: $t) -> $t {
                x.asin()
            }

            #[inline(always)]
            pub(crate) fn acos<const FMA: bool>(x: $t) -> $t {
                x.acos()
            }

            #[inline(always)]
            pub(crate) fn atan<const FMA: bool>(x: $t) -> $t {
                x.atan()
            }

            #[inline(always)]
            pub(crate) fn sinh<const FMA: bool>(x: $t) -> $t {
                x.sinh()
            }

            #[inline(always)]
            pub(crate) fn cosh<const FMA: bool>(x: $t) -> $t {
                x.cosh()
            }

            #[inline(always)]
            pub(crate) fn asinh<const FMA: bool>(x: $t) -> $t {
                x.asinh()
            }

            #[inline(always)]
            pub(crate) fn acosh<const FMA: bool>(x: $t) -> $t {
                x.acosh()
            }

            #[inline(always)]
            pub(crate) fn atanh<const FMA: bool>(x: $t) -> $t {
                x.atanh()
            }

            #[inline(always)]
            pub(crate) fn pow<const FMA: bool>(x: $t, y: $t) -> $t {
                x.powf(y)
            }

            #[inline(always)]
            pub(crate) fn atan2<const FMA: bool>(x: $t, y: $t) -> $t {
                x.atan2(y)
            }
        }
    };
}
of!(f32);
of!(f64);
