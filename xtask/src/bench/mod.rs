//! The same work in tenseur and in other systems, side by side: in turn within one run, with one thread and with two.
//! `bench/README.md` says how. What comes out is printed, and where everything ran, written to `bench/`.

mod bars;
mod growth;
mod internal;
mod node;
mod report;
mod rounds;
mod statistics;
mod systems;
mod worker;
mod works;

use std::path::Path;

use rounds::Row;
use systems::System;

/// Where intermediate files lie.
const FOLDER: &str = "target/bench";

/// What is asked for on the command line.
pub(crate) struct Options {
    /// The names of the works to do; all if there are none.
    only: Vec<String>,
    /// The other systems' names; all if there are none.
    peers: Vec<String>,
    /// How many rounds.
    rounds: usize,
    /// Seconds that a system measures in a round.
    seconds: f64,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options { only: Vec::new(), peers: Vec::new(), rounds: 7, seconds: 0.5 };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--quick" {
                (options.rounds, options.seconds) = (3, 0.1);
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{argument} has no value, or is unknown"))?;
            let list = || value.split(',').map(str::to_string).collect();
            match argument.as_str() {
                "--only" => options.only = list(),
                "--peers" => options.peers = list(),
                "--rounds" => {
                    let rounds = value.parse().ok().filter(|&rounds| rounds > 0);
                    options.rounds = rounds.ok_or_else(|| format!("{value} is no number of rounds"))?;
                }
                _ => {
                    return Err(format!(
                        "there is no option {argument}; there are --only, --peers, --rounds, --quick"
                    ));
                }
            }
        }
        let unknown =
            |names: &[String], known: &[&str]| match names.iter().find(|&name| !known.contains(&&**name)) {
                Some(name) => Err(format!("there is no \"{name}\"; there are {}", known.join(", "))),
                None => Ok(()),
            };
        unknown(&options.only, &works::names())?;
        let peers: Vec<&str> = systems::PEERS.iter().map(|system| system.key).collect();
        unknown(&options.peers, &peers)?;
        Ok(options)
    }

    fn wants(&self, work: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == work)
    }

    /// tenseur and the peers that are asked for, as far as the works take them.
    fn systems(&self) -> Vec<&'static System> {
        let asked =
            |system: &&System| self.peers.is_empty() || self.peers.iter().any(|key| key == system.key);
        let learns = |system: &System| works::peers("mlp").contains(&system.key);
        let beside_works = |work: &str, system: &System| match work {
            "first_step" => learns(system),
            "chain" | "growth" => system.key == "tensorflow",
            _ => false,
        };
        let taken = |system: &&System| {
            works::WORKS.iter().any(|work| self.wants(work.name) && work.takes(system))
                || works::BESIDE.iter().any(|work| self.wants(work) && beside_works(work, system))
        };
        let others = systems::PEERS.iter().filter(asked).chain([&systems::WASM]).filter(taken);
        std::iter::once(&systems::TENSEUR).chain(others).collect()
    }
}

/// Measures, and writes down.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.first().is_some_and(|argument| argument == "internal") {
        return internal::run();
    }
    let only_build = arguments.first().is_some_and(|argument| argument == "build");
    let options = Options::parse(&arguments[usize::from(only_build)..])?;
    let systems = systems::build(options.systems())?;
    if only_build {
        return Ok(());
    }
    let mut rows: Vec<Row> = Vec::new();
    for threads in systems::threads() {
        rows.extend(rounds::networks_and_kernels(&options, &systems, threads)?);
        if options.wants("first_step") {
            rows.extend(rounds::first_step(&options, &systems, threads)?);
        }
    }
    if options.wants("chain") {
        rows.extend(rounds::chains(&options, &systems)?);
    }
    write_down(arguments, &options, &systems, &rows, None)?;
    if options.wants("growth") {
        let growth = growth::measure(&options, &systems)?;
        write_down(arguments, &options, &systems, &rows, Some(&growth))?;
    }
    Ok(())
}

/// Writes the page and its pictures.
fn write_down(
    arguments: &[String],
    options: &Options,
    systems: &[&'static System],
    rows: &[Row],
    growth: Option<&growth::Growth>,
) -> Result<(), String> {
    let command = format!("cargo xtask bench {}", arguments.join(" "));
    let page = report::page(command.trim_end(), rows, systems, options.rounds, growth);
    println!("{page}");
    // What was measured in part, or in haste, does not replace the page.
    let whole = options.only.is_empty() && options.peers.is_empty() && options.rounds >= 7;
    let folder = if whole { Path::new("bench") } else { Path::new(FOLDER) };
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("RESULTS.md", &page)?;
    for threads in systems::threads() {
        write(&bars::file_name(threads), &bars::draw(rows, systems, threads))?;
    }
    if let Some(growth) = growth {
        growth::draw(growth, &folder.join("growth.svg"))?;
    }
    eprintln!("written to {}", folder.display());
    Ok(())
}

/// A time, or an amount of memory, with three digits and its unit.
fn quantity(value: f64, unit: works::Unit) -> String {
    let (scaled, name) = match (unit, value) {
        (works::Unit::Bytes, bytes) => (bytes / 1e6, "MB"),
        (_, s) if s < 1e-6 => (s * 1e9, "ns"),
        (_, s) if s < 1e-3 => (s * 1e6, "µs"),
        (_, s) if s < 1.0 => (s * 1e3, "ms"),
        (_, s) => (s, "s"),
    };
    let digits = match scaled {
        s if s < 9.995 => 2,
        s if s < 99.95 => 1,
        _ => 0,
    };
    format!("{scaled:.digits$} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(&line.split_whitespace().map(str::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_what_was_said_or_an_error() {
        let options = parse("--only mlp,conv --peers jax --rounds 9").expect("they are sound");
        assert!(options.wants("conv") && !options.wants("small") && options.rounds == 9);
        let keys =
            |options: &Options| -> Vec<&str> { options.systems().iter().map(|system| system.key).collect() };
        assert_eq!(keys(&options), ["tenseur", "jax"]);
        let some = parse("--only wasm,chain").expect("they are sound");
        assert_eq!(keys(&some), ["tenseur", "tensorflow", "playground", "links", "wasm"]);
        let everything = parse("").expect("nothing is fine");
        assert!(works::names().into_iter().all(|name| everything.wants(name)));
        assert_eq!(keys(&everything).len(), 2 + systems::PEERS.len());
        for wrong in ["--only digits", "--peers caffe", "--rounds 0", "--rounds", "--fast 1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quantities_have_three_digits() {
        use works::Unit::{Bytes, Seconds};
        assert_eq!(quantity(1.234e-6, Seconds), "1.23 µs");
        assert_eq!(quantity(0.0417, Seconds), "41.7 ms");
        assert_eq!(quantity(0.9996e-6, Seconds), "1000 ns");
        assert_eq!(quantity(3.04, Seconds), "3.04 s");
        assert_eq!(quantity(514e6, Bytes), "514 MB");
    }
}
