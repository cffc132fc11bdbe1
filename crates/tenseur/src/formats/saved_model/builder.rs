//! Writing a SavedModel.

use super::{
    ASSETS, FILE, INIT_OP_SIGNATURE, MAIN_OP, META_GRAPHS, PREDICT_METHOD, SERVE, SERVING_DEFAULT, TEXT_FILE,
    asset_path, variables,
};
use crate::error::{Code, Error, Result};
use crate::formats::atomic_file::{directory_of, sync_directory, write_file};
use crate::formats::checkpoint::CheckpointWriter;
use crate::formats::in_file;
use crate::formats::meta_graph::{Signature, with_saver};
use crate::formats::proto::{
    Any, AnyList, AssetFileDef, Collection, CollectionDef, MetaGraphDef, MetaInfoDef, NodeList, SignatureDef,
    TensorEncoding, TensorInfo,
};
use crate::formats::text_format::{self, SAVED_MODEL};
use crate::formats::wire::{Payload, pieces, write_piece};
use crate::graph::{Graph, Operation, Tensor};
use crate::session::{Kept, Session, kept};
use crate::value::Array;
use prost::Message;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The number of the field that says what a graph is for.
const META_INFO_DEF: u32 = 1;
/// The numbers of the fields in which assets are told.
const COLLECTION_DEF: u32 = 4;
const ASSET_FILE_DEF: u32 = 6;
/// The version of the format.
const VERSION: u64 = 1;

/// A model that is to be written: graphs, told apart by their tags, for the same variables.
///
/// ```
/// use tenseur::formats::saved_model::{SavedModel, SavedModelBuilder};
/// use tenseur::prelude::*;
/// let folder = tempfile::tempdir()?;
/// let tf = Graph::new();
/// let w = tf.variable(2.0, "w");
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// let mut builder = SavedModelBuilder::new(folder.path().join("model"))?;
/// builder.add_meta_graph_and_variables(&sess, &["train"], None)?;
/// builder.add_meta_graph(&tf, &["serve"], None)?;
/// builder.save()?;
/// let model = SavedModel::open_with_tags(folder.path().join("model"), &["train"])?;
/// assert_eq!(model.session().variables(), [("w".to_string(), 2.0.into())]);
/// # let _ = w;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SavedModelBuilder {
    folder: PathBuf,
    meta_graphs: Vec<Vec<u8>>,
    variables: Option<Vec<(Kept, Array)>>,
    /// Where each asset comes from, by the name that it gets.
    assets: BTreeMap<String, PathBuf>,
    /// The assets of the graph that is added next.
    next_assets: Vec<AssetFileDef>,
}

impl SavedModelBuilder {
    /// A model that will be in `folder`, which must not be there yet, or be empty.
    ///
    /// # Errors
    /// When something is there.
    pub fn new(folder: impl AsRef<Path>) -> Result<SavedModelBuilder> {
        let folder = folder.as_ref().to_path_buf();
        check_free(&folder)?;
        Ok(SavedModelBuilder {
            folder,
            meta_graphs: Vec::new(),
            variables: None,
            assets: BTreeMap::new(),
            next_assets: Vec::new(),
        })
    }

    /// Says that the graph that is added next reads a file, which is copied into the model: `tensor`, a scalar string, is
    /// its path, and will be that of the copy.
    ///
    /// # Errors
    /// When another file of that name was added.
    pub fn add_asset(&mut self, tensor: &Tensor, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        if self.assets.get(&name).is_some_and(|other| other != path) {
            return Err(Error::new(Code::AlreadyExists, format!("two assets are called \"{name}\"")));
        }
        let info = TensorInfo {
            encoding: Some(TensorEncoding::Name(tensor.name())),
            dtype: tensor.dtype().map_or(0, |dtype| dtype.number()),
            ..TensorInfo::default()
        };
        let asset = AssetFileDef { tensor_info: Some(info), filename: name.clone() };
        asset_path(&self.folder, &asset)?;
        self.next_assets.push(asset);
        self.assets.insert(name, path.to_path_buf());
        Ok(())
    }

    /// Adds the session's graph, with its [`signatures`](Graph::signatures), under these tags, and what its variables hold.
    /// `main_op` is run by those who load the model, when its variables are there.
    ///
    /// # Errors
    /// When variables were added already, one holds nothing yet, or as [`add_meta_graph`](SavedModelBuilder::add_meta_graph).
    pub fn add_meta_graph_and_variables(
        &mut self,
        session: &Session,
        tags: &[&str],
        main_op: Option<&Operation>,
    ) -> Result<()> {
        if self.variables.is_some() {
            return Err(Error::new(
                Code::AlreadyExists,
                "the model has variables already: add the graph alone",
            ));
        }
        let kept = variables_of(session.graph());
        let values = session.values_of(&kept)?;
        let values = values.into_iter().map(|(kept, value)| (kept.clone(), value)).collect();
        self.add_meta_graph(session.graph(), tags, main_op)?;
        self.variables = Some(values);
        Ok(())
    }

