//! Runs libFuzzer's targets in `fuzz/`: whatever bytes come are a graph, a checkpoint, a model, records, arrays, a table or a
//! picture, and are imported, read and run.
//!
//! The compiler's own coverage pass and its AddressSanitizer are at hand in the stable toolchain, though only under
//! `RUSTC_BOOTSTRAP`; so nothing needs installing but a C++ compiler, for libFuzzer itself. What it finds interesting it
//! keeps in `fuzz/corpus`, which begins with the graphs of the conformance suite and of the families beyond it, the files that
//! tests read and `fuzz/seeds`.

use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;

use super::{cargo_program, run};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Coverage counters and traced comparisons for libFuzzer, AddressSanitizer for what `unsafe` could get wrong.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Zsanitizer=address -Ccodegen-units=1";

/// Seconds to fuzz for, if none are given.
const SECONDS: u64 = 60;

/// What there is to fuzz, and the folders in which its corpus begins.
const FUZZERS: [(&str, &[&str]); 7] = [
    ("graph", &[]),
    // Put together of what lies in `crates/tenseur/tests/data/checkpoint`.
    ("checkpoint", &[]),
    (
        "saved_model",
        &[
            "crates/tenseur/tests/data/saved_model/reference",
            "crates/tenseur/tests/data/saved_model/resource",
            "crates/tenseur/tests/data/saved_model/served",
            "crates/tenseur/tests/data/saved_model/object",
        ],
    ),
    ("records", &["crates/tenseur/tests/data/record", "crates/tenseur/tests/data/summary"]),
    ("arrays", &["fuzz/seeds/arrays"]),
    ("tables", &["fuzz/seeds/tables"]),
    ("pictures", &["fuzz/seeds/pictures"]),
];

/// Builds a target, or all of them, and runs each for so many seconds.
pub(crate) fn fuzz(arguments: &[String]) -> Result<(), String> {
    let (mut names, mut seconds) = (Vec::new(), SECONDS);
    for argument in arguments {
        match (argument.parse(), FUZZERS.iter().find(|(name, _)| *name == argument.as_str())) {
            (Ok(number), _) => seconds = number,
            (_, Some(known)) => names.push(*known),
            _ => {
                let known: Vec<&str> = FUZZERS.iter().map(|(name, _)| *name).collect();
                return Err(format!("cargo xtask fuzz [TARGET …] [SECONDS]; targets: {}", known.join(", ")));
            }
        }
    }
    if names.is_empty() {
        names = FUZZERS.to_vec();
    }
    for (name, seeds) in names {
        let mut build = Command::new(cargo_program());
        build.args(["build", "--release", "--target", TARGET, "--bin", name]).current_dir("fuzz");
        build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
        run(build)?;
        let corpus = format!("fuzz/corpus/{name}");
        let failed = |error: std::io::Error| format!("{corpus}: {error}");
        std::fs::create_dir_all(&corpus).map_err(failed)?;
        match name {
            "graph" => {
                seed(Path::new("crates/conformance/suite.tar.gz"), Path::new(&corpus))?;
                for family in std::fs::read_dir("crates/conformance/reach").map_err(failed)? {
                    seed(&family.map_err(failed)?.path(), Path::new(&corpus))?;
                }
            }
            "checkpoint" => {
                seed_checkpoints(Path::new("crates/tenseur/tests/data/checkpoint"), Path::new(&corpus))
                    .map_err(failed)?
            }
            _ => copy_files(seeds, Path::new(&corpus)).map_err(failed)?,
        }
        let mut fuzzer = Command::new(format!("fuzz/target/{TARGET}/release/{name}"));
        let found = format!("-artifact_prefix=fuzz/target/found-{name}-");
        fuzzer.args(["-rss_limit_mb=2048", "-timeout=10", "-max_len=65536", &found]);
        fuzzer.args([&format!("-max_total_time={seconds}"), &corpus]);
        run(fuzzer)?;
    }
    Ok(())
}

/// Copies the files of these folders, under names that say where they were.
fn copy_files(folders: &[&str], corpus: &Path) -> std::io::Result<()> {
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                std::fs::copy(entry.path(), corpus.join(format!("{}-{name}", folder.replace('/', "-"))))?;
            }
        }
    }
    Ok(())
}

/// Writes each checkpoint of one data file as its target takes it: the size of the index in two bytes, the index, the data.
fn seed_checkpoints(folder: &Path, corpus: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let data = path.with_extension("data-00000-of-00001");
        if path.extension().is_some_and(|ending| ending == "index") && data.is_file() {
            let index = std::fs::read(&path)?;
            let size = (index.len() as u16).to_le_bytes();
            let file = [&size[..], &index, &std::fs::read(data)?].concat();
            std::fs::write(corpus.join(path.file_stem().unwrap_or_default()), file)?;
        }
    }
    Ok(())
}

/// Unpacks the graphs of the suite into a folder, one file each.
fn seed(suite: &Path, corpus: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", suite.display());
    let file = std::fs::File::open(suite).map_err(failed)?;
    for entry in tar::Archive::new(GzDecoder::new(file)).entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let path = entry.path().map_err(failed)?.into_owned();
        let case = path.parent().and_then(Path::file_name);
        if let (Some("graph.pb"), Some(case)) = (path.file_name().and_then(|name| name.to_str()), case) {
            entry.unpack(corpus.join(case)).map_err(failed)?;
        }
    }
    Ok(())
}
