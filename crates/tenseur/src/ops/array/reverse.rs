//! Axes walked backwards: ReverseV2, its older spelling Reverse, and ReverseSequence, which reverses a part of each.

use tenseur_kernels::{Call, KernelError, Layout};

use crate::array;
use crate::conformance::{Case, as_type};
use crate::error::Reason;
use crate::graph::{Fact, Facts, Tensor};
use crate::lowering::{Lowered, known_shape};
use crate::ops::array::rearrange::{moved_facts, moved_strings, once_known};
use crate::ops::array::{IntoShape, must_be_index, must_be_vector, normalised_axis, view, wrong_count};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType, Shape};

/// x with some axes reversed: the second input names them, and they may count from the end.
#[derive(Clone, Debug)]
pub struct ReverseV2;

impl Op for ReverseV2 {
    fn name(&self) -> &'static str {
        "ReverseV2"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("Tidx", node.inputs[1].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<ReverseV2, Reason> {
        Ok(ReverseV2)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, axes] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(axes, "axes")?;
        must_be_vector(axes, "axes")?;
        if let (Some(rank), Some(axes)) = (x.shape.rank(), axes.integers()) {
            reversed(&axes, rank)?;
        }
        Ok(moved_facts(self, inputs, 0..1, Fact::new(x.dtype, x.shape.clone()).one()))
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(ReverseV2, &[dy, node.x(1)])), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let Some(axes) = node.inputs[1].integers() else { return Ok(once_known(self, node)) };
        let shape = known_shape(node.inputs[0])?;
        lower_reversed(&shape, &reversed(&axes, shape.rank())?)
    }
}

/// x with some axes reversed: the second input, a vector of bools, says of each whether it is.
#[derive(Clone, Debug)]
pub struct Reverse;

impl Op for Reverse {
    fn name(&self) -> &'static str {
        "Reverse"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<Reverse, Reason> {
        Ok(Reverse)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, which] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_vector(which, "what says which axes are reversed")?;
        if which.dtype != DType::Bool {
            return Err(
                format!("a vector of bools says which axes are reversed, not of {}", which.dtype).into()
            );
        }
        if let (Some(rank), Some(count)) = (x.shape.rank(), which.shape.size(0))
            && rank != count
        {
            return Err(format!("there are {count} bools for a tensor of {rank} axes").into());
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(Reverse, &[dy, node.x(1)])), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let Some(which) = &node.inputs[1].value else { return Ok(once_known(self, node)) };
        lower_reversed(&known_shape(node.inputs[0])?, which.as_slice::<bool>()?)
    }
}

/// Of each of `rank` axes, whether it is reversed.
fn reversed(axes: &[i64], rank: usize) -> Result<Vec<bool>, Reason> {
    let mut which = vec![false; rank];
    for &axis in axes {
        if std::mem::replace(&mut which[normalised_axis(axis, rank)?], true) {
            return Err(format!("axis {axis} is given twice in {axes:?}").into());
        }
    }
    Ok(which)
}

/// A view that walks some axes of a tensor of shape `shape` backwards.
fn lower_reversed(shape: &Shape, which: &[bool]) -> Result<Lowered, Reason> {
    let mut layout = Layout::contiguous(shape);
    for (axis, _) in which.iter().enumerate().filter(|(_, reversed)| **reversed) {
        layout.offset += shape[axis].saturating_sub(1) * layout.strides[axis] as usize;
        layout.strides[axis] = -layout.strides[axis];
    }
    if shape.elements() == 0 {
        layout.offset = 0;
    }
    view(layout, shape)
}

/// x where, for each index along `batch_dim`, the first so many elements along `seq_dim` are reversed: as many as the
/// second input, one number for each index, says.
#[derive(Clone, Debug)]
pub struct ReverseSequence {
    /// The axis along which elements are reversed.
    pub seq_dim: i64,
    /// The axis along which the lengths differ.
    pub batch_dim: i64,
}

impl Op for ReverseSequence {
    fn name(&self) -> &'static str {
        "ReverseSequence"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        let types = Attrs::new().with("T", node.inputs[0].dtype).with("Tlen", node.inputs[1].dtype);
        types.with("batch_dim", self.batch_dim).with("seq_dim", self.seq_dim)
    }

    fn from_attrs(attrs: &Attrs) -> Result<ReverseSequence, Reason> {
        Ok(ReverseSequence { seq_dim: attrs.require("seq_dim")?, batch_dim: attrs.optional("batch_dim", 0)? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, lengths] = inputs else { return Err(wrong_count(2, inputs)) };
        must_be_index(lengths, "lengths")?;
        must_be_vector(lengths, "lengths")?;
        if let Some(rank) = x.shape.rank() {
            let (batch, _) = self.axes(rank)?;
            if let (Some(batch), Some(count)) = (x.shape.size(batch), lengths.shape.size(0))
                && batch != count
            {
                return Err(format!("there are {count} lengths for a batch of {batch}").into());
            }
        }
        Ok(Fact::new(x.dtype, x.shape.clone()).one())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::rule(|node, dy| [Some(dy.graph().add(self.clone(), &[dy, node.x(1)])), None])
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        if let Some(strings) = moved_strings(self, node, 0..1) {
            return Ok(strings);
        }
        let (x, lengths) = (node.inputs[0], node.inputs[1]);
        let size = x.dtype.size().ok_or_else(|| format!("there are no loops over {}", x.dtype))?;
        let shape = known_shape(x)?;
        let (batch, seq) = self.axes(shape.rank())?;
        let strides = Layout::contiguous(&shape).strides;
        let (dtype, count) = (lengths.dtype, shape[batch]);
        // The elements behind the later of the two axes move together.
        let inner = strides[batch.max(seq)] as usize;
        let [batch, seq] = [batch, seq].map(|axis| (shape[axis], strides[axis] as usize / inner.max(1)));
        let inputs = vec![shape.elements() * size, count * dtype.size().unwrap_or(0)];
        let outputs = vec![inputs[0]];
        let rows = inner * size;
        let reverse = move |inputs: &[&[u8]], outputs: &mut [&mut [u8]]| {
            let lengths =
                Array::from_bytes(dtype, [count], inputs[1]).and_then(|lengths| lengths.to_i64())?;
            if let Some((i, bad)) =
                lengths.iter().enumerate().find(|(_, length)| !(0..=seq.0 as i64).contains(length))
            {
                return Err(KernelError::invalid(format!(
                    "length {i} is {bad} and sequences have size {}",
                    seq.0
                )));
            }
            let places = outputs[0].chunks_exact_mut(rows.max(1)).enumerate();
            places.for_each(|(row, out)| {
                let (b, s) = (row / batch.1 % batch.0, row / seq.1 % seq.0);
                let length = lengths[b] as usize;
                let from = if s < length { row + (length - 1 - s) * seq.1 - s * seq.1 } else { row };
                out.copy_from_slice(&inputs[0][from * rows..(from + 1) * rows]);
            });
            Ok(())
        };
        Ok(Lowered::kernel(Call::new("reverse sequence", inputs, outputs, reverse)))
    }
}

