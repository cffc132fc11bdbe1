//! The dataflow graph that is running: its picture, what was fused, and each node's details.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use tenseur::draw::{self, BlockKind};
use tenseur::graph::NodeId;
use tenseur::ops::Attr;
use tenseur::prelude::*;
use tenseur::session::Explanation;
use tenseur::{Error, Result};

use crate::machine::Machine;

/// The graph, laid out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct GraphPicture {
    pub width: f64,
    pub height: f64,
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
    pub groups: Vec<Group>,
    pub scopes: Vec<String>,
}

/// A node or a folded scope.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Block {
    pub name: String,
    pub op: String,
    pub kind: &'static str,
    pub lines: Vec<String>,
    pub nodes: usize,
    pub group: Option<usize>,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Link {
    pub from: usize,
    pub to: usize,
    pub label: String,
    pub control: bool,
    pub points: Vec<(f64, f64)>,
}

/// What runs as one kernel.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Group {
    pub number: usize,
    pub text: String,
}

/// All about a node.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct NodeDetails {
    pub name: String,
    pub op: String,
    pub rule: String,
    pub attributes: BTreeMap<String, String>,
    pub inputs: Vec<TensorDetails>,
    pub outputs: Vec<TensorDetails>,
    pub fused: Option<Fused>,
}

/// All about a tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct TensorDetails {
    pub name: String,
    pub dtype: String,
    pub shape: String,
    pub value: Option<String>,
    pub gradient: Option<String>,
}

/// The kernel that a node is part of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // `web/engine/protocol.js` says it.
pub struct Fused {
    pub group: usize,
    pub text: String,
}

/// What runs: a training step on the first batch, or only the prediction.
fn explanation(machine: &Machine, training: bool) -> Result<Explanation> {
    let network = &machine.network;
    let feeds = machine.first_batch()?;
    match training {
        true => machine.session.explain((&network.checked, &network.train), feeds),
        false => machine.session.explain(&network.sigma, feeds),
    }
}

/// Kernels that several nodes became, by number; and by node, which.
fn groups(explanation: &Explanation) -> (Vec<Group>, HashMap<&str, usize>) {
    let (mut groups, mut of) = (Vec::new(), HashMap::new());
    for step in explanation.steps.iter().filter(|step| step.nodes.iter().collect::<HashSet<_>>().len() > 1) {
        let number = groups.len();
        let results: Vec<&str> = step.results.iter().map(|result| result.name.as_str()).collect();
        groups.push(Group { number, text: format!("{} = {}", results.join(", "), step.text) });
        of.extend(step.nodes.iter().map(|node| (node.as_str(), number)));
    }
    (groups, of)
}

/// The picture, with these scopes open.
///
/// # Errors
/// When there is no such scope.
pub(crate) fn picture(machine: &Machine, open: &[String], training: bool) -> Result<GraphPicture> {
    let network = &machine.network;
    let needed = match training {
        true => vec![network.checked.clone(), network.train.output(0)],
        false => vec![network.sigma.clone()],
    };
    let mut drawing = draw::dataflow(&network.graph).needed_for(&needed);
    for scope in open {
        drawing = drawing.open(scope);
    }
    let picture = drawing.picture()?;
    let explanation = explanation(machine, training)?;
    let (groups, of) = groups(&explanation);
    let variables: HashSet<String> = network
        .graph
        .global_variables()
        .iter()
        .map(|variable| variable.operation().name().to_string())
        .collect();
    let mut scopes = BTreeSet::new();
    for node in picture.blocks.iter().flat_map(|block| &block.nodes) {
        let around = node.match_indices('/').map(|(at, _)| &node[..at]);
        scopes.extend(around.filter(|scope| !variables.contains(*scope)).map(str::to_string));
    }
    let block = |block: &draw::GraphBlock| Block {
        name: block.name.clone(),
        op: block.what.clone(),
        kind: match block.kind {
            BlockKind::Placeholder => "placeholder",
            BlockKind::Variable => "variable",
            BlockKind::Constant => "constant",
            BlockKind::Operation => "op",
            BlockKind::Scope => "scope",
        },
        lines: block.lines.clone(),
        nodes: block.nodes.len(),
        group: match &block.nodes[..] {
            [only] => of.get(only.as_str()).copied(),
            _ => None,
        },
        x: block.x,
        y: block.y,
        width: block.width,
        height: block.height,
    };
    let link = |link: &draw::GraphLink| Link {
        from: link.from,
        to: link.to,
        label: link.label.clone(),
        control: link.control,
        points: link.points.clone(),
    };
    Ok(GraphPicture {
        width: picture.width,
        height: picture.height,
        blocks: picture.blocks.iter().map(block).collect(),
        links: picture.links.iter().map(link).collect(),
        groups,
        scopes: scopes.into_iter().collect(),
    })
}

