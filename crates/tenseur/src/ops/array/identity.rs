//! Ops whose output is their input: Identity, and those that differ from it only in what flows back, or in when the
//! value may be replaced.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, Work};
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::PartialShape;

/// What tells the ops that pass x on apart.
pub trait PassingOn: Debug + Clone + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;

    /// Why no gradient flows back, if none does.
    const STOPS: Option<&'static str>;
}

/// x itself; of a variable's reference, its value at this moment.
#[derive(Clone, Debug)]
pub struct PassOn<K>(PhantomData<K>);

impl<K> PassOn<K> {
    /// The op.
    pub const fn new() -> Self {
        PassOn(PhantomData)
    }
}

impl<K> Default for PassOn<K> {
    fn default() -> Self {
        PassOn::new()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $stops:expr;)*) => { $(
        $(#[$doc])*
        pub type $name = PassOn<$kind>;

        #[doc = concat!("The kind of [`", stringify!($name), "`].")]
        #[derive(Clone, Debug)]
        pub struct $kind;

        impl PassingOn for $kind {
            const NAME: &'static str = stringify!($name);
            const STOPS: Option<&'static str> = $stops;
        }
    )* };
}
kinds! {
    /// x itself; of a variable's reference, its value at this moment.
    Identity, IdentityKind, None;
    /// x itself (TensorFlow's optimiser puts it where a copy is due).
    Snapshot, SnapshotKind, None;
    /// x, taken as a constant by `gradients`.
    StopGradient, StopGradientKind, Some("it is there to stop it");
}

/// Whether the op hands its input on as it is. Of a reference variable that is the variable's own memory in TensorFlow:
/// see [`Ordered::late`](crate::run::Ordered).
pub(crate) fn hands_on(op: &dyn Op) -> bool {
    op.downcast::<Identity>().is_some()
        || op.downcast::<Snapshot>().is_some()
        || op.downcast::<StopGradient>().is_some()
}

