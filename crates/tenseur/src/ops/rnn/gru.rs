//! Gated recurrent units: a cell (GRUBlockCell) and what flows back through it.
//!
//! ```text
//! r, u = σ([x, h'] · w_ru + b_ru)      c = tanh([x, r·h'] · w_c + b_c)      h = u·h' + (1 − u)·c
//! ```

use crate::conformance::Case;
use crate::error::Reason;
use crate::graph::{Fact, Facts, Graph, Operand, Tensor};
use crate::lowering::Lowered;
use crate::ops::array::wrong_count;
use crate::ops::rnn::lstm::sample;
use crate::ops::rnn::{Matrix, must_be, sigmoid};
use crate::ops::{Attrs, Effects, Grad, Op, Signature};
use crate::value::{DType, PartialShape};

/// The sizes of batch, inputs and cells of x, h', w_ru, w_c, b_ru and b_c.
fn sizes(inputs: &[&Fact]) -> Result<[Option<usize>; 3], Reason> {
    let [x, h, w_ru, w_c, b_ru, b_c] = inputs else { return Err(wrong_count(6, inputs)) };
    let float = DType::Float32;
    let x = must_be(x, float, "x", &[None, None])?;
    let h = must_be(h, float, "the state", &[x.size(0), None])?;
    let (inputs, cells) = (x.size(1), h.size(1));
    let rows = inputs.zip(cells).map(|(inputs, cells)| inputs + cells);
    let twice = cells.map(|cells| 2 * cells);
    must_be(w_ru, float, "w_ru", &[rows, twice])?;
    must_be(w_c, float, "w_c", &[rows, cells])?;
    must_be(b_ru, float, "b_ru", &[twice])?;
    must_be(b_c, float, "b_c", &[cells])?;
    Ok([h.size(0), inputs, cells])
}

/// One step of gated recurrent units, of float32: inputs are x, the state, w_ru, w_c, b_ru and b_c; outputs r, u, c, h.
#[derive(Clone, Debug)]
pub struct GruBlockCell;

impl Op for GruBlockCell {
    fn name(&self) -> &'static str {
        "GRUBlockCell"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<GruBlockCell, Reason> {
        Ok(GruBlockCell)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        let [batch, _, cells] = sizes(inputs)?;
        let fact = Fact::new(DType::Float32, [batch, cells].into_iter().collect::<PartialShape>());
        Ok(std::iter::repeat_n(fact, 4).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        let rule = |node: &crate::ops::Backward<'_>| {
            let Some(dy) = node.dy(3) else { return vec![None; 6] };
            let mut inputs: Vec<&Tensor> = (0..6).map(|i| node.x(i)).collect();
            inputs.extend((0..3).map(|output| node.y(output)));
            inputs.push(dy);
            let back = dy.graph().add_op(GruBlockCellGrad, &inputs, None);
            let (to_c, to_ru) = (back.output(2), back.output(3));
            let (x, h) = (node.x(0), node.x(1));
            let seen = dy.graph().concat(&[x, h], 1);
            let seen_c = dy.graph().concat(&[x, &(h * node.y(0))], 1);
            vec![
                Some(back.output(0)),
                Some(back.output(1)),
                Some(seen.matmul_with(&to_ru, true, false)),
                Some(seen_c.matmul_with(&to_c, true, false)),
                Some(to_ru.reduce_sum(0)),
                Some(to_c.reduce_sum(0)),
            ]
        };
        Grad::Once(Box::new(rule), "GRUBlockCellGrad has no gradient")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("GRUBlockCell", node, |arrays| {
            let all = arrays.iter().map(Matrix::of).collect::<Result<Vec<_>, _>>()?;
            let [x, h, w_ru, w_c, b_ru, b_c] = &all[..] else { return Err("it takes six inputs".into()) };
            let cells = h.columns;
            let mut gates = x.beside(h).times(false, w_ru, false)?.plus_row(b_ru);
            gates.values.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            let (r, u) = (gates.part(0, cells), gates.part(cells, cells));
            let mut kept = h.clone();
            kept.values.iter_mut().zip(&r.values).for_each(|(h, r)| *h *= r);
            let mut c = x.beside(&kept).times(false, w_c, false)?.plus_row(b_c);
            c.values.iter_mut().for_each(|c| *c = c.tanh());
            let mut new = u.clone();
            let others = h.values.iter().zip(&c.values);
            new.values.iter_mut().zip(others).for_each(|(u, (h, c))| *u = *u * h + (1.0 - *u) * c);
            [r, u, c, new].iter().map(Matrix::array).collect()
        }))
    }
}

/// What flows back through a [`GruBlockCell`]: inputs are its inputs, its outputs but the last, and the gradient of h; outputs
/// are what flows to x, to the state, to c before its tanh, and to r and u before their σ.
#[derive(Clone, Debug)]
pub struct GruBlockCellGrad;