impl ReverseSequence {
    /// The axes of the batch and of the sequence.
    fn axes(&self, rank: usize) -> Result<(usize, usize), Reason> {
        let (batch, seq) = (normalised_axis(self.batch_dim, rank)?, normalised_axis(self.seq_dim, rank)?);
        match batch == seq {
            true => Err(format!("batch_dim and seq_dim are both axis {batch}").into()),
            false => Ok((batch, seq)),
        }
    }
}

impl Tensor {
    /// x with these axes reversed (`tf.reverse`).
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[1, 2], [3, 4]]);
    /// assert_eq!(Session::new(&tf)?.run(&x.reverse([-1]), feeds![])?, array![[2, 1], [4, 3]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn reverse(&self, axes: impl IntoShape) -> Tensor {
        let axes = axes.into_shape(self);
        self.graph().add(ReverseV2, &[self, &axes])
    }

    /// x where, for index `i` along axis `batch_axis`, the first `lengths[i]` elements along `seq_axis` are reversed.
    #[track_caller]
    pub fn reverse_sequence(&self, lengths: impl IntoShape, seq_axis: i32, batch_axis: i32) -> Tensor {
        let lengths = lengths.into_shape(self);
        let op = ReverseSequence { seq_dim: seq_axis.into(), batch_dim: batch_axis.into() };
        self.graph().add(op, &[self, &lengths])
    }
}

pub(in crate::ops) fn reverse_v2_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("rows", [matrix()], |_, x| vec![x[0].reverse([0])])
            .expecting([array![[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]]),
        Case::fed("both axes", [matrix()], |_, x| vec![x[0].reverse([-1, 0])])
            .expecting([array![[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]]),
        Case::fed("no axis", [matrix()], |_, x| vec![x[0].reverse([] as [i32; 0])]),
        Case::fed("empty", [Array::from_literal([[0.0; 0]; 2])], |_, x| vec![x[0].reverse([0, 1])]),
        Case::fed("an axis that is fed", [matrix(), as_type(array![1], DType::Int64)], |_, x| {
            vec![x[0].reverse(&x[1])]
        })
        .expecting([array![[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]]),
        Case::fed("strings", [array!["a", "b", "c"]], |_, x| vec![x[0].reverse([0])])
            .expecting([array!["c", "b", "a"]]),
    ]
}

pub(in crate::ops) fn reverse_cases() -> Vec<Case> {
    let build = |tf: &crate::Graph, x: &[Tensor]| vec![tf.add(Reverse, &[&x[0], &x[1]])];
    vec![
        Case::fed("columns", [array![[1.0, 2.0], [3.0, 4.0]], array![false, true]], build)
            .expecting([array![[2.0, 1.0], [4.0, 3.0]]]),
        Case::fed("strings", [array!["a", "b"], array![true]], build).expecting([array!["b", "a"]]),
    ]
}

pub(in crate::ops) fn reverse_sequence_cases() -> Vec<Case> {
    let matrix = || array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    vec![
        Case::fed("rows", [matrix(), array![2, 3]], |_, x| vec![x[0].reverse_sequence(&x[1], 1, 0)])
            .expecting([array![[2.0, 1.0, 3.0], [6.0, 5.0, 4.0]]]),
        Case::fed("columns", [matrix(), as_type(array![0, 1, 2], DType::Int64)], |_, x| {
            vec![x[0].reverse_sequence(&x[1], 0, 1)]
        })
        .expecting([array![[1.0, 2.0, 6.0], [4.0, 5.0, 3.0]]]),
        Case::fed("vectors between", [array![[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]], |_, x| {
            vec![x[0].reverse_sequence([1, 2], 1, 0)]
        })
        .expecting([array![[[1.0, 2.0], [3.0, 4.0]], [[7.0, 8.0], [5.0, 6.0]]]]),
        Case::fed("strings", [array![["a", "b", "c"]]], |_, x| vec![x[0].reverse_sequence([2], 1, 0)])
            .expecting([array![["b", "a", "c"]]]),
    ]
}