impl<K: PassingOn> Op for PassOn<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(PassOn::new())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        // A handle passes on; a reference is read.
        Ok(if x.resource { (*x).clone() } else { x.read() }.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        match K::STOPS {
            None => Grad::rule(|_, dy| [Some(dy.clone())]),
            Some(why) => Grad::None(why),
        }
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// x itself, if it has the shape; else the run fails.
#[derive(Clone, Debug)]
pub struct EnsureShape {
    /// What its shape must fit.
    pub shape: PartialShape,
}

impl Op for EnsureShape {
    fn name(&self) -> &'static str {
        "EnsureShape"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("shape", self.shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<EnsureShape, Reason> {
        Ok(EnsureShape { shape: attrs.require("shape")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let shape = x.shape.merge(&self.shape);
        let shape = shape.ok_or_else(|| format!("its shape is {} and must fit {}", x.shape, self.shape))?;
        Ok(Fact { shape, ..x.read() }.one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// x itself, through which gradients must not be taken.
#[derive(Clone, Debug)]
pub struct PreventGradient {
    /// Why not.
    pub message: String,
}

impl Op for PreventGradient {
    fn name(&self) -> &'static str {
        "PreventGradient"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("message", self.message.as_str())
    }

    fn from_attrs(attrs: &Attrs) -> Result<PreventGradient, Reason> {
        Ok(PreventGradient { message: attrs.optional("message", String::new())? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        Identity::new().infer(inputs)
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("it is there to prevent it")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// Any number of tensors, each as it is.
#[derive(Clone, Debug)]
pub struct IdentityN;

impl Op for IdentityN {
    fn name(&self) -> &'static str {
        "IdentityN"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = node.inputs.iter().map(|fact| fact.dtype.into()).collect();
        Attrs::new().with("T", crate::ops::Attr::List(types))
    }

    fn from_attrs(_: &Attrs) -> Result<IdentityN, Reason> {
        Ok(IdentityN)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        Ok(inputs.iter().map(|&x| if x.resource { x.clone() } else { x.read() }).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Rule(Box::new(|node| (0..node.inputs()).map(|i| node.dy(i).cloned()).collect()))
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(node.inputs.len(), Work::Alias))
    }
}

/// The value that is fed, or the input where nothing is.
#[derive(Clone, Debug)]
pub struct PlaceholderWithDefault {
    /// What a fed array's shape must be.
    pub shape: PartialShape,
}

impl Op for PlaceholderWithDefault {
    fn name(&self) -> &'static str {
        "PlaceholderWithDefault"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("dtype", node.inputs[0].dtype).with("shape", self.shape.clone())
    }

    fn from_attrs(attrs: &Attrs) -> Result<PlaceholderWithDefault, Reason> {
        Ok(PlaceholderWithDefault { shape: attrs.require("shape")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [default] = inputs else { return Err(wrong_count(1, inputs)) };
        if self.shape.merge(&default.shape).is_none() {
            return Err(
                format!("the default has shape {} and must have {}", default.shape, self.shape).into()
            );
        }
        // What is fed may have another value, and another shape, than the default.
        Ok(Fact::new(default.dtype, self.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        // Its value is not that of its input where it is fed, so it must not be computed while the graph is built.
        Effects::of(crate::ops::Effect::Reads)
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|_, dy| [Some(dy.clone())])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(match node.outputs[0].shape.known() {
            Some(_) => Lowered::alias(),
            None => Lowered::host(1, |default| Ok(default.to_vec())),
        })
    }
}

impl Tensor {
    /// x itself, as a node of its own; of a variable, its value at this moment.
    #[track_caller]
    pub fn identity(&self) -> Tensor {
        self.graph().add(Identity::new(), &[self])
    }

    /// x itself, taken as a constant by [`gradients`](crate::gradients()): nothing flows back through it.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>((), "x");
    /// let y = &x * x.stop_gradient();
    /// let slope = gradients(&[&y], &[&x])[0].clone().unwrap();
    /// assert_eq!(Session::new(&tf)?.run(&slope, feeds![x => 3.0])?, 3.0.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn stop_gradient(&self) -> Tensor {
        self.graph().add(StopGradient::new(), &[self])
    }

    /// x itself; asking for a gradient through it is an error that gives `message`.
    #[track_caller]
    pub fn prevent_gradient(&self, message: &str) -> Tensor {
        self.graph().add(PreventGradient { message: message.to_string() }, &[self])
    }
}

impl crate::Graph {
    /// A value that may be fed, of a shape whose sizes may be left open, and is `default` where it is not.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let rate = tf.placeholder_with_default(tf.constant(0.5), (), "rate");
    /// let sess = Session::new(&tf)?;
    /// assert_eq!(sess.run(&rate, feeds![])?, 0.5.into());
    /// assert_eq!(sess.run(&rate, feeds![rate => 0.25])?, 0.25.into());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn placeholder_with_default(
        &self,
        default: impl crate::ops::source::IntoConstant,
        shape: impl Into<PartialShape>,
        name: &str,
    ) -> Tensor {
        let default = default.into_constant(self);
        self.add_named(PlaceholderWithDefault { shape: shape.into() }, &[&default], name)
    }

    /// Several tensors, each as it is, from one node.
    #[track_caller]
    pub fn identity_n(&self, tensors: &[impl AsRef<Tensor>]) -> Vec<Tensor> {
        let inputs: Vec<&Tensor> = tensors.iter().map(AsRef::as_ref).collect();
        let node = self.add_op(IdentityN, &inputs, None);
        (0..inputs.len()).map(|output| node.output(output)).collect()
    }
}

fn pass_on_cases<K: PassingOn>() -> Vec<Case> {
    vec![
        Case::fed("matrix", [array![[1.0, 2.0]]], |tf, x| vec![tf.add(PassOn::<K>::new(), &[&x[0]])])
            .expecting([array![[1.0, 2.0]]]),
        Case::fed("a variable", [array![1.0, 2.0]], |tf, x| vec![tf.add(PassOn::<K>::new(), &[&x[0]])])
            .with_variables(1, 1),
        Case::fed("strings", [array!["a", "b"]], |tf, x| vec![tf.add(PassOn::<K>::new(), &[&x[0]])]),
    ]
}

pub(in crate::ops) fn ensure_shape_cases() -> Vec<Case> {
    vec![Case::fed("columns are known", [array![[1.0, 2.0], [3.0, 4.0]]], |tf, x| {
        let shape = [None, Some(2)].into_iter().collect();
        vec![tf.add(EnsureShape { shape }, &[&x[0]])]
    })]
}

pub(in crate::ops) fn identity_cases() -> Vec<Case> {
    pass_on_cases::<IdentityKind>()
}

pub(in crate::ops) fn snapshot_cases() -> Vec<Case> {
    pass_on_cases::<SnapshotKind>()
}

pub(in crate::ops) fn stop_gradient_cases() -> Vec<Case> {
    let mut cases = pass_on_cases::<StopGradientKind>();
    cases.push(
        Case::fed("its derivative is none", [array![2.0]], |_, x| {
            let y = &x[0] * x[0].stop_gradient();
            vec![crate::gradients(&[&y], &[&x[0]])[0].clone().unwrap_or(y)]
        })
        .at_kink()
        .expecting([array![2.0]]),
    );
    cases
}

pub(in crate::ops) fn prevent_gradient_cases() -> Vec<Case> {
    vec![Case::fed("matrix", [array![[1.0, 2.0]]], |_, x| vec![x[0].prevent_gradient("no")]).at_kink()]
}

pub(in crate::ops) fn identity_n_cases() -> Vec<Case> {
    vec![
        Case::fed("two types", [array![[1.0, 2.0]], array![3]], |tf, x| tf.identity_n(x))
            .expecting([array![[1.0, 2.0]], array![3]]),
        Case::fed("one is not used", [array![[1.0, 2.0]], array![3.0]], |tf, x| {
            vec![tf.identity_n(x)[1].clone()]
        }),
    ]
}

pub(in crate::ops) fn placeholder_with_default_cases() -> Vec<Case> {
    vec![
        Case::fed("not fed", [array![1.0, 2.0]], |tf, x| {
            vec![tf.placeholder_with_default(&x[0], [None], "rate") * 2.0]
        })
        .expecting([array![2.0, 4.0]]),
    ]
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn a_default_is_not_taken_for_a_constant() {
        let tf = Graph::new();
        let size = tf.placeholder_with_default(2, (), "size");
        let twice = &size + &size;
        let sess = Session::new(&tf).unwrap();
        assert_eq!(sess.run(&twice, feeds![]).unwrap(), 4.into());
        assert_eq!(sess.run(&twice, feeds![size => 5]).unwrap(), 10.into());
    }

    #[test]
    fn a_prevented_gradient_is_an_error() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>((), "x");
        gradients(&[&x.prevent_gradient("labels are fixed")], &[&x]);
        let error = tf.check().unwrap_err().to_string();
        assert!(error.contains("PreventGradient has no gradient"), "{error}");
    }
}
