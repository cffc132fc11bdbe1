//! Where the time of a prepared call goes.

use std::fmt;
use std::time::Duration;

use serde_json::json;
use tenseur_kernels::limits::Limits;

use crate::compile;
use crate::error::{Error, Result};
use crate::graph::{Edge, Fact, Tensor};
use crate::run::Trace;
use crate::run::planned::Timing;
use crate::session::{Feeds, Fetch, Prepared, Session, Wanted};
use crate::value::{Array, ArrayView};

/// How long each step of a plan takes: what [`Prepared::profile`] gives. As text it is a table, the longest step first.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The plan's steps, in the order in which they run.
    pub steps: Vec<ProfiledStep>,
    /// How many runs were timed.
    pub runs: usize,
    /// What the machine can do; set it, and the table says how near each step is.
    pub limits: Option<Limits>,
}

/// A step of a plan, and what it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfiledStep {
    /// The node of the graph that it comes from.
    pub node: String,
    /// The kernel: its kind, types and sizes.
    pub kernel: String,
    /// What it computes, as [`Session::explain`](crate::Session::explain) writes it.
    pub text: String,
    /// When it began, in the last run, since the run's first step did.
    pub began: Duration,
    /// How long it took: the median of the runs.
    pub time: Duration,
    /// Bytes that it reads and writes, each once. What overwrites its input counts for both.
    pub bytes: u64,
    /// Operations on numbers, a multiply-add being two; 0 of a step that only moves them.
    pub operations: u64,
}

impl Session {
    /// Runs what `fetch` asks for `runs` times, and times each step of its plan: [`Prepared::profile`] for one use.
    ///
    /// # Errors
    /// As [`prepare`](Session::prepare) and [`Prepared::profile`].
    pub fn profile<F: Fetch>(&self, fetch: F, feeds: Feeds, runs: usize) -> Result<Profile> {
        let feeds: Vec<(&Tensor, &Array)> = feeds.0.iter().map(|(tensor, array)| (tensor, array)).collect();
        let arrays: Vec<&Array> = feeds.iter().map(|(_, array)| *array).collect();
        let mut call = self.prepare(fetch, &feeds)?;
        // The first run pays for what the others find ready.
        call.run(&arrays)?;
        call.profile(runs, &arrays)
    }

    /// As [`run_with_views`](Session::run_with_views), and how long each step of this one run took, in the order in which
    /// they ran: those of the plan; where the request cannot be planned as a whole, those of each plan whenever it ran,
    /// and each node that ran alone. The steps have no `text`, and nodes that ran alone no bytes and operations.
    ///
    /// # Errors
    /// As [`run_with_views`](Session::run_with_views).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let count = tf.variable_untrained(0, "count");
    /// let step = count.assign_add(1);
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// let ((), profile) = sess.run_traced(&step, feeds![], &[])?;
    /// assert_eq!(profile.steps[0].node, "AssignAdd");
    /// assert_eq!(sess.run(&count, feeds![])?, 1.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn run_traced<F: Fetch>(
        &self,
        fetch: F,
        feeds: Feeds,
        views: &[(&Tensor, ArrayView<'_>)],
    ) -> Result<(F::Output, Profile)> {
        let mut wanted = Wanted::default();
        fetch.ask(&mut wanted);
        let mut trace = Some(Trace::new());
        let results = self.at_level(|| self.run_wanted(&wanted, &feeds, views, &mut trace))?;
        let steps = trace.map_or_else(Vec::new, |trace| trace.steps);
        Ok((fetch.take(&mut results.into_iter()), Profile { steps, runs: 1, limits: None }))
    }
}

impl Prepared {
    /// Runs the call `runs` times, as [`run`](Prepared::run) does, and times each step of its plan. Looking at the clock
    /// takes some 50 ns a step, which counts where steps are as short.
    ///
    /// # Errors
    /// As [`run`](Prepared::run); InvalidArgument where `runs` is 0.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(64)], "x");
    /// let y = nn::relu(&x.matmul(&tf.constant(Array::zeros(tenseur::DType::Float32, [64, 32])?)));
    /// let sess = Session::new(&tf)?;
    /// let batch = Array::zeros(tenseur::DType::Float32, [100, 64])?;
    /// let profile = sess.prepare(&y, &[(&x, &batch)])?.profile(10, &[&batch])?;
    /// assert_eq!(profile.steps.len(), 1);
    /// assert_eq!(profile.steps[0].operations, 2 * 100 * 64 * 32);
    /// assert_eq!(profile.steps[0].bytes, 4 * (100 * 64 + 64 * 32 + 100 * 32));
    /// println!("{profile}");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn profile(&mut self, runs: usize, feeds: &[&Array]) -> Result<Profile> {
        if runs == 0 {
            return Err(Error::invalid("a profile of 0 runs was asked for").hint("ask for one at least"));
        }
        let mut all: Vec<Vec<Timing>> = Vec::with_capacity(runs);
        for _ in 0..runs {
            let mut timings = Vec::with_capacity(self.entry.plan.program.len());
            self.run_timed(feeds, &mut timings)?;
            all.push(timings);
        }
        let texts = self.texts(feeds)?;
        let plan = &self.entry.plan;
        let steps = (0..plan.program.len()).map(|index| {
            let step = plan.program.step(index);
            let mut times: Vec<Duration> = all.iter().map(|run| run[index].1).collect();
            times.sort_unstable();
            let (node, text) = texts.get(index).cloned().unwrap_or_default();
            ProfiledStep {
                node,
                kernel: format!("{:?}", step.kernel),
                text,
                began: all[runs - 1][index].0,
                time: times[runs / 2],
                bytes: step.reads.iter().chain(&step.writes).map(|place| place.bytes as u64).sum(),
                operations: step.kernel.operations(),
            }
        });
        Ok(Profile { steps: steps.collect(), runs, limits: None })
    }

