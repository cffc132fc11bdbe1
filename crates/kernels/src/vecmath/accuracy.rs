//! Tests of how far the functions are from the correctly rounded values, at every level the machine has.
//!
//! Functions of `f32` are swept over all bit patterns with a stride, and compared with `f64`'s. Functions of `f64` are
//! compared with a table of correctly rounded values, `reference.txt`, that `reference.py` made with MPFR.

use crate::simd::{Level, per_level};

/// A function as a type, so that [`per_level!`] can take it.
trait Function<T> {
    fn at<const FMA: bool>(x: T) -> T;
}

#[inline(always)]
fn each<const FMA: bool, T: Copy, F: Function<T>>(x: &[T], y: &mut [T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = F::at::<FMA>(*x);
    }
}

per_level! { fn apply<T: Copy, F: Function<T>>(x: &[T], y: &mut [T]) = each; }

/// Units in the last place between `got` and `want`, in the order of their bits. A NaN is far from every number, and
/// zeros of opposite sign are far from each other.
fn distance(got: f64, want: f64) -> u64 {
    match (got.is_nan(), want.is_nan()) {
        (true, true) => 0,
        (false, false) if got == 0.0 && want == 0.0 && got.to_bits() != want.to_bits() => u64::MAX,
        (false, false) => position(got).abs_diff(position(want)),
        _ => u64::MAX,
    }
}

/// Where a number stands among all `f64`, counted from 0.
fn position(x: f64) -> i64 {
    let magnitude = x.abs().to_bits() as i64;
    if x < 0.0 { -magnitude } else { magnitude }
}

/// The ends and turning points of the format, each with its neighbours.
fn special_points() -> Vec<f32> {
    let points =
        [0.0, f32::MIN_POSITIVE, 0.5 * f32::EPSILON, f32::EPSILON, 0.5, 1.0, 2.0, f32::MAX, f32::INFINITY];
    let near = points.into_iter().flat_map(|x| [x.next_down(), x, x.next_up()]);
    near.flat_map(|x| [x, -x]).chain([f32::NAN]).collect()
}

/// How far `got` is from `want`, in units in the last place of the `f32` nearest to `want`; `None` where one is a number
/// and the other is not, or zeros differ in sign.
fn error_f32(got: f32, want: f64) -> Option<f64> {
    let nearest = want as f32;
    if !got.is_finite() || !nearest.is_finite() {
        let same = got.is_nan() && nearest.is_nan() || got == nearest;
        // Where the exact value is beyond the largest number by less than a rounding, either will do.
        let at_the_end = got.abs().max(nearest.abs()) == f32::INFINITY
            && got.abs().min(nearest.abs()) == f32::MAX
            && got.signum() == nearest.signum();
        return (same || at_the_end).then_some(0.0);
    }
    if got == 0.0 && nearest == 0.0 && got.to_bits() != nearest.to_bits() {
        return None;
    }
    let magnitude = nearest.abs().min(f32::MAX.next_down());
    Some((f64::from(got) - want).abs() / (f64::from(magnitude.next_up()) - f64::from(magnitude)))
}

/// Compares `function` with `exact` at about a million of all `f32` and at the special ones.
fn sweep(function: fn(Level, &[f32], &mut [f32]), exact: fn(f64) -> f64, within: f64) {
    // A prime, so that every bit of the pattern is met as 0 and as 1.
    const STRIDE: usize = 4093;
    let swept = (0..=u32::MAX).step_by(STRIDE).map(f32::from_bits);
    let x: Vec<f32> = swept.chain(special_points()).collect();
    let want: Vec<f64> = x.iter().map(|x| exact(f64::from(*x))).collect();
    for level in Level::available() {
        let mut y = vec![0.0; x.len()];
        function(level, &x, &mut y);
        for ((x, got), want) in x.iter().zip(&y).zip(&want) {
            let far = error_f32(*got, *want);
            assert!(
                far.is_some_and(|far| far <= within),
                "at {x:e} {level:?} gives {got:e}, {far:?} units from {want:e}"
            );
        }
    }
}

