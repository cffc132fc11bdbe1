//! The side of a worker in the talk with the runner of the side-by-side benchmark: a line of JSON comes on standard input,
//! a line of JSON goes to standard output. `bench/README.md` says what the lines are; `bench/workers/protocol.py` is the
//! same for workers in Python.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

/// What is to be made ready.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name of the work.
    pub work: String,
    /// The file with its inputs and initial weights; empty where it has none.
    pub data: PathBuf,
    /// How many threads may compute.
    pub threads: usize,
    /// How many steps' losses to answer with.
    pub losses: usize,
    /// Sizes that no file shows.
    pub sizes: Value,
}

impl Request {
    fn new(command: &Value) -> Result<Request, String> {
        let text = |key: &str| command[key].as_str().map(str::to_string);
        let number = |key: &str, otherwise| command[key].as_u64().unwrap_or(otherwise) as usize;
        Ok(Request {
            work: text("prepare").ok_or("a command is {\"prepare\": …} or {\"measure\": …}")?,
            data: text("data").unwrap_or_default().into(),
            threads: number("threads", 1),
            losses: number("losses", 3),
            sizes: command.clone(),
        })
    }

    /// What to answer when a system cannot do the work.
    pub fn unknown<T>(&self) -> Result<T, String> {
        Err(format!("there is no work \"{}\" here", self.work))
    }
}

/// Work that is ready to be measured.
pub struct Job {
    /// What the runner compares between systems: the losses of the first steps.
    pub losses: Vec<f64>,
    /// More of that, by name.
    pub check: BTreeMap<String, f64>,
    /// Takes about so many seconds to find figures, each a number of seconds with a name.
    #[allow(clippy::type_complexity)] // What it takes and gives is named here, and nowhere else.
    pub measure: Box<dyn FnMut(f64) -> Result<BTreeMap<String, f64>, String>>,
}

impl Job {
    /// A job whose one figure is the time of a step; `run` makes so many.
    pub fn steps(losses: Vec<f64>, mut run: impl FnMut(usize) -> Result<(), String> + 'static) -> Job {
        let measure =
            move |seconds: f64| Ok(BTreeMap::from([("step".to_string(), step(seconds, &mut run)?)]));
        Job { losses, check: BTreeMap::new(), measure: Box::new(measure) }
    }

    /// The same job, with something else for the runner to compare.
    #[must_use]
    pub fn check(mut self, name: &str, value: f64) -> Job {
        self.check.insert(name.to_string(), value);
        self
    }
}

/// Batches of steps that are timed; what counts is the one in the middle.
const BATCHES: usize = 5;

/// Seconds a step takes, found in about `seconds`.
fn step(seconds: f64, run: &mut impl FnMut(usize) -> Result<(), String>) -> Result<f64, String> {
    let mut time = |steps| -> Result<f64, String> {
        let start = Instant::now();
        run(steps)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let batch = seconds / BATCHES as f64;
    // The first steps find memory and caches as the other systems left them, and show how many make a batch.
    let mut steps = 1;
    let mut taken = time(1)?;
    // No step is so short that this many would not be enough, unless it does nothing.
    while taken < batch / 10.0 && steps < 1 << 40 {
        steps *= 2;
        taken = time(steps)?;
    }
    let steps = ((steps as f64 * batch / taken) as usize).max(1);
    let mut times = (0..BATCHES).map(|_| time(steps)).collect::<Result<Vec<f64>, String>>()?;
    times.sort_by(f64::total_cmp);
    Ok(times[BATCHES / 2] / steps as f64)
}

/// Answers commands until there are no more.
pub fn serve(mut prepare: impl FnMut(&Request) -> Result<Job, String>) {
    let mut job = None;
    for line in std::io::stdin().lock().lines() {
        let answer = line.map_err(|error| error.to_string()).and_then(|line| {
            let command: Value = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
            answer(&command, &mut job, &mut prepare)
        });
        let answer = answer.unwrap_or_else(|error| json!({ "error": error }));
        let mut output = std::io::stdout().lock();
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return; // The runner is gone.
        }
    }
}

fn answer(
    command: &Value,
    job: &mut Option<Job>,
    prepare: &mut impl FnMut(&Request) -> Result<Job, String>,
) -> Result<Value, String> {
    if let Some(seconds) = command["measure"].as_f64() {
        let job = job.as_mut().ok_or("nothing was prepared")?;
        return Ok(json!((job.measure)(seconds)?));
    }
    *job = None; // Its memory is free before the next takes some.
    let made = job.insert(prepare(&Request::new(command)?)?);
    Ok(json!({ "loss": made.losses, "check": made.check }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_takes_what_it_takes() {
        let pause = std::time::Duration::from_millis(2);
        let seconds = step(0.05, &mut |steps| {
            std::thread::sleep(pause * steps as u32);
            Ok(())
        });
        let seconds = seconds.expect("nothing fails");
        assert!((0.002..0.02).contains(&seconds), "{seconds}");
    }

    #[test]
    fn commands_are_answered_in_turn() {
        let mut job = None;
        let mut prepare = |request: &Request| match request.work.as_str() {
            "nothing" => Ok(Job::steps(vec![0.5; request.losses], |_| Ok(())).check("gradient", 2.0)),
            _ => request.unknown(),
        };
        let mut ask = |command: Value| answer(&command, &mut job, &mut prepare);
        assert_eq!(ask(json!({ "measure": 0.01 })).unwrap_err(), "nothing was prepared");
        assert!(ask(json!({ "prepare": "something" })).unwrap_err().contains("something"));
        let ready = ask(json!({ "prepare": "nothing", "losses": 2 })).expect("it is prepared");
        assert_eq!(ready, json!({ "loss": [0.5, 0.5], "check": { "gradient": 2.0 } }));
        assert!(ask(json!({ "measure": 0.01 })).expect("it is measured")["step"].as_f64().is_some());
        assert!(ask(json!({ "what": 1 })).unwrap_err().contains("measure"));
    }
}
