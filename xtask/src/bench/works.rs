//! What is measured, and what it is to reach.

use serde_json::{Value, json};

use super::systems::{System, TENSEUR, WASM};

/// What a row's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Bytes,
}

/// What no machine like this one goes below.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// The multiply-adds in registers.
    MultiplyAdds(f64),
    /// The reading and writing of so many bytes.
    Bytes(f64),
    /// The step of 2-8-8-1 by hand, on one thread.
    SmallStep,
}

/// A step that is made again and again.
pub(super) struct Work {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// Its name to workers.
    pub(super) prepare: &'static str,
    /// What stands before its numbers.
    pub(super) title: &'static str,
    pub(super) limit: Limit,
    /// What is compared with the others.
    pub(super) ours: &'static System,
    /// The other systems that can do it.
    pub(super) peers: &'static [&'static str],
    /// The most it may take, in times of the best peer, with one thread, and with two if that is measured.
    pub(super) goals: &'static [f64],
    /// How many times as fast two threads are to be as one.
    pub(super) speed_up: f64,
}

impl Work {
    /// Whether a system can do it.
    pub(super) fn takes(&self, system: &System) -> bool {
        system.key == self.ours.key || self.peers.contains(&system.key)
    }
}

/// Those that learn any network.
const ALL: &[&str] = &["tensorflow", "jax", "pytorch", "candle", "burn"];

/// Those that learn a small network of tanh, which engines of playgrounds do too.
const SMALL: &[&str] = &["tensorflow", "jax", "pytorch", "candle", "burn", "playground", "links"];

/// Those written in Python, or for it.
pub(super) const IN_PYTHON: [&str; 3] = ["tensorflow", "jax", "pytorch"];

/// A dense layer's products; a training step makes three of them, and two in the first layer.
const fn dense(inputs: usize, outputs: usize) -> usize {
    inputs * outputs
}

const MLP: usize = 128 * (3 * (dense(784, 512) + dense(512, 256) + dense(256, 10)) - dense(784, 512));

/// Per picture: two convolutions over 28 × 28 and 14 × 14 places, and two dense layers.
const CONV: usize = {
    let first = 28 * 28 * 5 * 5 * 32;
    let second = 14 * 14 * 5 * 5 * 32 * 64;
    64 * (3 * (first + second + dense(7 * 7 * 64, 1024) + dense(1024, 10)) - first)
};

/// Per example: 28 frames of 28 inputs, whose gradient nobody wants, and 128 units.
const LSTM: usize = 128 * (28 * (3 * dense(28 + 128, 512) - dense(28, 512)) + 3 * dense(128, 10));

/// Logits are read, and their gradient is written.
const CROSS_ENTROPY: usize = 2 * 4 * 4096 * 1000;

/// x and the upstream gradient are read, and the gradient with respect to x is written.
const PRELU: usize = 3 * 4 * 32 * 56 * 56 * 64;

pub(super) const WORKS: [Work; 8] = [
    Work {
        name: "small",
        prepare: "small",
        title: "2-8-8-1 tanh, batch 10, mean square, one call a step",
        limit: Limit::SmallStep,
        ours: &TENSEUR,
        peers: SMALL,
        goals: &[1.0 / 15.0, 1.0 / 15.0],
        speed_up: 1.0,
    },
    Work {
        name: "small1000",
        prepare: "small1000",
        title: "the same, 1,000 steps in one call, a step",
        limit: Limit::SmallStep,
        ours: &TENSEUR,
        peers: &["jax"],
        goals: &[0.2, 0.2],
        speed_up: 1.0,
    },
    Work {
        name: "wasm",
        prepare: "small",
        title: "2-8-8-1 in WebAssembly, beside engines in JavaScript",
        limit: Limit::SmallStep,
        ours: &WASM,
        peers: &["playground", "links"],
        goals: &[0.25],
        speed_up: 1.0,
    },
    Work {
        name: "mlp",
        prepare: "mlp",
        title: "784-512-256-10 ReLU, batch 128, softmax cross-entropy",
        limit: Limit::MultiplyAdds(MLP as f64),
        ours: &TENSEUR,
        peers: ALL,
        goals: &[0.75, 0.7],
        speed_up: 1.75,
    },
    Work {
        name: "conv",
        prepare: "conv",
        title: "conv 5×5×32 – pool – conv 5×5×64 – pool – 1024 – 10, batch 64",
        limit: Limit::MultiplyAdds(CONV as f64),
        ours: &TENSEUR,
        peers: ALL,
        goals: &[0.7, 0.7],
        speed_up: 1.75,
    },
    Work {
        name: "cross_entropy",
        prepare: "cross_entropy",
        title: "softmax cross-entropy and gradient, [4096, 1000]",
        limit: Limit::Bytes(CROSS_ENTROPY as f64),
        ours: &TENSEUR,
        peers: ALL,
        goals: &[0.25, 0.4],
        speed_up: 1.0,
    },
    Work {
        name: "prelu",
        prepare: "prelu",
        title: "PReLU, 64 channels, and gradients, 32×56×56×64",
        limit: Limit::Bytes(PRELU as f64),
        ours: &TENSEUR,
        peers: ALL,
        goals: &[1.0 / 7.0, 1.0 / 7.0],
        speed_up: 1.0,
    },
    Work {
        name: "lstm",
        prepare: "lstm",
        title: "LSTM, 128 units, 28 frames, batch 128",
        limit: Limit::MultiplyAdds(LSTM as f64),
        ours: &TENSEUR,
        peers: ALL,
        goals: &[0.7, 0.7],
        speed_up: 1.0,
    },
];

/// What is measured beside the works, each in its own way.
pub(super) const BESIDE: [&str; 3] = ["first_step", "chain", "growth"];

/// All that `--only` knows.
pub(super) fn names() -> Vec<&'static str> {
    WORKS.iter().map(|work| work.name).chain(BESIDE).collect()
}

/// The peers that can do a work.
pub(super) fn peers(work: &str) -> &'static [&'static str] {
    WORKS.iter().find(|known| known.name == work).map_or(&[], |work| work.peers)
}

/// The sizes that the data of a work is made with, where they are not fixed.
pub(super) fn sizes(work: &str) -> Value {
    match work {
        "mlp" => json!({ "widths": [784, 512, 256, 10], "batch": 128 }),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiply_adds_are_those_counted_by_hand() {
        assert_eq!(MLP, 154_075_136);
        assert_eq!(CONV, 64 * (3 * (627_200 + 10_035_200 + 3_211_264 + 10_240) - 627_200));
    }
}
