//! Clipping: gradients kept within bounds, so that one bad batch does not throw the weights away.

use crate::graph::{Operand, Tensor};

/// x where it lies in `[low, high]`, the nearer bound where not.
#[track_caller]
pub fn clip_by_value(x: impl AsRef<Tensor>, low: impl Into<Operand>, high: impl Into<Operand>) -> Tensor {
    let x = x.as_ref();
    x.minimum(high).maximum(low)
}

/// x, made shorter if its Euclidean norm is above `norm`: x·norm/max(‖x‖₂, norm).
#[track_caller]
pub fn clip_by_norm(x: impl AsRef<Tensor>, norm: impl Into<Operand>) -> Tensor {
    let x = x.as_ref();
    let _scope = x.graph().name_scope("clip_by_norm");
    let norm = norm.into().tensor(x);
    let length = x.square().reduce_sum(..).sqrt();
    x * &norm / length.maximum(&norm)
}

/// √(Σ‖xᵢ‖₂²), the Euclidean norm of all of them together.
///
/// `None` for no tensors.
#[track_caller]
pub fn global_norm(tensors: &[Tensor]) -> Option<Tensor> {
    let graph = tensors.first()?.graph().clone();
    let _scope = graph.name_scope("global_norm");
    let squares: Vec<Tensor> = tensors.iter().map(|x| x.square().reduce_sum(..)).collect();
    let sum = graph.add(crate::ops::math::AddN, &squares.iter().collect::<Vec<_>>());
    Some(sum.sqrt())
}

/// All of them, made shorter by one factor if their common norm is above `norm`: xᵢ·norm/max(‖x‖, norm). (Pascanu et al.
/// 2012, "On the difficulty of training recurrent neural networks".)
#[track_caller]
pub fn clip_by_global_norm(tensors: &[Tensor], norm: impl Into<Operand>) -> Vec<Tensor> {
    let Some(all) = global_norm(tensors) else { return Vec::new() };
    let _scope = all.graph().name_scope("clip_by_global_norm");
    let norm = norm.into().tensor(&all);
    let scale = &norm / all.maximum(&norm);
    tensors.iter().map(|x| x * &scale).collect()
}
