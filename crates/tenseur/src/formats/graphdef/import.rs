//! Reading a GraphDef into a graph.

use super::attributes::from_wire;
use super::functions::{self, Signatures};
use super::header::{self, File, NodeOutline};
use super::op_definitions::definition;
use super::order::{Input, Inputs, leads_back, order, read_inputs, split_input, takes_back};
use crate::error::{Code, Error, Reason, Result};
use crate::formats::proto::{Attr as WireAttr, NodeDef};
use crate::graph::{Contents, Edge, Fact, Graph, Node, NodeId, Operation, Tensor};
use crate::ops::foreign::Foreign;
use crate::ops::function::NamedCall;
use crate::ops::{Attr, Attrs, Op, Signature, entry};
use crate::value::DType;
use prost::Message;
use prost::bytes::Bytes;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// The most bytes that the constants of a file may take: what a message can hold if every element is written out.
const MAX_CONSTANTS: usize = 2 << 30;

/// How a file is to be imported.
#[derive(Default)]
pub struct ImportOptions<'a> {
    /// The scope that the nodes get, made unique; if it is empty they keep their names, which must then be free.
    pub name: &'a str,
    /// Tensors that replace some of the file's, by the name that these have there: `("x:0", &images)`. The nodes that
    /// compute those are imported too, but nothing reads them.
    pub input_map: &'a [(&'a str, &'a Tensor)],
}

/// Adds the nodes of a GraphDef to a graph and gives them in the file's order.
///
/// # Errors
/// When `bytes` is not a GraphDef or one of a newer format; when a node has a bad or taken name, reads what is not
/// there, lacks an attribute or has one of another kind; when inputs do not fit or nodes are in a cycle. The graph is
/// then as it was.
///
/// ```
/// use tenseur::formats::graphdef::{ImportOptions, import};
/// use tenseur::prelude::*;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None], "x");
/// let _y = (x * 2.0).named("y");
/// let file = tf.as_graph_def()?;
///
/// let tf = Graph::new();
/// let input = tf.constant(array![1.0, 2.0]);
/// import(&tf, &file, &ImportOptions { name: "twice", input_map: &[("x:0", &input)] })?;
/// let y = tf.tensor("twice/y:0")?;
/// assert_eq!(Session::new(&tf)?.run(&y, feeds![])?, array![2.0, 4.0]);
/// # Ok::<(), tenseur::Error>(())
/// ```
pub fn import(graph: &Graph, bytes: &[u8], options: &ImportOptions<'_>) -> Result<Vec<Operation>> {
    let file = File::decode(Bytes::copy_from_slice(bytes)).map_err(|error| not_a_graph(bytes, &error))?;
    let library = header::library(&file)?;
    let existing = graph.read().functions.clone();
    let added = functions::functions(&library, &existing);
    let operations = import_file(graph, file, options, &functions::signatures(&library))?;
    if !library.function.is_empty() {
        let functions = existing.and(added);
        let mut contents = graph.write();
        if functions.have_foreign() {
            contents.note_foreign();
        }
        contents.functions = functions;
    }
    Ok(operations)
}

