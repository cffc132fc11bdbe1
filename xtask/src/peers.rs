//! Checks that take other systems: what tenseur writes runs in TensorFlow with the same answers, and what is recorded of
//! TensorFlow, answers and what definitions of ops say, is still what it does; the programs that the playground exports, for
//! TensorFlow, Keras and PyTorch, print the page's losses; what is expected of the programs of python/programs is what they
//! print in TensorFlow; and what is kept, checkpoints, models, records and events, is read on both sides, events by
//! TensorBoard. All of them are installed into a virtual environment under `target/`.

use std::path::Path;
use std::process::Command;

use super::{cargo, environment, run};

/// What shows event files.
const TENSORBOARD: &str = "tensorboard>=2.19";

/// The layers and recurrent cells of TensorFlow 1. It asks for a package of TensorFlow by another name, and has it already.
const LAYERS: &str = "tf_keras==2.21.*";

/// What TensorFlow is asked to run: graphs as TensorFlow wrote them, and as tenseur does.
const ARCHIVES: [(&str, &str); 2] =
    [("suite", "crates/conformance/suite.tar.gz"), ("records", "crates/conformance/peers.tar.gz")];

/// The same for families of ops beyond the suite, an archive each.
const FAMILIES: &str = "crates/conformance/reach";

/// Installs them, exports, and compares.
pub(crate) fn check() -> Result<(), String> {
    environment::install(&[environment::TENSORFLOW, environment::PYTORCH, TENSORBOARD])?;
    environment::install_alone(LAYERS)?;
    let python = environment::python();
    let mut failures = Vec::new();
    eprintln!("\n── what the definitions of ops say");
    let mut command = Command::new(&python);
    command.arg("xtask/peers/op_definitions.py").env("TF_CPP_MIN_LOG_LEVEL", "3");
    failures.extend(run(command).err());
    let mut archives: Vec<(String, String)> =
        ARCHIVES.iter().map(|(name, archive)| (name.to_string(), archive.to_string())).collect();
    for entry in std::fs::read_dir(FAMILIES).map_err(|error| format!("{FAMILIES}: {error}"))? {
        let archive = entry.map_err(|error| format!("{FAMILIES}: {error}"))?.path().display().to_string();
        let family = archive.trim_start_matches(FAMILIES).trim_matches('/').trim_end_matches(".tar.gz");
        archives.push((family.to_string(), archive.clone()));
    }
    archives.sort();
    for (name, archive) in archives {
        let out = format!("target/peers/{name}");
        if Path::new(&out).exists() {
            std::fs::remove_dir_all(&out).map_err(|error| format!("{out}: {error}"))?;
        }
        eprintln!("\n── {name}, as tenseur exports it");
        let export =
            ["run", "--package", "tenseur-conformance", "--example", "export_suite", "--", &archive, &out];
        failures.extend(cargo(&export).err());
        // Of a family of graphs that must be refused nothing is exported.
        if !Path::new(&out).exists() {
            continue;
        }
        let mut command = Command::new(&python);
        command.args(["xtask/peers/check.py", &out]).env("TF_CPP_MIN_LOG_LEVEL", "3");
        failures.extend(run(command).err());
    }
    eprintln!("\n── checkpoints, models, records and events");
    failures.extend(keep(&python).err());
    eprintln!("\n── programs that the playground exports");
    let out = "target/peers/programs";
    failures.extend(
        cargo(&["run", "--quiet", "--package", "tenseur-playground", "--example", "export", "--", out]).err(),
    );
    let mut command = Command::new(&python);
    command.args(["xtask/peers/programs.py", out]).env("TF_CPP_MIN_LOG_LEVEL", "3");
    failures.extend(run(command).err());
    eprintln!("\n── the programs of python/programs");
    let mut command = Command::new(&python);
    command.args(["xtask/peers/record_programs.py"]).env("TF_CPP_MIN_LOG_LEVEL", "3");
    failures.extend(run(command).err());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// What tenseur keeps is read in TensorFlow and shown by TensorBoard, and what TensorFlow keeps is read in tenseur.
fn keep(python: &Path) -> Result<(), String> {
    let folder = "target/peers/keep";
    let ours = format!("{folder}/ours");
    if Path::new(folder).exists() {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{folder}: {error}"))?;
    }
    std::fs::create_dir_all(&ours).map_err(|error| format!("{ours}: {error}"))?;
    let example = ["run", "--quiet", "--package", "tenseur-conformance", "--example", "keep", "--"];
    cargo(&[&example[..], &["write", &ours]].concat())?;
    let mut command = Command::new(python);
    command.args(["xtask/peers/keep.py", folder]).env("TF_CPP_MIN_LOG_LEVEL", "3");
    run(command)?;
    cargo(&[&example[..], &["read", &format!("{folder}/theirs")]].concat())
}
