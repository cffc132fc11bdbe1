//! Variables: what a session keeps from run to run.

use std::fmt;
use std::ops::Deref;

use crate::formats::proto::VariableDef;
use crate::graph::{Edge, Graph, NodeId, Operation, Tensor, collections};
use crate::ops::resource::{
    AssignChangeVariableOp, AssignVariableOp, ReadVariableOp, VarHandleOp, VarIsInitializedOp,
};
use crate::ops::source::IntoConstant;
use crate::ops::{array, state};
use crate::value::DType;

/// A variable: a reference that ops may write (`w:0`), its initial value, and a reading of it (`w/read:0`).
///
/// Wherever a tensor is wanted it stands for its reading. Fetched, it gives its value at the end of the run.
#[derive(Clone)]
pub struct Variable {
    reference: Tensor,
    read: Tensor,
    initializer: Operation,
    trainable: bool,
}

/// A variable as its graph remembers it: without handles, which would keep the graph alive for ever.
#[derive(Clone)]
pub(crate) struct KeptVariable {
    pub(crate) reference: Edge,
    pub(crate) read: Edge,
    pub(crate) initializer: NodeId,
    pub(crate) trainable: bool,
    /// Whether it is initialized and saved with the others; local variables are not.
    pub(crate) global: bool,
    /// What the file that it came from said of it.
    pub(crate) record: Option<VariableDef>,
}

impl KeptVariable {
    fn variable(&self, graph: &Graph) -> Variable {
        Variable {
            reference: Tensor::new(graph.clone(), self.reference),
            read: Tensor::new(graph.clone(), self.read),
            initializer: Operation::new(graph.clone(), self.initializer),
            trainable: self.trainable,
        }
    }
}

impl Graph {
    /// A trainable variable that starts with `initial_value` (a tensor, or what a constant can be made of). It has the
    /// initial value's type and shape, and holds nothing until its initializer has run.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let w = tf.variable(tf.zeros::<f32>([3, 2]), "w");
    /// let step = tf.variable_untrained(0, "step"); // int32, not changed by `minimize`
    /// assert_eq!((w.shape().to_string(), w.name()), ("[3, 2]".into(), "w:0".into()));
    /// assert_eq!(tf.trainable_variables().len(), 1);
    /// ```
    #[track_caller]
    pub fn variable(&self, initial_value: impl IntoConstant, name: &str) -> Variable {
        self.make_variable(initial_value.into_constant(self), true, name, false)
    }

    /// A variable that `minimize` leaves as it is (`trainable=False`).
    #[track_caller]
    pub fn variable_untrained(&self, initial_value: impl IntoConstant, name: &str) -> Variable {
        self.make_variable(initial_value.into_constant(self), false, name, false)
    }

