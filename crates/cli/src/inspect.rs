//! `tenseur inspect`: a graph in figures.

use std::path::PathBuf;

use clap::Args;
use tenseur::{Code, Error, Result};

use crate::graph_source::read_graph;
use crate::{Ended, say};

/// What `inspect` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A graph (.pb, .pbtxt, .meta), or the folder of a run or of a SavedModel
    graph: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    let summary = read_graph(&arguments.graph)?.summary();
    match arguments.json {
        true => say(&serde_json::to_string(&summary)
            .map_err(|error| Error::new(Code::Internal, format!("the summary has no JSON: {error}")))?),
        false => say(summary.to_string().trim_end()),
    }
    Ok(Ended::Done)
}
