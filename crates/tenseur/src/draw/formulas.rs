//! The formal representation: what each neuron computes, written out where the layer is small, and as a product of
//! matrices where it is not.

use std::fmt::Write;

use crate::draw::Drawing;
use crate::draw::activation::Activation;
use crate::draw::dense_network::{DenseNetwork, Layer, Parameter};
use crate::draw::mathml::mathml;
use crate::draw::notation::{Formula, Part, SIZE, symbol};
use crate::draw::svg::{Picture, columns, escaped, padded, shortened};

/// A layer is written out neuron by neuron while it has no more weights than this, and no more inputs and neurons.
const MOST_WEIGHTS: usize = 24;
const MOST_NEURONS: usize = 6;

/// The formulas of a network, the nth layer's neurons called n⁽ⁿ⁾.
///
/// ```
/// use tenseur::draw::{self, DenseNetwork};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(3)], "data");
/// let y = nn::dense(nn::dense(&x, 1, nn::relu, "hidden"), 100, nn::softmax, "out");
/// let network = DenseNetwork::of(&y)?.with_input_names(["x", "y", "z"])?;
/// let text = draw::formulas(&network).text;
/// assert!(text.contains("n⁽¹⁾ = relu(w₁⁽¹⁾·x + w₂⁽¹⁾·y + w₃⁽¹⁾·z + b⁽¹⁾)"), "{text}");
/// assert!(text.contains("n⁽²⁾ = softmax(n⁽¹⁾·W⁽²⁾ + b⁽²⁾)"), "{text}");
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn formulas(network: &DenseNetwork) -> Drawing {
    let lines = lines(network);
    Drawing { text: text(&lines), svg: svg(network, &lines), dot: None }
}

/// A line of formulas: what it belongs to, and the formula as text and in MathML.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaLine {
    /// `layer 1`, `output`, `where`; nothing where the line before says it.
    pub heading: String,
    /// In Unicode: `n⁽¹⁾ = tanh(w₁⁽¹⁾·x + b⁽¹⁾)`
    pub text: String,
    /// The inside of a `math` element.
    pub mathml: String,
}

/// The lines of [`formulas`], for pages that set them themselves.
///
/// ```
/// use tenseur::draw::{self, DenseNetwork};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(1)], "x");
/// let y = nn::dense(&x, 1, nn::tanh, "output");
/// let lines = draw::formula_lines(&DenseNetwork::of(&y)?);
/// assert_eq!((lines[0].heading.as_str(), lines[0].text.as_str()), ("output", "n⁽¹⁾ = tanh(w⁽¹⁾·x + b⁽¹⁾)"));
/// assert!(lines[0].mathml.starts_with("<mrow><msup><mi>n</mi><mtext>(1)</mtext></msup><mo>=</mo>"));
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn formula_lines(network: &DenseNetwork) -> Vec<FormulaLine> {
    let line = |Line { heading, formula }: Line| {
        let text = formula.text();
        FormulaLine { heading, mathml: mathml(&text), text }
    };
    lines(network).into_iter().map(line).collect()
}

/// A line: what it belongs to, and the formula.
struct Line {
    heading: String,
    formula: Formula,
}

fn lines(network: &DenseNetwork) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |heading: &str, formula: Formula| {
        lines.push(Line { heading: heading.to_string(), formula });
    };
    let last = network.layers.len();
    let mut inputs: Option<Vec<Part>> = (network.width() <= MOST_NEURONS).then(|| input_symbols(network));
    let mut all = input_matrix(network);
    let mut wheres: Vec<Formula> = Vec::new();
    for (index, layer) in network.layers.iter().enumerate() {
        let number = index + 1;
        let mut heading = if number == last { "output".to_string() } else { format!("layer {number}") };
        let written_out = inputs.as_ref().filter(|inputs| is_small(layer) && inputs.len() == layer.inputs);
        let formulas = match written_out {
            Some(inputs) => neuron_by_neuron(layer, number, inputs),
            None => vec![in_matrices(layer, number, &all)],
        };
        for formula in formulas {
            add(&std::mem::take(&mut heading), formula);
        }
        wheres.push(parameters(layer, number, written_out.is_some()));
        inputs = (layer.units <= MOST_NEURONS)
            .then(|| (0..layer.units).map(|unit| neuron("n", unit, layer, number)).collect());
        all = Formula::default().part(symbol("n", "", Some(number)));
    }
    let mut heading = "where";
    for formula in wheres.into_iter().chain(definitions(network)) {
        add(std::mem::take(&mut heading), formula);
    }
    lines
}

