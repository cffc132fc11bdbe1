//! Ops on what a run keeps beside arrays: tensor arrays, stacks, lists. What they have in common is here.

use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::DType;

/// An op on what a run keeps.
pub trait Holding: std::fmt::Debug + Clone + Send + Sync + Sized + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// How many inputs there are.
    const INPUTS: usize;

    /// Its attributes.
    fn attrs(&self, node: Signature<'_>) -> Attrs;

    /// The op with these attributes.
    ///
    /// # Errors
    /// As [`Op::from_attrs`].
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>;

    /// What is known of the outputs.
    fn outputs(&self) -> Facts;

    /// How gradients go through it.
    fn grad(&self) -> Grad<'_>;

    /// What it does.
    fn lower(&self) -> Lowered;
}

/// The node's op.
#[derive(Clone, Debug)]
pub struct Held<H>(pub H);

impl<H: Holding> Op for Held<H> {
    fn name(&self) -> &'static str {
        H::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        H::from_attrs(attrs).map(Held)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() == H::INPUTS {
            true => Ok(self.0.outputs()),
            false => Err(wrong_count(H::INPUTS, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        Effects::of(Effect::Outside).failing()
    }

    fn grad(&self) -> Grad<'_> {
        self.0.grad()
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(self.0.lower())
    }
}

/// What an op on what a run keeps was called before.
pub trait Renamed: Holding {
    /// Its first name, and its second; the same where it had one.
    const BEFORE: [&'static str; 2];
}

/// The same op under its first (1) or second (2) name. Its handles were strings then.
#[derive(Clone, Debug)]
pub struct Before<H, const VERSION: usize>(pub H);

impl<H: Renamed, const VERSION: usize> Holding for Before<H, VERSION> {
    const NAME: &'static str = H::BEFORE[VERSION - 1];
    const INPUTS: usize = H::INPUTS;

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(node)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        H::from_attrs(attrs).map(Before)
    }

    fn outputs(&self) -> Facts {
        let mut outputs = self.0.outputs();
        for output in outputs.iter_mut().filter(|output| output.dtype == DType::Resource) {
            output.dtype = DType::String;
        }
        outputs
    }

    fn grad(&self) -> Grad<'_> {
        self.0.grad()
    }

    fn lower(&self) -> Lowered {
        self.0.lower()
    }
}
