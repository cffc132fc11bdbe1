//! The error function erf x = 2/√π ∫₀ˣ exp(−t²) dt, and erfc x = 1 − erf x.
//!
//! Up to |x| = 1, erf x = x + x·p(x²). Above, it is 1 − exp(q(|x|)), where q approximates ln(erfc |x|): what goes wrong
//! in q counts for ever less as erfc falls from 0.16. Both are minimax polynomials that keep the relative error of
//! erf below 2⁻²⁹ (`f32`) and 2⁻⁵⁶ (`f64`).
//!
//! erfc is the `libm` crate's, which is fdlibm's (Sun Microsystems, 1993).

/// In `f32`.
pub(super) mod f32 {
    use super::super::exp::f32::exp_normal;
    use super::super::polynomial::f32::{mul_add, polynomial};

    /// p, the powers of x² first to last.
    const P: [f32; 7] = [
        0.128_379_17,
        -0.376_126_26,
        0.112_835_79,
        -0.026_853_347,
        0.005_187_162,
        -0.000_799_785_3,
        7.806_904e-5,
    ];
    /// q.
    const Q: [f32; 7] = [
        -0.000_341_525_82,
        -1.127_089_1,
        -0.638_144_97,
        -0.103_106_59,
        0.021_837_965,
        -0.002_947_629_7,
        0.000_186_376_04,
    ];

    /// erf x.
    #[inline(always)]
    pub(crate) fn erf<const FMA: bool>(x: f32) -> f32 {
        let a = x.abs();
        let small = mul_add::<FMA>(a, polynomial::<FMA, 7>(a * a, P), a);
        // From 3.84 on, the nearest number is 1.
        let large = 1.0 - exp_normal::<FMA>(polynomial::<FMA, 7>(if a > 3.95 { 3.95 } else { a }, Q));
        (if a < 1.0 { small } else { large }).copysign(x)
    }

    /// 1 − erf x.
    pub(crate) fn erfc(x: f32) -> f32 {
        libm::erfc(f64::from(x)) as f32
    }
}

/// In `f64`.
pub(super) mod f64 {
    use super::super::exp::f64::exp_normal;
    use super::super::polynomial::f64::{mul_add, polynomial};

    /// p, the powers of x² first to last.
    const P: [f64; 13] = [
        0.128_379_167_095_512_6,
        -0.376_126_389_031_841,
        0.112_837_916_709_710_98,
        -0.026_866_170_648_031_148,
        0.005_223_977_652_692_727,
        -0.000_854_832_853_581_665_3,
        0.000_120_553_861_943_617_36,
        -1.492_688_149_627_426_8e-5,
        1.648_105_954_182_177e-6,
        -1.655_713_860_584_665_5e-7,
        1.601_330_412_376_863_6e-8,
        -1.646_510_081_864_881_9e-9,
        1.434_428_572_794_721_8e-10,
    ];
    /// q.
    const Q: [f64; 20] = [
        -2.780_307_107_282_613_6e-8,
        -1.128_378_915_719_979_3,
        -0.636_620_734_154_745_5,
        -0.102_770_815_889_594_3,
        0.019_128_045_182_913_563,
        0.000_202_303_999_921_614_2,
        -0.001_674_964_332_840_480_4,
        0.000_552_359_562_375_870_7,
        2.200_935_959_590_086_3e-5,
        -0.000_110_784_634_190_472_57,
        6.476_156_226_761_165e-5,
        -2.428_036_666_271_083_2e-5,
        6.784_148_798_566_611e-6,
        -1.469_695_611_149_317_2e-6,
        2.481_351_914_840_8e-7,
        -3.219_393_973_388_666_4e-8,
        3.108_093_684_458_291_4e-9,
        -2.105_223_785_649_675_7e-10,
        8.928_955_173_935_005e-12,
        -1.784_040_970_816_554_5e-13,
    ];

    /// erf x.
    #[inline(always)]
    pub(crate) fn erf<const FMA: bool>(x: f64) -> f64 {
        let a = x.abs();
        let small = mul_add::<FMA>(a, polynomial::<FMA, 13>(a * a, P), a);
        // From 5.93 on, the nearest number is 1.
        let large = 1.0 - exp_normal::<FMA>(polynomial::<FMA, 20>(if a > 5.95 { 5.95 } else { a }, Q));
        (if a < 1.0 { small } else { large }).copysign(x)
    }

    /// 1 − erf x. Within 4 units in the last place.
    pub(crate) fn erfc(x: f64) -> f64 {
        libm::erfc(x)
    }
}