    /// Adds a graph, with its signatures, under these tags, for variables that are added too. The files that it reads are
    /// those that were added for it; those of a model that was loaded are added again.
    ///
    /// # Errors
    /// The graph's first error; when a graph with these tags was added, or `main_op` is of another graph.
    pub fn add_meta_graph(
        &mut self,
        graph: &Graph,
        tags: &[&str],
        main_op: Option<&Operation>,
    ) -> Result<()> {
        if let Some(foreign) = main_op.filter(|main_op| !main_op.graph().is(graph)) {
            return Err(Error::invalid(format!("operation \"{}\" is of another graph", foreign.name())));
        }
        let bytes = with_saver(graph, graph.as_meta_graph()?, &variables_of(graph))?;
        let assets = std::mem::take(&mut self.next_assets);
        let tags = tags.iter().map(|tag| tag.to_string()).collect();
        self.meta_graphs.push(dressed(&bytes, tags, &assets, main_op)?);
        Ok(())
    }

    /// Writes the model, to a folder beside it that then gets its name: it is there whole or not at all.
    ///
    /// # Errors
    /// When no graph was added, something is at its place by now, an asset cannot be read, or a file cannot be written.
    pub fn save(&self) -> Result<()> {
        self.write(|model| Ok((FILE, model)))
    }

    /// As [`save`](SavedModelBuilder::save), with the graphs in the text form.
    ///
    /// # Errors
    /// As there.
    pub fn save_as_text(&self) -> Result<()> {
        self.write(|model| Ok((TEXT_FILE, text_format::print(&SAVED_MODEL, &model)?.into_bytes())))
    }

    fn write(&self, form: impl Fn(Vec<u8>) -> Result<(&'static str, Vec<u8>)>) -> Result<()> {
        if self.meta_graphs.is_empty() {
            return Err(Error::invalid(format!("{}: the model has no graph", self.folder.display())));
        }
        check_free(&self.folder)?;
        let mut model = Vec::new();
        write_piece(1, &Payload::Varint(VERSION), &mut model);
        for bytes in &self.meta_graphs {
            write_piece(META_GRAPHS, &Payload::Bytes(bytes.as_slice().into()), &mut model);
        }
        let (name, model) = form(model)?;
        let aside = Aside::create(&self.folder)?;
        self.write_files(&aside.path, name, &model)?;
        aside.commit(&self.folder)
    }

    fn write_files(&self, folder: &Path, name: &str, model: &[u8]) -> Result<()> {
        let cannot = |path: &Path, error: &io::Error| in_file(path, "the model cannot be written", error);
        let make = |path: &Path| fs::create_dir_all(path).map_err(|error| cannot(path, &error));
        if let Some(values) = &self.variables {
            let prefix = variables(folder);
            make(directory_of(&prefix))?;
            let mut writer = CheckpointWriter::new();
            for (kept, value) in values {
                match &kept.piece {
                    None => writer.add_array(&kept.name, value)?,
                    Some(piece) => writer.add_piece(&kept.name, &piece.whole, &piece.start, value)?,
                }
            }
            writer.write(&prefix)?;
        }
        for (name, from) in &self.assets {
            let to = folder.join("assets");
            make(&to)?;
            let bytes = fs::read(from).map_err(|error| in_file(from, "the asset cannot be read", &error))?;
            write_file(&to.join(name), &bytes).map_err(|error| cannot(&to, &error))?;
        }
        let path = folder.join(name);
        write_file(&path, model).map_err(|error| cannot(&path, &error))
    }
}

/// Writes a session's graph and variables as a model that computes `outputs` from `inputs`: the signature `serving_default`
/// of a graph with the tag `serve`.
///
/// # Errors
/// When a tensor is of another graph; and as the builder's methods.
pub fn simple_save<'a>(
    session: &Session,
    folder: impl AsRef<Path>,
    inputs: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    outputs: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Result<()> {
    fn named<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> BTreeMap<String, Tensor> {
        tensors.into_iter().map(|(name, tensor)| (name.to_string(), tensor.clone())).collect()
    }
    let signature =
        Signature { inputs: named(inputs), outputs: named(outputs), method_name: PREDICT_METHOD.to_string() };
    let mut builder = SavedModelBuilder::new(folder)?;
    session.graph().set_signature(SERVING_DEFAULT, &signature)?;
    builder.add_meta_graph_and_variables(session, &[SERVE], None)?;
    builder.save()
}

/// The graph's variables; where random ops are in their streams is a training's, not a model's.
fn variables_of(graph: &Graph) -> Vec<Kept> {
    kept(graph).into_iter().filter(|kept| !kept.is_random()).collect()
}

/// An entry of a map, of which only the name is looked at.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    key: String,
}