/// Compares `function` with the lines of the table that begin with `name`.
fn look_up(name: &str, function: fn(Level, &[f64], &mut [f64]), within: u64) {
    let number = |hex: &str| {
        f64::from_bits(u64::from_str_radix(hex, 16).expect("a line is: name, bits of x, bits of y"))
    };
    let lines =
        include_str!("reference.txt").lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let (x, want): (Vec<f64>, Vec<f64>) = lines
        .map(|line| line.split_once(' ').expect("two numbers"))
        .map(|(x, y)| (number(x), number(y)))
        .unzip();
    assert!(x.len() > 50, "the table has {} lines for {name}", x.len());
    for level in Level::available() {
        let mut y = vec![0.0; x.len()];
        function(level, &x, &mut y);
        for ((x, got), want) in x.iter().zip(&y).zip(&want) {
            let far = distance(*got, *want);
            assert!(far <= within, "{name}({x:e}) at {level:?} is {got:e}, {far} units from {want:e}");
        }
    }
}

/// Tests functions with a constant `FMA`.
macro_rules! vector_functions {
    ($($name:ident: f32 within $f32:literal of $exact:expr, f64 within $f64:literal;)*) => { $(
        mod $name {
            use super::*;

            struct This;
            impl Function<f32> for This {
                #[inline(always)]
                fn at<const FMA: bool>(x: f32) -> f32 {
                    crate::vecmath::f32::$name::<FMA>(x)
                }
            }
            impl Function<f64> for This {
                #[inline(always)]
                fn at<const FMA: bool>(x: f64) -> f64 {
                    crate::vecmath::f64::$name::<FMA>(x)
                }
            }

            #[test]
            fn of_f32() {
                sweep(apply::<f32, This>, $exact, $f32);
            }

            #[test]
            fn of_f64() {
                look_up(stringify!($name), apply::<f64, This>, $f64);
            }
        }
    )* };
}

/// Tests functions that take one number at a time.
macro_rules! scalar_functions {
    ($($name:ident: $(f32 within $f32:literal of $exact:expr,)? f64 within $f64:literal;)*) => { $(
        mod $name {
            use super::*;
            use crate::vecmath;

            $(#[test]
            fn of_f32() {
                sweep(|_, x, y| y.iter_mut().zip(x).for_each(|(y, x)| *y = vecmath::f32::$name(*x)), $exact, $f32);
            })?

            #[test]
            fn of_f64() {
                let each = |_: Level, x: &[f64], y: &mut [f64]| {
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = vecmath::f64::$name(*x));
                };
                look_up(stringify!($name), each, $f64);
            }
        }
    )* };
}

vector_functions! {
    exp: f32 within 1.0 of f64::exp, f64 within 1;
    expm1: f32 within 1.5 of f64::exp_m1, f64 within 1;
    log: f32 within 1.0 of f64::ln, f64 within 1;
    log1p: f32 within 1.0 of f64::ln_1p, f64 within 1;
    tanh: f32 within 1.5 of f64::tanh, f64 within 1;
    sigmoid: f32 within 2.0 of |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) }, f64 within 2;
    softplus: f32 within 2.0 of |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), f64 within 2;
    sin: f32 within 1.0 of f64::sin, f64 within 1;
    cos: f32 within 1.0 of f64::cos, f64 within 1;
    erf: f32 within 1.5 of libm::erf, f64 within 1;
}

scalar_functions! {
    tan: f32 within 1.0 of f64::tan, f64 within 1;
    asin: f32 within 1.0 of f64::asin, f64 within 1;
    acos: f32 within 1.0 of f64::acos, f64 within 1;
    atan: f32 within 1.0 of f64::atan, f64 within 1;
    sinh: f32 within 1.0 of f64::sinh, f64 within 2;
    cosh: f32 within 1.0 of f64::cosh, f64 within 2;
    asinh: f32 within 1.0 of f64::asinh, f64 within 2;
    acosh: f32 within 1.0 of f64::acosh, f64 within 2;
    atanh: f32 within 1.0 of f64::atanh, f64 within 2;
    erfc: f64 within 4;
    lgamma: f64 within 4;
    digamma: f64 within 2;
}
