//! Transfer functions: f, f′, what speaks for and against each. The graph's f′ are held against the closed forms.

use tenseur::figure::{Figure, Panel};
use tenseur::prelude::*;

const TABLE: &str = "
             f(x)                    f′(x)                  advantages                 drawbacks
ReLU         max(0, x)               1 if x > 0, else 0     cheap; f′ = 1 for any x>0  dead below 0; mean above 0
sigmoid      1 / (1 + e⁻ˣ)           f·(1 − f)              a probability: 0 < f < 1   saturates; f′ ≤ ¼; mean above 0
tanh         tanh x                  1 − f²                 centred: −1 < f < 1        saturates at both ends
PReLU        x if x > 0, else α·x    1 if x > 0, else α     not dead; α is learnt      an α more per layer or channel
leaky ReLU   x if x > 0, else x/5    1 if x > 0, else 1/5   not dead; cheap            the slope 1/5 is a guess
ELU          x if x ≥ 0, else eˣ−1   1 if x ≥ 0, else f+1   mean near 0; no corner     an exponential; saturates below
softplus     ln(1 + eˣ)              1 / (1 + e⁻ˣ)          a ReLU without a corner    costly; never 0; mean above 0
";

/// Its name, f as a graph, f′ as a closed form.
type Function = (&'static str, fn(&Tensor) -> Tensor, fn(f64) -> f64);

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

const FUNCTIONS: [Function; 7] = [
    ("ReLU", |x| nn::relu(x), |x| if x > 0.0 { 1.0 } else { 0.0 }),
    ("sigmoid", |x| nn::sigmoid(x), |x| sigma(x) * (1.0 - sigma(x))),
    ("tanh", |x| nn::tanh(x), |x| 1.0 - x.tanh().powi(2)),
    ("PReLU, α = ½", |x| nn::prelu(x, 0.5), |x| if x > 0.0 { 1.0 } else { 0.5 }),
    // The op keeps its slope as a float32, as TensorFlow's does.
    ("leaky ReLU", |x| nn::leaky_relu(x, 0.2), |x| if x > 0.0 { 1.0 } else { f64::from(0.2_f32) }),
    ("ELU", |x| nn::elu(x), |x| if x >= 0.0 { 1.0 } else { x.exp() }),
    ("softplus", |x| nn::softplus(x), sigma),
];

fn main() -> tenseur::Result<()> {
    println!(
        "{TABLE}\nf′ from the graph, at 161 points of [−4, 4], and the most by which it misses the closed form:"
    );
    let tf = Graph::new();
    let x = tf.placeholder::<f64>([None], "x");
    let sess = Session::new(&tf)?;
    let points: Vec<f64> = (-80..=80).map(|i| f64::from(i) / 20.0).collect();
    let feed = Array::new([points.len()], &points)?;
    let mut figure = Figure::new("Transfer functions f and their derivatives f′").columns(4);
    for (name, function, closed_form) in FUNCTIONS {
        let f = function(&x);
        let slope = gradients(&[&f], &[&x])[0].clone().expect("f depends on x");
        let (f, slope) = sess.run((&f, &slope), feeds![x => &feed])?;
        let (f, slope) = (f.to_f64()?, slope.to_f64()?);
        let misses = points.iter().zip(&slope).map(|(&x, slope)| (slope - closed_form(x)).abs());
        println!("    {name:<13} {:.12}", misses.fold(0.0, f64::max));
        let along = |values: Vec<f64>| points.clone().into_iter().zip(values);
        let panel = Panel::new(name).y_range(-2.0, 4.0).line("f", along(f)).line("f′", along(slope));
        figure = figure.panel(panel);
    }
    let figures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let folder = std::env::args().nth(1).unwrap_or(figures.to_string());
    figure.save(format!("{folder}/2_transfer_functions.svg"))
}
