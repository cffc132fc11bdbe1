//! What flows back through long short-term memory: LSTMBlockCellGrad, BlockLSTMGrad. That the memory may have been cut off is
//! not looked at, as in TensorFlow.

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::rnn::lstm::{
    BlockLstm, LstmBlockCell, LstmCell, Weights, cell_sizes, frames_that_count, order, sample,
};
use crate::ops::rnn::{Matrix, array_of, singles};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, PartialShape};

/// What flows back through one step.
struct Back {
    memory: Matrix,
    /// To the gates, beside each other in the order of the version.
    gates: Matrix,
    /// To wci, wcf and wco.
    peepholes: [Vec<f32>; 3],
}

/// Of the memory before a step and what the step gave (i, cs, f, o, ci, co), with the gradients of cs and h.
fn back(
    version: u8,
    use_peephole: bool,
    before: &Matrix,
    outputs: [&[f32]; 6],
    weights: &Weights,
    [to_cs, to_h]: [&[f32]; 2],
) -> Back {
    let (batch, cells) = (before.rows, before.columns);
    let mut all = Back {
        memory: Matrix::zeros(batch, cells),
        gates: Matrix::zeros(batch, 4 * cells),
        peepholes: std::array::from_fn(|_| vec![0.0; cells]),
    };
    let [place_g, place_f] = order(version);
    for at in 0..batch * cells {
        let (row, cell) = (at / cells, at % cells);
        let [i, c, f, o, g, co] = outputs.map(|output| output[at]);
        let c_before = before.values[at];
        let d_o = o * (1.0 - o) * to_h[at] * co;
        let mut d_c = to_cs[at] + (1.0 - co * co) * to_h[at] * o;
        if use_peephole {
            d_c += d_o * weights.wco[cell];
        }
        let d_g = (1.0 - g * g) * d_c * i;
        let d_f = f * (1.0 - f) * d_c * c_before;
        let d_i = i * (1.0 - i) * d_c * g;
        let mut d_before = d_c * f;
        if use_peephole {
            d_before += d_i * weights.wci[cell] + d_f * weights.wcf[cell];
            let [wci, wcf, wco] = &mut all.peepholes;
            wci[cell] += d_i * c_before;
            wcf[cell] += d_f * c_before;
            wco[cell] += d_o * c;
        }
        all.memory.values[at] = d_before;
        for (place, gradient) in [(0, d_i), (place_g, d_g), (place_f, d_f), (3, d_o)] {
            all.gates.values[row * 4 * cells + place * cells + cell] = gradient;
        }
    }
    all
}

/// What flows back through an [`LstmBlockCell`]: inputs are its inputs, its outputs but the last, and the gradients of cs and
/// h; outputs are what flows to the memory, to the gates, and to wci, wcf and wco.
#[derive(Clone, Debug)]
pub struct LstmBlockCellGrad {
    /// Whether gates looked at the memory.
    pub use_peephole: bool,
}

impl Op for LstmBlockCellGrad {
    fn name(&self) -> &'static str {
        "LSTMBlockCellGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype).with("use_peephole", self.use_peephole)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(LstmBlockCellGrad { use_peephole: attrs.require("use_peephole")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 16 {
            return Err(wrong_count(16, inputs));
        }
        let [batch, _, cells] = cell_sizes(inputs[0], None, &inputs[1..8])?;
        all_like(&inputs[8..], [batch, cells])?;
        let fact = |axes: &[Option<usize>]| Fact::new(inputs[0].dtype, axes.to_vec());
        let gates = fact(&[batch, cells.map(|cells| 4 * cells)]);
        let peephole = fact(&[cells]);
        Ok([fact(&[batch, cells]), gates, peephole.clone(), peephole.clone(), peephole].into_iter().collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no second derivative of LSTMBlockCell")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let use_peephole = self.use_peephole;
        Ok(Lowered::arrays("LSTMBlockCellGrad", node, move |arrays| {
            let before = Matrix::of(&arrays[1])?;
            let outputs = arrays[8..16].iter().map(singles).collect::<Result<Vec<_>, _>>()?;
            let [i, c, f, o, g, co, to_cs, to_h] = std::array::from_fn(|k| &outputs[k][..]);
            let weights = Weights::new(&arrays[3..])?;
            let back = back(1, use_peephole, &before, [i, c, f, o, g, co], &weights, [to_cs, to_h]);
            let (dtype, cells) = (arrays[0].dtype(), before.columns);
            let mut all = vec![
                array_of(dtype, &[before.rows, cells], &back.memory.values)?,
                array_of(dtype, &[before.rows, 4 * cells], &back.gates.values)?,
            ];
            for peephole in &back.peepholes {
                all.push(array_of(dtype, &[cells], peephole)?);
            }
            Ok(all)
        }))
    }
}

