//! Transfer functions, as they are found in a dataflow graph.

use crate::draw::dense_network::{Parameter, Walk};
use crate::graph::Edge;
use crate::ops::activation::LeakyRelu;

/// A transfer function of a layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // The names are those of the functions in `nn`.
pub enum Activation {
    Relu,
    Relu6,
    /// With its fixed slope.
    LeakyRelu(f32),
    /// With its learnt slopes.
    Prelu(Parameter),
    Elu,
    Selu,
    Sigmoid,
    Tanh,
    Softplus,
    Softsign,
    Swish,
    Gelu,
    Sine,
    Softmax,
    LogSoftmax,
}

impl Activation {
    /// Its name in `nn`.
    pub fn name(&self) -> &'static str {
        self.words().0
    }

    /// Its formula.
    pub fn definition(&self) -> String {
        let (name, formula) = self.words();
        let formula = match self {
            Activation::LeakyRelu(alpha) => formula.replace('α', &alpha.to_string()),
            _ => formula.to_string(),
        };
        match self {
            Activation::Softmax | Activation::LogSoftmax => format!("{name}(s)ᵢ = {formula}"),
            _ => format!("{name}(s) = {formula}"),
        }
    }

    /// Whether each output depends on one input only.
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Activation::Softmax | Activation::LogSoftmax)
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Activation::Relu => ("relu", "max(0, s)"),
            Activation::Relu6 => ("relu6", "min(max(0, s), 6)"),
            Activation::LeakyRelu(_) => ("leaky_relu", "max(0, s) + α·min(0, s)"),
            Activation::Prelu(_) => ("prelu", "max(0, s) + α·min(0, s)"),
            Activation::Elu => ("elu", "s where s ≥ 0, else eˢ − 1"),
            Activation::Selu => ("selu", "1.0507·(s where s ≥ 0, else 1.6733·(eˢ − 1))"),
            Activation::Sigmoid => ("sigmoid", "1 / (1 + e⁻ˢ)"),
            Activation::Tanh => ("tanh", "(eˢ − e⁻ˢ) / (eˢ + e⁻ˢ)"),
            Activation::Softplus => ("softplus", "ln(1 + eˢ)"),
            Activation::Softsign => ("softsign", "s / (1 + |s|)"),
            Activation::Swish => ("swish", "s / (1 + e⁻ˢ)"),
            Activation::Gelu => ("gelu", "s·Φ(s), Φ the normal distribution's function"),
            Activation::Sine => ("sin", "sine of s"),
            Activation::Softmax => ("softmax", "exp(sᵢ) / Σⱼ exp(sⱼ)"),
            Activation::LogSoftmax => ("log_softmax", "sᵢ − ln Σⱼ exp(sⱼ)"),
        }
    }

    /// The function whose value `edge` is, if it is one, and what it is taken of.
    pub(super) fn at(walk: &Walk<'_>, edge: Edge) -> Option<(Activation, Edge)> {
        let node = walk.node(edge);
        let of = |function: Activation| Some((function, argument(walk, edge)?));
        match node.op.name() {
            "Relu" => of(Activation::Relu),
            "Relu6" => of(Activation::Relu6),
            "LeakyRelu" => {
                of(Activation::LeakyRelu(node.op.downcast::<LeakyRelu>().map_or(0.2, |op| op.alpha)))
            }
            "Elu" => of(Activation::Elu),
            "Selu" => of(Activation::Selu),
            "Sigmoid" => of(Activation::Sigmoid),
            "Tanh" => of(Activation::Tanh),
            "Softplus" => of(Activation::Softplus),
            "Softsign" => of(Activation::Softsign),
            "Sin" => of(Activation::Sine),
            "Softmax" => of(Activation::Softmax),
            "LogSoftmax" => of(Activation::LogSoftmax),
            "Maximum" => maximum_with_zero(walk, edge).map(|x| (Activation::Relu, x)),
            "Mul" => swish(walk, edge).or_else(|| gelu(walk, edge)),
            "SelectV2" | "Select" => prelu_by_choice(walk, edge),
            "AddV2" => prelu_by_sum(walk, edge),
            _ => None,
        }
    }
}

