//! Finds the neurons in a dataflow graph: layers `f(x·W + b)`, one after the other, from an output back to what is fed.

use crate::draw::activation::Activation;
use crate::draw::notation::subscript;
use crate::draw::svg::shortened;
use crate::error::{Error, Result};
use crate::graph::{Contents, Edge, Graph, Node, Tensor};
use crate::ops::array::concat::Pack;
use crate::ops::matmul::{BatchMatMul, MatMul};
use crate::session::Session;
use crate::value::Shape;

/// A network of fully connected layers, as it was found in a dataflow graph.
#[derive(Clone, Debug)]
pub struct DenseNetwork {
    /// What the first layer gets: a placeholder, or several behind each other.
    pub inputs: Vec<Input>,
    /// The layers, from the first to the output.
    pub layers: Vec<Layer>,
}

/// An input of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The placeholder's name.
    pub name: String,
    /// How many numbers an example has there.
    pub width: usize,
}

/// `f(x·W + b)`
#[derive(Clone, Debug)]
pub struct Layer {
    /// W, `[inputs, units]`, or `[units, inputs]` where it is used transposed.
    pub weights: Parameter,
    /// Whether W is used transposed.
    pub transposed: bool,
    /// b, `[units]` or one number for all.
    pub bias: Option<Parameter>,
    /// f: these functions, the first one first; a linear layer has none.
    pub activations: Vec<Activation>,
    /// How many numbers each of its neurons gets.
    pub inputs: usize,
    /// How many neurons it has.
    pub units: usize,
    /// The numbers in W, row by row, where they were asked for with [`DenseNetwork::with_weights`].
    pub values: Option<Vec<f64>>,
}

/// A variable, or a constant in its place.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The node's name.
    pub name: String,
    /// Its value in the graph.
    pub tensor: Tensor,
    /// Its shape.
    pub shape: Shape,
}

impl DenseNetwork {
    /// The network whose output is `output`.
    ///
    /// Recognised are products with weights (`matmul`), biases (`bias_add`, `+`), the transfer functions in
    /// [`nn`](crate::nn), and as input a placeholder or a constant, also reshaped, cast, or several joined along the
    /// last axis.
    ///
    /// # Errors
    /// When the tensor is not the output of such a network; the error names the node where it stops being one.
    ///
    /// ```
    /// use tenseur::draw::DenseNetwork;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// let y = nn::dense(nn::dense(&x, 4, nn::relu, "hidden"), 1, nn::sigmoid, "output");
    /// let network = DenseNetwork::of(&y)?;
    /// let units: Vec<usize> = network.layers.iter().map(|layer| layer.units).collect();
    /// assert_eq!(units, [4, 1]);
    ///
    /// let error = DenseNetwork::of(&y.exp()).unwrap_err().to_string();
    /// assert!(error.contains("\"Exp\" is an op of type Exp"), "{error}");
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn of(output: &Tensor) -> Result<DenseNetwork> {
        output.graph().check()?;
        let contents = output.graph().read();
        let walk = Walk { graph: output.graph(), contents: &contents, input: None };
        walk.network(output.edge())
            .map_err(|error| error.context("this is no network of fully connected layers"))
    }

