//! The program in Python, under TensorFlow 1's names.

use std::fmt::Write;

use tenseur::Result;

use super::literals::{examples, matrix, number, row};
use super::{Model, Numbers};
use crate::config::{Activation, Loss, Optimizer, Regularization, Schedule};
use crate::formulas::output;
use crate::network::{LEAK, Layer, feature_names};

/// The program.
pub(super) fn program(model: &Model<'_>) -> Result<String> {
    let config = model.config;
    let mut text = String::from(
        "\"\"\"A network of tenseur's playground, with its data and its weights, under TensorFlow 1's names.\n\n\
         It prints the losses that the page showed.\n\"\"\"\n\n\
         import numpy as np\nimport tensorflow.compat.v1 as tf\n\ntf.disable_eager_execution()\n\n\
         points = tf.placeholder(tf.float32, [None, 2], \"points\")\n",
    );
    let out = &mut text;
    let outputs = model.outputs();
    let _ = writeln!(
        out,
        "labels = tf.placeholder(tf.float32, [None, {outputs}], \"labels\")\n\n\
         x1 = points[:, 0:1]\nx2 = points[:, 1:2]"
    );
    let features: Vec<&str> = feature_names(config).into_iter().map(feature).collect();
    let _ = match features.is_empty() {
        true => writeln!(out, "features = points[:, 0:0]\n"),
        false => writeln!(out, "features = tf.concat([{}], 1)\n", features.join(", ")),
    };
    let _ = writeln!(out, "all_weights = []");
    let mut input = "features".to_string();
    for (layer, numbers) in model.network.layers.iter().zip(model.layers()) {
        write_layer(out, layer, &numbers, &input);
        input = layer.name.clone();
    }
    let sigma = match output(config) {
        "linear" => "output".to_string(),
        function => format!("tf.nn.{function}(output)"),
    };
    let losses = match config.loss {
        Loss::SquaredError => "0.5 * tf.reduce_sum(tf.square(sigma - labels), 1)",
        Loss::CrossEntropy => {
            "tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=output), 1)"
        }
        Loss::SoftmaxCrossEntropy => {
            "tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=output)"
        }
    };
    let _ = writeln!(out, "sigma = {sigma}\nloss = tf.reduce_mean({losses})");
    let rate = config.regularization_rate;
    let _ = match config.regularization {
        Regularization::None => writeln!(out, "objective = loss"),
        Regularization::L1 => writeln!(
            out,
            "objective = loss + {rate:?} * tf.add_n([tf.reduce_sum(tf.abs(weights)) for weights in all_weights])"
        ),
        Regularization::L2 => writeln!(
            out,
            "objective = loss + {rate:?} * tf.add_n([tf.nn.l2_loss(weights) for weights in all_weights])"
        ),
    };
    write_training(out, model);
    for (name, test) in [("training", false), ("test", true)] {
        let rows = examples(model, test, "    ")?;
        let _ = write!(out, "\n{name} = np.array([\n{rows}], np.float32)\n");
    }
    let _ = write!(
        out,
        "\n\ndef feeds(examples):\n    return {{points: examples[:, :2], labels: examples[:, 2:]}}\n\n\n\
         with tf.Session() as sess:\n    sess.run(tf.global_variables_initializer())\n    \
         print(\"training loss\", sess.run(loss, feeds(training)))\n    \
         print(\"test loss\", sess.run(loss, feeds(test)))\n    \
         print(\"at (1, -2) the output is\", sess.run(sigma, {{points: [[1.0, -2.0]]}}))\n    \
         for _ in range(25):\n        sess.run(train, feeds(training))\n    \
         print(\"after 25 more steps\", sess.run(loss, feeds(training)))\n"
    );
    Ok(text)
}

fn feature(name: &str) -> &'static str {
    match name {
        "x" => "x1",
        "y" => "x2",
        "xSquared" => "tf.square(x1)",
        "ySquared" => "tf.square(x2)",
        "xTimesY" => "x1 * x2",
        "sinX" => "tf.sin(x1)",
        _ => "tf.sin(x2)",
    }
}

fn write_layer(out: &mut String, layer: &Layer, numbers: &Numbers<'_>, input: &str) {
    let Layer { name, units, inputs, .. } = layer;
    let weights = match inputs {
        0 => format!("np.zeros([0, {units}], np.float32)"),
        _ => format!("np.array({}, np.float32)", matrix(numbers.weights, *units)),
    };
    let _ = writeln!(
        out,
        "weights = tf.Variable({weights}, name=\"{name}/weights\")\n\
         bias = tf.Variable(np.array({}, np.float32), name=\"{name}/bias\")\nall_weights.append(weights)",
        row(numbers.bias)
    );
    if let Some(alpha) = numbers.alpha {
        let alpha = row(alpha);
        let _ = writeln!(out, "alpha = tf.Variable(np.array({alpha}, np.float32), name=\"{name}/alpha\")");
    }
    let _ = writeln!(out, "sums = tf.matmul({input}, weights) + bias");
    let value = match layer.activation {
        None | Some(Activation::Linear) => "sums".to_string(),
        Some(Activation::Prelu) => "tf.where(sums > 0, sums, alpha * sums)".to_string(),
        Some(Activation::LeakyRelu) => format!("tf.nn.leaky_relu(sums, {})", number(LEAK)),
        Some(Activation::Gelu) => "0.5 * sums * (1 + tf.erf(sums * 0.5 ** 0.5))".to_string(),
        Some(Activation::Sine) => "tf.sin(sums)".to_string(),
        Some(activation) => format!("tf.nn.{}(sums)", activation.name()),
    };
    let _ = writeln!(out, "{name} = {value}\n");
}

fn write_training(out: &mut String, model: &Model<'_>) {
    let config = model.config;
    let (first, steps, factor) = (config.learning_rate, config.decay_steps, config.decay_rate);
    let _ = writeln!(out, "step = tf.train.get_or_create_global_step()");
    let _ = match config.schedule {
        Schedule::Constant => writeln!(out, "rate = {first:?}"),
        schedule => {
            let staircase = if schedule == Schedule::Staircase { "True" } else { "False" };
            writeln!(
                out,
                "rate = tf.train.exponential_decay({first:?}, step, {steps}, {factor:?}, {staircase})"
            )
        }
    };
    let optimizer = match config.optimizer {
        Optimizer::Sgd => "GradientDescentOptimizer(rate)",
        Optimizer::Momentum => "MomentumOptimizer(rate, 0.9)",
        Optimizer::Nesterov => "MomentumOptimizer(rate, 0.9, use_nesterov=True)",
        Optimizer::Adagrad => "AdagradOptimizer(rate)",
        Optimizer::RmsProp => "RMSPropOptimizer(rate)",
        Optimizer::Adam => "AdamOptimizer(rate)",
    };
    let _ = writeln!(out, "train = tf.train.{optimizer}.minimize(objective, step)");
}
