//! A training that is interrupted anywhere and goes on from its checkpoint is the training that was never interrupted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use tenseur::Code;
use tenseur::data::{self, BatchSize, Dataset, pipeline};
use tenseur::formats::checkpoint::{self, CheckpointState};
use tenseur::learn::{EpochRecord, OptimizerKind, Options, RunFolder, RunRecord, Score, Trainer};
use tenseur::prelude::*;
use tenseur::train::Checkpoints;

const EPOCHS: u64 = 3;

fn options(optimizer: OptimizerKind) -> Options {
    Options {
        layers: vec![6],
        optimizer,
        batch: BatchSize::Mini(8),
        epochs: EPOCHS,
        l2: 0.01,
        dropout: 0.3,
        seed: 5,
        ..Options::default()
    }
}

fn few_digits() -> Dataset {
    data::digits().select(&(0..60).collect::<Vec<_>>()).unwrap()
}

/// A part of a training between two starts of its program: so many steps until a checkpoint, and so many more that are lost.
#[derive(Clone, Copy, Debug)]
struct Life {
    kept: usize,
    lost: usize,
    threads: usize,
}

const TO_THE_END: Life = Life { kept: usize::MAX, lost: 0, threads: 1 };

/// One life of the program that trains in `path`; gives the record of its last checkpoint.
fn live(path: &Path, options: &Options, life: Life) -> RunRecord {
    let mut trainer = Trainer::new(options, few_digits()).unwrap().threads(life.threads);
    let (mut folder, mut record) = match RunFolder::holds_run(path).unwrap() {
        true => RunFolder::resume(path, &mut trainer).unwrap(),
        false => (RunFolder::create(path).unwrap(), RunRecord::new("digits", options, &trainer)),
    };
    let train = |trainer: &mut Trainer, record: &mut RunRecord, mut steps: usize| {
        while trainer.epoch() < options.epochs && steps > 0 {
            let learned = trainer.run_epoch(&mut |_| {
                steps -= 1;
                steps > 0
            });
            if let Some(training) = learned.unwrap() {
                let held_back = Some(trainer.evaluate(&few_digits()).unwrap());
                record.epochs.push(EpochRecord { epoch: trainer.epoch(), training, held_back, seconds: 0.0 });
            }
        }
    };
    train(&mut trainer, &mut record, life.kept);
    folder.save(&trainer, &mut record).unwrap();
    train(&mut trainer, &mut record.clone(), life.lost);
    record
}

/// Every number of a checkpoint by its bits, but for the note.
fn numbers(prefix: &Path) -> BTreeMap<String, Vec<u8>> {
    let arrays = checkpoint::load(prefix).unwrap().into_iter();
    arrays.filter_map(|(name, array)| Some((name, array.bytes().ok()?.to_vec()))).collect()
}

fn bits(score: Score) -> (u64, Option<u64>, usize) {
    (score.loss.to_bits(), score.accuracy.map(f64::to_bits), score.examples)
}

type Figures = Vec<((u64, Option<u64>, usize), Option<(u64, Option<u64>, usize)>)>;

