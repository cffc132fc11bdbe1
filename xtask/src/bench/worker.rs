//! A system's worker: a process that is asked in lines of JSON, and answers in lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::FOLDER;
use super::systems::System;

pub(super) struct Worker {
    pub(super) system: &'static System,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Worker {
    pub(super) fn start(system: &'static System, threads: usize) -> Result<Worker, String> {
        let cannot = |error: std::io::Error| format!("{} cannot be started: {error}", system.title);
        // What it has to say besides answers: warnings, and where it ended before its time.
        let log = std::fs::File::create(log(system)).map_err(cannot)?;
        let mut command = system.command(threads);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(cannot)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => {
                Ok(Worker { system, child, input: Some(input), output: BufReader::new(output) })
            }
            _ => Err(format!("{} has no standard input or output", system.title)),
        }
    }

    /// The answer to a command.
    fn ask(&mut self, command: &Value) -> Result<Value, String> {
        let mut answer = String::new();
        let asked = match &mut self.input {
            Some(input) => writeln!(input, "{command}").and_then(|()| input.flush()),
            None => Ok(()),
        };
        let read = asked.and_then(|()| self.output.read_line(&mut answer));
        if read.map_or(true, |bytes| bytes == 0) {
            return Err(format!("{} ended; see {}", self.system.title, log(self.system)));
        }
        let answer: Value = serde_json::from_str(&answer)
            .map_err(|error| format!("{} answered {answer:?}: {error}", self.system.title))?;
        match answer["error"].as_str() {
            Some(error) => Err(format!("{} on {command}: {error}", self.system.title)),
            None => Ok(answer),
        }
    }

    /// Makes work ready: the numbers that all systems are to agree on, with names.
    pub(super) fn prepare(&mut self, command: &Value) -> Result<Vec<(String, f64)>, String> {
        let answer = self.ask(command)?;
        let losses = answer["loss"].as_array().into_iter().flatten().enumerate();
        let losses = losses.map(|(step, loss)| (format!("loss of step {}", step + 1), loss));
        let check = answer["check"].as_object().into_iter().flatten();
        let check = check.map(|(name, value)| (format!("check \"{name}\""), value));
        Ok(losses.chain(check).map(|(name, value)| (name, value.as_f64().unwrap_or(f64::NAN))).collect())
    }

    /// Measures for so long: seconds, with names.
    pub(super) fn measure(&mut self, seconds: f64) -> Result<Vec<(String, f64)>, String> {
        let answer = self.ask(&json!({ "measure": seconds }))?;
        let figures = answer.as_object().into_iter().flatten();
        Ok(figures.filter_map(|(name, seconds)| Some((name.clone(), seconds.as_f64()?))).collect())
    }

    /// The most memory that its process has had, in bytes, where the system tells.
    pub(super) fn peak_memory(&self) -> Option<f64> {
        peak_of(&std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.input = None; // No more commands: it ends.
        let _ = self.child.wait();
    }
}

fn log(system: &System) -> String {
    Path::new(FOLDER).join(format!("{}.log", system.key)).display().to_string()
}

/// The peak of resident memory in a process's status.
fn peak_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_is_read_from_a_status() {
        assert_eq!(peak_of("Name:\tx\nVmPeak:\t  100 kB\nVmHWM:\t   12 kB\n"), Some(12.0 * 1024.0));
        assert_eq!(peak_of("Name:\tx\n"), None);
    }
}
