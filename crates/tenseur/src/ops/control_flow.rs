//! The pieces of which TensorFlow 1 makes conditionals and loops. What they mean is told in [`Flow`]; the executor of
//! `run/frames.rs` runs them.

use std::marker::PhantomData;

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Flow, Lowered, Work};
use crate::ops::array::wrong_count;
use crate::ops::{Attrs, Effect, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, PartialShape, Shape};

const FLOW: Effects = Effects::of(Effect::Flow);

/// Whether the op is for values or, as `RefSwitch` is, for references to variables, which it passes on.
pub trait Passing: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// Whether it is for references.
    const REFERENCE: bool;
}

/// For values.
#[derive(Clone, Debug)]
pub struct ByValue;

/// For references to variables.
#[derive(Clone, Debug)]
pub struct ByReference;

impl Passing for ByValue {
    const REFERENCE: bool = false;
}

impl Passing for ByReference {
    const REFERENCE: bool = true;
}

/// What is known of `x` once it is passed on: a reference is read, unless references are passed on.
fn passed<P: Passing>(x: &Fact) -> Result<Fact, Reason> {
    match (P::REFERENCE, x.reference) {
        (true, false) => Err("its input must be a variable's reference".into()),
        (true, true) => Ok(x.clone()),
        (false, _) => Ok(if x.resource { x.clone() } else { x.read() }),
    }
}

macro_rules! name {
    ($passing:ident, $name:literal) => {
        if $passing::REFERENCE { concat!("Ref", $name) } else { $name }
    };
}

/// Output 1 is input 0 where input 1, a truth value, is true; output 0 is it where that is false. Nothing runs that needs
/// the other.
#[derive(Clone, Debug, Default)]
pub struct SwitchOf<P>(PhantomData<P>);

/// [`SwitchOf`] values.
pub type Switch = SwitchOf<ByValue>;

/// [`SwitchOf`] references.
pub type RefSwitch = SwitchOf<ByReference>;

impl<P: Passing> SwitchOf<P> {
    /// The op.
    pub fn new() -> Self {
        SwitchOf(PhantomData)
    }
}

impl<P: Passing> Op for SwitchOf<P> {
    fn name(&self) -> &'static str {
        name!(P, "Switch")
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(SwitchOf::new())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [data, predicate] = inputs else { return Err(wrong_count(2, inputs)) };
        if predicate.dtype != DType::Bool || !predicate.shape.accepts(&Shape::scalar()) {
            return Err(format!(
                "its second input must be one truth value and is {} {}",
                predicate.dtype, predicate.shape
            )
            .into());
        }
        let fact = passed::<P>(data)?;
        Ok([fact.clone(), fact].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        FLOW
    }

    fn grad(&self) -> Grad<'_> {
        // The side that was taken has a gradient, or zeros where nothing depends on it; the other is dead.
        Grad::Rule(Box::new(|node| {
            let (graph, predicate) = (node.x(0).graph(), node.x(1));
            if node.dy(0).is_none() && node.dy(1).is_none() {
                return vec![None, None];
            }
            let zeros = || graph.add_op(Switch::new(), &[&node.x(0).zeros_like(), predicate], None);
            let side = |side: usize| node.dy(side).cloned().unwrap_or_else(|| zeros().output(side));
            let merged = graph.add_op(Merge::new(2), &[&side(0), &side(1)], None);
            vec![Some(merged.output(0)), None]
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(2, Work::Flow(Flow::Switch)))
    }
}

/// Output 0 is the one input that has a value, output 1 its number.
#[derive(Clone, Debug)]
pub struct MergeOf<P> {
    /// How many inputs there are.
    pub count: i64,
    passing: PhantomData<P>,
}

/// [`MergeOf`] values.
pub type Merge = MergeOf<ByValue>;

/// [`MergeOf`] references.
pub type RefMerge = MergeOf<ByReference>;

impl<P: Passing> MergeOf<P> {
    /// The op for so many inputs.
    pub fn new(count: i64) -> Self {
        MergeOf { count, passing: PhantomData }
    }
}

impl<P: Passing> Op for MergeOf<P> {
    fn name(&self) -> &'static str {
        name!(P, "Merge")
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("N", self.count)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(MergeOf::new(attrs.require("N")?))
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let Some((first, others)) = inputs.split_first() else { return Err("it has no inputs".into()) };
        if let Some(other) = others.iter().find(|other| other.dtype != first.dtype) {
            return Err(format!("its inputs are of {} and {}", first.dtype, other.dtype).into());
        }
        // One input fewer than there are: the other comes back from the loop, in whatever shape.
        let loops = (inputs.len() as i64) < self.count;
        let shape = match loops {
            true => PartialShape::unknown(),
            false => others.iter().fold(first.shape.clone(), |shape, other| shape.common(&other.shape)),
        };
        let fact = passed::<P>(first)?;
        let merged = Fact { shape, value: None, elements: None, ..fact };
        Ok([merged, Fact::new(DType::Int32, PartialShape::scalar())].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        FLOW
    }

