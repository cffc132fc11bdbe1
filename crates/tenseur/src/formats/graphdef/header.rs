//! A GraphDef apart from its nodes: functions, versions, debug information.

use crate::error::{Error, Result};
use crate::formats::proto::{FunctionDef, FunctionDefLibrary, GraphDebugInfo, VersionDef};
use prost::Message;
use prost::bytes::Bytes;
use std::collections::HashMap;

/// The version of TensorFlow's graph format that we read and write: that of TensorFlow 2.21.
const VERSION: i32 = 2474;

/// A GraphDef of which the larger parts are left as bytes, so that they stay as they were. A field that comes more
/// than once is one message in pieces.
#[derive(Clone, PartialEq, Message)]
pub(super) struct File {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) node: Vec<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(super) library: Vec<Bytes>,
    #[prost(int32, tag = "3")]
    pub(super) version: i32,
    #[prost(message, optional, tag = "4")]
    pub(super) versions: Option<VersionDef>,
    #[prost(bytes = "bytes", repeated, tag = "5")]
    pub(super) debug_info: Vec<Bytes>,
}

/// What a node is called, what it is, and what it reads; its other fields are passed over.
#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeOutline {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) op: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) input: Vec<String>,
    #[prost(string, tag = "4")]
    pub(super) device: String,
}

/// What a graph keeps of the files that were imported, apart from their nodes; nothing, if there were none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header(Option<File>);

impl Header {
    /// The header of a graph to which `file` is added. `empty` says that the graph has no nodes, so that the file's
    /// header is all there is.
    ///
    /// # Errors
    /// When we may not read the file, or it has a function of the same name as another one of the graph.
    pub(super) fn with(&self, file: File, empty: bool) -> Result<Header> {
        check_versions(&file)?;
        whole::<FunctionDefLibrary>(&file.library)?;
        whole::<GraphDebugInfo>(&file.debug_info)?;
        let new = File { node: Vec::new(), ..file };
        match &self.0 {
            None if empty => Ok(Header(Some(new))),
            _ => Ok(Header(Some(join(self.file(), new)?))),
        }
    }

    /// A file without nodes that has this header.
    pub(super) fn file(&self) -> File {
        let ours = || VersionDef { producer: VERSION, ..VersionDef::default() };
        self.0.clone().unwrap_or_else(|| File { versions: Some(ours()), ..File::default() })
    }
}

/// The functions of a file.
///
/// # Errors
/// When the bytes are no functions.
pub(super) fn library(file: &File) -> Result<FunctionDefLibrary> {
    whole(&file.library)
}

/// The message that comes in these pieces.
fn whole<M: Message + Default>(pieces: &[Bytes]) -> Result<M> {
    let mut message = M::default();
    for piece in pieces {
        message
            .merge(piece.clone())
            .map_err(|error| Error::invalid(format!("the bytes are not a GraphDef: {error}")))?;
    }
    Ok(message)
}

/// Whether we may read a file of these versions.
fn check_versions(file: &File) -> Result<()> {
    let Some(versions) = &file.versions else { return Ok(()) };
    if versions.min_consumer > VERSION {
        return Err(Error::invalid(format!(
            "the graph is for readers of version {} or later, and this is version {VERSION}",
            versions.min_consumer
        )));
    }
    if versions.bad_consumers.contains(&VERSION) {
        return Err(Error::invalid(format!("the graph is not for readers of version {VERSION}, as this is")));
    }
    Ok(())
}

/// Both headers: the functions of both, and versions that suit both. Debug information, which tells nodes by their
/// names in one file, is kept of one.
fn join(old: File, new: File) -> Result<File> {
    let library = match (old.library.is_empty(), new.library.is_empty()) {
        (false, false) => {
            let joined = join_libraries(whole(&old.library)?, whole(&new.library)?)?;
            vec![joined.encode_to_vec().into()]
        }
        (_, no_new) => {
            if no_new {
                old.library
            } else {
                new.library
            }
        }
    };
    let versions = match (old.versions, new.versions) {
        (Some(old), Some(new)) => {
            let mut bad_consumers = old.bad_consumers;
            bad_consumers.extend(new.bad_consumers);
            bad_consumers.sort_unstable();
            bad_consumers.dedup();
            Some(VersionDef {
                producer: old.producer.min(new.producer),
                min_consumer: old.min_consumer.max(new.min_consumer),
                bad_consumers,
            })
        }
        (old, new) => old.or(new),
    };
    let debug_info = if old.debug_info.is_empty() { new.debug_info } else { old.debug_info };
    Ok(File { node: Vec::new(), library, version: old.version, versions, debug_info })
}

fn join_libraries(old: FunctionDefLibrary, new: FunctionDefLibrary) -> Result<FunctionDefLibrary> {
    let mut joined = old;
    let name = |function: &FunctionDef| function.signature.as_ref().map(|signature| signature.name.clone());
    let known: HashMap<_, _> =
        joined.function.iter().cloned().map(|function| (name(&function), function)).collect();
    for function in new.function {
        match known.get(&name(&function)) {
            None => joined.function.push(function),
            Some(same) if *same == function => {}
            Some(_) => {
                let name = name(&function).unwrap_or_default();
                return Err(Error::invalid(format!(
                    "the graph has another function called \"{name}\" already"
                )));
            }
        }
    }
    for gradient in new.gradient {
        if !joined.gradient.contains(&gradient) {
            joined.gradient.push(gradient);
        }
    }
    for gradient in new.registered_gradients {
        if !joined.registered_gradients.contains(&gradient) {
            joined.registered_gradients.push(gradient);
        }
    }
    Ok(joined)
}