/// All about the node called `name`, with values for the training set.
///
/// # Errors
/// NotFound, when there is none.
pub(crate) fn node(machine: &Machine, name: &str, known: &mut Gradients) -> Result<NodeDetails> {
    let graph = &machine.network.graph;
    let operation = graph.operation(name)?;
    let missing = || Error::invalid(format!("\"{name}\" is no longer in the graph"));
    let node = graph.node(operation.id()).ok_or_else(missing)?;
    let op = operation.op_type();
    let input = |edge: &tenseur::graph::Edge| -> Option<TensorDetails> {
        let from = graph.operations().into_iter().nth(edge.node.index())?;
        Some(described(&from.output(edge.output as usize)))
    };
    let quiet = is_quiet(graph, operation.id());
    let outputs = (0..operation.outputs()).map(|output| {
        let tensor = operation.output(output);
        let mut details = described(&tensor);
        if quiet && details.dtype != "unknown" {
            let found = machine.session.run(&tensor, machine.training_feeds());
            details.value = found.ok().map(|value| brief(&value));
            details.gradient = known.of(machine, &tensor).map(|value| brief(&value));
        }
        details
    });
    let outputs = outputs.collect();
    let explanation = explanation(machine, true)?;
    let (groups, of) = groups(&explanation);
    let fused = of.get(name).and_then(|group| groups.get(*group));
    Ok(NodeDetails {
        name: name.to_string(),
        op: op.to_string(),
        rule: tenseur::ops::doc(op).unwrap_or_default().to_string(),
        attributes: operation
            .attrs()
            .iter()
            .map(|(name, value)| (name.to_string(), attribute(value)))
            .collect(),
        inputs: node.inputs.iter().filter_map(input).collect(),
        outputs,
        fused: fused.map(|group| Fused { group: group.number, text: group.text.clone() }),
    })
}

/// The gradients that were asked for: each adds nodes to the graph, once.
#[derive(Default)]
pub(crate) struct Gradients(HashMap<String, Option<Tensor>>);

impl Gradients {
    /// ∂objective/∂tensor over the training set, where there is one.
    fn of(&mut self, machine: &Machine, tensor: &Tensor) -> Option<Array> {
        let network = &machine.network;
        // Of what was added to look at, nothing more is added: the graph stays bounded.
        let added = tensor.name().starts_with("inspect");
        if tensor.dtype() != Some(DType::Float32) || tensor.fact()?.reference || added {
            return None;
        }
        let _scope = network.graph.name_scope("inspect");
        let find = || tenseur::gradients(&[&network.checked], &[tensor]).into_iter().next().flatten();
        let gradient = self.0.entry(tensor.name()).or_insert_with(find).clone()?;
        network.graph.check().ok()?;
        machine.session.run(&gradient, machine.training_feeds()).ok()
    }
}

/// Whether fetching a node changes nothing: nothing that it needs writes a variable or draws random numbers.
fn is_quiet(graph: &Graph, id: NodeId) -> bool {
    let (mut seen, mut wanted) = (HashSet::new(), vec![id]);
    while let Some(id) = wanted.pop() {
        let Some(node) = graph.node(id).filter(|_| seen.insert(id)) else { continue };
        let op = node.op.name();
        let loud = ["Apply", "Assign", "Random", "TruncatedNormal", "Init"];
        if loud.iter().any(|start| op.starts_with(start)) {
            return false;
        }
        wanted.extend(node.inputs.iter().map(|edge| edge.node));
        wanted.extend(node.control_inputs.iter().copied());
    }
    true
}

/// An attribute as a reader of TensorFlow's would write it.
fn attribute(value: &Attr) -> String {
    match value {
        Attr::Type(dtype) => dtype.to_string(),
        Attr::Shape(shape) => shape.to_string(),
        Attr::Int(number) => number.to_string(),
        Attr::Float(number) => number.to_string(),
        Attr::Bool(is) => is.to_string(),
        Attr::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Attr::Tensor(array) => brief(array),
        Attr::Function(name) => name.clone(),
        Attr::List(list) => list.iter().map(attribute).collect::<Vec<_>>().join(", "),
    }
}

fn described(tensor: &Tensor) -> TensorDetails {
    let dtype = tensor.dtype().map_or("unknown".to_string(), |dtype| dtype.to_string());
    let shape = tensor.shape().to_string();
    TensorDetails { name: tensor.name(), dtype, shape, value: None, gradient: None }
}

/// An array in a few words: all of it where it is small, else its shape, its range and its mean.
fn brief(array: &Array) -> String {
    if array.len() <= 24 {
        return format!("{array:.4}");
    }
    let Ok(numbers) = array.to_f64() else { return array.shape().to_string() };
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    format!("{}: {low:.4} to {high:.4}, mean {mean:.4}", array.shape())
}
