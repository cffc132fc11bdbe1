//! Measuring in turn: A B A B …, one system at a time, after all have shown that they compute the same.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::systems::{LIMITS, SHORT_CHAIN, System, TENSEUR};
use super::worker::Worker;
use super::works::{self, Limit, Unit, WORKS};
use super::{FOLDER, Options, report};

/// What was measured of one thing.
pub(super) struct Row {
    pub(super) title: String,
    pub(super) threads: usize,
    pub(super) unit: Unit,
    /// The limit, in each round.
    pub(super) limit: Vec<f64>,
    /// Which system is compared with the others.
    pub(super) ours: &'static System,
    /// What each system needed, in each round.
    pub(super) systems: Vec<(&'static System, Vec<f64>)>,
    /// Of more threads than one: what ours needed with one, in each round.
    pub(super) with_one: Vec<f64>,
    /// What is to be reached, in times of the best peer.
    pub(super) goal: Option<f64>,
    /// Whether it has bars; not if it says again what another row says.
    pub(super) drawn: bool,
}

/// How far results may lie apart, as a share of them.
const TOLERANCE: f64 = 1e-3;

/// And how far beside the greatest number: a loss that three steps brought near zero is a difference of `float32`.
const ROUNDING: f64 = 1e-6;

/// Time for threads that wait for more work to fall asleep.
const PAUSE: Duration = Duration::from_millis(30);

/// Makes the same work ready in all workers, and compares what they compute.
pub(super) fn prepare(workers: &mut [Worker], command: &Value) -> Result<(), String> {
    let mut results = Vec::new();
    for worker in workers {
        results.push((worker.system.title, worker.prepare(command)?));
    }
    compare(&results).map_err(|message| format!("{}: {message}", command["prepare"]))
}

/// An error where a system's result is not what most find.
fn compare(results: &[(&str, Vec<(String, f64)>)]) -> Result<(), String> {
    let Some((_, first)) = results.first() else { return Ok(()) };
    let numbers = results.iter().flat_map(|(_, numbers)| numbers).map(|(_, value)| value.abs());
    let rounding = ROUNDING * numbers.filter(|value| value.is_finite()).fold(0.0, f64::max);
    for (index, (what, _)) in first.iter().enumerate() {
        let found: Vec<f64> = results
            .iter()
            .map(|(_, numbers)| numbers.get(index).map_or(f64::NAN, |(_, value)| *value))
            .collect();
        let mut sorted = found.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted[(sorted.len() - 1) / 2];
        // Not a number is never within.
        let within = |value: &f64| (value - middle).abs() <= TOLERANCE * middle.abs() + rounding;
        if !found.iter().all(within) {
            let each: Vec<String> =
                results.iter().zip(&found).map(|((system, _), value)| format!("{system} {value}")).collect();
            return Err(format!("the systems disagree on the {what}: {}", each.join(", ")));
        }
    }
    Ok(())
}

/// Writes new random data for a work.
pub(super) fn data(work: &str, sizes: &Value) -> Result<String, String> {
    let path = format!("{FOLDER}/data/{work}.npz");
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = since.map_or(1, |since| since.subsec_nanos());
    let mut request = sizes.clone();
    request["work"] = json!(work);
    request["seed"] = json!(seed);
    request["path"] = json!(path);
    let mut command = TENSEUR.command(1);
    command.args(["data", &request.to_string()]);
    crate::run(command)?;
    Ok(path)
}

/// Starts workers of those systems of which `wanted` is true.
pub(super) fn start(
    systems: &[&'static System],
    threads: usize,
    wanted: impl Fn(&System) -> bool,
) -> Result<Vec<Worker>, String> {
    systems.iter().filter(|system| wanted(system)).map(|system| Worker::start(system, threads)).collect()
}

/// One figure of each worker, in each round; and what `before` each round says.
fn in_turn<T>(
    workers: &mut [Worker],
    rounds: usize,
    seconds: f64,
    mut before: impl FnMut() -> Result<T, String>,
) -> Result<(Vec<T>, Vec<Figures>), String> {
    let mut found = Vec::new();
    let mut figures: Vec<Figures> = workers.iter().map(|worker| (worker.system, Vec::new())).collect();
    for _ in 0..rounds {
        found.push(before()?);
        for (worker, (_, rounds)) in workers.iter_mut().zip(&mut figures) {
            std::thread::sleep(PAUSE);
            rounds.push(worker.measure(seconds)?);
        }
    }
    Ok((found, figures))
}

/// A system, and for each round its seconds with names.
type Figures = (&'static System, Vec<Vec<(String, f64)>>);

/// The seconds of one name, in each round.
fn of_name(rounds: &[Vec<(String, f64)>], name: &str) -> Vec<f64> {
    let in_round = |round: &Vec<(String, f64)>| round.iter().find(|(this, _)| this == name).map(|(_, s)| *s);
    rounds.iter().filter_map(in_round).collect()
}

/// The time of a step of each worker, in each round.
pub(super) fn steps(
    workers: &mut [Worker],
    rounds: usize,
    seconds: f64,
) -> Result<Vec<(&'static System, Vec<f64>)>, String> {
    let (_, figures) = in_turn(workers, rounds, seconds, || Ok(()))?;
    Ok(figures.into_iter().map(|(system, rounds)| (system, of_name(&rounds, "step"))).collect())
}

/// Says what was measured: the page comes at the end, and a run may be cut off before.
fn said(row: Row) -> Row {
    eprintln!("{}", report::line(&row).unwrap_or_default());
    row
}

/// The steps of networks, and functions over much data.
pub(super) fn networks_and_kernels(
    options: &Options,
    systems: &[&'static System],
    threads: usize,
) -> Result<Vec<Row>, String> {
    let wanted: Vec<_> = WORKS
        .iter()
        .filter(|work| options.wants(work.name) && work.goals.len() >= threads)
        // What is ours may have been left out; the others are then compared with nothing.
        .filter(|work| systems.iter().any(|system| system.key == work.ours.key))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut limits = Worker::start(&LIMITS, threads)?;
    limits.prepare(&json!({ "prepare": "limits", "threads": threads }))?;
    let mut one = if threads > 1 { Some(Worker::start(&TENSEUR, 1)?) } else { None };
    let mut all = start(systems, threads, |system| wanted.iter().any(|work| work.takes(system)))?;
    let mut rows = Vec::new();
    for work in wanted {
        eprintln!("{}, threads {threads}", work.title);
        // Those that cannot do it keep their place.
        let (mut workers, others): (Vec<Worker>, Vec<Worker>) =
            all.into_iter().partition(|worker| work.takes(worker.system));
        let mut command = json!({
            "prepare": work.prepare,
            "data": data(work.prepare, &works::sizes(work.prepare))?,
            "threads": threads,
        });
        prepare(&mut workers, &command)?;
        command["threads"] = json!(1);
        if let Some(one) = &mut one {
            one.prepare(&command)?;
        }
        let mut with_one = Vec::new();
        let (limit, figures) = in_turn(&mut workers, options.rounds, options.seconds, || {
            let figures = limits.measure(options.seconds / 2.0)?;
            let (times, name) = match work.limit {
                Limit::MultiplyAdds(count) => (count, "multiply-add"),
                Limit::Bytes(count) => (count, "byte"),
                Limit::SmallStep => (1.0, "small step"),
            };
            if let Some(one) = &mut one {
                with_one.extend(of_name(&[one.measure(options.seconds)?], "step"));
            }
            let found = figures.iter().find(|(figure, _)| figure == name);
            found
                .map(|(_, seconds)| times * seconds)
                .ok_or_else(|| format!("no limit \"{name}\" was measured"))
        })?;
        let row = Row {
            title: work.title.to_string(),
            threads,
            unit: Unit::Seconds,
            limit,
            ours: work.ours,
            systems: figures.iter().map(|(system, rounds)| (*system, of_name(rounds, "step"))).collect(),
            with_one,
            goal: work.goals.get(threads - 1).copied(),
            drawn: true,
        };
        rows.push(said(row));
        workers.extend(others);
        workers.sort_by_key(|worker| systems.iter().position(|system| system.key == worker.system.key));
        all = workers;
    }
    Ok(rows)
}

/// From the start of a process to the end of its first step of the MLP, and the memory of that.
pub(super) fn first_step(
    options: &Options,
    systems: &[&'static System],
    threads: usize,
) -> Result<Vec<Row>, String> {
    eprintln!("first step, threads {threads}");
    let learns = |system: &&&System| system.key == TENSEUR.key || works::peers("mlp").contains(&system.key);
    let systems: Vec<&'static System> = systems.iter().filter(learns).copied().collect();
    let command = json!({
        "prepare": "mlp",
        "data": data("mlp", &works::sizes("mlp"))?,
        "threads": threads,
        "losses": 1,
    });
    let mut times: Vec<(&'static System, Vec<f64>)> =
        systems.iter().map(|system| (*system, Vec::new())).collect();
    let mut memory = times.clone();
    for _ in 0..options.rounds {
        let mut results = Vec::new();
        for (index, system) in systems.iter().copied().enumerate() {
            std::thread::sleep(PAUSE);
            let begin = Instant::now();
            let mut worker = Worker::start(system, threads)?;
            let numbers = worker.prepare(&command)?;
            times[index].1.push(begin.elapsed().as_secs_f64());
            memory[index].1.extend(worker.peak_memory());
            results.push((system.title, numbers));
        }
        compare(&results)?;
    }
    let in_python = |measured: &[(&'static System, Vec<f64>)]| {
        let of_python = |system: &System| system.key == TENSEUR.key || works::IN_PYTHON.contains(&system.key);
        measured.iter().filter(|(system, _)| of_python(system)).cloned().collect()
    };
    let row = |title: &str, unit, systems, goal: Option<f64>| Row {
        title: title.to_string(),
        threads,
        unit,
        limit: Vec::new(),
        ours: &TENSEUR,
        systems,
        with_one: Vec::new(),
        goal,
        // What has a goal is part of what has none.
        drawn: goal.is_none(),
    };
    // The goals are said of systems that a program in Python loads.
    let (times_in_python, memory_in_python) = (in_python(&times), in_python(&memory));
    let rows = [
        row("process start to end of first step of the MLP", Unit::Seconds, times, None),
        row("the same, beside systems in Python", Unit::Seconds, times_in_python, Some(1.0 / 30.0)),
        row("peak memory of the first step of the MLP", Unit::Bytes, memory, None),
        row("the same, beside systems in Python", Unit::Bytes, memory_in_python, Some(1.0 / 8.0)),
    ];
    Ok(rows.into_iter().map(said).collect())
}

/// The parts of a chain's cost, and what a node is to cost in times of TensorFlow's.
const CHAIN: [(&str, f64); 6] = [
    ("build", 1.0 / 200.0),
    ("gradients", 1.0 / 200.0),
    ("first run", 1.0 / 50.0),
    ("run", 1.0 / 12.0),
    ("first run of the gradient", 1.0 / 50.0),
    ("run of the gradient", 1.0 / 12.0),
];

/// What a node of a longer chain may cost, in times of a node of the shorter one, if cost grows with their number alone: what
/// no longer fits the caches costs more.
const LINEAR: f64 = 1.25;

/// Chains of 10,000 nodes; and of 100,000 in tenseur alone, where a node is to cost what it costs in the shorter one.
pub(super) fn chains(options: &Options, systems: &[&'static System]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for factors in ["scalars", "matrices"] {
        let short = chain(options, systems, 10_000, factors)?;
        let long = chain(options, &[&TENSEUR], 100_000, factors)?;
        let row = |title: String, systems, goal| Row {
            title,
            threads: 1,
            unit: Unit::Seconds,
            limit: Vec::new(),
            ours: &TENSEUR,
            systems,
            with_one: Vec::new(),
            goal: Some(goal),
            drawn: true,
        };
        let of = |figures: &[Figures], name: &str| -> Vec<(&'static System, Vec<f64>)> {
            figures.iter().map(|(system, rounds)| (*system, of_name(rounds, name))).collect()
        };
        for (name, goal) in CHAIN {
            rows.push(said(row(format!("10,000 nodes, {factors}: {name}, a node"), of(&short, name), goal)));
        }
        for (name, _) in CHAIN {
            let mut measured = of(&long, name);
            let shorter = of(&short, name).into_iter().filter(|(system, _)| system.key == TENSEUR.key);
            measured.extend(shorter.map(|(_, sample)| (&SHORT_CHAIN, sample)));
            rows.push(said(row(format!("100,000 nodes, {factors}: {name}, a node"), measured, LINEAR)));
        }
    }
    Ok(rows)
}

/// What the parts of a chain of so many nodes cost, in tenseur and in TensorFlow.
fn chain(
    options: &Options,
    systems: &[&'static System],
    nodes: usize,
    factors: &str,
) -> Result<Vec<Figures>, String> {
    eprintln!("chain of {nodes} {factors}");
    let mut workers = start(systems, 1, |system| ["tenseur", "tensorflow"].contains(&system.key))?;
    let command = json!({ "prepare": "chain", "nodes": nodes, "factors": factors, "threads": 1 });
    prepare(&mut workers, &command)?;
    Ok(in_turn(&mut workers, options.rounds.min(3), options.seconds, || Ok(()))?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(values: [f64; 3]) -> Vec<(&'static str, Vec<(String, f64)>)> {
        let named = ["a", "b", "c"].into_iter().zip(values);
        named.map(|(system, value)| (system, vec![("loss of step 1".to_string(), value)])).collect()
    }

    #[test]
    fn systems_that_agree_go_on() {
        assert_eq!(compare(&results([2.0, 2.001, 1.999])), Ok(()));
        assert_eq!(compare(&[]), Ok(()));
    }

    #[test]
    fn a_loss_near_zero_is_compared_beside_the_first() {
        let of = |last: f64| vec![("step 1".to_string(), 2.3), ("step 3".to_string(), last)];
        assert_eq!(compare(&[("a", of(9.75e-5)), ("b", of(9.77e-5))]), Ok(()));
        assert!(compare(&[("a", of(9.75e-5)), ("b", of(2e-4))]).is_err());
    }

    #[test]
    fn a_system_that_computes_something_else_is_an_error() {
        for wrong in [2.01, f64::NAN, f64::INFINITY, -2.0, 0.0] {
            let message = compare(&results([2.0, wrong, 2.0])).unwrap_err();
            assert!(message.contains("loss of step 1") && message.contains("b "), "{message}");
        }
        let mut fewer = results([2.0; 3]);
        fewer[2].1.clear();
        assert!(compare(&fewer).is_err());
    }
}
