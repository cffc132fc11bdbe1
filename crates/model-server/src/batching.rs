//! Runs of the model: one at a time, on a thread of its own, with the rows of all requests that fit together.
//!
//! While a run goes on, others wait; the next run takes the first of them and, where the signature's
//! [rows are independent](Servable::rows_are_independent), every other one that it can be put below. So nobody waits for company
//! unless `batch_wait` says so, and the busier the server is, the more rows a run has.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tenseur::Array;
use tenseur::servable::Servable;
use tenseur::session::Cancellation;
use tokio::sync::oneshot;

use crate::refusal::Refusal;

/// Arrays by their names in a signature.
pub(crate) type Named = BTreeMap<String, Array>;

/// One request's part of a run.
pub(crate) struct Job {
    pub(crate) signature: String,
    pub(crate) arguments: Named,
    /// Nobody waits for the answer after that.
    pub(crate) deadline: Instant,
    pub(crate) answer: oneshot::Sender<Result<Named, Refusal>>,
}

impl Job {
    /// The number of its rows, if every argument has as many.
    fn rows(&self) -> Option<usize> {
        let mut rows = self.arguments.values().map(|array| array.shape().first().copied());
        let first = rows.next()??;
        rows.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether the rows of the two can stand below each other.
    fn goes_with(&self, other: &Job) -> bool {
        let same =
            |(a, b): (&Array, &Array)| a.dtype() == b.dtype() && a.shape().get(1..) == b.shape().get(1..);
        self.signature == other.signature
            && self.arguments.len() == other.arguments.len()
            && self.arguments.values().zip(other.arguments.values()).all(same)
    }

    /// Whether nobody waits for it any more.
    fn is_over(&self, now: Instant) -> bool {
        self.answer.is_closed() || self.deadline <= now
    }
}

/// How requests are put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_batch: usize,
    pub(crate) batch_wait: Duration,
}

/// The queue before the thread that runs the model. It ends when this is dropped, after what is in the queue.
pub(crate) struct Batching {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<VecDeque<Job>>,
    changed: Condvar,
    ends: AtomicBool,
    limits: Limits,
}

impl Batching {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(crate) fn start(model: Servable, limits: Limits) -> std::io::Result<Batching> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            ends: AtomicBool::new(false),
            limits,
        });
        let own = shared.clone();
        std::thread::Builder::new().name("model".to_string()).spawn(move || own.work(&Runner::new(model)))?;
        Ok(Batching { shared })
    }

    /// Puts a job at the end of the queue.
    pub(crate) fn push(&self, job: Job) {
        self.shared.lock().push_back(job);
        self.shared.changed.notify_one();
    }
}

