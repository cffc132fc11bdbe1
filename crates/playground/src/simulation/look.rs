//! What a simulation shows: answers that change nothing, and frames.

use tenseur::{Error, Result};

use super::Simulation;
use crate::config::Activation;
use crate::data::{Data, Example};
use crate::network::feature_names;
use crate::protocol::{Command, Event, LayerShape, NetworkShape, Parts, Place, Set, Wanted};
use crate::{curves, export, formulas, graph_picture};

impl Simulation {
    /// Answers what changes nothing.
    pub(super) fn look(&mut self, command: Command) -> Result<Event> {
        match command {
            Command::Points => Ok(Event::Points { parts: self.points() }),
            Command::Inspect { at } => self.inspect(at),
            Command::Curves => Ok(Event::Curves { x: curves::places(), curves: curves::curves()? }),
            Command::Thumbnails => Ok(Event::Thumbnails { datasets: Data::thumbnails(&self.config)? }),
            Command::Formulas { numbers } => {
                let config = self.config.clone();
                let (status, _, parameters) = self.looked()?;
                let (rate, parameters) = (status.learning_rate, parameters.to_vec());
                let numbers = numbers.then_some(&parameters[..]);
                let lines = formulas::formulas(&config, &self.run.machine.network, numbers, rate)?;
                Ok(Event::Formulas { lines })
            }
            Command::Graph { open, training } => {
                Ok(Event::Graph(graph_picture::picture(&self.run.machine, &open, training)?))
            }
            Command::Node { name } => Ok(Event::Node(self.run.node(&name)?)),
            Command::Export { form } => {
                let (status, _, parameters) = self.looked()?;
                let (loss, parameters) = (status.training.loss, parameters.to_vec());
                let (config, run) = (&self.config, &self.run);
                let (data, network) = (&run.data, &run.machine.network);
                let model = export::Model { config, data, network, parameters: &parameters, loss };
                Ok(Event::Exported(export::export(form, &model)?))
            }
            Command::Save => Ok(Event::Saved { name: "playground.json", model: self.model()? }),
            _ => self.done(),
        }
    }

    /// Where each parameter is.
    pub(super) fn network(&self) -> NetworkShape {
        let mut at = 0;
        let layers = self.run.machine.network.layers.iter().map(|layer| {
            let weights = at;
            let biases = weights + layer.inputs * layer.units;
            let alphas = layer.alpha.as_ref().map(|_| biases + layer.units);
            at = biases + layer.units + alphas.map_or(0, |_| layer.units);
            let output = formulas::output(&self.config);
            LayerShape {
                name: layer.name.clone(),
                activation: layer.activation.map_or(output, Activation::name),
                inputs: layer.inputs,
                units: layer.units,
                weights,
                biases,
                alphas,
            }
        });
        let layers = layers.collect();
        let outputs = self.run.data.outputs.clone();
        NetworkShape { features: feature_names(&self.config), layers, parameters: at, outputs }
    }

    /// What a frame holds.
    pub(super) fn frame(&mut self, wanted: Wanted) -> Result<Event> {
        let mut parts = Parts::default();
        let (status, found, parameters) = self.looked()?;
        let (status, gradients, parameters) = (status.clone(), found.gradients.clone(), parameters.to_vec());
        let count = parameters.len();
        let or_zeros = |numbers: &[f32]| match numbers.len() == count {
            true => numbers.to_vec(),
            false => vec![0.0; count],
        };
        parts.add("parameters", &[count], &parameters);
        parts.add("gradients", &[count], &or_zeros(&gradients));
        parts.add("updates", &[count], &or_zeros(&self.run.update));
        let rows = self.run.chart.rows();
        parts.add("history", &[rows.len(), 5], rows.as_flattened());
        if wanted.maps || wanted.watch.is_some() {
            self.run.maps()?.add_to(&mut parts, wanted.watch)?;
        }
        Ok(Event::Frame { version: self.version, status, parts })
    }

    fn points(&self) -> Parts {
        let mut parts = Parts::default();
        for (name, set) in [("training", &self.run.data.training), ("test", &self.run.data.test)] {
            let width = set.first().map_or(3, |example| 2 + example.target.len());
            let row = |example: &Example| {
                [example.x, example.y].into_iter().chain(example.target.iter().copied()).collect::<Vec<f32>>()
            };
            parts.add(name, &[set.len(), width], &set.iter().flat_map(row).collect::<Vec<f32>>());
        }
        parts
    }

    fn inspect(&mut self, at: Place) -> Result<Event> {
        let (example, known) = match at {
            Place::Point { x, y } => {
                (Example { x, y, target: vec![0.0; self.run.data.outputs.len()] }, false)
            }
            Place::Example { example, set } => {
                let (set, name) = match set {
                    Set::Training => (&self.run.data.training, "training"),
                    Set::Test => (&self.run.data.test, "test"),
                };
                let found = set.get(example);
                let missing = || Error::invalid(format!("there is no example {example} in the {name} set"));
                (found.ok_or_else(missing)?.clone(), true)
            }
        };
        let config = self.config.clone();
        let (inspector, machine) = self.run.inspector(&config)?;
        Ok(Event::Inspected(inspector.inspect(machine, &config, &example, known)?))
    }
}
