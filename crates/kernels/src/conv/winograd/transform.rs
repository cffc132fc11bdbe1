//! A matrix on both sides of square tiles: `L x Lᵀ`, for many channels at once.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::points::Transform;
use crate::gemm::{Vector, VectorLoop, in_registers};
use crate::simd::Level;

/// Where a tile's numbers are: those of one place, of all channels, lie side by side.
pub(super) trait Places<const N: usize> {
    /// The first number of a place.
    fn at(&self, row: usize, column: usize) -> *mut f32;
}

/// Places at equal distances.
#[derive(Clone, Copy, Debug)]
pub(super) struct Even {
    pub(super) first: *mut f32,
    /// Numbers from one place to the next, row by row.
    pub(super) apart: usize,
}

impl<const N: usize> Places<N> for Even {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> *mut f32 {
        self.first.wrapping_add((row * N + column) * self.apart)
    }
}

/// Places anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pixels<const N: usize>(pub(super) [[*mut f32; N]; N]);

impl<const N: usize> Places<N> for Pixels<N> {
    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> *mut f32 {
        self.0[row][column]
    }
}

/// Writes `L x Lᵀ` of the first `count` channels of a tile x.
///
/// # Safety
/// The places are good for so many numbers, and what is written is apart from what is read.
pub(super) unsafe fn transform<L: Transform<I, O>, const I: usize, const O: usize>(
    level: Level,
    from: &impl Places<I>,
    to: &impl Places<O>,
    count: usize,
) {
    let work = Channels::<L, _, _, I, O> { from, to, count, matrix: PhantomData };
    // SAFETY: the caller's promise.
    unsafe { in_registers(level, work) }
}

/// The loop over channels.
struct Channels<'a, L, F, T, const I: usize, const O: usize> {
    from: &'a F,
    to: &'a T,
    count: usize,
    matrix: PhantomData<L>,
}

impl<L: Transform<I, O>, F: Places<I>, T: Places<O>, const I: usize, const O: usize> VectorLoop
    for Channels<'_, L, F, T, I, O>
{
    #[inline(always)]
    unsafe fn run<V: Vector<Number = f32>, One: Vector<Number = f32>>(self) {
        // SAFETY: the caller's promise; channels stay below the count.
        unsafe {
            if self.count < V::LANES {
                for channel in 0..self.count {
                    both_sides::<One, L, F, T, I, O>(self.from, self.to, channel);
                }
                return;
            }
            // The last register has channels again that came before: they are written as they were.
            let last = self.count - V::LANES;
            for channel in (0..self.count).step_by(V::LANES) {
                both_sides::<V, L, F, T, I, O>(self.from, self.to, channel.min(last));
            }
        }
    }
}

/// # Safety
/// As [`transform`], of the channels of a register.
#[inline(always)]
unsafe fn both_sides<V: Vector<Number = f32>, L: Transform<I, O>, F, T, const I: usize, const O: usize>(
    from: &F,
    to: &T,
    channel: usize,
) where
    F: Places<I>,
    T: Places<O>,
{
    // SAFETY: the caller's promise; the first loop writes all of `half`.
    unsafe {
        let zero = V::splat(0.0);
        // Zeros to begin with would take as long as the arithmetic.
        let mut half = [[MaybeUninit::<V>::uninit(); O]; I];
        for (column, half) in half.iter_mut().enumerate() {
            let mut x = [zero; I];
            for (row, x) in x.iter_mut().enumerate() {
                *x = V::load(from.at(row, column).add(channel));
            }
            for (half, x) in half.iter_mut().zip(L::of(x)) {
                half.write(x);
            }
        }
        for row in 0..O {
            let mut x = [zero; I];
            for (x, half) in x.iter_mut().zip(&half) {
                *x = half[row].assume_init();
            }
            for (column, x) in L::of(x).into_iter().enumerate() {
                x.store(to.at(row, column).add(channel));
            }
        }
    }
}
