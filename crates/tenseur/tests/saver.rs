//! `Saver`: what is kept, what is restored, and what is said of what does not fit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tenseur::formats::checkpoint::{self, CheckpointReader, CheckpointState};
use tenseur::formats::graph_file;
use tenseur::prelude::*;
use tenseur::train::{Saver, latest_checkpoint};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A graph of two variables, and a session in which they are set.
fn small() -> (Graph, Session) {
    let tf = Graph::new();
    tf.variable(array![[1.0, 2.0], [3.0, 4.0]], "w");
    tf.variable(array![5, 6, 7], "n");
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    (tf, sess)
}

#[test]
fn the_last_few_are_kept_and_the_state_file_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let (tf, sess) = small();
    let mut saver = Saver::new(&tf).max_to_keep(2);
    for step in 1..=4 {
        let prefix = saver.save(&sess, folder.path().join("m"), step).unwrap();
        assert_eq!(latest_checkpoint(folder.path()).unwrap(), Some(prefix));
    }
    let want = [
        "checkpoint",
        "m-3.data-00000-of-00001",
        "m-3.index",
        "m-3.meta",
        "m-4.data-00000-of-00001",
        "m-4.index",
        "m-4.meta",
    ];
    assert_eq!(names(folder.path()), want);
    let state = CheckpointState::read(folder.path()).unwrap().unwrap();
    assert_eq!(
        (state.model_checkpoint_path.as_str(), state.all_model_checkpoint_paths),
        ("m-4", vec!["m-3".to_string(), "m-4".to_string()])
    );

    // One that is written again is the latest and not counted twice.
    saver.save(&sess, folder.path().join("m"), 3).unwrap();
    assert_eq!(saver.last_checkpoints(), [folder.path().join("m-4"), folder.path().join("m-3")]);

    // A program that was started again goes on removing.
    let mut again = Saver::new(&tf).max_to_keep(2).write_meta_graph(false);
    again
        .recover_last_checkpoints(["m-1", "m-4", "m-3", "m-4"].map(|name| folder.path().join(name)))
        .unwrap();
    again.save(&sess, folder.path().join("m"), 5).unwrap();
    assert!(!checkpoint::exists(folder.path().join("m-4")) && checkpoint::exists(folder.path().join("m-3")));
    assert!(!names(folder.path()).contains(&"m-5.meta".to_string()));

    // What is beside a checkpoint is its graph.
    let graph = graph_file::load(folder.path().join("m-3.meta")).unwrap();
    assert_eq!(graph.global_variables().len(), 2);
}

#[test]
fn all_are_kept_if_asked_for_and_one_of_every_few_hours() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000);
    let hour = || NOW.fetch_add(3600, Ordering::Relaxed) as f64;
    let folder = tempfile::tempdir().unwrap();
    let (tf, sess) = small();
    let mut saver =
        Saver::new(&tf).max_to_keep(1).keep_checkpoint_every_n_hours(2.5).write_meta_graph(false).clock(hour);
    for step in 0..10 {
        saver.save(&sess, folder.path().join("m"), step).unwrap();
    }
    // Written at 0, 1, … 9 hours; the first that is later than 2.5, then than 5, than 7.5; and the last.
    let kept: Vec<i64> =
        (0..10).filter(|step| checkpoint::exists(folder.path().join(format!("m-{step}")))).collect();
    assert_eq!(kept, [3, 6, 8, 9]);
    let state = CheckpointState::read(folder.path()).unwrap().unwrap();
    assert_eq!(state.last_preserved_timestamp, 1_000_000.0 + 8.0 * 3600.0);
    assert_eq!(state.all_model_checkpoint_timestamps, [1_000_000.0 + 9.0 * 3600.0]);

    let mut saver = Saver::new(&tf).max_to_keep(0);
    for step in 20..30 {
        saver.save(&sess, folder.path().join("m"), step).unwrap();
    }
    assert!((20..30).all(|step| checkpoint::exists(folder.path().join(format!("m-{step}")))));
}

