//! SavedModels: a trained graph in a folder, ready to be used.
//!
//! ```text
//! saved_model.pb          or saved_model.pbtxt: graphs, told apart by their tags, with signatures
//! variables/variables.*   what the variables hold: a checkpoint
//! assets/                 files that the graph reads: vocabularies and such
//! ```
//!
//! [`SavedModel::open`] reads one that TensorFlow has written, or [`SavedModelBuilder`], or [`simple_save`]. Of a model of TensorFlow
//! 2's objects it reads the signatures and their variables: the objects themselves mean nothing here.

mod builder;
mod loader;
mod objects;

pub use builder::{SavedModelBuilder, simple_save};
pub use loader::SavedModel;

use crate::error::{Code, Error, Result};
use crate::formats::in_file;
use crate::formats::proto::{AssetFileDef, MetaGraphDef};
use crate::formats::text_format::{self, SAVED_MODEL};
use crate::formats::wire::{Payload, pieces};
use prost::Message;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The signature that a server uses unless it is told another.
pub const SERVING_DEFAULT: &str = "serving_default";
/// The tag of a graph that is used.
pub const SERVE: &str = "serve";
/// The method of a signature of any arguments and results.
pub const PREDICT_METHOD: &str = "tensorflow/serving/predict";
/// The method of a signature from serialized `tf.Example`s, `inputs`, to the `classes` and `scores` of each.
pub const CLASSIFY_METHOD: &str = "tensorflow/serving/classify";
/// The method of a signature from serialized `tf.Example`s, `inputs`, to a number for each, `outputs`.
pub const REGRESS_METHOD: &str = "tensorflow/serving/regress";

const FILE: &str = "saved_model.pb";
const TEXT_FILE: &str = "saved_model.pbtxt";
/// The number of the field that holds a graph.
const META_GRAPHS: u32 = 2;
/// The operation that is run when a model has been loaded: the collection or the signature that names it.
const MAIN_OP: &str = "saved_model_main_op";
const LEGACY_INIT_OP: &str = "legacy_init_op";
const INIT_OP_SIGNATURE: &str = "__saved_model_init_op";
/// The collection that lists the assets for older readers.
const ASSETS: &str = "saved_model_assets";

/// One of a model's graphs.
pub(super) struct TaggedGraph {
    pub(super) tags: Vec<String>,
    pub(super) bytes: Vec<u8>,
    pub(super) message: MetaGraphDef,
}

/// The graphs of the model in a folder.
///
/// # Errors
/// When there is none, or its file is damaged.
pub(super) fn read(folder: &Path) -> Result<Vec<TaggedGraph>> {
    let (path, bytes) = read_file(folder)?;
    let damaged = |why: &str| {
        Error::new(Code::DataLoss, format!("{}: this is not a SavedModel: {why}", path.display()))
    };
    let mut graphs = Vec::new();
    for (number, payload) in pieces(&bytes).ok_or_else(|| damaged("it is damaged"))? {
        if let (META_GRAPHS, Payload::Bytes(bytes)) = (number, payload) {
            let message = MetaGraphDef::decode(&*bytes).map_err(|error| damaged(&error.to_string()))?;
            let tags = message.meta_info_def.as_ref().map(|info| info.tags.clone()).unwrap_or_default();
            graphs.push(TaggedGraph { tags, bytes: bytes.into_owned(), message });
        }
    }
    match graphs.is_empty() {
        true => Err(damaged("it holds no graph")),
        false => Ok(graphs),
    }
}

/// The model's file, and its bytes in the binary form.
fn read_file(folder: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => return Ok((path, bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(in_file(&path, "the model cannot be read", &error)),
    }
    let path = folder.join(TEXT_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => match text_format::parse(&SAVED_MODEL, &text) {
            Ok(bytes) => Ok((path, bytes)),
            Err(error) => Err(error.context(path.display())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!("{} holds no SavedModel: it has no {FILE}", folder.display());
            Err(Error::new(Code::NotFound, text))
        }
        Err(error) => Err(in_file(&path, "the model cannot be read", &error)),
    }
}

/// Whether a folder holds a SavedModel.
pub fn exists(folder: impl AsRef<Path>) -> bool {
    [FILE, TEXT_FILE].iter().any(|name| folder.as_ref().join(name).is_file())
}

/// The tags of each graph of the model in a folder.
///
/// # Errors
/// When there is no model, or its file is damaged.
pub fn tags(folder: impl AsRef<Path>) -> Result<Vec<Vec<String>>> {
    Ok(read(folder.as_ref())?.into_iter().map(|graph| graph.tags).collect())
}

/// The checkpoint of the model's variables.
fn variables(folder: &Path) -> PathBuf {
    folder.join("variables").join("variables")
}

/// Where an asset lies.
///
/// # Errors
/// When its name leads out of the folder of assets.
fn asset_path(folder: &Path, asset: &AssetFileDef) -> Result<PathBuf> {
    let name = Path::new(&asset.filename);
    let below = name.components().all(|part| matches!(part, Component::Normal(_)));
    match below && !asset.filename.is_empty() {
        true => Ok(folder.join("assets").join(name)),
        false => Err(Error::invalid(format!(
            "{}: the asset \"{}\" is not in the model's folder",
            folder.display(),
            asset.filename
        ))),
    }
}
