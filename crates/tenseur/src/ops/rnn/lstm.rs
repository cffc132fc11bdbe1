//! Long short-term memory: a cell (LSTMBlockCell) and a sequence of them (BlockLSTM).
//!
//! ```text
//! i, g, f, o = [x, h'] · w + b                  gates; of version 2 in the order i, f, g, o
//! i = σ(i + wci·c')    f = σ(f + forget_bias + wcf·c')    g = tanh(g)
//! c = g·i + c'·f, clipped      o = σ(o + wco·c)      h = tanh(c)·o
//! ```

use crate::array;
use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::{must_be_scalar, wrong_count};
use crate::ops::rnn::lstm_grad::{BlockLstmGrad, LstmBlockCellGrad};
use crate::ops::rnn::{Matrix, array_of, must_be, sigmoid, singles};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{Array, DType};

/// What an LSTM cell is told besides its inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LstmCell {
    /// What is added to the forget gate.
    pub forget_bias: f32,
    /// How far from 0 the memory is cut off; not, if it is not positive.
    pub cell_clip: f32,
    /// Whether gates look at the memory.
    pub use_peephole: bool,
}

impl LstmCell {
    fn attrs(self, version: u8, dtype: DType) -> Attrs {
        let attrs = Attrs::new().with("T", dtype).with("cell_clip", self.cell_clip);
        let attrs = if version == 1 { attrs.with("forget_bias", self.forget_bias) } else { attrs };
        attrs.with("use_peephole", self.use_peephole)
    }

    fn from_attrs(version: u8, attrs: &Attrs) -> Result<LstmCell, Reason> {
        Ok(LstmCell {
            forget_bias: if version == 1 { attrs.optional("forget_bias", 1.0)? } else { 0.0 },
            cell_clip: attrs.optional("cell_clip", if version == 1 { 3.0 } else { 0.0 })?,
            use_peephole: attrs.optional("use_peephole", false)?,
        })
    }
}

/// Where the gates g and f stand among i, g, f, o.
pub(super) fn order(version: u8) -> [usize; 2] {
    if version == 1 { [1, 2] } else { [2, 1] }
}

/// The weights of a cell.
pub(super) struct Weights {
    pub(super) w: Matrix,
    pub(super) wci: Vec<f32>,
    pub(super) wcf: Vec<f32>,
    pub(super) wco: Vec<f32>,
    pub(super) b: Matrix,
}

impl Weights {
    /// Of w, wci, wcf, wco and b.
    pub(super) fn new(arrays: &[Array]) -> Result<Weights, Reason> {
        let [wci, wcf, wco] = [1, 2, 3].map(|i| singles(&arrays[i]));
        Ok(Weights {
            w: Matrix::of(&arrays[0])?,
            wci: wci?,
            wcf: wcf?,
            wco: wco?,
            b: Matrix::of(&arrays[4])?,
        })
    }
}

/// The outputs of a cell: i, cs, f, o, ci, co, h, each `[batch, cells]`.
pub(super) type Outputs = [Matrix; 7];

impl LstmCell {
    fn step(
        &self,
        version: u8,
        x: &Matrix,
        cs: &Matrix,
        h: &Matrix,
        weights: &Weights,
    ) -> Result<Outputs, Reason> {
        let (batch, cells) = (cs.rows, cs.columns);
        let gates = x.beside(h).times(false, &weights.w, false)?.plus_row(&weights.b);
        let mut outputs: Outputs = std::array::from_fn(|_| Matrix::zeros(batch, cells));
        let [place_g, place_f] = order(version);
        for row in 0..batch {
            for cell in 0..cells {
                let at = row * cells + cell;
                let gate = |place: usize| gates.row(row)[place * cells + cell];
                let peep = |weight: &[f32], c: f32| if self.use_peephole { weight[cell] * c } else { 0.0 };
                let before = cs.values[at];
                let i = sigmoid(gate(0) + peep(&weights.wci, before));
                let f = sigmoid(gate(place_f) + self.forget_bias + peep(&weights.wcf, before));
                let g = gate(place_g).tanh();
                let mut c = g * i + before * f;
                if self.cell_clip > 0.0 {
                    c = c.clamp(-self.cell_clip, self.cell_clip);
                }
                let o = sigmoid(gate(3) + peep(&weights.wco, c));
                let co = c.tanh();
                for (output, value) in outputs.iter_mut().zip([i, c, f, o, g, co, co * o]) {
                    output.values[at] = value;
                }
            }
        }
        Ok(outputs)
    }
}

