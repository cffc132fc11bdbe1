//! What runs in Node.js: the engine of TensorFlow Playground, which is fetched and compiled here, and tenseur in WebAssembly.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{page, run, site};

/// Where TensorFlow Playground's sources are put; nothing of them is part of this project.
const PLAYGROUND: &str = "target/bench/playground";

const SOURCES: &str = "https://github.com/tensorflow/playground";

/// Where the engine in WebAssembly is written, with its JavaScript.
const WASM: &str = "target/bench/wasm";

/// An error where there is no Node.js.
pub(super) fn there() -> Result<(), String> {
    match version().is_empty() {
        false => Ok(()),
        true => Err("there is no Node.js".to_string()),
    }
}

/// Node.js's version, in words.
pub(super) fn version() -> String {
    let mut command = Command::new("node");
    command.arg("--version");
    match first_line(command) {
        version if version.is_empty() => version,
        version => format!("(Node.js {})", version.trim_start_matches('v')),
    }
}

/// Fetches TensorFlow Playground and compiles its engine, unless that was done before.
pub(super) fn playground() -> Result<(), String> {
    if Path::new(PLAYGROUND).join("compiled/nn.js").exists() {
        return Ok(());
    }
    if !Path::new(PLAYGROUND).join("src/nn.ts").exists() {
        let mut command = Command::new("git");
        command.args(["clone", "--quiet", "--depth", "1", SOURCES, PLAYGROUND]).stdin(Stdio::null());
        // Nobody is there to answer questions.
        command.env("GIT_TERMINAL_PROMPT", "0");
        run(command)?;
    }
    page::packages()?;
    let mut command = Command::new("node");
    command.args(["web/node_modules/typescript/bin/tsc", "--ignoreConfig", "--noCheck"]);
    command.args(["--module", "commonjs", "--target", "es2022"]);
    command.arg("--outDir").arg(Path::new(PLAYGROUND).join("compiled"));
    command.arg(Path::new(PLAYGROUND).join("src/nn.ts"));
    run(command)
}

/// Which state of its sources is there.
pub(super) fn playground_version() -> String {
    let mut command = Command::new("git");
    command.args(["-C", PLAYGROUND, "log", "-1", "--format=of %cs"]);
    first_line(command)
}

/// Compiles what `wasm.mjs` loads.
pub(super) fn webassembly() -> Result<(), String> {
    site::bindgen(&site::module("tenseur-bench-wasm", "release")?, WASM, "tenseur_bench", true)
}

/// The first line of what a program prints; nothing if it cannot be run or fails.
pub(super) fn first_line(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let text = match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        _ => String::new(),
    };
    text.lines().next().unwrap_or_default().trim().to_string()
}
