//! The usual representation: neurons are circles in layers, weights are lines between them.

mod svg;
mod text;

use crate::draw::Drawing;
use crate::draw::dense_network::{DenseNetwork, Layer};
use crate::draw::notation::subscript;
use crate::draw::svg::shortened;

/// The longest text under a layer.
const CAPTION: usize = 26;

/// The neurons and weights of a network. Of a layer with many neurons some at its beginning and its end are drawn, and
/// how many there are is said. Where the weights are known ([`DenseNetwork::with_weights`]), lines show them: the
/// further from 0 the thicker, dashed below 0.
///
/// ```
/// use tenseur::draw::{self, DenseNetwork};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None, Some(2)], "x");
/// let y = nn::dense(nn::dense(&x, 3, nn::tanh, "hidden"), 1, nn::sigmoid, "out");
/// let network = DenseNetwork::of(&y)?.with_input_names(["a", "b"])?;
/// assert_eq!(
///     draw::neurons(&network).text,
///     "    a ○ ─╮                         ╭─ ○ ─╮
///          ├── hidden/kernel [2, 3] ─┼─ ○ ─┼── out/kernel [3, 1] ─── ○
///     b ○ ─╯                         ╰─ ○ ─╯
///
///     input                          layer 1                      output
///   2 numbers                       3 neurons                    1 neuron
///     a, b                            tanh                        sigmoid
///                               bias hidden/bias               bias out/bias
/// "
/// );
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn neurons(network: &DenseNetwork) -> Drawing {
    let columns = columns(network);
    Drawing { text: text::text(network, &columns), svg: svg::svg(network, &columns), dot: None }
}

/// A layer as it is drawn: the input, or a layer of neurons.
struct Column {
    /// The neurons that are drawn, by number; `None` stands for those left out.
    neurons: Vec<Option<usize>>,
    /// What stands beside each neuron that is drawn.
    names: Vec<String>,
    /// What stands under the layer.
    captions: Vec<String>,
}

/// At most so many neurons of a layer are drawn, and these where there are more.
const MOST: usize = 10;
const FIRST: usize = 5;
const LAST: usize = 3;

fn drawn(count: usize) -> Vec<Option<usize>> {
    match count <= MOST {
        true => (0..count).map(Some).collect(),
        false => (0..FIRST).map(Some).chain([None]).chain((count - LAST..count).map(Some)).collect(),
    }
}

fn columns(network: &DenseNetwork) -> Vec<Column> {
    let mut columns = vec![input_column(network)];
    let last = network.layers.len();
    for (number, layer) in network.layers.iter().enumerate() {
        let title = if number + 1 == last { "output".to_string() } else { format!("layer {}", number + 1) };
        columns.push(layer_column(title, layer));
    }
    columns
}

fn input_column(network: &DenseNetwork) -> Column {
    let neurons = drawn(network.width());
    let names =
        neurons.iter().map(|neuron| neuron.map_or(String::new(), |neuron| network.input_name(neuron)));
    let placeholders: Vec<&str> = network.inputs.iter().map(|input| input.name.as_str()).collect();
    let captions = vec![
        "input".to_string(),
        plural(network.width(), "number"),
        shortened(&placeholders.join(", "), CAPTION),
    ];
    Column { names: names.collect(), neurons, captions }
}

fn layer_column(title: String, layer: &Layer) -> Column {
    let neurons = drawn(layer.units);
    let name = |neuron: Option<usize>| match (neuron, layer.units) {
        (None, _) => String::new(),
        (Some(_), 1) => "n".to_string(),
        (Some(neuron), _) => format!("n{}", subscript(&(neuron + 1).to_string())),
    };
    let bias = layer.bias.as_ref().map_or("no bias".to_string(), |bias| format!("bias {}", bias.name));
    let captions =
        vec![title, plural(layer.units, "neuron"), layer.activation_names(), shortened(&bias, CAPTION)];
    Column { names: neurons.iter().map(|neuron| name(*neuron)).collect(), neurons, captions }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `w1 [3, 4]`
fn weights(layer: &Layer) -> String {
    let transposed = if layer.transposed { "ᵀ" } else { "" };
    format!("{}{transposed} {}", shortened(&layer.weights.name, CAPTION), layer.weights.shape)
}

#[cfg(test)]
mod tests;
