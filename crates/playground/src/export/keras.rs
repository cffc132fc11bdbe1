//! The program in Python, for Keras.

use std::fmt::Write;

use tenseur::Result;

use super::Model;
use super::literals::{examples, matrix, number, row};
use crate::config::{Activation, Loss, Optimizer, Regularization};
use crate::formulas::output;
use crate::network::{LEAK, feature_names};

/// The program.
pub(super) fn program(model: &Model<'_>) -> Result<String> {
    let config = model.config;
    let features: Vec<&str> = feature_names(config).into_iter().map(feature).collect();
    let mut text = String::from(
        "\"\"\"A network of tenseur's playground, with its data and its weights, in Keras.\n\n\
         It prints the losses that the page showed.\n\"\"\"\n\nimport keras\nimport numpy as np\nfrom keras import layers, ops\n\n\n",
    );
    let out = &mut text;
    let joined = match features.is_empty() {
        true => "points[:, 0:0]".to_string(),
        false => format!("np.concatenate([{}], 1)", features.join(", ")),
    };
    let _ = writeln!(
        out,
        "def features(points):\n    x1, x2 = points[:, 0:1], points[:, 1:2]\n    return {joined}\n\n"
    );
    let kernel = match config.regularization {
        Regularization::None => String::new(),
        Regularization::L1 => {
            format!(", kernel_regularizer=keras.regularizers.L1({:?})", config.regularization_rate)
        }
        Regularization::L2 => {
            format!(", kernel_regularizer=keras.regularizers.L2({:?})", config.regularization_rate / 2.0)
        }
    };
    let _ = writeln!(out, "network = keras.Sequential([\n    layers.Input([{}]),", features.len());
    for layer in &model.network.layers {
        let (name, units) = (&layer.name, layer.units);
        let _ = writeln!(out, "    layers.Dense({units}, name=\"{name}\"{kernel}),");
        let _ = match layer.activation {
            None | Some(Activation::Linear) => Ok(()),
            Some(Activation::Prelu) => writeln!(out, "    layers.PReLU(name=\"{name}_alpha\"),"),
            Some(Activation::LeakyRelu) => {
                writeln!(out, "    layers.LeakyReLU(negative_slope={}),", number(LEAK))
            }
            Some(Activation::Sine) => writeln!(out, "    layers.Activation(ops.sin),"),
            Some(Activation::Gelu) => {
                writeln!(out, "    layers.Activation(lambda s: ops.gelu(s, approximate=False)),")
            }
            Some(Activation::Swish) => writeln!(out, "    layers.Activation(\"silu\"),"),
            Some(activation) => writeln!(out, "    layers.Activation(\"{}\"),", activation.name()),
        };
    }
    let function = output(config);
    let _ = writeln!(out, "    layers.Activation(\"{function}\"),\n])");
    for (layer, numbers) in model.network.layers.iter().zip(model.layers()) {
        let (name, units) = (&layer.name, layer.units);
        let weights = match layer.inputs {
            0 => format!("np.zeros([0, {units}])"),
            _ => format!("np.array({})", matrix(numbers.weights, units)),
        };
        let bias = row(numbers.bias);
        let _ = writeln!(out, "network.get_layer(\"{name}\").set_weights([{weights}, np.array({bias})])");
        if let Some(alpha) = numbers.alpha {
            let alpha = row(alpha);
            let _ = writeln!(out, "network.get_layer(\"{name}_alpha\").set_weights([np.array({alpha})])");
        }
    }
    let loss = match config.loss {
        Loss::SquaredError => "0.5 * ops.sum(ops.square(sigma - labels), -1)",
        Loss::CrossEntropy => "ops.sum(ops.binary_crossentropy(labels, sigma), -1)",
        Loss::SoftmaxCrossEntropy => "ops.categorical_crossentropy(labels, sigma)",
    };
    let rate = config.learning_rate;
    let optimizer = match config.optimizer {
        Optimizer::Sgd => format!("SGD({rate:?})"),
        Optimizer::Momentum => format!("SGD({rate:?}, momentum=0.9)"),
        Optimizer::Nesterov => format!("SGD({rate:?}, momentum=0.9, nesterov=True)"),
        Optimizer::Adagrad => format!("Adagrad({rate:?})"),
        Optimizer::RmsProp => format!("RMSprop({rate:?})"),
        Optimizer::Adam => format!("Adam({rate:?})"),
    };
    let _ = write!(
        out,
        "\n\ndef loss(labels, sigma):\n    return {loss}\n\n\n\
         network.compile(keras.optimizers.{optimizer}, loss)\n"
    );
    for (name, test) in [("training", false), ("test", true)] {
        let rows = examples(model, test, "    ")?;
        let _ = write!(out, "\n{name} = np.array([\n{rows}], np.float32)\n");
    }
    let batch = if config.batch_size == 0 { model.data.training.len() } else { config.batch_size };
    let _ = write!(
        out,
        "\n\ndef mean_loss(examples):\n    \
         sigma = network(features(examples[:, :2]))\n    \
         return float(ops.mean(loss(ops.convert_to_tensor(examples[:, 2:]), sigma)))\n\n\n\
         print(\"training loss\", mean_loss(training))\n\
         print(\"test loss\", mean_loss(test))\n\
         network.fit(features(training[:, :2]), training[:, 2:], batch_size={batch}, epochs=1, verbose=0)\n\
         print(\"after another epoch\", mean_loss(training))\n"
    );
    Ok(text)
}

/// A feature, of numpy's arrays.
pub(super) fn feature(name: &str) -> &'static str {
    match name {
        "x" => "x1",
        "y" => "x2",
        "xSquared" => "x1 * x1",
        "ySquared" => "x2 * x2",
        "xTimesY" => "x1 * x2",
        "sinX" => "np.sin(x1)",
        _ => "np.sin(x2)",
    }
}
