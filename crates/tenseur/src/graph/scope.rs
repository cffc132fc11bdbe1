//! Scopes: a name prefix, control inputs or a device for all nodes made while the scope lasts.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::graph::{Graph, NodeId, Operation};

enum Frame {
    Name(String),
    Control(Vec<NodeId>),
    Device(Arc<str>),
    Differentiation(String),
}

/// The scopes that are open, outermost first.
#[derive(Default)]
pub(crate) struct Scopes {
    frames: Vec<(u64, Frame)>,
    next: u64,
}

impl Scopes {
    /// The prefix of names made now, without the final slash.
    pub(crate) fn prefix(&self) -> &str {
        let name = |(_, frame): &'_ (u64, Frame)| matches!(frame, Frame::Name(_));
        match self.frames.iter().rfind(|frame| name(frame)) {
            Some((_, Frame::Name(name))) => name,
            _ => "",
        }
    }

    pub(crate) fn control_inputs(&self) -> SmallVec<[NodeId; 1]> {
        let mut all = SmallVec::new();
        for (_, frame) in &self.frames {
            if let Frame::Control(nodes) = frame {
                all.extend(nodes.iter().copied().filter(|node| !all.contains(node)).collect::<Vec<_>>());
            }
        }
        all
    }

    pub(crate) fn device(&self) -> Option<Arc<str>> {
        self.frames.iter().rev().find_map(|(_, frame)| match frame {
            Frame::Device(device) => Some(device.clone()),
            _ => None,
        })
    }

    fn open(&mut self, frame: Frame) -> u64 {
        self.next += 1;
        self.frames.push((self.next, frame));
        self.next
    }
}

/// An open scope; dropping it closes it.
#[must_use = "the scope ends when this is dropped: bind it to a name"]
pub struct Scope {
    graph: Graph,
    id: u64,
    name: String,
}

impl Scope {
    /// The prefix that names get in it, without the final slash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.graph.write().scopes.frames.retain(|(id, _)| *id != self.id);
    }
}

impl Graph {
    /// Opens a name scope: nodes made while it lasts are called `name/…`. A name already used becomes `name_1`, unless
    /// it ends in a slash, which enters the scope of exactly that name again.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = {
    ///     let _layer = tf.name_scope("layer1");
    ///     tf.placeholder::<f32>([None, Some(4)], "x")
    /// };
    /// assert_eq!(x.name(), "layer1/x:0");
    /// ```
    pub fn name_scope(&self, name: &str) -> Scope {
        let mut contents = self.write();
        let name = match name.strip_suffix('/') {
            Some(exact) => exact.to_string(),
            None => contents.unique_name(name).to_string(),
        };
        let id = contents.scopes.open(Frame::Name(name.clone()));
        Scope { graph: self.clone(), id, name }
    }

    /// While the scope lasts, what is made belongs to the differentiation of this name.
    pub(crate) fn begin_differentiation(&self, name: String) -> Scope {
        let id = self.write().scopes.open(Frame::Differentiation(name));
        Scope { graph: self.clone(), id, name: String::new() }
    }

    /// The name of the differentiation under way; if none has begun, the scope of `gradients`, and what is around it.
    pub(crate) fn differentiation(&self) -> String {
        let contents = self.read();
        let begun = contents.scopes.frames.iter().rev().find_map(|(_, frame)| match frame {
            Frame::Differentiation(name) => Some(name.clone()),
            _ => None,
        });
        begun.unwrap_or_else(|| {
            let parts: Vec<&str> = contents.scopes.prefix().split('/').collect();
            let own = parts.iter().position(|part| part.starts_with("gradients"));
            parts[..own.map_or(parts.len(), |own| own + 1)].join("/")
        })
    }

    /// Nodes made while the scope lasts run only after `operations` have.
    pub fn control_dependencies<'a>(&self, operations: impl IntoIterator<Item = &'a Operation>) -> Scope {
        let nodes = operations.into_iter().filter(|op| op.graph().is(self)).map(Operation::id).collect();
        let id = self.write().scopes.open(Frame::Control(nodes));
        Scope { graph: self.clone(), id, name: String::new() }
    }

    /// Nodes made while the scope lasts carry this device text. It is kept for files and does not change where they run.
    pub fn device(&self, device: &str) -> Scope {
        let id = self.write().scopes.open(Frame::Device(device.into()));
        Scope { graph: self.clone(), id, name: String::new() }
    }
}
