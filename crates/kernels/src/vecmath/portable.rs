//! Tests that without fused multiply-add the functions give the same bits on every machine.
//!
//! Each function's results at many points are folded into one number, which is compared with the one written here.
//! A change of a formula changes its number; a change of machine must not.

use super::{f32 as of_f32, f64 as of_f64};

/// The FNV-1a hash (G. Fowler, L. C. Noll and K.-P. Vo) of numbers' bits, with one NaN for all.
struct Digest(u64);

impl Digest {
    fn add(&mut self, y: f64) {
        let bits = if y.is_nan() { f64::NAN.to_bits() & !(1 << 63) } else { y.to_bits() };
        for byte in bits.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// Points of all magnitudes, and as many in [−20, 20).
fn points() -> impl Iterator<Item = f64> {
    // Steps of the golden ratio, which fill the range evenly.
    let bits = (0..4096_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits.flat_map(|bits| {
        [f64::from_bits(bits), (bits >> 11) as f64 * (40.0 / 9_007_199_254_740_992.0) - 20.0]
    })
}

fn digest(single: impl Fn(f32) -> f32, double: impl Fn(f64) -> f64) -> u64 {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    for (i, x) in points().enumerate() {
        // The upper half of an f64's bits are an f32 of any magnitude.
        let x32 = if i % 2 == 0 { f32::from_bits((x.to_bits() >> 32) as u32) } else { x as f32 };
        digest.add(single(x32).into());
        digest.add(double(x));
    }
    digest.0
}

macro_rules! same_everywhere {
    ($($name:ident $(::<$fma:literal>)? $(($y:literal))? = $expected:literal;)*) => { $(
        #[test]
        fn $name() {
            let found = digest(
                |x| of_f32::$name $(::<$fma>)? (x $(, $y)?),
                |x| of_f64::$name $(::<$fma>)? (x $(, $y)?),
            );
            assert_eq!(found, $expected, "{found:#018x}");
        }
    )* };
}

same_everywhere! {
    exp::<false> = 0xf0b9_18c8_cee6_7b94;
    expm1::<false> = 0xd013_3a2f_4ae2_175f;
    log::<false> = 0x82ed_fc59_53e0_75be;
    log1p::<false> = 0xb48f_7027_e34f_af51;
    tanh::<false> = 0x1b88_8fef_8380_a1c1;
    sigmoid::<false> = 0x9c6c_9360_2b10_301d;
    softplus::<false> = 0x0059_06e0_a1c9_493e;
    sin::<false> = 0xd44a_7761_77bc_9bd8;
    cos::<false> = 0x48ee_0c55_b300_d53c;
    erf::<false> = 0x26fd_b468_8a4e_d901;
    pow::<false>(2.7) = 0xfc59_9b35_f03d_a0dd;
    tan = 0x03f4_434a_e824_2eb4;
    asin = 0x964a_dd94_b2bd_abc0;
    acos = 0xefda_d056_fdac_347c;
    atan = 0x05dc_3bad_9bb3_de8a;
    atan2(0.3) = 0x8609_1731_1e84_13c4;
    sinh = 0xa085_a867_1e42_cf06;
    cosh = 0xbce3_e286_58e9_ce29;
    asinh = 0xb4d8_e78b_a6c3_bce9;
    acosh = 0xcea1_8a68_c80c_4265;
    atanh = 0x4fdd_6558_bffc_beb4;
    erfc = 0xbe9e_e5c8_f78a_69c0;
    lgamma = 0x7041_c2f5_710a_9ce4;
    digamma = 0x496c_e6a4_df81_b8b0;
}
