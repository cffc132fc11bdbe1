//! The cross-entropy that was spelled out as one kernel, where it is along the last axis: with `σ = softmax(a)`,
//!
//! - `Σ y · log_softmax(a)` over the classes, and perhaps over rows too;
//! - `t − σ·Σt` with `t = c·y`, c being one number for each row: the gradient of the logits.
//!
//! The kernel reads a and y once and gives, for each row, `loss = −Σ y·log σ` and its slope `σ·Σy − y`. The first of the
//! above is then `−Σ loss` over rows, and the second is `−c · slope`.

use tenseur_kernels::{CrossEntropyKernel, Labels, LossAndGradient};

use foldhash::HashMap;

use crate::compile::rewrite::{Replacement, Rewriting, rewrite};
use crate::compile::simplify::simplify;
use crate::compile::{Flow, Source};
use crate::error::Reason;
use crate::graph::{Fact, Facts, NodeId};
use crate::log_of_softmax::{Dataflow, counted_axes};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::broadcast::BroadcastTo;
use crate::ops::array::reshape::Reshape;
use crate::ops::math::{Mul, Neg, Sub};
use crate::ops::reduce::Sum;
use crate::ops::softmax::{LogSoftmax, Softmax};
use crate::ops::source::Const;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::Array;

/// Softmax cross-entropy of logits with labels of the same shape, whatever these sum to: loss and slope, or one of them.
#[derive(Clone, Debug)]
pub(super) struct CrossEntropy {
    pub(super) outputs: LossAndGradient,
}

impl Op for CrossEntropy {
    fn name(&self) -> &'static str {
        match self.outputs {
            LossAndGradient::Both => "CrossEntropy",
            LossAndGradient::LossOnly => "CrossEntropyLoss",
            LossAndGradient::GradientOnly => "CrossEntropyGradient",
        }
    }

    fn attrs(&self, _: Signature<'_>) -> Attrs {
        Attrs::new()
    }

    fn from_attrs(_: &Attrs) -> Result<CrossEntropy, Reason> {
        Err("it is made by the compiler, and stands in no graph".into())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [logits, _] = inputs else { return Err("it takes logits and labels".into()) };
        let sizes = logits.shape.sizes().unwrap_or_default();
        let rows = &sizes[..sizes.len().saturating_sub(1)];
        let loss = Fact::new(logits.dtype, rows.to_vec());
        let slope = Fact::new(logits.dtype, logits.shape.clone());
        Ok(match self.outputs {
            LossAndGradient::Both => [loss, slope].into_iter().collect(),
            LossAndGradient::LossOnly => loss.one(),
            LossAndGradient::GradientOnly => slope.one(),
        })
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("it is made by the compiler, after all gradients")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::kernel(self.kernel(node)?))
    }
}

impl CrossEntropy {
    /// The kernel.
    pub(super) fn kernel(&self, node: Signature<'_>) -> Result<CrossEntropyKernel, Reason> {
        let dtype = node.inputs[0].dtype;
        let stored = dtype.scalar().ok_or_else(|| format!("there are no loops over {dtype}"))?;
        let shape = known_shape(node.inputs[0])?;
        let (&columns, rows) = shape.split_last().ok_or("its logits are a scalar")?;
        let rows = rows.iter().product();
        let kernel = CrossEntropyKernel::new(stored, rows, columns, Labels::Dense, self.outputs)?;
        Ok(kernel.normalised(false))
    }
}

/// Logits and labels.
type Operands = (Source, Source);

/// What a node is of a cross-entropy.
enum Part {
    /// `Σ y · log_softmax(a)` over the classes, and over these axes of the rows.
    Sum(Vec<i32>),
    /// `−factor · slope`.
    Gradient(Factor),
}

/// What the labels are multiplied with.
pub(super) enum Factor {
    /// One number.
    Number(f64),
    /// One for each row: a value whose last axis has size 1, or which has none.
    Rows(Source),
}

