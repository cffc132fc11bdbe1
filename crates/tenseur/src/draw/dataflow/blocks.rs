//! What a drawing of a dataflow graph consists of: blocks, each a node or a folded scope, and the links between them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::draw::layering::Link;
use crate::draw::svg::shortened;
use crate::graph::{Contents, Edge, Node, NodeId};
use crate::ops::source::Const;
use crate::value::Array;

/// The most columns that a name takes in a block.
const NAME: usize = 30;
/// A block with more tensors that leave it than this shows them as one line.
const MOST_PORTS: usize = 3;
/// What is said beside the picture of a block: names of at most so many columns, of so many of its nodes.
const LONG_NAME: usize = 200;
const MOST_DETAILS: usize = 20;

/// What a block stands for; each has a shape and a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Placeholder,
    Variable,
    Constant,
    Operation,
    Scope,
}

impl Kind {
    pub(super) const ALL: [Kind; 5] =
        [Kind::Placeholder, Kind::Variable, Kind::Constant, Kind::Operation, Kind::Scope];

    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Placeholder => "placeholder",
            Kind::Variable => "variable",
            Kind::Constant => "constant",
            Kind::Operation => "op",
            Kind::Scope => "folded scope",
        }
    }

    fn of(node: &Node) -> Kind {
        match node.op.name() {
            "Placeholder" | "PlaceholderV2" | "PlaceholderWithDefault" => Kind::Placeholder,
            "Variable" | "VariableV2" | "VarHandleOp" => Kind::Variable,
            "Const" => Kind::Constant,
            _ => Kind::Operation,
        }
    }
}

/// Where lines leave a block: a tensor, several of them, or (without a label) the order in which things run.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) label: String,
    pub(super) control: bool,
}

/// A block that another needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) block: usize,
    /// Whether it must only have run before.
    pub(super) control: bool,
}

/// A node, or a folded scope.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// The node's or the scope's name.
    pub(super) name: String,
    /// What it computes: an op's type, or how many ops a scope has.
    pub(super) what: String,
    /// What is written in it.
    pub(super) lines: Vec<String>,
    /// Everything there is to be said of it.
    pub(super) details: String,
    pub(super) members: Vec<NodeId>,
    /// What it needs, in the order in which its nodes name it, each once.
    pub(super) sources: Vec<Source>,
    pub(super) ports: Vec<Port>,
}

/// A dataflow graph as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    /// Sorted, each once.
    pub(super) links: Vec<Link>,
}

/// Which scopes are open.
pub(super) struct Folding<'a> {
    /// Scopes within so many others or fewer are open; everything is, if there is no such number.
    pub(super) depth: Option<usize>,
    /// These are open too, and all around them.
    pub(super) open: &'a [String],
}

impl Blocks {
    /// The blocks of the nodes for which `shown` is true.
    pub(super) fn new(contents: &Contents, shown: &[bool], folding: &Folding<'_>) -> Blocks {
        let nodes = || contents.nodes.iter().enumerate().filter(|(id, _)| shown[*id]);
        let scopes = scopes(nodes().map(|(_, node)| &*node.name));
        let variables: HashSet<&str> = nodes()
            .filter(|(_, node)| Kind::of(node) == Kind::Variable && scopes.contains(&*node.name))
            .map(|(_, node)| &*node.name)
            .collect();
        let mut of = vec![usize::MAX; contents.nodes.len()];
        let mut members: Vec<(&str, Vec<NodeId>)> = Vec::new();
        let mut folded: HashMap<&str, usize> = HashMap::new();
        for (id, node) in nodes() {
            let scope = folding.folded_scope(&node.name, &scopes, &variables);
            let block = match scope {
                Some(scope) => *folded.entry(scope).or_insert(members.len()),
                None => members.len(),
            };
            if block == members.len() {
                members.push((scope.unwrap_or(&node.name), Vec::new()));
            }
            members[block].1.push(NodeId(id as u32));
            of[id] = block;
        }
        let mut blocks: Vec<Block> =
            members.into_iter().map(|(name, members)| Block::new(contents, name, members)).collect();
        let links = link(contents, &of, &mut blocks);
        Blocks { blocks, links }
    }
}

/// The names of all scopes that names are in.
pub(super) fn scopes<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let prefixes = |name: &'a str| name.match_indices('/').map(move |(at, _)| &name[..at]);
    names.flat_map(prefixes).collect()
}

impl Folding<'_> {
    /// The outermost scope around a node that is not open: it stands for the node. A variable's own scope is open only
    /// where everything is.
    fn folded_scope<'n>(
        &self,
        name: &'n str,
        scopes: &HashSet<&str>,
        variables: &HashSet<&str>,
    ) -> Option<&'n str> {
        let depth = self.depth?;
        let around = name.match_indices('/').map(|(at, _)| &name[..at]);
        let own = scopes.contains(name).then_some(name);
        let is_open = |scope: &str| {
            let within = |open: &String| {
                open.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            self.open.iter().any(within)
        };
        around.chain(own).enumerate().find_map(|(level, scope)| {
            let open = (level < depth || is_open(scope)) && !variables.contains(scope);
            (!open).then_some(scope)
        })
    }
}

