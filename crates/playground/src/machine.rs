//! A network with its data and its weights: it makes steps, and says how it does.

use std::collections::HashMap;

use tenseur::data::{BatchSize, Batches, Gather};
use tenseur::prelude::*;
use tenseur::{Prepared, Result};

use crate::config::{Activation, Config};
use crate::data::{Data, Example, labels, points};
use crate::network::Network;

/// All that a run keeps from step to step: every variable, by its name.
pub(crate) type Weights = Vec<(String, Array)>;

/// A network that learns.
pub(crate) struct Machine {
    pub(crate) network: Network,
    pub(crate) session: Session,
    variables: HashMap<String, Variable>,
    batches: Batches,
    points: Gather,
    labels: Gather,
    /// A prepared call for each size of batch that has come up: the full one, and the smaller last.
    calls: Vec<(usize, Prepared)>,
    looks: [Look; 2],
    probe: Probe,
    examples: usize,
    batch_size: usize,
}

/// A set of examples, and a prepared call that says how the network does on it.
struct Look {
    points: Array,
    labels: Array,
    call: Option<Prepared>,
}

/// What is looked at beside the scores, over the training set.
struct Probe {
    parameters: Tensor,
    gradients: Tensor,
    /// For each hidden unit: the greatest slope at any example, and how often it is nearly flat.
    slopes: Option<(Tensor, Tensor)>,
    calls: Option<[Prepared; 2]>,
}

/// What a probe found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) gradients: Vec<f32>,
    pub(crate) penalty: f32,
    pub(crate) learning_rate: f32,
    pub(crate) greatest_slopes: Vec<f32>,
    pub(crate) flat_shares: Vec<f32>,
}

/// Loss and σ over a set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Looked {
    pub(crate) loss: f32,
    pub(crate) sigma: Vec<f32>,
}

impl Machine {
    /// The network of these settings with its initial weights.
    pub(crate) fn new(config: &Config, data: &Data) -> Result<Machine> {
        let outputs = data.outputs.len();
        let network = Network::new(config, outputs, None)?;
        let probe = Probe::new(&network)?;
        let session = Session::new(&network.graph)?.portable();
        session.run_op(&network.initializer, feeds![])?;
        let variables = network.graph.global_variables().into_iter();
        let variables =
            variables.map(|variable| (variable.operation().name().to_string(), variable)).collect();
        let examples = data.training.len();
        let size = match config.batch_size {
            0 => BatchSize::Full,
            1 => BatchSize::Online,
            size => BatchSize::Mini(size),
        };
        let seed = config.shuffle.then(|| config.seed_number());
        let look = |set: &[Example]| -> Result<Look> {
            Ok(Look { points: points(set)?, labels: labels(set, config, outputs)?, call: None })
        };
        let looks = [look(&data.training)?, look(&data.test)?];
        Ok(Machine {
            network,
            session,
            variables,
            batches: Batches::new(examples, size, seed)?,
            points: Gather::new(&looks[0].points),
            labels: Gather::new(&looks[0].labels),
            calls: Vec::new(),
            looks,
            probe,
            examples,
            batch_size: size.examples(examples),
        })
    }

    /// Steps in an epoch.
    pub(crate) fn steps_per_epoch(&self) -> u64 {
        self.batches.steps_per_epoch() as u64
    }

    /// The examples of step number `step`, counted from 0.
    pub(crate) fn batch(&mut self, step: u64) -> Result<Vec<usize>> {
        let per_epoch = self.steps_per_epoch();
        self.batches.seek(step / per_epoch, (step % per_epoch) as usize)?;
        Ok(self.batches.next_batch().rows.to_vec())
    }

    /// How many examples all steps before `step` have seen.
    pub(crate) fn samples_before(&self, step: u64) -> u64 {
        let per_epoch = self.steps_per_epoch();
        step / per_epoch * self.examples as u64 + step % per_epoch * self.batch_size as u64
    }

    /// Makes step number `step`.
    ///
    /// # Errors
    /// When the loss is not finite. Weights are then as they were.
    pub(crate) fn step(&mut self, step: u64) -> Result<()> {
        let per_epoch = self.batches.steps_per_epoch() as u64;
        self.batches.seek(step / per_epoch, (step % per_epoch) as usize)?;
        let rows = self.batches.next_batch().rows;
        let (x, y) = (self.points.rows(rows)?, self.labels.rows(rows)?);
        let call = match self.calls.iter().position(|(size, _)| *size == rows.len()) {
            Some(known) => &mut self.calls[known].1,
            None => {
                let Network { points, labels, checked, train, .. } = &self.network;
                let call = self.session.prepare((checked, train), &[(points, x), (labels, y)])?;
                self.calls.push((rows.len(), call));
                let last = self.calls.len() - 1;
                &mut self.calls[last].1
            }
        };
        call.run(&[x, y])
    }

    /// What is to be kept to come back here.
    pub(crate) fn weights(&self) -> Weights {
        self.session.variables()
    }

    /// Puts weights back: those of variables that there are, and that have their shape.
    ///
    /// # Errors
    /// None that weights of a machine can bring about.
    pub(crate) fn set_weights(&self, weights: &Weights) -> Result<()> {
        for (name, value) in weights {
            if let Some(variable) = self.variables.get(name)
                && variable.shape().accepts(value.shape())
            {
                self.session.set_variable(variable, value)?;
            }
        }
        Ok(())
    }

