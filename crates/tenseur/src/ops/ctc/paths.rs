//! The probability of all paths through frames that read as given labels, forwards and backwards, in logarithms.
//!
//! The labels are spread: a blank before, between and after them. `forward[t][u]` is the probability of all beginnings of
//! paths that are at place `u` in frame `t`, that frame included; `backward[t][u]` that of all ends from there on, without
//! it. From a place a path stays, goes on to the next, or leaps over a blank between two different labels.

const NEVER: f64 = f64::NEG_INFINITY;

/// ln(eᵃ + eᵇ), in which TensorFlow computes what the smaller adds in float32, whatever the type of the logits.
pub(super) fn log_add_exp(a: f64, b: f64) -> f64 {
    if a == NEVER {
        return b;
    }
    if b == NEVER {
        return a;
    }
    let (larger, smaller) = if a > b { (a, b) } else { (b, a) };
    larger + f64::from(((smaller - larger) as f32).exp().ln_1p())
}

/// Labels with blanks around them, and how paths go through them.
pub(super) struct Spread {
    places: Vec<usize>,
    blank: usize,
    merge_repeated: bool,
}

impl Spread {
    /// Of these labels; where repetitions are not merged, a label takes exactly one frame.
    pub(super) fn new(labels: &[usize], blank: usize, merge_repeated: bool) -> Spread {
        let mut places = vec![blank];
        labels.iter().for_each(|&label| places.extend([label, blank]));
        Spread { places, blank, merge_repeated }
    }

    /// Whether a path may stay at a place.
    fn stays(&self, place: usize) -> bool {
        self.merge_repeated || self.places[place] == self.blank
    }

    /// Whether a path may leap to a place from two before it.
    fn leaps(&self, place: usize) -> bool {
        let label = self.places[place];
        place > 1 && label != self.blank && !(self.merge_repeated && label == self.places[place - 2])
    }

    fn forward(&self, frames: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let count = self.places.len();
        let mut all: Vec<Vec<f64>> = Vec::with_capacity(frames.len());
        for (t, frame) in frames.iter().enumerate() {
            let arriving = |place: usize| {
                let Some(before) = t.checked_sub(1).map(|t| &all[t]) else {
                    return if place < 2 { 0.0 } else { NEVER };
                };
                let mut sum = if self.stays(place) { before[place] } else { NEVER };
                if place > 0 {
                    sum = log_add_exp(sum, before[place - 1]);
                }
                if self.leaps(place) { log_add_exp(sum, before[place - 2]) } else { sum }
            };
            let now = (0..count).map(|place| arriving(place) + frame[self.places[place]]).collect();
            all.push(now);
        }
        all
    }

    fn backward(&self, frames: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let count = self.places.len();
        let last = (0..count).map(|place| if place + 2 >= count { 0.0 } else { NEVER }).collect();
        let mut all: Vec<Vec<f64>> = vec![last];
        for frame in frames[1..].iter().rev() {
            let after = &all[all.len() - 1];
            let to = |place: usize| after[place] + frame[self.places[place]];
            let leaving = |place: usize| {
                let mut sum = if self.stays(place) { to(place) } else { NEVER };
                if place + 1 < count {
                    sum = log_add_exp(sum, to(place + 1));
                }
                if place + 2 < count && self.leaps(place + 2) { log_add_exp(sum, to(place + 2)) } else { sum }
            };
            let now = (0..count).map(leaving).collect();
            all.push(now);
        }
        all.reverse();
        all
    }

    /// −ln of the probability of all paths, and its gradient with respect to the logits whose log-softmax the frames are. Where
    /// there is no path, the loss is infinite and the gradient the softmax itself.
    pub(super) fn loss(&self, frames: &[Vec<f64>]) -> (f64, Vec<Vec<f64>>) {
        let (forward, backward) = (self.forward(frames), self.backward(frames));
        let whole = |t: usize, place: usize| forward[t][place] + backward[t][place];
        let total = (0..self.places.len()).fold(NEVER, |sum, place| log_add_exp(sum, whole(0, place)));
        let gradient = frames.iter().enumerate().map(|(t, frame)| {
            let mut through = vec![NEVER; frame.len()];
            for (place, &class) in self.places.iter().enumerate() {
                through[class] = log_add_exp(through[class], whole(t, place));
            }
            // In float32 too, as TensorFlow has it.
            let part = |through: f64| match total == NEVER {
                true => 0.0,
                false => f64::from(((through - total) as f32).exp()),
            };
            frame.iter().zip(through).map(|(log, through)| log.exp() - part(through)).collect()
        });
        (-total, gradient.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a path reads as.
    fn reading(path: &[usize], blank: usize) -> Vec<usize> {
        let mut merged = path.to_vec();
        merged.dedup();
        merged.retain(|&class| class != blank);
        merged
    }

    #[test]
    fn it_is_the_sum_over_all_paths() {
        let probabilities = [[0.2f64, 0.3, 0.5], [0.6, 0.1, 0.3], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]];
        let frames: Vec<Vec<f64>> = probabilities.iter().map(|frame| frame.map(f64::ln).to_vec()).collect();
        for labels in [vec![], vec![0], vec![0, 1], vec![1, 1], vec![0, 1, 0]] {
            let mut sum = 0.0;
            for path in 0..81usize {
                let path = [path / 27, path / 9 % 3, path / 3 % 3, path % 3];
                if reading(&path, 2) == labels {
                    sum +=
                        path.iter().zip(&probabilities).map(|(&class, frame)| frame[class]).product::<f64>();
                }
            }
            let (loss, _) = Spread::new(&labels, 2, true).loss(&frames);
            assert!((loss + sum.ln()).abs() < 1e-6, "{labels:?}: {loss} for {}", -sum.ln());
        }
    }
}
