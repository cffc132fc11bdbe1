//! A graph in figures: what goes in and comes out, its variables, and which ops it is made of.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::graph::{Contents, Edge, Fact, Flops, Graph, Node, NodeId};
use crate::ops::foreign::Foreign;
use crate::ops::source::Const;
use crate::value::{DType, PartialShape};

/// A graph in figures: made by [`Graph::summary`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many nodes there are.
    pub nodes: usize,
    /// What is fed: the placeholders.
    pub inputs: Vec<TensorSummary>,
    /// What comes out: tensors, other than variables, that no node of the graph reads.
    pub outputs: Vec<TensorSummary>,
    /// How the graph says that it is to be used as a function.
    pub signatures: Vec<SignatureSummary>,
    /// What is kept from run to run.
    pub variables: Vec<VariableSummary>,
    /// How many numbers are learnt: the elements of the trained variables or, in a graph that trains none, of all
    /// variables of floats. Of variables whose shape is not known there are no elements.
    pub parameters: u64,
    /// The bytes of all variables.
    pub variable_bytes: u64,
    /// The bytes of all constants.
    pub constant_bytes: u64,
    /// The work of its matrix products and convolutions.
    pub flops: Flops,
    /// Which ops there are, the most frequent first.
    pub ops: Vec<OpCount>,
}

/// A tensor: its name and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorSummary {
    /// TensorFlow's name of it, `x:0`.
    pub name: String,
    /// Its element type.
    #[serde(serialize_with = "as_text")]
    pub dtype: DType,
    /// What is known of its shape.
    #[serde(serialize_with = "as_text")]
    pub shape: PartialShape,
}

/// How a graph is to be used as a function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignatureSummary {
    /// What the signature is called: `serving_default`.
    pub name: String,
    /// The arguments, by name.
    pub inputs: BTreeMap<String, TensorSummary>,
    /// The results, by name.
    pub outputs: BTreeMap<String, TensorSummary>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableSummary {
    /// Its reference: name, type and shape.
    #[serde(flatten)]
    pub tensor: TensorSummary,
    /// How many elements it has, if that is known.
    pub elements: Option<u64>,
    /// What it is there for, as far as the graph shows it.
    pub role: VariableRole,
}

/// What a variable is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableRole {
    /// An optimizer's op changes it.
    Trained,
    /// An optimizer's op reads or keeps something in it: a momentum, a counter, a learning rate.
    Optimizer,
    /// No optimizer's op takes it.
    Other,
}

/// How often an op is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpCount {
    /// TensorFlow's op type.
    pub op: &'static str,
    /// How many nodes are of it.
    pub count: usize,
    /// How many of those can only be kept, not run.
    pub not_runnable: usize,
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Graph {
    /// The graph in figures.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// let tf = Graph::new();
    /// let x = tf.placeholder::<f32>([None, Some(3)], "x");
    /// let y = nn::dense(&x, 2, nn::relu, "layer1");
    /// let summary = tf.summary();
    /// assert_eq!((summary.inputs[0].name.as_str(), summary.outputs[0].name.as_str()), ("x:0", "layer1/Relu:0"));
    /// assert_eq!((summary.parameters, summary.variable_bytes), (3 * 2 + 2, 4 * (3 * 2 + 2)));
    /// println!("{summary}");
    /// ```
    pub fn summary(&self) -> Summary {
        Summary::of(&self.read())
    }
}

/// Whether a session keeps something for the node under its name.
pub(crate) fn is_variable(node: &Node) -> bool {
    matches!(node.op.name(), "VariableV2" | "Variable" | "VarHandleOp")
}

