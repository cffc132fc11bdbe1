//! Each transfer function and its derivative, drawn from the graph: the derivative is the gradient's.

use std::collections::BTreeMap;

use tenseur::Result;
use tenseur::prelude::*;

use crate::config::Activation;
use crate::network::apply;
use crate::protocol::Curve;

/// Where the curves are told, from −6 to 6.
pub(crate) fn places() -> Vec<f32> {
    (-60..=60).map(|tenth| tenth as f32 / 10.0).collect()
}

/// The curves, by the functions' names.
pub(crate) fn curves() -> Result<BTreeMap<&'static str, Curve>> {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let places = places();
    let fed = Array::new([places.len()], places)?;
    let mut curves = BTreeMap::new();
    for activation in Activation::NAMES.iter().filter_map(|name| Activation::named(name)) {
        let y = apply(activation, &x, None);
        let slope = match activation {
            Activation::Linear => x.ones_like(),
            _ => gradients(&[&y], &[&x])[0].clone().unwrap_or_else(|| x.zeros_like()),
        };
        let (value, slope) = Session::new(&tf)?.portable().run((&y, &slope), feeds![x => &fed])?;
        let numbers = |array: &Array| -> Result<Vec<f32>> { Ok(array.as_slice::<f32>()?.to_vec()) };
        let curve = Curve { value: numbers(&value)?, slope: numbers(&slope)?, formula: formula(activation) };
        curves.insert(activation.name(), curve);
    }
    Ok(curves)
}

fn formula(activation: Activation) -> String {
    match activation {
        Activation::Relu => "max(0, s)",
        Activation::Tanh => "(eˢ − e⁻ˢ) / (eˢ + e⁻ˢ)",
        Activation::Sigmoid => "1 / (1 + e⁻ˢ)",
        Activation::Linear => "s",
        Activation::Prelu => "max(0, s) + α·min(0, s)",
        Activation::LeakyRelu => "max(0, s) + 0.2·min(0, s)",
        Activation::Elu => "s where s ≥ 0, else eˢ − 1",
        Activation::Selu => "1.0507·(s where s ≥ 0, else 1.6733·(eˢ − 1))",
        Activation::Softplus => "ln(1 + eˢ)",
        Activation::Gelu => "s·Φ(s)",
        Activation::Swish => "s / (1 + e⁻ˢ)",
        Activation::Sine => "sin(s)",
    }
    .to_string()
}
