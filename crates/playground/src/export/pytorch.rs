//! The program in Python, for PyTorch.

use std::fmt::Write;

use tenseur::Result;

use super::Model;
use super::keras::feature;
use super::literals::{examples, matrix, number, row};
use crate::config::{Activation, Loss, Optimizer, Regularization};
use crate::formulas::output;
use crate::network::{LEAK, feature_names};

/// The program.
pub(super) fn program(model: &Model<'_>) -> Result<String> {
    let config = model.config;
    let features: Vec<String> =
        feature_names(config).into_iter().map(|name| feature(name).replace("np.", "torch.")).collect();
    let mut text = String::from(
        "\"\"\"A network of tenseur's playground, with its data and its weights, in PyTorch.\n\n\
         It prints the losses that the page showed.\n\"\"\"\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional\n\n\n",
    );
    let out = &mut text;
    let joined = match features.is_empty() {
        true => "points[:, 0:0]".to_string(),
        false => format!("torch.cat([{}], 1)", features.join(", ")),
    };
    let _ = write!(out, "class Network(nn.Module):\n    def __init__(self):\n        super().__init__()\n");
    for layer in &model.network.layers {
        let _ = writeln!(out, "        self.{} = nn.Linear({}, {})", layer.name, layer.inputs, layer.units);
        if layer.alpha.is_some() {
            let _ = writeln!(
                out,
                "        self.{}_alpha = nn.Parameter(torch.full([{}], 0.25))",
                layer.name, layer.units
            );
        }
    }
    let _ = write!(
        out,
        "\n    def forward(self, points):\n        \
         \"\"\"The output before its transfer function.\"\"\"\n        \
         x1, x2 = points[:, 0:1], points[:, 1:2]\n        n = {joined}\n"
    );
    for layer in &model.network.layers {
        let sums = format!("self.{}(n)", layer.name);
        let value = match layer.activation {
            None | Some(Activation::Linear) => sums,
            Some(Activation::Relu) => format!("torch.relu({sums})"),
            Some(Activation::Tanh) => format!("torch.tanh({sums})"),
            Some(Activation::Sigmoid) => format!("torch.sigmoid({sums})"),
            Some(Activation::Prelu) => format!("functional.prelu({sums}, self.{}_alpha)", layer.name),
            Some(Activation::LeakyRelu) => format!("functional.leaky_relu({sums}, {})", number(LEAK)),
            Some(Activation::Swish) => format!("functional.silu({sums})"),
            Some(Activation::Sine) => format!("torch.sin({sums})"),
            Some(activation) => format!("functional.{}({sums})", activation.name()),
        };
        let _ = writeln!(out, "        n = {value}");
    }
    let _ = write!(out, "        return n\n\n\nnetwork = Network()\nwith torch.no_grad():\n");
    for (layer, numbers) in model.network.layers.iter().zip(model.layers()) {
        let (name, units) = (&layer.name, layer.units);
        if layer.inputs > 0 {
            let weights = matrix(numbers.weights, units);
            let _ = writeln!(out, "    network.{name}.weight.copy_(torch.tensor({weights}).T)");
        }
        let _ = writeln!(out, "    network.{name}.bias.copy_(torch.tensor({}))", row(numbers.bias));
        if let Some(alpha) = numbers.alpha {
            let _ = writeln!(out, "    network.{name}_alpha.copy_(torch.tensor({}))", row(alpha));
        }
    }
    let sigma = match output(config) {
        "linear" => "output".to_string(),
        "softmax" => "torch.softmax(output, 1)".to_string(),
        function => format!("torch.{function}(output)"),
    };
    let losses = match config.loss {
        Loss::SquaredError => format!("(0.5 * ({sigma} - labels) ** 2).sum(1)"),
        Loss::CrossEntropy => {
            "functional.binary_cross_entropy_with_logits(output, labels, reduction=\"none\").sum(1)"
                .to_string()
        }
        Loss::SoftmaxCrossEntropy => {
            "functional.cross_entropy(output, labels, reduction=\"none\")".to_string()
        }
    };
    let weights = "for name, weights in network.named_parameters() if name.endswith(\".weight\")";
    let rate = config.regularization_rate;
    let penalty = match config.regularization {
        Regularization::None => "0.0".to_string(),
        Regularization::L1 => format!("{rate:?} * sum(weights.abs().sum() {weights})"),
        Regularization::L2 => format!("{rate:?} * sum((weights ** 2).sum() / 2 {weights})"),
    };
    let rate = config.learning_rate;
    let optimizer = match config.optimizer {
        Optimizer::Sgd => format!("SGD(network.parameters(), {rate:?})"),
        Optimizer::Momentum => format!("SGD(network.parameters(), {rate:?}, momentum=0.9)"),
        Optimizer::Nesterov => format!("SGD(network.parameters(), {rate:?}, momentum=0.9, nesterov=True)"),
        Optimizer::Adagrad => {
            format!("Adagrad(network.parameters(), {rate:?}, initial_accumulator_value=0.1)")
        }
        Optimizer::RmsProp => format!("RMSprop(network.parameters(), {rate:?}, alpha=0.9)"),
        Optimizer::Adam => format!("Adam(network.parameters(), {rate:?})"),
    };
    let _ = write!(
        out,
        "\n\ndef loss(examples):\n    output, labels = network(examples[:, :2]), examples[:, 2:]\n    \
         return {losses}.mean()\n\n\ndef penalty():\n    return {penalty}\n\n"
    );
    for (name, test) in [("training", false), ("test", true)] {
        let rows = examples(model, test, "    ")?;
        let _ = write!(out, "\n{name} = torch.tensor([\n{rows}])\n");
    }
    let _ = write!(
        out,
        "\nprint(\"training loss\", loss(training).item())\nprint(\"test loss\", loss(test).item())\n\n\
         optimizer = torch.optim.{optimizer}\nfor _ in range(25):\n    optimizer.zero_grad()\n    \
         (loss(training) + penalty()).backward()\n    optimizer.step()\n\
         print(\"after 25 more steps\", loss(training).item())\n"
    );
    Ok(text)
}