    /// Node and text of each step.
    fn texts(&self, feeds: &[&Array]) -> Result<Vec<(String, String)>> {
        let contents = self.session.graph.read();
        let feeds: Vec<(Edge, Fact)> = self
            .feeds
            .iter()
            .zip(feeds)
            .map(|((edge, ..), array)| (*edge, Fact::new(array.dtype(), array.shape())))
            .collect();
        let request = compile::Request { fetches: &self.fetches, targets: &self.targets, feeds: &feeds };
        let state = self.session.lock();
        let explained = self.session.at_level(|| compile::explain(&contents, &request, &state));
        // A plan that depends on the values of its feeds has no text here.
        let steps = explained.map(|explanation| explanation.steps).unwrap_or_default();
        Ok(steps.into_iter().map(|step| (step.node, step.text)).collect())
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.time().as_secs_f64();
        let mut steps: Vec<&ProfiledStep> = self.steps.iter().collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.time));
        let mut rows =
            vec![["time", "share", "bytes", "GB/s", "GFLOP/s", "of limit", "step"].map(String::from)];
        for step in steps {
            let seconds = step.time.as_secs_f64();
            let rate = |amount: u64| match amount {
                0 => String::new(),
                _ => format!("{:.1}", amount as f64 / seconds / 1e9),
            };
            let text = if step.text.is_empty() { &step.kernel } else { &step.text };
            rows.push([
                time_text(step.time),
                format!("{:.1} %", 100.0 * seconds / total),
                bytes_text(step.bytes),
                rate(step.bytes),
                rate(step.operations),
                self.limits.map_or(String::new(), |limits| {
                    format!("{:.0} %", 100.0 * limit(&limits, step).as_secs_f64() / seconds)
                }),
                format!("{}  {text}", step.node).trim().to_string(),
            ]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        for row in &rows {
            for (text, width) in row.iter().zip(&widths) {
                if *width > 0 {
                    write!(f, "{text:>width$}  ")?;
                }
            }
            writeln!(f, "{}", row[6])?;
        }
        writeln!(
            f,
            "{} in {} steps, the median of {} runs",
            time_text(self.time()),
            self.steps.len(),
            self.runs
        )
    }
}

/// The shortest time in which the machine could do a step.
fn limit(limits: &Limits, step: &ProfiledStep) -> Duration {
    let (operations, bytes) = (step.operations as f64 / limits.operations, step.bytes as f64 / limits.bytes);
    Duration::from_secs_f64(operations.max(bytes))
}

fn time_text(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 1e-6 => format!("{:.0} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

fn bytes_text(bytes: u64) -> String {
    match bytes {
        b if b < 10_000 => format!("{b} B"),
        b if b < 10_000_000 => format!("{} kB", b / 1000),
        b => format!("{} MB", b / 1_000_000),
    }
}

impl Profile {
    /// How long all steps take.
    pub fn time(&self) -> Duration {
        self.steps.iter().map(|step| step.time).sum()
    }

    /// The last run for Chrome's trace viewer (`chrome://tracing`, or Perfetto): JSON in the [Trace Event
    /// Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
    pub fn chrome_trace(&self) -> String {
        let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
        let events: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "name": if step.node.is_empty() { &step.kernel } else { &step.node },
                    "cat": "step",
                    "ph": "X",
                    "pid": 1,
                    "tid": 1,
                    "ts": microseconds(step.began),
                    "dur": microseconds(step.time),
                    "args": {
                        "kernel": step.kernel,
                        "computes": step.text,
                        "bytes": step.bytes,
                        "operations": step.operations,
                    },
                })
            })
            .collect();
        json!({ "traceEvents": events, "displayTimeUnit": "ns" }).to_string()
    }
}
