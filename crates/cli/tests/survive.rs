//! A training that is killed, or cannot write, or finds its files damaged, comes to the same end as one that is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tenseur::formats::checkpoint;
use tenseur::learn::RunFolder;

/// Momentum, and Adam with another transfer function: all that is random, kept by the optimizer or summed up is there.
const JOBS: [&[&str]; 2] = [
    &["--optimizer", "momentum", "--layers", "24,12", "--batch", "40", "--dropout", "0.2", "--l2", "0.001"],
    &[
        "--optimizer",
        "adam",
        "--layers",
        "16",
        "--activation",
        "tanh",
        "--batch",
        "25",
        "--dropout",
        "0.4",
        "--l2",
        "0.01",
    ],
];

/// `tenseur train` in a folder, not yet started.
fn train(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenseur"));
    command.arg("train").args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The arguments of a job that begins.
fn job<'a>(options: &[&'a str], seed: &'a str, epochs: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["digits", "--seed", seed, "--epochs", epochs], options, more].concat()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command that succeeds says on standard output.
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{:?}: {}", output.status, stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command that fails says.
fn failed(output: &Output) -> String {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Every number of the newest checkpoint that is whole, by its bytes.
fn numbers(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = RunFolder::open(run).unwrap();
    let arrays = checkpoint::load(folder.weights(&folder.record().unwrap())).unwrap().into_iter();
    arrays.filter_map(|(name, array)| Some((name, array.bytes().ok()?.to_vec()))).collect()
}

/// The metrics, but for how long the epochs took.
fn metrics(run: &Path) -> Vec<String> {
    let text = fs::read_to_string(run.join("metrics.csv")).unwrap();
    text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_string()).collect()
}

/// All that a run that ended well leaves behind and says.
#[derive(Debug, PartialEq)]
struct Outcome {
    said: String,
    numbers: BTreeMap<String, Vec<u8>>,
    metrics: Vec<String>,
}

fn outcome(run: &Path, output: &Output) -> Outcome {
    Outcome { said: done(output), numbers: numbers(run), metrics: metrics(run) }
}

fn uninterrupted(folder: &Path, options: &[&str], seed: &str, epochs: &str) -> Outcome {
    let output = train(folder, &job(options, seed, epochs, &["--out", "whole"])).output().unwrap();
    outcome(&folder.join("whole"), &output)
}

/// Random numbers, the same ones each time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Waits for something, at most a minute.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come");
        sleep(Duration::from_millis(2));
    }
}

/// Epochs and steps of the newest checkpoint that is whole.
fn place(run: &Path) -> Option<(u64, usize)> {
    let record = RunFolder::open(run).ok()?.record().ok()?;
    Some((record.epoch, record.step))
}

/// The step of the newest checkpoint, by the names in the folder.
fn last_step(run: &Path) -> Option<u64> {
    let names = fs::read_dir(run).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_prefix("weights-")?.strip_suffix(".index")?.parse().ok()).max()
}

/// A training that goes on until something ends it, once it has its first checkpoint; with what it runs in.
fn endless(every: &str) -> (TempDir, PathBuf, Child) {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    let arguments = job(JOBS[0], "1", "1000000", &["--out", "run", "--checkpoint-every", every]);
    let child = train(folder.path(), &arguments).spawn().unwrap();
    until("the first checkpoint", || run.join("run.json").exists());
    (folder, run, child)
}

/// Kills trainings a hundred times in all, at random moments, and starts each again until it is at its end.
#[test]
fn killed_a_hundred_times_it_comes_to_the_same_end() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut kills, mut begun, mut steps) = (0, 0, Vec::new());
    for number in 0.. {
        if kills >= 100 {
            break;
        }
        assert!(number < 40, "only {kills} kills in {number} runs");
        let (options, seed) = (JOBS[number % 2], (number + 1).to_string());
        let (folder, epochs) = (TempDir::new().unwrap(), "30");
        let expected = uninterrupted(folder.path(), options, &seed, epochs);
        let run = folder.path().join("run");
        let end = loop {
            let arguments = match RunFolder::holds_run(&run).unwrap() {
                false => job(options, &seed, epochs, &["--out", "run", "--checkpoint-every", "0.01"]),
                true => vec!["--resume", "run", "--checkpoint-every", "0.01", "--threads", "1"],
            };
            let start = Instant::now();
            let mut child = train(folder.path(), &arguments).spawn().unwrap();
            // Some die before they have begun; most when they have come further, while they train and write.
            let life = match random.below(8) {
                0 => Duration::from_millis(random.below(60)),
                _ => {
                    let before = last_step(&run);
                    while child.try_wait().unwrap().is_none() && last_step(&run) <= before {
                        sleep(Duration::from_millis(2));
                    }
                    start.elapsed() + Duration::from_micros(random.below(120_000))
                }
            };
            sleep(life.saturating_sub(start.elapsed()));
            if child.try_wait().unwrap().is_some() {
                break child.wait_with_output().unwrap();
            }
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                break output;
            }
            assert_eq!(output.status.code(), None, "{}", stderr(&output));
            kills += 1;
            if RunFolder::holds_run(&run).unwrap() {
                begun += 1;
                // At no moment is there no good checkpoint.
                assert!(!numbers(&run).is_empty());
                steps.extend(place(&run).map(|(_, step)| step));
            }
        };
        assert_eq!(outcome(&run, &end), expected, "seed {seed}");
        let left: Vec<String> = fs::read_dir(&run)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(!left.iter().any(|name| name.ends_with(".tmp")), "{left:?}");
        assert_eq!(left.iter().filter(|name| name.ends_with(".index")).count(), 2, "{left:?}");
    }
    assert!(begun > 70, "only {begun} of {kills} kills met a run that had begun");
    let within = steps.iter().filter(|step| **step > 0).count();
    assert!(within > 20, "only {within} checkpoints were within an epoch: {steps:?}");
}