impl Drop for Batching {
    fn drop(&mut self) {
        // Under the lock, so that the thread does not go to sleep between looking and waiting.
        let _queue = self.shared.lock();
        self.shared.ends.store(true, Ordering::Relaxed);
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn work(&self, runner: &Runner) {
        while let Some(batch) = self.next(&runner.model) {
            // Whose answers are dropped hears that; the others have theirs.
            if catch_unwind(AssertUnwindSafe(|| runner.answer(batch, self.limits.max_batch))).is_err() {
                tracing::error!("a run of the model was broken off by a fault");
            }
        }
    }

    /// The jobs of the next run; none when all is over.
    fn next(&self, model: &Servable) -> Option<Vec<Job>> {
        let mut queue = self.lock();
        let first = loop {
            match queue.pop_front() {
                Some(job) if job.is_over(Instant::now()) => {}
                Some(job) => break job,
                None if self.ends.load(Ordering::Relaxed) => return None,
                None => queue = self.changed.wait(queue).unwrap_or_else(|poisoned| poisoned.into_inner()),
            }
        };
        let max = self.limits.max_batch;
        let Some(mut rows) = first.rows().filter(|_| max > 1 && model.rows_are_independent(&first.signature))
        else {
            return Some(vec![first]);
        };
        let until = Instant::now() + self.limits.batch_wait;
        let mut batch = vec![first];
        loop {
            let now = Instant::now();
            let mut place = 0;
            while place < queue.len() && rows < max {
                let job = &queue[place];
                let fits = job.goes_with(&batch[0]).then(|| job.rows()).flatten();
                match fits.filter(|more| rows + more <= max && !job.is_over(now)) {
                    Some(more) => {
                        rows += more;
                        batch.extend(queue.remove(place));
                    }
                    None => place += 1,
                }
            }
            if rows >= max || now >= until || self.ends.load(Ordering::Relaxed) {
                return Some(batch);
            }
            let waited = self.changed.wait_timeout(queue, until - now);
            queue = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }
}

/// Runs the model, and gives up when nobody waits any more.
struct Runner {
    model: Servable,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Runner {
    fn new(model: Servable) -> Runner {
        let deadline: Arc<Mutex<Option<Instant>>> = Arc::default();
        let asked = deadline.clone();
        let over = move || {
            let deadline = *asked.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            deadline.is_some_and(|deadline| deadline <= Instant::now())
        };
        Runner { model: model.cancelled_by(&Cancellation::asking(over)), deadline }
    }

    /// Answers jobs that go together; if they cannot be answered together, each alone.
    fn answer(&self, batch: Vec<Job>, max_batch: usize) {
        let deadline = batch.iter().map(|job| job.deadline).max();
        *self.deadline.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = deadline;
        if let Some(parts) = self.together(&batch, max_batch) {
            for (job, part) in batch.into_iter().zip(parts) {
                let _ = job.answer.send(Ok(part));
            }
            return;
        }
        for job in batch {
            let run = || self.model.run(&job.signature, &job.arguments).map_err(|error| Refusal::of(&error));
            let answer = match (job.is_over(Instant::now()), catch_unwind(AssertUnwindSafe(run))) {
                (true, _) => Err(Refusal::too_late()),
                (false, Ok(answer)) => answer,
                (false, Err(_)) => Err(broken_off()),
            };
            let _ = job.answer.send(answer);
        }
    }

    /// The results of each job, from one run of all. None if there is only one job that has the size of a run anyway, or if the
    /// run fails: one row may be to blame, and the others have their answers alone.
    fn together(&self, batch: &[Job], max_batch: usize) -> Option<Vec<Named>> {
        let signature = &batch[0].signature;
        if !self.model.rows_are_independent(signature) {
            return None;
        }
        let rows = batch.iter().map(Job::rows).collect::<Option<Vec<usize>>>()?;
        let all: usize = rows.iter().sum();
        let padding = run_size(all, max_batch) - all;
        if all == 0 || batch.len() == 1 && padding == 0 {
            return None;
        }
        let run = || -> tenseur::Result<Option<Vec<Named>>> {
            let mut arguments = Named::new();
            for name in batch[0].arguments.keys() {
                let mut parts: Vec<Array> = batch.iter().map(|job| job.arguments[name].clone()).collect();
                if padding > 0 {
                    let last = parts[0].rows(0, 1)?;
                    parts.extend(std::iter::repeat_n(last, padding));
                }
                arguments.insert(name.clone(), Array::concatenate(&parts)?);
            }
            let results = self.model.run(signature, &arguments)?;
            if results.values().any(|array| array.shape().first() != Some(&(all + padding))) {
                return Ok(None);
            }
            let mut start = 0;
            let mut parts = Vec::with_capacity(batch.len());
            for &rows in &rows {
                let part = results.iter().map(|(name, array)| Ok((name.clone(), array.rows(start, rows)?)));
                parts.push(part.collect::<tenseur::Result<Named>>()?);
                start += rows;
            }
            Ok(Some(parts))
        };
        catch_unwind(AssertUnwindSafe(run)).ok()?.ok()?
    }
}

/// What the caller hears whose run was broken off.
pub(crate) fn broken_off() -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the run was broken off by a fault of the model or the server",
    )
}

/// The number of rows that a run of `rows` rows gets: 1, 2, 3, 4, 6, 8, 12, 16, …, so that there are few plans. Runs larger than
/// `max_batch` come from one request and are as large as that is.
fn run_size(rows: usize, max_batch: usize) -> usize {
    let power = rows.next_power_of_two();
    let size = if power >= 4 && rows <= power / 4 * 3 { power / 4 * 3 } else { power };
    match rows < max_batch {
        true => size.min(max_batch),
        false => rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_few_sizes() {
        let sizes: Vec<usize> = (0..=20).map(|rows| run_size(rows, 64)).collect();
        assert_eq!(sizes, [1, 1, 2, 3, 4, 6, 6, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 24, 24, 24, 24]);
        assert_eq!(
            [run_size(49, 64), run_size(64, 64), run_size(65, 64), run_size(40, 44)],
            [64, 64, 65, 44]
        );
        for max in 1..200 {
            for rows in 1..300 {
                let size = run_size(rows, max);
                assert!(size >= rows && (size == rows || size <= max) && size < 2 * rows.max(1) + 1);
            }
        }
    }
}