impl Op for GruBlockCellGrad {
    fn name(&self) -> &'static str {
        "GRUBlockCellGrad"
    }

    fn attrs(&self, node: Signature<'_>) -> Attrs {
        Attrs::new().with("T", node.inputs[0].dtype)
    }

    fn from_attrs(_: &Attrs) -> Result<GruBlockCellGrad, Reason> {
        Ok(GruBlockCellGrad)
    }

    fn infer(&self, inputs: &[&Fact]) -> Result<Facts, Reason> {
        if inputs.len() != 10 {
            return Err(wrong_count(10, inputs));
        }
        let [batch, width, cells] = sizes(&inputs[..6])?;
        for (what, fact) in
            [("r", inputs[6]), ("u", inputs[7]), ("c", inputs[8]), ("the gradient", inputs[9])]
        {
            must_be(fact, DType::Float32, what, &[batch, cells])?;
        }
        let columns = [width, cells, cells, cells.map(|cells| 2 * cells)];
        let fact =
            |columns| Fact::new(DType::Float32, [batch, columns].into_iter().collect::<PartialShape>());
        Ok(columns.into_iter().map(fact).collect())
    }

    fn effects(&self) -> Effects {
        Effects::PURE
    }

    fn grad(&self) -> Grad<'_> {
        Grad::Undefined("TensorFlow has no second derivative of GRUBlockCell")
    }

    fn lower(&self, node: Signature<'_>) -> Result<Lowered, Reason> {
        Ok(Lowered::arrays("GRUBlockCellGrad", node, |arrays| {
            let all = arrays.iter().map(Matrix::of).collect::<Result<Vec<_>, _>>()?;
            let [x, h, w_ru, w_c, _, _, r, u, c, dy] = &all[..] else {
                return Err("it takes ten inputs".into());
            };
            let (batch, cells, inputs) = (h.rows, h.columns, x.columns);
            let mut to_c = Matrix::zeros(batch, cells);
            let (mut to_r, mut to_u) = (to_c.clone(), to_c.clone());
            for at in 0..batch * cells {
                let [h, u, c, dy] = [h, u, c, dy].map(|matrix| matrix.values[at]);
                to_c.values[at] = dy * (1.0 - u) * (1.0 - c * c);
                to_u.values[at] = dy * (h - c) * u * (1.0 - u);
            }
            let through_c = to_c.times(false, w_c, true)?;
            let to_kept = through_c.part(inputs, cells);
            for at in 0..batch * cells {
                let (h, r) = (h.values[at], r.values[at]);
                to_r.values[at] = to_kept.values[at] * h * r * (1.0 - r);
            }
            let to_ru = to_r.beside(&to_u);
            let through_ru = to_ru.times(false, w_ru, true)?;
            let mut to_x = through_ru.part(0, inputs);
            to_x.add(&through_c.part(0, inputs));
            let mut to_h = through_ru.part(inputs, cells);
            for at in 0..batch * cells {
                to_h.values[at] += to_kept.values[at] * r.values[at] + dy.values[at] * u.values[at];
            }
            [to_x, to_h, to_c, to_ru].iter().map(Matrix::array).collect()
        }))
    }
}

impl Graph {
    /// One step of gated recurrent units (`tf.contrib.rnn.GRUBlockCell`): the state after x, `[batch, inputs]`, from the state
    /// before, `[batch, cells]`, with weights `[inputs + cells, 2·cells]` and a bias of the gates, and `[inputs + cells, cells]`
    /// and a bias of the candidate.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let (x, state) = (tf.constant(array![[1.0]]), tf.constant(array![[4.0]]));
    /// let (gates, candidate) = (tf.zeros::<f32>([2, 2]), tf.zeros::<f32>([2, 1]));
    /// let h = tf.gru_block_cell(&x, &state, [&gates, &tf.zeros::<f32>([2])], [&candidate, &tf.zeros::<f32>([1])]);
    /// assert_eq!(Session::new(&tf)?.run(&h, feeds![])?, array![[2.0]]);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    #[track_caller]
    pub fn gru_block_cell(
        &self,
        x: &Tensor,
        state: &Tensor,
        [gates, gates_bias]: [&Tensor; 2],
        [candidate, candidate_bias]: [&Tensor; 2],
    ) -> Tensor {
        let inputs = [x, state, gates, candidate, gates_bias, candidate_bias];
        self.add_op(GruBlockCell, &inputs, None).output(3)
    }
}

fn feeds() -> Vec<crate::Array> {
    vec![
        sample(1, [2, 3]),
        sample(2, [2, 2]),
        sample(3, [5, 4]),
        sample(4, [5, 2]),
        sample(5, [4]),
        sample(6, [2]),
    ]
}

pub(in crate::ops) fn gru_block_cell_cases() -> Vec<Case> {
    let build =
        |tf: &Graph, x: &[Tensor]| vec![tf.gru_block_cell(&x[0], &x[1], [&x[2], &x[4]], [&x[3], &x[5]])];
    vec![Case::fed("two units", feeds(), build)]
}

pub(in crate::ops) fn gru_block_cell_grad_cases() -> Vec<Case> {
    let build = |tf: &Graph, x: &[Tensor]| {
        let mut inputs: Vec<Tensor> = x.iter().map(Tensor::stop_gradient).collect();
        let step = tf.add_op(GruBlockCell, &inputs.iter().collect::<Vec<_>>(), None);
        inputs.extend((0..3).map(|output| step.output(output)));
        inputs.push(Operand::from(sample(7, [2, 2])).tensor(&x[0]));
        let node = tf.add_op(GruBlockCellGrad, &inputs.iter().collect::<Vec<_>>(), None);
        (0..4).map(|output| node.output(output)).collect()
    };
    vec![Case::fed("two units", feeds(), build)]
}
