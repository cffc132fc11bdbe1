//! The network as a dataflow graph, made with tenseur's public functions: features, layers, loss, gradients, update; and
//! what the page looks at.

use tenseur::Result;
use tenseur::nn::init::{self, Initializer};
use tenseur::prelude::*;
use tenseur::train::{
    AdagradOptimizer, AdamOptimizer, GradientDescentOptimizer, Gradients, MomentumOptimizer,
    RmsPropOptimizer, exponential_decay,
};

use crate::config::{
    Activation, Config, FEATURES, Initialization, Loss, Optimizer as Kind, Problem, Regularization, Schedule,
};

/// Momentum of the two optimizers that have it.
const MOMENTUM: f64 = 0.9;

/// A layer as it stands in the graph.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) name: String,
    /// `None`: the output's, which follows from the loss.
    pub(crate) activation: Option<Activation>,
    pub(crate) weights: Variable,
    pub(crate) bias: Variable,
    pub(crate) alpha: Option<Variable>,
    /// `[n, units]`, before and after the transfer function.
    pub(crate) sums: Tensor,
    pub(crate) outputs: Tensor,
    pub(crate) units: usize,
    pub(crate) inputs: usize,
}

/// The graph, and the tensors that are fed or fetched.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) graph: Graph,
    /// Fed: `[n, 2]`, and `[n, outputs]`.
    pub(crate) points: Tensor,
    pub(crate) labels: Tensor,
    /// `[n, features that are on]`, and each of all seven, `[n, 7]`.
    pub(crate) features: Tensor,
    pub(crate) all_features: Tensor,
    pub(crate) layers: Vec<Layer>,
    /// What the loss compares with the labels: σ, `[n, outputs]`.
    pub(crate) sigma: Tensor,
    /// The output as the map shows it, `[n, maps]`.
    pub(crate) shown: Tensor,
    /// The loss of each example, `[n]`, their mean, and what regularization adds to it.
    pub(crate) losses: Tensor,
    pub(crate) loss: Tensor,
    pub(crate) penalty: Tensor,
    /// Their sum, and an error where it is not finite: without fetching it a step would not notice.
    pub(crate) checked: Tensor,
    pub(crate) gradients: Gradients,
    pub(crate) learning_rate: Tensor,
    pub(crate) train: Operation,
    pub(crate) initializer: Operation,
}

impl Network {
    /// The network of these settings, with so many outputs. Its parameters begin with those that are given, in the order of
    /// the protocol, or else with what the settings say.
    ///
    /// # Errors
    /// When not as many are given as there are.
    pub(crate) fn new(config: &Config, outputs: usize, given: Option<&[f32]>) -> Result<Network> {
        let graph = Graph::new();
        let tf = &graph;
        let points = tf.placeholder::<f32>([None, Some(2)], "points");
        let labels = tf.placeholder::<f32>([None, Some(outputs)], "labels");
        let (all_features, features) = features(config, &points);

        let mut layers: Vec<Layer> = Vec::new();
        let mut given = given;
        for (index, units) in config.network_shape.iter().copied().chain([outputs]).enumerate() {
            let hidden = index < config.network_shape.len();
            let name = if hidden { format!("layer{}", index + 1) } else { "output".to_string() };
            let activation = hidden.then(|| config.activation_of(index));
            let (input, inputs) = match layers.last() {
                Some(layer) => (layer.outputs.clone(), layer.units),
                None => (features.clone(), config.features().iter().filter(|on| **on).count()),
            };
            let start = Start { config, activation, index, given: &mut given };
            layers.push(layer(start, &input, inputs, units, &name)?);
        }
        let sums = &layers[layers.len() - 1].sums.clone();
        let (sigma, losses) = loss(config, sums, &labels);
        let shown = shown(config, &sigma);
        if let Some(output) = layers.last_mut() {
            output.outputs = sigma.clone();
        }

        let loss = losses.reduce_mean(..).named("mean_loss");
        let penalty = penalty(config, &layers);
        let objective = match config.regularization {
            Regularization::None => loss.clone(),
            _ => (&loss + &penalty).named("objective"),
        };
        let step = tf.variable_untrained(0, "global_step");
        let learning_rate = learning_rate(config, tf, &step);
        let checked = objective.check_numerics("the loss").named("checked_loss");
        let (gradients, train) = training(config.optimizer, &learning_rate, &checked, &step);
        let initializer = tf.global_variables_initializer();
        graph.check()?;
        Ok(Network {
            points,
            labels,
            features,
            all_features,
            layers,
            sigma,
            shown,
            losses,
            loss,
            penalty,
            checked,
            gradients,
            learning_rate,
            train,
            initializer,
            graph,
        })
    }

