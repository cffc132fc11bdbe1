//! The plans that a session has made, by what they were made for.

use std::sync::{Arc, RwLockWriteGuard};

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::compile::{self, Plan, Unplanned};
use crate::error::Result;
use crate::graph::{Contents, Edge, Fact, NodeId};
use crate::run::State;
use crate::run::planned::Entry;
use crate::session::fed::{Asked, Fed};
use crate::value::{DType, Shape};

/// Plans kept at most; when there are more, the one used longest ago goes.
const CAPACITY: usize = 64;

/// Integer feeds of at most so many elements may decide shapes (a batch size, say), and then belong to the key.
const SMALL: usize = 64;

/// What a plan was made for.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    fetches: SmallVec<[Edge; 4]>,
    targets: SmallVec<[NodeId; 4]>,
    feeds: SmallVec<[(Edge, DType, Shape); 4]>,
    /// The bytes of the small integer feeds, for requests where they decide shapes.
    values: Option<Vec<u8>>,
    /// Whether its kernels are the portable ones.
    portable: bool,
}

#[derive(Clone)]
enum Known {
    Planned(Arc<Entry>),
    /// Runs node by node.
    Dynamic,
    /// The values of small integer feeds decide shapes: look again with them in the key.
    ByValue,
}

/// The plans of a session.
#[derive(Default)]
pub(super) struct Cache {
    known: HashMap<Key, (Known, u64)>,
    clock: u64,
    /// How many variables of unknown shape have changed it: their plans no longer hold.
    shapes: Vec<(NodeId, Shape)>,
}

impl Cache {
    /// The plan for a request, made if need be; none if the request has to run node by node.
    pub(super) fn plan<'a>(
        &mut self,
        contents: &Contents,
        request: &Asked<'_>,
        portable: bool,
        state: &mut dyn FnMut() -> RwLockWriteGuard<'a, State>,
    ) -> Result<Option<Arc<Entry>>> {
        self.forget_reshaped(contents, state);
        let feed = |(edge, fed): &(Edge, Fed<'_>)| (*edge, fed.dtype(), fed.shape().clone());
        let mut key = Key {
            fetches: request.fetches.into(),
            targets: request.targets.into(),
            feeds: request.feeds.iter().map(feed).collect(),
            values: None,
            portable,
        };
        if let Some(Known::ByValue) = self.find(&key) {
            key.values = Some(small_values(request)?);
        }
        if let Some(found) = self.find(&key) {
            return Ok(match found {
                Known::Planned(entry) => Some(entry),
                Known::Dynamic | Known::ByValue => None,
            });
        }
        let by_value = key.values.is_some();
        let known = match self.compile(contents, request, by_value, state) {
            Ok(plan) => Known::Planned(Arc::new(Entry::new(plan))),
            Err(Unplanned::Error(error)) => return Err(error),
            Err(Unplanned::Dynamic(_)) if !by_value && request.feeds.iter().any(|(_, fed)| is_small(fed)) => {
                self.insert(key.clone(), Known::ByValue);
                return self.plan(contents, request, portable, state);
            }
            Err(Unplanned::Dynamic(_)) => Known::Dynamic,
        };
        let entry = match &known {
            Known::Planned(entry) => Some(entry.clone()),
            _ => None,
        };
        self.insert(key, known);
        Ok(entry)
    }

    fn compile<'a>(
        &self,
        contents: &Contents,
        request: &Asked<'_>,
        by_value: bool,
        state: &mut dyn FnMut() -> RwLockWriteGuard<'a, State>,
    ) -> std::result::Result<Plan, Unplanned> {
        let feeds: SmallVec<[(Edge, Fact); 4]> =
            request.feeds.iter().map(|feed| feed_fact(feed, by_value)).collect::<Result<_>>()?;
        let request = compile::Request { fetches: request.fetches, targets: request.targets, feeds: &feeds };
        compile::compile(contents, &request, &mut state())
    }

    fn find(&mut self, key: &Key) -> Option<Known> {
        self.clock += 1;
        let (known, used) = self.known.get_mut(key)?;
        *used = self.clock;
        Some(known.clone())
    }

    fn insert(&mut self, key: Key, known: Known) {
        if self.known.len() >= CAPACITY
            && let Some(oldest) =
                self.known.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
        {
            self.known.remove(&oldest);
        }
        self.clock += 1;
        self.known.insert(key, (known, self.clock));
    }

    /// Plans are for variables' shapes too. Those whose shape the graph leaves open are looked at before each run.
    fn forget_reshaped<'a>(
        &mut self,
        contents: &Contents,
        state: &mut dyn FnMut() -> RwLockWriteGuard<'a, State>,
    ) {
        if !contents.has_open_variables() {
            return;
        }
        let state = state();
        let now = || state.values().filter_map(|(node, value)| Some((node, value?.shape())));
        if !now().eq(self.shapes.iter().map(|(node, shape)| (*node, shape))) {
            self.known.clear();
            self.shapes = now().map(|(node, shape)| (node, shape.clone())).collect();
        }
    }
}

/// What a plan is to know of a feed: its type and shape, and `by_value` also its value, if that may decide shapes.
pub(super) fn feed_fact((edge, fed): &(Edge, Fed<'_>), by_value: bool) -> Result<(Edge, Fact)> {
    Ok(match by_value && is_small(fed) {
        true => (*edge, Fact::constant(fed.to_array()?)),
        false => (*edge, Fact::new(fed.dtype(), fed.shape())),
    })
}

/// Whether its value may decide shapes.
pub(super) fn is_small(fed: &Fed<'_>) -> bool {
    fed.dtype().is_integer() && fed.shape().elements() <= SMALL
}

/// The bytes of the small integer feeds, in order.
fn small_values(request: &Asked<'_>) -> Result<Vec<u8>> {
    let small = request.feeds.iter().filter(|(_, fed)| is_small(fed));
    let bytes: Vec<&[u8]> = small.map(|(_, fed)| fed.bytes()).collect::<Result<_>>()?;
    Ok(bytes.concat())
}
