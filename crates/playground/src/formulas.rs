//! The network as formulas: what each neuron computes, the loss, and how a weight changes.

use tenseur::Result;
use tenseur::draw::{self, DenseNetwork, mathml};

use crate::config::{Activation, Config, Loss, Optimizer, Problem, Regularization, Schedule};
use crate::network::{Network, feature_names};
use crate::protocol::FormulaLine;

/// The lines: with symbols, or with the numbers that the parameters are now.
///
/// # Errors
/// None that is known.
pub(crate) fn formulas(
    config: &Config,
    network: &Network,
    numbers: Option<&[f32]>,
    learning_rate: f64,
) -> Result<Vec<FormulaLine>> {
    let mut lines = match numbers {
        Some(parameters) => with_numbers(config, network, parameters),
        None if feature_names(config).is_empty() => Vec::new(),
        None => {
            let found = DenseNetwork::between(&network.features, &network.sigma)?;
            let names = feature_names(config).into_iter().map(symbol);
            let lines = draw::formula_lines(&found.with_input_names(names)?).into_iter();
            lines
                .map(|line| FormulaLine { heading: line.heading, text: line.text, mathml: line.mathml })
                .collect()
        }
    };
    let mut add = |heading: &str, text: String| {
        lines.push(FormulaLine { heading: heading.to_string(), mathml: mathml(&text), text });
    };
    for (index, text) in loss(config).into_iter().enumerate() {
        add(if index == 0 { "loss" } else { "" }, text);
    }
    let rate = match numbers {
        Some(_) => number(learning_rate),
        None => "η".to_string(),
    };
    for (index, text) in update(config, &rate).into_iter().enumerate() {
        add(if index == 0 { "update" } else { "" }, text);
    }
    Ok(lines)
}

/// How a feature is written.
pub(crate) fn symbol(feature: &str) -> &'static str {
    match feature {
        "x" => "x₁",
        "y" => "x₂",
        "xSquared" => "x₁²",
        "ySquared" => "x₂²",
        "xTimesY" => "x₁·x₂",
        "sinX" => "sin(x₁)",
        _ => "sin(x₂)",
    }
}

/// Three significant digits, with a minus sign of its full width.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        size => (2 - size.log10().floor() as i32).clamp(0, 8),
    };
    let text = format!("{value:.*}", digits as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// The digits of a number below, or above in brackets.
fn small(digits: [char; 10], value: usize) -> String {
    value.to_string().chars().filter_map(|digit| digits.get(digit.to_digit(10)? as usize).copied()).collect()
}

const BELOW: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
const ABOVE: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

fn neuron(layer: usize, unit: usize, units: usize) -> String {
    let index = if units == 1 { String::new() } else { small(BELOW, unit + 1) };
    format!("n{index}⁽{}⁾", small(ABOVE, layer + 1))
}

/// `n₁⁽¹⁾ = tanh(0.32·x₁ − 0.41·x₂ + 0.1)`, for each neuron.
fn with_numbers(config: &Config, network: &Network, parameters: &[f32]) -> Vec<FormulaLine> {
    let mut inputs: Vec<String> =
        feature_names(config).into_iter().map(|name| symbol(name).to_string()).collect();
    let mut lines = Vec::new();
    let mut at = 0;
    let last = network.layers.len() - 1;
    for (number_of_layer, layer) in network.layers.iter().enumerate() {
        let biases = at + layer.inputs * layer.units;
        let alphas = biases + layer.units;
        let softmax = number_of_layer == last && output(config) == "softmax";
        let mut names = Vec::new();
        for unit in 0..layer.units {
            let mut sum = String::new();
            for (input, name) in inputs.iter().enumerate() {
                add_term(&mut sum, parameters[at + input * layer.units + unit], Some(name));
            }
            add_term(&mut sum, parameters[biases + unit], None);
            let value = match layer.activation {
                Some(Activation::Linear) => sum,
                Some(Activation::Prelu) => {
                    let alpha = number(parameters[alphas + unit].into());
                    format!("prelu({sum}), α = {alpha}")
                }
                Some(activation) => format!("{}({sum})", activation.name().replace('-', "_")),
                None if softmax || output(config) == "linear" => sum,
                None => format!("{}({sum})", output(config)),
            };
            let mut name = neuron(number_of_layer, unit, layer.units);
            if softmax {
                name = name.replacen('n', "s", 1);
            }
            let text = format!("{name} = {value}");
            let heading = match unit {
                0 if number_of_layer == last => "output".to_string(),
                0 => format!("layer {}", number_of_layer + 1),
                _ => String::new(),
            };
            lines.push(FormulaLine { heading, mathml: mathml(&text), text });
            names.push(name);
        }
        if softmax {
            let text = "σᵢ = exp(sᵢ) / Σⱼ exp(sⱼ)".to_string();
            lines.push(FormulaLine { heading: String::new(), mathml: mathml(&text), text });
        }
        inputs = names;
        at = alphas + layer.alpha.as_ref().map_or(0, |_| layer.units);
    }
    lines
}

fn add_term(sum: &mut String, value: f32, of: Option<&str>) {
    let sign = match (sum.is_empty(), value < 0.0) {
        (true, true) => "−",
        (true, false) => "",
        (false, true) => " − ",
        (false, false) => " + ",
    };
    sum.push_str(sign);
    sum.push_str(&number(f64::from(value).abs()));
    if let Some(of) = of {
        sum.push('·');
        sum.push_str(of);
    }
}

/// The output's transfer function.
pub(crate) fn output(config: &Config) -> &'static str {
    match (config.problem, config.loss) {
        (Problem::Regression, _) => "linear",
        (Problem::Multiclass, _) | (_, Loss::SoftmaxCrossEntropy) => "softmax",
        (Problem::Classification, Loss::SquaredError) => "tanh",
        _ => "sigmoid",
    }
}

