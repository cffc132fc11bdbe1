//! `tenseur draw`: a graph in one of its three representations.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tenseur::draw::{self, DenseNetwork, Drawing};
use tenseur::{Error, Result};

use crate::graph_source::read_graph;
use crate::predict::trained;
use crate::{Ended, say};

/// What `draw` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A graph (.pb, .pbtxt, .meta), or a run folder, whose weights are then drawn too
    graph: PathBuf,
    /// What it is drawn as
    #[arg(long = "as", value_enum, default_value_t = Representation::Dataflow)]
    representation: Representation,
    /// Where to, in the form that the ending names: .svg, .txt or, for dataflow, .dot; without it, text is printed
    #[arg(long)]
    out: Option<PathBuf>,
    /// The tensor it is about: the network's output; of a dataflow graph only what it needs is drawn
    #[arg(long, value_name = "TENSOR")]
    output: Option<String>,
    /// For dataflow: how many levels of name scopes are open, or `all`: then nothing is folded
    #[arg(long, value_name = "N|all", value_parser = depth)]
    depth: Option<Depth>,
    /// For dataflow: a name scope to open; may be given several times
    #[arg(long, value_name = "SCOPE")]
    open: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  tenseur draw runs/digits-1
  tenseur draw runs/digits-1 --as neurons --out network.svg
  tenseur draw model.pb --as formulas --output logits
  tenseur draw model.pb --open layer1 --depth 1 --out graph.svg";

/// What a graph is drawn as.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Representation {
    /// The graph of ops that tensors flow through
    Dataflow,
    /// Circles and weighted lines; for networks of fully connected layers
    Neurons,
    /// What each neuron or layer computes; for networks of fully connected layers
    Formulas,
}

/// How many levels of name scopes are open.
#[derive(Clone, Copy)]
enum Depth {
    Levels(usize),
    All,
}

fn depth(text: &str) -> std::result::Result<Depth, String> {
    match (text, text.parse()) {
        ("all", _) => Ok(Depth::All),
        (_, Ok(levels)) => Ok(Depth::Levels(levels)),
        _ => Err("it is a number of levels, or `all`".to_string()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    let is_dataflow = arguments.representation == Representation::Dataflow;
    if !is_dataflow && (arguments.depth.is_some() || !arguments.open.is_empty()) {
        return Err(Error::invalid(
            "--depth and --open are about name scopes, which only a dataflow graph shows",
        ));
    }
    let drawing = match arguments.representation {
        Representation::Dataflow => dataflow(arguments)?,
        Representation::Neurons => draw::neurons(&network(arguments)?),
        Representation::Formulas => draw::formulas(&network(arguments)?),
    };
    match &arguments.out {
        Some(path) => drawing.save(path)?,
        None => say(drawing.text.trim_end()),
    }
    Ok(Ended::Done)
}

fn dataflow(arguments: &Arguments) -> Result<Drawing> {
    let graph = read_graph(&arguments.graph)?;
    let mut dataflow = draw::dataflow(&graph);
    dataflow = match arguments.depth {
        Some(Depth::All) => dataflow.unfolded(),
        Some(Depth::Levels(levels)) => dataflow.depth(levels),
        None => dataflow,
    };
    for scope in &arguments.open {
        dataflow = dataflow.open(scope);
    }
    if let Some(output) = &arguments.output {
        dataflow = dataflow.needed_for([graph.tensor(output)?]);
    }
    dataflow.draw()
}

/// The network of fully connected layers in the graph; in a run folder, with its weights and the names of its inputs.
fn network(arguments: &Arguments) -> Result<DenseNetwork> {
    let output = arguments.output.as_deref();
    if !arguments.graph.is_dir() {
        let graph = read_graph(&arguments.graph)?;
        return match output {
            Some(output) => DenseNetwork::of(&graph.tensor(output)?),
            None => DenseNetwork::in_graph(&graph),
        };
    }
    let (trained, encoding) = trained(&arguments.graph)?;
    let output = match output {
        Some(output) => trained.network().graph.tensor(output)?,
        None => trained.output().clone(),
    };
    let network = DenseNetwork::of(&output)?.with_weights(trained.session())?;
    match encoding.inputs {
        tenseur::data::Inputs::Table(_) => network.with_input_names(encoding.feature_names()),
        tenseur::data::Inputs::Image { .. } => Ok(network),
    }
}