impl Block {
    fn new(contents: &Contents, name: &str, members: Vec<NodeId>) -> Block {
        let node = |id: &NodeId| &contents.nodes[id.index()];
        let own = members.iter().map(node).find(|node| &*node.name == name);
        let (kind, name, what) = match (&members[..], own) {
            ([only], _) => {
                let node = node(only);
                (Kind::of(node), node.name.to_string(), node.op.name().to_string())
            }
            (_, Some(own)) if Kind::of(own) == Kind::Variable => {
                // Storage, initializer and reading are what every variable has.
                let more = members.len().saturating_sub(3);
                let what = own.op.name();
                let what = if more > 0 { format!("{what} and {more} ops") } else { what.to_string() };
                (Kind::Variable, name.to_string(), what)
            }
            _ => (Kind::Scope, name.to_string(), format!("{} ops", members.len())),
        };
        let value = own.or(members.first().map(node)).and_then(|node| node.op.downcast::<Const>());
        let value = value.filter(|_| kind == Kind::Constant).and_then(|op| brief(&op.value));
        let (short, what_short) = (shortened(&name, NAME), shortened(&what, NAME));
        let lines = match (kind, value) {
            (Kind::Constant, Some(value)) => vec![value, short],
            (Kind::Constant, None) => vec![what_short, short],
            (Kind::Operation, _) if is_numbered(&name, &what) => vec![short],
            (Kind::Operation, _) => vec![what_short, short],
            _ => vec![short, what_short],
        };
        let mut details = format!("{} ({what})", shortened(&name, LONG_NAME));
        for node in members.iter().map(node).take(MOST_DETAILS) {
            let facts: Vec<String> = node.outputs.iter().flatten().map(|fact| fact.to_string()).collect();
            details.push('\n');
            let line = format!("{}: {} {}", node.name, node.op.name(), facts.join(", "));
            details.push_str(&shortened(&line, LONG_NAME));
        }
        if members.len() > MOST_DETAILS {
            details.push_str("\n…");
        }
        Block { kind, name, what, lines, details, members, sources: Vec::new(), ports: Vec::new() }
    }

    fn needs(&mut self, block: usize, control: bool) {
        match self.sources.iter_mut().find(|source| source.block == block) {
            Some(source) => source.control &= control,
            None => self.sources.push(Source { block, control }),
        }
    }
}

/// Whether a name only repeats the op's type: `MatMul`, `MatMul_1`.
fn is_numbered(name: &str, op: &str) -> bool {
    name.strip_prefix(op).is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('_').is_some_and(|number| number.parse::<u32>().is_ok())
    })
}

/// A constant's value, where it is short.
fn brief(value: &Array) -> Option<String> {
    (value.len() <= 6).then(|| value.to_string()).filter(|text| text.chars().count() <= 16)
}

/// Makes the blocks' ports, and links them.
fn link(contents: &Contents, of: &[usize], blocks: &mut [Block]) -> Vec<Link> {
    // For each block the tensors that leave it, and (as `None`) whether something waits for it; each with who takes it.
    let mut leaving: Vec<BTreeMap<Option<Edge>, BTreeSet<usize>>> = vec![BTreeMap::new(); blocks.len()];
    for (id, node) in contents.nodes.iter().enumerate().filter(|(id, _)| of[*id] != usize::MAX) {
        let inputs = node.inputs.iter().map(|edge| (edge.node, Some(*edge)));
        let controls = node.control_inputs.iter().map(|control| (*control, None));
        for (source, tensor) in inputs.chain(controls) {
            let (from, to) = (of[source.index()], of[id]);
            if from == usize::MAX || from == to {
                continue;
            }
            if leaving[from].entry(tensor).or_default().insert(to) {
                blocks[to].needs(from, tensor.is_none());
            }
        }
    }
    let label = |edge: &Edge| {
        let fact = contents.nodes[edge.node.index()].fact(edge.output);
        fact.map_or("unknown".to_string(), |fact| shortened(&fact.to_string(), NAME))
    };
    let mut links = BTreeSet::new();
    for (from, (block, leaving)) in blocks.iter_mut().zip(leaving).enumerate() {
        let tensors: Vec<(&Edge, &BTreeSet<usize>)> =
            leaving.iter().filter_map(|(edge, to)| Some((edge.as_ref()?, to))).collect();
        let merged = tensors.len() > MOST_PORTS;
        if merged {
            block.ports.push(Port { label: format!("{} tensors", tensors.len()), control: false });
        }
        for (edge, to) in &tensors {
            if !merged {
                block.ports.push(Port { label: label(edge), control: false });
            }
            let port = block.ports.len() - 1;
            links.extend(to.iter().map(|&to| Link { from, port, to }));
        }
        // The result of the whole has a shape, too.
        if let (true, [only]) = (tensors.is_empty(), &block.members[..])
            && contents.nodes[only.index()].outputs.as_ref().is_some_and(|outputs| !outputs.is_empty())
        {
            block.ports.push(Port { label: label(&Edge { node: *only, output: 0 }), control: false });
        }
        if let Some(to) = leaving.get(&None) {
            block.ports.push(Port { label: String::new(), control: true });
            let port = block.ports.len() - 1;
            links.extend(to.iter().map(|&to| Link { from, port, to }));
        }
    }
    links.into_iter().collect()
}
