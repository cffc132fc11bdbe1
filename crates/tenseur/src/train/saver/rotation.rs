//! Which checkpoints are kept: the last few, and of the others one for every so many hours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::meta_path;
use crate::error::{Code, Error, Result};
use crate::formats::checkpoint::{self, CheckpointState};

/// Hours between checkpoints that are kept for good, unless a program says otherwise: more than a year, which is never.
const HOURS: f64 = 10_000.0;

/// A checkpoint, and when it was written, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checkpoint {
    pub(super) prefix: PathBuf,
    pub(super) time: f64,
}

/// The checkpoints that are kept.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    /// How many are kept; 0 for all.
    pub(super) most: usize,
    pub(super) every_seconds: f64,
    /// Those that may be removed one day, oldest first.
    pub(super) last: Vec<Checkpoint>,
    /// From when on one is kept for good again.
    next: Option<f64>,
    /// When that was written which was last kept for good.
    preserved: f64,
}

impl Rotation {
    pub(super) fn new(most: usize) -> Rotation {
        Rotation { most, every_seconds: HOURS * 3600.0, last: Vec::new(), next: None, preserved: 0.0 }
    }

    /// Takes note of a checkpoint that was written, says so in its directory, and removes those whose time has come.
    pub(super) fn add(&mut self, new: Checkpoint) -> Result<()> {
        self.last.retain(|old| old.prefix != new.prefix);
        let mut next = *self.next.get_or_insert(new.time + self.every_seconds);
        let (directory, latest) = (directory_of(&new.prefix).to_path_buf(), new.prefix.clone());
        self.last.push(new);
        let mut removed = Vec::new();
        while self.most > 0 && self.last.len() > self.most {
            let old = self.last.remove(0);
            if old.time > next {
                next += self.every_seconds;
                self.preserved = old.time;
            } else {
                removed.push(old.prefix);
            }
        }
        self.next = Some(next);
        let name = |checkpoint: &Checkpoint| relative(&checkpoint.prefix, &directory);
        CheckpointState {
            model_checkpoint_path: relative(&latest, &directory)?,
            all_model_checkpoint_paths: self.last.iter().map(name).collect::<Result<_>>()?,
            all_model_checkpoint_timestamps: self.last.iter().map(|checkpoint| checkpoint.time).collect(),
            last_preserved_timestamp: self.preserved,
        }
        .write(&directory)?;
        removed.iter().try_for_each(|prefix| remove(prefix))
    }
}

/// Removes a checkpoint and the graph beside it.
fn remove(prefix: &Path) -> Result<()> {
    checkpoint::remove(prefix)?;
    let path = meta_path(prefix);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::new(
            Code::FailedPrecondition,
            format!("{}: the file cannot be removed: {error}", path.display()),
        )),
        _ => Ok(()),
    }
}

fn directory_of(prefix: &Path) -> &Path {
    prefix.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The prefix as the file `checkpoint` names it: as it stands below its directory, so that the directory can be moved.
fn relative(prefix: &Path, directory: &Path) -> Result<String> {
    let text = prefix.strip_prefix(directory).unwrap_or(prefix).to_str();
    text.map(str::to_string)
        .ok_or_else(|| Error::invalid(format!("the name {} of a checkpoint is not UTF-8", prefix.display())))
}
