//! Runs the benchmarks of the crates, then sets what was measured beside its limit and its goal.
//!
//! Each figure is the median that criterion found; a ratio is between figures of this run. The goals are the project's
//! own: a step in so many times its limit, or a time.

use std::path::Path;

use crate::{cargo, page};

/// What is to be reached.
enum Goal {
    Seconds(f64),
    /// So many times the limit.
    Limits(f64),
}
use Goal::{Limits, Seconds};

/// A line of the table: benchmark group and function; the function of the same group that is its limit; how many pieces
/// of work are in one measurement; and what a piece is to take.
type Line = (&'static str, &'static str, Option<&'static str>, f64, Option<Goal>);

const SMALL: &str = "step of 2-8-8-1";
const MLP: &str = "step of 784-512-256-10";
/// Chains of so many nodes: what each costs shows whether the cost grows with their number alone.
const CHAINS: [(&str, f64); 4] = [
    ("chain of 10000", 1e4),
    ("chain of 100000", 1e5),
    ("chain of 10000 matrices", 1e4),
    ("chain of 100000 matrices", 1e5),
];
const FRAME: &str = "frame of the playground, 7-8-8-8-8-8-8-1";

const LINES: [Line; 6] = [
    (SMALL, "one a call", Some("limit"), 1.0, Some(Seconds(2e-6))),
    (SMALL, "1000 a call", Some("limit"), 1e3, Some(Seconds(2e-6))),
    (MLP, "threads 1", Some("limit, threads 1"), 1.0, Some(Limits(1.64))),
    (MLP, "threads 2", Some("limit, threads 2"), 1.0, None),
    ("first step of 784-512-256-10", "process", None, 1.0, Some(Seconds(30e-3))),
    (FRAME, "native", None, 1.0, Some(Seconds(1.0 / 60.0))),
];

/// The lines of chains.
fn chains() -> impl Iterator<Item = Line> {
    let what = [
        ("build", Some(2e-6)),
        ("gradients", Some(2e-6)),
        ("compile", None),
        ("run", None),
        ("compile gradients", None),
        ("run gradients", None),
    ];
    CHAINS.into_iter().flat_map(move |(chain, nodes)| {
        what.into_iter().map(move |(function, goal)| (chain, function, None, nodes, goal.map(Seconds)))
    })
}

/// Measures, and prints the table.
pub(crate) fn run() -> Result<(), String> {
    let packages =
        ["--package", "tenseur-kernels", "--package", "tenseur", "--package", "tenseur-playground"];
    cargo(&[&["bench"], &packages[..], &["--benches"]].concat())?;
    println!("\n{:46} {:>10} {:>10} {:>7} {:>10}", "", "median", "limit", "ratio", "goal");
    for (group, function, limit, pieces, goal) in LINES.into_iter().chain(chains()) {
        let measured = median(group, function)? / pieces;
        let limit = limit.map(|function| median(group, function)).transpose()?;
        let piece = if group.starts_with("chain") { ", a node" } else { "" };
        println!(
            "{:46} {:>10} {:>10} {:>7} {:>10}",
            format!("{group}, {function}{piece}"),
            time(measured),
            limit.map_or(String::new(), time),
            limit.map_or(String::new(), |limit| format!("{:.2}", measured / limit)),
            match goal {
                Some(Seconds(seconds)) => time(seconds),
                Some(Limits(ratio)) => format!("{ratio:.2} ×"),
                None => String::new(),
            },
        );
    }
    // The same frame in WebAssembly, where there is what that takes.
    match page::engine_for_node("release").and_then(|()| in_wasm()) {
        Ok(seconds) => {
            println!("{:46} {:>10} {:>29}", format!("{FRAME}, wasm"), time(seconds), time(1.0 / 60.0))
        }
        Err(message) => eprintln!("the frame in WebAssembly was not measured: {message}"),
    }
    Ok(())
}

/// The time of a frame in WebAssembly.
fn in_wasm() -> Result<f64, String> {
    let mut command = std::process::Command::new("node");
    command.args(["xtask/wasm/bench.cjs", page::FOR_NODE]);
    let text = page::printed(command)?;
    text.trim().parse().map_err(|_| format!("\"{text}\" is no time"))
}

/// The median of a benchmark of the last run, in seconds.
fn median(group: &str, function: &str) -> Result<f64, String> {
    let path = Path::new("target/criterion").join(group).join(function).join("new/estimates.json");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let estimates: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let nanoseconds = estimates["median"]["point_estimate"].as_f64();
    nanoseconds.map(|value| value * 1e-9).ok_or_else(|| format!("{} names no median", path.display()))
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s => format!("{:.2} ms", s * 1e3),
    }
}
