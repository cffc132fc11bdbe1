//! Saving what a session keeps, and taking it up again: TensorFlow's checkpoints.

use std::collections::BTreeSet;
use std::path::Path;

use foldhash::{HashMap, HashSet};

use crate::error::{Code, Error, Result};
use crate::formats::checkpoint::{CheckpointReader, CheckpointWriter};
use crate::formats::proto::SaveSliceInfoDef;
use crate::graph::{Graph, NodeId, Variable, is_variable};
use crate::ops::Effect;
use crate::session::Session;
use crate::session::saved::Saved;
use crate::value::{Array, DType, PartialShape, Shape};

/// Before the names under which the places of random ops in their streams are kept. No variable is called so.
const RANDOM: &str = "_tenseur/random/";

/// Under which name a checkpoint has what its program says with it. No variable is called so.
pub(crate) const NOTE: &str = "_tenseur/note";

/// What a checkpoint may hold for a graph: a variable, a part of one, or the place of a random op.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// What it is called there.
    pub(crate) name: String,
    pub(crate) node: NodeId,
    dtype: DType,
    shape: PartialShape,
    /// Of a part: which box of the whole it is.
    pub(crate) piece: Option<Piece>,
    /// Whether it is the place of a random op, which is kept as int64 and may be missing.
    random: bool,
}

/// How what is saved has to fit what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Names, types and shapes are the same.
    Exact,
    /// All that is kept is there; what else is there is passed over.
    Needed,
    /// What fits is taken.
    Partial,
}

/// A box of a whole: what a part of a partitioned variable is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The shape of the whole.
    pub(crate) whole: Shape,
    /// Where the box begins.
    pub(crate) start: Vec<usize>,
    /// The shape of the box.
    pub(crate) shape: Shape,
}

/// What was taken from a file, and what was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restored {
    /// The names that were taken.
    pub names: Vec<String>,
    /// What did not fit and was left as it was: a sentence for each name that is missing, unexpected, or of another type or
    /// shape.
    pub left: Vec<String>,
}

impl Session {
    /// Writes every variable, but for local ones, to a checkpoint (files `prefix.index` and `prefix.data-…`, which TensorFlow reads), and with
    /// them how far random ops have come in their streams, so that a restored session goes on with the same numbers.
    ///
    /// The files are written aside and renamed when they are complete: a good checkpoint is never replaced by half of one.
    /// [`Saver`](crate::train::Saver) does more.
    ///
    /// # Errors
    /// When a variable holds nothing yet, or the files cannot be written.
    pub fn save(&self, prefix: impl AsRef<Path>) -> Result<()> {
        self.save_kept(&kept(&self.graph), prefix.as_ref(), 1, None)
    }

    /// Takes every variable, but for local ones, from a checkpoint that [`save`](Session::save), or TensorFlow, has written.
    ///
    /// # Errors
    /// When the files cannot be read; and in one error all variables that are missing, all names that are not variables of
    /// this graph, and all whose type or shape is another. The session is then as it was.
    pub fn restore(&self, prefix: impl AsRef<Path>) -> Result<()> {
        let prefix = prefix.as_ref();
        let what = format!("checkpoint {}", prefix.display());
        let saved = Saved::Checkpoint(CheckpointReader::open(prefix)?);
        self.restore_kept(&kept(&self.graph), &saved, &what, Fit::Exact).map(drop)
    }

    /// Writes these to a checkpoint of so many data files, with a note of the program's.
    pub(crate) fn save_kept(
        &self,
        kept: &[Kept],
        prefix: &Path,
        shards: usize,
        note: Option<&str>,
    ) -> Result<()> {
        let values = self.values_of(kept)?;
        let note = note.map(|note| [note.as_bytes().to_vec()]);
        let mut writer = CheckpointWriter::new().shards(shards);
        for (kept, value) in &values {
            match &kept.piece {
                None => writer.add_array(&kept.name, value)?,
                Some(Piece { whole, start, .. }) => writer.add_piece(&kept.name, whole, start, value)?,
            }
        }
        if let Some(note) = &note {
            writer.add_strings(NOTE, &Shape::default(), note)?;
        }
        writer.write(prefix)
    }

    /// What these hold; of random ops, those that have been run.
    pub(crate) fn values_of<'a>(&self, kept: &'a [Kept]) -> Result<Vec<(&'a Kept, Array)>> {
        let state = self.lock();
        let mut values = Vec::with_capacity(kept.len());
        for kept in kept {
            match state.get(kept.node) {
                Some(value) if kept.random => {
                    let counter = value.as_slice::<u64>()?.iter().map(|&part| part as i64);
                    values.push((kept, Array::new([2], counter.collect::<Vec<i64>>())?));
                }
                Some(value) => values.push((kept, value.clone())),
                None if kept.random => {}
                None => {
                    let name = &kept.name;
                    let text = format!("variable \"{name}\" cannot be saved: it holds nothing yet");
                    return Err(Error::new(Code::FailedPrecondition, text).hint("run the initializer first"));
                }
            }
        }
        Ok(values)
    }

    /// Takes these from what `what` holds.
    pub(crate) fn restore_kept(
        &self,
        kept: &[Kept],
        saved: &Saved,
        what: &str,
        fit: Fit,
    ) -> Result<Restored> {
        // What the index says decides, before any data is read.
        let left = problems(kept, saved, fit != Fit::Needed);
        if fit != Fit::Partial && !left.is_empty() {
            return Err(Error::invalid(format!("{what} does not fit the graph: {}", left.join("; "))));
        }
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for kept in kept.iter().filter(|kept| kept.mismatch(saved).is_none()) {
            if saved.shape(&kept.name).is_some() {
                let value = saved.read(&kept.name, kept.piece.as_ref())?;
                values.push((kept.node, Some(if kept.random { counter(&value)? } else { value })));
                names.push(kept.name.clone());
            } else if fit != Fit::Partial {
                // A random op that had not run yet when the others were saved.
                values.push((kept.node, None));
            }
        }
        let mut state = self.lock_to_write();
        for (node, value) in values {
            state.set(node, value);
        }
        Ok(Restored { names, left })
    }
}