    /// A trainable variable of TensorFlow's second kind (`use_resource=True`): its tensor is a handle, and every reading
    /// is an op. To the programs of this library it is like any other.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let w = tf.resource_variable(2.0, "w");
    /// let train = train::GradientDescentOptimizer::new(0.25).minimize(&w.square());
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// sess.run_op(&train, feeds![])?;
    /// assert_eq!(sess.run(&w, feeds![])?, 1.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn resource_variable(&self, initial_value: impl IntoConstant, name: &str) -> Variable {
        self.make_variable(initial_value.into_constant(self), true, name, true)
    }

    /// The variable that nodes of an imported graph make up: its reference, a reading of it, and the operation that sets
    /// its initial value. A GraphDef has all three and does not say that they belong together.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// tf.variable(1.5, "w");
    /// let file = tf.as_graph_def()?;
    ///
    /// let tf = Graph::from_graph_def(&file)?;
    /// let (reference, read) = (tf.tensor("w:0")?, tf.tensor("w/read:0")?);
    /// let w = tf.adopt_variable(&reference, &read, &tf.operation("w/Assign")?, true);
    /// let train = train::GradientDescentOptimizer::new(0.5).minimize(&w.square());
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// sess.run_op(&train, feeds![])?;
    /// assert_eq!(sess.run(&w, feeds![])?, 0.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn adopt_variable(
        &self,
        reference: &Tensor,
        read: &Tensor,
        initializer: &Operation,
        trainable: bool,
    ) -> Variable {
        let (reference, read, initializer) = (reference.clone(), read.clone(), initializer.clone());
        self.keep_variable(Variable { reference, read, initializer, trainable })
    }

    #[track_caller]
    pub(crate) fn make_variable(
        &self,
        initial: Tensor,
        trainable: bool,
        name: &str,
        resource: bool,
    ) -> Variable {
        let dtype = initial.dtype_or(DType::Float32);
        let (shape, container) = (initial.shape(), String::new());
        if resource {
            // TensorFlow's sessions tell resources by this name alone, so that it has to be the node's, which is unique.
            let name = self.write().unique_name(name);
            let op = VarHandleOp { dtype, shape, container, shared_name: name.to_string() };
            let handle = self.add_named(op, &[], &format!("{name}/"));
            let own = self.name_scope(&format!("{}/", handle.op().name()));
            self.add_named(VarIsInitializedOp::new(), &[&handle], "IsInitialized/VarIsInitializedOp");
            let assign = AssignVariableOp { dtype, validate_shape: false };
            let initializer = self.add_op(assign, &[&handle, &initial], Some("Assign"));
            let read = self.add_named(ReadVariableOp { dtype }, &[&handle], "Read/ReadVariableOp");
            drop(own);
            return self.keep_variable(Variable { reference: handle, read, initializer, trainable });
        }
        let op = state::VariableV2 { dtype, shape, container, shared_name: String::new() };
        let reference = self.add_named(op, &[], name);
        // The nodes that belong to it are called after it, wherever they are made.
        let own = self.name_scope(&format!("{}/", reference.op().name()));
        let assign = state::Assign { validate_shape: true, use_locking: true };
        let initializer = self.add_op(assign, &[&reference, &initial], Some("Assign"));
        let read = self.add_named(array::Identity::new(), &[&reference], "read");
        drop(own);
        self.keep_variable(Variable { reference, read, initializer, trainable })
    }

    /// Remembers a variable, so that it is initialized and trained with the others.
    #[track_caller]
    fn keep_variable(&self, variable: Variable) -> Variable {
        let Variable { reference, read, initializer, trainable } = &variable;
        if [reference.graph(), read.graph(), initializer.graph()].iter().any(|graph| !graph.is(self)) {
            let message = format!("the variable \"{}\" belongs to another graph", reference.name());
            self.fail(crate::Error::invalid(message));
            return variable;
        }
        let (reference, read, initializer) = (reference.edge(), read.edge(), initializer.id());
        let trainable = *trainable;
        let kept = KeptVariable { reference, read, initializer, trainable, global: true, record: None };
        self.write().variables.push(kept);
        self.add_to_collection(collections::GLOBAL_VARIABLES, &variable.reference);
        if trainable {
            self.add_to_collection(collections::TRAINABLE_VARIABLES, &variable.reference);
        }
        variable
    }

    /// All variables made with [`variable`](Graph::variable), and those of an imported MetaGraphDef, in order.
    pub fn global_variables(&self) -> Vec<Variable> {
        self.variables(|kept| kept.global)
    }

    /// Those that `minimize` changes.
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.variables(|kept| kept.trainable)
    }

    /// Those that an imported MetaGraphDef has as local: they are neither initialized nor saved with the others.
    pub fn local_variables(&self) -> Vec<Variable> {
        self.variables(|kept| !kept.global)
    }

    fn variables(&self, wanted: impl Fn(&KeptVariable) -> bool) -> Vec<Variable> {
        self.read().variables.iter().filter(|kept| wanted(kept)).map(|kept| kept.variable(self)).collect()
    }

    /// An operation that gives every variable made so far its initial value.
    #[track_caller]
    pub fn global_variables_initializer(&self) -> Operation {
        self.initializer_of(&self.global_variables())
    }

    /// An operation that gives every local variable its initial value.
    #[track_caller]
    pub fn local_variables_initializer(&self) -> Operation {
        self.initializer_of(&self.local_variables())
    }

    #[track_caller]
    fn initializer_of(&self, variables: &[Variable]) -> Operation {
        let initializers: Vec<&Operation> = variables.iter().map(|variable| &variable.initializer).collect();
        self.group(initializers, "init")
    }

    /// The old name of [`global_variables_initializer`](Graph::global_variables_initializer).
    #[track_caller]
    pub fn initialize_all_variables(&self) -> Operation {
        self.global_variables_initializer()
    }

    /// An operation that does nothing itself and runs after all of `operations`.
    #[track_caller]
    pub fn group<'a>(&self, operations: impl IntoIterator<Item = &'a Operation>, name: &str) -> Operation {
        let _after = self.control_dependencies(operations);
        self.add_op(crate::ops::control::NoOp, &[], Some(name))
    }
}

