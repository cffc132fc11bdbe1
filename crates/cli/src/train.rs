//! `tenseur train`: options in, a run folder out.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use tenseur::Result;
use tenseur::data::{BatchSize, Dataset};
use tenseur::learn::{
    Activation, EpochRecord, Initialization, Loss, OptimizerKind, Options, RunFolder, RunRecord, Trainer,
    TrainingLog,
};

use crate::data_source::{self, Parts, TableOptions};
use crate::keeping::Keeping;
use crate::predict::described;
use crate::progress::Progress;
use crate::{Ended, interrupt, say, train_url};

/// What `train` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// digits, toy:circle|xor|gauss|spiral|plane|multi-gauss, a folder of IDX files, or a CSV file
    #[arg(required_unless_present_any = ["resume", "url"])]
    data: Option<String>,
    /// Widths of the hidden layers [default: 64,32]
    #[arg(long, value_delimiter = ',', value_name = "N,N,…")]
    layers: Option<Vec<usize>>,
    /// Transfer function: relu, prelu, leaky-relu, elu, selu, tanh, sigmoid, softplus, linear [default: relu]
    #[arg(long)]
    activation: Option<Activation>,
    /// softmax-cross-entropy or mse [default: the usual one for the target]
    #[arg(long)]
    loss: Option<Loss>,
    /// sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam [default: adam]
    #[arg(long)]
    optimizer: Option<OptimizerKind>,
    /// Learning rate [default: the optimizer's usual one]
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    /// Examples in a step: online (one), full (all) or a number [default: 32]
    #[arg(long, value_name = "online|full|N")]
    batch: Option<BatchSize>,
    /// How often every example is seen [default: 40]
    #[arg(long)]
    epochs: Option<u64>,
    /// How weights start: he, xavier, truncated-normal [default: he]
    #[arg(long)]
    init: Option<Initialization>,
    /// Factor of Σ|w| in the loss [default: 0]
    #[arg(long)]
    l1: Option<f64>,
    /// Factor of Σw²/2 in the loss [default: 0]
    #[arg(long)]
    l2: Option<f64>,
    /// Part of the hidden layers' outputs dropped while learning [default: 0]
    #[arg(long)]
    dropout: Option<f64>,
    /// Where all that is random begins [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Threads at most; the numbers do not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
    /// The column to predict, by name or by number from 1, of a CSV file [default: the last]
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// The part of the data held back for testing [default: 0.2]
    #[arg(long, value_name = "PART")]
    held_back: Option<f64>,
    /// The run folder [default: runs/DATA-1, -2, …]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder, from its newest checkpoint, with the numbers that it would have had without the
    /// break; --epochs says how far, --threads how fast, all else is as it was
    #[arg(long, value_name = "RUN", conflicts_with_all = ["data", "layers", "activation", "loss", "optimizer", "lr",
        "batch", "init", "l1", "l2", "dropout", "seed", "target", "held_back", "out"])]
    resume: Option<PathBuf>,
    /// Train what an address of the playground says, with the numbers that its page shows; --epochs says how far, --out
    /// where the model is kept, for the page to open
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["data", "layers", "activation", "loss", "optimizer", "lr",
        "batch", "init", "l1", "l2", "dropout", "seed", "threads", "target", "held_back", "resume"])]
    url: Option<String>,
    /// Keep a checkpoint every so many seconds, from which --resume goes on should the process be killed or the power fail;
    /// 0 for none but that at the end. Ctrl-C keeps one too [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "url")]
    checkpoint_every: Option<Duration>,
    /// Write loss, accuracy, the weights' spread and the graph to event files in this folder, for TensorBoard
    #[arg(long, value_name = "FOLDER", conflicts_with = "url")]
    logdir: Option<PathBuf>,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            layers: self.layers.clone().unwrap_or(usual.layers),
            activation: self.activation.unwrap_or(usual.activation),
            loss: self.loss,
            optimizer: self.optimizer.unwrap_or(usual.optimizer),
            learning_rate: self.lr,
            batch: self.batch.unwrap_or(usual.batch),
            epochs: self.epochs.unwrap_or(usual.epochs),
            init: self.init.unwrap_or(usual.init),
            l1: self.l1.unwrap_or(usual.l1),
            l2: self.l2.unwrap_or(usual.l2),
            dropout: self.dropout.unwrap_or(usual.dropout),
            seed: self.seed.unwrap_or(usual.seed),
        }
    }
}

/// A time in seconds, of which there may be a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "it is a number of seconds, 0 or more".to_string())
}

/// How often a checkpoint is kept unless the user says otherwise.
const USUAL_TIME: Duration = Duration::from_secs(60);

