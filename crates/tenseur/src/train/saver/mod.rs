//! `Saver`: checkpoints of a session's variables while it trains, of which the last few are kept.
//!
//! ```text
//! PREFIX-STEP.index, PREFIX-STEP.data-…    the variables: TensorFlow's checkpoint, by formats::checkpoint
//! PREFIX-STEP.meta                         the graph, with its variables and collections
//! checkpoint                               which checkpoints there are, and the latest
//! ```
//!
//! They are written in this order, each file aside, synced and renamed, and only then are older checkpoints removed, so that
//! the one that `checkpoint` names as the latest is whole at every moment.

mod rotation;
mod weights;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rotation::{Checkpoint, Rotation};

use crate::error::{Error, Result};
use crate::formats::checkpoint::{self, CheckpointReader, CheckpointState};
use crate::formats::meta_graph::with_saver;
use crate::formats::{in_file, write_file};
use crate::graph::{Graph, Variable};
use crate::session::{Fit, Kept, Piece, Restored, Saved, Session, kept};
use crate::value::Shape;

/// How many checkpoints are kept, unless `max_to_keep` says otherwise.
const USUALLY_KEPT: usize = 5;

/// Saves a session's variables to checkpoints, and restores them.
///
/// It keeps the last five of a training, says in the file `checkpoint` which there are, and puts the graph beside each
/// (`.meta`). TensorFlow reads all of this, and its checkpoints are read.
///
/// ```
/// use tenseur::prelude::*;
/// use tenseur::train::{Saver, latest_checkpoint};
/// let folder = tempfile::tempdir()?;
/// let tf = Graph::new();
/// let w = tf.variable(0.0, "w");
/// let step = w.assign_add(1.0);
/// let mut saver = Saver::new(&tf).max_to_keep(2);
/// let sess = Session::new(&tf)?;
/// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
/// for number in 1..=3 {
///     sess.run_op(&step, feeds![])?;
///     saver.save(&sess, folder.path().join("model"), number)?;
/// }
/// assert_eq!(saver.last_checkpoints().len(), 2); // model-2 and model-3
///
/// let again = Session::new(&tf)?;
/// saver.restore(&again, latest_checkpoint(folder.path())?.unwrap())?;
/// assert_eq!(again.run(&w, feeds![])?, 3.0.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Saver {
    graph: Graph,
    kept: Vec<Kept>,
    shards: usize,
    partial: bool,
    write_meta_graph: bool,
    clock: fn() -> f64,
    rotation: Rotation,
}

impl Saver {
    /// A saver of all variables that the graph has by now, but for local ones, under their names; and with them how far
    /// random ops have come in their streams, so that a restored session goes on with the same numbers.
    ///
    /// A partitioned variable's parts, which a MetaGraphDef tells, are saved as slices of the whole.
    pub fn new(graph: &Graph) -> Saver {
        Saver::of_kept(graph, kept(graph))
    }

    /// A saver of these variables, under names that need not be their own.
    ///
    /// # Errors
    /// When one is of another graph, or two are called alike.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// use tenseur::train::Saver;
    /// let folder = tempfile::tempdir()?;
    /// let tf = Graph::new();
    /// let (average, _other) = (tf.variable(1.5, "average"), tf.variable(2.0, "other"));
    /// let mut saver = Saver::of(&tf, [("w", &average)])?;
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// let prefix = saver.save(&sess, folder.path().join("averages"), None)?;
    /// let names: Vec<String> = tenseur::formats::checkpoint::load(prefix)?.into_keys().collect();
    /// assert_eq!(names, ["w"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a, N: Into<String>>(
        graph: &Graph,
        variables: impl IntoIterator<Item = (N, &'a Variable)>,
    ) -> Result<Saver> {
        let mut saver = Saver::of_kept(graph, Vec::new());
        for (name, variable) in variables {
            saver.add(name.into(), variable, None)?;
        }
        Ok(saver)
    }

