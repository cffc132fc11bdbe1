//! Training steps of networks, by plain gradient descent. The steps' losses are those before each update.

use std::collections::HashMap;

use candle_core::{D, DType, Device, IndexOp, Result, Tensor, Var};
use candle_nn::rnn::{LSTM, LSTMConfig, LSTMState, RNN};
use candle_nn::{Optimizer, SGD, VarBuilder, loss};
use tenseur_bench_protocol::{Job, Request};

use crate::{Given, job, number};

/// The rate of descent.
const RATE: f64 = 0.01;

/// Descends what `cost` says of the variables.
fn descend(
    request: &Request,
    variables: Vec<Var>,
    cost: impl Fn() -> Result<Tensor> + 'static,
) -> Result<Job> {
    let mut optimizer = SGD::new(variables, RATE)?;
    let mut losses = Vec::new();
    for _ in 0..request.losses {
        let loss = cost()?;
        optimizer.backward_step(&loss)?;
        losses.push(number(&loss)?);
    }
    Ok(job(losses, move || optimizer.backward_step(&cost()?)))
}

/// The numbers of the classes that rows with a single 1 stand for.
fn classes(y: &Tensor) -> Result<Tensor> {
    y.argmax(D::Minus1)?.to_dtype(DType::U32)
}

/// A layer's weights and biases.
struct Dense {
    w: Var,
    b: Var,
}

impl Dense {
    fn new(given: &Given, layer: usize) -> Result<Dense> {
        Ok(Dense { w: given.variable(&format!("w{layer}"))?, b: given.variable(&format!("b{layer}"))? })
    }

    fn forward(&self, signal: &Tensor) -> Result<Tensor> {
        signal.matmul(&self.w)?.broadcast_add(&self.b)
    }

    fn variables(&self) -> [Var; 2] {
        [self.w.clone(), self.b.clone()]
    }
}

/// Fully connected layers, as many as there are weights.
fn layers(given: &Given) -> Result<Vec<Dense>> {
    let count = (1..).take_while(|layer| given.tensors.contains_key(&format!("w{layer}"))).count();
    (1..=count).map(|layer| Dense::new(given, layer)).collect()
}

fn variables(layers: &[Dense]) -> Vec<Var> {
    layers.iter().flat_map(Dense::variables).collect()
}

fn through(layers: &[Dense], x: &Tensor, activation: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let mut signal = layers[0].forward(x)?;
    for layer in &layers[1..] {
        signal = layer.forward(&activation(&signal)?)?;
    }
    Ok(signal)
}

/// Fully connected, tanh between the layers, mean square.
pub(crate) fn small(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    let (x, y) = (given.tensor("x")?.clone(), given.tensor("y")?.clone());
    let layers = layers(&given)?;
    descend(request, variables(&layers), move || loss::mse(&through(&layers, &x, Tensor::tanh)?, &y))
}

/// Fully connected, ReLU between the layers, softmax cross-entropy.
pub(crate) fn mlp(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    let (x, labels) = (given.tensor("x")?.clone(), classes(given.tensor("y")?)?);
    let layers = layers(&given)?;
    descend(request, variables(&layers), move || {
        loss::cross_entropy(&through(&layers, &x, Tensor::relu)?, &labels)
    })
}