#[test]
fn a_damaged_newest_checkpoint_is_named_and_the_one_before_taken() {
    let folder = TempDir::new().unwrap();
    let expected = uninterrupted(folder.path(), JOBS[1], "4", "3");
    let run = folder.path().join("run");
    let begin = |epochs: &str| {
        let _ = fs::remove_dir_all(&run);
        done(&train(folder.path(), &job(JOBS[1], "4", epochs, &["--out", "run"])).output().unwrap());
        done(&train(folder.path(), &["--resume", "run", "--epochs", "2"]).output().unwrap());
        RunFolder::open(&run).unwrap().record().unwrap().weights
    };
    type Damage = fn(&mut Vec<u8>);
    let damages: [Damage; 3] =
        [|bytes| bytes.truncate(bytes.len() / 2), |bytes| bytes[0] ^= 1, |bytes| bytes.clear()];
    for part in ["index", "data-00000-of-00001"] {
        for damage in damages {
            let file = format!("{}.{part}", begin("1"));
            let mut bytes = fs::read(run.join(&file)).unwrap();
            damage(&mut bytes);
            fs::write(run.join(&file), &bytes).unwrap();
            let output = train(folder.path(), &["--resume", "run", "--epochs", "3"]).output().unwrap();
            let said = stderr(&output);
            assert!(said.contains("WARN") && said.contains("a damaged checkpoint is passed over"), "{said}");
            assert!(said.contains(file.split('.').next().unwrap()), "{said}");
            assert!(said.contains("going on in run after 1 epochs and 0 steps"), "{said}");
            assert_eq!(outcome(&run, &output), expected, "{file}");
        }
    }
    // The other files are what the checkpoint says, and are written again from it.
    begin("1");
    for file in ["run.json", "metrics.csv", "curve.svg", "graph.pb", "checkpoint", ".lock"] {
        fs::write(run.join(file), "torn").unwrap();
    }
    let output = train(folder.path(), &["--resume", "run", "--epochs", "3"]).output().unwrap();
    assert_eq!(outcome(&run, &output), expected);
    for file in ["run.json", "curve.svg", "graph.pb", "checkpoint"] {
        assert_ne!(fs::read(run.join(file)).unwrap(), b"torn", "{file}");
    }
}

#[test]
fn a_second_process_is_refused_by_the_number_of_the_first_until_that_is_dead() {
    let (folder, run, mut first) = endless("0");
    let number = format!("process {}", first.id());
    for arguments in [&["--resume", "run"][..], &["digits", "--out", "run"]] {
        let said = failed(&train(folder.path(), arguments).output().unwrap());
        assert!(said.contains("run is in use") && (cfg!(windows) || said.contains(&number)), "{said}");
    }
    let mut eval = Command::new(env!("CARGO_BIN_EXE_tenseur"));
    done(&eval.args(["eval", "run", "digits"]).current_dir(folder.path()).output().unwrap());
    first.kill().unwrap();
    first.wait().unwrap();
    let said = failed(&train(folder.path(), &["digits", "--out", "run"]).output().unwrap());
    assert!(said.contains("run already holds a run, with 0 of 1000000 epochs done"), "{said}");
    assert!(said.contains("tenseur train --resume run"), "{said}");
    done(&train(folder.path(), &["--resume", "run", "--epochs", "1"]).output().unwrap());
    assert_eq!(metrics(&run).len(), 2);
}