    /// The variables that are learned, in the order of the protocol: layer by layer weights, biases, slopes.
    pub(crate) fn parameters(&self) -> Vec<Variable> {
        let of = |layer: &Layer| [Some(layer.weights.clone()), Some(layer.bias.clone()), layer.alpha.clone()];
        self.layers.iter().flat_map(of).flatten().collect()
    }
}

/// All seven features, and those that are on, side by side.
fn features(config: &Config, points: &Tensor) -> (Tensor, Tensor) {
    let tf = points.graph();
    let _scope = tf.name_scope("features");
    let x1 = points.slice([0, 0], [-1, 1]).named("x1");
    let x2 = points.slice([0, 1], [-1, 1]).named("x2");
    let all = [
        x1.clone(),
        x2.clone(),
        x1.square().named("x1_squared"),
        x2.square().named("x2_squared"),
        (&x1 * &x2).named("x1_times_x2"),
        x1.sin().named("sin_x1"),
        x2.sin().named("sin_x2"),
    ];
    let on: Vec<&Tensor> =
        all.iter().zip(config.features()).filter(|(_, on)| *on).map(|(one, _)| one).collect();
    let chosen = match on.len() {
        0 => points.slice([0, 0], [-1, 0]).named("none"),
        _ => tf.concat(&on, 1).named("features"),
    };
    let all = tf.concat(&all.iter().collect::<Vec<_>>(), 1).named("all");
    (all, chosen)
}

/// What a layer starts with.
struct Start<'a, 'b> {
    config: &'a Config,
    activation: Option<Activation>,
    /// The number of the layer.
    index: usize,
    /// The parameters that are given and not taken yet.
    given: &'a mut Option<&'b [f32]>,
}

impl Start<'_, '_> {
    /// The initial value of a variable: given, or as `usual` has it.
    fn value(&mut self, tf: &Graph, shape: &[usize], usual: &Initializer) -> Result<Tensor> {
        let Some(given) = self.given else { return Ok(usual.tensor(tf, shape, DType::Float32)) };
        let size = shape.iter().product();
        let Some((own, rest)) = given.split_at_checked(size) else {
            return Err(tenseur::Error::invalid("fewer parameters are given than there are"));
        };
        *self.given = Some(rest);
        Ok(tf.constant(Array::new(shape, own)?))
    }
}

fn layer(mut start: Start<'_, '_>, input: &Tensor, inputs: usize, units: usize, name: &str) -> Result<Layer> {
    let tf = input.graph();
    let _scope = tf.name_scope(name);
    let (config, activation) = (start.config, start.activation);
    let uniform = config.initialization == Initialization::Uniform;
    // Each layer draws from a stream of its own: adding one leaves the others as they are.
    let seed =
        (config.seed_number() >> 33) as i64 ^ ((config.weight_seed as i64) << 8) ^ (start.index as i64 + 1);
    let kernel = kernel(config.initialization, activation).seed(seed);
    let weights = tf.variable(start.value(tf, &[inputs, units], &kernel)?, "weights");
    let small = init::constant(if uniform { 0.1 } else { 0.0 });
    let bias = tf.variable(start.value(tf, &[units], &small)?, "bias");
    let alpha = match activation {
        Some(Activation::Prelu) => {
            Some(tf.variable(start.value(tf, &[units], &init::constant(0.25))?, "alpha"))
        }
        _ => None,
    };
    let sums = (input.matmul(&weights) + &bias).named("sums");
    let outputs = match activation {
        Some(activation) => apply(activation, &sums, alpha.as_ref()),
        None => sums.clone(),
    };
    Ok(Layer { name: name.to_string(), activation, weights, bias, alpha, sums, outputs, units, inputs })
}

fn kernel(initialization: Initialization, activation: Option<Activation>) -> Initializer {
    let slope = match activation {
        Some(Activation::Prelu) => 0.25,
        Some(Activation::LeakyRelu) => LEAK.into(),
        _ => 0.0,
    };
    match initialization {
        Initialization::Uniform => init::random_uniform(-0.5, 0.5),
        Initialization::Zero => init::zeros(),
        Initialization::TruncatedNormal => init::truncated_normal(0.0, 0.1),
        Initialization::Xavier => init::glorot_uniform(),
        Initialization::He => init::he_normal_for(slope),
    }
}

/// The slope of a leaky relu below 0.
pub(crate) const LEAK: f32 = 0.2;

