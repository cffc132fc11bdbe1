//! Samples of classes, for losses that would otherwise run over all of them: noise-contrastive estimation and the sampled
//! softmax.
//!
//! - `sampler.rs`: how likely classes are, and how they are drawn;
//! - `hits.rs`: which of them are true ones.

pub(super) mod hits;
mod sampler;

use std::sync::{Mutex, PoisonError};

use smallvec::smallvec;
use tenseur_kernels::KernelError;
use tenseur_kernels::random::{Philox, RandomCall};

use crate::conformance::{Case, as_type};
use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::{Lowered, Value, Work, known_shape};
use crate::ops::array::wrong_count;
use crate::ops::held::{Held, Holding};
use crate::ops::image::{same, sizes_of};
use crate::ops::random::Seeds;
use crate::ops::random::words::Words;
use crate::ops::{Attrs, Effects, Grad, Op, Signature, Stream};
use crate::run::first_position;
use crate::value::{Array, DType};

pub use hits::ComputeAccidentalHits;
use sampler::{Counted, Distribution, Drawn, Weighted, must_be_below};

/// Why no gradient goes through a sample.
const DRAWN: &str = "what is drawn does not change a little";

/// What every sampler is told. Its input is the true classes, int64 `[batch, num_true]`; its outputs are the sampled classes
/// `[num_sampled]`, how often each true one was to be expected among them, and how often each sampled one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// How many true classes a row has.
    pub num_true: usize,
    /// How many classes are drawn.
    pub num_sampled: usize,
    /// Whether they are all different.
    pub unique: bool,
    /// Where its stream begins.
    pub seeds: Seeds,
}

impl Sampling {
    fn add_to(&self, attrs: Attrs) -> Attrs {
        let attrs = attrs.with("num_sampled", self.num_sampled as i64).with("num_true", self.num_true as i64);
        self.seeds.add_to(attrs).with("unique", self.unique)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Sampling, Reason> {
        let positive = |name: &str| -> Result<usize, Reason> {
            let number: i64 = attrs.require(name)?;
            match usize::try_from(number) {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(format!("attribute \"{name}\" is 1 or more, and not {number}").into()),
            }
        };
        Ok(Sampling {
            num_true: positive("num_true")?,
            num_sampled: positive("num_sampled")?,
            unique: attrs.require("unique")?,
            seeds: Seeds::from_attrs(attrs)?,
        })
    }

    fn outputs(&self, batch: Option<usize>) -> Facts {
        let sampled = |dtype| Fact::new(dtype, [Some(self.num_sampled)]);
        let expected = Fact::new(DType::Float32, [batch, Some(self.num_true)]);
        [sampled(DType::Int64), expected, sampled(DType::Float32)].into_iter().collect()
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [classes] = inputs else { return Err(wrong_count(1, inputs)) };
        if classes.dtype != DType::Int64 {
            return Err(format!("true classes are int64, and these are {}", classes.dtype).into());
        }
        let [batch, columns] = sizes_of(classes, "true classes")?;
        same(columns, Some(self.num_true), "the number of true classes")?;
        Ok(self.outputs(batch))
    }

    /// How many blocks of random words are set aside for a run.
    fn blocks(&self) -> u64 {
        (self.num_sampled as u64).saturating_mul(2048 / 4)
    }
}

/// The most classes of which each has a weight or a count.
const MOST: u64 = 1 << 26;

/// How an op that keeps nothing but its place in the stream says which classes are likely.
pub trait Likely: std::fmt::Debug + Clone + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// Its own attributes, beside those of every sampler.
    fn add_to(&self, attrs: Attrs) -> Attrs;

    /// From its own attributes.
    ///
    /// # Errors
    /// When one is missing or makes no sense.
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// The drawing of a run.
    ///
    /// # Errors
    /// When what it says cannot be read, or makes no sense.
    #[doc(hidden)]
    fn drawing(&self, sampling: &Sampling) -> Result<Drawing, Reason>;
}

/// What draws the classes of a run.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Drawing(How);