/// The loss of n examples, its gradient, and the penalty.
fn loss(config: &Config) -> Vec<String> {
    let mut lines = match config.loss {
        Loss::SquaredError => {
            let slope = match output(config) {
                "linear" => "∂L/∂s = σ − y, for each example",
                "tanh" => "∂L/∂s = (σ − y)·(1 − σ²), for each example",
                "sigmoid" => "∂L/∂sᵢ = (σᵢ − yᵢ)·σᵢ·(1 − σᵢ), for each example",
                _ => "∂L/∂sⱼ = Σᵢ (σᵢ − yᵢ)·σᵢ·(δᵢⱼ − σⱼ), for each example",
            };
            vec!["L = 1/n·Σ ½·Σᵢ (σᵢ − yᵢ)²".to_string(), slope.to_string()]
        }
        Loss::CrossEntropy => vec![
            "L = −1/n·Σ Σᵢ (yᵢ·ln σᵢ + (1 − yᵢ)·ln(1 − σᵢ))".to_string(),
            "∂L/∂sᵢ = σᵢ − yᵢ, for each example".to_string(),
        ],
        Loss::SoftmaxCrossEntropy => vec![
            "L = −1/n·Σ Σᵢ yᵢ·ln σᵢ".to_string(),
            "∂σᵢ/∂sⱼ = σᵢ·(δᵢⱼ − σⱼ)".to_string(),
            "∂L/∂sᵢ = σᵢ − yᵢ, for each example".to_string(),
        ],
    };
    let rate = number(config.regularization_rate);
    match config.regularization {
        Regularization::None => {}
        Regularization::L1 => lines.push(format!("J = L + {rate}·Σ |w|")),
        Regularization::L2 => lines.push(format!("J = L + {rate}·½·Σ w²")),
    }
    lines
}

/// How a weight changes, after the optimizers' papers as TensorFlow has them.
fn update(config: &Config, rate: &str) -> Vec<String> {
    let of = if config.regularization == Regularization::None { "L" } else { "J" };
    let mut lines = vec![format!("g = ∂{of}/∂w")];
    let steps = match config.optimizer {
        Optimizer::Sgd => vec![format!("w ← w − {rate}·g")],
        Optimizer::Momentum => vec!["a ← 0.9·a + g".to_string(), format!("w ← w − {rate}·a")],
        Optimizer::Nesterov => vec!["a ← 0.9·a + g".to_string(), format!("w ← w − {rate}·(g + 0.9·a)")],
        Optimizer::Adagrad => vec!["a ← a + g²".to_string(), format!("w ← w − {rate}·g / √a")],
        Optimizer::RmsProp => {
            vec!["a ← 0.9·a + 0.1·g²".to_string(), format!("w ← w − {rate}·g / √(a + ε)")]
        }
        Optimizer::Adam => vec![
            "m ← 0.9·m + 0.1·g".to_string(),
            "v ← 0.999·v + 0.001·g²".to_string(),
            format!("w ← w − {rate}·√(1 − 0.999ᵗ) / (1 − 0.9ᵗ)·m / (√v + ε)"),
        ],
    };
    lines.extend(steps);
    let (first, factor, steps) =
        (number(config.learning_rate), number(config.decay_rate), config.decay_steps);
    match config.schedule {
        Schedule::Constant => lines.push(format!("η = {first}")),
        Schedule::Exponential => lines.push(format!("η = {first}·pow({factor}, t/{steps})")),
        Schedule::Staircase => lines.push(format!("η = {first}·pow({factor}, floor(t/{steps}))")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in
            [(0.0, "0"), (1.0, "1"), (-0.12345, "−0.123"), (12.345, "12.3"), (1234.5, "1234"), (0.03, "0.03")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn neurons_are_written_with_their_weights() {
        let config = Config { network_shape: vec![1], activation: Activation::Prelu, ..Config::default() };
        let network = Network::new(&config, 1, None).unwrap();
        let parameters = [0.5, -2.0, 0.1, 0.25, 1.5, -0.75];
        let lines = formulas(&config, &network, Some(&parameters), 0.03).unwrap();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts[..2],
            ["n⁽¹⁾ = prelu(0.5·x₁ − 2·x₂ + 0.1), α = 0.25", "n⁽²⁾ = tanh(1.5·n⁽¹⁾ − 0.75)"]
        );
        assert!(texts.contains(&"w ← w − 0.03·g"));
        let lines = formulas(&config, &network, None, 0.03).unwrap();
        assert_eq!(lines[0].text, "n⁽¹⁾ = prelu(w₁⁽¹⁾·x₁ + w₂⁽¹⁾·x₂ + b⁽¹⁾)");
    }

    #[test]
    fn every_setting_has_formulas() {
        for problem in Problem::NAMES.iter().filter_map(|name| Problem::named(name)) {
            for activation in Activation::NAMES.iter().filter_map(|name| Activation::named(name)) {
                let config = Config { problem, activation, ..Config::default() }.reconciled();
                let network = Network::new(&config, 3, None).unwrap();
                formulas(&config, &network, None, 0.1)
                    .unwrap_or_else(|error| panic!("{activation:?}: {error}"));
            }
        }
    }
}
