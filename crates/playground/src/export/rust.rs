//! The program in Rust, for tenseur.

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
    let width = 2 + model.outputs();
    let mut text = String::from(
        "// A network of tenseur's playground, with its data and its weights. It prints the losses that the page showed, and\n\
         // then learns on.\n\n\
         use tenseur::prelude::*;\n\n\
         fn main() -> tenseur::Result<()> {\n    let tf = Graph::new();\n    \
         let points = tf.placeholder::<f32>([None, Some(2)], \"points\");\n",
    );
    let out = &mut text;
    let _ = writeln!(
        out,
        "    let labels = tf.placeholder::<f32>([None, Some({})], \"labels\");\n\n    \
         let x1 = points.slice([0, 0], [-1, 1]);\n    let x2 = points.slice([0, 1], [-1, 1]);",
        model.outputs()
    );
    let features: Vec<&str> = feature_names(config).into_iter().map(feature).collect();
    let _ = match features.is_empty() {
        true => writeln!(out, "    let features = points.slice([0, 0], [-1, 0]);\n"),
        false => writeln!(out, "    let features = tf.concat(&[{}], 1);\n", features.join(", ")),
    };
    let mut input = "features".to_string();
    for (layer, numbers) in model.network.layers.iter().zip(model.layers()) {
        write_layer(out, layer, &numbers, &input);
        input = layer.name.clone();
    }
    let sigma = match output(config) {
        "linear" => "output.clone()".to_string(),
        function => format!("nn::{function}(&output)"),
    };
    let losses = match config.loss {
        Loss::SquaredError => "0.5 * (&sigma - &labels).square().reduce_sum(1)",
        Loss::CrossEntropy => "nn::sigmoid_cross_entropy_with_logits(&labels, &output).reduce_sum(1)",
        Loss::SoftmaxCrossEntropy => "nn::softmax_cross_entropy_with_logits(&labels, &output)",
    };
    let _ = writeln!(out, "    let sigma = {sigma};\n    let loss = ({losses}).reduce_mean(..);");
    write_training(out, model);
    let _ = write!(
        out,
        "\n    let sess = Session::new(&tf)?.portable();\n    \
         sess.run_op(&tf.global_variables_initializer(), feeds![])?;\n    \
         let (training, test) = (examples(&TRAINING)?, examples(&TEST)?);\n    \
         println!(\"training loss {{:?}}\", sess.run(&loss, feeds![points => &training.0, labels => &training.1])?.item::<f32>()?);\n    \
         println!(\"test loss {{:?}}\", sess.run(&loss, feeds![points => &test.0, labels => &test.1])?.item::<f32>()?);\n    \
         let example = sess.run(&sigma, feeds![points => array![[1.0, -2.0]]])?;\n    \
         println!(\"at (1, -2) the output is {{example}}\");\n    \
         for _ in 0..25 {{\n        sess.run_op(&train, feeds![points => &training.0, labels => &training.1])?;\n    }}\n    \
         println!(\"after 25 more steps {{:?}}\", sess.run(&loss, feeds![points => &training.0, labels => &training.1])?.item::<f32>()?);\n    \
         Ok(())\n}}\n\n\
         /// Points, and what is to be told of them.\n\
         fn examples(rows: &[[f32; {width}]]) -> tenseur::Result<(Array, Array)> {{\n    \
         let points: Vec<f32> = rows.iter().flat_map(|row| row[..2].to_vec()).collect();\n    \
         let labels: Vec<f32> = rows.iter().flat_map(|row| row[2..].to_vec()).collect();\n    \
         Ok((Array::new([rows.len(), 2], points)?, Array::new([rows.len(), {}], labels)?))\n}}\n",
        model.outputs()
    );
    for (name, test) in [("TRAINING", false), ("TEST", true)] {
        let count = if test { model.data.test.len() } else { model.data.training.len() };
        let rows = examples(model, test, "    ")?;
        let _ = write!(out, "\n#[rustfmt::skip]\nconst {name}: [[f32; {width}]; {count}] = [\n{rows}];\n");
    }
    Ok(text)
}