impl Variable {
    /// The reference that ops write, `w:0`.
    pub fn reference(&self) -> &Tensor {
        &self.reference
    }

    /// Whether it is a resource variable: its [`reference`](Variable::reference) is then a handle.
    pub fn is_resource(&self) -> bool {
        let edge = self.reference.edge();
        let contents = self.reference.graph().read();
        contents.nodes[edge.node.index()].fact(edge.output).is_some_and(|fact| fact.resource)
    }

    /// Its node.
    pub fn operation(&self) -> Operation {
        self.reference.op()
    }

    /// The operation that gives it its initial value.
    pub fn initializer(&self) -> &Operation {
        &self.initializer
    }

    /// The tensor of its initial value.
    pub fn initial_value(&self) -> Tensor {
        let graph = self.initializer.graph();
        let edge = graph.node(self.initializer.id()).and_then(|node| node.inputs.get(1).copied());
        edge.map_or_else(|| self.reference.clone(), |edge| Tensor::new(graph.clone(), edge))
    }

    /// Whether `minimize` changes it.
    pub fn trainable(&self) -> bool {
        self.trainable
    }

    /// TensorFlow's name of it, `w:0`.
    pub fn name(&self) -> String {
        self.reference.name()
    }

    /// An operation that sets it to `value`.
    #[track_caller]
    pub fn assign(&self, value: impl Into<crate::graph::Operand>) -> Operation {
        let value = value.into().tensor(&self.reference);
        let inputs = [&self.reference, &value];
        match self.is_resource() {
            true => {
                let dtype = self.reference.dtype_or(DType::Float32);
                let op = AssignVariableOp { dtype, validate_shape: true };
                self.reference.graph().add_op(op, &inputs, None)
            }
            false => {
                let op = state::Assign { validate_shape: true, use_locking: true };
                self.reference.graph().add_op(op, &inputs, None)
            }
        }
    }

    /// An operation that adds `value` to it.
    #[track_caller]
    pub fn assign_add(&self, value: impl Into<crate::graph::Operand>) -> Operation {
        let value = value.into().tensor(&self.reference);
        self.add_change::<false>(&value)
    }

    /// An operation that takes `value` from it.
    #[track_caller]
    pub fn assign_sub(&self, value: impl Into<crate::graph::Operand>) -> Operation {
        let value = value.into().tensor(&self.reference);
        self.add_change::<true>(&value)
    }

    #[track_caller]
    fn add_change<const SUBTRACT: bool>(&self, value: &Tensor) -> Operation {
        let inputs = [&self.reference, value];
        match self.is_resource() {
            true => {
                let dtype = self.reference.dtype_or(DType::Float32);
                let op = AssignChangeVariableOp::<SUBTRACT> { dtype };
                self.reference.graph().add_op(op, &inputs, None)
            }
            false => {
                let op = state::AssignChange::<SUBTRACT>::new();
                self.reference.graph().add_op(op, &inputs, None)
            }
        }
    }
}

impl Deref for Variable {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.read
    }
}

impl AsRef<Tensor> for Variable {
    fn as_ref(&self) -> &Tensor {
        &self.read
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variable({:?})", self.reference)
    }
}