impl Summary {
    fn of(contents: &Contents) -> Summary {
        let nodes = || contents.nodes.iter().enumerate().map(|(id, node)| (NodeId(id as u32), node));
        let tensor = |id: NodeId, fact: &Fact| TensorSummary {
            name: contents.tensor_name(Edge { node: id, output: 0 }),
            dtype: fact.dtype,
            shape: fact.shape.clone(),
        };
        let read: HashSet<NodeId> =
            nodes().flat_map(|(_, node)| &node.inputs).map(|edge| edge.node).collect();
        let reads_variable = |node: &Node| match (node.op.name(), &node.inputs[..]) {
            ("Identity" | "ReadVariableOp", [from]) => is_variable(&contents.nodes[from.node.index()]),
            _ => false,
        };
        let is_output = |(id, node): &(NodeId, &Node)| {
            let is_value = node.fact(0).is_some_and(|fact| !fact.reference);
            let is_source = node.op.name().starts_with("Placeholder") || reads_variable(node);
            is_value && !is_source && !read.contains(id)
        };
        let facts = |(id, node): (NodeId, &Node)| node.fact(0).map(|fact| tensor(id, fact));
        let roles = roles(contents);
        let variables: Vec<VariableSummary> = nodes()
            .filter(|(_, node)| is_variable(node))
            .filter_map(|(id, node)| {
                let tensor = tensor(id, node.fact(0)?);
                let elements = tensor.shape.known().map(|shape| shape.elements() as u64);
                let role = roles.get(&id).copied().unwrap_or(VariableRole::Other);
                Some(VariableSummary { tensor, elements, role })
            })
            .collect();
        let mut ops: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
        for (_, node) in nodes() {
            let (count, not_runnable) = ops.entry(node.op.name()).or_default();
            *count += 1;
            *not_runnable += usize::from(node.op.downcast::<Foreign>().is_some());
        }
        let mut ops: Vec<OpCount> =
            ops.into_iter().map(|(op, (count, not_runnable))| OpCount { op, count, not_runnable }).collect();
        ops.sort_by_key(|op| std::cmp::Reverse(op.count));
        let constants = nodes().filter_map(|(_, node)| node.op.downcast::<Const>());
        Summary {
            nodes: contents.nodes.len(),
            inputs: nodes()
                .filter(|(_, node)| node.op.name().starts_with("Placeholder"))
                .filter_map(facts)
                .collect(),
            outputs: nodes().filter(is_output).filter_map(facts).collect(),
            signatures: signatures(contents),
            parameters: parameters(&variables),
            variable_bytes: variables.iter().map(VariableSummary::bytes).fold(0, u64::saturating_add),
            constant_bytes: constants.map(|op| op.value.bytes().map_or(0, <[u8]>::len) as u64).sum(),
            variables,
            flops: Flops::of(contents),
            ops,
        }
    }
}

/// The signatures, of tensors of which something is known.
fn signatures(contents: &Contents) -> Vec<SignatureSummary> {
    let tensors = |edges: &BTreeMap<String, Edge>| {
        let tensor = |(argument, &edge): (&String, &Edge)| {
            let fact = contents.nodes[edge.node.index()].fact(edge.output)?;
            let (dtype, shape) = (fact.dtype, fact.shape.clone());
            Some((argument.clone(), TensorSummary { name: contents.tensor_name(edge), dtype, shape }))
        };
        edges.iter().filter_map(tensor).collect()
    };
    let signatures = contents.meta.signatures.iter();
    signatures
        .map(|kept| SignatureSummary {
            name: kept.name.clone(),
            inputs: tensors(&kept.inputs),
            outputs: tensors(&kept.outputs),
        })
        .collect()
}

/// Which variables the optimizers' ops take, and as what: their first input is the variable that is trained.
fn roles(contents: &Contents) -> BTreeMap<NodeId, VariableRole> {
    let variable = |mut edge: Edge| loop {
        let node = &contents.nodes[edge.node.index()];
        match (node.op.name(), &node.inputs[..]) {
            ("Identity" | "ReadVariableOp", [from]) => edge = *from,
            _ => return is_variable(node).then_some(edge.node),
        }
    };
    let is_optimizer = |node: &&Node| {
        let rest = ["ResourceApply", "SparseApply", "ResourceSparseApply", "Apply"];
        rest.iter().any(|prefix| node.op.name().starts_with(prefix))
    };
    let mut roles = BTreeMap::new();
    for node in contents.nodes.iter().filter(is_optimizer) {
        for (place, &edge) in node.inputs.iter().enumerate() {
            let Some(variable) = variable(edge) else { continue };
            let role = roles.entry(variable).or_insert(VariableRole::Optimizer);
            if place == 0 {
                *role = VariableRole::Trained;
            }
        }
    }
    roles
}

fn parameters(variables: &[VariableSummary]) -> u64 {
    let trains = variables.iter().any(|variable| variable.role == VariableRole::Trained);
    let is_learnt = |variable: &&VariableSummary| match trains {
        true => variable.role == VariableRole::Trained,
        false => variable.tensor.dtype.is_float(),
    };
    variables.iter().filter(is_learnt).filter_map(|variable| variable.elements).fold(0, u64::saturating_add)
}

impl VariableSummary {
    fn bytes(&self) -> u64 {
        let size = self.tensor.dtype.size().unwrap_or(0) as u64;
        self.elements.unwrap_or(0).saturating_mul(size)
    }
}

impl Flops {
    /// A line for each figure.
    fn lines(&self) -> Vec<String> {
        let figures = [
            (self.known, " a run"),
            (self.per_example, " for each example"),
            (self.not_counted as u64, " products or convolutions have no known shape"),
        ];
        let lines = figures.iter().filter(|(figure, _)| *figure > 0);
        lines.map(|(figure, what)| format!("{figure}{what}")).collect()
    }
}

/// `serving_default(x: float32 [?, 3]) → y: float32 [?, 1]`.
impl fmt::Display for SignatureSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |tensors: &BTreeMap<String, TensorSummary>| {
            let tensor = |(name, tensor): (&String, &TensorSummary)| {
                format!("{name}: {} {}", tensor.dtype, tensor.shape)
            };
            tensors.iter().map(tensor).collect::<Vec<_>>().join(", ")
        };
        write!(f, "{}({}) → {}", self.name, list(&self.inputs), list(&self.outputs))
    }
}

