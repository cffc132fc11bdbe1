//! Prepared calls: a request compiled once, for hot loops.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::{Edge, NodeId, Tensor};
use crate::run::planned::{self, Entry, Memory, Timing};
use crate::run::reference::Request;
use crate::session::fed::{Asked, Fed};
use crate::session::{Fetch, Session, Wanted};
use crate::value::{Array, ArrayView, DType, Shape};

/// A request compiled once for feeds of fixed shapes. After its first run a call allocates nothing: what was fetched is
/// borrowed from the call's own memory.
///
/// ```
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(2)], "x");
/// let y = x.reduce_sum(1);
/// let sess = Session::new(&tf)?;
/// let batch = array![[1.0, 2.0], [3.0, 4.0]];
/// let mut call = sess.prepare(&y, &[(&x, &batch)])?;
/// call.run(&[&batch])?;
/// assert_eq!(call.output(0).as_slice::<f32>()?, [3.0, 7.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
pub struct Prepared {
    pub(super) session: Session,
    pub(super) entry: Arc<Entry>,
    memory: Memory,
    pub(super) fetches: SmallVec<[Edge; 4]>,
    pub(super) targets: SmallVec<[NodeId; 4]>,
    pub(super) feeds: SmallVec<[(Edge, DType, Shape); 4]>,
    /// Whether a run of the plan is so short that several in a row are made as one.
    small: bool,
}

/// Operations of a plan that is small, some ten microseconds at most; and how many further runs of it are made together.
const SMALL: u64 = 200_000;
const RUNS_TOGETHER: usize = 31;

impl Session {
    /// Compiles what `fetch` asks for, fed arrays of the types and shapes of `examples`.
    ///
    /// # Errors
    /// As [`run`](Session::run); and Unimplemented when some shape shows only during a run.
    pub fn prepare<F: Fetch>(&self, fetch: F, examples: &[(&Tensor, &Array)]) -> Result<Prepared> {
        let mut wanted = Wanted::default();
        fetch.ask(&mut wanted);
        let contents = self.graph.read();
        if let Some(error) = contents.first_error() {
            return Err(error.clone());
        }
        let (fetches, targets) = self.resolve(&wanted)?;
        let mut feeds: SmallVec<[(Edge, Fed<'_>); 4]> = SmallVec::new();
        for (tensor, example) in examples {
            self.own(tensor.graph(), &|| tensor.name())?;
            contents.check_value(tensor.edge(), example.dtype(), example.shape(), "fed")?;
            feeds.push((tensor.edge(), Fed::Array(Array::clone(example))));
        }
        let request = Asked { fetches: &fetches, targets: &targets, feeds: &feeds };
        let entry = self.at_level(|| self.plan(&contents, &request))?.ok_or_else(|| {
            Error::new(
                crate::Code::Unimplemented,
                "some shape shows only during the run, so the call cannot be prepared",
            )
            .hint("use sess.run(…), which runs such graphs node by node")
        })?;
        let memory = Memory::new(&entry.plan, &mut self.lock_to_write())?;
        let feeds = feeds.iter().map(|(edge, fed)| (*edge, fed.dtype(), fed.shape().clone())).collect();
        let program = &entry.plan.program;
        let operations: u64 = (0..program.len()).map(|step| program.step(step).kernel.operations()).sum();
        let moved: usize = program.slots().iter().map(|slot| slot.bytes).sum();
        let small = operations < SMALL && moved < SMALL as usize && !entry.plan.fails_after_writing;
        Ok(Prepared { session: self.clone(), entry, memory, fetches, targets, feeds, small })
    }
}

impl Prepared {
    /// One run, with an array for each of the prepared feeds, in their order.
    ///
    /// # Errors
    /// As [`Session::run`]; and when a feed has another type or shape than the call was prepared for.
    pub fn run(&mut self, feeds: &[&Array]) -> Result<()> {
        self.run_steps(1, feeds)
    }

    /// `steps` runs in one call, all with the same feeds. What was fetched is that of the last.
    ///
    /// # Errors
    /// As [`run`](Prepared::run). Steps before the one that failed have been made.
    pub fn run_steps(&mut self, steps: usize, feeds: &[&Array]) -> Result<()> {
        match self.session.portable {
            false => self.run_steps_here(steps, feeds),
            true => self.session.clone().at_level(|| self.run_steps_here(steps, feeds)),
        }
    }

    fn run_steps_here(&mut self, steps: usize, feeds: &[&Array]) -> Result<()> {
        let bytes = self.fitting(feeds)?;
        let mut left = steps;
        while left > 0 {
            self.session.cancellation.check()?;
            self.step(feeds, &bytes, None)?;
            // Finding the memory of a small plan takes a tenth of a run.
            let again = (left - 1).min(if self.small { RUNS_TOGETHER } else { 0 });
            self.step_again(feeds, &bytes, again)?;
            left -= 1 + again;
        }
        Ok(())
    }

    /// One run, each of its steps timed.
    pub(super) fn run_timed(&mut self, feeds: &[&Array], timings: &mut Vec<Timing>) -> Result<()> {
        let session = self.session.clone();
        session.at_level(|| {
            let bytes = self.fitting(feeds)?;
            session.cancellation.check()?;
            self.step(feeds, &bytes, Some(timings))
        })
    }

    /// The bytes of the feeds, if they are what the call was prepared for.
    fn fitting<'a>(&self, feeds: &[&'a Array]) -> Result<SmallVec<[&'a [u8]; 8]>> {
        if feeds.len() != self.feeds.len() {
            return Err(Error::invalid(format!(
                "the call was prepared for {} feeds and was given {}",
                self.feeds.len(),
                feeds.len()
            )));
        }
        let mut bytes: SmallVec<[&[u8]; 8]> = SmallVec::new();
        for ((edge, dtype, shape), given) in self.feeds.iter().zip(feeds) {
            if *dtype != given.dtype() || shape != given.shape() {
                return Err(Error::invalid(format!(
                    "\"{}\" was prepared for {dtype} {shape} and was fed {} {}",
                    self.session.graph.read().tensor_name(*edge),
                    given.dtype(),
                    given.shape()
                ))
                .hint("prepare another call for the other shape"));
            }
            bytes.push(given.bytes()?);
        }
        Ok(bytes)
    }