    /// The network that computes `output` from `input`, whatever `input` is computed from.
    ///
    /// # Errors
    /// As [`of`](DenseNetwork::of); and when `input` is of another graph, or its last axis is not known.
    ///
    /// ```
    /// use tenseur::draw::DenseNetwork;
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// let squares = x.square();
    /// let y = nn::dense(&squares, 1, nn::sigmoid, "output");
    /// assert!(DenseNetwork::of(&y).is_err());
    /// let network = DenseNetwork::between(&squares, &y)?.with_input_names(["a²", "b²", "c²"])?;
    /// assert_eq!(network.layers.len(), 1);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    pub fn between(input: &Tensor, output: &Tensor) -> Result<DenseNetwork> {
        output.graph().check()?;
        if !input.graph().is(output.graph()) {
            return Err(Error::invalid("input and output are of different graphs"));
        }
        let contents = output.graph().read();
        let walk = Walk { graph: output.graph(), contents: &contents, input: Some(input.edge()) };
        walk.network(output.edge())
            .map_err(|error| error.context("this is no network of fully connected layers"))
    }

    /// The network in a graph of which the output is not known: the one with the most layers.
    ///
    /// # Errors
    /// NotFound, when no tensor of the graph is the output of a network of fully connected layers.
    pub fn in_graph(graph: &Graph) -> Result<DenseNetwork> {
        graph.check()?;
        let contents = graph.read();
        let walk = Walk { graph, contents: &contents, input: None };
        let tensors = contents
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.outputs.as_ref().is_some_and(|outputs| !outputs.is_empty()));
        let found = tensors.filter_map(|(id, _)| {
            walk.network(Edge { node: crate::graph::NodeId(id as u32), output: 0 }).ok()
        });
        let size = |network: &DenseNetwork| {
            let parts = |layer: &Layer| layer.activations.len() + usize::from(layer.bias.is_some());
            (network.layers.len(), network.layers.iter().map(parts).sum::<usize>())
        };
        let largest = found.reduce(|best, other| if size(&other) > size(&best) { other } else { best });
        largest.ok_or_else(|| {
            let text = "no tensor of the graph is the output of a network of fully connected layers";
            Error::new(crate::Code::NotFound, text)
                .hint("name the tensor that should be one, to be told why it is not")
        })
    }

    /// The same network with a name for each number that it gets, in the place of `data₁`, `data₂`, ….
    ///
    /// # Errors
    /// When there are not as many names as numbers.
    pub fn with_input_names<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<DenseNetwork> {
        let names: Vec<Input> = names.into_iter().map(|name| Input { name: name.into(), width: 1 }).collect();
        if names.len() != self.width() {
            let text = format!(
                "the network gets {} numbers, and there are {} names for them",
                self.width(),
                names.len()
            );
            return Err(Error::invalid(text));
        }
        self.inputs = names;
        Ok(self)
    }

    /// The same network with the weights that a session holds, which lines will then show.
    ///
    /// # Errors
    /// When the session cannot say them: it is another graph's, or they have no value yet.
    pub fn with_weights(mut self, session: &Session) -> Result<DenseNetwork> {
        for layer in &mut self.layers {
            layer.values = Some(session.run(&layer.weights.tensor, crate::feeds![])?.to_f64()?);
        }
        Ok(self)
    }

    /// What number `index` of an example is called: `x`, `data₃`.
    pub(super) fn input_name(&self, index: usize) -> String {
        let mut before = 0;
        for input in &self.inputs {
            if index < before + input.width {
                let name = shortened(&input.name, 12);
                return match input.width {
                    1 => name,
                    _ => format!("{name}{}", subscript(&(index - before + 1).to_string())),
                };
            }
            before += input.width;
        }
        String::new()
    }

    /// How many numbers an example has.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(|input| input.width).sum()
    }
}

impl Layer {
    /// The weight from input `input` to neuron `unit`, if the weights were asked for.
    pub fn weight(&self, input: usize, unit: usize) -> Option<f64> {
        let (row, column, columns) = match self.transposed {
            true => (unit, input, self.inputs),
            false => (input, unit, self.units),
        };
        self.values.as_ref()?.get(row * columns + column).copied()
    }

    /// The names of its functions, `linear` if there are none: `tanh`.
    pub fn activation_names(&self) -> String {
        match self.activations.is_empty() {
            true => "linear".to_string(),
            false => self.activations.iter().map(Activation::name).collect::<Vec<_>>().join(", then "),
        }
    }
}

/// Whether a tensor of this shape adds a number to each of `units` neurons, or one to all, the same for every example.
fn is_bias(shape: &Shape, units: usize) -> bool {
    shape.elements() == 1 || (shape.elements() == units && shape.last() == Some(&units))
}

/// A walk back through a graph.
pub(super) struct Walk<'a> {
    graph: &'a Graph,
    contents: &'a Contents,
    /// Where the walk ends; if it is not said, at a placeholder or a constant.
    input: Option<Edge>,
}

