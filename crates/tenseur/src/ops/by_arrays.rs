//! Ops that are a plain function of whole arrays, with no gradient: strings and other things whose loop is not what
//! costs.

use std::fmt::Debug;

use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;
use crate::ops::{Attrs, Backward, Effects, Grad, Op, Signature};
use crate::value::Array;

/// A function of arrays.
pub trait OverArrays: Debug + Clone + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// Why it has no gradient.
    const NO_GRADIENT: &'static str;

    /// As [`Op::attrs`].
    fn attrs(&self, node: Signature<'_>) -> Attrs;

    /// As [`Op::from_attrs`].
    ///
    /// # Errors
    /// As there.
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// As [`Op::infer`].
    ///
    /// # Errors
    /// As there.
    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason>;

    /// The outputs for inputs that [`infer`](OverArrays::infer) has accepted.
    ///
    /// # Errors
    /// What their values show to be wrong.
    fn compute(&self, inputs: &[Array]) -> Result<Vec<Array>, Reason>;
}

/// The op that applies a function of arrays.
#[derive(Clone, Debug)]
pub struct ByArrays<F>(pub F);

/// What an op makes of arrays: for ops that are made of others.
///
/// # Errors
/// As the op's.
pub(super) fn applied(op: &dyn Op, inputs: &[&Array]) -> Result<Vec<Array>, Reason> {
    let facts: Vec<Fact> = inputs.iter().map(|&array| Fact::constant(array.clone())).collect();
    let facts: Vec<&Fact> = facts.iter().collect();
    let values: Vec<Array> = inputs.iter().map(|&array| array.clone()).collect();
    crate::run::compute(op, &facts, &op.infer(&facts)?, &values)
}

impl<F: OverArrays> Op for ByArrays<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        F::from_attrs(attrs).map(ByArrays)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        self.0.infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None(F::NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let function = self.0.clone();
        Ok(Lowered::arrays(F::NAME, node, move |arrays| function.compute(arrays)))
    }
}

/// As [`ByArrays`], of a function that has a gradient for which there is no rule.
#[derive(Clone, Debug)]
pub struct Smooth<F>(pub F);

impl<F: OverArrays> Op for Smooth<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        F::from_attrs(attrs).map(Smooth)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        self.0.infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined(F::NO_GRADIENT)
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        ByArrays(self.0.clone()).lower(node)
    }
}

/// A function of arrays through which gradients go.
pub trait Ruled: OverArrays {
    /// The gradient of each input.
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>>;
}

/// As [`ByArrays`], of a function that has a rule.
#[derive(Clone, Debug)]
pub struct WithRule<F>(pub F);

impl<F: Ruled> Op for WithRule<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        F::from_attrs(attrs).map(WithRule)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        self.0.infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| self.0.slopes(node)))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        ByArrays(self.0.clone()).lower(node)
    }
}
