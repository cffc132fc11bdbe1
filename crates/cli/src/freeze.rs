//! `tenseur freeze`: a graph and its variables as one file, for those who use it.

use std::path::PathBuf;

use clap::Args;
use tenseur::formats::saved_model::SERVING_DEFAULT;
use tenseur::freeze::freeze;
use tenseur::{Code, Error, Graph, Result, Session, Tensor};

use crate::{Ended, graph_source, say};

/// What `freeze` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A graph (.pb, .pbtxt, .meta), or the folder of a run or of a SavedModel
    graph: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE.pb")]
    out: PathBuf,
    /// A tensor that is wanted; all others that none of these needs are left out [default: what the signature
    /// serving_default gives, or what nothing in the graph reads]
    #[arg(long, value_name = "NAME")]
    output: Vec<String>,
    /// Take the variables from a checkpoint: what its files have in common before .index and .data; or from a file of arrays
    /// (.npz, .safetensors)
    #[arg(long, value_name = "PREFIX")]
    weights: Option<PathBuf>,
    /// Of a SavedModel with several graphs: the one that has just these tags [default: serve]
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  tenseur freeze runs/iris-1 --out iris.pb --output probabilities
  tenseur freeze models/iris --out iris.pb
  tenseur freeze model.meta --weights checkpoints/model-1000 --out model.pb --output logits";

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    let (session, _) = graph_source::open(&arguments.graph, &arguments.tag)?;
    if let Some(weights) = &arguments.weights {
        graph_source::restore(&session, weights, false)?;
    }
    let outputs = outputs(&session, &arguments.output)?;
    let outputs: Vec<&Tensor> = outputs.iter().collect();
    let bytes = freeze(&session, &outputs)?;
    let nodes = Graph::from_graph_def(&bytes)?.len();
    tenseur::formats::graph_file::save_bytes(&arguments.out, &bytes)?;
    let names: Vec<String> = outputs.iter().map(|output| output.name()).collect();
    say(&format!(
        "{}: {nodes} nodes of {} for {}",
        arguments.out.display(),
        session.graph().len(),
        names.join(", ")
    ));
    Ok(Ended::Done)
}

/// What is wanted: what is named, or what the graph says.
fn outputs(session: &Session, named: &[String]) -> Result<Vec<Tensor>> {
    let graph = session.graph();
    if !named.is_empty() {
        return named.iter().map(|name| graph.tensor(name)).collect();
    }
    if let Some(signature) = graph.signatures().remove(SERVING_DEFAULT) {
        return Ok(signature.outputs.into_values().collect());
    }
    let given = graph.summary().outputs;
    match given.is_empty() {
        true => Err(Error::new(Code::NotFound, "the graph does not say what it gives")
            .hint("name what is wanted: --output NAME")),
        false => given.iter().map(|output| graph.tensor(&output.name)).collect(),
    }
}
