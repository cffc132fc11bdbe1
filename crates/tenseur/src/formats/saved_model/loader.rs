//! Using a SavedModel.

use super::{
    ASSETS, INIT_OP_SIGNATURE, LEGACY_INIT_OP, MAIN_OP, SERVE, TaggedGraph, asset_path,
    objects::checkpoint_names, read, variables,
};
use crate::error::{Code, Error, Result};
use crate::formats::checkpoint::{self, CheckpointReader};
use crate::formats::meta_graph::Signature;
use crate::formats::proto::{Any, AssetFileDef, Collection, MetaGraphDef, TensorEncoding};
use crate::graph::{Graph, Operation, Tensor};
use crate::session::{Feeds, Fit, Saved, Session, kept};
use crate::value::Array;
use prost::Message;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a checkpoint has that was written of TensorFlow 2's objects.
const OBJECTS: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// A model with its variables.
///
/// ```
/// use std::collections::BTreeMap;
/// use tenseur::formats::saved_model::{SavedModel, simple_save};
/// use tenseur::prelude::*;
/// let folder = tempfile::tempdir()?;
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None], "x");
/// let w = tf.variable(2.0, "w");
/// let y = (&x * &*w).named("y");
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// simple_save(&sess, folder.path().join("model"), [("x", &x)], [("y", &y)])?;
///
/// let model = SavedModel::open(folder.path().join("model"))?;
/// let results = model.run("serving_default", &BTreeMap::from([("x".to_string(), array![1.0, 3.0])]))?;
/// assert_eq!(results["y"], array![2.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SavedModel {
    session: Session,
    tags: Vec<String>,
    assets: Vec<(Tensor, PathBuf)>,
}

impl SavedModel {
    /// The model in a folder: its graph with the tag `serve` alone, or, where there is none or only one graph, the first.
    ///
    /// # Errors
    /// When there is no model; its file, graph or variables are damaged or do not fit each other; an asset lies outside of
    /// the folder; or what is to be run first fails.
    pub fn open(folder: impl AsRef<Path>) -> Result<SavedModel> {
        let folder = folder.as_ref();
        SavedModel::load(folder, chosen(folder, None)?)
    }

    /// As [`open`](SavedModel::open), with the graph that has just these tags.
    ///
    /// # Errors
    /// As there; and when there is no such graph.
    pub fn open_with_tags<S: AsRef<str>>(folder: impl AsRef<Path>, tags: &[S]) -> Result<SavedModel> {
        let folder = folder.as_ref();
        let tags: Vec<&str> = tags.iter().map(AsRef::as_ref).collect();
        SavedModel::load(folder, chosen(folder, Some(&tags))?)
    }

    /// The graph alone of a model, without variables, as `open` would choose it: to look at.
    ///
    /// # Errors
    /// When there is no model, or its file or graph is damaged.
    pub fn read_graph(folder: impl AsRef<Path>) -> Result<Graph> {
        let folder = folder.as_ref();
        let graph = Graph::from_meta_graph(&chosen(folder, None)?.bytes);
        graph.map_err(|error| error.context(folder.display()))
    }

    fn load(folder: &Path, chosen: TaggedGraph) -> Result<SavedModel> {
        let in_folder = |error: Error| error.context(folder.display());
        let graph = Graph::from_meta_graph(&chosen.bytes).map_err(in_folder)?;
        let session = Session::new(&graph).map_err(in_folder)?;
        restore(&session, folder, &chosen.message)?;
        let mut assets = Vec::new();
        for asset in assets_of(&chosen.message).map_err(in_folder)? {
            let path = asset_path(folder, &asset)?;
            if let Some(TensorEncoding::Name(name)) =
                asset.tensor_info.as_ref().and_then(|info| info.encoding.as_ref())
            {
                assets.push((graph.tensor(name).map_err(in_folder)?, path));
            }
        }
        let model = SavedModel { session, tags: chosen.tags, assets };
        if let Some(first) = main_op(&graph, &chosen.message).map_err(in_folder)? {
            let what = format!("{}: running \"{}\" first", folder.display(), first.name());
            let feeds = model.asset_feeds()?;
            model.session.run_op(&first, feeds).map_err(|error| error.context(what))?;
        }
        Ok(model)
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        self.session.graph()
    }

    /// The session that holds the variables.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The tags of the graph.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// How it can be used, by name.
    pub fn signatures(&self) -> BTreeMap<String, Signature> {
        self.graph().signatures()
    }

    /// The files that the graph reads, each with the tensor of its path.
    pub fn assets(&self) -> &[(Tensor, PathBuf)] {
        &self.assets
    }

    /// The signature of this name.
    ///
    /// # Errors
    /// When there is none; the error names those that there are.
    pub fn signature(&self, name: &str) -> Result<Signature> {
        let mut signatures = self.signatures();
        signatures.remove(name).ok_or_else(|| {
            let known: Vec<String> = signatures.into_keys().collect();
            let text = format!("the model has no signature \"{name}\"; it has: {}", known.join(", "));
            Error::new(Code::NotFound, text)
        })
    }

