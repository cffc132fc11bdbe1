//! How many floating-point operations matrix products and convolutions take, by their shapes.
//!
//! A product of `[m, k]` and `[k, n]` is 2·m·k·n operations, a multiplication and an addition for each of its terms. A
//! convolution takes, for each number that it gives, as many terms as its filter has numbers for that channel. What else
//! there is in a network is small beside these.

use serde::Serialize;

use crate::graph::{Contents, Fact, Node};
use crate::value::PartialShape;

/// The work of a graph's matrix products and convolutions, each run once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flops {
    /// The operations of those whose shapes are known.
    pub known: u64,
    /// The operations, for each example, of those that have a size which is not known, the batch.
    pub per_example: u64,
    /// How many products and convolutions these are.
    pub counted: usize,
    /// How many more there are, of which too little is known.
    pub not_counted: usize,
}

impl Flops {
    /// The work of all nodes.
    pub(super) fn of(contents: &Contents) -> Flops {
        let mut all = Flops::default();
        for node in contents.nodes.iter().filter(|node| is_product(node.op.name())) {
            match of_node(contents, node) {
                Some(Work { operations, batch: false }) => all.known = all.known.saturating_add(operations),
                Some(Work { operations, .. }) => all.per_example = all.per_example.saturating_add(operations),
                None => {
                    all.not_counted += 1;
                    continue;
                }
            }
            all.counted += 1;
        }
        all
    }
}

/// The work of a node: in all or, with `batch`, for each example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Work {
    operations: u64,
    batch: bool,
}

fn is_product(op: &str) -> bool {
    op == "MatMul" || op.starts_with("BatchMatMul") || convolution(op).is_some()
}

/// Which inputs (outputs, after these) of a convolution or of its gradients hold the filter and the result.
fn convolution(op: &str) -> Option<(usize, usize)> {
    let direct = ["Conv2D", "Conv3D", "DepthwiseConv2dNative"].contains(&op);
    let op = op.strip_suffix("V2").unwrap_or(op);
    match () {
        () if direct => Some((1, 2)),
        () if !op.starts_with("Conv") && !op.starts_with("DepthwiseConv") => None,
        // (sizes, filter, gradient) → input, and (input, sizes, gradient) → filter.
        () if op.ends_with("BackpropInput") => Some((1, 2)),
        () if op.ends_with("BackpropFilter") => Some((3, 2)),
        () => None,
    }
}

fn of_node(contents: &Contents, node: &Node) -> Option<Work> {
    let input = |edge: &crate::graph::Edge| contents.nodes[edge.node.index()].fact(edge.output);
    let inputs = node.inputs.iter().map(input).collect::<Option<Vec<&Fact>>>()?;
    let facts: Vec<&PartialShape> =
        inputs.into_iter().chain(node.outputs.as_ref()?).map(|fact| &fact.shape).collect();
    work(node.op.name(), &facts)
}

/// The work of an op whose inputs and outputs have these shapes.
fn work(op: &str, shapes: &[&PartialShape]) -> Option<Work> {
    let sizes = |index: usize| Sizes::of(shapes.get(index)?);
    let Some((filter, result)) = convolution(op) else {
        // Of [m, k], [k, n] and [m, n], whichever way round they lie, the product of all is (m·k·n)².
        let (a, b, out) = (sizes(0)?, sizes(1)?, sizes(2)?);
        let square = a.matrix()?.checked_mul(b.matrix()?)?.checked_mul(out.matrix()?)?;
        let operations = square.isqrt().checked_mul(2)?.checked_mul(out.leading()?)?;
        return Some(Work { operations, batch: a.batch || b.batch || out.batch });
    };
    let (filter, result) = (sizes(filter)?, sizes(result)?);
    // The last axis of a filter is the channels that it gives; of a depthwise one, those it gives of each channel.
    let kept = if op.starts_with("Depthwise") { 2 } else { 1 };
    let terms = product(filter.sizes.get(..filter.sizes.len().checked_sub(kept)?)?)?;
    let operations = product(&result.sizes)?.checked_mul(terms)?.checked_mul(2)?;
    Some(Work { operations, batch: filter.batch || result.batch })
}

/// A shape of which one size at most is not known, which then is that of the batch.
struct Sizes {
    /// With 1 for the batch.
    sizes: Vec<u64>,
    batch: bool,
}

impl Sizes {
    fn of(shape: &PartialShape) -> Option<Sizes> {
        let sizes = shape.sizes()?;
        let unknown = sizes.iter().filter(|size| size.is_none()).count();
        let sizes = sizes.iter().map(|size| size.map_or(1, |size| size as u64)).collect();
        (unknown <= 1).then_some(Sizes { sizes, batch: unknown == 1 })
    }