    fn grad(&self) -> Grad<'_> {
        // Each input's gradient is the output's where that input was the one taken, and dead where it was not.
        Grad::Rule(Box::new(|node| {
            let Some(dy) = node.dy(0) else { return vec![None; node.inputs()] };
            let graph = dy.graph();
            let own = |input: usize| {
                let taken = node.y(1).equal(graph.constant(input as i32));
                Some(graph.add_op(Switch::new(), &[dy, &taken], None).output(1))
            };
            (0..node.inputs()).map(own).collect()
        }))
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Flow(Flow::Merge)))
    }
}

/// Input 0 enters a loop.
#[derive(Clone, Debug)]
pub struct EnterOf<P> {
    /// The loop's name.
    pub frame_name: String,
    /// Whether every turn sees it, and not only the first.
    pub is_constant: bool,
    /// How many turns TensorFlow may run at once; kept.
    pub parallel_iterations: i64,
    passing: PhantomData<P>,
}

/// [`EnterOf`] values.
pub type Enter = EnterOf<ByValue>;

/// [`EnterOf`] references.
pub type RefEnter = EnterOf<ByReference>;

impl<P: Passing> EnterOf<P> {
    /// The op for the loop of this name.
    pub(crate) fn new(frame_name: &str, is_constant: bool) -> Self {
        EnterOf {
            frame_name: frame_name.to_string(),
            is_constant,
            parallel_iterations: 10,
            passing: PhantomData,
        }
    }
}

impl<P: Passing> Op for EnterOf<P> {
    fn name(&self) -> &'static str {
        name!(P, "Enter")
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new()
            .with("T", node.inputs[0].dtype)
            .with("frame_name", self.frame_name.as_str())
            .with("is_constant", self.is_constant)
            .with("parallel_iterations", self.parallel_iterations)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(EnterOf {
            frame_name: attrs.require("frame_name")?,
            is_constant: attrs.optional("is_constant", false)?,
            parallel_iterations: attrs.optional("parallel_iterations", 10)?,
            passing: PhantomData,
        })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        Ok(passed::<P>(x)?.one())
    }

    fn effects(&self) -> Effects {
        FLOW
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("the loop that it belongs to is differentiated as a whole")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        let flow = Flow::Enter { frame: self.frame_name.clone(), constant: self.is_constant };
        Ok(Lowered::reading(1, Work::Flow(flow)))
    }
}

/// Where a value goes that leaves a turn of a loop.
pub trait Leaving: std::fmt::Debug + Clone + Send + Sync + 'static {
    /// TensorFlow's op type.
    const NAME: &'static str;
    /// What it is to the executor.
    const FLOW: Flow;
    /// Whether it is for references.
    const REFERENCE: bool;
}

/// The op that sends a value out of a turn.
#[derive(Clone, Debug)]
pub struct Leave<L>(PhantomData<L>);

impl<L: Leaving> Leave<L> {
    /// The op.
    pub(crate) fn new() -> Self {
        Leave(PhantomData)
    }
}

impl<L: Leaving> Op for Leave<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Self, Reason> {
        Ok(Leave(PhantomData))
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        let fact = if L::REFERENCE { passed::<ByReference>(x)? } else { passed::<ByValue>(x)? };
        Ok(Fact { value: None, elements: None, ..fact }.one())
    }

    fn effects(&self) -> Effects {
        FLOW
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("the loop that it belongs to is differentiated as a whole")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(1, Work::Flow(L::FLOW)))
    }
}

