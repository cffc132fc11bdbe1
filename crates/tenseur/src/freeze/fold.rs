//! Folds batch normalisations, and multiplications by constants, into the products before them.
//!
//! ```text
//! product(x, w) → [bias b] → normalisation (f, s)     becomes     product(x, w · f) → bias (b · f + s)
//! ```
//!
//! It is done where nothing else reads what the product and the bias give.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::normalisation::{Normalisation, is_batch_norm, of_batch_norm, of_factor, same_layout};
use super::product::{Product, numbers};
use super::{constant, node_of, type_attr};
use crate::error::Result;
use crate::formats::proto::{Attr, AttrValue, GraphDef, NodeDef};
use crate::graph::Graph;
use crate::ops::Effect;
use crate::session::{Feeds, Session};
use crate::value::Array;

/// Folds what can be folded.
pub(super) fn fold(file: &mut GraphDef, outputs: &[String]) -> Result<()> {
    // After one was folded into a product, another may follow.
    loop {
        let changes = Folding::new(file, outputs)?.changes()?;
        if changes.is_empty() {
            return Ok(());
        }
        changes.into_iter().for_each(|change| change.apply(file));
    }
}

/// A normalisation that was found: nodes that take the places of others, and new ones.
struct Change {
    replaced: Vec<NodeDef>,
    added: Vec<NodeDef>,
}

impl Change {
    fn apply(self, file: &mut GraphDef) {
        for new in self.replaced {
            if let Some(place) = file.node.iter_mut().find(|node| node.name == new.name) {
                *place = new;
            }
        }
        file.node.extend(self.added);
    }
}

struct Folding<'a> {
    nodes: HashMap<&'a str, &'a NodeDef>,
    order: Vec<&'a str>,
    /// How often a node's outputs are read, being fetched included.
    readers: HashMap<&'a str, usize>,
    graph: Graph,
    session: Session,
    constant: HashSet<String>,
}

