//! What TensorFlow makes of random bits: uniform, normal and truncated normal numbers, and integers in a range.
//!
//! Numbers are made in *groups*, as many as fill 128 bits: 4 of up to 32 bits, or 2 of 64. Uniform and normal numbers
//! take one block of the stream a group. Truncated normal numbers take as many as it needs until enough normal ones
//! lie within two standard deviations; so that a group does not depend on those before it, each begins 64 blocks a
//! number after the last. A last group that is not needed in full is cut short.

use std::marker::PhantomData;

use super::Philox;
use super::groups::{Float, Integer, RandomFloat, RandomInteger, Real};
use crate::simd::per_level;
use crate::{Scalar, level, threads::parallel_for};

/// Blocks that one execution of an op takes from its stream for each number that it makes, used or not.
pub const BLOCKS_PER_NUMBER: u64 = 256;

/// Groups that are made in one go.
const BATCH: usize = 16;

/// Numbers that one thread makes at a time; whole batches.
const PIECE: usize = 1 << 14;

/// A distribution of numbers of type `Number`.
trait Distribution: Sync {
    type Number: Scalar;

    /// A group, as an array of what is computed with.
    type Group: bytemuck::Pod;

    /// Numbers in a group.
    const GROUP: usize;

    /// Blocks from the first of one group to the first of the next.
    const STRIDE: u64 = 1;

    /// Makes `BATCH` groups, the first from `stream`.
    fn draw(&self, stream: Philox, groups: &mut [Self::Group; BATCH]);

    /// Rounds to the numbers that are kept; there may be fewer of them than were made.
    fn round(groups: &[Self::Group; BATCH], numbers: &mut [Self::Number]);
}

#[inline(always)]
fn fill_loop<const FMA: bool, D: Distribution>(distribution: &D, mut stream: Philox, out: &mut [D::Number]) {
    let mut groups: [D::Group; BATCH] = bytemuck::Zeroable::zeroed();
    for out in out.chunks_mut(BATCH * D::GROUP) {
        distribution.draw(stream, &mut groups);
        D::round(&groups, out);
        stream.skip(BATCH as u64 * D::STRIDE);
    }
}

per_level! {
    /// Fills `out` on this thread, its first group from `stream`.
    fn fill_piece<D: Distribution>(distribution: &D, stream: Philox, out: &mut [D::Number]) = fill_loop;
}

/// Fills `out` and moves the stream on as one execution of the op does.
fn fill<D: Distribution>(distribution: &D, threads: usize, stream: &mut Philox, out: &mut [D::Number]) {
    let start = *stream;
    stream.skip((out.len() as u64).wrapping_mul(BLOCKS_PER_NUMBER));
    let numbers = Numbers(out.as_mut_ptr(), out.len());
    parallel_for(threads, out.len().div_ceil(PIECE), &|piece| {
        let first = piece * PIECE;
        let stream = start.skipped((first / D::GROUP) as u64 * D::STRIDE);
        // SAFETY: pieces do not overlap, each is run once, and `out` is borrowed until all are done.
        let out = unsafe { numbers.part(first, PIECE) };
        fill_piece(level(), distribution, stream, out);
    });
}

/// A slice whose parts are written by several threads.
struct Numbers<T>(*mut T, usize);

// SAFETY: `part` leaves it to its caller that no two threads get the same number.
unsafe impl<T: Send> Sync for Numbers<T> {}

impl<T> Numbers<T> {
    /// At most `count` numbers, from number `first`.
    ///
    /// # Safety
    /// The slice is exclusively borrowed during `'a`, there is no other reference to this part, and `first` is inside.
    #[allow(clippy::mut_from_ref)] // That is the point, and why it is unsafe.
    unsafe fn part<'a>(&self, first: usize, count: usize) -> &'a mut [T] {
        let count = count.min(self.1 - first);
        // SAFETY: inside the slice; the caller promises the rest.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(first), count) }
    }
}

struct Uniform<T>(PhantomData<T>);

impl<T: Float> Distribution for Uniform<T> {
    type Number = T;
    type Group = <T::Compute as Real>::Group;
    const GROUP: usize = T::Compute::GROUP;

    #[inline(always)]
    fn draw(&self, stream: Philox, groups: &mut [Self::Group; BATCH]) {
        for (i, group) in groups.iter_mut().enumerate() {
            *group = T::uniform_group(stream.skipped(i as u64).block());
        }
    }

    #[inline(always)]
    fn round(groups: &[Self::Group; BATCH], numbers: &mut [T]) {
        T::round(bytemuck::cast_slice(groups), numbers);
    }
}

struct Normal<T>(PhantomData<T>);

impl<T: Float> Distribution for Normal<T> {
    type Number = T;
    type Group = <T::Compute as Real>::Group;
    const GROUP: usize = T::Compute::GROUP;

    #[inline(always)]
    fn draw(&self, stream: Philox, groups: &mut [Self::Group; BATCH]) {
        for (i, group) in groups.iter_mut().enumerate() {
            *group = T::Compute::normal_group(stream.skipped(i as u64).block());
        }
    }

    #[inline(always)]
    fn round(groups: &[Self::Group; BATCH], numbers: &mut [T]) {
        T::round(bytemuck::cast_slice(groups), numbers);
    }
}

