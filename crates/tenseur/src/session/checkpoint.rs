//! Saving what a session keeps, and taking it up again: TensorFlow's checkpoints.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::error::{Code, Error, Result};
use crate::formats::checkpoint;
use crate::graph::{NodeId, is_variable};
use crate::ops::Effect;
use crate::session::Session;
use crate::value::{Array, DType, PartialShape};

/// Before the names under which the places of random ops in their streams are kept. No variable is called so.
const RANDOM: &str = "_tenseur/random/";

/// What a checkpoint may hold for a graph: a variable or the place of a random op.
struct Kept {
    node: NodeId,
    dtype: DType,
    shape: PartialShape,
    optional: bool,
}

impl Session {
    /// Writes every variable, but for local ones, to a checkpoint (files `prefix.index` and `prefix.data-…`, which TensorFlow reads), and with
    /// them how far random ops have come in their streams, so that a restored session goes on with the same numbers.
    ///
    /// The files are written aside and renamed when they are complete: a good checkpoint is never replaced by half of one.
    ///
    /// # Errors
    /// When a variable holds nothing yet, or the files cannot be written.
    pub fn save(&self, prefix: impl AsRef<Path>) -> Result<()> {
        let kept = self.kept();
        let state = self.lock();
        let mut tensors: BTreeMap<String, Array> = BTreeMap::new();
        for (name, kept) in &kept {
            match state.get(kept.node) {
                Some(value) if kept.optional => {
                    let counter =
                        value.as_slice::<u64>()?.iter().map(|&part| part as i64).collect::<Vec<i64>>();
                    tensors.insert(name.clone(), Array::new([2], counter)?);
                }
                Some(value) => drop(tensors.insert(name.clone(), value.clone())),
                None if kept.optional => {}
                None => {
                    let text = format!("variable \"{name}\" cannot be saved: it holds nothing yet");
                    return Err(Error::new(Code::FailedPrecondition, text).hint("run the initializer first"));
                }
            }
        }
        drop(state);
        checkpoint::save(prefix, &tensors)
    }

    /// Takes every variable, but for local ones, from a checkpoint that [`save`](Session::save), or TensorFlow, has written.
    ///
    /// # Errors
    /// When the files cannot be read; and in one error all variables that are missing, all names that are not variables of
    /// this graph, and all whose type or shape is another. The session is then as it was.
    pub fn restore(&self, prefix: impl AsRef<Path>) -> Result<()> {
        let prefix = prefix.as_ref();
        let mut found = checkpoint::load(prefix)?;
        let mut problems = Vec::new();
        let mut values: Vec<(NodeId, Option<Array>)> = Vec::new();
        for (name, kept) in self.kept() {
            match found.remove(&name) {
                Some(value) if kept.optional => {
                    let counter =
                        value.as_slice::<i64>()?.iter().map(|&part| part as u64).collect::<Vec<u64>>();
                    values.push((kept.node, Some(Array::new([2], counter)?)));
                }
                Some(value) if value.dtype() == kept.dtype && kept.shape.accepts(value.shape()) => {
                    values.push((kept.node, Some(value)));
                }
                Some(value) => problems.push(format!(
                    "\"{name}\" is {} {} and the checkpoint has {} {}",
                    kept.dtype,
                    kept.shape,
                    value.dtype(),
                    value.shape()
                )),
                None if kept.optional => values.push((kept.node, None)),
                None => problems.push(format!("\"{name}\" is missing")),
            }
        }
        problems.extend(found.keys().map(|name| format!("\"{name}\" is not a variable of this graph")));
        if !problems.is_empty() {
            return Err(Error::new(
                Code::InvalidArgument,
                format!("checkpoint {} does not fit the graph: {}", prefix.display(), problems.join("; ")),
            ));
        }
        let mut state = self.lock_to_write();
        for (node, value) in values {
            state.set(node, value);
        }
        Ok(())
    }

    /// What a checkpoint of this session's graph holds, by name.
    fn kept(&self) -> BTreeMap<String, Kept> {
        let contents = self.graph.read();
        let mut kept = BTreeMap::new();
        let local = contents.variables.iter().filter(|variable| !variable.global);
        let local: HashSet<NodeId> = local.map(|variable| variable.reference.node).collect();
        for (id, node) in contents.nodes.iter().enumerate() {
            // A GraphDef does not say what is a variable, but these ops do.
            if let (true, Some(fact)) = (is_variable(node), node.fact(0)) {
                let (dtype, shape, node_id) = (fact.dtype, fact.shape.clone(), NodeId(id as u32));
                if !local.contains(&node_id) {
                    kept.insert(node.name.to_string(), Kept { node: node_id, dtype, shape, optional: false });
                }
            }
            if matches!(node.op.effects().effect, Effect::Random(_)) {
                let node_id = NodeId(id as u32);
                let counter = Kept { node: node_id, dtype: DType::Int64, shape: [2].into(), optional: true };
                kept.insert(format!("{RANDOM}{}", node.name), counter);
            }
        }
        kept
    }
}