    /// The same, saving `variable` too, as the part of a whole called `name`: the box of it, of the variable's shape, that
    /// begins at `start`. All parts together make up the whole, which is restored in these parts or in others.
    ///
    /// # Errors
    /// When the variable is of another graph, its shape is not known, or something else is called so.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// use tenseur::train::Saver;
    /// let folder = tempfile::tempdir()?;
    /// let tf = Graph::new();
    /// let (top, bottom) = (tf.variable(array![[1.0, 2.0]], "top"), tf.variable(array![[3.0, 4.0]], "bottom"));
    /// let mut saver = Saver::of::<String>(&tf, [])?
    ///     .with_part("w", [2, 2], &[0, 0], &top)?
    ///     .with_part("w", [2, 2], &[1, 0], &bottom)?;
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// let prefix = saver.save(&sess, folder.path().join("model"), None)?;
    /// assert_eq!(tenseur::formats::checkpoint::load(prefix)?["w"], array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_part(
        mut self,
        name: &str,
        whole: impl Into<Shape>,
        start: &[usize],
        variable: &Variable,
    ) -> Result<Saver> {
        let Some(shape) = variable.shape().known() else {
            return Err(Error::invalid(format!(
                "variable \"{}\" of shape {} cannot be a part of \"{name}\": its shape must be known",
                variable.name(),
                variable.shape()
            )));
        };
        let piece = Piece { whole: whole.into(), start: start.to_vec(), shape };
        self.add(name.to_string(), variable, Some(piece))?;
        Ok(self)
    }

    fn of_kept(graph: &Graph, kept: Vec<Kept>) -> Saver {
        Saver {
            graph: graph.clone(),
            kept,
            shards: 1,
            partial: false,
            write_meta_graph: true,
            clock: system_clock,
            rotation: Rotation::new(USUALLY_KEPT),
        }
    }

    fn add(&mut self, name: String, variable: &Variable, piece: Option<Piece>) -> Result<()> {
        if !variable.reference().graph().is(&self.graph) {
            return Err(Error::invalid(format!("variable \"{}\" is of another graph", variable.name())));
        }
        let taken = self.kept.iter().any(|kept| {
            kept.name == name
                && (kept.piece.as_ref().zip(piece.as_ref())).is_none_or(|(a, b)| a.whole != b.whole)
        });
        if taken {
            return Err(Error::invalid(format!("two variables cannot both be saved as \"{name}\"")));
        }
        self.kept.push(Kept::variable(name, variable, piece));
        Ok(())
    }

    /// The same, keeping the last `count` checkpoints; 0 keeps all.
    #[must_use]
    pub fn max_to_keep(mut self, count: usize) -> Saver {
        self.rotation.most = count;
        self
    }

    /// The same, keeping for good a checkpoint of every so many hours, of those that would be removed.
    #[must_use]
    pub fn keep_checkpoint_every_n_hours(mut self, hours: f64) -> Saver {
        self.rotation.every_seconds = hours * 3600.0;
        self
    }

    /// The same, writing the data of each checkpoint to this many files.
    #[must_use]
    pub fn sharded(self, shards: usize) -> Saver {
        Saver { shards, ..self }
    }

    /// The same; with `partial`, restoring takes what fits and leaves the rest as it is, and [`Restored`] says what.
    #[must_use]
    pub fn partial(self, partial: bool) -> Saver {
        Saver { partial, ..self }
    }

    /// The same, writing the graph beside each checkpoint or not.
    #[must_use]
    pub fn write_meta_graph(self, write: bool) -> Saver {
        Saver { write_meta_graph: write, ..self }
    }

    /// The same, asking `clock` what time it is, in seconds since 1970; without that it is the system's clock. The times
    /// stand in the file `checkpoint`.
    #[must_use]
    pub fn clock(self, clock: fn() -> f64) -> Saver {
        Saver { clock, ..self }
    }

    /// Writes the checkpoint `prefix-global_step`, or `prefix`, if there is no step, and gives that name.
    ///
    /// # Errors
    /// When the session is of another graph, a variable holds nothing yet, or a file cannot be written. Checkpoints that
    /// were there before are then still there.
    pub fn save(
        &mut self,
        session: &Session,
        prefix: impl AsRef<Path>,
        global_step: impl Into<Option<i64>>,
    ) -> Result<PathBuf> {
        self.check_graph(session)?;
        let prefix = match global_step.into() {
            Some(step) => with_suffix(prefix.as_ref(), &format!("-{step}")),
            None => prefix.as_ref().to_path_buf(),
        };
        let now = (self.clock)();
        session.save_kept(&self.kept, &prefix, self.shards, None)?;
        if self.write_meta_graph {
            let path = meta_path(&prefix);
            let meta_graph = with_saver(&self.graph, self.graph.as_meta_graph()?, &self.kept)?;
            write_file(&path, &meta_graph)
                .map_err(|error| in_file(&path, "the graph cannot be written", &error))?;
        }
        self.rotation.add(Checkpoint { prefix: prefix.clone(), time: now })?;
        Ok(prefix)
    }

    /// Takes the variables from the checkpoint `prefix`, which TensorFlow may have written. A variable whose name ends in
    /// `/Adam` is one like any other: all that the saver saves must be there.
    ///
    /// # Errors
    /// When the session is of another graph or the files cannot be read. And in one error: all names that are missing, that
    /// the checkpoint has and the saver has not, and all whose type or shape is another; unless
    /// [`partial`](Saver::partial) was asked for. The session is then as it was.
    pub fn restore(&self, session: &Session, prefix: impl AsRef<Path>) -> Result<Restored> {
        self.check_graph(session)?;
        let prefix = prefix.as_ref();
        let saved = Saved::Checkpoint(CheckpointReader::open(prefix)?);
        let what = format!("checkpoint {}", prefix.display());
        session.restore_kept(&self.kept, &saved, &what, self.fit())
    }

    /// The checkpoints that are kept, oldest first, those that are kept for good left out.
    pub fn last_checkpoints(&self) -> Vec<PathBuf> {
        self.rotation.last.iter().map(|checkpoint| checkpoint.prefix.clone()).collect()
    }

    /// Takes the checkpoints among `prefixes` that are there, oldest first, for those that this saver has written, so that a
    /// program that was started again removes them when their time has come.
    ///
    /// # Errors
    /// When the file system does not tell when one was written.
    pub fn recover_last_checkpoints<P: AsRef<Path>>(
        &mut self,
        prefixes: impl IntoIterator<Item = P>,
    ) -> Result<()> {
        let mut last = Vec::new();
        let mut seen = HashSet::new();
        for prefix in prefixes {
            let prefix = prefix.as_ref().to_path_buf();
            if checkpoint::exists(&prefix) && seen.insert(prefix.clone()) {
                let time = checkpoint::written_at(&prefix)?;
                last.push(Checkpoint { prefix, time });
            }
        }
        self.rotation.last = last;
        Ok(())
    }

    fn fit(&self) -> Fit {
        if self.partial { Fit::Partial } else { Fit::Exact }
    }

    fn check_graph(&self, session: &Session) -> Result<()> {
        match session.graph().is(&self.graph) {
            true => Ok(()),
            false => Err(Error::invalid("the session is of another graph than the saver")),
        }
    }
}

/// The latest checkpoint that the file `checkpoint` in a directory names, ready to be restored; `None` if there is none.
///
/// # Errors
/// When that file cannot be read, or is not what it should be.
pub fn latest_checkpoint(directory: impl AsRef<Path>) -> Result<Option<PathBuf>> {
    CheckpointState::latest(directory)
}

/// Seconds since 1970.
fn system_clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// `PREFIX.meta`.
fn meta_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".meta")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(suffix);
    text.into()
}