struct TruncatedNormal<T>(PhantomData<T>);

impl<T: Float> Distribution for TruncatedNormal<T> {
    type Number = T;
    type Group = <T::Compute as Real>::Group;
    const GROUP: usize = T::Compute::GROUP;
    const STRIDE: u64 = 64 * T::Compute::GROUP as u64;

    #[inline(always)]
    fn draw(&self, stream: Philox, groups: &mut [Self::Group; BATCH]) {
        // Most groups are done with their first block, and these loops are vectorised.
        for (i, group) in groups.iter_mut().enumerate() {
            *group = T::Compute::normal_group(stream.skipped(i as u64 * Self::STRIDE).block());
        }
        for (i, group) in groups.iter_mut().enumerate() {
            if !group.as_ref().iter().all(|x| x.abs() < T::Compute::TWO) {
                truncate::<T::Compute>(stream.skipped(i as u64 * Self::STRIDE + 1), group.as_mut());
            }
        }
    }

    #[inline(always)]
    fn round(groups: &[Self::Group; BATCH], numbers: &mut [T]) {
        T::round(bytemuck::cast_slice(groups), numbers);
    }
}

/// Takes out of a group what lies beyond two standard deviations, closes up, and adds what `stream` goes on with.
#[inline(never)]
fn truncate<R: Real>(mut stream: Philox, group: &mut [R]) {
    let mut kept = 0;
    for i in 0..group.len() {
        if group[i].abs() < R::TWO {
            group[kept] = group[i];
            kept += 1;
        }
    }
    while kept < group.len() {
        for x in R::normal_group(stream.block()).as_ref() {
            if kept < group.len() && x.abs() < R::TWO {
                group[kept] = *x;
                kept += 1;
            }
        }
    }
}

struct UniformInteger<T> {
    low: T,
    high: T,
}

impl<T: Integer> Distribution for UniformInteger<T> {
    type Number = T;
    type Group = T::Group;
    const GROUP: usize = T::GROUP;

    #[inline(always)]
    fn draw(&self, stream: Philox, groups: &mut [T::Group; BATCH]) {
        for (i, group) in groups.iter_mut().enumerate() {
            *group = T::group_in_range(stream.skipped(i as u64).block(), self.low, self.high);
        }
    }

    #[inline(always)]
    fn round(groups: &[T::Group; BATCH], numbers: &mut [T]) {
        numbers.copy_from_slice(&bytemuck::cast_slice(groups)[..numbers.len()]);
    }
}

/// Fills `out` with numbers uniform in [0, 1), by at most `threads` threads, and moves the stream on by
/// [`BLOCKS_PER_NUMBER`] a number: TensorFlow's `RandomUniform`, to the bit. Numbers have 23 random bits in `f32`, 52
/// in `f64`, 10 in `f16` and 7 in `bf16`.
///
/// ```
/// use tenseur_kernels::random::{Philox, fill_uniform};
///
/// let mut stream = Philox::new(87654321, 42);
/// let mut numbers = [0f32; 3];
/// fill_uniform(1, &mut stream, &mut numbers);
/// assert_eq!(numbers, [0.95227146, 0.67740774, 0.79531825]);
/// fill_uniform(1, &mut stream, &mut numbers); // What the next `run` gives.
/// ```
pub fn fill_uniform<T: RandomFloat>(threads: usize, stream: &mut Philox, out: &mut [T]) {
    fill(&Uniform(PhantomData), threads, stream, out);
}

/// Fills `out` with numbers of mean 0 and variance 1: TensorFlow's `RandomStandardNormal`, to a few ulp. Otherwise as
/// [`fill_uniform`]. No number is beyond 5.7, because uniform numbers below 1e-7 count as that.
pub fn fill_normal<T: RandomFloat>(threads: usize, stream: &mut Philox, out: &mut [T]) {
    fill(&Normal(PhantomData), threads, stream, out);
}

/// Fills `out` with normal numbers, of those within (−2, 2): TensorFlow's `TruncatedNormal`, to a few ulp. Otherwise as
/// [`fill_uniform`]. (The variance of what is left is 0.774.)
pub fn fill_truncated_normal<T: RandomFloat>(threads: usize, stream: &mut Philox, out: &mut [T]) {
    fill(&TruncatedNormal(PhantomData), threads, stream, out);
}

/// Fills `out` with integers from `low` up to and without `high`: TensorFlow's `RandomUniformInt`, to the bit, and
/// like it a little more often the smaller ones where the range does not divide 2³² (2⁶⁴ for `i64`). Otherwise as
/// [`fill_uniform`].
///
/// # Errors
/// When `low` is not below `high` and there is something to fill.
pub fn fill_uniform_integer<T: RandomInteger>(
    threads: usize,
    stream: &mut Philox,
    low: T,
    high: T,
    out: &mut [T],
) -> Result<(), String> {
    if out.is_empty() {
        return Ok(());
    }
    if low >= high {
        return Err(format!("minval must be below maxval, and {low} is not below {high}"));
    }
    fill(&UniformInteger { low, high }, threads, stream, out);
    Ok(())
}