    fn step(&mut self, feeds: &[&Array], bytes: &[&[u8]], timings: Option<&mut Vec<Timing>>) -> Result<()> {
        let session = &self.session;
        let describe = |node: NodeId, error: Error| planned::describe(&session.graph.read(), node, error);
        let outcome = planned::run_timed(
            &self.entry.plan,
            &mut self.memory,
            &session.shared.state,
            &session.context(),
            bytes,
            &describe,
            None,
            timings,
        );
        outcome.map_err(|error| self.explained(feeds, error))
    }

    /// So many steps more of a small plan.
    fn step_again(&mut self, feeds: &[&Array], bytes: &[&[u8]], times: usize) -> Result<()> {
        if times == 0 {
            return Ok(());
        }
        let session = &self.session;
        let describe = |node: NodeId, error: Error| planned::describe(&session.graph.read(), node, error);
        let (plan, state, context) = (&self.entry.plan, &session.shared.state, &session.context());
        let outcome = planned::run_again(plan, &mut self.memory, state, context, bytes, &describe, times);
        outcome.map_err(|error| self.explained(feeds, error))
    }

    fn explained(&self, feeds: &[&Array], error: Error) -> Error {
        let fed = self.feeds.iter().zip(feeds).map(|((edge, ..), given)| (*edge, Array::clone(given)));
        let fed: SmallVec<[(Edge, Array); 4]> = fed.collect();
        let request = Request { fetches: &self.fetches, targets: &self.targets, feeds: &fed };
        self.session.explained(&request, error)
    }

    /// What the last run computed for fetch `index`, in the order in which they were asked for. Zeros before the first.
    ///
    /// # Panics
    /// When there are not so many fetches.
    pub fn output(&self, index: usize) -> ArrayView<'_> {
        self.memory.view(&self.entry.plan, index)
    }
}