macro_rules! leaving {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $op:literal, $flow:expr, $reference:literal;)*) => { $(
        $(#[$doc])*
        pub type $name = Leave<$kind>;

        #[doc = concat!("The kind of [`", stringify!($name), "`].")]
        #[derive(Clone, Debug)]
        pub struct $kind;

        impl Leaving for $kind {
            const NAME: &'static str = $op;
            const FLOW: Flow = $flow;
            const REFERENCE: bool = $reference;
        }
    )* };
}
leaving! {
    /// Input 0 leaves a loop.
    Exit, Outwards, "Exit", Flow::Exit, false;
    /// A reference leaves a loop.
    RefExit, ReferenceOutwards, "RefExit", Flow::Exit, true;
    /// Input 0 goes to the next turn.
    NextIteration, Onwards, "NextIteration", Flow::NextIteration, false;
    /// A reference goes to the next turn.
    RefNextIteration, ReferenceOnwards, "RefNextIteration", Flow::NextIteration, true;
}

/// Whether a loop goes on: x itself.
#[derive(Clone, Debug)]
pub struct LoopCond;

impl Op for LoopCond {
    fn name(&self) -> &'static str {
        "LoopCond"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<LoopCond, Reason> {
        Ok(LoopCond)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x] = inputs else { return Err(wrong_count(1, inputs)) };
        if x.dtype != DType::Bool || !x.shape.accepts(&Shape::scalar()) {
            return Err(format!("its input must be one truth value and is {} {}", x.dtype, x.shape).into());
        }
        Ok(Fact::new(DType::Bool, PartialShape::scalar()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it is a truth value")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::alias())
    }
}

/// Does nothing, even after what has not run.
#[derive(Clone, Debug)]
pub struct ControlTrigger;

impl Op for ControlTrigger {
    fn name(&self) -> &'static str {
        "ControlTrigger"
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<ControlTrigger, Reason> {
        Ok(ControlTrigger)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        match inputs.len() {
            0 => Ok(Facts::new()),
            _ => Err(wrong_count(0, inputs)),
        }
    }

    fn effects(&self) -> Effects {
        FLOW
    }

    fn grad(&self) -> Grad<'_> {
        Grad::None("it has no outputs")
    }

    fn lower(&self, _: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::reading(0, Work::Flow(Flow::Trigger)))
    }
}

/// x·2 where x is positive, else x − 1.
fn conditional(tf: &crate::Graph, x: &[Tensor]) -> Vec<Tensor> {
    let positive = x[0].greater(0.0);
    let sides = tf.add_op(Switch::new(), &[&x[0], &positive], None);
    let (no, yes) = (sides.output(0) - 1.0, sides.output(1) * 2.0);
    let merged = tf.add_op(Merge::new(2), &[&no, &yes], None);
    vec![merged.output(0), merged.output(1)]
}

/// y³ + y where x is positive, else 1 of y's shape; and y outside too.
fn one_sided(tf: &crate::Graph, x: &[Tensor]) -> Vec<Tensor> {
    let sides = tf.add_op(Switch::new(), &[&x[1], &x[0].greater(0.0)], None);
    let yes = &sides.output(1).square() * sides.output(1) + sides.output(1);
    let no = sides.output(0).ones_like();
    let merged = tf.add_op(Merge::new(2), &[&no, &yes], None);
    vec![merged.output(0) * &x[1]]
}

/// Where 0 < x: y² where x < 1, else y·x; else −y.
fn nested(tf: &crate::Graph, x: &[Tensor]) -> Vec<Tensor> {
    let positive = x[0].greater(0.0);
    let outer_y = tf.add_op(Switch::new(), &[&x[1], &positive], None);
    let outer_x = tf.add_op(Switch::new(), &[&x[0], &positive], None);
    let small = outer_x.output(1).less(1.0);
    let inner_y = tf.add_op(Switch::new(), &[&outer_y.output(1), &small], None);
    let inner_x = tf.add_op(Switch::new(), &[&outer_x.output(1), &small], None);
    let (yes, no) = (inner_y.output(1).square(), inner_y.output(0) * inner_x.output(0));
    let inner = tf.add_op(Merge::new(2), &[&no, &yes], None);
    let outer = tf.add_op(Merge::new(2), &[&-outer_y.output(0), &inner.output(0)], None);
    vec![outer.output(0)]
}