/// A line for each figure, for people.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<(&str, String)> = vec![("nodes", self.nodes.to_string())];
        let mut list = |heading: &'static str, entries: Vec<String>| {
            let none = entries.is_empty().then(|| "none".to_string());
            let entries = entries.into_iter().chain(none).enumerate();
            lines.extend(entries.map(|(index, entry)| (if index == 0 { heading } else { "" }, entry)));
        };
        let tensors = |tensors: &[TensorSummary]| {
            let width = tensors.iter().map(|tensor| tensor.name.chars().count()).max().unwrap_or(0);
            tensors.iter().map(|t| format!("{:width$}  {} {}", t.name, t.dtype, t.shape)).collect()
        };
        list("inputs", tensors(&self.inputs));
        list("outputs", tensors(&self.outputs));
        if !self.signatures.is_empty() {
            list("signatures", self.signatures.iter().map(SignatureSummary::to_string).collect());
        }
        let all: Vec<TensorSummary> = self.variables.iter().map(|variable| variable.tensor.clone()).collect();
        let all: Vec<String> = tensors(&all);
        let width = all.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let variables = all.iter().zip(&self.variables).map(|(text, variable)| {
            let role = match variable.role {
                VariableRole::Trained => "  trained",
                VariableRole::Optimizer => "  optimizer's",
                VariableRole::Other => "",
            };
            format!("{text:width$}{role}").trim_end().to_string()
        });
        list("variables", variables.collect());
        list("parameters", vec![self.parameters.to_string()]);
        let bytes = format!("{} of variables, {} of constants", self.variable_bytes, self.constant_bytes);
        list("bytes", vec![bytes]);
        list("flops", self.flops.lines());
        let ops = self.ops.iter().map(|op| match op.not_runnable {
            0 => format!("{:5} {}", op.count, op.op),
            count => format!("{:5} {} ({count} cannot be run)", op.count, op.op),
        });
        list("ops", ops.collect());
        for (heading, entry) in lines {
            writeln!(f, "{}", format!("{heading:12}{entry}").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// A network that learns, with everything that a summary tells apart.
    fn learning() -> Graph {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(3)], "x");
        let y = nn::dense(&x, 2, nn::relu, "layer");
        let _answer = y.exp().named("answer");
        let counter = tf.variable_untrained(0, "counter");
        let _counted = counter.assign_add(1);
        let cost = y.square().reduce_mean(..);
        let _ = train::MomentumOptimizer::new(0.1, 0.9).minimize(&cost);
        tf
    }

    #[test]
    fn every_variable_has_its_role_also_in_a_graph_that_was_read_from_a_file() {
        let tf = learning();
        let summary = tf.summary();
        let role = |name: &str| {
            let variable = summary.variables.iter().find(|variable| variable.tensor.name == name);
            variable.unwrap_or_else(|| panic!("no {name}: {summary}")).role
        };
        assert_eq!(role("layer/kernel:0"), VariableRole::Trained);
        assert_eq!(role("layer/bias:0"), VariableRole::Trained);
        assert_eq!(role("counter:0"), VariableRole::Other);
        let momenta = summary.variables.iter().filter(|variable| variable.role == VariableRole::Optimizer);
        assert_eq!(momenta.count(), 2);
        assert_eq!(summary.parameters, 8);
        assert_eq!(summary.variable_bytes, 4 * (8 + 8 + 1));
        assert!(summary.outputs.iter().any(|output| output.name == "answer:0"));
        assert!(summary.outputs.iter().all(|output| !output.name.contains("read")), "{summary}");
        assert!(summary.outputs.iter().all(|output| tf.tensor(&output.name).is_ok()));
        let again = Graph::from_graph_def(&tf.as_graph_def().unwrap()).unwrap();
        assert_eq!(again.summary(), summary);
    }

    #[test]
    fn ops_are_counted() {
        let tf = learning();
        let summary = tf.summary();
        assert_eq!(summary.ops.iter().map(|op| op.count).sum::<usize>(), tf.len());
        for pair in summary.ops.windows(2) {
            assert!(pair[0].count >= pair[1].count);
        }
        for op in &summary.ops {
            let expected = tf.operations().iter().filter(|operation| operation.op_type() == op.op).count();
            assert_eq!((op.count, op.not_runnable), (expected, 0));
        }
    }

    #[test]
    fn a_graph_that_trains_nothing_has_the_floats_as_parameters_and_an_empty_one_has_none() {
        let tf = Graph::new();
        let x = tf.placeholder::<f32>([None, Some(3)], "x");
        let _y = nn::dense(&x, 2, nn::relu, "layer");
        let _counter = tf.variable_untrained(0, "counter");
        assert_eq!(tf.summary().parameters, 8);
        let text = Graph::new().summary().to_string();
        assert!(text.starts_with("nodes       0\ninputs      none\n"), "{text}");
    }
}
