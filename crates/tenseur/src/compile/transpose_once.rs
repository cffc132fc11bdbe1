//! A matrix that several products read transposed is transposed once. Each would turn it round anew, a panel at a time: the
//! weights of a recurrent network, in the gradient of every frame.

use foldhash::HashMap;

use crate::compile::rewrite::{Replacement, rewrite};
use crate::compile::{Flow, FlowNode, Source};
use crate::ops::array::transpose::Transpose;
use crate::ops::matmul::MatMul;
use crate::ops::source::Const;
use crate::value::Array;

/// From so many products on it is worth a copy.
const PRODUCTS: usize = 4;

/// Rewrites the products.
pub(crate) fn transpose_once(flow: &mut Flow) {
    let mut products: HashMap<Source, usize> = HashMap::default();
    for node in &flow.nodes {
        if let Some((_, matrix)) = reads_transposed(node) {
            *products.entry(matrix).or_default() += 1;
        }
    }
    products.retain(|_, count| *count >= PRODUCTS);
    if products.is_empty() {
        return;
    }
    let mut turned: HashMap<Source, Source> = HashMap::default();
    rewrite(flow, |rewriting, index, origin| {
        let node = &rewriting.old().nodes[index];
        let (matmul, matrix) = reads_transposed(node)?;
        let (transpose_a, a) = (matmul.transpose_a, node.inputs[0]);
        products.get(&matrix)?;
        let once = match turned.get(&matrix) {
            Some(&once) => once,
            None => {
                let axes = Const { value: Array::new([2], vec![1_i32, 0]).ok()? };
                let inputs = [rewriting.reading(matrix), rewriting.add(axes, &[], origin)?];
                *turned.entry(matrix).or_insert(rewriting.add(Transpose, &inputs, origin)?)
            }
        };
        let product = MatMul { transpose_a, transpose_b: false };
        let a = rewriting.reading(a);
        rewriting.add(product, &[a, once], origin).map(Replacement::Everywhere)
    });
}

/// The matrix that a product reads transposed, if it does.
fn reads_transposed(node: &FlowNode) -> Option<(&MatMul, Source)> {
    let matmul = node.op.downcast::<MatMul>()?;
    let numbers = node.outputs[0].dtype.scalar().is_some();
    (matmul.transpose_b && numbers && !node.checks).then_some((matmul, node.inputs[1]))
}