    /// Computes the results of a signature for these arguments, each by its name in the signature.
    ///
    /// # Errors
    /// When there is no such signature or no such argument, one is missing or does not fit, or the run fails.
    pub fn run(
        &self,
        signature: &str,
        arguments: &BTreeMap<String, Array>,
    ) -> Result<BTreeMap<String, Array>> {
        let called = self.signature(signature)?;
        called
            .run(&self.session, arguments, self.asset_feeds()?)
            .map_err(|error| error.context(format_args!("signature \"{signature}\"")))
    }

    /// The paths of the assets, for the tensors that stand for them.
    pub fn asset_feeds(&self) -> Result<Feeds> {
        let mut feeds = Feeds::new();
        for (tensor, path) in &self.assets {
            let path = path.as_os_str().as_encoded_bytes();
            feeds = feeds.with(tensor, Array::strings([], [path])?);
        }
        Ok(feeds)
    }
}

/// The graph with these tags, or without any that is asked for the one to be used.
fn chosen(folder: &Path, tags: Option<&[&str]>) -> Result<TaggedGraph> {
    let mut graphs = read(folder)?;
    let same = |graph: &TaggedGraph, tags: &[&str]| {
        let (mut own, mut wanted): (Vec<&str>, Vec<&str>) =
            (graph.tags.iter().map(String::as_str).collect(), tags.to_vec());
        own.sort_unstable();
        wanted.sort_unstable();
        own == wanted
    };
    let place = match tags {
        None => Some(graphs.iter().position(|graph| same(graph, &[SERVE])).unwrap_or(0)),
        Some(tags) => graphs.iter().position(|graph| same(graph, tags)),
    };
    match place {
        Some(place) => Ok(graphs.swap_remove(place)),
        None => {
            let known: Vec<String> =
                graphs.iter().map(|graph| format!("[{}]", graph.tags.join(", "))).collect();
            let wanted = tags.unwrap_or_default().join(", ");
            let text = format!(
                "{}: the model has no graph with just the tags [{wanted}]; it has: {}",
                folder.display(),
                known.join(", ")
            );
            Err(Error::new(Code::NotFound, text))
        }
    }
}

/// Takes the variables from the model's checkpoint; a model may have none.
fn restore(session: &Session, folder: &Path, message: &MetaGraphDef) -> Result<()> {
    let prefix = variables(folder);
    let mut kept: Vec<_> = kept(session.graph()).into_iter().filter(|kept| !kept.is_random()).collect();
    if !checkpoint::exists(&prefix) && kept.is_empty() {
        return Ok(());
    }
    let reader = CheckpointReader::open(&prefix)?;
    if reader.entry(OBJECTS).is_some() {
        let mut names = checkpoint_names(message);
        kept.retain_mut(|kept| match names.remove(&kept.name) {
            Some(name) => {
                kept.name = name;
                true
            }
            // Not saved either: who uses it hears that it holds nothing.
            None => false,
        });
    }
    let what = format!("checkpoint {}", prefix.display());
    session.restore_kept(&kept, &Saved::Checkpoint(reader), &what, Fit::Needed).map(drop)
}

/// The files that the graph reads. TensorFlow 1's builders tell them in a collection alone.
fn assets_of(message: &MetaGraphDef) -> Result<Vec<AssetFileDef>> {
    match message.collection_def.get(ASSETS).and_then(|def| def.kind.as_ref()) {
        Some(Collection::AnyList(list)) if message.asset_file_def.is_empty() => {
            let asset = |packed: &Any| {
                AssetFileDef::decode(packed.value.as_slice())
                    .map_err(|error| Error::new(Code::DataLoss, format!("an asset is damaged: {error}")))
            };
            list.value.iter().map(asset).collect()
        }
        _ => Ok(message.asset_file_def.clone()),
    }
}

/// The operation that is to be run when the model has been loaded.
fn main_op(graph: &Graph, message: &MetaGraphDef) -> Result<Option<Operation>> {
    let signature = message.signature_def.get(INIT_OP_SIGNATURE);
    let mut names = Vec::new();
    if let Some(info) = signature.and_then(|signature| signature.outputs.get(INIT_OP_SIGNATURE))
        && let Some(TensorEncoding::Name(name)) = &info.encoding
    {
        names.push(name.clone());
    }
    for collection in [MAIN_OP, LEGACY_INIT_OP] {
        if let Some(Some(Collection::NodeList(list))) =
            message.collection_def.get(collection).map(|def| def.kind.as_ref())
        {
            names.extend(list.value.iter().cloned());
        }
    }
    match names.first() {
        Some(name) => graph.operation(name.split(':').next().unwrap_or(name)).map(Some),
        None => Ok(None),
    }
}
