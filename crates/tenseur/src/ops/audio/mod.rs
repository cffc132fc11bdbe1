//! Sound: `[samples, channels]` of numbers from −1 to 1.
//!
//! - `wav.rs`: files of sound;
//! - `spectrogram.rs`: which frequencies there are when; `cepstrum.rs`: that as speech is described.

pub(super) mod cepstrum;
pub(super) mod spectrogram;
pub(super) mod wav;

pub use cepstrum::Mfcc;
pub use spectrogram::AudioSpectrogram;
pub use wav::{DecodeWav, EncodeWav};
