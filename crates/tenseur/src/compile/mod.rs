//! From graph to plan, for the concrete shapes of one request:
//!
//! 1. [`specialise`]: prune to what is needed, derive every shape from those of the feeds and variables;
//! 2. [`cross_entropy`]: the cross-entropy that was spelled out gets its stable form;
//! 3. [`fold`]: what depends on constants alone becomes a constant;
//! 4. [`slices`]: parts are computed as parts;
//! 5. [`cse`]: what is computed twice is computed once;
//! 6. [`simplify`]: rewrite what has a shorter form;
//! 7. [`transpose_once`]: a matrix that several products read transposed is transposed once;
//! 8. [`fuse_cross_entropy`], [`scale_cross_entropy`]: the stable cross-entropy becomes one kernel, where it can;
//! 9. [`tasks`]: lower each node to a task over values;
//! 10. [`accumulate`]: products that are terms of one sum add themselves to it;
//! 11. [`recompute`]: what is cheap and read by several tasks is computed by each;
//! 12. [`fuse`]: tasks whose results only one other wants become part of it;
//! 13. [`straighten`]: maps over one element in a row become one kernel;
//! 14. [`inline_constants`]: constants of one number become part of loops;
//! 15. [`one_pass`]: loops over the same large tensors go through them together;
//! 16. [`plan`]: a place in memory for every value, a program of kernels.

mod accumulate;
mod cross_entropy;
mod cse;
mod explain;
mod explanation;
mod fold;
mod formula;
mod fuse;
mod fuse_cross_entropy;
mod inline_constants;
mod one_pass;
mod plan;
mod recompute;
mod rewrite;
mod scale_cross_entropy;
mod simplify;
mod slices;
mod specialise;
mod straighten;
mod tasks;
mod transpose_once;

use std::sync::Arc;

use foldhash::HashMap;
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::{Contents, Edge, Fact, Facts, NodeId};
use crate::ops::Op;
use crate::run::State;
use crate::value::Array;

pub use explanation::{ExplainedInput, ExplainedStep, ExplainedValue, Explanation};

pub(crate) use explain::node_by_node;
pub(crate) use plan::{ARENA, FetchPlace, Plan};
pub(crate) use specialise::Part;

/// What a plan is made for.
pub(crate) struct Request<'a> {
    /// The tensors wanted.
    pub(crate) fetches: &'a [Edge],
    /// The nodes to be run for their effect.
    pub(crate) targets: &'a [NodeId],
    /// What is known of each feed: its dtype and shape, and its value if the plan is to hold for that value only.
    pub(crate) feeds: &'a [(Edge, Fact)],
}

/// Where a value of a [`Flow`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The feed of this number.
    Feed(usize),
    /// An output of the node of this number in the flow.
    Node(usize, usize),
}

/// A node of the graph, with concrete shapes.
#[derive(Clone, Debug)]
pub(crate) struct FlowNode {
    /// The node of the graph it comes from, for errors and traces.
    pub(crate) origin: NodeId,
    pub(crate) op: Arc<dyn Op>,
    pub(crate) inputs: SmallVec<[Source; 3]>,
    pub(crate) outputs: Facts,
    /// It can fail and nobody reads it: it is there for its failing, and runs.
    pub(crate) checks: bool,
}

/// A pruned graph with concrete shapes, in an order in which it may run. The passes rewrite it; none changes the order
/// of what is left.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) nodes: Vec<FlowNode>,
    /// The facts of the feeds.
    pub(crate) feeds: Vec<Fact>,
    /// The variables that the last feeds refer to, which are no arrays.
    pub(crate) references: Vec<NodeId>,
    pub(crate) fetches: Vec<Source>,
}

impl Flow {
    /// What is known of a value.
    pub(crate) fn fact(&self, source: Source) -> &Fact {
        match source {
            Source::Feed(feed) => &self.feeds[feed],
            Source::Node(node, output) => &self.nodes[node].outputs[output],
        }
    }

    /// The facts of a node's inputs.
    pub(crate) fn input_facts(&self, node: &FlowNode) -> SmallVec<[&Fact; 4]> {
        node.inputs.iter().map(|&source| self.fact(source)).collect()
    }

    /// Lets everything that reads a value read another, as `replacement` says.
    pub(crate) fn replace(&mut self, replacement: &HashMap<Source, Source>) {
        if replacement.is_empty() {
            return;
        }
        let find = |mut source: Source| {
            while let Some(&next) = replacement.get(&source) {
                source = next;
            }
            source
        };
        for node in &mut self.nodes {
            node.inputs.iter_mut().for_each(|input| *input = find(*input));
        }
        self.fetches.iter_mut().for_each(|fetch| *fetch = find(*fetch));
    }

    /// The value of a constant.
    pub(crate) fn constant(&self, source: Source) -> Option<&Array> {
        let fact = self.fact(source);
        fact.value.as_ref().filter(|_| !fact.reference)
    }
}

/// Why there is no plan.
pub(crate) enum Unplanned {
    /// The request cannot be run at all.
    Error(Error),
    /// Some shape shows only during the run, or a value is not of numbers. These are the nodes that show it, as far as they
    /// were found: nodes after them may be others.
    Dynamic(Vec<NodeId>),
}

impl From<Error> for Unplanned {
    fn from(error: Error) -> Unplanned {
        Unplanned::Error(error)
    }
}

/// The plan for a request.
pub(crate) fn compile(
    contents: &Contents,
    request: &Request<'_>,
    state: &mut State,
) -> Result<Plan, Unplanned> {
    let flow = specialise::specialise(contents, request, state)?;
    Ok(plan::plan(contents, fused(contents, flow)?, state)?)
}

/// The plan for a part of a graph.
pub(crate) fn compile_part(
    contents: &Contents,
    part: &Part<'_>,
    state: &mut State,
) -> Result<Plan, Unplanned> {
    let flow = specialise::flow(contents, part, state)?;
    Ok(plan::plan(contents, fused(contents, flow)?, state)?)
}

/// Whether there is a plan for a part of a graph, as far as shapes show it.
pub(crate) fn shapes_are_known(contents: &Contents, part: &Part<'_>, state: &State) -> bool {
    specialise::flow(contents, part, state).is_ok()
}

/// What the plan for a request does.
pub(crate) fn explain(
    contents: &Contents,
    request: &Request<'_>,
    state: &State,
) -> Result<Explanation, Unplanned> {
    let flow = specialise::specialise(contents, request, state)?;
    let tasks = fused(contents, flow)?;
    Ok(explain::planned(contents, request, &tasks))
}

/// The work of a flow, after all passes: all of a plan but places in memory.
fn fused(contents: &Contents, mut flow: Flow) -> Result<tasks::Tasks, Unplanned> {
    // Before constants are folded: what is computed of constant logits is to be as stable.
    cross_entropy::cross_entropy(&mut flow);
    fold::fold(&mut flow);
    slices::slices(&mut flow);
    cse::cse(&mut flow);
    simplify::simplify(&mut flow);
    transpose_once::transpose_once(&mut flow);
    fuse_cross_entropy::fuse_cross_entropy(&mut flow);
    scale_cross_entropy::scale_cross_entropy(&mut flow);
    let mut tasks = tasks::tasks(contents, &flow)?;
    accumulate::accumulate(&mut tasks);
    recompute::recompute(&mut tasks);
    fuse::fuse(&mut tasks);
    straighten::straighten(&mut tasks);
    inline_constants::inline_constants(&mut tasks);
    one_pass::one_pass(&mut tasks);
    Ok(tasks)
}
