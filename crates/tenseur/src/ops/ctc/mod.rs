//! Connectionist temporal classification: labels for a sequence without saying which frame belongs to which label.
//!
//! In each frame a network gives logits for the labels and, as the last class, for "blank". A path picks one class a frame; it
//! reads as its classes with repetitions merged and blanks taken out. The loss ([`loss`]) is −ln of the probability of all
//! paths that read as the labels; decoders look for the likeliest reading ([`greedy`], [`beam`]).
//!
//! A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, *Connectionist temporal classification: labelling unsegmented sequence
//! data with recurrent neural networks*, 2006.

pub mod beam;
pub mod greedy;
pub mod loss;
mod paths;

use crate::error::{Code, Reason};
use crate::graph::Fact;
use crate::value::{Array, DType};

/// The sizes `[frames, batch, classes]` of logits, as far as they are known, where a length for each sequence goes with them.
///
/// # Errors
/// When either is of another type or shape than it may be; of kind `code` where there are not as many lengths as sequences.
fn sizes(logits: &Fact, lengths: &Fact, code: Code) -> Result<[Option<usize>; 3], Reason> {
    if !matches!(logits.dtype, DType::Float32 | DType::Float64) {
        return Err(format!("logits are float32 or float64, not {}", logits.dtype).into());
    }
    if lengths.dtype != DType::Int32 || lengths.shape.rank().is_some_and(|rank| rank != 1) {
        return Err(format!("lengths of sequences are a vector of int32, not {lengths}").into());
    }
    let batch = match logits.shape.sizes() {
        None => return Ok([None, lengths.shape.size(0), None]),
        Some(&[frames, batch, classes]) => [frames, batch.or(lengths.shape.size(0)), classes],
        Some(_) => {
            return Err(format!("logits are [frames, batch, classes] and have shape {}", logits.shape).into());
        }
    };
    match batch[1].zip(lengths.shape.size(0)) {
        Some((batch, count)) if batch != count => {
            // Of no sequence at all every decoder says the same.
            let code = if batch == 0 { Code::InvalidArgument } else { code };
            Err(Reason::new(code, format!("there are {batch} sequences and {count} lengths")))
        }
        _ => Ok(batch),
    }
}

/// Logits of a batch of sequences.
struct Frames {
    logits: Vec<f64>,
    sizes: [usize; 3],
    lengths: Vec<usize>,
}

impl Frames {
    /// # Errors
    /// When there are no frames, sequences or classes; and of kind `code` when a length is negative or more than there are frames.
    fn new(logits: &Array, lengths: &Array, code: Code) -> Result<Frames, Reason> {
        let [frames, batch, classes] = logits.shape()[..] else {
            return Err(
                format!("logits are [frames, batch, classes] and have shape {}", logits.shape()).into()
            );
        };
        if [frames, batch, classes].contains(&0) {
            return Err(format!(
                "there are {frames} frames of {batch} sequences and {classes} classes; there is at least one of each"
            )
            .into());
        }
        let lengths = lengths.to_i64()?;
        if lengths.len() != batch {
            return Err(Reason::new(
                code,
                format!("there are {batch} sequences and {} lengths", lengths.len()),
            ));
        }
        let checked = lengths.iter().map(|&length| match usize::try_from(length) {
            Ok(length) if length <= frames => Ok(length),
            _ => Err(Reason::new(code, format!("a sequence has {length} frames, of {frames}"))),
        });
        let lengths = checked.collect::<Result<_, _>>()?;
        Ok(Frames { logits: logits.to_f64()?, sizes: [frames, batch, classes], lengths })
    }

    /// The logits of a frame of a sequence.
    fn of(&self, frame: usize, sequence: usize) -> &[f64] {
        let [_, batch, classes] = self.sizes;
        &self.logits[(frame * batch + sequence) * classes..][..classes]
    }

    /// The logarithms of their softmax.
    fn log_probabilities(&self, frame: usize, sequence: usize) -> Vec<f64> {
        let logits = self.of(frame, sequence);
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln();
        logits.iter().map(|logit| logit - largest - sum).collect()
    }
}

/// Readings of a batch as a sparse matrix: indices, values and shape.
fn sparse(readings: &[Vec<usize>]) -> Result<[Array; 3], Reason> {
    let longest = readings.iter().map(Vec::len).max().unwrap_or(0);
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    for (sequence, reading) in readings.iter().enumerate() {
        for (place, &label) in reading.iter().enumerate() {
            indices.extend([sequence as i64, place as i64]);
            values.push(label as i64);
        }
    }
    let count = values.len();
    Ok([
        Array::new([count, 2], indices)?,
        Array::new([count], values)?,
        Array::new([2], [readings.len() as i64, longest as i64])?,
    ])
}
