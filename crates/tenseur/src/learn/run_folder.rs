//! A run's folder: everything that using a network, or going on with its training, needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Code, Error, Result};
use crate::formats::{in_file, make_folder, remove_leftovers, write_file};
use crate::graph::Graph;
use crate::learn::{RunRecord, Trainer, learning_curve};
use crate::train::{Checkpoint, Checkpoints};

/// What checkpoints are called.
const WEIGHTS: &str = "weights";

const RECORD: &str = "run.json";
const GRAPH: &str = "graph.pb";
const METRICS: &str = "metrics.csv";
const CURVE: &str = "curve.svg";

/// The folder: `weights-….index` and `weights-….data-…` (TensorFlow's checkpoints), `run.json`, `graph.pb` (a TensorFlow
/// GraphDef), `metrics.csv` and `curve.svg`.
///
/// A checkpoint has all of a run: the weights and what the optimizer keeps, how far random numbers have come, and the
/// [`RunRecord`], which says where in the data the training is and how it went. It appears in one step, and the one before
/// stays; so whenever the training ends, be it by a power cut, it goes on from here with the same numbers, bit for bit. The
/// other files are what the newest checkpoint says, for people and programs, and are written again from it.
///
/// A program that can be killed at any time and started again:
///
/// ```
/// use std::time::Duration;
/// use tenseur::data;
/// use tenseur::learn::{EpochRecord, Options, RunFolder, RunRecord, Trainer};
/// # let temporary = tempfile::tempdir()?;
/// # let path = temporary.path().join("run");
/// let options = Options { layers: vec![8], epochs: 2, ..Options::default() };
/// let (training, held_back) = data::digits().split(0.2, options.seed)?;
/// let mut trainer = Trainer::new(&options, training)?;
/// let (mut folder, mut record) = match RunFolder::holds_run(&path)? {
///     true => RunFolder::resume(&path, &mut trainer)?,
///     false => (RunFolder::create(&path)?, RunRecord::new("digits", &options, &trainer)),
/// };
/// folder.checkpoint_every(Duration::from_secs(60));
/// while trainer.epoch() < options.epochs {
///     if let Some(training) = trainer.run_epoch(&mut |_| !folder.due())? {
///         let held_back = Some(trainer.evaluate(&held_back)?);
///         record.epochs.push(EpochRecord { epoch: trainer.epoch(), training, held_back, seconds: 0.0 });
///     }
///     if folder.due() {
///         folder.save(&trainer, &mut record)?;
///     }
/// }
/// folder.save(&trainer, &mut record)?;
/// assert_eq!(RunFolder::open(&path)?.record()?.epochs.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    checkpoints: Checkpoints,
    /// How many epochs the other files tell of, once this has written them.
    told: Option<usize>,
}

impl RunFolder {
    fn at(path: PathBuf) -> RunFolder {
        RunFolder { checkpoints: Checkpoints::new(&path).named(WEIGHTS), path, told: None }
    }

    /// A new folder for a run, which is locked; it and its parents are made.
    ///
    /// # Errors
    /// When it cannot be made, a run is in it already, or another process has it, which the error names.
    pub fn create(path: impl Into<PathBuf>) -> Result<RunFolder> {
        let mut folder = RunFolder::at(path.into());
        folder.lock()?;
        if !RunFolder::holds_run(&folder.path)? {
            return Ok(folder);
        }
        let far = match folder.record() {
            Ok(record) => format!(", with {} of {} epochs done", record.epoch, record.options.epochs),
            Err(_) => String::new(),
        };
        let path = folder.path.display();
        let text = format!("{path} already holds a run{far}");
        let hint = format!("go on with it: tenseur train --resume {path}; or give another folder with --out");
        Err(Error::new(Code::AlreadyExists, text).hint(hint))
    }

