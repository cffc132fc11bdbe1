//! Functions of the program itself as nodes: queues, data that comes from outside, Python's `py_func`.

use std::fmt;
use std::sync::Arc;

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::{HostFunction, Lowered};
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::Array;

/// A node whose work is a function of the program, over arrays. It may wait, for another thread's run for example: the run
/// that calls it holds no lock meanwhile, and [`Cancellation::of_this_run`](crate::session::Cancellation::of_this_run)
/// says whether it should give up.
///
/// What it has done stays done when its run fails. No file can hold it.
///
/// ```
/// use tenseur::graph::Fact;
/// use tenseur::ops::Attrs;
/// use tenseur::ops::host::HostOp;
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>((), "x");
/// let like = Fact::new(tenseur::DType::Float32, tenseur::Shape::scalar()).one();
/// let twice = HostOp::new("Twice", like, Attrs::new(), |x| Ok(vec![(2.0 * x[0].item::<f32>()?).into()]));
/// let y = tf.add(twice, &[&x]) + 1.0;
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![x => 3.0])?, 7.0.into());
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone)]
pub struct HostOp {
    name: &'static str,
    outputs: Facts,
    attrs: Attrs,
    function: HostFunction,
}

impl HostOp {
    /// A node of op type `name` with these outputs and attributes, which calls `function` of its inputs.
    pub fn new(
        name: &'static str,
        outputs: Facts,
        attrs: Attrs,
        function: impl Fn(&[Array]) -> Result<Vec<Array>, Reason> + Send + Sync + 'static,
    ) -> HostOp {
        HostOp { name, outputs, attrs, function: Arc::new(function) }
    }
}

impl fmt::Debug for HostOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:p})", self.name, Arc::as_ptr(&self.function))
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
        Err("its work is a function of the program that made it".into())
    }

    fn infer(&self, _: &[&Fact]) -> Result<Facts, Reason> {
        Ok(self.outputs.clone())
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("nobody knows the derivative of a function of the program")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let (function, name) = (self.function.clone(), self.name);
        let outputs = self.outputs.clone();
        Ok(Lowered::host(node.inputs.len(), move |inputs| {
            let given = function(inputs)?;
            let fits = |(array, fact): (&Array, &Fact)| {
                array.dtype() == fact.dtype && fact.shape.accepts(array.shape())
            };
            match given.len() == outputs.len() && given.iter().zip(&outputs).all(fits) {
                true => Ok(given),
                false => {
                    let kind = |array: &Array| format!("{} {}", array.dtype(), array.shape());
                    let given: Vec<String> = given.iter().map(kind).collect();
                    let wanted: Vec<String> = outputs.iter().map(Fact::to_string).collect();
                    let (given, wanted) = (given.join(", "), wanted.join(", "));
                    Err(format!("{name} gave [{given}] and is to give [{wanted}]").into())
                }
            }
        }))
    }
}