fn figures(record: &RunRecord) -> Figures {
    record.epochs.iter().map(|epoch| (bits(epoch.training), epoch.held_back.map(bits))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_training_in_any_number_of_lives_gives_the_bits_of_one(
        optimizer in prop::sample::select(OptimizerKind::ALL.iter().map(|(_, kind)| *kind).collect::<Vec<_>>()),
        lives in prop::collection::vec((0usize..12, 0usize..9, 1usize..3), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
        let options = options(optimizer);
        let expected = live(&whole, &options, TO_THE_END);
        for (kept, lost, threads) in lives {
            live(&parts, &options, Life { kept, lost, threads });
        }
        let record = live(&parts, &options, Life { threads: 2, ..TO_THE_END });
        prop_assert_eq!(figures(&record), figures(&expected));
        prop_assert_eq!(record.epochs.len() as u64, EPOCHS);
        prop_assert_eq!(record.metrics(), expected.metrics());
        prop_assert_eq!(
            fs::read_to_string(parts.join("metrics.csv")).unwrap(),
            fs::read_to_string(whole.join("metrics.csv")).unwrap()
        );
        prop_assert_eq!(numbers(&parts.join(&record.weights)), numbers(&whole.join(&expected.weights)));
    }
}

/// A graph that needs all that a checkpoint keeps: a schedule by a counted step, noise, an optimizer's slots.
struct Model {
    graph: Graph,
    x: Tensor,
    train: Operation,
}

fn model() -> Model {
    let tf = Graph::new();
    tf.set_random_seed(3);
    let x = tf.placeholder::<f32>([None], "x");
    let (w, step) = (tf.variable(0.5, "w"), tf.variable_untrained(0, "global_step"));
    let noise = tf.random_normal([4]).stddev(0.1);
    let rate = train::exponential_decay(0.1, &step, 7, 0.5, true);
    let loss = (&x * &w + noise - 1.0).square().reduce_mean(..);
    let train = train::MomentumOptimizer::new(&rate, 0.9).minimize_counting(&loss, &step);
    tf.check().unwrap();
    Model { graph: tf, x, train }
}

fn pipeline() -> pipeline::Dataset {
    let numbers = Array::new([10], (0..10).map(|i| i as f32 / 10.0).collect::<Vec<f32>>()).unwrap();
    pipeline::Dataset::from_arrays(&[numbers]).unwrap().shuffle(6, 9).repeat(None).batch(4, true)
}

/// Trains to step `to` as a program that was started again; gives the place of its checkpoint.
fn train_to(folder: &Path, to: u64) -> PathBuf {
    let Model { graph, x, train } = model();
    let sess = Session::new(&graph).unwrap();
    let mut checkpoints = Checkpoints::new(folder);
    checkpoints.lock().unwrap();
    let mut step = match checkpoints.restore(&sess).unwrap() {
        Some(found) => {
            assert_eq!(found.note, format!("step {}", found.step));
            found.step
        }
        None => {
            sess.run_op(&graph.global_variables_initializer(), feeds![]).unwrap();
            0
        }
    };
    for batch in pipeline().iter_from(step).unwrap().take((to - step) as usize) {
        sess.run_op(&train, feeds![x => &batch.unwrap()[0]]).unwrap();
        step += 1;
    }
    checkpoints.save(&sess, step, &format!("step {step}")).unwrap()
}

#[test]
fn a_program_of_its_own_goes_on_from_any_step() {
    let folder = tempfile::tempdir().unwrap();
    const LAST: u64 = 25;
    let expected = numbers(&train_to(&folder.path().join("whole"), LAST));
    assert!(expected.len() >= 4, "{:?}", expected.keys());
    for cut in 0..=LAST {
        let parts = folder.path().join(format!("cut-{cut}"));
        train_to(&parts, cut);
        assert_eq!(numbers(&train_to(&parts, LAST)), expected, "cut after {cut}");
    }
}

/// Three saves, of which the last two are there.
fn three_saves(folder: &Path) {
    for step in [3, 6, 9] {
        train_to(folder, step);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_newest_two_are_kept_and_told_of_and_going_back_removes_what_lies_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    three_saves(folder);
    let files = |steps: [u64; 2]| {
        let mut names = vec![".lock".to_string(), "checkpoint".to_string()];
        for step in steps {
            names.extend([format!("model-{step}.data-00000-of-00001"), format!("model-{step}.index")]);
        }
        names
    };
    assert_eq!(names(folder), files([6, 9]));
    let state = CheckpointState::read(folder).unwrap().unwrap();
    assert_eq!(
        (state.model_checkpoint_path.as_str(), state.all_model_checkpoint_paths.len()),
        ("model-9", 2)
    );
    assert_eq!(train::latest_checkpoint(folder).unwrap(), Some(folder.join("model-9")));

    let sess = Session::new(&model().graph).unwrap();
    let mut checkpoints = Checkpoints::new(folder);
    checkpoints.restore(&sess).unwrap();
    checkpoints.save(&sess, 7, "step 7").unwrap();
    assert_eq!(names(folder), files([6, 7]));
    assert_eq!(checkpoints.newest().unwrap().unwrap().step, 7);
}

#[test]
fn another_program_reads_the_checkpoint_without_the_note() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = train_to(folder.path(), 4);
    let graph = model().graph;
    let sess = Session::new(&graph).unwrap();
    sess.restore(&prefix).unwrap();
    let restored = train::Saver::new(&graph).restore(&sess, &prefix).unwrap();
    assert!(restored.left.is_empty() && restored.names.contains(&"w".to_string()), "{restored:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn of_a_damaged_newest_one_the_one_before_is_taken(part in 0usize..3, at in 0.0f64..1.0, cut in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        three_saves(folder);
        let newest = numbers(&folder.join("model-9"));
        let file = ["model-9.index", "model-9.data-00000-of-00001", "checkpoint"][part];
        let mut bytes = fs::read(folder.join(file)).unwrap();
        let at = (at * bytes.len() as f64) as usize;
        match cut {
            true => bytes.truncate(at),
            false => bytes[at] ^= 0x10,
        }
        fs::write(folder.join(file), bytes).unwrap();
        let found = Checkpoints::new(folder).newest().unwrap().unwrap();
        // Nothing depends on the file `checkpoint`; and an index has a few bytes that say nothing.
        let says_nothing = !cut && part == 0 && found.step == 9;
        prop_assert_eq!(found.step, if file == "checkpoint" || says_nothing { 9 } else { 6 });
        prop_assert!(found.step == 6 || numbers(&found.prefix) == newest);
        // What was damaged does not count among the two that are kept.
        train_to(folder, 11);
        let kept: Vec<String> = names(folder).into_iter().filter(|name| name.ends_with(".index")).collect();
        let before = format!("model-{}.index", found.step);
        prop_assert_eq!(kept, ["model-11.index".to_string(), before]);
        prop_assert!(train::latest_checkpoint(folder).unwrap().is_some());
    }
}

#[test]
fn where_no_checkpoint_is_whole_that_is_an_error_and_where_there_is_none_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Checkpoints::new(folder.path().join("missing")).newest().unwrap(), None);
    three_saves(folder.path());
    for step in [6, 9] {
        fs::write(folder.path().join(format!("model-{step}.index")), "").unwrap();
    }
    let error = Checkpoints::new(folder.path()).newest().unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
    assert!(
        error.message().contains("no checkpoint in") && error.message().contains("model-9.index"),
        "{error}"
    );

    fs::remove_file(folder.path().join("model-9.data-00000-of-00001")).unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    fs::write(run.join("run.json"), "{}").unwrap();
    let error = RunFolder::open(&run).unwrap().record().unwrap_err();
    assert!(error.message().ends_with("has no checkpoint"), "{error}");
}