impl<'a> Folding<'a> {
    fn new(file: &'a GraphDef, outputs: &'a [String]) -> Result<Folding<'a>> {
        let graph = Graph::from_graph_def(&file.encode_to_vec())?;
        let session = Session::new(&graph)?;
        let mut readers: HashMap<&str, usize> = HashMap::new();
        let inputs = file.node.iter().flat_map(|node| node.input.iter().map(|input| node_of(input)));
        for name in inputs.chain(outputs.iter().map(String::as_str)) {
            *readers.entry(name).or_default() += 1;
        }
        Ok(Folding {
            nodes: file.node.iter().map(|node| (node.name.as_str(), node)).collect(),
            order: file.node.iter().map(|node| node.name.as_str()).collect(),
            readers,
            constant: constants_of(&graph),
            graph,
            session,
        })
    }

    /// All that can be folded by now. No two are about the same product: nothing but the normalisation reads it.
    fn changes(&self) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for name in &self.order {
            let node = self.nodes[name];
            changes.extend(match node.op.as_str() {
                _ if is_batch_norm(node) => self.batch_norm(node)?,
                "Mul" => self.factor(node)?,
                _ => None,
            });
        }
        Ok(changes)
    }

    /// The value of an input that depends on nothing but constants.
    fn value(&self, input: &str) -> Result<Option<Array>> {
        match self.constant.contains(node_of(input)) && !input.starts_with('^') {
            true => self.session.run(&self.graph.tensor(input)?, Feeds::new()).map(Some),
            false => Ok(None),
        }
    }

    fn batch_norm(&self, node: &NodeDef) -> Result<Option<Change>> {
        let [x, statistics @ ..] = node.input.as_slice() else { return Ok(None) };
        let Some(chain) = self.chain(x)? else { return Ok(None) };
        let other_outputs = self.nodes.values().flat_map(|reader| &reader.input);
        let read = other_outputs.filter(|input| node_of(input) == node.name);
        if !same_layout(node, chain.product.channels_last)
            || read.into_iter().any(|input| input.contains(':'))
        {
            return Ok(None);
        }
        let mut constants = Vec::new();
        for input in statistics.iter().take(4) {
            match self.value(input)? {
                Some(value) => constants.push(value),
                None => return Ok(None),
            }
        }
        let Ok(constants) = <[Array; 4]>::try_from(constants) else { return Ok(None) };
        match of_batch_norm(node, &constants) {
            Some(normalisation) => self.folded(node, &chain, normalisation, statistics.get(4..)),
            None => Ok(None),
        }
    }

    fn factor(&self, node: &NodeDef) -> Result<Option<Change>> {
        let [a, b, controls @ ..] = node.input.as_slice() else { return Ok(None) };
        for (x, factor) in [(a, b), (b, a)] {
            let Some(factor) = self.value(factor)? else { continue };
            let Some(chain) = self.chain(x)? else { continue };
            let Some(rank) = self.graph.tensor(&chain.node.name)?.rank() else { continue };
            let last = chain.product.channels_last;
            if let Some(normalisation) = of_factor(&factor, rank, chain.channels, last) {
                return self.folded(node, &chain, normalisation, Some(controls));
            }
        }
        Ok(None)
    }

    /// The product, with a bias or without, that gives this input and that nothing else reads.
    fn chain(&self, input: &str) -> Result<Option<Chain<'a>>> {
        let mut bias = None;
        let mut node = match self.only(input) {
            Some(node) => node,
            None => return Ok(None),
        };
        if let ("BiasAdd" | "Add" | "AddV2", [x, added, ..]) = (node.op.as_str(), node.input.as_slice()) {
            let Some(added) = self.value(added)? else { return Ok(None) };
            bias = Some((node, added));
            node = match self.only(x) {
                Some(node) => node,
                None => return Ok(None),
            };
        }
        let Some(product) = Product::of(node) else { return Ok(None) };
        let Some(weights) = node.input.get(product.weights) else { return Ok(None) };
        let Some(weights) = self.value(weights)? else { return Ok(None) };
        let Some(channels) = product.channels(&weights).filter(|&channels| channels > 0) else {
            return Ok(None);
        };
        // A bias is a number for each channel, laid out as they are.
        if let Some((added, value)) = &bias {
            let plain = value.shape()[..] == [channels];
            let last = product.channels_last;
            if !plain
                || (added.op == "BiasAdd" && !same_layout(added, last))
                || (added.op != "BiasAdd" && !last)
            {
                return Ok(None);
            }
        }
        Ok(Some(Chain { node, product, weights, channels, bias }))
    }

    /// The node that gives this input, if nothing else reads it.
    fn only(&self, input: &str) -> Option<&'a NodeDef> {
        let alone =
            self.readers.get(node_of(input)) == Some(&1) && !input.contains(':') && !input.starts_with('^');
        self.nodes.get(node_of(input)).copied().filter(|_| alone)
    }

    /// The nodes as they are when `node` is folded into the product.
    fn folded(
        &self,
        node: &NodeDef,
        chain: &Chain<'_>,
        normalisation: Normalisation,
        controls: Option<&[String]>,
    ) -> Result<Option<Change>> {
        let Normalisation { factors, shifts } = normalisation;
        let dtype = chain.weights.dtype();
        if factors.len() != chain.channels || factors.iter().any(|factor| !factor.is_finite()) {
            return Ok(None);
        }
        let mut added = Vec::new();
        let mut new = |name: String, value: &Array| {
            let name = self.free_name(&name);
            added.push(constant(&name, value, &node.device));
            name
        };
        let mut product = chain.node.clone();
        let weights = chain.product.scaled(&chain.weights, &factors)?;
        product.input[chain.product.weights] = new(format!("{}/folded_weights", product.name), &weights);

        let bias = chain.bias.as_ref().map(|(_, bias)| bias.to_f64()).transpose()?;
        let scaled = bias.map(|bias| bias.iter().zip(&factors).map(|(bias, factor)| bias * factor).collect());
        let sum: Option<Vec<f64>> = match (scaled, shifts) {
            (Some(bias), Some(shifts)) => {
                let bias: Vec<f64> = bias;
                Some(bias.iter().zip(shifts).map(|(bias, shift)| bias + shift).collect())
            }
            (bias, shifts) => bias.or(shifts),
        };
        let attr = [("T".to_string(), type_attr(dtype))].into();
        let mut last =
            NodeDef { name: node.name.clone(), device: node.device.clone(), attr, ..NodeDef::default() };
        match sum {
            None => {
                last.op = "Identity".to_string();
                last.input = vec![product.name.clone()];
            }
            Some(sum) => {
                let bias = numbers(dtype, vec![sum.len()], sum.into_iter())?;
                last.op = "BiasAdd".to_string();
                last.input = vec![product.name.clone(), new(format!("{}/folded_bias", node.name), &bias)];
                if !chain.product.channels_last {
                    let format = AttrValue { value: Some(Attr::S(b"NCHW".to_vec())) };
                    last.attr.insert("data_format".to_string(), format);
                }
            }
        }
        last.input
            .extend(controls.unwrap_or_default().iter().filter(|input| input.starts_with('^')).cloned());
        Ok(Some(Change { replaced: vec![product, last], added }))
    }

    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| self.nodes.contains_key(name);
        let numbered = (1..).map(|number: u32| format!("{name}_{number}"));
        std::iter::once(name.to_string()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }
}

/// A product, and what is added to it.
struct Chain<'a> {
    node: &'a NodeDef,
    product: Product,
    weights: Array,
    channels: usize,
    bias: Option<(&'a NodeDef, Array)>,
}

/// The nodes that depend on nothing but constants.
fn constants_of(graph: &Graph) -> HashSet<String> {
    let contents = graph.read();
    let mut constant = vec![false; contents.nodes.len()];
    let mut names = HashSet::new();
    for (id, node) in contents.nodes.iter().enumerate() {
        let pure = matches!(node.op.effects().effect, Effect::Pure);
        let known = node.fact(0).is_some_and(|fact| !fact.reference && !fact.resource);
        let fed = node.op.name().starts_with("Placeholder");
        let inputs = node.inputs.iter().all(|edge| edge.node.index() < id && constant[edge.node.index()]);
        let controls =
            node.control_inputs.iter().all(|id| constant.get(id.index()).copied().unwrap_or(false));
        constant[id] = pure && known && !fed && inputs && controls;
        if constant[id] {
            names.insert(node.name.to_string());
        }
    }
    names
}
