//! Runs the benchmarks, then sets what was measured beside its limit and its goal.
//!
//! Each figure is the median that criterion found; a ratio is between figures of this run. The goals are the project's
//! own: a step in so many times its limit, or a time.

use std::path::Path;

use super::cargo;

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
const CHAIN: &str = "chain of 10000";

const LINES: [Line; 9] = [
    (SMALL, "one a call", Some("limit"), 1.0, Some(Seconds(2e-6))),
    (SMALL, "1000 a call", Some("limit"), 1e3, Some(Seconds(2e-6))),
    (MLP, "threads 1", Some("limit, threads 1"), 1.0, Some(Limits(1.64))),
    (MLP, "threads 2", Some("limit, threads 2"), 1.0, None),
    ("first step of 784-512-256-10", "process", None, 1.0, Some(Seconds(30e-3))),
    (CHAIN, "build", None, 1e4, Some(Seconds(2e-6))),
    (CHAIN, "gradients", None, 1e4, Some(Seconds(2e-6))),
    (CHAIN, "compile", None, 1e4, None),
    (CHAIN, "run", None, 1e4, None),
];

/// Measures, and prints the table.
pub(crate) fn run() -> Result<(), String> {
    cargo(&["bench", "--package", "tenseur-kernels", "--package", "tenseur", "--benches"])?;
    println!("\n{:46} {:>10} {:>10} {:>7} {:>10}", "", "median", "limit", "ratio", "goal");
    for (group, function, limit, pieces, goal) in &LINES {
        let measured = median(group, function)? / pieces;
        let limit = limit.map(|function| median(group, function)).transpose()?;
        let piece = if *group == CHAIN { ", a node" } else { "" };
        println!(
            "{:46} {:>10} {:>10} {:>7} {:>10}",
            format!("{group}, {function}{piece}"),
            time(measured),
            limit.map_or(String::new(), time),
            limit.map_or(String::new(), |limit| format!("{:.2}", measured / limit)),
            match goal {
                Some(Seconds(seconds)) => time(*seconds),
                Some(Limits(ratio)) => format!("{ratio:.2} ×"),
                None => String::new(),
            },
        );
    }
    Ok(())
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
