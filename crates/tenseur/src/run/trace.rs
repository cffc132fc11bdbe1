//! When each step of a run began, and how long it took.

use std::time::{Duration, Instant};

use crate::compile::Plan;
use crate::graph::{Graph, NodeId};
use crate::run::planned::Timing;
use crate::session::ProfiledStep;

/// What a run writes down of its steps.
#[derive(Debug)]
pub(crate) struct Trace {
    start: Instant,
    pub(crate) steps: Vec<ProfiledStep>,
}

impl Trace {
    /// Of a run that begins now.
    pub(crate) fn new() -> Trace {
        Trace { start: Instant::now(), steps: Vec::new() }
    }

    /// How long ago the run began.
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Writes down the steps of a plan, which began at `began`.
    pub(crate) fn plan(&mut self, graph: &Graph, plan: &Plan, began: Duration, timings: &[Timing]) {
        for (index, (after, time)) in timings.iter().enumerate() {
            let step = plan.program.step(index);
            self.steps.push(ProfiledStep {
                node: name(graph, plan.origins[index]),
                kernel: format!("{:?}", step.kernel),
                text: String::new(),
                began: began + *after,
                time: *time,
                bytes: step.reads.iter().chain(&step.writes).map(|place| place.bytes as u64).sum(),
                operations: step.kernel.operations(),
            });
        }
    }

    /// Writes down a node that ran alone, from `began` until now.
    pub(crate) fn node(&mut self, graph: &Graph, node: NodeId, began: Duration) {
        let op = graph.read().local(node).map_or("", |node| node.op.name()).to_string();
        let time = self.now().saturating_sub(began);
        self.steps.push(ProfiledStep {
            node: name(graph, node),
            kernel: op,
            text: String::new(),
            began,
            time,
            bytes: 0,
            operations: 0,
        });
    }
}

/// The name of a node that a session knows by this number.
fn name(graph: &Graph, node: NodeId) -> String {
    graph.read().local(node).map_or_else(String::new, |node| node.name.to_string())
}
