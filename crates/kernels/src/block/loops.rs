//! The loop that every primitive runs in: a block of elements in, a block of elements out.
//!
//! A primitive says what one element becomes; [`looped`] makes the loop of it, compiled once per SIMD level. Blocks
//! are walked in chunks that are read whole before they are written, so an operand may be the very memory of the
//! result, element upon element. (Through plain references the compiler would have to be told that they are apart; of
//! pointers it would ask at run time, and fall back to one element at a time where they are not.)

use crate::simd::{Level, in_order, per_level};

/// A loop over blocks: writes `n` results at the second argument, from the operands at the next three (those that the
/// primitive has), and says whether it failed on one of them.
///
/// # Safety
/// The operands are valid for reads and the result for writes of `n` elements, aligned for them. The result is apart
/// from each operand, or the elements are of one size and it begins at the same byte.
pub(crate) type Loop = unsafe fn(Level, *mut u8, *const u8, *const u8, *const u8, usize) -> bool;

/// What a loop does to one element. Operands that it lacks have type `()`.
pub(crate) trait Primitive {
    type X: Element;
    type Y: Element;
    type Z: Element;
    type Result: Element;

    fn apply<const FMA: bool>(x: Self::X, y: Self::Y, z: Self::Z) -> Self::Result;

    /// Whether [`apply`](Primitive::apply) will do. Where it does not for one of a chunk, all of the chunk take
    /// [`apply_to_any`](Primitive::apply_to_any).
    #[inline(always)]
    fn is_easy(_x: Self::X) -> bool {
        true
    }

    /// The same, for any operand.
    #[inline(always)]
    fn apply_to_any<const FMA: bool>(x: Self::X, y: Self::Y, z: Self::Z) -> Self::Result {
        Self::apply::<FMA>(x, y, z)
    }

    /// Whether the result is an error; [`apply`](Primitive::apply) is called all the same.
    #[inline(always)]
    fn fails(_y: Self::Y) -> bool {
        false
    }
}

/// The loop of a primitive that is written in place: `each!(leveled |x: f32, y: f32| -> f32 { x + y })`, or `plain`.
/// The body may use the constant `FMA`. After it, `fails` and a condition in parentheses say, of `y`, when the result is an error;
/// `unless`, a condition and another body say what to do with chunks in which the condition does not always hold of `x`.
macro_rules! each {
    ($loop:ident |$x:ident: $X:ty| -> $R:ty $body:block $(unless $easy:expr => $any:block)?) => {
        each!($loop |$x: $X, _y: (), _z: ()| -> $R $body $(unless $easy => $any)?)
    };
    ($loop:ident |$x:ident: $X:ty, $y:ident: $Y:ty| -> $R:ty $body:block $(fails ($fails:expr))?) => {
        each!($loop |$x: $X, $y: $Y, _z: ()| -> $R $body $(fails ($fails))?)
    };
    ($loop:ident |$x:ident: $X:ty, $y:ident: $Y:ty, $z:ident: $Z:ty| -> $R:ty $body:block
        $(fails ($fails:expr))? $(unless $easy:expr => $any:block)?) => {{
        struct Each;
        impl $crate::block::loops::Primitive for Each {
            type X = $X;
            type Y = $Y;
            type Z = $Z;
            type Result = $R;

            #[inline(always)]
            fn apply<const FMA: bool>($x: $X, $y: $Y, $z: $Z) -> $R {
                $body
            }

            $(
                #[inline(always)]
                fn fails($y: $Y) -> bool {
                    $fails
                }
            )?

            $(
                #[inline(always)]
                fn is_easy($x: $X) -> bool {
                    $easy
                }

                #[inline(always)]
                fn apply_to_any<const FMA: bool>($x: $X, _: (), _: ()) -> $R {
                    $any
                }
            )?
        }
        $crate::block::loops::$loop::<Each>()
    }};
}
pub(crate) use each;

/// What lies in a block: a number, a bool as `u8`, or nothing.
pub(crate) trait Element: Copy {
    /// An operand on which no primitive fails, for the places of a chunk that are past the end of the block.
    const HARMLESS: Self;
}

