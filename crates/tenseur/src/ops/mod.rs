//! Ops: what the nodes of a graph compute.
//!
//! An op is a plain struct whose fields are its attributes, with one `impl` of [`Op`] (or of [`Elementwise`]) in its
//! family's file and one line in [`OPS`]. The trait has no default methods: who adds an op answers every question.

pub mod activation;
pub mod array;
mod attrs;
pub mod audio;
pub mod bad_indices;
pub mod batch_norm;
pub mod batch_norm_global;
pub mod bessel;
pub mod bessel_second;
pub mod bias;
pub mod bitcast;
pub mod bitwise;
pub mod by_arrays;
pub mod by_numbers;
pub mod candidates;
#[cfg(feature = "cases")]
mod capabilities;
pub mod cast;
pub mod check;
pub mod codec;
pub mod compare;
pub mod complex;
pub mod control;
pub mod control_flow;
pub mod conv;
pub mod count_up_to;
pub mod counting;
pub mod cross;
pub mod cross_entropy;
pub mod ctc;
mod data_format;
pub mod diagonal;
pub mod division;
pub mod einsum;
mod elementwise;
pub mod exponential;
pub mod fake_quant;
pub(crate) mod foreign;
pub mod format_permute;
pub mod function;
pub mod gather_nd;
pub mod held;
pub mod host;
pub mod image;
pub mod in_top_k;
pub mod incomplete;
pub mod index;
pub mod integrals;
pub mod l2_loss;
pub mod linalg;
pub mod list;
pub mod list_items;
pub mod list_shape;
pub mod lookup;
pub mod lrn;
pub mod math;
pub mod matmul;
pub mod matrix_diagonal;
pub mod mixed_matmul;
pub mod next_after;
pub mod normal_quantile;
pub mod nth_element;
mod operators;
pub mod optional;
pub mod pool;
pub mod population_count;
pub mod power;
pub mod print;
pub mod quantize_and_dequantize;
pub mod quantize_and_dequantize_grad;
pub mod queue;
pub mod ragged;
pub mod random;
pub mod range;
pub mod reduce;
pub mod references;
pub mod resize;
pub mod resource;
pub mod resource_gather;
pub mod resource_scatter;
pub mod rnn;
pub mod rounding;
pub mod scatter;
pub mod scatter_nd;
pub mod search;
pub mod segment;
pub mod select;
pub mod sigmoid;
pub mod sliding;
pub mod softmax;
pub mod source;
pub mod space;
pub mod sparse;
pub mod sparse_segment;
pub mod special;
pub mod stack;
pub mod state;
pub mod stitch;
mod stretch;
pub mod summary;
mod table;
pub mod tensor_array;
pub mod text;
pub mod top_k;
pub mod training;
pub mod trigonometry;
pub mod unique;
pub mod unravel_index;
pub mod where_true;

use std::any::Any;
use std::fmt::Debug;

use crate::error::{Code, Reason};
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::Lowered;

pub use attrs::{Attr, Attrs, FunctionName};
#[cfg(feature = "cases")]
pub use capabilities::{Capabilities, Differentiates};
pub use data_format::DataFormat;
pub use elementwise::{BinarySketch, ByFormula, Elementwise, Formula, Types, UnarySketch};
pub(crate) use elementwise::{broadcast_map, narrowed};
pub use table::{OPS, OpEntry, doc, entry};

/// What a node computes.
pub trait Op: Any + Debug + Send + Sync {
    /// TensorFlow's op type: `MatMul`.
    fn name(&self) -> &'static str;

    /// Its attributes as TensorFlow's NodeDef names them, types of inputs and outputs included.
    fn attrs(&self, node: Signature<'_>) -> Attrs;

    /// The op with these attributes. Those that follow from the inputs (`T`) need not be looked at.
    ///
    /// # Errors
    /// When one is missing, of another kind, or out of its range.
    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason>
    where
        Self: Sized;

    /// What is known of the outputs, given what is known of the inputs.
    ///
    /// # Errors
    /// Why the inputs do not fit: in a few words, with the numbers.
    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason>;

    /// What it does besides computing its outputs from its inputs.
    fn effects(&self) -> Effects;

    /// How gradients go through it.
    fn grad(&self) -> Grad<'_>;

    /// The kernel it becomes, now that every shape is known.
    ///
    /// # Errors
    /// What the known values of inputs show to be wrong; and Unimplemented for a dtype there is no kernel for.
    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason>;
}

impl dyn Op {
    /// The op as an `O`, if it is one.
    pub fn downcast<O: Op>(&self) -> Option<&O> {
        (self as &dyn Any).downcast_ref()
    }
}

/// The facts of a node's inputs and outputs.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// One for each input.
    pub inputs: &'a [&'a Fact],
    /// One for each output.
    pub outputs: &'a [Fact],
}