impl Kept {
    /// A variable, or what it is a part of, under this name.
    pub(crate) fn variable(name: String, variable: &Variable, piece: Option<Piece>) -> Kept {
        let (node, dtype) = (variable.operation().id(), variable.reference().dtype_or(DType::Float32));
        Kept { name, node, dtype, shape: variable.shape(), piece, random: false }
    }

    /// Whether it is the place of a random op in its stream.
    pub(crate) fn is_random(&self) -> bool {
        self.random
    }

    /// The type of its elements.
    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    /// Why what is saved under this name cannot be taken, if it cannot.
    fn mismatch(&self, saved: &Saved) -> Option<String> {
        let name = &self.name;
        let Some((dtype, shape)) = saved.shape(name) else {
            return (!self.random).then(|| format!("\"{name}\" is missing"));
        };
        let fits = match &self.piece {
            None => self.shape.accepts(&shape),
            Some(piece) => piece.whole == shape,
        };
        if fits && dtype == Some(self.dtype) {
            return None;
        }
        let own = self.piece.as_ref().map_or_else(|| self.shape.to_string(), |piece| piece.whole.to_string());
        let theirs = dtype.map_or_else(|| "of another type".to_string(), |dtype| dtype.to_string());
        Some(format!("\"{name}\" is {} {own} and the checkpoint has {theirs} {shape}", self.dtype))
    }
}

/// A sentence for each name that is missing, of another type or shape, or, if `all` that is saved is to be taken, not one of
/// these.
fn problems(kept: &[Kept], saved: &Saved, all: bool) -> Vec<String> {
    let known: HashSet<&str> = kept.iter().map(|kept| kept.name.as_str()).collect();
    // The parts of one variable have the same to say.
    let mut own: BTreeSet<String> = kept.iter().filter_map(|kept| kept.mismatch(saved)).collect();
    let names = saved.names();
    let foreign = names.iter().filter(|name| all && *name != NOTE && !known.contains(name.as_str()));
    own.extend(foreign.map(|name| format!("\"{name}\" is not a variable of this graph")));
    own.into_iter().collect()
}

/// The place of a random op, as it is kept in a session.
fn counter(value: &Array) -> Result<Array> {
    let counter = value.as_slice::<i64>()?.iter().map(|&part| part as u64).collect::<Vec<u64>>();
    Array::new([2], counter)
}

/// What a checkpoint of this graph holds, in the order of nodes.
pub(crate) fn kept(graph: &Graph) -> Vec<Kept> {
    let contents = graph.read();
    let local = contents.variables.iter().filter(|variable| !variable.global);
    let local: HashSet<NodeId> = local.map(|variable| variable.reference.node).collect();
    let pieces: HashMap<NodeId, &SaveSliceInfoDef> = contents
        .variables
        .iter()
        .filter_map(|kept| Some((kept.reference.node, kept.record.as_ref()?.save_slice_info_def.as_ref()?)))
        .collect();
    let mut kept = Vec::new();
    for (id, node) in contents.nodes.iter().enumerate() {
        let id = NodeId(id as u32);
        // A GraphDef does not say what is a variable, but these ops do.
        if let (true, Some(fact)) = (is_variable(node) && !local.contains(&id), node.fact(0)) {
            let (dtype, shape) = (fact.dtype, fact.shape.clone());
            let part = pieces.get(&id).and_then(|info| Some((info.full_name.clone(), piece(info)?)));
            let part = part.filter(|(_, piece)| shape.accepts(&piece.shape));
            let (name, piece) = match part {
                Some((name, piece)) => (name, Some(piece)),
                None => (node.name.to_string(), None),
            };
            kept.push(Kept { name, node: id, dtype, shape, piece, random: false });
        }
        if matches!(node.op.effects().effect, Effect::Random(_)) {
            let (name, shape) = (format!("{RANDOM}{}", node.name), [2].into());
            kept.push(Kept { name, node: id, dtype: DType::Int64, shape, piece: None, random: true });
        }
    }
    kept
}

/// The box that a file says that a variable is.
fn piece(info: &SaveSliceInfoDef) -> Option<Piece> {
    let sizes = |sizes: &[i64]| -> Option<Vec<usize>> {
        sizes.iter().map(|&size| usize::try_from(size).ok()).collect()
    };
    let (whole, shape) = (sizes(&info.full_shape)?, sizes(&info.var_shape)?);
    Some(Piece { whole: whole.into(), start: sizes(&info.var_offset)?, shape: shape.into() })
}
