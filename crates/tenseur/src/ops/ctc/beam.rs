//! The likeliest readings, found by keeping a number of beginnings of readings (CTCBeamSearchDecoder).
//!
//! Of each beginning it is known how likely the paths so far that read so are, apart for those that end in a blank and in its
//! last label. In each frame a beginning stays or gets another label, and the likeliest are kept.

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::ops::array::wrong_count;
use crate::ops::by_arrays::{ByArrays, OverArrays};
use crate::ops::ctc::paths::log_add_exp;
use crate::ops::ctc::{Frames, sizes, sparse};
use crate::ops::sparse::SparseTensor;
use crate::ops::{Attrs, Signature};
use crate::value::{Array, DType, PartialShape};

/// The likeliest readings of logits, `[frames, batch, classes]`, the first input; the second says how many frames each
/// sequence has, and the last class is blank. Outputs are the indices of all readings, as sparse matrices, then the values of
/// all, then the shapes, and last the logarithms of their probabilities, `[batch, readings]`.
#[derive(Clone, Debug)]
pub struct CtcBeamSearchDecoder {
    /// How many beginnings are kept.
    pub beam_width: i64,
    /// How many readings are given.
    pub top_paths: i64,
    /// Whether repeated labels of a reading are merged in the end, once more.
    pub merge_repeated: bool,
}

impl OverArrays for CtcBeamSearchDecoder {
    const NAME: &'static str = "CTCBeamSearchDecoder";
    const NO_GRADIENT: &'static str = "a reading does not change a little";

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("beam_width", self.beam_width)
            .with("merge_repeated", self.merge_repeated)
            .with("top_paths", self.top_paths)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let (beam_width, top_paths) = (attrs.require("beam_width")?, attrs.require("top_paths")?);
        // A file could ask for any number; no program keeps so many.
        if !(1..=1 << 20).contains(&beam_width) || !(1..=beam_width).contains(&top_paths) {
            return Err(format!(
                "it gives {top_paths} readings of {beam_width}; at least one, and no more than it keeps"
            )
            .into());
        }
        Ok(CtcBeamSearchDecoder {
            beam_width,
            top_paths,
            merge_repeated: attrs.optional("merge_repeated", true)?,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, lengths] = inputs else { return Err(wrong_count(2, inputs)) };
        let [_, batch, _] = sizes(logits, lengths, Code::FailedPrecondition)?;
        let paths = self.top_paths as usize;
        let indices = Fact::new(DType::Int64, [None, Some(2)].into_iter().collect::<PartialShape>());
        let (values, shape) = (Fact::new(DType::Int64, [None]), Fact::new(DType::Int64, [2]));
        let scores = Fact::new(logits.dtype, [batch, Some(paths)].into_iter().collect::<PartialShape>());
        let all = [indices, values, shape].into_iter().flat_map(|fact| std::iter::repeat_n(fact, paths));
        Ok(all.chain([scores]).collect())
    }

    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason> {
        let frames = Frames::new(&inputs[0], &inputs[1], Code::FailedPrecondition)?;
        let [_, batch, classes] = frames.sizes;
        let (paths, width) = (self.top_paths as usize, self.beam_width as usize);
        let mut readings = vec![Vec::new(); paths];
        let mut scores = Vec::with_capacity(batch * paths);
        for sequence in 0..batch {
            let mut search = Search::new(width, classes - 1);
            for frame in 0..frames.lengths[sequence] {
                search.step(&frames.log_probabilities(frame, sequence));
            }
            let best = search.best();
            if best.len() < paths {
                return Err(
                    format!("there are {} readings of sequence {sequence}, not {paths}", best.len()).into()
                );
            }
            for (all, &node) in readings.iter_mut().zip(&best) {
                let mut labels = search.labels(node);
                if self.merge_repeated {
                    labels.dedup();
                }
                all.push(labels);
                scores.push(search.nodes[node].now.total());
            }
        }
        let mut outputs = [Vec::new(), Vec::new(), Vec::new()];
        for reading in &readings {
            outputs.iter_mut().zip(sparse(reading)?).for_each(|(all, one)| all.push(one));
        }
        let scores = as_type(Array::new([batch, paths], scores)?, inputs[0].dtype());
        Ok(outputs.into_iter().flatten().chain([scores]).collect())
    }
}