/// Fuses what it finds.
pub(crate) fn fuse_cross_entropy(flow: &mut Flow) {
    let is_softmax =
        |op: &dyn Op| op.downcast::<Softmax>().is_some() || op.downcast::<LogSoftmax>().is_some();
    if !flow.nodes.iter().any(|node| is_softmax(&*node.op)) {
        return;
    }
    let uses = uses(flow);
    let mut parts: HashMap<usize, (Operands, Part)> = HashMap::default();
    for index in 0..flow.nodes.len() {
        if let Some((operands, axes)) = sum(flow, &uses, index) {
            parts.insert(index, (operands, Part::Sum(axes)));
        } else if let Some((operands, factor)) = gradient(flow, index) {
            parts.insert(index, (operands, Part::Gradient(factor)));
        }
    }
    if parts.is_empty() {
        return;
    }
    let mut wanted: HashMap<Operands, (bool, bool)> = HashMap::default();
    for (operands, part) in parts.values() {
        let (loss, slope) = wanted.entry(*operands).or_default();
        match part {
            Part::Sum(_) => *loss = true,
            Part::Gradient(_) => *slope = true,
        }
    }
    let mut computed: HashMap<Operands, Source> = HashMap::default();
    rewrite(flow, |rewriting, index, origin| {
        let (operands, part) = parts.get(&index)?;
        let outputs = match wanted[operands] {
            (true, true) => LossAndGradient::Both,
            (true, false) => LossAndGradient::LossOnly,
            (false, _) => LossAndGradient::GradientOnly,
        };
        let kernel = match computed.get(operands) {
            Some(&kernel) => kernel,
            None => {
                let inputs = [rewriting.reading(operands.0), rewriting.reading(operands.1)];
                let kernel = rewriting.add(CrossEntropy { outputs }, &inputs, origin)?;
                computed.insert(*operands, kernel);
                kernel
            }
        };
        let value = match part {
            Part::Sum(axes) => write_sum(rewriting, kernel, axes, index, origin)?,
            Part::Gradient(factor) => {
                let Source::Node(node, _) = kernel else { return None };
                let slope = Source::Node(node, usize::from(outputs == LossAndGradient::Both));
                write_gradient(rewriting, slope, factor, origin)?
            }
        };
        Some(Replacement::Everywhere(value))
    });
    // The signs of what is written here meet those that were there.
    simplify(flow);
}

/// `−Σ loss` over the axes, in the shape of node `index`.
fn write_sum(
    rewriting: &mut Rewriting<'_>,
    loss: Source,
    axes: &[i32],
    index: usize,
    origin: NodeId,
) -> Option<Source> {
    let mut value = loss;
    if !axes.is_empty() {
        let axes = constant(rewriting, Array::new([axes.len()], axes).ok()?, origin)?;
        value = rewriting.add(Sum { keep_dims: false }, &[value, axes], origin)?;
    }
    let shape = rewriting.old().nodes[index].outputs[0].shape.known()?;
    if rewriting.fact(value).shape.known()? != shape {
        let sizes: Option<Vec<i32>> = shape.iter().map(|&size| size.try_into().ok()).collect();
        let sizes = constant(rewriting, Array::new([shape.rank()], sizes?).ok()?, origin)?;
        value = rewriting.add(Reshape, &[value, sizes], origin)?;
    }
    rewriting.add(Neg, &[value], origin)
}

/// `−factor · slope`.
fn write_gradient(
    rewriting: &mut Rewriting<'_>,
    slope: Source,
    factor: &Factor,
    origin: NodeId,
) -> Option<Source> {
    match *factor {
        Factor::Number(number) => {
            let dtype = rewriting.fact(slope).dtype;
            let number = constant(rewriting, Array::scalar_of(dtype, -number).ok()?, origin)?;
            rewriting.add(Mul, &[number, slope], origin)
        }
        Factor::Rows(rows) => {
            let rows = rewriting.reading(rows);
            let product = rewriting.add(Mul, &[rows, slope], origin)?;
            rewriting.add(Neg, &[product], origin)
        }
    }
}

fn constant(rewriting: &mut Rewriting<'_>, value: Array, origin: NodeId) -> Option<Source> {
    rewriting.add(Const { value }, &[], origin)
}

/// How many nodes read each value, and more where it is fetched.
pub(super) fn uses(flow: &Flow) -> HashMap<Source, usize> {
    let mut uses: HashMap<Source, usize> = HashMap::default();
    let read = flow.nodes.iter().flat_map(|node| node.inputs.iter());
    read.chain(&flow.fetches).for_each(|&source| *uses.entry(source).or_default() += 1);
    uses
}