/// The facts of x (`[…, batch, inputs]`, those axes before), the state, and the weights, checked against each other: the sizes
/// of batch, inputs and cells.
pub(super) fn cell_sizes(
    x: &Fact,
    frames: Option<Option<usize>>,
    inputs: &[&Fact],
) -> Result<[Option<usize>; 3], Reason> {
    let [cs, h, w, wci, wcf, wco, b] = inputs else { return Err("it takes state and weights".into()) };
    if !matches!(x.dtype, DType::Float32 | DType::Float16) {
        return Err(format!("it computes with float32 and float16, not with {}", x.dtype).into());
    }
    let before: Vec<Option<usize>> = frames.into_iter().collect();
    let axes = |axes: &[Option<usize>]| before.iter().chain(axes).copied().collect::<Vec<_>>();
    let x_shape = must_be(x, x.dtype, "x", &axes(&[None, None]))?;
    let (batch, inputs) = (x_shape.size(before.len()), x_shape.size(before.len() + 1));
    let state = must_be(cs, x.dtype, "the memory", &[batch, None])?;
    let state = must_be(h, x.dtype, "the state", &[state.size(0), state.size(1)])?;
    let cells = state.size(1);
    let rows = inputs.zip(cells).map(|(inputs, cells)| inputs + cells);
    let gates = cells.map(|cells| 4 * cells);
    must_be(w, x.dtype, "w", &[rows, gates])?;
    for (what, peephole) in [("wci", wci), ("wcf", wcf), ("wco", wco)] {
        must_be(peephole, x.dtype, what, &[cells])?;
    }
    must_be(b, x.dtype, "b", &[gates])?;
    Ok([state.size(0), inputs, cells])
}

/// One step of an LSTM: inputs are x, the memory, the state, w, wci, wcf, wco and b; outputs i, cs, f, o, ci, co, h.
#[derive(Clone, Debug)]
pub struct LstmBlockCell(pub LstmCell);

impl Op for LstmBlockCell {
    fn name(&self) -> &'static str {
        "LSTMBlockCell"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(1, node.inputs[0].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<LstmBlockCell, Reason> {
        LstmCell::from_attrs(1, attrs).map(LstmBlockCell)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [x, rest @ ..] = inputs else { return Err(wrong_count(8, inputs)) };
        if rest.len() != 7 {
            return Err(wrong_count(8, inputs));
        }
        let [batch, _, cells] = cell_sizes(x, None, rest)?;
        let fact = Fact::new(x.dtype, [batch, cells].into_iter().collect::<crate::PartialShape>());
        Ok(std::iter::repeat_n(fact, 7).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        let use_peephole = self.0.use_peephole;
        let rule = move |node: &crate::ops::Backward<'_>| {
            let or_zeros =
                |output: usize| node.dy(output).cloned().unwrap_or_else(|| node.y(output).zeros_like());
            let (to_cs, to_h) = (or_zeros(1), or_zeros(6));
            let mut inputs: Vec<&Tensor> = (0..8).map(|i| node.x(i)).collect();
            inputs.extend((0..6).map(|output| node.y(output)));
            inputs.extend([&to_cs, &to_h]);
            let back = to_h.graph().add_op(LstmBlockCellGrad { use_peephole }, &inputs, None);
            let gates = back.output(1);
            let both = gates.matmul_with(node.x(3), false, true);
            let size = node.x(0).shape_tensor().at(1);
            let from = |begin: crate::graph::Operand, count: crate::graph::Operand| {
                both.slice([0.into(), begin], [(-1).into(), count])
            };
            let to_x = from(0.into(), (&size).into());
            let to_state = from((&size).into(), (-1).into());
            let seen = to_h.graph().concat(&[node.x(0), node.x(2)], 1);
            let to_w = seen.matmul_with(&gates, true, false);
            let peepholes = [2, 3, 4].map(|output| use_peephole.then(|| back.output(output)));
            let [wci, wcf, wco] = peepholes;
            vec![
                Some(to_x),
                Some(back.output(0)),
                Some(to_state),
                Some(to_w),
                wci,
                wcf,
                wco,
                Some(gates.reduce_sum(0)),
            ]
        };
        Grad::Once(Box::new(rule), "LSTMBlockCellGrad has no gradient")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let cell = self.0;
        Ok(Lowered::arrays("LSTMBlockCell", node, move |arrays| {
            let [x, cs, h] = [0, 1, 2].map(|i| Matrix::of(&arrays[i]));
            let (cs, dtype) = (cs?, arrays[0].dtype());
            if cs.values.is_empty() {
                // As in TensorFlow; a sequence of steps takes it.
                return Err(format!("the memory, {}, has no elements", arrays[1].shape()).into());
            }
            let outputs = cell.step(1, &x?, &cs, &h?, &Weights::new(&arrays[3..])?)?;
            outputs.iter().map(|output| array_of(dtype, &[cs.rows, cs.columns], &output.values)).collect()
        }))
    }
}

/// An LSTM over a sequence: inputs are how many frames count, x `[frames, batch, inputs]`, and the rest as of
/// [`LstmBlockCell`]; outputs are those of its steps, `[frames, batch, cells]`, zeros in the frames that do not count.
#[derive(Clone, Debug)]
pub struct BlockLstm<const VERSION: u8>(pub LstmCell);

impl<const VERSION: u8> Op for BlockLstm<VERSION> {
    fn name(&self) -> &'static str {
        if VERSION == 1 { "BlockLSTM" } else { "BlockLSTMV2" }
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        self.0.attrs(VERSION, node.inputs[1].dtype)
    }

