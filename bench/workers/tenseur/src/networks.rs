//! Training steps of networks, by plain gradient descent. The steps' losses are those before each update.

use tenseur::Prepared;
use tenseur::formats::npz;
use tenseur::prelude::*;
use tenseur_bench_protocol::{Job, Request};

use crate::Mistake;

/// The rate of descent.
const RATE: f32 = 0.01;

/// A graph, and the arrays that its inputs and weights come from.
pub(crate) struct Given {
    pub(crate) graph: Graph,
    arrays: std::collections::BTreeMap<String, Array>,
}

impl Given {
    pub(crate) fn load(request: &Request) -> Result<Given, Mistake> {
        Ok(Given { graph: Graph::new(), arrays: npz::load(&request.data)? })
    }

    pub(crate) fn array(&self, name: &str) -> Result<&Array, Mistake> {
        self.arrays.get(name).ok_or_else(|| format!("the data holds no array \"{name}\"").into())
    }

    /// A variable that starts with the array.
    pub(crate) fn variable(&self, name: &str) -> Result<Variable, Mistake> {
        Ok(self.graph.variable(self.array(name)?, name))
    }

    /// How many layers have weights: w1, w2, …
    fn layers(&self) -> usize {
        (1..).take_while(|layer| self.arrays.contains_key(&format!("w{layer}"))).count()
    }

    /// `signal·w + b` with the weights of a layer.
    fn dense(&self, signal: &Tensor, layer: usize) -> Result<Tensor, Mistake> {
        let (w, b) = (self.variable(&format!("w{layer}"))?, self.variable(&format!("b{layer}"))?);
        Ok(signal.matmul(&w) + &b)
    }

    /// A session with its variables initialized.
    pub(crate) fn session(&self, threads: usize) -> Result<Session, Mistake> {
        let sess = Session::new(&self.graph)?.threads(threads);
        sess.run_op(&self.graph.global_variables_initializer(), feeds![])?;
        Ok(sess)
    }

    /// Descends the cost of a batch of x and y, with so many steps in a call.
    fn descend(
        self,
        request: &Request,
        cost: &Tensor,
        fed: [&Tensor; 2],
        steps: usize,
    ) -> Result<Job, Mistake> {
        let train = train::GradientDescentOptimizer::new(RATE).minimize(cost);
        let sess = self.session(request.threads)?;
        let arrays = [self.array("x")?.clone(), self.array("y")?.clone()];
        let examples: Vec<(&Tensor, &Array)> = fed.into_iter().zip(&arrays).collect();
        let mut with_loss = sess.prepare((cost, &train), &examples)?;
        let mut losses = Vec::new();
        for _ in 0..request.losses {
            with_loss.run(&[&arrays[0], &arrays[1]])?;
            losses.push(f64::from(with_loss.output(0).as_slice::<f32>()?[0]));
        }
        drop(with_loss);
        let fed = fed.map(Tensor::clone);
        let mut call: Option<Prepared> = None;
        let run = move |calls: usize| -> tenseur::Result<()> {
            let call = match &mut call {
                Some(call) => call,
                None => {
                    let examples: Vec<(&Tensor, &Array)> = fed.iter().zip(&arrays).collect();
                    call.insert(sess.prepare(&train, &examples)?)
                }
            };
            (0..calls).try_for_each(|_| call.run_steps(steps, &[&arrays[0], &arrays[1]]))
        };
        Ok(per_step(losses, steps, run))
    }
}

/// A job that is called `steps` steps at a time, and answers with the time of one.
fn per_step(
    losses: Vec<f64>,
    steps: usize,
    mut run: impl FnMut(usize) -> tenseur::Result<()> + 'static,
) -> Job {
    let mut job = Job::steps(losses, move |calls| run(calls).map_err(|error| error.to_string()));
    let mut measure = job.measure;
    job.measure = Box::new(move |seconds| {
        let mut figures = measure(seconds)?;
        figures.values_mut().for_each(|seconds| *seconds /= steps as f64);
        Ok(figures)
    });
    job
}

