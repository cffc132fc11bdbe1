//! The graph that options become: layers, loss, accuracy, training step.

use crate::error::Result;
use crate::graph::{Graph, Operation, Tensor, Variable};
use crate::learn::{Activation, Initialization, Loss, Options};
use crate::nn;
use crate::train::Optimizer;

/// A fully connected network as a graph, with the tensors that training and using it need.
///
/// The graph holds the layers twice, over the same variables: once as they learn (with dropout, if any), once as they
/// are used.
#[derive(Clone, Debug)]
pub struct Network {
    /// The graph.
    pub graph: Graph,
    /// The examples, `[batch, features]`.
    pub x: Tensor,
    /// The targets: classes, `[batch]` of int32, or numbers, `[batch, outputs]`.
    pub y: Tensor,
    /// The outputs before any softmax, `[batch, outputs]`, as they are used.
    pub logits: Tensor,
    /// The mean loss of a batch without penalties or dropout: what is reported.
    pub loss: Tensor,
    /// For classes: the part of a batch that is classified rightly.
    pub accuracy: Option<Tensor>,
    /// What is made small: the loss as the network learns, with penalties; a NaN in it stops the run.
    pub objective: Tensor,
    /// One step of the optimizer.
    pub train: Operation,
    /// Gives every variable its initial value.
    pub initializer: Operation,
    layers: Vec<Layer>,
    options: Options,
}

/// The weights of one layer.
#[derive(Clone, Debug)]
struct Layer {
    weights: Variable,
    bias: Variable,
    alpha: Option<Variable>,
}

impl Network {
    /// The network for examples of `features` numbers, with `outputs` outputs: as many classes, or numbers to predict.
    ///
    /// # Errors
    /// When the options make no sense.
    pub fn new(options: &Options, features: usize, outputs: usize, classes: bool) -> Result<Network> {
        options.check()?;
        let graph = Graph::new();
        let tf = &graph;
        // Seed 0 is as good as any other, but to TensorFlow a graph's and an op's 0 together mean "any".
        tf.set_random_seed(options.seed as i64);
        let x = tf.placeholder::<f32>([None, Some(features)], "x");
        let y = match classes {
            true => tf.placeholder::<i32>([None], "y"),
            false => tf.placeholder::<f32>([None, Some(outputs)], "y"),
        };

        let mut layers = Vec::new();
        let mut fan_in = features;
        for (number, &fan_out) in options.layers.iter().chain([&outputs]).enumerate() {
            let hidden = number < options.layers.len();
            let _scope =
                tf.name_scope(&if hidden { format!("layer{}", number + 1) } else { "output".to_string() });
            layers.push(layer(tf, options, fan_in, fan_out, hidden));
            fan_in = fan_out;
        }

        let logits = forward(&layers, &x, options, false).named("logits");
        let kind = options.loss.unwrap_or(if classes { Loss::SoftmaxCrossEntropy } else { Loss::MeanSquare });
        let loss = mean_loss(kind, &logits, &y, outputs, classes).named("loss");
        let accuracy = classes.then(|| {
            let right = logits.argmax(1).cast::<i32>().equal(&y);
            right.cast::<f32>().reduce_mean(..).named("accuracy")
        });

        let _scope = tf.name_scope("train");
        let mut objective = match options.dropout {
            0.0 => loss.clone(),
            _ => mean_loss(kind, &forward(&layers, &x, options, true), &y, outputs, classes),
        };
        for (factor, penalty) in [(options.l1, l1 as fn(&Tensor) -> Tensor), (options.l2, |w| nn::l2_loss(w))]
        {
            for layer in layers.iter().filter(|_| factor > 0.0) {
                objective = objective + penalty(&layer.weights) * factor;
            }
        }
        let objective = objective.check_numerics("the loss").named("objective");
        let rate = tf.constant(options.rate() as f32).named("learning_rate");
        let optimizer = crate::train::GradientDescentOptimizer::new(&rate);
        let train = options.optimizer.apply(&rate, &optimizer.compute_gradients(&objective));
        let initializer = tf.global_variables_initializer();
        graph.check()?;
        drop(_scope);
        let options = options.clone();
        Ok(Network { graph, x, y, logits, loss, accuracy, objective, train, initializer, layers, options })
    }

    /// The outputs before any softmax, `[batch, outputs]`, of other examples of the same graph, `[batch, features]`: more nodes
    /// over the same variables.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        forward(&self.layers, x, &self.options, false)
    }
}

fn l1(weights: &Tensor) -> Tensor {
    weights.abs().reduce_sum(..)
}

fn layer(tf: &Graph, options: &Options, fan_in: usize, fan_out: usize, hidden: bool) -> Layer {
    let shape = [fan_in, fan_out];
    let slope = match options.activation {
        Activation::Prelu => 0.25,
        Activation::LeakyRelu => 0.2,
        _ => 0.0f64,
    };
    let weights = match options.init {
        Initialization::He => {
            let deviation = (2.0 / ((1.0 + slope * slope) * fan_in as f64)).sqrt();
            tf.variable(tf.random_normal(shape).stddev(deviation), "weights")
        }
        Initialization::Xavier => {
            let bound = (6.0 / (fan_in + fan_out) as f64).sqrt();
            tf.variable(tf.random_uniform(shape).range(-bound, bound), "weights")
        }
        Initialization::TruncatedNormal => tf.variable(tf.truncated_normal(shape).stddev(0.1), "weights"),
    };
    let bias = tf.variable(tf.zeros::<f32>([fan_out]), "bias");
    let alpha = (hidden && options.activation == Activation::Prelu).then(|| tf.variable(0.25, "alpha"));
    Layer { weights, bias, alpha }
}

fn forward(layers: &[Layer], x: &Tensor, options: &Options, learning: bool) -> Tensor {
    let (output, hidden) = layers.split_last().expect("there is always an output layer");
    let mut signal = x.clone();
    for layer in hidden {
        signal = activate(options.activation, &(signal.matmul(&layer.weights) + &layer.bias), layer);
        if learning && options.dropout > 0.0 {
            signal = nn::dropout(&signal, 1.0 - options.dropout);
        }
    }
    signal.matmul(&output.weights) + &output.bias
}

fn activate(activation: Activation, x: &Tensor, layer: &Layer) -> Tensor {
    match activation {
        Activation::Relu => nn::relu(x),
        Activation::Prelu => match &layer.alpha {
            Some(alpha) => nn::prelu(x, &**alpha),
            None => x.clone(),
        },
        Activation::LeakyRelu => nn::leaky_relu(x, 0.2),
        Activation::Elu => nn::elu(x),
        Activation::Selu => nn::selu(x),
        Activation::Tanh => nn::tanh(x),
        Activation::Sigmoid => nn::sigmoid(x),
        Activation::Softplus => nn::softplus(x),
        Activation::Linear => x.clone(),
    }
}

/// The mean loss of a batch.
fn mean_loss(kind: Loss, logits: &Tensor, y: &Tensor, outputs: usize, classes: bool) -> Tensor {
    match (kind, classes) {
        (Loss::SoftmaxCrossEntropy, true) => {
            nn::sparse_softmax_cross_entropy_with_logits(y, logits).reduce_mean(..)
        }
        (Loss::SoftmaxCrossEntropy, false) => {
            nn::softmax_cross_entropy_with_logits(y, logits).reduce_mean(..)
        }
        (Loss::MeanSquare, true) => (logits - y.one_hot(outputs as i32)).square().reduce_mean(..),
        (Loss::MeanSquare, false) => (logits - y).square().reduce_mean(..),
    }
}