/// A MetaGraphDef with tags, assets and what is to be run first.
fn dressed(
    meta_graph: &[u8],
    tags: Vec<String>,
    assets: &[AssetFileDef],
    main_op: Option<&Operation>,
) -> Result<Vec<u8>> {
    let damaged = |_| Error::invalid("the bytes are not a MetaGraphDef");
    let mut info = MetaInfoDef::default();
    let mut file = Vec::with_capacity(meta_graph.len());
    let found = pieces(meta_graph).ok_or_else(|| Error::invalid("the bytes are not a MetaGraphDef"))?;
    for (number, payload) in &found {
        match (number, payload) {
            (&META_INFO_DEF, Payload::Bytes(bytes)) => info.merge(&**bytes).map_err(damaged)?,
            // Those of a model that was loaded lie in another folder.
            (&ASSET_FILE_DEF, _) => {}
            (&COLLECTION_DEF, Payload::Bytes(bytes))
                if Named::decode(&**bytes).map_err(damaged)?.key == ASSETS => {}
            _ => write_piece(*number, payload, &mut file),
        }
    }
    info.tags = tags;
    let mut more = MetaGraphDef {
        meta_info_def: Some(info),
        asset_file_def: assets.to_vec(),
        ..MetaGraphDef::default()
    };
    if !assets.is_empty() {
        let packed = assets.iter().map(|asset| Any {
            type_url: "type.googleapis.com/tensorflow.AssetFileDef".to_string(),
            value: asset.encode_to_vec(),
        });
        let list = AnyList { value: packed.collect() };
        more.collection_def
            .insert(ASSETS.to_string(), CollectionDef { kind: Some(Collection::AnyList(list)) });
    }
    if let Some(main_op) = main_op {
        // TensorFlow's readers look at the one or the other.
        let name = main_op.name().to_string();
        let info = TensorInfo { encoding: Some(TensorEncoding::Name(name.clone())), ..TensorInfo::default() };
        let outputs = BTreeMap::from([(INIT_OP_SIGNATURE.to_string(), info)]);
        let signature = SignatureDef { outputs, ..SignatureDef::default() };
        more.signature_def.insert(INIT_OP_SIGNATURE.to_string(), signature);
        let list = NodeList { value: vec![name] };
        more.collection_def
            .insert(MAIN_OP.to_string(), CollectionDef { kind: Some(Collection::NodeList(list)) });
    }
    // Messages one after the other are one message.
    file.extend_from_slice(&more.encode_to_vec());
    Ok(file)
}

/// Whether nothing is at a model's place.
fn check_free(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(entries) => {
            if entries.take(1).count() == 0 {
                return Ok(());
            }
            let text =
                format!("{} is not empty: a model is written to a folder of its own", folder.display());
            Err(Error::new(Code::AlreadyExists, text))
        }
        Err(error) => Err(in_file(folder, "the model cannot be written", &error)),
    }
}

/// A folder beside the model's, which is removed again unless it gets the model's name.
struct Aside {
    path: PathBuf,
}

impl Aside {
    fn create(folder: &Path) -> Result<Aside> {
        let cannot = |path: &Path, error: &io::Error| in_file(path, "the model cannot be written", error);
        let parent = directory_of(folder);
        fs::create_dir_all(parent).map_err(|error| cannot(parent, &error))?;
        let Some(name) = folder.file_name() else {
            return Err(Error::invalid(format!("{} does not end in a folder's name", folder.display())));
        };
        for number in 0..u32::MAX {
            let mut aside = OsString::from(".");
            aside.push(name);
            aside.push(format!(".{number}.tmp"));
            let path = folder.with_file_name(aside);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Aside { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot(&path, &error)),
            }
        }
        Err(Error::new(Code::ResourceExhausted, format!("{} has no room beside it", folder.display())))
    }

    fn commit(mut self, folder: &Path) -> Result<()> {
        let finish = || -> io::Result<()> {
            sync_directory(&self.path)?;
            // Not every system renames over an empty folder.
            match fs::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(&self.path, folder)?;
            sync_directory(directory_of(folder))
        };
        finish().map_err(|error| in_file(folder, "the model cannot be written", &error))?;
        self.path.clear();
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
