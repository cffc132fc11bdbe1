//! Ops that a run needs and that are not there: all of them at once, before anything runs.

use std::collections::BTreeMap;

use foldhash::HashSet;
use smallvec::SmallVec;

use crate::error::{Code, Error, Result};
use crate::graph::{Contents, Edge, Fact, Functions, Node, NodeId};
use crate::lowering::{Call, Lowered, Work};
use crate::ops::foreign::Foreign;
use crate::ops::{Effect, Signature};
use crate::run::order;

/// Whether all ops of the nodes of `order`, and of the functions that these call, are there.
///
/// # Errors
/// NotFound, with every op that is not and a node of it.
pub(crate) fn check_ops(contents: &Contents, order: &[NodeId]) -> Result<()> {
    if !contents.has_foreign() {
        return Ok(());
    }
    let mut missing =
        Missing { functions: &contents.functions, seen: HashSet::default(), ops: BTreeMap::new() };
    missing.look(contents, order, "");
    missing.error().map_or(Ok(()), Err)
}

struct Missing<'a> {
    functions: &'a Functions,
    /// The functions that were looked at.
    seen: HashSet<String>,
    /// Why an op cannot be run; where the first such node is, and how many there are.
    ops: BTreeMap<String, (Code, String, usize)>,
}

impl Missing<'_> {
    /// Looks at nodes of the graph or, where `function` names one, of its body.
    fn look(&mut self, contents: &Contents, order: &[NodeId], function: &str) {
        for id in order {
            let node = &contents.nodes[id.index()];
            if let Some(foreign) = node.op.downcast::<Foreign>() {
                let place = match function {
                    "" => format!("node \"{}\"", node.name),
                    function => format!("node \"{}\" of function \"{function}\"", node.name),
                };
                let why = foreign.why();
                let text = match why.code {
                    Code::NotFound => why.text.clone(),
                    _ => format!("{}: {}", node.op.name(), why.text),
                };
                self.ops.entry(text).or_insert((why.code, place, 0)).2 += 1;
            } else if node.op.effects().effect == Effect::Flow {
                called(contents, node).into_iter().for_each(|name| self.look_into(&name));
            }
        }
    }

    fn look_into(&mut self, name: &str) {
        // A function that is not there, or cannot be read, is what its call says.
        let Ok(function) = self.functions.get(name) else { return };
        if !self.seen.insert(name.to_string()) {
            return;
        }
        let body = function.graph.read();
        let results = function.results.iter().map(|edge| edge.node);
        let targets: Vec<NodeId> = results.chain(function.effects.iter().copied()).collect();
        let arguments = function.arguments.iter().map(|&node| Edge { node, output: 0 }).collect();
        self.look(&body, &order(&body.nodes, &targets, &arguments).nodes, name);
    }

    fn error(self) -> Option<Error> {
        let code = self.ops.values().map(|(code, ..)| *code).reduce(|all, code| match all {
            Code::NotFound => all,
            _ => code,
        })?;
        let texts: Vec<String> = self
            .ops
            .iter()
            .map(|(why, (_, place, count))| match count {
                1 => format!("{why} ({place})"),
                2 => format!("{why} ({place} and another)"),
                count => format!("{why} ({place} and {} others)", count - 1),
            })
            .collect();
        Some(
            Error::new(code, texts.join("; "))
                .hint("what does not need them runs; `tenseur ops` lists the ops there are"),
        )
    }
}

/// The functions that a node calls.
fn called(contents: &Contents, node: &Node) -> Vec<String> {
    let facts: Option<SmallVec<[&Fact; 4]>> =
        node.inputs.iter().map(|edge| contents.nodes[edge.node.index()].fact(edge.output)).collect();
    let (Some(inputs), Some(outputs)) = (facts, &node.outputs) else { return Vec::new() };
    match node.op.lower(Signature { inputs: &inputs, outputs }) {
        Ok(Lowered { work: Work::Call(call), .. }) => match call {
            Call::Function(name) => vec![name],
            Call::If { then_branch, else_branch } => vec![then_branch, else_branch],
            Call::Case { branches } => branches,
            Call::While { condition, body } => vec![condition, body],
        },
        _ => Vec::new(),
    }
}