#[test]
fn a_checkpoint_of_another_graph_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    train_to(folder.path(), 2);
    let tf = Graph::new();
    let w = tf.variable(array![1.0, 2.0], "w");
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    let error = Checkpoints::new(folder.path()).restore(&sess).unwrap_err();
    assert!(error.message().contains("\"w\" is float32 [2]"), "{error}");
    assert_eq!(sess.run(&w, feeds![]).unwrap(), array![1.0, 2.0]);

    let run = folder.path().join("run");
    let options = options(OptimizerKind::Sgd);
    live(&run, &options, Life { kept: 3, lost: 0, threads: 1 });
    let mut other = Trainer::new(&Options { layers: vec![7], ..options }, few_digits()).unwrap();
    assert!(RunFolder::resume(&run, &mut other).is_err());
    assert_eq!(other.position(), (0, 0));
}

#[test]
fn a_second_trainer_is_refused_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let options = options(OptimizerKind::Adam);
    let mut trainer = Trainer::new(&options, few_digits()).unwrap();
    let mut first = RunFolder::create(&path).unwrap();
    first.save(&trainer, &mut RunRecord::new("digits", &options, &trainer)).unwrap();
    let own = format!("process {}", std::process::id());
    let refused = [
        RunFolder::create(&path).map(drop),
        RunFolder::resume(&path, &mut trainer).map(drop),
        RunFolder::open(&path).unwrap().save(&trainer, &mut RunRecord::new("digits", &options, &trainer)),
    ];
    for error in refused {
        let error = error.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(cfg!(windows) || error.message().contains(&own), "{error}");
    }
    assert_eq!(RunFolder::open(&path).unwrap().record().unwrap().epoch, 0);
    drop(first);
    let error = RunFolder::create(&path).unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    assert!(error.message().contains("already holds a run, with 0 of 3 epochs done"), "{error}");
    RunFolder::resume(&path, &mut trainer).unwrap();
}

