//! Ops whose work is a function of the program that holds the graph: a Python function, a queue, a source of data.

use std::fmt;
use std::sync::Arc;

use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operation, Tensor};
use crate::lowering::{HostFunction, Lowered, Work};
use crate::ops::foreign::kept;
use crate::ops::{Attrs, Backward, Effect, Effects, Grad, Op, Signature};

/// How the gradient goes through a function of the program: given the node, the gradient of each input.
pub type HostGradient = Arc<dyn Fn(&Backward<'_>) -> Vec<Option<Tensor>> + Send + Sync>;

/// An op that calls a function of the program with its inputs as arrays. The function may wait, for another thread's run
/// for example: the run that calls it holds no lock meanwhile, and
/// [`Cancellation::of_this_run`](crate::session::Cancellation::of_this_run) says whether it should give up. What it has done
/// stays done when its run fails.
///
/// It may have any of TensorFlow's op types, and is written to files under that type; what is read from a file is not
/// one of these, for a file holds no functions.
#[derive(Clone)]
pub struct HostOp {
    name: &'static str,
    attrs: Attrs,
    outputs: Facts,
    function: HostFunction,
    gradient: Option<HostGradient>,
}

impl HostOp {
    /// An op of type `name` with outputs of these types and shapes, which `function` computes.
    ///
    /// ```
    /// use tenseur::graph::Fact;
    /// use tenseur::ops::host::HostOp;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![3.0, 4.0]);
    /// let largest = HostOp::new("PyFunc", [Fact::new(DType::Float32, tenseur::Shape::scalar())], |inputs| {
    ///     let values = inputs[0].as_slice::<f32>().map_err(|error| error.message().to_string())?;
    ///     Ok(vec![Array::scalar(values.iter().copied().fold(f32::MIN, f32::max))])
    /// });
    /// let y = largest.call(&tf, &[&x], None).output(0) * 2.0;
    /// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, 8.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn new(
        name: &str,
        outputs: impl IntoIterator<Item = Fact>,
        function: impl Fn(&[crate::Array]) -> Result<Vec<crate::Array>, Reason> + Send + Sync + 'static,
    ) -> HostOp {
        let outputs = outputs.into_iter().collect();
        HostOp {
            name: kept(name),
            attrs: Attrs::new(),
            outputs,
            function: Arc::new(function),
            gradient: None,
        }
    }

    /// The same op, which files describe by these attributes.
    #[must_use]
    pub fn described(self, attrs: Attrs) -> HostOp {
        HostOp { attrs, ..self }
    }

    /// The same op, through which gradients go by this rule.
    #[must_use]
    pub fn differentiated(self, gradient: HostGradient) -> HostOp {
        HostOp { gradient: Some(gradient), ..self }
    }

    /// Adds the op to the graph, on these inputs.
    #[track_caller]
    pub fn call(self, graph: &Graph, inputs: &[&Tensor], name: Option<&str>) -> Operation {
        graph.add_op(self, inputs, name)
    }
}

impl fmt::Debug for HostOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.name).field("outputs", &self.outputs).finish_non_exhaustive()
    }
}

impl Op for HostOp {
    fn name(&self) -> &'static str {
        self.name
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        self.attrs.clone()
    }

    fn from_attrs(_: &Attrs) -> Result<HostOp, Reason> {
        Err("its work is a function of the program that made it, which no file holds".into())
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Ok(self.outputs.clone())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        match &self.gradient {
            Some(gradient) => Grad::Rule(Box::new(move |node| gradient(node))),
            None => Grad::None("it is a function of the program, of which nobody has told the derivative"),
        }
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (name, outputs, function) = (self.name, self.outputs.clone(), self.function.clone());
        let checked: HostFunction = Arc::new(move |inputs| {
            let results = function(inputs)?;
            if results.len() != outputs.len() {
                let (got, wanted) = (results.len(), outputs.len());
                return Err(
                    format!("the function gave {got} values where {name} has {wanted} outputs").into()
                );
            }
            for (number, (result, fact)) in results.iter().zip(&outputs).enumerate() {
                if result.dtype() != fact.dtype || !fact.shape.accepts(result.shape()) {
                    let (dtype, shape) = (result.dtype(), result.shape());
                    return Err(
                        format!("output {number} is {fact} and the function gave {dtype} {shape}").into()
                    );
                }
            }
            Ok(results)
        });
        Ok(Lowered::reading(node.inputs.len(), Work::Host(checked)))
    }
}