/// Inputs and targets of as many rows as come.
fn placeholders(given: &Given) -> Result<[Tensor; 2], Mistake> {
    let placeholder = |name: &str| -> Result<Tensor, Mistake> {
        let sizes = given.array(name)?.shape().to_vec();
        let sizes: Vec<Option<usize>> =
            sizes.iter().enumerate().map(|(axis, &size)| (axis > 0).then_some(size)).collect();
        Ok(given.graph.placeholder::<f32>(sizes, name))
    };
    Ok([placeholder("x")?, placeholder("y")?])
}

/// Fully connected, tanh between the layers, mean square.
pub(crate) fn small(request: &Request, steps: usize) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let [x, y] = placeholders(&given)?;
    let layers = given.layers();
    let mut signal = given.dense(&x, 1)?;
    for layer in 2..=layers {
        signal = given.dense(&nn::tanh(&signal), layer)?;
    }
    let cost = (signal - &y).square().reduce_mean(..);
    given.descend(request, &cost, [&x, &y], steps)
}

/// Fully connected, ReLU between the layers, softmax cross-entropy.
pub(crate) fn mlp(request: &Request) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let [x, y] = placeholders(&given)?;
    let layers = given.layers();
    let mut signal = given.dense(&x, 1)?;
    for layer in 2..=layers {
        signal = given.dense(&nn::relu(&signal), layer)?;
    }
    let cost = nn::softmax_cross_entropy_with_logits(&y, &signal).reduce_mean(..);
    given.descend(request, &cost, [&x, &y], 1)
}

/// Two convolutions with ReLU and maximum pooling, a layer of units with ReLU, classes.
pub(crate) fn conv(request: &Request) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let [x, y] = placeholders(&given)?;
    let mut signal = x.clone();
    for layer in [1, 2] {
        let (w, b) = (given.variable(&format!("w{layer}"))?, given.variable(&format!("b{layer}"))?);
        let convolved = nn::conv2d(&signal, &w, [1, 1], nn::Padding::Same) + &b;
        signal = nn::max_pool(nn::relu(&convolved), [2, 2], [2, 2], nn::Padding::Same);
    }
    let inputs = given.array("w3")?.shape()[0] as i32;
    let units = nn::relu(given.dense(&signal.reshape([-1, inputs]), 3)?);
    let logits = given.dense(&units, 4)?;
    let cost = nn::softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    given.descend(request, &cost, [&x, &y], 1)
}

/// A layer of LSTM cells over frames, `[frames, batch, inputs]`; what it says last is classified.
pub(crate) fn lstm(request: &Request) -> Result<Job, Mistake> {
    let given = Given::load(request)?;
    let tf = &given.graph;
    let sizes = given.array("x")?.shape().to_vec();
    let cells = given.array("b1")?.len() / 4;
    let x = tf.placeholder::<f32>([sizes[0], sizes[1], sizes[2]], "x");
    let y = tf.placeholder::<f32>(given.array("y")?.shape(), "y");
    let (w, b) = (given.variable("w1")?, given.variable("b1")?);
    let mut memory = tf.zeros::<f32>([sizes[1], cells]);
    let mut state = memory.clone();
    for frame in x.unstack(0) {
        // The gates in TensorFlow's order: input, new memory, forget, output.
        let gates = tf.concat(&[&frame, &state], 1).matmul(&w) + &b;
        let [input, new, forget, output] = &gates.split_evenly(4, 1)[..] else {
            return Err("an LSTM has four gates".into());
        };
        memory = memory * nn::sigmoid(&(forget + 1.0)) + nn::sigmoid(input) * nn::tanh(new);
        state = nn::tanh(&memory) * nn::sigmoid(output);
    }
    let logits = given.dense(&state, 2)?;
    let cost = nn::softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    given.descend(request, &cost, [&x, &y], 1)
}