/// Two convolutions with ReLU and maximum pooling, a layer of units with ReLU, classes.
pub(crate) fn conv(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    // Channels come first here.
    let x = given.tensor("x")?.permute((0, 3, 1, 2))?.contiguous()?;
    let labels = classes(given.tensor("y")?)?;
    let mut filters = Vec::new();
    for layer in [1, 2] {
        let w = given.tensor(&format!("w{layer}"))?.permute((3, 2, 0, 1))?.contiguous()?;
        filters.push((Var::from_tensor(&w)?, given.variable(&format!("b{layer}"))?));
    }
    // And so do they in what is flattened.
    let (w3, channels) = (given.tensor("w3")?, filters[1].1.elem_count());
    let (rows, units) = w3.dims2()?;
    let side = ((rows / channels) as f64).sqrt() as usize;
    let w3 = w3.reshape((side, side, channels, units))?.permute((2, 0, 1, 3))?.contiguous()?;
    let dense = [
        Dense { w: Var::from_tensor(&w3.reshape((rows, units))?)?, b: given.variable("b3")? },
        Dense::new(&given, 4)?,
    ];
    let mut all: Vec<Var> = filters.iter().flat_map(|(w, b)| [w.clone(), b.clone()]).collect();
    all.extend(variables(&dense));
    descend(request, all, move || {
        let mut signal = x.clone();
        for (w, b) in &filters {
            let convolved = signal.conv2d(w, w.dim(2)? / 2, 1, 1, 1)?;
            let b = b.reshape((1, b.elem_count(), 1, 1))?;
            signal = pool(&convolved.broadcast_add(&b)?.relu()?)?;
        }
        loss::cross_entropy(&through(&dense, &signal.flatten_from(1)?, Tensor::relu)?, &labels)
    })
}

/// The greatest of each 2 × 2 places. candle's own pooling has a gradient that is a quarter of what it should be where one place
/// is the greatest (0.11.1).
fn pool(signal: &Tensor) -> Result<Tensor> {
    let (batch, channels, height, width) = signal.dims4()?;
    signal.reshape((batch, channels, height / 2, 2, width / 2, 2))?.max(5)?.max(3)
}

/// A layer of LSTM cells over frames, `[frames, batch, inputs]`; what it says last is classified.
pub(crate) fn lstm(request: &Request) -> Result<Job> {
    let given = Given::load(request)?;
    let (x, labels) = (given.tensor("x")?.clone(), classes(given.tensor("y")?)?);
    let (w, b) = (given.tensor("w1")?, given.tensor("b1")?);
    let (frames, batch, inputs) = x.dims3()?;
    let cells = b.elem_count() / 4;
    // The gates stand in another order here: input, forget, new memory, output; and the forget gate's added 1 is part of its
    // bias.
    let ordered = |tensor: &Tensor| {
        let gates = tensor.chunk(4, D::Minus1)?;
        Tensor::cat(&[&gates[0], &gates[2], &gates[1], &gates[3]], D::Minus1)
    };
    let gates = b.chunk(4, 0)?;
    let b = ordered(&Tensor::cat(&[&gates[0], &gates[1], &(&gates[2] + 1.0)?, &gates[3]], 0)?)?;
    let w = ordered(w)?;
    let of_inputs = Var::from_tensor(&w.narrow(0, 0, inputs)?.t()?.contiguous()?)?;
    let of_state = Var::from_tensor(&w.narrow(0, inputs, cells)?.t()?.contiguous()?)?;
    let b = Var::from_tensor(&b)?;
    let named = HashMap::from([
        ("weight_ih_l0".to_string(), of_inputs.as_tensor().clone()),
        ("weight_hh_l0".to_string(), of_state.as_tensor().clone()),
        ("bias_ih_l0".to_string(), b.as_tensor().clone()),
    ]);
    // One bias is enough, and two would learn twice as fast.
    let config = LSTMConfig { b_hh_init: None, ..LSTMConfig::default() };
    let builder = VarBuilder::from_tensors(named, DType::F32, &Device::Cpu);
    let cell = LSTM::new(inputs, cells, config, builder)?;
    let dense = [Dense::new(&given, 2)?];
    let mut all = vec![of_inputs, of_state, b];
    all.extend(variables(&dense));
    descend(request, all, move || {
        let zero = cell.zero_state(batch)?;
        let state: LSTMState = (0..frames).try_fold(zero, |state, frame| cell.step(&x.i(frame)?, &state))?;
        loss::cross_entropy(&dense[0].forward(state.h())?, &labels)
    })
}
