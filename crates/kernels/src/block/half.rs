//! `f16` and `bf16` to and from `f32` without branches, so that a loop of them vectorises. Rounds to nearest, ties to
//! even; a NaN stays one.

/// The `f32` that is the `f16` with these bits.
#[inline(always)]
pub(crate) fn f16_to_f32(bits: u16) -> f32 {
    // The exponent of an `f16` is 112 less than that of the `f32`, and the product sets it right, for subnormals too.
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let scaled = (f32::from_bits(magnitude) * f32::from_bits((127 + 112) << 23)).to_bits();
    let infinite_or_nan = if bits & 0x7c00 == 0x7c00 { 0x7f80_0000 } else { 0 };
    f32::from_bits(scaled | infinite_or_nan | u32::from(bits & 0x8000) << 16)
}

/// The bits of the `f16` nearest to `x`.
#[inline(always)]
pub(crate) fn f32_to_f16(x: f32) -> u16 {
    let sign = (x.to_bits() >> 16) & 0x8000;
    let magnitude = x.to_bits() & 0x7fff_ffff;
    // Exponent less 112, and rounded at bit 13.
    let normal = magnitude.wrapping_sub(112 << 23).wrapping_add(0xfff + (magnitude >> 13 & 1)) >> 13;
    // ½ + x has the last place of a subnormal `f16` as its own last place, so the sum rounds there.
    let subnormal = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0.5_f32.to_bits());
    let infinite_or_nan = if magnitude > 0x7f80_0000 { 0x7e00 } else { 0x7c00 };
    let bits = match magnitude {
        _ if magnitude >= (127 + 16) << 23 => infinite_or_nan,
        _ if magnitude < (127 - 14) << 23 => subnormal,
        _ => normal,
    };
    (bits | sign) as u16
}

/// The `f32` that is the `bf16` with these bits.
#[inline(always)]
pub(crate) fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The bits of the `bf16` nearest to `x`.
#[inline(always)]
pub(crate) fn f32_to_bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let quiet = bits >> 16 | 0x40;
    (if x.is_nan() { quiet } else { rounded }) as u16
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;

    #[test]
    fn every_half_and_its_neighbourhood() {
        for bits in 0..=u16::MAX {
            let (x, y) = (f16_to_f32(bits), f16::from_bits(bits).to_f32());
            assert!(x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(), "f16 {bits:#x}: {x} and {y}");
            let (x, y) = (bf16_to_f32(bits), bf16::from_bits(bits).to_f32());
            assert!(x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan(), "bf16 {bits:#x}: {x} and {y}");
            // What lies between two neighbours: a quarter, just below a half, a half, just above it.
            for low in [0, 1, 0x0fff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001, 0xffff] {
                for x in [u32::from(bits) << 16 | low, f16_to_f32(bits).to_bits().wrapping_add(low)] {
                    let x = f32::from_bits(x);
                    let (ours, theirs) = (f16::from_bits(f32_to_f16(x)), f16::from_f32(x));
                    assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && x.is_nan(), "{x} to f16");
                    let (ours, theirs) = (bf16::from_bits(f32_to_bf16(x)), bf16::from_f32(x));
                    assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && x.is_nan(), "{x} to bf16");
                }
            }
        }
    }
}