fn feature(name: &str) -> &'static str {
    match name {
        "x" => "x1.clone()",
        "y" => "x2.clone()",
        "xSquared" => "x1.square()",
        "ySquared" => "x2.square()",
        "xTimesY" => "&x1 * &x2",
        "sinX" => "x1.sin()",
        _ => "x2.sin()",
    }
}

fn write_layer(out: &mut String, layer: &Layer, numbers: &Numbers<'_>, input: &str) {
    let Layer { name, units, inputs, .. } = layer;
    let weights = match inputs {
        0 => format!("tf.zeros::<f32>([0, {units}])"),
        _ => format!("array!{}", matrix(numbers.weights, *units)),
    };
    let _ = writeln!(
        out,
        "    let weights = tf.variable({weights}, \"{name}/weights\");\n    \
         let bias = tf.variable(array!{}, \"{name}/bias\");",
        row(numbers.bias)
    );
    if let Some(alpha) = numbers.alpha {
        let _ = writeln!(out, "    let alpha = tf.variable(array!{}, \"{name}/alpha\");", row(alpha));
    }
    let sums = format!("{input}.matmul(&weights) + &bias");
    let value = match layer.activation {
        None | Some(Activation::Linear) => sums,
        Some(Activation::Prelu) => format!("nn::prelu({sums}, &alpha)"),
        Some(Activation::LeakyRelu) => format!("nn::leaky_relu({sums}, {})", number(LEAK)),
        Some(Activation::Sine) => format!("({sums}).sin()"),
        Some(activation) => format!("nn::{}({sums})", activation.name()),
    };
    let _ = writeln!(out, "    let {name} = {value};\n");
}

fn write_training(out: &mut String, model: &Model<'_>) {
    let config = model.config;
    let rate = config.regularization_rate;
    if config.regularization != Regularization::None {
        let term = match config.regularization {
            Regularization::L1 => "weights.abs().reduce_sum(..)",
            _ => "nn::l2_loss(weights)",
        };
        let _ = writeln!(
            out,
            "    let weights = tf.trainable_variables().into_iter().filter(|variable| variable.name().ends_with(\"weights:0\"));\n    \
             let penalties = weights.map(|weights| {});\n    \
             let penalty = penalties.reduce(|sum, term| sum + term).expect(\"there is an output layer\");\n    \
             let objective = &loss + penalty * {rate:?};",
            term.replace("weights)", "&weights)"),
        );
    } else {
        let _ = writeln!(out, "    let objective = loss.clone();");
    }
    let _ = writeln!(out, "    let step = tf.variable_untrained(0, \"global_step\");");
    let (first, steps, factor) = (config.learning_rate, config.decay_steps, config.decay_rate);
    let staircase = config.schedule == Schedule::Staircase;
    let _ = match config.schedule {
        Schedule::Constant => writeln!(out, "    let rate = tf.constant({});", number(first as f32)),
        _ => writeln!(
            out,
            "    let rate = train::exponential_decay({first:?}, &step, {steps}, {}, {staircase});",
            number(factor as f32)
        ),
    };
    let optimizer = match config.optimizer {
        Optimizer::Sgd => "GradientDescentOptimizer::new(&rate)",
        Optimizer::Momentum => "MomentumOptimizer::new(&rate, 0.9)",
        Optimizer::Nesterov => "MomentumOptimizer::new(&rate, 0.9).nesterov()",
        Optimizer::Adagrad => "AdagradOptimizer::new(&rate)",
        Optimizer::RmsProp => "RmsPropOptimizer::new(&rate)",
        Optimizer::Adam => "AdamOptimizer::new(&rate)",
    };
    let _ = writeln!(out, "    let train = train::{optimizer}.minimize_counting(&objective, &step);");
}
