//! Training steps of networks, by plain gradient descent. The steps' losses are those before each update.

use burn::module::Param;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, PaddingConfig2d};
use burn::optim::{GradientsParams, SgdConfig};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid, tanh};
use tenseur_bench_protocol::{Job, Request};

use crate::{Given, job};

/// The rate of descent.
const RATE: f64 = 0.01;

/// Descends what `cost` says of the network.
fn descend<M: Module + 'static>(
    request: &Request,
    network: M,
    cost: impl Fn(&M) -> Tensor<1> + 'static,
) -> Result<Job, String> {
    let mut optimizer = SgdConfig::new().init();
    let mut step = move |network: M| {
        let loss = cost(&network);
        let slopes = GradientsParams::from_grads(loss.backward(), &network);
        (optimizer.step(RATE, network, slopes), loss)
    };
    let mut network = network;
    let mut losses = Vec::new();
    for _ in 0..request.losses {
        let (next, loss) = step(network);
        network = next;
        losses.push(f64::from(loss.into_scalar::<f32>()));
    }
    let mut network = Some(network);
    Ok(job(losses, move || network = network.take().map(|network| step(network).0)))
}

#[derive(Module, Debug)]
struct Dense {
    layers: Vec<Linear>,
}

impl Dense {
    fn forward(&self, x: Tensor<2>, activation: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        let mut signal = self.layers[0].forward(x);
        for layer in &self.layers[1..] {
            signal = layer.forward(activation(signal));
        }
        signal
    }
}

/// Fully connected, tanh between the layers, mean square.
pub(crate) fn small(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let (x, y) = (given.tensor::<2>("x")?, given.tensor::<2>("y")?);
    let network = Dense { layers: given.layers()? };
    descend(request, network, move |network| {
        MseLoss::new().forward(network.forward(x.clone(), tanh), y.clone(), Reduction::Mean)
    })
}

/// Fully connected, ReLU between the layers, softmax cross-entropy.
pub(crate) fn mlp(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let (x, labels) = (given.tensor::<2>("x")?, given.classes()?);
    let network = Dense { layers: given.layers()? };
    let cross_entropy = CrossEntropyLossConfig::new().init(&given.device);
    descend(request, network, move |network| {
        cross_entropy.forward(network.forward(x.clone(), relu), labels.clone())
    })
}

#[derive(Module, Debug)]
struct Convolutional {
    convolutions: Vec<Conv2d>,
    pool: MaxPool2d,
    dense: Dense,
}

/// Two convolutions with ReLU and maximum pooling, a layer of units with ReLU, classes.
pub(crate) fn conv(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let mut convolutions = Vec::new();
    for layer in [1, 2] {
        // Channels come first here.
        let w = given.tensor::<4>(&format!("w{layer}"))?.permute([3, 2, 0, 1]);
        let [outputs, inputs, height, width] = w.dims();
        let mut convolution = Conv2dConfig::new([inputs, outputs], [height, width])
            .with_padding(PaddingConfig2d::Same)
            .init(&given.device);
        convolution.weight = Param::from_tensor(in_order(w));
        convolution.bias = Some(Param::from_tensor(given.tensor(&format!("b{layer}"))?));
        convolutions.push(convolution);
    }
    // And so do they in what is flattened.
    let w3 = given.tensor::<2>("w3")?;
    let ([rows, units], [channels]) = (w3.dims(), given.tensor::<1>("b2")?.dims());
    let side = ((rows / channels) as f64).sqrt() as usize;
    let w3 = in_order(w3.reshape([side, side, channels, units]).permute([2, 0, 1, 3]));
    let w3 = Param::from_tensor(w3.reshape([rows, units]));
    let units = Linear { weight: w3, bias: Some(Param::from_tensor(given.tensor("b3")?)) };
    let network = Convolutional {
        convolutions,
        pool: MaxPool2dConfig::new([2, 2]).init(),
        dense: Dense { layers: vec![units, given.dense(4)?] },
    };
    let x = in_order(given.tensor::<4>("x")?.permute([0, 3, 1, 2]));
    let labels = given.classes()?;
    let cross_entropy = CrossEntropyLossConfig::new().init(&given.device);
    descend(request, network, move |network| {
        let mut signal = x.clone();
        for convolution in &network.convolutions {
            signal = network.pool.forward(relu(convolution.forward(signal)));
        }
        let logits = network.dense.forward(signal.flatten(1, 3), relu);
        cross_entropy.forward(logits, labels.clone())
    })
}

/// The same numbers, in memory in the order of their axes, with no history.
fn in_order(tensor: Tensor<4>) -> Tensor<4> {
    let device = tensor.device();
    Tensor::from_data(tensor.into_data(), &device)
}

/// The gates of LSTM cells as one layer, which is fewer products than burn's own module makes; and the layer that classifies.
#[derive(Module, Debug)]
struct Recurrent {
    gates: Linear,
    classes: Linear,
}

/// A layer of LSTM cells over frames, `[frames, batch, inputs]`; what it says last is classified.
pub(crate) fn lstm(request: &Request) -> Result<Job, String> {
    let given = Given::load(request)?;
    let network = Recurrent { gates: given.dense(1)?, classes: given.dense(2)? };
    let (x, labels) = (given.tensor::<3>("x")?, given.classes()?);
    let ([_, batch, _], [wide]) = (x.dims(), given.tensor::<1>("b1")?.dims());
    let zero = Tensor::<2>::zeros([batch, wide / 4], &given.device);
    let cross_entropy = CrossEntropyLossConfig::new().init(&given.device);
    descend(request, network, move |network| {
        let (mut memory, mut state) = (zero.clone(), zero.clone());
        for frame in x.clone().iter_dim(0) {
            let seen = Tensor::cat(vec![frame.squeeze_dim(0), state], 1);
            let gates: [Tensor<2>; 4] =
                network.gates.forward(seen).chunk(4, 1).try_into().expect("four gates");
            let [admit, new, forget, show] = gates;
            memory = memory * sigmoid(forget.add_scalar(1.0)) + sigmoid(admit) * tanh(new);
            state = tanh(memory.clone()) * sigmoid(show);
        }
        cross_entropy.forward(network.classes.forward(state), labels.clone())
    })
}
