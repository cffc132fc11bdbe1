//! Speech in few numbers: how loud it is in bands as wide as the ear hears them, as logarithms, and these as a sum of
//! cosines. (S. Davis and P. Mermelstein, *Comparison of parametric representations for monosyllabic word recognition in
//! continuously spoken sentences*, 1980.)
//!
//! ```text
//! mel(f) = 1127 · log(1 + f/700)
//! yᵢ = √(2/n) · Σⱼ log(bandⱼ) · cos(π/n · i · (j + ½))
//! ```

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{OverArrays, Smooth};
use crate::ops::image::sizes_of;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// The cepstrum of a spectrogram of squares, float32 `[channels, pieces, frequencies]`, of sound of so many samples in a
/// second, the second input: `[channels, pieces, coefficients]`.
#[derive(Clone, Debug)]
pub struct Mfcc {
    /// The highest frequency that counts.
    pub upper_frequency_limit: f32,
    /// The lowest.
    pub lower_frequency_limit: f32,
    /// How many bands there are.
    pub filterbank_channel_count: usize,
    /// How many coefficients come out.
    pub dct_coefficient_count: usize,
}

/// Where a frequency lies as the ear hears it.
fn mel(frequency: f64) -> f64 {
    1127.0 * libm::log1p(frequency / 700.0)
}

/// For each frequency that counts, the band below it (none below the first) and its share there.
struct Bands {
    first: usize,
    shares: Vec<(Option<usize>, f64)>,
}

impl Bands {
    fn new(op: &Mfcc, frequencies: usize, rate: f64) -> Result<Bands, Reason> {
        let (low, high) = (f64::from(op.lower_frequency_limit), f64::from(op.upper_frequency_limit));
        if frequencies < 2 {
            return Err(format!("a spectrum has two frequencies or more, not {frequencies}").into());
        }
        let count = op.filterbank_channel_count;
        let (lowest, highest) = (mel(low), mel(high));
        let step = (highest - lowest) / (count + 1) as f64;
        let centre = |band: usize| lowest + step * (band + 1) as f64;
        let width = 0.5 * rate / (frequencies - 1) as f64;
        let first = (1.5 + low / width) as usize;
        let last = ((high / width) as usize).min(frequencies - 1);
        let mut above = 0;
        let shares = (first..=last).map(|frequency| {
            let own = mel(frequency as f64 * width);
            while above < count && centre(above) < own {
                above += 1;
            }
            match above.checked_sub(1) {
                Some(band) => (Some(band), (centre(band + 1) - own) / (centre(band + 1) - centre(band))),
                None => (None, (centre(0) - own) / (centre(0) - lowest)),
            }
        });
        Ok(Bands { first, shares: shares.collect() })
    }

    fn of(&self, spectrum: &[f32], count: usize) -> Vec<f64> {
        let mut bands = vec![0.0; count];
        for (square, (below, share)) in spectrum[self.first.min(spectrum.len())..].iter().zip(&self.shares) {
            let size = f64::from(*square).sqrt();
            let lower = size * share;
            if let Some(band) = below {
                bands[*band] += lower;
            }
            if let Some(band) = bands.get_mut(below.map_or(0, |band| band + 1)) {
                *band += size - lower;
            }
        }
        bands
    }
}

impl OverArrays for Mfcc {
    const NAME: &'static str = "Mfcc";
    const NO_GRADIENT: &'static str = "there is no rule for it";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("dct_coefficient_count", self.dct_coefficient_count as i64)
            .with("filterbank_channel_count", self.filterbank_channel_count as i64)
            .with("lower_frequency_limit", self.lower_frequency_limit)
            .with("upper_frequency_limit", self.upper_frequency_limit)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let count = |name: &str, default: i64| -> Result<usize, Reason> {
            let count = attrs.optional(name, default)?;
            match (1..=1 << 12).contains(&count) {
                true => Ok(count as usize),
                false => Err(format!("attribute \"{name}\" is {count}").into()),
            }
        };
        let op = Mfcc {
            upper_frequency_limit: attrs.optional("upper_frequency_limit", 4000.0)?,
            lower_frequency_limit: attrs.optional("lower_frequency_limit", 20.0)?,
            filterbank_channel_count: count("filterbank_channel_count", 40)?,
            dct_coefficient_count: count("dct_coefficient_count", 13)?,
        };
        let (low, high) = (op.lower_frequency_limit, op.upper_frequency_limit);
        if !(low >= 0.0 && high > low) {
            return Err(format!("frequencies that count are from {low} to {high}").into());
        }
        if op.dct_coefficient_count > op.filterbank_channel_count {
            let (coefficients, bands) = (op.dct_coefficient_count, op.filterbank_channel_count);
            return Err(format!("{bands} bands have no {coefficients} coefficients").into());
        }
        Ok(op)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [spectrum, rate] = inputs else { return Err(wrong_count(2, inputs)) };
        if spectrum.dtype != DType::Float32 || rate.dtype != DType::Int32 {
            let (one, other) = (spectrum.dtype, rate.dtype);
            return Err(format!("a spectrogram is float32 and its rate int32, not {one} and {other}").into());
        }
        must_be_scalar(rate, "a rate")?;
        let [channels, pieces, _] = sizes_of(spectrum, "a spectrogram")?;
        Ok(Fact::new(DType::Float32, [channels, pieces, Some(self.dct_coefficient_count)]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [channels, pieces, frequencies] = inputs[0].shape()[..] else {
            return Err("a spectrogram is [channels, pieces, frequencies]".into());
        };
        let rate = inputs[1].item::<i32>()?;
        if rate <= 0 {
            return Err(format!("a rate is above 0, and not {rate}").into());
        }
        let bands = Bands::new(self, frequencies, rate.into())?;
        let (count, coefficients) = (self.filterbank_channel_count, self.dct_coefficient_count);
        let (scale, turn) = ((2.0 / count as f64).sqrt(), std::f64::consts::PI / count as f64);
        let cosines: Vec<Vec<f64>> = (0..coefficients)
            .map(|i| (0..count).map(|j| scale * libm::cos(i as f64 * turn * (j as f64 + 0.5))).collect())
            .collect();
        let mut cepstrum: Vec<f32> = Vec::with_capacity(channels * pieces * coefficients);
        for spectrum in inputs[0].as_slice::<f32>()?.chunks(frequencies.max(1)) {
            let logs: Vec<f64> =
                bands.of(spectrum, count).iter().map(|band| libm::log(band.max(1e-12))).collect();
            cepstrum.extend(
                cosines
                    .iter()
                    .map(|row| row.iter().zip(&logs).map(|(cosine, log)| cosine * log).sum::<f64>() as f32),
            );
        }
        Ok(vec![Array::new([channels, pieces, coefficients], cepstrum)?])
    }
}

pub(in crate::ops) fn mfcc_cases() -> Vec<Case> {
    let spectrum: Vec<f32> = (0..66).map(|i| 1.0 + (i as f32 * 0.9).sin()).collect();
    let spectrum = Array::new([1, 2, 33], spectrum).expect("two spectra");
    vec![
        Case::fed("two pieces", [spectrum], |tf, x| {
            let op = Mfcc {
                upper_frequency_limit: 4000.0,
                lower_frequency_limit: 20.0,
                filterbank_channel_count: 10,
                dct_coefficient_count: 4,
            };
            vec![tf.add(Smooth(op), &[&x[0].stop_gradient(), &tf.constant(8000)])]
        })
        .at_kink(),
    ]
}
