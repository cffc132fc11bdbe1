//! Sounds: AudioSummaryV2.

use super::{BYTES, check_tag, given, numbered, one_string, tag_of, value};
use crate::conformance::Case;
use crate::error::Reason;
use crate::formats::proto::summary::{SummaryAudio, SummaryKind, SummaryValue};
use crate::graph::{Fact, Facts};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType};

/// Bytes of a sample in a file.
const SAMPLE: usize = 2;

/// The first sounds of a batch `[batch, frames, channels]` or `[batch, frames]` of numbers from −1 to 1, as WAV files of 16
/// bits; the rate, in frames per second, is the third input.
#[derive(Clone, Debug)]
pub struct AudioSummaryV2 {
    /// How many at most.
    pub most: i64,
}

impl OverArrays for AudioSummaryV2 {
    const NAME: &'static str = "AudioSummaryV2";
    const NO_GRADIENT: &'static str = BYTES;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new().with("max_outputs", self.most)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        match attrs.optional("max_outputs", 3)? {
            most @ 1.. => Ok(AudioSummaryV2 { most }),
            most => Err(format!("attribute \"max_outputs\" should be 1 or more and is {most}").into()),
        }
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        check_tag(inputs, 3)?;
        let (sounds, rate) = (inputs[1], inputs[2]);
        if sounds.dtype != DType::Float32 || rate.dtype != DType::Float32 {
            let why = format!("sounds and rate are float32, not {} and {}", sounds.dtype, rate.dtype);
            return Err(why.into());
        }
        match sounds.shape.rank() {
            None | Some(2 | 3) => Ok(one_string()),
            Some(_) => Err(wrong_shape(&sounds.shape)),
        }
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        given(sounds(&tag_of(&inputs[0])?, &inputs[1], inputs[2].item::<f32>()?, self.most)?)
    }
}

/// The first sounds of a batch, each with its tag.
///
/// # Errors
/// When these are no sounds, or the rate is none.
pub(crate) fn sounds(tag: &str, sounds: &Array, rate: f32, most: i64) -> Result<Vec<SummaryValue>, Reason> {
    let (batch, frames, channels) = match sounds.shape()[..] {
        [batch, frames] => (batch, frames, 1),
        [batch, frames, channels] if channels > 0 => (batch, frames, channels),
        _ => return Err(wrong_shape(sounds.shape())),
    };
    if !(rate >= 1.0 && rate <= u32::MAX as f32) {
        return Err(format!("{rate} frames per second are no rate").into());
    }
    let size = frames * channels;
    let samples = sounds.as_slice::<f32>()?;
    let sound = |number: usize| {
        let file = wav(&samples[number * size..(number + 1) * size], channels, rate as u32)?;
        let audio = SummaryAudio {
            sample_rate: rate,
            num_channels: channels as i64,
            length_frames: frames as i64,
            encoded_audio_string: file,
            content_type: "audio/wav".to_string(),
        };
        Ok(value(numbered(tag, "audio", most, number), SummaryKind::Audio(audio)))
    };
    (0..batch.min(usize::try_from(most).unwrap_or(0))).map(sound).collect()
}

/// A WAV file: a header of 44 bytes, then the samples, frame by frame, as 16-bit integers.
fn wav(samples: &[f32], channels: usize, rate: u32) -> Result<Vec<u8>, Reason> {
    let too_large = |_| Reason::from("the sound is too large for a WAV file");
    let data = u32::try_from(samples.len() * SAMPLE).map_err(too_large)?;
    let whole = data.checked_add(36).ok_or("the sound is too large for a WAV file")?;
    let frame = u16::try_from(channels * SAMPLE).map_err(too_large)?;
    let mut file = Vec::with_capacity(44 + data as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&whole.to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&(channels as u16).to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&rate.saturating_mul(u32::from(frame)).to_le_bytes());
    file.extend_from_slice(&frame.to_le_bytes());
    file.extend_from_slice(&(8 * SAMPLE as u16).to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        // As a cast does: what is beyond is the nearest, and NaN is silence.
        file.extend_from_slice(&((sample * 32768.0).round() as i16).to_le_bytes());
    }
    Ok(file)
}

fn wrong_shape(shape: &dyn std::fmt::Display) -> Reason {
    format!("sounds are [batch, frames, channels] or [batch, frames], not {shape}").into()
}

pub(in crate::ops) fn cases() -> Vec<Case> {
    let tag = || Array::strings([], ["sound"]).expect("a scalar");
    let add = |tf: &crate::Graph, x: &[crate::Tensor]| {
        vec![tf.add(ByArrays(AudioSummaryV2 { most: 3 }), &[&x[0], &x[1], &x[2]])]
    };
    let rate = || Array::scalar(8000f32);
    vec![
        Case::fed("one channel", [tag(), crate::array![[0.0, 0.5, -1.0], [2.0, -2.0, 0.1]], rate()], add),
        Case::fed("two channels", [tag(), crate::array![[[0.0, 0.5], [1.0, -1.0]]], rate()], add),
    ]
}