/// As [`import`], of a file whose functions are dealt with already.
pub(super) fn import_file(
    graph: &Graph,
    mut file: File,
    options: &ImportOptions<'_>,
    signatures: &Signatures,
) -> Result<Vec<Operation>> {
    let records = std::mem::take(&mut file.node);
    let outlines: Vec<NodeOutline> = records
        .iter()
        .map(|record| NodeOutline::decode(record.clone()))
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::invalid(format!("the bytes are not a GraphDef: {error}")))?;
    let mut mapped = HashMap::new();
    for (name, tensor) in options.input_map {
        if !tensor.graph().is(graph) {
            return Err(Error::invalid(format!("\"{}\" belongs to another graph", tensor.name())));
        }
        let (name, output) = split_input(name);
        let output = output.ok_or_else(|| Error::invalid(format!("\"{name}\" is not a tensor's name")))?;
        mapped.insert((name, output), tensor.edge());
    }

    let mut contents = graph.write();
    if let Some(error) = contents.first_error() {
        return Err(error.clone());
    }
    let header = contents.header.with(file, contents.nodes.is_empty())?;
    let inputs = read_inputs(&outlines, &mapped)?;
    let order = order(&outlines, &inputs)?;
    let start = contents.nodes.len();
    let prefix = match options.name {
        "" => String::new(),
        name => format!("{}/", contents.unique_name(name)),
    };
    let mut import = Import {
        contents: &mut contents,
        records: &records,
        outlines: &outlines,
        inputs: &inputs,
        ids: vec![None; records.len()],
        prefix: &prefix,
        mapped: !mapped.is_empty(),
        start,
        constants: 0,
        signatures,
        back: Vec::new(),
    };
    let added = import
        .check_names()
        .and_then(|()| order.iter().try_for_each(|&position| import.add(position)))
        .and_then(|()| import.lead_back());
    let ids = import.ids;
    if let Err(error) = added {
        for node in contents.nodes.drain(start..).collect::<Vec<_>>() {
            contents.names.forget(&node.name);
        }
        if !prefix.is_empty() {
            contents.names.forget(prefix.trim_end_matches('/'));
        }
        return Err(error);
    }
    contents.header = header;
    drop(contents);
    Ok(ids.into_iter().flatten().map(|id| Operation::new(graph.clone(), id)).collect())
}

fn not_a_graph(bytes: &[u8], error: &prost::DecodeError) -> Error {
    let error = Error::invalid(format!("the {} bytes are not a GraphDef: {error}", bytes.len()));
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("node {") => error.hint(
            "this looks like the text form of a graph (.pbtxt), which Graph::from_graph_def_text reads",
        ),
        _ => error,
    }
}

/// Whether TensorFlow lets a node be called so: letters, digits and `_ . \ / > -`, a letter, digit or dot first.
fn is_node_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    first && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.\\/>-".contains(c))
}

/// An import under way.
struct Import<'a> {
    contents: &'a mut Contents,
    records: &'a [Bytes],
    outlines: &'a [NodeOutline],
    inputs: &'a [Inputs],
    /// The nodes added so far, by their place in the file.
    ids: Vec<Option<NodeId>>,
    /// The scope with its slash, or nothing.
    prefix: &'a str,
    mapped: bool,
    /// The first node of this import.
    start: usize,
    /// Bytes that constants take so far.
    constants: usize,
    /// The results of the file's functions.
    signatures: &'a Signatures,
    /// Inputs that a loop leads back: the reader, which of its inputs it is, and the position and output of the source.
    back: Vec<(NodeId, usize, usize, u32)>,
}