/// Whether all facts may have this shape.
fn all_like<const N: usize>(facts: &[&Fact], shape: [Option<usize>; N]) -> Result<(), Reason> {
    let wanted = PartialShape::from(shape.to_vec());
    match facts.iter().find(|fact| fact.shape.merge(&wanted).is_none()) {
        None => Ok(()),
        Some(fact) => {
            Err(format!("outputs and their gradients have shape {wanted}, not {}", fact.shape).into())
        }
    }
}

/// What flows back through a [`BlockLstm`]: inputs are its inputs, its outputs, and the gradients of cs and h; outputs are what
/// flows to x, the memory, the state, w, wci, wcf, wco and b.
#[derive(Clone, Debug)]
pub struct BlockLstmGrad<const VERSION: u8> {
    /// Whether gates looked at the memory.
    pub use_peephole: bool,
}

impl<const VERSION: u8> Op for BlockLstmGrad<VERSION> {
    fn name(&self) -> &'static str {
        if VERSION == 1 { "BlockLSTMGrad" } else { "BlockLSTMGradV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[1].dtype).with("use_peephole", self.use_peephole)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        Ok(BlockLstmGrad { use_peephole: attrs.require("use_peephole")? })
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 18 {
            return Err(wrong_count(18, inputs));
        }
        must_be_scalar(inputs[0], "the number of frames")?;
        let [batch, _, cells] = cell_sizes(inputs[1], Some(None), &inputs[2..9])?;
        all_like(&inputs[9..], [inputs[1].shape.size(0), batch, cells])?;
        // Each is of the shape of what it flows to.
        Ok(inputs[1..9].iter().map(|input| Fact::new(input.dtype, input.shape.clone())).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no second derivative of BlockLSTM")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let use_peephole = self.use_peephole;
        Ok(Lowered::arrays(self.name(), node, move |arrays| sequence::<VERSION>(use_peephole, arrays)))
    }
}

fn sequence<const VERSION: u8>(use_peephole: bool, arrays: &[Array]) -> Result<Vec<Array>, Reason> {
    let [frames, batch, inputs] = arrays[1].shape()[..] else { return Err("x has three axes".into()) };
    let count = frames_that_count(&arrays[0], frames)?;
    let x = singles(&arrays[1])?;
    let (first_cs, first_h) = (Matrix::of(&arrays[2])?, Matrix::of(&arrays[3])?);
    let weights = Weights::new(&arrays[4..])?;
    let given = arrays[9..18].iter().map(singles).collect::<Result<Vec<_>, _>>()?;
    let cells = first_cs.columns;
    let size = batch * cells;
    let at = |k: usize, frame: usize| &given[k][frame * size..][..size];
    let matrix = |values: &[f32]| Matrix { rows: batch, columns: cells, values: values.to_vec() };
    let mut to_x = vec![0.0; x.len()];
    let mut to_w = Matrix::zeros(weights.w.rows, weights.w.columns);
    let mut to_b = Matrix::zeros(1, 4 * cells);
    let mut to_peepholes: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; cells]);
    let (mut to_cs, mut to_h) = (Matrix::zeros(batch, cells), Matrix::zeros(batch, cells));
    for frame in (0..count).rev() {
        let (before, state) = match frame.checked_sub(1) {
            Some(before) => (matrix(at(1, before)), matrix(at(6, before))),
            None => (first_cs.clone(), first_h.clone()),
        };
        to_cs.add(&matrix(at(7, frame)));
        to_h.add(&matrix(at(8, frame)));
        let outputs = std::array::from_fn(|k| at(k, frame));
        let back = back(VERSION, use_peephole, &before, outputs, &weights, [&to_cs.values, &to_h.values]);
        let both = back.gates.times(false, &weights.w, true)?;
        to_x[frame * batch * inputs..][..batch * inputs].copy_from_slice(&both.part(0, inputs).values);
        let seen = x[frame * batch * inputs..][..batch * inputs].to_vec();
        let seen = Matrix { rows: batch, columns: inputs, values: seen }.beside(&state);
        to_w.add(&seen.times(true, &back.gates, false)?);
        to_b.add(&back.gates.sum_of_rows());
        for (sum, more) in to_peepholes.iter_mut().zip(&back.peepholes) {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        (to_cs, to_h) = (back.memory, both.part(inputs, cells));
    }
    let [wci, wcf, wco] = &to_peepholes;
    let all = [&to_x, &to_cs.values, &to_h.values, &to_w.values, wci, wcf, wco, &to_b.values];
    let like = arrays[1..9].iter();
    like.zip(all).map(|(like, values)| array_of(like.dtype(), like.shape(), values)).collect()
}