#[derive(Clone, Debug)]
enum How {
    /// Every class once, in order.
    All,
    Random(Distribution),
}

impl Drawing {
    fn draw(&self, words: &mut Words, sampling: &Sampling, true_classes: &[i64]) -> Result<Drawn, Reason> {
        match &self.0 {
            How::All => {
                must_be_below(true_classes, sampling.num_sampled as u64)?;
                Ok(Drawn {
                    classes: (0..sampling.num_sampled as i64).collect(),
                    true_expected: vec![1.0; true_classes.len()],
                    expected: vec![1.0; sampling.num_sampled],
                })
            }
            How::Random(distribution) => {
                distribution.sample(words, true_classes, sampling.num_sampled, sampling.unique)
            }
        }
    }
}

/// The attribute `range_max`: how many classes there are.
fn range_from(attrs: &Attrs) -> Result<u64, Reason> {
    let range: i64 = attrs.require("range_max")?;
    match range {
        1.. => Ok(range as u64),
        _ => Err(format!("attribute \"range_max\" is 1 or more, and not {range}").into()),
    }
}

/// Classes that are all equally likely.
#[derive(Clone, Debug, PartialEq)]
pub struct Uniform {
    /// How many there are.
    pub range_max: u64,
}

/// Classes that are the rarer the larger their number, as words by rank: P(c) = log((c + 2) / (c + 1)) / log(range + 1).
#[derive(Clone, Debug, PartialEq)]
pub struct LogUniform {
    /// How many there are.
    pub range_max: u64,
}

/// Every class once.
#[derive(Clone, Debug, PartialEq)]
pub struct All;

/// Classes in proportion to counts, from a file or a list, to a power.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedUnigram {
    /// How many there are.
    pub range_max: u64,
    /// A file with a count at the end of each line, behind a comma.
    pub vocab_file: Vec<u8>,
    /// The power.
    pub distortion: f32,
    /// How many classes, the first ones, are never drawn.
    pub num_reserved_ids: usize,
    /// Of so many parts of the classes,
    pub num_shards: usize,
    /// this one: those whose number leaves this remainder.
    pub shard: usize,
    /// The counts, where there is no file.
    pub unigrams: Vec<f32>,
}

impl Likely for Uniform {
    const NAME: &'static str = "UniformCandidateSampler";

    fn add_to(&self, attrs: Attrs) -> Attrs {
        attrs.with("range_max", self.range_max as i64)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(Uniform { range_max: range_from(attrs)? })
    }

    fn drawing(&self, _: &Sampling) -> Result<Drawing, Reason> {
        Ok(Drawing(How::Random(Distribution::Uniform { range: self.range_max })))
    }
}

impl Likely for LogUniform {
    const NAME: &'static str = "LogUniformCandidateSampler";

    fn add_to(&self, attrs: Attrs) -> Attrs {
        attrs.with("range_max", self.range_max as i64)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(LogUniform { range_max: range_from(attrs)? })
    }

    fn drawing(&self, _: &Sampling) -> Result<Drawing, Reason> {
        Ok(Drawing(How::Random(Distribution::LogUniform { range: self.range_max })))
    }
}

impl Likely for All {
    const NAME: &'static str = "AllCandidateSampler";

    fn add_to(&self, attrs: Attrs) -> Attrs {
        attrs
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(All)
    }

    fn drawing(&self, _: &Sampling) -> Result<Drawing, Reason> {
        Ok(Drawing(How::All))
    }
}

impl Likely for FixedUnigram {
    const NAME: &'static str = "FixedUnigramCandidateSampler";