#[test]
fn a_folder_in_which_nothing_can_be_written_is_an_error_before_anything_is_trained() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let said = failed(&train(folder.path(), &["digits", "--out", "file/run"]).output().unwrap());
    assert!(said.contains("file/run") && said.contains("the folder cannot be made"), "{said}");
    let said = failed(&train(folder.path(), &["--resume", "nowhere"]).output().unwrap());
    assert!(said.contains("nowhere holds no run"), "{said}");
    for wrong in ["-1", "NaN", "soon"] {
        let output =
            train(folder.path(), &["digits", &format!("--checkpoint-every={wrong}")]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("it is a number of seconds, 0 or more"), "{}", stderr(&output));
    }
}

/// Files of more than a few blocks cannot be written, as if the disk were full.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_no_training_and_costs_no_checkpoint() {
    let folder = TempDir::new().unwrap();
    let (options, run) = (JOBS[0], folder.path().join("run"));
    let expected = uninterrupted(folder.path(), options, "2", "12");
    done(&train(folder.path(), &job(options, "2", "2", &["--out", "run"])).output().unwrap());
    let before = numbers(&run);
    let mut full = Command::new("bash");
    full.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_tenseur")]);
    full.args(["train", "--resume", "run", "--epochs", "12", "--checkpoint-every", "0.01"])
        .current_dir(folder.path());
    let output = full.output().unwrap();
    let said = failed(&output);
    let warnings = said.matches("could not be kept: run/weights-").count();
    assert!(warnings >= 2, "tried again, so said again: {said}");
    assert!(said.contains("the checkpoint cannot be written"), "{said}");
    assert!(said.contains("a checkpoint after 2 epochs and 0 steps is good"), "{said}");
    // It trained to the end all the same.
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected.said);
    assert_eq!(numbers(&run), before);
    let output = train(folder.path(), &["--resume", "run", "--epochs", "12"]).output().unwrap();
    assert_eq!(outcome(&run, &output), expected);

    let mut full = Command::new("bash");
    full.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_tenseur")]);
    full.args(["train", "digits", "--out", "other"]).current_dir(folder.path());
    failed(&full.output().unwrap());
    assert!(!RunFolder::holds_run(folder.path().join("other")).unwrap());
}

/// A signal, as a shell or a cluster sends it.
#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_disk_that_comes_back_is_written_again() {
    let (folder, run, child) = endless("0.05");
    until("a checkpoint", || place(&run) > Some((1, 0)));
    let away = folder.path().join("away");
    fs::rename(&run, &away).unwrap();
    sleep(Duration::from_millis(500));
    let kept = place(&away);
    fs::rename(&away, &run).unwrap();
    until("a new checkpoint", || place(&run) > kept);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("could not be kept"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn who_is_asked_to_end_keeps_what_was_learned() {
    for name in ["-INT", "-TERM"] {
        let (folder, run, child) = endless("0");
        sleep(Duration::from_millis(300));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{name}: {}", stderr(&output));
        let kept = place(&run).unwrap();
        assert!(kept > (0, 0), "{name}");
        let epochs = (kept.0 + 1).to_string();
        let output = train(folder.path(), &["--resume", "run", "--epochs", &epochs]).output().unwrap();
        let resumed = outcome(&run, &output);
        assert_eq!(resumed, uninterrupted(folder.path(), JOBS[0], "1", &epochs), "{name}");
    }
}

/// The events that TensorBoard would show: those of a file that come before the place where a later one begins.
#[test]
fn the_log_of_a_training_in_parts_has_each_epoch_once() {
    use tenseur::summary::{EventKind, summary_iterator};
    let folder = TempDir::new().unwrap();
    let begin = job(JOBS[0], "3", "2", &["--out", "run", "--logdir", "log"]);
    done(&train(folder.path(), &begin).output().unwrap());
    done(&train(folder.path(), &["--resume", "run", "--epochs", "3", "--logdir", "log"]).output().unwrap());
    // The checkpoint of the third epoch is lost, its events are not.
    let newest = RunFolder::open(folder.path().join("run")).unwrap().record().unwrap().weights;
    fs::write(folder.path().join("run").join(format!("{newest}.index")), "").unwrap();
    done(&train(folder.path(), &["--resume", "run", "--epochs", "4", "--logdir", "log"]).output().unwrap());
    for part in ["training", "held_back"] {
        let mut files: Vec<PathBuf> = fs::read_dir(folder.path().join("log").join(part))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let mut shown = Vec::new();
        for event in files.iter().flat_map(|file| summary_iterator(file).unwrap()) {
            let event = event.unwrap();
            match event.what {
                Some(EventKind::SessionLog(log)) if log.status == 1 => {
                    shown.retain(|step| *step < event.step)
                }
                Some(EventKind::Summary(_)) => shown.push(event.step),
                _ => {}
            }
        }
        assert_eq!(shown.len(), 4, "{part}: {shown:?}");
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == shown[0]), "{part}: {shown:?}");
    }
}