    /// The size of each matrix.
    fn matrix(&self) -> Option<u64> {
        product(&self.sizes[self.sizes.len().checked_sub(2)?..])
    }

    /// How many matrices there are.
    fn leading(&self) -> Option<u64> {
        product(&self.sizes[..self.sizes.len().checked_sub(2)?])
    }
}

fn product(sizes: &[u64]) -> Option<u64> {
    sizes.iter().try_fold(1u64, |product, &size| product.checked_mul(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// The work of an op by the definition: two operations for each term that is added up.
    fn check(op: &str, shapes: &[PartialShape], operations: u64, batch: bool) {
        let shapes: Vec<&PartialShape> = shapes.iter().collect();
        assert_eq!(work(op, &shapes), Some(Work { operations, batch }), "{op}");
    }

    #[test]
    fn products_and_convolutions_take_two_operations_a_term() {
        let s = |sizes: &[usize]| PartialShape::from_iter(sizes.iter().map(|&size| Some(size)));
        let batch = |sizes: &[usize]| {
            PartialShape::from_iter(std::iter::once(None).chain(sizes.iter().map(|&size| Some(size))))
        };
        check("MatMul", &[s(&[3, 5]), s(&[5, 7]), s(&[3, 7])], 2 * 3 * 5 * 7, false);
        check("MatMul", &[s(&[5, 3]), s(&[7, 5]), s(&[3, 7])], 2 * 3 * 5 * 7, false);
        check("MatMul", &[batch(&[784]), s(&[784, 10]), batch(&[10])], 2 * 784 * 10, true);
        // The gradient of a weight: the batch is what is added up.
        check("MatMul", &[batch(&[784]), batch(&[10]), s(&[784, 10])], 2 * 784 * 10, true);
        check("BatchMatMulV2", &[s(&[4, 3, 5]), s(&[5, 7]), s(&[4, 3, 7])], 4 * 2 * 3 * 5 * 7, false);
        let (images, filter) = (batch(&[28, 28, 3]), s(&[5, 5, 3, 8]));
        let (result, sizes) = (batch(&[24, 24, 8]), s(&[4]));
        let operations = 2 * 24 * 24 * 8 * (5 * 5 * 3);
        check("Conv2D", &[images.clone(), filter.clone(), result.clone()], operations, true);
        check(
            "Conv2DBackpropInput",
            &[sizes.clone(), filter.clone(), result.clone(), images.clone()],
            operations,
            true,
        );
        check("Conv2DBackpropFilter", &[images.clone(), sizes, result, filter], operations, true);
        let operations = 2 * 24 * 24 * 6 * (5 * 5);
        check("DepthwiseConv2dNative", &[images, s(&[5, 5, 3, 2]), batch(&[24, 24, 6])], operations, true);
        assert_eq!(
            work("Conv2D", &[&PartialShape::unknown(), &s(&[1, 1, 1, 1]), &PartialShape::unknown()]),
            None
        );
        assert_eq!(work("MatMul", &[&s(&[usize::MAX, 2]), &s(&[2, 2]), &s(&[usize::MAX, 2])]), None);
    }

    #[test]
    fn a_graph_is_the_sum_of_its_products_and_convolutions() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(12), Some(12), Some(1)], "x");
        let filter = tf.variable(tf.zeros::<f32>([5, 5, 1, 8]), "filter");
        let signal = nn::conv2d(&x, &filter, [1, 1], nn::Padding::Same);
        let logits = nn::dense(signal.reshape([-1, 12 * 12 * 8]), 10, nn::linear, "logits");
        let (signal, dense) = (2 * 12 * 12 * 8 * 25, 2 * 12 * 12 * 8 * 10);
        let forward = Flops { known: 0, per_example: signal + dense, counted: 2, not_counted: 0 };
        assert_eq!(tf.summary().flops, forward);
        let cost = logits.square().reduce_mean(..);
        let _ = gradients(&[&cost], &tf.trainable_variables());
        // Each has the gradient of its weights and that of its inputs, also where no run needs it.
        let both = Flops { per_example: 3 * (signal + dense), counted: 6, ..forward };
        assert_eq!(tf.summary().flops, both);
        let shapes = [4, 3].map(|size| tf.constant(Array::zeros(DType::Float32, [size, size]).unwrap()));
        let _known = (shapes[0].matmul(&shapes[0]), shapes[1].matmul(&shapes[1]));
        assert_eq!(tf.summary().flops, Flops { known: 2 * (64 + 27), counted: 8, ..both });
        let unknown = tf.placeholder_of(DType::Float32, PartialShape::unknown(), "unknown");
        let _unknown = unknown.matmul(&shapes[0]);
        assert_eq!(tf.summary().flops.not_counted, 1);
    }
}
