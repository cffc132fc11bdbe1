//! `tenseur run`: feeds and fetches of any graph.

use std::path::PathBuf;

use clap::Args;
use tenseur::formats::meta_graph::Signature;
use tenseur::session::{Fetch, Wanted};
use tenseur::{Code, Error, Feeds, Graph, Operation, Result, Session};

use crate::feed::feed;
use crate::graph_source;
use crate::results::{self, Named};
use crate::{Ended, say};

/// What of a graph is to be run, and with what.
#[derive(Args)]
pub(crate) struct Request {
    /// A graph (.pb, .pbtxt, .meta), or the folder of a run or of a SavedModel, whose weights are then used
    graph: PathBuf,
    /// Feed and fetch by the names of this signature (`serving_default`); without --fetch, all its results
    #[arg(long, value_name = "NAME")]
    signature: Option<String>,
    /// Of a SavedModel with several graphs: the one that has just these tags [default: serve]
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// A tensor and its value: a file (.npy, .npz, .npz:NAME, .csv), a number, a string or a list
    #[arg(long, value_name = "TENSOR=VALUE")]
    feed: Vec<String>,
    /// A tensor to compute (`logits`, `split:1`), or an operation that gives nothing, to run; all in one run
    #[arg(long, value_name = "NAME", required_unless_present = "signature")]
    fetch: Vec<String>,
    /// First give the variables their initial values; where the graph does not say which ops do, by this operation
    #[arg(long, value_name = "OPERATION", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    init: Option<String>,
    /// First take the variables from a checkpoint: what its files have in common before .index and .data; or from a file of
    /// arrays (.npz, .safetensors)
    #[arg(long, value_name = "PREFIX")]
    weights: Option<PathBuf>,
    /// Of those variables take what fits, and tell what does not, instead of taking none where one does not fit
    #[arg(long, requires = "weights")]
    partial: bool,
    /// How many threads at most
    #[arg(long)]
    pub(crate) threads: Option<usize>,
}

/// What `run` takes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    request: Request,
    /// Write each tensor to a .npy file in this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// As JSON: an array with an object for each name
    #[arg(long, conflicts_with = "out")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  tenseur run model.pb --feed x=x.npy --fetch y
  tenseur run model.meta --weights checkpoints/model-1000 --feed images=test.npz:images --fetch logits --out results
  tenseur run model.meta --init --feed x=[[1,2],[3,4]] --feed keep_prob=1 --fetch loss --fetch train --json
  tenseur run runs/iris-1 --feed x=[[0.1,0.2,0.3,0.4]] --fetch probabilities
  tenseur run models/iris --signature serving_default --feed x=[[0.1,0.2,0.3,0.4]]";

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    let Ready { session, wanted, names, feeds } = arguments.request.ready()?;
    let mut arrays = session.run(&wanted, feeds)?.into_iter();
    let named = |(name, is_tensor): (String, bool)| (name, is_tensor.then(|| arrays.next()).flatten());
    let results: Vec<Named> = names.into_iter().map(named).collect();
    match (&arguments.out, arguments.json) {
        (Some(folder), _) => results::save(folder, &results)?.iter().for_each(|file| say(file)),
        (None, true) => say(&results::json(&results)),
        (None, false) => results.iter().for_each(|result| say(&results::text(result))),
    }
    Ok(Ended::Done)
}

/// A request that can be run.
pub(crate) struct Ready {
    /// Its variables have their values.
    pub(crate) session: Session,
    pub(crate) wanted: Wanted,
    /// What was asked for, in order, and whether it is a tensor.
    pub(crate) names: Vec<(String, bool)>,
    pub(crate) feeds: Feeds,
}

impl Request {
    /// Reads the graph, the feeds and the weights.
    pub(crate) fn ready(&self) -> Result<Ready> {
        let (mut session, mut feeds) = graph_source::open(&self.graph, &self.tag)?;
        if let Some(threads) = self.threads {
            session = session.threads(threads);
        }
        let graph = session.graph().clone();
        let signature = self.signature.as_deref().map(|name| signature(&graph, name)).transpose()?;
        let (inputs, outputs) = match signature {
            Some(Signature { inputs, outputs, .. }) => (inputs, outputs),
            None => Default::default(),
        };
        let find =
            |name: &str| inputs.get(name).map_or_else(|| graph.tensor(name), |tensor| Ok(tensor.clone()));
        for text in &self.feed {
            let (tensor, value) = feed(find, text)?;
            feeds = feeds.with(&tensor, value);
        }
        let mut wanted = Wanted::default();
        let mut names: Vec<(String, bool)> = Vec::new();
        if self.fetch.is_empty() {
            for (name, tensor) in &outputs {
                tensor.ask(&mut wanted);
                names.push((name.clone(), true));
            }
        }
        for name in &self.fetch {
            if let Some(tensor) = outputs.get(name) {
                tensor.ask(&mut wanted);
                names.push((name.clone(), true));
                continue;
            }
            match operation_without_outputs(&graph, name)? {
                Some(operation) => {
                    (&operation).ask(&mut wanted);
                    names.push((name.clone(), false));
                }
                None => {
                    let tensor = graph.tensor(name)?;
                    (&tensor).ask(&mut wanted);
                    names.push((tensor.name(), true));
                }
            }
        }
        if let Some(name) = &self.init {
            for operation in initializers(&graph, name)? {
                session.run_op(&operation, Feeds::new())?;
            }
        }
        if let Some(prefix) = &self.weights {
            graph_source::restore(&session, prefix, self.partial)?;
        }
        Ok(Ready { session, wanted, names, feeds })
    }
}

/// The signature called `name`.
pub(crate) fn signature(graph: &Graph, name: &str) -> Result<Signature> {
    let mut signatures = graph.signatures();
    signatures.remove(name).ok_or_else(|| {
        let known: Vec<String> = signatures.into_keys().collect();
        let text = match known.is_empty() {
            true => format!("the graph has no signature \"{name}\", nor any other"),
            false => format!("the graph has no signature \"{name}\"; it has: {}", known.join(", ")),
        };
        Error::new(Code::NotFound, text)
    })
}

/// The operation called `name`, if it has nothing to fetch, or nobody knows what.
fn operation_without_outputs(graph: &Graph, name: &str) -> Result<Option<Operation>> {
    match name.contains(':') {
        true => Ok(None),
        false => Ok(Some(graph.operation(name)?).filter(|operation| operation.outputs() == 0)),
    }
}

/// The operations that give variables their initial values.
fn initializers(graph: &Graph, name: &str) -> Result<Vec<Operation>> {
    if !name.is_empty() {
        return Ok(vec![graph.operation(name)?]);
    }
    let known = graph.global_variables().len() + graph.local_variables().len();
    if known > 0 {
        return Ok(vec![graph.global_variables_initializer(), graph.local_variables_initializer()]);
    }
    let unknown = || {
        Error::new(Code::NotFound, "the graph does not say how its variables get their initial values")
            .hint("name the operation that does it: --init=OPERATION; a .meta file says it")
    };
    // What TensorFlow's tf.global_variables_initializer() is called.
    graph.operation("init").map(|operation| vec![operation]).map_err(|_| unknown())
}
