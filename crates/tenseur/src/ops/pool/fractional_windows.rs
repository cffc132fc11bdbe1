//! Windows of two neighbouring sizes: how they are drawn, and what they see.

use tenseur_kernels::random::Philox;

use crate::error::Reason;
use crate::ops::image;
use crate::ops::random::words::Words;
use crate::value::{Array, DType, Shape};

/// The windows along one axis.
pub(super) fn drawn(stream: &mut Philox, input: usize, output: usize, pseudo_random: bool) -> Vec<i64> {
    let least = input / output;
    let mut words = Words::new(*stream);
    let lengths: Vec<usize> = match pseudo_random {
        true => {
            stream.skip(1);
            let ratio = input as f64 / output as f64;
            // With a larger one the first window, or the last, would be of a third size.
            let first = (least + 2) as f64 / ratio - 1.0;
            let last = (input + 1 - least) as f64 / ratio - (output - 1) as f64;
            let shift = words.double() * first.min(last);
            let begins = |window: usize| match window {
                0 => 1,
                window if window == output => input + 1,
                window => (ratio * (window as f64 + shift)).ceil() as usize,
            };
            (0..output).map(|window| begins(window + 1).saturating_sub(begins(window))).collect()
        }
        false => {
            stream.skip(output.div_ceil(4) as u64);
            let longer = input % output;
            let mut lengths: Vec<usize> = (0..output).map(|i| least + usize::from(i < longer)).collect();
            for i in 0..output.saturating_sub(1) {
                lengths.swap(i, i + words.next() as usize % (output - i));
            }
            lengths
        }
    };
    let mut begins = vec![0];
    for length in lengths {
        begins.push(begins.last().copied().unwrap_or(0) + length as i64);
    }
    begins
}

/// The places that each window sees along an axis of so many.
fn windows(begins: &[i64], overlapping: bool, size: usize) -> Result<Vec<std::ops::Range<usize>>, Reason> {
    let window = |pair: &[i64]| {
        let (begin, end) = (pair[0], pair[1] + i64::from(overlapping));
        let (begin, end) = (usize::try_from(begin).ok()?, usize::try_from(end).ok()?.min(size));
        (begin < end).then_some(begin..end)
    };
    let all: Option<Vec<_>> = begins.windows(2).map(window).collect();
    all.ok_or_else(|| {
        format!("windows begin at {begins:?}, which leads beyond the {size} places or nowhere").into()
    })
}

/// Pictures `[batch, height, width, channels]` and the windows over them.
pub(super) struct Grid {
    sizes: [usize; 4],
    rows: Vec<std::ops::Range<usize>>,
    columns: Vec<std::ops::Range<usize>>,
}

impl Grid {
    pub(super) fn new(
        shape: &Shape,
        rows: &[i64],
        columns: &[i64],
        overlapping: bool,
    ) -> Result<Grid, Reason> {
        let [batch, height, width, channels] = shape[..] else {
            return Err(format!("pictures are [batch, height, width, channels], and not {shape}").into());
        };
        let rows = windows(rows, overlapping, height)?;
        let columns = windows(columns, overlapping, width)?;
        Ok(Grid { sizes: [batch, height, width, channels], rows, columns })
    }

    pub(super) fn output(&self) -> Shape {
        [self.sizes[0], self.rows.len(), self.columns.len(), self.sizes[3]].into()
    }

    /// Calls `visit` for each output, in order, with the places in the pictures that its window sees.
    pub(super) fn each(&self, mut visit: impl FnMut(&[usize])) {
        let [batch, height, width, channels] = self.sizes;
        // Pictures without channels may be without end.
        if self.output().elements() == 0 {
            return;
        }
        let mut seen = Vec::new();
        for picture in 0..batch {
            for rows in &self.rows {
                for columns in &self.columns {
                    for channel in 0..channels {
                        seen.clear();
                        for row in rows.clone() {
                            let first = (picture * height + row) * width;
                            seen.extend(columns.clone().map(|column| (first + column) * channels + channel));
                        }
                        visit(&seen);
                    }
                }
            }
        }
    }

    /// Of each output, which place its greatest is at: the first of several.
    pub(super) fn greatest(&self, x: &Array) -> Result<Vec<usize>, Reason> {
        let mut places = Vec::new();
        let first = |seen: &[usize], greater: &dyn Fn(usize, usize) -> bool| {
            seen.iter().copied().reduce(|best, place| if greater(place, best) { place } else { best })
        };
        if x.dtype().is_float() {
            let numbers = x.to_f64()?;
            self.each(|seen| places.extend(first(seen, &|a, b| numbers[a] > numbers[b])));
        } else {
            let numbers = x.to_i64()?;
            self.each(|seen| places.extend(first(seen, &|a, b| numbers[a] > numbers[b])));
        }
        Ok(places)
    }

    /// What each window makes of the pictures.
    pub(super) fn pooled<const MEAN: bool>(&self, x: &Array) -> Result<Array, Reason> {
        let shape = self.output();
        if !MEAN {
            let (size, from) = (x.dtype().size().unwrap_or(1), x.bytes()?);
            let bytes: Vec<u8> = self
                .greatest(x)?
                .into_iter()
                .flat_map(|place| from[place * size..(place + 1) * size].iter().copied())
                .collect();
            return Ok(Array::from_bytes(x.dtype(), shape, &bytes)?);
        }
        if x.dtype().is_float() {
            let (numbers, mut means) = (x.to_f64()?, Vec::new());
            self.each(|seen| {
                let sum: f64 = seen.iter().map(|&place| numbers[place]).sum();
                means.push(sum / seen.len() as f64);
            });
            return image::array_of(x.dtype(), shape, &means);
        }
        let (numbers, mut means) = (x.to_i64()?, Vec::new());
        self.each(|seen| {
            let sum = seen.iter().fold(0i64, |sum, &place| sum.wrapping_add(numbers[place]));
            means.push(sum / seen.len() as i64);
        });
        integers(x.dtype(), shape, &means)
    }
}

/// Integers as an array of int32 or int64.
pub(super) fn integers(dtype: DType, shape: Shape, values: &[i64]) -> Result<Array, Reason> {
    Ok(match dtype {
        DType::Int32 => Array::new(shape, values.iter().map(|&value| value as i32).collect::<Vec<_>>())?,
        _ => Array::new(shape, values)?,
    })
}