/// x·W
struct Product {
    x: Edge,
    weights: Parameter,
    transposed: bool,
}

impl Walk<'_> {
    pub(super) fn node(&self, edge: Edge) -> &Node {
        &self.contents.nodes[edge.node.index()]
    }

    /// The tensor itself, where `edge` only hands it on.
    pub(super) fn plain(&self, mut edge: Edge) -> Edge {
        let hands_on =
            ["Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "ReadVariableOp"];
        while let (true, Some([from])) = (hands_on.contains(&self.node(edge).op.name()), self.inputs_of(edge))
            && self.input != Some(edge)
        {
            edge = from;
        }
        edge
    }

    /// The node's inputs, if there are so many.
    pub(super) fn inputs_of<const N: usize>(&self, edge: Edge) -> Option<[Edge; N]> {
        <[Edge; N]>::try_from(&self.node(edge).inputs[..]).ok()
    }

    /// Whether it is a constant of one element, `number`.
    pub(super) fn is_number(&self, edge: Edge, number: f64) -> bool {
        let edge = self.plain(edge);
        let value = self.node(edge).fact(edge.output).and_then(|fact| fact.value.as_ref());
        value.is_some_and(|value| value.len() == 1 && value.to_f64().is_ok_and(|values| values == [number]))
    }

    /// The variable or the constant that it is the value of.
    pub(super) fn parameter(&self, edge: Edge) -> Option<Parameter> {
        let source = self.plain(edge);
        let node = self.node(source);
        if !matches!(node.op.name(), "VariableV2" | "Variable" | "VarHandleOp" | "Const") {
            return None;
        }
        let shape = self.node(edge).fact(edge.output)?.shape.known()?;
        let tensor = Tensor::new(self.graph.clone(), edge);
        Some(Parameter { name: node.name.to_string(), tensor, shape })
    }

    fn network(&self, output: Edge) -> Result<DenseNetwork> {
        let mut layers: Vec<Layer> = Vec::new();
        let mut at = self.plain(output);
        loop {
            let mut activations = Vec::new();
            while let Some((function, of)) = Activation::at(self, at).filter(|_| self.input != Some(at)) {
                activations.push(function);
                at = of;
            }
            activations.reverse();
            match self.layer(at)? {
                Some((x, layer)) => {
                    layers.push(Layer { activations, ..layer });
                    at = self.plain(x);
                }
                None if !activations.is_empty() => {
                    let name = activations[0].name();
                    return Err(
                        self.because(at, &format!("and {name} is taken of it without weights between"))
                    );
                }
                None if layers.is_empty() => {
                    return Err(self.because(at, "and there are no weights before it"));
                }
                None => break,
            }
        }
        layers.reverse();
        let inputs = self.inputs(at, layers[0].inputs)?;
        Ok(DenseNetwork { inputs, layers })
    }

    /// What a node is, and why that does not fit.
    fn because(&self, edge: Edge, why: &str) -> Error {
        let node = self.node(edge);
        Error::invalid(format!("\"{}\" is an op of type {}, {why}", node.name, node.op.name()))
    }

    /// The layer without its functions, and what it is taken of; `None` where there is no product.
    fn layer(&self, at: Edge) -> Result<Option<(Edge, Layer)>> {
        if self.input == Some(at) {
            return Ok(None);
        }
        let (product, bias) = match (self.node(at).op.name(), self.inputs_of(at)) {
            ("BiasAdd", Some([a, b])) => (self.product(a)?, Some(b)),
            ("AddV2", Some([a, b])) => match (self.product(a)?, self.product(b)?) {
                (Some(_), Some(_)) => return Err(self.because(at, "which adds two products")),
                (product, None) => (product, Some(b)),
                (None, product) => (product, Some(a)),
            },
            _ => (self.product(at)?, None),
        };
        let Some(Product { x, weights, transposed }) = product else { return Ok(None) };
        let [rows, columns] = weights.shape[..] else {
            return Err(
                self.because(at, &format!("and its weights have shape {}, not two axes", weights.shape))
            );
        };
        let (inputs, units) = if transposed { (columns, rows) } else { (rows, columns) };
        let bias = match bias.map(|bias| (bias, self.parameter(bias))) {
            None => None,
            Some((_, Some(bias))) if is_bias(&bias.shape, units) => Some(bias),
            Some((_, Some(bias))) => {
                let text = format!("whose bias has shape {} where there are {units} neurons", bias.shape);
                return Err(self.because(at, &text));
            }
            Some((bias, None)) => {
                let text = format!(
                    "and what it adds, \"{}\", is no variable or constant of known shape",
                    self.node(bias).name
                );
                return Err(self.because(at, &text));
            }
        };
        let layer = Layer { weights, transposed, bias, activations: Vec::new(), inputs, units, values: None };
        Ok(Some((x, layer)))
    }

    fn product(&self, edge: Edge) -> Result<Option<Product>> {
        let edge = self.plain(edge);
        let node = self.node(edge);
        let (first_transposed, transposed) =
            match (node.op.downcast::<MatMul>(), node.op.downcast::<BatchMatMul>()) {
                (Some(op), _) => (op.transpose_a, op.transpose_b),
                (_, Some(op)) => (op.adj_x, op.adj_y),
                (None, None) => return Ok(None),
            };
        if first_transposed {
            return Err(self.because(edge, "which transposes its first factor"));
        }
        let Some([x, factor]) = self.inputs_of(edge) else { return Ok(None) };
        match self.parameter(factor) {
            Some(weights) => Ok(Some(Product { x, weights, transposed })),
            None => {
                let factor = &self.node(factor).name;
                let text =
                    format!("and its second factor, \"{factor}\", is no variable or constant of known shape");
                Err(self.because(edge, &text))
            }
        }
    }

    /// What the first layer gets, `width` numbers.
    fn inputs(&self, edge: Edge, width: usize) -> Result<Vec<Input>> {
        if self.input == Some(edge) {
            return Ok(vec![Input { name: self.node(edge).name.to_string(), width }]);
        }
        let source = self.unshaped(edge);
        let node = self.node(source);
        let number = |axis: &Edge| self.node(*axis).fact(axis.output)?.integers()?.first().copied();
        let (joined, axis) = match (node.op.name(), &node.inputs[..]) {
            ("ConcatV2", [joined @ .., axis]) | ("Concat", [axis, joined @ ..]) => (joined, number(axis)),
            ("Pack", joined) => (joined, node.op.downcast::<Pack>().map(|op| op.axis)),
            ("Placeholder" | "PlaceholderWithDefault" | "Const", _) => {
                return Ok(vec![Input { name: node.name.to_string(), width }]);
            }
            _ => return Err(self.because(source, "which is neither a placeholder nor part of a layer")),
        };
        let rank = node.fact(0).and_then(|fact| fact.shape.rank());
        let is_last = axis == Some(-1) || axis.zip(rank).is_some_and(|(axis, rank)| axis + 1 == rank as i64);
        if !is_last {
            return Err(self.because(source, "which does not join along the last axis"));
        }
        let mut inputs = Vec::new();
        for &part in joined {
            let at = self.unshaped(part);
            let input = self.node(at);
            if !matches!(input.op.name(), "Placeholder" | "PlaceholderWithDefault" | "Const") {
                return Err(self.because(at, "which is neither a placeholder nor part of a layer"));
            }
            let shape = self.node(part).fact(part.output).map(|fact| fact.shape.clone()).unwrap_or_default();
            let size = match node.op.name() {
                "Pack" => Some(1),
                _ => shape.sizes().and_then(|sizes| *sizes.last()?),
            };
            let Some(size) = size else { return Err(self.because(at, "whose last axis is not known")) };
            inputs.push(Input { name: input.name.to_string(), width: size });
        }
        Ok(inputs)
    }

    /// What was there before it was given another shape or type.
    fn unshaped(&self, edge: Edge) -> Edge {
        let mut edge = self.plain(edge);
        while let ("Reshape" | "Cast" | "Squeeze" | "ExpandDims", [from, ..]) =
            (self.node(edge).op.name(), &self.node(edge).inputs[..])
        {
            edge = self.plain(*from);
        }
        edge
    }
}