    fn add_to(&self, attrs: Attrs) -> Attrs {
        attrs
            .with("distortion", self.distortion)
            .with("num_reserved_ids", self.num_reserved_ids as i64)
            .with("num_shards", self.num_shards as i64)
            .with("range_max", self.range_max as i64)
            .with("shard", self.shard as i64)
            .with("unigrams", self.unigrams.clone())
            .with("vocab_file", self.vocab_file.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let number = |name: &str, default: i64, least: i64| -> Result<usize, Reason> {
            let number = attrs.optional(name, default)?;
            usize::try_from(number)
                .ok()
                .filter(|_| number >= least)
                .ok_or_else(|| format!("attribute \"{name}\" is {least} or more, and not {number}").into())
        };
        let op = FixedUnigram {
            range_max: range_from(attrs)?,
            vocab_file: attrs.optional("vocab_file", Vec::new())?,
            distortion: attrs.optional("distortion", 1.0)?,
            num_reserved_ids: number("num_reserved_ids", 0, 0)?,
            num_shards: number("num_shards", 1, 1)?,
            shard: number("shard", 0, 0)?,
            unigrams: attrs.optional("unigrams", Vec::new())?,
        };
        match op.vocab_file.is_empty() == op.unigrams.is_empty() {
            true => Err("counts come from \"vocab_file\" or from \"unigrams\": from one of them".into()),
            false if op.range_max > MOST => {
                Err(format!("attribute \"range_max\" is {}, and there are not so many weights", op.range_max)
                    .into())
            }
            false if op.shard >= op.num_shards => {
                Err(format!("attribute \"shard\" is below {}, and not {}", op.num_shards, op.shard).into())
            }
            false => Ok(op),
        }
    }

    fn drawing(&self, _: &Sampling) -> Result<Drawing, Reason> {
        let counts = if self.vocab_file.is_empty() { self.unigrams.clone() } else { self.counts_of_file()? };
        let own = |class: usize| class % self.num_shards == self.shard;
        let reserved = self.num_reserved_ids.saturating_sub(self.shard).div_ceil(self.num_shards);
        if reserved as u64 > self.range_max {
            return Err(
                format!("range_max is {}, and {reserved} classes are reserved", self.range_max).into()
            );
        }
        let mut weights = vec![0.0; reserved];
        // As TensorFlow has it, classes behind the reserved ones are counted from how many of those are in this part.
        let powers = counts.iter().map(|count| count.powf(self.distortion)).enumerate();
        weights.extend(powers.filter(|(place, _)| own(reserved + place)).map(|(_, weight)| weight));
        if weights.len() as u64 != self.range_max {
            let count = weights.len();
            return Err(format!("range_max is {}, and there are {count} classes", self.range_max).into());
        }
        if !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0)
            || weights.iter().all(|weight| *weight == 0.0)
        {
            return Err("weights are 0 or more, and one is more".into());
        }
        Ok(Drawing(How::Random(Distribution::Weighted(Weighted::new(weights)))))
    }
}

impl FixedUnigram {
    fn counts_of_file(&self) -> Result<Vec<f32>, Reason> {
        let path = String::from_utf8_lossy(&self.vocab_file);
        let content = std::fs::read(&*path).map_err(|error| {
            let code = match error.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::FailedPrecondition,
            };
            Reason::new(code, format!("{path}: {error}"))
        })?;
        let content = String::from_utf8_lossy(&content);
        let count = |line: &str| {
            let last = line.rsplit(',').next().unwrap_or(line).trim();
            last.parse::<f32>().map_err(|_| format!("{path}: \"{line}\" does not end in a count").into())
        };
        content.lines().map(count).collect()
    }
}

/// A sampler that keeps nothing but its place in the stream.
#[derive(Clone, Debug)]
pub struct CandidateSampler<L> {
    /// What it is told.
    pub sampling: Sampling,
    /// Which classes are likely.
    pub likely: L,
}

