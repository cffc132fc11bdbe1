//! How one block of random bits becomes a group of numbers of each type, as TensorFlow does it.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::box_muller::{normal_pair_f32, normal_pair_f64};
use crate::Scalar;

/// `f32` and `f64`: what real numbers are computed in.
pub trait Real: Scalar + PartialOrd {
    /// An array of [`Self::GROUP`] numbers.
    type Group: bytemuck::Pod + AsRef<[Self]> + AsMut<[Self]>;

    /// Numbers that one block makes.
    const GROUP: usize;

    /// Where normal numbers are truncated.
    const TWO: Self;

    /// The absolute value.
    fn abs(self) -> Self;

    /// Uniform in [0, 1).
    fn uniform_group(block: [u32; 4]) -> Self::Group;

    /// Of mean 0 and variance 1.
    fn normal_group(block: [u32; 4]) -> Self::Group;
}

impl Real for f32 {
    type Group = [f32; 4];
    const GROUP: usize = 4;
    const TWO: f32 = 2.0;

    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }

    #[inline(always)]
    fn uniform_group(block: [u32; 4]) -> [f32; 4] {
        block.map(unit_f32)
    }

    #[inline(always)]
    fn normal_group(block: [u32; 4]) -> [f32; 4] {
        let [a, b, c, d] = block.map(unit_f32);
        let (first, second) = (normal_pair_f32(a, b), normal_pair_f32(c, d));
        [first.0, first.1, second.0, second.1]
    }
}

impl Real for f64 {
    type Group = [f64; 2];
    const GROUP: usize = 2;
    const TWO: f64 = 2.0;

    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }

    #[inline(always)]
    fn uniform_group([a, b, c, d]: [u32; 4]) -> [f64; 2] {
        [unit_f64(a, b), unit_f64(c, d)]
    }

    #[inline(always)]
    fn normal_group([a, b, c, d]: [u32; 4]) -> [f64; 2] {
        normal_pair_f64(unit_f64(a, b), unit_f64(c, d)).into()
    }
}

/// Uniform in [0, 1): the last 23 bits are the mantissa of a number in [1, 2), less 1.
#[inline(always)]
fn unit_f32(word: u32) -> f32 {
    f32::from_bits(0x3F80_0000 | word & 0x007F_FFFF) - 1.0
}

/// Uniform in [0, 1): the last 20 bits of the first word and all of the second are the mantissa of a number in [1, 2),
/// less 1.
#[inline(always)]
pub(crate) fn unit_f64(high: u32, low: u32) -> f64 {
    let mantissa = u64::from(high & 0x000F_FFFF) << 32 | u64::from(low);
    f64::from_bits(0x3FF0_0000_0000_0000 | mantissa) - 1.0
}

/// A type of real numbers that are kept.
pub trait Float: Scalar {
    /// What they are computed in.
    type Compute: Real;

    /// Uniform in [0, 1), with the bits that the type has.
    fn uniform_group(block: [u32; 4]) -> <Self::Compute as Real>::Group;

    /// Rounds to the nearest the first `numbers.len()` of `values`.
    fn round(values: &[Self::Compute], numbers: &mut [Self]);
}

/// The types of random real numbers: `f32`, `f64`, `f16` and `bf16`.
pub trait RandomFloat: Float {}

macro_rules! wide {
    ($($type:ty),*) => { $(
        impl RandomFloat for $type {}

        impl Float for $type {
            type Compute = $type;

            #[inline(always)]
            fn uniform_group(block: [u32; 4]) -> <$type as Real>::Group {
                <$type as Real>::uniform_group(block)
            }

            #[inline(always)]
            fn round(values: &[$type], numbers: &mut [$type]) {
                numbers.copy_from_slice(&values[..numbers.len()]);
            }
        }
    )* };
}
wide!(f32, f64);

macro_rules! narrow {
    ($($type:ty: $bits:literal bits),*) => { $(
        impl RandomFloat for $type {}

        impl Float for $type {
            type Compute = f32;

            #[inline(always)]
            fn uniform_group(block: [u32; 4]) -> [f32; 4] {
                const RANGE: u32 = 1 << $bits;
                block.map(|word| (word % RANGE) as f32 / RANGE as f32)
            }

            #[inline(always)]
            fn round(values: &[f32], numbers: &mut [$type]) {
                numbers.convert_from_f32_slice(&values[..numbers.len()]);
            }
        }
    )* };
}
narrow!(f16: 10 bits, bf16: 7 bits);

/// A type of integers that are kept.
pub trait Integer: Scalar {
    /// An array of [`Self::GROUP`] numbers.
    type Group: bytemuck::Pod;

    /// Numbers that one block makes.
    const GROUP: usize;

    /// `low` + (random bits modulo `high − low`), where `low < high`.
    fn group_in_range(block: [u32; 4], low: Self, high: Self) -> Self::Group;
}

/// The types of random integers: `i32` and `i64`.
pub trait RandomInteger: Integer + Ord + std::fmt::Display {}

impl RandomInteger for i32 {}

impl Integer for i32 {
    type Group = [i32; 4];
    const GROUP: usize = 4;

    #[inline(always)]
    fn group_in_range(block: [u32; 4], low: i32, high: i32) -> [i32; 4] {
        let range = high.wrapping_sub(low) as u32;
        block.map(|word| low.wrapping_add((word % range) as i32))
    }
}

impl RandomInteger for i64 {}

impl Integer for i64 {
    type Group = [i64; 2];
    const GROUP: usize = 2;

    #[inline(always)]
    fn group_in_range([a, b, c, d]: [u32; 4], low: i64, high: i64) -> [i64; 2] {
        let range = high.wrapping_sub(low) as u64;
        let bits = |low_half: u32, high_half: u32| u64::from(low_half) | u64::from(high_half) << 32;
        [bits(a, b), bits(c, d)].map(|bits| low.wrapping_add((bits % range) as i64))
    }
}