/// What an op does besides computing its outputs from its inputs, and whether it can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effects {
    /// The kind.
    pub effect: Effect,
    /// Whether a run can find it impossible: an index out of range, an integer division by zero.
    pub can_fail: bool,
    /// Of which kind the error is where it needs the value of a variable that holds nothing. TensorFlow's ops on resource
    /// variables differ in that.
    pub of_empty: Code,
    /// Whether the variable that is its first input takes the shape of its second, whatever shape it had.
    pub reshapes: bool,
}

/// The kinds of effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// None: the same inputs give the same outputs, and it may run twice or not at all.
    Pure,
    /// It looks at variables (those whose references are its inputs) beyond their value as inputs.
    Reads,
    /// It writes the variables whose references are these inputs.
    Writes(&'static [usize]),
    /// It draws random numbers from a stream of its own; the session keeps how far that has come.
    Random(Stream),
    /// It decides what runs, or calls functions, whose effects it has.
    Flow,
    /// It does something that others can see: prints, writes a file.
    Outside,
    /// It takes what other nodes bring, and waits for it: of the same run too, where nothing orders the two.
    Takes,
}

/// Where in its stream a random op begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// At its beginning: the op's seeds say everything.
    Seeded,
    /// At a place that the session picks, so that nobody can foresee the numbers.
    Unforeseeable,
}

impl Effects {
    /// No effect, never fails.
    pub const PURE: Effects = Effects::of(Effect::Pure);

    /// This effect, never fails.
    pub const fn of(effect: Effect) -> Effects {
        Effects { effect, can_fail: false, of_empty: Code::FailedPrecondition, reshapes: false }
    }

    /// The same, but a run can find it impossible.
    pub const fn failing(self) -> Effects {
        Effects { can_fail: true, ..self }
    }

    /// The same, but of a variable that holds nothing the error is of another kind than FailedPrecondition.
    pub const fn of_empty(self, of_empty: Code) -> Effects {
        Effects { of_empty, ..self }
    }

    /// The same, but the variable that is its first input takes the shape of its second.
    pub const fn reshaping(self) -> Effects {
        Effects { reshapes: true, ..self }
    }
}

/// A rule of differentiation: given the node and the gradients of its outputs, the gradient of each input (`None`
/// where there is none), built from graph ops.
pub type Rule<'a> = Box<dyn Fn(&Backward<'_>) -> Vec<Option<Tensor>> + 'a>;

/// How gradients go through an op.
pub enum Grad<'a> {
    /// By a rule whose ops can themselves be differentiated.
    Rule(Rule<'a>),
    /// By a rule whose ops cannot, and why.
    Once(Rule<'a>, &'static str),
    /// They do not: the outputs do not depend smoothly on the inputs (an argmax, a shape). TensorFlow's NotDifferentiable.
    None(&'static str),
    /// There is a gradient, and no rule for it yet: asking for it is an error.
    Undefined(&'static str),
}

impl<'a> Grad<'a> {
    /// A rule for an op with one output whose gradient is at hand: gets the node and the output's gradient, gives one
    /// gradient for each input.
    pub fn rule<const N: usize>(
        rule: impl Fn(&Backward<'_>, &Tensor) -> [Option<Tensor>; N] + 'a,
    ) -> Grad<'a> {
        Grad::Rule(Box::new(move |node| match node.dy(0) {
            Some(dy) => rule(node, dy).into(),
            None => vec![None; node.inputs.len()],
        }))
    }
}

/// A node through which gradients are being taken.
pub struct Backward<'a> {
    pub(crate) inputs: &'a [Tensor],
    pub(crate) outputs: &'a [Tensor],
    pub(crate) gradients: &'a [Option<Tensor>],
}

impl Backward<'_> {
    /// Input `i`.
    pub fn x(&self, i: usize) -> &Tensor {
        &self.inputs[i]
    }

    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Output `i`.
    pub fn y(&self, i: usize) -> &Tensor {
        &self.outputs[i]
    }

    /// The gradient of output `i`, if the differentiated quantity depends on it.
    pub fn dy(&self, i: usize) -> Option<&Tensor> {
        self.gradients.get(i)?.as_ref()
    }
}
