//! The schedules that a session has made, and the nodes that were found to be unfit for plans.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use crate::error::Result;
use crate::graph::{Edge, Function, Graph, NodeId};
use crate::run::reference::Request;

use super::schedule::Schedule;

/// Schedules of requests kept at most; when there are more, the one used longest ago goes.
const CAPACITY: usize = 64;

/// The schedules of a session.
#[derive(Default)]
pub(crate) struct Schedules(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    requests: HashMap<Key, (Arc<Schedule>, u64)>,
    functions: HashMap<(Box<str>, bool), Arc<Schedule>>,
    /// Nodes that no plan can hold, as the session numbers them.
    alone: HashSet<NodeId>,
    clock: u64,
}

/// What a schedule was made for: fetches, targets, what is fed, and whether its kernels are the portable ones.
type Key = (SmallVec<[Edge; 4]>, SmallVec<[NodeId; 4]>, SmallVec<[Edge; 4]>, bool);

impl Schedules {
    /// The schedule of a request to a graph.
    pub(super) fn of_request(
        &self,
        graph: &Graph,
        request: &Request<'_>,
        portable: bool,
    ) -> Result<Arc<Schedule>> {
        let feeds: SmallVec<[Edge; 4]> = request.feeds.iter().map(|(edge, _)| *edge).collect();
        let key: Key = (request.fetches.into(), request.targets.into(), feeds, portable);
        let mut kept = self.lock();
        kept.clock += 1;
        let now = kept.clock;
        if let Some((schedule, used)) = kept.requests.get_mut(&key)
            && !schedule.stale.load(Ordering::Relaxed)
        {
            *used = now;
            return Ok(schedule.clone());
        }
        let alone = kept.alone.clone();
        drop(kept);
        let contents = graph.read();
        let (fetches, targets, feeds, _) = &key;
        let schedule = Schedule::new(graph, &contents, fetches, targets, feeds, &alone, true)?;
        drop(contents);
        let schedule = Arc::new(schedule);
        let mut kept = self.lock();
        if kept.requests.len() >= CAPACITY
            && let Some(oldest) =
                kept.requests.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
        {
            kept.requests.remove(&oldest);
        }
        kept.requests.insert(key, (schedule.clone(), now));
        Ok(schedule)
    }

    /// The schedule of a function's body.
    pub(super) fn of_function(
        &self,
        name: &str,
        function: &Function,
        portable: bool,
    ) -> Result<Arc<Schedule>> {
        let key = (name.into(), portable);
        let kept = self.lock();
        if let Some(schedule) = kept.functions.get(&key)
            && !schedule.stale.load(Ordering::Relaxed)
        {
            return Ok(schedule.clone());
        }
        let alone = kept.alone.clone();
        drop(kept);
        let feeds: Vec<Edge> = function.arguments.iter().map(|&node| Edge { node, output: 0 }).collect();
        let contents = function.graph.read();
        let Function { graph, results, effects, .. } = function;
        let schedule = Arc::new(Schedule::new(graph, &contents, results, effects, &feeds, &alone, false)?);
        drop(contents);
        self.lock().functions.insert(key, schedule.clone());
        Ok(schedule)
    }

    /// From the next run on these nodes stand alone, in every schedule that is made.
    pub(super) fn stand_alone(&self, schedule: &Schedule, nodes: &[NodeId]) {
        if !nodes.is_empty() {
            self.lock().alone.extend(nodes);
            schedule.stale.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