#[test]
fn one_error_tells_all_that_does_not_fit_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (tf, sess) = small();
    let prefix = Saver::new(&tf).save(&sess, folder.path().join("m"), None).unwrap();

    let other = Graph::new();
    let w = other.variable(array![[9.0]], "w");
    let n = other.variable(array![0.0, 0.0, 0.0], "n");
    let more = other.variable(8.0, "more");
    let sess = Session::new(&other).unwrap();
    sess.run_op(&other.global_variables_initializer(), feeds![]).unwrap();
    let error = Saver::new(&other).restore(&sess, &prefix).unwrap_err();
    let text = error.message();
    for part in [
        "\"w\" is float32 [1, 1] and the checkpoint has float32 [2, 2]",
        "\"n\" is float32 [3] and the checkpoint has int32 [3]",
        "\"more\" is missing",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(sess.run((&w, &n, &more), feeds![]).unwrap().0, array![[9.0]]);

    let third = Graph::new();
    let w = third.variable(array![[0.0, 0.0], [0.0, 0.0]], "w");
    let extra = third.variable(3.0, "extra");
    let sess = Session::new(&third).unwrap();
    sess.run_op(&third.global_variables_initializer(), feeds![]).unwrap();
    let saver = Saver::new(&third);
    let text = saver.restore(&sess, &prefix).unwrap_err().message().to_string();
    assert!(text.ends_with("\"extra\" is missing; \"n\" is not a variable of this graph"), "{text}");
    assert_eq!(sess.run(&w, feeds![]).unwrap(), array![[0.0, 0.0], [0.0, 0.0]]);

    let restored = saver.partial(true).restore(&sess, &prefix).unwrap();
    assert_eq!(restored.names, ["w"]);
    assert_eq!(restored.left, ["\"extra\" is missing", "\"n\" is not a variable of this graph"]);
    assert_eq!(sess.run(&w, feeds![]).unwrap(), array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(sess.run(&extra, feeds![]).unwrap(), 3.0.into());

    // Damage to the last tensor leaves the first as it was, too.
    let data = folder.path().join("m.data-00000-of-00001");
    let mut bytes = fs::read(&data).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&data, bytes).unwrap();
    sess.set_variable(&w, &array![[7.0, 7.0], [7.0, 7.0]]).unwrap();
    assert!(Saver::new(&third).partial(true).restore(&sess, &prefix).is_err());
    assert_eq!(sess.run(&w, feeds![]).unwrap(), array![[7.0, 7.0], [7.0, 7.0]]);
}

#[test]
fn shards_hold_everything_and_are_replaced_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let (tf, sess) = small();
    let mut saver = Saver::new(&tf).sharded(3).write_meta_graph(false);
    for _ in 0..3 {
        let prefix = saver.save(&sess, folder.path().join("m"), None).unwrap();
        let again = Session::new(&tf).unwrap();
        saver.restore(&again, prefix).unwrap();
        assert_eq!(again.variables(), sess.variables());
    }
    let data: Vec<String> = names(folder.path()).into_iter().filter(|name| name.contains(".data-")).collect();
    assert_eq!(data, [0, 1, 2].map(|shard| format!("m.data-{shard:05}-of-00003")));
    let sizes = data.iter().map(|name| fs::metadata(folder.path().join(name)).unwrap().len());
    assert_eq!(sizes.collect::<Vec<_>>(), [12, 16, 0]);
}

