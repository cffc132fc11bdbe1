//! Making nodes by the type of their op, for programs in other languages: whoever asks gets the error at once, and the
//! graph is then as it was.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::{Code, Error, Line, Reason, Result};
use crate::graph::{Contents, Edge, Facts, Graph, NodeId, Operation, Tensor, nearest};
use crate::ops::host::HostGradient;
use crate::ops::{Attrs, OPS, Op, entry};
use crate::value::PartialShape;

use super::Node;

/// A node that is to be made.
#[derive(Clone, Debug, Default)]
pub struct NewNode<'a> {
    /// Its name, as it stands; it must be free ([`Graph::unique_name`]).
    pub name: &'a str,
    /// Where its inputs come from.
    pub inputs: &'a [Edge],
    /// Nodes that run before it without giving it anything.
    pub control_inputs: &'a [NodeId],
    /// TensorFlow's device text; kept, not obeyed.
    pub device: Option<&'a str>,
    /// The line of the user's program.
    pub line: Option<Line>,
}

/// What a program says of nodes beyond their ops.
#[derive(Default)]
pub(crate) struct Told {
    /// Shapes that outputs have, whatever can be inferred.
    shapes: HashMap<Edge, PartialShape>,
    /// How gradients go through nodes, whatever their ops say.
    gradients: HashMap<NodeId, HostGradient>,
}

impl Told {
    /// The gradient that was told for a node.
    pub(crate) fn gradient(&self, node: NodeId) -> Option<HostGradient> {
        self.gradients.get(&node).cloned()
    }

    /// The facts of a node's outputs, and what was told of their shapes.
    ///
    /// # Errors
    /// When the two contradict each other.
    pub(crate) fn with_shapes(&self, node: NodeId, mut facts: Facts) -> Result<Facts, Reason> {
        if self.shapes.is_empty() {
            return Ok(facts);
        }
        for (output, fact) in facts.iter_mut().enumerate() {
            if let Some(told) = self.shapes.get(&Edge { node, output: output as u32 }) {
                fact.shape = fact.shape.merge(told).ok_or_else(|| {
                    format!("its output {output} would have shape {} and was set to {told}", fact.shape)
                })?;
            }
        }
        Ok(facts)
    }

    /// Notes the shapes of a node's outputs, where they say anything. Gives what was told of the node before.
    pub(crate) fn tell(&mut self, node: NodeId, shapes: &[PartialShape]) -> Vec<(Edge, PartialShape)> {
        let of_node =
            |(edge, shape): (&Edge, &PartialShape)| (edge.node == node).then(|| (*edge, shape.clone()));
        let before = self.shapes.iter().filter_map(of_node).collect();
        for (output, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.rank().is_some()) {
            self.shapes.insert(Edge { node, output: output as u32 }, shape.clone());
        }
        before
    }

    /// Takes back what was told of a node since [`tell`](Told::tell) gave this.
    pub(crate) fn tell_again(&mut self, node: NodeId, before: Vec<(Edge, PartialShape)>) {
        self.shapes.retain(|edge, _| edge.node != node);
        self.shapes.extend(before);
    }

    /// Forgets what was told of the nodes from this one on, which are gone.
    pub(crate) fn forget_from(&mut self, node: NodeId) {
        self.shapes.retain(|edge, _| edge.node < node);
        self.gradients.retain(|id, _| *id < node);
    }
}

/// The op of this type with these attributes.
///
/// # Errors
/// Unimplemented where there is no such type, with the nearest; and what is wrong with the attributes.
pub fn op_of_type(op_type: &str, attrs: &Attrs) -> Result<Arc<dyn Op>> {
    let Some(entry) = entry(op_type) else {
        let error = Error::new(Code::Unimplemented, format!("there is no op of type \"{op_type}\""));
        return Err(match nearest(op_type, OPS.iter().map(|entry| entry.name)) {
            Some(near) => error.hint(format!("the nearest that there is: {near}")),
            None => error,
        });
    };
    (entry.from_attrs)(attrs).map_err(|reason| Error::from(reason).context(op_type))
}

impl Graph {
    /// Adds a node of which everything is said.
    ///
    /// ```
    /// use tenseur::graph::{NewNode, op_of_type};
    /// use tenseur::ops::Attrs;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![1.0, 2.0]);
    /// let op = op_of_type("Neg", &Attrs::new())?;
    /// let y = tf.create(op, NewNode { name: "y", inputs: &[x.edge()], ..NewNode::default() })?.output(0);
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![-1.0, -2.0]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the name is taken, or the inputs do not fit the op or are not there. The graph is then as it was.
    pub fn create(&self, op: Arc<dyn Op>, new: NewNode<'_>) -> Result<Operation> {
        let mut contents = self.write();
        let missing = |edge: &&Edge| {
            contents.nodes.get(edge.node.index()).is_none_or(|node| {
                node.outputs.as_ref().is_some_and(|outputs| edge.output as usize >= outputs.len())
            })
        };
        if let Some(edge) = new.inputs.iter().find(missing) {
            let name = contents.nodes.get(edge.node.index()).map_or("a removed node", |node| &*node.name);
            let text =
                format!("\"{}\" reads output {} of \"{name}\", which there is not", new.name, edge.output);
            return Err(Error::new(Code::NotFound, text));
        }
        let place = contents.nodes.len() as u32;
        let mut control_inputs = SmallVec::new();
        for &id in new.control_inputs.iter().filter(|id| id.index() < contents.nodes.len()) {
            if new.inputs.iter().all(|input| input.node != id) && !control_inputs.contains(&id) {
                control_inputs.push(id);
            }
        }
        let node = Node {
            name: new.name.into(),
            op,
            inputs: new.inputs.into(),
            control_inputs,
            device: new.device.map(Into::into),
            outputs: None,
            line: new.line,
            place,
            record: None,
            kept_under: None,
        };
        match contents.infer(NodeId(place), &node) {
            Err(Some(error)) => Err(error.at(|| contents.describe(&node))),
            inferred => {
                let outputs = inferred.ok();
                if let Some(facts) = &outputs {
                    contents.note_open_variables(&node, facts);
                }
                contents.names.reserve(new.name);
                contents.nodes.push(Node { outputs, ..node });
                drop(contents);
                Ok(Operation::new(self.clone(), NodeId(place)))
            }
        }
    }