impl Import<'_> {
    fn check_names(&self) -> Result<()> {
        let taken: std::collections::HashSet<&str> =
            self.contents.nodes.iter().map(|node| &*node.name).collect();
        for outline in self.outlines {
            let name = &outline.name;
            if !is_node_name(name) {
                return Err(Error::invalid(format!("a node cannot be called \"{}\"", name.escape_debug())));
            }
            if self.prefix.is_empty() && taken.contains(name.as_str()) {
                return Err(Error::invalid(format!("the graph has a node called \"{name}\" already"))
                    .hint("import the file under a name of its own"));
            }
        }
        Ok(())
    }

    fn id(&self, position: usize) -> Result<NodeId> {
        self.ids[position]
            .ok_or_else(|| Error::new(Code::Internal, "a node was imported before what it needs"))
    }

    /// Adds the node at `position` of the file.
    fn add(&mut self, position: usize) -> Result<()> {
        let outline = &self.outlines[position];
        let at_node = |error: Error| error.context(format_args!("node \"{}\"", outline.name));
        let mut def = NodeDef::decode(self.records[position].clone())
            .map_err(|error| at_node(Error::invalid(format!("it is damaged: {error}"))))?;
        let mut inputs = SmallVec::new();
        let own = NodeId(self.contents.nodes.len() as u32);
        for (i, input) in self.inputs[position].data.iter().enumerate() {
            inputs.push(match *input {
                Input::File(from, output) if takes_back(outline) && leads_back(&self.outlines[from]) => {
                    self.back.push((own, i, from, output));
                    // Until its source is there, the node itself stands for it.
                    Edge { node: own, output }
                }
                Input::File(from, output) => Edge { node: self.id(from)?, output },
                Input::Graph(edge) => edge,
            });
        }
        let mut control_inputs: SmallVec<[NodeId; 1]> = SmallVec::new();
        for &from in &self.inputs[position].control {
            let id = self.id(from)?;
            if !control_inputs.contains(&id) && inputs.iter().all(|edge: &Edge| edge.node != id) {
                control_inputs.push(id);
            }
        }
        self.check_outputs(&outline.name, &inputs, own)?;

        let (op, attrs) = self.op(&def).map_err(|reason| at_node(named(&def.op, reason)))?;
        let record = self.record(position, &mut def);
        let name = format!("{}{}", self.prefix, outline.name);
        self.contents.names.reserve(&name);
        let mut node = Node {
            name: name.into(),
            op,
            inputs,
            control_inputs,
            device: (!def.device.is_empty()).then(|| def.device.as_str().into()),
            outputs: None,
            line: None,
            place: (self.start + position) as u32,
            record: Some(record),
            kept_under: None,
        };
        // A node that we do not know has no facts, and neither has what is computed from it.
        if node.op.downcast::<Foreign>().is_some() {
            self.contents.note_foreign();
        } else {
            if let Err(reason) = self.check_definition(&def.op, &node, &attrs) {
                return Err(self.at(node, reason.into()));
            }
            match self.contents.infer(own, &node) {
                Ok(facts) => {
                    self.contents.note_open_variables(&node, &facts);
                    node.outputs = Some(facts);
                }
                Err(None) => {}
                Err(Some(error)) => return Err(self.at(node, error)),
            }
            if let Err(reason) = self.check_implied(&node, &attrs) {
                return Err(self.at(node, reason.into()));
            }
        }
        self.ids[position] = Some(NodeId(self.contents.nodes.len() as u32));
        self.contents.nodes.push(node);
        Ok(())
    }

    /// Now that all nodes are there: what loops lead back.
    fn lead_back(&mut self) -> Result<()> {
        for (reader, input, from, output) in std::mem::take(&mut self.back) {
            let source = self.id(from)?;
            let edge = Edge { node: source, output };
            let own = &self.contents.nodes[reader.index()];
            self.check_outputs(&own.name, &[edge], reader)?;
            let dtype = |edge: Edge| Some(self.contents.nodes[edge.node.index()].fact(edge.output)?.dtype);
            if let (Some(entered), Some(back)) = (dtype(Edge { node: reader, output: 0 }), dtype(edge))
                && entered != back
            {
                let text = format!("it merges {entered}, and the turn before gives it {back}");
                return Err(Error::invalid(text).at(|| self.contents.describe(own)));
            }
            self.contents.nodes[reader.index()].inputs[input] = edge;
        }
        Ok(())
    }

    /// An error that says all of the node at which it arose.
    fn at(&mut self, node: Node, error: Error) -> Error {
        let error = error.at(|| self.contents.describe(&node));
        self.contents.names.forget(&node.name);
        error
    }

    /// The op of a node, and its attributes as far as we can read them.
    fn op(&mut self, def: &NodeDef) -> std::result::Result<(Arc<dyn Op>, Attrs), Reason> {
        let foreign = |why: Reason| -> Arc<dyn Op> { Arc::new(Foreign::new(&def.op, why)) };
        let attrs = match from_wire(&def.attr) {
            Ok(attrs) => attrs,
            Err(reason) if reason.code == Code::Unimplemented => return Ok((foreign(reason), Attrs::new())),
            Err(reason) => return Err(reason),
        };
        for (_, value) in attrs.iter() {
            if let Attr::Tensor(array) = value {
                self.constants += array.bytes().map_or(0, <[u8]>::len);
            }
        }
        if self.constants > MAX_CONSTANTS {
            let why = format!("the file's constants take more than {MAX_CONSTANTS} bytes");
            return Err(Reason::new(Code::ResourceExhausted, why));
        }
        if let Some(results) = self.signatures.get(&def.op) {
            let dtype = |&(_, number): &(String, i32)| DType::from_number(number).map(|(dtype, _)| dtype);
            let results: Option<Vec<DType>> = results.iter().map(dtype).collect();
            let results = results.ok_or_else(|| Reason::from("it is a function of no known type"))?;
            return Ok((Arc::new(NamedCall::new(&def.op, results)), attrs));
        }
        let Some(entry) = entry(&def.op) else {
            let why = Reason::new(Code::NotFound, format!("there is no op \"{}\"", def.op));
            return Ok((foreign(why), attrs));
        };
        match (entry.from_attrs)(&attrs) {
            Ok(op) => Ok((op, attrs)),
            Err(reason) if reason.code == Code::Unimplemented || reason.deferred => {
                definition(&def.op).map_or(Ok(()), |definition| definition.check_attrs(&attrs))?;
                Ok((foreign(reason), attrs))
            }
            Err(reason) => Err(reason),
        }
    }

    /// The bytes to remember: the file's, unless the import itself changes names or inputs.
    fn record(&self, position: usize, def: &mut NodeDef) -> Bytes {
        if self.prefix.is_empty() && !self.mapped {
            return self.records[position].clone();
        }
        def.name.insert_str(0, self.prefix);
        for (i, text) in def.input.iter_mut().enumerate() {
            match self.inputs[position].data.get(i) {
                Some(Input::Graph(edge)) => *text = self.contents.tensor_name(*edge),
                _ => text.insert_str(usize::from(text.starts_with('^')), self.prefix),
            }
        }
        // Nodes that are to be on the same device as this one, by name: `loc:@name`.
        if let Some(WireAttr::List(list)) = def.attr.get_mut("_class").and_then(|class| class.value.as_mut())
        {
            for class in &mut list.s {
                if class.starts_with(b"loc:@") {
                    class.splice(5..5, self.prefix.bytes());
                }
            }
        }
        def.encode_to_vec().into()
    }

    /// Whether the nodes that are read have the outputs that are read of them.
    fn check_outputs(&self, reader: &str, inputs: &[Edge], own: NodeId) -> Result<()> {
        for edge in inputs.iter().filter(|edge| edge.node != own) {
            let from = &self.contents.nodes[edge.node.index()];
            let outputs = from.outputs.as_ref().map(|outputs| outputs.len());
            if outputs.is_some_and(|outputs| edge.output as usize >= outputs) {
                return Err(Error::invalid(format!(
                    "node \"{reader}\" reads output {} of \"{}\", which has {}",
                    edge.output,
                    from.name,
                    outputs.unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    /// Whether the node is as TensorFlow's definition of the op lets it be.
    fn check_definition(&self, op: &str, node: &Node, attrs: &Attrs) -> std::result::Result<(), Reason> {
        let Some(definition) = definition(op) else { return Ok(()) };
        let dtype = |edge: &Edge| {
            // Of what a loop leads back nothing is known by now.
            let fact = self.contents.nodes.get(edge.node.index())?.fact(edge.output)?;
            Some(if fact.resource { DType::Resource } else { fact.dtype })
        };
        let inputs: SmallVec<[Option<DType>; 4]> = node.inputs.iter().map(dtype).collect();
        definition.check(attrs, &inputs)
    }

    /// Whether the attributes say of inputs and outputs what is the case.
    fn check_implied(&self, node: &Node, attrs: &Attrs) -> std::result::Result<(), Reason> {
        let facts: Option<SmallVec<[&Fact; 4]>> = node
            .inputs
            .iter()
            .filter_map(|edge| self.contents.nodes.get(edge.node.index()).map(|from| from.fact(edge.output)))
            .collect();
        let (Some(facts), Some(outputs)) = (facts, &node.outputs) else { return Ok(()) };
        let implied = node.op.attrs(Signature { inputs: &facts, outputs });
        for (name, value) in implied.iter() {
            match attrs.get(name) {
                None => {}
                // A handle's fact has the variable's type.
                Some(Attr::Type(DType::Resource)) if facts.iter().any(|fact| fact.resource) => {}
                Some(Attr::Type(said)) => match value {
                    Attr::Type(real) if real != said => {
                        return Err(format!("attribute \"{name}\" says {said}, and it is {real}").into());
                    }
                    _ => {}
                },
                Some(said @ Attr::Int(count)) if name == "N" && said != value => {
                    return Err(format!(
                        "attribute \"N\" says {count}, and there are {} inputs",
                        facts.len()
                    )
                    .into());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn named(op: &str, reason: Reason) -> Error {
    Error::from(reason).context(op)
}