/// The only input of a node, if it has but one.
fn argument(walk: &Walk<'_>, edge: Edge) -> Option<Edge> {
    walk.inputs_of(edge).map(|[x]| walk.plain(x))
}

/// Both orders of a node's inputs, if it has two.
fn both_orders(walk: &Walk<'_>, edge: Edge) -> impl Iterator<Item = (Edge, Edge)> {
    let inputs = walk.inputs_of(edge).map(|[a, b]| (walk.plain(a), walk.plain(b)));
    inputs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)])
}

/// x of max(x, 0).
fn maximum_with_zero(walk: &Walk<'_>, edge: Edge) -> Option<Edge> {
    both_orders(walk, edge).find(|(_, zero)| walk.is_number(*zero, 0.0)).map(|(x, _)| x)
}

/// x · sigmoid(x)
fn swish(walk: &Walk<'_>, edge: Edge) -> Option<(Activation, Edge)> {
    let is_sigmoid =
        |gate: Edge, x: Edge| walk.node(gate).op.name() == "Sigmoid" && argument(walk, gate) == Some(x);
    let found = both_orders(walk, edge).find(|(x, gate)| is_sigmoid(*gate, *x));
    found.map(|(x, _)| (Activation::Swish, x))
}

/// (½·x) · (1 + erf(x/√2))
fn gelu(walk: &Walk<'_>, edge: Edge) -> Option<(Activation, Edge)> {
    let is = |edge: Edge, op: &str| walk.node(edge).op.name() == op;
    // The half of something, and what it is the half of.
    let halved = |edge: Edge| {
        let mut orders = both_orders(walk, edge).filter(|_| is(edge, "Mul"));
        orders.find(|(half, _)| walk.is_number(*half, 0.5)).map(|(_, x)| x)
    };
    // x of 1 + erf(x/√2).
    let gate = |edge: Edge| {
        let mut orders = both_orders(walk, edge).filter(|_| is(edge, "AddV2"));
        let (_, erf) = orders.find(|(one, _)| walk.is_number(*one, 1.0))?;
        let scaled = argument(walk, erf).filter(|_| is(erf, "Erf"))?;
        let root = f64::from(std::f32::consts::FRAC_1_SQRT_2);
        let mut orders = both_orders(walk, scaled).filter(|_| is(scaled, "Mul"));
        orders.find(|(scale, _)| walk.is_number(*scale, root)).map(|(_, x)| x)
    };
    let found = both_orders(walk, edge).find(|(x, bent)| halved(*x).is_some_and(|x| gate(*bent) == Some(x)));
    found.and_then(|(x, _)| Some((Activation::Gelu, halved(x)?)))
}

/// x where x > 0, else α·x.
fn prelu_by_choice(walk: &Walk<'_>, edge: Edge) -> Option<(Activation, Edge)> {
    let [condition, x, scaled] = walk.inputs_of(edge)?.map(|input| walk.plain(input));
    let [tested, limit] = walk.inputs_of(condition)?;
    let is_test = matches!(walk.node(condition).op.name(), "Greater" | "GreaterEqual")
        && walk.plain(tested) == x
        && walk.is_number(limit, 0.0);
    if !is_test || walk.node(scaled).op.name() != "Mul" {
        return None;
    }
    let (alpha, _) = both_orders(walk, scaled).find(|(_, other)| *other == x)?;
    Some((Activation::Prelu(walk.parameter(alpha)?), x))
}

/// max(0, x) + α·min(0, x)
fn prelu_by_sum(walk: &Walk<'_>, edge: Edge) -> Option<(Activation, Edge)> {
    both_orders(walk, edge).find_map(|(positive, negative)| {
        let x = match walk.node(positive).op.name() {
            "Relu" => argument(walk, positive)?,
            "Maximum" => maximum_with_zero(walk, positive)?,
            _ => return None,
        };
        if walk.node(negative).op.name() != "Mul" {
            return None;
        }
        let is_minimum = |low: Edge| {
            walk.node(low).op.name() == "Minimum"
                && both_orders(walk, low).any(|(a, zero)| a == x && walk.is_number(zero, 0.0))
        };
        let (alpha, _) = both_orders(walk, negative).find(|(_, low)| is_minimum(*low))?;
        Some((Activation::Prelu(walk.parameter(alpha)?), x))
    })
}