/// A transfer function of `sums`.
pub(crate) fn apply(activation: Activation, sums: &Tensor, alpha: Option<&Variable>) -> Tensor {
    match (activation, alpha) {
        (Activation::Relu, _) => nn::relu(sums),
        (Activation::Tanh, _) => nn::tanh(sums),
        (Activation::Sigmoid, _) => nn::sigmoid(sums),
        (Activation::Linear, _) => sums.clone(),
        (Activation::Prelu, Some(alpha)) => nn::prelu(sums, alpha),
        (Activation::Prelu, None) => nn::prelu(sums, 0.25),
        (Activation::LeakyRelu, _) => nn::leaky_relu(sums, LEAK),
        (Activation::Elu, _) => nn::elu(sums),
        (Activation::Selu, _) => nn::selu(sums),
        (Activation::Softplus, _) => nn::softplus(sums),
        (Activation::Gelu, _) => nn::gelu(sums),
        (Activation::Swish, _) => nn::swish(sums),
        (Activation::Sine, _) => sums.sin(),
    }
}

/// What is compared with the labels, σ, and the loss of each example.
fn loss(config: &Config, sums: &Tensor, labels: &Tensor) -> (Tensor, Tensor) {
    let tf = sums.graph();
    let sigma = {
        let _scope = tf.name_scope("output/");
        let sigma = match (config.problem, config.loss) {
            (Problem::Regression, _) => sums.clone(),
            (Problem::Classification, Loss::SquaredError) => nn::tanh(sums),
            (Problem::Multiclass, _) | (_, Loss::SoftmaxCrossEntropy) => nn::softmax(sums),
            (Problem::Classification | Problem::Multilabel, _) => nn::sigmoid(sums),
        };
        if sigma == *sums { sigma } else { sigma.named("sigma") }
    };
    let _scope = tf.name_scope("loss");
    let losses = match config.loss {
        Loss::SquaredError => 0.5 * (&sigma - labels).square().reduce_sum(1),
        Loss::CrossEntropy => nn::sigmoid_cross_entropy_with_logits(labels, sums).reduce_sum(1),
        Loss::SoftmaxCrossEntropy => nn::softmax_cross_entropy_with_logits(labels, sums),
    };
    (sigma, losses.named("losses"))
}

/// The output as the map shows it: −1 to 1 for two classes; the probability of each of several; the number.
fn shown(config: &Config, sigma: &Tensor) -> Tensor {
    let _scope = sigma.graph().name_scope("shown");
    match (config.problem, config.loss) {
        (Problem::Classification, Loss::CrossEntropy) => 2.0 * sigma - 1.0,
        (Problem::Classification, Loss::SoftmaxCrossEntropy) => 2.0 * sigma.slice([0, 1], [-1, 1]) - 1.0,
        _ => sigma.identity(),
    }
}

/// What regularization adds to the loss; biases and slopes are not held small.
fn penalty(config: &Config, layers: &[Layer]) -> Tensor {
    let tf = layers[0].weights.graph();
    let _scope = tf.name_scope("penalty");
    let term = |layer: &Layer| match config.regularization {
        Regularization::L1 => layer.weights.abs().reduce_sum(..),
        _ => nn::l2_loss(&layer.weights),
    };
    if config.regularization == Regularization::None {
        return tf.constant(0.0);
    }
    let terms = layers.iter().map(term).reduce(|sum, term| sum + term);
    terms.map_or_else(|| tf.constant(0.0), |sum| sum * config.regularization_rate)
}

fn learning_rate(config: &Config, tf: &Graph, step: &Variable) -> Tensor {
    let (rate, steps, factor) = (config.learning_rate, config.decay_steps as i32, config.decay_rate as f32);
    let rate = match config.schedule {
        Schedule::Constant => tf.constant(rate as f32),
        Schedule::Exponential => exponential_decay(rate, step, steps, factor, false),
        Schedule::Staircase => exponential_decay(rate, step, steps, factor, true),
    };
    rate.named("learning_rate")
}

fn training(kind: Kind, rate: &Tensor, objective: &Tensor, step: &Variable) -> (Gradients, Operation) {
    fn with(optimizer: impl Optimizer, objective: &Tensor, step: &Variable) -> (Gradients, Operation) {
        let gradients = optimizer.compute_gradients(objective);
        let train = optimizer.apply_gradients_counting(&gradients, Some(step));
        (gradients, train)
    }
    use tenseur::train::Optimizer;
    match kind {
        Kind::Sgd => with(GradientDescentOptimizer::new(rate), objective, step),
        Kind::Momentum => with(MomentumOptimizer::new(rate, MOMENTUM), objective, step),
        Kind::Nesterov => with(MomentumOptimizer::new(rate, MOMENTUM).nesterov(), objective, step),
        Kind::Adagrad => with(AdagradOptimizer::new(rate), objective, step),
        Kind::RmsProp => with(RmsPropOptimizer::new(rate), objective, step),
        Kind::Adam => with(AdamOptimizer::new(rate), objective, step),
    }
}

/// The names of the features that are on.
pub(crate) fn feature_names(config: &Config) -> Vec<&'static str> {
    FEATURES.into_iter().zip(config.features()).filter(|(_, on)| *on).map(|(name, _)| name).collect()
}
