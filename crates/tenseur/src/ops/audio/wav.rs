//! WAV files: sound as 16 bits a sample.

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::image::sizes_of;
use crate::ops::text::scalar_string;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The sound of a file, float32 `[samples, channels]`, and how many samples there are in a second.
#[derive(Clone, Debug)]
pub struct DecodeWav {
    /// How many channels there are to be; those of the file where it is negative.
    pub desired_channels: i64,
    /// How many samples; those of the file where it is negative.
    pub desired_samples: i64,
}

/// What a file says of its sound.
#[derive(Clone, Copy, Debug)]
struct Format {
    channels: usize,
    rate: u32,
}

/// The format and the bytes of the sound.
fn parts(bytes: &[u8]) -> Result<(Format, &[u8]), Reason> {
    let short = || Reason::from("the file ends before its sound");
    let number = |bytes: &[u8], at: usize, count: usize| -> Result<u32, Reason> {
        let own = bytes.get(at..at + count).ok_or_else(short)?;
        Ok(own.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
    };
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("it is no WAV file: it does not begin with RIFF and WAVE".into());
    }
    let (mut at, mut format) = (12, None);
    while at < bytes.len() {
        let (name, size) = (bytes.get(at..at + 4).ok_or_else(short)?, number(bytes, at + 4, 4)? as usize);
        let rest = &bytes[at + 8..];
        match (name, format) {
            (b"fmt ", _) => {
                let (kind, channels) = (number(rest, 0, 2)?, number(rest, 2, 2)?);
                let (rate, bits) = (number(rest, 4, 4)?, number(rest, 14, 2)?);
                if kind != 1 || bits != 16 {
                    return Err(format!(
                        "its sound is of kind {kind} with {bits} bits, and not of 1 with 16"
                    )
                    .into());
                }
                if channels == 0 || rate == 0 {
                    return Err(format!("it has {channels} channels and {rate} samples in a second").into());
                }
                format = Some(Format { channels: channels as usize, rate });
            }
            (b"data", Some(format)) => {
                let whole = size - size % (2 * format.channels);
                return Ok((format, rest.get(..whole).ok_or_else(short)?));
            }
            (b"data", None) => return Err("its sound comes before its format".into()),
            _ => {}
        }
        // Chunks begin at even places.
        at = at.saturating_add(8).saturating_add(size).saturating_add(size % 2);
    }
    Err("it has no sound".into())
}

