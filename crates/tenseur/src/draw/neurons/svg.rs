//! Neurons and weights as SVG.

use std::fmt::Write;

use super::{Column, weights};
use crate::draw::dense_network::{DenseNetwork, Layer};
use crate::draw::svg::{Picture, columns as width, escaped};

const RADIUS: f64 = 16.0;
/// From neuron to neuron.
const STEP: f64 = 46.0;
const TOP: f64 = 56.0;
const LINE: f64 = 18.0;
/// A generous guess at the width of a character of 13 px.
const CHARACTER: f64 = 7.4;

const STYLE: &str = "\
.n,.k{text-anchor:middle}.e{text-anchor:end}.k{font-size:12px;fill:#555}.b{font-weight:600;fill:#333;font-size:13px}
circle{stroke-width:1.6}.i{fill:#e3f3e3;stroke:#3c7d3c}.u{fill:#e6f0fb;stroke:#2f68a8}
.w{stroke:#8a8a8a;stroke-width:1}.p{stroke:#1f6fb2}.m{stroke:#c4501b;stroke-dasharray:5 3}";

const DARK: &str = ".k{fill:#aaa}.b{fill:#ddd}.i{fill:#1d331f;stroke:#7cc47c}.u{fill:#182c42;stroke:#74aee8}
.w{stroke:#808080}.p{stroke:#6db3f2}.m{stroke:#f29b6d}";

pub(super) fn svg(network: &DenseNetwork, columns: &[Column]) -> String {
    let most = columns.iter().map(|column| column.neurons.len()).max().unwrap_or(1);
    let middle = TOP + most as f64 * STEP / 2.0;
    let bottom = TOP + most as f64 * STEP;
    let texts = columns.iter().flat_map(|column| &column.captions).cloned();
    let widest = texts.chain(network.layers.iter().map(weights)).map(|text| width(&text)).max().unwrap_or(0);
    let between = (widest as f64 * CHARACTER + 16.0).max(150.0);
    let names = columns[0].names.iter().map(|name| width(name)).max().unwrap_or(0) as f64 * CHARACTER;
    let left = (RADIUS + 14.0 + names).max(between / 2.0) + 10.0;
    let place = |column: usize, index: usize| {
        let neurons = columns[column].neurons.len() as f64;
        (left + column as f64 * between, middle + (index as f64 + 0.5 - neurons / 2.0) * STEP)
    };

    let mut body = String::new();
    for (number, layer) in network.layers.iter().enumerate() {
        lines(&mut body, layer, [&columns[number], &columns[number + 1]], |side, index| {
            place(number + side, index)
        });
    }
    for (number, column) in columns.iter().enumerate() {
        for (index, (neuron, name)) in column.neurons.iter().zip(&column.names).enumerate() {
            let (x, y) = place(number, index);
            let name = escaped(name);
            let _ = match (neuron, number) {
                (None, _) => writeln!(body, "<text class=\"n\" x=\"{x:.1}\" y=\"{:.1}\">⋮</text>", y + 5.0),
                (Some(_), 0) => writeln!(
                    body,
                    "<circle class=\"i\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/><text class=\"e\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
                    x - RADIUS - 8.0,
                    y + 4.5
                ),
                (Some(_), _) => writeln!(
                    body,
                    "<circle class=\"u\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/><text class=\"n\" x=\"{x:.1}\" y=\"{:.1}\">{name}</text>",
                    y + 4.5
                ),
            };
        }
        let x = place(number, 0).0;
        for (line, caption) in column.captions.iter().enumerate() {
            let class = if line == 0 { "k b" } else { "k" };
            let y = bottom + 24.0 + line as f64 * LINE;
            let _ = writeln!(
                body,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                escaped(caption)
            );
        }
    }
    for (number, layer) in network.layers.iter().enumerate() {
        // Above its lines.
        let (x, y) =
            (place(number, 0).0 + between / 2.0, place(number, 0).1.min(place(number + 1, 0).1) - 24.0);
        let _ =
            writeln!(body, "<text class=\"k\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&weights(layer)));
    }
    let mut height = bottom + 24.0 + 4.0 * LINE;
    if network.layers.iter().any(|layer| layer.values.is_some()) {
        let y = height + 4.0;
        let _ = writeln!(
            body,
            "<path class=\"p\" stroke-width=\"3\" d=\"M20 {y}h26\"/><text x=\"54\" y=\"{0:.1}\">weight above 0</text>\
             <path class=\"m\" stroke-width=\"3\" d=\"M170 {y}h26\"/><text x=\"204\" y=\"{0:.1}\">below 0</text>",
            y + 4.5
        );
        height += 24.0;
    }
    let sizes: Vec<String> = [network.width()]
        .into_iter()
        .chain(network.layers.iter().map(|layer| layer.units))
        .map(|n| n.to_string())
        .collect();
    Picture {
        width: (left + (columns.len() - 1) as f64 * between + between / 2.0 + 10.0).max(310.0),
        height,
        title: &format!("neurons and weights: {}", sizes.join(" – ")),
        description: &columns.iter().map(|column| column.captions.join(", ")).collect::<Vec<_>>().join("; "),
        style: STYLE,
        dark_style: DARK,
        body: &body,
    }
    .svg()
}

/// The lines from one layer to the next.
fn lines(body: &mut String, layer: &Layer, sides: [&Column; 2], place: impl Fn(usize, usize) -> (f64, f64)) {
    let all = (0..layer.inputs).flat_map(|input| (0..layer.units).map(move |unit| (input, unit)));
    let largest = match layer.values {
        Some(_) => all
            .filter_map(|(input, unit)| layer.weight(input, unit))
            .fold(0.0, |most, w| f64::max(most, w.abs())),
        None => 0.0,
    };
    let neurons = |side: usize| {
        sides[side].neurons.iter().enumerate().filter_map(|(index, neuron)| Some((index, (*neuron)?)))
    };
    for (from_index, input) in neurons(0) {
        for (to_index, unit) in neurons(1) {
            let ((x1, y1), (x2, y2)) = (place(0, from_index), place(1, to_index));
            let line = format!("d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"");
            let _ = match layer.weight(input, unit) {
                None => writeln!(body, "<path class=\"w\" {line}/>"),
                Some(weight) => {
                    let class = if weight < 0.0 { "m" } else { "p" };
                    let part = if largest > 0.0 && weight.is_finite() { weight.abs() / largest } else { 0.0 };
                    let thick = 0.4 + 3.6 * part;
                    writeln!(
                        body,
                        "<path class=\"{class}\" stroke-width=\"{thick:.2}\" {line}><title>{weight:.4}</title></path>"
                    )
                }
            };
        }
    }
}