const NEVER: f64 = f64::NEG_INFINITY;

/// How likely the paths are that read as some beginning, in logarithms.
#[derive(Clone, Copy)]
struct Likelihood {
    /// Of those that end in a blank.
    blank: f64,
    /// Of those that end in the last label.
    label: f64,
}

impl Likelihood {
    const NONE: Likelihood = Likelihood { blank: NEVER, label: NEVER };

    fn total(self) -> f64 {
        log_add_exp(self.blank, self.label)
    }
}

/// A beginning: another one and a label more.
struct Beginning {
    parent: Option<usize>,
    label: Option<usize>,
    children: Vec<Option<usize>>,
    before: Likelihood,
    now: Likelihood,
}

struct Search {
    width: usize,
    blank: usize,
    nodes: Vec<Beginning>,
    kept: Vec<usize>,
}

impl Search {
    fn new(width: usize, blank: usize) -> Search {
        // Before the first frame the empty reading is certain.
        let now = Likelihood { blank: 0.0, label: NEVER };
        let root =
            Beginning { parent: None, label: None, children: Vec::new(), before: Likelihood::NONE, now };
        Search { width, blank, nodes: vec![root], kept: vec![0] }
    }

    fn total(&self, node: usize) -> f64 {
        self.nodes[node].now.total()
    }

    /// The kept beginnings, the likeliest first.
    fn best(&self) -> Vec<usize> {
        let mut best = self.kept.clone();
        best.sort_by(|&a, &b| self.total(b).total_cmp(&self.total(a)));
        best
    }

    /// How likely paths are that go on from a beginning, before the frame, with `label`: where that repeats its last one, only
    /// those that end in a blank read so.
    fn going_on(&self, from: usize, label: usize) -> f64 {
        let Beginning { label: last, before, .. } = &self.nodes[from];
        if *last == Some(label) { before.blank } else { before.total() }
    }

    fn step(&mut self, frame: &[f64]) {
        let branches = self.best();
        for &node in &branches {
            self.nodes[node].before = self.nodes[node].now;
        }
        for &node in &branches {
            let Beginning { parent, label, before, .. } = self.nodes[node];
            let mut now = Likelihood { blank: before.total() + frame[self.blank], label: NEVER };
            if let Some(label) = label {
                let grown = match parent {
                    Some(parent) if self.kept.contains(&parent) => self.going_on(parent, label),
                    _ => NEVER,
                };
                now.label = log_add_exp(before.label, grown) + frame[label];
            }
            self.nodes[node].now = now;
        }
        for &node in &branches {
            if !self.is_candidate(self.nodes[node].before.total()) {
                continue;
            }
            for (label, log) in frame[..self.blank].iter().enumerate() {
                let grown = Likelihood { blank: NEVER, label: self.going_on(node, label) + log };
                let there = self.nodes[node].children.get(label).copied().flatten();
                if there.is_some_and(|child| self.kept.contains(&child)) || !self.is_candidate(grown.total())
                {
                    continue;
                }
                if self.kept.len() == self.width {
                    let last = self.worst();
                    let gone = self.kept.swap_remove(last);
                    self.nodes[gone].now = Likelihood::NONE;
                }
                let child = there.unwrap_or_else(|| self.grow(node, label));
                self.nodes[child].before = Likelihood::NONE;
                self.nodes[child].now = grown;
                self.kept.push(child);
            }
        }
    }

    /// Whether something so likely would be kept.
    fn is_candidate(&self, total: f64) -> bool {
        total > NEVER && (self.kept.len() < self.width || total > self.total(self.kept[self.worst()]))
    }

    /// Which of the kept beginnings is the least likely.
    fn worst(&self) -> usize {
        let mut places = 0..self.kept.len();
        let first = places.next().unwrap_or(0);
        places.fold(first, |worst, place| {
            if self.total(self.kept[place]) < self.total(self.kept[worst]) { place } else { worst }
        })
    }

