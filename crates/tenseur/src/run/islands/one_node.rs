//! A node on its own: lowered once for what is known of its inputs, and run again and again.

use std::sync::{Arc, Mutex};

use smallvec::SmallVec;

use crate::error::Result;
use crate::graph::{Fact, NodeId};
use crate::ops::Op;
use crate::ops::host::HostOp;
use crate::ops::queue::is_between_runs;
use crate::run::lowered_node::{LoweredNode, Machine};
use crate::run::reference::not_fed;
use crate::run::value::Value;
use crate::value::PartialShape;

use super::schedule::{Builder, Late};
use super::seen::{Seen, SeenAll};

/// For so many kinds of inputs what a node was lowered to is kept.
const MOST: usize = 4;

/// A node, and what it was lowered to.
pub(super) struct OneNode {
    /// The node, as the session numbers it.
    pub(super) own: NodeId,
    /// The number under which the session keeps what it keeps for it.
    kept_under: NodeId,
    name: Arc<str>,
    op: Arc<dyn Op>,
    /// What is known of its inputs, whatever comes.
    facts: SmallVec<[Option<Fact>; 3]>,
    /// Inputs in whose place a variable is read when it runs.
    late: Late,
    /// Whether its work is the program's, or takes what others then do not find: not to be done again.
    pub(super) of_the_program: bool,
    lowered: Mutex<Vec<(SeenAll, Arc<LoweredNode>)>>,
}

impl Builder<'_> {
    /// The node on its own.
    pub(super) fn one_node(&self, id: NodeId) -> OneNode {
        let node = &self.contents.nodes[id.index()];
        OneNode {
            own: self.contents.global(id),
            kept_under: self.contents.kept_under(id),
            name: node.name.clone(),
            op: node.op.clone(),
            facts: node.inputs.iter().map(|&edge| self.fact(edge)).collect(),
            late: self.late(id),
            of_the_program: node.op.downcast::<HostOp>().is_some() || is_between_runs(&*node.op),
            lowered: Mutex::default(),
        }
    }
}

impl OneNode {
    /// What it is called.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Runs it on these inputs, which it may take.
    pub(super) fn run(
        &self,
        inputs: &mut [Value],
        machine: &mut Machine<'_, '_>,
    ) -> Result<SmallVec<[Value; 2]>> {
        for &(input, variable) in &self.late {
            let held = machine.variables.read(variable);
            inputs[input] = Value::Array(held.map_err(|error| (machine.describe)(variable, error))?);
        }
        self.lowered(inputs, machine)?.run(self.kept_under, inputs, machine)
    }

    /// The node's work for these inputs.
    fn lowered(&self, inputs: &[Value], machine: &Machine<'_, '_>) -> Result<Arc<LoweredNode>> {
        let variables = &*machine.variables;
        let fits = |seen: &SeenAll| seen.iter().zip(inputs).all(|(seen, value)| seen.fits(value, variables));
        let kept = || self.lowered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, lowered)) = kept().iter().find(|(seen, _)| fits(seen)) {
            return Ok(lowered.clone());
        }
        // What is read need not be known by its value; what only says something about shapes or axes must be.
        let seen = |by_value: bool| -> SeenAll {
            inputs.iter().map(|value| Seen::of(value, variables, by_value)).collect()
        };
        let plain = seen(false);
        let (seen, lowered) = match self.lower(&plain) {
            Ok(lowered) if self.holds_for_all(&plain, &lowered) => (plain, lowered),
            _ => {
                let exact = seen(true);
                let lowered = self.lower(&exact)?;
                (exact, lowered)
            }
        };
        if lowered.is_placeholder() {
            return Err(not_fed(&self.name));
        }
        let lowered = Arc::new(lowered);
        let mut kept = kept();
        if kept.len() < MOST && self.holds_for_all(&seen, &lowered) {
            kept.push((seen, lowered.clone()));
        }
        Ok(lowered)
    }

    /// Whether what was made for what was seen holds for all inputs of which the same is seen: each is read, or known.
    fn holds_for_all(&self, seen: &SeenAll, lowered: &LoweredNode) -> bool {
        seen.iter().enumerate().all(|(input, seen)| match seen {
            Seen::Array(.., None) => {
                let known = self.facts[input].as_ref().is_some_and(|fact| fact.value.is_some());
                known || lowered.reads.contains(&input)
            }
            _ => true,
        })
    }

    /// The work for what was seen.
    fn lower(&self, seen: &SeenAll) -> Result<LoweredNode> {
        let mut facts: SmallVec<[Fact; 4]> =
            seen.iter().zip(&self.facts).map(|(seen, known)| seen.fact(known.as_ref())).collect();
        if self.op.effects().reshapes
            && let (Some(variable), Some(declared)) = (facts.first_mut(), self.facts.first())
        {
            // As in the reference executor: not what it held, which is put aside.
            let shape = declared.as_ref().map(|declared| declared.shape.clone());
            variable.shape = shape.unwrap_or_else(PartialShape::unknown);
        }
        let facts: SmallVec<[&Fact; 4]> = facts.iter().collect();
        Ok(LoweredNode::new(&*self.op, &facts)?)
    }
}
