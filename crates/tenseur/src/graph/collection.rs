//! Collections: tensors and operations under a name, so that one part of a program finds what another has made.

use crate::graph::{Contents, Edge, Graph, NodeId, Operation, Tensor};

/// The collections' names that TensorFlow 1 uses.
pub mod collections {
    /// All variables.
    pub const GLOBAL_VARIABLES: &str = "variables";
    /// The variables that `minimize` changes.
    pub const TRAINABLE_VARIABLES: &str = "trainable_variables";
    /// Variables that are not saved, such as the counts of a metric.
    pub const LOCAL_VARIABLES: &str = "local_variables";
    /// Variables that a model needs to tell something.
    pub const MODEL_VARIABLES: &str = "model_variables";
    /// Variables of which moving averages are kept.
    pub const MOVING_AVERAGE_VARIABLES: &str = "moving_average_variables";
    /// The variable that counts the steps of the training.
    pub const GLOBAL_STEP: &str = "global_step";
    /// Ops to be run with every training step, such as batch norm's moving averages.
    pub const UPDATE_OPS: &str = "update_ops";
    /// Terms to be added to the loss.
    pub const REGULARIZATION_LOSSES: &str = "regularization_losses";
    /// What is to be shown of the training.
    pub const SUMMARIES: &str = "summaries";
    /// The operation that is a step of the training.
    pub const TRAIN_OP: &str = "train_op";
}

/// A collection.
#[derive(Clone, Debug)]
pub(crate) struct Collection {
    pub(crate) name: String,
    pub(crate) members: Vec<Member>,
    /// How many of the members, from the first, are in the MetaGraphDef that the graph came from.
    pub(crate) from_file: usize,
}

/// What a collection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Tensor(Edge),
    Operation(NodeId),
}

impl Member {
    /// The node that it is, or is an output of.
    pub(crate) fn node(self) -> NodeId {
        match self {
            Member::Tensor(edge) => edge.node,
            Member::Operation(id) => id,
        }
    }
}

impl Contents {
    /// Puts something into a collection.
    pub(crate) fn collect(&mut self, name: &str, member: Member) {
        match self.collections.iter_mut().find(|collection| collection.name == name) {
            Some(collection) => collection.members.push(member),
            None => {
                let (name, members) = (name.to_string(), vec![member]);
                self.collections.push(Collection { name, members, from_file: 0 });
            }
        }
    }
}

impl Graph {
    /// Puts a tensor into the collection `collection` (see [`collections`]).
    pub fn add_to_collection(&self, collection: &str, tensor: impl AsRef<Tensor>) {
        let edge = tensor.as_ref().edge();
        self.write().collect(collection, Member::Tensor(edge));
    }

    /// Puts an operation into the collection `collection`.
    ///
    /// ```
    /// use tenseur::graph::collections::TRAIN_OP;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let w = tf.variable(1.0, "w");
    /// let train = train::GradientDescentOptimizer::new(0.1).minimize(&w.square());
    /// tf.add_operation_to_collection(TRAIN_OP, &train);
    ///
    /// let again = Graph::from_meta_graph(&tf.as_meta_graph()?)?;
    /// assert_eq!(again.collection_operations(TRAIN_OP)[0].name(), train.name());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn add_operation_to_collection(&self, collection: &str, operation: &Operation) {
        self.write().collect(collection, Member::Operation(operation.id()));
    }

    /// The tensors that were put into the collection, in order; of a variable its reference.
    pub fn collection(&self, collection: &str) -> Vec<Tensor> {
        let tensor = |member: &Member| match member {
            Member::Tensor(edge) => Some(Tensor::new(self.clone(), *edge)),
            Member::Operation(_) => None,
        };
        self.members(collection).iter().filter_map(tensor).collect()
    }

    /// The operations that were put into the collection, and those that compute its tensors, in order.
    pub fn collection_operations(&self, collection: &str) -> Vec<Operation> {
        let members = self.members(collection);
        members.iter().map(|member| Operation::new(self.clone(), member.node())).collect()
    }

    fn members(&self, collection: &str) -> Vec<Member> {
        let contents = self.read();
        let found = contents.collections.iter().find(|found| found.name == collection);
        found.map(|found| found.members.clone()).unwrap_or_default()
    }
}