fn is_small(layer: &Layer) -> bool {
    layer.inputs * layer.units <= MOST_WEIGHTS && layer.inputs <= MOST_NEURONS && layer.units <= MOST_NEURONS
}

/// The symbol of each number that the network gets.
fn input_symbols(network: &DenseNetwork) -> Vec<Part> {
    let symbols = network.inputs.iter().flat_map(|input| {
        let name = shortened(&input.name, 12);
        (1..=input.width).map(move |number| match input.width {
            1 => symbol(&name, "", None),
            _ => symbol(&name, &number.to_string(), None),
        })
    });
    symbols.collect()
}

/// The network's input as one row: `x`, or `[x, y]`.
fn input_matrix(network: &DenseNetwork) -> Formula {
    let names = network.inputs.iter().map(|input| symbol(&shortened(&input.name, 12), "", None));
    let mut names: Vec<Part> = names.collect();
    if names.len() == 1 {
        return names.pop().map_or(Formula::default(), |name| Formula::default().part(name));
    }
    let left_out = names.len() > MOST_NEURONS;
    let end = names.split_off(if left_out { 2 } else { names.len() }).pop();
    let mut row = Formula::default().plain("[");
    for (index, name) in names.into_iter().enumerate() {
        row = if index > 0 { row.plain(", ") } else { row }.part(name);
    }
    match end {
        Some(end) => row.plain(", …, ").part(end).plain("]"),
        None => row.plain("]"),
    }
}

/// `n₂⁽¹⁾`, or `n⁽¹⁾` if there is but one.
fn neuron(base: &str, unit: usize, layer: &Layer, number: usize) -> Part {
    let index = if layer.units == 1 { String::new() } else { (unit + 1).to_string() };
    symbol(base, &index, Some(number))
}

/// The index of a weight: the input's number and the neuron's, without those of which there is but one.
fn weight_index(layer: &Layer, input: &str, unit: &str) -> String {
    let part = |count: usize, index: &str| if count == 1 { String::new() } else { index.to_string() };
    part(layer.inputs, input) + &part(layer.units, unit)
}

/// Whether b has a number for each neuron.
fn is_shared(layer: &Layer, parameter: &Parameter) -> bool {
    layer.units == 1 || parameter.shape.elements() == 1
}

/// `n₁⁽¹⁾ = tanh(w₁₁⁽¹⁾·x + … + b₁⁽¹⁾)`, for each neuron; what mixes neurons comes in a line of its own.
fn neuron_by_neuron(layer: &Layer, number: usize, inputs: &[Part]) -> Vec<Formula> {
    let mixes = layer.activations.iter().any(|function| !function.is_elementwise());
    let name = if mixes { "s" } else { "n" };
    let mut formulas: Vec<Formula> = (0..layer.units)
        .map(|unit| {
            let mut sum = Formula::default();
            for (input, symbol_of_input) in inputs.iter().enumerate() {
                let index = weight_index(layer, &(input + 1).to_string(), &(unit + 1).to_string());
                sum = if input > 0 { sum.plain(" + ") } else { sum };
                sum = sum.part(symbol("w", &index, Some(number))).plain("·").part(symbol_of_input.clone());
            }
            if let Some(bias) = &layer.bias {
                let index = if is_shared(layer, bias) { String::new() } else { (unit + 1).to_string() };
                sum = sum.plain(" + ").part(symbol("b", &index, Some(number)));
            }
            let value = if mixes { sum } else { applied(&layer.activations, sum) };
            Formula::default().part(neuron(name, unit, layer, number)).plain(" = ").and(value)
        })
        .collect();
    if mixes {
        let sums = Formula::default().part(symbol("s", "", Some(number)));
        let value = applied(&layer.activations, sums);
        formulas.push(Formula::default().part(symbol("n", "", Some(number))).plain(" = ").and(value));
    }
    formulas
}

/// `n⁽¹⁾ = relu(x·W⁽¹⁾ + b⁽¹⁾)`
fn in_matrices(layer: &Layer, number: usize, input: &Formula) -> Formula {
    let mut sum = input.clone().plain("·").part(symbol("W", "", Some(number)));
    if layer.bias.is_some() {
        sum = sum.plain(" + ").part(symbol("b", "", Some(number)));
    }
    Formula::default().part(symbol("n", "", Some(number))).plain(" = ").and(applied(&layer.activations, sum))
}

