//! The inputs and initial weights that all systems are given: random, and another with every seed.

use std::collections::BTreeMap;

use serde_json::Value;
use tenseur::formats::npz;
use tenseur::prelude::*;

use crate::Mistake;

/// Writes the data of a work, `{"work": NAME, "seed": NUMBER, "path": FILE}` and sizes where they are not fixed.
pub(crate) fn write(request: &str) -> Result<(), Mistake> {
    let request: Value = serde_json::from_str(request)?;
    let text = |key: &str| request[key].as_str().ok_or_else(|| format!("no \"{key}\" in {request}"));
    let seed = request["seed"].as_i64().ok_or("no \"seed\" in the request")?;
    let mut random = Random { graph: Graph::new(), seed, tensors: Vec::new() };
    match text("work")? {
        "small" | "small1000" => {
            random.normal("x", &[10, 2], 1.0);
            random.normal("y", &[10, 1], 1.0);
            random.layers(&[2, 8, 8, 1], 1.0);
        }
        "mlp" => {
            let widths: Vec<usize> = serde_json::from_value(request["widths"].clone())?;
            let batch: usize = serde_json::from_value(request["batch"].clone())?;
            random.normal("x", &[batch, widths[0]], 1.0);
            random.one_hot("y", batch, widths[widths.len() - 1]);
            random.layers(&widths, 2.0);
        }
        "conv" => {
            random.normal("x", &[64, 28, 28, 1], 1.0);
            random.one_hot("y", 64, 10);
            random.weights(1, &[5, 5, 1, 32], 25, 1.0);
            random.weights(2, &[5, 5, 32, 64], 25 * 32, 1.0);
            random.weights(3, &[7 * 7 * 64, 1024], 7 * 7 * 64, 1.0);
            random.weights(4, &[1024, 10], 1024, 1.0);
        }
        "lstm" => {
            let (frames, batch, inputs, cells) = (28, 128, 28, 128);
            random.normal("x", &[frames, batch, inputs], 1.0);
            random.one_hot("y", batch, 10);
            random.weights(1, &[inputs + cells, 4 * cells], inputs + cells, 1.0);
            random.weights(2, &[cells, 10], cells, 1.0);
        }
        "cross_entropy" => {
            random.normal("logits", &[4096, 1000], 2.0);
            random.classes("labels", 4096, 1000);
        }
        "prelu" => {
            random.normal("x", &[32, 56, 56, 64], 1.0);
            random.uniform("g", &[32, 56, 56, 64]);
            random.uniform("alpha", &[64]);
        }
        work => return Err(format!("\"{work}\" has no data").into()),
    }
    random.save(text("path")?)
}

/// Random tensors with names; each has a seed of its own.
struct Random {
    graph: Graph,
    seed: i64,
    tensors: Vec<(String, Tensor)>,
}

impl Random {
    fn next_seed(&mut self) -> i64 {
        self.seed += 1;
        self.seed
    }

    fn normal(&mut self, name: &str, shape: &[usize], deviation: f32) {
        let seed = self.next_seed();
        let tensor = self.graph.random_normal(shape.to_vec()).seed(seed).tensor() * deviation;
        self.tensors.push((name.to_string(), tensor));
    }

    /// Numbers in `[0, 1)`.
    fn uniform(&mut self, name: &str, shape: &[usize]) {
        let seed = self.next_seed();
        self.tensors.push((name.to_string(), self.graph.random_uniform(shape.to_vec()).seed(seed).tensor()));
    }

    /// Numbers of classes, of int32.
    fn classes(&mut self, name: &str, rows: usize, classes: usize) {
        let seed = self.next_seed();
        let drawn = self.graph.random_uniform([rows]).seed(seed).tensor() * classes as f32;
        self.tensors.push((name.to_string(), drawn.cast::<i32>()));
    }

    /// Classes as rows with a single 1.
    fn one_hot(&mut self, name: &str, rows: usize, classes: usize) {
        self.classes(name, rows, classes);
        if let Some((_, drawn)) = self.tensors.last_mut() {
            *drawn = drawn.one_hot(classes as i32);
        }
    }

    /// Weights w and zeros b of a layer. The weights' variance is `gain` over the number of inputs.
    fn weights(&mut self, layer: usize, shape: &[usize], inputs: usize, gain: f32) {
        self.normal(&format!("w{layer}"), shape, (gain / inputs as f32).sqrt());
        let zeros = self.graph.zeros::<f32>([shape[shape.len() - 1]]);
        self.tensors.push((format!("b{layer}"), zeros));
    }

    /// The weights of fully connected layers.
    fn layers(&mut self, widths: &[usize], gain: f32) {
        for (layer, pair) in widths.windows(2).enumerate() {
            self.weights(layer + 1, pair, pair[0], gain);
        }
    }

    fn save(self, path: &str) -> Result<(), Mistake> {
        let sess = Session::new(&self.graph)?;
        let tensors: Vec<Tensor> = self.tensors.iter().map(|(_, tensor)| tensor.clone()).collect();
        let arrays = sess.run(&tensors[..], feeds![])?;
        let named: BTreeMap<String, Array> =
            self.tensors.into_iter().map(|(name, _)| name).zip(arrays).collect();
        if let Some(folder) = std::path::Path::new(path).parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(npz::save(path, &named)?)
    }
}