    /// Sets one element of a variable.
    ///
    /// # Errors
    /// When the variable has no such element.
    pub(crate) fn set_element(&self, variable: &Variable, index: usize, value: f32) -> Result<()> {
        let mut array = self.session.run(variable, feeds![])?;
        match array.as_mut_slice::<f32>()?.get_mut(index) {
            Some(element) => *element = value,
            None => {
                return Err(tenseur::Error::invalid(format!("{} has no element {index}", variable.name())));
            }
        }
        self.session.set_variable(variable, &array)
    }

    /// All that is learned, as one row of numbers.
    pub(crate) fn parameters(&mut self) -> Result<Vec<f32>> {
        let [parameters, _] = self.probe.calls(&self.session, &self.network, &self.looks[0])?;
        parameters.run(&[])?;
        Ok(parameters.output(0).as_slice::<f32>()?.to_vec())
    }

    /// How the network does on the training set (0) or the test set (1).
    pub(crate) fn look(&mut self, set: usize) -> Result<Looked> {
        let Look { points, labels, call } = &mut self.looks[set];
        let call = match call {
            Some(call) => call,
            None => {
                let network = &self.network;
                let fetches = (&network.loss, &network.sigma);
                let feeds = [(&network.points, &*points), (&network.labels, &*labels)];
                call.insert(self.session.prepare(fetches, &feeds)?)
            }
        };
        call.run(&[points, labels])?;
        Ok(Looked {
            loss: call.output(0).as_slice::<f32>()?[0],
            sigma: call.output(1).as_slice::<f32>()?.to_vec(),
        })
    }

    /// The training set as it is fed.
    pub(crate) fn training_feeds(&self) -> Feeds {
        let Look { points, labels, .. } = &self.looks[0];
        feeds![self.network.points => points, self.network.labels => labels]
    }

    /// The first batch of the data as it is fed.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn first_batch(&self) -> Result<Feeds> {
        let rows: Vec<usize> = (0..self.batch_size).collect();
        let mut gather = (self.points.clone(), self.labels.clone());
        let (points, labels) = (gather.0.rows(&rows)?.clone(), gather.1.rows(&rows)?.clone());
        Ok(feeds![self.network.points => points, self.network.labels => labels])
    }

    /// Gradients and slopes over the training set.
    pub(crate) fn probe(&mut self) -> Result<Found> {
        let (look, slopes) = (&self.looks[0], self.probe.slopes.is_some());
        let [_, call] = self.probe.calls(&self.session, &self.network, look)?;
        call.run(&[&look.points, &look.labels])?;
        let numbers =
            |index: usize| -> Result<Vec<f32>> { Ok(call.output(index).as_slice::<f32>()?.to_vec()) };
        let (greatest_slopes, flat_shares) = match slopes {
            true => (numbers(3)?, numbers(4)?),
            false => (Vec::new(), Vec::new()),
        };
        Ok(Found {
            gradients: numbers(0)?,
            penalty: numbers(1)?[0],
            learning_rate: numbers(2)?[0],
            greatest_slopes,
            flat_shares,
        })
    }
}

impl Probe {
    /// The tensors, added to the network's graph.
    fn new(network: &Network) -> Result<Probe> {
        let tf = &network.graph;
        let _scope = tf.name_scope("probe");
        let row = |tensor: &Tensor| tensor.reshape([-1]);
        let learned = network.parameters();
        let parameters: Vec<Tensor> = learned.iter().map(|variable| row(variable)).collect();
        let gradient = |variable: &Variable| {
            let found = network.gradients.iter().find(|(_, of)| of.name() == variable.name());
            match found.and_then(|(gradient, _)| gradient.as_ref()) {
                Some(gradient) => row(gradient),
                None => row(&variable.zeros_like()),
            }
        };
        let gradients: Vec<Tensor> = learned.iter().map(gradient).collect();
        let (mut greatest, mut flat) = (Vec::new(), Vec::new());
        for layer in network.layers.iter().filter(|layer| layer.activation.is_some()) {
            let slope = match layer.activation {
                Some(Activation::Linear) => layer.sums.ones_like(),
                _ => tenseur::gradients(&[&layer.outputs], &[&layer.sums])[0]
                    .clone()
                    .unwrap_or_else(|| layer.sums.zeros_like()),
            };
            let steepest = if layer.activation == Some(Activation::Sigmoid) { 0.25 } else { 1.0 };
            greatest.push(slope.abs().reduce_max(0));
            flat.push(slope.abs().less(0.01 * steepest).cast::<f32>().reduce_mean(0));
        }
        let slopes = (!greatest.is_empty()).then(|| (tf.concat(&greatest, 0), tf.concat(&flat, 0)));
        let probe = Probe {
            parameters: tf.concat(&parameters, 0),
            gradients: tf.concat(&gradients, 0),
            slopes,
            calls: None,
        };
        tf.check()?;
        Ok(probe)
    }

    /// The two prepared calls: what is learned; and what is found over a set.
    fn calls(&mut self, session: &Session, network: &Network, look: &Look) -> Result<&mut [Prepared; 2]> {
        if self.calls.is_none() {
            let feeds = [(&network.points, &look.points), (&network.labels, &look.labels)];
            let first = session.prepare(&self.parameters, &[])?;
            let (gradients, penalty, rate) = (&self.gradients, &network.penalty, &network.learning_rate);
            let second = match &self.slopes {
                Some((greatest, flat)) => {
                    session.prepare((gradients, penalty, rate, greatest, flat), &feeds)?
                }
                None => session.prepare((gradients, penalty, rate), &feeds)?,
            };
            self.calls = Some([first, second]);
        }
        self.calls.as_mut().ok_or_else(|| tenseur::Error::invalid("there is no call to probe with"))
    }
}