#[test]
fn a_checkpoint_is_due_in_its_time_also_after_one_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!Checkpoints::new(folder.path()).due());
    assert!(!Checkpoints::new(folder.path()).every(Duration::ZERO).due());
    let mut checkpoints = Checkpoints::new(folder.path()).every(Duration::from_millis(50));
    assert!(!checkpoints.due());
    std::thread::sleep(Duration::from_millis(60));
    assert!(checkpoints.due());
    // Nothing was initialised, so nothing can be saved.
    let sess = Session::new(&model().graph).unwrap();
    assert!(checkpoints.save(&sess, 1, "").is_err());
    assert!(!checkpoints.due());
    assert_eq!(checkpoints.newest().unwrap(), None);
}

#[test]
fn what_cannot_be_written_leaves_the_checkpoints_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("run"), folder.path().join("away"));
    let options = options(OptimizerKind::Momentum);
    let mut trainer = Trainer::new(&options, few_digits()).unwrap();
    let mut run = RunFolder::create(&path).unwrap();
    let mut record = RunRecord::new("digits", &options, &trainer);
    run.save(&trainer, &mut record).unwrap();
    trainer.run_epoch(&mut |_| false).unwrap();
    // The disk is gone, and comes again.
    fs::rename(&path, &away).unwrap();
    let error = run.save(&trainer, &mut record).unwrap_err();
    assert!(error.message().contains("run"), "{error}");
    fs::rename(&away, &path).unwrap();
    assert_eq!(run.record().unwrap().step, 0);
    run.save(&trainer, &mut record).unwrap();
    assert_eq!(run.record().unwrap().step, 1);
    // A folder where the index should be.
    trainer.run_epoch(&mut |_| false).unwrap();
    fs::create_dir(path.join("weights-2.index")).unwrap();
    assert!(run.save(&trainer, &mut record).is_err());
    fs::remove_dir(path.join("weights-2.index")).unwrap();
    assert_eq!(run.record().unwrap().step, 1);

    fs::write(folder.path().join("file"), "").unwrap();
    let error = RunFolder::create(folder.path().join("file/run")).unwrap_err();
    assert!(error.message().contains("the folder cannot be made"), "{error}");
}

#[test]
fn weights_that_overflow_are_never_kept() {
    let folder = tempfile::tempdir().unwrap();
    // One step an epoch, so that the update that overflows is the epoch's last; its loss was a number.
    let options = Options {
        learning_rate: Some(1e39),
        batch: BatchSize::Full,
        dropout: 0.0,
        ..options(OptimizerKind::Sgd)
    };
    let mut trainer = Trainer::new(&options, few_digits()).unwrap();
    let mut run = RunFolder::create(folder.path().join("run")).unwrap();
    let mut record = RunRecord::new("digits", &options, &trainer);
    run.save(&trainer, &mut record).unwrap();
    let error = trainer.run_epoch(&mut |_| true).unwrap_err();
    assert!(
        error.message().contains("the last update of epoch 1 made NaN or infinity of weights"),
        "{error}"
    );
    assert!(trainer.is_finite());
    assert_eq!(trainer.position(), (0, 0));

    trainer.step().unwrap();
    assert!(!trainer.is_finite());
    let error = run.save(&trainer, &mut record).unwrap_err();
    assert!(error.message().contains("weights that hold NaN or infinity"), "{error}");
    assert_eq!(run.record().unwrap().weights, "weights-0");
}