/// Whether node `index` is `Σ y · log_softmax(a)`, which nobody else reads before it is summed; and over which axes of
/// the rows it sums.
fn sum(flow: &Flow, uses: &HashMap<Source, usize>, index: usize) -> Option<(Operands, Vec<i32>)> {
    let (op, inputs) = flow.maker(Source::Node(index, 0))?;
    op.downcast::<Sum>()?;
    let (product, mut axes) = (inputs[0], counted_axes(flow, inputs[0], inputs[1])?);
    let (op, factors) = flow.maker(product)?;
    op.downcast::<Mul>()?;
    let logits = |value: Source| {
        let (op, inputs) = flow.maker(value)?;
        op.downcast::<LogSoftmax>().filter(|_| uses[&value] == 1).map(|_| inputs[0])
    };
    let (logits, labels) = match (logits(factors[0]), logits(factors[1])) {
        (Some(logits), _) => (logits, factors[1]),
        (_, Some(logits)) => (logits, factors[0]),
        _ => return None,
    };
    let last = axes.pop()?;
    let of_classes = last + 1 == flow.fact(product).shape.rank()?;
    let axes = axes.into_iter().map(|axis| axis as i32).collect();
    let fits = of_classes && uses[&product] == 1 && are_operands(flow, logits, labels);
    fits.then_some(((logits, labels), axes))
}

/// Whether node `index` is `t − softmax(a)·Σt` with `t = factor · y`.
fn gradient(flow: &Flow, index: usize) -> Option<(Operands, Factor)> {
    let (op, inputs) = flow.maker(Source::Node(index, 0))?;
    op.downcast::<Sub>()?;
    let (t, share) = (inputs[0], inputs[1]);
    let (op, factors) = flow.maker(share)?;
    op.downcast::<Mul>()?;
    let logits = |value: Source| {
        let (op, inputs) = flow.maker(value)?;
        op.downcast::<Softmax>().map(|_| inputs[0])
    };
    let (logits, total) = match (logits(factors[0]), logits(factors[1])) {
        (Some(logits), _) => (logits, factors[1]),
        (_, Some(logits)) => (logits, factors[0]),
        _ => return None,
    };
    let (op, inputs) = flow.maker(total)?;
    let of_t = op.downcast::<Sum>()?.keep_dims && inputs[0] == t;
    let shape = &flow.fact(logits).shape;
    let of_classes = counted_axes(flow, t, inputs[1])? == [shape.rank()?.checked_sub(1)?];
    let (labels, factor) = scaled(flow, t);
    (of_t && of_classes && are_operands(flow, logits, labels)).then_some(((logits, labels), factor))
}

/// Whether the kernel takes these logits and labels: values of one shape.
fn are_operands(flow: &Flow, logits: Source, labels: Source) -> bool {
    let (logits, labels) = (flow.fact(logits), flow.fact(labels));
    logits.shape == labels.shape && !logits.reference && !labels.reference
}

/// What `t` is but for a factor.
fn scaled(flow: &Flow, t: Source) -> (Source, Factor) {
    let plain = (t, Factor::Number(1.0));
    let Some((op, inputs)) = flow.maker(t) else { return plain };
    let shape = &flow.fact(t).shape;
    match (op.downcast::<Neg>(), op.downcast::<Mul>()) {
        (Some(_), _) => (inputs[0], Factor::Number(-1.0)),
        (_, Some(_)) => {
            let pairs = [(inputs[0], inputs[1]), (inputs[1], inputs[0])];
            let full = pairs.into_iter().filter(|(labels, _)| flow.fact(*labels).shape == *shape);
            full.map(|(labels, other)| Some((labels, factor(flow, other)?)))
                .find_map(|found| found)
                .unwrap_or(plain)
        }
        _ => plain,
    }
}

/// The value as a factor of rows, if it is one number for each.
pub(super) fn factor(flow: &Flow, value: Source) -> Option<Factor> {
    if let Some(array) = flow.constant(value) {
        let numbers = array.to_f64().ok()?;
        let (first, rest) = numbers.split_first()?;
        if rest.iter().all(|number| number == first) {
            return Some(Factor::Number(*first));
        }
    }
    if flow.fact(value).shape.sizes()?.last().is_none_or(|&size| size == Some(1)) {
        return Some(Factor::Rows(value));
    }
    let (op, inputs) = flow.maker(value)?;
    op.downcast::<BroadcastTo>()?;
    factor(flow, inputs[0])
}