    /// The operation that was made as number `number`, counted from 0.
    ///
    /// # Errors
    /// NotFound, when there are not so many.
    pub fn operation_at(&self, number: usize) -> Result<Operation> {
        match u32::try_from(number) {
            Ok(id) if number < self.len() => Ok(Operation::new(self.clone(), NodeId(id))),
            _ => Err(Error::new(Code::NotFound, format!("the graph has no operation number {number}"))),
        }
    }

    /// Output `output` of the operation that was made as number `number`.
    ///
    /// # Errors
    /// NotFound, when there is none.
    pub fn tensor_at(&self, number: usize, output: usize) -> Result<Tensor> {
        let operation = self.operation_at(number)?;
        let unknown = self.node(operation.id()).is_some_and(|node| node.outputs.is_none());
        match unknown || output < operation.outputs() {
            true => Ok(operation.output(output)),
            false => {
                let (name, outputs) = (operation.name(), operation.outputs());
                let text = format!("operation \"{name}\" has {outputs} outputs and not number {output}");
                Err(Error::new(Code::NotFound, text))
            }
        }
    }

    /// A name like `name` that no node has, by TensorFlow's rule: the first free of `name`, `name_1`, `name_2`, …; it is
    /// in use from now on if `mark` says so.
    pub fn unique_name(&self, name: &str, mark: bool) -> String {
        let mut contents = self.write();
        let unique = contents.names.unique("", name);
        if !mark {
            contents.names.forget(&unique);
        }
        unique.to_string()
    }

    /// Says that output `edge` has this shape (`tensor.set_shape`), besides what can be inferred. What is computed from it
    /// learns of it.
    ///
    /// # Errors
    /// When that contradicts what is known of it, or of what is computed from it. Nothing is changed then.
    pub fn set_shape(&self, tensor: &Tensor, shape: &PartialShape) -> Result<()> {
        let mut contents = self.write();
        let (edge, told) = (tensor.edge(), contents.told.shapes.clone());
        let node = &contents.nodes[edge.node.index()];
        let known = match node.fact(edge.output) {
            Some(fact) => fact.shape.clone(),
            None => return Ok(()),
        };
        let merged = known.merge(shape).ok_or_else(|| {
            let name = contents.tensor_name(edge);
            Error::invalid(format!("\"{name}\" has shape {known}, which cannot be set to {shape}"))
        })?;
        if merged == known {
            return Ok(());
        }
        contents.told.shapes.insert(edge, merged);
        let from = edge.node.index();
        match contents.infer_again(from) {
            Ok(changed) => {
                for (id, facts) in changed {
                    contents.nodes[id].outputs = Some(facts);
                }
                Ok(())
            }
            Err(error) => {
                contents.told.shapes = told;
                Err(error)
            }
        }
    }

    /// Says how gradients go through a node, whatever its op says (`gradient_override_map`).
    pub fn set_gradient(&self, operation: &Operation, gradient: HostGradient) {
        self.write().told.gradients.insert(operation.id(), gradient);
    }

    /// Leads a NextIteration back to a Merge that was made with one input fewer than it is to have.
    ///
    /// # Errors
    /// When the two nodes are of other types.
    pub fn close_loop(&self, merge: &Tensor, next: &Tensor) -> Result<()> {
        let (first, last) = (merge.op().op_type(), next.op().op_type());
        if !first.ends_with("Merge") || !last.ends_with("NextIteration") {
            return Err(Error::invalid(format!("a {last} cannot be led back to a {first}")));
        }
        self.lead_back(merge, next);
        Ok(())
    }
}

impl Contents {
    /// The facts that change where node `from` is asked anew, there and after it.
    fn infer_again(&mut self, from: usize) -> Result<Vec<(usize, Facts)>> {
        let mut before: Vec<(usize, Option<Facts>)> = Vec::new();
        let mut failed = None;
        for id in from..self.nodes.len() {
            let reads = |(changed, _): &(usize, _)| {
                self.nodes[id].inputs.iter().any(|edge| edge.node.index() == *changed)
            };
            if id != from && !before.iter().any(reads) {
                continue;
            }
            let node = self.nodes[id].clone();
            match self.infer(NodeId(id as u32), &node) {
                Ok(facts) if node.outputs.as_ref() == Some(&facts) => {}
                Ok(facts) => {
                    before.push((id, node.outputs));
                    self.nodes[id].outputs = Some(facts);
                }
                Err(None) => {}
                Err(Some(error)) => {
                    failed = Some(error.at(|| self.describe(&node)));
                    break;
                }
            }
        }
        let mut changed = Vec::new();
        for (id, facts) in before {
            let now = std::mem::replace(&mut self.nodes[id].outputs, facts);
            changed.extend(now.map(|now| (id, now)));
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(changed),
        }
    }
}