    /// The first of `parent/name-1`, `parent/name-2`, … that is not there yet, locked.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_next(parent: impl AsRef<Path>, name: &str) -> Result<RunFolder> {
        let parent = parent.as_ref();
        let cannot = |path: &Path, error| in_file(path, "the folder cannot be made", &error);
        make_folder(parent).map_err(|error| cannot(parent, error))?;
        for number in 1..=u32::MAX {
            let path = parent.join(format!("{name}-{number}"));
            // By one process alone, should several begin at once.
            match fs::create_dir(&path) {
                Ok(()) => {
                    let mut folder = RunFolder::at(path);
                    folder.lock()?;
                    return Ok(folder);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot(&path, error)),
            }
        }
        Err(Error::new(Code::ResourceExhausted, format!("{} has no room for another run", parent.display())))
    }

    /// A folder in which a run is, to look at: a process may be training in it meanwhile.
    ///
    /// # Errors
    /// When no run is there.
    pub fn open(path: impl Into<PathBuf>) -> Result<RunFolder> {
        let path = path.into();
        match RunFolder::holds_run(&path)? {
            true => Ok(RunFolder::at(path)),
            false => {
                let text = format!("{} holds no run: it has neither checkpoint nor {RECORD}", path.display());
                Err(Error::new(Code::NotFound, text)
                    .hint("a run's folder is what `tenseur train` names at its end"))
            }
        }
    }

    /// Whether a run is in this folder. One that was ended before its first checkpoint has not begun.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn holds_run(path: impl AsRef<Path>) -> Result<bool> {
        let path = path.as_ref();
        Ok(path.join(RECORD).is_file() || Checkpoints::new(path).named(WEIGHTS).any()?)
    }

    /// Goes on with the run in a folder, which is locked: the trainer, made for the same data with the same options, is then
    /// where the newest whole checkpoint was written.
    ///
    /// # Errors
    /// As [`open`](RunFolder::open), [`lock`](RunFolder::lock) and [`record`](RunFolder::record); when the run's data or
    /// network is another than the trainer's.
    pub fn resume(path: impl Into<PathBuf>, trainer: &mut Trainer) -> Result<(RunFolder, RunRecord)> {
        let mut folder = RunFolder::open(path)?;
        folder.lock()?;
        let record = folder.record()?;
        folder.go_on(&record, trainer)?;
        Ok((folder, record))
    }

    /// Takes the trainer to where this folder's record, which is at hand already, was written.
    ///
    /// # Errors
    /// When the run's data or network is another than the trainer's.
    pub fn go_on(&self, record: &RunRecord, trainer: &mut Trainer) -> Result<()> {
        if *trainer.training().encoding() != record.encoding {
            let (data, path) = (&record.data, self.path.display());
            return Err(Error::invalid(format!(
                "the data \"{data}\" is not what the run in {path} began with"
            )));
        }
        trainer.resume(&self.weights(record), (record.epoch, record.step), record.so_far)
    }

    /// Keeps other processes from training in it while this, or a clone of it, is there, and clears away what one that was
    /// killed has left unfinished.
    ///
    /// # Errors
    /// When a process has it already, which the error names by its number, or nothing can be written there.
    pub fn lock(&mut self) -> Result<()> {
        if self.checkpoints.is_locked() {
            return Ok(());
        }
        self.checkpoints.lock()?;
        remove_leftovers(&self.path, |name| [RECORD, GRAPH, METRICS, CURVE].contains(&name))
            .map_err(|error| in_file(&self.path, "what is unfinished cannot be removed", &error))
    }

    /// From now on a checkpoint is [`due`](RunFolder::due) this long after the one before; at zero, none ever is.
    pub fn checkpoint_every(&mut self, time: Duration) {
        self.checkpoints = self.checkpoints.clone().every(time);
    }

    /// Whether it is time to [`save`](RunFolder::save), so long after it was done, or could not be.
    pub fn due(&self) -> bool {
        self.checkpoints.due()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The prefix of the checkpoint that a record goes with.
    pub fn weights(&self, record: &RunRecord) -> PathBuf {
        self.path.join(&record.weights)
    }

    /// What the newest checkpoint that is whole says. One that is damaged is passed over, with a warning that names it.
    ///
    /// # Errors
    /// When no checkpoint is whole, or it is none of a run's.
    pub fn record(&self) -> Result<RunRecord> {
        let Some(Checkpoint { prefix, note, .. }) = self.checkpoints.newest()? else {
            let text = format!("{} has no checkpoint", self.path.display());
            return Err(Error::new(Code::DataLoss, text).hint("the training can only begin again"));
        };
        serde_json::from_str(&note).map_err(|error| {
            let text = format!("{} was not saved with a run's record: {error}", prefix.display());
            Error::new(Code::DataLoss, text)
        })
    }

    /// The graph in `graph.pb`.
    ///
    /// # Errors
    /// When it cannot be read, or is no graph.
    pub fn graph(&self) -> Result<Graph> {
        let path = self.path.join(GRAPH);
        let bytes = fs::read(&path).map_err(|error| in_file(&path, "the graph cannot be read", &error))?;
        Graph::from_graph_def(&bytes).map_err(|error| error.context(path.display()))
    }

    /// Writes a checkpoint of everything as it stands now, and notes in `record` where the trainer is; then the other files.
    ///
    /// # Errors
    /// When weights have overflowed, a file cannot be written, or another process has the folder. The checkpoints that were
    /// there are there still, and the training can go on and try again.
    pub fn save(&mut self, trainer: &Trainer, record: &mut RunRecord) -> Result<()> {
        if !trainer.is_finite() {
            let text = "there is no checkpoint of weights that hold NaN or infinity";
            return Err(Error::new(Code::FailedPrecondition, text));
        }
        self.lock()?;
        let write = |name: &str, bytes: &[u8]| {
            let path = self.path.join(name);
            write_file(&path, bytes).map_err(|error| in_file(&path, "the file cannot be written", &error))
        };
        let steps = trainer.steps();
        (record.epoch, record.step) = trainer.position();
        record.so_far = trainer.so_far();
        record.weights = format!("{WEIGHTS}-{steps}");
        let no_json = |error| Error::new(Code::Internal, format!("the run's record has no JSON: {error}"));
        let note = serde_json::to_string(record).map_err(no_json)?;
        self.checkpoints.save(trainer.trained().session(), steps, &note)?;
        write(RECORD, serde_json::to_string_pretty(record).map_err(no_json)?.as_bytes())?;
        if self.told.is_none() {
            write(GRAPH, &trainer.trained().network().graph.as_graph_def()?)?;
        }
        if self.told != Some(record.epochs.len()) {
            write(METRICS, record.metrics().as_bytes())?;
            write(CURVE, learning_curve(&record.data, &record.epochs).as_bytes())?;
            self.told = Some(record.epochs.len());
        }
        Ok(())
    }
}
