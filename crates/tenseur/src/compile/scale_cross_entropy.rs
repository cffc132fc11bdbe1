//! The gradient of a cross-entropy times a number (1 / batch, where the loss is a mean) as one kernel: the factor is applied
//! where the gradient is made, to the same bits.

use std::sync::Arc;

use tenseur_kernels::{CrossEntropyKernel, LossAndGradient};

use foldhash::HashMap;

use crate::compile::fuse_cross_entropy::{CrossEntropy, Factor, factor, uses};
use crate::compile::{Flow, FlowNode, Source};
use crate::error::Reason;
use crate::graph::{Fact, Facts};
use crate::log_of_softmax::Dataflow;
use crate::lowering::{Lowered, known_shape};
use crate::ops::cross_entropy::{SoftmaxCrossEntropyWithLogits, SparseSoftmaxCrossEntropyWithLogits};
use crate::ops::math::Mul;
use crate::ops::{Attrs, Effects, Grad, Op, Signature};

/// A cross-entropy whose gradient is scaled.
#[derive(Clone, Debug)]
struct Scaled {
    of: Arc<dyn Op>,
    scale: f64,
}

impl Op for Scaled {
    fn name(&self) -> &'static str {
        match self.of.name() {
            "SoftmaxCrossEntropyWithLogits" => "ScaledSoftmaxCrossEntropyWithLogits",
            "SparseSoftmaxCrossEntropyWithLogits" => "ScaledSparseSoftmaxCrossEntropyWithLogits",
            "CrossEntropyGradient" => "ScaledCrossEntropyGradient",
            _ => "ScaledCrossEntropy",
        }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.of.attrs(node)
    }

    fn from_attrs(_: &Attrs) -> Result<Scaled, Reason> {
        Err("it is made by the compiler, and stands in no graph".into())
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        self.of.infer(inputs)
    }

    fn effects(&self) -> Effects {
        self.of.effects()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("it is made by the compiler, after all gradients")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let kernel = kernel(&*self.of, node).ok_or("it is no cross-entropy")??;
        Ok(Lowered::kernel(kernel.scaled(self.scale)))
    }
}

/// The kernel of a cross-entropy.
fn kernel(op: &dyn Op, node: Signature<'_>) -> Option<Result<CrossEntropyKernel, Reason>> {
    if let Some(op) = op.downcast::<SoftmaxCrossEntropyWithLogits>() {
        return Some(op.kernel(node));
    }
    if let Some(op) = op.downcast::<SparseSoftmaxCrossEntropyWithLogits>() {
        return Some(op.kernel(node));
    }
    op.downcast::<CrossEntropy>().map(|op| op.kernel(node))
}

/// Which output of a cross-entropy is its gradient.
fn gradient_of(node: &FlowNode) -> Option<usize> {
    if let Some(op) = node.op.downcast::<CrossEntropy>() {
        return match op.outputs {
            LossAndGradient::Both => Some(1),
            LossAndGradient::GradientOnly => Some(0),
            LossAndGradient::LossOnly => None,
        };
    }
    let dense = node.op.downcast::<SoftmaxCrossEntropyWithLogits>().is_some();
    (dense || node.op.downcast::<SparseSoftmaxCrossEntropyWithLogits>().is_some()).then_some(1)
}

/// Scales where it may.
pub(crate) fn scale_cross_entropy(flow: &mut Flow) {
    if !flow.nodes.iter().any(|node| gradient_of(node).is_some()) {
        return;
    }
    let uses = uses(flow);
    let mut same: HashMap<Source, Source> = HashMap::default();
    for index in 0..flow.nodes.len() {
        let Some((gradient, scale)) = scaled_gradient(flow, &uses, index) else { continue };
        let Source::Node(node, _) = gradient else { continue };
        let of = flow.nodes[node].op.clone();
        flow.nodes[node].op = Arc::new(Scaled { of, scale });
        same.insert(Source::Node(index, 0), gradient);
    }
    flow.replace(&same);
}

/// The gradient of a cross-entropy that nobody reads but node `index`, and the number with which that multiplies it.
fn scaled_gradient(flow: &Flow, uses: &HashMap<Source, usize>, index: usize) -> Option<(Source, f64)> {
    let (op, inputs) = flow.maker(Source::Node(index, 0))?;
    op.downcast::<Mul>()?;
    [(inputs[0], inputs[1]), (inputs[1], inputs[0])].into_iter().find_map(|(gradient, number)| {
        let Source::Node(node, output) = gradient else { return None };
        let node = &flow.nodes[node];
        let fact = flow.fact(gradient);
        // Halves would be rounded once instead of twice.
        let wide = fact.dtype.size().is_some_and(|size| size >= 4);
        let same_shape = fact.shape == flow.nodes[index].outputs[0].shape;
        let stretched = node.inputs.iter().any(|&input| {
            let shape = known_shape(flow.fact(input)).ok();
            shape.is_none_or(|shape| shape.rank() == 2 && fact.shape.size(1) != Some(shape[1]))
        });
        if gradient_of(node) != Some(output) || uses[&gradient] != 1 || !wide || !same_shape || stretched {
            return None;
        }
        match factor(flow, number)? {
            Factor::Number(number) => Some((gradient, number)),
            Factor::Rows(_) => None,
        }
    })
}