impl<L: Likely> Op for CandidateSampler<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.sampling.add_to(self.likely.add_to(Attrs::new()))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(CandidateSampler { sampling: Sampling::from_attrs(attrs)?, likely: L::from_attrs(attrs)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        self.sampling.infer(inputs)
    }

    fn effects(&self) -> Effects {
        self.sampling.seeds.effects().failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(DRAWN)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (sampling, drawing) = (self.sampling.clone(), self.likely.drawing(&self.sampling)?);
        let count = known_shape(node.inputs[0])?.elements();
        let seeds = (sampling.seeds.0, sampling.seeds.1);
        let (classes, expected) = (8usize.checked_mul(sampling.num_sampled), 4 * count);
        let Some(classes) = classes.filter(|&bytes| isize::try_from(bytes).is_ok()) else {
            let text = format!("num_sampled is {}, which is too many for memory", sampling.num_sampled);
            return Err(Reason::new(Code::ResourceExhausted, text));
        };
        let output_bytes = [classes, expected, classes / 2];
        let kernel =
            RandomCall::new(L::NAME, seeds, &[8 * count], &output_bytes, move |stream, inputs, outputs| {
                let mut words = Words::new(*stream);
                stream.skip(sampling.blocks());
                let classes: &[i64] = bytemuck::try_cast_slice(inputs[0])
                    .map_err(|error| KernelError::invalid(error.to_string()))?;
                let drawn = drawing.draw(&mut words, &sampling, classes)?;
                outputs[0].copy_from_slice(bytemuck::cast_slice(&drawn.classes));
                outputs[1].copy_from_slice(bytemuck::cast_slice(&drawn.true_expected));
                outputs[2].copy_from_slice(bytemuck::cast_slice(&drawn.expected));
                Ok(())
            });
        Ok(Lowered { work: Work::Random(Box::new(kernel)), reads: smallvec![0] })
    }
}

/// A sampler that counts the true classes it sees, and draws in proportion to that, each having been counted once to begin
/// with. What it has learned a session keeps. (Of the second kind, which TensorFlow does not guard against being run twice
/// at once, is the same here.)
#[derive(Clone, Debug)]
pub struct LearnedUnigramCandidateSampler<const GUARDED: bool> {
    /// What it is told.
    pub sampling: Sampling,
    /// How many classes there are.
    pub range_max: u64,
}

/// What a sampler has learned, and its stream.
#[derive(Debug)]
struct Learned(Mutex<(Distribution, Philox)>);

impl<const GUARDED: bool> Holding for LearnedUnigramCandidateSampler<GUARDED> {
    const NAME: &'static str =
        if GUARDED { "LearnedUnigramCandidateSampler" } else { "ThreadUnsafeUnigramCandidateSampler" };
    const INPUTS: usize = 1;

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.sampling.add_to(Attrs::new().with("range_max", self.range_max as i64))
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        let range_max = range_from(attrs)?;
        if range_max > MOST {
            return Err(
                format!("attribute \"range_max\" is {range_max}, and there are not so many counts").into()
            );
        }
        Ok(LearnedUnigramCandidateSampler { sampling: Sampling::from_attrs(attrs)?, range_max })
    }

    fn outputs(&self) -> Facts {
        self.sampling.outputs(None)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(DRAWN)
    }

    fn lower(&self) -> Lowered {
        let (sampling, range) = (self.sampling.clone(), self.range_max as usize);
        Lowered::objects(1, move |objects, inputs| {
            let kept = objects.of_session("", || {
                let foreseeable = sampling.seeds != Seeds(0, 0);
                let stream = if foreseeable { Stream::Seeded } else { Stream::Unforeseeable };
                let start = first_position(stream);
                let start = [0, 1].map(|i| start.as_slice::<u64>().map_or(0, |start| start[i]));
                let stream = Philox::at(sampling.seeds.0, sampling.seeds.1, start);
                Ok(Learned(Mutex::new((Distribution::Counted(Counted::new(range)?), stream))))
            })?;
            let value = Value::Kept(kept);
            let learned: &Learned = value.kept("a sampler")?;
            let mut learned = learned.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (distribution, stream) = &mut *learned;
            let classes = inputs[0].array()?;
            let [_, columns] = classes.shape()[..] else {
                return Err(format!("true classes are [batch, num_true], and not {}", classes.shape()).into());
            };
            same(Some(columns), Some(sampling.num_true), "the number of true classes")?;
            let shape = classes.shape().clone();
            let classes = classes.as_slice::<i64>()?;
            let mut words = Words::new(*stream);
            stream.skip(sampling.blocks());
            let drawn = distribution.sample(&mut words, classes, sampling.num_sampled, sampling.unique)?;
            distribution.observe(classes);
            let count = sampling.num_sampled;
            Ok(vec![
                Value::Array(Array::new([count], drawn.classes)?),
                Value::Array(Array::new(shape, drawn.true_expected)?),
                Value::Array(Array::new([count], drawn.expected)?),
            ])
        })
    }
}