/// The functions of a sum, the last one outermost.
fn applied(functions: &[Activation], sum: Formula) -> Formula {
    functions.iter().fold(sum, |value, function| {
        Formula::default().plain(&format!("{}(", function.name())).and(value).plain(")")
    })
}

/// What the letters of a layer stand for in the graph.
fn parameters(layer: &Layer, number: usize, written_out: bool) -> Formula {
    let text = |parameter: &Parameter| format!("{} {}", shortened(&parameter.name, 40), parameter.shape);
    let mut formula = Formula::default();
    formula = match written_out {
        true => {
            let index = weight_index(layer, "i", "j");
            let (i, j) = if layer.transposed { ("column", "row") } else { ("row", "column") };
            let place = match (layer.inputs, layer.units) {
                (1, 1) => String::new(),
                (1, _) => format!("{j} j of "),
                (_, 1) => format!("{i} i of "),
                _ => format!("{i} i, {j} j of "),
            };
            let symbol = symbol("w", &index, Some(number));
            formula.part(symbol).plain(&format!(": {place}{}", text(&layer.weights)))
        }
        false => {
            let transposed = if layer.transposed { " transposed" } else { "" };
            let symbol = symbol("W", "", Some(number));
            formula.part(symbol).plain(&format!(": {}{transposed}", text(&layer.weights)))
        }
    };
    if let Some(bias) = &layer.bias {
        let index = if !written_out || is_shared(layer, bias) { "" } else { "j" };
        formula =
            formula.plain(",  ").part(symbol("b", index, Some(number))).plain(&format!(": {}", text(bias)));
    }
    for function in &layer.activations {
        if let Activation::Prelu(alpha) = function {
            formula =
                formula.plain(",  ").part(symbol("α", "", Some(number))).plain(&format!(": {}", text(alpha)));
        }
    }
    formula
}

/// The formula of each function that is used, once.
fn definitions(network: &DenseNetwork) -> Vec<Formula> {
    let mut definitions: Vec<String> = Vec::new();
    for definition in network.layers.iter().flat_map(|layer| &layer.activations).map(Activation::definition) {
        if !definitions.contains(&definition) {
            definitions.push(definition);
        }
    }
    definitions.iter().map(|definition| Formula::default().plain(definition)).collect()
}

fn text(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| columns(&line.heading)).max().unwrap_or(0) + 2;
    let mut text = String::new();
    for line in lines {
        if line.heading == "where" {
            text.push('\n');
        }
        let _ = writeln!(text, "{}{}", padded(&line.heading, width), line.formula.text());
    }
    text
}

const STYLE: &str = "\
.k{font-weight:600}.f,.v{font-family:'STIX Two Text','Times New Roman','Liberation Serif','DejaVu Serif',serif;font-size:18px}
.v{font-style:italic}.x{font-family:'STIX Two Text','Times New Roman','Liberation Serif','DejaVu Serif',serif;font-size:12px}";

fn svg(network: &DenseNetwork, lines: &[Line]) -> String {
    const LEFT: f64 = 96.0;
    const STEP: f64 = 32.0;
    let mut body = String::new();
    let mut y = 66.0;
    for line in lines {
        if line.heading == "where" {
            y += 14.0;
        }
        if !line.heading.is_empty() {
            let _ =
                writeln!(body, "<text class=\"k\" x=\"20\" y=\"{y:.1}\">{}</text>", escaped(&line.heading));
        }
        // As one line: white space between parts would be drawn.
        let _ = writeln!(
            body,
            "<text x=\"{LEFT}\" y=\"{y:.1}\" xml:space=\"preserve\">{}</text>",
            line.formula.svg()
        );
        y += STEP;
    }
    let widest = lines.iter().map(|line| line.formula.width()).fold(0.0, f64::max);
    let sizes: Vec<String> = [network.width()]
        .into_iter()
        .chain(network.layers.iter().map(|layer| layer.units))
        .map(|n| n.to_string())
        .collect();
    Picture {
        width: (LEFT + widest + 20.0).max(280.0),
        height: y - STEP + SIZE,
        title: &format!("formulas: {}", sizes.join(" – ")),
        description: &text(lines),
        style: STYLE,
        dark_style: "",
        body: &body,
    }
    .svg()
}
