//! One point, forward and back: what each layer makes of it, and where the loss and its gradient come from. All numbers
//! are fetched from the network's graph.

use serde::Serialize;
use tenseur::prelude::*;
use tenseur::{Error, Result};

use crate::config::{Config, Loss};
use crate::data::{Example, labels, points};
use crate::machine::Machine;
use crate::network::Network;

/// The forward and backward pass of a point.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Inspected {
    pub at: [f32; 2],
    pub target: Option<Vec<f32>>,
    pub features: Vec<f32>,
    pub layers: Vec<Pass>,
    pub sigma: Vec<f32>,
    pub loss: Option<f32>,
    pub terms: Vec<f32>,
    pub jacobian: Vec<Vec<f32>>,
    pub difference: Vec<f32>,
}

/// A layer's part of a pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Pass {
    pub sums: Vec<f32>,
    pub outputs: Vec<f32>,
    pub gradients: Vec<f32>,
}

/// The tensors that are asked for.
pub(crate) struct Inspector {
    wanted: Vec<Tensor>,
    layers: usize,
    outputs: usize,
}

impl Inspector {
    /// Adds to the network's graph what only a point's inspection needs.
    pub(crate) fn new(network: &Network, config: &Config) -> Result<Inspector> {
        let tf = &network.graph;
        let _scope = tf.name_scope("inspect");
        let sums: Vec<&Tensor> = network.layers.iter().map(|layer| &layer.sums).collect();
        let found = tenseur::gradients(&[&network.losses], &sums);
        let or_zeros =
            |(gradient, of): (Option<Tensor>, &&Tensor)| gradient.unwrap_or_else(|| of.zeros_like());
        let gradients: Vec<Tensor> = found.into_iter().zip(&sums).map(or_zeros).collect();
        let output = sums[sums.len() - 1];
        let outputs = network.layers[network.layers.len() - 1].units;
        let (sigma, labels) = (&network.sigma, &network.labels);
        let terms = match config.loss {
            Loss::SquaredError => 0.5 * (sigma - labels).square(),
            Loss::CrossEntropy => nn::sigmoid_cross_entropy_with_logits(labels, output),
            Loss::SoftmaxCrossEntropy => -(labels * nn::log_softmax(output)),
        };
        let mut wanted = vec![network.features.clone(), network.sigma.clone(), network.losses.clone(), terms];
        for (layer, gradient) in network.layers.iter().zip(gradients) {
            wanted.extend([layer.sums.clone(), layer.outputs.clone(), gradient]);
        }
        for unit in 0..outputs as i32 {
            let one = sigma.slice([0, unit], [-1, 1]);
            let slope = match sigma == output {
                true => one.ones_like() * tf.constant(unit_vector(unit as usize, outputs)?),
                false => or_zeros((tenseur::gradients(&[&one], &[output])[0].clone(), &output)),
            };
            wanted.push(slope);
        }
        tf.check()?;
        Ok(Inspector { wanted, layers: network.layers.len(), outputs })
    }

    /// The pass of a point; of one that is no example the loss and its gradients are left out.
    ///
    /// # Errors
    /// When the point is not finite.
    pub(crate) fn inspect(
        &self,
        machine: &Machine,
        config: &Config,
        example: &Example,
        known: bool,
    ) -> Result<Inspected> {
        if !(example.x.is_finite() && example.y.is_finite()) {
            return Err(Error::invalid("the point is not finite"));
        }
        let examples = [example.clone()];
        let (x, y) = (points(&examples)?, labels(&examples, config, self.outputs)?);
        let network = &machine.network;
        let found =
            machine.session.run(&self.wanted[..], feeds![network.points => &x, network.labels => &y])?;
        let row = |index: usize| -> Result<Vec<f32>> { Ok(found[index].as_slice::<f32>()?.to_vec()) };
        let layers = (0..self.layers).map(|layer| {
            let at = 4 + 3 * layer;
            let gradients = row(at + 2)?;
            let gradients = if known { gradients } else { vec![0.0; gradients.len()] };
            Ok(Pass { sums: row(at)?, outputs: row(at + 1)?, gradients })
        });
        let layers = layers.collect::<Result<Vec<Pass>>>()?;
        let slopes = 4 + 3 * self.layers;
        let difference = layers.last().map(|pass| pass.gradients.clone()).unwrap_or_default();
        Ok(Inspected {
            at: [example.x, example.y],
            target: if known { Some(y.as_slice::<f32>()?.to_vec()) } else { None },
            features: row(0)?,
            layers,
            sigma: row(1)?,
            loss: if known { Some(row(2)?[0]) } else { None },
            terms: if known { row(3)? } else { Vec::new() },
            jacobian: (0..self.outputs).map(|unit| row(slopes + unit)).collect::<Result<_>>()?,
            difference: if known { difference } else { Vec::new() },
        })
    }
}

fn unit_vector(at: usize, size: usize) -> Result<Array> {
    Array::new([1, size], (0..size).map(|index| f32::from(u8::from(index == at))).collect::<Vec<f32>>())
}