    fn from_attrs(attrs: &Attrs) -> Result<Self, Reason> {
        LstmCell::from_attrs(VERSION, attrs).map(BlockLstm)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [count, x, rest @ ..] = inputs else { return Err(wrong_count(9, inputs)) };
        if rest.len() != 7 {
            return Err(wrong_count(9, inputs));
        }
        must_be_scalar(count, "the number of frames")?;
        let [batch, _, cells] = cell_sizes(x, Some(None), rest)?;
        let shape: crate::PartialShape = [x.shape.size(0), batch, cells].into_iter().collect();
        Ok(std::iter::repeat_n(Fact::new(x.dtype, shape), 7).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE.failing()
    }

    fn grad(&self) -> Grad<'_> {
        let use_peephole = self.0.use_peephole;
        let rule = move |node: &crate::ops::Backward<'_>| {
            let or_zeros =
                |output: usize| node.dy(output).cloned().unwrap_or_else(|| node.y(output).zeros_like());
            let (to_cs, to_h) = (or_zeros(1), or_zeros(6));
            let mut inputs: Vec<&Tensor> = (0..9).map(|i| node.x(i)).collect();
            inputs.extend((0..7).map(|output| node.y(output)));
            inputs.extend([&to_cs, &to_h]);
            let back = to_h.graph().add_op(BlockLstmGrad::<VERSION> { use_peephole }, &inputs, None);
            [None].into_iter().chain((0..8).map(|output| Some(back.output(output)))).collect()
        };
        Grad::Once(Box::new(rule), "BlockLSTMGrad has no gradient")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        let cell = self.0;
        Ok(Lowered::arrays(self.name(), node, move |arrays| {
            let [frames, batch, inputs] = arrays[1].shape()[..] else {
                return Err("x has three axes".into());
            };
            let count = frames_that_count(&arrays[0], frames)?;
            let x = singles(&arrays[1])?;
            let (mut cs, mut h) = (Matrix::of(&arrays[2])?, Matrix::of(&arrays[3])?);
            let weights = Weights::new(&arrays[4..])?;
            let size = batch * cs.columns;
            let mut all: [Vec<f32>; 7] = std::array::from_fn(|_| vec![0.0; frames * size]);
            for frame in 0..count {
                let values = x[frame * batch * inputs..][..batch * inputs].to_vec();
                let x = Matrix { rows: batch, columns: inputs, values };
                let outputs = cell.step(VERSION, &x, &cs, &h, &weights)?;
                for (all, output) in all.iter_mut().zip(&outputs) {
                    all[frame * size..][..size].copy_from_slice(&output.values);
                }
                let [_, new_cs, _, _, _, _, new_h] = outputs;
                (cs, h) = (new_cs, new_h);
            }
            let shape = [frames, batch, cs.columns];
            all.iter().map(|values| array_of(arrays[1].dtype(), &shape, values)).collect()
        }))
    }
}