#[test]
fn a_partitioned_variable_of_tensorflow_goes_in_and_out_in_slices() {
    let tf = graph_file::load(fixture("graph/partitioned.meta")).unwrap();
    let sess = Session::new(&tf).unwrap();
    let mut saver = Saver::new(&tf);
    saver.restore(&sess, fixture("checkpoint/partitioned")).unwrap();
    let y = tf.tensor("y:0").unwrap();
    assert_eq!(sess.run(&y, feeds![]).unwrap(), array![[30.5, 35.5]]);
    // The session does the same by itself.
    let again = Session::new(&tf).unwrap();
    again.restore(fixture("checkpoint/partitioned")).unwrap();
    assert_eq!(again.variables(), sess.variables());

    let folder = tempfile::tempdir().unwrap();
    let prefix = saver.save(&sess, folder.path().join("m"), None).unwrap();
    let reader = CheckpointReader::open(&prefix).unwrap();
    assert_eq!(
        reader.entries().map(|(name, entry)| (name, entry.pieces())).collect::<Vec<_>>(),
        [("b", 1), ("w", 3)]
    );
    let whole = Array::new([6, 2], (0..12u8).map(f32::from).collect::<Vec<f32>>()).unwrap();
    assert_eq!(reader.read("w").unwrap(), whole);
    for extension in ["index", "data-00000-of-00001"] {
        let ours = fs::read(prefix.with_extension(extension)).unwrap();
        assert_eq!(ours, fs::read(fixture("checkpoint/partitioned").with_extension(extension)).unwrap());
    }

    // Whole arrays are cut, and parts are cut otherwise.
    saver.save_arrays(&sess, folder.path().join("w.npz")).unwrap();
    assert_eq!(tenseur::formats::npz::load(folder.path().join("w.npz")).unwrap()["w"], whole);
    let again = Session::new(&tf).unwrap();
    saver.restore_arrays(&again, folder.path().join("w.npz")).unwrap();
    assert_eq!(again.variables(), sess.variables());
    let other = Graph::new();
    let top = other.variable(Array::zeros(DType::Float32, [5, 2]).unwrap(), "top");
    let bottom = other.variable(array![[0.0, 0.0]], "bottom");
    let saver = Saver::of(&other, [("b", &other.variable(array![0.0, 0.0], "b"))])
        .and_then(|saver| saver.with_part("w", [6, 2], &[0, 0], &top))
        .and_then(|saver| saver.with_part("w", [6, 2], &[5, 0], &bottom))
        .unwrap();
    let sess = Session::new(&other).unwrap();
    saver.restore(&sess, &prefix).unwrap();
    assert_eq!(sess.run(&bottom, feeds![]).unwrap(), array![[10.0, 11.0]]);
    assert_eq!(sess.run(&top, feeds![]).unwrap().bytes().unwrap(), &whole.bytes().unwrap()[..40]);

    let error = saver.clone().with_part("w", [7, 2], &[5, 0], &bottom).unwrap_err();
    assert!(error.message().contains("two variables cannot both be saved as \"w\""), "{error}");
}

#[test]
fn a_whole_with_a_hole_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let (tf, sess) = small();
    let w = &tf.global_variables()[0];
    let mut saver = Saver::of::<String>(&tf, []).unwrap().with_part("w", [3, 2], &[0, 0], w).unwrap();
    let error = saver.save(&sess, folder.path().join("m"), None).unwrap_err();
    assert!(error.message().contains("\"w\": its 1 pieces do not make up its shape [3, 2]"), "{error}");
    assert!(saver.save_arrays(&sess, folder.path().join("m.npz")).is_err());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn random_streams_go_on_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let tf = Graph::new();
    tf.set_random_seed(1);
    let drawn = tf.random_uniform([2]).tensor();
    let sess = Session::new(&tf).unwrap();
    sess.run(&drawn, feeds![]).unwrap();
    let mut saver = Saver::new(&tf);
    let prefix = saver.save(&sess, folder.path().join("m"), 1).unwrap();
    let next = sess.run(&drawn, feeds![]).unwrap();
    let again = Session::new(&tf).unwrap();
    saver.restore(&again, prefix).unwrap();
    assert_eq!(again.run(&drawn, feeds![]).unwrap(), next);
}

#[test]
fn sessions_and_variables_of_other_graphs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ((tf, _), (other, sess)) = (small(), small());
    let mut saver = Saver::new(&tf);
    assert!(
        saver.save(&sess, folder.path().join("m"), None).unwrap_err().message().contains("another graph")
    );
    let w = &other.global_variables()[0];
    assert!(Saver::of(&tf, [("w", w)]).unwrap_err().message().contains("another graph"));
    assert!(Saver::of(&other, [("w", w), ("w", w)]).unwrap_err().message().contains("saved as \"w\""));
    let missing = folder.path().join("missing/m");
    assert!(Saver::new(&other).save(&sess, missing, None).unwrap_err().message().contains("does not exist"));
    assert!(names(folder.path()).is_empty());
}
