//! Which frequencies a sound has when: the size of the Fourier transform of short pieces of it, each under a window of Hann's,
//! `(1 − cos 2πi/n) / 2`.

use rustfft::FftPlanner;

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{OverArrays, Smooth};
use crate::ops::complex::Complex;
use crate::ops::image::sizes_of;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// The spectrum of each piece of a sound, float32 `[samples, channels]`: `[channels, pieces, frequencies]`, with as many
/// frequencies as half of the next power of two, and one.
#[derive(Clone, Debug)]
pub struct AudioSpectrogram {
    /// How many samples a piece has.
    pub window_size: usize,
    /// How many samples after a piece the next begins.
    pub stride: usize,
    /// Whether sizes are squared.
    pub magnitude_squared: bool,
}

impl AudioSpectrogram {
    fn pieces(&self, samples: usize) -> usize {
        samples.checked_sub(self.window_size).map_or(0, |rest| 1 + rest / self.stride)
    }

    /// How long what is transformed is.
    fn length(&self) -> usize {
        self.window_size.next_power_of_two()
    }
}

impl OverArrays for AudioSpectrogram {
    const NAME: &'static str = "AudioSpectrogram";
    const NO_GRADIENT: &'static str = "there is no rule for it";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("magnitude_squared", self.magnitude_squared)
            .with("stride", self.stride as i64)
            .with("window_size", self.window_size as i64)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let size = |name: &str, least: i64| -> Result<usize, Reason> {
            let size: i64 = attrs.require(name)?;
            match (least..=1 << 24).contains(&size) {
                true => Ok(size as usize),
                false => Err(format!("attribute \"{name}\" is {size}, and there are no such pieces").into()),
            }
        };
        Ok(AudioSpectrogram {
            window_size: size("window_size", 2)?,
            stride: size("stride", 1)?,
            magnitude_squared: attrs.optional("magnitude_squared", false)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sound] = inputs else { return Err(wrong_count(1, inputs)) };
        if sound.dtype != DType::Float32 {
            return Err(format!("sound is float32, not {}", sound.dtype).into());
        }
        let [samples, channels] = sizes_of(sound, "sound")?;
        let pieces = samples.map(|samples| self.pieces(samples));
        Ok(Fact::new(DType::Float32, [channels, pieces, Some(self.length() / 2 + 1)]).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [samples, channels] = inputs[0].shape()[..] else {
            return Err("sound is [samples, channels]".into());
        };
        let sound = inputs[0].as_slice::<f32>()?;
        let (length, pieces) = (self.length(), self.pieces(samples));
        let frequencies = length / 2 + 1;
        if pieces == 0 {
            return Ok(vec![Array::zeros(DType::Float32, [channels, 0, frequencies])?]);
        }
        let turn = std::f64::consts::TAU / self.window_size as f64;
        let window: Vec<f64> =
            (0..self.window_size).map(|i| 0.5 - 0.5 * libm::cos(turn * i as f64)).collect();
        let transform = FftPlanner::new().plan_fft_forward(length);
        let all = channels.checked_mul(pieces).and_then(|all| all.checked_mul(frequencies));
        let mut spectrum: Vec<f32> = crate::value::room(all.ok_or("there are too many frequencies")?)?;
        for channel in 0..channels {
            for piece in 0..pieces {
                let mut numbers = vec![Complex::default(); length];
                for (i, factor) in window.iter().enumerate() {
                    let value = sound[(piece * self.stride + i) * channels + channel];
                    numbers[i] = (f64::from(value) * factor).into();
                }
                transform.process(&mut numbers);
                spectrum.extend(numbers[..frequencies].iter().map(|number| match self.magnitude_squared {
                    true => number.norm_sqr() as f32,
                    false => number.norm_sqr().sqrt() as f32,
                }));
            }
        }
        Ok(vec![Array::new([channels, pieces, frequencies], spectrum)?])
    }
}

pub(in crate::ops) fn audio_spectrogram_cases() -> Vec<Case> {
    let sound: Vec<f32> = (0..40).map(|i| (i as f32 * 0.7).sin()).collect();
    let sound = Array::new([20, 2], sound).expect("twenty samples");
    let case = |name, magnitude_squared| {
        Case::fed(name, [sound.clone()], move |tf, x| {
            let op = AudioSpectrogram { window_size: 6, stride: 4, magnitude_squared };
            vec![tf.add(Smooth(op), &[&x[0].stop_gradient()])]
        })
        .at_kink()
    };
    vec![case("sizes", false), case("squares", true)]
}