/// How many frames count, of all.
pub(super) fn frames_that_count(asked: &Array, frames: usize) -> Result<usize, Reason> {
    let asked = asked.to_i64()?[0];
    let count = usize::try_from(asked).ok().filter(|&count| count <= frames);
    count.ok_or_else(|| format!("{asked} frames count, of {frames}").into())
}

impl Graph {
    /// A fused LSTM (`tf.contrib.rnn.LSTMBlockFusedCell`) over x, `[frames, batch, inputs]`, from a memory and a state of
    /// `[batch, cells]`, with weights `[inputs + cells, 4·cells]` and a bias `[4·cells]`, without peepholes: the memory and the
    /// state after each frame, `[frames, batch, cells]`.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.constant(array![[[1.0]], [[2.0]]]);
    /// let zero = tf.zeros::<f32>([1, 1]);
    /// let (_, h) = tf.block_lstm(&x, &zero, &zero, &tf.zeros::<f32>([2, 4]), &tf.zeros::<f32>([4]), 1.0);
    /// assert_eq!(Session::new(&tf)?.run(&h, feeds![])?, array![[[0.0]], [[0.0]]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn block_lstm(
        &self,
        x: &Tensor,
        memory: &Tensor,
        state: &Tensor,
        weights: &Tensor,
        bias: &Tensor,
        forget_bias: f32,
    ) -> (Tensor, Tensor) {
        let frames = x.shape_tensor().at(0).cast::<i64>();
        let none = self.filled_like(&bias.slice([0], memory.shape_tensor().at(1).reshape([1])), 0.0);
        let cell = LstmCell { forget_bias, cell_clip: -1.0, use_peephole: false };
        let inputs = [&frames, x, memory, state, weights, &none, &none, &none, bias];
        let node = self.add_op(BlockLstm::<1>(cell), &inputs, None);
        (node.output(1), node.output(6))
    }
}

/// Numbers that look random, in a shape.
pub(super) fn sample<const N: usize>(seed: u32, shape: [usize; N]) -> Array {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| next()).collect();
    Array::new(shape, values).unwrap_or(array![0.0])
}

fn feeds(x: Array) -> Vec<Array> {
    vec![
        x,
        sample(2, [2, 2]),
        sample(3, [2, 2]),
        sample(4, [5, 8]),
        sample(5, [2]),
        sample(6, [2]),
        sample(7, [2]),
        sample(8, [8]),
    ]
}

pub(in crate::ops) fn lstm_block_cell_cases() -> Vec<Case> {
    let build = |cell_clip, use_peephole| {
        move |tf: &Graph, x: &[Tensor]| {
            let inputs: Vec<&Tensor> = x.iter().collect();
            let cell = LstmCell { forget_bias: 1.0, cell_clip, use_peephole };
            let node = tf.add_op(LstmBlockCell(cell), &inputs, None);
            vec![node.output(1), node.output(6)]
        }
    };
    vec![
        Case::fed("plain", feeds(sample(1, [2, 3])), build(-1.0, false)),
        Case::fed("with peepholes, clipped", feeds(sample(1, [2, 3])), build(0.25, true)),
    ]
}

fn block_cases<const VERSION: u8>() -> Vec<Case> {
    let build = |frames: i64, use_peephole| {
        move |tf: &Graph, x: &[Tensor]| {
            let frames = tf.constant(Array::scalar(frames));
            let inputs: Vec<&Tensor> = std::iter::once(&frames).chain(x).collect();
            let cell =
                LstmCell { forget_bias: if VERSION == 1 { 1.0 } else { 0.0 }, cell_clip: 0.0, use_peephole };
            let node = tf.add_op(BlockLstm::<VERSION>(cell), &inputs, None);
            vec![node.output(1), node.output(6)]
        }
    };
    vec![
        Case::fed("all frames", feeds(sample(1, [3, 2, 3])), build(3, true)),
        Case::fed("two of three", feeds(sample(1, [3, 2, 3])), build(2, false)),
    ]
}

pub(in crate::ops) fn block_lstm_cases() -> Vec<Case> {
    block_cases::<1>()
}

pub(in crate::ops) fn block_lstm_v2_cases() -> Vec<Case> {
    block_cases::<2>()
}