pub(super) fn switch_cases() -> Vec<Case> {
    vec![
        Case::fed("true", [Array::scalar(3.0f32)], conditional)
            .expecting([Array::scalar(6.0f32), Array::scalar(1)]),
        Case::fed("false", [Array::scalar(-3.0f32)], conditional)
            .expecting([Array::scalar(-4.0f32), Array::scalar(0)]),
        Case::fed(
            "a power of one, nothing of the other",
            [Array::scalar(2.0f32), array![1.5, -0.5]],
            one_sided,
        ),
        Case::fed("the other", [Array::scalar(-2.0f32), array![1.5, -0.5]], one_sided),
        Case::fed("one within another", [Array::scalar(0.5f32), array![1.5, -0.5]], nested),
        Case::fed("the other within", [Array::scalar(2.5f32), array![1.5, -0.5]], nested),
    ]
}

pub(super) fn ref_switch_cases() -> Vec<Case> {
    let read = |which: bool| {
        Case::fed("a variable is passed on", [array![1.5, 2.0]], move |tf, x| {
            let which = tf.constant(Array::scalar(which));
            let sides = tf.add_op(RefSwitch::new(), &[&x[0], &which], None);
            let merged = tf.add_op(RefMerge::new(2), &[&sides.output(0), &sides.output(1)], None);
            vec![merged.output(0) * 2.0, merged.output(1)]
        })
        .with_variables(1, 1)
        .at_kink()
    };
    vec![read(true), read(false)]
}

/// Nothing but a way in and out of a loop that never turns: NextIteration is tried by imported graphs, for only they can
/// lead back.
pub(super) fn enter_cases() -> Vec<Case> {
    vec![
        Case::fed("in and out", [array![1.0, 2.0]], |tf, x| {
            let enter = Enter {
                frame_name: "loop".to_string(),
                is_constant: true,
                parallel_iterations: 1,
                passing: PhantomData,
            };
            let inside = tf.add(enter, &[&x[0]]);
            // Constants are in the loop by waiting for something in it.
            let _in_the_loop = tf.control_dependencies([&inside.op()]);
            let goes_on = tf.add(LoopCond, &[&inside.reduce_sum(..).greater(100.0)]);
            let sides = tf.add_op(Switch::new(), &[&inside, &goes_on], None);
            let _turn =
                tf.add(NextIteration::from_attrs(&Attrs::new()).expect("no attributes"), &[&sides.output(1)]);
            vec![tf.add(Exit::from_attrs(&Attrs::new()).expect("no attributes"), &[&sides.output(0)])]
        })
        .at_kink(),
    ]
}

pub(super) fn ref_enter_cases() -> Vec<Case> {
    vec![
        Case::fed("in and out", [array![1.0, 2.0]], |tf, x| {
            let enter = RefEnter {
                frame_name: "loop".to_string(),
                is_constant: false,
                parallel_iterations: 1,
                passing: PhantomData,
            };
            let inside = tf.add(enter, &[&x[0]]);
            let next = RefNextIteration::from_attrs(&Attrs::new()).expect("no attributes");
            let _turn = tf.add(next, &[&inside]);
            vec![tf.add(RefExit::from_attrs(&Attrs::new()).expect("no attributes"), &[&inside]) * 2.0]
        })
        .with_variables(1, 1)
        .at_kink(),
    ]
}

pub(super) fn control_trigger_cases() -> Vec<Case> {
    vec![
        Case::fed("after what has not run", [Array::scalar(3.0f32)], |tf, x| {
            let sides = tf.add_op(Switch::new(), &[&x[0], &x[0].greater(0.0)], None);
            let dead = sides.output(0) * 5.0;
            let after = tf.control_dependencies([&dead.op()]);
            let trigger = tf.add_op(ControlTrigger, &[], None);
            drop(after);
            let _triggered = tf.control_dependencies([&trigger]);
            vec![&x[0] + 1.0]
        })
        .at_kink(),
    ]
}
