//! Runs libFuzzer's target in `fuzz/`: import whatever bytes come as a GraphDef, and run what comes of them.
//!
//! The compiler's own coverage pass and its AddressSanitizer are at hand in the stable toolchain, though only under
//! `RUSTC_BOOTSTRAP`; so nothing needs installing but a C++ compiler, for libFuzzer itself. What it finds interesting it
//! keeps in `fuzz/corpus`, which begins with the graphs of the conformance suite.

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

/// Builds the target and runs it for so many seconds.
pub(crate) fn fuzz(arguments: &[String]) -> Result<(), String> {
    let seconds = match arguments {
        [] => SECONDS,
        [text] => text.parse().map_err(|_| format!("\"{text}\" is no number of seconds"))?,
        _ => return Err("cargo xtask fuzz [SECONDS]".to_string()),
    };
    let mut build = Command::new(cargo_program());
    build.args(["build", "--release", "--target", TARGET]).current_dir("fuzz");
    build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(build)?;
    seed(Path::new("crates/conformance/suite.tar.gz"), Path::new("fuzz/corpus"))?;
    let mut fuzzer = Command::new(format!("fuzz/target/{TARGET}/release/graph"));
    fuzzer.args([
        "-rss_limit_mb=2048",
        "-timeout=10",
        "-max_len=65536",
        "-artifact_prefix=fuzz/target/found-",
    ]);
    fuzzer.args([&format!("-max_total_time={seconds}"), "fuzz/corpus"]);
    run(fuzzer)
}

/// Unpacks the graphs of the suite into a folder, one file each.
fn seed(suite: &Path, corpus: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", suite.display());
    std::fs::create_dir_all(corpus).map_err(failed)?;
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