impl OverArrays for DecodeWav {
    const NAME: &'static str = "DecodeWav";
    const NO_GRADIENT: &'static str = "bytes do not change a little";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("desired_channels", self.desired_channels)
            .with("desired_samples", self.desired_samples)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(DecodeWav {
            desired_channels: attrs.optional("desired_channels", -1)?,
            desired_samples: attrs.optional("desired_samples", -1)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [contents] = inputs else { return Err(wrong_count(1, inputs)) };
        if contents.dtype != DType::String {
            return Err(format!("a file's bytes are a string, not {}", contents.dtype).into());
        }
        must_be_scalar(contents, "a file's bytes")?;
        let sizes = [self.desired_samples, self.desired_channels].map(|size| usize::try_from(size).ok());
        let sound = Fact::new(DType::Float32, sizes);
        Ok([sound, Fact::new(DType::Int32, PartialShape::scalar())].into_iter().collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let (format, bytes) = parts(scalar_string(&inputs[0])?)?;
        let count = bytes.len() / (2 * format.channels);
        let samples = usize::try_from(self.desired_samples).unwrap_or(count);
        let channels = usize::try_from(self.desired_channels).unwrap_or(format.channels);
        let elements = samples.checked_mul(channels).ok_or("there are too many samples")?;
        let mut sound: Vec<f32> = crate::value::room(elements)?;
        for sample in 0..samples {
            for channel in 0..channels {
                // Channels that the file has not are its last one.
                let from = 2 * (sample * format.channels + channel.min(format.channels - 1));
                let value = bytes.get(from..from + 2).filter(|_| sample < count);
                let value = value.map_or(0, |bytes| i16::from_le_bytes([bytes[0], bytes[1]]));
                sound.push(f32::from(value) / 32768.0);
            }
        }
        Ok(vec![Array::new([samples, channels], sound)?, Array::scalar(format.rate as i32)])
    }
}

/// The bytes of a file of sound, float32 `[samples, channels]`, with so many samples in a second, the second input.
#[derive(Clone, Debug)]
pub struct EncodeWav;

impl OverArrays for EncodeWav {
    const NAME: &'static str = "EncodeWav";
    const NO_GRADIENT: &'static str = "bytes do not change a little";

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(EncodeWav)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [sound, rate] = inputs else { return Err(wrong_count(2, inputs)) };
        if sound.dtype != DType::Float32 || rate.dtype != DType::Int32 {
            return Err(format!(
                "sound is float32 and its rate int32, not {} and {}",
                sound.dtype, rate.dtype
            )
            .into());
        }
        sizes_of::<2>(sound, "sound")?;
        must_be_scalar(rate, "a rate")?;
        Ok(Fact::new(DType::String, PartialShape::scalar()).one())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let [samples, channels] = inputs[0].shape()[..] else {
            return Err("sound is [samples, channels]".into());
        };
        let rate = u32::try_from(inputs[1].item::<i32>()?).ok().filter(|&rate| rate > 0);
        let rate = rate.ok_or("a rate is above 0")?;
        let few = u16::try_from(channels).ok().filter(|&channels| channels > 0 && channels < 1024);
        let few = few.ok_or_else(|| format!("a file has from 1 to 1023 channels, not {channels}"))?;
        let size = samples.checked_mul(2 * channels).and_then(|size| u32::try_from(size).ok());
        let size = size.filter(|&size| size < u32::MAX - 64);
        let size = size.ok_or_else(|| format!("a file does not hold {samples} samples"))?;
        let row = 2 * u32::from(few);
        let mut bytes = Vec::with_capacity(44 + size as usize);
        bytes.extend(b"RIFF");
        bytes.extend((36 + size).to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend(16u32.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(few.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend(rate.checked_mul(row).ok_or("a second of sound is too long")?.to_le_bytes());
        bytes.extend((row as u16).to_le_bytes());
        bytes.extend(16u16.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(size.to_le_bytes());
        for value in inputs[0].as_slice::<f32>()? {
            bytes.extend(((value * 32768.0).round() as i16).to_le_bytes());
        }
        Ok(vec![Array::strings([], [bytes])?])
    }
}

pub(in crate::ops) fn decode_wav_cases() -> Vec<Case> {
    vec![
        Case::fed("of what was encoded", [array![[0.5, -0.25], [1.5, -1.0], [0.0, 0.1]]], |tf, x| {
            let file = tf.add(ByArrays(EncodeWav), &[&x[0].stop_gradient(), &tf.constant(8000)]);
            let decode = |desired_channels, desired_samples| {
                let node =
                    tf.add_op(ByArrays(DecodeWav { desired_channels, desired_samples }), &[&file], None);
                [node.output(0), node.output(1)]
            };
            [decode(-1, -1), decode(1, 4)].concat()
        })
        .expecting([
            array![[0.5, -0.25], [0.999_969_5, -1.0], [0.0, 0.100_006_1]],
            Array::scalar(8000),
            array![[0.5], [0.999_969_5], [0.0], [0.0]],
            Array::scalar(8000),
        ]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_cut_off_are_refused() {
        let file = EncodeWav.compute(&[array![[0.5], [0.25]], Array::scalar(8000)]).unwrap();
        let bytes = file[0].as_strings().unwrap()[0].clone();
        assert!(parts(&bytes).is_ok());
        for length in 0..bytes.len() {
            assert!(parts(&bytes[..length]).is_err(), "{length}");
        }
    }
}
