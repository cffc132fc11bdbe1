//! How gradients go through ragged tensors: to each value what went from it, found by sending the values' own numbers along.

use super::dense::RaggedTensorToTensor;
use super::gather::RaggedGather;
use super::sparse::RaggedTensorToSparse;
use crate::graph::Tensor;
use crate::ops::Backward;
use crate::ops::by_arrays::{Ruled, WithRule};
use crate::value::DType;

/// How many values there are, and their numbers.
fn numbered(values: &Tensor) -> (Tensor, Tensor) {
    let graph = values.graph();
    let count = values.shape_tensor().gather(0);
    let numbers = graph.range(graph.constant(0), &count, graph.constant(1));
    (count, numbers)
}

impl Ruled for RaggedGather {
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let mut slopes = vec![None; node.inputs()];
        let Some(dy) = node.dy(self.output_ragged_rank) else { return slopes };
        let (count, numbers) = numbered(node.x(self.ragged_rank));
        let inputs: Vec<&Tensor> = (0..node.inputs())
            .map(|input| if input == self.ragged_rank { &numbers } else { node.x(input) })
            .collect();
        let gathered = dy.graph().add_op(WithRule(self.clone()), &inputs, None);
        let from = gathered.output(self.output_ragged_rank);
        slopes[self.ragged_rank] = Some(dy.unsorted_segment_sum(&from, &count));
        slopes
    }
}

impl Ruled for RaggedTensorToSparse {
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let mut slopes = vec![None; node.inputs()];
        let shape = node.x(self.ragged_rank).shape_tensor();
        slopes[self.ragged_rank] = node.dy(1).map(|dy| dy.reshape(&shape));
        slopes
    }
}

impl Ruled for RaggedTensorToTensor {
    fn slopes(&self, node: &Backward<'_>) -> Vec<Option<Tensor>> {
        let mut slopes = vec![None; node.inputs()];
        let Some(dy) = node.dy(0) else { return slopes };
        let graph = dy.graph();
        let (count, numbers) = numbered(node.x(1));
        let axes = self.ragged_rank() as i32 + 1;
        let sizes = node.y(0).shape_tensor().gather(graph.range(0, axes, 1));
        let nowhere = graph.constant(-1);
        let inputs: Vec<&Tensor> = (0..node.inputs())
            .map(|input| match input {
                0 => &sizes,
                1 => &numbers,
                2 => &nowhere,
                _ => node.x(input),
            })
            .collect();
        let from = graph.add(WithRule(self.clone()), &inputs);
        // Of the places where no value stands, all go to the one that stands there instead.
        let instead = -from.not_equal(-1).cast_to(DType::Int32);
        let default = dy.unsorted_segment_sum(&instead, 1).gather(0);
        slopes[1] = Some(dy.unsorted_segment_sum(&from, &count));
        slopes[2] = Some(node.sum_to(&default, 2));
        slopes
    }
}
