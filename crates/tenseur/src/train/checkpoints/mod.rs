//! `Checkpoints`: a training that goes on where it was, whatever ended it.
//!
//! ```text
//! STEM-STEP.index, STEM-STEP.data-…    the session's variables, the places of its random ops, and the program's note
//! checkpoint                           which checkpoints there are, as TensorFlow names them
//! .lock                                the process that writes them
//! ```
//!
//! What belongs together is one checkpoint: the weights, what the optimizer keeps, how far random numbers have come, and in the
//! note where the program is in its data and what it has counted so far. It is there when its index has taken its name, which is
//! one step; every byte of it has a checksum. Only then does an older one go, and the one before always stays, so that one is
//! good at every moment, and still one if the disk damages the newest.
//!
//! The names and checksums of the files decide which is the newest that is whole. The file `checkpoint` is for others: nothing
//! depends on it here.

mod sweep;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Code, Error, Result};
use crate::formats::checkpoint::{self, CheckpointReader, CheckpointState};
use crate::formats::{FolderLock, in_file, make_folder};
use crate::session::{NOTE, Session, kept};

/// How often a search begins again because what it found was removed meanwhile.
const SEARCHES: usize = 10;

/// The checkpoints of one training, in a folder.
///
/// The training's loop saves when it is [`due`](Checkpoints::due), each time with a note of its own: where it is in its data,
/// what it has counted. When the program is started again, [`restore`](Checkpoints::restore) takes the newest checkpoint that is
/// whole and gives the note back, and the training goes on as if nothing had happened, to the last bit.
///
/// ```
/// use std::time::Duration;
/// use tenseur::data::pipeline::Dataset;
/// use tenseur::prelude::*;
/// use tenseur::train::Checkpoints;
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("training");
/// let tf = Graph::new();
/// let x = tf.placeholder::<f32>([None], "x");
/// let w = tf.variable(0.0, "w");
/// let train = train::AdamOptimizer::new(0.1).minimize(&(&x - &w).square().reduce_mean(..));
/// let data = Dataset::from_arrays(&[array![1.0, 2.0, 3.0, 4.0]])?.shuffle(4, 7).repeat(None).batch(2, true);
///
/// let sess = Session::new(&tf)?;
/// let mut checkpoints = Checkpoints::new(&folder).every(Duration::from_secs(60));
/// checkpoints.lock()?; // a second process is refused
/// let mut position = match checkpoints.restore(&sess)? {
///     Some(checkpoint) => checkpoint.step,
///     None => {
///         sess.run_op(&tf.global_variables_initializer(), feeds![])?;
///         0
///     }
/// };
/// for batch in data.iter_from(position)?.take(100 - position as usize) {
///     sess.run_op(&train, feeds![x => &batch?[0]])?;
///     position += 1;
///     if checkpoints.due() {
///         checkpoints.save(&sess, position, "")?;
///     }
/// }
/// checkpoints.save(&sess, position, "all that was asked for")?;
///
/// let newest = checkpoints.newest()?.unwrap();
/// assert_eq!((newest.step, newest.note.as_str()), (100, "all that was asked for"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    stem: String,
    every: Option<Duration>,
    /// When one was last written, or could not be; known where it matters.
    tried: Option<Instant>,
    lock: Option<Arc<FolderLock>>,
    /// The step of the one that was written last: it is whole.
    written: Option<u64>,
}

/// A checkpoint that was found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The path and beginning of its files' names, for [`Session::restore`] and [`Saver`](crate::train::Saver).
    pub prefix: PathBuf,
    /// After which step it was saved.
    pub step: u64,
    /// What the program said with it.
    pub note: String,
}