/// Classes drawn with the likelihood of their ranks, for the true classes `[batch, num_true]`: the sampled ones, how often
/// each true one was to be expected, and how often each sampled one (`tf.nn.log_uniform_candidate_sampler`).
///
/// ```
/// use tenseur::ops::candidates::log_uniform_candidate_sampler;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let truth = tf.constant(array![[3], [7]]).cast::<i64>();
/// let [sampled, _, _] = log_uniform_candidate_sampler(&truth, 1, 5, true, 100, Some(1));
/// assert_eq!(Session::new(&tf)?.run(&sampled, feeds![])?.len(), 5);
/// # Ok::<(), tenseur::Error>(())
/// ```
#[track_caller]
pub fn log_uniform_candidate_sampler(
    true_classes: &Tensor,
    num_true: usize,
    num_sampled: usize,
    unique: bool,
    range_max: u64,
    seed: Option<i64>,
) -> [Tensor; 3] {
    let (seed, seed2) = true_classes.graph().seeds(seed);
    let sampling = Sampling { num_true, num_sampled, unique, seeds: Seeds(seed, seed2) };
    let op = CandidateSampler { sampling, likely: LogUniform { range_max } };
    let node = true_classes.graph().add_op(op, &[true_classes], None);
    [0, 1, 2].map(|output| node.output(output))
}

fn case(name: &str, op: impl Op + Clone) -> Case {
    let truth = as_type(crate::array![[0, 2], [3, 1]], DType::Int64);
    Case::fed(name, [truth], move |tf: &Graph, x: &[Tensor]| {
        let node = tf.add_op(op.clone(), &[&x[0]], None);
        (0..3).map(|output| node.output(output)).collect()
    })
    .twice()
}

fn sampling(unique: bool) -> Sampling {
    Sampling { num_true: 2, num_sampled: 4, unique, seeds: Seeds(3, 4) }
}

pub(super) fn uniform_cases() -> Vec<Case> {
    [false, true]
        .map(|unique| {
            let op = CandidateSampler { sampling: sampling(unique), likely: Uniform { range_max: 7 } };
            case(if unique { "different" } else { "any" }, op)
        })
        .into()
}

pub(super) fn log_uniform_cases() -> Vec<Case> {
    [false, true]
        .map(|unique| {
            let op = CandidateSampler { sampling: sampling(unique), likely: LogUniform { range_max: 7 } };
            case(if unique { "different" } else { "any" }, op)
        })
        .into()
}

pub(super) fn all_cases() -> Vec<Case> {
    vec![case("every one", CandidateSampler { sampling: sampling(true), likely: All }).expecting([
        as_type(crate::array![0, 1, 2, 3], DType::Int64),
        crate::array![[1.0, 1.0], [1.0, 1.0]],
        crate::array![1.0, 1.0, 1.0, 1.0],
    ])]
}

pub(super) fn fixed_unigram_cases() -> Vec<Case> {
    let likely = FixedUnigram {
        range_max: 5,
        vocab_file: Vec::new(),
        distortion: 0.75,
        num_reserved_ids: 1,
        num_shards: 1,
        shard: 0,
        unigrams: vec![1.0, 4.0, 2.0, 8.0],
    };
    vec![case("by counts", CandidateSampler { sampling: sampling(true), likely })]
}

pub(super) fn learned_unigram_cases<const GUARDED: bool>() -> Vec<Case> {
    vec![case(
        "by what was seen",
        Held(LearnedUnigramCandidateSampler::<GUARDED> { sampling: sampling(false), range_max: 6 }),
    )]
}