/// A run that is set up and about to go on.
struct Run {
    folder: RunFolder,
    record: RunRecord,
    trainer: Trainer,
    held_back: Option<Dataset>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ended> {
    interrupt::listen();
    if let Some(url) = &arguments.url {
        return train_url::run(url, arguments.epochs, arguments.out.as_deref(), arguments.json);
    }
    let mut run = match &arguments.resume {
        Some(folder) => resumed(folder, arguments)?,
        None => fresh(arguments)?,
    };
    if let Some(threads) = arguments.threads {
        run.trainer = run.trainer.threads(threads);
    }
    run.folder.checkpoint_every(arguments.checkpoint_every.unwrap_or(USUAL_TIME));
    let log = arguments.logdir.as_ref().map(|folder| TrainingLog::new(folder, &run.trainer)).transpose()?;
    let mut keeping = Keeping::new(log);
    let interrupted = learn(&mut run, &mut keeping)?;
    report(&run, arguments.json)?;
    keeping.end(&run.folder)?;
    Ok(if interrupted { Ended::Interrupted } else { Ended::Done })
}

fn fresh(arguments: &Arguments) -> Result<Run> {
    let options = arguments.options();
    options.check()?;
    let data = arguments.data.clone().unwrap_or_default();
    let held = arguments.held_back.unwrap_or(0.2);
    let table = TableOptions { target: arguments.target.clone() };
    let Parts { training, held_back } = data_source::parts(&data, &table, held, options.seed)?;
    let trainer = Trainer::new(&options, training)?;
    let mut folder = match &arguments.out {
        Some(path) => RunFolder::create(path)?,
        None => RunFolder::create_next("runs", &folder_name(&data))?,
    };
    let mut record = RunRecord {
        target: arguments.target.clone(),
        held_back: held,
        ..RunRecord::new(data, &options, &trainer)
    };
    // Where nothing can be written training need not begin.
    folder.save(&trainer, &mut record)?;
    Ok(Run { folder, record, trainer, held_back })
}

fn resumed(path: &Path, arguments: &Arguments) -> Result<Run> {
    let mut folder = RunFolder::open(path)?;
    folder.lock()?;
    let mut record = folder.record()?;
    let table = TableOptions { target: record.target.clone() };
    let Parts { training, held_back } =
        data_source::parts(&record.data, &table, record.held_back, record.options.seed)?;
    let mut trainer = Trainer::new(&record.options, training)?;
    folder.go_on(&record, &mut trainer)?;
    record.options.epochs = arguments.epochs.unwrap_or(record.options.epochs);
    let place = format!("{} after {} epochs and {} steps", path.display(), record.epoch, record.step);
    match record.epoch < record.options.epochs {
        true => eprintln!("going on in {place}"),
        false => eprintln!("nothing is left to do in {place}; --epochs says how far to go on"),
    }
    Ok(Run { folder, record, trainer, held_back })
}

/// The end of the data's name, for the folder: `toy:spiral` gives `toy-spiral`, `data/iris.csv` gives `iris`.
fn folder_name(data: &str) -> String {
    let last = data.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(data);
    let stem = last.strip_suffix(".gz").unwrap_or(last);
    let stem = stem.strip_suffix(".csv").unwrap_or(stem).replace(':', "-");
    if stem.is_empty() || stem.starts_with('.') { "run".to_string() } else { stem }
}

/// Trains to the last epoch or Ctrl-C, and saves; says whether it was interrupted.
fn learn(run: &mut Run, keeping: &mut Keeping) -> Result<bool> {
    let Run { folder, record, trainer, held_back } = run;
    let epochs = record.options.epochs;
    let mut progress =
        Progress::new(epochs.saturating_mul(trainer.steps_per_epoch() as u64), trainer.steps());
    let (mut before, mut start) = (record.seconds, Instant::now());
    while trainer.epoch() < epochs && !interrupt::asked() {
        let learned = trainer.run_epoch(&mut |score| {
            progress.step(score);
            !interrupt::asked() && !folder.due()
        });
        record.seconds = before + start.elapsed().as_secs_f64();
        match learned {
            Ok(None) => {}
            Ok(Some(training)) => {
                let held_back = held_back.as_ref().map(|data| trainer.evaluate(data)).transpose()?;
                let seconds = before + start.elapsed().as_secs_f64();
                let epoch = EpochRecord { epoch: trainer.epoch(), training, held_back, seconds };
                (before, start, record.seconds) = (0.0, Instant::now(), 0.0);
                progress.epoch(&epoch, epochs);
                keeping.log(&epoch, trainer);
                record.epochs.push(epoch);
            }
            Err(error) => {
                progress.finish();
                let (epochs, steps) = trainer.position();
                let path = folder.path().display().to_string();
                let kept = match folder.save(trainer, record) {
                    Ok(()) => {
                        format!("the weights after {epochs} epochs and {steps} steps are kept in {path}")
                    }
                    Err(error) => {
                        format!("nor could the weights be kept in {path}: {}", error.message())
                    }
                };
                return Err(
                    error.hint(format!("{kept}; try a smaller learning rate than {}", record.options.rate()))
                );
            }
        }
        if folder.due() && trainer.epoch() < epochs && !interrupt::asked() {
            keeping.save(folder, trainer, record);
        }
    }
    progress.finish();
    keeping.save_last(folder, trainer, record);
    Ok(trainer.epoch() < epochs)
}

/// The result: on standard output, the last line is the score on what was held back.
fn report(run: &Run, json: bool) -> Result<()> {
    let Run { folder, record, trainer, held_back } = run;
    let score = match held_back {
        Some(data) => Some(described(trainer, data)?),
        None => None,
    };
    eprintln!("run folder {}", folder.path().display());
    match json {
        true => say(&serde_json::json!({
            "run": folder.path(), "epochs": record.epoch, "test": score.map(|score| score.json()),
        })
        .to_string()),
        false => match score {
            Some(score) => score.lines("test ").iter().for_each(|line| say(line)),
            None => eprintln!("nothing was held back, so there is no test score"),
        },
    }
    Ok(())
}