impl Checkpoints {
    /// The checkpoints `model-STEP` in this folder, of which nothing need be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Checkpoints {
        let stem = "model".to_string();
        Checkpoints { folder: folder.into(), stem, every: None, tried: None, lock: None, written: None }
    }

    /// The same, called `stem-STEP`.
    #[must_use]
    pub fn named(self, stem: impl Into<String>) -> Checkpoints {
        Checkpoints { stem: stem.into(), ..self }
    }

    /// The same, one being due this long after the one before; without it, or at zero, none ever is.
    #[must_use]
    pub fn every(self, time: Duration) -> Checkpoints {
        let every = Some(time).filter(|time| !time.is_zero());
        Checkpoints { every, tried: every.map(|_| Instant::now()), ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps other processes from writing here as long as this object, or a clone of it, is there; makes the folder, and
    /// clears away what a process that was killed has left unfinished. The operating system lets go of the lock with the
    /// process, whatever ends it.
    ///
    /// # Errors
    /// When another process has the folder, which the error names by its number, or nothing can be written there.
    pub fn lock(&mut self) -> Result<()> {
        if self.is_locked() {
            return Ok(());
        }
        make_folder(&self.folder)
            .map_err(|error| in_file(&self.folder, "the folder cannot be made", &error))?;
        self.lock = Some(Arc::new(FolderLock::acquire(&self.folder)?));
        sweep::sweep(&self.folder, &self.stem)
            .map_err(|error| in_file(&self.folder, "what is unfinished cannot be removed", &error))
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether it is time for a checkpoint: so long after the one before was written, or could not be.
    pub fn due(&self) -> bool {
        self.every.zip(self.tried).is_some_and(|(every, tried)| tried.elapsed() >= every)
    }

    /// Writes a checkpoint of the session, with a note, and gives its prefix. Once it is whole, all but this one and the one
    /// before are removed; also those of later steps, should the training have gone back.
    ///
    /// # Errors
    /// When another process has the folder, a variable holds nothing yet, or a file cannot be written: on a full disk, say.
    /// The checkpoints that were there are there still, and the training can go on and try again when it is
    /// [`due`](Checkpoints::due).
    pub fn save(&mut self, session: &Session, step: u64, note: &str) -> Result<PathBuf> {
        let saved = self.lock().and_then(|()| self.write(session, step, note));
        // From its end, so that a slow disk leaves time to train.
        self.tried = self.every.map(|_| Instant::now());
        saved
    }

    fn write(&mut self, session: &Session, step: u64, note: &str) -> Result<PathBuf> {
        let before = match self.written.filter(|written| *written < step) {
            Some(written) => Some(written),
            // Found now, as it may be damaged: what is kept beside the new one should be good.
            None => self.search(Some(step))?.0.map(|checkpoint| checkpoint.step),
        };
        let prefix = self.prefix(step);
        session.save_kept(&kept(session.graph()), &prefix, 1, Some(note))?;
        self.written = Some(step);
        for (other, prefix) in self.prefixes()? {
            if other != step && Some(other) != before {
                checkpoint::remove(prefix)?;
            }
        }
        let steps = before.into_iter().chain([step]);
        CheckpointState {
            model_checkpoint_path: self.name(step),
            all_model_checkpoint_paths: steps.clone().map(|step| self.name(step)).collect(),
            all_model_checkpoint_timestamps: steps
                .map(|step| checkpoint::written_at(self.prefix(step)))
                .collect::<Result<_>>()?,
            last_preserved_timestamp: 0.0,
        }
        .write(&self.folder)?;
        Ok(prefix)
    }

    /// The newest checkpoint that is whole: all its files are there, and their checksums are right. A newer one that is
    /// damaged is passed over, with a warning that names it. `None` if there are none at all.
    ///
    /// # Errors
    /// When there are some and none is whole, or the folder cannot be read.
    pub fn newest(&self) -> Result<Option<Checkpoint>> {
        let (newest, damaged) = self.search(None)?;
        if let (None, Some(error)) = (&newest, damaged.first()) {
            let text = format!("no checkpoint in {} is whole: {}", self.folder.display(), error.message());
            return Err(Error::new(Code::DataLoss, text).hint("the training can only begin again"));
        }
        for error in damaged {
            tracing::warn!("a damaged checkpoint is passed over: {}", error.message());
        }
        Ok(newest)
    }

    /// Takes the newest checkpoint that is whole into the session, as [`newest`](Checkpoints::newest) finds it.
    ///
    /// # Errors
    /// As there; and when it does not fit the graph, as [`Session::restore`] says. The session is then as it was.
    pub fn restore(&self, session: &Session) -> Result<Option<Checkpoint>> {
        let newest = self.newest()?;
        if let Some(checkpoint) = &newest {
            session.restore(&checkpoint.prefix)?;
        }
        Ok(newest)
    }

    /// The newest that is whole, of a step before `end`, if there is one; and what is wrong with those that are newer.
    fn search(&self, end: Option<u64>) -> Result<(Option<Checkpoint>, Vec<Error>)> {
        let mut damaged = Vec::new();
        for _ in 0..SEARCHES {
            damaged.clear();
            let mut changed = false;
            for (step, prefix) in self.prefixes()?.into_iter().rev() {
                if end.is_some_and(|end| step >= end) {
                    continue;
                }
                // Twice, as another process may be replacing it.
                match note_of(&prefix).or_else(|_| note_of(&prefix)) {
                    Ok(note) => return Ok((Some(Checkpoint { prefix, step, note }), damaged)),
                    // Or it has removed it.
                    Err(_) if !checkpoint::exists(&prefix) => changed = true,
                    Err(error) => damaged.push(error),
                }
            }
            if !changed {
                break;
            }
        }
        Ok((None, damaged))
    }

    /// Whether there are any, whole or not.
    pub(crate) fn any(&self) -> Result<bool> {
        self.prefixes().map(|prefixes| !prefixes.is_empty())
    }

    /// The checkpoints that have an index, by step.
    fn prefixes(&self) -> Result<BTreeMap<u64, PathBuf>> {
        let steps = sweep::steps(&self.folder, &self.stem)
            .map_err(|error| in_file(&self.folder, "the folder cannot be read", &error))?;
        Ok(steps.into_iter().map(|step| (step, self.prefix(step))).collect())
    }

    fn name(&self, step: u64) -> String {
        format!("{}-{step}", self.stem)
    }

    /// The prefix of the checkpoint after this step, whether it is there or not.
    fn prefix(&self, step: u64) -> PathBuf {
        self.folder.join(self.name(step))
    }
}

/// What the program said with a checkpoint, all of which was checked.
fn note_of(prefix: &Path) -> Result<String> {
    let reader = CheckpointReader::open(prefix)?;
    reader.verify()?;
    match reader.read_strings(NOTE)?.as_slice() {
        [note] => Ok(String::from_utf8_lossy(note).into_owned()),
        _ => Err(Error::new(Code::DataLoss, format!("{}: it has no note", prefix.display()))),
    }
}