    fn grow(&mut self, parent: usize, label: usize) -> usize {
        let child = self.nodes.len();
        let children = &mut self.nodes[parent].children;
        children.resize(self.blank, None);
        children[label] = Some(child);
        let (before, now) = (Likelihood::NONE, Likelihood::NONE);
        self.nodes.push(Beginning {
            parent: Some(parent),
            label: Some(label),
            children: Vec::new(),
            before,
            now,
        });
        child
    }

    /// The labels of a beginning.
    fn labels(&self, node: usize) -> Vec<usize> {
        let up = std::iter::successors(Some(node), |&node| self.nodes[node].parent);
        let mut labels: Vec<usize> = up.filter_map(|node| self.nodes[node].label).collect();
        labels.reverse();
        labels
    }
}

impl Tensor {
    /// The `top_paths` likeliest readings of logits, `[frames, batch, classes]`, where the last class is blank, among the
    /// beginnings of which `beam_width` are kept; and the logarithms of their probabilities, `[batch, top_paths]`
    /// (`tf.nn.ctc_beam_search_decoder`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// // Blank, blank is the likeliest path, but more paths read as the label.
    /// let logits = tf.constant(array![[[0.4f32, 0.6]], [[0.4, 0.6]]]).log();
    /// let (labels, log_probability) = logits.ctc_beam_search_decoder(&tf.constant(array![2]), 10, 1);
    /// let values = labels[0].values.cast::<i32>();
    /// assert_eq!(Session::new(&tf)?.run((&values, &log_probability.exp()), feeds![])?, (array![0], array![[0.64]]));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn ctc_beam_search_decoder(
        &self,
        lengths: &Tensor,
        beam_width: i64,
        top_paths: i64,
    ) -> (Vec<SparseTensor>, Tensor) {
        let op = ByArrays(CtcBeamSearchDecoder { beam_width, top_paths, merge_repeated: false });
        let node = self.graph().add_op(op, &[self, lengths], None);
        let paths = top_paths as usize;
        let reading = |i: usize| [i, i + paths, i + 2 * paths].map(|output| node.output(output));
        let readings = (0..paths).map(reading);
        let readings = readings.map(|[indices, values, shape]| SparseTensor::new(&indices, &values, &shape));
        (readings.collect(), node.output(3 * paths))
    }
}

pub(in crate::ops) fn ctc_beam_search_decoder_cases() -> Vec<Case> {
    let build = |beam_width, top_paths, merge_repeated| {
        move |tf: &crate::Graph, x: &[Tensor]| {
            let op = ByArrays(CtcBeamSearchDecoder { beam_width, top_paths, merge_repeated });
            let node = tf.add_op(op, &[&x[0].stop_gradient(), &tf.constant(array![3, 2])], None);
            (0..3 * top_paths as usize + 1).map(|output| node.output(output)).collect()
        }
    };
    let logits = || {
        array![
            [[0.1, 0.5, -0.3], [1.0, 0.2, 0.3]],
            [[0.7, -0.5, 0.2], [0.5, 0.9, -1.0]],
            [[0.0, 0.4, 0.6], [0.3, 0.2, 0.1]]
        ]
    };
    vec![
        Case::fed("two of many", [logits()], build(20, 2, false)),
        Case::fed("one of few, merged", [logits()], build(2, 1, true)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_wide_beam_finds_the_likeliest_of_all_readings() {
        let probabilities = [[0.2f64, 0.3, 0.5], [0.6, 0.1, 0.3], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]];
        let mut sums: HashMap<Vec<usize>, f64> = HashMap::new();
        for path in 0..81usize {
            let path = [path / 27, path / 9 % 3, path / 3 % 3, path % 3];
            let mut reading = path.to_vec();
            reading.dedup();
            reading.retain(|&class| class != 2);
            *sums.entry(reading).or_default() +=
                path.iter().zip(&probabilities).map(|(&class, frame)| frame[class]).product::<f64>();
        }
        let mut search = Search::new(1000, 2);
        probabilities.iter().for_each(|frame| search.step(&frame.map(f64::ln)));
        for &node in &search.best() {
            let (labels, total) = (search.labels(node), search.total(node));
            // What is added up is added as float32, as TensorFlow does.
            assert!((sums[&labels].ln() - total).abs() < 1e-6, "{labels:?}");
        }
        assert_eq!(search.best().len(), sums.len());
    }
}