pub(in crate::ops) fn lstm_block_cell_grad_cases() -> Vec<Case> {
    let shapes = [[2, 3], [2, 2], [2, 2], [5, 8]];
    let build = |tf: &Graph, x: &[Tensor]| {
        let mut inputs: Vec<Tensor> = x.iter().map(Tensor::stop_gradient).collect();
        inputs.extend((5..8).map(|seed| tf.constant(sample(seed, [2]))));
        inputs.push(tf.constant(sample(8, [8])));
        let cell = LstmCell { forget_bias: 1.0, cell_clip: 0.0, use_peephole: true };
        let step = tf.add_op(LstmBlockCell(cell), &inputs.iter().collect::<Vec<_>>(), None);
        inputs.extend((0..6).map(|output| step.output(output)));
        inputs.extend([tf.constant(sample(9, [2, 2])), tf.constant(sample(10, [2, 2]))]);
        let node =
            tf.add_op(LstmBlockCellGrad { use_peephole: true }, &inputs.iter().collect::<Vec<_>>(), None);
        (0..5).map(|output| node.output(output)).collect()
    };
    let feeds = shapes.into_iter().zip(1..).map(|(shape, seed)| sample(seed, shape));
    vec![Case::fed("with peepholes", feeds, build)]
}

fn block_cases<const VERSION: u8>() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| {
        let count = tf.constant(Array::scalar(2i64));
        let state = [2, 3].map(|seed| tf.constant(sample(seed, [2, 2])));
        let mut inputs = vec![count, x[0].stop_gradient(), state[0].clone(), state[1].clone()];
        inputs.push(tf.constant(sample(4, [5, 8])));
        inputs.extend((5..8).map(|seed| tf.constant(sample(seed, [2]))));
        inputs.push(tf.constant(sample(8, [8])));
        let cell = LstmCell { forget_bias: 0.0, cell_clip: 0.0, use_peephole: true };
        let all = tf.add_op(BlockLstm::<VERSION>(cell), &inputs.iter().collect::<Vec<_>>(), None);
        inputs.extend((0..7).map(|output| all.output(output)));
        inputs.extend([tf.constant(sample(9, [3, 2, 2])), tf.constant(sample(10, [3, 2, 2]))]);
        let op = BlockLstmGrad::<VERSION> { use_peephole: true };
        let node = tf.add_op(op, &inputs.iter().collect::<Vec<_>>(), None);
        (0..8).map(|output| node.output(output)).collect()
    };
    vec![Case::fed("two frames of three", [sample(1, [3, 2, 3])], build)]
}

pub(in crate::ops) fn block_lstm_grad_cases() -> Vec<Case> {
    block_cases::<1>()
}

pub(in crate::ops) fn block_lstm_grad_v2_cases() -> Vec<Case> {
    block_cases::<2>()
}