impl Element for () {
    const HARMLESS: () = ();
}

macro_rules! elements {
    ($($t:ty)*) => { $(impl Element for $t { const HARMLESS: $t = 1 as $t; })* };
}
elements!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

/// The loop of a primitive, compiled for each SIMD level.
pub(crate) fn leveled<P: Primitive>() -> Loop {
    run::<P>
}

/// The loop of a primitive, compiled once, for the instructions that every processor of the target has. For primitives
/// of integers, which are seldom what costs: half of what this crate takes to compile is loops.
pub(crate) fn plain<P: Primitive>() -> Loop {
    run_plain::<P>
}

per_level! {
    /// See [`Loop`].
    unsafe fn run<P: Primitive>(result: *mut u8, x: *const u8, y: *const u8, z: *const u8, n: usize) -> bool = block;
}

/// # Safety
/// See [`Loop`].
unsafe fn run_plain<P: Primitive>(
    _: Level,
    result: *mut u8,
    x: *const u8,
    y: *const u8,
    z: *const u8,
    n: usize,
) -> bool {
    // SAFETY: the caller's promises.
    unsafe { block::<false, P>(result, x, y, z, n) }
}

/// Elements that are read before any result of them is written: four AVX2 registers of `f32`.
const CHUNK: usize = 32;

/// Elements at a time near the end.
const STEP: usize = 16;

/// # Safety
/// See [`Loop`].
#[inline(always)]
unsafe fn block<const FMA: bool, P: Primitive>(
    result: *mut u8,
    x: *const u8,
    y: *const u8,
    z: *const u8,
    n: usize,
) -> bool {
    let result = result.cast::<P::Result>();
    let (x, y, z) = (x.cast::<P::X>(), y.cast::<P::Y>(), z.cast::<P::Z>());
    let mut failed = false;
    let mut i = 0;
    // SAFETY: every access is to elements below `n`, which the caller promises to be there; and a chunk's operands are
    // copied before its results are written, so it does not matter where one is the other.
    unsafe {
        while i + CHUNK <= n {
            let operands = (elements::<_, CHUNK>(x.add(i)), elements(y.add(i)), elements(z.add(i)));
            let (results, bad) = chunk::<FMA, P, CHUNK>(operands.0, operands.1, operands.2);
            result.add(i).cast::<[P::Result; CHUNK]>().write(results);
            failed |= bad;
            i += CHUNK;
            in_order();
        }
        while i < n {
            let count = STEP.min(n - i);
            let (mut xs, mut ys, mut zs) =
                ([P::X::HARMLESS; STEP], [P::Y::HARMLESS; STEP], [P::Z::HARMLESS; STEP]);
            if count == STEP {
                (xs, ys, zs) = (elements(x.add(i)), elements(y.add(i)), elements(z.add(i)));
            } else {
                copy_few(x.add(i), xs.as_mut_ptr(), count);
                copy_few(y.add(i), ys.as_mut_ptr(), count);
                copy_few(z.add(i), zs.as_mut_ptr(), count);
            }
            let (results, bad) = chunk::<FMA, P, STEP>(xs, ys, zs);
            if count == STEP {
                result.add(i).cast::<[P::Result; STEP]>().write(results);
            } else {
                copy_few(results.as_ptr(), result.add(i), count);
            }
            failed |= bad;
            i += count;
        }
    }
    failed
}

/// Copies a few elements. One function for all loops, of which there are some hundreds; and none of the C library's, which
/// would take longer.
///
/// # Safety
/// There are as many to be read, and room for them elsewhere.
#[inline(always)]
unsafe fn copy_few<T: Copy>(from: *const T, to: *mut T, count: usize) {
    if size_of::<T>() > 0 {
        // SAFETY: the caller's promise.
        unsafe { copy_bytes(from.cast(), to.cast(), count * size_of::<T>()) }
    }
}

