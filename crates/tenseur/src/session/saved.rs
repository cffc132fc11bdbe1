//! What a file has for variables: a checkpoint, of which is read what is wanted, or arrays by name.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};
use crate::formats::checkpoint::{CheckpointReader, boxes};
use crate::session::Piece;
use crate::value::{Array, DType, Shape};

/// A file's tensors.
pub(crate) enum Saved {
    Checkpoint(CheckpointReader),
    Arrays(BTreeMap<String, Array>),
}

impl Saved {
    /// The names, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Saved::Checkpoint(reader) => reader.entries().map(|(name, _)| name.to_string()).collect(),
            Saved::Arrays(arrays) => arrays.keys().cloned().collect(),
        }
    }

    /// Type, if arrays have it, and shape of the tensor of this name.
    pub(crate) fn shape(&self, name: &str) -> Option<(Option<DType>, Shape)> {
        match self {
            Saved::Checkpoint(reader) => reader.entry(name).map(|entry| (entry.dtype(), entry.shape.clone())),
            Saved::Arrays(arrays) => {
                arrays.get(name).map(|array| (Some(array.dtype()), array.shape().clone()))
            }
        }
    }

    /// The tensor of this name, or a box of it.
    ///
    /// # Errors
    /// When there is none, its data is damaged, or the box reaches beyond it.
    pub(crate) fn read(&self, name: &str, piece: Option<&Piece>) -> Result<Array> {
        match (self, piece) {
            (Saved::Checkpoint(reader), None) => reader.read(name),
            (Saved::Checkpoint(reader), Some(piece)) => reader.read_piece(name, &piece.start, &piece.shape),
            (Saved::Arrays(arrays), piece) => {
                let missing = || Error::new(Code::NotFound, format!("there is no array \"{name}\""));
                let array = arrays.get(name).ok_or_else(missing)?;
                piece.map_or(Ok(array.clone()), |piece| boxes::cut(array, &piece.start, &piece.shape))
            }
        }
    }
}
