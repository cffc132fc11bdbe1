//! The quantile of the normal distribution, and the inverse of the error function.
//!
//! By rational functions in three parts of the line (Wichura 1988, "Algorithm AS 241: the percentage points of the normal
//! distribution"), whose relative error is about 10⁻¹⁶.

use tenseur_kernels::{Binary, MapProgram, Unary, Value};

use crate::array;
use crate::conformance::Case;
use crate::graph::Tensor;
use crate::ops::elementwise::{number, unary_cases};
use crate::ops::{ByFormula, Formula, Types};

/// Numerator and denominator, the constant term first.
type Ratio = [[f64; 8]; 2];

/// In r = 0.425² − q², near the middle.
const MIDDLE: Ratio = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
];

/// In r − 1.6, where r = √(−ln tail) is at most 5.
const SIDE: Ratio = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

/// In r − 5, farther out.
const FAR: Ratio = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

/// The ratio of two polynomials at x, by Horner's rule.
fn ratio(p: &mut MapProgram, x: Value, ratio: &Ratio) -> Value {
    let [above, below] = ratio.map(|coefficients| {
        let mut sum = number(p, x, coefficients[7]);
        for &coefficient in coefficients[..7].iter().rev() {
            let product = p.binary(Binary::Mul, sum, x);
            let coefficient = number(p, x, coefficient);
            sum = p.binary(Binary::Add, product, coefficient);
        }
        sum
    });
    p.binary(Binary::Div, above, below)
}

/// The quantile, of q = p − ½ and of tail, the smaller of p and 1 − p.
fn quantile(p: &mut MapProgram, q: Value, tail: Value) -> Value {
    let square = p.binary(Binary::Mul, q, q);
    let most = number(p, q, 0.425 * 0.425);
    let r = p.binary(Binary::Sub, most, square);
    let near = ratio(p, r, &MIDDLE);
    let near = p.binary(Binary::Mul, near, q);

    let logarithm = p.unary(Unary::Log, tail);
    let minus = p.unary(Unary::Neg, logarithm);
    let r = p.unary(Unary::Sqrt, minus);
    let start = number(p, q, 1.6);
    let shifted = p.binary(Binary::Sub, r, start);
    let side = ratio(p, shifted, &SIDE);
    let five = number(p, q, 5.0);
    let shifted = p.binary(Binary::Sub, r, five);
    let far = ratio(p, shifted, &FAR);
    let farther = p.binary(Binary::Greater, r, five);
    let outside = p.select(farther, far, side);
    // The ratio of two infinities would be NaN.
    let zero = number(p, q, 0.0);
    let end = p.binary(Binary::Equal, tail, zero);
    let infinity = number(p, q, f64::INFINITY);
    let outside = p.select(end, infinity, outside);
    let negative = p.binary(Binary::Less, q, zero);
    let mirrored = p.unary(Unary::Neg, outside);
    let outside = p.select(negative, mirrored, outside);

    let within = p.binary(Binary::LessEqual, square, most);
    p.select(within, near, outside)
}

/// Φ⁻¹(p), the number below which a share p of the standard normal distribution lies; NaN outside of [0, 1].
#[derive(Clone, Debug, Default)]
pub struct Ndtri;

impl ByFormula for Ndtri {
    const FORMULA: Formula = Formula::unary("Ndtri", Types::FLOATS, |p, x| {
        let (half, one) = (number(p, x, 0.5), number(p, x, 1.0));
        let q = p.binary(Binary::Sub, x, half);
        let rest = p.binary(Binary::Sub, one, x);
        let tail = p.binary(Binary::Minimum, x, rest);
        quantile(p, q, tail)
    })
    // 1 / φ(y)
    .grad(|node, dy| dy * std::f64::consts::TAU.sqrt() * (node.y(0).square() * 0.5).exp());
}

/// erf⁻¹(x), for x between −1 and 1; NaN outside.
#[derive(Clone, Debug, Default)]
pub struct Erfinv;

impl ByFormula for Erfinv {
    const FORMULA: Formula = Formula::unary("Erfinv", Types::FLOATS, |p, x| {
        let (half, one) = (number(p, x, 0.5), number(p, x, 1.0));
        let q = p.binary(Binary::Mul, x, half);
        let size = p.unary(Unary::Abs, x);
        let rest = p.binary(Binary::Sub, one, size);
        let tail = p.binary(Binary::Mul, rest, half);
        let quantile = quantile(p, q, tail);
        let scale = number(p, x, std::f64::consts::FRAC_1_SQRT_2);
        p.binary(Binary::Mul, quantile, scale)
    })
    .grad(|node, dy| dy * (std::f64::consts::PI.sqrt() / 2.0) * node.y(0).square().exp());
}

impl Tensor {
    /// Φ⁻¹(x), the quantile of the standard normal distribution, element by element; NaN outside of [0, 1].
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let quartile = tf.constant(0.75).ndtri();
    /// assert_eq!(format!("{:.4}", Session::new(&tf)?.run(&quartile, feeds![])?), "0.6745");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn ndtri(&self) -> Tensor {
        self.graph().add(Ndtri, &[self])
    }

    /// erf⁻¹(x), the inverse of the error function, element by element; NaN outside of [−1, 1].
    #[track_caller]
    pub fn erfinv(&self) -> Tensor {
        self.graph().add(Erfinv, &[self])
    }
}

pub(super) fn ndtri_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Ndtri>(array![0.25, 0.0625, 0.96875]);
    cases.push(
        Case::fed("ends and outside", [array![0.0, 1.0, 0.5, -0.5, 1.5]], |_, x| vec![x[0].ndtri()])
            .at_kink()
            .expecting([array![f32::NEG_INFINITY, f32::INFINITY, 0.0, f32::NAN, f32::NAN]]),
    );
    cases
}

pub(super) fn erfinv_cases() -> Vec<Case> {
    let mut cases = unary_cases::<Erfinv>(array![0.5, -0.875, 0.03125]);
    cases.push(
        Case::fed("ends and outside", [array![1.0, -1.0, 0.0, 2.0]], |_, x| vec![x[0].erfinv()])
            .at_kink()
            .expecting([array![f32::INFINITY, f32::NEG_INFINITY, 0.0, f32::NAN]]),
    );
    cases
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn the_quantile_and_the_inverse_undo_what_they_invert() -> crate::Result<()> {
        let tf = Graph::new();
        // Above the middle the share itself is known only to an ulp of 1.
        let points: Vec<f64> = (-600..=0).map(|i| f64::from(i) / 100.0).collect();
        let x = tf.constant(Array::new([points.len()], points)?);
        let share = (&x * -std::f64::consts::FRAC_1_SQRT_2).erfc() * 0.5;
        let error = ((share.ndtri() - &x).abs() / (x.abs() + 1.0)).reduce_max(..);
        let y = tf.constant(Array::new([5], vec![0.9, -0.5, 0.1, 1e-9, -0.999])?);
        let back = ((y.erfinv().erf() - &y) / &y).abs().reduce_max(..);
        let sess = Session::new(&tf)?;
        let (error, back) = sess.run((&error, &back), feeds![])?;
        assert!(error.item::<f64>()? < 4e-15, "{error}");
        assert!(back.item::<f64>()? < 4e-15, "{back}");
        Ok(())
    }
}