/// # Safety
/// There are so many bytes to be read, and room for them elsewhere.
#[inline(never)]
unsafe fn copy_bytes(from: *const u8, to: *mut u8, bytes: usize) {
    /// Copies a piece, if so much is left.
    ///
    /// # Safety
    /// As [`copy_bytes`].
    #[inline(always)]
    unsafe fn piece<T>(from: *const u8, to: *mut u8, bytes: usize, done: &mut usize) {
        if *done + size_of::<T>() <= bytes {
            // SAFETY: the caller's promise.
            unsafe {
                let piece = from.add(*done).cast::<T>().read_unaligned();
                to.add(*done).cast::<T>().write_unaligned(piece);
            }
            *done += size_of::<T>();
        }
    }
    let mut done = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while done + 64 <= bytes {
            piece::<[u64; 8]>(from, to, bytes, &mut done);
        }
        piece::<[u64; 4]>(from, to, bytes, &mut done);
        piece::<[u64; 2]>(from, to, bytes, &mut done);
        piece::<u64>(from, to, bytes, &mut done);
        piece::<u32>(from, to, bytes, &mut done);
        piece::<u16>(from, to, bytes, &mut done);
        piece::<u8>(from, to, bytes, &mut done);
    }
}

/// # Safety
/// There are `N` elements to be read.
#[inline(always)]
unsafe fn elements<T: Copy, const N: usize>(from: *const T) -> [T; N] {
    // SAFETY: the caller promises them, and an array is aligned as its elements are.
    unsafe { from.cast::<[T; N]>().read() }
}

#[inline(always)]
fn chunk<const FMA: bool, P: Primitive, const N: usize>(
    x: [P::X; N],
    y: [P::Y; N],
    z: [P::Z; N],
) -> ([P::Result; N], bool) {
    let mut results = [P::Result::HARMLESS; N];
    let mut failed = false;
    if x.iter().fold(true, |easy, &x| easy & P::is_easy(x)) {
        for k in 0..N {
            results[k] = P::apply::<FMA>(x[k], y[k], z[k]);
            failed |= P::fails(y[k]);
        }
    } else {
        for k in 0..N {
            results[k] = P::apply_to_any::<FMA>(x[k], y[k], z[k]);
        }
    }
    (results, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3x + y, an error where y is 0.
    fn shifted() -> Loop {
        each!(leveled |x: i32, y: i32| -> i32 { x.wrapping_mul(3).wrapping_add(y) } fails (y == 0))
    }

    #[test]
    fn every_length_and_in_place_too() {
        for level in Level::available() {
            for n in (0..70).chain([127, 256, 300]) {
                let x: Vec<i32> = (0..n as i32).collect();
                let y: Vec<i32> = x.iter().map(|x| 7 - 2 * x).collect();
                let wanted: Vec<i32> = x.iter().zip(&y).map(|(x, y)| 3 * x + y).collect();
                let mut result = vec![-1; n + 1];
                let (x, mut y) = (x.as_ptr().cast(), y);
                // SAFETY: all have `n` elements, and `result` one more; none overlaps another.
                let failed =
                    unsafe { shifted()(level, result.as_mut_ptr().cast(), x, y.as_ptr().cast(), x, n) };
                assert_eq!((&result[..n], result[n], failed), (&wanted[..], -1, false), "{n} at {level:?}");
                let in_place = y.as_mut_ptr().cast::<u8>();
                // SAFETY: as above, and the result is the second operand from its first byte.
                unsafe { shifted()(level, in_place, x, in_place, x, n) };
                assert_eq!(y, wanted, "{n} in place at {level:?}");
            }
        }
    }

    #[test]
    fn a_failure_is_found_anywhere() {
        for level in Level::available() {
            for n in 1..70 {
                for bad in 0..n {
                    let x: Vec<i32> = (0..n as i32).collect();
                    let y: Vec<i32> = x.iter().map(|&x| x - bad as i32).collect();
                    let mut result = vec![0; n];
                    let (x, y) = (x.as_ptr().cast(), y.as_ptr().cast());
                    // SAFETY: all have `n` elements; `result` overlaps none.
                    let failed = unsafe { shifted()(level, result.as_mut_ptr().cast(), x, y, x, n) };
                    assert!(failed, "element {bad} of {n} at {level:?}");
                }
            }
        }
    }
}
